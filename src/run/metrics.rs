//! `metrics.jsonl`: the events of a run, a line each, appended; what a kill tore off is repaired when it is opened again.

use super::file::RunError;
use crate::experiment::{Event, EventLine, TaskContext, Wording};
use crate::intake::{self, MARK, Purpose, digest};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read as _, Write};
use std::path::Path;

const EVENTS: Purpose = Purpose::new(Wording::new("the events of a run", "実行の記録"), 1 << 34);

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

/// Reads the events of a run. A last line without its end is what a kill leaves, lines of blanks or NULs what a file system leaves that
/// lost its power; they are left out, and so is a line that is no event with all that follows it, if it lies behind the last checkpoint.
///
/// # Errors
/// When the file cannot be read, or a line before a checkpoint is no event: names the line.
pub fn read(folder: &Path) -> Result<Read, RunError> {
    let path = folder.join(FILE);
    if path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Ok(Read::default());
    }
    let bytes = intake::bytes(&path, &EVENTS, &TaskContext::default()).map_err(RunError::intake)?;
    let mut read = Read::default();
    let (mut end, mut trouble) = (0, None);
    for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        if !line.ends_with(b"\n") {
            read.torn = true;
            break;
        }
        let start = end;
        end += line.len();
        let line = if index == 0 { line.strip_prefix(MARK).unwrap_or(line) } else { line };
        if line.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
            continue;
        }
        match event(line) {
            Ok(event) => {
                read.events.push(event);
                read.ends.push(end as u64);
            }
            Err(reason) => {
                let place = format!("line {}", index + 1);
                trouble = Some((start, RunError::Content { file: path.clone(), place, reason }));
                break;
            }
        }
    }
    match trouble {
        // Nothing that follows was promised by a checkpoint.
        Some((start, _)) if !has_checkpoint(&bytes[start..]) => read.torn = true,
        Some((_, error)) => return Err(error),
        None => {}
    }
    Ok(read)
}

fn event(line: &[u8]) -> Result<Event, String> {
    let line: EventLine = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if line.version > EventLine::VERSION {
        return Err(format!("version {}, this program reads up to {}", line.version, EventLine::VERSION));
    }
    Ok(line.event)
}

fn has_checkpoint(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').any(|line| matches!(event(line), Ok(Event::Checkpoint { .. })))
}

impl Read {
    /// How many events lie at or before `step` from the start on.
    fn upto(&self, step: u64) -> usize {
        self.events.iter().position(|event| step_of(event).is_some_and(|at| at > step)).unwrap_or(self.events.len())
    }

    /// The events of a run that goes on from `step`. It has not finished, though a kill may have come after it said so.
    pub fn cut_after(mut self, step: u64) -> Kept {
        let mut kept = self.upto(step);
        while kept > 0 && matches!(self.events[kept - 1], Event::Finished { .. }) {
            kept -= 1;
        }
        let length = kept.checked_sub(1).map_or(0, |last| self.ends[last]);
        self.events.truncate(kept);
        Kept { events: self.events, length }
    }
}

/// The events that a run keeps when it goes on, and the length of the file that holds them.
#[derive(Debug, Default)]
pub struct Kept {
    pub events: Vec<Event>,
    pub length: u64,
}

impl Kept {
    /// The step of a checkpoint that nothing but an end follows.
    pub fn saved(&self) -> Option<u64> {
        match self.events.iter().rev().find(|event| !event.is_last())? {
            Event::Checkpoint { step, .. } => Some(*step),
            _ => None,
        }
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

/// A stretch from the beginning of the file: its length, and the sum of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub length: u64,
    sum: String,
}

impl Stretch {
    fn of(length: u64, sum: &Sha256) -> Self {
        Stretch { length, sum: digest::short(sum.clone().finalize()) }
    }

    /// What [`Display`](std::fmt::Display) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (length, sum) = text.strip_prefix("metrics ")?.split_once(' ')?;
        Some(Stretch { length: length.parse().ok()?, sum: sum.to_owned() })
    }

    /// Whether the file in a folder still begins so.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_there(&self, folder: &Path) -> Result<bool, RunError> {
        let bytes = intake::bytes(&folder.join(FILE), &EVENTS, &TaskContext::default()).map_err(RunError::intake)?;
        let begins = bytes.get(..self.length as usize);
        Ok(begins.is_some_and(|bytes| Stretch::of(self.length, &Sha256::new_with_prefix(bytes)) == *self))
    }
}

impl std::fmt::Display for Stretch {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "metrics {} {}", self.length, self.sum)
    }
}

/// The file, open for appending.
#[derive(Debug)]
pub struct Writer {
    out: BufWriter<File>,
    length: u64,
    sum: Sha256,
}

impl Writer {
    /// Opens the file and cuts it to `length`.
    pub fn open(folder: &Path, length: u64) -> Result<Self, RunError> {
        let path = folder.join(FILE);
        let open = || -> std::io::Result<(File, Sha256)> {
            let mut options = OpenOptions::new();
            options.create(true).read(true).append(true);
            let mut file = intake::only_a_file(&mut options).open(&path)?;
            file.set_len(length)?;
            let mut sum = Sha256::new();
            let mut piece = vec![0; 1 << 16];
            loop {
                match file.read(&mut piece)? {
                    0 => break,
                    read => sum.update(&piece[..read]),
                }
            }
            Ok((file, sum))
        };
        let (file, sum) = open().map_err(|error| RunError::file(&path, error))?;
        Ok(Writer { out: BufWriter::new(file), length, sum })
    }

    pub fn append(&mut self, event: &Event) -> std::io::Result<()> {
        let line = EventLine::new(event.clone()).to_json() + "\n";
        self.length += line.len() as u64;
        self.sum.update(&line);
        self.out.write_all(line.as_bytes())
    }

    /// What was appended so far, with what was there before.
    pub fn stretch(&self) -> Stretch {
        Stretch::of(self.length, &self.sum)
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }

    /// Makes everything durable.
    pub fn sync(&mut self) -> std::io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
        let Kept { events, length } = read(folder.path()).unwrap().cut_after(45);
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
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read(folder.path()).unwrap().events, [scalar(20)], "no checkpoint promises it");
        bytes.extend(EventLine::new(Event::Checkpoint { step: 40, seconds: 1.0 }).to_json().bytes().chain([b'\n']));
        fs::write(&path, bytes).unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("metrics.jsonl: line 2: unknown variant `scolar`"), "{error}");
    }

    #[test]
    fn blank_lines_and_those_of_a_lost_power_are_passed_over() {
        let folder = written(&[20]);
        let path = folder.path().join(FILE);
        let whole = fs::read(&path).unwrap();
        for tail in [&b"\n"[..], b"  \r\n\n", b"\0\0\0\n", b"\0\0\0\0"] {
            fs::write(&path, [&whole, tail].concat()).unwrap();
            let read = read(folder.path()).unwrap();
            let kept = read.cut_after(20);
            assert_eq!((kept.events, kept.length), (vec![scalar(20)], whole.len() as u64));
        }
        fs::write(&path, [MARK, b"\n", &whole].concat()).unwrap();
        assert_eq!(read(folder.path()).unwrap().events, [scalar(20)], "a mark before it");
    }

    #[test]
    fn a_file_is_known_by_how_it_begins() {
        let folder = written(&[20, 40]);
        let path = folder.path().join(FILE);
        let whole = fs::read(&path).unwrap();
        let mut writer = Writer::open(folder.path(), whole.len() as u64).unwrap();
        let stretch = Stretch::parse(&writer.stretch().to_string()).unwrap();
        assert_eq!(stretch.length, whole.len() as u64);
        writer.append(&scalar(60)).unwrap();
        writer.sync().unwrap();
        assert!(stretch.is_there(folder.path()).unwrap(), "whatever follows");
        let mut turned = whole.clone();
        turned[10] ^= 1;
        for other in [&whole[..whole.len() - 1], &turned, b""] {
            fs::write(&path, other).unwrap();
            assert!(!stretch.is_there(folder.path()).unwrap());
        }
        assert_eq!(Stretch::parse("something else"), None);
    }
}
