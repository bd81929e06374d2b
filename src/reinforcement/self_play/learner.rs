//! The loop: all games make a move, what has ended is learned from. One process does both here; they meet in files of games alone, so
//! that the playing could as well be done by others.

use super::answers::{PlayingModel, game_panels, openings};
use super::arena::{Judged, Opponent, Rung, Searching, agreement, judged, lost_ends, meet, rating};
use super::files::{self, GameFiles, Header};
use super::games::{Games, Played, Settings};
use super::replay::Replay;
use crate::experiment::{ExperimentError, Knobs, Model, Report, TaskContext};
use crate::nn::{Decay, Learner, OptimizedNetwork, Plan, Run, RunningAverage, Saved, Schedule, Trainer, Weights};
use crate::reinforcement::games::AnyGame;
use crate::reinforcement::policy_value::{self, Configuration, ListedGame, Net, NetworkGame, loss};
use crate::reinforcement::tournament::Tally;
use crate::tensor::Tape;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub const SERIES: [&str; 11] = [
    "policy_loss",
    "value_loss",
    "entropy",
    "game_length",
    "first_wins",
    "elo",
    "optimal_move_rate",
    "lost_ends",
    "gate",
    "games",
    "positions",
];
pub const REPORT_KEYS: [&str; 9] = [
    "elo",
    "score_vs_mcts1000",
    "optimal_move_rate",
    "first_move",
    "lost_ends",
    "games",
    "positions",
    "net_hash",
    "parameters",
];

/// Steps between two points of a curve.
const MEAN_OVER: u64 = 5;
/// Finished games that are written into one file.
const GAMES_A_FILE: usize = 16;
/// Positions before the first update.
const FIRST: usize = 1024;
/// Updates between two takings of the weights that play.
const REFRESH: i64 = 10;
/// Share of points with which new weights take the place of those that play, where they have to meet them first.
const GATE: f64 = 0.55;
/// Simulations of a move where strength is measured on the way, and at the end.
const SIMULATIONS: u32 = 50;
pub const FINAL_SIMULATIONS: u32 = 200;
/// Games against each rung, on the way and at the end.
const GAMES: usize = 20;
const FINAL_GAMES: usize = 100;
/// Positions for the solver, on the way and at the end.
const POSITIONS: usize = 100;
const FINAL_POSITIONS: usize = 300;

/// The moves after which positions are judged by the solver of a game; none where a whole game is looked at.
fn plies_judged(game: &str) -> Option<std::ops::RangeInclusive<usize>> {
    match game {
        "tic-tac-toe" => None,
        // Up to 14 free squares are solved in a moment.
        "othello-6" => Some(18..=26),
        _ => Some(14..=28),
    }
}

const fn rung(agent: &'static str, elo: f64) -> Rung {
    Rung { agent, elo }
}

/// Ratings by matches of 200 to 400 games between neighbours (`shinso match`), from openings of two random moves; random play is 0.
static TIC_TAC_TOE: [Rung; 3] =
    [rung("random", 0.0), rung("mcts:10,threads=1", 325.0), rung("mcts:100,threads=1", 470.0)];
static CONNECT_FOUR: [Rung; 4] = [
    rung("random", 0.0),
    rung("mcts:100,threads=1", 959.0),
    rung("mcts:1000,threads=1", 1361.0),
    rung("mcts:10000,threads=1", 1564.0),
];
static OTHELLO: [Rung; 4] = [
    rung("random", 0.0),
    rung("mcts:100,threads=1", 742.0),
    rung("mcts:1000,threads=1", 1054.0),
    rung("mcts:10000,threads=1", 1396.0),
];

/// The opponents of known strength at a game.
fn rungs(game: &str) -> &'static [Rung] {
    match game {
        "tic-tac-toe" => &TIC_TAC_TOE,
        "othello-6" => &OTHELLO,
        _ => &CONNECT_FOUR,
    }
}

/// What is counted over a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Counts {
    /// Files written.
    files: u64,
    games: i64,
    positions: i64,
    updates: i64,
    /// Samples that may still be drawn: each new position is good for so many.
    credit: f64,
}

/// Self-play and learning from it.
pub struct SelfPlayLearner<G> {
    start: G,
    net: Net<G>,
    network: OptimizedNetwork,
    /// The weights that play.
    playing: RunningAverage,
    games: Games<G>,
    settings: Settings,
    files: GameFiles,
    /// The names of the files taken so far.
    taken: BTreeSet<String>,
    /// Games that wait for a file.
    ended: Vec<Played>,
    replay: Replay<G>,
    counts: Counts,
    seed: u64,
    batch: usize,
    samples_per_position: f64,
    gate: usize,
    evaluated_every: u64,
    /// Factor of the games and positions by which strength is measured.
    evaluation: f64,
    /// Positions that the solver has judged.
    judged: Vec<Judged<G>>,
    /// Whether files of after the checkpoint may still lie in the folder.
    is_restored: bool,
}

impl<G: ListedGame> SelfPlayLearner<G> {
    /// A fresh run; `run` is the folder in which its games are kept.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    ///
    /// # Panics
    /// If `knobs` lacks one of the experiment's.
    pub fn new(knobs: &Knobs, seed: u64, start: G, run: Option<&Path>) -> Result<Trainer<Self>, ExperimentError> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let whole = |knob: &str| knobs.integer(knob) as usize;
        let mut configuration = Configuration::new(&start, whole("channels"), whole("blocks"));
        if knobs.choice("planes") != policy_value::PLANES[0] {
            configuration = configuration.with_all_planes::<G>();
        }
        let net = Net::new(configuration, &mut random);
        let settings = settings(seed, |knob| knobs.real(knob), |knob| knobs.integer(knob));
        let mut network = OptimizedNetwork::new(net.parameters.clone());
        network.adam.weight_decay = knobs.real("weight_decay");
        let learner = SelfPlayLearner {
            games: Games::new(start.clone(), whole("games")),
            network,
            playing: RunningAverage::new(&net.parameters, 0.0),
            net,
            settings,
            files: GameFiles::new(run)?,
            taken: BTreeSet::new(),
            ended: Vec::new(),
            replay: Replay::new(whole("buffer")),
            counts: Counts::default(),
            seed,
            batch: whole("batch"),
            samples_per_position: knobs.real("samples_per_position"),
            gate: whole("gate"),
            evaluated_every: knobs.integer("evaluated_every") as u64,
            evaluation: knobs.real("evaluation"),
            judged: Vec::new(),
            is_restored: false,
            start,
        };
        let total = knobs.integer("steps") as u64;
        let plan = Plan {
            declared: super::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule { warm_up: 0, decay: Decay::Cosine, total },
            samples_per_step: whole("games") as u64,
        };
        Ok(Trainer::new(learner, plan))
    }

    /// The network with the weights that play.
    fn player(&self) -> Net<G> {
        self.net.with(&self.playing.parameters)
    }

    /// Every game makes a move; those that have ended go into files.
    fn play(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        self.settings = settings(self.seed, |knob| run.real(knob), |knob| run.integer(knob));
        let player = self.player();
        let ended = self.games.play_a_move(&player, &self.settings);
        for game in &ended {
            run.add("game_length", game.plies.len() as f64);
            run.add("first_wins", f64::from(game.result + 1) / 2.0);
            let policies = game.plies.iter().filter(|ply| !ply.policy.is_empty());
            policies.for_each(|ply| run.add("entropy", entropy(&ply.policy)));
        }
        self.ended.extend(ended);
        while self.ended.len() >= GAMES_A_FILE {
            let games: Vec<Played> = self.ended.drain(..GAMES_A_FILE).collect();
            let header = Header::new(self.start.id(), &hash(&player), self.seed, games.len());
            self.files.put(self.counts.files, files::write(&header, &games))?;
            self.counts.files += 1;
        }
        Ok(())
    }

    /// Takes new games from the files, and learns as much as they allow.
    fn learn(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let taken = self.files.take(&mut self.taken, &self.start)?;
        taken.refused.into_iter().for_each(|line| run.warn(line));
        for game in &taken.games {
            let added = self.replay.add(game, &self.start);
            self.counts.games += 1;
            self.counts.positions += added as i64;
            self.counts.credit += self.samples_per_position * added as f64;
        }
        if self.replay.len() < FIRST.min(4 * self.batch).min(self.replay.capacity()) {
            self.counts.credit = self.counts.credit.min(self.batch as f64);
            return Ok(());
        }
        while self.counts.credit >= self.batch as f64 {
            self.counts.credit -= self.batch as f64;
            self.update(run);
            if self.counts.updates % REFRESH == 0 {
                self.refresh(run);
            }
        }
        Ok(())
    }

    /// One step down the gradient of ℓ.
    fn update(&mut self, run: &mut Run<'_>) {
        let (planes, target) = self.replay.sample(self.batch, self.net.configuration.planes, run.random());
        let tape = Tape::new();
        let bound = self.network.parameters.on(&tape);
        let (logits, values) = self.net.network.forward(&bound, tape.constant(planes));
        let [policy, value] = loss(logits, values, &target);
        run.add("policy_loss", f64::from(policy.item()));
        run.add("value_loss", f64::from(value.item()));
        let gradients = (policy + value).backward();
        self.network.descend(&bound, &gradients, run.learning_rate());
        self.counts.updates += 1;
    }

    /// Lets the weights that were learned play from now on; where there is a gate, only if they beat those that do.
    fn refresh(&mut self, run: &mut Run<'_>) {
        if self.gate > 0 {
            let (candidate, player) = (self.net.with(&self.network.parameters), self.player());
            let searching = |net| Searching { net, simulations: self.settings.simulations };
            let seed = self.seed ^ self.counts.updates as u64;
            let opponent = &Opponent::Net(searching(&player));
            let tally = meet(&self.start, searching(&candidate), opponent, self.gate, seed, &AtomicBool::new(false));
            run.add("gate", tally.score()[0]);
            if tally.score()[0] < GATE {
                return;
            }
        }
        // Weights that are no numbers any more never play: the run has warned of them.
        if self.network.parameters.iter().all(|(_, value)| value.values().iter().all(|x| x.is_finite())) {
            self.playing.parameters = self.network.parameters.clone();
        }
    }

    /// Matches against the rungs, `games` each.
    fn results(&self, net: Searching<'_, G>, games: usize, task: &TaskContext) -> Vec<(Rung, Tally)> {
        let rungs = rungs(self.start.id());
        let one = |(done, rung): (usize, &Rung)| {
            task.report_progress(done as u64, rungs.len() as u64 + 1);
            (*rung, meet(&self.start, net, &Opponent::Agent(rung.agent), games, self.seed, task.stop()))
        };
        rungs.iter().enumerate().map(one).collect()
    }

    /// So many games or positions, by how thoroughly strength is to be measured; games in pairs.
    fn measured_by(&self, usual: usize) -> usize {
        ((usual as f64 * self.evaluation / 2.0).ceil() as usize).max(1) * 2
    }

    fn evaluate(&mut self, run: &mut Run<'_>) {
        let task = TaskContext::default();
        let plies = plies_judged(self.start.id());
        if let Some(plies) = plies.clone().filter(|_| self.judged.is_empty()) {
            self.judged = judged(&self.start, plies, self.measured_by(POSITIONS), JUDGED_SEED, task.stop());
        }
        let player = self.player();
        let net = Searching { net: &player, simulations: SIMULATIONS };
        run.scalar("elo", rating(&self.results(net, self.measured_by(GAMES), &task)));
        if plies.is_some() {
            run.scalar("optimal_move_rate", agreement(net, &self.judged));
        } else {
            // With a search of any length tic-tac-toe is soon proven: the network alone is measured.
            let alone = Searching { simulations: 1, ..net };
            run.scalar("lost_ends", lost_ends(&self.start, alone, task.stop()) as f64);
        }
    }

    fn show(&self, run: &mut Run<'_>) {
        let player = self.player();
        run.view("game", false, game_panels(&self.start, &self.games.ongoing[0]));
        run.view("openings", false, vec![openings(&self.start, &player)]);
    }
}

/// The positions that the solver judges are the same for every run.
const JUDGED_SEED: u64 = 7;

/// The settings of games by the knobs.
fn settings(seed: u64, real: impl Fn(&str) -> f64, whole: impl Fn(&str) -> i64) -> Settings {
    Settings {
        seed,
        simulations: whole("simulations") as u32,
        fast_simulations: whole("fast_simulations") as u32,
        fast_share: real("fast_share") as f32,
        exploration: real("exploration") as f32,
        noise: real("noise") as f32,
        concentration: real("concentration"),
        sampled_moves: whole("sampled_moves") as usize,
    }
}

/// H of a policy, in nats.
fn entropy(policy: &[f32]) -> f64 {
    policy.iter().filter(|share| **share > 0.0).map(|&share| -f64::from(share) * f64::from(share).ln()).sum()
}

/// The beginning of the SHA-256 of a network's weights.
fn hash<G: NetworkGame>(net: &Net<G>) -> String {
    let mut hasher = Sha256::new();
    for (name, value) in net.parameters.iter() {
        hasher.update(name);
        value.values().iter().for_each(|x| hasher.update(x.to_le_bytes()));
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl<G: ListedGame> Learner for SelfPlayLearner<G> {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        if std::mem::take(&mut self.is_restored) {
            self.files.cut(self.counts.files)?;
        }
        self.play(run)?;
        self.learn(run)?;
        if run.every(MEAN_OVER) || run.is_last() {
            for series in ["policy_loss", "value_loss", "entropy", "game_length", "first_wins", "gate"] {
                if let Some(mean) = run.take_mean(series) {
                    run.scalar(series, mean);
                }
            }
            run.scalar("games", self.counts.games as f64);
            run.scalar("positions", self.counts.positions as f64);
            self.show(run);
        }
        if run.every(self.evaluated_every) {
            self.evaluate(run);
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(PlayingModel::new(G::list(self.player())))
    }

    fn saved(&mut self) -> Saved<'_> {
        let saved = Saved::new()
            .network("", &mut self.network)
            .average("playing.", &mut self.playing)
            .state("ongoing", &mut self.games.ongoing)
            .state("next", &mut self.games.next)
            .state("ended", &mut self.ended)
            .state("taken", &mut self.taken)
            .state("counts", &mut self.counts);
        self.replay.saved(saved)
    }

    fn restored(&mut self) {
        self.is_restored = true;
    }

    fn weights(&self) -> Weights {
        self.player().weights()
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let player = self.player();
        let net = Searching { net: &player, simulations: FINAL_SIMULATIONS };
        let results = self.results(net, self.measured_by(FINAL_GAMES), task);
        let against = results.iter().find(|(rung, _)| rung.agent.starts_with("mcts:1000,"));
        // The share of games won: draws do not count.
        let score = against.map(|(_, tally)| f64::from(tally.wins) / f64::from(tally.games().max(1)));
        let (mut agreed, mut first, mut losing) = (None, None, None);
        if let Some(plies) = plies_judged(self.start.id()) {
            let positions = self.measured_by(FINAL_POSITIONS);
            agreed = Some(agreement(net, &judged(&self.start, plies, positions, JUDGED_SEED, task.stop())));
            // In Othello all first moves are images of each other.
            let is_symmetric = matches!(self.start.clone().into(), AnyGame::Othello(_));
            first = (!is_symmetric).then(|| self.start.name(net.moves(std::slice::from_ref(&self.start))[0]));
        } else {
            losing = Some(lost_ends(&self.start, net, task.stop()));
        }
        task.check()?;
        let mut report = Report::new();
        report.insert("elo".to_owned(), rating(&results).into());
        report.insert("score_vs_mcts1000".to_owned(), score.into());
        report.insert("optimal_move_rate".to_owned(), agreed.into());
        report.insert("first_move".to_owned(), first.into());
        report.insert("lost_ends".to_owned(), losing.into());
        report.insert("games".to_owned(), self.counts.games.into());
        report.insert("positions".to_owned(), self.counts.positions.into());
        report.insert("net_hash".to_owned(), hash(&player).into());
        report.insert("parameters".to_owned(), player.parameters.count().into());
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Event, Trainable};
    use crate::reinforcement::games::TicTacToe;
    use std::fs;

    fn trainer(more: &str, run: Option<&Path>) -> Trainer<SelfPlayLearner<TicTacToe>> {
        let declared = super::super::knobs();
        let mut knobs = Knobs::defaults(&declared);
        let small =
            "game=tic-tac-toe games=16 simulations=8 channels=4 blocks=1 batch=16 steps=40 evaluated_every=1000";
        for knob in small.split(' ').chain(more.split_whitespace()) {
            knobs.set_text(&declared, knob).unwrap();
        }
        SelfPlayLearner::new(&knobs, 3, TicTacToe::default(), run).unwrap()
    }

    fn steps(trainer: &mut Trainer<SelfPlayLearner<TicTacToe>>, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        (0..count).for_each(|_| trainer.step(&mut |event| events.push(event)).unwrap());
        events
    }

    /// The games in the folder of a run: names and contents.
    fn games(run: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(run.join("games")).unwrap().map(|entry| entry.unwrap());
        let name = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut games: Vec<_> = entries.map(|of| (name(&of), fs::read_to_string(of.path()).unwrap())).collect();
        games.sort();
        games
    }

    #[test]
    fn a_run_that_is_resumed_is_the_straight_one_with_its_files() {
        let [straight, resumed] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let mut run = trainer("", Some(straight.path()));
        steps(&mut run, 40);
        let expected = run.checkpoint();
        let mut run = trainer("", Some(resumed.path()));
        steps(&mut run, 20);
        let checkpoint = run.checkpoint();
        // What comes now is lost, but for its files.
        steps(&mut run, 12);
        let mut run = trainer("", Some(resumed.path()));
        run.restore(&checkpoint).unwrap();
        steps(&mut run, 20);
        assert!(run.checkpoint() == expected);
        assert_eq!(games(resumed.path()), games(straight.path()));
        assert!(games(straight.path()).len() > 3);
    }

    #[test]
    fn a_small_buffer_is_learned_from_and_a_bad_file_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = trainer("buffer=16", Some(folder.path()));
        fs::write(folder.path().join("games/theirs.games"), "not a game\n").unwrap();
        let events = steps(&mut run, 20);
        assert!(events.iter().any(|event| matches!(event, Event::Scalar { series, .. } if series == "policy_loss")));
        let warned = |event: &&Event| matches!(event, Event::Warning { message, .. } if message.starts_with("theirs.games: line 1: "));
        assert_eq!(events.iter().filter(warned).count(), 1);
    }

    #[test]
    fn weights_play_only_when_they_have_won_where_there_is_a_gate() {
        let playing = |run: &Trainer<SelfPlayLearner<TicTacToe>>| hash(&run.learner().player());
        let mut open = trainer("", None);
        let fresh = playing(&open);
        steps(&mut open, 40);
        assert_ne!(playing(&open), fresh);
        // Two networks that search for long draw every game, which is no win.
        let mut gated = trainer("gate=4 simulations=400 games=4", None);
        let events = steps(&mut gated, 40);
        let scores: Vec<f64> = events
            .iter()
            .filter_map(|event| match event {
                Event::Scalar { series, value, .. } if series == "gate" => Some(*value),
                _ => None,
            })
            .collect();
        assert!(!scores.is_empty() && scores.iter().all(|score| *score < GATE), "{scores:?}");
        assert_eq!(playing(&gated), fresh);
    }
}
