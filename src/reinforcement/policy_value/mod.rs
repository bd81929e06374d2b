//! Networks that say of a position what a strong player would do, and what it is worth (AlphaGo Zero: Silver et al. 2017,
//! doi:10.1038/nature24270).

mod game;
mod network;

pub use game::{NetworkGame, STONES};
pub use network::{Configuration, Net, PolicyValueNet, Target, loss};

use super::games::{AnyGame, ConnectFour, Othello, TicTacToe};
use crate::experiment::ExperimentError;

/// The games that networks learn here, the usual one first.
pub const GAMES: [&str; 3] = ["connect-four", "tic-tac-toe", "othello-6"];

/// What a network is given of a position: the stones alone, or all planes that its game has.
pub const PLANES: [&str; 2] = ["stones", "winning_cells"];

/// A network of one of the games.
#[derive(Debug, Clone)]
pub enum AnyNet {
    TicTacToe(Net<TicTacToe>),
    ConnectFour(Net<ConnectFour>),
    Othello(Net<Othello>),
}

/// A game whose networks are among [`AnyNet`].
pub trait ListedGame: NetworkGame {
    fn list(net: Net<Self>) -> AnyNet;
}

impl ListedGame for TicTacToe {
    fn list(net: Net<Self>) -> AnyNet {
        AnyNet::TicTacToe(net)
    }
}

impl ListedGame for ConnectFour {
    fn list(net: Net<Self>) -> AnyNet {
        AnyNet::ConnectFour(net)
    }
}

impl ListedGame for Othello {
    fn list(net: Net<Self>) -> AnyNet {
        AnyNet::Othello(net)
    }
}

impl AnyNet {
    /// A network from the bytes of its file.
    ///
    /// # Errors
    /// When the file is broken, or holds no network of a board game.
    pub fn open(bytes: &[u8]) -> Result<Self, ExperimentError> {
        let configuration = Configuration::read(bytes)?;
        match configuration.game.as_str() {
            "tic-tac-toe" => Ok(AnyNet::TicTacToe(Net::open(bytes, configuration)?)),
            "connect-four" => Ok(AnyNet::ConnectFour(Net::open(bytes, configuration)?)),
            "othello-6" => Ok(AnyNet::Othello(Net::open(bytes, configuration)?)),
            other => Err(ExperimentError::new(format!("a network of `{other}`: expected one of {}", GAMES.join(", ")))),
        }
    }

    /// The game that it has learned.
    pub fn game(&self) -> &'static str {
        match self {
            AnyNet::TicTacToe(_) => "tic-tac-toe",
            AnyNet::ConnectFour(_) => "connect-four",
            AnyNet::Othello(_) => "othello-6",
        }
    }

    pub fn start(&self) -> AnyGame {
        AnyGame::start(self.game()).expect("a game by its name")
    }
}
