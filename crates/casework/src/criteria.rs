//! What a part is assessed on, and the conditions authorities usually set.

use catalogue::Text;
use catalogue::register::OutputPolicy;
use serde::{Deserialize, Serialize};

/// A criterion of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriterionRule {
    /// Stable id: `purpose`.
    pub id: String,
    /// Name for people.
    pub name: Text,
    /// What to look for.
    pub help: Text,
    /// Article and letter.
    pub law: Text,
    /// Fields of the form whose answers it is judged by.
    pub fields: Vec<String>,
}

/// A condition that authorities set often; some change what may leave the workbench.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardCondition {
    /// Stable id: `cells-5`.
    pub id: String,
    /// The condition in words.
    pub text: Text,
    /// What every released cell must then hold.
    #[serde(default)]
    pub output_policy: Option<OutputPolicy>,
    /// Variables that are left out of the extract, as `register.table.variable`.
    #[serde(default)]
    pub leaves_out: Vec<String>,
}

/// A requirement that the applicant's own institution meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequirementRule {
    /// Stable id: `record-entry`.
    pub id: String,
    /// Name for people.
    pub name: Text,
    /// What to do.
    pub help: Text,
    /// The guidance rule it stands on.
    pub rule: String,
}
