//! A series of values in bounded memory.

use super::scale::Scale;

/// Most buckets that a series keeps: 4,096 of 56 bytes, 224 KiB, whatever the number of points.
const MOST: usize = 4096;

/// Values of neighbouring steps, put together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    pub first_step: u64,
    pub last_step: u64,
    pub min: f64,
    pub max: f64,
    sum: f64,
    /// Finite values.
    pub count: u32,
    /// Values that are not finite.
    pub gaps: u32,
}

impl Bucket {
    fn of(step: u64, value: f64) -> Self {
        let mut bucket = Bucket {
            first_step: step,
            last_step: step,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            sum: 0.0,
            count: 0,
            gaps: 0,
        };
        bucket.put(step, value);
        bucket
    }

    fn put(&mut self, step: u64, value: f64) {
        self.last_step = step;
        if value.is_finite() {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            self.sum += value;
            self.count += 1;
        } else {
            self.gaps += 1;
        }
    }

    fn joined(self, next: Bucket) -> Bucket {
        Bucket {
            first_step: self.first_step,
            last_step: next.last_step,
            min: self.min.min(next.min),
            max: self.max.max(next.max),
            sum: self.sum + next.sum,
            count: self.count + next.count,
            gaps: self.gaps + next.gaps,
        }
    }

    /// The mean of the finite values; `None` for a gap.
    pub fn mean(&self) -> Option<f64> {
        let mean = self.sum / f64::from(self.count);
        (self.count > 0 && mean.is_finite()).then_some(mean)
    }

    pub fn middle(&self) -> f64 {
        (self.first_step as f64 + self.last_step as f64) / 2.0
    }
}

/// Values by step, in rising order. When there are too many, neighbours are put together, and each bucket from then on
/// takes twice as many values.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    buckets: Vec<Bucket>,
    /// Values a full bucket holds.
    capacity: u32,
    first_gap: Option<u64>,
    last: Option<(u64, f64)>,
    /// Whether all values are whole numbers.
    is_whole: bool,
}

impl Default for Series {
    fn default() -> Self {
        Series { buckets: Vec::new(), capacity: 1, first_gap: None, last: None, is_whole: true }
    }
}

impl Series {
    /// Appends a value. One at or before the last step begins the rest anew: a run that went on from a checkpoint.
    pub fn push(&mut self, step: u64, value: f64) {
        if self.last.is_some_and(|(last, _)| step <= last) {
            self.buckets.retain(|bucket| bucket.last_step < step);
            self.first_gap = self.first_gap.filter(|gap| *gap < step);
        }
        if !value.is_finite() {
            self.first_gap.get_or_insert(step);
        }
        self.last = Some((step, value));
        self.is_whole &= value.fract() == 0.0 || !value.is_finite();
        match self.buckets.last_mut() {
            Some(bucket) if bucket.count + bucket.gaps < self.capacity => bucket.put(step, value),
            _ => self.buckets.push(Bucket::of(step, value)),
        }
        if self.buckets.len() > MOST {
            self.buckets = self
                .buckets
                .chunks(2)
                .map(|pair| pair[1..].iter().fold(pair[0], |joined, next| joined.joined(*next)))
                .collect();
            self.capacity *= 2;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The buckets that touch `[from, to]`, and one more on each side, so that a line runs on to the edge.
    pub fn between(&self, from: f64, to: f64) -> std::ops::Range<usize> {
        let start = self.buckets.partition_point(|bucket| (bucket.last_step as f64) < from);
        let end = self.buckets.partition_point(|bucket| bucket.first_step as f64 <= to);
        start.saturating_sub(1)..(end + 1).min(self.buckets.len()).max(start.saturating_sub(1))
    }

    /// First and last step.
    pub fn steps(&self) -> Option<(u64, u64)> {
        Some((self.buckets.first()?.first_step, self.buckets.last()?.last_step))
    }

    pub fn last(&self) -> Option<(u64, f64)> {
        self.last
    }

    /// Whether the values count something: a mean of neighbours would be none of them.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The step of the first value that is not a number.
    pub fn first_gap(&self) -> Option<u64> {
        self.first_gap
    }

    /// The value nearest to a step.
    pub fn nearest(&self, step: f64) -> Option<(u64, f64)> {
        let bucket = &self.buckets[self.nearest_bucket(step)?];
        Some((bucket.middle().round() as u64, bucket.mean().unwrap_or(f64::NAN)))
    }

    /// The place of the bucket nearest to a step.
    pub fn nearest_bucket(&self, step: f64) -> Option<usize> {
        let after = self.buckets.partition_point(|bucket| (bucket.last_step as f64) < step);
        let candidates = after.saturating_sub(1)..(after + 1).min(self.buckets.len());
        let distance = |at: &usize| (self.buckets[*at].middle() - step).abs();
        candidates.min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// The exponential moving average of the buckets' means, freed of its start at zero (as Adam frees its moments):
    /// Σ w^(n−i) x_i / Σ w^(n−i), of heights on the axis that they are drawn on: on a logarithmic one a single large value would leave a long
    /// tail otherwise. Gaps stay gaps.
    pub fn smoothed(&self, weight: f64, logarithmic: bool) -> Vec<Option<f64>> {
        let means = || self.buckets.iter().filter_map(Bucket::mean);
        let scale =
            Scale::of(logarithmic, means().fold(f64::INFINITY, f64::min), means().fold(f64::NEG_INFINITY, f64::max));
        let (mut sum, mut mass) = (0.0, 0.0);
        let smooth = |bucket: &Bucket| {
            let mean = bucket.mean()?;
            let kept = weight.powi(bucket.count.min(10_000) as i32);
            sum = kept * sum + (1.0 - kept) * scale.apply(mean);
            mass = kept * mass + (1.0 - kept);
            Some(if mass > 0.0 { scale.invert(sum / mass) } else { mean })
        };
        self.buckets.iter().map(smooth).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn memory_is_bounded_and_nothing_is_forgotten() {
        let mut series = Series::default();
        for step in 0..1_000_000_u64 {
            series.push(step, (step % 1000) as f64);
        }
        assert!(series.buckets().len() <= MOST);
        assert_eq!(series.buckets().iter().map(|bucket| u64::from(bucket.count)).sum::<u64>(), 1_000_000);
        assert_eq!(series.buckets().iter().map(|bucket| bucket.max).fold(0.0, f64::max), 999.0);
        assert_eq!(series.steps(), Some((0, 999_999)));
    }

    #[test]
    fn a_value_that_is_no_number_is_a_gap() {
        let mut series = Series::default();
        [(1, 1.0), (2, f64::NAN), (3, f64::INFINITY), (4, 2.0)]
            .iter()
            .for_each(|&(step, value)| series.push(step, value));
        let means: Vec<Option<f64>> = series.buckets().iter().map(Bucket::mean).collect();
        assert_eq!(means, [Some(1.0), None, None, Some(2.0)]);
        assert_eq!(series.first_gap(), Some(2));
    }

    #[test]
    fn a_resumed_run_takes_the_place_of_what_lay_past_its_checkpoint() {
        let mut series = Series::default();
        (1..=5).for_each(|step| series.push(step * 20, step as f64));
        series.push(60, 30.0);
        let steps: Vec<u64> = series.buckets().iter().map(|bucket| bucket.last_step).collect();
        assert_eq!(steps, [20, 40, 60]);
        assert_eq!(series.nearest(70.0), Some((60, 30.0)));
    }

    #[test]
    fn a_count_is_told_from_a_measure() {
        let mut series = Series::default();
        [(1, 8.0), (2, f64::NAN), (3, 7.0)].iter().for_each(|&(step, value)| series.push(step, value));
        assert!(series.is_whole());
        series.push(4, 7.5);
        assert!(!series.is_whole());
    }

    #[test]
    fn smoothing_a_constant_changes_nothing() {
        let mut series = Series::default();
        (0..50).for_each(|step| series.push(step, 3.0));
        assert!(series.smoothed(0.9, false).iter().all(|value| (value.unwrap() - 3.0).abs() < 1e-12));
        assert_eq!(series.smoothed(0.0, false)[7], Some(3.0));
    }

    /// One value of a million among ones is forgotten after twenty more: 1 + 10⁶ · 0.4 · 0.6²⁰ ≈ 15.6 on a linear axis, 10^(6 · 0.4 · 0.6²⁰) ≈ 1 on a
    /// logarithmic one.
    #[test]
    fn on_a_logarithmic_axis_a_single_value_leaves_no_tail() {
        for sign in [1.0, -1.0] {
            let mut series = Series::default();
            (0..100).for_each(|step| series.push(step, sign * if step == 50 { 1e6 } else { 1.0 }));
            let behind = |logarithmic| series.smoothed(0.6, logarithmic)[70].unwrap() * sign;
            assert!((behind(false) - 15.6).abs() < 0.1, "{}", behind(false));
            assert!((behind(true) - 1.0).abs() < 1e-3, "{}", behind(true));
        }
    }

    proptest! {
        #[test]
        fn the_nearest_value_is_the_nearest(steps in prop::collection::btree_set(0_u64..1000, 1..50), at in 0.0..1000.0_f64) {
            let mut series = Series::default();
            steps.iter().for_each(|&step| series.push(step, step as f64));
            let best = steps.iter().map(|&step| (step as f64 - at).abs()).fold(f64::INFINITY, f64::min);
            let (step, _) = series.nearest(at).unwrap();
            prop_assert!(((step as f64 - at).abs() - best).abs() < 1e-9);
        }
    }
}
