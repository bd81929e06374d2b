//! English from a meaning: subject, verb, object, place, time.

use super::lexicon::{LEXICON, NUMBERS, PERSON, Tense, words};
use super::meaning::{Clause, Determiner, I, NounPhrase, Phrase, Predicate, Relative, Sentence};

/// Words of the grammar. Number words and those of the lexicon are not among them.
pub(super) const GRAMMAR: [&str; 25] = [
    "a", "am", "an", "are", "because", "by", "cup", "cups", "did", "do", "does", "is", "no", "not", "of", "that",
    "the", "there", "this", "to", "very", "was", "were", "who", "will",
];

type Words = Vec<&'static str>;

/// The words of a sentence.
pub(super) fn write(sentence: &Sentence) -> Words {
    let mut text = Vec::new();
    write_clause(&sentence.main, &mut text);
    if let Some(reason) = &sentence.reason {
        text.push("because");
        write_clause(reason, &mut text);
    }
    text
}

fn write_clause(clause: &Clause, text: &mut Words) {
    let time = clause.time.map(|time| LEXICON.times[time].english);
    if clause.time_first {
        text.extend(time.into_iter().flat_map(words));
    }
    let be = be(clause);
    match &clause.predicate {
        Predicate::Existence => {
            text.extend(["there", be]);
            text.extend(clause.negated.then_some("no"));
            if let Phrase::Noun(phrase) = &clause.subject {
                write_noun(phrase, clause.negated, text);
            }
        }
        predicate => {
            write_phrase(&clause.subject, true, text);
            if clause.verb().is_some() {
                write_verb(clause, be, text);
            } else {
                text.push(be);
                text.extend(clause.negated.then_some("not"));
            }
            write_rest(predicate, text);
        }
    }
    if let Some(place) = clause.place.map(|place| &LEXICON.places[place]) {
        text.push(place.preposition);
        text.extend(words(place.english));
    }
    if !clause.time_first {
        text.extend(time.into_iter().flat_map(words));
    }
}

/// `am`, `is`, `are`, `was` or `were`.
fn be(clause: &Clause) -> &'static str {
    let is_past = matches!(clause.tense, Tense::Past | Tense::PastProgressive);
    match (is_past, clause.subject.takes_are()) {
        (true, true) => "were",
        (true, false) => "was",
        (false, true) => "are",
        (false, false) if clause.subject == Phrase::Pronoun(I) => "am",
        (false, false) => "is",
    }
}

fn write_verb(clause: &Clause, be: &'static str, text: &mut Words) {
    let Some(verb) = clause.verb() else { return };
    let is_third = !clause.subject.takes_are() && clause.subject != Phrase::Pronoun(I);
    let not = clause.negated.then_some("not");
    let (auxiliary, form) = match clause.tense {
        Tense::Past if clause.negated => (Some("did"), verb.base),
        Tense::Past => (None, verb.past),
        Tense::Present if clause.negated => (Some(if is_third { "does" } else { "do" }), verb.base),
        Tense::Present => (None, if is_third { verb.third } else { verb.base }),
        Tense::Future => (Some("will"), verb.base),
        Tense::Progressive | Tense::PastProgressive => (Some(be), verb.progressive),
    };
    text.extend(auxiliary.into_iter().chain(not).chain([form]));
}

/// What follows the verb.
fn write_rest(predicate: &Predicate, text: &mut Words) {
    match predicate {
        Predicate::Intransitive { .. } | Predicate::Existence => {}
        Predicate::Transitive { object, .. } => write_phrase(object, false, text),
        Predicate::Transfer { object, receiver, .. } => {
            write_phrase(object, false, text);
            text.push("to");
            write_phrase(receiver, false, text);
        }
        Predicate::Motion { goal, vehicle, .. } => {
            text.push("to");
            text.extend(words(LEXICON.places[*goal].english));
            if let Some(vehicle) = vehicle {
                text.extend(["by", LEXICON.vehicles[*vehicle][0]]);
            }
        }
        Predicate::Quality { adjective, very } => {
            text.extend(very.then_some("very"));
            text.push(LEXICON.adjectives[*adjective].english);
        }
        Predicate::Role { noun } => {
            let noun = LEXICON.nouns[*noun].singular;
            text.extend([article(noun), noun]);
        }
    }
}

fn write_phrase(phrase: &Phrase, is_subject: bool, text: &mut Words) {
    match phrase {
        Phrase::Pronoun(pronoun) => {
            let pronoun = &LEXICON.pronouns[*pronoun];
            text.push(if is_subject { pronoun.subject } else { pronoun.object });
        }
        Phrase::Name(name) => text.push(LEXICON.names[*name].english),
        Phrase::Noun(phrase) => write_noun(phrase, false, text),
    }
}

/// A noun phrase, its article left out after `no`.
fn write_noun(phrase: &NounPhrase, after_no: bool, text: &mut Words) {
    let noun = &LEXICON.nouns[phrase.noun];
    let adjective = phrase.adjective.map(|adjective| LEXICON.adjectives[adjective].english);
    let mut form = noun.singular;
    match phrase.determiner {
        Determiner::A if phrase.is_drink() || after_no => {}
        Determiner::A => text.push(article(adjective.unwrap_or(form))),
        Determiner::The => text.push("the"),
        Determiner::This => text.push("this"),
        Determiner::That => text.push("that"),
        Determiner::OfPronoun(owner) => text.push(LEXICON.pronouns[owner].possessive),
        Determiner::OfName(owner) => text.push(LEXICON.names[owner].possessive),
        Determiner::Number(number) => {
            text.push(NUMBERS[number - 1][0]);
            if phrase.is_drink() {
                text.extend([if number == 1 { "cup" } else { "cups" }, "of"]);
            } else if number > 1 {
                form = noun.plural;
            }
        }
    }
    text.extend(adjective);
    text.push(form);
    let Some(relative) = &phrase.relative else { return };
    text.push(if noun.kinds == PERSON { "who" } else { "that" });
    match relative.as_ref() {
        Relative::Subject { verb, object } => {
            text.push(LEXICON.verbs[*verb].past);
            if let Some(object) = object {
                write_phrase(object, false, text);
            }
        }
        Relative::Object { subject, verb } => {
            write_phrase(subject, true, text);
            text.push(LEXICON.verbs[*verb].past);
        }
    }
}

fn article(next: &str) -> &'static str {
    if next.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
