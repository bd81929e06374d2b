//! How programs that play talk to each other: GTP (Go and others), UCI (chess), USI (shogi), and SGF, in which games are kept.

pub mod external;
pub mod gtp;
pub mod sgf;
pub mod uci;

#[cfg(test)]
mod tests;
