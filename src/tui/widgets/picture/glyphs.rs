//! Characters as small pictures: which part of its cell each covers.

use std::sync::LazyLock;

/// Characters that divide a cell into equal parts, each of one of two colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocks {
    /// 2 × 2, Unicode's Block Elements.
    Quadrants,
    /// 2 × 3, Symbols for Legacy Computing (Unicode 13).
    Sextants,
    /// 2 × 4, Symbols for Legacy Computing Supplement (Unicode 16).
    Octants,
}

const QUADRANTS: [char; 16] = [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];
/// Octants that have characters elsewhere in Unicode, besides those that are quadrants.
const OTHER_OCTANTS: [(u8, char); 10] = [
    (0x01, '\u{1cea8}'),
    (0x02, '\u{1ceab}'),
    (0x03, '\u{1fb82}'),
    (0x14, '\u{1fbe6}'),
    (0x28, '\u{1fbe7}'),
    (0x3f, '\u{1fb85}'),
    (0x40, '\u{1cea3}'),
    (0x80, '\u{1cea0}'),
    (0xc0, '▂'),
    (0xfc, '▆'),
];

impl Blocks {
    /// Parts of a cell, downwards; across there are two.
    pub fn rows(self) -> usize {
        match self {
            Blocks::Quadrants => 2,
            Blocks::Sextants => 3,
            Blocks::Octants => 4,
        }
    }

    /// The character whose inked parts are the bits of `parts`, row by row from the upper left, the lowest bit first.
    pub fn character(self, parts: u8) -> char {
        let nth = |first: u32, place: u32| char::from_u32(first + place).expect("a character of the block");
        match self {
            Blocks::Quadrants => QUADRANTS[usize::from(parts & 15)],
            Blocks::Sextants => match parts & 63 {
                0 => ' ',
                21 => '▌',
                42 => '▐',
                63 => '█',
                parts => nth(0x1fb00, u32::from(parts) - 1 - u32::from(parts > 21) - u32::from(parts > 42)),
            },
            Blocks::Octants => OCTANTS[usize::from(parts)],
        }
    }
}

static OCTANTS: LazyLock<[char; 256]> = LazyLock::new(|| {
    // Those that are not elsewhere stand in the order of their bits.
    let mut named = '\u{1cd00}'..='\u{1cde5}';
    std::array::from_fn(|parts| elsewhere(parts as u8).or_else(|| named.next()).expect("256 less 26 are named"))
});

/// The character of a pattern of octants that is no octant by name.
fn elsewhere(parts: u8) -> Option<char> {
    // A quadrant is two octants, one above the other.
    const OF_QUADRANT: [u8; 4] = [0x05, 0x0a, 0x50, 0xa0];
    let whole = |quadrant: &u8| parts & quadrant == *quadrant || parts & quadrant == 0;
    if OF_QUADRANT.iter().all(whole) {
        let bits = OF_QUADRANT.iter().enumerate().map(|(bit, quadrant)| usize::from(parts & quadrant != 0) << bit);
        return Some(QUADRANTS[bits.sum::<usize>()]);
    }
    OTHER_OCTANTS.iter().find(|(pattern, _)| *pattern == parts).map(|(_, character)| *character)
}

/// How much of each of 2 × 4 parts of its cell a printable character of ASCII covers, from the space on: row by row, 9 for 60 % or more.
/// Measured on DejaVu Sans Mono.
const COVERAGE: [[u8; 8]; 95] = [
    *b"00000000",
    *b"11221111",
    *b"11330000",
    *b"11677611",
    *b"01643722",
    *b"10733602",
    *b"22606822",
    *b"11110000",
    *b"02314102",
    *b"20231420",
    *b"11550000",
    *b"00215500",
    *b"00001131",
    *b"00002200",
    *b"00001111",
    *b"01044020",
    *b"22666611",
    *b"21141522",
    *b"32054222",
    *b"32151621",
    *b"02355701",
    *b"32631621",
    *b"23735512",
    *b"33053210",
    *b"22556622",
    *b"32563721",
    *b"00211111",
    *b"00211131",
    *b"00244400",
    *b"00444400",
    *b"00424400",
    *b"22152110",
    *b"01677632",
    *b"11446611",
    *b"32666621",
    *b"23505112",
    *b"31555621",
    *b"33635122",
    *b"33635010",
    *b"23515612",
    *b"11775511",
    *b"33323322",
    *b"22051521",
    *b"12846511",
    *b"10505123",
    *b"22885511",
    *b"21855811",
    *b"22555511",
    *b"32566210",
    *b"22555514",
    *b"32666511",
    *b"23611622",
    *b"44222211",
    *b"11555522",
    *b"11554411",
    *b"11667711",
    *b"11445511",
    *b"11553210",
    *b"34055123",
    *b"12414122",
    *b"10501402",
    *b"21141422",
    *b"11330000",
    *b"00000044",
    *b"20000000",
    *b"00346722",
    *b"20645522",
    *b"00435112",
    *b"02465522",
    *b"00447412",
    *b"13543110",
    *b"00455545",
    *b"20644411",
    *b"11322322",
    *b"02230433",
    *b"20536511",
    *b"30404102",
    *b"00656611",
    *b"00544411",
    *b"00445511",
    *b"00545552",
    *b"00455525",
    *b"00445010",
    *b"00423521",
    *b"10634102",
    *b"00335522",
    *b"00334411",
    *b"00337711",
    *b"00334411",
    *b"00334441",
    *b"00254222",
    *b"03224214",
    *b"11222222",
    *b"30222441",
    *b"00103400",
];

/// What a character of ASCII covers of each of 2 × 4 parts of its cell, 1 for the most that a character covers.
pub fn coverage(character: char) -> [f32; 8] {
    let place = (character as usize).wrapping_sub(0x20);
    COVERAGE.get(place).map_or([0.0; 8], |parts| parts.map(|digit| f32::from(digit - b'0') / 9.0))
}

/// The character of ASCII whose shape comes nearest to 2 × 4 values of ink, by squared error.
pub fn nearest(ink: [f32; 8]) -> char {
    let error = |character: &char| {
        let covered = coverage(*character);
        covered.iter().zip(ink).map(|(covered, ink)| (covered - ink).powi(2)).sum::<f32>()
    };
    (' '..='~').min_by(|a, b| error(a).total_cmp(&error(b))).expect("there are characters")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_pattern_has_a_character_of_its_own() {
        for (blocks, patterns) in [(Blocks::Quadrants, 16), (Blocks::Sextants, 64), (Blocks::Octants, 256)] {
            let all: BTreeSet<char> = (0..patterns).map(|parts| blocks.character(parts as u8)).collect();
            assert_eq!(all.len(), patterns, "{blocks:?}");
        }
        // By Unicode's names: BLOCK SEXTANT-1, -23456; BLOCK OCTANT-3, -23, -14, -345678 without 7, and the last one.
        assert_eq!([1, 62].map(|parts| Blocks::Sextants.character(parts)), ['\u{1fb00}', '\u{1fb3b}']);
        let octant = |names: &[u8]| Blocks::Octants.character(names.iter().map(|name| 1 << (name - 1)).sum());
        assert_eq!(octant(&[3]), '\u{1cd00}');
        assert_eq!(octant(&[2, 3]), '\u{1cd01}');
        assert_eq!(octant(&[1, 2, 3]), '\u{1cd02}');
        assert_eq!(octant(&[1, 4]), '\u{1cd04}');
        assert_eq!(octant(&[3, 4]), '\u{1cd06}');
        assert_eq!(octant(&[2, 3, 4, 5, 6, 7, 8]), '\u{1cde5}');
        assert_eq!(octant(&[1, 2, 3, 4]), '▀');
    }

    #[test]
    fn a_character_is_nearest_to_its_own_shape() {
        for character in ['/', '_', 'o', '#', ' ', '|'] {
            assert_eq!(nearest(coverage(character)), character);
        }
    }
}
