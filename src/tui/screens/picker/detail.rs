//! What the picker says of the selected lab.

use super::Picker;
use crate::run::Status;
use crate::tui::context::AppContext;
use crate::tui::screens::{main_figure, status as standing, when};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::markdown::render;
use crate::width::{cut, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Rows that a preview has before all outcomes are listed, and the rows of outcomes that stand in any case.
const PREVIEW_ROWS: usize = 8;
const LEAST_OUTCOMES: usize = 2;

impl Picker {
    pub(super) fn draw_detail(&self, area: Rect, app: &mut AppContext, buffer: &mut Buffer) {
        let Some(lab) = self.lab(app) else { return };
        let language = app.language;
        let minutes = format!("~{} {}", lab.minutes, app.say(text::MINUTES));
        let title = lab.title.in_language(language);
        // Below a title that leaves no room for them.
        let below = u16::from(width(title) + width(&minutes) + 1 > usize::from(area.width));
        write(buffer, area, 0, 0, title, app.theme.strong());
        write(buffer, area, area.width.saturating_sub(width(&minutes) as u16), below, &minutes, app.theme.quiet());
        let area = Rect { y: area.y + below, height: area.height.saturating_sub(below), ..area };
        let lines = |words: &str, columns: u16| render(words, usize::from(columns), &app.theme, app.widths);
        let summary = lines(lab.summary.in_language(language), area.width);
        for (row, line) in summary.iter().enumerate() {
            write(buffer, area, 0, 1 + row as u16, &line.to_string(), app.theme.body());
        }
        let label = app.say(text::YOU_WILL);
        let indent = width(label) as u16 + 2;
        let outcomes =
            lab.outcomes.iter().map(|outcome| lines(outcome.in_language(language), area.width.saturating_sub(indent)));
        let mut outcomes: Vec<_> = outcomes.flatten().collect();
        // Below the title, the summary and an empty row, and above the last run: as many as fit.
        // The preview comes before them, for a small window too.
        let preview = if self.preview.is_there() { self.preview.least_rows().max(PREVIEW_ROWS) } else { 0 };
        let fit = usize::from(area.height).saturating_sub(summary.len() + 3 + preview).max(LEAST_OUTCOMES);
        let is_cut = outcomes.len() > fit;
        outcomes.truncate(fit);
        let (above, below) = (summary.len() as u16 + 2, outcomes.len() as u16 + 3);
        let room = area.height.saturating_sub(above + below).min(24);
        let preview = Rect { y: area.y + above, height: room, ..area };
        let mut row = area.height.saturating_sub(below);
        if room > 0 {
            let caption = self.preview.draw(preview, app, buffer);
            write(buffer, area, 0, row, &caption, app.theme.quiet());
        }
        row = (row + 1).max(above);
        // The last run stands below them in any case.
        let fit = usize::from(area.height.saturating_sub(row + 1));
        let is_cut = is_cut || outcomes.len() > fit;
        outcomes.truncate(fit);
        write(buffer, area, 0, row, label, app.theme.quiet());
        for (index, outcome) in outcomes.iter().enumerate() {
            // That there is more stands at the end of the last.
            let goes_on = if is_cut && index + 1 == outcomes.len() { "…" } else { "" };
            let said = cut(&format!("{outcome}{goes_on}"), usize::from(area.width.saturating_sub(indent)));
            write(buffer, area, indent, row, &said, app.theme.body());
            row += 1;
        }
        let label = app.say(text::LAST_RUN);
        let summary = match &self.last_run {
            None => app.say(text::NO_RUN_YET).to_owned(),
            Some(run) => {
                let preset = run.preset.as_deref().unwrap_or("-");
                let status = match run.status {
                    Status::Finished => String::new(),
                    other => format!(" {}", app.say(standing(other))),
                };
                let figure = main_figure(run).map(|figure| format!("  {figure}")).unwrap_or_default();
                format!("{}{status}, {preset}{figure}", when(&run.started))
            }
        };
        let indent = width(label) as u16 + 2;
        write(buffer, area, 0, row, label, app.theme.quiet());
        write(buffer, area, indent, row, &summary, app.theme.body());
    }
}
