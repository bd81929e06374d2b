//! A CycleGAN in training: its knobs, one step, what it tells and what it reports.

use super::answers::TrainedCycleGan;
use super::translator::translate;
use super::{CycleGan, StylePair};
use crate::data::styles::Style;
use crate::data::{Digits, Mnist, mnist};
use crate::experiment::model::{Failure, Model, Position, Precision, Trainable, Watch};
use crate::experiment::{Event, Knob, KnobError, KnobValue, Knobs, Report, Sheet};
use crate::generative::classifier::{Classifier, Judge};
use crate::generative::digits::pictures;
use crate::nn::{Fall, Learning, Parameters, Schedule, learning};
use crate::tensor::{Tape, Tensor, tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// Steps between two points of the curves, and between two pictures.
const TELL_EVERY: u64 = 12;
const DRAW_EVERY: u64 = 60;
/// Steps and batch of the judge of styles.
const JUDGE_STEPS: usize = 250;
const JUDGE_BATCH: usize = 64;

pub const SERIES: [&str; 6] = ["adversarial", "cycle", "discriminators", "val/cycle", "val/truth", "learning_rate"];

pub const REPORT_KEYS: [&str; 5] =
    ["class_kept", "style_recognised", "cycle_error", "style_judge_accuracy", "parameters"];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice(
            "styles",
            &["all", "slant", "weight", "ground"],
            ["which styles to translate between", "どの書体のあいだで変換するか"],
        ),
        Knob::real(
            "cycle_weight",
            0.0..=50.0,
            10.0,
            ["λ, the weight of coming back to the start", "λ(元に戻ることの重み)"],
        )
        .live(),
        Knob::factor("learning_rate", 1e-6..=0.05, 1e-3, ["Adam's step size η", "Adam の学習率 η"]).live(),
        Knob::real(
            "balance",
            0.05..=4.0,
            0.4,
            ["D's learning rate over that of G and F", "D の学習率を G・F の何倍にするか"],
        )
        .live(),
        Knob::integer("batch", 4..=512, 32, ["digits of each style a step", "1 ステップの各書体の枚数"]),
        Knob::integer(
            "steps",
            1..=1_000_000,
            600,
            ["steps in all; styles take turns", "全ステップ数(書体の組は順番に)"],
        ),
        Knob::integer(
            "channels",
            8..=64,
            32,
            ["channels at 14×14, rounded up to a multiple of 8", "14×14 でのチャネル数(8 の倍数に切り上げ)"],
        ),
    ]
}

/// A pair of styles in training.
struct Studio {
    pair: StylePair,
    networks: Arc<CycleGan>,
    translators: Learning,
    discriminators: Learning,
    /// The translators' weights averaged over the last steps.
    average: Parameters<f32>,
    /// Training digits in the two styles; no digit is in both.
    sets: [Arc<Vec<u8>>; 2],
}

/// A CycleGAN in training, for one pair of styles or for several in turn.
pub struct CycleGanLearner {
    studios: Vec<Studio>,
    mnist: Mnist,
    judge: Judge,
    knobs: Knobs,
    schedule: Schedule,
    seed: u64,
    state: State,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    step: u64,
    random: ChaCha8Rng,
    live: Knobs,
    /// Sums over the steps since the last point of the curves: adversarial, cycle, discriminators.
    told: [f64; 3],
    diverged: bool,
}

/// Some digits in a style, 784 bytes each.
pub(super) fn styled(digits: &Digits, range: Range<usize>, style: Style) -> Vec<u8> {
    let one = |index: usize| -> Vec<u8> {
        let digit: Vec<f32> = digits.pixels(index).iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        style.apply(&digit).into_iter().map(|value| (value * 255.0).round() as u8).collect()
    };
    range.into_par_iter().flat_map_iter(one).collect()
}

/// Bytes as `[count, 784]` in [0, 1].
pub(super) fn unit(bytes: &[u8]) -> Tensor<f32> {
    tensor([bytes.len() / mnist::PIXELS, mnist::PIXELS], bytes.iter().map(|&pixel| f32::from(pixel) / 255.0).collect())
}

/// The networks that knobs ask for, untrained, each with its two sets of parameters.
pub(super) fn networks(knobs: &Knobs, random: &mut ChaCha8Rng) -> Vec<(StylePair, CycleGan, [Parameters<f32>; 2])> {
    let channels = (knobs.integer("channels") as usize).next_multiple_of(8);
    let fresh = |pair: StylePair| {
        let (mut translators, mut discriminators) = (Parameters::new(), Parameters::new());
        let networks = CycleGan::new(channels, &mut translators, &mut discriminators, random);
        (pair, networks, [translators, discriminators])
    };
    StylePair::named(knobs.choice("styles")).into_iter().map(fresh).collect()
}

impl CycleGanLearner {
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist, judge: Judge) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let half = mnist.train.len() / 2;
        let studio =
            |(pair, networks, [translators, discriminators]): (StylePair, CycleGan, [Parameters<f32>; 2])| Studio {
                pair,
                networks: Arc::new(networks),
                average: translators.clone(),
                translators: Learning::new(translators).with_betas(0.5, 0.999),
                discriminators: Learning::new(discriminators).with_betas(0.5, 0.999),
                sets: [
                    Arc::new(styled(&mnist.train, 0..half, pair.x)),
                    Arc::new(styled(&mnist.train, half..2 * half, pair.y)),
                ],
            };
        let studios = networks(knobs, &mut random).into_iter().map(studio).collect();
        let total = knobs.integer("steps") as u64;
        CycleGanLearner {
            studios,
            mnist,
            judge,
            schedule: Schedule { warm_up: 0, fall: Fall::Cosine, total },
            seed,
            state: State { step: 0, random, live: knobs.live(&self::knobs()), told: [0.0; 3], diverged: false },
            knobs: knobs.clone(),
        }
    }

    fn batch_size(&self) -> usize {
        self.knobs.integer("batch") as usize
    }

    fn learning_rate(&self) -> f64 {
        self.state.live.real("learning_rate") * self.schedule.factor(self.state.step)
    }

    /// One step of the translators of a pair, then one of its discriminators.
    fn descend(&mut self) -> [f64; 3] {
        let (batch, rate) = (self.batch_size(), self.learning_rate());
        let weight = self.state.live.real("cycle_weight");
        let step = self.state.step;
        let count = self.studios.len();
        let turn = step as usize % count;
        let studio = &mut self.studios[turn];
        let random = &mut self.state.random;
        let mut draw = |set: &[u8]| {
            let count = set.len() / mnist::PIXELS;
            let rows = (0..batch).flat_map(|_| {
                let start = random.random_range(0..count) * mnist::PIXELS;
                &set[start..start + mnist::PIXELS]
            });
            unit(&rows.copied().collect::<Vec<u8>>())
        };
        let given = [draw(&studio.sets[0]), draw(&studio.sets[1])];

        let (told, made) = {
            let tape = Tape::new();
            let bound = studio.translators.parameters.on(&tape);
            let frozen = studio.discriminators.parameters.frozen_on(&tape);
            let [x, y] = given.clone().map(|set| tape.constant(set));
            let losses = studio.networks.losses(&bound, &frozen, [x, y]);
            let loss = losses.adversarial + weight * losses.cycle;
            let told = [losses.adversarial, losses.cycle].map(|loss| f64::from(loss.item()));
            let made = losses.made.map(|made| made.value());
            studio.translators.descend(&bound, &loss.backward(), rate);
            (told, made)
        };
        let turns = step as f64 / count as f64;
        studio.average.approach(&studio.translators.parameters, 1.0 - 0.99_f64.min((1.0 + turns) / (10.0 + turns)));

        let tape = Tape::new();
        let bound = studio.discriminators.parameters.on(&tape);
        let [given, made] = [given, made].map(|sets| sets.map(|set| tape.constant(set)));
        let loss = studio.networks.discriminator_loss(&bound, given, made);
        let discriminators = f64::from(loss.item());
        studio.discriminators.descend(&bound, &loss.backward(), rate * self.state.live.real("balance"));
        [told[0], told[1], discriminators]
    }

    fn trained(&self) -> TrainedCycleGan {
        let parts =
            self.studios.iter().map(|studio| (studio.pair, Arc::clone(&studio.networks), studio.average.clone()));
        TrainedCycleGan::new(parts.collect(), self.mnist.test.clone())
    }

    /// On held-out digits: how far the way there and back, and the way there from the truth, a pixel.
    fn held_out(&self) -> [f64; 2] {
        const DIGITS: usize = 250;
        let mut sums = [0.0; 2];
        for studio in &self.studios {
            let set = |style| unit(&styled(&self.mnist.validation, 0..DIGITS, style));
            let sides = [set(studio.pair.x), set(studio.pair.y)];
            let (there, back) = (&studio.networks.g, &studio.networks.f);
            for (x, truth, there, back) in [(&sides[0], &sides[1], there, back), (&sides[1], &sides[0], back, there)] {
                let made = translate(there, &studio.average, x);
                sums[0] += mean_difference(&translate(back, &studio.average, &made), x);
                sums[1] += mean_difference(&made, truth);
            }
        }
        sums.map(|sum| sum / (2 * self.studios.len()) as f64)
    }

    /// x above G(x), y above F(y), for each pair of styles.
    fn sheet(&self) -> Sheet {
        let columns = 8 / self.studios.len().min(2);
        let mut rows = vec![Vec::new(); 4];
        for studio in &self.studios {
            let set = |style| unit(&styled(&self.mnist.validation, 0..columns, style));
            let (x, y) = (set(studio.pair.x), set(studio.pair.y));
            rows[1].extend(pictures(&translate(&studio.networks.g, &studio.average, &x)));
            rows[3].extend(pictures(&translate(&studio.networks.f, &studio.average, &y)));
            rows[0].extend(pictures(&x));
            rows[2].extend(pictures(&y));
        }
        Sheet::new(columns * self.studios.len(), rows.concat())
    }
}

/// The mean of |a − b|.
fn mean_difference(a: &Tensor<f32>, b: &Tensor<f32>) -> f64 {
    let sum: f64 = a.values().iter().zip(b.values()).map(|(a, b)| f64::from((a - b).abs())).sum();
    sum / a.len() as f64
}

/// What the report says of one direction of one pair.
struct Direction {
    class_kept: f64,
    /// The same of the true translations: as much as the judge can read.
    class_kept_by_truth: f64,
    style_recognised: f64,
    cycle_error: f64,
}

/// A judge of two styles: class 0 is X, class 1 is Y. It learns from the training digits in both styles.
struct StyleJudge {
    classifier: Classifier,
    network: Learning,
}

impl StyleJudge {
    fn learn(sets: &[Arc<Vec<u8>>; 2], seed: u64, watch: &Watch) -> Result<Self, Failure> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut parameters = Parameters::new();
        let classifier = Classifier::new(&mut parameters, &mut random);
        let mut network = Learning::new(parameters);
        for step in 0..JUDGE_STEPS {
            watch.check()?;
            let labels: Vec<Option<usize>> = (0..2 * JUDGE_BATCH).map(|place| Some(place % 2)).collect();
            let rows = labels.iter().flatten().flat_map(|&side| {
                let start = random.random_range(0..sets[side].len() / mnist::PIXELS) * mnist::PIXELS;
                &sets[side][start..start + mnist::PIXELS]
            });
            let x = unit(&rows.copied().collect::<Vec<u8>>());
            let tape = Tape::new();
            let bound = network.parameters.on(&tape);
            let loss = classifier.forward(&bound, tape.constant(x)).1.cross_entropy(&labels);
            let rate = 1e-3 * (1.0 - step as f64 / JUDGE_STEPS as f64);
            network.descend(&bound, &loss.backward(), rate);
        }
        Ok(StyleJudge { classifier, network })
    }

    /// The share of pictures `[count, 784]` taken for style `side`.
    fn share(&self, x: &Tensor<f32>, side: usize, watch: &Watch) -> Result<f64, Failure> {
        let judge = Judge::new(Arc::new(self.classifier.clone()), self.network.parameters.clone());
        let read = judge.read(x, watch)?;
        Ok(read.iter().filter(|(style, _)| *style == side).count() as f64 / read.len() as f64)
    }
}

impl CycleGanLearner {
    /// Both directions of a pair on all test digits, and how well the judge of its styles does on the truth.
    fn measure(&self, studio: &Studio, watch: &Watch) -> Result<([Direction; 2], f64), Failure> {
        let test = &self.mnist.test;
        let style_judge = StyleJudge::learn(&studio.sets, self.seed, watch)?;
        let sides = [studio.pair.x, studio.pair.y].map(|style| unit(&styled(test, 0..test.len(), style)));
        let ways = [(&studio.networks.g, &studio.networks.f), (&studio.networks.f, &studio.networks.g)];
        let mut accuracy = 0.0;
        let mut directions = Vec::new();
        for (side, (x, (there, back))) in sides.iter().zip(ways).enumerate() {
            watch.check()?;
            accuracy += 0.5 * style_judge.share(x, side, watch)?;
            let made = translate(there, &studio.average, x);
            let class_kept = |pictures: &Tensor<f32>| -> Result<f64, Failure> {
                let read = self.judge.read(pictures, watch)?;
                let kept =
                    read.iter().enumerate().filter(|(index, (digit, _))| *digit == usize::from(test.label(*index)));
                Ok(kept.count() as f64 / test.len() as f64)
            };
            directions.push(Direction {
                class_kept: class_kept(&made)?,
                class_kept_by_truth: class_kept(&sides[1 - side])?,
                style_recognised: style_judge.share(&made, 1 - side, watch)?,
                cycle_error: mean_difference(&translate(back, &studio.average, &made), x),
            });
        }
        let directions: [Direction; 2] = directions.try_into().unwrap_or_else(|_| unreachable!("two directions"));
        Ok((directions, accuracy))
    }
}

impl Trainable for CycleGanLearner {
    fn position(&self) -> Position {
        let samples_per_step = self.batch_size() as u64;
        Position { step: self.state.step, total_steps: self.schedule.total, samples_per_step }
    }

    fn step(&mut self, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let rate = self.learning_rate();
        let told = self.descend();
        self.state.step += 1;
        self.state.told.iter_mut().zip(told).for_each(|(sum, value)| *sum += value);
        let step = self.state.step;
        let ends = step == self.schedule.total;
        if !told[1].is_finite() && !self.state.diverged {
            self.state.diverged = true;
            let message = "the loss is no longer a number: lower the learning rate and start again".to_owned();
            tell(Event::Warning { step, message });
        }
        let mut scalar = |series: &str, value| tell(Event::Scalar { series: series.to_owned(), step, value });
        if step.is_multiple_of(TELL_EVERY) {
            let means = std::mem::take(&mut self.state.told).map(|sum| sum / TELL_EVERY as f64);
            scalar("adversarial", means[0]);
            scalar("cycle", means[1] / 2.0);
            scalar("discriminators", means[2]);
            scalar("learning_rate", rate);
        }
        if step == 1 || ends || step.is_multiple_of(DRAW_EVERY) {
            let [cycle, truth] = self.held_out();
            scalar("val/cycle", cycle);
            scalar("val/truth", truth);
            let keep = ends || step.is_multiple_of(20 * DRAW_EVERY);
            tell(Event::Picture { name: "translations".to_owned(), step, keep, sheet: self.sheet() });
        }
        Ok(())
    }

    fn turn(&mut self, knob: &str, value: &KnobValue) -> Result<(), KnobError> {
        self.state.live.turn(&knobs(), knob, value)
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn checkpoint(&self) -> Vec<u8> {
        let names = names(&self.studios);
        let networks: Vec<(&str, &Learning)> = (self.studios.iter().zip(&names))
            .flat_map(|(studio, [t, d])| [(t.as_str(), &studio.translators), (d.as_str(), &studio.discriminators)])
            .collect();
        let averages: Vec<(&str, &Parameters<f32>)> =
            self.studios.iter().zip(&names).map(|(studio, [t, _])| (t.as_str(), &studio.average)).collect();
        learning::save(&networks, &averages, self.state.step, &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let names = names(&self.studios);
        let (mut networks, mut averages) = (Vec::new(), Vec::new());
        for (studio, [t, d]) in self.studios.iter_mut().zip(&names) {
            networks.push((t.as_str(), &mut studio.translators));
            networks.push((d.as_str(), &mut studio.discriminators));
            averages.push((t.as_str(), &mut studio.average));
        }
        self.state = learning::restore(&mut networks, &mut averages, bytes)?;
        Ok(())
    }

    fn weights(&self, precision: Precision) -> Vec<u8> {
        let names = names(&self.studios);
        let networks: Vec<(&str, &Parameters<f32>)> =
            self.studios.iter().zip(&names).map(|(studio, [t, _])| (t.as_str(), &studio.average)).collect();
        learning::weights(&networks, precision)
    }

    fn report(&self, watch: &Watch) -> Result<Report, Failure> {
        let (mut directions, mut accuracy) = (Vec::new(), 1.0_f64);
        for studio in &self.studios {
            let (both, judged) = self.measure(studio, watch)?;
            directions.extend(both);
            accuracy = accuracy.min(judged);
        }
        let worst = |of: fn(&Direction) -> f64| directions.iter().map(of).fold(1.0, f64::min);
        let mut report = Report::new();
        report.insert("class_kept".to_owned(), worst(|direction| direction.class_kept).into());
        report.insert("style_recognised".to_owned(), worst(|direction| direction.style_recognised).into());
        let cycle = directions.iter().map(|direction| direction.cycle_error).fold(0.0, f64::max);
        report.insert("cycle_error".to_owned(), cycle.into());
        report.insert("style_judge_accuracy".to_owned(), accuracy.into());
        let each: serde_json::Map<_, _> = (self.studios.iter().zip(directions.chunks(2)))
            .flat_map(|(studio, both)| {
                both.iter().zip(["there", "back"]).map(|(way, name)| (studio.pair.name, name, way))
            })
            .map(|(pair, name, way)| {
                let figures = serde_json::json!({
                    "class_kept": way.class_kept,
                    "class_kept_by_truth": way.class_kept_by_truth,
                    "style_recognised": way.style_recognised,
                    "cycle_error": way.cycle_error,
                });
                (format!("{pair} {name}"), figures)
            })
            .collect();
        report.insert("by_direction".to_owned(), each.into());
        let count = |studio: &Studio| studio.translators.parameters.count() + studio.discriminators.parameters.count();
        report.insert("parameters".to_owned(), self.studios.iter().map(count).sum::<usize>().into());
        Ok(report)
    }
}

/// What the tensors of each pair are called: of its translators, of its discriminators.
fn names(studios: &[Studio]) -> Vec<[String; 2]> {
    studios
        .iter()
        .map(|studio| ["translators", "discriminators"].map(|kind| format!("{}.{kind}.", studio.pair.name)))
        .collect()
}
