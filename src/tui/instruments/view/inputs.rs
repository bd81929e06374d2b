//! The inputs of a view: numbers and choices to turn, a line of text, a canvas.

use super::labels::label;
use crate::experiment::{Bilingual, Knob, KnobKind, KnobValue, Knobs, Language, ViewSpec};
use crate::lab::InstrumentUse;
use crate::tui::choices;
use crate::tui::context::AppContext;
use crate::tui::instruments::drawing_pad::Pad;
use crate::tui::instruments::{Canvas, Texts};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::width;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;
use tui_textarea::TextArea;

/// What a view is asked with.
pub struct Inputs {
    declared: Vec<Knob>,
    values: Knobs,
    /// The values that it began with.
    begun: Knobs,
    /// Those that one can turn or type, by their place among the declared.
    shown: Vec<usize>,
    chosen: usize,
    /// The text being typed, for the chosen input if it is one.
    line: TextArea<'static>,
    /// Whether the text is as it was: the first letter typed takes its place.
    untouched: bool,
    /// A number that is being typed for the chosen input.
    typing: Option<String>,
    /// The inputs of text that a person has given one.
    given: BTreeSet<&'static str>,
    /// The canvas whose drawing the view begins with, and the name of its input.
    pub pad: Option<(&'static str, Pad)>,
    /// Where the inputs stand on the screen.
    areas: Vec<Rect>,
    /// The language that they are named in.
    language: Language,
}

impl Inputs {
    pub fn new(view: &ViewSpec, use_: &InstrumentUse) -> Self {
        let declared = (view.inputs)();
        let mut values = Knobs::defaults(&declared);
        // Checked when the lab was read.
        values.0.extend(use_.inputs.clone());
        let picture = declared.iter().find(|input| input.kind == KnobKind::Picture).filter(|_| use_.drawing);
        let pad = picture.map(|input| (input.name, Pad::new(Canvas::default())));
        let given = |kind: &KnobKind| matches!(kind, KnobKind::Picture | KnobKind::Point { .. } | KnobKind::Cell);
        let shown = (0..declared.len()).filter(|index| !given(&declared[*index].kind)).collect();
        let mut inputs = Inputs {
            declared,
            begun: values.clone(),
            values,
            shown,
            chosen: 0,
            line: TextArea::default(),
            untouched: true,
            typing: None,
            given: BTreeSet::new(),
            pad,
            areas: Vec::new(),
            language: Language::En,
        };
        inputs.begin_line();
        inputs
    }

    pub fn is_empty(&self) -> bool {
        self.shown.is_empty() && self.pad.is_none()
    }

    /// Whether nothing was turned, typed or drawn.
    pub fn are_as_begun(&self) -> bool {
        self.values == self.begun && self.pad.is_none() && self.typing.is_none()
    }

    pub fn values(&self) -> &Knobs {
        &self.values
    }

    pub fn set(&mut self, name: &str, value: KnobValue) {
        self.values.0.insert(name.to_owned(), value);
    }

    /// Whether there is a seed among them.
    pub fn has_seed(&self) -> bool {
        self.values.0.contains_key("seed")
    }

    /// The values, with a text that is typed and not asked yet.
    pub fn kept(&self) -> Knobs {
        let mut kept = self.values.clone();
        if let Some((name, typed)) = self.typed_text() {
            kept.0.insert(name.to_owned(), KnobValue::Text(typed));
        }
        kept
    }

    /// Takes up values that were [`kept`](Self::kept); those that are drawn or picked begin anew.
    pub fn take(&mut self, kept: &Knobs) {
        for index in &self.shown {
            let input = &self.declared[*index];
            // A text that would be refused is not asked either.
            if let Some(value) = kept.0.get(input.name).filter(|value| input.parse(&value.to_string()).is_ok()) {
                self.values.0.insert(input.name.to_owned(), value.clone());
            }
        }
        self.begin_line();
    }

    /// Takes the drawing up; the name of its input if there is any ink.
    pub fn take_drawing(&mut self) -> Option<String> {
        let (name, pad) = self.pad.as_ref()?;
        let (name, value) = (*name, pad.digit().map_or(KnobValue::Nothing, KnobValue::from));
        let drawn = value != KnobValue::Nothing;
        self.set(name, value);
        drawn.then(|| name.to_owned())
    }

    /// Whether what is drawn is large enough to be a digit.
    pub fn has_strokes(&self) -> bool {
        self.pad.as_ref().is_some_and(|(_, pad)| pad.has_strokes())
    }

    /// An input with its value in letters.
    pub fn with_value(&self, input: String) -> (String, String) {
        let value = self.values.0.get(&input).map(ToString::to_string).unwrap_or_default();
        (input, value)
    }

    /// Whether the view can be asked: one that begins with a drawing needs one.
    pub fn is_ready(&self) -> bool {
        self.pad.as_ref().is_none_or(|(name, _)| self.values.picture(name).is_some())
    }

    fn current(&self) -> Option<&Knob> {
        self.declared.get(*self.shown.get(self.chosen)?)
    }

    /// Whether printable keys belong to a line of text.
    pub fn in_text(&self) -> bool {
        self.current().is_some_and(|input| matches!(input.kind, KnobKind::Text { .. } | KnobKind::Integers { .. }))
    }

    /// Whether a number can be typed for the chosen input.
    pub fn is_number(&self) -> bool {
        self.current().is_some_and(|input| matches!(input.kind, KnobKind::Integer { .. } | KnobKind::Real { .. }))
    }

    /// Whether a number is being typed: printable keys belong to it.
    pub fn in_number(&self) -> bool {
        self.typing.is_some()
    }

    /// Begins a number for the chosen input by a digit or a sign, which takes the place of its value, or goes on with it; whether the key
    /// is its own.
    pub fn type_number(&mut self, key: &KeyEvent) -> bool {
        let is_number = self.is_number();
        match (key.code, &mut self.typing) {
            (KeyCode::Char(letter), Some(typing)) if typing.len() < LONGEST_NUMBER => typing.push(letter),
            (KeyCode::Backspace, Some(typing)) => _ = typing.pop(),
            (_, Some(_)) => {}
            (KeyCode::Char(digit @ ('0'..='9' | '-' | '−')), None) if is_number => {
                self.typing = Some(digit.to_string());
            }
            _ => return false,
        }
        true
    }

    /// Begins a number without a digit yet.
    pub fn begin_number(&mut self) {
        self.typing = self.is_number().then(String::new);
    }

    /// Takes the typed number up; the name of its input, or why it is refused. What is empty leaves the value.
    pub fn take_number(&mut self) -> Option<Result<&'static str, Bilingual>> {
        let typed = self.typing.take().filter(|typed| !typed.is_empty())?;
        let input = self.current()?.clone();
        Some(match input.parse(&typed) {
            Ok(value) => {
                self.set(input.name, value);
                Ok(input.name)
            }
            Err(error) => Err(error.of_inputs()),
        })
    }

    /// Leaves the value as it was before a number was typed.
    pub fn leave_number(&mut self) {
        self.typing = None;
    }

    /// Chooses another input.
    pub fn choose(&mut self, forward: bool) {
        let count = self.shown.len().max(1);
        self.chosen = (self.chosen + if forward { 1 } else { count - 1 }) % count;
        self.begin_line();
    }

    fn begin_line(&mut self) {
        let text = self.current().and_then(|input| self.values.0.get(input.name)).map(ToString::to_string);
        self.line = TextArea::new(vec![text.unwrap_or_default()]);
        self.line.move_cursor(tui_textarea::CursorMove::End);
        self.untouched = true;
        self.typing = None;
    }

    /// Moves the cursor within the text.
    pub fn move_in_text(&mut self, forward: bool) {
        use tui_textarea::CursorMove::{Back, Forward};
        self.line.move_cursor(if forward { Forward } else { Back });
        self.untouched = false;
    }

    /// Turns the chosen input by a notch; its name if it has changed.
    pub fn turn(&mut self, up: bool) -> Option<&'static str> {
        self.typing = None;
        let input = self.current()?.clone();
        let value = input.notch(self.values.0.get(input.name)?, up)?;
        (self.values.0.insert(input.name.to_owned(), value.clone()) != Some(value)).then_some(input.name)
    }

    /// Turns the chosen input to its first or last value; in a text the cursor goes there.
    pub fn turn_to_end(&mut self, last: bool) -> Option<&'static str> {
        let input = self.current()?.clone();
        let value = match input.kind {
            KnobKind::Integer { min, max } => KnobValue::Integer(if last { max } else { min }),
            KnobKind::Real { min, max, .. } => KnobValue::Real(if last { max } else { min }),
            _ if self.in_text() => {
                use tui_textarea::CursorMove::{End, Head};
                self.line.move_cursor(if last { End } else { Head });
                self.untouched = false;
                return None;
            }
            _ => return None,
        };
        self.set(input.name, value);
        Some(input.name)
    }

    /// Asks for another example: the next seed.
    pub fn next_example(&mut self) -> Option<&'static str> {
        let KnobValue::Integer(seed) = self.values.0.get_mut("seed")? else { return None };
        *seed += 1;
        Some("seed")
    }

    pub fn typed(&mut self, key: &KeyEvent) {
        // One line; Enter is an action of its own.
        if key.code != KeyCode::Enter {
            if matches!(key.code, KeyCode::Char(_)) {
                self.begin_anew();
            }
            self.untouched = false;
            self.line.input(*key);
        }
    }

    /// What is typed or pasted first takes the place of the text that stands there.
    fn begin_anew(&mut self) {
        if std::mem::take(&mut self.untouched) {
            self.line = TextArea::default();
        }
    }

    pub fn pasted(&mut self, pasted: &str) {
        self.begin_anew();
        self.line.insert_str(pasted.replace(['\n', '\r'], " "));
    }

    /// Takes the typed text up; its name, or why it is refused.
    pub fn take_text(&mut self) -> Option<Result<&'static str, Bilingual>> {
        let input = self.current().filter(|_| self.in_text())?.clone();
        let typed = self.line.lines().join(" ");
        Some(match input.parse(&typed) {
            Ok(value) => {
                self.set(input.name, value);
                self.untouched = true;
                self.given.insert(input.name);
                Ok(input.name)
            }
            Err(error) => Err(error.of_inputs()),
        })
    }

    /// The input whose text is typed and not asked yet, and what stands there.
    pub fn typed_text(&self) -> Option<(&'static str, String)> {
        let name = self.current().filter(|_| self.in_text())?.name;
        let (typed, own) = (self.line.lines().join(" "), self.values.0.get(name).map(ToString::to_string));
        (typed != own.unwrap_or_default()).then_some((name, typed))
    }

    /// The texts that a person has given, also one that is typed and not asked yet.
    pub fn given_texts(&self) -> Texts {
        let text = |input: &Knob| {
            let KnobKind::Text { longest } = input.kind else { return None };
            let own = self.values.text(input.name);
            let typed = self.typed_text().filter(|(name, typed)| *name == input.name && input.parse(typed).is_ok());
            let text = typed.map_or_else(|| own.to_owned(), |(_, typed)| typed);
            let is_given = text != own || self.given.contains(input.name);
            (is_given && !text.is_empty()).then_some(((input.name, longest), text))
        };
        self.declared.iter().filter_map(text).collect()
    }

    /// Takes the texts of inputs like its own that were given elsewhere; whether any is another than before.
    pub fn take_texts(&mut self, texts: &Texts) -> bool {
        let mut has_changed = false;
        for input in self.declared.clone() {
            let KnobKind::Text { longest } = input.kind else { continue };
            let Some(text) = texts.get(&(input.name, longest)).filter(|text| *text != self.values.text(input.name))
            else {
                continue;
            };
            self.set(input.name, KnobValue::Text(text.clone()));
            self.given.insert(input.name);
            has_changed = true;
        }
        if has_changed {
            self.begin_line();
        }
        has_changed
    }

    /// Chooses the input under the mouse, if there is one; a click on one of its arrows turns it too: `Some(Some(name))` if it has
    /// changed.
    pub fn click(&mut self, position: Position) -> Option<Option<&'static str>> {
        let index = self.areas.iter().position(|area| area.contains(position))?;
        let area = self.areas[index];
        self.choose_at(index);
        let name = self.current().map_or(0, |input| width(label(input.name, self.language))) as u16;
        let turned = match position.x - area.x {
            _ if self.in_text() => None,
            column if column + 2 >= area.width => self.turn(true),
            column if (name..=name + 2).contains(&column) => self.turn(false),
            _ => None,
        };
        Some(turned)
    }

    /// Turns the input under the mouse by its wheel; as [`click`](Self::click).
    pub fn wheel(&mut self, position: Position, up: bool) -> Option<Option<&'static str>> {
        let index = self.areas.iter().position(|area| area.contains(position))?;
        self.choose_at(index);
        Some(if self.in_text() { None } else { self.turn(up) })
    }

    /// Chooses the first input of text; whether there is one.
    pub fn choose_text(&mut self) -> bool {
        let is_text = |place: &usize| matches!(self.declared[self.shown[*place]].kind, KnobKind::Text { .. });
        let first = (0..self.shown.len()).find(is_text);
        first.into_iter().for_each(|place| self.choose_at(place));
        first.is_some()
    }

    fn choose_at(&mut self, index: usize) {
        if self.chosen != index {
            self.chosen = index;
            self.begin_line();
        }
    }

    /// What was asked last in an input of text.
    pub fn asked_text(&self) -> Option<String> {
        let is_text = |input: &&Knob| matches!(input.kind, KnobKind::Text { .. });
        let input = self.declared.iter().find(is_text)?;
        self.values.0.get(input.name).map(ToString::to_string)
    }

    /// Names them in a language from now on.
    pub fn speak(&mut self, language: Language) {
        self.language = language;
    }

    /// Rows that the inputs take at a width, with the one that says what the chosen one is: what is below does not move when they get
    /// the keys.
    pub fn rows(&self, columns: u16) -> u16 {
        if self.shown.is_empty() {
            return 0;
        }
        let last = self.places(columns).last().map_or(0, |(row, ..)| *row);
        last + 2
    }

    /// The row, the column and the text of every input.
    fn places(&self, columns: u16) -> Vec<(u16, u16, String)> {
        let (mut row, mut column) = (0, 1);
        let place = |(place, index): (usize, &usize)| {
            let input = &self.declared[*index];
            let value = self.values.0.get(input.name);
            let value = value.map(|value| choices::shown(input, value, self.language)).unwrap_or_default();
            let name = label(input.name, self.language);
            let text = match input.kind {
                KnobKind::Text { .. } | KnobKind::Integers { .. } if place == self.chosen => {
                    format!("{name} › {}{CURSOR}", with_spaces_at_end(&self.line.lines().join(" ")))
                }
                KnobKind::Text { .. } | KnobKind::Integers { .. } => format!("{name} › {}", with_spaces_at_end(&value)),
                _ => match self.typing.as_ref().filter(|_| place == self.chosen) {
                    Some(typing) => format!("{name} ◂ {typing}{CURSOR} ▸"),
                    None => format!("{name} ◂ {value} ▸"),
                },
            };
            let wide = width(&text) as u16;
            if column > 1 && column + wide > columns {
                (row, column) = (row + 1, 1);
            }
            let at = (row, column, text);
            column += wide + 3;
            at
        };
        self.shown.iter().enumerate().map(place).collect()
    }

    /// Draws the inputs, and below them what the chosen one is.
    pub fn draw(&mut self, area: Rect, focused: bool, app: &AppContext, buffer: &mut Buffer) {
        let places = self.places(area.width);
        self.areas.clear();
        if area.is_empty() {
            return;
        }
        for (index, (row, column, text)) in places.iter().enumerate() {
            let chosen = index == self.chosen && focused;
            let style = match chosen {
                // The arrows move the pen there, not the input.
                true if self.pad.is_some() => app.theme.strong(),
                true => app.theme.selected(),
                false => app.theme.body(),
            };
            // A cursor stands where the keys go.
            let text = if focused { text } else { text.trim_end_matches(CURSOR) };
            write(buffer, area, *column, *row, text, style);
            let wide = (width(text) as u16).min(area.width.saturating_sub(*column));
            self.areas.push(Rect { x: area.x + column, y: area.y + row, width: wide, height: 1 });
        }
        if let Some(input) = self.current() {
            let row = places.last().map_or(0, |(row, ..)| *row) + 1;
            // A space that nobody sees changes the answer.
            let ends_in_space = self.in_text() && self.line.lines().join(" ").ends_with(' ');
            let help = app.say(if ends_in_space { text::SPACE_AT_END } else { input.help });
            let end = write(buffer, area, 1, row, help, app.theme.quiet());
            if self.pad.is_some() && focused {
                write(buffer, area, end + 2, row, app.say(text::TURN_BESIDE_PAD), app.theme.quiet());
            }
        }
    }
}

/// Letters of a number that is typed, at most.
const LONGEST_NUMBER: usize = 20;

/// Behind what is typed.
const CURSOR: char = '▏';

/// A text with a mark for each space at its end.
fn with_spaces_at_end(text: &str) -> String {
    let whole = text.trim_end_matches(' ');
    format!("{whole}{}", "·".repeat(text.len() - whole.len()))
}

#[cfg(test)]
mod tests;
