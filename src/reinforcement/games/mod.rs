//! The rules of board games for two, behind one trait.
//!
//! A position is a small value that is cheap to clone. Moves are numbers of the game's own kind; [`Game::name`] writes them in the
//! notation of the game. Rules are proven by [`perft`]: the count of lines of so many moves from a position.

mod board;
pub mod chess;
pub mod connect_four;
pub mod go;
pub mod gomoku;
pub(crate) mod grid;
pub mod othello;
pub mod shogi;
pub mod tic_tac_toe;

pub use chess::Chess;
pub use connect_four::ConnectFour;
pub use go::Go;
pub use gomoku::Gomoku;
pub use othello::Othello;
pub use shogi::Shogi;
pub use tic_tac_toe::TicTacToe;

use crate::experiment::Bilingual;
use rand::Rng;
use std::fmt;

/// The random numbers of playouts: small, fast, and the same on every machine.
pub type PlayoutRng = rand_xoshiro::Xoshiro256PlusPlus;

/// A number below `end`, uniform up to one part in 2³² / `end`.
///
/// # Panics
/// If `end` is zero (in debug builds).
#[inline]
pub fn below(random: &mut PlayoutRng, end: usize) -> usize {
    debug_assert!(end > 0, "a number below nothing");
    (((random.next_u64() >> 32) * end as u64) >> 32) as usize
}

/// Who plays: the first to move or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    First,
    Second,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::First, Side::Second];

    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Side::First => Side::Second,
            Side::Second => Side::First,
        }
    }

    pub fn index(self) -> usize {
        self as usize
    }
}

/// How a game ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    Won(Side),
    Drawn,
}

impl Outcome {
    /// 1 if this side won, ½ for a draw, else 0.
    pub fn share(self, side: Side) -> f32 {
        match self {
            Outcome::Won(winner) if winner == side => 1.0,
            Outcome::Won(_) => 0.0,
            Outcome::Drawn => 0.5,
        }
    }
}

/// A move, as a number of the game's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Move(pub u16);

/// A move or position that cannot be read, or may not be played: one line, in English on the command line and in protocols, in both
/// languages on screens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.en)]
pub struct MoveError(pub Bilingual);

impl MoveError {
    pub fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        MoveError(Bilingual::new(en, ja))
    }

    /// Of a game in which no move is made any more.
    pub fn ended() -> Self {
        MoveError::new("the game has ended", "対局は終わっています")
    }
}

impl From<MoveError> for Bilingual {
    fn from(why: MoveError) -> Self {
        why.0
    }
}

/// Why a move of a game is refused, with its number before it.
pub fn at_move(number: usize, why: impl Into<Bilingual>) -> Bilingual {
    why.into().after(format_args!("move {number}: "), format_args!("{number} 手目: "))
}

/// A rule of ours that games of other people may have been played without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HouseRule {
    /// A position that came back often enough ends the game.
    Repetition,
    /// Fifty moves of both sides without a capture or a pawn's move are a draw.
    FiftyMoves,
    /// Without what it takes to mate the game is drawn.
    DeadPosition,
    /// After so many moves the game is drawn.
    Length,
    /// No move brings back an earlier position.
    Superko,
    /// No move takes its own stones.
    Suicide,
    /// Two passes end the game.
    TwoPasses,
    /// Who is to move moves: there is no passing.
    NullMove,
}

/// How the moves of a playout are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Every legal move is as likely as any other.
    #[default]
    Uniform,
    /// A few cheap rules of the game come first: take a win, stop a loss, save stones, fill no eyes of one's own. Games without
    /// such rules play uniformly.
    Light,
}

/// A position of a game for two with full information.
pub trait Game: Clone + Send + Sync + fmt::Debug + 'static {
    /// As the command line names it.
    fn id(&self) -> &'static str;

    /// Whose move it is.
    fn turn(&self) -> Side;

    /// All legal moves, in a fixed order, in the place of what was there; none if and only if the game has ended.
    fn legal(&self, moves: &mut Vec<Move>);

    fn is_legal(&self, chosen: Move) -> bool {
        let mut moves = Vec::new();
        self.legal(&mut moves);
        moves.contains(&chosen)
    }

    /// Plays a legal move.
    ///
    /// # Panics
    /// May panic, or leave a position that is none, if the move is not legal.
    fn play(&mut self, chosen: Move);

    /// How the game ended, if it has.
    fn outcome(&self) -> Option<Outcome>;

    /// Zobrist hash: the same for the same position with the same side to move, however it came about.
    fn hash(&self) -> u64;

    /// In the notation of the game.
    fn name(&self, of: Move) -> String;

    /// Reads a move that may be played here.
    ///
    /// # Errors
    /// Says what was expected.
    fn read(&self, text: &str) -> Result<Move, MoveError>;

    /// The position in the notation of the game (FEN, SFEN, rows of signs).
    fn diagram(&self) -> String;

    /// Reads what [`diagram`](Self::diagram) writes, under the rules of this one.
    ///
    /// # Errors
    /// Says where and what was expected.
    fn at(&self, text: &str) -> Result<Self, MoveError>;

    /// How many images of a position under the board's symmetry there are, itself one of them.
    fn symmetries(&self) -> usize {
        1
    }

    /// An image of a position, by number; 0 is itself.
    #[must_use]
    fn image(&self, _symmetry: usize) -> Self {
        self.clone()
    }

    /// The move that is in [`image`](Self::image) what this move is here.
    fn image_of(&self, chosen: Move, _symmetry: usize) -> Move {
        chosen
    }

    /// Plays random moves to the end; those that go on for too long are scored as they stand, or drawn. `moves` is room to work
    /// in; moves made are added to `trace`.
    fn playout(
        &mut self,
        style: Style,
        random: &mut PlayoutRng,
        moves: &mut Vec<Move>,
        trace: Option<&mut Vec<Move>>,
    ) -> Outcome;

    /// What is believed of a move before it is tried, as if so many trials had won this share of points.
    fn expectation(&self, _chosen: Move) -> (u32, f32) {
        (0, 0.5)
    }

    /// The same position with its history cut, where a rule ended the game although moves could be made (repetition, fifty moves, two
    /// passes): other programs decide for themselves when a game ends. None where there is nothing to go on with.
    fn reopened(&self) -> Option<Self> {
        None
    }

    /// The rule by which the game ended although moves could be made.
    fn ended_by(&self) -> Option<HouseRule> {
        None
    }

    /// Reads a move of a game that other people have played: it may go on after an end by a rule of ours, or be one that such a rule
    /// forbids.
    ///
    /// # Errors
    /// As [`read`](Self::read), where no rules allow it.
    fn read_as_played(&self, text: &str) -> Result<Move, MoveError> {
        self.read(text).or_else(|why| self.reopened().map_or(Err(why), |open| open.read(text)))
    }

    /// The position after a move of a game that other people have played, and the rule of ours that it passes over; none if no rules
    /// allow it.
    fn after_as_played(&self, chosen: Move) -> Option<(Self, Option<HouseRule>)> {
        self.after_reopened(chosen)
    }

    /// The same for a move that is one in every set of rules.
    fn after_reopened(&self, chosen: Move) -> Option<(Self, Option<HouseRule>)> {
        let (mut next, rule) = if self.is_legal(chosen) {
            (self.clone(), None)
        } else {
            (self.reopened().filter(|open| open.is_legal(chosen))?, self.ended_by())
        };
        next.play(chosen);
        Some((next, rule))
    }

    /// As [`at`](Self::at), with what of the text could not be and was passed over.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    fn at_with_notes(&self, text: &str) -> Result<(Self, Vec<Bilingual>), MoveError> {
        Ok((self.at(text)?, Vec::new()))
    }

    /// Whether [`perft`] counts a game that ended above its depth as one line, as Othello's published figures do; those of chess
    /// and shogi do not.
    fn ended_is_a_line(&self) -> bool {
        true
    }
}

/// The number of lines of `depth` moves; a pass is a move.
pub fn perft<G: Game>(game: &G, depth: u32) -> u64 {
    fn count<G: Game>(game: &G, room: &mut [Vec<Move>]) -> u64 {
        let Some((moves, rest)) = room.split_first_mut() else { return 1 };
        game.legal(moves);
        if moves.is_empty() {
            return u64::from(game.ended_is_a_line());
        }
        if rest.is_empty() {
            return moves.len() as u64;
        }
        let mut lines = 0;
        for chosen in moves {
            let mut next = game.clone();
            next.play(*chosen);
            lines += count(&next, rest);
        }
        lines
    }
    count(game, &mut vec![Vec::new(); depth as usize])
}

/// A value from a number, as good as random (SplitMix64: Steele, Lea & Flood 2014): keys of hashes.
pub(crate) const fn mixed(number: u64) -> u64 {
    let mut value = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Keys for hashes, `N` of them from a place of their own.
pub(crate) const fn keys<const N: usize>(from: u64) -> [u64; N] {
    let mut keys = [0; N];
    let mut place = 0;
    while place < N {
        keys[place] = mixed(from + place as u64);
        place += 1;
    }
    keys
}

/// Any of the games.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "few are alive at once")]
pub enum AnyGame {
    TicTacToe(TicTacToe),
    ConnectFour(ConnectFour),
    Othello(Othello),
    Gomoku(Gomoku),
    Go(Go),
    Chess(Chess),
    Shogi(Shogi),
}

/// A game that is one of [`AnyGame`].
pub trait Member: Game {
    /// The position, if it is of this game.
    fn of(any: &AnyGame) -> Option<&Self>;
}

macro_rules! members {
    ($($game:ident),*) => {$(
        impl Member for $game {
            fn of(any: &AnyGame) -> Option<&Self> {
                match any {
                    AnyGame::$game(game) => Some(game),
                    _ => None,
                }
            }
        }

        impl From<$game> for AnyGame {
            fn from(game: $game) -> Self {
                AnyGame::$game(game)
            }
        }
    )*};
}

members!(TicTacToe, ConnectFour, Othello, Gomoku, Go, Chess, Shogi);

/// Does the same with whichever game it is: `with_game!(any, game => …)`.
#[macro_export]
macro_rules! with_game {
    ($any:expr, $game:ident => $body:expr) => {
        match $any {
            $crate::reinforcement::games::AnyGame::TicTacToe($game) => $body,
            $crate::reinforcement::games::AnyGame::ConnectFour($game) => $body,
            $crate::reinforcement::games::AnyGame::Othello($game) => $body,
            $crate::reinforcement::games::AnyGame::Gomoku($game) => $body,
            $crate::reinforcement::games::AnyGame::Go($game) => $body,
            $crate::reinforcement::games::AnyGame::Chess($game) => $body,
            $crate::reinforcement::games::AnyGame::Shogi($game) => $body,
        }
    };
}

/// The games by name.
pub const GAMES: [&str; 10] =
    ["tic-tac-toe", "connect-four", "othello", "othello-6", "gomoku-9", "gomoku-15", "go-9", "go-13", "chess", "shogi"];

impl AnyGame {
    /// The start of a game by its name.
    pub fn start(id: &str) -> Option<Self> {
        Some(match id {
            "tic-tac-toe" => AnyGame::TicTacToe(TicTacToe::default()),
            "connect-four" => AnyGame::ConnectFour(ConnectFour::default()),
            "othello" => AnyGame::Othello(Othello::default()),
            "othello-6" => AnyGame::Othello(Othello::new(othello::SMALL)),
            "gomoku-9" => AnyGame::Gomoku(Gomoku::new(9, gomoku::Rule::FiveOrMore)),
            "gomoku-15" => AnyGame::Gomoku(Gomoku::new(15, gomoku::Rule::FiveOrMore)),
            "go-9" => AnyGame::Go(Go::new(9, go::Rules::default())),
            "go-13" => AnyGame::Go(Go::new(13, go::Rules::default())),
            "chess" => AnyGame::Chess(Chess::default()),
            "shogi" => AnyGame::Shogi(Shogi::default()),
            _ => return None,
        })
    }

    pub fn id(&self) -> &'static str {
        with_game!(self, game => game.id())
    }

    pub fn turn(&self) -> Side {
        with_game!(self, game => game.turn())
    }

    pub fn outcome(&self) -> Option<Outcome> {
        with_game!(self, game => game.outcome())
    }

    pub fn legal(&self, moves: &mut Vec<Move>) {
        with_game!(self, game => game.legal(moves));
    }

    pub fn play(&mut self, chosen: Move) {
        with_game!(self, game => game.play(chosen));
    }

    pub fn name(&self, of: Move) -> String {
        with_game!(self, game => game.name(of))
    }

    /// # Errors
    /// As [`Game::read`].
    pub fn read(&self, text: &str) -> Result<Move, MoveError> {
        with_game!(self, game => game.read(text))
    }

    pub fn diagram(&self) -> String {
        with_game!(self, game => game.diagram())
    }

    /// As [`Game::reopened`].
    pub fn reopened(&self) -> Option<Self> {
        with_game!(self, game => game.reopened().map(AnyGame::from))
    }

    /// As [`Game::read_as_played`].
    ///
    /// # Errors
    /// As [`Game::read_as_played`].
    pub fn read_as_played(&self, text: &str) -> Result<Move, MoveError> {
        with_game!(self, game => game.read_as_played(text))
    }

    /// As [`Game::after_as_played`].
    pub fn after_as_played(&self, chosen: Move) -> Option<(Self, Option<HouseRule>)> {
        with_game!(self, game => game.after_as_played(chosen).map(|(next, rule)| (next.into(), rule)))
    }

    /// As [`Game::at_with_notes`].
    ///
    /// # Errors
    /// As [`Game::at`].
    pub fn at_with_notes(&self, diagram: &str) -> Result<(Self, Vec<Bilingual>), MoveError> {
        with_game!(self, game => game.at_with_notes(diagram).map(|(position, notes)| (position.into(), notes)))
    }

    /// The same game at a position.
    ///
    /// # Errors
    /// As [`Game::at`].
    pub fn at(&self, diagram: &str) -> Result<Self, MoveError> {
        Ok(match self {
            AnyGame::TicTacToe(game) => AnyGame::TicTacToe(game.at(diagram)?),
            AnyGame::ConnectFour(game) => AnyGame::ConnectFour(game.at(diagram)?),
            AnyGame::Othello(game) => AnyGame::Othello(game.at(diagram)?),
            AnyGame::Gomoku(game) => AnyGame::Gomoku(game.at(diagram)?),
            AnyGame::Go(game) => AnyGame::Go(game.at(diagram)?),
            AnyGame::Chess(game) => AnyGame::Chess(game.at(diagram)?),
            AnyGame::Shogi(game) => AnyGame::Shogi(game.at(diagram)?),
        })
    }
}

#[cfg(test)]
mod tests;
