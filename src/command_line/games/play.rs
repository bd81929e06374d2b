//! `shinso play`: a game in lines of text.

use super::super::arguments::PlayArguments;
use super::super::signals::Interrupt;
use super::serve::{ended, inbox};
use super::{agent, position};
use crate::data::records;
use crate::exit::Exit;
use crate::experiment::ExperimentError;
use crate::intake::gate::{self, Target};
use crate::printer::print;
use crate::reinforcement::agent::Agent;
use crate::reinforcement::games::{AnyGame, Move, Outcome, Side};
use crate::reinforcement::protocol::files;
use crate::reinforcement::protocol::inbox::Inbox;
use crate::reinforcement::protocol::record::Ending;
use crate::reinforcement::search::SearchResult;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const HELP: &str = "a move as the board names it, such as d3; or\n  \
    undo    take back your last move and the answer\n  redo    and make it again\n  hint    what the agent would do in your place\n  \
    moves   all legal moves\n  swap    change sides\n  board   show the board again\n  resign  give up\n  quit    leave\n";

struct Table {
    /// The positions so far, the present one last.
    positions: Vec<AnyGame>,
    moves: Vec<Move>,
    /// Moves taken back, the last one last.
    undone: Vec<Move>,
    agent: Agent,
    own: Side,
    agent_name: String,
    /// Who gave up, if somebody did.
    resigned: Option<Side>,
}

/// How often one looks, while a person thinks, whether a signal has come.
const LOOK: Duration = Duration::from_millis(50);

pub fn run(arguments: &PlayArguments) -> Exit {
    let start = match position(&arguments.game, arguments.position.as_deref()) {
        Ok(start) => start,
        Err(why) => return Exit::Usage(format!("play --position: {why}")),
    };
    let target = match arguments.save.as_deref().map(|file| target(file, &arguments.game)).transpose() {
        Ok(target) => target,
        Err(error) => return Exit::Usage(format!("--save {error}")),
    };
    let agent = match agent(&arguments.agent, &start, arguments.seed) {
        Ok(agent) => agent,
        Err(exit) => return exit,
    };
    let own = if arguments.side == "first" { Side::First } else { Side::Second };
    let mut table = Table {
        positions: vec![start],
        moves: Vec::new(),
        undone: Vec::new(),
        agent,
        own,
        agent_name: arguments.agent.clone(),
        resigned: None,
    };
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return Exit::failed(error),
    };
    let exit = table.play(&mut inbox(), &interrupt);
    match target.as_ref().map(|target| table.save(target)) {
        // What went wrong with the lines or the answers does not keep the game from being saved.
        None | Some(Exit::Done) => exit,
        Some(failed) => failed,
    }
}

/// Where the game is to be written: known before it is played.
fn target(file: &Path, game: &str) -> Result<Target, ExperimentError> {
    let target = gate::to_write(&file.to_string_lossy(), records::endings(game))?;
    target.must_be_new(["choose another name", "別の名前を指定してください"])?;
    Ok(target)
}

impl Table {
    fn now(&self) -> &AnyGame {
        self.positions.last().expect("at least the start")
    }

    fn step(&mut self, chosen: Move) {
        let mut next = self.now().clone();
        next.play(chosen);
        self.positions.push(next);
        self.moves.push(chosen);
    }

    fn board(&self) -> String {
        format!("\n{}", self.now().board())
    }

    /// Plays to the end of the game, of the lines, or until a signal: then what was played is kept all the same.
    fn play(&mut self, lines: &mut Inbox, interrupt: &Interrupt) -> Exit {
        let sign =
            |side| if side == Side::First { "the first side (X, black; white in chess)" } else { "the second side" };
        let mut printed = print(&format!(
            "You are {}, {} is the other. `help` says what you can type.\n{}",
            sign(self.own),
            self.agent_name,
            self.board()
        ));
        while printed == Exit::Done {
            if let Some(outcome) = self.now().outcome() {
                return print(&format!("{}\n", self.verdict(outcome)));
            }
            if self.now().turn() != self.own {
                printed = self.answer(interrupt);
                continue;
            }
            if io::stdin().is_terminal() {
                let _closed = print("> ");
            }
            while !lines.wait(LOOK) && !interrupt.is_set() {}
            if interrupt.is_set() {
                return Exit::Interrupted;
            }
            let Some(line) = lines.take() else { return ended() };
            match self.hear(line.trim(), interrupt.flag()) {
                Heard::Say(text) => printed = print(&text),
                Heard::End(text) => return print(&text),
            }
        }
        printed
    }

    fn think(&mut self, stop: &AtomicBool) -> SearchResult {
        let position = self.now().clone();
        self.agent.think(&position, stop)
    }

    fn answer(&mut self, interrupt: &Interrupt) -> Exit {
        let result = self.think(interrupt.flag());
        if interrupt.is_set() {
            return Exit::Interrupted;
        }
        let Some(best) = result.best() else { return Exit::Done };
        let name = self.now().name(best);
        let summary = self.summary(&result);
        self.step(best);
        self.undone.clear();
        print(&format!("{name}   {summary}\n{}", self.board()))
    }

    /// What a result was worth, in a line.
    fn summary(&self, result: &SearchResult) -> String {
        let (mut position, mut line) = (self.now().clone(), Vec::new());
        for chosen in result.line.iter().take(6) {
            let legal =
                crate::with_game!(&position, game => crate::reinforcement::games::Game::is_legal(game, *chosen));
            if !legal {
                break;
            }
            line.push(position.name(*chosen));
            position.play(*chosen);
        }
        let proven = if result.proven.is_some() { ", proven" } else { "" };
        format!(
            "expects {:.0} % of the points{proven}; {} simulations, depth {}, {:.1} s; line {}",
            100.0 * result.value,
            result.simulations,
            result.depth,
            result.took.as_secs_f64(),
            line.join(" ")
        )
    }

    fn hear(&mut self, line: &str, stop: &AtomicBool) -> Heard {
        match line {
            "" => Heard::Say(String::new()),
            "help" | "?" => Heard::Say(HELP.to_owned()),
            "board" => Heard::Say(self.board()),
            "quit" | "q" => Heard::End(String::new()),
            "resign" => {
                self.resigned = Some(self.own);
                Heard::End(format!("You resign; {} wins.\n", self.agent_name))
            }
            "moves" => {
                let mut moves = Vec::new();
                self.now().legal(&mut moves);
                let names: Vec<String> = moves.iter().map(|chosen| self.now().name(*chosen)).collect();
                Heard::Say(format!("{}\n", names.join(" ")))
            }
            "hint" => {
                let result = self.think(stop);
                let best = result.best().map(|best| self.now().name(best)).unwrap_or_default();
                Heard::Say(format!("{best}   {}\n", self.summary(&result)))
            }
            "undo" => self.undo(),
            "redo" => match self.undone.pop() {
                Some(chosen) => {
                    self.step(chosen);
                    if let Some(answer) = self.undone.pop() {
                        self.step(answer);
                    }
                    Heard::Say(self.board())
                }
                None => Heard::Say("nothing to redo\n".to_owned()),
            },
            "swap" => {
                self.own = self.own.other();
                Heard::Say(String::new())
            }
            name => match self.now().read(name) {
                Ok(chosen) => {
                    self.undone.clear();
                    self.step(chosen);
                    Heard::Say(self.board())
                }
                Err(why) => Heard::Say(format!("{why}; `help` says what you can type\n")),
            },
        }
    }

    /// Back to one's own last decision.
    fn undo(&mut self) -> Heard {
        let own = self.own;
        let Some(back) = (0..self.moves.len()).rev().find(|place| self.positions[*place].turn() == own) else {
            return Heard::Say("nothing to undo\n".to_owned());
        };
        while self.moves.len() > back {
            self.positions.pop();
            self.undone.extend(self.moves.pop());
        }
        Heard::Say(self.board())
    }

    fn verdict(&self, outcome: Outcome) -> String {
        let margin = match self.now() {
            AnyGame::Go(game) => format!(" (black leads by {} with komi)", game.margin()),
            AnyGame::Othello(game) => format!(" ({} to {})", game.count()[0], game.count()[1]),
            _ => String::new(),
        };
        match outcome {
            Outcome::Drawn => format!("A draw{margin}."),
            Outcome::Won(side) if side == self.own => format!("You win{margin}."),
            Outcome::Won(_) => format!("{} wins{margin}.", self.agent_name),
        }
    }

    fn save(&self, target: &Target) -> Exit {
        let (outcome, ended) = match self.resigned {
            Some(side) => (Some(Outcome::Won(side.other())), Ending::Resignation),
            None => (self.now().outcome(), Ending::Rules),
        };
        let mut players = ["you", self.agent_name.as_str()];
        if self.own == Side::Second {
            players.swap(0, 1);
        }
        let extension = target.path.extension().map(|end| end.to_string_lossy().into_owned()).unwrap_or_default();
        let (text, _) = files::write_as(&extension, &self.positions[0], &self.moves, players, outcome, ended);
        match target.write(text.as_bytes()) {
            Ok(()) => print(&format!("{}\n", target.path.display())),
            Err(error) => Exit::Failed(format!("--save {error}")),
        }
    }
}

enum Heard {
    Say(String),
    End(String),
}
