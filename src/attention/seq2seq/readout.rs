//! What survives in h_T: a linear read-out of each input token.
//!
//! For each place of the source, a matrix W maps h_T to a score for each symbol; it is fitted by ridge regression to the
//! right symbols of one half of held-out sources, W = (HᵀH + λI)⁻¹ HᵀY, and tested on the other half. A network that wrote
//! every token into h_T where a line can find it would be read without a mistake.

use crate::attention::sequences::likeliest;
use crate::experiment::panel::{Curve, Curves};
use crate::experiment::{Bilingual, ExperimentError, Panel, TaskContext};
use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

/// λ, in units of the number of sources.
const RIDGE: f64 = 1e-3;
/// Places with fewer sources than this are left out.
const FEWEST: usize = 200;

/// Accuracy of the read-out by the number of tokens that the encoder read after this one: `sources` in the order in which
/// they were read, with h_T of each, over a vocabulary of so many symbols.
///
/// # Errors
/// When it was cancelled, or there are too few sources.
pub fn readout(
    sources: &[Vec<usize>],
    states: &[Vec<f32>],
    symbols: usize,
    task: &TaskContext,
) -> Result<Vec<Panel>, ExperimentError> {
    if sources.len() < 2 * FEWEST {
        return Err(ExperimentError::both(
            format!("{} held-out sources: a read-out needs {}", sources.len(), 2 * FEWEST),
            format!("検証用の入力が {} 件しかありません。読み出しには {} 件必要です", sources.len(), 2 * FEWEST),
        ));
    }
    let longest = sources.iter().map(Vec::len).max().unwrap_or(0);
    let (mut places, mut accuracies, mut guesses) = (Vec::new(), Vec::new(), Vec::new());
    for before in 0..longest {
        task.check()?;
        // The token that was read so many before the last one.
        let rows: Vec<(&[f32], usize)> = (sources.iter().zip(states))
            .filter_map(|(source, state)| Some((&state[..], source[source.len().checked_sub(before + 1)?])))
            .collect();
        if rows.len() < FEWEST {
            break;
        }
        let (fitted, tested) = rows.split_at(rows.len() / 2);
        places.push(before as f64);
        accuracies.push(accuracy(fitted, tested, symbols));
        guesses.push(most_frequent(fitted, tested, symbols));
        task.report_progress((longest + before) as u64, 2 * longest as u64);
    }
    let curve = |en, ja, values| Curve { name: Bilingual::new(en, ja), values, band: None };
    Ok(vec![Panel::Curves(Curves {
        heading: Bilingual::new(
            "tokens found in h_T by a linear read-out",
            "線形の読み出しで h_T から復元できたトークンの割合",
        ),
        axis: Bilingual::new("tokens read after it", "その後に読んだトークン数"),
        places,
        curves: vec![
            curve("read-out", "読み出し", accuracies),
            curve("always the most frequent", "常に最頻のトークン", guesses),
        ],
    })])
}

/// h with a one behind, for the intercept.
fn with_one(state: &[f32], column: usize) -> f64 {
    state.get(column).map_or(1.0, |value| f64::from(*value))
}

fn accuracy(fitted: &[(&[f32], usize)], tested: &[(&[f32], usize)], symbols: usize) -> f64 {
    let width = fitted[0].0.len() + 1;
    let h = Mat::from_fn(fitted.len(), width, |row, column| with_one(fitted[row].0, column));
    let y = Mat::from_fn(fitted.len(), symbols, |row, symbol| f64::from(u8::from(fitted[row].1 == symbol)));
    let mut square = h.transpose() * &h;
    for unit in 0..width {
        square[(unit, unit)] += RIDGE * fitted.len() as f64;
    }
    let right = h.transpose() * &y;
    let Ok(factors) = square.llt(Side::Lower) else { return f64::NAN };
    let w = factors.solve(&right);
    let is_right = |(state, symbol): &&(&[f32], usize)| {
        let score =
            |symbol: usize| (0..width).map(|unit| with_one(state, unit) * w[(unit, symbol)]).sum::<f64>() as f32;
        let scores: Vec<f32> = (0..symbols).map(score).collect();
        likeliest(&scores) == *symbol
    };
    tested.iter().filter(is_right).count() as f64 / tested.len() as f64
}

fn most_frequent(fitted: &[(&[f32], usize)], tested: &[(&[f32], usize)], symbols: usize) -> f64 {
    let mut counts = vec![0.0; symbols];
    fitted.iter().for_each(|(_, symbol)| counts[*symbol] += 1.0);
    let guess = likeliest(&counts);
    tested.iter().filter(|(_, symbol)| *symbol == guess).count() as f64 / tested.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_can_find_is_found_and_the_rest_is_not() {
        // The first unit says whether the symbol is 1; nothing says more.
        let states: Vec<([f32; 2], usize)> =
            (0..400).map(|index| ([(index % 2) as f32, ((index / 7) % 5) as f32], index % 2)).collect();
        let rows: Vec<(&[f32], usize)> = states.iter().map(|(state, symbol)| (&state[..], *symbol)).collect();
        assert_eq!(accuracy(&rows[..200], &rows[200..], 3), 1.0);
        let hidden: Vec<(&[f32], usize)> =
            rows.iter().enumerate().map(|(at, (state, _))| (*state, at / 3 % 3)).collect();
        let found = accuracy(&hidden[..200], &hidden[200..], 3);
        assert!(found < 0.5, "{found}");
        assert!((most_frequent(&rows[..200], &rows[200..], 3) - 0.5).abs() < 1e-9);
    }
}
