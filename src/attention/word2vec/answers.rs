//! What can be asked of trained word vectors, and the files they are written to.

use super::{Configuration, Objective, noise_weight};
use crate::attention::words::Conversation;
use crate::attention::words::map::{aligned, places, scene};
use crate::data::tokens;
use crate::data::vectors::Vectors;
use crate::data::vectors::write::{Form, write};
use crate::experiment::panel::Format;
use crate::experiment::{
    Answer, Bar, Bilingual, ExperimentError, Knob, Knobs, Model, Panel, Query, QueryKind, Scene, Session, TaskContext,
    ViewSpec, Wording, view,
};
use crate::nn::weights;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// Neighbours listed beside a word while it is learned.
pub(super) const NEIGHBOURS: usize = 5;

pub static VIEWS: [ViewSpec; 3] = [
    ViewSpec::new(
        "map",
        Wording::new("words in the plane of their first two principal components", "第 1・第 2 主成分の平面上の語"),
        Vec::new,
    ),
    ViewSpec::new(
        "context",
        Wording::new(
            "the words that are likely near a word: P(context | word)",
            "ある語の近くに現れやすい語: P(文脈 | 語)",
        ),
        || words(20, "how many context words", "文脈の語の数"),
    ),
    ViewSpec::new(
        "neighbours",
        Wording::new("the words whose vectors are nearest to a word's", "ベクトルが最も近い語"),
        || words(10, "how many neighbours", "近い語の数"),
    ),
];

/// A word of the vocabulary, the most frequent one unless given, and how many others to name.
fn words(count: i64, en: &'static str, ja: &'static str) -> Vec<Knob> {
    vec![
        Knob::text("word", 100, "", ["a word of the vocabulary", "語彙にある語"]),
        Knob::integer("count", 1..=200, count, [en, ja]),
    ]
}

/// What stands beside the tables in a file of weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Lexicon {
    pub words: Vec<String>,
    pub counts: Vec<u64>,
    /// Words for the map, each with its group.
    pub landmarks: Vec<(String, usize)>,
}

/// Word vectors that no longer change.
pub struct TrainedWord2Vec {
    configuration: Configuration,
    lexicon: Arc<Lexicon>,
    /// w and w', `[words, dimension]`.
    input: Vec<f32>,
    output: Vec<f32>,
    vectors: Arc<Vectors>,
    talk: Conversation,
    /// The map before, which this one is to look like.
    before: Vec<[f32; 2]>,
}

impl TrainedWord2Vec {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 2] = [QueryKind::View, QueryKind::Talk];

    pub(super) fn new(
        configuration: Configuration,
        lexicon: Arc<Lexicon>,
        tables: [Vec<f32>; 2],
        keep: Option<PathBuf>,
        before: Vec<[f32; 2]>,
    ) -> Self {
        let [input, output] = tables;
        let mut vectors = Vectors::new("run", configuration.dimension);
        for (word, row) in lexicon.words.iter().zip(input.chunks_exact(configuration.dimension)) {
            vectors.push(word, row);
        }
        let vectors = Arc::new(vectors);
        let talk = Conversation::new(Arc::clone(&vectors), keep);
        TrainedWord2Vec { configuration, lexicon, input, output, vectors, talk, before }
    }

    /// From a file of weights; what is said to it is kept in the folder `keep`.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(weights: &[u8], knobs: &Knobs, keep: PathBuf) -> Result<Self, ExperimentError> {
        let configuration = Configuration::from_knobs(knobs);
        let mut archive = weights::decode(weights)?;
        let text = archive.state.take().unwrap_or_default();
        let lexicon: Lexicon = serde_json::from_str(&text).map_err(|error| {
            ExperimentError::new(format!("the vocabulary beside the vectors cannot be read: {error}"))
        })?;
        if lexicon.counts.len() != lexicon.words.len() {
            return Err(ExperimentError::new("the vocabulary beside the vectors has not a count for each word"));
        }
        let shape = [lexicon.words.len(), configuration.dimension];
        let mut table = |name: &str| Ok(archive.take(name, &shape)?.values().to_vec());
        let tables = [table("input")?, table("output")?];
        Ok(Self::new(configuration, Arc::new(lexicon), tables, Some(keep), Vec::new()))
    }

    pub(super) fn vectors(&self) -> &Vectors {
        &self.vectors
    }

    /// Whether all vectors are numbers still.
    pub(super) fn is_finite(&self) -> bool {
        self.input.iter().chain(&self.output).all(|value| value.is_finite())
    }

    /// Landmarks in the plane of their first two principal components.
    ///
    /// # Errors
    /// As [`places`].
    pub fn map(&self) -> Result<Scene, ExperimentError> {
        if !self.is_finite() {
            return Err(ExperimentError::new("the vectors are no longer numbers: lower learning_rate and start again"));
        }
        let landmarks: Vec<(&(String, usize), u32)> = (self.lexicon.landmarks.iter())
            .filter_map(|landmark| Some((landmark, self.vectors.words().find(&landmark.0)?)))
            .collect();
        let vectors: Vec<Vec<f32>> = landmarks.iter().map(|(_, word)| self.vectors.unit(*word)).collect();
        let places = aligned(&places(&vectors, &[])?, &self.before);
        let words: Vec<(String, usize)> = landmarks.into_iter().map(|(landmark, _)| landmark.clone()).collect();
        let mut scene = scene(&words, &places);
        scene.axes = Some(["PC 1".to_owned(), "PC 2".to_owned()]);
        Ok(scene)
    }

    /// The words nearest to a word, by the cosine of their vectors; `None` where the vocabulary lacks it.
    pub(super) fn neighbours(&self, word: &str, count: usize) -> Option<Panel> {
        let index = tokens::find(self.vectors.words(), word)?;
        let near = self.vectors.nearest(&self.vectors.unit(index), count, &[index]);
        let bar = |near: crate::data::vectors::Near| Bar {
            name: self.vectors.words().get(near.word).to_owned(),
            value: near.cosine,
        };
        Some(Panel::ranked(word, near.into_iter().map(bar).collect()))
    }

    fn view(&self, name: &str, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
        if name == "map" {
            return Ok(vec![Panel::plane(self.map()?)]);
        }
        let most_frequent = || self.lexicon.landmarks.first().map_or("", |(word, _)| word.as_str());
        let word = Some(inputs.text("word").trim()).filter(|word| !word.is_empty()).unwrap_or_else(most_frequent);
        let count = inputs.integer("count") as usize;
        let panel = match name {
            "context" => {
                let heading = Bilingual::new(format!("P(context | {word})"), format!("P(文脈 | {word})"));
                Panel::Bars { heading, bars: self.contexts(word, count)?, format: Format::Percent }
            }
            _ => self.neighbours(word, count).ok_or_else(|| unknown(word))?,
        };
        Ok(vec![panel])
    }

    /// P(context | word), the likeliest first. The full softmax gives it; of negative sampling, where exp(u_k) tends to
    /// P(v_k | v_i) / (negatives · P_n(k)), it is exp(u_k) P_n(k), made to sum to 1.
    ///
    /// # Errors
    /// When the word is not in the vocabulary.
    pub fn contexts(&self, word: &str, count: usize) -> Result<Vec<Bar>, ExperimentError> {
        let index = tokens::find(self.vectors.words(), word).ok_or_else(|| unknown(word))? as usize;
        let width = self.configuration.dimension;
        // A skip-gram pair is learned with the neighbour as the input: its output table speaks of the word in the middle. The
        // pairs being the same in either order, w of the word against w' of all is P(context | word) for both.
        let h = &self.input[index * width..(index + 1) * width];
        let scores: Vec<f64> = (self.output.chunks_exact(width).zip(&self.lexicon.counts))
            .map(|(o, count)| {
                let u: f64 = h.iter().zip(o).map(|(h, o)| f64::from(*h) * f64::from(*o)).sum();
                match self.configuration.objective {
                    Objective::Softmax => u,
                    Objective::Negative(_) => u + f64::from(noise_weight(*count)).ln(),
                }
            })
            .collect();
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| (score - largest).exp()).sum();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        let entry = |index: usize| Bar {
            name: self.lexicon.words[index].clone(),
            value: ((scores[index] - largest).exp() / sum) as f32,
        };
        Ok(order.into_iter().take(count).map(entry).collect())
    }
}

fn unknown(word: &str) -> ExperimentError {
    ExperimentError::both(format!("no word `{word}` in this vocabulary"), format!("この語彙に `{word}` はありません"))
}

impl Model for TrainedWord2Vec {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        task.check()?;
        match query {
            Query::View { name, inputs } => Ok(Answer::Panels { panels: self.view(name, inputs)? }),
            query => Err(ExperimentError::unanswered(query)),
        }
    }

    fn session(&self, before: Option<Box<dyn Session>>) -> Result<Box<dyn Session>, ExperimentError> {
        Ok(self.talk.session(before))
    }
}

/// The vectors in the formats of the field: `vectors.txt` and `vectors.bin`, which word2vec's and gensim's readers take.
///
/// # Errors
/// As [`TrainedWord2Vec::open`].
pub fn files(weights: &[u8], knobs: &Knobs) -> Result<Vec<(&'static str, Vec<u8>)>, ExperimentError> {
    let trained = TrainedWord2Vec::open(weights, knobs, PathBuf::new())?;
    if !trained.is_finite() {
        return Err(ExperimentError::new(
            "the run has diverged: its vectors are no numbers any more, and no program could read them",
        ));
    }
    let width = trained.configuration.dimension;
    let rows = || trained.lexicon.words.iter().map(String::as_str).zip(trained.input.chunks_exact(width));
    let file = |form| {
        let mut bytes = Vec::new();
        write(&mut bytes, form, width, rows()).map_err(|error| ExperimentError::new(error.to_string()))?;
        Ok(bytes)
    };
    Ok(vec![("vectors.txt", file(Form::Text)?), ("vectors.bin", file(Form::Binary)?)])
}
