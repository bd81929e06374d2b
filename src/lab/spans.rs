//! Where things stand in a YAML file. A pass of its own, because the deserialiser lets duplicate keys pass and misplaces
//! its errors.

use crate::intake::yaml;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use std::collections::{BTreeMap, BTreeSet};

/// A place in a file, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl From<Marker> for Place {
    fn from(mark: Marker) -> Self {
        Place { line: mark.line().max(1), column: mark.col() + 1 }
    }
}

/// The place of every key and item by its path, such as `exercises[2].prompt.en`; a key's place is that of its name.
#[derive(Debug, Clone, Default)]
pub struct Spans(BTreeMap<String, Place>);

const TOO_DEEP: &str = "nested more than 32 deep";
/// Letters that end a line for one reader of YAML and not for another.
const OTHER_LINE_ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// What this pass finds wrong.
pub type PlacedError = (Place, String);

impl Spans {
    /// The place of a path, or of the nearest thing around it.
    pub fn place(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return *place;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return self.0.get("").copied().unwrap_or(Place { line: 1, column: 1 }),
            }
        }
    }

    pub fn contains(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// An open map or list.
enum Level {
    Map { path: String, keys: BTreeSet<String>, key: Option<String> },
    List { path: String, items: usize },
}

/// Reads a file's places and finds duplicate keys, anchors, aliases, tags and keys that are no plain names.
pub fn read(text: &str) -> (Spans, Vec<PlacedError>) {
    let mut spans = Spans::default();
    let mut faults = Vec::new();
    let mut levels: Vec<Level> = Vec::new();
    let mut documents = 0;
    if let Some(at) = text.find(OTHER_LINE_ENDS) {
        let letter = text[at..].chars().next().unwrap_or_default() as u32;
        let message =
            format!("U+{letter:04X} ends a line for some readers and not for others: type a plain end of line");
        return (spans, vec![(place_of(text, at), message)]);
    }
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                faults.push(broken(text, (*error.marker()).into(), error.info()));
                break;
            }
        };
        let place = Place::from(span.start);
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents == 2 {
                    faults.push((place, "a second document: a file holds one lab".to_owned()));
                }
            }
            Event::Alias(_) => {
                faults.push((place, "an alias (*name): write the value out".to_owned()));
                close_value(&mut levels);
            }
            Event::Scalar(value, style, anchor, tag) => {
                if anchor != 0 || tag.is_some() {
                    faults.push((place, "an anchor (&name) or tag (!name): lab files have neither".to_owned()));
                }
                let awaiting_key = matches!(levels.last(), Some(Level::Map { key: None, .. }));
                if awaiting_key {
                    open_key(&mut levels, &value, place, &mut spans, &mut faults);
                } else {
                    spans.0.entry(path_of_value(&levels)).or_insert(place);
                    if style == ScalarStyle::Plain && value.starts_with('@') {
                        faults.push((place, "a text that begins with @ needs quotation marks".to_owned()));
                    }
                    close_value(&mut levels);
                }
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if levels.len() == yaml::DEEPEST {
                    faults.push((place, TOO_DEEP.to_owned()));
                    break;
                }
                if matches!(levels.last(), Some(Level::Map { key: None, .. })) {
                    faults.push((place, "a map or list as a key: keys are names".to_owned()));
                    break;
                }
                let path = path_of_value(&levels);
                spans.0.entry(path.clone()).or_insert(place);
                levels.push(if matches!(event, Event::MappingStart(..)) {
                    Level::Map { path, keys: BTreeSet::new(), key: None }
                } else {
                    Level::List { path, items: 0 }
                });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                levels.pop();
                close_value(&mut levels);
            }
            _ => {}
        }
    }
    (spans, faults)
}

/// What the parser found wrong.
fn broken(text: &str, place: Place, info: &str) -> PlacedError {
    let before = text.lines().nth(place.line - 1).and_then(|line| line.chars().nth(place.column.checked_sub(2)?));
    match before {
        Some('\t') if info.contains("whitespace") => {
            (Place { column: place.column - 1, ..place }, "a tab behind a colon: type a space".to_owned())
        }
        // Brackets are read ahead, and counted by the parser itself.
        _ if yaml::is_too_deep(info) => (place, TOO_DEEP.to_owned()),
        _ => (place, format!("not YAML: {info}")),
    }
}

/// The place of a byte.
fn place_of(text: &str, at: usize) -> Place {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    Place { line: text[..at].matches('\n').count() + 1, column: text[line..at].chars().count() + 1 }
}

fn open_key(levels: &mut [Level], name: &str, place: Place, spans: &mut Spans, faults: &mut Vec<PlacedError>) {
    let Some(Level::Map { path, keys, key }) = levels.last_mut() else { return };
    let own = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    // It would be taken for the path of another.
    if name.contains(['.', '[']) {
        faults.push((place, format!("key `{name}`: keys must not contain dots or brackets")));
    }
    if !keys.insert(name.to_owned()) {
        let first = spans.place(&own);
        faults.push((place, format!("duplicate key `{name}`; it stands in line {} already", first.line)));
    }
    spans.0.entry(own).or_insert(place);
    *key = Some(name.to_owned());
}

/// The path of the value that comes next.
fn path_of_value(levels: &[Level]) -> String {
    match levels.last() {
        None => String::new(),
        Some(Level::Map { path, key, .. }) => {
            let key = key.as_deref().unwrap_or_default();
            if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
        }
        Some(Level::List { path, items }) => format!("{path}[{items}]"),
    }
}

fn close_value(levels: &mut [Level]) {
    match levels.last_mut() {
        Some(Level::Map { key, .. }) => *key = None,
        Some(Level::List { items, .. }) => *items += 1,
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_item_has_its_place() {
        let (spans, faults) = read("id: x\nlist:\n  - en: a\n    ja: b\n  - 3\n");
        assert!(faults.is_empty());
        assert_eq!(spans.place("list[0].ja"), Place { line: 4, column: 5 });
        assert_eq!(spans.place("list[1]"), Place { line: 5, column: 5 });
        assert_eq!(spans.place("list[0].missing.deep"), spans.place("list[0]"));
    }

    #[test]
    fn duplicates_anchors_and_broken_files_are_found() {
        let (_, faults) = read("a: 1\nb: &x 2\na: 3\nc: *x\n");
        let lines: Vec<usize> = faults.iter().map(|(place, _)| place.line).collect();
        assert_eq!(lines, [2, 3, 4]);
        assert!(faults[1].1.starts_with("duplicate key `a`; it stands in line 1"));
        let (_, faults) = read("a: [1, 2\nb: 3\n");
        assert!(faults[0].1.starts_with("not YAML"), "{faults:?}");
    }

    #[test]
    fn what_readers_of_yaml_take_differently_is_refused_at_its_place() {
        for (text, line, column, part) in [
            ("id: x\n# a\u{2028}b\nlist: 3\n", 2, 4, "U+2028"),
            ("id: x\nja: あ\u{85}い\n", 2, 6, "U+0085"),
            ("id: x\na.b: 1\n", 2, 1, "key `a.b`"),
            ("id: x\nlist[0]: 1\n", 2, 1, "key `list[0]`"),
        ] {
            let (_, faults) = read(text);
            assert_eq!(faults.len(), 1, "{text:?}: {faults:?}");
            assert_eq!(faults[0].0, Place { line, column }, "{text:?}");
            assert!(faults[0].1.contains(part), "{faults:?}");
        }
        for open in ["[", "- ", "{a: "] {
            let (_, faults) = read(&open.repeat(100_000));
            assert_eq!(faults.len(), 1, "{open}");
            assert_eq!(faults[0].1, TOO_DEEP, "{open}");
        }
    }

    #[test]
    fn a_tab_behind_a_colon_is_told_at_its_place() {
        let (_, faults) = read("id: x\nlist:\n  - en:\ta\n    ja: b\n");
        assert_eq!(faults, [(Place { line: 3, column: 8 }, "a tab behind a colon: type a space".to_owned())]);
    }
}
