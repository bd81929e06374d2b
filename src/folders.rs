//! Where files lie: the XDG folders, or one folder named by `SHINSO_HOME`.

use etcetera::{BaseStrategy, choose_base_strategy};
use std::path::PathBuf;

/// The folders of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Runs and the learner's progress.
    pub data: PathBuf,
    /// What can be made again.
    pub cache: PathBuf,
    /// The person's own labs.
    pub config: PathBuf,
}

impl Folders {
    /// Everything under one folder.
    pub fn under(home: PathBuf) -> Self {
        Folders { cache: home.join("cache"), config: home.join("config"), data: home }
    }

    /// `SHINSO_HOME` if it is set, else the XDG folders.
    ///
    /// # Errors
    /// When there is neither: no home folder is known.
    pub fn find() -> Result<Self, String> {
        if let Some(home) = std::env::var_os("SHINSO_HOME").filter(|home| !home.is_empty()) {
            return Ok(Self::under(PathBuf::from(home)));
        }
        let base = choose_base_strategy()
            .map_err(|_| "no home folder is known: set HOME, or SHINSO_HOME to a folder to keep runs in".to_owned())?;
        Ok(Folders {
            data: base.data_dir().join("shinso"),
            cache: base.cache_dir().join("shinso"),
            config: base.config_dir().join("shinso"),
        })
    }

    pub fn runs(&self) -> PathBuf {
        self.data.join("runs")
    }

    pub fn labs(&self) -> PathBuf {
        self.config.join("labs")
    }

    /// The learner's state and the run index.
    pub fn database(&self) -> PathBuf {
        self.data.join("shinso.sqlite")
    }
}
