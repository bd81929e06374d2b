use super::*;
use proptest::prelude::*;

fn failure(text: &str) -> String {
    Map::parse(text).unwrap_err().to_string()
}

#[test]
fn the_maps_of_the_program_are_read_and_written() {
    for (name, _) in MAPS {
        let map = Map::named(name);
        assert_eq!(Map::parse(&map.to_string()).unwrap(), map, "{name}");
        // The wind keeps the agent from some.
        assert_eq!(map.unreachable(), if name == "windy" { 7 } else { 0 }, "{name}");
    }
    let cliff = Map::named("cliff");
    assert_eq!((cliff.rows(), cliff.columns(), cliff.start()), (4, 12, 36));
    assert_eq!((cliff.trap, cliff.trap_leads, cliff.goal), (-100.0, TrapLeads::Back, 0.0));
}

#[test]
fn the_example_above_is_a_map() {
    let source = include_str!("../map.rs");
    let (_, rest) = source.split_once("//! ```text\n").expect("an example");
    let (example, _) = rest.split_once("//! ```\n").expect("its end");
    let text: Vec<&str> = example.lines().map(|line| line.trim_start_matches("//!").trim_start()).collect();
    // Nothing in it is marked b.
    let map = Map::parse(&text.join("\n")).unwrap();
    assert_eq!((map.rows(), map.columns(), map.wind(2), map.reward_of(3)), (2, 4, 1, 5.0));
    assert_eq!((map.step, map.goal, map.trap, map.slip), (-1.0, 10.0, -100.0, 0.2));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    assert_eq!(failure(""), "the map has no cells");
    assert_eq!(Map::parse("; a map\nstep -2 ; a move\nS.G ; cells\n; more\n...\n").unwrap().step, -2.0);
    assert_eq!(failure("step -1\n\nS..\n..\n"), "line 4 of the map: 2 cells: expected 3, as in line 3");
    assert_eq!(failure("S..\n...\n"), "no goal: expected at least one G");
    assert_eq!(failure("...\n..G\n"), "the map has no start: expected one S");
    assert_eq!(failure("S.S\n..G\n"), "line 1 of the map: a second start: there is one in line 1");
    assert_eq!(failure("S#G\n"), "no way from the start (0, 0) to the goal (0, 2) (row, column)");
    let unknown = "line 1 of the map: column 2: `?`: expected one of . # S G X or a letter from a to z";
    assert_eq!(failure("S?G\n"), unknown);
    assert_eq!(failure("SaG\n"), "line 1 of the map: `a` has no reward: expected a line `a 1` before the cells");
    assert_eq!(failure("slip 2\nSG\n"), "line 1 of the map: `2`: expected a probability from 0 to 1");
    let unknown = "line 1 of the map: unknown setting `stp`: did you mean `step`?";
    assert_eq!(failure("stp 2\nSG\n"), unknown);
    assert_eq!(failure("trap -1 down\nSG\n"), "line 1 of the map: `down`: expected `back` or `end`");
    assert_eq!(failure("step inf\nSG\n"), "line 1 of the map: `inf`: expected a reward from -1000000 to 1000000");
    assert_eq!(failure("wind 1\nSG\n"), "line 1 of the map: 1 winds: expected 2, one a column");
    assert_eq!(failure("SG\n\nSG\n"), "line 3 of the map: more after the empty line that ends the cells");
    let wide = format!("S{}G\n", ".".repeat(9_998));
    let large = "line 1 of the map: 2 rows and 10000 columns: expected at most 256 of each";
    assert_eq!(failure(&wide.repeat(2)), large);
}

#[test]
fn files_that_are_no_maps_are_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Map::open(&path)
    };
    assert_eq!(at("good", "\u{feff}step -2\r\n\r\nS.G\r\n".as_bytes()).unwrap().step, -2.0);
    assert!(at("bytes", b"S\xff\nG").unwrap_err().to_string().contains("bytes: line 1, byte 2 is no UTF-8"));
    let large = vec![b'.'; MAP.most as usize + 1];
    assert!(at("large", &large).unwrap_err().to_string().ends_with("a text file with a map of at most 1 MB"));
    assert!(Map::open(folder.path()).unwrap_err().to_string().ends_with("expected a text file with a map"));
    assert!(Map::open(&folder.path().join("none")).unwrap_err().to_string().ends_with("none: no such file"));
}

#[test]
fn an_edit_that_closes_the_way_is_refused() {
    let map = Map::parse("S.G\n").unwrap();
    let refused = map.edited(1, Edit::Put(Tile::Wall)).unwrap_err();
    assert_eq!(refused.to_string(), "no way from the start (0, 0) to the goal (0, 2) (row, column)");
    assert!(map.edited(2, Edit::Put(Tile::Goal)).is_err(), "the last goal");
    assert!(map.edited(0, Edit::Put(Tile::Wall)).is_err() && map.edited(0, Edit::Reward(1.0)).is_err());
    let moved = map.edited(1, Edit::Put(Tile::Start)).unwrap();
    assert_eq!((moved.start(), moved.tile(0)), (1, Tile::Free));
    let rich = map.edited(1, Edit::Reward(2.0)).unwrap().edited(2, Edit::Reward(5.0)).unwrap();
    assert_eq!((rich.reward_of(1), rich.reward_of(2)), (2.0, 5.0));
}

#[test]
fn wind_carries_upwards_from_the_column_that_is_left() {
    let windy = Map::named("windy");
    // From the column of wind 2 to the right: two cells up.
    assert_eq!(windy.landing(5 * 10 + 7, 1), 3 * 10 + 8);
    assert_eq!(windy.landing(6, 0), 6, "the edge stops it");
}

fn any_map() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec!['.', '.', '#', 'X', 'a', 'b', 'c', 'G', 'S']);
    let cells = (1_usize..7, 1_usize..7).prop_flat_map(move |(rows, columns)| {
        prop::collection::vec(prop::collection::vec(sign.clone(), columns), rows)
    });
    (cells, -9.0..9.0_f64, 0.0..1.0_f64).prop_map(|(cells, reward, slip)| {
        let rows: Vec<String> = cells.into_iter().map(|row| row.into_iter().collect()).collect();
        format!("a {reward}\nb -2\nc -2 end\nslip {slip}\ntrap {reward} end\n\n{}\n", rows.join("\n"))
    })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}", lines in "[SGX.#a \n0-9-]{0,80}") {
        let _ = Map::parse(&text);
        let _ = Map::parse(&lines);
    }

    #[test]
    fn what_is_written_is_read_again(text in any_map(), cell: prop::sample::Index, by in -3..3) {
        if let Ok(map) = Map::parse(&text) {
            prop_assert_eq!(&Map::parse(&map.to_string()).unwrap(), &map);
            let cell = cell.index(map.cells());
            let reward = Edit::Reward(f64::from(by));
            for edit in [Edit::Put(Tile::Wall), Edit::Put(Tile::Trap), Edit::Put(Tile::Start), reward] {
                if let Ok(edited) = map.edited(cell, edit) {
                    prop_assert_eq!(&Map::parse(&edited.to_string()).unwrap(), &edited);
                }
            }
        }
    }
}
