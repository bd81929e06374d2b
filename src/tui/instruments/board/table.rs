//! A game at a table: who sits where, what was played, what time is left.

use crate::experiment::board::{Ending, GaveUp, Handicap, Opponent, Played};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Minutes that each side has; 0 is no clock.
pub const CLOCKS: [u64; 5] = [0, 1, 5, 10, 30];

/// Who moves for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seats {
    /// The person is this side, an agent the other.
    Person(usize),
    /// Two people at one keyboard.
    People,
    /// Two agents, to watch.
    Agents,
}

pub const SEATS: [Seats; 4] = [Seats::Person(0), Seats::Person(1), Seats::People, Seats::Agents];

impl Seats {
    pub fn is_person(self, side: usize) -> bool {
        match self {
            Seats::Person(own) => own == side,
            Seats::People => true,
            Seats::Agents => false,
        }
    }

    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Seats::Person(own) => Seats::Person(1 - own),
            other => other,
        }
    }
}

/// What a new game is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub game: String,
    /// `mcts`, `alphabeta` or `net`.
    pub kind: String,
    pub level: usize,
    pub seats: Seats,
    /// 0 is none; else one of those that the game offers.
    pub handicap: usize,
    /// A place in [`CLOCKS`].
    pub clock: usize,
    pub seed: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            game: "connect-four".to_owned(),
            kind: "mcts".to_owned(),
            level: 1,
            seats: Seats::Person(0),
            handicap: 0,
            clock: 0,
            seed: 1,
        }
    }
}

/// What a game offers.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// The games that are played here.
    pub games: Vec<String>,
    pub opponents: Vec<Opponent>,
    pub handicaps: Vec<Handicap>,
    /// c of UCB1 if nobody turns it.
    pub exploration: f32,
    /// The same in single steps.
    pub walk_exploration: f32,
}

impl Offer {
    pub fn opponent(&self, setup: &Setup) -> Option<&Opponent> {
        self.opponents.iter().find(|opponent| opponent.kind == setup.kind && opponent.level == setup.level)
    }

    /// Whether a game is played here, as far as that is known.
    pub fn plays(&self, game: &str) -> bool {
        self.games.is_empty() || self.games.iter().any(|own| own == game)
    }

    /// The kinds of opponents, in their order.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.opponents.iter().map(|opponent| opponent.kind.as_str()).collect();
        kinds.dedup();
        kinds
    }

    /// What to begin with in the place of a table whose game or opponent is not offered here; on the `first` offer also in the place of the
    /// usual beginning, if the lab is about another opponent.
    pub fn setup_for(&self, table: &Table, first: bool) -> Option<Setup> {
        let setup = &table.setup;
        let kinds = self.kinds();
        let game = self.games.iter().find(|game| **game == setup.game).or(self.games.first())?;
        // What leads the list is what the lab is about.
        let is_untouched = first && *setup == Setup::default() && table.played.moves.is_empty();
        let wanted =
            if is_untouched || !kinds.contains(&setup.kind.as_str()) { kinds.first()? } else { setup.kind.as_str() };
        let handicap = if *game == setup.game { setup.handicap } else { 0 };
        let wanted = Setup { game: game.clone(), kind: wanted.to_owned(), handicap, ..setup.clone() };
        (wanted != *setup).then_some(wanted)
    }

    /// Who advises a person: an agent of this kind with a second's time.
    pub fn adviser(&self, kind: &str) -> String {
        match kind {
            "net" => "net:this,1s".to_owned(),
            kind => format!("{kind}:1s"),
        }
    }
}

/// What is left of each side's time; that of one side runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    left: [Duration; 2],
    running: Option<(usize, Instant)>,
}

impl Clock {
    pub fn new(minutes: u64) -> Self {
        Clock { left: [Duration::from_secs(60 * minutes); 2], running: None }
    }

    /// The time of this side runs from now on, or none.
    pub fn run(&mut self, side: Option<usize>, now: Instant) {
        if let Some((side, since)) = self.running.take() {
            self.left[side] = self.left[side].saturating_sub(now.saturating_duration_since(since));
        }
        self.running = side.map(|side| (side, now));
    }

    pub fn left(&self, side: usize, now: Instant) -> Duration {
        match self.running {
            Some((running, since)) if running == side => {
                self.left[side].saturating_sub(now.saturating_duration_since(since))
            }
            _ => self.left[side],
        }
    }

    /// Who has no time left.
    pub fn fallen(&self, now: Instant) -> Option<usize> {
        (0..2).find(|side| self.left(*side, now).is_zero())
    }
}

/// What is kept of a game from one visit to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedGame {
    setup: Setup,
    played: Played,
    gave_up: Option<GaveUp>,
    helped: bool,
    #[serde(default)]
    hints: u32,
}

/// A game and how far into it one looks.
#[derive(Debug, Clone)]
pub struct Table {
    pub setup: Setup,
    /// All moves, also those after the place looked at.
    pub played: Played,
    /// Moves made at the place looked at.
    pub at: usize,
    pub gave_up: Option<GaveUp>,
    pub clock: Option<Clock>,
    /// What side 0 was expected to get, by the number of moves made.
    pub values: Vec<Option<f32>>,
    /// Whether a person has had moves made in her place, so that a win says little of her.
    pub helped: bool,
    /// Hints that were asked for.
    pub hints: u32,
}

impl Table {
    pub fn new(setup: Setup, handicaps: &[Handicap]) -> Self {
        let start = setup.handicap.checked_sub(1).and_then(|place| handicaps.get(place));
        let played = Played { start: start.map(|handicap| handicap.start.clone()), ..Played::of(&setup.game) };
        let minutes = CLOCKS[setup.clock];
        Table {
            setup,
            played,
            at: 0,
            gave_up: None,
            clock: (minutes > 0).then(|| Clock::new(minutes)),
            values: Vec::new(),
            helped: false,
            hints: 0,
        }
    }

    pub fn kept(&self) -> SavedGame {
        let Table { setup, played, gave_up, helped, hints, .. } = self;
        SavedGame { setup: setup.clone(), played: played.clone(), gave_up: *gave_up, helped: *helped, hints: *hints }
    }

    /// The game as it was left, looked at from its end; time that was left is not kept.
    pub fn from_kept(kept: SavedGame) -> Self {
        let SavedGame { setup, played, gave_up, helped, hints } = kept;
        let at = played.moves.len();
        let setup = Setup { clock: 0, ..setup };
        Table { played, at, gave_up, helped, hints, ..Table::new(setup, &[]) }
    }

    /// The game up to the place looked at.
    pub fn now(&self) -> Played {
        self.played.until(self.at)
    }

    /// Whether that place is the last.
    pub fn is_at_end(&self) -> bool {
        self.at == self.played.moves.len()
    }

    /// Plays on from the place looked at; what came after it is gone.
    pub fn play(&mut self, number: u16) {
        self.played.moves.truncate(self.at);
        self.values.truncate(self.at + 1);
        self.played.moves.push(number);
        self.at += 1;
        self.gave_up = None;
    }

    /// Goes to a place in the game.
    pub fn go(&mut self, at: usize) {
        self.at = at.min(self.played.moves.len());
    }

    pub fn expect(&mut self, at: usize, share: f32) {
        if self.values.len() <= at {
            self.values.resize(at + 1, None);
        }
        self.values[at] = Some(share);
    }

    /// Back to the person's last decision, or on to the next; `sides` says who made each move.
    pub fn undo(&self, sides: &[usize], turn: usize) -> Option<usize> {
        let mover = |at: usize| sides.get(at).copied().unwrap_or(turn);
        (0..self.at).rev().find(|at| self.setup.seats.is_person(mover(*at)) || self.setup.seats == Seats::Agents)
    }

    /// How it ended, on the board or beside it.
    pub fn ending(&self, on_board: Option<Ending>) -> Option<Ending> {
        match self.gave_up.filter(|_| self.is_at_end()) {
            Some(gave_up) => Some(Ending::Won(1 - gave_up.loser())),
            None => on_board,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_for_one_side_at_a_time_and_falls() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut clock = Clock::new(1);
        clock.run(Some(0), start);
        clock.run(Some(1), after(20));
        assert_eq!(clock.left(0, after(90)), Duration::from_secs(40));
        assert_eq!(clock.left(1, after(50)), Duration::from_secs(30));
        assert_eq!(clock.fallen(after(79)), None);
        assert_eq!(clock.fallen(after(80)), Some(1));
        clock.run(None, after(60));
        assert_eq!(clock.left(1, after(500)), Duration::from_secs(20));
    }

    #[test]
    fn playing_on_from_an_earlier_place_drops_what_came_after() {
        let mut table = Table::new(Setup::default(), &[]);
        (0..6).for_each(|number| table.play(number));
        (0..7).for_each(|at| table.expect(at, 0.5));
        assert_eq!(table.undo(&[0, 1, 0, 1, 0, 1], 0), Some(4), "the person is side 0");
        table.go(2);
        assert!(!table.is_at_end());
        assert_eq!(table.now().moves, [0, 1]);
        table.play(9);
        assert_eq!((table.played.moves.as_slice(), table.values.len()), (&[0, 1, 9][..], 3));
    }

    #[test]
    fn who_gives_up_has_lost_at_the_end_only() {
        let mut table = Table::new(Setup::default(), &[]);
        table.play(3);
        table.gave_up = Some(GaveUp::Resigned(0));
        assert_eq!(table.ending(None), Some(Ending::Won(1)));
        table.go(0);
        assert_eq!(table.ending(None), None);
    }
    #[test]
    fn a_table_takes_the_game_and_the_opponent_that_are_offered() {
        let opponent = |kind: &str| Opponent { kind: kind.into(), level: 1, agent: kind.into(), ponders: false };
        let offer = |games: &[&str], kinds: &[&str]| Offer {
            games: games.iter().map(|game| (*game).to_owned()).collect(),
            opponents: kinds.iter().map(|kind| opponent(kind)).collect(),
            ..Offer::default()
        };
        let usual = offer(&["tic-tac-toe", "connect-four"], &["mcts", "alphabeta"]);
        let network = offer(&["tic-tac-toe"], &["net", "mcts"]);
        let mut table = Table::new(Setup::default(), &[]);
        assert_eq!(usual.setup_for(&table, true), None);
        let wanted = network.setup_for(&table, true).unwrap();
        assert_eq!((wanted.game.as_str(), wanted.kind.as_str()), ("tic-tac-toe", "net"));
        // Whoever has chosen MCTS keeps it; a game that is not played here gives way.
        let here = offer(&["connect-four"], &["net", "mcts"]);
        assert_eq!(here.setup_for(&table, false), None);
        table.setup.handicap = 2;
        let wanted = network.setup_for(&table, false).unwrap();
        assert_eq!((wanted.game.as_str(), wanted.kind.as_str(), wanted.handicap), ("tic-tac-toe", "mcts", 0));
        assert!(here.plays("connect-four") && !network.plays("connect-four") && Offer::default().plays("chess"));
    }
}
