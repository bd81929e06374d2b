//! SFEN as the world writes it: with or without its hands and number, and of problems, in which who mates has no king.

use super::MoveError;
use crate::experiment::Bilingual;
use haitaka::{Board, Color, Move, Piece, SFENParseError, Square};

/// The highest number of a move that a position may have: counting on from there does not overflow.
const LAST_NUMBER: u16 = 9999;

/// Whether haitaka can read an SFEN: it panics at rows that are too long and at huge hands, takes kings in hand, and of a piece that a
/// hand names twice only the last count.
fn is_readable([rows, _, hands, number]: [&str; 4]) -> bool {
    let squares = |row: &str| -> usize {
        row.chars().map(|sign| sign.to_digit(10).map_or(usize::from(sign != '+'), |free| free as usize)).sum()
    };
    let counts = |hands: &str| {
        let mut numbers = hands.split(|sign: char| !sign.is_ascii_digit()).filter(|digits| !digits.is_empty());
        numbers.all(|digits| digits.parse().is_ok_and(|count: u8| count <= 18))
    };
    rows.split('/').all(|row| squares(row) == 9)
        && !hands.contains(['K', 'k'])
        && counts(hands)
        && hands.char_indices().all(|(at, sign)| !sign.is_alphabetic() || !hands[..at].contains(sign))
        && number.parse().is_ok_and(|number: u16| number <= LAST_NUMBER)
}

/// Reads a position, and says what of it was passed over.
///
/// # Errors
/// If it is no position of shogi.
pub fn read(text: &str) -> Result<(Board, Vec<Bilingual>), MoveError> {
    let sfen = text.trim().trim_matches(['"', '\'', ';']);
    let sfen = sfen.strip_prefix("sfen ").unwrap_or(sfen);
    let mut notes = Vec::new();
    let mut fields = sfen.split_whitespace();
    let mut next = |usual| fields.next().unwrap_or(usual);
    let mut parts = [next(""), next("b"), next("-"), next("1")];
    if parts[2].parse::<u16>().is_ok() {
        // The hands are left out, not the number.
        (parts[2], parts[3]) = ("-", parts[2]);
    }
    if parts[3] == "0" {
        parts[3] = "1";
    }
    let rest: Vec<&str> = fields.collect();
    if !rest.is_empty() {
        let rest: String = rest.join(" ").chars().take(20).collect();
        notes.push(Bilingual::new(
            format!("SFEN: `{rest}` after the position is passed over"),
            format!("SFEN: 局面の後ろの `{rest}` は無視しました"),
        ));
    }
    if !is_readable(parts) {
        return Err(MoveError::new(
            format!(
                "SFEN: `{sfen}`: expected nine rows of nine squares, b or w, what is in hand or -, and the number of the move"
            ),
            format!(
                "SFEN: `{sfen}` は局面として読めません。9 マスの段を 9 段、手番(b か w)、持ち駒(なければ -)、手数の順に書いてください"
            ),
        ));
    }
    let kings = |sign: char| parts[0].contains(sign);
    let board = match (kings('K'), kings('k')) {
        (false, true) => problem(parts)?,
        (false, false) => {
            return Err(MoveError::new(
                "SFEN: no king on the board: expected one at least, of the side that is mated",
                "SFEN: 盤上に玉がありません。少なくとも、詰まされる側の玉が必要です",
            ));
        }
        (true, false) => {
            return Err(MoveError::new(
                "SFEN: the second side (small letters) has no king: in a problem it is the side that is mated",
                "SFEN: 後手(小文字)の玉がありません。詰将棋では、後手が詰まされる側です",
            ));
        }
        (true, true) => Board::from_sfen(&parts.join(" ")).map_err(unread)?,
    };
    Ok((board, notes))
}

fn unread(error: SFENParseError) -> MoveError {
    let ja = match error {
        SFENParseError::InvalidBoard => "駒の配置が正しい局面になっていません",
        SFENParseError::InvalidHands => "持ち駒が正しくありません",
        SFENParseError::InvalidSideToMove => "手番が正しくありません",
        SFENParseError::InvalidMoveNumber => "手数が正しくありません",
        SFENParseError::MissingField => "項目が足りません",
        SFENParseError::TooManyFields => "項目が多すぎます",
    };
    MoveError::new(format!("SFEN: {error}"), format!("SFEN: {ja}"))
}

/// A problem, in which black has no king. haitaka takes it with black to move only, and gives white all that is left.
fn problem([rows, turn, hands, number]: [&str; 4]) -> Result<Board, MoveError> {
    let board = Board::tsume(&format!("{rows} b - 1")).map(|board| with_hands(board, hands));
    let mut board = match turn {
        "b" => board.map_err(unread)?,
        // As if black had just dropped one of its pieces.
        "w" => Square::ALL.into_iter().find_map(|square| dropped(rows, hands, square)).ok_or_else(|| {
            MoveError::new(
                "SFEN: white is to move in a problem that no move of black's led to",
                "SFEN: 詰将棋で後手の手番ですが、この局面になる先手の指し手がありません",
            )
        })?,
        other => {
            return Err(MoveError::new(
                format!("SFEN: whose move it is: expected b or w, found `{other}`"),
                format!("SFEN: 手番は b か w で書いてください。`{other}` は読めません"),
            ));
        }
    };
    if Piece::ALL.into_iter().any(|piece| is_more_than_there_is(&board, piece)) {
        return Err(MoveError::new(
            "SFEN: more pieces of a kind than there are",
            "SFEN: 同じ種類の駒が、将棋の駒の数より多くあります",
        ));
    }
    board.set_move_number(number.parse().unwrap_or(1).max(1));
    Ok(board)
}

fn is_more_than_there_is(board: &Board, piece: Piece) -> bool {
    let index = piece as usize;
    let Some(most) = Piece::MAX_HAND.get(index).filter(|_| index < Piece::HAND_NUM) else { return false };
    let promoted = board.pieces(piece.promote()) | board.pieces(piece);
    let in_hands: u32 = board.hands().iter().map(|hand| u32::from(hand[index])).sum();
    promoted.len() + in_hands > u32::from(*most)
}

/// The board with these hands and no others.
fn with_hands(mut board: Board, hands: &str) -> Board {
    for color in [Color::Black, Color::White] {
        for index in 0..Piece::HAND_NUM {
            let piece = Piece::index_const(index);
            let letter = piece.to_str(color);
            let count = hands.find(letter.as_str()).map_or(0, |at| {
                let digits = hands[..at].len() - hands[..at].trim_end_matches(|sign: char| sign.is_ascii_digit()).len();
                hands[at - digits..at].parse().unwrap_or(1)
            });
            board.unchecked_set_hand(color, piece, count);
        }
    }
    board
}

/// The board after black has put the piece that is on a square there, if it was no check before.
fn dropped(rows: &str, hands: &str, square: Square) -> Option<Board> {
    let full = Board::default();
    let mut cells = expanded(rows);
    let at = square.rank() as usize * 9 + 8 - square.file() as usize;
    let letter = std::mem::replace(cells.get_mut(at)?, "1".to_owned());
    if !letter.chars().last()?.is_ascii_uppercase() {
        return None;
    }
    let piece = Piece::ALL.into_iter().find(|piece| piece.to_str(Color::Black) == letter)?;
    let rows: Vec<String> = cells.chunks(9).map(|row| row.concat()).collect();
    let mut board = with_hands(Board::tsume(&format!("{} b - 1", rows.join("/"))).ok()?, hands);
    let before = board.num_in_hand(Color::Black, piece);
    board.unchecked_set_hand(Color::Black, piece, before + 1);
    board.play_unchecked(Move::Drop { piece, to: square });
    (board.side_to_move() != full.side_to_move()).then_some(board)
}

/// The squares of an SFEN's rows, each with its letter or `1`.
fn expanded(rows: &str) -> Vec<String> {
    let (mut cells, mut promoted) = (Vec::with_capacity(81), false);
    for sign in rows.chars().filter(|sign| *sign != '/') {
        match sign.to_digit(10) {
            Some(free) => cells.extend((0..free).map(|_| "1".to_owned())),
            None if sign == '+' => promoted = true,
            None => {
                cells.push(if std::mem::take(&mut promoted) { format!("+{sign}") } else { sign.to_string() });
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reinforcement::games::{Game, Shogi};

    #[test]
    fn an_sfen_is_read_with_fields_left_out() {
        let start = "lnsgkgsnl/1r5b1/ppppppppp/9/9/9/PPPPPPPPP/1B5R1/LNSGKGSNL";
        for (sfen, notes) in [
            (format!("{start} b - 1"), 0),
            (format!("sfen {start} b - 0"), 0),
            (format!("{start} b -"), 0),
            (format!("{start} b 1"), 0),
            (start.to_owned(), 0),
            (format!("{start}  b  -  1 moves"), 1),
        ] {
            let (board, said) = read(&sfen).unwrap();
            assert_eq!((board.to_string(), said.len()), (format!("{start} b - 1"), notes), "{sfen}");
        }
    }

    #[test]
    fn a_problem_has_one_king_and_the_hands_that_are_stated() {
        for sfen in ["7k1/9/7P1/9/9/9/9/9/9 b RSrb4g3s4n4l16p 1", "7k1/9/7P1/9/9/9/9/9/9 b RS 1"] {
            let position = Shogi::default().at(sfen).unwrap();
            assert_eq!(position.diagram(), sfen);
            assert!(position.is_problem() && position.outcome().is_none());
            // And after a move, when it is the other side's turn.
            let mut after = position.clone();
            after.play(after.read("S*2b").unwrap());
            let again = Shogi::default().at(&after.diagram()).unwrap();
            assert_eq!((again.diagram(), again.hash()), (after.diagram(), after.hash()));
            assert_eq!(again.board().checkers(), after.board().checkers());
        }
        for sfen in [
            "9/9/9/9/9/9/9/9/9 b - 1",
            "K8/9/9/9/9/9/9/9/9 b - 1",
            "7k1/9/9/9/9/9/9/9/9 w - 1",
            "7k1/9/9/9/9/9/9/9/9 b 3R 1",
        ] {
            assert!(read(sfen).is_err_and(|why| why.0.en.starts_with("SFEN: ")), "{sfen}");
        }
    }
}
