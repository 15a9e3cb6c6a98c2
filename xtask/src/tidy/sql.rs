//! SQL on our own tables stands in `store` only.
//!
//! A researcher's question is SQL too, but it is data: only named statements and statements that
//! write are looked for.

use super::{Finding, SourceFile, sizes};

const RULE: &str = "sql";
const HOME: &str = "store";
const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];
const WRITING: [&str; 5] = [
    "INSERT INTO ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "ALTER TABLE ",
    "DROP TABLE ",
];

/// Judges the code of every other crate, tests excepted.
pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let judged = files.iter().filter(|file| {
        let elsewhere = file
            .crate_name()
            .is_some_and(|name| name != HOME && name != "xtask");
        let tests = sizes::is_test_file(&file.path);
        file.is_rust() && elsewhere && !tests && file.path.contains("/src/")
    });
    judged.flat_map(judge).collect()
}

fn judge(file: &SourceFile) -> Vec<Finding> {
    let limit = sizes::code_lines(&file.text);
    let lines: Vec<&str> = file.text.lines().take(limit).collect();
    let mut findings = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let next = lines
            .get(index + 1)
            .copied()
            .unwrap_or_default()
            .trim_start();
        if literals(line).any(|literal| is_statement(literal, next)) {
            let text = "SQL stands in crate `store`: give it a function there and call that";
            findings.push(Finding::new(&file.path, index + 1, RULE, text));
        }
    }
    findings
}

/// What follows each quotation mark of a line that is not a comment.
fn literals(line: &str) -> impl Iterator<Item = &str> {
    let code = if line.trim_start().starts_with("//") {
        ""
    } else {
        line
    };
    code.match_indices('"')
        .filter_map(|(at, quote)| code.get(at + quote.len()..))
}

fn is_statement(literal: &str, next_line: &str) -> bool {
    if let Some(named) = literal.strip_prefix("-- ") {
        return VERBS
            .iter()
            .any(|verb| next_line.starts_with(verb) || named.contains(&format!("\\n{verb}")));
    }
    WRITING.iter().any(|verb| literal.starts_with(verb))
}

#[cfg(test)]
mod tests {
    use super::super::testing::file;
    use super::*;

    const NAMED: &str = "const FIND: &str = \"-- permit.find\nSELECT id FROM permits\";\n";

    #[test]
    fn finds_a_named_statement_outside_its_home() {
        assert_eq!(
            check(&[file("crates/app/src/permits.rs", NAMED)])[0].line,
            1
        );
        assert!(check(&[file("crates/store/src/permits.rs", NAMED)]).is_empty());
    }

    #[test]
    fn finds_statements_that_write() {
        let text = "run(\"INSERT INTO permits VALUES (1)\");\n";
        assert_eq!(check(&[file("crates/app/src/permits.rs", text)]).len(), 1);
    }

    #[test]
    fn a_researchers_question_is_data() {
        let text = "let question = \"SELECT sex, count_persons() FROM bef\";\n";
        assert!(check(&[file("crates/server/src/journey.rs", text)]).is_empty());
    }

    #[test]
    fn tests_may_write_what_they_need() {
        let text = "#[cfg(test)]\nmod tests {\n    run(\"INSERT INTO t VALUES (1)\");\n}\n";
        assert!(check(&[file("crates/lake/src/query.rs", text)]).is_empty());
    }
}
