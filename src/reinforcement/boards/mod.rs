//! Boards: positions by the rules of [`games`](super::games), and a table at which agents think and keep what they know. What the labs
//! about board games answer from.

mod levels;
mod puzzle;
mod review;
mod setup;
pub mod view;
mod walk;

use super::agent::{Agent, AgentError, Spec};
use super::games::{AnyGame, GAMES, Move, Outcome, Side};
use super::policy_value::AnyNet;
use super::protocol::files;
use super::protocol::record::Ending;
use super::search::mcts::Settings;
use super::search::puct;
use super::search::tree::{Node, Tree};
use super::search::{Budget, SearchResult};
use crate::data::records;
use crate::experiment::board::{Board, GaveUp, Played};
use crate::experiment::knob::nearest;
use crate::experiment::{
    Answer, ExperimentError, GameAnswer, GameQuery, Model, Query, QueryKind, Session, TaskContext,
};
use crate::intake::Decoded;
use crate::with_game;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Agents that are kept with what they know: two that play each other, and one for hints.
const MINDS: usize = 3;
/// Megabytes of a tree.
const MEMORY: usize = 256;
const LONGEST_WALK: u64 = 20_000;

/// An agent at a game.
struct CachedAgent {
    /// Its words, the game, the seed.
    of: (String, String, u64),
    agent: Agent,
    /// c when nobody says otherwise.
    exploration: f32,
    /// c of its last search.
    explored: Option<f32>,
}

/// The tree of the latest search, and where its root is.
#[derive(Clone)]
struct Shown {
    tree: Arc<Tree>,
    root: AnyGame,
    exploration: f32,
}

/// Games by their rules, and agents to play them.
#[derive(Debug, Clone, Default)]
pub struct Boards {
    /// A network that plays too; then its game is the only one.
    own: Option<Arc<AnyNet>>,
}

/// Agents at a table, with the trees that they keep from move to move.
#[derive(Default)]
struct Table {
    own: Option<Arc<AnyNet>>,
    minds: Vec<CachedAgent>,
    latest: Latest,
}

/// The tree of the latest search; whoever looks on sees it grow.
#[derive(Clone, Default)]
struct Latest(Arc<Mutex<Option<Shown>>>);

impl Latest {
    fn set(&self, shown: Option<Shown>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = shown;
    }

    fn get(&self) -> Option<Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The positions of a game, its start first.
fn positions(played: &Played) -> Result<Vec<AnyGame>, ExperimentError> {
    let Some(start) = AnyGame::start(&played.game) else {
        let near = nearest(&played.game, GAMES)
            .map_or_else(|| format!("expected one of {}", GAMES.join(", ")), |near| format!("did you mean `{near}`?"));
        return Err(ExperimentError::new(format!("unknown game `{}`: {near}", played.game)));
    };
    let start = match &played.start {
        Some(diagram) => start.at(diagram).map_err(|why| ExperimentError::worded(why.0))?,
        None => start,
    };
    let mut positions = vec![start];
    for (place, made) in played.moves.iter().enumerate() {
        // A game that was opened may have been played by other rules than ours.
        let next = positions.last().and_then(|now| now.after_as_played(Move(*made)));
        let (next, _) = next.ok_or_else(|| {
            ExperimentError::both(
                format!("move {} of the game is not legal there", place + 1),
                format!("{} 手目は、その局面では指せません", place + 1),
            )
        })?;
        positions.push(next);
    }
    Ok(positions)
}

/// A node of a tree and the position there, by the moves that lead to it.
fn at<'a>(shown: &'a Shown, path: &[u16]) -> Option<(&'a Node, AnyGame)> {
    let (mut node, mut position) = (shown.tree.root(), shown.root.clone());
    for made in path {
        node = shown.tree.made(node).iter().find(|child| child.chosen().0 == *made)?;
        position.play(Move(*made));
    }
    Some((node, position))
}

impl Boards {
    pub const ANSWERS: [QueryKind; 1] = [QueryKind::Game];

    /// The game of a network, with that among the agents.
    pub fn with(net: Arc<AnyNet>) -> Self {
        Boards { own: Some(net) }
    }

    /// The position of a game, after a move or a position that was typed.
    fn board(played: &Played, typed: Option<&str>) -> Result<GameAnswer, ExperimentError> {
        let mut played = played.clone();
        let mut positions = positions(&played)?;
        let mut notes = Vec::new();
        if let Some(typed) = typed.map(str::trim) {
            let now = positions.last().expect("the start");
            match now.read(typed) {
                Ok(made) => {
                    let mut next = now.clone();
                    next.play(made);
                    positions.push(next);
                    played.moves.push(made.0);
                }
                // A position has spaces or slashes, which no move has.
                Err(_) if typed.contains(['/', ' ']) => {
                    let (start, passed_over) =
                        now.at_with_notes(typed).map_err(|why| ExperimentError::worded(why.0))?;
                    played = Played { start: Some(start.diagram()), ..Played::of(&played.game) };
                    (positions, notes) = (vec![start], passed_over);
                }
                Err(why) => return Err(ExperimentError::worded(why.0)),
            }
        }
        let board = Box::new(Board { notes, ..view::board(&positions, &played) });
        Ok(GameAnswer::Board { played, board })
    }
}

impl Table {
    /// Thinks with the agent of these words, which may know the game already.
    fn think(
        &mut self,
        of: (&Played, &str, u64),
        exploration: Option<f32>,
        at_most_seconds: Option<f64>,
        without_end: bool,
        task: &TaskContext,
    ) -> Result<Answer, ExperimentError> {
        let (played, words, seed) = of;
        let position = positions(played)?.pop().expect("the start");
        if position.outcome().is_some() {
            return Err(ExperimentError::both("the game has ended", "対局は終わっています"));
        }
        let key = (words.to_owned(), played.game.clone(), seed);
        let minds = &mut self.minds;
        let mut mind = match minds.iter().position(|mind| mind.of == key) {
            Some(place) => minds.remove(place),
            None => {
                let spec: Spec = words.parse().map_err(|why: AgentError| ExperimentError::worded(why.0))?;
                let spec = Spec { memory: spec.memory.or(Some(MEMORY)), ..spec };
                let own = spec.exploration_at(position.id());
                let agent =
                    spec.agent_of(&position, seed, self.own.as_ref()).map_err(|why| ExperimentError::worded(why.0))?;
                minds.truncate(MINDS - 1);
                CachedAgent { of: key, agent, exploration: own, explored: None }
            }
        };
        let exploration = exploration.unwrap_or(mind.exploration);
        // A tree that grew under another c would hide what this one does.
        if mind.explored.replace(exploration).is_some_and(|before| before != exploration) {
            mind.agent.forget();
        }
        mind.agent.explore(exploration);
        let longest = at_most_seconds.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.01, 3600.0)));
        let budget = if without_end { Budget::default() } else { mind.agent.budget().within(longest) };
        let shown = |result: &SearchResult, tree: Option<&Arc<Tree>>, finished| {
            self.latest.set(tree.map(|tree| Shown { tree: Arc::clone(tree), root: position.clone(), exploration }));
            GameAnswer::Thinking(view::thinking(&position, result, tree.map(|tree| &**tree), budget, finished))
        };
        let on_progress =
            |result: &SearchResult, tree: Option<&Arc<Tree>>| task.show(shown(result, tree, false).into());
        let result = if without_end {
            mind.agent.ponder(&position, task.stop(), &on_progress)
        } else {
            mind.agent.think_with_progress(&position, budget, task.stop(), &on_progress)
        };
        let answer = shown(&result, mind.agent.tree().as_ref(), true);
        self.minds.insert(0, mind);
        task.check()?;
        Ok(answer.into())
    }
}

impl Session for Table {
    fn answer(&mut self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::Game(GameQuery::Think { played, agent, exploration, seed, at_most_seconds, without_end }) = query
        else {
            return Err(ExperimentError::unanswered(query));
        };
        self.think((played, agent, *seed), *exploration, *at_most_seconds, *without_end, task)
    }

    fn observer(&self) -> Option<Arc<dyn Model>> {
        Some(Arc::new(self.latest.clone()))
    }
}

impl Latest {
    /// The children of a node.
    fn branches(&self, path: &[u16]) -> Result<Answer, ExperimentError> {
        let shown = self.get();
        let shown = shown.ok_or_else(no_tree)?;
        let (node, position) = at(&shown, path).ok_or_else(no_tree)?;
        let branches = view::branches(&position, &shown.tree, node, shown.exploration);
        Ok(GameAnswer::Branches { path: path.to_vec(), branches }.into())
    }
}

fn no_tree() -> ExperimentError {
    ExperimentError::both(
        "no tree to open: let MCTS think first",
        "開ける木がありません。先に MCTS に考えさせてください",
    )
}

impl Model for Latest {
    fn answer(&self, query: &Query, _watch: &TaskContext) -> Result<Answer, ExperimentError> {
        match query {
            Query::Game(GameQuery::Branches { path }) => self.branches(path),
            query => Err(ExperimentError::unanswered(query)),
        }
    }
}

impl Model for Boards {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::Game(game) = query else { return Err(ExperimentError::unanswered(query)) };
        let answer = match game {
            GameQuery::Board { played, typed } => Self::board(played, typed.as_deref()),
            GameQuery::SetUp { board } => {
                let start = Some(setup::diagram(board));
                Self::board(&Played { start, ..Played::of(&board.game) }, None)
            }
            GameQuery::Opponents { game } => {
                let start = positions(&Played::of(game))?.pop().expect("the start");
                Ok(GameAnswer::Opponents {
                    games: match &self.own {
                        Some(net) => vec![net.game().to_owned()],
                        None => GAMES.map(str::to_owned).to_vec(),
                    },
                    opponents: levels::opponents(self.own.is_some()),
                    handicaps: levels::handicaps(&start),
                    exploration: match &self.own {
                        Some(_) => puct::EXPLORATION,
                        None => Settings::for_game(game).exploration,
                    },
                    walk_exploration: Settings::plain_exploration(game),
                })
            }
            GameQuery::Walk { played, exploration, seed, simulation } => {
                let position = positions(played)?.pop().expect("the start");
                if position.outcome().is_some() {
                    return Err(ExperimentError::both("the game has ended", "対局は終わっています"));
                }
                let simulation = (*simulation).clamp(1, LONGEST_WALK);
                let walk = with_game!(&position, game => walk::walk(game, *exploration, *seed, simulation));
                Ok(GameAnswer::Walk(Box::new(walk)))
            }
            GameQuery::Review { played, seconds_a_move } => {
                let positions = positions(played)?;
                let each = Duration::from_secs_f64(seconds_a_move.clamp(0.001, 60.0));
                let total = positions.len() as u64;
                let judged = review::review(&positions, &played.moves, each, 1, task.stop(), |judged| {
                    task.report_progress(judged.len() as u64, total);
                    task.show(GameAnswer::Review { judged: judged.to_vec(), finished: false }.into());
                });
                task.check()?;
                Ok(GameAnswer::Review { judged, finished: true })
            }
            GameQuery::Puzzle { seed } => {
                let found = puzzle::puzzle(*seed, task.stop());
                let (played, solution, moves) = found.ok_or_else(ExperimentError::cancelled)?;
                let board = Box::new(view::board(&positions(&played)?, &played));
                Ok(GameAnswer::Puzzle { played, board, solution: solution.0, moves })
            }
            GameQuery::WriteGame { played, players, gave_up, extension } => {
                let positions = positions(played)?;
                let moves: Vec<Move> = played.moves.iter().map(|made| Move(*made)).collect();
                let (outcome, ended) = match gave_up {
                    Some(gave_up) => {
                        let winner = Side::BOTH[1 - gave_up.loser().min(1)];
                        let ended = match gave_up {
                            GaveUp::Resigned(_) => Ending::Resignation,
                            GaveUp::OutOfTime(_) => Ending::Time,
                        };
                        (Some(Outcome::Won(winner)), ended)
                    }
                    None => (positions.last().and_then(AnyGame::outcome), Ending::Rules),
                };
                let players = [players[0].as_str(), players[1].as_str()];
                let (text, extension) = files::write_as(extension, &positions[0], &moves, players, outcome, ended);
                Ok(GameAnswer::Text { text, extension: extension.to_owned() })
            }
            GameQuery::ReadGame { game, path } => {
                let like = positions(&Played::of(game))?.pop().expect("the start");
                let Decoded { text, notes } = records::read(path, task)?;
                let read = files::read(&text, &like).map_err(|why| ExperimentError::worded(why.wording()))?;
                let id = read.start.id();
                let usual = AnyGame::start(id).is_some_and(|usual| usual.diagram() == read.start.diagram());
                let start = (!usual).then(|| read.start.diagram());
                let moves = read.moves.iter().map(|made| made.0).collect();
                let played = Played { game: id.to_owned(), start, moves };
                let board = view::board(&read.positions(), &played);
                let notes = notes.into_iter().chain(read.notes).collect();
                Ok(GameAnswer::Board { played, board: Box::new(Board { notes, ..board }) })
            }
            // A session thinks, and whoever looks on sees its tree.
            GameQuery::Think { .. } => return Err(ExperimentError::unanswered(query)),
            GameQuery::Branches { .. } => return Err(no_tree()),
        };
        answer.map(Answer::Game)
    }

    fn session(&self, before: Option<Box<dyn Session>>) -> Result<Box<dyn Session>, ExperimentError> {
        // What agents know by a network that has learned on since is of no use.
        match &self.own {
            Some(net) => Ok(Box::new(Table { own: Some(Arc::clone(net)), ..Table::default() })),
            None => Ok(before.unwrap_or_else(|| Box::<Table>::default())),
        }
    }
}

#[cfg(test)]
mod tests;
