//! Where workloads get their numbers.

use crate::tensor::{Tensor, tensor};
use ndarray::IxDyn;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Streams of counted numbers for data begin here; below are those of parameters.
pub(super) const DATA: u64 = 1000;
/// The stream of what is drawn step by step.
const DRAWN: u64 = 2000;

/// What noise and choices are drawn from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The generator of every training here, with a seed.
    Random(Box<ChaCha8Rng>),
    /// Numbers that another program can count out too: how many were drawn so far.
    Counted(u64),
}

impl Source {
    pub fn seeded(seed: u64) -> Self {
        Source::Random(Box::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    pub fn counted() -> Self {
        Source::Counted(0)
    }

    /// Noise: normal with mean 0 and variance 1; counted, uniform with the same moments.
    pub fn noise(&mut self, shape: &[usize]) -> Tensor<f32> {
        match self {
            Source::Random(random) => {
                let mut noise = Tensor::filled(IxDyn(shape), 0.0);
                let places = noise.as_slice_mut().expect("made in order");
                places.iter_mut().for_each(|place| *place = StandardNormal.sample(random));
                noise
            }
            Source::Counted(_) => {
                let values = (0..shape.iter().product()).map(|_| ((2.0 * self.count() - 1.0) * 3_f64.sqrt()) as f32);
                tensor(IxDyn(shape), values.collect())
            }
        }
    }

    /// An index below a limit.
    pub fn index(&mut self, below: usize) -> usize {
        match self {
            Source::Random(random) => random.random_range(0..below),
            Source::Counted(_) => (self.count() * below as f64) as usize,
        }
    }

    fn count(&mut self) -> f64 {
        let Source::Counted(drawn) = self else { unreachable!("only counted numbers are counted") };
        *drawn += 1;
        uniform(DRAWN, *drawn - 1)
    }
}

/// The `place`-th number of a stream, in [0, 1): the finaliser of SplitMix64 (Steele, Lea & Flood 2014) on
/// stream · 2³² + place, its upper 32 bits as a fraction.
pub(super) fn uniform(stream: u64, place: u64) -> f64 {
    let mut z = ((stream << 32) + place).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 32) as f64 / 4_294_967_296.0
}

/// Data: the numbers of a stream through `f`.
pub(super) fn data(stream: u64, shape: &[usize], f: impl Fn(f64) -> f32) -> Tensor<f32> {
    let count: usize = shape.iter().product();
    tensor(IxDyn(shape), (0..count as u64).map(|place| f(uniform(DATA + stream, place))).collect())
}

/// Symbols: the numbers of a stream as indices below a limit.
pub(super) fn symbols(stream: u64, count: usize, below: usize) -> Vec<usize> {
    (0..count as u64).map(|place| (uniform(DATA + stream, place) * below as f64) as usize).collect()
}
