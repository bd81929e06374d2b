//! The linear mode, for screen readers and pipes: no boxes, no motion, each chart a sentence. One command a line.

use super::linear::{in_words, reached};
use super::live_run::LiveRun;
use super::text;
use super::widgets::chart::sentence;
use super::widgets::markdown;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::{
    Answer, Command, Experiment, ExperimentError, Language, Model, Panel, Query, Session, TalkAnswer, TalkQuery,
    TaskContext,
};
use crate::lab::exercise::{decide, is_explained};
use crate::lab::{Attempt, Check, Lab, Progress, Verdict, describe};
use crate::registry;
use crate::run::ask;
use crate::run::{Start, default_threads};
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Columns of text.
const COLUMNS: usize = 78;
/// Time between two reports of a run.
const REPORT_EVERY: Duration = Duration::from_secs(5);

struct Reader {
    environment: Environment,
    progress: Progress,
    lab: Option<Lab>,
    asked: Option<Asked>,
}

/// The bundled model of a lab that was asked, and the session with it.
struct Asked {
    lab: String,
    model: Arc<dyn Model>,
    session: Option<Box<dyn Session>>,
}

/// Words between spaces; double quotes hold a word with spaces together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted, mut begun) = (String::new(), false, false);
    for letter in line.chars() {
        match letter {
            '"' => (quoted, begun) = (!quoted, true),
            letter if letter.is_whitespace() && !quoted => {
                if std::mem::take(&mut begun) {
                    words.push(std::mem::take(&mut word));
                }
            }
            letter => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// Reads commands from standard input until it ends.
pub fn run(environment: Environment) -> Exit {
    let progress = Progress::open(&environment.folders.database());
    let mut reader = Reader { environment, progress, lab: None, asked: None };
    match reader.converse(io::stdin().lock(), &mut io::stdout()) {
        Ok(()) => Exit::Done,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(error) => Exit::Failed(format!("standard output: {error}")),
    }
}

/// Carries a script out, for tests.
#[cfg(test)]
pub fn converse_for_tests(catalogue: crate::lab::Catalogue, folder: &std::path::Path, script: &str, out: &mut Vec<u8>) {
    let environment = Environment::for_tests(catalogue, folder);
    let mut reader = Reader { environment, progress: Progress::in_memory(None), lab: None, asked: None };
    reader.converse(script.as_bytes(), out).expect("memory takes all lines");
}

impl Reader {
    fn say(&self, en: &'static str, ja: &'static str) -> &'static str {
        match self.environment.language {
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
                "open" => match self.environment.catalogue.find(rest) {
                    Ok(lab) => {
                        writeln!(out, "{}", describe(lab, self.environment.language))?;
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
        let en = "labs; open LAB; theory PAGE; train PRESET; views; ask VIEW input=value; say LINE (labs of words); exercises; answer NUMBER ANSWER; hint NUMBER; quit";
        let ja = "labs 一覧; open ラボ; theory ページ; train プリセット; views ビュー一覧; ask ビュー 入力=値; say 式(語のラボ); exercises 演習; answer 番号 解答; hint 番号; quit 終了";
        writeln!(out, "{}", self.say(en, ja))
    }

    fn list(&self, out: &mut impl Write) -> io::Result<()> {
        for lab in self.environment.catalogue.labs() {
            let solved = self.progress.solved(&lab.id).len();
            let title = lab.title.in_language(self.environment.language);
            writeln!(out, "{}: {title}. {solved}/{}.", lab.id, lab.exercises.len())?;
        }
        Ok(())
    }

    fn in_lab(&mut self, lab: &Lab, verb: &str, rest: &str, out: &mut impl Write) -> io::Result<()> {
        let language = self.environment.language;
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
            "views" => self.views(lab, out),
            "ask" => self.ask_view(lab, rest, out),
            "train" if lab.presets.is_empty() => {
                let instead = registry::find(&lab.experiment).ok().and_then(Experiment::instead_of_training);
                let nothing = self.say("this lab has nothing to train", "このラボに学習はありません");
                writeln!(out, "{nothing}: {}", instead.unwrap_or_default())
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
        match decide(exercise, &attempt, self.environment.language) {
            Verdict::Passed => self.solved(lab, exercise, answer, out),
            Verdict::Failed(message) => {
                if let Err(error) = self.progress.attempt(&lab.id, &exercise.id, answer, None) {
                    writeln!(out, "{error}")?;
                }
                write!(out, "{}", markdown::plain(&message, COLUMNS))?;
                if is_explained(exercise, self.progress.attempts(&lab.id, &exercise.id)) {
                    writeln!(out, "{}", text::EXPLAINED.in_language(self.environment.language))?;
                    let explanation = exercise.explanation.in_language(self.environment.language);
                    write!(out, "{}", markdown::plain(explanation, COLUMNS))?;
                }
                Ok(())
            }
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
        let title = exercise.title.in_language(self.environment.language);
        writeln!(out, "{}: {title}", self.say("Solved", "正解"))?;
        write!(out, "{}", markdown::plain(exercise.explanation.in_language(self.environment.language), COLUMNS))
    }

    /// The bundled model of a lab, and the session with it once there was a word.
    fn asked(&mut self, lab: &Lab) -> Result<&mut Asked, ExperimentError> {
        if self.asked.as_ref().is_none_or(|asked| asked.lab != lab.id) {
            let model = registry::open_default(&lab.experiment, &self.environment.source)?;
            self.asked = Some(Asked { lab: lab.id.clone(), model, session: None });
        }
        Ok(self.asked.as_mut().expect("just set"))
    }

    /// Says a line in a conversation.
    fn say_line(&mut self, lab: &Lab, line: &str, out: &mut impl Write) -> io::Result<()> {
        let language = self.environment.language;
        let query = TalkQuery::Say { line: line.to_owned(), language }.into();
        let answer = self.asked(lab).and_then(|asked| {
            if asked.session.is_none() {
                asked.session = Some(asked.model.session(None)?);
            }
            asked.session.as_mut().expect("just opened").answer(&query, &TaskContext::default())
        });
        let (panels, own_vectors) = match answer {
            Ok(Answer::Talk(TalkAnswer::Said { panels, own_vectors })) => (panels, own_vectors),
            Ok(_) => return Ok(()),
            Err(failure) => return writeln!(out, "{}", failure.in_language(language)),
        };
        for panel in &panels {
            match panel {
                Panel::Fault { text, .. } => writeln!(out, "{}", text.in_language(language))?,
                panel => write!(out, "{}", in_words(panel, language, false))?,
            }
        }
        let first = panels.iter().find_map(|panel| match panel {
            Panel::Bars { bars, .. } => bars.first(),
            _ => None,
        });
        let said = first.map(|first| Attempt::Said { line: line.to_owned(), answer: first.name.clone(), own_vectors });
        let states = reached(line, &panels);
        let answered = (!states.is_empty()).then(|| Attempt::Line(line.to_owned()));
        let state = |state: &str| Attempt::State { state: state.to_owned(), view: None, input: None };
        let attempts: Vec<Attempt> = states.into_iter().map(state).chain(said).chain(answered).collect();
        attempts.iter().try_for_each(|attempt| self.happened(lab, attempt, line, out))
    }

    /// What the views of a lab are, and what each can be asked with.
    fn views(&self, lab: &Lab, out: &mut impl Write) -> io::Result<()> {
        let language = self.environment.language;
        let views = registry::find(&lab.experiment).map_or(&[][..], |experiment| experiment.views);
        for view in views {
            writeln!(out, "{}: {}", view.name, view.help.in_language(language))?;
            for input in (view.inputs)() {
                let help = input.help.in_language(language);
                writeln!(out, "  {}={} ({help}; {})", input.name, input.default, input.kind)?;
            }
        }
        Ok(())
    }

    /// Asks for a view: `VIEW input=value …`, a value with spaces in double quotes.
    fn ask_view(&mut self, lab: &Lab, rest: &str, out: &mut impl Write) -> io::Result<()> {
        let language = self.environment.language;
        let words = words(rest);
        let Some((name, assignments)) = words.split_first() else { return self.views(lab, out) };
        let answer = registry::find(&lab.experiment).and_then(|experiment| {
            let inputs = ask::inputs(experiment.view(name)?, assignments)?;
            let query = Query::View { name: name.clone(), inputs };
            self.asked(lab)?.model.answer(&query, &TaskContext::default())
        });
        match answer {
            Ok(Answer::Panels { panels }) => {
                for panel in &panels {
                    write!(out, "{}", in_words(panel, language, false))?;
                }
            }
            Ok(_) => return Ok(()),
            Err(failure) => return writeln!(out, "{}", failure.in_language(language)),
        }
        for assignment in assignments {
            let input = assignment.split_once('=').map(|(input, _)| input.trim().to_owned());
            let attempt = Attempt::State { state: "input_turned".to_owned(), view: Some(name.clone()), input };
            self.happened(lab, &attempt, rest, out)?;
        }
        Ok(())
    }

    /// Decides what happened against the exercises that are open.
    fn happened(&mut self, lab: &Lab, attempt: &Attempt, answer: &str, out: &mut impl Write) -> io::Result<()> {
        let solved = self.progress.solved(&lab.id);
        for exercise in lab.exercises.iter().filter(|exercise| !solved.contains(&exercise.id)) {
            if decide(exercise, attempt, self.environment.language) == Verdict::Passed {
                self.solved(lab, exercise, answer, out)?;
            }
        }
        Ok(())
    }

    /// Trains, and reports every few seconds.
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
            data: self.environment.source.folder.clone(),
            plan: Vec::new(),
        };
        let (sender, woken) = channel();
        let wake = Arc::new(move || {
            // The reader of this channel ends with the run.
            let _ended = sender.send(());
        });
        let mut run = match LiveRun::start(&*self.environment.runner(), start, wake) {
            Ok(run) => run,
            Err(error) => return writeln!(out, "{error}"),
        };
        let mut reported = Instant::now();
        while run.is_live() {
            let _late = woken.recv_timeout(REPORT_EVERY);
            for attempt in run.catch_up() {
                let solved = self.progress.solved(&lab.id);
                for exercise in lab.exercises.iter().filter(|exercise| !solved.contains(&exercise.id)) {
                    if decide(exercise, &attempt, self.environment.language) == Verdict::Passed {
                        self.solved(lab, exercise, "", out)?;
                    }
                }
            }
            if reported.elapsed() >= REPORT_EVERY || !run.is_live() {
                reported = Instant::now();
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
                    sentence(line.label.in_language(self.environment.language), series, self.environment.language)
                )?;
            }
        }
        out.flush()
    }
}
