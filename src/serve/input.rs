//! What a person types, on its way to their process. A process that does not read costs a bounded queue.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Bytes that wait for a process to read them; what comes beyond is dropped.
const WAITING: usize = 64 << 10;
/// Has the screen drawn anew.
const REDRAW: u8 = 0x0c;

/// A queue of bytes.
pub struct Input {
    queue: Mutex<Queue>,
    came: Notify,
}

struct Queue {
    bytes: VecDeque<u8>,
    last: Instant,
    /// Whether a message of the server covers a part of the screen.
    is_covered: bool,
}

impl Input {
    pub fn new() -> Self {
        let queue = Queue { bytes: VecDeque::new(), last: Instant::now(), is_covered: false };
        Input { queue: Mutex::new(queue), came: Notify::new() }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keys came.
    pub fn push(&self, keys: &[u8]) {
        let mut queue = self.queue();
        queue.last = Instant::now();
        if std::mem::take(&mut queue.is_covered) {
            queue.bytes.push_back(REDRAW);
        }
        let room = WAITING.saturating_sub(queue.bytes.len());
        queue.bytes.extend(&keys[..room.min(keys.len())]);
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

    /// Waits for bytes and takes at most so many. For one reader.
    pub async fn take(&self, most: usize) -> Vec<u8> {
        loop {
            {
                let mut queue = self.queue();
                let count = queue.bytes.len().min(most);
                if count > 0 {
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
}
