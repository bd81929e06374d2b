//! What a person types, or a file that they send, on its way to their process. A process that does not read costs a bounded queue.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Bytes that wait for a process to read them; what comes beyond is dropped.
const WAITING: usize = 64 << 10;
/// Has the screen drawn anew.
const REDRAW: u8 = 0x0c;

/// A queue of bytes: of keys, or of a file that has an end.
pub struct Input {
    queue: Mutex<Queue>,
    came: Notify,
}

struct Queue {
    bytes: VecDeque<u8>,
    last: Instant,
    /// Whether a message of the server covers a part of the screen.
    is_covered: bool,
    /// Bytes that may still come of a file; none of keys, which have no end.
    left: Option<usize>,
}

impl Input {
    /// For keys.
    pub fn new() -> Self {
        Self::with(None)
    }

    /// For a file, of which so many bytes are taken; there it ends, whatever else comes.
    pub fn of_file(most: usize) -> Self {
        Self::with(Some(most))
    }

    fn with(left: Option<usize>) -> Self {
        let queue = Queue { bytes: VecDeque::new(), last: Instant::now(), is_covered: false, left };
        Input { queue: Mutex::new(queue), came: Notify::new() }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keys came, or a piece of the file.
    pub fn push(&self, keys: &[u8]) {
        let mut queue = self.queue();
        queue.last = Instant::now();
        if std::mem::take(&mut queue.is_covered) {
            queue.bytes.push_back(REDRAW);
        }
        let room = queue.left.unwrap_or_else(|| WAITING.saturating_sub(queue.bytes.len()));
        let taken = room.min(keys.len());
        queue.bytes.extend(&keys[..taken]);
        queue.left = queue.left.map(|left| left - taken);
        drop(queue);
        self.came.notify_one();
    }

    /// The client sends no more: a file ends here. Keys may still be meant for the screen.
    pub fn end(&self) {
        let mut queue = self.queue();
        queue.left = queue.left.map(|_| 0);
        drop(queue);
        self.came.notify_one();
    }

    /// A message of the server lies over the screen: the next key has it drawn anew first.
    pub fn cover(&self) {
        self.queue().is_covered = true;
    }

    /// When the last key came, or the session began.
    pub fn last(&self) -> Instant {
        self.queue().last
    }

    /// Waits for bytes and takes at most so many; none at the end of a file. For one reader.
    pub async fn take(&self, most: usize) -> Vec<u8> {
        loop {
            {
                let mut queue = self.queue();
                let count = queue.bytes.len().min(most);
                if count > 0 || queue.left == Some(0) {
                    return queue.bytes.drain(..count).collect();
                }
            }
            self.came.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn more_than_waits_is_dropped_and_the_rest_comes_in_order() {
        let input = Input::new();
        input.push(&vec![b'a'; WAITING - 1]);
        input.push(b"bc");
        input.push(b"d");
        assert_eq!(input.take(WAITING - 1).await, vec![b'a'; WAITING - 1]);
        assert_eq!(input.take(9).await, b"b");
        input.cover();
        input.push(b"x");
        input.push(b"y");
        assert_eq!(input.take(9).await, b"\x0cxy");
    }

    #[tokio::test]
    async fn a_file_is_taken_to_its_end_or_as_far_as_it_may_go() {
        let whole = Input::of_file(WAITING + 10);
        whole.push(&vec![b'a'; WAITING + 5]);
        assert_eq!(whole.take(WAITING + 9).await.len(), WAITING + 5);
        whole.push(b"b");
        whole.end();
        whole.push(b"late");
        assert_eq!(whole.take(9).await, b"b");
        assert_eq!((whole.take(9).await, whole.take(9).await), (vec![], vec![]));
        let long = Input::of_file(3);
        long.push(b"abcd");
        assert_eq!((long.take(9).await, long.take(9).await), (b"abc".to_vec(), vec![]));
        let keys = Input::new();
        keys.end();
        keys.push(b"x");
        assert_eq!(keys.take(9).await, b"x");
    }
}
