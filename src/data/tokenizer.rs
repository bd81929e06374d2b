//! How a language model sees a text: as characters, or as pieces of words that were learned.

use super::bytepair::BytePair;
use crate::experiment::ExperimentError;
use crate::printer::sign_of;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// Characters of which a model may have symbols of their own.
const MOST_CHARACTERS: usize = 8192;

/// The symbols of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tokenizer {
    Characters(Characters),
    BytePair(BytePair),
}

/// A symbol for each character that occurs in a text, in the order of their code points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Characters {
    letters: Vec<char>,
    places: HashMap<char, usize>,
}

impl From<String> for Characters {
    fn from(letters: String) -> Self {
        let letters: Vec<char> = letters.chars().collect();
        let places = letters.iter().copied().zip(0..).collect();
        Characters { letters, places }
    }
}

impl From<Characters> for String {
    fn from(characters: Characters) -> Self {
        characters.letters.into_iter().collect()
    }
}

impl Tokenizer {
    /// A symbol for each of some characters.
    ///
    /// # Errors
    /// When there are too many.
    pub fn of_characters(letters: &BTreeSet<char>) -> Result<Self, ExperimentError> {
        if letters.len() > MOST_CHARACTERS {
            let count = letters.len();
            return Err(ExperimentError::both(
                format!(
                    "{count} different characters, at most {MOST_CHARACTERS} have symbols of their own: take tokens = bytepair"
                ),
                format!(
                    "文字の種類が {count} あり、上限の {MOST_CHARACTERS} を超えています。tokens = bytepair を使ってください"
                ),
            ));
        }
        Ok(Tokenizer::Characters(Characters::from(letters.iter().collect::<String>())))
    }

    /// Symbols in all.
    pub fn len(&self) -> usize {
        match self {
            Tokenizer::Characters(characters) => characters.letters.len(),
            Tokenizer::BytePair(encoding) => encoding.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The symbols of a text.
    ///
    /// # Errors
    /// Names the first character that has none.
    pub fn encode(&self, text: &str) -> Result<Vec<usize>, ExperimentError> {
        match self {
            Tokenizer::BytePair(encoding) => Ok(encoding.encode(text)),
            Tokenizer::Characters(characters) => {
                let symbol = |(place, letter): (usize, char)| {
                    characters.places.get(&letter).copied().ok_or_else(|| {
                        let shown = visible(letter);
                        ExperimentError::both(
                            format!("`{shown}` at place {} never stood in the text that was learned from", place + 1),
                            format!("{} 文字目の「{shown}」は学習したテキストに出てきません", place + 1),
                        )
                    })
                };
                text.chars().enumerate().map(symbol).collect()
            }
        }
    }

    /// The text of some symbols; bytes that are no character become U+FFFD.
    pub fn decode(&self, symbols: &[usize]) -> String {
        match self {
            Tokenizer::Characters(characters) => {
                symbols.iter().filter_map(|symbol| characters.letters.get(*symbol)).collect()
            }
            Tokenizer::BytePair(encoding) => String::from_utf8_lossy(&encoding.decode(symbols)).into_owned(),
        }
    }

    /// The bytes that a symbol stands for; none for one that does not exist.
    pub fn bytes(&self, symbol: usize) -> Vec<u8> {
        match self {
            Tokenizer::Characters(_) => self.decode(&[symbol]).into_bytes(),
            Tokenizer::BytePair(encoding) => encoding.piece(symbol).to_vec(),
        }
    }

    /// A symbol as it is shown: spaces and control characters can be seen, bytes of a part of a character stand in hexadecimal.
    pub fn shown(&self, symbol: usize) -> String {
        match self {
            Tokenizer::Characters(characters) => characters.letters.get(symbol).map_or("?".into(), |&c| visible(c)),
            Tokenizer::BytePair(encoding) => match std::str::from_utf8(encoding.piece(symbol)) {
                Ok("") => "?".to_owned(),
                Ok(piece) => piece.chars().map(visible).collect(),
                Err(_) => encoding.piece(symbol).iter().map(|byte| format!("‹{byte:02x}›")).collect(),
            },
        }
    }
}

/// A character as it can be seen.
pub fn visible(letter: char) -> String {
    match letter {
        ' ' => "␣".to_owned(),
        '\n' => "⏎".to_owned(),
        letter if letter.is_control() || is_formatting(letter) => sign_of(letter),
        letter => letter.to_string(),
    }
}

/// Marks that change the direction of a text or take no room.
fn is_formatting(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{e0000}'..='\u{e007f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn characters(of: &str) -> Tokenizer {
        Tokenizer::of_characters(&of.chars().collect()).unwrap()
    }

    #[test]
    fn a_character_without_a_symbol_is_named() {
        let tokenizer = characters("abc\n");
        assert_eq!(tokenizer.encode("b\na").unwrap(), [2, 0, 1]);
        assert_eq!(tokenizer.decode(&[2, 0, 1, 99]), "b\na");
        let error = tokenizer.encode("ab\u{1b}").unwrap_err();
        assert_eq!(error.to_string(), "`␛` at place 3 never stood in the text that was learned from");
        assert_eq!([0, 1, 9].map(|symbol| tokenizer.shown(symbol)), ["⏎", "a", "?"]);
        let many: BTreeSet<char> = (0..9000).filter_map(|letter| char::from_u32(0x4e00 + letter)).collect();
        assert!(Tokenizer::of_characters(&many).unwrap_err().to_string().starts_with("9000 different characters"));
    }

    #[test]
    fn nothing_is_shown_raw() {
        let tokenizer = Tokenizer::BytePair(BytePair::learn("", 0));
        let shown = |byte| tokenizer.shown(byte);
        assert_eq!([shown(0x1b), shown(0xe7), shown(b' '.into())], ["␛", "‹e7›", "␣"]);
        assert_eq!(
            ["\u{202e}", "\u{85}", "\t"].map(|text| text.chars().map(visible).collect::<String>()),
            ["‹202e›", "‹85›", "␉"]
        );
    }

    proptest! {
        #[test]
        fn texts_come_back_and_survive_a_file(text in "\\PC{0,30}") {
            for tokenizer in [characters(&text), Tokenizer::BytePair(BytePair::learn(&text, 300))] {
                prop_assert_eq!(tokenizer.decode(&tokenizer.encode(&text).unwrap()), text.as_str());
                let written = serde_json::to_string(&tokenizer).unwrap();
                prop_assert_eq!(serde_json::from_str::<Tokenizer>(&written).unwrap(), tokenizer);
            }
        }
    }
}
