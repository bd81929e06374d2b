//! What tensors are made of: `f32` for training, `f64` for checking gradients.

use super::direct::{self, Row};
use super::pool::Pool;
use super::tape::Spare;
use faer::traits::ComplexField;
use num_traits::{Float, FromPrimitive, NumAssign};
use std::fmt::Debug;
use std::iter::Sum;

/// A real number that the engine computes with.
pub trait Element:
    Float
    + NumAssign
    + FromPrimitive
    + Sum
    + Debug
    + Default
    + Send
    + Sync
    + ndarray::ScalarOperand
    + ComplexField<Conj = Self, Canonical = Self>
    + 'static
{
    /// A constant, rounded to this precision.
    fn of(value: f64) -> Self {
        Self::from_f64(value).expect("every f64 rounds to an element")
    }

    /// eˣ, fit for loops that the compiler turns into vector instructions.
    fn fast_exp(self) -> Self;

    /// ln(1 + x) for 0 ≤ x ≤ 1, fit for such loops, relatively exact near 0.
    fn fast_ln_1p(self) -> Self;

    /// Where buffers of this type wait for the next step.
    #[doc(hidden)]
    fn pool() -> &'static Pool<Self>;

    /// Where emptied tapes of this type wait for the next step.
    #[doc(hidden)]
    fn spare_lists() -> &'static Spare<Self>;

    /// The windows of some places times weights.
    #[doc(hidden)]
    fn multiply_windows(row: Row<'_, Self>) {
        direct::multiply_plainly(row);
    }
}

impl Element for f64 {
    fn pool() -> &'static Pool<Self> {
        static POOL: Pool<f64> = Pool::new();
        &POOL
    }

    fn spare_lists() -> &'static Spare<Self> {
        static SPARE: Spare<f64> = Spare::new();
        &SPARE
    }

    #[inline(always)]
    fn fast_exp(self) -> Self {
        self.exp()
    }

    #[inline(always)]
    fn fast_ln_1p(self) -> Self {
        self.ln_1p()
    }
}

impl Element for f32 {
    fn pool() -> &'static Pool<Self> {
        static POOL: Pool<f32> = Pool::new();
        &POOL
    }

    fn spare_lists() -> &'static Spare<Self> {
        static SPARE: Spare<f32> = Spare::new();
        &SPARE
    }

    fn multiply_windows(row: Row<'_, Self>) {
        direct::multiply(row);
    }

    /// Range reduction to |r| ≤ ln(2)/2 in two parts (Cody & Waite 1980) and a polynomial; relative error below 2e-7.
    /// Overflows to ∞ and underflows to 0 as `exp` does, but for denormal results, which are 0.
    #[inline(always)]
    fn fast_exp(self) -> Self {
        const ROUND: f32 = 12_582_912.0; // 1.5 · 2²³: adding it rounds to an integer
        let x = if self < -87.3 { -87.3 } else { self };
        let x = if x > 88.8 { 88.8 } else { x };
        let whole = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
        let r = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
        let p = 1.987_569_1e-4;
        let p = p * r + 1.398_2e-3;
        let p = p * r + 8.333_452e-3;
        let p = p * r + 4.166_579_6e-2;
        let p = p * r + 1.666_666_5e-1;
        let p = p * r + 0.5;
        let p = (p * r * r + r) + 1.0;
        // 2ʷ in two factors, so that 2¹²⁸ does not overflow before its time.
        let half = f32::from_bits(((((whole as i32) >> 1) + 127) as u32) << 23);
        let rest = f32::from_bits((((whole as i32) - ((whole as i32) >> 1) + 127) as u32) << 23);
        let result = p * half * rest;
        let result = if self < -87.3 { 0.0 } else { result };
        if self.is_nan() { self } else { result }
    }

    /// 2 artanh(x / (2 + x)) by its series; nothing cancels, so small x keep their precision.
    #[inline(always)]
    fn fast_ln_1p(self) -> Self {
        let s = self / (2.0 + self);
        let q = s * s;
        let p = 1.0 / 17.0;
        let p = p * q + 1.0 / 15.0;
        let p = p * q + 1.0 / 13.0;
        let p = p * q + 1.0 / 11.0;
        let p = p * q + 1.0 / 9.0;
        let p = p * q + 1.0 / 7.0;
        let p = p * q + 1.0 / 5.0;
        let p = p * q + 1.0 / 3.0;
        2.0 * (s + s * q * p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fast_exp_is_exp(x in -87.0_f32..88.5) {
            let exact = f64::from(x).exp();
            prop_assert!(((f64::from(x.fast_exp()) - exact) / exact).abs() < 2e-7);
        }

        #[test]
        fn fast_ln_1p_is_ln_1p(x in 0.0_f32..=1.0) {
            let exact = f64::from(x).ln_1p();
            prop_assert!((f64::from(x.fast_ln_1p()) - exact).abs() <= 2e-7 * exact);
        }
    }

    #[test]
    fn fast_exp_keeps_its_ends() {
        assert_eq!(f32::NEG_INFINITY.fast_exp(), 0.0);
        assert_eq!((-200.0_f32).fast_exp(), 0.0);
        assert_eq!(0.0_f32.fast_exp(), 1.0);
        assert_eq!(f32::INFINITY.fast_exp(), f32::INFINITY);
        assert!(f32::NAN.fast_exp().is_nan());
    }
}
