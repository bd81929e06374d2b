//! Writing an answer one token after another: greedily, or by beam search (Graves 2012, arXiv:1211.3711; Sutskever et al.
//! 2014, arXiv:1409.3215).

use crate::data::tasks::{END, START};

/// A model that predicts the next token of a target.
pub trait Decoder {
    /// What it carries from token to token, for several targets at once.
    type State: Clone;

    /// The state before the first token, a row for each source.
    fn begin(&self, sources: &[Vec<usize>]) -> Self::State;

    /// Takes in the token before, one for each row, and gives ln p of each next token, `rows × symbols` row by row.
    fn next(&self, state: &mut Self::State, tokens: &[usize]) -> Vec<f32>;

    /// The state with these of its rows, in this order; a row may come several times.
    fn select(&self, state: &Self::State, rows: &[usize]) -> Self::State;

    /// Tokens that a target may have.
    fn symbols(&self) -> usize;
}

/// An answer with what was predicted on the way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decoding {
    /// The tokens, with the end if it was reached.
    pub tokens: Vec<usize>,
    /// ln p of every possible token, for each token of the answer.
    pub predictions: Vec<Vec<f32>>,
}

/// The likeliest token at every step, for many sources at once; at most `longest` tokens.
pub fn greedy<D: Decoder>(decoder: &D, sources: &[Vec<usize>], longest: usize) -> Vec<Vec<usize>> {
    let mut answers = vec![Vec::new(); sources.len()];
    if sources.is_empty() {
        return answers;
    }
    let mut state = decoder.begin(sources);
    // Rows that have not ended, by the number of their source.
    let mut open: Vec<usize> = (0..sources.len()).collect();
    let mut tokens = vec![START; sources.len()];
    for _ in 0..longest {
        let predictions = decoder.next(&mut state, &tokens);
        tokens = predictions.chunks_exact(decoder.symbols()).map(likeliest).collect();
        for (&row, &token) in open.iter().zip(&tokens) {
            answers[row].push(token);
        }
        let going: Vec<usize> = (0..open.len()).filter(|&row| tokens[row] != END).collect();
        if going.is_empty() {
            break;
        }
        if going.len() < open.len() {
            state = decoder.select(&state, &going);
            open = going.iter().map(|&row| open[row]).collect();
            tokens = going.iter().map(|&row| tokens[row]).collect();
        }
    }
    answers
}

/// The greedy answer to one source, with every prediction.
pub fn watched<D: Decoder>(decoder: &D, source: &[usize], longest: usize) -> Decoding {
    let mut state = decoder.begin(&[source.to_vec()]);
    let (mut decoding, mut token) = (Decoding::default(), START);
    while decoding.tokens.len() < longest && token != END {
        let prediction = decoder.next(&mut state, &[token]);
        token = likeliest(&prediction);
        decoding.tokens.push(token);
        decoding.predictions.push(prediction);
    }
    decoding
}

/// The first of the largest values.
pub fn likeliest(row: &[f32]) -> usize {
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = index;
        }
    }
    best
}

/// A possible answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// Its tokens, with the end if it was reached.
    pub tokens: Vec<usize>,
    /// Σ ln p of its tokens.
    pub score: f64,
}

impl Hypothesis {
    pub fn has_ended(&self) -> bool {
        self.tokens.last() == Some(&END)
    }
}

/// One hypothesis that beam search considered.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    pub hypothesis: Hypothesis,
    /// Whether it was among those that were followed, or kept as finished.
    pub kept: bool,
}

/// Follows the `width` likeliest beginnings at every step. Gives the answers found, the likeliest first, and of every step
/// the beginnings it considered: twice `width` of them, so that one sees what was dropped.
///
/// The score of an answer is ln p of the whole of it. The search ends when no open beginning is likelier than the `width`-th
/// best answer, for it can only become less likely; with a width as large as the number of answers it is exhaustive.
///
/// # Panics
/// If `width` is 0.
pub fn beam_search<D: Decoder>(
    decoder: &D,
    source: &[usize],
    width: usize,
    longest: usize,
) -> (Vec<Hypothesis>, Vec<Vec<Expansion>>) {
    assert!(width > 0, "a beam of at least one");
    let mut state = decoder.begin(&[source.to_vec()]);
    let mut open = vec![Hypothesis { tokens: Vec::new(), score: 0.0 }];
    let (mut ended, mut steps): (Vec<Hypothesis>, Vec<Vec<Expansion>>) = (Vec::new(), Vec::new());
    for step in 1..=longest {
        let tokens: Vec<usize> =
            open.iter().map(|hypothesis| hypothesis.tokens.last().copied().unwrap_or(START)).collect();
        let predictions = decoder.next(&mut state, &tokens);
        // (score, row, token), the likeliest first; equal ones in the order of row and token.
        let mut candidates: Vec<(f64, usize, usize)> = Vec::new();
        for (row, prediction) in predictions.chunks_exact(decoder.symbols()).enumerate() {
            let scored = prediction.iter().enumerate().map(|(token, &p)| (open[row].score + f64::from(p), row, token));
            candidates.extend(scored.filter(|(score, ..)| *score > f64::NEG_INFINITY));
        }
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut following, mut rows, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for (score, row, token) in candidates {
            let mut tokens = open[row].tokens.clone();
            tokens.push(token);
            let hypothesis = Hypothesis { tokens, score };
            let kept = following.len() < width;
            if kept && hypothesis.has_ended() {
                ended.push(hypothesis.clone());
            } else if kept {
                following.push(hypothesis.clone());
                rows.push(row);
            }
            seen.push(Expansion { hypothesis, kept });
            if following.len() == width && seen.len() >= 2 * width {
                break;
            }
        }
        steps.push(seen);
        ended.sort_by(|a, b| b.score.total_cmp(&a.score));
        let bar = ended.get(width - 1).map_or(f64::NEG_INFINITY, |worst| worst.score);
        let is_decided = following.first().is_none_or(|best| best.score <= bar);
        if is_decided || step == longest {
            // What was not brought to an end stands behind what was.
            ended.truncate(width);
            ended.extend(following.into_iter().take(width - ended.len().min(width)));
            return (ended, steps);
        }
        state = decoder.select(&state, &rows);
        open = following;
    }
    (ended, steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// p depends on the two tokens before by a table of logits; symbols 0 and 1 never come.
    struct Table {
        symbols: usize,
        logits: Vec<f32>,
    }

    impl Table {
        fn prediction(&self, before: [usize; 2]) -> Vec<f32> {
            let at = (before[0] * self.symbols + before[1]) * self.symbols;
            let row = &self.logits[at..at + self.symbols];
            let sum: f32 = row[2..].iter().map(|x| x.exp()).sum();
            let log = row.iter().map(|x| x - sum.ln());
            log.enumerate().map(|(token, p)| if token < 2 { f32::NEG_INFINITY } else { p }).collect()
        }

        /// Every answer of at most so many tokens, with its score.
        fn all(&self, longest: usize) -> Vec<Hypothesis> {
            let mut open = vec![(vec![], 0.0, [0, START])];
            let mut found = Vec::new();
            for _ in 0..longest {
                let mut next = Vec::new();
                for (tokens, score, before) in open {
                    for (token, p) in self.prediction(before).into_iter().enumerate().skip(2) {
                        let tokens: Vec<usize> = [&tokens[..], &[token]].concat();
                        let score = score + f64::from(p);
                        if token == END {
                            found.push(Hypothesis { tokens, score });
                        } else {
                            next.push((tokens, score, [before[1], token]));
                        }
                    }
                }
                open = next;
            }
            found.sort_by(|a, b| b.score.total_cmp(&a.score));
            found
        }
    }

    impl Decoder for Table {
        type State = Vec<[usize; 2]>;

        fn begin(&self, sources: &[Vec<usize>]) -> Self::State {
            vec![[0, 0]; sources.len()]
        }

        fn next(&self, state: &mut Self::State, tokens: &[usize]) -> Vec<f32> {
            for (before, &token) in state.iter_mut().zip(tokens) {
                *before = [before[1], token];
            }
            state.iter().flat_map(|before| self.prediction(*before)).collect()
        }

        fn select(&self, state: &Self::State, rows: &[usize]) -> Self::State {
            rows.iter().map(|&row| state[row]).collect()
        }

        fn symbols(&self) -> usize {
            self.symbols
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_wide_beam_is_exhaustive(logits in prop::collection::vec(-2.0_f32..2.0, 125)) {
            let table = Table { symbols: 5, logits };
            // At most 2⁵ beginnings are open at once, so none is ever dropped.
            let (found, _) = beam_search(&table, &[3], 40, 5);
            let all = table.all(5);
            let ended: Vec<&Hypothesis> = found.iter().filter(|found| found.has_ended()).collect();
            for (found, expected) in ended.iter().zip(&all) {
                prop_assert!((found.score - expected.score).abs() < 1e-9, "{found:?} instead of {expected:?}");
            }
            prop_assert!(!ended.is_empty());
        }

        #[test]
        fn a_beam_of_one_is_greedy(logits in prop::collection::vec(-2.0_f32..2.0, 125)) {
            let table = Table { symbols: 5, logits };
            let greedy = greedy(&table, &[vec![3], vec![4]], 6);
            prop_assert_eq!(&greedy[0], &greedy[1]);
            prop_assert_eq!(&watched(&table, &[3], 6).tokens, &greedy[0]);
            let (found, steps) = beam_search(&table, &[3], 1, 6);
            // An answer that ends is kept beside the one beginning that goes on.
            let first_end = steps.iter().position(|seen| seen[0].hypothesis.has_ended());
            match first_end {
                Some(at) => prop_assert_eq!(&steps[at][0].hypothesis.tokens, &greedy[0]),
                None => prop_assert_eq!(&found[0].tokens, &greedy[0]),
            }
        }
    }

    #[test]
    fn a_beam_finds_what_greed_misses() {
        // 3 is likelier at first, but everything after 4 is certain.
        let mut logits = vec![0.0; 125];
        let mut set = |before: [usize; 2], values: [f32; 3]| {
            let at = (before[0] * 5 + before[1]) * 5 + 2;
            logits[at..at + 3].copy_from_slice(&values);
        };
        set([0, 1], [-9.0, 1.0, 0.9]);
        set([1, 4], [9.0, -9.0, -9.0]);
        let table = Table { symbols: 5, logits };
        assert_eq!(greedy(&table, &[vec![3]], 4)[0][0], 3);
        let (found, _) = beam_search(&table, &[3], 2, 4);
        assert_eq!(found[0].tokens, [4, END]);
    }
}
