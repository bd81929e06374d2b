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
use std::ops::Range;
use std::time::Instant;

/// The panels of an answer, or why there are none.
#[derive(Default)]
pub struct Shown {
    pub panels: Vec<Panel>,
    pub failure: Option<ExperimentError>,
    /// Whether the model refused, not what was asked by itself.
    pub is_models: bool,
    /// Since when an answer is waited for.
    pub asking: Option<Instant>,
    pub drawn: Vec<(usize, Drawn)>,
    /// The panel that is scrolled to, where not all have room.
    pub from: usize,
    /// Whether the last of them is scrolled to, once it is known what has room.
    goes_to_end: bool,
    /// Where the panels were drawn last.
    pub area: Rect,
}

impl Shown {
    /// Nothing yet, scrolled as before.
    pub fn emptied(&self) -> Self {
        Shown { from: self.from, ..Shown::default() }
    }

    /// The panels that each row begins with, and which of the rows are in sight.
    fn rows(&self) -> Option<(Vec<usize>, Range<usize>)> {
        let ((first, _), (last, _)) = (self.drawn.first()?, self.drawn.last()?);
        let bands = panel::bands(&self.panels, self.area.width);
        let row = |panel: &usize| bands.iter().position(|band| band.contains(panel));
        let seen = row(first)?..row(last)? + 1;
        Some((bands.iter().map(|band| band.start).collect(), seen))
    }

    /// Whether what is in sight last is shown in part.
    fn is_cut(&self) -> bool {
        let Some((last, bottom)) = self.drawn.last() else { return false };
        match &self.panels[*last] {
            Panel::HeatMap(map) => bottom.count() < map.values.len(),
            Panel::Table { rows, .. } => bottom.count() < rows.len(),
            Panel::Bars { bars, .. } => bottom.count() < bars.len(),
            Panel::Pictures { images, .. } => bottom.count() < images.pictures.len(),
            _ => false,
        }
    }

    /// Whether these are pictures of which rows are out of sight.
    pub fn is_cut_gallery(&self) -> bool {
        let has_pictures = self.panels.iter().any(|panel| matches!(panel, Panel::Pictures { .. }));
        has_pictures && self.rows().is_some_and(|(rows, seen)| seen != (0..rows.len()))
    }

    /// Scrolls some rows down, as long as not all below is in sight, or up.
    fn scroll_by(&mut self, count: usize, down: bool) {
        let Some((rows, seen)) = self.rows() else { return };
        if !down {
            self.from = rows[seen.start.saturating_sub(count)];
        } else if seen.end < rows.len() || self.is_cut() {
            self.from = rows[(seen.start + count).min(rows.len() - 1)];
        }
    }

    /// Scrolls to what stands in the next row or the row before.
    pub fn scroll(&mut self, down: bool) {
        self.scroll_by(1, down);
    }

    /// Scrolls a page: the last row in sight becomes the first, or the first the last.
    pub fn page(&mut self, down: bool) {
        let seen = self.rows().map_or(1, |(_, seen)| seen.len());
        self.scroll_by(seen.saturating_sub(1).max(1), down);
    }

    /// Scrolls to the first row or the last.
    pub fn scroll_to_end(&mut self, last: bool) {
        (self.from, self.goes_to_end) = (0, last);
    }

    pub fn take(&mut self, answer: &Result<Answer, ExperimentError>) {
        (self.asking, self.is_models) = (None, false);
        match answer {
            Ok(Answer::Panels { panels }) => (self.panels, self.failure) = (panels.clone(), None),
            Ok(_) => self.failure = Some(ExperimentError::both("an answer without panels", "パネルのない回答です")),
            Err(failure) => (self.panels, self.failure) = (Vec::new(), Some(failure.clone())),
        }
    }

    /// That an answer is waited for: that another is computed first, which share of it there is where the model says, else for how many seconds already.
    pub fn progress(&self, key: &str, app: &AppContext) -> Option<String> {
        // A part of the answer may be there already.
        let share = app.questions.share(key).map(|share| format!(" {:.0} %", 100.0 * share));
        if self.asking.is_some() && app.questions.is_waiting(key) {
            return Some(app.say(text::ANSWER_WAITS).to_owned());
        }
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
        self.area = area;
        if self.failure.is_some() || self.panels.is_empty() {
            let refused = self.failure.as_ref().map(|failure| failure.in_language(app.language).to_owned());
            let style = if refused.is_some() { Style::new().fg(app.theme.warning) } else { app.theme.quiet() };
            if let Some(message) = refused.or_else(|| self.progress(question, app)) {
                write_middle(buffer, area, &message, style);
            }
            return;
        }
        let mut look = panel::Look { theme: &app.theme, language: app.language, pictures: &mut app.pictures };
        if std::mem::take(&mut self.goes_to_end) {
            self.from = panel::last_page(&self.panels, area, &look);
        }
        self.from = self.from.min(self.panels.len() - 1);
        self.drawn = panel::draw_all(&self.panels, picked, Some(self.from), key, area, &mut look, buffer);
    }
}
