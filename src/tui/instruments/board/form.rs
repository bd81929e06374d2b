//! A new game: which, against whom, with what advantage.

use super::names::{game_name, kind_name};
use super::table::{CLOCKS, Offer, SEATS, Seats, Setup};
use crate::experiment::Language;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const ROWS: usize = 7;
/// The rows of numbers.
const LEVEL: usize = 2;
const SEED: usize = 6;

pub struct Form {
    setup: Setup,
    row: usize,
    /// Whether the last key was a digit of the seed: another goes behind it.
    in_seed: bool,
}

pub enum Outcome {
    /// Still open; what a game offers must be asked for if it names one.
    Open(Option<String>),
    Closed,
    Begin(Setup),
    Unrelated,
}

impl Form {
    pub fn new(setup: Setup) -> Self {
        Form { setup, row: 0, in_seed: false }
    }

    pub fn handle_action(&mut self, action: Action, offer: &Offer) -> Outcome {
        self.in_seed = false;
        match action {
            Action::Up => self.row = (self.row + ROWS - 1) % ROWS,
            Action::Down => self.row = (self.row + 1) % ROWS,
            Action::Left | Action::Right => return Outcome::Open(self.change(action == Action::Right, offer)),
            Action::Confirm => return Outcome::Begin(self.setup.clone()),
            Action::Back | Action::NewGame => return Outcome::Closed,
            _ => return Outcome::Unrelated,
        }
        Outcome::Open(None)
    }

    /// Types a number: the level, or the seed, whose first digit takes the place of what stands there.
    pub fn type_digit(&mut self, letter: char, offer: &Offer) {
        let Some(digit) = letter.to_digit(10) else { return };
        match self.row {
            LEVEL => {
                let mut levels = offer.opponents.iter().map(|opponent| opponent.level);
                self.setup.level = levels.find(|level| *level == digit as usize).unwrap_or(self.setup.level);
            }
            SEED => {
                let before = if self.in_seed { self.setup.seed } else { 0 };
                let longer = before.checked_mul(10).and_then(|tens| tens.checked_add(digit.into()));
                self.setup.seed = longer.unwrap_or(before);
                self.in_seed = true;
            }
            _ => {}
        }
    }

    fn change(&mut self, up: bool, offer: &Offer) -> Option<String> {
        let turned = |at: usize, of: usize| if up { (at + 1) % of } else { (at + of - 1) % of };
        let setup = &mut self.setup;
        match self.row {
            0 => {
                let at = offer.games.iter().position(|game| *game == setup.game).unwrap_or(0);
                let game = offer.games.get(turned(at, offer.games.len().max(1))).filter(|game| **game != setup.game)?;
                setup.game.clone_from(game);
                setup.handicap = 0;
                // Random games say little in chess and shogi.
                let deep = matches!(setup.game.as_str(), "chess" | "shogi" | "othello" | "othello-6");
                (if deep { "alphabeta" } else { "mcts" }).clone_into(&mut setup.kind);
                return Some(setup.game.clone());
            }
            1 => {
                let kinds = offer.kinds();
                let at = kinds.iter().position(|kind| *kind == setup.kind).unwrap_or(0);
                (*kinds.get(turned(at, kinds.len().max(1)))?).clone_into(&mut setup.kind);
            }
            LEVEL => {
                let most = offer.opponents.iter().map(|opponent| opponent.level).max().unwrap_or(1);
                setup.level = if up { (setup.level + 1).min(most) } else { setup.level.saturating_sub(1).max(1) };
            }
            3 => {
                let at = SEATS.iter().position(|seats| *seats == setup.seats).unwrap_or(0);
                setup.seats = SEATS[turned(at, SEATS.len())];
            }
            4 => setup.handicap = turned(setup.handicap, offer.handicaps.len() + 1),
            5 => setup.clock = turned(setup.clock, CLOCKS.len()),
            _ => setup.seed = if up { setup.seed + 1 } else { setup.seed.saturating_sub(1) },
        }
        None
    }
}

pub fn draw(form: &Form, offer: &Offer, area: Rect, app: &AppContext, buffer: &mut Buffer) {
    let inner = frame(area, app.say(text::BOARD_NEW_GAME), "", true, &app.theme, buffer);
    let setup = &form.setup;
    let handicap = match setup.handicap.checked_sub(1).and_then(|place| offer.handicaps.get(place)) {
        None => app.say(text::BOARD_NONE).to_owned(),
        Some(handicap) if app.language == Language::Ja => handicap.ja.clone(),
        Some(handicap) => handicap.en.clone(),
    };
    let clock = match CLOCKS[setup.clock] {
        0 => app.say(text::BOARD_NONE).to_owned(),
        minutes => format!("{minutes} {}", app.say(text::MINUTES)),
    };
    let level = app.say(match setup.level {
        1 => text::BOARD_LEVEL_1,
        6 => text::BOARD_LEVEL_6,
        _ => text::BOARD_LEVEL_BETWEEN,
    });
    let seats = app.say(match setup.seats {
        Seats::Person(0) => text::BOARD_SEAT_FIRST,
        Seats::Person(_) => text::BOARD_SEAT_SECOND,
        Seats::People => text::BOARD_SEAT_PEOPLE,
        Seats::Agents => text::BOARD_SEAT_AGENTS,
    });
    let rows: [(_, String); ROWS] = [
        (text::BOARD_GAME, app.say(game_name(&setup.game)).to_owned()),
        (text::BOARD_OPPONENT, app.say(kind_name(&setup.kind)).to_owned()),
        (text::BOARD_LEVEL, format!("{}  {level}", setup.level)),
        (text::BOARD_SIDE, seats.to_owned()),
        (text::BOARD_HANDICAP, handicap),
        (text::BOARD_CLOCK, clock),
        (text::SEED, setup.seed.to_string()),
    ];
    for (row, (name, value)) in rows.iter().enumerate() {
        let chosen = row == form.row;
        let style = if chosen { app.theme.selected() } else { app.theme.quiet() };
        write(buffer, inner, 1, row as u16, if chosen { "▸" } else { " " }, app.theme.accented());
        write(buffer, inner, 3, row as u16, app.say(*name), style);
        write(buffer, inner, 14, row as u16, value, app.theme.body());
    }
    let agent = offer.opponent(setup).map(|opponent| opponent.agent.as_str()).unwrap_or_default();
    if setup.seats != Seats::People {
        write(buffer, inner, 3, ROWS as u16 + 1, agent, app.theme.quiet());
    }
    write(buffer, inner, 3, ROWS as u16 + 2, app.say(text::BOARD_FORM_HOW), app.theme.quiet());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_typed_digit_by_digit() {
        let offer = Offer::default();
        let mut form = Form::new(Setup { seed: 3, ..Setup::default() });
        form.type_digit('9', &offer);
        assert_eq!(form.setup.seed, 3, "the game is no number");
        (0..SEED).for_each(|_| _ = form.handle_action(Action::Down, &offer));
        "405x".chars().for_each(|letter| form.type_digit(letter, &offer));
        assert_eq!(form.setup.seed, 405, "in the place of what stood there");
        form.handle_action(Action::Right, &offer);
        form.type_digit('7', &offer);
        assert_eq!(form.setup.seed, 7);
        "9".repeat(30).chars().for_each(|letter| form.type_digit(letter, &offer));
        form.handle_action(Action::Up, &offer);
        assert!(form.setup.seed > 0, "as long as it is one");
    }
}
