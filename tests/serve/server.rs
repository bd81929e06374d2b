//! A server of a test's own, on loopback.
#![allow(dead_code, reason = "each test file uses what it needs")]

use super::program::command;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Longest wait for what is to happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub fingerprint: String,
    log: Arc<(Mutex<String>, Condvar)>,
}

impl Server {
    /// Starts one whose folder is `home`.
    pub fn start(home: &Path, options: &[&str]) -> Self {
        let folder = home.display().to_string();
        let arguments = [&["serve", "--listen", "127.0.0.1:0", "--folder", &folder], options].concat();
        let mut child = command(home, &arguments).stdin(Stdio::null()).spawn().unwrap();
        let log = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let its_log = Arc::clone(&log);
        let errors = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                its_log.0.lock().unwrap().push_str(&format!("{line}\n"));
                its_log.1.notify_all();
            }
        });
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut after = |words: &str| {
            let line = said.next().and_then(Result::ok);
            let rest = line.as_ref().and_then(|line| line.strip_prefix(words)).map(str::to_owned);
            rest.unwrap_or_else(|| panic!("{line:?}, {}", log.0.lock().unwrap()))
        };
        let address = after("listening on ").parse().unwrap();
        let fingerprint = after("host key ");
        Server { child, address, fingerprint, log }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let status = std::process::Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Waits until the log has a text; the log so far.
    #[track_caller]
    pub fn logged(&self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut log = self.log.0.lock().unwrap();
        while !log.contains(text) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no `{text}` in the log:\n{log}");
            log = self.log.1.wait_timeout(log, left).unwrap().0;
        }
        log.clone()
    }

    /// Waits until so many sessions have begun; the numbers of their processes.
    #[track_caller]
    pub fn processes(&self, count: usize) -> Vec<u32> {
        let end = Instant::now() + PATIENCE;
        let mut log = self.log.0.lock().unwrap();
        loop {
            let number =
                |line: &str| line.split_once("session begun, process ").map(|(_, number)| number.parse().unwrap());
            let found: Vec<u32> = log.lines().filter_map(number).collect();
            if found.len() >= count {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {count} sessions in the log:\n{log}");
            log = self.log.1.wait_timeout(log, left).unwrap().0;
        }
    }

    /// Waits for its end; the exit code.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Whether there is such a process, and somebody has still to ask about its end.
fn is_there(process: u32) -> bool {
    Path::new(&format!("/proc/{process}")).exists()
}

/// Waits until processes have ended and been asked about.
#[track_caller]
pub fn all_gone(processes: &[u32]) {
    let end = Instant::now() + PATIENCE;
    while processes.iter().any(|process| is_there(*process)) {
        assert!(Instant::now() < end, "of {processes:?} some are left");
        std::thread::sleep(Duration::from_millis(5));
    }
}
