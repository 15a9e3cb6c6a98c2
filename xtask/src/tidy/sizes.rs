//! How long a file may be. Function bodies are clippy's business.

use super::{Finding, SourceFile};

const RULE: &str = "size";
const CODE_LINES_MAX: usize = 500;
const LIB_LINES_MAX: usize = 60;
const PAGE_LINES_MAX: usize = 150;

/// Judges code files, crate roots, the architecture page and decision records.
pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| !file.is_foreign())
        .filter_map(judge)
        .collect()
}

fn judge(file: &SourceFile) -> Option<Finding> {
    let is_code = file.is_rust() && file.path.contains("/src/") && !is_test_file(&file.path);
    let (lines, limit, advice) = if is_code && file.path.ends_with("/src/lib.rs") {
        (
            code_lines(&file.text),
            LIB_LINES_MAX,
            "a crate root only lists: move code into modules",
        )
    } else if is_code {
        (
            code_lines(&file.text),
            CODE_LINES_MAX,
            "split it by what its parts know",
        )
    } else if file.path == "ARCHITECTURE.md" || file.path.starts_with("docs/decisions/") {
        (file.text.lines().count(), PAGE_LINES_MAX, "shorten it")
    } else {
        return None;
    };
    let text = format!("{lines} lines, at most {limit}: {advice}");
    (lines > limit).then(|| Finding::new(&file.path, limit + 1, RULE, text))
}

pub(super) fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Lines before the test module.
pub(super) fn code_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let test_module = lines.iter().enumerate().position(|(index, line)| {
        let next = lines
            .iter()
            .skip(index + 1)
            .find(|next| !next.starts_with("#["));
        *line == "#[cfg(test)]"
            && next.is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'))
    });
    test_module.unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::super::testing::file;
    use super::*;

    #[test]
    fn counts_up_to_the_test_module_only() {
        assert_eq!(code_lines("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
        assert_eq!(code_lines("a\n#[cfg(test)]\nmod tests;\nb\n"), 4);
        assert_eq!(code_lines("#[cfg(test)]\nfn only_in_tests() {}\nb\n"), 3);
    }

    #[test]
    fn refuses_a_file_of_501_lines_and_takes_one_of_500() {
        let long = file("crates/lake/src/vault.rs", &"x\n".repeat(501));
        let fitting = file("crates/lake/src/vault.rs", &"x\n".repeat(500));
        assert_eq!(check(&[long])[0].line, 501);
        assert!(check(&[fitting]).is_empty());
    }

    #[test]
    fn a_crate_root_is_short() {
        assert_eq!(
            check(&[file("crates/lake/src/lib.rs", &"x\n".repeat(61))]).len(),
            1
        );
    }

    #[test]
    fn test_files_may_be_long() {
        assert!(check(&[file("crates/store/tests/suite.rs", &"x\n".repeat(900))]).is_empty());
    }

    #[test]
    fn the_architecture_page_fits_150_lines() {
        assert_eq!(
            check(&[file("ARCHITECTURE.md", &"x\n".repeat(151))]).len(),
            1
        );
    }
}
