//! What can be asked of trained autoencoders.

use super::{Configuration, DeepAutoencoder, LinearAutoencoder, centred, principal_of};
use crate::data::pictures::{SIDE, intensities};
use crate::data::{Digits, Mnist, mnist};
use crate::experiment::query::{Code, LatentPlane};
use crate::experiment::{
    Answer, ExperimentError, GrayImage, Knob, Knobs, Model, Panel, Query, QueryKind, TaskContext, ViewSpec, Wording,
    view,
};
use crate::generative::digits::{self, at_most, examples, pictures};
use crate::generative::latent::plane_through;
use crate::nn::{Parameters, Principal, weights};
use crate::tensor::{Tape, Tensor, tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::sync::{Arc, OnceLock};

pub static VIEWS: [ViewSpec; 3] = [
    ViewSpec::new(
        "components",
        Wording::new(
            "the principal directions of the digits, beside the directions that were learned",
            "数字の主成分と、学習した方向",
        ),
        Vec::new,
    )
    .slow(),
    ViewSpec::new(
        "gaps",
        Wording::new("missing rows filled in by each autoencoder and by a VAE", "欠けた行を自己符号化器と VAE で補う"),
        || {
            let missing = Knob::integer("missing", 4..=20, 12, ["rows missing from below", "欠ける下側の行数"]);
            [vec![missing], digits::inputs()].concat()
        },
    )
    .slow(),
    ViewSpec::new(
        "sampling",
        Wording::new(
            "random codes decoded: what an autoencoder is not made for",
            "ランダムな符号の復号: 自己符号化器の苦手なこと",
        ),
        || vec![view::seed()],
    ),
];

/// Digits in a row, and times that a gap is filled from what came back.
const DIGITS: usize = 8;
const ROUNDS: usize = 20;
/// Pictures encoded at a time.
const BATCH: usize = 250;
/// Test digits by which the spread of codes is known.
const CODES: usize = 1000;

/// Autoencoders that no longer change, with a VAE beside them.
pub struct TrainedAutoencoder {
    linear: (Arc<LinearAutoencoder>, Parameters<f32>),
    deep: (Arc<DeepAutoencoder>, Parameters<f32>),
    principal: Arc<OnceLock<Principal>>,
    train: Digits,
    configuration: Configuration,
    test: Digits,
    companion: Arc<dyn Model>,
}

impl TrainedAutoencoder {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 6] = [
        QueryKind::View,
        QueryKind::Sample,
        QueryKind::Encode,
        QueryKind::Decode,
        QueryKind::Examples,
        QueryKind::LatentPlane,
    ];

    pub fn new(
        linear: (Arc<LinearAutoencoder>, Parameters<f32>),
        deep: (Arc<DeepAutoencoder>, Parameters<f32>),
        principal: Arc<OnceLock<Principal>>,
        configuration: Configuration,
        mnist: &Mnist,
        companion: Arc<dyn Model>,
    ) -> Self {
        let (train, test) = (mnist.train.clone(), mnist.test.clone());
        TrainedAutoencoder { linear, deep, principal, train, configuration, test, companion }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(
        weights: &[u8],
        knobs: &Knobs,
        mnist: Mnist,
        companion: Arc<dyn Model>,
    ) -> Result<Self, ExperimentError> {
        let configuration = Configuration::from_knobs(knobs);
        let (mut linear_parameters, mut deep_parameters) = (Parameters::new(), Parameters::new());
        let random = &mut ChaCha8Rng::seed_from_u64(0);
        let linear = LinearAutoencoder::new(configuration.latent, &mut linear_parameters, random);
        let deep = DeepAutoencoder::new(&configuration, &mut deep_parameters, random);
        weights::open(&mut [("linear.", &mut linear_parameters), ("deep.", &mut deep_parameters)], weights)?;
        let (linear, deep) = ((Arc::new(linear), linear_parameters), (Arc::new(deep), deep_parameters));
        Ok(Self::new(linear, deep, Arc::default(), configuration, &mnist, companion))
    }

    /// The principal directions of the training digits, found when first asked for.
    fn principal(&self) -> &Principal {
        self.principal.get_or_init(|| principal_of(&self.train).expect("finite pictures have eigenvalues"))
    }

    /// W_D, `[L, M]` row by row.
    fn decoder(&self) -> &Tensor<f32> {
        let decoder = self.linear.1.iter().find(|(name, _)| *name == "decoder.weight");
        decoder.expect("the decoder has weights").1
    }

    /// The first principal directions; what the learned subspace has of them; the learned directions as they are.
    pub fn components(&self, count: usize) -> Vec<Vec<GrayImage>> {
        let latent = self.configuration.latent;
        let decoder = self.decoder();
        let principal: Vec<Vec<f64>> = (0..count).map(|rank| self.principal().direction(rank)).collect();
        let within = self.principal().within(decoder.values(), latent, count);
        let columns = (0..count).map(|column| {
            decoder.values().iter().skip(column).step_by(latent).map(|&value| f64::from(value)).collect::<Vec<f64>>()
        });
        let signed = |direction: &Vec<f64>| {
            let largest = direction.iter().fold(0.0_f64, |largest, part| largest.max(part.abs())).max(1e-12);
            let values: Vec<f32> = direction.iter().map(|part| (0.5 + 0.5 * part / largest) as f32).collect();
            GrayImage::from_intensities(SIDE, SIDE, &values)
        };
        // What is left of a direction keeps the brightness of the whole one.
        let beside = |(part, whole): (&Vec<f64>, &Vec<f64>)| {
            let largest = whole.iter().fold(0.0_f64, |largest, part| largest.max(part.abs())).max(1e-12);
            let values: Vec<f32> = part.iter().map(|part| (0.5 + 0.5 * part / largest) as f32).collect();
            GrayImage::from_intensities(SIDE, SIDE, &values)
        };
        vec![
            principal.iter().map(signed).collect(),
            within.iter().zip(&principal).map(beside).collect(),
            columns.map(|column| signed(&column)).collect(),
        ]
    }

    /// x̂ of the linear one for `[count, L]`.
    fn linear(&self, x: &Tensor<f32>) -> Tensor<f32> {
        let tape = Tape::without_gradients();
        let flat = tape.constant(centred(x, &self.principal().mean));
        let made = self.linear.0.forward(&self.linear.1.on(&tape), flat).value();
        let mean: Vec<f32> = self.principal().mean.iter().map(|value| -value).collect();
        centred(&made, &mean)
    }

    /// x̂ of the deep one for `[count, L]`.
    fn deep(&self, x: &Tensor<f32>) -> Tensor<f32> {
        let tape = Tape::without_gradients();
        let bound = self.deep.1.on(&tape);
        self.deep.0.decode(&bound, self.deep.0.encode(&bound, tape.constant(x.clone()))).value()
    }

    /// Pictures through the linear one, and through the deep one.
    pub fn reconstructions(&self, given: &[GrayImage]) -> Result<[Vec<GrayImage>; 2], ExperimentError> {
        let x = intensities(given)?;
        Ok([pictures(&self.linear(&x)), pictures(&self.deep(&x))])
    }

    /// Codes of the deep one, row by row.
    fn codes(&self, x: Tensor<f32>) -> Vec<f32> {
        let tape = Tape::without_gradients();
        self.deep.0.encode(&self.deep.1.on(&tape), tape.constant(x)).value().values().to_vec()
    }

    fn codes_of_test(&self, count: usize, task: &TaskContext) -> Result<Vec<f32>, ExperimentError> {
        let mut codes = Vec::new();
        for start in (0..count).step_by(BATCH) {
            task.check()?;
            codes.extend(self.codes(self.test.batch(start..(start + BATCH).min(count))));
        }
        Ok(codes)
    }

    fn decoded(&self, codes: Vec<f32>) -> Vec<GrayImage> {
        let latent = self.configuration.latent;
        let tape = Tape::without_gradients();
        let codes = tape.constant(tensor([codes.len() / latent, latent], codes));
        pictures(&self.deep.0.decode(&self.deep.1.on(&tape), codes).value())
    }

    /// New pictures from codes drawn as if they were normal, with the mean and deviation that codes have.
    fn sample(&self, count: usize, seed: u64, task: &TaskContext) -> Result<Vec<GrayImage>, ExperimentError> {
        let latent = self.configuration.latent;
        let codes = self.codes_of_test(CODES, task)?;
        let of = |j: usize| codes.iter().skip(j).step_by(latent).map(|&c| f64::from(c));
        let spread: Vec<(f64, f64)> = (0..latent)
            .map(|j| {
                let mean = of(j).sum::<f64>() / CODES as f64;
                (mean, (of(j).map(|c| (c - mean).powi(2)).sum::<f64>() / CODES as f64).sqrt())
            })
            .collect();
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let drawn = (0..count).flat_map(|_| spread.clone()).map(|(mean, deviation)| {
            let noise: f64 = StandardNormal.sample(random);
            (mean + deviation * noise) as f32
        });
        Ok(self.decoded(drawn.collect()))
    }

    /// Fills what is missing by going through a model again and again, what is known put back each time.
    fn filled(
        &self,
        x: &Tensor<f32>,
        known: &[bool],
        through: impl Fn(&Tensor<f32>) -> Result<Tensor<f32>, ExperimentError>,
    ) -> Result<Tensor<f32>, ExperimentError> {
        let mut guess = x.clone();
        for row in guess.values_mut().chunks_exact_mut(mnist::PIXELS) {
            let missing = row.iter_mut().zip(&self.principal().mean).zip(known).filter(|(_, known)| !**known);
            missing.for_each(|((place, mean), _)| *place = *mean);
        }
        for _ in 0..ROUNDS {
            let back = through(&guess)?;
            let places = guess.values_mut().iter_mut().zip(back.values()).zip(known.iter().cycle());
            places.filter(|(_, known)| !**known).for_each(|((place, value), _)| *place = value.clamp(0.0, 1.0));
        }
        Ok(guess)
    }

    fn shown_components(&self) -> Vec<Panel> {
        let count = self.configuration.latent.min(DIGITS);
        let mut rows = self.components(count).into_iter();
        let mut next = || rows.next().unwrap_or_default();
        let angles = self.principal().angles(self.decoder().values(), self.configuration.latent);
        vec![
            Panel::row("principal directions, the widest first", "主成分(分散の大きい順)", next()),
            Panel::row(
                format!("what the learned subspace has of each; the largest angle is {:.2}°", angles[0]),
                format!("学習した部分空間に含まれる分(最大の主角 {:.2}°)", angles[0]),
                next(),
            ),
            Panel::row("the learned directions: columns of W_D", "学習した方向(W_D の列)", next()),
        ]
    }

    /// A band of rows from the bottom is missing.
    fn gaps(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let given = digits::given(&self.test, inputs, DIGITS);
        let missing = inputs.integer("missing") as usize;
        let known: Vec<bool> = (0..mnist::PIXELS).map(|place| place / SIDE < SIDE - missing).collect();
        let x = intensities(&given)?;
        let mut holed = x.clone();
        for row in holed.values_mut().chunks_exact_mut(mnist::PIXELS) {
            row.iter_mut().zip(&known).filter(|(_, known)| !**known).for_each(|(place, _)| *place = 0.0);
        }
        let through_vae = |x: &Tensor<f32>| {
            task.check()?;
            intensities(&digits::reconstructed(&*self.companion, &pictures(x), task)?)
        };
        let row = |[en, ja]: [&str; 2], filled: Tensor<f32>| {
            let error = error_where(&filled, &x, &known);
            let heading =
                [format!("{en}: error {error:.3} per missing pixel"), format!("{ja}: 消した画素の誤差 {error:.3}")];
            let [en, ja] = heading;
            Panel::row(en, ja, pictures(&filled))
        };
        Ok(vec![
            Panel::row("given", "元の画像", given),
            Panel::row(format!("{missing} rows missing"), format!("下の {missing} 行を消す"), pictures(&holed)),
            row(["linear", "線形"], self.filled(&x, &known, |x| Ok(self.linear(x)))?),
            row(["deep", "深い"], self.filled(&x, &known, |x| Ok(self.deep(x)))?),
            row(["VAE", "VAE"], self.filled(&x, &known, through_vae)?),
        ])
    }

    fn sampling(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let seed = inputs.integer("seed") as u64;
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let normal = (0..DIGITS * self.configuration.latent).map(|_| StandardNormal.sample(random)).collect();
        let codes = self.codes(self.test.batch(digits::indices(&self.test, inputs, DIGITS)));
        let vae = match self.companion.answer(&Query::Sample { count: DIGITS, seed }, task)? {
            Answer::Pictures { pictures } => pictures,
            _ => Vec::new(),
        };
        Ok(vec![
            Panel::row("codes of real digits", "本物の数字の符号から", self.decoded(codes)),
            Panel::row("codes sampled from N(0, I)", "N(0, I) からサンプリングした符号から", self.decoded(normal)),
            Panel::row(
                "codes sampled with the mean and deviation that real codes have",
                "本物の符号と同じ平均・標準偏差でサンプリングした符号から",
                self.sample(DIGITS, seed, task)?,
            ),
            Panel::row("a VAE, codes sampled from N(0, I)", "VAE: N(0, I) からサンプリングした符号から", vae),
        ])
    }
}

/// The mean absolute difference of two sets of pictures `[count, 784]`, over the pixels that are not known.
fn error_where(filled: &Tensor<f32>, truth: &Tensor<f32>, known: &[bool]) -> f64 {
    let pixels = filled.values().iter().zip(truth.values()).zip(known.iter().cycle());
    let missing = pixels.filter(|(_, known)| !**known);
    let (sum, count) =
        missing.fold((0.0, 0_usize), |(sum, count), ((a, b), _)| (sum + f64::from((a - b).abs()), count + 1));
    sum / count.max(1) as f64
}

impl Model for TrainedAutoencoder {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        task.check()?;
        let latent = self.configuration.latent;
        match query {
            Query::Sample { count, seed } => {
                Ok(Answer::Pictures { pictures: self.sample(at_most(*count)?, *seed, task)? })
            }
            Query::View { name, inputs } => {
                let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
                let panels = match name.as_str() {
                    "components" => self.shown_components(),
                    "gaps" => self.gaps(&inputs, task)?,
                    _ => self.sampling(&inputs, task)?,
                };
                Ok(Answer::Panels { panels })
            }
            Query::Encode { pictures } => {
                // A code without a distribution.
                let codes = self.codes(intensities(pictures)?);
                let code = |mean: &[f32]| Code { mean: mean.to_vec(), standard_deviation: vec![0.0; latent] };
                Ok(Answer::Codes { codes: codes.chunks_exact(latent).map(code).collect() })
            }
            Query::Decode { latents } => {
                at_most(latents.len())?;
                if let Some(odd) = latents.iter().find(|code| code.len() != latent) {
                    return Err(ExperimentError::new(format!("a code of {} numbers, expected {latent}", odd.len())));
                }
                Ok(Answer::Pictures { pictures: self.decoded(latents.iter().flatten().copied().collect()) })
            }
            Query::Examples { offset, count } => examples(&self.test, *offset, *count),
            Query::LatentPlane { count } => {
                let count = at_most(*count)?.min(self.test.len());
                let codes = self.codes_of_test(count, task)?;
                let mut plane: LatentPlane = plane_through(&codes, latent);
                plane.points = codes.chunks_exact(latent).map(|code| plane.project(code)).collect();
                plane.labels = (0..count).map(|index| self.test.label(index)).collect();
                Ok(Answer::LatentPlane(plane))
            }
            query => Err(ExperimentError::unanswered(query)),
        }
    }
}
