//! The IDX format of MNIST (LeCun, Cortes & Burges): a magic number, the lengths of the axes, then bytes.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What is wrong with a file of data, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: byte {offset}: {found}, expected {expected}", file.display())]
pub struct IdxError {
    pub file: PathBuf,
    pub offset: usize,
    pub found: String,
    pub expected: String,
}

/// The kinds of file in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Unsigned bytes, three axes: picture, row, column.
    Images,
    /// Unsigned bytes, one axis.
    Labels,
}

impl Kind {
    fn magic(self) -> u32 {
        match self {
            Kind::Images => 0x0803,
            Kind::Labels => 0x0801,
        }
    }

    /// Bytes of a file of so many items.
    pub fn length(self, count: usize) -> usize {
        self.header() + count * if self == Kind::Images { 28 * 28 } else { 1 }
    }

    /// Bytes before the values.
    pub fn header(self) -> usize {
        match self {
            Kind::Images => 16,
            Kind::Labels => 8,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Images => "an image file",
            Kind::Labels => "a label file",
        })
    }
}

/// Checks a file of `count` pictures of 28×28, or of their labels, and says where its values lie.
pub fn check(file: &Path, bytes: &[u8], kind: Kind, count: usize) -> Result<Range<usize>, IdxError> {
    let wrong =
        |offset, found: String, expected: String| Err(IdxError { file: file.to_owned(), offset, found, expected });
    let word = |offset: usize| {
        let bytes = bytes.get(offset..offset + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().expect("four bytes")))
    };
    let axes: &[usize] = if kind == Kind::Images { &[count, 28, 28] } else { &[count] };
    let whole = kind.length(count);
    let Some(magic) = word(0) else {
        return wrong(bytes.len(), "the file ends".into(), format!("{whole} bytes of {kind} in IDX format"));
    };
    if magic != kind.magic() {
        let found = match magic {
            0x0803 => format!("{} (magic 0x00000803)", Kind::Images),
            0x0801 => format!("{} (magic 0x00000801)", Kind::Labels),
            other => format!("magic 0x{other:08x}, not the IDX format"),
        };
        return wrong(0, found, format!("{kind} (magic 0x{:08x})", kind.magic()));
    }
    for (axis, &expected) in axes.iter().enumerate() {
        let offset = 4 + 4 * axis;
        let name = ["items", "rows", "columns"][axis];
        match word(offset) {
            Some(found) if found as usize == expected => {}
            Some(found) => return wrong(offset, format!("{found} {name}"), expected.to_string()),
            None => return wrong(bytes.len(), "the file ends".into(), format!("{whole} bytes")),
        }
    }
    if bytes.len() < whole {
        return wrong(bytes.len(), "the file ends".into(), format!("{whole} bytes; it is truncated"));
    }
    if bytes.len() > whole {
        return wrong(whole, format!("{} more bytes", bytes.len() - whole), "the end of the file".into());
    }
    if kind == Kind::Labels
        && let Some(place) = bytes[8..].iter().position(|&label| label > 9)
    {
        return wrong(8 + place, format!("label {}", bytes[8 + place]), "a digit from 0 to 9".into());
    }
    Ok(kind.header()..whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(count: usize) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, 1];
        bytes.extend((count as u32).to_be_bytes());
        bytes.extend((0..count).map(|i| (i % 10) as u8));
        bytes
    }

    fn images(count: usize) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, 3];
        [count, 28, 28].iter().for_each(|&length| bytes.extend((length as u32).to_be_bytes()));
        bytes.resize(16 + count * 784, 7);
        bytes
    }

    fn message(bytes: &[u8], kind: Kind) -> String {
        check(Path::new("some/file"), bytes, kind, 3).unwrap_err().to_string()
    }

    #[test]
    fn good_files_pass() {
        assert_eq!(check(Path::new("f"), &images(3), Kind::Images, 3), Ok(16..16 + 3 * 784));
        assert_eq!(check(Path::new("f"), &labels(3), Kind::Labels, 3), Ok(8..11));
    }

    #[test]
    fn what_is_wrong_is_said_with_file_and_place() {
        assert_eq!(
            message(&images(3)[..1000], Kind::Images),
            "some/file: byte 1000: the file ends, expected 2368 bytes; it is truncated"
        );
        assert_eq!(
            message(&labels(3), Kind::Images),
            "some/file: byte 0: a label file (magic 0x00000801), expected an image file (magic 0x00000803)"
        );
        assert_eq!(
            message(b"\x89PNG\r\n", Kind::Images),
            "some/file: byte 0: magic 0x89504e47, not the IDX format, expected an image file (magic 0x00000803)"
        );
        assert_eq!(message(&images(4), Kind::Images), "some/file: byte 4: 4 items, expected 3");
        let with = |at: usize, byte: u8| {
            let mut bytes = images(3);
            bytes[at] = byte;
            message(&bytes, Kind::Images)
        };
        assert_eq!(with(11, 32), "some/file: byte 8: 32 rows, expected 28");
        assert_eq!(with(15, 32), "some/file: byte 12: 32 columns, expected 28");
        let of_int16 = with(2, 0x0b);
        assert!(of_int16.starts_with("some/file: byte 0: magic 0x00000b03, not the IDX format"), "{of_int16}");
        let mut wrong = labels(3);
        wrong[9] = 12;
        assert_eq!(message(&wrong, Kind::Labels), "some/file: byte 9: label 12, expected a digit from 0 to 9");
        wrong.push(0);
        assert_eq!(message(&wrong, Kind::Labels), "some/file: byte 11: 1 more bytes, expected the end of the file");
        assert!(message(&[], Kind::Labels).starts_with("some/file: byte 0: the file ends"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_right(bytes in prop::collection::vec(any::<u8>(), 0..64), images in any::<bool>()) {
            let kind = if images { Kind::Images } else { Kind::Labels };
            if let Ok(range) = check(Path::new("f"), &bytes, kind, 3) {
                prop_assert_eq!(range.end, bytes.len());
            }
        }

        #[test]
        fn a_cut_anywhere_is_found_at_its_place(cut in 0_usize..2367) {
            let error = check(Path::new("f"), &images(3)[..cut], Kind::Images, 3).unwrap_err();
            prop_assert_eq!(error.offset, cut);
        }
    }
}
