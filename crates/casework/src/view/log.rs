//! What happened in a case, line by line: a kind with its values; the words stand in `content/texts`.

use base::{AccountId, OrganisationId, Timestamp};
use serde::Serialize;

use super::outcome;
use crate::case::{CaseEvent, Recorded};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// When.
    pub at: Timestamp,
    /// On behalf of whom.
    pub organisation: OrganisationId,
    /// Who.
    pub by: AccountId,
    /// Kind of the event; the words stand in `content/texts`.
    pub kind: &'static str,
    /// Authority it is about.
    pub authority: Option<OrganisationId>,
    /// Authorities it concerns, where several.
    pub authorities: Vec<OrganisationId>,
    /// Field, criterion or requirement it is about.
    pub about: Option<String>,
    /// How a decision came out: `granted`, `granted-with-conditions`, `granted-in-part`, `refused`.
    pub outcome: Option<&'static str>,
    /// How many, where things are counted.
    pub count: Option<usize>,
}

impl LogEntry {
    fn about(mut self, what: &str) -> Self {
        self.about = Some(what.to_owned());
        self
    }

    fn of(mut self, authority: &OrganisationId) -> Self {
        self.authority = Some(authority.clone());
        self
    }

    fn concerning(mut self, authorities: impl IntoIterator<Item = OrganisationId>) -> Self {
        self.authorities = authorities.into_iter().collect();
        self
    }
}

/// The line of an event.
pub(super) fn log_entry(recorded: &Recorded<CaseEvent>) -> LogEntry {
    let entry = LogEntry {
        at: recorded.at,
        organisation: recorded.organisation.clone(),
        by: recorded.by,
        kind: recorded.event.kind(),
        authority: None,
        authorities: Vec::new(),
        about: None,
        outcome: None,
        count: None,
    };
    match &recorded.event {
        CaseEvent::ApplicationSubmitted { parts, .. } => {
            entry.concerning(parts.iter().map(|part| part.authority.clone()))
        }
        CaseEvent::QuestionAsked {
            authority, field, ..
        } => entry.of(authority).about(field),
        CaseEvent::QuestionsMerged { questions, .. } => LogEntry {
            count: Some(questions.len()),
            ..entry
        },
        CaseEvent::QuestionAnswered { authorities, .. } => {
            entry.concerning(authorities.iter().cloned())
        }
        CaseEvent::RequirementRecorded { requirement, .. } => entry.about(requirement),
        CaseEvent::CriterionAssessed {
            authority,
            criterion,
            ..
        } => entry.of(authority).about(criterion),
        CaseEvent::PartDecided {
            authority,
            decision,
            ..
        }
        | CaseEvent::DecisionProposed {
            authority,
            decision,
        } => LogEntry {
            outcome: Some(outcome(decision)),
            ..entry.of(authority)
        },
        CaseEvent::ProposalReturned { authority, .. } => entry.of(authority),
        CaseEvent::ClockExtended {
            authority, clock, ..
        } => entry.of(authority).about(clock),
        CaseEvent::ApplicationDeclaredComplete { .. }
        | CaseEvent::ApplicationWithdrawn { .. }
        | CaseEvent::PermitIssued { .. }
        | CaseEvent::PermitRevoked { .. }
        | CaseEvent::AccessClosed { .. }
        | CaseEvent::PermitExpired { .. } => entry,
    }
}
