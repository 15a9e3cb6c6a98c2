//! The short list of findings we live with, each with its reason.

use serde::Deserialize;

use super::{Finding, SourceFile};

const RULE: &str = "exception";
const PATH: &str = "xtask/tidy-exceptions.toml";
const EXCEPTIONS_MAX: usize = 5;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    exceptions: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    rule: String,
    path: String,
    reason: String,
}

/// Removes the excepted findings; adds one for each exception that is wrong or no longer needed.
pub(super) fn apply(files: &[SourceFile], findings: Vec<Finding>) -> Vec<Finding> {
    let Some(file) = files.iter().find(|file| file.path == PATH) else {
        return findings;
    };
    let list: List = match toml::from_str(&file.text) {
        Ok(list) => list,
        Err(error) => return with(findings, error.message()),
    };
    let mut kept = findings;
    if list.exceptions.len() > EXCEPTIONS_MAX {
        kept = with(
            kept,
            &format!("more than {EXCEPTIONS_MAX} exceptions: mend the oldest"),
        );
    }
    for exception in &list.exceptions {
        let before = kept.len();
        kept.retain(|finding| finding.rule != exception.rule || finding.path != exception.path);
        if kept.len() == before {
            kept = with(
                kept,
                &format!(
                    "`{}` for {} is not needed: remove it",
                    exception.rule, exception.path
                ),
            );
        }
        if exception.reason.trim().is_empty() {
            kept = with(
                kept,
                &format!("`{}` for {} has no reason", exception.rule, exception.path),
            );
        }
    }
    kept
}

fn with(mut findings: Vec<Finding>, text: &str) -> Vec<Finding> {
    findings.push(Finding::new(PATH, 1, RULE, text));
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::file;
    use super::*;

    fn list(entry: &str) -> SourceFile {
        file(PATH, &format!("exceptions = [{entry}]\n"))
    }

    fn long_file() -> Finding {
        Finding::new("crates/lake/src/vault.rs", 501, "size", "too long")
    }

    const ENTRY: &str =
        r#"{ rule = "size", path = "crates/lake/src/vault.rs", reason = "one cipher, one page" }"#;

    #[test]
    fn removes_what_is_listed() {
        assert!(apply(&[list(ENTRY)], vec![long_file()]).is_empty());
    }

    #[test]
    fn an_exception_that_is_not_needed_is_a_finding() {
        assert_eq!(apply(&[list(ENTRY)], Vec::new()).len(), 1);
    }

    #[test]
    fn more_than_five_are_too_many() {
        let six = [ENTRY; 6].join(",");
        assert!(
            apply(&[list(&six)], vec![long_file()])
                .iter()
                .any(|f| f.text.starts_with("more"))
        );
    }
}
