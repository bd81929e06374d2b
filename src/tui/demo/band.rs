//! What stands above the footer while a script is played: the words of its step, and what it waits for.

use super::{Player, Wait};
use crate::experiment::{Bilingual, Language};
use crate::tui::context::AppContext;
use crate::tui::destination::Destination;
use crate::tui::keys::Action;
use crate::tui::screens::lab::LabScreen;
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::{width, wrapped};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Columns beside the words.
const MARGIN: u16 = 1;

/// The rows of the longest text at this width, so that the lab above keeps its size from step to step.
fn most_rows<'a>(texts: impl Iterator<Item = &'a Bilingual>, columns: u16, language: Language) -> u16 {
    let columns = usize::from(columns.saturating_sub(2 * MARGIN));
    texts.map(|text| wrapped(text.in_language(language), columns).len() as u16).max().unwrap_or(0)
}

/// Rows of the band on a screen of this size; never more than half of them.
pub fn rows(player: &Player, screen: Rect, language: Language) -> u16 {
    let steps = &player.lab.demo;
    let said = most_rows(steps.iter().filter_map(|step| step.say.as_ref()), screen.width, language);
    let notes = most_rows(steps.iter().filter_map(|step| step.note.as_ref()), screen.width, language).max(1);
    // A row for the heading; one for that of the notes.
    (1 + said + if player.shows_notes { 1 + notes } else { 0 }).min(screen.height / 2)
}

/// Draws the band, and the mark of what is pointed at in the lab above.
pub fn draw(player: &Player, area: Rect, screen: &LabScreen, app: &AppContext, buffer: &mut Buffer) {
    if let Some(name) = &player.step().point {
        let pane = screen.area_of(name);
        for cell in pane.positions().filter(|cell| {
            cell.x == pane.x || cell.y == pane.y || cell.x + 1 == pane.right() || cell.y + 1 == pane.bottom()
        }) {
            buffer[cell].set_style(app.theme.selected());
        }
    }
    heading(player, area, app, buffer);
    let columns = usize::from(area.width.saturating_sub(2 * MARGIN));
    let mut row = 1;
    for line in wrapped(player.words().in_language(app.language), columns) {
        write(buffer, area, MARGIN, row, &line, app.theme.strong());
        row += 1;
    }
    if player.shows_notes {
        let note = player.spoken().note.as_ref();
        let notes = note.map_or(app.say(text::DEMO_NO_NOTE), |note| note.in_language(app.language));
        let end = write(buffer, area, 0, row, &format!("── {} ", app.say(text::DEMO_NOTE)), app.theme.rule());
        rule(area, end, row, app, buffer);
        for line in wrapped(notes, columns) {
            row += 1;
            write(buffer, area, MARGIN, row, &line, app.theme.quiet());
        }
    }
}

fn rule(area: Rect, from: u16, row: u16, app: &AppContext, buffer: &mut Buffer) {
    write(buffer, area, from, row, &"─".repeat(usize::from(area.width.saturating_sub(from))), app.theme.rule());
}

/// Which step it is at the left, and at the right what it waits for. A click goes on.
fn heading(player: &Player, area: Rect, app: &AppContext, buffer: &mut Buffer) {
    rule(area, 0, 0, app, buffer);
    let (number, count) = player.number();
    let step = text::filled(app.say(text::DEMO_STEP), &[&number, &count]);
    let again = if player.is_again() { format!(" · {}", app.say(text::DEMO_AGAIN)) } else { String::new() };
    let left = format!(" {} · {step}{again} ", app.say(text::DEMO));
    let end = write(buffer, area, 2, 0, &left, app.theme.accented());
    let (words, style) = standing(player, app);
    let words = format!(" {words} ");
    let column = area.width.saturating_sub(width(&words) as u16 + 2).max(end + 1);
    write(buffer, area, column, 0, &words, style);
    let place = Rect { height: area.height.min(1), ..area };
    app.places.put(place, Destination::Action(Action::DemoForward));
}

/// What the step does or waits for.
fn standing(player: &Player, app: &AppContext) -> (String, Style) {
    let warning = Style::new().fg(app.theme.warning);
    if let Some(problem) = &player.problem {
        return (problem.in_language(app.language).to_owned(), warning);
    }
    let keys = &player.pressed;
    if !player.deeds.is_empty() {
        return (text::filled(app.say(text::DEMO_DOING), &[keys]), app.theme.accented());
    }
    let is_last = player.at + 1 == player.lab.demo.len();
    let next = app.say(if is_last { text::DEMO_LAST } else { text::DEMO_NEXT });
    let (words, style) = match player.wait(app) {
        Wait::For(words) => (words.in_language(app.language).to_owned(), app.theme.accented()),
        Wait::Never(words) => (format!("{} · {next}", words.in_language(app.language)), warning),
        // What is said may not be so yet.
        Wait::ForKey | Wait::Over => match player.ahead(app) {
            Some(ahead) => (format!("{} · {next}", ahead.in_language(app.language)), warning),
            None => (next.to_owned(), app.theme.strong()),
        },
    };
    // The keys that were pressed stay in sight.
    (if keys.is_empty() { words } else { format!("{keys} · {words}") }, style)
}
