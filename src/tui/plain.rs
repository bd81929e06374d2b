//! The linear mode, for screen readers and pipes: no boxes, no motion, each chart a sentence. One command a line.

use super::live_run::LiveRun;
use super::talk::{in_words, reached};
use super::widgets::chart::sentence;
use super::widgets::markdown;
use crate::command_line::{Exit, House};
use crate::experiment::{Answer, Command, Language, Model, Part, Query, Watch};
use crate::lab::exercise::decide;
use crate::lab::{Attempt, Check, Lab, Progress, Verdict, describe};
use crate::registry;
use crate::run::thread::{Start, default_threads};
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Columns of text.
const COLUMNS: usize = 78;
/// Time between two reports of a run.
const REPORT_EVERY: Duration = Duration::from_secs(5);

struct Reader {
    house: House,
    progress: Progress,
    lab: Option<Lab>,
    /// The model that ships with a lab, once it was spoken to.
    talk: Option<(String, Arc<dyn Model>)>,
}

/// Reads commands from standard input until it ends.
pub fn run(house: House) -> Exit {
    let progress = Progress::open(&house.folders.database());
    let mut reader = Reader { house, progress, lab: None, talk: None };
    match reader.converse(io::stdin().lock(), &mut io::stdout()) {
        Ok(()) => Exit::Done,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(error) => Exit::Failed(format!("standard output: {error}")),
    }
}

impl Reader {
    fn say(&self, en: &'static str, ja: &'static str) -> &'static str {
        match self.house.language {
            Language::En => en,
            Language::Ja => ja,
        }
    }

    fn converse(&mut self, input: impl BufRead, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "shinso 深層. {}", self.say("Type help for the commands.", "help でコマンド一覧。"))?;
        self.list(out)?;
        for line in input.lines() {
            let line = line?;
            let (verb, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            match verb {
                "" => {}
                "quit" | "q" => return Ok(()),
                "help" | "?" => self.help(out)?,
                "labs" => self.list(out)?,
                "open" => match self.house.catalogue.find(rest) {
                    Ok(lab) => {
                        writeln!(out, "{}", describe(lab, self.house.language))?;
                        self.lab = Some(lab.clone());
                    }
                    Err(error) => writeln!(out, "{error}")?,
                },
                verb => match self.lab.clone() {
                    None => {
                        let en = "open a lab first, such as: open vae";
                        writeln!(out, "{}", self.say(en, "まずラボを開いてください。例: open vae"))?;
                    }
                    Some(lab) => self.in_lab(&lab, verb, rest.trim(), out)?,
                },
            }
            out.flush()?;
        }
        Ok(())
    }

    fn help(&self, out: &mut impl Write) -> io::Result<()> {
        let en = "labs; open LAB; theory PAGE; train PRESET; say LINE (labs of words); exercises; answer NUMBER ANSWER; hint NUMBER; quit";
        let ja = "labs 一覧; open ラボ; theory ページ; train プリセット; say 式(語のラボ); exercises 演習; answer 番号 解答; hint 番号; quit 終了";
        writeln!(out, "{}", self.say(en, ja))
    }

    fn list(&self, out: &mut impl Write) -> io::Result<()> {
        for lab in self.house.catalogue.labs() {
            let solved = self.progress.solved(&lab.id).len();
            let title = lab.title.in_language(self.house.language);
            writeln!(out, "{}: {title}. {solved}/{}.", lab.id, lab.exercises.len())?;
        }
        Ok(())
    }

    fn in_lab(&mut self, lab: &Lab, verb: &str, rest: &str, out: &mut impl Write) -> io::Result<()> {
        let language = self.house.language;
        match verb {
            "theory" => {
                let page: usize = rest.parse().unwrap_or(1);
                match lab.theory.get(page.wrapping_sub(1)) {
                    Some(found) => {
                        writeln!(out, "{} ({page}/{})\n", found.title.in_language(language), lab.theory.len())?;
                        write!(out, "{}", markdown::plain(found.text.in_language(language), COLUMNS))
                    }
                    None => writeln!(out, "theory 1 – {}", lab.theory.len()),
                }
            }
            "say" => self.say_line(lab, rest, out),
            "train" if lab.presets.is_empty() => {
                let en = "this lab has nothing to train; talk with it: say LINE";
                writeln!(out, "{}", self.say(en, "このラボに学習はありません。say 式 で対話してください"))
            }
            "train" => self.train(lab, if rest.is_empty() { "quick" } else { rest }, out),
            "exercises" => {
                let solved = self.progress.solved(&lab.id);
                for (index, exercise) in lab.exercises.iter().enumerate() {
                    let mark = if solved.contains(&exercise.id) { self.say(" (solved)", "(正解済)") } else { "" };
                    writeln!(out, "{}. {}{mark}", index + 1, exercise.title.in_language(language))?;
                    write!(out, "{}", markdown::plain(exercise.prompt.in_language(language), COLUMNS))?;
                    if let Check::Choice { options, .. } = &exercise.check {
                        for (number, option) in options.iter().enumerate() {
                            writeln!(out, "   {}) {}", number + 1, option.in_language(language))?;
                        }
                    }
                }
                Ok(())
            }
            "hint" => {
                let exercise = rest.parse::<usize>().ok().and_then(|number| lab.exercises.get(number.wrapping_sub(1)));
                for hint in exercise.map(|exercise| exercise.hints.as_slice()).unwrap_or_default() {
                    write!(out, "{}", markdown::plain(hint.in_language(language), COLUMNS))?;
                }
                Ok(())
            }
            "answer" => self.answer(lab, rest, out),
            _ => self.help(out),
        }
    }

    fn answer(&mut self, lab: &Lab, rest: &str, out: &mut impl Write) -> io::Result<()> {
        let (number, answer) = rest.split_once(' ').unwrap_or((rest, ""));
        let exercise = number.parse::<usize>().ok().and_then(|number| lab.exercises.get(number.wrapping_sub(1)));
        let Some(exercise) = exercise else { return writeln!(out, "answer 1 – {} …", lab.exercises.len()) };
        let attempt = match &exercise.check {
            Check::Choice { .. } => Attempt::Choice(answer.trim().parse::<usize>().unwrap_or(0).wrapping_sub(1)),
            _ => Attempt::Text(answer.to_owned()),
        };
        match decide(exercise, &attempt, self.house.language) {
            Verdict::Passed => self.solved(lab, exercise, answer, out),
            Verdict::Failed(message) => writeln!(out, "{message}"),
            Verdict::Unrelated => {
                writeln!(
                    out,
                    "{}",
                    self.say("decided by what you do, not by an answer", "解答ではなく操作で判定されます")
                )
            }
        }
    }

    fn solved(
        &mut self,
        lab: &Lab,
        exercise: &crate::lab::Exercise,
        answer: &str,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let now = jiff::Timestamp::now().to_string();
        if let Err(error) = self.progress.attempt(&lab.id, &exercise.id, answer, Some(&now)) {
            writeln!(out, "{error}")?;
        }
        let title = exercise.title.in_language(self.house.language);
        writeln!(out, "{}: {title}", self.say("Solved", "正解"))?;
        write!(out, "{}", markdown::plain(exercise.explanation.in_language(self.house.language), COLUMNS))
    }

    /// Says a line to the model that ships with a lab.
    fn say_line(&mut self, lab: &Lab, line: &str, out: &mut impl Write) -> io::Result<()> {
        let language = self.house.language;
        let model = match &self.talk {
            Some((id, model)) if *id == lab.id => Arc::clone(model),
            _ => match registry::find(&lab.experiment)
                .and_then(|experiment| experiment.open_shipped(&self.house.source))
            {
                Ok(model) => model,
                Err(failure) => return writeln!(out, "{failure}"),
            },
        };
        self.talk = Some((lab.id.clone(), Arc::clone(&model)));
        let query = Query::Say { line: line.to_owned(), language };
        let parts = match model.answer(&query, &Watch::default()) {
            Ok(Answer::Said { parts }) => parts,
            Ok(_) => return Ok(()),
            Err(failure) => return writeln!(out, "{failure}"),
        };
        for part in &parts {
            match part {
                Part::Fault { text, .. } => writeln!(out, "{text}")?,
                part => write!(out, "{}", in_words(part, false))?,
            }
        }
        let first = parts.iter().find_map(|part| match part {
            Part::Ranked { entries, .. } => entries.first(),
            _ => None,
        });
        let said = first.map(|first| Attempt::Said { line: line.to_owned(), answer: first.word.clone() });
        let states = reached(line, &parts);
        let answered = (!states.is_empty()).then(|| Attempt::Line(line.to_owned()));
        let states = states.into_iter().map(|state| Attempt::State { state: state.to_owned(), view: None });
        for attempt in states.chain(said).chain(answered) {
            let solved = self.progress.solved(&lab.id);
            for exercise in lab.exercises.iter().filter(|exercise| !solved.contains(&exercise.id)) {
                if decide(exercise, &attempt, language) == Verdict::Passed {
                    self.solved(lab, exercise, line, out)?;
                }
            }
        }
        Ok(())
    }

    /// Trains and tells every few seconds how it goes.
    fn train(&mut self, lab: &Lab, preset: &str, out: &mut impl Write) -> io::Result<()> {
        let chosen = registry::find(&lab.experiment)
            .map_err(|error| error.to_string())
            .and_then(|experiment| lab.knobs_of_preset(preset, &(experiment.knobs)()));
        let knobs = match chosen {
            Ok(knobs) => knobs,
            Err(error) => return writeln!(out, "{error}"),
        };
        let start = Start {
            lab: lab.id.clone(),
            experiment: lab.experiment.clone(),
            preset: Some(preset.to_owned()),
            knobs,
            seed: 1,
            threads: default_threads(),
            data: self.house.source.folder.clone(),
        };
        let (sender, woken) = channel();
        let wake = Arc::new(move || {
            // The reader of this channel ends with the run.
            let _ended = sender.send(());
        });
        let mut run = match LiveRun::start(&self.house.store, start, &self.house.source, wake) {
            Ok(run) => run,
            Err(error) => return writeln!(out, "{error}"),
        };
        let mut told = Instant::now();
        while run.is_live() {
            let _late = woken.recv_timeout(REPORT_EVERY);
            for (series, step, value) in run.catch_up() {
                let attempt = Attempt::Point { series, step, value };
                let solved = self.progress.solved(&lab.id);
                for exercise in lab.exercises.iter().filter(|exercise| !solved.contains(&exercise.id)) {
                    if decide(exercise, &attempt, self.house.language) == Verdict::Passed {
                        self.solved(lab, exercise, "", out)?;
                    }
                }
            }
            if told.elapsed() >= REPORT_EVERY || !run.is_live() {
                told = Instant::now();
                if let Err(gone) = self.report(lab, &run, out) {
                    run.send(Command::Stop);
                    return Err(gone);
                }
            }
        }
        if let Some(message) = &run.message {
            writeln!(out, "{message}")?;
        }
        for (key, value) in run.report.iter().flatten() {
            writeln!(out, "{key}: {value}")?;
        }
        Ok(())
    }

    fn report(&self, lab: &Lab, run: &LiveRun, out: &mut impl Write) -> io::Result<()> {
        let left = run.pace.seconds_left.unwrap_or(0.0);
        let step = self.say("step", "ステップ");
        let unit = self.say("seconds left", "秒残り");
        writeln!(out, "{step} {}/{}, {left:.0} {unit}.", run.pace.step, run.pace.total_steps)?;
        for line in lab.dashboard.charts.iter().flat_map(|chart| &chart.series) {
            if let Some(series) = run.series.get(&line.name) {
                writeln!(
                    out,
                    "{}",
                    sentence(line.label.in_language(self.house.language), series, self.house.language)
                )?;
            }
        }
        out.flush()
    }
}
