//! A script played without a presenter and written as an asciicast, which `asciinema play` shows, or as a still.
//!
//! Where a presenter would press a key it waits for as long as the words take to read. Where nothing goes on meanwhile that time is
//! only counted, as is the time between keys: a recording is done soon after the runs in it.

use super::rehearsal::Rehearsal;
use super::{Wait, svg};
use crate::experiment::Language;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use serde_json::json;
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Time between two frames while a run goes on.
const FRAME: Duration = Duration::from_millis(100);
/// Time between two pictures of something in motion.
const MOTION: Duration = Duration::from_millis(160);
/// Nothing has come for so long: something is wrong.
const PATIENCE: Duration = Duration::from_secs(600);

/// The versions of the format: 3 has times since the event before, 2 those since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V2,
    V3,
}

/// A finished recording.
pub struct Recording {
    /// Lines of JSON: a heading, then `[seconds, "o", data]`.
    pub cast: String,
    /// The last frame as a picture.
    pub svg: String,
}

/// How long words take to read: two seconds to look, and a second for 15 letters of English, 8 of Japanese.
fn reading_time(words: &str, language: Language) -> Duration {
    let letters_per_second = match language {
        Language::En => 15.0,
        Language::Ja => 8.0,
    };
    Duration::from_secs(2) + Duration::from_secs_f64(words.chars().count() as f64 / letters_per_second)
}

/// Bytes for a terminal, shared with the one who takes them.
#[derive(Clone, Default)]
struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Recorder {
    bytes: Bytes,
    terminal: Terminal<CrosstermBackend<Bytes>>,
    area: Rect,
    version: Version,
    cast: String,
    /// Of the event before.
    last: Duration,
    frame: Buffer,
}

impl Recorder {
    fn new(area: Rect, version: Version, title: &str) -> io::Result<Self> {
        let bytes = Bytes::default();
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        let terminal = Terminal::with_options(CrosstermBackend::new(bytes.clone()), options)?;
        let seconds = jiff::Timestamp::now().as_second();
        let heading = match version {
            Version::V3 => json!({
                "version": 3, "term": {"cols": area.width, "rows": area.height, "type": "xterm-256color"},
                "timestamp": seconds, "title": title,
            }),
            Version::V2 => json!({
                "version": 2, "width": area.width, "height": area.height, "timestamp": seconds, "title": title,
                "env": {"TERM": "xterm-256color"},
            }),
        };
        let frame = Buffer::empty(area);
        let cast = format!("{heading}\n");
        Ok(Recorder { bytes, terminal, area, version, cast, last: Duration::ZERO, frame })
    }

    /// Adds what has changed on the screen.
    fn frame(&mut self, rehearsal: &mut Rehearsal, now: Duration) -> io::Result<()> {
        let area = self.area;
        let drawn = self.terminal.draw(|frame| {
            let buffer = frame.buffer_mut();
            rehearsal.draw(area, buffer);
            rehearsal.app.theme.paint_ground(buffer);
            rehearsal.app.widths.settle(buffer);
        })?;
        self.frame = drawn.buffer.clone();
        let bytes = std::mem::take(&mut *self.bytes.0.borrow_mut());
        if !bytes.is_empty() {
            let since = match self.version {
                Version::V3 => now.saturating_sub(self.last),
                Version::V2 => now,
            };
            let seconds = (since.as_secs_f64() * 1e6).round() / 1e6;
            self.cast.push_str(&format!("{}\n", json!([seconds, "o", String::from_utf8_lossy(&bytes)])));
            self.last = now;
        }
        Ok(())
    }
}

/// Plays a script to its end.
///
/// # Errors
/// The step of the script that could not be done or whose event did not come, in words.
pub fn record(
    mut rehearsal: Rehearsal,
    news: &Receiver<()>,
    area: Rect,
    version: Version,
) -> Result<Recording, String> {
    let lab = rehearsal.player.lab().clone();
    let title = format!("shinso demo {}", lab.id);
    let failed = |error: io::Error| error.to_string();
    let mut recorder = Recorder::new(area, version, &title).map_err(failed)?;
    let begun = Instant::now();
    // The time that was only counted.
    let mut skipped = Duration::ZERO;
    let (mut at, mut entered, mut moved) = (usize::MAX, Duration::ZERO, Duration::ZERO);
    loop {
        rehearsal.catch_up();
        let now = begun.elapsed() + skipped;
        if rehearsal.player.at() != at {
            (at, entered) = (rehearsal.player.at(), now);
        }
        if now >= moved + MOTION {
            moved = now;
            rehearsal.tick();
        }
        recorder.frame(&mut rehearsal, now).map_err(failed)?;
        let number = at + 1;
        if let Some(problem) = rehearsal.player.problem() {
            return Err(format!("step {number} of {}: {}", lab.id, problem.en));
        }
        if let Some(due) = rehearsal.player.due() {
            skipped += due.saturating_sub(now);
            rehearsal.advance(due.max(now));
            continue;
        }
        let wait = rehearsal.player.wait(&rehearsal.app);
        match wait {
            Wait::ForKey | Wait::Over => {
                let language = rehearsal.app.language;
                let said = lab.demo[at].say.as_ref();
                let read =
                    entered + said.map_or(Duration::ZERO, |said| reading_time(said.in_language(language), language));
                // What goes on meanwhile takes its time.
                if now < read && rehearsal.is_at_work() {
                    let _news = news.recv_timeout(FRAME);
                    continue;
                }
                let mut shown = now;
                while shown < read {
                    shown = read.min(shown + MOTION);
                    rehearsal.tick();
                    recorder.frame(&mut rehearsal, shown).map_err(failed)?;
                }
                skipped += read.saturating_sub(now);
                if wait == Wait::ForKey {
                    rehearsal.forward(read.max(now));
                } else {
                    rehearsal.advance(read.max(now));
                }
                if rehearsal.player.is_over() {
                    let svg = svg::still(&recorder.frame, &rehearsal.app.theme);
                    return Ok(Recording { cast: recorder.cast, svg });
                }
            }
            Wait::Never(why) => return Err(format!("step {number} of {}: {}", lab.id, why.en)),
            Wait::For(what) => {
                let since = Instant::now();
                match news.recv_timeout(PATIENCE) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                        return Err(format!("step {number} of {} {}", lab.id, what.en));
                    }
                }
                // No more frames than can be seen.
                while let Ok(()) = news.recv_timeout(FRAME.saturating_sub(since.elapsed())) {}
            }
        }
    }
}
