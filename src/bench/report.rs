//! Timing, and the line that reports it.

use super::{OF_A_TEXT, Source, Unit, Workload, words, workload};
use crate::data::text::Text;
use crate::tensor::parallel::instruction_set;
use serde::Serialize;
use std::time::{Duration, Instant};

/// What a workload was found to do.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words_per_s: Option<f64>,
    /// The median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms_per_query: Option<f64>,
    pub threads: usize,
    /// The median step, in milliseconds.
    pub step_ms: f64,
    /// The step that one in ten is faster than.
    pub step_ms_p10: f64,
    /// The step that one in a hundred is slower than.
    pub step_ms_p99: f64,
    pub steps: usize,
    /// The loss of the last step.
    pub loss: f64,
    /// The instruction set of the kernels.
    pub kernel: String,
}

/// Times a workload step by step on `threads` threads, after steps that are not timed; `watch` is called with how many of the
/// timed steps are done and says whether to go on.
///
/// # Errors
/// If there is no such workload or it needs a text that is not there, the threads cannot be started, or `watch` says to stop.
pub fn measure(
    name: &str,
    steps: Option<usize>,
    threads: usize,
    seed: u64,
    text: Option<Text>,
    mut watch: impl FnMut(usize, usize) -> bool + Send,
) -> Result<Report, String> {
    let mut training: Box<dyn Workload> = match (name, text) {
        (OF_A_TEXT, Some(text)) => Box::new(words::Training::new(text, seed)?),
        (OF_A_TEXT, None) => return Err(format!("{name} needs a text: --corpus FILE")),
        _ => workload(name, Source::seeded(seed))
            .ok_or_else(|| format!("no workload `{name}`: there are {}, {OF_A_TEXT}", super::WORKLOADS.join(", ")))?,
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| format!("{threads} threads cannot be started: {error}"))?;
    let (usual, before) = training.steps();
    let steps = steps.unwrap_or(usual);
    let (size, unit) = training.size();
    let (times, loss) = pool.install(|| {
        for _ in 0..before {
            training.step();
            if !watch(0, steps) {
                return Err("stopped".to_owned());
            }
        }
        let mut times = Vec::with_capacity(steps);
        let mut loss = f32::NAN;
        for done in 1..=steps {
            let begun = Instant::now();
            loss = training.step();
            times.push(begun.elapsed());
            if !watch(done, steps) {
                return Err("stopped".to_owned());
            }
        }
        Ok((times, loss))
    })?;
    let mut sorted = times;
    sorted.sort_unstable();
    let middle = sorted[sorted.len() / 2];
    let per_second = Some(round(size as f64 / middle.as_secs_f64(), 1));
    let milliseconds = |time: Duration| round(time.as_secs_f64() * 1e3, 3);
    // Chunks of a text differ: its words are counted over the whole.
    let whole: Duration = sorted.iter().sum();
    let words_per_s = Some(round((size * steps) as f64 / whole.as_secs_f64(), 1));
    Ok(Report {
        name: name.to_owned(),
        samples_per_s: per_second.filter(|_| unit == Unit::Samples),
        tokens_per_s: per_second.filter(|_| unit == Unit::Tokens),
        words_per_s: words_per_s.filter(|_| unit == Unit::Words),
        ms_per_query: Some(milliseconds(middle)).filter(|_| unit == Unit::Queries),
        threads,
        step_ms: milliseconds(middle),
        step_ms_p10: milliseconds(sorted[sorted.len() / 10]),
        step_ms_p99: milliseconds(sorted[sorted.len() * 99 / 100]),
        steps,
        loss: round(f64::from(loss), 5),
        kernel: instruction_set(),
    })
}

fn round(value: f64, digits: i32) -> f64 {
    let unit = 10_f64.powi(digits);
    (value * unit).round() / unit
}
