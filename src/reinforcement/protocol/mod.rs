//! How programs that play talk to each other, GTP (Go and others), UCI (chess) and USI (shogi); and how games are kept in files:
//! SGF, PGN (chess), KIF, KI2 and CSA (shogi), or lists of moves.

mod csa;
pub mod external;
pub mod files;
pub mod gtp;
pub mod inbox;
mod ki2;
mod kif;
mod pgn;
mod plain;
pub mod record;
mod sgf;
pub mod uci;

#[cfg(test)]
mod tests;
