//! A large safetensors file of which tensors are read one by one, in pieces, by all threads: there is never more of it in memory than
//! what is kept.
//!
//! It is read, not mapped: a file that is cut off while it is open is a failure here, and would end the program there.

use super::archive::Format;
use crate::experiment::{ExperimentError, Wording};
use crate::intake::{self, Purpose};
use crate::tensor::Tensor;
use rayon::prelude::*;
use safetensors::tensor::{Metadata, TensorInfo};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes of the header at most: that of a large model has a hundred thousand.
const LARGEST_HEADER: u64 = 16 << 20;
/// Numbers that are read at once.
const PIECE: usize = 1 << 16;
/// Rows and columns that are turned together.
const TILE: usize = 16;

/// An open file of weights.
pub struct WeightsFile {
    file: File,
    header: Metadata,
    /// Where the numbers begin.
    data: u64,
    length: u64,
}

fn failure(error: &io::Error) -> ExperimentError {
    ExperimentError::new(error.to_string())
}

const WEIGHTS: Purpose =
    Purpose::new(Wording::new("weights in a safetensors file", "safetensors 形式の重み"), u64::MAX);

impl WeightsFile {
    /// Reads the header.
    ///
    /// # Errors
    /// When it is no safetensors file.
    pub fn open(path: &Path) -> Result<Self, ExperimentError> {
        let (file, length) = intake::open(path, &WEIGHTS)?;
        let broken = |why: String| ExperimentError::new(format!("not a whole safetensors file: {why}"));
        let mut size = [0; 8];
        file.read_exact_at(&mut size, 0).map_err(|error| broken(error.to_string()))?;
        let size = u64::from_le_bytes(size);
        if size > LARGEST_HEADER.min(length.saturating_sub(8)) {
            return Err(broken(format!(
                "its header is said to have {size} bytes, of {length} in all; expected at most {LARGEST_HEADER}"
            )));
        }
        let mut header = vec![0; size as usize];
        file.read_exact_at(&mut header, 8).map_err(|error| broken(error.to_string()))?;
        let header = serde_json::from_slice(&header).map_err(|error| broken(format!("its header: {error}")))?;
        Ok(WeightsFile { file, header, data: 8 + size, length })
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.header.info(name).is_some()
    }

    /// The tensor `name`, which must have `shape`.
    ///
    /// # Errors
    /// When it is missing, has another shape or other numbers than floats, or the file ends before.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor<f32>, ExperimentError> {
        let (start, format) = self.place(name, shape)?;
        let mut tensor = Tensor::unset(ndarray::IxDyn(shape));
        self.read(start, format, tensor.values_mut())?;
        Ok(tensor)
    }

    /// The matrix `name`, which must have this shape the other way round, turned.
    ///
    /// # Errors
    /// As [`tensor`](Self::tensor).
    pub fn transposed(&self, name: &str, [rows, columns]: [usize; 2]) -> Result<Tensor<f32>, ExperimentError> {
        let (start, format) = self.place(name, &[columns, rows])?;
        let mut read = vec![0.0; rows * columns];
        self.read(start, format, &mut read)?;
        let mut turned = Tensor::unset([rows, columns]);
        turned.values_mut().par_chunks_mut((TILE * columns).max(1)).enumerate().for_each(|(tile, out)| {
            for column in 0..columns {
                for (row, place) in (tile * TILE..).zip((column..out.len()).step_by(columns)) {
                    out[place] = read[column * rows + row];
                }
            }
        });
        Ok(turned)
    }

    /// Where the numbers of a tensor begin, and what they are.
    fn place(&self, name: &str, shape: &[usize]) -> Result<(u64, Format), ExperimentError> {
        let Some(TensorInfo { dtype, shape: found, data_offsets: (start, end) }) = self.header.info(name) else {
            return Err(ExperimentError::new(format!("tensor `{name}` is missing")));
        };
        if found != shape {
            return Err(ExperimentError::new(format!("tensor `{name}` has shape {found:?}, expected {shape:?}")));
        }
        let format = Format::of(name, *dtype)?;
        let bytes = shape.iter().try_fold(format.bytes(), |bytes, &length| bytes.checked_mul(length));
        let fits = (*end as u64).checked_add(self.data).is_some_and(|end| end <= self.length);
        if end.checked_sub(*start) != bytes || !fits {
            let length = self.length;
            return Err(ExperimentError::new(format!(
                "tensor `{name}`: the header names bytes {start} to {end} for it, which does not fit its shape or the file of {length} bytes"
            )));
        }
        Ok((self.data + *start as u64, format))
    }

    fn read(&self, start: u64, format: Format, out: &mut [f32]) -> Result<(), ExperimentError> {
        let piece = |(piece, out): (usize, &mut [f32])| {
            let mut bytes = vec![0; format.bytes() * out.len()];
            self.file.read_exact_at(&mut bytes, start + (piece * PIECE * format.bytes()) as u64)?;
            format.read(&bytes, out);
            Ok(())
        };
        let read: io::Result<()> = out.par_chunks_mut(PIECE).enumerate().try_for_each(piece);
        read.map_err(|error| failure(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::bf16;
    use safetensors::tensor::{Dtype, TensorView};

    /// A file with one tensor `w` `[3, 2]`, of numbers that 16 bits hold exactly.
    fn written(dtype: Dtype) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let numbers = [1.0_f32, 2.0, 3.0, 4.0, 5.0, -0.5];
        let bytes: Vec<u8> = match dtype {
            Dtype::F32 => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Dtype::F16 => numbers.iter().flat_map(|x| half::f16::from_f32(*x).to_le_bytes()).collect(),
            Dtype::BF16 => numbers.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect(),
            _ => vec![0; 6 * dtype.bitsize() / 8],
        };
        let view = TensorView::new(dtype, vec![3, 2], &bytes).unwrap();
        std::fs::write(&path, safetensors::serialize([("w", view)], None).unwrap()).unwrap();
        (folder, path)
    }

    #[test]
    fn numbers_of_every_format_come_as_they_are_or_turned() {
        for dtype in [Dtype::F32, Dtype::F16, Dtype::BF16] {
            let (_folder, path) = written(dtype);
            let file = WeightsFile::open(&path).unwrap();
            assert_eq!(file.tensor("w", &[3, 2]).unwrap().values(), [1.0, 2.0, 3.0, 4.0, 5.0, -0.5]);
            assert_eq!(file.transposed("w", [2, 3]).unwrap().values(), [1.0, 3.0, 5.0, 2.0, 4.0, -0.5]);
            assert!(file.has("w") && !file.has("v"));
        }
    }

    #[test]
    fn many_numbers_are_read_in_pieces_and_turned_in_tiles() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let (rows, columns) = (301, 257);
        let numbers: Vec<f32> = (0..rows * columns).map(|place| place as f32).collect();
        let value = crate::tensor::tensor([rows, columns], numbers.clone());
        std::fs::write(
            &path,
            super::super::weights::Weights::new().tensor("w", value).encode(crate::experiment::Precision::Single),
        )
        .unwrap();
        let file = WeightsFile::open(&path).unwrap();
        assert!(numbers.len() > PIECE);
        assert_eq!(file.tensor("w", &[rows, columns]).unwrap().values(), numbers);
        let turned = file.transposed("w", [columns, rows]).unwrap();
        for (row, column) in [(0, 0), (256, 300), (15, 16), (16, 15), (200, 100)] {
            assert_eq!(turned[[row, column]], (column * columns + row) as f32);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_reason() {
        let (_folder, path) = written(Dtype::I32);
        let error = |name: &str, shape: &[usize]| {
            WeightsFile::open(&path).and_then(|file| file.tensor(name, shape)).err().unwrap().to_string()
        };
        assert_eq!(error("v", &[3, 2]), "tensor `v` is missing");
        assert_eq!(error("w", &[2, 3]), "tensor `w` has shape [3, 2], expected [2, 3]");
        assert_eq!(error("w", &[3, 2]), "tensor `w` holds I32, expected F32, F16 or BF16");
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..5]).unwrap();
        assert!(error("w", &[3, 2]).starts_with("not a whole safetensors file"));
        std::fs::write(&path, [&(1_u64 << 40).to_le_bytes(), &whole[8..]].concat()).unwrap();
        assert!(error("w", &[3, 2]).contains("its header is said to have 1099511627776 bytes"));
        std::fs::write(&path, [&whole[..8], &[b'x'; 60]].concat()).unwrap();
        assert!(error("w", &[3, 2]).starts_with("not a whole safetensors file"));
        // A file that ends before its numbers do, and a header that says more than there is.
        let (_folder, path) = written(Dtype::F32);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 4]).unwrap();
        let error =
            |path: &Path| WeightsFile::open(path).and_then(|file| file.tensor("w", &[3, 2])).err().unwrap().to_string();
        assert!(error(&path).contains("the header names bytes 0 to 24 for it"), "{}", error(&path));
        let lie = String::from_utf8_lossy(&whole).replace("[0,24]", "[0,16]").into_bytes();
        std::fs::write(&path, lie).unwrap();
        assert!(error(&path).starts_with("not a whole safetensors file: its header"), "{}", error(&path));
    }
}
