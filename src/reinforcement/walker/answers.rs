//! What a robot that walks shows: its gait; the dream beside the truth; other worlds than that in which it learned; and both ways to learn
//! side by side.

use super::body::{Body, Kind};
use super::episode::{Episode, SUSTAINED, Terms, falls, speed, walk};
use super::experience::{Experience, Step};
use super::policy::Senses;
use super::race::{Start, race};
use super::scenes::{Scenes, around, robot_panels};
use super::simulator::{CONTROL_HZ, Conditions, Ground, figure, height_at};
use super::world_model::{Scales, Sizes, Task, WorldModel};
use crate::experiment::panel::{Curve, Curves, Pose, Poses};
use crate::experiment::{
    Answer, Bilingual, ExperimentError, Knob, Knobs, Model, Panel, Query, TaskContext, ViewSpec, Wording, Words, view,
};
use crate::nn::{Weights, weights};
use crate::tensor::tensor;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Episodes of each row of the table of worlds.
const EPISODES: u64 = 10;
/// Noise of their actions, as in training.
const NOISE: f32 = 0.1;
/// Worlds to be tested in: their names, friction μ, mass, strength, ground.
const WORLDS: [(Wording, Conditions); 7] = {
    let same = Conditions { ground: Ground::Flat, friction: 0.9, mass: 1.0, strength: 1.0 };
    [
        (Wording::new("μ = 0.9", "μ = 0.9"), same),
        (Wording::new("μ = 0.5", "μ = 0.5"), Conditions { friction: 0.5, ..same }),
        (Wording::new("μ = 0.2", "μ = 0.2"), Conditions { friction: 0.2, ..same }),
        (Wording::new("mass × 1.5", "質量 × 1.5"), Conditions { mass: 1.5, ..same }),
        (Wording::new("strength × 0.7", "モーターの強さ × 0.7"), Conditions { strength: 0.7, ..same }),
        (Wording::new("rough", "でこぼこ"), Conditions { ground: Ground::Rough(0.03), ..same }),
        (Wording::new("slope", "上り坂"), Conditions { ground: Ground::Slope(0.08), ..same }),
    ]
};

pub static VIEWS: [ViewSpec; 4] = [
    ViewSpec::new(
        "walk",
        Wording::new("the robot walks; push it", "ロボットの歩行。押すこともできる"),
        || {
            let mut inputs = world();
            inputs.push(Knob::real(
                "push",
                -60.0..=60.0,
                0.0,
                ["push, N·s (negative: backwards)", "押す強さ(N·s、負は後ろ向き)"],
            ));
            inputs.push(Knob::integer("push_at", 0..=19, 3, ["second of the push", "押す時刻(秒)"]));
            inputs.push(Knob::integer("seconds", 1..=20, 6, ["seconds", "秒数"]));
            inputs.push(view::seed());
            inputs
        },
    ),
    ViewSpec::new(
        "dream",
        Wording::new("the same steps in the world model and in truth", "世界モデルの中の歩行と実際の歩行"),
        || {
            let mut inputs = world();
            inputs.push(Knob::real(
                "from",
                0.0..=10.0,
                2.0,
                ["second at which the dream begins", "想像を始める時刻(秒)"],
            ));
            inputs.push(Knob::integer(
                "horizon",
                1..=200,
                40,
                ["control steps of the dream", "想像の長さ(制御ステップ)"],
            ));
            inputs.push(Knob::real(
                "noise",
                0.0..=1.0,
                0.0,
                ["noise added to actions before it", "その前の行動に加えるノイズ"],
            ));
            inputs.push(view::seed());
            inputs
        },
    ),
    ViewSpec::new(
        "worlds",
        Wording::new("speed and falls in other worlds", "別の世界での速さと転倒"),
        || vec![Knob::real("push", 0.0..=60.0, 16.0, ["N·s of a push", "押す強さ(N·s)"])],
    )
    .slow(),
    ViewSpec::new(
        "race",
        Wording::new("world model against search on the robot", "世界モデルと直接の探索を比べる"),
        || {
            vec![
                Knob::integer(
                    "minutes",
                    0..=60,
                    0,
                    [
                        "robot minutes for the search; with seeds 1 to 3 it walks after 17 to 19",
                        "探索に使うロボットの時間(分)。シード 1〜3 では 17〜19 分で歩く",
                    ],
                ),
                view::seed(),
            ]
        },
    )
    .slow(),
];

fn world() -> Vec<Knob> {
    vec![
        Knob::choice("ground", &Ground::NAMES, ["the ground", "地面"]),
        Knob::real("friction", 0.0..=2.0, 0.9, ["friction of the ground", "地面の摩擦係数"]),
        Knob::real("mass", 0.2..=3.0, 1.0, ["factor of the torso's mass", "胴体の質量に掛ける数"]),
        Knob::real(
            "strength",
            0.1..=3.0,
            1.0,
            ["factor of the motors' torque and stiffness", "モーターのトルクと硬さに掛ける数"],
        ),
    ]
}

fn conditions(inputs: &Knobs) -> Conditions {
    Conditions {
        ground: Ground::named(inputs.choice("ground")),
        friction: inputs.real("friction") as f32,
        mass: inputs.real("mass") as f32,
        strength: inputs.real("strength") as f32,
    }
}

/// The prefix of a member's weights.
pub fn prefix(member: usize) -> String {
    format!("member{member}.")
}

/// A policy, and the world model in which it was found.
pub struct WalkerModel {
    body: Body,
    senses: Senses,
    policy: Vec<f32>,
    task: Task,
    /// The world that it was in last.
    conditions: Conditions,
    model: Option<WorldModel>,
    /// Begins a run of this lab.
    start: Start,
}

/// Where a dreamed torso is, and what is felt there.
type Dreamed = (f32, Vec<f32>);

/// What is kept beside the weights.
#[derive(Serialize, Deserialize)]
struct Kept {
    biped: bool,
    stiffness: f32,
    frequency: f32,
    wanted: f32,
    observed: usize,
    conditions: Conditions,
    sizes: Option<Sizes>,
}

impl WalkerModel {
    pub fn new(
        body: Body,
        senses: Senses,
        policy: Vec<f32>,
        task: Task,
        conditions: Conditions,
        model: Option<WorldModel>,
        start: Start,
    ) -> Self {
        WalkerModel { body, senses, policy, task, conditions, model, start }
    }

    pub fn policy(&self) -> &[f32] {
        &self.policy
    }

    /// Numbers that were learned.
    pub fn parameters(&self) -> usize {
        let model =
            self.model.as_ref().map_or(0, |model| model.members.iter().map(|m| m.network.parameters.count()).sum());
        self.policy.len() + model
    }

    /// From a file of [`weights`](Self::weights).
    ///
    /// # Errors
    /// When the file is broken, or of another robot or network than it says.
    pub fn open(bytes: &[u8], start: Start) -> Result<Self, ExperimentError> {
        let mut archive = weights::decode(bytes)?;
        let kept: Kept = serde_json::from_str(archive.state.as_deref().unwrap_or_default())
            .map_err(|error| ExperimentError::new(format!("the robot beside the weights cannot be read: {error}")))?;
        let body = Body::new(if kept.biped { Kind::Biped } else { Kind::Quadruped });
        let sizes_fit = kept.sizes.as_ref().is_none_or(|sizes| {
            sizes.observed == kept.observed && sizes.joints == body.joints() && sizes.members > 0 && sizes.width > 0
        });
        if ![body.observed(), body.places()].contains(&kept.observed) || !sizes_fit {
            return Err(ExperimentError::new("weights of another robot than the one beside them"));
        }
        let body = Body { stiffness: kept.stiffness, ..body };
        let senses = Senses::new(&body, kept.observed, kept.frequency);
        let policy = archive.take("policy", &[senses.weights()])?.iter().copied().collect();
        let model = match kept.sizes {
            Some(sizes) => {
                let mut model = WorldModel::new(sizes, &mut ChaCha8Rng::seed_from_u64(0));
                let Scales { mean, spread, change } = &mut model.scales;
                for (name, scale) in [("mean", mean), ("spread", spread), ("change", change)] {
                    *scale = archive.take(name, &[scale.len()])?.iter().copied().collect();
                }
                for (place, member) in model.members.iter_mut().enumerate() {
                    for (name, value) in member.network.parameters.iter_mut() {
                        *value = archive.take(&format!("{}{name}", prefix(place)), value.shape())?;
                    }
                }
                Some(model)
            }
            None => None,
        };
        Ok(WalkerModel {
            body,
            senses,
            policy,
            task: Task { wanted: kept.wanted },
            conditions: kept.conditions,
            model,
            start,
        })
    }

    pub(super) fn weights(&self) -> Weights {
        let kept = Kept {
            biped: self.body.kind == Kind::Biped,
            stiffness: self.body.stiffness,
            frequency: self.senses.frequency(),
            wanted: self.task.wanted,
            observed: self.senses.observed(),
            conditions: self.conditions,
            sizes: self.model.as_ref().map(|model| model.sizes.clone()),
        };
        let row = |values: &[f32]| tensor([values.len()], values.to_vec());
        let mut weights = Weights::new().tensor("policy", row(&self.policy));
        if let Some(model) = &self.model {
            let Scales { mean, spread, change } = &model.scales;
            for (name, scale) in [("mean", mean), ("spread", spread), ("change", change)] {
                weights = weights.tensor(name, row(scale));
            }
            for (place, member) in model.members.iter().enumerate() {
                weights = weights.network(&prefix(place), &member.network.parameters);
            }
        }
        weights.text(serde_json::to_string(&kept).expect("numbers"))
    }

    fn walk(&self, inputs: &Knobs) -> Vec<Panel> {
        let random = &mut ChaCha8Rng::seed_from_u64(inputs.integer("seed") as u64);
        let terms = Terms {
            conditions: conditions(inputs),
            seed: inputs.integer("seed") as u64,
            limit: inputs.integer("seconds") as usize,
            noise: 0.0,
            push: 0.0,
        };
        let mut episode = Episode::new(terms, self.policy.clone(), self.body.joints(), random);
        let mut robot = episode.robot(&self.body);
        let mut scenes = Scenes::new(&robot);
        let (push, at) = (inputs.real("push") as f32, inputs.integer("push_at") as usize);
        while !episode.has_ended() {
            let push = if episode.marks.len() == at { push } else { 0.0 };
            episode.live_a_second(&mut robot, &self.senses, self.task, push, random, |_, robot| scenes.add(robot));
        }
        let speed = episode.speed();
        let seconds = episode.steps() as f32 / CONTROL_HZ;
        let note = Panel::Note {
            text: if episode.progress.fallen {
                Bilingual::new(format!("fell after {seconds:.1} s"), format!("{seconds:.1} 秒で転倒"))
            } else {
                Bilingual::new(format!("{speed:.2} m/s, no fall"), format!("{speed:.2} m/s、転倒なし"))
            },
        };
        if scenes.limbs.is_empty() {
            return vec![note];
        }
        let mut panels = robot_panels(&scenes);
        panels.insert(1, note);
        panels
    }

    fn dream(&self, inputs: &Knobs) -> Vec<Panel> {
        let Some(model) = &self.model else {
            return vec![Panel::Note {
                text: Bilingual::new(
                    "This robot learned without a world model: it cannot dream.",
                    "このロボットは世界モデルなしで学習したため、想像はできません。",
                ),
            }];
        };
        let random = &mut ChaCha8Rng::seed_from_u64(inputs.integer("seed") as u64);
        let (observed, horizon) = (self.senses.observed(), inputs.integer("horizon") as usize);
        let from = (inputs.real("from") as f32 * CONTROL_HZ) as usize;
        let limit = (from + horizon + 1).div_ceil(CONTROL_HZ as usize);
        let (seed, noise) = (inputs.integer("seed") as u64, inputs.real("noise") as f32);
        let terms = Terms { conditions: conditions(inputs), seed, limit, noise, push: 0.0 };
        let mut experience = Experience::new(observed, self.body.joints());
        let (mut truth, mut places, mut limbs, mut ground) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        walk(&self.body, &self.senses, &self.policy, terms, self.task, random, |lived, robot| {
            if ground.is_empty() {
                ground = robot.ground().to_vec();
            }
            let step = Step {
                observation: &lived.before[..observed],
                action: lived.action,
                next: &lived.after[..observed],
                displacement: lived.displacement,
                phase: lived.phase,
            };
            experience.add(&step, lived.age, lived.since_push);
            truth.push(lived.after.to_vec());
            places.push(robot.distance());
            limbs.push(robot.limbs());
        });
        if experience.len() <= from {
            return vec![Panel::Note {
                text: Bilingual::new(
                    "The robot fell before the dream began.",
                    "想像を始める前にロボットが転倒しました。",
                ),
            }];
        }
        let end = experience.len().min(from + horizon);
        let begin_at = if from > 0 { places[from - 1] } else { 0.0 };
        // The same actions in every member, as they were in truth: what differs is the model alone.
        let dreams: Vec<Vec<Dreamed>> = (0..model.members.len())
            .map(|member| {
                let mut imagined = model.begin(member, &experience, &[from]);
                let mut at = begin_at;
                let mut step = |row: usize| {
                    at += model.advance(member, &mut imagined, experience.get(row).action)[0];
                    (at, imagined.observations.clone())
                };
                (from..end).map(&mut step).collect()
            })
            .collect();
        let count = dreams.len() as f64;
        let mean_of = |step: usize, of: &dyn Fn(&Dreamed) -> f32| {
            let values: Vec<f64> = dreams.iter().map(|dream| f64::from(of(&dream[step]))).collect();
            let mean = values.iter().sum::<f64>() / count;
            (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt())
        };
        let steps = end - from;
        let poses = (0..steps).map(|step| {
            let felt: Vec<f32> = (0..observed).map(|axis| mean_of(step, &|dream| dream.1[axis]).0 as f32).collect();
            let x = mean_of(step, &|dream| dream.0).0 as f32;
            let below = height_at(&ground, x);
            let predicted = figure(&self.body, [x, felt[0] + below], felt[1], &felt[2..2 + self.body.joints()]);
            Pose { limbs: limbs[from + step].clone(), predicted, contacts: Vec::new() }
        });
        let poses = Panel::Poses(Poses {
            heading: Bilingual::new("the truth, and the mean of the dreams", "実際の動きと、想像の平均"),
            seconds_per_pose: 1.0 / CONTROL_HZ,
            ground: around(&ground, &limbs[from..end]),
            poses: poses.collect(),
        });
        let seconds: Vec<f64> = (1..=steps).map(|step| step as f64 / f64::from(CONTROL_HZ)).collect();
        let dreamed: Vec<(f64, f64)> = (0..steps).map(|step| mean_of(step, &|dream| dream.0)).collect();
        let distance = Panel::Curves(Curves {
            heading: Bilingual::new(
                "distance, m; the band is the disagreement of the networks",
                "進んだ距離 (m)。帯はネットワークの不一致",
            ),
            axis: Bilingual::new("seconds", "秒"),
            places: seconds.clone(),
            curves: vec![
                Curve {
                    name: Bilingual::new("truth", "実際"),
                    values: (from..end).map(|row| f64::from(places[row])).collect(),
                    band: None,
                },
                Curve {
                    name: Bilingual::new("dream", "想像"),
                    values: dreamed.iter().map(|(mean, _)| *mean).collect(),
                    band: Some([
                        dreamed.iter().map(|(mean, spread)| mean - spread).collect(),
                        dreamed.iter().map(|(mean, spread)| mean + spread).collect(),
                    ]),
                },
            ],
        });
        let wrong: Vec<f64> = (0..steps)
            .map(|step| {
                let square = |axis: usize| {
                    let mean = mean_of(step, &|dream| dream.1[axis]).0;
                    ((mean - f64::from(truth[from + step][axis])) / f64::from(model.scales.spread[axis])).powi(2)
                };
                ((0..observed).map(square).sum::<f64>() / observed as f64).sqrt()
            })
            .collect();
        let apart: Vec<f64> = (0..steps)
            .map(|step| {
                let square = |axis: usize| {
                    (mean_of(step, &|dream| dream.1[axis]).1 / f64::from(model.scales.spread[axis])).powi(2)
                };
                ((0..observed).map(square).sum::<f64>() / observed as f64).sqrt()
            })
            .collect();
        let note = Panel::Note {
            text: Bilingual::new(
                format!(
                    "error after 1 step {:.2}, after {steps} steps {:.2}; disagreement {:.2} (unit: standard deviation in the training data)",
                    wrong[0],
                    wrong[steps - 1],
                    apart[steps - 1]
                ),
                format!(
                    "1 ステップ後の誤差 {:.2}、{steps} ステップ後 {:.2}。不一致 {:.2}(単位: 訓練データの標準偏差)",
                    wrong[0],
                    wrong[steps - 1],
                    apart[steps - 1]
                ),
            ),
        };
        let errors = Panel::Curves(Curves {
            heading: Bilingual::new(
                "error of the dream, and disagreement of the networks",
                "想像の誤差と、ネットワークの不一致",
            ),
            axis: Bilingual::new("seconds", "秒"),
            places: seconds,
            curves: vec![
                Curve { name: Bilingual::new("error", "誤差"), values: wrong, band: None },
                Curve { name: Bilingual::new("disagreement", "不一致"), values: apart, band: None },
            ],
        });
        vec![poses, note, distance, errors]
    }

    fn worlds(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let push = inputs.real("push") as f32;
        let mut rows = Vec::new();
        for (place, (name, conditions)) in WORLDS.into_iter().enumerate() {
            task.report_progress(place as u64, WORLDS.len() as u64);
            task.check()?;
            let terms = Terms { conditions, seed: 0, limit: SUSTAINED, noise: NOISE, push: 0.0 };
            let fallen = |push: f32| {
                falls(&self.body, &self.senses, &self.policy, Terms { push, ..terms }, self.task, EPISODES).to_string()
            };
            let speed = speed(&self.body, &self.senses, &self.policy, conditions, self.task);
            let name = Words::from(Bilingual::from(name));
            rows.push(vec![name, format!("{speed:.2}").into(), fallen(0.0).into(), fallen(push).into()]);
        }
        let names = vec![
            Bilingual::new("world", "世界"),
            Bilingual::new("speed, m/s", "速さ (m/s)"),
            Bilingual::new(format!("falls in {EPISODES}"), format!("{EPISODES} 回中の転倒")),
            Bilingual::new(format!("falls if pushed, {push:.0} N·s"), format!("{push:.0} N·s で押したときの転倒")),
        ];
        let note = Panel::Note {
            text: Bilingual::new(
                "μ is the friction of the ground; in each of the other rows one thing is not as in training.",
                "μ は地面の摩擦係数です。ほかの行は、訓練時と 1 か所だけ違います。",
            ),
        };
        Ok(vec![Panel::columns(names, rows), note])
    }
}

impl Model for WalkerModel {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
        let panels = match name.as_str() {
            "walk" => self.walk(&inputs),
            "dream" => self.dream(&inputs),
            "worlds" => self.worlds(&inputs, task)?,
            _ => race(&inputs, task, self.start)?,
        };
        Ok(Answer::Panels { panels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled() -> WalkerModel {
        WalkerModel::open(super::super::EXPERIMENT.bundled.weights, super::super::learner::start).unwrap()
    }

    fn panels(model: &WalkerModel, view: &str, inputs: &[(&str, f64)]) -> Vec<Panel> {
        let declared = (view::find(&VIEWS, view).unwrap().inputs)();
        let mut knobs = Knobs::defaults(&declared);
        inputs.iter().for_each(|(name, value)| knobs.set_text(&declared, &format!("{name}={value}")).unwrap());
        if view == "walk" { model.walk(&knobs) } else { model.dream(&knobs) }
    }

    fn note(panels: &[Panel]) -> String {
        panels
            .iter()
            .find_map(|panel| if let Panel::Note { text } = panel { Some(text.en.clone()) } else { None })
            .unwrap()
    }

    #[test]
    fn the_bundled_robot_walks_a_metre_a_second_and_is_felled_by_a_wall() {
        let model = bundled();
        let speed = |panels: &[Panel]| note(panels).split(' ').next().unwrap().parse::<f32>();
        assert!(speed(&panels(&model, "walk", &[("seconds", 12.0)])).unwrap() >= 1.0);
        let felled = note(&panels(&model, "walk", &[("push", -60.0)]));
        assert!(felled.starts_with("fell after"), "{felled}");
    }

    #[test]
    fn a_dream_begins_at_the_truth_and_leaves_it() {
        let shown = panels(&bundled(), "dream", &[]);
        let Panel::Poses(poses) = &shown[0] else { panic!("poses") };
        assert_eq!(poses.poses.len(), 40);
        let apart = |pose: &Pose| (pose.limbs[0][0] - pose.predicted[0][0]).abs();
        assert!(apart(&poses.poses[0]) < 0.02, "{}", apart(&poses.poses[0]));
        let short = note(&panels(&bundled(), "dream", &[("from", 0.0), ("horizon", 1.0)]));
        assert!(short.starts_with("error after 1 step"), "{short}");
    }

    #[test]
    fn a_robot_without_a_model_says_so() {
        let model = WalkerModel { model: None, ..bundled() };
        assert!(note(&panels(&model, "dream", &[])).contains("without a world model"));
        let bytes = model.weights().encode(crate::experiment::Precision::Single);
        assert!(WalkerModel::open(&bytes, super::super::learner::start).unwrap().model.is_none());
    }

    #[test]
    fn weights_of_another_robot_are_refused() {
        let model = bundled();
        let text = serde_json::to_string(&Kept {
            biped: true,
            stiffness: 60.0,
            frequency: 2.0,
            wanted: 0.06,
            observed: 21,
            conditions: Conditions::default(),
            sizes: None,
        });
        let weights = Weights::new().tensor("policy", tensor([192], model.policy.clone())).text(text.unwrap());
        let refused =
            WalkerModel::open(&weights.encode(crate::experiment::Precision::Single), super::super::learner::start)
                .err()
                .unwrap();
        assert_eq!(refused.to_string(), "weights of another robot than the one beside them");
    }
}
