//! The program at terminals that take nothing, are gone, or never answer, and under floods of keys.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
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

    /// Reads what is drawn, on a thread of its own.
    fn reading(&self) -> Receiver<String> {
        let mut reader = self.master.try_clone_reader().unwrap();
        let (send, drawn) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if send.send(String::from_utf8_lossy(&bytes[..count]).into_owned()).is_err() {
                    return;
                }
            }
        });
        drawn
    }

    fn type_in(&self) -> Box<dyn Write + Send> {
        self.master.take_writer().unwrap()
    }
}

/// Waits until the terminal takes nothing more of what the program draws: the kernel holds so many bytes that nobody reads.
fn wait_until_held(held: &Held) {
    let fd = held.master.as_raw_fd().unwrap();
    // SAFETY: the descriptor is that of the master, which lives as long as `held`.
    let master = unsafe { BorrowedFd::borrow_raw(fd) };
    let (end, mut before) = (Instant::now() + PATIENCE, 0);
    loop {
        let waiting = rustix::io::ioctl_fionread(master).unwrap();
        // No more comes within a while in which a frame is long overdue.
        if waiting > 0 && waiting == before {
            return;
        }
        assert!(Instant::now() < end, "it draws without end, or nothing");
        before = waiting;
        std::thread::sleep(Duration::from_millis(500));
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

/// A run under way, whose terminal takes nothing more, is stopped and recorded.
#[test]
fn a_signal_records_the_run_of_a_terminal_that_takes_nothing() {
    for signal in ["-TERM", "-HUP"] {
        let home = tempfile::tempdir().unwrap();
        let mut held = Held::start(home.path(), &[]);
        let drawn = held.reading();
        let mut keys = held.type_in();
        while !drawn.recv_timeout(PATIENCE).unwrap().contains("shinso") {}
        keys.write_all(b"/vae\r\r\x1b2\r").unwrap();
        let end = Instant::now() + PATIENCE;
        let run = loop {
            assert!(Instant::now() < end, "no run has begun");
            let _drawn = drawn.recv_timeout(Duration::from_millis(5));
            let runs = std::fs::read_dir(home.path().join("runs")).into_iter().flatten().flatten();
            if let Some(run) = runs.map(|run| run.path()).find(|run| run.join("checkpoint.safetensors").exists()) {
                break run;
            }
        };
        drop(drawn);
        wait_until_held(&held);
        held.signal(signal);
        assert_eq!(held.code(), 130, "{signal}");
        let description = std::fs::read_to_string(run.join("run.yaml")).unwrap();
        assert!(description.contains("status: stopped"), "{signal}: {description}");
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
    let (drawn, end, mut all) = (held.reading(), Instant::now() + PATIENCE, String::new());
    while !all.contains("free the mouse to select text") {
        let more = drawn.recv_timeout(end.saturating_duration_since(Instant::now()));
        all.push_str(&more.unwrap_or_else(|_| panic!("the key was not heard: {all}")));
    }
    held.signal("-TERM");
    assert_eq!(held.code(), 130);
}

#[test]
fn a_key_pressed_between_the_answers_of_a_terminal_is_heard() {
    let home = tempfile::tempdir().unwrap();
    // All that is asked is answered; or the first question, and then no more.
    for rest in ["\u{1b}[?62;22c\u{1b}[6;20;10t\u{1b}]11;rgb:1c1c/1c1c/1c1c\u{7}\u{1b}[0n", ""] {
        let mut held = Held::start(home.path(), &[]);
        let (drawn, end, mut all) = (held.reading(), Instant::now() + PATIENCE, String::new());
        let mut keys = held.type_in();
        let mut hear = |what: &str, count: usize| {
            while all.matches(what).count() < count {
                let more = drawn.recv_timeout(end.saturating_duration_since(Instant::now()));
                all.push_str(&more.unwrap_or_else(|_| panic!("no {what:?} for {rest:?}: {all}")));
            }
        };
        hear("\u{1b}[5n", 1);
        keys.write_all(b"\x1b[0n").unwrap();
        hear("\u{1b}[5n", 2);
        keys.write_all(format!("\u{1b}[1;2R?{rest}").as_bytes()).unwrap();
        hear("free the mouse to select text", 1);
        held.signal("-TERM");
        assert_eq!(held.code(), 130);
    }
}

#[test]
fn a_flood_of_letters_is_taken_and_what_comes_behind_it_is_heard() {
    let home = tempfile::tempdir().unwrap();
    // The notes of a lab, the search of the picker, the line of the REPL.
    for (way, is_signalled) in [("\r\u{1b}5", false), ("\r\u{1b}5", true), ("/", false), ("/", true)] {
        let mut held = Held::start(home.path(), &[]);
        let drawn = held.reading();
        let mut keys = held.type_in();
        while !drawn.recv_timeout(PATIENCE).unwrap().contains("shinso") {}
        let reading = std::thread::spawn(move || while drawn.recv().is_ok() {});
        let flood = format!("{way}{}", "x ".repeat(150_000));
        let (begin, rest) = flood.split_at(flood.len() / 2);
        keys.write_all(begin.as_bytes()).unwrap();
        if is_signalled {
            held.signal("-TERM");
            assert_eq!(held.code(), 130, "{way:?}");
        } else {
            keys.write_all(rest.as_bytes()).unwrap();
            keys.write_all(b"\x03").unwrap();
            assert_eq!(held.code(), 0, "{way:?}");
        }
        drop((keys, held));
        reading.join().unwrap();
    }
}
