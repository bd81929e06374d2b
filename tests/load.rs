//! A lecture hall on one server: many students at work at once, over real ssh on loopback. Not run by default:
//!
//! ```sh
//! cargo test --release --test load -- --ignored --nocapture
//! SHINSO_STUDENTS=50 SHINSO_MINUTES=60 cargo test --release --test load -- --ignored --nocapture
//! SHINSO_TRAINING=10 SHINSO_PLACES=10 cargo test --release --test load hall -- --ignored --nocapture
//! ```

#[path = "serve/client.rs"]
mod client;
#[path = "support/program.rs"]
mod program;
#[path = "serve/server.rs"]
mod server;

use client::{Connection, Terminal, by_key, connect, key, listed};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use russh::ChannelMsg;
use server::Server;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_secs(60);
/// One in so many takes nothing of what is shown.
const STALLED: usize = 10;

/// Students who train, or wait for a place, of so many.
fn training(students: usize) -> usize {
    setting("SHINSO_TRAINING", students as u64 / 20) as usize
}

/// What a student does, by their number: those who take nothing of what is shown first, of the others those who train.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stalled,
    Trains,
    Studies,
}

impl Kind {
    fn of(student: usize, students: usize) -> Self {
        let others_before = student - student.div_ceil(STALLED).min(student);
        match student % STALLED {
            0 => Kind::Stalled,
            _ if others_before < training(students) => Kind::Trains,
            _ => Kind::Studies,
        }
    }
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |value| value.parse().expect("a whole number"))
}

fn name(student: usize) -> String {
    format!("s{student:03}")
}

fn student_key(student: usize) -> russh::keys::PrivateKey {
    key(u8::try_from(student).expect("at most 255 students"))
}

/// What a process holds, in kilobytes, threads and open files.
#[derive(Debug, Clone, Copy)]
struct Held {
    resident: u64,
    threads: u64,
    files: usize,
}

fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn held(process: u32) -> Held {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let files = fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count);
    Held { resident: field(&status, "VmRSS:"), threads: field(&status, "Threads:"), files }
}

/// Kilobytes of a process that no other shares.
fn private(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    field(&text, "Private_Clean:") + field(&text, "Private_Dirty:")
}

/// Kilobytes of some processes.
struct Sizes {
    count: usize,
    mean: u64,
    most: u64,
}

impl Sizes {
    fn of(sizes: Vec<u64>) -> Self {
        let (count, sum) = (sizes.len(), sizes.iter().sum::<u64>());
        Sizes { count, mean: sum / count.max(1) as u64, most: sizes.into_iter().max().unwrap_or(0) }
    }
}

impl std::fmt::Display for Sizes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} kB on the average, {} kB at most", self.count, self.mean, self.most)
    }
}

/// The student whose session a process is, by the folder that it was given.
fn student_of(process: u32) -> Option<usize> {
    let text = fs::read(format!("/proc/{process}/environ")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let home = text.split('\0').find_map(|entry| entry.strip_prefix("SHINSO_HOME="))?;
    Path::new(home).file_name()?.to_str()?.strip_prefix('s')?.parse().ok()
}

fn children(of: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
    let own = text.split_whitespace().filter_map(|number| number.parse().ok());
    let tasks = fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten();
    let others = tasks.filter(|task| task.file_name() != of.to_string().as_str()).flat_map(|task| {
        let text = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        text.split_whitespace().filter_map(|number| number.parse().ok()).collect::<Vec<u32>>()
    });
    own.chain(others).collect()
}

/// What came of a student.
#[derive(Debug, Default)]
struct Outcome {
    /// From the first packet to the labs.
    login: Option<Duration>,
    /// From keys to what they show.
    keys: Vec<Duration>,
    lost: Option<String>,
}

async fn log_in(server: &Server, student: usize) -> Result<(Connection, Terminal), String> {
    let mut connection = connect(server, 1 << 20).await;
    if !by_key(&mut connection, &name(student), &student_key(student)).await.success() {
        return Err("not let in".into());
    }
    let mut terminal = Terminal::open(&connection, (80, 24)).await;
    match terminal.shows("Autoencoder", PATIENCE).await {
        true => Ok((connection, terminal)),
        false => Err(format!("no labs: {}", terminal.text())),
    }
}

/// Presses keys, and takes the time until the screen shows a text.
async fn timed(terminal: &mut Terminal, keys: &str, text: &str, outcome: &mut Outcome) -> Result<(), String> {
    terminal.catch_up().await;
    let begun = Instant::now();
    terminal.press(keys).await;
    if !terminal.shows(text, PATIENCE).await {
        return Err(format!("no `{text}` after {keys:?}:\n{}", terminal.text()));
    }
    outcome.keys.push(begun.elapsed());
    Ok(())
}

/// Reads, looks around and answers, a key every few seconds, as people do.
async fn study(terminal: &mut Terminal, student: usize, end: Instant, outcome: &mut Outcome) -> Result<(), String> {
    let mut dice = Xoshiro256PlusPlus::seed_from_u64(student as u64);
    terminal.press("\x10variational\r").await;
    if !terminal.shows("page 1/", PATIENCE).await {
        return Err(format!("no theory:\n{}", terminal.text()));
    }
    while Instant::now() < end {
        sleep(Duration::from_millis(dice.random_range(1_000..4_000))).await;
        timed(terminal, "n", "page 2/", outcome).await?;
        sleep(Duration::from_millis(dice.random_range(1_000..4_000))).await;
        timed(terminal, "p", "page 1/", outcome).await?;
        sleep(Duration::from_millis(dice.random_range(1_000..4_000))).await;
        // The model is opened and asked; then exercises, and back.
        terminal.press("\x1b3").await;
        sleep(Duration::from_millis(dice.random_range(1_000..4_000))).await;
        terminal.press("\x1b4").await;
        sleep(Duration::from_millis(dice.random_range(1_000..4_000))).await;
        timed(terminal, "\x1b1", "page 1/", outcome).await?;
    }
    Ok(())
}

/// Trains one run after the other, waiting for a place where there is none.
async fn train(terminal: &mut Terminal, end: Instant) -> Result<(), String> {
    terminal.press("\x10autoencoder\r\x1b2").await;
    if !terminal.shows("presets", PATIENCE).await {
        return Err(format!("no presets:\n{}", terminal.text()));
    }
    terminal.press("\r").await;
    while Instant::now() < end {
        if terminal.shows("new run", Duration::from_secs(5)).await {
            for keys in ["n", "\r"] {
                terminal.press(keys).await;
                // What was on the screen before says nothing: whoever went on by that would type without reading, and be cut off.
                sleep(Duration::from_secs(1)).await;
                terminal.catch_up().await;
            }
        } else {
            sleep(Duration::from_secs(1)).await;
        }
    }
    Ok(())
}

async fn live(server: &Server, student: usize, students: usize, end: Instant) -> Outcome {
    let mut outcome = Outcome::default();
    let begun = Instant::now();
    let result = async {
        let (_connection, mut terminal) = log_in(server, student).await?;
        outcome.login = Some(begun.elapsed());
        match Kind::of(student, students) {
            Kind::Stalled => {
                // Nothing is read: the session is cut, and its place is free. Not even its keys may go through then.
                let _stalls = tokio::time::timeout_at(end.into(), terminal.press("\x10variational\r")).await;
                tokio::time::sleep_until(end.into()).await;
                Ok(())
            }
            Kind::Trains => train(&mut terminal, end).await,
            Kind::Studies => study(&mut terminal, student, end, &mut outcome).await,
        }
    };
    // A client whose connection was cut may wait for ever.
    let result = tokio::time::timeout_at((end + PATIENCE / 2).into(), result).await;
    outcome.lost = result.unwrap_or_else(|_| Err("no end".into())).err();
    outcome
}

fn at(sorted: &[Duration], share: f64) -> Duration {
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

fn accounts(home: &Path, students: usize) {
    let lines: String = (0..students).map(|student| listed(&name(student), &student_key(student))).collect();
    fs::write(home.join("authorized_keys"), lines).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, and both cores: see the head of this file"]
async fn a_hall_of_students_at_work() {
    let students = setting("SHINSO_STUDENTS", 200) as usize;
    let minutes = setting("SHINSO_MINUTES", 10);
    let home = tempfile::tempdir().unwrap();
    accounts(home.path(), students);
    let places = setting("SHINSO_PLACES", 5).to_string();
    let options = ["--exempt", "127.0.0.0/8", "--waiting", "250", "--sessions", "250", "--training", &places];
    let server: &'static Server = Box::leak(Box::new(Server::start(home.path(), &options)));
    let before = held(server.id());
    let begun = Instant::now();
    let end = begun + Duration::from_secs(60 * minutes);
    let all: Vec<_> = (0..students).map(|student| tokio::spawn(live(server, student, students, end))).collect();
    let mut peak = before;
    let mut private_means = Vec::new();
    while Instant::now() + Duration::from_secs(10) < end {
        sleep(Duration::from_secs(10)).await;
        let now = held(server.id());
        peak = Held {
            resident: peak.resident.max(now.resident),
            threads: peak.threads.max(now.threads),
            files: peak.files.max(now.files),
        };
        let sizes: Vec<(Kind, u64)> = children(server.id())
            .into_iter()
            .filter_map(|child| Some((Kind::of(student_of(child)?, students), private(child))))
            .collect();
        let [idle, training] = [false, true].map(|trains| {
            let of = sizes.iter().filter(|(kind, _)| (*kind == Kind::Trains) == trains).map(|(_, size)| *size);
            Sizes::of(of.collect())
        });
        println!(
            "{:4} s: server {} kB, {} files, {} threads; private: {idle}; of those who train or wait: {training}",
            begun.elapsed().as_secs(),
            now.resident,
            now.files,
            now.threads,
        );
        private_means.push(idle.mean);
    }
    let mut outcomes = Vec::new();
    for student in all {
        outcomes.push(student.await.unwrap());
    }
    let mut logins: Vec<Duration> = outcomes.iter().filter_map(|outcome| outcome.login).collect();
    let mut keys: Vec<Duration> = outcomes.iter().flat_map(|outcome| outcome.keys.iter().copied()).collect();
    logins.sort();
    keys.sort();
    let lost: Vec<&String> = outcomes.iter().filter_map(|outcome| outcome.lost.as_ref()).collect();
    // Processes end, and what the server held for them is given back.
    let patience = Instant::now() + PATIENCE;
    while !children(server.id()).is_empty() && Instant::now() < patience {
        sleep(Duration::from_millis(100)).await;
    }
    sleep(Duration::from_secs(2)).await;
    let after = held(server.id());
    println!("{students} students, {minutes} minutes");
    println!("log-in: median {:?}, last {:?}", at(&logins, 0.5), at(&logins, 1.0));
    println!(
        "{} keys: median {:?}, p95 {:?}, p99 {:?}, last {:?}",
        keys.len(),
        at(&keys, 0.5),
        at(&keys, 0.95),
        at(&keys, 0.99),
        at(&keys, 1.0)
    );
    println!("server: before {before:?}, peak {peak:?}, after {after:?}");
    private_means.sort_unstable();
    println!(
        "private memory of a session that does not train, on the average: {} kB in the middle, {} kB at most",
        private_means.get(private_means.len() / 2).unwrap_or(&0),
        private_means.last().unwrap_or(&0)
    );
    println!("lost: {lost:?}");
    assert!(lost.is_empty(), "{} of {students} were lost", lost.len());
    assert_eq!(logins.len(), students);
    assert!(children(server.id()).is_empty(), "no process is left");
    assert!(after.files <= before.files + 2, "{} files are open, {} were", after.files, before.files);
}

/// Changes sizes as fast as one connection carries them; how many the server has read, and in what time.
async fn flood(server: &Server, end: Instant) -> (u32, Duration) {
    let (_connection, terminal) = log_in(server, 0).await.unwrap();
    let (mut reads, writes) = terminal.channel.split();
    let reading = tokio::spawn(async move {
        // What is drawn is read and dropped; the one answer is that to what comes behind the sizes.
        while let Some(message) = reads.wait().await {
            if matches!(message, ChannelMsg::Success | ChannelMsg::Failure) {
                return true;
            }
        }
        false
    });
    let (begun, mut count) = (Instant::now(), 0_u32);
    while Instant::now() < end {
        for _ in 0..256 {
            writes.window_change(80 + count % 400, 24 + count % 150, 0, 0).await.unwrap();
            count += 1;
        }
    }
    writes.set_env(true, "LANG", "C.UTF-8").await.unwrap();
    assert!(reading.await.unwrap(), "the server answers");
    (count, begun.elapsed())
}

/// One account in all of its sessions changes sizes without end; another student's keys are answered.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes both cores: see the head of this file"]
async fn ten_thousand_sizes_a_second_hold_nobody_up() {
    let home = tempfile::tempdir().unwrap();
    accounts(home.path(), 2);
    let server: &'static Server = Box::leak(Box::new(Server::start(home.path(), &["--exempt", "127.0.0.0/8"])));
    let (_connection, mut terminal) = log_in(server, 1).await.unwrap();
    terminal.press("\x10variational\r").await;
    assert!(terminal.shows("page 1/", PATIENCE).await);
    let before = held(server.id());
    let end = Instant::now() + Duration::from_secs(setting("SHINSO_SECONDS", 20));
    let floods: Vec<_> = (0..setting("SHINSO_FLOODS", 3)).map(|_| tokio::spawn(flood(server, end))).collect();
    let mut outcome = Outcome::default();
    while Instant::now() < end {
        for (keys, text) in [("n", "page 2/"), ("p", "page 1/")] {
            timed(&mut terminal, keys, text, &mut outcome).await.unwrap();
            sleep(Duration::from_millis(100)).await;
        }
    }
    let mut rate = 0.0;
    for flood in floods {
        let (count, time) = flood.await.unwrap();
        println!("{count} sizes in {time:?}");
        rate += f64::from(count) / time.as_secs_f64();
    }
    outcome.keys.sort();
    let [median, p95, last] = [0.5, 0.95, 1.0].map(|share| at(&outcome.keys, share));
    println!("{rate:.0} sizes a second; {} keys: median {median:?}, p95 {p95:?}, last {last:?}", outcome.keys.len());
    println!("server: before {before:?}, after {:?}", held(server.id()));
    assert!(rate >= 10_000.0, "{rate:.0} sizes a second");
}
