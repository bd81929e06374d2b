//! The chosen run beside others: those that are overlaid, the open one, the bundled model.

use super::RunList;
use crate::experiment::{Knob, Knobs, Language, Report};
use crate::lab::Lab;
use crate::printer::printable;
use crate::registry;
use crate::run::RunDescription;
use crate::tui::choices;
use crate::tui::context::AppContext;
use crate::tui::screens::overlays::Overlays;
use crate::tui::screens::when;
use crate::tui::text;
use crate::tui::widgets::chart::number;
use crate::tui::widgets::frame::write;
use crate::width::{cut, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

/// Where the values begin, at the least and where names are long, how far they are from one another, and the columns that the last needs.
const FIRST: [u16; 2] = [28, 36];
const COLUMN: u16 = 16;
const LEAST: u16 = 12;

/// The knobs that a run began with, completed, and its report.
pub(super) struct Compared {
    knobs: Knobs,
    report: Report,
}

/// What stands above a column, and the colour of the run's curves where they are overlaid.
struct Heading {
    words: String,
    color: Option<Color>,
}

impl Compared {
    fn run(run: &RunDescription, declared: &[Knob]) -> Self {
        let knobs = run.knobs.completed(declared).unwrap_or_else(|_| run.knobs.clone());
        Compared { knobs, report: run.report.clone().unwrap_or_default() }
    }

    fn bundled(lab: &Lab) -> Option<Self> {
        let experiment = registry::find(&lab.experiment).ok()?;
        Some(Compared { knobs: experiment.bundled_knobs().ok()?, report: experiment.bundled_report().ok()? })
    }

    fn value(&self, knob: &Knob) -> Option<String> {
        self.knobs.0.get(knob.name).map(|value| choices::shown(knob, value, Language::En))
    }

    fn figure(&self, key: &str) -> Option<String> {
        self.report.get(key).and_then(serde_json::Value::as_f64).map(number)
    }
}

impl RunList {
    /// Draws the comparison with as many columns as there is room for; gives how many are left out.
    pub(super) fn draw_comparison(
        &mut self,
        area: Rect,
        run: &RunDescription,
        overlays: &Overlays,
        app: &AppContext,
        buffer: &mut Buffer,
    ) -> usize {
        let Ok(lab) = app.catalogue.find(&run.lab) else { return 0 };
        self.bundled.entry(lab.id.clone()).or_insert_with(|| Compared::bundled(lab));
        let (headings, mut rows) = self.compared(run, lab, overlays, app);
        let longest = rows.iter().map(|(name, _)| width(name) as u16 + 4).max().unwrap_or(0);
        let beside = area.width.saturating_sub(FIRST[0] + LEAST);
        let fit = 1 + usize::from(beside / COLUMN);
        // A longer name takes what no further run has room in.
        let first = longest.clamp(FIRST[0], FIRST[1]).min(FIRST[0] + beside % COLUMN);
        let column = |index: usize| first + index as u16 * COLUMN;
        let until = |end: u16| Rect { width: end.min(area.width), ..area };
        for (index, heading) in headings.iter().enumerate().take(fit) {
            let (mut start, end) = (column(index), column(index + 1) - 1);
            if let Some(color) = heading.color {
                start = write(buffer, area, start, 0, "━", app.theme.quiet().fg(color)) + 1;
            }
            let room = usize::from(end.min(area.width).saturating_sub(start));
            write(buffer, until(end), start, 0, &cut(&heading.words, room), app.theme.quiet());
        }
        let room = usize::from(area.height.saturating_sub(1));
        let left_out = rows.len().saturating_sub(room);
        if left_out > 0 && room > 0 {
            rows.truncate(room - 1);
            rows.push((text::filled(app.say(text::PANEL_MORE), &[&(left_out + 1)]), Vec::new()));
        }
        for (row, (name, cells)) in rows.iter().enumerate() {
            let row = row as u16 + 1;
            write(buffer, until(first - 1), 2, row, name, app.theme.quiet());
            for (index, cell) in cells.iter().enumerate().take(fit) {
                write(buffer, until(column(index + 1) - 1), column(index), row, cell, app.theme.body());
            }
        }
        headings.len().saturating_sub(fit)
    }

    /// The columns, and of each row its name and values: the knobs in which they differ, and the figures of their reports.
    fn compared(
        &self,
        run: &RunDescription,
        lab: &Lab,
        overlays: &Overlays,
        app: &AppContext,
    ) -> (Vec<Heading>, Vec<(String, Vec<String>)>) {
        let Ok(experiment) = registry::find(&lab.experiment) else { return Default::default() };
        let declared = (experiment.knobs)();
        let heading = |words: &str, color| Heading { words: words.to_owned(), color };
        let this = (heading(app.say(text::THIS_RUN), None), Compared::run(run, &declared));
        let others = self.runs.iter().filter(|other| other.id != run.id && other.lab == run.lab);
        let overlaid = others.clone().filter_map(|other| {
            let color = overlays.color(&other.id, &app.theme)?;
            let name = &self.label(&other.id).name;
            let started = when(&other.started);
            // The hour and the preset tell them apart, where nobody has named them.
            let hour = started.split(' ').next_back().unwrap_or_default();
            let words = match name.is_empty() {
                true => format!("{hour} {}", other.preset.as_deref().unwrap_or_default()),
                false => name.clone(),
            };
            Some((heading(&printable(&words), Some(color)), Compared::run(other, &declared)))
        });
        // One that is marked has its column already.
        let is_open = |other: &&RunDescription| {
            app.run.as_ref().is_some_and(|open| open.id == other.id) && overlays.color(&other.id, &app.theme).is_none()
        };
        let open = others.clone().find(is_open);
        let open = open.map(|open| (heading(app.say(text::OPEN_RUN), None), Compared::run(open, &declared)));
        let own: Vec<(Heading, Compared)> = std::iter::once(this).chain(overlaid).chain(open).collect();
        let bundled = self.bundled.get(&lab.id).and_then(Option::as_ref);
        let columns: Vec<&Compared> = own.iter().map(|(_, column)| column).chain(bundled).collect();
        let row = |name: &str, cell: &dyn Fn(&Compared) -> Option<String>| -> (String, Vec<String>) {
            let cells = columns.iter().map(|column| cell(column).unwrap_or_else(|| "–".to_owned()));
            (name.to_owned(), cells.collect())
        };
        let mut table = Vec::new();
        for knob in lab.shown_knobs(&declared) {
            if columns.iter().any(|column| column.value(&knob) != columns[0].value(&knob)) {
                table.push(row(knob.name, &|column| column.value(&knob)));
            }
        }
        for key in experiment.report {
            if columns.iter().any(|column| column.figure(key).is_some()) {
                table.push(row(key, &|column| column.figure(key)));
            }
        }
        let bundled = bundled.map(|_| heading(app.say(text::FROM_SHIPPED), None));
        (own.into_iter().map(|(heading, _)| heading).chain(bundled).collect(), table)
    }
}
