//! What `class` is told.

use crate::class::name::Name;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ClassVerb {
    /// Write the answers of all accounts of a server as tables (CSV); the server may run meanwhile
    ///
    /// Without --long and --wide the long table goes to standard output.
    Export(ExportArguments),
    /// Take a file that a student wrote with `shinso hand-in` into their account; what they solved there stays as it is
    ///
    /// What comes in by a file is marked so in every export: the program cannot know how it was earned.
    Take(TakeArguments),
}

#[derive(Debug, Args)]
pub struct HandInArguments {
    /// The file to write (FILE.json), or `-` for standard output
    pub file: String,

    /// Write over a file of an earlier time
    #[arg(long)]
    pub overwrite: bool,
}

#[derive(Debug, Args)]
pub struct TakeArguments {
    /// The account
    pub name: Name,

    /// The file that the student has handed in
    pub file: PathBuf,

    /// The folder of the server [default: `serve` in your data folder]
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,

    /// Make the account if nobody has logged in under this name yet
    #[arg(long)]
    pub new: bool,
}

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// The folder of the server [default: `serve` in your data folder]
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,

    /// Write a row for each student and exercise to this file
    #[arg(long, value_name = "FILE.csv")]
    pub long: Option<PathBuf>,

    /// Write a row for each student to this file, with a column for each exercise and the points of each lab
    #[arg(long, value_name = "FILE.csv")]
    pub wide: Option<PathBuf>,

    /// Who the students are: a CSV file with the columns id, name (or first_name and last_name), and perhaps account
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,

    /// Until when: a CSV file with the columns lab, perhaps exercise (`*` for all), and deadline, such as 2026-12-01 23:59 in this
    /// machine's zone or 2026-12-01T23:59:00+09:00
    #[arg(long, value_name = "FILE")]
    pub deadlines: Option<PathBuf>,

    /// Write over files of an earlier export
    #[arg(long)]
    pub overwrite: bool,

    /// Only of these labs [default: all]
    #[arg(long = "lab", value_name = "ID", num_args = 1..)]
    pub only: Vec<String>,

    /// Begin tables with a byte order mark, by which Excel knows UTF-8
    #[arg(long)]
    pub bom: bool,
}
