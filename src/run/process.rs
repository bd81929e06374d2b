//! Runs in processes of their own: `shinso worker` trains, this end sends orders and reads events and answers.

use super::description::Status;
use super::file::RunError;
use super::question::ModelSource;
use super::runner::{EventSink, RunHandle, Runner, Start, Stopper};
use super::store::RunStore;
use super::worker::{LONGEST_LINE, Line, Order, Replied};
use crate::experiment::{Answer, Command, Event, ExperimentError, Model, Query, Session, TaskContext};
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a question that waits looks whether it was called off.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Longest wait for the folder of a new run.
const PATIENCE: Duration = Duration::from_secs(30);

/// Trains in a process of its own for each run.
#[derive(Clone)]
pub struct ProcessRunner {
    pub store: RunStore,
    /// The program and its arguments: it must speak as [`worker`](super::worker) says.
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

impl Runner for ProcessRunner {
    fn start(&self, start: Start, emit: EventSink) -> Result<Box<dyn RunHandle>, RunError> {
        let Start { lab, preset, knobs, seed, threads, data, plan, experiment: _ } = start;
        let order = Order::Start { lab, preset, seed, threads: Some(threads), data, set: knobs.0, plan };
        Ok(Box::new(self.spawn(order, emit)?))
    }

    fn resume(&self, id: &str, threads: Option<usize>, emit: EventSink) -> Result<Box<dyn RunHandle>, RunError> {
        // What is wrong with a run is said at once, not by the process.
        drop(self.store.lock(id)?);
        Ok(Box::new(self.spawn(Order::Resume { run: id.to_owned(), threads }, emit)?))
    }
}

/// Questions on their way: where the answer to a key goes.
type Pending = Arc<Mutex<HashMap<String, Sender<(bool, Replied)>>>>;

/// What both ends of a handle and the models it gives share.
struct Link {
    orders: Mutex<Option<ChildStdin>>,
    pending: Pending,
    asked: AtomicU64,
}

fn lock<T>(cell: &Mutex<T>) -> MutexGuard<'_, T> {
    cell.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    /// Sends an order; to a process that has ended it goes nowhere.
    fn send(&self, order: &Order) -> io::Result<()> {
        let mut orders = lock(&self.orders);
        let Some(pipe) = orders.as_mut() else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let mut line = serde_json::to_vec(order).expect("orders hold only data that JSON can say");
        line.push(b'\n');
        pipe.write_all(&line).and_then(|()| pipe.flush())
    }

    fn ask(&self, query: &Query, session: &str, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let gone = || ExperimentError::both("the process of the run has ended", "実行のプロセスは終了しました");
        let key = self.asked.fetch_add(1, Ordering::Relaxed).to_string();
        let (sender, answers) = channel();
        lock(&self.pending).insert(key.clone(), sender);
        let slow = matches!(query, Query::View { .. });
        let order = Order::Ask { key: key.clone(), query: query.clone(), session: session.to_owned(), slow };
        let answer = self.send(&order).map_err(|_| gone()).and_then(|()| {
            loop {
                match answers.recv_timeout(LOOK_EVERY) {
                    Ok((true, replied)) => return replied.into_answer(),
                    Ok((false, replied)) => {
                        if let Ok(so_far) = replied.into_answer() {
                            task.show(so_far);
                        }
                    }
                    Err(RecvTimeoutError::Timeout) if task.is_cancelled() => {
                        let _gone = self.send(&Order::Cancel { key: key.clone() });
                        return Err(ExperimentError::cancelled());
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Err(gone()),
                }
            }
        });
        lock(&self.pending).remove(&key);
        answer
    }
}

/// The model of a run in another process, as it is when it is asked.
struct RemoteModel(Arc<Link>);

impl Model for RemoteModel {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        self.0.ask(query, "", task)
    }

    fn session(&self, _before: Option<Box<dyn Session>>) -> Result<Box<dyn Session>, ExperimentError> {
        // The other process keeps what is remembered, under this name.
        let name = format!("session-{}", self.0.asked.fetch_add(1, Ordering::Relaxed));
        Ok(Box::new(RemoteSession { link: Arc::clone(&self.0), name }))
    }
}

struct RemoteSession {
    link: Arc<Link>,
    name: String,
}

impl Session for RemoteSession {
    fn answer(&mut self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        self.link.ask(query, &self.name, task)
    }
}

/// A run in a process of its own.
struct ProcessRun {
    id: String,
    link: Arc<Link>,
    model: Arc<dyn Model>,
    reader: Option<JoinHandle<Result<(), String>>>,
}

impl ProcessRunner {
    fn spawn(&self, order: Order, emit: EventSink) -> Result<ProcessRun, RunError> {
        let cannot = |source| RunError::file(&self.program, source);
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(cannot)?;
        let orders = child.stdin.take().expect("a pipe was asked for");
        let output = child.stdout.take().expect("a pipe was asked for");
        let pending = Pending::default();
        let link = Arc::new(Link { orders: Mutex::new(Some(orders)), pending, asked: AtomicU64::new(0) });
        // Only a process that has died at once does not take it, and its end is reported below.
        let _gone = link.send(&order);
        let (ids, first) = channel();
        let reader = Reader {
            store: self.store.clone(),
            link: Arc::clone(&link),
            id: if let Order::Resume { run, .. } = &order { Some(run.clone()) } else { None },
            ids,
            emit,
            step: 0,
            ended: None,
        };
        let thread = std::thread::Builder::new().name("worker".into()).spawn(move || reader.read(child, output));
        let reader = thread.map_err(cannot)?;
        let id = match first.recv_timeout(PATIENCE) {
            Ok(Ok(id)) => id,
            Ok(Err(why)) => return Err(RunError::Worker(why)),
            Err(_) => return Err(RunError::Worker("it said nothing for half a minute".to_owned())),
        };
        let model = Arc::new(RemoteModel(Arc::clone(&link)));
        Ok(ProcessRun { id, link, model, reader: Some(reader) })
    }
}

impl RunHandle for ProcessRun {
    fn id(&self) -> &str {
        &self.id
    }

    fn send(&self, command: Command) {
        let _ended = self.link.send(&command.into());
    }

    fn model(&self) -> ModelSource {
        let model = Arc::clone(&self.model);
        Arc::new(move || Ok(Arc::clone(&model)))
    }

    fn is_over(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn stopper(&self) -> Stopper {
        // The worker stops and records its run when nobody gives it orders any more.
        Arc::new(|| true)
    }

    fn wait(mut self: Box<Self>) -> Result<(), String> {
        match self.reader.take() {
            Some(reader) => reader.join().unwrap_or_else(|_| Err("the reader of the worker was lost".to_owned())),
            None => Ok(()),
        }
    }
}

impl Drop for ProcessRun {
    fn drop(&mut self) {
        self.send(Command::Stop);
        // A worker whose orders end stops its run.
        lock(&self.link.orders).take();
        if let Some(reader) = self.reader.take() {
            // What it failed of is in its record.
            let _ = reader.join();
        }
    }
}

/// Reads what a worker writes until it ends, and says what became of its run.
struct Reader {
    store: RunStore,
    link: Arc<Link>,
    id: Option<String>,
    /// Where the id of the run goes, or why there is none.
    ids: Sender<Result<String, String>>,
    emit: EventSink,
    step: u64,
    ended: Option<Event>,
}

impl Reader {
    fn read(mut self, mut child: Child, output: ChildStdout) -> Result<(), String> {
        let mut lines = BufReader::new(output);
        let nonsense = loop {
            let mut line = Vec::new();
            match lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => break None,
                Ok(_) if !line.ends_with(b"\n") && line.len() as u64 == LONGEST_LINE => {
                    break Some(format!("it wrote a line of more than {LONGEST_LINE} bytes"));
                }
                // A torn line is what a kill leaves.
                Ok(_) if !line.ends_with(b"\n") => break None,
                Ok(_) => {}
            }
            match serde_json::from_slice(&line) {
                Ok(line) => self.take(line),
                Err(_) => {
                    let begun: String = String::from_utf8_lossy(&line).chars().take(40).collect();
                    break Some(format!("it wrote what is no event and no answer: {:?}", begun.trim_end()));
                }
            }
        };
        lock(&self.link.orders).take();
        if nonsense.is_some() {
            // It is of no use any more; what it has recorded stays.
            let _ended = child.kill();
        }
        let status = child.wait();
        // Questions without an answer hear that there will be none.
        lock(&self.link.pending).clear();
        match (&self.ended, nonsense) {
            (Some(Event::Failed { message, .. }), _) => Err(message.clone()),
            (Some(_), _) => Ok(()),
            (None, nonsense) => {
                let ended = status.map_or_else(|error| error.to_string(), |status| format!("{status}"));
                Err(self.lost(&nonsense.unwrap_or_else(|| format!("it ended before its run did ({ended})"))))
            }
        }
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Event(line) => {
                match &line.event {
                    Event::Started { step, .. } | Event::Progress { step, .. } => self.step = *step,
                    _ => {}
                }
                if line.event.is_last() {
                    self.ended = Some(line.event.clone());
                    // It has no more orders to wait for.
                    lock(&self.link.orders).take();
                }
                (self.emit)(&line.event);
            }
            Line::Reply(reply) => {
                if let Some(sender) = lock(&self.link.pending).get(&reply.key) {
                    let _called_off = sender.send((reply.done, reply.answer));
                }
            }
            Line::Accepted(accepted) => {
                self.id = Some(accepted.run.clone());
                let _waiting = self.ids.send(Ok(accepted.run));
            }
            Line::Refusal(refusal) => match &self.id {
                Some(_) => {
                    (self.emit)(&Event::warning(self.step, refusal.refused.into()));
                }
                None => drop(self.ids.send(Err(refusal.refused))),
            },
        }
    }

    /// The worker is gone without a word on its run: the run is marked as failed, with one line. The line.
    fn lost(&mut self, why: &str) -> String {
        let Some(id) = self.id.clone() else {
            let message = format!("the worker could not begin: {why}");
            let _waiting = self.ids.send(Err(message.clone()));
            return message;
        };
        let message = format!("the worker was lost: {why}; `shinso runs resume {id}` goes on from its last checkpoint");
        let marked = self.store.lock(&id).and_then(|_lock| {
            let mut description = self.store.read(&id)?;
            if description.status != Status::Finished {
                description.status = Status::Failed;
                description.failure = Some(message.clone());
                self.store.write(&description)?;
            }
            Ok(())
        });
        let message = match marked {
            Ok(()) => message,
            Err(error) => format!("{message}; {error}"),
        };
        (self.emit)(&Event::Failed { step: self.step, message: message.clone() });
        message
    }
}

#[cfg(all(test, unix))]
mod tests;
