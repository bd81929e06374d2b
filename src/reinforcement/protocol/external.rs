//! Another program that plays, as a child process that speaks GTP, UCI or USI.

use super::uci::{self, Dialect};
use crate::intake::gate;
use crate::reinforcement::games::{AnyGame, Move, MoveError, Side};
use rustix::process::{Pid, Signal};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a program may take to answer anything but a move.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time between two looks at whether somebody has called it off.
const LOOK: Duration = Duration::from_millis(20);
/// How long it may take over a move beyond what it was given.
const MOVE_PATIENCE: Duration = Duration::from_secs(600);

/// Why another program cannot play on: one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ExternalError(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Gtp,
    Uci,
    Usi,
}

impl Language {
    /// `gtp:COMMAND` and so on, with the command.
    pub fn of(text: &str) -> Option<(Self, &str)> {
        let (name, command) = text.split_once(':')?;
        let language = match name {
            "gtp" => Language::Gtp,
            "uci" => Language::Uci,
            "usi" => Language::Usi,
            _ => return None,
        };
        Some((language, command))
    }
}

/// What a program does when it is its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Move(Move),
    Resigns,
    /// By the 27-point rule of shogi, which holds.
    DeclaresAWin,
}

/// A program at the board.
pub struct External {
    command: String,
    language: Language,
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    /// As the program names itself.
    name: String,
    /// Whether nobody waits for it any more.
    stop: Arc<AtomicBool>,
}

/// The process groups of the programs that are under way.
static UNDER_WAY: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Ends all programs that were started: for a process that ends without being able to let them go.
pub fn end_all() {
    for group in UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let _gone = rustix::process::kill_process_group(group, Signal::KILL);
    }
}

impl Drop for External {
    fn drop(&mut self) {
        let _gone = writeln!(self.stdin, "quit");
        let _gone = self.stdin.flush();
        std::thread::sleep(Duration::from_millis(50));
        // What it has started itself ends with it.
        if let Some(group) = group(&self.child) {
            let _gone = rustix::process::kill_process_group(group, Signal::KILL);
            UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != group);
        }
        let _gone = self.child.wait();
    }
}

/// The process group of a program, which it leads.
fn group(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

impl External {
    /// Starts a program by the shell and greets it; `stop` calls all waiting for it off.
    ///
    /// # Errors
    /// If it may not or cannot be started, or does not answer as its protocol has it.
    pub fn start(language: Language, command: &str, stop: Arc<AtomicBool>) -> Result<Self, ExternalError> {
        gate::may_start(command).map_err(|error| ExternalError(error.to_string()))?;
        let trouble = |what: String| ExternalError(format!("`{command}`: {what}"));
        // The shell gives its place to the program, which then is the child that is ended.
        let mut child = Command::new("sh")
            .args(["-c", &format!("exec {command}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A Ctrl-C is for us; we end it.
            .process_group(0)
            .spawn()
            .map_err(|error| trouble(format!("cannot be started: {error}")))?;
        UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).extend(group(&child));
        let (stdin, stdout) = match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => (stdin, stdout),
            _ => return Err(trouble("has no standard streams".to_owned())),
        };
        let (send, lines) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut bytes = Vec::new();
            while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
                let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                bytes.clear();
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let (command, name) = (command.to_owned(), String::new());
        let mut external = External { command, language, child, stdin, lines, name, stop };
        match language {
            Language::Gtp => external.name = external.gtp("name", PATIENCE)?,
            Language::Uci => external.greet("uci", "uciok")?,
            Language::Usi => external.greet("usi", "usiok")?,
        }
        Ok(external)
    }

    /// Nobody waits for it any more.
    pub fn call_off(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The same program, started anew: after a fault nobody knows what it thinks of the game.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restarted(&self) -> Result<Self, ExternalError> {
        Self::start(self.language, &self.command, Arc::clone(&self.stop))
    }

    /// As the program names itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn trouble(&self, what: impl AsRef<str>) -> ExternalError {
        ExternalError(format!("`{}`: {}", self.command, what.as_ref()))
    }

    fn send(&mut self, line: &str) -> Result<(), ExternalError> {
        let sent = writeln!(self.stdin, "{line}").and_then(|()| self.stdin.flush());
        sent.map_err(|error| self.trouble(format!("`{line}` cannot be sent: {error}")))
    }

    fn line(&mut self, until: Instant, after: &str) -> Result<String, ExternalError> {
        loop {
            // Looked at before each line: one that never stops talking has not answered either.
            if self.stop.load(Ordering::Relaxed) {
                return Err(self.trouble("was called off"));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.trouble(format!("did not answer `{after}` in time")));
            }
            match self.lines.recv_timeout(left.min(LOOK)) {
                Ok(line) => return Ok(line),
                Err(RecvTimeoutError::Disconnected) => return Err(self.trouble(format!("ended after `{after}`"))),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn greet(&mut self, hello: &str, end: &str) -> Result<(), ExternalError> {
        self.send(hello)?;
        let until = Instant::now() + PATIENCE;
        loop {
            let line = self.line(until, hello)?;
            if let Some(name) = line.strip_prefix("id name ") {
                self.name = name.to_owned();
            }
            if line == end {
                break;
            }
        }
        self.ready()
    }

    fn ready(&mut self) -> Result<(), ExternalError> {
        self.send("isready")?;
        let until = Instant::now() + PATIENCE;
        while self.line(until, "isready")? != "readyok" {}
        Ok(())
    }

    /// A GTP command and its answer, which may not be a refusal.
    fn gtp(&mut self, command: &str, patience: Duration) -> Result<String, ExternalError> {
        self.ask(command, patience)?.map_err(|refusal| self.trouble(format!("`{command}`: {refusal}")))
    }

    /// A GTP command and its answer or refusal.
    fn ask(&mut self, command: &str, patience: Duration) -> Result<Result<String, String>, ExternalError> {
        self.send(command)?;
        let until = Instant::now() + patience;
        let mut answer: Option<Result<String, String>> = None;
        loop {
            let line = self.line(until, command)?;
            answer = match answer {
                None if line.is_empty() => None,
                None => {
                    let text =
                        |rest: &str| rest.trim_start_matches(|sign: char| sign.is_ascii_digit()).trim().to_owned();
                    match (line.strip_prefix('='), line.strip_prefix('?')) {
                        (Some(rest), _) => Some(Ok(text(rest))),
                        (_, Some(rest)) => Some(Err(text(rest))),
                        _ => return Err(self.trouble(format!("answered `{command}` by `{line}`, not by = or ?"))),
                    }
                }
                Some(answer) if line.is_empty() => return Ok(answer),
                Some(Ok(text)) => Some(Ok(format!("{text}\n{line}"))),
                Some(Err(text)) => Some(Err(format!("{text} {line}"))),
            };
        }
    }

    /// A new game from its start.
    ///
    /// # Errors
    /// If the program does not play this game.
    pub fn begin(&mut self, start: &AnyGame) -> Result<(), ExternalError> {
        match self.language {
            Language::Gtp => {
                let size = match start {
                    AnyGame::Go(game) => game.size(),
                    AnyGame::Gomoku(game) => game.size(),
                    AnyGame::Othello(game) => game.size(),
                    _ => return Err(self.trouble(format!("{} is not played by GTP", start.id()))),
                };
                self.gtp(&format!("boardsize {size}"), PATIENCE)?;
                self.gtp("clear_board", PATIENCE)?;
                if let AnyGame::Go(game) = start {
                    self.gtp(&format!("komi {}", game.rules().komi), PATIENCE)?;
                }
                Ok(())
            }
            Language::Uci => {
                self.send("ucinewgame")?;
                self.ready()
            }
            Language::Usi => {
                self.send("usinewgame")?;
                self.ready()
            }
        }
    }

    /// Sends the program a move that the side to move makes here; UCI and USI get it before they think.
    ///
    /// # Errors
    /// If it does not take the move.
    pub fn send_move(&mut self, position: &AnyGame, name: &str) -> Result<(), ExternalError> {
        if self.language != Language::Gtp {
            return Ok(());
        }
        let command = format!("play {} {name}", color(position));
        if matches!(position, AnyGame::Othello(_)) && name == "pass" {
            // A pass is forced in Othello: some programs have made it themselves and refuse to hear of it.
            let _taken_or_made_already = self.ask(&command, PATIENCE)?;
            return Ok(());
        }
        self.gtp(&command, PATIENCE).map(drop)
    }

    /// Asks for a move.
    ///
    /// # Errors
    /// If it does not answer, or by a move that is not legal.
    pub fn choose(
        &mut self,
        start: &AnyGame,
        names: &[String],
        position: &AnyGame,
        time: Duration,
    ) -> Result<Choice, ExternalError> {
        let text = match self.language {
            Language::Gtp => self.gtp(&format!("genmove {}", color(position)), time + MOVE_PATIENCE)?,
            Language::Uci | Language::Usi => {
                let dialect = if self.language == Language::Uci { Dialect::Uci } else { Dialect::Usi };
                self.send(&uci::position_line(dialect, start, names))?;
                let go = match dialect {
                    Dialect::Uci => format!("go movetime {}", time.as_millis()),
                    Dialect::Usi => format!("go btime 0 wtime 0 byoyomi {}", time.as_millis()),
                };
                self.send(&go)?;
                let until = Instant::now() + time + MOVE_PATIENCE;
                loop {
                    let line = self.line(until, &go)?;
                    if let Some(found) = line.strip_prefix("bestmove ") {
                        break found.split(' ').next().unwrap_or("").to_owned();
                    }
                }
            }
        };
        if text.eq_ignore_ascii_case("resign") {
            return Ok(Choice::Resigns);
        }
        if self.language == Language::Usi && text == "win" {
            return match position {
                AnyGame::Shogi(position) if position.may_declare_a_win() => Ok(Choice::DeclaresAWin),
                _ => Err(self.trouble("declares a win (`win`) that the 27-point rule does not give")),
            };
        }
        let read: Result<Move, MoveError> = position.read(&text);
        read.map(Choice::Move).map_err(|why| self.trouble(format!("plays `{text}`: {why}")))
    }
}

/// Whose turn it is: white moves first in chess.
fn color(position: &AnyGame) -> &'static str {
    let black = if matches!(position, AnyGame::Chess(_)) { Side::Second } else { Side::First };
    if position.turn() == black { "black" } else { "white" }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that takes every command but a pass.
    fn without_passes() -> External {
        let script = r#"sh -c 'while read line; do case "$line" in *pass) echo "?7 syntax"; echo error;; *) echo =;; esac; echo; done'"#;
        External::start(Language::Gtp, script, Arc::default()).unwrap()
    }

    #[test]
    fn a_program_may_keep_forced_passes_to_itself_in_othello_but_not_in_go() {
        let [othello, go] = ["othello", "go-9"].map(|id| AnyGame::start(id).unwrap());
        let mut program = without_passes();
        program.begin(&othello).unwrap();
        assert_eq!(program.send_move(&othello, "pass"), Ok(()));
        assert_eq!(program.send_move(&othello, "d3"), Ok(()), "the answers have stayed in step");
        let refused = program.send_move(&go, "pass").unwrap_err().to_string();
        assert!(refused.ends_with("`play black pass`: syntax error"), "{refused}");
    }

    #[test]
    fn a_win_is_declared_where_the_king_has_entered_and_nowhere_else() {
        let script = r#"sh -c 'while read line; do case "$line" in usi) echo usiok;; isready) echo readyok;; go*) echo bestmove win;; esac; done'"#;
        let mut program = External::start(Language::Usi, script, Arc::default()).unwrap();
        let entered = "K+P+P+P+P4/+P+P+P+P+P4/1+P7/9/9/9/9/9/8k b 2RB2GL 1";
        for (diagram, is_won) in [(entered, true), ("startpos", false)] {
            let start = AnyGame::start("shogi").unwrap();
            let start = if is_won { start.at(diagram).unwrap() } else { start };
            program.begin(&start).unwrap();
            let choice = program.choose(&start, &[], &start, Duration::ZERO);
            assert!(
                choice == Ok(Choice::DeclaresAWin)
                    || !is_won && choice.unwrap_err().to_string().contains("27-point rule")
            );
        }
    }
}
