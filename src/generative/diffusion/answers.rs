//! What can be asked of a trained diffusion model.

use super::denoiser::NO_CLASS;
use super::learner::{FREE, kind};
use super::sampler::normals;
use super::{Denoiser, Kept, Known, STEPS, Sampler, prompt};
use crate::data::Digits;
use crate::experiment::query::{Manner, Row};
use crate::experiment::scene::{Cloud, CloudKind};
use crate::experiment::{Answer, Failure, Knobs, Model, Picture, Query, QueryKind, Scene, Watch};
use crate::generative::digits::{at_most, examples, in_the_plane, intensities, not_in_the_plane, pictures, unanswered};
use crate::generative::plane::{Plane, REACH};
use crate::nn::{Parameters, learning};
use crate::tensor::{Tensor, tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Moments of a reverse process that are shown.
const FRAMES: usize = 10;
/// Arrows across the plane, and points that travel.
const FIELD: (usize, usize) = (15, 11);
const TRAVELLERS: usize = 300;

/// The views that [`Query::Show`] names.
pub const VIEWS: [&str; 4] = ["forward", "inpaint", "steps", "guidance"];

/// A diffusion model that no longer changes.
pub struct TrainedDiffusion {
    denoiser: Arc<Denoiser>,
    parameters: Parameters<f32>,
    kept: Arc<Kept>,
    plane: Option<Plane>,
    test: Digits,
}

impl TrainedDiffusion {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 5] =
        [QueryKind::Sample, QueryKind::Examples, QueryKind::Show, QueryKind::Plane, QueryKind::Prompt];

    pub fn new(
        denoiser: Arc<Denoiser>,
        parameters: Parameters<f32>,
        kept: Arc<Kept>,
        plane: Option<Plane>,
        test: Digits,
    ) -> Self {
        TrainedDiffusion { denoiser, parameters, kept, plane, test }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(weights: &[u8], knobs: &Knobs, test: Digits) -> Result<Self, Failure> {
        let mut parameters = Parameters::new();
        let denoiser = Denoiser::new(kind(knobs), &mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
        learning::open(&mut [("", &mut parameters)], weights)?;
        let plane = Plane::named(knobs.choice("data"), &[]);
        Ok(Self::new(Arc::new(denoiser), parameters, Arc::new(Kept::default()), plane, test))
    }

    fn sampler(&self) -> Sampler<'_> {
        Sampler { denoiser: &self.denoiser, parameters: &self.parameters, kept: &self.kept }
    }

    /// One sample for each class: digits as `[classes, 784]` in [0, 1], or points `[classes, 2]`.
    pub fn draw(&self, classes: &[usize], manner: Manner, watch: &Watch) -> Result<Tensor<f32>, Failure> {
        let drawn = self.sampler().draw(classes, manner, None, watch, |_, _, _| ())?;
        Ok(if self.plane.is_some() { drawn } else { unit(&drawn) })
    }

    /// The reverse process at a moment: data, points on their way, and where each place of the plane is sent.
    pub fn scene(&self, seed: u64, at: f32, watch: &Watch) -> Result<Scene, Failure> {
        let mut scene = Scene::square(REACH);
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let data = self.plane.iter().flat_map(|plane| (0..TRAVELLERS).map(|_| plane.draw(random)).collect::<Vec<_>>());
        scene.clouds.push(Cloud { kind: CloudKind::Data, points: data.collect() });
        // `at` = 0 is pure noise, 1 the sample.
        let manner = Manner { seed, steps: 50, guidance: 0.0, eta: 0.0 };
        let wanted = ((1.0 - at.clamp(0.0, 1.0)) * (STEPS - 1) as f32) as usize;
        let (mut shown, mut paths) = (Vec::new(), vec![Vec::new(); 24]);
        let last = self.sampler().draw(&[NO_CLASS; TRAVELLERS], manner, None, watch, |t, x, _| {
            if t >= wanted {
                shown = x.to_vec();
                paths.iter_mut().zip(x.as_chunks::<2>().0).for_each(|(path, point)| path.push(*point));
            }
        })?;
        if at >= 1.0 {
            shown = last.values().to_vec();
        }
        scene.paths = paths;
        scene.clouds.push(Cloud { kind: CloudKind::Made, points: shown.as_chunks::<2>().0.to_vec() });
        // The field: from x_t towards the guess at x_0. At the end nothing is left to move: there it is that of the last tenth.
        let wanted = wanted.max(STEPS / 10);
        let places = scene.grid(FIELD.0, FIELD.1);
        let flat: Vec<f32> = places.iter().flatten().copied().collect();
        let (guess, _) = self.sampler().guess(&flat, wanted, &vec![NO_CLASS; places.len()], 0.0);
        let arrow = |(from, to): (&[f32; 2], &[f32; 2])| {
            let way = [to[0] - from[0], to[1] - from[1]];
            let length = (way[0].powi(2) + way[1].powi(2)).sqrt().max(1e-9);
            let cut = length.min(0.22) / length;
            [from[0], from[1], way[0] * cut, way[1] * cut]
        };
        scene.arrows = places.iter().zip(guess.as_chunks::<2>().0).map(arrow).collect();
        Ok(scene)
    }

    fn of_digits(&self) -> Result<(), Failure> {
        match self.plane {
            None => Ok(()),
            Some(_) => Err(in_the_plane()),
        }
    }

    /// Digits asked for, with moments of the way.
    fn prompt(&self, text: &str, manner: Manner, watch: &Watch) -> Result<Answer, Failure> {
        let digits = prompt::digits(text)?;
        let classes: Vec<usize> = digits.iter().map(|&digit| usize::from(digit)).collect();
        let count = manner.steps.clamp(1, STEPS);
        let kept: Vec<usize> = (0..FRAMES.min(count)).map(|frame| frame * count / FRAMES.min(count)).collect();
        let (mut times, mut frames, mut place) = (Vec::new(), Vec::new(), 0);
        let last = self.sampler().draw(&classes, manner, None, watch, |t, x, _| {
            if kept.contains(&place) {
                times.push(t);
                frames.push(pictures(&unit(&tensor([classes.len(), x.len() / classes.len()], x.to_vec()))));
            }
            place += 1;
        })?;
        times.push(0);
        frames.push(pictures(&unit(&last)));
        Ok(Answer::Drawn { digits, times, frames })
    }

    fn show(
        &self,
        view: &str,
        seed: u64,
        at: f32,
        picture: Option<&Picture>,
        watch: &Watch,
    ) -> Result<Vec<Row>, Failure> {
        let example = self.test.picture(seed as usize % self.test.len());
        let label = usize::from(self.test.label(seed as usize % self.test.len()));
        let given = picture.unwrap_or(&example);
        let class = if picture.is_some() { NO_CLASS } else { label };
        let x: Vec<f32> = intensities(std::slice::from_ref(given))?.values().iter().map(|v| 2.0 * v - 1.0).collect();
        let one = |values: &[f32]| pictures(&unit(&tensor([1, values.len()], values.to_vec())));
        let seven = |manner: Manner| -> Result<Vec<Picture>, Failure> {
            Ok(pictures(&self.draw(&[0, 2, 3, 4, 5, 7, 8, 9], Manner { seed, ..manner }, watch)?))
        };
        match view {
            "forward" => {
                let t = (at.clamp(0.0, 1.0) * (STEPS - 1) as f32) as usize;
                let (keep, rest) = self.kept.factors(t);
                let noise = normals(x.len(), &mut ChaCha8Rng::seed_from_u64(seed));
                let noisy: Vec<f32> = x.iter().zip(&noise).map(|(x, noise)| keep * x + rest * noise).collect();
                let (guess, told) = self.sampler().guess(&noisy, t, &[class], 0.0);
                let error = told.iter().zip(&noise).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / 784.0;
                Ok(vec![
                    Row::new("x₀ · x_t", "x₀ · x_t", [one(&x), one(&noisy)].concat()),
                    Row::new(
                        format!("t = {}   √ᾱ_t = {keep:.3}   √(1−ᾱ_t) = {rest:.3}", t + 1),
                        format!("t = {}   √ᾱ_t = {keep:.3}   √(1−ᾱ_t) = {rest:.3}", t + 1),
                        vec![],
                    ),
                    Row::new(
                        format!("ε · ε̂ of the network · x̂₀ that follows   (ε − ε̂)² = {error:.3}"),
                        format!("ε · ネットワークの ε̂ · そこから出る x̂₀   (ε − ε̂)² = {error:.3}"),
                        [one(&half(&noise)), one(&half(&told)), one(&guess)].concat(),
                    ),
                ])
            }
            "inpaint" => {
                let known = |place: usize| place % 28 < 14;
                let mask: Vec<bool> = (0..784).map(known).collect();
                let masked: Vec<f32> = x.iter().zip(&mask).map(|(x, known)| if *known { *x } else { -1.0 }).collect();
                let fill = |classes: &[usize]| -> Result<Vec<Picture>, Failure> {
                    let manner = Manner { seed, steps: 50, guidance: 0.0, eta: 1.0 };
                    let known = Known { sample: &x, mask: &mask };
                    let drawn = self.sampler().draw(classes, manner, Some(&known), watch, |_, _, _| ())?;
                    Ok(pictures(&unit(&drawn)))
                };
                let asked: Vec<usize> = (0..10).collect();
                Ok(vec![
                    Row::new("given · its left half", "元の画像 · 残した左半分", [one(&x), one(&masked)].concat()),
                    Row::new("filled in freely", "自由に埋める", fill(&[NO_CLASS; 8])?),
                    Row::new("asked to become 0, 1, … 9", "0 から 9 になるよう頼む", fill(&asked)?),
                ])
            }
            "steps" => {
                let ways = [(1, 0.0), (2, 0.0), (5, 0.0), (10, 0.0), (50, 0.0), (50, 1.0), (250, 1.0)];
                let row = |(steps, eta): (usize, f32)| {
                    let name = format!("{} {steps}", if eta == 0.0 { "DDIM" } else { "DDPM" });
                    Ok(Row::new(name.clone(), name, seven(Manner { seed, steps, guidance: 1.0, eta })?))
                };
                ways.into_iter().map(row).collect()
            }
            "guidance" => {
                let row = |guidance: f32| {
                    let name = format!("w = {guidance}");
                    Ok(Row::new(name.clone(), name, seven(Manner { seed, steps: 25, guidance, eta: 0.0 })?))
                };
                [0.0, 1.0, 2.0, 4.0, 8.0].into_iter().map(row).collect()
            }
            other => Err(Failure::new(format!("unknown view `{other}`: expected one of {}", VIEWS.join(", ")))),
        }
    }
}

/// From [−1, 1] to [0, 1].
fn unit(values: &Tensor<f32>) -> Tensor<f32> {
    tensor(values.raw_dim(), values.values().iter().map(|value| (0.5 * value + 0.5).clamp(0.0, 1.0)).collect())
}

/// Noise for the eye: three deviations fill the range.
fn half(values: &[f32]) -> Vec<f32> {
    values.iter().map(|value| value / 3.0).collect()
}

impl Model for TrainedDiffusion {
    fn answer(&self, query: &Query, watch: &Watch) -> Result<Answer, Failure> {
        watch.check()?;
        match query {
            Query::Plane { seed, at } if self.plane.is_some() => {
                Ok(Answer::Scene { scene: self.scene(*seed, *at, watch)? })
            }
            Query::Plane { .. } => Err(not_in_the_plane()),
            Query::Examples { offset, count } => examples(&self.test, *offset, *count),
            Query::Sample { count, seed } => {
                self.of_digits()?;
                let classes: Vec<usize> = (0..at_most(*count)?).map(|place| place % 10).collect();
                let manner = Manner { seed: *seed, ..FREE };
                Ok(Answer::Pictures { pictures: pictures(&self.draw(&classes, manner, watch)?) })
            }
            Query::Prompt { text, manner } => {
                self.of_digits()?;
                let within = (1..=STEPS).contains(&manner.steps) && (0.0..=8.0).contains(&manner.guidance);
                if !within || !(0.0..=1.0).contains(&manner.eta) {
                    return Err(Failure::new("expected 1 to 1000 steps, guidance 0 to 8, η 0 to 1"));
                }
                self.prompt(text, *manner, watch)
            }
            Query::Show { view, seed, at, picture } => {
                self.of_digits()?;
                Ok(Answer::Gallery { rows: self.show(view, *seed, *at, picture.as_ref(), watch)? })
            }
            query => Err(unanswered(query)),
        }
    }
}
