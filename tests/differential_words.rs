//! Words end where Unicode's own test of word boundaries has them end (UAX #29), but for what `data::tokens` does otherwise on
//! purpose. `differential/words/WordBreakTest.txt` is Unicode's file of version 15.0, as it came; its licence lies beside it. Each of
//! its lines is a text, with `÷` where it is to be parted and `×` where it is not.

use shinso::data::tokens;

const LINES: &str = include_str!("differential/words/WordBreakTest.txt");

/// Joins two words that it stands between.
const JOINTS: [char; 3] = ['\'', '-', '.'];
/// Dropped from within words: a soft hyphen, a joint of no width.
const UNSEEN: [char; 2] = ['\u{ad}', '\u{2060}'];
/// A letter with its mark, as one: all that the file has.
const COMPOSED: [(&str, &str); 2] = [("a\u{308}", "ä"), ("a\u{300}", "à")];
/// Texts that later versions of Unicode part otherwise, with their words: since 17.0 the scissors are no pictograph.
const LATER: [(&str, &[&str]); 1] = [("a\u{200d}\u{2701}", &["a\u{200d}"])];

/// The segments of a line of the file; none in a comment.
fn segments(line: &str) -> Vec<String> {
    let marked = line.split('#').next().unwrap();
    let letter = |code: &str| char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
    let segment = |part: &str| part.split_whitespace().filter(|code| *code != "×").map(letter).collect::<String>();
    marked.split('÷').map(segment).filter(|segment| !segment.is_empty()).collect()
}

/// What a segment is by the first of its characters that tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Word,
    Joint,
    Other,
}

fn part(segment: &str) -> Part {
    match segment.chars().find(|letter| letter.is_alphanumeric() || JOINTS.contains(letter)) {
        Some(letter) if letter.is_alphanumeric() => Part::Word,
        Some(_) => Part::Joint,
        None => Part::Other,
    }
}

/// A segment in small letters, composed, without what is not seen.
fn written(segment: &str) -> String {
    let small = COMPOSED.iter().fold(segment.to_lowercase(), |text, (apart, one)| text.replace(apart, one));
    small.replace(UNSEEN, "")
}

/// The words by the file alone: its segments that have a letter or a digit.
fn by_the_file(segments: &[String]) -> Vec<String> {
    segments.iter().filter(|segment| part(segment) == Part::Word).map(|segment| written(segment)).collect()
}

/// The words as `data::tokens` promises them: those of the file, but one word where a joint stands between two, and where two stand
/// side by side. Only U+3031, a mark of kana, stands beside another word in the file: Japanese with spaces is parted at these alone.
fn promised(segments: &[String]) -> Vec<String> {
    let mut words = vec![String::new()];
    for (place, segment) in segments.iter().enumerate() {
        let word = words.last_mut().unwrap();
        let goes_on = match part(segment) {
            Part::Word => true,
            Part::Joint => !word.is_empty() && segments.get(place + 1).is_some_and(|next| part(next) == Part::Word),
            Part::Other => false,
        };
        if goes_on {
            word.push_str(&written(segment));
        } else {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn words_end_where_unicode_has_them_end() {
    let (mut count, mut as_in_the_file) = (0, 0);
    for (number, line) in (1..).zip(LINES.lines()) {
        let segments = segments(line);
        if segments.is_empty() {
            continue;
        }
        let text = segments.concat();
        let later = LATER.iter().find(|(other, _)| *other == text);
        let expected: Vec<String> = match later {
            Some((_, words)) => words.iter().map(|word| (*word).to_owned()).collect(),
            None => promised(&segments),
        };
        let mut found = Vec::new();
        tokens::words(&text, true, &mut String::new(), |word| found.push(word.to_owned()));
        assert_eq!(found, expected, "line {number}: {line}");
        count += 1;
        as_in_the_file += usize::from(found == by_the_file(&segments));
    }
    // 64 lines have a joint between two words, 32 have words side by side (8 have both), and one is of another version.
    assert_eq!((count, as_in_the_file), (1823, 1823 - 64 - 32 + 8 - 1));
}
