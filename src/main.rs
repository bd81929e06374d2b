//! Argument parsing and dispatch.

use clap::Parser;
use shinso::command_line::{Arguments, run};
use std::process::ExitCode;

/// A training step frees and takes again the same large buffers. The system's allocator gives such memory back and has it
/// zeroed page by page each time, which costs a quarter of a VAE's step; this one keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run(Arguments::parse())
}
