//! The command palette: everything that keys do, and every place there is, by name.

use super::{dialog, in_one_line, status, when};
use crate::experiment::{Bilingual, Wording};
use crate::lab::Lab;
use crate::tui::context::AppContext;
use crate::tui::destination::Destination;
use crate::tui::keys::{self, Action, Context};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::width;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Bytes that are looked for, at most.
const LONGEST: usize = 200;
/// Runs that are listed: the newest.
const RUNS: usize = 20;

/// A row: what it is called, what kind of thing it is or its key, and where it leads.
struct Row {
    /// In both languages: who switched by mistake finds the way back.
    names: [String; 2],
    note: String,
    destination: Destination,
}

impl Row {
    fn new(names: [&str; 2], note: impl Into<String>, destination: Destination) -> Self {
        Row { names: names.map(str::to_owned), note: note.into(), destination }
    }

    fn of(title: &Bilingual, note: Wording, destination: Destination, app: &AppContext) -> Self {
        Row::new([&title.en, &title.ja], app.say(note), destination)
    }

    /// Whether every typed word stands in a name or in the note.
    fn has(&self, typed: &[String]) -> bool {
        let texts: Vec<String> = self.names.iter().chain([&self.note]).map(|text| text.to_lowercase()).collect();
        typed.iter().all(|word| texts.iter().any(|text| text.contains(word)))
    }
}

pub struct Palette {
    rows: Vec<Row>,
    typed: String,
    selected: usize,
}

pub enum Outcome {
    Open,
    Closed,
    Chosen(Destination),
}

impl Palette {
    pub fn new(contexts: &[Context], in_text: bool, app: &AppContext) -> Self {
        let mut rows: Vec<Row> = Vec::new();
        for (keys, binding) in keys::working(contexts, in_text) {
            let moves =
                matches!(binding.action, Action::Up | Action::Down | Action::Left | Action::Right | Action::Palette);
            let destination = Destination::Action(binding.action);
            let is_new = |known: &Row| known.destination != destination && known.names[0] != binding.help.en;
            if !moves && rows.iter().all(is_new) {
                rows.push(Row::new([binding.help.en, binding.help.ja], keys[0].name(), destination));
            }
        }
        // Where letters are text, its key does not lead to the runs; its name does.
        let runs = Destination::Action(Action::Runs);
        if contexts.contains(&Context::LabTrain) && rows.iter().all(|row| row.destination != runs) {
            let binding = keys::bindings(Context::LabTrain).into_iter().find(|binding| binding.action == Action::Runs);
            rows.extend(binding.map(|binding| Row::new([binding.help.en, binding.help.ja], String::new(), runs)));
        }
        let labs = app.catalogue.labs();
        let shown = labs.iter().find(|lab| Some(&lab.id) == app.shown_lab.as_ref());
        rows.extend(shown.into_iter().flat_map(|lab| within(lab, app)));
        let others = labs.iter().filter(|lab| Some(&lab.id) != app.shown_lab.as_ref());
        rows.extend(others.map(|lab| {
            let note = format!("{} {}", app.say(text::A_LAB), lab.id);
            Row::new([&lab.title.en, &lab.title.ja], note, Destination::Lab(lab.id.clone()))
        }));
        let runs = app.store.list().map(|(runs, _)| runs).unwrap_or_default();
        let here = runs.into_iter().filter(|run| app.shown_lab.as_ref().is_none_or(|lab| run.lab == *lab));
        rows.extend(here.take(RUNS).map(|run| {
            let preset = run.preset.as_deref().unwrap_or_default();
            let [en, ja] = [status(run.status).en, status(run.status).ja]
                .map(|status| format!("{} {} {preset} {status}", when(&run.started), run.lab));
            Row::new([&en, &ja], app.say(text::A_RUN), Destination::Run { lab: run.lab.clone(), id: run.id })
        }));
        if shown.is_none() {
            // Where no lab is open, what all of them hold is found too, by the name of the lab as well.
            rows.extend(labs.iter().flat_map(|lab| {
                within(lab, app).into_iter().map(move |row| Row {
                    note: format!("{} · {}", lab.id, row.note),
                    destination: Destination::Within { lab: lab.id.clone(), place: Box::new(row.destination) },
                    ..row
                })
            }));
        }
        Palette { rows, typed: String::new(), selected: 0 }
    }

    fn found(&self) -> Vec<&Row> {
        let typed: Vec<String> = self.typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let mut found: Vec<&Row> = self.rows.iter().filter(|row| row.has(&typed)).collect();
        // What begins with the word, or has it as a word of its own, comes first.
        if let [word] = &typed[..] {
            let is_word = |text: &str| text.to_lowercase().split_whitespace().any(|part| part == word);
            let rank = |row: &&Row| {
                let begins = row.names.iter().any(|name| name.to_lowercase().starts_with(word));
                !(begins || is_word(&row.note) || row.names.iter().any(|name| is_word(name)))
            };
            found.sort_by_key(rank);
        }
        found
    }

    /// Moves the choice.
    pub fn step(&mut self, by: isize) {
        let last = self.found().len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    pub fn key(&mut self, key: &KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc => return Outcome::Closed,
            KeyCode::Enter => {
                let found = self.found();
                return found.get(self.selected).map_or(Outcome::Open, |row| Outcome::Chosen(row.destination.clone()));
            }
            KeyCode::Up => self.step(-1),
            KeyCode::Down => self.step(1),
            KeyCode::PageUp => self.step(-10),
            KeyCode::PageDown => self.step(10),
            KeyCode::Backspace => {
                if self.typed.pop().is_none() {
                    return Outcome::Closed;
                }
                self.selected = 0;
            }
            KeyCode::Char(letter) => {
                if self.typed.len() < LONGEST {
                    self.typed.push(letter);
                }
                self.selected = 0;
            }
            _ => {}
        }
        Outcome::Open
    }

    pub fn pasted(&mut self, pasted: &str) {
        self.typed.extend(pasted.chars().filter(|letter| !letter.is_control()).take(LONGEST));
        self.selected = 0;
    }

    pub fn draw(&self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let found = self.found();
        let size = (area.width.saturating_sub(8).min(84), 18);
        let inner = dialog(area, size, app.say(text::COMMANDS), app.say(text::ESC_CLOSES), app, buffer);
        let end = write(buffer, inner, 0, 0, &format!(": {}", self.typed), app.theme.strong());
        write(buffer, inner, end, 0, "▏", app.theme.accented());
        if found.is_empty() {
            write(buffer, inner, 1, 1, app.say(text::NOTHING_FOUND), app.theme.quiet());
        }
        let room = usize::from(inner.height.saturating_sub(1));
        let top = (self.selected + 1).saturating_sub(room);
        let language = app.language as usize;
        for (row, entry) in found.iter().skip(top).take(room).enumerate() {
            let chosen = row + top == self.selected;
            let style = if chosen { app.theme.selected() } else { app.theme.body() };
            let place = Rect { y: inner.y + 1 + row as u16, height: 1, ..inner };
            buffer.set_style(place, style);
            let column = inner.width.saturating_sub(width(&entry.note) as u16 + 1);
            let name = Rect { width: column.saturating_sub(1), ..place };
            write(buffer, name, 1, 0, &entry.names[language], style);
            write(buffer, place, column, 0, &entry.note, if chosen { style } else { app.theme.quiet() });
            app.places.put(place, entry.destination.clone());
        }
        let below = found.len().saturating_sub(top + room);
        if below > 0 {
            let more = format!(" ↓ {below} ");
            let frame = Rect { y: inner.bottom(), height: 1, ..inner };
            write(buffer, frame, inner.width.saturating_sub(width(&more) as u16), 0, &more, app.theme.quiet());
        }
    }
}

/// The places of a lab: its instruments, its presets, its exercises.
fn within(lab: &Lab, app: &AppContext) -> Vec<Row> {
    let instruments = lab.explore.iter().enumerate();
    let instruments =
        instruments.map(|(at, use_)| Row::of(&use_.title, text::EXPLORE, Destination::Instrument(at), app));
    let presets = lab.presets.iter().enumerate().map(|(at, (name, preset))| {
        let [en, ja] =
            [&preset.summary.en, &preset.summary.ja].map(|summary| format!("{name}: {}", in_one_line(summary, app)));
        Row::new([&en, &ja], app.say(text::A_PRESET), Destination::Preset(at))
    });
    let exercises = lab.exercises.iter().enumerate();
    let exercises =
        exercises.map(|(at, exercise)| Row::of(&exercise.title, text::EXERCISES, Destination::Exercise(at), app));
    instruments.chain(presets).chain(exercises).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;
    use crate::tui::screens::lab::LabScreen;

    /// What is found by what is typed in the picker, first what comes first.
    fn found(typed: &str, app: &AppContext) -> Vec<Destination> {
        let mut palette = Palette::new(&[Context::Picker], false, app);
        typed.chars().for_each(|letter| _ = palette.key(&KeyEvent::from(KeyCode::Char(letter))));
        palette.found().into_iter().map(|row| row.destination.clone()).collect()
    }

    /// The list of runs is found on Explore as on Train and in the picker, and by the same word.
    #[test]
    fn runs_are_found_wherever_a_lab_has_some() {
        let folder = tempfile::tempdir().unwrap();
        for language in Language::ALL {
            let mut app = AppContext::for_tests(language, folder.path());
            let mut without = 0;
            for lab in app.catalogue.labs().into_iter().cloned().collect::<Vec<_>>() {
                // In notes every letter is text.
                for tab in [2, 4] {
                    let mut screen = LabScreen::new(lab.clone(), Some(tab), &mut app);
                    // Some keys are known once it is drawn.
                    let area = Rect::new(0, 0, 80, 23);
                    screen.draw(area, &mut app, &mut Buffer::empty(area));
                    let contexts = screen.contexts(&app);
                    let mut palette = Palette::new(&contexts, screen.in_text(), &app);
                    let typed = if language == Language::En { "runs" } else { "過去の実行" };
                    typed.chars().for_each(|letter| _ = palette.key(&KeyEvent::from(KeyCode::Char(letter))));
                    let runs = Destination::Action(Action::Runs);
                    let found = palette.found().into_iter().any(|row| row.destination == runs);
                    assert_eq!(found, !lab.presets.is_empty(), "{} {tab}", lab.id);
                    without += usize::from(!found);
                }
            }
            assert!(without > 0);
        }
    }

    /// Presets, instruments and exercises are found before a lab is opened, and lead into it; the lab itself comes before them.
    #[test]
    fn what_labs_hold_is_found_from_the_picker() {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("vae").unwrap();
        let within = |place| Destination::Within { lab: "vae".to_owned(), place: Box::new(place) };
        let preset = lab.presets.iter().position(|(name, _)| name == "collapse").map(Destination::Preset).unwrap();
        assert!(found("collapse", &app).contains(&within(preset)));
        let exercise = &lab.exercises[1];
        assert!(found(&exercise.title.ja, &app).contains(&within(Destination::Exercise(1))));
        let instrument = &lab.explore[0];
        assert!(found(&instrument.title.en.to_lowercase(), &app).contains(&within(Destination::Instrument(0))));
        assert_eq!(found("vae", &app)[0], Destination::Lab("vae".to_owned()));
        // Without a word they come after commands, labs and runs.
        assert!(matches!(found("", &app)[0], Destination::Action(_)));
    }
}
