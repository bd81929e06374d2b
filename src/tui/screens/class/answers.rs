//! The table of answers that instructors see: who has solved how many exercises of which lab.

use crate::class::answers::summary::LabSummary;
use crate::class::message::Answered;
use crate::lab::Lab;
use crate::printer::printable;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::screens::when;
use crate::tui::text::{self, filled};
use crate::tui::widgets::frame::write;
use crate::width::{cut, width};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::{Clear, Widget};

/// Columns of a name, of a lab, and of the sum.
const NAME: u16 = 18;
const LAB: u16 = 10;
const SUM: u16 = 8;

/// The table.
#[derive(Debug, Default)]
pub struct AnswersTable {
    row: usize,
    top: usize,
    /// The first lab that is shown, and how many are out of sight.
    first: usize,
    hidden: usize,
}

impl AnswersTable {
    /// Moves the cursor, or the labs.
    pub fn handle_action(&mut self, action: Action, app: &AppContext) {
        let last = app.class.answers.len().saturating_sub(1);
        let moved = |by: isize, row: usize| row.saturating_add_signed(by).min(last);
        match action {
            Action::Up => self.row = moved(-1, self.row),
            Action::Down => self.row = moved(1, self.row),
            Action::PageUp => self.row = moved(-10, self.row),
            Action::PageDown => self.row = moved(10, self.row),
            Action::Home => self.row = 0,
            Action::End => self.row = last,
            Action::Left => self.first = self.first.saturating_sub(1),
            Action::Right => self.first = (self.first + 1).min(self.first + self.hidden),
            _ => {}
        }
    }

    pub fn draw(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        Clear.render(area, buffer);
        buffer.set_style(area, app.theme.body());
        let [head, names, body, below] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(2),
        ])
        .areas(area);
        let accounts = &app.class.answers;
        let end = write(buffer, head, 1, 0, app.say(text::CLASS_ANSWERS), app.theme.strong());
        let labs: Vec<&Lab> = app.catalogue.labs().into_iter().filter(|lab| is_begun(accounts, &lab.id)).collect();
        let come = accounts.iter().filter(|answered| !answered.summary.account.is_empty()).count();
        let facts = filled(app.say(text::CLASS_ACCOUNTS), &[&come, &labs.len()]);
        write(buffer, head, end + 2, 0, &facts, app.theme.quiet());
        let fit = usize::from(area.width.saturating_sub(NAME + SUM + 2) / LAB);
        self.first = self.first.min(labs.len().saturating_sub(fit));
        self.hidden = labs.len().saturating_sub(self.first + fit);
        let shown = &labs[self.first..labs.len() - self.hidden];
        let column = |index: usize| NAME + index as u16 * LAB;
        write(buffer, names, 1, 0, app.say(text::CLASS_NAME), app.theme.quiet());
        for (index, lab) in shown.iter().enumerate() {
            let title = cut(lab.title.in_language(app.language), usize::from(LAB - 1));
            write(buffer, names, column(index), 0, &title, app.theme.quiet());
        }
        let sum = column(shown.len());
        write(buffer, names, sum, 0, app.say(text::CLASS_SUM), app.theme.quiet());
        if accounts.is_empty() {
            write(buffer, body, 1, 0, app.say(text::CLASS_NO_ANSWERS), app.theme.quiet());
        }
        let rows = usize::from(body.height);
        self.row = self.row.min(accounts.len().saturating_sub(1));
        self.top = self.top.min(self.row).max((self.row + 1).saturating_sub(rows));
        let top = self.top.min(accounts.len().saturating_sub(rows));
        for (row, answered) in accounts.iter().enumerate().skip(top).take(rows) {
            let line = Rect { y: body.y + (row - top) as u16, height: 1, ..body };
            let style = if row == self.row { app.theme.selected() } else { app.theme.body() };
            buffer.set_style(line, style);
            write(buffer, Rect { width: NAME - 1, ..line }, 1, 0, &called(answered), style);
            for (index, lab) in shown.iter().enumerate() {
                let Some(LabSummary { solved, total, .. }) = of_lab(answered, &lab.id) else { continue };
                let style = if solved == total { style.fg(app.theme.good) } else { style };
                write(buffer, line, column(index), 0, &format!("{solved}/{total}"), style);
            }
            let solved: usize = answered.summary.labs.iter().map(|lab| lab.solved).sum();
            write(buffer, line, sum, 0, &solved.to_string(), style);
        }
        for (row, line) in
            accounts.get(self.row).map(|chosen| about(chosen, app)).unwrap_or_default().iter().enumerate()
        {
            write(buffer, below, 1, row as u16, line, app.theme.quiet());
        }
        let out_of_sight = accounts.len().saturating_sub(top + rows);
        let marks: Vec<String> = [("←", self.first), ("→", self.hidden), ("↓", out_of_sight)]
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(mark, count)| format!("{mark} {count}"))
            .collect();
        let marks = marks.join("  ");
        write(buffer, head, head.width.saturating_sub(width(&marks) as u16 + 1), 0, &marks, app.theme.quiet());
    }
}

fn called(answered: &Answered) -> String {
    let Answered { student, summary } = answered;
    printable(&match (student.as_str(), summary.account.as_str()) {
        ("", account) => account.to_owned(),
        (student, "") => student.to_owned(),
        (student, account) => format!("{student} ({account})"),
    })
}

fn of_lab<'a>(answered: &'a Answered, lab: &str) -> Option<&'a LabSummary> {
    answered.summary.labs.iter().find(|of| of.lab == lab)
}

/// Whether somebody has begun with a lab.
fn is_begun(accounts: &[Answered], lab: &str) -> bool {
    accounts.iter().any(|answered| of_lab(answered, lab).is_some())
}

/// What an account solved last, and what it has tried.
fn about(answered: &Answered, app: &AppContext) -> Vec<String> {
    if answered.summary.account.is_empty() {
        return vec![app.say(text::CLASS_NOT_COME).to_owned()];
    }
    let title = |lab: &str, exercise: &str| {
        let found = app.catalogue.find(lab).ok();
        let name = found.and_then(|lab| lab.exercises.iter().find(|known| known.id == exercise));
        let lab = found.map_or(lab, |lab| lab.title.in_language(app.language));
        format!("{lab}: {}", name.map_or(exercise, |known| known.title.in_language(app.language)))
    };
    let last = answered.summary.last.as_ref().map(|last| {
        let at = when(&last.at);
        filled(app.say(text::CLASS_SOLVED_LAST), &[&title(&last.lab, &last.exercise), &at])
    });
    let tried: Vec<String> = answered
        .summary
        .labs
        .iter()
        .flat_map(|of| of.tried.iter().map(move |exercise| title(&of.lab, exercise)))
        .collect();
    let tried = (!tried.is_empty()).then(|| filled(app.say(text::CLASS_TRIED), &[&tried.join(", ")]));
    [last, tried].into_iter().flatten().map(|line| printable(&line)).collect()
}
