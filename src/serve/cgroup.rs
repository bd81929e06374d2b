//! A group of the kernel for each session, which bounds its share of the processors and the memory of all its processes (control groups,
//! version 2). They are made below the group of the server, where that was handed over to it: by systemd with `Delegate=yes`.
//!
//! ```text
//! shinso-serve.service/           no process here: the kernel allows none beside groups that are bounded
//!   server/                       the server itself
//!   session-7/                    cpu.max, memory.max
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the kernel says what is mounted, and in which group this process is.
const MOUNTS: &str = "/proc/self/mountinfo";
const OWN: &str = "/proc/self/cgroup";
/// What bounds a group.
const CONTROLLERS: [&str; 2] = ["cpu", "memory"];
/// Microseconds in which a group may have its share of time.
const PERIOD: u64 = 100_000;
const SERVER: &str = "server";

/// The groups of a server's sessions.
#[derive(Debug)]
pub struct Groups {
    folder: PathBuf,
    cpu: u64,
    memory: u64,
    /// Groups that were not empty yet when they should have gone.
    left: Arc<Mutex<Vec<PathBuf>>>,
}

/// The group of a session; its processes end with it.
#[derive(Debug)]
pub struct Group {
    folder: PathBuf,
    left: Arc<Mutex<Vec<PathBuf>>>,
}

/// The folder of this process's group, by what the kernel says of mounts and of groups.
fn own_folder(mounts: &str, groups: &str) -> Option<PathBuf> {
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    mounts.lines().find_map(|line| {
        let (before, behind) = line.split_once(" - ")?;
        let mut fields = before.split(' ').skip(3);
        let (root, mounted) = (fields.next()?, fields.next()?);
        if behind.split(' ').next() != Some("cgroup2") {
            return None;
        }
        // A part of the tree may be mounted alone.
        let below = Path::new(path).strip_prefix(root).ok()?;
        Some(Path::new(mounted).join(below))
    })
}

impl Groups {
    /// Gets ready to bound each session to so many percent of one core, and to so many megabytes.
    ///
    /// # Errors
    /// When there are no such groups on this machine, or this process may not make any.
    pub fn open(cpu: u64, memory: u64) -> Result<Self, String> {
        Self::find(cpu, memory)?.enter(std::process::id())
    }

    /// The same without a change to anything.
    ///
    /// # Errors
    /// As [`open`](Self::open), as far as it can be known before.
    pub fn find(cpu: u64, memory: u64) -> Result<Self, String> {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        match own_folder(&read(MOUNTS), &read(OWN)) {
            Some(folder) => Self::below(folder, cpu, memory),
            None => Err("--cpu: this machine has no control groups of version 2".into()),
        }
    }

    fn below(folder: PathBuf, cpu: u64, memory: u64) -> Result<Self, String> {
        let has = fs::read_to_string(folder.join("cgroup.controllers")).unwrap_or_default();
        match CONTROLLERS.into_iter().find(|name| !has.split_whitespace().any(|has| has == *name)) {
            Some(name) => Err(format!(
                "--cpu: the control group of this process, {}, lacks the controller `{name}`; with systemd: Delegate=yes",
                folder.display()
            )),
            None => Ok(Groups { folder, cpu, memory, left: Arc::default() }),
        }
    }

    /// Moves a process, the server, out of the way.
    fn enter(self, server: u32) -> Result<Self, String> {
        let own = self.folder.join(SERVER);
        let moved = match fs::create_dir(&own) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => fs::write(own.join("cgroup.procs"), server.to_string()),
        };
        let enabled = CONTROLLERS.map(|name| format!("+{name}")).join(" ");
        moved.and_then(|()| fs::write(self.folder.join("cgroup.subtree_control"), enabled)).map_err(|error| {
            format!(
                "--cpu: no groups can be made below {} ({error}); the server needs a control group of its own, with systemd by Delegate=yes",
                self.folder.display()
            )
        })?;
        Ok(self)
    }

    /// The group of a session, with its first process.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub fn begin(&self, session: u64, process: i32) -> io::Result<Group> {
        locked(&self.left).retain(|folder| fs::remove_dir(folder).is_err());
        let folder = self.folder.join(format!("session-{session}"));
        fs::create_dir(&folder)?;
        let group = Group { folder, left: Arc::clone(&self.left) };
        let set = |name: &str, value: String| fs::write(group.folder.join(name), value);
        set("cpu.max", format!("{} {PERIOD}", self.cpu * PERIOD / 100))?;
        set("memory.max", (self.memory << 20).to_string())?;
        // Where the kernel counts no swap there is none to bound.
        let _not_counted = set("memory.swap.max", "0".to_owned());
        set("cgroup.procs", process.to_string())?;
        Ok(group)
    }
}

fn locked(left: &Mutex<Vec<PathBuf>>) -> MutexGuard<'_, Vec<PathBuf>> {
    left.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Group {
    fn drop(&mut self) {
        // The process of the session has ended; what it started ends here, and takes a moment for it.
        let _none_left = fs::write(self.folder.join("cgroup.kill"), "1");
        if fs::remove_dir(&self.folder).is_err() {
            locked(&self.left).push(std::mem::take(&mut self.folder));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: &str = "0::/system.slice/shinso-serve.service\n";

    #[test]
    fn the_own_group_is_found_where_it_is_mounted() {
        let of = |mounts: &str, groups: &str| own_folder(mounts, groups).map(|path| path.display().to_string());
        let usual = "25 30 0:23 / /sys rw - sysfs sysfs rw\n29 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";
        assert_eq!(of(usual, UNIT).as_deref(), Some("/sys/fs/cgroup/system.slice/shinso-serve.service"));
        // Beside version 1, and in a container that sees its part alone.
        let both = "31 25 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n40 25 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        assert_eq!(of(both, "1:cpu:/a\n0::/b\n").as_deref(), Some("/sys/fs/cgroup/unified/b"));
        let part = "29 25 0:26 /docker/7 /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        assert_eq!(of(part, "0::/docker/7/x\n").as_deref(), Some("/sys/fs/cgroup/x"));
        assert_eq!(of(part, "0::/other\n"), None);
        assert_eq!(of("31 25 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "1:cpu:/\n"), None);
        assert_eq!(of("", ""), None);
    }

    #[test]
    fn a_session_has_a_group_with_its_bounds_which_goes_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let written = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        fs::write(root.join("cgroup.controllers"), "cpuset cpu io memory pids\n").unwrap();
        let groups = Groups::below(root.clone(), 150, 512).unwrap().enter(17).unwrap();
        assert_eq!(
            (written("server/cgroup.procs").as_str(), written("cgroup.subtree_control").as_str()),
            ("17", "+cpu +memory")
        );
        let group = groups.begin(7, 42).unwrap();
        assert_eq!(written("session-7/cpu.max"), "150000 100000");
        assert_eq!(written("session-7/memory.max"), (512_u64 << 20).to_string());
        assert_eq!(written("session-7/cgroup.procs"), "42");
        drop(group);
        assert_eq!(written("session-7/cgroup.kill"), "1");
        // Here it is not empty; once it is, the next session takes it away. One that is there already belongs to somebody else.
        assert!(groups.begin(7, 43).is_err());
        assert_eq!(written("session-7/cgroup.procs"), "42");
        fs::remove_dir_all(root.join("session-7")).unwrap();
        fs::create_dir(root.join("session-7")).unwrap();
        let _next = groups.begin(8, 44).unwrap();
        assert!(!root.join("session-7").exists());
    }

    #[test]
    fn a_group_that_bounds_nothing_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for has in [None, Some(""), Some("cpuset memory")] {
            has.iter().for_each(|has| fs::write(folder.path().join("cgroup.controllers"), has).unwrap());
            let error = Groups::below(folder.path().to_owned(), 100, 64).unwrap_err();
            assert!(error.contains("lacks the controller `cpu`; with systemd: Delegate=yes"), "{error}");
        }
    }
}
