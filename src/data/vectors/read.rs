//! Word vectors from files: GloVe text, word2vec text and binary, fastText `.vec`, safetensors with a vocabulary beside it;
//! each also compressed with gzip. What a file is, its bytes say, not its name.
//!
//! Text is `word n₁ … n_D` a line; word2vec and fastText put a line `words D` before. Word2vec's binary form has that line,
//! then for each word its bytes, a space, and D little-endian 32-bit floats. Files are read as a stream: what a header
//! promises reserves nothing.

mod input;
mod table;

use super::{LONGEST_WORD, Vectors};
use crate::experiment::{Bilingual, ExperimentError, TaskContext, Wording};
use crate::intake::{self, Purpose};
use input::Input;
use std::io::{self, BufRead, Cursor, Read};
use std::path::Path;

/// The longest vector that is taken for one.
const WIDEST: usize = 1 << 16;
/// The longest line of numbers.
const LONGEST_LINE: u64 = 1 << 22;
const VECTORS: Purpose = Purpose::new(Wording::new("word vectors", "単語ベクトル"), u64::MAX);

/// A set that was read, and what was odd about its file.
pub struct Loaded {
    pub vectors: Vectors,
    /// Words that came a second time and were left out.
    pub repeated: usize,
    /// Words with bytes that are not UTF-8; those bytes stand as �.
    pub mended: usize,
}

impl Loaded {
    /// What was odd, in words.
    pub fn notes(&self) -> Vec<Bilingual> {
        let Loaded { repeated, mended, .. } = self;
        let mut notes = Vec::new();
        if *repeated > 0 {
            notes.push(Bilingual::new(
                format!("words that came a second time and were left out: {repeated}"),
                format!("2 回目に現れたため除いた語: {repeated}"),
            ));
        }
        if *mended > 0 {
            notes.push(Bilingual::new(
                format!("words with bytes that are not UTF-8, shown as \u{fffd}: {mended}"),
                format!("UTF-8 でないバイトを \u{fffd} で置き換えた語: {mended}"),
            ));
        }
        notes
    }
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read or is none of the formats: the file, the line or byte, what was expected and what was found.
pub fn open(path: &Path, task: &TaskContext) -> Result<Loaded, ExperimentError> {
    let failure = |why: String| ExperimentError::new(format!("{}: {why}", path.display()));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (file, length) = intake::open(path, &VECTORS)?;
    let mut input = Input::new(file, length, task).map_err(failure)?;
    let read = if input.is_safetensors() { table::read(path, &name, &mut input) } else { stream(&name, &mut input) };
    read.map_err(failure)
}

/// Reads text or word2vec's binary form from anything; `length` is for progress.
///
/// # Errors
/// As [`open`].
pub fn from_reader(
    name: &str,
    reader: impl Read + 'static,
    length: u64,
    task: &TaskContext,
) -> Result<Loaded, ExperimentError> {
    let failure = |why: String| ExperimentError::new(format!("{name}: {why}"));
    let mut input = Input::new(reader, length, task).map_err(failure)?;
    stream(name, &mut input).map_err(failure)
}

/// Text or word2vec's binary form.
fn stream(name: &str, input: &mut Input) -> Result<Loaded, String> {
    let mut line = Vec::new();
    let Some(first) = input.line(&mut line, LONGEST_LINE)? else {
        return Err("an empty file; expected word vectors".to_owned());
    };
    let first = first.to_vec();
    let header = header(&first)?;
    match header {
        Some((words, dimension)) if is_binary(input, dimension)? => binary(name, input, words, dimension),
        Some((words, dimension)) => {
            let mut filling = Filling::new(name, dimension);
            let mut width = None;
            while let Some(row) = input.line(&mut line, LONGEST_LINE)? {
                if row.is_empty() {
                    continue;
                }
                if filling.seen() == words {
                    return Err(format!(
                        "line {}: a word after the {words} that the first line promises; expected the end of the file",
                        input.line
                    ));
                }
                // A word may hold spaces and a number; two rows that agree are wider than was said.
                match (filling.seen(), numbers(row)) {
                    (0, found) => width = Some(found).filter(|found| *found > dimension),
                    (1, found) if width == Some(found) => {
                        return Err(format!(
                            "line {}: {found} numbers, as in the line before; the first line promises {dimension} a word",
                            input.line
                        ));
                    }
                    _ => {}
                }
                filling.text_row(row, input)?;
            }
            filling.promised(words)
        }
        None => {
            let fields = first.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).count();
            let dimension = fields.saturating_sub(1);
            if !(1..=WIDEST).contains(&dimension) {
                let shown = shown(&first);
                return Err(format!("line 1: expected `word number number …` or `words dimension`, found `{shown}`"));
            }
            let mut filling = Filling::new(name, dimension);
            filling.text_row(&first, input)?;
            while let Some(row) = input.line(&mut line, LONGEST_LINE)? {
                if !row.is_empty() {
                    filling.text_row(row, input)?;
                }
            }
            Ok(filling.loaded)
        }
    }
}

/// `words dimension`, if the first line is that.
fn header(line: &[u8]) -> Result<Option<(usize, usize)>, String> {
    let text = String::from_utf8_lossy(line);
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [words, dimension] = fields[..] else { return Ok(None) };
    let (Ok(words), Ok(dimension)) = (words.parse::<u64>(), dimension.parse::<u64>()) else { return Ok(None) };
    if !(1..=WIDEST as u64).contains(&dimension) {
        return Err(format!("line 1: {dimension} numbers a word; expected 1 to {WIDEST}"));
    }
    if words > u64::from(u32::MAX) {
        return Err(format!("line 1: {words} words; expected at most {}", u32::MAX));
    }
    Ok(Some((words as usize, dimension as usize)))
}

/// Whether what follows the first line is word2vec's binary form. A first row that is one in text is none in the other, whatever
/// the bytes of its word; else text has no control characters and is UTF-8.
fn is_binary(input: &mut Input, dimension: usize) -> Result<bool, String> {
    // A word and some of its numbers.
    const AHEAD: usize = LONGEST_WORD + 4096;
    let ahead = input.ahead(AHEAD as u64, LONGEST_LINE)?;
    let row = ahead.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
    let mut fields = row.rsplit(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
    let numbers = (&mut fields)
        .take(dimension)
        .filter(|field| std::str::from_utf8(field).is_ok_and(|field| field.parse::<f32>().is_ok()));
    if numbers.count() == dimension && fields.next().is_some() {
        return Ok(false);
    }
    let ahead = &ahead[..ahead.len().min(AHEAD)];
    let control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    // The last letter may be cut in two.
    let broken = std::str::from_utf8(ahead).is_err_and(|error| error.error_len().is_some());
    Ok(broken || ahead.iter().any(control))
}

/// The numbers behind the word of a row, whatever the word is.
fn numbers(row: &[u8]) -> usize {
    let is_number = |field: &&[u8]| std::str::from_utf8(field).is_ok_and(|field| field.parse::<f32>().is_ok());
    let fields: Vec<&[u8]> = row.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).collect();
    fields.iter().skip(1).rev().take_while(|field| is_number(field)).count()
}

/// What can be shown of a line.
fn shown(line: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(line).chars().take(40).collect();
    text.chars().map(|letter| if letter.is_control() { '·' } else { letter }).collect()
}

/// A set on its way in.
struct Filling {
    loaded: Loaded,
    values: Vec<f32>,
    seen: usize,
}

impl Filling {
    fn new(name: &str, dimension: usize) -> Self {
        let loaded = Loaded { vectors: Vectors::new(name, dimension), repeated: 0, mended: 0 };
        Filling { loaded, values: vec![0.0; dimension], seen: 0 }
    }

    fn seen(&self) -> usize {
        self.seen
    }

    /// Takes the word and `self.values`.
    fn take(&mut self, word: &[u8]) -> Result<(), String> {
        let word = String::from_utf8_lossy(word);
        // A separator within a word would part it.
        let word = if word.contains('\n') { word.replace('\n', "�").into() } else { word };
        self.loaded.mended += usize::from(matches!(word, std::borrow::Cow::Owned(_)));
        if !self.loaded.vectors.push(&word, &self.values) {
            self.loaded.repeated += 1;
        }
        self.seen += 1;
        if self.seen > u32::MAX as usize { Err(format!("more than {} words", u32::MAX)) } else { Ok(()) }
    }

    /// `word n₁ … n_D`; a word may itself hold spaces.
    fn text_row(&mut self, row: &[u8], input: &Input) -> Result<(), String> {
        input.tick()?;
        let (line, dimension) = (input.line, self.values.len());
        let mut rest = row;
        for place in (0..dimension).rev() {
            let start = rest.iter().rposition(u8::is_ascii_whitespace).map_or(0, |space| space + 1);
            let field = &rest[start..];
            if start == 0 {
                let found = dimension - 1 - place;
                return Err(format!("line {line}: expected a word and {dimension} numbers, found {found} numbers"));
            }
            let number = std::str::from_utf8(field).ok().and_then(|text| text.parse::<f32>().ok());
            match number.filter(|number| number.is_finite()) {
                Some(number) => self.values[place] = number,
                None => {
                    let (byte, field) = (start + 1, shown(field));
                    return Err(format!("line {line}, byte {byte}: expected a finite number, found `{field}`"));
                }
            }
            rest = rest[..start].trim_ascii_end();
        }
        if rest.len() > LONGEST_WORD {
            return Err(format!("line {line}: a word of {} bytes; expected at most {LONGEST_WORD}", rest.len()));
        }
        self.take(rest)
    }

    /// The set, if it has as many words as its header said.
    fn promised(self, words: usize) -> Result<Loaded, String> {
        if self.seen == words {
            return Ok(self.loaded);
        }
        Err(format!("the file ends after {} of the {words} words that its first line promises", self.seen))
    }
}

fn binary(name: &str, input: &mut Input, words: usize, dimension: usize) -> Result<Loaded, String> {
    let mut filling = Filling::new(name, dimension);
    let (mut word, mut row) = (Vec::new(), vec![0; dimension * 4]);
    while filling.seen() < words {
        input.tick()?;
        word.clear();
        let limit = LONGEST_WORD as u64 + 2;
        let read = (&mut input.reader).take(limit).read_until(b' ', &mut word);
        if read.map_err(|error| input.broken(&error))? == 0 {
            break;
        }
        let start = input.offset;
        input.offset += word.len() as u64;
        if word.last() != Some(&b' ') {
            return Err(format!("byte {start}: expected a word of at most {LONGEST_WORD} bytes and a space"));
        }
        match input.reader.read_exact(&mut row) {
            Ok(()) => input.offset += row.len() as u64,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let (word, offset) = (shown(word.trim_ascii()), input.offset);
                return Err(format!("byte {offset}: the file ends within the {dimension} numbers of `{word}`"));
            }
            Err(error) => return Err(input.broken(&error)),
        }
        for (place, (value, bytes)) in filling.values.iter_mut().zip(row.as_chunks::<4>().0).enumerate() {
            *value = f32::from_le_bytes(*bytes);
            if !value.is_finite() {
                let at = input.offset - row.len() as u64 + 4 * place as u64;
                return Err(format!("byte {at}: expected a finite number, found {value}"));
            }
        }
        // Some writers end each row with a line feed, which then stands before the next word.
        let word = word[..word.len() - 1].trim_ascii_start().to_vec();
        filling.take(&word)?;
    }
    let loaded = filling.promised(words)?;
    match input.next_byte_but_spaces()? {
        None => Ok(loaded),
        Some(_) => Err(format!(
            "byte {}: more after the last of the {words} words with {dimension} numbers each that the first line promises; \
             expected the end of the file",
            input.offset
        )),
    }
}

/// From bytes in memory.
///
/// # Errors
/// As [`open`].
pub fn from_bytes(name: &str, bytes: Vec<u8>, task: &TaskContext) -> Result<Loaded, ExperimentError> {
    let length = bytes.len() as u64;
    from_reader(name, Cursor::new(bytes), length, task)
}

#[cfg(test)]
mod tests;
