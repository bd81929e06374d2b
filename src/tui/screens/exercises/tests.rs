//! Exercises as keys and pastes meet them.

use super::*;
use crate::experiment::Language;
use crate::tui::keys::{self, Context};
use crate::tui::screens::shown;

const CONTEXTS: [Context; 4] = [Context::Exercises, Context::Lab, Context::LabTrain, Context::LabRest];

/// An exercise of the VAE lab.
fn at(exercise: &str) -> (tempfile::TempDir, AppContext, Lab, ExercisesTab) {
    at_in("vae", exercise)
}

fn at_in(lab: &str, exercise: &str) -> (tempfile::TempDir, AppContext, Lab, ExercisesTab) {
    let folder = tempfile::tempdir().unwrap();
    let app = AppContext::for_tests(Language::En, folder.path());
    let lab = app.catalogue.find(lab).unwrap().clone();
    let mut tab = ExercisesTab::new(&lab, &app);
    tab.select(lab.exercises.iter().position(|other| other.id == exercise).expect("an exercise of the lab"));
    (folder, app, lab, tab)
}

/// A key on its way: to what it means, else into the field.
fn press(letter: char, tab: &mut ExercisesTab, lab: &Lab, app: &mut AppContext) {
    let key = KeyEvent::from(KeyCode::Char(letter));
    match keys::action(&CONTEXTS, &key, tab.in_text(lab)) {
        Some(action) => _ = tab.handle_action(action, lab, app),
        None => tab.typed(&key, lab, app),
    }
}

fn written(tab: &ExercisesTab) -> Option<String> {
    tab.writing.as_ref().map(|area| area.lines().join(" "))
}

#[test]
fn whatever_begins_a_number_begins_the_answer() {
    for letter in ['0', '7', '-', '−', '+', '.', ',', '５'] {
        let (_folder, mut app, lab, mut tab) = at("kl-by-hand");
        press(letter, &mut tab, &lab, &mut app);
        assert_eq!(written(&tab), Some(letter.to_string()));
    }
    for letter in ['h', 'n', 'x', ' ', '_'] {
        let (_folder, mut app, lab, mut tab) = at("kl-by-hand");
        press(letter, &mut tab, &lab, &mut app);
        assert_eq!(written(&tab), None, "{letter}");
    }
}

#[test]
fn a_number_is_typed_handed_in_and_kept() {
    let (_folder, mut app, lab, mut tab) = at("kl-by-hand");
    let area = Rect::new(0, 0, 80, 24);
    let drawn = |tab: &mut ExercisesTab, app: &AppContext| {
        let mut buffer = Buffer::empty(area);
        tab.draw(area, &lab, app, &mut buffer);
        shown(&buffer)
    };
    assert!(drawn(&mut tab, &app).contains("type a number"));
    "-3".chars().for_each(|letter| press(letter, &mut tab, &lab, &mut app));
    tab.handle_action(Action::Confirm, &lab, &mut app);
    assert!(app.progress.solved(&lab.id).is_empty());
    // Put aside it is still there, and the next digit begins anew.
    tab.handle_action(Action::Back, &lab, &mut app);
    assert!(drawn(&mut tab, &app).contains("-3 ↵"));
    ".818".chars().for_each(|letter| press(letter, &mut tab, &lab, &mut app));
    assert_eq!(written(&tab).as_deref(), Some(".818"));
    tab.handle_action(Action::Confirm, &lab, &mut app);
    assert!(app.progress.solved(&lab.id).contains("kl-by-hand"));
    assert!(drawn(&mut tab, &app).contains(".818 ↵"));
}

#[test]
fn a_number_can_be_pasted_at_once() {
    let (_folder, mut app, lab, mut tab) = at("kl-by-hand");
    tab.pasted("no number", &lab, &mut app);
    assert_eq!(written(&tab), None);
    tab.pasted("0.25\n", &lab, &mut app);
    assert_eq!(written(&tab).as_deref().map(str::trim), Some("0.25"));
}

/// Tab leaves an answer in words as it leaves any other, and nothing of it is lost.
#[test]
fn tab_goes_to_the_next_exercise_from_an_answer_too() {
    let (_folder, mut app, lab, mut tab) = at("in-your-words");
    let words = tab.selected;
    tab.handle_action(Action::Confirm, &lab, &mut app);
    "half an answer".chars().for_each(|letter| press(letter, &mut tab, &lab, &mut app));
    let next = keys::action(&CONTEXTS, &KeyEvent::from(KeyCode::Tab), tab.in_text(&lab)).unwrap();
    assert!(tab.handle_action(next, &lab, &mut app));
    assert_ne!(tab.selected, words);
    tab.select(words);
    tab.handle_action(Action::Confirm, &lab, &mut app);
    assert_eq!(written(&tab).as_deref(), Some("half an answer"));
}

#[test]
fn a_text_on_a_run_counts_only_after_the_run() {
    let (_folder, mut app, lab, mut tab) = at_in("cyclegan", "lambda");
    let area = Rect::new(0, 0, 80, 24);
    let drawn = |tab: &mut ExercisesTab, app: &AppContext| {
        let mut buffer = Buffer::empty(area);
        tab.draw(area, &lab, app, &mut buffer);
        shown(&buffer)
    };
    assert!(drawn(&mut tab, &app).contains("Counts only once"));
    let exercise = lab.exercises[tab.selected].clone();
    let answer = Attempt::Text("The digits still lean, but they are others, and nothing is restored.".to_owned());
    tab.decide(&exercise, &answer, &lab, &mut app);
    assert!(app.progress.solved(&lab.id).is_empty());
    assert!(tab.verdict.as_ref().is_some_and(|verdict| verdict.contains("λ = 0")));
    app.solve(&lab, "no-cycle", "", "");
    tab.decide(&exercise, &answer, &lab, &mut app);
    assert!(app.progress.solved(&lab.id).contains("lambda"));
    assert!(!drawn(&mut tab, &app).contains("Counts only once"));
}

/// Whatever stands in the field and was judged, also after Esc and Enter: what is typed takes its place. An arrow or ⌫ mends it.
#[test]
fn a_number_takes_the_place_of_one_that_was_judged() {
    let (_folder, mut app, lab, mut tab) = at("kl-by-hand");
    "1.998".chars().for_each(|letter| press(letter, &mut tab, &lab, &mut app));
    tab.handle_action(Action::Confirm, &lab, &mut app);
    tab.handle_action(Action::Back, &lab, &mut app);
    tab.handle_action(Action::Confirm, &lab, &mut app);
    assert_eq!(written(&tab).as_deref(), Some("1.998"));
    "0.002".chars().for_each(|letter| press(letter, &mut tab, &lab, &mut app));
    assert_eq!(written(&tab).as_deref(), Some("0.002"));
    // What was not handed in goes on.
    tab.handle_action(Action::Back, &lab, &mut app);
    tab.handle_action(Action::Confirm, &lab, &mut app);
    press('5', &mut tab, &lab, &mut app);
    assert_eq!(written(&tab).as_deref(), Some("0.0025"));
    tab.handle_action(Action::Confirm, &lab, &mut app);
    tab.handle_action(Action::Home, &lab, &mut app);
    press('1', &mut tab, &lab, &mut app);
    assert_eq!(written(&tab).as_deref(), Some("10.0025"));
    tab.handle_action(Action::Confirm, &lab, &mut app);
    tab.pasted("7", &lab, &mut app);
    assert_eq!(written(&tab).as_deref(), Some("7"));
}

#[test]
fn the_same_wrong_option_again_is_no_other_try() {
    let (_folder, mut app, lab, mut tab) = at("predict-elbo");
    let exercise = lab.exercises[tab.selected].clone();
    let Check::Choice { answer, options } = &exercise.check else { panic!("a choice") };
    let wrong: Vec<usize> = (0..options.len()).filter(|option| option != answer).collect();
    let tries = |tab: &mut ExercisesTab, option: usize, app: &mut AppContext| {
        tab.option = option;
        tab.handle_action(Action::Confirm, &lab, app);
        assert!(tab.verdict.is_some(), "it is said each time");
        app.progress.attempts(&lab.id, &exercise.id)
    };
    assert_eq!([0, 0, 0].map(|at| tries(&mut tab, wrong[at], &mut app)), [1, 1, 1]);
    assert_eq!(tries(&mut tab, wrong[1], &mut app), 2);
}

/// A click on any row of an option chooses it, and a second one is the answer.
#[test]
fn a_click_chooses_an_option_and_a_second_one_answers() {
    let (_folder, mut app, lab, mut tab) = at("predict-elbo");
    let Check::Choice { answer, options } = lab.exercises[tab.selected].check.clone() else { panic!("a choice") };
    let area = Rect::new(0, 0, 100, 40);
    tab.draw(area, &lab, &app, &mut Buffer::empty(area));
    let rows = tab.options.clone();
    let chosen: Vec<usize> = rows.iter().map(|(_, index)| *index).collect();
    assert!((0..options.len()).all(|index| chosen.contains(&index)), "{chosen:?}");
    let click = |tab: &mut ExercisesTab, place: Rect, app: &mut AppContext| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let modifiers = crossterm::event::KeyModifiers::NONE;
        tab.mouse(MouseEvent { kind, column: place.x + 5, row: place.y, modifiers }, &lab, app);
    };
    for (place, index) in rows.iter().filter(|(_, index)| *index != answer) {
        click(&mut tab, *place, &mut app);
        assert_eq!((tab.option, tab.verdict.is_some()), (*index, false), "chosen, and not handed in");
        tab.clicked = None;
    }
    let (place, _) = rows.iter().find(|(_, index)| *index == answer).unwrap();
    click(&mut tab, *place, &mut app);
    assert!(app.progress.solved(&lab.id).is_empty());
    click(&mut tab, *place, &mut app);
    assert!(app.progress.solved(&lab.id).contains("predict-elbo"));
    // Beside them nothing is chosen.
    let before = tab.option;
    click(&mut tab, Rect::new(0, area.height - 1, 1, 1), &mut app);
    assert_eq!(tab.option, before);
}

/// A word that is longer than the field is broken, so that its end is seen.
#[test]
fn a_long_word_stays_in_its_field() {
    let (_folder, mut app, lab, mut tab) = at("in-your-words");
    tab.handle_action(Action::Confirm, &lab, &mut app);
    tab.pasted(&format!("{}end", "x".repeat(90)), &lab, &mut app);
    let area = Rect::new(0, 0, 80, 24);
    let mut buffer = Buffer::empty(area);
    tab.draw(area, &lab, &app, &mut buffer);
    let text = shown(&buffer);
    let rows: Vec<&str> = text.lines().filter(|line| line.contains("xxx")).collect();
    let letters: usize = rows.iter().map(|row| row.matches('x').count()).sum();
    assert!(rows.len() == 2 && letters >= 90 && text.contains("end"), "{text}");
}

#[test]
fn home_and_end_lead_to_the_first_and_the_last_exercise() {
    let (_folder, mut app, lab, mut tab) = at("kl-by-hand");
    for (code, place) in [(KeyCode::End, lab.exercises.len() - 1), (KeyCode::Home, 0)] {
        let action = keys::action(&CONTEXTS, &KeyEvent::from(code), tab.in_text(&lab)).unwrap();
        assert!(tab.handle_action(action, &lab, &mut app));
        assert_eq!(tab.selected, place);
    }
}
