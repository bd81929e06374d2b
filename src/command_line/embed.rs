//! `shinso embed`: word arithmetic without the screen, an expression or a line of standard input at a time.

use super::arguments::EmbedArguments;
use super::signals::Interrupt;
use crate::attention::words::{EMBEDDED, History, Session, analogies};
use crate::data::questions;
use crate::data::vectors::{Vectors, read};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::{ExperimentError, Language, Panel, TaskContext};
use crate::intake::{self, gate};
use crate::printer::{self, json_line, print};
use crate::tui::linear::{in_words, underlined};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::io::{self, BufRead, IsTerminal, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Bytes of the longest line of standard input.
const LONGEST_LINE: u64 = 1 << 20;

pub fn run(environment: &Environment, arguments: &EmbedArguments) -> Exit {
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return Exit::failed(error),
    };
    let vectors = match open(arguments, environment.language, &interrupt) {
        Ok(vectors) => Arc::new(vectors),
        Err(_) if interrupt.is_set() => return Exit::Interrupted,
        Err(exit) => return exit,
    };
    if let Some(file) = &arguments.analogies {
        return match ask_analogies(&vectors, file, arguments, &interrupt) {
            Ok(exit) => exit,
            Err(_) if interrupt.is_set() => Exit::Interrupted,
            Err(failure) => Exit::failed(failure),
        };
    }
    let mut session = Session::new(vectors, History::default());
    session.set_top(arguments.top);
    session.set_include(arguments.include);
    let mut talk =
        Talk { session, language: environment.language, json: arguments.json, interrupt, faults: Vec::new() };
    if let Some(expression) = &arguments.expression {
        return talk.say(expression).unwrap_or_else(|| talk.end(true));
    }
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Exit::usage(
            "embed: expected an expression, such as \"king - man + woman\", or lines on standard input; \
             `shinso` opens the lab with its line editor",
        );
    }
    let mut input = stdin.lock();
    for number in 1_u64.. {
        let mut line = Vec::new();
        match (&mut input).take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if line.len() as u64 == LONGEST_LINE => {
                return Exit::Failed(format!("standard input, line {number}: expected at most {LONGEST_LINE} bytes"));
            }
            Ok(_) => {}
            Err(error) => return Exit::Failed(format!("standard input: {error}")),
        }
        if number == 1 {
            intake::drop_mark(&mut line);
        }
        let Ok(line) = std::str::from_utf8(&line) else {
            let kind = intake::looks_like(&line).map_or("no UTF-8", |format| format.en);
            return Exit::Failed(format!("standard input, line {number}: {kind}; expected lines of UTF-8"));
        };
        if let Some(exit) = talk.say(line.trim_end_matches(['\n', '\r'])) {
            return exit;
        }
    }
    if talk.interrupt.is_set() {
        return Exit::Interrupted;
    }
    talk.end(false)
}

/// The set asked for: one that ships, or a file.
fn open(arguments: &EmbedArguments, language: Language, interrupt: &Interrupt) -> Result<Vectors, Exit> {
    let name = &arguments.vectors;
    if let Some(embedded) = EMBEDDED.iter().find(|set| set.name == name) {
        return Ok(embedded.open());
    }
    let loaded = watched(interrupt, "reading", |task| read::open(&gate::typed(name), task));
    match loaded {
        Ok(loaded) => {
            loaded.notes().iter().for_each(|note| printer::note(note.in_language(language)));
            Ok(loaded.vectors)
        }
        Err(failure) if !std::path::Path::new(name).exists() => {
            Err(Exit::Usage(format!("--vectors {name}: expected glove, chive or a file ({failure})")))
        }
        Err(failure) => Err(Exit::failed(failure)),
    }
}

/// Does long work with a bar on the terminal, and ends it on Ctrl-C.
fn watched<R>(interrupt: &Interrupt, message: &'static str, work: impl FnOnce(&TaskContext) -> R) -> R {
    let (task, done) = (TaskContext::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let side = scope.spawn(|| {
            let bar = ProgressBar::new(1000);
            let style =
                ProgressStyle::with_template("{msg:10} {wide_bar} {percent} % {eta}").expect("a right template");
            bar.set_style(style);
            bar.set_message(message);
            while !done.load(Ordering::Relaxed) {
                if interrupt.is_set() {
                    task.cancel();
                }
                if let Some(share) = task.share() {
                    bar.set_position((1000.0 * share) as u64);
                }
                std::thread::park_timeout(Duration::from_millis(50));
            }
            bar.finish_and_clear();
        });
        let result = work(&task);
        done.store(true, Ordering::Relaxed);
        side.thread().unpark();
        result
    })
}

fn ask_analogies(
    vectors: &Vectors,
    file: &std::path::Path,
    arguments: &EmbedArguments,
    interrupt: &Interrupt,
) -> Result<Exit, ExperimentError> {
    let failure = |why: String| ExperimentError::new(format!("{}: {why}", file.display()));
    let text = intake::text(file, &questions::FILE, &TaskContext::default())?;
    let sections = questions::parse(&text).map_err(|error| failure(error.to_string()))?;
    let outcomes =
        watched(interrupt, "analogies", |task| analogies::answer(vectors, &sections, !arguments.include, task))?;
    let all = analogies::Outcome { name: "all".to_owned(), ..analogies::total(&outcomes) };
    let mut text = String::new();
    for outcome in outcomes.iter().chain([&all]) {
        let analogies::Outcome { name, right, asked, unknown } = outcome;
        text += &if arguments.json {
            let line = json!({"version": 1, "section": name, "accuracy": outcome.accuracy(), "right": right,
                "asked": asked, "unknown": unknown});
            json_line(&line)
        } else {
            let share = 100.0 * outcome.accuracy();
            format!("{name:32} {share:6.2} %  {right:6} of {asked:6}  {unknown:6} with unknown words\n")
        };
    }
    Ok(print(&text))
}

/// Lines said and answers printed.
struct Talk {
    session: Session,
    language: Language,
    json: bool,
    interrupt: Interrupt,
    /// What was wrong with the lines that were not understood.
    faults: Vec<String>,
}

impl Talk {
    /// Answers one line; an exit if that is the end.
    fn say(&mut self, line: &str) -> Option<Exit> {
        let (session, language) = (&mut self.session, self.language);
        let said = watched(&self.interrupt, "working", |task| session.say(line, language, task));
        let panels = match said {
            Ok(panels) => panels,
            Err(_) if self.interrupt.is_set() => return Some(Exit::Interrupted),
            Err(failure) => return Some(Exit::failed(failure)),
        };
        for panel in &panels {
            if let Panel::Fault { line, from, to, text } = panel {
                self.faults.push(text.in_language(self.language).to_owned());
                if !self.json {
                    printer::note(&underlined(line, *from, *to));
                }
            }
        }
        let text = if self.json {
            if panels.is_empty() {
                String::new()
            } else {
                json_line(&json!({"version": 2, "line": line, "panels": panels}))
            }
        } else {
            let bars = io::stdout().is_terminal();
            panels.iter().map(|panel| in_words(panel, self.language, bars)).collect()
        };
        match print(&text) {
            Exit::Done => None,
            stopped => Some(stopped),
        }
    }

    /// The exit: what was wrong with the only line, or how many lines of many were.
    fn end(self, only: bool) -> Exit {
        match self.faults.len() {
            0 => Exit::Done,
            1 if only => Exit::Failed(self.faults.into_iter().next().unwrap_or_default()),
            count => {
                Exit::Failed(format!("lines that were not understood: {count}; the last: {}", self.faults[count - 1]))
            }
        }
    }
}
