//! Moves as KIF and KI2 write them: where to, with what, and where from, by its square (77) or by words (右 左 直 上 寄 引).

use crate::reinforcement::games::{Game, Move, MoveError, Shogi, Side};
use haitaka::{File, Piece, Rank, Square};

pub const RANKS: [char; 9] = ['一', '二', '三', '四', '五', '六', '七', '八', '九'];
pub const FILES: [char; 9] = ['１', '２', '３', '４', '５', '６', '７', '８', '９'];
/// Pieces in the order in which they are tried: longer names first.
pub const PIECES: [(&str, Piece); 20] = [
    ("成香", Piece::PLance),
    ("成桂", Piece::PKnight),
    ("成銀", Piece::PSilver),
    ("成歩", Piece::Tokin),
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
/// Words that tell one of several pieces from the others.
const HINTS: [char; 7] = ['右', '左', '直', '上', '行', '寄', '引'];

/// What is written for a piece on a move.
pub fn name(piece: Piece) -> &'static str {
    match piece {
        Piece::Tokin => "と",
        piece => PIECES.into_iter().find(|(_, known)| *known == piece).map_or("", |(name, _)| name),
    }
}

pub fn place(square: Square) -> String {
    format!("{}{}", FILES[square.file() as usize], RANKS[square.rank() as usize])
}

/// A digit, full-width or ASCII or the numeral, from 1 to 9.
fn digit(sign: char) -> Option<usize> {
    let place = |signs: &[char; 9]| signs.iter().position(|known| *known == sign).map(|place| place + 1);
    sign.to_digit(10).map(|digit| digit as usize).or(place(&FILES)).or(place(&RANKS)).filter(|digit| *digit > 0)
}

pub fn square(file: char, rank: char) -> Option<Square> {
    Some(Square::new(File::try_index(digit(file)? - 1)?, Rank::try_index(digit(rank)? - 1)?))
}

/// What a move says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub to: Square,
    pub piece: Piece,
    pub promotes: bool,
    pub drops: bool,
    pub from: Option<Square>,
    pub hints: String,
}

/// Reads `７六歩(77)`, `同　銀左上成`, `４五角打`; gives it with what stands after it.
///
/// # Errors
/// Says what was expected of a move.
pub fn said(text: &str, last: Option<Square>) -> Result<(Said, &str), MoveError> {
    let shown: String = text.split('(').next().unwrap_or("").trim_end().chars().take(16).collect();
    let wrong = || {
        MoveError::new(
            format!("`{shown}` is no move: expected a square, a piece and where it comes from, as in ７六歩(77)"),
            format!("`{shown}` は着手として読めません。７六歩(77) のように移動先、駒、移動元を書いてください"),
        )
    };
    let (to, rest) = if let Some(rest) = text.strip_prefix('同') {
        let none = || MoveError::new("同: there is no move before it", "同: 前の手がありません");
        (last.ok_or_else(none)?, rest.trim_start())
    } else {
        let mut signs = text.chars();
        let to = signs.next().zip(signs.next()).and_then(|(file, rank)| square(file, rank)).ok_or_else(wrong)?;
        // Some write ２二同 for a capture on the square of the move before.
        let rest = signs.as_str();
        (to, rest.strip_prefix('同').unwrap_or(rest).trim_start())
    };
    let (piece, rest) =
        PIECES.into_iter().find_map(|(name, piece)| Some((piece, rest.strip_prefix(name)?))).ok_or_else(wrong)?;
    let after = rest.trim_start_matches(HINTS);
    let hints = rest[..rest.len() - after.len()].to_owned();
    let (promotes, rest) = match after.strip_prefix("不成").or(after.strip_prefix("生")) {
        Some(rest) => (false, rest),
        None => after.strip_prefix('成').map_or((false, after), |rest| (true, rest)),
    };
    let (drops, rest) = rest.strip_prefix(['打', '合']).map_or((false, rest), |rest| (true, rest));
    // Where it comes from has two digits in brackets, 00 if from a hand; the time has a colon.
    let mut inside = rest.trim_start().strip_prefix('(').unwrap_or("").chars();
    let (from, drops, rest) = match (inside.next(), inside.next(), inside.next()) {
        (Some('0'), Some('0'), Some(')')) => (None, true, inside.as_str()),
        (Some(file), Some(rank), Some(')')) if file.is_ascii_digit() => {
            (Some(square(file, rank).ok_or_else(wrong)?), drops, inside.as_str())
        }
        _ => (None, drops, rest),
    };
    Ok((Said { to, piece, promotes, drops, from: from.filter(|_| !drops), hints }, rest))
}

/// Which way a step goes, as the side that makes it sees it: ranks forward, and files to the right.
fn direction(side: Side, from: Square, to: Square) -> (i32, i32) {
    let sign = if side == Side::First { 1 } else { -1 };
    let forward = from.rank() as i32 - to.rank() as i32;
    let right = from.file() as i32 - to.file() as i32;
    (sign * forward, sign * right)
}

/// Those of several pieces that words speak of.
fn told_apart(side: Side, to: Square, mut froms: Vec<Square>, hints: &str) -> Vec<Square> {
    let goes = |from: &Square| direction(side, *from, to);
    for hint in hints.chars() {
        match hint {
            '直' => froms.retain(|from| goes(from) == (1, 0)),
            '上' | '行' => froms.retain(|from| goes(from).0 > 0),
            '寄' => froms.retain(|from| goes(from).0 == 0),
            '引' => froms.retain(|from| goes(from).0 < 0),
            _ => {}
        }
    }
    // Right and left are those of the pieces that are left: files count from the first side's right.
    for hint in hints.chars().filter(|hint| matches!(hint, '右' | '左')) {
        let to_left = |from: &Square| goes(from).1;
        let outermost = match hint {
            '右' => froms.iter().map(to_left).min(),
            _ => froms.iter().map(to_left).max(),
        };
        froms.retain(|from| Some(to_left(from)) == outermost);
    }
    froms
}

/// Where pieces of a kind may come from that can go to a square.
fn origins(position: &Shogi, piece: Piece, to: Square, promotes: Option<bool>) -> Vec<Square> {
    let mut legal = Vec::new();
    position.legal(&mut legal);
    let from = |chosen: &Move| {
        let (from, target, promotion) = position.parts(*chosen)?;
        let fits = target == to
            && promotes.is_none_or(|promotes| promotes == promotion)
            && position.board().piece_on(from) == Some(piece);
        fits.then_some(from)
    };
    let mut froms: Vec<Square> = legal.iter().filter_map(from).collect();
    froms.dedup();
    froms
}

/// The legal move that is meant.
///
/// # Errors
/// Says why there is none, or that there are several.
pub fn meant(position: &Shogi, said: &Said) -> Result<Move, MoveError> {
    let Said { to, piece, promotes, drops, from, hints } = said;
    let shown = format!("{}{}", place(*to), name(*piece));
    let read = |step: haitaka::Move| {
        let of_move = format!("{shown}: ");
        position.read(&step.to_string()).map_err(|why| MoveError(why.0.after(&of_move, &of_move)))
    };
    if *drops {
        return read(haitaka::Move::Drop { piece: *piece, to: *to });
    }
    let step = |from: Square| haitaka::Move::BoardMove { from, to: *to, promotion: *promotes };
    if let Some(from) = from {
        let there = position.board().piece_on(*from);
        if there != Some(*piece) {
            let (from, found, piece) = (place(*from), there.map_or("no piece", name), name(*piece));
            let ja = match there {
                Some(_) => format!("{shown}: {from}にあるのは{found}で、{piece}ではありません"),
                None => format!("{shown}: {from}に駒がありません"),
            };
            return Err(MoveError::new(format!("{shown}: {found} is on {from}, not {piece}"), ja));
        }
        return read(step(*from));
    }
    if !position.board().generate_moves(|_| true) {
        return Err(MoveError::ended());
    }
    let froms = origins(position, *piece, *to, Some(*promotes));
    match told_apart(position.turn(), *to, froms, hints)[..] {
        [only] => read(step(only)),
        [] if piece.is_unpromoted() && !promotes && hints.is_empty() => {
            read(haitaka::Move::Drop { piece: *piece, to: *to })
        }
        [] => Err(MoveError::new(format!("{shown} is no legal move here"), format!("{shown}はこの局面では指せません"))),
        _ => Err(MoveError::new(
            format!("{shown} may be two moves: expected where it comes from, as in (77)"),
            format!("{shown}に当たる手が二つ以上あります。(77) のように移動元を書いてください"),
        )),
    }
}

/// A move as KI2 writes it: without the square that it comes from, but told apart from other moves. `last` is where the move before
/// went.
pub fn brief(position: &Shogi, chosen: Move, last: Option<Square>) -> (String, Option<Square>) {
    let Ok(step) = position.name(chosen).parse::<haitaka::Move>() else { return (String::new(), None) };
    let goal = |to| if last == Some(to) { "同　".to_owned() } else { place(to) };
    match step {
        haitaka::Move::Drop { piece, to } => {
            let drop = if origins(position, piece, to, None).is_empty() { "" } else { "打" };
            (format!("{}{}{drop}", goal(to), name(piece)), Some(to))
        }
        haitaka::Move::BoardMove { from, to, promotion } => {
            let Some(piece) = position.board().piece_on(from) else { return (String::new(), None) };
            let froms = origins(position, piece, to, None);
            let hints = if froms.len() > 1 { hints(position.turn(), from, to, piece, &froms) } else { String::new() };
            // Only where it might promote it is said that it does not.
            let could = !origins(position, piece, to, Some(true)).is_empty();
            let promotes = match (promotion, could) {
                (true, _) => "成",
                (false, true) => "不成",
                (false, false) => "",
            };
            (format!("{}{}{hints}{promotes}", goal(to), name(piece)), Some(to))
        }
    }
}

/// The shortest words that tell a piece from the others.
fn hints(side: Side, from: Square, to: Square, piece: Piece, froms: &[Square]) -> String {
    let (forward, _) = direction(side, from, to);
    let way = match forward {
        0 => "寄",
        1.. => "上",
        _ => "引",
    };
    // Of two horses or dragons one is the right one and one the left, whichever way they go.
    let is_straight = direction(side, from, to) == (1, 0) && !matches!(piece, Piece::PBishop | Piece::PRook);
    let words = [if is_straight { "直" } else { way }, way, "右", "左"].into_iter().map(str::to_owned);
    let both = ["右", "左"].into_iter().map(|hand| format!("{hand}{way}"));
    let mut all = words.chain(both);
    all.find(|hints| told_apart(side, to, froms.to_vec(), hints) == [from]).unwrap_or_default()
}
