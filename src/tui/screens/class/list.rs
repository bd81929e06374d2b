//! The list that instructors see: who is here, where, and whose hand is up.

use crate::class::message::{Here, LONGEST_TEXT, Member, Script};
use crate::lab::Lab;
use crate::printer::printable;
use crate::tui::context::AppContext;
use crate::tui::keys::{Action, Context};
use crate::tui::text::{self, filled};
use crate::tui::widgets::frame::write;
use crate::tui::widgets::line;
use crate::width::{width, wrapped};
use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::widgets::{Clear, Widget};

/// Rows of the notes of a demo that is presented elsewhere.
const NOTES: usize = 5;
/// Columns of each part at their widest; the lab and the exercise share what is free.
const NAME: u16 = 12;
const TAB: u16 = 9;
const KEY: u16 = 11;
const RUN: u16 = 6;
const SIZE: u16 = 7;

/// What is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Typing {
    Filter,
    /// A line for a session, or for all.
    Message(Option<u64>),
    /// Whether the held run of a session is to end: Enter or Esc alone.
    EndRun(u64),
}

/// In which order they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Order {
    /// Hands first, then by name.
    #[default]
    Hands,
    /// Those whose last key is longest ago.
    Idle,
    /// Those who are in one lab together.
    Lab,
}

/// What the list asks of the program around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Nothing,
    Close,
    Watch(u64),
    /// To look at somebody who has no screen.
    NoScreen,
    Lower(u64),
    EndRun(u64),
    /// To end a run that is not held, or that nobody waits for.
    NotHeld,
    Present,
    /// The table of answers.
    Answers,
    Message(Option<u64>, String),
}

#[derive(Debug, Default)]
pub struct ClassList {
    /// The session under the cursor.
    chosen: Option<u64>,
    order: Order,
    filter: String,
    typing: Option<(Typing, String)>,
    top: usize,
    rows: Vec<(Rect, u64)>,
}

impl ClassList {
    pub fn contexts(&self, app: &AppContext) -> Vec<Context> {
        if self.typing.is_some() {
            return vec![Context::ClassLine];
        }
        let shown = self.shown(app);
        let can_end = shown.get(self.place(&shown)).is_some_and(|member| is_waited_for(member, app));
        can_end.then_some(Context::ClassHeld).into_iter().chain([Context::ClassList]).collect()
    }

    pub fn in_text(&self) -> bool {
        self.typing.is_some()
    }

    /// Those that the filter lets through, in their order.
    fn shown<'a>(&self, app: &'a AppContext) -> Vec<&'a Member> {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let fits = |member: &&Member| {
            let text = format!("{} {} {}", member.account, member.student, place_in_words(&member.here, app).join(" "))
                .to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        let mut shown: Vec<&Member> = app.class.members.iter().filter(fits).collect();
        match self.order {
            // So they come.
            Order::Hands => {}
            Order::Idle => shown.sort_by_key(|member| std::cmp::Reverse(member.idle)),
            Order::Lab => shown.sort_by_key(|member| (member.here.lab.is_none(), member.here.lab.clone())),
        }
        shown
    }

    /// The place of the session under the cursor; the first if it has gone.
    fn place(&self, shown: &[&Member]) -> usize {
        shown.iter().position(|member| Some(member.session) == self.chosen).unwrap_or(0)
    }

    fn step(&mut self, by: isize, app: &AppContext) {
        let shown = self.shown(app);
        let place = self.place(&shown).saturating_add_signed(by).min(shown.len().saturating_sub(1));
        self.chosen = shown.get(place).map(|member| member.session);
    }

    pub fn handle_action(&mut self, action: Action, app: &AppContext) -> Asked {
        let shown = self.shown(app);
        let chosen = shown.get(self.place(&shown)).map(|member| member.session);
        match action {
            Action::Back if self.typing.is_some() => {
                if let Some((Typing::Filter, _)) = self.typing.take() {
                    self.filter.clear();
                }
            }
            Action::Back if !self.filter.is_empty() => self.filter.clear(),
            Action::Back | Action::Class => return Asked::Close,
            Action::Confirm => match self.typing.take() {
                Some((Typing::EndRun(session), _)) => return Asked::EndRun(session),
                Some((Typing::Message(to), text)) if !text.trim().is_empty() => return Asked::Message(to, text),
                Some(_) => {}
                None => return shown.get(self.place(&shown)).map_or(Asked::Nothing, |member| watch(member)),
            },
            Action::Up => self.step(-1, app),
            Action::Down => self.step(1, app),
            Action::PageUp => self.step(-10, app),
            Action::PageDown => self.step(10, app),
            Action::Home => self.step(isize::MIN, app),
            Action::End => self.step(isize::MAX, app),
            Action::LowerHand => return chosen.map_or(Asked::Nothing, Asked::Lower),
            Action::EndRun => {
                let held = shown.get(self.place(&shown)).filter(|member| is_waited_for(member, app));
                let Some(session) = held.map(|member| member.session) else { return Asked::NotHeld };
                self.typing = Some((Typing::EndRun(session), String::new()));
            }
            Action::Present => return Asked::Present,
            Action::Answers => return Asked::Answers,
            Action::Search => self.typing = Some((Typing::Filter, self.filter.clone())),
            Action::Message => self.typing = chosen.map(|to| (Typing::Message(Some(to)), String::new())),
            Action::MessageAll => self.typing = Some((Typing::Message(None), String::new())),
            Action::Sort => {
                self.order = match self.order {
                    Order::Hands => Order::Idle,
                    Order::Idle => Order::Lab,
                    Order::Lab => Order::Hands,
                }
            }
            _ => {}
        }
        Asked::Nothing
    }

    /// The line that is typed, where there is one.
    fn line(&mut self) -> Option<&mut String> {
        self.typing.as_mut().filter(|(typing, _)| !matches!(typing, Typing::EndRun(_))).map(|(_, text)| text)
    }

    pub fn typed(&mut self, key: &KeyEvent) {
        let Some(text) = self.line() else { return };
        if line::typed(text, key, LONGEST_TEXT) {
            self.filter_by_typed();
        }
    }

    pub fn pasted(&mut self, pasted: &str) {
        let Some(text) = self.line() else { return };
        line::pasted(text, pasted, LONGEST_TEXT);
        self.filter_by_typed();
    }

    fn filter_by_typed(&mut self) {
        if let Some((Typing::Filter, text)) = &self.typing {
            self.filter.clone_from(text);
        }
    }

    /// The wheel moves the cursor; a click sets it, and a second on the same row looks at the screen.
    pub fn mouse(&mut self, event: MouseEvent, app: &AppContext) -> Asked {
        match event.kind {
            MouseEventKind::ScrollUp => self.step(-1, app),
            MouseEventKind::ScrollDown => self.step(1, app),
            MouseEventKind::Down(MouseButton::Left) => {
                let at = Position::new(event.column, event.row);
                let clicked = self.rows.iter().find(|(place, _)| place.contains(at)).map(|(_, session)| *session);
                if clicked.is_some() && clicked == self.chosen {
                    return self.handle_action(Action::Confirm, app);
                }
                self.chosen = clicked.or(self.chosen);
            }
            _ => {}
        }
        Asked::Nothing
    }

    pub fn draw(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        Clear.render(area, buffer);
        buffer.set_style(area, app.theme.body());
        let notes = notes(usize::from(area.width.saturating_sub(2)), app);
        let rows = [1, notes.len() as u16, 1].map(Constraint::Length);
        let [head, above, names, body, below] =
            Layout::vertical([rows[0], rows[1], rows[2], Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        self.draw_head(head, app, buffer);
        for (row, (line, is_note)) in notes.iter().enumerate() {
            let style = if *is_note { app.theme.body() } else { app.theme.accented() };
            write(buffer, above, 1, row as u16, line, style);
        }
        let columns = columns(area.width);
        let headings = [
            text::CLASS_NAME,
            text::CLASS_LAB,
            text::CLASS_TAB,
            text::CLASS_EXERCISE,
            text::CLASS_KEY,
            text::CLASS_RUN,
            text::CLASS_SIZE,
        ];
        for ((column, room), heading) in columns.into_iter().zip(headings) {
            write(
                buffer,
                Rect { width: (column + room).min(area.width), ..names },
                column,
                0,
                app.say(heading),
                app.theme.quiet(),
            );
        }
        let shown = self.shown(app);
        let (place, fit) = (self.place(&shown), usize::from(body.height));
        self.chosen = shown.get(place).map(|member| member.session);
        self.top = self.top.min(place).max((place + 1).saturating_sub(fit));
        let top = self.top.min(shown.len().saturating_sub(fit));
        self.rows.clear();
        if shown.is_empty() {
            let why = if app.class.members.is_empty() { text::CLASS_COMES } else { text::CLASS_NOBODY };
            write(buffer, body, 1, 0, app.say(why), app.theme.quiet());
        }
        for (row, member) in shown.iter().skip(top).take(fit).enumerate() {
            let line = Rect { y: body.y + row as u16, height: 1, ..body };
            draw_member(member, row + top == place, line, columns, app, buffer);
            self.rows.push((line, member.session));
        }
        self.draw_foot(below, shown.len().saturating_sub(top + fit), app, buffer);
    }

    /// How many are here, how many of them need help, and who presents.
    fn draw_head(&self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let class = &app.class;
        let end = write(buffer, area, 1, 0, app.say(text::CLASS), app.theme.strong());
        let hands = class.members.iter().filter(|member| member.hand.is_some()).count();
        let mut facts = vec![filled(app.say(text::CLASS_HERE), &[&class.members.len()])];
        facts.extend((hands > 0).then(|| filled(app.say(text::HANDS), &[&hands])));
        facts.extend((class.now.waiting > 0).then(|| filled(app.say(text::CLASS_WAITING), &[&class.now.waiting])));
        facts.extend(
            class
                .now
                .presenter
                .as_ref()
                .map(|presenter| filled(app.say(text::CLASS_PRESENTS), &[presenter, &class.now.followers])),
        );
        write(buffer, area, end + 2, 0, &facts.join(" · "), app.theme.quiet());
        let order = match self.order {
            Order::Hands => text::CLASS_BY_HANDS,
            Order::Idle => text::CLASS_BY_IDLE,
            Order::Lab => text::CLASS_BY_LAB,
        };
        let order = app.say(order);
        write(buffer, area, area.width.saturating_sub(width(order) as u16 + 1), 0, order, app.theme.quiet());
    }

    /// The line that is typed, or the filter, and how many are below.
    fn draw_foot(&self, area: Rect, below: usize, app: &AppContext, buffer: &mut Buffer) {
        let name = |session: u64| {
            let member = app.class.members.iter().find(|member| member.session == session);
            member.map_or("", |member| member.account.as_str())
        };
        let (label, text) = match &self.typing {
            Some((Typing::EndRun(session), _)) => {
                let asked = filled(app.say(text::CLASS_END_RUN), &[&name(*session), &app.class.now.waiting]);
                write(buffer, area, 1, 0, &asked, app.theme.accented());
                return;
            }
            Some((Typing::Filter, text)) => (app.say(text::RUNS_FILTER).to_owned(), text),
            Some((Typing::Message(None), text)) => (app.say(text::CLASS_TO_ALL).to_owned(), text),
            Some((Typing::Message(Some(to)), text)) => (filled(app.say(text::CLASS_TO), &[&name(*to)]), text),
            None if !self.filter.is_empty() => (app.say(text::RUNS_FILTER).to_owned(), &self.filter),
            None => (String::new(), &self.filter),
        };
        if !label.is_empty() {
            let end = write(buffer, area, 1, 0, &format!("{label}: "), app.theme.accented());
            let end = line::draw(text, end, area, &app.theme, buffer);
            if self.typing.is_some() {
                write(buffer, area, end, 0, "▏", app.theme.accented());
            }
        }
        if below > 0 {
            let more = format!("↓ {below}");
            write(buffer, area, area.width.saturating_sub(width(&more) as u16 + 1), 0, &more, app.theme.quiet());
        }
    }
}

/// The first column and the room of each part.
fn columns(room: u16) -> [(u16, u16); 7] {
    let fixed = [NAME, TAB, KEY, RUN, SIZE].iter().sum::<u16>() + 9;
    let free = room.saturating_sub(fixed);
    let widths = [NAME, free * 2 / 5, TAB, free - free * 2 / 5, KEY, RUN, SIZE];
    let mut column = 3;
    widths.map(|width| {
        let start = column;
        column += width + 1;
        (start, width)
    })
}

/// Whether a session holds a run, and with it a place to train that others wait for.
fn is_waited_for(member: &Member, app: &AppContext) -> bool {
    let is_held = member.here.run.as_ref().is_some_and(|run| run.is_held);
    is_held && member.has_place && app.class.now.waiting > 0
}

fn draw_member(
    member: &Member,
    is_chosen: bool,
    line: Rect,
    columns: [(u16, u16); 7],
    app: &AppContext,
    buffer: &mut Buffer,
) {
    let style = if is_chosen { app.theme.selected() } else { app.theme.body() };
    buffer.set_style(line, style);
    if member.hand.is_some() {
        write(buffer, line, 1, 0, "!", style.fg(app.theme.warning));
    }
    let [lab, tab, exercise] = place_in_words(&member.here, app);
    // Who follows the presenter's screen sees nothing of their own.
    let tab = if member.follows { app.say(text::CLASS_FOLLOWS).to_owned() } else { tab };
    let holds_place = is_waited_for(member, app);
    let run = member.here.run.as_ref().map(|run| {
        let mark = if run.is_live { "●" } else { "○" };
        format!("{} {}%", if holds_place { "!" } else { mark }, run.percent)
    });
    let (columns_of, rows_of) = (member.here.columns, member.here.rows);
    let is_linear = member.here.is_linear();
    let is_small = !is_linear && (columns_of < 80 || rows_of < 24);
    let size = if is_linear { app.say(text::CLASS_LINEAR).to_owned() } else { format!("{columns_of}×{rows_of}") };
    let key = match member.hand {
        Some(seconds) => format!("{} {}", app.say(text::CLASS_HAND), time(seconds, app)),
        None => time(member.idle, app),
    };
    let name = if member.student.is_empty() { &member.account } else { &member.student };
    let cells = [name.clone(), lab, tab, exercise, key, run.unwrap_or_default(), size];
    for (index, ((column, room), cell)) in columns.into_iter().zip(cells).enumerate() {
        let place = Rect { width: (column + room).min(line.width), ..line };
        let is_warned = match index {
            4 => member.hand.is_some(),
            5 => holds_place,
            6 => is_small,
            _ => false,
        };
        let style = if is_warned { style.fg(app.theme.warning) } else { style };
        write(buffer, place, column, 0, &printable(&cell), style);
    }
}

/// The lab, the tab and the exercise that somebody looks at, as they are called here.
fn place_in_words(here: &Here, app: &AppContext) -> [String; 3] {
    let lab: Option<&Lab> = here.lab.as_ref().and_then(|id| app.catalogue.find(id).ok());
    let title = lab.map(|lab| lab.title.in_language(app.language).to_owned());
    let lab_name = title.or_else(|| here.lab.clone()).unwrap_or_else(|| app.say(text::CLASS_PICKER).to_owned());
    let tab = match here.tab.as_deref() {
        Some("theory") => app.say(text::THEORY),
        Some("train") => app.say(text::TRAIN),
        Some("explore") => app.say(text::EXPLORE),
        Some("exercises") => app.say(text::EXERCISES),
        Some("notes") => app.say(text::NOTES),
        _ => "",
    };
    let exercise = here.exercise.as_ref().map(|id| {
        let known = lab.and_then(|lab| lab.exercises.iter().find(|exercise| exercise.id == *id));
        known.map_or_else(|| id.clone(), |exercise| exercise.title.in_language(app.language).to_owned())
    });
    [lab_name, tab.to_owned(), exercise.unwrap_or_default()]
}

/// What Enter asks for.
fn watch(member: &Member) -> Asked {
    if member.here.is_linear() { Asked::NoScreen } else { Asked::Watch(member.session) }
}

/// A time in few letters.
fn time(seconds: u64, app: &AppContext) -> String {
    let (number, unit) = match seconds {
        0..60 => (seconds, text::SECONDS),
        60..3600 => (seconds / 60, text::MINUTES),
        _ => (seconds / 3600, text::HOURS),
    };
    format!("{number} {}", app.say(unit))
}

/// What a presenter sees here alone: how long it has been, what is said, and the notes of the demo; whether a line is a note.
fn notes(columns: usize, app: &AppContext) -> Vec<(String, bool)> {
    let Some((script, seconds)) = &app.class.script else { return Vec::new() };
    let clock = format!("{}:{:02}", seconds / 60, seconds % 60);
    let Some(Script { lab, step, steps, words, note }) = script else {
        return vec![(filled(app.say(text::CLASS_ELSEWHERE), &[&clock]), false)];
    };
    let title = app.catalogue.find(lab).map_or(lab.as_str(), |lab| lab.title.in_language(app.language));
    let step = filled(app.say(text::DEMO_STEP), &[step, steps]);
    let heading = format!("{} · {title} · {step}", filled(app.say(text::CLASS_ELSEWHERE), &[&clock]));
    let lines = [words.as_str()].into_iter().chain(note.as_deref()).flat_map(|text| wrapped(text, columns));
    std::iter::once((heading, false)).chain(lines.take(NOTES).map(|line| (line, true))).collect()
}
