//! What is printed line by line, none broken by the terminal, and the prompt for what is typed.

use super::COLUMNS;
use crate::width::{width, wrapped};
use std::io::{self, Write};

pub(super) struct Lines<W> {
    out: W,
    /// Whether a prompt stands at the end: what is told begins below it.
    at_prompt: bool,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(out: W) -> Self {
        Lines { out, at_prompt: false }
    }

    /// Asks for a line, unless that is asked already.
    pub(super) fn prompt(&mut self) -> io::Result<()> {
        if !self.at_prompt {
            write!(self.out, "> ")?;
        }
        self.at_prompt = true;
        Ok(())
    }

    /// A line was typed: its end has ended the line of the prompt.
    pub(super) fn answered(&mut self) {
        self.at_prompt = false;
    }

    /// Prints a text, its lines broken between words; what goes on has the indent of its first line.
    pub(super) fn put(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            if width(line) <= COLUMNS {
                writeln!(self, "{line}")?;
                continue;
            }
            let indent = line.len() - line.trim_start_matches(' ').len();
            for part in wrapped(line, COLUMNS.saturating_sub(indent)) {
                writeln!(self, "{:indent$}{part}", "")?;
            }
        }
        Ok(())
    }
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.at_prompt) {
            self.out.write_all(b"\n")?;
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_at_a_prompt_begins_below_it_and_has_another_after_it() {
        let mut lines = Lines::new(Vec::new());
        lines.prompt().unwrap();
        lines.prompt().unwrap();
        lines.put("told").unwrap();
        lines.prompt().unwrap();
        lines.answered();
        lines.put("said").unwrap();
        assert_eq!(String::from_utf8(lines.out).unwrap(), "> \ntold\n> said\n");
    }

    #[test]
    fn lines_are_broken_between_words_and_keep_their_indent() {
        let mut lines = Lines::new(Vec::new());
        lines.put(&format!("   {}end", "word ".repeat(20))).unwrap();
        let text = String::from_utf8(lines.out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines.len() == 2 && lines.iter().all(|line| line.starts_with("   word") && width(line) <= 78),
            "{text}"
        );
    }
}
