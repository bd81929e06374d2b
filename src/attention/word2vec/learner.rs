//! Word vectors in training: knobs, one step, what is shown and reported.

use super::answers::{Lexicon, NEIGHBOURS, TrainedWord2Vec};
use super::{Configuration, Objective, Tally, Word2Vec};
use crate::attention::words::analogies;
use crate::data::corpus::Corpus;
use crate::data::questions::Section;
use crate::data::text::Text;
use crate::data::tokens;
use crate::data::world::{WORLDS, World};
use crate::experiment::{
    ActionSpec, Argument, ExperimentError, Knob, Knobs, Model, Panel, Report, TaskContext, Wording,
};
use crate::nn::{Decay, Learner, Plan, Run, Saved, Schedule, Trainer, Weights};
use crate::tensor::shared_rows::SharedRows;
use crate::tensor::tensor;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Steps between two measurements, and two maps, where the table is small; one more such stretch for so many numbers.
const MEASURE_EVERY: u64 = 5;
const NUMBERS_A_STRETCH: usize = 500_000;
/// What is left of the learning rate at the end.
const LEAST_RATE: f64 = 1e-4;
/// Words beside which others are listed, at most.
const MOST_PINNED: usize = 12;
/// Words of the largest vocabulary that the full softmax takes.
const MOST_FOR_SOFTMAX: usize = 20_000;
/// The frequent words of one's own text that stand on the map: not the very frequent ones, which are grammar.
const LANDMARKS: std::ops::Range<usize> = 30..80;

pub const SERIES: [&str; 3] = ["loss", "learning_rate", "analogy_accuracy"];
pub const REPORT_KEYS: [&str; 5] = ["analogy_accuracy", "loss", "words_per_second", "vocabulary", "parameters"];
pub static ACTIONS: [ActionSpec; 2] = [
    ActionSpec {
        name: "pin",
        key: 'a',
        help: Wording::new("follow the word", "語を追う"),
        argument: Argument::Word,
        when: None,
    },
    ActionSpec {
        name: "unpin",
        key: 'u',
        help: Wording::new("stop following it", "追うのをやめる"),
        argument: Argument::Word,
        when: None,
    },
];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("world", &WORLDS, ["the small world that is learned from", "学習する小さな世界"]),
        Knob::integer("sentences", 100..=1_000_000, 40_000, ["sentences of that world", "その世界の文の数"]),
        Knob::choice(
            "architecture",
            &["skip_gram", "cbow"],
            ["context words from the word, or the word from them", "語から周囲の語を、または周囲の語から語を予測"],
        ),
        Knob::choice(
            "objective",
            &["negative", "softmax"],
            ["a few words sampled at random, or all of them", "ランダムに選んだ負例、または全語のソフトマックス"],
        ),
        Knob::integer("dimension", 2..=1000, 50, ["numbers of a vector", "ベクトルの次元"]),
        Knob::integer("window", 1..=20, 5, ["context words on each side", "片側に見る語の数"]),
        Knob::flag("fixed_window", ["every word takes the whole window", "窓の幅をランダムにせず固定する"]),
        Knob::integer("negatives", 1..=50, 5, ["negative samples per word", "1 語あたりの負例の数"]),
        Knob::real(
            "sample",
            0.0..=0.1,
            1e-3,
            ["t of the sub-sampling of frequent words; 0 keeps all", "頻出語の間引きの t(0 なら間引かない)"],
        ),
        Knob::integer("min_count", 1..=1000, 5, ["words rarer than this are left out", "これより少ない語は除く"]),
        Knob::factor(
            "learning_rate",
            1e-4..=1.0,
            0.025,
            ["where the rate starts; it falls in a line", "学習率の初期値。直線で減る"],
        )
        .live(),
        Knob::integer("epochs", 1..=1000, 5, ["times through the text", "テキストを読む回数"]),
        Knob::flag(
            "hogwild",
            [
                "both cores on one table without locks: faster, not reproducible",
                "ロックなしで両コアが同じ表を更新。速いが再現しない",
            ],
        ),
    ]
}

/// Word vectors on the way.
pub struct Word2VecLearner {
    model: Word2Vec,
    corpus: Corpus,
    questions: Vec<Section>,
    lexicon: Arc<Lexicon>,
    hogwild: bool,
    seed: u64,
    state: State,
    keep: PathBuf,
    /// Words seen since this program began with the run, and how long that took; for the report alone.
    seen: u64,
    took: Duration,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    /// Of the last epoch so far, for the report.
    epoch: Tally,
    /// Of the steps since the last point of the curve.
    pending: Tally,
    /// Where landmarks stood on the last map.
    places: Vec<[f32; 2]>,
    pinned: Vec<String>,
    /// Words of the vocabulary and of the text: another text is another run.
    vocabulary: [u64; 2],
}

impl State {
    /// Whether a checkpoint is of this text.
    fn is_of_the_same_text(&self, saved: &State) -> Result<(), ExperimentError> {
        let ([now, total_now], [words, total]) = (self.vocabulary, saved.vocabulary);
        if self.vocabulary == saved.vocabulary {
            return Ok(());
        }
        Err(ExperimentError::new(format!(
            "the text has changed since the checkpoint: it had {words} words in use, {total} in all, and has {now} and \
             {total_now}"
        )))
    }
}

impl Word2VecLearner {
    /// Fresh vectors for the words of a small world, or of a text.
    ///
    /// # Errors
    /// When the text cannot be read or has too few words, or too many for the full softmax.
    pub fn new(knobs: &Knobs, seed: u64, text: Option<Text>, keep: &Path) -> Result<Trainer<Self>, ExperimentError> {
        let rarest = knobs.integer("min_count") as u64;
        let (corpus, questions, landmarks) = match text {
            Some(text) => (Corpus::open(text, rarest, &TaskContext::default())?, Vec::new(), None),
            None => {
                let world = World::embedded(knobs.choice("world"));
                let text = world.text(knobs.integer("sentences") as usize, seed);
                (Corpus::of_text(text, rarest), world.questions(), Some(world.landmarks()))
            }
        };
        let vocabulary = &corpus.vocabulary;
        if vocabulary.len() < 2 {
            return Err(ExperimentError::new(
                "fewer than two words are frequent enough: raise `sentences` or lower `min_count`",
            ));
        }
        let configuration = Configuration::from_knobs(knobs);
        if configuration.objective == Objective::Softmax && vocabulary.len() > MOST_FOR_SOFTMAX {
            let words = vocabulary.len();
            return Err(ExperimentError::new(format!(
                "objective = softmax over {words} words would take hours: at most {MOST_FOR_SOFTMAX}; raise min_count or \
                 take objective = negative"
            )));
        }
        let words: Vec<String> = vocabulary.words.iter().map(str::to_owned).collect();
        let landmarks = landmarks.unwrap_or_else(|| {
            let first = LANDMARKS.start.min(words.len() / 2);
            words.iter().skip(first).take(LANDMARKS.len()).map(|word| (word.clone(), 0)).collect()
        });
        // One of each group of landmarks to begin with.
        let mut pinned: Vec<String> = Vec::new();
        for (word, group) in &landmarks {
            if *group == pinned.len() && vocabulary.words.find(word).is_some() {
                pinned.push(word.clone());
            }
        }
        let lexicon = Arc::new(Lexicon { words, counts: vocabulary.counts.clone(), landmarks });
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let model = Word2Vec::new(configuration, vocabulary, &mut random);
        let state = State {
            epoch: Tally::default(),
            pending: Tally::default(),
            places: Vec::new(),
            pinned,
            vocabulary: [vocabulary.len() as u64, vocabulary.total],
        };
        let total = knobs.integer("epochs") as u64 * corpus.chunks();
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule { warm_up: 0, decay: Decay::Linear, total },
            samples_per_step: corpus.words_per_chunk(),
        };
        let learner = Word2VecLearner {
            model,
            corpus,
            questions,
            lexicon,
            hogwild: knobs.flag("hogwild"),
            seed,
            state,
            keep: keep.to_owned(),
            seen: 0,
            took: Duration::ZERO,
        };
        Ok(Trainer::new(learner, plan))
    }

    fn trained(&self) -> TrainedWord2Vec {
        let tables = [self.model.input.values(), self.model.output.values()];
        let (configuration, lexicon) = (self.model.configuration.clone(), Arc::clone(&self.lexicon));
        TrainedWord2Vec::new(configuration, lexicon, tables, Some(self.keep.clone()), self.state.places.clone())
    }

    /// One chunk of the text; hogwild parts it among the threads.
    fn learn(&mut self, step: u64, learning_rate: f64) -> Result<Tally, ExperimentError> {
        let begun = Instant::now();
        let (words, seen) = self.corpus.chunk(step % self.corpus.chunks())?;
        let parts = if self.hogwild { rayon::current_num_threads() } else { 1 };
        let tally = self.model.learn_in_parts(&words, learning_rate as f32, parts, (self.seed, step));
        self.seen += seen;
        self.took += begun.elapsed();
        Ok(tally)
    }

    /// The share of the world's analogies that come out right; none for one's own text.
    fn accuracy(&self, trained: &TrainedWord2Vec, task: &TaskContext) -> Result<Option<f64>, ExperimentError> {
        if self.questions.is_empty() {
            return Ok(None);
        }
        let outcomes = analogies::answer(trained.vectors(), &self.questions, true, task)?;
        Ok(Some(analogies::total(&outcomes).accuracy()))
    }

    fn show(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let trained = self.trained();
        if !trained.is_finite() {
            run.guard(f64::NAN);
            return Ok(());
        }
        if let Some(accuracy) = self.accuracy(&trained, &TaskContext::default())? {
            run.scalar("analogy_accuracy", accuracy);
        }
        let scene = trained.map()?;
        self.state.places = scene.labels.iter().map(|label| label.at).collect();
        run.view("map", false, vec![Panel::plane(scene)]);
        self.show_neighbours(&trained, run);
        Ok(())
    }

    fn show_neighbours(&self, trained: &TrainedWord2Vec, run: &mut Run<'_>) {
        let near = |word: &String| trained.neighbours(word, NEIGHBOURS);
        run.view("neighbours", false, self.state.pinned.iter().filter_map(near).collect());
    }
}

impl Learner for Word2VecLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let chunks = self.corpus.chunks();
        if run.index().is_multiple_of(chunks) {
            self.state.epoch = Tally::default();
        }
        let rate = run.real("learning_rate") * run.schedule().factor(run.index()).max(LEAST_RATE);
        let tally = self.learn(run.index(), rate)?;
        self.state.epoch.add(tally);
        self.state.pending.add(tally);
        // A short chunk has too few pairs for a mean: they count with those of the next step.
        if self.state.pending.count > 0 && !self.corpus.is_short(run.index() % chunks) {
            let Tally { loss, count } = std::mem::take(&mut self.state.pending);
            run.scalar("loss", loss / count as f64);
        }
        run.scalar("learning_rate", rate);
        let stretches = 1 + self.model.input.len() * self.model.configuration.dimension / NUMBERS_A_STRETCH;
        if run.every(MEASURE_EVERY * stretches as u64) || run.is_first() || run.is_last() {
            self.show(run)?;
        }
        Ok(())
    }

    fn apply_action(&mut self, action: &str, argument: &str, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let pinned = &mut self.state.pinned;
        match action {
            "pin" => {
                let words = &self.corpus.vocabulary.words;
                let found = tokens::find(words, argument);
                let found = found
                    .ok_or_else(|| ExperimentError::new(format!("pin: no word `{argument}` in this vocabulary")))?;
                let meant = words.get(found).to_owned();
                pinned.retain(|word| *word != meant);
                pinned.insert(0, meant);
                pinned.truncate(MOST_PINNED);
            }
            "unpin" => pinned.retain(|word| word != argument),
            other => return Err(ExperimentError::new(format!("this lab has no action `{other}`"))),
        }
        self.show_neighbours(&self.trained(), run);
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new()
            .checked_state("word2vec", &mut self.state, State::is_of_the_same_text)
            .array("input", &mut self.model.input)
            .array("output", &mut self.model.output)
    }

    fn weights(&self) -> Weights {
        let shape = [self.lexicon.words.len(), self.model.configuration.dimension];
        let table = |rows: &SharedRows| tensor(shape, rows.values());
        Weights::new()
            .tensor("input", table(&self.model.input))
            .tensor("output", table(&self.model.output))
            .text(serde_json::to_string(&*self.lexicon).expect("plain data"))
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let mut report = Report::new();
        let seconds = self.took.as_secs_f64();
        if seconds > 0.0 {
            report.insert("words_per_second".to_owned(), (self.seen as f64 / seconds).round().into());
        }
        let trained = self.trained();
        if trained.is_finite()
            && let Some(accuracy) = self.accuracy(&trained, task)?
        {
            report.insert("analogy_accuracy".to_owned(), accuracy.into());
        }
        let Tally { loss, count } = self.state.epoch;
        report.insert("loss".to_owned(), (loss / count.max(1) as f64).into());
        report.insert("vocabulary".to_owned(), self.lexicon.words.len().into());
        report.insert(
            "parameters".to_owned(),
            (2 * self.lexicon.words.len() * self.model.configuration.dimension).into(),
        );
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
