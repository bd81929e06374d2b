//! Going through what has no room: panels below each other, and the rows of a list.

use super::{Focus, Shown, View};
use crate::experiment::Panel;
use crate::experiment::panel::Place;
use crate::lab::Lab;
use crate::tui::context::AppContext;
use crate::tui::widgets::panel;
use ratatui::layout::Position;

impl View {
    /// Whether the model refuses what a person has not changed: then nothing can be asked of it here.
    pub(super) fn is_refused(&self) -> bool {
        self.shown.failure.is_some() && self.shown.is_models && self.inputs.are_as_begun()
    }

    /// Whether a panel is the first of pictures that have no room and go through them together.
    pub(super) fn leads_pictures(&self, panel: &Panel) -> bool {
        let is_cut = |panel: &Panel| match panel {
            Panel::Pictures { images, .. } => self.is_cut(panel, images.pictures.len()),
            _ => false,
        };
        let mut together = self.shown.panels.iter().filter(|other| panel::go_together(panel, other) && is_cut(other));
        together.next().is_some_and(|first| std::ptr::eq(first, panel))
    }

    /// Whether a panel of so many places was drawn with less of them.
    pub(super) fn is_cut(&self, panel: &Panel, places: usize) -> bool {
        let index = self.shown.panels.iter().position(|other| std::ptr::eq(other, panel));
        self.shown.drawn.iter().any(|(drawn, area)| Some(*drawn) == index && area.count() < places)
    }

    /// Whether the panel with the keys is a list.
    pub(super) fn picks_of_list(&self) -> bool {
        matches!(self.picked_panel(), Some(Panel::Bars { .. } | Panel::Table { .. }))
    }

    /// The list of which not all rows are in sight, and how many are: that with the keys, else the last one.
    pub(super) fn cut_list(&self) -> Option<(usize, usize)> {
        let cut = self.shown.drawn.iter().filter(|(index, drawn)| {
            let rows = match self.shown.panels.get(*index) {
                Some(Panel::Bars { bars, .. }) => bars.len(),
                Some(Panel::Table { rows, .. }) => rows.len(),
                Some(panel @ Panel::Pictures { images, .. }) if self.leads_pictures(panel) => images.pictures.len(),
                _ => 0,
            };
            drawn.count() < rows
        });
        let cut: Vec<(usize, usize)> = cut.map(|(index, drawn)| (*index, drawn.count())).collect();
        cut.iter().find(|(index, _)| self.focus == Focus::Panel(*index)).or(cut.last()).copied()
    }

    /// What stands under the pointer: what is opened beside the view, else the view itself.
    pub(super) fn shown_at(&mut self, position: Position) -> &mut Shown {
        match &mut self.opened {
            Some(opened) if opened.shown.area.contains(position) => &mut opened.shown,
            _ => &mut self.shown,
        }
    }

    /// Scrolls to the panels below or above: of what is opened first, which names the key; where all are in sight, through the rows of a
    /// list that has no room for all.
    pub(super) fn page(&mut self, down: bool, lab: &Lab, app: &mut AppContext) {
        if let Some(opened) = &mut self.opened {
            let before = opened.shown.from;
            opened.shown.page(down);
            if opened.shown.from != before {
                return;
            }
        }
        let before = self.shown.from;
        self.shown.page(down);
        let Some((index, rows)) = self.cut_list().filter(|_| self.shown.from == before) else { return };
        if self.focus != Focus::Panel(index) {
            // As if the cursor stood in the middle of the rows in sight: so it does among those that follow.
            self.focus = Focus::Panel(index);
            self.cursor = Some(Place::Item(rows / 2));
        }
        let by = i32::try_from(rows.max(1)).unwrap_or(i32::MAX);
        let by = if down { by } else { -by };
        let is_list = self.picks_of_list();
        // Pictures stand in rows of several.
        self.move_cursor(if is_list { (0, by) } else { (by, 0) }, lab, app);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::panel::{Bar, Format};
    use crate::experiment::{Bilingual, Language};
    use crate::registry;
    use crate::tui::instruments::Instrument;
    use crate::tui::keys::{Action, Context};
    use crate::tui::widgets::frame::rows_of_text;
    use crossterm::event::{KeyCode, KeyEvent};
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    #[test]
    fn a_gallery_is_gone_through_by_pages_and_to_its_ends() {
        use crate::experiment::{GrayImage, ImageGrid};
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("gpt").unwrap().clone();
        let use_ = lab.explore.iter().find(|use_| use_.view.as_deref() == Some("next")).unwrap();
        let mut view = View::new(0, use_, registry::find("gpt").unwrap()).unwrap();
        let row = |number: usize| Panel::Pictures {
            heading: Bilingual::same(format!("row{number:02}")),
            images: ImageGrid::new(2, vec![GrayImage::blank(28, 28); 2]),
            captions: Vec::new(),
        };
        view.shown.panels = (0..9).map(row).collect();
        let area = Rect::new(0, 0, 80, 30);
        // The rows in sight after a key.
        let mut after = |action: Option<Action>| {
            if let Some(action) = action {
                view.handle_action(action, &lab, &mut app);
            }
            let mut buffer = Buffer::empty(area);
            view.draw(area, true, "next", &mut app, &mut buffer);
            let text = rows_of_text(&buffer).collect::<Vec<_>>().join("\n");
            (0..9).filter(|number| text.contains(&format!("row{number:02}"))).collect::<Vec<usize>>()
        };
        let first = after(None);
        assert!(first[0] == 0 && (3..9).contains(&first.len()), "{first:?}");
        let page = first.len() - 1;
        assert_eq!(after(Some(Action::PageDown))[0], page, "the last of {first:?} is the first now");
        assert_eq!(after(Some(Action::PageUp)), first);
        let last = after(Some(Action::End));
        assert!(last.len() >= page && last.ends_with(&[7, 8]), "{last:?}");
        assert_eq!(after(Some(Action::PageDown)), last, "there is nothing below");
        assert_eq!(after(Some(Action::Home)), first);
    }

    #[test]
    fn pictures_without_room_are_gone_through_by_pages() {
        use crate::experiment::{GrayImage, ImageGrid};
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("gan").unwrap().clone();
        let use_ = lab.explore.iter().find(|use_| use_.view.as_deref() == Some("samples")).unwrap();
        let mut view = View::new(0, use_, registry::find("gan").unwrap()).unwrap();
        let images = ImageGrid::new(8, vec![GrayImage::blank(28, 28); 40]);
        view.shown.panels = vec![Panel::Pictures { heading: Bilingual::default(), images, captions: Vec::new() }];
        let area = Rect::new(0, 0, 80, 20);
        view.draw(area, true, "samples", &mut app, &mut Buffer::empty(area));
        assert!(view.contexts().contains(&Context::ViewList), "the key that shows more is named");
        for _ in 0..40 {
            view.handle_action(Action::PageDown, &lab, &mut app);
            view.draw(area, true, "samples", &mut app, &mut Buffer::empty(area));
        }
        assert_eq!(view.cursor, Some(Place::Item(39)));
    }

    #[test]
    fn what_is_opened_beside_a_view_is_scrolled_by_the_key_that_it_names_and_by_the_wheel() {
        use crossterm::event::{KeyModifiers, MouseEvent, MouseEventKind};
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("transformer").unwrap().clone();
        let use_ = lab.explore.iter().find(|use_| use_.opens.is_some()).unwrap();
        let mut view = View::new(0, use_, registry::find(&lab.experiment).unwrap()).unwrap();
        let table = |number: usize| {
            let rows = (0..6).map(|row| vec![format!("row {row} of table{number}")]).collect();
            Panel::table(vec![format!("table{number}")], rows)
        };
        view.shown.panels = vec![table(0)];
        view.opened.as_mut().unwrap().shown.panels = (1..6).map(table).collect();
        let area = Rect::new(0, 0, 80, 20);
        let seen = |view: &mut View, app: &mut AppContext| {
            let mut buffer = Buffer::empty(area);
            view.draw(area, true, "view", app, &mut buffer);
            rows_of_text(&buffer).collect::<Vec<_>>().join("\n")
        };
        let first = seen(&mut view, &mut app);
        assert!(first.contains("of table1") && first.contains("more: PgDn") && !first.contains("of table5"), "{first}");
        for _ in 0..5 {
            view.handle_action(Action::PageDown, &lab, &mut app);
            seen(&mut view, &mut app);
        }
        let last = seen(&mut view, &mut app);
        assert!(last.contains("of table5") && last.contains("of table0"), "{last}");
        let up = |column| MouseEvent { kind: MouseEventKind::ScrollUp, column, row: 10, modifiers: KeyModifiers::NONE };
        for column in [1; 6] {
            view.mouse(up(column), &lab, &mut app);
        }
        assert!(seen(&mut view, &mut app).contains("of table5"), "the pointer is elsewhere");
        for column in [70; 6] {
            view.mouse(up(column), &lab, &mut app);
            seen(&mut view, &mut app);
        }
        assert!(seen(&mut view, &mut app).contains("of table1"));
    }

    #[test]
    fn a_refusal_of_the_model_stands_without_inputs() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("gan").unwrap().clone();
        let use_ = lab.explore.iter().find(|use_| use_.view.as_deref() == Some("plane")).unwrap();
        let mut view = View::new(0, use_, registry::find("gan").unwrap()).unwrap();
        let area = Rect::new(0, 0, 80, 20);
        let mut drawn = |view: &mut View| {
            let mut buffer = Buffer::empty(area);
            view.draw(area, true, "plane", &mut app, &mut buffer);
            rows_of_text(&buffer).collect::<Vec<_>>().join("\n")
        };
        assert!(drawn(&mut view).contains('◂'));
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let refusal = || Err(crate::experiment::ExperimentError::new("train `quick`"));
        view.answered(&(view.key.clone(), refusal()), &lab, &mut app);
        let refused = drawn(&mut view);
        assert!(refused.contains("train `quick`") && !refused.contains('◂'), "{refused}");
        assert!(view.contexts().is_empty() && !view.handle_action(Action::Right, &lab, &mut app));
        // What a person has turned can be turned back.
        let name = view.inputs.values().0.keys().next().unwrap().clone();
        view.inputs.set(&name, crate::experiment::KnobValue::Integer(1));
        assert!(drawn(&mut view).contains('◂'));
    }

    #[test]
    fn home_and_end_turn_an_input_where_no_row_of_pictures_is_out_of_sight() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("walker").unwrap().clone();
        let use_ = lab.explore.iter().find(|use_| use_.view.as_deref() == Some("walk")).unwrap();
        let mut view = View::new(0, use_, registry::find("walker").unwrap()).unwrap();
        view.shown.panels = (0..40).map(|number| Panel::note(format!("note {number}"))).collect();
        let area = Rect::new(0, 0, 80, 16);
        view.draw(area, true, "walk", &mut app, &mut Buffer::empty(area));
        view.inputs.choose(true);
        let before = view.inputs.values().clone();
        view.handle_action(Action::End, &lab, &mut app);
        assert_ne!(*view.inputs.values(), before);
    }

    #[test]
    fn a_list_without_room_is_gone_through_by_pages_and_to_its_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("gpt").unwrap().clone();
        let use_ = lab.explore.iter().find(|use_| use_.view.as_deref() == Some("next")).unwrap();
        let mut view = View::new(0, use_, registry::find("gpt").unwrap()).unwrap();
        let bar = |number: usize| Bar { name: format!("bar{number:02}"), value: 0.5 };
        let bars = (0..40).map(bar).collect();
        view.shown.panels = vec![Panel::Bars { heading: Bilingual::same("bars"), bars, format: Format::Percent }];
        let area = Rect::new(0, 0, 80, 16);
        let mut drawn = |view: &mut View| {
            let mut buffer = Buffer::empty(area);
            view.draw(area, true, "next", &mut app, &mut buffer);
            rows_of_text(&buffer).collect::<Vec<_>>().join("\n")
        };
        let first = drawn(&mut view);
        assert!(first.contains("bar00") && !first.contains("bar20") && first.contains("more"), "{first}");
        assert!(view.contexts().contains(&Context::ViewList));
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let mut seen = first;
        for _ in 0..6 {
            view.handle_action(Action::PageDown, &lab, &mut app);
            seen += &drawn(&mut view);
        }
        for number in 0..40 {
            assert!(seen.contains(&format!("bar{number:02}")), "bar{number:02} in\n{seen}");
        }
        view.handle_action(Action::Home, &lab, &mut app);
        assert!(drawn(&mut view).contains("bar00"));
        view.handle_action(Action::End, &lab, &mut app);
        let last = drawn(&mut view);
        assert!(last.contains("bar39") && last.contains("above") && !last.contains("more"), "{last}");
        // Where all is in sight the key is not named.
        view.shown.panels = vec![Panel::note("all of it")];
        drawn(&mut view);
        assert!(!view.contexts().contains(&Context::ViewList));
    }

    #[test]
    fn letters_typed_beside_a_picture_begin_the_text_of_its_input() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("attention").unwrap().clone();
        let use_ = lab.explore.iter().find(|use_| use_.view.is_some()).unwrap();
        let mut view = View::new(0, use_, registry::find("attention").unwrap()).unwrap();
        view.focus = Focus::Panel(0);
        for letter in "2021/3/3".chars() {
            view.typed(&KeyEvent::from(KeyCode::Char(letter)), &lab, &mut app);
        }
        assert!(view.in_text());
        view.handle_action(Action::Confirm, &lab, &mut app);
        assert_eq!(view.inputs.asked_text().as_deref(), Some("2021/3/3"));
    }
}
