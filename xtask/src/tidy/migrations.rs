//! A migration that was published is never edited: databases in use have already run it.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Finding, SourceFile};
use crate::process;

const RULE: &str = "migration";
const FOLDER: &str = "crates/store/migrations/";
/// Lines of `sha256sum`: hash, two spaces, path below the folder.
const HASHES: &str = "crates/store/migrations/SHA256SUMS";

/// Compares the migrations with their recorded hashes. Before the first record none is published.
pub(super) fn check(root: &Path, files: &[SourceFile]) -> Result<Vec<Finding>> {
    let Some(recorded) = files.iter().find(|file| file.path == HASHES) else {
        return Ok(Vec::new());
    };
    let names: Vec<&str> = files
        .iter()
        .filter(|file| file.path.ends_with(".sql"))
        .filter_map(|file| file.path.strip_prefix(FOLDER))
        .collect();
    let mut command = Command::new("sha256sum");
    command
        .arg("--")
        .args(&names)
        .current_dir(root.join(FOLDER));
    Ok(compare(&recorded.text, &process::output(&mut command)?))
}

fn compare(recorded: &str, actual: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in recorded.lines().enumerate() {
        if !actual.lines().any(|now| now == line) {
            let text =
                format!("recorded but changed or gone: `{line}`; undo it and add a new migration");
            findings.push(Finding::new(HASHES, index + 1, RULE, text));
        }
    }
    let recorded_names: Vec<&str> = recorded.lines().filter_map(name).collect();
    for line in actual.lines() {
        if name(line).is_some_and(|name| !recorded_names.contains(&name)) {
            findings.push(Finding::new(
                HASHES,
                1,
                RULE,
                format!("new migration, add the line: {line}"),
            ));
        }
    }
    findings
}

fn name(line: &str) -> Option<&str> {
    line.split_once("  ").map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_migrations_as_recorded() {
        assert!(compare("aa  0001_start.sql\n", "aa  0001_start.sql\n").is_empty());
    }

    #[test]
    fn finds_an_edited_migration() {
        let found = compare("aa  0001_start.sql\n", "bb  0001_start.sql\n");
        assert!(found.len() == 1 && found[0].text.contains("changed or gone"));
    }

    #[test]
    fn a_new_migration_is_recorded_with_the_line_it_prints() {
        let found = compare("aa  0001.sql\n", "aa  0001.sql\ncc  0002.sql\n");
        assert!(found.len() == 1 && found[0].text.ends_with("cc  0002.sql"));
    }
}
