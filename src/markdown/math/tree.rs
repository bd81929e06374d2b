//! From the parser's flat events to a tree.

use pulldown_latex::event::{
    Content, DelimiterType, EnvironmentFlow, Event, Font, Grouping, ScriptPosition, ScriptType, StateChange, Visual,
};
use pulldown_latex::{Parser, Storage};

/// What a symbol is, as far as the space around it is concerned (Knuth, The TeXbook, chapter 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Ordinary,
    /// A function name or a large operator.
    Operator,
    Binary,
    Relation,
    Open,
    Close,
    Punctuation,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Symbol {
        text: String,
        class: Class,
    },
    Row(Vec<Node>),
    Fraction(Box<Node>, Box<Node>),
    /// Radicand and index.
    Root(Box<Node>, Option<Box<Node>>),
    Scripts {
        base: Box<Node>,
        below: Option<Box<Node>>,
        above: Option<Box<Node>>,
        place: ScriptPlace,
    },
    Delimited(Option<char>, Box<Node>, Option<char>),
    /// Rows of cells; whether cells are aligned at relations (right, left, right …).
    Table {
        rows: Vec<Vec<Node>>,
        aligned: bool,
    },
    /// A space of so many cells.
    Space(usize),
}

/// Where scripts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptPlace {
    Right,
    /// Above and below.
    Limits,
    /// Above and below where a formula is displayed.
    LimitsInDisplay,
}

/// Parses a formula.
pub fn parse(latex: &str) -> Result<Node, String> {
    let storage = Storage::new();
    let mut events = Vec::new();
    for event in Parser::new(latex, &storage) {
        events.push(event.map_err(|error| {
            let text = error.to_string();
            let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("cannot be read").trim();
            format!("formula `{}`: {first}", latex.trim())
        })?);
    }
    let mut reader = Reader { events: &events, next: 0, depth: 0 };
    let mut cells = reader.cells(None)?;
    Ok(cells.pop().and_then(|mut row| if row.len() == 1 { row.pop() } else { None }).unwrap_or(Node::Row(vec![])))
}

struct Reader<'a> {
    events: &'a [Event<'a>],
    next: usize,
    depth: usize,
}

/// Groups deeper than this are no formula for people.
const DEEPEST: usize = 60;

impl<'a> Reader<'a> {
    fn take(&mut self) -> Option<&'a Event<'a>> {
        let event = self.events.get(self.next);
        self.next += 1;
        event
    }

    /// Rows of cells up to the end of a group; a formula without & and \\ is one cell.
    fn cells(&mut self, outer: Option<Font>) -> Result<Vec<Vec<Node>>, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("a formula nested too deeply".to_owned());
        }
        let mut font = outer;
        let mut rows: Vec<Vec<Node>> = vec![vec![]];
        let mut cell: Vec<Node> = Vec::new();
        let close = |rows: &mut Vec<Vec<Node>>, cell: &mut Vec<Node>| {
            rows.last_mut().expect("a row").push(Node::Row(std::mem::take(cell)));
        };
        while let Some(event) = self.events.get(self.next) {
            match event {
                Event::End => {
                    self.next += 1;
                    break;
                }
                Event::StateChange(change) => {
                    self.next += 1;
                    if let StateChange::Font(new) = change {
                        font = *new;
                    }
                }
                Event::EnvironmentFlow(EnvironmentFlow::Alignment) => {
                    self.next += 1;
                    close(&mut rows, &mut cell);
                }
                Event::EnvironmentFlow(EnvironmentFlow::NewLine { .. }) => {
                    self.next += 1;
                    close(&mut rows, &mut cell);
                    rows.push(vec![]);
                }
                Event::EnvironmentFlow(_) => self.next += 1,
                _ => cell.push(self.element(font)?),
            }
        }
        close(&mut rows, &mut cell);
        // A last line break leaves an empty row.
        if rows.len() > 1 && rows.last().is_some_and(|row| row.iter().all(|cell| *cell == Node::Row(vec![]))) {
            rows.pop();
        }
        self.depth -= 1;
        Ok(rows)
    }

    fn boxed(&mut self, font: Option<Font>) -> Result<Box<Node>, String> {
        self.element(font).map(Box::new)
    }

    fn element(&mut self, font: Option<Font>) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("a formula nested too deeply".to_owned());
        }
        let Some(event) = self.take() else { return Err("a formula that ends too soon".to_owned()) };
        let node = match event {
            // `\ ` and `~`, for which the parser has what HTML has.
            Event::Content(Content::Text("&nbsp;")) => Node::Space(1),
            Event::Content(content) => symbol(content, font),
            Event::Begin(group) => {
                let mut rows = self.cells(font)?;
                match group {
                    Grouping::LeftRight(open, close) => Node::Delimited(*open, Box::new(joined(rows)), *close),
                    Grouping::Cases { left } => {
                        let table = Box::new(Node::Table { rows, aligned: false });
                        if *left {
                            Node::Delimited(Some('{'), table, None)
                        } else {
                            Node::Delimited(None, table, Some('}'))
                        }
                    }
                    Grouping::Matrix { .. } | Grouping::Array(_) | Grouping::SubArray { .. } => {
                        Node::Table { rows, aligned: false }
                    }
                    _ if rows.len() > 1 || rows[0].len() > 1 => Node::Table { rows, aligned: true },
                    _ => rows.pop().and_then(|mut row| row.pop()).unwrap_or(Node::Row(vec![])),
                }
            }
            Event::Visual(Visual::SquareRoot) => Node::Root(self.boxed(font)?, None),
            Event::Visual(Visual::Root) => {
                let radicand = self.boxed(font)?;
                Node::Root(radicand, Some(self.boxed(font)?))
            }
            Event::Visual(Visual::Fraction(_)) => {
                let above = self.boxed(font)?;
                Node::Fraction(above, self.boxed(font)?)
            }
            Event::Visual(Visual::Negation) => match self.element(font)? {
                Node::Symbol { text, class } => Node::Symbol { text: format!("{text}\u{338}"), class },
                other => other,
            },
            Event::Script { ty, position } => {
                let base = self.boxed(font)?;
                let (below, above) = match ty {
                    ScriptType::Subscript => (Some(self.boxed(font)?), None),
                    ScriptType::Superscript => (None, Some(self.boxed(font)?)),
                    ScriptType::SubSuperscript => {
                        let below = self.boxed(font)?;
                        (Some(below), Some(self.boxed(font)?))
                    }
                };
                let place = match position {
                    ScriptPosition::Right => ScriptPlace::Right,
                    ScriptPosition::AboveBelow => ScriptPlace::Limits,
                    ScriptPosition::Movable => ScriptPlace::LimitsInDisplay,
                };
                Node::Scripts { base, below, above, place }
            }
            Event::Space { width, .. } => {
                // An em is two cells, and a thin space of a sixth of it is none in a grid so coarse.
                let em = width.map_or(0.0, |width| match width.unit {
                    pulldown_latex::event::DimensionUnit::Mu => width.value / 18.0,
                    pulldown_latex::event::DimensionUnit::Em => width.value,
                    _ => width.value / 10.0,
                });
                Node::Space(if em >= 0.9 { (em * 2.0).round().min(8.0) as usize } else { usize::from(em > 0.1) })
            }
            Event::StateChange(_) | Event::EnvironmentFlow(_) => self.element(font)?,
            Event::End => Node::Row(vec![]),
        };
        self.depth -= 1;
        Ok(node)
    }
}

/// The cells of a group that is no table, one after another.
fn joined(rows: Vec<Vec<Node>>) -> Node {
    let mut cells: Vec<Node> = rows.into_iter().flatten().collect();
    if cells.len() == 1 { cells.pop().expect("one cell") } else { Node::Row(cells) }
}

fn symbol(content: &Content, font: Option<Font>) -> Node {
    let of = |text: String, class| Node::Symbol { text, class };
    match content {
        Content::Text(text) => of(as_read(text), Class::Ordinary),
        Content::Number(text) => of((*text).to_owned(), Class::Ordinary),
        Content::Function(name) => of((*name).to_owned(), Class::Operator),
        Content::Ordinary { content, .. } => of(letter(*content, font).to_string(), Class::Ordinary),
        Content::LargeOp { content, .. } => of(content.to_string(), Class::Operator),
        Content::BinaryOp { content, .. } => {
            of(if *content == '-' { '−' } else { *content }.to_string(), Class::Binary)
        }
        Content::Relation { content, .. } => {
            let mut bytes = [0; 8];
            let text = std::str::from_utf8(content.encode_utf8_to_buf(&mut bytes)).unwrap_or("?").to_owned();
            of(text, Class::Relation)
        }
        Content::Delimiter { content, ty, .. } => of(
            content.to_string(),
            match ty {
                DelimiterType::Open => Class::Open,
                DelimiterType::Close => Class::Close,
                DelimiterType::Fence => Class::Ordinary,
            },
        ),
        Content::Punctuation(content) => of(content.to_string(), Class::Punctuation),
    }
}

/// The words of `\text` as they are read: `~` is a space, and a backslash stands before a space or a sign that LaTeX would take for its own.
fn as_read(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '~' => read.push(' '),
            '\\' if letters.peek().is_some_and(|next| " %$#&_{}".contains(*next)) => read.extend(letters.next()),
            letter => read.push(letter),
        }
    }
    read
}

/// A letter in a font, as far as terminals' fonts go.
fn letter(letter: char, font: Option<Font>) -> char {
    match (font, letter) {
        (Some(Font::DoubleStruck), 'C') => 'ℂ',
        (Some(Font::DoubleStruck), 'N') => 'ℕ',
        (Some(Font::DoubleStruck), 'P') => 'ℙ',
        (Some(Font::DoubleStruck), 'Q') => 'ℚ',
        (Some(Font::DoubleStruck), 'R') => 'ℝ',
        (Some(Font::DoubleStruck), 'Z') => 'ℤ',
        (Some(Font::Script), 'L') => 'ℒ',
        (_, '-') => '−',
        (_, 'µ') => 'μ',
        (_, other) => other,
    }
}
