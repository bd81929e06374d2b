//! SGF (FF[4], A. Hollosi, red-bean.com/sgf): games as trees of nodes with properties. Read whole, of which the first line of play
//! is used; written as one line of play.

mod tree;

use super::record::{Ending, Reading, Record, RecordError, fresh, gomoku_like, no_move, not_their_turn};
use crate::experiment::Bilingual;
use crate::reinforcement::games::{AnyGame, Go, Move, MoveError, Othello, Outcome, Side, at_move, go, othello};
use std::fmt::Write;
use tree::Property;
pub(super) use tree::begins;

/// Reads the first game of a file, under the rules of `like` as far as the file leaves them open.
///
/// # Errors
/// Says where it stops being SGF, or which move cannot be played.
pub(super) fn read(text: &str, like: &AnyGame) -> Result<Record, RecordError> {
    let tree = tree::read(text)?;
    Line { text, nodes: tree.nodes }.record(like, tree.notes)
}

/// A point: two letters, columns from the left and rows from above.
fn point(value: &str, size: usize) -> Option<usize> {
    let letter = |byte: u8| byte.is_ascii_lowercase().then(|| usize::from(byte - b'a')).filter(|at| *at < size);
    match value.as_bytes() {
        [column, row] => Some(letter(*row)? * size + letter(*column)?),
        _ => None,
    }
}

/// A point, or a rectangle of them by two corners.
fn points(value: &str, size: usize) -> Option<Vec<usize>> {
    let (one, other) = value.split_once(':').unwrap_or((value, value));
    let (one, other) = (point(one.trim(), size)?, point(other.trim(), size)?);
    let span = |one: usize, other: usize| one.min(other)..=one.max(other);
    let columns = span(one % size, other % size);
    Some(span(one / size, other / size).flat_map(|row| columns.clone().map(move |at| row * size + at)).collect())
}

/// Points for white. Some write a decimal comma, and some hundredths: of Chinese stones, each worth two points, or of points.
fn komi(value: &str) -> Option<f32> {
    let komi: f32 = value.trim().replace(',', ".").parse().ok().filter(|komi: &f32| komi.is_finite())?;
    Some(match komi.abs() {
        300.0..400.0 => komi / 50.0,
        100.0.. => komi / 100.0,
        _ => komi,
    })
}

/// Whether rules by this name let a chain take its own last liberty.
fn allows_suicide(rules: &str) -> bool {
    let name = rules.to_ascii_lowercase();
    ["nz", "new zealand", "tromp", "goe", "ing"].iter().any(|known| name.starts_with(known))
}

/// The side that a property's name moves.
fn mover(name: &str) -> Option<Side> {
    match name {
        "B" => Some(Side::First),
        "W" => Some(Side::Second),
        _ => None,
    }
}

/// A line of play, as its file has it.
struct Line<'a> {
    text: &'a str,
    nodes: Vec<Vec<Property>>,
}

impl Line<'_> {
    fn root(&self, name: &str) -> Option<&Property> {
        self.nodes.first()?.iter().find(|property| property.name == name)
    }

    fn fault(&self, at: &Property, what: impl Into<Bilingual>) -> RecordError {
        RecordError::at(self.text, at.at, what)
    }

    /// For a value of a property that names no point of the board.
    fn no_point(&self, property: &Property, value: &str, size: usize) -> RecordError {
        let name = &property.name;
        let what = Bilingual::new(
            format!("{name}[{value}]: no point of {size} lines"),
            format!("{name}[{value}]: {size} 路の盤にはない点です"),
        );
        self.fault(property, what)
    }

    /// An empty board (in Othello the usual start) of the game and size that the root states.
    fn board(&self, like: &AnyGame) -> Result<AnyGame, RecordError> {
        let stated = self.root("SZ").map(|size| {
            let value = size.first().split(':').next().unwrap_or("").parse::<usize>();
            value.map(|value| (value, size)).map_err(|_| {
                let what = Bilingual::new("SZ: expected the number of lines", "SZ: 盤の路数を数字で書いてください");
                self.fault(size, what)
            })
        });
        let stated = stated.transpose()?;
        let refused = |size: usize, has: Bilingual| {
            let what = other_size(size, &has);
            stated.map_or_else(
                || RecordError::at(self.text, 0, what.clone()),
                |(_, property)| self.fault(property, what.clone()),
            )
        };
        let size = stated.map(|(size, _)| size);
        let number = match (self.root("GM"), like) {
            (Some(game), _) => match game.first() {
                number @ ("1" | "2" | "4") => number,
                _ => {
                    let what = Bilingual::new(
                        "GM: expected 1 (Go), 2 (Othello) or 4 (Gomoku)",
                        "GM: 1(囲碁)、2(オセロ)、4(五目並べ)のどれかを書いてください",
                    );
                    return Err(self.fault(game, what));
                }
            },
            (None, AnyGame::Othello(_)) => "2",
            (None, AnyGame::Gomoku(_)) => "4",
            (None, _) => "1",
        };
        match (number, like) {
            ("2", _) if matches!(size, None | Some(othello::SIZE | othello::SMALL)) => {
                Ok(Othello::new(size.unwrap_or(othello::SIZE)).into())
            }
            ("2", _) => {
                let has = Bilingual::new("Othello has 8 or 6", "オセロの盤は 8×8 か 6×6 です");
                Err(refused(size.unwrap_or(othello::SIZE), has))
            }
            ("4", _) if matches!(size, None | Some(9 | 15)) => Ok(gomoku_like(size, like).into()),
            ("4", AnyGame::Gomoku(game)) if size == Some(game.size()) => Ok(fresh(like)),
            ("4", _) => {
                let has = Bilingual::new("Gomoku is played on 9 or 15 here", "五目並べの盤は 9 路か 15 路です");
                Err(refused(size.unwrap_or(15), has))
            }
            (_, like) => {
                // As the specification has it where nothing is said.
                let size = size.unwrap_or(19);
                if !(2..=13).contains(&size) {
                    let has = Bilingual::new("Go is played on 13 at most here", "囲碁の盤は 13 路までです");
                    return Err(refused(size, has));
                }
                let rules = if let AnyGame::Go(game) = like { game.rules() } else { go::Rules::default() };
                // Some servers have KO for it.
                let stated = self.root("KM").or(self.root("KO")).and_then(|komi| self::komi(komi.first()));
                let komi = stated.unwrap_or(rules.komi);
                let suicide = self.root("RU").map_or(rules.suicide, |rules| allows_suicide(rules.first()));
                Ok(Go::new(size, go::Rules { komi, suicide }).into())
            }
        }
    }

    /// The start: the stones set up before the first move, and whose move it is.
    fn start(&self, like: &AnyGame, notes: &mut Vec<Bilingual>) -> Result<(AnyGame, usize), RecordError> {
        let board = self.board(like)?;
        let size = size(&board);
        let first = self.nodes.iter().position(|node| node.iter().any(|property| mover(&property.name).is_some()));
        let begins = first.map_or(self.nodes.len(), |first| first + 1);
        let set_up = || self.nodes[..begins].iter().flatten();
        let mut turn = set_up().find_map(|property| mover(&property.name)).filter(|side| *side != board.turn());
        // Discs that are set up are all there are.
        let is_whole = set_up().any(|property| matches!(property.name.as_str(), "AB" | "AW"));
        let diagram = board.diagram();
        let usual = diagram.chars().filter(|sign| matches!(sign, 'x' | 'o' | '.'));
        let mut signs: Vec<char> = usual.take(size * size).map(|sign| if is_whole { '.' } else { sign }).collect();
        let mut last = None;
        for property in set_up() {
            let sign = match property.name.as_str() {
                "AB" => 'x',
                "AW" => 'o',
                "AE" => '.',
                "PL" => {
                    match property.first().chars().next() {
                        Some('B' | 'b' | '1') => turn = Some(Side::First),
                        Some('W' | 'w' | '2') => turn = Some(Side::Second),
                        _ => {
                            let value: String = property.first().chars().take(8).collect();
                            notes.push(Bilingual::new(
                                format!("PL[{value}] names no side and is passed over: expected B or W"),
                                format!("PL[{value}] は手番として読めないため無視しました(B か W を想定)"),
                            ));
                        }
                    }
                    continue;
                }
                _ => continue,
            };
            last = Some(property);
            for value in &property.values {
                let found = points(value.trim(), size).ok_or_else(|| self.no_point(property, value, size))?;
                found.into_iter().for_each(|point| signs[point] = sign);
            }
        }
        if last.is_none() && turn.is_none_or(|turn| turn == board.turn()) {
            return Ok((board, begins));
        }
        // After a handicap white moves, unless the file says otherwise.
        let is_handicap = matches!(board, AnyGame::Go(_)) && signs.contains(&'x') && !signs.contains(&'o');
        let usual = if is_handicap && first.is_none() { Side::Second } else { Side::First };
        let rows: Vec<String> = signs.chunks(size).map(String::from_iter).collect();
        let turn = if turn.unwrap_or(usual) == Side::First { 'x' } else { 'o' };
        let start = board.at(&format!("{} {turn}", rows.join("/"))).map_err(|why| {
            let what = why.0.after("the stones set up are no position: ", "置かれた石が正しい局面になっていません: ");
            last.map_or_else(
                || RecordError::at(self.text, 0, what.clone()),
                |property| self.fault(property, what.clone()),
            )
        })?;
        Ok((start, begins))
    }

    fn record(&self, like: &AnyGame, mut notes: Vec<Bilingual>) -> Result<Record, RecordError> {
        let (start, begins) = self.start(like, &mut notes)?;
        let size = size(&start);
        let mut reading = Reading::from(start);
        reading.note_all(notes);
        let no_suicide = !matches!(like, AnyGame::Go(like) if like.rules().suicide);
        let last = self.nodes.iter().rposition(|node| node.iter().any(|property| mover(&property.name).is_some()));
        let mut is_whole = true;
        'nodes: for (place, node) in self.nodes.iter().enumerate() {
            if place >= begins {
                let is_setup = |property: &&Property| matches!(property.name.as_str(), "AB" | "AW" | "AE");
                let setup: Vec<&Property> = node.iter().filter(is_setup).collect();
                if !setup.is_empty() {
                    reading = self.set_up(reading, &setup, size, last.is_some_and(|last| last >= place))?;
                }
            }
            for property in node {
                let Some(side) = mover(&property.name) else { continue };
                let number = reading.number();
                if let Err(why) = play(&mut reading, side, property.first(), size, no_suicide) {
                    let said = format!("{}[{}]: ", property.name, property.first());
                    reading.end_before(self.fault(property, at_move(number, why.0.after(&said, &said))))?;
                    is_whole = false;
                    break 'nodes;
                }
            }
        }
        let name = |name: &str| self.root(name).map_or_else(String::new, |property| property.first().to_owned());
        let (outcome, ended) = if is_whole { outcome_of(&name("RE")) } else { Default::default() };
        Ok(reading.finish([name("PB"), name("PW")], outcome, ended))
    }

    /// Stones set up between moves. If moves follow, the game is opened at the position that they make; else they are passed over.
    fn set_up(
        &self,
        reading: Reading,
        setup: &[&Property],
        size: usize,
        moves_follow: bool,
    ) -> Result<Reading, RecordError> {
        let diagram = reading.now.diagram();
        let (rows, rest) = diagram.split_once(' ').unwrap_or((&diagram, "x"));
        let mut signs: Vec<char> = rows.chars().filter(|sign| *sign != '/').collect();
        for property in setup {
            let sign = match property.name.as_str() {
                "AB" => 'x',
                "AW" => 'o',
                _ => '.',
            };
            for value in &property.values {
                let found = points(value.trim(), size).ok_or_else(|| self.no_point(property, value, size))?;
                found.into_iter().for_each(|point| signs[point] = sign);
            }
        }
        let rows: Vec<String> = signs.chunks(size).map(String::from_iter).collect();
        let wanted = format!("{} {rest}", rows.join("/"));
        let mut reading = reading;
        if wanted == diagram {
            return Ok(reading);
        }
        let count = reading.number() - 1;
        let found = reading.now.at(&wanted).ok().filter(|_| moves_follow);
        let Some(start) = found else {
            reading.note(Bilingual::new(
                format!("stones set up after move {count} are passed over"),
                format!("{count} 手目の後に置かれた石は無視しました"),
            ));
            return Ok(reading);
        };
        let notes = reading.finish(Default::default(), None, Ending::Rules).notes;
        let mut reading = Reading::from(start);
        reading.note_all(notes);
        reading.note(Bilingual::new(
            format!("stones are set up after move {count}: the game is opened from there"),
            format!("{count} 手目の後に石が置かれているため、その局面から開きました"),
        ));
        Ok(reading)
    }
}

/// For a board of a size that the game does not have.
pub(super) fn other_size(size: usize, has: &Bilingual) -> Bilingual {
    has.after(format_args!("a board of {size} lines: "), format_args!("{size} 路の盤は使えません。"))
}

/// The lines of a board.
fn size(game: &AnyGame) -> usize {
    match game {
        AnyGame::Go(game) => game.size(),
        AnyGame::Gomoku(game) => game.size(),
        AnyGame::Othello(game) => game.size(),
        _ => 8,
    }
}

/// Plays the value of a move's property. Passes that the file leaves out are put in.
fn play(reading: &mut Reading, side: Side, value: &str, size: usize, no_suicide: bool) -> Result<(), MoveError> {
    let passes = value.is_empty() || value == "tt" && size < 20;
    if passes && reading.now.outcome().is_some() && matches!(reading.now, AnyGame::Go(_)) {
        // Some rules have a third pass.
        return Ok(());
    }
    let left_out = reading.now.turn() != side;
    let now = if left_out {
        let pass = reading.now.read_as_played("pass").ok().and_then(|pass| reading.now.after_as_played(pass));
        pass.ok_or_else(not_their_turn)?.0
    } else {
        reading.now.clone()
    };
    if passes && left_out && now.outcome().is_some() && matches!(now, AnyGame::Go(_)) {
        // The pass that was left out ends the game.
        return reading.take("pass");
    }
    let name = if passes {
        "pass".to_owned()
    } else {
        // Some programs write points in the notation of the game.
        point(value, size).map_or_else(|| value.to_owned(), |point| now.name(Move(point as u16)))
    };
    let chosen = now.read_as_played(&name)?;
    if now.after_as_played(chosen).is_none() {
        return Err(no_move(&name));
    }
    // Only with the move behind it: no file ends in a pass that it leaves out.
    if left_out {
        reading.take("pass")?;
    }
    if let AnyGame::Go(game) = &reading.now
        && no_suicide
        && game.rules().suicide
        && game.is_suicide(chosen)
    {
        let number = reading.number();
        reading.note(Bilingual::new(
            format!("move {number}: suicide, by the rules of the file; it is not allowed here"),
            format!("{number} 手目: 自殺手(棋譜のルールでは可)。ここでは打てない手です"),
        ));
    }
    reading.play(chosen)
}

/// What RE states.
fn outcome_of(result: &str) -> (Option<Outcome>, Ending) {
    let (winner, how) = result.split_once('+').unwrap_or((result, ""));
    let outcome = match winner.trim().to_ascii_lowercase().as_str() {
        "b" | "black" => Outcome::Won(Side::First),
        "w" | "white" => Outcome::Won(Side::Second),
        "0" | "draw" | "jigo" => return (Some(Outcome::Drawn), Ending::Rules),
        _ => return (None, Ending::Rules),
    };
    let ended = match how.trim().to_ascii_lowercase().as_str() {
        "r" | "resign" => Ending::Resignation,
        "t" | "time" => Ending::Time,
        _ => Ending::Rules,
    };
    (Some(outcome), ended)
}

/// The value of RE: who won, and by how much or by what.
fn result(record: &Record) -> String {
    let winner = match record.outcome {
        Some(Outcome::Won(Side::First)) => 'B',
        Some(Outcome::Won(Side::Second)) => 'W',
        Some(Outcome::Drawn) => return "0".to_owned(),
        None => return "?".to_owned(),
    };
    let last = record.last();
    let how = match (record.ended, last.outcome() == record.outcome, last) {
        (Ending::Resignation, ..) => "R".to_owned(),
        (Ending::Time, ..) => "T".to_owned(),
        (Ending::Rules, true, AnyGame::Go(game)) => game.margin().abs().to_string(),
        (Ending::Rules, true, AnyGame::Othello(game)) => game.count()[0].abs_diff(game.count()[1]).to_string(),
        (Ending::Rules, ..) => String::new(),
    };
    format!("{winner}+{how}")
}

/// Writes a game of Go, Gomoku or Othello: the players, a start that is not the usual one, the moves and how it ended.
///
/// # Panics
/// If it is of another game, or a move is not legal.
pub(super) fn write(record: &Record) -> String {
    let (number, stone): (_, &dyn Fn(usize) -> Option<Side>) = match &record.start {
        AnyGame::Go(game) => (1, &|point| game.stone(point)),
        AnyGame::Othello(game) => (2, &|point| game.stone(point)),
        AnyGame::Gomoku(game) => (4, &|point| game.stone(point)),
        other => panic!("SGF has no {} here", other.id()),
    };
    let size = size(&record.start);
    let escaped = |text: &str| text.replace('\\', "\\\\").replace(']', "\\]");
    let mut text = format!(
        "(;FF[4]GM[{number}]CA[UTF-8]SZ[{size}]PB[{}]PW[{}]RE[{}]",
        escaped(&record.players[0]),
        escaped(&record.players[1]),
        result(record)
    );
    if let AnyGame::Go(game) = &record.start {
        // By area, no position twice; with suicide they are those of Tromp and Taylor.
        let go::Rules { komi, suicide } = game.rules();
        let name = if suicide { "Tromp-Taylor" } else { "Chinese" };
        write!(text, "KM[{komi}]RU[{name}]").expect("a string");
    }
    let letter = |at: usize| char::from(b'a' + at as u8);
    let place = |point: usize| format!("{}{}", letter(point % size), letter(point / size));
    if record.start.diagram() != fresh(&record.start).diagram() {
        let stones = |side| (0..size * size).filter(move |point| stone(*point) == Some(side));
        let (black, white) = (stones(Side::First).count(), stones(Side::Second).count());
        let turn = record.start.turn();
        if number == 1 && black >= 2 && white == 0 && turn == Side::Second {
            write!(text, "HA[{black}]").expect("a string");
        }
        for (name, side) in ["AB", "AW"].into_iter().zip(Side::BOTH) {
            if stones(side).next().is_some() {
                text.push_str(name);
                stones(side).for_each(|point| write!(text, "[{}]", place(point)).expect("a string"));
            }
        }
        if number == 2 && black + white == 0 {
            // No disc, where four would be.
            let middle = size / 2;
            let corners = [middle - 1, middle].map(|line| place(line * size + line));
            write!(text, "AE[{}:{}]", corners[0], corners[1]).expect("a string");
        }
        text.push_str(if turn == Side::First { "PL[B]" } else { "PL[W]" });
    }
    record.walk(|position, chosen| {
        let at = usize::from(chosen.0);
        let place = if at < size * size { place(at) } else { String::new() };
        let side = if position.turn() == Side::First { "B" } else { "W" };
        write!(text, ";{side}[{place}]").expect("a string");
    });
    text.push_str(")\n");
    text
}
