//! Analogy questions: `: section` lines, and four words a line, as the questions-words file of word2vec has them.

use crate::experiment::{ExperimentError, Wording};
use crate::intake::Purpose;

pub const FILE: Purpose =
    Purpose::new(Wording::new("analogy questions, four words a line", "1 行に 4 語のアナロジー問題"), 64 << 20);

/// A question: the four words.
pub type Question = [String; 4];

/// Questions under one heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    pub name: String,
    pub questions: Vec<Question>,
}

/// Reads a file of questions: `: section` lines, and four words a line.
///
/// # Errors
/// The line that is neither.
pub fn parse(text: &str) -> Result<Vec<Section>, ExperimentError> {
    let mut sections: Vec<Section> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix(':') {
            sections.push(Section { name: name.trim().to_owned(), questions: Vec::new() });
            continue;
        }
        if line.is_empty() {
            continue;
        }
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let found = words.len();
        let question: Question = words.try_into().map_err(|_| {
            ExperimentError::new(format!("line {}: expected four words or `: section`, found {found} words", index + 1))
        })?;
        if sections.is_empty() {
            sections.push(Section { name: "questions".to_owned(), questions: Vec::new() });
        }
        sections.last_mut().expect("one was put there").questions.push(question);
    }
    if sections.iter().all(|section| section.questions.is_empty()) {
        return Err(ExperimentError::new("no question: expected lines of four words"));
    }
    Ok(sections)
}

/// Sections as [`parse`] reads them.
pub fn written(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        text += &format!(": {}\n", section.name);
        for question in &section.questions {
            text += &question.join(" ");
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bad_file_is_told_by_its_line() {
        assert_eq!(
            parse("a b c d\na b c\n").unwrap_err().to_string(),
            "line 2: expected four words or `: section`, found 3 words"
        );
        assert!(parse(": only\n").unwrap_err().to_string().contains("no question"));
    }

    proptest! {
        #[test]
        fn any_text_is_questions_or_a_line(text in "(: ?[a-z]{0,4}\n|([a-z王]{1,3} ){0,5}\n|\\PC{0,9}\n){0,8}") {
            match parse(&text) {
                Ok(sections) => prop_assert_eq!(parse(&written(&sections)).unwrap(), sections),
                Err(failure) => prop_assert!(!failure.to_string().contains('\n')),
            }
        }
    }
}
