//! The list of runs, by its keys.

use super::*;
use crate::experiment::Language;
use crate::run::store::tests::description;
use crossterm::event::KeyModifiers;

/// However long the list and wherever it stands: a click chooses what is under it, and a second one opens that.
#[test]
fn two_clicks_on_a_run_open_it() {
    let folder = tempfile::tempdir().unwrap();
    let app = AppContext::for_tests(Language::En, folder.path());
    let lab = app.catalogue.find("vae").unwrap().clone();
    for _ in 0..20 {
        app.store.create(description(), &"2026-01-02T03:04:05+00:00[UTC]".parse().unwrap()).unwrap();
    }
    let area = Rect::new(0, 0, 80, 22);
    for chosen in [0, 10, 19] {
        let mut list = RunList::new(Some(&lab), &app).unwrap();
        list.selected = chosen;
        list.draw(area, &Overlays::default(), &app, &mut Buffer::empty(area));
        for row in 0..list.rows.len() {
            let (place, index) = list.rows[row];
            if index == list.selected {
                continue;
            }
            let (column, row) = (place.x + 5, place.y);
            let kind = MouseEventKind::Down(MouseButton::Left);
            let click = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
            assert!(list.mouse(click).is_none());
            list.draw(area, &Overlays::default(), &app, &mut Buffer::empty(area));
            let opened = list.mouse(click);
            assert!(matches!(opened, Some(Choice::Open(id)) if id == list.runs[list.shown[index]].id), "from {chosen}");
        }
    }
}

/// What cannot be deleted hinders no other, and is said with the count of those that were.
#[test]
fn each_marked_run_is_deleted_that_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = AppContext::for_tests(Language::En, folder.path());
    let lab = app.catalogue.find("vae").unwrap().clone();
    let now = "2026-01-02T03:04:05+00:00[UTC]".parse().unwrap();
    let mut ids = Vec::new();
    let mut locks = Vec::new();
    for _ in 0..3 {
        let (run, lock) = app.store.create(description(), &now).unwrap();
        ids.push(run.id);
        locks.push(lock);
    }
    // The first is under way in another process.
    locks.truncate(1);
    let mut list = RunList::new(Some(&lab), &app).unwrap();
    for _ in 0..3 {
        list.handle_action(Action::Delete, &mut app);
        list.handle_action(Action::Down, &mut app);
    }
    list.leave(&mut app);
    let (left, _) = app.store.list().unwrap();
    assert_eq!(left.iter().map(|run| &run.id).collect::<Vec<_>>(), [&ids[0]]);
    let said = app.notice().unwrap();
    assert!(said.starts_with("runs deleted: 2; ") && said.contains("under way"), "{said}");
    // Both come back, the one deleted last first, and no third.
    let mut list = RunList::new(Some(&lab), &app).unwrap();
    for there in [2, 3, 3] {
        list.handle_action(Action::Undo, &mut app);
        assert_eq!((list.shown.len(), app.store.list().unwrap().0.len()), (there, there));
    }
    assert_eq!(app.notice(), Some("no deleted run of this lab is left"));
}

/// What a person wrote by hand and got wrong is not lost to the next key.
#[test]
fn a_label_that_cannot_be_read_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = AppContext::for_tests(Language::En, folder.path());
    let lab = app.catalogue.find("vae").unwrap().clone();
    let (run, _) = app.store.create(description(), &"2026-01-02T03:04:05+00:00[UTC]".parse().unwrap()).unwrap();
    let file = app.store.folder_of(&run.id).join("label.yaml");
    let written = "name: mine\npined: true\n";
    std::fs::write(&file, written).unwrap();
    let mut list = RunList::new(Some(&lab), &app).unwrap();
    list.handle_action(Action::Pin, &mut app);
    let said = app.notice().unwrap();
    assert!(said.contains("label.yaml: line 2: unknown field `pined`"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
}

/// A finished run of a lab and a stopped one of another, and a third of the first with another seed.
fn of_two_labs(app: &AppContext) -> Vec<String> {
    use crate::run::Status;
    let runs = [
        ("vae", "quick", 1, Status::Finished),
        ("gan", "full", 7, Status::Stopped),
        ("vae", "plane", 3, Status::Finished),
    ];
    let at = |minute| format!("2026-01-02T03:0{minute}:00Z");
    let begun = runs.into_iter().enumerate().map(|(minute, (lab, preset, seed, status))| {
        let report = serde_json::from_str(&format!(r#"{{"test_elbo": -10{minute}.5}}"#)).unwrap();
        let run = RunDescription {
            lab: lab.to_owned(),
            experiment: lab.to_owned(),
            preset: Some(preset.to_owned()),
            seed,
            status,
            started: at(minute),
            report: (lab == "vae").then_some(report),
            ..description()
        };
        app.store.create(run, &"2026-01-02T03:04:05+00:00[UTC]".parse().unwrap()).unwrap().0.id
    });
    begun.collect()
}

fn drawn(list: &mut RunList, columns: u16, overlays: &Overlays, app: &AppContext) -> String {
    let area = Rect::new(0, 0, columns, 22);
    let mut buffer = Buffer::empty(area);
    list.draw(area, overlays, app, &mut buffer);
    crate::tui::screens::shown(&buffer)
}

#[test]
fn runs_of_all_labs_are_named_and_filtered() {
    let folder = tempfile::tempdir().unwrap();
    for language in Language::ALL {
        let mut app = AppContext::for_tests(language, &folder.path().join(language.to_string()));
        of_two_labs(&app);
        let mut list = RunList::new(None, &app).unwrap();
        let text = drawn(&mut list, 80, &Overlays::default(), &app);
        for lab in ["vae", "gan"] {
            let title = app.catalogue.find(lab).unwrap().title.in_language(language).to_owned();
            assert!(text.contains(&cut(&title, 18)), "{title}: {text}");
        }
        for (filter, count) in [
            ("", 3),
            ("lab:vae", 2),
            ("status:finished", 2),
            ("status:完了", 2),
            ("lab:vae status:finished seed:3", 1),
            ("status:stopped preset:full", 1),
            ("status:stopped lab:vae", 0),
        ] {
            list.handle_action(Action::Search, &mut app);
            list.typing = Some((Field::Filter, String::new()));
            list.pasted(filter);
            assert_eq!(list.shown.len(), count, "{filter}");
        }
        list.handle_action(Action::Back, &mut app);
        list.stand_on("gan");
        assert_eq!(list.chosen().map(|run| run.lab.as_str()), Some("gan"));
    }
}

/// Two runs are compared without one of them being open: those that are marked have a column each.
#[test]
fn what_is_overlaid_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let app = AppContext::for_tests(Language::En, folder.path());
    let ids = of_two_labs(&app);
    let mut list = RunList::new(None, &app).unwrap();
    let mut overlays = Overlays::default();
    // The newest is chosen, of the same lab as the oldest.
    assert_eq!(list.chosen().map(|run| &run.id), Some(&ids[2]));
    assert!(!drawn(&mut list, 80, &overlays, &app).contains("━"));
    overlays.add(&ids[0], &app.store).unwrap();
    let text = drawn(&mut list, 80, &overlays, &app);
    let row = |name: &str, text: &str| text.lines().find(|row| row.contains(name)).unwrap_or_default().to_owned();
    let heading = row("this run", &text);
    assert!(heading.contains("━ ") && heading.contains("quick") && heading.contains("bundled"), "{text}");
    let figures = row("  test_elbo  ", &text);
    assert!(figures.contains("−102.5") && figures.contains("−100.5"), "{text}");
    // A run of another lab has other knobs and figures.
    overlays.add(&ids[1], &app.store).unwrap();
    assert!(!row("this run", &drawn(&mut list, 120, &overlays, &app)).contains("full"));
    // What has no room is counted.
    let third = RunDescription { preset: Some("third".to_owned()), ..description() };
    let (third, _) = app.store.create(third, &"2026-01-02T03:04:05+00:00[UTC]".parse().unwrap()).unwrap();
    overlays.add(&third.id, &app.store).unwrap();
    let mut list = RunList::new(None, &app).unwrap();
    let chosen = list.runs.iter().position(|run| run.id == ids[2]);
    list.selected = list.shown.iter().position(|place| Some(*place) == chosen).unwrap();
    assert!(drawn(&mut list, 80, &overlays, &app).contains("… 1 more"));
}

/// While something is only marked, `u` takes the last mark back and speaks of nothing that was deleted.
#[test]
fn what_is_marked_to_be_deleted_is_kept_by_undo() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = AppContext::for_tests(Language::En, folder.path());
    of_two_labs(&app);
    let mut list = RunList::new(None, &app).unwrap();
    for action in [Action::Delete, Action::Down, Action::Delete, Action::Undo] {
        list.handle_action(action, &mut app);
    }
    assert_eq!((list.marked.len(), app.notice()), (1, None));
    list.handle_action(Action::Undo, &mut app);
    assert_eq!((list.marked.len(), app.notice()), (0, None));
    list.leave(&mut app);
    assert_eq!(app.store.list().unwrap().0.len(), 3);
}
