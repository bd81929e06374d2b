//! The progress of all accounts: one file of the server's, one thread that writes it, and what sessions that cannot come to the server
//! have kept in the folders of their accounts.

mod folders;
mod writer;

pub use folders::AccountFolders;
pub use writer::{Writer, way_out};
