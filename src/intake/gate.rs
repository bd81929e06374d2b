//! Where files may be read and written by names that a person types.
//!
//! As a rule anywhere the person may. A process can be confined, once and for good, to some folders: the person's own and those that
//! are shared with them; so it is when it serves somebody who has no account on the machine. Links are followed before a name is
//! judged.

use super::failure;
use crate::experiment::ExperimentError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Folders beyond which nothing is read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Without links; names that are not absolute are below the first.
    folders: Vec<PathBuf>,
}

/// The gate of the whole process, where there is one: like the root of a process, it is no matter of a single part.
static GATE: OnceLock<Gate> = OnceLock::new();

/// Confines this process to some folders from now on; the first is where names begin that are not absolute.
///
/// # Errors
/// When one is no folder; nothing is confined then.
pub fn confine(folders: &[PathBuf]) -> Result<(), ExperimentError> {
    let gate = Gate::new(folders)?;
    GATE.get_or_init(|| gate);
    Ok(())
}

pub fn is_confined() -> bool {
    GATE.get().is_some()
}

/// Refuses a file or folder beyond the gate, whether there is one or not.
///
/// # Errors
/// When it lies beyond.
pub fn may_read(path: &Path) -> Result<(), ExperimentError> {
    GATE.get().map_or(Ok(()), |gate| gate.may_read(path))
}

/// Refuses to start a program.
///
/// # Errors
/// When this process is confined.
pub fn may_start(program: &str) -> Result<(), ExperimentError> {
    if !is_confined() {
        return Ok(());
    }
    Err(ExperimentError::both(
        format!("`{program}`: other programs cannot be started here"),
        format!("`{program}`: ここでは他のプログラムを起動できません"),
    ))
}

/// A path as typed: perhaps in quotes, with `~` for the home folder.
pub fn typed(text: &str) -> PathBuf {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let home = GATE.get().and_then(|gate| gate.folders.first().cloned());
    let base = home.clone().or_else(|| std::env::var_os("HOME").map(PathBuf::from));
    match (text.strip_prefix("~/"), base, home) {
        (Some(rest), Some(base), _) => base.join(rest),
        (_, _, Some(home)) => home.join(text),
        _ => PathBuf::from(text),
    }
}

/// Where something is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub path: PathBuf,
    /// Whether there is such a file already.
    pub is_there: bool,
}

/// Where a person wants a file of a format written: a name without an ending gets the first of the format's.
///
/// # Errors
/// When the name has another ending, its folder is not there, or something else than a file has it; when it lies beyond the gate.
pub fn to_write(name: &str, endings: &[&str]) -> Result<Target, ExperimentError> {
    target(typed(name), endings, GATE.get())
}

fn target(mut path: PathBuf, endings: &[&str], gate: Option<&Gate>) -> Result<Target, ExperimentError> {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
        let why = ExperimentError::both("no name of a file", "ファイル名がありません");
        return Err(why.in_file(&path));
    };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending {
        None => path.set_file_name(format!("{name}.{}", endings[0])),
        Some(ending) if endings.contains(&ending.as_str()) => {}
        Some(ending) => {
            let expected: Vec<String> = endings.iter().map(|ending| format!(".{ending}")).collect();
            let (en, ja) = (expected.join(" or "), expected.join("、"));
            return Err(ExperimentError::both(
                format!("ends in .{ending}; expected a name that ends in {en}"),
                format!(".{ending} で終わっています。{ja} で終わる名前にしてください"),
            )
            .in_file(&path));
        }
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Some(gate) = gate {
        gate.may_read(folder)?;
    }
    if !folder.is_dir() {
        return Err(ExperimentError::both(
            "no such folder; make it first, or choose another",
            "フォルダーがありません。先に作るか、別のフォルダーを指定してください",
        )
        .in_file(folder));
    }
    let is_there = match std::fs::metadata(&path) {
        Ok(about) if !about.is_file() => {
            let why = ExperimentError::both(
                "is no file; choose another name",
                "ファイルではありません。別の名前を指定してください",
            );
            return Err(why.in_file(&path));
        }
        // A link to nowhere would be replaced by the file.
        found => found.is_ok() || path.is_symlink(),
    };
    if let Some(gate) = gate
        && is_there
    {
        gate.may_read(&path)?;
    }
    Ok(Target { path, is_there })
}

impl Target {
    /// Refuses to write over a file.
    ///
    /// # Errors
    /// When there is one; `way_out` says what a person can do.
    pub fn must_be_new(&self, way_out: [&str; 2]) -> Result<(), ExperimentError> {
        if !self.is_there {
            return Ok(());
        }
        let why =
            ExperimentError::both(format!("is there already; {}", way_out[0]), format!("既にあります。{}", way_out[1]));
        Err(why.in_file(&self.path))
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, bytes: &[u8]) -> Result<(), ExperimentError> {
        let written = atomic_write_file::AtomicWriteFile::open(&self.path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.commit()
        });
        written.map_err(|error| unwritable(&self.path, &error))
    }
}

/// What went wrong with writing a file or making a folder, in words.
pub fn unwritable(path: &Path, error: &io::Error) -> ExperimentError {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ExperimentError::both("no permission to write", "書き込みの権限がありません").in_file(path)
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ExperimentError::both("no space left on the disk", "ディスクの空きがありません").in_file(path)
        }
        _ => failure(path, error),
    }
}

impl Gate {
    fn new(folders: &[PathBuf]) -> Result<Self, ExperimentError> {
        let folders = folders.iter().map(|folder| {
            let whole = folder.canonicalize().map_err(|error| failure(folder, &error))?;
            if whole.is_dir() {
                Ok(whole)
            } else {
                Err(ExperimentError::both("no folder", "フォルダーではありません").in_file(folder))
            }
        });
        Ok(Gate { folders: folders.collect::<Result<_, _>>()? })
    }

    /// Nothing is told of what lies beyond, not even whether it is there.
    fn may_read(&self, path: &Path) -> Result<(), ExperimentError> {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        // Of a name that does not exist its folder is judged, and so on upwards; `..` has no meaning there.
        let mut known = whole.as_path();
        let found = loop {
            match known.canonicalize() {
                Ok(found) => break found,
                Err(_) => match known.parent() {
                    Some(parent) => known = parent,
                    None => break PathBuf::from("/"),
                },
            }
        };
        let rest = whole.strip_prefix(known).unwrap_or(Path::new(""));
        let goes_up = rest.components().any(|part| !matches!(part, std::path::Component::Normal(_)));
        // A link to where nothing is yet.
        let links = whole.ancestors().take_while(|part| *part != known).any(Path::is_symlink);
        if !goes_up && !links && self.folders.iter().any(|folder| found.starts_with(folder)) {
            return Ok(());
        }
        let within: Vec<String> = self.folders.iter().map(|folder| folder.display().to_string()).collect();
        let within = within.join(", ");
        Err(ExperimentError::both(
            format!("lies outside of what can be used here; expected a file below {within}"),
            format!("ここで使える範囲の外にあります。{within} の下のファイルを指定してください"),
        )
        .in_file(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    struct Here {
        folder: tempfile::TempDir,
        gate: Gate,
    }

    impl Here {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            for name in ["own", "own/games", "shared", "other"] {
                std::fs::create_dir(folder.path().join(name)).unwrap();
            }
            std::fs::write(folder.path().join("other/secret"), "secret").unwrap();
            std::fs::write(folder.path().join("shared/words.txt"), "words").unwrap();
            let gate = Gate::new(&["own", "shared"].map(|name| folder.path().join(name))).unwrap();
            Here { folder, gate }
        }

        fn at(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn reads(&self, name: &str) -> bool {
            self.gate.may_read(&self.at(name)).is_ok()
        }
    }

    #[test]
    fn nothing_beyond_the_gate_is_read_by_any_name() {
        let here = Here::new();
        symlink(here.at("other"), here.at("own/link")).unwrap();
        symlink(here.at("other/secret"), here.at("own/file")).unwrap();
        symlink(here.at("other/new"), here.at("own/nowhere")).unwrap();
        symlink(here.at("shared"), here.at("own/good")).unwrap();
        for name in
            ["own", "own/games/a.sgf", "own/new/deep", "shared/words.txt", "own/good/words.txt", "own/../shared"]
        {
            assert!(here.reads(name), "{name}");
        }
        for name in [
            "other/secret",
            "other",
            "own/link/secret",
            "own/link/new",
            "own/file",
            "own/nowhere",
            "own/../other/secret",
            "own/none/../../other/secret",
            "own2",
            "",
        ] {
            assert!(!here.reads(name), "{name}");
        }
        assert!(here.gate.may_read(Path::new("/etc/shadow")).is_err());
        assert!(here.gate.may_read(Path::new("/dev/zero")).is_err());
        let said = |name: &str| here.gate.may_read(&here.at(name)).unwrap_err().to_string();
        assert_eq!(
            said("other/secret").replace("secret", "X"),
            said("other/none").replace("none", "X"),
            "not told apart"
        );
    }

    #[test]
    fn a_file_is_written_where_it_can_be_and_under_the_ending_of_its_format() {
        let here = Here::new();
        let to = |name: &str| target(here.at(name), &["sgf", "txt"], Some(&here.gate));
        let new = |name: &str| Target { path: here.at(name), is_there: false };
        assert_eq!(to("own/a").unwrap(), new("own/a.sgf"));
        assert_eq!(to("own/games/a.TXT").unwrap(), new("own/games/a.TXT"));
        assert!(to("shared/words.txt").unwrap().is_there);
        let said = |name: &str| to(name).unwrap_err().to_string();
        assert_eq!(to("own/.profile").unwrap(), new("own/.profile.sgf"));
        assert!(said("own/shinso.sqlite").ends_with("ends in .sqlite; expected a name that ends in .sgf or .txt"));
        assert!(said("own/none/a.sgf").ends_with("own/none: no such folder; make it first, or choose another"));
        assert!(said("other/a.sgf").contains("lies outside of what can be used here"));
        std::fs::create_dir(here.at("own/b.sgf")).unwrap();
        assert!(said("own/b.sgf").ends_with("is no file; choose another name"));
        assert!(to("own/..").is_err());
        symlink(here.at("other/secret"), here.at("own/c.sgf")).unwrap();
        assert!(said("own/c.sgf").contains("lies outside"));
        symlink(here.at("other/new"), here.at("own/d.sgf")).unwrap();
        assert!(said("own/d.sgf").contains("lies outside"));
    }

    #[test]
    fn a_file_that_is_there_stays_until_it_is_meant_and_is_then_written_whole() {
        let here = Here::new();
        let there = target(here.at("shared/words.txt"), &["txt"], None).unwrap();
        let said = there.must_be_new(["choose another name", "別の名前を指定してください"]).unwrap_err();
        assert!(said.to_string().ends_with("words.txt: is there already; choose another name"));
        there.write(b"new").unwrap();
        assert_eq!(std::fs::read(&there.path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(here.at("shared")).unwrap().count(), 1, "no temporary is left");
    }
}
