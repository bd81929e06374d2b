//! Questions to a model, answered on a thread of their own from a snapshot, so that none waits for a training step and
//! no training step waits for it. Of the questions with one key only the latest counts. Those that take long have a thread
//! for themselves, and may show what they have before they are done. What remembers is a session, of which a thread keeps
//! one for each name.

use super::inbox::Wake;
use crate::experiment::query::Recipient;
use crate::experiment::{Answer, ExperimentError, Model, Query, Session, TaskContext};
use crate::tensor::pool::release_unneeded;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Where the model to ask comes from: the latest snapshot of a run, or a model that does not change.
pub type ModelSource = Arc<dyn Fn() -> Result<Arc<dyn Model>, ExperimentError> + Send + Sync>;

/// The same model whenever it is asked for: that of a run as it was the first time.
pub fn of_one_moment(source: ModelSource) -> ModelSource {
    let taken = OnceLock::new();
    Arc::new(move || match taken.get() {
        Some(model) => Ok(Arc::clone(model)),
        None => {
            let model = source()?;
            Ok(Arc::clone(taken.get_or_init(|| model)))
        }
    })
}

/// An answer, or what there is of it so far, with the key of its question.
pub type Answered = (String, Result<Answer, ExperimentError>);

/// An answer that has come, and whether it is whole.
struct Arrived {
    key: String,
    answer: Result<Answer, ExperimentError>,
    done: bool,
}

/// A question and where it goes.
pub struct Question {
    /// Of the questions with one key only the latest counts.
    pub key: String,
    pub query: Query,
    pub source: ModelSource,
    /// Whose session answers where one does.
    pub session: String,
    /// Whether others must not wait for the answer.
    pub slow: bool,
    /// Whether it is answered before those that wait already.
    pub first: bool,
}

impl Question {
    pub fn new(key: impl Into<String>, query: Query, source: ModelSource, session: impl Into<String>) -> Self {
        let slow = matches!(&query, Query::Game(game) if game.takes_long());
        Question { key: key.into(), query, source, session: session.into(), slow, first: false }
    }
}

struct Asked {
    question: Question,
    task: TaskContext,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Asked>,
    /// The question being answered.
    current: Option<(String, TaskContext)>,
    answers: Vec<Arrived>,
    closed: bool,
}

/// Those who look on while a session is at work, by the session's name.
type Observers = Arc<Mutex<HashMap<String, Arc<dyn Model>>>>;

/// Asks on behalf of a screen.
pub struct Questions {
    quick: Worker,
    long: Worker,
}

/// A thread and what it is asked.
struct Worker {
    queue: Arc<(Mutex<Queue>, Condvar)>,
    thread: Option<JoinHandle<()>>,
    wake: Wake,
}

fn lock<T>(cell: &Mutex<T>) -> MutexGuard<'_, T> {
    cell.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Questions {
    /// Starts the threads. `wake` is called when an answer is there.
    pub fn new(wake: Wake) -> Self {
        let observers = Observers::default();
        Questions {
            quick: Worker::new("questions", Arc::clone(&wake), Arc::clone(&observers)),
            long: Worker::new("long questions", wake, observers),
        }
    }

    /// Asks; an earlier question with the same key is called off.
    pub fn ask(&self, question: Question) {
        let (worker, other) = if question.slow { (&self.long, &self.quick) } else { (&self.quick, &self.long) };
        other.call_off(&question.key);
        worker.ask(question);
    }

    /// Whether an answer is still to come.
    pub fn is_busy(&self) -> bool {
        [&self.quick, &self.long].into_iter().any(Worker::is_busy)
    }

    /// Whether all is answered that was asked, and all answers were taken.
    pub fn is_at_rest(&self) -> bool {
        [&self.quick, &self.long].into_iter().all(Worker::is_at_rest)
    }

    /// How far the question with this key is, if it is being answered and reports progress.
    pub fn share(&self, key: &str) -> Option<f32> {
        self.quick.share(key).or_else(|| self.long.share(key))
    }

    /// Whether the question with this key waits for the answer to another.
    pub fn is_waiting(&self, key: &str) -> bool {
        [&self.quick, &self.long].into_iter().any(|worker| worker.is_waiting(key))
    }

    /// Calls a question off.
    pub fn call_off(&self, key: &str) {
        self.quick.call_off(key);
        self.long.call_off(key);
    }

    /// Calls all questions off: nobody waits for their answers any more.
    pub fn call_off_all(&self) {
        self.quick.call_off_where(|_| true);
        self.long.call_off_where(|_| true);
    }

    /// Takes the answers that are there.
    pub fn take(&self) -> Vec<Answered> {
        self.take_marked().into_iter().map(|(key, answer, _)| (key, answer)).collect()
    }

    /// The same, each with whether it is whole.
    pub fn take_marked(&self) -> Vec<(String, Result<Answer, ExperimentError>, bool)> {
        let arrived = [&self.quick, &self.long].into_iter().flat_map(Worker::take);
        arrived.map(|Arrived { key, answer, done }| (key, answer, done)).collect()
    }
}

impl Worker {
    fn new(name: &str, wake: Wake, observers: Observers) -> Self {
        let queue = Arc::new((Mutex::new(Queue::default()), Condvar::new()));
        let (its, rung) = (Arc::clone(&queue), Arc::clone(&wake));
        let its_name = name.to_owned();
        let spawned = std::thread::Builder::new().name(name.into()).spawn(move || {
            attend(&its.0, &its.1, &its_name, &rung, Sessions { open: HashMap::new(), observers });
        });
        Worker { queue, thread: spawned.ok(), wake }
    }

    fn ask(&self, question: Question) {
        self.call_off(&question.key);
        let task = self.task(&question.key);
        let mut queue = lock(&self.queue.0);
        match question.first {
            true => queue.waiting.push_front(Asked { question, task }),
            false => queue.waiting.push_back(Asked { question, task }),
        }
        drop(queue);
        self.queue.1.notify_one();
    }

    /// A task under which partial answers come to the screen, the latest in place of those before.
    fn task(&self, key: &str) -> TaskContext {
        let (queue, wake, key) = (Arc::downgrade(&self.queue), Arc::clone(&self.wake), key.to_owned());
        TaskContext::hearing(move |so_far| {
            let Some(queue) = queue.upgrade() else { return };
            let mut open = lock(&queue.0);
            let current = open.current.as_ref();
            if !current.is_some_and(|(current, task)| *current == key && !task.is_cancelled()) {
                return;
            }
            open.answers.retain(|arrived| arrived.key != key);
            open.answers.push(Arrived { key: key.clone(), answer: Ok(so_far), done: false });
            drop(open);
            wake();
        })
    }

    fn is_busy(&self) -> bool {
        let queue = lock(&self.queue.0);
        queue.current.is_some() || !queue.waiting.is_empty()
    }

    fn is_waiting(&self, key: &str) -> bool {
        let queue = lock(&self.queue.0);
        queue.current.as_ref().is_some_and(|(current, _)| current != key)
            && queue.waiting.iter().any(|asked| asked.question.key == key)
    }

    fn is_at_rest(&self) -> bool {
        let queue = lock(&self.queue.0);
        queue.current.is_none() && queue.waiting.is_empty() && queue.answers.is_empty()
    }

    fn share(&self, key: &str) -> Option<f32> {
        let queue = lock(&self.queue.0);
        queue.current.as_ref().filter(|(current, _)| current == key).and_then(|(_, task)| task.share())
    }

    fn call_off(&self, key: &str) {
        self.call_off_where(|asked| asked == key);
    }

    fn call_off_where(&self, is_meant: impl Fn(&str) -> bool) {
        let mut queue = lock(&self.queue.0);
        queue.waiting.retain(|asked| !is_meant(&asked.question.key));
        queue.answers.retain(|arrived| !is_meant(&arrived.key));
        if let Some((_, task)) = queue.current.as_ref().filter(|(current, _)| is_meant(current)) {
            task.cancel();
        }
    }

    fn take(&self) -> Vec<Arrived> {
        std::mem::take(&mut lock(&self.queue.0).answers)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut queue = lock(&self.queue.0);
        queue.closed = true;
        queue.waiting.clear();
        if let Some((_, task)) = &queue.current {
            task.cancel();
        }
        drop(queue);
        self.queue.1.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic on it became the failure of an answer.
            let _ = thread.join();
        }
    }
}

type OpenSession = (Arc<dyn Model>, Box<dyn Session>);

/// The sessions of a thread, each with the model that it was opened from.
struct Sessions {
    open: HashMap<String, OpenSession>,
    observers: Observers,
}

impl Sessions {
    fn answer(&mut self, question: &Question, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let model = (question.source)()?;
        match question.query.recipient() {
            Recipient::Model => model.answer(&question.query, task),
            Recipient::Observer => {
                let observer = lock(&self.observers).get(&question.session).cloned();
                observer.unwrap_or(model).answer(&question.query, task)
            }
            Recipient::Session => {
                // Taken out while it is at work: one that panics is lost, not kept half done.
                let mut session = match self.open.remove(&question.session) {
                    Some((of, session)) if Arc::ptr_eq(&of, &model) => session,
                    before => model.session(before.map(|(_, session)| session))?,
                };
                let mut observers = lock(&self.observers);
                match session.observer() {
                    Some(observer) => drop(observers.insert(question.session.clone(), observer)),
                    None => drop(observers.remove(&question.session)),
                }
                drop(observers);
                let answer = session.answer(&question.query, task);
                self.open.insert(question.session.clone(), (model, session));
                answer
            }
        }
    }
}

/// How long nothing is asked before what was worked with is taken for unneeded.
const REST: Duration = Duration::from_millis(500);
/// Looks at what is unneeded once nothing is asked: the second finds what nobody has taken since the first.
const LOOKS: usize = 2;

/// What ends a wait for a question.
enum Waited<'q> {
    Asked(MutexGuard<'q, Queue>),
    Rested,
    Closed,
}

/// Waits until something is asked, at most so long if a time is given.
fn wait<'q>(queue: &'q Mutex<Queue>, bell: &Condvar, at_most: Option<Duration>) -> Waited<'q> {
    let nothing = |queue: &mut Queue| !queue.closed && queue.waiting.is_empty();
    let (open, rested) = match at_most {
        None => (bell.wait_while(lock(queue), nothing).unwrap_or_else(PoisonError::into_inner), false),
        Some(time) => {
            let waited = bell.wait_timeout_while(lock(queue), time, nothing);
            let (open, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            (open, timeout.timed_out())
        }
    };
    match (open.closed, rested) {
        (true, _) => Waited::Closed,
        (_, true) => Waited::Rested,
        _ => Waited::Asked(open),
    }
}

/// Has questions answered until no more will come. Where none comes for a while, the memory of answers goes back to the system.
fn attend(queue: &Mutex<Queue>, bell: &Condvar, name: &str, wake: &Wake, mut sessions: Sessions) {
    let mut looks = 0;
    loop {
        match wait(queue, bell, (looks > 0).then_some(REST)) {
            Waited::Asked(open) => {
                drop(open);
                // One thread of their own: an answer must not queue behind the pieces of a training step. It ends when there is nothing
                // to do: with it goes what products keep for each thread, a megabyte or two.
                let name = name.to_owned();
                let pool = rayon::ThreadPoolBuilder::new().num_threads(1).thread_name(move |_| name.clone()).build();
                let mut answer = || answer_until_rest(queue, bell, wake, &mut sessions);
                match pool {
                    Ok(pool) => pool.install(answer),
                    Err(_) => answer(),
                }
                looks = LOOKS;
            }
            Waited::Rested => {
                release_unneeded();
                looks -= 1;
            }
            Waited::Closed => return,
        }
    }
}

fn answer_until_rest(queue: &Mutex<Queue>, bell: &Condvar, wake: &Wake, sessions: &mut Sessions) {
    while let Waited::Asked(mut open) = wait(queue, bell, Some(REST)) {
        let Some(Asked { question, task }) = open.waiting.pop_front() else { continue };
        open.current = Some((question.key.clone(), task.clone()));
        drop(open);
        let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| sessions.answer(&question, &task)));
        let answer = answer.unwrap_or_else(|_| Err(ExperimentError::new("the model failed to answer")));
        let mut open = lock(queue);
        open.current = None;
        if !task.is_cancelled() {
            open.answers.retain(|arrived| arrived.key != question.key);
            open.answers.push(Arrived { key: question.key, answer, done: true });
            drop(open);
            wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::GameQuery;
    use std::sync::mpsc;

    fn nothings(count: usize) -> Answer {
        Answer::Examples { pictures: vec![], labels: vec![0; count] }
    }

    /// Answers a `Sample` after it was let go, with as many nothings as asked for.
    struct Slow {
        begun: Mutex<mpsc::Sender<()>>,
        let_go: Mutex<mpsc::Receiver<()>>,
    }

    impl Model for Slow {
        fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
            self.begun.lock().unwrap().send(()).unwrap();
            self.let_go.lock().unwrap().recv().unwrap();
            task.check()?;
            let Query::Sample { count, .. } = query else { return Err(ExperimentError::new("only samples")) };
            Ok(nothings(*count))
        }
    }

    /// Shows as many nothings as asked for, less one, before it is let go; then all.
    struct Telling(Slow);

    impl Model for Telling {
        fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
            (0..3).for_each(|count| task.show(nothings(count)));
            self.0.answer(query, task)
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
        let code = |count| Ok(nothings(count));
        let ask = |key: &str, query| questions.ask(Question::new(key, query, Arc::clone(&source), "lab"));
        ask("think", GameQuery::Puzzle { seed: 0 }.into());
        begun.recv().unwrap();
        assert_eq!(questions.take(), [("think".to_owned(), code(2))], "only the latest of three");
        ask("quick", Query::Sample { count: 5, seed: 0 });
        begun.recv().unwrap();
        assert!(questions.is_busy());
        questions.call_off("think");
        assert_eq!(questions.take(), [("quick".to_owned(), code(2))]);
        (0..2).for_each(|_| let_go.send(()).unwrap());
    }

    /// Questions to a slow model: it says when an answer is begun, and waits until it is let go; who asks is woken when it is there.
    struct Asking {
        questions: Questions,
        source: ModelSource,
        begun: mpsc::Receiver<()>,
        let_go: mpsc::Sender<()>,
        woken: mpsc::Receiver<()>,
    }

    impl Asking {
        fn of_a_slow_model() -> Self {
            let (begun_tx, begun) = mpsc::channel();
            let (let_go, let_go_rx) = mpsc::channel();
            let model: Arc<dyn Model> = Arc::new(Slow { begun: Mutex::new(begun_tx), let_go: Mutex::new(let_go_rx) });
            let source: ModelSource = Arc::new(move || Ok(Arc::clone(&model)));
            let (woken_tx, woken) = mpsc::channel();
            let woken_tx = Mutex::new(woken_tx);
            let questions = Questions::new(Arc::new(move || woken_tx.lock().unwrap().send(()).unwrap()));
            Asking { questions, source, begun, let_go, woken }
        }
    }

    #[test]
    fn of_questions_with_one_key_the_latest_is_answered() {
        let Asking { questions, source, begun, let_go, woken } = Asking::of_a_slow_model();
        let ask = |count| {
            questions.ask(Question::new("k", Query::Sample { count, seed: 0 }, Arc::clone(&source), "lab"));
        };
        ask(1);
        begun.recv().unwrap();
        ask(2);
        ask(3);
        let_go.send(()).unwrap();
        begun.recv().unwrap();
        let_go.send(()).unwrap();
        woken.recv().unwrap();
        assert!(!questions.is_busy() && !questions.is_at_rest(), "its answer was not taken");
        let answers = questions.take();
        let expected = Ok(nothings(3));
        assert_eq!(answers, [("k".to_owned(), expected)]);
        assert!(questions.is_at_rest());
    }

    /// What a person asks now does not wait for what was asked of what she does not look at.
    #[test]
    fn what_goes_first_is_answered_before_those_that_wait() {
        let Asking { questions, source, begun, let_go, woken } = Asking::of_a_slow_model();
        let ask = |key: &str, first| {
            let question = Question::new(key, Query::Sample { count: 1, seed: 0 }, Arc::clone(&source), "lab");
            questions.ask(Question { first, ..question });
        };
        ask("others", true);
        begun.recv().unwrap();
        ask("usual", false);
        ask("hers", true);
        assert!(questions.is_waiting("hers") && questions.is_waiting("usual") && !questions.is_waiting("others"));
        let mut order = Vec::new();
        for rest in (0..3).rev() {
            let_go.send(()).unwrap();
            woken.recv().unwrap();
            order.extend(questions.take().into_iter().map(|(key, _)| key));
            if rest > 0 {
                begun.recv().unwrap();
            }
        }
        assert_eq!(order, ["others", "hers", "usual"]);
    }

    /// Opens sessions that count what they were asked; one of before goes on counting.
    struct Counting;
    struct Count(usize);

    impl Model for Counting {
        fn answer(&self, _: &Query, _: &TaskContext) -> Result<Answer, ExperimentError> {
            Ok(nothings(100))
        }

        fn session(&self, before: Option<Box<dyn Session>>) -> Result<Box<dyn Session>, ExperimentError> {
            Ok(before.unwrap_or_else(|| Box::new(Count(0))))
        }
    }

    impl Session for Count {
        fn answer(&mut self, query: &Query, _: &TaskContext) -> Result<Answer, ExperimentError> {
            self.0 += 1;
            assert!(*query != Query::Talk(crate::experiment::TalkQuery::History), "a fault of the session");
            Ok(nothings(self.0))
        }
    }

    #[test]
    fn a_session_is_of_its_name_outlives_its_model_and_is_lost_by_a_panic() {
        use crate::experiment::TalkQuery;
        let (woken_tx, woken) = mpsc::channel();
        let woken_tx = Mutex::new(woken_tx);
        let questions = Questions::new(Arc::new(move || woken_tx.lock().unwrap().send(()).unwrap()));
        let model: Arc<dyn Model> = Arc::new(Counting);
        let same: ModelSource = Arc::new(move || Ok(Arc::clone(&model)));
        let fresh: ModelSource = Arc::new(|| Ok(Arc::new(Counting)));
        let ask = |session: &str, source: &ModelSource, talk: TalkQuery| {
            questions.ask(Question::new("k", talk.into(), Arc::clone(source), session));
            woken.recv().unwrap();
            questions.take().remove(0).1
        };
        let line = || TalkQuery::Complete { line: String::new() };
        assert_eq!(ask("a", &same, line()), Ok(nothings(1)));
        assert_eq!(ask("a", &same, line()), Ok(nothings(2)));
        assert_eq!(ask("b", &same, line()), Ok(nothings(1)), "another's session is its own");
        assert_eq!(ask("a", &fresh, line()), Ok(nothings(3)), "a newer model takes the session over");
        assert!(ask("a", &same, TalkQuery::History).is_err());
        assert_eq!(ask("a", &same, line()), Ok(nothings(1)), "after a panic it begins anew");
    }

    #[test]
    fn what_is_asked_of_one_moment_has_one_model() {
        let taken = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&taken);
        let source: ModelSource = Arc::new(move || {
            *lock(&counted) += 1;
            if *lock(&counted) == 1 { Err(ExperimentError::new("no model yet")) } else { Ok(Arc::new(Counting)) }
        });
        let model = of_one_moment(source);
        assert!(model().is_err());
        let (first, second) = (model().unwrap(), model().unwrap());
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(*lock(&taken), 2, "what failed is tried again, what was there is kept");
    }
}
