//! The pages of theory.

use crate::lab::Lab;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::markdown::render;
use crate::width::width;
use crossterm::event::{MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Widget;

/// Columns of text: longer lines are hard to read.
const MEASURE: u16 = 84;

#[derive(Default)]
pub struct TheoryTab {
    page: usize,
    top: usize,
    /// The page as it was set last, and what for.
    set: Option<(Setting, Vec<Line<'static>>)>,
    height: usize,
}

/// What the setting of a page depends on.
#[derive(PartialEq)]
struct Setting {
    page: usize,
    columns: u16,
    language: crate::experiment::Language,
    dark: bool,
    wide: bool,
}

impl TheoryTab {
    /// The page that is read, counted from 0.
    pub fn page(&self) -> usize {
        self.page
    }

    /// The page that is read, and how many of its rows are above the screen.
    pub fn spot(&self) -> (usize, usize) {
        (self.page, self.top)
    }

    pub fn stand_at(&mut self, (page, top): (usize, usize)) {
        (self.page, self.top) = (page, top);
    }

    fn turn(&mut self, to: usize) {
        (self.page, self.top) = (to, 0);
    }

    fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by);
    }

    pub fn handle_action(&mut self, action: Action, lab: &Lab, _app: &mut AppContext) -> bool {
        let last = lab.theory.len().saturating_sub(1);
        let screen = self.height.saturating_sub(2) as isize;
        match action {
            Action::NextPage | Action::Right => self.turn((self.page + 1).min(last)),
            Action::PreviousPage | Action::Left => self.turn(self.page.saturating_sub(1)),
            Action::Up => self.scroll(-1),
            Action::Down => self.scroll(1),
            Action::PageUp => self.scroll(-screen),
            Action::PageDown | Action::Confirm => {
                let end = self.set.as_ref().map_or(0, |(_, lines)| lines.len().saturating_sub(self.height));
                // Past the end of a page comes the next.
                if self.top >= end && self.page < last { self.turn(self.page + 1) } else { self.scroll(screen) }
            }
            Action::Home => self.top = 0,
            Action::End => self.top = usize::MAX / 2,
            _ => return false,
        }
        true
    }

    pub fn mouse(&mut self, event: MouseEvent) {
        match event.kind {
            MouseEventKind::ScrollUp => self.scroll(-3),
            MouseEventKind::ScrollDown => self.scroll(3),
            _ => {}
        }
    }

    pub fn draw(&mut self, area: Rect, lab: &Lab, app: &AppContext, buffer: &mut Buffer) {
        let rows = [Constraint::Length(3), Constraint::Fill(1)];
        let [head, body] = Layout::vertical(rows).areas(area);
        let columns = MEASURE.min(area.width.saturating_sub(4));
        let left = area.width.saturating_sub(columns) / 2;
        let Some(page) = lab.theory.get(self.page) else { return };
        write(buffer, head, left, 1, page.title.in_language(app.language), app.theme.strong());
        let tally = format!("{} {}/{}", app.say(text::PAGE), self.page + 1, lab.theory.len());
        write(buffer, head, left + columns - width(&tally) as u16, 1, &tally, app.theme.quiet());
        let setting = Setting {
            page: self.page,
            columns,
            language: app.language,
            dark: app.theme.dark,
            wide: app.widths.wide_ambiguous,
        };
        if self.set.as_ref().is_none_or(|(old, _)| *old != setting) {
            let lines = render(page.text.in_language(app.language), usize::from(columns), &app.theme, app.widths);
            self.set = Some((setting, lines));
        }
        let Some((_, lines)) = &self.set else { return };
        self.height = usize::from(body.height);
        self.top = self.top.min(lines.len().saturating_sub(self.height));
        for (row, line) in lines.iter().skip(self.top).take(self.height).enumerate() {
            let place = Rect { x: body.x + left, y: body.y + row as u16, width: columns, height: 1 };
            line.render(place, buffer);
        }
        if lines.len() > self.height {
            let end = lines.len() - self.height;
            let row = (self.top * (self.height - 1)) / end.max(1);
            for line in 0..self.height {
                let (mark, style) = if line == row { ("┃", app.theme.accented()) } else { ("│", app.theme.rule()) };
                write(buffer, body, area.width - 2, line as u16, mark, style);
            }
        }
    }
}
