//! What happened in a case, in the past tense. Accounts by id, texts by reference.

use std::convert::Infallible;

use base::{AccountId, CaseId, CaseTextId, Date, OrganisationId, PermitId, QuestionId, Timestamp};
use catalogue::selection::{PopulationUse, Selection};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::{Application, SentReason, take_reasons};
use crate::stored_event::StoredEvent;

/// An event with who made it and when, as the envelope of the store says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded<E> {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: AccountId,
    /// On behalf of which organisation.
    pub organisation: OrganisationId,
    /// What.
    pub event: E,
}

/// An event of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CaseEvent {
    /// An application was sent; its parts and requirements were opened.
    ApplicationSubmitted {
        /// The case.
        case: CaseId,
        /// Public number: `S-2026-0417`.
        number: String,
        /// What was sent.
        application: Box<Application>,
        /// One part per authority.
        parts: Vec<PartOpened>,
        /// What the applicant's institution must meet.
        requirements: Vec<RequirementOpened>,
        /// What the population is found by, as the catalogue said then. Older events say nothing.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        population: Vec<PopulationUse>,
    },
    /// The application was found complete; the time for the decision runs.
    ApplicationDeclaredComplete {
        /// The date from which the decision's time is counted.
        from: Date,
    },
    /// An authority asked the applicant.
    QuestionAsked {
        /// The question.
        question: QuestionId,
        /// Who asks.
        authority: OrganisationId,
        /// The field of the form it is about.
        field: String,
        /// Its words.
        text: CaseTextId,
        /// Last date for the answer.
        due: Date,
    },
    /// Open questions about one field became one question to the applicant.
    QuestionsMerged {
        /// The question that the others joined.
        into: QuestionId,
        /// All questions of the group, in the order asked.
        questions: Vec<QuestionId>,
    },
    /// The applicant answered a question, once for all who asked.
    QuestionAnswered {
        /// The group.
        question: QuestionId,
        /// All questions it closes.
        closes: Vec<QuestionId>,
        /// Who had asked.
        authorities: Vec<OrganisationId>,
        /// The answer.
        text: CaseTextId,
    },
    /// The applicant's institution met a requirement.
    RequirementRecorded {
        /// Requirement.
        requirement: String,
        /// Reference or explanation.
        text: Option<CaseTextId>,
    },
    /// An officer answered a criterion.
    CriterionAssessed {
        /// Part.
        authority: OrganisationId,
        /// Criterion.
        criterion: String,
        /// Yes or no.
        met: bool,
        /// Why.
        reason: Option<CaseTextId>,
    },
    /// An officer proposed a decision that another must confirm.
    DecisionProposed {
        /// Part.
        authority: OrganisationId,
        /// What is proposed.
        decision: Decision,
    },
    /// The second officer did not confirm.
    ProposalReturned {
        /// Part.
        authority: OrganisationId,
        /// Why.
        reason: CaseTextId,
    },
    /// An authority decided its part.
    PartDecided {
        /// Part.
        authority: OrganisationId,
        /// What it decided.
        decision: Decision,
        /// Who had proposed it, where two officers decide.
        proposed_by: Option<AccountId>,
    },
    /// An authority extended the time for its decision and told the applicant why.
    ClockExtended {
        /// Part.
        authority: OrganisationId,
        /// Clock: `decision`.
        clock: String,
        /// Why.
        reason: CaseTextId,
    },
    /// The applicant withdrew.
    ApplicationWithdrawn {
        /// Why, if said.
        reason: Option<CaseTextId>,
    },
    /// A version of the permit was issued.
    PermitIssued {
        /// Permit.
        permit: PermitId,
        /// Public number: `DK-2027-00083`.
        number: String,
        /// 1, 2, …
        version: u32,
        /// SHA-256 of the canonical document, in hex.
        document_sha256: String,
        /// First date of access.
        valid_from: Date,
        /// Last date of access.
        valid_to: Date,
    },
    /// An authority took the permit back.
    PermitRevoked {
        /// Permit.
        permit: PermitId,
        /// Why.
        reason: CaseTextId,
    },
    /// The data user closed the access.
    AccessClosed {
        /// Permit.
        permit: PermitId,
        /// Why, if said.
        reason: Option<CaseTextId>,
    },
    /// The permit's last date has passed.
    PermitExpired {
        /// Permit.
        permit: PermitId,
    },
}

/// A part as it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartOpened {
    /// Who decides.
    pub authority: OrganisationId,
    /// Registers it decides about.
    pub registers: Vec<String>,
}

/// A requirement as it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequirementOpened {
    /// Requirement id.
    pub requirement: String,
    /// Institution that meets it.
    pub institution: OrganisationId,
    /// Guidance rule it stands on.
    pub rule: String,
}

/// What an authority decided. A refusal without a reason cannot be written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Decision {
    /// Yes, with these conditions, if any.
    Granted {
        /// Conditions.
        conditions: Vec<PartCondition>,
    },
    /// Yes, but not to everything.
    GrantedInPart {
        /// What is not granted.
        withheld: Vec<WithheldData>,
        /// Conditions.
        conditions: Vec<PartCondition>,
        /// Why not everything.
        reason: CaseTextId,
    },
    /// No.
    Refused {
        /// Why.
        reason: CaseTextId,
        /// The criteria that are not met.
        criteria: Vec<String>,
    },
}

/// A condition of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PartCondition {
    /// One of the conditions under `content/rules/conditions.toml`.
    Standard(String),
    /// In the officer's own words.
    Own(CaseTextId),
}

/// Data that are not granted: a table, or one variable of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithheldData {
    /// Register.
    pub register: String,
    /// Table.
    pub table: String,
    /// Variable; the whole table if not stated.
    pub variable: Option<String>,
}

impl WithheldData {
    /// Whether it is asked of somebody whether they belong to the population.
    pub fn decides(&self, used: &PopulationUse) -> bool {
        used.is_within(&self.register, &self.table, self.variable.as_deref())
    }
}

impl Decision {
    /// Whether data are granted, all or some.
    pub const fn grants(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }

    /// Conditions, if any.
    pub fn conditions(&self) -> &[PartCondition] {
        match self {
            Self::Granted { conditions } | Self::GrantedInPart { conditions, .. } => conditions,
            Self::Refused { .. } => &[],
        }
    }
}

impl StoredEvent for CaseEvent {
    const STREAM: &'static str = "case";
    const SCHEMA: u32 = 2;

    fn lift(kind: &str, schema: u32, payload: Value) -> Value {
        match (kind, schema) {
            ("application_submitted", 1) => reasons_out_of_selection(payload),
            _ => payload,
        }
    }
}

/// Until schema 2 the reason for a variable stood within the selection. What cannot be lifted is left as
/// it is: it cannot be read either, and the reading says so.
fn reasons_out_of_selection(payload: Value) -> Value {
    let mut lifted = payload.clone();
    match lift_reasons(&mut lifted) {
        Some(()) => lifted,
        None => payload,
    }
}

fn lift_reasons(payload: &mut Value) -> Option<()> {
    let application = payload.get_mut("application")?.as_object_mut()?;
    let selection = application.get("selection")?.clone();
    let mut selection: Selection = serde_json::from_value(selection).ok()?;
    let words = |reason| Ok::<_, Infallible>(SentReason::Words(reason));
    let Ok(reasons) = take_reasons(&mut selection, words);
    let reasons = serde_json::to_value(reasons).ok()?;
    let selection = serde_json::to_value(selection).ok()?;
    application.insert("selection".to_owned(), selection);
    application.insert("reasons".to_owned(), reasons);
    Some(())
}

impl CaseEvent {
    /// The kind, as stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ApplicationSubmitted { .. } => "application_submitted",
            Self::ApplicationDeclaredComplete { .. } => "application_declared_complete",
            Self::QuestionAsked { .. } => "question_asked",
            Self::QuestionsMerged { .. } => "questions_merged",
            Self::QuestionAnswered { .. } => "question_answered",
            Self::RequirementRecorded { .. } => "requirement_recorded",
            Self::CriterionAssessed { .. } => "criterion_assessed",
            Self::DecisionProposed { .. } => "decision_proposed",
            Self::ProposalReturned { .. } => "proposal_returned",
            Self::PartDecided { .. } => "part_decided",
            Self::ClockExtended { .. } => "clock_extended",
            Self::ApplicationWithdrawn { .. } => "application_withdrawn",
            Self::PermitIssued { .. } => "permit_issued",
            Self::PermitRevoked { .. } => "permit_revoked",
            Self::AccessClosed { .. } => "access_closed",
            Self::PermitExpired { .. } => "permit_expired",
        }
    }
}
