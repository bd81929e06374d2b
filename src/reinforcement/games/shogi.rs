//! Shogi, with the rules of the crate `haitaka`; repetition (sennichite) is ours.

mod sfen;

use super::{Game, HouseRule, Move, MoveError, Outcome, PlayoutRng, Side, Style, below, mixed};
use crate::experiment::Bilingual;
use haitaka::{Board, Color, Piece, Square, prom_zone};

/// A drop has its piece where a move on the board has the square that it leaves.
const FIRST_DROP: u16 = 81;
const PROMOTES: u16 = 1 << 14;
/// Moves after which a game is drawn, as in championships of programs.
pub const LONGEST: u16 = 512;
/// Bits of an entry of the past: whether the move that led there gave check.
const CHECK: u64 = 1;

/// A position, with those before it.
#[derive(Debug, Clone)]
pub struct Shogi {
    board: Board,
    /// Hashes of all positions so far; the lowest bit says whether its side to move is in check.
    former: Vec<u64>,
    /// What repetition has decided.
    repeated: Option<Outcome>,
}

impl Default for Shogi {
    fn default() -> Self {
        Shogi::of(Board::startpos())
    }
}

fn side(color: Color) -> Side {
    if color == Color::Black { Side::First } else { Side::Second }
}

fn packed(of: haitaka::Move) -> Move {
    Move(match of {
        haitaka::Move::Drop { piece, to } => (FIRST_DROP + piece as u16) | (to as u16) << 7,
        haitaka::Move::BoardMove { from, to, promotion } => {
            from as u16 | (to as u16) << 7 | if promotion { PROMOTES } else { 0 }
        }
    })
}

/// None for a number that is no move at all.
fn unpacked(of: Move) -> Option<haitaka::Move> {
    let to = Square::try_index(usize::from(of.0 >> 7 & 127))?;
    let from = of.0 & 127;
    Some(if from < FIRST_DROP {
        haitaka::Move::BoardMove { from: Square::try_index(usize::from(from))?, to, promotion: of.0 & PROMOTES != 0 }
    } else {
        haitaka::Move::Drop { piece: Piece::try_index(usize::from(from - FIRST_DROP))?, to }
    })
}

impl Shogi {
    pub fn of(board: Board) -> Self {
        let mut position = Shogi { board, former: Vec::new(), repeated: None };
        position.remember();
        position
    }

    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Whether a side has no king, as the side that mates in problems.
    pub fn is_problem(&self) -> bool {
        Side::BOTH.into_iter().any(|side| !self.has_king(side))
    }

    fn has_king(&self, side: Side) -> bool {
        self.board.has(if side == Side::First { Color::Black } else { Color::White }, Piece::King)
    }

    /// From, to, and whether it promotes; none for a drop.
    pub fn parts(&self, of: Move) -> Option<(Square, Square, bool)> {
        match unpacked(of)? {
            haitaka::Move::BoardMove { from, to, promotion } => Some((from, to, promotion)),
            haitaka::Move::Drop { .. } => None,
        }
    }

    /// Where a move begins, none for a drop; the piece in hand that is dropped, by its number; and where it ends.
    ///
    /// # Panics
    /// If it is no move at all.
    pub fn places(&self, of: Move) -> (Option<Square>, usize, Square) {
        match unpacked(of).expect("a move") {
            haitaka::Move::BoardMove { from, to, .. } => (Some(from), 0, to),
            haitaka::Move::Drop { piece, to } => (None, piece as usize, to),
        }
    }

    fn remember(&mut self) {
        let check = if self.board.checkers().is_empty() { 0 } else { CHECK };
        let now = self.board.hash() & !CHECK | check;
        self.former.push(now);
        let same = |entry: &&u64| **entry == now;
        // A position comes back to the same side after an even number of moves.
        if self.former.iter().rev().step_by(2).filter(same).count() < 4 {
            return;
        }
        let first = self.former.iter().position(|entry| *entry == now).unwrap_or(0);
        let since = &self.former[first + 1..];
        // The side to move was checked by each of the other's moves, or gave check by each of its own.
        let always = |skip: usize| since.iter().skip(skip).step_by(2).all(|entry| entry & CHECK != 0);
        self.repeated = Some(if always(1) {
            Outcome::Won(self.turn())
        } else if always(0) {
            Outcome::Won(self.turn().other())
        } else {
            Outcome::Drawn
        });
    }

    /// Whether the side to move may declare that it has won by entering (27-point rule of the Computer Shogi Association): its king
    /// and ten more of its pieces are in the other's camp, it is not in check, and those pieces with the ones in hand count 28 points
    /// for the first side, 27 for the second: 5 for a rook or bishop, promoted or not, 1 for each other.
    pub fn may_declare_a_win(&self) -> bool {
        let color = self.board.side_to_move();
        let camp = prom_zone(color);
        if !self.has_king(self.turn()) || !camp.has(self.board.king(color)) || !self.board.checkers().is_empty() {
            return false;
        }
        let of = |pieces: &[Piece]| -> u32 {
            let entered = |piece: &Piece| (self.board.colored_pieces(color, *piece) & camp).len();
            pieces.iter().map(entered).sum()
        };
        let all = (self.board.colors(color) & camp).len() - 1;
        let great = of(&[Piece::Rook, Piece::Bishop, Piece::PRook, Piece::PBishop]);
        let points = |piece: usize| if [Piece::Rook as usize, Piece::Bishop as usize].contains(&piece) { 5 } else { 1 };
        let hand = self.board.hand(color).iter().enumerate().map(|(piece, count)| points(piece) * u32::from(*count));
        let needed = if color == Color::Black { 28 } else { 27 };
        all >= 10 && all + 4 * great + hand.sum::<u32>() >= needed
    }

    /// Whether a move is among those that may be made. (`Board::is_legal` allows drops of pieces that are not in hand, and mate by
    /// a dropped pawn.)
    fn has(&self, of: haitaka::Move) -> bool {
        self.board.generate_moves(|of_piece| of_piece.has(of))
    }

    /// What ends a game although there are moves.
    fn ended_early(&self) -> Option<Outcome> {
        self.repeated.or_else(|| (self.former.len() > usize::from(LONGEST)).then_some(Outcome::Drawn))
    }
}

impl Game for Shogi {
    fn id(&self) -> &'static str {
        "shogi"
    }

    fn turn(&self) -> Side {
        side(self.board.side_to_move())
    }

    fn legal(&self, moves: &mut Vec<Move>) {
        moves.clear();
        if self.ended_early().is_some() {
            return;
        }
        self.board.generate_moves(|of_piece| {
            moves.extend(of_piece.into_iter().map(packed));
            false
        });
    }

    fn is_legal(&self, chosen: Move) -> bool {
        self.ended_early().is_none() && unpacked(chosen).is_some_and(|found| self.has(found))
    }

    fn play(&mut self, chosen: Move) {
        let chosen = unpacked(chosen).expect("a legal move");
        self.board.play_unchecked(chosen);
        self.remember();
    }

    /// A side without a move has lost, mated or not.
    fn outcome(&self) -> Option<Outcome> {
        if !self.board.generate_moves(|_| true) {
            return Some(Outcome::Won(self.turn().other()));
        }
        self.ended_early()
    }

    fn hash(&self) -> u64 {
        mixed(self.board.hash())
    }

    /// In the notation of USI: `7g7f`, `8h2b+`, `P*5e`.
    fn name(&self, of: Move) -> String {
        unpacked(of).map_or_else(String::new, |found| found.to_string())
    }

    fn read(&self, text: &str) -> Result<Move, MoveError> {
        if self.outcome().is_some() {
            return Err(MoveError::ended());
        }
        let found: Option<haitaka::Move> = text.parse().ok();
        found.filter(|found| self.has(*found)).map(packed).ok_or_else(|| {
            MoveError::new(
                format!("`{text}` is no legal move here: squares as in 7g7f, + to promote, P*5e to drop"),
                format!(
                    "`{text}` はこの局面では指せません。移動は 7g7f(成るときは末尾に +)、駒打ちは P*5e のように書いてください"
                ),
            )
        })
    }

    /// SFEN.
    fn diagram(&self) -> String {
        self.board.to_string()
    }

    fn at(&self, text: &str) -> Result<Self, MoveError> {
        sfen::read(text).map(|(board, _)| Shogi::of(board))
    }

    fn at_with_notes(&self, text: &str) -> Result<(Self, Vec<Bilingual>), MoveError> {
        sfen::read(text).map(|(board, notes)| (Shogi::of(board), notes))
    }

    fn playout(
        &mut self,
        _: Style,
        random: &mut PlayoutRng,
        moves: &mut Vec<Move>,
        mut trace: Option<&mut Vec<Move>>,
    ) -> Outcome {
        loop {
            if let Some(outcome) = self.ended_early() {
                return outcome;
            }
            moves.clear();
            self.board.generate_moves(|of_piece| {
                moves.extend(of_piece.into_iter().map(packed));
                false
            });
            if moves.is_empty() {
                return Outcome::Won(self.turn().other());
            }
            let chosen = moves[below(random, moves.len())];
            self.play(chosen);
            if let Some(trace) = &mut trace {
                trace.push(chosen);
            }
        }
    }

    fn ended_by(&self) -> Option<HouseRule> {
        let repeated = self.repeated.map(|_| HouseRule::Repetition);
        repeated.or_else(|| self.ended_early().map(|_| HouseRule::Length))
    }

    fn reopened(&self) -> Option<Self> {
        (self.ended_early().is_some() && self.board.generate_moves(|_| true)).then(|| Shogi::of(self.board.clone()))
    }

    fn ended_is_a_line(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As cshogi judges them.
    #[test]
    fn a_win_by_entering_needs_the_king_ten_pieces_and_the_points() {
        for (diagram, may) in [
            // Nine pieces; ten with 27 points, with 28.
            ("K+P+P+P+P4/+P+P+P+P+P4/9/9/9/9/9/9/8k b 2R2B3G 1", false),
            ("K+P+P+P+P4/+P+P+P+P+P4/1+P7/9/9/9/9/9/8k b 2RB2G 1", false),
            ("K+P+P+P+P4/+P+P+P+P+P4/1+P7/9/9/9/9/9/8k b 2RB2GL 1", true),
            // Those who have not entered count nothing; dragons and horses count 5.
            ("K+P+P+P+P4/+P+P+P+P+P4/1+P7/GGSS5/9/9/9/9/8k b 2RBG 1", false),
            ("K+P+P+P+P4/+P+P+P+P2+R+B1/9/9/9/9/9/9/8k b B2GSN 1", false),
            ("K+P+P+P+P4/+P+P+P+P2+R+B1/9/9/9/9/9/9/8k b B2GSNL 1", true),
            // In check, and not; the king outside; the second side needs a point less.
            ("K+P+P+P+P4/1+P+P+P+P+P3/1+P7/r8/9/9/9/9/8k b R2B4G 1", false),
            ("K+P+P+P+P4/1+P+P+P+P+P3/1+P7/8r/9/9/9/9/8k b R2B4G 1", true),
            ("1+P+P+P+P4/+P+P+P+P+P4/1+P7/K8/9/9/9/9/8k b 2R2B2G 1", false),
            ("8K/9/9/9/9/9/9/+p+p+p+p+p4/k+p+p+p+p+p3 w 2rbg 1", false),
            ("8K/9/9/9/9/9/9/+p+p+p+p+p4/k+p+p+p+p+p3 w 2rb2g 1", true),
        ] {
            assert_eq!(Shogi::at(&Shogi::default(), diagram).unwrap().may_declare_a_win(), may, "{diagram}");
        }
    }
}
