//! Answers of a conversation in plain lines, for the command line and the linear mode.

use super::widgets::scene;
use super::width::width;
use crate::experiment::Part;
use crate::experiment::talk::Entry;

/// Cells of a full bar.
const BAR: f32 = 24.0;
/// Cells of a plot.
const PLOT: (u16, u16) = (78, 22);

/// The states that a line and its answer reach, for exercises to ask for.
pub fn reached(line: &str, parts: &[Part]) -> Vec<&'static str> {
    const BY_COMMAND: [(&str, &str); 4] = [
        (":bias", "repl_bias"),
        (":odd", "repl_odd"),
        (":include on", "repl_included"),
        (":analogies", "repl_analogies"),
    ];
    if parts.is_empty() || parts.iter().any(Part::is_fault) {
        return Vec::new();
    }
    let commands = BY_COMMAND.iter().filter(|(start, _)| line.trim().starts_with(start)).map(|(_, state)| *state);
    let plotted = parts.iter().any(|part| matches!(part, Part::Plot { .. })).then_some("repl_plotted");
    ["repl_said"].into_iter().chain(commands).chain(plotted).collect()
}

/// A line with carets under a part of it.
pub fn underlined(line: &str, from: usize, to: usize) -> String {
    let before = width(line.get(..from).unwrap_or_default());
    let marks = width(line.get(from..to).unwrap_or_default()).max(1);
    format!("  {line}\n  {}{}", " ".repeat(before), "^".repeat(marks))
}

/// A text made as wide as `columns` with spaces.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A part in lines; nothing of a fault, which is told elsewhere. `bars`: with bars beside values.
pub fn in_words(part: &Part, bars: bool) -> String {
    match part {
        Part::Note { text } => format!("{text}\n"),
        Part::Fault { .. } => String::new(),
        Part::Number { name, value } => format!("{name} = {value:.4}\n"),
        Part::Ranked { entries, .. } => {
            let columns = entries.iter().map(|entry| width(&entry.word)).max().unwrap_or(0);
            let line = |entry: &Entry| {
                let bar = "▅".repeat(if bars { (BAR * entry.value.clamp(0.0, 1.0)).round() as usize } else { 0 });
                let line = format!("{}  {:7.4}  {bar}", padded(&entry.word, columns), entry.value);
                format!("{}\n", line.trim_end())
            };
            entries.iter().map(line).collect()
        }
        Part::Table { names, rows } => {
            let all = || std::iter::once(names).chain(rows);
            let columns =
                |index: usize| all().filter_map(|row| row.get(index)).map(|cell| width(cell)).max().unwrap_or(0);
            let line = |row: &Vec<String>| {
                let cells: Vec<String> =
                    row.iter().enumerate().map(|(index, cell)| padded(cell, columns(index))).collect();
                format!("{}\n", cells.join("  ").trim_end())
            };
            all().map(line).collect()
        }
        Part::Plot { scene } => scene::plain(scene, PLOT.0, PLOT.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_wide_letters_too() {
        assert_eq!(underlined("王 - 娘たち", 6, 15), "  王 - 娘たち\n       ^^^^^^");
        assert_eq!(underlined("king +", 6, 6), "  king +\n        ^");
    }
}
