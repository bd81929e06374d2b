//! Exercises: prompts, hints, answers, and the explanation that is earned.

mod decided;

pub use decided::{count_wrong, counts_after, decided_at, in_words, may_be_changed};

use crate::lab::exercise::{decide, is_explained, number};
use crate::lab::{Attempt, Check, Exercise, Lab, Verdict};
use crate::tui::context::AppContext;
use crate::tui::destination::Destination;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::markdown::render;
use crate::width::wrapped;
use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::Widget;
use std::collections::BTreeMap;
use tui_textarea::{TextArea, WrapMode};

/// Bytes of an answer, at most.
const MOST: usize = 20_000;

pub struct ExercisesTab {
    selected: usize,
    /// The option of a choice under the cursor.
    option: usize,
    /// The exercise and the option that were clicked last: the same again is the answer.
    clicked: Option<(usize, usize)>,
    /// The answer being written.
    writing: Option<TextArea<'static>>,
    /// Whether what stands in the field is a number that was handed in already: another is typed in its place, not behind it.
    is_judged: bool,
    /// Answers that were begun and left, by exercise.
    drafts: BTreeMap<String, String>,
    verdict: Option<String>,
    options: Vec<(Rect, usize)>,
    /// Where it is said where an exercise is decided, and where a click there leads.
    place: Option<(Rect, Destination)>,
    /// Rows of the exercise above those that are shown, and how many are.
    scrolled: u16,
    shown: u16,
}

/// Rows of an exercise at most.
const LONGEST: u16 = 300;

/// Lines of an exercise that the cursor stops at: the options of a choice.
fn options(exercise: &Exercise) -> usize {
    match &exercise.check {
        Check::Choice { options, .. } => options.len(),
        _ => 1,
    }
}

/// Whether a number can begin with a letter: a digit, a sign, a point or a comma.
fn begins_number(letter: char) -> bool {
    !letter.is_whitespace() && letter != '_' && number(&format!("{letter}0")).is_some()
}

impl ExercisesTab {
    pub fn new(lab: &Lab, app: &AppContext) -> Self {
        let solved = app.progress.solved(&lab.id);
        let first = lab.exercises.iter().position(|exercise| !solved.contains(&exercise.id));
        ExercisesTab {
            selected: first.unwrap_or(0),
            option: 0,
            clicked: None,
            writing: None,
            is_judged: false,
            drafts: BTreeMap::new(),
            verdict: None,
            options: Vec::new(),
            place: None,
            scrolled: 0,
            shown: 0,
        }
    }

    /// Whether letters belong to a text: a number has none.
    pub fn in_text(&self, lab: &Lab) -> bool {
        let is_number = |exercise: &Exercise| matches!(exercise.check, Check::Number { .. });
        self.writing.is_some() && !lab.exercises.get(self.selected).is_some_and(is_number)
    }

    /// Whether the answer that is being written is to be kept still.
    pub fn is_unsaved(&self, lab: &Lab) -> bool {
        let written = self.writing.as_ref().zip(lab.exercises.get(self.selected));
        written.is_some_and(|(area, exercise)| self.drafts.get(&exercise.id) != Some(&area.lines().join(" ")))
    }

    /// Shows an exercise.
    /// The place of the exercise that is looked at.
    pub fn selected(&self) -> usize {
        self.selected
    }

    pub fn select(&mut self, index: usize) {
        (self.selected, self.option, self.writing, self.verdict, self.scrolled) = (index, 0, None, None, 0);
    }

    /// Keeps the answer that is being written: leaving it loses nothing. Of a text that is not handed in yet, beyond the end of
    /// the program too.
    pub fn save(&mut self, lab: &Lab, app: &mut AppContext) {
        let (Some(area), Some(exercise)) = (&self.writing, lab.exercises.get(self.selected)) else { return };
        let draft = area.lines().join(" ");
        if self.drafts.get(&exercise.id) == Some(&draft) {
            return;
        }
        let is_open = !app.progress.solved(&lab.id).contains(&exercise.id);
        if matches!(exercise.check, Check::FreeText { .. })
            && is_open
            && let Err(error) = app.progress.set_draft(&lab.id, &exercise.id, &draft)
        {
            // It is tried again.
            return app.notify(error);
        }
        self.drafts.insert(exercise.id.clone(), draft);
    }

    pub fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        let Some(exercise) = lab.exercises.get(self.selected) else { return false };
        if self.writing.is_some() {
            match action {
                Action::Confirm => self.submit(exercise, lab, app),
                Action::Back => {
                    self.save(lab, app);
                    self.writing = None;
                }
                Action::Up | Action::Down if !self.in_text(lab) => {
                    self.save(lab, app);
                    self.writing = None;
                    return self.handle_action(action, lab, app);
                }
                Action::Left | Action::Right | Action::Home | Action::End | Action::Up | Action::Down => {
                    let code = match action {
                        Action::Left => KeyCode::Left,
                        Action::Right => KeyCode::Right,
                        Action::Home => KeyCode::Home,
                        Action::End => KeyCode::End,
                        Action::Up => KeyCode::Up,
                        _ => KeyCode::Down,
                    };
                    if let Some(area) = &mut self.writing {
                        area.input(KeyEvent::from(code));
                    }
                    // Whoever moves in it mends it.
                    self.is_judged = false;
                }
                _ if self.in_text(lab) && !matches!(action, Action::NextPane | Action::PreviousPane) => return false,
                _ => {
                    self.save(lab, app);
                    self.writing = None;
                    return self.handle_action(action, lab, app);
                }
            }
            return true;
        }
        let last = lab.exercises.len().saturating_sub(1);
        match action {
            Action::PageDown => self.scrolled = self.scrolled.saturating_add(self.shown.saturating_sub(2)),
            Action::PageUp => self.scrolled = self.scrolled.saturating_sub(self.shown.saturating_sub(2)),
            Action::Left => self.select(self.selected.saturating_sub(1)),
            Action::Home => self.select(0),
            Action::End => self.select(last),
            Action::Right | Action::NextPane => self.select(if self.selected == last { 0 } else { self.selected + 1 }),
            Action::PreviousPane => self.select(if self.selected == 0 { last } else { self.selected - 1 }),
            // Through the options of a choice, and on to the exercise before or behind it.
            Action::Up if self.option > 0 => self.option -= 1,
            Action::Up if self.selected > 0 => {
                self.select(self.selected - 1);
                self.option = options(&lab.exercises[self.selected]) - 1;
            }
            Action::Down if self.option + 1 < options(exercise) => self.option += 1,
            Action::Down if self.selected < last => self.select(self.selected + 1),
            Action::Up | Action::Down => {}
            Action::NextOpen => {
                let solved = app.progress.solved(&lab.id);
                let after = (1..=lab.exercises.len()).map(|ahead| (self.selected + ahead) % lab.exercises.len());
                match after.into_iter().find(|index| !solved.contains(&lab.exercises[*index].id)) {
                    Some(index) => self.select(index),
                    None => {
                        let said = app.say(text::ALL_SOLVED);
                        app.notify(said);
                    }
                }
            }
            Action::Confirm => match &exercise.check {
                Check::Choice { .. } => self.decide(exercise, &Attempt::Choice(self.option), lab, app),
                Check::Number { .. } | Check::FreeText { .. } => self.begin_writing(exercise, lab, app),
                _ => app.next = decided_at(exercise, lab, app),
            },
            Action::Hint => {
                let shown = app.progress.hints(&lab.id, &exercise.id);
                if (shown as usize) < exercise.hints.len() {
                    if let Err(error) = app.progress.set_hints(&lab.id, &exercise.id, shown + 1) {
                        app.notify(error);
                    }
                } else {
                    let said = app.say(if exercise.hints.is_empty() { text::NO_HINTS } else { text::NO_MORE_HINTS });
                    app.notify(said);
                }
            }
            _ => return false,
        }
        true
    }

    fn begin_writing(&mut self, exercise: &Exercise, lab: &Lab, app: &AppContext) {
        let answered = app.progress.answer(&lab.id, &exercise.id);
        let kept = self.drafts.get(&exercise.id).cloned().or_else(|| answered.clone()).unwrap_or_default();
        self.is_judged = answered.as_ref() == Some(&kept);
        let mut area = TextArea::new(vec![kept]);
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.move_cursor(tui_textarea::CursorMove::End);
        self.writing = Some(area);
        self.verdict = None;
    }

    /// Begins a number in the place of what was answered before.
    fn begin_number(&mut self, exercise: &Exercise, lab: &Lab, app: &AppContext) {
        self.drafts.insert(exercise.id.clone(), String::new());
        self.begin_writing(exercise, lab, app);
    }

    fn submit(&mut self, exercise: &Exercise, lab: &Lab, app: &mut AppContext) {
        let Some(area) = &self.writing else { return };
        let answer = area.lines().join(" ");
        self.decide(exercise, &Attempt::Text(answer), lab, app);
    }

    fn decide(&mut self, exercise: &Exercise, attempt: &Attempt, lab: &Lab, app: &mut AppContext) {
        if let Some(before) = counts_after(exercise, lab, app) {
            self.verdict = Some(text::filled(app.say(text::COUNTS_AFTER), &[&before]));
            return;
        }
        let answer = attempt.to_string();
        match decide(exercise, attempt, app.language) {
            Verdict::Passed => {
                app.solve(lab, &exercise.id, &answer, exercise.title.in_language(app.language));
                self.drafts.remove(&exercise.id);
                (self.writing, self.verdict) = (None, None);
            }
            Verdict::Failed(message) => {
                if let Err(error) = count_wrong(exercise, attempt, lab, app) {
                    app.notify(error);
                }
                (self.verdict, self.is_judged) = (Some(message), true);
            }
            Verdict::Unrelated => {}
        }
    }

    pub fn typed(&mut self, key: &KeyEvent, lab: &Lab, app: &mut AppContext) {
        let exercise = lab.exercises.get(self.selected);
        let Some(exercise) = exercise else { return };
        match &mut self.writing {
            Some(area) => {
                let is_number = matches!(exercise.check, Check::Number { .. });
                let fits = |letter: char| number(&format!("{letter}0")).is_some() || "eE.,．，_ /".contains(letter);
                if is_number && matches!(key.code, KeyCode::Char(letter) if !fits(letter)) {
                    return;
                }
                let length: usize = area.lines().iter().map(|line| line.len() + 1).sum();
                if matches!(key.code, KeyCode::Char(_)) && length > MOST {
                    return;
                }
                // After a wrong number another is typed, not more of the same; ⌫ and the arrows still mend it.
                if is_number && self.is_judged && matches!(key.code, KeyCode::Char(_)) {
                    *area = TextArea::default();
                }
                area.input(*key);
                (self.verdict, self.is_judged) = (None, false);
                self.save(lab, app);
            }
            None => {
                // A digit begins a number's answer; a letter or digit names an option.
                let KeyCode::Char(letter) = key.code else { return };
                match &exercise.check {
                    Check::Choice { options, .. } => {
                        let index = (letter as usize).wrapping_sub('1' as usize);
                        if index < options.len() {
                            self.option = index;
                        }
                    }
                    Check::Number { .. } if begins_number(letter) => {
                        self.begin_number(exercise, lab, app);
                        if let Some(area) = &mut self.writing {
                            area.insert_char(letter);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    pub fn pasted(&mut self, pasted: &str, lab: &Lab, app: &mut AppContext) {
        if self.writing.is_none()
            && let Some(exercise) = lab.exercises.get(self.selected)
            && matches!(exercise.check, Check::Number { .. })
            && number(pasted).is_some()
        {
            self.begin_number(exercise, lab, app);
        }
        let Some(area) = &mut self.writing else { return };
        let is_number = lab.exercises.get(self.selected).is_some_and(|one| matches!(one.check, Check::Number { .. }));
        if is_number && self.is_judged {
            *area = TextArea::default();
        }
        let length: usize = area.lines().iter().map(|line| line.len() + 1).sum();
        let end = pasted.floor_char_boundary(MOST.saturating_sub(length));
        area.insert_str(pasted[..end].replace('\n', " "));
        (self.verdict, self.is_judged) = (None, false);
        if end < pasted.len() {
            let said = text::filled(app.say(text::ANSWER_FULL), &[&MOST]);
            app.notify(said);
        }
    }

    pub fn mouse(&mut self, event: MouseEvent, lab: &Lab, app: &mut AppContext) {
        if event.kind != MouseEventKind::Down(MouseButton::Left) {
            return;
        }
        let position = Position::new(event.column, event.row);
        if let Some(&(_, index)) = self.options.iter().find(|(row, _)| row.contains(position)) {
            self.option = index;
            let clicked = Some((self.selected, index));
            if std::mem::replace(&mut self.clicked, clicked) == clicked {
                self.handle_action(Action::Confirm, lab, app);
            }
        }
    }

    pub fn draw(&mut self, area: Rect, lab: &Lab, app: &AppContext, buffer: &mut Buffer) {
        let left = (area.width / 3).clamp(26, 40);
        let [list, detail] = Layout::horizontal([Constraint::Length(left), Constraint::Fill(1)]).areas(area);
        let solved = app.progress.solved(&lab.id);
        // The list follows the choice where it has more rows than there is room for.
        let room = usize::from(list.height.saturating_sub(1));
        let top = (self.selected + 1).saturating_sub(room);
        for (index, exercise) in lab.exercises.iter().enumerate().skip(top).take(room) {
            let row = Rect { y: list.y + 1 + (index - top) as u16, height: 1, ..list };
            let style = if index == self.selected { app.theme.selected() } else { app.theme.body() };
            buffer.set_style(row, style);
            let mark = if solved.contains(&exercise.id) { "✓" } else { "·" };
            write(buffer, row, 1, 0, mark, Style::new().fg(app.theme.good));
            write(buffer, row, 3, 0, exercise.title.in_language(app.language), style);
            app.places.put(row, Destination::Exercise(index));
        }
        for row in 0..detail.height {
            write(buffer, detail, 0, row, "│", app.theme.rule());
        }
        if let Some(exercise) = lab.exercises.get(self.selected) {
            let detail = detail.inner(Margin::new(2, 1));
            let page = Rect { x: 0, y: 0, width: detail.width, height: LONGEST };
            let mut whole = Buffer::empty(page);
            whole.set_style(page, app.theme.body());
            let rows = self.draw_exercise(exercise, solved.contains(&exercise.id), page, lab, app, &mut whole);
            self.show_rows(rows, &whole, detail, app, buffer);
            if let Some((place, destination)) = self.place.take() {
                app.places.put(place, destination);
            }
        }
    }

    /// Shows as much of an exercise as there is room for, and says that there is more.
    fn show_rows(&mut self, rows: u16, whole: &Buffer, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let all = rows <= area.height;
        self.shown = if all { area.height } else { area.height.saturating_sub(1) };
        self.scrolled = if all { 0 } else { self.scrolled.min(rows - self.shown) };
        for row in 0..self.shown.min(rows) {
            for column in 0..area.width {
                buffer[(area.x + column, area.y + row)] = whole[(column, self.scrolled + row)].clone();
            }
        }
        if !all {
            let more = if self.scrolled + self.shown < rows { text::MORE_BELOW } else { text::MORE_ABOVE };
            write(buffer, area, 0, self.shown, app.say(more), app.theme.quiet());
        }
        let visible = self.scrolled..self.scrolled + self.shown;
        self.options.retain(|(place, _)| visible.contains(&place.y));
        for (place, _) in &mut self.options {
            (place.x, place.y) = (place.x + area.x, place.y - self.scrolled + area.y);
        }
        self.place = self.place.take().filter(|(place, _)| visible.contains(&place.y)).map(|(place, destination)| {
            (Rect { x: place.x + area.x, y: place.y - self.scrolled + area.y, ..place }, destination)
        });
    }

    /// Draws all of an exercise; gives how many rows it takes.
    fn draw_exercise(
        &mut self,
        exercise: &Exercise,
        solved: bool,
        area: Rect,
        lab: &Lab,
        app: &AppContext,
        buffer: &mut Buffer,
    ) -> u16 {
        let language = app.language;
        let mut row = 0;
        let paragraph = |words: &str, row: &mut u16, buffer: &mut Buffer| {
            let columns = usize::from(area.width.min(76));
            for line in render(words, columns, &app.theme, app.widths) {
                put(&line, area, *row, buffer);
                *row += 1;
            }
        };
        write(buffer, area, 0, row, exercise.title.in_language(language), app.theme.strong());
        row += 2;
        paragraph(exercise.prompt.in_language(language), &mut row, buffer);
        row += 1;
        self.options.clear();
        self.place = None;
        let warning = Style::new().fg(app.theme.warning);
        let say_what_comes_first = |row: &mut u16, buffer: &mut Buffer| {
            let Some(before) = counts_after(exercise, lab, app).filter(|_| !solved) else { return };
            for line in wrapped(&text::filled(app.say(text::COUNTS_AFTER), &[&before]), usize::from(area.width.min(76)))
            {
                write(buffer, area, 0, *row, &line, warning);
                *row += 1;
            }
        };
        let explained = !solved && is_explained(exercise, app.progress.attempts(&lab.id, &exercise.id));
        match &exercise.check {
            Check::Choice { options, answer } => {
                say_what_comes_first(&mut row, buffer);
                for (index, option) in options.iter().enumerate() {
                    let chosen = index == self.option && !solved;
                    let right = (solved || explained) && index == *answer;
                    let style = match (chosen, right) {
                        (true, _) => app.theme.selected(),
                        (_, true) => Style::new().fg(app.theme.good).add_modifier(Modifier::BOLD),
                        _ => app.theme.body(),
                    };
                    let start = row;
                    let words = option.in_language(language);
                    for line in render(words, usize::from(area.width.min(76)) - 4, &app.theme, app.widths) {
                        let mark = if row > start {
                            "   "
                        } else if right {
                            " ✓ "
                        } else {
                            " ○ "
                        };
                        let end = write(buffer, area, 0, row, mark, style);
                        write(buffer, area, end, row, &line.to_string(), style);
                        self.options.push((Rect { y: area.y + row, height: 1, ..area }, index));
                        row += 1;
                    }
                }
            }
            Check::Number { unit, .. } => {
                say_what_comes_first(&mut row, buffer);
                let unit = unit.in_language(app.language);
                let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
                let label = format!("{}{unit}: ", app.say(text::YOUR_ANSWER));
                let end = write(buffer, area, 0, row, &label, app.theme.quiet());
                let place = Rect { x: area.x + end, y: area.y + row, width: 20, height: 1 };
                let kept = self.drafts.get(&exercise.id).cloned();
                let kept = kept.or_else(|| app.progress.answer(&lab.id, &exercise.id)).unwrap_or_default();
                self.draw_writing(&kept, place, app, buffer);
                row += 1;
            }
            Check::FreeText { minimum_characters } => {
                say_what_comes_first(&mut row, buffer);
                let least = text::filled(app.say(text::AT_LEAST_CHARACTERS), &[minimum_characters]);
                let label = format!("{} ({least}):", app.say(text::YOUR_ANSWER));
                write(buffer, area, 0, row, &label, app.theme.quiet());
                let place = Rect { y: area.y + row + 1, height: 5, ..area };
                if self.writing.is_some() {
                    self.draw_writing("", place, app, buffer);
                } else if let Some(answer) = app.progress.answer(&lab.id, &exercise.id) {
                    let lines = render(&answer, usize::from(area.width.min(76)), &app.theme, app.widths);
                    lines.iter().take(5).enumerate().for_each(|(i, line)| put(line, place, i as u16, buffer));
                } else {
                    write(buffer, place, 0, 0, app.say(text::WRITE_HERE), app.theme.quiet());
                }
                row += 6;
            }
            Check::Series { condition, .. } => {
                for line in wrapped(&in_words(condition, lab, language), usize::from(area.width.min(76))) {
                    write(buffer, area, 0, row, &line, app.theme.accented());
                    row += 1;
                }
                say_what_comes_first(&mut row, buffer);
                row = self.draw_place(app.say(text::DECIDED_BY_RUN), "", exercise, row, area, lab, app, buffer);
            }
            Check::Instrument { .. } | Check::Answer { .. } | Check::Line { .. } => {
                let said = app.say(text::DECIDED_BY_INSTRUMENT);
                let name = match decided_at(exercise, lab, app) {
                    Some(Destination::Instrument(index)) => lab.explore[index].title.in_language(language),
                    _ => "",
                };
                row = self.draw_place(said, name, exercise, row, area, lab, app, buffer);
            }
        }
        if let Some(verdict) = &self.verdict {
            row += 1;
            write(buffer, area, 0, row, "✗", Style::new().fg(app.theme.bad).add_modifier(Modifier::BOLD));
            let beside = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area };
            for line in render(verdict, usize::from(beside.width.min(74)), &app.theme, app.widths) {
                put(&line, beside, row, buffer);
                row += 1;
            }
        }
        row += 1;
        let shown = app.progress.hints(&lab.id, &exercise.id) as usize;
        for hint in exercise.hints.iter().take(shown) {
            let end = write(buffer, area, 0, row, app.say(text::HINT), warning);
            let rest = Rect { x: area.x + end + 2, width: area.width.saturating_sub(end + 2).min(76), ..area };
            for line in render(hint.in_language(language), usize::from(rest.width), &app.theme, app.widths) {
                put(&line, rest, row, buffer);
                row += 1;
            }
        }
        if solved {
            let label = format!("✓ {}", app.say(text::SOLVED));
            let end = write(buffer, area, 0, row, &label, Style::new().fg(app.theme.good).add_modifier(Modifier::BOLD));
            write(buffer, area, end + 2, row, app.say(text::WHY), app.theme.quiet());
            row += 1;
        } else if explained {
            write(buffer, area, 0, row, app.say(text::EXPLAINED), warning);
            row += 1;
        }
        if solved || explained {
            paragraph(exercise.explanation.in_language(language), &mut row, buffer);
        }
        row.min(LONGEST)
    }

    /// Says where an exercise is decided, and that Enter or a click goes there; gives the row after it.
    #[expect(clippy::too_many_arguments, reason = "the parts of one line")]
    fn draw_place(
        &mut self,
        said: &str,
        name: &str,
        exercise: &Exercise,
        row: u16,
        area: Rect,
        lab: &Lab,
        app: &AppContext,
        buffer: &mut Buffer,
    ) -> u16 {
        write(buffer, area, 0, row, said, app.theme.quiet());
        let Some(destination) = decided_at(exercise, lab, app) else { return row + 1 };
        let (row, mut column) = (row + 1, 0);
        if !name.is_empty() {
            column = write(buffer, area, column, row, name, app.theme.strong()) + 2;
        }
        let end = write(buffer, area, column, row, app.say(text::GO_THERE), app.theme.accented());
        self.place = Some((Rect { x: area.x + column, y: area.y + row, width: end - column, height: 1 }, destination));
        row + 1
    }

    fn draw_writing(&mut self, kept: &str, place: Rect, app: &AppContext, buffer: &mut Buffer) {
        let Some(writing) = &mut self.writing else {
            // What is typed begins a number; Enter goes on with the one that is there.
            if kept.is_empty() {
                let end = write(buffer, place, 0, 0, "▏", app.theme.accented());
                write(buffer, place, end, 0, app.say(text::TYPE_A_NUMBER), app.theme.quiet());
            } else {
                let end = write(buffer, place, 0, 0, kept, app.theme.strong());
                write(buffer, place, end + 1, 0, "↵", app.theme.quiet());
            }
            return;
        };
        writing.set_style(app.theme.strong());
        writing.set_cursor_line_style(Style::new());
        writing.set_cursor_style(Style::new().add_modifier(Modifier::REVERSED));
        (&*writing).render(place, buffer);
    }
}

fn put(line: &Line, area: Rect, row: u16, buffer: &mut Buffer) {
    if row < area.height {
        line.render(Rect { y: area.y + row, height: 1, ..area }, buffer);
    }
}

#[cfg(test)]
mod tests;
