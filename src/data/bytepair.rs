//! Byte-pair encoding (Gage 1994; Sennrich, Haddow & Birch 2016, arXiv:1508.07909), over bytes as in GPT-2 (Radford et al. 2019).
//!
//! A text is cut into words, each with the space before it, and a word into its bytes. Learning merges, again and again, the pair of
//! neighbours that is most frequent in all words into a new symbol. Encoding makes the same merges in the same order. There is a symbol
//! for every byte, so every text can be encoded, and decoding gives the same bytes back.

mod definition;
mod words;

pub use definition::{Definition, END_OF_TEXT};

use crate::experiment::ExperimentError;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use words::{Cut, LONGEST_WORD, words};

/// Symbols of single bytes: the first ones of what is learned here.
pub const BYTES: usize = 256;

/// Merges in the order in which they were learned, here or elsewhere ([`Definition`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct BytePair {
    cut: Cut,
    /// The symbol of each byte.
    bytes: Vec<u32>,
    merges: Vec<Merge>,
    /// The place of a merge by its pair.
    places: HashMap<[u32; 2], u32>,
    /// What each symbol stands for.
    pieces: Vec<Vec<u8>>,
    /// Special tokens: texts that are a symbol each, and are never cut, such as `<|endoftext|>`.
    special: BTreeMap<String, u32>,
    /// Whether a text that does not begin with a space gets one.
    leads_with_space: bool,
}

/// A pair of symbols and the symbol that it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    pub pair: [u32; 2],
    pub into: u32,
}

/// In a file: what was learned here is its pairs alone.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Learned(Vec<[u32; 2]>),
    Defined(Definition),
}

impl TryFrom<Written> for BytePair {
    type Error = ExperimentError;

    fn try_from(written: Written) -> Result<Self, ExperimentError> {
        match written {
            Written::Learned(pairs) => Ok(BytePair::new(&pairs)),
            Written::Defined(definition) => BytePair::defined(&definition),
        }
    }
}

impl From<BytePair> for Written {
    fn from(encoding: BytePair) -> Self {
        match encoding.cut {
            Cut::Plain => Written::Learned(encoding.merges.iter().map(|merge| merge.pair).collect()),
            Cut::Gpt2 => Written::Defined(encoding.definition()),
        }
    }
}

/// A word on the way, and how often it occurs.
struct Word {
    symbols: Vec<u32>,
    count: i64,
}

impl BytePair {
    /// Pairs that each become the next free symbol behind the bytes.
    fn new(pairs: &[[u32; 2]]) -> Self {
        let mut pieces: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
        let mut merges = Vec::with_capacity(pairs.len());
        // What a file names but does not define stands for nothing.
        let piece = |pieces: &[Vec<u8>], symbol: u32| pieces.get(symbol as usize).cloned().unwrap_or_default();
        for &[left, right] in pairs {
            let joined = [piece(&pieces, left), piece(&pieces, right)].concat();
            merges.push(Merge { pair: [left, right], into: pieces.len() as u32 });
            pieces.push(if joined.len() <= LONGEST_WORD { joined } else { Vec::new() });
        }
        BytePair {
            cut: Cut::Plain,
            bytes: (0..BYTES as u32).collect(),
            places: pairs.iter().copied().zip(0..).collect(),
            merges,
            pieces,
            special: BTreeMap::new(),
            leads_with_space: false,
        }
    }

    /// Learns merges from a text until there are so many symbols, or no pair occurs twice. Of pairs that are equally frequent the one
    /// with the smaller numbers comes first.
    pub fn learn(text: &str, symbols: usize) -> Self {
        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        words(text, Cut::Plain).for_each(|word| *counts.entry(word).or_default() += 1);
        let mut list: Vec<Word> = counts
            .into_iter()
            .map(|(word, count)| Word { symbols: word.bytes().map(u32::from).collect(), count })
            .collect();
        let mut pairs: HashMap<[u32; 2], i64> = HashMap::new();
        // The words in which a pair once stood.
        let mut found_in: HashMap<[u32; 2], Vec<usize>> = HashMap::new();
        for (index, word) in list.iter().enumerate() {
            for pair in word.symbols.array_windows::<2>() {
                *pairs.entry(*pair).or_default() += word.count;
                found_in.entry(*pair).or_default().push(index);
            }
        }
        let mut merges = Vec::new();
        while BYTES + merges.len() < symbols {
            let best = pairs.iter().max_by_key(|(pair, count)| (**count, Reverse(**pair)));
            let Some((&pair, _)) = best.filter(|(_, count)| **count > 1) else { break };
            let symbol = (BYTES + merges.len()) as u32;
            merges.push(pair);
            let mut places = found_in.remove(&pair).unwrap_or_default();
            places.sort_unstable();
            places.dedup();
            for index in places {
                let word = &mut list[index];
                for pair in word.symbols.array_windows::<2>() {
                    *pairs.entry(*pair).or_default() -= word.count;
                }
                word.symbols = merged(&word.symbols, Merge { pair, into: symbol });
                for pair in word.symbols.array_windows::<2>() {
                    *pairs.entry(*pair).or_default() += word.count;
                    found_in.entry(*pair).or_default().push(index);
                }
            }
            pairs.remove(&pair);
            pairs.retain(|_, count| *count > 0);
        }
        BytePair::new(&merges)
    }

    /// Symbols in all.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    pub fn is_empty(&self) -> bool {
        false
    }

    /// The bytes that a symbol stands for; none for one that does not exist.
    pub fn piece(&self, symbol: usize) -> &[u8] {
        self.pieces.get(symbol).map_or(&[], Vec::as_slice)
    }

    /// The merges, in the order in which they were learned.
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// The symbol of a special token, if there is one of this text.
    pub fn special(&self, text: &str) -> Option<usize> {
        self.special.get(text).map(|symbol| *symbol as usize)
    }

    /// The symbols of a text.
    pub fn encode(&self, text: &str) -> Vec<usize> {
        self.encode_with(text, self.merges.len())
    }

    /// The symbols of a text by the first merges alone.
    pub fn encode_with(&self, text: &str, merges: usize) -> Vec<usize> {
        let (mut all, mut from) = (Vec::new(), 0);
        // Where each special text comes next.
        let mut next: Vec<(usize, &str, u32)> = (self.special.iter())
            .filter_map(|(name, symbol)| text.find(name).map(|at| (at, name.as_str(), *symbol)))
            .collect();
        // The first; of several that begin there the longest.
        while let Some(&(at, name, symbol)) = next.iter().min_by_key(|(at, name, _)| (*at, Reverse(name.len()))) {
            self.cut_and_merge(&text[from..at], merges, &mut all);
            all.push(symbol as usize);
            from = at + name.len();
            next.retain_mut(|(at, name, _)| {
                let behind = if *at < from { text[from..].find(*name).map(|found| from + found) } else { Some(*at) };
                *at = behind.unwrap_or(*at);
                behind.is_some()
            });
        }
        self.cut_and_merge(&text[from..], merges, &mut all);
        all
    }

    fn cut_and_merge(&self, text: &str, merges: usize, all: &mut Vec<usize>) {
        let led = (self.leads_with_space && !text.is_empty() && !text.starts_with(' ')).then(|| format!(" {text}"));
        for word in words(led.as_deref().unwrap_or(text), self.cut) {
            let symbols: Vec<u32> = word.bytes().map(|byte| self.bytes[usize::from(byte)]).collect();
            all.extend(self.merge(symbols, merges).map(|symbol| symbol as usize));
        }
    }

    /// The symbols of a word after all merges: again and again the pair whose merge was learned first, the leftmost of equals. In
    /// O(n log n), as a word may be a million letters long.
    fn merge(&self, mut symbols: Vec<u32>, merges: usize) -> impl Iterator<Item = u32> {
        /// In the place of a symbol that has become part of the one before it.
        const GONE: u32 = u32::MAX;
        let end = symbols.len();
        let (mut before, mut behind): (Vec<usize>, Vec<usize>) =
            (0..end).map(|at| (at.wrapping_sub(1), at + 1)).unzip();
        let place = |symbols: &[u32], left: usize, right: usize| {
            let pair = [*symbols.get(left)?, *symbols.get(right)?];
            self.places.get(&pair).copied().filter(|place| (*place as usize) < merges)
        };
        let mut waiting: BinaryHeap<Reverse<(u32, usize)>> =
            (0..end).filter_map(|at| place(&symbols, at, at + 1).map(|place| Reverse((place, at)))).collect();
        while let Some(Reverse((first, left))) = waiting.pop() {
            // What was merged in the meantime makes other pairs.
            let right = behind[left];
            if symbols[left] == GONE || place(&symbols, left, right) != Some(first) {
                continue;
            }
            symbols[left] = self.merges[first as usize].into;
            symbols[right] = GONE;
            behind[left] = behind[right];
            if let Some(back) = before.get_mut(behind[right]) {
                *back = left;
            }
            for (left, right) in [(before[left], left), (left, behind[left])] {
                waiting.extend(place(&symbols, left, right).map(|place| Reverse((place, left))));
            }
        }
        symbols.into_iter().filter(|symbol| *symbol != GONE)
    }

    /// The bytes of some symbols.
    pub fn decode(&self, symbols: &[usize]) -> Vec<u8> {
        symbols.iter().flat_map(|symbol| self.piece(*symbol).iter().copied()).collect()
    }
}

/// Symbols with a pair made one, from the left.
fn merged(symbols: &[u32], Merge { pair, into }: Merge) -> Vec<u32> {
    let mut after = Vec::with_capacity(symbols.len());
    let mut place = 0;
    while place < symbols.len() {
        if symbols[place..].starts_with(&pair) {
            after.push(into);
            place += 2;
        } else {
            after.push(symbols[place]);
            place += 1;
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(encoding: &BytePair, text: &str) -> Vec<String> {
        let piece = |symbol: &usize| String::from_utf8_lossy(encoding.piece(*symbol)).into_owned();
        encoding.encode(text).iter().map(piece).collect()
    }

    /// `low` 5 times, `lower` twice, `newest` 6 times, `widest` 3 times: the example of Sennrich et al., whose first merges are
    /// e + s, es + t, l + o, lo + w.
    #[test]
    fn the_most_frequent_pair_comes_first() {
        let text = [("low", 5), ("lower", 2), ("newest", 6), ("widest", 3)]
            .map(|(word, count)| format!("{word}\n").repeat(count))
            .concat();
        let encoding = BytePair::learn(&text, BYTES + 4);
        let pieces: Vec<&[u8]> = (0..4).map(|merge| encoding.piece(BYTES + merge)).collect();
        assert_eq!(pieces, [&b"es"[..], b"est", b"lo", b"low"]);
        assert_eq!(shown(&encoding, "lowest"), ["low", "est"]);
        assert_eq!(encoding.encode_with("lowest", 1).len(), 5);
        assert_eq!(encoding.encode_with("lowest", 0).len(), 6);
    }

    #[test]
    fn a_file_keeps_the_merges() {
        let encoding = BytePair::learn("banana bandana 王様 王様", 300);
        let written = serde_json::to_string(&encoding).unwrap();
        assert_eq!(serde_json::from_str::<BytePair>(&written).unwrap(), encoding);
        let doubling: Vec<[u32; 2]> = (0..60).map(|place| [255 + place, 255 + place]).collect();
        assert!(BytePair::new(&doubling).pieces.iter().all(|piece| piece.len() <= LONGEST_WORD));
        let odd: BytePair = serde_json::from_str("[[97,9999],[4000000000,98]]").unwrap();
        assert_eq!(odd.decode(&odd.encode("ab")), b"ab", "merges of symbols that do not exist");
    }

    #[test]
    fn what_was_learned_from_a_text_takes_fewer_symbols() {
        let text = crate::data::stories::text(crate::data::stories::Language::Japanese, 200, 1);
        let encoding = BytePair::learn(&text, 600);
        assert!(encoding.encode(&text).len() * 8 < text.len(), "{} of {}", encoding.encode(&text).len(), text.len());
    }

    proptest! {
        /// Merge after merge over the whole word gives the same.
        #[test]
        fn merges_are_made_in_their_order(text in "[ab]{0,30}", learned in "[ab ]{0,80}") {
            let encoding = BytePair::learn(&learned, 275);
            let mut symbols: Vec<u32> = text.bytes().map(u32::from).collect();
            for merge in encoding.merges() {
                symbols = merged(&symbols, *merge);
            }
            let found = encoding.encode(&text);
            prop_assert_eq!(found, symbols.into_iter().map(|symbol| symbol as usize).collect::<Vec<_>>());
        }

        #[test]
        fn any_text_is_decoded_to_itself(text in "\\PC{0,40}|[ab \n]{0,40}", learned in "[ab王 ]{0,60}") {
            let encoding = BytePair::learn(&learned, 280);
            prop_assert_eq!(words(&text, Cut::Plain).collect::<String>(), text.clone());
            prop_assert_eq!(encoding.decode(&encoding.encode(&text)), text.as_bytes());
        }

        /// The counts kept up to date while pairs merge are those of counting anew.
        #[test]
        fn each_merge_is_the_most_frequent_pair(text in "[abc ]{0,80}") {
            let encoding = BytePair::learn(&text, 270);
            for (place, merge) in encoding.merges().iter().enumerate() {
                let mut counts: BTreeMap<[usize; 2], usize> = BTreeMap::new();
                for word in words(&text, Cut::Plain) {
                    let symbols = encoding.encode_with(word, place);
                    symbols.array_windows::<2>().for_each(|pair| *counts.entry(*pair).or_default() += 1);
                }
                let most = counts.values().copied().max().unwrap();
                let first = counts.iter().find(|(_, count)| **count == most).unwrap().0;
                prop_assert_eq!(first, &merge.pair.map(|symbol| symbol as usize));
            }
        }
    }
}
