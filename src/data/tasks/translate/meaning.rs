//! What a sentence of the small world means, and which meanings make sense. Both languages are written from it.

use super::lexicon::{DRINK, Frame, Kinds, LEXICON, NUMBERS, PERSON, Tense, Verb};

/// An event and, if told, the reason: `Ken slept because the dog ran`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pub main: Clause,
    pub reason: Option<Clause>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clause {
    pub subject: Phrase,
    pub predicate: Predicate,
    pub tense: Tense,
    pub negated: bool,
    /// Where: a place of the lexicon.
    pub place: Option<usize>,
    /// When: a time of the lexicon.
    pub time: Option<usize>,
    /// Whether English puts the time before the subject. Japanese does not tell the two apart.
    pub time_first: bool,
}

/// Verbs, adjectives, nouns and so on are places in the lexicon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Predicate {
    /// `slept`
    Intransitive { verb: usize },
    /// `ate a peach`
    Transitive { verb: usize, object: Phrase },
    /// `gave a book to Yuki`
    Transfer { verb: usize, object: Phrase, receiver: Phrase },
    /// `went to the park by train`
    Motion { verb: usize, goal: usize, vehicle: Option<usize> },
    /// `is very old`
    Quality { adjective: usize, very: bool },
    /// `is a doctor`
    Role { noun: usize },
    /// `there are three cats in the garden`
    Existence,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phrase {
    Pronoun(usize),
    Name(usize),
    Noun(NounPhrase),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NounPhrase {
    pub determiner: Determiner,
    pub adjective: Option<usize>,
    pub noun: usize,
    pub relative: Option<Box<Relative>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Determiner {
    /// `a cat`, and `tea` without an article.
    A,
    The,
    This,
    That,
    OfPronoun(usize),
    OfName(usize),
    /// From 1.
    Number(usize),
}

/// A relative clause, in the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Relative {
    /// The noun does it: `that ate a peach`, `who slept`.
    Subject { verb: usize, object: Option<Phrase> },
    /// It is done to the noun: `that Ken bought`.
    Object { subject: Phrase, verb: usize },
}

/// Places in the lexicon of the pronouns that have rules of their own.
pub(super) const I: usize = 0;
const YOU: usize = 1;
const WE: usize = 4;
const THEY: usize = 5;

impl Sentence {
    /// Whether the sentence is one of the world: words go together, tenses and times agree, nothing is said twice.
    pub(super) fn makes_sense(&self) -> bool {
        let Some(reason) = &self.reason else { return self.main.makes_sense() };
        self.main.makes_sense()
            && reason.makes_sense()
            && [self.main.tense, reason.tense] == [Tense::Past; 2]
            && self.main.verb().is_some()
            && reason.verb().is_some()
            && !reason.negated
            && reason.place.is_none()
            && reason.time.is_none()
            && reason.phrases().iter().all(|phrase| phrase.relative().is_none())
    }
}

impl Clause {
    /// The verb of an event.
    pub(super) fn verb(&self) -> Option<&'static Verb> {
        match self.predicate {
            Predicate::Intransitive { verb }
            | Predicate::Transitive { verb, .. }
            | Predicate::Transfer { verb, .. }
            | Predicate::Motion { verb, .. } => Some(&LEXICON.verbs[verb]),
            Predicate::Quality { .. } | Predicate::Role { .. } | Predicate::Existence => None,
        }
    }

    /// The subject, then the others.
    fn phrases(&self) -> Vec<&Phrase> {
        match &self.predicate {
            Predicate::Transitive { object, .. } => vec![&self.subject, object],
            Predicate::Transfer { object, receiver, .. } => vec![&self.subject, object, receiver],
            _ => vec![&self.subject],
        }
    }

    fn makes_sense(&self) -> bool {
        let phrases = self.phrases();
        let relatives = phrases.iter().filter(|phrase| phrase.relative().is_some()).count();
        phrases.iter().all(|phrase| phrase.makes_sense())
            && relatives <= 1
            && are_distinct(&phrases)
            && self.words_go_together()
            && self.times_agree()
            && self.ends_clearly()
    }

    fn words_go_together(&self) -> bool {
        let subject = &self.subject;
        match &self.predicate {
            Predicate::Intransitive { verb } => {
                let verb = &LEXICON.verbs[*verb];
                verb.frame == Frame::Intransitive && subject.is(verb.subjects)
            }
            Predicate::Transitive { verb, object } => {
                let verb = &LEXICON.verbs[*verb];
                verb.frame == Frame::Transitive && subject.is(verb.subjects) && object.is(verb.objects)
            }
            Predicate::Transfer { verb, object, receiver } => {
                let verb = &LEXICON.verbs[*verb];
                verb.frame == Frame::Transfer
                    && subject.is(verb.subjects)
                    && object.is(verb.objects)
                    && receiver.is(PERSON)
                    && receiver.is_far()
                    && receiver.relative().is_none()
                    && object.relative().is_none()
            }
            Predicate::Motion { verb, .. } => {
                let verb = &LEXICON.verbs[*verb];
                verb.frame == Frame::Motion && subject.is(verb.subjects) && self.place.is_none()
            }
            Predicate::Quality { adjective, very } => {
                subject.is(LEXICON.adjectives[*adjective].kinds)
                    && subject.adjective().is_none()
                    && self.place.is_none()
                    && !(*very && self.negated)
            }
            Predicate::Role { noun } => {
                subject.is(PERSON)
                    && LEXICON.nouns[*noun].kinds == PERSON
                    && !subject.is_plural()
                    && !matches!(subject, Phrase::Noun(phrase) if phrase.noun == *noun
                        || phrase.relative.is_some()
                        || phrase.determiner == Determiner::A
                        || matches!(phrase.determiner, Determiner::Number(_)))
                    && self.place.is_none()
            }
            Predicate::Existence => {
                self.place.is_some()
                    && matches!(subject, Phrase::Noun(phrase) if phrase.relative.is_none()
                        && (phrase.determiner == Determiner::A
                            || !self.negated && matches!(phrase.determiner, Determiner::Number(_))))
            }
        }
    }

    fn times_agree(&self) -> bool {
        let is_progressive = matches!(self.tense, Tense::Progressive | Tense::PastProgressive);
        let tense = match (self.verb(), &self.predicate) {
            (Some(verb), _) => !(is_progressive && verb.progressive == "-"),
            (None, Predicate::Existence) => matches!(self.tense, Tense::Past | Tense::Present),
            (None, _) => matches!(self.tense, Tense::Past | Tense::Present) && self.time.is_none(),
        };
        let time = self.time.is_none_or(|time| match self.tense {
            Tense::PastProgressive => LEXICON.times[time].tense == Tense::Past,
            // 毎日 would say that something comes into being every day.
            Tense::Present if self.verb().is_none() => false,
            tense => LEXICON.times[time].tense == tense,
        });
        tense && time && (self.time.is_some() || !self.time_first)
    }

    /// Whether no place or time could be taken for a part of a relative clause before it.
    fn ends_clearly(&self) -> bool {
        let is_open = self.phrases()[1..].last().is_some_and(|phrase| phrase.relative().is_some());
        !is_open || (self.place.is_none() && (self.time.is_none() || self.time_first))
    }
}

impl Phrase {
    /// Whether it names a thing of one of the kinds.
    pub(super) fn is(&self, kinds: Kinds) -> bool {
        let own = match self {
            Phrase::Pronoun(_) | Phrase::Name(_) => PERSON,
            Phrase::Noun(phrase) => LEXICON.nouns[phrase.noun].kinds,
        };
        own & kinds != 0
    }

    fn relative(&self) -> Option<&Relative> {
        match self {
            Phrase::Noun(phrase) => phrase.relative.as_deref(),
            _ => None,
        }
    }

    fn adjective(&self) -> Option<usize> {
        match self {
            Phrase::Noun(phrase) => phrase.adjective,
            _ => None,
        }
    }

    /// Whether its verb is plural.
    pub(super) fn is_plural(&self) -> bool {
        match self {
            Phrase::Pronoun(pronoun) => [WE, THEY].contains(pronoun),
            Phrase::Name(_) => false,
            Phrase::Noun(phrase) => matches!(phrase.determiner, Determiner::Number(number) if number > 1),
        }
    }

    /// Whether the verb has the form of `you`: in English every subject but `I` and the third person singular.
    pub(super) fn takes_are(&self) -> bool {
        self.is_plural() || *self == Phrase::Pronoun(YOU)
    }

    /// Whether it is neither of the speaker nor of the listener: あげる and its like do not reach them.
    fn is_far(&self) -> bool {
        let is_far = |pronoun: usize| ![I, YOU, WE].contains(&pronoun);
        match self {
            Phrase::Pronoun(pronoun) => is_far(*pronoun),
            Phrase::Name(_) => true,
            Phrase::Noun(phrase) => !matches!(phrase.determiner, Determiner::OfPronoun(pronoun) if !is_far(pronoun)),
        }
    }

    fn makes_sense(&self) -> bool {
        let Phrase::Noun(phrase) = self else { return true };
        let kinds = LEXICON.nouns[phrase.noun].kinds;
        let adjective = phrase.adjective.is_none_or(|adjective| LEXICON.adjectives[adjective].kinds & kinds != 0);
        let number = !matches!(phrase.determiner, Determiner::Number(number) if number == 0 || number > NUMBERS.len());
        let relative = phrase.relative.as_ref().is_none_or(|relative| {
            let determined = matches!(phrase.determiner, Determiner::A | Determiner::The | Determiner::Number(_));
            determined && relative.makes_sense(self)
        });
        adjective && number && relative
    }
}

impl Relative {
    /// Whether it may be said of a phrase.
    fn makes_sense(&self, of: &Phrase) -> bool {
        let simple = |phrase: &Phrase| phrase.relative().is_none() && phrase.makes_sense();
        match self {
            Relative::Subject { verb, object } => {
                let verb = &LEXICON.verbs[*verb];
                let fits = match object {
                    None => verb.frame == Frame::Intransitive,
                    Some(object) => verb.frame == Frame::Transitive && object.is(verb.objects) && simple(object),
                };
                fits && of.is(verb.subjects)
            }
            Relative::Object { subject, verb } => {
                let verb = &LEXICON.verbs[*verb];
                let fits = verb.frame == Frame::Transitive && subject.is(verb.subjects) && of.is(verb.objects);
                fits && simple(subject)
            }
        }
    }
}

impl NounPhrase {
    /// Whether it is counted in cups.
    pub(super) fn is_drink(&self) -> bool {
        LEXICON.nouns[self.noun].kinds == DRINK
    }
}

/// Whether no person is there twice: `Ken saw Ken`, `we saw me`.
fn are_distinct(phrases: &[&Phrase]) -> bool {
    let person = |phrase: &Phrase| match phrase {
        Phrase::Pronoun(WE) => Some(Phrase::Pronoun(I)),
        Phrase::Noun(_) => None,
        other => Some(other.clone()),
    };
    let persons: Vec<Phrase> = phrases.iter().filter_map(|phrase| person(phrase)).collect();
    persons.iter().enumerate().all(|(place, person)| !persons[..place].contains(person))
}
