//! Where things stand in a YAML file. A pass of its own, because the deserialiser lets duplicate keys pass and misplaces
//! its errors.

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
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                faults.push(((*error.marker()).into(), format!("not YAML: {}", error.info())));
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

fn open_key(levels: &mut [Level], name: &str, place: Place, spans: &mut Spans, faults: &mut Vec<PlacedError>) {
    let Some(Level::Map { path, keys, key }) = levels.last_mut() else { return };
    let own = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
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
}
