//! Documents name code that exists, so that they cannot drift away from it unseen.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, SourceFile};

const RULE: &str = "document";
/// Pages whose backticked paths, such as `casework::decide` or `content/rules/dk`, are promises. A
/// name that ends in `/` stands for all pages of that folder.
const PAGES: [&str; 6] = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY-PROPERTIES.md",
    "docs/how-to/",
    "docs/manual/",
];
/// Folders at the root; a code span that begins with one is a path of the project.
const FOLDERS: [&str; 6] = ["content/", "crates/", "docs/", "web/", "xtask/", ".ci/"];
/// The list of settings, and the page that has a row for each.
const SETTINGS: &str = "crates/server/src/config/settings.rs";
const SETTINGS_PAGE: &str = "docs/manual/operations.md";
/// The page where every row of a table names a test.
const PROPERTIES: &str = "SECURITY-PROPERTIES.md";

/// Crate -> the names it defines: functions, types, modules (files), and the names of its tests.
type Names = BTreeMap<String, BTreeSet<String>>;

/// Judges the paths that the pages name.
pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let names = defined_names(files);
    let mut findings = find_dead_links(files);
    findings.extend(find_unnamed_settings(files));
    for file in files.iter().filter(|file| is_page(&file.path)) {
        findings.extend(find_broken_examples(file));
        for (number, line) in file.numbered_lines() {
            let paths: Vec<&str> = code_spans(line)
                .filter(|span| is_path(span, &names))
                .collect();
            for path in &paths {
                if !exists(path, &names) {
                    let text = format!("`{path}` does not exist: name what the code has now");
                    findings.push(Finding::new(&file.path, number, RULE, text));
                }
            }
            for path in code_spans(line).filter(|span| !names_a_file(span, files)) {
                let text = format!("`{path}` is no file or folder: name what is there now");
                findings.push(Finding::new(&file.path, number, RULE, text));
            }
            if file.path == PROPERTIES && is_table_row(line) && paths.is_empty() {
                let text = "the row names no test: write it as `crate::module::test_name`";
                findings.push(Finding::new(&file.path, number, RULE, text));
            }
        }
    }
    findings
}

/// Settings that the program reads and the manual does not name, and the other way round.
fn find_unnamed_settings(files: &[SourceFile]) -> Vec<Finding> {
    let find = |path: &str| files.iter().find(|file| file.path == path);
    let (Some(code), Some(page)) = (find(SETTINGS), find(SETTINGS_PAGE)) else {
        return Vec::new();
    };
    let read: BTreeSet<&str> = code
        .text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("key: \"")?.strip_suffix("\","))
        .collect();
    let rows = page.numbered_lines().filter_map(|(number, line)| {
        let (name, _) = line.strip_prefix("| `")?.split_once('`')?;
        let is_key = name.contains('.') && !name.contains(['/', ' ']);
        is_key.then_some((number, name))
    });
    let named: Vec<(usize, &str)> = rows.collect();
    let mut findings = Vec::new();
    for (number, name) in &named {
        if !read.contains(name) {
            let text = format!("there is no setting `{name}`: name what the program reads");
            findings.push(Finding::new(SETTINGS_PAGE, *number, RULE, text));
        }
    }
    for key in read {
        if !named.iter().any(|(_, name)| *name == key) {
            let text = format!("the setting `{key}` has no row: say what it is for");
            findings.push(Finding::new(SETTINGS_PAGE, 1, RULE, text));
        }
    }
    findings
}

/// Examples in TOML that do not parse.
fn find_broken_examples(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut example: Option<(usize, String)> = None;
    for (number, line) in file.numbered_lines() {
        match (&mut example, line) {
            (None, "```toml") => example = Some((number, String::new())),
            (Some((start, text)), "```") => {
                if let Err(error) = toml::from_str::<toml::Table>(text) {
                    let text = format!("the example is not valid TOML: {}", error.message());
                    findings.push(Finding::new(&file.path, *start, RULE, text));
                }
                example = None;
            }
            (Some((_, text)), line) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    findings
}

fn is_page(path: &str) -> bool {
    let within = |page: &&str| page.ends_with('/') && path.starts_with(*page);
    path.ends_with(".md") && PAGES.iter().any(|page| path == *page || within(page))
}

/// Whether a code span, if it is a path of the project, names something that is there. What stands
/// in angle brackets is the reader's to fill in: the folder that holds it must be there.
fn names_a_file(span: &str, files: &[SourceFile]) -> bool {
    let is_path = FOLDERS.iter().any(|folder| span.starts_with(folder));
    if !is_path || span.contains(' ') {
        return true;
    }
    let fixed = match span.find(['<', '{', '*', '…']) {
        Some(at) => span.get(..at).and_then(|text| text.rsplit_once('/')),
        None => Some((span, "")),
    };
    let path = fixed
        .map_or(span, |(folder, _)| folder)
        .trim_end_matches('/');
    let below = format!("{path}/");
    files
        .iter()
        .any(|file| file.path == path || file.path.starts_with(&below))
}

/// Links from page to page that lead nowhere.
fn find_dead_links(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.path.ends_with(".md") && !file.is_foreign())
    {
        for (number, line) in file.numbered_lines() {
            for target in links(line) {
                let path = resolve(&file.path, target);
                // A folder and a picture are known by a file that lies in or at them.
                let folder = format!("{}/", path.trim_end_matches('/'));
                let known = files
                    .iter()
                    .any(|other| other.path == path || other.path.starts_with(&folder));
                if !known && !path.ends_with(".png") {
                    let text = format!(
                        "the link to `{target}` leads nowhere: write the page or remove it"
                    );
                    findings.push(Finding::new(&file.path, number, RULE, text));
                }
            }
        }
    }
    findings
}

/// Targets of Markdown links within the project.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#', ' ']).next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

/// The target's path from the root.
fn resolve(page: &str, target: &str) -> String {
    let mut segments: Vec<&str> = page.split('/').collect();
    segments.pop();
    for segment in target.split('/') {
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    segments.join("/")
}

fn defined_names(files: &[SourceFile]) -> Names {
    let mut names = Names::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let Some(crate_name) = file.crate_name() else {
            continue;
        };
        let defined = names.entry(crate_name.to_owned()).or_default();
        let stem = file
            .path
            .rsplit('/')
            .next()
            .and_then(|name| name.strip_suffix(".rs"));
        defined.extend(stem.map(str::to_owned));
        for line in file.text.lines() {
            defined.extend(defined_name(line).map(str::to_owned));
        }
    }
    names
}

/// The name that a line such as `pub(crate) async fn name<T>(` defines.
fn defined_name(line: &str) -> Option<&str> {
    const KINDS: [&str; 7] = ["fn", "struct", "enum", "trait", "type", "mod", "const"];
    const BEFORE: [&str; 3] = ["async", "const", "pub"];
    let mut words = line.split_whitespace();
    while let Some(word) = words.next() {
        let next = words.clone().next()?;
        let plain = word.split('(').next()?;
        if KINDS.contains(&word) && !(word == "const" && next == "fn") {
            return next
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
        }
        if !BEFORE.contains(&plain) {
            return None;
        }
    }
    None
}

fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Whether a span is a path into one of our crates.
fn is_path(span: &str, names: &Names) -> bool {
    span.split_once("::")
        .is_some_and(|(first, _)| names.contains_key(first))
}

fn exists(path: &str, names: &Names) -> bool {
    let path = path.trim_end_matches("()");
    let Some((crate_name, rest)) = path.split_once("::") else {
        return false;
    };
    names
        .get(crate_name)
        .is_some_and(|defined| rest.split("::").all(|name| defined.contains(name)))
}

/// A row with content: neither the heading's rule nor the heading, whose first cell says so.
fn is_table_row(line: &str) -> bool {
    let first = line.trim_start_matches('|').trim_start();
    line.starts_with('|') && !first.starts_with('-') && !first.starts_with("Property")
}

#[cfg(test)]
mod tests {
    use super::super::testing::file;
    use super::*;

    fn judge(path: &str, page: &str) -> Vec<Finding> {
        let code = "pub(crate) async fn receive_delivery<T>(x: T) {}\npub struct Vault;\nconst fn a() {}\n";
        check(&[file("crates/lake/src/reception.rs", code), file(path, page)])
    }

    #[test]
    fn takes_paths_that_exist() {
        let page =
            "Then `lake::reception::receive_delivery` asks `lake::Vault`; see `cargo test`.\n";
        assert!(judge("ARCHITECTURE.md", page).is_empty());
    }

    #[test]
    fn finds_a_function_that_was_renamed() {
        let found = judge(
            "ARCHITECTURE.md",
            "\nThen `lake::reception::receive_file`.\n",
        );
        assert_eq!((found.len(), found[0].line), (1, 2));
    }

    #[test]
    fn every_part_of_a_path_exists() {
        let page = "Then `lake::vault::receive_delivery`.\n";
        assert_eq!(judge("docs/how-to/deliver.md", page).len(), 1);
    }

    #[test]
    fn finds_files_that_are_not_there() {
        let page = "Write `crates/lake/src/<name>.rs` beside `crates/lake/src/reception.rs`, \
                    `crates/lake/src/`, not `crates/lake/src/vault.rs`.\n";
        let found = judge("docs/how-to/deliver.md", page);
        assert!(found.len() == 1 && found[0].text.contains("vault.rs"));
    }

    #[test]
    fn every_setting_has_a_row_and_every_row_a_setting() {
        let code = file(
            SETTINGS,
            "    key: \"server.port\",\n    key: \"store.uri\",\n",
        );
        let page = file(
            SETTINGS_PAGE,
            "| `server.port` | a |\n| `server.prot` | b |\n",
        );
        let found = check(&[code, page]);
        assert_eq!(found.len(), 2);
        assert!(found[0].text.contains("`server.prot`") && found[1].text.contains("`store.uri`"));
    }

    #[test]
    fn finds_examples_that_do_not_parse() {
        let page = "```toml\na = 1\n```\n```toml\na = = 1\n```\n";
        assert_eq!(judge("docs/how-to/x.md", page)[0].line, 4);
    }

    #[test]
    fn finds_links_that_lead_nowhere() {
        let page = "[a](../crates/lake/src/reception.rs) [b](../crates/lake/) [c](https://x.dk/y) [d](e.md)\n";
        let found = judge("docs/README.md", page);
        assert!(found.len() == 1 && found[0].text.contains("`e.md`"));
    }

    #[test]
    fn every_property_names_a_test() {
        let heading = "| Property | Code | Test |\n|---|---|---|\n";
        let named = format!("{heading}| a | b | `lake::reception::receive_delivery` |\n");
        let unnamed = format!("{heading}| a | b | by review |\n");
        assert!(judge(PROPERTIES, &named).is_empty());
        assert_eq!(judge(PROPERTIES, &unnamed).len(), 1);
    }

    #[test]
    fn reads_names_from_definitions() {
        assert_eq!(defined_name("    pub const fn open(self) {"), Some("open"));
        assert_eq!(defined_name("const LIMIT: usize = 3;"), Some("LIMIT"));
        assert_eq!(defined_name("pub(super) struct Row<'a> {"), Some("Row"));
        assert_eq!(defined_name("// fn in a comment"), None);
        assert_eq!(defined_name("let x = fn_pointer;"), None);
    }
}
