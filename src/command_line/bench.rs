//! `shinso bench`: how fast this machine trains.

use super::arguments::BenchArguments;
use super::signals::Interrupt;
use crate::bench::{self, OF_A_TEXT, Report, WORKLOADS};
use crate::data::text::Text;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::TaskContext;
use crate::printer::{json_line, print};
use crate::run::{bounded_threads, default_threads};
use indicatif::{ProgressBar, ProgressStyle};

pub fn run(environment: &Environment, arguments: &BenchArguments) -> Exit {
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return Exit::failed(error),
    };
    let names = match &arguments.workload {
        Some(name) if name == OF_A_TEXT && environment.source.folder.is_none() => {
            return Exit::Usage(format!("bench {name}: expected a text, as --corpus FILE"));
        }
        Some(name) if name == OF_A_TEXT || WORKLOADS.contains(&name.as_str()) => vec![name.as_str()],
        Some(name) => {
            return Exit::Usage(format!("no workload `{name}`; there are {}, {OF_A_TEXT}", WORKLOADS.join(", ")));
        }
        None => WORKLOADS.to_vec(),
    };
    let threads = bounded_threads(arguments.threads.map_or_else(default_threads, usize::from));
    let steps = arguments.steps.map(|steps| steps.get() as usize);
    for name in names {
        // On a terminal a bar, elsewhere nothing; it is gone before the line is printed.
        let bar = ProgressBar::new(1);
        let style = ProgressStyle::with_template("{msg:14} {wide_bar} {pos}/{len} {eta}").expect("a right template");
        bar.set_style(style);
        bar.set_message(name.to_owned());
        let watch = |done: usize, steps: usize| {
            bar.set_length(steps as u64);
            bar.set_position(done as u64);
            !interrupt.is_set()
        };
        // Only one of them learns from a text of one's own.
        let text = if name == OF_A_TEXT { Text::own(&environment.source, &TaskContext::default()) } else { Ok(None) };
        let measured = text
            .map_err(|failure| failure.to_string())
            .and_then(|text| bench::measure(name, steps, threads, arguments.seed, text, watch));
        bar.finish_and_clear();
        let report = match measured {
            Ok(report) => report,
            Err(_) if interrupt.is_set() => return Exit::Interrupted,
            Err(error) => return Exit::Failed(error),
        };
        let line = if arguments.json { json_line(&report) } else { in_words(&report) + "\n" };
        match print(&line) {
            Exit::Done => {}
            stopped => return stopped,
        }
    }
    Exit::Done
}

fn in_words(report: &Report) -> String {
    let per_query = report.ms_per_query.map(|milliseconds| 1000.0 / milliseconds);
    let rates = [
        (report.samples_per_s, "samples/s"),
        (report.tokens_per_s, "tokens/s"),
        (report.words_per_s, "words/s"),
        (per_query, "queries/s"),
    ];
    let (rate, unit) = rates.into_iter().find_map(|(rate, unit)| Some((rate?, unit))).unwrap_or((f64::NAN, ""));
    let Report { name, threads, step_ms, loss, kernel, .. } = report;
    format!("{name:14} {rate:>9.0} {unit:9}  {step_ms:>8.3} ms a step  loss {loss:.4}  {threads} thread(s), {kernel}")
}
