//! `metrics.jsonl`: the events of a run, a line each, appended; what a kill tore off is repaired when it is opened again.

use super::file::RunError;
use crate::experiment::{Event, EventLine};
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;

/// The name of the file in a run's folder.
pub const FILE: &str = "metrics.jsonl";

/// What was read, and where the good part of the file ends.
#[derive(Debug, Default)]
pub struct Read {
    pub events: Vec<Event>,
    /// The end of the line of each event, in bytes.
    ends: Vec<u64>,
    /// The last line was torn, and is left out.
    pub torn: bool,
}

/// Reads the events of a run. A last line without its end is what a kill leaves, and is left out.
///
/// # Errors
/// When the file cannot be read, or a whole line is no event: names the line.
pub fn read(folder: &Path) -> Result<Read, RunError> {
    let path = folder.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Read::default()),
        Err(error) => return Err(RunError::file(&path, error)),
    };
    let mut read = Read::default();
    let mut end = 0;
    for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        if !line.ends_with(b"\n") {
            read.torn = true;
            break;
        }
        end += line.len() as u64;
        let broken =
            |reason: String| RunError::Content { file: path.clone(), place: format!("line {}", index + 1), reason };
        let line: EventLine = serde_json::from_slice(line).map_err(|error| broken(error.to_string()))?;
        if line.version > EventLine::VERSION {
            return Err(broken(format!("version {}, this program reads up to {}", line.version, EventLine::VERSION)));
        }
        read.events.push(line.event);
        read.ends.push(end);
    }
    Ok(read)
}

impl Read {
    /// How many events lie at or before `step` from the start on.
    fn upto(&self, step: u64) -> usize {
        self.events.iter().position(|event| step_of(event).is_some_and(|at| at > step)).unwrap_or(self.events.len())
    }

    /// The events of a run that goes on from `step`, and the length of the file that holds them.
    pub fn cut_after(mut self, step: u64) -> (Vec<Event>, u64) {
        let kept = self.upto(step);
        let length = kept.checked_sub(1).map_or(0, |last| self.ends[last]);
        self.events.truncate(kept);
        (self.events, length)
    }
}

/// The training step that an event belongs to; an end belongs to none.
fn step_of(event: &Event) -> Option<u64> {
    match event {
        Event::Scalar { step, .. }
        | Event::View { step, .. }
        | Event::Knob { step, .. }
        | Event::Action { step, .. }
        | Event::Warning { step, .. }
        | Event::Checkpoint { step, .. } => Some(*step),
        _ => None,
    }
}

/// Whether an event belongs in the file: what happened, not how fast, and no pixels.
pub fn is_recorded(event: &Event) -> bool {
    !matches!(event, Event::View { .. } | Event::Progress { .. } | Event::Paused { .. } | Event::Evaluating { .. })
}

/// The file, open for appending.
#[derive(Debug)]
pub struct Writer(BufWriter<File>);

impl Writer {
    /// Opens the file and cuts it to `length`.
    pub fn open(folder: &Path, length: u64) -> Result<Self, RunError> {
        let path = folder.join(FILE);
        let open = || -> std::io::Result<File> {
            let file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.set_len(length)?;
            Ok(file)
        };
        Ok(Writer(BufWriter::new(open().map_err(|error| RunError::file(&path, error))?)))
    }

    pub fn append(&mut self, event: &Event) -> std::io::Result<()> {
        writeln!(self.0, "{}", EventLine::new(event.clone()).to_json())
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }

    /// Makes everything durable.
    pub fn sync(&mut self) -> std::io::Result<()> {
        self.0.flush()?;
        self.0.get_ref().sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(step: u64) -> Event {
        Event::Scalar { series: "train/elbo".into(), step, value: -100.0 }
    }

    fn written(steps: &[u64]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(folder.path(), 0).unwrap();
        steps.iter().for_each(|&step| writer.append(&scalar(step)).unwrap());
        writer.sync().unwrap();
        folder
    }

    #[test]
    fn a_torn_tail_is_left_out_wherever_it_was_torn() {
        let folder = written(&[20, 40]);
        let path = folder.path().join(FILE);
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let read = read(folder.path()).unwrap();
            assert_eq!(read.events.len(), whole[..cut].iter().filter(|&&byte| byte == b'\n').count());
        }
    }

    #[test]
    fn what_lies_past_a_checkpoint_is_cut_off() {
        let folder = written(&[20, 40, 60]);
        let (events, length) = read(folder.path()).unwrap().cut_after(45);
        assert_eq!(events, [scalar(20), scalar(40)]);
        Writer::open(folder.path(), length).unwrap().append(&scalar(50)).unwrap();
        assert_eq!(read(folder.path()).unwrap().events, [scalar(20), scalar(40), scalar(50)]);
    }

    #[test]
    fn a_broken_line_is_named() {
        let folder = written(&[20]);
        let path = folder.path().join(FILE);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(b"{\"version\":1,\"event\":\"scolar\"}\n");
        fs::write(&path, bytes).unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("metrics.jsonl: line 2: unknown variant `scolar`"), "{error}");
    }
}
