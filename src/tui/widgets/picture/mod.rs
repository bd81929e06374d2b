//! Pictures in a terminal: real graphics where it has them, else half blocks, braille or ASCII.

mod cells;
mod graphics;

pub use cells::{Grid, Look, draw_cells, grid};
pub use graphics::{Answers, Encoder, ask_terminal};

use crate::experiment::{ImageGrid, Wording};
use crate::run::inbox::Wake;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui_image::picker::{Picker, ProtocolType};
use std::borrow::Cow;

/// How pictures are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureMode {
    /// Kitty, sixel or iTerm2.
    Graphics,
    HalfBlocks,
    Braille,
    Ascii,
}

impl PictureMode {
    pub fn name(self) -> Wording {
        match self {
            PictureMode::Graphics => Wording::new("graphics", "グラフィックス"),
            PictureMode::HalfBlocks => Wording::new("half blocks", "半ブロック"),
            PictureMode::Braille => Wording::new("braille", "点字"),
            PictureMode::Ascii => Wording::new("ASCII", "ASCII"),
        }
    }
}

/// Draws all pictures of a screen in one mode.
pub struct Pictures {
    mode: PictureMode,
    encoder: Option<Encoder>,
    pub look: Look,
}

impl Pictures {
    /// Half blocks until the terminal has said more.
    pub fn new(look: Look) -> Self {
        let mode = if look.wide_ambiguous { PictureMode::Ascii } else { PictureMode::HalfBlocks };
        Pictures { mode, encoder: None, look }
    }

    /// Takes up what the terminal can do.
    pub fn offer(&mut self, picker: Picker, wake: Wake) {
        if picker.protocol_type() != ProtocolType::Halfblocks {
            self.encoder = Some(Encoder::new(picker, wake));
            self.mode = PictureMode::Graphics;
        }
    }

    pub fn mode(&self) -> PictureMode {
        self.mode
    }

    /// The next mode that this terminal has.
    pub fn switch(&mut self) {
        self.mode = match self.mode {
            PictureMode::Graphics => PictureMode::HalfBlocks,
            PictureMode::HalfBlocks => PictureMode::Braille,
            PictureMode::Braille => PictureMode::Ascii,
            PictureMode::Ascii if self.encoder.is_some() => PictureMode::Graphics,
            PictureMode::Ascii => PictureMode::HalfBlocks,
        };
    }

    /// Draws a grid as large as fits, centred; in characters only as many of its pictures as can be recognised. `key` names the place, so that a changed picture takes the place of the
    /// old one. Returns where its pictures lie.
    pub fn draw(&mut self, key: &str, images: &ImageGrid, area: Rect, buffer: &mut Buffer) -> Grid {
        match (&mut self.encoder, self.mode) {
            (Some(encoder), PictureMode::Graphics) => encoder.draw(key, images, area, self.look, buffer),
            (_, mode) => {
                let images = legible(images, area, mode);
                let grid = grid(&images, area, mode);
                draw_cells(&images, &grid, mode, self.look, buffer);
                grid
            }
        }
    }
}

/// Rows of the smallest picture that can be recognised.
const LEAST_ROWS: u16 = 3;

/// As much of a grid as an area has room for with every picture large enough to be recognised.
fn legible(images: &ImageGrid, area: Rect, mode: PictureMode) -> Cow<'_, ImageGrid> {
    let least = match mode {
        PictureMode::Braille => 7,
        _ => 10,
    };
    let (columns, rows) = (images.columns.min(images.pictures.len()), images.rows());
    let whole = grid(images, area, mode);
    if whole.cell.0 >= least || images.pictures.len() <= 1 {
        return Cow::Borrowed(images);
    }
    // Up to four rows are one thing each, such as data above model: columns go first. Of more, as many as there is room for.
    let tall = if rows <= 4 { LEAST_ROWS } else { least / 2 + 1 };
    let down = usize::from(area.height / tall).clamp(1, rows);
    let wide = least.min(2 * (area.height / down.max(1) as u16)).max(1);
    let across = usize::from(area.width / (wide + 1)).clamp(1, columns.max(1));
    Cow::Owned(images.cropped(across, down))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::GrayImage;

    #[test]
    fn of_few_rows_all_stay_and_columns_go() {
        let images =
            |columns: usize, rows: usize| ImageGrid::new(columns, vec![GrayImage::blank(28, 28); columns * rows]);
        let size = |images: &ImageGrid, width, height| {
            let shown = legible(images, Rect::new(0, 0, width, height), PictureMode::HalfBlocks);
            (shown.columns, shown.rows())
        };
        assert_eq!(size(&images(8, 3), 26, 11), (3, 3));
        assert_eq!(size(&images(8, 4), 40, 14).1, 4);
        assert_eq!(size(&images(8, 2), 26, 11).1, 2);
        // Of samples as many as there is room for.
        assert_eq!(size(&images(8, 8), 26, 12), (2, 2));
    }
}
