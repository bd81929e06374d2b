//! Real graphics. Encoding takes milliseconds, so it is done on a thread of its own; until it is done the picture of
//! before stays.

use super::cells::{Grid, Look};
use super::{PictureMode, draw_cells, grid};
use crate::experiment::ImageGrid;
use crate::run::inbox::Wake;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use image::{DynamicImage, GrayImage, imageops::FilterType};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::widgets::Widget;
use ratatui_image::picker::cap_parser::QueryStdioOptions;
use ratatui_image::picker::{Capability, Picker, ProtocolType};
use ratatui_image::protocol::Protocol;
use ratatui_image::{Image, Resize};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::HashMap;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the terminal says of itself.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// It answered at all.
    pub answered: bool,
    pub picker: Option<Picker>,
    /// Its ground is dark.
    pub dark: Option<bool>,
    /// Keys that were pressed meanwhile.
    pub keys: Vec<KeyEvent>,
}

/// Asks the terminal for its graphics and its ground. Only after the first frame, only before events are read, and only
/// of a terminal.
pub fn ask_terminal(timeout: Duration) -> Answers {
    // A terminal that does not answer would leave a thread of the picker's behind, which takes the keys.
    let (is_heard, keys) = answers_at_all(timeout).unwrap_or_default();
    if !is_heard {
        return Answers { keys, ..Answers::default() };
    }
    // Within tmux the crate would switch an option of it on, and leave it on: that is the person's to choose.
    if is_within_tmux(|name| std::env::var(name).ok()) {
        return Answers { answered: true, keys, ..Answers::default() };
    }
    let options = QueryStdioOptions { timeout, terminal_background_color_osc: true, ..QueryStdioOptions::default() };
    let begun = Instant::now();
    let Ok(picker) = Picker::from_query_stdio_with_options(options) else {
        return Answers { keys, ..Answers::default() };
    };
    // Silence is answered by guesses from the environment; no more questions to a terminal like that.
    let answered = begun.elapsed() < timeout && !picker.capabilities().is_empty();
    let background = picker.capabilities().iter().find_map(|capability| match capability {
        Capability::Background(r, g, b) => Some([*r, *g, *b]),
        _ => None,
    });
    let dark = background.map(|color| {
        let [r, g, b] = color.map(u32::from);
        2 * r + 5 * g + b < 8 * 128
    });
    let picker = (answered && picker.protocol_type() != ProtocolType::Halfblocks).then_some(picker);
    Answers { answered, picker, dark, keys }
}

fn is_within_tmux(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("TERM").is_some_and(|term| term.starts_with("tmux")) || variable("TERM_PROGRAM").as_deref() == Some("tmux")
}

/// Whether the terminal reports its status (DSR) within a time, and the keys that came beside the report. The picker's own questions
/// end with the same one: at a terminal that does not answer it the picker would wait in vain, and take keys.
fn answers_at_all(timeout: Duration) -> std::io::Result<(bool, Vec<KeyEvent>)> {
    use std::io::Write;
    let mut out = std::io::stdout();
    out.write_all(b"\x1b[5n")?;
    out.flush()?;
    let stdin = rustix::stdio::stdin();
    let end = Instant::now() + timeout;
    let mut heard = Vec::new();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let wait = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
        if left.is_zero() || poll(&mut waiting, Some(&wait))? == 0 {
            return Ok((false, early_keys(&heard)));
        }
        let mut bytes = [0; 64];
        let count = rustix::io::read(stdin, &mut bytes)?;
        heard.extend_from_slice(&bytes[..count]);
        // All is well, or there is a fault.
        let is_answer = |window: &[u8]| matches!(window, b"\x1b[0n" | b"\x1b[3n");
        if let Some(begun) = heard.windows(4).position(is_answer) {
            heard.drain(begun..begun + 4);
            return Ok((true, early_keys(&heard)));
        }
        if count == 0 {
            return Ok((false, Vec::new()));
        }
    }
}

/// The keys that some bytes of a terminal stand for; what is none of the common ones is passed over.
fn early_keys(bytes: &[u8]) -> Vec<KeyEvent> {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.chars().peekable();
    let mut keys = Vec::new();
    while let Some(letter) = rest.next() {
        let (code, modifiers) = match letter {
            '\u{1b}' => match rest.next_if(|next| matches!(next, '[' | 'O')) {
                Some(_) => {
                    let parameters: String =
                        std::iter::from_fn(|| rest.next_if(|next| !next.is_ascii_alphabetic() && *next != '~'))
                            .collect();
                    let code = match (rest.next(), parameters.as_str()) {
                        (Some('A'), "") => KeyCode::Up,
                        (Some('B'), "") => KeyCode::Down,
                        (Some('C'), "") => KeyCode::Right,
                        (Some('D'), "") => KeyCode::Left,
                        (Some('H'), "") => KeyCode::Home,
                        (Some('F'), "") => KeyCode::End,
                        (Some('Z'), "") => KeyCode::BackTab,
                        (Some('~'), "5") => KeyCode::PageUp,
                        (Some('~'), "6") => KeyCode::PageDown,
                        _ => continue,
                    };
                    (code, KeyModifiers::NONE)
                }
                None => (KeyCode::Esc, KeyModifiers::NONE),
            },
            '\r' | '\n' => (KeyCode::Enter, KeyModifiers::NONE),
            '\t' => (KeyCode::Tab, KeyModifiers::NONE),
            '\u{7f}' | '\u{8}' => (KeyCode::Backspace, KeyModifiers::NONE),
            '\u{1}'..='\u{1a}' => (KeyCode::Char((b'a' + letter as u8 - 1) as char), KeyModifiers::CONTROL),
            letter if letter.is_control() || letter == '\u{fffd}' => continue,
            letter if letter.is_uppercase() => (KeyCode::Char(letter), KeyModifiers::SHIFT),
            letter => (KeyCode::Char(letter), KeyModifiers::NONE),
        };
        keys.push(KeyEvent::new(code, modifiers));
    }
    keys
}

struct Job {
    key: String,
    images: ImageGrid,
    size: Size,
    light: bool,
}

/// An encoded picture and what it was made from.
struct Encoded {
    protocol: Protocol,
}

#[derive(Default)]
struct Place {
    wanted: Option<(ImageGrid, Size, bool)>,
    grid: Option<Grid>,
}

/// Encodes pictures in the background.
pub struct Encoder {
    jobs: Sender<Job>,
    done: Arc<Mutex<HashMap<String, Encoded>>>,
    places: HashMap<String, Place>,
}

impl Encoder {
    /// Starts the thread; it ends with the encoder.
    pub fn new(picker: Picker, wake: Wake) -> Self {
        let (jobs, received) = channel::<Job>();
        let done: Arc<Mutex<HashMap<String, Encoded>>> = Arc::default();
        let its_done = Arc::clone(&done);
        let font = picker.font_size();
        let spawned = std::thread::Builder::new().name("pictures".into()).spawn(move || {
            while let Ok(first) = received.recv() {
                // Of the jobs that wait only the latest of each place counts.
                let mut latest: Vec<Job> = vec![first];
                for job in received.try_iter() {
                    latest.retain(|other| other.key != job.key);
                    latest.push(job);
                }
                for job in latest {
                    let image = enlarged(&job, (font.width, font.height));
                    if let Ok(protocol) = picker.new_protocol(image, job.size, Resize::Fit(None)) {
                        let mut done = its_done.lock().unwrap_or_else(PoisonError::into_inner);
                        done.insert(job.key, Encoded { protocol });
                        drop(done);
                        wake();
                    }
                }
            }
        });
        // Without the thread, jobs go nowhere and half blocks stay.
        let _ = spawned;
        Encoder { jobs, done, places: HashMap::new() }
    }

    /// Draws what is encoded, half blocks before the first time, and orders what has changed.
    pub fn draw(&mut self, key: &str, images: &ImageGrid, area: Rect, look: Look, buffer: &mut Buffer) -> Grid {
        let found = grid(images, area, PictureMode::HalfBlocks);
        let size = Size::new(found.area.width, found.area.height);
        let place = self.places.entry(key.to_owned()).or_default();
        let wanted = place.wanted.as_ref();
        if wanted.is_none_or(|(old, old_size, light)| old != images || *old_size != size || *light != look.light) {
            place.wanted = Some((images.clone(), size, look.light));
            let job = Job { key: key.to_owned(), images: images.clone(), size, light: look.light };
            // A thread that could not be started takes no jobs.
            let _ = self.jobs.send(job);
        }
        place.grid = Some(found.clone());
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        match done.get(key) {
            Some(encoded)
                if encoded.protocol.size().width <= size.width && encoded.protocol.size().height <= size.height =>
            {
                Image::new(&encoded.protocol).render(found.area, buffer);
            }
            _ => draw_cells(images, &found, PictureMode::HalfBlocks, look, buffer),
        }
        found
    }
}

/// The grid at the size of its cells, pixel by pixel.
fn enlarged(job: &Job, (cell_width, cell_height): (u16, u16)) -> DynamicImage {
    let mut whole = job.images.joined(2);
    if job.light {
        whole.pixels.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
    }
    let (width, height) = (whole.width as u32, whole.height as u32);
    let image = GrayImage::from_raw(width, height, whole.pixels).expect("as many pixels as places");
    let room = (u32::from(job.size.width) * u32::from(cell_width), u32::from(job.size.height) * u32::from(cell_height));
    let scale = (room.0 / width.max(1)).min(room.1 / height.max(1)).clamp(1, 12);
    DynamicImage::ImageLuma8(image::imageops::resize(&image, width * scale, height * scale, FilterType::Nearest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_come_before_anybody_reads_are_not_lost() {
        let keys = early_keys("qJ\r\u{1b}[B\u{1b}[6~\u{3}王\u{1b}[>1;2q\u{1b}".as_bytes());
        let codes: Vec<KeyCode> = keys.iter().map(|key| key.code).collect();
        let letter = KeyCode::Char;
        let expected = [
            letter('q'),
            letter('J'),
            KeyCode::Enter,
            KeyCode::Down,
            KeyCode::PageDown,
            letter('c'),
            letter('王'),
            KeyCode::Esc,
        ];
        assert_eq!(codes, expected);
        assert_eq!(keys[5].modifiers, KeyModifiers::CONTROL);
    }

    #[test]
    fn within_tmux_nothing_of_it_is_switched_on() {
        let with = |name: &'static str, value: &'static str| {
            is_within_tmux(move |asked| (asked == name).then(|| value.to_owned()))
        };
        assert!(with("TERM", "tmux-256color") && with("TERM_PROGRAM", "tmux"));
        assert!(!with("TERM", "xterm-256color") && !with("TERM_PROGRAM", "iTerm.app"));
    }
}
