//! Pages of Markdown with formulas, wrapped to a width, for a screen or for reading aloud.

use crate::markdown::{math, parser};
use crate::tui::theme::Theme;
use crate::tui::widgets::columns::laid;
use crate::width::{NOT_FIRST, NOT_LAST, Widths, belongs_together, width, wrapped as lines_within};
use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

/// A page as lines no wider than `columns`.
pub fn render(markdown: &str, columns: usize, theme: &Theme, widths: Widths) -> Vec<Line<'static>> {
    let mut page = Page { columns: columns.max(8), theme, widths, linear: false, ..Page::new(theme) };
    page.read(markdown);
    page.lines
}

/// A page in plain lines, every formula in a row: for screen readers and pipes.
pub fn plain(markdown: &str, columns: usize) -> String {
    let theme = Theme::dark();
    let mut page = Page { columns: columns.max(8), linear: true, ..Page::new(&theme) };
    page.read(markdown);
    page.lines.iter().map(|line| format!("{}\n", line.to_string().trim_end())).collect()
}

/// A grapheme or a formula, which is not broken.
#[derive(Debug, Clone)]
struct Piece {
    text: String,
    style: Style,
    width: usize,
}

/// Whether a line end in the source is a space: not between two characters of Japanese, nor beside its punctuation or a bracket that it
/// stands at.
fn is_space(before: &[Event], after: &[Event]) -> bool {
    let last = before.iter().rev().find_map(|event| match event {
        Event::Text(text) => text.chars().next_back(),
        Event::Code(_) | Event::InlineMath(_) => Some('x'),
        _ => None,
    });
    let first = after.iter().find_map(|event| match event {
        Event::Text(text) => text.chars().next(),
        Event::Code(_) | Event::InlineMath(_) => Some('x'),
        _ => None,
    });
    let (Some(last), Some(first)) = (last, first) else { return true };
    let is_japanese = |letter: char| ('\u{2e80}'..='\u{ffef}').contains(&letter);
    let meet = |japanese: char, other: char| japanese.is_alphanumeric() && !"()[]".contains(other);
    match (is_japanese(last), is_japanese(first)) {
        (false, false) => true,
        (true, true) => false,
        (true, false) => meet(last, first),
        (false, true) => meet(first, last),
    }
}

struct Page<'a> {
    columns: usize,
    theme: &'a Theme,
    widths: Widths,
    linear: bool,
    lines: Vec<Line<'static>>,
    /// The paragraph being read.
    pieces: Vec<Piece>,
    style: Style,
    /// Numbers of the lists around, `None` for a bulleted one.
    lists: Vec<Option<u64>>,
    /// What stands before the next line, once.
    marker: Option<String>,
    indent: usize,
    in_code: bool,
    cells: Vec<Vec<String>>,
    in_cell: bool,
}

impl<'a> Page<'a> {
    fn new(theme: &'a Theme) -> Self {
        Page {
            columns: 80,
            theme,
            widths: Widths::default(),
            linear: false,
            lines: Vec::new(),
            pieces: Vec::new(),
            style: theme.body(),
            lists: Vec::new(),
            marker: None,
            indent: 0,
            in_code: false,
            cells: Vec::new(),
            in_cell: false,
        }
    }

    fn read(&mut self, markdown: &str) {
        let events: Vec<Event> = parser(markdown).collect();
        for (at, event) in events.iter().cloned().enumerate() {
            match event {
                Event::Start(tag) => self.open(tag),
                Event::End(tag) => self.close(tag),
                Event::Text(text) if self.in_code => {
                    for line in text.lines() {
                        let line = self.widths.lay(line).into_owned();
                        self.code(&line);
                    }
                }
                Event::Text(text) if self.in_cell => self.cell().push_str(&text),
                Event::Text(text) => self.words(&text, self.style),
                Event::Code(text) if self.in_cell => self.cell().push_str(&text),
                Event::Code(text) => self.formula(text.to_string(), Style::new().fg(self.theme.accent)),
                Event::InlineMath(latex) => {
                    let text = math::inline(&latex).unwrap_or_else(|_| latex.to_string());
                    if self.in_cell {
                        self.cell().push_str(&text);
                    } else {
                        self.formula(text, self.style.fg(self.theme.accent));
                    }
                }
                Event::DisplayMath(latex) => self.display(&latex),
                Event::SoftBreak if is_space(&events[..at], &events[at + 1..]) => self.words(" ", self.style),
                Event::HardBreak => self.flush(),
                Event::Rule => {
                    self.flush();
                    self.lines.push(Line::styled("─".repeat(self.columns), self.theme.rule()));
                }
                _ => {}
            }
        }
        self.flush();
        while self.lines.last().is_some_and(|line| line.width() == 0) {
            self.lines.pop();
        }
    }

    fn cell(&mut self) -> &mut String {
        if self.cells.is_empty() {
            self.cells.push(vec![]);
        }
        let row = self.cells.last_mut().expect("a row");
        if row.is_empty() {
            row.push(String::new());
        }
        row.last_mut().expect("a cell")
    }

    fn open(&mut self, tag: Tag) {
        match tag {
            Tag::Heading { level, .. } => {
                self.blank();
                self.style = self.theme.accented().add_modifier(Modifier::BOLD);
                if level == HeadingLevel::H1 {
                    self.style = self.style.add_modifier(Modifier::UNDERLINED);
                }
            }
            Tag::Paragraph if self.lists.is_empty() => self.blank(),
            Tag::Emphasis => self.style = self.style.add_modifier(Modifier::ITALIC),
            Tag::Strong => self.style = self.style.add_modifier(Modifier::BOLD),
            Tag::Strikethrough => self.style = self.style.add_modifier(Modifier::CROSSED_OUT),
            Tag::List(start) => {
                if self.lists.is_empty() {
                    self.blank();
                } else {
                    self.flush();
                }
                self.lists.push(start);
            }
            Tag::Item => {
                self.flush();
                let marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "• ".to_owned(),
                };
                let marker = self.widths.lay(&marker).into_owned();
                self.indent = self.lists.len().saturating_sub(1) * 3 + width(&marker);
                self.marker = Some(marker);
            }
            Tag::BlockQuote(_) => {
                self.blank();
                self.indent += 2;
                self.style = self.theme.quiet();
            }
            Tag::CodeBlock(_) => {
                self.blank();
                self.in_code = true;
            }
            Tag::Table(_) => {
                self.blank();
                self.cells.clear();
            }
            Tag::TableHead | Tag::TableRow => self.cells.push(vec![]),
            Tag::TableCell => {
                self.in_cell = true;
                if let Some(row) = self.cells.last_mut() {
                    row.push(String::new());
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::Paragraph => {
                self.flush();
                if matches!(tag, TagEnd::Heading(_)) {
                    self.style = self.theme.body();
                }
            }
            TagEnd::Emphasis => self.style = self.style.remove_modifier(Modifier::ITALIC),
            TagEnd::Strong => self.style = self.style.remove_modifier(Modifier::BOLD),
            TagEnd::Strikethrough => self.style = self.style.remove_modifier(Modifier::CROSSED_OUT),
            TagEnd::Item => {
                self.flush();
                if let Some(marker) = self.marker.take() {
                    self.lines.push(Line::styled(marker, self.theme.quiet()));
                }
                self.indent = self.indent.saturating_sub(2);
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.indent = self.lists.len() * 3;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.indent = self.indent.saturating_sub(2);
                self.style = self.theme.body();
            }
            TagEnd::CodeBlock => self.in_code = false,
            TagEnd::TableCell => self.in_cell = false,
            TagEnd::Table => self.table(),
            _ => {}
        }
    }

    /// An empty line, but never two, and none at the start.
    fn blank(&mut self) {
        self.flush();
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    fn words(&mut self, text: &str, style: Style) {
        let laid = self.widths.lay(text).into_owned();
        for grapheme in laid.graphemes(true) {
            self.pieces.push(Piece { text: grapheme.to_owned(), style, width: width(grapheme) });
        }
    }

    /// A line of code, indented; what of it has no room goes on in the next, further indented.
    fn code(&mut self, line: &str) {
        const INDENT: usize = 4;
        let own = INDENT + line.len() - line.trim_start_matches(' ').len();
        let room = self.columns.saturating_sub(own);
        let parts = if width(line.trim_start()) <= room {
            vec![line.trim_start().to_owned()]
        } else {
            lines_within(line, room.saturating_sub(2))
        };
        for (number, part) in parts.into_iter().enumerate() {
            let indent = if number == 0 { own } else { own + 2 };
            self.lines.push(Line::styled(format!("{:indent$}{part}", ""), self.theme.quiet()));
        }
    }

    /// A formula in a line: one piece if it is short, else words.
    fn formula(&mut self, text: String, style: Style) {
        let laid = self.widths.lay(&text).into_owned();
        if width(&laid) <= self.columns / 2 {
            self.pieces.push(Piece { width: width(&laid), text: laid, style });
        } else {
            self.words(&text, style);
        }
    }

    fn display(&mut self, latex: &str) {
        self.flush();
        let room = self.columns - self.indent.min(self.columns / 2);
        let rows = if self.linear { math::inline(latex).map(|row| vec![row]) } else { math::display(latex, room) };
        let rows = rows.unwrap_or_else(|_| latex.lines().map(str::to_owned).collect());
        let rows: Vec<String> = rows.iter().map(|row| self.widths.lay(row).into_owned()).collect();
        let widest = rows.iter().map(|row| width(row)).max().unwrap_or(0);
        let before = self.indent + room.saturating_sub(widest) / 2;
        let before = if self.linear { self.indent } else { before };
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
        for row in rows {
            let row = format!("{}{}", " ".repeat(before), row.trim_end());
            self.lines.push(Line::styled(row, Style::new().fg(self.theme.accent)));
        }
        self.lines.push(Line::default());
    }

    fn table(&mut self) {
        let rows = std::mem::take(&mut self.cells);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| self.widths.lay(cell).into_owned()).collect()).collect();
        let of =
            |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(of).collect();
        let whole = widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1);
        if let (Some((names, rows)), true) = (rows.split_first(), whole > self.columns && !self.linear) {
            let mut names = names.clone();
            names.resize(columns, String::new());
            for (index, lines) in laid(&names, rows, self.columns as u16).into_iter().enumerate() {
                let style = if index == 0 { self.theme.strong() } else { self.theme.body() };
                for line in lines {
                    let mut text = String::new();
                    for (start, piece) in line {
                        let gap = usize::from(start).saturating_sub(width(&text));
                        text += &format!("{}{piece}", " ".repeat(gap));
                    }
                    self.lines.push(Line::styled(text, style));
                }
                if index == 0 {
                    self.lines.push(Line::styled("─".repeat(self.columns), self.theme.rule()));
                }
            }
            return;
        }
        for (index, row) in rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).map(|(cell, room)| format!("{cell}{}", " ".repeat(room - width(cell))));
            let style = if index == 0 { self.theme.strong() } else { self.theme.body() };
            self.lines.push(Line::styled(cells.collect::<Vec<_>>().join("  "), style));
            if index == 0 {
                self.lines.push(Line::styled("─".repeat(whole), self.theme.rule()));
            }
        }
    }

    /// Ends the paragraph: its pieces become lines.
    fn flush(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        let room = self.columns.saturating_sub(self.indent).max(4);
        for row in wrapped(tied(pieces), room) {
            let before = match self.marker.take() {
                Some(marker) => format!("{}{marker}", " ".repeat(self.indent.saturating_sub(width(&marker)))),
                None => " ".repeat(self.indent),
            };
            let mut spans = vec![Span::styled(before, self.theme.quiet())];
            for piece in row {
                let text = if piece.text == TIE { " ".to_owned() } else { piece.text };
                match spans.last_mut() {
                    Some(last) if last.style == piece.style => last.content.to_mut().push_str(&text),
                    _ => spans.push(Span::styled(text, piece.style)),
                }
            }
            self.lines.push(Line::from(spans));
        }
    }
}

/// A space at which no line ends.
const TIE: &str = "\u{a0}";

/// Ties numbers to their units.
fn tied(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let word = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.as_str()).collect::<String>();
    let is_space = |piece: &Piece| piece.text == " ";
    for at in 1..pieces.len() {
        let (before, after) = (&pieces[..at], &pieces[at + 1..]);
        if !is_space(&pieces[at]) || before[at - 1].text.ends_with(|letter: char| !letter.is_ascii_digit()) {
            continue;
        }
        let unit = &after[..after.iter().position(is_space).unwrap_or(after.len())];
        if belongs_together(&before[at - 1].text, &word(unit)) {
            pieces[at].text = TIE.to_owned();
        }
    }
    pieces
}

/// Whether a line may end between two pieces.
fn may_break(before: &Piece, after: &Piece) -> bool {
    if before.text == TIE
        || after.text == TIE
        || after.text == " "
        || NOT_FIRST.contains(&after.text)
        || NOT_LAST.contains(&before.text)
    {
        return false;
    }
    let wide = |piece: &Piece| piece.width == 2 && piece.text.chars().count() == 1;
    before.text == " " || wide(before) || wide(after)
}

fn wrapped(mut pieces: Vec<Piece>, room: usize) -> Vec<Vec<Piece>> {
    while pieces.last().is_some_and(|piece| piece.text == " ") {
        pieces.pop();
    }
    let mut rows = Vec::new();
    let mut row: Vec<Piece> = Vec::new();
    let mut used = 0;
    for piece in pieces {
        if row.is_empty() && piece.text == " " {
            continue;
        }
        while used + piece.width > room && piece.text != " " && !row.is_empty() {
            let joined = |at: &usize| may_break(&row[*at - 1], row.get(*at).unwrap_or(&piece));
            let at = (1..=row.len()).rev().find(joined).unwrap_or(row.len());
            let rest = row.split_off(at);
            while row.last().is_some_and(|piece| piece.text == " ") {
                row.pop();
            }
            if !row.is_empty() {
                rows.push(std::mem::take(&mut row));
            }
            used = rest.iter().map(|piece| piece.width).sum();
            row = rest;
        }
        used += piece.width;
        row.push(piece);
    }
    while row.last().is_some_and(|piece| piece.text == " ") {
        row.pop();
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(markdown: &str, columns: usize) -> String {
        let lines = render(markdown, columns, &Theme::dark(), Widths::default());
        lines.iter().map(|line| format!("{}\n", line.to_string().trim_end())).collect()
    }

    #[test]
    fn a_page_with_formulas_and_lists() {
        let page = "A code is drawn, $z \\sim p(z)$, then a picture. The density is\n\n$$p(x) = \\int p_\\theta(x|z)\\, p(z)\\, dz .$$\n\n1. **first** things;\n2. then others that take more than one line of this narrow page.\n\n- a\n- b";
        insta::assert_snapshot!(shown(page, 44));
    }

    #[test]
    fn japanese_is_broken_by_its_rules() {
        let page = "自己符号化器は画像を短い符号に縮め、広げ直します。「島」のように散らばり、\n海になります。";
        let shown = shown(page, 20);
        insta::assert_snapshot!(shown);
        assert!(shown.lines().all(|line| !line.starts_with(['、', '。', '」']) && !line.ends_with('「')));
    }

    #[test]
    fn code_without_room_goes_on_in_the_next_line() {
        let shown = shown("```\nAnna takes the key in the park. Ben thanks Anna.\n  ok  so\n```", 30);
        assert_eq!(shown, "    Anna takes the key in\n      the park. Ben thanks\n      Anna.\n      ok  so\n");
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        for columns in 12..40 {
            let shown = shown(
                "They took $x = 12$ s and **15** %, then 0.93 nats; in lab 10 more. 全部で 24 組を比べます。",
                columns,
            );
            for whole in ["12 s", "15 %,", "0.93 nats;", "24 組"] {
                assert!(shown.contains(whole), "{columns}: {whole} in\n{shown}");
            }
            assert!(!shown.contains(TIE));
        }
        assert!(
            (12..40).any(|columns| shown("They learn in lab 10 more", columns).contains("10\n")),
            "at other spaces a line may end"
        );
    }

    #[test]
    fn a_table_keeps_its_columns() {
        insta::assert_snapshot!(shown("| model | FD |\n| --- | --- |\n| VAE | 12 |\n| diffusion | 3 |", 40));
    }

    #[test]
    fn a_table_without_room_is_broken_within_its_columns_and_loses_nothing() {
        let page = "| model | what it can do | where |\n| --- | --- | --- |\n| diffusion | samples in many steps, and a bound of the \
                    density | lab 10 |\n| GAN | samples in one step | lab 8 |";
        let shown = shown(page, 40);
        assert!(shown.lines().all(|line| width(line) <= 40), "{shown}");
        let words = |text: &str| text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
        assert_eq!(words(&shown), words(page), "{shown}");
        insta::assert_snapshot!(shown);
        assert!(
            plain(page, 40).lines().any(|line| line.contains("and a bound of the density")),
            "aloud a row is a row"
        );
    }

    #[test]
    fn read_aloud_a_formula_is_one_row() {
        assert_eq!(plain("$$\\frac{1}{2} \\sum_{j=1}^{M} \\mu_j^2$$", 60), "½ ∑ⱼ₌₁ᴹ μⱼ²\n");
    }

    #[test]
    fn a_line_end_is_a_space_where_one_would_be_written() {
        for (source, shown) in [
            ("誤差が\n2 倍", "誤差が 2 倍"),
            ("検証用の 2,000\n件", "検証用の 2,000 件"),
            ("変化が\n$10^{-9}$ 以下", "変化が 10⁻⁹ 以下"),
            ("語の\n`map` を", "語の map を"),
            ("最大\n**0.3 %** です", "最大 0.3 % です"),
            ("価値が\n変わる", "価値が変わる"),
            ("はい、\n2 倍", "はい、2 倍"),
            ("平均(SARSA)\nです", "平均(SARSA)です"),
            ("the $s_t$\nand", "the sₜ and"),
            ("two\nwords", "two words"),
        ] {
            assert_eq!(plain(source, 80).trim_end(), shown, "{source:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(text in "[a-zA-Z あ-ん漢字、。*_`\n-]{0,200}", columns in 20_usize..80) {
            // A word longer than the line is cut.
            for line in render(&text, columns, &Theme::dark(), Widths::default()) {
                prop_assert!(line.width() <= columns, "{:?}", line.to_string());
            }
        }

        #[test]
        fn no_page_makes_it_panic(text in ".{0,200}", columns in 0_usize..100) {
            render(&text, columns, &Theme::light(), Widths { wide_ambiguous: true });
            plain(&text, columns);
        }
    }
}
