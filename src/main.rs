//! The beginning and the end.

use shinso::command_line::run;
use std::process::ExitCode;

fn main() -> ExitCode {
    run(std::env::args_os())
}
