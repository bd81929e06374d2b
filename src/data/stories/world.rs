//! What a story says of its world so far, and what can follow.

use super::{Kind, OUTDOORS, PEOPLE, Sentence, THINGS, forms};
use crate::experiment::Bilingual;

/// Where a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Whereabouts {
    #[default]
    Unknown,
    Lies(usize),
    With(usize),
    Eaten,
}

/// Where everybody and everything is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct World {
    people: [Option<usize>; PEOPLE],
    things: [Whereabouts; THINGS],
    /// Who gave somebody something in the last sentence.
    gift: Option<[usize; 2]>,
}

/// Why a sentence cannot be true after those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Contradiction {
    Impossible,
    PersonKnown,
    PersonUnknown,
    ThingKnown,
    ThingUnknown,
    ThereAlready,
    NotOutdoors,
    PersonElsewhere,
    Held,
    NotHere,
    NotHeld,
    Apart,
    NoGift,
    Elsewhere,
    NotHis,
    Eaten,
}

impl Contradiction {
    pub fn why(self) -> Bilingual {
        let (en, ja) = match self {
            Contradiction::Impossible => ("this cannot be done", "これはできません"),
            Contradiction::PersonKnown => ("the person is known already", "その人はすでに登場しています"),
            Contradiction::PersonUnknown => {
                ("nobody has said where the person is", "その人がどこにいるか、まだ語られていません")
            }
            Contradiction::ThingKnown => ("the thing is known already", "その物はすでに登場しています"),
            Contradiction::ThingUnknown => {
                ("nobody has said where the thing is", "その物がどこにあるか、まだ語られていません")
            }
            Contradiction::ThereAlready => ("the person is there already", "その人はすでにそこにいます"),
            Contradiction::NotOutdoors => ("the person is under a roof", "その人は屋内にいます"),
            Contradiction::PersonElsewhere => ("the person is somewhere else", "その人は別の場所にいます"),
            Contradiction::Held => ("somebody has the thing already", "その物はすでに誰かが持っています"),
            Contradiction::NotHere => ("the thing is somewhere else", "その物は別の場所にあります"),
            Contradiction::NotHeld => ("the person does not have the thing", "その人はその物を持っていません"),
            Contradiction::Apart => ("the two are not in the same place", "二人は同じ場所にいません"),
            Contradiction::NoGift => ("there was no gift right before", "直前に何も渡していません"),
            Contradiction::Elsewhere => ("it is not there", "そこにはありません(いません)"),
            Contradiction::NotHis => ("somebody else has it, or nobody", "持っているのは別の人か、誰も持っていません"),
            Contradiction::Eaten => ("it has been eaten", "もう食べられてしまいました"),
        };
        Bilingual::new(en, ja)
    }
}

impl World {
    /// Why a sentence cannot come next; none if it can.
    pub(super) fn contradiction(&self, sentence: &Sentence) -> Option<Contradiction> {
        self.allows(sentence).err()
    }

    fn person(&self, who: usize) -> Result<usize, Contradiction> {
        self.people[who].ok_or(Contradiction::PersonUnknown)
    }

    fn holds(&self, who: usize, thing: usize) -> Result<(), Contradiction> {
        match self.things[thing] {
            Whereabouts::With(holder) if holder == who => Ok(()),
            Whereabouts::Eaten => Err(Contradiction::Eaten),
            Whereabouts::Unknown => Err(Contradiction::ThingUnknown),
            _ => Err(Contradiction::NotHeld),
        }
    }

    fn allows(&self, sentence: &Sentence) -> Result<(), Contradiction> {
        let Sentence { kind, who, whom, thing, place } = *sentence;
        let unless = |is_wrong: bool, contradiction: Contradiction| if is_wrong { Err(contradiction) } else { Ok(()) };
        unless(!forms::can_be(sentence), Contradiction::Impossible)?;
        match kind {
            Kind::Is => unless(self.people[who].is_some(), Contradiction::PersonKnown),
            Kind::Lies => unless(self.things[thing] != Whereabouts::Unknown, Contradiction::ThingKnown),
            Kind::Goes => unless(self.person(who)? == place, Contradiction::ThereAlready),
            Kind::ShelteredFromRain => unless(!OUTDOORS.contains(&self.person(who)?), Contradiction::NotOutdoors),
            Kind::Takes => {
                let here = self.person(who)?;
                unless(here != place, Contradiction::PersonElsewhere)?;
                match self.things[thing] {
                    Whereabouts::Lies(place) => unless(place != here, Contradiction::NotHere),
                    Whereabouts::With(_) => Err(Contradiction::Held),
                    Whereabouts::Eaten => Err(Contradiction::Eaten),
                    Whereabouts::Unknown => Err(Contradiction::ThingUnknown),
                }
            }
            Kind::Puts => {
                unless(self.person(who)? != place, Contradiction::PersonElsewhere)?;
                self.holds(who, thing)
            }
            Kind::Eats => self.person(who).and_then(|_| self.holds(who, thing)),
            Kind::Gives => {
                self.holds(who, thing)?;
                unless(self.person(who)? != self.person(whom)?, Contradiction::Apart)
            }
            Kind::Thanks => unless(self.gift != Some([whom, who]), Contradiction::NoGift),
            Kind::NowIs => unless(self.person(who)? != place, Contradiction::Elsewhere),
            Kind::NowLies => match self.things[thing] {
                Whereabouts::Lies(at) => unless(at != place, Contradiction::Elsewhere),
                Whereabouts::With(holder) => unless(self.person(holder)? != place, Contradiction::Elsewhere),
                Whereabouts::Eaten => Err(Contradiction::Eaten),
                Whereabouts::Unknown => Err(Contradiction::ThingUnknown),
            },
            Kind::NowHas => {
                self.person(who).and_then(|_| self.holds(who, thing)).map_err(|contradiction| match contradiction {
                    Contradiction::NotHeld => Contradiction::NotHis,
                    contradiction => contradiction,
                })
            }
        }
    }

    /// Takes in a sentence that can come next.
    pub(super) fn take(&mut self, sentence: &Sentence) {
        let Sentence { kind, who, whom, thing, place } = *sentence;
        self.gift = (kind == Kind::Gives).then_some([who, whom]);
        match kind {
            Kind::Is | Kind::Goes | Kind::ShelteredFromRain => self.people[who] = Some(place),
            Kind::Lies => self.things[thing] = Whereabouts::Lies(place),
            Kind::Takes => self.things[thing] = Whereabouts::With(who),
            Kind::Gives => self.things[thing] = Whereabouts::With(whom),
            Kind::Puts => self.things[thing] = self.people[who].map_or(Whereabouts::Unknown, Whereabouts::Lies),
            Kind::Eats => self.things[thing] = Whereabouts::Eaten,
            Kind::Thanks | Kind::NowIs | Kind::NowLies | Kind::NowHas => {}
        }
    }
}

/// The first sentence of a story that cannot be true, and why.
pub fn check(story: &[Sentence]) -> Option<(usize, Contradiction)> {
    let mut world = World::default();
    for (place, sentence) in story.iter().enumerate() {
        if let Some(contradiction) = world.contradiction(sentence) {
            return Some((place, contradiction));
        }
        world.take(sentence);
    }
    None
}
