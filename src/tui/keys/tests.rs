//! Keys against the places they stand in.

use super::*;
use crossterm::event::KeyModifiers;

fn press(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

#[test]
fn the_nearest_context_wins() {
    let space = press(KeyCode::Char(' '));
    assert_eq!(action(&[Context::TrainLive, Context::Train, Context::Lab], &space, false), Some(Action::Pause));
    assert_eq!(action(&[Context::Theory, Context::Lab], &space, false), Some(Action::PageDown));
    assert_eq!(action(&[Context::Picker], &press(KeyCode::Char('l')), false), Some(Action::SwitchLanguage));
}

#[test]
fn text_takes_printable_keys_and_leaves_the_rest() {
    let contexts = [Context::Notes, Context::Lab];
    assert_eq!(action(&contexts, &press(KeyCode::Char('?')), true), None);
    assert_eq!(action(&contexts, &press(KeyCode::F(1)), true), Some(Action::Help));
    assert_eq!(action(&contexts, &press(KeyCode::Esc), true), Some(Action::Back));
    let palette = KeyEvent::new(KeyCode::Char('p'), KeyModifiers::CONTROL);
    assert_eq!(action(&contexts, &palette, true), Some(Action::Palette));
}

#[test]
fn the_footer_names_no_key_that_would_be_typed() {
    let names = |in_text| -> Vec<String> {
        footer(&[Context::Repl, Context::Lab], in_text).into_iter().map(|(key, _)| key.name()).collect()
    };
    assert!(names(false).contains(&"?".to_owned()) && names(false).contains(&"]".to_owned()));
    assert!(names(true).contains(&"F1".to_owned()) && names(true).contains(&"Ctrl-P".to_owned()));
    assert!(names(true).iter().all(|name| name == "↵" || name.chars().count() > 1 || name == "↑"));
}

#[test]
fn keys_to_an_end_are_named_where_there_is_one() {
    let names =
        |contexts: &[Context]| working(contexts, false).into_iter().any(|(_, binding)| binding.action == Action::Home);
    assert!(names(&[Context::Exercises, Context::Lab]) && names(&[Context::DrawingPad, Context::ViewInputs]));
    use Context::{BoardEdit, BoardForm, BoardLine, BoardPuzzle, Distributions, DrawingPad, Guess};
    for without in [BoardEdit, BoardForm, BoardLine, BoardPuzzle, Distributions, DrawingPad, Guess] {
        assert!(!names(&[Context::Panes, without, Context::Lab]), "{without:?}");
    }
}

#[test]
fn a_map_of_codes_has_a_middle_and_no_end() {
    let named = working(&[Context::Panes, Context::Codes, Context::Lab], false);
    let has = |action| named.iter().any(|(_, binding)| binding.action == action);
    assert_eq!((has(Action::Home), has(Action::End)), (true, false));
}

#[test]
fn after_a_run_the_footer_leads_to_a_new_one() {
    let shown = footer(&[Context::TrainOver, Context::Train, Context::Lab], false);
    assert_eq!(shown[0].1.action, Action::NewRun);
    assert!(shown.iter().all(|(_, binding)| binding.action != Action::Pause));
}

/// Space is named for what it does: it pauses a run that goes on, and lets one go on that is held.
#[test]
fn space_is_named_for_what_it_does() {
    let space = |contexts: &[Context]| {
        let named = footer(contexts, false);
        let named: Vec<&str> =
            named.iter().filter(|(key, _)| key.name() == "Space").map(|(_, binding)| binding.help.en).collect();
        assert_eq!(action(contexts, &press(KeyCode::Char(' ')), false), Some(Action::Pause));
        named.join(" ")
    };
    let train = vec![Context::TrainLive, Context::LiveKnobs, Context::Train, Context::Lab];
    let explore = vec![Context::ExploreActions(&[]), Context::ExploreLive, Context::ViewPanel, Context::Lab];
    assert_eq!((space(&train).as_str(), space(&explore).as_str()), ("pause", "pause the run"));
    assert_eq!(space(&while_held(train)), "go on");
    assert_eq!(space(&while_held(explore)), "let the run go on");
}

/// A gridworld without a run: keys of actions say what is missing, and are not named.
#[test]
fn keys_of_actions_are_named_where_a_run_takes_them() {
    let experiment = crate::registry::find("gridworld").unwrap();
    let knobs = Knobs::defaults(&(experiment.knobs)());
    let contexts = || vec![Context::ExploreActions(experiment.actions), Context::ExploreLive, Context::ViewPanel];
    let wall = press(KeyCode::Char('w'));
    for (run, count) in [(None, 0), (Some(&knobs), 1)] {
        let contexts = beside_run(contexts(), run);
        let named = working(&contexts, false);
        let of_run = |binding: &Binding| matches!(binding.action, Action::Perform("wall") | Action::Pause);
        assert_eq!(named.iter().filter(|(_, binding)| of_run(binding)).count(), 2 * count, "{named:?}");
        assert!(matches!(action(&contexts, &wall, false), Some(Action::Perform(_))));
    }
}

#[test]
fn digits_are_named_and_typed() {
    let named = footer(&[Context::ViewArrows, Context::ViewDigits, Context::ViewInputs], false);
    assert!(named.iter().any(|(key, binding)| key.name() == "0–9" && binding.action == Action::TypeNumber));
    for code in [KeyCode::Char('4'), KeyCode::Null] {
        assert_eq!(action(&[Context::ViewDigits], &press(code), false), None, "{code:?}");
    }
}

#[test]
fn shift_with_a_sign_does_not_matter() {
    let shifted = KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT);
    assert_eq!(action(&[], &shifted, false), Some(Action::Help));
}

#[test]
fn no_key_means_two_things_in_one_context() {
    for (index, binding) in BINDINGS.iter().enumerate() {
        for other in &BINDINGS[index + 1..] {
            let clash = binding.keys.iter().find(|key| other.keys.contains(key));
            assert!(binding.context != other.context || clash.is_none(), "{:?} twice in {:?}", clash, other.context);
        }
    }
}

#[test]
fn keys_that_answer_a_question_of_the_run_are_named_first() {
    let actions = crate::registry::find("rlhf").unwrap().actions;
    let asked = [Context::RunActions(actions), Context::TrainLive, Context::LiveKnobs, Context::Train];
    let named: Vec<String> = footer(&asked, false).iter().map(|(key, _)| key.name()).collect();
    assert_eq!(named[..3], ["1", "2", "3"]);
}
