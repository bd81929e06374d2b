//! Buffers that one training step leaves for the next.
//!
//! The steps of a training run need the same buffers over and over: asking the system for them, page by page and
//! zeroed, and giving them back cost a quarter of a step. A [`Tensor`](super::Tensor) that is dropped puts its buffer on
//! the shelf of its length; the next tensor of that length takes it from there.

use super::Element;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Buffers given back between two looks at what nobody needs any more.
const PERIOD: usize = 1 << 16;

/// Shelves of buffers of one element type, shared by all threads.
pub struct Pool<E> {
    shelves: Mutex<Shelves<E>>,
}

struct Shelves<E> {
    by_length: BTreeMap<usize, Shelf<E>>,
    given: usize,
}

struct Shelf<E> {
    buffers: Vec<Vec<E>>,
    /// Buffers taken from here and not given back. Nobody's place is kept for what came from elsewhere, such as a batch of
    /// data: it would be one more with every step.
    lent: usize,
    /// The fewest buffers there were since the last look: so many more than needed.
    fewest: usize,
}

impl<E: Element> Pool<E> {
    pub(super) const fn new() -> Self {
        Pool { shelves: Mutex::new(Shelves { by_length: BTreeMap::new(), given: 0 }) }
    }

    /// A buffer of `length` elements of **any** values, for those who write every one.
    pub fn take(&self, length: usize) -> Vec<E> {
        if length == 0 {
            return Vec::new();
        }
        let mut shelves = self.lock();
        let shelf = shelves.by_length.entry(length).or_insert(Shelf { buffers: Vec::new(), lent: 0, fewest: 0 });
        shelf.lent += 1;
        let found = shelf.buffers.pop();
        shelf.fewest = shelf.fewest.min(shelf.buffers.len());
        drop(shelves);
        found.unwrap_or_else(|| vec![E::zero(); length])
    }

    /// A buffer of `length` elements, each `value`.
    pub fn filled(&self, length: usize, value: E) -> Vec<E> {
        let mut buffer = self.take(length);
        buffer.fill(value);
        buffer
    }

    /// A copy of `values`.
    pub fn copy(&self, values: &[E]) -> Vec<E> {
        let mut buffer = self.take(values.len());
        buffer.copy_from_slice(values);
        buffer
    }

    /// Puts a buffer on its shelf.
    pub fn give(&self, buffer: Vec<E>) {
        if buffer.is_empty() {
            return;
        }
        let mut unneeded = Vec::new();
        let mut shelves = self.lock();
        match shelves.by_length.get_mut(&buffer.len()) {
            Some(shelf) if shelf.lent > 0 => {
                shelf.lent -= 1;
                shelf.buffers.push(buffer);
            }
            _ => unneeded.push(buffer),
        }
        shelves.given += 1;
        if shelves.given >= PERIOD {
            shelves.given = 0;
            for shelf in shelves.by_length.values_mut() {
                unneeded.extend(shelf.buffers.drain(..shelf.fewest));
                shelf.fewest = shelf.buffers.len();
            }
            shelves.by_length.retain(|_, shelf| shelf.lent > 0 || !shelf.buffers.is_empty());
        }
        drop(shelves); // what is unneeded goes back to the system without the lock
    }

    fn lock(&self) -> MutexGuard<'_, Shelves<E>> {
        // A panic elsewhere leaves the shelves whole: each change is one push or pop.
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_to_who_asks_for_its_length() {
        let pool = Pool::<f64>::new();
        let mut buffer = pool.take(1000);
        buffer[7] = 3.0;
        let address = buffer.as_ptr();
        pool.give(buffer);
        let other = pool.take(999);
        assert_ne!(other.as_ptr(), address);
        let again = pool.take(1000);
        assert_eq!((again.as_ptr(), again[7]), (address, 3.0));
        pool.give(again);
        assert_eq!(pool.filled(1000, 1.0)[7], 1.0);
    }

    #[test]
    fn what_nobody_takes_goes_back_to_the_system() {
        let pool = Pool::<f64>::new();
        let ten: Vec<_> = (0..10).map(|_| pool.take(50)).collect();
        ten.into_iter().for_each(|buffer| pool.give(buffer));
        for _ in 0..2 * PERIOD {
            let pair = (pool.take(20), pool.take(20));
            pool.give(pair.0);
            pool.give(pair.1);
        }
        let shelves = pool.lock();
        assert!(!shelves.by_length.contains_key(&50));
        assert_eq!(shelves.by_length[&20].buffers.len(), 2);
    }

    #[test]
    fn what_came_from_elsewhere_is_not_kept() {
        let pool = Pool::<f64>::new();
        let own = pool.take(30);
        for _ in 0..10 {
            pool.give(vec![0.0; 30]);
            pool.give(vec![0.0; 40]);
        }
        pool.give(own);
        let shelves = pool.lock();
        assert_eq!(shelves.by_length[&30].buffers.len(), 1);
        assert!(!shelves.by_length.contains_key(&40));
    }
}
