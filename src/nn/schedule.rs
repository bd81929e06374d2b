//! How a learning rate changes over a run.

/// How a learning rate decays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decay {
    /// None.
    Constant,
    /// In a straight line to zero.
    Linear,
    /// Along half a cosine to zero (Loshchilov & Hutter 2016, arXiv:1608.03983, without restarts).
    Cosine,
}

impl Decay {
    /// The decay that a knob `schedule` names.
    pub fn named(name: &str) -> Self {
        match name {
            "cosine" => Decay::Cosine,
            "linear" => Decay::Linear,
            _ => Decay::Constant,
        }
    }
}

/// A rise over the first steps, then a decay to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Steps of the rise, in a straight line from nearly nothing (Goyal et al. 2017, arXiv:1706.02677).
    pub warm_up: u64,
    pub decay: Decay,
    /// Steps of the whole run.
    pub total: u64,
}

impl Schedule {
    /// A decay by its name ([`Decay::named`]) over `total` steps, from the first step on.
    pub fn named(decay: &str, total: u64) -> Self {
        Schedule { warm_up: 0, decay: Decay::named(decay), total }
    }

    /// What the learning rate is multiplied by at a step, counted from 0: in [0, 1].
    pub fn factor(&self, step: u64) -> f64 {
        if step < self.warm_up {
            return (step + 1) as f64 / self.warm_up as f64;
        }
        let rest = self.total.saturating_sub(self.warm_up).max(1);
        let done = ((step - self.warm_up) as f64 / rest as f64).min(1.0);
        match self.decay {
            Decay::Constant => 1.0,
            Decay::Linear => 1.0 - done,
            Decay::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_and_falls() {
        let schedule = |decay| Schedule { warm_up: 10, decay, total: 110 };
        for decay in [Decay::Constant, Decay::Linear, Decay::Cosine] {
            let schedule = schedule(decay);
            assert_eq!((schedule.factor(0), schedule.factor(4), schedule.factor(10)), (0.1, 0.5, 1.0));
        }
        assert_eq!(schedule(Decay::Linear).factor(60), 0.5);
        assert!((schedule(Decay::Cosine).factor(60) - 0.5).abs() < 1e-12);
        assert!((schedule(Decay::Cosine).factor(35) - (0.5 + 0.5 * 0.5_f64.sqrt())).abs() < 1e-12);
        assert_eq!((schedule(Decay::Linear).factor(110), schedule(Decay::Linear).factor(500)), (0.0, 0.0));
        assert_eq!(schedule(Decay::Constant).factor(500), 1.0);
        assert_eq!(Schedule { warm_up: 0, decay: Decay::Linear, total: 0 }.factor(0), 1.0);
    }
}
