//! A sum within the files that a run goes on from.
//!
//! A safetensors file begins with the length of its header, then the header in JSON, then the numbers. The seal is an entry of the
//! header's metadata, the first, so that other readers pass over it:
//!
//! ```text
//! {"__metadata__":{"seal":"<SHA-256 of all but the seal> <a line of the writer's>", …
//! ```
//!
//! A file without one is of an earlier version, and is taken as it is.

use crate::intake::digest;
use sha2::{Digest, Sha256};

const OPENING: &str = "{\"__metadata__\":{";
const KEY: &str = "\"seal\":\"";
/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// The header and the numbers, if the bytes are such a file.
fn parts(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (header, numbers) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?.trim_end(), numbers))
}

fn sum(header: &str, numbers: &[u8], line: &str) -> String {
    let mut sum = Sha256::new();
    for part in [header.as_bytes(), numbers, line.as_bytes()] {
        sum.update((part.len() as u64).to_le_bytes());
        sum.update(part);
    }
    digest::whole(sum.finalize())
}

/// Seals a file; `line` holds no quotes, backslashes or control characters. Other bytes stay as they are.
pub fn seal(bytes: Vec<u8>, line: &str) -> Vec<u8> {
    let Some((header, numbers)) = parts(&bytes) else { return bytes };
    let entry = format!("{KEY}{} {line}\"", sum(header, numbers, line));
    let mut sealed = match header.strip_prefix(OPENING) {
        Some(rest) if rest.starts_with('}') => format!("{OPENING}{entry}{rest}"),
        Some(rest) => format!("{OPENING}{entry},{rest}"),
        None if header == "{}" => format!("{OPENING}{entry}}}}}"),
        None => format!("{OPENING}{entry}}},{}", &header[1..]),
    };
    // The numbers begin at a multiple of eight.
    sealed.push_str(&" ".repeat(sealed.len().next_multiple_of(8) - sealed.len()));
    [&(sealed.len() as u64).to_le_bytes(), sealed.as_bytes(), numbers].concat()
}

/// A seal that was found in a file: the sum, the writer's line, and the header as it may have been before.
struct Seal<'a> {
    sum: &'a str,
    line: &'a str,
    before: Vec<String>,
}

/// Whether a header has the look of a sealed one: its first entry begins with a sum, whatever its name. No writer of ours has another such
/// entry, so that a seal whose name is broken is a broken seal, and no file of an earlier version.
fn looks_sealed(header: &str) -> bool {
    let value = header.as_bytes().get(OPENING.len() + KEY.len()..).unwrap_or_default();
    let is_sum = value.len() > DIGITS && value[..DIGITS].iter().all(u8::is_ascii_hexdigit) && value[DIGITS] == b' ';
    is_sum || header.strip_prefix(OPENING).is_some_and(|rest| rest.starts_with(KEY))
}

/// The seal of a header; `None` within for one that cannot be read.
fn seal_of(header: &str) -> Option<Option<Seal<'_>>> {
    if !looks_sealed(header) {
        return None;
    }
    let read = || {
        let (sum, rest) = header.strip_prefix(OPENING)?.strip_prefix(KEY)?.split_at_checked(DIGITS)?;
        let (line, rest) = rest.strip_prefix(' ')?.split_once('"')?;
        // With other entries, with none, or without metadata.
        let before = match rest.strip_prefix(',') {
            Some(others) => vec![format!("{OPENING}{others}")],
            None => {
                let tensors = rest.strip_prefix("},").map(|tensors| format!("{{{tensors}"));
                vec![format!("{OPENING}{rest}"), tensors.unwrap_or_else(|| "{}".to_owned())]
            }
        };
        Some(Seal { sum, line, before })
    };
    Some(read())
}

/// The line of a sealed file; none of one without a seal.
///
/// # Errors
/// When the file is not what was sealed.
pub fn check(bytes: &[u8]) -> Result<Option<String>, String> {
    let Some((header, numbers)) = parts(bytes) else { return Ok(None) };
    let Some(seal) = seal_of(header) else { return Ok(None) };
    let whole = seal.filter(|seal| seal.before.iter().any(|header| sum(header, numbers, seal.line) == seal.sum));
    let whole = whole.ok_or_else(|| "it is not as it was written (its sum differs)".to_owned())?;
    Ok(Some(whole.line.to_owned()))
}

/// The numbers of a sealed file and what else was in its header: what is the same in files that were sealed at different times.
pub fn content(bytes: &[u8]) -> (String, &[u8]) {
    let Some((header, numbers)) = parts(bytes) else { return (String::new(), bytes) };
    let before = seal_of(header).flatten().and_then(|seal| seal.before.into_iter().next());
    (before.unwrap_or_else(|| header.to_owned()), numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Precision;
    use crate::nn::weights;
    use crate::tensor::tensor;
    use proptest::prelude::*;

    fn file(text: Option<&str>) -> Vec<u8> {
        weights::encode([("w".to_owned(), &tensor([2, 2], vec![1.0, -2.0, 0.5, 3.0]))], text, Precision::Single)
    }

    #[test]
    fn a_sealed_file_is_read_as_before_and_gives_its_line() {
        let empty = safetensors::serialize(Vec::<(&str, safetensors::tensor::TensorView)>::new(), None).unwrap();
        for bytes in [file(None), file(Some("a \"text\"")), empty] {
            assert_eq!(check(&bytes), Ok(None), "of an earlier version");
            let sealed = seal(bytes.clone(), "metrics 120");
            assert_eq!(check(&sealed), Ok(Some("metrics 120".to_owned())));
            assert_eq!(seal(bytes.clone(), "metrics 120"), sealed, "the same bytes again");
            let (before, after) = (weights::decode(&bytes).unwrap(), weights::decode(&sealed).unwrap());
            assert_eq!((before.state, before.tensors.len()), (after.state, after.tensors.len()));
            assert!(sealed.len().is_multiple_of(4));
            assert_eq!(content(&seal(bytes.clone(), "one time")), content(&seal(bytes, "another")));
        }
        assert_eq!(seal(b"no such file".to_vec(), ""), b"no such file");
    }

    proptest! {
        /// Any bit turned over, anywhere, is found: by the sum, or because no such file is left.
        #[test]
        fn a_turned_bit_is_found(place in any::<prop::sample::Index>(), bit in 0_u8..8, with_text in any::<bool>()) {
            let mut sealed = seal(file(with_text.then_some("text")), "a line");
            let place = place.index(sealed.len());
            sealed[place] ^= 1 << bit;
            // Either its sum tells, or it is no such file any more: it never counts as one of an earlier version that can be read.
            prop_assert!(check(&sealed).is_err() || weights::decode(&sealed).is_err(), "byte {}", place);
        }
    }
}
