//! Positions and thoughts of games as plain data for screens.

use crate::experiment::board::{Board, Branch, Considered, Counted, Ending, Expected, Man, Origin, Tally, Thinking};
use crate::experiment::board::{Choice, Played};
use crate::reinforcement::games::{
    AnyGame, Chess, ConnectFour, Game, Go, Move, Outcome, Shogi, Side, chess, connect_four, gomoku::Rule, othello,
};
use crate::reinforcement::search::tree::{Children, Node, Tree};
use crate::reinforcement::search::{Budget, SearchResult};
use crate::with_game;

/// Moves of a line that are shown.
const LINE: usize = 12;
/// Moves considered whose lines are shown too.
const LINES: usize = 10;

const CHESS: [(&str, [&str; 2]); 6] =
    [("P", ["♙", "♟"]), ("N", ["♘", "♞"]), ("B", ["♗", "♝"]), ("R", ["♖", "♜"]), ("Q", ["♕", "♛"]), ("K", ["♔", "♚"])];
/// In the order of haitaka's pieces; the king of the second side is 王.
const SHOGI: [(&str, &str); 14] = [
    ("P", "歩"),
    ("L", "香"),
    ("N", "桂"),
    ("S", "銀"),
    ("B", "角"),
    ("R", "飛"),
    ("G", "金"),
    ("K", "玉"),
    ("+P", "と"),
    ("+L", "杏"),
    ("+N", "圭"),
    ("+S", "全"),
    ("+B", "馬"),
    ("+R", "竜"),
];

pub fn ending(outcome: Outcome) -> Ending {
    match outcome {
        Outcome::Won(side) => Ending::Won(side.index()),
        Outcome::Drawn => Ending::Drawn,
    }
}

fn stone(side: Side) -> Man {
    Man { side: side.index(), letter: String::new(), glyph: String::new() }
}

fn letters(count: usize) -> Vec<String> {
    (0..count).map(|at| char::from(b'a' + at as u8).to_string()).collect()
}

/// As people write a move: SAN in chess, else the game's own notation.
pub fn name(position: &AnyGame, of: Move) -> String {
    match position {
        AnyGame::Chess(game) => game.san(of),
        _ => position.name(of),
    }
}

/// Where a move begins and ends on the board, cells row by row from above.
pub fn cells(position: &AnyGame, of: Move) -> (Origin, Option<usize>) {
    let at = usize::from(of.0);
    match position {
        AnyGame::Chess(_) if of == chess::NULL => (Origin::Nowhere, None),
        AnyGame::Chess(game) => {
            let (from, to, _) = game.parts(of);
            // Castling is the king taking its own rook; people move the king by two.
            let castles = game.board().color_on(to) == Some(game.board().side_to_move());
            let to = match castles {
                true if to > from => from.offset(2, 0),
                true => from.offset(-2, 0),
                false => to,
            };
            (Origin::Cell(chess_cell(from)), Some(chess_cell(to)))
        }
        AnyGame::Shogi(game) => match game.places(of) {
            (Some(from), _, to) => (Origin::Cell(shogi_cell(from)), Some(shogi_cell(to))),
            (None, piece, to) => (Origin::Hand(piece), Some(shogi_cell(to))),
        },
        AnyGame::ConnectFour(game) => {
            let row = (0..connect_four::ROWS).find(|row| game.stone(at, *row).is_none()).unwrap_or(0);
            (Origin::Nowhere, Some((connect_four::ROWS - 1 - row) * connect_four::COLUMNS + at))
        }
        AnyGame::Go(game) => (Origin::Nowhere, (of != game.pass()).then_some(at)),
        AnyGame::Othello(_) => (Origin::Nowhere, (of != othello::PASS).then_some(at)),
        AnyGame::TicTacToe(_) | AnyGame::Gomoku(_) => (Origin::Nowhere, Some(at)),
    }
}

fn chess_cell(square: cozy_chess::Square) -> usize {
    (7 - square.rank() as usize) * 8 + square.file() as usize
}

fn shogi_cell(square: haitaka::Square) -> usize {
    square.rank() as usize * 9 + 8 - square.file() as usize
}

fn choices(position: &AnyGame) -> Vec<Choice> {
    let mut moves = Vec::new();
    position.legal(&mut moves);
    let choice = |of: &Move| {
        let (from, to) = cells(position, *of);
        let name = name(position, *of);
        let becomes = match position {
            AnyGame::Chess(_) => name.split_once('=').map_or("", |(_, piece)| &piece[..1]).to_owned(),
            AnyGame::Shogi(_) if name.ends_with('+') => "+".to_owned(),
            _ => String::new(),
        };
        Choice { number: of.0, name, from, to, becomes }
    };
    moves.iter().map(choice).collect()
}

/// The board of a position and the names of the moves that led there.
pub fn board(positions: &[AnyGame], played: &Played) -> Board {
    let position = positions.last().expect("the start at least");
    let moves = positions.iter().zip(&played.moves);
    let last = played.moves.last().map(|last| cells(&positions[played.moves.len() - 1], Move(*last)));
    let last = last.map_or_else(Vec::new, |(from, to)| {
        let from = if let Origin::Cell(from) = from { Some(from) } else { None };
        from.into_iter().chain(to).collect()
    });
    let placed = last.last().copied();
    let drawn = match position {
        AnyGame::TicTacToe(game) => square(3, |at| game.stone(at)),
        AnyGame::ConnectFour(game) => connect_four_board(game),
        AnyGame::Othello(game) => {
            let count = game.count().map(|count| count as f32);
            Board {
                tallies: vec![Tally { what: Counted::Discs, of: count }],
                ..square(game.size(), |at| game.stone(at))
            }
        }
        AnyGame::Gomoku(game) => {
            let size = game.size();
            Board { on_lines: true, stars: stars(size), ..square(size, |at| game.stone(at)) }
        }
        AnyGame::Go(game) => go_board(game),
        AnyGame::Chess(game) => chess_board(game),
        AnyGame::Shogi(game) => shogi_board(game),
    };
    let rows = drawn.rows;
    let row_names = match position {
        AnyGame::Othello(_) => (1..=rows).map(|row| row.to_string()).collect(),
        AnyGame::Shogi(_) => letters(rows),
        AnyGame::ConnectFour(_) => vec![String::new(); rows],
        _ => (1..=rows).rev().map(|row| row.to_string()).collect(),
    };
    Board {
        game: position.id().to_owned(),
        row_names,
        turn: position.turn().index(),
        choices: choices(position),
        names: moves.clone().map(|(at, of)| name(at, Move(*of))).collect(),
        sides: moves.map(|(at, _)| at.turn().index()).collect(),
        last: winning_line(position, &drawn, placed).unwrap_or(last),
        ending: position.outcome().map(ending),
        diagram: position.diagram(),
        ..drawn
    }
}

/// The stones in a row by which the last move has won, where a game is won so.
fn winning_line(position: &AnyGame, board: &Board, last: Option<usize>) -> Option<Vec<usize>> {
    let wins = |length: usize| match position {
        AnyGame::TicTacToe(_) => length == 3,
        AnyGame::ConnectFour(_) => length >= 4,
        AnyGame::Gomoku(game) => length == 5 || length > 5 && game.rule() == Rule::FiveOrMore,
        _ => false,
    };
    let (last, Some(Outcome::Won(winner))) = (last?, position.outcome()) else { return None };
    let (row, column) = (last / board.columns, last % board.columns);
    let is_own = |at: &usize| board.cells[*at].as_ref().is_some_and(|man| man.side == winner.index());
    // Stones that follow each other from the last one on, itself left out.
    let along = |down: isize, right: isize| -> Vec<usize> {
        let step = |far: isize| {
            let [row, column] = [row as isize + far * down, column as isize + far * right];
            let inside = (0..board.rows as isize).contains(&row) && (0..board.columns as isize).contains(&column);
            inside.then_some(row as usize * board.columns + column as usize).filter(is_own)
        };
        (1..).map_while(step).collect()
    };
    let lines = [(0, 1), (1, 0), (1, 1), (1, -1)].map(|(down, right)| {
        let [before, after] = [along(-down, -right), along(down, right)];
        [&before[..], &[last], &after[..]].concat()
    });
    let mut won: Vec<usize> = lines.into_iter().filter(|line| wins(line.len())).flatten().collect();
    won.sort_unstable();
    won.dedup();
    (!won.is_empty()).then_some(won)
}

fn square(size: usize, man: impl Fn(usize) -> Option<Side>) -> Board {
    Board {
        columns: size,
        rows: size,
        cells: (0..size * size).map(|at| man(at).map(stone)).collect(),
        column_names: letters(size),
        ..Board::default()
    }
}

fn stars(size: usize) -> Vec<usize> {
    let near = if size < 13 { 2 } else { 3 };
    let lines = [near, size / 2, size - 1 - near];
    let points = lines.into_iter().flat_map(|row| lines.map(|column| row * size + column));
    // On small boards the corners and the middle alone.
    points.filter(|at| size >= 13 || (at / size == size / 2) == (at % size == size / 2)).collect()
}

fn go_board(game: &Go) -> Board {
    let size = game.size();
    let column_names = (0..size).map(|at| char::from(b"ABCDEFGHJKLMNOPQRST"[at]).to_string()).collect();
    let captured = game.captured().map(f32::from);
    let margin = game.margin();
    let area = game.area();
    let mut tallies = vec![Tally { what: Counted::Captures, of: captured }];
    if game.outcome().is_some() {
        let black = area[0] as f32;
        tallies.push(Tally { what: Counted::Points, of: [black, black - margin] });
    }
    Board { on_lines: true, stars: stars(size), column_names, tallies, ..square(size, |at| game.stone(at)) }
}

fn connect_four_board(game: &ConnectFour) -> Board {
    let (rows, columns) = (connect_four::ROWS, connect_four::COLUMNS);
    let man = |at: usize| game.stone(at % columns, rows - 1 - at / columns).map(stone);
    Board {
        rows,
        columns,
        by_column: true,
        cells: (0..rows * columns).map(man).collect(),
        column_names: (1..=columns).map(|column| column.to_string()).collect(),
        ..Board::default()
    }
}

fn chess_board(game: &Chess) -> Board {
    let board = game.board();
    let mut cells = vec![None; 64];
    for square in board.occupied() {
        let (Some(piece), Some(color)) = (board.piece_on(square), board.color_on(square)) else { continue };
        let side = usize::from(color == cozy_chess::Color::Black);
        let (letter, glyphs) = CHESS[piece as usize];
        cells[chess_cell(square)] = Some(Man { side, letter: letter.to_owned(), glyph: glyphs[1].to_owned() });
    }
    let check = (!board.checkers().is_empty()).then(|| chess_cell(board.king(board.side_to_move())));
    Board { columns: 8, rows: 8, cells, column_names: letters(8), check, ..Board::default() }
}

fn shogi_man(piece: usize, side: usize) -> Man {
    let (letter, glyph) = SHOGI[piece];
    let glyph = if letter == "K" && side == 1 { "王" } else { glyph };
    Man { side, letter: letter.to_owned(), glyph: glyph.to_owned() }
}

fn shogi_board(game: &Shogi) -> Board {
    let board = game.board();
    let mut cells = vec![None; 81];
    for square in board.occupied() {
        let (Some(piece), Some(color)) = (board.piece_on(square), board.color_on(square)) else { continue };
        let side = usize::from(color == haitaka::Color::White);
        cells[shogi_cell(square)] = Some(shogi_man(piece as usize, side));
    }
    // Large pieces first, as they are laid out.
    let hand = |color: haitaka::Color, side| {
        let counts = board.hand(color).iter().enumerate().rev().filter(|(_, count)| **count > 0);
        counts.map(|(piece, count)| (shogi_man(piece, side), usize::from(*count))).collect()
    };
    let check = (!board.checkers().is_empty()).then(|| shogi_cell(board.king(board.side_to_move())));
    Board {
        columns: 9,
        rows: 9,
        cells,
        column_names: (1..=9).rev().map(|column| column.to_string()).collect(),
        hands: [hand(haitaka::Color::Black, 0), hand(haitaka::Color::White, 1)],
        check,
        ..Board::default()
    }
}

/// Moves expected one after another from a position, as many as are legal.
pub fn line(position: &AnyGame, moves: impl IntoIterator<Item = Move>) -> Vec<Expected> {
    let (mut at, mut line) = (position.clone(), Vec::new());
    for of in moves.into_iter().take(LINE) {
        if !with_game!(&at, game => game.is_legal(of)) {
            break;
        }
        line.push(expected(&at, of));
        at.play(of);
    }
    line
}

fn expected(position: &AnyGame, of: Move) -> Expected {
    let (from, to) = cells(position, of);
    let from = if let Origin::Cell(from) = from { Some(from) } else { None };
    Expected { number: of.0, name: name(position, of), side: position.turn().index(), from, to }
}

/// What an agent says of a position.
pub fn thinking(
    position: &AnyGame,
    result: &SearchResult,
    tree: Option<&Tree>,
    budget: Budget,
    finished: bool,
) -> Thinking {
    let mover = position.turn();
    let children = tree.map_or(&[][..], |tree| tree.made(tree.root()));
    let considered = result.candidates.iter().enumerate().map(|(place, candidate)| {
        let after = match (tree, children.iter().find(|child| child.chosen() == candidate.chosen)) {
            _ if place >= LINES => Vec::new(),
            (Some(tree), Some(child)) => tree.line(child, mover.other()),
            _ if place == 0 => result.line.get(1..).unwrap_or_default().to_vec(),
            _ => Vec::new(),
        };
        Considered {
            visits: candidate.visits,
            value: candidate.value,
            proven: candidate.proven.map(ending),
            line: line(position, std::iter::once(candidate.chosen).chain(after)),
        }
    });
    Thinking {
        considered: considered.collect(),
        value: result.value,
        proven: result.proven.map(ending),
        simulations: result.simulations,
        seconds: result.took.as_secs_f64(),
        of_seconds: budget.time.map(|time| time.as_secs_f64()),
        depth: result.depth,
        nodes: result.nodes,
        full: result.full,
        has_tree: tree.is_some(),
        finished,
    }
}

/// The children of a node at a position, the most visited first.
pub fn branches(position: &AnyGame, tree: &Tree, node: &Node, exploration: f32) -> Vec<Branch> {
    let log = (node.visits().max(1) as f32).ln();
    let mut branches: Vec<Branch> = tree
        .made(node)
        .iter()
        .map(|child| Branch {
            number: child.chosen().0,
            name: name(position, child.chosen()),
            to: cells(position, child.chosen()).1,
            visits: u64::from(child.visits()),
            wins: 0.5 * child.points() as f32,
            bonus: (child.visits() > 0).then(|| exploration * (log / child.visits() as f32).sqrt()),
            proven: child.proven().map(ending),
            has_children: matches!(tree.children(child), Children::Are(_)),
        })
        .collect();
    branches.sort_by_key(|branch| std::cmp::Reverse(branch.visits));
    branches
}
