//! Places to train: so many at a time, and who came first goes first. An account that trains already waits for those that do not.

/// The places, and who waits for one, by their sessions.
#[derive(Debug, Default)]
pub struct Queue {
    /// None where everybody may train.
    most: Option<usize>,
    taken: Vec<(u64, String)>,
    waiting: Vec<(u64, String)>,
}

impl Queue {
    pub fn new(most: Option<usize>) -> Self {
        Queue { most, ..Queue::default() }
    }

    /// Whether a place is needed at all.
    pub fn is_needed(&self) -> bool {
        self.most.is_some()
    }

    /// Asks for a place for a session of an account.
    pub fn ask(&mut self, session: u64, account: &str) {
        if self.standing(session).is_none() {
            self.waiting.push((session, account.to_owned()));
        }
        self.go_on();
    }

    /// Gives a place back, or leaves the queue.
    pub fn leave(&mut self, session: u64) {
        self.taken.retain(|(taken, _)| *taken != session);
        self.waiting.retain(|(waiting, _)| *waiting != session);
        self.go_on();
    }

    fn go_on(&mut self) {
        let most = self.most.unwrap_or(usize::MAX);
        while self.taken.len() < most && !self.waiting.is_empty() {
            let trains = |account: &String| self.taken.iter().any(|(_, other)| other == account);
            let next = self.waiting.iter().position(|(_, account)| !trains(account)).unwrap_or(0);
            self.taken.push(self.waiting.remove(next));
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many wait before a session; none before one that has a place. Nothing is known of one that has not asked.
    pub fn standing(&self, session: u64) -> Option<Option<usize>> {
        let has_place = self.taken.iter().any(|(taken, _)| *taken == session);
        let ahead = || self.waiting.iter().position(|(waiting, _)| *waiting == session);
        if has_place { Some(None) } else { ahead().map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_first_trains_first_and_one_account_does_not_take_all() {
        let mut queue = Queue::new(Some(2));
        for (session, account) in [(1, "anna"), (2, "anna"), (3, "anna"), (4, "ben"), (4, "ben")] {
            queue.ask(session, account);
        }
        let standing = |queue: &Queue| [1, 2, 3, 4, 5].map(|session| queue.standing(session));
        assert_eq!(standing(&queue), [Some(None), Some(None), Some(Some(0)), Some(Some(1)), None]);
        assert_eq!(queue.waiting(), 2);
        queue.leave(1);
        assert_eq!(standing(&queue), [None, Some(None), Some(Some(0)), Some(None), None]);
        queue.leave(3);
        queue.leave(3);
        queue.leave(2);
        queue.ask(5, "ben");
        assert_eq!(standing(&queue), [None, None, None, Some(None), Some(None)]);
        let mut open = Queue::new(None);
        open.ask(7, "guest");
        assert!(!open.is_needed());
        assert_eq!(open.standing(7), Some(None));
    }
}
