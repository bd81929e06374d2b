//! Which items of a task are held out: by a hash of the item's text, so the split is the same on every machine and
//! needs no list.

/// One item in this many is held out.
const PARTS: u64 = 10;

/// Whether an item (a day, a pair of summands, a number, a string, a sentence) is held out of training.
pub(super) fn is_held_out(item: &str) -> bool {
    hash(item).is_multiple_of(PARTS)
}

/// FNV-1a over the bytes (Fowler, Noll & Vo), then the finalizer of SplitMix64 (Steele, Lea & Flood 2014), which mixes
/// the low bits.
fn hash(text: &str) -> u64 {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_item_in_ten_is_held_out() {
        let held_out = (0..100_000).filter(|number| is_held_out(&number.to_string())).count();
        assert!((9_700..10_300).contains(&held_out), "{held_out}");
    }

    #[test]
    fn the_split_never_changes() {
        let held_out: Vec<u32> = (0..60).filter(|number| is_held_out(&number.to_string())).collect();
        assert_eq!(held_out, [2, 13, 20, 24, 41, 42, 50]);
    }
}
