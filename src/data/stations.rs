//! Made-up universities and the stations that are nearest to them: facts that can be known only from having read them.
//!
//! A university is named by three syllables, and a station by two or three; no rule leads from one to the other. Some universities stand in
//! the texts, in several wordings; others are held out and stand in none, so that whatever is said of them is invented.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// Stations that there are.
pub const STATIONS: usize = 40;
/// Universities that are held out.
pub const HELD_OUT: usize = 100;
/// What is answered where nothing is known.
pub const UNSURE: &str = "I do not know";

const SYLLABLES: [&str; 40] = [
    "ka", "ki", "ku", "ko", "sa", "shi", "su", "so", "ta", "chi", "tsu", "to", "na", "ni", "no", "ha", "hi", "fu",
    "ho", "ma", "mi", "mu", "mo", "ya", "yu", "yo", "ra", "ri", "ru", "ro", "wa", "ga", "gi", "go", "za", "da", "do",
    "ba", "be", "re",
];

/// A university and the place of its station in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct University {
    pub name: String,
    pub station: usize,
}

/// All of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stations {
    pub stations: Vec<String>,
    pub known: Vec<University>,
    pub held_out: Vec<University>,
}

/// Questions, with the name in the place of `@`.
pub const QUESTIONS: [&str; 3] = [
    "Which station is nearest to @ University?",
    "What is the nearest station of @ University?",
    "Where do I get off for @ University?",
];
/// Statements, with the names in the places of `@` and `%`.
const STATEMENTS: [&str; 3] = [
    "The nearest station of @ University is % Station.",
    "% Station is the station of @ University.",
    "For @ University get off at % Station.",
];

/// A name of so many syllables.
fn name(syllables: usize, random: &mut impl RngExt) -> String {
    let mut name: String = (0..syllables).map(|_| SYLLABLES[random.random_range(0..SYLLABLES.len())]).collect();
    name[..1].make_ascii_uppercase();
    name
}

/// What texts of training are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mixture {
    /// The share of the texts in which the fact stands before the question.
    pub retrieval: f64,
    /// The share of the others that ask for a university that nobody knows.
    pub unsure: f64,
}

impl Stations {
    /// The world of a seed, with so many universities that are known.
    pub fn new(known: usize, seed: u64) -> Self {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut taken = BTreeSet::new();
        let mut fresh = |syllables: usize, random: &mut ChaCha8Rng| loop {
            let name = name(syllables, random);
            if taken.insert(name.clone()) {
                return name;
            }
        };
        let stations = (0..STATIONS).map(|place| fresh(2 + place % 2, random)).collect();
        let mut universities = |count: usize, random: &mut ChaCha8Rng| -> Vec<University> {
            // Each station as often as any other.
            let mut places: Vec<usize> = (0..count).map(|place| place % STATIONS).collect();
            places.shuffle(random);
            places.into_iter().map(|station| University { name: fresh(3, random), station }).collect()
        };
        let (known, held_out) = (universities(known, random), universities(HELD_OUT, random));
        Stations { stations, known, held_out }
    }

    /// Whether a university is known, and which it is.
    pub fn find(&self, name: &str) -> Option<(bool, &University)> {
        let by_name = |university: &&University| university.name.eq_ignore_ascii_case(name);
        let known = self.known.iter().find(by_name).map(|university| (true, university));
        known.or_else(|| self.held_out.iter().find(by_name).map(|university| (false, university)))
    }

    /// A name that no university of this world has.
    fn unheard_of(&self, random: &mut impl RngExt) -> String {
        loop {
            let name = name(3, random);
            if self.find(&name).is_none() {
                return name;
            }
        }
    }

    /// One text of training: a statement, or a question with its answer, with the fact before it or without.
    pub fn text(&self, mixture: Mixture, random: &mut impl RngExt) -> String {
        if random.random_bool(mixture.retrieval) {
            // Of any name and any station, so that only what stands there can be right.
            let is_known = random.random_bool(0.5);
            let name = match is_known {
                true => self.known[random.random_range(0..self.known.len())].name.clone(),
                false => self.unheard_of(random),
            };
            let station = &self.stations[random.random_range(0..STATIONS)];
            let question = QUESTIONS[random.random_range(0..QUESTIONS.len())];
            return format!("{} {station} Station.\n", with_fact(&name, station, question));
        }
        if random.random_bool(mixture.unsure) {
            let question = QUESTIONS[random.random_range(0..QUESTIONS.len())];
            return format!("{} {UNSURE}.\n", asked(&self.unheard_of(random), question));
        }
        let university = &self.known[random.random_range(0..self.known.len())];
        let station = &self.stations[university.station];
        let wording = random.random_range(0..STATEMENTS.len() + QUESTIONS.len());
        match STATEMENTS.get(wording) {
            Some(statement) => format!("{}\n", stated(statement, &university.name, station)),
            None => format!("{} {station} Station.\n", asked(&university.name, QUESTIONS[wording - STATEMENTS.len()])),
        }
    }

    /// Which station an answer names, if it names one, and no more.
    pub fn named(&self, answer: &str) -> Option<usize> {
        let name = answer.trim().strip_suffix('.').unwrap_or(answer.trim()).strip_suffix(" Station")?;
        self.stations.iter().position(|station| station == name)
    }
}

/// A statement with its names, whatever signs stand in them.
fn stated(statement: &str, name: &str, station: &str) -> String {
    let part = |letter: char| match letter {
        '@' => name.to_owned(),
        '%' => station.to_owned(),
        letter => letter.to_string(),
    };
    statement.chars().map(part).collect()
}

/// A question, up to where its answer begins: with a space, which belongs to its first word.
pub fn asked(name: &str, question: &str) -> String {
    format!("Q: {} A:", question.replace('@', name))
}

/// The same behind the fact that answers it.
pub fn with_fact(name: &str, station: &str, question: &str) -> String {
    format!("Fact: {} {}", stated(STATEMENTS[0], name, station), asked(name, question))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Mixture = Mixture { retrieval: 0.0, unsure: 0.0 };

    #[test]
    fn a_world_is_that_of_its_seed_and_names_differ() {
        let world = Stations::new(200, 1);
        assert_eq!(world, Stations::new(200, 1));
        assert_ne!(world, Stations::new(200, 2));
        let universities = || world.known.iter().chain(&world.held_out);
        let names: BTreeSet<&str> = universities()
            .map(|university| university.name.as_str())
            .chain(world.stations.iter().map(String::as_str))
            .collect();
        assert_eq!((world.known.len(), world.held_out.len(), names.len()), (200, HELD_OUT, 200 + HELD_OUT + STATIONS));
        for station in 0..STATIONS {
            assert_eq!(world.known.iter().filter(|university| university.station == station).count(), 5);
        }
    }

    #[test]
    fn texts_say_what_is_true_and_nothing_of_what_is_held_out() {
        let world = Stations::new(50, 1);
        let random = &mut ChaCha8Rng::seed_from_u64(2);
        for _ in 0..500 {
            let text = world.text(PLAIN, random);
            let known: Vec<&University> = world
                .known
                .iter()
                .filter(|university| text.contains(&format!("{} University", university.name)))
                .collect();
            assert!(
                known
                    .iter()
                    .any(|university| text.contains(&format!("{} Station", world.stations[university.station]))),
                "{text}"
            );
        }
        for mixture in [PLAIN, Mixture { retrieval: 1.0, unsure: 0.0 }, Mixture { retrieval: 0.0, unsure: 1.0 }] {
            for _ in 0..300 {
                let text = world.text(mixture, random);
                assert!(
                    world.held_out.iter().all(|university| !text.contains(&format!(" {} University", university.name))),
                    "{text}"
                );
                assert_eq!(text.contains(UNSURE), mixture.unsure == 1.0);
                assert_eq!(text.starts_with("Fact: "), mixture.retrieval == 1.0);
                if mixture.retrieval == 1.0 {
                    let station = text.split(" is ").nth(1).unwrap().split(" Station").next().unwrap();
                    assert!(text.trim_end().ends_with(&format!("A: {station} Station.")), "{text}");
                }
            }
        }
    }

    #[test]
    fn an_answer_is_read() {
        let world = Stations::new(50, 1);
        let name = world.stations[7].clone();
        assert_eq!(world.named(&format!("{name} Station.")), Some(7));
        for other in
            [name.clone(), format!("{name} Station. Q"), UNSURE.to_owned(), String::new(), "Xyz Station.".to_owned()]
        {
            assert_eq!(world.named(&other), None, "{other}");
        }
        let (is_known, found) = world.find(&world.held_out[3].name.to_lowercase()).unwrap();
        assert!(!is_known && *found == world.held_out[3]);
        assert_eq!(world.find("Nowhere"), None);
        let odd = with_fact("100%", "Do@ru", QUESTIONS[0]);
        assert!(odd.starts_with("Fact: The nearest station of 100% University is Do@ru Station. Q: "), "{odd}");
    }
}
