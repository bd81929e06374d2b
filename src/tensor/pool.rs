//! Buffers that one training step leaves for the next.
//!
//! The steps of a training run need the same buffers over and over: asking the system for them, page by page and
//! zeroed, and giving them back cost a quarter of a step. A [`Tensor`](super::Tensor) that is dropped puts its buffer on
//! the shelf of its length; the next tensor of that length takes it from there.
//!
//! What is kept is bounded: texts that are written a token at a time need buffers of ever new lengths, each of them once. Beyond a multiple
//! of what was in use at one time, those that nobody has taken for the longest time go back to the system.

use super::Element;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Buffers given back between two looks at what nobody needs any more.
const PERIOD: u64 = 1 << 16;
/// Numbers in and out of use together, as a multiple of those that were in use at one time. A step whose phases need buffers of different
/// lengths stays below.
const MOST: usize = 3;
/// And so many more.
const ALWAYS: usize = 1 << 20;

/// Shelves of buffers of one element type, shared by all threads.
pub struct Pool<E> {
    shelves: Mutex<Shelves<E>>,
}

struct Shelves<E> {
    by_length: BTreeMap<usize, Shelf<E>>,
    /// Buffers given back so far, and at the last look.
    given: u64,
    looked: u64,
    /// Numbers that lie here, and numbers that are in use; what is never given back, as after a panic, counts among these.
    idle: usize,
    lent: usize,
    /// The most that were in use at one time since the last look, and between the two looks before it: between two steps little is in use.
    most_lent: [usize; 2],
}

struct Shelf<E> {
    buffers: Vec<Vec<E>>,
    /// Buffers taken from here and not given back. Nobody's place is kept for what came from elsewhere, such as a batch of
    /// data: it would be one more with every step.
    lent: usize,
    /// The fewest buffers there were since the last look: so many more than needed.
    fewest: usize,
    /// When the last buffer came, as a number of those given back.
    used: u64,
}

impl<E> Shelf<E> {
    const EMPTY: Self = Shelf { buffers: Vec::new(), lent: 0, fewest: 0, used: 0 };

    /// Takes so many buffers away.
    fn clear(&mut self, count: usize) -> std::vec::Drain<'_, Vec<E>> {
        self.fewest = self.fewest.min(self.buffers.len() - count);
        self.buffers.drain(..count)
    }
}

impl<E> Shelves<E> {
    const EMPTY: Self =
        Shelves { by_length: BTreeMap::new(), given: 0, looked: 0, idle: 0, lent: 0, most_lent: [0; 2] };

    /// Numbers that may lie here beside those in use.
    fn room(&self) -> usize {
        (MOST * self.most_lent[0].max(self.most_lent[1]) + ALWAYS).saturating_sub(self.lent)
    }

    /// Takes what nobody has needed since the last look.
    fn look(&mut self) -> Vec<Vec<E>> {
        let mut unneeded = Vec::new();
        for (length, shelf) in &mut self.by_length {
            let count = shelf.fewest;
            self.idle -= length * count;
            unneeded.extend(shelf.clear(count));
            shelf.fewest = shelf.buffers.len();
        }
        self.by_length.retain(|_, shelf| shelf.lent > 0 || !shelf.buffers.is_empty());
        (self.looked, self.most_lent) = (self.given, [self.lent, self.most_lent[0]]);
        unneeded
    }

    /// Takes buffers of those lengths that were given back longest ago, until half of the room is free.
    fn make_room(&mut self) -> Vec<Vec<E>> {
        let room = self.room() / 2;
        let mut oldest: Vec<(u64, usize)> = (self.by_length.iter())
            .filter(|(_, shelf)| !shelf.buffers.is_empty())
            .map(|(length, shelf)| (shelf.used, *length))
            .collect();
        oldest.sort_unstable();
        let mut unneeded = Vec::new();
        for (_, length) in oldest {
            if self.idle <= room {
                break;
            }
            let shelf = self.by_length.get_mut(&length).expect("just listed");
            let count = (self.idle - room).div_ceil(length).min(shelf.buffers.len());
            self.idle -= length * count;
            unneeded.extend(shelf.clear(count));
        }
        unneeded
    }
}

impl<E: Element> Pool<E> {
    pub(super) const fn new() -> Self {
        Pool { shelves: Mutex::new(Shelves::EMPTY) }
    }

    /// A buffer of `length` elements of **any** values, for those who write every one.
    pub fn take(&self, length: usize) -> Vec<E> {
        if length == 0 {
            return Vec::new();
        }
        let mut shelves = self.lock();
        shelves.lent += length;
        shelves.most_lent[0] = shelves.most_lent[0].max(shelves.lent);
        let shelf = shelves.by_length.entry(length).or_insert(Shelf::EMPTY);
        shelf.lent += 1;
        let found = shelf.buffers.pop();
        shelf.fewest = shelf.fewest.min(shelf.buffers.len());
        if found.is_some() {
            shelves.idle -= length;
        }
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
        let length = buffer.len();
        let mut unneeded = Vec::new();
        let mut shelves = self.lock();
        shelves.given += 1;
        let now = shelves.given;
        match shelves.by_length.get_mut(&length) {
            Some(shelf) if shelf.lent > 0 => {
                shelf.lent -= 1;
                shelf.used = now;
                shelf.buffers.push(buffer);
                shelves.lent -= length;
                shelves.idle += length;
            }
            _ => unneeded.push(buffer),
        }
        if shelves.idle > shelves.room() {
            unneeded.extend(shelves.make_room());
        }
        if shelves.given - shelves.looked >= PERIOD {
            unneeded.extend(shelves.look());
        }
        drop(shelves); // what is unneeded goes back to the system without the lock
    }

    /// Gives back what nobody has taken since the last look.
    fn look(&self) {
        let unneeded = self.lock().look();
        drop(unneeded); // without the lock
    }

    fn lock(&self) -> MutexGuard<'_, Shelves<E>> {
        // A panic elsewhere leaves the shelves whole: each change is one push or pop.
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives buffers of all types back that nobody has taken since this was called before: for whoever rests. Called twice in a row it gives
/// back every buffer that is not in use.
pub fn release_unneeded() {
    f32::pool().look();
    f64::pool().look();
    trim();
}

/// Gives pages back to the system that the allocator keeps: between what is still in use, those of freed buffers stay with the process
/// otherwise.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    // SAFETY: glibc's `malloc_trim` takes no pointer and may be called from any thread at any time (malloc_trim(3): MT-Safe).
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

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
    fn two_looks_in_a_row_leave_only_what_is_in_use() {
        let pool = Pool::<f64>::new();
        let (kept, unneeded) = (pool.take(70), pool.take(80));
        pool.give(unneeded);
        pool.look();
        assert_eq!(pool.lock().by_length[&80].buffers.len(), 1, "it was taken since the last look");
        pool.look();
        assert!(!pool.lock().by_length.contains_key(&80));
        pool.give(kept);
        assert_eq!(pool.lock().by_length[&70].buffers.len(), 1, "its place was kept");
    }

    /// A text that grows needs a buffer longer than the last at each of its tokens.
    #[test]
    fn of_buffers_of_ever_new_lengths_the_latest_are_kept() {
        let pool = Pool::<f64>::new();
        let kept = pool.take(3 * ALWAYS);
        let bound = MOST * (4 * ALWAYS + 1000) + ALWAYS;
        for length in ALWAYS..ALWAYS + 1000 {
            pool.give(pool.take(length));
            let shelves = pool.lock();
            let there: usize = shelves.by_length.iter().map(|(length, shelf)| length * shelf.buffers.len()).sum();
            assert_eq!(shelves.idle, there);
            assert!(shelves.idle + shelves.lent <= bound, "{}", shelves.idle);
        }
        assert!(pool.lock().by_length.get(&(ALWAYS + 999)).is_some_and(|shelf| shelf.buffers.len() == 1));
        assert!(pool.lock().by_length.get(&ALWAYS).is_none_or(|shelf| shelf.buffers.is_empty()));
        pool.give(kept);
        pool.look();
        pool.look();
        let shelves = pool.lock();
        assert_eq!((shelves.idle, shelves.lent, shelves.by_length.len()), (0, 0, 0));
    }

    /// Forward, then backward: what one phase leaves is there when its turn comes again.
    #[test]
    fn a_step_of_two_phases_finds_all_its_buffers_again() {
        let pool = Pool::<f64>::new();
        let phase = |from: usize| {
            let buffers: Vec<_> = (0..10).map(|place| pool.take(from + place)).collect();
            let addresses: Vec<_> = buffers.iter().map(|buffer| buffer.as_ptr()).collect();
            buffers.into_iter().for_each(|buffer| pool.give(buffer));
            addresses
        };
        let step = || [phase(ALWAYS / 4), phase(ALWAYS / 2)];
        let first = step();
        for number in 0..100 {
            if number % 10 == 0 {
                pool.look();
            }
            assert_eq!(step(), first);
        }
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
