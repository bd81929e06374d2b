//! What is said beside the board, and what a person is asked before it is done.

use super::*;
use crate::experiment::board::{GaveUp, Judged};
use crate::lab::exercise::decide;
use crate::lab::{Attempt, Verdict};

/// One more key that gives up at once would lose a game to a slip of the hand.
#[test]
fn a_person_gives_up_by_a_second_key_and_takes_it_back() {
    let mut opened = open(Language::En);
    opened.handle_action(Action::Resign);
    assert!(opened.board.ending().is_none() && opened.board.said.0.starts_with("R again"), "{}", opened.board.said.0);
    opened.handle_action(Action::Left);
    opened.handle_action(Action::Resign);
    assert!(opened.board.ending().is_none(), "whoever went on is asked again");
    opened.handle_action(Action::Resign);
    assert_eq!(opened.board.ending(), Some(Ending::Won(1)));
    for size in [(80, 21), (120, 33)] {
        let screen = opened.shown(size);
        assert!(screen.contains("it wins (resigned)"), "{screen}");
        assert!(screen.contains("n new game   a analyse   u undo"), "{size:?}:\n{screen}");
    }
    // No move was made that could be undone: what was given up goes on.
    opened.handle_action(Action::Undo);
    assert!(opened.board.ending().is_none() && opened.board.said.0.is_empty(), "{}", opened.board.said.0);
    opened.choose(3);
    assert_eq!(opened.board.table.at, 2);
}

#[test]
fn a_key_is_named_only_where_it_does_something() {
    let mut opened = open(Language::En);
    opened.board.table.gave_up = Some(GaveUp::OutOfTime(0));
    opened.board.go_on(&opened.lab, &mut opened.app);
    assert!(opened.board.said.0.ends_with("n new game   a analyse"), "{}", opened.board.said.0);
    opened.handle_action(Action::Undo);
    assert_eq!(opened.board.said.0, "no further");
}

#[test]
fn a_review_says_that_its_numbers_are_those_of_moves() {
    let opened = open(Language::En);
    let judged = |losses: &[f32]| -> Vec<Judged> {
        losses.iter().map(|loss| Judged { value: 0.5, better: Some(("4".to_owned(), *loss)) }).collect()
    };
    let said = |losses: &[f32]| panel::blunders(&judged(losses), &opened.app);
    assert!(said(&[0.0, 0.5, 0.3, 0.1]).ends_with("lost 20 % or more: moves 2, 3"), "{}", said(&[0.0, 0.5, 0.3, 0.1]));
    assert!(said(&[0.5]).ends_with("lost 20 % or more: move 1"));
    assert!(said(&[0.0]).ends_with("lost 20 % or more: none"));
    let japanese = open(Language::Ja);
    assert!(panel::blunders(&judged(&[0.5, 0.5]), &japanese.app).ends_with("1, 2 手目"));
}

/// The first simulation finds a root without children: nothing is selected before it has some.
#[test]
fn a_simulation_says_what_the_tree_was_before_it_grew() {
    let mut opened = open(Language::En);
    opened.handle_action(Action::SingleStep);
    let screen = opened.shown((118, 34));
    assert!(screen.contains("the root is a leaf: nothing to select yet"), "{screen}");
    assert!(!screen.contains("largest UCB"), "{screen}");
    opened.handle_action(Action::SingleStep);
    let screen = opened.shown((118, 34));
    assert!(screen.contains("children added to the root: 7; ") && screen.contains(" is tried first"), "{screen}");
    assert!(screen.contains("↑↓ this position") && !screen.contains("a leaf"), "its children are shown: {screen}");
    // Later ones follow the bound, and name the node that has grown.
    (0..2).for_each(|_| opened.handle_action(Action::StepMany));
    let screen = opened.shown((118, 34));
    assert!(screen.contains("the largest UCB each time: "), "{screen}");
    opened.handle_action(Action::SingleStep);
    let screen = opened.shown((118, 34));
    assert!(screen.contains("6, children added: 7; 5 is tried first"), "{screen}");
}

/// The exercise names a position in which one column is better than all others; elsewhere a guess may be as good as any.
#[test]
fn a_move_is_predicted_in_the_position_that_the_exercise_names() {
    let passes = |opened: &Opened| {
        let exercise = opened.lab.exercises.iter().find(|exercise| exercise.id == "foretell").unwrap();
        let attempt = |position: &String| Attempt::State {
            state: "prediction_right".to_owned(),
            view: None,
            input: None,
            value: Some(position.clone()),
            knobs: Default::default(),
        };
        opened.predicted.iter().any(|position| decide(exercise, &attempt(position), Language::En) == Verdict::Passed)
    };
    let predict = |opened: &mut Opened, position: &str, column: usize| {
        opened.set_up("connect-four", Seats::People);
        opened.write_position(position);
        opened.board.cursor = Cursor::Cell(column);
        opened.handle_action(Action::Predict);
    };
    let mut opened = open(Language::En);
    // Three on top of each other: one more wins.
    predict(&mut opened, "......./......./......./x....../x....../xooo... x", 0);
    assert_eq!(opened.predicted.len(), 1, "{}", opened.board.said.0);
    assert!(!passes(&opened), "it is a position of one's own");
    predict(&mut opened, "......./......./......./......./o....../o.xx... x", 4);
    assert!(passes(&opened), "{:?} {}", opened.predicted, opened.board.said.0);
}
