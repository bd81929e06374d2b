//! KI2: games of shogi as magazines print them (▲７六歩 △３四歩 …), without numbers and without the squares that pieces come from; words
//! tell them apart where several could go. The head is that of KIF. The first line of play is read, without comments and variations.

use super::kif::{self, Foul, Head};
use super::record::{Ending, Reading, Record, RecordError};
use crate::experiment::Bilingual;
use crate::reinforcement::games::{AnyGame, Game, MoveError, Outcome, Shogi, Side, at_move};
use haitaka::Square;
use std::fmt::Write;

/// What stands before the moves of either side.
const MARKS: [[char; 3]; 2] = [['▲', '☗', '▼'], ['△', '☖', '▽']];
/// Moves on a line that is written.
const A_LINE: usize = 6;

fn is_mark(sign: char) -> bool {
    MARKS.iter().flatten().any(|mark| *mark == sign)
}

/// Whether a line has moves with their marks before them.
fn is_moves(line: &str) -> bool {
    let Some(rest) = line.strip_prefix(is_mark) else { return false };
    let mut signs = rest.trim_start().chars();
    match (signs.next(), signs.next()) {
        (Some('同'), _) => true,
        (Some(file), Some(rank)) => kif::square(file, rank).is_some(),
        _ => false,
    }
}

/// Whether a text is KI2.
pub(super) fn is(text: &str) -> bool {
    text.lines().map(str::trim).filter(|line| !kif::is_remark(line)).any(is_moves)
}

/// The moves of a line, with their bytes.
fn moves(line: &str) -> impl Iterator<Item = (usize, &str)> {
    line.match_indices(is_mark).map(|(at, mark)| {
        let begins = at + mark.len();
        let rest = &line[begins..];
        (begins, &rest[..rest.find(is_mark).unwrap_or(rest.len())])
    })
}

pub(super) fn write(start: &Shogi, record: &Record) -> String {
    let mut text = kif::head(start, record);
    let (mut count, mut last) = (0, None);
    let position = record.walk(|position, chosen| {
        let AnyGame::Shogi(position) = position else { return };
        text.push(if count % A_LINE == 0 { '\n' } else { ' ' });
        let (said, to) = kif::brief(position, chosen, last);
        text.push(MARKS[position.turn().index()][0]);
        text += &said;
        count += 1;
        last = to;
    });
    text.push('\n');
    let how = match (record.outcome, record.ended) {
        (Some(Outcome::Drawn), _) => "引き分け".to_owned(),
        (None, _) => "中断".to_owned(),
        (Some(Outcome::Won(side)), ended) => {
            let why = match ended {
                Ending::Resignation => "",
                Ending::Time => "時間切れにより",
                Ending::Rules if kif::has_move(&position) => "反則により",
                Ending::Rules => "詰みにより",
            };
            format!("{why}{}の勝ち", kif::sides_of(start)[side.index()])
        }
    };
    writeln!(text, "まで{count}手で{how}").expect("a string");
    text
}

/// Reads the first line of play of a file.
///
/// # Errors
/// Names the line that is no KI2, or the move that cannot be played.
pub(super) fn read(text: &str) -> Result<Record, RecordError> {
    let mut head = Head::default();
    let mut reading: Option<(Reading, Option<Square>)> = None;
    let mut closing = None;
    let mut foul: Option<Foul> = None;
    'lines: for (at, line) in kif::lines(text) {
        if let Some(rest) = line.strip_prefix("まで") {
            closing = Some(rest);
            break;
        }
        if !is_moves(line) {
            match &mut reading {
                None => head.hear(line).map_err(|why| RecordError::at(text, at, why))?,
                Some(_) if foul.is_some() => break,
                Some((reading, _)) => {
                    let line: String = line.chars().take(20).collect();
                    let number = reading.number();
                    let what = Bilingual::new(
                        format!("expected move {number} with ▲ or △ before it, found `{line}`"),
                        format!(
                            "{number} 手目があるはずの行に `{line}` があります。着手の前に ▲ か △ を書いてください"
                        ),
                    );
                    reading.end_before(RecordError::at(text, at, what))?;
                    break;
                }
            }
            continue;
        }
        if reading.is_none() {
            reading = Some((head.begin().map_err(|why| RecordError::at(text, at, why))?, None));
        }
        let Some((reading, last)) = &mut reading else { continue };
        for (inside, word) in moves(line) {
            if foul.is_some() {
                break 'lines;
            }
            let number = reading.number();
            let at = at + inside + word.len() - word.trim_start().len();
            let fault = |why: MoveError| RecordError::at(text, at, at_move(number, why));
            let word = word.trim();
            let said = match kif::said(word, *last) {
                Ok((said, rest)) if rest.trim().is_empty() => said,
                read => {
                    let why = MoveError::new(
                        format!("`{word}` is no move: expected the next one, with ▲ or △ before it"),
                        format!("`{word}` は着手として読めません。次の着手は、前に ▲ か △ を付けて書いてください"),
                    );
                    reading.end_before(fault(read.err().unwrap_or(why)))?;
                    break 'lines;
                }
            };
            let AnyGame::Shogi(game) = reading.open() else { return Err(fault(kif::no_shogi())) };
            match kif::meant(&game, &said) {
                Ok(chosen) => reading.play(chosen).map_err(fault)?,
                Err(why) => foul = Some(Foul { fault: fault(why), said: word.to_owned() }),
            }
            *last = Some(said.to);
        }
    }
    let mut reading = match reading {
        Some((reading, _)) => reading,
        None => head.begin().map_err(|why| RecordError::at(text, 0, why))?,
    };
    let (outcome, why) = closing.map_or((None, None), kif::closing);
    if let Some(foul) = foul {
        foul.end(&mut reading, closing.is_some_and(|rest| rest.contains("反則")))?;
    }
    let mated = reading.now.outcome().is_some();
    let ended = why.unwrap_or(if mated { Ending::Rules } else { Ending::Resignation });
    let ended = if matches!(outcome, Some(Outcome::Won(Side::First | Side::Second))) { ended } else { Ending::Rules };
    Ok(reading.finish(head.players, outcome, ended))
}
