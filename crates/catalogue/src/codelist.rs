//! Code lists: codes with their words, as `content/codelists/<id>.csv`.

use std::collections::BTreeMap;

use crate::Text;

/// A code list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeList {
    /// Short name, equal to the file's name: `icd10`.
    pub id: String,
    codes: BTreeMap<String, Code>,
}

/// One code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code as written in data: `DE11`.
    pub code: String,
    /// What it means.
    pub label: Text,
    /// The code above it in the tree.
    pub parent: Option<String>,
}

/// A code list file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CodeListError {
    /// A line is malformed.
    #[error("line {line}: expected `code;da;en;parent`")]
    Line {
        /// Line number, from 1.
        line: u64,
    },
    /// A code stands twice.
    #[error("line {line}: the code `{code}` stands twice")]
    Repeated {
        /// Line number, from 1.
        line: u64,
        /// The code.
        code: String,
    },
}

impl CodeList {
    /// Reads `code;da;en;parent` with a heading; lines that begin with `#` state source and licence.
    pub fn parse(id: &str, text: &str) -> Result<Self, CodeListError> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b';')
            .comment(Some(b'#'))
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut codes = BTreeMap::new();
        for row in reader.records() {
            let row = row.map_err(|error| CodeListError::Line {
                line: error.position().map_or(0, csv::Position::line),
            })?;
            let line = row.position().map_or(0, csv::Position::line);
            let field = |at: usize| row.get(at).map(str::trim).filter(|text| !text.is_empty());
            let (Some(code), Some(da)) = (field(0), field(1)) else {
                return Err(CodeListError::Line { line });
            };
            let entry = Code {
                code: code.to_owned(),
                label: Text::new(da, field(2).unwrap_or(da)),
                parent: field(3).map(str::to_owned),
            };
            if codes.insert(code.to_owned(), entry).is_some() {
                return Err(CodeListError::Repeated {
                    line,
                    code: code.to_owned(),
                });
            }
        }
        Ok(Self {
            id: id.to_owned(),
            codes,
        })
    }

    /// Number of codes.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether it has no code.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The code as written.
    pub fn find(&self, code: &str) -> Option<&Code> {
        self.codes.get(code)
    }

    /// All codes, in order.
    pub fn codes(&self) -> impl Iterator<Item = &Code> {
        self.codes.values()
    }

    /// Codes that begin with `prefix`, in order.
    pub fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Code> {
        self.codes
            .range(prefix.to_owned()..)
            .map(|(_, code)| code)
            .take_while(move |code| code.code.starts_with(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes_with_words_and_parents() {
        let list = CodeList::parse(
            "icd10",
            "# source: made up\ncode;da;en;parent\nDE11;Type 2-diabetes;Type 2 diabetes;DE10-DE14\nDE119;uden komplikationer;;DE11\n",
        )
        .unwrap();
        assert_eq!(list.find("DE119").unwrap().label.en, "uden komplikationer");
        assert_eq!(list.starting_with("DE11").count(), 2);
    }

    #[test]
    fn names_the_line_of_a_code_that_stands_twice() {
        let error = CodeList::parse("x", "code;da;en;parent\nA;a;a;\nA;b;b;\n").unwrap_err();
        assert_eq!(error.to_string(), "line 3: the code `A` stands twice");
    }
}
