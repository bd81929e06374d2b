//! The head of a KIF file: who plays, and the start, by the name of a handicap or as a diagram (BOD).

use super::counts;
use super::moves::{FILES, PIECES, RANKS};
use super::words::{handicap, sides};
use crate::experiment::Bilingual;
use crate::reinforcement::games::{Game, Shogi, Side};
use crate::reinforcement::protocol::record::Reading;
use haitaka::{Color, File, Piece, Rank, Square};
use std::fmt::Write;

/// Pieces in hand, the most valued first.
const IN_HAND: [Piece; 7] =
    [Piece::Rook, Piece::Bishop, Piece::Gold, Piece::Silver, Piece::Knight, Piece::Lance, Piece::Pawn];

/// The sign of a piece on the board: always one.
fn sign(piece: Piece) -> &'static str {
    let one = |name: &&str| name.chars().count() == 1;
    PIECES.into_iter().filter(|(_, known)| *known == piece).map(|(name, _)| name).find(one).unwrap_or("")
}

/// A count of pieces: up to eighteen.
fn numeral(count: usize) -> String {
    let ones = |count: usize| if count > 0 { RANKS[count - 1].to_string() } else { String::new() };
    if count < 10 { ones(count) } else { format!("十{}", ones(count - 10)) }
}

fn count(numeral: &str) -> Option<usize> {
    (1..=18).find(|count| self::numeral(*count) == numeral)
}

fn hand(position: &Shogi, color: Color) -> String {
    let mut text = String::new();
    for piece in IN_HAND {
        match usize::from(position.board().num_in_hand(color, piece)) {
            0 => {}
            1 => write!(text, "{}　", sign(piece)).expect("a string"),
            more => write!(text, "{}{}　", sign(piece), numeral(more)).expect("a string"),
        }
    }
    if text.is_empty() { "なし".to_owned() } else { text }
}

/// A position with hands, whose move it is, and how many moves there have been.
pub(super) fn write(position: &Shogi) -> String {
    let [black, white] = sides(false);
    let mut text = format!("{white}の持駒：{}\n  ９ ８ ７ ６ ５ ４ ３ ２ １\n", hand(position, Color::White));
    text.push_str("+---------------------------+\n");
    for (row, numeral) in RANKS.into_iter().enumerate() {
        text.push('|');
        for column in (0..9).rev() {
            let square = Square::new(File::index(column), Rank::index(row));
            match position.board().colored_piece_on(square) {
                Some(there) => {
                    text.push(if there.color == Color::White { 'v' } else { ' ' });
                    text.push_str(sign(there.piece));
                }
                None => text.push_str(" ・"),
            }
        }
        writeln!(text, "|{numeral}").expect("a string");
    }
    text.push_str("+---------------------------+\n");
    writeln!(text, "{black}の持駒：{}", hand(position, Color::Black)).expect("a string");
    writeln!(text, "手数＝{}", position.board().move_number() - 1).expect("a string");
    writeln!(text, "{}番", sides(false)[position.turn().index()]).expect("a string");
    text
}

/// What is known of a game before its first move.
#[derive(Default)]
pub struct Head {
    pub players: [String; 2],
    handicap: Option<Shogi>,
    /// The rows of a diagram as SFEN has them.
    rows: Vec<String>,
    hands: [String; 2],
    turn: Option<Side>,
    moves: u16,
}

/// The side that a word names, alone or with what follows.
fn side(word: &str) -> Option<Side> {
    let names = |side: &Side| [sides(false)[side.index()], sides(true)[side.index()]];
    Side::BOTH.into_iter().find(|side| names(side).iter().any(|name| word.starts_with(name)))
}

/// The letter of a piece in SFEN.
fn letter(piece: Piece, side: Side) -> String {
    piece.to_str(if side == Side::First { Color::Black } else { Color::White })
}

/// `| ・v飛 ・ … ・|二`: nine squares as SFEN has them.
fn row(line: &str) -> Result<String, Bilingual> {
    let wrong = || {
        Bilingual::new(
            format!("`{line}`: expected a row of nine squares, as in | ・v飛 ・ ・ ・ ・ ・v角 ・|"),
            format!("`{line}` は読めません。| ・v飛 ・ ・ ・ ・ ・v角 ・| のように 9 マスの段を書いてください"),
        )
    };
    let inside = line.trim_start_matches('|').split('|').next().unwrap_or("");
    let (mut sfen, mut squares, mut side) = (String::new(), 0, Side::First);
    let mut rest = inside;
    while let Some(sign) = rest.chars().next() {
        let after = &rest[sign.len_utf8()..];
        match sign {
            ' ' | '　' | '^' => rest = after,
            'v' | 'V' => {
                side = Side::Second;
                rest = after;
            }
            '・' | '.' | '*' | '･' => {
                sfen.push('1');
                squares += 1;
                rest = after;
            }
            _ => {
                let known = PIECES.into_iter().find_map(|(name, piece)| Some((piece, rest.strip_prefix(name)?)));
                let (piece, after) = known.ok_or_else(wrong)?;
                sfen += &letter(piece, side);
                squares += 1;
                side = Side::First;
                rest = after;
            }
        }
    }
    if squares == 9 { Ok(sfen) } else { Err(wrong()) }
}

/// `飛　角二　歩十八`, as SFEN has it.
fn hand_read(text: &str, side: Side) -> Result<String, Bilingual> {
    let mut sfen = String::new();
    for word in text.split_whitespace().filter(|word| *word != "なし") {
        let wrong = || {
            Bilingual::new(
                format!("`{word}`: expected a piece in hand and how many, as in 歩二"),
                format!("`{word}` は読めません。歩二 のように持ち駒とその枚数を書いてください"),
            )
        };
        let known = PIECES.into_iter().find_map(|(name, piece)| Some((piece, word.strip_prefix(name)?)));
        let (piece, rest) = known.filter(|(piece, _)| IN_HAND.contains(piece)).ok_or_else(wrong)?;
        let count = if rest.is_empty() { 1 } else { count(rest).ok_or_else(wrong)? };
        write!(sfen, "{count}{}", letter(piece, side)).expect("a string");
    }
    Ok(sfen)
}

impl Head {
    /// Takes a line before the first move. Those it does not know are passed over.
    pub fn hear(&mut self, line: &str) -> Result<(), Bilingual> {
        if line.starts_with('|') {
            self.rows.push(row(line)?);
        } else if let Some(rest) = line.strip_prefix("手数＝") {
            let digits: String = rest.chars().take_while(|sign| counts(*sign)).map(ascii).collect();
            self.moves = digits.parse().map_err(|_| {
                Bilingual::new(
                    format!("手数＝: expected a number, found `{rest}`"),
                    format!("手数＝: `{rest}` は数として読めません。手数を数字で書いてください"),
                )
            })?;
        } else if let Some((key, value)) = line.split_once(['：', ':']) {
            let value = value.trim();
            match (side(key), key) {
                (Some(side), key) if key.ends_with("の持駒") => self.hands[side.index()] = hand_read(value, side)?,
                (Some(side), "先手" | "後手" | "上手" | "下手") => {
                    self.players[side.index()] = value.to_owned()
                }
                (None, "手合割") if !matches!(value, "平手" | "その他" | "") => {
                    let known = handicap(value).ok_or_else(|| {
                        Bilingual::new(
                            format!(
                                "手合割 `{value}`: expected 平手, その他 with a diagram, or a handicap such as 二枚落ち"
                            ),
                            format!(
                                "手合割 `{value}` は読めません。平手、局面図を付けたその他、二枚落ちなどの駒落ちのどれかを書いてください"
                            ),
                        )
                    })?;
                    self.handicap = Some(known);
                }
                _ => {}
            }
        } else if let Some(side) = side(line).filter(|_| line.ends_with('番')) {
            self.turn = Some(side);
        }
        Ok(())
    }

    /// The game at its start.
    ///
    /// # Errors
    /// If the diagram is no position.
    pub fn begin(&self) -> Result<Reading, Bilingual> {
        let (start, notes) = self.start()?;
        let mut reading = Reading::from(start.into());
        reading.note_all(notes);
        Ok(reading)
    }

    /// The position at the start, and what of it was passed over.
    fn start(&self) -> Result<(Shogi, Vec<Bilingual>), Bilingual> {
        if self.rows.is_empty() {
            return Ok((self.handicap.clone().unwrap_or_default(), Vec::new()));
        }
        let hands = self.hands.concat();
        let hands = if hands.is_empty() { "-" } else { &hands };
        // In a game with a handicap who gives it begins.
        let turn = self.turn.unwrap_or(if self.handicap.is_some() { Side::Second } else { Side::First });
        let turn = if turn == Side::First { 'b' } else { 'w' };
        let number = u32::from(self.moves) + 1;
        let sfen = format!("{} {turn} {hands} {number}", self.rows.join("/"));
        Shogi::default()
            .at_with_notes(&sfen)
            .map_err(|why| why.0.after("the diagram is no position: ", "局面図が正しい局面になっていません: "))
    }
}

/// A full-width digit as ASCII has it.
fn ascii(sign: char) -> char {
    match FILES.iter().position(|known| *known == sign) {
        Some(place) => char::from(b'1' + place as u8),
        None if sign == '０' => '0',
        None => sign,
    }
}
