//! A small world to learn words from: facts and the sentences that state them, in English and in Japanese, from
//! `assets/corpora`. Rows of a table that are held out never have two of their words in one sentence; the analogies between
//! them are the examination.

use super::questions::Section;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Every third row is held out.
const HELD_OUT: usize = 3;

/// Facts and sentences.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    lists: BTreeMap<String, Vec<String>>,
    tables: Vec<Table>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    /// Pairs of columns whose analogies are asked.
    relations: Vec<[usize; 2]>,
    rows: Vec<Row>,
    sentences: Vec<String>,
    together: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    words: Vec<String>,
    things: Vec<String>,
}

/// The languages of the world.
pub const WORLDS: [&str; 2] = ["english", "japanese"];

impl World {
    /// One that ships, by its language.
    ///
    /// # Panics
    /// If there is no such world.
    pub fn embedded(name: &str) -> Self {
        let text = match name {
            "english" => include_str!("../../assets/corpora/world.en.yaml"),
            "japanese" => include_str!("../../assets/corpora/world.ja.yaml"),
            other => panic!("no world `{other}`"),
        };
        serde_yaml::from_str(text).expect("the file was checked when it was put in")
    }

    /// `count` sentences drawn from `seed`, one a line, with spaces between words.
    pub fn text(&self, count: usize, seed: u64) -> String {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut text = String::new();
        self.more(count, &mut random, &mut text);
        text
    }

    /// Writes the next `count` sentences of a source of chance.
    pub fn more(&self, count: usize, random: &mut impl RngExt, text: &mut String) {
        for _ in 0..count {
            let table = &self.tables[random.random_range(0..self.tables.len())];
            let place = random.random_range(0..table.rows.len());
            let apart = table.sentences.len();
            let choices = if is_held_out(place) { apart } else { apart + table.together.len() };
            let choice = random.random_range(0..choices);
            let sentence = table.sentences.get(choice).unwrap_or_else(|| &table.together[choice - apart]);
            self.write_sentence(sentence, &table.rows[place], random, text);
            text.push('\n');
        }
    }

    fn write_sentence(&self, sentence: &str, row: &Row, random: &mut impl RngExt, text: &mut String) {
        let mut rest = sentence;
        while let Some((before, slot)) = rest.split_once('{') {
            let (name, after) = slot.split_once('}').unwrap_or((slot, ""));
            text.push_str(before);
            let among = match (name.parse::<usize>(), name) {
                (Ok(column), _) => &row.words[column..=column],
                (_, "thing") => &row.things,
                (_, list) => self.lists.get(list).map_or(&[][..], Vec::as_slice),
            };
            if !among.is_empty() {
                text.push_str(&among[random.random_range(0..among.len())]);
            }
            rest = after;
        }
        text.push_str(rest);
    }

    /// a : b :: c : d for every relation, with c : d from the rows held out and a : b from all the others.
    pub fn questions(&self) -> Vec<Section> {
        let mut sections = Vec::new();
        for table in &self.tables {
            for [from, to] in &table.relations {
                let mut questions = Vec::new();
                for (place, row) in table.rows.iter().enumerate().filter(|(place, _)| is_held_out(*place)) {
                    let others = table.rows.iter().enumerate().filter(|(other, _)| *other != place);
                    questions.extend(others.map(|(_, other)| {
                        [&other.words[*from], &other.words[*to], &row.words[*from], &row.words[*to]].map(Clone::clone)
                    }));
                }
                let name = format!("{} {} → {}", table.name, table.rows[0].words[*from], table.rows[0].words[*to]);
                sections.push(Section { name, questions });
            }
        }
        sections
    }

    /// Words for a map, each with the number of its table: the first two columns of some rows.
    pub fn landmarks(&self) -> Vec<(String, usize)> {
        const ROWS: usize = 6;
        let tables = self.tables.iter().enumerate();
        let words = tables.flat_map(|(group, table)| {
            table
                .rows
                .iter()
                .take(ROWS)
                .flat_map(move |row| row.words.iter().take(2).map(move |word| (word.clone(), group)))
        });
        words.collect()
    }
}

fn is_held_out(row: usize) -> bool {
    row % HELD_OUT == HELD_OUT - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn both_worlds_are_whole() {
        for name in WORLDS {
            let world = World::embedded(name);
            let mut seen = BTreeSet::new();
            for table in &world.tables {
                let columns = table.rows[0].words.len();
                for row in &table.rows {
                    assert_eq!((row.words.len(), row.things.len()), (columns, 3), "{name}: {:?}", row.words);
                    for word in row.words.iter().chain(&row.things) {
                        assert!(seen.insert(word.clone()), "{name}: {word} stands twice");
                        assert!(!word.contains(' '), "{name}: {word}");
                    }
                }
                for slot in
                    table.sentences.iter().chain(&table.together).flat_map(|sentence| sentence.split('{').skip(1))
                {
                    let name = slot.split('}').next().unwrap();
                    let known = name == "thing"
                        || world.lists.contains_key(name)
                        || name.parse().is_ok_and(|column: usize| column < columns);
                    assert!(known, "{{{name}}}");
                }
            }
        }
    }

    #[test]
    fn rows_that_are_held_out_are_never_told_whole() {
        for name in WORLDS {
            let world = World::embedded(name);
            let text = world.text(20_000, 1);
            assert_eq!(text, world.text(20_000, 1));
            for section in world.questions() {
                for [_, _, c, d] in section.questions {
                    let both = text.lines().any(|line| {
                        let words: Vec<&str> = line.split(' ').collect();
                        words.contains(&c.as_str()) && words.contains(&d.as_str())
                    });
                    assert!(!both, "{name}: {c} and {d} in one sentence");
                }
            }
        }
    }
}
