//! A frame as a picture in SVG: each run of cells of one style is a text on its ground.

use crate::tui::theme::Theme;
use crate::width::width;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Columns and rows in units of the picture, and the size of its letters.
const COLUMN: f32 = 8.4;
const ROW: f32 = 17.0;
const LETTER: f32 = 14.0;

/// A colour as SVG writes it; what is the terminal's own is that of a common one.
fn hex(color: Color, own: &str) -> String {
    match color {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => own.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The picture of a frame whose colours are true colours.
pub fn still(frame: &Buffer, theme: &Theme) -> String {
    let (ground, ink) = if theme.dark { ("#1b1b1b", "#d8d8d8") } else { ("#ffffff", "#202020") };
    let (columns, rows) = (frame.area.width, frame.area.height);
    let (wide, high) = (f32::from(columns) * COLUMN, f32::from(rows) * ROW);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide:.1}\" height=\"{high:.1}\" viewBox=\"0 0 {wide:.1} {high:.1}\" \
         font-family=\"monospace\" font-size=\"{LETTER}\">\n<rect width=\"100%\" height=\"100%\" fill=\"{ground}\"/>\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let first = &frame[(column, row)];
            let start = column;
            let mut text = String::new();
            let alike = |cell: &Cell| (cell.fg, cell.bg, cell.modifier) == (first.fg, first.bg, first.modifier);
            while column < columns && alike(&frame[(column, row)]) {
                let symbol = frame[(column, row)].symbol();
                text.push_str(symbol);
                column += width(symbol).max(1) as u16;
            }
            piece(&mut svg, first, [start, column.min(columns), row], &text, [ground, ink]);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Cells of one style, from a column to another.
fn piece(svg: &mut String, cell: &Cell, [from, to, row]: [u16; 3], text: &str, [ground, ink]: [&str; 2]) {
    let (mut front, mut back) = (hex(cell.fg, ink), hex(cell.bg, ground));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut front, &mut back);
    }
    let (x, y) = (f32::from(from) * COLUMN, f32::from(row) * ROW);
    let length = f32::from(to - from) * COLUMN;
    if back != ground {
        let _infallible =
            writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{ROW}\" fill=\"{back}\"/>");
    }
    if !text.trim().is_empty() {
        let bold = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
        let base = y + 13.0;
        let _infallible = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{base:.1}\" textLength=\"{length:.1}\" fill=\"{front}\"{bold} xml:space=\"preserve\">{}</text>",
            escaped(text)
        );
    }
}
