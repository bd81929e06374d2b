//! A map of words; of the word chosen in it, the likeliest contexts as bars.

use super::{Instrument, said};
use crate::experiment::talk::Entry;
use crate::experiment::{Answer, Command, Failure, Query, Scene};
use crate::lab::Lab;
use crate::tui::desk::{Desk, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write, write_middle};
use crate::tui::widgets::scene::{self, Frame};
use crate::tui::width::width;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};

/// Contexts asked for: as many as a tall window shows.
const CONTEXTS: usize = 60;

const MAP: &str = "words/map";
const CONTEXT: &str = "words/context";

#[derive(Default)]
pub struct WordMap {
    scene: Option<Scene>,
    frame: Option<Frame>,
    chosen: Option<String>,
    contexts: Option<(String, Vec<Entry>)>,
    failure: Option<Failure>,
    reached: Vec<&'static str>,
}

impl WordMap {
    fn ask_contexts(&self, lab: &Lab, desk: &mut Desk) {
        if let Some(word) = &self.chosen {
            desk.ask(lab, CONTEXT, Query::Context { word: word.clone(), count: CONTEXTS });
        }
    }

    fn choose(&mut self, word: String, lab: &Lab, desk: &mut Desk) {
        self.chosen = Some(word);
        self.reached.push("word_chosen");
        self.ask_contexts(lab, desk);
    }

    /// Where the chosen word stands, as shares of the view.
    fn place(&self, at: [f32; 2]) -> [f32; 2] {
        let Some(scene) = &self.scene else { return [0.0; 2] };
        [0, 1].map(|axis| (at[axis] - scene.low[axis]) / (scene.high[axis] - scene.low[axis]).max(1e-9))
    }

    /// The word that stands next in a direction.
    fn step(&mut self, across: f32, up: f32, lab: &Lab, desk: &mut Desk) {
        let Some(scene) = &self.scene else { return };
        let own = self.chosen.as_ref().and_then(|word| scene.labels.iter().find(|label| label.text == *word));
        let from = own.map_or([0.5, 0.5], |label| self.place(label.at));
        let cost = |at: [f32; 2]| {
            let [x, y] = self.place(at);
            let (along, beside) =
                ((x - from[0]) * across + (y - from[1]) * up, (x - from[0]) * up + (y - from[1]) * across);
            (along > 1e-4).then(|| along + 2.0 * beside.abs())
        };
        let others = scene.labels.iter().filter_map(|label| Some((cost(label.at)?, label)));
        let next = others.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, label)| label.text.clone());
        if let Some(word) = next {
            self.choose(word, lab, desk);
        }
    }

    /// Beside the neighbours that the run tells on the Train tab.
    fn pin(&mut self, lab: &Lab, desk: &mut Desk) {
        let Some(word) = &self.chosen else { return };
        match desk.run_of(&lab.id).filter(|run| run.is_live()) {
            Some(run) => {
                run.send(Command::Act { action: "pin".to_owned(), argument: word.clone() });
                self.reached.push("word_pinned");
                let said = format!("{}: {word}", desk.say(text::WORDS_PINNED));
                desk.notify(said);
            }
            None => {
                let said = desk.say(text::WORDS_NO_RUN);
                desk.notify(said);
            }
        }
    }

    fn draw_contexts(&self, area: Rect, desk: &Desk, buffer: &mut Buffer) {
        let title = match &self.contexts {
            Some((word, _)) => format!("P({} | {word})", desk.say(text::WORDS_CONTEXT)),
            None => desk.say(text::WORDS_CONTEXT).to_owned(),
        };
        let inner = frame(area, &title, "", false, &desk.theme, buffer);
        let Some((_, entries)) = &self.contexts else { return };
        let entries: Vec<&Entry> = entries.iter().take(usize::from(inner.height)).collect();
        let widest = entries.iter().map(|entry| width(&entry.word)).max().unwrap_or(0).min(16);
        let most = entries.first().map_or(1.0, |entry| entry.value).max(1e-9);
        let room = usize::from(inner.width).saturating_sub(widest + 12);
        for (row, entry) in entries.into_iter().enumerate() {
            write(buffer, inner, 1, row as u16, &entry.word, desk.theme.body());
            let column = widest as u16 + 2;
            let end = write(
                buffer,
                inner,
                column,
                row as u16,
                &format!("{:6.2} % ", 100.0 * entry.value),
                desk.theme.quiet(),
            );
            let cells = (room as f32 * entry.value / most).round() as usize;
            write(buffer, inner, end, row as u16, &"▅".repeat(cells.min(room)), Style::new().fg(desk.theme.series[0]));
        }
    }
}

impl Instrument for WordMap {
    fn contexts(&self) -> &'static [Context] {
        &[Context::WordMap]
    }

    fn refresh(&mut self, lab: &Lab, desk: &mut Desk) {
        desk.ask(lab, MAP, Query::Plane { seed: 0, at: 1.0 });
        self.ask_contexts(lab, desk);
    }

    fn act(&mut self, action: Action, lab: &Lab, desk: &mut Desk) -> bool {
        match action {
            Action::Left => self.step(-1.0, 0.0, lab, desk),
            Action::Right => self.step(1.0, 0.0, lab, desk),
            Action::Up => self.step(0.0, 1.0, lab, desk),
            Action::Down => self.step(0.0, -1.0, lab, desk),
            Action::PinStart | Action::Confirm => self.pin(lab, desk),
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, event: MouseEvent, lab: &Lab, desk: &mut Desk) {
        let MouseEventKind::Down(MouseButton::Left) = event.kind else { return };
        let (Some(scene), Some(frame)) = (&self.scene, self.frame) else { return };
        // The word or the point under the mouse, else the nearest: a word stands to the right of its point, most often.
        let far = |label: &crate::experiment::scene::Label| {
            let (x, y) = frame.cell(label.at)?;
            let (dx, dy) = (f32::from(event.column) - f32::from(x), f32::from(event.row) - f32::from(y));
            let within = (-0.5..=width(&label.text) as f32 + 2.0).contains(&dx);
            Some(if within { 0.1 * dx.abs() } else { dx.abs() } + 2.0 * dy.abs())
        };
        let labels = scene.labels.iter().filter_map(|label| Some((far(label)?, label)));
        let nearest = labels.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, label)| label.text.clone());
        if frame.area.contains((event.column, event.row).into())
            && let Some(word) = nearest
        {
            self.choose(word, lab, desk);
        }
    }

    fn answered(&mut self, (key, answer): &Reply, lab: &Lab, desk: &mut Desk) -> bool {
        match (key.as_str(), answer) {
            (MAP, Ok(Answer::Scene { scene })) => {
                self.failure = None;
                if self.chosen.is_none() {
                    self.chosen = scene.labels.first().map(|label| label.text.clone());
                    self.ask_contexts(lab, desk);
                }
                self.scene = Some(scene.clone());
            }
            (MAP, Err(failure)) => self.failure = Some(failure.clone()),
            (CONTEXT, Ok(Answer::Context { word, entries })) => self.contexts = Some((word.clone(), entries.clone())),
            (CONTEXT, Err(_)) => self.contexts = None,
            (MAP | CONTEXT, _) => {}
            _ => return false,
        }
        true
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, desk: &mut Desk, buffer: &mut Buffer) {
        let side = (area.width / 3).clamp(24, 44);
        let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(side)]).areas(area);
        self.draw_contexts(right, desk, buffer);
        let inner = frame(left, title, desk.say(text::WORDS_HOW), focused, &desk.theme, buffer);
        let Some(scene) = &self.scene else {
            write_middle(buffer, inner, said(self.failure.as_ref(), desk), desk.theme.quiet());
            return;
        };
        // The chosen word is written first, so that it always has its place.
        let mut scene = scene.clone();
        if let Some(place) = scene.labels.iter().position(|label| Some(&label.text) == self.chosen.as_ref()) {
            let label = scene.labels.remove(place);
            scene.labels.insert(0, label);
        }
        let frame = scene::draw(&scene, inner, &desk.theme, buffer);
        self.frame = Some(frame);
        let chosen = scene.labels.first().filter(|label| Some(&label.text) == self.chosen.as_ref());
        if let Some(cell) = chosen.and_then(|label| frame.cell(label.at)) {
            buffer[cell].set_char('◆').set_style(desk.theme.accented().add_modifier(Modifier::BOLD));
        }
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }
}
