//! Keys by their names, as scripts of demos and the lines of the plain mode write them: `m`, `right`, `alt-m`, `right*10`.

use serde::{Deserialize, Deserializer};
use std::str::FromStr;

/// The most times that one key is pressed.
const MOST_PRESSES: usize = 10_000;

/// A key without its modifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A letter, a sign or a space.
    Letter(char),
    Enter,
    Escape,
    Tab,
    BackTab,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Backspace,
}

/// What is held down with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modifier {
    None,
    Alt,
    Control,
}

/// Keys that have a name.
const NAMED: [(&str, Key); 14] = [
    ("enter", Key::Enter),
    ("esc", Key::Escape),
    ("tab", Key::Tab),
    ("shift-tab", Key::BackTab),
    ("space", Key::Letter(' ')),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("pgup", Key::PageUp),
    ("pgdn", Key::PageDown),
    ("home", Key::Home),
    ("end", Key::End),
    ("backspace", Key::Backspace),
];

/// Signs of keys in footers, and their names.
const SIGNS: [(&str, &str); 6] =
    [("↵", "enter"), ("↑", "up"), ("↓", "down"), ("←", "left"), ("→", "right"), ("⌫", "backspace")];

/// A key, and how often it is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keystroke {
    pub key: Key,
    pub modifier: Modifier,
    pub times: usize,
}

impl FromStr for Keystroke {
    type Err = ();

    /// Reads a name in capitals or small letters, or the sign that a footer shows for it; any other letter by itself is itself.
    fn from_str(word: &str) -> Result<Self, ()> {
        let (name, times) = match word.rsplit_once('*') {
            Some((name, times)) if !name.is_empty() => {
                (name, times.parse().ok().filter(|times| *times <= MOST_PRESSES).ok_or(())?)
            }
            _ => (word, 1),
        };
        let lower = name.to_lowercase();
        let (modifier, rest) = if let Some(rest) = lower.strip_prefix("alt-") {
            (Modifier::Alt, rest)
        } else if let Some(rest) = lower.strip_prefix("ctrl-") {
            (Modifier::Control, rest)
        } else {
            (Modifier::None, name)
        };
        let rest_named =
            SIGNS.iter().find(|(sign, _)| *sign == rest).map_or(rest.to_lowercase(), |(_, name)| (*name).to_owned());
        let named = NAMED.iter().find(|(known, _)| *known == rest_named).map(|(_, key)| *key);
        let mut letters = rest.chars();
        let one = letters.next().filter(|_| letters.next().is_none()).map(Key::Letter);
        Ok(Keystroke { key: named.or(one).ok_or(())?, modifier, times })
    }
}

/// Keys to press one after another: names with spaces between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keystrokes(pub Vec<Keystroke>);

impl<'de> Deserialize<'de> for Keystrokes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let form = || {
            let named: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
            format!("expected a character, alt-x, ctrl-x, or {}, each with *N for N times", named.join(", "))
        };
        let read = |word: &str| word.parse().map_err(|()| format!("unknown key `{word}`: {}", form()));
        let keys: Result<Vec<Keystroke>, String> = text.split_whitespace().map(read).collect();
        match keys {
            Ok(keys) if keys.is_empty() => Err(serde::de::Error::custom(format!("no key: {}", form()))),
            keys => keys.map(Keystrokes).map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_names_and_can_be_pressed_often() {
        let of = |word: &str| word.parse::<Keystroke>().map(|stroke| (stroke.key, stroke.modifier, stroke.times));
        assert_eq!(of("right*12"), Ok((Key::Right, Modifier::None, 12)));
        assert_eq!(of("R"), Ok((Key::Letter('R'), Modifier::None, 1)));
        assert_eq!(of("*"), Ok((Key::Letter('*'), Modifier::None, 1)));
        assert_eq!(of("Alt-m"), Ok((Key::Letter('m'), Modifier::Alt, 1)));
        assert_eq!(of("↑*3"), Ok((Key::Up, Modifier::None, 3)));
        assert_eq!(of("↵"), of("enter"));
        assert_eq!((of("rite"), of("right*x"), of("right*99999")), (Err(()), Err(()), Err(())));
    }
}
