//! Rows of 16-bit floats (IEEE half, little-endian bytes, at any address) against a vector of 32-bit ones: a scan over many
//! rows is bound by memory, and half the bytes are half the time.

use half::f16;

/// Bytes of a number.
const BYTES: usize = 2;
/// Numbers that every path may read of the vector at once.
const LANES: usize = 16;

/// A vector `[width]` ready to be multiplied with many rows.
#[derive(Debug, Clone)]
pub struct Probe {
    width: usize,
    /// Padded with zeros to whole registers.
    values: Vec<f32>,
}

impl Probe {
    pub fn new(values: &[f32]) -> Self {
        let mut padded = values.to_vec();
        padded.resize(values.len().next_multiple_of(LANES), 0.0);
        Probe { width: values.len(), values: padded }
    }

    /// `out[i] = rows[i] · self`, with `rows` `[out.len(), width]`, on the current thread.
    ///
    /// # Panics
    /// If `rows` has another length.
    pub fn dots(&self, rows: &[u8], out: &mut [f32]) {
        assert_eq!(rows.len(), out.len() * self.width * BYTES, "bytes of {} rows of {}", out.len(), self.width);
        if self.width == 0 {
            return out.fill(0.0);
        }
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx512f") && has!("avx512bw") && has!("avx512vl") {
                // SAFETY: the features are there.
                return unsafe { x86::dots_512(self, rows, out) };
            }
            if has!("avx2") && has!("fma") && has!("f16c") {
                // SAFETY: the features are there.
                return unsafe { x86::dots_256(self, rows, out) };
            }
        }
        self.dots_anywhere(rows, out);
    }

    fn dots_anywhere(&self, rows: &[u8], out: &mut [f32]) {
        for (row, out) in rows.chunks_exact(self.width * BYTES).zip(out) {
            let pairs = row.as_chunks::<BYTES>().0.iter().zip(&self.values);
            *out = pairs.map(|(bytes, x)| f16::from_le_bytes(*bytes).to_f32() * x).sum();
        }
    }
}

/// Unpacks a row.
///
/// # Panics
/// If the lengths do not fit.
pub fn unpack(row: &[u8], out: &mut [f32]) {
    assert_eq!(row.len(), out.len() * BYTES, "bytes of {} numbers", out.len());
    for (bytes, out) in row.as_chunks::<BYTES>().0.iter().zip(out) {
        *out = f16::from_le_bytes(*bytes).to_f32();
    }
}

/// Packs numbers behind `out`.
pub fn pack(values: &[f32], out: &mut Vec<u8>) {
    out.extend(values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()));
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{BYTES, Probe};
    use std::arch::x86_64::*;

    /// Rows side by side: enough sums on the way to hide how long a multiplication takes.
    const SIDE_BY_SIDE: usize = 4;

    /// # Safety
    /// Needs AVX-512 F, BW and VL; `rows` holds `out.len()` rows of `probe.width` numbers.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub unsafe fn dots_512(probe: &Probe, rows: &[u8], out: &mut [f32]) {
        let stride = probe.width * BYTES;
        let (whole, rest) = (probe.width / 16, probe.width % 16);
        let mask: __mmask16 = (1_u16 << rest).wrapping_sub(1);
        let mut rows = rows.chunks_exact(stride * SIDE_BY_SIDE);
        let (blocks, tail) = out.as_chunks_mut::<SIDE_BY_SIDE>();
        for (out, block) in blocks.iter_mut().zip(&mut rows) {
            let mut sums = [_mm512_setzero_ps(); SIDE_BY_SIDE];
            for part in 0..whole {
                // SAFETY: the probe is padded to registers; `part` is within every row of the block.
                unsafe {
                    let x = _mm512_loadu_ps(probe.values.as_ptr().add(part * 16));
                    for (row, sum) in sums.iter_mut().enumerate() {
                        let at = block.as_ptr().add(row * stride + part * 32);
                        *sum = _mm512_fmadd_ps(_mm512_cvtph_ps(_mm256_loadu_si256(at.cast())), x, *sum);
                    }
                }
            }
            if rest > 0 {
                // SAFETY: the mask keeps the load within the row.
                unsafe {
                    let x = _mm512_loadu_ps(probe.values.as_ptr().add(whole * 16));
                    for (row, sum) in sums.iter_mut().enumerate() {
                        let at = block.as_ptr().add(row * stride + whole * 32);
                        let packed = _mm256_maskz_loadu_epi16(mask, at.cast());
                        *sum = _mm512_fmadd_ps(_mm512_cvtph_ps(packed), x, *sum);
                    }
                }
            }
            *out = sums.map(|sum| _mm512_reduce_add_ps(sum));
        }
        probe.dots_anywhere(rows.remainder(), tail);
    }

    /// # Safety
    /// Needs AVX2, FMA and F16C; `rows` holds `out.len()` rows of `probe.width` numbers.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub unsafe fn dots_256(probe: &Probe, rows: &[u8], out: &mut [f32]) {
        let stride = probe.width * BYTES;
        let whole = probe.width / 8;
        for (row, out) in rows.chunks_exact(stride).zip(out) {
            let mut sums = [_mm256_setzero_ps(); 2];
            for part in 0..whole {
                // SAFETY: `part` is within the row and the probe.
                unsafe {
                    let x = _mm256_loadu_ps(probe.values.as_ptr().add(part * 8));
                    let packed = _mm_loadu_si128(row.as_ptr().add(part * 16).cast());
                    sums[part % 2] = _mm256_fmadd_ps(_mm256_cvtph_ps(packed), x, sums[part % 2]);
                }
            }
            let mut lanes = [0.0_f32; 8];
            // SAFETY: eight lanes fit.
            unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), _mm256_add_ps(sums[0], sums[1])) };
            let tail = row[whole * 16..].as_chunks::<BYTES>().0.iter().zip(&probe.values[whole * 8..]);
            let tail: f32 = tail.map(|(bytes, x)| half::f16::from_le_bytes(*bytes).to_f32() * x).sum();
            *out = lanes.iter().sum::<f32>() + tail;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(values: &[f32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        pack(values, &mut bytes);
        bytes
    }

    proptest! {
        /// Every width, count and address gives the sums of the plain loop, on every path of this machine.
        #[test]
        fn all_paths_agree(width in 1_usize..70, count in 0_usize..11, shift in 0_usize..2, seed in any::<u32>()) {
            let number = |place: usize| ((place as u32).wrapping_mul(2654435761).wrapping_add(seed) % 2000) as f32 / 1000.0 - 1.0;
            let probe = Probe::new(&(0..width).map(number).collect::<Vec<_>>());
            let mut bytes = vec![0; shift];
            bytes.extend(packed(&(0..width * count).map(|place| number(place + 77)).collect::<Vec<_>>()));
            let rows = &bytes[shift..];
            let mut expected = vec![0.0; count];
            probe.dots_anywhere(rows, &mut expected);
            let check = |found: &[f32]| found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4);
            let mut found = vec![0.0; count];
            probe.dots(rows, &mut found);
            prop_assert!(check(&found));
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("f16c") {
                // SAFETY: the features are there (FMA came with AVX2).
                unsafe { x86::dots_256(&probe, rows, &mut found) };
                prop_assert!(check(&found));
            }
        }
    }

    #[test]
    fn numbers_come_back_as_halves() {
        let mut back = [0.0; 4];
        unpack(&packed(&[1.0, -0.333_333_34, 65504.0, 1e-7]), &mut back);
        assert_eq!(back, [1.0, -0.333_251_95, 65504.0, 1.192_092_9e-7]);
    }

    #[test]
    fn no_numbers_are_no_harm() {
        Probe::new(&[]).dots(&[], &mut [1.0]);
        Probe::new(&[1.0]).dots(&[], &mut []);
    }
}
