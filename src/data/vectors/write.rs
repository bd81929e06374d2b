//! Word vectors to files, in the two forms of word2vec, which gensim's `KeyedVectors` reads too.

use std::io::{self, Write};

/// The two forms. Both begin with a line `words D`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `word n₁ … n_D` a line; numbers as short as they come back the same.
    Text,
    /// Each word, a space, D little-endian 32-bit floats and a line feed.
    Binary,
}

/// Writes words with their vectors.
///
/// # Errors
/// When `out` takes no more.
pub fn write<'a>(
    out: &mut impl Write,
    form: Form,
    dimension: usize,
    rows: impl ExactSizeIterator<Item = (&'a str, &'a [f32])>,
) -> io::Result<()> {
    writeln!(out, "{} {dimension}", rows.len())?;
    for (word, row) in rows {
        write!(out, "{word}")?;
        match form {
            Form::Text => row.iter().try_for_each(|value| write!(out, " {value}"))?,
            Form::Binary => {
                out.write_all(b" ")?;
                row.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::vectors::read::from_bytes;
    use crate::experiment::TaskContext;
    use proptest::prelude::*;

    proptest! {
        /// What is written is read as it was, up to the 16 bits that vectors are kept in.
        #[test]
        fn both_forms_are_read_back(values in proptest::collection::vec(-100.0_f32..100.0, 6)) {
            let words = ["king", "女王", "ne'er-do-well"];
            let rows = || words.iter().copied().zip(values.chunks(2));
            for form in [Form::Text, Form::Binary] {
                let mut bytes = Vec::new();
                write(&mut bytes, form, 2, rows()).unwrap();
                let loaded = from_bytes("w", bytes, &TaskContext::default()).unwrap();
                prop_assert_eq!(loaded.vectors.words().iter().collect::<Vec<_>>(), words);
                for (index, row) in values.chunks(2).enumerate() {
                    let norm = f64::from(row[0]).hypot(f64::from(row[1]));
                    prop_assert!((loaded.vectors.norm(index as u32) - norm).abs() <= 1e-5 * norm);
                    let back = loaded.vectors.original(index as u32);
                    prop_assert!(row.iter().zip(back).all(|(a, b)| f64::from(a - b).abs() <= 1e-3 * norm));
                }
            }
        }
    }
}
