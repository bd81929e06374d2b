//! The trees of SGF: nodes with properties, of which those on the first line of play are kept. Read as far as it goes: what is no SGF is
//! passed over up to the next node or property, and said.

use super::RecordError;
use crate::experiment::Bilingual;

/// How deep a tree may nest.
const DEEPEST: usize = 500;

/// A property of a node, and the byte where it stands.
pub struct Property {
    pub name: String,
    pub values: Vec<String>,
    pub at: usize,
}

/// The first line of play, and what was passed over.
pub struct FirstLine {
    pub nodes: Vec<Vec<Property>>,
    pub notes: Vec<Bilingual>,
}

/// Where a game begins: a bracket, and a node or (of servers that leave out its sign) a property after it.
pub fn begins(text: &str) -> Option<usize> {
    let opens = |at: &usize| {
        let inside = text[at + 1..].trim_start();
        let node = inside.strip_prefix(';').map(str::trim_start);
        let rest = node.unwrap_or(inside);
        let name = rest.bytes().take_while(u8::is_ascii_uppercase).count();
        (1..=8).contains(&name) && rest[name..].trim_start().starts_with('[')
            || node.is_some_and(|rest| rest.starts_with([';', ')', '(']))
    };
    text.match_indices('(').map(|(at, _)| at).find(opens)
}

/// Reads the first game of a text.
pub fn read(text: &str) -> Result<FirstLine, RecordError> {
    let is_node = |at: &usize| text[at + 1..].trim_start().starts_with(';');
    let at = begins(text).or_else(|| text.match_indices('(').map(|(at, _)| at).find(is_node));
    let Some(at) = at else {
        let place = text.find('(').unwrap_or(text.len());
        let what = Bilingual::new(
            "no game of SGF: expected (; and its properties, as in (;GM[1]SZ[9]",
            "SGF の対局がありません。(;GM[1]SZ[9] のように、(; に続けてプロパティを書いてください",
        );
        return Err(RecordError::at(text, place, what));
    };
    let mut reader = Reader { text, at, nodes: Vec::new(), notes: Vec::new() };
    if !text[..at].trim().is_empty() {
        reader.note("text before the game is passed over", "対局の前にある文章は読み飛ばしました");
    }
    reader.tree(true, 0)?;
    Ok(FirstLine { nodes: reader.nodes, notes: reader.notes })
}

impl Property {
    pub fn first(&self) -> &str {
        self.values.first().map_or("", |value| value.trim())
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Nodes on the first line of play.
    nodes: Vec<Vec<Property>>,
    notes: Vec<Bilingual>,
}

impl Reader<'_> {
    fn fault(&self, en: impl Into<String>, ja: impl Into<String>) -> RecordError {
        RecordError::at(self.text, self.at, Bilingual::new(en, ja))
    }

    fn peek(&mut self) -> Option<char> {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest.chars().next()
    }

    fn note(&mut self, en: &str, ja: &str) {
        let note = Bilingual::new(en, ja);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn cut_short(&mut self) {
        self.note(
            "the file is cut short; it is read as far as it goes",
            "ファイルが途中で切れています。読めるところまで読みました",
        );
    }

    /// Passes over what is no SGF, up to the next sign of a tree, or at the beginning of a line to a property.
    fn skip(&mut self) {
        let begins = self.at;
        let rest = &self.text[begins..];
        let is_sign = |(at, sign): &(usize, char)| {
            matches!(sign, ';' | '(' | ')')
                || sign.is_ascii_uppercase() && rest[..*at].ends_with(['\n', '\r', ']']) && is_property(&rest[*at..])
        };
        let length = rest.char_indices().skip(1).find(is_sign).map_or(rest.len(), |(at, _)| at);
        self.at += length;
        let line = RecordError::line_of(self.text, begins);
        let shown: String = rest[..length].split_whitespace().collect::<Vec<_>>().join(" ").chars().take(20).collect();
        self.note(
            &format!("line {line}: `{shown}` is passed over: expected a node or a property"),
            &format!("{line} 行目: `{shown}` は SGF として読めないため無視しました"),
        );
    }

    fn found(&mut self) -> Bilingual {
        self.peek()
            .map_or_else(|| Bilingual::new("the end", "ファイルの終わり"), |sign| Bilingual::same(format!("`{sign}`")))
    }

    fn take(&mut self, sign: char) -> bool {
        let is = self.peek() == Some(sign);
        if is {
            self.at += sign.len_utf8();
        }
        is
    }

    /// A tree: nodes, then trees, of which the first goes on.
    fn tree(&mut self, kept: bool, depth: usize) -> Result<(), RecordError> {
        if depth > DEEPEST {
            return Err(self.fault(
                format!("variations within variations, {DEEPEST} deep"),
                format!("変化手順の入れ子が {DEEPEST} 段を超えています"),
            ));
        }
        if !self.take('(') {
            let Bilingual { en, ja } = self.found();
            return Err(self.fault(
                format!("expected ( to begin a game, found {en}"),
                format!("対局の始まりの ( があるはずの場所に、{ja} があります"),
            ));
        }
        // Some servers leave out the sign of the first node.
        if self.peek().is_some_and(|sign| sign.is_ascii_alphabetic()) {
            self.note("no ; before the first node", "最初のノードの前に ; がありません");
            self.add_node(kept)?;
        } else if self.peek() != Some(';') {
            let Bilingual { en, ja } = self.found();
            return Err(self.fault(
                format!("expected ; to begin a node, found {en}"),
                format!("ノードの始まりの ; があるはずの場所に、{ja} があります"),
            ));
        }
        let mut first = true;
        loop {
            match self.peek() {
                Some(';') if first => {
                    self.at += 1;
                    self.add_node(kept)?;
                }
                Some('(') => {
                    self.tree(kept && first, depth + 1)?;
                    first = false;
                }
                Some(')') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => self.skip(),
                None => {
                    self.cut_short();
                    return Ok(());
                }
            }
        }
    }

    fn add_node(&mut self, kept: bool) -> Result<(), RecordError> {
        let node = self.node()?;
        if kept {
            self.nodes.push(node);
        }
        Ok(())
    }

    fn node(&mut self) -> Result<Vec<Property>, RecordError> {
        let mut properties = Vec::new();
        loop {
            match self.peek() {
                Some(sign) if sign.is_ascii_alphabetic() => {
                    let at = self.at;
                    let rest = &self.text[self.at..];
                    let length = rest.find(|sign: char| !sign.is_ascii_alphabetic()).unwrap_or(rest.len());
                    // Old files have small letters in between, which do not count.
                    let name: String = rest[..length].chars().filter(char::is_ascii_uppercase).collect();
                    if !rest[length..].trim_start().starts_with('[') {
                        self.skip();
                        continue;
                    }
                    self.at += length;
                    let mut values = Vec::new();
                    while self.take('[') {
                        values.extend(self.value());
                    }
                    // A mark of MultiGo runs into the property after it.
                    let name = name.strip_prefix("MULTIGO").map_or(name.clone(), str::to_owned);
                    properties.push(Property { name, values, at });
                }
                None | Some(';' | '(' | ')') => return Ok(properties),
                Some(_) => self.skip(),
            }
        }
    }

    /// A value up to its bracket; none if the file ends before that.
    fn value(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut signs = self.text[self.at..].char_indices();
        while let Some((place, sign)) = signs.next() {
            match sign {
                ']' => {
                    self.at += place + 1;
                    return Some(value);
                }
                '\\' => match signs.next() {
                    // A line that is broken softly goes on.
                    Some((place, '\r')) if self.text[self.at + place..].starts_with("\r\n") => {
                        signs.next();
                    }
                    Some((_, '\n' | '\r')) | None => {}
                    Some((_, escaped)) => value.push(escaped),
                },
                sign => value.push(sign),
            }
        }
        self.at = self.text.len();
        self.cut_short();
        None
    }
}

/// Whether a text begins with a property.
fn is_property(text: &str) -> bool {
    let name = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    (1..=8).contains(&name) && text[name..].trim_start().starts_with('[')
}
