//! Games as lists of moves in their own notation, after lines that begin with `#`:
//!
//! ```text
//! # connect-four
//! # first: Ada
//! # second: mcts:2s
//! # result: first wins
//! 1. 4 4 2. 5 3 3. 6 5 4. 7
//! ```
//!
//! `# start: DIAGRAM` names another position than the usual one. Numbers of moves end in a dot and are passed over. Moves may stand
//! without spaces, as transcripts of Othello (`f5d6c3`) and of Connect Four (`4453`) have them.

use super::record::{Ending, Reading, Record, RecordError, fresh, start_of, words};
use crate::experiment::Bilingual;
use crate::reinforcement::games::{AnyGame, Game, Outcome, Side, at_move, othello};
use std::fmt::Write;

/// The longest line that is written.
const WIDTH: usize = 79;

/// Words in lines.
pub(super) fn wrapped(words: &[String]) -> String {
    let (mut text, mut width) = (String::new(), 0);
    for word in words {
        if width > 0 && width + 1 + word.len() > WIDTH {
            text.push('\n');
            width = 0;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += word.len();
    }
    text.push('\n');
    text
}

/// Names of moves with the number of each pair before it.
pub(super) fn numbered(names: Vec<String>, first: usize, begins: Side) -> Vec<String> {
    let mut words = Vec::with_capacity(names.len() * 3 / 2 + 1);
    for (place, name) in names.into_iter().enumerate() {
        let half = place + begins.index();
        if half.is_multiple_of(2) {
            words.push(format!("{}.", first + half / 2));
        } else if place == 0 {
            words.push(format!("{first}..."));
        }
        words.push(name);
    }
    words
}

/// A word without the number of a move before it; none if there is nothing else.
pub(super) fn unnumbered(word: &str) -> Option<&str> {
    let rest = word.trim_start_matches(|sign: char| sign.is_ascii_digit());
    let word = if rest.starts_with(['.', '…']) { rest.trim_start_matches(['.', '…']) } else { word };
    (!word.is_empty()).then_some(word)
}

pub(super) fn write(record: &Record) -> String {
    let mut text = format!("# {}\n", record.start.id());
    let diagram = record.start.diagram();
    if diagram != fresh(&record.start).diagram() {
        writeln!(text, "# start: {diagram}").expect("a string");
    }
    for (key, name) in ["first", "second"].into_iter().zip(&record.players) {
        if !name.is_empty() {
            writeln!(text, "# {key}: {name}").expect("a string");
        }
    }
    let how = match record.ended {
        Ending::Rules => "",
        Ending::Resignation => " by resignation",
        Ending::Time => " on time",
    };
    match record.outcome {
        Some(Outcome::Won(Side::First)) => writeln!(text, "# result: first wins{how}").expect("a string"),
        Some(Outcome::Won(Side::Second)) => writeln!(text, "# result: second wins{how}").expect("a string"),
        Some(Outcome::Drawn) => text.push_str("# result: draw\n"),
        None => {}
    }
    text + &wrapped(&numbered(record.names(), 1, record.start.turn()))
}

/// Whether the first line names a game.
pub(super) fn has_head(text: &str) -> bool {
    head(text).is_some()
}

/// The name of a game on the first line.
fn head(text: &str) -> Option<&str> {
    let id = text.trim_start().strip_prefix('#')?.lines().next()?.trim();
    AnyGame::start(id).map(|_| id)
}

/// What a line of `#` says: its key, the byte of its value, and the value.
fn said(line: &str) -> Option<(&str, usize, &str)> {
    let (key, value) = line.strip_prefix('#')?.split_once(':')?;
    Some((key.trim(), line.len() - value.len(), value.trim()))
}

fn result(value: &str) -> (Option<Outcome>, Ending) {
    let outcome = if value.starts_with("first") {
        Outcome::Won(Side::First)
    } else if value.starts_with("second") {
        Outcome::Won(Side::Second)
    } else if value.starts_with("draw") {
        return (Some(Outcome::Drawn), Ending::Rules);
    } else {
        return (None, Ending::Rules);
    };
    let ended = if value.ends_with("resignation") {
        Ending::Resignation
    } else if value.ends_with("time") {
        Ending::Time
    } else {
        Ending::Rules
    };
    (Some(outcome), ended)
}

/// The moves of a word, with their bytes: one, unless the game's moves can stand without spaces and these do.
fn moves_of<'a>(game: &AnyGame, word: &'a str) -> Vec<(usize, &'a str)> {
    let signs = || word.bytes();
    let begins: Vec<usize> = match game {
        AnyGame::ConnectFour(_) if signs().all(|sign| sign.is_ascii_digit()) => (0..word.len()).collect(),
        AnyGame::Othello(_) if word.is_ascii() && word.len() > 2 && !is_pass(word) => pairs(word),
        AnyGame::TicTacToe(_) | AnyGame::Gomoku(_) | AnyGame::Go(_)
            if signs().all(|sign| sign.is_ascii_alphanumeric()) && signs().any(|sign| sign.is_ascii_digit()) =>
        {
            let inner = signs().zip(signs().skip(1)).enumerate();
            let turns = inner.filter(|(_, (one, next))| one.is_ascii_digit() && next.is_ascii_alphabetic());
            std::iter::once(0).chain(turns.map(|(place, _)| place + 1)).collect()
        }
        _ => vec![0],
    };
    let ends = begins.iter().skip(1).copied().chain([word.len()]);
    begins.iter().zip(ends).map(|(begins, ends)| (*begins, &word[*begins..ends])).collect()
}

/// Where moves of two signs begin, if a word is made of them: squares, or passes such as PA; else it is one move.
fn pairs(word: &str) -> Vec<usize> {
    let pair = |at: usize| word.get(at..at + 2);
    let is_square = |pair: &str| {
        let (file, rank) = (pair.as_bytes()[0], pair.as_bytes()[1]);
        file.is_ascii_alphabetic() && rank.is_ascii_digit()
    };
    let begins: Vec<usize> = (0..word.len()).step_by(2).collect();
    let all = begins.iter().all(|at| pair(*at).is_some_and(|pair| is_square(pair) || is_pass(pair)));
    if all { begins } else { vec![0] }
}

/// Reads moves of the game that the first line names, else of `like`.
///
/// # Errors
/// Names the move that cannot be played.
pub(super) fn read(text: &str, like: &AnyGame) -> Result<Record, RecordError> {
    let start = head(text).and_then(|id| start_of(id, like)).unwrap_or_else(|| fresh(like));
    let mut reading = Reading::from(start.clone());
    let (mut players, mut stated) = ([String::new(), String::new()], (None, Ending::Rules));
    let mut begins = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim();
        let at = begins + whole.len() - whole.trim_start().len();
        begins += whole.len();
        if line.starts_with('#') {
            match said(line) {
                Some(("start", place, diagram)) if reading.number() == 1 => {
                    let (found, notes) = start.at_with_notes(diagram).map_err(|why| {
                        RecordError::at(text, at + place, why.0.after("start: ", "開始局面(start): "))
                    })?;
                    reading = Reading::from(found);
                    reading.note_all(notes);
                }
                Some(("first", _, name)) => players[0] = name.to_owned(),
                Some(("second", _, name)) => players[1] = name.to_owned(),
                Some(("result", _, value)) => stated = result(value),
                _ => {}
            }
            continue;
        }
        for (place, word) in words(line) {
            let Some(rest) = unnumbered(word) else { continue };
            let place = at + place + word.len() - rest.len();
            for (inner, name) in moves_of(&start, rest) {
                play(&mut reading, name).map_err(|why| RecordError::at(text, place + inner, why))?;
            }
        }
    }
    Ok(reading.finish(players, stated.0, stated.1))
}

fn play(reading: &mut Reading, name: &str) -> Result<(), Bilingual> {
    let mut name = name;
    if let AnyGame::Othello(game) = &reading.now {
        if is_pass(name) {
            name = "pass";
        } else if game.is_legal(othello::PASS) {
            // Transcripts leave out passes, of which there is no choice.
            reading.play(othello::PASS).map_err(|why| at_move(1, why))?;
        }
    }
    let number = reading.number();
    reading.take(name).map_err(|why| at_move(number, why))
}

/// How transcripts of Othello write a pass.
fn is_pass(name: &str) -> bool {
    ["pass", "pa", "ps", "--", "-"].iter().any(|known| name.eq_ignore_ascii_case(known))
}
