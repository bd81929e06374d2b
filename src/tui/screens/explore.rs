//! Explore: a lab's instruments, side by side where there is room, else one at a time.

use crate::experiment::{Knobs, Panel};
use crate::lab::{Attempt, Lab};
use crate::registry;
use crate::tui::context::{AppContext, Reply};
use crate::tui::destination::Destination;
use crate::tui::instruments::{Instrument, Texts, build};
use crate::tui::keys::{Action, Context, bindings};
use crate::tui::live_run::LiveRun;
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::width;
use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use std::time::{Duration, Instant};

/// While a run goes on its model is asked again so often.
const REFRESH: Duration = Duration::from_secs(2);

pub struct ExploreTab {
    instruments: Vec<Box<dyn Instrument>>,
    focus: usize,
    /// The texts that a person has given inputs of any instrument.
    texts: Texts,
    areas: Vec<Rect>,
    /// Whether there is another model to go to, and whether it matters which one answers.
    can_switch: bool,
    shows_model: bool,
    refreshed: Instant,
    /// How far the run was that was asked last.
    asked_at: Option<Asked>,
    /// Warnings of the run that was looked at last, by its id.
    warned: Option<(String, u64)>,
    moving: bool,
    /// Whether the instrument with the keys has all the room.
    maximised: bool,
    /// Whether there is room for several.
    side_by_side: bool,
}

/// How far a run was when its model was asked: its step, how many actions were applied to it, and whether it was held.
#[derive(Clone, Copy, PartialEq)]
struct Asked {
    step: u64,
    actions: u64,
    is_held: bool,
}

impl Asked {
    fn of(run: &LiveRun) -> Self {
        Asked { step: run.pace.step, actions: run.actions, is_held: run.is_held() }
    }
}

impl ExploreTab {
    pub fn new(lab: &Lab) -> Self {
        ExploreTab {
            instruments: build(lab),
            focus: 0,
            texts: Texts::new(),
            areas: Vec::new(),
            can_switch: false,
            shows_model: false,
            refreshed: Instant::now(),
            asked_at: None,
            warned: None,
            moving: false,
            maximised: false,
            side_by_side: false,
        }
    }

    pub fn opened(&mut self, lab: &Lab, app: &mut AppContext) {
        // What the run was warned of elsewhere was said there.
        self.warned = app.run_of(&lab.id).map(|run| (run.id.clone(), run.warnings));
        self.refresh(lab, app);
    }

    fn refresh(&mut self, lab: &Lab, app: &mut AppContext) {
        self.refreshed = Instant::now();
        self.asked_at = app.explored_run(&lab.id).map(Asked::of);
        let run = app.run_of(&lab.id);
        // What another run was warned of is not said of this one.
        let is_another = |(warned, _): &(String, u64)| run.is_none_or(|run| run.id != *warned);
        if self.warned.as_ref().is_none_or(is_another) {
            self.warned = run.map(|run| (run.id.clone(), run.warnings));
        }
        // The instrument with the keys is answered first.
        let others = (0..self.instruments.len()).filter(|index| *index != self.focus);
        for index in std::iter::once(self.focus).chain(others) {
            self.instruments.get_mut(index).into_iter().for_each(|instrument| instrument.refresh(lab, app));
        }
        // A clock may go beside what is asked.
        self.moving = true;
    }

    /// Gives the keys to an instrument, and the texts that a person has given inputs like its own.
    pub fn show(&mut self, index: usize, lab: &Lab, app: &mut AppContext) {
        let index = index.min(self.instruments.len().saturating_sub(1));
        if index == self.focus {
            return;
        }
        self.texts.extend(self.instruments[self.focus].given_texts());
        self.focus = index;
        self.instruments[index].take_texts(&self.texts, lab, app);
    }

    /// The values of the instruments' inputs, where they have some.
    pub fn inputs(&self) -> Vec<Option<Knobs>> {
        self.instruments.iter().map(|instrument| instrument.inputs()).collect()
    }

    /// Takes up values of a lab that was left.
    pub fn take_inputs(&mut self, inputs: &[Option<Knobs>]) {
        for (instrument, inputs) in self.instruments.iter_mut().zip(inputs) {
            inputs.iter().for_each(|inputs| instrument.take_inputs(inputs));
        }
    }

    /// The instrument with the keys, by its place in the lab.
    pub fn shown(&self) -> usize {
        self.focus
    }

    /// Where an instrument was drawn last; empty if it is out of sight.
    pub fn area_of(&self, index: usize) -> Rect {
        self.areas.get(index).copied().unwrap_or_default()
    }

    /// The run has gone on: ask its model again, not too often.
    pub fn news(&mut self, lab: &Lab, app: &mut AppContext) {
        let now = app.explored_run(&lab.id).map(Asked::of);
        let goes_on = app.explored_run(&lab.id).is_some_and(|run| run.is_live() && !run.is_held());
        // What a person did is shown at once.
        let acted = now.map(|now| now.actions) != self.asked_at.map(|asked| asked.actions);
        if now != self.asked_at && (self.refreshed.elapsed() > REFRESH || !goes_on || acted) {
            self.refresh(lab, app);
        }
        self.tell_warning(lab, app);
    }

    /// What the run says against an action is said here too, where it was done.
    fn tell_warning(&mut self, lab: &Lab, app: &mut AppContext) {
        let Some(run) = app.run_of(&lab.id) else { return };
        let (now, message) = ((run.id.clone(), run.warnings), run.message.clone());
        let before = self.warned.replace(now.clone());
        let is_new = before.is_some_and(|(run, warnings)| run == now.0 && warnings < now.1);
        if let Some(message) = message.filter(|_| is_new) {
            app.notify(message.in_language(app.language));
        }
    }

    pub fn contexts(&self) -> Vec<Context> {
        let Some(instrument) = self.instruments.get(self.focus) else { return Vec::new() };
        let own = instrument.contexts();
        // A number that is typed is set or left first.
        if own.contains(&Context::ViewNumber) {
            return own;
        }
        let panes = match (self.instruments.len(), own.contains(&Context::Repl)) {
            (..2, _) => None,
            // There Tab completes.
            (_, true) => Some(Context::ReplPanes),
            _ => Some(Context::Panes),
        };
        let first = panes.filter(|panes| *panes == Context::Panes);
        let last = panes.filter(|panes| *panes == Context::ReplPanes);
        let models = self.can_switch.then_some(Context::Models);
        let room = self.side_by_side.then_some(Context::Room);
        let earlier = self.shows_model.then_some(Context::EarlierModels);
        first.into_iter().chain(own).chain(last).chain(models).chain(earlier).chain(room).collect()
    }

    pub fn in_text(&self) -> bool {
        self.instruments.get(self.focus).is_some_and(|instrument| instrument.in_text())
    }

    pub fn typed(&mut self, key: &KeyEvent, lab: &Lab, app: &mut AppContext) {
        if let Some(instrument) = self.instruments.get_mut(self.focus) {
            instrument.typed(key, lab, app);
        }
    }

    pub fn pasted(&mut self, pasted: &str) {
        if let Some(instrument) = self.instruments.get_mut(self.focus) {
            instrument.pasted(pasted);
        }
    }

    pub fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        let count = self.instruments.len().max(1);
        match action {
            Action::NextPane | Action::PreviousPane => {
                let forward = action == Action::NextPane;
                let moved = self.instruments.get_mut(self.focus).is_some_and(|own| own.next_part(forward));
                if !moved {
                    self.show((self.focus + if forward { 1 } else { count - 1 }) % count, lab, app);
                }
            }
            Action::Maximise if self.side_by_side => self.maximised = !self.maximised,
            Action::Back if self.side_by_side && self.maximised && !self.in_text() => self.maximised = false,
            Action::SwitchModel if app.switch_model(&lab.id) => self.opened(lab, app),
            action => {
                let Some(instrument) = self.instruments.get_mut(self.focus) else { return false };
                let done = instrument.handle_action(action, lab, app);
                self.moving = true;
                return done;
            }
        }
        true
    }

    pub fn mouse(&mut self, event: MouseEvent, lab: &Lab, app: &mut AppContext) {
        let position = Position::new(event.column, event.row);
        let under = self.areas.iter().position(|area| area.contains(position));
        if let (MouseEventKind::Down(MouseButton::Left), Some(index)) = (event.kind, under) {
            self.show(index, lab, app);
        }
        // A drag that began in an instrument stays its own.
        if let Some(instrument) = self.instruments.get_mut(self.focus) {
            instrument.mouse(event, lab, app);
        }
    }

    pub fn answered(&mut self, reply: &Reply, lab: &Lab, app: &mut AppContext) {
        for instrument in &mut self.instruments {
            if instrument.answered(reply, lab, app) {
                self.moving = true;
                return;
            }
        }
    }

    pub fn in_motion(&self) -> bool {
        self.moving
    }

    /// Whether time counts in an instrument also when nobody watches.
    pub fn keeps_time(&self) -> bool {
        self.instruments.iter().any(|instrument| instrument.keeps_time())
    }

    pub fn tick(&mut self, lab: &Lab, app: &mut AppContext) {
        let moving: Vec<bool> = self.instruments.iter_mut().map(|instrument| instrument.tick(lab, app)).collect();
        self.moving = moving.into_iter().any(|moves| moves);
    }

    /// The picture of the instrument with the keys in letters, and where it is drawn, if it has one.
    pub fn in_letters(&self) -> Option<(String, Rect)> {
        self.instruments.get(self.focus)?.in_letters()
    }

    /// What the instrument with the keys shows as panels, if it does.
    pub fn panels(&self) -> Option<&[Panel]> {
        self.instruments.get(self.focus)?.panels()
    }

    /// What was reached since the last time, each with the view that its instrument shows and the knobs of the lab's run.
    pub fn reached(&mut self, lab: &Lab, app: &AppContext) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        for (instrument, use_) in self.instruments.iter_mut().zip(&lab.explore) {
            let mut reached = |state: &str, input, value| {
                let (state, view) = (state.to_owned(), use_.view.clone());
                attempts.push(Attempt::State { state, view, input, value, knobs: app.knobs_of_run(&lab.id) });
            };
            instrument.reached().into_iter().for_each(|state| reached(state, None, None));
            instrument.reached_with().into_iter().for_each(|(state, with)| reached(state, None, Some(with)));
            let turned = instrument.inputs_turned();
            turned.into_iter().for_each(|(input, value)| reached("input_turned", Some(input), Some(value)));
            instrument.actions_sent().into_iter().for_each(|name| reached("action_sent", Some(name.to_owned()), None));
        }
        attempts
    }

    pub fn draw(&mut self, area: Rect, lab: &Lab, app: &mut AppContext, buffer: &mut Buffer) {
        let [body, foot] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        let shows_model = self.instruments.get(self.focus).is_none_or(|instrument| instrument.shows_model());
        self.shows_model = shows_model && !lab.presets.is_empty();
        let is_short = area.width < 110;
        let (model, can_switch) =
            if self.shows_model { model_line(lab, is_short, app) } else { (String::new(), false) };
        let origin_end = write(buffer, foot, 1, 0, &model, app.theme.quiet());
        self.can_switch = can_switch;
        if can_switch {
            let place = Rect { x: foot.x + 1, width: origin_end.saturating_sub(1), ..foot };
            app.places.put(place, Destination::Action(Action::SwitchModel));
        }
        let count = self.instruments.len();
        let width_for_one = area.width < 110 || self.instruments.iter().any(|instrument| instrument.fills());
        self.side_by_side = !width_for_one && matches!(count, 2 | 3);
        self.areas = match count {
            0 => vec![],
            _ if !self.side_by_side || self.maximised => {
                // One at a time, where there is little room or much to show; the others are behind it.
                let names: Vec<&str> = lab.explore.iter().map(|use_| use_.title.in_language(app.language)).collect();
                let place =
                    Rect { x: foot.x + origin_end + 2, width: foot.width.saturating_sub(origin_end + 2), ..foot };
                strip(&names, self.focus, place, app, buffer);
                (0..count).map(|index| if index == self.focus { body } else { Rect::default() }).collect()
            }
            _ => {
                let [left, right] = Layout::horizontal([Constraint::Fill(5), Constraint::Fill(4)]).areas(body);
                // The first of the others is worked in, the rest is looked at, and larger when it has the focus; what is drawn in
                // keeps room for the drawing.
                let at = self.focus.max(1);
                let shares = (1..count).map(|index| match (index == at, at) {
                    (true, 1) => Constraint::Fill(5),
                    (true, _) => Constraint::Fill(5),
                    _ => Constraint::Fill(3),
                });
                let rest = Layout::vertical(shares).split(right);
                std::iter::once(left).chain(rest.iter().copied()).collect()
            }
        };
        for (index, (instrument, use_)) in self.instruments.iter_mut().zip(&lab.explore).enumerate() {
            let place = self.areas[index];
            if !place.is_empty() {
                let title = use_.title.in_language(app.language).to_owned();
                instrument.draw(place, index == self.focus, &title, app, buffer);
            }
        }
    }
}

/// Which model answers; where there is another, the key that goes to it, and its name.
fn model_line(lab: &Lab, is_short: bool, app: &AppContext) -> (String, bool) {
    let opens_folder = || registry::find(&lab.experiment).is_ok_and(|experiment| experiment.open_folder.is_some());
    let own = match &app.source.weights {
        Some(_) if opens_folder() => text::FROM_WEIGHTS,
        _ => text::FROM_SHIPPED,
    };
    let Some(run) = app.run_of(&lab.id).filter(|run| run.model().is_some()) else {
        return (format!("{}{}", app.say(text::MODEL), app.say(own)), false);
    };
    let of_run = match run.is_recorded {
        // The end of an id, its time, tells the runs of a day apart.
        true if is_short => {
            format!("{} …{}", app.say(text::FROM_EARLIER_RUN), run.id.rsplit('-').next().unwrap_or(&run.id))
        }
        true => format!("{} {}", app.say(text::FROM_EARLIER_RUN), run.id),
        false => app.say(text::FROM_RUN).to_owned(),
    };
    let own = app.say(own).to_owned();
    let [answers, other] = if run.is_explored { [of_run, own] } else { [own, of_run] };
    let key: String = bindings(Context::Models).iter().map(|binding| binding.keys[0].name()).collect();
    (format!("{}{answers} · {key}: {other}", app.say(text::MODEL)), true)
}

/// Writes the names of instruments at the right of a line; a click on one shows it. Where there is no room for all, the one that is
/// shown and as many of its neighbours as are whole, between arrows that say that there are more and lead there, after its number among
/// all.
fn strip(names: &[&str], focus: usize, place: Rect, app: &AppContext, buffer: &mut Buffer) {
    let needs = |from: usize, to: usize| -> usize { names[from..to].iter().map(|name| width(name) + 3).sum() };
    let mut room = usize::from(place.width);
    let (mut from, mut to) = (0, names.len());
    let mut number = String::new();
    if needs(from, to) > room {
        number = format!("{}/{} ", focus + 1, names.len());
        // What is shown is named before it is numbered.
        if needs(focus, focus + 1) + 4 + number.len() > room {
            number.clear();
        }
        room -= number.len();
        // Two columns at each end for the arrows.
        (from, to) = (focus, focus + 1);
        while to < names.len() && needs(from, to + 1) + 4 <= room {
            to += 1;
        }
        while from > 0 && needs(from - 1, to) + 4 <= room {
            from -= 1;
        }
    }
    let arrows = [from > 0, to < names.len()].map(|more| if more { 2 } else { 0 });
    let column = (room.saturating_sub(needs(from, to) + arrows[0] + arrows[1])) as u16;
    let mut column = write(buffer, place, column, 0, &number, app.theme.quiet());
    let leads = |column: u16, width: u16, index: usize| {
        app.places.put(Rect { x: place.x + column, width, ..place }, Destination::Instrument(index));
    };
    if arrows[0] > 0 {
        leads(column, 2, from - 1);
        column = write(buffer, place, column, 0, "‹", app.theme.quiet()) + 1;
    }
    for (index, name) in names.iter().enumerate().take(to).skip(from) {
        let style = if index == focus { app.theme.selected() } else { app.theme.quiet() };
        let end = write(buffer, place, column, 0, &format!(" {name} "), style);
        leads(column, end - column, index);
        column = end + 1;
    }
    if arrows[1] > 0 {
        leads(column, 1, to);
        write(buffer, place, column, 0, "›", app.theme.quiet());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Command, KnobValue, Knobs, Language};
    use crate::tui::keys::TRAIN;
    use crate::tui::screens::exercises::{counts_after, decided_at};

    /// What is planned or learned on Explore in a map of one's choice is the same whichever model answers.
    #[test]
    fn only_what_depends_on_the_model_names_it() {
        let experiment = registry::find("gridworld").unwrap();
        let names_it = |view: &str, map: Option<&str>| {
            let view = experiment.view(view).unwrap();
            let mut inputs = Knobs::defaults(&(view.inputs)());
            inputs.0.extend(map.map(|map| ("map".to_owned(), KnobValue::Text(map.to_owned()))));
            (view.is_of_model)(&inputs)
        };
        for view in ["sweeps", "sweep_backup", "horizon", "side_by_side"] {
            assert!(names_it(view, Some("this")) && !names_it(view, Some("cliff")), "{view}");
        }
        assert!(names_it("world", None) && names_it("backup", None));
    }

    #[test]
    fn what_a_run_says_against_an_action_is_said_where_it_was_done() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("gridworld").unwrap().clone();
        let declared = (registry::find("gridworld").unwrap().knobs)();
        let start = crate::run::Start {
            lab: lab.id.clone(),
            experiment: lab.experiment.clone(),
            preset: Some("watch".to_owned()),
            knobs: lab.knobs_of_preset("watch", &declared).unwrap(),
            seed: 1,
            threads: 1,
            data: None,
            plan: Vec::new(),
        };
        let run = LiveRun::start(&*app.runner, start, std::sync::Arc::clone(&app.wake)).unwrap();
        app.show_run(run);
        let mut tab = ExploreTab::new(&lab);
        let begun = Instant::now();
        let mut is_sent = false;
        while app.notice().is_none_or(|notice| !notice.contains("this is the start")) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", app.notice());
            app.run.as_mut().unwrap().catch_up();
            tab.news(&lab, &mut app);
            if app.run.as_ref().unwrap().model().is_some() && !std::mem::replace(&mut is_sent, true) {
                let action = Command::Action { action: "wall".to_owned(), argument: "0 0".to_owned() };
                app.run.as_ref().unwrap().send(action);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What comes of a key and what the run says against it may come together: that the model is asked again hides nothing.
    #[test]
    fn a_warning_that_comes_with_the_news_of_an_action_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("vae").unwrap().clone();
        let wake = std::sync::Arc::clone(&app.wake);
        let shows_run = |app: &mut AppContext| {
            let created = crate::run::store::tests::description();
            let now = "2026-01-02T03:04:05+00:00[UTC]".parse().unwrap();
            let (description, lock) = app.store.create(created, &now).unwrap();
            drop(lock);
            let run = LiveRun::open(&app.store, &app.source, &description.id, std::sync::Arc::clone(&wake)).unwrap();
            assert_eq!(run.lab, lab.id);
            app.show_run(run);
        };
        let warn = |app: &mut AppContext, message: &str| {
            let run = app.run.as_mut().unwrap();
            (run.actions, run.warnings, run.message) =
                (run.actions + 1, run.warnings + 1, Some(message.to_owned().into()));
        };
        let mut tab = ExploreTab::new(&lab);
        shows_run(&mut app);
        warn(&mut app, "said on Train");
        tab.opened(&lab, &mut app);
        tab.news(&lab, &mut app);
        assert_eq!(app.take_notice(), None, "it was said there");
        warn(&mut app, "not here");
        tab.news(&lab, &mut app);
        assert_eq!(app.take_notice().as_deref(), Some("not here"));
        tab.news(&lab, &mut app);
        assert_eq!(app.take_notice(), None, "once");
        // Another run has had its warnings before it is looked at here.
        shows_run(&mut app);
        warn(&mut app, "of another");
        warn(&mut app, "of another");
        tab.news(&lab, &mut app);
        assert_eq!(app.take_notice(), None);
        warn(&mut app, "of this");
        tab.news(&lab, &mut app);
        assert_eq!(app.take_notice().as_deref(), Some("of this"));
    }

    #[test]
    fn an_exercise_leads_to_where_it_is_decided_and_says_what_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let of = |lab: &Lab, id: &str| lab.exercises.iter().find(|exercise| exercise.id == id).unwrap().clone();
        let lab = app.catalogue.find("cyclegan").unwrap().clone();
        let Some(Destination::Instrument(index)) = decided_at(&of(&lab, "own"), &lab, &app) else {
            panic!("an instrument")
        };
        assert_eq!(lab.explore[index].title.en, "your own digit");
        assert_eq!(counts_after(&of(&lab, "own"), &lab, &app), None);
        // A run that is predicted comes with its preset; of a cure the preset would be the answer.
        let run = of(&lab, "low-cycle");
        assert!(matches!(decided_at(&run, &lab, &app), Some(Destination::Preset(0))));
        assert_eq!(counts_after(&run, &lab, &app), Some("Predict: step 1"));
        app.progress.attempt(&lab.id, "predict-cycle", "0", Some("2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(counts_after(&run, &lab, &app), None);
        let lab = app.catalogue.find("gan").unwrap().clone();
        // Its text names the run that is to be cured.
        let cure = decided_at(&of(&lab, "cure"), &lab, &app);
        let named = lab.presets.iter().position(|(name, _)| name == "collapse");
        assert!(matches!(cure, Some(Destination::Preset(preset)) if Some(preset) == named));
        let mut unnamed = of(&lab, "cure");
        unnamed.prompt.en = "Cure it.".into();
        let cure = decided_at(&unnamed, &lab, &app);
        assert!(matches!(cure, Some(Destination::Action(Action::Tab(tab))) if tab == TRAIN));
    }

    #[test]
    fn the_name_of_what_is_shown_is_always_there_and_a_click_on_another_shows_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let names = ["explanations", "your own digit", "deletion and insertion", "nearest", "patches"];
        for columns in [20, 40, 60, 120] {
            let area = Rect::new(3, 0, columns, 1);
            for focus in 0..names.len() {
                let mut buffer = Buffer::empty(Rect::new(0, 0, 130, 1));
                app.places.clear();
                strip(&names, focus, area, &app, &mut buffer);
                let led: Vec<(u16, usize)> = (0..130)
                    .filter_map(|x| match app.places.at(Position::new(x, 0)) {
                        Some(Destination::Instrument(index)) => Some((x, index)),
                        _ => None,
                    })
                    .collect();
                let of =
                    |index: usize| led.iter().filter(|(_, led)| *led == index).map(|(x, _)| *x).collect::<Vec<_>>();
                let written: String = of(focus).iter().map(|x| buffer[(*x, 0)].symbol()).collect();
                let whole = format!(" {} ", names[focus]);
                let line: String = (0..130).map(|x| buffer[(x, 0)].symbol()).collect();
                let number = format!("{}/{}", focus + 1, names.len());
                let is_cut = line.contains(['‹', '›']);
                assert!(line.contains(&number) == is_cut || columns == 20, "{columns}: {line}");
                assert!(written == whole || written.len() < whole.len() && columns == 20, "{columns}: {written}");
                let line: String = (0..130).map(|x| buffer[(x, 0)].symbol()).collect();
                // An arrow leads to the next one that is not there.
                for (arrow, beyond) in [('‹', focus.checked_sub(1)), ('›', Some(focus + 1))] {
                    let at = line.chars().position(|letter| letter == arrow);
                    let leads =
                        at.and_then(|at| led.iter().find(|(x, _)| usize::from(*x) == at)).map(|(_, index)| *index);
                    assert!(at.is_none() || leads.is_some_and(|leads| leads < names.len() && leads != focus), "{line}");
                    assert!(
                        at.is_some()
                            || beyond.is_none_or(|index| index >= names.len() || !of(index).is_empty())
                            || columns == 20,
                        "{line}"
                    );
                }
            }
        }
        let lab = app.catalogue.find("xai").unwrap().clone();
        let mut tab = ExploreTab::new(&lab);
        let area = Rect::new(0, 0, 80, 24);
        app.places.clear();
        tab.draw(area, &lab, &mut app, &mut Buffer::empty(area));
        let Some(Destination::Instrument(index)) = app.places.at(Position::new(76, 23)) else {
            panic!("a name or an arrow")
        };
        assert_ne!(index, tab.focus);
        tab.show(index, &lab, &mut app);
        assert_eq!(tab.focus, index);
    }

    #[test]
    fn keys_are_named_where_they_do_something() {
        use Context::{Codes, DrawingPad, Examples, Panes, Repl, ReplPanes};
        use Context::{ViewArrows, ViewDigits, ViewInputs, ViewSeed, ViewText};
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let contexts = |lab: &str, focus: usize| {
            let tab = ExploreTab::new(app.catalogue.find(lab).unwrap());
            ExploreTab { focus, ..tab }.contexts()
        };
        assert_eq!(contexts("embeddings", 0), [Repl]);
        assert_eq!(contexts("word2vec", 1), [Repl, ReplPanes]);
        assert_eq!(contexts("vae", 0), [Panes, Codes, Examples]);
        assert_eq!(contexts("gan", 0), [Panes, Codes], "a GAN encodes nothing");
        assert_eq!(contexts("vae", 2), [Panes, ViewArrows, ViewDigits, ViewInputs, ViewSeed]);
        assert_eq!(contexts("cyclegan", 1), [Panes, DrawingPad, ViewInputs, ViewSeed], "it begins with a drawing");
        assert_eq!(contexts("diffusion", 0), [Panes, ViewText, ViewInputs, ViewSeed]);
    }
}
