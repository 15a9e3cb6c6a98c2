//! What the public sees of each event, and what it does not see and why. Every event is published or
//! kept back by a rule; nothing is left to chance.

use std::collections::BTreeMap;

use base::CaseTextId;
use catalogue::Text;
use serde::Serialize;
use serde_json::{Value, json};

use crate::application::{Application, SentAnswer};
use crate::case::{Case, CaseEvent, Decision, PartCondition, Recorded};
use crate::deletion::DeletionEvent;
use crate::form::Publication;
use crate::holding::HoldingEvent;
use crate::output::{Output, OutputEvent};
use crate::rulebook::Rulebook;
use crate::view::outcome;

/// Row counts are published to the nearest hundred, and not at all below that.
const ROWS_STEP: u64 = 100;

/// Whether an event has an entry in the public register.
#[derive(Debug, Clone, PartialEq)]
pub enum Publicity {
    /// It has this entry, and a leaf of the log.
    Published(PublicEntry),
    /// It has none, by this rule.
    KeptBack(KeptBack),
}

/// Why an event has no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptBack {
    /// Dialogue between applicant and authorities; the decision carries the reasons.
    Dialogue,
    /// An authority's work on the way to its decision.
    Preparation,
    /// It says something about which cells failed, and thereby about persons.
    Disclosure,
}

/// An entry of the public register and its leaf.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PublicEntry {
    /// Type of the leaf: `application.received`.
    pub kind: &'static str,
    /// Public identifiers, by name: `case`, `permit`, `authority`, `register`.
    pub ids: BTreeMap<&'static str, String>,
    /// Fields, public or withheld, each of which the leaf commits to.
    pub fields: Vec<PublicField>,
    /// Key of the sentence in `content/texts`.
    pub summary: &'static str,
}

/// A field of an entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PublicField {
    /// Field id.
    pub id: String,
    /// Its value.
    pub value: FieldValue,
    /// Why the public does not see it; shown if none.
    pub withheld: Option<Text>,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// The words of a case text.
    Text(CaseTextId),
    /// A value.
    Value(Value),
}

impl PublicEntry {
    fn new(kind: &'static str, summary: &'static str) -> Self {
        Self {
            kind,
            ids: BTreeMap::new(),
            fields: Vec::new(),
            summary,
        }
    }

    fn id(mut self, name: &'static str, value: impl ToString) -> Self {
        self.ids.insert(name, value.to_string());
        self
    }

    fn field(self, id: &str, value: FieldValue) -> Self {
        self.field_withheld(id, value, None)
    }

    fn value(self, id: &str, value: Value) -> Self {
        self.field(id, FieldValue::Value(value))
    }

    fn field_withheld(mut self, id: &str, value: FieldValue, withheld: Option<Text>) -> Self {
        self.fields.push(PublicField {
            id: id.to_owned(),
            value,
            withheld,
        });
        self
    }
}

/// What the public sees of an event of a case. `case` is the case with the event folded in.
pub fn publish_case_event(
    case: &Case,
    recorded: &Recorded<CaseEvent>,
    rules: &Rulebook,
) -> Publicity {
    let entry = |kind, summary| PublicEntry::new(kind, summary).id("case", &case.number);
    Publicity::Published(match &recorded.event {
        CaseEvent::ApplicationSubmitted {
            application, parts, ..
        } => {
            let registers: Vec<&String> = parts.iter().flat_map(|part| &part.registers).collect();
            let entry = entry("application.received", "application_received");
            received(
                entry.value("registers", json!(registers)),
                application,
                rules,
            )
        }
        CaseEvent::ApplicationDeclaredComplete { from } => {
            entry("application.complete", "application_complete").value("from", json!(from))
        }
        CaseEvent::PartDecided {
            authority,
            decision,
            ..
        } => decided(
            entry("part.decided", "part_decided").id("authority", authority),
            decision,
        ),
        CaseEvent::ClockExtended {
            authority, reason, ..
        } => entry("clock.extended", "clock_extended")
            .id("authority", authority)
            .field("reason", FieldValue::Text(*reason)),
        CaseEvent::ApplicationWithdrawn { .. } => {
            entry("application.withdrawn", "application_withdrawn")
        }
        CaseEvent::PermitIssued { .. }
        | CaseEvent::PermitRevoked { .. }
        | CaseEvent::AccessClosed { .. }
        | CaseEvent::PermitExpired { .. } => return publish_permit_event(case, &recorded.event),
        CaseEvent::QuestionAsked { .. }
        | CaseEvent::QuestionsMerged { .. }
        | CaseEvent::QuestionAnswered { .. } => return Publicity::KeptBack(KeptBack::Dialogue),
        CaseEvent::RequirementRecorded { .. }
        | CaseEvent::CriterionAssessed { .. }
        | CaseEvent::DecisionProposed { .. }
        | CaseEvent::ProposalReturned { .. } => {
            return Publicity::KeptBack(KeptBack::Preparation);
        }
    })
}

fn publish_permit_event(case: &Case, event: &CaseEvent) -> Publicity {
    let number = case.permit.as_ref().map(|permit| permit.number.as_str());
    let entry = |kind, summary| {
        let entry = PublicEntry::new(kind, summary).id("case", &case.number);
        match number {
            Some(number) => entry.id("permit", number),
            None => entry,
        }
    };
    Publicity::Published(match event {
        CaseEvent::PermitIssued {
            version,
            document_sha256,
            valid_from,
            valid_to,
            ..
        } => entry("permit.issued", "permit_issued")
            .value("version", json!(version))
            .value("document_sha256", json!(document_sha256))
            .value("valid_from", json!(valid_from))
            .value("valid_to", json!(valid_to)),
        CaseEvent::PermitRevoked { reason, .. } => {
            entry("permit.revoked", "permit_revoked").field("reason", FieldValue::Text(*reason))
        }
        CaseEvent::AccessClosed { .. } => entry("access.closed", "access_closed"),
        _ => entry("permit.expired", "permit_expired"),
    })
}

/// What the public sees of the deletion of a permit's data. How large they were is not said.
pub fn publish_deletion_event(case: &Case, recorded: &Recorded<DeletionEvent>) -> Publicity {
    let DeletionEvent::ExtractDeleted {
        because,
        extracts,
        keys_destroyed,
        proof_sha256,
        ..
    } = &recorded.event;
    let entry = PublicEntry::new("extract.deleted", "extract_deleted").id("case", &case.number);
    let entry = match &case.permit {
        Some(permit) => entry.id("permit", &permit.number),
        None => entry,
    };
    Publicity::Published(
        entry
            .value("because", json!(because))
            .value("extracts", json!(extracts.len()))
            .value("keys_destroyed", json!(keys_destroyed))
            .value("proof_sha256", json!(proof_sha256)),
    )
}

/// What the public sees of an event of an output.
pub fn publish_output_event(
    case: &Case,
    output: &Output,
    recorded: &Recorded<OutputEvent>,
) -> Publicity {
    let entry = |kind, summary| {
        let entry = PublicEntry::new(kind, summary)
            .id("case", &case.number)
            .id("output", output.id);
        match &case.permit {
            Some(permit) => entry.id("permit", &permit.number),
            None => entry,
        }
    };
    let shape = |entry: PublicEntry| {
        entry
            .value("rows", json!(output.rows))
            .value("columns", json!(output.columns))
    };
    Publicity::Published(match &recorded.event {
        OutputEvent::OutputMade { .. } => entry("analysis.run", "analysis_run"),
        OutputEvent::OutputReleasedAutomatically {
            evidence_sha256, ..
        } => shape(entry("output.released", "output_released_automatically"))
            .value("evidence_sha256", json!(evidence_sha256))
            .value("checked_by", json!("rules")),
        OutputEvent::OutputReleased {
            evidence_sha256,
            checkers,
        } => shape(entry("output.released", "output_released_by_checkers"))
            .value("evidence_sha256", json!(evidence_sha256))
            .value("checked_by", json!(checkers.len())),
        OutputEvent::OutputRejected { .. } => entry("output.rejected", "output_rejected"),
        OutputEvent::OutputHeldBack { .. }
        | OutputEvent::OutputSentForReview { .. }
        | OutputEvent::OutputAssessed { .. }
        | OutputEvent::OutputDisagreed {} => {
            return Publicity::KeptBack(KeptBack::Disclosure);
        }
    })
}

/// What the public sees of an event of a register.
pub fn publish_holding_event(register: &str, recorded: &Recorded<HoldingEvent>) -> Publicity {
    let entry = |kind, summary| PublicEntry::new(kind, summary).id("register", register);
    Publicity::Published(match &recorded.event {
        HoldingEvent::VersionReceived {
            version,
            rows,
            synthetic,
            ..
        } => entry("register.received", "register_received")
            .id("version", version)
            .value("rows_about", rounded(*rows))
            .value("synthetic", json!(synthetic)),
        HoldingEvent::VersionApproved { version } => {
            entry("register.approved", "register_approved").id("version", version)
        }
        HoldingEvent::VersionWithdrawn { version, reason } => {
            entry("register.withdrawn", "register_withdrawn")
                .id("version", version)
                .value("reason", json!(reason))
        }
        HoldingEvent::VersionPurged {
            version,
            rule,
            manifest_sha256,
        } => entry("register.purged", "register_purged")
            .id("version", version)
            .value("rule", json!(rule))
            .value("manifest_sha256", json!(manifest_sha256)),
    })
}

fn rounded(rows: u64) -> Value {
    if rows < ROWS_STEP {
        Value::Null
    } else {
        json!((rows + ROWS_STEP / 2) / ROWS_STEP * ROWS_STEP)
    }
}

fn received(entry: PublicEntry, application: &Application, rules: &Rulebook) -> PublicEntry {
    let mut entry = entry
        .value("data_user", json!(application.data_user))
        .value("purposes", json!(application.purposes))
        .value("access_from", json!(application.period.from))
        .value("access_to", json!(application.period.to))
        .value("selection", json!(application.selection));
    for (id, answer) in &application.answers {
        // A leaf commits to each field once.
        if entry.fields.iter().any(|field| field.id == *id) {
            continue;
        }
        let withheld = match rules.form().field(id).map(|field| &field.published) {
            Some(Publication::Public) => None,
            Some(Publication::Withheld(ground)) => Some(ground.clone()),
            None => continue,
        };
        let value = match answer {
            SentAnswer::Text(text) => FieldValue::Text(*text),
            SentAnswer::Choice(choice) => FieldValue::Value(json!(choice)),
            SentAnswer::Choices(choices) => FieldValue::Value(json!(choices)),
            SentAnswer::Date(date) => FieldValue::Value(json!(date)),
            SentAnswer::Tick(ticked) => FieldValue::Value(json!(ticked)),
        };
        entry = entry.field_withheld(id, value, withheld);
    }
    entry
}

fn decided(entry: PublicEntry, decision: &Decision) -> PublicEntry {
    let mut entry = entry.value("outcome", json!(outcome(decision)));
    match decision {
        Decision::Refused { reason, criteria } => {
            entry = entry
                .field("reason", FieldValue::Text(*reason))
                .value("criteria", json!(criteria));
        }
        Decision::GrantedInPart {
            withheld, reason, ..
        } => {
            entry = entry
                .field("reason", FieldValue::Text(*reason))
                .value("not_granted", json!(withheld));
        }
        Decision::Granted { .. } => {}
    }
    for (number, condition) in decision.conditions().iter().enumerate() {
        let id = format!("condition_{}", number + 1);
        entry = match condition {
            PartCondition::Standard(condition) => entry.value(&id, json!(condition)),
            PartCondition::Own(text) => entry.field(&id, FieldValue::Text(*text)),
        };
    }
    entry
}
