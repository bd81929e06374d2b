//! What `class` is told.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ClassVerb {
    /// Write the answers of all accounts of a server as tables (CSV); the server may run meanwhile
    ///
    /// Without --long and --wide the long table goes to standard output.
    Export(ExportArguments),
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
