//! What a check found.

use serde::Serialize;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The profile forbids it.
    Violation,
    /// The profile advises against it.
    Warning,
    /// Worth knowing.
    Info,
}

/// One finding: where, which rule, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// Whether the rule is one that engines of SHACL Core leave out.
    pub beyond: bool,
    /// The node that was checked: an address, `_:name` or a text.
    pub focus: String,
    /// The path from it to the value, as in a SPARQL query with prefixes; none for the node itself.
    pub path: Option<String>,
    /// The constraint component, without its ending: `MinCount`, `Class`, …
    pub component: &'static str,
    /// The value at fault, where one is.
    pub value: Option<String>,
    /// What is wrong, in the words of the profile or of the constraint.
    pub message: String,
}
