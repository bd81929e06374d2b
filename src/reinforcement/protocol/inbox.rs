//! Lines that another program sends, in their order: also while something else goes on.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Lines that have come and were not taken yet, and those to come.
pub struct Inbox {
    lines: Receiver<String>,
    waiting: VecDeque<String>,
    /// Whether nobody can send any more.
    closed: bool,
}

impl Inbox {
    pub fn new(lines: Receiver<String>) -> Self {
        Inbox { lines, waiting: VecDeque::new(), closed: false }
    }

    /// The next line, once there is one; none when there will be no more.
    pub fn take(&mut self) -> Option<String> {
        self.waiting.pop_front().or_else(|| self.lines.recv().ok())
    }

    /// Waits so long at most for a line; whether one waits, or none can come any more.
    pub fn wait(&mut self, longest: Duration) -> bool {
        let end = Instant::now() + longest;
        while self.waiting.is_empty() && !self.closed {
            let left = end.saturating_duration_since(Instant::now());
            if !self.gather(left) && left.is_zero() {
                return false;
            }
        }
        true
    }

    /// Waits so long at most for another line beside those that wait; whether one came.
    pub fn gather(&mut self, longest: Duration) -> bool {
        match self.lines.recv_timeout(longest) {
            Ok(line) => {
                self.waiting.push_back(line);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                self.closed = true;
                false
            }
        }
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The lines that wait, the next one first.
    pub fn waiting(&mut self) -> &mut VecDeque<String> {
        &mut self.waiting
    }
}

/// What the lines that came while a search goes on mean for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    pub stop: bool,
    /// The move that was pondered about was made.
    pub hit: bool,
    pub ready: u32,
}

/// Looks through the lines behind a `go` for those that are meant for its search, from the first not looked at yet. `isready` is taken out to be
/// answered at once; after a `stop` the rest is meant for later.
pub fn overhear(waiting: &mut VecDeque<String>, looked: &mut usize) -> Heard {
    let mut heard = Heard::default();
    while let Some(line) = waiting.get(*looked) {
        match line.split_whitespace().next() {
            Some("isready") => {
                waiting.remove(*looked);
                heard.ready += 1;
                continue;
            }
            Some("stop" | "quit") => {
                heard.stop = true;
                return heard;
            }
            Some("ponderhit") => heard.hit = true,
            _ => {}
        }
        *looked += 1;
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn each_search_hears_its_own_stop() {
        let (send, receive) = channel();
        let mut inbox = Inbox::new(receive);
        for line in ["isready", "stop", "position startpos", "go infinite", "ponderhit", "quit"] {
            send.send(line.to_owned()).unwrap();
        }
        drop(send);
        while !inbox.is_closed() {
            inbox.gather(Duration::from_secs(1));
        }
        let heard = overhear(inbox.waiting(), &mut 0);
        assert_eq!(heard, Heard { stop: true, hit: false, ready: 1 });
        assert_eq!(inbox.take().as_deref(), Some("stop"), "and the rest is as it was");
        assert_eq!([inbox.take(), inbox.take()].map(Option::unwrap), ["position startpos", "go infinite"]);
        let heard = overhear(inbox.waiting(), &mut 0);
        assert_eq!(heard, Heard { stop: true, hit: true, ready: 0 });
        (0..2).for_each(|_| assert!(inbox.take().is_some()));
        assert!(inbox.wait(Duration::ZERO), "nothing can come any more");
        assert_eq!(inbox.take(), None);
    }

    #[test]
    fn waiting_ends_with_a_line_or_with_the_time() {
        let (send, receive) = channel();
        let mut inbox = Inbox::new(receive);
        assert!(!inbox.wait(Duration::ZERO));
        send.send("name".to_owned()).unwrap();
        assert!(inbox.wait(Duration::from_secs(60)));
        assert_eq!(inbox.take().as_deref(), Some("name"));
    }
}
