//! What a lab file says. Unknown keys, wrong types and missing translations are errors; see [`parse`](super::parse).

use super::condition::Condition;
use super::script::DemoStep;
use crate::experiment::knob::{find, nearest};
use crate::experiment::{Bilingual, Knob, KnobKind, KnobValue, Knobs, Language, QueryKind};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// A whole lab.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    pub id: String,
    /// 1 to 3.
    pub chapter: u8,
    pub title: Bilingual,
    pub summary: Bilingual,
    /// "You will …".
    pub outcomes: Vec<Bilingual>,
    /// How long it takes a student.
    pub minutes: u32,
    pub theory: Vec<Page>,
    /// The id of the experiment in the registry.
    pub experiment: String,
    /// The knobs to show, in order.
    #[serde(default)]
    pub knobs: Vec<KnobUse>,
    /// None where there is nothing to train.
    #[serde(default, deserialize_with = "in_order")]
    pub presets: Vec<(String, Preset)>,
    #[serde(default)]
    pub dashboard: Dashboard,
    pub explore: Vec<InstrumentUse>,
    pub exercises: Vec<Exercise>,
    #[serde(deserialize_with = "serde_yaml::with::singleton_map_recursive::deserialize")]
    pub demo: Vec<DemoStep>,
    pub references: Vec<String>,
}

/// A page of theory, in Markdown with formulas in LaTeX.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    pub title: Bilingual,
    pub text: Bilingual,
}

/// A knob to show, and a narrower range for it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnobUse {
    pub name: String,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

/// A set of knobs with a word on what to expect.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    pub summary: Bilingual,
    /// How long a run takes on two cores.
    pub seconds: u32,
    #[serde(default)]
    pub knobs: BTreeMap<String, KnobValue>,
}

/// What the Train screen shows.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    pub charts: Vec<Chart>,
    /// Views that the run emits.
    pub views: Vec<ViewUse>,
    /// Series whose latest value stands in the table.
    pub numbers: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    pub title: Bilingual,
    #[serde(default, deserialize_with = "unit")]
    pub unit: Bilingual,
    #[serde(default)]
    pub log: bool,
    pub series: Vec<SeriesUse>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesUse {
    pub name: String,
    pub label: Bilingual,
    /// A second line of the same quantity, such as the one on held-out data.
    #[serde(default)]
    pub dashed: bool,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewUse {
    pub name: String,
    pub title: Bilingual,
}

/// What Explore is built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instrument {
    /// A map of codes with a cursor, the picture under it, and morphing between two of them.
    LatentPlane,
    /// A canvas: what is drawn is encoded, scored, reconstructed and repaired.
    DrawingPad,
    /// Any view of the model's own: its inputs, and the panels of its answer.
    View,
    /// Twenty digits, real or made: the student judges them against the discriminator.
    Guess,
    /// Two distributions to shape, and how far they are from each other.
    Distributions,
    /// A conversation: lines typed, answers below them.
    Repl,
    /// A board to play on, and what the machine thinks beside it.
    Board,
    /// Positions in which one move wins.
    BoardPuzzle,
}

impl Instrument {
    /// The queries that its model must answer.
    pub fn needs(self) -> &'static [QueryKind] {
        match self {
            Instrument::LatentPlane => &[QueryKind::LatentPlane, QueryKind::Decode],
            Instrument::DrawingPad => &[QueryKind::Encode, QueryKind::Decode, QueryKind::Score],
            Instrument::View => &[QueryKind::View],
            Instrument::Guess => &[QueryKind::Sample, QueryKind::Examples, QueryKind::Score],
            Instrument::Distributions => &[QueryKind::Divergence],
            Instrument::Repl => &[QueryKind::Talk],
            Instrument::Board | Instrument::BoardPuzzle => &[QueryKind::Game],
        }
    }

    /// As lab files name it.
    pub fn name(self) -> &'static str {
        match self {
            Instrument::LatentPlane => "latent_plane",
            Instrument::DrawingPad => "drawing_pad",
            Instrument::View => "view",
            Instrument::Guess => "guess",
            Instrument::Distributions => "distributions",
            Instrument::Repl => "repl",
            Instrument::Board => "board",
            Instrument::BoardPuzzle => "board_puzzle",
        }
    }

    /// What can be reached in it, for exercises to ask for.
    pub fn states(self) -> &'static [&'static str] {
        match self {
            Instrument::LatentPlane => &["plane_walked", "morph_finished", "digits_morphed"],
            Instrument::DrawingPad => &["digit_drawn", "drawing_scored", "drawing_denoised"],
            Instrument::View => &["input_turned", "drawing_shown", "drawing_compared", "place_picked", "action_sent"],
            Instrument::Guess => &["guess_finished", "guess_above_chance", "guess_won"],
            Instrument::Distributions => {
                &["distributions_moved", "distributions_equal", "fit_forward", "fit_reverse", "both_modes_fitted"]
            }
            Instrument::Repl => {
                &["repl_said", "repl_plotted", "repl_bias", "repl_odd", "repl_included", "repl_analogies"]
            }
            Instrument::Board => &[
                "game_won",
                "level_1_beaten",
                "network_beaten",
                "level_3_beaten",
                "level_5_beaten",
                "hint_seen",
                "c_compared",
                "prediction_right",
                "tree_opened",
                "steps_walked",
                "review_finished",
                "blunder_seen",
                "position_set",
            ],
            Instrument::BoardPuzzle => &["puzzle_solved"],
        }
    }
}

/// An instrument on the Explore tab. The same one may stand there more than once.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentUse {
    pub instrument: Instrument,
    /// Which of the model's views, for the instrument `view`.
    #[serde(default)]
    pub view: Option<String>,
    /// Inputs that the view begins with; the others stand at their defaults.
    #[serde(default)]
    pub inputs: BTreeMap<String, KnobValue>,
    /// Whether it shows what becomes of a drawing by hand.
    #[serde(default)]
    pub drawing: bool,
    /// Another view that is shown beside it, of the place picked in it.
    #[serde(default)]
    pub opens: Option<Opens>,
    pub title: Bilingual,
}

/// A view that takes the place picked in another as one of its inputs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opens {
    pub view: String,
    pub input: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    pub id: String,
    pub title: Bilingual,
    pub prompt: Bilingual,
    #[serde(default)]
    pub hints: Vec<Bilingual>,
    /// The exercise that is solved first: a run counts only after its prediction, a cure only after the fault.
    #[serde(default)]
    pub after: Option<String>,
    #[serde(with = "serde_yaml::with::singleton_map")]
    pub check: Check,
    /// Shown after success.
    pub explanation: Bilingual,
}

/// What decides an exercise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// `answer` counts from 0. After two wrong tries the explanation is shown.
    Choice { options: Vec<ChoiceOption>, answer: usize },
    Number {
        answer: f64,
        tolerance: f64,
        #[serde(default, deserialize_with = "unit")]
        unit: Bilingual,
    },
    /// A condition on a run's series, such as `val/elbo >= -105 within 3000 steps`, of a run with these knobs.
    Series {
        condition: Condition,
        #[serde(default)]
        knobs: BTreeMap<String, KnobValue>,
        /// Only of a run on the lab's own data that no action was applied to, such as an edit of its map.
        #[serde(default)]
        untouched: bool,
    },
    /// A state reached in an instrument; with `view`, in one that shows this view.
    Instrument {
        state: String,
        #[serde(default)]
        view: Option<String>,
        /// The input that must have been turned, for the state `input_turned`; for `action_sent` the action.
        #[serde(default)]
        input: Option<String>,
        /// Values of the input, or what else the state was reached in, such as a position, of which one must have been given, in
        /// capitals or not; any will do where there are none.
        #[serde(default)]
        values: Vec<String>,
        /// Only while the lab's run has these knobs.
        #[serde(default)]
        knobs: BTreeMap<String, KnobValue>,
    },
    /// A line of a conversation that this word is the first answer to: it does not contain the word itself, but all of `with`.
    Answer {
        word: String,
        #[serde(default)]
        with: Vec<String>,
        /// How many different words it has at the least.
        #[serde(default)]
        terms: usize,
        /// Only of the vectors of the model that answers, not of another set that was opened in the conversation.
        #[serde(default)]
        own_vectors: bool,
    },
    /// A line of a conversation with all these words in it that was answered.
    Line { words: Vec<String> },
    /// Of at least so many characters, with one different word for every ten of them; kept for the instructor.
    FreeText { minimum_characters: usize },
}

impl Check {
    /// As lab files name it.
    pub fn name(&self) -> &'static str {
        match self {
            Check::Choice { .. } => "choice",
            Check::Number { .. } => "number",
            Check::Series { .. } => "series",
            Check::Instrument { .. } => "instrument",
            Check::Answer { .. } => "answer",
            Check::Line { .. } => "line",
            Check::FreeText { .. } => "free_text",
        }
    }
}

/// A unit: in both languages, or a sign that is the same in both.
fn unit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bilingual, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Unit {
        Sign(String),
        Words(Bilingual),
    }
    Ok(match Unit::deserialize(deserializer)? {
        Unit::Sign(sign) => Bilingual::same(sign),
        Unit::Words(words) => words,
    })
}

/// An option of a choice.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    pub en: String,
    pub ja: String,
    /// Of a wrong one, why it is wrong; it does not give the right one away.
    #[serde(default)]
    pub why: Option<Bilingual>,
}

impl ChoiceOption {
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ja => &self.ja,
        }
    }
}

/// The name by which a demo means the table of knobs and numbers.
const KNOBS_PANE: &str = "knobs";

/// A pane of Train.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainPane {
    /// A chart or a picture: charts first, then pictures.
    Data(usize),
    /// The table of knobs and numbers.
    Knobs,
}

/// The tabs of a lab in their order, by the names that a demo uses.
pub const TABS: [&str; 5] = ["theory", "train", "explore", "exercises", "notes"];

impl Lab {
    /// The knobs of a preset over the defaults.
    ///
    /// # Errors
    /// An unknown preset (the nearest is named), or a value that a knob refuses.
    pub fn knobs_of_preset(&self, name: &str, declared: &[Knob]) -> Result<Knobs, String> {
        let preset = self.preset(name).ok_or_else(|| {
            let names = self.presets.iter().map(|(name, _)| name.as_str());
            match nearest(name, names.clone()) {
                Some(near) => format!("unknown preset `{name}` of lab {}: did you mean `{near}`?", self.id),
                None => {
                    let known = names.collect::<Vec<_>>().join(", ");
                    format!("unknown preset `{name}` of lab {}: expected one of {known}", self.id)
                }
            }
        })?;
        let mut knobs = Knobs::defaults(declared);
        for (knob, value) in &preset.knobs {
            knobs.set(declared, knob, value).map_err(|error| error.to_string())?;
        }
        Ok(knobs)
    }

    pub fn preset(&self, name: &str) -> Option<&Preset> {
        self.presets.iter().find(|(own, _)| own == name).map(|(_, preset)| preset)
    }

    /// The instrument of Explore that a demo means by a name: that of its view, else its English title, else its kind.
    pub fn explore_pane(&self, name: &str) -> Option<usize> {
        let position = |is_it: &dyn Fn(&InstrumentUse) -> bool| self.explore.iter().position(is_it);
        position(&|use_| use_.view.as_deref() == Some(name))
            .or_else(|| position(&|use_| use_.title.en == name))
            .or_else(|| position(&|use_| use_.instrument.name() == name))
    }

    /// The names of the instruments of Explore, one for each.
    pub fn explore_panes(&self) -> impl Iterator<Item = &str> + Clone {
        self.explore.iter().map(|use_| use_.view.as_deref().unwrap_or(use_.instrument.name()))
    }

    /// The pane of Train that a demo means by a name: a chart by its English title, a picture by its view or English title, the
    /// table by [`KNOBS_PANE`].
    pub fn train_pane(&self, name: &str) -> Option<TrainPane> {
        let Dashboard { charts, views, .. } = &self.dashboard;
        let chart = charts.iter().position(|chart| chart.title.en == name);
        let picture = || views.iter().position(|view| view.name == name || view.title.en == name);
        match chart.or_else(|| picture().map(|index| charts.len() + index)) {
            Some(index) => Some(TrainPane::Data(index)),
            None => (name == KNOBS_PANE).then_some(TrainPane::Knobs),
        }
    }

    /// The names of the panes of Train, one for each.
    pub fn train_panes(&self) -> impl Iterator<Item = &str> + Clone {
        let charts = self.dashboard.charts.iter().map(|chart| chart.title.en.as_str());
        charts.chain(self.dashboard.views.iter().map(|view| view.name.as_str())).chain([KNOBS_PANE])
    }

    /// The knobs to show, each with the lab's range.
    pub fn shown_knobs(&self, declared: &[Knob]) -> Vec<Knob> {
        self.knobs
            .iter()
            .filter_map(|shown| find(declared, &shown.name).ok().map(|knob| shown.narrowed(knob)))
            .collect()
    }
}

impl KnobUse {
    /// The declared knob with this range.
    pub fn narrowed(&self, knob: &Knob) -> Knob {
        let kind = match knob.kind.clone() {
            KnobKind::Integer { min, max } => KnobKind::Integer {
                min: self.min.map_or(min, |low| low as i64),
                max: self.max.map_or(max, |high| high as i64),
            },
            KnobKind::Real { min, max, logarithmic } => {
                KnobKind::Real { min: self.min.unwrap_or(min), max: self.max.unwrap_or(max), logarithmic }
            }
            other => other,
        };
        Knob { kind, ..knob.clone() }
    }
}

/// A map whose order is kept.
fn in_order<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, Preset)>, D::Error> {
    struct Pairs;
    impl<'de> Visitor<'de> for Pairs {
        type Value = Vec<(String, Preset)>;
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a map from names to presets")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some(pair) = map.next_entry()? {
                pairs.push(pair);
            }
            if pairs.is_empty() { Err(A::Error::custom("no presets")) } else { Ok(pairs) }
        }
    }
    deserializer.deserialize_map(Pairs)
}
