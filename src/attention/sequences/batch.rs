//! Pairs of texts as rows of numbers.

use crate::data::tasks::{END, PADDING, START};

/// Pairs in one batch, row by row, the shorter ones filled up with [`PADDING`].
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub rows: usize,
    /// Sources with their end, `rows × source_steps`.
    pub sources: Vec<usize>,
    pub source_lengths: Vec<usize>,
    /// What the decoder is given: the start and the target, `rows × target_steps`.
    pub given: Vec<usize>,
    /// What it is to predict: the target and its end; `None` where there is padding.
    pub wanted: Vec<Option<usize>>,
    pub target_lengths: Vec<usize>,
}

impl Batch {
    /// From encoded pairs, without starts and ends.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(pairs: &[(Vec<usize>, Vec<usize>)]) -> Self {
        let ended: Vec<Vec<usize>> = pairs.iter().map(|(source, _)| with_end(source)).collect();
        let (sources, source_lengths) = padded(&ended);
        let target_lengths: Vec<usize> = pairs.iter().map(|(_, target)| target.len() + 1).collect();
        let steps = target_lengths.iter().copied().max().expect("a pair");
        let (mut given, mut wanted) = (Vec::new(), Vec::new());
        for (_, target) in pairs {
            let row = std::iter::once(START).chain(target.iter().copied());
            given.extend(row.chain(std::iter::repeat(PADDING)).take(steps));
            let row = target.iter().copied().chain([END]).map(Some);
            wanted.extend(row.chain(std::iter::repeat(None)).take(steps));
        }
        Batch { rows: pairs.len(), sources, source_lengths, given, wanted, target_lengths }
    }

    pub fn source_steps(&self) -> usize {
        self.sources.len() / self.rows
    }

    pub fn target_steps(&self) -> usize {
        self.given.len() / self.rows
    }
}

/// A source as an encoder reads it: with its end.
pub fn with_end(source: &[usize]) -> Vec<usize> {
    source.iter().copied().chain([END]).collect()
}

/// Sources as an encoder reads them, each with its end: rows filled up to the longest, and their lengths.
pub fn padded_sources(sources: &[Vec<usize>]) -> (Vec<usize>, Vec<usize>) {
    padded(&sources.iter().map(|source| with_end(source)).collect::<Vec<_>>())
}

/// Rows filled up to the longest, and their lengths.
fn padded(rows: &[Vec<usize>]) -> (Vec<usize>, Vec<usize>) {
    let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
    let steps = lengths.iter().copied().max().unwrap_or(0);
    let filled = rows.iter().flat_map(|row| row.iter().copied().chain(std::iter::repeat(PADDING)).take(steps));
    (filled.collect(), lengths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_filled_up_and_shifted_by_one() {
        let batch = Batch::new(&[(vec![5, 6], vec![7]), (vec![5], vec![8, 9, 7])]);
        let (pad, start, end) = (PADDING, START, END);
        assert_eq!(batch.sources, [5, 6, end, 5, end, pad]);
        assert_eq!((batch.source_lengths, batch.target_lengths.clone()), (vec![3, 2], vec![2, 4]));
        assert_eq!(batch.given, [start, 7, pad, pad, start, 8, 9, 7]);
        assert_eq!(batch.wanted[..4], [Some(7), Some(end), None, None]);
        assert_eq!(batch.wanted[4..], [8, 9, 7, end].map(Some));
    }
}
