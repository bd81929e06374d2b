//! Pictures in a terminal: real graphics where it has them, else characters that divide their cell, braille or ASCII.

mod cells;
mod glyphs;
mod graphics;

pub use cells::{Grid, Look, draw_cells, grid};
pub use graphics::Encoder;

use cells::{cell, ratio};

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
    /// Eight, six or four parts of a cell in two colours.
    Octants,
    Sextants,
    Quadrants,
    HalfBlocks,
    Braille,
    Ascii,
}

impl PictureMode {
    /// All, from the finest on.
    pub const ALL: [PictureMode; 7] = [
        PictureMode::Graphics,
        PictureMode::Octants,
        PictureMode::Sextants,
        PictureMode::Quadrants,
        PictureMode::HalfBlocks,
        PictureMode::Braille,
        PictureMode::Ascii,
    ];

    /// The finest characters that a terminal of this name has for certain, with `vte` the version that terminals of GNOME's kind give.
    /// Octants are younger than most fonts: they are chosen by hand.
    pub fn of_terminal(term: &str, vte: Option<&str>) -> Self {
        let draws_sextants = ["xterm-kitty", "xterm-ghostty", "foot", "foot-extra", "wezterm"].contains(&term)
            || vte.and_then(|version| version.parse().ok()).is_some_and(|version: u32| version >= SEXTANTS_IN_VTE);
        match term {
            // The font of the Linux console has 512 characters at the most.
            "linux" => PictureMode::HalfBlocks,
            _ if draws_sextants => PictureMode::Sextants,
            _ => PictureMode::Quadrants,
        }
    }

    /// What stands for it in settings.
    pub fn key(self) -> &'static str {
        match self {
            PictureMode::Graphics => "graphics",
            PictureMode::Octants => "octants",
            PictureMode::Sextants => "sextants",
            PictureMode::Quadrants => "quadrants",
            PictureMode::HalfBlocks => "half_blocks",
            PictureMode::Braille => "braille",
            PictureMode::Ascii => "ascii",
        }
    }

    pub fn name(self) -> Wording {
        match self {
            PictureMode::Graphics => Wording::new("graphics", "グラフィックス"),
            PictureMode::Octants => Wording::new("octants", "8 分割ブロック"),
            PictureMode::Sextants => Wording::new("sextants", "6 分割ブロック"),
            PictureMode::Quadrants => Wording::new("quadrants", "4 分割ブロック"),
            PictureMode::HalfBlocks => Wording::new("half blocks", "半ブロック"),
            PictureMode::Braille => Wording::new("braille", "点字"),
            PictureMode::Ascii => Wording::new("ASCII", "ASCII"),
        }
    }
}

/// Draws all pictures of a screen in one mode.
pub struct Pictures {
    mode: PictureMode,
    /// Chosen by a person, who is not overruled by what the terminal says.
    is_chosen: bool,
    encoder: Option<Encoder>,
    /// Somebody else looks at the screen: what only this terminal could draw would be missing there.
    in_cells: bool,
    pub look: Look,
}

impl Pictures {
    /// In a mode that was chosen at another time, else in one that the terminal has for certain until it has said more.
    pub fn new(look: Look, chosen: Option<PictureMode>, certain: PictureMode) -> Self {
        let certain = if look.wide_ambiguous { PictureMode::Ascii } else { certain };
        let chosen = chosen.filter(|mode| *mode != PictureMode::Graphics);
        Pictures { mode: chosen.unwrap_or(certain), is_chosen: chosen.is_some(), encoder: None, in_cells: false, look }
    }

    /// Takes up what the terminal can do.
    pub fn offer(&mut self, picker: Picker, wake: Wake) {
        if picker.protocol_type() != ProtocolType::Halfblocks {
            self.encoder = Some(Encoder::new(picker, wake));
            if !self.is_chosen {
                self.mode = PictureMode::Graphics;
            }
        }
    }

    /// The terminal draws blocks two cells wide.
    pub fn set_wide_ambiguous(&mut self) {
        self.look.wide_ambiguous = true;
        if !self.is_chosen && self.encoder.is_none() {
            self.mode = PictureMode::Ascii;
        }
    }

    pub fn mode(&self) -> PictureMode {
        if self.in_cells && self.mode == PictureMode::Graphics { PictureMode::HalfBlocks } else { self.mode }
    }

    /// Draws nothing but cells, or whatever was chosen again.
    pub fn keep_to_cells(&mut self, in_cells: bool) {
        self.in_cells = in_cells;
    }

    /// The next mode that this terminal has.
    pub fn switch(&mut self) {
        let modes = PictureMode::ALL.iter().filter(|mode| **mode != PictureMode::Graphics || self.encoder.is_some());
        let mut modes = modes.cycle().skip_while(|mode| **mode != self.mode);
        self.mode = modes.nth(1).copied().unwrap_or(PictureMode::HalfBlocks);
        self.is_chosen = true;
    }

    /// How many pictures of a grid are seen in an area; real graphics leave none out.
    pub fn seen(&self, images: &ImageGrid, area: Rect) -> usize {
        match self.mode {
            PictureMode::Graphics => images.pictures.len(),
            mode => legible(images, None, area, mode).1.len(),
        }
    }

    /// The rows in which all pictures of a single row can be recognised at a width, broken into several where it is too long for one;
    /// none where no number of rows is enough.
    pub fn rows_of_all(&self, images: &ImageGrid, columns: u16) -> Option<u16> {
        if images.rows() != 1 || self.mode == PictureMode::Graphics {
            return None;
        }
        (1..=TALLEST_ROW).find(|rows| rows_of_whole(images, Rect::new(0, 0, columns, *rows), self.mode).is_some())
    }

    /// Draws a grid as large as fits, centred; in characters only as many of its pictures as can be recognised, with the picture `around`
    /// among them. `key` names the place, so that a changed picture takes the place of the old one.
    pub fn draw(
        &mut self,
        key: &str,
        images: &ImageGrid,
        around: Option<usize>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Shown {
        let mode = self.mode();
        match (&mut self.encoder, mode) {
            (Some(encoder), PictureMode::Graphics) => {
                let grid = encoder.draw(key, images, area, self.look, buffer);
                Shown { grid, numbers: (0..images.pictures.len()).collect() }
            }
            (_, mode) => {
                let (images, numbers) = legible(images, around, area, mode);
                let grid = grid(&images, area);
                draw_cells(&images, &grid, mode, self.look, buffer);
                Shown { grid, numbers }
            }
        }
    }
}

/// What was drawn of a grid of pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub grid: Grid,
    /// Which of the pictures were drawn, in the order of the places of `grid`.
    pub numbers: Vec<usize>,
}

/// The version of VTE that draws sextants itself.
const SEXTANTS_IN_VTE: u32 = 6200;
/// Rows beyond which a broken row of pictures is rather gone through picture by picture.
const TALLEST_ROW: u16 = 24;
/// Rows of the smallest picture that can be recognised.
const LEAST_ROWS: u16 = 3;

/// Cells of the width in which a digit can be read: drawn so and looked at again, 95 of 100 test digits are still read by the
/// classifier (of the first 500, in the order below: 98.6, 97.4, 97.2, 95.8, 96.8 and 97.6 %).
fn least_width(mode: PictureMode) -> u16 {
    match mode {
        PictureMode::Octants => 7,
        PictureMode::Sextants => 8,
        PictureMode::Quadrants => 9,
        PictureMode::Braille => 8,
        PictureMode::Graphics | PictureMode::HalfBlocks => 10,
        PictureMode::Ascii => 15,
    }
}

/// In how many rows every picture of a grid is large enough to be recognised: its own, or those into which a single row is broken.
fn rows_of_whole(images: &ImageGrid, area: Rect, mode: PictureMode) -> Option<usize> {
    let count = images.pictures.len();
    let is_legible = |columns: usize, rows: usize| {
        // Beyond this they are too small on any screen.
        let across_and_down = [columns, rows].map(|number| number.clamp(1, 128) as u16);
        cell(across_and_down, ratio(images), area).0 >= least_width(mode)
    };
    let rows = images.rows();
    if is_legible(images.columns.min(count), rows) {
        return Some(rows);
    }
    let may_be_broken = rows == 1 && count > 1;
    let mut broken = 2..=count.min(usize::from(area.height));
    broken.find(|rows| may_be_broken && is_legible(count.div_ceil(*rows), *rows))
}

/// As much of a grid as an area has room for with every picture large enough to be recognised, and which of its pictures these are. A
/// single row is broken into several where that makes its pictures larger.
fn legible(
    images: &ImageGrid,
    around: Option<usize>,
    area: Rect,
    mode: PictureMode,
) -> (Cow<'_, ImageGrid>, Vec<usize>) {
    let least = least_width(mode);
    let count = images.pictures.len();
    let (columns, rows) = (images.columns.min(count), images.rows());
    match rows_of_whole(images, area, mode) {
        _ if count <= 1 => return (Cow::Borrowed(images), (0..count).collect()),
        Some(whole) if whole == rows => return (Cow::Borrowed(images), (0..count).collect()),
        Some(broken) => {
            let images = ImageGrid::new(count.div_ceil(broken), images.pictures.clone());
            return (Cow::Owned(images), (0..count).collect());
        }
        None => {}
    }
    // Up to four rows are one thing each, such as data above model: columns go first. Of more, as many as there is room for.
    let tall = if rows <= 4 { LEAST_ROWS } else { least / 2 + 1 };
    let down = usize::from(area.height / tall).clamp(1, rows);
    let wide = least.min(2 * (area.height / down.max(1) as u16)).max(1);
    let across = usize::from(area.width / (wide + 1)).clamp(1, columns.max(1));
    let around = around.unwrap_or(0).min(count - 1);
    let [row, column] = [around / images.columns, around % images.columns];
    let part = |at: usize, room: usize, all: usize| {
        let start = at.saturating_sub(room / 2).min(all - room);
        start..start + room
    };
    let numbers = images.numbers(part(column, across, columns), part(row, down, rows));
    let pictures = numbers.iter().map(|number| images.pictures[*number].clone()).collect();
    (Cow::Owned(ImageGrid::new(across, pictures)), numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::GrayImage;

    #[test]
    fn a_mode_that_was_chosen_stays_and_only_one_that_is_there_is_switched_to() {
        let look = Look { light: false, color: true, wide_ambiguous: false };
        let mut pictures = Pictures::new(look, None, PictureMode::of_terminal("xterm-256color", None));
        assert_eq!(pictures.mode(), PictureMode::Quadrants);
        let seen: Vec<PictureMode> = (0..6)
            .map(|_| {
                pictures.switch();
                pictures.mode()
            })
            .collect();
        assert_eq!(seen[..3], [PictureMode::HalfBlocks, PictureMode::Braille, PictureMode::Ascii]);
        assert_eq!(seen[3..], [PictureMode::Octants, PictureMode::Sextants, PictureMode::Quadrants]);
        pictures.set_wide_ambiguous();
        assert_eq!(pictures.mode(), PictureMode::Quadrants, "chosen");
        let mut pictures = Pictures::new(look, None, PictureMode::of_terminal("linux", None));
        assert_eq!(pictures.mode(), PictureMode::HalfBlocks);
        pictures.set_wide_ambiguous();
        assert_eq!(pictures.mode(), PictureMode::Ascii);
        assert_eq!(PictureMode::of_terminal("xterm-256color", Some("7600")), PictureMode::Sextants);
        assert_eq!(PictureMode::of_terminal("xterm-256color", Some("5202")), PictureMode::Quadrants);
        // Graphics were chosen at another time, on a terminal that has them.
        let pictures = Pictures::new(look, Some(PictureMode::Graphics), PictureMode::Quadrants);
        assert_eq!(pictures.mode(), PictureMode::Quadrants);
    }

    fn sheet(columns: usize, rows: usize) -> ImageGrid {
        ImageGrid::new(columns, vec![GrayImage::blank(28, 28); columns * rows])
    }

    #[test]
    fn of_few_rows_all_stay_and_columns_go() {
        let size = |images: &ImageGrid, width, height| {
            let (shown, numbers) = legible(images, None, Rect::new(0, 0, width, height), PictureMode::HalfBlocks);
            assert_eq!(shown.pictures.len(), numbers.len());
            (shown.columns, shown.rows())
        };
        assert_eq!(size(&sheet(8, 3), 26, 11), (3, 3));
        assert_eq!(size(&sheet(8, 4), 40, 14).1, 4);
        assert_eq!(size(&sheet(8, 2), 26, 11).1, 2);
        // Of samples as many as there is room for.
        assert_eq!(size(&sheet(8, 8), 26, 12), (2, 2));
    }

    #[test]
    fn a_row_without_room_is_broken_and_a_part_goes_along_with_the_picture_that_is_picked() {
        let shown = |around, width, height| {
            let row = sheet(10, 1);
            let (shown, numbers) = legible(&row, around, Rect::new(0, 0, width, height), PictureMode::HalfBlocks);
            (shown.columns, shown.rows(), numbers)
        };
        assert_eq!(shown(None, 60, 12), (5, 2, (0..10).collect()));
        assert_eq!(shown(None, 120, 12).1, 1);
        assert_eq!(shown(None, 44, 5), (4, 1, vec![0, 1, 2, 3]));
        assert_eq!(shown(Some(6), 44, 5).2, [4, 5, 6, 7]);
        assert_eq!(shown(Some(9), 44, 5).2, [6, 7, 8, 9]);
    }
}
