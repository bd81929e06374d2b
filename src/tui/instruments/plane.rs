//! The plane as a model sees it: shading, data, what is made, and a cursor that places points.

use super::{Instrument, said};
use crate::experiment::{Answer, Command, Failure, KnobValue, Query, Scene};
use crate::lab::Lab;
use crate::tui::desk::{Desk, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write, write_middle};
use crate::tui::widgets::scene::{self, Frame};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;

/// Stops of the slider through time.
const STOPS: u32 = 20;
const STEP: f32 = 0.1;

#[derive(Default)]
pub struct Plane {
    /// Whether there is a time to go through.
    slides: bool,
    scene: Option<Scene>,
    frame: Option<Frame>,
    cursor: [f32; 2],
    seed: u64,
    /// 0 is pure noise, [`STOPS`] the sample.
    at: Option<u32>,
    failure: Option<Failure>,
    reached: Vec<&'static str>,
}

impl Plane {
    pub fn new(slides: bool) -> Self {
        Plane { slides, ..Plane::default() }
    }

    fn at(&self) -> u32 {
        self.at.unwrap_or(STOPS)
    }

    /// Whether the lab's run takes points.
    fn takes_points(lab: &Lab, desk: &Desk) -> bool {
        let drawn = |value: &KnobValue| matches!(value, KnobValue::Choice(data) if data == "drawn");
        desk.run_of(&lab.id).is_some_and(|run| run.is_live() && run.knobs.0.get("data").is_some_and(drawn))
    }

    fn place(&mut self, lab: &Lab, desk: &mut Desk) {
        if !Self::takes_points(lab, desk) {
            let said = desk.say(text::PLANE_NO_RUN);
            desk.notify(said);
            return;
        }
        let [x, y] = self.cursor;
        self.send(lab, desk, "place", format!("{x:.3} {y:.3}"));
        self.reached.push("plane_points");
    }

    fn send(&self, lab: &Lab, desk: &Desk, action: &str, argument: String) {
        if let Some(run) = desk.run_of(&lab.id) {
            run.send(Command::Act { action: action.to_owned(), argument });
        }
    }

    fn slide(&mut self, to: u32, lab: &Lab, desk: &mut Desk) {
        self.at = Some(to.min(STOPS));
        self.reached.push("plane_scrubbed");
        self.refresh(lab, desk);
    }

    fn move_by(&mut self, by: [f32; 2]) {
        let Some(scene) = &self.scene else { return };
        let limits = scene.low.iter().zip(&scene.high);
        for ((place, by), (low, high)) in self.cursor.iter_mut().zip(by).zip(limits) {
            *place = (*place + by).clamp(*low, *high);
        }
    }
}

impl Instrument for Plane {
    fn contexts(&self) -> &'static [Context] {
        match (&self.failure, self.slides) {
            (Some(_), _) => &[Context::Plane],
            (None, true) => &[Context::PlaneTime, Context::PlanePoints, Context::Plane],
            (None, false) => &[Context::PlanePoints, Context::Plane],
        }
    }

    fn refresh(&mut self, lab: &Lab, desk: &mut Desk) {
        desk.ask(lab, "plane/scene", Query::Plane { seed: self.seed, at: self.at() as f32 / STOPS as f32 });
    }

    fn act(&mut self, action: Action, lab: &Lab, desk: &mut Desk) -> bool {
        let placing = Self::takes_points(lab, desk);
        match action {
            Action::Left if placing => self.move_by([-STEP, 0.0]),
            Action::Right if placing => self.move_by([STEP, 0.0]),
            Action::Up => self.move_by([0.0, STEP]),
            Action::Down => self.move_by([0.0, -STEP]),
            Action::Left | Action::SlideDown if self.slides => self.slide(self.at().saturating_sub(1), lab, desk),
            Action::Right | Action::SlideUp if self.slides => self.slide(self.at() + 1, lab, desk),
            Action::Home if self.slides => self.slide(0, lab, desk),
            Action::End if self.slides => self.slide(STOPS, lab, desk),
            Action::PlacePoint | Action::Confirm => self.place(lab, desk),
            Action::Clear if placing => self.send(lab, desk, "clear", String::new()),
            Action::RandomCode => {
                self.seed += 1;
                self.refresh(lab, desk);
            }
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, event: MouseEvent, lab: &Lab, desk: &mut Desk) {
        let Some(point) = self.frame.and_then(|frame| frame.point(event.column, event.row)) else { return };
        if let MouseEventKind::Down(MouseButton::Left) = event.kind {
            self.cursor = point;
            if Self::takes_points(lab, desk) {
                self.place(lab, desk);
            }
        }
    }

    fn answered(&mut self, (key, answer): &Reply, _lab: &Lab, _desk: &mut Desk) -> bool {
        if key != "plane/scene" {
            return false;
        }
        match answer {
            Ok(Answer::Scene { scene }) => (self.scene, self.failure) = (Some(scene.clone()), None),
            Ok(_) => {}
            Err(failure) => (self.scene, self.failure) = (None, Some(failure.clone())),
        }
        true
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, desk: &mut Desk, buffer: &mut Buffer) {
        let note = format!("{} {}", desk.say(text::DRAW_NUMBER), self.seed);
        let inner = frame(area, title, &note, focused, &desk.theme, buffer);
        let [body, foot] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(inner);
        let Some(scene) = &self.scene else {
            write_middle(buffer, body, said(self.failure.as_ref(), desk), desk.theme.quiet());
            return;
        };
        let frame = scene::draw(scene, body, &desk.theme, buffer);
        self.frame = Some(frame);
        if focused && let Some(cell) = frame.cell(self.cursor) {
            let style = desk.theme.accented().add_modifier(Modifier::BOLD | Modifier::REVERSED);
            buffer[cell].set_char('+').set_style(style);
        }
        let legend = desk.say(text::PLANE_LEGEND);
        let column = write(buffer, foot, 1, 0, legend, desk.theme.quiet());
        // The two marks in the colours of their clouds.
        let marks = (0..foot.width).filter(|x| buffer[(foot.x + x, foot.y)].symbol() == "●").collect::<Vec<_>>();
        for (mark, color) in marks.into_iter().zip([desk.theme.series[2], desk.theme.series[1]]) {
            buffer[(foot.x + mark, foot.y)].set_fg(color);
        }
        write(buffer, foot, column + 2, 0, desk.say(text::PLANE_HOW), desk.theme.quiet());
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }
}
