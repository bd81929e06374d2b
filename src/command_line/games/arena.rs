//! `shinso match`: many games, and what they say.

use super::super::arguments::MatchArguments;
use super::super::signals::Interrupt;
use crate::exit::Exit;
use crate::intake::{self, gate};
use crate::printer::{self, json_line, print};
use crate::reinforcement::games::{AnyGame, Outcome, Side};
use crate::reinforcement::tournament::{self, Played, Player, Tally};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// The first line of a match's file: what is played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Head {
    version: u32,
    game: String,
    first: String,
    second: String,
    seed: u64,
    opening: usize,
    movetime: u64,
    komi: Option<f32>,
}

/// A game's line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    /// From 0; in even games the first player moves first.
    number: u32,
    /// 1, ½ or 0 for the first player.
    score: f32,
    moves: String,
    /// What ended it that was no move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    foul: Option<String>,
}

pub fn run(arguments: &MatchArguments) -> Exit {
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return Exit::failed(error),
    };
    match compete(arguments, &interrupt) {
        Ok(exit) => exit,
        Err(exit) => exit,
    }
}

fn compete(arguments: &MatchArguments, interrupt: &Interrupt) -> Result<Exit, Exit> {
    let mut start = AnyGame::start(&arguments.game).expect("checked by the command line");
    if let (AnyGame::Go(go), Some(komi)) = (&mut start, arguments.komi) {
        *go = go.clone().with_komi(komi);
    }
    let head = Head {
        version: 1,
        game: arguments.game.clone(),
        first: arguments.first.clone(),
        second: arguments.second.clone(),
        seed: arguments.seed,
        opening: arguments.opening,
        movetime: arguments.movetime,
        komi: arguments.komi,
    };
    let (mut log, done) = match &arguments.log {
        None => (None, Vec::new()),
        Some(path) => {
            let (file, done) = open_log(path, &head)?;
            (Some(file), done)
        }
    };
    let time = Duration::from_millis(arguments.movetime);
    let stop = interrupt.shared_flag();
    let open = |text: &str, seed| match Player::open(text, &start, seed, time, &stop) {
        Err(_) if interrupt.is_set() => Err(Exit::Interrupted),
        opened => opened.map_err(Exit::Usage),
    };
    let mut players =
        [open(&arguments.first, arguments.seed)?, open(&arguments.second, arguments.seed.wrapping_add(1))?];
    let mut tally = Tally::default();
    done.iter().for_each(|line| count(&mut tally, line.score));
    let (begun, games) = (Instant::now(), arguments.games.get());
    let bar = ProgressBar::new(u64::from(games));
    bar.set_style(ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}").expect("a right template"));
    for number in done.len() as u32..games {
        bar.set_position(u64::from(number));
        bar.set_message(format!("{} {} {}", tally.wins, tally.draws, tally.losses));
        let moves = tournament::opening(&start, arguments.opening, arguments.seed, u64::from(number / 2));
        let side = if number % 2 == 0 { Side::First } else { Side::Second };
        let [first, second] = &mut players;
        let seats = if side == Side::First { [first, second] } else { [second, first] };
        let seed = arguments.seed.wrapping_mul(0x1_0000_0000).wrapping_add(2 * u64::from(number));
        let played = tournament::play(&start, &moves, seats, seed, interrupt.flag());
        if interrupt.is_set() {
            bar.finish_and_clear();
            return Ok(Exit::Interrupted);
        }
        let Some(Played { outcome, names, foul, .. }) = played.map_err(Exit::failed)? else {
            return Ok(Exit::Interrupted);
        };
        if let Some(foul) = &foul {
            bar.suspend(|| printer::note(&format!("game {}: {foul}; it is lost by this", number + 1)));
        }
        tally.add(outcome, side);
        let line = Line { number, score: outcome.share(side), moves: names.join(" "), foul };
        if let Some(file) = &mut log {
            write_line(file, &line).map_err(|error| Exit::Failed(format!("--log: {error}")))?;
        }
    }
    bar.finish_and_clear();
    Ok(report(arguments, tally, begun.elapsed()))
}

fn count(tally: &mut Tally, score: f32) {
    let outcome = match score {
        score if score > 0.75 => Outcome::Won(Side::First),
        score if score < 0.25 => Outcome::Won(Side::Second),
        _ => Outcome::Drawn,
    };
    tally.add(outcome, Side::First);
}

fn write_line(file: &mut File, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string(line).expect("plain data");
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

/// Opens a match's file, a new one or one of the same match, whose games are read; a torn last line is cut off.
fn open_log(path: &Path, head: &Head) -> Result<(File, Vec<Line>), Exit> {
    let fault = |what: String| Exit::Failed(format!("--log {}: {what}", path.display()));
    gate::may_read(path).map_err(|error| Exit::Failed(format!("--log {error}")))?;
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    let opened = intake::only_a_file(&mut options).open(path);
    let mut file = opened.map_err(|error| fault(error.to_string()))?;
    if !file.metadata().is_ok_and(|about| about.is_file()) {
        return Err(fault("is no file: take a new one".to_owned()));
    }
    // Two matches would mix their games; the lock goes with the file.
    file.try_lock().map_err(|_| fault("another match writes to it: take a new file".to_owned()))?;
    let (mut lines, mut whole, mut text) = (Vec::new(), 0_u64, String::new());
    let mut reader = BufReader::new(&file);
    let mut number = 0;
    loop {
        text.clear();
        let read = reader.read_line(&mut text).map_err(|error| fault(error.to_string()))?;
        if read == 0 || !text.ends_with('\n') {
            break;
        }
        number += 1;
        if number == 1 {
            let found: Head = serde_json::from_str(&text)
                .map_err(|_| fault("line 1 is not the head of a match: take a new file".to_owned()))?;
            if found != *head {
                return Err(fault(
                    "this is another match (game, players, seed or opening differ): take a new file".to_owned(),
                ));
            }
        } else {
            let line: Line = serde_json::from_str(&text)
                .ok()
                .filter(|line: &Line| line.number as usize == lines.len())
                .ok_or_else(|| fault(format!("line {number} is not game {}: take a new file", number - 2)))?;
            lines.push(line);
        }
        whole += read as u64;
    }
    file.set_len(whole).map_err(|error| fault(error.to_string()))?;
    if number == 0 {
        write_line(&mut file, head).map_err(|error| fault(error.to_string()))?;
    }
    Ok((file, lines))
}

fn report(arguments: &MatchArguments, tally: Tally, took: Duration) -> Exit {
    let [elo, low, high] = tally.elo();
    let [score, score_low, score_high] = tally.score();
    let finite = |value: f64| value.is_finite().then_some(value);
    if arguments.json {
        let summary = serde_json::json!({
            "version": 1, "event": "finished", "lab": "match", "preset": null, "seed": arguments.seed, "game": arguments.game,
            "first": arguments.first, "second": arguments.second,
            "report": {"wins": tally.wins, "draws": tally.draws, "losses": tally.losses, "elo": finite(elo),
                "elo_low": finite(low), "elo_high": finite(high), "score": score, "score_low": score_low,
                "score_high": score_high, "seconds": took.as_secs_f64()}
        });
        return print(&json_line(&summary));
    }
    print(&format!(
        "{} against {}: {} won, {} drawn, {} lost; {:.1} % of the points (95 %: {:.1} to {:.1}); Elo {elo:+.0} ({low:+.0} to {high:+.0})\n",
        arguments.first,
        arguments.second,
        tally.wins,
        tally.draws,
        tally.losses,
        100.0 * score,
        100.0 * score_low,
        100.0 * score_high,
    ))
}
