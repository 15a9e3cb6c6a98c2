//! Which crate may name which: our own edges, and technologies that stay in one crate.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use super::Finding;
use crate::process;

const RULE: &str = "boundary";

/// Our crates and the crates of ours that each may name. A new crate needs a decision record.
const ALLOWED: [(&str, &[&str]); 17] = [
    ("base", &[]),
    ("catalogue", &["base"]),
    ("guidance", &["base", "catalogue"]),
    ("linkage", &["base", "catalogue"]),
    ("metadata", &["base", "catalogue"]),
    ("population", &["base", "catalogue"]),
    ("search", &["base", "catalogue"]),
    ("casework", &["base", "catalogue", "guidance"]),
    ("disclosure", &["base", "catalogue"]),
    ("transparency", &["base"]),
    ("store", &["base", "catalogue", "casework", "transparency"]),
    ("lake", &["base", "catalogue", "linkage", "disclosure"]),
    ("workbench", &["base", "catalogue", "disclosure"]),
    ("app", &EVERYTHING_BELOW_APP),
    ("server", &["app", "base"]),
    ("testkit", &TESTKIT_SEES),
    ("xtask", &[]),
];

const EVERYTHING_BELOW_APP: [&str; 13] = [
    "base",
    "casework",
    "catalogue",
    "disclosure",
    "guidance",
    "lake",
    "linkage",
    "metadata",
    "population",
    "search",
    "store",
    "transparency",
    "workbench",
];

const TESTKIT_SEES: [&str; 14] = [
    "app",
    "base",
    "casework",
    "catalogue",
    "disclosure",
    "guidance",
    "lake",
    "linkage",
    "metadata",
    "population",
    "search",
    "store",
    "transparency",
    "workbench",
];

/// What tests may name beyond their crate's own edges.
const ALLOWED_IN_TESTS: [&str; 5] = ["app", "base", "catalogue", "population", "testkit"];

const PURE: [&str; 10] = [
    "base",
    "casework",
    "catalogue",
    "disclosure",
    "guidance",
    "linkage",
    "metadata",
    "population",
    "search",
    "transparency",
];

/// Technologies that one crate hides from all others.
const ONLY_IN: [(&str, &str); 4] = [
    ("axum", "server"),
    ("datafusion", "lake"),
    ("sqlx", "store"),
    ("tantivy", "search"),
];

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
    /// Only a crate of the workspace has one.
    path: Option<String>,
}

/// Judges the manifests.
pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut command = process::cargo(root);
    command.args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    judge(&process::output(&mut command)?)
}

fn judge(metadata: &str) -> Result<Vec<Finding>> {
    let metadata: Metadata = serde_json::from_str(metadata)?;
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name) else {
            let text = format!(
                "crate `{}` is new: record the decision and list its edges in xtask",
                package.name
            );
            findings.push(finding(package, text));
            continue;
        };
        for dependency in &package.dependencies {
            let objection = match dependency.path {
                Some(_) => object_to_edge(dependency, allowed),
                None => object_to_technology(package, dependency),
            };
            findings.extend(objection.map(|text| finding(package, text)));
        }
    }
    Ok(findings)
}

fn finding(package: &Package, text: String) -> Finding {
    let folder = if package.name == "xtask" {
        String::new()
    } else {
        "crates/".to_owned()
    };
    Finding::new(
        &format!("{folder}{}/Cargo.toml", package.name),
        1,
        RULE,
        text,
    )
}

fn object_to_edge(dependency: &Dependency, allowed: &[&str]) -> Option<String> {
    let name = dependency.name.as_str();
    let in_tests = dependency.kind.as_deref() == Some("dev");
    if allowed.contains(&name) || (in_tests && ALLOWED_IN_TESTS.contains(&name)) {
        return None;
    }
    Some(format!(
        "must not know `{name}`: the allowed edges stand in ARCHITECTURE.md"
    ))
}

fn object_to_technology(package: &Package, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    for (technology, home) in ONLY_IN {
        let names_it = name == technology || name.starts_with(&format!("{technology}-"));
        if names_it && package.name != home {
            return Some(format!(
                "`{name}` stays in crate `{home}`: ask that crate instead"
            ));
        }
    }
    if name == "tokio" && PURE.contains(&package.name.as_str()) {
        return Some("a pure crate has no async: remove `tokio`".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(package: &str, dependencies: &str) -> Vec<String> {
        let metadata =
            format!(r#"{{"packages":[{{"name":"{package}","dependencies":[{dependencies}]}}]}}"#);
        judge(&metadata)
            .unwrap()
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn allows_the_edges_of_the_table() {
        let base = r#"{"name":"base","kind":null,"path":"x"}"#;
        assert!(texts("catalogue", base).is_empty());
    }

    #[test]
    fn refuses_an_edge_upwards() {
        let store = r#"{"name":"store","kind":null,"path":"x"}"#;
        let found = texts("casework", store);
        assert!(found[0].starts_with("crates/casework/Cargo.toml:1: must not know `store`"));
    }

    #[test]
    fn tests_may_know_testkit_but_code_may_not() {
        let dev = r#"{"name":"testkit","kind":"dev","path":"x"}"#;
        let normal = r#"{"name":"testkit","kind":null,"path":"x"}"#;
        assert!(texts("store", dev).is_empty());
        assert_eq!(texts("store", normal).len(), 1);
    }

    #[test]
    fn keeps_each_technology_in_its_crate() {
        let sqlx = r#"{"name":"sqlx","kind":null,"path":null}"#;
        let datafusion = r#"{"name":"datafusion-expr","kind":null,"path":null}"#;
        let tokio = r#"{"name":"tokio","kind":"dev","path":null}"#;
        assert!(texts("store", sqlx).is_empty());
        assert_eq!(texts("app", sqlx).len(), 1);
        assert_eq!(texts("server", datafusion).len(), 1);
        assert_eq!(texts("linkage", tokio).len(), 1);
    }

    #[test]
    fn an_unknown_crate_needs_a_decision() {
        assert!(texts("utils", "")[0].contains("is new"));
    }
}
