//! Argument parsing and dispatch.

use clap::Parser;
use shinso::command_line::{Arguments, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(Arguments::parse())
}
