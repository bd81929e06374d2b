//! FEN as the world writes it. What cannot be (a right to castle without its rook, a square behind no pawn, a move 0) is passed over and
//! said; what is left out is as usual. (S. J. Edwards, "Portable Game Notation Specification and Implementation Guide", 1994, § 16.1)

use super::MoveError;
use crate::experiment::Bilingual;
use cozy_chess::{Board, Color, FenParseError, File, Piece, Rank, Square};

/// Whose move, rights to castle, the square behind a pawn, half moves and number of the move, where they are left out.
const USUAL: [&str; 5] = ["w", "-", "-", "0", "1"];
/// The largest number of a move.
const LAST_NUMBER: u64 = 9999;

/// Reads a position, and says what of it was passed over.
///
/// # Errors
/// If the pieces are no position of chess, or nobody knows whose move it is.
pub fn read(text: &str) -> Result<(Board, Vec<Bilingual>), MoveError> {
    let text = text.trim().trim_matches(['"', '\'', ';']);
    let mut fields = text.split_whitespace().map(|field| field.trim_end_matches(';'));
    let pieces = fields.next().unwrap_or("");
    let rest: Vec<&str> = fields.collect();
    let field = |place: usize| rest.get(place).copied().filter(|field| !field.is_empty()).unwrap_or(USUAL[place]);
    let mut notes = Vec::new();
    let turn = match field(0) {
        "w" | "W" | "white" => "w",
        "b" | "B" | "black" => "b",
        other => {
            return Err(MoveError::new(
                format!("FEN: whose move it is: expected w or b, found `{other}`"),
                format!("FEN: 手番は w か b で書いてください。`{other}` は読めません"),
            ));
        }
    };
    let with = |castling: &str, behind: &str| {
        Board::from_fen(&format!("{pieces} {turn} {castling} {behind} 0 1"), false)
            .map_err(|error| MoveError::new(format!("FEN: {error}"), format!("FEN: {}", in_japanese(error))))
    };
    let bare = with("-", "-")?;
    let castling = rights(&bare, field(1), &mut notes);
    let mut board = with(&castling, "-")?;
    let behind = field(2);
    if behind != "-" {
        match with(&castling, behind) {
            Ok(found) => board = found,
            Err(_) => notes.push(Bilingual::new(
                format!("FEN: no pawn has just passed {behind}: en passant is passed over"),
                format!("FEN: {behind} を通過したポーンがないため、アンパッサンの指定は無視しました"),
            )),
        }
    }
    let half = number(field(3), (0, 100), "0", &mut notes);
    board.set_halfmove_clock(half as u8);
    let full = number(field(4), (1, LAST_NUMBER), "1", &mut notes);
    board.set_fullmove_number(full as u16);
    Ok((board, notes))
}

fn in_japanese(error: FenParseError) -> &'static str {
    match error {
        FenParseError::InvalidBoard => "駒の配置が正しい局面になっていません",
        FenParseError::InvalidSideToMove => "手番が正しくありません",
        FenParseError::InvalidCastlingRights => "キャスリングの権利が正しくありません",
        FenParseError::InvalidEnPassant => "アンパッサンのマスが正しくありません",
        FenParseError::InvalidHalfMoveClock => "50 手ルールの手数が正しくありません",
        FenParseError::InvalidFullmoveNumber => "手数が正しくありません",
        FenParseError::MissingField => "項目が足りません",
        FenParseError::TooManyFields => "項目が多すぎます",
    }
}

/// The rights to castle that the pieces allow, as FEN has them: rook files, as Shredder writes them, are taken where they are the usual
/// ones.
fn rights(board: &Board, field: &str, notes: &mut Vec<Bilingual>) -> String {
    let (mut kept, mut dropped) = (Vec::new(), String::new());
    for sign in field.chars().filter(|sign| *sign != '-') {
        let color = if sign.is_ascii_uppercase() { Color::White } else { Color::Black };
        let file = match sign.to_ascii_lowercase() {
            'k' | 'h' => Some(File::H),
            'q' | 'a' => Some(File::A),
            _ => None,
        };
        let home = Rank::First.relative_to(color);
        let has = |piece, file| board.colored_pieces(color, piece).has(Square::new(file, home));
        let right = file.filter(|file| has(Piece::King, File::E) && has(Piece::Rook, *file));
        let plain = right.map(|file| if file == File::H { 'k' } else { 'q' });
        let plain = plain.map(|plain| if color == Color::White { plain.to_ascii_uppercase() } else { plain });
        match plain {
            Some(plain) if kept.contains(&plain) => {}
            Some(plain) => kept.push(plain),
            None => dropped.push(sign),
        }
    }
    if !dropped.is_empty() {
        let dropped: String = dropped.chars().take(8).collect();
        notes.push(Bilingual::new(
            format!("FEN: no king and rook at home for castling {dropped}: passed over"),
            format!("FEN: キャスリング {dropped} に必要なキングとルークが初期位置にないため、無視しました"),
        ));
    }
    // In the order of the specification.
    let kept: String = "KQkq".chars().filter(|sign| kept.contains(sign)).collect();
    if kept.is_empty() { "-".to_owned() } else { kept }
}

/// A counter within its bounds.
fn number(field: &str, (least, most): (u64, u64), usual: &str, notes: &mut Vec<Bilingual>) -> u64 {
    let stated = field.parse::<u64>();
    let number = stated.clone().unwrap_or_else(|_| usual.parse().unwrap_or(least)).clamp(least, most);
    if stated != Ok(number) && field != "-" {
        let field: String = field.chars().take(12).collect();
        notes.push(Bilingual::new(
            format!("FEN: `{field}` read as {number}: expected a number from {least} to {most}"),
            format!("FEN: `{field}` は {number} として読みました({least} から {most} までの数を想定)"),
        ));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(fen: &str) -> (String, usize) {
        let (board, notes) = read(fen).unwrap_or_else(|why| panic!("{fen}: {why}"));
        (board.to_string(), notes.len())
    }

    #[test]
    fn what_cannot_be_is_passed_over_and_said() {
        for (fen, expected, notes) in [
            ("4k3/8/8/8/8/4P3/8/4K3 w - - 0 0", "4k3/8/8/8/8/4P3/8/4K3 w - - 0 1", 1),
            ("4k3/8/8/8/8/4P3/8/4K3 w - - - -", "4k3/8/8/8/8/4P3/8/4K3 w - - 0 1", 0),
            ("4k3/8/8/8/8/4P3/8/4K3 w KQkq - 0 1", "4k3/8/8/8/8/4P3/8/4K3 w - - 0 1", 1),
            ("4k3/8/8/8/8/4P3/8/4K3 w - e6 0 1", "4k3/8/8/8/8/4P3/8/4K3 w - - 0 1", 1),
            ("4k3/8/8/8/8/4P3/8/4K3 w - zz 0 1", "4k3/8/8/8/8/4P3/8/4K3 w - - 0 1", 1),
            ("4k3/8/8/8/8/4P3/8/4K3", "4k3/8/8/8/8/4P3/8/4K3 w - - 0 1", 0),
            ("4k3/8/8/8/8/4P3/8/4K3 b", "4k3/8/8/8/8/4P3/8/4K3 b - - 0 1", 0),
            ("4k3/8/8/8/8/4P3/8/4K3 w - - 149 80", "4k3/8/8/8/8/4P3/8/4K3 w - - 100 80", 1),
            ("r3k2r/8/8/8/8/8/8/R3K2R w HAha - 0 1", "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1", 0),
            ("r3k2r/8/8/8/8/8/8/R3K2R w qkQK - 0 1", "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1", 0),
            ("r3k2r/8/8/8/8/8/8/R3K3 w KQkq - 0 1", "r3k2r/8/8/8/8/8/8/R3K3 w Qkq - 0 1", 1),
            (
                "nrbknbrq/pppppppp/8/8/8/8/PPPPPPPP/NRBKNBRQ w GBgb - 0 1;",
                "nrbknbrq/pppppppp/8/8/8/8/PPPPPPPP/NRBKNBRQ w - - 0 1",
                1,
            ),
            ("4k3/8/8/8/8/8/8/R3K3 w Q - bm Ra8+; id \"x\";", "4k3/8/8/8/8/8/8/R3K3 w Q - 0 1", 2),
            (" \"4k3/8/8/3pP3/8/8/8/4K3   w  -  d6  0  3\" ", "4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 3", 0),
        ] {
            assert_eq!(read_back(fen), (expected.to_owned(), notes), "{fen}");
        }
        for fen in ["", "8/8/8 w - - 0 1", "8/8/8/8/8/8/8/4K3 w - - 0 1", "4k3/8/8/8/8/8/8/4K3 x - - 0 1", "pos"] {
            assert!(read(fen).is_err_and(|why| why.0.en.starts_with("FEN: ")), "{fen}");
        }
    }
}
