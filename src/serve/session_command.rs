//! A command that starts the processes of sessions in place of the server, such as one that puts them on other machines.

use super::commands::split;
use rustix::fs::{Access, access};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use thiserror::Error;

/// Stands for the words of a session's process: its program and what follows.
const ARGV: &str = "{argv}";

/// A program that is there, and its words, one of which stands for those of a session's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCommand {
    program: PathBuf,
    words: Vec<String>,
}

/// Why a text is no such command.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SessionCommandError {
    #[error("expected words, with every quotation mark closed, such as `srun --pty {ARGV}`")]
    Words,
    #[error(
        "expected {ARGV} as one of the words, once, such as `srun --pty {ARGV}`; it stands for what a session runs"
    )]
    NoArgv,
    #[error("no program `{0}` that may be executed; give its whole path, or put its folder into PATH")]
    NoProgram(String),
}

impl SessionCommand {
    /// The program that starts a session's process, and its words; `argv` are those of the process itself.
    pub fn around(&self, argv: &[OsString]) -> (&Path, Vec<OsString>) {
        let mut words = Vec::new();
        for word in &self.words {
            match word.as_str() {
                ARGV => words.extend_from_slice(argv),
                word => words.push(word.into()),
            }
        }
        (&self.program, words)
    }
}

impl FromStr for SessionCommand {
    type Err = SessionCommandError;

    fn from_str(text: &str) -> Result<Self, SessionCommandError> {
        let words = split(text).ok_or(SessionCommandError::Words)?;
        let (program, words) = words.split_first().ok_or(SessionCommandError::Words)?;
        if words.iter().filter(|word| *word == ARGV).count() != 1 {
            return Err(SessionCommandError::NoArgv);
        }
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let found = find(program, &folders).ok_or_else(|| SessionCommandError::NoProgram(program.clone()))?;
        Ok(SessionCommand { program: found, words: words.to_vec() })
    }
}

/// The whole path of a program, looked for as a shell does: sessions begin in another folder, and without PATH.
fn find(program: &str, folders: &OsStr) -> Option<PathBuf> {
    let candidates: Vec<PathBuf> = if program.contains('/') {
        vec![PathBuf::from(program)]
    } else {
        std::env::split_paths(folders).map(|folder| folder.join(program)).collect()
    };
    let may_run = |path: &PathBuf| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    candidates.into_iter().find(may_run).and_then(|path| std::path::absolute(path).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> SessionCommandError {
        text.parse::<SessionCommand>().unwrap_err()
    }

    #[test]
    fn the_words_of_a_process_take_the_place_of_argv_and_stay_words() {
        let command: SessionCommand = "/bin/sh -c '\"$@\"; exit' {argv} 'a {argv}'".parse().unwrap();
        let argv = ["/opt/shinso", "session", "--", "ask", "a b; id", ""].map(OsString::from);
        let (program, words) = command.around(&argv);
        assert_eq!(program, Path::new("/bin/sh"));
        let expected = ["-c", "\"$@\"; exit", "/opt/shinso", "session", "--", "ask", "a b; id", "", "a {argv}"]
            .map(OsString::from);
        assert_eq!(words, expected);
    }

    #[test]
    fn a_command_without_argv_or_without_its_program_is_refused() {
        for text in ["", "  ", "/bin/sh 'x {argv}", "/bin/sh\n{argv}"] {
            assert_eq!(error(text), SessionCommandError::Words, "{text:?}");
        }
        for text in ["/bin/sh", "{argv}", "/bin/sh {argv}s", "/bin/sh 'x {argv}'", "/bin/sh {argv} {argv}"] {
            assert_eq!(error(text), SessionCommandError::NoArgv, "{text:?}");
        }
        for program in ["no-such-program", "/no/such/program", "/bin", "/etc/passwd", "''"] {
            let named = program.trim_matches('\'').to_owned();
            assert_eq!(error(&format!("{program} {{argv}}")), SessionCommandError::NoProgram(named));
        }
    }

    #[test]
    fn a_program_is_looked_for_in_the_folders_of_path() {
        assert_eq!(find("sh", OsStr::new("/no/such/folder:/bin")), Some(PathBuf::from("/bin/sh")));
        assert_eq!(find("sh", OsStr::new("/no/such/folder")), None);
        assert_eq!(find("passwd", OsStr::new("/etc")), None, "it cannot be executed");
    }
}
