//! What an unfinished or careless change leaves behind: marks for later, machine paths, white space.

use super::{Finding, SourceFile};

/// Spelt in pieces, so that this file does not find itself.
const MARKS: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];
const CODE_MARKS: [&str; 4] = [
    concat!("to", "do!("),
    concat!("unimpl", "emented!("),
    concat!("#[ign", "ore]"),
    concat!("#[ign", "ore ="),
];
const HOSTS: [&str; 6] = [
    concat!("npm", "js.org"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("index.cra", "tes.io"),
    concat!("static.cra", "tes.io"),
    concat!("proxy.go", "lang.org"),
];
const MACHINE_PATHS: [&str; 4] = [
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
];

/// Judges every file that is ours.
pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        if file.path.ends_with("package-lock.json") {
            findings.extend(find_hosts(file));
        }
        if file.is_foreign() {
            continue;
        }
        findings.extend(find_hosts(file));
        findings.extend(find_machine_paths(file));
        if !is_verbatim(&file.path) {
            findings.extend(find_marks(file));
            findings.extend(find_white_space(file));
        }
    }
    findings
}

/// Files whose every byte has a meaning: snapshots and test data.
fn is_verbatim(path: &str) -> bool {
    path.ends_with(".snap")
        || path.ends_with(".csv")
        || path.contains("/testdata/")
        || path.ends_with(".svg")
}

fn find_marks(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.numbered_lines() {
        let mark = line
            .split(|c: char| !c.is_alphanumeric())
            .find_map(|word| MARKS.iter().find(|mark| **mark == word))
            .or_else(|| {
                CODE_MARKS
                    .iter()
                    .find(|mark| file.is_rust() && line.contains(**mark))
            });
        if let Some(mark) = mark {
            let text = format!("`{mark}` promises work for later: finish it or open an issue");
            findings.push(Finding::new(&file.path, number, "leftover", text));
        }
    }
    findings
}

fn find_hosts(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.numbered_lines() {
        if let Some(host) = HOSTS.iter().find(|host| line.contains(**host)) {
            let advice = "the package client knows where it fetches from: remove the address";
            let text = format!("names the host `{host}`; {advice}");
            findings.push(Finding::new(&file.path, number, "registry-host", text));
        }
    }
    findings
}

fn find_machine_paths(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.numbered_lines() {
        if let Some(path) = MACHINE_PATHS.iter().find(|path| stands_alone(line, path)) {
            let text = format!("`{path}…` exists on one machine only: use a relative path");
            findings.push(Finding::new(&file.path, number, "machine-path", text));
        }
    }
    findings
}

/// Whether the path begins there, instead of being the middle of an address or a longer path.
fn stands_alone(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && !"}.-_/~*>".contains(c))
            && line
                .get(at + path.len()..)
                .is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
    })
}

fn find_white_space(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.split('\n').enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            let text = "white space at the end of the line: remove it";
            findings.push(Finding::new(&file.path, index + 1, "white-space", text));
        }
    }
    if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
        let last = file.text.lines().count().max(1);
        let text = "a file ends in exactly one newline";
        findings.push(Finding::new(&file.path, last, "white-space", text));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::file;
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        check(&[file(path, text)])
            .into_iter()
            .map(|finding| finding.rule)
            .collect()
    }

    #[test]
    fn finds_marks_as_whole_words_only() {
        let mark = MARKS[0];
        assert_eq!(rules("a.rs", &format!("// {mark}: later\n")), ["leftover"]);
        assert!(rules("a.rs", &format!("let {mark}NE = 1;\n")).is_empty());
    }

    #[test]
    fn finds_tests_that_are_switched_off() {
        assert_eq!(rules("a.rs", &format!("{}\n", CODE_MARKS[2])), ["leftover"]);
    }

    #[test]
    fn finds_hosts_even_in_lock_files_of_others() {
        let line = format!("\"resolved\": \"https://registry.{}/axe-core\"\n", HOSTS[0]);
        assert_eq!(
            rules("web/test/package-lock.json", &line),
            ["registry-host"]
        );
    }

    #[test]
    fn finds_machine_paths_but_not_addresses() {
        let path = MACHINE_PATHS[1];
        assert_eq!(
            rules("a.md", &format!("see `{path}anna/file`\n")),
            ["machine-path"]
        );
        assert!(rules("a.md", &format!("https://example.dk{path}anna\n")).is_empty());
        assert!(rules("a.md", &format!("mount {path} empty\n")).is_empty());
    }

    #[test]
    fn finds_white_space_and_missing_newlines() {
        assert_eq!(rules("a.md", "text \n"), ["white-space"]);
        assert_eq!(rules("a.md", "text"), ["white-space"]);
        assert_eq!(rules("a.md", "text\n\n"), ["white-space"]);
        assert!(rules("a.md", "text\n").is_empty());
        assert!(rules("a.snap", "text ").is_empty());
    }
}
