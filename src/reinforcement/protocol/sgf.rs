//! SGF (FF[4], A. Hollosi, red-bean.com/sgf): games as trees of nodes with properties. Read whole, of which the first line of play
//! is used; written as one line of play.

use super::record::{Ending, Reading, Record, RecordError, fresh, gomoku_like};
use crate::reinforcement::games::{AnyGame, Go, Move, Othello, Outcome, Side, go, othello};
use std::fmt::Write;

/// How deep a tree may nest.
const DEEPEST: usize = 500;

/// A property of a node, and the byte where it stands.
struct Property {
    name: String,
    values: Vec<String>,
    at: usize,
}

impl Property {
    fn first(&self) -> &str {
        self.values.first().map_or("", |value| value.trim())
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Nodes on the first line of play.
    nodes: Vec<Vec<Property>>,
}

impl Reader<'_> {
    fn fault(&self, what: impl Into<String>) -> RecordError {
        RecordError::at(self.text, self.at, what)
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
    fn tree(&mut self, kept: bool, depth: usize) -> Result<(), RecordError> {
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
                self.nodes.push(node);
            }
        }
        let mut first = true;
        while self.peek() == Some('(') {
            self.tree(kept && first, depth + 1)?;
            first = false;
        }
        if self.take(')') {
            return Ok(());
        }
        let found = self.found();
        Err(self.fault(format!("expected ; ( or ), found {found}")))
    }

    fn node(&mut self) -> Result<Vec<Property>, RecordError> {
        let mut properties = Vec::new();
        while self.peek().is_some_and(|sign| sign.is_ascii_alphabetic()) {
            let at = self.at;
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
            properties.push(Property { name, values, at });
        }
        Ok(properties)
    }

    fn value(&mut self) -> Result<String, RecordError> {
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
                    Some((place, '\r')) if self.text[self.at + place..].starts_with("\r\n") => {
                        signs.next();
                    }
                    Some((_, '\n' | '\r')) | None => {}
                    Some((_, escaped)) => value.push(escaped),
                },
                sign => value.push(sign),
            }
        }
        Err(self.fault("a value has no ] at its end"))
    }
}

/// The text of a file: UTF-8, or Latin-1 as the specification has it where nothing else is said.
///
/// # Errors
/// If it is not UTF-8 and says that it is in another set of signs.
pub(super) fn decoded(bytes: &[u8]) -> Result<String, String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned());
    }
    let text: String = bytes.iter().copied().map(char::from).collect();
    let charset = text.split_once("CA[").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(name, _)| name.trim());
    match charset.to_ascii_lowercase().as_str() {
        "" | "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1" => Ok(text),
        "utf-8" | "utf8" => Err("it says that it is in UTF-8, and is not".to_owned()),
        _ => Err(format!("it is in {charset}: expected UTF-8 or ISO-8859-1")),
    }
}

/// Reads the first game of a file, under the rules of `like` as far as the file leaves them open.
///
/// # Errors
/// Says where it stops being SGF, or which move cannot be played.
pub(super) fn read(text: &str, like: &AnyGame) -> Result<Record, RecordError> {
    // What stands before the first game is not ours.
    let mut reader = Reader { text, at: text.find('(').unwrap_or(text.len()), nodes: Vec::new() };
    reader.tree(true, 0)?;
    Line { text, nodes: reader.nodes }.record(like)
}

/// A point: two letters, columns from the left and rows from above.
fn point(value: &str, size: usize) -> Option<usize> {
    let letter = |byte: u8| byte.is_ascii_lowercase().then(|| usize::from(byte - b'a')).filter(|at| *at < size);
    match value.as_bytes() {
        [column, row] => Some(letter(*row)? * size + letter(*column)?),
        _ => None,
    }
}

/// A point, or a rectangle of them by two corners.
fn points(value: &str, size: usize) -> Option<Vec<usize>> {
    let (one, other) = value.split_once(':').unwrap_or((value, value));
    let (one, other) = (point(one.trim(), size)?, point(other.trim(), size)?);
    let span = |one: usize, other: usize| one.min(other)..=one.max(other);
    let columns = span(one % size, other % size);
    Some(span(one / size, other / size).flat_map(|row| columns.clone().map(move |at| row * size + at)).collect())
}

/// The side that a property's name moves.
fn mover(name: &str) -> Option<Side> {
    match name {
        "B" => Some(Side::First),
        "W" => Some(Side::Second),
        _ => None,
    }
}

/// A line of play, as its file has it.
struct Line<'a> {
    text: &'a str,
    nodes: Vec<Vec<Property>>,
}

impl Line<'_> {
    fn root(&self, name: &str) -> Option<&Property> {
        self.nodes.first()?.iter().find(|property| property.name == name)
    }

    fn fault(&self, at: &Property, what: impl Into<String>) -> RecordError {
        RecordError::at(self.text, at.at, what)
    }

    /// An empty board (in Othello the usual start) of the game and size that the root states.
    fn board(&self, like: &AnyGame) -> Result<AnyGame, RecordError> {
        let stated = self.root("SZ").map(|size| {
            let value = size.first().split(':').next().unwrap_or("").parse::<usize>();
            value.map(|value| (value, size)).map_err(|_| self.fault(size, "SZ: expected the number of lines"))
        });
        let stated = stated.transpose()?;
        let refused = |size: usize, has: &str| {
            let what = format!("a board of {size} lines: {has}");
            stated.map_or_else(
                || RecordError::at(self.text, 0, what.clone()),
                |(_, property)| self.fault(property, what.clone()),
            )
        };
        let size = stated.map(|(size, _)| size);
        let number = match (self.root("GM"), like) {
            (Some(game), _) => match game.first() {
                number @ ("1" | "2" | "4") => number,
                _ => return Err(self.fault(game, "GM: expected 1 (Go), 2 (Othello) or 4 (Gomoku)")),
            },
            (None, AnyGame::Othello(_)) => "2",
            (None, AnyGame::Gomoku(_)) => "4",
            (None, _) => "1",
        };
        match (number, like) {
            ("2", _) if matches!(size, None | Some(othello::SIZE | othello::SMALL)) => {
                Ok(Othello::new(size.unwrap_or(othello::SIZE)).into())
            }
            ("2", _) => Err(refused(size.unwrap_or(othello::SIZE), "Othello has 8 or 6")),
            ("4", _) if matches!(size, None | Some(9 | 15)) => Ok(gomoku_like(size, like).into()),
            ("4", AnyGame::Gomoku(game)) if size == Some(game.size()) => Ok(fresh(like)),
            ("4", _) => Err(refused(size.unwrap_or(15), "Gomoku is played on 9 or 15 here")),
            (_, like) => {
                // As the specification has it where nothing is said.
                let size = size.unwrap_or(19);
                if !(2..=13).contains(&size) {
                    return Err(refused(size, "Go is played on 13 at most here"));
                }
                let rules = if let AnyGame::Go(game) = like { game.rules() } else { go::Rules::default() };
                let komi = self.root("KM").and_then(|komi| komi.first().parse().ok());
                let komi = komi.filter(|komi: &f32| komi.is_finite()).unwrap_or(rules.komi);
                Ok(Go::new(size, go::Rules { komi, ..rules }).into())
            }
        }
    }

    /// The start: the stones set up before the first move, and whose move it is.
    fn start(&self, like: &AnyGame) -> Result<(AnyGame, usize), RecordError> {
        let board = self.board(like)?;
        let size = size(&board);
        let first = self.nodes.iter().position(|node| node.iter().any(|property| mover(&property.name).is_some()));
        let begins = first.map_or(self.nodes.len(), |first| first + 1);
        let set_up = || self.nodes[..begins].iter().flatten();
        let mut turn = set_up().find_map(|property| mover(&property.name)).filter(|side| *side != board.turn());
        // Discs that are set up are all there are.
        let is_whole = set_up().any(|property| matches!(property.name.as_str(), "AB" | "AW"));
        let diagram = board.diagram();
        let usual = diagram.chars().filter(|sign| matches!(sign, 'x' | 'o' | '.'));
        let mut signs: Vec<char> = usual.take(size * size).map(|sign| if is_whole { '.' } else { sign }).collect();
        let mut last = None;
        for property in set_up() {
            let sign = match property.name.as_str() {
                "AB" => 'x',
                "AW" => 'o',
                "AE" => '.',
                "PL" => {
                    turn = match property.first().chars().next() {
                        Some('B' | 'b' | '1') => Some(Side::First),
                        Some('W' | 'w' | '2') => Some(Side::Second),
                        _ => return Err(self.fault(property, "PL: expected B or W")),
                    };
                    continue;
                }
                _ => continue,
            };
            last = Some(property);
            for value in &property.values {
                let found = points(value.trim(), size).ok_or_else(|| {
                    self.fault(property, format!("{}[{value}]: no point of {size} lines", property.name))
                })?;
                found.into_iter().for_each(|point| signs[point] = sign);
            }
        }
        if last.is_none() && turn.is_none_or(|turn| turn == board.turn()) {
            return Ok((board, begins));
        }
        // After a handicap white moves, unless the file says otherwise.
        let is_handicap = matches!(board, AnyGame::Go(_)) && signs.contains(&'x') && !signs.contains(&'o');
        let usual = if is_handicap && first.is_none() { Side::Second } else { Side::First };
        let rows: Vec<String> = signs.chunks(size).map(String::from_iter).collect();
        let turn = if turn.unwrap_or(usual) == Side::First { 'x' } else { 'o' };
        let start = board.at(&format!("{} {turn}", rows.join("/"))).map_err(|why| {
            let what = format!("the stones set up are no position: {why}");
            last.map_or_else(
                || RecordError::at(self.text, 0, what.clone()),
                |property| self.fault(property, what.clone()),
            )
        })?;
        Ok((start, begins))
    }

    fn record(&self, like: &AnyGame) -> Result<Record, RecordError> {
        let (start, begins) = self.start(like)?;
        let size = size(&start);
        let mut reading = Reading::from(start);
        for (place, node) in self.nodes.iter().enumerate() {
            for property in node {
                if matches!(property.name.as_str(), "AB" | "AW" | "AE") && place >= begins {
                    return Err(self.fault(property, "stones set up after the first move: expected moves only"));
                }
                let Some(side) = mover(&property.name) else { continue };
                play(&mut reading, side, property.first(), size).map_err(|why| {
                    let (number, name) = (reading.number(), &property.name);
                    self.fault(property, format!("move {number}: {name}[{}]: {why}", property.first()))
                })?;
            }
        }
        let name = |name: &str| self.root(name).map_or_else(String::new, |property| property.first().to_owned());
        let (outcome, ended) = outcome_of(&name("RE"));
        Ok(reading.finish([name("PB"), name("PW")], outcome, ended))
    }
}

/// The lines of a board.
fn size(game: &AnyGame) -> usize {
    match game {
        AnyGame::Go(game) => game.size(),
        AnyGame::Gomoku(game) => game.size(),
        AnyGame::Othello(game) => game.size(),
        _ => 8,
    }
}

/// Plays the value of a move's property. Passes that the file leaves out are put in.
fn play(reading: &mut Reading, side: Side, value: &str, size: usize) -> Result<(), String> {
    let passes = value.is_empty() || value == "tt";
    let ended = reading.now.outcome().is_some();
    if passes && ended && matches!(reading.now, AnyGame::Go(_)) {
        // Some rules have a third pass.
        return Ok(());
    }
    if !ended && reading.now.turn() != side {
        let pass = reading.now.read("pass").map_err(|_| "not this side's turn".to_owned())?;
        reading.play(pass);
    }
    let name = if passes {
        "pass".to_owned()
    } else {
        // Some programs write points in the notation of the game.
        point(value, size).map_or_else(|| value.to_owned(), |point| reading.now.name(Move(point as u16)))
    };
    let chosen = reading.now.read(&name).map_err(|why| why.to_string())?;
    reading.play(chosen);
    Ok(())
}

/// What RE states.
fn outcome_of(result: &str) -> (Option<Outcome>, Ending) {
    let (winner, how) = result.split_once('+').unwrap_or((result, ""));
    let outcome = match winner.trim().to_ascii_lowercase().as_str() {
        "b" | "black" => Outcome::Won(Side::First),
        "w" | "white" => Outcome::Won(Side::Second),
        "0" | "draw" | "jigo" => return (Some(Outcome::Drawn), Ending::Rules),
        _ => return (None, Ending::Rules),
    };
    let ended = match how.trim().to_ascii_lowercase().as_str() {
        "r" | "resign" => Ending::Resignation,
        "t" | "time" => Ending::Time,
        _ => Ending::Rules,
    };
    (Some(outcome), ended)
}

/// The value of RE: who won, and by how much or by what.
fn result(record: &Record) -> String {
    let winner = match record.outcome {
        Some(Outcome::Won(Side::First)) => 'B',
        Some(Outcome::Won(Side::Second)) => 'W',
        Some(Outcome::Drawn) => return "0".to_owned(),
        None => return "?".to_owned(),
    };
    let last = record.last();
    let how = match (record.ended, last.outcome() == record.outcome, last) {
        (Ending::Resignation, ..) => "R".to_owned(),
        (Ending::Time, ..) => "T".to_owned(),
        (Ending::Rules, true, AnyGame::Go(game)) => game.margin().abs().to_string(),
        (Ending::Rules, true, AnyGame::Othello(game)) => game.count()[0].abs_diff(game.count()[1]).to_string(),
        (Ending::Rules, ..) => String::new(),
    };
    format!("{winner}+{how}")
}

/// Writes a game of Go, Gomoku or Othello: the players, a start that is not the usual one, the moves and how it ended.
///
/// # Panics
/// If it is of another game, or a move is not legal.
pub(super) fn write(record: &Record) -> String {
    let (number, stone): (_, &dyn Fn(usize) -> Option<Side>) = match &record.start {
        AnyGame::Go(game) => (1, &|point| game.stone(point)),
        AnyGame::Othello(game) => (2, &|point| game.stone(point)),
        AnyGame::Gomoku(game) => (4, &|point| game.stone(point)),
        other => panic!("SGF has no {} here", other.id()),
    };
    let size = size(&record.start);
    let escaped = |text: &str| text.replace('\\', "\\\\").replace(']', "\\]");
    let mut text = format!(
        "(;FF[4]GM[{number}]CA[UTF-8]SZ[{size}]PB[{}]PW[{}]RE[{}]",
        escaped(&record.players[0]),
        escaped(&record.players[1]),
        result(record)
    );
    if let AnyGame::Go(game) = &record.start {
        write!(text, "KM[{}]RU[Tromp-Taylor]", game.rules().komi).expect("a string");
    }
    let letter = |at: usize| char::from(b'a' + at as u8);
    let place = |point: usize| format!("{}{}", letter(point % size), letter(point / size));
    if record.start.diagram() != fresh(&record.start).diagram() {
        let stones = |side| (0..size * size).filter(move |point| stone(*point) == Some(side));
        let (black, white) = (stones(Side::First).count(), stones(Side::Second).count());
        let turn = record.start.turn();
        if number == 1 && black >= 2 && white == 0 && turn == Side::Second {
            write!(text, "HA[{black}]").expect("a string");
        }
        for (name, side) in ["AB", "AW"].into_iter().zip(Side::BOTH) {
            if stones(side).next().is_some() {
                text.push_str(name);
                stones(side).for_each(|point| write!(text, "[{}]", place(point)).expect("a string"));
            }
        }
        if number == 2 && black + white == 0 {
            // No disc, where four would be.
            let middle = size / 2;
            let corners = [middle - 1, middle].map(|line| place(line * size + line));
            write!(text, "AE[{}:{}]", corners[0], corners[1]).expect("a string");
        }
        text.push_str(if turn == Side::First { "PL[B]" } else { "PL[W]" });
    }
    let mut side = record.start.turn();
    for chosen in &record.moves {
        let at = usize::from(chosen.0);
        let place = if at < size * size { place(at) } else { String::new() };
        write!(text, ";{}[{place}]", if side == Side::First { "B" } else { "W" }).expect("a string");
        side = side.other();
    }
    text.push_str(")\n");
    text
}
