//! PGN: games of chess (S. J. Edwards, "Portable Game Notation Specification and Implementation Guide", 1994). The first game of a
//! file is read, without its comments and variations.

use super::plain::{numbered, unnumbered, wrapped};
use super::record::{Ending, Reading, Record, RecordError};
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
    let (mut position, mut names) = (start.clone(), Vec::new());
    for chosen in &record.moves {
        names.push(position.san(*chosen));
        position.play(*chosen);
    }
    let mut words = numbered(names, usize::from(start.board().fullmove_number()), start.turn());
    words.push(result.to_owned());
    text.push('\n');
    text + &wrapped(&words)
}

enum Token<'a> {
    Tag(&'a str, String),
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
    fn fault(&self, what: impl Into<String>) -> RecordError {
        RecordError::at(self.text, self.at, what)
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
                '{' => self.at += rest.find('}').ok_or_else(|| self.fault("a comment has no } at its end"))? + 1,
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
            '}' | ']' | '<' | '>' => return Err(self.fault(format!("expected a move, found `{sign}`"))),
            _ => {
                let ends = |sign: char| sign.is_whitespace() || "{}()[];$<>".contains(sign);
                let rest = self.rest();
                let length = rest.find(ends).unwrap_or(rest.len());
                self.at += length;
                Token::Word(&rest[..length])
            }
        };
        Ok(Some((begins, token)))
    }

    /// `[Name "value"]`.
    fn tag(&mut self) -> Result<Token<'a>, RecordError> {
        let wrong = || self.fault("expected a tag, as in [White \"Anderssen\"]");
        let inside = self.rest()[1..].trim_start();
        let length = inside.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).ok_or_else(wrong)?;
        let (name, rest) = inside.split_at(length);
        let rest = rest.trim_start().strip_prefix('"').filter(|_| length > 0).ok_or_else(wrong)?;
        let (mut value, mut signs) = (String::new(), rest.chars());
        loop {
            match signs.next().ok_or_else(wrong)? {
                '"' => break,
                '\\' => value.push(signs.next().ok_or_else(wrong)?),
                '\n' => return Err(wrong()),
                sign => value.push(sign),
            }
        }
        let rest = signs.as_str().trim_start().strip_prefix(']').ok_or_else(wrong)?;
        self.at = self.text.len() - rest.len();
        Ok(Token::Tag(name, value))
    }
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

/// A start by its FEN, whose last fields may be wanting.
fn start(fen: &str) -> Result<AnyGame, String> {
    let mut fields: Vec<&str> = fen.split_whitespace().collect();
    let usual = ["", "w", "-", "-", "0", "1"];
    fields.extend(usual.iter().skip(fields.len().max(1)));
    let chess = Chess::default().at(&fields.join(" ")).map_err(|why| why.to_string())?;
    Ok(chess.into())
}

/// Reads the first game of a file.
///
/// # Errors
/// Names the place that is no PGN, or the move that cannot be played.
pub(super) fn read(text: &str) -> Result<Record, RecordError> {
    let mut reader = Reader { text, at: 0 };
    let mut tags = Tags::default();
    let mut reading = Reading::from(Chess::default().into());
    let (mut begun, mut told_last) = (false, None);
    // Where the variations begin that are open.
    let mut open = Vec::new();
    while let Some((begins, token)) = reader.token()? {
        match token {
            Token::Open => open.push(begins),
            Token::Close => {
                open.pop().ok_or_else(|| RecordError::at(text, begins, "a ) without its ("))?;
            }
            // Another game begins.
            Token::Tag(..) if begun || !open.is_empty() => break,
            Token::Tag(name, value) => match (name, value.as_str()) {
                ("FEN", fen) => {
                    reading = Reading::from(start(fen).map_err(|why| RecordError::at(text, begins, why))?);
                }
                ("Variant", other) if !is_chess(other) => {
                    return Err(RecordError::at(
                        text,
                        begins,
                        format!("Variant `{other}`: expected chess by its usual rules"),
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
                play(&mut reading, word).map_err(|why| RecordError::at(text, begins, why))?;
            }
        }
    }
    if let Some(begins) = open.pop() {
        return Err(RecordError::at(text, begins, "a variation has no ) at its end"));
    }
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

/// Plays what a word says, which may have its number before it, or be a number or remark alone.
fn play(reading: &mut Reading, word: &str) -> Result<(), String> {
    let Some(name) = unnumbered(word) else { return Ok(()) };
    let is_number = name.bytes().all(|sign| sign.is_ascii_digit());
    let is_remark = name.chars().all(|sign| !sign.is_alphanumeric()) && name != "--";
    if is_number || is_remark || matches!(name, "e.p." | "ep") {
        return Ok(());
    }
    let AnyGame::Chess(game) = &reading.now else { return Err("no game of chess".to_owned()) };
    let number = format!("{}{}", game.board().fullmove_number(), if game.turn() == Side::First { "." } else { "..." });
    if game.outcome() == Some(Outcome::Drawn) {
        return Err(format!(
            "move {number} {name}: the game was drawn before it (a position three times, fifty moves, stalemate, or no mate left)"
        ));
    }
    let chosen = game.read(name).map_err(|why| format!("move {number}: {why}"))?;
    reading.play(chosen);
    Ok(())
}
