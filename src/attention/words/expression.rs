//! The grammar of word arithmetic.
//!
//! ```text
//! statement = [ name "=" ] value
//! value     = analogy | sum [ "." sum ]                 "." is the cosine
//! analogy   = side ":" side "::" side ":" side          one side may be "?"
//! sum       = product { ("+" | "-") product }
//! product   = unary { ("*" | "/") unary }
//! unary     = "-" unary | atom
//! atom      = number | word | "quoted" | "(" value ")" | "|" value "|" | function "(" value { "," value } ")"
//! ```
//!
//! A `-`, `.` or `/` between letters belongs to the word if there is such a word (`well-known`, `u.s.`), and is an operator
//! if there is none (`king-man`). Full-width signs, as Japanese keyboards write them, mean what their narrow ones mean.

mod tokens;

use std::ops::Range;
use tokens::{Placed, Token, tokens};

/// Brackets within brackets.
const DEEPEST: usize = 64;
/// Words, numbers and signs of a line.
const MOST: usize = 4096;

/// Something in a line, by the bytes it stands at.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub at: Range<usize>,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Number(f64),
    /// As typed; a quoted one is never a name.
    Word {
        text: String,
        quoted: bool,
    },
    Negative(Box<Node>),
    Operation(Operator, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
    /// a : b :: c : d, with the side that is asked for left out.
    Analogy(Box<[Option<Node>; 4]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Cosine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// |x|, or `norm(x)`.
    Norm,
    /// How far apart two vectors end.
    Distance,
    Mean,
    /// `cos(a, b)`, the same as `a . b`.
    Cosine,
}

impl Function {
    pub const NAMES: [(&str, Function); 4] =
        [("dist", Function::Distance), ("mean", Function::Mean), ("cos", Function::Cosine), ("norm", Function::Norm)];
}

/// A line that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What the value is to be called.
    pub name: Option<String>,
    pub value: Node,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpressionError {
    pub at: Range<usize>,
    pub why: Why,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// A value was expected: a word, a number, a bracket.
    NoValue,
    /// Two values with nothing between them.
    NoOperator,
    /// A sign that has no meaning here.
    Sign(String),
    /// A bracket or quote that is never closed.
    Open(char),
    /// `name = …` with something else than a name before the sign.
    NotAName,
    /// An analogy has four sides.
    Sides,
    /// An analogy asks for one side at most.
    TwoQuestions,
    /// `?` outside an analogy.
    Question,
    Deep,
    /// No such word, and the nearest spellings.
    Unknown {
        word: String,
        near: Vec<String>,
    },
    /// A number where a vector is needed.
    NeedsVector,
    /// A vector where a number is needed.
    NeedsNumber,
    /// Two vectors multiplied.
    TwoVectors,
    Zero,
    /// How many values a function takes.
    Count(usize),
    /// A number beyond what 32-bit floats hold.
    TooLarge,
    /// More terms than a line may have.
    Long(usize),
}

/// Reads a line; `known` says whether a spelling is a word or a name.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse(line: &str, known: &dyn Fn(&str) -> bool) -> Result<Statement, ExpressionError> {
    let mut parser = Parser::new(line, known)?;
    let name = match (&parser.tokens[0].0, parser.tokens.get(1).map(|token| &token.0)) {
        (Token::Word { text, quoted: false }, Some(Token::Sign("="))) => {
            let name = text.clone();
            parser.place = 2;
            Some(name)
        }
        _ => None,
    };
    let value = parser.value()?;
    match parser.peek() {
        Token::End => Ok(Statement { name, value }),
        Token::Sign("=") => Err(ExpressionError { at: 0..parser.at().start, why: Why::NotAName }),
        Token::Sign("?") => Err(parser.fault(Why::Question)),
        Token::Sign(":" | "::") => Err(parser.fault(Why::Sides)),
        Token::Sign(sign) if *sign != "(" && *sign != "|" => Err(parser.fault(Why::Sign((*sign).to_owned()))),
        _ => Err(parser.fault(Why::NoOperator)),
    }
}

/// Reads values one after another, as commands take them: `king "New York" (paris - france)`.
///
/// # Errors
/// As [`parse`].
pub fn items(text: &str, known: &dyn Fn(&str) -> bool) -> Result<Vec<Node>, ExpressionError> {
    let mut parser = Parser::new(text, known)?;
    let mut items = Vec::new();
    while *parser.peek() != Token::End {
        if !parser.takes(",") {
            items.push(parser.atom()?);
        }
    }
    Ok(items)
}

struct Parser {
    tokens: Vec<Placed>,
    place: usize,
    depth: usize,
}

impl Parser {
    fn new(line: &str, known: &dyn Fn(&str) -> bool) -> Result<Self, ExpressionError> {
        let tokens = tokens(line, known)?;
        match tokens.get(MOST) {
            Some((_, at)) => Err(ExpressionError { at: at.clone(), why: Why::Long(MOST) }),
            None => Ok(Parser { tokens, place: 0, depth: 0 }),
        }
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.place].0
    }

    fn at(&self) -> Range<usize> {
        self.tokens[self.place].1.clone()
    }

    fn fault(&self, why: Why) -> ExpressionError {
        ExpressionError { at: self.at(), why }
    }

    fn next(&mut self) -> Placed {
        let token = self.tokens[self.place].clone();
        self.place = (self.place + 1).min(self.tokens.len() - 1);
        token
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(own) if *own == sign);
        if found {
            self.next();
        }
        found
    }

    fn value(&mut self) -> Result<Node, ExpressionError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.fault(Why::Deep));
        }
        let first = self.side()?;
        let value = match (first, self.peek()) {
            (first, Token::Sign(":")) => self.analogy(first),
            (None, _) => {
                self.place -= 1;
                Err(self.fault(Why::Question))
            }
            (Some(first), Token::Sign(".")) => {
                self.next();
                let second = self.sum()?;
                Ok(binary(Operator::Cosine, first, second))
            }
            (Some(first), _) => Ok(first),
        };
        self.depth -= 1;
        value
    }

    /// A side of an analogy; `None` for `?`.
    fn side(&mut self) -> Result<Option<Node>, ExpressionError> {
        if self.takes("?") { Ok(None) } else { self.sum().map(Some) }
    }

    fn analogy(&mut self, first: Option<Node>) -> Result<Node, ExpressionError> {
        let start = first.as_ref().map_or(self.at().start, |node| node.at.start);
        let mut sides = vec![first];
        for sign in [":", "::", ":"] {
            if !self.takes(sign) {
                return Err(self.fault(Why::Sides));
            }
            sides.push(self.side()?);
        }
        let end = self.tokens[self.place - 1].1.end;
        if sides.iter().filter(|side| side.is_none()).count() > 1 {
            return Err(ExpressionError { at: start.min(end)..end, why: Why::TwoQuestions });
        }
        let sides: [Option<Node>; 4] =
            sides.try_into().map_err(|_| ExpressionError { at: start..end, why: Why::Sides })?;
        Ok(Node { at: start.min(end)..end, what: What::Analogy(Box::new(sides)) })
    }

    fn sum(&mut self) -> Result<Node, ExpressionError> {
        let mut left = self.product()?;
        loop {
            let operator = if self.takes("+") {
                Operator::Add
            } else if self.takes("-") {
                Operator::Subtract
            } else {
                return Ok(left);
            };
            left = binary(operator, left, self.product()?);
        }
    }

    fn product(&mut self) -> Result<Node, ExpressionError> {
        let mut left = self.unary()?;
        loop {
            let operator = if self.takes("*") {
                Operator::Multiply
            } else if self.takes("/") {
                Operator::Divide
            } else {
                return Ok(left);
            };
            left = binary(operator, left, self.unary()?);
        }
    }

    fn unary(&mut self) -> Result<Node, ExpressionError> {
        let mut signs = Vec::new();
        while matches!(self.peek(), Token::Sign("-")) {
            signs.push(self.next().1.start);
        }
        let mut node = self.atom()?;
        // Two signs are none, so that a row of them nests nothing.
        if signs.len() % 2 == 1 {
            node = Node { at: signs[0]..node.at.end, what: What::Negative(Box::new(node)) };
        }
        Ok(node)
    }

    fn atom(&mut self) -> Result<Node, ExpressionError> {
        let (token, at) = self.next();
        match token {
            Token::Number(value) => Ok(Node { at, what: What::Number(value) }),
            Token::Word { text, quoted } => {
                let function = Function::NAMES.iter().find(|(name, _)| *name == text);
                match function {
                    Some((_, function)) if !quoted && self.takes("(") => self.call(*function, at.start),
                    _ => Ok(Node { at, what: What::Word { text, quoted } }),
                }
            }
            Token::Sign("(") => {
                let inner = self.value()?;
                self.close(")", '(', &at)?;
                Ok(Node { at: at.start..self.tokens[self.place - 1].1.end, what: inner.what })
            }
            Token::Sign("|") => {
                let inner = self.value()?;
                self.close("|", '|', &at)?;
                let end = self.tokens[self.place - 1].1.end;
                Ok(Node { at: at.start..end, what: What::Call(Function::Norm, vec![inner]) })
            }
            Token::Sign("?") => Err(ExpressionError { at, why: Why::Question }),
            Token::Sign(_) | Token::End => Err(ExpressionError { at, why: Why::NoValue }),
        }
    }

    fn close(&mut self, sign: &str, open: char, at: &Range<usize>) -> Result<(), ExpressionError> {
        if self.takes(sign) {
            return Ok(());
        }
        match self.peek() {
            Token::End => Err(ExpressionError { at: at.clone(), why: Why::Open(open) }),
            Token::Sign(":" | "::") => Err(self.fault(Why::Sides)),
            Token::Sign("?") => Err(self.fault(Why::Question)),
            Token::Sign(sign) if *sign != "(" => Err(self.fault(Why::Sign((*sign).to_owned()))),
            _ => Err(self.fault(Why::NoOperator)),
        }
    }

    fn call(&mut self, function: Function, start: usize) -> Result<Node, ExpressionError> {
        let open = self.tokens[self.place - 1].1.clone();
        let mut values = vec![self.value()?];
        while self.takes(",") {
            values.push(self.value()?);
        }
        self.close(")", '(', &open)?;
        let at = start..self.tokens[self.place - 1].1.end;
        let wanted = match function {
            Function::Norm => 1,
            Function::Distance | Function::Cosine => 2,
            Function::Mean => values.len(),
        };
        if values.len() != wanted {
            return Err(ExpressionError { at, why: Why::Count(wanted) });
        }
        Ok(Node { at, what: What::Call(function, values) })
    }
}

fn binary(operator: Operator, left: Node, right: Node) -> Node {
    Node { at: left.at.start..right.at.end, what: What::Operation(operator, Box::new(left), Box::new(right)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known(word: &str) -> bool {
        ["king", "man", "woman", "well-known", "u.s.", "u", "and/or", "王", "2nd", "mean"].contains(&word)
    }

    /// A line as brackets show how it was read.
    fn shape(line: &str) -> String {
        fn of(node: &Node) -> String {
            match &node.what {
                What::Number(value) => value.to_string(),
                What::Word { text, quoted: false } => text.clone(),
                What::Word { text, .. } => format!("'{text}'"),
                What::Negative(inner) => format!("(- {})", of(inner)),
                What::Operation(operator, a, b) => {
                    let sign = match operator {
                        Operator::Add => '+',
                        Operator::Subtract => '-',
                        Operator::Multiply => '*',
                        Operator::Divide => '/',
                        Operator::Cosine => '.',
                    };
                    format!("({} {sign} {})", of(a), of(b))
                }
                What::Call(function, values) => {
                    format!("{function:?}({})", values.iter().map(of).collect::<Vec<_>>().join(", "))
                }
                What::Analogy(sides) => {
                    let sides: Vec<String> =
                        sides.iter().map(|side| side.as_ref().map_or("?".to_owned(), of)).collect();
                    format!("[{}]", sides.join(" "))
                }
            }
        }
        match parse(line, &known) {
            Ok(Statement { name: Some(name), value }) => format!("{name} := {}", of(&value)),
            Ok(Statement { value, .. }) => of(&value),
            Err(ExpressionError { at, why }) => format!("{}..{} {why:?}", at.start, at.end),
        }
    }

    #[test]
    fn lines_are_read_by_precedence() {
        for (line, expected) in [
            ("king - man + woman", "((king - man) + woman)"),
            ("2*king - man + (woman + 王)/2", "(((2 * king) - man) + ((woman + 王) / 2))"),
            ("king . man - woman", "(king . (man - woman))"),
            ("-king * -2", "((- king) * (- 2))"),
            ("- - king", "king"),
            ("|king - |man|*woman|", "Norm((king - (Norm(man) * woman)))"),
            ("royal = king-man", "royal := (king - man)"),
            ("king : man :: woman : ?", "[king man woman ?]"),
            ("? : man::woman : 王 + 1", "[? man woman (王 + 1)]"),
            ("mean(king, man) + mean", "(Mean(king, man) + mean)"),
            ("dist(king, man)/3e-1", "(Distance(king, man) / 0.3)"),
            ("\"New York\" + 「東 京」", "('New York' + '東 京')"),
            ("King − ＭＡＮ ＋ 王", "((king - man) + 王)"),
            ("well-known-man", "(well-known - man)"),
            ("u.s. + king.man", "((u.s. + king) . man)"),
            ("u.s", "(u . s)"),
            ("2nd - 2", "(2nd - 2)"),
            ("and/or / 2", "(and/or / 2)"),
        ] {
            assert_eq!(shape(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (line, expected) in [
            ("", "0..0 NoValue"),
            ("king +", "6..6 NoValue"),
            ("king man", "5..8 NoOperator"),
            ("(king", "0..1 Open('(')"),
            ("|king", "0..1 Open('|')"),
            ("\"king", "0..1 Open('\"')"),
            ("king)", "4..5 Sign(\")\")"),
            ("king ^ 2", "5..6 Sign(\"^\")"),
            ("2 = king", "0..2 NotAName"),
            ("king : man", "10..10 Sides"),
            ("king : ? :: ? : man", "0..19 TwoQuestions"),
            ("king + ?", "7..8 Question"),
            ("?", "0..1 Question"),
            ("dist(king)", "0..10 Count(2)"),
        ] {
            assert_eq!(shape(line), expected, "{line}");
        }
        assert!(shape(&"(".repeat(1000)).ends_with("Deep"));
        assert!(shape(&"king + ".repeat(20_000)).ends_with("Long(4096)"));
        assert_eq!(shape(&format!("{}1", "1+".repeat(2000))).matches('+').count(), 2000);
        // Thousands of parts with joints between them, of which none is a word.
        assert!(shape(&"x-".repeat(100_000)).ends_with("Long(4096)"));
    }

    proptest! {
        /// Whatever is typed: a statement or a fault that lies within the line.
        #[test]
        fn any_line_is_read_or_refused(line in prop_oneof![
            "\\PC{0,40}",
            "([a-z.\\-/ ]{0,6}|[0-9.e+\\-]{0,5}|[-+*/(|),.:?=\"「」]{0,3}|王|king| ){0,16}",
        ]) {
            match parse(&line, &known) {
                Ok(Statement { value, .. }) => prop_assert!(value.at.end <= line.len()),
                Err(ExpressionError { at, .. }) => {
                    prop_assert!(at.start <= at.end && at.end <= line.len());
                    prop_assert!(line.is_char_boundary(at.start) && line.is_char_boundary(at.end));
                }
            }
        }
    }
}
