//! Asking the model of a lab in one line: views by name, and lines of a conversation.

use super::explore::QUIET;
use super::{Reader, names, words};
use crate::experiment::{Answer, ExperimentError, Panel, Query, Session, TalkAnswer, TalkQuery, TaskContext};
use crate::lab::{Attempt, Lab};
use crate::registry;
use crate::run::ask;
use crate::tui::choices;
use crate::tui::linear::{in_words, reached};
use std::io::{self, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};

/// The session with the model of a lab, once there was a word.
pub(super) struct Asked {
    lab: String,
    session: Box<dyn Session>,
}

impl<W: Write> Reader<W> {
    /// Says a line in a conversation.
    pub(super) fn say_line(&mut self, lab: &Lab, line: &str) -> io::Result<()> {
        let language = self.app.language;
        let query = TalkQuery::Say { line: line.to_owned(), language }.into();
        let answer = self.session(lab)?.and_then(|session| session.answer(&query, &TaskContext::default()));
        let (panels, own_vectors) = match answer {
            Ok(Answer::Talk(TalkAnswer::Said { panels, own_vectors, .. })) => (panels, own_vectors),
            Ok(_) => return Ok(()),
            Err(failure) => return self.fail(&failure),
        };
        for panel in &panels {
            match panel {
                Panel::Fault { text, .. } => writeln!(self.out, "{}", text.in_language(language))?,
                panel => write!(self.out, "{}", in_words(panel, language, false))?,
            }
        }
        let first = panels.iter().find_map(|panel| match panel {
            Panel::Bars { bars, .. } => bars.first(),
            _ => None,
        });
        let said = first.map(|first| Attempt::Said { line: line.to_owned(), answer: first.name.clone(), own_vectors });
        let states = reached(line, &panels);
        let answered = (!states.is_empty()).then(|| Attempt::Line(line.to_owned()));
        let knobs = self.app.knobs_of_run(&lab.id);
        let state = |state: &str| Attempt::State {
            state: state.to_owned(),
            view: None,
            input: None,
            value: None,
            knobs: knobs.clone(),
        };
        let attempts = states.into_iter().map(state).chain(said).chain(answered);
        attempts.for_each(|attempt| self.app.happened(lab, &attempt));
        Ok(())
    }

    /// The conversation with the model of a lab: that of its run, else the bundled one.
    fn session(&mut self, lab: &Lab) -> io::Result<Result<&mut Box<dyn Session>, ExperimentError>> {
        let before = self.asked.take().filter(|asked| asked.lab == lab.id);
        let source = self.app.model(lab);
        let opened = self.patiently(lab, lab.title.in_language(self.app.language), move || source())?;
        let session = opened.and_then(|model| match before {
            Some(asked) => Ok(asked.session),
            None => model.session(None),
        });
        Ok(session.map(|session| &mut self.asked.insert(Asked { lab: lab.id.clone(), session }).session))
    }

    /// Does what may take long, such as to open a model; after a while it is said what is waited for.
    fn patiently<T: Send + 'static>(
        &mut self,
        lab: &Lab,
        shown: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let (working, done) = channel::<()>();
        let work = move || {
            let done = work();
            drop(working);
            done
        };
        let thread = std::thread::Builder::new().name("asked".to_owned()).spawn(work)?;
        if done.recv_timeout(QUIET) == Err(RecvTimeoutError::Timeout) {
            self.tell_wait(lab, shown)?;
        }
        thread.join().map_err(|panic| std::panic::resume_unwind(panic))
    }

    fn fail(&mut self, failure: &ExperimentError) -> io::Result<()> {
        writeln!(self.out, "{}", failure.in_language(self.app.language))
    }

    /// What the views of a lab are, and what each can be asked with.
    pub(super) fn views(&mut self, lab: &Lab) -> io::Result<()> {
        let language = self.app.language;
        let views = registry::find(&lab.experiment).map_or(&[][..], |experiment| experiment.views);
        for view in views {
            let titles: Vec<&str> = names::shown_by(view, lab).map(|use_| use_.title.in_language(language)).collect();
            let titles = if titles.is_empty() { String::new() } else { format!(" ({})", titles.join(", ")) };
            self.out.put(&format!("{}{titles}: {}", view.name, view.help.in_language(language)))?;
            for input in (view.inputs)() {
                let (help, kind) = (input.help.in_language(language), choices::expected(&input, language));
                let line = format!("  {}={} ({help}; {kind})", input.name, input.default);
                self.out.put(&line)?;
            }
        }
        Ok(())
    }

    /// Asks for a view: `VIEW input=value …`, a value with spaces in double quotes. A view is named by its own name or by the title of an
    /// instrument that shows it, whose inputs it then begins with.
    pub(super) fn ask_view(&mut self, lab: &Lab, rest: &str) -> io::Result<()> {
        let words = words(rest);
        if words.is_empty() {
            return self.views(lab);
        }
        let experiment = match registry::find(&lab.experiment) {
            Ok(experiment) => experiment,
            Err(failure) => return self.fail(&failure),
        };
        // A title may have several words.
        let count = words.iter().position(|word| word.contains('=')).unwrap_or(words.len()).max(1);
        let typed = words[..count].join(" ");
        let (name, shown, assignments) = match names::view(&typed, lab, experiment) {
            Ok((name, shown)) => (name.to_owned(), shown, &words[count..]),
            Err(several) if !several.is_empty() => return self.say_several(&typed, &several),
            Err(_) => (words[0].clone(), None, &words[1..]),
        };
        let model = self.app.model(lab);
        let asked = experiment.view(&name).and_then(|view| {
            let mut inputs = ask::inputs(view, assignments)?;
            let is_given = |input: &str| {
                assignments.iter().any(|given| given.split_once('=').is_some_and(|(name, _)| name.trim() == input))
            };
            let begins_with = shown.into_iter().flat_map(|use_| &use_.inputs);
            let begins_with = begins_with.filter(|(input, _)| !is_given(input));
            inputs.0.extend(begins_with.map(|(input, value)| (input.clone(), value.clone())));
            Ok(Query::View { name: name.clone(), inputs })
        });
        let answer = match asked {
            Ok(query) => {
                let title = shown.map_or(name.as_str(), |use_| use_.title.in_language(self.app.language));
                self.patiently(lab, title, move || model()?.answer(&query, &TaskContext::default()))?
            }
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(Answer::Panels { panels }) => {
                for panel in &panels {
                    write!(self.out, "{}", in_words(panel, self.app.language, false))?;
                }
            }
            Ok(_) => return Ok(()),
            Err(failure) => return self.fail(&failure),
        }
        for assignment in assignments {
            let trimmed = |(input, value): (&str, &str)| (input.trim().to_owned(), value.trim().to_owned());
            let (input, value) = assignment.split_once('=').map(trimmed).unzip();
            let (state, view) = ("input_turned".to_owned(), Some(name.clone()));
            let knobs = self.app.knobs_of_run(&lab.id);
            let attempt = Attempt::State { state, view, input, value, knobs };
            self.app.happened(lab, &attempt);
        }
        Ok(())
    }
}
