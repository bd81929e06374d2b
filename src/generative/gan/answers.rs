//! What can be asked of a trained GAN.

use super::{Configuration, Gan, Target, non_saturating_loss};
use crate::data::Digits;
use crate::data::pictures::intensities;
use crate::experiment::query::{LatentPlane, Score};
use crate::experiment::scene::{Cloud, CloudKind, Shade};
use crate::experiment::{
    Answer, Bilingual, ExperimentError, GrayImage, Knobs, Model, Panel, Query, QueryKind, Scene, TaskContext, ViewSpec,
    Wording, view,
};
use crate::generative::classifier::Judge;
use crate::generative::digits::{self, at_most, examples, in_the_plane, not_in_the_plane, pictures};
use crate::generative::noise::normal_rows;
use crate::generative::plane::{Plane, REACH};
use crate::nn::{Parameters, weights};
use crate::tensor::{Tape, Tensor, tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Samples made at a time.
const BATCH: usize = 1000;
/// The grid on which D is shaded.
const SHADE: (usize, usize) = (56, 40);
/// Points of each kind, and arrows, in a scene.
const SHOWN: usize = 400;
const ARROWS: usize = 36;

pub static VIEWS: [ViewSpec; 2] = [
    ViewSpec::new(
        "samples",
        Wording::new("digits that G generates from noise", "生成器がノイズから生成する数字"),
        digits::samples_inputs,
    ),
    ViewSpec::new(
        "plane",
        Wording::new(
            "the plane: D as shading, data, generated points, and where D's gradient would move them",
            "平面: D の濃淡、データ、生成された点、D の勾配が点を動かす向き",
        ),
        || vec![view::seed()],
    ),
];

/// A GAN that no longer changes.
pub struct TrainedGan {
    gan: Arc<Gan>,
    generator: Parameters<f32>,
    discriminator: Parameters<f32>,
    /// The distribution in the plane; none for digits.
    plane: Option<Plane>,
    test: Digits,
}

impl TrainedGan {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 6] = [
        QueryKind::View,
        QueryKind::Sample,
        QueryKind::Decode,
        QueryKind::Score,
        QueryKind::Examples,
        QueryKind::LatentPlane,
    ];

    pub fn new(
        gan: Arc<Gan>,
        generator: Parameters<f32>,
        discriminator: Parameters<f32>,
        plane: Option<Plane>,
        test: Digits,
    ) -> Self {
        TrainedGan { gan, generator, discriminator, plane, test }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(weights: &[u8], knobs: &Knobs, test: Digits) -> Result<Self, ExperimentError> {
        let (mut generator, mut discriminator) = (Parameters::new(), Parameters::new());
        let configuration = Configuration::from_knobs(knobs);
        let random = &mut ChaCha8Rng::seed_from_u64(0);
        let gan = Gan::new(configuration, &mut generator, &mut discriminator, random);
        weights::open(&mut [("generator.", &mut generator), ("discriminator.", &mut discriminator)], weights)?;
        let plane = match &gan.configuration.target {
            Target::Digits => None,
            Target::Plane(plane) => Some(plane.clone()),
        };
        Ok(Self::new(Arc::new(gan), generator, discriminator, plane, test))
    }

    /// G(z) for z `[count, latent]`.
    fn generate(&self, z: &Tensor<f32>) -> Vec<f32> {
        let latent = self.gan.configuration.latent;
        let mut made = Vec::new();
        for rows in z.values().chunks(BATCH * latent) {
            let tape = Tape::without_gradients();
            let z = tape.constant(tensor([rows.len() / latent, latent], rows.to_vec()));
            made.extend_from_slice(self.gan.generate(&self.generator.on(&tape), z).value().values());
        }
        made
    }

    /// Digits from noise, `[count, 784]` in [0, 1].
    pub fn intensities(&self, count: usize, seed: u64) -> Tensor<f32> {
        let latent = self.gan.configuration.latent;
        self.unit(&normal_rows(count, latent, 1.0, &mut ChaCha8Rng::seed_from_u64(seed)))
    }

    /// Digits for z, brought from [−1, 1] to [0, 1].
    fn unit(&self, z: &Tensor<f32>) -> Tensor<f32> {
        let values = self.generate(z).into_iter().map(|value| 0.5 * value + 0.5).collect();
        tensor([z.shape()[0], self.gan.configuration.width()], values)
    }

    pub fn sample(&self, count: usize, seed: u64) -> Vec<GrayImage> {
        pictures(&self.intensities(count, seed))
    }

    /// Points of the plane from noise.
    pub fn points(&self, count: usize, seed: u64) -> Vec<[f32; 2]> {
        let latent = self.gan.configuration.latent;
        let z = normal_rows(count, latent, 1.0, &mut ChaCha8Rng::seed_from_u64(seed));
        self.generate(&z).as_chunks::<2>().0.to_vec()
    }

    /// D(x) of rows `[count, width]`; a packed D sees each sample beside itself.
    fn trust(&self, rows: &[f32]) -> Vec<f32> {
        let Configuration { pack, .. } = self.gan.configuration;
        let width = self.gan.configuration.width();
        let repeated: Vec<f32> = rows.chunks_exact(width).flat_map(|row| row.repeat(pack)).collect();
        let tape = Tape::without_gradients();
        let x = tape.constant(tensor([repeated.len() / width, width], repeated));
        self.gan.logits(&self.discriminator.on(&tape), x).sigmoid().value().values().to_vec()
    }

    /// −∂/∂x of G's non-saturating loss at points that it made: where D would have them go.
    fn arrows(&self, points: &[[f32; 2]]) -> Vec<[f32; 4]> {
        let pack = self.gan.configuration.pack;
        let points = &points[..points.len() / pack * pack];
        let tape = Tape::new();
        let x = tape.leaf(tensor([points.len(), 2], points.iter().flatten().copied().collect()));
        let gradients = non_saturating_loss(self.gan.logits(&self.discriminator.frozen_on(&tape), x)).backward();
        let Some(gradients) = gradients.of(x) else { return Vec::new() };
        // The loss is a mean: an arrow is the negative gradient of one point's own share, cut to a tenth of the view.
        let arrow = |(point, gradient): (&[f32; 2], &[f32; 2])| {
            let down = gradient.map(|part| -part * points.len() as f32 * 0.1);
            let length = (down[0].powi(2) + down[1].powi(2)).sqrt().max(1e-9);
            let cut = length.min(0.2 * REACH) / length;
            [point[0], point[1], down[0] * cut, down[1] * cut]
        };
        points.iter().zip(gradients.values().as_chunks::<2>().0).map(arrow).collect()
    }

    /// D as shading, data and made points, arrows of G's gradient.
    pub fn scene(&self, seed: u64) -> Scene {
        let mut scene = Scene::square(REACH);
        let (columns, rows) = SHADE;
        let grid: Vec<f32> = scene.grid(columns, rows).into_iter().flatten().collect();
        scene.shade = Some(Shade { columns, values: self.trust(&grid) });
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let data = self.plane.iter().flat_map(|plane| (0..SHOWN).map(|_| plane.draw(random)).collect::<Vec<_>>());
        scene.clouds.push(Cloud { kind: CloudKind::Data, points: data.collect() });
        let made = self.points(SHOWN, seed);
        scene.arrows = self.arrows(&made[..ARROWS]);
        scene.clouds.push(Cloud { kind: CloudKind::Made, points: made });
        scene
    }

    /// Real digits as the model sees them: through its lens.
    fn seen(&self, examples: Answer) -> Result<Answer, ExperimentError> {
        let Answer::Examples { pictures: sharp, labels } = examples else { return Ok(examples) };
        let tape = Tape::without_gradients();
        let x = tape.constant(intensities(&sharp)?).scale(2.0).shift(-1.0);
        let soft = self.gan.configuration.soften(x).scale(0.5).shift(0.5);
        Ok(Answer::Examples { pictures: pictures(&soft.value()), labels })
    }

    fn of_digits(&self) -> Result<(), ExperimentError> {
        match self.plane {
            None => Ok(()),
            Some(_) => Err(in_the_plane()),
        }
    }
}

impl TrainedGan {
    /// A plane of z with a grid of about `count` places, each with the digit that a classifier reads in G(z) there.
    fn manifold(&self, count: usize, task: &TaskContext) -> Result<LatentPlane, ExperimentError> {
        let mut plane = plane_of_noise(self.gan.configuration.latent);
        // Cells of a terminal are twice as high as wide.
        let rows = ((count as f64 / 2.0).sqrt() as usize).max(2);
        let along = |at: usize, of: usize| GRID_REACH * (2.0 * at as f32 / (of - 1) as f32 - 1.0);
        let places =
            (0..rows).flat_map(|row| (0..2 * rows).map(move |column| [along(column, 2 * rows), along(row, rows)]));
        plane.points = places.collect();
        let z: Vec<f32> = plane.points.iter().flat_map(|place| plane.latent_at(*place)).collect();
        let made = self.unit(&tensor([plane.points.len(), plane.origin.len()], z));
        let read = Judge::bundled()?.read(&made, task)?;
        plane.labels = read.into_iter().map(|(digit, _)| digit as u8).collect();
        Ok(plane)
    }
}

impl Model for TrainedGan {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        task.check()?;
        let latent = self.gan.configuration.latent;
        match query {
            Query::View { name, inputs } => {
                let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
                let seed = inputs.integer("seed") as u64;
                let panel = match name.as_str() {
                    "samples" => {
                        self.of_digits()?;
                        digits::samples(self.sample(inputs.integer("count") as usize, seed))
                    }
                    _ if self.plane.is_none() => return Err(not_in_the_plane()),
                    _ => plane_panel(self.scene(seed)),
                };
                Ok(Answer::Panels { panels: vec![panel] })
            }
            Query::Examples { offset, count } => self.seen(examples(&self.test, *offset, *count)?),
            Query::Sample { count, seed } => {
                self.of_digits()?;
                Ok(Answer::Pictures { pictures: self.sample(at_most(*count)?, *seed) })
            }
            Query::Decode { latents } => {
                self.of_digits()?;
                at_most(latents.len())?;
                if let Some(odd) = latents.iter().find(|z| z.len() != latent) {
                    return Err(ExperimentError::new(format!("a z of {} numbers, expected {latent}", odd.len())));
                }
                let z = tensor([latents.len(), latent], latents.iter().flatten().copied().collect());
                Ok(Answer::Pictures { pictures: pictures(&self.unit(&z)) })
            }
            Query::LatentPlane { count } => {
                self.of_digits()?;
                Ok(Answer::LatentPlane(self.manifold(at_most(*count)?, task)?))
            }
            Query::Score { pictures, .. } => {
                self.of_digits()?;
                let rows: Vec<f32> = intensities(pictures)?.values().iter().map(|value| 2.0 * value - 1.0).collect();
                let scores = self.trust(&rows).into_iter().map(|probability| Score::Real { probability });
                Ok(Answer::Scores { scores: scores.collect() })
            }
            query => Err(ExperimentError::unanswered(query)),
        }
    }
}

/// The plane with what its ground and arrows mean.
pub(super) fn plane_panel(scene: Scene) -> Panel {
    let heading = Bilingual::new(
        "ground: D's probability of real; arrows: where the gradient of D pushes generated points",
        "背景: D による本物である確率。矢印: D の勾配が生成した点を押す向き",
    );
    Panel::Plane { heading, scene }
}

/// How far a grid on the plane of z reaches, in deviations: about as far as z lies from the middle, so that it comes by several digits.
const GRID_REACH: f32 = 10.0;

/// A plane through one z along two directions, all drawn once, which no test picture lies on: noise of many dimensions
/// lies near a sphere of radius √latent, and the middle of the space is nowhere.
fn plane_of_noise(latent: usize) -> LatentPlane {
    let random = &mut ChaCha8Rng::seed_from_u64(7);
    let mut draw = || normal_rows(1, latent, 1.0, random).values().to_vec();
    let (origin, mut first, mut second) = (draw(), draw(), draw());
    normalise(&mut first);
    let along: f32 = first.iter().zip(&second).map(|(a, b)| a * b).sum();
    second.iter_mut().zip(&first).for_each(|(part, first)| *part -= along * first);
    normalise(&mut second);
    LatentPlane {
        origin,
        axes: [first, second],
        points: Vec::new(),
        labels: Vec::new(),
        is_grid: true,
        variance_share: 2.0 / latent as f32,
    }
}

fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt().max(1e-9);
    vector.iter_mut().for_each(|part| *part /= length);
}
