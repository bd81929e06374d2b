//! A world in which something plans or learns, as a run like any other: a step is a sweep or an episode. The map can be
//! changed while it goes on, and the agent driven by hand.

use super::answers::{GridModel, Show};
use super::dynamics::{Dynamics, largest};
use super::exact;
use super::learning::{Agent, Episode, Exploration, Progress, Settings};
use super::map::{Edit, Map, Tile};
use super::planning::Planner;
use super::{algorithm, method};
use crate::experiment::{Bilingual, ExperimentError, Knobs, Model, Report, TaskContext};
use crate::nn::{Decay, Learner, Plan, Run, Saved, Schedule, Trainer, Weights};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

pub const SERIES: [&str; 8] =
    ["value_error", "change", "return", "mean_return", "moves", "regret", "epsilon", "updates"];
pub const REPORT_KEYS: [&str; 6] =
    ["value_error", "mean_return", "greedy_return", "greedy_moves", "updates", "parameters"];

/// Values of a series in a run at most, and pictures of the world, unless somebody watches each step.
const VALUES: u64 = 500;
const PICTURES: u64 = 50;
/// Episodes that the mean return is over: the last ones.
const LAST: usize = 100;
/// Changes of the map that can be taken back.
const UNDONE: usize = 100;

/// What finds values.
enum Solver {
    Planner(Planner),
    Agent(Agent),
}

/// The dynamics of a map, and the values to measure by.
struct World {
    dynamics: Arc<Dynamics>,
    /// V*, or V of equal shares for policy evaluation, if there are not too many states.
    reference: Option<Vec<f64>>,
}

impl World {
    fn new(map: &Map, [slip, gamma]: [f64; 2], evaluated: bool) -> Self {
        let dynamics = Arc::new(Dynamics::new(map, slip));
        let reference = if evaluated {
            exact::values_of(&dynamics, |_| [0.25; 4], gamma)
        } else {
            exact::optimal(&dynamics, gamma)
        };
        World { dynamics, reference }
    }
}

/// A world, and what learns in it.
pub struct GridLearner {
    name: String,
    /// Whether the map is a person's own.
    is_own: bool,
    map: Map,
    /// Slip and γ that `world` and the solver are at.
    slip_and_gamma: [f64; 2],
    world: World,
    solver: Solver,
    exploration: Exploration,
    algorithm: super::Algorithm,
    epsilon_decay: f64,
    /// Steps between two values of a series, and two pictures.
    strides: [u64; 2],
    /// Where the agent stands while something plans.
    standing: usize,
    before: Vec<Map>,
    /// Moves learned from so far, and episodes.
    counts: [i64; 2],
    /// Σ (V*(start) − discounted return).
    regret: f64,
    /// Returns of the last episodes.
    returns: Vec<f64>,
}

impl GridLearner {
    /// A fresh run on the map that the knobs name, or on a person's own.
    ///
    /// # Panics
    /// If `knobs` lacks one of the experiment's.
    pub fn new(knobs: &Knobs, seed: u64, own: Option<Map>) -> Trainer<Self> {
        let is_own = own.is_some();
        let map = own.unwrap_or_else(|| Map::named(knobs.choice("map")));
        let name = knobs.choice("algorithm").to_owned();
        let slip_and_gamma = [knobs.real("slip"), knobs.real("gamma")];
        let world = World::new(&map, slip_and_gamma, name == "policy-evaluation");
        let solver = match method(&name) {
            Some(method) => Solver::Planner(Planner::new(method, &world.dynamics, slip_and_gamma[1])),
            None => Solver::Agent(Agent::new(&world.dynamics)),
        };
        let steps = knobs.integer("steps") as u64;
        let stride = |most: u64| if knobs.real("pace") > 0.0 { 1 } else { steps.div_ceil(most) };
        let learner = GridLearner {
            algorithm: algorithm(&name, knobs.integer("n") as usize, knobs.real("lambda")),
            exploration: exploration(knobs.choice("exploration"), |knob| knobs.real(knob)),
            epsilon_decay: knobs.real("epsilon_decay"),
            strides: [stride(VALUES), stride(PICTURES)],
            is_own,
            standing: world.dynamics.start,
            before: Vec::new(),
            counts: [0; 2],
            regret: 0.0,
            returns: Vec::new(),
            name,
            map,
            slip_and_gamma,
            world,
            solver,
        };
        let plan = Plan {
            declared: super::knobs(),
            knobs: knobs.clone(),
            random: ChaCha8Rng::seed_from_u64(seed),
            schedule: Schedule { warm_up: 0, decay: Decay::Constant, total: steps },
            samples_per_step: 1,
        };
        Trainer::new(learner, plan)
    }

    /// Takes up what was turned since the last step: γ, slip, how it explores.
    fn refresh(&mut self, run: &Run<'_>) {
        let turned = [run.real("slip"), run.real("gamma")];
        if turned != self.slip_and_gamma {
            self.slip_and_gamma = turned;
            self.renew();
            if let Solver::Planner(planner) = &mut self.solver {
                planner.adapt(&self.world.dynamics, turned[1]);
            }
        }
        self.exploration = exploration(run.choice("exploration"), |knob| run.real(knob));
        if let Exploration::EpsilonGreedy(epsilon) = &mut self.exploration {
            *epsilon *= self.epsilon_decay.powi(self.counts[1] as i32);
        }
    }

    /// Makes anew what follows from the map, slip and γ.
    fn renew(&mut self) {
        self.world = World::new(&self.map, self.slip_and_gamma, self.name == "policy-evaluation");
    }

    fn gamma(&self) -> f64 {
        self.slip_and_gamma[1]
    }

    fn settings(&self, run: &Run<'_>) -> Settings {
        let alpha = run.real("learning_rate");
        Settings { algorithm: self.algorithm, exploration: self.exploration, alpha, gamma: self.gamma() }
    }

    /// V of a cell: as planned, or the best of what was learned.
    fn value(&self, cell: usize) -> f64 {
        match &self.solver {
            Solver::Planner(planner) => planner.values[cell],
            Solver::Agent(agent) => largest(&agent.q_of(cell)),
        }
    }

    /// The largest |V(s) − reference| over the states; of those that an agent has visited.
    fn value_error(&self) -> Option<f64> {
        let reference = self.world.reference.as_ref()?;
        let counts = |cell: &usize| match &self.solver {
            Solver::Planner(_) => true,
            Solver::Agent(agent) => agent.visits[4 * cell..4 * cell + 4].iter().any(|visits| *visits > 0),
        };
        let states = self.world.dynamics.states.iter().map(|&cell| cell as usize).filter(counts);
        states.map(|cell| (self.value(cell) - reference[cell]).abs()).reduce(f64::max)
    }

    /// Backups, or moves learned from, so far.
    fn updates(&self) -> i64 {
        match &self.solver {
            Solver::Planner(planner) => planner.backups,
            Solver::Agent(_) => self.counts[0],
        }
    }

    /// The end of an episode.
    fn count(&mut self, episode: Episode) {
        self.counts[1] += 1;
        let best = self.world.reference.as_ref().map_or(0.0, |values| values[self.world.dynamics.start]);
        self.regret += best - episode.discounted;
        self.returns.push(episode.total);
        if self.returns.len() > LAST {
            self.returns.remove(0);
        }
    }

    /// A backup or a move, and whether it ended a sweep or an episode: its largest change, or the episode.
    fn advance(&mut self, run: &mut Run<'_>) -> Option<Ended> {
        let settings = self.settings(run);
        match &mut self.solver {
            Solver::Planner(planner) => planner.backup(&self.world.dynamics, settings.gamma).map(Ended::Sweep),
            Solver::Agent(agent) => {
                self.counts[0] += 1;
                let episode = agent.step(&self.world.dynamics, &settings, run.random())?;
                self.count(episode);
                Some(Ended::Episode(episode))
            }
        }
    }

    /// A sweep or an episode to its end.
    fn advance_to_end(&mut self, run: &mut Run<'_>) -> Ended {
        loop {
            if let Some(ended) = self.advance(run) {
                return ended;
            }
        }
    }

    /// The agent goes where a person wants it to; what learns from moves learns from this one too.
    fn drive(&mut self, direction: usize, run: &mut Run<'_>) {
        let settings = self.settings(run);
        match &mut self.solver {
            Solver::Agent(agent) => {
                self.counts[0] += 1;
                if let Some(episode) = agent.take(direction, &self.world.dynamics, &settings, run.random()) {
                    self.count(episode);
                }
            }
            Solver::Planner(_) => {
                let dynamics = &self.world.dynamics;
                let (next, _) = dynamics.sample(self.standing, direction, || run.random().random());
                self.standing = if dynamics.is_terminal(next) { dynamics.start } else { next };
            }
        }
    }

    /// Goes on in another map of the same size with the values that there are.
    fn change(&mut self, map: Map) {
        self.map = map;
        self.renew();
        match &mut self.solver {
            Solver::Planner(planner) => planner.adapt(&self.world.dynamics, self.slip_and_gamma[1]),
            Solver::Agent(agent) => agent.adapt(&self.world.dynamics),
        }
        self.standing = self.world.dynamics.start;
    }

    fn edit(&mut self, edit: Edit, argument: &str) -> Result<(), ExperimentError> {
        let numbers: Vec<usize> = argument.split_whitespace().map_while(|word| word.parse().ok()).collect();
        let cell = match numbers[..] {
            [row, column] if row < self.map.rows() && column < self.map.columns() => row * self.map.columns() + column,
            _ => {
                let (rows, columns) = (self.map.rows(), self.map.columns());
                return Err(ExperimentError::both(
                    format!("`{argument}`: expected a row below {rows} and a column below {columns}, such as `1 2`"),
                    format!("`{argument}`: {rows} 未満の行と {columns} 未満の列を `1 2` のように指定してください"),
                ));
            }
        };
        let map = self.map.edited(cell, edit)?;
        self.before.push(self.map.clone());
        if self.before.len() > UNDONE {
            self.before.remove(0);
        }
        self.change(map);
        Ok(())
    }

    fn model(&self) -> GridModel {
        let (values, agent, at) = match &self.solver {
            Solver::Planner(planner) => (planner.values.clone(), None, self.standing),
            Solver::Agent(agent) => {
                let values =
                    (0..self.map.cells()).map(|cell| if self.map.is_state(cell) { self.value(cell) } else { 0.0 });
                (values.collect(), Some(agent.clone()), agent.progress.at)
            }
        };
        let [slip, gamma] = self.slip_and_gamma;
        let policy = match &self.solver {
            Solver::Planner(planner) => planner.policy.clone(),
            Solver::Agent(_) => Vec::new(),
        };
        let (map, dynamics, name) = (self.map.clone(), Arc::clone(&self.world.dynamics), self.name.clone());
        GridModel { map, dynamics, name, slip, gamma, values, policy, agent, at }
    }

    fn show(&self, run: &mut Run<'_>) {
        let keep = run.is_last();
        run.view("world", keep, self.model().world(Show::Values));
    }
}

fn mean(returns: &[f64]) -> f64 {
    returns.iter().sum::<f64>() / returns.len() as f64
}

/// What has ended.
#[derive(Debug, Clone, Copy)]
enum Ended {
    /// With its largest change of a value.
    Sweep(f64),
    Episode(Episode),
}

fn exploration(name: &str, real: impl Fn(&str) -> f64) -> Exploration {
    match name {
        "softmax" => Exploration::Softmax(real("temperature")),
        "ucb" => Exploration::UpperConfidence(real("confidence")),
        _ => Exploration::EpsilonGreedy(real("epsilon")),
    }
}

impl Learner for GridLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        self.refresh(run);
        if run.is_first() && self.is_own && self.map.unreachable() > 0 {
            let count = self.map.unreachable();
            run.warn(Bilingual::new(
                format!("{count} cells of the map cannot be reached from the start"),
                format!("スタートから到達できないマスが {count} 個あります"),
            ));
        }
        let [stride, pictures] = self.strides;
        match self.advance_to_end(run) {
            Ended::Sweep(change) if run.every(stride) => {
                run.scalar("change", change);
                let (total, moves) = self.model().greedy_return();
                run.scalar("return", total);
                run.scalar("moves", moves);
            }
            Ended::Sweep(_) => {}
            Ended::Episode(Episode { total, moves, .. }) => {
                run.means(stride, [("return", total), ("moves", moves as f64)]);
                if run.every(stride) {
                    run.scalar("mean_return", mean(&self.returns));
                    run.scalar("regret", self.regret);
                    if let Exploration::EpsilonGreedy(epsilon) = self.exploration {
                        run.scalar("epsilon", epsilon);
                    }
                }
            }
        }
        if run.every(stride) {
            run.scalar("updates", self.updates() as f64);
            if let Some(error) = self.value_error() {
                run.scalar("value_error", error);
            }
        }
        if run.is_first() || run.every(pictures) || run.is_last() {
            self.show(run);
        }
        Ok(())
    }

    fn apply_action(&mut self, action: &str, argument: &str, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        self.refresh(run);
        match action {
            "wall" => self.edit(Edit::Put(Tile::Wall), argument)?,
            "trap" => self.edit(Edit::Put(Tile::Trap), argument)?,
            "goal" => self.edit(Edit::Put(Tile::Goal), argument)?,
            "start" => self.edit(Edit::Put(Tile::Start), argument)?,
            "more" => self.edit(Edit::Reward(1.0), argument)?,
            "less" => self.edit(Edit::Reward(-1.0), argument)?,
            "undo" => match self.before.pop() {
                Some(map) => self.change(map),
                None => return Err(ExperimentError::both("nothing to undo", "元に戻すものがありません")),
            },
            "backup" => {
                self.advance(run);
            }
            "sweep" => {
                self.advance_to_end(run);
            }
            "restart" => {
                self.standing = self.world.dynamics.start;
                if let Solver::Agent(agent) = &mut self.solver {
                    agent.start_again(&self.world.dynamics);
                }
            }
            "up" => self.drive(0, run),
            "right" => self.drive(1, run),
            "down" => self.drive(2, run),
            "left" => self.drive(3, run),
            other => return Err(ExperimentError::new(format!("this lab has no action `{other}`"))),
        }
        self.show(run);
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.model())
    }

    fn saved(&mut self) -> Saved<'_> {
        let same_world = |now: &Map, saved: &Map| {
            let size = |map: &Map| (map.rows(), map.columns());
            if size(now) == size(saved) {
                Ok(())
            } else {
                Err(ExperimentError::new("a checkpoint of a map of another size"))
            }
        };
        let same_name = |now: &String, saved: &String| {
            if now == saved {
                Ok(())
            } else {
                Err(ExperimentError::new(format!("a checkpoint of {saved}, not of {now}")))
            }
        };
        let saved = Saved::new()
            .checked_state("algorithm", &mut self.name, same_name)
            .checked_state("map", &mut self.map, same_world)
            .state("before", &mut self.before)
            .state("slip_and_gamma", &mut self.slip_and_gamma)
            .state("standing", &mut self.standing)
            .state("counts", &mut self.counts)
            .state("regret", &mut self.regret)
            .buffer("returns", &mut self.returns);
        match &mut self.solver {
            Solver::Planner(planner) => saved
                .array("values", &mut planner.values)
                .array("found", &mut planner.found)
                .array("policy", &mut planner.policy)
                .array("priority", &mut planner.priority)
                .state("done", &mut planner.done)
                .state("change", &mut planner.change)
                .state("backups", &mut planner.backups),
            Solver::Agent(agent) => saved
                .array("q", &mut agent.q)
                .array("visits", &mut agent.visits)
                .state::<Progress>("progress", &mut agent.progress),
        }
    }

    fn restored(&mut self) {
        self.renew();
        if let Solver::Planner(planner) = &mut self.solver {
            planner.restored();
        }
    }

    fn weights(&self) -> Weights {
        self.model().weights()
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        task.check()?;
        let model = self.model();
        let (greedy_return, greedy_moves) = model.greedy_return();
        // What plans makes no episodes: its mean is that of the policy that it found.
        let mean_return = if self.returns.is_empty() { greedy_return } else { mean(&self.returns) };
        let parameters = match &self.solver {
            Solver::Planner(_) => self.world.dynamics.states.len(),
            Solver::Agent(_) => 4 * self.world.dynamics.states.len(),
        };
        let mut report = Report::new();
        report.insert("value_error".to_owned(), self.value_error().into());
        report.insert("mean_return".to_owned(), mean_return.into());
        report.insert("greedy_return".to_owned(), greedy_return.into());
        report.insert("greedy_moves".to_owned(), greedy_moves.into());
        report.insert("updates".to_owned(), self.updates().into());
        report.insert("parameters".to_owned(), parameters.into());
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Event, KnobValue, Trainable};

    fn trainer(assignments: &str) -> Trainer<GridLearner> {
        let declared = super::super::knobs();
        let mut knobs = Knobs::defaults(&declared);
        assignments.split(' ').for_each(|assignment| knobs.set_text(&declared, assignment).unwrap());
        GridLearner::new(&knobs, 1, None)
    }

    fn steps(trainer: &mut Trainer<GridLearner>, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        (0..count).for_each(|_| trainer.step(&mut |event| events.push(event)).unwrap());
        events
    }

    fn act(trainer: &mut Trainer<GridLearner>, action: &str, argument: &str) -> Result<(), ExperimentError> {
        trainer.apply_action(action, argument, &mut |_| ())
    }

    #[test]
    fn values_adapt_to_a_map_that_is_changed_and_to_a_knob_that_is_turned() {
        let mut run = trainer("map=rooms algorithm=value-iteration steps=500");
        let error = |run: &Trainer<GridLearner>| run.learner().value_error().unwrap();
        steps(&mut run, 60);
        assert!(error(&run) < 1e-9);
        let settled = run.learner().value(0);
        // The way through the upper door is closed.
        act(&mut run, "wall", "2 5").unwrap();
        assert!(error(&run) > 0.1);
        steps(&mut run, 60);
        assert!(error(&run) < 1e-9 && run.learner().value(0) <= settled);
        act(&mut run, "undo", "").unwrap();
        steps(&mut run, 60);
        assert!((run.learner().value(0) - settled).abs() < 1e-9);
        run.set_knob("gamma", &KnobValue::Real(0.5)).unwrap();
        steps(&mut run, 60);
        assert!(error(&run) < 1e-9 && run.learner().value(0) < settled);
    }

    #[test]
    fn what_cannot_be_done_to_a_map_changes_nothing() {
        let mut run = trainer("map=cliff algorithm=sarsa steps=500");
        steps(&mut run, 3);
        let before = run.checkpoint();
        for (action, argument) in
            [("undo", ""), ("wall", "9 9"), ("wall", "x"), ("wall", "3 0"), ("goal", "3 11"), ("fly", "1 1")]
        {
            let refused = act(&mut run, action, argument).unwrap_err().to_string();
            assert!(!refused.is_empty() && !refused.contains('\n'), "{refused}");
        }
        assert!(run.checkpoint() == before);
    }

    #[test]
    fn a_person_drives_to_the_goal_and_q_learning_learns_from_it() {
        let mut run = trainer("map=cliff algorithm=q-learning steps=500");
        act(&mut run, "up", "").unwrap();
        (0..11).for_each(|_| act(&mut run, "right", "").unwrap());
        assert_eq!(run.learner().model().at, 35);
        act(&mut run, "down", "").unwrap();
        assert_eq!(run.learner().model().at, 36, "a new episode");
        assert_eq!(run.learner().updates(), 13);
        assert_eq!(run.learner().returns, [-13.0]);
        let Solver::Agent(agent) = &run.learner().solver else { panic!("it learns") };
        assert_eq!((agent.q_of(35)[2], agent.visits.iter().sum::<i64>()), (-0.1, 13));
    }

    #[test]
    fn a_planner_steps_one_backup_at_a_time() {
        let mut run = trainer("map=cliff algorithm=value-iteration-in-place steps=500");
        act(&mut run, "backup", "").unwrap();
        assert_eq!(run.learner().updates(), 1);
        act(&mut run, "sweep", "").unwrap();
        assert_eq!(run.learner().updates(), 37, "to the end of the sweep");
        act(&mut run, "right", "").unwrap();
        assert_eq!((run.learner().standing, run.learner().updates()), (36, 37), "off the cliff, back to the start");
    }

    #[test]
    fn cells_that_cannot_be_reached_are_warned_of_on_ones_own_map() {
        let declared = super::super::knobs();
        let own = Map::parse("S.G#.\n").unwrap();
        let mut run = GridLearner::new(&Knobs::defaults(&declared), 1, Some(own));
        let events = steps(&mut run, 2);
        let warnings = events.iter().filter(|event| matches!(event, Event::Warning { step: 1, .. }));
        assert_eq!(warnings.count(), 1);
    }
}
