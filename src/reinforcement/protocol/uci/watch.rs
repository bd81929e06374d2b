//! When a search is to stop, and when what it found may be printed.

use super::super::inbox::Heard;
use super::{Go, Until};
use crate::reinforcement::search::Budget;
use std::time::{Duration, Instant};

/// Watches over the search of one `go`. Its clock is the caller's.
#[derive(Debug)]
pub struct StopCondition {
    go: Go,
    /// Whether a `stop` or a `ponderhit` is waited for.
    held: bool,
    /// When the time that a `ponderhit` has started is up.
    end: Option<Instant>,
}

impl StopCondition {
    pub fn of(go: Go) -> Self {
        StopCondition { go, held: go.until != Until::Spent, end: None }
    }

    /// What the search may spend; one that ponders has no bounds before its clock runs.
    pub fn budget(&self) -> Budget {
        if self.go.until == Until::Hit { Budget::default() } else { self.go.budget }
    }

    /// Takes what has come by now, `closed` if nothing more can come; whether the search is to stop.
    pub fn must_stop(&mut self, heard: Heard, closed: bool, now: Instant) -> bool {
        if heard.hit && self.held && self.go.until == Until::Hit {
            self.held = false;
            self.end = Some(now + self.go.budget.time.unwrap_or(Duration::ZERO));
        }
        let is_up = self.end.is_some_and(|end| now >= end);
        // Nobody can say stop any more, so an endless search ends as well.
        let is_left = closed && (self.held || self.end.is_none() && self.budget() == Budget::default());
        let stops = heard.stop || is_up || is_left;
        self.held &= !stops;
        stops
    }

    /// Whether what was found may be printed once the search has ended.
    pub fn may_print(&self) -> bool {
        !self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Heard = Heard { stop: false, hit: false, ready: 0 };
    const STOP: Heard = Heard { stop: true, ..NOTHING };
    const HIT: Heard = Heard { hit: true, ..NOTHING };

    fn watch(until: Until) -> StopCondition {
        StopCondition::of(Go { budget: Budget { time: Some(Duration::from_secs(2)), ..Budget::default() }, until })
    }

    #[test]
    fn what_is_found_early_is_held_until_it_is_asked_for() {
        let now = Instant::now();
        for until in [Until::Stop, Until::Hit] {
            let mut watch = watch(until);
            assert!(!watch.must_stop(NOTHING, false, now + Duration::from_secs(99)) && !watch.may_print());
            assert!(watch.must_stop(STOP, false, now) && watch.may_print());
        }
        assert!(watch(Until::Spent).may_print());
        let mut endless = watch(Until::Stop);
        assert!(!endless.must_stop(HIT, false, now) && !endless.may_print(), "nothing was pondered about");
    }

    #[test]
    fn the_clock_runs_from_the_ponderhit() {
        let (now, mut watch) = (Instant::now(), watch(Until::Hit));
        assert_eq!(watch.budget(), Budget::default());
        let later = |seconds| now + Duration::from_secs(seconds);
        assert!(!watch.must_stop(NOTHING, false, later(10)));
        assert!(!watch.must_stop(HIT, false, later(20)) && watch.may_print());
        assert!(!watch.must_stop(HIT, false, later(21)) && !watch.must_stop(NOTHING, true, later(21)));
        assert!(watch.must_stop(NOTHING, false, later(22)));
    }

    #[test]
    fn a_search_without_end_ends_when_nobody_can_stop_it() {
        let now = Instant::now();
        for until in [Until::Stop, Until::Hit] {
            let mut watch = watch(until);
            assert!(watch.must_stop(NOTHING, true, now) && watch.may_print());
        }
        assert!(!watch(Until::Spent).must_stop(NOTHING, true, now), "its time is kept");
        assert!(StopCondition::of(Go { budget: Budget::default(), until: Until::Spent }).must_stop(NOTHING, true, now));
    }
}
