//! What can be asked of trained word vectors, and the files they are written to.

use super::{Architecture, Configuration, Objective, noise_weight};
use crate::attention::embeddings::map::{aligned, places, scene};
use crate::attention::embeddings::{Conversation, History, Session};
use crate::data::vectors::Vectors;
use crate::data::vectors::write::{Form, write};
use crate::experiment::event::WordList;
use crate::experiment::talk::Entry;
use crate::experiment::{Answer, Failure, Knobs, Model, Query, QueryKind, Scene, Watch};
use crate::nn::checkpoint;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// Neighbours listed beside a word.
const NEIGHBOURS: usize = 5;

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
    talk: Arc<Conversation>,
    /// The map before, which this one is to look like.
    before: Vec<[f32; 2]>,
}

impl TrainedWord2Vec {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 5] =
        [QueryKind::Say, QueryKind::Complete, QueryKind::History, QueryKind::Plane, QueryKind::Context];

    pub(super) fn new(
        configuration: Configuration,
        lexicon: Arc<Lexicon>,
        tables: [Vec<f32>; 2],
        talk: Option<Arc<Conversation>>,
        before: Vec<[f32; 2]>,
    ) -> Self {
        let [input, output] = tables;
        let mut vectors = Vectors::new("run", configuration.dimension);
        for (word, row) in lexicon.words.iter().zip(input.chunks_exact(configuration.dimension)) {
            vectors.push(word, row);
        }
        let vectors = Arc::new(vectors);
        let talk = talk.unwrap_or_else(|| conversation(Arc::clone(&vectors), None));
        TrainedWord2Vec { configuration, lexicon, input, output, vectors, talk, before }
    }

    /// From a file of weights; what is said to it is kept in the folder `keep`.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(weights: &[u8], knobs: &Knobs, keep: PathBuf) -> Result<Self, Failure> {
        let configuration = Configuration::from_knobs(knobs);
        let mut archive = checkpoint::decode(weights)?;
        let text = archive.state.take().unwrap_or_default();
        let lexicon: Lexicon = serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("the vocabulary beside the vectors cannot be read: {error}")))?;
        if lexicon.counts.len() != lexicon.words.len() {
            return Err(Failure::new("the vocabulary beside the vectors has not a count for each word"));
        }
        let shape = [lexicon.words.len(), configuration.dimension];
        let mut table = |name: &str| Ok(archive.take(name, &shape)?.values().to_vec());
        let tables = [table("input")?, table("output")?];
        let mut trained = Self::new(configuration, Arc::new(lexicon), tables, None, Vec::new());
        trained.talk = conversation(Arc::clone(&trained.vectors), Some(keep));
        Ok(trained)
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
    pub fn map(&self) -> Result<Scene, Failure> {
        if !self.is_finite() {
            return Err(Failure::new("the vectors are no longer numbers: lower learning_rate and start again"));
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

    /// The words nearest to some.
    pub(super) fn neighbours(&self, words: &[String]) -> Vec<WordList> {
        let list = |word: &String| {
            let index = self.vectors.words().find(word)?;
            let near = self.vectors.nearest(&self.vectors.unit(index), NEIGHBOURS, &[index]);
            let entry = |near: crate::data::vectors::Near| Entry {
                word: self.vectors.words().get(near.word).to_owned(),
                value: near.cosine,
            };
            Some(WordList { word: word.clone(), entries: near.into_iter().map(entry).collect() })
        };
        words.iter().filter_map(list).collect()
    }

    /// P(context | word), the likeliest first. The full softmax tells it; of negative sampling, where exp(u_k) tends to
    /// P(v_k | v_i) / (negatives · P_n(k)), it is exp(u_k) P_n(k), made to sum to 1.
    ///
    /// # Errors
    /// When the word is not in the vocabulary.
    pub fn contexts(&self, word: &str, count: usize) -> Result<Vec<Entry>, Failure> {
        let index = self.vectors.words().find(word);
        let index = index.ok_or_else(|| Failure::new(format!("no word `{word}` in this vocabulary")))? as usize;
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
        let entry = |index: usize| Entry {
            word: self.lexicon.words[index].clone(),
            value: ((scores[index] - largest).exp() / sum) as f32,
        };
        Ok(order.into_iter().take(count).map(entry).collect())
    }

    /// What the vectors were made by, for a heading.
    pub fn is_cbow(&self) -> bool {
        self.configuration.architecture == Architecture::Cbow
    }
}

/// A conversation about the vectors of a run.
pub(super) fn conversation(vectors: Arc<Vectors>, keep: Option<PathBuf>) -> Arc<Conversation> {
    let history = keep.map_or_else(History::default, |folder| History::of_folder(&folder));
    Arc::new(Conversation::new(Session::new(vectors, history)))
}

impl Model for TrainedWord2Vec {
    fn answer(&self, query: &Query, watch: &Watch) -> Result<Answer, Failure> {
        watch.check()?;
        match query {
            Query::Plane { .. } => Ok(Answer::Scene { scene: self.map()? }),
            Query::Context { word, count } => {
                Ok(Answer::Context { word: word.clone(), entries: self.contexts(word, *count)? })
            }
            query => {
                self.talk.renew(Arc::clone(&self.vectors));
                self.talk.answer(query, watch)
            }
        }
    }
}

/// The vectors in the formats of the field: `vectors.txt` and `vectors.bin`, which word2vec's and gensim's readers take.
///
/// # Errors
/// As [`TrainedWord2Vec::open`].
pub fn files(weights: &[u8], knobs: &Knobs) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
    let trained = TrainedWord2Vec::open(weights, knobs, PathBuf::new())?;
    let width = trained.configuration.dimension;
    let rows = || trained.lexicon.words.iter().map(String::as_str).zip(trained.input.chunks_exact(width));
    let file = |form| {
        let mut bytes = Vec::new();
        write(&mut bytes, form, width, rows()).map_err(|error| Failure::new(error.to_string()))?;
        Ok(bytes)
    };
    Ok(vec![("vectors.txt", file(Form::Text)?), ("vectors.bin", file(Form::Binary)?)])
}
