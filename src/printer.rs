//! The one way out for text: to a terminal, a pipe, a log.
//!
//! Whatever stands in a text that is not ours (a word of a file, a name, the message of another program), nothing of it moves the
//! cursor, colours the screen or turns the direction of what follows: control characters leave in a form that can be seen. A reader
//! that went away is no failure; a disk that is full is.

use crate::exit::Exit;
use serde::Serialize;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a letter does something to a terminal instead of being seen on it.
fn acts(letter: char) -> bool {
    letter.is_control() || is_unseen(letter)
}

/// Directions, ends of lines that are none of the terminal's, tags: what has no width and moves what follows.
pub fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// A control character as it can be seen.
pub fn sign_of(letter: char) -> String {
    match letter {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + letter as u32).map_or_else(String::new, String::from),
        '\u{7f}' => "␡".to_owned(),
        letter => format!("‹{:x}›", letter as u32),
    }
}

/// A text in which everything can be seen; lines stay.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter != '\n' && acts(letter) { out.push_str(&sign_of(letter)) } else { out.push(letter) }
    }
    out
}

/// A text as one line in which everything can be seen.
pub fn in_one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What becomes of a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Its sign, for people.
    Sign,
    /// `\uXXXX`, which JSON reads back: in JSON they stand only within strings.
    Json,
}

/// Takes text and hands it on with its control characters made visible; tabs and ends of lines stay.
#[derive(Debug)]
pub struct Printer<W> {
    out: W,
    form: Form,
    /// The beginning of a letter that is not whole yet.
    rest: Vec<u8>,
}

impl<W: Write> Printer<W> {
    pub fn new(out: W) -> Self {
        Printer { out, form: Form::Sign, rest: Vec::new() }
    }

    fn json(out: W) -> Self {
        Printer { form: Form::Json, ..Self::new(out) }
    }

    fn hand_on(&mut self, text: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, letter) in text.char_indices().filter(|(_, letter)| !matches!(letter, '\n' | '\t') && acts(*letter)) {
            self.out.write_all(&text.as_bytes()[plain..at])?;
            match self.form {
                Form::Sign => self.out.write_all(sign_of(letter).as_bytes())?,
                Form::Json => {
                    let mut units = [0; 2];
                    letter.encode_utf16(&mut units).iter().try_for_each(|unit| write!(self.out, "\\u{unit:04x}"))?;
                }
            }
            plain = at + letter.len_utf8();
        }
        self.out.write_all(&text.as_bytes()[plain..])
    }
}

impl<W: Write> Write for Printer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.rest);
        all.extend_from_slice(bytes);
        for chunk in all.utf8_chunks() {
            self.hand_on(chunk.valid())?;
            let broken = chunk.invalid();
            let is_begun = std::str::from_utf8(broken).is_err_and(|error| error.error_len().is_none());
            if is_begun {
                self.rest = broken.to_vec();
            } else if !broken.is_empty() {
                self.hand_on("\u{fffd}")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Standard output.
pub fn out() -> Printer<io::StdoutLock<'static>> {
    Printer::new(io::stdout().lock())
}

/// Standard output for lines of JSON.
pub fn json_out() -> Printer<io::StdoutLock<'static>> {
    Printer::json(io::stdout().lock())
}

/// How the program ends by what writing to standard output came to.
pub fn written(result: io::Result<()>) -> Exit {
    match result {
        Ok(()) => Exit::Done,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(error) => Exit::Failed(format!("standard output: {error}")),
    }
}

/// Prints to standard output.
pub fn print(text: &str) -> Exit {
    let mut out = out();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// A line of JSON in which nothing acts, which [`print`] leaves as it is.
pub fn json_line(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("plain data");
    let mut line = Vec::with_capacity(text.len() + 1);
    let mut out = Printer::json(&mut line);
    out.write_all(text.as_bytes()).expect("memory takes it");
    String::from_utf8(line).expect("it was text") + "\n"
}

/// Whether something that was to be said on standard error could not be.
static LOST: AtomicBool = AtomicBool::new(false);

/// Prints a line to standard error.
pub fn note(line: &str) {
    let mut out = Printer::new(io::stderr().lock());
    if let Err(error) = writeln!(out, "{line}")
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Whether standard error failed to take what was said; nobody who went away counts.
pub fn has_lost_notes() -> bool {
    LOST.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn printed(mut to: Printer<Vec<u8>>, pieces: &[&[u8]]) -> String {
        pieces.iter().for_each(|piece| to.write_all(piece).unwrap());
        String::from_utf8(to.out).unwrap()
    }

    #[test]
    fn what_acts_on_a_terminal_is_seen_instead() {
        assert_eq!(printable("a b\n\u{1b}[2J\r"), "a b\n␛[2J␍");
        assert_eq!(printable("\u{202e}x\u{85}\t\u{7f}"), "‹202e›x‹85›␉␡");
        assert_eq!(in_one_line("a\n  b\u{7}"), "a b␇");
        // Letters of scripts that need joiners stay whole.
        assert_eq!(printable("می\u{200c}خواهم हिन्दी 👩\u{200d}🔬"), "می\u{200c}خواهم हिन्दी 👩\u{200d}🔬");
        let bytes = "a\tb\n\u{9b}31m王".as_bytes();
        assert_eq!(printed(Printer::new(Vec::new()), &[&bytes[..4], &bytes[4..5], &bytes[5..]]), "a\tb\n‹9b›31m王");
        assert_eq!(printed(Printer::new(Vec::new()), &[b"\xff\xe7\x8e"]), "\u{fffd}");
    }

    #[test]
    fn json_comes_back_as_it_was() {
        let text = "\u{202e}\u{1b}\u{7f}\u{85}王\u{e0001}\u{2028}";
        let line = json_line(&text);
        assert!(line.trim_end().chars().all(|letter| !acts(letter)), "{line:?}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }

    proptest! {
        /// Whatever comes in, in whatever pieces: nothing that goes out acts, and what does not act stays.
        #[test]
        fn nothing_that_goes_out_acts(text in "\\PC{0,20}[\\x00-\\x1f\\x7f-\\u{9f}\u{202a}-\u{202e}a]{0,10}\\PC{0,5}", cut in 0_usize..40) {
            let bytes = text.as_bytes();
            let cut = cut.min(bytes.len());
            let out = printed(Printer::new(Vec::new()), &[&bytes[..cut], &bytes[cut..]]);
            prop_assert!(out.chars().all(|letter| matches!(letter, '\n' | '\t') || !acts(letter)));
            if text.chars().all(|letter| !acts(letter)) {
                prop_assert_eq!(out, text);
            }
        }
    }
}
