//! KIF: games of shogi as Japanese programs keep them (the format of Kakinoki Shogi, described by its author Y. Kakinoki as
//! 「棋譜ファイル KIF 形式」). The first line of play is read, without comments; the text is Unicode, so files in Shift-JIS have to be
//! turned into that by whoever opens them.

use super::record::{Ending, Reading, Record, RecordError};
use crate::reinforcement::games::{AnyGame, Game, Move, Outcome, Shogi, Side, shogi};
use haitaka::{File, Piece, Rank, Square};
use std::fmt::Write;

mod diagram;

const RANKS: [char; 9] = ['一', '二', '三', '四', '五', '六', '七', '八', '九'];
const FILES: [char; 9] = ['１', '２', '３', '４', '５', '６', '７', '８', '９'];
/// Pieces in the order in which they are tried: longer names first.
const PIECES: [(&str, Piece); 19] = [
    ("成香", Piece::PLance),
    ("成桂", Piece::PKnight),
    ("成銀", Piece::PSilver),
    ("歩", Piece::Pawn),
    ("香", Piece::Lance),
    ("桂", Piece::Knight),
    ("銀", Piece::Silver),
    ("金", Piece::Gold),
    ("角", Piece::Bishop),
    ("飛", Piece::Rook),
    ("玉", Piece::King),
    ("王", Piece::King),
    ("と", Piece::Tokin),
    ("杏", Piece::PLance),
    ("圭", Piece::PKnight),
    ("全", Piece::PSilver),
    ("馬", Piece::PBishop),
    ("龍", Piece::PRook),
    ("竜", Piece::PRook),
];
/// Handicaps by name, with the rows of the side that gives them; the rest of the board is as ever.
const HANDICAPS: [(&str, &str); 10] = [
    ("香落ち", "lnsgkgsn1/1r5b1"),
    ("右香落ち", "1nsgkgsnl/1r5b1"),
    ("角落ち", "lnsgkgsnl/1r7"),
    ("飛車落ち", "lnsgkgsnl/7b1"),
    ("飛香落ち", "lnsgkgsn1/7b1"),
    ("二枚落ち", "lnsgkgsnl/9"),
    ("四枚落ち", "1nsgkgsn1/9"),
    ("六枚落ち", "2sgkgs2/9"),
    ("八枚落ち", "3gkg3/9"),
    ("十枚落ち", "4k4/9"),
];
/// Words in the place of a move that end a game, what they say of the side to move (whether it wins), and why.
const ENDS: [(&str, Option<bool>, Ending); 12] = [
    ("投了", Some(false), Ending::Resignation),
    ("詰み", Some(false), Ending::Rules),
    ("詰", Some(false), Ending::Rules),
    ("切れ負け", Some(false), Ending::Time),
    ("反則負け", Some(false), Ending::Rules),
    ("反則勝ち", Some(true), Ending::Rules),
    ("入玉勝ち", Some(true), Ending::Rules),
    ("千日手", None, Ending::Rules),
    ("持将棋", None, Ending::Rules),
    ("中断", None, Ending::Rules),
    ("不戦敗", None, Ending::Rules),
    ("不詰", None, Ending::Rules),
];
/// How lines begin that only KIF has.
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

fn handicap(name: &str) -> Option<Shogi> {
    let (_, rows) = HANDICAPS.into_iter().find(|(known, _)| *known == name)?;
    Shogi::default().at(&format!("{rows}/ppppppppp/9/9/9/PPPPPPPPP/1B5R1/LNSGKGSNL w - 1")).ok()
}

/// The handicap that a position is the start of.
fn handicap_of(position: &Shogi) -> Option<&'static str> {
    let diagram = position.diagram();
    let is_it = |name: &&str| handicap(name).is_some_and(|start| start.diagram() == diagram);
    HANDICAPS.into_iter().map(|(name, _)| name).find(is_it)
}

/// What is written for a piece on a move.
fn name(piece: Piece) -> &'static str {
    PIECES.into_iter().find(|(_, known)| *known == piece).map_or("", |(name, _)| name)
}

fn place(square: Square) -> String {
    format!("{}{}", FILES[square.file() as usize], RANKS[square.rank() as usize])
}

/// A move as its line has it; `last` is where the move before went.
fn written(position: &Shogi, chosen: Move, last: Option<Square>) -> (String, Option<Square>) {
    let to_or_same = |to| if last == Some(to) { "同　".to_owned() } else { place(to) };
    match position.name(chosen).parse::<haitaka::Move>() {
        Ok(haitaka::Move::Drop { piece, to }) => (format!("{}{}打", place(to), name(piece)), Some(to)),
        Ok(haitaka::Move::BoardMove { from, to, promotion }) => {
            let piece = position.board().piece_on(from).map_or("", name);
            let promotes = if promotion { "成" } else { "" };
            let (file, rank) = (from.file() as usize + 1, from.rank() as usize + 1);
            (format!("{}{piece}{promotes}({file}{rank})", to_or_same(to)), Some(to))
        }
        Err(_) => (String::new(), None),
    }
}

/// The word that ends a game. A resignation or a fallen flag of the side that is not to move has none: the last line tells it.
fn end(record: &Record, last: &AnyGame) -> &'static str {
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

fn has_move(position: &AnyGame) -> bool {
    matches!(position, AnyGame::Shogi(game) if game.board().generate_moves(|_| true))
}

/// Black and white, or in a game with a handicap who takes and who gives it.
fn sides(handicap: bool) -> [&'static str; 2] {
    if handicap { ["下手", "上手"] } else { ["先手", "後手"] }
}

pub(super) fn write(start: &Shogi, record: &Record) -> String {
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
    text.push_str("手数----指手---------消費時間--\n");
    let (mut position, mut last) = (start.clone(), None);
    for (number, chosen) in (1..).zip(&record.moves) {
        let (said, to) = written(&position, *chosen, last);
        let width: usize = said.chars().map(|sign| if sign.is_ascii() { 1 } else { 2 }).sum();
        let padding = " ".repeat(13_usize.saturating_sub(width));
        writeln!(text, "{number:>4} {said}{padding} ( 0:00/00:00:00)").expect("a string");
        position.play(*chosen);
        last = to;
    }
    let count = record.moves.len();
    writeln!(text, "{:>4} {}", count + 1, end(record, &position.into())).expect("a string");
    match record.outcome {
        Some(Outcome::Won(side)) => writeln!(text, "まで{count}手で{}の勝ち", sides[side.index()]),
        Some(Outcome::Drawn) => writeln!(text, "まで{count}手で引き分け"),
        None => writeln!(text, "まで{count}手で中断"),
    }
    .expect("a string");
    text
}

/// A digit, full-width or ASCII or the numeral, from 1 to 9.
fn digit(sign: char) -> Option<usize> {
    let place = |signs: &[char; 9]| signs.iter().position(|known| *known == sign).map(|place| place + 1);
    sign.to_digit(10).map(|digit| digit as usize).or(place(&FILES)).or(place(&RANKS)).filter(|digit| *digit > 0)
}

/// A digit as numbers of lines have it.
fn counts(sign: char) -> bool {
    sign.is_ascii_digit() || ('０'..='９').contains(&sign)
}

fn square(file: char, rank: char) -> Option<Square> {
    Some(Square::new(File::try_index(digit(file)? - 1)?, Rank::try_index(digit(rank)? - 1)?))
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
                || ENDS.iter().any(|(word, ..)| said.starts_with(word))
        };
        HEADERS.iter().any(|header| line.starts_with(header)) || numbered(line).is_some_and(is_move)
    })
}

/// What a move says of itself.
struct Said {
    to: Square,
    piece: Piece,
    promotes: bool,
    drops: bool,
    from: Option<Square>,
}

/// Reads `７六歩(77)`, `同　銀成(31)`, `４五角打`, and what stands after it.
fn said(text: &str, last: Option<Square>) -> Result<Said, String> {
    let shown = text.split('(').next().unwrap_or("").trim_end();
    let wrong =
        || format!("`{shown}` is no move: expected a square, a piece and where it comes from, as in ７六歩(77)");
    let (to, rest) = if let Some(rest) = text.strip_prefix('同') {
        (last.ok_or("同: there is no move before it")?, rest.trim_start())
    } else {
        let mut signs = text.chars();
        let to = signs.next().zip(signs.next()).and_then(|(file, rank)| square(file, rank)).ok_or_else(wrong)?;
        (to, signs.as_str())
    };
    let (piece, rest) =
        PIECES.into_iter().find_map(|(name, piece)| Some((piece, rest.strip_prefix(name)?))).ok_or_else(wrong)?;
    let rest = rest.trim_start_matches(['右', '左', '直', '上', '行', '寄', '引']);
    let (promotes, rest) = match rest.strip_prefix("不成") {
        Some(rest) => (false, rest),
        None => rest.strip_prefix('成').map_or((false, rest), |rest| (true, rest)),
    };
    let (drops, rest) = rest.strip_prefix('打').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start();
    // Where it comes from has two digits in brackets; the time has a colon.
    let mut inside = rest.strip_prefix('(').unwrap_or("").chars();
    let from = match (inside.next(), inside.next(), inside.next()) {
        (Some(file), Some(rank), Some(')')) => Some(square(file, rank).ok_or_else(wrong)?),
        _ => None,
    };
    if !(rest.is_empty() || rest.starts_with(['(', '+'])) {
        return Err(wrong());
    }
    Ok(Said { to, piece, promotes, drops, from })
}

/// The legal move that is meant.
fn meant(position: &Shogi, said: &Said) -> Result<Move, String> {
    let Said { to, piece, promotes, drops, from } = *said;
    let shown = format!("{}{}", place(to), name(piece));
    if let Some(from) = from.filter(|_| !drops) {
        let there = position.board().piece_on(from);
        if there != Some(piece) {
            let found = there.map_or("no piece", name);
            return Err(format!("{shown}: {found} is on {}, not {}", place(from), name(piece)));
        }
        let step = haitaka::Move::BoardMove { from, to, promotion: promotes };
        return position.read(&step.to_string()).map_err(|why| format!("{shown}: {why}"));
    }
    let mut legal = Vec::new();
    position.legal(&mut legal);
    if legal.is_empty() {
        return Err("the game has ended".to_owned());
    }
    let goes = |chosen: &Move| {
        position.parts(*chosen).is_some_and(|(from, target, promotion)| {
            !drops && target == to && promotion == promotes && position.board().piece_on(from) == Some(piece)
        })
    };
    let mut steps = legal.iter().filter(|chosen| goes(chosen));
    match (steps.next(), steps.next()) {
        (Some(only), None) => Ok(*only),
        (Some(_), Some(_)) => Err(format!("{shown} may be two moves: expected where it comes from, as in (77)")),
        (None, _) if piece.is_unpromoted() && !promotes => {
            let drop = haitaka::Move::Drop { piece, to };
            position.read(&drop.to_string()).map_err(|why| format!("{shown}: {why}"))
        }
        (None, _) => Err(format!("{shown} is no legal move here")),
    }
}

/// Who won, by the line that counts the moves.
fn winner(line: &str) -> Option<Side> {
    let before = line.split("の勝ち").next().filter(|before| before.len() < line.len())?;
    let is_of =
        |side: &Side| before.ends_with(sides(false)[side.index()]) || before.ends_with(sides(true)[side.index()]);
    Side::BOTH.into_iter().find(is_of)
}

/// Reads the first line of play of a file.
///
/// # Errors
/// Names the line that is no KIF, or the move that cannot be played.
pub(super) fn read(text: &str) -> Result<Record, RecordError> {
    let mut head = diagram::Head::default();
    let mut reading: Option<(Reading, Option<Square>)> = None;
    let mut stated: Option<(Option<Outcome>, Ending)> = None;
    let mut begins = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim();
        let at = begins + whole.len() - whole.trim_start().len();
        begins += whole.len();
        // Comments, and the numbers over a diagram.
        if line.is_empty() || line.starts_with(['#', '*', '&']) || line.starts_with("９ ８") || line.starts_with("9 8")
        {
            continue;
        }
        if line.starts_with("変化") {
            break;
        }
        if let Some(rest) = line.strip_prefix("まで") {
            if let Some(side) = winner(rest) {
                let ended = stated.map_or(Ending::Rules, |(_, ended)| ended);
                stated = Some((Some(Outcome::Won(side)), ended));
            }
            break;
        }
        let Some(move_said) = numbered(line) else {
            match &reading {
                None => head.hear(line).map_err(|why| RecordError::at(text, at, why))?,
                Some((reading, _)) => {
                    let what = format!("expected move {} with its number before it, found `{line}`", reading.number());
                    return Err(RecordError::at(text, at, what));
                }
            }
            continue;
        };
        if stated.is_some() {
            continue;
        }
        let at = at + line.len() - move_said.len();
        if reading.is_none() {
            let start = head.start().map_err(|why| RecordError::at(text, at, why))?;
            reading = Some((Reading::from(start.into()), None));
        }
        let Some((reading, last)) = &mut reading else { continue };
        if let Some((word, wins, ended)) = ENDS.into_iter().find(|(word, ..)| move_said.starts_with(word)) {
            let turn = reading.now.turn();
            let won = wins.map(|wins| Outcome::Won(if wins { turn } else { turn.other() }));
            let drawn = matches!(word, "千日手" | "持将棋").then_some(Outcome::Drawn);
            stated = Some((won.or(drawn), ended));
            continue;
        }
        let number = reading.number();
        let fault = |why: String| RecordError::at(text, at, format!("move {number}: {why}"));
        let AnyGame::Shogi(game) = &reading.now else { return Err(fault("no game of shogi".to_owned())) };
        let move_said = said(move_said, *last).map_err(fault)?;
        let chosen = meant(game, &move_said).map_err(fault)?;
        reading.play(chosen);
        *last = Some(move_said.to);
    }
    let reading = match reading {
        Some((reading, _)) => reading,
        None => Reading::from(head.start().map_err(|why| RecordError::at(text, 0, why))?.into()),
    };
    let (outcome, ended) = stated.unwrap_or_default();
    Ok(reading.finish(head.players, outcome, ended))
}
