//! Events on their way to a screen. A slow screen never slows a run: what was not fetched yet is merged.

use crate::experiment::Event;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Called when there is something to fetch; must return at once.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Events not fetched yet.
pub struct Inbox {
    waiting: Mutex<Vec<Event>>,
    wake: Wake,
}

impl Inbox {
    pub fn new(wake: Wake) -> Self {
        Inbox { waiting: Mutex::default(), wake }
    }

    /// Puts an event in. A view takes the place of the one of the same name, progress of progress; all else waits in
    /// order. The record on disk has everything.
    pub fn put(&self, event: &Event) {
        let mut waiting = self.lock();
        let replaced = match event {
            Event::Progress { .. } => waiting.iter().position(|old| matches!(old, Event::Progress { .. })),
            Event::View { name, .. } => {
                waiting.iter().position(|old| matches!(old, Event::View { name: other, .. } if other == name))
            }
            _ => None,
        };
        if let Some(index) = replaced {
            waiting.remove(index);
        }
        waiting.push(event.clone());
        let first = waiting.len() == 1;
        drop(waiting);
        if first || event.is_last() {
            (self.wake)();
        }
    }

    /// Takes everything out.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_and_progress_are_merged_and_values_are_not() {
        let inbox = Inbox::new(Arc::new(|| {}));
        let view = |step| Event::View { name: "samples".into(), step, keep: false, panels: vec![] };
        let scalar = |step| Event::Scalar { series: "a".into(), step, value: 0.0 };
        for step in 1..=3 {
            inbox.put(&view(step));
            inbox.put(&scalar(step));
        }
        assert_eq!(inbox.take(), [scalar(1), scalar(2), view(3), scalar(3)]);
        assert!(inbox.take().is_empty());
    }
}
