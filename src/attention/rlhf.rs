//! RLHF: a language model tuned to what people prefer (Christiano et al. 2017, arXiv:1706.03741; Ouyang et al. 2022, arXiv:2203.02155).
//!
//! A small GPT that was trained to tell [`stories`](crate::data::stories) goes on with a beginning x. A person, or written rules, say which of two continuations
//! is better. A reward model r learns from these pairs; y_w is the preferred one, y_l the other (Bradley & Terry 1952):
//!
//! ```text
//! P(y_w preferred to y_l | x) = σ(r(x, y_w) − r(x, y_l))            L(r) = −E ln σ(r(x, y_w) − r(x, y_l))
//! ```
//!
//! The policy π starts as the base π_ref and is tuned to
//!
//! ```text
//! max E_{y ~ π} r(x, y) − β D(π(· | x) ‖ π_ref(· | x))
//! ```
//!
//! by PPO ([`ppo`]), and, on the same pairs and without a reward model, by DPO ([`dpo`]).

mod answers;
mod begun_with;
mod dpo;
mod examine;
mod knobs;
mod learner;
mod pairs;
mod parts;
mod ppo;
mod reward;
mod rules;
mod show;
mod texts;
mod trained;

pub use knobs::knobs;

use crate::experiment::{ActionSpec, Argument, Experiment, Learn, Preview, QueryKind, Wording};
use crate::{bundled, lab_file};
use learner::RlhfLearner;
use std::sync::Arc;
use trained::TrainedRlhf;

const fn answer(name: &'static str, key: char, en: &'static str, ja: &'static str) -> ActionSpec {
    ActionSpec {
        name,
        key,
        help: Wording::new(en, ja),
        argument: Argument::Answer("pair"),
        when: Some(("annotator", "you")),
    }
}

/// What a person says of the pair that is shown.
static ACTIONS: [ActionSpec; 3] = [
    answer("first", '1', "prefer the first", "1 の方がよい"),
    answer("second", '2', "prefer the second", "2 の方がよい"),
    answer("neither", '3', "neither is better", "どちらとも言えない"),
];

pub static EXPERIMENT: Experiment = Experiment {
    id: "rlhf",
    lab: Some(lab_file!("17-rlhf")),
    knobs,
    series: &learner::SERIES,
    headline: "true_preference",
    emits: &["pair", "samples"],
    views: &answers::VIEWS,
    answers: &[QueryKind::View],
    actions: &ACTIONS,
    report: &learner::REPORT_KEYS,
    preview: Preview::View("compare"),
    learn: Learn::By(|setting| {
        Ok(Box::new(RlhfLearner::new(&setting.knobs, setting.seed, EXPERIMENT.bundled.weights)?))
    }),
    open: |weights, _, _| Ok(Arc::new(TrainedRlhf::open(weights)?)),
    bundled: bundled!("rlhf"),
    small: &[
        "base=fresh pretraining=20 layers=1 width=16 heads=2 rules=sentence:1 pairs=16 reward_steps=5 steps=6 continuations=4 examined=4",
        "base=fresh pretraining=2 layers=1 width=16 heads=2 annotator=you patience=0 method=dpo rules=sentence:1 pairs=40 reward_steps=2 steps=3 examined=2",
    ],
    ..Experiment::EMPTY
};
