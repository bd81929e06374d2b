//! The rooms for people: screens, widgets and instruments in a terminal.

pub mod theme;
