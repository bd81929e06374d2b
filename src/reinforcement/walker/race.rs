//! Both ways to learn side by side, from scratch and on this computer.

use crate::experiment::panel::{Curve, Curves};
use crate::experiment::{Bilingual, Event, ExperimentError, Knobs, Panel, TaskContext, Trainable};
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
                "Turn `minutes` up to 20 to let both methods learn here from scratch; it takes half a minute.",
                "「分」を 20 に上げると、二つの方法がここで最初から学習します。30 秒ほどかかります。",
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
        found.push((method, points, reached));
    }
    let cell = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"));
    let rows = found.iter().map(|(method, _, reached)| {
        vec![(*method).to_owned(), cell(reached.map(|r| r[0])), cell(reached.map(|r| r[1]))]
    });
    let table = Panel::Table {
        names: vec![
            Bilingual::new("method", "方法"),
            Bilingual::new("robot minutes to 1 m/s", "1 m/s までのロボットの時間(分)"),
            Bilingual::new("computing time, s", "計算時間(秒)"),
        ],
        rows: rows.collect(),
    };
    let curves = |axis: usize, heading: Bilingual, name: Bilingual| {
        let mut places: Vec<f64> =
            found.iter().flat_map(|(_, points, _)| points.iter().map(move |point| point[axis])).collect();
        places.sort_by(f64::total_cmp);
        let curve = |(method, points, _): &(&str, Vec<[f64; 3]>, Option<[f64; 2]>)| Curve {
            name: Bilingual::same(*method),
            values: places.iter().map(|&place| between(points, axis, place)).collect(),
            band: None,
        };
        Panel::Curves(Curves { heading, axis: name, curves: found.iter().map(curve).collect(), places: places.clone() })
    };
    Ok(vec![
        table,
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
    ])
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
    fn a_curve_is_a_line_between_its_points_and_nothing_beyond() {
        let points = [[1.0, 0.0, 10.0], [3.0, 0.0, 20.0]];
        assert_eq!([1.0, 1.5, 3.0].map(|place| between(&points, 0, place)), [10.0, 12.5, 20.0]);
        assert!(between(&points, 0, 0.5).is_nan() && between(&points, 0, 3.5).is_nan());
        assert!(between(&[], 0, 1.0).is_nan());
    }
}
