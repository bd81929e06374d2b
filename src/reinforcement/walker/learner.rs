//! The run: a step is one second of the robot's time. It walks, and between two episodes it learns: in its world model, or, for
//! comparison, by trying policies out on the robot itself.

use super::answers::{WalkerModel, prefix};
use super::body::{Body, Kind};
use super::episode::{EPISODE, Episode, SUSTAINED, Terms, falls, speed};
use super::experience::{Experience, Step};
use super::policy::{Directions, Senses};
use super::scenes::{Scenes, robot_panels};
use super::simulator::{CONTROL_HZ, Conditions, Ground, Robot};
use super::world_model::{Dreams, Sizes, Task, WorldModel};
use crate::experiment::{Bilingual, ExperimentError, Knobs, Model, Report, TaskContext, Trainable};
use crate::nn::{Decay, Learner, Plan, Run, Saved, Schedule, Trainer, Weights};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;

pub const SERIES: [&str; 9] = [
    "speed",
    "return",
    "dreamed_return",
    "falls",
    "model_error",
    "disagreement",
    "model_loss",
    "imagined_steps",
    "policies_tried",
];
pub const REPORT_KEYS: [&str; 9] = [
    "robot_minutes_to_half_metre_per_second",
    "robot_minutes_to_one_metre_per_second",
    "wall_seconds_to_one_metre_per_second",
    "speed",
    "falls_under_push",
    "wall_seconds",
    "imagined_steps",
    "robot_minutes",
    "parameters",
];

/// Seconds of an episode in which legs only swing, and of a policy that is tried out.
const SWINGING: usize = 3;
const TRIED: usize = 5;
/// How far legs swing at random.
const SWING: f32 = 0.4;
/// Updates of the fresh world model, in multiples of the later ones.
const FIRST_UPDATES: usize = 3;
/// A policy stays if it did not fall and its return is at least this share of that of the policy before.
const GATE: f32 = 0.8;
/// Pushes of the final test, N·s, and its episodes.
pub const TEST_PUSH: f32 = 16.0;
const TEST_EPISODES: u64 = 40;
/// What becomes of the world from a set time on, unless it is harder already: friction, and factors of mass and strength.
const HARDER: [f32; 3] = [0.5, 1.25, 0.85];

/// How the robot learns.
enum Mind {
    Dreaming(Box<Dreamer>),
    Searching(Search),
}

/// Learning in a world model.
struct Dreamer {
    model: WorldModel,
    experience: Experience,
    /// Where the experience of the running episode begins.
    fresh: usize,
    is_fitted: bool,
}

/// Augmented random search on the robot.
struct Search {
    /// The seed of the directions that are tried, and the returns so far of their policies, two for each.
    seed: u64,
    returns: Vec<f32>,
}

/// What is counted over a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Counts {
    falls: i64,
    imagined_steps: i64,
    tried: i64,
    /// Seconds that the robot has lived.
    seconds: u64,
    /// Seconds until 0.5 and 1 m/s were sustained.
    half: Option<u64>,
    one: Option<u64>,
}

/// A robot that learns to walk.
pub struct WalkerLearner {
    /// Robot, method and sizes, which a checkpoint has to have too.
    form: String,
    body: Body,
    senses: Senses,
    mind: Mind,
    policy: Vec<f32>,
    /// The last policy that stood its test, and its return a second.
    kept: Vec<f32>,
    kept_rate: Option<f32>,
    episode: Option<Episode>,
    robot: Option<Robot>,
    /// A push that somebody has asked for.
    asked: f32,
    counts: Counts,
    swinging: u64,
    wanted: f64,
    conditions: Conditions,
    /// Push, noise and wanted speed of the last episode.
    demands: [f32; 3],
    began: Option<Instant>,
    walked: Option<f64>,
}

impl WalkerLearner {
    /// A fresh run.
    ///
    /// # Panics
    /// If `knobs` lacks one of the experiment's.
    pub fn new(knobs: &Knobs, seed: u64) -> Trainer<Self> {
        let (learner, random) = Self::fresh(knobs, seed);
        let total = knobs.integer("steps") as u64;
        let plan = Plan {
            declared: super::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule { warm_up: 0, decay: Decay::Constant, total },
            samples_per_step: CONTROL_HZ as u64,
        };
        Trainer::new(learner, plan)
    }

    fn fresh(knobs: &Knobs, seed: u64) -> (Self, ChaCha8Rng) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let body = Body::new(if knobs.choice("robot") == "biped" { Kind::Biped } else { Kind::Quadruped });
        let body = Body { stiffness: body.stiffness * knobs.real("stiffness") as f32, ..body };
        let whole = |knob: &str| knobs.integer(knob) as usize;
        let memory = whole("memory");
        let observed = if memory > 0 { body.places() } else { body.observed() };
        let senses = Senses::new(&body, observed, knobs.real("frequency") as f32);
        let sizes = Sizes { observed, joints: body.joints(), members: whole("members"), width: whole("width"), memory };
        let form = format!("{} {} {sizes:?}", knobs.choice("robot"), knobs.choice("method"));
        let mind = match knobs.choice("method") {
            "search" => Mind::Searching(Search { seed: random.next_u64(), returns: Vec::new() }),
            _ => Mind::Dreaming(Box::new(Dreamer {
                experience: Experience::new(observed, body.joints()),
                model: WorldModel::new(sizes, &mut random),
                fresh: 0,
                is_fitted: false,
            })),
        };
        let learner = WalkerLearner {
            form,
            policy: vec![0.0; senses.weights()],
            kept: vec![0.0; senses.weights()],
            kept_rate: None,
            episode: None,
            robot: None,
            asked: 0.0,
            counts: Counts::default(),
            swinging: knobs.integer("swinging") as u64,
            wanted: knobs.real("wanted_speed"),
            conditions: Conditions::default(),
            demands: [knobs.real("push") as f32, knobs.real("noise") as f32, knobs.real("wanted_speed") as f32],
            began: None,
            walked: None,
            body,
            senses,
            mind,
        };
        (learner, random)
    }

    fn task(&self) -> Task {
        Task { wanted: self.wanted as f32 / CONTROL_HZ }
    }

    /// What the next episode is like.
    fn terms(&self, run: &Run<'_>, limit: usize, noise: f32) -> Terms {
        let mut conditions = Conditions {
            ground: Ground::named(run.choice("ground")),
            friction: run.real("friction") as f32,
            mass: run.real("mass") as f32,
            strength: run.real("strength") as f32,
        };
        let mut push = run.real("push") as f32;
        let harder = run.integer("harder_from") as u64;
        if harder > 0 && run.index() >= harder {
            let [friction, mass, strength] = HARDER;
            conditions.friction = conditions.friction.min(friction);
            conditions.mass = conditions.mass.max(mass);
            conditions.strength = conditions.strength.min(strength);
            push = push.max(TEST_PUSH);
        }
        Terms { conditions, seed: run.index(), limit, noise, push }
    }

    /// Stands the robot up for the next episode.
    fn begin(&mut self, run: &mut Run<'_>) {
        let noise = run.real("noise") as f32;
        let (terms, policy) = match &self.mind {
            Mind::Dreaming(_) if run.index() < self.swinging => {
                (self.terms(run, SWINGING, 2.0 * noise), self.senses.swinging(SWING, run.random()))
            }
            Mind::Dreaming(_) => (self.terms(run, EPISODE, noise), self.policy.clone()),
            Mind::Searching(search) => {
                match search.candidate(&self.directions(run, search), &self.policy, sigma(run)) {
                    Some(candidate) => (self.terms(run, TRIED, 0.0), candidate),
                    None => (self.terms(run, EPISODE, 0.0), self.policy.clone()),
                }
            }
        };
        let asked = [terms.push, noise, self.wanted as f32];
        if (terms.conditions, asked) != (self.conditions, self.demands) {
            // Another world, or another task: what was good before need not be.
            (self.conditions, self.demands) = (terms.conditions, asked);
            self.kept_rate = None;
        }
        let episode = Episode::new(terms, policy, self.body.joints(), run.random());
        self.robot = Some(episode.robot(&self.body));
        self.episode = Some(episode);
        if let Mind::Dreaming(dreamer) = &mut self.mind {
            dreamer.fresh = dreamer.experience.len();
        }
    }

    fn directions(&self, run: &Run<'_>, search: &Search) -> Directions {
        let random = &mut ChaCha8Rng::seed_from_u64(search.seed);
        Directions::draw(run.integer("directions") as usize, self.policy.len(), random)
    }

    /// The robot walks for a second.
    fn live(&mut self, run: &mut Run<'_>) -> Option<Scenes> {
        let task = self.task();
        let push = std::mem::take(&mut self.asked);
        let observed = self.senses.observed();
        let (mut episode, mut robot) = self.episode.take().zip(self.robot.take())?;
        self.counts.seconds += 1;
        let mut scenes = Scenes::new(&robot);
        let mind = &mut self.mind;
        episode.live_a_second(&mut robot, &self.senses, task, push, run.random(), |lived, robot| {
            scenes.add(robot);
            if let Mind::Dreaming(dreamer) = mind {
                let step = Step {
                    observation: &lived.before[..observed],
                    action: lived.action,
                    next: &lived.after[..observed],
                    displacement: lived.displacement,
                    phase: lived.phase,
                };
                dreamer.experience.add(&step, lived.age, lived.since_push);
            }
        });
        if let Some(speed) = episode.sustained() {
            let second = run.number();
            if speed >= 0.5 {
                self.counts.half.get_or_insert(second);
            }
            if speed >= 1.0 && self.counts.one.is_none() {
                self.counts.one = Some(second);
                self.walked = self.began.map(|began| began.elapsed().as_secs_f64());
            }
        }
        self.episode = Some(episode);
        self.robot = Some(robot);
        Some(scenes)
    }

    /// The end of an episode: what it was worth, and what is learned from it.
    fn finish(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let Some(episode) = self.episode.take() else { return Ok(()) };
        self.robot = None;
        if episode.progress.unstable {
            run.warn(Bilingual::new(
                "the simulation became unstable and the episode was ended: lower `stiffness` or `strength`",
                "シミュレーションが不安定になり、エピソードを打ち切りました。`stiffness` か `strength` を下げてください",
            ));
        }
        self.counts.falls += i64::from(episode.progress.fallen);
        run.scalar("falls", self.counts.falls as f64);
        match &mut self.mind {
            Mind::Dreaming(_) => {
                let is_test = run.index() >= self.swinging.max(1) && episode.terms.limit == EPISODE;
                if is_test {
                    run.scalar("speed", f64::from(episode.speed()));
                    run.scalar("return", f64::from(episode.rate()));
                    self.gate(&episode, run.flag("ungated"));
                }
                // While legs only swing there is nothing to dream of yet.
                if run.number() >= self.swinging {
                    self.dream(run)?;
                }
            }
            Mind::Searching(search) => {
                let tries = 2 * run.integer("directions") as usize;
                if search.returns.len() < tries {
                    search.returns.push(episode.progress.total);
                    self.counts.tried += 1;
                    if search.returns.len() == tries {
                        self.ascend(run);
                    }
                } else {
                    search.returns.clear();
                    search.seed = run.random().next_u64();
                    run.scalar("speed", f64::from(episode.speed()));
                    run.scalar("return", f64::from(episode.rate()));
                    run.scalar("policies_tried", self.counts.tried as f64);
                    self.gate(&episode, run.flag("ungated"));
                }
            }
        }
        Ok(())
    }

    /// Keeps a policy that walked to the end, and about as well as the one before; else the next starts from that one again.
    fn gate(&mut self, episode: &Episode, ungated: bool) {
        let stands = !episode.progress.fallen && self.kept_rate.is_none_or(|kept| episode.rate() >= GATE * kept);
        if ungated || stands || self.kept_rate.is_none() {
            self.kept.clone_from(&self.policy);
            self.kept_rate = Some(episode.rate());
        } else {
            self.policy.clone_from(&self.kept);
        }
    }

    /// Every policy has been tried: a step up.
    fn ascend(&mut self, run: &mut Run<'_>) {
        let Mind::Searching(search) = &self.mind else { return };
        let directions = self.directions(run, search);
        directions.ascend(&mut self.policy, &search.returns, run.real("policy_step") as f32);
    }

    /// Fits the world model to what happened, and improves the policy inside it.
    fn dream(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let task = self.task();
        let Mind::Dreaming(dreamer) = &mut self.mind else { return Ok(()) };
        let Dreamer { model, experience, fresh, is_fitted } = &mut **dreamer;
        if experience.is_empty() {
            return Ok(());
        }
        if *is_fitted && *fresh < experience.len() {
            let [error, disagreement] = model.errors(experience, *fresh..experience.len());
            run.scalar("model_error", error);
            run.scalar("disagreement", disagreement);
        }
        if !*is_fitted || !run.flag("frozen_model") {
            let updates = run.integer("updates") as usize * if *is_fitted { 1 } else { FIRST_UPDATES };
            model.measure(experience);
            let rate = run.learning_rate();
            let loss = model.fit(experience, updates, rate, run.random());
            run.guard(loss);
            if !loss.is_finite() {
                // Of a model that has diverged nothing is learned.
                return Ok(());
            }
            run.scalar("model_loss", loss);
            *is_fitted = true;
        }
        let horizon = run.integer("horizon") as usize;
        let dreams = Dreams { experience, senses: &self.senses, body: &self.body, task, horizon };
        let (count, step, sigma) = (run.integer("directions") as usize, run.real("policy_step") as f32, sigma(run));
        let starts = experience.starts();
        let drawn = run.integer("starts") as usize;
        let improvements = run.integer("improvements");
        let (mut sum, mut summed) = (vec![0.0; self.policy.len()], 0.0);
        for index in 0..improvements {
            let directions = Directions::draw(count, self.policy.len(), run.random());
            let from: Vec<usize> = (0..drawn).map(|_| starts.draw(run.random())).collect();
            let returns = model.dream(&directions.candidates(&self.policy, sigma), &dreams, &from);
            directions.ascend(&mut self.policy, &returns, step);
            // The random search wanders about a good policy; the mean of its second half lies nearer.
            if 2 * index >= improvements {
                sum.iter_mut().zip(&self.policy).for_each(|(sum, weight)| *sum += weight);
                summed += 1.0;
            }
        }
        if summed > 0.0 {
            self.policy = sum.into_iter().map(|sum| sum / summed).collect();
        }
        let from: Vec<usize> = (0..drawn).map(|_| starts.draw(run.random())).collect();
        let dreamed = model.dream(std::slice::from_ref(&self.policy), &dreams, &from)[0];
        let imagined = improvements * 2 * count as i64 * drawn as i64 * horizon as i64;
        self.counts.imagined_steps += imagined;
        run.scalar("dreamed_return", f64::from(dreamed / horizon as f32 * CONTROL_HZ));
        run.scalar("imagined_steps", self.counts.imagined_steps as f64);
        Ok(())
    }

    fn model(&self) -> WalkerModel {
        let model = match &self.mind {
            Mind::Dreaming(dreamer) if dreamer.is_fitted => Some(dreamer.model.clone()),
            _ => None,
        };
        let policy = if self.kept_rate.is_some() { &self.kept } else { &self.policy };
        WalkerModel::new(
            self.body.clone(),
            self.senses.clone(),
            policy.clone(),
            self.task(),
            self.conditions,
            model,
            start,
        )
    }
}

/// Begins a run.
pub fn start(knobs: &Knobs, seed: u64) -> Box<dyn Trainable> {
    Box::new(WalkerLearner::new(knobs, seed))
}

fn sigma(run: &Run<'_>) -> f32 {
    run.real("sigma") as f32
}

impl Search {
    /// The policy that is tried next; none when all were.
    fn candidate(&self, directions: &Directions, policy: &[f32], sigma: f32) -> Option<Vec<f32>> {
        directions.candidates(policy, sigma).into_iter().nth(self.returns.len())
    }
}

impl Learner for WalkerLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        self.began.get_or_insert_with(Instant::now);
        self.wanted = run.real("wanted_speed");
        if self.episode.is_none() {
            self.begin(run);
        }
        let scenes = self.live(run);
        let ended = self.episode.as_ref().is_some_and(Episode::has_ended);
        let shown = ended || run.real("pace") > 0.0 || run.is_last();
        if let Some(scenes) = scenes.filter(|scenes| shown && !scenes.limbs.is_empty()) {
            let keep = run.is_last();
            run.view("robot", keep, robot_panels(&scenes));
        }
        if ended { self.finish(run) } else { Ok(()) }
    }

    fn apply_action(&mut self, action: &str, _argument: &str, _run: &mut Run<'_>) -> Result<(), ExperimentError> {
        match action {
            "push" => self.asked += TEST_PUSH,
            "push_back" => self.asked -= TEST_PUSH,
            other => return Err(ExperimentError::new(format!("this lab has no action `{other}`"))),
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.model())
    }

    fn saved(&mut self) -> Saved<'_> {
        let same_form = |now: &String, saved: &String| {
            if now == saved {
                Ok(())
            } else {
                Err(ExperimentError::new(format!("a checkpoint of {saved}, not of {now}")))
            }
        };
        let saved = Saved::new()
            .checked_state("form", &mut self.form, same_form)
            .array("policy", &mut self.policy)
            .array("kept", &mut self.kept)
            .state("kept_rate", &mut self.kept_rate)
            .state("episode", &mut self.episode)
            .state("asked", &mut self.asked)
            .state("counts", &mut self.counts)
            .state("conditions", &mut self.conditions)
            .state("demands", &mut self.demands)
            .state("wanted", &mut self.wanted);
        match &mut self.mind {
            Mind::Searching(search) => saved.state("seed", &mut search.seed).buffer("returns", &mut search.returns),
            Mind::Dreaming(dreamer) => {
                let Dreamer { model, experience, fresh, is_fitted } = &mut **dreamer;
                let saved = saved
                    .state("fresh", fresh)
                    .state("is_fitted", is_fitted)
                    .buffer("experience", &mut experience.rows)
                    .buffer("ages", &mut experience.ages)
                    .buffer("pushed", &mut experience.pushed)
                    .array("mean", &mut model.scales.mean)
                    .array("spread", &mut model.scales.spread)
                    .array("change", &mut model.scales.change);
                let members = model.members.iter_mut().enumerate();
                members.fold(saved, |saved, (place, member)| saved.network(&prefix(place), &mut member.network))
            }
        }
    }

    fn restored(&mut self) {
        self.robot = self.episode.as_ref().map(|episode| episode.robot(&self.body));
    }

    fn weights(&self) -> Weights {
        self.model().weights()
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let model = self.model();
        let (body, senses) = (&self.body, &self.senses);
        let policy = model.policy();
        let speed = speed(body, senses, policy, self.conditions, self.task());
        task.check()?;
        let terms = Terms { conditions: self.conditions, seed: 0, limit: SUSTAINED, noise: 0.0, push: TEST_PUSH };
        let falls = falls(body, senses, policy, terms, self.task(), TEST_EPISODES);
        task.check()?;
        let minutes = |seconds: Option<u64>| seconds.map(|seconds| seconds as f64 / 60.0);
        let mut report = Report::new();
        report.insert("robot_minutes_to_half_metre_per_second".to_owned(), minutes(self.counts.half).into());
        report.insert("robot_minutes_to_one_metre_per_second".to_owned(), minutes(self.counts.one).into());
        report.insert("wall_seconds_to_one_metre_per_second".to_owned(), self.walked.into());
        report.insert("speed".to_owned(), speed.into());
        report.insert("falls_under_push".to_owned(), falls.into());
        report.insert("wall_seconds".to_owned(), self.began.map(|began| began.elapsed().as_secs_f64()).into());
        report.insert("imagined_steps".to_owned(), self.counts.imagined_steps.into());
        report.insert("robot_minutes".to_owned(), (self.counts.seconds as f64 / 60.0).into());
        report.insert("parameters".to_owned(), model.parameters().into());
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
