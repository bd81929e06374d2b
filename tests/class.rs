//! What an instructor does with the answers of a class, through the real binary.

#[path = "support/program.rs"]
mod program;

use program::{said, shinso};
use shinso::class::accounts;
use shinso::lab::Progress;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

const SOLVED: &str = "2026-11-20T09:30:15.25Z";

/// The folder of a server with some accounts.
struct Class {
    home: TempDir,
}

impl Class {
    fn new(accounts: &[&str]) -> Self {
        let class = Class { home: tempfile::tempdir().unwrap() };
        accounts.iter().for_each(|account| drop(class.progress(account)));
        class
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("serve")
    }

    /// What the server keeps of an account.
    fn progress(&self, account: &str) -> Progress {
        fs::create_dir_all(self.home_of(account)).unwrap();
        Progress::of(accounts::open_progress(&self.folder()).unwrap(), account)
    }

    fn home_of(&self, account: &str) -> PathBuf {
        self.folder().join("accounts").join(account)
    }

    /// The file of a session that cannot come to the server, or of an earlier version.
    fn left(&self, account: &str) -> PathBuf {
        self.home_of(account).join("shinso.sqlite")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        shinso(self.home.path(), &[&["class"], arguments].concat())
    }

    /// The rows of a table that is printed or was written, by the names of its columns.
    fn rows(&self, arguments: &[&str]) -> Vec<BTreeMap<String, String>> {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        table(&output.stdout)
    }
}

fn table(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    reader.deserialize().map(Result::unwrap).collect()
}

fn read(path: &Path) -> Vec<BTreeMap<String, String>> {
    table(&fs::read(path).unwrap())
}

/// The row of an exercise of an account.
fn row<'a>(rows: &'a [BTreeMap<String, String>], account: &str, exercise: &str) -> &'a BTreeMap<String, String> {
    rows.iter().find(|row| row["account"] == account && row["exercise"] == exercise).unwrap()
}

/// Exercises of the lab vae by the kind of their check.
fn exercise(kind: &str) -> String {
    let labs = shinso::lab::Catalogue::load(Path::new("/nowhere"), None);
    let lab = labs.find("vae").unwrap();
    lab.exercises.iter().find(|exercise| exercise.check.name() == kind).unwrap().id.clone()
}

#[test]
fn every_exercise_of_every_account_has_a_row() {
    let class = Class::new(&["ben"]);
    let anna = class.progress("anna");
    let [choice, number, text, series] = ["choice", "number", "free_text", "series"].map(exercise);
    anna.attempt("vae", &choice, "7", None).unwrap();
    anna.attempt("vae", &choice, "1", Some(SOLVED)).unwrap();
    anna.attempt("vae", &number, "-3.5", None).unwrap();
    anna.set_hints("vae", &number, 1).unwrap();
    anna.attempt("vae", &text, "=HYPERLINK(\"http://a.example\",\"答え\")\nand, \u{1b}[2J", Some(SOLVED)).unwrap();
    anna.attempt("vae", &series, "val/elbo = -104.2 at step 1200", Some(SOLVED)).unwrap();
    class.progress("ben").set_draft("vae", &text, "not finished").unwrap();
    // Anna's program stays open, as in a session.
    let rows = class.rows(&["export", "--lab", "vae"]);
    let labs = shinso::lab::Catalogue::load(Path::new("/nowhere"), None);
    assert_eq!(rows.len(), 2 * labs.find("vae").unwrap().exercises.len());
    let columns = |row: &BTreeMap<String, String>, names: &[&str]| {
        names.iter().map(|name| row[*name].clone()).collect::<Vec<_>>().join("|")
    };
    let judged = ["attempts", "hints", "status", "timestamp", "score", "max_score", "origin"];
    let of = |account: &str, exercise: &str| columns(row(&rows, account, exercise), &judged);
    assert_eq!(of("anna", &choice), "2|0|met|2026-11-20T09:30:15Z|1|1|here");
    assert_eq!(of("anna", &number), "1|1|not met||0|1|here");
    assert_eq!(of("anna", &text), "1|0|not decided|2026-11-20T09:30:15Z|||here");
    assert_eq!(of("ben", &text), "0|0|not tried||||here");
    assert_eq!(of("ben", &choice), "0|0|not tried||0|1|");
    let answer = |account: &str, exercise: &str| row(&rows, account, exercise)["answer"].as_str();
    assert!(answer("anna", &choice).starts_with("2: "), "{}", answer("anna", &choice));
    assert_eq!(answer("anna", &number), "-3.5");
    assert_eq!(answer("anna", &text), "'=HYPERLINK(\"http://a.example\",\"答え\")\nand, ␛[2J");
    assert_eq!(answer("anna", &series), "val/elbo = -104.2 at step 1200");
    assert_eq!(answer("ben", &text), "", "a draft is the student's own");
    assert_eq!(
        columns(row(&rows, "anna", &text), &["lab", "lab_title", "check"]),
        "vae|Variational autoencoder|free_text"
    );
    let japanese = class.rows(&["--lang", "ja", "export", "--lab", "vae"]);
    assert_ne!(japanese[0]["exercise_title"], rows[0]["exercise_title"]);
    // Nothing was changed by all this.
    anna.attempt("vae", &number, "2", Some(SOLVED)).unwrap();
    assert_eq!(row(&class.rows(&["export", "--lab", "vae"]), "anna", &number)["status"], "met");
}

#[test]
fn files_are_written_and_not_written_over_unasked() {
    let class = Class::new(&["ben", "anna"]);
    let choice = exercise("choice");
    class.progress("anna").attempt("vae", &choice, "1", Some(SOLVED)).unwrap();
    let [long, wide] = ["long.csv", "wide.csv"].map(|name| class.home.path().join(name));
    let written = ["export", "--long", "long.csv", "--wide", "wide.csv", "--bom", "--lab", "vae", "gan"];
    let output = class.run(&written);
    assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), ""));
    assert!(fs::read(&wide).unwrap().starts_with(b"\xef\xbb\xbfstudent_id,name,last_name,first_name,account,"));
    assert!(read(&long).iter().any(|row| row["lab"] == "gan" && row["status"] == "not tried"));
    let rows = read(&wide);
    let accounts: Vec<_> = rows.iter().map(|row| row["account"].as_str()).collect();
    assert_eq!(accounts, ["anna", "ben"]);
    let column = format!("vae/{choice}");
    assert_eq!([&rows[0], &rows[1]].map(|row| row[&column].as_str()), ["met", "not tried"]);
    assert_eq!([&rows[0], &rows[1]].map(|row| row["vae score"].as_str()), ["1", "0"]);
    assert_eq!(rows[0]["score"], "1");
    let most = |name: &str| rows[0][name].parse::<u32>().unwrap();
    assert_eq!(most("vae max_score") + most("gan max_score"), most("max_score"));
    let again = class.run(&written);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        said(&again).contains("long.csv: is there already; choose another name, or --overwrite"),
        "{}",
        said(&again)
    );
    assert_eq!(class.run(&[&written[..], &["--overwrite"]].concat()).status.code(), Some(0));
    for (arguments, told) in [
        (&["export", "--long", "a.txt"][..], "expected a name that ends in .csv"),
        (&["export", "--lab", "vea"], "did you mean `vae`?"),
        (&["export", "--folder", "nowhere"], "expected the folder of a server"),
    ] {
        let output = class.run(arguments);
        assert_ne!(output.status.code(), Some(0));
        assert!(said(&output).contains(told), "{}", said(&output));
    }
}

#[test]
fn an_account_that_cannot_be_read_is_named_and_the_others_go_on() {
    let class = Class::new(&["anna", "carl", "dora"]);
    fs::create_dir(class.home_of("ben")).unwrap();
    fs::write(class.left("ben"), "a text of some length, and no database at all: nobody can read this").unwrap();
    let later = rusqlite::Connection::open(class.left("carl")).unwrap();
    later.pragma_update(None, "user_version", 99).unwrap();
    drop(later);
    let output = class.run(&["export", "--lab", "vae"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(errors.lines().count(), 3, "{errors}");
    let lines: Vec<_> = errors.lines().collect();
    assert!(lines[0].starts_with("ben: ") && lines[0].contains("the file is damaged"), "{errors}");
    assert!(lines[1].starts_with("carl: ") && lines[1].contains("written by a later shinso (version 99"), "{errors}");
    assert!(lines[2].contains("2 accounts could not be read"), "{errors}");
    let rows = table(&output.stdout);
    assert!(rows.iter().any(|row| row["account"] == "anna") && rows.iter().any(|row| row["account"] == "dora"));
    assert!(rows.iter().all(|row| row["account"] != "ben" && row["account"] != "carl"));
    assert!(fs::read_to_string(class.left("ben")).unwrap().starts_with("a text"), "it stays as it was");
}

#[test]
fn students_of_the_roster_come_in_its_order_with_those_who_never_came() {
    let class = Class::new(&["anna", "ben", "zoe", "eve"]);
    let choice = exercise("choice");
    class.progress("ben").attempt("vae", &choice, "1", Some(SOLVED)).unwrap();
    class.progress("zoe").attempt("vae", &choice, "1", Some("2026-12-01T12:00:00Z")).unwrap();
    let roster = "id,last_name,first_name,account\r\nS3,佐藤,花子,\r\nS1,山田,太郎,anna\r\nS2,Ito,\"-Ken, jr.\",\r\nS4,Mori,Yu,nobody\r\n";
    fs::write(class.home.path().join("roster.csv"), encoding_rs::SHIFT_JIS.encode(roster).0).unwrap();
    let deadlines = format!("lab,exercise,deadline\nvae,*,2026-11-25 12:00\nvae,{choice},2026-12-01T20:59:59+09:00\n");
    fs::write(class.home.path().join("deadlines.csv"), deadlines).unwrap();
    // Typed by the students; eve wants to be anna.
    fs::create_dir(class.folder().join("ids")).unwrap();
    for (account, id) in [("ben", "ｓ３"), ("zoe", "S9"), ("eve", "S1")] {
        fs::write(class.folder().join("ids").join(account), format!("{id}\n")).unwrap();
    }
    let options = ["--lab", "vae", "--roster", "roster.csv", "--deadlines", "deadlines.csv"];
    let output = class.run(&[&["export", "--wide", "wide"], &options[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let notes = said(&output);
    assert!(notes.contains("roster.csv: read as Shift_JIS"), "{notes}");
    assert!(notes.contains("eve: claims the ID S1, which the roster gives to the account anna"), "{notes}");
    let column = format!("vae/{choice}");
    let who = |row: &BTreeMap<String, String>| {
        let names = ["student_id", "last_name", "first_name", "account", &column, "score"];
        names.map(|name| row[name].clone()).join("|")
    };
    let rows: Vec<_> = read(&class.home.path().join("wide.csv")).iter().map(who).collect();
    let expected = [
        "S3|佐藤|花子|ben|met|1",
        "S1|山田|太郎|anna|not tried|0",
        "S2|Ito|'-Ken, jr.||not tried|0",
        "S4|Mori|Yu|nobody|not tried|0",
        "|||eve|not tried|0",
        "S9|||zoe|late|1",
    ];
    assert_eq!(rows, expected);
    let long = class.rows(&[&["export"], &options[..]].concat());
    let due = |account: &str, exercise: &str| row(&long, account, exercise)["duedate"].clone();
    assert_eq!(due("zoe", &choice), "2026-12-01T11:59:59Z");
    assert!(due("zoe", &exercise("number")).starts_with("2026-11-2"));
    for (option, text, told) in [
        ("--roster", "name\nAnna\n", "bad.csv:1: no column for the ID"),
        ("--deadlines", "lab,deadline\nvae,soon\n", "bad.csv:2: `soon` is no time"),
    ] {
        fs::write(class.home.path().join("bad.csv"), text).unwrap();
        let output = class.run(&["export", option, "bad.csv"]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        assert!(said(&output).contains(told) && said(&output).lines().count() == 1, "{}", said(&output));
    }
}

#[test]
fn a_file_that_was_handed_in_is_taken_and_marked() {
    let class = Class::new(&["anna"]);
    let laptop = tempfile::tempdir().unwrap();
    let empty = shinso(laptop.path(), &["hand-in", "mine"]);
    assert!(said(&empty).contains("nothing was tried yet") && empty.status.code() == Some(1), "{}", said(&empty));
    let own = Progress::open(&laptop.path().join("shinso.sqlite"));
    let [choice, number] = ["choice", "number"].map(exercise);
    own.attempt("vae", &choice, "1", Some(SOLVED)).unwrap();
    own.attempt("vae", &number, "-3.5", None).unwrap();
    let written = shinso(laptop.path(), &["hand-in", "mine"]);
    assert_eq!(said(&written), "mine.json: 2 exercises, 1 of them solved\n");
    let again = shinso(laptop.path(), &["hand-in", "mine"]);
    assert!(said(&again).contains("mine.json: is there already"), "{}", said(&again));
    assert_eq!(shinso(laptop.path(), &["hand-in", "mine", "--overwrite"]).status.code(), Some(0));
    let file = laptop.path().join("mine.json");
    let path = file.display().to_string();
    let taken = class.run(&["take", "anna", &path]);
    assert_eq!(said(&taken), "2 exercises taken in, 1 of them newly solved\n");
    let taken = class.run(&["--lang", "ja", "take", "anna", &path]);
    assert!(said(&taken).contains("2 問を受け取りました"), "{}", said(&taken));
    let rows = class.rows(&["export", "--lab", "vae"]);
    let of = |exercise: &str| ["status", "attempts", "origin"].map(|name| row(&rows, "anna", exercise)[name].as_str());
    assert_eq!(of(&choice), ["met", "1", "handed in"]);
    assert_eq!(of(&number), ["not met", "1", "handed in"]);
    let unknown = class.run(&["take", "ben", &path]);
    assert!(said(&unknown).contains("ben: nobody has logged in under this name"), "{}", said(&unknown));
    assert!(!class.home_of("ben").exists());
    assert_eq!(class.run(&["take", "ben", &path, "--new"]).status.code(), Some(0));
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(class.home_of("ben")), mode(accounts::progress(&class.folder()))), (0o700, 0o600));
    assert!(!class.left("ben").exists() && !class.left("anna").exists());
    let text = fs::read_to_string(&file).unwrap();
    for (changed, told) in [
        (text.replace("-3.5", "-3.6"), "mine.json: was cut or changed after it was written"),
        (text[..text.len() / 2].to_owned(), "mine.json: no file to hand in"),
        ("x".repeat((4 << 20) + 1), "more than 4 MB"),
    ] {
        fs::write(&file, changed).unwrap();
        let refused = class.run(&["take", "anna", &path]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(said(&refused).contains(told) && said(&refused).lines().count() == 1, "{}", said(&refused));
    }
    assert_eq!(class.rows(&["export", "--lab", "vae"]).len(), 2 * rows.len());
}

#[test]
fn what_the_server_has_not_taken_in_yet_is_exported_too_and_nothing_is_changed() {
    let class = Class::new(&["ben"]);
    let [choice, number] = ["choice", "number"].map(exercise);
    class.progress("anna").attempt("vae", &choice, "0", Some(SOLVED)).unwrap();
    let left = Progress::open(&class.left("anna"));
    left.attempt("vae", &choice, "1", Some("2026-11-21T00:00:00Z")).unwrap();
    left.attempt("vae", &number, "-3.5", None).unwrap();
    drop(left);
    let files = || {
        let names = fs::read_dir(class.folder()).unwrap().chain(fs::read_dir(class.home_of("anna")).unwrap());
        let mut files: Vec<_> =
            names.map(|entry| entry.unwrap().path()).map(|path| (fs::read(&path).ok(), path)).collect();
        files.sort();
        files
    };
    let before = files();
    let rows = class.rows(&["export", "--lab", "vae"]);
    assert_eq!(row(&rows, "anna", &choice)["timestamp"], "2026-11-20T09:30:15Z", "what was solved first stays");
    assert_eq!(row(&rows, "anna", &number)["attempts"], "1");
    assert_eq!(row(&rows, "ben", &choice)["status"], "not tried");
    assert!(files() == before, "nothing is made or changed");
    // The file of all that is damaged has nothing to export.
    fs::write(accounts::progress(&class.folder()), "this is no database, however long one looks at it").unwrap();
    let output = class.run(&["export"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(
        said(&output).contains("progress.sqlite: ") && said(&output).contains("the file is damaged"),
        "{}",
        said(&output)
    );
    assert_eq!(said(&output).lines().count(), 1);
}
