use super::*;
use proptest::prelude::*;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

const TEXT: Purpose = Purpose::new(Wording::new("a text in UTF-8", "UTF-8 のテキスト"), 1000);

struct Here(tempfile::TempDir);

impl Here {
    fn new() -> Self {
        Here(tempfile::tempdir().unwrap())
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("f");
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// What is said of reading a file, without its name.
fn said(path: &Path) -> String {
    match text(path, &TEXT, &TaskContext::default()) {
        Ok(text) => text,
        Err(error) => error.to_string().split_once(": ").unwrap().1.to_owned(),
    }
}

#[test]
fn only_regular_files_are_read_and_the_others_are_named_at_once() {
    let here = Here::new();
    let place = |name: &str| here.0.path().join(name);
    rustix::fs::mknodat(rustix::fs::CWD, place("fifo"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    let _listener = UnixListener::bind(place("socket")).unwrap();
    symlink(place("loop"), place("loop")).unwrap();
    symlink("/dev/zero", place("link")).unwrap();
    let expected = "expected a text in UTF-8";
    assert_eq!(said(here.0.path()), format!("a folder; {expected}"));
    assert_eq!(said(&place("fifo")), format!("a named pipe; {expected}"));
    assert_eq!(said(&place("socket")), format!("a socket; {expected}"));
    assert_eq!(said(Path::new("/dev/zero")), format!("a device; {expected}"));
    assert_eq!(said(&place("link")), format!("a device; {expected}"));
    assert_eq!(said(&place("loop")), "a symbolic link that leads back to itself");
    assert_eq!(said(&place("none")), "no such file");
    symlink(here.file(b"behind a link"), place("good")).unwrap();
    assert_eq!(said(&place("good")), "behind a link");
}

#[test]
fn a_file_is_no_larger_than_its_purpose_allows_packed_or_not() {
    let here = Here::new();
    assert_eq!(said(&here.file(&[b'a'; 1000])).len(), 1000);
    let most = "more than 1 kB; expected a text in UTF-8 of at most 1 kB";
    assert_eq!(said(&here.file(&[b'a'; 1001])), most);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![b'a'; 5_000_000]).unwrap();
    let bomb = encoder.finish().unwrap();
    assert_eq!(said(&here.file(&bomb)), most, "{} bytes", bomb.len());
    // What a link leads to may grow while it is read: it is still cut at the limit.
    let endless = whole(io::repeat(b'a'), 10, Path::new("f"), &TEXT, &TaskContext::default()).unwrap_err();
    assert_eq!(endless.to_string(), format!("f: {most}"));
}

#[test]
fn what_is_no_utf8_is_named_with_its_place() {
    let here = Here::new();
    let said = |bytes: &[u8]| said(&here.file(bytes));
    let expected = "expected a text in UTF-8";
    assert_eq!(said("\u{feff}zwölf\n王".as_bytes()), "zwölf\n王");
    assert_eq!(said(b"a\n\nb\0c"), format!("line 3, byte 2 is NUL; {expected}"));
    assert_eq!(
        said(b"l'\xe9t\xe9 \xe0 la fen\xeatre\n"),
        format!(
            "line 1, byte 3 is no UTF-8 (the file looks like windows-1252: `iconv -f windows-1252 -t UTF-8` converts it); {expected}"
        )
    );
    let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode("吾輩は猫である。名前はまだ無い。");
    assert!(said(&shift_jis).contains("looks like Shift_JIS"));
    let (euc, ..) = encoding_rs::EUC_JP.encode("吾輩は猫である。名前はまだ無い。");
    assert!(said(&euc).contains("looks like EUC-JP"));
    assert_eq!(said(b"PK\x03\x04rest\xff"), format!("a zip archive; {expected}"));
    assert_eq!(said(b"\x7fELF\x02\x01\x01\0"), format!("a program (ELF); {expected}"));
    assert_eq!(said(b"\xff\xfea\0b\0"), format!("UTF-16; {expected}"));
    assert_eq!(said(b"a\0b\0c\0\n\0"), format!("UTF-16; {expected}"));
    let mut tar = vec![b'a'; 600];
    tar[257..263].copy_from_slice(b"ustar\0");
    assert_eq!(said(&tar), format!("a tar archive; {expected}"));
}

#[test]
fn an_older_text_is_decoded_by_mark_by_its_own_word_or_by_its_look() {
    let of = |bytes: &[u8], declared| decoded(bytes, declared, &TEXT).unwrap();
    let plain = |text: &str| Decoded { text: text.to_owned(), notes: Vec::new() };
    let note = |decoded: &Decoded| decoded.notes.iter().map(|note| note.en.clone()).collect::<Vec<_>>();
    assert_eq!(of("\u{feff}王".as_bytes(), None), plain("王"));
    let wide: Vec<u8> = "\u{feff}1. e4 ♔".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let read = of(&wide, None);
    assert_eq!((read.text.as_str(), note(&read)), ("1. e4 ♔", vec!["read as UTF-16LE".to_owned()]));
    let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode("先手:表 ▲７六歩(77) ソ");
    assert_eq!(of(&shift_jis, Some("Shift_JIS")), plain("先手:表 ▲７六歩(77) ソ"));
    assert_eq!(of(&shift_jis, None).text, "先手:表 ▲７六歩(77) ソ");
    // A wrong word of its own: what decodes counts.
    let read = of(b"Caf\xe9 d\xe9cid\xe9", Some("UTF-8"));
    assert_eq!(read.text, "Café décidé");
    assert_eq!(note(&read), ["read as windows-1252, although the file says UTF-8"]);
    assert!(decoded(b"\x1f\x8b\x08", None, &TEXT).unwrap_err().to_string().starts_with("a gzip file"));
}

proptest! {
    /// Whatever comes in is text or refused, and UTF-8 is never changed.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80), text in "\\PC{0,30}") {
        let _either = utf8(bytes.clone(), &TEXT);
        let _either = decoded(&bytes, None, &TEXT);
        if looks_like(text.as_bytes()).is_none() {
            prop_assert_eq!(utf8(text.clone().into_bytes(), &TEXT).unwrap(), text.trim_start_matches('\u{feff}'));
        }
    }
}
