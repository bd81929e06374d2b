//! The doors of the program: what is read, what is written, what is printed. Sources are looked through, so that nobody opens another;
//! files that others' programs write, and hostile ones, go through the real binary.

#[path = "support/program.rs"]
mod program;

use program::{command, fed, said, shinso};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The sources without their tests.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&root.join("src"), &mut files);
    files.sort();
    let name = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
    let is_test = |name: &str| name.ends_with("tests.rs") || name.contains("/tests/") || name.ends_with("toy.rs");
    let text = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned()
    };
    files.iter().map(|path| (name(path), text(path))).filter(|(name, _)| !is_test(name)).collect()
}

/// The sources in which one of some words stands, beside those that may.
fn with(words: &[&str], allowed: &[&str]) -> BTreeSet<String> {
    let stands = |text: &str| {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        // A word is none within another: `File::open(` in `WeightsFile::open(`.
        let begins =
            |line: &str, at: usize| !line[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        code.into_iter().any(|line| words.iter().any(|word| line.match_indices(word).any(|(at, _)| begins(line, at))))
    };
    let found = sources().into_iter().filter(|(_, text)| stands(text)).map(|(name, _)| name);
    found.filter(|name| !allowed.contains(&name.as_str())).collect()
}

#[test]
fn nothing_is_printed_but_by_the_printer() {
    assert_eq!(with(&["println!(", "print!(", "eprintln!(", "eprint!(", "dbg!("], &[]), BTreeSet::new());
    // The screen draws cells; the others ask only whether there is a terminal.
    let screen = ["app", "capabilities", "last_resort", "mod", "terminal"].map(|name| format!("src/tui/{name}.rs"));
    let screen = screen.each_ref().map(String::as_str);
    let asks = [
        "src/printer.rs",
        "src/tui/plain.rs",
        "src/command_line/ask.rs",
        "src/command_line/corpus.rs",
        "src/command_line/doctor.rs",
        "src/command_line/embed.rs",
        "src/command_line/generate.rs",
        "src/command_line/train.rs",
    ];
    assert_eq!(with(&["stdout()", "stderr()"], &[&screen[..], &asks].concat()), BTreeSet::new());
}

#[test]
fn files_of_people_are_read_by_the_intake_alone() {
    let words = ["fs::read(", "read_to_string(", "File::open(", "Mmap::map("];
    // Copies of our own, and what the kernel says of processes and of its machine.
    let ours = [
        "src/intake/made.rs",
        "src/intake/mod.rs",
        "src/data/text.rs",
        "src/class/link.rs",
        "src/serve/cgroup.rs",
        "src/tui/terminal.rs",
    ];
    assert_eq!(with(&words, &ours), BTreeSet::new());
}

#[test]
fn files_are_written_where_it_is_known() {
    let words = ["fs::write(", "File::create(", "OpenOptions::new()", "AtomicWriteFile::open("];
    let known = [
        // The gate for names that a person types, and the one that writes whole files.
        "src/intake/gate.rs",
        "src/run/file.rs",
        "src/intake/mod.rs",
        "src/intake/private.rs",
        // Files of our own in folders of our own.
        "src/attention/words/history.rs",
        "src/data/text.rs",
        "src/intake/made.rs",
        "src/reinforcement/self_play/files.rs",
        "src/run/metrics.rs",
        "src/run/store.rs",
        // The locks of a server's folder and of its IDs; what the kernel is told of a session.
        "src/class/ids.rs",
        "src/serve/cgroup.rs",
        "src/serve/folder.rs",
        "src/serve/process.rs",
        // What holds for every experiment, in tests.
        "src/registry/contract.rs",
        // A probe of a folder, a log behind the gate, the terminal.
        "src/command_line/doctor.rs",
        "src/command_line/games/arena.rs",
        "src/tui/terminal.rs",
    ];
    assert_eq!(with(&words, &known), BTreeSet::new());
}

fn case(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/words").join(name).display().to_string()
}

/// What becomes of a file.
enum Outcome {
    /// It is read; the answer has this.
    Read(&'static str),
    /// One line, exit 1, with this in it.
    Refused(&'static str),
}

use Outcome::{Read, Refused};

fn check(name: &str, output: &Output, outcome: &Outcome) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match outcome {
        Read(part) => {
            assert_eq!(output.status.code(), Some(0), "{name}: {err}");
            assert!(said(output).contains(part), "{name}: {out}{err}");
        }
        Refused(part) => {
            assert_eq!(output.status.code(), Some(1), "{name}: {out}{err}");
            assert!(err.trim_end().lines().count() == 1 && err.contains(part), "{name}: {err}");
        }
    }
    assert!(!said(output).contains('\u{1b}'), "{name}: an escape character left the program");
}

#[test]
fn files_of_vectors_have_their_right_outcomes() {
    let home = tempfile::tempdir().unwrap();
    let cases = [
        ("F01_bom_before_header_read_as_7_words_of_1_number.vec", Read("queen")),
        ("F02_latin1_text_with_header_read_as_binary_garbage.vec", Read("words with bytes that are not UTF-8")),
        ("F02_truncated_utf8_word_text_read_as_binary.vec", Read("words with bytes that are not UTF-8")),
        ("F02_x01_word_text_read_as_binary.vec", Read("(in use)")),
        ("F03_binary_header_dimension_2_of_4_accepted.bin", Refused("the first line promises")),
        ("F03_binary_header_says_5_of_6_accepted_text_refuses.bin", Refused("expected the end of the file")),
        ("F05_gzip_zero_padded_refused.vec.gz", Read("queen")),
        ("F06_norm_overflows_f32.vec", Read("queen")),
        ("F07_escape_sequence_in_word_printed_raw.txt", Read("queen")),
        ("F08_safetensors/two_tables.safetensors", Refused("several tables: ")),
        ("F08_safetensors/vocab_bom.safetensors", Read("")),
    ];
    for (name, outcome) in cases {
        let word = if name.contains("vocab_bom") {
            first_word(&case("F08_safetensors/vocab_bom.vocab.txt"))
        } else {
            "king".into()
        };
        let line = if name.starts_with("F02") { ":sets".to_owned() } else { format!(":nn {word}") };
        let output = shinso(home.path(), &["embed", "--vectors", &case(name), &line]);
        check(name, &output, &outcome);
    }
    let output = shinso(home.path(), &["embed", "--vectors", &case("F06_norm_overflows_f32.vec"), "|king|"]);
    check("F06, the length", &output, &Read("|king| = 6.0e38"));
    let output = fed(home.path(), &["embed"], &std::fs::read(case("F01_bom_on_standard_input.txt")).unwrap());
    check("F01, standard input", &output, &Read("queen"));
    for (name, part) in [
        ("F17_4000_hyphenated_parts_cubic_time.txt", "too long: expected at most 4096"),
        ("F17_uuid_list_joined_by_dashes_7KB_6s.txt", "no word `3f2504e0` here"),
    ] {
        let output = fed(home.path(), &["embed"], &std::fs::read(case(name)).unwrap());
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(said(&output).contains(part), "{name}: {}", said(&output));
    }
    let sum = vec!["king"; 20_000].join(" + ");
    let output = fed(home.path(), &["embed"], sum.as_bytes());
    assert!(said(&output).contains("too long: expected at most 4096"), "a sum of 20,000 terms");
}

fn first_word(vocabulary: &str) -> String {
    let text = std::fs::read_to_string(vocabulary).unwrap();
    text.trim_start_matches('\u{feff}').lines().next().unwrap().to_owned()
}

/// The words that a run on a text has in its vocabulary.
fn learned(home: &Path, file: &str) -> Result<BTreeSet<String>, Output> {
    let knobs = ["--set", "epochs=1", "--set", "dimension=4", "--set", "min_count=1"];
    let output = shinso(home, &[&["train", "word2vec", "--corpus", file, "--json"], &knobs[..]].concat());
    if output.status.code() != Some(0) {
        return Err(output);
    }
    let to = home.join(format!("export-{}", std::fs::read_dir(home).unwrap().count()));
    let output = shinso(home, &["runs", "export", "last", "--to", to.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // What we write we read.
    let vectors = to.join("vectors.bin");
    let output = shinso(home, &["embed", "--vectors", vectors.to_str().unwrap(), ":sets"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = std::fs::read_to_string(to.join("vectors.txt")).unwrap();
    Ok(text.lines().skip(1).map(|line| line.split(' ').next().unwrap().to_owned()).collect())
}

#[test]
fn texts_to_learn_from_have_their_right_outcomes() {
    let home = tempfile::tempdir().unwrap();
    for (name, part) in [
        ("F09_corpus_latin1_french_trained_as_garbage.txt", "looks like windows-1252"),
        ("F09_corpus_shift_jis_aozora_trained_as_garbage.txt", "looks like Shift_JIS"),
    ] {
        let output = learned(home.path(), &case(name)).unwrap_err();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(err.contains(part) && err.trim_end().lines().count() == 1, "{name}: {err}");
    }
    for (name, has, has_not) in [
        ("F10_corpus_gzip_trained_as_garbage.txt.gz", &["the"][..], &["\u{fffd}"][..]),
        ("F11_corpus_hindi_words_split_at_marks.txt", &["हिन्दी", "विकिपीडिया"], &["ह", "न"]),
        ("F11_corpus_nfd_french_words_split_at_marks.txt", &["café", "résumé", "forêt"], &["cafe", "re", "e"]),
        (
            "F11_corpus_nfd_japanese_unspaced_words_split_at_marks.txt",
            &["東京", "ガム", "パン"],
            &["カ", "ハ", "\u{3099}"],
        ),
        ("F11_corpus_soft_hyphen_words_split_at_marks.txt", &[], &["\u{ad}"]),
        ("F11_corpus_vietnamese_nfd_words_split_at_marks.txt", &["tiếng", "việt"], &["e"]),
        ("F12_corpus_underscore_phrases_split.txt", &["new_york", "big_city", "jazz_music"], &["york"]),
        ("F14_corpus_word_of_5000_letters_export_cannot_be_read_back.txt", &[], &[]),
        ("F15_corpus_halfwidth_fullwidth_not_folded.txt", &["ガス", "abc", "123"], &["ｶﾞｽ", "ａｂｃ"]),
    ] {
        let words = learned(home.path(), &case(name)).unwrap_or_else(|output| panic!("{name}: {}", said(&output)));
        let missing: Vec<_> = has.iter().filter(|word| !words.contains(**word)).collect();
        let wrong: Vec<_> = has_not.iter().filter(|word| words.contains(**word)).collect();
        assert!(missing.is_empty() && wrong.is_empty(), "{name}: {missing:?} {wrong:?} {words:?}");
    }
    // Files of the same kinds: each is named, none is trained on.
    let own = |name: &str, bytes: &[u8]| {
        let path = home.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let utf16: Vec<u8> = "\u{feff}two words and two words".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf32: Vec<u8> = "\u{feff}two words".chars().flat_map(|letter| (letter as u32).to_le_bytes()).collect();
    for (name, bytes, part) in [
        ("a.zip", &b"PK\x03\x04\x14\0"[..], "a zip archive"),
        ("a.bz2", b"BZh91AY&SY\xff\xff", "a bzip2 file"),
        ("a.xz", b"\xfd7zXZ\0\0", "an xz file"),
        ("a.zst", b"\x28\xb5\x2f\xfd\x04", "a Zstandard file"),
        ("a.npy", b"\x93NUMPY\x01\0", "a NumPy array"),
        ("a.bin", b"\xba\x16\x4f\x2f\x0c\0\0\0", "a fastText model"),
        ("a.elf", b"\x7fELF\x02\x01\x01\0", "a program (ELF)"),
        ("a.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF document"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0", "a PNG image"),
        ("a.sqlite", b"SQLite format 3\0\x10", "an SQLite database"),
        ("a.gguf", b"GGUF\x03\0\0\0", "a GGUF model"),
        ("a.parquet", b"PAR1\x15\x04\x15\0", "a Parquet file"),
        ("a.utf16", &utf16, "UTF-16"),
        ("a.utf32", &utf32, "UTF-32"),
        ("a.nul", b"some words\0and more", "line 1, byte 11 is NUL"),
        ("a.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b", "expected a whole gzip file"),
        ("a.empty", b"", "empty; expected a text"),
        ("a.mark", b"\xef\xbb\xbf", "empty; expected a text"),
    ] {
        let output = learned(home.path(), &own(name, bytes)).unwrap_err();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(err.contains(part) && err.trim_end().lines().count() == 1, "{name}: {err}");
    }
}

#[test]
fn pipes_devices_and_folders_hold_nothing_up() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name).display().to_string();
    let made = Command::new("mkfifo").arg(at("pipe")).status().unwrap();
    assert!(made.success());
    symlink("/dev/zero", at("zero")).unwrap();
    symlink(at("loop"), at("loop")).unwrap();
    let kinds = [("pipe", "a named pipe"), ("zero", "a device"), ("loop", "leads back to itself"), (".", "a folder")];
    for (name, part) in kinds {
        let path = at(name);
        for arguments in [
            &["embed", "--vectors", &path, "king"][..],
            &["embed", "--analogies", &path],
            &["embed", &format!(":load {path}")],
            &["embed", &format!(":analogies {path}")],
            &["train", "word2vec", "--corpus", &path, "--json"],
            &["train", "gpt", "--corpus", &path, "--json"],
            &["train", "seq2seq", "--data", &path, "--json"],
            &["train", "gridworld", "--data", &path, "--json"],
            &["ask", "classifier", "read", "--set", &format!("picture={path}")],
            &["labs", "check", &path],
        ] {
            // A folder of labs is what is checked.
            if arguments[0] == "labs" && name == "." {
                continue;
            }
            let output = shinso(home.path(), arguments);
            assert!(said(&output).contains(part), "{arguments:?}: {}", said(&output));
            assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        }
    }
    // In the folder of a person's labs, and as the lock of the cache.
    std::fs::create_dir_all(home.path().join("config/labs")).unwrap();
    Command::new("mkfifo").arg(home.path().join("config/labs/a.yaml")).status().unwrap();
    let output = shinso(home.path(), &["labs", "list"]);
    assert!(said(&output).contains("vae"), "{}", said(&output));
    let output = shinso(home.path(), &["labs", "check"]);
    assert!(said(&output).contains("a named pipe; expected a lab in YAML"), "{}", said(&output));
}

/// A process that serves somebody without an account, with a folder of their own, a shared one, and secrets beside them.
struct Confined {
    folder: TempDir,
}

impl Confined {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "home/games", "shared", "other"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let secret = "king 1 2\nqueen 2 1\nsecret 3 3\n";
        for name in ["other/secret.txt", "shared/words.txt", "home/words.txt"] {
            std::fs::write(folder.path().join(name), secret).unwrap();
        }
        symlink(folder.path().join("other"), folder.path().join("home/way")).unwrap();
        Confined { folder }
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let home = self.folder.path().join("home");
        let mut child = command(&home, arguments);
        child.env("SHINSO_CONFINED", "1").env("SHINSO_SHARED", self.at("shared")).stdin(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let _ended_early = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn refuses(&self, arguments: &[&str], input: &str) {
        let output = self.run(arguments, input);
        let said = said(&output);
        let is_told = said.contains("lies outside of what can be used here") || said.contains("cannot be started here");
        assert!(is_told, "{arguments:?} {input:?}: {said}");
        assert!(!said.contains("secret 3") && !said.contains("root:"), "{said}");
    }

    /// The files outside, by name and content.
    fn outside(&self) -> Vec<(String, Vec<u8>)> {
        let files = std::fs::read_dir(self.folder.path().join("other")).unwrap().flatten();
        files.map(|file| (file.file_name().display().to_string(), std::fs::read(file.path()).unwrap())).collect()
    }
}

#[test]
fn no_door_leads_out_of_what_a_confined_process_may_use() {
    let there = Confined::new();
    let before = there.outside();
    for secret in [
        there.at("other/secret.txt"),
        there.at("home/way/secret.txt"),
        "/etc/passwd".to_owned(),
        there.at("other/none"),
    ] {
        let secret = secret.as_str();
        for line in [":load", ":analogies", ":save", ":save!"] {
            there.refuses(&["embed"], &format!("{line} {secret}{}\n", if line.contains("save") { ".txt" } else { "" }));
        }
        there.refuses(&["embed", "--vectors", secret, "king"], "");
        there.refuses(&["embed", "--analogies", secret], "");
        there.refuses(&["ask", "classifier", "read", "--set", &format!("picture={secret}")], "");
        there.refuses(&["train", "word2vec", "--corpus", secret], "");
        there.refuses(&["labs", "check", secret], "");
        there.refuses(&["--labs", secret, "labs", "list"], "");
        there.refuses(&["--weights", secret, "generate", "once"], "");
        there.refuses(&["play", "connect-four", "--agent", &format!("net:{secret}")], "");
        there.refuses(&["play", "go-9", "--save", &format!("{secret}.sgf")], "");
        there.refuses(&["match", "tic-tac-toe", "random", "random", "--log", secret], "");
        there.refuses(&["ask", "vae", "samples", "--png", secret], "");
        there.refuses(&["gtp"], &format!("loadsgf {secret}\nquit\n"));
        let orders = format!(r#"{{"order":"start","lab":"word2vec","data":"{secret}"}}"#);
        there.refuses(&["worker"], &format!("{orders}\n"));
    }
    // Other programs.
    there.refuses(&["match", "go-9", "random", &format!("gtp:touch {}", there.at("other/made"))], "");
    assert_eq!(there.outside(), before, "nothing was written outside");
    // Within, and in what is shared, all goes on.
    for words in ["home/words.txt", "shared/words.txt"] {
        let output = there.run(&["embed", "--vectors", &there.at(words), ":nn king"], "");
        assert!(said(&output).contains("queen"), "{}", said(&output));
    }
    let output = there.run(&["embed", "--vectors", "words.txt", ":nn king"], "");
    assert!(said(&output).contains("queen"), "a name begins in one's own folder: {}", said(&output));
    let output = there.run(&["embed"], "king - man + woman\n:save lines\n:save lines\n:save! lines\n");
    assert!(said(&output).contains("`:save! FILE` writes over it"), "{}", said(&output));
    assert_eq!(std::fs::read_to_string(there.at("home/lines.txt")).unwrap(), "king - man + woman\n");
}

#[test]
fn what_is_not_understood_is_refused() {
    let home = tempfile::tempdir().unwrap();
    for line in
        [":sets ; touch made", ":names all", ":save ~/.profile.sh", ":save none/file", ":include on off", ":top 3 4"]
    {
        let output = fed(home.path(), &["embed"], format!("{line}\n").as_bytes());
        assert_ne!(output.status.code(), Some(0), "{line}: {}", said(&output));
    }
    assert!(!home.path().join("made").exists());
}

#[test]
fn a_game_that_a_signal_ends_is_saved() {
    for signal in ["-TERM", "-INT", "-HUP"] {
        let home = tempfile::tempdir().unwrap();
        let arguments = ["play", "connect-four", "--agent", "random", "--save", "game.txt"];
        let mut child = command(home.path(), &arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"4\n").unwrap();
        // The answer of the other is a line that names its move.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !lines.next().unwrap().unwrap().contains("expects") {}
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        let game = std::fs::read_to_string(home.path().join("game.txt")).unwrap();
        assert!(game.contains('4'), "{game}");
        // A second game of this name is refused before it is played.
        let output = fed(home.path(), &arguments, b"4\n");
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains("game.txt: is there already; choose another name"), "{}", said(&output));
    }
}

#[test]
fn a_confined_process_is_confined_however_that_is_written() {
    let home = tempfile::tempdir().unwrap();
    for (value, confined) in [("1", true), ("true", true), ("yes ", true), ("0", false), ("", false)] {
        let mut child = command(home.path(), &["embed", "--vectors", "/etc/passwd", "root"]);
        let output = child.env("SHINSO_CONFINED", value).output().unwrap();
        assert_eq!(said(&output).contains("lies outside of what can be used here"), confined, "{value:?}");
    }
}

#[test]
fn lines_that_have_ended_and_a_signal_after_them_give_130() {
    let home = tempfile::tempdir().unwrap();
    let mut child = command(home.path(), &["--plain"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"open vae\ntrain quick epochs=500\n").unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().contains("vae-") {}
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    // What it says of the end is read, or it would wait for that.
    while lines.next().is_some_and(|line| line.is_ok()) {}
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn what_is_no_file_of_its_kind_is_named_for_what_it_looks_like() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("file").display().to_string();
    for (bytes, named) in [
        (&b"PK\x03\x04\x14\0\0\0\x08\0king"[..], "a zip archive"),
        (b"BZh91AY&SY\xff\xffking", "a bzip2 file"),
        (b"\x93NUMPY\x01\0v\0{'descr': '<f4'}", "a NumPy array"),
        (b"\xba\x16\x4f\x2f\x0c\0\0\0king", "a fastText model"),
        (b"\x7fELF\x02\x01\x01\0", "a program (ELF)"),
        (b"\xff\xfek\0i\0n\0g\0\n\0", "UTF-16"),
        (b"SQLite format 3\0king", "an SQLite database"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        for arguments in [
            &["embed", "--vectors", &path, "king"][..],
            &["embed", "--analogies", &path],
            &["train", "word2vec", "--corpus", &path],
            &["train", "seq2seq", "--corpus", &path],
            &["train", "gridworld", "--data", &path],
            &["labs", "check", &path],
        ] {
            let output = shinso(home.path(), arguments);
            assert_ne!(output.status.code(), Some(0), "{named}, {arguments:?}");
            assert!(said(&output).contains(named), "{named}, {arguments:?}: {}", said(&output));
        }
    }
}

#[test]
fn labs_are_found_under_either_ending_and_none_is_no_success() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("labs");
    std::fs::create_dir(&folder).unwrap();
    let check = || shinso(home.path(), &["labs", "check", &folder.display().to_string()]);
    let empty = check();
    assert_eq!(empty.status.code(), Some(1));
    assert!(said(&empty).contains("no lab in this folder; expected files that end in .yaml"), "{}", said(&empty));
    let lab = include_str!("../labs/07-vae.yaml");
    std::fs::write(folder.join("07-vae.yml"), format!("\u{feff}{lab}")).unwrap();
    let good = check();
    assert_eq!(good.status.code(), Some(0), "{}", said(&good));
    std::fs::write(folder.join("07-vae.yml"), lab.replacen("chapter: 2", "chapter: two", 1)).unwrap();
    let bad = check();
    assert_eq!(bad.status.code(), Some(1));
    assert!(said(&bad).contains("07-vae.yml:2:"), "{}", said(&bad));
}

#[test]
fn a_word_is_asked_for_in_any_of_its_spellings() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("v.txt").display().to_string();
    std::fs::write(&path, "café 1 0\nがっこう 0 1\ncooperate 1 1\nカタカナ 2 1\n").unwrap();
    for (asked, word) in [
        ("cafe\u{301}", "café"),
        ("CAFÉ", "café"),
        ("か\u{3099}っこう", "がっこう"),
        ("co\u{ad}operate", "cooperate"),
        ("ｶﾀｶﾅ", "カタカナ"),
    ] {
        let output = shinso(home.path(), &["embed", "--vectors", &path, &format!(":nn {asked}")]);
        assert_eq!(output.status.code(), Some(0), "{asked}: {}", said(&output));
        let other = shinso(home.path(), &["embed", "--vectors", &path, &format!("cos({asked}, {word})")]);
        let cosine = said(&other).trim().rsplit(" = ").next().and_then(|value| value.parse::<f64>().ok());
        assert!(cosine.is_some_and(|cosine| (cosine - 1.0).abs() < 1e-4), "{asked}: {}", said(&other));
    }
}

#[test]
fn blank_lines_and_nuls_behind_the_events_of_a_run_are_passed_over() {
    let home = tempfile::tempdir().unwrap();
    let run = ["train", "vae", "--set", "epochs=1", "--set", "hidden=32", "--set", "latent=2", "--set", "batch=500"];
    assert_eq!(shinso(home.path(), &run).status.code(), Some(0));
    let folder = std::fs::read_dir(home.path().join("runs")).unwrap().next().unwrap().unwrap().path();
    let events = std::fs::read(folder.join("metrics.jsonl")).unwrap();
    for (end, name) in [(&b"\n"[..], "blank"), (b"\n\n\n", "blanks"), (b"\0\0\0\0\n", "nuls")] {
        std::fs::write(folder.join("metrics.jsonl"), [&events[..], end].concat()).unwrap();
        let output = shinso(home.path(), &["runs", "export", "last", "--to", name]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
        assert!(home.path().join(name).join("metrics.csv").is_file());
        assert_eq!(shinso(home.path(), &["runs", "show", "last"]).status.code(), Some(0), "{name}");
    }
    // The events of another run, as a power loss left them.
    std::fs::copy(case("F20_metrics/blank_last_line/metrics.jsonl"), folder.join("metrics.jsonl")).unwrap();
    let output = shinso(home.path(), &["runs", "export", "last", "--to", "other"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(std::fs::read_to_string(home.path().join("other/metrics.csv")).unwrap().contains("\n1628,"));
    // What was exported is not written over unasked.
    let again = shinso(home.path(), &["runs", "export", "last", "--to", "nuls"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("already; expected another folder, or --overwrite"), "{}", said(&again));
    assert_eq!(shinso(home.path(), &["runs", "export", "last", "--to", "nuls", "--overwrite"]).status.code(), Some(0));
    // Nor is it written into the runs themselves.
    let within = shinso(home.path(), &["runs", "export", "last", "--to", "runs/x"]);
    assert!(said(&within).contains("within the folder of the runs themselves"), "{}", said(&within));
    // Depth that a reader of YAML takes long for is told at once.
    std::fs::write(folder.join("run.yaml"), format!("a: {}", "[".repeat(100_000))).unwrap();
    let listed = shinso(home.path(), &["runs", "list"]);
    assert!(said(&listed).contains("nested more than 32 deep"), "{}", said(&listed));
}
