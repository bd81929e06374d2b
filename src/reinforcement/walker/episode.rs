//! A robot on its way: from standing still until it falls or its time is over. What is kept of it is what was done to the robot, from
//! which it can be walked again to the very same place.

use super::body::Body;
use super::policy::{Senses, normal};
use super::simulator::{CONTROL_HZ, Conditions, Ended, Robot};
use super::world_model::Task;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Control steps of a second.
pub const A_SECOND: usize = CONTROL_HZ as usize;
/// Pushes come after so many control steps at first, then with so many between them.
const FIRST_PUSH: std::ops::Range<usize> = 20..60;
const NEXT_PUSH: std::ops::Range<usize> = 40..80;
/// Of the noise, so much stays from one control step to the next.
const LINGERS: f32 = 0.5;
/// Seconds of an episode.
pub const EPISODE: usize = 12;
/// Seconds over which a speed has to be sustained.
pub const SUSTAINED: usize = 10;

/// How an episode is made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    pub conditions: Conditions,
    /// For bumps.
    pub seed: u64,
    /// Seconds at most.
    pub limit: usize,
    /// Standard deviation of what is added to actions.
    pub noise: f32,
    /// N·s of a push; 0 for none.
    pub push: f32,
}

/// What was done, and how it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    pub terms: Terms,
    /// The policy that acts.
    pub policy: Vec<f32>,
    /// Of each control step, the action; and the push just before it, N·s.
    pub actions: Vec<f32>,
    pub pushes: Vec<f32>,
    /// Where the robot was at the end of each second.
    pub marks: Vec<f32>,
    pub noise: Vec<f32>,
    pub progress: Progress,
}

/// What changes from one control step to the next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    next_push: usize,
    /// The control step of the last push.
    last_push: Option<usize>,
    /// Σ reward.
    pub total: f32,
    /// Whether it has fallen, or the simulation has become unstable, which counts as a fall.
    pub fallen: bool,
    pub unstable: bool,
}

/// A control step of an episode, as it is handed to whoever learns from it.
pub struct Lived<'a> {
    pub before: &'a [f32],
    pub action: &'a [f32],
    pub after: &'a [f32],
    pub displacement: f32,
    pub phase: f32,
    pub age: usize,
    pub since_push: Option<usize>,
}

impl Episode {
    pub fn new(terms: Terms, policy: Vec<f32>, joints: usize, random: &mut ChaCha8Rng) -> Self {
        let next_push = random.random_range(FIRST_PUSH);
        let progress = Progress { next_push, last_push: None, total: 0.0, fallen: false, unstable: false };
        let (actions, pushes, marks) = (Vec::new(), Vec::new(), Vec::new());
        Episode { terms, policy, actions, pushes, marks, noise: vec![0.0; joints], progress }
    }

    /// The robot where this episode has led it.
    pub fn robot(&self, body: &Body) -> Robot {
        let mut robot = Robot::new(body, &self.terms.conditions, self.terms.seed);
        for (action, push) in self.actions.chunks_exact(body.joints()).zip(&self.pushes) {
            robot.push(*push);
            robot.step(action);
        }
        robot
    }

    pub fn steps(&self) -> usize {
        self.pushes.len()
    }

    pub fn has_ended(&self) -> bool {
        self.progress.fallen || self.marks.len() >= self.terms.limit
    }

    /// One second, or less if the robot falls. `push` comes first.
    pub fn live_a_second(
        &mut self,
        robot: &mut Robot,
        senses: &Senses,
        task: Task,
        mut push: f32,
        random: &mut ChaCha8Rng,
        mut lived: impl FnMut(Lived<'_>, &Robot),
    ) {
        for _ in 0..A_SECOND {
            let age = self.steps();
            if self.terms.push > 0.0 && age == self.progress.next_push {
                push += if random.random() { self.terms.push } else { -self.terms.push };
                self.progress.next_push = age + random.random_range(NEXT_PUSH);
            }
            if push != 0.0 {
                self.progress.last_push = Some(age);
            }
            robot.push(push);
            self.pushes.push(std::mem::take(&mut push));
            let (before, from) = (robot.observe(), robot.distance());
            let phase = senses.phase(age);
            let mut action = Vec::with_capacity(self.noise.len());
            senses.act(&self.policy, &before, phase, &mut action);
            if self.terms.noise > 0.0 {
                for (part, noise) in action.iter_mut().zip(&mut self.noise) {
                    *noise = LINGERS * *noise + self.terms.noise * normal(random);
                    *part = (*part + *noise).clamp(-1.0, 1.0);
                }
            }
            let ended = robot.step(&action);
            self.actions.extend(&action);
            if ended == Ended::Unstable {
                // What is no number any more is not learned from.
                (self.progress.fallen, self.progress.unstable) = (true, true);
                self.progress.total += task.reward(0.0, 0.0, true);
                break;
            }
            let (after, displacement) = (robot.observe(), robot.distance() - from);
            let fallen = ended == Ended::Fallen;
            self.progress.total += task.reward(displacement, after[1], fallen);
            let since_push = self.progress.last_push.map(|at| age - at);
            let step = Lived { before: &before, action: &action, after: &after, displacement, phase, age, since_push };
            lived(step, robot);
            if fallen {
                self.progress.fallen = true;
                break;
            }
        }
        let at = robot.distance();
        self.marks.push(if at.is_finite() { at } else { 0.0 });
    }

    /// Metres a second over the last ten seconds, or over all if there were fewer.
    pub fn speed(&self) -> f32 {
        let seconds = self.marks.len().min(SUSTAINED);
        let from = if self.marks.len() > seconds { self.marks[self.marks.len() - 1 - seconds] } else { 0.0 };
        self.marks.last().map_or(0.0, |at| (at - from) / seconds as f32)
    }

    /// The speed, where it was sustained without a fall.
    pub fn sustained(&self) -> Option<f32> {
        (self.marks.len() >= SUSTAINED && !self.progress.fallen).then(|| self.speed())
    }

    /// Reward per second.
    pub fn rate(&self) -> f32 {
        self.progress.total / self.marks.len().max(1) as f32
    }
}

/// A whole episode of a policy, without learning.
pub fn walk(
    body: &Body,
    senses: &Senses,
    policy: &[f32],
    terms: Terms,
    task: Task,
    random: &mut ChaCha8Rng,
    mut lived: impl FnMut(Lived<'_>, &Robot),
) -> Episode {
    let mut episode = Episode::new(terms, policy.to_vec(), body.joints(), random);
    let mut robot = episode.robot(body);
    while !episode.has_ended() {
        episode.live_a_second(&mut robot, senses, task, 0.0, random, &mut lived);
    }
    episode
}

/// How many of some episodes with pushes end in a fall.
pub fn falls(body: &Body, senses: &Senses, policy: &[f32], terms: Terms, task: Task, episodes: u64) -> usize {
    let fell = |seed: u64| {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        walk(body, senses, policy, Terms { seed, ..terms }, task, random, |_, _| {}).progress.fallen
    };
    (0..episodes).into_par_iter().filter(|&seed| fell(seed)).count()
}

/// The speed over the last ten of twelve seconds, without noise and pushes; of one that falls, that until then.
pub fn speed(body: &Body, senses: &Senses, policy: &[f32], conditions: Conditions, task: Task) -> f32 {
    let terms = Terms { conditions, seed: 0, limit: EPISODE, noise: 0.0, push: 0.0 };
    walk(body, senses, policy, terms, task, &mut ChaCha8Rng::seed_from_u64(0), |_, _| {}).speed()
}

#[cfg(test)]
mod tests {
    use super::super::body::Kind;
    use super::*;

    fn terms() -> Terms {
        Terms { conditions: Conditions::default(), seed: 3, limit: 12, noise: 0.1, push: 6.0 }
    }

    #[test]
    fn an_episode_is_walked_again_to_the_very_same_place() {
        let body = Body::new(Kind::Quadruped);
        let senses = Senses::new(&body, body.observed(), 2.0);
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let task = Task { wanted: 0.06 };
        let mut episode = Episode::new(terms(), senses.swinging(0.1, random), body.joints(), random);
        let mut robot = episode.robot(&body);
        let mut steps = 0;
        for push in [0.0, 3.0, 0.0, 0.0, -3.0] {
            episode.live_a_second(&mut robot, &senses, task, push, random, |_, _| steps += 1);
        }
        assert_eq!((steps, episode.steps(), episode.marks.len()), (100, 100, 5));
        assert!(episode.pushes.iter().any(|push| push.abs() == 6.0), "a push at random");
        let text = serde_json::to_string(&episode).unwrap();
        let read: Episode = serde_json::from_str(&text).unwrap();
        assert_eq!(read, episode);
        assert_eq!(read.robot(&body).observe(), robot.observe());
    }

    #[test]
    fn a_speed_is_that_of_the_last_ten_seconds() {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let mut episode = Episode::new(terms(), Vec::new(), 8, random);
        assert_eq!((episode.speed(), episode.sustained()), (0.0, None));
        episode.marks = vec![1.0, 3.0];
        assert_eq!((episode.speed(), episode.sustained()), (1.5, None));
        episode.marks = (1..=12).map(|second| second as f32 * second as f32).collect();
        assert_eq!(episode.sustained(), Some((144.0 - 4.0) / 10.0));
        episode.progress.fallen = true;
        assert_eq!(episode.sustained(), None);
    }
}
