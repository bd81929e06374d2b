//! The board with what stands above, below and beside it.

use super::names::{game_name, hand_origin, kind_name, letters, sign};
use super::{BoardTable, Cursor, Errand, Side, form, panel};
use crate::experiment::board::{Board, Origin, Thinking};
use crate::tui::context::AppContext;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widgets::board::{self as widget, Letters, Marks};
use crate::tui::widgets::frame::{frame, write};
use crate::width::{width, wrapped};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

/// Columns of a kind of piece in hand.
pub const HAND_WIDTH: usize = 5;
/// Columns that what stands beside a board needs.
const BESIDE: u16 = 36;
/// Rows at the most for what is said beside the board.
const MOST_SAID: usize = 5;
/// Moves of a line that are shown on the board.
const GHOSTS: usize = 9;

/// What a search expects, on the board: heat where it looked, ghosts along a line.
fn believed(board: &Board, thinking: &Thinking, under: Option<usize>, live: bool, marks: &mut Marks) {
    let most = thinking.considered.iter().map(|considered| considered.visits).max().unwrap_or(0);
    for considered in &thinking.considered {
        let Some(to) = considered.line.first().and_then(|first| first.to) else { continue };
        if most > 0 && considered.visits > 0 {
            let share = considered.visits as f32 / most as f32;
            match marks.heat.iter_mut().find(|(cell, _)| *cell == to) {
                Some((_, known)) => *known = known.max(share),
                None => marks.heat.push((to, share)),
            }
        }
    }
    let at = |to: usize| if board.by_column { to % board.columns } else { to };
    let chosen = under.and_then(|under| {
        thinking
            .considered
            .iter()
            .find(|considered| considered.line.first().and_then(|first| first.to).is_some_and(|to| at(to) == at(under)))
    });
    let line = chosen.or(thinking.considered.first().filter(|_| live)).map(|considered| considered.line.as_slice());
    for (number, step) in (1..).zip(line.unwrap_or_default()).take(GHOSTS) {
        let Some(to) = step.to else { continue };
        if board.moves_pieces() {
            if number == 1 {
                marks.pointed.extend(step.from);
                marks.pointed.push(to);
            }
        } else if !marks.ghosts.iter().any(|(cell, ..)| *cell == to) {
            marks.ghosts.push((to, step.side, number.to_string()));
        }
    }
}

/// Where a stone would come to lie: in a column it falls.
pub fn landing(board: &Board, cell: usize) -> usize {
    let same = |to: &usize| to % board.columns == cell % board.columns;
    let falls = board.choices.iter().filter_map(|choice| choice.to).find(same);
    falls.filter(|_| board.by_column).unwrap_or(cell)
}

impl BoardTable {
    fn marks(&self, board: &Board) -> Marks {
        let mut marks = Marks::default();
        if let Cursor::Cell(cell) = self.cursor {
            marks.cursor = Some(landing(board, cell));
        }
        if let Some(Origin::Cell(cell)) = self.picked {
            marks.picked = Some(cell);
        }
        if let Some(picked) = self.picked {
            marks.hints = board.from(picked).filter_map(|choice| choice.to).collect();
        } else if matches!(board.game.as_str(), "othello" | "othello-6") && self.is_persons_turn() {
            marks.hints = board.choices.iter().filter_map(|choice| choice.to).collect();
        }
        match &self.side {
            Side::Tree(tree) => {
                for (number, step) in (1..).zip(tree.way()) {
                    if let Some(to) = step.to {
                        marks.ghosts.push((to, (board.turn + number - 1) % 2, number.to_string()));
                    }
                }
            }
            Side::Walk(_) | Side::Edit(_) => {}
            _ => {
                let live = matches!(self.errand, Errand::Move | Errand::Hint);
                let seen = self.errand != Errand::Ponder && !matches!(self.errand, Errand::Prediction(_));
                if let Some((.., thinking)) = self.thinking.as_ref().filter(|(at, ..)| *at == self.table.at && seen) {
                    believed(board, thinking, marks.cursor, live, &mut marks);
                }
            }
        }
        marks
    }

    pub(super) fn draw_all(
        &mut self,
        area: Rect,
        focused: bool,
        title: &str,
        app: &mut AppContext,
        buffer: &mut Buffer,
    ) {
        let Some(board) = self.board.clone() else {
            frame(area, title, "", focused, &app.theme, buffer);
            return;
        };
        // In a walk the board shows the end of the simulation while it is simulated.
        let (shown, marks) = match &self.side {
            Side::Walk(walk) => walk.board(&board),
            Side::Edit(edit) => {
                let cursor = if let Cursor::Cell(cell) = self.cursor { Some(cell) } else { None };
                (edit.board.clone(), Marks { cursor, ..Marks::default() })
            }
            _ => (board.clone(), self.marks(&board)),
        };
        let hands = u16::from(board.game == "shogi");
        let room = Rect {
            width: area.width.saturating_sub(BESIDE + 2),
            height: area.height.saturating_sub(2 + 2 * hands),
            ..area
        };
        let (columns, _) = widget::extent(&shown, room);
        let [left, right] = Layout::horizontal([Constraint::Length(columns + 3), Constraint::Fill(1)]).areas(area);
        let name = app.say(game_name(&board.game));
        let moves = format!("{} {}", app.say(text::BOARD_MOVE), self.table.at);
        let inner = frame(left, name, &moves, focused, &app.theme, buffer);
        let place = Rect { y: inner.y + hands, height: inner.height.saturating_sub(2 * hands), ..inner };
        self.place = place;
        let letters = letters(&board, app.language);
        self.drawn = widget::draw(&shown, &marks, letters, place, &app.theme, buffer);
        self.hands = [Rect::default(); 2];
        if hands > 0 {
            let below = self.drawn.area.bottom();
            for (side, row) in [(1, inner.y), (0, below)] {
                let line = Rect { x: self.drawn.area.x, y: row, width: inner.width.saturating_sub(3), height: 1 };
                self.hands[side] = line;
                self.draw_hand(&shown, side, line, letters, app, buffer);
            }
        }
        self.draw_beside(right, &board, app, buffer);
    }

    fn draw_hand(
        &self,
        board: &Board,
        side: usize,
        line: Rect,
        letters: Letters,
        app: &AppContext,
        buffer: &mut Buffer,
    ) {
        for (place, (man, count)) in board.hands[side].iter().enumerate() {
            let word = if letters == Letters::Latin { &man.letter } else { &man.glyph };
            let own = side == board.turn;
            let chosen = own && self.cursor == Cursor::Hand(place);
            let picked = own && self.picked.is_some() && self.picked == hand_origin(board, &man.letter);
            let style = if chosen || picked { app.theme.selected() } else { app.theme.body() };
            let words = if *count > 1 { format!("{word}×{count}") } else { word.clone() };
            write(buffer, line, (place * HAND_WIDTH) as u16, 0, &words, style);
        }
        let mark = Rect { x: line.x.saturating_sub(3), width: 2, ..line };
        write(buffer, mark, 1, 0, sign(&board.game, side), widget::side_style(board, side, &app.theme));
    }

    fn draw_beside(&mut self, area: Rect, board: &Board, app: &mut AppContext, buffer: &mut Buffer) {
        (self.graph, self.rows) = (Rect::default(), Rect::default());
        let said = self.said_lines(area.width.saturating_sub(4)).len().clamp(1, MOST_SAID) as u16;
        let [top, rest] = Layout::vertical([Constraint::Length(5 + said), Constraint::Fill(1)]).areas(area);
        self.draw_players(top, board, app, buffer);
        let exploration = self.exploration();
        match &mut self.side {
            Side::Form(form) => form::draw(form, &self.offer, rest, app, buffer),
            Side::Tree(tree) => tree.draw(rest, app, buffer),
            Side::Walk(walk) => walk.draw(exploration, rest, app, buffer),
            Side::Edit(edit) => edit.draw(rest, app, buffer),
            Side::Thinking => {
                let graph = (rest.height / 3).clamp(5, 9);
                let [thoughts, graph] = Layout::vertical([Constraint::Fill(1), Constraint::Length(graph)]).areas(rest);
                self.rows = self.draw_thinking(thoughts, app, buffer);
                self.graph = panel::draw_graph(self.graph_of(), graph, app, buffer);
            }
        }
    }

    /// What was said last, in lines of so many columns.
    fn said_lines(&self, columns: u16) -> Vec<String> {
        let columns = usize::from(columns);
        // What has room keeps the gaps between its parts.
        let lines = |line: &str| if width(line) <= columns { vec![line.to_owned()] } else { wrapped(line, columns) };
        self.said.0.lines().flat_map(lines).collect()
    }

    /// The players, whose move it is, what is counted, and what happened last.
    fn draw_players(&self, area: Rect, board: &Board, app: &AppContext, buffer: &mut Buffer) {
        let inner = frame(area, "", "", false, &app.theme, buffer);
        let setup = &self.table.setup;
        let now = std::time::Instant::now();
        for side in 0..2 {
            let turns = board.turn == side && self.ending().is_none();
            let name = if setup.seats.is_person(side) {
                app.say(text::BOARD_YOU).to_owned()
            } else {
                format!("{} {} {}", app.say(kind_name(&setup.kind)), app.say(text::BOARD_LEVEL), setup.level)
            };
            let style = if turns { app.theme.strong() } else { app.theme.quiet() };
            write(buffer, inner, 1, side as u16, if turns { "▸" } else { " " }, app.theme.accented());
            let own = widget::side_style(board, side, &app.theme);
            write(buffer, inner, 3, side as u16, &format!(" {} ", sign(&board.game, side)), own);
            let end = write(buffer, inner, 7, side as u16, &name, style);
            if turns && self.errand != Errand::Nothing {
                let doing = match self.errand {
                    Errand::Move => text::BOARD_THINKS,
                    Errand::Hint => text::BOARD_HINTING,
                    Errand::Ponder => text::BOARD_PONDERS,
                    _ => text::BOARD_COMPARES,
                };
                write(buffer, inner, end + 2, side as u16, app.say(doing), app.theme.accented());
            } else if turns && self.paused {
                write(buffer, inner, end + 2, side as u16, app.say(text::PAUSED), app.theme.accented());
            }
            let mut right = inner.width;
            if let Some(clock) = &self.table.clock {
                let left = clock.left(side, now).as_secs_f64().ceil() as u64;
                let words = format!("{:02}:{:02}", left / 60, left % 60);
                right = right.saturating_sub(width(&words) as u16 + 1);
                write(buffer, inner, right, side as u16, &words, style);
            }
            let counted: Vec<String> = board.tallies.iter().map(|tally| format_count(tally.of[side])).collect();
            let counted = counted.join("  ");
            right = right.saturating_sub(width(&counted) as u16 + 2);
            write(buffer, inner, right, side as u16, &counted, app.theme.quiet());
        }
        let counted: Vec<&str> = board.tallies.iter().map(|tally| app.say(panel::counted(tally.what))).collect();
        let mut row = 2;
        if let Some((wanted, line)) = &self.line {
            let asked = match wanted {
                super::Wanted::Move => text::BOARD_TYPE_MOVE,
                super::Wanted::Position => text::BOARD_TYPE_POSITION,
                super::Wanted::SaveTo => text::BOARD_SAVE_TO,
                super::Wanted::OpenFrom => text::BOARD_OPEN_FROM,
            };
            write(buffer, inner, 1, row, app.say(asked), app.theme.quiet());
            draw_line(line, Rect { y: inner.y + row + 1, height: 2, ..inner }, &app.theme, buffer);
            return;
        }
        if let Some((choices, chosen)) = &self.becoming {
            let mut column = write(buffer, inner, 1, row, app.say(text::BOARD_BECOMES), app.theme.quiet()) + 1;
            for (place, choice) in choices.iter().enumerate() {
                let style = if place == *chosen { app.theme.selected() } else { app.theme.body() };
                let word = if choice.becomes.is_empty() { "=" } else { &choice.becomes };
                column = write(buffer, inner, column, row, &format!(" {word} "), style);
            }
            return;
        }
        let last = self.table.at.checked_sub(1).and_then(|last| board.names.get(last));
        let last = last.map_or_else(String::new, |name| format!("{} {name}", app.say(text::BOARD_LAST)));
        let counted = counted.join(", ");
        let words: Vec<&str> = [last.as_str(), counted.as_str()].into_iter().filter(|word| !word.is_empty()).collect();
        write(buffer, inner, 1, row, &words.join("   "), app.theme.quiet());
        row += 1;
        let style = if self.said.1 { app.theme.body().fg(app.theme.bad) } else { app.theme.accented() };
        for line in self.said_lines(inner.width.saturating_sub(2)) {
            write(buffer, inner, 1, row, &line, style);
            row += 1;
        }
    }
}

fn format_count(count: f32) -> String {
    if count.fract() == 0.0 { format!("{count:.0}") } else { format!("{count:.1}") }
}

/// A line that is typed, its end in view.
fn draw_line(line: &tui_textarea::TextArea, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let typed = line.lines().join(" ");
    let cursor = line.cursor().1;
    let room = usize::from(area.width.saturating_sub(4));
    let before: String = typed.chars().take(cursor).collect();
    let skipped = before.chars().count().saturating_sub(room.saturating_sub(2));
    let seen: String = typed.chars().skip(skipped).collect();
    let column = write(buffer, area, 1, 0, "› ", theme.accented());
    write(buffer, area, column, 0, &seen, theme.strong());
    let at = column + width(&before.chars().skip(skipped).collect::<String>()) as u16;
    if at < area.width {
        let cell = &mut buffer[(area.x + at, area.y)];
        cell.modifier.insert(ratatui::style::Modifier::REVERSED);
    }
}
