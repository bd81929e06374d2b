//! Whole conversations, without a screen.

use super::converse_for_tests;
use crate::experiment::Language;
use crate::tui::context::AppContext;

/// What is printed for a script.
fn told(script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let app = AppContext::for_tests(Language::En, folder.path());
    let mut out = Vec::new();
    converse_for_tests(app.catalogue.clone(), folder.path(), script, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_run_that_asks_is_answered_by_keys() {
    let knobs =
        "base=fresh pretraining=2 layers=1 width=16 heads=2 pairs=4 method=dpo reward_steps=2 steps=3 examined=2";
    let text = told(&format!("open rlhf\ntrain you {knobs}\nwait\npress 1\nstatus\npress 2\npress 1*2\nwait\n"));
    for number in 1..=4 {
        assert!(text.contains(&format!("Pair {number} of 4. Which continuation is better?")), "{text}");
    }
    // The second is told once more with the status.
    assert_eq!(text.matches("Pair 2 of 4.").count(), 2, "{text}");
    assert!(text.contains("Keys: press 1: prefer the first, press 2: prefer the second, press 3: neither"), "{text}");
    assert!(
        text.lines().any(|line| line.starts_with("1: ")) && text.lines().any(|line| line.starts_with("2: ")),
        "{text}"
    );
    // A text has as many lines as are said, one for each sentence.
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines.iter().position(|line| line.starts_with("1: ")).unwrap();
    let ends = begins + lines[begins..].iter().position(|line| line.starts_with("2: ")).unwrap();
    assert!(lines[begins + 1..ends].iter().all(|line| line.starts_with("  ")), "{text}");
    assert!(text.contains("pairs_by_person 4"), "{text}");
}

/// As many pairs as the preset has, each told before its key is asked for.
#[test]
fn all_pairs_of_the_preset_are_answered_by_keys() {
    let knobs = "base=fresh pretraining=2 layers=1 width=16 heads=2 method=dpo reward_steps=2 steps=3 examined=2";
    let text = told(&format!("open rlhf\ntrain you {knobs}\nwait\n{}press 1*4\nwait\n", "press 2\n".repeat(20)));
    for number in 1..=24 {
        assert_eq!(text.matches(&format!("Pair {number} of 24.")).count(), 1, "{number}: {text}");
    }
    assert!(text.contains("pairs_by_person 24"), "{text}");
}

#[test]
fn what_was_done_is_said() {
    let text = told("open gridworld\ntrain watch\nset pace 50\nstop\nwait\nreport\n");
    assert!(text.contains("pace = 50 from the next step on"), "{text}");
    assert!(text.contains("the run did not come to its end: it has no report"), "{text}");
}

#[test]
fn lines_are_no_longer_than_a_terminal_and_a_preset_is_said_to_be_changed() {
    let text = told("open rlhf\nexercise 4\nexercise 8\nhelp\n");
    assert!(text.lines().all(|line| crate::width::width(line) <= super::COLUMNS), "{text}");
    assert!(text.contains("train few. Where that does not reach it, change pairs:"), "{text}");
}

#[test]
fn a_board_is_told_once() {
    let text = told("open board-game\nexplore 1\n");
    assert_eq!(text.matches(".......").count(), 6, "{text}");
    assert!(!text.contains("1   2   3   4"), "{text}");
    assert!(text.contains("win rate"), "{text}");
}

#[test]
fn a_run_says_why_it_does_not_do_what_a_key_asks_for() {
    let text = told("open gridworld\ntrain watch\nexplore 1\npress up*3 w\nstop\n");
    assert!(text.contains("this is the start: it can be moved, not changed"), "{text}");
}

#[test]
fn a_run_that_is_stopped_asks_nothing_any_more() {
    let knobs =
        "base=fresh pretraining=2 layers=1 width=16 heads=2 pairs=4 method=dpo reward_steps=2 steps=3 examined=2";
    let text = told(&format!("open rlhf\ntrain you {knobs}\nwait\nstop\nwait\nreport\n"));
    assert_eq!(text.matches("Pair 1 of 4.").count(), 1, "{text}");
    assert!(text.contains("it has no report"), "{text}");
}
