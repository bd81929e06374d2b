//! The words of the small world, English and Japanese side by side, from `words.txt`.

use std::sync::LazyLock;

/// A set of the kinds of things in [`KINDS`], one bit each.
pub(super) type Kinds = u32;

const KINDS: [&str; 11] =
    ["person", "animal", "food", "drink", "text", "thing", "machine", "clothes", "car", "vehicle", "building"];
pub(super) const PERSON: Kinds = 1;
pub(super) const ANIMATE: Kinds = 0b11;
pub(super) const DRINK: Kinds = 1 << 3;
/// What can be bought and given.
const GOODS: Kinds = 0b1111_1100;

#[derive(Debug)]
pub(super) struct Pronoun {
    pub subject: &'static str,
    pub object: &'static str,
    pub possessive: &'static str,
    pub japanese: &'static str,
}

#[derive(Debug)]
pub(super) struct Name {
    pub english: &'static str,
    pub possessive: &'static str,
    pub japanese: &'static str,
}

#[derive(Debug)]
pub(super) struct Noun {
    pub singular: &'static str,
    /// `-` for a drink, which is counted in cups.
    pub plural: &'static str,
    pub japanese: &'static str,
    /// What follows a number: 三匹の猫.
    pub counter: &'static str,
    pub kinds: Kinds,
}

#[derive(Debug)]
pub(super) struct Adjective {
    pub english: &'static str,
    pub stem: &'static str,
    /// What joins the stem to a noun: 大き|い, 静か|な.
    pub ending: &'static str,
    /// What it may be said of.
    pub kinds: Kinds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    Past,
    /// What happens again and again, or a state.
    Present,
    Future,
    Progressive,
    PastProgressive,
}

/// What follows a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    Intransitive,
    /// An object.
    Transitive,
    /// An object and a person who receives it.
    Transfer,
    /// A place to get to.
    Motion,
}

#[derive(Debug)]
pub(super) struct Verb {
    pub frame: Frame,
    pub base: &'static str,
    pub third: &'static str,
    pub past: &'static str,
    /// `-` if the verb is not used in progressive tenses.
    pub progressive: &'static str,
    /// Before ます: 食べ.
    pub stem: &'static str,
    /// The plain past: 食べた.
    pub plain: &'static str,
    /// Before います: 食べて.
    pub joining: &'static str,
    pub subjects: Kinds,
    pub objects: Kinds,
    /// After the object: を or に.
    pub particle: &'static str,
}

#[derive(Debug)]
pub(super) struct Place {
    pub preposition: &'static str,
    pub english: &'static str,
    pub japanese: &'static str,
}

/// An adverb of time.
#[derive(Debug)]
pub(super) struct Time {
    pub tense: Tense,
    pub english: &'static str,
    pub japanese: &'static str,
}

/// All words but those of the grammar and the numbers.
#[derive(Debug)]
pub(super) struct Lexicon {
    pub pronouns: Vec<Pronoun>,
    pub names: Vec<Name>,
    pub nouns: Vec<Noun>,
    pub adjectives: Vec<Adjective>,
    pub verbs: Vec<Verb>,
    pub places: Vec<Place>,
    pub times: Vec<Time>,
    /// English, Japanese.
    pub vehicles: Vec<[&'static str; 2]>,
}

/// Numbers from one: English, Japanese.
pub(super) const NUMBERS: [[&str; 2]; 10] = [
    ["one", "一"],
    ["two", "二"],
    ["three", "三"],
    ["four", "四"],
    ["five", "五"],
    ["six", "六"],
    ["seven", "七"],
    ["eight", "八"],
    ["nine", "九"],
    ["ten", "十"],
];

pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon {
    pronouns: rows("pronouns", |[subject, object, possessive, japanese]| Pronoun {
        subject,
        object,
        possessive,
        japanese,
    }),
    names: rows("names", |[english, possessive, japanese]| Name { english, possessive, japanese }),
    nouns: rows("nouns", |[singular, plural, japanese, counter, list]| Noun {
        singular,
        plural,
        japanese,
        counter,
        kinds: kinds(list),
    }),
    adjectives: rows("adjectives", |[english, stem, ending, list]| Adjective {
        english,
        stem,
        ending,
        kinds: kinds(list),
    }),
    verbs: [
        rows("intransitive", |[a, b, c, d, e, f, g, subjects]| {
            verb(Frame::Intransitive, [a, b, c, d, e, f, g, subjects, "", ""])
        }),
        rows("transitive", |columns| verb(Frame::Transitive, columns)),
        rows("transfer", |columns| verb(Frame::Transfer, columns)),
        rows("motion", |[a, b, c, d, e, f, g, subjects]| verb(Frame::Motion, [a, b, c, d, e, f, g, subjects, "", ""])),
    ]
    .into_iter()
    .flatten()
    .collect(),
    places: rows("places", |[preposition, english, japanese]| Place { preposition, english, japanese }),
    times: rows("times", |[tense, english, japanese]| Time { tense: self::tense(tense), english, japanese }),
    vehicles: rows("vehicles", |columns| columns),
});

/// The lines of a section of the file, each made of `N` columns.
fn rows<const N: usize, T>(section: &str, make: impl Fn([&'static str; N]) -> T) -> Vec<T> {
    let heading = format!("[{section}]");
    let lines = include_str!("words.txt").lines().skip_while(|line| *line != heading).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<&str> = line.split(' ').collect();
            make(columns.try_into().expect("a test reads every line of the file"))
        })
        .collect()
}

fn verb(frame: Frame, columns: [&'static str; 10]) -> Verb {
    let [base, third, past, progressive, stem, plain, joining, subjects, objects, particle] = columns;
    let [subjects, objects] = [subjects, objects].map(kinds);
    Verb { frame, base, third, past, progressive, stem, plain, joining, subjects, objects, particle }
}

fn kinds(list: &str) -> Kinds {
    let kinds = list.split(',').filter(|name| !name.is_empty()).map(|name| match name {
        "animate" => ANIMATE,
        "goods" => GOODS,
        name => 1 << KINDS.iter().position(|kind| *kind == name).expect("a test reads every line of the file"),
    });
    kinds.sum()
}

fn tense(name: &str) -> Tense {
    match name {
        "past" => Tense::Past,
        "present" => Tense::Present,
        "future" => Tense::Future,
        _ => Tense::Progressive,
    }
}

/// The words of an English text of the lexicon.
pub(super) fn words(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_line_is_read() {
        let lines = include_str!("words.txt").lines();
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '['])).count();
        let lexicon = &*LEXICON;
        let lists = [
            lexicon.pronouns.len(),
            lexicon.names.len(),
            lexicon.nouns.len(),
            lexicon.adjectives.len(),
            lexicon.verbs.len(),
            lexicon.places.len(),
            lexicon.times.len(),
            lexicon.vehicles.len(),
        ];
        assert_eq!(lists.iter().sum::<usize>(), lines);
        assert!(lists.iter().all(|length| *length > 0));
        assert_eq!(kinds("goods"), kinds("food,drink,text,thing,machine,clothes"));
        assert_eq!((kinds("person"), kinds("drink"), kinds("person,animal")), (PERSON, DRINK, ANIMATE));
    }

    #[test]
    fn forms_of_verbs_differ() {
        // Otherwise a sentence such as `I read a book` would have two meanings.
        let mut seen = BTreeSet::new();
        for verb in &LEXICON.verbs {
            for form in [verb.base, verb.third, verb.past, verb.progressive] {
                assert!(form == "-" || seen.insert(form), "{form}");
            }
            assert_eq!(verb.progressive == "-", verb.joining == "-", "{}", verb.base);
            assert!(verb.plain.ends_with(['た', 'だ']) && verb.plain.starts_with(verb.stem.chars().next().unwrap()));
        }
    }
}
