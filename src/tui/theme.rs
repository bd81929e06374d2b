//! Colours. Every widget draws in the theme's true colours; [`ColorDepth::reduce`] brings a finished frame down to what
//! the terminal can show, in one place.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use std::str::FromStr;

/// The colours: one accent, a quiet ground, series that the colour-blind can distinguish
/// (after Okabe & Ito, "Color Universal Design", 2008).
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    pub dark: bool,
    /// The ground, where the terminal's own may be of the other kind; none keeps the terminal's.
    pub own_ground: Option<Color>,
    pub text: Color,
    /// Labels, axes, what stands back.
    pub dim: Color,
    /// Rules and borders.
    pub line: Color,
    /// The one colour that draws the eye.
    pub accent: Color,
    /// The ground under a selected row.
    pub selection: Color,
    pub good: Color,
    pub warning: Color,
    pub bad: Color,
    /// Lines of a chart, in order.
    pub series: [Color; 8],
    /// Lines of other runs under them: the colour of each run, and that of its second line.
    pub overlays: [[Color; 2]; 3],
    /// Marks of the ten digits.
    pub digits: [Color; 10],
}

impl Theme {
    pub fn dark() -> Self {
        let rgb = |hex: u32| Color::from_u32(hex);
        Theme {
            dark: true,
            own_ground: None,
            text: rgb(0xd8d8d8),
            dim: rgb(0x8a8f98),
            line: rgb(0x4b515c),
            accent: rgb(0x56b4e9),
            selection: rgb(0x24344a),
            good: rgb(0x35c49a),
            warning: rgb(0xe8a317),
            bad: rgb(0xf07c4a),
            series: [0x56b4e9, 0xe8a317, 0x35c49a, 0xd98cb8, 0xf0e442, 0xf07c4a, 0x9aa5ff, 0xb5cf6b].map(rgb),
            overlays: [[0x8f86d8, 0xc77fe0], [0xa8a05a, 0x7fb36a], [0xb08968, 0xcf6f6f]].map(|run| run.map(rgb)),
            digits: [
                0x56b4e9, 0xe8a317, 0x35c49a, 0xf0e442, 0xf07c4a, 0xd98cb8, 0x9aa5ff, 0xb5cf6b, 0xd8d8d8, 0xc49c94,
            ]
            .map(rgb),
        }
    }

    pub fn light() -> Self {
        let rgb = |hex: u32| Color::from_u32(hex);
        Theme {
            dark: false,
            own_ground: None,
            text: rgb(0x1f2328),
            dim: rgb(0x656d76),
            line: rgb(0xb0b7c0),
            accent: rgb(0x0067a8),
            selection: rgb(0xd6e8f7),
            good: rgb(0x00735a),
            warning: rgb(0x8f5f00),
            bad: rgb(0xb83c00),
            series: [0x0072b2, 0xb86e00, 0x00805e, 0xa9487d, 0x7a6a00, 0xc24400, 0x4b4ba8, 0x5b7a1a].map(rgb),
            overlays: [[0x5a4fb0, 0x8a3fa8], [0x6b6f1f, 0x3f7a3a], [0x7d5a3c, 0x9c3d3d]].map(|run| run.map(rgb)),
            digits: [
                0x0072b2, 0xb86e00, 0x00805e, 0x7a6a00, 0xc24400, 0xa9487d, 0x4b4ba8, 0x5b7a1a, 0x1f2328, 0x80584e,
            ]
            .map(rgb),
        }
    }

    /// The same painted on a ground of its own, so that it can be read on any terminal.
    pub fn on_its_ground(self) -> Self {
        let ground = Color::from_u32(if self.dark { 0x14161b } else { 0xffffff });
        Theme { own_ground: Some(ground), ..self }
    }

    /// Paints the ground under whatever has none in a finished frame, also where a wide character has cleared its cells.
    pub fn paint_ground(&self, buffer: &mut Buffer) {
        let Some(ground) = self.own_ground else { return };
        buffer.content.iter_mut().filter(|cell| cell.bg == Color::Reset).for_each(|cell| cell.bg = ground);
    }

    /// A colour beside another: half-way to the text, so that a dashed line is told from the solid one that it belongs to.
    pub fn beside(&self, color: Color) -> Color {
        self.towards_text(color, 0.5)
    }

    /// A colour so far on its way to that of the text: 0 the colour itself, 1 the text's.
    pub fn towards_text(&self, color: Color, share: f32) -> Color {
        match (color, self.text) {
            (Color::Rgb(r, g, b), Color::Rgb(x, y, z)) => {
                let mix = |a: u8, b: u8| (f32::from(a) + share * (f32::from(b) - f32::from(a))) as u8;
                Color::Rgb(mix(r, x), mix(g, y), mix(b, z))
            }
            _ => color,
        }
    }

    pub fn body(&self) -> Style {
        Style::new().fg(self.text)
    }

    pub fn quiet(&self) -> Style {
        Style::new().fg(self.dim)
    }

    pub fn rule(&self) -> Style {
        Style::new().fg(self.line)
    }

    pub fn accented(&self) -> Style {
        Style::new().fg(self.accent)
    }

    pub fn strong(&self) -> Style {
        self.body().add_modifier(Modifier::BOLD)
    }

    /// A ground for a share from 0, near the theme's own ground, to 1, a tint of its accent; no number is 0.
    pub fn tint(&self, share: f32) -> Color {
        let (low, high): ([u8; 3], [u8; 3]) =
            if self.dark { ([0x14, 0x16, 0x1c], [0x2c, 0x58, 0x86]) } else { ([0xff; 3], [0x9c, 0xcc, 0xee]) };
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        let mix = |channel: usize| {
            let (a, b) = (f32::from(low[channel]), f32::from(high[channel]));
            (a + share * (b - a)).round() as u8
        };
        Color::Rgb(mix(0), mix(1), mix(2))
    }

    pub fn selected(&self) -> Style {
        Style::new().fg(self.text).bg(self.selection).add_modifier(Modifier::BOLD)
    }
}

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorDepth {
    #[default]
    True,
    Indexed256,
    Ansi16,
    /// Black and white: weight, dimness and reversal carry what colour did.
    None,
}

impl ColorDepth {
    /// What the environment says of the terminal: `NO_COLOR`, `COLORTERM`, `TERM`, and programs known for true colour.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is = |name: &str| variable(name).unwrap_or_default().to_ascii_lowercase();
        if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) || is("TERM") == "dumb" {
            return ColorDepth::None;
        }
        let term = is("TERM");
        let known = ["iterm.app", "wezterm", "ghostty", "vscode"].contains(&is("TERM_PROGRAM").as_str());
        let direct =
            ["kitty", "ghostty", "wezterm", "alacritty", "foot", "direct"].iter().any(|name| term.contains(name));
        if ["truecolor", "24bit"].contains(&is("COLORTERM").as_str()) || known || direct {
            ColorDepth::True
        } else if term.contains("256color") {
            ColorDepth::Indexed256
        } else {
            ColorDepth::Ansi16
        }
    }

    /// Brings every cell of a finished frame down to this depth.
    pub fn reduce(self, buffer: &mut Buffer) {
        if self == ColorDepth::True {
            return;
        }
        for cell in &mut buffer.content {
            if self == ColorDepth::None {
                if is_tinted_ground(cell.bg) {
                    cell.modifier.insert(Modifier::REVERSED);
                }
                (cell.fg, cell.bg) = (Color::Reset, Color::Reset);
            } else {
                cell.fg = self.nearest(cell.fg);
                cell.bg = self.nearest(cell.bg);
            }
        }
    }

    fn nearest(self, color: Color) -> Color {
        let Color::Rgb(r, g, b) = color else { return color };
        match self {
            ColorDepth::Indexed256 => Color::Indexed(nearest_indexed([r, g, b])),
            ColorDepth::Ansi16 => nearest_ansi([r, g, b]),
            _ => color,
        }
    }
}

impl FromStr for ColorDepth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "truecolor" => Ok(ColorDepth::True),
            "256" => Ok(ColorDepth::Indexed256),
            "16" => Ok(ColorDepth::Ansi16),
            "never" => Ok(ColorDepth::None),
            other => Err(format!("unknown colour depth `{other}`: expected auto, truecolor, 256, 16 or never")),
        }
    }
}

/// A ground that stands for something (a selection), not the black or grey of a picture.
fn is_tinted_ground(color: Color) -> bool {
    matches!(color, Color::Rgb(r, g, b) if r != g || g != b)
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let [dr, dg, db] = std::array::from_fn(|i| (i32::from(a[i]) - i32::from(b[i])).pow(2) as u32);
    2 * dr + 4 * dg + 3 * db
}

/// The nearest of xterm's 6×6×6 cube (16–231) and grey ramp (232–255).
fn nearest_indexed(rgb: [u8; 3]) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let level = |value: u8| (0..6).min_by_key(|&i| LEVELS[i].abs_diff(value)).expect("six levels");
    let cube = rgb.map(level);
    let cube_index = 16 + 36 * cube[0] + 6 * cube[1] + cube[2];
    let mean = rgb.iter().map(|&v| u32::from(v)).sum::<u32>() / 3;
    let grey_step = (mean.saturating_sub(3) / 10).min(23) as usize;
    let grey = 8 + 10 * grey_step as u8;
    if distance([grey; 3], rgb) < distance(cube.map(|i| LEVELS[i]), rgb) {
        (232 + grey_step) as u8
    } else {
        cube_index as u8
    }
}

/// The nearest of the sixteen colours by their usual values.
fn nearest_ansi(rgb: [u8; 3]) -> Color {
    const COLORS: [(Color, [u8; 3]); 16] = [
        (Color::Black, [0, 0, 0]),
        (Color::Red, [170, 0, 0]),
        (Color::Green, [0, 170, 0]),
        (Color::Yellow, [170, 120, 0]),
        (Color::Blue, [0, 0, 170]),
        (Color::Magenta, [170, 0, 170]),
        (Color::Cyan, [0, 170, 170]),
        (Color::Gray, [190, 190, 190]),
        (Color::DarkGray, [110, 110, 110]),
        (Color::LightRed, [255, 100, 80]),
        (Color::LightGreen, [85, 255, 85]),
        (Color::LightYellow, [255, 255, 85]),
        (Color::LightBlue, [90, 120, 255]),
        (Color::LightMagenta, [255, 110, 255]),
        (Color::LightCyan, [85, 255, 255]),
        (Color::White, [255, 255, 255]),
    ];
    COLORS.into_iter().min_by_key(|(_, value)| distance(*value, rgb)).expect("sixteen colours").0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(variables: &[(&str, &str)]) -> ColorDepth {
        ColorDepth::detect(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string()))
    }

    #[test]
    fn the_environment_tells_the_depth() {
        assert_eq!(detect(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), ColorDepth::True);
        assert_eq!(detect(&[("TERM", "xterm-256color")]), ColorDepth::Indexed256);
        assert_eq!(detect(&[("TERM", "xterm")]), ColorDepth::Ansi16);
        assert_eq!(detect(&[("TERM", "xterm-kitty")]), ColorDepth::True);
        assert_eq!(detect(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), ColorDepth::None);
        assert_eq!(detect(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]), ColorDepth::Indexed256);
    }

    #[test]
    fn known_colours_map_to_themselves() {
        assert_eq!(nearest_indexed([0, 0, 0]), 16);
        assert_eq!(nearest_indexed([255, 255, 255]), 231);
        assert_eq!(nearest_indexed([255, 0, 0]), 196);
        assert_eq!(nearest_indexed([128, 128, 128]), 244);
        assert_eq!(nearest_ansi([255, 255, 255]), Color::White);
    }

    #[test]
    fn without_colour_a_selection_is_reversed_and_a_picture_is_not() {
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 2, 1));
        buffer[(0, 0)].set_bg(Theme::dark().selection);
        buffer[(1, 0)].set_bg(Color::Rgb(20, 20, 20));
        ColorDepth::None.reduce(&mut buffer);
        assert!(buffer[(0, 0)].modifier.contains(Modifier::REVERSED));
        assert!(!buffer[(1, 0)].modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn a_ground_of_its_own_is_under_every_cell_and_keeps_other_grounds() {
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "深層", Theme::light().body());
        buffer.set_string(3, 0, "…", Theme::light().body());
        buffer[(6, 0)].set_bg(Theme::light().selection);
        let untouched = buffer.clone();
        Theme::light().paint_ground(&mut buffer);
        assert_eq!(buffer, untouched, "the terminal's own is kept");
        let theme = Theme::light().on_its_ground();
        theme.paint_ground(&mut buffer);
        let grounds: Vec<Color> = buffer.content.iter().map(|cell| cell.bg).collect();
        assert!(
            grounds
                .iter()
                .enumerate()
                .all(|(at, ground)| { *ground == if at == 6 { theme.selection } else { theme.own_ground.unwrap() } })
        );
    }
}
