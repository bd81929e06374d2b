//! What a kill left behind: files that were being written when their process ended. They have names of their own, nobody finishes them,
//! and nothing else removes them.

use super::store::{DELETED_FOR, RunStore};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Younger ones may still be written to.
const AGE: Duration = Duration::from_secs(3600);
/// Copies of a person's texts that no run has begun with for so long are made again when they are wanted.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Letters at the end of the name of a file that is being written.
const MARK: usize = 6;

/// Removes leftovers of runs that nobody trains, and of the cache folder, and runs that were deleted long ago. What cannot be removed
/// stays.
pub fn sweep(store: &RunStore, cache: &Path, now: SystemTime) {
    for id in names(store.folder()) {
        let folder = store.folder_of(&id);
        // Young ones are left alone, and so is the lock: whoever resumes the run now must have it.
        let is_left = |path: &PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(is_unfinished) && is_old(path, AGE, now)
        };
        let parts = [folder.clone()].into_iter().chain(["pictures", "games"].map(|part| folder.join(part)));
        let leftovers: Vec<PathBuf> =
            parts.flat_map(|part| names(&part).into_iter().map(move |name| part.join(name))).filter(is_left).collect();
        if leftovers.is_empty() {
            continue;
        }
        // While it is held, nobody writes there.
        let Ok(_lock) = store.lock(&id) else { continue };
        leftovers.iter().for_each(|path| remove_old(path, AGE, now));
    }
    let deleted = store.deleted();
    for id in names(deleted.folder()) {
        let age = deleted.deleted_at(&id).and_then(|at| now.duration_since(at).ok());
        if age.is_some_and(|age| age >= DELETED_FOR) {
            let _stays = fs::remove_dir_all(deleted.folder_of(&id));
        }
    }
    for part in names(cache) {
        let folder = cache.join(&part);
        for name in names(&folder) {
            if is_unfinished(&name) || name.ends_with(".part") {
                remove_old(&folder.join(&name), AGE, now);
            } else if part == crate::data::text::COPIES {
                remove_old(&folder.join(&name), KEPT, now);
            }
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// `.checkpoint.safetensors.a1B2c3`: as files are called that are written whole and then renamed.
fn is_unfinished(name: &str) -> bool {
    let mark = name.strip_prefix('.').and_then(|rest| rest.rsplit_once('.'));
    mark.is_some_and(|(name, mark)| {
        !name.is_empty() && mark.len() == MARK && mark.bytes().all(|letter| letter.is_ascii_alphanumeric())
    })
}

/// Whether a path is a file that nobody has written to for so long.
fn is_old(path: &Path, age: Duration, now: SystemTime) -> bool {
    let Ok(about) = path.symlink_metadata() else { return false };
    about.is_file() && about.modified().is_ok_and(|changed| now.duration_since(changed).is_ok_and(|since| since >= age))
}

fn remove_old(path: &Path, age: Duration, now: SystemTime) {
    if is_old(path, age, now) {
        let _stays = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::store::tests::description;

    #[test]
    fn only_old_leftovers_of_runs_that_nobody_trains_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (store, cache) = (RunStore::new(folder.path().join("runs")), folder.path().join("cache"));
        let now: jiff::ZonedDateTime = "2026-01-02T03:04:05+00:00[UTC]".parse().unwrap();
        let (trained, _lock) = store.create(description(), &now).unwrap();
        let (resting, lock) = store.create(description(), &now).unwrap();
        drop(lock);
        let written: Vec<_> = [&trained.id, &resting.id]
            .into_iter()
            .flat_map(|id| {
                [".checkpoint.safetensors.a1B2c3", ".hidden", "model.safetensors", "pictures/.1.png.a1B2c3"]
                    .map(|name| store.folder_of(id).join(name))
            })
            .chain(
                [".train-images-idx3-ubyte.QwErT1", "train-images-idx3-ubyte"]
                    .map(|name| cache.join("mnist").join(name)),
            )
            .chain([".12-0.part", "0123456789abcdef"].map(|name| cache.join("texts").join(name)))
            .collect();
        for path in &written {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let there = || written.iter().map(|path| path.exists()).collect::<Vec<_>>();
        let time = SystemTime::now();
        sweep(&store, &cache, time);
        assert!(there().iter().all(|there| *there), "they are young");
        sweep(&store, &cache, time + AGE + AGE);
        assert_eq!(there(), [true, true, true, true, false, true, true, false, false, true, false, true]);
        sweep(&store, &cache, time + KEPT + AGE);
        assert_eq!(there()[9..], [true, false, false]);
    }

    #[test]
    fn a_deleted_run_goes_after_a_week() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().join("runs"));
        let now: jiff::ZonedDateTime = "2026-01-02T03:04:05+00:00[UTC]".parse().unwrap();
        let [kept, deleted] = [(); 2].map(|()| store.create(description(), &now).unwrap().0.id);
        store.delete(&deleted).unwrap();
        let there = |store: &RunStore| store.list().unwrap().0.len();
        for (later, left) in [(DELETED_FOR - AGE, 1), (DELETED_FOR + AGE, 0)] {
            sweep(&store, &folder.path().join("cache"), SystemTime::now() + later);
            assert_eq!((there(&store), there(&store.deleted())), (1, left));
        }
        assert!(store.find(&kept).is_ok());
    }
}
