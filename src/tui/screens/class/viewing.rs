//! Somebody else's screen, as large as it is there: what does not fit is moved to. Keys reach nothing of it.

use crate::class::Viewed;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text::{self, filled};
use crate::tui::theme::Theme;
use crate::tui::widgets::frame::{write, write_middle};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Clear, Widget};

/// Cells that an arrow moves by.
const STEP: i32 = 4;

/// Looking at a screen.
#[derive(Debug, Default)]
pub struct Viewing {
    /// Whether it is the one that is presented.
    follows: bool,
    /// The first cell that is shown, and what is cut off beyond the last.
    left: u16,
    top: u16,
    beyond: (u16, u16),
    /// What was pointed at when it was drawn last.
    pointer: Option<(u16, u16)>,
}

impl Viewing {
    pub fn new(follows: bool) -> Self {
        Viewing { follows, ..Viewing::default() }
    }

    pub fn follows(&self) -> bool {
        self.follows
    }

    /// Moves over a screen that is larger than this one.
    pub fn handle_action(&mut self, action: Action) {
        let (columns, rows) = match action {
            Action::Left => (-STEP, 0),
            Action::Right => (STEP, 0),
            Action::Up => (0, -STEP),
            Action::Down => (0, STEP),
            Action::PageUp => (0, -i32::from(self.beyond.1)),
            Action::PageDown => (0, i32::from(self.beyond.1)),
            Action::Home => (-i32::from(self.beyond.0), 0),
            Action::End => (i32::from(self.beyond.0), 0),
            _ => return,
        };
        let moved = |at: u16, by: i32, most: u16| (i32::from(at) + by).clamp(0, i32::from(most)) as u16;
        self.left = moved(self.left, columns, self.beyond.0);
        self.top = moved(self.top, rows, self.beyond.1);
    }

    /// Draws it: the screen, and in the last row whose it is.
    pub fn draw(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        Clear.render(area, buffer);
        let body = Rect { height: area.height.saturating_sub(1), ..area };
        let foot = Rect { y: body.bottom(), height: area.height - body.height, ..area };
        buffer.set_style(foot, app.theme.selected());
        let Some(viewed) = &app.class.viewed else {
            write_middle(buffer, body, app.say(text::SCREEN_COMES), app.theme.quiet());
            return;
        };
        let (columns, rows) = viewed.size();
        self.beyond = (columns.saturating_sub(body.width), rows.saturating_sub(body.height));
        if self.pointer != viewed.pointer {
            self.pointer = viewed.pointer;
            if let Some(at) = self.pointer {
                self.bring_into_sight(at, body);
            }
        }
        self.left = self.left.min(self.beyond.0);
        self.top = self.top.min(self.beyond.1);
        // A smaller one stands in the middle.
        let place = Rect {
            x: body.x + body.width.saturating_sub(columns) / 2,
            y: body.y + body.height.saturating_sub(rows) / 2,
            width: body.width.min(columns),
            height: body.height.min(rows),
        };
        draw_cells(viewed, (self.left, self.top), place, buffer);
        let words = if self.follows { text::FOLLOWING } else { text::WATCHING };
        let is_cut = self.beyond != (0, 0);
        let cut = if is_cut { format!(" · {}", app.say(text::ARROWS_MOVE)) } else { String::new() };
        let line =
            format!("{} · {columns}×{rows}{cut} · {}", filled(app.say(words), &[&viewed.of]), app.say(text::ESC_BACK));
        write(buffer, foot, 1, 0, &line, app.theme.selected());
    }

    fn bring_into_sight(&mut self, (column, row): (u16, u16), body: Rect) {
        let into = |first: u16, at: u16, room: u16| {
            if (first..first.saturating_add(room)).contains(&at) { first } else { at.saturating_sub(room / 2) }
        };
        self.left = into(self.left, column, body.width);
        self.top = into(self.top, row, body.height);
    }
}

/// Draws the cells of a screen from `first` on. Its colours keep the ground that they were chosen for.
fn draw_cells(viewed: &Viewed, first: (u16, u16), place: Rect, buffer: &mut Buffer) {
    let theme = if viewed.dark { Theme::dark() } else { Theme::light() }.on_its_ground();
    let usual = Style::new().fg(theme.text).bg(theme.own_ground.unwrap_or(Color::Reset));
    for (column, row) in (0..place.height).flat_map(|row| (0..place.width).map(move |column| (column, row))) {
        let Some(cell) = viewed.screen().cell(first.1 + row, first.0 + column) else { continue };
        let to = &mut buffer[(place.x + column, place.y + row)];
        // The left half of a wide letter is needed for the whole, and room for both.
        let is_half = cell.is_wide_continuation() && column == 0 || cell.is_wide() && column + 1 == place.width;
        let symbol = if is_half || cell.contents().is_empty() { " " } else { cell.contents() };
        to.set_symbol(symbol);
        to.set_style(usual);
        let mut style = Style::new();
        style.fg = color(cell.fgcolor());
        style.bg = color(cell.bgcolor());
        let modifiers = [
            (cell.bold(), Modifier::BOLD),
            (cell.dim(), Modifier::DIM),
            (cell.italic(), Modifier::ITALIC),
            (cell.underline(), Modifier::UNDERLINED),
            (cell.inverse(), Modifier::REVERSED),
        ];
        let modifiers = modifiers.into_iter().filter(|(is_set, _)| *is_set);
        to.set_style(modifiers.fold(style, |style, (_, modifier)| style.add_modifier(modifier)));
        if viewed.pointer.is_some_and(|at| is_pointed_at(at, (first.0 + column, first.1 + row))) {
            to.set_style(Style::new().fg(theme.own_ground.unwrap_or(Color::Reset)).bg(theme.warning));
        }
    }
}

/// The pointer is three cells wide: one alone is lost on a large screen.
fn is_pointed_at((column, row): (u16, u16), cell: (u16, u16)) -> bool {
    cell.1 == row && cell.0.abs_diff(column) <= 1
}

/// A colour that was set.
fn color(color: vt100::Color) -> Option<Color> {
    match color {
        vt100::Color::Default => None,
        vt100::Color::Idx(index) => Some(Color::Indexed(index)),
        vt100::Color::Rgb(r, g, b) => Some(Color::Rgb(r, g, b)),
    }
}
