//! Setting a tree of symbols in rows and columns.

use super::block::Block;
use super::scripts::{lowered, raised};
use super::tree::{Class, Node, ScriptPlace};

/// Whether there is room above and below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Display,
    /// One row.
    Inline,
}

/// A displayed formula no wider than `width` where it can be broken so.
pub fn display(node: &Node, width: usize) -> Block {
    let whole = set(node, Style::Display);
    let Node::Row(items) = node else { return whole };
    if whole.width() <= width {
        return whole;
    }
    // Formulas that stand beside each other go below each other first.
    let formulas: Vec<&[Node]> = items.split(is_wide_space).filter(|formula| !formula.is_empty()).collect();
    if formulas.len() > 1 {
        return below_each_other(&formulas, width);
    }
    // A line is broken within parentheses only where it has no room otherwise.
    let outside = broken(items, width, true);
    if outside.width() <= width {
        return outside;
    }
    let anywhere = broken(items, width, false);
    if anywhere.width() <= width { anywhere } else { Block::flush(clip(anywhere, width), 0) }
}

/// Columns between two formulas in one line.
const BETWEEN: usize = 4;

fn is_wide_space(node: &Node) -> bool {
    matches!(node, Node::Space(2..))
}

/// Several formulas, as many in a line as have room.
fn below_each_other(formulas: &[&[Node]], width: usize) -> Block {
    let mut lines: Vec<Block> = Vec::new();
    for formula in formulas {
        let block = display(&Node::Row(formula.to_vec()), width);
        match lines.last_mut() {
            Some(line) if line.width() + BETWEEN + block.width() <= width => {
                let before = std::mem::replace(line, Block::empty());
                *line = before.beside(Block::text(" ".repeat(BETWEEN))).beside(block);
            }
            _ => lines.push(block),
        }
    }
    let last = lines.len() - 1;
    Block::flush(lines, last)
}

/// A formula broken before relations and sums of its row; with `outside`, before those alone that stand in no parentheses.
fn broken(items: &[Node], width: usize, outside: bool) -> Block {
    let mut parts: Vec<Vec<Node>> = vec![vec![]];
    let mut depth = 0_usize;
    for (index, item) in items.iter().enumerate() {
        match class(item) {
            Class::Open => depth += 1,
            Class::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        let breaks = matches!(class(item), Class::Relation | Class::Binary) && is_infix(items, index);
        if breaks && (depth == 0 || !outside) && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(vec![]);
        }
        parts.last_mut().expect("a part").push(item.clone());
    }
    const INDENT: usize = 4;
    let mut lines: Vec<Block> = Vec::new();
    for part in parts {
        // Set with something before it, so that its first sign keeps its spaces.
        let first = part.first().is_some_and(|first| matches!(class(first), Class::Relation | Class::Binary));
        let block = if first { signed(&part) } else { set(&Node::Row(part), Style::Display) };
        match lines.last_mut() {
            Some(line) if line.width() + block.width() < width => {
                let before = std::mem::replace(line, Block::empty());
                *line = before.beside(Block::text(" ")).beside(block);
            }
            None => lines.push(block),
            Some(_) => lines.push(Block::text(" ".repeat(INDENT)).beside(block)),
        }
    }
    let last = lines.len() - 1;
    Block::flush(lines, last)
}

/// A part that begins with a sign: the sign, a space, the rest.
fn signed(part: &[Node]) -> Block {
    let rest = set(&Node::Row(part[1..].to_vec()), Style::Display);
    set(&part[0], Style::Display).beside(Block::text(" ")).beside(rest)
}

/// The last resort: rows cut at the right edge.
fn clip(block: Block, room: usize) -> Vec<Block> {
    let cut = |row: String| {
        let mut kept = String::new();
        for letter in row.chars() {
            if crate::width::width(&kept) + 2 > room {
                break;
            }
            kept.push(letter);
        }
        let missing = room.saturating_sub(crate::width::width(&kept) + 1);
        Block::text(format!("{kept}{}…", " ".repeat(missing)))
    };
    block.into_rows().into_iter().map(cut).collect()
}

/// A formula in one row.
pub fn inline(node: &Node) -> Block {
    set(node, Style::Inline)
}

fn set(node: &Node, style: Style) -> Block {
    match node {
        Node::Symbol { text, .. } => Block::text(text.replace('\'', "′")),
        Node::Space(cells) => Block::text(" ".repeat(*cells)),
        Node::Row(items) => row(items, style),
        Node::Fraction(above, below) => fraction(above, below, style),
        Node::Root(radicand, index) => root(radicand, index.as_deref(), style),
        Node::Scripts { base, below, above, place } => scripts(base, below.as_deref(), above.as_deref(), *place, style),
        Node::Delimited(open, inner, close) => {
            let inner = set(inner, style);
            let side = |sign: &Option<char>, left| sign.map_or(Block::empty(), |sign| delimiter(sign, &inner, left));
            let (open, close) = (side(open, true), side(close, false));
            open.beside(inner).beside(close)
        }
        Node::Table { rows, aligned } => table(rows, *aligned, style),
    }
}

/// The class of a whole node: that of its base.
fn class(node: &Node) -> Class {
    match node {
        Node::Symbol { class, .. } => *class,
        Node::Scripts { base, .. } => class(base),
        Node::Row(items) if items.len() == 1 => class(&items[0]),
        Node::Delimited(..) => Class::Ordinary,
        _ => Class::Ordinary,
    }
}

fn is_space(node: &Node) -> bool {
    matches!(node, Node::Space(_))
}

/// Whether a sign stands between two operands, and not before one.
fn is_infix(items: &[Node], index: usize) -> bool {
    let before = items[..index].iter().rev().find(|item| !is_space(item));
    let after = items[index + 1..].iter().any(|item| !is_space(item));
    let operand =
        before.is_some_and(|before| matches!(class(before), Class::Ordinary | Class::Close | Class::Operator));
    operand && after || (class(&items[index]) == Class::Relation && before.is_some())
}

fn row(items: &[Node], style: Style) -> Block {
    let mut whole = Block::empty();
    let mut before: Option<Class> = None;
    let mut spaced = true;
    for (index, item) in items.iter().enumerate() {
        if let Node::Space(cells) = item {
            if !spaced {
                whole = whole.beside(Block::text(" ".repeat(*cells)));
                spaced = *cells > 0;
            }
            continue;
        }
        let own = match class(item) {
            Class::Binary | Class::Relation if !is_infix(items, index) => Class::Ordinary,
            own => own,
        };
        let unary =
            before == Some(Class::Ordinary) && index > 0 && is_sign(&items[index - 1]) && !is_infix(items, index - 1);
        let gap = match (before, own) {
            (None, _) => false,
            (Some(Class::Binary | Class::Relation | Class::Punctuation), _) | (_, Class::Binary | Class::Relation) => {
                true
            }
            (Some(Class::Operator), Class::Ordinary | Class::Operator) => true,
            (Some(Class::Ordinary | Class::Close), Class::Operator) => !unary,
            _ => false,
        };
        let block = set(item, style);
        if (gap || runs_on(&whole, &block)) && !spaced {
            whole = whole.beside(Block::text(" "));
        }
        spaced = block.width() == 0 && spaced;
        whole = whole.beside(block);
        before = Some(own);
    }
    whole
}

/// Whether what follows would be read as more of a subscript that stands in the row: W_D A is not W_DA.
fn runs_on(whole: &Block, next: &Block) -> bool {
    let (Some(whole), Some(next)) = (whole.as_text(), next.as_text()) else { return false };
    let in_script = whole.rsplit_once('_').is_some_and(|(_, script)| script.chars().all(char::is_alphanumeric));
    in_script && next.starts_with(char::is_alphabetic)
}

fn is_sign(node: &Node) -> bool {
    matches!(node, Node::Symbol { class: Class::Binary, .. })
}

/// A part of a one-row formula, in parentheses if it is more than one thing.
fn wrapped(node: &Node) -> String {
    let text = inline(node).as_text().unwrap_or_default().to_owned();
    let single = text.chars().count() == 1 || text.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    if single { text } else { format!("({text})") }
}

fn fraction(above: &Node, below: &Node, style: Style) -> Block {
    if style == Style::Inline {
        let (above, below) = (wrapped(above), wrapped(below));
        return Block::text(match (above.as_str(), below.as_str()) {
            ("1", "2") => "½".to_owned(),
            ("1", "4") => "¼".to_owned(),
            _ => format!("{above}/{below}"),
        });
    }
    let (above, below) = (set(above, style), set(below, style));
    let width = above.width().max(below.width()).max(1);
    let bar = Block::text("─".repeat(width));
    Block::stacked(vec![above, bar, below], 1)
}

fn root(radicand: &Node, index: Option<&Node>, style: Style) -> Block {
    let sign = match index.map(|index| inline(index).as_text().unwrap_or_default().to_owned()) {
        None => "√".to_owned(),
        Some(index) if index == "3" => "∛".to_owned(),
        Some(index) => format!("{}√", raised(&index).unwrap_or(index)),
    };
    if style == Style::Inline {
        return Block::text(format!("{sign}{}", wrapped(radicand)));
    }
    let inner = set(radicand, style);
    let over = Block::text("_".repeat(inner.width()));
    let (height, baseline) = (inner.height(), inner.baseline);
    let roofed = Block::stacked(vec![over, inner], 1);
    if height == 1 {
        return Block::text(sign).beside(roofed);
    }
    // A tall root leans: its foot at the bottom left.
    let rows: Vec<Block> = (0..height)
        .map(|row| {
            let before = height - 1 - row;
            let mark = if row + 1 == height { format!("{sign} ") } else { String::new() };
            if mark.is_empty() { Block::text(format!("{}╱ ", " ".repeat(before.min(1)))) } else { Block::text(mark) }
        })
        .collect();
    let width = rows.iter().map(Block::width).max().unwrap_or(1);
    let stroke = Block::flush(
        rows.into_iter()
            .map(|row| {
                let w = row.width();
                row.padded(width, width - w)
            })
            .collect(),
        0,
    );
    stroke.on_baseline(baseline).beside(roofed)
}

fn scripts(base: &Node, below: Option<&Node>, above: Option<&Node>, place: ScriptPlace, style: Style) -> Block {
    if let (Some(above), None, ScriptPlace::Limits) = (above, below, place)
        && let Some(accented) = accent(base, above, style)
    {
        return accented;
    }
    if let (Some(below), None, ScriptPlace::Limits) = (below, above, place)
        && let Some(braced) = brace(base, below, style)
    {
        return braced;
    }
    let body = set(base, style);
    let as_limits = style == Style::Display && place != ScriptPlace::Right;
    if as_limits {
        let mut blocks = Vec::new();
        let on = usize::from(above.is_some());
        blocks.extend(above.map(|above| Block::text(tight(inline(above)))));
        blocks.push(body);
        blocks.extend(below.map(|below| Block::text(tight(inline(below)))));
        return Block::stacked(blocks, on);
    }
    let text = |node: &Node| tight(inline(node));
    let (low, high) = (below.map(text), above.map(text));
    let small_low = low.as_deref().map(lowered);
    let small_high = high.as_deref().map(raised);
    if body.height() == 1 && small_low != Some(None) && small_high != Some(None) {
        let part = |small: Option<Option<String>>| small.flatten().unwrap_or_default();
        return body.beside(Block::text(part(small_low) + &part(small_high)));
    }
    if style == Style::Inline {
        let part = |sign: char, plain: Option<String>, small: Option<Option<String>>| match (plain, small.flatten()) {
            (_, Some(small)) => small,
            (Some(plain), None) if plain.chars().count() == 1 => format!("{sign}{plain}"),
            (Some(plain), None) if sign == '_' && plain.chars().all(char::is_alphanumeric) => format!("_{plain}"),
            (Some(plain), None) => format!("{sign}({plain})"),
            (None, None) => String::new(),
        };
        let (low, high) = (part('_', low, small_low), part('^', high, small_high));
        return body.beside(Block::text(low + &high));
    }
    // What Unicode has stays on the line of a letter; the rest goes a row up or down, or to the corners of a tall base.
    if body.height() == 1 {
        if let (Some(Some(small)), Some(high)) = (&small_low, &high) {
            return body.beside(Block::flush(vec![Block::text(high), Block::text(small)], 1));
        }
        if let (Some(low), Some(Some(small))) = (&low, &small_high) {
            return body.beside(Block::flush(vec![Block::text(small), Block::text(low)], 0));
        }
    }
    let up = high.as_ref().map_or(0, |_| body.baseline.max(1));
    let down = low.as_ref().map_or(0, |_| body.depth().max(1));
    let mut side = vec![Block::empty(); up + down + 1];
    if let Some(high) = high {
        side[0] = Block::text(high);
    }
    if let Some(low) = low {
        side[up + down] = Block::text(low);
    }
    body.beside(Block::flush(side, up))
}

/// The text of a script, without the spaces around signs.
fn tight(block: Block) -> String {
    let text = block.into_rows().join(" ");
    [" = ", " + ", " − ", " ≤ ", " < ", " > ", " ≥ ", " ∈ "]
        .iter()
        .fold(text, |text, sign| text.replace(sign, sign.trim()))
}

/// A base under a hat, a bar, a tilde, a dot or an arrow.
fn accent(base: &Node, mark: &Node, style: Style) -> Option<Block> {
    let Node::Symbol { text: mark, .. } = mark else { return None };
    let (combining, wide) = match mark.as_str() {
        "^" | "ˆ" | "\u{302}" => ('\u{302}', '^'),
        "~" | "˜" | "\u{303}" => ('\u{303}', '~'),
        "‾" | "¯" | "ˉ" | "\u{304}" | "\u{305}" => ('\u{304}', '_'),
        "→" | "⃗" => ('\u{20d7}', '→'),
        "." | "˙" => ('\u{307}', '.'),
        "¨" => ('\u{308}', '¨'),
        "⏞" => {
            let body = set(base, style);
            let curly = Block::text(curly(body.width(), ['╭', '┴', '╮']));
            return (style == Style::Display).then(|| Block::stacked(vec![curly, body], 1));
        }
        _ => return None,
    };
    let body = set(base, style);
    match body.as_text() {
        Some(text) if text.chars().count() == 1 => Some(Block::text(format!("{text}{combining}"))),
        Some(text) if style == Style::Inline => {
            Some(Block::text(text.chars().flat_map(|letter| [letter, combining]).collect::<String>()))
        }
        _ => {
            let sign = Block::text(if wide == '_' { "_".repeat(body.width()) } else { wide.to_string() });
            Some(Block::stacked(vec![sign, body], 1))
        }
    }
}

/// A base over a brace, or over a brace with a word under it.
fn brace(base: &Node, below: &Node, style: Style) -> Option<Block> {
    if let Node::Symbol { text, .. } = below
        && text == "⏟"
    {
        let body = set(base, style);
        let curly = Block::text(curly(body.width(), ['╰', '┬', '╯']));
        return Some(if style == Style::Display { Block::stacked(vec![body, curly], 0) } else { body });
    }
    None
}

fn curly(width: usize, [left, middle, right]: [char; 3]) -> String {
    if width < 3 {
        return middle.to_string().repeat(width.max(1));
    }
    let before = (width - 3) / 2;
    format!("{left}{}{middle}{}{right}", "─".repeat(before), "─".repeat(width - 3 - before))
}

/// A delimiter as tall as what it stands by.
fn delimiter(sign: char, inner: &Block, left: bool) -> Block {
    let height = inner.height();
    if height == 1 {
        return Block::text(sign.to_string());
    }
    let (top, middle, bottom) = match sign {
        '(' => ('⎛', '⎜', '⎝'),
        ')' => ('⎞', '⎟', '⎠'),
        '[' => ('⎡', '⎢', '⎣'),
        ']' => ('⎤', '⎥', '⎦'),
        '|' => ('│', '│', '│'),
        '‖' => ('║', '║', '║'),
        '{' => ('⎧', '⎪', '⎩'),
        '}' => ('⎫', '⎪', '⎭'),
        other => (other, other, other),
    };
    let center = match sign {
        '{' if height > 2 => Some('⎨'),
        '}' if height > 2 => Some('⎬'),
        _ => None,
    };
    let rows = (0..height).map(|row| {
        let piece = match row {
            0 => top,
            row if row + 1 == height => bottom,
            row if row == height / 2 => center.unwrap_or(middle),
            _ => middle,
        };
        Block::text(if left { format!("{piece} ") } else { format!(" {piece}") })
    });
    Block::flush(rows.collect(), 0).on_baseline(inner.baseline)
}

fn table(rows: &[Vec<Node>], aligned: bool, style: Style) -> Block {
    if style == Style::Inline {
        let rows = rows.iter().map(|row| {
            let cells: Vec<String> =
                row.iter().map(|cell| inline(cell).as_text().unwrap_or_default().to_owned()).collect();
            cells.join(", ")
        });
        return Block::text(rows.collect::<Vec<_>>().join("; "));
    }
    let cells: Vec<Vec<Block>> = rows.iter().map(|row| row.iter().map(|cell| set(cell, style)).collect()).collect();
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let width_of = |column: usize| cells.iter().filter_map(|row| row.get(column)).map(Block::width).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width_of).collect();
    let lines: Vec<Block> = cells
        .into_iter()
        .map(|row| {
            let mut line = Block::empty();
            for (column, cell) in row.into_iter().enumerate() {
                if column > 0 {
                    line = line.beside(Block::text(if aligned { " " } else { "  " }));
                }
                let slack = widths[column] - cell.width();
                let left = if aligned { if column % 2 == 0 { slack } else { 0 } } else { slack / 2 };
                line = line.beside(cell.padded(widths[column], left));
            }
            line
        })
        .collect();
    if lines.is_empty() {
        return Block::empty();
    }
    let height: usize = lines.iter().map(Block::height).sum();
    let count = lines.len();
    let single = lines[0].baseline;
    let whole = Block::flush(lines, 0);
    whole.on_baseline(if count == 1 { single } else { height / 2 })
}
