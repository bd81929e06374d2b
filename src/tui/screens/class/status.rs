//! What of the class stands at the right of the footer, whatever else is shown.

use crate::tui::context::AppContext;
use crate::tui::destination::Destination;
use crate::tui::keys::Action;
use crate::tui::text::{self, filled};
use crate::tui::widgets::frame::write;
use crate::width::{cut, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The parts, most important first, each with what a click on it does, if that is anything.
fn parts(app: &AppContext) -> Vec<(String, Option<Action>)> {
    let class = &app.class;
    let mut parts = Vec::new();
    if !class.is_there() {
        return parts;
    }
    if class.presents {
        parts.push((filled(app.say(text::PRESENTING), &[&class.now.followers]), None));
    }
    if !class.watched_by.is_empty() {
        parts.push((filled(app.say(text::WATCHED), &[&class.watched_by.join(", ")]), None));
    }
    if class.hand {
        parts.push((app.say(text::HAND_UP).to_owned(), Some(Action::RaiseHand)));
    }
    if let Some(presenter) = class.now.presenter.as_ref().filter(|_| !class.presents) {
        parts.push((filled(app.say(text::CAN_FOLLOW), &[presenter]), Some(Action::Follow)));
    }
    if !class.hand && !class.is_instructor {
        parts.push((app.say(text::CAN_ASK).to_owned(), Some(Action::RaiseHand)));
    }
    if class.now.hands > 0 {
        parts.push((filled(app.say(text::HANDS), &[&class.now.hands]), Some(Action::Class)));
    }
    parts
}

/// Draws the status into the footer; the rest of the footer is for keys.
pub fn status(area: Rect, app: &AppContext, buffer: &mut Buffer) -> Rect {
    // Half of the footer stays with the keys.
    let room = usize::from(area.width / 2);
    let mut shown: Vec<(String, Option<Action>)> = Vec::new();
    let mut taken = 0;
    for (words, action) in parts(app) {
        // What matters most is said, if not whole.
        let words = if shown.is_empty() { cut(&words, room.saturating_sub(2)) } else { words };
        let columns = width(&words) + 2;
        if taken + columns <= room {
            taken += columns;
            shown.push((words, action));
        }
    }
    let start = area.width - taken as u16;
    let mut column = start;
    for (words, action) in shown {
        let end = write(buffer, area, column + 1, 0, &words, app.theme.accented());
        let place = Rect { x: area.x + column, width: end - column, ..area };
        action.iter().for_each(|action| app.places.put(place, Destination::Action(*action)));
        column = end + 1;
    }
    Rect { width: start, ..area }
}
