//! The verbs of the program: what each prints, and how it exits.

mod arguments;
mod ask;
mod bench;
mod compare;
mod doctor;
mod embed;
mod games;
mod generate;
mod labs;
mod runs;
mod signals;
mod train;
mod worker;

pub use arguments::Arguments;

use crate::data::questions;
use crate::data::tokenizer::printable;
use crate::data::world::World;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::reinforcement::protocol::uci::Dialect;
use arguments::Verb;
use clap::CommandFactory;
use std::io::{self, Write};
use std::process::ExitCode;

/// Carries out a command line.
pub fn run(arguments: Arguments) -> ExitCode {
    let exit = dispatch(arguments);
    if let Exit::Failed(message) | Exit::Usage(message) = &exit {
        // One line, whatever a library put into its message.
        let line = printable(&message.split_whitespace().collect::<Vec<_>>().join(" "));
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
    let (data, weights) = (arguments.data.clone(), arguments.weights.clone());
    let opened = Environment::open(arguments.language(), arguments.labs.as_deref(), data, weights);
    let environment = match opened {
        Ok(environment) => environment.with_runs_in_processes(arguments.runner == "process"),
        Err(error) => return Exit::Failed(error),
    };
    if let Some(folder) = &arguments.weights
        && let Some(why) = ignores_weights(arguments.verb.as_ref())
    {
        return Exit::Usage(format!("--weights {}: {why}", folder.display()));
    }
    match arguments.verb {
        None => crate::tui::run(environment, arguments.screen, arguments.lang.is_some()),
        Some(Verb::Train(train)) => train::run(&environment, train),
        Some(Verb::Worker) => worker::run(&environment),
        Some(Verb::Ask(arguments)) => ask::run(&environment, &arguments),
        Some(Verb::Generate(arguments)) => generate::run(&environment, &arguments),
        Some(Verb::Labs { verb }) => labs::run(&environment, verb),
        Some(Verb::Runs { verb }) => runs::run(&environment, verb),
        Some(Verb::Bench(bench)) => {
            let of_games = bench.workload.as_deref().and_then(|workload| games::bench(workload, &bench));
            of_games.unwrap_or_else(|| bench::run(&environment, &bench))
        }
        Some(Verb::CompareGenerators { json }) => compare::run(&environment, json),
        Some(Verb::Embed(embed)) => embed::run(&environment, &embed),
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
        Some(Verb::Doctor) => doctor::run(&environment, &arguments.screen),
        Some(Verb::Completions { .. } | Verb::Man) => Exit::Done,
    }
}

/// Why a verb could do nothing with the folder of a model, if it could not.
fn ignores_weights(verb: Option<&Verb>) -> Option<String> {
    match verb {
        None => None,
        Some(Verb::Generate(generate)) => {
            generate.run.as_ref().map(|run| format!("expected this or --run {run}, not both"))
        }
        Some(Verb::Ask(ask)) if ask.run.is_some() => Some("expected this or --run, not both".to_owned()),
        Some(Verb::Ask(ask)) => (ask.lab != "gpt").then(|| "such a model answers in the lab gpt alone".to_owned()),
        Some(_) => Some("expected no verb, or `generate` or `ask gpt`".to_owned()),
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
