//! SGF (FF[4]): games as trees of nodes with properties. Read whole, of which the first line of play is used; written as one line of
//! play.

use crate::reinforcement::games::{AnyGame, Game, Go, Move, Side, go};
use std::fmt::Write;

/// How deep a tree may nest.
const DEEPEST: usize = 500;

/// Properties of the nodes on the first line of play.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    pub nodes: Vec<Vec<(String, Vec<String>)>>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct Fault {
    pub line: usize,
    pub column: usize,
    pub what: String,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn fault(&self, what: impl Into<String>) -> Fault {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        Fault { line, column, what: what.into() }
    }

    fn peek(&mut self) -> Option<char> {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest.chars().next()
    }

    fn found(&mut self) -> String {
        self.peek().map_or_else(|| "the end".to_owned(), |sign| format!("`{sign}`"))
    }

    fn take(&mut self, sign: char) -> bool {
        let is = self.peek() == Some(sign);
        if is {
            self.at += sign.len_utf8();
        }
        is
    }

    /// A tree: nodes, then trees, of which the first goes on.
    fn tree(&mut self, record: &mut Record, kept: bool, depth: usize) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(self.fault(format!("variations within variations, {DEEPEST} deep")));
        }
        if !self.take('(') {
            let found = self.found();
            return Err(self.fault(format!("expected ( to begin a game, found {found}")));
        }
        if self.peek() != Some(';') {
            let found = self.found();
            return Err(self.fault(format!("expected ; to begin a node, found {found}")));
        }
        while self.take(';') {
            let node = self.node()?;
            if kept {
                record.nodes.push(node);
            }
        }
        let mut first = true;
        while self.peek() == Some('(') {
            self.tree(record, kept && first, depth + 1)?;
            first = false;
        }
        if self.take(')') {
            return Ok(());
        }
        let found = self.found();
        Err(self.fault(format!("expected ; ( or ), found {found}")))
    }

    fn node(&mut self) -> Result<Vec<(String, Vec<String>)>, Fault> {
        let mut properties: Vec<(String, Vec<String>)> = Vec::new();
        while self.peek().is_some_and(|sign| sign.is_ascii_alphabetic()) {
            let rest = &self.text[self.at..];
            let length = rest.find(|sign: char| !sign.is_ascii_alphabetic()).unwrap_or(rest.len());
            // Old files have small letters in between, which do not count.
            let name: String = rest[..length].chars().filter(char::is_ascii_uppercase).collect();
            self.at += length;
            if self.peek() != Some('[') {
                let found = self.found();
                return Err(self.fault(format!("expected [ after {name}, found {found}")));
            }
            let mut values = Vec::new();
            while self.take('[') {
                values.push(self.value()?);
            }
            properties.push((name, values));
        }
        Ok(properties)
    }

    fn value(&mut self) -> Result<String, Fault> {
        let mut value = String::new();
        let mut signs = self.text[self.at..].char_indices();
        while let Some((place, sign)) = signs.next() {
            match sign {
                ']' => {
                    self.at += place + 1;
                    return Ok(value);
                }
                '\\' => match signs.next() {
                    // A line that is broken softly goes on.
                    Some((_, '\n' | '\r')) | None => {}
                    Some((_, escaped)) => value.push(escaped),
                },
                sign => value.push(sign),
            }
        }
        Err(self.fault("a value has no ] at its end"))
    }
}

/// Reads the first game of a file.
///
/// # Errors
/// Says where it stops being SGF.
pub fn read(text: &str) -> Result<Record, Fault> {
    let mut reader = Reader { text, at: 0 };
    // What stands before the first game is not ours.
    reader.at = text.find('(').unwrap_or(text.len());
    let mut record = Record::default();
    reader.tree(&mut record, true, 0)?;
    Ok(record)
}

/// A point: two letters, columns from the left and rows from above.
fn point(value: &str, size: usize) -> Option<usize> {
    let letter = |byte: u8| byte.is_ascii_lowercase().then(|| usize::from(byte - b'a')).filter(|at| *at < size);
    match value.as_bytes() {
        [column, row] => Some(letter(*row)? * size + letter(*column)?),
        _ => None,
    }
}

impl Record {
    fn first(&self, name: &str) -> Option<&str> {
        let (_, values) = self.nodes.first()?.iter().find(|(known, _)| known == name)?;
        values.first().map(String::as_str)
    }

    /// The positions of the game, its start first, played under the rules of `like`.
    ///
    /// # Errors
    /// Names the node whose move cannot be played.
    pub fn game(&self, like: &AnyGame) -> Result<Vec<AnyGame>, String> {
        let size = self.first("SZ").map(|size| size.trim().parse::<usize>());
        let size = match (size, like) {
            (Some(Err(_)), _) => return Err("SZ is no number".to_owned()),
            (Some(Ok(size)), _) => size,
            (None, AnyGame::Othello(_)) => 8,
            (None, _) => 19,
        };
        let mut start = match like {
            AnyGame::Go(game) if (2..=13).contains(&size) => {
                let komi =
                    self.first("KM").and_then(|komi| komi.trim().parse().ok()).filter(|komi: &f32| komi.is_finite());
                let rules = go::Rules { komi: komi.unwrap_or(game.rules().komi), ..game.rules() };
                AnyGame::from(Go::new(size, rules))
            }
            AnyGame::Gomoku(game) if game.size() == size => like.clone(),
            AnyGame::Othello(_) if size == 8 => like.clone(),
            _ => return Err(format!("a board of {size} lines: {} has another", like.id())),
        };
        if let (AnyGame::Go(game), Some(root)) = (&start, self.nodes.first()) {
            let stones = root.iter().find(|(name, _)| name == "AB").map_or(&[][..], |(_, values)| values);
            if !stones.is_empty() {
                let points = stones.iter().map(|value| point(value, size)).collect::<Option<Vec<usize>>>();
                let points = points.ok_or("AB: a point that is none")?;
                start = AnyGame::from(game.with_stones(&points).ok_or("AB: stones on one point")?);
            }
        }
        let mut positions = vec![start];
        for (place, node) in self.nodes.iter().enumerate() {
            for (name, values) in node {
                let side = match name.as_str() {
                    "B" => Side::First,
                    "W" => Side::Second,
                    _ => continue,
                };
                let mut position = positions.last().expect("the start").clone();
                let value = values.first().map_or("", |value| value.trim());
                let fault = |why: String| format!("node {}: {name}[{value}]: {why}", place + 1);
                if position.turn() != side {
                    let pass = position.read("pass").map_err(|_| fault("not this side's turn".to_owned()))?;
                    position.play(pass);
                }
                let passes = value.is_empty() || value == "tt" && size <= 19;
                let chosen = if passes {
                    position.read("pass").map_err(|why| fault(why.to_string()))?
                } else {
                    Move(point(value, size).ok_or_else(|| fault("no point".to_owned()))? as u16)
                };
                let legal = crate::with_game!(&position, game => game.is_legal(chosen));
                if !legal {
                    return Err(fault("not legal".to_owned()));
                }
                position.play(chosen);
                positions.push(position);
            }
        }
        Ok(positions)
    }
}

/// Writes a game of Go, Gomoku or Othello: the players, the moves and how it ended.
pub fn write(start: &AnyGame, moves: &[Move], players: [&str; 2], result: &str) -> Option<String> {
    let (number, size) = match start {
        AnyGame::Go(game) => (1, game.size()),
        AnyGame::Othello(_) => (2, 8),
        AnyGame::Gomoku(game) => (4, game.size()),
        _ => return None,
    };
    let escaped = |text: &str| text.replace('\\', "\\\\").replace(']', "\\]");
    let mut text = format!(
        "(;FF[4]GM[{number}]CA[UTF-8]SZ[{size}]PB[{}]PW[{}]RE[{}]",
        escaped(players[0]),
        escaped(players[1]),
        escaped(result)
    );
    if let AnyGame::Go(game) = start {
        write!(text, "KM[{}]RU[Tromp-Taylor]", game.rules().komi).expect("a string");
    }
    let mut side = start.turn();
    for chosen in moves {
        let at = usize::from(chosen.0);
        let place = if at < size * size {
            let letter = |at: usize| char::from(b'a' + at as u8);
            format!("{}{}", letter(at % size), letter(at / size))
        } else {
            String::new()
        };
        write!(text, ";{}[{place}]", if side == Side::First { "B" } else { "W" }).expect("a string");
        side = side.other();
    }
    text.push_str(")\n");
    Some(text)
}
