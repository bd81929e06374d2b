//! `shinso gtp`, `shinso uci`, `shinso usi`: lines in, lines out.

use super::super::Exit;
use super::super::arguments::ServedBy;
use crate::reinforcement::games::AnyGame;
use crate::reinforcement::protocol::gtp::{self, Reply};
use crate::reinforcement::protocol::uci::{self, Dialect, Request};
use crate::reinforcement::search::Spec;
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

/// Lines of standard input, read on a thread of their own; `stop` is set when one comes.
fn lines(stop: &'static AtomicBool) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut bytes = Vec::new();
        while stdin.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            let line = String::from_utf8_lossy(&bytes).into_owned();
            bytes.clear();
            if send.send(line).is_err() {
                return;
            }
            stop.store(true, Ordering::Relaxed);
        }
        stop.store(true, Ordering::Relaxed);
    });
    receive
}

fn say(text: &str) -> bool {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_ok()
}

fn spec(by: &ServedBy, otherwise: &str) -> Result<Spec, Exit> {
    by.agent.as_deref().unwrap_or(otherwise).parse().map_err(Exit::usage)
}

static HEARD: AtomicBool = AtomicBool::new(false);

pub fn gtp(game: &str, by: &ServedBy) -> Exit {
    let spec = match spec(by, "mcts:2s") {
        Ok(spec) => spec,
        Err(exit) => return exit,
    };
    let start = AnyGame::start(game).expect("checked by the command line");
    let mut server = match gtp::Server::new(start, spec, by.seed) {
        Ok(server) => server,
        Err(why) => return Exit::usage(why),
    };
    let lines = lines(&HEARD);
    while let Ok(line) = lines.recv() {
        let going = match server.hear(&line) {
            Reply::Nothing => true,
            Reply::Say(text) => say(&text),
            Reply::Quit(text) => {
                say(&text);
                return Exit::Done;
            }
            Reply::Analyze { head, every, kata } => {
                let mut going = say(&head);
                HEARD.store(false, Ordering::Relaxed);
                while going && !HEARD.load(Ordering::Relaxed) {
                    going = say(&format!("{}\n", server.analysis(every, kata, &HEARD)));
                }
                going && say("\n")
            }
        };
        if !going {
            break;
        }
    }
    Exit::Done
}

pub fn uci(dialect: Dialect, by: &ServedBy) -> Exit {
    let spec = match spec(by, "alphabeta:1s") {
        Ok(spec) => spec,
        Err(exit) => return exit,
    };
    let mut server = uci::Server::new(dialect, spec.clone());
    let mut agent = match spec.agent(server.position(), by.seed) {
        Ok(agent) => agent,
        Err(why) => return Exit::usage(why),
    };
    let lines = lines(&HEARD);
    // Lines that came while it thought.
    let mut waiting: Vec<String> = Vec::new();
    loop {
        let line = if waiting.is_empty() { lines.recv().ok() } else { Some(waiting.remove(0)) };
        let Some(line) = line else { return Exit::Done };
        match server.hear(&line) {
            Request::Nothing | Request::Stop => {}
            Request::Quit => return Exit::Done,
            Request::Say(text) => {
                if !say(&format!("{text}\n")) {
                    return Exit::Done;
                }
            }
            Request::Go(budget) => {
                let stop = AtomicBool::new(false);
                let thought = std::thread::scope(|scope| {
                    let thinking = scope.spawn(|| server.think(&mut agent, budget, &stop));
                    while !thinking.is_finished() {
                        match lines.recv_timeout(std::time::Duration::from_millis(2)) {
                            Ok(line) => {
                                let word = line.split_whitespace().next().unwrap_or("").to_owned();
                                if word == "isready" {
                                    say("readyok\n");
                                    continue;
                                }
                                if matches!(word.as_str(), "stop" | "quit") {
                                    stop.store(true, Ordering::Relaxed);
                                }
                                waiting.push(line);
                            }
                            // Nobody can say stop any more, so an endless thought ends here.
                            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
                                if budget == Default::default() {
                                    stop.store(true, Ordering::Relaxed);
                                }
                                break;
                            }
                            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
                        }
                    }
                    thinking.join()
                });
                let Ok(thought) = thought else { return Exit::Failed("the search broke off".to_owned()) };
                if !say(&format!("{}\n", server.conclude(&thought))) {
                    return Exit::Done;
                }
            }
        }
        if let Err(TryRecvError::Disconnected) = lines.try_recv().map(|line| waiting.push(line))
            && waiting.is_empty()
        {
            return Exit::Done;
        }
    }
}
