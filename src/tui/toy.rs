//! The toy lab on the screen: what a chapter file, a line of the registry and a YAML file are worth.

use super::context::AppContext;
use super::keys::Action;
use super::live_run::{LiveRun, Stage};
use super::plain;
use super::screens::lab::LabScreen;
use super::screens::shown;
use crate::experiment::{Answer, Command, Event, Knobs, Language, Query, TaskContext};
use crate::lab::Catalogue;
use crate::registry;
use crate::run::thread::ThreadRunner;
use crate::run::{Runner, Start, Status, ask, seal};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::path::Path;

const LAB: &str = r#"
id: toy
chapter: 2
title: {en: A line, ja: 直線}
summary: {en: Fit a line., ja: 直線を当てはめる。}
outcomes: [{en: see a loss fall, ja: 損失が下がるのを見る}]
minutes: 1
theory:
  - title: {en: The line, ja: 直線}
    text: {en: "$\\hat y = w x + b$", ja: "$\\hat y = w x + b$"}
experiment: toy
knobs: [{name: learning_rate}, {name: steps}]
presets:
  quick: {summary: {en: a second, ja: 1 秒}, seconds: 1}
  full: {summary: {en: more, ja: 長め}, seconds: 2, knobs: {steps: 400}}
dashboard:
  charts:
    - title: {en: the loss, ja: 損失}
      series: [{name: loss, label: {en: train, ja: 学習}}]
  views: [{name: line, title: {en: line, ja: 直線}}]
  numbers: [slope]
explore:
  - {instrument: view, view: line, title: {en: at x, ja: x で}, inputs: {x: 0.25}}
  - {instrument: view, view: loss, opens: {view: terms, input: cell}, title: {en: the map, ja: 地図}}
  - {instrument: view, view: line, title: {en: at another x, ja: 別の x で}}
exercises:
  - id: fall
    title: {en: It falls, ja: 下がる}
    prompt: {en: Bring the loss below 0.05., ja: 損失を 0.05 未満にする。}
    check: {series: {condition: loss < 0.05}}
    explanation: {en: The noise is left., ja: 残りはノイズです。}
  - id: turn
    title: {en: Turn x, ja: x を変える}
    prompt: {en: Turn x., ja: x を変える。}
    check: {instrument: {state: input_turned, view: line, input: x}}
    explanation: {en: Good., ja: よい。}
demo: []
references: []
"#;

/// A context whose catalogue has the toy lab.
fn app(folder: &Path) -> AppContext {
    let labs = folder.join("labs");
    std::fs::create_dir_all(&labs).unwrap();
    std::fs::write(labs.join("99-toy.yaml"), LAB).unwrap();
    let mut app = AppContext::for_tests(Language::En, folder);
    app.catalogue = Catalogue::load(Path::new("/nowhere"), Some(&labs));
    assert_eq!(app.catalogue.errors(), []);
    app
}

fn drawn(screen: &mut LabScreen, app: &mut AppContext) -> String {
    let area = Rect::new(0, 0, 110, 34);
    let mut buffer = Buffer::empty(area);
    screen.draw(area, app, &mut buffer);
    shown(&buffer)
}

/// Brings answers to the screen until none is left to come.
fn settle(screen: &mut LabScreen, app: &mut AppContext) {
    loop {
        let busy = app.questions.is_busy();
        let replies = app.questions.take();
        let none = replies.is_empty();
        replies.iter().for_each(|reply| screen.answered(reply, app));
        if none && !busy {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn it_has_a_dashboard_an_explore_tab_exercises_and_keys_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    let lab = app.catalogue.find("toy").unwrap().clone();
    let mut screen = LabScreen::new(lab.clone(), Some(1), &mut app);
    assert!(drawn(&mut screen, &mut app).contains("learning_rate"), "the knobs before a run");
    screen.handle_action(Action::Confirm, &mut app);
    screen.handle_action(Action::Perform("kick"), &mut app);
    while app.run.as_ref().is_some_and(LiveRun::is_live) {
        for attempt in app.run.as_mut().unwrap().catch_up() {
            app.happened(&lab, &attempt);
        }
    }
    assert_eq!(app.run.as_ref().unwrap().stage, Stage::Finished);
    screen.news(&mut app);
    let train = drawn(&mut screen, &mut app);
    assert!(train.contains("the loss") && train.contains("the line") && train.contains("slope"), "{train}");
    assert!(app.progress.solved("toy").contains("fall"));

    screen.handle_action(Action::Tab(2), &mut app);
    settle(&mut screen, &mut app);
    let explore = drawn(&mut screen, &mut app);
    assert!(explore.contains("x ◂ 0.25 ▸") && explore.contains("x ◂ 0.5 ▸"), "one view twice:\n{explore}");
    assert!(!app.progress.solved("toy").contains("turn"), "nothing was turned yet");
    screen.handle_action(Action::Right, &mut app);
    settle(&mut screen, &mut app);
    screen.handle_action(Action::Up, &mut app);
    assert!(app.progress.solved("toy").contains("turn"));
    // The cell under the cursor is opened into its terms.
    screen.handle_action(Action::NextPane, &mut app);
    settle(&mut screen, &mut app);
    for _ in 0..4 {
        screen.handle_action(Action::Down, &mut app);
    }
    settle(&mut screen, &mut app);
    let opened = drawn(&mut screen, &mut app);
    assert!(opened.contains("(w − 2)²/3") && opened.contains("(b + 1)²"), "{opened}");
}

#[test]
fn it_is_told_in_lines_and_asked_for_a_view() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let script = "open toy\nviews\nask line x=1\nask line y=1\nask lines\ntrain quick seed=x\ntrain quick seed=2\nwait\nexercises\nexplore 1\npress .*2\n\
                  ask x で\nask at another x x=-1\nask AT\nexplore\nexplore the m\nopen a li\nopen 直線\nopen a\nquit\n";
    let mut out = Vec::new();
    plain::converse_for_tests(app.catalogue.clone(), folder.path(), None, script, &mut out);
    let text = String::from_utf8(out).unwrap();
    for part in [
        "x=0.5 (where",
        "ŷ(x) = 0",
        "unknown input `y`",
        "did you mean `line`?",
        "Solved: Turn x",
        "seed `x`: expected",
        "line (at x), loss (the map), line (at another x)",
        "line (at x, at another x): ",
        "1. line: at x",
        "`a` can mean several: autoencoder, attention",
        "Keys: ",
    ] {
        assert!(text.contains(part) || text.replace('\n', " ").contains(part), "{part} in\n{text}");
    }
    assert_eq!(
        text.matches("A line (~1").count(),
        3,
        "opened by its id, the beginning of a title, and a title: {text}"
    );
    assert_eq!(text.matches("Keys: ").count(), 3, "an instrument by its number and by a title: {text}");
    assert_eq!(text.matches("unknown view").count(), 1, "{text}");
    let experiment = registry::find("toy").unwrap();
    let inputs = ask::inputs(experiment.view("line").unwrap(), &["x=0".to_owned()]).unwrap();
    let model = experiment.open_bundled(&app.source).unwrap();
    let answer = model.answer(&Query::View { name: "line".to_owned(), inputs }, &TaskContext::default());
    assert!(matches!(answer, Ok(Answer::Panels { panels }) if panels.len() == 2));
}

#[test]
fn it_is_stopped_resumed_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path());
    let runner = ThreadRunner { store: app.store.clone(), source: app.source.clone() };
    let knobs = Knobs::defaults(&(registry::find("toy").unwrap().knobs)());
    let start = |plan| Start {
        lab: "toy".to_owned(),
        experiment: "toy".to_owned(),
        preset: None,
        knobs: knobs.clone(),
        seed: 3,
        threads: 1,
        data: None,
        plan,
    };
    let played = |plan| {
        let run = runner.start(start(plan), Box::new(|_: &Event| {})).unwrap();
        let id = run.id().to_owned();
        run.wait().unwrap();
        id
    };
    let (straight, stopped) = (played(vec![]), played(vec![(77, Command::Stop)]));
    runner.resume(&stopped, None, Box::new(|_: &Event| {})).unwrap().wait().unwrap();
    assert_eq!(app.store.read(&stopped).unwrap().status, Status::Finished);
    for file in ["checkpoint.safetensors", "model.safetensors"] {
        let [straight, stopped] = [&straight, &stopped].map(|id| app.store.bytes(id, file).unwrap());
        assert!(seal::content(&straight) == seal::content(&stopped), "{file}");
    }
    let kept = app.store.folder_of(&straight).join("pictures/00000200-line-1.json");
    assert!(std::fs::read_to_string(kept).unwrap().contains(r#""panel":"curves""#));
}

#[test]
fn the_keys_of_its_actions_are_those_that_it_declares() {
    use super::keys::{Context, action, footer};
    let contexts = [Context::TrainLive, Context::Train, Context::RunActions(registry::find("toy").unwrap().actions)];
    let pressed = |letter| action(&contexts, &KeyEvent::from(KeyCode::Char(letter)), false);
    assert_eq!(pressed('k'), Some(Action::Perform("kick")));
    let named = footer(&contexts, false);
    assert!(named.iter().any(|(key, binding)| key.name() == "k" && binding.help.en == "push the line away"));
}
