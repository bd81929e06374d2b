//! A run driven by JSON lines: orders in, events and answers out. `shinso worker` speaks it on standard input and output,
//! so that a person can drive a run by hand, and [`process`](super::process) from another process.
//!
//! ```text
//! → {"order":"start","lab":"vae","preset":"quick","seed":1,"set":{"epochs":1}}
//! ← {"version":1,"run":"vae-20260102-030405"}
//! ← {"version":1,"event":"started","run":"vae-20260102-030405",…}
//! → {"order":"set","knob":"learning_rate","value":0.002}
//! → {"order":"ask","key":"a","query":{"query":"view","name":"repair","inputs":{"missing":14}}}
//! ← {"version":1,"key":"a","done":true,"answer":{"answer":"panels","panels":[…]}}
//! → {"order":"stop"}
//! ← {"version":1,"event":"stopped","step":1203}
//! ```

use super::inbox::Wake;
use super::question::{Question, Questions};
use super::runner::{RunHandle, Runner, Start, Stopper, default_threads};
use crate::experiment::{Answer, Command, EventLine, ExperimentError, KnobValue, Knobs, Language, Query};
use crate::intake;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// The version of the protocol.
pub const VERSION: u32 = 1;
/// Longest line that is read, in bytes: a picture or two fit, a flood does not.
pub const LONGEST_LINE: u64 = 16 << 20;

/// An order to a worker; one JSON object a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Train a lab. Knobs of the preset, then those of `set`.
    Start {
        lab: String,
        #[serde(default)]
        preset: Option<String>,
        #[serde(default = "first_seed")]
        seed: u64,
        #[serde(default)]
        threads: Option<usize>,
        #[serde(default)]
        data: Option<PathBuf>,
        #[serde(default)]
        set: BTreeMap<String, KnobValue>,
        /// Commands planned for steps.
        #[serde(default)]
        plan: Vec<(u64, Command)>,
    },
    /// Take a run up again.
    Resume {
        run: String,
        #[serde(default)]
        threads: Option<usize>,
    },
    Pause,
    /// Go on after a pause.
    Continue,
    Step,
    Set {
        knob: String,
        value: KnobValue,
    },
    Action {
        action: String,
        #[serde(default)]
        argument: String,
    },
    Checkpoint,
    Stop,
    /// Ask the model as it is now; the answer bears the key.
    Ask {
        key: String,
        query: Query,
        /// Whose session answers where one does.
        #[serde(default)]
        session: String,
        /// Whether it takes long, so that others must not wait for it.
        #[serde(default)]
        slow: bool,
    },
    /// Call a question off.
    Cancel {
        key: String,
    },
}

fn first_seed() -> u64 {
    1
}

impl From<Command> for Order {
    fn from(command: Command) -> Self {
        match command {
            Command::Pause => Order::Pause,
            Command::Resume => Order::Continue,
            Command::Step => Order::Step,
            Command::Set { knob, value } => Order::Set { knob, value },
            Command::Action { action, argument } => Order::Action { action, argument },
            Command::Checkpoint => Order::Checkpoint,
            Command::Stop => Order::Stop,
        }
    }
}

/// An answer on its way out; events go as [`EventLine`]s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub version: u32,
    pub key: String,
    /// Whether it is whole; else more follows.
    pub done: bool,
    #[serde(flatten)]
    pub answer: Replied,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replied {
    Answer(Answer),
    /// In English, and in Japanese where there is such a text.
    Failure([String; 2]),
}

/// An order that was refused; the worker goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub version: u32,
    /// The number of the line, from 1.
    pub line: u64,
    pub refused: String,
}

/// A run was begun or taken up, under this id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    pub version: u32,
    pub run: String,
}

/// Any line that a worker writes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Line {
    Event(EventLine),
    Reply(Box<Reply>),
    Refusal(Refusal),
    Accepted(Accepted),
}

impl Replied {
    pub fn of(answer: Result<Answer, ExperimentError>) -> Self {
        match answer {
            Ok(answer) => Replied::Answer(answer),
            Err(failure) => Replied::Failure(Language::ALL.map(|language| failure.in_language(language).to_owned())),
        }
    }

    pub fn into_answer(self) -> Result<Answer, ExperimentError> {
        match self {
            Replied::Answer(answer) => Ok(answer),
            Replied::Failure([en, ja]) => {
                Err(if en == ja { ExperimentError::new(en) } else { ExperimentError::both(en, ja) })
            }
        }
    }
}

/// Turns what an order to start says into the run that is meant: knows labs and presets.
pub type Resolve<'a> = &'a dyn Fn(&str, Option<&str>, &BTreeMap<String, KnobValue>) -> Result<Resolved, String>;

/// A lab's experiment and the knobs of a run of it.
pub struct Resolved {
    pub experiment: String,
    pub preset: Option<String>,
    pub knobs: Knobs,
}

/// What the loop waits for.
enum Message {
    /// A line of orders and its number.
    Line(u64, Result<Order, String>),
    /// Nothing more will be said.
    Closed,
    Event(crate::experiment::Event),
    /// An answer is there.
    Answered,
}

/// Carries out orders until they end and the run, if there is one, has ended. A run whose orders end is stopped: nobody
/// could any more. `begun` is told what stops a run whatever holds the output.
///
/// # Errors
/// When the output is gone; the run is stopped and recorded first.
pub fn serve(
    orders: impl BufRead + Send + 'static,
    out: &mut impl Write,
    runner: &dyn Runner,
    resolve: Resolve,
    begun: &dyn Fn(Stopper),
) -> io::Result<()> {
    let (messages, received) = channel();
    let its = messages.clone();
    std::thread::Builder::new().name("orders".into()).spawn(move || read_orders(orders, &its))?;
    let worker = Worker { runner, resolve, begun, messages, run: None, questions: None };
    worker.serve(&received, out)
}

fn read_orders(mut orders: impl BufRead, messages: &Sender<Message>) {
    for number in 1.. {
        let mut line = Vec::new();
        let read = io::Read::take(&mut orders, LONGEST_LINE).read_until(b'\n', &mut line);
        if number == 1 {
            intake::drop_mark(&mut line);
        }
        let whole = line.ends_with(b"\n") || (line.len() as u64) < LONGEST_LINE;
        let order = match read {
            Ok(0) => break,
            Err(error) => {
                // The loop that no longer listens has ended.
                let _ended = messages.send(Message::Line(number, Err(format!("standard input: {error}"))));
                break;
            }
            Ok(_) if !whole => Err(format!("a line of more than {LONGEST_LINE} bytes")),
            Ok(_) if line.iter().all(u8::is_ascii_whitespace) => continue,
            Ok(_) => serde_json::from_slice(&line).map_err(|error| format!("no order: {error}")),
        };
        let message = Message::Line(number, order);
        // The rest of a line that is too long would be read as lines of its own.
        if messages.send(message).is_err() || !whole {
            break;
        }
    }
    // The loop that no longer listens has ended.
    let _ended = messages.send(Message::Closed);
}

struct Worker<'a> {
    runner: &'a dyn Runner,
    resolve: Resolve<'a>,
    begun: &'a dyn Fn(Stopper),
    messages: Sender<Message>,
    run: Option<Box<dyn RunHandle>>,
    questions: Option<Questions>,
}

impl Worker<'_> {
    fn serve(mut self, received: &Receiver<Message>, out: &mut impl Write) -> io::Result<()> {
        let mut over = false;
        while let Ok(message) = received.recv() {
            match message {
                Message::Line(line, order) => match order.and_then(|order| self.carry_out(order)) {
                    Ok(Some(run)) => write(out, &Accepted { version: VERSION, run })?,
                    Ok(None) => {}
                    Err(refused) => write(out, &Refusal { version: VERSION, line, refused })?,
                },
                Message::Event(event) => {
                    over |= event.is_last();
                    write(out, &EventLine::new(event))?;
                }
                Message::Answered => {
                    let answers = self.questions.as_ref().map(Questions::take_marked).unwrap_or_default();
                    for (key, answer, done) in answers {
                        write(out, &Reply { version: VERSION, key, done, answer: Replied::of(answer) })?;
                    }
                }
                Message::Closed => {
                    let Some(run) = &self.run else { return Ok(()) };
                    if over {
                        return Ok(());
                    }
                    run.send(Command::Stop);
                    // Its last event ends the loop.
                    while let Ok(message) = received.recv() {
                        let Message::Event(event) = message else { continue };
                        let last = event.is_last();
                        write(out, &EventLine::new(event))?;
                        if last {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The id of a run that was begun or taken up.
    fn carry_out(&mut self, order: Order) -> Result<Option<String>, String> {
        let command = match order {
            Order::Start { lab, preset, seed, threads, data, set, plan } => {
                self.free()?;
                let Resolved { experiment, preset, knobs } = (self.resolve)(&lab, preset.as_deref(), &set)?;
                let threads = threads.unwrap_or_else(default_threads);
                let start = Start { lab, experiment, preset, knobs, seed, threads, data, plan };
                let run = self.runner.start(start, self.emit()).map_err(|error| error.to_string())?;
                return Ok(Some(self.take(run)));
            }
            Order::Resume { run, threads } => {
                self.free()?;
                let run = self.runner.resume(&run, threads, self.emit()).map_err(|error| error.to_string())?;
                return Ok(Some(self.take(run)));
            }
            Order::Ask { key, query, session, slow } => {
                let source = self.running()?.model();
                let messages = Mutex::new(self.messages.clone());
                let wake: Wake = Arc::new(move || {
                    // The loop that no longer listens has ended.
                    let _ended = messages.lock().unwrap_or_else(PoisonError::into_inner).send(Message::Answered);
                });
                let questions = self.questions.get_or_insert_with(|| Questions::new(wake));
                let question = Question::new(key, query, source, session);
                questions.ask(Question { slow: slow || question.slow, ..question });
                return Ok(None);
            }
            Order::Cancel { key } => {
                if let Some(questions) = &self.questions {
                    questions.call_off(&key);
                }
                return Ok(None);
            }
            Order::Pause => Command::Pause,
            Order::Continue => Command::Resume,
            Order::Step => Command::Step,
            Order::Set { knob, value } => Command::Set { knob, value },
            Order::Action { action, argument } => Command::Action { action, argument },
            Order::Checkpoint => Command::Checkpoint,
            Order::Stop => Command::Stop,
        };
        self.running()?.send(command);
        Ok(None)
    }

    fn take(&mut self, run: Box<dyn RunHandle>) -> String {
        (self.begun)(run.stopper());
        self.run.insert(run).id().to_owned()
    }

    fn emit(&self) -> super::runner::EventSink {
        let messages = self.messages.clone();
        Box::new(move |event| {
            // The loop that no longer listens has ended.
            let _ended = messages.send(Message::Event(event.clone()));
        })
    }

    fn running(&self) -> Result<&dyn RunHandle, String> {
        self.run.as_deref().ok_or_else(|| "no run yet: begin with the order `start` or `resume`".to_owned())
    }

    /// A worker has one run.
    fn free(&self) -> Result<(), String> {
        match &self.run {
            None => Ok(()),
            Some(run) => Err(format!("this worker has a run already, {}: start another worker", run.id())),
        }
    }
}

fn write(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(line).expect("lines hold only data that JSON can say");
    writeln!(out, "{text}")?;
    out.flush()
}
