//! The words that KIF and KI2 share: handicaps, sides, and how a game ended.

use crate::reinforcement::games::{AnyGame, Game, Outcome, Shogi, Side};
use crate::reinforcement::protocol::record::Ending;

/// Handicaps by name, with the rows of the side that gives them; the rest of the board is as ever.
const HANDICAPS: [(&str, &str); 15] = [
    ("香落ち", "lnsgkgsn1/1r5b1"),
    ("右香落ち", "1nsgkgsnl/1r5b1"),
    ("角落ち", "lnsgkgsnl/1r7"),
    ("飛車落ち", "lnsgkgsnl/7b1"),
    ("飛香落ち", "lnsgkgsn1/7b1"),
    ("二枚落ち", "lnsgkgsnl/9"),
    ("三枚落ち", "lnsgkgsn1/9"),
    ("四枚落ち", "1nsgkgsn1/9"),
    ("五枚落ち", "2sgkgsn1/9"),
    ("左五枚落ち", "1nsgkgs2/9"),
    ("六枚落ち", "2sgkgs2/9"),
    ("左七枚落ち", "2sgkg3/9"),
    ("右七枚落ち", "3gkgs2/9"),
    ("八枚落ち", "3gkg3/9"),
    ("十枚落ち", "4k4/9"),
];
/// Words in the place of a move that end a game, what they say of the side to move (whether it wins; a draw; nothing), and why.
const ENDS: [(&str, Said, Ending); 27] = [
    ("投了", Said::Loses, Ending::Resignation),
    ("Resign", Said::Loses, Ending::Resignation),
    ("詰み", Said::Loses, Ending::Rules),
    ("詰", Said::Loses, Ending::Rules),
    ("切れ負け", Said::Loses, Ending::Time),
    ("時間切れ", Said::Loses, Ending::Time),
    ("Time-up", Said::Loses, Ending::Time),
    ("TIME-UP", Said::Loses, Ending::Time),
    ("反則負け", Said::Loses, Ending::Rules),
    ("不戦敗", Said::Loses, Ending::Rules),
    ("反則勝ち", Said::Wins, Ending::Rules),
    ("反則手", Said::Loses, Ending::Rules),
    ("入玉勝ち", Said::Wins, Ending::Rules),
    ("入玉宣言勝ち", Said::Wins, Ending::Rules),
    ("入玉宣言", Said::Wins, Ending::Rules),
    ("宣言勝ち", Said::Wins, Ending::Rules),
    ("不戦勝", Said::Wins, Ending::Rules),
    ("トライ", Said::Loses, Ending::Rules),
    ("千日手", Said::Draw, Ending::Rules),
    ("持将棋", Said::Draw, Ending::Rules),
    ("引き分け", Said::Draw, Ending::Rules),
    ("引分", Said::Draw, Ending::Rules),
    ("最大手数", Said::Draw, Ending::Rules),
    ("中断", Said::Nothing, Ending::Rules),
    ("封じ手", Said::Nothing, Ending::Rules),
    ("不詰", Said::Nothing, Ending::Rules),
    ("無勝負", Said::Nothing, Ending::Rules),
];

#[derive(Clone, Copy)]
enum Said {
    Wins,
    Loses,
    Draw,
    Nothing,
}

pub fn handicap(name: &str) -> Option<Shogi> {
    let (_, rows) = HANDICAPS.into_iter().find(|(known, _)| *known == name)?;
    Shogi::default().at(&format!("{rows}/ppppppppp/9/9/9/PPPPPPPPP/1B5R1/LNSGKGSNL w - 1")).ok()
}

/// The handicap that a position is the start of.
pub fn handicap_of(position: &Shogi) -> Option<&'static str> {
    let diagram = position.diagram();
    let is_it = |name: &&str| handicap(name).is_some_and(|start| start.diagram() == diagram);
    HANDICAPS.into_iter().map(|(name, _)| name).find(is_it)
}

/// Black and white, or in a game with a handicap who takes and who gives it.
pub fn sides(handicap: bool) -> [&'static str; 2] {
    if handicap { ["下手", "上手"] } else { ["先手", "後手"] }
}

/// Whether a word in the place of a move ends the game.
pub fn is_end(word: &str) -> bool {
    ENDS.iter().any(|(known, ..)| word.starts_with(known))
}

/// What a word in the place of a move says, this side being to move.
pub fn end(word: &str, turn: Side) -> Option<(Option<Outcome>, Ending)> {
    // Longer words first: 詰み before 詰.
    let (_, said, ended) = ENDS.into_iter().find(|(known, ..)| word.starts_with(known))?;
    let outcome = match said {
        Said::Wins => Some(Outcome::Won(turn)),
        Said::Loses => Some(Outcome::Won(turn.other())),
        Said::Draw => Some(Outcome::Drawn),
        Said::Nothing => None,
    };
    Some((outcome, ended))
}

/// What the line that counts the moves (まで７手で先手の勝ち) says, without its まで: how the game ended, and why if it says so.
pub fn closing(line: &str) -> (Option<Outcome>, Option<Ending>) {
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    let ended = if has(&["時間切れ", "切れ負け"]) {
        Some(Ending::Time)
    } else if has(&["反則", "詰", "入玉", "宣言", "不戦"]) {
        Some(Ending::Rules)
    } else {
        None
    };
    let named = |after: &str| {
        let before = line.split(after).next().filter(|before| before.len() < line.len())?;
        let is_of = |side: &Side| [false, true].into_iter().any(|given| before.ends_with(sides(given)[side.index()]));
        Side::BOTH.into_iter().find(is_of)
    };
    let winner = ["の勝ち", "の反則勝ち", "の入玉勝ち", "の宣言勝ち", "の不戦勝"].into_iter().find_map(named);
    let loser = ["の反則負け", "の負け", "の切れ負け", "の時間切れ負け", "の不戦敗"].into_iter().find_map(named);
    let outcome = winner.or(loser.map(Side::other)).map(Outcome::Won);
    let drawn = has(&["千日手", "持将棋", "引き分け", "引分"]).then_some(Outcome::Drawn);
    (outcome.or(drawn), ended)
}

/// Whether the side to move has a move.
pub fn has_move(position: &AnyGame) -> bool {
    matches!(position, AnyGame::Shogi(game) if game.board().generate_moves(|_| true))
}
