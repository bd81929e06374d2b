//! What an expression comes to.

use super::expression::{ExpressionError, Function, Node, Operator, What, Why};
use crate::data::tokens;
use crate::data::vectors::Vectors;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A value of the arithmetic.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Vector(Vector),
}

/// A vector, and the words that it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector {
    pub values: Vec<f32>,
    pub inputs: BTreeSet<u32>,
    /// The length in the file, where the vector is that of a word.
    norm: Option<f64>,
}

impl Vector {
    /// A word's vector, at length one.
    pub fn of_word(vectors: &Vectors, word: u32) -> Self {
        Vector { values: vectors.unit(word), inputs: BTreeSet::from([word]), norm: Some(vectors.norm(word)) }
    }

    pub fn length(&self) -> f64 {
        self.values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
    }

    /// The cosine with another; zero if either has no length.
    pub fn cosine(&self, other: &Vector) -> f64 {
        let lengths = self.length() * other.length();
        let dot: f64 = self.values.iter().zip(&other.values).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        if lengths > 0.0 { dot / lengths } else { 0.0 }
    }

    pub fn distance(&self, other: &Vector) -> f64 {
        let squares = self.values.iter().zip(&other.values).map(|(a, b)| f64::from(a - b).powi(2));
        squares.sum::<f64>().sqrt()
    }

    fn scaled(mut self, factor: f64) -> Self {
        self.values.iter_mut().for_each(|value| *value = (f64::from(*value) * factor) as f32);
        self.norm = None;
        self
    }

    /// `self + factor · other`.
    pub fn plus(mut self, factor: f32, other: &Vector) -> Self {
        self.values.iter_mut().zip(&other.values).for_each(|(a, b)| *a += factor * b);
        self.inputs.extend(&other.inputs);
        self.norm = None;
        self
    }
}

/// Refuses what 32-bit floats do not hold.
fn finite(value: &Value, at: Range<usize>) -> Result<(), ExpressionError> {
    let finite = match value {
        Value::Number(value) => value.is_finite(),
        Value::Vector(vector) => vector.values.iter().all(|value| value.is_finite()),
    };
    if finite { Ok(()) } else { Err(ExpressionError { at, why: Why::TooLarge }) }
}

/// Words by their vectors, and names by their values.
pub struct Scope<'a> {
    pub vectors: &'a Vectors,
    pub names: &'a BTreeMap<String, Value>,
}

impl Scope<'_> {
    /// Whether a spelling is a word or a name.
    pub fn knows(&self, text: &str) -> bool {
        self.names.contains_key(text) || self.vectors.words().find(text).is_some()
    }

    /// The word of a spelling, if need be in small or narrow letters.
    pub fn word(&self, text: &str) -> Option<u32> {
        tokens::find(self.vectors.words(), text)
    }

    /// The value of a node.
    ///
    /// # Errors
    /// An unknown word, or an operation that its values do not allow, and where.
    pub fn value(&self, node: &Node) -> Result<Value, ExpressionError> {
        let value = match &node.what {
            What::Number(value) => Value::Number(*value),
            What::Word { text, quoted } => self.named(text, *quoted, &node.at)?,
            What::Negative(inner) => match self.value(inner)? {
                Value::Number(value) => Value::Number(-value),
                Value::Vector(vector) => Value::Vector(vector.scaled(-1.0)),
            },
            What::Operation(operator, left, right) => self.operation(*operator, left, right)?,
            What::Call(function, values) => self.call(*function, values)?,
            What::Analogy(sides) => self.analogy(sides)?,
        };
        finite(&value, node.at.clone())?;
        Ok(value)
    }

    /// The vector of a node.
    ///
    /// # Errors
    /// As [`value`](Self::value), or that it is a number.
    pub fn vector(&self, node: &Node) -> Result<Vector, ExpressionError> {
        match self.value(node)? {
            Value::Vector(vector) => Ok(vector),
            Value::Number(_) => Err(ExpressionError { at: node.at.clone(), why: Why::NeedsVector }),
        }
    }

    fn named(&self, text: &str, quoted: bool, at: &Range<usize>) -> Result<Value, ExpressionError> {
        if !quoted && let Some(value) = self.names.get(text) {
            return Ok(value.clone());
        }
        match self.word(text) {
            Some(word) => Ok(Value::Vector(Vector::of_word(self.vectors, word))),
            None => {
                let why = Why::Unknown { word: text.to_owned(), near: self.spelled_alike(text) };
                Err(ExpressionError { at: at.clone(), why })
            }
        }
    }

    /// Words and names that are spelled much like one that is neither, the likest first.
    pub fn spelled_alike(&self, text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        let length = text.chars().count();
        if length > 40 {
            return Vec::new();
        }
        let names = self.names.keys().map(String::as_str);
        let alike = names.chain(self.vectors.words().iter()).filter_map(|word| {
            let other = word.chars().count();
            if other.abs_diff(length) > 3 {
                return None;
            }
            let likeness = strsim::jaro_winkler(&text, word);
            // Short words, most Japanese ones among them, are alike if they begin alike.
            let same = text.chars().zip(word.chars()).take_while(|(a, b)| a == b).count();
            let near = likeness > 0.85 || (length <= 4 && same > 0 && 2 * same >= length.min(other));
            near.then_some((likeness, word))
        });
        let mut alike: Vec<(f64, &str)> = alike.collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0));
        alike.into_iter().take(3).map(|(_, word)| word.to_owned()).collect()
    }

    /// A long sum leans to the left: its terms are gone through one after another, not one within another.
    fn operation(&self, operator: Operator, left: &Node, right: &Node) -> Result<Value, ExpressionError> {
        let mut steps = vec![(operator, left, right)];
        let mut first = left;
        while let What::Operation(operator, left, right) = &first.what {
            steps.push((*operator, left, right));
            first = left;
        }
        let mut value = self.value(first)?;
        for (operator, left, right) in steps.into_iter().rev() {
            value = Self::combined(operator, (left, value), (right, self.value(right)?))?;
            finite(&value, left.at.start..right.at.end)?;
        }
        Ok(value)
    }

    fn combined(
        operator: Operator,
        (left, a): (&Node, Value),
        (right, b): (&Node, Value),
    ) -> Result<Value, ExpressionError> {
        let fault = |node: &Node, why| Err(ExpressionError { at: node.at.clone(), why });
        match (operator, a, b) {
            (Operator::Cosine, Value::Number(_), _) => fault(left, Why::NeedsVector),
            (Operator::Cosine, Value::Vector(a), Value::Vector(b)) => Ok(Value::Number(a.cosine(&b))),
            (Operator::Divide, _, Value::Vector(_)) => fault(right, Why::NeedsNumber),
            (Operator::Divide, _, Value::Number(0.0)) => fault(right, Why::Zero),
            (Operator::Divide, Value::Number(a), Value::Number(b)) => Ok(Value::Number(a / b)),
            (Operator::Divide, Value::Vector(a), Value::Number(b)) => Ok(Value::Vector(a.scaled(1.0 / b))),
            (Operator::Multiply, Value::Vector(_), Value::Vector(_)) => {
                Err(ExpressionError { at: left.at.start..right.at.end, why: Why::TwoVectors })
            }
            (Operator::Multiply, Value::Number(a), Value::Number(b)) => Ok(Value::Number(a * b)),
            (Operator::Multiply, Value::Number(a), Value::Vector(b))
            | (Operator::Multiply, Value::Vector(b), Value::Number(a)) => Ok(Value::Vector(b.scaled(a))),
            (Operator::Add, Value::Number(a), Value::Number(b)) => Ok(Value::Number(a + b)),
            (Operator::Subtract, Value::Number(a), Value::Number(b)) => Ok(Value::Number(a - b)),
            (_, Value::Number(_), Value::Vector(_)) => fault(left, Why::NeedsVector),
            (_, Value::Vector(_), Value::Number(_)) => fault(right, Why::NeedsVector),
            (operator, Value::Vector(a), Value::Vector(b)) => {
                Ok(Value::Vector(a.plus(if operator == Operator::Add { 1.0 } else { -1.0 }, &b)))
            }
        }
    }

    fn call(&self, function: Function, values: &[Node]) -> Result<Value, ExpressionError> {
        let vectors = values.iter().map(|node| self.vector(node)).collect::<Result<Vec<_>, _>>()?;
        Ok(match (function, &vectors[..]) {
            (Function::Norm, [x, ..]) => Value::Number(x.norm.unwrap_or_else(|| x.length())),
            (Function::Distance, [a, b, ..]) => Value::Number(a.distance(b)),
            (Function::Cosine, [a, b, ..]) => Value::Number(a.cosine(b)),
            (_, [first, rest @ ..]) => {
                let sum = rest.iter().fold(first.clone(), |sum, next| sum.plus(1.0, next));
                Value::Vector(sum.scaled(1.0 / vectors.len() as f64))
            }
            // The grammar lets no call without values through.
            (_, []) => Value::Number(0.0),
        })
    }

    /// The side that is missing, so that b − a = d − c; the cosine of the two differences if none is.
    fn analogy(&self, sides: &[Option<Node>; 4]) -> Result<Value, ExpressionError> {
        let mut found = Vec::new();
        for side in sides {
            found.push(side.as_ref().map(|node| self.vector(node)).transpose()?);
        }
        let difference = |x: &Vector, y: &Vector| x.clone().plus(-1.0, y);
        Ok(match &found[..] {
            [Some(a), Some(b), Some(c), None] => Value::Vector(difference(b, a).plus(1.0, c)),
            [Some(a), Some(b), None, Some(d)] => Value::Vector(difference(d, b).plus(1.0, a)),
            [Some(a), None, Some(c), Some(d)] => Value::Vector(difference(d, c).plus(1.0, a)),
            [None, Some(b), Some(c), Some(d)] => Value::Vector(difference(c, d).plus(1.0, b)),
            [Some(a), Some(b), Some(c), Some(d)] => Value::Number(difference(b, a).cosine(&difference(d, c))),
            // The grammar lets no analogy with two gaps through.
            _ => Value::Number(0.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::expression::parse;
    use super::*;

    fn vectors() -> Vectors {
        let mut vectors = Vectors::new("t", 2);
        vectors.push("east", &[3.0, 0.0]);
        vectors.push("north", &[0.0, 2.0]);
        vectors.push("west", &[-1.0, 0.0]);
        vectors
    }

    fn value(line: &str) -> Result<Value, ExpressionError> {
        let (vectors, mut names) = (vectors(), BTreeMap::new());
        names.insert("two".to_owned(), Value::Number(2.0));
        let scope = Scope { vectors: &vectors, names: &names };
        scope.value(&parse(line, &|text| scope.knows(text))?.value)
    }

    fn near(line: &str, expected: f64) {
        match value(line) {
            Ok(Value::Number(found)) => assert!((found - expected).abs() < 1e-6, "{line}: {found}"),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn numbers_come_out_as_geometry_says() {
        near("east . north", 0.0);
        near("east . -west", 1.0);
        near("east + north . east", 0.5_f64.sqrt());
        near("|east|", 3.0);
        near("|east + north|", 2.0_f64.sqrt());
        near("dist(east, west)", 2.0);
        near("two * 3 - 1/4", 5.75);
        near("east : north :: west : -north", -1.0);
        near("|mean(east, west)|", 0.0);
        near("(east : north :: west : ?) . north - 2*east", 1.0);
        near("(? : north :: east : north) . east", 1.0);
        near("(east : ? :: east : north) . north", 1.0);
        near("(east : north :: ? : north) . east", 1.0);
    }

    #[test]
    fn what_cannot_be_computed_is_told_with_its_place() {
        for (line, at, why) in [
            ("east * north", 0..12, Why::TwoVectors),
            ("1 / east", 4..8, Why::NeedsNumber),
            ("east / 0", 7..8, Why::Zero),
            ("east + 1", 7..8, Why::NeedsVector),
            ("|2|", 1..2, Why::NeedsVector),
            ("1e39 * east", 0..11, Why::TooLarge),
            ("east + eats", 7..11, Why::Unknown { word: "eats".into(), near: vec!["east".into()] }),
            ("\"two\"", 0..5, Why::Unknown { word: "two".into(), near: vec!["two".into()] }),
        ] {
            assert_eq!(value(line), Err(ExpressionError { at, why }), "{line}");
        }
    }

    #[test]
    fn the_words_a_value_was_made_of_are_known() {
        let Ok(Value::Vector(vector)) = value("2*east - (north + west)/2") else { panic!("a vector") };
        assert_eq!(vector.inputs.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
    }
}
