//! What can be asked of a trained diffusion model.

use super::denoiser::{Kind, NO_CLASS};
use super::sampler::normals;
use super::{Denoiser, Known, NoiseSchedule, STEPS, Sampler, SamplerSettings, prompt};
use crate::data::Digits;
use crate::data::pictures::intensities;
use crate::experiment::scene::{Cloud, CloudKind};
use crate::experiment::{
    Answer, Bilingual, ExperimentError, GrayImage, ImageGrid, Knob, Knobs, Model, Panel, Query, QueryKind, Scene,
    TaskContext, ViewSpec, Wording, view,
};
use crate::generative::classifier::Judge;
use crate::generative::digits::{self, at_most, examples, in_the_plane, not_in_the_plane, pictures};
use crate::generative::plane::{Plane, REACH};
use crate::nn::{Parameters, weights};
use crate::tensor::{Tensor, tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Moments of a reverse process that are shown, the last of them the sample.
const MOMENTS: i64 = 11;
/// Digits of which the classifier's probabilities are written beside them, at most.
const READ_WITH_SHARES: usize = 2;
/// Arrows across the plane, and points that travel.
const FIELD: (usize, usize) = (15, 11);
const TRAVELLERS: usize = 300;
/// Points of the data: so many that their form is seen as a line between the samples that lie over it.
const DATA: usize = 900;

pub static VIEWS: [ViewSpec; 7] = [
    ViewSpec::new(
        "prompt",
        Wording::new(
            "digits asked for in words, at a moment of the reverse process",
            "言葉で指定した数字(逆拡散過程の途中も見られる)",
        ),
        prompt_inputs,
    )
    .slow()
    .checked(|inputs| prompt::digits(inputs.text("text")).map(drop)),
    ViewSpec::new(
        "forward",
        Wording::new(
            "a digit on its way into noise, and the noise that the network predicts",
            "ノイズが加わっていく数字と、ネットワークが予測したノイズ",
        ),
        || {
            let help = ["the step of the forward process", "拡散過程のステップ"];
            [vec![Knob::integer("t", 1..=STEPS as i64, 500, help)], digits::inputs()].concat()
        },
    ),
    ViewSpec::new(
        "inpaint",
        Wording::new(
            "the right half of a digit filled in, freely and as asked",
            "数字の右半分のインペインティング(自由に、または数字を指定して)",
        ),
        digits::inputs,
    )
    .slow(),
    ViewSpec::new(
        "steps",
        Wording::new(
            "the same noise with few and with many steps, DDIM and DDPM",
            "同じノイズから、ステップ数と DDIM・DDPM を変えて生成",
        ),
        || vec![view::seed()],
    )
    .slow(),
    ViewSpec::new(
        "guidance",
        Wording::new("the same noise with more and more guidance", "同じノイズから、ガイダンスを強めながら生成"),
        || vec![view::seed()],
    )
    .slow(),
    ViewSpec::new(
        "samples",
        Wording::new("digits from noise, class after class", "ノイズから生成した数字(クラス順)"),
        digits::samples_inputs,
    )
    .slow(),
    ViewSpec::new(
        "plane",
        Wording::new(
            "the reverse process in the plane: points on their way and where each place is sent",
            "平面での逆拡散過程: 移動中の点と、各地点から向かう先",
        ),
        || {
            let help = [
                "how far the reverse process is: 0 is noise, 1 the sample",
                "逆拡散過程の進み具合(0 はノイズ、1 はサンプル)",
            ];
            vec![Knob::real("time", 0.0..=1.0, 1.0, help), view::seed()]
        },
    ),
];

fn prompt_inputs() -> Vec<Knob> {
    vec![
        Knob::text(
            "text",
            200,
            "2026",
            ["digits in words: seven · 七 · 2026 · three eights", "数字を言葉で: seven · 七 · 2026 · three eights"],
        ),
        Knob::integer(
            "moment",
            1..=MOMENTS,
            MOMENTS,
            ["a moment of the reverse process; the last is the sample", "逆拡散過程の時点(最後がサンプル)"],
        ),
        Knob::integer("seed", 0..=1_000_000_000, 1, ["the noise to begin with", "最初のノイズ(シード)"]),
        Knob::integer("steps", 1..=STEPS as i64, 50, ["steps of the reverse process", "逆拡散過程のステップ数"]),
        Knob::real("guidance", 0.0..=8.0, 2.0, ["w of classifier-free guidance", "分類器なしガイダンスの w"]),
        Knob::real(
            "eta",
            0.0..=1.0,
            0.0,
            ["η, the share of fresh noise: 0 is DDIM, 1 is DDPM", "新しいノイズの割合 η(0: DDIM、1: DDPM)"],
        ),
    ]
}

/// A diffusion model that no longer changes.
pub struct TrainedDiffusion {
    denoiser: Arc<Denoiser>,
    parameters: Parameters<f32>,
    kept: Arc<NoiseSchedule>,
    plane: Option<Plane>,
    test: Digits,
}

/// The plane with what its lines and arrows mean.
pub(super) fn plane_panel(scene: Scene) -> Panel {
    let heading = Bilingual::new(
        "arrows: from x_t towards the predicted x̂₀; lines: the ways of 24 samples from noise",
        "矢印: x_t から予測した x̂₀ への向き。線: 24 個のサンプルがノイズからたどった道",
    );
    Panel::Plane { heading, scene }
}

impl TrainedDiffusion {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 3] = [QueryKind::View, QueryKind::Sample, QueryKind::Examples];

    pub fn new(
        denoiser: Arc<Denoiser>,
        parameters: Parameters<f32>,
        kept: Arc<NoiseSchedule>,
        plane: Option<Plane>,
        test: Digits,
    ) -> Self {
        TrainedDiffusion { denoiser, parameters, kept, plane, test }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(weights: &[u8], knobs: &Knobs, test: Digits) -> Result<Self, ExperimentError> {
        let mut parameters = Parameters::new();
        let denoiser = Denoiser::new(Kind::from_knobs(knobs), &mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
        weights::open(&mut [("", &mut parameters)], weights)?;
        let plane = Plane::named(knobs.choice("data"), &[]);
        Ok(Self::new(Arc::new(denoiser), parameters, Arc::new(NoiseSchedule::default()), plane, test))
    }

    fn sampler(&self) -> Sampler<'_> {
        Sampler { denoiser: &self.denoiser, parameters: &self.parameters, kept: &self.kept }
    }

    /// One sample for each class: digits as `[classes, 784]` in [0, 1], or points `[classes, 2]`.
    pub fn draw(
        &self,
        classes: &[usize],
        manner: SamplerSettings,
        task: &TaskContext,
    ) -> Result<Tensor<f32>, ExperimentError> {
        let drawn = self.sampler().draw(classes, manner, None, task, |_, _, _| ())?;
        Ok(if self.plane.is_some() { drawn } else { unit(&drawn) })
    }

    /// The reverse process at a moment: data, points on their way, and where each place of the plane is sent.
    pub fn scene(&self, seed: u64, at: f32, task: &TaskContext) -> Result<Scene, ExperimentError> {
        let mut scene = Scene::square(REACH);
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let data = self.plane.iter().flat_map(|plane| (0..DATA).map(|_| plane.draw(random)).collect::<Vec<_>>());
        scene.clouds.push(Cloud { kind: CloudKind::Data, points: data.collect() });
        // `at` = 0 is pure noise, 1 the sample.
        let manner = SamplerSettings { seed, steps: 50, guidance: 0.0, eta: 0.0 };
        let wanted = ((1.0 - at.clamp(0.0, 1.0)) * (STEPS - 1) as f32) as usize;
        let (mut shown, mut paths) = (Vec::new(), vec![Vec::new(); 24]);
        let last = self.sampler().draw(&[NO_CLASS; TRAVELLERS], manner, None, task, |t, x, _| {
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
        let (guess, _) = self.sampler().predict_x0(&flat, wanted, &vec![NO_CLASS; places.len()], 0.0);
        let arrow = |(from, to): (&[f32; 2], &[f32; 2])| {
            let way = [to[0] - from[0], to[1] - from[1]];
            let length = (way[0].powi(2) + way[1].powi(2)).sqrt().max(1e-9);
            let cut = length.min(0.22) / length;
            [from[0], from[1], way[0] * cut, way[1] * cut]
        };
        scene.arrows = places.iter().zip(guess.as_chunks::<2>().0).map(arrow).collect();
        Ok(scene)
    }

    fn of_digits(&self) -> Result<(), ExperimentError> {
        match self.plane {
            None => Ok(()),
            Some(_) => Err(in_the_plane()),
        }
    }

    /// Digits asked for in words, at a moment of the way.
    fn prompt(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let digits = prompt::digits(inputs.text("text"))?;
        let classes: Vec<usize> = digits.iter().map(|&digit| usize::from(digit)).collect();
        let manner = SamplerSettings {
            seed: inputs.integer("seed") as u64,
            steps: inputs.integer("steps") as usize,
            guidance: inputs.real("guidance") as f32,
            eta: inputs.real("eta") as f32,
        };
        let moment = inputs.integer("moment");
        // Moment k of m lies k − 1 of m − 1 parts along the way.
        let wanted = (moment - 1) as usize * manner.steps / (MOMENTS - 1) as usize;
        let (mut on_the_way, mut place) = (None, 0);
        let rows = |values: &[f32]| tensor([classes.len(), values.len() / classes.len()], values.to_vec());
        let last = self.sampler().draw(&classes, manner, None, task, |t, x, guess| {
            if place == wanted {
                on_the_way = Some((rows(x), rows(guess), t + 1));
            }
            place += 1;
        })?;
        let judge = Judge::bundled()?;
        let read = |x: &Tensor<f32>| -> Result<String, ExperimentError> {
            let read = judge.read(&unit(x), task)?;
            let with_shares = read.len() <= READ_WITH_SHARES;
            let of = |(digit, sure): &(usize, f32)| match with_shares {
                true => format!(" {digit} ({:.0} %)", 100.0 * sure),
                false => digit.to_string(),
            };
            Ok(read.iter().map(of).collect::<String>().trim_start().to_owned())
        };
        let panel = |en: String, ja: String, x: &Tensor<f32>| {
            let pictures = pictures(&unit(x));
            let columns = if pictures.len() <= 8 { pictures.len() } else { pictures.len().div_ceil(2).clamp(4, 16) };
            Panel::Pictures {
                heading: Bilingual::new(en, ja),
                images: ImageGrid::new(columns, pictures),
                captions: Vec::new(),
            }
        };
        let text = inputs.text("text");
        Ok(match &on_the_way {
            Some((x, guess, time)) => {
                let [noisy, predicted] = [read(x)?, read(guess)?];
                vec![
                    panel(
                        format!("{text}   noise left: t = {time}   a classifier reads {noisy}"),
                        format!("{text}   残りのノイズ: t = {time}   分類器の読み取り: {noisy}"),
                        x,
                    ),
                    panel(
                        format!("x̂₀, predicted from it   a classifier reads {predicted}"),
                        format!("そこから予測した x̂₀   分類器の読み取り: {predicted}"),
                        guess,
                    ),
                ]
            }
            None => {
                let read = read(&last)?;
                vec![panel(
                    format!("{text}   noise left: t = 0   a classifier reads {read}"),
                    format!("{text}   残りのノイズ: t = 0   分類器の読み取り: {read}"),
                    &last,
                )]
            }
        })
    }

    /// The picture of a view in [−1, 1], and its class if it has one.
    fn given(&self, inputs: &Knobs) -> Result<(Vec<f32>, usize), ExperimentError> {
        let index = inputs.integer("seed") as usize % self.test.len();
        let (picture, class) = match inputs.picture("picture") {
            Some(picture) => (picture.clone(), NO_CLASS),
            None => (self.test.picture(index), usize::from(self.test.label(index))),
        };
        let x = intensities(&[picture])?.values().iter().map(|v| 2.0 * v - 1.0).collect();
        Ok((x, class))
    }

    /// x_t at one t, and what the network makes of it.
    fn forward(&self, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let (x, class) = self.given(inputs)?;
        let t = inputs.integer("t") as usize - 1;
        let (keep, rest) = self.kept.factors(t);
        let noise = normals(x.len(), &mut ChaCha8Rng::seed_from_u64(inputs.integer("seed") as u64));
        let noisy: Vec<f32> = x.iter().zip(&noise).map(|(x, noise)| keep * x + rest * noise).collect();
        let (guess, predicted) = self.sampler().predict_x0(&noisy, t, &[class], 0.0);
        let error = predicted.iter().zip(&noise).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / 784.0;
        Ok(vec![
            digits::named(
                Bilingual::new("a digit, and with noise", "数字と、ノイズを加えたもの"),
                [(("x₀", "x₀"), one(&x)), (("x_t", "x_t"), one(&noisy))],
            ),
            Panel::note(format!("t = {}   √ᾱ_t = {keep:.3}   √(1−ᾱ_t) = {rest:.3}", t + 1)),
            digits::named(
                Bilingual::new(
                    format!("noise ε, ε̂ of the network, x̂₀ that follows; (ε − ε̂)² = {error:.3}"),
                    format!("ノイズ ε、ネットワークの ε̂、そこから出る x̂₀。(ε − ε̂)² = {error:.3}"),
                ),
                [(("ε", "ε"), one(&half(&noise))), (("ε̂", "ε̂"), one(&half(&predicted))), (("x̂₀", "x̂₀"), one(&guess))],
            ),
        ])
    }

    /// The right half of a picture filled in.
    fn inpaint(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (x, _) = self.given(inputs)?;
        let seed = inputs.integer("seed") as u64;
        let mask: Vec<bool> = (0..784).map(|place| place % 28 < 14).collect();
        let masked: Vec<f32> = x.iter().zip(&mask).map(|(x, known)| if *known { *x } else { -1.0 }).collect();
        let fill = |classes: &[usize], task: &TaskContext| -> Result<Vec<GrayImage>, ExperimentError> {
            let manner = SamplerSettings { seed, steps: 50, guidance: 0.0, eta: 1.0 };
            let known = Known { sample: &x, mask: &mask };
            let drawn = self.sampler().draw(classes, manner, Some(&known), task, |_, _, _| ())?;
            Ok(pictures(&unit(&drawn)))
        };
        let asked: Vec<usize> = (0..10).collect();
        let mut panels = vec![digits::named(
            Bilingual::default(),
            [(("given", "元の画像"), one(&x)), (("its left half", "残した左半分"), one(&masked))],
        )];
        let free = fill(&[NO_CLASS; 8], &task.part(0.0, 0.5))?;
        panels.push(Panel::row("filled in freely", "自由に埋める", free));
        task.show(Answer::Panels { panels: panels.clone() });
        let asked = fill(&asked, &task.part(0.5, 1.0))?;
        panels.push(Panel::row("asked to become 0, 1, … 9", "0 から 9 になるよう頼む", asked));
        Ok(panels)
    }

    /// One digit of eight classes each way of going back, from the same noise; shown row by row as they come.
    fn compared(&self, ways: &[(String, SamplerSettings)], task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let mut panels = Vec::new();
        // A step of each way takes as long.
        let steps: usize = ways.iter().map(|(_, manner)| manner.steps).sum();
        let share = |done: usize| done as f64 / steps.max(1) as f64;
        let mut done = 0;
        for (name, manner) in ways {
            let part = task.part(share(done), share(done + manner.steps));
            done += manner.steps;
            let drawn = self.draw(&[0, 2, 3, 4, 5, 7, 8, 9], *manner, &part)?;
            panels.push(Panel::row(name, name, pictures(&drawn)));
            task.show(Answer::Panels { panels: panels.clone() });
        }
        Ok(panels)
    }

    fn view(&self, name: &str, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let spec = view::find(&VIEWS, name)?;
        let inputs = &spec.completed(inputs)?;
        let seed = inputs.integer("seed") as u64;
        if name == "plane" {
            if self.plane.is_none() {
                return Err(not_in_the_plane());
            }
            let scene = self.scene(seed, inputs.real("time") as f32, task)?;
            return Ok(vec![plane_panel(scene)]);
        }
        self.of_digits()?;
        match name {
            "prompt" => self.prompt(inputs, task),
            "forward" => self.forward(inputs),
            "inpaint" => self.inpaint(inputs, task),
            "samples" => Ok(vec![digits::samples(self.sample(inputs.integer("count") as usize, seed, task)?)]),
            "steps" => {
                let ways = [(1, 0.0), (2, 0.0), (5, 0.0), (10, 0.0), (50, 0.0), (50, 1.0), (250, 1.0)];
                let way = |(steps, eta)| {
                    let name = format!("{} {steps}", if eta == 0.0 { "DDIM" } else { "DDPM" });
                    (name, SamplerSettings { seed, steps, guidance: 1.0, eta })
                };
                self.compared(&ways.map(way), task)
            }
            _ => {
                let way =
                    |guidance| (format!("w = {guidance}"), SamplerSettings { seed, steps: 25, guidance, eta: 0.0 });
                self.compared(&[0.0, 1.0, 2.0, 4.0, 8.0].map(way), task)
            }
        }
    }

    /// Digits class after class.
    fn sample(&self, count: usize, seed: u64, task: &TaskContext) -> Result<Vec<GrayImage>, ExperimentError> {
        let classes: Vec<usize> = (0..count).map(|place| place % 10).collect();
        Ok(pictures(&self.draw(&classes, SamplerSettings { seed, ..SamplerSettings::FREE }, task)?))
    }
}

/// One picture from values in [−1, 1].
fn one(values: &[f32]) -> GrayImage {
    pictures(&unit(&tensor([1, values.len()], values.to_vec()))).remove(0)
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
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        task.check()?;
        match query {
            Query::View { name, inputs } => Ok(Answer::Panels { panels: self.view(name, inputs, task)? }),
            Query::Examples { offset, count } => examples(&self.test, *offset, *count),
            Query::Sample { count, seed } => {
                self.of_digits()?;
                Ok(Answer::Pictures { pictures: self.sample(at_most(*count)?, *seed, task)? })
            }
            query => Err(ExperimentError::unanswered(query)),
        }
    }
}
