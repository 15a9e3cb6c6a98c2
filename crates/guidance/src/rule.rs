//! Matters (what may need somebody's approval) and rules (when it is needed and when not).

use std::collections::BTreeMap;

use base::{Date, OrganisationId};
use catalogue::Text;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;

/// Something that may need an approval: the ethics committee, a data agreement, a record entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// Stable id: `sds-data-agreement`.
    pub id: String,
    /// Who approves: a file under `content/authorities`, or none where it is the applicant's own institution.
    #[serde(default)]
    pub authority: Option<OrganisationId>,
    /// Approval by an authority, or a requirement that the applicant's own institution meets.
    pub kind: ApprovalKind,
    /// Name for people.
    pub title: Text,
    /// What to attach.
    #[serde(default, rename = "document")]
    pub documents: Vec<Document>,
    /// Latest days by law, counted as the citation says.
    #[serde(default)]
    pub statutory_days: Option<u32>,
    /// Time as published, with its source.
    #[serde(default)]
    pub typical: Option<TypicalTime>,
    /// Price as published, with its source.
    #[serde(default)]
    pub price: Option<Price>,
    /// What must be there first.
    #[serde(default)]
    pub after: Vec<Dependency>,
}

/// Whose matter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// An authority decides.
    Approval,
    /// The applicant's own institution records or confirms.
    Requirement,
}

/// A document to attach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Name for people.
    pub name: Text,
    /// Whether the answers of the application already give it.
    #[serde(default)]
    pub from_answers: bool,
}

/// A published time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypicalTime {
    /// Working days.
    #[serde(default)]
    pub working_days: Option<u32>,
    /// Calendar days.
    #[serde(default)]
    pub calendar_days: Option<u32>,
    /// What the figure is: a goal, a median.
    pub basis: Text,
    /// Where it stands.
    pub source: String,
}

/// A published price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Lowest, in øre.
    #[serde(default)]
    pub from_ore: Option<i64>,
    /// Highest, in øre.
    #[serde(default)]
    pub to_ore: Option<i64>,
    /// Per hour, in øre, where only that is published.
    #[serde(default)]
    pub hourly_ore: Option<i64>,
    /// What the figure is.
    pub basis: Text,
    /// Where it stands.
    pub source: String,
}

/// Something that must be there first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// Matter id.
    pub matter: String,
    /// Before what.
    pub before: DependencyKind,
}

/// Before what a thing must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DependencyKind {
    /// Before the application is sent.
    Sending,
    /// Before the decision.
    Decision,
}

/// A rule: when a matter needs approval, or when it does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable id: `dk-b-register-only`.
    pub id: String,
    /// Matter it is about.
    pub matter: String,
    /// What follows when it holds.
    pub effect: Effect,
    /// When it holds.
    pub when: Condition,
    /// The reason in words; `{registers}` becomes the basket's registers that the condition names.
    pub because: Text,
    /// The law it stands on.
    #[serde(default)]
    pub law: Vec<Citation>,
    /// Readings where the law is contested or not yet looked up. With these the matter is shown as unsettled.
    #[serde(default, rename = "reading")]
    pub readings: Vec<Reading>,
    /// First date it applies.
    pub valid_from: Date,
    /// Last date it applies.
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// Where it was read.
    pub source: String,
    /// Example projects that a test runs.
    #[serde(rename = "example")]
    pub examples: Vec<Example>,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The approval is needed.
    Needed,
    /// The approval is not needed.
    NotNeeded,
}

/// A place in the law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// As cited: "komitélovens § 14, stk. 2".
    pub text: Text,
    /// Link to the text.
    #[serde(default)]
    pub url: Option<String>,
    /// False: not looked up yet; shown as such.
    #[serde(default = "yes")]
    pub verified: bool,
}

const fn yes() -> bool {
    true
}

/// One way to read contested law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The reading.
    pub text: Text,
}

/// A project that a rule is tried on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// Answers.
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
    /// Authorities whose registers are in the basket.
    #[serde(default)]
    pub registers_of: Vec<OrganisationId>,
    /// Whether the rule holds for it.
    pub fires: bool,
}
