//! By what an exercise is decided, where, and after which other one.

use crate::experiment::Language;
use crate::lab::condition::{Comparison, Condition, Steps};
use crate::lab::{Attempt, Check, Exercise, Instrument, InstrumentUse, Lab};
use crate::registry;
use crate::tui::context::AppContext;
use crate::tui::destination::Destination;
use crate::tui::keys::{Action, TRAIN};
use crate::tui::live_run::LiveRun;

/// What a run has to reach: the curve by its name on Train, and the bound.
pub fn in_words(condition: &Condition, lab: &Lab, language: Language) -> String {
    let lines = lab.dashboard.charts.iter().flat_map(|chart| chart.series.iter().map(move |line| (chart, line)));
    let shown = lines.into_iter().find(|(_, line)| line.name == condition.series);
    let name = shown.map_or(condition.series.clone(), |(chart, line)| {
        let [chart, line] = [&chart.title, &line.label].map(|words| words.in_language(language));
        if line.is_empty() || line == chart { chart.to_owned() } else { format!("{chart}: {line}") }
    });
    let sign = match condition.comparison {
        Comparison::AtLeast => "≥",
        Comparison::Above => ">",
        Comparison::AtMost => "≤",
        Comparison::Below => "<",
    };
    let steps = match (condition.steps, language) {
        (Steps::All, _) => String::new(),
        (Steps::Within(steps), Language::En) => format!(" within {steps} steps"),
        (Steps::After(steps), Language::En) => format!(" after {steps} steps"),
        (Steps::Within(steps), Language::Ja) => format!("({steps} ステップ以内)"),
        (Steps::After(steps), Language::Ja) => format!("({steps} ステップ以後)"),
    };
    format!("{name} {sign} {}{steps}", condition.bound).replace(" -", " −")
}

/// The title of the exercise that is to be solved before this one counts, while it is not.
pub fn counts_after<'a>(exercise: &Exercise, lab: &'a Lab, app: &AppContext) -> Option<&'a str> {
    let after = exercise.after.as_ref().filter(|after| !app.progress.solved(&lab.id).contains(*after))?;
    let before = lab.exercises.iter().find(|before| before.id == *after)?;
    Some(before.title.in_language(app.language))
}

/// Counts a wrong attempt. The option of a choice that was chosen last, chosen once more, is no other try.
///
/// # Errors
/// When it cannot be kept; one line.
pub fn count_wrong(exercise: &Exercise, attempt: &Attempt, lab: &Lab, app: &AppContext) -> Result<(), String> {
    let answer = attempt.to_string();
    let is_again = matches!(attempt, Attempt::Choice(_))
        && app.progress.attempts(&lab.id, &exercise.id) > 0
        && app.progress.answer(&lab.id, &exercise.id).as_ref() == Some(&answer);
    if is_again { Ok(()) } else { app.progress.attempt(&lab.id, &exercise.id, &answer, None) }
}

/// The knobs that a preset sets, the lab shows and an exercise leaves open: where the preset as it is does not pass, they are changed.
pub fn may_be_changed<'a>(exercise: &Exercise, preset: usize, lab: &'a Lab) -> Vec<&'a str> {
    let (Check::Series { knobs, .. }, Some((_, preset))) = (&exercise.check, lab.presets.get(preset)) else {
        return Vec::new();
    };
    let is_open = |name: &&str| preset.knobs.contains_key(*name) && !knobs.contains_key(*name);
    lab.knobs.iter().map(|knob| knob.name.as_str()).filter(is_open).collect()
}

/// Where an exercise is decided that has nothing to fill in: the instrument for it, or Train, with the preset that its text names, or
/// one that has the knobs it asks for, while no run goes on.
pub fn decided_at(exercise: &Exercise, lab: &Lab, app: &AppContext) -> Option<Destination> {
    let instrument =
        |is_meant: &dyn Fn(&InstrumentUse) -> bool| lab.explore.iter().position(is_meant).map(Destination::Instrument);
    match &exercise.check {
        Check::Choice { .. } | Check::Number { .. } | Check::FreeText { .. } => None,
        Check::Series { knobs, .. } => {
            let declared = registry::find(&lab.experiment).map(|experiment| (experiment.knobs)()).unwrap_or_default();
            let has_them = |name: &str| lab.knobs_of_preset(name, &declared).unwrap_or_default().have(knobs);
            // A preset would be the cure itself. A run that is predicted first is none.
            let before = lab.exercises.iter().find(|before| Some(&before.id) == exercise.after.as_ref());
            let is_cure = before.is_some_and(|before| matches!(before.check, Check::Series { .. }));
            let words = exercise.prompt.en.split_whitespace().collect::<Vec<_>>().join(" ");
            let is_named = |name: &str| words.contains(&format!("preset `{name}`"));
            let that = |is_meant: &dyn Fn(&str) -> bool| lab.presets.iter().position(|(name, _)| is_meant(name));
            let is_free = app.run_of(&lab.id).is_none_or(LiveRun::has_ended);
            let preset = that(&is_named).or_else(|| that(&|name| !knobs.is_empty() && !is_cure && has_them(name)));
            let preset = preset.filter(|_| is_free);
            Some(preset.map_or(Destination::Action(Action::Tab(TRAIN)), Destination::Preset))
        }
        Check::Instrument { state, view, .. } => instrument(&|use_| {
            let shows_it = view.is_none() || use_.view == *view;
            let takes_it = !matches!(state.as_str(), "drawing_shown" | "drawing_compared") || use_.drawing;
            use_.instrument.states().contains(&state.as_str()) && shows_it && takes_it
        }),
        Check::Answer { .. } | Check::Line { .. } => instrument(&|use_| use_.instrument == Instrument::Repl),
    }
}
