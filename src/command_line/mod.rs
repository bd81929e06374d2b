//! The verbs of the program: what each prints, and how it exits.

mod arguments;
mod ask;
mod bench;
mod class;
mod compare;
mod corpus;
mod demo;
mod doctor;
mod embed;
mod games;
mod generate;
mod hand_in;
mod labs;
mod runs;
mod serve;
mod signals;
mod train;
mod worker;

pub use arguments::Arguments;

use crate::data::world::World;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::folders::Folders;
use crate::intake::gate;
use crate::printer::{self, print};
use crate::reinforcement::protocol::uci::Dialect;
use arguments::Verb;
use clap::{CommandFactory, Parser};
use std::ffi::OsString;
use std::process::ExitCode;

/// Carries out a command line.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let exit = match Arguments::try_parse_from(words) {
        // In the place of a session, what its words say.
        Ok(Arguments { verb: Some(Verb::Session(session)), .. }) => match serve::enter(&session) {
            Ok(()) => return run(std::iter::once(OsString::from("shinso")).chain(session.words)),
            Err(error) => Exit::Failed(error),
        },
        Ok(Arguments { verb: Some(Verb::Unpack { cache }), .. }) => serve::unpack(&cache),
        Ok(arguments) => dispatch(arguments),
        // Help and the version were asked for, and are ours.
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => {
            // What was typed stands in it.
            printer::note(error.to_string().trim_end());
            return ExitCode::from(Exit::Usage(String::new()).code());
        }
    };
    if let Exit::Failed(message) | Exit::Usage(message) = &exit {
        // One line, whatever a library put into its message.
        printer::note(&format!("shinso: {}", printer::in_one_line(message)));
    }
    // What could not be said may have mattered.
    let code = if exit == Exit::Done && printer::has_lost_notes() { 1 } else { exit.code() };
    ExitCode::from(code)
}

fn dispatch(arguments: Arguments) -> Exit {
    // The screen and the linear mode listen themselves.
    let on_screen = match &arguments.verb {
        None => true,
        Some(Verb::Demo(demo)) => demo.record.is_none() && demo.svg.is_none(),
        Some(_) => false,
    };
    if !on_screen {
        signals::end_at_once();
    }
    match &arguments.verb {
        Some(Verb::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "shinso", &mut script);
            return print(&String::from_utf8_lossy(&script));
        }
        Some(Verb::Man) => {
            let mut page = Vec::new();
            return match clap_mangen::Man::new(Arguments::command()).render(&mut page) {
                Ok(()) => print(&String::from_utf8_lossy(&page)),
                Err(error) => Exit::failed(error),
            };
        }
        _ => {}
    }
    if let Err(error) = confine(&arguments) {
        return Exit::Failed(error);
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
        None => crate::tui::run(environment, arguments.screen, arguments.lang.is_some(), None),
        Some(Verb::Demo(demo)) if demo.record.is_some() || demo.svg.is_some() => {
            demo::record(environment, &arguments.screen, &demo)
        }
        Some(Verb::Demo(demo)) => {
            let mut screen = arguments.screen;
            screen.plain |= demo.plain;
            crate::tui::run(environment, screen, arguments.lang.is_some(), Some(&demo.lab))
        }
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
            corpus::run(&World::embedded(&world), analogies, sentences, seed)
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
        Some(Verb::Serve(serve)) => serve::run(&environment, arguments.labs, serve),
        Some(Verb::HandIn(arguments)) => hand_in::write(&environment, &arguments),
        Some(Verb::TakeIn) => hand_in::take_in(&environment),
        Some(Verb::Class { verb }) => class::run(&environment, verb),
        Some(Verb::Completions { .. } | Verb::Man | Verb::Session(_) | Verb::Unpack { .. }) => Exit::Done,
    }
}

/// Confines this process to the person's own folders and the shared ones, if that is asked for: by the option, or by the environment
/// that a server gives to what it starts.
fn confine(arguments: &Arguments) -> Result<(), String> {
    // A server that means it may write it in any way.
    let is_asked = std::env::var_os("SHINSO_CONFINED").is_some_and(|value| !value.is_empty() && value != "0");
    if !arguments.confined && !is_asked {
        return Ok(());
    }
    let folders = Folders::find()?;
    let own = [folders.data, folders.cache, folders.config];
    for folder in &own {
        std::fs::create_dir_all(folder).map_err(|error| format!("--confined: {}: {error}", folder.display()))?;
    }
    let shared = std::env::var_os("SHINSO_SHARED").unwrap_or_default();
    let shared = std::env::split_paths(&shared).filter(|folder| !folder.as_os_str().is_empty());
    gate::confine(&own.into_iter().chain(shared).collect::<Vec<_>>())
        .map_err(|error| format!("--confined: {error}"))?;
    for (option, path) in [("--labs", &arguments.labs), ("--data", &arguments.data), ("--weights", &arguments.weights)]
    {
        if let Some(path) = path {
            gate::may_read(path).map_err(|error| format!("{option}: {error}"))?;
        }
    }
    Ok(())
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
