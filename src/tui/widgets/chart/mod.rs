//! A streaming line chart in braille.
//!
//! Data ([`Series`]), what a person set ([`View`]) and the drawing ([`draw`]) are apart: new data never move a zoom.

mod axes;
mod draw;
mod scale;
mod sentence;
mod series;
mod view;

pub use axes::even as even_ticks;
pub use draw::{
    LEAST_NAME, Line, Stroke, Words, draw, extent, has_legend, mark_steps, names, read_out, step_at, step_at_cursor,
};
pub use scale::{Scale, linear_ticks, number};
pub use sentence::sentence;
pub use series::Series;
pub use view::View;
