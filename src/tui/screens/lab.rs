//! A lab: five tabs and what they share.

use super::exercises::ExercisesTab;
use super::explore::ExploreTab;
use super::notes::NotesTab;
use super::theory::TheoryTab;
use super::train::TrainTab;
use crate::lab::{Lab, TABS as TAB_NAMES};
use crate::tui::context::{AppContext, Reply};
use crate::tui::destination::{Destination, Spot};
use crate::tui::keys::{Action, Context, TRAIN, beside_run, while_held};
use crate::tui::live_run::{LiveRun, Stage};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::{cut, width};
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

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
    /// The list of runs was opened on Explore, to choose a model there.
    chooses_model: bool,
    /// Whether the presets are in sight, and whether there were runs of the lab when they came there, and stopped ones.
    shows_presets: bool,
    has_runs: bool,
    has_stopped_runs: bool,
}

impl LabScreen {
    pub fn new(lab: Lab, tab: Option<usize>, app: &mut AppContext) -> Self {
        let mut screen = LabScreen {
            tab: Tab::Theory,
            theory: TheoryTab::default(),
            train: TrainTab::new(&lab, app),
            explore: ExploreTab::new(&lab),
            exercises: ExercisesTab::new(&lab, app),
            notes: NotesTab::new(&lab, app),
            chooses_model: false,
            shows_presets: false,
            has_runs: false,
            has_stopped_runs: false,
            lab,
        };
        let spot = app.spots.get(&screen.lab.id).cloned();
        if let Some(spot) = &spot {
            screen.explore.take_inputs(&spot.inputs);
            screen.theory.stand_at(spot.page);
            screen.exercises.select(spot.exercise);
            screen.explore.show(spot.instrument, &screen.lab, app);
        }
        screen.go_to(tab.or(spot.map(|spot| spot.tab)).unwrap_or(0), app);
        screen
    }

    /// Whether a lab has a tab: one that has nothing to train has no Train.
    fn has(&self, tab: Tab) -> bool {
        tab != Tab::Train || !self.lab.presets.is_empty()
    }

    fn go_to(&mut self, index: usize, app: &mut AppContext) {
        let tab = TABS[index.min(TABS.len() - 1)];
        if !self.has(tab) {
            return;
        }
        self.save(app);
        self.tab = tab;
        self.chooses_model &= tab == Tab::Train;
        if self.tab == Tab::Explore {
            self.explore.opened(&self.lab, app);
        }
        let place = format!("{}:{}", self.lab.id, index);
        if let Err(error) = app.progress.set_setting("place", &place) {
            app.notify(error);
        }
        self.look_for_runs(app);
    }

    /// Looks whether there are earlier runs of the lab, each time that the presets come into sight.
    fn look_for_runs(&mut self, app: &AppContext) {
        let shows_presets = self.tab == Tab::Train && self.train.contexts().contains(&Context::TrainSetup);
        if shows_presets && !self.shows_presets {
            let runs = app.store.list().map(|(runs, _)| runs).unwrap_or_default();
            let mut own = runs.iter().filter(|run| run.lab == self.lab.id).peekable();
            self.has_runs = own.peek().is_some();
            self.has_stopped_runs = own.any(|run| run.status.can_be_resumed());
        }
        self.shows_presets = shows_presets;
    }

    /// Goes to an instrument, an exercise, a preset or a stopped run.
    pub fn go(&mut self, destination: &Destination, app: &mut AppContext) {
        match destination {
            &Destination::Instrument(index) => {
                self.explore.show(index, &self.lab, app);
                self.go_to(Tab::Explore as usize, app);
            }
            &Destination::Exercise(index) => {
                self.go_to(Tab::Exercises as usize, app);
                self.exercises.select(index);
            }
            &Destination::Preset(index) => {
                self.train.choose(index, &self.lab);
                self.go_to(TRAIN, app);
            }
            Destination::Resume(id) => {
                self.go_to(TRAIN, app);
                self.train.resume_run(id, &self.lab, app);
                self.look_for_runs(app);
            }
            Destination::Action(_) | Destination::Lab(_) | Destination::Run { .. } | Destination::Within { .. } => {}
        }
    }

    /// Goes to a tab by the name that a demo has for it.
    pub fn go_to_named(&mut self, name: &str, app: &mut AppContext) {
        if let Some(index) = TAB_NAMES.iter().position(|tab| *tab == name) {
            self.go_to(index, app);
        }
    }

    /// Starts a run of a preset, on Train.
    pub fn start(&mut self, preset: usize, app: &mut AppContext) {
        self.go_to(TRAIN, app);
        self.train.start(preset, &self.lab, app);
    }

    /// The page of Theory that is read, counted from 0.
    pub fn theory_page(&self) -> usize {
        self.theory.page()
    }

    /// The instruments, as they are.
    pub fn explore(&mut self) -> &mut ExploreTab {
        &mut self.explore
    }

    /// The instruments alone, when the rest is left.
    pub fn into_explore(self) -> ExploreTab {
        self.explore
    }

    /// Gives the keys to the pane of the shown tab that a demo means by a name, so that it is in sight.
    pub fn show_pane(&mut self, name: &str, app: &mut AppContext) {
        match self.tab {
            Tab::Train => self.lab.train_pane(name).iter().for_each(|pane| self.train.show(*pane)),
            Tab::Explore => {
                let index = self.lab.explore_pane(name);
                index.iter().for_each(|index| self.explore.show(*index, &self.lab, app));
            }
            _ => {}
        }
    }

    /// Where the pane of the shown tab was drawn last that a demo means by a name; empty if it is out of sight.
    pub fn area_of(&self, name: &str) -> Rect {
        let area = match self.tab {
            Tab::Train => self.lab.train_pane(name).map(|pane| self.train.area_of(pane)),
            Tab::Explore => self.lab.explore_pane(name).map(|index| self.explore.area_of(index)),
            _ => None,
        };
        area.unwrap_or_default()
    }

    /// Shows a recorded run of the lab on Train.
    pub fn open_run(&mut self, id: &str, app: &mut AppContext) {
        self.go_to(TRAIN, app);
        self.train.open_run(id, &self.lab, app);
        self.look_for_runs(app);
    }

    /// The screen is left; what was typed is kept.
    pub fn leave(&mut self, app: &mut AppContext) {
        self.save(app);
        let spot = Spot {
            tab: self.tab as usize,
            page: self.theory.spot(),
            exercise: self.exercises.selected(),
            instrument: self.explore.shown(),
            inputs: self.explore.inputs(),
        };
        app.spots.insert(self.lab.id.clone(), spot);
        self.train.leave_queue(app);
        self.train.leave_list(app);
    }

    /// Nothing waits for a place to train any more.
    pub fn leave_queue(&mut self, app: &mut AppContext) {
        self.train.leave_queue(app);
    }

    /// Whether a run waits for a place to train.
    pub fn waits_for_place(&self) -> bool {
        self.train.waits_for_place()
    }

    /// The tab that is shown, as lab files name it.
    pub fn tab_name(&self) -> &'static str {
        TAB_NAMES[self.tab as usize]
    }

    /// The exercise that is looked at, on its tab.
    pub fn shown_exercise(&self) -> Option<&str> {
        let exercise = self.lab.exercises.get(self.exercises.selected())?;
        (self.tab == Tab::Exercises).then_some(exercise.id.as_str())
    }

    pub fn contexts(&self, app: &AppContext) -> Vec<Context> {
        let mut contexts = match self.tab {
            Tab::Theory => vec![Context::Theory],
            Tab::Train => self.train.contexts(),
            Tab::Explore => self.explore.contexts(),
            Tab::Exercises => vec![Context::Exercises],
            Tab::Notes => vec![Context::Notes],
        };
        if self.tab == Tab::Explore {
            let live = app.explored_run(&self.lab.id).filter(|run| run.is_live());
            contexts = beside_run(contexts, live.map(|run| &run.knobs));
        }
        if app.run_of(&self.lab.id).is_some_and(LiveRun::is_held) {
            contexts = while_held(contexts);
        }
        let before_a_run = contexts.contains(&Context::TrainSetup);
        contexts.extend((before_a_run && self.has_stopped_runs).then_some(Context::StoppedRuns));
        contexts.extend((before_a_run && self.has_runs).then_some(Context::EarlierRuns));
        contexts.push(Context::Lab);
        contexts.extend(self.has(Tab::Train).then_some(Context::LabTrain));
        contexts.push(Context::LabRest);
        contexts
    }

    pub fn is_writing_notes(&self) -> bool {
        self.tab == Tab::Notes
    }

    /// Whether something was typed that is not kept yet.
    pub fn is_unsaved(&self) -> bool {
        self.notes.is_unsaved() || self.exercises.is_unsaved(&self.lab)
    }

    /// Keeps what was typed.
    pub fn save(&mut self, app: &mut AppContext) {
        self.notes.save(&self.lab, app);
        self.exercises.save(&self.lab, app);
    }

    pub fn in_text(&self) -> bool {
        match self.tab {
            Tab::Notes => true,
            Tab::Exercises => self.exercises.in_text(&self.lab),
            Tab::Train => self.train.in_text(),
            Tab::Explore => self.explore.in_text(),
            _ => false,
        }
    }

    /// Does what a key means; `false` if it means nothing here.
    pub fn handle_action(&mut self, action: Action, app: &mut AppContext) -> bool {
        let index = TABS.iter().position(|tab| *tab == self.tab).expect("one of the tabs");
        match action {
            Action::NextTab | Action::PreviousTab => {
                let by = if action == Action::NextTab { 1 } else { TABS.len() - 1 };
                let mut next = (index + by) % TABS.len();
                while !self.has(TABS[next]) {
                    next = (next + by) % TABS.len();
                }
                self.go_to(next, app);
            }
            Action::Tab(index) => self.go_to(index, app),
            Action::Runs if self.tab == Tab::Explore => {
                self.go_to(TRAIN, app);
                self.train.handle_action(Action::Runs, &self.lab, app);
                self.chooses_model = true;
                self.model_chosen(app);
            }
            Action::Runs if self.tab != Tab::Train && self.has(Tab::Train) => {
                self.go_to(TRAIN, app);
                self.train.handle_action(Action::Runs, &self.lab, app);
            }
            action => {
                return match self.tab {
                    Tab::Theory => self.theory.handle_action(action, &self.lab, app),
                    Tab::Train => {
                        let done = self.train.handle_action(action, &self.lab, app);
                        self.model_chosen(app);
                        self.look_for_runs(app);
                        done
                    }
                    Tab::Explore => {
                        let done = self.explore.handle_action(action, &self.lab, app);
                        self.note_states(app);
                        done
                    }
                    Tab::Exercises => self.exercises.handle_action(action, &self.lab, app),
                    Tab::Notes => self.notes.handle_action(action, app),
                };
            }
        }
        true
    }

    /// Back to Explore, once a run was chosen there or none.
    fn model_chosen(&mut self, app: &mut AppContext) {
        if self.chooses_model && !self.train.lists_runs() {
            self.chooses_model = false;
            self.go_to(Tab::Explore as usize, app);
        }
    }

    /// States that instruments have reached decide exercises.
    fn note_states(&mut self, app: &mut AppContext) {
        for attempt in self.explore.reached(&self.lab, app) {
            app.happened(&self.lab, &attempt);
        }
    }

    pub fn typed(&mut self, key: &KeyEvent, app: &mut AppContext) {
        match self.tab {
            Tab::Notes => self.notes.typed(key, app),
            Tab::Exercises => self.exercises.typed(key, &self.lab, app),
            Tab::Train => self.train.typed(key, &self.lab),
            Tab::Explore => self.explore.typed(key, &self.lab, app),
            _ => {}
        }
    }

    pub fn pasted(&mut self, pasted: &str, app: &mut AppContext) {
        match self.tab {
            Tab::Notes => self.notes.pasted(pasted, app),
            Tab::Exercises => self.exercises.pasted(pasted, &self.lab, app),
            Tab::Explore => self.explore.pasted(pasted),
            Tab::Train => self.train.pasted(pasted),
            _ => {}
        }
    }

    pub fn mouse(&mut self, event: MouseEvent, app: &mut AppContext) {
        match self.tab {
            Tab::Theory => self.theory.mouse(event),
            Tab::Train => {
                self.train.mouse(event, &self.lab, app);
                self.model_chosen(app);
                self.look_for_runs(app);
            }
            Tab::Explore => {
                self.explore.mouse(event, &self.lab, app);
                self.note_states(app);
            }
            Tab::Exercises => self.exercises.mouse(event, &self.lab, app),
            Tab::Notes => {}
        }
    }

    pub fn answered(&mut self, reply: &Reply, app: &mut AppContext) {
        self.explore.answered(reply, &self.lab, app);
        self.note_states(app);
    }

    /// A run has emitted something.
    pub fn news(&mut self, app: &mut AppContext) {
        self.train.news(&self.lab, app);
        if self.tab == Tab::Explore {
            self.explore.news(&self.lab, app);
        }
    }

    /// Whether time counts here also when nobody watches: a clock of a game.
    pub fn keeps_time(&self) -> bool {
        self.explore.keeps_time()
    }

    pub fn in_motion(&self, app: &AppContext) -> bool {
        match self.tab {
            // A clock goes beside its name.
            _ if app.run_of(&self.lab.id).is_some_and(|run| run.stage == Stage::Evaluating) => true,
            Tab::Explore if self.explore.in_motion() => true,
            Tab::Train if self.train.in_motion(&self.lab, app) => true,
            _ => self.explore.keeps_time(),
        }
    }

    pub fn tick(&mut self, app: &mut AppContext) {
        if self.tab == Tab::Explore || self.explore.keeps_time() {
            self.explore.tick(&self.lab, app);
        }
        self.note_states(app);
    }

    pub fn draw(&mut self, area: Rect, app: &mut AppContext, buffer: &mut Buffer) {
        let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        self.draw_head(head, app, buffer);
        match self.tab {
            Tab::Theory => self.theory.draw(body, &self.lab, app, buffer),
            Tab::Train => self.train.draw(body, &self.lab, app, buffer),
            Tab::Explore => self.explore.draw(body, &self.lab, app, buffer),
            Tab::Exercises => self.exercises.draw(body, &self.lab, app, buffer),
            Tab::Notes => self.notes.draw(body, app, buffer),
        }
    }

    fn draw_head(&self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let solved = app.progress.solved(&self.lab.id).len();
        let names = [
            app.say(text::THEORY).to_owned(),
            app.say(text::TRAIN).to_owned(),
            app.say(text::EXPLORE).to_owned(),
            format!("{} {solved}/{}", app.say(text::EXERCISES), self.lab.exercises.len()),
            app.say(text::NOTES).to_owned(),
        ];
        let shown: Vec<(&String, Tab)> = names.iter().zip(TABS).filter(|(_, tab)| self.has(*tab)).collect();
        let needed: usize = shown.iter().map(|(name, _)| width(name) + 2).sum();
        let title = self.lab.title.in_language(app.language);
        // Of what has no room for all, how the run stands is said in fewer words, then the title ends in ….
        let room = |status: &str| usize::from(area.width).saturating_sub(needed + width(status) + 5);
        let status = app.run_of(&self.lab.id).map(|run| {
            let whole = standing(run, app);
            if width(title) <= room(&whole) { whole } else { standing_in_brief(run, app) }
        });
        let status = if self.train.waits_for_place() { queue(app) } else { status.unwrap_or_default() };
        let title = cut(title, room(&status));
        let right = area.width.saturating_sub(width(&status) as u16 + 1);
        let end = write(buffer, area, right, 0, &status, app.theme.accented());
        let place = Rect { x: area.x + right, width: end.saturating_sub(right), ..area };
        app.places.put(place, Destination::Action(Action::Tab(TRAIN)));
        let mut column = 1;
        // A letter and … are no name.
        if width(&title) >= LEAST_TITLE.min(width(self.lab.title.in_language(app.language))) {
            column = write(buffer, area, column, 0, &title, app.theme.strong()) + 2;
        }
        for (name, tab) in shown {
            let chosen = tab == self.tab;
            let style = if chosen { app.theme.selected() } else { app.theme.quiet() };
            let start = column;
            column = write(buffer, area, column, 0, &format!(" {name} "), style);
            let place = Rect { x: area.x + start, width: column - start, ..area };
            app.places.put(place, Destination::Action(Action::Tab(tab as usize)));
        }
    }
}

/// Where a run that waits for a place to train stands in the queue.
fn queue(app: &AppContext) -> String {
    match app.class.ahead() {
        Some(ahead) => text::filled(app.say(text::WAITS_FOR_PLACE), &[&ahead]),
        None => app.say(text::ASKS_FOR_PLACE).to_owned(),
    }
}

/// Columns of the least that is shown of a title.
const LEAST_TITLE: usize = 6;

/// How a run stands, where there is little room: of a word and a time, the one that says more.
fn standing_in_brief(run: &LiveRun, app: &AppContext) -> String {
    match run.stage {
        Stage::Running => standing(run, app).replacen(&format!(" {}", app.say(text::RUNNING)), "", 1),
        Stage::Paused => format!("○ {}", app.say(text::PAUSED)),
        Stage::Finished => format!("✓ {}", app.say(text::FINISHED)),
        Stage::Stopped => format!("○ {}", app.say(text::STOPPED)),
        Stage::Starting | Stage::Evaluating | Stage::Failed => standing(run, app),
    }
}

/// How a run stands, in a few words.
pub fn standing(run: &LiveRun, app: &AppContext) -> String {
    let clock = |seconds: f64| {
        let seconds = seconds.round() as u64;
        format!("{:02}:{:02}", seconds / 60, seconds % 60)
    };
    let elapsed = clock(run.pace.seconds);
    match run.stage {
        Stage::Starting => app.say(text::STARTING).to_owned(),
        Stage::Running => {
            let whole = run.pace.seconds_left.map(|left| format!(" / ~{}", clock(run.pace.seconds + left)));
            format!("● {} {elapsed}{}", app.say(text::RUNNING), whole.unwrap_or_default())
        }
        Stage::Paused => format!("○ {} {elapsed}", app.say(text::PAUSED)),
        Stage::Evaluating => {
            let share = run.evaluated.map(|share| format!(" {:.0} %", 100.0 * share));
            let spent = run.evaluating_since.map(|since| format!(" {}", clock(since.elapsed().as_secs_f64())));
            format!("● {}{}", app.say(text::EVALUATING), share.or(spent).unwrap_or_default())
        }
        Stage::Finished => format!("✓ {} {elapsed}", app.say(text::FINISHED)),
        Stage::Stopped => format!("○ {} {elapsed}", app.say(text::STOPPED)),
        Stage::Failed => format!("! {}", app.say(text::FAILED)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;
    use crate::run::store::tests::description;

    #[test]
    fn who_comes_back_to_a_lab_goes_on_where_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("vae").unwrap().clone();
        let mut screen = LabScreen::new(lab.clone(), None, &mut app);
        assert_eq!(screen.tab_name(), TAB_NAMES[0], "at first it is read about");
        screen.handle_action(Action::NextPage, &mut app);
        screen.handle_action(Action::Tab(2), &mut app);
        screen.explore.show(2, &lab, &mut app);
        let before = screen.explore.inputs();
        screen.handle_action(Action::Right, &mut app);
        let turned = screen.explore.inputs();
        assert_ne!(turned, before);
        screen.handle_action(Action::Tab(3), &mut app);
        screen.exercises.select(2);
        screen.leave(&mut app);
        let back = LabScreen::new(lab.clone(), None, &mut app);
        assert_eq!((back.tab_name(), back.theory_page(), back.exercises.selected()), (TAB_NAMES[3], 1, 2));
        assert!(back.explore.inputs() == turned && back.explore.shown() == 2);
        let other = app.catalogue.find("gan").unwrap().clone();
        assert_eq!(LabScreen::new(other, None, &mut app).tab_name(), TAB_NAMES[0]);
        assert_eq!(
            LabScreen::new(lab, Some(TRAIN), &mut app).tab_name(),
            TAB_NAMES[TRAIN],
            "a place that was asked for"
        );
    }

    #[test]
    fn r_leads_to_the_runs_from_every_tab() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        app.store.create(description(), &"2026-01-02T03:04:05+00:00[UTC]".parse().unwrap()).unwrap();
        let lab = app.catalogue.find("vae").unwrap().clone();
        let key = KeyEvent::from(crossterm::event::KeyCode::Char('R'));
        for tab in 0..TABS.len() - 1 {
            let mut screen = LabScreen::new(lab.clone(), Some(tab), &mut app);
            let action = crate::tui::keys::action(&screen.contexts(&app), &key, screen.in_text());
            assert_eq!(action, Some(Action::Runs), "{tab}");
            assert!(screen.handle_action(Action::Runs, &mut app) && screen.train.lists_runs(), "{tab}");
            assert_eq!(screen.tab, Tab::Train);
        }
    }
}
