//! A conversation about word vectors: what was said, the names given, the set in use.

use super::evaluate::{Scope, Value, Vector};
use super::expression::{self, ExpressionError, Statement};
use super::history::History;
use super::map::plot;
use super::sets::{EMBEDDED, Embedded};
use super::wording::{COMMANDS, either, why};
use crate::data::vectors::Vectors;
use crate::experiment::panel::Format;
use crate::experiment::{
    self, Answer, Bar, Bilingual, ExperimentError, Knob, Language, Model, Panel, Query, QueryKind, Scene, TalkAnswer,
    TalkQuery, TaskContext, ViewSpec, Wording, view,
};
use std::any::Any;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Groups of words for a first look.
const SAMPLE: [&[&str]; 4] = [
    &["king", "queen", "prince", "princess", "man", "woman"],
    &["france", "paris", "japan", "tokyo", "italy", "rome"],
    &["walk", "walking", "swim", "swimming"],
    &["violin", "piano", "guitar"],
];

/// Words an answer lists unless asked otherwise, and at most.
pub const TOP: usize = 10;
pub const MOST: usize = 1000;

/// A set in use, and the names given to its vectors.
pub(super) struct Set {
    pub vectors: Arc<Vectors>,
    pub names: BTreeMap<String, Value>,
}

/// Whether a text has kana or kanji.
fn has_japanese(text: &str) -> bool {
    text.chars().any(|letter| ('\u{3040}'..='\u{9fff}').contains(&letter))
}

/// Whether most of the words of some vectors are written in Japanese.
fn is_japanese(vectors: &Vectors) -> bool {
    let words = vectors.words();
    2 * words.iter().take(50).filter(|word| has_japanese(word)).count() > words.len().min(50)
}

pub struct Session {
    pub(super) sets: Vec<Set>,
    pub(super) current: usize,
    /// Whether words that were typed may be answers.
    pub(super) include: bool,
    pub(super) top: usize,
    pub(super) history: History,
    /// Lines of this session that were understood.
    pub(super) said: Vec<String>,
}

impl Session {
    /// With a set of its own to begin with.
    pub fn new(vectors: Arc<Vectors>, history: History) -> Self {
        let sets = vec![Set { vectors, names: BTreeMap::new() }];
        Session { sets, current: 0, include: false, top: TOP, history, said: Vec::new() }
    }

    /// Puts newer vectors in the place of the first set.
    pub fn renew(&mut self, vectors: Arc<Vectors>) {
        self.sets[0].vectors = vectors;
    }

    /// With the English vectors that ship.
    pub fn embedded(history: History) -> Self {
        Self::new(Arc::new(EMBEDDED[0].open()), history)
    }

    pub fn set_top(&mut self, top: usize) {
        self.top = top.clamp(1, MOST);
    }

    pub fn set_include(&mut self, include: bool) {
        self.include = include;
    }

    pub fn vectors(&self) -> &Arc<Vectors> {
        &self.sets[self.current].vectors
    }

    pub(super) fn scope(&self) -> Scope<'_> {
        let set = &self.sets[self.current];
        Scope { vectors: &set.vectors, names: &set.names }
    }

    /// Whether most of the words in use are written in Japanese.
    pub(super) fn japanese(&self) -> bool {
        is_japanese(self.vectors())
    }

    /// The set whose words are of the other script, if the line is written in that: the Japanese vectors that ship, or the first set in
    /// use that is not Japanese.
    fn of_its_script(&mut self, line: &str) -> Option<usize> {
        if has_japanese(line) == self.japanese() {
            return None;
        }
        let wanted = !self.japanese();
        let known = self.sets.iter().position(|set| is_japanese(&set.vectors) == wanted);
        known.or_else(|| wanted.then(|| self.add(&EMBEDDED[1])))
    }

    /// Takes a set that ships in, at the end.
    pub(super) fn add(&mut self, embedded: &Embedded) -> usize {
        self.sets.push(Set { vectors: Arc::new(embedded.open()), names: BTreeMap::new() });
        self.sets.len() - 1
    }

    /// Answers a line, or several: each in turn.
    ///
    /// # Errors
    /// When it was called off.
    pub fn say(&mut self, text: &str, language: Language, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        self.history.push(text.trim_end());
        let mut parts = Vec::new();
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let answer = self.line(line, language, task)?;
            let understood = !answer.iter().any(Panel::is_fault);
            parts.extend(answer);
            if !understood {
                break;
            }
            self.said.push(line.to_owned());
        }
        Ok(parts)
    }

    /// Answers a line with the vectors in use; where they do not know its words, with those of its script, which are in use from then
    /// on, and says so.
    fn line(&mut self, line: &str, language: Language, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let narrowed =
            line.strip_prefix(['：', ':']).filter(|rest| rest.starts_with(|letter: char| letter.is_alphabetic()));
        let name = narrowed.and_then(|command| command.split_whitespace().next());
        let is_about_words = name.is_none_or(|name| ["nn", "path", "odd", "plot", "bias"].contains(&name));
        let (before, answer) = (self.current, self.answer_line(line, narrowed, language, task)?);
        if !is_about_words || !answer.iter().any(Panel::is_fault) {
            return Ok(answer);
        }
        let Some(place) = self.of_its_script(line) else { return Ok(answer) };
        self.current = place;
        let other = self.answer_line(line, narrowed, language, task)?;
        // Words in Japanese are a matter of the Japanese vectors, also where these do not know them.
        if !self.japanese() && other.iter().any(Panel::is_fault) {
            self.current = before;
            return Ok(answer);
        }
        let (now, before) = (&self.vectors().name, &self.sets[before].vectors.name);
        let said = match language {
            Language::En => format!("answered with `{now}`, by the script of the words; `:use {before}` goes back"),
            Language::Ja => format!("語の文字に合わせて `{now}` で答えます。戻すには `:use {before}`"),
        };
        Ok(std::iter::once(Panel::note(said)).chain(other).collect())
    }

    fn answer_line(
        &mut self,
        line: &str,
        command: Option<&str>,
        language: Language,
        task: &TaskContext,
    ) -> Result<Vec<Panel>, ExperimentError> {
        match command {
            Some(command) => self.command(line, command, language, task),
            None => Ok(self.statement(line, language).unwrap_or_else(|fault| vec![self.fault(line, fault, language)])),
        }
    }

    pub(super) fn fault(
        &self,
        line: &str,
        ExpressionError { at, why: reason }: ExpressionError,
        language: Language,
    ) -> Panel {
        let text = why(&reason, language, self.japanese());
        Panel::fault(line, at.start, at.end, text)
    }

    fn statement(&mut self, line: &str, language: Language) -> Result<Vec<Panel>, ExpressionError> {
        let scope = self.scope();
        let Statement { name, value } = expression::parse(line, &|text| scope.knows(text))?;
        let at = value.at.clone();
        let value = scope.value(&value)?;
        let mut parts = Vec::new();
        if let Some(name) = name {
            let hides = scope.vectors.words().find(&name).is_some();
            let shown = match &value {
                Value::Number(number) => format!("{name} = {number}"),
                Value::Vector(vector) => match language {
                    Language::En => format!("{name} is a vector of length {:.3}", vector.length()),
                    Language::Ja => format!("{name} は長さ {:.3} のベクトル", vector.length()),
                },
            };
            let note = match (hides, language) {
                (false, _) => shown,
                (true, Language::En) => format!("{shown}; it hides the word, which is still there as \"{name}\""),
                (true, Language::Ja) => format!("{shown}。同じ綴りの語は \"{name}\" と引用符付きで使えます"),
            };
            parts.push(Panel::note(note));
            self.sets[self.current].names.insert(name, value);
            return Ok(parts);
        }
        match value {
            Value::Number(value) => {
                let name = Bilingual::same(line[at].trim());
                parts.push(Panel::Number { name, value, format: Format::Plain });
            }
            Value::Vector(vector) => parts.extend(self.nearest(line, &vector, language)),
        }
        Ok(parts)
    }

    /// The nearest words to a vector.
    pub(super) fn nearest(&self, heading: &str, vector: &Vector, language: Language) -> Vec<Panel> {
        if vector.length() == 0.0 {
            let said = "a vector of length 0 points nowhere: no word is nearer than another";
            return vec![Panel::note(either(language, said, "長さ 0 のベクトルは向きを持たず、近い語が決まりません"))];
        }
        let inputs: Vec<u32> = vector.inputs.iter().copied().collect();
        let left_out: &[u32] = if self.include { &[] } else { &inputs };
        let near = self.vectors().nearest(&vector.values, self.top, left_out);
        let entries =
            near.iter().map(|near| Bar { name: self.vectors().words().get(near.word).to_owned(), value: near.cosine });
        vec![Panel::ranked(heading, entries.collect())]
    }

    /// Some words in the plane, to show what vectors are.
    ///
    /// # Errors
    /// As [`plot`].
    fn sample(&self) -> Result<Scene, ExperimentError> {
        let scope = self.scope();
        let groups = SAMPLE.iter().enumerate();
        let words = groups.flat_map(|(group, words)| words.iter().map(move |word| (*word, group)));
        let found = words.filter_map(|(word, group)| Some((word.to_owned(), group, scope.word(word)?)));
        let (labels, vectors): (Vec<(String, usize)>, Vec<Vec<f32>>) =
            found.map(|(word, group, index)| ((word, group), scope.vectors.unit(index))).unzip();
        plot(&labels, &vectors, &[])
    }

    /// What could stand at the end of a line: commands, names, words by how frequent they are.
    pub fn complete(&self, line: &str) -> (usize, Vec<String>) {
        const SHOWN: usize = 12;
        let of_word = |letter: char| letter.is_alphanumeric() || "_-'.:ー々".contains(letter);
        let mut from = line
            .char_indices()
            .rev()
            .take_while(|(_, letter)| of_word(*letter))
            .last()
            .map_or(line.len(), |(at, _)| at);
        let command = line.trim_start().starts_with(':') && !line.trim_start().contains(' ');
        if !command {
            // An operator in front is not of the word, as in `king-wom`.
            from += line[from..]
                .rfind(['-', '.', ':'])
                .map_or(0, |at| if self.scope().knows(&line[from..]) { 0 } else { at + 1 });
        }
        let begun = &line[from..];
        if command {
            let begun = begun.trim_start_matches(':');
            let names = COMMANDS.iter().map(|help| help.name).filter(|name| name.starts_with(begun));
            return (from, names.map(|name| format!(":{name}")).collect());
        }
        if begun.is_empty() {
            return (from, Vec::new());
        }
        let small = begun.to_lowercase();
        let fits = |word: &&str| word.starts_with(begun) || word.starts_with(&small);
        let names = self.sets[self.current].names.keys().map(String::as_str).filter(fits);
        let words = self.vectors().words();
        (from, names.chain(words.iter().filter(fits)).take(SHOWN).map(str::to_owned).collect())
    }
}

pub static VIEWS: [ViewSpec; 2] = [
    ViewSpec::new("nearest", Wording::new("the words nearest to an expression", "式に最も近い語"), || {
        vec![
            Knob::text("expression", 400, "king - man + woman", ["words added and subtracted", "語の足し引き"]),
            Knob::integer("count", 1..=MOST as i64, TOP as i64, ["how many", "個数"]),
        ]
    }),
    ViewSpec::new(
        "map",
        Wording::new("some words in the plane of their principal components", "主成分の平面上の語"),
        Vec::new,
    ),
];

/// Word vectors that one can talk about: every conversation is a [`Session`] of its own.
pub struct Conversation {
    vectors: Arc<Vectors>,
    /// Where lines are kept from one time to the next.
    keep: Option<PathBuf>,
}

impl Conversation {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 2] = [QueryKind::View, QueryKind::Talk];

    /// About some vectors; lines are kept in the folder `keep`.
    pub fn new(vectors: Arc<Vectors>, keep: Option<PathBuf>) -> Self {
        Conversation { vectors, keep }
    }

    /// About the English vectors that are bundled.
    pub fn embedded(keep: PathBuf) -> Self {
        Self::new(Arc::new(EMBEDDED[0].open()), Some(keep))
    }

    /// A conversation; one of before goes on with the vectors as they are now.
    pub fn session(&self, before: Option<Box<dyn experiment::Session>>) -> Box<Session> {
        let before = before.and_then(|before| (before as Box<dyn Any>).downcast::<Session>().ok());
        match before {
            Some(mut session) => {
                session.renew(Arc::clone(&self.vectors));
                session
            }
            None => {
                let history = self.keep.as_deref().map_or_else(History::default, History::of_folder);
                Box::new(Session::new(Arc::clone(&self.vectors), history))
            }
        }
    }
}

impl Model for Conversation {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
        let mut session = Session::new(Arc::clone(&self.vectors), History::default());
        let panels = match name.as_str() {
            "nearest" => {
                session.set_top(inputs.integer("count") as usize);
                session.say(inputs.text("expression"), Language::En, task)?
            }
            _ => vec![Panel::plane(session.sample()?)],
        };
        Ok(Answer::Panels { panels })
    }

    fn session(
        &self,
        before: Option<Box<dyn experiment::Session>>,
    ) -> Result<Box<dyn experiment::Session>, ExperimentError> {
        Ok(self.session(before))
    }
}

impl experiment::Session for Session {
    fn answer(&mut self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::Talk(query) = query else { return Err(ExperimentError::unanswered(query)) };
        Ok(Answer::Talk(match query {
            TalkQuery::Say { line, language } => {
                let panels = self.say(line, *language, task)?;
                TalkAnswer::Said { panels, own_vectors: self.current == 0, vectors: self.vectors().name.clone() }
            }
            TalkQuery::Complete { line } => {
                let (from, words) = self.complete(line);
                TalkAnswer::Completions { from, words }
            }
            TalkQuery::History => TalkAnswer::Lines { lines: self.history.lines().to_vec() },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static GLOVE: LazyLock<Arc<Vectors>> = LazyLock::new(|| Arc::new(EMBEDDED[0].open()));

    fn session() -> Session {
        Session::new(Arc::clone(&GLOVE), History::default())
    }

    fn say(session: &mut Session, line: &str) -> Vec<Panel> {
        session.say(line, Language::En, &TaskContext::default()).unwrap()
    }

    /// The first word of an answer, and its cosine.
    fn first(session: &mut Session, line: &str) -> (String, f32) {
        match &say(session, line)[..] {
            [Panel::Bars { bars: entries, .. }] => (entries[0].name.clone(), entries[0].value),
            other => panic!("{line}: {other:?}"),
        }
    }

    /// What is known of these vectors.
    #[test]
    fn known_analogies_come_out() {
        let mut session = session();
        for (line, word, cosine) in [
            ("king - man + woman", "queen", 0.770),
            ("paris - france + japan", "tokyo", 0.899),
            ("walking - walk + swim", "swimming", 0.801),
            ("man : king :: woman : ?", "queen", 0.770),
        ] {
            let (found, value) = first(&mut session, line);
            assert_eq!(found, word, "{line}");
            assert!((value - cosine).abs() < 2e-3, "{line}: {value}");
        }
        assert_eq!(first(&mut session, "biggest - big + small").0, "largest");
        say(&mut session, ":include on");
        assert_eq!(first(&mut session, "king - man + woman").0, "king");
    }

    #[test]
    fn japanese_words_answer_by_their_dictionary_form() {
        let mut session = session();
        say(&mut session, ":use chive");
        assert_eq!(first(&mut session, "東京 － 日本 ＋ フランス").0, "パリ");
        assert_eq!(first(&mut session, "父 - 男 + 女").0, "母");
        let said = say(&mut session, "走った");
        let [Panel::Fault { text, .. }] = &said[..] else { panic!("{said:?}") };
        assert!(text.en.contains("dictionary form"), "{text:?}");
    }

    #[test]
    fn the_script_of_the_words_chooses_the_vectors_and_that_is_said() {
        let mut session = session();
        let said = say(&mut session, "王 − 男 + 女");
        let [Panel::Note { text }, Panel::Bars { bars, .. }] = &said[..] else { panic!("{said:?}") };
        assert!(text.en.contains("`chive`") && text.en.contains(":use glove"), "{text:?}");
        assert!(!bars.is_empty());
        // These are in use from then on, without a word.
        assert!(matches!(&say(&mut session, "東京 - 日本 + フランス")[..], [Panel::Bars { .. }]));
        let said = say(&mut session, ":nn queen");
        assert!(matches!(&said[..], [Panel::Note { .. }, Panel::Bars { .. }]), "{said:?}");
        assert_eq!(session.vectors().name, "glove");
        // What no vectors know is a fault, and of the Japanese ones where it is in Japanese.
        assert!(say(&mut session, "qwxyz").iter().any(Panel::is_fault));
        assert_eq!(session.vectors().name, "glove");
        let said = say(&mut session, ":odd 走った 犬 猫");
        assert!(said.iter().any(Panel::is_fault) && session.vectors().name == "chive", "{said:?}");
    }

    #[test]
    fn names_hide_words_and_say_so() {
        let mut session = session();
        let said = say(&mut session, "royal = king - man\nroyal + woman");
        let [Panel::Note { text }, Panel::Bars { bars: entries, .. }] = &said[..] else { panic!("{said:?}") };
        assert!(text.en.contains("hides the word"), "{text:?}");
        assert_eq!(entries[0].name, "queen");
        assert_ne!(first(&mut session, "\"royal\"").0, "queen");
        say(&mut session, ":forget royal");
        assert!(session.sets[0].names.is_empty());
    }

    #[test]
    fn completions_come_by_frequency() {
        let session = session();
        assert_eq!(session.complete(":an"), (0, vec![":analogies".to_owned()]));
        let (from, words) = session.complete("king - wom");
        assert_eq!((from, &words[..2]), (7, &["women".to_owned(), "woman".to_owned()][..]));
        assert_eq!(session.complete("king-wom").0, 5);
        assert!(session.complete("king + ").1.is_empty());
    }

    proptest! {
        /// Whatever is said is answered.
        #[test]
        fn any_line_is_answered(line in prop_oneof![
            "\\PC{0,30}",
            ":(help|nn|path|odd|plot|bias|use|include|top|names|forget|history|sets) ?([a-z>0-9. ]{0,12}|king|man>woman)",
            "(king|man|[-+*/.|():?=]|2| ){1,9}",
        ]) {
            let mut session = session();
            let parts = session.say(&line, Language::Ja, &TaskContext::default()).unwrap();
            for part in parts {
                if let Panel::Fault { line, from, to, .. } = part {
                    prop_assert!(from <= to && to <= line.len() && line.is_char_boundary(from) && line.is_char_boundary(to));
                }
            }
            session.complete(&line);
        }
    }
}
