//! PGN: games of chess (S. J. Edwards, "Portable Game Notation Specification and Implementation Guide", 1994). The first game of a
//! file is read, without its comments and variations.

use super::plain::{numbered, unnumbered, wrapped};
use super::record::{Ending, Reading, Record, RecordError};
use crate::experiment::Bilingual;
use crate::reinforcement::games::{AnyGame, Chess, Game, Outcome, Side};
use std::fmt::Write;

/// How a result is written.
fn result(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Won(Side::First)) => "1-0",
        Some(Outcome::Won(Side::Second)) => "0-1",
        Some(Outcome::Drawn) => "1/2-1/2",
        None => "*",
    }
}

/// What a word says of the result, if it is about that.
fn outcome_of(word: &str) -> Option<Option<Outcome>> {
    match word {
        "1-0" => Some(Some(Outcome::Won(Side::First))),
        "0-1" => Some(Some(Outcome::Won(Side::Second))),
        "1/2-1/2" | "1/2" | "½-½" => Some(Some(Outcome::Drawn)),
        "*" => Some(None),
        _ => None,
    }
}

/// Writes the seven tags of the roster, a start that is not the usual one as FEN, and the moves.
pub(super) fn write(start: &Chess, record: &Record) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
    let name = |side: usize| match record.players[side].as_str() {
        "" => "?".to_owned(),
        name => escaped(name),
    };
    let result = result(record.outcome);
    let mut text = format!(
        "[Event \"?\"]\n[Site \"?\"]\n[Date \"????.??.??\"]\n[Round \"?\"]\n[White \"{}\"]\n[Black \"{}\"]\n[Result \"{result}\"]\n",
        name(0),
        name(1)
    );
    let diagram = start.diagram();
    if diagram != Chess::default().diagram() {
        write!(text, "[SetUp \"1\"]\n[FEN \"{diagram}\"]\n").expect("a string");
    }
    if record.ended == Ending::Time {
        text.push_str("[Termination \"time forfeit\"]\n");
    }
    let mut names = Vec::new();
    record.walk(|position, chosen| {
        if let AnyGame::Chess(game) = position {
            names.push(game.san(chosen));
        }
    });
    let mut words = numbered(names, usize::from(start.board().fullmove_number()), start.turn());
    words.push(result.to_owned());
    text.push('\n');
    text + &wrapped(&words)
}

enum Token<'a> {
    Tag(&'a str, String),
    /// A tag whose quotes are none, or stand in its value too.
    OddTag(&'a str, String),
    /// A line that begins like a tag and is none.
    Junk,
    /// A move, its number, or the result.
    Word(&'a str),
    /// The beginning of a variation, and its end.
    Open,
    Close,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn fault(&self, en: impl Into<String>, ja: impl Into<String>) -> RecordError {
        RecordError::at(self.text, self.at, Bilingual::new(en, ja))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn line_ends(&self) -> usize {
        self.rest().find('\n').unwrap_or(self.rest().len())
    }

    /// Goes to what is neither white space nor a comment nor an annotation by number.
    fn skip(&mut self) -> Result<Option<char>, RecordError> {
        loop {
            let rest = self.rest().trim_start();
            self.at = self.text.len() - rest.len();
            let Some(sign) = rest.chars().next() else { return Ok(None) };
            let begins_line = self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n';
            match sign {
                '%' if begins_line => self.at += self.line_ends(),
                ';' => self.at += self.line_ends(),
                '{' => {
                    let open = || self.fault("a comment has no } at its end", "コメントの終わりの } がありません");
                    self.at += rest.find('}').ok_or_else(open)? + 1;
                }
                '$' => {
                    let digits = rest[1..].find(|sign: char| !sign.is_ascii_digit());
                    self.at += digits.map_or(rest.len(), |digits| digits + 1);
                }
                sign => return Ok(Some(sign)),
            }
        }
    }

    /// The next token and where it begins.
    fn token(&mut self) -> Result<Option<(usize, Token<'a>)>, RecordError> {
        let Some(sign) = self.skip()? else { return Ok(None) };
        let begins = self.at;
        let token = match sign {
            '(' | ')' => {
                self.at += 1;
                if sign == '(' { Token::Open } else { Token::Close }
            }
            '[' => self.tag()?,
            '}' | ']' | '<' | '>' => {
                return Err(self.fault(
                    format!("expected a move, found `{sign}`"),
                    format!("着手があるはずの場所に `{sign}` があります"),
                ));
            }
            _ => {
                let ends = |sign: char| sign.is_whitespace() || "{}()[];$<>".contains(sign);
                let rest = self.rest();
                let length = rest.find(ends).unwrap_or(rest.len());
                let length = length + promotion(&rest[..length], &rest[length..]);
                self.at += length;
                Token::Word(&rest[..length])
            }
        };
        Ok(Some((begins, token)))
    }

    /// `[Name "value"]`; of tags with odd quotes the value is what stands before the last bracket that may end it.
    fn tag(&mut self) -> Result<Token<'a>, RecordError> {
        let wrong = || {
            self.fault(
                "expected a tag, as in [White \"Anderssen\"]",
                "タグとして読めません。[White \"Anderssen\"] のように書いてください",
            )
        };
        let inside = self.rest()[1..].trim_start();
        let length = inside.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).ok_or_else(wrong)?;
        let (name, rest) = inside.split_at(length);
        if length == 0 {
            return Err(wrong());
        }
        let rest = rest.trim_start();
        let (value, rest) = match quoted(rest) {
            Some((value, rest)) => {
                self.at = self.text.len() - rest.len();
                return Ok(Token::Tag(name, value));
            }
            None => {
                let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
                let Some(end) = line.find("\"]").map(|quote| quote + 1).or(line.find(']')) else {
                    self.at = self.text.len() - rest[line.len()..].len();
                    return Ok(Token::Junk);
                };
                let value = line[..end].trim().trim_matches('"');
                (value.to_owned(), &rest[end + 1..])
            }
        };
        self.at = self.text.len() - rest.len();
        Ok(Token::OddTag(name, value))
    }
}

/// A value in quotes and the bracket after it, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut signs) = (String::new(), text.strip_prefix('"')?.chars());
    loop {
        match signs.next()? {
            '"' => break,
            '\\' => value.push(signs.next()?),
            '\n' => return None,
            sign => value.push(sign),
        }
    }
    Some((value, signs.as_str().trim_start().strip_prefix(']')?))
}

/// The bytes after a move that say what a pawn becomes, as in `a8(Q)+`; else 0.
fn promotion(word: &str, after: &str) -> usize {
    let is_goal = word.ends_with(['1', '8']) && word.len() >= 2;
    let mut signs = after.chars();
    let found = (signs.next(), signs.next(), signs.next());
    if !is_goal || !matches!(found, (Some('('), Some('Q' | 'R' | 'B' | 'N' | 'q' | 'r' | 'b' | 'n'), Some(')'))) {
        return 0;
    }
    3 + signs.as_str().chars().take_while(|sign| matches!(sign, '+' | '#' | '!' | '?')).count()
}

/// The tags that matter.
#[derive(Default)]
struct Tags {
    players: [String; 2],
    result: Option<Option<Outcome>>,
    termination: String,
}

impl Tags {
    fn hear(&mut self, name: &str, value: String) {
        let known = |value: String| if value == "?" { String::new() } else { value };
        match name {
            "White" => self.players[0] = known(value),
            "Black" => self.players[1] = known(value),
            "Result" => self.result = outcome_of(&value),
            "Termination" => self.termination = value.to_lowercase(),
            _ => {}
        }
    }
}

/// Reads the first game of a file.
///
/// # Errors
/// Names the place that is no PGN, or the move that cannot be played.
pub(super) fn read(text: &str) -> Result<Record, RecordError> {
    let mut reader = Reader { text, at: 0 };
    let mut tags = Tags::default();
    let mut reading = Reading::from(Chess::default().into());
    let (mut begun, mut has_tags, mut told_last, mut odd) = (false, false, None, Vec::new());
    // Where the variations begin that are open.
    let mut open = Vec::new();
    while let Some((begins, token)) = reader.token()? {
        if let (Token::OddTag(name, value), false) = (&token, begun) {
            let value: String = value.chars().take(40).collect();
            odd.push(Bilingual::new(
                format!("tag {name}: odd quotes; read as {value}"),
                format!("タグ {name}: 引用符が正しくありません。{value} として読みました"),
            ));
        }
        has_tags |= matches!(token, Token::Tag(..) | Token::OddTag(..));
        match token {
            Token::Open => open.push(begins),
            Token::Close => {
                let unopened = || {
                    let what = Bilingual::new("a ) without its (", "対応する ( のない ) があります");
                    RecordError::at(text, begins, what)
                };
                open.pop().ok_or_else(unopened)?;
            }
            // Another game begins.
            Token::Tag(..) | Token::OddTag(..) | Token::Junk if begun || !open.is_empty() => break,
            Token::Junk => {
                let line = RecordError::line_of(text, begins);
                odd.push(Bilingual::new(
                    format!("line {line}: no tag; passed over"),
                    format!("{line} 行目: タグとして読めないため無視しました"),
                ));
            }
            Token::Tag(name, value) | Token::OddTag(name, value) => match (name, value.as_str().trim()) {
                ("FEN", "") => odd.push(Bilingual::new(
                    "FEN: empty; the game is read from the usual start",
                    "FEN: 空のため、通常の初期局面から読みました",
                )),
                ("FEN", fen) => {
                    let found = Chess::default().at_with_notes(fen);
                    let (start, notes) = found.map_err(|why| RecordError::at(text, begins, why))?;
                    reading = Reading::from(start.into());
                    odd.extend(notes);
                }
                ("Variant", other) if !is_chess(other) => {
                    return Err(RecordError::at(
                        text,
                        begins,
                        Bilingual::new(
                            format!("Variant `{other}`: expected chess by its usual rules"),
                            format!("Variant `{other}` は読めません。通常のルールのチェスだけを読めます"),
                        ),
                    ));
                }
                _ => tags.hear(name, value),
            },
            Token::Word(_) if !open.is_empty() => {}
            Token::Word(word) => {
                begun = true;
                if let Some(outcome) = unnumbered(word).and_then(outcome_of) {
                    told_last = Some(outcome);
                    break;
                }
                if let Err(why) = play(&mut reading, word) {
                    let fault = RecordError::at(text, begins, why);
                    // Words without a tag before them may be of another game.
                    if !has_tags {
                        return Err(fault);
                    }
                    reading.end_before(fault)?;
                    tags.result = None;
                    break;
                }
            }
        }
    }
    if let Some(begins) = open.pop() {
        let what = Bilingual::new("a variation has no ) at its end", "変化手順の終わりの ) がありません");
        return Err(RecordError::at(text, begins, what));
    }
    // What is said of the tags comes first.
    reading.note_first(odd);
    let outcome = told_last.flatten().or(tags.result.flatten());
    let ended = match outcome {
        Some(Outcome::Won(_)) if tags.termination.contains("time") => Ending::Time,
        // PGN has no word for it.
        Some(Outcome::Won(_)) if reading.now.outcome().is_none() => Ending::Resignation,
        _ => Ending::Rules,
    };
    Ok(reading.finish(tags.players, outcome, ended))
}

/// Whether a name of a variant means the usual rules.
fn is_chess(variant: &str) -> bool {
    let variant = variant.to_lowercase();
    variant.is_empty() || ["?", "standard", "chess", "normal", "from position"].contains(&variant.as_str())
}

/// Words that remark on a move: a novelty, a diagram, en passant.
const REMARKS: [&str; 7] = ["N", "TN", "D", "e.p.", "ep", "RR", "n"];

/// Plays what a word says, which may have its number before it, or be a number or remark alone.
fn play(reading: &mut Reading, word: &str) -> Result<(), Bilingual> {
    let Some(name) = unnumbered(word) else { return Ok(()) };
    let is_number = name.bytes().all(|sign| sign.is_ascii_digit());
    let is_remark = name.chars().all(|sign| !sign.is_alphanumeric()) && name != "--";
    if is_number && name != "0000" || is_remark || REMARKS.contains(&name) {
        return Ok(());
    }
    let AnyGame::Chess(game) = &reading.now else {
        return Err(Bilingual::new("no game of chess", "チェスの対局ではありません"));
    };
    let number = game.board().fullmove_number();
    let (dots, side) = if game.turn() == Side::First { (".", "白") } else { ("...", "黒") };
    // A letter for a diagram or a novelty may stand after a move.
    let bare = name.trim_end_matches(['!', '?']);
    let without = bare.strip_suffix(['D', 'N']).filter(|_| game.read_as_played(name).is_err());
    reading
        .take(without.unwrap_or(name))
        .map_err(|why| why.0.after(format_args!("move {number}{dots}: "), format_args!("{number} 手目の{side}: ")))
}
