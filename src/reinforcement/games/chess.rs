//! Chess, with the rules of the crate `cozy-chess`; repetition and what cannot be won any more are ours.

mod fen;

use super::{Game, HouseRule, Move, MoveError, Outcome, PlayoutRng, Side, Style, below};
use crate::experiment::Bilingual;
use cozy_chess::util::display_san_move;
use cozy_chess::{BitBoard, Board, Color, File, Piece, Rank, Square};

/// A pass, as analyses write one: no legal move.
pub const NULL: Move = Move(0);
/// How a pass is written, in SAN first.
const NULL_NAMES: [&str; 6] = ["--", "0000", "Z0", "z0", "@@@@", "null"];

const PROMOTIONS: [Piece; 4] = [Piece::Knight, Piece::Bishop, Piece::Rook, Piece::Queen];

/// A position, with the keys of those since the last move that cannot be taken back.
#[derive(Debug, Clone)]
pub struct Chess {
    board: Board,
    former: Vec<u64>,
    /// Whether no rule but mate and stalemate ends the game at this position.
    goes_on: bool,
}

impl Default for Chess {
    fn default() -> Self {
        Chess::of(Board::startpos())
    }
}

fn side(color: Color) -> Side {
    if color == Color::White { Side::First } else { Side::Second }
}

/// From, to, and the piece that a pawn becomes.
fn packed(of: cozy_chess::Move) -> Move {
    let promotion = of.promotion.map_or(0, |piece| piece as u16);
    Move(of.from as u16 | (of.to as u16) << 6 | promotion << 12)
}

fn unpacked(of: Move) -> cozy_chess::Move {
    let square = |index: u16| Square::index(usize::from(index & 63));
    let promotion = PROMOTIONS.into_iter().find(|piece| *piece as u16 == of.0 >> 12);
    cozy_chess::Move { from: square(of.0), to: square(of.0 >> 6), promotion }
}

/// What a move in SAN says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    ShortCastling,
    LongCastling,
    /// Which piece goes where, as far as it is said from where, and what a pawn becomes.
    Step {
        piece: Piece,
        file: Option<File>,
        rank: Option<Rank>,
        to: Square,
        promotion: Option<Piece>,
    },
}

/// What of a position makes it the same for repetition: a square behind a pawn counts only if the pawn can be taken there.
fn key(board: &Board) -> u64 {
    let Some(file) = board.en_passant() else { return board.hash() };
    let color = board.side_to_move();
    let target = Square::new(file, Rank::Sixth.relative_to(color));
    let pawns = board.colored_pieces(color, Piece::Pawn) & Rank::Fifth.relative_to(color).bitboard();
    let takes = board.generate_moves_for(pawns & file.adjacent(), |of_piece| of_piece.to.has(target));
    if takes { board.hash() } else { board.hash_without_ep() }
}

/// Reads SAN as people write it: `Nf3`, `Ng1-f3`, `exd6e.p.`, `e8=Q+`, `e8Q`, `e8(Q)`, `0-0`.
fn said(text: &str) -> Option<Said> {
    let word = text.trim_end_matches(['+', '#', '!', '?']);
    let word = word.strip_suffix("e.p.").or(word.strip_suffix("ep")).unwrap_or(word);
    match word {
        "O-O" | "0-0" | "o-o" => return Some(Said::ShortCastling),
        "O-O-O" | "0-0-0" | "o-o-o" => return Some(Said::LongCastling),
        _ => {}
    }
    let signs: Vec<char> =
        word.chars().filter(|sign| !matches!(sign, 'x' | ':' | '-' | '=' | '(' | ')' | '/')).collect();
    let named =
        |sign: char| sign.is_ascii_uppercase().then(|| Piece::try_from(sign.to_ascii_lowercase()).ok()).flatten();
    let (piece, rest) = match signs.split_first() {
        Some((first, rest)) => named(*first).map_or((Piece::Pawn, &signs[..]), |piece| (piece, rest)),
        None => return None,
    };
    let (promotion, rest) = match rest.split_last() {
        Some((last, before)) if last.is_ascii_alphabetic() => {
            let becomes = Piece::try_from(last.to_ascii_lowercase()).ok()?;
            (Some(becomes), before)
        }
        _ => (None, rest),
    };
    let [from @ .., file, rank] = rest else { return None };
    let to = Square::new(File::try_from(*file).ok()?, Rank::try_from(*rank).ok()?);
    let (file, rank) = match from {
        [] => (None, None),
        [one] => match File::try_from(*one) {
            Ok(file) => (Some(file), None),
            Err(_) => (None, Some(Rank::try_from(*one).ok()?)),
        },
        [file, rank] => (Some(File::try_from(*file).ok()?), Some(Rank::try_from(*rank).ok()?)),
        _ => return None,
    };
    Some(Said::Step { piece, file, rank, to, promotion })
}

impl Chess {
    pub fn of(board: Board) -> Self {
        let former = vec![key(&board)];
        Chess { board, former, goes_on: false }
    }

    pub fn board(&self) -> &Board {
        &self.board
    }

    /// From, to, and the piece that a pawn becomes.
    pub fn parts(&self, of: Move) -> (Square, Square, Option<Piece>) {
        let of = unpacked(of);
        (of.from, of.to, of.promotion)
    }

    /// Whether neither side has what it takes to mate: kings with one knight or bishop at most, or bishops of one colour.
    fn is_dead(&self) -> bool {
        let pieces = |piece| self.board.pieces(piece);
        if !(pieces(Piece::Pawn) | pieces(Piece::Rook) | pieces(Piece::Queen)).is_empty() {
            return false;
        }
        let bishops = pieces(Piece::Bishop);
        if pieces(Piece::Knight).is_empty() {
            bishops.len() < 2
                || (bishops & BitBoard::DARK_SQUARES).is_empty()
                || (bishops & BitBoard::LIGHT_SQUARES).is_empty()
        } else {
            self.board.occupied().len() == 3
        }
    }

    /// How often this position has been there, this time too.
    fn times(&self) -> usize {
        let now = key(&self.board);
        self.former.iter().rev().step_by(2).filter(|hash| **hash == now).count()
    }

    /// Ended although there are moves: by repetition, fifty moves or want of pieces.
    fn is_drawn_early(&self) -> bool {
        let clock = self.board.halfmove_clock();
        !self.goes_on && (clock >= 100 || clock >= 8 && self.times() >= 3 || self.is_dead())
    }

    /// The same with the other side to move, where no check forbids it.
    fn passed(&self) -> Option<Self> {
        Some(Chess { goes_on: self.goes_on, ..Chess::of(self.board.null_move()?) })
    }

    /// In the notation of scoresheets (SAN).
    pub fn san(&self, of: Move) -> String {
        if of == NULL {
            return NULL_NAMES[0].to_owned();
        }
        display_san_move(&self.board, unpacked(of)).to_string()
    }

    /// The legal moves that SAN, sparing or over-specified, may mean.
    fn meant(&self, said: Said) -> Vec<cozy_chess::Move> {
        let mut found = Vec::new();
        let fits = |of: &cozy_chess::Move| {
            let castles = self.board.colors(self.board.side_to_move()).has(of.to);
            match said {
                Said::ShortCastling => castles && of.to.file() > of.from.file(),
                Said::LongCastling => castles && of.to.file() < of.from.file(),
                Said::Step { piece, file, rank, to, promotion } => {
                    !castles
                        && of.to == to
                        && of.promotion == promotion
                        && self.board.piece_on(of.from) == Some(piece)
                        && file.is_none_or(|file| of.from.file() == file)
                        && rank.is_none_or(|rank| of.from.rank() == rank)
                }
            }
        };
        self.board.generate_moves(|of_piece| {
            found.extend(of_piece.into_iter().filter(fits));
            false
        });
        found
    }

    /// A castling move as the king's two steps, as UCI has it; cozy-chess has the king take its own rook.
    fn king_steps(&self, of: cozy_chess::Move) -> String {
        cozy_chess::util::display_uci_move(&self.board, of).to_string()
    }
}

impl Game for Chess {
    fn id(&self) -> &'static str {
        "chess"
    }

    #[inline]
    fn turn(&self) -> Side {
        side(self.board.side_to_move())
    }

    fn legal(&self, moves: &mut Vec<Move>) {
        moves.clear();
        if self.is_drawn_early() {
            return;
        }
        self.board.generate_moves(|of_piece| {
            moves.extend(of_piece.into_iter().map(packed));
            false
        });
    }

    fn is_legal(&self, chosen: Move) -> bool {
        !self.is_drawn_early() && self.board.is_legal(unpacked(chosen))
    }

    fn play(&mut self, chosen: Move) {
        self.board.play_unchecked(unpacked(chosen));
        self.goes_on = false;
        if self.board.halfmove_clock() == 0 {
            self.former.clear();
        }
        self.former.push(key(&self.board));
    }

    fn outcome(&self) -> Option<Outcome> {
        if !self.board.generate_moves(|_| true) {
            let mated = !self.board.checkers().is_empty();
            return Some(if mated { Outcome::Won(self.turn().other()) } else { Outcome::Drawn });
        }
        self.is_drawn_early().then_some(Outcome::Drawn)
    }

    fn hash(&self) -> u64 {
        self.board.hash()
    }

    /// In the notation of UCI: `e2e4`, `e7e8q`.
    fn name(&self, of: Move) -> String {
        if of == NULL {
            return NULL_NAMES[1].to_owned();
        }
        self.king_steps(unpacked(of))
    }

    /// Reads UCI and SAN, the latter in the many ways people write it.
    fn read(&self, text: &str) -> Result<Move, MoveError> {
        if self.outcome().is_some() {
            return Err(MoveError::ended());
        }
        let uci = cozy_chess::util::parse_uci_move(&self.board, text).ok().filter(|found| self.board.is_legal(*found));
        let meant =
            uci.map(|found| vec![found]).or_else(|| said(text).map(|said| self.meant(said))).unwrap_or_default();
        match meant[..] {
            [found] => Ok(packed(found)),
            [one, other, ..] => {
                let (one, other) = (self.san(packed(one)), self.san(packed(other)));
                Err(MoveError::new(
                    format!("`{text}` may be {one} or {other}"),
                    format!("`{text}` は {one} とも {other} とも読めます。どちらかを書いてください"),
                ))
            }
            [] => Err(MoveError::new(
                format!("`{text}` is no legal move here: squares as in e2e4 (e7e8q makes a queen), or Nf3"),
                format!(
                    "`{text}` はこの局面では指せません。e2e4(クイーンへのプロモーションは e7e8q)か Nf3 のように書いてください"
                ),
            )),
        }
    }

    /// FEN.
    fn diagram(&self) -> String {
        self.board.to_string()
    }

    fn at(&self, text: &str) -> Result<Self, MoveError> {
        fen::read(text).map(|(board, _)| Chess::of(board))
    }

    fn at_with_notes(&self, text: &str) -> Result<(Self, Vec<Bilingual>), MoveError> {
        fen::read(text).map(|(board, notes)| (Chess::of(board), notes))
    }

    fn playout(
        &mut self,
        _: Style,
        random: &mut PlayoutRng,
        moves: &mut Vec<Move>,
        mut trace: Option<&mut Vec<Move>>,
    ) -> Outcome {
        while !self.is_drawn_early() {
            moves.clear();
            self.board.generate_moves(|of_piece| {
                moves.extend(of_piece.into_iter().map(packed));
                false
            });
            if moves.is_empty() {
                let mated = !self.board.checkers().is_empty();
                return if mated { Outcome::Won(self.turn().other()) } else { Outcome::Drawn };
            }
            let chosen = moves[below(random, moves.len())];
            self.play(chosen);
            if let Some(trace) = &mut trace {
                trace.push(chosen);
            }
        }
        Outcome::Drawn
    }

    fn ended_by(&self) -> Option<HouseRule> {
        match self.is_drawn_early() {
            false => None,
            true if self.is_dead() => Some(HouseRule::DeadPosition),
            true if self.board.halfmove_clock() >= 100 => Some(HouseRule::FiftyMoves),
            true => Some(HouseRule::Repetition),
        }
    }

    fn read_as_played(&self, text: &str) -> Result<Move, MoveError> {
        if NULL_NAMES.contains(&text) {
            let in_check = || {
                MoveError::new(
                    format!("`{text}`: no passing in check"),
                    format!("`{text}`: チェックされているため、パスはできません"),
                )
            };
            return self.passed().map(|_| NULL).ok_or_else(in_check);
        }
        self.read(text).or_else(|why| self.reopened().map_or(Err(why), |open| open.read(text)))
    }

    fn after_as_played(&self, chosen: Move) -> Option<(Self, Option<HouseRule>)> {
        if chosen == NULL {
            return Some((self.passed()?, Some(HouseRule::NullMove)));
        }
        self.after_reopened(chosen)
    }

    /// The count of fifty moves begins anew where it was full.
    fn reopened(&self) -> Option<Self> {
        if !self.is_drawn_early() || !self.board.generate_moves(|_| true) {
            return None;
        }
        let mut board = self.board.clone();
        if board.halfmove_clock() >= 100 {
            board.set_halfmove_clock(0);
        }
        Some(Chess { goes_on: true, ..Chess::of(board) })
    }

    fn ended_is_a_line(&self) -> bool {
        false
    }
}
