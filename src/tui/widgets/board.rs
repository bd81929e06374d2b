//! A board of a game: stones on crossings or squares, pieces as letters, pictures or kanji, a cursor, heat, ghosts.

use super::frame::write;
use crate::experiment::board::{Board, Man};
use crate::tui::theme::Theme;
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// What is shown on a board beside its men.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    pub cursor: Option<usize>,
    /// The man that is picked up.
    pub picked: Option<usize>,
    /// Where a move may go.
    pub hints: Vec<usize>,
    /// A share for some cells, 0 to 1.
    pub heat: Vec<(usize, f32)>,
    /// Men that are not there, with the number that they would come in.
    pub ghosts: Vec<(usize, usize, String)>,
    /// Cells of moves that are pointed out.
    pub pointed: Vec<usize>,
}

/// How pieces are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    Latin,
    Glyphs,
}

/// How the sign of a side is written beside the board: its colour on the board's ground.
pub fn side_style(board: &Board, side: usize, theme: &Theme) -> Style {
    let paints = paints(board, theme);
    Style::new().fg(paints.sides[side]).bg(paints.ground[1])
}

/// Where a board was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drawn {
    /// The cells, without the names of rows and columns.
    pub area: Rect,
    cell: (u16, u16),
    columns: usize,
    rows: usize,
}

impl Drawn {
    /// The cell under a place on the screen.
    pub fn cell(&self, column: u16, row: u16) -> Option<usize> {
        if self.cell.0 == 0 || column < self.area.x || row < self.area.y {
            return None;
        }
        let (at, down) = ((column - self.area.x) / self.cell.0, (row - self.area.y) / self.cell.1);
        let inside = usize::from(at) < self.columns && usize::from(down) < self.rows;
        inside.then(|| usize::from(down) * self.columns + usize::from(at))
    }
}

/// Sizes of a cell, the largest first.
const SQUARES: [(u16, u16); 4] = [(8, 4), (6, 3), (4, 2), (3, 1)];
const CROSSINGS: [(u16, u16); 3] = [(6, 3), (4, 2), (2, 1)];
/// Kanji with a mark of their side need four.
const SIGNS: [(u16, u16); 3] = [(6, 3), (4, 2), (4, 1)];

fn sizes(board: &Board) -> &'static [(u16, u16)] {
    match (board.on_lines, board.moves_pieces()) {
        (true, _) => &CROSSINGS,
        (_, true) => &SIGNS,
        _ => &SQUARES,
    }
}

/// Rows and columns that the names beside a board take.
const NAMES: (u16, u16) = (3, 1);

/// The columns and rows that a board takes at most within an area.
pub fn extent(board: &Board, area: Rect) -> (u16, u16) {
    let cell = cell_size(board, area);
    (board.columns as u16 * cell.0 + NAMES.0, board.rows as u16 * cell.1 + NAMES.1)
}

fn cell_size(board: &Board, area: Rect) -> (u16, u16) {
    let fits = |cell: &&(u16, u16)| {
        board.columns as u16 * cell.0 + NAMES.0 <= area.width && board.rows as u16 * cell.1 + NAMES.1 <= area.height
    };
    let sizes = sizes(board);
    *sizes.iter().find(fits).unwrap_or(sizes.last().expect("a size"))
}

/// Colours of a board that look like wood, or cloth, and of the two sides.
struct Paints {
    ground: [Color; 2],
    line: Color,
    sides: [Color; 2],
    last: Color,
    hot: (u8, u8, u8),
    cold: (u8, u8, u8),
}

fn paints(board: &Board, theme: &Theme) -> Paints {
    let rgb = Color::from_u32;
    let (light, dark): (u32, u32) = match (board.game.as_str(), theme.dark) {
        ("chess", true) => (0x6f7d8c, 0x4a5666),
        ("chess", false) => (0xe9edf2, 0xb8c4d0),
        ("othello" | "othello-6", true) => (0x24543c, 0x1f4a35),
        ("othello" | "othello-6", false) => (0x9bcfae, 0x8fc5a3),
        ("connect-four" | "tic-tac-toe", true) => (0x22364f, 0x1d2f46),
        ("connect-four" | "tic-tac-toe", false) => (0xd3e2f3, 0xc5d8ee),
        ("shogi", true) => (0x6b5432, 0x5f4a2b),
        ("shogi", false) => (0xe8cf9c, 0xdfc48c),
        (_, true) => (0x6b5432, 0x6b5432),
        (_, false) => (0xe8cf9c, 0xe8cf9c),
    };
    let sides = match (board.game.as_str(), theme.dark) {
        // White moves first in chess.
        ("chess", _) => [0xffffff, 0x000000],
        ("connect-four" | "tic-tac-toe", true) => [0xf0a830, 0x5cc8f5],
        ("connect-four" | "tic-tac-toe", false) => [0xb05a00, 0x005a9c],
        ("shogi", true) => [0xfff3d6, 0xffb28a],
        ("shogi", false) => [0x1f1408, 0x9c2f00],
        _ => [0x0a0a0a, 0xf6f6f6],
    };
    let (hot, cold) =
        if theme.dark { ((0xc4, 0x5a, 0x1e), (0x6b, 0x54, 0x32)) } else { ((0xf2, 0x8c, 0x38), (0xe8, 0xcf, 0x9c)) };
    Paints {
        ground: [rgb(light), rgb(dark)],
        line: rgb(if theme.dark { 0x9a8058 } else { 0xa58a58 }),
        sides: sides.map(rgb),
        last: rgb(if theme.dark { 0x3d6d9a } else { 0x8fc3ee }),
        hot,
        cold,
    }
}

/// Between the ground and the hottest, by share.
fn heated(ground: Color, paints: &Paints, share: f32) -> Color {
    let (red, green, blue) = if let Color::Rgb(red, green, blue) = ground { (red, green, blue) } else { paints.cold };
    let between = |from: u8, to: u8| (f32::from(from) + (f32::from(to) - f32::from(from)) * share.powf(0.75)) as u8;
    Color::Rgb(between(red, paints.hot.0), between(green, paints.hot.1), between(blue, paints.hot.2))
}

/// Draws a board as large as it fits, at the upper left of an area.
pub fn draw(board: &Board, marks: &Marks, letters: Letters, area: Rect, theme: &Theme, buffer: &mut Buffer) -> Drawn {
    let cell = cell_size(board, area);
    let inner = Rect {
        x: area.x + NAMES.0,
        y: area.y + NAMES.1,
        width: (board.columns as u16 * cell.0).min(area.width.saturating_sub(NAMES.0)),
        height: (board.rows as u16 * cell.1).min(area.height.saturating_sub(NAMES.1)),
    };
    let paints = paints(board, theme);
    let under = marks.cursor.map(|cursor| (cursor % board.columns.max(1), cursor / board.columns.max(1)));
    for (at, name) in board.column_names.iter().enumerate() {
        let style = if under.is_some_and(|(column, _)| column == at) { theme.accented() } else { theme.quiet() };
        let column = NAMES.0 + at as u16 * cell.0 + (cell.0 - 1) / 2;
        write(buffer, area, column, 0, name, style);
    }
    for (at, name) in board.row_names.iter().enumerate() {
        let style = if under.is_some_and(|(_, row)| row == at) { theme.accented() } else { theme.quiet() };
        let row = NAMES.1 + at as u16 * cell.1 + (cell.1 - 1) / 2;
        write(buffer, area, 2u16.saturating_sub(width(name) as u16), row, name, style);
    }
    for at in 0..board.cells.len() {
        let place = Rect {
            x: inner.x + (at % board.columns) as u16 * cell.0,
            y: inner.y + (at / board.columns) as u16 * cell.1,
            width: cell.0,
            height: cell.1,
        };
        if place.right() <= area.right() && place.bottom() <= area.bottom() {
            draw_cell(board, at, marks, letters, place, &paints, theme, buffer);
        }
    }
    Drawn { area: inner, cell, columns: board.columns, rows: board.rows }
}

#[expect(clippy::too_many_arguments, reason = "one cell of a board, called in one place")]
fn draw_cell(
    board: &Board,
    at: usize,
    marks: &Marks,
    letters: Letters,
    place: Rect,
    paints: &Paints,
    theme: &Theme,
    buffer: &mut Buffer,
) {
    let (column, row) = (at % board.columns, at / board.columns);
    let mut ground = paints.ground[(column + row) % 2];
    if board.last.contains(&at) {
        ground = paints.last;
    }
    if let Some((_, share)) = marks.heat.iter().find(|(cell, _)| *cell == at) {
        ground = heated(ground, paints, *share);
    }
    if marks.pointed.contains(&at) {
        ground = theme.selection;
    }
    if board.check == Some(at) {
        ground = Color::from_u32(if theme.dark { 0x8c2f1c } else { 0xf2a48f });
    }
    let style = Style::new().bg(ground).fg(paints.line);
    for y in place.y..place.bottom() {
        buffer.set_string(place.x, y, " ".repeat(usize::from(place.width)), style);
    }
    if board.on_lines {
        draw_crossing(board, at, place, style, buffer);
    }
    let middle = (place.x + (place.width - 1) / 2, place.y + (place.height - 1) / 2);
    match &board.cells[at] {
        Some(man) => draw_man(board, man, letters, place, ground, paints, theme, board.last.contains(&at), buffer),
        None => {
            let ghost = marks.ghosts.iter().find(|(cell, ..)| *cell == at);
            if let Some((_, side, number)) = ghost {
                let color = paints.sides[*side];
                let style = Style::new().bg(ground).fg(color).add_modifier(Modifier::BOLD);
                let left = middle.0.saturating_sub((width(number) as u16).saturating_sub(1) / 2).max(place.x);
                buffer.set_stringn(left, middle.1, number, usize::from(place.right() - left), style);
            } else if marks.hints.contains(&at) {
                let style = style.fg(theme.accent).add_modifier(Modifier::BOLD);
                buffer.set_string(middle.0, middle.1, "∙", style);
            }
        }
    }
    if marks.hints.contains(&at) && board.cells[at].is_some() {
        buffer.set_style(place, Style::new().bg(theme.selection));
    }
    let (is_cursor, is_picked) = (marks.cursor == Some(at), marks.picked == Some(at));
    if is_picked {
        buffer.set_style(place, Style::new().bg(theme.selection));
    }
    if is_cursor {
        draw_cursor(place, ground, theme, buffer);
    }
}

/// Corners about a cell where there is room, else its ground reversed.
fn draw_cursor(place: Rect, ground: Color, theme: &Theme, buffer: &mut Buffer) {
    let style = Style::new().fg(theme.accent).bg(ground).add_modifier(Modifier::BOLD);
    let (left, right, bottom) = (place.x, place.right() - 1, place.bottom() - 1);
    if place.height >= 2 {
        for (x, y, sign) in [(left, place.y, "┏"), (right, place.y, "┓"), (left, bottom, "┗"), (right, bottom, "┛")]
        {
            buffer.set_string(x, y, sign, style);
        }
        return;
    }
    for y in place.y..place.bottom() {
        for x in place.x..place.right() {
            let cell = &mut buffer[(x, y)];
            cell.set_bg(theme.accent);
            if cell.fg == theme.accent {
                cell.set_fg(if theme.dark { Color::Black } else { Color::White });
            }
        }
    }
}

/// The lines that cross in a cell.
fn draw_crossing(board: &Board, at: usize, place: Rect, style: Style, buffer: &mut Buffer) {
    let (column, row) = (at % board.columns, at / board.columns);
    let (left, right) = (column > 0, column + 1 < board.columns);
    let (above, below) = (row > 0, row + 1 < board.rows);
    let sign = match (above, below, left, right) {
        _ if board.stars.contains(&at) => "╋",
        (false, _, false, _) => "┌",
        (false, _, _, false) => "┐",
        (_, false, false, _) => "└",
        (_, false, _, false) => "┘",
        (false, ..) => "┬",
        (_, false, ..) => "┴",
        (_, _, false, _) => "├",
        (_, _, _, false) => "┤",
        _ => "┼",
    };
    let (x, y) = (place.x + (place.width - 1) / 2, place.y + (place.height - 1) / 2);
    if left {
        buffer.set_string(place.x, y, "─".repeat(usize::from(x - place.x)), style);
    }
    if right {
        buffer.set_string(x + 1, y, "─".repeat(usize::from(place.right() - x - 1)), style);
    }
    for other in place.y..place.bottom() {
        if other < y && above || other > y && below {
            buffer.set_string(x, other, "│", style);
        }
    }
    buffer.set_string(x, y, sign, style);
}

#[expect(clippy::too_many_arguments, reason = "one man of a board, called in one place")]
fn draw_man(
    board: &Board,
    man: &Man,
    letters: Letters,
    place: Rect,
    ground: Color,
    paints: &Paints,
    theme: &Theme,
    is_last: bool,
    buffer: &mut Buffer,
) {
    let color = paints.sides[man.side];
    let style = Style::new().fg(color).bg(ground);
    let (x, y) = (place.x + (place.width - 1) / 2, place.y + (place.height - 1) / 2);
    if man.letter.is_empty() {
        draw_stone(board, man.side, place, style, is_last.then_some(theme.accent), buffer);
        return;
    }
    let style = style.add_modifier(Modifier::BOLD);
    let word = match letters {
        Letters::Glyphs => man.glyph.as_str(),
        Letters::Latin => man.letter.as_str(),
    };
    if board.game == "shogi" {
        // A mark shows the side too: pieces look towards the other side.
        let mark = if man.side == 0 { "▴" } else { "▾" };
        let left = place.x + (place.width - (width(word) as u16 + 1).min(place.width)) / 2;
        buffer.set_string(left, y, mark, style.remove_modifier(Modifier::BOLD));
        buffer.set_stringn(left + 1, y, word, usize::from(place.right() - left - 1), style);
    } else if letters == Letters::Latin && man.side == 1 {
        buffer.set_string(x, y, word.to_lowercase(), style);
    } else {
        buffer.set_string(x, y, word, style);
    }
}

/// A colour that is seen on a stone, dark on a light one and light on a dark one.
fn against(face: Color) -> Option<Color> {
    let Color::Rgb(red, green, blue) = face else { return None };
    let light = 2 * u32::from(red) + 5 * u32::from(green) + u32::from(blue);
    Some(Color::from_u32(if light > 8 * 0x80 { 0x14161b } else { 0xffffff }))
}

/// A stone as round as the cell allows; both sides differ in form where one cell is all there is.
fn draw_stone(board: &Board, side: usize, place: Rect, style: Style, last: Option<Color>, buffer: &mut Buffer) {
    let crosses = board.game == "tic-tac-toe";
    let rows: &[&str] = match (place.width, place.height, crosses, side) {
        (8, 4, true, 0) => &[" ▚▖  ▗▞ ", "  ▝▚▞▘  ", "  ▗▞▚▖  ", " ▞▘  ▝▚ "],
        (8, 4, true, _) => &["  ▄▄▄▄  ", " █    █ ", " █    █ ", "  ▀▀▀▀  "],
        (6, 3, true, 0) => &[" ▚  ▞ ", "  ▐▌  ", " ▞  ▚ "],
        (6, 3, true, _) => &[" ▗▄▄▖ ", " █  █ ", " ▝▀▀▘ "],
        (8, 4, ..) => &[" ▟████▙ ", "████████", "████████", " ▜████▛ "],
        (6, 3, ..) => &["▗████▖", "██████", "▝████▘"],
        (4, 2, true, 0) => &[" ▚▞ ", " ▞▚ "],
        (4, 2, true, _) => &[" ▛▜ ", " ▙▟ "],
        (4, 2, ..) => &["▟██▙", "▜██▛"],
        (_, _, true, 0) => &["✕"],
        (_, _, true, _) => &["○"],
        (.., 0) => &["●"],
        _ => &["○"],
    };
    if rows.len() == 1 {
        let (x, y) = (place.x + (place.width - 1) / 2, place.y + (place.height - 1) / 2);
        // On a coloured ground both are full; without colours the form distinguishes them.
        buffer.set_string(x, y, rows[0], style.add_modifier(Modifier::BOLD));
        if let Some(last) = last.filter(|_| place.width > 1 && x + 1 < place.right()) {
            buffer.set_string(x + 1, y, "◂", Style::new().fg(last).bg(style.bg.unwrap_or_default()));
        }
        return;
    }
    for (y, row) in (place.y..).zip(rows) {
        buffer.set_string(place.x, y, row, style);
    }
    let (x, y) = (place.x + place.width / 2 - 1, place.y + (place.height - 1) / 2);
    // Where colours are not, a ring marks the second side; where they are it can hardly be seen.
    if side == 1 && !crosses {
        let face = style.fg.unwrap_or_default();
        let faint = if let Color::Rgb(red, green, blue) = face {
            Color::Rgb(red - red / 20, green - green / 20, blue - blue / 20)
        } else {
            face
        };
        buffer.set_string(x, y, "○", Style::new().fg(faint).bg(face));
    }
    if let Some(last) = last {
        let face = style.fg.unwrap_or_default();
        let mark = Style::new().fg(against(face).unwrap_or(last)).bg(face).add_modifier(Modifier::BOLD);
        if crosses {
            // Beside the sign, which is open in the middle.
            let mark = Style::new().fg(last).bg(style.bg.unwrap_or_default());
            buffer.set_string(place.right() - 1, y, "◂", mark);
        } else if side == 1 {
            // The ring stays.
            buffer.set_string(x + 1, y, "◆", mark);
        } else if place.height == 2 {
            buffer.set_string(x, y, "▗▖", mark);
        } else {
            buffer.set_string(x, y, "◆", mark);
        }
    }
}
