//! A class on a server: its accounts and its roster, what an instructor does with its answers, and what its sessions and the server say to
//! each other while they run.
//!
//! ```text
//! a session's screen ── FromSession, lines of JSON ──► the server's socket ──► whoever it concerns
//!                    ◄── ToSession ───────────────────
//! ```
//!
//! A session outside of a class has no link, and knows nothing of all this.

pub mod accounts;
pub mod answers;
pub mod ids;
pub mod link;
pub mod message;
pub mod name;
pub mod progress;
pub mod roster;
pub mod session_file;
mod table;
pub mod viewed;

pub use link::Link;
pub use viewed::Viewed;
