//! The states of a case and how events move it between them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseState {
    /// Received; looked through for what is missing.
    PreCheck,
    /// Complete; the authorities assess their parts.
    Assessment,
    /// All parts decided, and a permit can be issued.
    Decided,
    /// All parts decided, and no permit can be issued.
    Refused,
    /// A permit is in force.
    Permitted,
    /// The permit was taken back.
    Revoked,
    /// The data user closed the access.
    Closed,
    /// The permit's time has run out.
    Expired,
    /// The applicant withdrew.
    Withdrawn,
}

impl CaseState {
    /// All states, in the order of documents.
    pub const ALL: [Self; 9] = [
        Self::PreCheck,
        Self::Assessment,
        Self::Decided,
        Self::Refused,
        Self::Permitted,
        Self::Revoked,
        Self::Closed,
        Self::Expired,
        Self::Withdrawn,
    ];

    /// The name in files, API and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreCheck => "pre-check",
            Self::Assessment => "assessment",
            Self::Decided => "decided",
            Self::Refused => "refused",
            Self::Permitted => "permitted",
            Self::Revoked => "revoked",
            Self::Closed => "closed",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether nothing more can happen.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Refused | Self::Revoked | Self::Closed | Self::Expired | Self::Withdrawn
        )
    }

    /// Whether the authorities still work on it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::PreCheck | Self::Assessment | Self::Decided)
    }
}

impl fmt::Display for CaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Every move there is: from a state, by an event, to a state. What is not here cannot happen.
pub const TRANSITIONS: &[(CaseState, &str, CaseState)] = {
    use CaseState::*;
    &[
        (PreCheck, "question_asked", PreCheck),
        (PreCheck, "questions_merged", PreCheck),
        (PreCheck, "question_answered", PreCheck),
        (PreCheck, "requirement_recorded", PreCheck),
        (PreCheck, "application_declared_complete", Assessment),
        (PreCheck, "application_withdrawn", Withdrawn),
        (Assessment, "question_asked", Assessment),
        (Assessment, "questions_merged", Assessment),
        (Assessment, "question_answered", Assessment),
        (Assessment, "requirement_recorded", Assessment),
        (Assessment, "criterion_assessed", Assessment),
        (Assessment, "decision_proposed", Assessment),
        (Assessment, "proposal_returned", Assessment),
        (Assessment, "clock_extended", Assessment),
        (Assessment, "part_decided", Assessment),
        (Assessment, "part_decided", Decided),
        (Assessment, "part_decided", Refused),
        (Assessment, "application_withdrawn", Withdrawn),
        (Decided, "requirement_recorded", Decided),
        (Decided, "application_withdrawn", Withdrawn),
        (Decided, "permit_issued", Permitted),
        (Permitted, "permit_revoked", Revoked),
        (Permitted, "access_closed", Closed),
        (Permitted, "permit_expired", Expired),
    ]
};

/// Whether an event of this kind may take a case from one state to another.
pub fn is_transition(from: CaseState, kind: &str, to: CaseState) -> bool {
    TRANSITIONS
        .iter()
        .any(|(f, k, t)| *f == from && *k == kind && *t == to)
}

/// The state diagram as Mermaid text, for documents.
pub fn state_diagram() -> String {
    let mut lines = vec![
        "stateDiagram-v2".to_owned(),
        "    [*] --> pre_check: application_submitted".to_owned(),
    ];
    for (from, kind, to) in TRANSITIONS {
        lines.push(format!(
            "    {} --> {}: {kind}",
            from.name().replace('-', "_"),
            to.name().replace('-', "_"),
        ));
    }
    for state in CaseState::ALL.into_iter().filter(|state| state.is_final()) {
        lines.push(format!("    {} --> [*]", state.name().replace('-', "_")));
    }
    lines.join("\n") + "\n"
}
