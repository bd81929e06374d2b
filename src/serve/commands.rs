//! What may be run in place of the screen: verbs of this program that only read and print, one that takes in what is handed in, and the
//! linear mode.

use crate::experiment::Bilingual;

/// Bytes of a command at most.
const LONGEST: usize = 4096;

/// Verbs, and of some the only words that may follow.
const VERBS: [(&str, &[&str]); 4] =
    [("labs", &["list", "check", "describe"]), ("runs", &["list", "show"]), ("ask", &[]), ("doctor", &[])];

/// Opens the linear mode, for screen readers; what it does is typed there.
const PLAIN: &str = "--plain";

/// Takes in the file that the client sends: alone of all is it given the client's input; and the verb that does it.
const HAND_IN: &str = "hand-in";
const TAKE_IN: &str = "take-in";

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// For this program; none opens the labs.
    pub words: Vec<String>,
    /// Whether it reads a file from the client.
    pub takes_file: bool,
}

/// A command for this program; no shell has a look at it.
///
/// # Errors
/// When it is none of those that may be run.
pub fn command(command: &[u8]) -> Result<Command, Bilingual> {
    let text = std::str::from_utf8(command).ok().filter(|text| text.len() <= LONGEST);
    let words = text.and_then(split).unwrap_or_default();
    let mut begin = words.iter().map(String::as_str);
    let known = begin.next().and_then(|verb| VERBS.iter().find(|(known, _)| *known == verb));
    match known {
        None if words == [HAND_IN] => Ok(Command { words: vec![TAKE_IN.to_owned()], takes_file: true }),
        None if words == [PLAIN] => Ok(Command { words, takes_file: false }),
        Some((_, [])) => Ok(Command { words, takes_file: false }),
        Some((_, after)) if begin.next().is_some_and(|word| after.contains(&word)) => {
            Ok(Command { words, takes_file: false })
        }
        _ => Err(refused()),
    }
}

fn refused() -> Bilingual {
    let verbs: Vec<String> = VERBS
        .iter()
        .map(|(verb, after)| if after.is_empty() { (*verb).to_owned() } else { format!("{verb} {}", after.join("|")) })
        .collect();
    let verbs = verbs.join(", ");
    Bilingual::new(
        format!("no such command here; expected {verbs}, {PLAIN}, `{HAND_IN} < FILE`, or none for the labs"),
        format!(
            "このコマンドは使えません。使えるのは {verbs}, {PLAIN}, `{HAND_IN} < FILE` です。何も指定しなければラボが開きます"
        ),
    )
}

/// Words between white space; `'…'` and `"…"` hold some together, and `\` takes the meaning from what follows. None if one is not closed, or a
/// control character is among them.
pub fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (letter, _) if letter.is_control() && letter != '\t' => return None,
            (letter, Some(end)) if letter == end => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().push(letters.next()?),
            (letter, Some(_)) => word.get_or_insert_default().push(letter),
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (letter, None) if letter.is_whitespace() => words.extend(word.take()),
            (letter, None) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_verbs_that_read_and_print_are_run() {
        for command in [
            ";sh",
            "sh",
            "",
            "labs;sh",
            "labs",
            "runs delete x",
            "runs resume x",
            "train vae",
            "serve",
            "session -- doctor",
            "--confined labs list",
            "--plain train vae",
            "ask 'vae",
            "ask vae\u{1b}[2J",
            "doctor\nsh",
            "hand-in FILE",
            "take-in",
        ] {
            assert!(super::command(command.as_bytes()).is_err(), "{command:?}");
        }
        assert!(super::command(b"doctor \xff").is_err());
        assert!(super::command(format!("ask {}", "a".repeat(LONGEST)).as_bytes()).is_err());
        for (command, expected) in [
            ("doctor", vec!["doctor"]),
            ("--plain", vec!["--plain"]),
            ("  labs\tlist ", vec!["labs", "list"]),
            ("ask gpt continue --set 'prompt=Anna is' \"a \\\" b\" c\\ d ''", {
                vec!["ask", "gpt", "continue", "--set", "prompt=Anna is", "a \" b", "c d", ""]
            }),
            ("labs list ; sh $(sh) `sh` > x", vec!["labs", "list", ";", "sh", "$(sh)", "`sh`", ">", "x"]),
        ] {
            let command = super::command(command.as_bytes()).unwrap();
            assert_eq!((command.words, command.takes_file), (expected.into_iter().map(str::to_owned).collect(), false));
        }
        let handing_in = super::command(b" hand-in ").unwrap();
        assert_eq!(handing_in, Command { words: vec!["take-in".to_owned()], takes_file: true });
    }
}
