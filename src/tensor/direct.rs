//! Windows multiplied where they lie, a few places of one row at a time: for boards, whose rows are too short to fill a matrix product.

use super::parallel;

/// Places that are worked on together.
const PLACES: usize = 7;

/// Some places of one row of a picture, under one window each.
pub struct Row<'a, E> {
    /// The padded picture, from the first number of the first window on.
    pub x: &'a [E],
    /// Numbers from one place to the next.
    pub step: usize,
    /// Numbers from one line of a window to the next.
    pub line: usize,
    /// Numbers of a window that lie in one piece: one of its lines.
    pub run: usize,
    /// `[lines · run, outputs]`.
    pub weights: &'a [E],
    pub outputs: usize,
    /// `[places, outputs]`.
    pub out: &'a mut [E],
}

/// The sums in plain loops.
pub fn multiply_plainly<E: num_traits::Float>(row: Row<'_, E>) {
    let Row { x, step, line, run, weights, outputs, out } = row;
    for (place, out) in out.chunks_exact_mut(outputs).enumerate() {
        out.fill(E::zero());
        for (index, weights) in weights.chunks_exact(outputs).enumerate() {
            let x = x[index / run * line + place * step + index % run];
            out.iter_mut().zip(weights).for_each(|(sum, &w)| *sum = x.mul_add(w, *sum));
        }
    }
}

/// The sums in vector registers.
pub fn multiply(row: Row<'_, f32>) {
    parallel::with_simd(Work(row));
}

struct Work<'a>(Row<'a, f32>);

impl pulp::WithSimd for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) {
        let Row { x, step, line, run, weights, outputs, out } = self.0;
        let places = out.len() / outputs;
        let mut place = 0;
        while place < places {
            let left = places - place;
            let x = &x[place * step..];
            let out = &mut out[place * outputs..];
            let row = Row { x, step, line, run, weights, outputs, out };
            place += match left {
                PLACES.. => some::<S, PLACES>(simd, row),
                4.. => some::<S, 4>(simd, row),
                2.. => some::<S, 2>(simd, row),
                _ => some::<S, 1>(simd, row),
            };
        }
    }
}

/// `P` places; returns how many that was.
#[inline(always)]
fn some<S: pulp::Simd, const P: usize>(simd: S, row: Row<'_, f32>) -> usize {
    let Row { x, step, line, run, weights, outputs, out } = row;
    let lines = weights.len() / (run * outputs);
    let lanes = S::F32_LANES;
    let mut output = 0;
    while output + 2 * lanes <= outputs {
        let mut sums = [[simd.splat_f32s(0.0); 2]; P];
        for at in 0..lines {
            let x: [&[f32]; P] = std::array::from_fn(|place| &x[at * line + place * step..][..run]);
            let weights = &weights[at * run * outputs..][..run * outputs];
            // By index, so that the compiler sees that it lies within each run.
            for index in 0..run {
                let (weights, _) = S::as_simd_f32s(&weights[index * outputs + output..][..2 * lanes]);
                let [first, second] = [weights[0], weights[1]];
                for place in 0..P {
                    let x = simd.splat_f32s(x[place][index]);
                    sums[place][0] = simd.mul_add_f32s(x, first, sums[place][0]);
                    sums[place][1] = simd.mul_add_f32s(x, second, sums[place][1]);
                }
            }
        }
        for (place, sums) in sums.into_iter().enumerate() {
            let (out, _) = S::as_mut_simd_f32s(&mut out[place * outputs + output..][..2 * lanes]);
            out.copy_from_slice(&sums);
        }
        output += 2 * lanes;
    }
    while output + lanes <= outputs {
        let mut sums = [simd.splat_f32s(0.0); P];
        for at in 0..lines {
            let x: [&[f32]; P] = std::array::from_fn(|place| &x[at * line + place * step..][..run]);
            let weights = &weights[at * run * outputs..][..run * outputs];
            for index in 0..run {
                let (weights, _) = S::as_simd_f32s(&weights[index * outputs + output..][..lanes]);
                for place in 0..P {
                    sums[place] = simd.mul_add_f32s(simd.splat_f32s(x[place][index]), weights[0], sums[place]);
                }
            }
        }
        for (place, sums) in sums.into_iter().enumerate() {
            let (out, _) = S::as_mut_simd_f32s(&mut out[place * outputs + output..][..lanes]);
            out[0] = sums;
        }
        output += lanes;
    }
    for place in 0..P {
        for output in output..outputs {
            let mut sum = 0.0;
            for index in 0..lines * run {
                let x = x[index / run * line + place * step + index % run];
                sum = f32::mul_add(x, weights[index * outputs + output], sum);
            }
            out[place * outputs + output] = sum;
        }
    }
    P
}
