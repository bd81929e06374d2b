//! Games that other programs wrote are read as those programs read them, and are read back as we write them. The corpora and what was
//! read in them are made by `tests/differential/make.py` (python-chess, cshogi, sgfmill); `DIFFERENTIAL_CORPUS` names another folder of
//! the same form.

use shinso::data::records;
use shinso::reinforcement::games::{self, AnyGame, Chess, Game, Side};
use shinso::reinforcement::protocol::files;
use shinso::reinforcement::protocol::record::Record;
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    std::env::var_os("DIFFERENTIAL_CORPUS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential")), PathBuf::from)
}

/// The moves of a record as the other programs name them.
fn names(record: &Record) -> Vec<String> {
    let positions = record.positions();
    let moves = positions.iter().zip(&record.moves);
    let name = |(position, chosen): (&AnyGame, &games::Move)| match position {
        AnyGame::Go(game) => {
            format!("{} {}", if game.turn() == Side::First { 'b' } else { 'w' }, game.name(*chosen))
        }
        other => other.name(*chosen),
    };
    moves.map(name).collect()
}

fn agrees(kind: &str) {
    let like = AnyGame::start(if kind == "sgf" { "go-9" } else { "chess" }).unwrap();
    let mut count = 0;
    for entry in fs::read_dir(folder().join(kind)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != kind) {
            continue;
        }
        let shown = path.display();
        let text = records::decoded(&fs::read(&path).unwrap()).unwrap().text;
        let record = files::read(&text, &like).unwrap_or_else(|why| panic!("{shown}: {why}"));
        let expected = fs::read_to_string(format!("{shown}.moves")).unwrap();
        assert_eq!(names(&record), expected.split_terminator('\n').collect::<Vec<_>>(), "{shown}");
        let players = [record.players[0].as_str(), record.players[1].as_str()];
        for extension in ["", "ki2", "csa"] {
            let (text, _) =
                files::write_as(extension, &record.start, &record.moves, players, record.outcome, record.ended);
            let again = files::read(&text, &like).unwrap_or_else(|why| panic!("{shown} {extension}: {why}\n{text}"));
            assert_eq!(again.moves, record.moves, "{shown} {extension}");
            assert_eq!(again.outcome, record.outcome, "{shown} {extension}");
            assert_eq!(again.players, record.players, "{shown} {extension}");
        }
        count += 1;
    }
    println!("{kind}: {count} games");
    assert!(count >= 6, "{kind}: only {count} games");
}

#[test]
fn pgn_is_read_as_by_python_chess() {
    agrees("pgn");
}

#[test]
fn kif_is_read_as_by_cshogi() {
    agrees("kif");
}

#[test]
fn ki2_is_read_as_it_was_written_by_cshogi() {
    agrees("ki2");
}

#[test]
fn csa_is_read_as_by_cshogi() {
    agrees("csa");
}

#[test]
fn sgf_is_read_as_by_sgfmill() {
    agrees("sgf");
}

#[test]
fn lines_from_a_fen_are_as_many_as_is_published() {
    for line in include_str!("differential/perft.tsv").lines() {
        let [fen, depth, lines] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let position = Chess::default().at(fen).unwrap();
        assert_eq!(games::perft(&position, depth.parse().unwrap()), lines.parse::<u64>().unwrap(), "{fen}");
    }
}
