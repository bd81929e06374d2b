//! The meaning of an English sentence: a recursive descent parser, one function for each part of the grammar. It takes
//! more than the grammar writes (`a eggs`, `he eat`); writing the meaning again and comparing settles the rest.

use super::lexicon::{Frame, LEXICON, NUMBERS, Pronoun, Tense, Verb, words};
use super::meaning::{Clause, Determiner, NounPhrase, Phrase, Predicate, Relative, Sentence};
use super::{LONGEST, english};

/// The meaning of a text that is exactly a sentence of the grammar and not too long.
pub(super) fn parse(text: &str) -> Option<Sentence> {
    let tokens: Vec<&str> = text.split(' ').take(LONGEST.0 + 1).collect();
    if tokens.len() > LONGEST.0 {
        return None;
    }
    let mut parser = Parser { rest: &tokens };
    let main = parser.clause()?;
    let reason = if parser.take("because") { Some(parser.clause()?) } else { None };
    let sentence = Sentence { main, reason };
    (parser.rest.is_empty() && sentence.makes_sense() && english::write(&sentence) == tokens).then_some(sentence)
}

/// The tokens that are still to be read.
struct Parser<'a> {
    rest: &'a [&'a str],
}

impl Parser<'_> {
    fn take(&mut self, token: &str) -> bool {
        let found = self.rest.first() == Some(&token);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// The place of the first of some items with a text that comes next.
    fn one_of<T>(&mut self, items: &'static [T], text: impl Fn(&T) -> &'static str) -> Option<usize> {
        let found = items.iter().position(|item| {
            words(text(item)).zip(self.rest).filter(|(word, token)| word == *token).count() == words(text(item)).count()
        })?;
        self.rest = &self.rest[words(text(&items[found])).count()..];
        Some(found)
    }

    /// What `read` gives; nothing is taken if it gives nothing.
    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.rest;
        let found = read(self);
        if found.is_none() {
            self.rest = before;
        }
        found
    }

    fn verb(&mut self, form: impl Fn(&Verb) -> &'static str) -> Option<usize> {
        self.one_of(&LEXICON.verbs, form)
    }

    fn time(&mut self) -> Option<usize> {
        self.one_of(&LEXICON.times, |time| time.english)
    }

    fn clause(&mut self) -> Option<Clause> {
        let first = self.time();
        let mut clause = if self.take("there") { self.existence()? } else { self.statement()? };
        clause.place = self.attempt(|parser| {
            let place = parser.rest.first().copied()?;
            parser.rest = &parser.rest[1..];
            let found = parser.one_of(&LEXICON.places, |place| place.english)?;
            (LEXICON.places[found].preposition == place).then_some(found)
        });
        clause.time = first.or_else(|| self.time());
        clause.time_first = first.is_some();
        Some(clause)
    }

    /// After `there`.
    fn existence(&mut self) -> Option<Clause> {
        let tense = self.be()?;
        let negated = self.take("no");
        let subject = match negated {
            true => self.noun(Determiner::A)?,
            false => self.noun_phrase()?,
        };
        Some(clause(Phrase::Noun(subject), Predicate::Existence, tense, negated))
    }

    fn statement(&mut self) -> Option<Clause> {
        let subject = self.phrase(true)?;
        if let Some(tense) = self.be() {
            let negated = self.take("not");
            if let Some(verb) = self.verb(|verb| verb.progressive) {
                let tense = if tense == Tense::Past { Tense::PastProgressive } else { Tense::Progressive };
                return Some(clause(subject, self.event(verb)?, tense, negated));
            }
            return Some(clause(subject, self.state()?, tense, negated));
        }
        let (tense, auxiliary) = if self.take("will") {
            (Tense::Future, true)
        } else if self.take("did") {
            (Tense::Past, true)
        } else {
            (Tense::Present, self.take("does") || self.take("do"))
        };
        if auxiliary {
            let negated = self.take("not");
            let verb = self.verb(|verb| verb.base)?;
            return Some(clause(subject, self.event(verb)?, tense, negated));
        }
        if let Some(verb) = self.verb(|verb| verb.past) {
            return Some(clause(subject, self.event(verb)?, Tense::Past, false));
        }
        let verb = self.verb(|verb| verb.third).or_else(|| self.verb(|verb| verb.base))?;
        Some(clause(subject, self.event(verb)?, Tense::Present, false))
    }

    fn be(&mut self) -> Option<Tense> {
        if self.take("was") || self.take("were") {
            return Some(Tense::Past);
        }
        (self.take("am") || self.take("is") || self.take("are")).then_some(Tense::Present)
    }

    /// What follows a verb.
    fn event(&mut self, verb: usize) -> Option<Predicate> {
        Some(match LEXICON.verbs[verb].frame {
            Frame::Intransitive => Predicate::Intransitive { verb },
            Frame::Transitive => Predicate::Transitive { verb, object: self.phrase(false)? },
            Frame::Transfer => {
                let object = self.phrase(false)?;
                let receiver = if self.take("to") { self.phrase(false)? } else { return None };
                Predicate::Transfer { verb, object, receiver }
            }
            Frame::Motion => {
                let goal =
                    if self.take("to") { self.one_of(&LEXICON.places, |place| place.english)? } else { return None };
                let vehicle =
                    if self.take("by") { Some(self.one_of(&LEXICON.vehicles, |vehicle| vehicle[0])?) } else { None };
                Predicate::Motion { verb, goal, vehicle }
            }
        })
    }

    /// After a form of `be`.
    fn state(&mut self) -> Option<Predicate> {
        if self.take("a") || self.take("an") {
            let noun = self.one_of(&LEXICON.nouns, |noun| noun.singular)?;
            return Some(Predicate::Role { noun });
        }
        let very = self.take("very");
        Some(Predicate::Quality { adjective: self.adjective()?, very })
    }

    fn phrase(&mut self, is_subject: bool) -> Option<Phrase> {
        // `her` may begin a noun phrase or be one by itself.
        if let Some(phrase) = self.attempt(Self::noun_phrase) {
            return Some(Phrase::Noun(phrase));
        }
        if let Some(name) = self.one_of(&LEXICON.names, |name| name.english) {
            return Some(Phrase::Name(name));
        }
        let form = |pronoun: &Pronoun| if is_subject { pronoun.subject } else { pronoun.object };
        self.one_of(&LEXICON.pronouns, form).map(Phrase::Pronoun)
    }

    fn noun_phrase(&mut self) -> Option<NounPhrase> {
        let determiner = self.determiner();
        if matches!(determiner, Determiner::Number(_)) && (self.take("cup") || self.take("cups")) && !self.take("of") {
            return None;
        }
        self.noun(determiner)
    }

    /// Nothing is a determiner too: `tea`.
    fn determiner(&mut self) -> Determiner {
        let words = [
            ("the", Determiner::The),
            ("a", Determiner::A),
            ("an", Determiner::A),
            ("this", Determiner::This),
            ("that", Determiner::That),
        ];
        if let Some((_, determiner)) = words.into_iter().find(|(word, _)| self.take(word)) {
            return determiner;
        }
        if let Some(number) = self.one_of(&NUMBERS, |number| number[0]) {
            return Determiner::Number(number + 1);
        }
        if let Some(name) = self.one_of(&LEXICON.names, |name| name.possessive) {
            return Determiner::OfName(name);
        }
        let pronoun = self.one_of(&LEXICON.pronouns, |pronoun| pronoun.possessive);
        pronoun.map_or(Determiner::A, Determiner::OfPronoun)
    }

    fn adjective(&mut self) -> Option<usize> {
        self.one_of(&LEXICON.adjectives, |adjective| adjective.english)
    }

    /// After a determiner.
    fn noun(&mut self, determiner: Determiner) -> Option<NounPhrase> {
        let adjective = self.adjective();
        let noun = self
            .one_of(&LEXICON.nouns, |noun| noun.singular)
            .or_else(|| self.one_of(&LEXICON.nouns, |noun| noun.plural))?;
        let relative = if self.take("who") || self.take("that") { Some(Box::new(self.relative()?)) } else { None };
        Some(NounPhrase { determiner, adjective, noun, relative })
    }

    /// After `who` or `that`.
    fn relative(&mut self) -> Option<Relative> {
        if let Some(verb) = self.verb(|verb| verb.past) {
            let is_transitive = LEXICON.verbs[verb].frame == Frame::Transitive;
            let object = if is_transitive { Some(self.phrase(false)?) } else { None };
            return Some(Relative::Subject { verb, object });
        }
        let subject = self.phrase(true)?;
        Some(Relative::Object { subject, verb: self.verb(|verb| verb.past)? })
    }
}

fn clause(subject: Phrase, predicate: Predicate, tense: Tense, negated: bool) -> Clause {
    Clause { subject, predicate, tense, negated, place: None, time: None, time_first: false }
}
