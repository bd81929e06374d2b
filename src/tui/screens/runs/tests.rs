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
        let mut list = RunList::new(&lab, &app).unwrap();
        list.selected = chosen;
        list.draw(area, &lab, &Overlays::default(), &app, &mut Buffer::empty(area));
        for row in 0..list.rows.len() {
            let (place, index) = list.rows[row];
            if index == list.selected {
                continue;
            }
            let (column, row) = (place.x + 5, place.y);
            let kind = MouseEventKind::Down(MouseButton::Left);
            let click = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
            assert!(list.mouse(click).is_none());
            list.draw(area, &lab, &Overlays::default(), &app, &mut Buffer::empty(area));
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
    let mut list = RunList::new(&lab, &app).unwrap();
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
    let mut list = RunList::new(&lab, &app).unwrap();
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
    let mut list = RunList::new(&lab, &app).unwrap();
    list.handle_action(Action::Pin, &mut app);
    let said = app.notice().unwrap();
    assert!(said.contains("label.yaml: line 2: unknown field `pined`"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
}
