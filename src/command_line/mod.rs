//! The verbs of the program: what each prints, and how it exits.

mod arguments;
mod bench;
mod compare;
mod doctor;
mod embed;
mod games;
mod labs;
mod runs;
mod signals;
mod train;

pub use arguments::{Arguments, ScreenOptions};

use crate::data::questions;
use crate::data::world::World;
use crate::experiment::Language;
use crate::folders::Folders;
use crate::lab::Catalogue;
use crate::registry::Source;
use crate::reinforcement::protocol::uci::Dialect;
use crate::run::RunStore;
use arguments::Verb;
use clap::CommandFactory;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Something went wrong: one line on stderr.
    Failed(String),
    /// The command line asks for something that is not there: one line on stderr.
    Usage(String),
    /// A signal ended it.
    Interrupted,
}

impl Exit {
    pub fn failed(error: impl Display) -> Self {
        Exit::Failed(error.to_string())
    }

    pub fn usage(error: impl Display) -> Self {
        Exit::Usage(error.to_string())
    }

    fn code(&self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed(_) => 1,
            Exit::Usage(_) => 2,
            Exit::Interrupted => 130,
        }
    }
}

/// What every verb needs.
pub struct House {
    pub language: Language,
    pub folders: Folders,
    pub store: RunStore,
    pub catalogue: Catalogue,
    pub source: Source,
}

/// Carries out a command line.
pub fn run(arguments: Arguments) -> ExitCode {
    let exit = dispatch(arguments);
    if let Exit::Failed(message) | Exit::Usage(message) = &exit {
        // One line, whatever a library put into its message.
        let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let _closed = writeln!(io::stderr(), "shinso: {line}");
    }
    ExitCode::from(exit.code())
}

fn dispatch(arguments: Arguments) -> Exit {
    match &arguments.verb {
        Some(Verb::Completions { shell }) => {
            clap_complete::generate(*shell, &mut Arguments::command(), "shinso", &mut io::stdout());
            return Exit::Done;
        }
        Some(Verb::Man) => {
            return match clap_mangen::Man::new(Arguments::command()).render(&mut io::stdout()) {
                Ok(()) => Exit::Done,
                Err(error) => Exit::failed(error),
            };
        }
        _ => {}
    }
    let house = match House::open(&arguments) {
        Ok(house) => house,
        Err(exit) => return exit,
    };
    match arguments.verb {
        None => crate::tui::run(house, arguments.screen, arguments.lang.is_some()),
        Some(Verb::Train(train)) => train::run(&house, train),
        Some(Verb::Labs { verb }) => labs::run(&house, verb),
        Some(Verb::Runs { verb }) => runs::run(&house, verb),
        Some(Verb::Bench(bench)) => {
            let of_games = bench.workload.as_deref().and_then(|workload| games::bench(workload, &bench));
            of_games.unwrap_or_else(|| bench::run(&house, &bench))
        }
        Some(Verb::CompareGenerators { json }) => compare::run(&house, json),
        Some(Verb::Embed(embed)) => embed::run(&house, &embed),
        Some(Verb::Corpus { world, sentences, seed, analogies }) => {
            let world = World::embedded(&world);
            print(&if analogies { questions::written(&world.questions()) } else { world.text(sentences, seed) })
        }
        Some(Verb::Play(arguments)) => games::play(&arguments),
        Some(Verb::Match(arguments)) => games::compete(&arguments),
        Some(Verb::Gtp { game, by }) => games::gtp(&game, &by),
        Some(Verb::Uci(by)) => games::uci(Dialect::Uci, &by),
        Some(Verb::Usi(by)) => games::uci(Dialect::Usi, &by),
        Some(Verb::Solve(arguments)) => games::solve(&arguments),
        Some(Verb::Perft { game, depth, position, divide, json }) => {
            games::perft(&game, depth, position.as_deref(), divide, json)
        }
        Some(Verb::Doctor) => doctor::run(&house, &arguments.screen),
        Some(Verb::Completions { .. } | Verb::Man) => Exit::Done,
    }
}

impl House {
    fn open(arguments: &Arguments) -> Result<Self, Exit> {
        let folders = Folders::find().map_err(Exit::failed)?;
        let catalogue = Catalogue::load(&folders.labs(), arguments.labs.as_deref());
        if let Some(folder) = &arguments.labs
            && let Err(error) = std::fs::read_dir(folder)
        {
            return Err(Exit::Failed(format!("--labs {}: {error}", folder.display())));
        }
        // A run that is taken up in another folder still finds its data.
        let folder = arguments.data.clone().map(|path| std::path::absolute(&path).unwrap_or(path));
        Ok(House {
            language: arguments.language(),
            store: RunStore::new(folders.runs()),
            catalogue,
            source: Source { cache: folders.cache.clone(), folder, keep: folders.data.clone() },
            folders,
        })
    }
}

/// Prints to stdout; a reader that went away is no failure of ours.
pub(crate) fn print(text: &str) -> Exit {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Ok(()) => Exit::Done,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(error) => Exit::Failed(format!("standard output: {error}")),
    }
}
