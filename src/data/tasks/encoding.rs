//! A closed vocabulary: the pieces of a task's texts and their ids. A piece is a character, or a word where a task is
//! about words.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Id of the token that fills a batch up to its longest text.
pub const PADDING: usize = 0;
/// Id of the token before the first of a text.
pub const START: usize = 1;
/// Id of the token after the last of a text.
pub const END: usize = 2;

/// How the special tokens are shown, by id.
const SPECIAL: [&str; 3] = ["<PAD>", "<S>", "<EOS>"];
/// Words that an error shows of a vocabulary.
const SHOWN: usize = 8;

/// How a text is cut into pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unit {
    Character,
    /// Words with spaces between them.
    SpacedWord,
    /// Words without spaces: at each place the longest word that fits.
    JoinedWord,
}

/// Ids for the pieces of a text: 0 is padding, 1 the start `<S>`, 2 the end `<EOS>`, then the pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Encoding {
    unit: Unit,
    pieces: Vec<String>,
    ids: BTreeMap<String, usize>,
    /// Bytes of the longest piece.
    longest: usize,
}

/// An encoding in a file: its pieces without the special tokens.
#[derive(Clone, Serialize, Deserialize)]
struct Written {
    unit: Unit,
    pieces: Vec<String>,
}

impl From<Written> for Encoding {
    fn from(Written { unit, pieces }: Written) -> Self {
        Encoding::new(unit, pieces.into_iter())
    }
}

impl From<Encoding> for Written {
    fn from(encoding: Encoding) -> Self {
        Written { unit: encoding.unit, pieces: encoding.pieces.into_iter().skip(SPECIAL.len()).collect() }
    }
}

/// Why a text has no ids.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodeError {
    #[error("the text is empty: write at least one piece of the vocabulary, which has {vocabulary}")]
    Empty { vocabulary: String },
    #[error("`{piece}` at column {column} is not in the vocabulary, which has {vocabulary}")]
    Unknown {
        /// The character or the word.
        piece: String,
        /// Where it begins, in characters from 1.
        column: usize,
        /// What could stand there.
        vocabulary: String,
    },
}

impl EncodeError {
    /// The same in Japanese.
    pub fn in_japanese(&self) -> String {
        match self {
            EncodeError::Empty { vocabulary } => format!("何も書かれていません。使えるもの: {vocabulary}"),
            EncodeError::Unknown { piece, column, vocabulary } => {
                format!("{column} 文字目の `{piece}` は語彙にありません。使えるもの: {vocabulary}")
            }
        }
    }
}

impl Encoding {
    /// The characters that occur in some texts, in the order of their code points.
    pub fn of_characters<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let characters: BTreeSet<char> = texts.into_iter().flat_map(str::chars).collect();
        Self::new(Unit::Character, characters.into_iter().map(String::from))
    }

    /// Words that are written with spaces between them, such as English ones.
    pub(super) fn of_spaced_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of_words(Unit::SpacedWord, words)
    }

    /// Words that are written without spaces, such as Japanese ones.
    pub(super) fn of_joined_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of_words(Unit::JoinedWord, words)
    }

    fn of_words<'a>(unit: Unit, words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: BTreeSet<&str> = words.into_iter().collect();
        Self::new(unit, words.into_iter().map(String::from))
    }

    fn new(unit: Unit, pieces: impl Iterator<Item = String>) -> Self {
        let pieces: Vec<String> = SPECIAL.map(String::from).into_iter().chain(pieces).collect();
        let ids = pieces.iter().cloned().zip(0..).skip(SPECIAL.len()).collect();
        let longest = pieces.iter().map(String::len).max().unwrap_or(0);
        Encoding { unit, pieces, ids, longest }
    }

    /// Ids of a text's pieces, without start and end. Words may have any white space between them.
    ///
    /// # Errors
    /// If the text is empty or a part of it is not in the vocabulary.
    pub fn encode(&self, text: &str) -> Result<Vec<usize>, EncodeError> {
        let ids = match self.unit {
            Unit::Character => self.encode_characters(text)?,
            Unit::SpacedWord => self.encode_spaced_words(text)?,
            Unit::JoinedWord => self.encode_joined_words(text)?,
        };
        if ids.is_empty() {
            return Err(EncodeError::Empty { vocabulary: self.describe("") });
        }
        Ok(ids)
    }

    fn encode_characters(&self, text: &str) -> Result<Vec<usize>, EncodeError> {
        let mut buffer = [0; 4];
        let characters = text.chars().enumerate();
        characters
            .map(|(place, character)| {
                let piece: &str = character.encode_utf8(&mut buffer);
                self.ids.get(piece).copied().ok_or_else(|| self.unknown(piece, place + 1))
            })
            .collect()
    }

    fn encode_spaced_words(&self, text: &str) -> Result<Vec<usize>, EncodeError> {
        let words = text.split_whitespace();
        words
            .map(|word| {
                self.ids.get(word).copied().ok_or_else(|| {
                    let start = word.as_ptr().addr() - text.as_ptr().addr();
                    self.unknown(word, text[..start].chars().count() + 1)
                })
            })
            .collect()
    }

    fn encode_joined_words(&self, text: &str) -> Result<Vec<usize>, EncodeError> {
        let mut ids = Vec::new();
        let mut start = 0;
        while let Some(character) = text[start..].chars().next() {
            let rest = &text[start..];
            let longest = rest.len().min(self.longest);
            let found = (1..=longest).rev().find_map(|end| Some((end, *self.ids.get(rest.get(..end)?)?)));
            let Some((end, id)) = found else {
                return Err(self.unknown(&character.to_string(), text[..start].chars().count() + 1));
            };
            ids.push(id);
            start += end;
        }
        Ok(ids)
    }

    fn unknown(&self, piece: &str, column: usize) -> EncodeError {
        EncodeError::Unknown { piece: piece.to_string(), column, vocabulary: self.describe(piece) }
    }

    /// The vocabulary in a few words; of many words those that begin like `piece`.
    fn describe(&self, piece: &str) -> String {
        let pieces = &self.pieces[SPECIAL.len()..];
        if self.unit == Unit::Character {
            return describe_characters(pieces.iter().filter_map(|piece| piece.chars().next()));
        }
        let first = piece.chars().next();
        let alike: Vec<&str> =
            pieces.iter().map(String::as_str).filter(|other| other.chars().next() == first).take(SHOWN).collect();
        let shown = if alike.is_empty() { pieces.iter().map(String::as_str).take(SHOWN).collect() } else { alike };
        format!("{} words, among them {}", pieces.len(), shown.join(", "))
    }

    /// The text of some ids up to the first end, without special tokens and without ids that the vocabulary lacks.
    pub fn decode(&self, ids: &[usize]) -> String {
        let ids = ids.iter().copied().take_while(|id| *id != END);
        let pieces: Vec<&str> =
            ids.filter(|id| *id >= SPECIAL.len()).filter_map(|id| self.pieces.get(id)).map(String::as_str).collect();
        pieces.join(if self.unit == Unit::SpacedWord { " " } else { "" })
    }

    /// How an id is shown; `?` for one that the vocabulary lacks.
    pub fn piece(&self, id: usize) -> &str {
        self.pieces.get(id).map_or("?", String::as_str)
    }

    /// Number of ids, special tokens included.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether there is nothing but special tokens.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// Characters in the order of their code points, three or more neighbors as a range: `space + 0–9 a–z`.
fn describe_characters(characters: impl Iterator<Item = char>) -> String {
    let mut runs: Vec<(char, char)> = Vec::new();
    for character in characters {
        match runs.last_mut() {
            Some((_, last)) if *last as u32 + 1 == character as u32 => *last = character,
            _ => runs.push((character, character)),
        }
    }
    let show = |character: char| if character == ' ' { "space".to_string() } else { character.to_string() };
    let runs = runs.into_iter().flat_map(|(first, last)| match last as u32 - first as u32 {
        0 => vec![show(first)],
        1 => vec![show(first), show(last)],
        _ => vec![format!("{}–{}", show(first), show(last))],
    });
    runs.collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::{NAMES, Task};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_encoding_survives_a_file() {
        for encoding in [
            Encoding::of_characters(["ab", "令和"]),
            Encoding::of_spaced_words(["the", "cat"]),
            Encoding::of_joined_words(["猫", "子猫"]),
        ] {
            let written = serde_json::to_string(&encoding).unwrap();
            assert_eq!(serde_json::from_str::<Encoding>(&written).unwrap(), encoding);
        }
    }

    #[test]
    fn special_tokens_come_first() {
        let encoding = Encoding::of_characters(["ba", "ab"]);
        assert_eq!((encoding.len(), encoding.is_empty()), (5, false));
        assert_eq!([0, 1, 2, 3, 4, 5].map(|id| encoding.piece(id)), ["<PAD>", "<S>", "<EOS>", "a", "b", "?"]);
        assert_eq!(encoding.encode("abb"), Ok(vec![3, 4, 4]));
        assert_eq!(encoding.decode(&[START, 4, PADDING, 3, 99, END, 3]), "ba");
        assert!(Encoding::of_characters([]).is_empty());
    }

    #[test]
    fn an_unknown_character_is_named_with_its_place() {
        let encoding = Encoding::of_characters(["0123456789+ *"]);
        let error = encoding.encode("12x").unwrap_err().to_string();
        assert_eq!(error, "`x` at column 3 is not in the vocabulary, which has space * + 0–9");
        let error = encoding.encode("").unwrap_err().to_string();
        assert!(error.starts_with("the text is empty"), "{error}");
    }

    #[test]
    fn an_unknown_word_is_named_with_its_place() {
        let english = Encoding::of_spaced_words(["the", "this", "cat", "slept"]);
        let error = english.encode("the  cät thought").unwrap_err();
        let vocabulary = "4 words, among them cat".to_string();
        assert_eq!(error, EncodeError::Unknown { piece: "cät".to_string(), column: 6, vocabulary });
        let error = english.encode("the cat thought").unwrap_err().to_string();
        assert_eq!(error, "`thought` at column 9 is not in the vocabulary, which has 4 words, among them the, this");
        assert!(matches!(english.encode(" \t"), Err(EncodeError::Empty { .. })));
        // What a special token looks like is no word.
        assert!(english.encode("<EOS>").is_err());

        let japanese = Encoding::of_joined_words(["私", "私たち", "は", "寝", "ました"]);
        assert_eq!(japanese.encode("私たちは寝ました").unwrap().len(), 4);
        let error = japanese.encode("私は泣きました").unwrap_err().to_string();
        assert!(error.starts_with("`泣` at column 3 is not"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_a_task_writes_is_encoded_and_decoded(seed: u64) {
            for name in NAMES {
                let task = Task::named(name).unwrap();
                let (source, target) = task.encodings();
                for pair in task.examples(3, seed).into_iter().chain(task.held_out(1, seed)) {
                    for (encoding, text, longest) in
                        [(&source, &pair.source, task.longest().0), (&target, &pair.target, task.longest().1)]
                    {
                        let ids = encoding.encode(text).unwrap();
                        prop_assert!(ids.len() <= longest, "{name}: {text}");
                        prop_assert!(ids.iter().all(|id| (SPECIAL.len()..encoding.len()).contains(id)));
                        prop_assert_eq!(&encoding.decode(&ids), text);
                    }
                }
            }
        }

        #[test]
        fn any_text_is_encoded_or_refused(text in ".{0,12}|[0-9a-zぁ-ん一-三+> <>]{0,12}|私(た|ち|は|猫|<S>| ){0,8}") {
            for name in NAMES {
                let (source, target) = Task::named(name).unwrap().encodings();
                for encoding in [source, target] {
                    match encoding.encode(&text) {
                        Ok(ids) if encoding.unit == Unit::SpacedWord => {
                            let words: Vec<&str> = text.split_whitespace().collect();
                            prop_assert_eq!(encoding.decode(&ids), words.join(" "));
                        }
                        Ok(ids) => prop_assert_eq!(&encoding.decode(&ids), &text),
                        Err(EncodeError::Empty { .. }) => prop_assert!(text.trim().is_empty()),
                        Err(EncodeError::Unknown { piece, column, .. }) => {
                            let rest: String = text.chars().skip(column - 1).collect();
                            prop_assert!(rest.starts_with(&piece));
                        }
                    }
                }
            }
        }
    }
}
