//! Agents by name: `random`, `greedy`, `mcts:2s`, `alphabeta:100ms`, `perfect`, `net:FILE`, each with its options after commas.

mod searchers;

use super::games::{AnyGame, PlayoutRng, Style, below};
use super::policy_value::AnyNet;
use super::search::{Budget, OnProgress, SearchResult, mcts, puct, silent, tree};
use crate::experiment::{Bilingual, TaskContext, Wording};
use crate::intake::{self, Purpose};
use crate::with_game;
use rand::SeedableRng;
use searchers::{Searcher, any_move, net_search, searcher};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any legal move.
    Random,
    /// The move that looks best at once.
    Greedy,
    Mcts,
    AlphaBeta,
    /// Always the best move: tic-tac-toe, Connect Four.
    Perfect,
    /// A network that was trained by self-play, and a tree search led by it.
    Net,
}

impl Kind {
    const ALL: [(Kind, &'static str); 6] = [
        (Kind::Random, "random"),
        (Kind::Greedy, "greedy"),
        (Kind::Mcts, "mcts"),
        (Kind::AlphaBeta, "alphabeta"),
        (Kind::Perfect, "perfect"),
        (Kind::Net, "net"),
    ];

    fn name(self) -> &'static str {
        Kind::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// Which agent, how long it may think, and with what settings; what is not set is as the game has it best.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    pub kind: Kind,
    pub budget: Budget,
    pub threads: Option<usize>,
    pub exploration: Option<f32>,
    pub rave: Option<f32>,
    pub playouts: Option<Style>,
    pub solver: Option<bool>,
    /// In megabytes.
    pub memory: Option<usize>,
    pub depth: Option<u32>,
    /// How often it plays any move at all instead.
    pub blunders: f32,
    /// The file of a network, or the folder of the run that trained it; [`OWN`] is that of whoever makes the agent.
    pub net: Option<String>,
}

/// In the place of a file: the network of whoever makes the agent.
pub const OWN: &str = "this";
/// Simulations of a search that a network leads, where nothing is said.
const NET_SIMULATIONS: u64 = 200;
/// The file of a network in the folder of its run.
const NET_FILE: &str = "model.safetensors";
/// Bytes of such a file, at most.
const NET: Purpose =
    Purpose::new(Wording::new("the network of a run of self-play", "self-play の実行のネットワーク"), 1 << 28);

/// Why a text names no agent, or an agent plays no game: one line, in English on the command line and in protocols, in both languages on
/// screens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.en)]
pub struct AgentError(pub Bilingual);

impl AgentError {
    fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        AgentError(Bilingual::new(en, ja))
    }
}

/// `2s`, `100ms`.
fn duration(text: &str) -> Option<Duration> {
    let (digits, scale) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 1e-3),
        None => (text.strip_suffix('s')?, 1.0),
    };
    let value = digits.parse::<f64>().ok().filter(|value| (0.0..=1e6).contains(value))?;
    Some(Duration::from_secs_f64(value * scale))
}

impl FromStr for Spec {
    type Err = AgentError;

    fn from_str(text: &str) -> Result<Self, AgentError> {
        let (name, options) = text.split_once(':').unwrap_or((text, ""));
        let kind = Kind::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind).ok_or_else(|| {
            AgentError::new(
                format!(
                    "no agent `{name}`: random, greedy, mcts:2s (a time, or a number of playouts), alphabeta:1s, perfect, \
                     net:FILE,sims=200; or gtp:COMMAND, uci:COMMAND, usi:COMMAND where another program may play"
                ),
                format!(
                    "エージェント `{name}` はありません。使えるのは random、greedy、mcts:2s(時間またはプレイアウト数)、alphabeta:1s、perfect、\
                     net:FILE,sims=200 です。ほかのプログラムも指せる所では gtp:COMMAND、uci:COMMAND、usi:COMMAND も使えます"
                ),
            )
        })?;
        let mut spec = Spec {
            kind,
            budget: Budget::default(),
            threads: None,
            exploration: None,
            rave: None,
            playouts: None,
            solver: None,
            memory: None,
            depth: None,
            blunders: 0.0,
            net: None,
        };
        let mut options = options.split(',');
        if kind == Kind::Net {
            let file = options.next().filter(|file| !file.is_empty()).ok_or_else(|| {
                AgentError::new(
                    format!(
                        "agent `{text}`: which network? Expected net:FILE, the model.safetensors or the \
                         folder of a run of self-play (a path without commas)"
                    ),
                    format!(
                        "エージェント `{text}`: ネットワークの指定がありません。net:FILE の形で、self-play の実行の model.safetensors か\
                         そのフォルダを指定してください(パスにコンマは使えません)"
                    ),
                )
            })?;
            spec.net = Some(file.to_owned());
        }
        for option in options.filter(|option| !option.is_empty()) {
            spec.set(option).ok_or_else(|| {
                AgentError::new(
                    format!(
                        "agent `{text}`: `{option}` is none of a time (2s, 100ms), a number of playouts, threads=N, c=1.4, rave=K \
                         (0 for none), playouts=uniform|light, solver=on|off, memory=MB, depth=N, blunders=0.1, sims=N"
                    ),
                    format!(
                        "エージェント `{text}`: `{option}` は使えません。使えるのは時間(2s、100ms)、プレイアウト数、threads=N、c=1.4、rave=K\
                         (0 はなし)、playouts=uniform|light、solver=on|off、memory=MB、depth=N、blunders=0.1、sims=N です"
                    ),
                )
            })?;
        }
        if matches!(kind, Kind::Mcts | Kind::AlphaBeta) && spec.budget == Budget::default() && spec.depth.is_none() {
            spec.budget.time = Some(Duration::from_secs(1));
        }
        if kind == Kind::Net && spec.budget == Budget::default() {
            spec.budget.playouts = Some(NET_SIMULATIONS);
        }
        spec.budget.ends_when_decided = true;
        Ok(spec)
    }
}

impl Spec {
    fn set(&mut self, option: &str) -> Option<()> {
        if let Some(time) = duration(option) {
            self.budget.time = Some(time);
            return Some(());
        }
        if let Ok(playouts) = option.parse() {
            self.budget.playouts = Some(playouts);
            return Some(());
        }
        let (name, value) = option.split_once('=')?;
        let real =
            |range: std::ops::RangeInclusive<f32>| value.parse::<f32>().ok().filter(|value| range.contains(value));
        let whole =
            |range: std::ops::RangeInclusive<usize>| value.parse::<usize>().ok().filter(|value| range.contains(value));
        match name {
            "threads" => self.threads = Some(whole(1..=256)?),
            "c" => self.exploration = Some(real(0.0..=100.0)?),
            "rave" => self.rave = Some(real(0.0..=1e9)?),
            "playouts" => {
                self.playouts = Some(match value {
                    "uniform" => Style::Uniform,
                    "light" => Style::Light,
                    _ => return None,
                });
            }
            "solver" => {
                self.solver = Some(match value {
                    "on" => true,
                    "off" => false,
                    _ => return None,
                });
            }
            "memory" => self.memory = Some(whole(1..=1 << 20)?),
            "depth" => self.depth = Some(whole(1..=64)? as u32),
            "blunders" => self.blunders = real(0.0..=1.0)?,
            "sims" => self.budget.playouts = Some(whole(1..=1 << 20)? as u64),
            _ => return None,
        }
        Some(())
    }

    /// c of its search at a game.
    pub fn exploration_at(&self, game: &str) -> f32 {
        let usual = || match self.kind {
            Kind::Net => puct::EXPLORATION,
            _ => mcts::Settings::for_game(game).exploration,
        };
        self.exploration.unwrap_or_else(usual)
    }

    /// Settings of a tree search for a game.
    pub fn mcts(&self, game: &str, seed: u64) -> mcts::Settings {
        let own = mcts::Settings::for_game(game);
        mcts::Settings {
            exploration: self.exploration.unwrap_or(own.exploration),
            solver: self.solver.unwrap_or(own.solver),
            rave: self.rave.map_or(own.rave, |k| (k > 0.0).then_some(k)),
            playouts: self.playouts.unwrap_or(own.playouts),
            threads: self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
            seed,
            memory: self.memory.map_or(own.memory, |megabytes| megabytes << 20),
        }
    }

    /// An agent for a game.
    ///
    /// # Errors
    /// If it does not play that game, or its network cannot be read.
    pub fn agent(&self, game: &AnyGame, seed: u64) -> Result<Agent, AgentError> {
        self.agent_of(game, seed, None)
    }

    /// The same for somebody who has a network of their own, which is meant by [`OWN`].
    ///
    /// # Errors
    /// If it does not play that game, or its network cannot be read.
    pub fn agent_of(&self, game: &AnyGame, seed: u64, own: Option<&Arc<AnyNet>>) -> Result<Agent, AgentError> {
        let id = game.id();
        if self.kind == Kind::Perfect && !matches!(id, "tic-tac-toe" | "connect-four") {
            return Err(AgentError::new(
                format!("no agent plays {id} perfectly: tic-tac-toe and connect-four are solved"),
                format!(
                    "{id} の最善手を指し続けるエージェントはありません。解かれているのは tic-tac-toe と connect-four です"
                ),
            ));
        }
        let searcher = match &self.net {
            Some(file) => {
                let net = match own {
                    Some(net) if file == OWN => Arc::clone(net),
                    _ => Arc::new(open_net(Path::new(file))?),
                };
                net_search(&net, game, self.exploration_at(id))?
            }
            None => with_game!(game.clone(), game => searcher(self, game, seed)),
        };
        Ok(Agent { spec: self.clone(), searcher, random: PlayoutRng::seed_from_u64(seed ^ 0x5eed) })
    }
}

/// The network in a file, or in the folder of a run.
fn open_net(path: &Path) -> Result<AnyNet, AgentError> {
    let file = if path.is_dir() { path.join(NET_FILE) } else { path.to_owned() };
    let bytes = intake::bytes(&file, &NET, &TaskContext::default()).map_err(|error| AgentError(error.wording()))?;
    AnyNet::open(&bytes).map_err(|error| AgentError(error.in_file(&file).wording()))
}

impl fmt::Display for Spec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.kind.name())?;
        if let Some(net) = &self.net {
            write!(out, ":{net}")?;
        }
        match (self.budget.time, self.budget.playouts) {
            (Some(time), _) => write!(out, ":{} ms", time.as_millis()),
            (None, Some(playouts)) => write!(out, ":{playouts}"),
            (None, None) => Ok(()),
        }
    }
}

/// Someone who plays a game from its start or a position, move after move.
pub struct Agent {
    spec: Spec,
    searcher: Box<dyn Searcher>,
    random: PlayoutRng,
}

impl Agent {
    /// Thinks about a position of its game. The best move is the first candidate of the result.
    ///
    /// # Panics
    /// If the position is of another game.
    pub fn think(&mut self, position: &AnyGame, stop: &AtomicBool) -> SearchResult {
        let budget = self.spec.budget;
        self.think_within(position, budget, stop)
    }

    /// Thinks within another budget than its own.
    ///
    /// # Panics
    /// If the position is of another game.
    pub fn think_within(&mut self, position: &AnyGame, budget: Budget, stop: &AtomicBool) -> SearchResult {
        self.think_with_progress(position, budget, stop, &silent)
    }

    /// The same, telling on the way what it believes.
    ///
    /// # Panics
    /// If the position is of another game.
    pub fn think_with_progress(
        &mut self,
        position: &AnyGame,
        budget: Budget,
        stop: &AtomicBool,
        on_progress: OnProgress,
    ) -> SearchResult {
        if self.spec.blunders > 0.0 && (below(&mut self.random, 1 << 20) as f32) < self.spec.blunders * (1 << 20) as f32
        {
            return with_game!(position, game => any_move(game, &mut self.random));
        }
        self.searcher.think(position, budget, stop, on_progress)
    }

    /// Thinks without its budget and its blunders, until it is stopped or its memory is full.
    ///
    /// # Panics
    /// If the position is of another game.
    pub fn ponder(&mut self, position: &AnyGame, stop: &AtomicBool, on_progress: OnProgress) -> SearchResult {
        self.searcher.think(position, Budget { stops_when_full: true, ..Budget::default() }, stop, on_progress)
    }

    pub fn budget(&self) -> Budget {
        self.spec.budget
    }

    /// Its tree, if it has one.
    pub fn tree(&self) -> Option<Arc<tree::Tree>> {
        self.searcher.tree()
    }

    /// A new game, with a seed of its own.
    ///
    /// # Panics
    /// If it does not play that game.
    pub fn begin(&mut self, game: &AnyGame, seed: u64) {
        // What others know is no matter of chance, and dear.
        if matches!(self.spec.kind, Kind::Mcts | Kind::Random) {
            *self = self.spec.agent(game, seed).expect("it plays this game");
        } else {
            self.random = PlayoutRng::seed_from_u64(seed ^ 0x5eed);
        }
    }

    /// Drops what its tree knows.
    pub fn forget(&mut self) {
        self.searcher.forget();
    }

    /// Changes c of UCB1 from the next search on; what the tree knows stays.
    pub fn explore(&mut self, exploration: f32) {
        self.searcher.explore(exploration);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reinforcement::games::{Game, Othello};

    /// A game of Othello by chance, up to so many free squares.
    fn othello(empties: u32) -> AnyGame {
        let (mut random, mut position, mut moves) = (PlayoutRng::seed_from_u64(3), Othello::new(8), Vec::new());
        while position.empties() > empties {
            position.legal(&mut moves);
            assert!(!moves.is_empty(), "a game that goes on");
            position.play(moves[below(&mut random, moves.len())]);
        }
        position.into()
    }

    #[test]
    fn who_cannot_solve_a_position_in_time_moves_nevertheless() {
        let never = AtomicBool::new(false);
        let think = |words: &str, position: &AnyGame| {
            words.parse::<Spec>().unwrap().agent(position, 1).unwrap().think(position, &never)
        };
        let solved = think("alphabeta:depth=1", &othello(12));
        assert!(solved.proven.is_some());
        for (words, position) in
            [("alphabeta:0ms", othello(18)), ("perfect:0ms", AnyGame::start("connect-four").unwrap())]
        {
            let result = think(words, &position);
            assert!(result.best().is_some(), "{words}");
            assert_eq!(result.proven, None, "{words}");
        }
    }
}
