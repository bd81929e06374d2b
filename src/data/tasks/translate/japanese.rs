//! Japanese from a meaning: topic, time, place, object, verb. What describes a noun stands before it.

use super::lexicon::{ANIMATE, LEXICON, NUMBERS, Tense};
use super::meaning::{Clause, Determiner, NounPhrase, Phrase, Predicate, Relative, Sentence};

/// Words of the grammar. Number words and those of the lexicon are not among them.
pub(super) const GRAMMAR: [&str; 20] = [
    "は",
    "が",
    "を",
    "に",
    "で",
    "の",
    "この",
    "あの",
    "とても",
    "い",
    "あり",
    "く",
    "かった",
    "です",
    "でした",
    "ます",
    "ました",
    "ません",
    "から",
    "、",
];

type Words = Vec<&'static str>;

/// The words of a sentence. A reason comes first.
pub(super) fn write(sentence: &Sentence) -> Words {
    let mut text = Vec::new();
    if let Some(reason) = &sentence.reason {
        write_reason(reason, &mut text);
    }
    write_clause(&sentence.main, &mut text);
    text
}

/// `犬が走ったから、`
fn write_reason(reason: &Clause, text: &mut Words) {
    write_phrase(&reason.subject, text);
    text.push("が");
    write_complements(&reason.predicate, text);
    text.extend(reason.verb().map(|verb| verb.plain));
    text.extend(["から", "、"]);
}

fn write_clause(clause: &Clause, text: &mut Words) {
    let time = clause.time.map(|time| LEXICON.times[time].japanese);
    let place = clause.place.map(|place| LEXICON.places[place].japanese);
    if clause.predicate == Predicate::Existence {
        text.extend(time.into_iter().chain(place).chain(["に"]));
        write_existence(clause, text);
        return;
    }
    write_phrase(&clause.subject, text);
    text.push("は");
    text.extend(time);
    text.extend(place.into_iter().flat_map(|place| [place, "で"]));
    write_complements(&clause.predicate, text);
    match &clause.predicate {
        Predicate::Quality { adjective, very } => {
            let adjective = &LEXICON.adjectives[*adjective];
            text.extend(very.then_some("とても"));
            text.push(adjective.stem);
            text.extend(ending(clause, adjective.ending == "い"));
        }
        Predicate::Role { noun } => {
            text.push(LEXICON.nouns[*noun].japanese);
            text.extend(ending(clause, false));
        }
        _ => {}
    }
    if let Some(verb) = clause.verb() {
        if matches!(clause.tense, Tense::Progressive | Tense::PastProgressive) {
            text.extend([verb.joining, "い"]);
        } else {
            text.push(verb.stem);
        }
        text.extend(polite(clause));
    }
}

/// What stands before a verb, its subject and adverbs apart.
fn write_complements(predicate: &Predicate, text: &mut Words) {
    match predicate {
        Predicate::Transitive { verb, object } => {
            write_phrase(object, text);
            text.push(LEXICON.verbs[*verb].particle);
        }
        Predicate::Transfer { verb, object, receiver } => {
            write_phrase(receiver, text);
            text.push("に");
            write_phrase(object, text);
            text.push(LEXICON.verbs[*verb].particle);
        }
        Predicate::Motion { goal, vehicle, .. } => {
            text.extend(vehicle.iter().flat_map(|vehicle| [LEXICON.vehicles[*vehicle][1], "で"]));
            text.extend([LEXICON.places[*goal].japanese, "に"]);
        }
        _ => {}
    }
}

/// What follows the stem of a polite verb.
fn polite(clause: &Clause) -> &'static [&'static str] {
    match (clause.tense, clause.negated) {
        (Tense::Past | Tense::PastProgressive, false) => &["ました"],
        (Tense::Past | Tense::PastProgressive, true) => &["ません", "でした"],
        (_, false) => &["ます"],
        (_, true) => &["ません"],
    }
}

/// What follows the stem of an adjective in い, or else a noun or an adjective in な.
fn ending(clause: &Clause, in_i: bool) -> &'static [&'static str] {
    match (in_i, clause.tense == Tense::Past, clause.negated) {
        (true, false, false) => &["い", "です"],
        (true, true, false) => &["かった", "です"],
        (true, false, true) => &["く", "あり", "ません"],
        (true, true, true) => &["く", "あり", "ません", "でした"],
        (false, false, false) => &["です"],
        (false, true, false) => &["でした"],
        (false, false, true) => &["で", "は", "あり", "ません"],
        (false, true, true) => &["で", "は", "あり", "ません", "でした"],
    }
}

/// `猫が三匹います`: the number stands before the verb.
fn write_existence(clause: &Clause, text: &mut Words) {
    let Phrase::Noun(phrase) = &clause.subject else { return };
    let noun = &LEXICON.nouns[phrase.noun];
    write_adjective(phrase, text);
    text.extend([noun.japanese, if clause.negated { "は" } else { "が" }]);
    if let Determiner::Number(number) = phrase.determiner {
        text.extend([NUMBERS[number - 1][1], noun.counter]);
    }
    text.push(if clause.subject.is(ANIMATE) { "い" } else { "あり" });
    text.extend(polite(clause));
}

fn write_phrase(phrase: &Phrase, text: &mut Words) {
    match phrase {
        Phrase::Pronoun(pronoun) => text.push(LEXICON.pronouns[*pronoun].japanese),
        Phrase::Name(name) => text.push(LEXICON.names[*name].japanese),
        Phrase::Noun(phrase) => write_noun(phrase, text),
    }
}

/// Relative clause, determiner, adjective, noun.
fn write_noun(phrase: &NounPhrase, text: &mut Words) {
    match phrase.relative.as_deref() {
        None => {}
        Some(Relative::Subject { verb, object }) => {
            let verb = &LEXICON.verbs[*verb];
            if let Some(object) = object {
                write_phrase(object, text);
                text.push(verb.particle);
            }
            text.push(verb.plain);
        }
        Some(Relative::Object { subject, verb }) => {
            write_phrase(subject, text);
            text.extend(["が", LEXICON.verbs[*verb].plain]);
        }
    }
    let noun = &LEXICON.nouns[phrase.noun];
    match phrase.determiner {
        Determiner::A | Determiner::The => {}
        Determiner::This => text.push("この"),
        Determiner::That => text.push("あの"),
        Determiner::OfPronoun(owner) => text.extend([LEXICON.pronouns[owner].japanese, "の"]),
        Determiner::OfName(owner) => text.extend([LEXICON.names[owner].japanese, "の"]),
        Determiner::Number(number) => text.extend([NUMBERS[number - 1][1], noun.counter, "の"]),
    }
    write_adjective(phrase, text);
    text.push(noun.japanese);
}

fn write_adjective(phrase: &NounPhrase, text: &mut Words) {
    if let Some(adjective) = phrase.adjective.map(|adjective| &LEXICON.adjectives[adjective]) {
        text.extend([adjective.stem, adjective.ending]);
    }
}
