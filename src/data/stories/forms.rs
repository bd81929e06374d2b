//! The forms of sentences and their words, in each language.

use super::{FOOD, Kind, Language, OUTDOORS, PEOPLE, PLACES, Sentence, THINGS};

/// A person in English, and whether it is a woman.
const PEOPLE_EN: [(&str, bool); PEOPLE] = [
    ("Anna", true),
    ("Ben", false),
    ("Clara", true),
    ("David", false),
    ("Emma", true),
    ("Felix", false),
    ("Grace", true),
    ("Hugo", false),
    ("Ida", true),
    ("Jack", false),
];
const PEOPLE_JA: [&str; PEOPLE] =
    ["アンナ", "ベン", "クララ", "デビッド", "エマ", "フェリックス", "グレース", "ヒューゴ", "アイダ", "ジャック"];
/// Things with their article; the last are food.
const THINGS_EN: [(&str, &str); THINGS] = [
    ("a", "key"),
    ("a", "book"),
    ("a", "lamp"),
    ("a", "ball"),
    ("a", "hat"),
    ("a", "letter"),
    ("an", "umbrella"),
    ("an", "apple"),
    ("a", "pear"),
    ("a", "cake"),
];
const THINGS_JA: [&str; THINGS] = ["鍵", "本", "ランプ", "ボール", "帽子", "手紙", "傘", "りんご", "梨", "ケーキ"];
/// Places with their preposition, those without a roof first.
const PLACES_EN: [(&str, &str); PLACES] = [
    ("in", "garden"),
    ("in", "park"),
    ("on", "beach"),
    ("in", "kitchen"),
    ("at", "school"),
    ("in", "library"),
    ("at", "station"),
    ("in", "shop"),
];
const PLACES_JA: [&str; PLACES] = ["庭", "公園", "浜辺", "台所", "学校", "図書館", "駅", "店"];

/// A part of a form.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Text(&'static str),
    Who,
    /// `she` or `he`, as the one who.
    Pronoun,
    Whom,
    /// With the definite article in English.
    Thing,
    /// With the indefinite article in English.
    AThing,
    /// Alone, and with its preposition in English.
    Place,
    AtPlace,
}

use Part::{AThing, AtPlace, Place, Pronoun, Text, Thing, Who, Whom};

fn form(language: Language, kind: Kind) -> &'static [Part] {
    match (language, kind) {
        (Language::English, Kind::Is) => &[Who, Text(" is "), AtPlace, Text(".")],
        (Language::English, Kind::Lies) => &[Text("There is "), AThing, Text(" "), AtPlace, Text(".")],
        (Language::English, Kind::Goes) => &[Who, Text(" goes to "), Place, Text(".")],
        (Language::English, Kind::ShelteredFromRain) => {
            &[Text("It rains, so "), Who, Text(" goes to "), Place, Text(".")]
        }
        (Language::English, Kind::Takes) => &[Who, Text(" takes "), Thing, Text(" "), AtPlace, Text(".")],
        (Language::English, Kind::Puts) => &[Who, Text(" puts "), Thing, Text(" down "), AtPlace, Text(".")],
        (Language::English, Kind::Gives) => &[Who, Text(" gives "), Thing, Text(" to "), Whom, Text(".")],
        (Language::English, Kind::Thanks) => &[Who, Text(" thanks "), Whom, Text(".")],
        (Language::English, Kind::Eats) => &[Who, Text(" is hungry, so "), Pronoun, Text(" eats "), Thing, Text(".")],
        (Language::English, Kind::NowIs) => &[Text("Now "), Who, Text(" is "), AtPlace, Text(".")],
        (Language::English, Kind::NowLies) => &[Text("Now "), Thing, Text(" is "), AtPlace, Text(".")],
        (Language::English, Kind::NowHas) => &[Text("Now "), Who, Text(" has "), Thing, Text(".")],
        (Language::Chronicle, Kind::Is) => &[Text("There is "), Who, Text(" "), AtPlace, Text(".")],
        (Language::Chronicle, Kind::Lies) => &[Text("Now "), AThing, Text(" is "), AtPlace, Text(".")],
        (Language::Chronicle, Kind::Goes) => &[Text("Now "), Who, Text(" goes to "), Place, Text(".")],
        (Language::Chronicle, Kind::ShelteredFromRain) => {
            &[Text("It rains, so "), Who, Text(" goes to "), Place, Text(".")]
        }
        (Language::Chronicle, Kind::Takes) => {
            &[Text("There "), Who, Text(" takes "), Thing, Text(" "), AtPlace, Text(".")]
        }
        (Language::Chronicle, Kind::Puts) => {
            &[Text("There "), Who, Text(" puts "), Thing, Text(" down "), AtPlace, Text(".")]
        }
        (Language::Chronicle, Kind::Gives) => {
            &[Text("Now "), Who, Text(" gives "), Thing, Text(" to "), Whom, Text(".")]
        }
        (Language::Chronicle, Kind::Thanks) => &[Text("Now "), Who, Text(" thanks "), Whom, Text(".")],
        (Language::Chronicle, Kind::Eats) => {
            &[Text("Now "), Who, Text(" is hungry, so "), Pronoun, Text(" eats "), Thing, Text(".")]
        }
        (Language::Chronicle, Kind::NowIs) => &[Who, Text(" is "), AtPlace, Text(".")],
        (Language::Chronicle, Kind::NowLies) => &[Text("There "), Thing, Text(" is "), AtPlace, Text(".")],
        (Language::Chronicle, Kind::NowHas) => &[Who, Text(" has "), Thing, Text(".")],
        (Language::Japanese, Kind::Is) => &[Who, Text("は"), Place, Text("にいる。")],
        (Language::Japanese, Kind::Lies) => &[Place, Text("に"), Thing, Text("がある。")],
        (Language::Japanese, Kind::Goes) => &[Who, Text("は"), Place, Text("に行く。")],
        (Language::Japanese, Kind::ShelteredFromRain) => {
            &[Text("雨が降ってきたので、"), Who, Text("は"), Place, Text("に行く。")]
        }
        (Language::Japanese, Kind::Takes) => &[Who, Text("は"), Place, Text("で"), Thing, Text("を手に取る。")],
        (Language::Japanese, Kind::Puts) => &[Who, Text("は"), Place, Text("に"), Thing, Text("を置く。")],
        (Language::Japanese, Kind::Gives) => &[Who, Text("は"), Whom, Text("に"), Thing, Text("を渡す。")],
        (Language::Japanese, Kind::Thanks) => &[Who, Text("は"), Whom, Text("にお礼を言う。")],
        (Language::Japanese, Kind::Eats) => &[Who, Text("はお腹がすいたので、"), Thing, Text("を食べる。")],
        (Language::Japanese, Kind::NowIs) => &[Text("今、"), Who, Text("は"), Place, Text("にいる。")],
        (Language::Japanese, Kind::NowLies) => &[Text("今、"), Thing, Text("は"), Place, Text("にある。")],
        (Language::Japanese, Kind::NowHas) => &[Text("今、"), Who, Text("は"), Thing, Text("を持っている。")],
    }
}

/// The words that can stand in a part, by the number of what they name.
fn word(language: Language, part: Part, number: usize) -> String {
    match (language, part) {
        (_, Text(text)) => text.to_owned(),
        (Language::English | Language::Chronicle, Who | Whom) => PEOPLE_EN[number].0.to_owned(),
        (Language::English | Language::Chronicle, Pronoun) => if PEOPLE_EN[number].1 { "she" } else { "he" }.to_owned(),
        (Language::English | Language::Chronicle, Thing) => format!("the {}", THINGS_EN[number].1),
        (Language::English | Language::Chronicle, AThing) => format!("{} {}", THINGS_EN[number].0, THINGS_EN[number].1),
        (Language::English | Language::Chronicle, Place) => format!("the {}", PLACES_EN[number].1),
        (Language::English | Language::Chronicle, AtPlace) => {
            format!("{} the {}", PLACES_EN[number].0, PLACES_EN[number].1)
        }
        (Language::Japanese, Who | Whom | Pronoun) => PEOPLE_JA[number].to_owned(),
        (Language::Japanese, Thing | AThing) => THINGS_JA[number].to_owned(),
        (Language::Japanese, Place | AtPlace) => PLACES_JA[number].to_owned(),
    }
}

fn count(part: Part) -> usize {
    match part {
        Text(_) => 1,
        Who | Whom | Pronoun => PEOPLE,
        Thing | AThing => THINGS,
        Place | AtPlace => PLACES,
    }
}

impl Sentence {
    /// The number that stands in a part.
    fn at(&mut self, part: Part) -> Option<&mut usize> {
        match part {
            Text(_) => None,
            Who | Pronoun => Some(&mut self.who),
            Whom => Some(&mut self.whom),
            Thing | AThing => Some(&mut self.thing),
            Place | AtPlace => Some(&mut self.place),
        }
    }
}

/// The same without the words that its form has no place for.
pub(super) fn with_used_alone(mut sentence: Sentence) -> Sentence {
    let mut used = Sentence::of(sentence.kind);
    for &part in form(Language::English, sentence.kind) {
        if let (Some(to), Some(from)) = (used.at(part), sentence.at(part)) {
            *to = *from;
        }
    }
    used
}

pub(super) fn write(language: Language, sentence: &Sentence) -> String {
    let mut sentence = *sentence;
    let parts = form(language, sentence.kind).iter();
    parts.map(|&part| word(language, part, sentence.at(part).map_or(0, |number| *number))).collect()
}

pub(super) fn read(language: Language, text: &str) -> Option<Sentence> {
    Kind::ALL.into_iter().find_map(|kind| read_form(language, form(language, kind), text, Sentence::of(kind)))
}

/// What a text says by the rest of a form, after what was read before.
fn read_form(language: Language, form: &[Part], text: &str, before: Sentence) -> Option<Sentence> {
    let Some((&part, rest)) = form.split_first() else {
        return (text.is_empty() && can_be(&before)).then_some(before);
    };
    (0..count(part)).find_map(|number| {
        let behind = text.strip_prefix(word(language, part, number).as_str())?;
        let mut now = before;
        if part == Pronoun {
            // `she` stands for whoever was named.
            let agrees = PEOPLE_EN[number].1 == PEOPLE_EN[now.who].1;
            return agrees.then(|| read_form(language, rest, behind, now)).flatten();
        }
        if let Some(at) = now.at(part) {
            *at = number;
        }
        read_form(language, rest, behind, now)
    })
}

/// Whether a sentence is one at all: food is eaten, one goes under a roof from the rain, and nobody thanks himself.
pub(super) fn can_be(sentence: &Sentence) -> bool {
    match sentence.kind {
        Kind::Eats => FOOD.contains(&sentence.thing),
        Kind::ShelteredFromRain => !OUTDOORS.contains(&sentence.place),
        Kind::Gives | Kind::Thanks => sentence.who != sentence.whom,
        _ => true,
    }
}
