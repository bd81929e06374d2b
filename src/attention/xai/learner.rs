//! Two classifiers in training, one of them in the trap: their knobs, one step, what is shown and reported.

use super::compare::{Order, area, curve};
use super::explain::Method;
use super::mark::Marks;
use super::trained::{Reading, Shown, TrainedXai, completeness_error, sanity, trap_found};
use super::{Network, PIXELS, largest, mark};
use crate::data::{Batches, Mnist};
use crate::experiment::{ExperimentError, Knob, Knobs, Model, Report, TaskContext};
use crate::nn::{Decay, Learner, OptimizedNetwork, Parameters, Plan, Run, Saved, Schedule, Trainer, Weights};
use crate::tensor::{Tape, Tensor, tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

pub const SERIES: [&str; 6] = ["loss", "trapped_loss", "accuracy", "trapped_accuracy", "trapped_sevens", "fooled"];
pub const REPORT_KEYS: [&str; 28] = [
    "test_accuracy",
    "trapped_test_accuracy",
    "trapped_marked_accuracy",
    "trapped_sevens",
    "fooled",
    "completeness_error",
    "trap_found",
    "trap_found_cured",
    "deletion_gradient",
    "deletion_smooth",
    "deletion_integrated",
    "deletion_occlusion",
    "deletion_cam",
    "deletion_guided",
    "deletion_random",
    "insertion_gradient",
    "insertion_smooth",
    "insertion_integrated",
    "insertion_occlusion",
    "insertion_cam",
    "insertion_guided",
    "insertion_random",
    "sanity_gradient",
    "sanity_smooth",
    "sanity_integrated",
    "sanity_occlusion",
    "sanity_cam",
    "sanity_guided",
];

/// Steps between two points of the training curves, and between two looks at what was not trained on.
const MEAN_OVER: u64 = 20;
const VALIDATE_EVERY: u64 = 100;
/// Validation digits that are looked at on the way.
const VALIDATED: usize = 1000;
/// Test digits whose integrated gradients are added up at the end.
const COMPLETE: usize = 200;

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::integer("channels", 4..=64, 16, ["maps of the first convolution", "最初の畳み込みのマップ数"]),
        Knob::real(
            "marked",
            0.0..=1.0,
            1.0,
            ["share of the 7s that carry the mark in the trap", "罠で印を付ける 7 の割合"],
        ),
        Knob::integer("digits", 100..=55_000, 55_000, ["training digits", "訓練に使う数字の枚数"]),
        Knob::integer("batch", 1..=512, 64, ["digits per step", "1 ステップの枚数"]),
        Knob::factor("learning_rate", 1e-6..=0.1, 2e-3, ["Adam's learning rate η", "Adam の学習率 η"]).live(),
        Knob::integer("steps", 1..=1_000_000, 3000, ["total steps", "全ステップ数"]),
        Knob::integer(
            "explained",
            0..=1000,
            100,
            ["test digits on which explanations are measured at the end", "最後に説明を測定するテスト画像の枚数"],
        ),
    ]
}

/// The two networks on their way.
pub struct XaiLearner {
    network: Network,
    cured: OptimizedNetwork,
    trapped: OptimizedNetwork,
    marks: Marks,
    digits: usize,
    explained: usize,
    mnist: Mnist,
    batches: Batches,
}

impl XaiLearner {
    /// Two fresh networks that begin with the same weights.
    ///
    /// # Errors
    /// When a step asks for more digits than there are to learn from.
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist) -> Result<Trainer<Self>, ExperimentError> {
        let whole = |knob: &str| knobs.integer(knob) as usize;
        let (digits, batch) = (whole("digits").min(mnist.train.len()), whole("batch"));
        if batch > digits {
            return Err(ExperimentError::both(
                format!("knob `batch` = `{batch}`: expected at most {digits}, the digits to learn from"),
                format!("設定 `batch` = `{batch}`: 訓練に使う枚数 {digits} 以下にしてください"),
            ));
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut parameters = Parameters::new();
        let network = Network::new(whole("channels"), &mut parameters, &mut random);
        let batches = Batches::new(seed, digits, batch);
        let total = knobs.integer("steps") as u64;
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule { warm_up: total.min(50), decay: Decay::Cosine, total },
            samples_per_step: batch as u64,
        };
        let learner = XaiLearner {
            network,
            cured: OptimizedNetwork::new(parameters.clone()),
            trapped: OptimizedNetwork::new(parameters),
            marks: Marks::of((0..digits).map(|index| mnist.train.label(index)), knobs.real("marked")),
            digits,
            explained: whole("explained"),
            mnist,
            batches,
        };
        Ok(Trainer::new(learner, plan))
    }

    fn trained(&self) -> TrainedXai {
        let [cured, trapped] = [&self.cured, &self.trapped].map(|network| network.parameters.clone());
        let marks = (self.marks.clone(), self.digits);
        TrainedXai::new(self.network, cured, trapped, marks, self.mnist.clone())
    }

    /// The areas under the deletion and the insertion curve of each method and of a random order, means over test digits, for what the
    /// cured network reads.
    fn areas(&self, model: &TrainedXai, task: &TaskContext) -> Result<[Vec<f64>; 2], ExperimentError> {
        let classifier = model.classifier("cured");
        let random = &mut ChaCha8Rng::seed_from_u64(0);
        let mut sums = [Order::Deletion, Order::Insertion].map(|_| vec![0.0; Method::ALL.len() + 1]);
        let shown = Shown::of(&self.mnist.test, self.explained, false, |_| true);
        for (place, picture) in shown.pictures.chunks_exact(PIXELS).enumerate() {
            task.report_progress(place as u64, self.explained as u64);
            let class = largest(&classifier.logits(picture));
            let mut maps = Vec::with_capacity(Method::ALL.len() + 1);
            for method in Method::ALL {
                maps.push(method.explain(classifier, picture, class, task)?);
            }
            maps.push((0..PIXELS).map(|_| random.random()).collect());
            for (sums, order) in sums.iter_mut().zip([Order::Deletion, Order::Insertion]) {
                for (sum, map) in sums.iter_mut().zip(&maps) {
                    *sum += area(&curve(classifier, picture, class, map, order));
                }
            }
        }
        let digits = shown.labels.len().max(1) as f64;
        Ok(sums.map(|sums| sums.into_iter().map(|sum| sum / digits).collect()))
    }
}

impl Learner for XaiLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let learning_rate = run.learning_rate();
        let indices = self.batches.indices(run.index()).to_vec();
        let digits = self.mnist.train.batch(indices.iter().copied());
        let label = |&index: &usize| Some(usize::from(self.mnist.train.label(index)));
        let wanted: Vec<Option<usize>> = indices.iter().map(label).collect();
        let marked = |is_marked: &dyn Fn(usize) -> bool| -> Tensor<f32> {
            let rows = digits.values().chunks_exact(PIXELS).zip(&indices);
            let pictures = rows.flat_map(|(row, &index)| mark::with(row, is_marked(index)));
            tensor([indices.len(), PIXELS], pictures.collect())
        };
        let losses = [
            (&mut self.cured, marked(&|index| self.marks.in_the_cure(index))),
            (&mut self.trapped, marked(&|index| self.marks.in_the_trap(index))),
        ]
        .map(|(network, pictures)| {
            let tape = Tape::new();
            let bound = network.parameters.on(&tape);
            let loss = self.network.forward(&bound, tape.constant(pictures)).cross_entropy(&wanted);
            let value = f64::from(loss.item());
            network.descend(&bound, &loss.backward(), learning_rate);
            value
        });
        run.means(MEAN_OVER, [("loss", losses[0]), ("trapped_loss", losses[1])]);
        if run.is_first() || run.is_last() || run.every(VALIDATE_EVERY) {
            let model = self.trained();
            let reading = Reading::of(&model, &self.mnist.validation, VALIDATED, &TaskContext::default())?;
            run.scalar("accuracy", reading.accuracy);
            run.scalar("trapped_accuracy", reading.trapped_accuracy);
            run.scalar("trapped_sevens", reading.trapped_sevens);
            run.scalar("fooled", reading.fooled);
            let validation = &self.mnist.validation;
            let seven = (0..validation.len()).find(|&index| validation.label(index) == 7).unwrap_or(0);
            let digit = validation.batch([seven]);
            run.view("trap", run.is_last(), model.trap(digit.values(), &TaskContext::default())?);
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new().network("cured.", &mut self.cured).network("trapped.", &mut self.trapped)
    }

    fn weights(&self) -> Weights {
        Weights::new().network("cured.", &self.cured.parameters).network("trapped.", &self.trapped.parameters)
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let model = self.trained();
        let mut report = Report::new();
        // About the shares of the time that the parts take.
        let [read, complete, found, found_cured, areas, sanely] =
            [[0.0, 0.07], [0.07, 0.4], [0.4, 0.44], [0.44, 0.48], [0.48, 0.74], [0.74, 1.0]]
                .map(|[from, to]| task.part(from, to));
        let reading = Reading::of(&model, &self.mnist.test, self.mnist.test.len(), &read)?;
        report.insert("test_accuracy".to_owned(), reading.accuracy.into());
        report.insert("trapped_test_accuracy".to_owned(), reading.trapped_accuracy.into());
        report.insert("trapped_marked_accuracy".to_owned(), reading.trapped_marked_accuracy.into());
        report.insert("trapped_sevens".to_owned(), reading.trapped_sevens.into());
        report.insert("fooled".to_owned(), reading.fooled.into());
        let is_explained = self.explained > 0;
        let measured = |value: Result<f64, ExperimentError>| value.map(|value| is_explained.then_some(value));
        let count = if is_explained { COMPLETE.max(self.explained) } else { 0 };
        report.insert("completeness_error".to_owned(), measured(completeness_error(&model, count, &complete))?.into());
        for (key, name, part) in [("trap_found", "trapped", found), ("trap_found_cured", "cured", found_cured)] {
            report.insert(key.to_owned(), measured(trap_found(&model, name, self.explained, &part))?.into());
        }
        let names = || Method::ALL.iter().map(|method| method.name()).chain(["random"]);
        for (key, areas) in ["deletion", "insertion"].into_iter().zip(self.areas(&model, &areas)?) {
            for (name, area) in names().zip(areas) {
                report.insert(format!("{key}_{name}"), is_explained.then_some(area).into());
            }
        }
        for (name, correlation) in names().zip(sanity(&model, "cured", self.explained, &sanely)?) {
            report.insert(format!("sanity_{name}"), is_explained.then_some(correlation).into());
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::super::trained::tests::model;
    use super::*;
    use crate::experiment::Trainable;

    /// Where every 7 carries the mark, a network soon reads the mark, and a digit that carries it on half of all digits does not.
    #[test]
    fn the_trap_is_learned_and_the_cure_is_not_caught() {
        let mut with = Knobs::defaults(&knobs());
        "channels=4 batch=32 digits=600 steps=120 explained=4 learning_rate=0.01"
            .split(' ')
            .for_each(|given| with.set_text(&knobs(), given).unwrap());
        let mut trainer = XaiLearner::new(&with, 1, model().mnist).unwrap();
        for _ in 0..120 {
            trainer.step(&mut |_| ()).unwrap();
        }
        let trained = trainer.learner().trained();
        let marked = Shown::of(&trained.mnist.test, 300, true, |label| label != 7).pictures;
        let [trapped, cured] = ["trapped", "cured"]
            .map(|name| trained.classifier(name).read(&marked).iter().filter(|&&read| read == 7).count());
        assert!(trapped > 5 * cured, "read as 7: {trapped} and {cured}");
        let task = TaskContext::default();
        let [in_trap, in_cure] = ["trapped", "cured"].map(|name| trap_found(&trained, name, 20, &task).unwrap());
        assert!(in_trap > 0.4 && in_cure < 0.1, "{in_trap} and {in_cure}");
        let report = trainer.report(&task).unwrap();
        assert!(report["completeness_error"].as_f64().unwrap() < 0.05, "{:?}", report["completeness_error"]);
        assert_eq!(report.len(), REPORT_KEYS.len());
    }
}
