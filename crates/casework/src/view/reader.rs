//! What of a case its readers do not see: how an authority works on the way to its decision.

use base::OrganisationId;

use super::{CaseView, PartState};

/// Kinds of events that are an authority's own work.
const PREPARATION: [&str; 3] = [
    "criterion_assessed",
    "decision_proposed",
    "proposal_returned",
];

impl CaseView {
    /// The view with the preparation of those authorities only whose work the reader may read
    /// ([`crate::access::reads_preparation`]). No text is named by it any more that belongs to another's
    /// preparation; what a decision says is not among them, even where a proposal said it first.
    #[must_use]
    pub fn with_preparation_of(mut self, reads: impl Fn(&OrganisationId) -> bool) -> Self {
        for part in &mut self.parts {
            if reads(&part.authority) {
                continue;
            }
            part.assessments.clear();
            part.assessed = 0;
            part.proposal = None;
            part.proposed_by = None;
            part.decided_by = None;
            part.state = part.state.without_preparation();
        }
        self.log.retain(|entry| {
            !PREPARATION.contains(&entry.kind) || entry.authority.as_ref().is_some_and(&reads)
        });
        self
    }
}

impl PartState {
    /// Where the part stands for readers who do not see that a decision was proposed.
    #[must_use]
    pub const fn without_preparation(self) -> Self {
        match self {
            Self::AwaitsSecondOfficer => Self::Assessed,
            state => state,
        }
    }
}
