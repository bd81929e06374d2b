//! Both ways to learn side by side, from scratch and on this computer.

use crate::experiment::panel::{Curve, Curves};
use crate::experiment::{Bilingual, Event, ExperimentError, Knobs, Panel, TaskContext, Trainable, Words};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Begins a run of this lab: its knobs and its seed.
pub type Start = fn(&Knobs, u64) -> Box<dyn Trainable>;

/// A race that was run, by its minutes and its seed: it is about the methods, not about the model that is asked.
static RACES: Mutex<BTreeMap<(i64, i64), Vec<Panel>>> = Mutex::new(BTreeMap::new());

/// A race, as it was run before or now.
pub fn race(inputs: &Knobs, task: &TaskContext, start: Start) -> Result<Vec<Panel>, ExperimentError> {
    let key = (inputs.integer("minutes"), inputs.integer("seed"));
    if key.0 == 0 {
        return Ok(vec![Panel::Note {
            text: Bilingual::new(
                "Hold → until `minutes` is 20 to let both methods learn here from scratch; it takes half a minute.",
                "→ を押し続けて「分」を 20 にすると、二つの方法がここで最初から学習します。30 秒ほどかかります。",
            ),
        }]);
    }
    let races = || RACES.lock().unwrap_or_else(PoisonError::into_inner);
    let before = races().get(&key).cloned();
    if let Some(panels) = before {
        return Ok(panels);
    }
    let panels = run_race(inputs, task, start)?;
    races().insert(key, panels.clone());
    Ok(panels)
}

/// Both ways to learn from the same seed: speed by robot time, and by seconds of this computer.
fn run_race(inputs: &Knobs, task: &TaskContext, start: Start) -> Result<Vec<Panel>, ExperimentError> {
    let minutes = inputs.integer("minutes");
    let runs = [("world-model", 3.min(minutes)), ("search", minutes)];
    let total: u64 = runs.iter().map(|(_, minutes)| 60 * *minutes as u64).sum();
    let (mut done, mut found) = (0, Vec::new());
    for (method, minutes) in runs {
        let declared = super::knobs();
        let mut knobs = Knobs::defaults(&declared);
        // The search as in its preset; with fewer directions an update needs less robot time.
        let own: &[&str] = if method == "search" { &["directions=8", "policy_step=0.1"] } else { &[] };
        let common = [format!("method={method}"), format!("steps={}", 60 * minutes)];
        for assignment in common.iter().map(String::as_str).chain(own.iter().copied()) {
            knobs.set_text(&declared, assignment).expect("a knob of this lab");
        }
        let mut run = start(&knobs, inputs.integer("seed") as u64);
        let (began, mut points, mut reached) = (Instant::now(), Vec::new(), None);
        let (mut falls, mut has_fallen) = (0.0, false);
        for second in 1..=60 * minutes {
            task.check()?;
            let at = [second as f64 / 60.0, began.elapsed().as_secs_f64()];
            run.step(&mut |event| match event {
                Event::Scalar { series, value, .. } if series == "falls" => {
                    has_fallen = value > falls;
                    falls = value;
                }
                Event::Scalar { series, value, .. } if series == "speed" => {
                    points.push([at[0], at[1], value]);
                    if value >= 1.0 && !has_fallen {
                        reached.get_or_insert(at);
                    }
                }
                _ => {}
            })?;
            done += 1;
            task.report_progress(done, total);
        }
        found.push(Raced { method, minutes, points, reached });
    }
    Ok(panels_of(&found))
}

/// How a method did.
struct Raced {
    method: &'static str,
    /// Robot minutes that it had.
    minutes: i64,
    /// Robot minutes, seconds of this computer, and the speed, wherever one was measured.
    points: Vec<[f64; 3]>,
    /// Both times when it first walked at 1 m/s.
    reached: Option<[f64; 2]>,
}

fn panels_of(found: &[Raced]) -> Vec<Panel> {
    let cell = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
    let rows = found.iter().map(|Raced { method, reached, .. }| {
        vec![Words::from(name_of(method)), cell(reached.map(|r| r[0])).into(), cell(reached.map(|r| r[1])).into()]
    });
    let names = [
        ("method", "方法"),
        ("robot minutes to 1 m/s", "1 m/s までのロボットの時間(分)"),
        ("computing time, s", "計算時間(秒)"),
    ];
    let table = Panel::columns(names, rows);
    let (drawn, without): (Vec<&Raced>, Vec<&Raced>) = found.iter().partition(|raced| !raced.points.is_empty());
    let curves = |axis: usize, heading: Bilingual, name: Bilingual| {
        let mut places: Vec<f64> =
            drawn.iter().flat_map(|raced| raced.points.iter().map(move |point| point[axis])).collect();
        places.sort_by(f64::total_cmp);
        let curve = |raced: &&Raced| Curve {
            name: name_of(raced.method),
            values: places.iter().map(|&place| between(&raced.points, axis, place)).collect(),
            band: None,
        };
        Panel::Curves(Curves { heading, axis: name, curves: drawn.iter().map(curve).collect(), places: places.clone() })
    };
    let by_time = [
        curves(
            0,
            Bilingual::new("speed, m/s, by robot time", "速さ (m/s)とロボットの時間"),
            Bilingual::new("robot minutes", "ロボットの時間(分)"),
        ),
        curves(
            1,
            Bilingual::new("speed, m/s, by computing time", "速さ (m/s)と計算時間"),
            Bilingual::new("seconds", "秒"),
        ),
    ];
    [table].into_iter().chain(without.into_iter().map(without_curve)).chain(by_time).collect()
}

/// A method as people call it.
fn name_of(method: &str) -> Bilingual {
    Bilingual::new(method, if method == "search" { "探索" } else { "世界モデル" })
}

/// What is said of a method that has no curve.
fn without_curve(Raced { method, minutes, .. }: &Raced) -> Panel {
    let Bilingual { en, ja } = name_of(method);
    Panel::Note {
        text: Bilingual::new(
            format!("{en} has no curve: in {minutes} min of robot time its speed was not measured"),
            format!("{ja}の曲線はありません。ロボットの時間 {minutes} 分の間に速さが測られませんでした"),
        ),
    }
}

/// The value of a curve between its points; not a number before the first and after the last.
fn between(points: &[[f64; 3]], axis: usize, place: f64) -> f64 {
    let right = points.partition_point(|point| point[axis] < place);
    match (right.checked_sub(1).and_then(|left| points.get(left)), points.get(right)) {
        (_, Some(point)) if point[axis] == place => point[2],
        (Some(left), Some(right)) => left[2] + (right[2] - left[2]) * (place - left[axis]) / (right[axis] - left[axis]),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_whose_speed_was_not_measured_is_said_and_stands_in_no_legend() {
        let raced = |method, points| Raced { method, minutes: 1, points, reached: None };
        let panels =
            panels_of(&[raced("world-model", vec![[0.5, 3.0, 0.2], [1.0, 9.0, 0.4]]), raced("search", vec![])]);
        let Panel::Note { text } = &panels[1] else { panic!("{panels:?}") };
        assert_eq!(text.en, "search has no curve: in 1 min of robot time its speed was not measured");
        for panel in &panels[2..] {
            let Panel::Curves(Curves { curves, .. }) = panel else { panic!("{panel:?}") };
            assert_eq!(curves.iter().map(|curve| curve.name.ja.as_str()).collect::<Vec<_>>(), ["世界モデル"]);
        }
    }

    #[test]
    fn a_curve_is_a_line_between_its_points_and_nothing_beyond() {
        let points = [[1.0, 0.0, 10.0], [3.0, 0.0, 20.0]];
        assert_eq!([1.0, 1.5, 3.0].map(|place| between(&points, 0, place)), [10.0, 12.5, 20.0]);
        assert!(between(&points, 0, 0.5).is_nan() && between(&points, 0, 3.5).is_nan());
        assert!(between(&[], 0, 1.0).is_nan());
    }
}
