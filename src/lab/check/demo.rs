//! The script of a lab against what the lab has. The tab and the run that a step finds are followed through it.

use super::{Found, check_values, unknown};
use crate::experiment::declaration::{ActionSpec, Argument};
use crate::experiment::knob::find;
use crate::experiment::{Bilingual, Experiment};
use crate::lab::definition::{Lab, TABS};
use crate::lab::script::{Act, DemoAction, DemoStep, Until};

/// Where a script has led to.
struct Place<'a> {
    tab: &'a str,
    has_run: bool,
}

/// Everything in the script that cannot work.
pub(super) fn check_demo(lab: &Lab, experiment: &Experiment, found: &mut Vec<Found>) {
    let mut place = Place { tab: TABS[0], has_run: false };
    for (index, step) in lab.demo.iter().enumerate() {
        let path = format!("demo[{index}]");
        if index == 0 && step.say.is_none() {
            found.push((path.clone(), "no `say`: the first step needs words".to_owned()));
        }
        check_said(&path, step, found);
        for (at, action) in step.actions.iter().enumerate() {
            check_action(&format!("{path}.do[{at}]"), action, &mut place, lab, experiment, found);
        }
        if let Some(name) = &step.point {
            check_point(&format!("{path}.point"), name, place.tab, lab, found);
        }
        let path = format!("{path}.until");
        if step.until.is_of_run() && !place.has_run {
            found.push((path.clone(), "it waits for a run, and no step before has a `start`".to_owned()));
        }
        if let Until::Series(condition) = &step.until
            && !experiment.series.contains(&condition.series.as_str())
        {
            found.push((path, unknown("series", &condition.series, experiment.series.iter().copied())));
        }
    }
}

fn check_said(path: &str, step: &DemoStep, found: &mut Vec<Found>) {
    let texts: [(&str, Option<&Bilingual>); 2] = [("say", step.say.as_ref()), ("note", step.note.as_ref())];
    for (name, text) in texts {
        for (language, words) in text.into_iter().flat_map(|text| [("en", &text.en), ("ja", &text.ja)]) {
            if words.trim().is_empty() {
                found.push((format!("{path}.{name}.{language}"), format!("an empty text in {language}")));
            }
        }
    }
}

fn check_action<'a>(
    path: &str,
    action: &'a DemoAction,
    place: &mut Place<'a>,
    lab: &Lab,
    experiment: &Experiment,
    found: &mut Vec<Found>,
) {
    let mut wrong = |name: &str, message: String| found.push((format!("{path}.{name}"), message));
    match action {
        DemoAction::Tab(tab) => {
            let known = TABS.into_iter().filter(|tab| *tab != "train" || !lab.presets.is_empty());
            if !known.clone().any(|known| known == tab) {
                wrong("tab", unknown("tab", tab, known));
            }
            place.tab = tab;
        }
        DemoAction::Pane(name) => {
            if lab.explore_pane(name).is_none() {
                wrong("pane", unknown("pane", name, lab.explore_panes()));
            }
            place.tab = "explore";
        }
        DemoAction::Start(preset) => {
            if lab.preset(preset).is_none() {
                let known = lab.presets.iter().map(|(name, _)| name.as_str());
                wrong("start", unknown("preset", preset, known));
            }
            (place.tab, place.has_run) = ("train", true);
        }
        DemoAction::Set(_) | DemoAction::Act(_) if !place.has_run => {
            found.push((path.to_owned(), "it goes to a run, and no step before has a `start`".to_owned()));
        }
        DemoAction::Set(values) => {
            check_values(&format!("{path}.set"), values, lab, experiment, found);
            let declared = (experiment.knobs)();
            for name in values.keys() {
                if find(&declared, name).is_ok_and(|knob| !knob.live) {
                    let live = declared.iter().filter(|knob| knob.live).map(|knob| knob.name);
                    let known = live.collect::<Vec<_>>().join(", ");
                    let message = format!("knob `{name}` cannot be turned while a run goes on; these can: {known}");
                    found.push((format!("{path}.set.{name}"), message));
                }
            }
        }
        DemoAction::Act(act) => {
            if let Err(message) = check_act(act, experiment.actions) {
                wrong("act", message);
            }
        }
        DemoAction::Type(text) => {
            if text.is_empty() || text.contains(char::is_control) {
                wrong("type", "expected letters to type; `key: enter` ends a line".to_owned());
            }
        }
        // What a key means is seen on the screen alone.
        DemoAction::Key(_) => {}
    }
}

fn check_act(act: &Act, actions: &[ActionSpec]) -> Result<(), String> {
    let Some(spec) = actions.iter().find(|spec| spec.name == act.name) else {
        return Err(unknown("action", &act.name, actions.iter().map(|spec| spec.name)));
    };
    let numbers = |count: usize| {
        let read: Vec<_> = act.argument.split(' ').map(str::parse::<f64>).collect();
        read.len() == count && read.iter().all(|number| number.as_ref().is_ok_and(|number| number.is_finite()))
    };
    let (fits, expected) = match spec.argument {
        Argument::Nothing | Argument::Shown | Argument::Answer(_) => {
            (act.argument.is_empty(), "nothing behind its name")
        }
        Argument::Point => (numbers(2), "two numbers behind its name"),
        Argument::Cell => (numbers(2), "a row and a column behind its name, counted from 0"),
        Argument::Word => (!act.argument.is_empty(), "a word behind its name"),
    };
    if fits { Ok(()) } else { Err(format!("action `{}`: expected {expected}", act.name)) }
}

fn check_point(path: &str, name: &str, tab: &str, lab: &Lab, found: &mut Vec<Found>) {
    let message = match tab {
        "train" if lab.train_pane(name).is_none() => unknown("pane", name, lab.train_panes()),
        "explore" if lab.explore_pane(name).is_none() => unknown("pane", name, lab.explore_panes()),
        "train" | "explore" => return,
        _ => format!("nothing to point at on the tab {tab}: go to train or explore first"),
    };
    found.push((path.to_owned(), message));
}
