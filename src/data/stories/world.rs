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

/// Why a sentence cannot be true after what was told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Breach {
    Impossible,
    PersonKnown,
    PersonUnknown,
    ThingKnown,
    ThingUnknown,
    ThereAlready,
    NotOutdoors,
    Held,
    NotHere,
    NotHeld,
    Apart,
    NoGift,
    Elsewhere,
    NotHis,
    Eaten,
}

impl Breach {
    pub fn why(self) -> Bilingual {
        let (en, ja) = match self {
            Breach::Impossible => ("this cannot be done", "これはできません"),
            Breach::PersonKnown => ("the person is known already", "その人はすでに登場しています"),
            Breach::PersonUnknown => {
                ("nobody has said where the person is", "その人がどこにいるか、まだ語られていません")
            }
            Breach::ThingKnown => ("the thing is known already", "その物はすでに登場しています"),
            Breach::ThingUnknown => {
                ("nobody has said where the thing is", "その物がどこにあるか、まだ語られていません")
            }
            Breach::ThereAlready => ("the person is there already", "その人はすでにそこにいます"),
            Breach::NotOutdoors => ("the person is under a roof", "その人は屋内にいます"),
            Breach::Held => ("somebody has the thing already", "その物はすでに誰かが持っています"),
            Breach::NotHere => ("the thing is somewhere else", "その物は別の場所にあります"),
            Breach::NotHeld => ("the person does not have the thing", "その人はその物を持っていません"),
            Breach::Apart => ("the two are not in the same place", "二人は同じ場所にいません"),
            Breach::NoGift => ("there was no gift right before", "直前に何も渡していません"),
            Breach::Elsewhere => ("it is not there", "そこにはありません(いません)"),
            Breach::NotHis => ("somebody else has it, or nobody", "持っているのは別の人か、誰も持っていません"),
            Breach::Eaten => ("it has been eaten", "もう食べられてしまいました"),
        };
        Bilingual::new(en, ja)
    }
}

impl World {
    /// Why a sentence cannot come next; none if it can.
    pub(super) fn breach(&self, sentence: &Sentence) -> Option<Breach> {
        self.allows(sentence).err()
    }

    fn person(&self, who: usize) -> Result<usize, Breach> {
        self.people[who].ok_or(Breach::PersonUnknown)
    }

    fn holds(&self, who: usize, thing: usize) -> Result<(), Breach> {
        match self.things[thing] {
            Whereabouts::With(holder) if holder == who => Ok(()),
            Whereabouts::Eaten => Err(Breach::Eaten),
            Whereabouts::Unknown => Err(Breach::ThingUnknown),
            _ => Err(Breach::NotHeld),
        }
    }

    fn allows(&self, sentence: &Sentence) -> Result<(), Breach> {
        let Sentence { kind, who, whom, thing, place } = *sentence;
        let unless = |is_wrong: bool, breach: Breach| if is_wrong { Err(breach) } else { Ok(()) };
        unless(!forms::can_be(sentence), Breach::Impossible)?;
        match kind {
            Kind::Is => unless(self.people[who].is_some(), Breach::PersonKnown),
            Kind::Lies => unless(self.things[thing] != Whereabouts::Unknown, Breach::ThingKnown),
            Kind::Goes => unless(self.person(who)? == place, Breach::ThereAlready),
            Kind::ShelteredFromRain => unless(!OUTDOORS.contains(&self.person(who)?), Breach::NotOutdoors),
            Kind::Takes => {
                let here = self.person(who)?;
                match self.things[thing] {
                    Whereabouts::Lies(place) => unless(place != here, Breach::NotHere),
                    Whereabouts::With(_) => Err(Breach::Held),
                    Whereabouts::Eaten => Err(Breach::Eaten),
                    Whereabouts::Unknown => Err(Breach::ThingUnknown),
                }
            }
            Kind::Puts | Kind::Eats => self.person(who).and_then(|_| self.holds(who, thing)),
            Kind::Gives => {
                self.holds(who, thing)?;
                unless(self.person(who)? != self.person(whom)?, Breach::Apart)
            }
            Kind::Thanks => unless(self.gift != Some([whom, who]), Breach::NoGift),
            Kind::NowIs => unless(self.person(who)? != place, Breach::Elsewhere),
            Kind::NowLies => match self.things[thing] {
                Whereabouts::Lies(at) => unless(at != place, Breach::Elsewhere),
                Whereabouts::With(holder) => unless(self.person(holder)? != place, Breach::Elsewhere),
                Whereabouts::Eaten => Err(Breach::Eaten),
                Whereabouts::Unknown => Err(Breach::ThingUnknown),
            },
            Kind::NowHas => self.person(who).and_then(|_| self.holds(who, thing)).map_err(|breach| match breach {
                Breach::NotHeld => Breach::NotHis,
                breach => breach,
            }),
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
pub fn check(story: &[Sentence]) -> Option<(usize, Breach)> {
    let mut world = World::default();
    for (place, sentence) in story.iter().enumerate() {
        if let Some(breach) = world.breach(sentence) {
            return Some((place, breach));
        }
        world.take(sentence);
    }
    None
}
