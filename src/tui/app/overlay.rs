//! What lies over a screen and takes its keys.

use crate::experiment::Wording;
use crate::tui::context::AppContext;
use crate::tui::screens::class::answers::AnswersTable;
use crate::tui::screens::class::identity::Identity;
use crate::tui::screens::class::list::ClassList;
use crate::tui::screens::class::viewing::Viewing;
use crate::tui::screens::help::Help;
use crate::tui::screens::palette::Palette;
use crate::tui::screens::question;
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Style};
use ratatui::widgets::{Clear, Widget};

pub enum Overlay {
    Help(Help),
    Palette(Palette),
    /// Whether to quit, in these words.
    QuitQuestion(Wording),
    /// The list of the class, for instructors.
    Class(Box<ClassList>),
    /// Somebody else's screen, and the list that one goes back to.
    Viewing(Viewing, Option<Box<ClassList>>),
    /// What the presenter points at, by the keys.
    Pointer(Position),
    /// The table of answers, and the list that one goes back to.
    Answers(AnswersTable, Box<ClassList>),
    /// Who of the roster this is.
    Identity(Identity),
}

impl Overlay {
    /// Whether it takes the whole screen for the class, with keys of its own in the footer.
    pub fn is_of_class(&self) -> bool {
        matches!(self, Overlay::Class(_) | Overlay::Viewing(..) | Overlay::Pointer(_) | Overlay::Answers(..))
    }

    /// Draws it over the frame; `whole` is the screen without its footer.
    pub fn draw(&mut self, area: Rect, whole: Rect, app: &AppContext, buffer: &mut Buffer) {
        match self {
            Overlay::Help(help) => help.draw(area, app, buffer),
            Overlay::Palette(palette) => palette.draw(area, app, buffer),
            Overlay::QuitQuestion(words) => question(area, app.say(*words), app, buffer),
            Overlay::Class(list) => list.draw(whole, app, buffer),
            Overlay::Viewing(viewing, _) => viewing.draw(area, app, buffer),
            Overlay::Answers(table, _) => table.draw(whole, app, buffer),
            Overlay::Identity(identity) => identity.draw(area, app, buffer),
            Overlay::Pointer(at) => draw_pointer(*at, area, app, buffer),
        }
    }
}

/// Draws the pointer as followers see it, and how it is moved.
fn draw_pointer(at: Position, area: Rect, app: &AppContext, buffer: &mut Buffer) {
    for column in at.x.saturating_sub(1)..=at.x.saturating_add(1) {
        if let Some(cell) = buffer.cell_mut(Position::new(column, at.y)) {
            cell.set_style(Style::new().fg(app.theme.own_ground.unwrap_or(Color::Reset)).bg(app.theme.warning));
        }
    }
    let foot = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
    // What stands at the right concerns a presenter now more than ever.
    let end = width(app.say(text::POINTS)) as u16 + 2;
    Clear.render(Rect { width: end.min(foot.width), ..foot }, buffer);
    buffer.set_style(foot, app.theme.selected());
    write(buffer, foot, 1, 0, app.say(text::POINTS), app.theme.selected());
}
