//! Pictures of characters.

use super::PictureMode;
use super::glyphs::{Blocks, nearest};
use crate::experiment::{GrayImage, ImageGrid};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

/// What ink and ground look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Dark ink on a light ground.
    pub light: bool,
    /// Whether greys are drawn as colours.
    pub color: bool,
    pub wide_ambiguous: bool,
}

/// Where the pictures of a grid lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    pub area: Rect,
    pub columns: u16,
    /// Cells of one picture.
    pub cell: (u16, u16),
    /// Cells between pictures.
    pub gap: u16,
}

impl Grid {
    /// The cells of a picture.
    pub fn rect(&self, index: usize) -> Rect {
        let (column, row) = (index as u16 % self.columns.max(1), index as u16 / self.columns.max(1));
        let (width, height) = self.cell;
        Rect {
            x: self.area.x + column * (width + self.gap),
            y: self.area.y + row * (height + if self.gap > 0 && height > LOWEST_WITH_GAP { 1 } else { 0 }),
            width,
            height,
        }
    }
}

/// Pixels of a cell: across and down.
fn dots(mode: PictureMode) -> (usize, usize) {
    match mode {
        PictureMode::Braille | PictureMode::Ascii => (2, 4),
        PictureMode::HalfBlocks | PictureMode::Graphics => (1, 2),
        PictureMode::Octants | PictureMode::Sextants | PictureMode::Quadrants => (2, blocks(mode).rows()),
    }
}

fn blocks(mode: PictureMode) -> Blocks {
    match mode {
        PictureMode::Octants => Blocks::Octants,
        PictureMode::Sextants => Blocks::Sextants,
        _ => Blocks::Quadrants,
    }
}

/// The parts of a cell in two groups, by value, so that the sum of the squared distances to the means of both is least (Otsu 1979): the bits
/// of the brighter group, its mean, and that of the other.
fn two_levels(values: &[f32]) -> (u8, f32, f32) {
    let mut sorted: Vec<f32> = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len().max(1) as f32;
    let spread = |part: &[f32]| part.iter().map(|value| (value - mean(part)).powi(2)).sum::<f32>();
    let error = |cut: &usize| spread(&sorted[..*cut]) + spread(&sorted[*cut..]);
    let cut = (1..sorted.len()).min_by(|a, b| error(a).total_cmp(&error(b))).unwrap_or(0);
    let (dark, bright) = sorted.split_at(cut);
    let (low, high) = (mean(dark), mean(bright));
    if high - low < 1.0 / 255.0 {
        // All of one grey: a text that is copied from the screen still shows where the ink is.
        let all = (1_u16 << values.len()) - 1;
        return (if high > THRESHOLD { all as u8 } else { 0 }, high, mean(values));
    }
    let bits = values.iter().enumerate().filter(|(_, value)| **value >= bright[0]);
    (bits.map(|(bit, _)| 1 << bit).sum(), high, low)
}

/// Cells of each of so many pictures, across and down, that are as large as an area has room for, with square pixels; `ratio` is their
/// height over their width.
pub fn cell([columns, rows]: [u16; 2], ratio: f32, area: Rect) -> (u16, u16) {
    let fits = |width: &u16| {
        let (across, down) = room([columns, rows], (*width, height(*width, ratio)));
        across <= area.width && down <= area.height
    };
    let width = (1..=area.width.max(1)).rev().find(fits).unwrap_or(1);
    (width, height(width, ratio))
}

/// Rows of a picture that is so many cells wide, with square pixels.
pub fn height(width: u16, ratio: f32) -> u16 {
    (f32::from(width) * ratio / 2.0).round().max(1.0) as u16
}

/// Pictures below each other have a row between them where they are higher than this.
pub const LOWEST_WITH_GAP: u16 = 4;

/// Cells between pictures beside each other.
fn gap(columns: u16) -> u16 {
    u16::from(columns > 1)
}

/// Cells that pictures of a size take with those between them.
fn room([columns, rows]: [u16; 2], (width, height): (u16, u16)) -> (u16, u16) {
    let gap = gap(columns);
    let row_gap = if gap > 0 && height > LOWEST_WITH_GAP { 1 } else { 0 };
    (columns * (width + gap) - gap.min(columns * (width + gap)), rows * (height + row_gap) - row_gap.min(rows))
}

/// Height over width of the pictures of a grid.
pub fn ratio(images: &ImageGrid) -> f32 {
    images.pictures.first().map_or(1.0, |first| first.height as f32 / first.width.max(1) as f32)
}

/// The largest cells in which a grid fits into an area, with square pixels, centred.
pub fn grid(images: &ImageGrid, area: Rect) -> Grid {
    let (columns, rows) = (images.columns.min(images.pictures.len()).max(1) as u16, images.rows().max(1) as u16);
    let cell = cell([columns, rows], ratio(images), area);
    let (across, down) = room([columns, rows], cell);
    let area = Rect {
        x: area.x + area.width.saturating_sub(across) / 2,
        y: area.y + area.height.saturating_sub(down) / 2,
        width: across.min(area.width),
        height: down.min(area.height),
    };
    Grid { area, columns, cell, gap: gap(columns) }
}

/// Draws a grid in characters.
pub fn draw_cells(images: &ImageGrid, grid: &Grid, mode: PictureMode, look: Look, buffer: &mut Buffer) {
    for (index, picture) in images.pictures.iter().enumerate() {
        let rect = grid.rect(index).intersection(grid.area).intersection(buffer.area);
        if rect.is_empty() {
            continue;
        }
        let (across, down) = dots(mode);
        let (width, height) = (usize::from(rect.width) * across, usize::from(rect.height) * down);
        let ink = resized(picture, width, height);
        for y in 0..usize::from(rect.height) {
            for x in 0..usize::from(rect.width) {
                let at = |dx: usize, dy: usize| ink[(y * down + dy) * width + x * across + dx];
                let cell = &mut buffer[(rect.x + x as u16, rect.y + y as u16)];
                match mode {
                    PictureMode::HalfBlocks | PictureMode::Graphics if look.color => {
                        let (top, bottom) = (grey(at(0, 0), look), grey(at(0, 1), look));
                        cell.set_char('▀').set_fg(top).set_bg(bottom);
                    }
                    PictureMode::HalfBlocks | PictureMode::Graphics => {
                        cell.set_char(half_block(at(0, 0), at(0, 1)));
                    }
                    PictureMode::Octants | PictureMode::Sextants | PictureMode::Quadrants => {
                        let parts: Vec<f32> = (0..down)
                            .flat_map(|dy| (0..across).map(move |dx| (dx, dy)))
                            .map(|(dx, dy)| at(dx, dy))
                            .collect();
                        if look.color {
                            let (bits, bright, dark) = two_levels(&parts);
                            cell.set_char(blocks(mode).character(bits))
                                .set_fg(grey(bright, look))
                                .set_bg(grey(dark, look));
                        } else {
                            let bits = parts.iter().enumerate().filter(|(_, ink)| **ink > THRESHOLD);
                            cell.set_char(blocks(mode).character(bits.map(|(bit, _)| 1 << bit).sum()));
                        }
                    }
                    PictureMode::Braille => {
                        let mut bits = 0_u32;
                        const ORDER: [(usize, usize); 8] =
                            [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
                        for (bit, (dx, dy)) in ORDER.into_iter().enumerate() {
                            let threshold = dither(x * 2 + dx, y * 4 + dy);
                            bits |= u32::from(at(dx, dy) > threshold) << bit;
                        }
                        cell.set_char(char::from_u32(0x2800 + bits).expect("the braille block is whole"));
                    }
                    PictureMode::Ascii => {
                        cell.set_char(nearest(std::array::from_fn(|part| at(part % 2, part / 2))));
                    }
                }
            }
        }
    }
}

fn grey(ink: f32, look: Look) -> Color {
    // The ground is a shade off the terminal's own, so that a picture has an edge.
    let value = if look.light { 244.0 - ink * 224.0 } else { 24.0 + ink * 231.0 };
    let value = value as u8;
    Color::Rgb(value, value, value)
}

/// Ink from which on a part of a cell is drawn where there are no greys.
const THRESHOLD: f32 = 0.35;

fn half_block(top: f32, bottom: f32) -> char {
    match (top > THRESHOLD, bottom > THRESHOLD) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) if top + bottom > 0.25 => '░',
        _ => ' ',
    }
}

/// A threshold in (0.15, 0.65) by a 2×2 pattern: greys become textures, thin strokes stay.
fn dither(x: usize, y: usize) -> f32 {
    const PATTERN: [[f32; 2]; 2] = [[0.22, 0.48], [0.60, 0.35]];
    PATTERN[y % 2][x % 2]
}

/// A picture at another size, intensities in [0, 1]: means over the area of each new pixel, so that nothing is lost.
fn resized(picture: &GrayImage, width: usize, height: usize) -> Vec<f32> {
    if picture.width == 0 || picture.height == 0 {
        return vec![0.0; width * height];
    }
    let spans = |from: usize, to: usize| -> Vec<Vec<(usize, f32)>> {
        let scale = from as f32 / to as f32;
        let span = |index: usize| {
            let (start, end) = (index as f32 * scale, (index + 1) as f32 * scale);
            let last = (end.ceil() as usize).min(from);
            let share = |pixel: usize| ((pixel + 1) as f32).min(end) - (pixel as f32).max(start);
            (start as usize..last)
                .map(|pixel| (pixel, share(pixel) / scale))
                .filter(|(_, share)| *share > 0.0)
                .collect()
        };
        (0..to).map(span).collect()
    };
    let (across, down) = (spans(picture.width, width), spans(picture.height, height));
    let mut out = Vec::with_capacity(width * height);
    for rows in &down {
        for columns in &across {
            let mut sum = 0.0;
            for &(y, row_share) in rows {
                for &(x, share) in columns {
                    sum += row_share * share * f32::from(picture.pixel(x, y));
                }
            }
            out.push(sum / 255.0);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{glyphs, least_width};
    use super::*;
    use crate::data::Mnist;
    use crate::experiment::TaskContext;
    use crate::generative::classifier::Judge;
    use crate::tensor::tensor;
    use proptest::prelude::*;
    use ratatui::layout::Position;

    const LOOK: Look = Look { light: false, color: false, wide_ambiguous: false };

    /// A ring: a zero as a child would draw it.
    fn zero() -> GrayImage {
        let ink = |x: f32, y: f32| {
            let r = (((x - 13.5) / 7.0).powi(2) + ((y - 13.5) / 10.0).powi(2)).sqrt();
            if (0.75..1.1).contains(&r) { 1.0 } else { 0.0 }
        };
        let values: Vec<f32> = (0..784).map(|i| ink((i % 28) as f32, (i / 28) as f32)).collect();
        GrayImage::from_intensities(28, 28, &values)
    }

    fn shown(mode: PictureMode, area: Rect) -> String {
        let images = ImageGrid::new(1, vec![zero()]);
        let mut buffer = Buffer::empty(area);
        draw_cells(&images, &grid(&images, area), mode, LOOK, &mut buffer);
        let rows = buffer.content.chunks(usize::from(area.width));
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn a_zero_looks_like_a_zero_in_every_mode() {
        insta::assert_snapshot!("half_blocks", shown(PictureMode::HalfBlocks, Rect::new(0, 0, 28, 14)));
        insta::assert_snapshot!("braille", shown(PictureMode::Braille, Rect::new(0, 0, 14, 7)));
        insta::assert_snapshot!("quadrants", shown(PictureMode::Quadrants, Rect::new(0, 0, 14, 7)));
        insta::assert_snapshot!("sextants", shown(PictureMode::Sextants, Rect::new(0, 0, 14, 7)));
        insta::assert_snapshot!("octants", shown(PictureMode::Octants, Rect::new(0, 0, 14, 7)));
        insta::assert_snapshot!("ascii", shown(PictureMode::Ascii, Rect::new(0, 0, 20, 10)));
    }

    /// What a person sees of a picture: the cells as 2 × 4 parts each, ink in [0, 1], brought back to 28 × 28.
    fn seen(picture: &GrayImage, mode: PictureMode, width: u16) -> Vec<f32> {
        let look = Look { color: true, ..LOOK };
        let area = Rect::new(0, 0, width, width.div_ceil(2));
        let images = ImageGrid::new(1, vec![picture.clone()]);
        let grid = grid(&images, area);
        let mut buffer = Buffer::empty(area);
        draw_cells(&images, &grid, mode, look, &mut buffer);
        let place = grid.rect(0);
        let (across, down) = (usize::from(place.width) * 2, usize::from(place.height) * 12);
        let mut parts = vec![0.0; across * down];
        let ink = |color: Color| match color {
            Color::Rgb(value, _, _) => (f32::from(value) - 24.0) / 231.0,
            _ => 0.0,
        };
        for (y, x) in (0..place.height).flat_map(|y| (0..place.width).map(move |x| (y, x))) {
            let cell = &buffer[(place.x + x, place.y + y)];
            let character = cell.symbol().chars().next().unwrap();
            let (front, back) = (ink(cell.fg), ink(cell.bg));
            for (dy, dx) in (0..12).flat_map(|dy| (0..2).map(move |dx| (dy, dx))) {
                let value = match mode {
                    PictureMode::Ascii => glyphs::coverage(character)[dy / 3 * 2 + dx],
                    PictureMode::Braille => {
                        let bit = [[0, 3], [1, 4], [2, 5], [6, 7]][dy / 3][dx];
                        ((character as u32 - 0x2800) >> bit & 1) as f32
                    }
                    PictureMode::HalfBlocks | PictureMode::Graphics => [front, back][dy / 6],
                    _ => {
                        let blocks = blocks(mode);
                        let patterns = [15, 63, 255][blocks.rows() - 2];
                        let bits = (0..=patterns).find(|bits| blocks.character(*bits) == character).unwrap();
                        let part = dy * blocks.rows() / 12 * 2 + dx;
                        if bits >> part & 1 == 1 { front } else { back }
                    }
                };
                parts[(usize::from(y) * 12 + dy) * across + usize::from(x) * 2 + dx] = value;
            }
        }
        resized(&GrayImage::from_intensities(across, down, &parts), 28, 28)
    }

    /// The classifier reads digits as they are drawn at the smallest width that is drawn. A width is a compromise between its errors and
    /// how many pictures are seen at once.
    #[test]
    fn digits_can_be_read_in_every_mode() {
        let folder = tempfile::tempdir().unwrap();
        let test = Mnist::embedded(folder.path()).test;
        let judge = Judge::bundled().unwrap();
        for mode in PictureMode::ALL.into_iter().skip(1) {
            let width = least_width(mode);
            let pictures: Vec<f32> = (0..500).flat_map(|index| seen(&test.picture(index), mode, width)).collect();
            let read = judge.read(&tensor([500, 784], pictures), &TaskContext::default()).unwrap();
            let right = read.iter().enumerate().filter(|(index, (digit, _))| *digit == usize::from(test.label(*index)));
            let share = right.count() as f64 / 5.0;
            assert!(share >= 95.0, "{mode:?}: {share} % at {width} cells");
        }
    }

    proptest! {
        #[test]
        fn a_sheet_stays_in_its_area(
            count in 0_usize..70, columns in 1_usize..12, width in 0_u16..90, height in 0_u16..40, mode in 1_usize..7
        ) {
            let mode = PictureMode::ALL[mode];
            let images = ImageGrid::new(columns, vec![zero(); count]);
            let area = Rect::new(2, 1, width, height);
            let mut buffer = Buffer::empty(Rect::new(0, 0, width + 4, height + 2));
            let grid = grid(&images, area);
            draw_cells(&images, &grid, mode, LOOK, &mut buffer);
            for y in 0..height + 2 {
                for x in 0..width + 4 {
                    if !area.contains(Position::new(x, y)) {
                        prop_assert_eq!(buffer[(x, y)].symbol(), " ");
                    }
                }
            }
        }

        #[test]
        fn resizing_keeps_the_mean(width in 1_usize..90, height in 1_usize..90) {
            let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
            let original: Vec<f32> = zero().intensities().collect();
            prop_assert!((mean(&resized(&zero(), width, height)) - mean(&original)).abs() < 1e-3);
        }
    }
}
