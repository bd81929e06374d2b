//! Word vectors from files: GloVe text, word2vec text and binary, fastText `.vec`, safetensors with a vocabulary beside it;
//! each also compressed with gzip. What a file is, its bytes say, not its name.
//!
//! Text is `word n₁ … n_D` a line; word2vec and fastText put a line `words D` before. Word2vec's binary form has that line,
//! then for each word its bytes, a space, and D little-endian 32-bit floats. Files are read as a stream: what a header
//! promises reserves nothing.

use super::Vectors;
use crate::data::unpack;
use crate::experiment::{ExperimentError, TaskContext};
use flate2::read::MultiGzDecoder;
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The longest vector that is taken for one.
const WIDEST: usize = 1 << 16;
/// The longest word, in bytes.
const LONGEST_WORD: usize = 1 << 12;
/// The longest line of numbers.
const LONGEST_LINE: u64 = 1 << 22;
/// The longest file that is unpacked into memory.
const LARGEST: u64 = 1 << 33;
const BUFFER: usize = 1 << 18;

/// A set that was read, and what was odd about its file.
pub struct Loaded {
    pub vectors: Vectors,
    /// Words that came a second time and were left out.
    pub repeated: usize,
    /// Words with bytes that are not UTF-8; those bytes stand as �.
    pub mended: usize,
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read or is none of the formats: the file, the line or byte, what was expected and what was found.
pub fn open(path: &Path, task: &TaskContext) -> Result<Loaded, ExperimentError> {
    let failure = |why: String| ExperimentError::new(format!("{}: {why}", path.display()));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = File::open(path).map_err(|error| failure(error.to_string()))?;
    let facts = file.metadata().map_err(|error| failure(error.to_string()))?;
    if facts.is_dir() {
        return Err(failure("a folder; expected a file of word vectors".to_owned()));
    }
    let mut input = Input::new(file, facts.len(), task).map_err(|error| failure(error.to_string()))?;
    let read = match input.looks_like_safetensors() {
        Ok(true) => tensors(path, &name, input),
        Ok(false) => stream(&name, &mut input),
        Err(error) => Err(error.to_string()),
    };
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
    let mut input = Input::new(reader, length, task).map_err(|error| failure(error.to_string()))?;
    stream(name, &mut input).map_err(failure)
}

/// Counts the bytes that pass.
struct Counted<R> {
    inner: R,
    passed: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.passed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A stream, unpacked if it is gzip, that knows where it is.
struct Input<'a> {
    reader: BufReader<Box<dyn Read>>,
    /// Bytes of the file taken so far, of `length`.
    passed: Arc<AtomicU64>,
    length: u64,
    /// Bytes handed out, unpacked.
    offset: u64,
    line: u64,
    task: &'a TaskContext,
}

impl<'a> Input<'a> {
    fn new(reader: impl Read + 'static, length: u64, task: &'a TaskContext) -> io::Result<Self> {
        let passed = Arc::<AtomicU64>::default();
        let mut raw = BufReader::with_capacity(BUFFER, Counted { inner: reader, passed: Arc::clone(&passed) });
        let packed = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let reader: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
        let reader = BufReader::with_capacity(BUFFER, reader);
        Ok(Input { reader, passed, length, offset: 0, line: 0, task })
    }

    /// For every word: progress, and an end if it was called off.
    fn tick(&self) -> Result<(), String> {
        self.task.report_progress(self.passed.load(Ordering::Relaxed), self.length);
        self.task.check().map_err(|failure| failure.0)
    }

    /// A safetensors file starts with the length of its header, then `{`.
    fn looks_like_safetensors(&mut self) -> io::Result<bool> {
        Ok(self.reader.fill_buf()?.get(8) == Some(&b'{'))
    }

    /// The next line without its end; `None` at the end of the file.
    fn line<'b>(&mut self, line: &'b mut Vec<u8>, limit: u64) -> Result<Option<&'b [u8]>, String> {
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

    fn broken(&self, error: &io::Error) -> String {
        format!("byte {}: {error}", self.offset)
    }
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
        Some((words, dimension)) if is_binary(input).map_err(|error| error.to_string())? => {
            binary(name, input, words, dimension)
        }
        Some((words, dimension)) => {
            let mut filling = Filling::new(name, dimension);
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

/// Whether what follows the first line is no text: it has control characters, or is no UTF-8.
fn is_binary(input: &mut Input) -> io::Result<bool> {
    const AHEAD: usize = 4096;
    let ahead = input.reader.fill_buf()?;
    let ahead = &ahead[..ahead.len().min(AHEAD)];
    let control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    // The last letter may be cut in two.
    let broken = std::str::from_utf8(ahead).is_err_and(|error| error.error_len().is_some());
    Ok(broken || ahead.iter().any(control))
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
    filling.promised(words)
}

/// A table `[words, dimension]` and a word a line in `NAME.vocab.txt` beside it.
fn tensors(path: &Path, name: &str, mut input: Input) -> Result<Loaded, String> {
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let mut whole = Vec::new();
    let mapped;
    let bytes: &[u8] = if packed {
        (&mut input.reader).take(LARGEST).read_to_end(&mut whole).map_err(|error| error.to_string())?;
        &whole
    } else {
        mapped = unpack::map(path).map_err(|error| error.to_string())?;
        &mapped
    };
    let file = SafeTensors::deserialize(bytes).map_err(|error| format!("not a whole safetensors file: {error}"))?;
    let tables: Vec<_> = file.iter().filter(|(_, view)| view.shape().len() == 2).collect();
    let (_, table) = match tables.iter().find(|(name, _)| *name == "vectors").or(tables.first()) {
        Some(table) => table,
        None => return Err("no tensor of two axes; expected `vectors` [words, dimension]".to_owned()),
    };
    let [count, dimension] = table.shape()[..] else { return Err("no tensor of two axes".to_owned()) };
    let size = match table.dtype() {
        Dtype::F16 | Dtype::BF16 => 2,
        Dtype::F32 => 4,
        other => return Err(format!("the table holds {other:?}; expected F16, BF16 or F32")),
    };
    if !(1..=WIDEST).contains(&dimension) || count > u32::MAX as usize {
        return Err(format!("a table [{count}, {dimension}]; expected 1 to {WIDEST} numbers a word"));
    }
    let beside = vocabulary(path);
    let list = File::open(&beside).map_err(|error| format!("its vocabulary {}: {error}", beside.display()))?;
    let length = list.metadata().map_or(0, |facts| facts.len());
    let mut list = Input::new(list, length, input.task).map_err(|error| error.to_string())?;
    let mut filling = Filling::new(name, dimension);
    let mut line = Vec::new();
    for row in table.data().chunks_exact(dimension * size) {
        list.tick()?;
        let at = list.line + 1;
        let Some(word) = list.line(&mut line, LONGEST_WORD as u64)? else {
            let beside = beside.display();
            return Err(format!("{count} vectors, but {beside} ends before line {at}; expected a word for each"));
        };
        match (size, table.dtype()) {
            (4, _) => {
                filling.values.iter_mut().zip(row.as_chunks::<4>().0).for_each(|(v, b)| *v = f32::from_le_bytes(*b))
            }
            (_, Dtype::F16) => {
                filling
                    .values
                    .iter_mut()
                    .zip(row.as_chunks::<2>().0)
                    .for_each(|(v, b)| *v = f16::from_le_bytes(*b).to_f32());
            }
            _ => filling
                .values
                .iter_mut()
                .zip(row.as_chunks::<2>().0)
                .for_each(|(v, b)| *v = bf16::from_le_bytes(*b).to_f32()),
        }
        if let Some(value) = filling.values.iter().find(|value| !value.is_finite()) {
            return Err(format!("row {at}: expected finite numbers, found {value}"));
        }
        filling.take(word)?;
    }
    Ok(filling.loaded)
}

/// `x.safetensors` has its words in `x.vocab.txt`.
fn vocabulary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = stem.strip_suffix(".safetensors").unwrap_or(stem);
    path.with_file_name(format!("{stem}.vocab.txt"))
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
