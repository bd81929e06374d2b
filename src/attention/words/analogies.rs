//! Analogy questions a : b :: c : d by 3CosAdd (Mikolov, Yih & Zweig 2013; Levy & Goldberg 2014): d is to be the word
//! whose vector has the largest cosine with b − a + c, all vectors at length one.

use crate::data::questions::Section;
use crate::data::tokens;
use crate::data::vectors::Vectors;
use crate::experiment::{ExperimentError, TaskContext};
use crate::tensor::parallel::{largest, vectorised};
use crate::tensor::product::{Accum, small_product};
use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words and questions that are multiplied at a time: the product of the two stays in a core's cache.
const WORDS: usize = 2048;
const QUESTIONS: usize = 128;

/// How a section was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub name: String,
    pub right: usize,
    /// Questions of which all four words are known.
    pub asked: usize,
    pub unknown: usize,
}

impl Outcome {
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.asked.max(1) as f64
    }
}

/// All sections as one.
pub fn total(outcomes: &[Outcome]) -> Outcome {
    let sum = |of: fn(&Outcome) -> usize| outcomes.iter().map(of).sum();
    Outcome { name: String::new(), right: sum(|o| o.right), asked: sum(|o| o.asked), unknown: sum(|o| o.unknown) }
}

/// Answers questions. With `leave_out`, the three words of a question are no answers to it.
///
/// # Errors
/// When it was called off.
pub fn answer(
    vectors: &Vectors,
    sections: &[Section],
    leave_out: bool,
    task: &TaskContext,
) -> Result<Vec<Outcome>, ExperimentError> {
    let find = |word: &String| tokens::find(vectors.words(), word);
    let mut known: Vec<[u32; 4]> = Vec::new();
    let mut outcomes = Vec::new();
    for section in sections {
        let found = section.questions.iter().filter_map(|question| {
            let [a, b, c, d] = question.each_ref().map(find);
            Some([a?, b?, c?, d?])
        });
        let before = known.len();
        known.extend(found);
        let asked = known.len() - before;
        let unknown = section.questions.len() - asked;
        outcomes.push(Outcome { name: section.name.clone(), right: 0, asked, unknown });
    }
    let answers = best(vectors, &known, leave_out, task)?;
    let mut right = answers.iter().zip(&known).map(|(answer, question)| *answer == question[3]);
    for outcome in &mut outcomes {
        outcome.right = right.by_ref().take(outcome.asked).filter(|right| *right).count();
    }
    Ok(outcomes)
}

/// The best answer to each question.
fn best(
    vectors: &Vectors,
    questions: &[[u32; 4]],
    leave_out: bool,
    task: &TaskContext,
) -> Result<Vec<u32>, ExperimentError> {
    let width = vectors.dimension();
    let target = |[a, b, c, _]: &[u32; 4]| {
        let [a, b, c] = [a, b, c].map(|word| vectors.unit(*word));
        b.into_iter().zip(a).zip(c).map(|((b, a), c)| b - a + c).collect::<Vec<f32>>()
    };
    let targets: Vec<f32> = questions.par_iter().flat_map_iter(target).collect();
    let blocks = vectors.len().div_ceil(WORDS);
    let done = AtomicU64::new(0);
    let of_block = |block: usize| -> Result<Vec<(f32, u32)>, ExperimentError> {
        let range = block * WORDS..((block + 1) * WORDS).min(vectors.len());
        let rows = vectors.units(range.clone());
        let rows = ArrayView2::from_shape((range.len(), width), &rows).expect("rows of a block");
        let mut scores = vec![0.0; QUESTIONS * range.len()];
        let mut found = Vec::with_capacity(questions.len());
        for (batch, asked) in questions.chunks(QUESTIONS).enumerate() {
            task.check()?;
            let from = batch * QUESTIONS * width;
            let x = ArrayView2::from_shape((asked.len(), width), &targets[from..from + asked.len() * width]);
            let scores = &mut scores[..asked.len() * range.len()];
            let out = ArrayViewMut2::from_shape((asked.len(), range.len()), &mut *scores).expect("scores of a batch");
            small_product(out, Accum::Replace, x.expect("targets of a batch"), rows.t());
            for (question, scores) in asked.iter().zip(scores.chunks_exact_mut(range.len())) {
                for word in question.iter().take(3).filter(|word| leave_out && range.contains(&(**word as usize))) {
                    scores[*word as usize - range.start] = f32::NEG_INFINITY;
                }
                let score = vectorised(
                    #[inline(always)]
                    || largest(scores),
                );
                let place = scores.iter().position(|own| *own == score).unwrap_or(0);
                found.push((score, (range.start + place) as u32));
            }
        }
        task.report_progress(done.fetch_add(1, Ordering::Relaxed) + 1, blocks as u64);
        Ok(found)
    };
    let found: Vec<Vec<(f32, u32)>> = (0..blocks).into_par_iter().map(of_block).collect::<Result<_, _>>()?;
    let first = |question: usize| {
        let over = found.iter().map(|block| block[question]);
        // Of equals the first, which is the more frequent word.
        over.reduce(|best, next| if next.0 > best.0 { next } else { best }).map_or(0, |(_, word)| word)
    };
    Ok((0..questions.len()).map(first).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::questions::parse;

    fn vectors() -> Vectors {
        let mut vectors = Vectors::new("t", 3);
        for (word, row) in [
            ("man", [1.0, 0.0, 0.2]),
            ("woman", [0.0, 1.0, 0.2]),
            ("king", [1.0, 0.0, 1.0]),
            ("queen", [0.0, 1.0, 1.0]),
            ("apple", [-1.0, -1.0, 0.0]),
        ] {
            vectors.push(word, &row);
        }
        vectors
    }

    #[test]
    fn questions_are_answered_section_by_section() {
        let sections = parse(
            ": family\nman woman king queen\nKING queen MAN woman\n\n: odd\nman woman king apple\nman woman x y\n",
        )
        .unwrap();
        let outcomes = answer(&vectors(), &sections, true, &TaskContext::default()).unwrap();
        assert_eq!(outcomes[0], Outcome { name: "family".into(), right: 2, asked: 2, unknown: 0 });
        assert_eq!(outcomes[1], Outcome { name: "odd".into(), right: 0, asked: 1, unknown: 1 });
        assert_eq!((total(&outcomes).right, total(&outcomes).asked), (2, 3));
    }

    #[test]
    fn it_ends_when_called_off() {
        let task = TaskContext::default();
        task.cancel();
        let sections = parse("man woman king queen").unwrap();
        assert!(answer(&vectors(), &sections, true, &task).is_err());
    }
}
