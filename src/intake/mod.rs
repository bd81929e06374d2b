//! The way in for files that a person hands over: regular files of a size that fits their purpose, unpacked if they are gzip, and
//! texts in UTF-8 or, where the format allows it, in the encodings of their time. What a file is, its bytes say, not its name; what
//! is no such file is named for what it looks like.

pub mod digest;
pub mod gate;
mod gzip;
pub mod made;
pub mod private;
pub mod yaml;

pub use gzip::Unpacker;

use crate::experiment::{Bilingual, ExperimentError, TaskContext, Wording};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use rustix::fs::OFlags;
use sha2::{Digest, Sha256};
use std::fs::{File, FileType, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes taken between two looks at whether the reading was called off.
const PIECE: usize = 1 << 18;
/// Bytes beyond ASCII from which a guess of their encoding is worth telling.
const ENOUGH: usize = 4;
/// Bytes from which an encoding is guessed.
const SAMPLE: usize = 1 << 16;

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose {
    /// What the file should be, in a message: "a text in UTF-8".
    pub wanted: Wording,
    /// The most bytes that it may have, unpacked.
    pub most: u64,
}

impl Purpose {
    pub const fn new(wanted: Wording, most: u64) -> Self {
        Purpose { wanted, most }
    }

    fn too_large(&self, path: &Path) -> ExperimentError {
        let most = size(self.most);
        ExperimentError::both(
            format!("more than {most}; expected {} of at most {most}", self.wanted.en),
            format!("{most} を超えています。{}({most} まで)を指定してください", self.wanted.ja),
        )
        .in_file(path)
    }

    fn not_wanted(&self, en: &str, ja: &str) -> ExperimentError {
        ExperimentError::both(
            format!("{en}; expected {}", self.wanted.en),
            format!("{ja}です。{}を指定してください", self.wanted.ja),
        )
    }
}

/// A size as a person reads it.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}

/// What went wrong with a file, in words.
pub fn failure(path: &Path, error: &io::Error) -> ExperimentError {
    let said = match error.kind() {
        io::ErrorKind::NotFound => ExperimentError::both("no such file", "ファイルがありません"),
        io::ErrorKind::PermissionDenied => {
            ExperimentError::both("may not be read by you", "読み取りの権限がありません")
        }
        _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            ExperimentError::both("a symbolic link that leads back to itself", "シンボリックリンクが循環しています")
        }
        _ => ExperimentError::new(error.to_string()),
    };
    said.in_file(path)
}

/// What a file that is not regular is; reading one might never end.
fn kind(of: FileType) -> Option<Wording> {
    if of.is_file() {
        None
    } else if of.is_dir() {
        Some(Wording::new("a folder", "フォルダー"))
    } else if of.is_fifo() {
        Some(Wording::new("a named pipe", "名前付きパイプ"))
    } else if of.is_socket() {
        Some(Wording::new("a socket", "ソケット"))
    } else {
        Some(Wording::new("a device", "デバイス"))
    }
}

/// Opens a regular file; gives its length too.
///
/// # Errors
/// When there is none, it may not be read, or it is a folder, a pipe, a socket or a device; when it lies beyond the [`gate`].
pub fn open(path: &Path, purpose: &Purpose) -> Result<(File, u64), ExperimentError> {
    gate::may_read(path)?;
    // Opening a pipe waits for somebody who writes to it, unless told not to.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    // A socket cannot be opened at all.
    if let Err(error) = &opened
        && error.kind() != io::ErrorKind::NotFound
        && let Some(kind) = std::fs::metadata(path).ok().and_then(|about| kind(about.file_type()))
    {
        return Err(purpose.not_wanted(kind.en, kind.ja).in_file(path));
    }
    let file = opened.map_err(|error| failure(path, &error))?;
    let about = file.metadata().map_err(|error| failure(path, &error))?;
    match kind(about.file_type()) {
        Some(kind) => Err(purpose.not_wanted(kind.en, kind.ja).in_file(path)),
        None => Ok((file, about.len())),
    }
}

/// The bytes of a file as they stand in it.
///
/// # Errors
/// As [`open`]; when it is too large for its purpose, or was called off.
pub fn bytes(path: &Path, purpose: &Purpose, task: &TaskContext) -> Result<Vec<u8>, ExperimentError> {
    let (file, length) = open(path, purpose)?;
    if length > purpose.most {
        return Err(purpose.too_large(path));
    }
    whole(file, length, path, purpose, task)
}

/// The bytes of a file, unpacked if it is gzip.
///
/// # Errors
/// As [`bytes`]; when it is no whole gzip file.
pub fn unpacked(path: &Path, purpose: &Purpose, task: &TaskContext) -> Result<Vec<u8>, ExperimentError> {
    let (file, length) = open(path, purpose)?;
    let mut file = BufReader::with_capacity(PIECE, file);
    let head = file.fill_buf().map_err(|error| failure(path, &error))?;
    if head.starts_with(GZIP) {
        return whole(Unpacker::new(file), length, path, purpose, task);
    }
    if length > purpose.most {
        return Err(purpose.too_large(path));
    }
    whole(file, length, path, purpose, task)
}

/// Reads to the end, but not beyond what the purpose allows.
fn whole(
    mut reader: impl Read,
    length: u64,
    path: &Path,
    purpose: &Purpose,
    task: &TaskContext,
) -> Result<Vec<u8>, ExperimentError> {
    let mut all = Vec::with_capacity(length.min(purpose.most) as usize);
    loop {
        task.check()?;
        task.report_progress(all.len() as u64, length.max(all.len() as u64));
        let taken = (&mut reader).take(PIECE as u64).read_to_end(&mut all);
        if taken.map_err(|error| failure(path, &error))? == 0 {
            return Ok(all);
        }
        if all.len() as u64 > purpose.most {
            return Err(purpose.too_large(path));
        }
    }
}

/// A text in UTF-8, without the byte order mark that some programs write in front.
///
/// # Errors
/// As [`bytes`]; when it is no UTF-8 or holds a NUL: the place, and what the file looks like.
pub fn text(path: &Path, purpose: &Purpose, task: &TaskContext) -> Result<String, ExperimentError> {
    utf8(unpacked(path, purpose, task)?, purpose).map_err(|error| error.in_file(path))
}

/// Bytes as a text in UTF-8, without its byte order mark.
///
/// # Errors
/// When they are no such text: the place, and what they look like.
pub fn utf8(bytes: Vec<u8>, purpose: &Purpose) -> Result<String, ExperimentError> {
    let mark = if bytes.starts_with(MARK) { MARK.len() } else { 0 };
    if let Err(error) = check_utf8(&bytes[mark..]) {
        return Err(not_text(&bytes, &bytes, error, purpose));
    }
    let mut text = String::from_utf8(bytes).expect("it was looked at");
    text.drain(..mark);
    Ok(text)
}

/// The byte order mark of UTF-8.
pub const MARK: &[u8] = b"\xef\xbb\xbf";

/// Takes the byte order mark off the first of the lines that come from elsewhere.
pub fn drop_mark(first: &mut Vec<u8>) {
    if first.starts_with(MARK) {
        first.drain(..MARK.len());
    }
}
/// The first bytes of a gzip file.
pub const GZIP: &[u8] = b"\x1f\x8b";

/// Where bytes stop being text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenAt {
    /// From 1.
    pub line: u64,
    /// Within the line, from 1.
    pub byte: u64,
    pub is_nul: bool,
}

fn check_utf8(bytes: &[u8]) -> Result<(), BrokenAt> {
    let broken = std::str::from_utf8(bytes).err().map(|error| error.valid_up_to());
    let nul = bytes.iter().position(|byte| *byte == 0);
    let Some(at) = [broken, nul].into_iter().flatten().min() else { return Ok(()) };
    let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    Err(BrokenAt { line: line + 1, byte: (at - start) as u64 + 1, is_nul: nul == Some(at) })
}

/// Why a file is no text in UTF-8: what its first bytes look like, else the place and the encoding that a sample looks like.
pub fn not_text(head: &[u8], sample: &[u8], at: BrokenAt, purpose: &Purpose) -> ExperimentError {
    if let Some(format) = looks_like(head) {
        return purpose.not_wanted(format.en, format.ja);
    }
    let BrokenAt { line, byte, is_nul } = at;
    let (en, ja) = if is_nul {
        ("is NUL".to_owned(), "が NUL です".to_owned())
    } else {
        // From fewer it would be no more than a name.
        let enough = sample.iter().filter(|byte| !byte.is_ascii()).count() >= ENOUGH;
        let guess = guess(sample).filter(|guess| enough && *guess != UTF_8).map(Encoding::name);
        let (en, ja) = ("is no UTF-8", "が UTF-8 ではありません");
        match guess {
            Some(name) => (
                format!("{en} (the file looks like {name}: `iconv -f {name} -t UTF-8` converts it)"),
                format!("{ja}({name} のようです。`iconv -f {name} -t UTF-8` で変換できます)"),
            ),
            None => (en.to_owned(), ja.to_owned()),
        }
    };
    ExperimentError::both(
        format!("line {line}, byte {byte} {en}; expected {}", purpose.wanted.en),
        format!("{line} 行目の {byte} バイト目{ja}。{}を指定してください", purpose.wanted.ja),
    )
}

/// A text that was decoded, and what was odd about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    pub notes: Vec<Bilingual>,
}

/// Decodes a text of a format that is older than UTF-8: by its byte order mark; as UTF-8 if it is; as the encoding that it declares
/// itself; else as what it looks like. Bytes that stand for nothing become U+FFFD and are counted in a note.
///
/// # Errors
/// When the bytes are a file of another kind, which is named.
pub fn decoded(bytes: &[u8], declared: Option<&str>, purpose: &Purpose) -> Result<Decoded, ExperimentError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok(decode(&bytes[mark..], encoding, None));
    }
    if check_utf8(bytes).is_ok() {
        let text = String::from_utf8(bytes.to_vec()).expect("it was looked at");
        return Ok(Decoded { text, notes: Vec::new() });
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return Ok(decode(bytes, encoding, None));
    }
    if let Some(format) = looks_like(bytes) {
        return Err(purpose.not_wanted(format.en, format.ja));
    }
    let named = declared.and_then(|name| Encoding::for_label(name.trim().as_bytes()));
    if let Some(encoding) = named.filter(|encoding| *encoding != UTF_8)
        && let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes)
    {
        return Ok(Decoded { text: text.into_owned(), notes: Vec::new() });
    }
    Ok(decode(bytes, guess(bytes).unwrap_or(encoding_rs::WINDOWS_1252), declared))
}

/// Every other byte of a text with few letters beyond Latin is NUL in UTF-16.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(SAMPLE)];
    let nul = |of: usize| head.iter().skip(of).step_by(2).filter(|byte| **byte == 0).count();
    let half = head.len() / 2;
    match (nul(0), nul(1)) {
        (0, odd) if half > 0 && 2 * odd > half => Some(UTF_16LE),
        (even, 0) if half > 0 && 2 * even > half => Some(UTF_16BE),
        _ => None,
    }
}

fn decode(bytes: &[u8], encoding: &'static Encoding, declared: Option<&str>) -> Decoded {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    let name = encoding.name();
    let mut notes = Vec::new();
    if encoding != UTF_8 {
        notes.push(match declared {
            Some(declared) => {
                let declared: String = declared.chars().take(20).collect();
                Bilingual::new(
                    format!("read as {name}, although the file says {declared}"),
                    format!("ファイルには {declared} とありますが、{name} として読みました"),
                )
            }
            None => Bilingual::new(format!("read as {name}"), format!("{name} として読みました")),
        });
    }
    if broken {
        let count = text.chars().filter(|letter| *letter == '\u{fffd}').count();
        notes.push(Bilingual::new(
            format!("{count} places are no {name} and stand as \u{fffd}"),
            format!("{name} として読めない箇所が {count} か所あり、\u{fffd} で示します"),
        ));
    }
    Decoded { text: text.into_owned(), notes }
}

/// The encoding that bytes look like; none if they are all ASCII.
fn guess(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if sample.is_ascii() {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, sample.len() == bytes.len());
    Some(detector.guess(None, Utf8Detection::Allow))
}

/// The digest of a file, or of several with their lengths, in this order.
///
/// # Errors
/// As [`open`]; when one cannot be read to its end, or it was called off.
pub fn digest_of(files: &[PathBuf], task: &TaskContext) -> Result<String, ExperimentError> {
    const ANY: Purpose = Purpose::new(Wording::new("data", "データ"), u64::MAX);
    let mut sum = Sha256::new();
    let mut piece = vec![0; PIECE];
    for path in files {
        let (mut file, length) = open(path, &ANY)?;
        // Of several, where one ends and the next begins counts too.
        if files.len() > 1 {
            sum.update(length.to_le_bytes());
        }
        let mut done = 0;
        loop {
            task.check()?;
            task.report_progress(done, length);
            match file.read(&mut piece).map_err(|error| failure(path, &error))? {
                0 => break,
                read => {
                    sum.update(&piece[..read]);
                    done += read as u64;
                }
            }
        }
    }
    Ok(digest::short(sum.finalize()))
}

/// Has a file of our own opened only where it is one: never through a link, and never waiting for a pipe.
pub fn only_a_file(options: &mut OpenOptions) -> &mut OpenOptions {
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32)
}

/// Counts the bytes that pass.
pub struct Counted<R> {
    inner: R,
    passed: Arc<AtomicU64>,
}

impl<R: Read> Counted<R> {
    /// With the count, which others may look at meanwhile.
    pub fn new(inner: R) -> (Self, Arc<AtomicU64>) {
        let passed = Arc::<AtomicU64>::default();
        (Counted { inner, passed: Arc::clone(&passed) }, passed)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.passed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// What a file looks like that is no text, by its first bytes.
pub fn looks_like(head: &[u8]) -> Option<Wording> {
    const fn same(name: &'static str) -> Wording {
        Wording::new(name, name)
    }
    const KNOWN: [(&[u8], Wording); 26] = [
        (b"\x1f\x8b", Wording::new("a gzip file", "gzip ファイル")),
        (b"PK\x03\x04", Wording::new("a zip archive", "zip アーカイブ")),
        (b"PK\x05\x06", Wording::new("an empty zip archive", "空の zip アーカイブ")),
        (b"BZh", Wording::new("a bzip2 file", "bzip2 ファイル")),
        (b"\xfd7zXZ\0", Wording::new("an xz file", "xz ファイル")),
        (b"\x28\xb5\x2f\xfd", Wording::new("a Zstandard file", "Zstandard ファイル")),
        (b"\x04\x22\x4d\x18", Wording::new("an LZ4 file", "LZ4 ファイル")),
        (b"7z\xbc\xaf\x27\x1c", Wording::new("a 7-Zip archive", "7-Zip アーカイブ")),
        (b"Rar!\x1a\x07", Wording::new("a RAR archive", "RAR アーカイブ")),
        (b"\x93NUMPY", Wording::new("a NumPy array", "NumPy の配列")),
        (b"\x89PNG\r\n\x1a\n", Wording::new("a PNG image", "PNG 画像")),
        (b"\xff\xd8\xff", Wording::new("a JPEG image", "JPEG 画像")),
        (b"GIF8", Wording::new("a GIF image", "GIF 画像")),
        (b"%PDF-", Wording::new("a PDF document", "PDF 文書")),
        (b"\x7fELF", Wording::new("a program (ELF)", "プログラム (ELF)")),
        (b"\xcf\xfa\xed\xfe", Wording::new("a program (Mach-O)", "プログラム (Mach-O)")),
        (b"SQLite format 3\0", Wording::new("an SQLite database", "SQLite データベース")),
        (b"\x89HDF\r\n\x1a\n", Wording::new("an HDF5 file", "HDF5 ファイル")),
        (b"PAR1", Wording::new("a Parquet file", "Parquet ファイル")),
        (b"GGUF", Wording::new("a GGUF model", "GGUF モデル")),
        // 793,712,314, by which fastText knows its own.
        (b"\xba\x16\x4f\x2f", Wording::new("a fastText model", "fastText のモデル")),
        (b"\x80\x02}q", Wording::new("a Python pickle", "Python の pickle")),
        (b"\xff\xfe\0\0", same("UTF-32")),
        (b"\0\0\xfe\xff", same("UTF-32")),
        (b"\xff\xfe", same("UTF-16")),
        (b"\xfe\xff", same("UTF-16")),
    ];
    let found = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, format)| *format);
    // A tape archive has its mark behind the name of its first file.
    let is_tar = head.get(257..262) == Some(b"ustar");
    found.or(is_tar.then_some(Wording::new("a tar archive", "tar アーカイブ"))).or_else(|| {
        // Readers that a mark tells the encoding know it; without one there is only the pattern of NULs.
        utf16_without_mark(head).map(|_| same("UTF-16"))
    })
}

#[cfg(test)]
mod tests;
