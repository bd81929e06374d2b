//! English to Japanese in a small world of a few hundred words. A meaning is drawn first; both languages are written
//! from it, each in its own order, so the words of a target stand in quite another order than those of its source:
//!
//! | source | target |
//! | --- | --- |
//! | `Ken did not eat three apples` | 健は三個のりんごを食べませんでした |
//! | `the cat that ate the peach slept in the park yesterday` | 桃を食べた猫は昨日公園で寝ました |
//! | `there are two black dogs at the station` | 駅に黒い犬が二匹います |
//!
//! English words have spaces between them, Japanese ones have none. There are no full stops.

mod english;
mod japanese;
mod lexicon;
mod meaning;
mod parser;
mod sampling;

use super::split::is_held_out;
use super::{Encoding, Pair, Sample};
use lexicon::{LEXICON, NUMBERS, words};
use meaning::Sentence;
use rand::RngExt;

/// Words of the shortest sentence, in both languages.
const SHORTEST: usize = 4;

/// Words of the longest sentence.
pub(super) const LONGEST: (usize, usize) = (20, 20);

/// A sentence of 4 to 20 words in each language. Held out is an English sentence.
pub(super) fn draw(random: &mut impl RngExt) -> Sample {
    loop {
        let sentence = sampling::draw(random);
        if sentence.makes_sense()
            && let Some((source, target)) = write(&sentence)
        {
            let source = source.join(" ");
            let held_out = is_held_out(&source);
            return Sample { pair: Pair { source, target: target.concat() }, held_out };
        }
    }
}

type Words = Vec<&'static str>;

/// A meaning in both languages, unless one of them has too few words or too many.
fn write(sentence: &Sentence) -> Option<(Words, Words)> {
    let (source, target) = (english::write(sentence), japanese::write(sentence));
    let fits = (SHORTEST..=LONGEST.0).contains(&source.len()) && (SHORTEST..=LONGEST.1).contains(&target.len());
    fits.then_some((source, target))
}

/// The Japanese of an English sentence of the grammar.
pub(super) fn target(source: &str) -> Option<String> {
    let (_, target) = write(&parser::parse(source)?)?;
    Some(target.concat())
}

pub(super) fn encodings() -> (Encoding, Encoding) {
    let lexicon = &*LEXICON;
    let mut english: Words = english::GRAMMAR.to_vec();
    let mut japanese: Words = japanese::GRAMMAR.to_vec();
    for [word, kanji] in NUMBERS {
        english.push(word);
        japanese.push(kanji);
    }
    for pronoun in &lexicon.pronouns {
        english.extend([pronoun.subject, pronoun.object, pronoun.possessive]);
        japanese.push(pronoun.japanese);
    }
    for name in &lexicon.names {
        english.extend([name.english, name.possessive]);
        japanese.push(name.japanese);
    }
    for noun in &lexicon.nouns {
        english.extend([noun.singular, noun.plural]);
        japanese.extend([noun.japanese, noun.counter]);
    }
    for adjective in &lexicon.adjectives {
        english.push(adjective.english);
        japanese.extend([adjective.stem, adjective.ending]);
    }
    for verb in &lexicon.verbs {
        english.extend([verb.base, verb.third, verb.past, verb.progressive]);
        japanese.extend([verb.stem, verb.plain, verb.joining]);
    }
    for place in &lexicon.places {
        english.push(place.preposition);
        english.extend(words(place.english));
        japanese.push(place.japanese);
    }
    for time in &lexicon.times {
        english.extend(words(time.english));
        japanese.push(time.japanese);
    }
    for [vehicle, kanji] in &lexicon.vehicles {
        english.push(vehicle);
        japanese.push(kanji);
    }
    for words in [&mut english, &mut japanese] {
        words.retain(|word| *word != "-");
    }
    (Encoding::of_spaced_words(english), Encoding::of_joined_words(japanese))
}

#[cfg(test)]
mod tests;
