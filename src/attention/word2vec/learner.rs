//! Word vectors in training: knobs, one step, what is told and reported.

use super::answers::{Lexicon, TrainedWord2Vec, conversation};
use super::{Configuration, Objective, Tally, Word2Vec};
use crate::attention::embeddings::{Conversation, analogies};
use crate::data::corpus::Corpus;
use crate::data::questions::Section;
use crate::data::vectors::Vectors;
use crate::data::world::{WORLDS, World};
use crate::experiment::model::{Failure, Model, Position, Precision, Trainable, Watch};
use crate::experiment::{Event, Knob, KnobError, KnobValue, Knobs, Report};
use crate::nn::checkpoint;
use crate::tensor::{Tensor, tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::path::Path;
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
pub const REPORT_KEYS: [&str; 5] = ["words_per_second", "analogy_accuracy", "loss", "vocabulary", "parameters"];
pub const ACTS: [&str; 2] = ["pin", "unpin"];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("world", &WORLDS, ["the small world that is learned from", "学習する小さな世界"]),
        Knob::integer("sentences", 100..=1_000_000, 40_000, ["sentences of that world", "その世界の文の数"]),
        Knob::choice(
            "architecture",
            &["skip_gram", "cbow"],
            ["neighbours from the word, or the word from its neighbours", "語から周囲を、または周囲から語を予測"],
        ),
        Knob::choice(
            "objective",
            &["negative", "softmax"],
            ["a few words drawn at random, or all of them", "負例をいくつか引く、または全語のソフトマックス"],
        ),
        Knob::integer("dimension", 2..=1000, 50, ["numbers of a vector", "ベクトルの次元"]),
        Knob::integer("window", 1..=20, 5, ["neighbours on each side", "片側に見る語の数"]),
        Knob::flag("fixed_window", ["every word takes the whole window", "窓の幅を毎回引かず固定する"]),
        Knob::integer("negatives", 1..=50, 5, ["words drawn against each", "1 語あたりの負例の数"]),
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
                "錠なしで両コアが同じ表を更新。速いが再現しない",
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
    knobs: Knobs,
    seed: u64,
    total_steps: u64,
    state: State,
    talk: Arc<Conversation>,
    /// Words seen since this program began with the run, and how long that took; for the report alone.
    seen: u64,
    took: Duration,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    step: u64,
    live: Knobs,
    /// Of the last epoch so far, for the report.
    epoch: Tally,
    /// Of the steps since the last point of the curve.
    #[serde(default)]
    untold: Tally,
    /// Where landmarks stood on the last map.
    places: Vec<[f32; 2]>,
    pinned: Vec<String>,
    /// Whether it was told that the vectors are no numbers any more.
    diverged: bool,
    /// Words of the vocabulary and of the text: another text is another run.
    vocabulary: [u64; 2],
}

impl Word2VecLearner {
    /// Fresh vectors for the words of a small world, or of a text.
    ///
    /// # Errors
    /// When the text cannot be read or has too few words, or too many for the full softmax.
    pub fn new(knobs: &Knobs, seed: u64, text: Option<&Path>, keep: &Path) -> Result<Self, Failure> {
        let rarest = knobs.integer("min_count") as u64;
        let (corpus, questions, landmarks) = match text {
            Some(path) => (Corpus::open(path, rarest, &Watch::default())?, Vec::new(), None),
            None => {
                let world = World::embedded(knobs.choice("world"));
                let text = world.text(knobs.integer("sentences") as usize, seed);
                (Corpus::of_text(text, rarest), world.questions(), Some(world.landmarks()))
            }
        };
        let vocabulary = &corpus.vocabulary;
        if vocabulary.len() < 2 {
            return Err(Failure::new(
                "fewer than two words are frequent enough: raise `sentences` or lower `min_count`",
            ));
        }
        let configuration = Configuration::from_knobs(knobs);
        if configuration.objective == Objective::Softmax && vocabulary.len() > MOST_FOR_SOFTMAX {
            let words = vocabulary.len();
            return Err(Failure::new(format!(
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
        let empty = Arc::new(Vectors::new("run", model.configuration.dimension));
        let state = State {
            step: 0,
            live: knobs.live(&self::knobs()),
            epoch: Tally::default(),
            untold: Tally::default(),
            places: Vec::new(),
            pinned,
            diverged: false,
            vocabulary: [vocabulary.len() as u64, vocabulary.total],
        };
        Ok(Word2VecLearner {
            total_steps: knobs.integer("epochs") as u64 * corpus.chunks(),
            model,
            corpus,
            questions,
            lexicon,
            knobs: knobs.clone(),
            seed,
            state,
            talk: conversation(empty, Some(keep.to_owned())),
            seen: 0,
            took: Duration::ZERO,
        })
    }

    fn learning_rate(&self) -> f64 {
        let left = 1.0 - self.state.step as f64 / self.total_steps as f64;
        self.state.live.real("learning_rate") * left.max(LEAST_RATE)
    }

    fn trained(&self) -> TrainedWord2Vec {
        let tables = [self.model.input.values(), self.model.output.values()];
        let (configuration, lexicon) = (self.model.configuration.clone(), Arc::clone(&self.lexicon));
        TrainedWord2Vec::new(configuration, lexicon, tables, Some(Arc::clone(&self.talk)), self.state.places.clone())
    }

    /// One chunk of the text; hogwild parts it among the threads.
    fn learn(&mut self) -> Result<Tally, Failure> {
        let begun = Instant::now();
        let (words, seen) = self.corpus.chunk(self.state.step % self.corpus.chunks())?;
        let rate = self.learning_rate() as f32;
        let parts = if self.knobs.flag("hogwild") { rayon::current_num_threads() } else { 1 };
        let tally = self.model.learn_in_parts(&words, rate, parts, (self.seed, self.state.step));
        self.seen += seen;
        self.took += begun.elapsed();
        Ok(tally)
    }

    /// The share of the world's analogies that come out right; none for one's own text.
    fn accuracy(&self, trained: &TrainedWord2Vec, watch: &Watch) -> Result<Option<f64>, Failure> {
        if self.questions.is_empty() {
            return Ok(None);
        }
        let outcomes = analogies::answer(trained.vectors(), &self.questions, true, watch)?;
        Ok(Some(analogies::total(&outcomes).accuracy()))
    }

    fn measure(&mut self, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let (trained, step) = (self.trained(), self.state.step);
        if !trained.is_finite() {
            if !std::mem::replace(&mut self.state.diverged, true) {
                let message = "the vectors are no longer numbers: lower learning_rate and start again".to_owned();
                tell(Event::Warning { step, message });
            }
            return Ok(());
        }
        if let Some(value) = self.accuracy(&trained, &Watch::default())? {
            tell(Event::Scalar { series: "analogy_accuracy".to_owned(), step, value });
        }
        let scene = trained.map()?;
        self.state.places = scene.labels.iter().map(|label| label.at).collect();
        tell(Event::Scene { name: "map".to_owned(), step, scene });
        self.tell_neighbours(&trained, tell);
        Ok(())
    }

    fn tell_neighbours(&self, trained: &TrainedWord2Vec, tell: &mut dyn FnMut(Event)) {
        let lists = trained.neighbours(&self.state.pinned);
        tell(Event::Words { name: "neighbours".to_owned(), step: self.state.step, lists });
    }

    fn tables(&self) -> [(String, Tensor<f32>); 2] {
        [("input", &self.model.input), ("output", &self.model.output)].map(|(name, rows)| {
            (name.to_owned(), tensor([rows.len(), self.model.configuration.dimension], rows.values()))
        })
    }
}

impl Trainable for Word2VecLearner {
    fn position(&self) -> Position {
        let samples_per_step = self.corpus.words_per_chunk();
        Position { step: self.state.step, total_steps: self.total_steps, samples_per_step }
    }

    fn step(&mut self, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let rate = self.learning_rate();
        if self.state.step.is_multiple_of(self.corpus.chunks()) {
            self.state.epoch = Tally::default();
        }
        // A short chunk has too few pairs for a mean: they count with those of the next step.
        let short = self.corpus.is_short(self.state.step % self.corpus.chunks());
        let tally = self.learn()?;
        self.state.step += 1;
        self.state.epoch.add(tally);
        self.state.untold.add(tally);
        let step = self.state.step;
        if self.state.untold.count > 0 && !short {
            let Tally { loss, count } = std::mem::take(&mut self.state.untold);
            tell(Event::Scalar { series: "loss".to_owned(), step, value: loss / count as f64 });
        }
        tell(Event::Scalar { series: "learning_rate".to_owned(), step, value: rate });
        let stretches = 1 + self.model.input.len() * self.model.configuration.dimension / NUMBERS_A_STRETCH;
        if step.is_multiple_of(MEASURE_EVERY * stretches as u64) || step == 1 || step == self.total_steps {
            self.measure(tell)?;
        }
        Ok(())
    }

    fn turn(&mut self, knob: &str, value: &KnobValue) -> Result<(), KnobError> {
        self.state.live.turn(&knobs(), knob, value)
    }

    fn act(&mut self, action: &str, argument: &str, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let pinned = &mut self.state.pinned;
        match action {
            "pin" => {
                if self.corpus.vocabulary.words.find(argument).is_none() {
                    return Err(Failure::new(format!("pin: no word `{argument}` in this vocabulary")));
                }
                pinned.retain(|word| word != argument);
                pinned.insert(0, argument.to_owned());
                pinned.truncate(MOST_PINNED);
            }
            "unpin" => pinned.retain(|word| word != argument),
            other => return Err(Failure::new(format!("this lab has no action `{other}`"))),
        }
        self.tell_neighbours(&self.trained(), tell);
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn checkpoint(&self) -> Vec<u8> {
        let state = serde_json::to_string(&self.state).expect("the state is plain data");
        let tables = self.tables();
        checkpoint::encode(tables.iter().map(|(name, table)| (name.clone(), table)), Some(&state), Precision::Single)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut archive = checkpoint::decode(bytes)?;
        let state: State = serde_json::from_str(&archive.state.take().unwrap_or_default())
            .map_err(|error| Failure::new(format!("the checkpoint's state cannot be read: {error}")))?;
        if state.vocabulary != self.state.vocabulary {
            let ([words, total], [now, total_now]) = (state.vocabulary, self.state.vocabulary);
            return Err(Failure::new(format!(
                "the text has changed since the checkpoint: it had {words} words in use, {total} in all, and has {now} and \
                 {total_now}"
            )));
        }
        let shape = [self.lexicon.words.len(), self.model.configuration.dimension];
        let (input, output) = (archive.take("input", &shape)?, archive.take("output", &shape)?);
        let configuration = self.model.configuration.clone();
        self.model = Word2Vec::of(configuration, &self.corpus.vocabulary, input.values(), output.values());
        self.state = state;
        Ok(())
    }

    fn weights(&self, precision: Precision) -> Vec<u8> {
        let lexicon = serde_json::to_string(&*self.lexicon).expect("plain data");
        let tables = self.tables();
        checkpoint::encode(tables.iter().map(|(name, table)| (name.clone(), table)), Some(&lexicon), precision)
    }

    fn report(&self, watch: &Watch) -> Result<Report, Failure> {
        let mut report = Report::new();
        let seconds = self.took.as_secs_f64();
        if seconds > 0.0 {
            report.insert("words_per_second".to_owned(), (self.seen as f64 / seconds).round().into());
        }
        let trained = self.trained();
        if trained.is_finite()
            && let Some(accuracy) = self.accuracy(&trained, watch)?
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
mod tests {
    use super::*;

    fn learner(assignments: &[&str]) -> Word2VecLearner {
        let declared = knobs();
        let mut knobs = Knobs::defaults(&declared);
        for assignment in ["sentences=3000", "dimension=16", "epochs=2"].iter().chain(assignments) {
            knobs.set_text(&declared, assignment).unwrap();
        }
        Word2VecLearner::new(&knobs, 1, None, Path::new("")).unwrap()
    }

    fn run(learner: &mut Word2VecLearner, steps: u64) {
        (0..steps).for_each(|_| learner.step(&mut |_| ()).unwrap());
    }

    #[test]
    fn a_run_taken_up_again_is_the_run_that_would_have_been() {
        let mut whole = learner(&[]);
        run(&mut whole, 9);
        let mut first = learner(&[]);
        run(&mut first, 4);
        first.act("pin", "queen", &mut |_| ()).unwrap();
        whole.act("pin", "queen", &mut |_| ()).unwrap();
        let mut second = learner(&[]);
        second.restore(&first.checkpoint()).unwrap();
        run(&mut second, 5);
        assert!(whole.checkpoint() == second.checkpoint(), "the same bytes");
    }

    #[test]
    fn vectors_that_burst_are_told_of_once_and_the_run_goes_on() {
        let mut learner = learner(&["learning_rate=1", "sentences=6000"]);
        let mut warnings = 0;
        while !learner.position().is_end() {
            learner.step(&mut |event| warnings += usize::from(matches!(event, Event::Warning { .. }))).unwrap();
        }
        assert_eq!(warnings, 1);
        learner.report(&Watch::default()).unwrap();
    }

    #[test]
    fn a_short_chunk_tells_its_loss_with_the_next() {
        // The last chunk is what is left over, here a thousandth of the others.
        let sizes = (3000..9000).step_by(50).map(|count| learner(&[&format!("sentences={count}"), "epochs=3"]));
        let last = |learner: &Word2VecLearner| learner.corpus.chunks() - 1;
        let mut learner = sizes.into_iter().find(|learner| learner.corpus.is_short(last(learner))).unwrap();
        let chunks = learner.corpus.chunks();
        let mut told = Vec::new();
        while !learner.position().is_end() {
            let step = &mut |event| match event {
                Event::Scalar { series, step, value } if series == "loss" => told.push((step, value)),
                _ => {}
            };
            learner.step(step).unwrap();
        }
        assert!(told.iter().all(|(step, _)| !step.is_multiple_of(chunks)), "{told:?}");
        assert_eq!(told.len() as u64, 3 * (chunks - 1));
        let leaps = told.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs());
        assert!(leaps.fold(0.0, f64::max) < 1.0, "{told:?}");
    }

    #[test]
    fn a_checkpoint_of_another_text_is_refused() {
        let other = learner(&["sentences=2000"]);
        let said = learner(&[]).restore(&other.checkpoint()).unwrap_err().0;
        assert!(said.contains("the text has changed"), "{said}");
    }

    #[test]
    fn vectors_are_opened_asked_and_written() {
        let mut learner = learner(&[]);
        run(&mut learner, 3);
        let knobs = learner.knobs.clone();
        let trained = TrainedWord2Vec::open(&learner.weights(Precision::Single), &knobs, std::env::temp_dir()).unwrap();
        let contexts = trained.contexts("king", 10_000).unwrap();
        let sum: f32 = contexts.iter().map(|entry| entry.value).sum();
        assert!((sum - 1.0).abs() < 1e-3 && contexts.is_sorted_by(|a, b| a.value >= b.value));
        let files = super::super::files(&learner.weights(Precision::Half), &knobs).unwrap();
        let read = crate::data::vectors::read::from_bytes("v", files[1].1.clone(), &Watch::default()).unwrap();
        assert_eq!(read.vectors.len(), learner.lexicon.words.len());
    }

    #[test]
    fn too_large_a_softmax_is_refused_and_a_file_is_learned_from() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.txt");
        let words: Vec<String> = (0..MOST_FOR_SOFTMAX + 1).map(|word| format!("w{word}")).collect();
        std::fs::write(&path, words.join(" ")).unwrap();
        let declared = knobs();
        let mut knobs = Knobs::defaults(&declared);
        for assignment in ["objective=softmax", "min_count=1"] {
            knobs.set_text(&declared, assignment).unwrap();
        }
        let said = Word2VecLearner::new(&knobs, 1, Some(&path), Path::new("")).err().unwrap().0;
        assert!(said.contains("at most 20000"), "{said}");
        knobs.set_text(&declared, "objective=negative").unwrap();
        let mut learner = Word2VecLearner::new(&knobs, 1, Some(&path), Path::new("")).unwrap();
        run(&mut learner, 2);
        assert!(!learner.report(&Watch::default()).unwrap().contains_key("analogy_accuracy"));
    }
}
