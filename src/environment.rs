//! What every verb and the screen need: where files lie, which labs there are, what models learn from.

use crate::experiment::{Language, Source};
use crate::folders::Folders;
use crate::intake::gate;
use crate::lab::Catalogue;
use crate::nn::shared_weights;
use crate::registry;
use crate::run::process::ProcessRunner;
use crate::run::thread::ThreadRunner;
use crate::run::{RunStore, Runner, sweep};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// What a person's folders and the options of the command line amount to.
pub struct Environment {
    pub language: Language,
    pub folders: Folders,
    pub store: RunStore,
    pub catalogue: Catalogue,
    pub source: Source,
    /// A folder of lab files beside the embedded ones.
    labs: Option<PathBuf>,
    /// Whether runs are trained in processes of their own.
    in_processes: bool,
}

/// Removes what kills left, beside whatever else is done; cut short it leaves the rest to the next time.
fn sweep(store: RunStore, cache: PathBuf) {
    let work = move || sweep::sweep(&store, &cache, SystemTime::now());
    // Without a thread it is left to the next time too.
    let _ = std::thread::Builder::new().name("sweep".to_owned()).spawn(work);
}

impl Environment {
    /// Finds the folders and loads the labs. `labs` is a folder of lab files besides the embedded ones and the person's
    /// own, `data` replaces the embedded data, `weights` is a folder with a language model.
    ///
    /// # Errors
    /// When no home folder is known, or `labs` cannot be read.
    pub fn open(
        language: Language,
        labs: Option<&Path>,
        data: Option<PathBuf>,
        weights: Option<PathBuf>,
    ) -> Result<Self, String> {
        let folders = Folders::find()?;
        let catalogue = Catalogue::load(&folders.labs(), labs);
        if let Some(folder) = labs
            && let Err(error) = std::fs::read_dir(folder)
        {
            return Err(format!("--labs {}: {error}", folder.display()));
        }
        sweep(RunStore::new(folders.runs()), folders.cache.clone());
        shared_weights::look_in(&folders.cache, registry::bundled_weights());
        // A run that is taken up in another folder still finds its data.
        let folder = data.map(|path| std::path::absolute(&path).unwrap_or(path));
        if let Some(path) = folder.as_ref().filter(|path| path.to_str().is_none()) {
            // It stands in the description of a run, which is text.
            return Err(format!("--data {}: expected a path in UTF-8", path.display()));
        }
        Ok(Environment {
            language,
            store: RunStore::new(folders.runs()),
            catalogue,
            source: Source {
                cache: folders.cache.clone(),
                folder,
                weights,
                keep: folders.data.clone(),
                companion: registry::open_bundled,
            },
            folders,
            labs: labs.map(Path::to_owned),
            in_processes: false,
        })
    }

    /// With labs and a folder of a test's own.
    #[cfg(test)]
    pub fn for_tests(catalogue: Catalogue, folder: &Path) -> Self {
        let path = folder.to_owned();
        let folders = Folders { config: path.clone(), data: path.clone(), cache: path.clone() };
        Environment {
            language: Language::En,
            store: RunStore::new(folders.runs()),
            catalogue,
            source: Source {
                cache: path.clone(),
                folder: None,
                weights: None,
                keep: path,
                companion: registry::open_bundled,
            },
            folders,
            labs: None,
            in_processes: false,
        }
    }

    /// The same, with runs in processes of their own or on threads of this one.
    #[must_use]
    pub fn with_runs_in_processes(self, in_processes: bool) -> Self {
        Environment { in_processes, ..self }
    }

    /// What trains.
    pub fn runner(&self) -> Arc<dyn Runner> {
        let store = self.store.clone();
        match std::env::current_exe() {
            Ok(program) if self.in_processes => {
                let labs = self.labs.iter().flat_map(|labs| ["--labs".to_owned(), labs.display().to_string()]);
                let confined = gate::is_confined().then(|| "--confined".to_owned());
                let arguments = std::iter::once("worker".to_owned()).chain(labs).chain(confined).collect();
                Arc::new(ProcessRunner { store, program, arguments })
            }
            _ => Arc::new(ThreadRunner { store, source: self.source.clone() }),
        }
    }
}
