//! One frame: what is looked at, the band of a demo, a notice while it is new, the keys.

use super::Place;
use super::overlay::Overlay;
use crate::tui::context::AppContext;
use crate::tui::demo::{self, Player};
use crate::tui::keys::Context;
use crate::tui::screens::class::status;
use crate::tui::screens::picker::Picker;
use crate::tui::screens::{footer, notice, notice_lines};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

#[expect(clippy::too_many_arguments, reason = "the parts of one frame")]
pub(super) fn draw(
    area: Rect,
    picker: &mut Picker,
    place: &mut Place,
    script: Option<&Player>,
    overlay: Option<&mut Overlay>,
    contexts: &[Context],
    context: &mut AppContext,
    buffer: &mut Buffer,
) {
    context.places.clear();
    buffer.set_style(area, context.theme.body());
    let band = script.map_or(0, |script| demo::rows(script, area, context.language));
    // A notice has rows of its own: what is above has less room for as long, and nothing of it is covered.
    let told = notice_lines(Rect { height: area.height - band, ..area }, context);
    let rows = [Constraint::Fill(1), Constraint::Length(band), Constraint::Length(told.len() as u16)];
    let [body, band, below, foot] = Layout::vertical([rows[0], rows[1], rows[2], Constraint::Length(1)]).areas(area);
    match place {
        // Somebody else's screen takes all of this one.
        _ if matches!(overlay, Some(Overlay::Viewing(..))) => {}
        Place::Picker => picker.draw(body, context, buffer),
        Place::Lab(lab) => {
            lab.draw(body, context, buffer);
            script.iter().for_each(|script| demo::draw(script, band, lab, context, buffer));
        }
    }
    let in_text = match (&overlay, &place) {
        (Some(Overlay::Class(list)), _) => list.in_text(),
        (_, Place::Picker) => picker.in_text(),
        (_, Place::Lab(lab)) => lab.in_text(),
    };
    // What takes the whole screen leaves the footer, which names its keys.
    let whole = Rect { height: area.height - foot.height - below.height, ..area };
    let takes_all = overlay.as_ref().is_some_and(|overlay| overlay.is_of_class());
    if takes_all {
        context.places.clear();
    }
    let keys = status(foot, context, buffer);
    footer(keys, contexts, in_text, context, buffer);
    if overlay.is_some() && !takes_all {
        context.places.clear();
    }
    if let Some(overlay) = overlay {
        // A question stands above what is told.
        let free = if takes_all || told.is_empty() { area } else { whole };
        overlay.draw(free, whole, context, buffer);
    }
    notice(below, &told, context, buffer);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;
    use crate::tui::screens::lab::LabScreen;
    use crate::tui::screens::shown;

    /// A lab at a tab, with a notice or without.
    fn drawn(
        place: &mut Place,
        picker: &mut Picker,
        said: Option<&str>,
        size: [u16; 2],
        app: &mut AppContext,
    ) -> String {
        app.take_notice();
        said.into_iter().for_each(|said| app.notify(said));
        let area = Rect::new(0, 0, size[0], size[1]);
        let mut buffer = Buffer::empty(area);
        // Some keys are known once it is drawn.
        for _ in 0..2 {
            let contexts = match place {
                Place::Picker => vec![Context::Picker],
                Place::Lab(lab) => lab.contexts(app),
            };
            buffer.reset();
            draw(area, picker, place, None, None, &contexts, app, &mut buffer);
        }
        shown(&buffer)
    }

    /// The last row that a lab draws and the keys stand below each other: what was the last is still there, a row higher.
    #[test]
    fn a_notice_covers_no_name_no_border_and_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let said = "the run learns from 60 pairs: press 1 or 2 for at least one of them";
        for language in Language::ALL {
            let mut app = AppContext::for_tests(language, folder.path());
            let mut picker = Picker::new(&mut app);
            let labs: Vec<_> = app.catalogue.labs().into_iter().cloned().collect();
            for (lab, tab) in labs.iter().flat_map(|lab| [1, 2].map(|tab| (lab, tab))) {
                // There is nothing to train in some, and theory ends in lines that scroll.
                if tab == 1 && lab.presets.is_empty() {
                    continue;
                }
                let mut place = Place::Lab(Box::new(LabScreen::new(lab.clone(), Some(tab), &mut app)));
                for size in [[80, 24], [120, 36]] {
                    let rows = |text: &str| text.lines().rev().map(str::to_owned).collect::<Vec<_>>();
                    let without = rows(&drawn(&mut place, &mut picker, None, size, &mut app));
                    let with = rows(&drawn(&mut place, &mut picker, Some(said), size, &mut app));
                    assert_eq!(with[0], without[0], "{} {tab}: the keys", lab.id);
                    assert_eq!(with[1].trim(), said, "{} {tab}", lab.id);
                    assert_eq!(with[2], without[1], "{} {tab}: what was the last row", lab.id);
                    assert_eq!(with.last(), without.last(), "{} {tab}: the tabs", lab.id);
                }
            }
        }
    }

    #[test]
    fn a_long_notice_leaves_half_of_the_screen() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let mut picker = Picker::new(&mut app);
        let said = "one of very many words ".repeat(60);
        let labs: Vec<_> = app.catalogue.labs().into_iter().cloned().collect();
        for (lab, tab) in labs.iter().flat_map(|lab| (0..5).map(move |tab| (lab, tab))) {
            let mut place = Place::Lab(Box::new(LabScreen::new(lab.clone(), Some(tab), &mut app)));
            let text = drawn(&mut place, &mut picker, Some(&said), [80, 24], &mut app);
            let told = text.lines().filter(|line| line.contains("very many words")).count();
            assert!((2..=12).contains(&told), "{text}");
            assert!(text.lines().nth(22).unwrap().trim_end().ends_with('…'), "{text}");
        }
    }
}
