//! A game that is kept, and what all formats of files need to read one: places of faults, starts, words.

use crate::reinforcement::games::{AnyGame, Go, Gomoku, Move, Othello, Outcome, gomoku};

/// What is wrong with a text, and where: lines and columns (in characters) from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct RecordError {
    pub line: usize,
    pub column: usize,
    pub what: String,
}

impl RecordError {
    /// At a byte of a text.
    pub(super) fn at(text: &str, byte: usize, what: impl Into<String>) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        RecordError { line, column, what: what.into() }
    }
}

/// What ended a game that has an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    /// The rules: mate, a full board, two passes, repetition.
    #[default]
    Rules,
    Resignation,
    Time,
}

/// A game from its start.
#[derive(Debug, Clone)]
pub struct Record {
    pub start: AnyGame,
    pub moves: Vec<Move>,
    /// The names of the first and of the second side; empty if the file gives none.
    pub players: [String; 2],
    /// As the file states it, else as the rules have it; none if the game was not brought to its end.
    pub outcome: Option<Outcome>,
    pub ended: Ending,
}

impl Record {
    /// The positions of the game, its start first.
    pub fn positions(&self) -> Vec<AnyGame> {
        let mut positions = vec![self.start.clone()];
        for chosen in &self.moves {
            let mut next = positions.last().expect("the start").clone();
            next.play(*chosen);
            positions.push(next);
        }
        positions
    }

    /// The position after all moves.
    pub(super) fn last(&self) -> AnyGame {
        let mut position = self.start.clone();
        self.moves.iter().for_each(|chosen| position.play(*chosen));
        position
    }

    /// The moves in the notation of the game.
    pub(super) fn names(&self) -> Vec<String> {
        let mut position = self.start.clone();
        let name = |chosen: &Move| {
            let name = position.name(*chosen);
            position.play(*chosen);
            name
        };
        self.moves.iter().map(name).collect()
    }
}

/// A game that is being read.
pub(super) struct Reading {
    record: Record,
    pub now: AnyGame,
}

impl Reading {
    pub fn from(start: AnyGame) -> Self {
        let record = Record {
            start: start.clone(),
            moves: Vec::new(),
            players: Default::default(),
            outcome: None,
            ended: Ending::default(),
        };
        Reading { record, now: start }
    }

    /// Plays a legal move.
    pub fn play(&mut self, chosen: Move) {
        self.now.play(chosen);
        self.record.moves.push(chosen);
    }

    /// The number of the move that comes next.
    pub fn number(&self) -> usize {
        self.record.moves.len() + 1
    }

    /// The record, with what the file states of it.
    pub fn finish(self, players: [String; 2], outcome: Option<Outcome>, ended: Ending) -> Record {
        let ended = if outcome.is_some() { ended } else { Ending::Rules };
        Record { players, outcome: outcome.or(self.now.outcome()), ended, ..self.record }
    }
}

/// The start of a game under the rules of another position of it.
pub(super) fn fresh(like: &AnyGame) -> AnyGame {
    match like {
        AnyGame::Go(game) => Go::new(game.size(), game.rules()).into(),
        AnyGame::Gomoku(game) => Gomoku::new(game.size(), game.rule()).into(),
        AnyGame::TicTacToe(_) => AnyGame::TicTacToe(Default::default()),
        AnyGame::ConnectFour(_) => AnyGame::ConnectFour(Default::default()),
        AnyGame::Othello(game) => Othello::new(game.size()).into(),
        AnyGame::Chess(_) => AnyGame::Chess(Default::default()),
        AnyGame::Shogi(_) => AnyGame::Shogi(Default::default()),
    }
}

/// The start of a game by its name, under the rules of `like` if that is of this game.
pub(super) fn start_of(id: &str, like: &AnyGame) -> Option<AnyGame> {
    match (AnyGame::start(id)?, like) {
        (AnyGame::Go(game), AnyGame::Go(like)) => Some(Go::new(game.size(), like.rules()).into()),
        (AnyGame::Gomoku(game), AnyGame::Gomoku(like)) => Some(Gomoku::new(game.size(), like.rule()).into()),
        (start, _) => Some(start),
    }
}

/// The size and rules of a board of Gomoku: those of `like`, as far as they are open.
pub(super) fn gomoku_like(size: Option<usize>, like: &AnyGame) -> Gomoku {
    match like {
        AnyGame::Gomoku(like) => Gomoku::new(size.unwrap_or(like.size()), like.rule()),
        _ => Gomoku::new(size.unwrap_or(15), gomoku::Rule::default()),
    }
}

/// Words between white space, with the bytes where they begin.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive(char::is_whitespace).filter_map(move |piece| {
        let begins = at;
        at += piece.len();
        let word = piece.trim_end();
        (!word.is_empty()).then_some((begins, word))
    })
}
