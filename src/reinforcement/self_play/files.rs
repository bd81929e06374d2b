//! Files of games: what those who play write, and those who learn read.
//!
//! A file is lines of JSON: first its header, then a game a line. It is written under another name and renamed when it is whole, so
//! that whoever looks into the folder, on this machine or another, sees whole files only. What is torn, of other rules or not a game
//! is set aside under the ending `refused`, and told of in one line.

use super::games::{Played, Ply, position_after, result_of};
use crate::experiment::{ExperimentError, TaskContext, Wording};
use crate::intake;
use crate::reinforcement::policy_value::NetworkGame;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

const FORMAT: &str = "shinso-games";
/// Raised when files of before can no longer be read.
const VERSION: u32 = 1;
const ENDING: &str = "games";
const REFUSED: &str = "refused";
/// How the names of a run's own files begin; others that write into its folder take other names.
const OWN: &str = "own-";
/// Bytes of a file at most.
const GAMES: intake::Purpose = intake::Purpose::new(Wording::new("a file of games", "対局のファイル"), 1 << 26);

/// What stands at the head of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub format: String,
    pub version: u32,
    /// The game, as the command line names it.
    pub rules: String,
    /// The beginning of the SHA-256 of the network's weights.
    pub net: String,
    pub seed: u64,
    pub games: usize,
}

impl Header {
    pub fn new(rules: &str, net: &str, seed: u64, games: usize) -> Self {
        Header { format: FORMAT.into(), version: VERSION, rules: rules.into(), net: net.into(), seed, games }
    }
}

/// The text of a file.
pub fn write(header: &Header, games: &[Played]) -> String {
    let line = |value: serde_json::Result<String>| value.expect("plain data") + "\n";
    let mut text = line(serde_json::to_string(header));
    text.extend(games.iter().map(|game| line(serde_json::to_string(game))));
    text
}

/// The games in the text of a file.
///
/// # Errors
/// With the line and what was expected.
pub fn read<G: NetworkGame>(text: &str, start: &G) -> Result<(Header, Vec<Played>), ExperimentError> {
    let wrong = |line: usize, what: String| ExperimentError::new(format!("line {line}: {what}"));
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    let header: Header =
        serde_json::from_str(first).map_err(|error| wrong(1, format!("no header of a file of games: {error}")))?;
    if header.format != FORMAT || header.version != VERSION {
        let found = format!("{} {}", header.format, header.version);
        return Err(wrong(1, format!("format `{found}`, expected `{FORMAT} {VERSION}`")));
    }
    if header.rules != start.id() {
        return Err(wrong(1, format!("games of {}, expected {}", header.rules, start.id())));
    }
    let mut games = Vec::new();
    for (line, number) in lines.zip(2..) {
        if !line.ends_with('\n') {
            return Err(wrong(number, "the file is cut".into()));
        }
        let game: Played = serde_json::from_str(line).map_err(|error| wrong(number, error.to_string()))?;
        check(&game, start).map_err(|what| wrong(number, what))?;
        games.push(game);
    }
    if games.len() != header.games {
        return Err(ExperimentError::new(format!("{} games, the header says {}", games.len(), header.games)));
    }
    Ok((header, games))
}

/// Plays a game through.
fn check<G: NetworkGame>(game: &Played, start: &G) -> Result<(), String> {
    let mut position = start.clone();
    let mut moves = Vec::new();
    for (ply, index) in game.plies.iter().zip(1..) {
        let Ply { chosen, policy, value } = ply;
        position.legal(&mut moves);
        if !moves.iter().any(|legal| legal.0 == *chosen) {
            return Err(format!("move {index} is not legal there"));
        }
        let sum: f32 = policy.iter().sum();
        let is_policy = policy.len() == moves.len()
            && policy.iter().all(|share| (0.0..=1.0).contains(share))
            && (sum - 1.0).abs() < 1e-3;
        if !policy.is_empty() && !is_policy {
            return Err(format!("move {index}: shares of {} moves expected, which add up to 1", moves.len()));
        }
        if !(-1.001..=1.001).contains(value) {
            return Err(format!("move {index}: the value {value} is not from -1 to 1"));
        }
        position = position_after(&position, std::slice::from_ref(ply));
    }
    match position.outcome() {
        Some(outcome) if game.result != result_of(outcome) => {
            Err(format!("the result is {}, which is not how the game ended", game.result))
        }
        None if game.plies.len() < super::games::LONGEST => Err("the game has not ended".into()),
        _ => Ok(()),
    }
}

/// Where files of games are put and taken from.
#[derive(Debug)]
pub enum GameFiles {
    /// A folder, which others may read and write too.
    Folder(PathBuf),
    /// Nothing is kept: those not yet taken.
    Memory(VecDeque<String>),
}

/// What was taken from files.
pub struct Taken {
    pub games: Vec<Played>,
    /// Files that were set aside, each with why.
    pub refused: Vec<String>,
}

fn file_error(path: &Path, error: &io::Error) -> ExperimentError {
    ExperimentError::new(format!("{}: {error}", path.display()))
}

impl GameFiles {
    /// The folder `games` in the folder of a run, or none.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(run: Option<&Path>) -> Result<Self, ExperimentError> {
        let Some(run) = run else { return Ok(GameFiles::Memory(VecDeque::new())) };
        let folder = run.join("games");
        fs::create_dir_all(&folder).map_err(|error| file_error(&folder, &error))?;
        Ok(GameFiles::Folder(folder))
    }

    /// Puts a file there under its number.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&mut self, number: u64, text: String) -> Result<(), ExperimentError> {
        match self {
            GameFiles::Memory(waiting) => waiting.push_back(text),
            GameFiles::Folder(folder) => {
                let path = folder.join(format!("{OWN}{number:08}.{ENDING}"));
                let written = atomic_write_file::AtomicWriteFile::open(&path).and_then(|mut file| {
                    file.write_all(text.as_bytes())?;
                    file.commit()
                });
                written.map_err(|error| file_error(&path, &error))?;
            }
        }
        Ok(())
    }

    /// The games of the files that have not been taken yet, in the order of their names, which are added to `before`.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn take<G: NetworkGame>(&mut self, before: &mut BTreeSet<String>, start: &G) -> Result<Taken, ExperimentError> {
        let mut taken = Taken { games: Vec::new(), refused: Vec::new() };
        match self {
            GameFiles::Memory(waiting) => {
                for text in waiting.drain(..) {
                    taken.games.extend(read(&text, start)?.1);
                }
            }
            GameFiles::Folder(folder) => {
                for name in names(folder)? {
                    if before.contains(&name) {
                        continue;
                    }
                    let path = folder.join(&name);
                    match text_of(&path).and_then(|text| read(&text, start)) {
                        Ok((_, games)) => taken.games.extend(games),
                        Err(why) => {
                            let aside = path.with_extension(REFUSED);
                            let aside = fs::rename(&path, &aside).map(|()| aside.display().to_string());
                            let aside = aside.unwrap_or_else(|error| format!("where it is ({error})"));
                            taken.refused.push(format!("{name}: {why}; the file is set aside as {aside}"));
                        }
                    }
                    before.insert(name);
                }
            }
        }
        Ok(taken)
    }

    /// Removes the files of this run itself from a number on: they were written after the checkpoint that it goes on from.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn cut(&mut self, from: u64) -> Result<(), ExperimentError> {
        if let GameFiles::Folder(folder) = self {
            for name in names(folder)? {
                let number = name.strip_prefix(OWN).and_then(|rest| rest.split('.').next()?.parse::<u64>().ok());
                if number.is_some_and(|number| number >= from) {
                    let path = folder.join(name);
                    fs::remove_file(&path).map_err(|error| file_error(&path, &error))?;
                }
            }
        }
        Ok(())
    }
}

/// The names of the files of games in a folder, in order.
fn names(folder: &Path) -> Result<Vec<String>, ExperimentError> {
    let entries = fs::read_dir(folder).map_err(|error| file_error(folder, &error))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == ENDING))
        .collect();
    names.sort();
    Ok(names)
}

fn text_of(path: &Path) -> Result<String, ExperimentError> {
    intake::text(path, &GAMES, &TaskContext::default())
}

#[cfg(test)]
mod tests {
    use super::super::games::{Games, Settings};
    use super::*;
    use crate::reinforcement::games::{ConnectFour, TicTacToe};
    use crate::reinforcement::policy_value::{Configuration, Net};
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn games(count: usize) -> Vec<Played> {
        let net = Net::new(Configuration::new(&TicTacToe::default(), 4, 0), &mut ChaCha8Rng::seed_from_u64(1));
        let mut playing = Games::new(TicTacToe::default(), 4);
        let mut ended = Vec::new();
        while ended.len() < count {
            ended.extend(playing.play_a_move(&net, &Settings { fast_share: 0.5, ..Settings::of_tests() }));
        }
        ended.truncate(count);
        ended
    }

    fn text(games: &[Played]) -> String {
        write(&Header::new("tic-tac-toe", "0123", 1, games.len()), games)
    }

    #[test]
    fn what_is_written_is_read() {
        let games = games(5);
        let (header, found) = read(&text(&games), &TicTacToe::default()).unwrap();
        assert_eq!((header.games, found), (5, games));
    }

    #[test]
    fn what_is_torn_or_foreign_is_refused_with_its_line() {
        let games = games(3);
        let whole = text(&games);
        let refused = |text: &str| read(text, &TicTacToe::default()).unwrap_err().to_string();
        assert!(refused("").starts_with("line 1: no header"));
        assert!(refused(&whole[..whole.len() - 1]).contains("line 4: the file is cut"));
        assert!(refused(&whole[..whole.len() - 30]).starts_with("line 4: "));
        let last = whole.trim_end().rfind('\n').unwrap() + 1;
        assert_eq!(refused(&whole[..last]), "2 games, the header says 3");
        assert!(refused(&whole.replace("\"version\":1", "\"version\":7")).contains("`shinso-games 7`"));
        let foreign = read(&whole, &ConnectFour::default()).unwrap_err().to_string();
        assert_eq!(foreign, "line 1: games of tic-tac-toe, expected connect-four");
        let mut wrong = games.clone();
        wrong[1].result = 7;
        assert!(refused(&text(&wrong)).starts_with("line 3: the result is 7"));
        wrong = games.clone();
        wrong[0].plies[1].chosen = wrong[0].plies[0].chosen;
        assert_eq!(refused(&text(&wrong)), "line 2: move 2 is not legal there");
        wrong = games.clone();
        wrong[2].plies.pop();
        assert!(refused(&text(&wrong)).starts_with("line 4: "));
        wrong = games;
        wrong[0].plies[0].value = f32::NAN;
        assert!(refused(&text(&wrong)).starts_with("line 2: "));
    }

    #[test]
    fn a_bad_file_is_set_aside_and_the_others_are_taken() {
        let run = tempfile::tempdir().unwrap();
        let mut files = GameFiles::new(Some(run.path())).unwrap();
        let games = games(4);
        let folder = run.path().join("games");
        files.put(0, text(&games[..2])).unwrap();
        files.put(2, text(&games[2..])).unwrap();
        fs::write(folder.join("own-00000001.games"), &text(&games)[..200]).unwrap();
        fs::write(folder.join("notes.txt"), "mine").unwrap();
        let mut before = BTreeSet::new();
        let taken = files.take(&mut before, &TicTacToe::default()).unwrap();
        assert_eq!(taken.games, games);
        assert_eq!(taken.refused.len(), 1);
        assert!(taken.refused[0].starts_with("own-00000001.games: ") && folder.join("own-00000001.refused").exists());
        assert!(files.take(&mut before, &TicTacToe::default()).unwrap().games.is_empty());
        // Of other machines, under names of their own before and behind those of the run.
        fs::write(folder.join("00000500.games"), text(&games[..1])).unwrap();
        fs::write(folder.join("zz.games"), text(&games[..1])).unwrap();
        assert_eq!(files.take(&mut before, &TicTacToe::default()).unwrap().games.len(), 2);
        files.put(3, text(&games[1..2])).unwrap();
        assert_eq!(files.take(&mut before, &TicTacToe::default()).unwrap().games, games[1..2]);
        files.cut(1).unwrap();
        assert_eq!(names(&folder).unwrap(), ["00000500.games", "own-00000000.games", "zz.games"]);
        assert!(folder.join("notes.txt").exists());
    }

    proptest! {
        /// Bytes of a good file changed or cut anywhere: read or refused in one line, never a panic.
        #[test]
        fn damaged_files_are_refused_in_one_line(cut in 0_usize..400, at in 0_usize..400, byte in any::<u8>()) {
            let mut bytes = text(&games(2)).into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(bytes.len() - cut.min(bytes.len()));
            if let Err(why) = read(&String::from_utf8_lossy(&bytes), &TicTacToe::default()) {
                prop_assert!(!why.to_string().contains('\n'));
            }
        }
    }
}
