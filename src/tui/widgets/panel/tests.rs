//! Tests over all kinds of panels.

use super::{Drawn, Look, draw, draw_all, moved, room};
use crate::experiment::board::Board;
use crate::experiment::panel::{
    Bar, Cell, Curve, Curves, Format, Grid, Ground, HeatMap, Panel, Place, Pose, Poses, Token,
};
use crate::experiment::picture::{GrayImage, ImageGrid};
use crate::experiment::scene::{Label, Scene};
use crate::experiment::{Bilingual, Language};
use crate::tui::linear::in_words;
use crate::tui::theme::Theme;
use crate::tui::widgets::frame::rows_of_text;
use crate::tui::widgets::picture::{self, Pictures};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Two maps side by side under headings that each have no room in one row.
#[test]
fn long_headings_take_more_rows_and_all_of_a_map_is_seen_below_them() {
    let map = |heading: &str| {
        Panel::HeatMap(HeatMap {
            heading: Bilingual::same(heading),
            rows: ["enc 1", "enc 2", "dec 1", "cross 1", "cross 2"].map(str::to_owned).to_vec(),
            columns: ["1", "2", "3", "4"].map(str::to_owned).to_vec(),
            values: vec![0.5; 20],
            range: [0.0, 1.0],
        })
    };
    let panels = [map("nats that are lost without each head"), map("entropy of each head (nats)")];
    let (theme, mut pictures) = (Theme::dark(), pictures(true));
    let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
    let area = Rect::new(0, 0, 38, 16);
    let mut buffer = Buffer::empty(area);
    draw_all(&panels, None, None, "test", area, &mut look, &mut buffer);
    let text = rows_of_text(&buffer).collect::<Vec<_>>().join("\n");
    for part in ["nats that are lost", "without each head", "entropy of each", "(nats)"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    for row in ["cross 1", "cross 2"] {
        assert_eq!(text.matches(row).count(), 2, "{text}");
    }
}

/// Texts without letters, wide letters and long ones.
fn words(count: usize) -> Vec<String> {
    ["", "a", "深層学習", "antidisestablishmentarianism"]
        .iter()
        .cycle()
        .take(count)
        .map(|&text| text.to_owned())
        .collect()
}

fn name() -> Bilingual {
    Bilingual { en: "a heading".to_owned(), ja: "見出し".to_owned() }
}

/// One panel of each kind, of about so many parts, with these values in turn.
fn panels(count: usize, values: &[f64]) -> Vec<Panel> {
    let value = |index: usize| values[index % values.len()];
    let small = |index: usize| value(index) as f32;
    let bars: Vec<Bar> =
        words(count).into_iter().enumerate().map(|(at, name)| Bar { name, value: small(at) }).collect();
    let columns = count.clamp(1, 7);
    let four = |at: usize| [0, 1, 2, 3].map(|side| small(at + side));
    let ground =
        [Ground::Free, Ground::Wall, Ground::Start, Ground::Goal, Ground::Trap, Ground::Agent].into_iter().cycle();
    let cells = ground.take(count * columns).enumerate().map(|(at, ground)| Cell {
        ground,
        value: (at % 2 == 0).then(|| small(at)),
        policy: (at % 3 == 0).then(|| four(at)),
        action_values: (at % 5 == 0).then(|| four(at)),
        text: words(4)[at % 4].clone(),
    });
    let token = |(at, text): (usize, String)| Token {
        text,
        value: (at % 2 == 0).then(|| small(at)),
        alternatives: if at % 3 == 0 { bars.clone() } else { Vec::new() },
        marked: at % 4 == 0,
    };
    let line = |from: usize| (0..count).map(|at| value(from + at)).collect::<Vec<f64>>();
    let curve = |at: usize| Curve { name: name(), values: line(at), band: (at > 0).then(|| [line(at), line(at + 1)]) };
    let pose = |at: usize| Pose { limbs: vec![four(at)], predicted: vec![four(at + 1)], contacts: vec![[0.0, 0.0]] };
    let labels = words(count).into_iter().enumerate();
    let labels = labels.map(|(at, text)| Label { at: [small(at), small(at + 1)], text, group: at });
    let pictures = vec![GrayImage::blank(5, 7); count];
    vec![
        Panel::note(words(count).join(" ")),
        Panel::fault("王 + 王", 4, 5, "expected a word"),
        Panel::Number { name: name(), value: value(0), format: Format::Nats },
        Panel::Bars { heading: name(), bars: bars.clone(), format: Format::Percent },
        Panel::table(words(columns), vec![words(columns); count]),
        Panel::Pictures {
            heading: name(),
            images: ImageGrid::new(columns, pictures),
            captions: words(count).into_iter().map(Into::into).collect(),
        },
        Panel::plane(Scene {
            low: [-1.0, -1.0],
            high: [1.0, 1.0],
            labels: labels.collect(),
            arrows: vec![four(0); count],
            paths: vec![vec![[small(0), small(1)]; count]],
            ..Scene::default()
        }),
        Panel::HeatMap(HeatMap {
            heading: name(),
            rows: words(count),
            columns: words(columns),
            values: (0..count * columns).map(small).collect(),
            range: [small(0), small(1)],
        }),
        Panel::Curves(Curves {
            heading: name(),
            axis: name(),
            places: (0..count).map(|at| at as f64).collect(),
            curves: (0..3).map(curve).collect(),
        }),
        Panel::Tokens { heading: name(), tokens: words(count).into_iter().enumerate().map(token).collect() },
        Panel::Board { heading: name(), board: Box::new(board(columns, count)) },
        Panel::Grid(Grid {
            heading: name(),
            columns,
            cells: cells.collect(),
            range: [small(0), small(1)],
            quantity: String::new(),
        }),
        Panel::Poses(Poses {
            heading: name(),
            seconds_per_pose: 0.05,
            ground: vec![[-1.0, 0.0], [1.0, 0.0]],
            poses: (0..count).map(pose).collect(),
        }),
    ]
}

fn board(columns: usize, rows: usize) -> Board {
    Board {
        columns,
        rows,
        cells: vec![None; columns * rows],
        column_names: words(columns),
        row_names: words(rows),
        ..Board::default()
    }
}

fn pictures(color: bool) -> Pictures {
    Pictures::new(picture::Look { light: false, color, wide_ambiguous: false }, None, picture::PictureMode::HalfBlocks)
}

/// Draws a panel at a size; what stands on the screen.
fn drawn(panel: &Panel, cursor: Option<&Place>, language: Language, [width, height]: [u16; 2], color: bool) -> String {
    let (theme, mut pictures) = (Theme::dark(), pictures(color));
    let mut look = Look { theme: &theme, language, pictures: &mut pictures };
    let area = Rect { x: 0, y: 0, width, height };
    let mut buffer = Buffer::empty(area);
    let drawn = draw(panel, cursor, true, "test", area, &mut look, &mut buffer);
    for (column, row) in area.positions().map(|at| (at.x, at.y)) {
        let _ = drawn.place_at(column, row);
    }
    (0..height).map(|row| (0..width).map(|column| buffer[(column, row)].symbol()).collect::<String>() + "\n").collect()
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -2.0..2.0_f64,
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(1e300),
        1 => Just(0.0),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn no_panel_is_too_large_small_or_odd_to_draw_read_pick_and_send(
        count in 0..40_usize,
        values in proptest::collection::vec(numbers(), 1..8),
        width in 1..130_u16,
        height in 1..45_u16,
        steps in proptest::collection::vec((-1..=1_i32, -1..=1_i32), 0..6),
        color: bool,
    ) {
        let panels = panels(count, &values);
        for panel in &panels {
            let mut cursor = None;
            for &step in &steps {
                drawn(panel, cursor.as_ref(), Language::Ja, [width, height], color);
                cursor = moved(panel, cursor.as_ref(), step);
            }
            drawn(panel, cursor.as_ref(), Language::En, [width, height], color);
            let _ = room(panel, width, Language::En).least();
            in_words(panel, Language::En, true);
            in_words(panel, Language::Ja, false);
            // Not a number is not equal to itself: what is compared is written twice.
            let sent = serde_json::to_string(panel).unwrap();
            let heard: Panel = serde_json::from_str(&sent).unwrap();
            prop_assert_eq!(serde_json::to_string(&heard).unwrap(), sent);
        }
        let (theme, mut pictures) = (Theme::dark(), pictures(color));
        let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
        let area = Rect { x: 0, y: 0, width, height };
        draw_all(&panels, None, None, "test", area, &mut look, &mut Buffer::empty(area));
    }
}

#[test]
fn a_heat_map_shows_its_values_and_says_the_largest() {
    let map = Panel::HeatMap(HeatMap {
        heading: name(),
        rows: ["the", "cat"].map(str::to_owned).to_vec(),
        columns: ["the", "cat"].map(str::to_owned).to_vec(),
        values: vec![0.75, 0.25, 0.5, 0.5],
        range: [0.0, 1.0],
    });
    let screen = drawn(&map, None, Language::En, [40, 8], true);
    assert!(screen.contains("a heading") && screen.contains("0.75") && screen.contains("cat"), "{screen}");
    let lines = in_words(&map, Language::En, false);
    assert!(lines.contains("the  0.7500  0.2500") && lines.contains("Largest: the, the: 0.75"), "{lines}");
}

#[test]
fn tokens_curves_grids_and_poses_are_read_aloud_whole() {
    let all: String = panels(2, &[0.25, -1.0]).iter().map(|panel| in_words(panel, Language::En, false)).collect();
    for part in ["25.0 %", "a heading: 0.25 at", "(0, 1)", "wall", "V 0.250", "2 poses, 0.05 s apart"] {
        assert!(all.contains(part), "{part} is not in\n{all}");
    }
}

#[test]
fn panels_without_room_are_counted_and_come_into_view_when_picked() {
    let note = |text: &str| Panel::Table {
        names: vec![name()],
        rows: [text, "b", "c"].into_iter().map(|word| vec![word]).collect(),
    };
    let panels = ["first", "second", "third"].map(note);
    let shown = |picked: Option<usize>, height: u16| {
        let (theme, mut pictures) = (Theme::dark(), pictures(true));
        let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
        let area = Rect { x: 0, y: 0, width: 30, height };
        let mut buffer = Buffer::empty(area);
        let cursor = Place::Item(0);
        let drawn = draw_all(&panels, picked.map(|index| (index, &cursor)), None, "test", area, &mut look, &mut buffer);
        let text: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        (drawn.iter().map(|(index, _)| *index).collect::<Vec<_>>(), text)
    };
    assert_eq!(shown(None, 12).0, [0, 1, 2]);
    let (drawn, text) = shown(None, 9);
    assert_eq!(drawn, [0, 1]);
    assert!(text.contains("… 1 more") && !text.contains("third"), "{text}");
    let (drawn, text) = shown(Some(2), 9);
    assert_eq!(drawn, [1, 2]);
    assert!(text.contains("third") && !text.contains("first"), "{text}");
    assert_eq!(shown(Some(1), 2).0, [1]);
    assert_eq!(shown(None, 0).0, [0]);
}

#[test]
fn a_long_table_goes_with_its_cursor_and_keeps_its_names() {
    let table = |rows: usize| Panel::Table {
        names: vec![Bilingual::same("name"), Bilingual::same("value")],
        rows: (0..rows).map(|row| vec![format!("row {row}"), "x".to_owned()]).collect(),
    };
    assert_eq!(moved(&table(6), None, (0, 0)), None, "it is in sight as a whole");
    let long = table(20);
    let mut at = moved(&long, None, (0, 0));
    let shown = |at: Option<&Place>| {
        let (theme, mut pictures) = (Theme::dark(), pictures(true));
        let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
        let area = Rect { x: 0, y: 0, width: 30, height: 8 };
        let mut buffer = Buffer::empty(area);
        let drawn = draw(&long, at, true, "test", area, &mut look, &mut buffer);
        (rows_of_text(&buffer).collect::<Vec<_>>(), drawn)
    };
    let (text, drawn) = shown(at.as_ref());
    assert!(
        text[0].starts_with("name") && text[1].starts_with("row 0") && text[7].starts_with("… 14 more"),
        "{text:#?}"
    );
    assert_eq!(drawn.place_at(3, 2), Some(Place::Item(1)));
    for _ in 0..30 {
        at = moved(&long, at.as_ref(), (0, 1));
    }
    assert_eq!(at, Some(Place::Item(19)));
    let (text, _) = shown(at.as_ref());
    assert!(text[0].starts_with("name") && text[6].starts_with("row 19") && text[7].trim().is_empty(), "{text:#?}");
}

/// Four maps of 14 columns each in words, and what is below each other of them.
fn rows_of_maps(width: u16) -> Vec<usize> {
    let map = Panel::HeatMap(HeatMap {
        heading: name(),
        rows: vec!["a".to_owned(); 3],
        columns: vec!["x".to_owned(); 6],
        values: vec![0.5; 18],
        range: [0.0, 1.0],
    });
    let panels = [vec![Panel::note("above")], vec![map; 4], vec![Panel::note("below")]].concat();
    let (theme, mut pictures) = (Theme::dark(), pictures(true));
    let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
    let area = Rect::new(0, 0, width, 60);
    let drawn = draw_all(&panels, None, None, "k", area, &mut look, &mut Buffer::empty(area));
    let mut rows: Vec<u16> = drawn.iter().map(|(_, drawn)| drawn.area().y).collect();
    assert_eq!(rows.len(), 6);
    rows.dedup();
    rows.iter().map(|y| drawn.iter().filter(|(_, drawn)| drawn.area().y == *y).count()).collect()
}

/// 14 columns each and 2 between: three fit into 60, but two and two look better.
#[test]
fn heat_maps_stand_side_by_side_in_even_rows() {
    for (width, rows) in [(62, vec![1, 4, 1]), (60, vec![1, 2, 2, 1]), (30, vec![1, 2, 2, 1]), (29, vec![1; 6])] {
        assert_eq!(rows_of_maps(width), rows, "{width} columns");
    }
}

/// Two rows of ten digits with room for a few of each: the same ones are in sight, those about the cursor in one of them.
#[test]
fn rows_of_pictures_that_belong_together_are_gone_through_together() {
    let row = |count: usize| Panel::Pictures {
        heading: name(),
        images: ImageGrid::new(count, vec![GrayImage::blank(28, 28); count]),
        captions: Vec::new(),
    };
    let panels = [row(10), row(10), row(4)];
    let shown = |picked: Option<usize>| {
        let (theme, mut pictures) = (Theme::dark(), pictures(true));
        let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
        let area = Rect::new(0, 0, 50, 18);
        let cursor = Place::Item(picked.unwrap_or(0));
        let picked = picked.map(|_| (0, &cursor));
        let mut buffer = Buffer::empty(area);
        let drawn = draw_all(&panels, picked, None, "test", area, &mut look, &mut buffer);
        let seen = |area: &Rect, drawn: &Drawn| {
            let items = area.positions().filter_map(|at| drawn.place_at(at.x, at.y));
            let items = items.filter_map(|place| if let Place::Item(index) = place { Some(index) } else { None });
            items.collect::<std::collections::BTreeSet<usize>>().into_iter().collect::<Vec<_>>()
        };
        let seen: Vec<Vec<usize>> = drawn.iter().map(|(_, drawn)| seen(&drawn.area(), drawn)).collect();
        (seen, rows_of_text(&buffer).collect::<Vec<_>>().join("\n"))
    };
    let (seen, text) = shown(None);
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].len() < 10 && seen[0][0] == 0 && seen[2] == [0, 1, 2, 3], "{seen:?}");
    assert_eq!(text.matches(&format!("{} of 10", seen[0].len())).count(), 2, "{text}");
    let (seen, _) = shown(Some(9));
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].contains(&9) && !seen[0].contains(&0), "{seen:?}");
}

/// The rows of a gallery have two, eight and ten pictures: what is not in sight is scrolled to, and seen as a whole then.
#[test]
fn a_row_without_room_is_whole_once_it_is_scrolled_to() {
    let row = |count: usize| Panel::Pictures {
        heading: name(),
        images: ImageGrid::new(count, vec![GrayImage::blank(28, 28); count]),
        captions: Vec::new(),
    };
    let panels = [row(2), row(8), row(10)];
    let (theme, mut pictures) = (Theme::dark(), pictures(true));
    let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
    let area = Rect::new(0, 0, 78, 18);
    for from in 0..2 {
        let mut buffer = Buffer::empty(area);
        let drawn = draw_all(&panels, None, Some(from), "test", area, &mut look, &mut buffer);
        let below = rows_of_text(&buffer).any(|row| row.contains("more: PgDn"));
        let whole = drawn.iter().any(|(index, drawn)| *index == 2 && drawn.count() == 10);
        assert!(below != whole, "either there are more, or the last row is whole");
    }
    let drawn = draw_all(&panels, None, Some(2), "test", area, &mut look, &mut Buffer::empty(area));
    assert!(drawn.iter().any(|(index, drawn)| *index == 2 && drawn.count() == 10), "{drawn:?}");
}

/// A table below another of which not all rows have room: as many as do, not an empty area; the others are scrolled to.
#[test]
fn a_table_that_is_not_seen_whole_is_seen_in_part() {
    let table = |count: usize| {
        let row = |number: usize| vec![number.to_string(), "0.8".to_owned()];
        Panel::Table { names: vec![name(), name()], rows: (0..count).map(row).collect() }
    };
    let panels = [table(4), table(10)];
    let (theme, mut pictures) = (Theme::dark(), pictures(true));
    let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
    let area = Rect::new(0, 0, 28, 14);
    let mut shown = |from: usize| {
        let mut buffer = Buffer::empty(area);
        let drawn = draw_all(&panels, None, Some(from), "test", area, &mut look, &mut buffer);
        let counts: Vec<_> = drawn.iter().map(|(index, drawn)| (*index, drawn.count())).collect();
        (counts, rows_of_text(&buffer).last().unwrap().trim().to_owned())
    };
    // Of 14 rows the first table has 5 and the foot one; names and the number of those below take two of the other 8.
    assert_eq!(shown(0), (vec![(0, 4), (1, 6)], "… 1 more: PgDn".to_owned()));
    assert_eq!(shown(1), (vec![(1, 10)], "… 1 above: PgUp".to_owned()));
}

/// What is below a figure that moves is scrolled to while the figure has the keys.
#[test]
fn a_figure_that_moves_does_not_hold_what_is_below_it_out_of_sight() {
    let poses = Panel::Poses(Poses {
        heading: name(),
        seconds_per_pose: 0.05,
        ground: vec![[0.0, 0.0], [1.0, 0.0]],
        poses: vec![Pose::default(); 3],
    });
    let table = |count: usize| Panel::Table {
        names: vec![name()],
        rows: (0..count).map(|number| vec![number.to_string()]).collect(),
    };
    let panels = [poses, table(6), table(9)];
    let (theme, mut pictures) = (Theme::dark(), pictures(true));
    let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
    let area = Rect::new(0, 0, 40, 18);
    let mut shown = |from: usize| {
        let mut buffer = Buffer::empty(area);
        let drawn = draw_all(&panels, Some((0, &Place::Item(1))), Some(from), "test", area, &mut look, &mut buffer);
        let last = rows_of_text(&buffer).last().unwrap().trim().to_owned();
        (drawn.iter().map(|(index, _)| *index).collect::<Vec<_>>(), last)
    };
    let (first, foot) = shown(0);
    assert!(first.starts_with(&[0]) && foot.ends_with("more: PgDn"), "{first:?} {foot}");
    assert!(shown(2).0.contains(&2));
}

/// A pane without heading and captions: what says that there are more has a row of its own.
#[test]
fn what_says_how_many_are_in_sight_lies_over_no_picture() {
    let images = ImageGrid::new(3, vec![GrayImage::blank(28, 28); 24]);
    let panel = Panel::Pictures { heading: Bilingual::default(), images, captions: Vec::new() };
    let (theme, mut pictures) = (Theme::dark(), pictures(true));
    let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
    let area = Rect::new(0, 0, 26, 12);
    let mut buffer = Buffer::empty(area);
    let drawn = draw(&panel, None, true, "test", area, &mut look, &mut buffer);
    let rows: Vec<String> = rows_of_text(&buffer).collect();
    assert!(rows[11].trim().ends_with("of 24"), "{rows:#?}");
    assert!((0..26).all(|x| drawn.place_at(x, 11).is_none()), "{rows:#?}");
}

/// Of two curves in the least room each has its name; with a cursor the values take the place of the names, and the axis has its numbers.
#[test]
fn curves_have_their_names_and_keep_the_numbers_of_their_axis() {
    let curve = |name: &str, rise: f64| Curve {
        name: Bilingual::new(name, name),
        values: (0..30).map(|place| rise * f64::from(place)).collect(),
        band: None,
    };
    let panel = Panel::Curves(Curves {
        heading: Bilingual::default(),
        axis: Bilingual::new("token", "token"),
        places: (0..30).map(f64::from).collect(),
        curves: vec![curve("real", 1.0), curve("dreamed", 2.0)],
    });
    let shown = |height, cursor: Option<&Place>| {
        let (theme, mut pictures) = (Theme::dark(), pictures(true));
        let mut look = Look { theme: &theme, language: Language::En, pictures: &mut pictures };
        let area = Rect::new(0, 0, 60, height);
        let mut buffer = Buffer::empty(area);
        draw(&panel, cursor, true, "test", area, &mut look, &mut buffer);
        rows_of_text(&buffer).collect::<Vec<_>>()
    };
    let rows = shown(5, None);
    assert!(rows[0].contains("━ real") && rows[0].contains("━ dreamed"), "{rows:#?}");
    let rows = shown(10, Some(&Place::Item(7)));
    assert_eq!(rows[0], "token 7: real 7  dreamed 14");
    assert!(rows[9].contains("10") && rows[9].contains("20") && rows[9].ends_with("token"), "{rows:#?}");
}

/// Without its name nobody knows a curve by its colour.
#[test]
fn names_of_curves_become_shorter_before_one_is_left_out() {
    let name = |name: &'static str| Bilingual::new(name, name);
    let curve = |words| Curve { name: name(words), values: vec![0.0, 1.0], band: None };
    let names = ["smooth gradient", "integrated gradients", "occlusion", "class activation", "gradient", "random"];
    let panel = Panel::Curves(Curves {
        heading: name("h"),
        axis: name("x"),
        places: vec![0.0, 1.0],
        curves: names.map(curve).into(),
    });
    let screen = drawn(&panel, None, Language::En, [56, 16], true);
    let begin = ["smooth", "integ", "occl", "class", "gradient", "random"];
    assert!(
        begin.iter().all(|word| screen.contains(&format!("━ {word}")) || screen.contains(&format!("┅ {word}"))),
        "{screen}"
    );
}
