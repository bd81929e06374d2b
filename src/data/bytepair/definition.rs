//! A byte-pair encoding as the files of GPT-2 define it: symbols and merges by their pieces, in whose names each byte is a character of
//! its own, so that none is a space or a control character (Radford et al. 2019; Hugging Face's `vocab.json`, `merges.txt` and
//! `tokenizer.json`).

use super::words::Cut;
use super::{BYTES, BytePair, Merge};
use crate::experiment::ExperimentError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Symbols at most.
const MOST_SYMBOLS: u32 = 1 << 20;
/// The text that stands between two documents, and before the first.
pub const END_OF_TEXT: &str = "<|endoftext|>";

/// A vocabulary and its merges.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Definition {
    /// The symbol of each piece, by its name.
    pub vocabulary: BTreeMap<String, u32>,
    /// Pairs of pieces, by their names, the first merge first.
    pub merges: Merges,
    /// Special tokens: texts that are a symbol each, and are never cut.
    pub special: BTreeMap<String, u32>,
    /// Whether a text that does not begin with a space gets one.
    pub leads_with_space: bool,
}

/// Pairs of names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Pair>")]
pub struct Merges(pub Vec<[String; 2]>);

/// Two names in an array, or with a space between.
#[derive(Deserialize)]
#[serde(untagged)]
enum Pair {
    Apart([String; 2]),
    Together(String),
}

impl From<Vec<Pair>> for Merges {
    fn from(pairs: Vec<Pair>) -> Self {
        let pair = |pair| match pair {
            Pair::Apart(pair) => pair,
            // What has no space has no second name, and no symbol has that name.
            Pair::Together(line) => split(&line).unwrap_or([line, String::new()]),
        };
        Merges(pairs.into_iter().map(pair).collect())
    }
}

fn split(line: &str) -> Option<[String; 2]> {
    line.split_once(' ').map(|(left, right)| [left.to_owned(), right.to_owned()])
}

fn refused(en: impl Into<String>, ja: impl Into<String>) -> ExperimentError {
    ExperimentError::both(en, ja)
}

/// The character of a byte: itself where it can be seen, else the next of those from U+0100 on.
fn letters() -> [char; BYTES] {
    let mut behind = 0x100..;
    std::array::from_fn(|byte| match byte as u32 {
        byte @ (0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff) => char::from_u32(byte).expect("a character of Latin-1"),
        _ => behind.next().and_then(char::from_u32).expect("characters of Latin Extended-A"),
    })
}

impl Definition {
    /// That of `vocab.json` and `merges.txt`.
    ///
    /// # Errors
    /// Names the file, and the line where there is one.
    pub fn of_lists(vocabulary: &str, merges: &str) -> Result<Self, ExperimentError> {
        let vocabulary: BTreeMap<String, u32> = serde_json::from_str(vocabulary).map_err(|error| {
            refused(
                format!("vocab.json: {error}; expected an object of pieces and their numbers"),
                format!("vocab.json: {error}。断片と番号のオブジェクトにしてください"),
            )
        })?;
        let lines = merges.lines().enumerate();
        let is_merge =
            |(place, line): &(usize, &str)| !(line.is_empty() || *place == 0 && line.starts_with("#version"));
        let merges = lines.filter(is_merge).map(|(place, line)| {
            split(line).ok_or_else(|| {
                let place = place + 1;
                refused(
                    format!("merges.txt line {place}: expected two pieces with a space between"),
                    format!("merges.txt {place} 行目: 空白で区切った二つの断片が必要です"),
                )
            })
        });
        let merges = Merges(merges.collect::<Result<_, _>>()?);
        let special = vocabulary.get_key_value(END_OF_TEXT).map(|(name, symbol)| (name.clone(), *symbol));
        Ok(Definition { merges, special: special.into_iter().collect(), vocabulary, leads_with_space: false })
    }

    /// That of `tokenizer.json`.
    ///
    /// # Errors
    /// When it is of another kind than GPT-2's, and what of it is.
    pub fn of_tokenizer(file: &str) -> Result<Self, ExperimentError> {
        #[derive(Deserialize)]
        struct File {
            #[serde(default)]
            added_tokens: Vec<Added>,
            normalizer: Option<Value>,
            pre_tokenizer: Option<PreTokenizer>,
            model: Model,
        }
        #[derive(Deserialize)]
        struct Added {
            id: u32,
            content: String,
            #[serde(default)]
            single_word: bool,
            #[serde(default)]
            lstrip: bool,
            #[serde(default)]
            rstrip: bool,
        }
        #[derive(Deserialize)]
        struct PreTokenizer {
            r#type: String,
            #[serde(default)]
            add_prefix_space: bool,
            use_regex: Option<bool>,
        }
        #[derive(Deserialize)]
        struct Model {
            r#type: Option<String>,
            vocab: BTreeMap<String, u32>,
            merges: Merges,
            continuing_subword_prefix: Option<String>,
            end_of_word_suffix: Option<String>,
            #[serde(default)]
            byte_fallback: bool,
            #[serde(default)]
            ignore_merges: bool,
        }
        let broken = |why: String| refused(format!("tokenizer.json: {why}"), format!("tokenizer.json: {why}"));
        let File { added_tokens, normalizer, pre_tokenizer, model } =
            serde_json::from_str(file).map_err(|error| broken(error.to_string()))?;
        let other = |what: &str| {
            refused(
                format!("tokenizer.json: {what}; expected the byte-level byte pairs of GPT-2"),
                format!("tokenizer.json: {what}。GPT-2 のバイト単位のバイト対符号化が必要です"),
            )
        };
        let kind = model.r#type.as_deref().unwrap_or("BPE");
        if kind != "BPE" {
            return Err(other(&format!("model.type = {kind:?}")));
        }
        let Some(cut) = pre_tokenizer else { return Err(other("no pre_tokenizer")) };
        if cut.r#type != "ByteLevel" || cut.use_regex == Some(false) {
            return Err(other(&format!("pre_tokenizer = {:?}", cut.r#type)));
        }
        let is_given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let unknown = [
            ("normalizer", normalizer.is_some()),
            ("model.continuing_subword_prefix", is_given(&model.continuing_subword_prefix)),
            ("model.end_of_word_suffix", is_given(&model.end_of_word_suffix)),
            ("model.byte_fallback", model.byte_fallback),
            ("model.ignore_merges", model.ignore_merges),
            (
                "added_tokens with lstrip, rstrip or single_word",
                added_tokens.iter().any(|t| t.lstrip || t.rstrip || t.single_word),
            ),
        ];
        if let Some((what, _)) = unknown.iter().find(|(_, is_there)| *is_there) {
            return Err(other(what));
        }
        let special = added_tokens.into_iter().filter(|added| !added.content.is_empty());
        Ok(Definition {
            vocabulary: model.vocab,
            merges: model.merges,
            special: special.map(|added| (added.content, added.id)).collect(),
            leads_with_space: cut.add_prefix_space,
        })
    }
}

impl BytePair {
    /// The encoding that files define.
    ///
    /// # Errors
    /// When a byte or a piece of a merge has no symbol, or a number is too large.
    pub fn defined(definition: &Definition) -> Result<Self, ExperimentError> {
        let Definition { vocabulary, merges, special, leads_with_space } = definition;
        let by_letter: HashMap<char, u8> = letters().into_iter().zip(0..=u8::MAX).collect();
        let last = vocabulary.values().chain(special.values()).max().copied().unwrap_or(0);
        if last >= MOST_SYMBOLS {
            return Err(refused(
                format!("the vocabulary has a symbol {last}; expected numbers below {MOST_SYMBOLS}"),
                format!("語彙に番号 {last} があります。{MOST_SYMBOLS} 未満にしてください"),
            ));
        }
        let mut pieces = vec![Vec::new(); last as usize + 1];
        let named = vocabulary.iter().filter(|(name, _)| !special.contains_key(*name));
        for (name, symbol) in named {
            let bytes: Option<Vec<u8>> = name.chars().map(|letter| by_letter.get(&letter).copied()).collect();
            pieces[*symbol as usize] = bytes.ok_or_else(|| {
                refused(
                    format!("the vocabulary's piece {name:?} is not written in GPT-2's letters for bytes"),
                    format!("語彙の断片 {name:?} は GPT-2 のバイト表記ではありません"),
                )
            })?;
        }
        special.iter().for_each(|(text, symbol)| pieces[*symbol as usize] = text.as_bytes().to_vec());
        let missing = |name: &str| {
            refused(format!("the vocabulary lacks the piece {name:?}"), format!("語彙に断片 {name:?} がありません"))
        };
        let symbol = |name: &str| vocabulary.get(name).copied().ok_or_else(|| missing(name));
        let bytes: Vec<u32> = letters().iter().map(|letter| symbol(&letter.to_string())).collect::<Result<_, _>>()?;
        let mut all = Vec::with_capacity(merges.0.len());
        for [left, right] in &merges.0 {
            all.push(Merge { pair: [symbol(left)?, symbol(right)?], into: symbol(&format!("{left}{right}"))? });
        }
        Ok(BytePair {
            cut: Cut::Gpt2,
            bytes,
            places: all.iter().map(|merge| merge.pair).zip(0..).collect(),
            merges: all,
            pieces,
            special: special.clone(),
            leads_with_space: *leads_with_space,
        })
    }

    /// What [`defined`](Self::defined) makes it from.
    pub(super) fn definition(&self) -> Definition {
        let letters = letters();
        let name = |symbol: u32| -> String {
            self.pieces[symbol as usize].iter().map(|byte| letters[usize::from(*byte)]).collect()
        };
        let is_special = |symbol: u32| self.special.values().any(|other| *other == symbol);
        let symbols = (0..self.pieces.len() as u32).filter(|symbol| !self.piece(*symbol as usize).is_empty());
        Definition {
            vocabulary: symbols.filter(|symbol| !is_special(*symbol)).map(|symbol| (name(symbol), symbol)).collect(),
            merges: Merges(self.merges.iter().map(|merge| merge.pair.map(name)).collect()),
            special: self.special.clone(),
            leads_with_space: self.leads_with_space,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All bytes, `ab`, `abc`, ` a`, and the end of a text, numbered from the back.
    fn definition() -> Definition {
        let pieces: Vec<String> =
            letters().iter().map(char::to_string).chain(["ab", "abc", "Ġa"].map(String::from)).collect();
        let count = pieces.len() as u32;
        let vocabulary = pieces.into_iter().zip((0..count).rev()).collect();
        let merges = [["a", "b"], ["ab", "c"], ["Ġ", "a"]].map(|pair| pair.map(String::from)).to_vec();
        let special = [("<|endoftext|>".to_owned(), count)].into();
        Definition { vocabulary, merges: Merges(merges), special, leads_with_space: false }
    }

    #[test]
    fn bytes_have_letters_of_their_own() {
        let letters = letters();
        assert_eq!([b' ', b'\n', b'a', 0xad, 0xff].map(|byte| letters[usize::from(byte)]), ['Ġ', 'Ċ', 'a', 'Ń', 'ÿ']);
        assert_eq!(letters.iter().collect::<std::collections::BTreeSet<_>>().len(), BYTES);
    }

    #[test]
    fn merges_give_the_symbols_of_the_vocabulary() {
        let definition = definition();
        let encoding = BytePair::defined(&definition).unwrap();
        let of = |names: &[&str]| names.iter().map(|name| definition.vocabulary[*name] as usize).collect::<Vec<_>>();
        assert_eq!(encoding.encode("abc ab"), of(&["abc", "Ġ", "ab"]));
        assert_eq!(encoding.encode_with("abc", 1), of(&["ab", "c"]));
        let end = encoding.special(END_OF_TEXT).unwrap();
        assert_eq!(encoding.encode("a<|endoftext|>b"), [of(&["a"]), vec![end], of(&["b"])].concat());
        assert_eq!(encoding.decode(&[end]), END_OF_TEXT.as_bytes());
        let more = Definition { special: [("<a>".into(), 300), ("<a>b".into(), 301)].into(), ..definition.clone() };
        let found = BytePair::defined(&more).unwrap().encode("<a><a>b<b<a>");
        assert_eq!(
            found,
            [vec![300, 301], of(&["<", "b"]), vec![300]].concat(),
            "the longest of those that begin first"
        );
        let led = BytePair::defined(&Definition { leads_with_space: true, ..definition.clone() }).unwrap();
        assert_eq!(led.encode("ax"), of(&["Ġa", "x"]));
        assert!(led.encode("").is_empty());
    }

    #[test]
    fn the_forms_of_files_are_one() {
        let expected = definition();
        let mut vocabulary = expected.vocabulary.clone();
        vocabulary.extend(expected.special.clone());
        let list = serde_json::to_string(&vocabulary).unwrap();
        let lines = "#version: 0.2\na b\nab c\nĠ a\n";
        let of_lists = Definition::of_lists(&list, lines).unwrap();
        assert_eq!(BytePair::defined(&of_lists).unwrap(), BytePair::defined(&expected).unwrap());
        for merges in [r#"["a b","ab c","Ġ a"]"#, r#"[["a","b"],["ab","c"],["Ġ","a"]]"#] {
            let end = expected.special[END_OF_TEXT];
            let file = format!(
                r#"{{"added_tokens":[{{"id":{end},"content":"<|endoftext|>"}}],"normalizer":null,
                "pre_tokenizer":{{"type":"ByteLevel","add_prefix_space":false}},
                "model":{{"type":"BPE","vocab":{list},"merges":{merges}}}}}"#
            );
            let of_file = Definition::of_tokenizer(&file).unwrap();
            assert_eq!(BytePair::defined(&of_file).unwrap(), BytePair::defined(&expected).unwrap());
            let other = file.replace("ByteLevel", "Metaspace");
            let error = Definition::of_tokenizer(&other).unwrap_err().to_string();
            let wanted = "expected the byte-level byte pairs of GPT-2";
            assert_eq!(error, format!("tokenizer.json: pre_tokenizer = \"Metaspace\"; {wanted}"));
            let error = Definition::of_tokenizer(&file.replace("BPE", "Unigram")).unwrap_err().to_string();
            assert_eq!(error, format!("tokenizer.json: model.type = \"Unigram\"; {wanted}"));
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let error = |change: fn(&mut Definition)| {
            let mut changed = definition();
            change(&mut changed);
            BytePair::defined(&changed).unwrap_err().to_string()
        };
        let with = |name: &str, symbol: u32| {
            let mut changed = definition();
            changed.vocabulary.insert(name.to_owned(), symbol);
            BytePair::defined(&changed).unwrap_err().to_string()
        };
        let lacks = |name: &str| format!("the vocabulary lacks the piece {name:?}");
        assert_eq!(error(|d| d.vocabulary.retain(|name, _| name != "x")), lacks("x"));
        assert_eq!(error(|d| d.merges.0.push(["b".into(), "a".into()])), lacks("ba"));
        assert_eq!(error(|d| d.merges.0.push(["b".into(), String::new()])), lacks(""));
        assert!(with("王", 1).contains("\"王\" is not written in GPT-2's letters"));
        assert!(with("ba", u32::MAX).contains("expected numbers below"));
        let error = Definition::of_lists("{}", "#version: 0.2\na b\nab\n").unwrap_err().to_string();
        assert_eq!(error, "merges.txt line 3: expected two pieces with a space between");
        let error = Definition::of_lists("[]", "").unwrap_err().to_string();
        assert!(error.starts_with("vocab.json: ") && error.ends_with("expected an object of pieces and their numbers"));
    }

    proptest! {
        #[test]
        fn any_text_is_decoded_to_itself_and_a_file_keeps_the_encoding(text in "\\PC{0,40}|[abc' \n]{0,40}") {
            let encoding = BytePair::defined(&definition()).unwrap();
            prop_assert_eq!(encoding.decode(&encoding.encode(&text)), text.as_bytes());
            let written = serde_json::to_string(&encoding).unwrap();
            prop_assert_eq!(serde_json::from_str::<BytePair>(&written).unwrap(), encoding);
        }

        #[test]
        fn files_never_panic(list in "\\PC{0,60}", lines in "[ab \n#]{0,40}") {
            let _ = Definition::of_lists(&list, &lines).and_then(|definition| BytePair::defined(&definition));
            let _ = Definition::of_lists("{\"a\":0}", &lines).and_then(|definition| BytePair::defined(&definition));
            let _ = Definition::of_tokenizer(&list);
        }
    }
}
