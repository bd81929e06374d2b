//! The program at terminals that take nothing, are gone, or never answer, and under floods of keys.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Longest wait for anything; never waited out when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

struct Held {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
}

impl Held {
    /// Starts `shinso`; nobody reads what it draws.
    fn start(home: &Path, arguments: &[&str]) -> Self {
        let size = PtySize { rows: 60, cols: 200, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_shinso"));
        command.args(arguments);
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LC_ALL", "C.UTF-8")] {
            command.env(name, value);
        }
        command.env("SHINSO_HOME", home);
        command.cwd(home);
        let child = pair.slave.spawn_command(command).unwrap();
        Held { master: pair.master, child }
    }

    fn signal(&self, signal: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    fn code(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status.exit_code(),
                None if Instant::now() > end => {
                    self.child.kill().unwrap();
                    panic!("it goes on and on");
                }
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Reads what is drawn until a text stands in it.
    fn read_until(&self, wanted: &str) -> String {
        let mut reader = self.master.try_clone_reader().unwrap();
        let mut all = String::new();
        let end = Instant::now() + PATIENCE;
        while !all.contains(wanted) && Instant::now() < end {
            let mut bytes = [0; 4096];
            let count = reader.read(&mut bytes).unwrap();
            all.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        assert!(all.contains(wanted), "{all}");
        all
    }

    fn type_in(&self) -> Box<dyn Write + Send> {
        self.master.take_writer().unwrap()
    }
}

/// Whether the program has drawn so much that it waits for a reader.
fn wait_until_held(held: &Held) {
    // It sleeps in a write to the terminal, as the kernel tells.
    let id = held.child.process_id().unwrap();
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let waits = std::fs::read_to_string(format!("/proc/{id}/wchan")).unwrap_or_default();
        let syscall = std::fs::read_to_string(format!("/proc/{id}/syscall")).unwrap_or_default();
        if waits.contains("n_tty_write") || waits.contains("tty_write") || syscall.starts_with("1 0x1 ") {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_signal_ends_it_though_the_terminal_takes_nothing() {
    for signal in ["-TERM", "-HUP", "-QUIT"] {
        let home = tempfile::tempdir().unwrap();
        let mut held = Held::start(home.path(), &[]);
        wait_until_held(&held);
        held.signal(signal);
        assert_eq!(held.code(), 130, "{signal}");
    }
}

#[test]
fn a_signal_at_any_moment_of_the_start_gives_the_terminal_back() {
    for wait in [0, 20, 60, 120, 250, 400] {
        let home = tempfile::tempdir().unwrap();
        let mut held = Held::start(home.path(), &[]);
        // A terminal that answers nothing: the start waits for it.
        let mut reader = held.master.try_clone_reader().unwrap();
        let drawn = std::thread::spawn(move || {
            let mut all = Vec::new();
            let _end_of_the_terminal = reader.read_to_end(&mut all);
            String::from_utf8_lossy(&all).into_owned()
        });
        std::thread::sleep(Duration::from_millis(wait));
        held.signal("-TERM");
        let code = held.code();
        drop(held.master);
        let drawn = drawn.join().unwrap();
        let [on, off] = ["\u{1b}[?1049h", "\u{1b}[?1049l"].map(|code| drawn.matches(code).count());
        assert!(on <= off, "after {wait} ms: taken {on} times, given back {off} times, code {code}");
        assert!(code == 130 || on == 0, "after {wait} ms: {code}");
    }
}

#[test]
fn a_terminal_that_vanishes_ends_it_at_any_moment() {
    for wait in [0, 10, 50, 150, 300, 700] {
        let home = tempfile::tempdir().unwrap();
        let Held { master, mut child } = Held::start(home.path(), &[]);
        std::thread::sleep(Duration::from_millis(wait));
        drop(master);
        let end = Instant::now() + PATIENCE;
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "an orphan after {wait} ms");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn keys_pressed_before_anybody_reads_are_heard() {
    let home = tempfile::tempdir().unwrap();
    let mut held = Held::start(home.path(), &[]);
    // Help, while the terminal is still being asked what it can do and answers nothing.
    let mut keys = held.type_in();
    keys.write_all(b"?").unwrap();
    held.read_until("Ctrl-P");
    keys.write_all(b"qy\r").unwrap();
    let mut reader = held.master.try_clone_reader().unwrap();
    std::thread::spawn(move || {
        let mut all = Vec::new();
        let _end_of_the_terminal = reader.read_to_end(&mut all);
    });
    held.signal("-TERM");
    held.code();
}
