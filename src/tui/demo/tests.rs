//! The scripts of all labs, walked to their ends on the real screens with the real models.
//!
//! Most scripts train as they would in front of a hall, in all some fifteen minutes on two cores:
//! `cargo test --release --lib demo::tests -- --include-ignored --test-threads 1`.

use super::{KEY_PERIOD, Rehearsal, Version, Wait, record};
use crate::experiment::Language;
use crate::lab::{Catalogue, Lab};
use crate::tui::context::AppContext;
use crate::tui::screens::shown;
use crate::tui::text;
use crate::width::wrapped;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longest wait for any news: generous, so that a slow machine fails no test, and never waited out when all is well.
const PATIENCE: Duration = Duration::from_secs(600);

/// A script, and a clock that the test drives.
struct Walk {
    rehearsal: Rehearsal,
    now: Duration,
    news: Receiver<()>,
}

impl Walk {
    fn drawn(&mut self, columns: u16, height: u16) -> String {
        let area = Rect::new(0, 0, columns, height);
        let mut buffer = Buffer::empty(area);
        self.rehearsal.draw(area, &mut buffer);
        shown(&buffer)
    }

    /// Goes on to where the presenter's key is waited for, or to the end; `false` there.
    fn go_on(&mut self) -> bool {
        loop {
            self.rehearsal.catch_up();
            self.rehearsal.tick();
            let seen = self.drawn(120, 36);
            self.now += KEY_PERIOD;
            self.rehearsal.advance(self.now);
            let player = &self.rehearsal.player;
            let step = format!("{} step {}", player.lab().id, player.at() + 1);
            if let Some(problem) = player.problem() {
                panic!("{step}: {}", problem.en);
            }
            if player.is_over() {
                return false;
            }
            if player.due().is_some() {
                continue;
            }
            match player.wait(&self.rehearsal.app) {
                Wait::ForKey => {
                    self.settle();
                    return true;
                }
                Wait::Over => {}
                Wait::Never(why) => panic!("{step}: {}", why.en),
                Wait::For(what) if self.news.recv_timeout(PATIENCE).is_err() => {
                    panic!("{step} {}:\n{seen}", what.en);
                }
                Wait::For(_) => {}
            }
        }
    }

    /// Until all is answered that was asked. A run that goes on slowly is asked again before that: then until every instrument and
    /// what it opens had its turn.
    fn settle(&mut self) {
        let most = 2 * self.rehearsal.player.lab().explore.len();
        loop {
            let is_busy = self.rehearsal.app.questions.is_busy();
            self.rehearsal.catch_up();
            self.drawn(120, 36);
            let answers = self.rehearsal.player.answers;
            if answers >= most || !is_busy && !self.rehearsal.app.questions.is_busy() {
                return;
            }
            let _none = self.news.recv_timeout(Duration::from_millis(100));
        }
    }
}

/// Opens a lab of the files here in a folder of its own.
fn opened(id: &str, folder: &Path) -> (Lab, Walk) {
    let (sender, news) = channel();
    let sender = Mutex::new(sender);
    let wake = move || {
        // The last news come when nobody listens any more.
        let _ended = sender.lock().unwrap().send(());
    };
    let mut app = AppContext::for_tests_woken(Language::En, folder, Arc::new(wake));
    let labs = Path::new(env!("CARGO_MANIFEST_DIR")).join("labs");
    app.catalogue = Catalogue::load(Path::new("/nowhere"), Some(&labs));
    assert_eq!(app.catalogue.errors(), []);
    let lab = app.catalogue.find(id).unwrap().clone();
    let rehearsal = Rehearsal::new(&lab, app).expect("a script");
    (lab, Walk { rehearsal, now: Duration::ZERO, news })
}

/// Plays the whole script of a lab; at each step its words and what it points at are seen in both languages and sizes.
fn walk(id: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (lab, mut walk) = opened(id, folder.path());
    let mut seen_steps = 0;
    while walk.go_on() {
        let at = walk.rehearsal.player.at();
        let step = &lab.demo[at];
        let said = walk.rehearsal.player.words().clone();
        let (number, count) = walk.rehearsal.player.number();
        for language in Language::ALL {
            for (columns, height) in [(80, 24), (120, 36)] {
                walk.rehearsal.app.language = language;
                let seen = walk.drawn(columns, height);
                let words = wrapped(said.in_language(language), usize::from(columns - 2));
                assert!(words.iter().all(|line| seen.contains(line.trim_end())), "{words:?} in\n{seen}");
                let number = text::filled(walk.rehearsal.app.say(text::DEMO_STEP), &[&number, &count]);
                assert!(seen.contains(&number), "{number} in\n{seen}");
                if let Some(pane) = &step.point {
                    assert!(!walk.rehearsal.screen.area_of(pane).is_empty(), "{id}: {pane} is out of sight\n{seen}");
                }
            }
        }
        walk.rehearsal.app.language = Language::En;
        seen_steps = at + 1;
        walk.rehearsal.forward(walk.now);
    }
    assert_eq!(seen_steps, lab.demo.len(), "it ends with the presenter's key");
}

macro_rules! walks {
    ($($(#[$how:meta])? $name:ident $id:literal)+) => {
        $(#[test] $(#[$how])? fn $name() { walk($id); })+

        #[test]
        fn every_lab_is_walked() {
            let folder = tempfile::tempdir().unwrap();
            let app = AppContext::for_tests(Language::En, folder.path());
            let ids: Vec<&str> = app.catalogue.labs().iter().map(|lab| lab.id.as_str()).collect();
            assert_eq!(ids, [$($id),+]);
        }
    };
}

walks! {
    gridworld "gridworld"
    board_game "board-game"
    #[ignore = "trains for a minute or more"]
    self_play "self-play"
    #[ignore = "trains for a minute or more"]
    walker "walker"
    #[ignore = "trains for a minute or more"]
    autoencoder "autoencoder"
    kl "kl"
    #[ignore = "trains for a minute or more"]
    vae "vae"
    #[ignore = "trains for a minute or more"]
    gan "gan"
    #[ignore = "trains for a minute or more"]
    cyclegan "cyclegan"
    #[ignore = "trains for a minute or more"]
    diffusion "diffusion"
    embeddings "embeddings"
    word2vec "word2vec"
    #[ignore = "trains for a minute or more"]
    seq2seq "seq2seq"
    #[ignore = "trains for a minute or more"]
    attention "attention"
    #[ignore = "trains for a minute or more"]
    transformer "transformer"
    #[ignore = "trains for a minute or more"]
    gpt "gpt"
    #[ignore = "trains for a minute or more"]
    rlhf "rlhf"
    #[ignore = "trains for a minute or more"]
    hallucination "hallucination"
    #[ignore = "trains for a minute or more"]
    xai "xai"
}

fn pressed(walk: &Walk) -> &str {
    &walk.rehearsal.player.pressed
}

#[test]
fn typed_letters_come_fifty_milliseconds_apart_and_the_key_finishes_them() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut walk) = opened("embeddings", folder.path());
    walk.rehearsal.forward(walk.now);
    let begun = walk.now;
    for count in 0..5 {
        let due = walk.rehearsal.player.due().expect("letters to type");
        assert_eq!(due, begun + KEY_PERIOD * (count + 1));
        assert!(!walk.rehearsal.advance(due - Duration::from_millis(1)), "not before its time");
        assert!(walk.rehearsal.advance(due));
        assert_eq!(pressed(&walk), &"king - man + woman"[..=count as usize]);
        walk.now = due;
    }
    walk.rehearsal.forward(walk.now);
    assert_eq!(pressed(&walk), "king - man + woman ↵");
    assert_eq!(walk.rehearsal.player.number(), (1, 5), "the step goes on");
    assert!(walk.go_on());
    assert!(walk.drawn(100, 30).contains("queen"), "{}", walk.drawn(100, 30));
}

#[test]
fn a_step_that_is_gone_back_to_is_shown_and_does_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut walk) = opened("kl", folder.path());
    let run = |walk: &Walk| walk.rehearsal.app.run.as_ref().map(|run| run.id.clone());
    while run(&walk).is_none() {
        assert!(walk.go_on());
        walk.rehearsal.forward(walk.now);
    }
    assert!(walk.go_on(), "to the words about the fit");
    let (first, at) = (run(&walk), walk.rehearsal.player.number());
    walk.rehearsal.back(walk.now);
    assert_eq!(walk.rehearsal.player.number(), (at.0 - 1, at.1));
    assert!(walk.drawn(80, 24).contains(walk.rehearsal.app.say(text::DEMO_AGAIN)));
    assert_eq!(walk.rehearsal.player.wait(&walk.rehearsal.app), Wait::ForKey);
    walk.rehearsal.forward(walk.now);
    assert_eq!(walk.rehearsal.player.number(), at, "what says nothing is passed over");
    assert_eq!(run(&walk), first, "no second run");
    (0..9).for_each(|_| walk.rehearsal.back(walk.now));
    assert_eq!(walk.rehearsal.player.number().0, 1);
    assert!(walk.drawn(80, 24).contains("two distributions"), "its pane is shown");
}

/// Whoever goes on before the run is where the script waits for it hears that the words are ahead of it.
#[test]
fn words_that_are_ahead_of_the_run_are_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut walk) = opened("kl", folder.path());
    while walk.rehearsal.app.run.is_none() {
        assert!(walk.go_on());
        walk.rehearsal.forward(walk.now);
    }
    let ahead = |walk: &Walk| walk.rehearsal.player.ahead(&walk.rehearsal.app).map(|ahead| ahead.en);
    assert!(matches!(walk.rehearsal.player.wait(&walk.rehearsal.app), Wait::For(_)), "for the end of the run");
    assert_eq!(ahead(&walk), None, "what it waits for is said");
    walk.rehearsal.forward(walk.now);
    assert_eq!(ahead(&walk).as_deref(), Some("not reached yet: the end of the run"));
    for size in [(80, 24), (120, 36)] {
        let seen = walk.drawn(size.0, size.1);
        assert!(seen.contains("not reached yet: the end of the run"), "{seen}");
    }
    // Once it is reached nothing is ahead of it.
    while ahead(&walk).is_some() {
        walk.news.recv_timeout(PATIENCE).expect("news of the run");
        walk.rehearsal.catch_up();
    }
    assert!(!walk.drawn(80, 24).contains("not reached"));
}

/// The words of a step, and a note that is shown by a key, where the window is smallest.
#[test]
fn notes_are_shown_on_demand_and_leave_room_for_the_lab() {
    let folder = tempfile::tempdir().unwrap();
    let (lab, mut walk) = opened("gridworld", folder.path());
    let note = lab.demo.iter().position(|step| step.note.is_some()).expect("a step with a note");
    while walk.go_on() && walk.rehearsal.player.at() != note {
        walk.rehearsal.forward(walk.now);
    }
    let note = &wrapped(&lab.demo[note].note.as_ref().unwrap().en, 78)[0];
    assert!(!walk.drawn(80, 24).contains(note.trim_end()));
    walk.rehearsal.player.toggle_notes();
    let seen = walk.drawn(80, 24);
    assert!(seen.contains(note.trim_end()) && seen.contains("the world now"), "{seen}");
}

#[test]
fn a_recording_is_lines_of_json_that_begin_with_its_size() {
    for version in [Version::V3, Version::V2] {
        let folder = tempfile::tempdir().unwrap();
        let (_, Walk { rehearsal, news, .. }) = opened("kl", folder.path());
        let recording = record(rehearsal, &news, Rect::new(0, 0, 90, 28), version).unwrap();
        let lines: Vec<serde_json::Value> =
            recording.cast.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (heading, events) = lines.split_first().unwrap();
        let size = match version {
            Version::V3 => [&heading["term"]["cols"], &heading["term"]["rows"]],
            Version::V2 => [&heading["width"], &heading["height"]],
        };
        assert_eq!(size.map(|size| size.as_u64().unwrap()), [90, 28]);
        let times: Vec<f64> = events.iter().map(|event| event[0].as_f64().unwrap()).collect();
        assert!(events.iter().all(|event| event[1] == "o" && event[2].as_str().is_some_and(|data| !data.is_empty())));
        let whole = match version {
            Version::V3 => times.iter().sum(),
            Version::V2 => *times.last().unwrap(),
        };
        assert!(times.iter().all(|time| *time >= 0.0) && whole > 20.0, "there is time to read: {whole} s");
        assert!(version == Version::V3 || times.is_sorted());
        // A terminal that is given all of it shows the last step.
        let mut terminal = vt100::Parser::new(28.try_into().unwrap(), 90.try_into().unwrap(), 0);
        events.iter().for_each(|event| terminal.process(event[2].as_str().unwrap().as_bytes()));
        let seen = terminal.screen().contents();
        assert!(seen.contains("step 4 of 4") && seen.contains("finished"), "{seen}");
        assert!(recording.svg.starts_with("<svg ") && recording.svg.contains("step 4 of 4"));
    }
}
