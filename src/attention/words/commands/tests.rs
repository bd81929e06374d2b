//! Commands of a conversation.

use super::super::History;
use super::*;
use crate::data::vectors::Vectors;

fn session() -> Session {
    let mut vectors = Vectors::new("compass", 2);
    for (word, row) in [
        ("east", [1.0, 0.0]),
        ("north", [0.0, 1.0]),
        ("north-east", [1.0, 1.0]),
        ("west", [-1.0, 0.1]),
        ("sunrise", [1.0, 0.2]),
    ] {
        vectors.push(word, &row);
    }
    Session::new(Arc::new(vectors), History::default())
}

fn say(session: &mut Session, line: &str) -> Vec<Panel> {
    session.say(line, Language::En, &TaskContext::default()).unwrap()
}

fn ranked(line: &str) -> Vec<String> {
    match &say(&mut session(), line)[..] {
        [Panel::Bars { bars: entries, .. }] => entries.iter().map(|entry| entry.name.clone()).collect(),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn commands_answer() {
    assert_eq!(ranked(":nn east")[0], "sunrise");
    assert_eq!(ranked(":odd east sunrise west north-east")[0], "west");
    assert_eq!(ranked(":path east north"), ["east", "sunrise", "north-east", "north"]);
    assert_eq!(ranked(":bias east>west sunrise north"), ["sunrise", "north"]);
    let said = say(&mut session(), ":plot east north west by east>west");
    let [Panel::Plane { scene, .. }] = &said[..] else { panic!("{said:?}") };
    assert_eq!(scene.axes.as_ref().unwrap(), &["east → west".to_owned(), "PC 1".to_owned()]);
    assert!((scene.labels[0].at[0] + 1.0).abs() < 2e-2 && (scene.labels[2].at[0] - 1.0).abs() < 2e-2);
}

#[test]
fn faults_point_at_their_place() {
    for (line, place, part) in [
        (":nearest king", ":nearest", "did you mean"),
        (":nn eats", "eats", "spelled alike: east"),
        (":plot east nroth", "nroth", "north"),
        (":plot east north by east>wset", "wset", "west"),
        (":top many", "many", "expected :top N"),
        (":use nothing", "nothing", "glove, chive"),
        (":load /no/such.txt", "/no/such.txt", "such.txt"),
    ] {
        let said = say(&mut session(), line);
        let [Panel::Fault { line: shown, from, to, text }] = &said[..] else { panic!("{line}: {said:?}") };
        assert_eq!(&shown[*from..*to], place, "{line}");
        assert!(text.en.contains(part), "{line}: {text:?}");
    }
}

#[test]
fn a_session_is_saved_once_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.txt");
    let mut session = session();
    say(&mut session, "up = north\nup + east");
    let line = format!(":save {}", path.display());
    assert!(matches!(&say(&mut session, &line)[..], [Panel::Note { text }] if text.en.starts_with("2 lines")));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "up = north\nup + east\n");
    assert!(matches!(&say(&mut session, &line)[..], [Panel::Fault { text, .. }] if text.en.contains("there already")));
}

#[test]
fn files_are_loaded_beside_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.txt");
    std::fs::write(&path, "up 0 1\ndown 0 -1\nup 1 1\n").unwrap();
    let mut session = session();
    let line = format!(":load {}", path.display());
    let said = say(&mut session, &line);
    assert!(
        matches!(&said[..], [Panel::Note { text }, Panel::Note { .. }] if text.en == "v.txt: 2 words, 2 numbers each")
    );
    say(&mut session, &line);
    assert_eq!(session.vectors().name, "v.txt-2");
    say(&mut session, ":use compass");
    assert_eq!(session.vectors().len(), 5);
}
