//! The folder of a server: who uses it, and where things lie in it.

use super::name::Name;
use super::private;
use crate::data::mnist::Mnist;
use crate::folders::Folders;
use crate::intake;
use crate::nn::shared_weights;
use crate::printer;
use crate::registry;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Folders of the cache that are the same for all: data that are unpacked, weights that are converted.
const SHARED: [&str; 2] = ["mnist", shared_weights::FOLDER];

/// The folder of a server that runs. No other server uses it meanwhile.
pub struct ServerFolder {
    root: PathBuf,
    _lock: File,
}

/// Where the keys of people who enrolled lie.
pub fn enrolled(root: &Path) -> PathBuf {
    root.join("enrolled")
}

/// What everybody may read.
pub fn shared(root: &Path) -> PathBuf {
    root.join("shared")
}

/// Unpacks data and converts weights into a cache, where they are not yet.
///
/// # Errors
/// When it cannot be written to: one line.
pub fn unpack(cache: &Path) -> Result<(), String> {
    drop(Mnist::embedded(cache));
    shared_weights::write(cache, registry::bundled_weights()).map_err(|error| format!("{}: {error}", cache.display()))
}

impl ServerFolder {
    /// Makes what is missing, removes what guests left, and has `program` [unpack] data and weights.
    ///
    /// # Errors
    /// When something cannot be made, or another server uses the folder.
    pub fn open(root: &Path, program: &Path) -> Result<Self, String> {
        let fault = |path: &Path, error: &io::Error| format!("{}: {error}", path.display());
        let folders = [root.to_owned(), enrolled(root), shared(root), root.join("accounts"), root.join("guests")];
        for folder in &folders {
            private::make_folder(folder).map_err(|error| fault(folder, &error))?;
        }
        let root = root.canonicalize().map_err(|error| fault(root, &error))?;
        let path = root.join("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let lock = intake::only_a_file(&mut options).open(&path).map_err(|error| fault(&path, &error))?;
        lock.try_lock().map_err(|_| format!("{}: another server uses this folder", root.display()))?;
        let guests = root.join("guests");
        for left in fs::read_dir(&guests).map_err(|error| fault(&guests, &error))?.flatten() {
            fs::remove_dir_all(left.path()).map_err(|error| fault(&left.path(), &error))?;
        }
        // By a process of its own: what passes through its memory does not stay in this one's.
        let shared = shared(&root);
        let unpacking = Command::new(program).arg("unpack").arg(&shared).stdin(Stdio::null()).status();
        match unpacking {
            Ok(status) if status.success() => {}
            // Each session has its own then, and the place and the reason were said.
            Ok(_) => printer::note("serve: data and weights are not shared: each session unpacks its own"),
            Err(error) => return Err(format!("{}: {error}", program.display())),
        }
        Ok(ServerFolder { root, _lock: lock })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where sessions come to their class; the same path from everywhere.
    pub fn class(&self) -> PathBuf {
        self.root.join("class.sock")
    }

    pub fn shared(&self) -> PathBuf {
        shared(&self.root)
    }

    /// The folder of an account, made if it is missing.
    pub fn of_account(&self, name: &Name) -> io::Result<PathBuf> {
        let home = self.root.join("accounts").join(name.as_str());
        self.furnish(&home)?;
        Ok(home)
    }

    /// A fresh folder for a guest, by the number of the connection.
    pub fn of_guest(&self, number: u64) -> io::Result<PathBuf> {
        let home = self.root.join("guests").join(number.to_string());
        self.furnish(&home)?;
        Ok(home)
    }

    /// Has the data of the cache lie in the shared folder, so that all map the same.
    fn furnish(&self, home: &Path) -> io::Result<()> {
        let cache = Folders::under(home.to_owned()).cache;
        private::make_folder(&cache)?;
        for folder in SHARED {
            match std::os::unix::fs::symlink(self.shared().join(folder), cache.join(folder)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
