//! Word vectors: a vocabulary and a table of 16-bit rows, scanned by cosine.

pub mod read;
pub mod write;

use crate::tensor::half_rows::{Probe, pack, unpack};
use half::f16;
use hashbrown::{DefaultHashBuilder, HashTable};
use rayon::prelude::*;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::BuildHasher;

/// The longest word, in bytes.
pub const LONGEST_WORD: usize = 1 << 12;
/// Rows a piece of a scan: 100 numbers each are 400 KB, a share of a core's cache.
const PIECE: usize = 2048;

/// Words and their vectors `[words, dimension]`.
///
/// Rows are kept in 16 bits as they came, or scaled to length one where they were read from a file; a factor for each
/// brings it to length one, and the length it had in its file is kept beside it.
pub struct Vectors {
    /// What people call the set.
    pub name: String,
    words: Words,
    dimension: usize,
    rows: Cow<'static, [u8]>,
    /// What a row is to be multiplied with to have length one; zero for a row of zeros.
    factors: Vec<f32>,
    /// Lengths of the original rows: those of numbers near the end of 32 bits are beyond it.
    norms: Vec<f64>,
}

/// A word near a vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    pub word: u32,
    pub cosine: f32,
}

impl Near {
    /// The nearest first, and of equals the more frequent word: one order on any number of threads.
    fn order(&self, other: &Near) -> Ordering {
        other.cosine.total_cmp(&self.cosine).then(self.word.cmp(&other.word))
    }
}

/// Words one after another, each found by its spelling.
pub struct Words {
    text: Cow<'static, str>,
    /// Where each word ends; a separator of one byte follows.
    ends: Vec<usize>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Words {
    /// Of a text with a word a line.
    fn of_lines(text: &'static str) -> Self {
        let mut words = Words { text: Cow::Borrowed(text), ..Words::empty() };
        let lines = text.strip_suffix('\n').unwrap_or(text);
        words.ends = lines.match_indices('\n').map(|(end, _)| end).chain([lines.len()]).collect();
        words.table.reserve(words.ends.len(), |_| 0);
        for index in 0..words.ends.len() {
            words.enter(index as u32);
        }
        words
    }

    pub fn empty() -> Self {
        let (table, hasher) = (HashTable::new(), DefaultHashBuilder::default());
        Words { text: Cow::Borrowed(""), ends: Vec::new(), table, hasher }
    }

    /// Adds a word; `false` if it is there already.
    pub fn push(&mut self, word: &str) -> bool {
        if self.find(word).is_some() {
            return false;
        }
        let text = self.text.to_mut();
        text.push_str(word);
        self.ends.push(text.len());
        text.push('\n');
        self.enter(self.ends.len() as u32 - 1);
        true
    }

    fn enter(&mut self, index: u32) {
        let (text, ends, hasher) = (&self.text, &self.ends, &self.hasher);
        let hash = |index: &u32| hasher.hash_one(spelling(text, ends, *index));
        self.table.insert_unique(hash(&index), index, hash);
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn get(&self, index: u32) -> &str {
        spelling(&self.text, &self.ends, index)
    }

    pub fn find(&self, word: &str) -> Option<u32> {
        let same = |index: &u32| self.get(*index) == word;
        self.table.find(self.hasher.hash_one(word), same).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|index| self.get(index))
    }
}

fn spelling<'a>(text: &'a str, ends: &[usize], index: u32) -> &'a str {
    let index = index as usize;
    let start = if index == 0 { 0 } else { ends[index - 1] + 1 };
    &text[start..ends[index]]
}

impl Vectors {
    /// A set of the program's own: rows of `dimension` halves as they came, and a word a line.
    ///
    /// # Panics
    /// If the two do not fit.
    pub fn embedded(name: &str, rows: &'static [u8], dimension: usize, words: &'static str) -> Self {
        let words = Words::of_lines(words);
        assert_eq!(rows.len(), words.len() * dimension * 2, "rows for every word");
        let norms = lengths(rows, dimension);
        let factors = norms.iter().map(|norm| reciprocal(*norm) as f32).collect();
        Vectors { name: name.to_owned(), words, dimension, rows: Cow::Borrowed(rows), factors, norms }
    }

    /// A set to be filled.
    pub fn new(name: impl Into<String>, dimension: usize) -> Self {
        let (words, rows) = (Words::empty(), Cow::Owned(Vec::new()));
        Vectors { name: name.into(), words, dimension, rows, factors: Vec::new(), norms: Vec::new() }
    }

    /// Adds a word with its vector; `false`, and nothing added, if the word is there already.
    ///
    /// # Panics
    /// If the vector has another length.
    pub fn push(&mut self, word: &str, vector: &[f32]) -> bool {
        assert_eq!(vector.len(), self.dimension, "numbers of a vector");
        if !self.words.push(word) {
            return false;
        }
        let norm = length(vector);
        let unit: Vec<f32> = vector.iter().map(|value| (f64::from(*value) * reciprocal(norm)) as f32).collect();
        let rows = self.rows.to_mut();
        let start = rows.len();
        pack(&unit, rows);
        let kept = lengths(&rows[start..], self.dimension);
        self.factors.push(kept.first().copied().map_or(0.0, reciprocal) as f32);
        self.norms.push(norm);
        true
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub fn dimension(&self) -> usize {
        self.dimension
    }

    pub fn words(&self) -> &Words {
        &self.words
    }

    /// The length of a word's vector in its file.
    pub fn norm(&self, word: u32) -> f64 {
        self.norms[word as usize]
    }

    fn row(&self, word: usize) -> &[u8] {
        &self.rows[word * self.dimension * 2..][..self.dimension * 2]
    }

    /// A word's vector at length one.
    pub fn unit(&self, word: u32) -> Vec<f32> {
        let mut values = vec![0.0; self.dimension];
        self.unit_into(word, &mut values);
        values
    }

    fn unit_into(&self, word: u32, values: &mut [f32]) {
        unpack(self.row(word as usize), values);
        let factor = self.factors[word as usize];
        values.iter_mut().for_each(|value| *value *= factor);
    }

    /// A word's vector as long as it was in its file, up to rounding to 16 bits.
    pub fn original(&self, word: u32) -> Vec<f32> {
        let norm = self.norm(word);
        // Rounding must not carry a number over the end.
        let scaled = |value: f32| (f64::from(value) * norm).clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
        self.unit(word).into_iter().map(scaled).collect()
    }

    /// Vectors of length one `[words.len(), dimension]`, row by row.
    pub fn units(&self, words: std::ops::Range<usize>) -> Vec<f32> {
        let mut rows = vec![0.0; words.len() * self.dimension];
        if self.dimension > 0 {
            rows.par_chunks_mut(self.dimension).zip(words).for_each(|(row, word)| self.unit_into(word as u32, row));
        }
        rows
    }

    /// The `count` words with the largest cosine to `vector`, the nearest first, without those in `left_out`.
    pub fn nearest(&self, vector: &[f32], count: usize, left_out: &[u32]) -> Vec<Near> {
        let scale = reciprocal(length(vector));
        let probe = Probe::new(&vector.iter().map(|value| (f64::from(*value) * scale) as f32).collect::<Vec<_>>());
        let row = self.dimension * 2;
        let piece = |index: usize| {
            let (start, end) = (index * PIECE, ((index + 1) * PIECE).min(self.len()));
            let mut cosines = [0.0; PIECE];
            let cosines = &mut cosines[..end - start];
            probe.dots(&self.rows[start * row..end * row], cosines);
            let mut best = Best::new(count);
            let mut least = best.least();
            for (offset, (cosine, factor)) in cosines.iter().zip(&self.factors[start..end]).enumerate() {
                let near = Near { word: (start + offset) as u32, cosine: cosine * factor };
                // Most words are out of the question by one comparison.
                if near.cosine >= least && !left_out.contains(&near.word) {
                    best.put(near);
                    least = best.least();
                }
            }
            best.found
        };
        let pieces: Vec<Vec<Near>> = (0..self.len().div_ceil(PIECE)).into_par_iter().map(piece).collect();
        let mut best = Best::new(count);
        pieces.into_iter().flatten().for_each(|near| best.put(near));
        best.found
    }

    /// How alike two words are.
    pub fn cosine(&self, a: u32, b: u32) -> f32 {
        self.unit(a).iter().zip(self.unit(b)).map(|(a, b)| a * b).sum()
    }
}

/// The nearest so far, in order.
struct Best {
    count: usize,
    found: Vec<Near>,
}

impl Best {
    fn new(count: usize) -> Self {
        Best { count, found: Vec::with_capacity(count.saturating_add(1).min(64)) }
    }

    /// The cosine below which nothing is taken any more.
    fn least(&self) -> f32 {
        self.found.last().filter(|_| self.found.len() >= self.count).map_or(f32::NEG_INFINITY, |last| last.cosine)
    }

    fn takes(&self, near: &Near) -> bool {
        self.count > 0
            && (self.found.len() < self.count
                || self.found.last().is_some_and(|last| near.order(last) == Ordering::Less))
    }

    fn put(&mut self, near: Near) {
        if !self.takes(&near) {
            return;
        }
        let place = self.found.partition_point(|other| other.order(&near) == Ordering::Less);
        self.found.insert(place, near);
        self.found.truncate(self.count);
    }
}

fn length(vector: &[f32]) -> f64 {
    vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}

fn reciprocal(length: f64) -> f64 {
    if length > 0.0 && length.is_finite() { 1.0 / length } else { 0.0 }
}

/// The lengths of packed rows.
fn lengths(rows: &[u8], dimension: usize) -> Vec<f64> {
    if dimension == 0 {
        return Vec::new();
    }
    let square = |bytes: &[u8; 2]| {
        let value = f16::from_le_bytes(*bytes).to_f64();
        value * value
    };
    let length = |row: &[u8]| row.as_chunks::<2>().0.iter().map(square).sum::<f64>().sqrt();
    rows.par_chunks_exact(dimension * 2).with_min_len(PIECE).map(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(rows: &[(&str, [f32; 3])]) -> Vectors {
        let mut vectors = Vectors::new("test", 3);
        rows.iter().for_each(|(word, row)| assert!(vectors.push(word, row)));
        vectors
    }

    #[test]
    fn the_nearest_come_in_order_and_the_left_out_do_not_come() {
        let vectors = set(&[("x", [2.0, 0.0, 0.0]), ("xy", [3.0, 3.0, 0.0]), ("y", [0.0, 0.5, 0.0]), ("no", [0.0; 3])]);
        let near = vectors.nearest(&[5.0, 1.0, 0.0], 3, &[0]);
        let words: Vec<&str> = near.iter().map(|near| vectors.words().get(near.word)).collect();
        assert_eq!(words, ["xy", "y", "no"]);
        assert!((near[0].cosine - 6.0 / (26.0_f32.sqrt() * 2.0_f32.sqrt())).abs() < 1e-3);
        assert_eq!(near[2].cosine, 0.0);
        assert_eq!((vectors.norm(1), vectors.norm(3)), (18.0_f64.sqrt(), 0.0));
        assert_eq!(vectors.original(0), [2.0, 0.0, 0.0]);
        assert!(vectors.nearest(&[1.0; 3], 0, &[]).is_empty());
    }

    #[test]
    fn a_word_is_entered_once_and_found_by_its_spelling() {
        let mut vectors = set(&[("one", [1.0; 3]), ("王", [2.0; 3])]);
        assert!(!vectors.push("one", &[9.0; 3]));
        assert_eq!((vectors.len(), vectors.words().find("王"), vectors.words().find("on")), (2, Some(1), None));
        let lines = Words::of_lines("alpha\nbeta\n");
        assert_eq!((lines.len(), lines.find("beta"), lines.get(0)), (2, Some(1), "alpha"));
    }

    proptest! {
        /// A scan in pieces finds what sorting all of them finds.
        #[test]
        fn a_scan_is_a_sort(count in 0_usize..5000, top in 0_usize..12, seed in 1_u32..) {
            let mut vectors = Vectors::new("many", 3);
            let mut state = seed;
            let mut next = || { state = state.wrapping_mul(1664525).wrapping_add(1013904223); (state >> 8) as f32 / 16777216.0 - 0.5 };
            for word in 0..count {
                vectors.push(&word.to_string(), &[next(), next(), next()]);
            }
            let probe = [next(), next(), next()];
            let found = vectors.nearest(&probe, top, &[3]);
            let cosine = |word: &u32| {
                vectors.unit(*word).iter().zip(probe).map(|(a, b)| a * b).sum::<f32>() / length(&probe) as f32
            };
            let mut all: Vec<u32> = (0..count as u32).filter(|word| *word != 3).collect();
            all.sort_by(|a, b| cosine(b).total_cmp(&cosine(a)));
            prop_assert_eq!(found.len(), top.min(all.len()));
            for (near, word) in found.iter().zip(all) {
                prop_assert!((near.cosine - cosine(&word)).abs() < 1e-5);
            }
        }
    }
}
