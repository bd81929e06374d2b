//! Stories of a model, judged: whether their sentences are grammatical, and whether the story is consistent.

use super::generate::{Continuation, TrainedGpt};
use crate::data::stories::{Language, Verdict};
use crate::experiment::{Bilingual, ExperimentError, Panel, TaskContext};
use crate::printer::printable;

/// Stories generated at once.
const TOGETHER: usize = 50;

/// Stories and what there is to say of each.
#[derive(Debug, Clone, Default)]
pub struct Judged(Vec<(String, Verdict)>);

/// What there is to say of a story; of one that has not ended its last sentence is left out.
pub fn verdict(language: Language, story: &str, has_ended: bool) -> Verdict {
    let stop = language.full_stop();
    let whole = match (has_ended, story.rfind(stop)) {
        (true, _) => story,
        (false, Some(at)) => &story[..at + stop.len_utf8()],
        (false, None) => "",
    };
    Verdict::of(language, whole)
}

impl Judged {
    /// So many stories of a model.
    ///
    /// # Errors
    /// When it was called off, or the model has diverged.
    pub fn of(
        model: &TrainedGpt,
        language: Language,
        count: usize,
        how: &Continuation,
        task: &TaskContext,
    ) -> Result<Self, ExperimentError> {
        let mut all = Vec::with_capacity(count);
        while all.len() < count {
            task.check()?;
            task.report_progress(all.len() as u64, count as u64);
            let how = Continuation { seed: how.seed.wrapping_add(all.len() as u64), ..*how };
            let lines = model.lines(TOGETHER.min(count - all.len()), &how)?;
            all.extend(lines.into_iter().map(|(line, has_ended)| {
                let verdict = verdict(language, &line, has_ended);
                (line, verdict)
            }));
        }
        Ok(Judged(all))
    }

    /// The share of sentences that are grammatical.
    pub fn grammatical_share(&self) -> f64 {
        let all = || self.0.iter().flat_map(|(_, verdict)| &verdict.sentences);
        all().filter(|(_, has_form)| *has_form).count() as f64 / all().count().max(1) as f64
    }

    /// The share of stories that are grammatical and in which everything can have happened.
    pub fn consistent_share(&self) -> f64 {
        let consistent = self.0.iter().filter(|(_, verdict)| verdict.is_consistent()).count();
        consistent as f64 / self.0.len().max(1) as f64
    }

    /// Each story with a mark and its first fault, below what the marks mean.
    pub fn panels(&self, shown: usize) -> Vec<Panel> {
        let row = |(line, verdict): &(String, Verdict)| {
            let (mark, fault) = first_fault(verdict);
            vec![mark.to_owned(), printable(fault.unwrap_or_default()), printable(line)]
        };
        let names = [("", ""), ("first fault", "最初の誤り"), ("story", "物語")];
        let marks =
            Bilingual::new("✓ consistent, ≠ contradiction, ✗ grammar", "✓ つじつまが合う、≠ 矛盾、✗ 文法の誤り");
        vec![Panel::Note { text: marks }, Panel::columns(names, self.0.iter().take(shown).map(row))]
    }
}

/// A mark (✗ grammar, ≠ contradiction, ✓ none), and the first sentence that is wrong.
fn first_fault(verdict: &Verdict) -> (&'static str, Option<&str>) {
    let ungrammatical = verdict.sentences.iter().find(|(_, has_form)| !has_form);
    match (ungrammatical, &verdict.contradiction) {
        (Some((sentence, _)), _) => ("✗", Some(sentence)),
        (None, Some((place, _))) => ("≠", Some(&verdict.sentences[*place].0)),
        (None, None) if verdict.sentences.is_empty() => ("✗", None),
        (None, None) => ("✓", None),
    }
}

/// In words what is wrong with a story first, or that nothing is.
pub fn verdict_note(verdict: &Verdict) -> Panel {
    let text = match first_fault(verdict) {
        ("✓", _) => Bilingual::new("✓ grammatical and consistent", "✓ 文法に合い、つじつまも合っています"),
        (_, None) => Bilingual::new("✗ no whole sentence yet", "✗ まだ完成した文がありません"),
        ("≠", Some(sentence)) => {
            let why = verdict.contradiction.as_ref().map_or_else(Bilingual::default, |(_, why)| why.clone());
            Bilingual::new(
                format!("≠ contradiction: {sentence} ({})", why.en),
                format!("≠ つじつまの合わない文: {sentence}({})", why.ja),
            )
        }
        (_, Some(sentence)) => {
            let sentence = printable(sentence);
            Bilingual::new(format!("✗ not grammatical: {sentence}"), format!("✗ 文法に合わない文: {sentence}"))
        }
    };
    Panel::Note { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_named_and_what_has_not_ended_is_left_out() {
        let note = |story: &str, has_ended| match verdict_note(&verdict(Language::English, story, has_ended)) {
            Panel::Note { text } => text.en,
            _ => unreachable!(),
        };
        let story = "Anna is in the garden. Ben is in the park.";
        assert_eq!(note(story, true), "✓ grammatical and consistent");
        assert_eq!(note(&format!("{story} Ben goes"), false), "✓ grammatical and consistent");
        assert_eq!(note(&format!("{story} Ben goes"), true), "✗ not grammatical: Ben goes");
        let wrong = note(&format!("{story} Ben goes to the park. Ben go."), false);
        assert_eq!(wrong, "✗ not grammatical: Ben go.", "grammar comes first");
        let wrong = note(&format!("{story} Ben goes to the park."), false);
        assert_eq!(wrong, "≠ contradiction: Ben goes to the park. (the person is there already)");
        assert_eq!([note("", true), note("Anna", false)], ["✗ no whole sentence yet"; 2]);
    }
}
