//! What a network that plays shows: its own policy and value at a position beside those of a search; its openings; a game in progress.

use super::games::{Ongoing, position_after, search_together};
use crate::experiment::board::Played;
use crate::experiment::panel::{Bar, Curve, Curves, Format};
use crate::experiment::{
    Answer, Bilingual, ExperimentError, Knob, Knobs, Model, Panel, Query, Session, TaskContext, ViewSpec, Wording, view,
};
use crate::reinforcement::boards::{Boards, view as drawn};
use crate::reinforcement::games::{AnyGame, Outcome, at_move};
use crate::reinforcement::policy_value::{AnyNet, Net, NetworkGame};
use crate::reinforcement::search::Puct;
use crate::reinforcement::search::puct::{Considered, EXPLORATION, Evaluator};
use std::sync::Arc;

/// Searches of rising length that are set side by side.
const LENGTHS: [u32; 8] = [1, 5, 10, 25, 50, 100, 200, 800];

pub static VIEWS: [ViewSpec; 2] = [
    ViewSpec::new(
        "position",
        Wording::new("the network alone, and with a search", "ネットワークだけの評価と、探索の結果"),
        || {
            vec![
                moves(),
                Knob::integer(
                    "simulations",
                    1..=20_000,
                    200,
                    ["simulations of the search", "探索のシミュレーション数"],
                ),
            ]
        },
    ),
    ViewSpec::new(
        "lengths",
        Wording::new("the same position with longer and longer searches", "同じ局面を、探索を長くしながら見る"),
        || vec![moves()],
    ),
];

fn moves() -> Knob {
    Knob::text("moves", 400, "", ["moves from the start: 4453, or b2 a1", "初めからの手順(4453、b2 a1 など)"])
}

/// A trained network.
pub struct PlayingModel {
    net: Arc<AnyNet>,
    boards: Boards,
}

impl PlayingModel {
    pub fn new(net: AnyNet) -> Self {
        let net = Arc::new(net);
        PlayingModel { boards: Boards::with(Arc::clone(&net)), net }
    }

    fn panels(&self, view: &str, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        match &*self.net {
            AnyNet::TicTacToe(net) => panels(net, &self.net.start(), view, inputs),
            AnyNet::ConnectFour(net) => panels(net, &self.net.start(), view, inputs),
            AnyNet::Othello(net) => panels(net, &self.net.start(), view, inputs),
        }
    }
}

impl Model for PlayingModel {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        match query {
            Query::Game(_) => self.boards.answer(query, task),
            Query::View { name, inputs } => {
                let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
                Ok(Answer::Panels { panels: self.panels(name, &inputs)? })
            }
            query => Err(ExperimentError::unanswered(query)),
        }
    }

    fn session(&self, before: Option<Box<dyn Session>>) -> Result<Box<dyn Session>, ExperimentError> {
        self.boards.session(before)
    }
}

/// The moves of a text: with spaces between them, or where each is a sign, without.
fn read_moves(start: &AnyGame, text: &str) -> Result<(Vec<AnyGame>, Vec<u16>), ExperimentError> {
    let words: Vec<String> = match text.contains(char::is_whitespace) || start.id() != "connect-four" {
        true => text.split_whitespace().map(str::to_owned).collect(),
        false => text.chars().map(String::from).collect(),
    };
    let (mut positions, mut moves) = (vec![start.clone()], Vec::new());
    for (word, place) in words.iter().zip(1..) {
        let mut next = positions.last().expect("the start").clone();
        let chosen = next.read(word).map_err(|why| ExperimentError::worded(at_move(place, why)))?;
        next.play(chosen);
        positions.push(next);
        moves.push(chosen.0);
    }
    Ok((positions, moves))
}

fn panels<G: NetworkGame>(
    net: &Net<G>,
    start: &AnyGame,
    view: &str,
    inputs: &Knobs,
) -> Result<Vec<Panel>, ExperimentError> {
    let (positions, moves) = read_moves(start, inputs.text("moves"))?;
    let any = positions.last().expect("the start").clone();
    let position = G::of(&any).expect("a position of this game");
    // What has no room in a small terminal is the board.
    let mut shown = match position.outcome() {
        Some(outcome) => vec![ended(outcome)],
        None if view == "lengths" => vec![lengths(net, position)],
        None => {
            let simulations = [inputs.integer("simulations") as u32];
            let search = search_together(std::slice::from_ref(position), net, &simulations, EXPLORATION, |_, _| {});
            found(net, position, &search[0])
        }
    };
    shown.push(board_panel(&positions, moves));
    Ok(shown)
}

/// The last of some positions, and the moves that led there.
fn board_panel(positions: &[AnyGame], moves: Vec<u16>) -> Panel {
    let played = Played { moves, ..Played::of(positions[0].id()) };
    let board = drawn::board(positions, &played);
    let heading = match board.ending {
        Some(_) => Bilingual::new("the end", "終局"),
        None if board.turn == 0 => Bilingual::new("the first side to move", "先手の番"),
        None => Bilingual::new("the second side to move", "後手の番"),
    };
    Panel::Board { heading, board: Box::new(board) }
}

fn ended(outcome: Outcome) -> Panel {
    let text = match outcome {
        Outcome::Drawn => Bilingual::new("The game is drawn.", "引き分けです。"),
        Outcome::Won(side) if side.index() == 0 => Bilingual::new("The first side has won.", "先手の勝ちです。"),
        Outcome::Won(_) => Bilingual::new("The second side has won.", "後手の勝ちです。"),
    };
    Panel::Note { text }
}

fn signed(value: f32) -> String {
    format!("{value:+.2}").replace('-', "−")
}

fn percent(share: f32) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// How a move ends for the side that makes it, if that is certain.
fn certain(considered: &Considered) -> Option<&'static str> {
    considered.proven.map(|_| match considered.value {
        Some(value) if value > 0.0 => "+1 ✓",
        Some(value) if value < 0.0 => "−1 ✓",
        _ => "0 ✓",
    })
}

/// Prior, value and visits side by side.
fn found<G: NetworkGame>(net: &Net<G>, position: &G, search: &Puct<G>) -> Vec<Panel> {
    let alone = net.evaluate(std::slice::from_ref(position)).remove(0);
    let mut rows: Vec<(u32, f32, Vec<String>)> = (search.considered().iter().zip(&alone.priors).zip(search.policy()))
        .map(|((considered, &prior), share)| {
            let q =
                certain(considered).map_or_else(|| considered.value.map_or_else(String::new, signed), str::to_owned);
            let name = position.name(considered.chosen);
            (considered.visits, prior, vec![name, percent(prior), considered.visits.to_string(), percent(share), q])
        })
        .collect();
    rows.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    vec![
        Panel::Note {
            text: Bilingual::new(
                format!("v of the network {}, value of the search {}", signed(alone.value), signed(search.value())),
                format!("ネットワークの v {}、探索後の価値 {}", signed(alone.value), signed(search.value())),
            ),
        },
        Panel::Table {
            names: vec![
                Bilingual::new("move", "手"),
                Bilingual::new("prior P", "事前確率 P"),
                Bilingual::new("visits N", "訪問数 N"),
                Bilingual::new("π", "π"),
                Bilingual::new("Q", "Q"),
            ],
            rows: rows.into_iter().map(|(_, _, row)| row).collect(),
        },
    ]
}

/// The move and the value after searches of several lengths.
fn lengths<G: NetworkGame>(net: &Net<G>, position: &G) -> Panel {
    let positions = vec![position.clone(); LENGTHS.len()];
    let searches = search_together(&positions, net, &LENGTHS, EXPLORATION, |_, _| {});
    let row = |(length, search): (&u32, &Puct<G>)| {
        let policy = search.policy();
        let best = search.best().expect("a move of a game that goes on");
        let share = search.considered().iter().position(|of| of.chosen == best).map_or(0.0, |place| policy[place]);
        let proven = if search.proven().is_some() { "✓" } else { "" };
        vec![length.to_string(), position.name(best), percent(share), signed(search.value()), proven.to_owned()]
    };
    Panel::Table {
        names: vec![
            Bilingual::new("simulations", "シミュレーション"),
            Bilingual::new("move", "手"),
            Bilingual::new("its share of π", "π の割合"),
            Bilingual::new("value", "価値"),
            Bilingual::new("certain", "確定"),
        ],
        rows: LENGTHS.iter().zip(&searches).map(row).collect(),
    }
}

/// With what probability the network opens a game with each move.
pub fn openings<G: NetworkGame>(start: &G, net: &Net<G>) -> Panel {
    let evaluation = net.evaluate(std::slice::from_ref(start)).remove(0);
    let mut moves = Vec::new();
    start.legal(&mut moves);
    let bar = |(of, &value): (&crate::reinforcement::games::Move, &f32)| Bar { name: start.name(*of), value };
    Panel::Bars {
        heading: Bilingual::new("how the network would open", "ネットワークの初手"),
        bars: moves.iter().zip(&evaluation.priors).map(bar).collect(),
        format: Format::Percent,
    }
}

/// A game in progress, and the values that its searches found.
pub fn game_panels<G: NetworkGame>(start: &G, game: &Ongoing) -> Vec<Panel> {
    let positions: Vec<AnyGame> =
        (0..=game.plies.len()).map(|count| position_after(start, &game.plies[..count]).into()).collect();
    let mut panels = vec![board_panel(&positions, game.plies.iter().map(|ply| ply.chosen).collect())];
    if game.plies.len() > 1 {
        // Seen by the first side all the way.
        let values = game.plies.iter().zip([1.0, -1.0].into_iter().cycle());
        panels.push(Panel::Curves(Curves {
            heading: Bilingual::new("the value that searches found, for the first side", "探索が見た価値(先手から)"),
            axis: Bilingual::new("move", "手数"),
            places: (1..=game.plies.len()).map(|ply| ply as f64).collect(),
            curves: vec![Curve {
                name: Bilingual::new("value", "価値"),
                values: values.map(|(ply, sign)| sign * f64::from(ply.value)).collect(),
                band: None,
            }],
        }));
    }
    panels
}
