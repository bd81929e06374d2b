//! Word vectors to files, in the two forms of word2vec, which gensim's `KeyedVectors` reads too.

use std::io::{self, Write};

/// `words D`, then `word n₁ … n_D` a line; numbers as short as they come back the same.
///
/// # Errors
/// When `out` takes no more.
pub fn text<'a>(
    out: &mut impl Write,
    dimension: usize,
    rows: impl ExactSizeIterator<Item = (&'a str, &'a [f32])>,
) -> io::Result<()> {
    writeln!(out, "{} {dimension}", rows.len())?;
    for (word, row) in rows {
        write!(out, "{word}")?;
        for value in row {
            write!(out, " {value}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `words D`, then each word, a space and D little-endian 32-bit floats.
///
/// # Errors
/// When `out` takes no more.
pub fn binary<'a>(
    out: &mut impl Write,
    dimension: usize,
    rows: impl ExactSizeIterator<Item = (&'a str, &'a [f32])>,
) -> io::Result<()> {
    writeln!(out, "{} {dimension}", rows.len())?;
    for (word, row) in rows {
        write!(out, "{word} ")?;
        for value in row {
            out.write_all(&value.to_le_bytes())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::vectors::read::from_bytes;
    use crate::experiment::Watch;
    use proptest::prelude::*;

    proptest! {
        /// What is written is read as it was, up to the 16 bits that vectors are kept in.
        #[test]
        fn both_forms_are_read_back(values in proptest::collection::vec(-100.0_f32..100.0, 6)) {
            let words = ["king", "女王", "ne'er-do-well"];
            let rows = || words.iter().copied().zip(values.chunks(2));
            for write in [text as fn(&mut Vec<u8>, usize, _) -> _, binary] {
                let mut bytes = Vec::new();
                write(&mut bytes, 2, rows()).unwrap();
                let loaded = from_bytes("w", bytes, &Watch::default()).unwrap();
                prop_assert_eq!(loaded.vectors.words().iter().collect::<Vec<_>>(), words);
                for (index, row) in values.chunks(2).enumerate() {
                    let norm = (row[0] * row[0] + row[1] * row[1]).sqrt();
                    prop_assert!((loaded.vectors.norm(index as u32) - norm).abs() <= 1e-5 * norm);
                    let back = loaded.vectors.original(index as u32);
                    prop_assert!(row.iter().zip(back).all(|(a, b)| (a - b).abs() <= 1e-3 * norm));
                }
            }
        }
    }
}
