//! Pictures in a grid with their captions.

use super::{Look, Places};
use crate::experiment::panel::Place;
use crate::experiment::{ImageGrid, Words};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::picture::{PictureMode, Shown};
use crate::width::{cut, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Rows from which one is given to captions.
const CAPTIONS_FROM: u16 = 4;

/// Draws the pictures, those about the cursor where not all have room; the cursor is shown when `focused`.
#[expect(clippy::too_many_arguments, reason = "the parts of one drawing")]
pub fn draw(
    images: &ImageGrid,
    captions: &[Words],
    cursor: Option<&Place>,
    focused: bool,
    key: &str,
    area: Rect,
    look: &mut Look,
    buffer: &mut Buffer,
) -> Places {
    if images.pictures.is_empty() {
        write(buffer, area, 0, 0, look.say(text::PANEL_EMPTY), look.theme.quiet());
        return Places::Areas(Vec::new());
    }
    let around =
        if let Some(Place::Item(index)) = cursor { Some((*index).min(images.pictures.len() - 1)) } else { None };
    let at = around.filter(|_| focused);
    let captioned =
        captions.iter().any(|caption| !caption.in_language(look.language).is_empty()) && area.height >= CAPTIONS_FROM;
    // The last row is for what is under the cursor, here or in a row that goes along, or the captions of the last row of pictures.
    let foot = u16::from(captioned || around.is_some() && area.height >= CAPTIONS_FROM);
    let room = Rect { height: area.height - foot, ..area };
    let Shown { grid, numbers } = look.pictures.draw(key, images, around, room, buffer);
    let mut places = Vec::new();
    for (shown, index) in numbers.into_iter().enumerate().take(usize::from(u16::MAX)) {
        let own = grid.rect(shown);
        let rect = own.intersection(room);
        if rect.is_empty() {
            continue;
        }
        places.push((rect, Place::Item(index)));
        let below = own.bottom();
        let has_gap = own.height > 4 && grid.gap > 0 || below == grid.area.bottom();
        let caption = captions.get(index).map_or("", |caption| caption.in_language(look.language));
        if captioned && has_gap && below < area.bottom() {
            let style = if at == Some(index) { look.theme.selected() } else { look.theme.quiet() };
            let caption = cut(caption, usize::from(rect.width));
            let start = rect.x + (rect.width.saturating_sub(width(&caption) as u16)) / 2;
            buffer.set_stringn(start, below, &caption, usize::from(rect.width), style);
        }
        // Characters over real graphics would tear them.
        if at == Some(index) && look.pictures.mode() != PictureMode::Graphics {
            buffer[(rect.x, rect.y)].set_char('◆').set_style(look.theme.accented());
        }
    }
    if let Some(index) = at.filter(|_| foot > 0) {
        let caption = captions.get(index).map_or("", |caption| caption.in_language(look.language));
        let said = format!("◆ {}/{}  {caption}", index + 1, images.pictures.len());
        let line = " ".repeat(usize::from(area.width));
        write(buffer, area, 0, area.height - 1, &line, look.theme.body());
        write(buffer, area, 0, area.height - 1, &said, look.theme.body());
    }
    Places::Areas(places)
}
