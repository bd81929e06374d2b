//! KIF: games of shogi as Japanese programs keep them (the format of Kakinoki Shogi, described by its author Y. Kakinoki as
//! 「棋譜ファイル KIF 形式」). The first line of play is read, without comments and variations.

use super::record::{Ending, Reading, Record, RecordError};
use crate::experiment::Bilingual;
use crate::reinforcement::games::{AnyGame, Game, Move, MoveError, Outcome, Shogi, at_move, shogi};
use haitaka::Square;
use std::fmt::Write;

mod diagram;
mod moves;
mod words;

pub(super) use diagram::Head;
pub(super) use moves::{brief, meant, said, square};
pub(super) use words::{closing, has_move, sides};
use words::{end, handicap_of, is_end};

/// How lines begin that only KIF and KI2 have.
const HEADERS: [&str; 14] = [
    "手合割",
    "先手：",
    "後手：",
    "上手：",
    "下手：",
    "先手:",
    "後手:",
    "上手:",
    "下手:",
    "手数----",
    "開始日時",
    "棋戦",
    "後手の持駒",
    "上手の持駒",
];

/// A move as its line has it; `last` is where the move before went.
fn written(position: &Shogi, chosen: Move, last: Option<Square>) -> (String, Option<Square>) {
    let to_or_same = |to| if last == Some(to) { "同　".to_owned() } else { moves::place(to) };
    match position.name(chosen).parse::<haitaka::Move>() {
        Ok(haitaka::Move::Drop { piece, to }) => (format!("{}{}打", moves::place(to), moves::name(piece)), Some(to)),
        Ok(haitaka::Move::BoardMove { from, to, promotion }) => {
            let piece = position.board().piece_on(from).map_or("", moves::name);
            let promotes = if promotion { "成" } else { "" };
            let (file, rank) = (from.file() as usize + 1, from.rank() as usize + 1);
            (format!("{}{piece}{promotes}({file}{rank})", to_or_same(to)), Some(to))
        }
        Err(_) => (String::new(), None),
    }
}

/// The word that ends a game. A resignation or a fallen flag of the side that is not to move has none: the last line tells it.
fn end_of(record: &Record, last: &AnyGame) -> &'static str {
    let turn = last.turn();
    match (record.outcome, record.ended) {
        (Some(Outcome::Drawn), _) if record.moves.len() >= usize::from(shogi::LONGEST) => "持将棋",
        (Some(Outcome::Drawn), _) => "千日手",
        (Some(Outcome::Won(side)), Ending::Resignation) if side != turn => "投了",
        (Some(Outcome::Won(side)), Ending::Time) if side != turn => "切れ負け",
        // Perpetual check is foul.
        (Some(Outcome::Won(side)), Ending::Rules) if side == turn => "反則勝ち",
        (Some(Outcome::Won(_)), Ending::Rules) if has_move(last) => "反則負け",
        (Some(Outcome::Won(_)), Ending::Rules) => "詰み",
        (Some(Outcome::Won(_)) | None, _) => "中断",
    }
}

/// The lines before the moves: the start and the players.
pub(super) fn head(start: &Shogi, record: &Record) -> String {
    let handicap = handicap_of(start);
    let sides = sides(handicap.is_some());
    let mut text = String::new();
    if let Some(handicap) = handicap {
        writeln!(text, "手合割：{handicap}").expect("a string");
    } else if start.diagram() == Shogi::default().diagram() {
        text.push_str("手合割：平手\n");
    } else {
        text += &diagram::write(start);
    }
    let (first, second) = (&record.players[0], &record.players[1]);
    writeln!(text, "{}：{first}\n{}：{second}", sides[0], sides[1]).expect("a string");
    text
}

/// The names of the sides in a game from this start.
pub(super) fn sides_of(start: &Shogi) -> [&'static str; 2] {
    sides(handicap_of(start).is_some())
}

pub(super) fn write(start: &Shogi, record: &Record) -> String {
    let mut text = head(start, record);
    text.push_str("手数----指手---------消費時間--\n");
    let (mut number, mut last) = (0, None);
    let position = record.walk(|position, chosen| {
        let AnyGame::Shogi(position) = position else { return };
        number += 1;
        let (said, to) = written(position, chosen, last);
        let width: usize = said.chars().map(|sign| if sign.is_ascii() { 1 } else { 2 }).sum();
        let padding = " ".repeat(13_usize.saturating_sub(width));
        writeln!(text, "{number:>4} {said}{padding} ( 0:00/00:00:00)").expect("a string");
        last = to;
    });
    let count = record.moves.len();
    writeln!(text, "{:>4} {}", count + 1, end_of(record, &position)).expect("a string");
    match record.outcome {
        Some(Outcome::Won(side)) => writeln!(text, "まで{count}手で{}の勝ち", sides_of(start)[side.index()]),
        Some(Outcome::Drawn) => writeln!(text, "まで{count}手で引き分け"),
        None => writeln!(text, "まで{count}手で中断"),
    }
    .expect("a string");
    text
}

/// A digit as numbers of lines have it.
fn counts(sign: char) -> bool {
    sign.is_ascii_digit() || ('０'..='９').contains(&sign)
}

/// The move of a line that begins with its number.
fn numbered(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(counts);
    let said = rest.trim_start();
    (rest.len() < line.len() && said.len() < rest.len() && !said.is_empty()).then_some(said)
}

/// Whether a text is KIF.
pub(super) fn is(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| {
        let is_move = |said: &str| {
            let mut signs = said.chars();
            let (first, second) = (signs.next().unwrap_or(' '), signs.next().unwrap_or(' '));
            first == '同'
                || square(first, second).is_some() && !(first.is_ascii() && second.is_ascii() && said.is_ascii())
                || is_end(said)
        };
        HEADERS.iter().any(|header| line.starts_with(header)) || numbered(line).is_some_and(is_move)
    })
}

/// Whether a line says nothing of the game: comments, bookmarks, and the numbers over a diagram.
pub(super) fn is_remark(line: &str) -> bool {
    line.is_empty() || line.starts_with(['#', '*', '&']) || line.starts_with("９ ８") || line.starts_with("9 8")
}

/// A move that no rules allow, in the place of which a game ends that says so.
pub(super) struct Foul {
    pub fault: RecordError,
    pub said: String,
}

impl Foul {
    /// Ends the record before it: as a foul, if the file says how the game ended after it, else as a move that cannot be read.
    ///
    /// # Errors
    /// As [`Reading::end_before`].
    pub fn end(self, reading: &mut Reading, is_told: bool) -> Result<(), RecordError> {
        if !is_told {
            return reading.end_before(self.fault);
        }
        let (number, said) = (reading.number(), self.said);
        reading.note(Bilingual::new(
            format!("move {number}: {said} is a foul; the record ends before it"),
            format!("{number} 手目: {said} は反則手です。棋譜はその手前までです"),
        ));
        Ok(())
    }
}

pub(super) fn no_shogi() -> MoveError {
    MoveError::new("no game of shogi", "将棋の対局ではありません")
}

/// The lines of a file and the bytes where they begin, without remarks, as far as the main line goes.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut begins = 0;
    let placed = text.split_inclusive('\n').map(move |whole| {
        let at = begins + whole.len() - whole.trim_start().len();
        begins += whole.len();
        (at, whole.trim())
    });
    placed.filter(|(_, line)| !is_remark(line)).take_while(|(_, line)| !line.starts_with("変化"))
}

/// Reads the first line of play of a file.
///
/// # Errors
/// Names the line that is no KIF, or the move that cannot be played.
pub(super) fn read(text: &str) -> Result<Record, RecordError> {
    let mut head = Head::default();
    let mut reading: Option<(Reading, Option<Square>)> = None;
    let mut stated: Option<(Option<Outcome>, Ending)> = None;
    let mut foul: Option<Foul> = None;
    for (at, line) in lines(text) {
        if let Some(rest) = line.strip_prefix("まで") {
            let (outcome, ended) = closing(rest);
            if foul.is_some() && stated.is_none() && !rest.contains("反則") {
                break;
            }
            // Without a word in the place of a move it is as in KI2: who gave up has lost.
            let otherwise = if reading.is_none() { Ending::Resignation } else { Ending::Rules };
            stated = match (outcome, stated) {
                (Some(Outcome::Won(_)), Some((_, ended))) => Some((outcome, ended)),
                (Some(Outcome::Won(_)), None) => Some((outcome, ended.unwrap_or(otherwise))),
                (Some(Outcome::Drawn), None) => Some((outcome, Ending::Rules)),
                (_, stated) => stated,
            };
            break;
        }
        let Some(move_said) = numbered(line) else {
            match &mut reading {
                None => head.hear(line).map_err(|why| RecordError::at(text, at, why))?,
                Some(_) if stated.is_some() => {}
                Some(_) if foul.is_some() => break,
                Some((reading, _)) => {
                    let number = reading.number();
                    let what = Bilingual::new(
                        format!("expected move {number} with its number before it, found `{line}`"),
                        format!("{number} 手目があるはずの行に `{line}` があります。着手の前に手数を書いてください"),
                    );
                    reading.end_before(RecordError::at(text, at, what))?;
                    break;
                }
            }
            continue;
        };
        if stated.is_some() {
            continue;
        }
        let at = at + line.len() - move_said.len();
        if reading.is_none() {
            reading = Some((head.begin().map_err(|why| RecordError::at(text, at, why))?, None));
        }
        let Some((reading, last)) = &mut reading else { continue };
        // Whose turn it is after a foul, which is not played.
        let turn = if foul.is_some() { reading.now.turn().other() } else { reading.now.turn() };
        if let Some(end) = end(move_said, turn) {
            stated = Some(end);
            continue;
        }
        if foul.is_some() {
            break;
        }
        let number = reading.number();
        let fault = |why: MoveError| RecordError::at(text, at, at_move(number, why));
        let said = match said(move_said, *last) {
            Ok((said, rest)) if rest.trim_start().is_empty() || rest.trim_start().starts_with(['(', '+']) => said,
            read => {
                let why = MoveError::new(
                    format!("`{move_said}` is no move: expected nothing but its time after it"),
                    format!("`{move_said}` は着手として読めません。着手の後に書けるのは消費時間だけです"),
                );
                reading.end_before(fault(read.err().unwrap_or(why)))?;
                break;
            }
        };
        let AnyGame::Shogi(game) = reading.open() else { return Err(fault(no_shogi())) };
        match meant(&game, &said) {
            Ok(chosen) => reading.play(chosen).map_err(fault)?,
            Err(why) => {
                let said = move_said.split_whitespace().next().unwrap_or(move_said).to_owned();
                foul = Some(Foul { fault: fault(why), said });
            }
        }
        *last = Some(said.to);
    }
    let mut reading = match reading {
        Some((reading, _)) => reading,
        None => head.begin().map_err(|why| RecordError::at(text, 0, why))?,
    };
    if let Some(foul) = foul {
        foul.end(&mut reading, stated.is_some())?;
    }
    let (outcome, ended) = stated.unwrap_or_default();
    Ok(reading.finish(head.players, outcome, ended))
}
