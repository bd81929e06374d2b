//! What a run leaves on disk while it goes on.

use super::description::{RunDescription, Status};
use super::metrics::{self, Kept, Writer};
use super::seal::seal;
use super::store::{CHECKPOINT, RunError, RunLock, RunStore, write_whole};
use crate::experiment::{Event, EventLine, ImageGrid, Panel, Precision, Report, TaskContext, Trainable, Wording};
use crate::intake::{self, Purpose};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Files of a run's folder.
pub const WEIGHTS: &str = "model.safetensors";
pub const PICTURES: &str = "pictures";
/// The last of each view, an event a line as in the metrics.
const VIEWS: &str = "views.jsonl";
const SHOWN: Purpose = Purpose::new(Wording::new("the views of a run", "実行の表示"), 1 << 30);

/// Writes a run's files; holds its lock.
#[derive(Debug)]
pub struct Recorder {
    store: RunStore,
    description: RunDescription,
    folder: PathBuf,
    metrics: Writer,
    /// The last of each view.
    views: BTreeMap<String, Event>,
    /// The step of the last checkpoint, while nothing has come after it.
    saved: Option<u64>,
    _lock: RunLock,
}

impl Recorder {
    /// For a run that goes on after what it `kept` of its events, nothing if it is new.
    pub fn open(store: RunStore, description: RunDescription, lock: RunLock, kept: &Kept) -> Result<Self, RunError> {
        let folder = store.folder_of(&description.id);
        let metrics = Writer::open(&folder, kept.length)?;
        let mut views = BTreeMap::new();
        for event in last_views(&folder) {
            if let Event::View { name, .. } = &event {
                views.insert(name.clone(), event);
            }
        }
        let mut recorder = Recorder { store, description, folder, metrics, views, saved: kept.saved(), _lock: lock };
        recorder.set_status(Status::Running, None, None)?;
        Ok(recorder)
    }

    /// The folder of the run.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn description(&self) -> &RunDescription {
        &self.description
    }

    /// Records an event: a line of metrics, or files for a view to keep.
    pub fn record(&mut self, event: &Event) -> Result<(), RunError> {
        if let Event::View { name, step, keep: true, panels } = event {
            self.keep_view(name, *step, panels)?;
        }
        if let Event::View { name, .. } = event {
            self.views.insert(name.clone(), event.clone());
        }
        if metrics::is_recorded(event) {
            self.saved = None;
            self.metrics.append(event).map_err(|error| RunError::file(&self.folder.join(metrics::FILE), error))?;
        }
        Ok(())
    }

    /// A PNG for each panel of pictures, JSON for all others.
    fn keep_view(&self, name: &str, step: u64, panels: &[Panel]) -> Result<(), RunError> {
        let folder = self.folder.join(PICTURES);
        std::fs::create_dir_all(&folder).map_err(|error| RunError::file(&folder, error))?;
        for (index, panel) in panels.iter().enumerate() {
            let number = if panels.len() == 1 { String::new() } else { format!("-{}", index + 1) };
            let path = |ending: &str| folder.join(format!("{step:08}-{name}{number}.{ending}"));
            match panel {
                Panel::Pictures { images, .. } => write_whole(&path("png"), &png(images))?,
                panel => {
                    let json = serde_json::to_vec(panel).expect("panels hold only data that JSON can say");
                    write_whole(&path("json"), &json)?;
                }
            }
        }
        Ok(())
    }

    /// Hands metrics to the operating system.
    pub fn flush(&mut self) -> Result<(), RunError> {
        self.metrics.flush().map_err(|error| RunError::file(&self.folder.join(metrics::FILE), error))
    }

    fn sync(&mut self) -> Result<(), RunError> {
        self.metrics.sync().map_err(|error| RunError::file(&self.folder.join(metrics::FILE), error))
    }

    /// Writes a checkpoint, the weights alone and what was shown last beside it, and then says so in the metrics, so that what the
    /// metrics promise exists.
    pub fn checkpoint(&mut self, trainable: &mut dyn Trainable, seconds: f64) -> Result<Event, RunError> {
        // The checkpoint knows the events up to it: with others it would be another run. They are durable before it is.
        self.sync()?;
        let events = self.metrics.stretch().to_string();
        write_whole(&self.folder.join(CHECKPOINT), &seal(trainable.checkpoint(), &events))?;
        write_whole(&self.folder.join(WEIGHTS), &seal(trainable.weights(Precision::Single), ""))?;
        let views = self.views.values().map(|event| EventLine::new(event.clone()).to_json() + "\n");
        write_whole(&self.folder.join(VIEWS), views.collect::<String>().as_bytes())?;
        let event = Event::Checkpoint { step: trainable.position().step, seconds };
        self.record(&event)?;
        self.sync()?;
        self.saved = Some(trainable.position().step);
        Ok(event)
    }

    /// The step of the last checkpoint, if nothing has come after it.
    pub fn saved(&self) -> Option<u64> {
        self.saved
    }

    /// Says in `run.yaml` how the run stands.
    pub fn set_status(
        &mut self,
        status: Status,
        failure: Option<String>,
        report: Option<Report>,
    ) -> Result<(), RunError> {
        self.description.status = status;
        self.description.failure = failure;
        self.description.report = report;
        self.store.write(&self.description)
    }
}

/// The last of each view that a run kept. They are there to be looked at: a line that is no event, or of a later version, is passed over.
pub fn last_views(folder: &Path) -> Vec<Event> {
    let bytes = intake::bytes(&folder.join(VIEWS), &SHOWN, &TaskContext::default()).unwrap_or_default();
    let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<EventLine>(line).ok());
    lines.filter(|line| line.version <= EventLine::VERSION).map(|line| line.event).collect()
}

/// A grid of pictures as a PNG file.
///
/// # Panics
/// Never: an encoder that writes to memory has nothing to fail on but an empty grid, which becomes one pixel.
pub fn png(images: &ImageGrid) -> Vec<u8> {
    let whole = images.joined(2);
    let (width, height) = (whole.width.max(1) as u32, whole.height.max(1) as u32);
    let mut pixels = whole.pixels;
    pixels.resize((width * height) as usize, 0);
    let image = image::GrayImage::from_raw(width, height, pixels).expect("as many pixels as places");
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).expect("memory takes all bytes");
    bytes.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Bilingual;

    /// What a kill cut, what is not text and what a later version wrote cost their own lines alone.
    #[test]
    fn what_was_shown_last_is_read_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        assert!(last_views(folder.path()).is_empty(), "there is no such file");
        let note = |name: &str| {
            let panels = vec![Panel::Note { text: Bilingual::same("here") }];
            EventLine::new(Event::View { name: name.to_owned(), step: 3, keep: false, panels })
        };
        let later = EventLine { version: EventLine::VERSION + 1, ..note("later") }.to_json();
        let whole = note("whole").to_json();
        let cut = &whole[..whole.len() / 2];
        let lines = [note("first").to_json().as_bytes(), b"\xff\xfe", later.as_bytes(), cut.as_bytes()].join(&b'\n');
        std::fs::write(folder.path().join(VIEWS), lines).unwrap();
        assert_eq!(last_views(folder.path()), [note("first").event]);
    }
}
