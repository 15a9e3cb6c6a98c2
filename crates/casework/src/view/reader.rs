//! What of a case an applicant does not see: how officers work on the way to their decision.

use std::collections::BTreeSet;

use base::CaseTextId;

use super::CaseView;
use crate::case::{Case, CaseEvent, Decision, PartCondition};

/// Kinds of events that are an authority's own work.
const PREPARATION: [&str; 3] = [
    "criterion_assessed",
    "decision_proposed",
    "proposal_returned",
];

impl CaseView {
    /// The view without the authorities' preparation, for readers who may not see it
    /// ([`crate::Action::ViewAssessment`]).
    #[must_use]
    pub fn without_assessment(mut self) -> Self {
        for part in &mut self.parts {
            part.assessments.clear();
            part.assessed = 0;
            part.proposal = None;
            part.proposed_by = None;
            part.decided_by = None;
            if part.state == super::PartState::AwaitsSecondOfficer {
                part.state = super::PartState::Assessed;
            }
        }
        self.log.retain(|entry| !PREPARATION.contains(&entry.kind));
        self
    }
}

/// Texts of a case that only those see who may see the assessment. What a decision says is not among
/// them, even where a proposal said it first.
pub fn preparation_texts(case: &Case) -> BTreeSet<CaseTextId> {
    let mut hidden = BTreeSet::new();
    let mut decided = BTreeSet::new();
    for recorded in &case.history {
        match &recorded.event {
            CaseEvent::CriterionAssessed { reason, .. } => hidden.extend(*reason),
            CaseEvent::ProposalReturned { reason, .. } => {
                hidden.insert(*reason);
            }
            CaseEvent::DecisionProposed { decision, .. } => hidden.extend(texts_of(decision)),
            CaseEvent::PartDecided { decision, .. } => decided.extend(texts_of(decision)),
            _ => {}
        }
    }
    hidden.difference(&decided).copied().collect()
}

fn texts_of(decision: &Decision) -> Vec<CaseTextId> {
    let reason = match decision {
        Decision::Granted { .. } => None,
        Decision::GrantedInPart { reason, .. } | Decision::Refused { reason, .. } => Some(*reason),
    };
    let own = decision
        .conditions()
        .iter()
        .filter_map(|condition| match condition {
            PartCondition::Own(text) => Some(*text),
            PartCondition::Standard(_) => None,
        });
    reason.into_iter().chain(own).collect()
}
