//! The table beside the curves: the knobs, and the numbers of now or of the final report.

use crate::experiment::Knob;
use crate::lab::Lab;
use crate::registry;
use crate::tui::choices;
use crate::tui::context::AppContext;
use crate::tui::live_run::LiveRun;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widgets::chart::{Series, number};
use crate::tui::widgets::frame::{frame, write};
use crate::tui::widgets::markdown::render;
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Columns that a name has at least, with the mark before it.
const LEAST_NAME: u16 = 11;

/// Columns of the table: where there is little room, and at the most where a screen has so many as the last.
const NARROW: u16 = 28;
const WIDEST: u16 = 36;
const ROOMY: u16 = 116;
/// Columns beside a name: a mark, a value as long as most, and the frame. A value that grows moves nothing.
const BESIDE_NAME: usize = 12;

/// A name at the left and a value at the right.
struct Row {
    mark: &'static str,
    name: String,
    name_style: Style,
    value: String,
    value_style: Style,
    /// Which live knob it is.
    knob: Option<usize>,
}

impl Row {
    fn new(name: &str, value: String, theme: &Theme) -> Self {
        let (name_style, value_style) = (theme.quiet(), theme.body());
        Row { mark: " ", name: name.to_owned(), name_style, value, value_style, knob: None }
    }

    /// The value stands whole if some of the name has room before it; what is too long for the rest ends in ….
    fn draw(&self, area: Rect, row: u16, theme: &Theme, buffer: &mut Buffer) {
        let least = LEAST_NAME.min(width(&self.name) as u16 + 3);
        let column = area.width.saturating_sub(width(&self.value) as u16 + 1).max(least);
        let before = Rect { width: if self.value.is_empty() { area.width } else { column.saturating_sub(1) }, ..area };
        write(buffer, before, 0, row, self.mark, theme.accented());
        write(buffer, before, 2, row, &self.name, self.name_style);
        write(buffer, area, column, row, &self.value, self.value_style);
    }
}

/// Names that would be cut before they differ lose letters before that place instead.
fn tell_apart(rows: &mut [Row], columns: u16) {
    let names: Vec<Vec<char>> = rows.iter().map(|row| row.name.chars().collect()).collect();
    for (index, row) in rows.iter_mut().enumerate() {
        let value = columns.saturating_sub(width(&row.value) as u16 + 1).max(LEAST_NAME);
        let room = usize::from(value.saturating_sub(3));
        let own = &names[index];
        let alike = |other: &Vec<char>| own.iter().zip(other).take_while(|(own, other)| own == other).count();
        let others = names.iter().enumerate().filter(|(other, _)| *other != index);
        let alike = others.map(|(_, other)| alike(other)).max().unwrap_or(0);
        if own.len() > room && alike + 1 >= room {
            // From the word on in which they differ.
            let differs = own[..alike].iter().rposition(|letter| *letter == '_').map_or(alike, |before| before + 1);
            row.name = own[..room / 3].iter().chain(&['…']).chain(&own[differs..]).collect();
        }
    }
}

/// The rows, names that have no room beside their values above them, as long as there are rows for that.
fn with_whole_names(rows: Vec<Row>, columns: u16, room: usize, theme: &Theme) -> Vec<Row> {
    let mut free = room.saturating_sub(rows.len());
    let parted = rows.into_iter().flat_map(|row| {
        let is_cut = !row.value.is_empty() && 2 + width(&row.name) + width(&row.value) + 2 > usize::from(columns);
        let has_room = 2 + width(&row.name) <= usize::from(columns) && width(&row.value) + 3 <= usize::from(columns);
        if !(is_cut && has_room && free > 0) {
            return [Some(row), None];
        }
        free -= 1;
        let name = Row { value: String::new(), ..row };
        let value = Row { value_style: name.value_style, knob: name.knob, ..Row::new("", row.value, theme) };
        [Some(name), Some(value)]
    });
    parted.flatten().collect()
}

/// The live knobs that a lab shows.
pub fn live_knobs(lab: &Lab) -> Vec<Knob> {
    shown_knobs(lab).into_iter().filter(|knob| knob.live).collect()
}

fn shown_knobs(lab: &Lab) -> Vec<Knob> {
    let declared = registry::find(&lab.experiment).map(|experiment| (experiment.knobs)()).unwrap_or_default();
    lab.shown_knobs(&declared)
}

/// Columns of the table beside charts and pictures: as many as its names need, where there are some to spare.
pub fn columns(room: u16, lab: &Lab, app: &AppContext) -> u16 {
    let Some(run) = app.run_of(&lab.id).filter(|_| room >= ROOMY) else { return NARROW };
    let knobs = shown_knobs(lab).into_iter().map(|knob| knob.name.to_owned());
    let numbers = numbers(lab, run, app).into_iter().map(|row| row.name);
    let longest = knobs.chain(numbers).map(|name| width(&name)).max().unwrap_or(0);
    ((longest + BESIDE_NAME) as u16).clamp(NARROW, WIDEST)
}

/// Knobs above numbers where there is room for all of them; else the numbers first, then the live knobs about the
/// `chosen` one. Gives where each live knob stands, while it can be turned.
pub fn draw(area: Rect, lab: &Lab, chosen: usize, app: &AppContext, buffer: &mut Buffer) -> Vec<(Rect, usize)> {
    let Some(run) = app.run_of(&lab.id) else { return Vec::new() };
    let room = usize::from(area.height.saturating_sub(2));
    let columns = area.width.saturating_sub(2);
    let (live, fixed) = (live_rows(lab, run, chosen, columns, app), fixed_rows(lab, run, columns, app));
    let mut numbers = numbers(lab, run, app);
    numbers.extend(message(run, usize::from(area.width.saturating_sub(5)).max(8), app));
    tell_apart(&mut numbers, area.width.saturating_sub(2));
    // A knob is not told twice.
    numbers.retain(|row| live.iter().all(|knob| knob.name != row.name));
    let whole = live.len() + fixed.len() + 1 + numbers.len() <= room;
    let rows: Vec<Row> = if whole {
        let blank = Row::new("", String::new(), &app.theme);
        live.into_iter().chain(fixed).chain([blank]).chain(numbers).collect()
    } else {
        // While it runs the chosen knob stands among them, whatever else is shown.
        let kept = usize::from(run.is_live() && !live.is_empty());
        numbers.truncate(room.saturating_sub(kept));
        let left = room - numbers.len();
        let skipped = (chosen + 1).saturating_sub(left);
        numbers.into_iter().chain(live.into_iter().skip(skipped).take(left)).collect()
    };
    let rows = with_whole_names(rows, area.width.saturating_sub(2), room, &app.theme);
    let title = app.say(if whole { text::KNOBS } else { text::NOW });
    let inner = frame(area, title, "", false, &app.theme, buffer);
    let mut places = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        row.draw(inner, index as u16, &app.theme, buffer);
        let place = Rect { y: inner.y + index as u16, height: 1, ..inner };
        places.extend(row.knob.filter(|_| run.is_live() && place.y < inner.bottom()).map(|knob| (place, knob)));
    }
    places
}

/// The value of a knob, as it has room beside its name.
fn value_of(run: &LiveRun, knob: &Knob, columns: u16, app: &AppContext) -> String {
    let Some(value) = run.knobs.0.get(knob.name) else { return String::new() };
    let whole = choices::shown(knob, value, app.language);
    let has_room = width(knob.name) + width(&whole) + 4 <= usize::from(columns);
    if has_room { whole } else { value.to_string() }
}

fn live_rows(lab: &Lab, run: &LiveRun, chosen: usize, columns: u16, app: &AppContext) -> Vec<Row> {
    let knobs = live_knobs(lab).into_iter().enumerate();
    let rows = knobs.map(|(index, knob)| {
        let row = Row { knob: Some(index), ..Row::new(knob.name, value_of(run, &knob, columns, app), &app.theme) };
        match (run.is_live(), index == chosen) {
            (true, true) => Row { mark: "▸", value_style: app.theme.selected(), ..row },
            (true, false) => Row { mark: "●", ..row },
            (false, _) => row,
        }
    });
    rows.collect()
}

/// The knobs that stay, and the seed.
fn fixed_rows(lab: &Lab, run: &LiveRun, columns: u16, app: &AppContext) -> Vec<Row> {
    let quiet = |name: &str, value| Row { value_style: app.theme.quiet(), ..Row::new(name, value, &app.theme) };
    let knobs = shown_knobs(lab).into_iter().filter(|knob| !knob.live);
    let rows = knobs.map(|knob| quiet(knob.name, value_of(run, &knob, columns, app)));
    rows.chain([quiet(app.say(text::SEED), run.seed.to_string())]).collect()
}

/// The step and the rate, then the lab's figures: of the final report once there is one.
fn numbers(lab: &Lab, run: &LiveRun, app: &AppContext) -> Vec<Row> {
    let own = registry::find(&lab.experiment).map(|experiment| experiment.report).unwrap_or_default();
    let report = run.report.iter().flatten().filter(|(key, value)| own.contains(&key.as_str()) && value.is_number());
    let report: Vec<(&String, f64)> = report.filter_map(|(key, value)| Some((key, value.as_f64()?))).collect();
    let steps = [run.pace.step, run.pace.total_steps].map(|steps| number(steps as f64));
    // A record does not know how far it was to go.
    let steps = if run.is_recorded { steps[0].clone() } else { steps.join("/") };
    let mut rows = vec![Row::new(app.say(text::STEP), steps, &app.theme)];
    // A report that has a rate of its own is over the whole run: that of the last seconds says nothing beside it. A record has none.
    let has_own_rate = report.iter().any(|(key, _)| key.ends_with("_per_second"));
    if !has_own_rate && !run.is_recorded {
        let rate = format!("{}{}", number(run.pace.samples_per_second.round()), app.say(text::PER_SECOND));
        rows.push(Row::new(app.say(text::RATE), rate, &app.theme));
    }
    if run.report.is_some() {
        let figure = |(key, value): (&String, f64)| Row::new(key, number(value), &app.theme);
        let figures = report.into_iter().map(figure);
        rows.extend(figures.map(|row| Row { value_style: app.theme.accented(), ..row }));
    } else {
        let row = |name: &String| {
            let (_, value) = run.series.get(name).and_then(Series::last)?;
            Some(Row::new(name, number(value), &app.theme))
        };
        rows.extend(lab.dashboard.numbers.iter().filter_map(row));
    }
    rows
}

/// The last warning or failure, in lines.
fn message(run: &LiveRun, columns: usize, app: &AppContext) -> Vec<Row> {
    let said = run.message.iter().map(|message| message.in_language(app.language));
    let lines = said.flat_map(|message| render(message, columns, &app.theme, app.widths));
    let bad = Style::new().fg(app.theme.bad);
    lines.map(|line| Row { name_style: bad, ..Row::new(&line.to_string(), String::new(), &app.theme) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_be_cut_alike_keep_the_words_in_which_they_differ() {
        let theme = Theme::dark();
        let row = |name: &str, value: &str| Row::new(name, value.to_owned(), &theme);
        let mut rows = [
            row("robot_minutes_to_half_metre_per_second", "1.12"),
            row("robot_minutes_to_one_metre_per_second", "1.32"),
            row("sliced_wasserstein_distance", "0.0567"),
            row("robot_minutes", "3"),
        ];
        tell_apart(&mut rows, 24);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let expected = ["robot…half_metre_per_second", "robot…one_metre_per_second"];
        assert_eq!(names, [&expected[..], &["sliced_wasserstein_distance", "robot_minutes"]].concat());
    }

    #[test]
    fn a_name_without_room_beside_its_value_has_a_row_of_its_own_where_there_is_one() {
        let theme = Theme::dark();
        let rows = || {
            let row = |name: &str, value: &str| Row::new(name, value.to_owned(), &theme);
            vec![row("largest_principal_angle", "1.25"), row("mse", "31.5"), row("words_per_second", "1 807 383")]
        };
        let shown = |room: usize| {
            let rows = with_whole_names(rows(), 26, room, &theme);
            rows.into_iter().map(|row| format!("{}: {}", row.name, row.value)).collect::<Vec<_>>()
        };
        let parted = ["largest_principal_angle: ", ": 1.25", "mse: 31.5"];
        assert_eq!(shown(5), [&parted[..], &["words_per_second: ", ": 1 807 383"]].concat());
        assert_eq!(shown(4), [&parted[..], &["words_per_second: 1 807 383"]].concat());
        assert_eq!(shown(3).len(), 3);
    }

    #[test]
    fn a_long_name_ends_before_its_value() {
        let theme = Theme::dark();
        let area = Rect::new(0, 0, 26, 1);
        let mut buffer = Buffer::empty(area);
        Row::new("sliced_wasserstein_distance", "0.0567".to_owned(), &theme).draw(area, 0, &theme, &mut buffer);
        let text: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(text, "  sliced_wasserst… 0.0567 ");
        let mut buffer = Buffer::empty(area);
        Row::new("rules", "gift:3, thanks:3, fault:-1".to_owned(), &theme).draw(area, 0, &theme, &mut buffer);
        let text: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(text, "  rules gift:3, thanks:3,…");
    }
}
