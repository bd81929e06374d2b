//! Train with a run, drawn.

use super::*;
use crate::experiment::Language;
use crate::run::Start;
use crate::tui::live_run::LiveRun;
use crate::tui::screens::shown;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The tab of the KL lab with a run that has its first values.
fn with_values(language: Language, folder: &std::path::Path) -> (AppContext, Lab, TrainTab) {
    let mut app = AppContext::for_tests(language, folder);
    let lab = app.catalogue.find("kl").unwrap().clone();
    let declared = (registry::find("kl").unwrap().knobs)();
    let start = Start {
        lab: lab.id.clone(),
        experiment: lab.experiment.clone(),
        preset: Some("quick".to_owned()),
        knobs: lab.knobs_of_preset("quick", &declared).unwrap(),
        seed: 1,
        threads: 1,
        data: None,
        plan: Vec::new(),
    };
    let run = LiveRun::start(&*app.runner, start, Arc::clone(&app.wake)).unwrap();
    app.show_run(run);
    let begun = Instant::now();
    while !app.run.as_ref().is_some_and(|run| has_curves(&lab, run)) {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
        app.run.as_mut().unwrap().catch_up();
    }
    let tab = TrainTab::new(&lab, &app);
    (app, lab, tab)
}

fn drawn(tab: &mut TrainTab, [columns, rows]: [u16; 2], lab: &Lab, app: &mut AppContext) -> String {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    tab.draw(area, lab, app, &mut buffer);
    shown(&buffer)
}

/// What `Y` does is said also where there is no room for it beside the title: below the chart then.
#[test]
fn a_narrow_chart_says_that_it_shows_the_later_half() {
    for language in Language::ALL {
        let folder = tempfile::tempdir().unwrap();
        let (mut app, lab, mut tab) = with_values(language, folder.path());
        let said = app.say(text::LATER_HALF);
        for size in [[80, 23], [120, 35]] {
            assert!(!drawn(&mut tab, size, &lab, &mut app).contains(said), "{size:?}");
            assert!(tab.handle_action(Action::LaterHalf, &lab, &mut app));
            let text = drawn(&mut tab, size, &lab, &mut app);
            assert!(text.contains(said), "{size:?}\n{text}");
            assert!(tab.handle_action(Action::LaterHalf, &lab, &mut app));
        }
    }
}

/// The steps along a chart are named, and a knob whose value is a curve too stands once in the table.
#[test]
fn steps_are_named_and_a_knob_stands_once() {
    for language in Language::ALL {
        let folder = tempfile::tempdir().unwrap();
        let (mut app, lab, mut tab) = with_values(language, folder.path());
        let text = drawn(&mut tab, [120, 35], &lab, &mut app);
        let name = app.say(text::STEP);
        let axis = text.lines().filter(|line| line.contains(name) && !line.contains('─')).count();
        assert!(axis >= 1, "{text}");
        assert!(text.matches("learning_rate").count() <= 1, "{text}");
    }
}
