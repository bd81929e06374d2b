//! The two languages of the house, and wording that exists in both.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A language a person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Ja,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::En, Language::Ja];

    /// The other language: what the picker's `l` key switches to.
    pub fn other(self) -> Self {
        match self {
            Language::En => Language::Ja,
            Language::Ja => Language::En,
        }
    }

    /// The language of a POSIX locale name such as `ja_JP.UTF-8`; English unless it says Japanese.
    pub fn from_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("ja") { Language::Ja } else { Language::En }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Language::En => "en",
            Language::Ja => "ja",
        })
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "en" => Ok(Language::En),
            "ja" => Ok(Language::Ja),
            other => Err(format!("unknown language `{other}`: expected en or ja")),
        }
    }
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    pub en: String,
    pub ja: String,
}

impl Bilingual {
    pub fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Bilingual { en: en.into(), ja: ja.into() }
    }

    /// The same in both: a formula, a name, a word of the data.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Bilingual { en: text.clone(), ja: text }
    }

    /// The same with words before it, such as the place it is about.
    #[must_use]
    pub fn after(&self, en: impl fmt::Display, ja: impl fmt::Display) -> Self {
        Bilingual::new(format!("{en}{}", self.en), format!("{ja}{}", self.ja))
    }

    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ja => &self.ja,
        }
    }
}

impl From<String> for Bilingual {
    /// The same in both.
    fn from(text: String) -> Self {
        Bilingual::same(text)
    }
}

impl From<(&str, &str)> for Bilingual {
    /// English, then Japanese.
    fn from((en, ja): (&str, &str)) -> Self {
        Bilingual::new(en, ja)
    }
}

impl From<Wording> for Bilingual {
    fn from(wording: Wording) -> Self {
        Bilingual::new(wording.en, wording.ja)
    }
}

/// A short text in a panel: a number or a name of the data, which is the same in both languages, or one that each language has its own for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    Same(String),
    Both(Bilingual),
}

impl Words {
    pub fn in_language(&self, language: Language) -> &str {
        match self {
            Words::Same(text) => text,
            Words::Both(text) => text.in_language(language),
        }
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Words::Same(text)
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Words::Same(text.to_owned())
    }
}

impl From<Bilingual> for Words {
    fn from(text: Bilingual) -> Self {
        if text.en == text.ja { Words::Same(text.en) } else { Words::Both(text) }
    }
}

/// Wording fixed at compile time, in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wording {
    pub en: &'static str,
    pub ja: &'static str,
}

impl Wording {
    pub const fn new(en: &'static str, ja: &'static str) -> Self {
        Wording { en, ja }
    }

    pub fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Ja => self.ja,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_the_same_in_both_languages_are_written_as_a_text_alone() {
        let (number, name) = (Words::from("0.5"), Words::from(Bilingual::new("known", "既知")));
        assert_eq!([&number, &name].map(|words| words.in_language(Language::Ja)), ["0.5", "既知"]);
        let written = serde_json::to_string(&[&number, &name]).unwrap();
        assert_eq!(written, r#"["0.5",{"en":"known","ja":"既知"}]"#);
        assert_eq!(serde_json::from_str::<[Words; 2]>(&written).unwrap(), [number, name]);
        assert_eq!(Words::from(Bilingual::same("SARSA")), Words::from("SARSA"));
    }

    #[test]
    fn a_locale_names_its_language() {
        assert_eq!(Language::from_locale("ja_JP.UTF-8"), Language::Ja);
        assert_eq!(Language::from_locale("C"), Language::En);
        assert_eq!(Language::from_locale(""), Language::En);
    }
}
