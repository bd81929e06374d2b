//! Whom a game can be played against, and with what advantage.

use crate::experiment::board::{Handicap, Opponent};
use crate::reinforcement::games::{AnyGame, Game, Othello};

/// Budgets and blunders of the tree search, the weakest first: from one that is easy to beat to full strength.
const MCTS: [&str; 6] = [
    "mcts:50,threads=1,blunders=0.4",
    "mcts:200,threads=1,blunders=0.15",
    "mcts:1000,threads=1,blunders=0.05",
    "mcts:200ms",
    "mcts:1s",
    "mcts:5s",
];
/// The same of alpha-beta, whose budget is how far it looks.
const ALPHABETA: [&str; 6] = [
    "alphabeta:depth=1,blunders=0.4",
    "alphabeta:depth=1,blunders=0.15",
    "alphabeta:depth=2,blunders=0.05",
    "alphabeta:100ms",
    "alphabeta:1s",
    "alphabeta:5s",
];

/// Budgets of a search that a network leads, from the network alone to one that takes a second or so.
const NET: [&str; 6] = [
    "net:this,sims=1,blunders=0.3",
    "net:this,sims=1",
    "net:this,sims=16",
    "net:this,sims=64",
    "net:this,sims=200",
    "net:this,sims=2000",
];

/// Six levels of each kind, those of one's own network first if there is one; those that have all the time think on the other side's
/// time too.
pub fn opponents(has_net: bool) -> Vec<Opponent> {
    let kinds = has_net.then_some(("net", NET)).into_iter().chain([("mcts", MCTS), ("alphabeta", ALPHABETA)]);
    let of = |(kind, agents): (&'static str, [&'static str; 6])| {
        let kind = kind.to_owned();
        (1..).zip(agents).map(move |(level, agent)| Opponent {
            kind: kind.clone(),
            level,
            agent: agent.to_owned(),
            ponders: kind == "mcts" && level == agents.len(),
        })
    };
    kinds.flat_map(of).collect()
}

/// Shogi without pieces of the side that gives the handicap and then moves first: names, and its back rows.
const SHOGI: [(&str, &str, &str); 6] = [
    ("lance", "香落ち", "lnsgkgsn1/1r5b1"),
    ("bishop", "角落ち", "lnsgkgsnl/1r7"),
    ("rook", "飛車落ち", "lnsgkgsnl/7b1"),
    ("2 pieces", "二枚落ち", "lnsgkgsnl/9"),
    ("4 pieces", "四枚落ち", "1nsgkgsn1/9"),
    ("6 pieces", "六枚落ち", "2sgkgs2/9"),
];
const CHESS: [(&str, &str, &str); 4] = [
    ("pawn f7", "f7 ポーン落ち", "rnbqkbnr/ppppp1pp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"),
    ("knight", "ナイト落ち", "r1bqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"),
    ("rook", "ルーク落ち", "1nbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQk - 0 1"),
    ("queen", "クイーン落ち", "rnb1kbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"),
];

/// What the second side (in shogi the upper) can give.
pub fn handicaps(game: &AnyGame) -> Vec<Handicap> {
    let handicap = |en: &str, ja: &str, start: String| Handicap { en: en.to_owned(), ja: ja.to_owned(), start };
    match game {
        AnyGame::Go(go) => {
            let with = |count| {
                let position = go.with_stones(&go.handicap(count)?)?;
                Some(handicap(&format!("{count} stones"), &format!("{count} 子"), position.diagram()))
            };
            (2..=9).filter_map(with).collect()
        }
        AnyGame::Chess(_) => CHESS.iter().map(|(en, ja, start)| handicap(en, ja, (*start).to_owned())).collect(),
        AnyGame::Shogi(_) => SHOGI
            .iter()
            .map(|(en, ja, rows)| {
                let start = format!("{rows}/ppppppppp/9/9/9/PPPPPPPPP/1B5R1/LNSGKGSNL w - 1");
                handicap(en, ja, start)
            })
            .collect(),
        AnyGame::Othello(othello) => (1..=4)
            .map(|corners| {
                let (usual, last) = (Othello::new(othello.size()).diagram(), othello.size() - 1);
                let squares = [(0, 0), (last, last), (0, last), (last, 0)];
                let mut start: Vec<char> = usual.chars().collect();
                squares[..corners].iter().for_each(|(row, column)| start[row * (last + 2) + column] = 'x');
                let (en, ja) = match corners {
                    1 => ("1 corner".to_owned(), "隅 1 つ".to_owned()),
                    _ => (format!("{corners} corners"), format!("隅 {corners} つ")),
                };
                handicap(&en, &ja, String::from_iter(start))
            })
            .collect(),
        AnyGame::TicTacToe(_) | AnyGame::ConnectFour(_) | AnyGame::Gomoku(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reinforcement::agent::Spec;
    use crate::reinforcement::games::GAMES;

    #[test]
    fn every_handicap_is_a_position_that_can_be_played() {
        let mut given = 0;
        for id in GAMES {
            let game = AnyGame::start(id).unwrap();
            for handicap in handicaps(&game) {
                let position = game.at(&handicap.start).unwrap_or_else(|why| panic!("{id} {}: {why}", handicap.en));
                assert_eq!(position.outcome(), None);
                let mut moves = Vec::new();
                position.legal(&mut moves);
                assert!(!moves.is_empty(), "{id} {}", handicap.en);
                given += 1;
            }
        }
        assert_eq!(given, 8 + 8 + 4 + 6 + 4 + 4);
    }

    #[test]
    fn every_opponent_is_an_agent() {
        for opponent in opponents(false) {
            let spec: Spec = opponent.agent.parse().unwrap();
            for id in GAMES {
                spec.agent(&AnyGame::start(id).unwrap(), 1).unwrap();
            }
        }
    }
}
