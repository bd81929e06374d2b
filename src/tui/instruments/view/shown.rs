//! What an answer shows.

use crate::experiment::panel::Place;
use crate::experiment::{Answer, ExperimentError, Panel};
use crate::tui::context::AppContext;
use crate::tui::text;
use crate::tui::widgets::frame::write_middle;
use crate::tui::widgets::panel::{self, Drawn};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::time::Instant;

/// The panels of an answer, or why there are none.
#[derive(Default)]
pub struct Shown {
    pub panels: Vec<Panel>,
    pub failure: Option<ExperimentError>,
    /// Since when an answer is waited for.
    pub asking: Option<Instant>,
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
            Panel::Table { rows, .. } => bottom.count() < rows.len(),
            Panel::Bars { bars, .. } => bottom.count() < bars.len(),
            Panel::Pictures { images, .. } => bottom.count() < images.pictures.len(),
            _ => false,
        };
        if last + 1 < self.panels.len() || is_cut {
            let next = self.drawn.iter().find(|(_, drawn)| drawn.area().y > top.area().y);
            self.from = next.map_or(last + 1, |(next, _)| *next).min(self.panels.len() - 1);
        }
    }

    pub fn take(&mut self, answer: &Result<Answer, ExperimentError>) {
        self.asking = None;
        match answer {
            Ok(Answer::Panels { panels }) => (self.panels, self.failure) = (panels.clone(), None),
            Ok(_) => self.failure = Some(ExperimentError::both("an answer without panels", "パネルのない回答です")),
            Err(failure) => (self.panels, self.failure) = (Vec::new(), Some(failure.clone())),
        }
    }

    /// That an answer is waited for: which share of it there is where the model says, else for how many seconds already.
    pub fn progress(&self, key: &str, app: &AppContext) -> Option<String> {
        // A part of the answer may be there already.
        let share = app.questions.share(key).map(|share| format!(" {:.0} %", 100.0 * share));
        let seconds = self.asking.map(|since| since.elapsed().as_secs());
        let spent =
            seconds.filter(|seconds| *seconds > 0).map(|seconds| format!(" {seconds} {}", app.say(text::SECONDS)));
        (share.is_some() || seconds.is_some())
            .then(|| format!("{}{}", app.say(text::ANSWERING), share.or(spent).unwrap_or_default()))
    }

    /// Draws the panels below each other, those that want little room in full, with the picked place of one of them; before there are
    /// any, how far the answer to a question is.
    pub fn draw(
        &mut self,
        picked: Option<(usize, &Place)>,
        key: &str,
        question: &str,
        area: Rect,
        app: &mut AppContext,
        buffer: &mut Buffer,
    ) {
        self.drawn.clear();
        if self.failure.is_some() || self.panels.is_empty() {
            let refused = self.failure.as_ref().map(|failure| failure.in_language(app.language).to_owned());
            let style = if refused.is_some() { Style::new().fg(app.theme.warning) } else { app.theme.quiet() };
            if let Some(message) = refused.or_else(|| self.progress(question, app)) {
                write_middle(buffer, area, &message, style);
            }
            return;
        }
        let mut look = panel::Look { theme: &app.theme, language: app.language, pictures: &mut app.pictures };
        self.from = self.from.min(self.panels.len() - 1);
        self.drawn = panel::draw_all(&self.panels, picked, Some(self.from), key, area, &mut look, buffer);
    }
}
