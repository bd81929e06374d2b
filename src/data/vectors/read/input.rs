//! A file of word vectors as a stream that knows where it is.

use crate::experiment::TaskContext;
use crate::intake::{self, Counted, GZIP, MARK, Unpacker};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const BUFFER: usize = 1 << 18;
/// Bytes by which a file is known.
const HEAD: u64 = 512;

/// A stream, unpacked if it is gzip, without a byte order mark.
pub struct Input<'a> {
    pub reader: Box<dyn BufRead>,
    /// Bytes of the file taken so far, of `length`.
    passed: Arc<AtomicU64>,
    length: u64,
    /// Bytes handed out, unpacked.
    pub offset: u64,
    /// Lines handed out.
    pub line: u64,
    head: Vec<u8>,
    pub task: &'a TaskContext,
}

impl<'a> Input<'a> {
    /// # Errors
    /// When it cannot be read, or is a file of another kind that is known by its first bytes.
    pub fn new(reader: impl Read + 'static, length: u64, task: &'a TaskContext) -> Result<Self, String> {
        let plain = |error: io::Error| error.to_string();
        let (reader, passed) = Counted::new(reader);
        let mut raw = BufReader::with_capacity(BUFFER, reader);
        let is_packed = raw.fill_buf().map_err(plain)?.starts_with(GZIP);
        let mut reader: Box<dyn Read> = if is_packed { Box::new(Unpacker::new(raw)) } else { Box::new(raw) };
        let mut head = Vec::new();
        (&mut reader).take(HEAD).read_to_end(&mut head).map_err(plain)?;
        head.drain(..if head.starts_with(MARK) { MARK.len() } else { 0 });
        let input = Input {
            reader: Box::new(BufReader::with_capacity(BUFFER, Cursor::new(head.clone()).chain(reader))),
            passed,
            length,
            offset: 0,
            line: 0,
            head,
            task,
        };
        if !input.is_safetensors()
            && let Some(format) = intake::looks_like(&input.head)
        {
            return Err(format!("{}; expected word vectors", format.en));
        }
        input.tick()?;
        Ok(input)
    }

    /// For every word: progress, and an end if it was called off.
    pub fn tick(&self) -> Result<(), String> {
        self.task.report_progress(self.passed.load(Ordering::Relaxed), self.length);
        self.task.check().map_err(|failure| failure.to_string())
    }

    /// A safetensors file starts with the length of its header, in eight bytes of which the last is zero, then `{`: no text has a
    /// zero.
    pub fn is_safetensors(&self) -> bool {
        self.head.get(7..9) == Some(b"\0{")
    }

    /// The next line without its end; `None` at the end of the file.
    pub fn line<'b>(&mut self, line: &'b mut Vec<u8>, limit: u64) -> Result<Option<&'b [u8]>, String> {
        line.clear();
        let read = (&mut self.reader).take(limit).read_until(b'\n', line).map_err(|error| self.broken(&error))?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        if read as u64 == limit && line.last() != Some(&b'\n') {
            return Err(format!("line {}: longer than {limit} bytes; expected `word number number …`", self.line));
        }
        self.offset += read as u64;
        Ok(Some(line.trim_ascii_end()))
    }

    /// The bytes up to the end of the next line, and at least so many; they stay where they are.
    pub fn ahead(&mut self, least: u64, most: u64) -> Result<Vec<u8>, String> {
        let mut ahead = Vec::new();
        let reader = &mut self.reader;
        let line = reader.take(most).read_until(b'\n', &mut ahead);
        let read = line.and_then(|read| reader.take(least.saturating_sub(read as u64)).read_to_end(&mut ahead));
        read.map_err(|error| self.broken(&error))?;
        let rest = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.reader = Box::new(BufReader::with_capacity(BUFFER, Cursor::new(ahead.clone()).chain(rest)));
        Ok(ahead)
    }

    /// Passes over white space; the byte behind it, if there is one.
    pub fn next_byte_but_spaces(&mut self) -> Result<Option<u8>, String> {
        loop {
            let ahead = self.reader.fill_buf().map_err(|error| format!("byte {}: {error}", self.offset))?;
            if ahead.is_empty() {
                return Ok(None);
            }
            let spaces = ahead.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let next = ahead.get(spaces).copied();
            self.reader.consume(spaces);
            self.offset += spaces as u64;
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    pub fn broken(&self, error: &io::Error) -> String {
        format!("byte {}: {error}", self.offset)
    }
}
