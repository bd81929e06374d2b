//! What the machine thinks, and how the game went.

use super::{BoardTable, Errand};
use crate::experiment::Wording;
use crate::experiment::board::{Considered, Counted, Ending, Judged, Thinking};
use crate::tui::context::AppContext;
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write, write_middle};
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Points lost by a blunder.
const BLUNDER: f32 = 0.2;

pub fn counted(what: Counted) -> Wording {
    match what {
        Counted::Captures => text::BOARD_CAPTURES,
        Counted::Discs => text::BOARD_DISCS,
        Counted::Points => text::BOARD_POINTS,
    }
}

/// A count as people say it: 950, 48.2 k, 1.3 M.
pub fn short(count: u64) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{:.1} k", count as f64 / 1e3),
        _ => format!("{:.1} M", count as f64 / 1e6),
    }
}

pub fn proven(ending: Ending, mover: usize, app: &AppContext) -> &'static str {
    app.say(match ending {
        Ending::Drawn => text::BOARD_PROVEN_DRAW,
        Ending::Won(side) if side == mover => text::BOARD_PROVEN_WIN,
        Ending::Won(_) => text::BOARD_PROVEN_LOSS,
    })
}

/// Which moves lost much, in words.
pub fn blunders(judged: &[Judged], app: &AppContext) -> String {
    let lost = |judged: &Judged| judged.better.as_ref().is_some_and(|(_, loss)| *loss >= BLUNDER);
    let moves = (1..).zip(judged).filter(|(_, judged)| lost(judged)).map(|(number, _)| number.to_string());
    let moves: Vec<String> = moves.collect();
    let list = match moves.as_slice() {
        [] => app.say(text::BOARD_NONE).to_owned(),
        [one] => text::filled(app.say(text::BOARD_LOST_AT), &[one]),
        several => text::filled(app.say(text::BOARD_LOST_AT_MOVES), &[&several.join(", ")]),
    };
    text::filled(app.say(text::BOARD_REVIEWED), &[&list])
}

/// What the graph shows.
pub struct Graph<'a> {
    values: &'a [Option<f32>],
    judged: &'a [Judged],
    last: usize,
    at: usize,
    /// How much of a review is done.
    share: Option<f32>,
}

/// The move of a game of so many under a column of its graph.
pub fn move_at(graph: Rect, last: usize, column: u16) -> usize {
    let width = usize::from(graph.width).max(1);
    let at = usize::from(column.saturating_sub(graph.x));
    if last < width { (at * (last + 1) / width).min(last) } else { at * last / (width - 1).max(1) }
}

impl BoardTable {
    pub(super) fn graph_of(&self) -> Graph<'_> {
        let last = self.table.played.moves.len();
        let share = self.reviewing.then(|| self.judged.len() as f32 / (last + 1) as f32);
        Graph { values: &self.table.values, judged: &self.judged, last, at: self.table.at, share }
    }

    /// Draws what the search found; gives the rows of the moves considered.
    pub(super) fn draw_thinking(&self, area: Rect, app: &AppContext, buffer: &mut Buffer) -> Rect {
        let hidden = matches!(self.errand, Errand::Ponder | Errand::Prediction(_));
        let thinking = self.thinking.as_ref().filter(|_| !hidden);
        let note = format!("c = {:.2}", self.exploration());
        let note = if self.table.setup.kind == "mcts" { note.as_str() } else { "" };
        let inner = frame(area, app.say(text::BOARD_THINKING), note, false, &app.theme, buffer);
        let Some((at, mover, thinking)) = thinking else {
            let words = if hidden { text::BOARD_HIDDEN } else { text::BOARD_NO_THOUGHT };
            write_middle(buffer, inner, app.say(words), app.theme.quiet());
            return Rect::default();
        };
        if thinking.finished && thinking.simulations == 0 && !thinking.has_proof() {
            write_middle(buffer, inner, app.say(text::BOARD_BLUNDER), app.theme.quiet());
            return Rect::default();
        }
        let rows = inner.height.saturating_sub(4);
        let most = thinking.considered.iter().map(|considered| considered.visits).max().unwrap_or(0);
        let head = if most > 0 { text::BOARD_COLUMNS } else { text::BOARD_COLUMNS_VALUE };
        write(buffer, inner, 3, 0, app.say(head), app.theme.quiet());
        let table = Rect { y: inner.y + 1, height: rows, ..inner };
        for (row, considered) in (0..rows).zip(&thinking.considered) {
            draw_considered(considered, most, row, *mover, row == 0, table, app, buffer);
        }
        let foot = Rect { y: inner.y + 1 + rows, height: inner.height.saturating_sub(1 + rows), ..inner };
        self.draw_line_and_counts(thinking, *at, foot, app, buffer);
        table
    }

    fn draw_line_and_counts(&self, thinking: &Thinking, at: usize, foot: Rect, app: &AppContext, buffer: &mut Buffer) {
        if let Some(best) = thinking.considered.first() {
            let names: Vec<&str> = best.line.iter().map(|step| step.name.as_str()).collect();
            let end = write(buffer, foot, 1, 0, app.say(text::BOARD_LINE), app.theme.quiet()) + 1;
            write(buffer, foot, end, 0, &names.join(" "), app.theme.body());
        }
        let rate = thinking.simulations as f64 / thinking.seconds.max(1e-3);
        let unit = app.say(if thinking.has_tree { text::BOARD_PLAYOUTS } else { text::BOARD_POSITIONS });
        let time = match thinking.of_seconds.filter(|_| !thinking.finished) {
            Some(whole) => format!("{:.1} / {whole:.1} {}   ", thinking.seconds, app.say(text::SECONDS)),
            None => String::new(),
        };
        let words = format!(
            "{time}{} {unit}   {}{}",
            short(thinking.simulations),
            short(rate as u64),
            app.say(text::PER_SECOND)
        );
        write(buffer, foot, 1, 1, &words, app.theme.body());
        let full = if thinking.full { app.say(text::BOARD_FULL) } else { "" };
        let words = format!(
            "{} {}   {} {}{full}",
            app.say(text::BOARD_DEPTH),
            thinking.depth,
            short(thinking.nodes),
            app.say(text::BOARD_NODES)
        );
        let end = write(buffer, foot, 1, 2, &words, app.theme.body());
        if at != self.table.at {
            let words = format!("{} {}", app.say(text::BOARD_BEFORE_MOVE), at + 1);
            let column = foot.width.saturating_sub(width(&words) as u16 + 1);
            if column > end {
                write(buffer, foot, column, 2, &words, app.theme.quiet());
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one row of a table, called in one place")]
fn draw_considered(
    considered: &Considered,
    most: u64,
    row: u16,
    mover: usize,
    best: bool,
    table: Rect,
    app: &AppContext,
    buffer: &mut Buffer,
) {
    let Some(first) = considered.line.first() else { return };
    let style = if best { app.theme.strong() } else { app.theme.body() };
    write(buffer, table, 1, row, if best { "▸" } else { " " }, app.theme.accented());
    write(buffer, table, 3, row, &first.name, style);
    if most > 0 {
        write(buffer, table, 10, row, &format!("{:>8}", short(considered.visits)), style);
    }
    let value = match considered.proven {
        Some(ending) => proven(ending, mover, app).to_owned(),
        // Of moves that are not the best alpha-beta knows only that they are no better.
        None if most == 0 && !best => format!("≤{:>4.1}%", 100.0 * considered.value),
        None => format!("{:>5.1}%", 100.0 * considered.value),
    };
    let end = write(buffer, table, 20, row, &value, style);
    let room = table.width.saturating_sub(end.max(27) + 2);
    let share = if most > 0 { considered.visits as f32 / most as f32 } else { considered.value };
    if most == 0 && !best {
        return;
    }
    let bar = "█".repeat((share * f32::from(room)).round() as usize);
    write(buffer, table, end.max(27) + 1, row, &bar, app.theme.accented());
}

/// The win rate by move: what the first side was expected to get. Gives the area of its columns.
pub fn draw_graph(graph: Graph, area: Rect, app: &AppContext, buffer: &mut Buffer) -> Rect {
    const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let note = graph
        .share
        .map_or_else(String::new, |share| format!("{} {:.0} %", app.say(text::BOARD_ANALYSING), 100.0 * share));
    let inner = frame(area, app.say(text::BOARD_WIN_RATE), &note, false, &app.theme, buffer);
    let rows = inner.height.saturating_sub(1);
    let columns = Rect { x: inner.x + 5, width: inner.width.saturating_sub(6), height: rows, ..inner };
    let last = rows.saturating_sub(1);
    for (row, name) in [(last, "  0%"), (last / 2, " 50%"), (0, "100%")] {
        write(buffer, inner, 0, row, name, app.theme.quiet());
    }
    if graph.judged.iter().any(|judged| judged.better.is_some()) {
        // On the lower edge of the frame: below the marks that it explains.
        let meaning = text::filled(app.say(text::BOARD_LOST), &[&format!("{:.0} %", 100.0 * BLUNDER)]);
        let edge = Rect { y: area.bottom() - 1, width: area.width - 1, height: 1, ..area };
        write(buffer, edge, 2, 0, &format!(" {meaning} "), app.theme.quiet());
    }
    let marks = Rect { y: columns.bottom(), height: 1, ..columns };
    let blunder = |at: usize| graph.judged.get(at).and_then(|judged| judged.better.as_ref());
    for column in 0..columns.width {
        let at = move_at(columns, graph.last, columns.x + column);
        let next = move_at(columns, graph.last, columns.x + column + 1).max(at + 1);
        let known = (at..next.min(graph.last + 1)).find_map(|at| graph.values.get(at).copied().flatten());
        let here = (at..next).contains(&graph.at) || graph.at == at;
        let style = if here { app.theme.accented() } else { Style::new().fg(app.theme.dim) };
        if let Some(value) = known {
            let eighths = (value.clamp(0.0, 1.0) * f32::from(rows) * 8.0).round() as usize;
            for row in 0..rows {
                let below = usize::from(rows - 1 - row) * 8;
                let sign = EIGHTHS[eighths.saturating_sub(below).min(8)];
                write(buffer, columns, column, row, sign, style);
            }
        }
        let first = column == 0 || move_at(columns, graph.last, columns.x + column - 1) != at;
        let worst = (at..next).filter_map(|at| blunder(at).map(|(_, loss)| *loss)).fold(0.0f32, f32::max);
        if !first {
            continue;
        }
        if worst >= BLUNDER {
            write(buffer, marks, column, 0, "▲", Style::new().fg(app.theme.bad));
        } else if worst > 0.0 {
            write(buffer, marks, column, 0, "▵", Style::new().fg(app.theme.warning));
        } else if here {
            write(buffer, marks, column, 0, "▴", app.theme.accented());
        }
    }
    if let Some((name, loss)) = blunder(graph.at) {
        let words = format!("{} {name}  −{:.0} %", app.say(text::BOARD_BETTER), 100.0 * loss);
        let column = inner.width.saturating_sub(width(&words) as u16 + 1);
        write(buffer, inner, column, 0, &words, Style::new().fg(app.theme.bad));
    }
    if graph.values.iter().all(Option::is_none) {
        write_middle(buffer, columns, app.say(text::BOARD_GRAPH_HOW), app.theme.quiet());
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_has_a_column_and_the_ends_are_the_ends() {
        let graph = Rect::new(7, 0, 30, 5);
        for last in [0, 3, 29, 30, 200] {
            assert_eq!(move_at(graph, last, 7), 0);
            assert_eq!(move_at(graph, last, 36), last);
            let reached: Vec<usize> = (7..37).map(|column| move_at(graph, last, column)).collect();
            assert!(reached.is_sorted());
        }
    }

    #[test]
    fn the_marks_below_the_win_rate_are_explained_where_there_are_any() {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(crate::experiment::Language::En, folder.path());
        let shown = |better: Option<(String, f32)>| {
            let judged = [Judged { value: 0.5, better }];
            let graph = Graph { values: &[Some(0.5); 4], judged: &judged, last: 3, at: 2, share: None };
            let area = Rect::new(0, 0, 46, 8);
            let mut buffer = Buffer::empty(area);
            draw_graph(graph, area, &app, &mut buffer);
            buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect::<String>()
        };
        let marked = shown(Some(("d4".to_owned(), 0.3)));
        assert!(marked.contains(" ▲ lost 20 % or more, ▵ less, ▴ here ") && marked.ends_with('┘'), "{marked}");
        assert!(!shown(None).contains("lost"));
    }

    #[test]
    fn counts_are_short() {
        assert_eq!([0, 950, 48_211, 1_300_000].map(short), ["0", "950", "48.2 k", "1.3 M"]);
    }
}
