//! Imports run one way: from a folder to one below it in the order, and never round in a circle. This test reads the
//! sources, as the compiler would let any module import any other.

#[path = "arrows/imports.rs"]
mod imports;

use imports::{Arrow, arrows};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The folders and files of `src/`, lowest first. What stands in one row does not import each other.
const ORDER: &[&[&str]] = &[
    &["tensor", "experiment", "folders", "exit", "width"],
    &["printer"],
    &["intake"],
    &["markdown", "nn", "data"],
    &["reinforcement", "generative", "attention"],
    &["bench"],
    &["registry"],
    &["run", "lab"],
    &["environment"],
    &["class"],
    &["tui"],
    &["serve"],
    &["command_line"],
    &["main"],
];

const CHAPTERS: [&str; 3] = ["reinforcement", "generative", "attention"];

/// Files and folders of chapters that are labs; they do not import each other either.
const LABS: [&str; 19] = [
    "board_game",
    "self_play",
    "walker",
    "gridworld",
    "autoencoder",
    "cyclegan",
    "diffusion",
    "gan",
    "kl",
    "vae",
    "alignment",
    "embeddings",
    "word2vec",
    "seq2seq",
    "transformer",
    "gpt",
    "rlhf",
    "hallucination",
    "xai",
];

/// An arrow that should not be there: the file, what it imports, and why it still does.
type Exception = (&'static str, &'static str, &'static str);

const EXCEPTIONS: &[Exception] = &[
    ("src/tensor/element.rs", "tensor::pool", "a static of each element type can only be had from its trait"),
    (
        "src/tensor/element.rs",
        "tensor::direct",
        "how windows are multiplied in vector registers depends on the element type",
    ),
    ("src/tensor/element.rs", "tensor::tape", "a static of each element type can only be had from its trait"),
];

/// What is wrong with the imports of some sources, each with its place and what to do.
fn faults(sources: &[(String, String)], exceptions: &[Exception]) -> Vec<String> {
    let excepted = |arrow: &Arrow, (file, to, _): &Exception| {
        arrow.file == *file && format!("{}::", arrow.to.join("::")).starts_with(&format!("{to}::"))
    };
    let all = arrows(sources);
    let (known, arrows): (Vec<_>, Vec<_>) =
        all.iter().partition(|arrow| exceptions.iter().any(|exception| excepted(arrow, exception)));
    let mut found = BTreeSet::new();
    for exception in exceptions.iter().filter(|exception| !known.iter().any(|arrow| excepted(arrow, exception))) {
        found.insert(format!("{} imports {} no longer: take it off EXCEPTIONS", exception.0, exception.1));
    }
    for arrow in &arrows {
        found.extend(against_the_order(arrow).map(|fault| format!("{}:{}: {fault}", arrow.file, arrow.line)));
    }
    found.extend(circles(&arrows));
    found.into_iter().collect()
}

fn row(folder: &str) -> Option<usize> {
    ORDER.iter().position(|row| row.contains(&folder))
}

/// Why an arrow between two folders of `src/` may not be.
fn against_the_order(arrow: &Arrow) -> Option<String> {
    let (from, to) = (arrow.from.first()?, arrow.to.first()?);
    let (Some(low), Some(high)) = (row(from), row(to)) else {
        return Some(format!("{from} → {to}: give both a place in ORDER of tests/arrows.rs"));
    };
    if from == to && CHAPTERS.contains(&from.as_str()) {
        let (from, to) = (arrow.from.get(1)?, arrow.to.get(1)?);
        let are_labs = from != to && LABS.contains(&from.as_str()) && LABS.contains(&to.as_str());
        return are_labs
            .then(|| format!("lab {from} imports lab {to}: move what both need to nn/, data/ or a shared file"));
    }
    if from == to || high < low {
        return None;
    }
    if CHAPTERS.contains(&from.as_str()) && CHAPTERS.contains(&to.as_str()) {
        return Some(format!("chapter {from} imports chapter {to}: move what both need to nn/ or data/"));
    }
    Some(format!("{from} → {to} goes up: move what {from} needs to a folder below both"))
}

/// The arrows between the children of one folder that lead back to where they began.
fn circles(arrows: &[&Arrow]) -> Vec<String> {
    let mut folders: BTreeMap<&[String], BTreeMap<(&str, &str), &Arrow>> = BTreeMap::new();
    for arrow in arrows {
        let depth = arrow.from.iter().zip(&arrow.to).take_while(|(from, to)| from == to).count();
        let ends = (arrow.from[depth].as_str(), arrow.to[depth].as_str());
        folders.entry(&arrow.from[..depth]).or_default().entry(ends).or_insert(arrow);
    }
    let mut found = Vec::new();
    for (folder, between) in folders {
        for ((from, to), arrow) in &between {
            let Some(back) = way(&between, to, from) else { continue };
            let place = std::iter::once("src").chain(folder.iter().map(String::as_str)).collect::<Vec<_>>().join("/");
            found.push(format!(
                "{}:{}: {from} → {} is a circle in {place}: move what they share to a file that imports none of them",
                arrow.file,
                arrow.line,
                back.join(" → "),
            ));
        }
    }
    found
}

/// The shortest way along arrows, both ends included.
fn way<'a>(between: &BTreeMap<(&'a str, &'a str), &Arrow>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![from]];
    let mut seen = BTreeSet::from([from]);
    let mut next = 0;
    while let Some(way) = ways.get(next).cloned() {
        let last = *way.last().expect("a way has a beginning");
        if last == to {
            return Some(way);
        }
        for (_, onward) in between.keys().filter(|(from, _)| *from == last) {
            if seen.insert(onward) {
                ways.push([way.clone(), vec![*onward]].concat());
            }
        }
        next += 1;
    }
    None
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("a path in the crate");
            found.push((name.display().to_string(), std::fs::read_to_string(&path).expect("a source")));
        }
    }
}

#[test]
fn imports_run_one_way_only() {
    let mut read = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut read);
    assert!(read.len() > 100, "the sources are found");
    let faults = faults(&read, EXCEPTIONS);
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_map_of_the_crate_is_in_the_order() {
    let map = include_str!("../src/lib.rs").lines().filter_map(|line| line.strip_prefix("//! * [`")?.split('`').next());
    let rows: Vec<usize> = map.map(|folder| row(folder).unwrap_or_else(|| panic!("{folder} has no row"))).collect();
    assert!(rows.is_sorted(), "{rows:?}");
    let modules = include_str!("../src/lib.rs").lines().filter(|line| line.starts_with("pub mod ")).count();
    assert_eq!(rows.len(), modules, "every folder has its line");
}

/// What is wrong with made-up sources: pairs of a name and a text.
fn faults_of<const N: usize>(sources: [(&str, &str); N], exceptions: &[Exception]) -> Vec<String> {
    faults(&sources.map(|(name, text)| (name.to_owned(), text.to_owned())), exceptions)
}

#[test]
fn arrows_down_and_between_a_folder_and_its_own_files_are_right() {
    let sources = [
        ("src/nn/mod.rs", "mod adam;\npub use adam::Adam;\npub struct Rate;"),
        ("src/nn/adam.rs", "use super::Rate;\nuse crate::tensor::{self, Tensor};\nuse ndarray::Array;"),
        ("src/tensor/mod.rs", "// use crate::tui::App;\nconst A: &str = \"crate::tui::App\"; const B: char = '\"';"),
        ("src/tui/mod.rs", "use crate::nn::Adam;\nfn first<'a>() -> &'a crate::tensor::Tensor { loop {} }"),
    ];
    assert_eq!(faults_of(sources, &[]), [""; 0]);
}

#[test]
fn an_arrow_up_is_found_in_uses_groups_and_paths() {
    let nn =
        "use std::fmt;\nuse crate::{\n    data::Digits,\n    lab::{self, Catalogue},\n};\nfn a() { crate::tui::run() }";
    let sources = [("src/nn/adam.rs", nn), ("src/data/mod.rs", ""), ("src/lab/mod.rs", ""), ("src/tui/mod.rs", "")];
    let expected = [
        "src/nn/adam.rs:3: nn → data goes up: move what nn needs to a folder below both",
        "src/nn/adam.rs:4: nn → lab goes up: move what nn needs to a folder below both",
        "src/nn/adam.rs:6: nn → tui goes up: move what nn needs to a folder below both",
    ];
    assert_eq!(faults_of(sources, &[]), expected);
    assert_eq!(faults_of([("src/misc.rs", "use crate::tensor;"), ("src/tensor/mod.rs", "")], &[]).len(), 1);
}

#[test]
fn chapters_and_labs_import_no_other() {
    let sources = [
        ("src/attention/embeddings/mod.rs", "use crate::generative::digits::unanswered;"),
        ("src/generative/digits.rs", ""),
        ("src/generative/gan.rs", "use super::digits::SIDE;\nfn noise() { super::vae::noise() }"),
        ("src/generative/vae.rs", ""),
    ];
    let expected = [
        "src/attention/embeddings/mod.rs:1: chapter attention imports chapter generative: move what both need to nn/ or data/",
        "src/generative/gan.rs:2: lab gan imports lab vae: move what both need to nn/, data/ or a shared file",
    ];
    assert_eq!(faults_of(sources, &[]), expected);
}

#[test]
fn circles_of_files_and_of_folders_are_found_through_names_passed_on() {
    let files = [
        ("src/run/mod.rs", "mod metrics;\nmod store;\npub use store::RunError as Error;"),
        ("src/run/metrics.rs", "use super::Error;"),
        ("src/run/store.rs", "use super::metrics;"),
    ];
    let expected = [
        "src/run/metrics.rs:1: metrics → store → metrics is a circle in src/run: move what they share to a file that imports none of them",
        "src/run/store.rs:1: store → metrics → store is a circle in src/run: move what they share to a file that imports none of them",
    ];
    assert_eq!(faults_of(files, &[]), expected);
    let folders = [
        ("src/tui/screens/lab.rs", "use crate::tui::widgets::frame::Frame;"),
        ("src/tui/widgets/frame.rs", ""),
        ("src/tui/widgets/chart.rs", "use super::super::keys::Key;"),
        ("src/tui/keys.rs", "use crate::tui::screens::lab::*;"),
    ];
    assert_eq!(faults_of(folders, &[]).len(), 3);
}

#[test]
fn tests_may_import_what_they_like() {
    let sources = [
        ("src/nn/mod.rs", "#[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod inside { fn a() {} use crate::tui::App; }"),
        ("src/nn/tests.rs", "use crate::tui::App;"),
        ("src/tui/mod.rs", ""),
    ];
    assert_eq!(faults_of(sources, &[]), [""; 0]);
}

#[test]
fn an_exception_is_allowed_and_struck_off_when_it_is_no_longer_needed() {
    let exceptions = [("src/nn/mod.rs", "tui", "for now")];
    let tui = ("src/tui/mod.rs", "");
    assert_eq!(faults_of([("src/nn/mod.rs", "use crate::tui::App;"), tui], &exceptions), [""; 0]);
    let gone = faults_of([("src/nn/mod.rs", ""), tui], &exceptions);
    assert_eq!(gone, ["src/nn/mod.rs imports tui no longer: take it off EXCEPTIONS"]);
}
