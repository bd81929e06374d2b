//! What a position looks worth, without search.

use crate::reinforcement::games::{
    Chess, ConnectFour, Game, Go, Gomoku, Move, Othello, Outcome, Shogi, Side, TicTacToe, othello,
};
use cozy_chess::{BitBoard, Color, Piece};

/// The score of a won game; less by one for each move until then.
pub const WON: i32 = 1_000_000;

/// A game whose positions can be judged by eye.
pub trait Evaluate: Game {
    /// Whether quiescence pays: there are moves that change much.
    const NOISY: bool = false;
    /// Whether quiet moves that come late in order are looked at less deeply, and a pass may be searched where
    /// [`passed`](Self::passed) gives one.
    const SELECTIVE: bool = false;

    /// In units of the game (a hundredth of a pawn, of a disc), for the side to move.
    fn evaluate(&self) -> i32;

    /// How soon a move should be looked at; more is sooner.
    fn promise(&self, _chosen: Move) -> i32 {
        0
    }

    fn is_noisy(&self, _chosen: Move) -> bool {
        false
    }

    /// Whether the side to move must answer a threat, as in check.
    fn is_forced(&self) -> bool {
        false
    }

    /// The position after a pass, where passing may be searched.
    fn passed(&self) -> Option<Self> {
        None
    }

    /// What the end of a game is worth to the side to move, `ply` moves from the root.
    fn final_score(&self, outcome: Outcome, ply: i32) -> i32 {
        match outcome {
            Outcome::Won(side) if side == self.turn() => WON - ply,
            Outcome::Won(_) => ply - WON,
            Outcome::Drawn => 0,
        }
    }

    /// Points to be expected at a score.
    fn chance(&self, score: i32) -> f32 {
        1.0 / (1.0 + (-score as f32 / 250.0).exp())
    }

    /// The most moves that are left, where the rules bound them.
    fn plies_left(&self) -> Option<u32> {
        None
    }
}

impl Evaluate for TicTacToe {
    fn evaluate(&self) -> i32 {
        0
    }

    fn plies_left(&self) -> Option<u32> {
        Some(9)
    }
}

impl Evaluate for ConnectFour {
    /// Cells that would complete a four, the lower the better.
    fn evaluate(&self) -> i32 {
        let (own, all) = self.bits();
        let count = |stones| crate::reinforcement::games::connect_four::winning_cells(stones, all).count_ones() as i32;
        40 * (count(own) - count(own ^ all))
    }

    fn promise(&self, chosen: Move) -> i32 {
        3 - (i32::from(chosen.0) - 3).abs()
    }

    fn plies_left(&self) -> Option<u32> {
        Some(42 - self.stones())
    }
}

impl Evaluate for Othello {
    /// Mobility, corners and the squares beside them, stable edges, and near the end the discs.
    fn evaluate(&self) -> i32 {
        let (own, other) = self.discs();
        let (free, other_free) = (self.open().count_ones(), (othello::open(other, own) & self.squares()).count_ones());
        let (free, other_free) = (free as i32, other_free as i32);
        let empty = self.squares() & !(own | other);
        // Corners, the square diagonally beside each, and the two along its edges.
        let last = self.size() - 1;
        let [right, below] = [1_u64 << last, 1_u64 << (8 * last)];
        let around = [
            (1, 1 << 9, 1 << 1 | 1 << 8),
            (right, right << 7, right >> 1 | right << 8),
            (below, below >> 7, below << 1 | below >> 8),
            (below << last, below << last >> 9, below << last >> 1 | below << last >> 8),
        ];
        let at_corners: u64 = around.iter().map(|(corner, ..)| corner).sum();
        let bits = |bits: u64| bits.count_ones() as i32;
        let corners = bits(own & at_corners) - bits(other & at_corners);
        // The squares beside a corner that is free give it away, the diagonal ones most of all.
        let (mut diagonal, mut beside) = (0_u64, 0_u64);
        for (corner, inner, next) in around {
            if empty & corner != 0 {
                diagonal |= inner;
                beside |= next;
            }
        }
        // Discs with a free neighbour give the other side moves.
        let near = |bits: u64| {
            let (right, left) = ((bits << 1) & 0xfefe_fefe_fefe_fefe, (bits >> 1) & 0x7f7f_7f7f_7f7f_7f7f);
            let row = bits | right | left;
            row | row << 8 | row >> 8
        };
        let edge = near(empty);
        let frontier = bits(own & edge) - bits(other & edge);
        let stable = bits(stable_edges(own, last)) - bits(stable_edges(other, last));
        let left = self.empties() as i32;
        let mobility = 100 * (free - other_free) * 8 / (free + other_free + 2);
        let discs = bits(own) - bits(other);
        let late = (self.squares().count_ones() as i32 * 5 / 8 - left).max(0);
        mobility * 3 / 2 + 700 * corners
            - 250 * (bits(own & diagonal) - bits(other & diagonal))
            - 100 * (bits(own & beside) - bits(other & beside))
            - 18 * frontier
            + 110 * stable
            + discs * late
    }

    fn promise(&self, chosen: Move) -> i32 {
        const SQUARES: [i32; 64] = [
            90, -40, 20, 10, 10, 20, -40, 90, -40, -60, -5, -5, -5, -5, -60, -40, 20, -5, 10, 3, 3, 10, -5, 20, 10, -5,
            3, 3, 3, 3, -5, 10, 10, -5, 3, 3, 3, 3, -5, 10, 20, -5, 10, 3, 3, 10, -5, 20, -40, -60, -5, -5, -5, -5,
            -60, -40, 90, -40, 20, 10, 10, 20, -40, 90,
        ];
        const SMALL_SQUARES: [i32; 36] = [
            90, -40, 20, 20, -40, 90, -40, -60, -5, -5, -60, -40, 20, -5, 3, 3, -5, 20, 20, -5, 3, 3, -5, 20, -40, -60,
            -5, -5, -60, -40, 90, -40, 20, 20, -40, 90,
        ];
        if chosen == othello::PASS {
            return 0;
        }
        let (own, other) = self.discs();
        let place = 1_u64 << self.bit_of(chosen.0);
        let turned = othello::turned(place, own, other);
        let answers = othello::open(other & !turned, own | turned | place) & self.squares();
        let squares: &[i32] = if self.size() == othello::SMALL { &SMALL_SQUARES } else { &SQUARES };
        squares[usize::from(chosen.0)] - 12 * answers.count_ones() as i32
    }

    /// The side with more discs wins, and by how many counts too.
    fn final_score(&self, outcome: Outcome, _: i32) -> i32 {
        let (own, other) = self.discs();
        let (own, other) = (own.count_ones() as i32, other.count_ones() as i32);
        let whole = self.squares().count_ones() as i32;
        let margin = if own > other { whole - 2 * other } else { 2 * own - whole };
        match outcome {
            Outcome::Won(_) => 20_000 * margin.signum() + 100 * margin,
            Outcome::Drawn => 0,
        }
    }

    fn chance(&self, score: i32) -> f32 {
        1.0 / (1.0 + (-score as f32 / 1000.0).exp())
    }
}

/// Own discs in rows of their own from a corner along an edge of a board whose last line is `last`.
fn stable_edges(own: u64, last: usize) -> u64 {
    let (mut stable, last) = (0, last as i32);
    for (corner, ways) in [(0_i32, [1_i32, 8]), (last, [-1, 8]), (8 * last, [1, -8]), (9 * last, [-1, -8])] {
        for way in ways {
            let mut at = corner;
            for _ in 0..8 {
                if own >> at & 1 == 0 {
                    break;
                }
                stable |= 1 << at;
                at += way;
                if !(0..64).contains(&at) {
                    break;
                }
            }
        }
    }
    stable
}

impl Evaluate for Gomoku {
    /// Windows of five that only one side has stones in, by how many.
    fn evaluate(&self) -> i32 {
        const WORTH: [i32; 6] = [0, 1, 6, 36, 300, 0];
        let mover = self.turn();
        let mut score = 0;
        self.windows(
            |own, other| {
                if other == 0 {
                    score += WORTH[own as usize] + WORTH[own as usize] / 4;
                } else if own == 0 {
                    score -= WORTH[other as usize];
                }
            },
            mover,
        );
        score
    }

    fn promise(&self, chosen: Move) -> i32 {
        self.promise_of(chosen)
    }
}

impl Evaluate for Go {
    fn evaluate(&self) -> i32 {
        let margin = (100.0 * self.margin()) as i32;
        if self.turn() == Side::First { margin } else { -margin }
    }
}

/// Hundredths of a pawn.
fn worth(piece: Piece) -> i32 {
    match piece {
        Piece::Pawn => 100,
        Piece::Knight => 320,
        Piece::Bishop => 330,
        Piece::Rook => 500,
        Piece::Queen => 950,
        Piece::King => 20_000,
    }
}

/// Where pieces stand well: towards the middle, pawns forward, the king at home while there are queens.
fn standing(piece: Piece, file: i32, rank: i32, ending: bool) -> i32 {
    let middle = 6 - ((2 * file - 7).abs() + (2 * rank - 7).abs()) / 2;
    match piece {
        Piece::Pawn => {
            let advance = [0, 0, 4, 10, 20, 40, 70, 0][rank as usize];
            let centre = if (3..=4).contains(&file) && (2..=4).contains(&rank) { 12 * (rank - 1).min(2) } else { 0 };
            advance * if ending { 2 } else { 1 } / 2 + centre
        }
        Piece::Knight => 8 * middle - 20,
        Piece::Bishop => 4 * middle - 8 + if rank == 0 { -8 } else { 0 },
        Piece::Rook => {
            if rank == 6 {
                20
            } else {
                (3 - (2 * file - 7).abs() / 2) * 2
            }
        }
        Piece::Queen => 2 * middle + if rank == 0 { -2 } else { 0 },
        Piece::King if ending => 8 * middle,
        Piece::King => {
            [20, -10, -30, -50, -60, -60, -60, -60][rank as usize] + if (2..=5).contains(&file) { -20 } else { 10 }
        }
    }
}

impl Evaluate for Chess {
    const NOISY: bool = true;
    const SELECTIVE: bool = true;

    fn evaluate(&self) -> i32 {
        let board = self.board();
        let heavy = (board.pieces(Piece::Queen).len() * 4
            + board.pieces(Piece::Rook).len() * 2
            + board.pieces(Piece::Bishop).len()
            + board.pieces(Piece::Knight).len()) as i32;
        let ending = heavy <= 8;
        let mut scores = [0_i32; 2];
        for color in [Color::White, Color::Black] {
            let own = board.colors(color);
            let score = &mut scores[color as usize];
            for piece in [Piece::Pawn, Piece::Knight, Piece::Bishop, Piece::Rook, Piece::Queen, Piece::King] {
                for square in own & board.pieces(piece) {
                    let rank = if color == Color::White { square.rank() as i32 } else { 7 - square.rank() as i32 };
                    *score += if piece == Piece::King { 0 } else { worth(piece) };
                    *score += standing(piece, square.file() as i32, rank, ending);
                    let all = board.occupied();
                    *score += match piece {
                        Piece::Bishop => 4 * (cozy_chess::get_bishop_moves(square, all) & !own).len() as i32,
                        Piece::Rook => 2 * (cozy_chess::get_rook_moves(square, all) & !own).len() as i32,
                        Piece::Knight => 3 * (cozy_chess::get_knight_moves(square) & !own).len() as i32,
                        _ => 0,
                    };
                    if piece == Piece::Pawn {
                        let theirs = board.colored_pieces(!color, Piece::Pawn);
                        let ahead = passed_span(square, color);
                        if (theirs & ahead).is_empty() {
                            *score += [0, 5, 10, 20, 40, 70, 110, 0][rank as usize];
                        }
                        let mine = board.colored_pieces(color, Piece::Pawn);
                        if (mine & square.file().bitboard()).len() > 1 {
                            *score -= 8;
                        }
                        if (mine & square.file().adjacent()).is_empty() {
                            *score -= 10;
                        }
                    }
                }
            }
            if (own & board.pieces(Piece::Bishop)).len() >= 2 {
                *score += 30;
            }
        }
        let white = scores[Color::White as usize] - scores[Color::Black as usize];
        10 + if board.side_to_move() == Color::White { white } else { -white }
    }

    fn promise(&self, chosen: Move) -> i32 {
        let (from, to, promotion) = self.parts(chosen);
        let board = self.board();
        let mover = board.piece_on(from).map_or(0, worth);
        let taken = if board.color_on(to) == Some(board.side_to_move()) { None } else { board.piece_on(to) };
        let gain = taken.map_or(0, |piece| 10 * worth(piece) - mover / 10);
        gain + promotion.map_or(0, worth)
    }

    fn is_noisy(&self, chosen: Move) -> bool {
        let (_, to, promotion) = self.parts(chosen);
        let board = self.board();
        promotion.is_some_and(|piece| piece == Piece::Queen) || board.color_on(to) == Some(!board.side_to_move())
    }

    fn is_forced(&self) -> bool {
        !self.board().checkers().is_empty()
    }

    fn passed(&self) -> Option<Self> {
        let board = self.board();
        let own = board.colors(board.side_to_move());
        // With pawns alone, having to move may be what loses.
        let pieces = own & !(board.pieces(Piece::Pawn) | board.pieces(Piece::King));
        if pieces.is_empty() { None } else { board.null_move().map(Chess::of) }
    }
}

/// The squares before a pawn on its own and the next files.
fn passed_span(square: cozy_chess::Square, color: Color) -> BitBoard {
    let files = square.file().bitboard() | square.file().adjacent();
    let rank = square.rank() as u32;
    let ahead = if color == Color::White {
        if rank == 7 { 0 } else { u64::MAX << (8 * (rank + 1)) }
    } else {
        (1_u64 << (8 * rank)) - 1
    };
    files & BitBoard(ahead)
}

impl Evaluate for Shogi {
    const NOISY: bool = true;
    // No position after a pass: that of haitaka 0.3.2 (`Board::null_move`) has the pins of the wrong side.
    const SELECTIVE: bool = true;

    /// Pieces on the board and in hand, and how near each side's pieces stand to the other's king.
    fn evaluate(&self) -> i32 {
        use haitaka::{Color, Piece, Square};
        let board = self.board();
        let mut scores = [0_i32; 2];
        // Who mates in a problem may have no king.
        let kings = [Color::Black, Color::White].map(|color| board.colored_pieces(color, Piece::King).next_square());
        for square in Square::ALL {
            let Some(piece) = board.piece_on(square) else { continue };
            let color = board.color_on(square).unwrap_or(Color::Black);
            let mine = usize::from(color == Color::White);
            let score = &mut scores[mine];
            if piece == Piece::King {
                // At home behind its generals.
                let rank = square.rank() as i32;
                let home = if color == Color::Black { 8 - rank } else { rank };
                *score -= 30 * home + if (3..=5).contains(&(square.file() as i32)) { 25 } else { 0 };
                continue;
            }
            *score += shogi_worth(piece, false);
            let distance = |king: Option<Square>| {
                king.map_or(4, |king| {
                    let files = (king.file() as i32 - square.file() as i32).abs();
                    files.max((king.rank() as i32 - square.rank() as i32).abs())
                })
            };
            let is_general = matches!(shogi_worth(piece, false), 480..=620);
            if is_general {
                *score += 18 * (4 - distance(kings[mine])).max(0);
            }
            *score += 12 * (4 - distance(kings[1 - mine])).max(0);
        }
        for color in [Color::Black, Color::White] {
            for piece in
                [Piece::Pawn, Piece::Lance, Piece::Knight, Piece::Silver, Piece::Gold, Piece::Bishop, Piece::Rook]
            {
                scores[usize::from(color == Color::White)] +=
                    i32::from(board.num_in_hand(color, piece)) * shogi_worth(piece, true);
            }
        }
        let black = scores[0] - scores[1];
        20 + if board.side_to_move() == Color::Black { black } else { -black }
    }

    fn promise(&self, chosen: Move) -> i32 {
        let Some((from, to, promotes)) = self.parts(chosen) else { return -1 };
        let board = self.board();
        let mover = board.piece_on(from).map_or(0, |piece| shogi_worth(piece, false));
        let taken = board.piece_on(to).map_or(0, |piece| 10 * shogi_worth(piece, false) - mover / 10);
        taken + if promotes { 300 } else { 0 }
    }

    fn is_noisy(&self, chosen: Move) -> bool {
        self.parts(chosen).is_some_and(|(_, to, _)| self.board().piece_on(to).is_some())
    }

    fn is_forced(&self) -> bool {
        !self.board().checkers().is_empty()
    }

    fn chance(&self, score: i32) -> f32 {
        1.0 / (1.0 + (-score as f32 / 600.0).exp())
    }
}

/// Hundredths of a pawn; what is in hand can go anywhere.
fn shogi_worth(piece: haitaka::Piece, in_hand: bool) -> i32 {
    use haitaka::Piece;
    let worth = match piece {
        Piece::Pawn => 100,
        Piece::Lance => 280,
        Piece::Knight => 310,
        Piece::Silver => 480,
        Piece::Gold => 540,
        Piece::Bishop => 840,
        Piece::Rook => 980,
        Piece::King => 0,
        Piece::Tokin => 520,
        Piece::PLance | Piece::PKnight => 500,
        Piece::PSilver => 520,
        Piece::PBishop => 1150,
        Piece::PRook => 1300,
    };
    if in_hand { worth + worth / 8 } else { worth }
}
