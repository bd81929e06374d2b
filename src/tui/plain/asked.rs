//! What a run asks a person, such as which of two texts is better: told in lines, and answered by the keys of its actions.

use super::Reader;
use super::explore::PATIENCE;
use crate::experiment::{ActionSpec, Argument, Command, Panel};
use crate::lab::Lab;
use crate::registry;
use crate::tui::keys::{self, Action, Context};
use crate::tui::linear::in_words;
use crate::tui::text;
use crossterm::event::KeyEvent;
use std::io::{self, Write};
use std::sync::mpsc::Receiver;
use std::time::Instant;

impl<W: Write> Reader<W> {
    /// What a person can do to the run, by its lab.
    fn actions(&self) -> &'static [ActionSpec] {
        let lab = self.app.run.as_ref().and_then(|run| self.app.catalogue.find(&run.lab).ok());
        let experiment = lab.and_then(|lab| registry::find(&lab.experiment).ok());
        experiment.map_or(&[], |experiment| experiment.actions)
    }

    /// The view that asks something, and its step.
    pub(super) fn question(&self) -> Option<(&'static str, u64)> {
        self.app.run.as_ref().filter(|_| !self.is_stopping)?.asks(self.actions())
    }

    /// Tells what the run asks and which keys answer it, once.
    pub(super) fn tell_question(&mut self) -> io::Result<()> {
        let (Some((view, step)), Some(run)) = (self.question(), &self.app.run) else { return Ok(()) };
        let asked = Some((run.id.clone(), step));
        if self.question_told == asked {
            return Ok(());
        }
        self.question_told = asked;
        let language = self.app.language;
        for panel in run.views.get(view).map(|shown| shown.panels.clone()).unwrap_or_default() {
            match &panel {
                // Sentences side by side have no room: the texts one after another, a line for each row of theirs.
                Panel::Table { names, rows } => {
                    let rows = rows.in_language(language);
                    for (column, name) in names.iter().enumerate() {
                        let cells = rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
                        let cells: Vec<&String> = cells.collect();
                        let wording = if cells.len() == 1 { text::PLAIN_TEXT_OF_ONE } else { text::PLAIN_TEXT };
                        let heading = text::filled(self.app.say(wording), &[&name.in_language(language), &cells.len()]);
                        self.out.put(&heading)?;
                        for cell in cells {
                            self.out.put(&format!("  {cell}"))?;
                        }
                    }
                }
                panel => self.out.put(&in_words(panel, language, false))?,
            }
        }
        let named = keys::bindings(Context::RunActions(self.actions())).into_iter();
        let named: Vec<String> =
            named.map(|binding| format!("press {}: {}", binding.keys[0].name(), self.app.say(binding.help))).collect();
        self.tell(text::PLAIN_KEYS, &[&named.join(", ")])
    }

    /// Sends the run what a key answers to its question, and waits for what it asks next; whether the key is an answer.
    pub(super) fn answer_run(
        &mut self,
        event: &KeyEvent,
        lab: &Lab,
        messages: &Receiver<super::Message>,
    ) -> io::Result<bool> {
        let before = self.question();
        let run = self.app.run.as_ref().filter(|run| run.lab == lab.id && before.is_some());
        let actions = [Context::RunActions(self.actions())];
        let (Some(run), Some(Action::Perform(name))) = (run, keys::action(&actions, event, false)) else {
            return Ok(false);
        };
        let answers = |action: &ActionSpec| action.name == name && matches!(action.argument, Argument::Answer(_));
        if !self.actions().iter().any(answers) {
            return Ok(false);
        }
        run.send(Command::Action { action: name.to_owned(), argument: String::new() });
        let begun = Instant::now();
        while self.is_live() && self.question() == before && begun.elapsed() < PATIENCE && !self.is_over {
            if let Some(message @ (super::Message::Interrupt | super::Message::Hangup)) = self.next(messages) {
                self.is_over |= matches!(message, super::Message::Hangup);
                self.stop()?;
            }
            self.news()?;
        }
        Ok(true)
    }
}
