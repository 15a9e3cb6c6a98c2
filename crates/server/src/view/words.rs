//! The words of the portal in one language.

use std::collections::BTreeMap;

use minijinja::value::{Kwargs, Value};
use minijinja::{Error, ErrorKind};

use super::format::Format;

/// Texts by key, and how numbers in them are written.
#[derive(Debug, Clone)]
pub(super) struct Words {
    texts: BTreeMap<String, String>,
    format: Format,
}

impl Words {
    /// The words of a language.
    pub(super) const fn new(texts: BTreeMap<String, String>, format: Format) -> Self {
        Self { texts, format }
    }

    /// The text of a key with its placeholders filled. With `count`, `key_one` and `key_other` are
    /// tried first. A missing key or value is an error, so that it is found in a test.
    pub(super) fn text(&self, key: &str, values: &Kwargs) -> Result<String, Error> {
        // A placeholder for a number that a script fills in counts as several.
        let counted = match values.get::<Option<Value>>("count")? {
            Some(count) if i64::try_from(count.clone()).is_ok_and(|n| n == 1) => {
                Some(format!("{key}_one"))
            }
            Some(_) => Some(format!("{key}_other")),
            None => None,
        };
        let text = counted
            .and_then(|key| self.texts.get(&key))
            .or_else(|| self.texts.get(key))
            .ok_or_else(|| wrong(format!("there is no text `{key}`")))?;
        let filled = self.fill(key, text, values)?;
        // Values that a text does not mention are no mistake: plural forms differ.
        let _ = values.args().count();
        Ok(filled)
    }

    fn fill(&self, key: &str, text: &str, values: &Kwargs) -> Result<String, Error> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| wrong(format!("`{key}` has an open brace")))?;
            filled.push_str(before);
            let value: Value = values
                .get(name)
                .map_err(|_| wrong(format!("`{key}` needs a value for `{name}`")))?;
            filled.push_str(&self.shown(&value)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn shown(&self, value: &Value) -> Result<String, Error> {
        if value.is_number() {
            return self.format.number(value);
        }
        Ok(value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned))
    }
}

fn wrong(problem: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem)
}
