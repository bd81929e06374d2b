//! A class at one server: what its sessions and the server say to each other, and how a session takes part.
//!
//! ```text
//! a session's screen ── FromSession, lines of JSON ──► the server's socket ──► whoever it concerns
//!                    ◄── ToSession ───────────────────
//! ```
//!
//! A session outside of a class has no link, and knows nothing of all this.

pub mod link;
pub mod message;
pub mod viewed;

pub use link::Link;
pub use viewed::Viewed;
