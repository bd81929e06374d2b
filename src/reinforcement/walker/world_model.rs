//! The world model: an ensemble of networks that predict, from what is felt and done, how the next observation differs and how far the
//! torso comes (DayDreamer: Wu et al. 2022, arXiv:2206.14176; the ensemble: Chua et al. 2018, arXiv:1805.12114).
//!
//! ```text
//! (Δô_t, Δx̂_t) = f_θ(o_t, a_t)                           ℓ(θ) = ‖(Δô_t, Δx̂_t) − (o_{t+1} − o_t, Δx_t)‖²   in units of their spread
//! h_t = GRU(h_{t−1}, (o_t, a_t)),  (Δô_t, Δx̂_t) = f_θ(o_t, a_t, h_t)        where velocities are hidden
//! ```
//!
//! Each member starts from other weights and sees the experience in another order. Where there was experience they agree; where there was
//! none they do not.

use super::body::Body;
use super::experience::Experience;
use super::policy::Senses;
use super::simulator::has_fallen;
use crate::nn::{Gru, Linear, OptimizedNetwork, Parameters, Perceptron};
use crate::tensor::{Activation, Tape, Tensor, Var, tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Control steps of a batch of a network without memory; of one with memory, sequences of [`SEQUENCE`] steps.
const BATCH: usize = 64;
const SEQUENCES: usize = 16;
const SEQUENCE: usize = 12;
/// Inputs are cut off so many standard deviations from their mean: a dream may leave all experience.
const CUT: f32 = 6.0;
/// What a fall costs, in metres.
const FALL: f32 = 4.0;
/// What pitching costs, metres for each rad² and control step.
const PITCH: f32 = 0.02;

/// What walking is worth: metres forward, no faster than wanted; not pitching; not falling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Task {
    /// Displacement of a control step at the wanted speed, metres.
    pub wanted: f32,
}

impl Task {
    /// The reward of a control step.
    pub fn reward(&self, displacement: f32, pitch: f32, fallen: bool) -> f32 {
        if fallen {
            return -FALL;
        }
        let too_fast = (displacement - self.wanted).max(0.0);
        displacement - 1.5 * too_fast - PITCH * pitch * pitch
    }
}

/// The sizes of a world model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    pub observed: usize,
    pub joints: usize,
    pub members: usize,
    pub width: usize,
    /// Of the GRU; 0 for none.
    pub memory: usize,
}

/// A member of the ensemble.
#[derive(Clone)]
pub struct Member {
    memory: Option<Gru>,
    hidden: Perceptron,
    out: Linear,
    pub network: OptimizedNetwork,
}

impl Member {
    fn new(sizes: &Sizes, random: &mut impl Rng) -> Self {
        let mut parameters = Parameters::new();
        let inputs = sizes.observed + sizes.joints;
        let memory = (sizes.memory > 0).then(|| Gru::new(&mut parameters, "memory", inputs, sizes.memory, random));
        let (all, widths) = (inputs + sizes.memory, [sizes.width; 2]);
        let hidden = Perceptron::with_activation(&mut parameters, "hidden", all, &widths, Activation::Silu, random);
        let out = Linear::new(&mut parameters, "out", sizes.width, sizes.observed + 1, Activation::Identity, random);
        Member { memory, hidden, out, network: OptimizedNetwork::new(parameters) }
    }

    /// x `[.., inputs]`, and the memory after it where there is one, → changes `[.., observed + 1]`.
    fn head<'t>(
        &self,
        bound: &crate::nn::Bound<'t, f32>,
        x: Var<'t, f32>,
        memory: Option<Var<'t, f32>>,
    ) -> Var<'t, f32> {
        let x = memory.map_or(x, |memory| Var::concatenate(&[x, memory], x.shape().len() - 1));
        self.out.forward(bound, self.hidden.forward(bound, x))
    }
}

/// Means and spreads of what goes in and spreads of what comes out.
#[derive(Debug, Clone, PartialEq)]
pub struct Scales {
    pub mean: Vec<f32>,
    pub spread: Vec<f32>,
    pub change: Vec<f32>,
}

/// An ensemble of networks.
#[derive(Clone)]
pub struct WorldModel {
    pub sizes: Sizes,
    pub members: Vec<Member>,
    pub scales: Scales,
}

/// What rows of imagined robots are: what each feels, and what each member's memory holds of it.
pub struct Imagined {
    pub observations: Vec<f32>,
    memory: Option<Tensor<f32>>,
}

impl WorldModel {
    pub fn new(sizes: Sizes, random: &mut impl Rng) -> Self {
        let inputs = sizes.observed + sizes.joints;
        let scales =
            Scales { mean: vec![0.0; inputs], spread: vec![1.0; inputs], change: vec![1.0; sizes.observed + 1] };
        WorldModel { members: (0..sizes.members).map(|_| Member::new(&sizes, random)).collect(), scales, sizes }
    }

    /// Control steps that a member is shown before it has to predict.
    pub fn shown(&self) -> usize {
        if self.sizes.memory > 0 { SEQUENCE / 2 } else { 0 }
    }

    /// Takes the scales from what there is.
    pub fn measure(&mut self, experience: &Experience) {
        let (observed, inputs) = (self.sizes.observed, self.sizes.observed + self.sizes.joints);
        let count = experience.len().max(1) as f64;
        let (mut sums, mut squares) = (vec![0.0; inputs], vec![0.0; inputs]);
        let mut changes = vec![0.0; observed + 1];
        for row in 0..experience.len() {
            let step = experience.get(row);
            for (place, value) in step.observation.iter().chain(step.action).enumerate() {
                sums[place] += f64::from(*value);
                squares[place] += f64::from(*value).powi(2);
            }
            let each = step.next.iter().zip(step.observation).map(|(next, now)| next - now);
            for (sum, change) in changes.iter_mut().zip(each.chain([step.displacement])) {
                *sum += f64::from(change).powi(2);
            }
        }
        self.scales.mean = sums.iter().map(|sum| (sum / count) as f32).collect();
        let spread =
            |(sum, square): (&f64, &f64)| ((square / count - (sum / count).powi(2)).max(0.0).sqrt() as f32).max(1e-3);
        self.scales.spread = sums.iter().zip(&squares).map(spread).collect();
        self.scales.change = changes.iter().map(|sum| ((sum / count).sqrt() as f32).max(1e-4)).collect();
    }

    fn scaled(&self, observation: &[f32], action: &[f32], out: &mut Vec<f32>) {
        let of = observation.iter().chain(action).zip(&self.scales.mean).zip(&self.scales.spread);
        out.extend(of.map(|((value, mean), spread)| ((value - mean) / spread).clamp(-CUT, CUT)));
    }

    /// Trains every member on the experience, each on its own batches; returns the mean loss.
    pub fn fit(&mut self, experience: &Experience, updates: usize, rate: f64, random: &mut impl Rng) -> f64 {
        let seeds: Vec<u64> = self.members.iter().map(|_| random.next_u64()).collect();
        let mut members = std::mem::take(&mut self.members);
        // A member is trained on one thread, whatever their number: the sums are the same.
        let losses: Vec<f64> = (members.par_iter_mut().zip(seeds))
            .map(|(member, seed)| {
                let random = &mut ChaCha8Rng::seed_from_u64(seed);
                (0..updates).map(|_| self.update(member, experience, rate, random)).sum()
            })
            .collect();
        self.members = members;
        losses.iter().sum::<f64>() / (updates * losses.len()).max(1) as f64
    }

    fn update(&self, member: &mut Member, experience: &Experience, rate: f64, random: &mut ChaCha8Rng) -> f64 {
        let (rows, length) = if self.sizes.memory > 0 { (SEQUENCES, SEQUENCE) } else { (BATCH, 1) };
        let (inputs, outputs) = (self.sizes.observed + self.sizes.joints, self.sizes.observed + 1);
        let (mut x, mut y) = (Vec::with_capacity(rows * length * inputs), Vec::with_capacity(rows * length * outputs));
        for _ in 0..rows {
            let window = experience.draw_window(length, random);
            // An experience too short for a window repeats its last step.
            let last = *window.end();
            for row in window.chain(std::iter::repeat(last)).take(length) {
                let step = experience.get(row);
                self.scaled(step.observation, step.action, &mut x);
                let changes = step.next.iter().zip(step.observation).map(|(next, now)| next - now);
                y.extend(
                    changes.chain([step.displacement]).zip(&self.scales.change).map(|(change, scale)| change / scale),
                );
            }
        }
        let tape = Tape::new();
        let bound = member.network.parameters.on(&tape);
        let x = tape.constant(tensor([rows, length, inputs], x));
        let memory = member.memory.map(|gru| gru.forward(&bound, x, gru.zero_state(&bound, rows)));
        let loss = member.head(&bound, x, memory).mean_squared_error(tape.constant(tensor([rows, length, outputs], y)));
        let value = f64::from(loss.item());
        member.network.descend(&bound, &loss.backward(), rate);
        value
    }

    /// Rows that begin where the robot was before these control steps, for one member.
    pub fn begin(&self, member: usize, experience: &Experience, starts: &[usize]) -> Imagined {
        let mut observations = Vec::with_capacity(starts.len() * self.sizes.observed);
        starts.iter().for_each(|&start| observations.extend(experience.get(start).observation));
        let memory = self.members[member].memory.map(|gru| {
            let tape = Tape::without_gradients();
            let bound = self.members[member].network.parameters.frozen_on(&tape);
            let (length, inputs) = (self.shown(), self.sizes.observed + self.sizes.joints);
            let mut x = vec![0.0; starts.len() * length * inputs];
            let mut lengths = Vec::new();
            for (row, &start) in starts.iter().enumerate() {
                // The steps before this one; none at the beginning of an episode.
                let window = experience.window(start, length + 1);
                let before: Vec<f32> = window.take_while(|&step| step < start).fold(Vec::new(), |mut scaled, step| {
                    let step = experience.get(step);
                    self.scaled(step.observation, step.action, &mut scaled);
                    scaled
                });
                x[row * length * inputs..][..before.len()].copy_from_slice(&before);
                lengths.push(before.len() / inputs);
            }
            let x = tape.constant(tensor([starts.len(), length, inputs], x));
            let padded: Vec<usize> = lengths.iter().map(|&length| length.max(1)).collect();
            let (_, last) = gru.forward_padded(&bound, x, gru.zero_state(&bound, starts.len()), &padded);
            let mut last = last.ordered();
            let width = self.sizes.memory;
            for (row, _) in lengths.iter().enumerate().filter(|(_, length)| **length == 0) {
                last.values_mut()[row * width..(row + 1) * width].fill(0.0);
            }
            last
        });
        Imagined { observations, memory }
    }

    /// One control step of imagined rows under a member: observations move on, and the displacements come back.
    pub fn advance(&self, member: usize, imagined: &mut Imagined, actions: &[f32]) -> Vec<f32> {
        let (observed, joints) = (self.sizes.observed, self.sizes.joints);
        let rows = imagined.observations.len() / observed;
        let member = &self.members[member];
        let mut x = Vec::with_capacity(rows * (observed + joints));
        for (observation, action) in imagined.observations.chunks_exact(observed).zip(actions.chunks_exact(joints)) {
            self.scaled(observation, action, &mut x);
        }
        let tape = Tape::without_gradients();
        let bound = member.network.parameters.frozen_on(&tape);
        let x = tape.constant(tensor([rows, observed + joints], x));
        let memory =
            member.memory.zip(imagined.memory.take()).map(|(gru, memory)| gru.step(&bound, x, tape.constant(memory)));
        let changes = member.head(&bound, x, memory).ordered();
        imagined.memory = memory.map(|memory| memory.ordered());
        let mut displacements = Vec::with_capacity(rows);
        for (observation, change) in
            imagined.observations.chunks_exact_mut(observed).zip(changes.values().chunks_exact(observed + 1))
        {
            observation
                .iter_mut()
                .zip(change)
                .zip(&self.scales.change)
                .for_each(|((o, change), scale)| *o += change * scale);
            displacements.push(change[observed] * self.scales.change[observed]);
        }
        displacements
    }

    /// How far predictions of single control steps are off, and how far the members lie apart: root mean squares in units of the spread of
    /// what is predicted.
    pub fn errors(&self, experience: &Experience, rows: std::ops::Range<usize>) -> [f64; 2] {
        let (observed, count) = (self.sizes.observed, rows.len());
        let starts: Vec<usize> = rows.collect();
        let actions: Vec<f32> = starts.iter().flat_map(|&row| experience.get(row).action.to_vec()).collect();
        let predictions: Vec<Vec<f32>> = (0..self.members.len())
            .map(|member| {
                let mut imagined = self.begin(member, experience, &starts);
                self.advance(member, &mut imagined, &actions);
                imagined.observations
            })
            .collect();
        let (mut error, mut apart) = (0.0, 0.0);
        for (place, row) in starts.iter().enumerate() {
            let truth = experience.get(*row).next;
            for (axis, truth) in truth.iter().enumerate() {
                let scale = f64::from(self.scales.change[axis]);
                let of = |prediction: &Vec<f32>| f64::from(prediction[place * observed + axis]);
                let mean = predictions.iter().map(of).sum::<f64>() / predictions.len() as f64;
                let spread = predictions.iter().map(|one| (of(one) - mean).powi(2)).sum::<f64>();
                error += ((mean - f64::from(*truth)) / scale).powi(2);
                apart += spread / predictions.len() as f64 / (scale * scale);
            }
        }
        let numbers = (count * observed) as f64;
        [(error / numbers).sqrt(), (apart / numbers).sqrt()]
    }

    /// The mean return of each policy over `horizon` imagined control steps from each of `starts`, which the members share out.
    pub fn dream(&self, policies: &[Vec<f32>], dreams: &Dreams<'_>, starts: &[usize]) -> Vec<f32> {
        let members = self.members.len();
        let share = |member: usize| &starts[member * starts.len() / members..(member + 1) * starts.len() / members];
        let busy: Vec<usize> = (0..members).filter(|&member| !share(member).is_empty()).collect();
        let parts: Vec<Vec<f32>> =
            busy.into_par_iter().map(|member| self.dream_of(member, policies, dreams, share(member))).collect();
        let mean = |policy: usize| parts.iter().map(|part| part[policy]).sum::<f32>() / starts.len() as f32;
        (0..policies.len()).map(mean).collect()
    }

    /// The returns of each policy under one member, summed over its starts.
    fn dream_of(&self, member: usize, policies: &[Vec<f32>], dreams: &Dreams<'_>, starts: &[usize]) -> Vec<f32> {
        let Dreams { experience, senses, body, task, horizon } = *dreams;
        let observed = self.sizes.observed;
        let all: Vec<usize> = policies.iter().flat_map(|_| starts).copied().collect();
        let mut imagined = self.begin(member, experience, &all);
        let mut standing = vec![true; all.len()];
        let mut returns = vec![0.0; policies.len()];
        let mut actions = Vec::with_capacity(all.len() * self.sizes.joints);
        for step in 0..horizon {
            actions.clear();
            for (row, observation) in imagined.observations.chunks_exact(observed).enumerate() {
                let phase = experience.get(all[row]).phase + senses.phase(step);
                senses.act(&policies[row / starts.len()], observation, phase, &mut actions);
            }
            let displacements = self.advance(member, &mut imagined, &actions);
            for (row, observation) in imagined.observations.chunks_exact(observed).enumerate() {
                if standing[row] {
                    let fallen = has_fallen(body, observation[0], observation[1]);
                    standing[row] = !fallen;
                    returns[row / starts.len()] += task.reward(displacements[row], observation[1], fallen);
                }
            }
        }
        returns
    }
}

/// What all dreams of a policy have in common.
#[derive(Clone, Copy)]
pub struct Dreams<'a> {
    pub experience: &'a Experience,
    pub senses: &'a Senses,
    pub body: &'a Body,
    pub task: Task,
    /// Control steps.
    pub horizon: usize,
}

#[cfg(test)]
mod tests {
    use super::super::body::Kind;
    use super::super::episode::{Terms, walk};
    use super::super::experience::Step;
    use super::super::simulator::Conditions;
    use super::*;

    const TASK: Task = Task { wanted: 0.06 };

    /// Seconds of legs that swing at random, in episodes of three.
    fn swung(body: &Body, senses: &Senses, episodes: u64) -> Experience {
        let observed = senses.observed();
        let mut experience = Experience::new(observed, body.joints());
        for seed in 0..episodes {
            let random = &mut ChaCha8Rng::seed_from_u64(seed);
            let terms = Terms { conditions: Conditions::default(), seed, limit: 3, noise: 0.2, push: 0.0 };
            let policy = senses.swinging(0.4, random);
            walk(body, senses, &policy, terms, TASK, random, |lived, _| {
                let step = Step {
                    observation: &lived.before[..observed],
                    action: lived.action,
                    next: &lived.after[..observed],
                    displacement: lived.displacement,
                    phase: lived.phase,
                };
                experience.add(&step, lived.age, lived.since_push);
            });
        }
        experience
    }

    fn fitted(memory: usize, updates: usize) -> (WorldModel, Experience, Senses, Body) {
        let body = Body::new(Kind::Quadruped);
        let observed = if memory > 0 { body.places() } else { body.observed() };
        let senses = Senses::new(&body, observed, 2.0);
        let experience = swung(&body, &senses, 12);
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let sizes = Sizes { observed, joints: body.joints(), members: 3, width: 32, memory };
        let mut model = WorldModel::new(sizes, random);
        model.measure(&experience);
        model.fit(&experience, updates, 3e-3, random);
        (model, experience, senses, body)
    }

    /// 1 is what predicting no change would be off.
    #[test]
    fn one_step_of_new_experience_is_predicted_to_half_its_spread() {
        for memory in [0, 16] {
            let (model, _, senses, body) = fitted(memory, 600);
            let fresh = swung(&body, &senses, 14);
            let from = swung(&body, &senses, 12).len();
            let [error, _] = model.errors(&fresh, from..fresh.len());
            assert!(error < 0.6, "memory {memory}: {error}");
            let (untrained, ..) = fitted(memory, 0);
            assert!(untrained.errors(&fresh, from..fresh.len())[0] > error + 0.2);
        }
    }

    #[test]
    fn members_disagree_where_there_was_no_experience() {
        let (model, experience, _, body) = fitted(0, 400);
        let [_, known] = model.errors(&experience, 0..100);
        // A robot upside down with its legs all out.
        let strange = vec![2.0; body.observed()];
        let mut unknown = Experience::new(body.observed(), body.joints());
        let action = vec![-1.0; body.joints()];
        let step = Step { observation: &strange, action: &action, next: &strange, displacement: 0.0, phase: 0.0 };
        unknown.add(&step, 0, None);
        let [_, disagreement] = model.errors(&unknown, 0..1);
        assert!(disagreement > 3.0 * known, "{disagreement}, {known}");
    }

    #[test]
    fn a_dream_is_the_same_on_one_thread_and_on_two() {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (model, experience, senses, body) = fitted(8, 30);
                let random = &mut ChaCha8Rng::seed_from_u64(5);
                let policies: Vec<_> = (0..3).map(|_| senses.swinging(0.3, random)).collect();
                let dreams = Dreams { experience: &experience, senses: &senses, body: &body, task: TASK, horizon: 10 };
                let returns = model.dream(&policies, &dreams, &[3, 0, 70, 100, 41]);
                returns.into_iter().map(f32::to_bits).collect::<Vec<_>>()
            })
        };
        assert_eq!(run(1), run(2));
    }

    /// The dream of one policy, step by step by hand.
    #[test]
    fn a_dream_is_its_members_walked_by_hand() {
        let (model, experience, senses, body) = fitted(0, 30);
        let policy = senses.swinging(0.3, &mut ChaCha8Rng::seed_from_u64(5));
        let dreams = Dreams { experience: &experience, senses: &senses, body: &body, task: TASK, horizon: 4 };
        let starts = [10, 20, 30];
        let mut expected = 0.0;
        for (member, &start) in starts.iter().enumerate() {
            let mut imagined = model.begin(member, &experience, &[start]);
            for step in 0..4 {
                let mut action = Vec::new();
                let phase = experience.get(start).phase + senses.phase(step);
                senses.act(&policy, &imagined.observations, phase, &mut action);
                let came = model.advance(member, &mut imagined, &action)[0];
                assert!(!has_fallen(&body, imagined.observations[0], imagined.observations[1]));
                expected += TASK.reward(came, imagined.observations[1], false);
            }
        }
        let found = model.dream(&[policy], &dreams, &starts)[0];
        assert!((found - expected / 3.0).abs() < 1e-5, "{found}, {expected}");
    }

    #[test]
    fn walking_is_worth_its_way_up_to_the_wanted_speed() {
        let reward = |displacement, pitch| TASK.reward(displacement, pitch, false);
        assert_eq!(reward(0.03, 0.0), 0.03);
        assert!(reward(0.08, 0.0) < reward(0.06, 0.0) && reward(0.06, 0.5) < reward(0.06, 0.0));
        assert_eq!(TASK.reward(0.06, 0.0, true), -FALL);
    }
}
