//! Matches between two players: pairs of games from random openings, sides changed within a pair, and what the result says of their
//! strength.

use super::agent::{Agent, Spec};
use super::games::{AnyGame, Move, Outcome, PlayoutRng, Side, below};
use super::protocol::external::{Choice, External, ExternalError, Language};
use rand::SeedableRng;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Moves after which a game is called a draw.
const LONGEST: usize = 1000;

/// A player by name: one of ours, or another program.
pub enum Player {
    Ours(Box<Agent>),
    Other {
        external: Box<External>,
        /// What it gets for a move, where its protocol says so.
        time: Duration,
        /// Whether it broke off or played what is no move: it begins the next game anew.
        is_broken: bool,
    },
}

impl Player {
    /// `mcts:2s`, `gtp:COMMAND`, …
    ///
    /// # Errors
    /// If there is no such agent, it does not play this game, or the program cannot be started. `time` is what a UCI or USI program
    /// gets for a move; `stop` calls waiting for it off.
    pub fn open(
        text: &str,
        start: &AnyGame,
        seed: u64,
        time: Duration,
        stop: &Arc<AtomicBool>,
    ) -> Result<Self, String> {
        if let Some((language, command)) = Language::of(text) {
            let external = External::start(language, command, Arc::clone(stop)).map_err(|error| error.to_string())?;
            return Ok(Player::Other { external: Box::new(external), time, is_broken: false });
        }
        let spec: Spec = text.parse().map_err(|error| format!("{error}"))?;
        let agent = spec.agent(start, seed).map_err(|error| error.to_string())?;
        Ok(Player::Ours(Box::new(agent)))
    }

    fn begin(&mut self, start: &AnyGame, seed: u64) -> Result<(), ExternalError> {
        match self {
            Player::Ours(agent) => {
                agent.begin(start, seed);
                Ok(())
            }
            Player::Other { external, is_broken, .. } => {
                // A program that fails at a new game gets one more chance, from its start.
                if !*is_broken && external.begin(start).is_ok() {
                    return Ok(());
                }
                **external = external.restarted()?;
                *is_broken = false;
                external.begin(start)
            }
        }
    }

    fn is_at_fault(&mut self) {
        if let Player::Other { is_broken, .. } = self {
            *is_broken = true;
        }
    }

    fn send_move(&mut self, position: &AnyGame, name: &str) -> Result<(), ExternalError> {
        match self {
            Player::Ours(_) => Ok(()),
            Player::Other { external, .. } => external.send_move(position, name),
        }
    }

    fn choose(
        &mut self,
        start: &AnyGame,
        names: &[String],
        position: &AnyGame,
        stop: &AtomicBool,
    ) -> Result<Choice, ExternalError> {
        match self {
            Player::Ours(agent) => Ok(agent.think(position, stop).best().map_or(Choice::Resigns, Choice::Move)),
            Player::Other { external, time, .. } => external.choose(start, names, position, *time),
        }
    }
}

/// A game that was played.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    pub outcome: Outcome,
    pub names: Vec<String>,
    pub moves: Vec<Move>,
    /// Why it ended without a result of the game: what a player did wrong, who has lost by it.
    pub foul: Option<String>,
}

/// Random moves that begin a pair of games, the same for the same seed, pair and number; never to the end of the game.
pub fn opening(start: &AnyGame, plies: usize, seed: u64, pair: u64) -> Vec<Move> {
    let mut random = PlayoutRng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9).wrapping_add(pair));
    'again: for _ in 0..1000 {
        let (mut position, mut chosen, mut moves) = (start.clone(), Vec::new(), Vec::new());
        for _ in 0..plies {
            position.legal(&mut moves);
            if moves.is_empty() {
                continue 'again;
            }
            let next = moves[below(&mut random, moves.len())];
            // Passing is no opening.
            if position.name(next) == "pass" {
                continue 'again;
            }
            position.play(next);
            chosen.push(next);
        }
        if position.outcome().is_none() {
            return chosen;
        }
    }
    Vec::new()
}

/// Plays a game, `players[0]` for the first side. Each game has a seed of its own, or agents would make the same moves again
/// after the same opening. Who plays what is no move, or breaks off, has lost it. None if it was called off.
///
/// # Errors
/// If another program cannot be started again.
pub fn play(
    start: &AnyGame,
    opening: &[Move],
    players: [&mut Player; 2],
    seed: u64,
    stop: &AtomicBool,
) -> Result<Option<Played>, ExternalError> {
    let mut position = start.clone();
    let (mut names, mut moves): (Vec<String>, Vec<Move>) = (Vec::new(), Vec::new());
    let [first, second] = players;
    let called_off = || stop.load(Ordering::Relaxed);
    match first.begin(start, seed).and_then(|()| second.begin(start, seed.wrapping_add(1))) {
        Err(_) if called_off() => return Ok(None),
        begun => begun?,
    }
    for _ in 0..LONGEST {
        if let Some(outcome) = position.outcome() {
            return Ok(Some(Played { outcome, names, moves, foul: None }));
        }
        let side = position.turn();
        let given = opening.get(moves.len()).copied();
        let (mover, other) =
            if side == Side::First { (&mut *first, &mut *second) } else { (&mut *second, &mut *first) };
        // A GTP program has played its own move already.
        let chosen = match given {
            Some(chosen) => mover.send_move(&position, &position.name(chosen)).map(|()| Choice::Move(chosen)),
            None => mover.choose(start, &names, &position, stop),
        };
        if called_off() {
            return Ok(None);
        }
        let told = match chosen {
            Ok(Choice::Move(chosen)) => {
                let name = position.name(chosen);
                other.send_move(&position, &name).map(|()| (chosen, name)).map_err(|error| (error, side.other()))
            }
            Ok(Choice::Resigns) => {
                return Ok(Some(Played { outcome: Outcome::Won(side.other()), names, moves, foul: None }));
            }
            Ok(Choice::DeclaresAWin) => {
                return Ok(Some(Played { outcome: Outcome::Won(side), names, moves, foul: None }));
            }
            Err(error) => Err((error, side)),
        };
        match told {
            Ok((chosen, name)) => {
                position.play(chosen);
                names.push(name);
                moves.push(chosen);
            }
            Err(_) if called_off() => return Ok(None),
            Err((error, loser)) => {
                let at_fault = if loser == Side::First { first } else { second };
                at_fault.is_at_fault();
                let (outcome, foul) = (Outcome::Won(loser.other()), Some(error.to_string()));
                return Ok(Some(Played { outcome, names, moves, foul }));
            }
        }
    }
    Ok(Some(Played { outcome: Outcome::Drawn, names, moves, foul: None }))
}

/// Games won, drawn and lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub wins: u32,
    pub draws: u32,
    pub losses: u32,
}

impl Tally {
    pub fn add(&mut self, outcome: Outcome, side: Side) {
        match outcome {
            Outcome::Drawn => self.draws += 1,
            Outcome::Won(winner) if winner == side => self.wins += 1,
            Outcome::Won(_) => self.losses += 1,
        }
    }

    pub fn games(&self) -> u32 {
        self.wins + self.draws + self.losses
    }

    /// Share of points with its 95 % interval: Wilson's with the variance that draws leave.
    pub fn score(&self) -> [f64; 3] {
        let n = f64::from(self.games());
        if n == 0.0 {
            return [0.5, 0.0, 1.0];
        }
        let score = (f64::from(self.wins) + 0.5 * f64::from(self.draws)) / n;
        // Draws make a game's points vary less; Wilson's interval is that of as many more games.
        let variance = (f64::from(self.wins) + 0.25 * f64::from(self.draws)) / n - score * score;
        let share = score * (1.0 - score);
        let n = if variance > 0.0 { n * share / variance } else { n };
        let z = 1.959_964_f64;
        let middle = (score + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let reach = z / (1.0 + z * z / n) * (share / n + z * z / (4.0 * n * n)).sqrt();
        // At either end the interval's bound is the end itself, which rounding would miss.
        let low = if score == 0.0 { 0.0 } else { (middle - reach).max(0.0) };
        let high = if score == 1.0 { 1.0 } else { (middle + reach).min(1.0) };
        [score, low, high]
    }

    /// Difference of Elo with its 95 % interval, the first player's view; infinite where all games went one way.
    pub fn elo(&self) -> [f64; 3] {
        self.score().map(elo)
    }
}

/// The difference of ratings at which a player makes this share of points.
pub fn elo(score: f64) -> f64 {
    -400.0 * (1.0 / score - 1.0).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elo_of_known_scores() {
        assert!((elo(0.5)).abs() < 1e-9);
        assert!((elo(10.0 / 11.0) - 400.0).abs() < 1e-9);
        // Wilson's interval of 8 in 10 (Wilson 1927): 0.490 to 0.943.
        let [score, low, high] = Tally { wins: 8, draws: 0, losses: 2 }.score();
        assert!(
            (score - 0.8).abs() < 1e-9 && (low - 0.490).abs() < 1e-3 && (high - 0.943).abs() < 1e-3,
            "{low} {high}"
        );
        // All won or all lost: one bound is the end.
        for games in [1, 10, 97] {
            assert_eq!(Tally { wins: games, draws: 0, losses: 0 }.elo()[2], f64::INFINITY);
            assert_eq!(Tally { wins: 0, draws: 0, losses: games }.elo()[1], f64::NEG_INFINITY);
        }
        // Draws alone say that both are equal, and the more the surer.
        let narrow = Tally { wins: 10, draws: 80, losses: 10 }.score();
        let wide = Tally { wins: 50, draws: 0, losses: 50 }.score();
        assert!(narrow[2] - narrow[1] < wide[2] - wide[1]);
    }

    #[test]
    fn players_meet_and_the_stronger_wins() {
        let start = AnyGame::start("tic-tac-toe").unwrap();
        let open = |text, seed| Player::open(text, &start, seed, Duration::ZERO, &Arc::default()).unwrap();
        let (mut perfect, mut random) = (open("perfect", 1), open("random", 2));
        let (mut tally, stop) = (Tally::default(), AtomicBool::new(false));
        for pair in 0..50 {
            let moves = opening(&start, 0, 1, pair);
            let played = play(&start, &moves, [&mut perfect, &mut random], 2 * pair, &stop).unwrap().unwrap();
            tally.add(played.outcome, Side::First);
            let played = play(&start, &moves, [&mut random, &mut perfect], 2 * pair + 1, &stop).unwrap().unwrap();
            tally.add(played.outcome, Side::Second);
        }
        assert_eq!(tally.losses, 0);
        assert!(tally.wins > 70);
    }

    /// Programs that break off, play what is no move, or resign: each such game is lost, and the next one is played.
    #[test]
    fn a_foul_game_is_lost_and_the_match_goes_on() {
        let start = AnyGame::start("go-9").unwrap();
        let program = |genmove: &str| {
            let script = format!(
                r#"gtp:sh -c 'while read line; do case "$line" in genmove*) {genmove};; quit) exit;; *) echo "= x"; echo;; esac; done'"#
            );
            Player::open(&script, &start, 1, Duration::ZERO, &Arc::default()).unwrap()
        };
        let stop = AtomicBool::new(false);
        for (genmove, said) in [("exit 3", "ended after"), (r#"echo "= win"; echo"#, "plays `win`")] {
            let (mut ours, mut other) =
                (Player::open("random", &start, 2, Duration::ZERO, &Arc::default()).unwrap(), program(genmove));
            for game in 0..2 {
                let played = play(&start, &[], [&mut other, &mut ours], game, &stop).unwrap().unwrap();
                assert_eq!(played.outcome, Outcome::Won(Side::Second));
                assert!(played.foul.as_deref().unwrap().contains(said), "{:?}", played.foul);
            }
        }
        // One that never answers is not waited for once it is called off.
        let mut silent = program("sleep 100");
        let mut ours = Player::open("random", &start, 2, Duration::ZERO, &Arc::default()).unwrap();
        let Player::Other { external, .. } = &mut silent else { panic!("a program") };
        external.call_off();
        let stop = AtomicBool::new(true);
        assert_eq!(play(&start, &[], [&mut silent, &mut ours], 1, &stop).unwrap(), None);
    }

    #[test]
    fn openings_are_the_same_for_the_same_seed_and_never_end_the_game() {
        for id in super::super::games::GAMES {
            let start = AnyGame::start(id).unwrap();
            let moves = opening(&start, 4, 7, 3);
            assert_eq!(moves, opening(&start, 4, 7, 3), "{id}");
            assert_eq!(moves.len(), 4);
            let mut position = start.clone();
            moves.iter().for_each(|chosen| position.play(*chosen));
            assert!(position.outcome().is_none());
        }
    }

    #[test]
    fn games_from_one_opening_differ_by_their_seed_and_are_the_same_for_it() {
        let start = AnyGame::start("connect-four").unwrap();
        let search = || Player::open("mcts:60,threads=1", &start, 1, Duration::ZERO, &Arc::default()).unwrap();
        let (mut first, mut second) = (search(), search());
        let stop = AtomicBool::new(false);
        let mut game = |seed| play(&start, &[], [&mut first, &mut second], seed, &stop).unwrap().unwrap().moves;
        let games: Vec<_> = (0..8).map(|seed| game(10 * seed)).collect();
        let different: std::collections::HashSet<_> = games.iter().collect();
        assert!(different.len() > 5, "{} games of 8 differ", different.len());
        assert_eq!(game(30), games[3], "whatever was played before");
    }
}
