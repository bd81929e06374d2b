//! A lab: five tabs and what they share.

use super::exercises::ExercisesTab;
use super::explore::ExploreTab;
use super::notes::NotesTab;
use super::theory::TheoryTab;
use super::train::TrainTab;
use crate::lab::Lab;
use crate::tui::desk::{Desk, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::live_run::{LiveRun, Stage};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::width;
use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};

/// The tabs in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Theory,
    Train,
    Explore,
    Exercises,
    Notes,
}

const TABS: [Tab; 5] = [Tab::Theory, Tab::Train, Tab::Explore, Tab::Exercises, Tab::Notes];

pub struct LabScreen {
    lab: Lab,
    tab: Tab,
    theory: TheoryTab,
    train: TrainTab,
    explore: ExploreTab,
    exercises: ExercisesTab,
    notes: NotesTab,
    /// Where the names of the tabs are, for the mouse.
    names: Vec<Rect>,
}

impl LabScreen {
    pub fn new(lab: Lab, tab: Option<usize>, desk: &mut Desk) -> Self {
        let mut screen = LabScreen {
            tab: Tab::Theory,
            theory: TheoryTab::default(),
            train: TrainTab::new(&lab, desk),
            explore: ExploreTab::new(&lab),
            exercises: ExercisesTab::new(&lab, desk),
            notes: NotesTab::new(&lab, desk),
            names: Vec::new(),
            lab,
        };
        screen.go_to(tab.unwrap_or(0), desk);
        screen
    }

    /// Whether a lab has a tab: one that has nothing to train has no Train.
    fn has(&self, tab: Tab) -> bool {
        tab != Tab::Train || !self.lab.presets.is_empty()
    }

    fn go_to(&mut self, index: usize, desk: &mut Desk) {
        let tab = TABS[index.min(TABS.len() - 1)];
        if !self.has(tab) {
            return;
        }
        self.notes.save(&self.lab, desk);
        self.tab = tab;
        if self.tab == Tab::Explore {
            self.explore.opened(&self.lab, desk);
        }
        let place = format!("{}:{}", self.lab.id, index);
        if let Err(error) = desk.progress.set_setting("place", &place) {
            desk.notify(error);
        }
    }

    /// The screen is left; what was typed is kept.
    pub fn leave(&mut self, desk: &mut Desk) {
        self.notes.save(&self.lab, desk);
    }

    pub fn contexts(&self) -> Vec<Context> {
        let mut contexts = match self.tab {
            Tab::Theory => vec![Context::Theory],
            Tab::Train => self.train.contexts(),
            Tab::Explore => self.explore.contexts(),
            Tab::Exercises => vec![Context::Exercises],
            Tab::Notes => vec![Context::Notes],
        };
        contexts.push(Context::Lab);
        contexts
    }

    pub fn in_text(&self) -> bool {
        match self.tab {
            Tab::Notes => true,
            Tab::Exercises => self.exercises.in_text(),
            Tab::Train => self.train.in_text(),
            Tab::Explore => self.explore.in_text(),
            _ => false,
        }
    }

    /// Does what a key means; `false` if it means nothing here.
    pub fn act(&mut self, action: Action, desk: &mut Desk) -> bool {
        let index = TABS.iter().position(|tab| *tab == self.tab).expect("one of the tabs");
        match action {
            Action::NextTab | Action::PreviousTab => {
                let by = if action == Action::NextTab { 1 } else { TABS.len() - 1 };
                let mut next = (index + by) % TABS.len();
                while !self.has(TABS[next]) {
                    next = (next + by) % TABS.len();
                }
                self.go_to(next, desk);
            }
            Action::Tab(index) => self.go_to(index, desk),
            action => {
                return match self.tab {
                    Tab::Theory => self.theory.act(action, &self.lab, desk),
                    Tab::Train => self.train.act(action, &self.lab, desk),
                    Tab::Explore => {
                        let done = self.explore.act(action, &self.lab, desk);
                        self.note_states(desk);
                        done
                    }
                    Tab::Exercises => self.exercises.act(action, &self.lab, desk),
                    Tab::Notes => self.notes.act(action),
                };
            }
        }
        true
    }

    /// States that instruments have reached decide exercises.
    fn note_states(&mut self, desk: &mut Desk) {
        for attempt in self.explore.reached(&self.lab) {
            desk.happened(&self.lab, &attempt);
        }
    }

    pub fn typed(&mut self, key: &KeyEvent, desk: &mut Desk) {
        match self.tab {
            Tab::Notes => self.notes.typed(key, &self.lab, desk),
            Tab::Exercises => self.exercises.typed(key, &self.lab, desk),
            Tab::Train => self.train.typed(key, &self.lab),
            Tab::Explore => self.explore.typed(key, &self.lab, desk),
            _ => {}
        }
    }

    pub fn pasted(&mut self, pasted: &str, desk: &mut Desk) {
        match self.tab {
            Tab::Notes => self.notes.pasted(pasted, &self.lab, desk),
            Tab::Exercises => self.exercises.pasted(pasted),
            Tab::Explore => self.explore.pasted(pasted),
            _ => {}
        }
    }

    pub fn mouse(&mut self, event: MouseEvent, desk: &mut Desk) {
        if event.kind == MouseEventKind::Down(MouseButton::Left)
            && let Some(index) =
                self.names.iter().position(|name| name.contains(Position::new(event.column, event.row)))
        {
            self.go_to(index, desk);
            return;
        }
        match self.tab {
            Tab::Theory => self.theory.mouse(event),
            Tab::Train => self.train.mouse(event, &self.lab, desk),
            Tab::Explore => {
                self.explore.mouse(event, &self.lab, desk);
                self.note_states(desk);
            }
            Tab::Exercises => self.exercises.mouse(event, &self.lab, desk),
            Tab::Notes => {}
        }
    }

    pub fn answered(&mut self, reply: &Reply, desk: &mut Desk) {
        self.explore.answered(reply, &self.lab, desk);
        self.note_states(desk);
    }

    /// A run has told something.
    pub fn news(&mut self, desk: &mut Desk) {
        self.train.news(&self.lab, desk);
        if self.tab == Tab::Explore {
            self.explore.news(&self.lab, desk);
        }
    }

    /// Whether time counts here also when nobody watches: a clock of a game.
    pub fn keeps_time(&self) -> bool {
        self.explore.keeps_time()
    }

    pub fn in_motion(&self) -> bool {
        self.explore.keeps_time() || self.tab == Tab::Explore && self.explore.in_motion()
    }

    pub fn tick(&mut self, desk: &mut Desk) {
        self.explore.tick(&self.lab, desk);
        self.note_states(desk);
    }

    pub fn draw(&mut self, area: Rect, desk: &mut Desk, buffer: &mut Buffer) {
        let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        self.draw_head(head, desk, buffer);
        match self.tab {
            Tab::Theory => self.theory.draw(body, &self.lab, desk, buffer),
            Tab::Train => self.train.draw(body, &self.lab, desk, buffer),
            Tab::Explore => self.explore.draw(body, &self.lab, desk, buffer),
            Tab::Exercises => self.exercises.draw(body, &self.lab, desk, buffer),
            Tab::Notes => self.notes.draw(body, desk, buffer),
        }
    }

    fn draw_head(&mut self, area: Rect, desk: &Desk, buffer: &mut Buffer) {
        let status = desk.run_of(&self.lab.id).map(|run| standing(run, desk)).unwrap_or_default();
        let right = area.width.saturating_sub(width(&status) as u16 + 1);
        write(buffer, area, right, 0, &status, desk.theme.accented());
        let solved = desk.progress.solved(&self.lab.id).len();
        let names = [
            desk.say(text::THEORY).to_owned(),
            desk.say(text::TRAIN).to_owned(),
            desk.say(text::EXPLORE).to_owned(),
            format!("{} {solved}/{}", desk.say(text::EXERCISES), self.lab.exercises.len()),
            desk.say(text::NOTES).to_owned(),
        ];
        let shown: Vec<(&String, Tab)> = names.iter().zip(TABS).filter(|(_, tab)| self.has(*tab)).collect();
        let needed: usize = shown.iter().map(|(name, _)| width(name) + 2).sum();
        let title = self.lab.title.in_language(desk.language);
        let mut column = 1;
        if width(title) + needed + width(&status) + 4 < usize::from(area.width) {
            column = write(buffer, area, column, 0, title, desk.theme.strong()) + 2;
        }
        // Places of all tabs in their order; that of a tab that is not there is empty.
        let mut places = vec![Rect::default(); TABS.len()];
        for (name, tab) in shown {
            let chosen = tab == self.tab;
            let style = if chosen { desk.theme.selected() } else { desk.theme.quiet() };
            let start = column;
            column = write(buffer, area, column, 0, &format!(" {name} "), style);
            places[tab as usize] = Rect { x: area.x + start, width: column - start, ..area };
        }
        self.names = places;
    }
}

/// How a run stands, in a few words.
pub fn standing(run: &LiveRun, desk: &Desk) -> String {
    let clock = |seconds: f64| {
        let seconds = seconds.round() as u64;
        format!("{:02}:{:02}", seconds / 60, seconds % 60)
    };
    let elapsed = clock(run.pace.seconds);
    match run.stage {
        Stage::Starting => desk.say(text::STARTING).to_owned(),
        Stage::Running => {
            let whole = run.pace.seconds_left.map(|left| format!(" / ~{}", clock(run.pace.seconds + left)));
            format!("● {} {elapsed}{}", desk.say(text::RUNNING), whole.unwrap_or_default())
        }
        Stage::Paused => format!("○ {} {elapsed}", desk.say(text::PAUSED)),
        Stage::Evaluating => format!("● {}", desk.say(text::EVALUATING)),
        Stage::Finished => format!("✓ {} {elapsed}", desk.say(text::FINISHED)),
        Stage::Stopped => format!("○ {} {elapsed}", desk.say(text::STOPPED)),
        Stage::Failed => format!("! {}", desk.say(text::FAILED)),
    }
}
