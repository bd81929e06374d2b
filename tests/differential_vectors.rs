//! Files of word vectors are read as gensim reads them. The files and what was read in them are made by
//! `tests/differential/make_vectors.py`.
//!
//! Vectors are kept in 16 bits, so their numbers come back rounded. But the length of each is kept as it was in its file, and is
//! compared to the last bit: a number that was read otherwise would change it.

use shinso::data::vectors::{Vectors, read};
use shinso::experiment::TaskContext;
use std::fs;
use std::path::Path;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/vectors");
/// By how much of its length a vector's numbers may be off in 16 bits.
const ROUNDING: f64 = 1e-3;

/// What is made of a file of which gensim makes something else.
enum Ours {
    /// Nothing; the message says so.
    Refused(&'static str),
    /// Words, and the lengths of their vectors.
    Words(&'static [(&'static str, f64)]),
}
use Ours::{Refused, Words};

/// Two words that many of the files have.
const TWO: &[(&str, f64)] = &[("the", 0.5), ("king", 5.0)];
/// The words of a file in Latin-1; of two that become the same, the first is kept.
const LATIN: &[(&str, f64)] = &[("caf\u{fffd}", 5.0), ("na\u{fffd}ve", 1.0), ("\u{fffd}", 13.0), ("plain", 2.0)];

/// Files that are read otherwise on purpose, and why.
const DIFFERENT: &[(&str, Ours, &str)] = &[
    ("behind.bin", Refused("more after the last of the 3 words"), "what lies behind would be lost in silence"),
    ("count_small.bin", Refused("more after the last of the 2 words"), "gensim drops the words behind in silence"),
    ("count_small.txt", Refused("a word after the 2 that the first line promises"), "gensim drops it in silence"),
    ("infinite.txt", Refused("expected a finite number, found `inf`"), "it has no direction"),
    ("nan.txt", Refused("expected a finite number, found `nan`"), "it has no direction"),
    ("nan.bin", Refused("expected a finite number, found NaN"), "it has no direction"),
    ("beyond.txt", Refused("expected a finite number, found `1e39`"), "gensim makes it infinite"),
    ("underscore.txt", Refused("expected a finite number, found `1_000`"), "only Python writes numbers so"),
    ("short_row.txt", Refused("expected a word and 3 numbers, found 1 numbers"), "gensim repeats the one number"),
    ("number_first.glove.txt", Refused("expected a word and 5 numbers"), "it looks like a first line; gensim is told"),
    ("packed_unnamed.txt", Words(TWO), "gzip is known by its bytes, not by its name"),
    ("mark.txt", Words(TWO), "a byte order mark is no part of the text"),
    ("mark.glove.txt", Words(TWO), "nor is it a part of the first word"),
    ("blank_end.glove.txt", Words(TWO), "editors leave blank lines"),
    ("blank_within.txt", Words(TWO), "a blank line is no word"),
    ("tabs.txt", Words(TWO), "tabs part numbers as well as spaces"),
    ("two_spaces.txt", Words(TWO), "several spaces part numbers as well as one"),
    ("space_within.txt", Words(&[("new york", 5.0), (". . .", 1.0)]), "GloVe has words with spaces (840B)"),
    ("space_within.glove.txt", Words(&[("the", 0.5), ("new york", 5.0)]), "GloVe has words with spaces (840B)"),
    ("space_before.txt", Words(&[(" the", 5.0), ("king", 1.0)]), "a space may be a part of a word"),
    (
        "space_before.bin",
        Words(&[("the", 5.0), ("king", 1.0), ("queen", 10.0)]),
        "white space before a word is the end of the row before; gensim takes line feeds alone for that",
    ),
    ("three_headed.txt", Words(&[("2", 5.0), ("the", 1.0), ("king", 1.0)]), "a word may be a number; gensim is told"),
    ("latin.txt", Words(LATIN), "bytes that are not UTF-8 are replaced, and the user is told"),
    ("latin.bin", Words(LATIN), "bytes that are not UTF-8 are replaced, and the user is told"),
    ("rounding.txt", Words(&[("a", 1.0000001192092896)]), "gensim rounds twice: to 64 bits, then to 32"),
    ("rounding_up.txt", Words(&[("a", 1.0000001192092896)]), "gensim rounds twice: to 64 bits, then to 32"),
];

/// A word as gensim read it: the ends of its vector, its length and the sum of its numbers.
struct Row<'a> {
    word: &'a str,
    ends: [f32; 2],
    length: f64,
    sum: f64,
}

/// What `make_vectors.py` wrote beside a file: the dimension and the words; none if gensim refused it.
fn theirs(text: &str) -> Option<(usize, Vec<Row<'_>>)> {
    let mut lines = text.split_terminator('\n');
    let dimension = lines.next().filter(|line| *line != "refused")?.parse().unwrap();
    let row = |line| {
        let [sum, length, ends, word] = str::rsplitn(line, 4, '\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (first, last) = ends.split_at(8);
        let end = |text| f32::from_bits(u32::from_str_radix(text, 16).unwrap().swap_bytes());
        let length = f64::from_bits(u64::from_str_radix(length, 16).unwrap().swap_bytes());
        Row { word, ends: [end(first), end(last)], length, sum: sum.parse().unwrap() }
    };
    Some((dimension, lines.map(row).collect()))
}

/// The words of a set, and the lengths of their vectors.
fn lengths(vectors: &Vectors) -> Vec<(&str, f64)> {
    (0..).zip(vectors.words().iter()).map(|(index, word)| (word, vectors.norm(index))).collect()
}

fn assert_same(name: &str, ours: &Vectors, dimension: usize, theirs: &[Row]) {
    assert_eq!(ours.dimension(), dimension, "{name}");
    let words: Vec<&str> = theirs.iter().map(|row| row.word).collect();
    assert_eq!(ours.words().iter().collect::<Vec<_>>(), words, "{name}");
    for (index, Row { word, ends, length, sum }) in (0..).zip(theirs) {
        assert_eq!(ours.norm(index).to_bits(), length.to_bits(), "{name}, {word}: {} and {length}", ours.norm(index));
        let numbers = ours.original(index);
        for (ours, theirs) in [numbers[0], numbers[dimension - 1]].into_iter().zip(*ends) {
            // Zeros keep their signs, and a single number needs no rounding.
            let is_same = if theirs == 0.0 || dimension == 1 {
                ours.to_bits() == theirs.to_bits()
            } else {
                (f64::from(ours) - f64::from(theirs)).abs() <= ROUNDING * length
            };
            assert!(is_same, "{name}, {word}: {ours} and {theirs}");
        }
        let added: f64 = numbers.into_iter().map(f64::from).sum();
        let most = ROUNDING * length * (dimension as f64).sqrt();
        assert!((added - sum).abs() <= most, "{name}, {word}: a sum of {added} and {sum}");
    }
}

#[test]
fn vectors_are_read_as_by_gensim() {
    let names = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".read")).collect();
    names.sort();
    assert!(names.len() >= 60, "only {} files", names.len());
    for (name, ..) in DIFFERENT {
        assert!(names.iter().any(|other| other == name), "{name} is not there");
    }
    for name in &names {
        let text = fs::read_to_string(format!("{FOLDER}/{name}.read")).unwrap();
        let theirs = theirs(&text);
        let ours = read::open(&Path::new(FOLDER).join(name), &TaskContext::default());
        let different = DIFFERENT.iter().find(|(other, ..)| other == name);
        match (different, ours, theirs) {
            (None, Ok(ours), Some((dimension, theirs))) => assert_same(name, &ours.vectors, dimension, &theirs),
            (None, Err(_), None) => {}
            (None, Err(why), Some(_)) => panic!("gensim reads it, but {why}"),
            (None, Ok(ours), None) => panic!("{name}: gensim refuses it, but here are {:?}", lengths(&ours.vectors)),
            (Some((_, Refused(expected), reason)), ours, theirs) => {
                assert!(theirs.is_some(), "{name}: gensim refuses it too");
                let said = ours.err().map_or_else(String::new, |why| why.to_string());
                assert!(said.contains(*expected), "{name} is to be refused, for {reason}: {said}");
            }
            (Some((_, Words(expected), reason)), ours, theirs) => {
                let theirs = theirs.map(|(_, rows)| rows.iter().map(|row| (row.word, row.length)).collect::<Vec<_>>());
                assert_ne!(theirs.as_deref(), Some(*expected), "{name}: gensim reads the same");
                let ours = ours.unwrap_or_else(|why| panic!("{name} is to be read, for {reason}: {why}"));
                assert_eq!(lengths(&ours.vectors), *expected, "{name}: {reason}");
            }
        }
    }
}
