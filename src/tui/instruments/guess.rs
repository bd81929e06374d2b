//! Real or fake: twenty digits, half of them made by the generator. The student judges each; so does the discriminator.

use super::Instrument;
use crate::experiment::query::Score;
use crate::experiment::{Answer, ExperimentError, GrayImage, ImageGrid, Query};
use crate::lab::Lab;
use crate::tui::context::{AppContext, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write, write_middle};
use crate::width::wrapped;
use crossterm::event::MouseEvent;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

const DIGITS: usize = 20;

/// How many right ones are more than luck: who guesses has as many in one game of seventeen.
const ABOVE_CHANCE: usize = 14;

/// The picture judged last, beside the one to judge: columns with its verdict, and rows.
const LAST_COLUMNS: u16 = 26;
const LAST_ROWS: u16 = 10;

#[derive(Default)]
pub struct Guess {
    seed: u64,
    real: Option<Vec<GrayImage>>,
    made: Option<Vec<GrayImage>>,
    /// The digits in the order of the game, and whether each is real.
    deck: Vec<(GrayImage, bool)>,
    /// D(x) of each.
    trust: Vec<f32>,
    /// What the student said of those judged so far: real?
    said: Vec<bool>,
    failure: Option<ExperimentError>,
    reached: Vec<&'static str>,
}

impl Guess {
    fn deal(&mut self, lab: &Lab, app: &mut AppContext) {
        (self.real, self.made, self.failure) = (None, None, None);
        (self.deck, self.trust, self.said) = (Vec::new(), Vec::new(), Vec::new());
        let offset = ChaCha8Rng::seed_from_u64(self.seed).random_range(0..9000);
        app.ask(lab, "guess/real", Query::Examples { offset, count: DIGITS / 2 });
        app.ask(lab, "guess/made", Query::Sample { count: DIGITS / 2, seed: self.seed });
    }

    fn shuffle(&mut self, lab: &Lab, app: &mut AppContext) {
        let (Some(real), Some(made)) = (&self.real, &self.made) else { return };
        let both = real.iter().map(|picture| (picture.clone(), true));
        self.deck = both.chain(made.iter().map(|picture| (picture.clone(), false))).collect();
        self.deck.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        let pictures = self.deck.iter().map(|(picture, _)| picture.clone()).collect();
        app.ask(lab, "guess/trust", Query::Score { pictures, draws: 1, seed: 0 });
    }

    fn judge(&mut self, real: bool) {
        if self.said.len() == self.deck.len() {
            return;
        }
        self.said.push(real);
        if self.said.len() == self.deck.len() {
            self.reached.push("guess_finished");
            let [mine, machine] = self.scores();
            if mine >= ABOVE_CHANCE {
                self.reached.push("guess_above_chance");
            }
            if mine > machine {
                self.reached.push("guess_won");
            }
        }
    }

    /// How many of those judged the student, and D, had right.
    fn scores(&self) -> [usize; 2] {
        let judged = self.deck.iter().zip(&self.said);
        let mine = judged.filter(|((_, real), said)| real == *said).count();
        let machine = self.deck.iter().zip(&self.trust).take(self.said.len());
        [mine, machine.filter(|((_, real), trust)| *real == (**trust > 0.5)).count()]
    }
}

impl Instrument for Guess {
    fn contexts(&self) -> Vec<Context> {
        if self.failure.is_some() { vec![] } else { vec![Context::Guess] }
    }

    fn refresh(&mut self, lab: &Lab, app: &mut AppContext) {
        // A game under way is played to its end.
        if self.said.is_empty() {
            self.deal(lab, app);
        }
    }

    fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        match action {
            Action::GuessReal => self.judge(true),
            Action::GuessFake => self.judge(false),
            Action::RandomCode | Action::Confirm => {
                self.seed += 1;
                self.deal(lab, app);
            }
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, _event: MouseEvent, _lab: &Lab, _app: &mut AppContext) {}

    fn answered(&mut self, (key, answer): &Reply, lab: &Lab, app: &mut AppContext) -> bool {
        match (key.as_str(), answer) {
            ("guess/real", Ok(Answer::Examples { pictures, .. })) => {
                self.real = Some(pictures.clone());
                self.shuffle(lab, app);
            }
            ("guess/made", Ok(Answer::Pictures { pictures })) => {
                self.made = Some(pictures.clone());
                self.shuffle(lab, app);
            }
            ("guess/trust", Ok(Answer::Scores { scores })) => {
                let real =
                    |score: &Score| if let Score::Real { probability } = score { *probability } else { f32::NAN };
                self.trust = scores.iter().map(real).collect();
            }
            (key, Err(failure)) if key.starts_with("guess/") => self.failure = Some(failure.clone()),
            _ => return false,
        }
        true
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, app: &mut AppContext, buffer: &mut Buffer) {
        let done = self.said.len();
        let inner = frame(area, title, &format!("{done}/{DIGITS}"), focused, &app.theme, buffer);
        if let Some(failure) = &self.failure {
            write_middle(buffer, inner, failure.in_language(app.language), app.theme.quiet());
            return;
        }
        if self.deck.is_empty() {
            write(buffer, inner, 1, inner.height / 2, app.say(text::THINKING), app.theme.quiet());
            return;
        }
        let over = done == self.deck.len();
        let how = app.say(if over { text::GUESS_OVER } else { text::GUESS_HOW });
        write(buffer, inner, 1, 0, how, app.theme.strong());
        let [mine, machine] = self.scores();
        let (of, right) = (app.say(text::GUESS_OF), app.say(text::GUESS_RIGHT));
        let you = app.say(text::GUESS_YOU);
        let score = format!("{you} {mine}{of}{done}{right}    D {machine}{of}{done}{right}");
        write(buffer, inner, 1, inner.height.saturating_sub(1), &score, app.theme.accented());
        if let Some(last) = done.checked_sub(1) {
            let (_, real) = &self.deck[last];
            let was = app.say(if *real { text::GUESS_WAS_REAL } else { text::GUESS_WAS_FAKE });
            let color = if self.said[last] == *real { app.theme.good } else { app.theme.bad };
            let trust = self
                .trust
                .get(last)
                .map_or(String::new(), |trust| format!("  {}: {:.0} %", app.say(text::GUESS_TRUST), trust * 100.0));
            let mark = if self.said[last] == *real { "✓" } else { "!" };
            let said = format!("{mark} {was}{trust}");
            if over {
                write(buffer, inner, 1, inner.height.saturating_sub(2), &said, Style::new().fg(color));
            } else {
                // The verdict stands under the picture that it is about.
                let columns = LAST_COLUMNS.min(inner.width / 2);
                let beside = Rect { x: inner.right() - columns, width: columns, y: inner.y + 2, ..inner };
                write(buffer, beside, 0, 0, app.say(text::GUESS_LAST), app.theme.quiet());
                let shown = Rect { y: beside.y + 1, height: LAST_ROWS.min(inner.height.saturating_sub(8)), ..beside };
                let (picture, _) = &self.deck[last];
                app.pictures.draw("guess/last", &ImageGrid::new(1, vec![picture.clone()]), None, shown, buffer);
                let [verdict, trust] = [format!("{mark} {was}"), trust.trim_start().to_owned()];
                let lines = [verdict, trust].into_iter().flat_map(|said| wrapped(&said, usize::from(columns)));
                for (row, line) in lines.enumerate() {
                    write(buffer, beside, 0, 1 + shown.height + row as u16, &line, Style::new().fg(color));
                }
            }
        }
        let beside = if done > 0 && !over { LAST_COLUMNS.min(inner.width / 2) + 2 } else { 0 };
        let room = Rect {
            y: inner.y + 1,
            width: inner.width.saturating_sub(beside),
            height: inner.height.saturating_sub(3),
            ..inner
        };
        // The one to judge, large; at the end all of them.
        let (columns, pictures) = match self.deck.get(done) {
            Some((picture, _)) => (1, vec![picture.clone()]),
            None => {
                (if room.width > 3 * room.height { 10 } else { 5 }, self.deck.iter().map(|(p, _)| p.clone()).collect())
            }
        };
        app.pictures.draw("guess/deck", &ImageGrid::new(columns, pictures), None, room, buffer);
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty digits, every other one real, judged by a rule of their place.
    fn reached(is_real: impl Fn(usize) -> bool) -> Vec<&'static str> {
        let picture = GrayImage { width: 1, height: 1, pixels: vec![0] };
        let deck = (0..DIGITS).map(|at| (picture.clone(), at % 2 == 0)).collect();
        let mut game = Guess { deck, trust: vec![0.9; DIGITS], ..Guess::default() };
        (0..DIGITS).for_each(|at| game.judge(is_real(at)));
        game.reached()
    }

    #[test]
    fn the_same_key_twenty_times_is_no_better_than_chance() {
        assert_eq!(reached(|_| true), ["guess_finished"]);
        assert_eq!(reached(|_| false), ["guess_finished"]);
        assert_eq!(reached(|at| at % 2 == 0 || at > 14), ["guess_finished", "guess_above_chance", "guess_won"]);
        assert_eq!(reached(|at| at % 2 == 0 || at < 14), ["guess_finished", "guess_won"], "thirteen");
    }
}
