//! CSA: games of shogi as programs and their servers keep them (Computer Shogi Association, 「CSA標準棋譜ファイル形式」, version 2.2; of
//! version 3 what is the same). The first game of a file is read, without comments and times.

use super::kif::{Foul, closing, has_move, no_shogi};
use super::record::{Ending, Reading, Record, RecordError, not_their_turn};
use crate::experiment::Bilingual;
use crate::reinforcement::games::{AnyGame, Game, Move, MoveError, Outcome, Shogi, Side, at_move, shogi};
use haitaka::{Color, File, Piece, Rank, Square};
use std::fmt::Write;

const PIECES: [(&str, Piece); 14] = [
    ("FU", Piece::Pawn),
    ("KY", Piece::Lance),
    ("KE", Piece::Knight),
    ("GI", Piece::Silver),
    ("KI", Piece::Gold),
    ("KA", Piece::Bishop),
    ("HI", Piece::Rook),
    ("OU", Piece::King),
    ("TO", Piece::Tokin),
    ("NY", Piece::PLance),
    ("NK", Piece::PKnight),
    ("NG", Piece::PSilver),
    ("UM", Piece::PBishop),
    ("RY", Piece::PRook),
];
/// How many of each piece there are, kings aside, in the order of [`PIECES`].
const COUNTS: [u8; 7] = [18, 4, 4, 4, 4, 2, 2];
const SIGNS: [char; 2] = ['+', '-'];

fn name(piece: Piece) -> &'static str {
    PIECES.into_iter().find(|(_, known)| *known == piece).map_or("", |(name, _)| name)
}

fn piece(name: &str) -> Option<Piece> {
    PIECES.into_iter().find(|(known, _)| *known == name).map(|(_, piece)| piece)
}

/// A square by its two digits: files from the right, ranks from above.
fn square(digits: &str) -> Option<Square> {
    let mut digits = digits.chars().map(|sign| sign.to_digit(10));
    let (file, rank) = (digits.next()??, digits.next()??);
    Some(Square::new(
        File::try_index((file as usize).checked_sub(1)?)?,
        Rank::try_index((rank as usize).checked_sub(1)?)?,
    ))
}

fn side(sign: char) -> Option<Side> {
    Side::BOTH.into_iter().find(|side| SIGNS[side.index()] == sign)
}

/// The side, origin (none from a hand), goal and piece of `+7776FU`.
fn step(line: &str) -> Option<(Side, Option<Square>, Square, Piece)> {
    let side = side(line.chars().next()?)?;
    let (from, to, moved) = (line.get(1..3)?, line.get(3..5)?, piece(line.get(5..7)?)?);
    let from = if from == "00" { None } else { Some(square(from)?) };
    Some((side, from, square(to)?, moved))
}

/// Lines, of which several may stand on one with commas between.
fn statements(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut begins = 0;
    text.split_inclusive(['\n', '\r']).flat_map(move |whole| {
        let at = begins;
        begins += whole.len();
        // Names and comments have commas of their own.
        let is_free = whole.trim_start().starts_with(['\'', 'N', '$']);
        let parts: Vec<&str> = if is_free { vec![whole] } else { whole.split(',').collect() };
        let mut inside = at;
        parts.into_iter().map(move |part| {
            let place = inside + part.len() - part.trim_start().len();
            inside += part.len() + 1;
            (place, part.trim())
        })
    })
}

/// Whether a text is CSA: its first line that is no comment is one of its own.
pub(super) fn is(text: &str) -> bool {
    let first = statements(text).map(|(_, line)| line).find(|line| !line.is_empty() && !line.starts_with('\''));
    first.is_some_and(|line| {
        let digits = |rest: &str| !rest.is_empty() && rest.chars().all(|sign| sign.is_ascii_digit() || sign == '.');
        line.strip_prefix('V').is_some_and(digits)
            || line.starts_with("N+")
            || line.starts_with("N-")
            || line.starts_with("$EVENT:")
            || line.strip_prefix("PI").is_some_and(|rest| parts(rest, 4).is_some())
            || ["P1", "P+", "P-"].iter().any(|begins| line.starts_with(begins)) && line.len() > 4
            || step(line).is_some()
    })
}

/// The board as it is put together from lines, and the hands.
struct Setup {
    cells: [Option<(Side, Piece)>; 81],
    hands: [[u8; 7]; 2],
}

impl Setup {
    fn empty() -> Self {
        Setup { cells: [None; 81], hands: [[0; 7]; 2] }
    }

    fn usual() -> Self {
        let mut setup = Setup::empty();
        let start = Shogi::default();
        for square in Square::ALL {
            let there = start.board().colored_piece_on(square);
            setup.cells[square as usize] =
                there.map(|there| (if there.color == Color::Black { Side::First } else { Side::Second }, there.piece));
        }
        setup
    }

    /// `PI82HI22KA`: the usual board without these.
    fn without(&mut self, rest: &str) -> Option<()> {
        for part in parts(rest, 4)? {
            let at = square(part.get(..2)?)? as usize;
            let named = piece(part.get(2..)?)?;
            self.cells[at].take_if(|(_, there)| *there == named)?;
        }
        Some(())
    }

    /// `P1-KY-KE * …`: nine squares of a rank, from the ninth file.
    fn rank(&mut self, rank: usize, rest: &str) -> Option<()> {
        let signs: Vec<char> = rest.chars().collect();
        for file in 0..9 {
            let part: String = signs.iter().skip(3 * file).take(3).collect();
            let at = Square::new(File::index(8 - file), Rank::try_index(rank)?) as usize;
            self.cells[at] = match part.trim() {
                "*" | "" => None,
                part => Some((side(part.chars().next()?)?, piece(part.get(1..)?)?)),
            };
        }
        (signs.len() <= 27).then_some(())
    }

    /// `P+00HI99OU`: pieces on squares, or in hand (00); `AL` are all that are left.
    fn place(&mut self, of: Side, rest: &str) -> Option<()> {
        for part in parts(rest, 4)? {
            let (at, what) = (part.get(..2)?, part.get(2..)?);
            if what == "AL" {
                let left = self.left();
                let hand = &mut self.hands[of.index()];
                hand.iter_mut().zip(left).for_each(|(count, left)| *count += left);
                continue;
            }
            let what = piece(what)?;
            if at == "00" {
                let count = self.hands[of.index()].get_mut(what as usize)?;
                *count = count.checked_add(1)?;
            } else {
                self.cells[square(at)? as usize] = Some((of, what));
            }
        }
        Some(())
    }

    /// The pieces of each kind that are neither on the board nor in a hand.
    fn left(&self) -> [u8; 7] {
        let mut left = [0; 7];
        for (place, (_, kind)) in PIECES.into_iter().take(7).enumerate() {
            let same = |there: Piece| there == kind || there.unpromote() == kind;
            let on_board = self.cells.iter().flatten().filter(|(_, there)| same(*there)).count() as u8;
            let in_hands = self.hands[0][kind as usize].saturating_add(self.hands[1][kind as usize]);
            left[kind as usize] = COUNTS[place].saturating_sub(on_board).saturating_sub(in_hands);
        }
        left
    }

    fn begin(&self, turn: Side) -> Result<(Shogi, Vec<Bilingual>), Bilingual> {
        let letter = |of: Side, piece: Piece| piece.to_str(if of == Side::First { Color::Black } else { Color::White });
        let mut rows = Vec::new();
        for rank in 0..9 {
            let files = (0..9).rev().map(|file| self.cells[Square::new(File::index(file), Rank::index(rank)) as usize]);
            rows.push(
                files.map(|there| there.map_or("1".to_owned(), |(of, piece)| letter(of, piece))).collect::<String>(),
            );
        }
        let mut hands = String::new();
        for of in Side::BOTH {
            for (index, count) in self.hands[of.index()].iter().enumerate().filter(|(_, count)| **count > 0) {
                write!(hands, "{count}{}", letter(of, Piece::index_const(index))).expect("a string");
            }
        }
        let hands = if hands.is_empty() { "-" } else { &hands };
        let turn = if turn == Side::First { 'b' } else { 'w' };
        Shogi::default()
            .at_with_notes(&format!("{} {turn} {hands} 1", rows.join("/")))
            .map_err(|why| why.0.after("the board is no position: ", "盤面が正しい局面になっていません: "))
    }
}

/// A text in parts of so many letters.
fn parts(text: &str, length: usize) -> Option<Vec<&str>> {
    let text = text.trim();
    (text.is_ascii() && text.len().is_multiple_of(length))
        .then(|| (0..text.len()).step_by(length).map(|at| &text[at..at + length]).collect())
}

/// What a word for the end says, this side being to move.
fn end(word: &str, turn: Side) -> Option<(Option<Outcome>, Ending)> {
    let lost = Some(Outcome::Won(turn.other()));
    Some(match word {
        "TORYO" => (lost, Ending::Resignation),
        "TIME_UP" => (lost, Ending::Time),
        "TSUMI" | "ILLEGAL_MOVE" => (lost, Ending::Rules),
        "+ILLEGAL_ACTION" => (Some(Outcome::Won(Side::Second)), Ending::Rules),
        "-ILLEGAL_ACTION" => (Some(Outcome::Won(Side::First)), Ending::Rules),
        "KACHI" => (Some(Outcome::Won(turn)), Ending::Rules),
        "SENNICHITE" | "JISHOGI" | "HIKIWAKE" | "MAX_MOVES" => (Some(Outcome::Drawn), Ending::Rules),
        "CHUDAN" | "MATTA" | "FUZUMI" | "ERROR" => (None, Ending::Rules),
        _ => return None,
    })
}

/// The word for the end, and where there is none a comment.
fn end_of(record: &Record, last: &AnyGame) -> String {
    let turn = last.turn();
    let Some(Outcome::Won(winner)) = record.outcome else {
        return match record.outcome {
            Some(_) if record.moves.len() >= usize::from(shogi::LONGEST) => "%MAX_MOVES\n",
            Some(_) => "%SENNICHITE\n",
            None => "%CHUDAN\n",
        }
        .to_owned();
    };
    match record.ended {
        Ending::Rules if winner != turn && !has_move(last) => "%TSUMI\n".to_owned(),
        Ending::Rules => format!("%{}ILLEGAL_ACTION\n", SIGNS[winner.other().index()]),
        Ending::Resignation if winner != turn => "%TORYO\n".to_owned(),
        Ending::Time if winner != turn => "%TIME_UP\n".to_owned(),
        _ => {
            let winner = super::kif::sides(false)[winner.index()];
            format!("%CHUDAN\n'まで{}手で{winner}の勝ち\n", record.moves.len())
        }
    }
}

pub(super) fn write(start: &Shogi, record: &Record) -> String {
    let mut text = "'CSA encoding=UTF-8\nV2.2\n".to_owned();
    for (sign, player) in SIGNS.into_iter().zip(&record.players) {
        writeln!(text, "N{sign}{player}").expect("a string");
    }
    if start.diagram() == Shogi::default().diagram() {
        text.push_str("PI\n");
    } else {
        let board = start.board();
        for rank in 0..9 {
            write!(text, "P{}", rank + 1).expect("a string");
            for file in (0..9).rev() {
                match board.colored_piece_on(Square::new(File::index(file), Rank::index(rank))) {
                    None => text.push_str(" * "),
                    Some(there) => {
                        text.push(if there.color == Color::Black { '+' } else { '-' });
                        text += name(there.piece);
                    }
                }
            }
            text.push('\n');
        }
        for (sign, color) in SIGNS.into_iter().zip([Color::Black, Color::White]) {
            let hand: String = (0..Piece::HAND_NUM)
                .map(Piece::index_const)
                .map(|piece| format!("00{}", name(piece)).repeat(usize::from(board.num_in_hand(color, piece))))
                .collect();
            if !hand.is_empty() {
                writeln!(text, "P{sign}{hand}").expect("a string");
            }
        }
    }
    writeln!(text, "{}", SIGNS[start.turn().index()]).expect("a string");
    let digits = |square: Square| format!("{}{}", square.file() as usize + 1, square.rank() as usize + 1);
    let last = record.walk(|position, chosen| {
        let AnyGame::Shogi(game) = position else { return };
        let sign = SIGNS[game.turn().index()];
        let said = match game.name(chosen).parse::<haitaka::Move>() {
            Ok(haitaka::Move::Drop { piece, to }) => format!("00{}{}", digits(to), name(piece)),
            Ok(haitaka::Move::BoardMove { from, to, promotion }) => {
                let piece = game.board().piece_on(from);
                let piece = piece.map_or("", |piece| name(if promotion { piece.promote() } else { piece }));
                format!("{}{}{piece}", digits(from), digits(to))
            }
            Err(_) => String::new(),
        };
        writeln!(text, "{sign}{said}").expect("a string");
    });
    text + &end_of(record, &last)
}

/// The legal move that a line means.
fn meant(position: &Shogi, from: Option<Square>, to: Square, moved: Piece) -> Result<Move, MoveError> {
    let step = match from {
        None => haitaka::Move::Drop { piece: moved, to },
        Some(from) => {
            let there = position.board().piece_on(from);
            let promotion = there.is_some_and(|there| there != moved && there.promote() == moved);
            if there != Some(moved) && !promotion {
                let (square, moved) =
                    (format!("{}{}", from.file() as usize + 1, from.rank() as usize + 1), name(moved));
                let found = there.map_or("no piece", name);
                let ja = match there {
                    Some(_) => format!("{square} にあるのは {found} で、{moved} にはなりません"),
                    None => format!("{square} に駒がないため、{moved} は動かせません"),
                };
                return Err(MoveError::new(format!("{found} is on {square}, which becomes no {moved}"), ja));
            }
            haitaka::Move::BoardMove { from, to, promotion }
        }
    };
    position.read(&step.to_string())
}

/// Reads the first game of a file.
///
/// # Errors
/// Names the line that is no CSA, or the move that cannot be played.
pub(super) fn read(text: &str) -> Result<Record, RecordError> {
    let mut players = [String::new(), String::new()];
    let (mut setup, mut turn) = (None, Side::First);
    let mut reading: Option<Reading> = None;
    let mut stated: Option<(Option<Outcome>, Ending)> = None;
    let mut foul: Option<Foul> = None;
    for (at, line) in statements(text) {
        let fault = |what: Bilingual| RecordError::at(text, at, what);
        let wrong = |en: &str, ja: &str| {
            let line: String = line.chars().take(30).collect();
            fault(Bilingual::new(
                format!("`{line}`: expected {en}"),
                format!("`{line}` は読めません。{ja}を書いてください"),
            ))
        };
        if line == "/" && reading.is_some() {
            break;
        }
        if let Some(rest) = line.strip_prefix("'まで") {
            if let (Some((None, _)), (outcome @ Some(_), _)) = (stated, closing(rest)) {
                stated = Some((outcome, Ending::Rules));
            }
            continue;
        }
        let mut signs = line.chars();
        let (first, second) = (signs.next().unwrap_or('\''), signs.next().unwrap_or(' '));
        match (first, second) {
            ('\'' | 'V' | '$' | 'T' | '/', _) => {}
            ('N', sign) if side(sign).is_some() => {
                players[side(sign).unwrap_or(Side::First).index()] = signs.as_str().trim().to_owned();
            }
            ('P', what) if reading.is_none() => {
                let rest = signs.as_str();
                let set = match (what, side(what)) {
                    ('I', _) => {
                        setup = Some(Setup::usual());
                        setup.as_mut().and_then(|setup| setup.without(rest))
                    }
                    (_, Some(of)) => setup.get_or_insert_with(Setup::empty).place(of, rest),
                    ('1'..='9', _) => {
                        let rank = what as usize - '1' as usize;
                        // The end of a line may be cut of its spaces, its beginning not.
                        setup.get_or_insert_with(Setup::empty).rank(rank, rest)
                    }
                    _ => None,
                };
                set.ok_or_else(|| {
                    wrong("pieces, as in PI, P1-KY-KE * … or P+00HI", "PI、P1-KY-KE * …、P+00HI のように駒の配置")
                })?;
            }
            (sign @ ('+' | '-'), _) if line.len() == 1 => {
                if reading.is_none() {
                    turn = side(sign).unwrap_or(turn);
                }
            }
            ('%', _) => {
                let now = reading.as_ref().map_or(turn, |reading| reading.now.turn());
                // A foul is not played, but its side has moved. The word for it blames whoever is to move, or who just has.
                let now = if foul.is_some() && &line[1..] != "ILLEGAL_MOVE" { now.other() } else { now };
                stated = Some(
                    end(&line[1..], now)
                        .ok_or_else(|| wrong("how the game ended, as in %TORYO", "%TORYO のように対局の終わり方"))?,
                );
            }
            _ if stated.is_some() => {}
            _ => {
                if foul.is_some() {
                    break;
                }
                let Some((of, from, to, moved)) = step(line) else {
                    let fault = wrong("a move, as in +7776FU", "+7776FU のように着手");
                    reading.as_mut().map_or(Err(fault.clone()), |reading| reading.end_before(fault))?;
                    break;
                };
                if reading.is_none() {
                    turn = if setup.is_none() { of } else { turn };
                    reading = Some(begin(setup.as_ref(), turn).map_err(fault)?);
                }
                let Some(reading) = &mut reading else { continue };
                let number = reading.number();
                let of_line = format!("{line}: ");
                let fault = |why: MoveError| fault(at_move(number, why.0.after(&of_line, &of_line)));
                let AnyGame::Shogi(game) = reading.open() else { return Err(fault(no_shogi())) };
                if game.turn() != of {
                    reading.end_before(fault(not_their_turn()))?;
                    break;
                }
                match meant(&game, from, to, moved) {
                    Ok(chosen) => reading.play(chosen).map_err(fault)?,
                    Err(why) => foul = Some(Foul { fault: fault(why), said: line.to_owned() }),
                }
            }
        }
    }
    let mut reading = match reading {
        Some(reading) => reading,
        None => begin(setup.as_ref(), turn).map_err(|why| RecordError::at(text, 0, why))?,
    };
    if let Some(foul) = foul {
        foul.end(&mut reading, stated.is_some())?;
    }
    let (outcome, ended) = stated.unwrap_or_default();
    Ok(reading.finish(players, outcome, ended))
}

/// The game at its start; the usual one if nothing is set up.
fn begin(setup: Option<&Setup>, turn: Side) -> Result<Reading, Bilingual> {
    let usual = Setup::usual();
    let (start, notes) = setup.unwrap_or(&usual).begin(turn)?;
    let mut reading = Reading::from(start.into());
    reading.note_all(notes);
    Ok(reading)
}
