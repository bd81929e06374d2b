//! Places to train: so many at a time, and who came first goes first.

/// The places, and who waits for one, by their sessions.
#[derive(Debug, Default)]
pub struct Queue {
    /// None where everybody may train.
    most: Option<usize>,
    taken: Vec<u64>,
    waiting: Vec<u64>,
}

impl Queue {
    pub fn new(most: Option<usize>) -> Self {
        Queue { most, ..Queue::default() }
    }

    /// Whether a place is needed at all.
    pub fn is_needed(&self) -> bool {
        self.most.is_some()
    }

    /// Asks for a place.
    pub fn ask(&mut self, session: u64) {
        if !self.taken.contains(&session) && !self.waiting.contains(&session) {
            self.waiting.push(session);
        }
        self.go_on();
    }

    /// Gives a place back, or leaves the queue; whether there was one.
    pub fn leave(&mut self, session: u64) -> bool {
        let before = self.taken.len() + self.waiting.len();
        self.taken.retain(|taken| *taken != session);
        self.waiting.retain(|waiting| *waiting != session);
        self.go_on();
        before != self.taken.len() + self.waiting.len()
    }

    fn go_on(&mut self) {
        let free = self.most.unwrap_or(usize::MAX).saturating_sub(self.taken.len());
        let next = self.waiting.drain(..free.min(self.waiting.len()));
        self.taken.extend(next);
    }

    /// Who has a place, and who waits with how many before them.
    pub fn standing(&self) -> impl Iterator<Item = (u64, Option<usize>)> {
        let waiting = self.waiting.iter().enumerate().map(|(ahead, session)| (*session, Some(ahead)));
        self.taken.iter().map(|session| (*session, None)).chain(waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(queue: &Queue) -> Vec<(u64, Option<usize>)> {
        queue.standing().collect()
    }

    #[test]
    fn who_came_first_trains_first() {
        let mut queue = Queue::new(Some(2));
        [1, 2, 3, 4, 3].into_iter().for_each(|session| queue.ask(session));
        assert_eq!(standing(&queue), [(1, None), (2, None), (3, Some(0)), (4, Some(1))]);
        assert!(queue.leave(3) && !queue.leave(3));
        assert!(queue.leave(1));
        assert_eq!(standing(&queue), [(2, None), (4, None)]);
        let mut open = Queue::new(None);
        open.ask(7);
        assert!(!open.is_needed());
        assert_eq!(standing(&open), [(7, None)]);
    }
}
