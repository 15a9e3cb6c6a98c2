//! Words that people use, what they mean and which codes they cover, as `content/search/lay-words.toml`.

use serde::Deserialize;

use crate::{Catalogue, Text};

/// All lay words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayWords {
    #[serde(rename = "word")]
    entries: Vec<LayWord>,
}

/// Words for one thing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayWord {
    /// Danish words and phrases.
    pub da: Vec<String>,
    /// English words and phrases.
    pub en: Vec<String>,
    /// The professional term.
    pub means: Text,
    /// Codes of any code list that is shipped.
    #[serde(default)]
    pub codes: Vec<String>,
    /// Other words to look for.
    #[serde(default)]
    pub also: Vec<String>,
    /// Registers that are about it.
    #[serde(default)]
    pub registers: Vec<String>,
}

impl LayWords {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// Every entry, in the order of the file.
    pub fn entries(&self) -> &[LayWord] {
        &self.entries
    }

    pub(crate) fn check(&self, catalogue: &Catalogue) -> Result<(), String> {
        for entry in &self.entries {
            if entry.da.is_empty() || entry.en.is_empty() {
                return Err(format!("`{}` lacks words in a language", entry.means.da));
            }
            for code in &entry.codes {
                if !catalogue.code_lists().any(|list| list.find(code).is_some()) {
                    return Err(format!(
                        "`{}` names the code `{code}`, which no code list holds",
                        entry.means.da
                    ));
                }
            }
            for register in &entry.registers {
                if catalogue.register(register).is_none() {
                    return Err(format!(
                        "`{}` names the register `{register}`, which does not exist",
                        entry.means.da
                    ));
                }
            }
        }
        Ok(())
    }
}
