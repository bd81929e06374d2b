//! Runs on disk: one folder each under `runs/`.
//!
//! ```text
//! runs/<id>/run.yaml                 what the run is
//!           label.yaml               its name, its note, and whether it is pinned
//!           metrics.jsonl            what happened
//!           checkpoint.safetensors   everything, to resume
//!           model.safetensors        weights alone
//!           views.jsonl              the last of each view that it showed
//!           pictures/<step>-<name>.png
//!           lock                     held while a process trains it
//! runs/.deleted/<id>/                a run that was deleted, for [`DELETED_FOR`]
//! ```

use super::description::{RunDescription, Status};
pub use super::file::{RunError, write_whole};
use super::label::RunLabel;
use super::metrics;
use super::seal;
use crate::experiment::knob::nearest;
use crate::experiment::{TaskContext, Wording};
use crate::intake::{self, Purpose, yaml};
use serde::de::DeserializeOwned;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The file of a run's folder from which it is taken up again.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
const LABEL: &str = "label.yaml";
/// Where runs that were deleted wait, within the folder of runs.
const DELETED: &str = ".deleted";
/// How long they do. The lock of each was changed when it was deleted.
pub const DELETED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
const RUN: Purpose = Purpose::new(Wording::new("a description of a run in YAML", "YAML の実行の記述"), 4 << 20);
const FILE: Purpose = Purpose::new(Wording::new("a file of a run", "実行のファイル"), 1 << 34);

/// The folder of runs.
#[derive(Debug, Clone)]
pub struct RunStore {
    folder: PathBuf,
}

/// The right to write to a run, held by one process at a time and given back when it ends, however it ends.
#[derive(Debug)]
pub struct RunLock(File);

impl RunStore {
    pub fn new(folder: PathBuf) -> Self {
        RunStore { folder }
    }

    /// The folder of all runs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn folder_of(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// The folder of a run that somebody names, which leads nowhere else.
    fn named(&self, id: &str) -> Result<PathBuf, RunError> {
        let mut parts = Path::new(id).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(part)), None) if part == id => Ok(self.folder_of(id)),
            _ => Err(RunError::Unknown(id.to_owned(), "expected the name of a folder of a run".to_owned())),
        }
    }

    /// Makes the folder of a new run. Its id holds lab and time, and is unique.
    pub fn create(
        &self,
        mut description: RunDescription,
        now: &jiff::ZonedDateTime,
    ) -> Result<(RunDescription, RunLock), RunError> {
        fs::create_dir_all(&self.folder).map_err(|error| RunError::file(&self.folder, error))?;
        let base = format!("{}-{}", description.lab, now.strftime("%Y%m%d-%H%M%S"));
        for attempt in 1.. {
            let id = if attempt == 1 { base.clone() } else { format!("{base}-{attempt}") };
            let folder = self.folder_of(&id);
            match fs::create_dir(&folder) {
                Ok(()) => {
                    description.id = id;
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(RunError::file(&folder, error)),
            }
        }
        let lock = self.lock(&description.id)?;
        self.write(&description)?;
        Ok((description, lock))
    }

    /// Whether a run can be taken up again.
    pub fn has_checkpoint(&self, id: &str) -> bool {
        self.folder_of(id).join(CHECKPOINT).is_file()
    }

    /// Takes the right to write to a run.
    pub fn lock(&self, id: &str) -> Result<RunLock, RunError> {
        let path = self.named(id)?.join("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let opened = intake::only_a_file(&mut options).open(&path);
        let file = opened.map_err(|error| RunError::file(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(RunLock(file)),
            Err(fs::TryLockError::WouldBlock) => Err(RunError::Busy(id.to_owned())),
            Err(fs::TryLockError::Error(error)) => Err(RunError::file(&path, error)),
        }
    }

    /// Writes `run.yaml`, whole or not at all.
    pub fn write(&self, description: &RunDescription) -> Result<(), RunError> {
        let text = serde_yaml::to_string(description).expect("a description is plain data");
        write_whole(&self.folder_of(&description.id).join("run.yaml"), text.as_bytes())
    }

    /// Reads `run.yaml`. A run that says it is under way while nobody holds its lock was killed: it counts as stopped.
    pub fn read(&self, id: &str) -> Result<RunDescription, RunError> {
        let path = self.named(id)?.join("run.yaml");
        let text = intake::text(&path, &RUN, &TaskContext::default()).map_err(RunError::intake)?;
        let mut description: RunDescription = parsed(&path, &text)?;
        // The folder's name is the id, also of a folder that was copied or renamed.
        id.clone_into(&mut description.id);
        if description.version > RunDescription::VERSION {
            let reason =
                format!("version {}, this program reads up to {}", description.version, RunDescription::VERSION);
            return Err(RunError::Content { file: path, place: "version".to_owned(), reason });
        }
        if description.status == Status::Running && self.lock(id).is_ok() {
            description.status = Status::Stopped;
        }
        Ok(description)
    }

    /// The runs there are, the newest first, and what is wrong with those that cannot be read.
    pub fn list(&self) -> Result<(Vec<RunDescription>, Vec<RunError>), RunError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
            Err(error) => return Err(RunError::file(&self.folder, error)),
        };
        let (mut runs, mut broken) = (Vec::new(), Vec::new());
        for entry in entries.flatten() {
            let folder = entry.path();
            // Files beside the runs, and what programs hide, are none of ours.
            if entry.file_name().as_encoded_bytes().starts_with(b".") || !folder.is_dir() {
                continue;
            }
            let Some(id) = entry.file_name().to_str().map(str::to_owned) else {
                broken.push(RunError::Refused {
                    file: folder,
                    reason: "the name of the folder is no UTF-8; rename it".to_owned(),
                });
                continue;
            };
            if is_missing(&folder.join("run.yaml")) {
                // One that is being made holds its lock already.
                if is_missing(&folder.join("lock")) || self.lock(&id).is_ok() {
                    let why = "a folder without run.yaml: no run any more; remove it";
                    broken.push(RunError::Refused { file: folder, reason: why.to_owned() });
                }
                continue;
            }
            match self.read(&id) {
                Ok(run) => runs.push(run),
                Err(error) => broken.push(error),
            }
        }
        runs.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| b.id.cmp(&a.id)));
        Ok((runs, broken))
    }

    /// What a person says of a run; nothing, where nothing was said.
    ///
    /// # Errors
    /// When `label.yaml` cannot be read, or was damaged.
    pub fn label(&self, id: &str) -> Result<RunLabel, RunError> {
        let path = self.folder_of(id).join(LABEL);
        if is_missing(&path) {
            return Ok(RunLabel::default());
        }
        parsed(&path, &intake::text(&path, &RUN, &TaskContext::default()).map_err(RunError::intake)?)
    }

    /// Writes `label.yaml`, whole or not at all.
    pub fn set_label(&self, id: &str, label: &RunLabel) -> Result<(), RunError> {
        let text = serde_yaml::to_string(label).expect("a label is plain data");
        write_whole(&self.folder_of(id).join(LABEL), text.as_bytes())
    }

    /// The run of this id or of this name, or the only one whose id begins so; `last` is the newest.
    pub fn find(&self, id: &str) -> Result<RunDescription, RunError> {
        if self.named(id).is_ok_and(|folder| folder.join("run.yaml").exists()) {
            return self.read(id);
        }
        let (mut runs, _) = self.list()?;
        if id == "last" && !runs.is_empty() {
            return Ok(runs.swap_remove(0));
        }
        // Every id begins with nothing: an empty one names none.
        let is_named =
            |run: &&RunDescription| !id.is_empty() && self.label(&run.id).is_ok_and(|label| label.name == id);
        let begins = |run: &&RunDescription| !id.is_empty() && run.id.starts_with(id);
        let mut matching: Vec<&RunDescription> = runs.iter().filter(is_named).collect();
        let by_name = !matching.is_empty();
        if !by_name {
            matching = runs.iter().filter(begins).collect();
        }
        match matching[..] {
            [only] => Ok(only.clone()),
            [] => {
                let hint = match nearest(id, runs.iter().map(|run| run.id.as_str())) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`shinso runs list` names them".to_owned(),
                };
                Err(RunError::Unknown(id.to_owned(), hint))
            }
            _ if by_name => Err(RunError::Unknown(id.to_owned(), format!("{} runs have this name", matching.len()))),
            _ => Err(RunError::Unknown(id.to_owned(), format!("{} runs begin so", matching.len()))),
        }
    }

    /// Deletes a run that is not pinned. It is moved aside, and can be [restored](Self::restore) for a week.
    pub fn delete(&self, id: &str) -> Result<(), RunError> {
        let folder = self.named(id)?;
        if self.label(id)?.pinned {
            return Err(RunError::Pinned(id.to_owned()));
        }
        let lock = self.lock(id)?;
        let aside = self.deleted();
        let to = aside.folder_of(id);
        let moved = || -> io::Result<()> {
            fs::create_dir_all(&aside.folder)?;
            lock.0.set_modified(SystemTime::now())?;
            match fs::remove_dir_all(&to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => fs::rename(&folder, &to),
            }
        };
        moved().map_err(|error| RunError::file(&folder, error))
    }

    /// The runs that were deleted and are still there.
    pub fn deleted(&self) -> RunStore {
        RunStore { folder: self.folder.join(DELETED) }
    }

    /// When a run was deleted, asked of the store of those that were.
    pub fn deleted_at(&self, id: &str) -> Option<SystemTime> {
        self.folder_of(id).join("lock").symlink_metadata().and_then(|lock| lock.modified()).ok()
    }

    /// Removes the runs that were deleted, for good; how many.
    pub fn forget_deleted(&self) -> usize {
        let entries = fs::read_dir(self.deleted().folder);
        entries.into_iter().flatten().flatten().filter(|run| fs::remove_dir_all(run.path()).is_ok()).count()
    }

    /// Brings a deleted run back.
    ///
    /// # Errors
    /// When there is none of this id, or another run has taken its place.
    pub fn restore(&self, id: &str) -> Result<(), RunError> {
        let (from, to) = (self.deleted().named(id)?, self.folder_of(id));
        if is_missing(&from) {
            let hint = "`shinso runs restore` names those that were deleted".to_owned();
            return Err(RunError::Unknown(id.to_owned(), hint));
        }
        if !is_missing(&to) {
            let reason = "a run of this name is there again; rename its folder first".to_owned();
            return Err(RunError::Refused { file: to, reason });
        }
        fs::rename(&from, &to).map_err(|error| RunError::file(&from, error))
    }

    /// The recorded events of a run.
    pub fn events(&self, id: &str) -> Result<metrics::Read, RunError> {
        metrics::read(&self.folder_of(id))
    }

    /// A file of a run.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was written.
    pub fn bytes(&self, id: &str, name: impl AsRef<Path>) -> Result<Vec<u8>, RunError> {
        let path = self.folder_of(id).join(name);
        let bytes = intake::bytes(&path, &FILE, &TaskContext::default()).map_err(RunError::intake)?;
        seal::check(&bytes).map_err(|reason| RunError::Content { file: path, place: "start".to_owned(), reason })?;
        Ok(bytes)
    }

    /// A file of a run that need not be there.
    pub fn optional(&self, id: &str, name: impl AsRef<Path>) -> Result<Option<Vec<u8>>, RunError> {
        if is_missing(&self.folder_of(id).join(&name)) { Ok(None) } else { self.bytes(id, name).map(Some) }
    }

    /// Whether a folder is that of the runs, or lies in it.
    pub fn holds(&self, folder: &Path) -> bool {
        let whole = |path: &Path| without_steps_back(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        let known = |path: &Path| whole(path).ancestors().find_map(|part| part.canonicalize().ok());
        matches!((known(folder), known(&self.folder)), (Some(folder), Some(runs)) if folder.starts_with(&runs) && self.folder.exists())
    }
}

/// Whether there is no file of this name, not even a broken link.
fn is_missing(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// The content of a file in YAML; an error names the line.
/// A path in which each `..` takes the part before it away.
fn without_steps_back(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

fn parsed<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, RunError> {
    if !yaml::is_shallow(text) {
        let reason = format!("nested more than {} deep", yaml::DEEPEST);
        return Err(RunError::Content { file: path.to_owned(), place: "start".to_owned(), reason });
    }
    serde_yaml::from_str(text).map_err(|error| {
        let place = error.location().map_or("start".to_owned(), |at| format!("line {}", at.line()));
        RunError::Content { file: path.to_owned(), place, reason: error.to_string() }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::experiment::Knobs;

    pub fn description() -> RunDescription {
        RunDescription {
            version: 1,
            id: String::new(),
            lab: "vae".into(),
            experiment: "vae".into(),
            preset: Some("quick".into()),
            seed: 1,
            threads: 1,
            knobs: Knobs::default(),
            data: None,
            data_digest: None,
            program: "0.1.0".into(),
            cpu: "test".into(),
            started: "2026-01-02T03:04:05+00:00".into(),
            status: Status::Running,
            failure: None,
            report: None,
        }
    }

    fn now() -> jiff::ZonedDateTime {
        "2026-01-02T03:04:05+00:00[UTC]".parse().unwrap()
    }

    #[test]
    fn ids_tell_the_time_and_are_unique() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().join("runs"));
        let (first, _lock) = store.create(description(), &now()).unwrap();
        let (second, _lock) = store.create(description(), &now()).unwrap();
        assert_eq!((first.id.as_str(), second.id.as_str()), ("vae-20260102-030405", "vae-20260102-030405-2"));
        assert_eq!(store.find("last").unwrap().id, second.id);
        assert_eq!(store.find("vae-20260102-030405").unwrap().id, first.id, "a whole id is no prefix");
    }

    #[test]
    fn a_run_is_running_only_while_its_lock_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().to_owned());
        let (run, lock) = store.create(description(), &now()).unwrap();
        assert_eq!(store.read(&run.id).unwrap().status, Status::Running);
        assert!(matches!(store.lock(&run.id), Err(RunError::Busy(_))));
        drop(lock);
        assert_eq!(store.read(&run.id).unwrap().status, Status::Stopped);
    }

    #[test]
    fn a_run_is_deleted_unless_it_is_under_way() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().to_owned());
        let (first, lock) = store.create(description(), &now()).unwrap();
        let (second, _lock) = store.create(description(), &now()).unwrap();
        assert!(matches!(store.delete(&first.id), Err(RunError::Busy(_))));
        assert!(store.read(&first.id).is_ok());
        drop(lock);
        store.delete(&first.id).unwrap();
        assert!(!store.folder_of(&first.id).exists() && store.folder_of(&second.id).exists());
        assert!(matches!(store.delete(&first.id), Err(RunError::File { .. })), "there is none");
    }

    #[test]
    fn a_deleted_run_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().to_owned());
        let (run, lock) = store.create(description(), &now()).unwrap();
        drop(lock);
        fs::write(store.folder_of(&run.id).join(CHECKPOINT), "numbers").unwrap();
        store.delete(&run.id).unwrap();
        assert!(store.list().unwrap().0.is_empty() && matches!(store.find(&run.id), Err(RunError::Unknown(..))));
        let deleted = store.deleted();
        assert_eq!(deleted.list().unwrap().0[0].id, run.id);
        assert!(deleted.deleted_at(&run.id).unwrap().elapsed().unwrap() < DELETED_FOR);
        store.restore(&run.id).unwrap();
        assert_eq!(store.list().unwrap().0[0].id, run.id);
        assert!(store.has_checkpoint(&run.id));
        assert!(matches!(store.restore(&run.id), Err(RunError::Unknown(..))), "it is back already");
        assert!(matches!(store.restore("../elsewhere"), Err(RunError::Unknown(..))));
        // Its place is taken: neither is lost.
        store.delete(&run.id).unwrap();
        fs::create_dir(store.folder_of(&run.id)).unwrap();
        assert!(matches!(store.restore(&run.id), Err(RunError::Refused { .. })));
        assert_eq!(deleted.list().unwrap().0.len(), 1);
    }

    #[test]
    fn a_run_is_found_by_its_name_and_kept_by_its_pin() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().to_owned());
        let ids = [(); 3].map(|()| store.create(description(), &now()).unwrap().0.id);
        assert_eq!(store.label(&ids[0]).unwrap(), RunLabel::default());
        let label = RunLabel { name: "β = 4".into(), note: "two lines:\n- 'quoted'".into(), pinned: true };
        store.set_label(&ids[0], &label).unwrap();
        assert_eq!(store.label(&ids[0]).unwrap(), label);
        assert_eq!(store.find("β = 4").unwrap().id, ids[0]);
        assert!(matches!(store.delete(&ids[0]), Err(RunError::Pinned(_))));
        store.set_label(&ids[1], &label).unwrap();
        assert_eq!(store.find("β = 4").unwrap_err().to_string(), "no run `β = 4`: 2 runs have this name");
        store.set_label(&ids[1], &RunLabel::default()).unwrap();
        store.delete(&ids[1]).unwrap();
        fs::write(store.folder_of(&ids[2]).join("label.yaml"), "name: x\npined: true\n").unwrap();
        let broken = store.label(&ids[2]).unwrap_err().to_string();
        assert!(broken.contains("label.yaml: line 2: unknown field `pined`"), "{broken}");
        assert!(store.delete(&ids[2]).is_err(), "perhaps it was pinned");
    }

    #[test]
    fn a_copied_folder_is_a_run_of_its_own_and_nothing_names_no_run() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().to_owned());
        let (run, _lock) = store.create(description(), &now()).unwrap();
        assert!(matches!(store.find(""), Err(RunError::Unknown(..))), "although there is only one");
        fs::create_dir(folder.path().join("kept")).unwrap();
        fs::copy(store.folder_of(&run.id).join("run.yaml"), store.folder_of("kept").join("run.yaml")).unwrap();
        assert_eq!(store.find("kept").unwrap().id, "kept");
        let (runs, _) = store.list().unwrap();
        assert_eq!(runs.len(), 2);
        store.delete("kept").unwrap();
        assert!(store.folder_of(&run.id).exists() && !store.folder_of("kept").exists());
    }

    #[test]
    fn a_broken_description_is_told_and_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().to_owned());
        let (run, _lock) = store.create(description(), &now()).unwrap();
        fs::create_dir(folder.path().join("bad")).unwrap();
        fs::write(folder.path().join("bad/run.yaml"), "version: 1\nid: bad\nsede: 3\n").unwrap();
        let (runs, broken) = store.list().unwrap();
        assert_eq!(runs.iter().map(|run| &run.id).collect::<Vec<_>>(), [&run.id]);
        assert!(broken[0].to_string().contains("run.yaml: line 3: "), "{}", broken[0]);
    }

    #[test]
    fn an_unknown_run_names_the_nearest() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().to_owned());
        assert_eq!(store.find("x").unwrap_err().to_string(), "no run `x`: `shinso runs list` names them");
        let (run, _lock) = store.create(description(), &now()).unwrap();
        let error = store.find("vae-20260102-030450").unwrap_err().to_string();
        assert_eq!(error, format!("no run `vae-20260102-030450`: did you mean `{}`?", run.id));
    }
}
