//! `cargo xtask tidy`: what no compiler checks. Boundaries, sizes, content, documents, leftovers.
//!
//! Every finding names a file, a line and what to do. One check, one file.

mod boundaries;
mod content;
mod documents;
mod exceptions;
mod leftovers;
mod migrations;
mod sizes;
mod sql;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::process;

/// Something to mend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Relative to the root.
    path: String,
    /// Counted from 1; the whole file is line 1.
    line: usize,
    /// The rule's name, as the exceptions list spells it.
    rule: &'static str,
    /// What is wrong and what to do.
    text: String,
}

impl Finding {
    fn new(path: &str, line: usize, rule: &'static str, text: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            rule,
            text: text.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {} [{}]",
            self.path, self.line, self.text, self.rule
        )
    }
}

/// A text file of the project.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

impl SourceFile {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The crate whose folder holds the file.
    fn crate_name(&self) -> Option<&str> {
        if self.path.starts_with("xtask/") {
            return Some("xtask");
        }
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// Files that others wrote and that we keep byte for byte.
    fn is_foreign(&self) -> bool {
        self.is_vendored()
            || self.path == "LICENSE"
            || self.path.ends_with("package-lock.json")
            || self.path.ends_with("Cargo.lock")
    }

    /// A copy of somebody's release lies below its version: `web/static/htmx/4.0.1/`.
    fn is_vendored(&self) -> bool {
        let is_version = |segment: &str| {
            segment.contains('.') && segment.chars().all(|c| c.is_ascii_digit() || c == '.')
        };
        self.path.starts_with("web/") && self.path.split('/').any(is_version)
    }

    fn numbered_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

/// Prints all findings; the exit code says whether there were any.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    match check(root) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            println!("{error:#}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Fails, after printing them, if there are findings that no listed exception covers.
pub(crate) fn check(root: &Path) -> Result<()> {
    let files = source_files(root)?;
    let mut findings = boundaries::check(root)?;
    findings.extend(sizes::check(&files));
    findings.extend(leftovers::check(&files));
    findings.extend(sql::check(&files));
    findings.extend(content::check(&files));
    findings.extend(documents::check(&files));
    findings.extend(migrations::check(root, &files)?);
    let mut findings = exceptions::apply(&files, findings);
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("tidy has {} findings, listed above", findings.len());
    }
    println!("tidy: {} files, nothing to mend", files.len());
    Ok(())
}

/// Every text file that git tracks or would track.
fn source_files(root: &Path) -> Result<Vec<SourceFile>> {
    // A checkout may belong to another user than the one who tests it.
    let listed = process::output(Command::new("git").current_dir(root).args([
        "-c",
        "safe.directory=*",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]))
    .context("tidy asks git which files belong to the project")?;
    let mut files = Vec::new();
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let path: PathBuf = root.join(name);
        // Deleted but not yet committed, a link, or not text: nothing to read.
        if !path.is_file() {
            continue;
        }
        let bytes = fs::read(&path).with_context(|| format!("{name} cannot be read"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(SourceFile {
                path: name.to_owned(),
                text,
            });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

#[cfg(test)]
mod testing {
    use super::SourceFile;

    pub(super) fn file(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::file;
    use super::*;

    #[test]
    fn a_finding_reads_as_an_editor_expects() {
        let finding = Finding::new("crates/base/src/lib.rs", 3, "size", "too long: split it");
        assert_eq!(
            finding.to_string(),
            "crates/base/src/lib.rs:3: too long: split it [size]"
        );
    }

    #[test]
    fn knows_whose_file_it_is() {
        assert_eq!(
            file("crates/lake/src/vault.rs", "").crate_name(),
            Some("lake")
        );
        assert_eq!(file("docs/README.md", "").crate_name(), None);
        assert!(file("web/static/htmx/4.0.1/htmx.min.js", "").is_foreign());
        assert!(!file("web/static/css/base.css", "").is_foreign());
    }
}
