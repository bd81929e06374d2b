//! What the terminal can do. It is asked once: after the first frame, and before anybody else reads from it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use crossterm::{cursor, queue, style::Print, terminal};
use ratatui_image::FontSize;
use ratatui_image::picker::cap_parser::{Parser, QueryStdioOptions, Response};
use ratatui_image::picker::{Picker, ProtocolType};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How long the terminal may take to answer at all, and at least to say what it can do.
const ANSWER_TIME: Duration = Duration::from_millis(250);
const DETAILS_TIME: Duration = Duration::from_millis(200);
/// Bytes of a flood of keys after which nobody listens for answers among them.
const FLOOD: usize = 2048;

/// What the terminal says of itself.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Makes pictures, where it shows any.
    pub picker: Option<Picker>,
    /// Its ground is dark.
    pub dark: Option<bool>,
    /// East Asian ambiguous characters take two cells.
    pub wide_ambiguous: bool,
    /// Keys that were pressed meanwhile.
    pub keys: Vec<KeyEvent>,
}

/// Asks the terminal, which must be in raw mode, and keeps the keys that are pressed meanwhile.
pub fn ask_terminal() -> Answers {
    let mut heard = Vec::new();
    let responses = ask(&mut heard).unwrap_or_default();
    let keys = early_keys(&heard);
    let found = |wanted: &Response| responses.contains(wanted);
    let dark = responses.iter().find_map(|response| match *response {
        Response::Background(r, g, b) => Some(2 * u32::from(r) + 5 * u32::from(g) + u32::from(b) < 8 * 128),
        _ => None,
    });
    // Written at the left edge, it has moved the cursor from the first column by its width.
    let column = responses.iter().find_map(|response| match *response {
        Response::CursorPositionReport(column, _) => Some(column),
        _ => None,
    });
    let protocol = [(Response::Kitty, ProtocolType::Kitty), (Response::Sixel, ProtocolType::Sixel)]
        .into_iter()
        .find_map(|(response, protocol)| found(&response).then_some(protocol));
    let cell = responses.iter().find_map(|response| match *response {
        Response::CellSize(size) => size.map(FontSize::from),
        _ => None,
    });
    let picker = cell.or_else(cell_by_window).filter(|_| !responses.is_empty() && !is_within_tmux(variable));
    let picker = picker.and_then(|cell| picker_for(cell, protocol));
    Answers { picker, dark, wide_ambiguous: column == Some(3), keys }
}

/// What makes pictures by a protocol, or by that which the environment speaks of.
fn picker_for(cell: FontSize, protocol: Option<ProtocolType>) -> Option<Picker> {
    #[expect(
        deprecated,
        reason = "the other ways read from the terminal, and take the keys that are pressed meanwhile"
    )]
    let mut picker = Picker::from_fontsize(cell);
    if let Some(protocol) = protocol {
        picker.set_protocol_type(protocol);
    }
    (picker.protocol_type() != ProtocolType::Halfblocks).then_some(picker)
}

fn cell_by_window() -> Option<FontSize> {
    let window = terminal::window_size().ok()?;
    let cell = (window.width.checked_div(window.columns)?, window.height.checked_div(window.rows)?);
    (cell.0 > 0 && cell.1 > 0).then(|| cell.into())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Within tmux graphics need an option of it: that is the person's to switch on.
fn is_within_tmux(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("TERM").is_some_and(|term| term.starts_with("tmux")) || variable("TERM_PROGRAM").as_deref() == Some("tmux")
}

/// Whether the status (DSR) is answered, then all questions at once, with that of the status for the last: a terminal that answers it
/// answers the others before, if at all. One that does not answer in time would send what looks like keys later on.
fn ask(heard: &mut Vec<u8>) -> io::Result<Vec<Response>> {
    let mut out = io::stdout();
    let begun = Instant::now();
    out.write_all(b"\x1b[5n")?;
    out.flush()?;
    if listen(heard, ANSWER_TIME)?.is_none() {
        return Ok(Vec::new());
    }
    let took = begun.elapsed();
    let mut options = QueryStdioOptions { terminal_background_color_osc: true, ..QueryStdioOptions::default() };
    // WezTerm and Konsole lack the part of kitty's protocol that is used here; they know iTerm2's.
    let knows_another = variable("WEZTERM_EXECUTABLE").or_else(|| variable("KONSOLE_VERSION")).is_some();
    if knows_another || is_within_tmux(variable) {
        options.blacklist_protocols = vec![ProtocolType::Kitty, ProtocolType::Sixel];
    }
    queue!(out, cursor::SavePosition, cursor::MoveTo(0, 0), Print("─\x1b[6n"), cursor::MoveTo(0, 0))?;
    queue!(out, terminal::Clear(terminal::ClearType::UntilNewLine), cursor::RestorePosition)?;
    out.write_all(Parser::query(false, options).as_bytes())?;
    out.flush()?;
    Ok(listen(heard, (took * 3).max(DETAILS_TIME))?.unwrap_or_default())
}

/// Adds what comes from the terminal to what was `heard`, up to its status, which is taken out; the responses in it.
fn listen(heard: &mut Vec<u8>, time: Duration) -> io::Result<Option<Vec<Response>>> {
    let stdin = rustix::stdio::stdin();
    let end = Instant::now() + time;
    let from = heard.len();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let wait = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
        if left.is_zero() || poll(&mut waiting, Some(&wait))? == 0 {
            return Ok(None);
        }
        let mut bytes = [0; 256];
        let count = rustix::io::read(stdin, &mut bytes)?;
        heard.extend_from_slice(&bytes[..count]);
        // All is well, or there is a fault.
        let is_status = |window: &[u8]| matches!(window, b"\x1b[0n" | b"\x1b[3n");
        if let Some(begun) = heard[from..].windows(4).position(is_status) {
            let mut parser = Parser::new();
            let before = heard[from..from + begun].iter();
            let responses = before.flat_map(|byte| parser.push(char::from(*byte))).collect();
            heard.drain(from + begun..from + begun + 4);
            return Ok(Some(responses));
        }
        if count == 0 || heard.len() >= FLOOD {
            return Ok(None);
        }
    }
}

/// The keys that some bytes of a terminal stand for; its answers, and what is none of the common keys, are passed over.
fn early_keys(bytes: &[u8]) -> Vec<KeyEvent> {
    let text = String::from_utf8_lossy(bytes);
    let mut rest: &str = &text;
    let mut keys = Vec::new();
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        let next = rest.chars().next();
        // An answer that is a string goes up to its end, ST or BEL; what has no end is a key with Alt.
        if letter == '\u{1b}'
            && matches!(next, Some(']' | '_' | 'P'))
            && let Some(end) = rest.find(['\u{7}', '\u{1b}'])
        {
            let end = &rest[end..];
            rest = end.strip_prefix("\u{1b}\\").unwrap_or(&end[1..]);
            continue;
        }
        let (code, modifiers) = match (letter, next) {
            ('\u{1b}', Some('[' | 'O')) => {
                let end = rest[1..].find(|letter: char| letter.is_ascii_alphabetic() || letter == '~');
                let sequence = &rest[1..end.map_or(rest.len(), |end| end + 2)];
                rest = &rest[1 + sequence.len()..];
                let code = match sequence {
                    "A" => KeyCode::Up,
                    "B" => KeyCode::Down,
                    "C" => KeyCode::Right,
                    "D" => KeyCode::Left,
                    "H" => KeyCode::Home,
                    "F" => KeyCode::End,
                    "Z" => KeyCode::BackTab,
                    "5~" => KeyCode::PageUp,
                    "6~" => KeyCode::PageDown,
                    "P" => KeyCode::F(1),
                    "18~" => KeyCode::F(7),
                    "19~" => KeyCode::F(8),
                    "20~" => KeyCode::F(9),
                    "21~" => KeyCode::F(10),
                    "24~" => KeyCode::F(12),
                    _ => continue,
                };
                (code, KeyModifiers::NONE)
            }
            ('\u{1b}', Some(letter)) if !letter.is_control() => {
                rest = &rest[letter.len_utf8()..];
                (KeyCode::Char(letter), KeyModifiers::ALT)
            }
            ('\u{1b}', _) => (KeyCode::Esc, KeyModifiers::NONE),
            ('\r' | '\n', _) => (KeyCode::Enter, KeyModifiers::NONE),
            ('\t', _) => (KeyCode::Tab, KeyModifiers::NONE),
            ('\u{7f}' | '\u{8}', _) => (KeyCode::Backspace, KeyModifiers::NONE),
            ('\u{1}'..='\u{1a}', _) => (KeyCode::Char((b'a' + letter as u8 - 1) as char), KeyModifiers::CONTROL),
            (letter, _) if letter.is_control() || letter == '\u{fffd}' => continue,
            (letter, _) if letter.is_uppercase() => (KeyCode::Char(letter), KeyModifiers::SHIFT),
            (letter, _) => (KeyCode::Char(letter), KeyModifiers::NONE),
        };
        keys.push(KeyEvent::new(code, modifiers));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(bytes: &str) -> Vec<(KeyCode, KeyModifiers)> {
        early_keys(bytes.as_bytes()).iter().map(|key| (key.code, key.modifiers)).collect()
    }

    #[test]
    fn keys_that_come_before_anybody_reads_are_not_lost() {
        let plain = |code| (code, KeyModifiers::NONE);
        let letter = |letter| plain(KeyCode::Char(letter));
        let expected = [
            letter('q'),
            (KeyCode::Char('J'), KeyModifiers::SHIFT),
            plain(KeyCode::Enter),
            plain(KeyCode::Down),
            plain(KeyCode::PageDown),
            plain(KeyCode::F(1)),
            plain(KeyCode::F(8)),
            (KeyCode::Char('c'), KeyModifiers::CONTROL),
            letter('王'),
            (KeyCode::Char('5'), KeyModifiers::ALT),
            plain(KeyCode::Esc),
        ];
        assert_eq!(codes("qJ\r\u{1b}[B\u{1b}[6~\u{1b}OP\u{1b}[19~\u{3}王\u{1b}[>1;2q\u{1b}5\u{1b}"), expected);
        assert_eq!(codes("\u{1b}"), [plain(KeyCode::Esc)]);
        assert_eq!(codes("\u{1b}\u{1b}["), [plain(KeyCode::Esc)]);
    }

    #[test]
    fn keys_between_the_answers_of_a_terminal_are_told_from_them() {
        let answers = "\u{1b}_Gi=31;OK\u{1b}\\a\u{1b}[?64;4c\u{1b}[6;7;14tb\u{1b}]11;rgb:1c1c/1c1c/1c1c\u{7}c\u{1b}[1;2Rd\
                       \u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\e";
        assert_eq!(codes(answers), ['a', 'b', 'c', 'd', 'e'].map(|letter| (KeyCode::Char(letter), KeyModifiers::NONE)));
        assert_eq!(
            codes("\u{1b}]1"),
            [(KeyCode::Char(']'), KeyModifiers::ALT), (KeyCode::Char('1'), KeyModifiers::NONE)]
        );
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
