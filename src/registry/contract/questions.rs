//! Questions of every kind.

use super::survives_json;
use crate::experiment::board::Played;
use crate::experiment::panel::Format;
use crate::experiment::query::{Code, Direction, Distribution, Divergence, LatentPlane, Score};
use crate::experiment::scene::{Cloud, CloudKind, Label, Shade};
use crate::experiment::{
    Answer, Bar, Bilingual, Event, EventLine, Experiment, GameAnswer, GameQuery, GrayImage, KnobKind, KnobValue, Knobs,
    Language, Model, Panel, Query, QueryKind, Scene, TalkAnswer, TalkQuery, TaskContext,
};

/// A bar from above to below: near enough to a one.
fn digit() -> GrayImage {
    let mut picture = GrayImage::blank(28, 28);
    for y in 5..23 {
        for x in 13..16 {
            picture.pixels[y * 28 + x] = 250;
        }
    }
    picture
}

/// What to ask of a model, small or bundled, by a kind of query.
pub(super) fn questions(
    experiment: &Experiment,
    model: &dyn Model,
    kind: QueryKind,
    knobs: &Knobs,
    small: bool,
) -> Vec<Query> {
    let normal = |mean| Distribution::Normal { mean, deviation: 0.7 };
    let bars = |shares: [f64; 3]| Distribution::Bars { shares: shares.to_vec() };
    match kind {
        QueryKind::View => views(experiment, small),
        QueryKind::Sample => vec![Query::Sample { count: 3, seed: 1 }],
        QueryKind::Encode => vec![Query::Encode { pictures: vec![digit(); 2] }],
        QueryKind::Decode => vec![Query::Decode { latents: vec![vec![0.5; knobs.integer("latent") as usize]; 2] }],
        QueryKind::Score => vec![Query::Score { pictures: vec![digit(); 2], draws: 3, seed: 1 }],
        QueryKind::Examples => vec![Query::Examples { offset: 5, count: 2 }],
        QueryKind::LatentPlane => vec![Query::LatentPlane { count: 40 }],
        QueryKind::Divergence => {
            let bimodal = Distribution::Bimodal { weight: 0.4, means: [-2.0, 2.0], deviations: [0.6, 0.6] };
            let ask = |p, q, fit| Query::Divergence { p, q, fit };
            vec![
                ask(normal(0.0), normal(1.0), None),
                ask(bimodal, normal(1.0), None),
                // D(P‖Q) and its share of the last outcome are without bound.
                ask(bars([0.5, 0.25, 0.25]), bars([0.5, 0.5, 0.0]), None),
                ask(normal(0.0), normal(1.0), Some(Direction::Forward)),
                ask(bars([0.5, 0.25, 0.25]), bars([0.2, 0.3, 0.5]), Some(Direction::Reverse)),
            ]
        }
        QueryKind::Talk => {
            let lines = ["king - man + woman", "man . woman", "no such words", "king +", ":help", ""];
            let say = |line: &str, language| TalkQuery::Say { line: line.to_owned(), language }.into();
            let said = lines.iter().flat_map(|line| Language::ALL.map(|language| say(line, language)));
            said.chain([TalkQuery::Complete { line: "king + qu".to_owned() }.into(), TalkQuery::History.into()])
                .collect()
        }
        QueryKind::Game => games(model),
    }
}

/// Every view, with its own examples, or with all that can be given.
fn views(experiment: &Experiment, small: bool) -> Vec<Query> {
    let views = experiment.views.iter().map(|view| {
        let mut inputs = Knobs::default();
        for input in (view.inputs)() {
            let value = match input.kind {
                KnobKind::Picture if !small || view.name == "read" => KnobValue::from(digit()),
                KnobKind::Integer { .. } if input.name == "steps" => KnobValue::Integer(2),
                KnobKind::Integer { .. } if input.name == "count" => KnobValue::Integer(3),
                _ => continue,
            };
            inputs.0.insert(input.name.to_owned(), value);
        }
        Query::View { name: view.name.to_owned(), inputs }
    });
    views.collect()
}

/// Every question about games.
fn games(model: &dyn Model) -> Vec<Query> {
    let opening = || Played { moves: vec![3, 3, 2], ..Played::of("connect-four") };
    let think = |agent: &str| GameQuery::Think {
        played: opening(),
        agent: agent.to_owned(),
        exploration: None,
        seed: 1,
        at_most_seconds: Some(0.05),
        without_end: false,
    };
    let answer = |query: GameQuery| match model.answer(&query.into(), &TaskContext::default()).unwrap() {
        Answer::Game(answer) => answer,
        other => panic!("{other:?}"),
    };
    let written = || GameQuery::WriteGame {
        played: opening(),
        players: ["a".to_owned(), "b".to_owned()],
        gave_up: None,
        extension: String::new(),
    };
    let board = match answer(GameQuery::Board { played: opening(), typed: None }) {
        GameAnswer::Board { board, .. } => board,
        other => panic!("{other:?}"),
    };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/games/rep17_D_suffix.pgn").into();
    let queries = [
        GameQuery::Board { played: opening(), typed: None },
        GameQuery::Board { played: Played::of("chess"), typed: Some("e4".to_owned()) },
        GameQuery::SetUp { board },
        GameQuery::Opponents { game: "connect-four".to_owned() },
        // The tree of the last thought is that which branches are asked of.
        think("alphabeta:depth=2"),
        think("mcts:200"),
        GameQuery::Branches { path: vec![] },
        GameQuery::Branches { path: vec![3] },
        GameQuery::Walk { played: opening(), exploration: 1.4, seed: 1, simulation: 9 },
        GameQuery::Review { played: opening(), seconds_a_move: 0.01 },
        GameQuery::Puzzle { seed: 1 },
        written(),
        GameQuery::ReadGame { game: "chess".to_owned(), path },
    ];
    queries.map(Query::from).into()
}

/// Whether an answer is of the kind that belongs to a kind of query.
pub(super) fn fits(kind: QueryKind, answer: &Answer) -> bool {
    match answer {
        Answer::Panels { panels } => !panels.is_empty() && kind == QueryKind::View,
        Answer::Pictures { pictures } => !pictures.is_empty() && matches!(kind, QueryKind::Sample | QueryKind::Decode),
        Answer::Codes { codes } => codes.len() == 2 && kind == QueryKind::Encode,
        Answer::Scores { scores } => scores.len() == 2 && kind == QueryKind::Score,
        Answer::Examples { .. } => kind == QueryKind::Examples,
        Answer::LatentPlane(_) => kind == QueryKind::LatentPlane,
        Answer::Divergence(_) => kind == QueryKind::Divergence,
        Answer::Talk(_) => kind == QueryKind::Talk,
        Answer::Game(_) => kind == QueryKind::Game,
    }
}

/// A diverged run has them all.
#[test]
fn numbers_that_json_lacks_and_empty_lists_survive_it() {
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let wide = f64::from(odd);
        let scene = Scene {
            low: [odd, -1.0],
            high: [1.0, odd],
            shade: Some(Shade { columns: 2, values: vec![odd, 0.5] }),
            clouds: vec![Cloud { kind: CloudKind::Made, points: vec![[odd, 1.0]] }],
            arrows: vec![[odd, 0.0, 1.0, odd]],
            paths: vec![vec![], vec![[odd, odd]]],
            labels: vec![Label { at: [odd, 0.0], text: String::new(), group: 0 }],
            axes: None,
            has_ticks: true,
        };
        let bar = Bar { name: "w".to_owned(), value: odd };
        let name = || "n".to_owned();
        let events = [
            Event::Scalar { series: name(), step: 1, value: wide },
            Event::View { name: name(), step: 1, keep: false, panels: vec![] },
            Event::View { name: name(), step: 1, keep: true, panels: vec![Panel::plane(scene.clone())] },
            Event::Progress {
                step: 1,
                total_steps: 2,
                samples_per_second: wide,
                seconds: wide,
                seconds_left: Some(wide),
            },
            Event::Checkpoint { step: 1, seconds: wide },
        ];
        events.into_iter().for_each(|event| survives_json(&EventLine::new(event)));

        let normal = Distribution::Normal { mean: wide, deviation: wide };
        let bimodal = Distribution::Bimodal { weight: wide, means: [wide; 2], deviations: [wide; 2] };
        let bars = |shares| Distribution::Bars { shares };
        let queries = [
            Query::Decode { latents: vec![vec![odd], vec![]] },
            Query::Decode { latents: vec![] },
            Query::View { name: name(), inputs: Knobs::default() },
            Query::Divergence { p: normal.clone(), q: bimodal, fit: None },
            Query::Divergence { p: bars(vec![wide]), q: bars(vec![]), fit: Some(Direction::Forward) },
            GameQuery::Think {
                played: Played::default(),
                agent: name(),
                exploration: Some(odd),
                seed: 1,
                at_most_seconds: Some(wide),
                without_end: true,
            }
            .into(),
            GameQuery::Walk { played: Played::default(), exploration: odd, seed: 1, simulation: 1 }.into(),
            GameQuery::Review { played: Played::default(), seconds_a_move: wide }.into(),
        ];
        queries.iter().for_each(survives_json);

        let divergence = Divergence {
            path: vec![normal],
            forward: wide,
            reverse: wide,
            places: vec![],
            p: vec![wide],
            q: vec![wide],
            forward_integrand: vec![0.0, wide],
            reverse_integrand: vec![wide],
        };
        let plane = LatentPlane {
            origin: vec![odd],
            axes: [vec![odd], vec![]],
            points: vec![[odd, 1.0]],
            labels: vec![],
            is_grid: false,
            variance_share: odd,
        };
        let panels = vec![
            Panel::Number { name: Bilingual::default(), value: wide, format: Format::Plain },
            Panel::ranked(name(), vec![bar]),
            Panel::plane(scene),
        ];
        let answers = [
            Answer::Codes { codes: vec![Code { mean: vec![odd], standard_deviation: vec![] }] },
            Answer::Scores { scores: vec![Score::Elbo { elbo: wide, reconstruction: wide, kl: wide }] },
            Answer::Scores { scores: vec![Score::Real { probability: odd }] },
            Answer::Scores { scores: vec![] },
            Answer::Pictures { pictures: vec![] },
            Answer::LatentPlane(plane),
            Answer::Divergence(divergence),
            Answer::Panels { panels: panels.clone() },
            Answer::Panels { panels: vec![] },
            TalkAnswer::Said { panels, own_vectors: true, vectors: String::new() }.into(),
            GameAnswer::Opponents {
                games: vec![],
                opponents: vec![],
                handicaps: vec![],
                exploration: odd,
                walk_exploration: odd,
            }
            .into(),
        ];
        answers.iter().for_each(survives_json);
    }
}
