//! A toy lab, built for tests alone: it shows that a lab is one file of a chapter, one line of the registry and one YAML
//! file. A line ŷ = w x + b is fitted to points of y = 2x − 1 with noise by stochastic gradient descent.

use crate::experiment::panel::{Curve, Curves, Format, HeatMap};
use crate::experiment::{
    ActionSpec, Answer, Argument, Bilingual, Experiment, ExperimentError, Knob, Knobs, Learn, Model, Panel, Preview,
    Query, QueryKind, Report, TaskContext, ViewSpec, Wording, view,
};
use crate::nn::{Decay, Learner, OptimizedNetwork, Parameters, Plan, Run, Saved, Schedule, Trainer, Weights, weights};
use crate::tensor::{Tape, tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Values of w and of b in the map of the loss.
const PLACES: [f32; 5] = [-2.0, -1.0, 0.0, 1.0, 2.0];

pub static EXPERIMENT: Experiment = Experiment {
    id: "toy",
    knobs,
    series: &["loss", "slope"],
    headline: "loss",
    emits: &["line"],
    views: &VIEWS,
    answers: &[QueryKind::View],
    actions: &ACTIONS,
    report: &["slope", "intercept", "parameters"],
    preview: Preview::View("line"),
    learn: Learn::By(|setting| Ok(Box::new(ToyLearner::new(&setting.knobs, setting.seed)))),
    open: |bytes, _, _| {
        let mut line = line();
        // Nothing is bundled: an untrained line.
        if !bytes.is_empty() {
            weights::open(&mut [("", &mut line)], bytes)?;
        }
        Ok(Arc::new(Line(line)))
    },
    small: &["steps=40"],
    ..Experiment::EMPTY
};

static VIEWS: [ViewSpec; 3] = [
    ViewSpec::new("line", Wording::new("the line, and its value at x", "直線と x での値"), || {
        vec![Knob::real("x", -1.0..=1.0, 0.5, ["where", "位置"]), view::seed()]
    }),
    ViewSpec::new("loss", Wording::new("the loss at each w and b", "w と b ごとの損失"), Vec::new),
    ViewSpec::new("terms", Wording::new("the terms of the loss of a cell", "セルの損失の内訳"), || {
        vec![Knob::cell("cell", ["a cell of the map", "地図のセル"])]
    }),
];

static ACTIONS: [ActionSpec; 1] = [ActionSpec {
    name: "kick",
    key: 'k',
    help: Wording::new("push the line away", "直線をずらす"),
    argument: Argument::Nothing,
    when: None,
}];

fn knobs() -> Vec<Knob> {
    vec![
        Knob::factor("learning_rate", 1e-4..=1.0, 0.1, ["η", "学習率 η"]).live(),
        Knob::integer("steps", 1..=10_000, 200, ["steps in all", "全ステップ数"]),
    ]
}

fn line() -> Parameters<f32> {
    let mut line = Parameters::new();
    line.add("slope", tensor([1, 1], vec![0.0]));
    line.add("intercept", tensor([1], vec![0.0]));
    line
}

fn numbers(line: &Parameters<f32>) -> [f32; 2] {
    ["slope", "intercept"].map(|name| line.get(name).expect("a line has both").values()[0])
}

/// The mean of (w x + b − y)² over x in [−1, 1] without noise: (w − 2)²/3 + (b + 1)².
fn loss([w, b]: [f32; 2]) -> [f32; 2] {
    [(w - 2.0).powi(2) / 3.0, (b + 1.0).powi(2)]
}

struct ToyLearner {
    line: OptimizedNetwork,
}

impl ToyLearner {
    fn new(knobs: &Knobs, seed: u64) -> Trainer<Self> {
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random: ChaCha8Rng::seed_from_u64(seed),
            schedule: Schedule { warm_up: 0, decay: Decay::Constant, total: knobs.integer("steps") as u64 },
            samples_per_step: 16,
        };
        Trainer::new(ToyLearner { line: OptimizedNetwork::new(line()) }, plan)
    }

    fn trained(&self) -> Line {
        Line(self.line.parameters.clone())
    }
}

impl Learner for ToyLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let x: Vec<f32> = (0..16).map(|_| run.random().random_range(-1.0..1.0)).collect();
        let y = x.iter().map(|x| 2.0 * x - 1.0 + run.random().random_range(-0.1..0.1_f32)).collect();
        let tape = Tape::new();
        let bound = self.line.parameters.on(&tape);
        let (x, y) = (tape.constant(tensor([16, 1], x)), tape.constant(tensor([16, 1], y)));
        let error = x * bound.vars()[0] + bound.vars()[1] - y;
        let loss = error.square().mean();
        run.means(4, [("loss", f64::from(loss.item()))]);
        self.line.descend(&bound, &loss.backward(), run.learning_rate());
        if run.every(4) {
            run.scalar("slope", f64::from(numbers(&self.line.parameters)[0]));
            run.view("line", run.is_last(), self.trained().line(0.5));
        }
        Ok(())
    }

    fn apply_action(&mut self, action: &str, _argument: &str, _run: &mut Run<'_>) -> Result<(), ExperimentError> {
        match action {
            "kick" => {
                self.line.parameters.iter_mut().for_each(|(_, value)| value.mapv_inplace(|number| number + 1.0));
                Ok(())
            }
            other => Err(ExperimentError::new(format!("this lab has no action `{other}`"))),
        }
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new().network("", &mut self.line)
    }

    fn weights(&self) -> Weights {
        Weights::new().network("", &self.line.parameters)
    }

    fn report(&self, _watch: &TaskContext) -> Result<Report, ExperimentError> {
        let [slope, intercept] = numbers(&self.line.parameters);
        let figures = [("slope", slope.into()), ("intercept", intercept.into()), ("parameters", 2.into())];
        Ok(figures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// A fitted line.
struct Line(Parameters<f32>);

impl Line {
    fn line(&self, x: f64) -> Vec<Panel> {
        let [w, b] = numbers(&self.0).map(f64::from);
        let places: Vec<f64> = (-10..=10).map(|place| f64::from(place) / 10.0).collect();
        let curve = |name: &str, w: f64, b: f64| {
            let values = places.iter().map(|x| w * x + b).collect();
            Curve { name: Bilingual::same(name), values, band: None }
        };
        let curves = vec![curve("ŷ", w, b), curve("y", 2.0, -1.0)];
        let (heading, axis) = (Bilingual::new("the line", "直線"), Bilingual::same("x"));
        let value = Panel::Number { name: Bilingual::same("ŷ(x)"), value: w * x + b, format: Format::Plain };
        vec![Panel::Curves(Curves { heading, axis, places, curves }), value]
    }
}

impl Model for Line {
    fn answer(&self, query: &Query, _watch: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
        let panels = match name.as_str() {
            "line" => self.line(inputs.real("x")),
            "loss" => {
                let cells = PLACES.iter().flat_map(|w| PLACES.map(|b| loss([*w, b])));
                vec![Panel::HeatMap(HeatMap {
                    heading: Bilingual::new("loss by w and b", "w と b ごとの損失"),
                    rows: PLACES.map(|w| format!("w {w}")).into(),
                    columns: PLACES.map(|b| format!("b {b}")).into(),
                    values: cells.map(|[slope, intercept]| slope + intercept).collect(),
                    range: [0.0, 15.0],
                })]
            }
            _ => {
                let [row, column] = inputs.cell("cell").unwrap_or_default().map(|at| at.min(PLACES.len() - 1));
                let [slope, intercept] = loss([PLACES[row], PLACES[column]]);
                let term = |name: &str, value: f32| Panel::Number {
                    name: Bilingual::same(name),
                    value: value.into(),
                    format: Format::Plain,
                };
                vec![term("(w − 2)²/3", slope), term("(b + 1)²", intercept)]
            }
        };
        Ok(Answer::Panels { panels })
    }
}
