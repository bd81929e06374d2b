//! What an answer shows.

use crate::experiment::panel::Place;
use crate::experiment::{Answer, ExperimentError, Panel};
use crate::tui::context::AppContext;
use crate::tui::instruments::said;
use crate::tui::widgets::frame::write_middle;
use crate::tui::widgets::panel::{self, Drawn};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The panels of an answer, or why there are none.
#[derive(Default)]
pub struct Shown {
    pub panels: Vec<Panel>,
    pub failure: Option<ExperimentError>,
    pub asking: bool,
    pub drawn: Vec<(usize, Drawn)>,
    /// The panel that is scrolled to, where not all have room.
    pub from: usize,
}

impl Shown {
    /// Scrolls to what stands in the next row, as long as not all below is in sight, or in the row before.
    pub fn scroll(&mut self, down: bool) {
        let (Some((first, top)), Some((last, bottom))) = (self.drawn.first(), self.drawn.last()) else { return };
        if !down {
            self.from = first.saturating_sub(1);
            return;
        }
        let is_cut = match &self.panels[*last] {
            Panel::HeatMap(map) => bottom.count() < map.values.len(),
            Panel::Pictures { images, .. } => bottom.count() < images.pictures.len(),
            _ => false,
        };
        if last + 1 < self.panels.len() || is_cut {
            let next = self.drawn.iter().find(|(_, drawn)| drawn.area().y > top.area().y);
            self.from = next.map_or(last + 1, |(next, _)| *next).min(self.panels.len() - 1);
        }
    }

    pub fn take(&mut self, answer: &Result<Answer, ExperimentError>) {
        self.asking = false;
        match answer {
            Ok(Answer::Panels { panels }) => (self.panels, self.failure) = (panels.clone(), None),
            Ok(_) => self.failure = Some(ExperimentError::both("an answer without panels", "パネルのない回答です")),
            Err(failure) => (self.panels, self.failure) = (Vec::new(), Some(failure.clone())),
        }
    }

    /// Draws the panels below each other, those that want little room in full, with the picked place of one of them.
    pub fn draw(
        &mut self,
        picked: Option<(usize, &Place)>,
        key: &str,
        area: Rect,
        app: &mut AppContext,
        buffer: &mut Buffer,
    ) {
        self.drawn.clear();
        if self.failure.is_some() || self.panels.is_empty() {
            let message = said(self.failure.as_ref(), app).to_owned();
            if self.failure.is_some() || self.asking {
                let is_refused = self.failure.is_some();
                let style = if is_refused { Style::new().fg(app.theme.warning) } else { app.theme.quiet() };
                write_middle(buffer, area, &message, style);
            }
            return;
        }
        let mut look = panel::Look { theme: &app.theme, language: app.language, pictures: &mut app.pictures };
        self.from = self.from.min(self.panels.len() - 1);
        self.drawn = panel::draw_all(&self.panels, picked, Some(self.from), key, area, &mut look, buffer);
    }
}
