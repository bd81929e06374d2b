//! The rooms for people: screens, widgets and instruments in a terminal.

pub mod keys;
pub mod text;
pub mod theme;
pub mod widgets;
pub mod width;
