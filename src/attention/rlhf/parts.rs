//! The parts of a run.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Base(u64),
    Compare(u64),
    Fit(u64),
    Tune(u64),
}

/// Steps of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    pub base: u64,
    pub compare: u64,
    pub fit: u64,
    pub tune: u64,
}

impl Steps {
    pub fn total(self) -> u64 {
        self.base + self.compare + self.fit + self.tune
    }

    pub fn part(self, index: u64) -> Part {
        let [compare, fit] = [self.base, self.base + self.compare];
        let tune = fit + self.fit;
        match index {
            index if index < compare => Part::Base(index),
            index if index < fit => Part::Compare(index - compare),
            index if index < tune => Part::Fit(index - fit),
            index => Part::Tune(index - tune),
        }
    }
}
