//! Digests, by which a run knows that it goes on with what it was begun with.

use sha2::digest::Output;
use sha2::{Digest, Sha256};

/// The first 16 bytes of the SHA-256 of some bytes, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    short(Sha256::digest(bytes))
}

/// The first 16 bytes of a sum, in hexadecimal.
pub fn short(sum: Output<Sha256>) -> String {
    hexadecimal(&sum[..16])
}

/// A whole sum, in hexadecimal.
pub fn whole(sum: Output<Sha256>) -> String {
    hexadecimal(&sum)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
