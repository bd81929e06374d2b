//! Files of word vectors, whole and broken.

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;

fn read(bytes: impl Into<Vec<u8>>) -> Result<Loaded, String> {
    from_bytes("v", bytes.into(), &TaskContext::default()).map_err(|failure| failure.to_string())
}

fn said(bytes: impl Into<Vec<u8>>) -> String {
    read(bytes).err().unwrap_or_default()
}

fn words(loaded: &Loaded) -> Vec<&str> {
    loaded.vectors.words().iter().collect()
}

#[test]
fn text_comes_with_and_without_a_first_line() {
    for text in ["the 1 0\nking 3 4\r\n", "2 2\nthe 1 0\nking 3 4 \n"] {
        let loaded = read(text).unwrap();
        assert_eq!(words(&loaded), ["the", "king"]);
        assert_eq!(loaded.vectors.norm(1), 5.0);
        assert!((loaded.vectors.original(1)[1] - 4.0).abs() < 4e-3, "16 bits");
    }
    assert_eq!(words(&read("x 3 4\n. . . 1 2\n").unwrap()), ["x", ". . ."]);
}

#[test]
fn binary_comes_with_and_without_line_feeds() {
    for feed in ["", "\n"] {
        let mut bytes = b"2 2\n".to_vec();
        for (word, row) in [("the", [1.0_f32, 0.0]), ("王", [3.0, 4.0])] {
            bytes.extend(word.bytes().chain([b' ']).chain(row.iter().flat_map(|x| x.to_le_bytes())));
            bytes.extend(feed.bytes());
        }
        assert_eq!(words(&read(bytes.clone()).unwrap()), ["the", "王"]);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&bytes).unwrap();
        assert_eq!(words(&read(packed.finish().unwrap()).unwrap()), ["the", "王"]);
        bytes.truncate(bytes.len() - 2 - feed.len());
        assert_eq!(
            said(bytes),
            "v: byte 20: the file ends within the 2 numbers of `王`".replace("20", &(20 + feed.len()).to_string())
        );
    }
}

/// Files that gensim's `save_word2vec_format` wrote (tests/gensim/make.py).
#[test]
fn files_of_gensim_are_read() {
    for name in ["vectors.txt", "vectors.bin", "vectors.bin.gz"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gensim").join(name);
        let loaded = open(&path, &TaskContext::default()).unwrap();
        assert_eq!(words(&loaded), ["the", "king", "queen", "well-known", "女王", "naïve"], "{name}");
        let row = loaded.vectors.original(5);
        let expected = (0..4).map(|place| ((15 + place) % 7) as f32 / 4.0 - 0.5);
        assert!(row.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{name}: {row:?}");
    }
}

#[test]
fn a_bad_file_is_told_by_its_place() {
    assert_eq!(said(""), "v: an empty file; expected word vectors");
    assert_eq!(said("a 1 2\nb 1 x\n"), "v: line 2, byte 5: expected a finite number, found `x`");
    assert_eq!(said("a 1 2\nb 1\n"), "v: line 2: expected a word and 2 numbers, found 1 numbers");
    assert_eq!(said("a 1 2\nb inf 1\n"), "v: line 2, byte 3: expected a finite number, found `inf`");
    assert_eq!(said("3 1\na 1\n"), "v: the file ends after 1 of the 3 words that its first line promises");
    assert!(said("1 1\na 1\nb 2\n").contains("line 3: a word after the 1"));
    assert!(said("7 0\n").contains("0 numbers a word"));
    assert!(said("hello\n").contains("found `hello`"));
    assert!(said("18446744073709551615 3\na 1 2 3\n").contains("expected at most 4294967295"));
}

#[test]
fn what_is_odd_is_counted() {
    let loaded = read(b"a 1\na 2\n\xff\xfe 3\n".to_vec()).unwrap();
    assert_eq!((loaded.repeated, loaded.mended, loaded.vectors.len()), (1, 1, 2));
    assert_eq!(loaded.vectors.norm(0), 1.0);
}

/// A header that promises four thousand million words costs nothing.
#[test]
fn a_lie_about_the_size_reserves_nothing() {
    assert!(said("4294967295 65536\na 1 2\n").contains("line 2"));
    assert!(said(b"4294967295 65536\na \x01\x02\x03\x04".to_vec()).contains("ends within"));
}

#[test]
fn tensors_need_their_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    let table = crate::tensor::tensor([2, 3], vec![1.0, 2.0, 2.0, 0.0, 0.0, 7.0]);
    for precision in [crate::experiment::Precision::Half, crate::experiment::Precision::Single] {
        std::fs::write(&path, crate::nn::weights::encode([("vectors".to_owned(), &table)], None, precision)).unwrap();
        std::fs::write(folder.path().join("x.vocab.txt"), "one\ntwo\n").unwrap();
        let loaded = open(&path, &TaskContext::default()).unwrap();
        assert_eq!((words(&loaded), loaded.vectors.norm(0)), (vec!["one", "two"], 3.0));
    }
    std::fs::write(folder.path().join("x.vocab.txt"), "one\n").unwrap();
    let said = open(&path, &TaskContext::default()).err().unwrap().to_string();
    assert!(said.contains("ends before line 2"), "{said}");
    std::fs::remove_file(folder.path().join("x.vocab.txt")).unwrap();
    assert!(open(&path, &TaskContext::default()).err().unwrap().to_string().contains("x.vocab.txt"));
}

proptest! {
    /// Whatever the bytes: a set or one line, and no more memory than the bytes are worth.
    #[test]
    fn any_bytes_are_read_or_refused(
        head in prop_oneof![Just(String::new()), "[0-9]{1,12} [0-9]{1,6}\n", "[a-z王]{1,3}( -?[0-9.]{1,4}){1,5}\n"],
        tail in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "([a-z ]{1,4}( -?[0-9.e]{1,5}){0,4}\r?\n){0,6}".prop_map(String::into_bytes),
        ],
    ) {
        let mut bytes = head.into_bytes();
        bytes.extend(tail);
        let length = bytes.len();
        match read(bytes) {
            Ok(loaded) => prop_assert!(loaded.vectors.len() * loaded.vectors.dimension() <= length),
            Err(said) => prop_assert!(!said.contains('\n') && said.starts_with("v: ")),
        }
    }
}
