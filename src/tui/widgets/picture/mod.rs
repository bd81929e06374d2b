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
use std::ops::Range;

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

    /// The rows without which a picture of each of a few rows cannot be recognised; none of more rows, of which some are enough.
    pub fn rows_of_few(&self, images: &ImageGrid) -> Option<u16> {
        let rows = images.rows() as u16;
        if !(1..=FEW_ROWS).contains(&images.rows()) || self.mode == PictureMode::Graphics {
            return None;
        }
        let height = cells::height(least_width(self.mode), ratio(images));
        Some(rows * height + if height > cells::LOWEST_WITH_GAP { rows - 1 } else { 0 })
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
/// Rows up to which each is one thing, whose columns belong together.
const FEW_ROWS: usize = 4;

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
    let around = around.unwrap_or(0).min(count - 1);
    if (2..=FEW_ROWS).contains(&rows) {
        return of_few_rows(images, around % images.columns, area, mode);
    }
    let [most_across, most_down] = [columns.min(usize::from(area.width)), rows.min(usize::from(area.height))];
    let parts = (1..=most_across).flat_map(|across| (1..=most_down).map(move |down| [across, down]));
    let [across, down] = parts
        .max_by_key(|part| {
            let (worth, width) = worth(images, *part, part[0] * part[1], area, mode);
            (worth, part[0] * part[1], width)
        })
        .unwrap_or([1, 1]);
    let [row, column] = [around / images.columns, around % images.columns];
    let numbers = images.numbers(part_about(column, across, columns), part_about(row, down, rows));
    let pictures = numbers.iter().map(|number| images.pictures[*number].clone()).collect();
    (Cow::Owned(ImageGrid::new(across, pictures)), numbers)
}

/// What an arrangement of pictures is worth, so many across and down: how many can be recognised, or if they cannot be, how wide they are.
/// And their width.
fn worth(
    images: &ImageGrid,
    across_and_down: [usize; 2],
    shown: usize,
    area: Rect,
    mode: PictureMode,
) -> ((usize, u16), u16) {
    let width = cell(across_and_down.map(|number| number.clamp(1, 128) as u16), ratio(images), area).0;
    (if width >= least_width(mode) { (shown, 0) } else { (0, width) }, width)
}

/// So many places of a number of them, with one among them.
fn part_about(at: usize, room: usize, all: usize) -> Range<usize> {
    let start = at.saturating_sub(room / 2).min(all - room);
    start..start + room
}

/// Of a few rows that are one thing each, such as data above model, as many columns as can be recognised, with one of them among them:
/// as they are, or column after column, which leaves room for larger pictures in a low area. Where nothing can be recognised, the largest.
fn of_few_rows(images: &ImageGrid, around: usize, area: Rect, mode: PictureMode) -> (Cow<'_, ImageGrid>, Vec<usize>) {
    let (columns, rows) = (images.columns.min(images.pictures.len()), images.rows());
    let arrangements = (1..=columns).flat_map(|count| {
        let all = count * rows;
        let aligned = (1..=all).filter(move |across| across.is_multiple_of(rows) || rows.is_multiple_of(*across));
        let after_another = aligned.map(move |across| (count, across, all.div_ceil(across), false));
        after_another.chain(std::iter::once((count, count, rows, true)))
    });
    let (count, across, _, as_they_are) = arrangements
        .max_by_key(|&(count, across, down, as_they_are)| {
            let (worth, width) = worth(images, [across, down], count, area, mode);
            (worth, as_they_are, count, width)
        })
        .expect("one column at the least");
    let shown = part_about(around, count, columns);
    let numbers: Vec<usize> = if as_they_are {
        images.numbers(shown, 0..rows)
    } else {
        shown.flat_map(|column| images.numbers(column..column + 1, 0..rows)).collect()
    };
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
        assert_eq!(size(&sheet(8, 2), 26, 11), (2, 2));
        assert_eq!(size(&sheet(8, 4), 80, 24), (7, 4));
        // Of samples as many as there is room for, with the rows between them.
        assert_eq!(size(&sheet(8, 8), 26, 12), (2, 2));
        assert_eq!(size(&sheet(8, 8), 32, 20), (3, 3));
    }

    /// The areas of the pictures of the labs in windows of 80×24 and 120×36, each with the pictures that it holds at most.
    #[test]
    fn no_digit_of_train_or_explore_is_too_small_to_be_read() {
        let (vae, gallery) = ([(8, 8), (8, 2)], [(8, 1), (10, 5), (2, 1)]);
        let train = [(26, 11), (32, 17), (32, 11), (32, 31), (50, 19), (90, 17)];
        let explore = [(78, 16), (59, 8), (118, 29), (118, 13), (90, 14)];
        let all = |sheets: &[(usize, usize)], areas: &[(u16, u16)]| {
            let each = sheets.iter().flat_map(|sheet| areas.iter().map(move |area| (*sheet, *area)));
            each.collect::<Vec<_>>()
        };
        for ((columns, rows), (width, height)) in [all(&vae, &train), all(&gallery, &explore)].concat() {
            let area = Rect::new(0, 0, width, height);
            for mode in PictureMode::ALL.into_iter().skip(1) {
                let images = sheet(columns, rows);
                let drawn = grid(&legible(&images, None, area, mode).0, area).rect(0).width;
                // Where there is no room for one that can be read, it is as large as one or two can be.
                let largest = grid(&sheet(rows.min(2), 1), area).rect(0).width;
                assert!(
                    drawn >= least_width(mode).min(largest),
                    "{mode:?}: {columns}×{rows} in {width}×{height}: {drawn}"
                );
            }
        }
    }

    #[test]
    fn where_few_rows_are_too_low_their_columns_stand_one_after_another() {
        let shown = |rows, around, width, height| {
            let images = sheet(8, rows);
            let (shown, numbers) = legible(&images, around, Rect::new(0, 0, width, height), PictureMode::HalfBlocks);
            (shown.columns, numbers)
        };
        // Below each other four would have three rows each: now one of each is 12 × 6 cells large, in the order of a line of text.
        assert_eq!(shown(4, None, 40, 14), (2, vec![0, 8, 16, 24]));
        assert_eq!(shown(4, Some(8 + 5), 40, 14).1, [5, 13, 21, 29]);
        // Three in a line, two lines: 8 × 4 cells, where they had 6 × 3.
        assert_eq!(shown(3, None, 26, 11), (3, vec![0, 8, 16, 1, 9, 17]));
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
