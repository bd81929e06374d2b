//! Panels in plain lines, for the command line and the linear mode.

use super::text::{self, filled};
use super::widgets::panel::values::{alike, with_decimals, written};
use super::widgets::scene;
use crate::experiment::panel::{Curve, Curves, Format, Grid, Ground, HeatMap, Poses, Token};
use crate::experiment::picture::ImageGrid;
use crate::experiment::{Bar, Language, Panel, Wording, Words};
use crate::width::width;

/// Cells of a full bar.
const BAR: f32 = 24.0;
/// The least columns of a value beside a bar.
const LEAST_VALUE: usize = 7;
/// Cells of a plot.
const PLOT: (u16, u16) = (78, 22);

/// The column of the answer to `:analogies` that counts questions, and as many as an exercise asks for.
const ASKED: usize = 3;
const LEAST_ASKED: usize = 5;

/// The states that a line and its answer reach, for exercises to ask for.
pub fn reached(line: &str, panels: &[Panel]) -> Vec<&'static str> {
    const BY_COMMAND: [(&str, &str); 4] = [
        (":bias", "repl_bias"),
        (":odd", "repl_odd"),
        (":include on", "repl_included"),
        (":analogies", "repl_analogies"),
    ];
    if panels.is_empty() || panels.iter().any(Panel::is_fault) {
        return Vec::new();
    }
    let commands = BY_COMMAND.iter().filter(|(start, _)| line.trim().starts_with(start)).map(|(_, state)| *state);
    // A task of one's own is several questions.
    let commands = commands.filter(|state| *state != "repl_analogies" || asked(panels) >= LEAST_ASKED);
    let plotted = panels.iter().any(|panel| matches!(panel, Panel::Plane { .. })).then_some("repl_plotted");
    ["repl_said"].into_iter().chain(commands).chain(plotted).collect()
}

/// How many questions the answer to `:analogies` is about: its last row is the sum of its sections.
fn asked(panels: &[Panel]) -> usize {
    let count = |panel: &Panel| match panel {
        Panel::Table { rows, .. } => rows.0.last()?.get(ASKED)?.in_language(Language::En).parse().ok(),
        _ => None,
    };
    panels.iter().find_map(count).unwrap_or(0)
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

/// A panel in lines; nothing of a fault, which is printed elsewhere. `bars`: with bars beside values.
pub fn in_words(panel: &Panel, language: Language, bars: bool) -> String {
    match panel {
        Panel::Note { text } => format!("{}\n", text.in_language(language)),
        Panel::Fault { .. } => String::new(),
        Panel::Number { name, value, format } => {
            format!("{} = {}\n", name.in_language(language), written(*value, *format, language))
        }
        Panel::Bars { bars: entries, format, .. } => {
            let columns = entries.iter().map(|entry| width(&entry.name)).max().unwrap_or(0);
            let values = alike(entries.iter().map(|entry| f64::from(entry.value)), *format, language);
            let widest = values.iter().map(|value| width(value)).max().unwrap_or(0).max(LEAST_VALUE);
            let line = |(entry, value): (&Bar, &String)| {
                let bar = "▅".repeat(if bars { (BAR * entry.value.clamp(0.0, 1.0)).round() as usize } else { 0 });
                let before = " ".repeat(widest - width(value));
                let line = format!("{}  {before}{value}  {bar}", padded(&entry.name, columns));
                format!("{}\n", line.trim_end())
            };
            entries.iter().zip(&values).map(line).collect()
        }
        Panel::Table { names, rows } => {
            let names: Vec<String> = names.iter().map(|name| name.in_language(language).to_owned()).collect();
            aligned(&std::iter::once(names).chain(rows.in_language(language)).collect::<Vec<_>>())
        }
        Panel::Plane { scene, .. } => scene::plain(scene, PLOT.0, PLOT.1),
        Panel::Pictures { images, captions, .. } => {
            under_heading(panel, language, &pictures(images, captions, language))
        }
        Panel::HeatMap(map) => under_heading(panel, language, &heat_map(map, language)),
        Panel::Curves(curves) => {
            let lines: String = curves.curves.iter().map(|one| curve(one, curves, language)).collect();
            under_heading(panel, language, &lines)
        }
        Panel::Tokens { tokens, .. } => under_heading(panel, language, &tokens_in_words(tokens, language)),
        Panel::Board { board, .. } => under_heading(panel, language, &format!("{}\n", board.diagram.trim_end())),
        Panel::Grid(grid) => under_heading(panel, language, &cells(grid, language)),
        Panel::Poses(poses) => under_heading(panel, language, &moments(poses, language)),
    }
}

/// Lines under the panel's heading, where it has one.
fn under_heading(panel: &Panel, language: Language, lines: &str) -> String {
    let heading = panel.heading().map(|heading| heading.in_language(language)).filter(|heading| !heading.is_empty());
    heading.map(|heading| format!("{heading}\n")).unwrap_or_default() + lines
}

/// A wording with values in its places, as a line.
fn line(wording: Wording, language: Language, values: &[&dyn std::fmt::Display]) -> String {
    format!("{}\n", filled(wording.in_language(language), values))
}

fn pictures(images: &ImageGrid, captions: &[Words], language: Language) -> String {
    let Some(first) = images.pictures.first() else { return line(text::PANEL_EMPTY, language, &[]) };
    let wording = if images.pictures.len() == 1 { text::PANEL_ONE_PICTURE } else { text::PANEL_PICTURES };
    let count = line(wording, language, &[&images.pictures.len(), &first.width, &first.height]);
    count + &captions.iter().map(|caption| format!("  {}\n", caption.in_language(language))).collect::<String>()
}

/// A table under the names of the columns, and where the largest value is.
fn heat_map(map: &HeatMap, language: Language) -> String {
    let columns = map.columns.len().max(1);
    let values = alike(map.values.iter().copied().map(f64::from), Format::Plain, language);
    let rows = map.rows.iter().zip(values.chunks(columns));
    let rows = rows.map(|(name, values)| [std::slice::from_ref(name), values].concat());
    let heads = [&[String::new()][..], &map.columns].concat();
    let table = aligned(&std::iter::once(heads).chain(rows).collect::<Vec<_>>());
    let finite = map.values.iter().enumerate().filter(|(_, value)| value.is_finite());
    let largest = finite.max_by(|a, b| a.1.total_cmp(b.1)).map(|(at, _)| {
        let name = |names: &[String], at: usize| names.get(at).cloned().unwrap_or_default();
        let place = [&name(&map.rows, at / columns), &name(&map.columns, at % columns)];
        line(text::PANEL_LARGEST, language, &[place[0], place[1], &values[at]])
    });
    table + &largest.unwrap_or_default()
}

/// Both ends of a curve, its extremes, and its band.
fn curve(curve: &Curve, curves: &Curves, language: Language) -> String {
    let name = curve.name.in_language(language);
    let axis = curves.axis.in_language(language);
    let points: Vec<(f64, f64)> = curves.places.iter().copied().zip(curve.values.iter().copied()).collect();
    let finite: Vec<(f64, f64)> = points.iter().copied().filter(|(_, value)| value.is_finite()).collect();
    let gaps = points.len() - finite.len();
    let gaps = if gaps > 0 { line(text::PANEL_CURVE_GAPS, language, &[&gaps, &points.len()]) } else { String::new() };
    let (Some(first), Some(last)) = (finite.first(), finite.last()) else { return format!("{name}: {gaps}") };
    let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
    let smallest = finite.iter().min_by(by_value).unwrap_or(first);
    let largest = finite.iter().max_by(by_value).unwrap_or(last);
    let value = |point: &(f64, f64)| written(point.1, Format::Plain, language);
    let place = |point: &(f64, f64)| format!("{axis} {}", written(point.0, Format::Plain, language)).trim().to_owned();
    let values: Vec<String> =
        [first, last, smallest, largest].iter().flat_map(|point| [value(point), place(point)]).collect();
    let values = [&[name.to_owned()][..], &values].concat();
    let values: Vec<&dyn std::fmt::Display> = values.iter().map(|value| value as &dyn std::fmt::Display).collect();
    let band = curve.band.as_ref().and_then(|[low, high]| Some((low.last()?, high.last()?)));
    let band = band.map(|(low, high)| {
        let [low, high] = [low, high].map(|value| written(*value, Format::Plain, language));
        line(text::PANEL_CURVE_BAND, language, &[&low, &high])
    });
    line(text::PANEL_CURVE, language, &values) + &gaps + &band.unwrap_or_default()
}

/// The text in one line, what is marked in brackets, then each piece that has a value or alternatives.
fn tokens_in_words(tokens: &[Token], language: Language) -> String {
    let piece = |token: &Token| if token.marked { format!("[{}]", token.text) } else { token.text.clone() };
    let percent = |value: f32| written(f64::from(value), Format::Percent, language);
    let known = tokens.iter().filter(|token| token.value.is_some() || !token.alternatives.is_empty());
    let rows = known.map(|token| {
        let others: Vec<String> =
            token.alternatives.iter().map(|bar| format!("{} {}", bar.name, percent(bar.value))).collect();
        vec![
            format!("  {}", token.text.escape_debug()),
            token.value.map(percent).unwrap_or_default(),
            others.join(", "),
        ]
    });
    format!("{}\n", tokens.iter().map(piece).collect::<String>()) + &aligned(&rows.collect::<Vec<_>>())
}

/// Every cell of a grid world that holds something, under its row and column.
fn cells(grid: &Grid, language: Language) -> String {
    let columns = grid.columns.max(1);
    let rows = grid.cells.iter().enumerate().map(|(at, cell)| {
        let ground = match cell.ground {
            Ground::Free => text::PANEL_FREE,
            Ground::Wall => text::PANEL_WALL,
            Ground::Start => text::PANEL_START,
            Ground::Goal => text::PANEL_GOAL,
            Ground::Trap => text::PANEL_TRAP,
            Ground::Agent => text::PANEL_AGENT,
        };
        let place = filled(text::PANEL_CELL.in_language(language), &[&(at / columns), &(at % columns)]);
        let value = cell.value.map(|value| format!("V {}", with_decimals(f64::from(value), 3))).unwrap_or_default();
        let four = |name: &str, values: Option<[f32; 4]>| {
            let sides = |values: [f32; 4]| ["↑", "→", "↓", "←"].into_iter().zip(values);
            let sides = |values| {
                sides(values)
                    .map(|(side, value)| side.to_owned() + &with_decimals(f64::from(value), 2))
                    .collect::<Vec<_>>()
            };
            values.map(|values| format!("{name} {}", sides(values).join(" "))).unwrap_or_default()
        };
        let [policy, actions] = [four("π", cell.policy), four("Q", cell.action_values)];
        vec![place, ground.in_language(language).to_owned(), value, policy, actions, cell.text.clone()]
    });
    aligned(&rows.collect::<Vec<_>>())
}

/// How many poses there are, and where feet touch the ground.
fn moments(poses: &Poses, language: Language) -> String {
    let contacts = poses.poses.iter().enumerate().filter(|(_, pose)| !pose.contacts.is_empty());
    let contacts = contacts.map(|(at, pose)| line(text::PANEL_CONTACTS, language, &[&(at + 1), &pose.contacts.len()]));
    line(text::PANEL_POSES, language, &[&poses.poses.len(), &poses.seconds_per_pose]) + &contacts.collect::<String>()
}

/// Rows with their columns one below another.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns =
        |index: usize| rows.iter().filter_map(|row| row.get(index)).map(|cell| width(cell)).max().unwrap_or(0);
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().enumerate().map(|(index, cell)| padded(cell, columns(index))).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Bilingual;

    #[test]
    fn values_are_written_as_on_the_screen() {
        let bar = |name: &str, value| Bar { name: name.to_owned(), value };
        let bars = |bars: Vec<Bar>, format| Panel::Bars { heading: Bilingual::default(), bars, format };
        let told = |panel: &Panel| in_words(panel, Language::En, false);
        let shares = bars(vec![bar("a", 0.8), bar("bc", 0.05)], Format::Percent);
        assert_eq!(told(&shares), "a    80.0 %\nbc    5.0 %\n");
        let cosines = bars(vec![bar("a", 0.77), bar("b", -0.5)], Format::Plain);
        assert_eq!(told(&cosines), "a   0.7700\nb  −0.5000\n");
        assert_eq!(told(&bars(vec![bar("a", 3.0), bar("b", 12.0)], Format::Plain)), "a        3\nb       12\n");
        let number = |value, format| Panel::Number { name: Bilingual::same("x"), value, format };
        assert_eq!(told(&number(0.25, Format::Percent)), "x = 25.0 %\n");
        assert_eq!(told(&number(-1.5, Format::Nats)), "x = −1.5 nats\n");
        assert_eq!(told(&number(f64::NAN, Format::Nats)), "x = NaN\n");
        assert_eq!(told(&number(1e-5, Format::Plain)), "x = 1.0e−5\n");
    }

    #[test]
    fn five_questions_of_ones_own_count_and_fewer_do_not() {
        let row = |name: &str, asked: &str| [name, "100.00 %", "1", asked, "0"].map(str::to_owned).to_vec();
        let names = ["section", "accuracy", "right", "asked", "unknown words"].map(str::to_owned).to_vec();
        let answer = |asked: &str| [Panel::table(names.clone(), vec![row("family", "9"), row("all", asked)])];
        assert_eq!(reached(":analogies mine.txt", &answer("4")), ["repl_said"]);
        assert_eq!(reached(":analogies mine.txt", &answer("5")), ["repl_said", "repl_analogies"]);
    }

    #[test]
    fn carets_stand_under_wide_letters_too() {
        assert_eq!(underlined("王 - 娘たち", 6, 15), "  王 - 娘たち\n       ^^^^^^");
        assert_eq!(underlined("king +", 6, 6), "  king +\n        ^");
    }
}
