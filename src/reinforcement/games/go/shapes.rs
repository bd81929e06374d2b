//! Shapes of three by three points about a free one that are worth a move in a playout of Go: hanes, cuts, and both at the edge (after Gelly,
//! Wang, Munos & Teytaud, "Modification of UCT with patterns in Monte-Carlo Go", 2006).

use std::sync::LazyLock;

/// What is around a point: 2 bits a neighbour in reading order, 0 the side to move, 1 the other, 2 the edge, 3 free.
pub type Around = u16;

/// Shapes as three rows: X and O stones of either side, x anything but X, o anything but O, . free, ? anything, # the edge. The side to
/// move may be either, and every shape counts in all its eight images.
const SHAPES: [&str; 10] = [
    "XOX ... ???", // hane from both sides
    "XO. ... ?.?", // hane that is not cut off
    "XO? X.. o.?", // hane at a wall
    "XO? O.o ?o?", // a cut that is not protected
    "?X? O.O xxx", // a cut between two stones
    "X.? O.? ###", // pressing along the edge
    "OX? o.O ###", // a cut at the edge
    "?X? o.O ###",
    "?XO o.o ###",
    "?OX X.O ###",
];

static FITS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut fits = vec![0_u64; 1 << 10];
    for shape in SHAPES {
        let grid: Vec<u8> = shape.bytes().filter(|sign| *sign != b' ').collect();
        for symmetry in 0..8 {
            let mut image = vec![b'?'; 9];
            for (point, sign) in grid.iter().enumerate() {
                image[crate::reinforcement::games::grid::image(point, 3, symmetry)] = *sign;
            }
            image.remove(4);
            for swapped in [false, true] {
                mark(&image, swapped, 0, 0, &mut fits);
            }
        }
    }
    fits
});

/// Sets the bits of all surroundings that fit a shape.
fn mark(shape: &[u8], swapped: bool, at: usize, code: usize, fits: &mut [u64]) {
    let Some(sign) = shape.get(at) else {
        fits[code >> 6] |= 1 << (code & 63);
        return;
    };
    let (x, o) = if swapped { (1, 0) } else { (0, 1) };
    let allowed: &[usize] = match sign {
        b'X' => &[x],
        b'O' => &[o],
        b'x' => &[o, 2, 3],
        b'o' => &[x, 2, 3],
        b'.' => &[3],
        b'#' => &[2],
        _ => &[0, 1, 2, 3],
    };
    for state in allowed {
        mark(shape, swapped, at + 1, code | state << (2 * at), fits);
    }
}

/// Whether the surroundings of a free point fit a shape.
#[inline]
pub fn fits(around: Around) -> bool {
    FITS[usize::from(around) >> 6] >> (around & 63) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(rows: &str) -> Around {
        let signs =
            rows.bytes().filter(|sign| *sign != b' ').enumerate().filter(|(at, _)| *at != 4).map(|(_, sign)| sign);
        let state = |sign| match sign {
            b'X' => 0,
            b'O' => 1,
            b'#' => 2,
            _ => 3,
        };
        signs.enumerate().map(|(at, sign)| state(sign) << (2 * at)).sum()
    }

    #[test]
    fn shapes_are_found_whoever_moves_and_however_they_lie() {
        for rows in ["XOX ... ...", "OXO ... ...", "X.. O.. X..", "... ... XOX", "XO. O.. ...", ".X. O.O ..."] {
            assert!(fits(around(rows)), "{rows}");
        }
        for rows in ["... ... ...", "OOO ... ...", "XO. O.O ...", "### ... ..."] {
            assert!(!fits(around(rows)), "{rows}");
        }
    }
}
