//! How deep a text in YAML goes: a reader of it may take time that grows with the square of that.

use saphyr_parser::{Event, Parser};

/// Maps and lists within each other, at most; our files need seven.
pub const DEEPEST: usize = 32;

/// Brackets within each other in what cannot be parsed, whatever they stand in.
const MOST_BRACKETS: usize = 500;

/// How many brackets are open at once, those in quotes counted too.
fn brackets(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// Whether the parser gave up a text because of its depth.
pub fn is_too_deep(error: &str) -> bool {
    error.contains("recursion limit")
}

/// Whether a text is no deeper than [`DEEPEST`]. What is no YAML at all is left to whoever reads it.
pub fn is_shallow(text: &str) -> bool {
    let mut depth = 0_usize;
    for event in Parser::new_from_str(text) {
        match event {
            Ok((Event::MappingStart(..) | Event::SequenceStart(..), _)) => depth += 1,
            Ok((Event::MappingEnd | Event::SequenceEnd, _)) => depth = depth.saturating_sub(1),
            Ok(_) => {}
            // Another reader may take what this one refuses.
            Err(error) => return !is_too_deep(error.info()) && brackets(text) <= MOST_BRACKETS,
        }
        if depth > DEEPEST {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_alone_is_judged() {
        for shallow in
            ["", "a: {b: [1, 2]}", "note: '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['", "[1, 2", &"[],".repeat(100_000)]
        {
            assert!(is_shallow(shallow), "{shallow:.40}");
        }
        for open in ["[", "- ", "{a: ", "a: ["] {
            assert!(!is_shallow(&open.repeat(100_000)), "{open}");
        }
        // A tab, which the other reader takes for a space.
        assert!(!is_shallow(&format!("z:\tq\na: {}", "[".repeat(100_000))));
        assert!(is_shallow("z:\tq\na: [[1]]"));
    }
}
