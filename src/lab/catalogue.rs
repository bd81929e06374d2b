//! The labs there are: those in the program, and a person's own that add to them or take their place.

use super::definition::Lab;
use super::parse::{LabError, parse};
use crate::experiment::knob::nearest;
use crate::experiment::{TaskContext, Wording};
use crate::intake::{self, Purpose, gate};
use crate::registry::EXPERIMENTS;
use std::path::{Path, PathBuf};

const LAB: Purpose = Purpose::new(Wording::new("a lab in YAML", "YAML のラボ"), 4 << 20);

/// Labs in the order of the lecture, and what is wrong with the files that are none.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// With the name of the file, by which labs of a chapter are sorted.
    labs: Vec<(String, Lab)>,
    errors: Vec<LabError>,
}

impl Catalogue {
    /// The embedded labs, then those of the person's own folder, then those of `--labs`; a later one takes the place of
    /// an earlier one of the same id. A broken file hides no good one.
    pub fn load(own: &Path, extra: Option<&Path>) -> Self {
        let mut catalogue = Catalogue::default();
        for (name, text) in embedded() {
            catalogue.add(Path::new(name), text);
        }
        for folder in [Some(own), extra].into_iter().flatten() {
            for path in yaml_files(folder) {
                match read(&path) {
                    Ok(text) => catalogue.add(&path, &text),
                    Err(error) => catalogue.errors.push(error),
                }
            }
        }
        catalogue.labs.sort_by(|a, b| (a.1.chapter, &a.0).cmp(&(b.1.chapter, &b.0)));
        catalogue
    }

    fn add(&mut self, path: &Path, text: &str) {
        match parse(path, text) {
            Ok(lab) => {
                self.labs.retain(|(_, other)| other.id != lab.id);
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.labs.push((name, lab));
            }
            Err(errors) => self.errors.extend(errors),
        }
    }

    pub fn labs(&self) -> Vec<&Lab> {
        self.labs.iter().map(|(_, lab)| lab).collect()
    }

    pub fn errors(&self) -> &[LabError] {
        &self.errors
    }

    /// The lab of this id.
    ///
    /// # Errors
    /// When there is none; the message names the nearest.
    pub fn find(&self, id: &str) -> Result<&Lab, String> {
        self.labs().into_iter().find(|lab| lab.id == id).ok_or_else(|| {
            let known = self.labs.iter().map(|(_, lab)| lab.id.as_str());
            match nearest(id, known.clone()) {
                Some(near) => format!("unknown lab `{id}`: did you mean `{near}`?"),
                None => format!("unknown lab `{id}`: expected one of {}", known.collect::<Vec<_>>().join(", ")),
            }
        })
    }
}

/// The text of a lab file.
fn read(path: &Path) -> Result<String, LabError> {
    intake::text(path, &LAB, &TaskContext::default()).map_err(|error| {
        let before = format!("{}: ", path.display());
        let message = error.to_string();
        let message = message.strip_prefix(&before).unwrap_or(&message).to_owned();
        LabError { file: path.to_owned(), line: 1, column: 1, message }
    })
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_lab = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let mut files: Vec<PathBuf> = entries.filter(is_lab).collect();
    files.sort();
    files
}

/// How many lab files there are at a path, the file itself or those of a folder, and what is wrong with them.
pub fn check_path(path: &Path) -> (usize, Vec<LabError>) {
    let is_folder = gate::may_read(path).is_ok() && path.is_dir();
    let files = if is_folder { yaml_files(path) } else { vec![path.to_owned()] };
    let check = |file: &PathBuf| match read(file) {
        Ok(text) => parse(file, &text).err().unwrap_or_default(),
        Err(error) => vec![error],
    };
    let mut errors: Vec<LabError> = files.iter().flat_map(check).collect();
    if files.is_empty() {
        let message = "no lab in this folder; expected files that end in .yaml".to_owned();
        errors.push(LabError { file: path.to_owned(), line: 1, column: 1, message });
    }
    (files.len(), errors)
}

/// The labs that ship with the program, by file name.
fn embedded() -> impl Iterator<Item = (&'static str, &'static str)> {
    EXPERIMENTS.iter().filter_map(|experiment| experiment.lab)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_labs_are_good() {
        let catalogue = Catalogue::load(Path::new("/nowhere"), None);
        assert_eq!(catalogue.errors(), []);
        assert_eq!(catalogue.labs().len(), embedded().count());
    }

    #[test]
    fn a_persons_lab_takes_the_place_of_one_and_a_broken_one_hides_none() {
        let folder = tempfile::tempdir().unwrap();
        let vae = embedded().find(|(name, _)| name.ends_with("07-vae.yaml")).unwrap();
        let text = vae.1.replacen("minutes: ", "minutes: 1", 1);
        std::fs::write(folder.path().join("07-vae.yaml"), text).unwrap();
        std::fs::write(folder.path().join("99-bad.yaml"), "id: [").unwrap();
        let catalogue = Catalogue::load(folder.path(), None);
        assert_eq!(catalogue.labs().len(), embedded().count());
        assert!(catalogue.find("vae").unwrap().minutes >= 100);
        assert!(catalogue.errors()[0].to_string().contains("99-bad.yaml:"));
    }

    #[test]
    fn an_unknown_lab_names_the_nearest() {
        let catalogue = Catalogue::load(Path::new("/nowhere"), None);
        assert_eq!(catalogue.find("vea").unwrap_err(), "unknown lab `vea`: did you mean `vae`?");
    }
}
