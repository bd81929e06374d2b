//! The class on the screen: the list and the table that instructors see, screens that are followed, the question of who one is.
//!
//! Outside of a class nothing of this is seen.

pub mod answers;
pub mod identity;
pub mod list;
mod status;
#[cfg(test)]
mod tests;
pub mod viewing;

pub use status::status;
