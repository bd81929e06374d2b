//! The instruments of a lab without a screen: the keys that they know are pressed by name, and what they show is told in lines.

use super::{Reader, names};
use crate::lab::keystroke::Keystroke;
use crate::lab::{Attempt, Lab};
use crate::tui::context::AppContext;
use crate::tui::keys::{self, Action};
use crate::tui::linear::in_words;
use crate::tui::live_run::LiveRun;
use crate::tui::screens::explore::ExploreTab;
use crate::tui::terminal::Message;
use crate::tui::text;
use crate::tui::widgets::frame::rows_of_text;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};
use std::io::{self, Write};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// The page that an instrument is drawn on.
pub(super) const PAGE: Rect = Rect { x: 0, y: 0, width: 80, height: 40 };
/// How long an answer may take before what is there is told.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How long an answer takes before it is said what is waited for.
pub(super) const QUIET: Duration = Duration::from_secs(1);
/// How long a run may take to say something to an action.
const REACTION: Duration = Duration::from_secs(2);
/// Time between two moments of what moves, and the most of them.
pub(super) const MOMENT: Duration = Duration::from_millis(5);
pub(super) const MOMENTS: usize = 600;
/// Lines of a view above its panels: the title, the inputs, and what the chosen one means.
const HEAD: usize = 3;

/// What stands on a page, without what only draws: frames, and curves of dots.
fn in_lines(page: &Buffer) -> String {
    let is_drawing = |letter: char| matches!(letter, '\u{2500}'..='\u{259f}' | '\u{2800}'..='\u{28ff}');
    let blank = |letter| if is_drawing(letter) { ' ' } else { letter };
    let lines = rows_of_text(page).map(|row| row.chars().map(blank).collect::<String>().trim_end().to_owned());
    lines.filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

fn drawn(explore: &mut ExploreTab, lab: &Lab, app: &mut AppContext) -> Buffer {
    let mut page = Buffer::empty(PAGE);
    app.places.clear();
    explore.draw(PAGE, lab, app, &mut page);
    page
}

/// What the instrument with the keys shows, in lines.
pub(super) fn told(explore: &mut ExploreTab, lab: &Lab, app: &mut AppContext) -> String {
    let mut page = drawn(explore, lab, app);
    let page = match explore.in_letters() {
        // Its picture stands in letters, and not once more as it is drawn.
        Some((letters, drawn)) => {
            Clear.render(drawn.intersection(PAGE), &mut page);
            let beside: String = in_lines(&page).lines().map(|line| format!("{}\n", line.trim_start())).collect();
            format!("{}\n{beside}", letters.trim_end())
        }
        None => in_lines(&page),
    };
    let panels = explore.panels().unwrap_or_default();
    if panels.is_empty() {
        return page;
    }
    // The title and the inputs, the panels in words, and which model answers.
    let lines: Vec<&str> = page.lines().collect();
    let told: String = panels.iter().map(|panel| in_words(panel, app.language, false)).collect();
    let head = lines[..lines.len().min(HEAD)].join("\n");
    format!("{head}\n{told}{}\n", lines.last().unwrap_or(&""))
}

impl<W: Write> Reader<W> {
    /// Opens an instrument by its number, id or title; without one, lists them.
    pub(super) fn open_explore(&mut self, lab: &Lab, rest: &str, messages: &Receiver<Message>) -> io::Result<()> {
        let chosen = match names::instrument(rest, lab) {
            Ok(chosen) => chosen,
            Err(several) => {
                if !rest.is_empty() && several.is_empty() {
                    self.tell(text::PLAIN_NO_INSTRUMENT, &[&rest])?;
                }
                // Those that may be meant, else all.
                for (index, use_) in lab.explore.iter().enumerate() {
                    if several.is_empty() || several.contains(&index) {
                        let title = use_.title.in_language(self.app.language);
                        writeln!(self.out, "{}. {}: {title}", index + 1, names::id_of(use_))?;
                    }
                }
                return self.say(text::PLAIN_EXPLORE_HOW);
            }
        };
        let explore = self.explore.get_or_insert_with(|| ExploreTab::new(lab));
        explore.show(chosen, lab, &mut self.app);
        explore.opened(lab, &mut self.app);
        self.settle(lab, messages)?;
        self.show(lab, messages)
    }

    /// Presses keys, one after another.
    pub(super) fn press(&mut self, lab: &Lab, rest: &str, messages: &Receiver<Message>) -> io::Result<()> {
        if !rest.is_empty() && self.shows_what_was_not_there(lab, messages)? {
            return Ok(());
        }
        let mut all_answer = !rest.is_empty();
        let mut has_judged = false;
        for word in rest.split_whitespace() {
            let Ok(stroke) = word.parse::<Keystroke>() else { return self.tell(text::PLAIN_NO_KEY, &[&word]) };
            let event = keys::event(stroke);
            let before = self.means_nothing(&event, lab);
            for _ in 0..stroke.times {
                // What a run asks is answered first.
                if !self.answer_run(&event, lab, messages)? {
                    all_answer = false;
                    // Each picture is seen before it is judged.
                    if self.judges(&event) && std::mem::replace(&mut has_judged, true) {
                        self.show(lab, messages)?;
                    }
                    self.key(event, lab);
                }
            }
            self.settle(lab, messages)?;
            // Nothing was asked for by it, and nothing came of it.
            if before.is_some() && before == self.means_nothing(&event, lab) {
                self.tell(text::PLAIN_KEY_MEANS_NOTHING, &[&word])?;
            }
        }
        if all_answer { Ok(()) } else { self.show(lab, messages) }
    }

    /// Whether what a key would answer was not there when the instrument was shown last: it is shown now, or it is said that it is still
    /// not there. A key that was pressed before one saw what it judges judges nothing.
    fn shows_what_was_not_there(&mut self, lab: &Lab, messages: &Receiver<Message>) -> io::Result<bool> {
        if !self.shown_early || self.explore.is_none() || self.question().is_some() {
            return Ok(false);
        }
        self.settle(lab, messages)?;
        if self.app.questions.is_busy() {
            let shown = self.title_of_shown(lab);
            self.tell(text::PLAIN_NOT_YET, &[&shown])?;
        } else {
            self.show(lab, messages)?;
            self.say(text::PLAIN_NOW_THERE)?;
        }
        Ok(true)
    }

    /// What the instrument shows, if neither a run nor the instrument knows a key by name: it may be typed into an input still.
    fn means_nothing(&mut self, event: &KeyEvent, lab: &Lab) -> Option<Buffer> {
        if self.question().is_some() {
            return None;
        }
        let explore = self.explore.as_mut().filter(|explore| !explore.in_text())?;
        let action = keys::action(&explore.contexts(), event, false);
        action.is_none().then(|| drawn(explore, lab, &mut self.app))
    }

    /// Whether a key says what a picture is.
    fn judges(&self, event: &KeyEvent) -> bool {
        let action =
            self.explore.as_ref().and_then(|explore| keys::action(&explore.contexts(), event, explore.in_text()));
        matches!(action, Some(Action::GuessReal | Action::GuessFake))
    }

    /// Shows the instrument, once what it was asked is there.
    pub(super) fn show_once_there(&mut self, lab: &Lab, messages: &Receiver<Message>) -> io::Result<()> {
        if self.explore.is_some() && self.app.questions.is_busy() {
            self.settle(lab, messages)?;
        }
        self.show(lab, messages)
    }

    /// What the instrument with the keys is called.
    fn title_of_shown(&self, lab: &Lab) -> String {
        let shown = self.explore.as_ref().and_then(|explore| lab.explore.get(explore.shown()));
        shown.map(|use_| use_.title.in_language(self.app.language).to_owned()).unwrap_or_default()
    }

    /// Says what is waited for.
    pub(super) fn tell_wait(&mut self, lab: &Lab, shown: &str) -> io::Result<()> {
        match self.app.opens_model(lab) {
            true => self.tell(text::PLAIN_LOADING, &[&lab.title.in_language(self.app.language)])?,
            false => self.tell(text::PLAIN_COMPUTING, &[&shown])?,
        }
        self.out.flush()
    }

    /// Types a text into the line of an instrument.
    pub(super) fn type_text(&mut self, lab: &Lab, rest: &str, messages: &Receiver<Message>) -> io::Result<()> {
        if self.explore.is_none() {
            return self.open_explore(lab, "", messages);
        }
        rest.chars().for_each(|letter| self.key(KeyEvent::from(KeyCode::Char(letter)), lab));
        self.settle(lab, messages)?;
        self.show(lab, messages)
    }

    /// What a key means to the instrument, as on the screen.
    fn key(&mut self, event: KeyEvent, lab: &Lab) {
        let Some(explore) = &mut self.explore else { return };
        match keys::action(&explore.contexts(), &event, explore.in_text()) {
            Some(action) => {
                explore.handle_action(action, lab, &mut self.app);
            }
            None => explore.typed(&event, lab, &mut self.app),
        }
        if self.note_states(lab) {
            self.hear_of_action();
        }
    }

    /// Whether an action was sent to the run, among the states that were reached.
    fn note_states(&mut self, lab: &Lab) -> bool {
        let attempts = self.explore.as_mut().map(|explore| explore.reached(lab, &self.app)).unwrap_or_default();
        attempts.iter().for_each(|attempt| self.app.happened(lab, attempt));
        attempts.iter().any(|attempt| matches!(attempt, Attempt::State { state, .. } if state == "action_sent"))
    }

    /// Waits a little for what the run says to an action: that it was done, or why not.
    fn hear_of_action(&mut self) {
        let said = |run: &LiveRun| (run.actions, run.warnings);
        let before = self.app.run.as_ref().map(said);
        let begun = Instant::now();
        while self.app.run.as_ref().map(said) == before && begun.elapsed() < REACTION {
            std::thread::sleep(MOMENT);
            self.hear_run();
        }
    }

    /// Waits until all is answered and nothing moves, or patience ends; signals are left for later.
    fn settle(&mut self, lab: &Lab, messages: &Receiver<Message>) -> io::Result<()> {
        let begun = Instant::now();
        let (mut moments, mut is_told) = (0, false);
        // An instrument that is drawn may ask for what it has room for.
        self.draw(lab);
        while begun.elapsed() < PATIENCE {
            let replies = self.app.questions.take();
            let answered = !replies.is_empty();
            let Some(explore) = &mut self.explore else { break };
            for reply in replies {
                explore.answered(&reply, lab, &mut self.app);
            }
            let moves = (explore.in_motion() || explore.keeps_time()) && moments < MOMENTS;
            if moves {
                moments += 1;
                explore.tick(lab, &mut self.app);
            }
            self.note_states(lab);
            if answered {
                self.draw(lab);
            }
            let keeps_time = self.explore.as_ref().is_some_and(ExploreTab::keeps_time);
            if !self.app.questions.is_busy() && !answered && (!moves || keeps_time) {
                break;
            }
            if !is_told && self.app.questions.is_busy() && begun.elapsed() > QUIET {
                is_told = true;
                let shown = self.title_of_shown(lab);
                self.tell_wait(lab, &shown)?;
            }
            let Ok(message) = messages.recv_timeout(MOMENT) else { continue };
            self.heard(&message);
            if matches!(message, Message::Interrupt | Message::Hangup) {
                self.is_over |= matches!(message, Message::Hangup);
                break;
            }
        }
        self.tell_news()
    }

    fn draw(&mut self, lab: &Lab) {
        if let Some(explore) = &mut self.explore {
            drawn(explore, lab, &mut self.app);
        }
    }

    /// Tells what the instrument shows, and the keys that mean something to it.
    pub(super) fn show(&mut self, lab: &Lab, messages: &Receiver<Message>) -> io::Result<()> {
        if self.explore.is_none() {
            return self.open_explore(lab, "", messages);
        }
        let Some(explore) = &mut self.explore else { return Ok(()) };
        let told = told(explore, lab, &mut self.app);
        self.shown_early = self.app.questions.is_busy();
        let (contexts, in_text) = (explore.contexts(), explore.in_text());
        write!(self.out, "{told}")?;
        let live = self.app.explored_run(&lab.id).filter(|run| run.is_live());
        let contexts = keys::beside_run(contexts, live.map(|run| &run.knobs));
        let is_held = self.app.run_of(&lab.id).is_some_and(LiveRun::is_held);
        self.tell_keys(&if is_held { keys::while_held(contexts) } else { contexts }, in_text)
    }

    /// Tells the keys that mean something to an instrument.
    pub(super) fn tell_keys(&mut self, contexts: &[keys::Context], in_text: bool) -> io::Result<()> {
        let named = keys::footer(contexts, in_text);
        let named = named.iter().filter(|(_, binding)| binding.context != keys::Context::Everywhere);
        let named: Vec<String> =
            named.map(|(key, binding)| format!("{} {}", key.name(), self.app.say(binding.help))).collect();
        self.tell(text::PLAIN_KEYS, &[&named.join(", ")])
    }
}
