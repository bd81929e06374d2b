//! Styles of handwriting that a program can apply, so that a translation from one to the other can be measured.
//!
//! A style is a fixed function of a digit: what an unpaired translator should do is known, though it is never shown.

use super::mnist::PIXELS;

const SIDE: usize = 28;
/// Horizontal pixels a row that a slanted digit leans, to the right.
const LEAN: f32 = 0.45;
/// Reach of the pens, in pixels from the middle of a stroke.
const THIN: f32 = 0.75;
const BOLD: f32 = 1.4;

/// How a digit is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style {
    /// As its writer wrote it.
    Plain,
    /// Sheared so that its axis stands upright: the shear that makes its second mixed moment vanish.
    Upright,
    /// Upright, then sheared to the right.
    Slanted,
    /// Its middle line drawn with a thin pen.
    Thin,
    /// Its middle line drawn with a thick pen.
    Bold,
    /// On a fixed ground of waves.
    Textured,
}

impl Style {
    pub const ALL: [Style; 6] =
        [Style::Plain, Style::Upright, Style::Slanted, Style::Thin, Style::Bold, Style::Textured];

    /// A digit `[784]` in [0, 1] in this style.
    ///
    /// # Panics
    /// If there are not 784 pixels.
    pub fn apply(self, digit: &[f32]) -> Vec<f32> {
        assert_eq!(digit.len(), PIXELS, "a digit of 28×28");
        match self {
            Style::Plain => digit.to_vec(),
            Style::Upright => sheared(digit, lean(digit)),
            Style::Slanted => sheared(digit, lean(digit) - LEAN),
            Style::Thin => penned(&middle_line(digit), THIN),
            Style::Bold => penned(&middle_line(digit), BOLD),
            Style::Textured => {
                let on = |(place, ink): (usize, &f32)| ink + (1.0 - ink) * ground(place % SIDE, place / SIDE);
                digit.iter().enumerate().map(on).collect()
            }
        }
    }
}

/// The ground of [`Style::Textured`], in [0, 0.4].
pub fn ground(x: usize, y: usize) -> f32 {
    let wave = (std::f32::consts::TAU * (x as f32 + 2.0 * y as f32) / 8.0).sin();
    0.2 + 0.2 * wave
}

/// Pixels a row that the axis of a digit leans to the right of upright: −μ₁₁/μ₀₂, rows counted downwards.
fn lean(digit: &[f32]) -> f32 {
    let (mut mass, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    let places = || digit.iter().enumerate().map(|(place, &ink)| ((place % SIDE) as f32, (place / SIDE) as f32, ink));
    for (x, y, ink) in places() {
        mass += ink;
        x_sum += ink * x;
        y_sum += ink * y;
    }
    let (x_mean, y_mean) = (x_sum / f32::max(mass, 1e-6), y_sum / f32::max(mass, 1e-6));
    let (mut mixed, mut vertical) = (0.0, 0.0);
    for (x, y, ink) in places() {
        mixed += ink * (x - x_mean) * (y - y_mean);
        vertical += ink * (y - y_mean).powi(2);
    }
    (-mixed / f32::max(vertical, 1e-6)).clamp(-1.0, 1.0)
}

/// Moves each row so that a lean of `amount` becomes none; about the middle of the ink's rows.
fn sheared(digit: &[f32], amount: f32) -> Vec<f32> {
    let mass: f32 = digit.iter().sum();
    let rows = digit.iter().enumerate().map(|(place, &ink)| ink * (place / SIDE) as f32);
    let middle = if mass > 0.0 { rows.sum::<f32>() / mass } else { SIDE as f32 / 2.0 };
    let mut out = vec![0.0; PIXELS];
    for y in 0..SIDE {
        let shift = -amount * (y as f32 - middle);
        for x in 0..SIDE {
            let from = x as f32 + shift;
            let left = from.floor();
            let part = from - left;
            let at = |x: f32| if (0.0..SIDE as f32).contains(&x) { digit[y * SIDE + x as usize] } else { 0.0 };
            out[y * SIDE + x] = (1.0 - part) * at(left) + part * at(left + 1.0);
        }
    }
    out
}

/// The middle line of the strokes, a pixel wide (Zhang & Suen, "A fast parallel algorithm for thinning digital patterns",
/// Communications of the ACM 27(3), 1984).
fn middle_line(digit: &[f32]) -> Vec<bool> {
    let mut ink: Vec<bool> = digit.iter().map(|&value| value > 0.3).collect();
    let inner = |place: &usize| {
        let (x, y) = (place % SIDE, place / SIDE);
        (1..SIDE - 1).contains(&x) && (1..SIDE - 1).contains(&y)
    };
    loop {
        let before = ink.clone();
        for pass in 0..2 {
            let gone: Vec<usize> = (0..PIXELS)
                .filter(inner)
                .filter(|&place| {
                    // The eight neighbours, clockwise from the one above.
                    let n = [
                        place - SIDE,
                        place - SIDE + 1,
                        place + 1,
                        place + SIDE + 1,
                        place + SIDE,
                        place + SIDE - 1,
                        place - 1,
                        place - SIDE - 1,
                    ]
                    .map(|neighbour| ink[neighbour]);
                    let count = n.iter().filter(|&&on| on).count();
                    let rises = (0..8).filter(|&i| !n[i] && n[(i + 1) % 8]).count();
                    let sides =
                        if pass == 0 { !(n[2] && n[4] && (n[0] || n[6])) } else { !(n[0] && n[6] && (n[2] || n[4])) };
                    ink[place] && (2..=6).contains(&count) && rises == 1 && sides
                })
                .collect();
            gone.into_iter().for_each(|place| ink[place] = false);
        }
        if ink == before {
            return ink;
        }
    }
}

/// A line drawn with a round pen: full to its reach, soft over one pixel more.
fn penned(line: &[bool], reach: f32) -> Vec<f32> {
    let mut out = vec![0.0_f32; PIXELS];
    let far = reach.ceil() as i32 + 1;
    for place in (0..PIXELS).filter(|&place| line[place]) {
        let (x, y) = ((place % SIDE) as i32, (place / SIDE) as i32);
        for row in (y - far).max(0)..=(y + far).min(SIDE as i32 - 1) {
            for column in (x - far).max(0)..=(x + far).min(SIDE as i32 - 1) {
                let distance = (((row - y).pow(2) + (column - x).pow(2)) as f32).sqrt();
                let value = (reach + 0.5 - distance).clamp(0.0, 1.0);
                let at = &mut out[row as usize * SIDE + column as usize];
                *at = at.max(value);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar from the top to the bottom that leans.
    fn bar(lean: f32, half_width: f32) -> Vec<f32> {
        let mut digit = vec![0.0; PIXELS];
        for y in 4..24 {
            let middle = 14.0 - lean * (y as f32 - 14.0);
            for x in 0..SIDE {
                digit[y * SIDE + x] = (half_width + 0.5 - (x as f32 - middle).abs()).clamp(0.0, 1.0);
            }
        }
        digit
    }

    #[test]
    fn upright_and_slanted_lean_as_they_should() {
        for given in [-0.3, 0.0, 0.4] {
            let digit = bar(given, 1.5);
            assert!((lean(&digit) - given).abs() < 0.03);
            assert!(lean(&Style::Upright.apply(&digit)).abs() < 0.03);
            assert!((lean(&Style::Slanted.apply(&digit)) - LEAN).abs() < 0.05);
        }
    }

    #[test]
    fn pens_do_not_depend_on_the_pen_before() {
        let ink = |digit: &[f32]| digit.iter().sum::<f32>();
        let (narrow, wide) = (bar(0.0, 1.0), bar(0.0, 3.0));
        for style in [Style::Thin, Style::Bold] {
            let (a, b) = (ink(&style.apply(&narrow)), ink(&style.apply(&wide)));
            assert!((a - b).abs() < 0.35 * a.max(b), "{style:?}: {a} and {b}");
        }
        assert!(ink(&Style::Bold.apply(&narrow)) > 1.4 * ink(&Style::Thin.apply(&narrow)));
    }

    #[test]
    fn every_style_keeps_to_the_unit_interval() {
        let empty = vec![0.0; PIXELS];
        for style in Style::ALL {
            for digit in [&empty, &bar(0.2, 2.0), &vec![1.0; PIXELS]] {
                let out = style.apply(digit);
                assert!(out.len() == PIXELS && out.iter().all(|value| (0.0..=1.0).contains(value)), "{style:?}");
            }
        }
    }
}
