//! A game that is kept, and what all formats of files need to read one: places of faults, starts, words.

use crate::experiment::Bilingual;
use crate::reinforcement::games::{AnyGame, Go, Gomoku, HouseRule, Move, MoveError, Othello, Outcome, gomoku};

/// What is wrong with a text, and where: lines and columns (in characters) from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.wording().en)]
pub struct RecordError {
    pub line: usize,
    pub column: usize,
    pub what: Bilingual,
}

impl RecordError {
    /// At a byte of a text.
    pub(super) fn at(text: &str, byte: usize, what: impl Into<Bilingual>) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        RecordError { line, column, what: what.into() }
    }

    /// The line of a byte of a text, from 1.
    pub(super) fn line_of(text: &str, byte: usize) -> usize {
        RecordError::at(text, byte, Bilingual::default()).line
    }

    /// The place and what is wrong there.
    pub fn wording(&self) -> Bilingual {
        let RecordError { line, column, what } = self;
        what.after(format_args!("line {line}, column {column}: "), format_args!("{line} 行目 {column} 文字目: "))
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
    /// What of the file was passed over, or goes beyond the rules of ours.
    pub notes: Vec<Bilingual>,
    /// Why the record ends before its file does, if so.
    pub cut: Option<RecordError>,
}

impl Record {
    /// The positions of the game, its start first.
    ///
    /// # Panics
    /// If a move is one that no rules allow.
    pub fn positions(&self) -> Vec<AnyGame> {
        let mut positions = vec![self.start.clone()];
        for chosen in &self.moves {
            let (next, _) =
                positions.last().and_then(|now| now.after_as_played(*chosen)).expect("a move that was played");
            positions.push(next);
        }
        positions
    }

    /// The position after all moves.
    pub(super) fn last(&self) -> AnyGame {
        self.walk(|_, _| {})
    }

    /// The moves in the notation of the game.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::with_capacity(self.moves.len());
        self.walk(|position, chosen| names.push(position.name(chosen)));
        names
    }

    /// Goes through the game, meeting every move with the position before it, to its last position.
    pub(super) fn walk(&self, mut meet: impl FnMut(&AnyGame, Move)) -> AnyGame {
        let mut position = self.start.clone();
        for chosen in &self.moves {
            meet(&position, *chosen);
            (position, _) = position.after_as_played(*chosen).expect("a move that was played");
        }
        position
    }
}

/// A game that is being read.
pub(super) struct Reading {
    record: Record,
    pub now: AnyGame,
    /// Rules of ours that were passed over.
    broken: Vec<HouseRule>,
}

impl Reading {
    pub fn from(start: AnyGame) -> Self {
        let record = Record {
            start: start.clone(),
            moves: Vec::new(),
            players: Default::default(),
            outcome: None,
            ended: Ending::default(),
            notes: Vec::new(),
            cut: None,
        };
        Reading { record, now: start, broken: Vec::new() }
    }

    /// Plays a move as its file has it, and notes the first time that a rule of ours is passed over.
    ///
    /// # Errors
    /// If no rules allow it.
    pub fn play(&mut self, chosen: Move) -> Result<(), MoveError> {
        let Some((next, rule)) = self.now.after_as_played(chosen) else {
            return Err(no_move(&self.now.name(chosen)));
        };
        if let Some(rule) = rule.filter(|rule| !self.broken.contains(rule)) {
            self.broken.push(rule);
            self.note(beyond(rule, self.number(), &self.now));
        }
        self.now = next;
        self.record.moves.push(chosen);
        Ok(())
    }

    /// Reads and plays a move in the notation of the game.
    ///
    /// # Errors
    /// If it cannot be read, or no rules allow it.
    pub fn take(&mut self, name: &str) -> Result<(), MoveError> {
        let chosen = self.now.read_as_played(name)?;
        self.play(chosen)
    }

    /// The position in which the next move is to be read: where a rule of ours ended the game, one that goes on.
    pub fn open(&self) -> AnyGame {
        self.now.reopened().unwrap_or_else(|| self.now.clone())
    }

    /// Says something of the file, once.
    pub fn note(&mut self, note: Bilingual) {
        if !self.record.notes.contains(&note) {
            self.record.notes.push(note);
        }
    }

    pub fn note_all(&mut self, notes: impl IntoIterator<Item = Bilingual>) {
        notes.into_iter().for_each(|note| self.note(note));
    }

    /// Says something before all that was said.
    pub fn note_first(&mut self, notes: Vec<Bilingual>) {
        self.record.notes.splice(0..0, notes);
    }

    /// Ends the record before a move that cannot be read or played, and says so. Where nothing was played before it, there is no
    /// record.
    ///
    /// # Errors
    /// The fault itself, then.
    pub fn end_before(&mut self, fault: RecordError) -> Result<(), RecordError> {
        if self.record.moves.is_empty() {
            return Err(fault);
        }
        let (Bilingual { en, ja }, count) = (fault.wording(), self.record.moves.len());
        self.note(Bilingual::new(
            format!("{en}; the record ends before it"),
            format!("{ja}。その手前の {count} 手目まで読みました"),
        ));
        self.record.cut = Some(fault);
        Ok(())
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

/// Why a move that no rules allow is not played.
pub(super) fn no_move(name: &str) -> MoveError {
    MoveError::new(format!("{name} is no move here"), format!("{name} はこの局面ではルール上できない手です"))
}

/// Why a move is not played that is of the other side.
pub(super) fn not_their_turn() -> MoveError {
    MoveError::new("not this side's turn", "手番ではない側の着手です")
}

/// What is said of a move that a rule of ours does not allow.
fn beyond(rule: HouseRule, number: usize, now: &AnyGame) -> Bilingual {
    let is_chess = matches!(now, AnyGame::Chess(_));
    let (en, ja) = match rule {
        HouseRule::Repetition if is_chess => (
            "played on after a position came for the third time, a draw here",
            "同一局面が 3 回現れた(ここでは引き分け)後も続いています",
        ),
        HouseRule::Repetition => (
            "played on after a position came for the fourth time, the end of a game here",
            "千日手(ここでは終局)の後も続いています",
        ),
        HouseRule::FiftyMoves => (
            "played on after fifty moves without a capture or a pawn's move, a draw here",
            "50 手ルール(ここでは引き分け)の後も続いています",
        ),
        HouseRule::DeadPosition => (
            "played on although neither side can mate any more, a draw here",
            "どちらも詰ませられない局面(ここでは引き分け)の後も続いています",
        ),
        HouseRule::Length => ("played on after 512 moves, a draw here", "512 手(ここでは引き分け)の後も続いています"),
        HouseRule::Superko => (
            "brings back an earlier position (superko), which is not allowed here",
            "以前の盤面に戻る手(スーパーコウ)です。ここでは打てない手です",
        ),
        HouseRule::Suicide => {
            ("takes its own stones (suicide), which is not allowed here", "自殺手です。ここでは打てない手です")
        }
        HouseRule::TwoPasses => {
            ("played on after two passes, the end of a game here", "連続パス(ここでは終局)の後も続いています")
        }
        HouseRule::NullMove => ("no move is made, as analyses write it", "着手なし(解析用の空の手)です"),
    };
    Bilingual::new(format!("move {number}: {en}"), format!("{number} 手目: {ja}"))
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
