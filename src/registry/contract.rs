//! What every experiment keeps to, whatever it is of: its small runs emit and report what the registry declares, go on from a
//! checkpoint as if they had never stopped, and give a model that answers what it is declared to answer.

mod questions;

use super::{EXPERIMENTS, find, open_bundled};
use crate::experiment::query::Recipient;
use crate::experiment::{
    Answer, Argument, Command, Event, EventLine, Experiment, ExperimentError, GameQuery, Knobs, Language, Model, Panel,
    Precision, Query, QueryKind, Report, Session, Setting, Source, TaskContext, Trainable,
};
use questions::{fits, questions};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt::Debug;

/// Digits for training, validation and test. The spread of an autoencoder's codes is known by 1,000 test digits.
const DIGITS: [usize; 3] = [400, 100, 60];
const AUTOENCODER_DIGITS: [usize; 3] = [400, 100, 1000];
const SEED: u64 = 11;

macro_rules! contract {
    ($($name:ident $id:literal,)*) => {
        const IDS: &[&str] = &[$($id),*];
        $(
            mod $name {
                #[test]
                fn its_small_runs_do_as_declared() {
                    super::small_runs(super::find($id).unwrap());
                }

                #[test]
                fn its_bundled_model_answers() {
                    super::bundled_model(super::find($id).unwrap());
                }
            }
        )*
    };
}

contract! {
    classifier "classifier",
    gridworld "gridworld",
    board_game "board-game",
    self_play "self-play",
    walker "walker",
    autoencoder "autoencoder",
    kl "kl",
    vae "vae",
    gan "gan",
    cyclegan "cyclegan",
    diffusion "diffusion",
    embeddings "embeddings",
    word2vec "word2vec",
    seq2seq "seq2seq",
    attention "attention",
    transformer "transformer",
    gpt "gpt",
    rlhf "rlhf",
    hallucination "hallucination",
    xai "xai",
    toy "toy",
}

#[test]
fn every_experiment_is_under_the_contract() {
    assert!(EXPERIMENTS.iter().map(|experiment| experiment.id).eq(IDS.iter().copied()));
}

/// Where a test gets its data from; gone at its end.
struct Place {
    source: Source,
    _folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        Place {
            source: Source { cache: path.clone(), folder: None, weights: None, keep: path, companion: open_bundled },
            _folder: folder,
        }
    }

    fn setting(&self, experiment: &Experiment, small: &str) -> Setting {
        let declared = (experiment.knobs)();
        let mut knobs = Knobs::defaults(&declared);
        for assignment in small.split_whitespace() {
            knobs.set_text(&declared, assignment).unwrap();
        }
        let counts = if experiment.id == "autoencoder" { AUTOENCODER_DIGITS } else { DIGITS };
        Setting { knobs, seed: SEED, source: self.source.clone(), folder: None, digits: Some(counts) }
    }
}

/// What small runs have shown that they do.
#[derive(Default)]
struct Seen {
    series: BTreeSet<String>,
    views: BTreeSet<String>,
    report: BTreeSet<String>,
    actions: BTreeSet<String>,
    answers: BTreeSet<QueryKind>,
}

fn small_runs(experiment: &Experiment) {
    if experiment.instead_of_training().is_some() {
        assert!(experiment.small.is_empty());
        return;
    }
    let place = Place::new();
    let mut seen = Seen::default();
    // A checkpoint of each run, which none of the others may take up.
    let stranger = if experiment.id == "kl" { "classifier" } else { "kl" };
    let stranger = find(stranger).unwrap();
    let stranger = stranger.learn(&place.setting(stranger, stranger.small[0])).unwrap().checkpoint();
    let mut strange = vec![stranger];
    for small in experiment.small {
        let setting = place.setting(experiment, small);
        let (model, checkpoint) = small_run(experiment, &setting, &strange, &mut seen);
        strange.push(checkpoint);
        seen.answers.extend(ask(experiment, &*model, &setting.knobs, true));
    }
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(seen.series, set(experiment.series), "series emitted and declared");
    assert_eq!(seen.views, set(experiment.emits), "views emitted and declared");
    assert_eq!(seen.report, set(experiment.report), "figures reported and declared");
    let actions = experiment.actions.iter().map(|action| action.name.to_owned()).collect();
    assert_eq!(seen.actions, actions, "actions applied and declared");
    assert!(experiment.series.contains(&experiment.headline), "the headline is a series");
    assert_eq!(seen.answers, experiment.answers.iter().copied().collect(), "queries answered and declared");
}

/// Plays a run straight through, and again from checkpoints on the way; the trained model, and one such checkpoint.
fn small_run(
    experiment: &Experiment,
    setting: &Setting,
    strange: &[Vec<u8>],
    seen: &mut Seen,
) -> (std::sync::Arc<dyn Model>, Vec<u8>) {
    let mut straight = experiment.learn(setting).unwrap();
    let total = straight.position().total_steps;
    let plan = plan(experiment, &setting.knobs, total);
    fixed_knobs_are_refused(experiment, &mut *straight);

    // Anywhere, and once more when all that was planned has happened.
    let random = &mut ChaCha8Rng::seed_from_u64(total);
    let stop = random.random_range(1..total - 2);
    let late = random.random_range(plan.last().map_or(0, |(at, _)| *at).max(stop) + 1..total);
    let mut events = play(&mut *straight, &plan, stop, seen);
    let mut stopped = vec![(straight.checkpoint(), events.len())];
    assert!(stopped[0].0 == straight.checkpoint(), "a checkpoint changes nothing");
    let (snapshot, question) = (straight.snapshot(), first_answered(experiment, &*straight.snapshot(), &setting.knobs));
    let answer = snapshot.answer(&question, &TaskContext::default()).unwrap();
    events.extend(play(&mut *straight, &plan, late, seen));
    stopped.push((straight.checkpoint(), events.len()));
    events.extend(play(&mut *straight, &plan, total, seen));
    assert_eq!(
        snapshot.answer(&question, &TaskContext::default()).unwrap(),
        answer,
        "a snapshot is free of later steps"
    );

    let report = straight.report(&TaskContext::default()).unwrap();
    seen.report.extend(report.keys().cloned());
    for (place, (checkpoint, before)) in stopped.iter().enumerate() {
        let mut resumed = experiment.learn(setting).unwrap();
        if place == 0 {
            strangers_are_refused(&mut *resumed, strange, checkpoint);
        }
        resumed.restore(checkpoint).unwrap();
        let stop = resumed.position().step;
        assert!(resumed.checkpoint() == *checkpoint, "what was restored is what was saved");
        let after = play(&mut *resumed, &plan, total, seen);
        assert_eq!(lines(&events[*before..]), lines(&after), "events after step {stop} of {total}");
        assert!(straight.weights(Precision::Single) == resumed.weights(Precision::Single), "weights, from {stop}");
        assert!(straight.checkpoint() == resumed.checkpoint(), "the last checkpoints, from {stop}");
        if place == 0 {
            assert_eq!(without_times(&report), without_times(&resumed.report(&TaskContext::default()).unwrap()));
        }
    }
    for event in &events {
        survives_json(&EventLine::new(event.clone()));
        match event {
            Event::Scalar { series, .. } => seen.series.insert(series.clone()),
            Event::View { name, panels, .. } => {
                panels.iter().for_each(can_be_shown);
                seen.views.insert(name.clone())
            }
            other => panic!("a learner emitted {other:?}"),
        };
    }
    record_reference(experiment, setting, &events, &*straight, &report);
    (straight.snapshot(), stopped.remove(0).0)
}

fn strangers_are_refused(trainable: &mut dyn Trainable, strange: &[Vec<u8>], own: &[u8]) {
    let before = trainable.checkpoint();
    let broken = [&own[..own.len() / 2], &own[..own.len() - 1], &[]];
    for bytes in strange.iter().map(Vec::as_slice).chain(broken) {
        assert!(trainable.restore(bytes).is_err(), "{} bytes that are no checkpoint of it", bytes.len());
        assert!(trainable.checkpoint() == before, "refused and changed");
    }
}

/// Each live knob turned once, and each action applied once, spread over the run.
fn plan(experiment: &Experiment, knobs: &Knobs, total: u64) -> Vec<(u64, Command)> {
    let live = (experiment.knobs)().into_iter().filter(|knob| knob.live).map(|knob| {
        let value = &knobs.0[knob.name];
        let other = [true, false].into_iter().filter_map(|up| knob.notch(value, up)).find(|other| other != value);
        Command::Set { knob: knob.name.to_owned(), value: other.expect("a live knob can be turned") }
    });
    let actions = experiment.actions.iter().map(|action| {
        let argument = match action.argument {
            Argument::Nothing | Argument::Shown | Argument::Answer(_) => "",
            Argument::Cell => "1 1",
            Argument::Point => "0.5 -0.5",
            Argument::Word => "queen",
        };
        Command::Action { action: action.name.to_owned(), argument: argument.to_owned() }
    });
    let commands: Vec<Command> = live.chain(actions).collect();
    let count = commands.len() as u64 + 1;
    commands.into_iter().enumerate().map(|(place, command)| ((place as u64 + 1) * total / count, command)).collect()
}

/// Goes on until so many steps are done; what is planned for a step takes effect before the next.
fn play(trainable: &mut dyn Trainable, plan: &[(u64, Command)], until: u64, seen: &mut Seen) -> Vec<Event> {
    let mut events = Vec::new();
    while trainable.position().step < until {
        let step = trainable.position().step;
        for (_, command) in plan.iter().filter(|(at, _)| *at == step) {
            match command {
                Command::Set { knob, value } => trainable.set_knob(knob, value).unwrap(),
                Command::Action { action, argument } => {
                    let before = trainable.checkpoint();
                    match trainable.apply_action(action, argument, &mut |event| events.push(event)) {
                        Ok(()) => {
                            seen.actions.insert(action.clone());
                        }
                        // Not every way to use a lab takes every action.
                        Err(_) => assert!(trainable.checkpoint() == before, "{action} refused and changed"),
                    }
                }
                other => unreachable!("not planned: {other:?}"),
            }
        }
        trainable.step(&mut |event| events.push(event)).unwrap();
        assert_eq!(trainable.position().step, step + 1);
    }
    events
}

fn fixed_knobs_are_refused(experiment: &Experiment, trainable: &mut dyn Trainable) {
    let before = trainable.checkpoint();
    for knob in (experiment.knobs)().iter().filter(|knob| !knob.live) {
        trainable.set_knob(knob.name, &knob.default).unwrap_err();
    }
    trainable.apply_action("no such action", "", &mut |_| ()).unwrap_err();
    assert!(trainable.checkpoint() == before);
}

fn lines(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| EventLine::new(event.clone()).to_json()).collect()
}

/// A report without what depends on the clock.
fn without_times(report: &Report) -> Report {
    let timed = |key: &str| key.contains("seconds") || key.contains("per_second");
    report.iter().filter(|(key, _)| !timed(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// With the environment variable set to a folder, what a small run gives is written there: to be compared before and after
/// a change that should change nothing.
fn record_reference(
    experiment: &Experiment,
    setting: &Setting,
    events: &[Event],
    trainable: &dyn Trainable,
    report: &Report,
) {
    use sha2::{Digest, Sha256};
    let Some(folder) = std::env::var_os("SHINSO_CONTRACT_REFERENCE") else { return };
    let sum = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let knobs = serde_json::to_string(&setting.knobs).unwrap();
    let lines = lines(events);
    let scalars: Vec<&String> = lines.iter().filter(|line| line.contains(r#""event":"scalar""#)).collect();
    let text = serde_json::to_string_pretty(&serde_json::json!({
        "knobs": setting.knobs,
        "weights": sum(&trainable.weights(Precision::Single)),
        "events": sum(lines.join("\n").as_bytes()),
        "report": without_times(report),
        "scalars": scalars,
    }));
    let name = format!("{}-{}.json", experiment.id, &sum(knobs.as_bytes())[..8]);
    std::fs::write(std::path::Path::new(&folder).join(name), text.unwrap()).unwrap();
}

/// There and back, NaN as NaN, to the bit.
fn survives_json<T: Serialize + DeserializeOwned + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    let back: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text:.300}"));
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
    assert_eq!(format!("{back:?}"), format!("{value:?}"));
}

fn bundled_model(experiment: &Experiment) {
    let place = Place::new();
    #[derive(serde::Deserialize)]
    struct Run {
        knobs: Knobs,
    }
    let run: Run = serde_yaml::from_str(experiment.bundled.run).unwrap();
    let knobs = run.knobs.completed(&(experiment.knobs)()).unwrap();
    let model = experiment.open_bundled(&place.source).unwrap();
    ask(experiment, &*model, &knobs, false);
}

/// Asks a model everything that is declared; of what it cannot answer it says which preset can, in both languages. The kinds
/// that it answered.
fn ask(experiment: &Experiment, model: &dyn Model, knobs: &Knobs, small: bool) -> BTreeSet<QueryKind> {
    let (mut asked, mut answered) = (BTreeSet::new(), BTreeSet::new());
    let mut session: Option<Box<dyn Session>> = None;
    for kind in experiment.answers {
        for query in questions(experiment, model, *kind, knobs, small) {
            assert_eq!(query.kind(), *kind);
            survives_json(&query);
            let answer = match query.recipient() {
                Recipient::Model => model.answer(&query, &TaskContext::default()),
                Recipient::Observer => {
                    let observer = session.as_ref().and_then(|session| session.observer()).expect("a session at work");
                    observer.answer(&query, &TaskContext::default())
                }
                Recipient::Session => {
                    model.answer(&query, &TaskContext::default()).expect_err("a model does not remember");
                    let session = session.get_or_insert_with(|| model.session(None).unwrap());
                    session.answer(&query, &TaskContext::default())
                }
            };
            match answer {
                Ok(answer) => {
                    assert!(fits(*kind, &answer), "{query:?} got {answer:?}");
                    survives_json(&answer);
                    if let Answer::Panels { panels } = &answer {
                        panels.iter().for_each(can_be_shown);
                    }
                    answered.insert(*kind);
                }
                Err(failure) => says_which_preset(&failure, &query),
            }
            asked.insert(*kind);
        }
    }
    // A session goes on with another state of the model.
    if session.is_some() {
        model.session(session).unwrap();
    }
    assert_eq!(asked, experiment.answers.iter().copied().collect::<BTreeSet<QueryKind>>());
    let undeclared = [Query::LatentPlane { count: 3 }, GameQuery::Puzzle { seed: 1 }.into()];
    for query in undeclared.iter().filter(|query| !experiment.answers.contains(&query.kind())) {
        model.answer(query, &TaskContext::default()).unwrap_err();
    }
    if experiment.answers.contains(&QueryKind::View) {
        bad_views_are_refused(experiment, model);
    }
    answered
}

/// What is shown has sizes that fit each other, and a word in both languages where it has one in one.
fn can_be_shown(panel: &Panel) {
    assert_eq!(panel.problem(), None, "{panel:?}");
    if let Some(heading) = panel.heading() {
        assert_eq!(heading.en.is_empty(), heading.ja.is_empty(), "{heading:?}");
    }
}

/// An unknown view or input, and a value that an input does not take, are refused in one line that names what was meant.
fn bad_views_are_refused(experiment: &Experiment, model: &dyn Model) {
    let refused = |name: &str, inputs: Knobs| {
        let query = Query::View { name: name.to_owned(), inputs };
        model.answer(&query, &TaskContext::default()).unwrap_err().to_string()
    };
    let misspelt = format!("{}x", experiment.views[0].name);
    assert!(refused(&misspelt, Knobs::default()).contains("did you mean"), "{misspelt}");
    for view in experiment.views {
        let unknown = Knobs([("no_such_input".to_owned(), crate::experiment::KnobValue::Integer(1))].into());
        assert!(refused(view.name, unknown).contains("unknown input `no_such_input`"));
        for input in (view.inputs)() {
            assert!(!input.help.en.is_empty() && !input.help.ja.is_empty(), "{}: {}", view.name, input.name);
            let wrong = Knobs([(input.name.to_owned(), crate::experiment::KnobValue::Reals(vec![f64::NAN]))].into());
            assert!(refused(view.name, wrong).contains(&format!("input `{}`", input.name)), "{}", view.name);
        }
    }
}

fn says_which_preset(failure: &ExperimentError, query: &Query) {
    let [en, ja] = Language::ALL.map(|language| failure.in_language(language));
    let says = en != ja && en.contains("preset") && ja.contains("プリセット") && en.contains('`') && ja.contains('`');
    assert!(says, "{query:?}: {en} / {ja}");
}

/// The first question about weights that the model answers.
fn first_answered(experiment: &Experiment, model: &dyn Model, knobs: &Knobs) -> Query {
    let kinds = [QueryKind::Sample, QueryKind::View];
    let kinds = kinds.into_iter().filter(|kind| experiment.answers.contains(kind));
    let mut queries = kinds.flat_map(|kind| questions(experiment, model, kind, knobs, true));
    queries.find(|query| model.answer(query, &TaskContext::default()).is_ok()).expect("a model answers something")
}
