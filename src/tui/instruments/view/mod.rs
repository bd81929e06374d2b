//! Any view of a model: its inputs above, the panels of its answer below. A place picked in a panel opens another view
//! beside it, or is what an action of the run is applied to.

mod inputs;
mod labels;
mod motion;
mod pages;
mod perform;
mod shown;

use super::drawing_pad::PadDone;
use super::{Instrument, Texts};
use crate::experiment::declaration::{ActionSpec, Experiment};
use crate::experiment::panel::Place;
use crate::experiment::{KnobValue, Knobs, Panel, ViewSpec};
use crate::lab::{InstrumentUse, Lab, Opens};
use crate::run::question::{self, ModelSource};
use crate::tui::context::{AppContext, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::frame::frame;
use crate::tui::widgets::panel;
use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use inputs::Inputs;
use motion::Playing;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Position, Rect};
use shown::Shown;
use std::time::Instant;

/// Columns from which an opened view stands beside the first, not below it.
const SIDE_BY_SIDE: u16 = 70;

/// Columns between a pad, with the line that says how to draw, and what is beside it.
const BESIDE_PAD: u16 = 2;

/// Columns from which a third of them is enough for what is opened.
const WIDE: u16 = 110;

/// What the keys go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Focus {
    Inputs,
    Panel(usize),
}

/// A view that is shown of the place picked in another.
struct Opened {
    spec: &'static ViewSpec,
    input: String,
    inputs: Knobs,
    shown: Shown,
}

impl Opened {
    /// A place of a panel as the value of its input.
    fn value(&self, panel: &Panel, place: &Place) -> Option<KnobValue> {
        let declared = (self.spec.inputs)();
        let input = declared.iter().find(|input| input.name == self.input)?;
        panel.value_at(place, &input.kind)
    }
}

pub struct View {
    /// Distinguishes its questions from those of other instruments.
    key: String,
    spec: &'static ViewSpec,
    actions: &'static [ActionSpec],
    inputs: Inputs,
    focus: Focus,
    shown: Shown,
    cursor: Option<Place>,
    opened: Option<Opened>,
    /// Inputs that the student turned and has not seen the answer of.
    turned: Vec<String>,
    seen: Vec<(String, String)>,
    sent: Vec<&'static str>,
    reached: Vec<&'static str>,
    /// Whether there was an answer to draw before.
    shown_before: bool,
    /// The run whose model was asked last; none is the lab's own model.
    asked_of: Option<String>,
    /// The model that was asked last, for what is opened to be of the same moment of a run.
    model: Option<ModelSource>,
    playing: Playing,
    /// The moment of figures that move.
    moment: usize,
}

impl View {
    /// The view that a lab names, as the instrument of this number.
    pub fn new(number: usize, use_: &InstrumentUse, experiment: &'static Experiment) -> Option<Self> {
        let spec = experiment.view(use_.view.as_deref()?).ok()?;
        let inputs = Inputs::new(spec, use_);
        let opened = use_.opens.as_ref().and_then(|Opens { view, input }| {
            let spec = experiment.view(view).ok()?;
            let inputs = Knobs::defaults(&(spec.inputs)());
            Some(Opened { spec, input: input.clone(), inputs, shown: Shown::default() })
        });
        let focus = if inputs.is_empty() || opened.is_some() { Focus::Panel(0) } else { Focus::Inputs };
        Some(View {
            key: format!("view/{number}"),
            spec,
            actions: experiment.actions,
            inputs,
            focus,
            shown: Shown::default(),
            cursor: None,
            opened,
            turned: Vec::new(),
            seen: Vec::new(),
            sent: Vec::new(),
            reached: Vec::new(),
            shown_before: false,
            asked_of: None,
            model: None,
            playing: Playing::No,
            moment: 0,
        })
    }

    fn opened_key(&self) -> String {
        format!("{}/opened", self.key)
    }

    /// Asks with the inputs as they are now, for the person, who waits for the answer.
    fn ask(&mut self, lab: &Lab, app: &mut AppContext) {
        self.ask_when(true, lab, app);
    }

    /// Asks, before what waits to be answered or after it.
    fn ask_when(&mut self, first: bool, lab: &Lab, app: &mut AppContext) {
        if !self.inputs.is_ready() {
            self.shown = Shown::default();
            return;
        }
        // What cannot be answered waits for no answer before it.
        if let Err(failure) = self.spec.completed(self.inputs.values()) {
            app.questions.call_off(&self.key);
            self.shown.take(&Err(failure));
            return;
        }
        // What another model answered is not shown as this one's.
        let asked_of = app.answering_run(&lab.id).map(|run| run.id.clone());
        if self.asked_of != asked_of {
            self.asked_of = asked_of;
            self.shown = self.shown.emptied();
            if let Some(opened) = &mut self.opened {
                opened.shown = Shown::default();
            }
        }
        self.shown.asking = Some(Instant::now());
        let model = question::of_one_moment(app.model(lab));
        self.model = Some(ModelSource::clone(&model));
        app.ask_view_of(model, lab, &self.key, self.spec, self.inputs.values().clone(), first);
    }

    /// An input was turned by the student.
    fn turned(&mut self, input: Option<&'static str>, lab: &Lab, app: &mut AppContext) {
        if let Some(input) = input {
            self.turned.push(input.to_owned());
            self.ask(lab, app);
        }
    }

    /// Whether picking a place in a panel does something. Of a board, and of a table or pictures that have room, all is seen without.
    fn can_be_picked(&self, panel: &Panel) -> bool {
        // Where something moves it keeps the cursor.
        if self.motion().is_some() && !matches!(panel, Panel::Poses(_)) {
            return false;
        }
        let all_is_seen = match panel {
            Panel::Table { rows, .. } => !self.is_cut(panel, rows.len()),
            Panel::Pictures { .. } => !self.leads_pictures(panel),
            panel => matches!(panel, Panel::Board { .. }),
        };
        (!all_is_seen || self.opened.is_some()) && panel::moved(panel, None, (0, 0)).is_some()
    }

    /// The panel that a place is picked in.
    fn picked_panel(&self) -> Option<&Panel> {
        match self.focus {
            Focus::Panel(index) => self.shown.panels.get(index),
            Focus::Inputs => self.shown.panels.get(self.first_picked()?),
        }
    }

    /// The first panel that a place is picked in: one that opens the other view, where there is one.
    fn first_picked(&self) -> Option<usize> {
        let opens = |panel: &Panel| {
            let place = panel::moved(panel, None, (0, 0));
            place.is_some_and(|place| self.opened.as_ref().is_none_or(|opened| opened.value(panel, &place).is_some()))
        };
        self.shown.panels.iter().position(|panel| self.can_be_picked(panel) && opens(panel))
    }

    /// Shows the other view of the place under the cursor. Inputs that both views have are the same for both.
    fn open(&mut self, lab: &Lab, app: &mut AppContext) {
        let key = self.opened_key();
        let Some(panel) = self.picked_panel().cloned() else { return };
        let Some(place) = &self.cursor else { return };
        let Some(opened) = &mut self.opened else { return };
        if let Some(value) = opened.value(&panel, place) {
            for (name, own) in &mut opened.inputs.0 {
                if let Some(shared) = self.inputs.values().0.get(name) {
                    *own = shared.clone();
                }
            }
            opened.inputs.0.insert(opened.input.clone(), value);
            opened.shown.asking = Some(Instant::now());
            let model = self.model.clone().unwrap_or_else(|| app.model(lab));
            app.ask_view_of(model, lab, &key, opened.spec, opened.inputs.clone(), true);
        }
    }

    fn move_cursor(&mut self, by: (i32, i32), lab: &Lab, app: &mut AppContext) {
        let Some(panel) = self.picked_panel() else { return };
        // By hand figures go on from the moment that they have come to.
        let moment = matches!(panel, Panel::Poses(_)).then_some(Place::Item(self.moment));
        if let Some(place) = panel::moved(panel, moment.as_ref().or(self.cursor.as_ref()), by) {
            self.pick(place, lab, app);
        }
    }

    fn pick(&mut self, place: Place, lab: &Lab, app: &mut AppContext) {
        if let (Some(Panel::Poses(_)), Place::Item(moment)) = (self.picked_panel(), &place) {
            (self.moment, self.playing) = (*moment, Playing::No);
        }
        self.cursor = Some(place);
        self.reached.push("place_picked");
        self.open(lab, app);
    }
}

impl Instrument for View {
    fn contexts(&self) -> Vec<Context> {
        if self.is_refused() {
            return Vec::new();
        }
        if self.in_number() {
            return vec![Context::ViewNumber];
        }
        let mut contexts = match self.focus {
            Focus::Inputs if self.inputs.pad.is_some() => vec![Context::DrawingPad, Context::ViewInputs],
            Focus::Inputs if self.inputs.in_text() => vec![Context::ViewText, Context::ViewInputs],
            Focus::Inputs if self.inputs.is_number() => {
                vec![Context::ViewArrows, Context::ViewDigits, Context::ViewInputs]
            }
            Focus::Inputs => vec![Context::ViewArrows, Context::ViewInputs],
            Focus::Panel(_) => vec![Context::ViewPanel, Context::ViewInputs],
        };
        if self.inputs.has_seed() {
            contexts.push(Context::ViewSeed);
        }
        if self.cut_list().is_some() {
            contexts.insert(0, Context::ViewList);
        }
        if self.motion().is_some() && !self.in_text() {
            contexts.insert(0, Context::ViewMotion);
        }
        if self.shown.panels.iter().any(|panel| self.has_what_is_acted_on(panel)) {
            contexts.insert(0, Context::ExploreActions(self.actions));
            contexts.insert(1, Context::ExploreLive);
        }
        contexts
    }

    fn refresh(&mut self, lab: &Lab, app: &mut AppContext) {
        // What a picked place opens follows the answer.
        self.ask_when(false, lab, app);
    }

    fn shows_model(&self) -> bool {
        (self.spec.is_of_model)(self.inputs.values())
    }

    fn next_part(&mut self, forward: bool) -> bool {
        let mut stops: Vec<Focus> = if self.inputs.is_empty() { vec![] } else { vec![Focus::Inputs] };
        let panels = self.shown.panels.iter().enumerate().filter(|(_, panel)| self.can_be_picked(panel));
        stops.extend(panels.map(|(index, _)| Focus::Panel(index)));
        let at = stops.iter().position(|stop| *stop == self.focus);
        let next = match (at, forward) {
            (Some(at), true) => stops.get(at + 1),
            (Some(at), false) => at.checked_sub(1).and_then(|before| stops.get(before)),
            // Of what had the keys all is in sight now.
            (None, true) => stops
                .iter()
                .find(|stop| matches!((stop, self.focus), (Focus::Panel(stop), Focus::Panel(own)) if *stop > own)),
            (None, false) => None,
        };
        if let Some(next) = next {
            self.focus = *next;
        }
        next.is_some()
    }

    fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        if self.is_refused() {
            return false;
        }
        if self.in_number() && !self.ends_number(action, lab, app) {
            return true;
        }
        if self.focus == Focus::Inputs
            && let Some((_, pad)) = &mut self.inputs.pad
        {
            match pad.handle_action(action) {
                PadDone::Drawn => {
                    self.turned.extend(self.inputs.take_drawing());
                    self.ask(lab, app);
                    return true;
                }
                PadDone::Moved => return true,
                PadDone::NotMine => {}
            }
        }
        let in_panel = matches!(self.focus, Focus::Panel(_));
        match action {
            Action::Perform(name) => self.perform(name, lab, app),
            Action::TypeNumber if !in_panel => self.inputs.begin_number(),
            Action::Pause => match app.run_of(&lab.id).filter(|run| run.is_live()) {
                Some(run) => run.toggle_pause(),
                None => app.notify(app.say(text::ACTION_NO_RUN).to_owned()),
            },
            Action::Left if in_panel => self.move_cursor((-1, 0), lab, app),
            Action::Right if in_panel => self.move_cursor((1, 0), lab, app),
            Action::Up if in_panel => self.move_cursor((0, -1), lab, app),
            Action::Down if in_panel => self.move_cursor((0, 1), lab, app),
            Action::Confirm if self.motion().is_some() && !self.in_text() => {
                if let Some((_, moments)) = self.motion() {
                    self.play(moments);
                }
            }
            Action::Confirm if in_panel => self.open(lab, app),
            Action::Up | Action::Down => self.inputs.choose(action == Action::Down),
            Action::KnobPrevious | Action::KnobNext => {
                self.inputs.choose(action == Action::KnobNext);
                // What is chosen takes digits; a text would take all keys.
                if !self.inputs.in_text() {
                    self.focus = Focus::Inputs;
                }
            }
            Action::Left | Action::Right if self.inputs.in_text() => {
                self.inputs.move_in_text(action == Action::Right);
            }
            Action::Left | Action::KnobDown => {
                let turned = self.inputs.turn(false);
                self.turned(turned, lab, app);
            }
            Action::Right | Action::KnobUp => {
                let turned = self.inputs.turn(true);
                self.turned(turned, lab, app);
            }
            Action::Home | Action::End if in_panel && self.picks_of_list() => {
                let by = if action == Action::End { i32::MAX } else { i32::MIN };
                self.move_cursor((0, by), lab, app);
            }
            // To an end of the input that has the keys; where it has none, of a gallery.
            Action::Home | Action::End => {
                let turned = if in_panel { None } else { self.inputs.turn_to_end(action == Action::End) };
                if turned.is_none() && self.shown.is_cut_gallery() {
                    self.shown.scroll_to_end(action == Action::End);
                } else {
                    self.turned(turned, lab, app);
                }
            }
            Action::RandomCode => {
                let turned = self.inputs.next_example();
                self.turned(turned, lab, app);
            }
            Action::PageDown | Action::PageUp => self.page(action == Action::PageDown, lab, app),
            Action::Confirm => match self.inputs.take_text() {
                Some(Ok(name)) => self.turned(Some(name), lab, app),
                Some(Err(message)) => app.notify(message.in_language(app.language)),
                None => self.ask(lab, app),
            },
            _ => return false,
        }
        true
    }

    fn in_text(&self) -> bool {
        self.in_number() || self.focus == Focus::Inputs && self.inputs.pad.is_none() && self.inputs.in_text()
    }

    fn typed(&mut self, key: &KeyEvent, _lab: &Lab, _app: &mut AppContext) {
        if self.focus == Focus::Inputs && self.inputs.type_number(key) {
            self.shown.failure = None;
            return;
        }
        // Letters that are no keys of a panel begin a text, where there is an input for one.
        if !self.in_text() {
            if self.inputs.pad.is_some() || !matches!(key.code, KeyCode::Char(_)) || !self.inputs.choose_text() {
                return;
            }
            self.focus = Focus::Inputs;
        }
        // What was refused is not what stands there any more.
        self.shown.failure = None;
        self.inputs.typed(key);
    }

    fn pasted(&mut self, pasted: &str) {
        if self.in_text() {
            self.inputs.pasted(pasted);
        }
    }

    fn given_texts(&self) -> Texts {
        // What is refused here would be there.
        if self.shown.failure.is_some() { Texts::new() } else { self.inputs.given_texts() }
    }

    fn take_texts(&mut self, texts: &Texts, lab: &Lab, app: &mut AppContext) {
        if self.inputs.take_texts(texts) {
            self.ask(lab, app);
        }
    }

    fn inputs(&self) -> Option<Knobs> {
        Some(self.inputs.kept())
    }

    fn take_inputs(&mut self, inputs: &Knobs) {
        self.inputs.take(inputs);
    }

    fn mouse(&mut self, event: MouseEvent, lab: &Lab, app: &mut AppContext) {
        if let Some((_, pad)) = &mut self.inputs.pad {
            match pad.mouse(event) {
                PadDone::Drawn => {
                    self.focus = Focus::Inputs;
                    self.turned.extend(self.inputs.take_drawing());
                    return self.ask(lab, app);
                }
                PadDone::Moved => return,
                PadDone::NotMine => {}
            }
        }
        let position = Position::new(event.column, event.row);
        match event.kind {
            MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                let up = event.kind == MouseEventKind::ScrollUp;
                return match self.inputs.wheel(position, up) {
                    Some(turned) => self.turned(turned, lab, app),
                    None => self.shown_at(position).scroll(!up),
                };
            }
            MouseEventKind::Down(MouseButton::Left) => {}
            _ => return,
        }
        if let Some(turned) = self.inputs.click(position) {
            self.focus = Focus::Inputs;
            return self.turned(turned, lab, app);
        }
        let places = self.shown.drawn.iter();
        let found = places.filter_map(|(index, drawn)| Some((*index, drawn.place_at(event.column, event.row)?))).next();
        if let Some((index, place)) = found {
            self.focus = Focus::Panel(index);
            self.pick(place, lab, app);
        }
    }

    fn answered(&mut self, (key, answer): &Reply, lab: &Lab, app: &mut AppContext) -> bool {
        if *key == self.opened_key() {
            if let Some(opened) = &mut self.opened {
                opened.shown.take(answer);
            }
            return true;
        }
        if *key != self.key {
            return false;
        }
        self.shown.take(answer);
        self.shown.is_models = answer.is_err();
        if self.motion().is_some() {
            (self.moment, self.playing) = (0, Playing::Slowly);
        }
        if self.shown.failure.is_none() && !self.turned.is_empty() {
            if self.inputs.has_strokes() {
                self.reached.extend(self.turned.iter().filter_map(|input| match input.as_str() {
                    "picture" => Some("drawing_shown"),
                    // Another example is none of the drawing.
                    "seed" => None,
                    _ => Some("drawing_compared"),
                }));
            }
            self.seen.extend(self.turned.drain(..).map(|input| self.inputs.with_value(input)));
        }
        if let Focus::Panel(index) = self.focus
            && !self.shown.panels.get(index).is_some_and(|panel| self.can_be_picked(panel))
        {
            self.focus = Focus::Panel(self.first_picked().unwrap_or(0));
        }
        // Keys go to what one acts on, until the student gives them to the inputs, or types before there is anything to act on.
        if !std::mem::replace(&mut self.shown_before, self.shown.failure.is_none())
            && self.inputs.typed_text().is_none()
            && let Some(first) = self.first_picked()
            && (self.opened.is_some() || self.has_what_is_acted_on(&self.shown.panels[first]))
        {
            self.focus = Focus::Panel(first);
        }
        // What the place under the cursor opens: a first look at it, or the answer to other inputs.
        if self.opened.is_some() || self.cursor.is_none() && matches!(self.focus, Focus::Panel(_)) {
            let picked = self.picked_panel();
            self.cursor = picked.and_then(|panel| panel::moved(panel, self.cursor.as_ref(), (0, 0)));
            self.open(lab, app);
        }
        true
    }

    fn tick(&mut self, _lab: &Lab, _app: &mut AppContext) -> bool {
        let (Some((_, moments)), Playing::Slowly | Playing::InTime) = (self.motion(), self.playing) else {
            // The clock of a slow answer goes on.
            return self.shown.asking.is_some();
        };
        self.moment = (self.moment + if self.playing == Playing::Slowly { 1 } else { 3 }).min(moments - 1);
        if self.moment + 1 == moments {
            self.playing = Playing::No;
        }
        self.playing != Playing::No
    }

    fn panels(&self) -> Option<&[Panel]> {
        Some(&self.shown.panels)
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, app: &mut AppContext, buffer: &mut Buffer) {
        // What is being answered, and how far it is.
        let asked = || self.inputs.asked_text().map(|asked| format!("{asked}  ")).unwrap_or_default();
        let progress = self.shown.progress(&self.key, app);
        let note = progress.map(|progress| format!("{}{progress}", asked())).unwrap_or_default();
        let inner = frame(area, title, &note, focused, &app.theme, buffer);
        self.inputs.speak(app.language);
        let at_inputs = focused && self.focus == Focus::Inputs;
        let rows = if self.is_refused() { 0 } else { self.inputs.rows(inner.width).min(inner.height / 2) };
        let [head, mut body] = Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]).areas(inner);
        self.inputs.draw(head, at_inputs, app, buffer);
        let key = self.key.clone();
        if let Some((_, pad)) = &mut self.inputs.pad {
            let side = (body.height * 2).min(body.width / 2);
            let [left, right] =
                Layout::horizontal([Constraint::Length(side), Constraint::Fill(1)]).spacing(BESIDE_PAD).areas(body);
            pad.draw(left, at_inputs, &format!("{key}/pad"), app, buffer);
            body = right.inner(Margin::new(1, 0));
        }
        let cursor = self.cursor.clone();
        let focus = if focused { self.focus } else { Focus::Inputs };
        if let Some(opened) = &mut self.opened {
            let [first, second] = if body.width >= SIDE_BY_SIDE {
                // A map that is seen whole in less leaves the rest to what is opened beside it.
                let share = body.width * 2 / 3;
                let needed = self.shown.panels.iter().filter_map(panel::map_columns).max();
                let columns = needed.map_or(share, |needed| needed.clamp(body.width / 2, share));
                let columns = if body.width < WIDE { columns } else { share };
                Layout::horizontal([Constraint::Length(columns), Constraint::Fill(1)]).spacing(1).areas(body)
            } else {
                Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(body)
            };
            let opened_key = format!("{key}/opened");
            opened.shown.draw(None, &opened_key, &opened_key, second, app, buffer);
            body = first;
        }
        // What moves shows its moment, wherever the keys go.
        let moment = Place::Item(self.moment);
        let cursor = match self.motion() {
            Some((index, _)) if !matches!(focus, Focus::Panel(other) if other != index) => {
                Some((&moment, Focus::Panel(index)))
            }
            _ => cursor.as_ref().map(|place| (place, focus)),
        };
        let picked = cursor.and_then(|(place, focus)| match focus {
            Focus::Panel(index) => Some((index, place)),
            Focus::Inputs => None,
        });
        self.shown.draw(picked, &key, &key, body, app, buffer);
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }

    fn inputs_turned(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.seen)
    }

    fn actions_sent(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.sent)
    }
}
