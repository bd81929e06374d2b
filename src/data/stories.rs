//! A small world in which things happen, in sentences of a fixed form: English, Japanese, and English in another style. A text can be
//! checked twice: whether each of its sentences has one of the forms ([`Language::read`]), and whether all of it can have happened
//! ([`check`]).
//!
//! ```text
//! Anna is in the garden. There is a key in the kitchen. Anna goes to the kitchen. Anna takes the key in the kitchen. Now Anna has the key.
//! ```

mod forms;
mod world;

pub use world::{Contradiction, check};

use crate::experiment::Bilingual;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use world::World;

/// What a sentence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A person is introduced in a place.
    Is,
    /// A thing is introduced in a place.
    Lies,
    Goes,
    /// From outdoors to a place with a roof.
    ShelteredFromRain,
    Takes,
    Puts,
    Gives,
    /// Right after a gift.
    Thanks,
    /// Food that one holds is gone then.
    Eats,
    /// Where a person is by now, where a thing is, and who has it.
    NowIs,
    NowLies,
    NowHas,
}

impl Kind {
    const ALL: [Kind; 12] = [
        Kind::Is,
        Kind::Lies,
        Kind::Goes,
        Kind::ShelteredFromRain,
        Kind::Takes,
        Kind::Puts,
        Kind::Gives,
        Kind::Thanks,
        Kind::Eats,
        Kind::NowIs,
        Kind::NowLies,
        Kind::NowHas,
    ];
}

/// A sentence: what it says of whom. Words that its form has no place for are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sentence {
    pub kind: Kind,
    /// Numbers of words: of a person, of the one who gets something or is thanked, of a thing, of a place.
    pub who: usize,
    pub whom: usize,
    pub thing: usize,
    pub place: usize,
}

impl Sentence {
    fn of(kind: Kind) -> Self {
        Sentence { kind, who: 0, whom: 0, thing: 0, place: 0 }
    }
}

pub const PEOPLE: usize = 10;
pub const THINGS: usize = 10;
/// The last things are food.
pub const FOOD: std::ops::Range<usize> = 7..10;
pub const PLACES: usize = 8;
/// Places without a roof.
pub const OUTDOORS: std::ops::Range<usize> = 0..3;

/// The language of stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    English,
    Japanese,
    /// English in another style with the same words: `Now Anna goes to the garden.`
    Chronicle,
}

/// The languages by name.
pub const LANGUAGES: [&str; 3] = ["english", "japanese", "chronicle"];

impl Language {
    /// By its name.
    ///
    /// # Panics
    /// If there is no such language.
    pub fn named(name: &str) -> Self {
        match name {
            "english" => Language::English,
            "japanese" => Language::Japanese,
            "chronicle" => Language::Chronicle,
            other => panic!("no stories in `{other}`"),
        }
    }

    /// A sentence in words.
    pub fn write(self, sentence: &Sentence) -> String {
        forms::write(self, sentence)
    }

    /// The sentence that a text says; none if it has none of the forms.
    pub fn read(self, text: &str) -> Option<Sentence> {
        forms::read(self, text)
    }

    pub fn full_stop(self) -> char {
        match self {
            Language::English | Language::Chronicle => '.',
            Language::Japanese => '。',
        }
    }

    /// The sentences of a text, each with its full stop; what stands behind the last one too.
    pub fn sentences(self, text: &str) -> Vec<&str> {
        text.split_inclusive(self.full_stop()).map(str::trim).filter(|sentence| !sentence.is_empty()).collect()
    }

    /// A story as a line of text.
    pub fn write_story(self, story: &[Sentence]) -> String {
        let sentences: Vec<String> = story.iter().map(|sentence| self.write(sentence)).collect();
        sentences.join(if self == Language::Japanese { "" } else { " " })
    }
}

/// Events between the beginning of a story and its end, and facts at the end.
const EVENTS: std::ops::RangeInclusive<usize> = 3..=5;
const FACTS: std::ops::RangeInclusive<usize> = 2..=3;
/// Sentences tried before one is left out.
const TRIES: usize = 200;

/// What happens in a story: things are handled more often than people go somewhere.
const HAPPENS: [Kind; 11] = [
    Kind::Goes,
    Kind::Goes,
    Kind::ShelteredFromRain,
    Kind::Takes,
    Kind::Takes,
    Kind::Takes,
    Kind::Gives,
    Kind::Gives,
    Kind::Puts,
    Kind::Eats,
    Kind::Thanks,
];
/// And in one in which more is given.
const EVENTFUL: [Kind; 14] = [
    Kind::Goes,
    Kind::Goes,
    Kind::ShelteredFromRain,
    Kind::Takes,
    Kind::Takes,
    Kind::Takes,
    Kind::Gives,
    Kind::Gives,
    Kind::Puts,
    Kind::Eats,
    Kind::Eats,
    Kind::Thanks,
    Kind::Thanks,
    Kind::Thanks,
];
const FACT: [Kind; 3] = [Kind::NowHas, Kind::NowLies, Kind::NowIs];

/// Who and what a story is about.
struct Cast {
    people: [usize; 2],
    places: [usize; 3],
    things: Vec<usize>,
}

impl Cast {
    fn new(random: &mut impl RngExt) -> Self {
        let first = random.random_range(0..PEOPLE);
        let second = (first + random.random_range(1..PEOPLE)) % PEOPLE;
        let place = random.random_range(0..PLACES);
        // Two who are in one place have something to do with each other.
        let next = if random.random_bool(0.5) { place } else { random.random_range(0..PLACES) };
        let thing = random.random_range(0..THINGS);
        let mut things = vec![thing];
        if random.random_bool(0.5) {
            things.push((thing + random.random_range(1..THINGS)) % THINGS);
        }
        Cast { people: [first, second], places: [place, next, random.random_range(0..PLACES)], things }
    }

    /// The beginning of a story: where everybody and everything is.
    fn introduced(&self, random: &mut impl RngExt) -> (Vec<Sentence>, World) {
        let mut story = Vec::new();
        for (&who, &place) in self.people.iter().zip(&self.places) {
            story.push(Sentence { who, place, ..Sentence::of(Kind::Is) });
        }
        for &thing in &self.things {
            let place = self.places[random.random_range(0..3)];
            story.push(Sentence { thing, place, ..Sentence::of(Kind::Lies) });
        }
        let mut world = World::default();
        story.iter().for_each(|sentence| world.take(sentence));
        (story, world)
    }

    /// A sentence of one of these kinds that can come next.
    fn sentence(&self, kinds: &[Kind], world: &World, random: &mut impl RngExt) -> Option<Sentence> {
        let any = |random: &mut _| {
            let subject = RngExt::random_range(random, 0..2);
            let sentence = Sentence {
                kind: kinds[RngExt::random_range(random, 0..kinds.len())],
                who: self.people[subject],
                whom: self.people[1 - subject],
                thing: self.things[RngExt::random_range(random, 0..self.things.len())],
                place: RngExt::random_range(random, 0..PLACES),
            };
            forms::with_used_alone(sentence)
        };
        (0..TRIES).map(|_| any(random)).find(|sentence| world.contradiction(sentence).is_none())
    }
}

/// A story without contradictions: two people, one or two things, some events, some facts.
pub fn story(random: &mut impl RngExt) -> Vec<Sentence> {
    let cast = Cast::new(random);
    let (mut story, mut world) = cast.introduced(random);
    let [events, facts] = [EVENTS, FACTS].map(|count| random.random_range(count));
    let kinds = std::iter::repeat_n(&HAPPENS[..], events).chain(std::iter::repeat_n(&FACT[..], facts));
    for kinds in kinds {
        if let Some(sentence) = cast.sentence(kinds, &world, random) {
            world.take(&sentence);
            story.push(sentence);
        }
    }
    story
}

/// A story in which more is taken, given and eaten: in [`story`] most of what is drawn and can happen is a walk, here what kind of thing
/// happens is drawn first. One fact stands at its end.
pub fn eventful_story(random: &mut impl RngExt) -> Vec<Sentence> {
    let mut cast = Cast::new(random);
    // They are in one place, with the things.
    cast.places = [cast.places[0]; 3];
    let (mut story, mut world) = cast.introduced(random);
    let kinds = std::iter::repeat_n(&EVENTFUL[..], random.random_range(EVENTS)).chain([&FACT[..]]);
    for kinds in kinds {
        let drawn = (0..TRIES).find_map(|_| {
            let kind = kinds[random.random_range(0..kinds.len())];
            cast.sentence(&[kind], &world, random)
        });
        if let Some(sentence) = drawn {
            world.take(&sentence);
            story.push(sentence);
        }
    }
    story
}

/// So many stories, one a line.
pub fn text(language: Language, count: usize, seed: u64) -> String {
    // Other stories in each language: what one model learned is not what another is examined with.
    let random = &mut ChaCha8Rng::seed_from_u64(seed ^ (language as u64) << 32);
    let mut text = String::new();
    for _ in 0..count {
        text.push_str(&language.write_story(&story(random)));
        text.push('\n');
    }
    text
}

/// A sentence of a text, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked<'a> {
    pub text: &'a str,
    /// What it says; none if it has none of the forms.
    pub sentence: Option<Sentence>,
    /// Whether it can have happened, after what can have happened before it.
    pub is_possible: bool,
}

/// The sentences of a text one after the other. One that has no form or cannot have happened changes nothing for those behind it.
pub fn checked(language: Language, text: &str) -> Vec<Checked<'_>> {
    let mut world = World::default();
    let check = |text| {
        let sentence = language.read(text);
        let possible = sentence.filter(|sentence| world.contradiction(sentence).is_none());
        possible.iter().for_each(|sentence| world.take(sentence));
        Checked { text, sentence, is_possible: possible.is_some() }
    };
    language.sentences(text).into_iter().map(check).collect()
}

/// What there is to say of a text that should be a story.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Its sentences, each with whether it has one of the forms.
    pub sentences: Vec<(String, bool)>,
    /// The first sentence that cannot be true, and why; only where all have their forms.
    pub contradiction: Option<(usize, Bilingual)>,
}

impl Verdict {
    pub fn of(language: Language, text: &str) -> Self {
        let texts = language.sentences(text);
        let read: Vec<Option<Sentence>> = texts.iter().map(|text| language.read(text)).collect();
        let whole: Option<Vec<Sentence>> = read.iter().copied().collect();
        let contradiction =
            whole.and_then(|story| check(&story)).map(|(place, contradiction)| (place, contradiction.why()));
        let sentences = texts.iter().map(|text| (*text).to_owned()).zip(read.iter().map(Option::is_some)).collect();
        Verdict { sentences, contradiction }
    }

    pub fn is_grammatical(&self) -> bool {
        !self.sentences.is_empty() && self.sentences.iter().all(|(_, has_form)| *has_form)
    }

    /// Whether all of it can have happened.
    pub fn is_consistent(&self) -> bool {
        self.is_grammatical() && self.contradiction.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const LANGUAGES: [Language; 3] = [Language::English, Language::Japanese, Language::Chronicle];

    fn sentence() -> impl Strategy<Value = Sentence> {
        (0..Kind::ALL.len(), 0..PEOPLE, 0..PEOPLE, 0..THINGS, 0..PLACES)
            .prop_map(|(kind, who, whom, thing, place)| {
                forms::with_used_alone(Sentence { kind: Kind::ALL[kind], who, whom, thing, place })
            })
            .prop_filter("a sentence that can be", forms::can_be)
    }

    #[test]
    fn stories_are_long_enough_to_learn_from_and_always_the_same() {
        for language in LANGUAGES {
            let story = text(language, 25_000, 1);
            assert!(story.len() > 5 << 20, "{} bytes", story.len());
            assert_eq!(
                text(language, 20, 1),
                story.lines().take(20).map(|line| format!("{line}\n")).collect::<String>()
            );
            let few = story.lines().take(500);
            let read = few.flat_map(|line| language.sentences(line)).map(|text| language.read(text).unwrap().kind);
            let kinds: HashSet<Kind> = read.collect();
            assert_eq!(kinds.len(), Kind::ALL.len());
        }
    }

    #[test]
    fn every_story_is_read_back_and_can_be_true() {
        let random = &mut ChaCha8Rng::seed_from_u64(2);
        for number in 0..4000 {
            let story = if number % 2 == 0 { story(random) } else { eventful_story(random) };
            assert_eq!(check(&story), None, "{}", Language::English.write_story(&story));
            for language in LANGUAGES {
                let written = language.write_story(&story);
                let texts = language.sentences(&written);
                let read: Option<Vec<Sentence>> = texts.into_iter().map(|text| language.read(text)).collect();
                assert_eq!(read.as_ref(), Some(&story), "{written}");
                assert!(Verdict::of(language, &written).is_consistent());
            }
        }
    }

    #[test]
    fn a_contradiction_has_a_place_and_a_reason() {
        let verdict = |text: &str| Verdict::of(Language::English, text);
        let story = "Anna is in the garden. Ben is in the kitchen. There is a key in the garden. Anna takes the key in the \
                     garden.";
        assert!(verdict(story).is_consistent());
        for (next, why) in [
            ("Anna gives the key to Ben.", "the two are not in the same place"),
            ("Ben takes the key in the kitchen.", "somebody has the thing already"),
            ("Anna puts the key down in the park.", "the person is somewhere else"),
            ("Now Ben has the key.", "somebody else has it, or nobody"),
            ("Now the key is in the kitchen.", "it is not there"),
            ("Ben thanks Anna.", "there was no gift right before"),
            ("Anna goes to the garden.", "the person is there already"),
            ("There is a key in the garden.", "the thing is known already"),
            ("Clara goes to the garden.", "nobody has said where the person is"),
        ] {
            let found = verdict(&format!("{story} {next}"));
            assert!(found.is_grammatical(), "{next}");
            assert_eq!(found.contradiction.map(|(place, why)| (place, why.en)), Some((4, why.to_owned())), "{next}");
        }
        for wrong in [
            "Anna goes to garden.",
            "Anna is hungry, so he eats the apple.",
            "There is a apple in the shop.",
            "Anna",
            "",
        ] {
            assert!(!verdict(wrong).is_grammatical(), "{wrong}");
        }
    }

    #[test]
    fn in_an_eventful_story_more_is_given() {
        let random = &mut ChaCha8Rng::seed_from_u64(3);
        let gifts = |story: &[Sentence]| story.iter().filter(|sentence| sentence.kind == Kind::Gives).count();
        let [few, many] = [story, eventful_story]
            .map(|tell: fn(&mut ChaCha8Rng) -> _| (0..1000).map(|_| gifts(&tell(random))).sum::<usize>());

        assert!(many > 5 * few && many > 200, "{few}, {many}");
    }

    #[test]
    fn what_cannot_have_happened_changes_nothing() {
        let text = "Anna is in the park. Ben is in the park. There is a key in the park. Ben gives the key to Anna. Anna takes the \
                    key in the park. Anna give Ben. Anna gives the key to Ben. Ben thanks Anna";
        let checked = checked(Language::English, text);
        assert_eq!(
            checked.iter().map(|checked| checked.is_possible).collect::<Vec<_>>(),
            [1, 1, 1, 0, 1, 0, 1, 0].map(|x| x > 0)
        );
        assert_eq!(checked[3].sentence.map(|sentence| sentence.kind), Some(Kind::Gives));
        assert_eq!([checked[5].sentence, checked[7].sentence], [None, None], "no form, and no full stop");
        assert_eq!(checked[4].text, "Anna takes the key in the park.");
    }

    proptest! {
        #[test]
        fn a_sentence_is_read_as_it_was_written(sentence in sentence()) {
            for language in LANGUAGES {
                prop_assert_eq!(language.read(&language.write(&sentence)), Some(sentence));
            }
        }

        /// What is read is written as it was: the parser accepts nothing else.
        #[test]
        fn nothing_else_is_a_sentence(sentence in sentence(), at in any::<prop::sample::Index>(), with in "[a-zA-Zのを ]?") {
            for language in LANGUAGES {
                let mut letters: Vec<char> = language.write(&sentence).chars().collect();
                let place = at.index(letters.len());
                letters.splice(place..=place, with.chars());
                let text = String::from_iter(letters);
                if let Some(read) = language.read(&text) {
                    prop_assert_eq!(language.write(&read), text);
                }
            }
        }
    }
}
