//! Meanings at random. The verb is drawn first, then a subject and objects that go with it.

use super::lexicon::{Frame, Kinds, LEXICON, NUMBERS, PERSON, Tense};
use super::meaning::{Clause, Determiner, NounPhrase, Phrase, Predicate, Relative, Sentence};
use rand::RngExt;

/// Tenses of an event, each as often as it stands here.
const EVENT_TENSES: [Tense; 10] = [
    Tense::Past,
    Tense::Past,
    Tense::Past,
    Tense::Past,
    Tense::Present,
    Tense::Present,
    Tense::Future,
    Tense::Future,
    Tense::Progressive,
    Tense::PastProgressive,
];

/// A meaning. It may still make no sense as a whole ([`Sentence::makes_sense`]); the caller then draws again.
pub(super) fn draw(random: &mut impl RngExt) -> Sentence {
    let main = draw_clause(random);
    let can_have_reason = main.tense == Tense::Past && main.verb().is_some();
    let reason = (can_have_reason && random.random_bool(0.3)).then(|| draw_reason(random));
    Sentence { main, reason }
}

fn draw_clause(random: &mut impl RngExt) -> Clause {
    let is_event = random.random_bool(0.76);
    let (subject, predicate) = if is_event { draw_event(draw_phrase, random) } else { draw_state(random) };
    let tenses = if is_event { &EVENT_TENSES[..] } else { &[Tense::Past, Tense::Present] };
    let tense = tenses[below(tenses.len(), random)];
    let place = match predicate {
        Predicate::Existence => Some(below(LEXICON.places.len(), random)),
        Predicate::Intransitive { .. } | Predicate::Transitive { .. } | Predicate::Transfer { .. } => {
            some(0.35, LEXICON.places.len(), random)
        }
        _ => None,
    };
    let time = draw_time(tense, random);
    let time_first = time.is_some() && random.random_bool(0.5);
    Clause { subject, predicate, tense, negated: random.random_bool(0.25), place, time, time_first }
}

/// A verb with all that it needs; its subject and a direct object come from `draw_phrase`.
fn draw_event<R: RngExt>(draw_phrase: impl Fn(Kinds, &mut R) -> Phrase, random: &mut R) -> (Phrase, Predicate) {
    let place = below(LEXICON.verbs.len(), random);
    let verb = &LEXICON.verbs[place];
    let subject = draw_phrase(verb.subjects, random);
    let predicate = match verb.frame {
        Frame::Intransitive => Predicate::Intransitive { verb: place },
        Frame::Transitive => Predicate::Transitive { verb: place, object: draw_phrase(verb.objects, random) },
        Frame::Transfer => {
            let object = draw_simple(verb.objects, random);
            Predicate::Transfer { verb: place, object, receiver: draw_simple(PERSON, random) }
        }
        Frame::Motion => {
            let goal = below(LEXICON.places.len(), random);
            Predicate::Motion { verb: place, goal, vehicle: some(0.5, LEXICON.vehicles.len(), random) }
        }
    };
    (subject, predicate)
}

/// A quality, a role or something that is there.
fn draw_state(random: &mut impl RngExt) -> (Phrase, Predicate) {
    match random.random_range(0..3) {
        0 => {
            let adjective = below(LEXICON.adjectives.len(), random);
            let subject = draw_phrase(LEXICON.adjectives[adjective].kinds, random);
            (subject, Predicate::Quality { adjective, very: random.random_bool(0.3) })
        }
        1 => (draw_simple(PERSON, random), Predicate::Role { noun: draw_noun(PERSON, random) }),
        _ => {
            let determiner = match random.random_range(0..2) {
                0 => Determiner::A,
                _ => Determiner::Number(random.random_range(1..=NUMBERS.len())),
            };
            let noun = below(LEXICON.nouns.len(), random);
            let adjective = draw_adjective(noun, random);
            (Phrase::Noun(NounPhrase { determiner, adjective, noun, relative: None }), Predicate::Existence)
        }
    }
}

fn draw_reason(random: &mut impl RngExt) -> Clause {
    let (subject, predicate) = draw_event(draw_simple, random);
    Clause { subject, predicate, tense: Tense::Past, negated: false, place: None, time: None, time_first: false }
}

fn draw_time(tense: Tense, random: &mut impl RngExt) -> Option<usize> {
    let tense = if tense == Tense::PastProgressive { Tense::Past } else { tense };
    let times: Vec<usize> = (0..LEXICON.times.len()).filter(|time| LEXICON.times[*time].tense == tense).collect();
    some(0.5, times.len(), random).map(|place| times[place])
}

/// A person or thing of one of the kinds, perhaps with a relative clause.
fn draw_phrase(kinds: Kinds, random: &mut impl RngExt) -> Phrase {
    let mut phrase = draw_simple(kinds, random);
    if let Phrase::Noun(noun) = &mut phrase
        && matches!(noun.determiner, Determiner::A | Determiner::The | Determiner::Number(_))
        && random.random_bool(0.35)
    {
        noun.relative = draw_relative(LEXICON.nouns[noun.noun].kinds, random).map(Box::new);
    }
    phrase
}

/// A person or thing of one of the kinds, without a relative clause.
fn draw_simple(kinds: Kinds, random: &mut impl RngExt) -> Phrase {
    if kinds & PERSON != 0 {
        match random.random_range(0..6) {
            0 => return Phrase::Pronoun(below(LEXICON.pronouns.len(), random)),
            1 => return Phrase::Name(below(LEXICON.names.len(), random)),
            _ => {}
        }
    }
    let noun = draw_noun(kinds, random);
    let determiner = match random.random_range(0..12) {
        0..3 => Determiner::A,
        3..6 => Determiner::The,
        6 => Determiner::This,
        7 => Determiner::That,
        8 => Determiner::OfPronoun(below(LEXICON.pronouns.len(), random)),
        9 => Determiner::OfName(below(LEXICON.names.len(), random)),
        _ => Determiner::Number(random.random_range(1..=NUMBERS.len())),
    };
    Phrase::Noun(NounPhrase { determiner, adjective: draw_adjective(noun, random), noun, relative: None })
}

fn draw_noun(kinds: Kinds, random: &mut impl RngExt) -> usize {
    loop {
        let noun = below(LEXICON.nouns.len(), random);
        if LEXICON.nouns[noun].kinds & kinds != 0 {
            return noun;
        }
    }
}

fn draw_adjective(noun: usize, random: &mut impl RngExt) -> Option<usize> {
    let kinds = LEXICON.nouns[noun].kinds;
    some(0.6, LEXICON.adjectives.len(), random).filter(|adjective| LEXICON.adjectives[*adjective].kinds & kinds != 0)
}

/// A relative clause for a noun of some kinds, if the first verb that is drawn goes with it.
fn draw_relative(kinds: Kinds, random: &mut impl RngExt) -> Option<Relative> {
    let place = below(LEXICON.verbs.len(), random);
    let verb = &LEXICON.verbs[place];
    if !matches!(verb.frame, Frame::Intransitive | Frame::Transitive) {
        return None;
    }
    let [does, undergoes] = [verb.subjects, verb.objects].map(|allowed| allowed & kinds != 0);
    if does && (!undergoes || random.random_bool(0.5)) {
        let object = (verb.frame == Frame::Transitive).then(|| draw_simple(verb.objects, random));
        return Some(Relative::Subject { verb: place, object });
    }
    undergoes.then(|| Relative::Object { subject: draw_simple(verb.subjects, random), verb: place })
}

fn below(count: usize, random: &mut impl RngExt) -> usize {
    random.random_range(0..count)
}

fn some(probability: f64, count: usize, random: &mut impl RngExt) -> Option<usize> {
    random.random_bool(probability).then(|| below(count, random))
}
