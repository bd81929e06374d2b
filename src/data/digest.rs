//! Digests, by which a run knows that it goes on with what it was begun with.

use sha2::{Digest, Sha256};

/// The first 16 bytes of the SHA-256 of some bytes, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
