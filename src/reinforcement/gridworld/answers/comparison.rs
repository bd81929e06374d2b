//! Two algorithms side by side: on one map, from the same seed.

use super::backup::short;
use super::{GridModel, chosen, grid, path};
use crate::experiment::panel::{Cell, Curve, Curves};
use crate::experiment::{Bilingual, ExperimentError, Knobs, Panel, TaskContext, Words};
use crate::reinforcement::gridworld::algorithm;
use crate::reinforcement::gridworld::dynamics::{greedy, greedy_policy, largest};
use crate::reinforcement::gridworld::learning::{Agent, Exploration, Settings};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// n and λ of the algorithms.
const N: usize = 4;
const LAMBDA: f64 = 0.8;
/// Points of a curve of returns at most.
const POINTS: usize = 100;

/// An algorithm as people call it.
fn name_of(algorithm: &str) -> Bilingual {
    let ja = match algorithm {
        "q-learning" => "Q 学習",
        "sarsa" => "SARSA",
        "expected-sarsa" => "期待 SARSA",
        "n-step" => "n ステップ法",
        "sarsa-lambda" => "SARSA(λ)",
        "monte-carlo" => "モンテカルロ法",
        other => other,
    };
    Bilingual::new(algorithm, ja)
}

impl GridModel {
    pub(super) fn side_by_side(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (map, dynamics) = chosen(self, inputs);
        let episodes = inputs.integer("episodes") as usize;
        let names = [inputs.choice("first"), inputs.choice("second")];
        let (mut grids, mut curves, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        // Of one algorithm a second run from the same seed would be the first again.
        let compared = if names[0] == names[1] { &names[..1] } else { &names[..] };
        for (index, name) in compared.iter().enumerate() {
            let settings = Settings {
                algorithm: algorithm(name, N, LAMBDA),
                exploration: Exploration::EpsilonGreedy(inputs.real("epsilon")),
                alpha: inputs.real("learning_rate"),
                gamma: inputs.real("gamma"),
            };
            let random = &mut ChaCha8Rng::seed_from_u64(inputs.integer("seed") as u64);
            let mut agent = Agent::new(&dynamics);
            let mut returns = Vec::with_capacity(episodes);
            for episode in 0..episodes {
                task.check()?;
                task.report_progress((index * episodes + episode) as u64, (compared.len() * episodes) as u64);
                let ended = loop {
                    if let Some(ended) = agent.step(&dynamics, &settings, random) {
                        break ended;
                    }
                };
                returns.push(ended.total);
            }
            let way = path(&map, &dynamics, |cell| agent.q_of(cell));
            let values: Vec<f64> = (0..map.cells()).map(|cell| largest(&agent.q_of(cell))).collect();
            let name = name_of(name);
            let heading = Bilingual::new(
                format!("{}; shade: max Q(s, a), •: its greedy way", name.en),
                format!("{}。色の濃さ: max Q(s, a)、•: 貪欲方策の経路", name.ja),
            );
            grids.push(Panel::Grid(grid(&map, heading, &values, |cell| Cell {
                policy: Some(greedy_policy(&agent.q_of(cell)).map(|share| share as f32)),
                text: if way.contains(&cell) { "•".to_owned() } else { String::new() },
                ..Cell::default()
            })));
            let last = &returns[returns.len().saturating_sub(100)..];
            let mean = last.iter().sum::<f64>() / last.len() as f64;
            let reaches =
                way.last().is_some_and(|&cell| dynamics.is_terminal(map.landing(cell, greedy(&agent.q_of(cell)))));
            let moves = if reaches { way.len().to_string() } else { "–".to_owned() };
            rows.push(vec![Words::from(name.clone()), short(mean).into(), moves.into()]);
            curves.push(Curve { name, values: smoothed(&returns), band: None });
        }
        let mut panels = Vec::new();
        if compared.len() < names.len() {
            panels.push(Panel::Note {
                text: Bilingual::new(
                    "`first` and `second` are the same algorithm: with the same seed both are equal. Turn one of them.",
                    "「手法 1」と「手法 2」が同じアルゴリズムです。乱数も同じなので結果は等しくなります。どちらかを変えてください。",
                ),
            });
        }
        panels.extend(grids);
        panels.push(Panel::columns(
            [
                ("algorithm", "アルゴリズム"),
                ("mean return, last 100 episodes at most", "平均収益(最後の最大 100 エピソード)"),
                ("moves of its greedy way", "貪欲方策の手数"),
            ],
            rows,
        ));
        panels.push(Panel::Curves(Curves {
            heading: Bilingual::new("return per episode, smoothed", "エピソードごとの収益(平滑化)"),
            axis: Bilingual::new("episodes", "エピソード"),
            places: places(episodes),
            curves,
        }));
        Ok(panels)
    }
}

/// Where the points of a curve over so many episodes lie: at the ends of stretches of the same length.
fn places(episodes: usize) -> Vec<f64> {
    let stretch = episodes.div_ceil(POINTS);
    (1..=episodes.div_ceil(stretch)).map(|index| (index * stretch).min(episodes) as f64).collect()
}

/// The mean of each stretch.
fn smoothed(returns: &[f64]) -> Vec<f64> {
    let stretch = returns.len().div_ceil(POINTS);
    returns.chunks(stretch).map(|chunk| chunk.iter().sum::<f64>() / chunk.len() as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::super::VIEWS;
    use super::*;
    use crate::experiment::{Language, view};
    use crate::reinforcement::gridworld::EXPERIMENT;

    fn compared(first: &str, second: &str) -> Vec<Panel> {
        let declared = (view::find(&VIEWS, "side_by_side").unwrap().inputs)();
        let mut inputs = Knobs::defaults(&declared);
        for given in [format!("first={first}"), format!("second={second}"), "episodes=20".to_owned()] {
            inputs.set_text(&declared, &given).unwrap();
        }
        let model = GridModel::open(EXPERIMENT.bundled.weights).unwrap();
        model.side_by_side(&inputs, &TaskContext::default()).unwrap()
    }

    #[test]
    fn two_algorithms_stand_beside_each_other_under_their_names_in_either_language() {
        let panels = compared("q-learning", "sarsa");
        let heading = |panel: &Panel| panel.heading().unwrap().clone();
        assert!(heading(&panels[0]).en.starts_with("q-learning; shade: max Q(s, a)"), "{panels:?}");
        assert!(heading(&panels[1]).ja.starts_with("SARSA。色の濃さ: max Q(s, a)"), "{panels:?}");
        let Panel::Table { rows, .. } = &panels[2] else { panic!("{panels:?}") };
        let names = |language| rows.in_language(language).into_iter().map(|row| row[0].clone()).collect::<Vec<_>>();
        assert_eq!(names(Language::En), ["q-learning", "sarsa"]);
        assert_eq!(names(Language::Ja), ["Q 学習", "SARSA"]);
    }

    #[test]
    fn an_algorithm_beside_itself_is_said_to_be_equal_and_shown_once() {
        let panels = compared("sarsa", "sarsa");
        assert!(matches!(&panels[0], Panel::Note { text } if text.en.contains("the same algorithm")), "{panels:?}");
        assert_eq!(panels.iter().filter(|panel| matches!(panel, Panel::Grid(_))).count(), 1);
    }
}
