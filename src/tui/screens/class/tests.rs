//! The class as it is drawn, and what keys ask for there.

use super::list::{Asked, ClassList};
use super::status;
use super::viewing::Viewing;
use crate::class::message::{ClassNow, Here, Member, Picture, RunHere, Script, ToSession};
use crate::experiment::Language;
use crate::tui::class::{ClassState, News};
use crate::tui::context::AppContext;
use crate::tui::keys::{Action, Context};
use crate::tui::screens::{footer, shown};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn member(session: u64, account: &str, here: Here) -> Member {
    Member {
        session,
        account: account.into(),
        student: String::new(),
        is_instructor: false,
        here,
        hand: None,
        idle: 7,
        follows: false,
        has_place: false,
    }
}

fn here(lab: &str, tab: &str, exercise: Option<&str>) -> Here {
    Here {
        lab: Some(lab.into()),
        tab: Some(tab.into()),
        exercise: exercise.map(str::to_owned),
        run: None,
        columns: 100,
        rows: 30,
        dark: true,
    }
}

fn now(presenter: Option<&str>) -> ClassNow {
    ClassNow { presenter: presenter.map(str::to_owned), followers: 1, hands: 1, waiting: 0 }
}

fn welcome(is_instructor: bool, now: ClassNow) -> ToSession {
    ToSession::Welcome { name: "kei".into(), is_instructor, queues: true, asks_id: false, now }
}

/// A context of an instructor who sees four sessions.
fn instructor(language: Language, folder: &std::path::Path) -> AppContext {
    let mut app = AppContext::for_tests(language, folder);
    let run = RunHere { lab: "vae".into(), percent: 42, is_live: true, is_held: false };
    let members = vec![
        Member { hand: Some(95), ..member(3, "anna", here("diffusion", "exercises", Some("two-factors"))) },
        Member { idle: 4000, ..member(5, "ben", Here { run: Some(run), ..here("vae", "train", None) }) },
        Member { follows: true, ..member(7, "chie", Here { columns: 70, rows: 20, ..Here::default() }) },
        member(9, "kei", here("gpt", "explore", None)),
    ];
    let script = Script {
        lab: "vae".into(),
        step: 2,
        steps: 9,
        words: "The two terms pull against each other.".into(),
        note: Some("Wait until somebody names the KL term.".into()),
    };
    app.class.hears([
        welcome(true, now(Some("kei"))),
        ToSession::Roster { members },
        ToSession::Script { script: Some(script), seconds: 754 },
    ]);
    app
}

#[test]
fn the_list_of_the_class() {
    let folder = tempfile::tempdir().unwrap();
    for (language, size) in [(Language::En, (120, 14)), (Language::Ja, (80, 14))] {
        let app = instructor(language, folder.path());
        let mut list = ClassList::default();
        let area = Rect::new(0, 0, size.0, size.1);
        let mut buffer = Buffer::empty(area);
        let foot = Rect { y: area.height - 1, height: 1, ..area };
        list.draw(Rect { height: area.height - 1, ..area }, &app, &mut buffer);
        let keys = status(foot, &app, &mut buffer);
        footer(keys, &list.contexts(&app), list.in_text(), &app, &mut buffer);
        insta::assert_snapshot!(format!("the_list_of_the_class_{language}"), shown(&buffer));
    }
}

#[test]
fn keys_of_the_list_ask_for_the_session_under_the_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = instructor(Language::En, folder.path());
    let mut list = ClassList::default();
    assert_eq!(list.handle_action(Action::Confirm, &app), Asked::Watch(3));
    list.handle_action(Action::Down, &app);
    assert_eq!(list.handle_action(Action::LowerHand, &app), Asked::Lower(5));
    // The cursor stays with the session, whatever comes before it.
    let late = Member { hand: Some(1), ..member(11, "zoe", Here::default()) };
    let members = std::iter::once(late).chain(app.class.members.clone()).collect();
    app.class.hears([ToSession::Roster { members }]);
    assert_eq!(list.handle_action(Action::Confirm, &app), Asked::Watch(5));
    list.handle_action(Action::Message, &app);
    list.pasted("see\u{1b} page 2");
    assert_eq!(list.handle_action(Action::Confirm, &app), Asked::Message(Some(5), "see page 2".into()));
    list.handle_action(Action::MessageAll, &app);
    assert_eq!(list.handle_action(Action::Confirm, &app), Asked::Nothing, "nothing was typed");
    // A filter finds people by their lab too; Esc takes it away before it closes the list.
    list.handle_action(Action::Search, &app);
    list.pasted("diff");
    list.handle_action(Action::Confirm, &app);
    assert_eq!(list.handle_action(Action::Confirm, &app), Asked::Watch(3));
    assert_eq!(list.handle_action(Action::Back, &app), Asked::Nothing);
    assert_eq!(list.handle_action(Action::Back, &app), Asked::Close);
}

#[test]
fn a_held_run_that_others_wait_for_is_ended_once_it_is_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = instructor(Language::En, folder.path());
    let run = |is_held: bool| Some(RunHere { lab: "vae".into(), percent: 42, is_live: !is_held, is_held });
    let mut shows = |is_held: bool, waiting: usize| {
        let here = Here { run: run(is_held), ..here("vae", "train", None) };
        let members = vec![Member { has_place: true, ..member(5, "ben", here) }];
        app.class.hears([ToSession::Class(ClassNow { waiting, ..now(None) }), ToSession::Roster { members }]);
        let mut list = ClassList::default();
        let asked = list.handle_action(Action::EndRun, &app);
        let area = Rect::new(0, 0, 90, 10);
        let mut buffer = Buffer::empty(area);
        list.draw(area, &app, &mut buffer);
        let named = ClassList::default().contexts(&app).contains(&Context::ClassHeld);
        assert_eq!(named, is_held && waiting > 0, "the footer names its key where it does something");
        (asked, list, shown(&buffer))
    };
    assert_eq!(shows(false, 2).0, Asked::NotHeld, "it trains");
    assert_eq!(shows(true, 0).0, Asked::NotHeld, "nobody waits");
    let (asked, mut list, seen) = shows(true, 2);
    assert_eq!(asked, Asked::Nothing, "it is to be confirmed");
    assert!(seen.contains("! 42%") && seen.contains("2 waiting to train"), "{seen}");
    assert!(seen.contains("End the held run of ben? 2 waiting for a place."), "{seen}");
    list.pasted("ben");
    assert!(list.in_text(), "nothing else is meant by keys");
    assert_eq!(list.handle_action(Action::Back, &app), Asked::Nothing);
    assert_eq!(list.handle_action(Action::Confirm, &app), Asked::Watch(5), "it was called off");
    list.handle_action(Action::EndRun, &app);
    assert_eq!(list.handle_action(Action::Confirm, &app), Asked::EndRun(5));
}

fn picture(columns: u16, rows: u16, bytes: &str, pointer: Option<(u16, u16)>) -> ToSession {
    let of = "kei".to_owned();
    ToSession::Screen(Picture { of, columns, rows, is_whole: true, bytes: bytes.into(), pointer, dark: true })
}

#[test]
fn a_larger_screen_is_moved_over_and_a_smaller_one_stands_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = AppContext::for_tests(Language::En, folder.path());
    let area = Rect::new(0, 0, 40, 5);
    let draw = |viewing: &mut Viewing, app: &AppContext| {
        let mut buffer = Buffer::empty(area);
        viewing.draw(area, app, &mut buffer);
        shown(&buffer)
    };
    let mut viewing = Viewing::new(true);
    assert!(draw(&mut viewing, &app).contains("waiting for the screen…"));
    let rows: Vec<String> =
        (0..9).map(|row| format!("\x1b[{};1Hrow {row} {}right{row}", row + 1, "·".repeat(40))).collect();
    app.class.hears([picture(60, 9, &rows.concat(), None)]);
    let first = draw(&mut viewing, &app);
    assert!(first.contains("row 3") && !first.contains("row 4") && first.contains("kei's screen · 60×9"), "{first}");
    viewing.handle_action(Action::End);
    viewing.handle_action(Action::PageDown);
    let last = draw(&mut viewing, &app);
    assert!(last.contains("right8") && !last.contains("row 8"), "{last}");
    // What is pointed at comes into sight.
    app.class.hears([picture(60, 9, &rows.concat(), Some((2, 0)))]);
    let pointed = draw(&mut viewing, &app);
    assert!(pointed.contains("row 0"), "{pointed}");
    app.class.hears([picture(10, 2, "深層 a", None)]);
    assert_eq!(draw(&mut viewing, &app).lines().nth(1), Some("               深層 a"));
    assert_eq!(app.class.hears([ToSession::ScreenGone]), [News::ScreenGone]);
}

#[test]
fn a_run_waits_for_its_place_and_gives_it_back() {
    let mut class = ClassState::default();
    assert!(class.may_train(), "outside of a class");
    class.hears([welcome(false, ClassNow::default())]);
    class.link_for_tests();
    assert!(!class.may_train());
    class.hears([ToSession::Place { ask: 0, ahead: None }]);
    assert!(!class.may_train(), "nothing was asked for");
    class.ask_for_place();
    assert_eq!((class.is_waiting(), class.ahead()), (true, None));
    class.hears([ToSession::Place { ask: 1, ahead: Some(2) }]);
    assert_eq!((class.may_train(), class.ahead()), (false, Some(2)));
    class.hears([ToSession::Place { ask: 1, ahead: None }]);
    assert_eq!((class.may_train(), class.is_waiting(), class.ahead()), (true, false, None));
    class.give_place_back();
    assert!(!class.may_train());
    class.ask_for_place();
    class.hears([ToSession::Place { ask: 1, ahead: None }]);
    assert!(!class.may_train(), "that place was given back");
    assert_eq!(class.hears([ToSession::Full { ask: 2, holds: 30, most: 20 }]), [News::Full(30, 20)]);
    assert!(!class.is_waiting());
}
