//! The linear mode, for screen readers and pipes: no boxes, no motion, each chart a sentence. One command a line. Instruments are the
//! same as on the screen, driven by the same keys, so that every exercise can be done here too.

mod asked;
mod class;
mod demo;
mod explore;
mod lines;
mod model;
mod names;
mod runs;
mod training;

#[cfg(test)]
mod tests;

use super::context::AppContext;
use super::destination::Destination;
use super::keys::Action;
use super::last_resort::{self, Stage};
use super::live_run::Wanted;
use super::screens::exercises::{count_wrong, counts_after, decided_at, in_words, may_be_changed};
use super::screens::explore::ExploreTab;
use super::signals;
use super::terminal::{Bell, Message};
use super::text::{self, filled};
use super::theme::Theme;
use super::widgets::markdown;
use super::widgets::picture::{Look, PictureMode, Pictures};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::Wording;
use crate::intake;
use crate::lab::exercise::{decide, is_explained};
use crate::lab::{Attempt, Check, Exercise, InstrumentUse, Lab, Progress, Verdict};
use crate::printer;
use crate::width::Widths;
use demo::Playing;
use lines::Lines;
use model::Asked;
use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

/// Columns of text.
const COLUMNS: usize = 78;

struct Reader<W> {
    app: AppContext,
    bell: Arc<Bell>,
    out: Lines<W>,
    lab: Option<Lab>,
    asked: Option<Asked>,
    explore: Option<ExploreTab>,
    /// The demo of the lab, while it is played.
    demo: Option<Playing>,
    /// What came from a pipe while a step of a demo was under way.
    held: Option<Message>,
    /// A run that waits for a place to train.
    waiting: Option<Wanted>,
    /// Exercises of all labs that were solved when it was looked last.
    solved: BTreeSet<(String, String)>,
    /// When the run was told of last, when its curves were, and whether its end was.
    told: Instant,
    curves_told: Instant,
    end_told: bool,
    /// What a run asked that was told of: the run, and the step.
    question_told: Option<(String, u64)>,
    /// Whether the run was told to stop: it waits for no answer any more.
    is_stopping: bool,
    /// Whether somebody types.
    prompts: bool,
    /// Whether a signal has asked for the end.
    is_over: bool,
    /// Whether what was shown last was still being computed.
    shown_early: bool,
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

/// Reads commands from standard input until it ends; first plays the demo of a lab, if it is named.
pub fn run(environment: Environment, demo: Option<&str>) -> Exit {
    let (sender, messages) = channel();
    let mut progress = crate::class::progress::open(&environment.folders.database());
    if let Some(notice) = progress.notice.take() {
        printer::note(&notice);
    }
    let prompts = io::stdin().is_terminal();
    let mut reader =
        Reader::new(environment, progress, Bell::new(sender.clone()), printer::Printer::new(io::stdout()), prompts);
    let (next, asked) = channel();
    let begun = signals::listen(sender.clone(), signals::Use::Lines).and_then(|()| {
        let read = move || read_lines(io::stdin().lock(), &sender, &asked);
        std::thread::Builder::new().name("input".into()).spawn(read).map(drop)
    });
    let ended = begun.and_then(|()| reader.converse(demo, &messages, &next));
    last_resort::reached(Stage::LoopEnded);
    drop(reader);
    last_resort::reached(Stage::Done);
    match ended {
        Ok(exit) => exit,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(error) => Exit::Failed(format!("standard output: {error}")),
    }
}

/// Hands lines on, each once the one before was taken. What is no UTF-8 is read as far as it goes.
fn read_lines(mut input: impl BufRead, messages: &Sender<Message>, asked: &Receiver<()>) {
    let mut line = Vec::new();
    for number in 0_u64.. {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if number == 0 {
            intake::drop_mark(&mut line);
        }
        let message = match read {
            Ok(1..) => Message::Line(String::from_utf8_lossy(&line).into_owned()),
            Ok(0) | Err(_) => Message::Lost,
        };
        let is_last = matches!(message, Message::Lost);
        if messages.send(message).is_err() || is_last || asked.recv().is_err() {
            return;
        }
    }
}

/// Carries a script out, for tests.
#[cfg(test)]
pub fn converse_for_tests(
    catalogue: crate::lab::Catalogue,
    folder: &std::path::Path,
    demo: Option<&str>,
    script: &str,
    out: &mut Vec<u8>,
) {
    let environment = Environment::for_tests(catalogue, folder);
    let (sender, messages) = channel();
    let mut reader = Reader::new(environment, Progress::in_memory(None), Bell::new(sender.clone()), out, false);
    let (next, asked) = channel();
    let script = script.to_owned();
    std::thread::spawn(move || read_lines(script.as_bytes(), &sender, &asked));
    reader.converse(demo, &messages, &next).expect("memory takes all lines");
}

impl<W: Write> Reader<W> {
    fn new(environment: Environment, progress: Progress, bell: Arc<Bell>, out: W, prompts: bool) -> Self {
        let runner = environment.runner();
        let look = Look { light: false, color: false, wide_ambiguous: false };
        let ring = Arc::clone(&bell);
        let app = AppContext::new(
            environment.language,
            Theme::dark(),
            Widths::default(),
            Pictures::new(look, Some(PictureMode::Ascii), PictureMode::Ascii),
            progress,
            environment.catalogue,
            environment.store,
            environment.source,
            Arc::new(move || ring.ring()),
            runner,
        );
        let solved = BTreeSet::new();
        let told = Instant::now();
        let mut reader = Reader {
            app,
            bell,
            out: Lines::new(out),
            lab: None,
            asked: None,
            explore: None,
            demo: None,
            held: None,
            waiting: None,
            solved,
            told,
            curves_told: told,
            end_told: true,
            question_told: None,
            is_stopping: false,
            prompts,
            is_over: false,
            shown_early: false,
        };
        reader.solved = reader.solved_now();
        reader
    }

    fn say(&mut self, wording: Wording) -> io::Result<()> {
        self.tell(wording, &[])
    }

    fn tell(&mut self, wording: Wording, values: &[&dyn std::fmt::Display]) -> io::Result<()> {
        self.out.put(&filled(self.app.say(wording), values))
    }

    /// A text of a lab, in lines.
    fn text(&mut self, text: &str) -> io::Result<()> {
        write!(self.out, "{}", markdown::plain(text, COLUMNS))
    }

    fn converse(&mut self, demo: Option<&str>, messages: &Receiver<Message>, next: &Sender<()>) -> io::Result<Exit> {
        self.tell(text::PLAIN_WELCOME, &[])?;
        if demo.is_none() {
            self.list()?;
        }
        self.join_class()?;
        let lab = demo.and_then(|id| self.app.catalogue.find(id).ok()).cloned();
        lab.iter().try_for_each(|lab| self.play(lab))?;
        loop {
            self.go_on()?;
            if self.prompts && !self.demo_moves() {
                self.out.prompt()?;
            }
            self.out.flush()?;
            let message = match self.taken_up() {
                Some(held) => Some(held),
                None => self.next(messages),
            };
            match message {
                // A pipe knows nothing of what is waited for: its lines come when it is over.
                Some(message @ (Message::Line(_) | Message::Lost)) if self.holds() => self.held = Some(message),
                Some(Message::Line(line)) => {
                    self.out.answered();
                    if !self.line(line.trim(), messages)? {
                        return Ok(Exit::Done);
                    }
                    self.news()?;
                    if self.is_over {
                        return Ok(Exit::Interrupted);
                    }
                    // The thread that reads has ended with the input.
                    let _ended = next.send(());
                }
                // The input has ended: what goes on is seen to its end.
                Some(Message::Lost) => {
                    self.wait(messages, true)?;
                    return Ok(if self.is_over { Exit::Interrupted } else { Exit::Done });
                }
                Some(Message::Interrupt) if self.is_under_way() => self.stop()?,
                Some(Message::Hangup | Message::Interrupt) => return Ok(Exit::Interrupted),
                _ => self.news()?,
            }
        }
    }

    /// Does what a line asks for; `false` to end.
    fn line(&mut self, line: &str, messages: &Receiver<Message>) -> io::Result<bool> {
        if self.line_of_demo(line)? {
            return Ok(true);
        }
        let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match verb {
            "" => {}
            "quit" | "q" => return Ok(false),
            "help" | "?" => self.tell(text::PLAIN_HELP, &[])?,
            "labs" => self.list()?,
            "open" => self.open(rest)?,
            "hand" => self.hand()?,
            "id" => self.identify(rest)?,
            verb => match self.lab.clone() {
                None => self.tell(text::PLAIN_OPEN_FIRST, &[])?,
                Some(lab) => self.in_lab(&lab, verb, rest, messages)?,
            },
        }
        Ok(true)
    }

    fn list(&mut self) -> io::Result<()> {
        for lab in self.app.catalogue.labs() {
            let solved = self.app.progress.solved(&lab.id).len();
            let title = lab.title.in_language(self.app.language);
            self.out.put(&format!("{}: {title}. {solved}/{}.", lab.id, lab.exercises.len()))?;
        }
        Ok(())
    }

    fn open(&mut self, typed: &str) -> io::Result<()> {
        let Some(id) = self.lab_meant(typed)? else { return Ok(()) };
        self.leave_demo()?;
        let lab = match self.app.catalogue.find(&id) {
            Ok(lab) => lab.clone(),
            Err(error) => {
                let known: Vec<&str> = self.app.catalogue.labs().into_iter().map(|lab| lab.id.as_str()).collect();
                return match self.app.language {
                    crate::experiment::Language::En => writeln!(self.out, "{error}"),
                    crate::experiment::Language::Ja => self.tell(text::PLAIN_NO_LAB, &[&id, &known.join(", ")]),
                };
            }
        };
        self.about(&lab)?;
        self.explore = None;
        self.app.questions.call_off_all();
        self.app.shown_lab = Some(lab.id.clone());
        self.lab = Some(lab);
        Ok(())
    }

    /// What a lab is about, and what there is in it.
    fn about(&mut self, lab: &Lab) -> io::Result<()> {
        let language = self.app.language;
        let title = lab.title.in_language(language);
        writeln!(self.out, "{title} (~{} {})", lab.minutes, self.app.say(text::MINUTES))?;
        self.text(lab.summary.in_language(language))?;
        let named = |use_: &InstrumentUse| format!("{} ({})", names::id_of(use_), use_.title.in_language(language));
        let instruments: Vec<String> = lab.explore.iter().map(named).collect();
        self.tell(text::PLAIN_HERE, &[&lab.theory.len(), &lab.exercises.len(), &instruments.join(", ")])?;
        for (name, preset) in &lab.presets {
            let summary = markdown::plain(preset.summary.in_language(language), usize::from(u16::MAX));
            let (length, unit) = (preset.seconds, self.app.say(text::SECONDS));
            self.out.put(&format!("train {name} (~{length} {unit}): {}", summary.trim_end()))?;
        }
        Ok(())
    }

    fn in_lab(&mut self, lab: &Lab, verb: &str, rest: &str, messages: &Receiver<Message>) -> io::Result<()> {
        match verb {
            "theory" => self.theory(lab, rest),
            "say" if rest.is_empty() => self.say(text::PLAIN_SAY_WHAT),
            "say" => self.say_line(lab, rest),
            "demo" => self.play(lab),
            "views" => self.views(lab),
            "ask" => self.ask_view(lab, rest),
            "train" => self.train(lab, rest),
            "wait" if !self.is_under_way() => self.say(text::PLAIN_NO_RUN),
            "wait" => self.wait(messages, false),
            "status" => self.status(),
            "stop" => self.stop(),
            "pause" => self.pause(),
            "set" => self.set(lab, rest),
            "report" => self.report(),
            "runs" => self.runs(lab, rest),
            "resume" => self.resume(lab, rest),
            "explore" => self.open_explore(lab, rest, messages),
            "press" => self.press(lab, rest, messages),
            "type" => self.type_text(lab, rest, messages),
            "show" => self.show_once_there(lab, messages),
            "notes" => {
                let notes = self.app.progress.notes(&lab.id);
                if notes.trim().is_empty() { self.say(text::PLAIN_NO_NOTES) } else { writeln!(self.out, "{notes}") }
            }
            "note" if rest.is_empty() => self.say(text::PLAIN_NOTE_WHAT),
            "note" => {
                let before = self.app.progress.notes(&lab.id);
                let notes = if before.is_empty() { rest.to_owned() } else { format!("{before}\n{rest}") };
                match self.app.progress.set_notes(&lab.id, &before, &notes) {
                    Ok(_) => self.tell(text::SAVED, &[]),
                    Err(error) => writeln!(self.out, "{error}"),
                }
            }
            "exercises" => self.exercises(lab),
            "exercise" => match self.numbered(lab, rest) {
                Some((index, exercise)) => {
                    self.exercise(lab, index, &exercise)?;
                    // What was earned is explained here once more.
                    let is_solved = self.app.progress.solved(&lab.id).contains(&exercise.id);
                    if is_solved { self.text(exercise.explanation.in_language(self.app.language)) } else { Ok(()) }
                }
                None => self.tell(text::PLAIN_NO_EXERCISE, &[&lab.exercises.len()]),
            },
            "hint" => match self.numbered(lab, rest) {
                Some((_, exercise)) => self.hint(lab, &exercise),
                None => self.tell(text::PLAIN_NO_EXERCISE, &[&lab.exercises.len()]),
            },
            "answer" => self.answer(lab, rest),
            unknown => self.tell(text::PLAIN_NO_COMMAND, &[&unknown]),
        }
    }

    fn theory(&mut self, lab: &Lab, rest: &str) -> io::Result<()> {
        let page = if rest.is_empty() { Some(1) } else { rest.parse::<usize>().ok() };
        let found = page.and_then(|page| Some((page, lab.theory.get(page.checked_sub(1)?)?)));
        let Some((page, found)) = found else { return self.tell(text::PLAIN_NO_PAGE, &[&lab.theory.len()]) };
        let language = self.app.language;
        writeln!(self.out, "{} ({page}/{})\n", found.title.in_language(language), lab.theory.len())?;
        self.text(found.text.in_language(language))
    }

    /// The exercise that a line begins with the number of.
    fn numbered(&self, lab: &Lab, rest: &str) -> Option<(usize, Exercise)> {
        let number: usize = rest.split_whitespace().next()?.parse().ok()?;
        let index = number.checked_sub(1)?;
        lab.exercises.get(index).map(|exercise| (index, exercise.clone()))
    }

    fn exercises(&mut self, lab: &Lab) -> io::Result<()> {
        for (index, exercise) in lab.exercises.iter().enumerate() {
            self.exercise(lab, index, exercise)?;
        }
        Ok(())
    }

    fn exercise(&mut self, lab: &Lab, index: usize, exercise: &Exercise) -> io::Result<()> {
        let language = self.app.language;
        let solved = self.app.progress.solved(&lab.id).contains(&exercise.id);
        let mark = if solved { format!(" ({})", self.app.say(text::SOLVED)) } else { String::new() };
        writeln!(self.out, "{}. {}{mark}", index + 1, exercise.title.in_language(language))?;
        self.text(exercise.prompt.in_language(language))?;
        match &exercise.check {
            Check::Choice { options, .. } => {
                for (number, option) in options.iter().enumerate() {
                    let words = markdown::plain(option.in_language(language), COLUMNS);
                    self.out.put(&format!("   {}) {}", number + 1, words.trim()))?;
                }
            }
            Check::Number { unit, .. } if !unit.in_language(language).is_empty() => {
                writeln!(self.out, "   ({})", unit.in_language(language))?;
            }
            Check::Series { condition, .. } => writeln!(self.out, "   {}", in_words(condition, lab, language))?,
            _ => {}
        }
        if let Some(before) = counts_after(exercise, lab, &self.app).filter(|_| !solved) {
            self.tell(text::PLAIN_COUNTS_AFTER, &[&before])?;
        }
        match &exercise.check {
            Check::Choice { .. } | Check::Number { .. } | Check::FreeText { .. } => Ok(()),
            _ => match decided_at(exercise, lab, &self.app) {
                Some(Destination::Instrument(at)) => {
                    let title = lab.explore[at].title.in_language(language);
                    self.tell(text::PLAIN_DECIDED_THERE, &[&title, &(at + 1)])
                }
                Some(Destination::Preset(at)) => {
                    let preset = &lab.presets[at].0;
                    match may_be_changed(exercise, at, lab) {
                        free if free.is_empty() => self.tell(text::PLAIN_DECIDED_BY_PRESET, &[preset]),
                        free => self.tell(text::PLAIN_DECIDED_BY_CHANGE, &[preset, &free.join(", ")]),
                    }
                }
                Some(Destination::Action(Action::Tab(_))) => self.say(text::PLAIN_DECIDED_BY_RUN),
                _ => Ok(()),
            },
        }
    }

    fn hint(&mut self, lab: &Lab, exercise: &Exercise) -> io::Result<()> {
        let shown = (self.app.progress.hints(&lab.id, &exercise.id) as usize).min(exercise.hints.len());
        let shown = (shown + 1).min(exercise.hints.len());
        if let Err(error) = self.app.progress.set_hints(&lab.id, &exercise.id, shown as u32) {
            writeln!(self.out, "{error}")?;
        }
        for hint in &exercise.hints[..shown] {
            self.text(hint.in_language(self.app.language))?;
        }
        if exercise.hints.is_empty() {
            return self.say(text::NO_HINTS);
        }
        if shown == exercise.hints.len() { self.say(text::NO_MORE_HINTS) } else { Ok(()) }
    }

    fn answer(&mut self, lab: &Lab, rest: &str) -> io::Result<()> {
        let Some((_, exercise)) = self.numbered(lab, rest) else {
            return self.tell(text::PLAIN_NO_EXERCISE, &[&lab.exercises.len()]);
        };
        let answer = rest.split_once(char::is_whitespace).map_or("", |(_, answer)| answer.trim());
        let attempt = match &exercise.check {
            Check::Choice { options, .. } => match answer.parse::<usize>() {
                Ok(number) if (1..=options.len()).contains(&number) => Attempt::Choice(number - 1),
                _ => return self.tell(text::PLAIN_CHOOSE, &[&options.len()]),
            },
            _ => Attempt::Text(answer.to_owned()),
        };
        if let Some(before) = counts_after(&exercise, lab, &self.app) {
            return self.tell(text::PLAIN_COUNTS_AFTER, &[&before]);
        }
        // Of a choice it is kept as the screen does.
        let answer = &attempt.to_string();
        match decide(&exercise, &attempt, self.app.language) {
            Verdict::Passed => {
                let title = exercise.title.in_language(self.app.language).to_owned();
                self.app.solve(lab, &exercise.id, answer, &title);
                Ok(())
            }
            Verdict::Failed(message) => {
                if let Err(error) = count_wrong(&exercise, &attempt, lab, &self.app) {
                    writeln!(self.out, "{error}")?;
                }
                self.text(&message)?;
                if is_explained(&exercise, self.app.progress.attempts(&lab.id, &exercise.id)) {
                    self.say(text::EXPLAINED)?;
                    self.text(exercise.explanation.in_language(self.app.language))?;
                }
                Ok(())
            }
            Verdict::Unrelated => self.say(text::PLAIN_NOT_BY_ANSWER),
        }
    }

    fn solved_now(&self) -> BTreeSet<(String, String)> {
        let labs = self.app.catalogue.labs();
        let solved = labs
            .into_iter()
            .flat_map(|lab| self.app.progress.solved(&lab.id).into_iter().map(|exercise| (lab.id.clone(), exercise)));
        solved.collect()
    }

    /// Tells what was earned since the last time, with the explanation, and what else there is to say.
    fn tell_news(&mut self) -> io::Result<()> {
        let solved = self.solved_now();
        for (lab, exercise) in solved.difference(&std::mem::take(&mut self.solved)) {
            let lab = self.app.catalogue.find(lab).ok().cloned();
            let Some(exercise) = lab.iter().flat_map(|lab| &lab.exercises).find(|known| known.id == *exercise) else {
                continue;
            };
            let title = exercise.title.in_language(self.app.language);
            writeln!(self.out, "{}: {title}", self.app.say(text::PLAIN_SOLVED))?;
            self.text(exercise.explanation.in_language(self.app.language))?;
            // The notice says no more.
            self.app.take_notice();
        }
        self.solved = solved;
        match self.app.take_notice() {
            Some(notice) => self.out.put(&notice),
            None => Ok(()),
        }
    }
}
