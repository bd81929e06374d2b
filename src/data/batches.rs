//! The order in which a set is learned from.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Minibatches of a set, shuffled anew for each epoch. The order is a function of seed and epoch alone, so nothing of it
/// needs saving.
#[derive(Debug, Clone)]
pub struct Batches {
    seed: u64,
    samples: usize,
    batch: usize,
    epoch: Option<u64>,
    order: Vec<usize>,
}

impl Batches {
    /// `batch` of `samples` at a time; what is left over at the end of an epoch waits for the next shuffle.
    ///
    /// # Panics
    /// If a batch is empty or larger than the set.
    pub fn new(seed: u64, samples: usize, batch: usize) -> Self {
        assert!((1..=samples).contains(&batch), "a batch of {batch} from {samples} samples");
        Batches { seed, samples, batch, epoch: None, order: Vec::new() }
    }

    /// Samples of a step.
    pub fn size(&self) -> usize {
        self.batch
    }

    pub fn steps_per_epoch(&self) -> u64 {
        (self.samples / self.batch) as u64
    }

    /// The samples of a step, counted from 0.
    pub fn indices(&mut self, step: u64) -> &[usize] {
        let (epoch, place) = (step / self.steps_per_epoch(), step % self.steps_per_epoch());
        if self.epoch != Some(epoch) {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(epoch + 1);
            self.order = (0..self.samples).collect();
            self.order.shuffle(&mut random);
            self.epoch = Some(epoch);
        }
        let start = place as usize * self.batch;
        &self.order[start..start + self.batch]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_epoch_meets_every_sample_once_and_epochs_differ() {
        let mut batches = Batches::new(1, 12, 4);
        let epoch = |batches: &mut Batches, first: u64| -> Vec<usize> {
            (first..first + 3).flat_map(|step| batches.indices(step).to_vec()).collect()
        };
        let (one, two) = (epoch(&mut batches, 0), epoch(&mut batches, 3));
        assert_eq!(one.iter().collect::<BTreeSet<_>>().len(), 12);
        assert_ne!(one, two);
        assert_eq!(epoch(&mut Batches::new(1, 12, 4), 3), two, "an epoch can be entered anywhere");
    }
}
