//! Whole conversations, without a screen.

use super::training::REPORT_EVERY;
use super::{Reader, converse_for_tests};
use crate::class::message::{ClassNow, ToSession};
use crate::environment::Environment;
use crate::experiment::Language;
use crate::lab::Progress;
use crate::run::store::tests::description;
use crate::tui::class::News;
use crate::tui::context::AppContext;
use crate::tui::live_run::{LiveRun, Stage};
use crate::tui::terminal::Bell;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// What is printed for a script.
fn told(script: &str) -> String {
    told_after(None, script)
}

/// The same after the first step of a demo.
fn told_after(demo: Option<&str>, script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let app = AppContext::for_tests(Language::En, folder.path());
    let mut out = Vec::new();
    converse_for_tests(app.catalogue.clone(), folder.path(), demo, script, &mut out);
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
    assert!(text.contains(": 4 pairs (pairs_by_person)"), "{text}");
}

/// As many pairs as the preset has, each told before its key is asked for.
#[test]
fn all_pairs_of_the_preset_are_answered_by_keys() {
    let knobs = "base=fresh pretraining=2 layers=1 width=16 heads=2 method=dpo reward_steps=2 steps=3 examined=2";
    let text = told(&format!("open rlhf\ntrain you {knobs}\nwait\n{}press 1*4\nwait\n", "press 2\n".repeat(20)));
    for number in 1..=24 {
        assert_eq!(text.matches(&format!("Pair {number} of 24.")).count(), 1, "{number}: {text}");
    }
    assert!(text.contains(": 24 pairs (pairs_by_person)"), "{text}");
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

/// The lines of two charts may have the same names.
#[test]
fn the_lines_of_each_chart_stand_under_its_title() {
    let text = told("open kl\ntrain quick\nwait\nstatus\n");
    let lines: Vec<&str> = text.lines().collect();
    for (title, first) in [("KL divergence:", "D(P‖Q): "), ("mean and deviation of Q:", "μ of Q: ")] {
        let at = lines.iter().position(|line| *line == title).unwrap_or_else(|| panic!("{title}\n{text}"));
        assert!(lines[at + 1].starts_with(first), "{text}");
    }
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
fn nothing_is_kept_where_nothing_was_written_and_no_knob_is_named_that_is_not_shown() {
    let text = told("open vae\nnotes\nnote\nnotes\ntrain quick no_such_knob_at_all=1\nnote a word\nnotes\n");
    assert_eq!(text.matches("there are no notes on this lab").count(), 2, "{text}");
    assert!(text.contains("nothing was saved") && text.ends_with("saved\na word\n"), "{text}");
    let unknown = text.split("unknown knob").nth(1).unwrap().split("nothing was saved").next().unwrap();
    assert!(unknown.contains("learning_rate") && !unknown.contains("nll"), "{text}");
}

/// What is not there yet is not judged unseen: it is shown first.
#[test]
fn a_key_that_comes_before_the_picture_judges_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let environment =
        Environment::for_tests(AppContext::for_tests(Language::En, folder.path()).catalogue.clone(), folder.path());
    let (sender, messages) = channel();
    let mut out = Vec::new();
    let mut reader = Reader::new(environment, Progress::in_memory(None), Bell::new(sender), &mut out, false);
    let lab = reader.app.catalogue.find("gridworld").unwrap().clone();
    reader.line("open gridworld", &messages).unwrap();
    reader.line("explore sweeps", &messages).unwrap();
    assert!(!reader.shown_early);
    reader.shown_early = true;
    let before = format!("{:?}", reader.explore.as_mut().unwrap().panels());
    reader.press(&lab, "right*5", &messages).unwrap();
    assert_eq!(format!("{:?}", reader.explore.as_mut().unwrap().panels()), before, "the keys do nothing");
    drop(reader);
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with("this is shown only now: press the key again to answer it\n"), "{text}");
}

#[test]
fn a_run_that_is_stopped_asks_nothing_any_more() {
    let knobs =
        "base=fresh pretraining=2 layers=1 width=16 heads=2 pairs=4 method=dpo reward_steps=2 steps=3 examined=2";
    let text = told(&format!("open rlhf\ntrain you {knobs}\nwait\nstop\nwait\nreport\n"));
    assert_eq!(text.matches("Pair 1 of 4.").count(), 1, "{text}");
    assert!(text.contains("it has no report"), "{text}");
}

#[test]
fn the_demo_of_kl_is_told_to_its_end() {
    let text = told_after(Some("kl"), &"\n".repeat(4));
    let folder = tempfile::tempdir().unwrap();
    let app = AppContext::for_tests(Language::En, folder.path());
    let said: Vec<&str> =
        app.catalogue.find("kl").unwrap().demo.iter().filter_map(|step| Some(step.say.as_ref()?.en.as_str())).collect();
    let parts = [
        "demo · step 1 of 4",
        said[0],
        "Pane: two distributions",
        "D(P‖Q)",
        "Presses: m",
        "bimodal",
        "demo · step 2 of 4",
        said[1],
        "Starts a run: quick",
        "waits for the end of the run",
        "finished",
        "demo · step 3 of 4",
        said[2],
        "Look at: P and Q",
        "Starts a run: reverse",
        "demo · step 4 of 4",
        said[3],
        "Enter: end of the demo",
        "the demo has ended",
    ];
    // Sentences are broken between words.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = text.as_str();
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { panic!("{part} in its turn:\n{text}") };
        rest = after;
    }
    assert!(!text.contains("Let the audience predict"), "nobody asked for notes: {text}");
}

#[test]
fn a_demo_in_lines_goes_back_begins_again_shows_notes_and_ends() {
    let text = told_after(Some("kl"), "\nnotes\nback\n\nrestart\nq\npress m\nq\n");
    assert!(text.contains("(note: Let the audience predict"), "{text}");
    assert!(text.contains("demo · step 1 of 4 · shown again"), "{text}");
    assert_eq!(text.matches("Presses: m").count(), 1, "what is shown again does nothing: {text}");
    assert_eq!(text.matches("demo · step 1 of 4\n").count(), 2, "it begins again: {text}");
    let (_, after) = text.split_once("the demo has ended; you can go on using the lab").expect("its end");
    assert!(after.contains("D(P‖Q)"), "the lab stays as it is: {after}");
}

#[test]
fn a_demo_in_lines_waits_for_answers_and_leaves_keys_to_the_lab() {
    let text = told_after(Some("embeddings"), "\npress ctrl-u\ntype Paris\npress enter\nopen kl\ndemo\nq\n");
    assert!(text.contains("Types: king - man + woman") && text.contains("queen"), "{text}");
    let (_, after) = text.split_once("queen").unwrap();
    assert!(after.contains("Paris"), "{after}");
    let (_, after) = after.split_once("the demo has ended").expect("another lab ends it");
    assert!(after.contains("demo · step 1 of 4") && after.contains("the demo has ended"), "{after}");
}

/// What a step shows is told when it is there, not while it is asked for.
#[test]
fn a_step_of_a_demo_is_told_once_all_is_answered() {
    let text = told_after(Some("board-game"), "\n\nq\n");
    let (_, begun) = text.split_once("Presses: ↵").expect("a new game begins");
    assert_eq!(begun.matches(".......").count(), 6, "{text}");
}

/// Whoever waits for a place to train hears how many are before them, every ten seconds.
#[test]
fn the_place_in_the_queue_is_told_every_ten_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = AppContext::for_tests(Language::En, folder.path()).catalogue.clone();
    let environment = Environment::for_tests(catalogue, folder.path());
    let (sender, messages) = channel();
    let mut out = Vec::new();
    let mut reader = Reader::new(environment, Progress::in_memory(None), Bell::new(sender), &mut out, false);
    let now = ClassNow::default();
    let welcome = ToSession::Welcome { name: "ben".into(), is_instructor: false, queues: true, asks_id: false, now };
    reader.app.class.link_for_tests();
    reader.app.class.hears([welcome]);
    reader.line("open vae", &messages).unwrap();
    reader.line("train", &messages).unwrap();
    let begun = reader.told;
    let place = |ahead| ToSession::Place { ask: 1, ahead: Some(ahead) };
    reader.app.class.hears([place(4)]);
    let short = Duration::from_millis(1);
    reader.tell_how_it_stands(begun + REPORT_EVERY - short).unwrap();
    reader.app.class.hears([place(3)]);
    reader.tell_how_it_stands(begun + REPORT_EVERY).unwrap();
    reader.app.class.hears([place(2)]);
    // The next ten seconds begin when it was told.
    let told = reader.told;
    reader.tell_how_it_stands(told + REPORT_EVERY - short).unwrap();
    reader.tell_how_it_stands(told + REPORT_EVERY).unwrap();
    drop(reader);
    let text = String::from_utf8(out).unwrap();
    let ahead: Vec<&str> = text.split(" before you").collect();
    let ahead: Vec<&str> = ahead[..ahead.len() - 1].iter().filter_map(|words| words.rsplit(' ').next()).collect();
    assert_eq!(ahead, ["3", "2"], "{text}");
}

/// An instructor's key comes late where the run goes on again: it is left alone.
#[test]
fn a_run_that_an_instructor_ends_is_said_to_be_if_it_is_held_still() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = AppContext::for_tests(Language::En, folder.path()).catalogue.clone();
    let environment = Environment::for_tests(catalogue, folder.path());
    let mut out = Vec::new();
    let mut reader = Reader::new(environment, Progress::in_memory(None), Bell::new(channel().0), &mut out, false);
    let now = "2026-01-02T03:04:05+00:00[UTC]".parse().unwrap();
    let (recorded, lock) = reader.app.store.create(description(), &now).unwrap();
    drop(lock);
    let wake = Arc::clone(&reader.app.wake);
    reader.app.run = Some(LiveRun::open(&reader.app.store, &reader.app.source, &recorded.id, wake).unwrap());
    for (stage, by) in [(Stage::Running, "kei"), (Stage::Paused, "yui")] {
        reader.app.run.as_mut().unwrap().stage = stage;
        reader.tell_of_class(News::EndRun(by.to_owned())).unwrap();
    }
    let message = reader.app.run.as_ref().unwrap().message.clone();
    drop(reader);
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.contains("yui has ended your run") && text.contains("can be resumed") && !text.contains("kei"),
        "{text}"
    );
    assert!(message.is_some_and(|message| message.en.contains("yui")), "it stands beside the curves too");
}

/// A run of another time is listed, opened with its report, and told of by all that is about a run; what is not there is refused in a line.
#[test]
fn a_run_of_before_is_opened_and_a_stopped_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let told = |script: &str| {
        let app = AppContext::for_tests(Language::En, folder.path());
        let mut out = Vec::new();
        converse_for_tests(app.catalogue.clone(), folder.path(), None, script, &mut out);
        String::from_utf8(out).unwrap()
    };
    let text = told("open kl\nruns\nresume\nruns 1\ntrain quick steps=40\nwait\n");
    for line in ["no run of this lab yet", "no stopped run of this lab", "this lab has no run `1`; runs lists them"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let text = told("open kl\nruns\nruns 1\nreport\nopen vae\nruns last\n");
    assert!(text.contains("1. kl-") && text.contains("quick, seed 1; finished; "), "{text}");
    let run = text.lines().find_map(|line| line.strip_prefix("1. ")?.split(':').next()).unwrap();
    assert!(text.contains(&format!("run {run} is open: status and report tell of it;")), "{text}");
    assert_eq!(text.matches("(q_mean)").count(), 2, "told and asked: {text}");
    assert!(text.contains("this lab has no run `last`"), "of another lab: {text}");
    let text = told("open gridworld\ntrain watch\nstop\nwait\nresume\nstop\nwait\nruns\n");
    assert_eq!(text.matches("has begun").count(), 2, "{text}");
    assert!(text.contains("; stopped; "), "{text}");
}

#[test]
fn what_leads_nowhere_is_said() {
    let text = told("open embeddings\nexplore nope\nexplore 1\n");
    assert!(text.contains("nothing here is called `nope`: expected one of these"), "{text}");
    let text = told("open gridworld\nexplore 1\npress F9\npress §\n");
    assert!(text.contains("`§` means nothing here"), "{text}");
}

#[test]
fn a_line_without_what_it_needs_is_answered() {
    let text = told("open embeddings\nwait\nsay\ntheory x\ntheory 99\nhint 10\ntheory 1\n");
    let answers = ["no run is under way", "nothing was said", "expected the number of a page, 1 to 6", "no hints"];
    for answer in answers {
        assert!(text.contains(answer), "{answer}: {text}");
    }
    assert_eq!(text.matches("expected the number of a page").count(), 2, "{text}");
    assert_eq!(text.matches("(1/6)").count(), 1, "{text}");
    let text = told("open embeddings\nanswer 5 3\nexercise 5\n");
    assert_eq!(
        text.matches("bad 0.7702, great 0.7593").count(),
        2,
        "explained when earned and when asked again: {text}"
    );
    assert!(told("open kl\ntrain\nstop\nwait\n").contains("preset quick, seed 1"));
}
