//! `shinso gtp`, `shinso uci`, `shinso usi`: lines in, lines out.

use super::super::arguments::ServedBy;
use crate::exit::Exit;
use crate::intake;
use crate::printer;
use crate::reinforcement::agent::{Agent, Spec};
use crate::reinforcement::games::AnyGame;
use crate::reinforcement::protocol::gtp::{self, Reply};
use crate::reinforcement::protocol::inbox::{Inbox, overhear};
use crate::reinforcement::protocol::uci::{self, Dialect, Go, Request, StopCondition};
use crate::reinforcement::search::SearchResult;
use crate::reinforcement::search::tree::Tree;
use std::io::{self, BufRead, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines that have come and that nobody has taken: more are not read.
const AHEAD: usize = 1024;
/// The longest line.
const LONGEST_LINE: u64 = 1 << 20;

/// Lines of standard input, read on a thread of their own.
pub(super) fn inbox() -> Inbox {
    let (send, receive) = sync_channel(AHEAD);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut bytes = Vec::new();
        for number in 0_u64.. {
            bytes.clear();
            match (&mut stdin).take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
                Ok(0) => return,
                Ok(_) if bytes.len() as u64 == LONGEST_LINE => {
                    return fail(format!("standard input: a line of {LONGEST_LINE} bytes or more"));
                }
                Ok(_) => {}
                Err(error) => return fail(format!("standard input: {error}")),
            }
            if number == 0 {
                intake::drop_mark(&mut bytes);
            }
            if send.send(String::from_utf8_lossy(&bytes).into_owned()).is_err() {
                return;
            }
        }
    });
    Inbox::new(receive)
}

/// What ended the lines or the answers, if it was a fault.
static FAULT: Mutex<Option<Exit>> = Mutex::new(None);

fn fail(why: String) {
    *FAULT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Exit::Failed(why));
}

/// Says something, unless nobody listens any more.
fn say(text: &str) -> bool {
    let mut stdout = printer::out();
    let said = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    let is_said = said.is_ok();
    if let Exit::Failed(why) = printer::written(said) {
        fail(why);
    }
    is_said
}

/// How the program ends when its lines have.
pub(super) fn ended() -> Exit {
    FAULT.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(Exit::Done)
}

fn spec(by: &ServedBy, otherwise: &str) -> Result<Spec, Exit> {
    by.agent.as_deref().unwrap_or(otherwise).parse().map_err(Exit::usage)
}

/// How often one looks whether a search has ended, or a line has come for it.
const LOOK: Duration = Duration::from_millis(2);
/// Between two lines of an analysis.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

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
    let mut inbox = inbox();
    while let Some(line) = inbox.take() {
        let going = match server.hear(&line) {
            Reply::Nothing => true,
            Reply::Say(text) => say(&text),
            Reply::Quit(text) => {
                say(&text);
                break;
            }
            Reply::Analyze { head, every, kata } => {
                let mut going = say(&head);
                while going && !inbox.wait(Duration::ZERO) {
                    let (begun, stop) = (Instant::now(), AtomicBool::new(false));
                    let answer = std::thread::scope(|scope| {
                        let thinking = scope.spawn(|| server.analysis(every, kata, &stop));
                        while !thinking.is_finished() && !inbox.wait(LOOK) {}
                        stop.store(true, Ordering::Relaxed);
                        thinking.join()
                    });
                    let Ok(answer) = answer else { return Exit::Failed("the search broke off".to_owned()) };
                    going = answer.is_empty() || say(&format!("{answer}\n"));
                    // Whatever is certain is not printed more often for that.
                    inbox.wait(every.saturating_sub(begun.elapsed()));
                }
                going && say("\n")
            }
        };
        if !going {
            break;
        }
    }
    ended()
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
    let mut inbox = inbox();
    while let Some(line) = inbox.take() {
        let going = match server.hear(&line) {
            Request::Nothing | Request::Stop => true,
            Request::Quit => break,
            Request::Say(text) => say(&format!("{text}\n")),
            Request::Mate(time) => match mate(&server, time, &mut inbox) {
                Some(answer) => say(&format!("{answer}\n")),
                None => return Exit::Failed("the search broke off".to_owned()),
            },
            Request::Go(go) => match think(&server, &mut agent, go, &mut inbox) {
                Some(result) => say(&format!("{}\n", server.conclude(&result))),
                None => return Exit::Failed("the search broke off".to_owned()),
            },
        };
        if !going {
            break;
        }
    }
    ended()
}

/// Looks for a mate while lines may come that are meant for it; none if it broke off.
fn mate(server: &uci::Server, time: Option<Duration>, inbox: &mut Inbox) -> Option<String> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| server.mate(time, &stop));
        let mut looked = 0;
        while !looking.is_finished() {
            let heard = overhear(inbox.waiting(), &mut looked);
            (0..heard.ready).for_each(|_| {
                say("readyok\n");
            });
            if heard.stop || time.is_none() && inbox.is_closed() {
                stop.store(true, Ordering::Relaxed);
            }
            if inbox.is_closed() {
                std::thread::sleep(LOOK);
            } else {
                inbox.gather(LOOK);
            }
        }
        looking.join().ok()
    })
}

/// Thinks while lines may come that are meant for it, and gives what it came to when it may be printed; none if it broke off.
fn think(server: &uci::Server, agent: &mut Agent, go: Go, inbox: &mut Inbox) -> Option<SearchResult> {
    let stop = AtomicBool::new(false);
    let printed = Mutex::new(Instant::now());
    let on_progress = |result: &SearchResult, tree: Option<&Arc<Tree>>| {
        let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
        // A search that looks deeper and deeper prints every depth: the next one may take long.
        if tree.is_none() || printed.elapsed() >= PROGRESS_EVERY {
            *printed = Instant::now();
            say(&format!("{}\n", server.info(result)));
        }
    };
    let mut condition = StopCondition::of(go);
    let budget = condition.budget();
    std::thread::scope(|scope| {
        let thinking = scope.spawn(|| server.think(agent, budget, &stop, &on_progress));
        let mut looked = 0;
        loop {
            let heard = overhear(inbox.waiting(), &mut looked);
            (0..heard.ready).for_each(|_| {
                say("readyok\n");
            });
            if condition.must_stop(heard, inbox.is_closed(), Instant::now()) {
                stop.store(true, Ordering::Relaxed);
            }
            if thinking.is_finished() && condition.may_print() {
                return thinking.join().ok();
            }
            if inbox.is_closed() {
                std::thread::sleep(LOOK);
            } else {
                inbox.gather(LOOK);
            }
        }
    })
}
