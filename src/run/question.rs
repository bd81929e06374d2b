//! Questions to a model, answered on a thread of their own from a snapshot, so that none waits for a training step and
//! no training step waits for it. Of the questions with one key only the latest counts. Those that take long have a thread
//! for themselves, and may show what they have before they are done.

use super::inbox::Wake;
use crate::experiment::{Answer, Failure, Model, Query, Watch};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Where the model to ask comes from: the latest snapshot of a run, or a model that does not change.
pub type ModelSource = Arc<dyn Fn() -> Result<Arc<dyn Model>, Failure> + Send + Sync>;

/// An answer, or what there is of it so far, with the key of its question.
pub type Answered = (String, Result<Answer, Failure>);

struct Asked {
    key: String,
    query: Query,
    source: ModelSource,
    watch: Watch,
}

#[derive(Default)]
struct Desk {
    waiting: VecDeque<Asked>,
    /// The question being answered.
    current: Option<(String, Watch)>,
    answers: Vec<Answered>,
    closed: bool,
}

/// Asks on behalf of a screen.
pub struct Questions {
    quick: Lane,
    long: Lane,
}

/// A thread and what it is asked.
struct Lane {
    desk: Arc<(Mutex<Desk>, Condvar)>,
    thread: Option<JoinHandle<()>>,
    wake: Wake,
}

fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Questions {
    /// Starts the threads. `wake` is called when an answer is there.
    pub fn new(wake: Wake) -> Self {
        Questions { quick: Lane::new("questions", Arc::clone(&wake)), long: Lane::new("long questions", wake) }
    }

    /// Asks; an earlier question with the same key is called off.
    pub fn ask(&self, key: impl Into<String>, query: Query, source: ModelSource) {
        let (lane, other) =
            if query.kind().takes_long() { (&self.long, &self.quick) } else { (&self.quick, &self.long) };
        let key = key.into();
        other.call_off(&key);
        lane.ask(key, query, source);
    }

    /// Whether an answer is still to come.
    pub fn is_busy(&self) -> bool {
        [&self.quick, &self.long].into_iter().any(Lane::is_busy)
    }

    /// How far the question with this key is, if it is being answered and tells.
    pub fn share(&self, key: &str) -> Option<f32> {
        self.quick.share(key).or_else(|| self.long.share(key))
    }

    /// Calls a question off.
    pub fn call_off(&self, key: &str) {
        self.quick.call_off(key);
        self.long.call_off(key);
    }

    /// Takes the answers that are there.
    pub fn take(&self) -> Vec<Answered> {
        let mut answers = self.quick.take();
        answers.append(&mut self.long.take());
        answers
    }
}

impl Lane {
    fn new(name: &str, wake: Wake) -> Self {
        let desk = Arc::new((Mutex::new(Desk::default()), Condvar::new()));
        let (its, rung) = (Arc::clone(&desk), Arc::clone(&wake));
        let spawned = std::thread::Builder::new().name(name.into()).spawn(move || {
            // One thread of its own: an answer must not queue behind the pieces of a training step.
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
            let _pool = pool.ok();
            answer_all(&its.0, &its.1, &rung);
        });
        Lane { desk, thread: spawned.ok(), wake }
    }

    fn ask(&self, key: String, query: Query, source: ModelSource) {
        self.call_off(&key);
        let watch = self.watch(&key);
        lock(&self.desk.0).waiting.push_back(Asked { key, query, source, watch });
        self.desk.1.notify_one();
    }

    /// A watch under which partial answers come to the screen, the latest in place of those before.
    fn watch(&self, key: &str) -> Watch {
        let (desk, wake, key) = (Arc::downgrade(&self.desk), Arc::clone(&self.wake), key.to_owned());
        Watch::hearing(move |so_far| {
            let Some(desk) = desk.upgrade() else { return };
            let mut open = lock(&desk.0);
            let current = open.current.as_ref();
            if !current.is_some_and(|(current, watch)| *current == key && !watch.is_cancelled()) {
                return;
            }
            open.answers.retain(|(answered, _)| *answered != key);
            open.answers.push((key.clone(), Ok(so_far)));
            drop(open);
            wake();
        })
    }

    fn is_busy(&self) -> bool {
        let desk = lock(&self.desk.0);
        desk.current.is_some() || !desk.waiting.is_empty()
    }

    fn share(&self, key: &str) -> Option<f32> {
        let desk = lock(&self.desk.0);
        desk.current.as_ref().filter(|(current, _)| current == key).and_then(|(_, watch)| watch.share())
    }

    fn call_off(&self, key: &str) {
        let mut desk = lock(&self.desk.0);
        desk.waiting.retain(|asked| asked.key != key);
        desk.answers.retain(|(answered, _)| answered != key);
        if let Some((_, watch)) = desk.current.as_ref().filter(|(current, _)| current == key) {
            watch.cancel();
        }
    }

    fn take(&self) -> Vec<Answered> {
        std::mem::take(&mut lock(&self.desk.0).answers)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut desk = lock(&self.desk.0);
        desk.closed = true;
        desk.waiting.clear();
        if let Some((_, watch)) = &desk.current {
            watch.cancel();
        }
        drop(desk);
        self.desk.1.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic there was told as an answer's failure already.
            let _ = thread.join();
        }
    }
}

fn answer_all(desk: &Mutex<Desk>, bell: &Condvar, wake: &Wake) {
    loop {
        let mut open = lock(desk);
        let asked = loop {
            if open.closed {
                return;
            }
            if let Some(asked) = open.waiting.pop_front() {
                break asked;
            }
            open = bell.wait(open).unwrap_or_else(PoisonError::into_inner);
        };
        open.current = Some((asked.key.clone(), asked.watch.clone()));
        drop(open);
        let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            (asked.source)().and_then(|model| model.answer(&asked.query, &asked.watch))
        }));
        let answer = answer.unwrap_or_else(|_| Err(Failure::new("the model failed to answer")));
        let mut open = lock(desk);
        open.current = None;
        if !asked.watch.is_cancelled() {
            open.answers.retain(|(answered, _)| *answered != asked.key);
            open.answers.push((asked.key, answer));
            drop(open);
            wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Answers a `Sample` after it was let go, with as many nothings as asked for.
    struct Slow {
        begun: Mutex<mpsc::Sender<()>>,
        let_go: Mutex<mpsc::Receiver<()>>,
    }

    impl Model for Slow {
        fn answer(&self, query: &Query, watch: &Watch) -> Result<Answer, Failure> {
            self.begun.lock().unwrap().send(()).unwrap();
            self.let_go.lock().unwrap().recv().unwrap();
            watch.check()?;
            let Query::Sample { count, .. } = query else { return Err(Failure::new("only samples")) };
            Ok(Answer::Code { mean: vec![0.0; *count], standard_deviation: vec![] })
        }
    }

    /// Shows as many nothings as asked for, less one, before it is let go; then all.
    struct Telling(Slow);

    impl Model for Telling {
        fn answer(&self, query: &Query, watch: &Watch) -> Result<Answer, Failure> {
            let so_far = |count| Answer::Code { mean: vec![0.0; count], standard_deviation: vec![] };
            (0..3).for_each(|count| watch.show(so_far(count)));
            self.0.answer(query, watch)
        }
    }

    #[test]
    fn a_long_answer_shows_what_it_has_and_others_do_not_wait_for_it() {
        let (begun_tx, begun) = mpsc::channel();
        let (let_go, let_go_rx) = mpsc::channel();
        let slow = Slow { begun: Mutex::new(begun_tx), let_go: Mutex::new(let_go_rx) };
        let model: Arc<dyn Model> = Arc::new(Telling(slow));
        let source: ModelSource = Arc::new(move || Ok(Arc::clone(&model)));
        let questions = Questions::new(Arc::new(|| {}));
        let code = |count| Ok(Answer::Code { mean: vec![0.0; count], standard_deviation: vec![] });
        questions.ask("think", Query::Puzzle { seed: 0 }, Arc::clone(&source));
        begun.recv().unwrap();
        assert_eq!(questions.take(), [("think".to_owned(), code(2))], "only the latest of three");
        questions.ask("quick", Query::Sample { count: 5, seed: 0 }, Arc::clone(&source));
        begun.recv().unwrap();
        assert!(questions.is_busy());
        questions.call_off("think");
        assert_eq!(questions.take(), [("quick".to_owned(), code(2))]);
        (0..2).for_each(|_| let_go.send(()).unwrap());
    }

    #[test]
    fn of_questions_with_one_key_the_latest_is_answered() {
        let (begun_tx, begun) = mpsc::channel();
        let (let_go, let_go_rx) = mpsc::channel();
        let model: Arc<dyn Model> = Arc::new(Slow { begun: Mutex::new(begun_tx), let_go: Mutex::new(let_go_rx) });
        let source: ModelSource = Arc::new(move || Ok(Arc::clone(&model)));
        let (woken_tx, woken) = mpsc::channel();
        let woken_tx = Mutex::new(woken_tx);
        let questions = Questions::new(Arc::new(move || woken_tx.lock().unwrap().send(()).unwrap()));
        let ask = |count| questions.ask("k", Query::Sample { count, seed: 0 }, Arc::clone(&source));
        ask(1);
        begun.recv().unwrap();
        ask(2);
        ask(3);
        let_go.send(()).unwrap();
        begun.recv().unwrap();
        let_go.send(()).unwrap();
        woken.recv().unwrap();
        let answers = questions.take();
        let expected = Ok(Answer::Code { mean: vec![0.0; 3], standard_deviation: vec![] });
        assert_eq!(answers, [("k".to_owned(), expected)]);
    }
}
