//! Train: curves that stream, pictures of what the model makes, knobs that turn while it runs.

mod panes;
mod runs;

use super::now;
use super::overlays::Overlays;
use super::report::ReportPage;
use super::runs::RunList;
use super::setup::Setup;
use crate::experiment::panel::Place;
use crate::experiment::{ActionSpec, Command};
use crate::lab::{Lab, TrainPane};
use crate::registry;
use crate::tui::context::AppContext;
use crate::tui::keys::{Action, Context};
use crate::tui::live_run::{LiveView, Wanted};
use crate::tui::text;
use crate::tui::widgets::chart::{self, View, number};
use crate::tui::widgets::frame::{frame, has_room_beside, write};
use crate::tui::widgets::panel::{self, Look};
use crate::width::width;
use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use panes::{about, has_curves, lines, panes_with_data};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
pub(super) use runs::export_run;

/// Rows of a chart with its frame in which a curve can be read.
const LEAST_CHART: u16 = 8;

pub struct TrainTab {
    setup: Setup,
    /// Choosing a new run although there is one.
    choosing: bool,
    /// The runs of the lab, while one is chosen.
    list: Option<RunList>,
    /// The report in words, while it is read.
    report: Option<ReportPage>,
    views: Vec<View>,
    /// The pane with the keys: charts first, then pictures.
    focus: usize,
    maximised: bool,
    knob: usize,
    /// Whether knobs of this lab can be turned during a run, and where they stand.
    has_live_knobs: bool,
    knobs: Vec<(Rect, usize)>,
    overlays: Overlays,
    /// Where the panes are, and the plots within, for the mouse.
    panes: Vec<(Rect, Rect)>,
    /// Where the table of knobs and numbers is.
    table: Rect,
    drag: Option<u16>,
    /// What was drawn last, for keys to mean the same.
    shows_setup: bool,
    /// Before a run: whether the cursor is below the presets.
    at_knobs: bool,
    is_over: bool,
    /// What a person can do to a run of this lab, and whether it waits for one of them.
    actions: &'static [ActionSpec],
    is_asked: bool,
    /// What begins once the class has a place for it.
    waits: Option<Wanted>,
}

impl TrainTab {
    pub fn new(lab: &Lab, app: &AppContext) -> Self {
        TrainTab {
            setup: Setup::new(lab),
            choosing: false,
            list: None,
            report: None,
            views: lab.dashboard.charts.iter().map(|chart| View::new(chart.log)).collect(),
            focus: 0,
            maximised: false,
            knob: 0,
            has_live_knobs: !now::live_knobs(lab).is_empty(),
            knobs: Vec::new(),
            overlays: Overlays::default(),
            panes: Vec::new(),
            table: Rect::default(),
            drag: None,
            shows_setup: app.run_of(&lab.id).is_none(),
            at_knobs: false,
            is_over: false,
            actions: registry::find(&lab.experiment).map_or(&[], |experiment| experiment.actions),
            is_asked: false,
            waits: None,
        }
    }

    fn is_setup(&self, lab: &Lab, app: &AppContext) -> bool {
        self.choosing || app.run_of(&lab.id).is_none()
    }

    pub fn contexts(&self) -> Vec<Context> {
        if let Some(list) = &self.list {
            return vec![if list.holds_none() { Context::NoRuns } else { Context::Runs }];
        }
        if self.report.is_some() {
            return vec![Context::Report];
        }
        match (self.shows_setup, self.is_over) {
            (true, _) => {
                vec![Context::TrainSetup, if self.at_knobs { Context::TrainKnobs } else { Context::TrainPresets }]
            }
            (_, true) => vec![Context::TrainOver, Context::Train],
            _ => {
                let knobs = self.has_live_knobs.then_some(Context::LiveKnobs);
                let actions = Context::RunActions(self.actions);
                // Keys that answer what is asked are named before all others.
                let (first, last) = if self.is_asked { (Some(actions), None) } else { (None, Some(actions)) };
                let own = [Context::TrainLive].into_iter().chain(knobs).chain([Context::Train]);
                first.into_iter().chain(own).chain(last).collect()
            }
        }
    }

    /// The run has emitted something: other keys are bound once it is over.
    pub fn news(&mut self, lab: &Lab, app: &mut AppContext) {
        self.go_on_if_there_is_a_place(app);
        self.is_over = app.run_of(&lab.id).is_some_and(|run| !run.is_live());
        self.is_asked = app.run_of(&lab.id).is_some_and(|run| run.asks(self.actions).is_some());
    }

    pub fn in_text(&self) -> bool {
        match &self.list {
            Some(list) => list.in_text(),
            None => self.setup.in_text(),
        }
    }

    fn turn(&mut self, up: bool, lab: &Lab, app: &mut AppContext) {
        let knobs = now::live_knobs(lab);
        let Some(run) = app.run.as_mut().filter(|run| run.lab == lab.id && run.is_live()) else { return };
        let Some(knob) = knobs.get(self.knob) else { return };
        let now = run.knobs.0.get(knob.name).cloned().unwrap_or(knob.default.clone());
        if let Some(value) = knob.notch(&now, up) {
            // Shown at once; the run's own word follows.
            run.knobs.0.insert(knob.name.to_owned(), value.clone());
            run.send(Command::Set { knob: knob.name.to_owned(), value });
        }
    }

    pub fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        if let Some(list) = &mut self.list {
            let done = list.handle_action(action, app);
            let understood = done.is_some();
            if let Some(choice) = done.flatten() {
                self.chosen(choice, lab, app);
            }
            return understood;
        }
        if let Some(report) = &mut self.report {
            let done = report.handle_action(action);
            if done.is_none() {
                self.report = None;
            }
            return done.unwrap_or(true);
        }
        if action == Action::Runs {
            self.open_list(lab, app);
            return true;
        }
        if self.waits.is_some() && action == Action::Back {
            self.leave_queue(app);
            return true;
        }
        if self.is_setup(lab, app) {
            match action {
                Action::Resume => self.resume(lab, app),
                Action::Back if self.choosing && !self.setup.in_text() => {
                    self.choosing = false;
                    self.shows_setup = false;
                }
                action => match self.setup.handle_action(action, lab) {
                    Some(true) => self.begin(lab, app),
                    Some(false) => self.at_knobs = self.setup.is_at_knobs(lab),
                    None => return false,
                },
            }
            return true;
        }
        let panes = lab.dashboard.charts.len() + lab.dashboard.views.len();
        let data = self.extent(lab, app);
        let run = app.run.as_mut().filter(|run| run.lab == lab.id);
        let Some(run) = run else { return false };
        let view = self.views.get_mut(self.focus);
        match (action, view) {
            (Action::Pause, _) => run.toggle_pause(),
            (Action::SingleStep, _) => run.send(Command::Step),
            (Action::StopRun, _) => run.send(Command::Stop),
            (Action::Perform(name), _) => {
                run.send(Command::Action { action: name.to_owned(), argument: String::new() });
            }
            (Action::NewRun, _) => (self.choosing, self.shows_setup) = (true, true),
            (Action::Resume, _) => self.resume(lab, app),
            (Action::NextPane | Action::PreviousPane, _) => {
                let with_data = panes_with_data(lab, run);
                let step = if action == Action::NextPane { 1 } else { panes.max(1) - 1 };
                let after = (1..=panes).map(|count| (self.focus + count * step) % panes);
                self.focus = after.into_iter().find(|index| with_data[*index]).unwrap_or(self.focus);
            }
            (Action::Maximise | Action::Confirm, _) => self.maximised = !self.maximised,
            (Action::Back, _) if self.maximised => self.maximised = false,
            (Action::KnobNext | Action::KnobPrevious | Action::Up | Action::Down, _) => {
                let count = now::live_knobs(lab).len().max(1);
                let step = if matches!(action, Action::KnobNext | Action::Down) { 1 } else { count - 1 };
                self.knob = (self.knob + step) % count;
            }
            (Action::KnobUp | Action::KnobDown, _) => self.turn(action == Action::KnobUp, lab, app),
            (Action::Overlay, _) => self.overlay(lab, app),
            (Action::Report, _) if run.report.is_some() => self.report = Some(ReportPage::new(lab)),
            (Action::Report, _) => {
                let words = if run.is_live() { text::NO_REPORT_YET } else { text::NO_REPORT_OF_STOPPED };
                let said = app.say(words);
                app.notify(said);
            }
            (Action::Export, _) => self.export(lab, app),
            (Action::CopyReadout, _) => self.copy(lab, app),
            (Action::Left, Some(view)) => view.move_cursor(-0.02, data),
            (Action::Right, Some(view)) => view.move_cursor(0.02, data),
            (Action::Home, Some(view)) => view.cursor = Some(data.0),
            (Action::End, Some(view)) => view.cursor = Some(data.1),
            (Action::ZoomIn, Some(view)) => view.zoom(0.5, None, data),
            (Action::ZoomOut, Some(view)) => view.zoom(2.0, None, data),
            (Action::ZoomReset, Some(view)) => view.reset(),
            (Action::LogScale, Some(view)) => view.logarithmic = !view.logarithmic,
            (Action::LaterHalf, Some(view)) => view.later_half = !view.later_half,
            (Action::Smooth, Some(view)) => view.next_smoothing(),
            _ => return false,
        }
        true
    }

    fn export(&self, lab: &Lab, app: &mut AppContext) {
        if let Some(id) = app.run_of(&lab.id).map(|run| run.id.clone()) {
            export_run(&id, app);
        }
    }

    fn copy(&self, lab: &Lab, app: &mut AppContext) {
        let read = app.run_of(&lab.id).and_then(|run| {
            let chart = lab.dashboard.charts.get(self.focus)?;
            chart::read_out(
                &lines(chart, run, &Overlays::default(), app),
                self.views.get(self.focus)?,
                app.say(text::SMOOTHING),
            )
        });
        match read {
            Some(read) => {
                app.notify(format!("{}: {read}", app.say(text::COPIED)));
                app.clipboard = Some(read);
            }
            None => {
                let said = app.say(text::NOTHING_TO_COPY);
                app.notify(said);
            }
        }
    }

    pub fn typed(&mut self, key: &KeyEvent, lab: &Lab) {
        match &mut self.list {
            Some(list) => list.typed(key),
            None if self.shows_setup => self.setup.typed(key, lab),
            None => {}
        }
    }

    pub fn pasted(&mut self, pasted: &str) {
        if let Some(list) = &mut self.list {
            list.pasted(pasted);
        }
    }

    /// The steps that the charts have data for: they stand above each other and have one axis.
    fn extent(&self, lab: &Lab, app: &AppContext) -> (f64, f64) {
        let Some(run) = app.run_of(&lab.id) else { return (0.0, 1.0) };
        let lines = lab.dashboard.charts.iter().flat_map(|chart| lines(chart, run, &self.overlays, app));
        chart::extent(&lines.collect::<Vec<_>>())
    }

    pub fn mouse(&mut self, event: MouseEvent, lab: &Lab, app: &mut AppContext) {
        if let Some(list) = &mut self.list {
            if let Some(choice) = list.mouse(event) {
                self.chosen(choice, lab, app);
            }
            return;
        }
        if let Some(report) = &mut self.report {
            report.mouse(event);
            return;
        }
        let position = Position::new(event.column, event.row);
        if self.is_setup(lab, app) {
            if event.kind == MouseEventKind::Down(MouseButton::Left) {
                self.setup.click(position, lab);
                self.at_knobs = self.setup.is_at_knobs(lab);
            }
            return;
        }
        if let Some(&(_, knob)) = self.knobs.iter().find(|(row, _)| row.contains(position)) {
            match event.kind {
                MouseEventKind::Down(MouseButton::Left) => self.knob = knob,
                MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                    self.knob = knob;
                    self.turn(event.kind == MouseEventKind::ScrollUp, lab, app);
                }
                _ => {}
            }
            return;
        }
        let under = self.panes.iter().position(|(pane, _)| pane.contains(position));
        let Some(index) = under else { return };
        let plot = self.panes[index].1;
        let data = self.extent(lab, app);
        let step = match (lab.dashboard.charts.get(index), app.run_of(&lab.id), self.views.get(index)) {
            (Some(chart), Some(run), Some(view)) => {
                chart::step_at(plot, view, &lines(chart, run, &self.overlays, app), event.column)
            }
            _ => None,
        };
        match event.kind {
            MouseEventKind::Down(_) => {
                self.focus = index;
                self.drag = Some(event.column);
            }
            _ if index != self.focus => return,
            _ => {}
        }
        let Some(view) = self.views.get_mut(index) else { return };
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => view.cursor = step,
            MouseEventKind::Drag(MouseButton::Left) => {
                if let (Some(from), true) = (self.drag, view.is_zoomed()) {
                    let share = (f64::from(from) - f64::from(event.column)) / f64::from(plot.width.max(1));
                    view.pan(share, data);
                    self.drag = Some(event.column);
                } else {
                    view.cursor = step.or(view.cursor);
                }
            }
            MouseEventKind::ScrollUp => view.zoom(0.8, step, data),
            MouseEventKind::ScrollDown => view.zoom(1.25, step, data),
            _ => {}
        }
    }

    pub fn draw(&mut self, area: Rect, lab: &Lab, app: &mut AppContext, buffer: &mut Buffer) {
        self.shows_setup = self.is_setup(lab, app);
        self.news(lab, app);
        if let Some(list) = &mut self.list {
            list.draw(area, &self.overlays, app, buffer);
            return;
        }
        if let (Some(report), Some(run)) = (&mut self.report, app.run_of(&lab.id)) {
            report.draw(area, run, lab, app, buffer);
            return;
        }
        self.report = None;
        if self.shows_setup {
            self.setup.draw(area, lab, app, buffer);
            return;
        }
        let steps = self.extent(lab, app);
        self.views.iter_mut().for_each(|view| view.steps = Some(steps));
        let charts = lab.dashboard.charts.len();
        let panes = charts + lab.dashboard.views.len();
        let with_data = app.run_of(&lab.id).map_or_else(|| vec![true; panes], |run| panes_with_data(lab, run));
        self.panes = vec![(Rect::default(), Rect::default()); panes];
        self.table = Rect::default();
        self.knobs.clear();
        if self.maximised {
            self.draw_pane(self.focus, area, lab, app, buffer);
            let others = with_data.iter().enumerate().filter(|(index, has_data)| **has_data && *index != self.focus);
            mark_more(others.count(), area, app, buffer);
            return;
        }
        let wide = area.width >= 104;
        let side = now::columns(area.width, lab, app);
        // A run that is over shows no picture that it did not keep.
        let has_pictures = with_data[charts..].contains(&true);
        // Before there is a curve, what is shown has all the room: a person may have to read it.
        let has_curves = app.run_of(&lab.id).is_none_or(|run| has_curves(lab, run) || run.views.is_empty());
        let columns = match (wide, !has_pictures) {
            (true, false) if has_curves => {
                Layout::horizontal([Constraint::Fill(5), Constraint::Fill(3), Constraint::Length(side)]).split(area)
            }
            _ => Layout::horizontal([Constraint::Fill(1), Constraint::Length(side)]).split(area),
        };
        // As many charts as have room to be read: those from the one with the keys on, if not all.
        let shown: Vec<usize> = (0..charts).filter(|index| with_data[*index] && has_curves).collect();
        let shown = about(shown, self.focus, usize::from(area.height / LEAST_CHART).max(1));
        // The first is the one that matters most, where there is room to say so.
        let first = if area.height >= 3 * LEAST_CHART { 3 } else { 2 };
        let shares = (0..shown.len()).map(|place| Constraint::Fill(if place == 0 { first } else { 2 }));
        let places = Layout::vertical(shares).split(columns[0]);
        let hidden = with_data[..charts].iter().filter(|has_data| **has_data && has_curves).count() - shown.len();
        for (index, place) in shown.into_iter().zip(places.iter()) {
            self.draw_pane(index, *place, lab, app, buffer);
        }
        places.last().iter().for_each(|last| mark_more(hidden, **last, app, buffer));
        let [pictures, table] = match (wide, !has_pictures) {
            (_, false) if !has_curves => [columns[0], columns[1]],
            (_, true) => [Rect::default(), columns[1]],
            (true, false) => [columns[1], columns[2]],
            (false, false) => Layout::vertical([Constraint::Fill(1), Constraint::Length(8)]).areas(columns[1]),
        };
        // Where there is little room, one picture at a time: the one with the keys, else the first.
        let shown: Vec<usize> = (charts..panes).filter(|index| with_data[*index]).collect();
        let all = shown.len();
        let shown = about(shown, self.focus, if wide { panes } else { 1 });
        let hidden = all - shown.len();
        let shares = (0..shown.len()).map(|place| Constraint::Fill(if place == 0 { 3 } else { 2 }));
        let places = Layout::vertical(shares).split(pictures);
        for (index, place) in shown.into_iter().zip(places.iter()) {
            self.draw_pane(index, *place, lab, app, buffer);
        }
        places.last().iter().for_each(|last| mark_more(hidden, **last, app, buffer));
        self.table = table;
        self.knobs = now::draw(table, lab, self.knob, app, buffer);
    }

    /// Gives the keys to a pane, so that it is in sight; the table always is.
    pub fn show(&mut self, pane: TrainPane) {
        self.maximised = false;
        if let TrainPane::Data(index) = pane {
            self.focus = index;
        }
    }

    /// Where a pane was drawn last; empty if it is out of sight.
    pub fn area_of(&self, pane: TrainPane) -> Rect {
        let drawn = |index: usize| self.panes.get(index).map_or(Rect::default(), |(area, _)| *area);
        match pane {
            _ if self.shows_setup || self.list.is_some() || self.report.is_some() => Rect::default(),
            TrainPane::Data(index) => drawn(index),
            TrainPane::Knobs => self.table,
        }
    }

    /// Whether figures move in a picture of the run.
    pub fn in_motion(&self, lab: &Lab, app: &AppContext) -> bool {
        let views = app.run_of(&lab.id).into_iter().flat_map(|run| run.views.values());
        views.filter_map(LiveView::moment).any(|(_, _, moves)| moves)
    }

    fn draw_pane(&mut self, index: usize, area: Rect, lab: &Lab, app: &mut AppContext, buffer: &mut Buffer) {
        let focused = index == self.focus;
        let Some(run) = app.run_of(&lab.id) else { return };
        let Some(chart) = lab.dashboard.charts.get(index) else {
            let view = &lab.dashboard.views[index - lab.dashboard.charts.len()];
            let shown = run.views.get(&view.name).cloned();
            let note = (shown.as_ref())
                .map_or(String::new(), |shown| format!("{} {}", app.say(text::STEP), number(shown.step as f64)));
            let inner = frame(area, view.title.in_language(app.language), &note, focused, &app.theme, buffer);
            self.panes[index] = (area, inner);
            if let Some(shown) = shown {
                // Figures move while one looks.
                let moment = shown.moment().map(|(index, moment, _)| (index, Place::Item(moment)));
                let moment = moment.as_ref().map(|(index, place)| (*index, place));
                let mut look = Look { theme: &app.theme, language: app.language, pictures: &mut app.pictures };
                panel::draw_all(&shown.panels, moment, None, &format!("train/{}", view.name), inner, &mut look, buffer);
            }
            return;
        };
        let title = match chart.unit.in_language(app.language) {
            "" => chart.title.in_language(app.language).to_owned(),
            unit => format!("{}  {unit}", chart.title.in_language(app.language)),
        };
        self.views[index].title = width(&title) as u16;
        let view = &self.views[index];
        let mut note = Vec::new();
        if view.logarithmic {
            note.push(app.say(text::LOG_Y).to_owned());
        }
        if view.later_half {
            note.push(app.say(text::LATER_HALF).to_owned());
        }
        // Of lines that are smoothed.
        if view.smoothing > 0.0 {
            note.push(format!("{} {}", app.say(text::SMOOTHING), view.smoothing));
        }
        let lines = lines(chart, run, &self.overlays, app);
        // Where the chart has no room for its legend it takes the place of the note.
        let words = chart::Words {
            placeholder: app.say(text::NO_DATA_YET),
            measured: app.say(text::MEASURED),
            steps: app.say(text::STEP),
        };
        let within = Rect { width: area.width.saturating_sub(2), height: area.height.saturating_sub(2), ..area };
        let legend_above = !chart::has_legend(within, &lines, view);
        // What has no room beside the title stands below the chart.
        let beside =
            (0..=note.len()).rev().find(|count| has_room_beside(&title, &note[..*count].join("  "), area.width));
        let beside = if legend_above { 0 } else { beside.unwrap_or(0) };
        let below = note.split_off(beside);
        let inner = frame(area, &title, &note.join("  "), focused, &app.theme, buffer);
        if legend_above {
            let after = (width(&title) as u16 + 4).min(area.width);
            let room = Rect { x: area.x + after, width: area.width.saturating_sub(after + 2), height: 1, ..area };
            chart::names(room, &lines, view, words, &app.theme, buffer);
        }
        chart::draw(inner, &lines, view, words, &app.theme, buffer);
        let turned = || run.turns.iter().map(|turn| turn.step);
        chart::mark_steps(inner, &lines, view, turned(), &app.theme, buffer);
        // The read-out of the cursor, or what is wrong with the values, in the frame's last row.
        let foot =
            Rect { x: area.x + 2, y: area.bottom().saturating_sub(1), width: area.width.saturating_sub(4), height: 1 };
        let gap = lines.iter().filter_map(|line| line.series.first_gap()).min();
        if let Some(read) = chart::read_out(&lines, view, app.say(text::SMOOTHING)) {
            let end = write(buffer, foot, 0, 0, &format!(" {read} "), app.theme.strong());
            if let Some(step) = chart::step_at_cursor(inner, &lines, view, turned()) {
                let turns = run.turns.iter().filter(|turn| turn.step == step);
                let turns: Vec<String> = turns.map(|turn| format!("{} → {}", turn.knob, turn.value)).collect();
                write(buffer, foot, end, 0, &format!(" {} ", turns.join("  ")), app.theme.accented());
            }
        } else if let Some(step) = gap {
            let said = format!(" {} {} ", app.say(text::GAPS), number(step as f64));
            write(buffer, foot, 0, 0, &said, Style::new().fg(app.theme.bad));
        } else if !below.is_empty() {
            write(buffer, foot, 0, 0, &format!(" {} ", below.join("  ")), app.theme.quiet());
        }
        self.panes[index] = (area, inner);
    }
}

/// Says in the last row of a pane's frame how many panes are out of sight, and the key that leads to them.
fn mark_more(hidden: usize, pane: Rect, app: &AppContext, buffer: &mut Buffer) {
    if hidden == 0 || pane.is_empty() {
        return;
    }
    let more = format!(" {} ", text::filled(app.say(text::MORE_PANES), &[&hidden]));
    let column = pane.width.saturating_sub(width(&more) as u16 + 2);
    write(buffer, pane, column, pane.height - 1, &more, app.theme.quiet());
}

#[cfg(test)]
mod tests;
