//! The class: who is here, whose hand is up, whose screen is followed, and who may train.
//!
//! Each session has a seat. Its program comes to the socket of the server and says which seat is its own; what it says beyond that counts for that
//! seat alone, and what only instructors may do is looked up there. Commands have one too, by which they come for the progress of their account; in
//! the class are those alone that say so, which screens and the linear mode do.

mod door;
mod hub;
mod mirror;
mod people;
mod progress;
mod queue;
mod seat;

pub use door::Door;
pub use hub::{Attendance, Class, ClassSettings};
pub use people::People;
pub use progress::attend_to_others;
