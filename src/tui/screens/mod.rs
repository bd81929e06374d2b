//! The screens: each keeps its own state, turns actions into changes of it, and draws it.

pub mod class;
pub mod exercises;
pub mod explore;
pub mod help;
pub mod lab;
mod notes;
mod now;
mod overlays;
pub mod palette;
pub mod picker;
pub mod report;
mod runs;
mod setup;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
pub use snapshots::shown;
mod theory;
mod train;

use super::context::AppContext;
use super::destination::Destination;
use super::keys::{self, Context};
use super::text;
use super::widgets::chart::number;
use super::widgets::frame::{frame, write};
use super::widgets::markdown::render;
use crate::experiment::Wording;
use crate::markdown::with_powers;
use crate::run::{RunDescription, Status};
use crate::width::{cut, width, wrapped};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

/// The last row: the keys that matter here. A click does what the key does.
pub fn footer(area: Rect, contexts: &[Context], in_text: bool, app: &AppContext, buffer: &mut Buffer) {
    let shown: Vec<_> = keys::footer(contexts, in_text)
        .into_iter()
        .map(|(key, binding)| (key.name(), app.say(binding.help), binding.action))
        .collect();
    // The way to all the keys and the way back are named whatever else is.
    let is_kept = |action: keys::Action| matches!(action, keys::Action::Help | keys::Action::Back);
    let room = |key: &str, help: &str| width(key) + width(help) + 3;
    let kept = shown.iter().filter(|(.., action)| is_kept(*action));
    let mut kept: usize = kept.map(|(key, help, _)| room(key, help)).sum();
    let mut column = 1;
    for (key, help, action) in shown {
        let own = room(&key, help);
        if is_kept(action) {
            kept -= own;
        } else if usize::from(column) + own + kept > usize::from(area.width) {
            continue;
        }
        let start = column;
        column = write(buffer, area, column, 0, &key, app.theme.strong()) + 1;
        column = write(buffer, area, column, 0, help, app.theme.quiet());
        let place = Rect { x: area.x + start, width: column - start, ..area };
        app.places.put(place, Destination::Action(action));
        column += 2;
    }
}

/// The lines of the notice while it is new, on a screen of this size: no more than half of it.
pub fn notice_lines(screen: Rect, app: &AppContext) -> Vec<String> {
    let Some(notice) = app.notice() else { return Vec::new() };
    let columns = usize::from(screen.width.saturating_sub(4));
    let mut lines = wrapped(notice, columns);
    let most = usize::from(screen.height / 2).max(1);
    if lines.len() > most {
        lines.truncate(most);
        let last = &mut lines[most - 1];
        *last = cut(&format!("{last} …"), columns);
    }
    lines
}

/// Writes the lines of the notice into the rows that it has.
pub fn notice(area: Rect, lines: &[String], app: &AppContext, buffer: &mut Buffer) {
    let columns = lines.iter().map(|line| width(line)).max().unwrap_or(0) as u16 + 2;
    let place = Rect { x: area.x + 1, width: columns, ..area }.intersection(area);
    // Over somebody else's screen, the ends of the lines beneath would be read as parts of the notice.
    clear(area, buffer);
    buffer.set_style(area, app.theme.body());
    for (row, line) in lines.iter().enumerate() {
        buffer
            .set_style(Rect { y: place.y + row as u16, height: 1, ..place }.intersection(place), app.theme.selected());
        write(buffer, place, 1, row as u16, line, app.theme.selected());
    }
}

/// A short text of a lab in one line, its marks and powers set as on a page.
fn in_one_line(markdown: &str, app: &AppContext) -> String {
    let lines = render(markdown, usize::from(u16::MAX), &app.theme, app.widths);
    with_powers(&lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}

/// A time stamp as people read it here.
pub(in crate::tui) fn when(started: &str) -> String {
    let parsed: Result<jiff::Timestamp, _> = started.parse();
    parsed.map_or_else(
        |_| started.to_owned(),
        |at| at.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

/// How a recorded run stands, in a word.
pub(in crate::tui) fn status(status: Status) -> Wording {
    match status {
        Status::Running => text::RUNNING,
        Status::Stopped => text::STOPPED,
        Status::Failed => text::FAILED,
        Status::Finished => text::FINISHED,
    }
}

/// The figure of its report that says most of a run.
pub(in crate::tui) fn main_figure(run: &RunDescription) -> Option<String> {
    run.main_figure().map(|(name, value)| format!("{name} {}", number(value)))
}

/// Below 80×24.
pub fn too_small(area: Rect, app: &AppContext, buffer: &mut Buffer) {
    let size = format!("{}: {}×{}", app.say(text::TOO_SMALL), area.width, area.height);
    write(buffer, area, 1, area.height / 2, &size, app.theme.strong());
    write(buffer, area, 1, area.height / 2 + 1, app.say(text::TOO_SMALL_HOW), app.theme.quiet());
}

/// Empties what something is laid on. A wide letter that reaches into it from the left goes as a whole: a terminal would draw its right
/// half over the edge. Of one that reaches out of it on the right no more than a blank cell is left.
fn clear(place: Rect, buffer: &mut Buffer) {
    let place = place.intersection(buffer.area);
    if place.left() > buffer.area.left() {
        for row in place.top()..place.bottom() {
            let beside = &mut buffer[(place.left() - 1, row)];
            if width(beside.symbol()) > 1 {
                beside.set_symbol(" ");
            }
        }
    }
    Clear.render(place, buffer);
}

/// A cleared frame in the middle of the screen; the area inside.
pub fn dialog(area: Rect, size: (u16, u16), title: &str, note: &str, app: &AppContext, buffer: &mut Buffer) -> Rect {
    let (columns, rows) = (size.0.min(area.width), size.1.min(area.height));
    let place = Rect {
        x: area.x + (area.width - columns) / 2,
        y: area.y + (area.height - rows) / 3,
        width: columns,
        height: rows,
    };
    clear(place, buffer);
    buffer.set_style(place, app.theme.body());
    frame(place, title, note, true, &app.theme, buffer).inner(ratatui::layout::Margin::new(1, 0))
}

/// A question to be answered by a key.
pub fn question(area: Rect, words: &str, app: &AppContext, buffer: &mut Buffer) {
    let lines = wrapped(words, usize::from(area.width.saturating_sub(8)).min(72));
    let columns = lines.iter().map(|line| width(line)).max().unwrap_or(0) as u16;
    let inner = dialog(area, (columns + 6, lines.len() as u16 + 2), "", "", app, buffer);
    for (row, line) in lines.iter().enumerate() {
        write(buffer, inner, 1, row as u16, line, app.theme.strong());
    }
}
