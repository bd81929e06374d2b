//! Whether somebody looks. What moves on a screen wakes the processor some times a second and sends pictures over a line that may be slow:
//! while nobody looks, nothing moves.

use std::time::{Duration, Instant};

/// What is in motion rests when no key, click or paste has come for so long, and goes on with the next.
const LASTS: Duration = Duration::from_secs(30);

/// When somebody was there last.
pub struct Attention {
    last: Instant,
}

impl Attention {
    pub fn from(now: Instant) -> Self {
        Attention { last: now }
    }

    /// Somebody has pressed a key, or moved the mouse.
    pub fn attract(&mut self, now: Instant) {
        self.last = now;
    }

    /// Whether somebody was there of late.
    pub fn is_paid(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) < LASTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_rests_after_the_last_key_and_goes_on_with_the_next() {
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let mut attention = Attention::from(begin);
        assert!(attention.is_paid(begin) && attention.is_paid(after(29)));
        attention.attract(after(20));
        assert!(attention.is_paid(after(49)));
        assert!(!attention.is_paid(after(50)) && !attention.is_paid(after(5000)));
        attention.attract(after(5000));
        assert!(attention.is_paid(after(5000)) && attention.is_paid(after(5029)));
        assert!(!attention.is_paid(after(5030)));
    }
}
