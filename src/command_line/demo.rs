//! `shinso demo LAB --record FILE`.

use super::arguments::DemoArguments;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::intake::gate::{self, Target};
use crate::tui::{ScreenOptions, Version, record as play};
use std::path::PathBuf;

/// Plays the script of a lab without a presenter and writes what is asked for.
pub fn record(environment: Environment, options: &ScreenOptions, demo: &DemoArguments) -> Exit {
    // Before minutes of training: whether the files can be written.
    let target = |file: &Option<PathBuf>, ending: &str| -> Result<Option<Target>, String> {
        let target = file.as_ref().map(|file| gate::to_write(&file.to_string_lossy(), &[ending])).transpose();
        target.map_err(|error| error.to_string())
    };
    let (cast, svg) = match (target(&demo.record, "cast"), target(&demo.svg, "svg")) {
        (Ok(cast), Ok(svg)) => (cast, svg),
        (Err(error), _) | (_, Err(error)) => return Exit::Failed(error),
    };
    let version = if demo.v2 { Version::V2 } else { Version::V3 };
    let recording = match play(environment, options, &demo.lab, demo.size, version) {
        Ok(recording) => recording,
        Err(exit) => return exit,
    };
    for (target, content) in [(cast, &recording.cast), (svg, &recording.svg)] {
        if let Some(Err(error)) = target.map(|target| target.write(content.as_bytes())) {
            return Exit::failed(error);
        }
    }
    Exit::Done
}
