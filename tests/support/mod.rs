//! The real binary in a pseudo-terminal, with a terminal emulator at the other end.
#![allow(dead_code, reason = "each test file uses what it needs")]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longest wait for anything: generous, so that a slow machine fails no test, and never waited out when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

fn some(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).expect("a screen has cells")
}

/// The program in a terminal of its own.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Arc<Mutex<Box<dyn Write + Send>>>,
    screen: Arc<(Mutex<Emulator>, Condvar)>,
}

struct Emulator {
    parser: vt100::Parser,
    /// Everything that was written, for what a screen does not show.
    raw: Vec<u8>,
    closed: bool,
}

/// How often `wanted` is in `bytes`.
fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).filter(|window| *window == wanted).count()
}

/// Where the next question to a terminal begins, and how long it is.
fn next_question(bytes: &[u8]) -> Option<(usize, usize)> {
    let questions = [&b"\x1b[c"[..], b"\x1b[5n", b"\x1b[6n"];
    (0..bytes.len()).find_map(|at| {
        let question = questions.iter().find(|question| bytes[at..].starts_with(question))?;
        Some((at, question.len()))
    })
}

impl Terminal {
    /// Starts `shinso` with `home` as its folder. The terminal answers the questions that real ones answer.
    pub fn start(home: &Path, arguments: &[&str], size: (u16, u16), variables: &[(&str, &str)]) -> Self {
        Self::open(home, arguments, size, variables, true)
    }

    /// The same in a terminal that answers no question.
    pub fn start_mute(home: &Path, arguments: &[&str], size: (u16, u16)) -> Self {
        Self::open(home, arguments, size, &[], false)
    }

    fn open(
        home: &Path,
        arguments: &[&str],
        (columns, rows): (u16, u16),
        variables: &[(&str, &str)],
        answers: bool,
    ) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_shinso"));
        command.args(arguments);
        command.env_remove("NO_COLOR");
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("LC_ALL", "C.UTF-8");
        command.env("SHINSO_HOME", home);
        command.cwd(home);
        variables.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let keys = Arc::new(Mutex::new(pair.master.take_writer().expect("a writer")));
        let emulator =
            Emulator { parser: vt100::Parser::new(some(rows), some(columns), 0), raw: Vec::new(), closed: false };
        let screen = Arc::new((Mutex::new(emulator), Condvar::new()));
        let (its_screen, its_keys) = (Arc::clone(&screen), Arc::clone(&keys));
        std::thread::spawn(move || {
            let mut bytes = [0; 65536];
            loop {
                let count = reader.read(&mut bytes).unwrap_or(0);
                let mut emulator = its_screen.0.lock().unwrap_or_else(PoisonError::into_inner);
                if count == 0 {
                    emulator.closed = true;
                    its_screen.1.notify_all();
                    return;
                }
                // Up to each question, so that the cursor is where it was asked for.
                let mut rest = &bytes[..count];
                let mut answer = String::new();
                while let Some((at, length)) = next_question(rest) {
                    let (before, question) = rest[..at + length].split_at(at);
                    emulator.parser.process(before);
                    match question {
                        b"\x1b[c" => answer.push_str("\x1b[?62;22c"),
                        b"\x1b[5n" => answer.push_str("\x1b[0n"),
                        _ => {
                            let (row, column) = emulator.parser.screen().cursor_position();
                            answer.push_str(&format!("\x1b[{};{}R", row + 1, column + 1));
                        }
                    }
                    rest = &rest[at + length..];
                }
                emulator.parser.process(rest);
                emulator.raw.extend(&bytes[..count]);
                drop(emulator);
                its_screen.1.notify_all();
                if !answers || answer.is_empty() {
                    continue;
                }
                let mut keys = its_keys.lock().unwrap_or_else(PoisonError::into_inner);
                let _ended = keys.write_all(answer.as_bytes()).and_then(|()| keys.flush());
            }
        });
        Terminal { master: pair.master, child, keys, screen }
    }

    /// Sends keys as a terminal would.
    pub fn press(&self, keys: &str) {
        let mut writer = self.keys.lock().unwrap();
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).expect("the terminal takes keys");
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.screen.0.lock().unwrap().parser.screen_mut().set_size(some(rows), some(columns));
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).expect("a new size");
    }

    pub fn text(&self) -> String {
        self.screen.0.lock().unwrap().parser.screen().contents()
    }

    pub fn raw(&self) -> Vec<u8> {
        self.screen.0.lock().unwrap().raw.clone()
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("`{text}`"), |screen| screen.contains(text));
    }

    #[track_caller]
    pub fn wait_until(&self, what: &str, seen: impl Fn(&str) -> bool) {
        self.wait(what, |emulator| seen(&emulator.parser.screen().contents()));
    }

    /// Waits until a sequence of bytes was written more than `times` times.
    #[track_caller]
    pub fn wait_for_more_than(&self, times: usize, bytes: &[u8]) {
        let what = String::from_utf8_lossy(bytes).escape_debug().to_string();
        self.wait(&what, |emulator| count(&emulator.raw, bytes) > times);
    }

    /// How often a sequence of bytes was written so far.
    pub fn written(&self, bytes: &[u8]) -> usize {
        count(&self.screen.0.lock().unwrap().raw, bytes)
    }

    #[track_caller]
    fn wait(&self, what: &str, seen: impl Fn(&Emulator) -> bool) {
        let end = Instant::now() + PATIENCE;
        let mut emulator = self.screen.0.lock().unwrap();
        loop {
            if seen(&emulator) {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            let text = emulator.parser.screen().contents();
            assert!(!left.is_zero() && !emulator.closed, "{what} did not come; the screen:\n{text}");
            emulator = self.screen.1.wait_timeout(emulator, left).unwrap().0;
        }
    }

    /// Waits until the picker takes keys: it does when its preview is there, a picture, a map of words or a game.
    pub fn wait_for_picker(&self) {
        self.wait_until("the preview", |screen| {
            screen.contains(['▀', '●']) || screen.contains("tree search playing itself")
        });
    }

    /// Opens the lab that has a word in its title, from the picker.
    pub fn open_lab(&self, title: &str) {
        self.wait_for_picker();
        self.press("/");
        self.press(title);
        self.wait_for(title);
        self.press("\r");
        self.wait_for("Notes");
    }

    pub fn process_id(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Sends a signal by name, such as TERM.
    pub fn signal(&self, name: &str) {
        let status =
            std::process::Command::new("kill").args([&format!("-{name}"), &self.process_id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill -{name}");
    }

    /// Waits until the process is stopped, as by Ctrl-Z. Linux alone says so in a file.
    #[track_caller]
    pub fn wait_until_suspended(&self) {
        let status = format!("/proc/{}/stat", self.process_id());
        let end = Instant::now() + PATIENCE;
        loop {
            let text = std::fs::read_to_string(&status).expect("a process");
            // The state follows the name in brackets.
            if text.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T')) {
                return;
            }
            assert!(Instant::now() < end, "the program was not suspended: {text}");
            std::thread::yield_now();
        }
    }

    /// Waits for the end; the exit code.
    pub fn exit_code(&mut self) -> u32 {
        self.wait_for_close();
        self.child.wait().expect("the program ends").exit_code()
    }

    /// Waits until the program has closed its side, so that all it wrote was read.
    pub fn wait_for_close(&self) {
        let mut emulator = self.screen.0.lock().unwrap();
        let end = Instant::now() + PATIENCE;
        while !emulator.closed {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the terminal was not closed");
            emulator = self.screen.1.wait_timeout(emulator, left).unwrap().0;
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ended = self.child.kill();
    }
}
