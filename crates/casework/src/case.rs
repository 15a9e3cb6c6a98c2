//! The case: a fold over its events.

use std::collections::{BTreeMap, BTreeSet};

use base::{AccountId, CaseId, CaseTextId, Date, OrganisationId, PermitId, QuestionId, Timestamp};

use catalogue::selection::{PopulationUse, SelectedTable};

use crate::application::Application;

mod apply;
mod command;
mod event;
mod state;

pub mod answer_question;
pub mod ask_question;
pub mod assess_criterion;
pub mod close_access;
pub mod confirm_decision;
pub mod decide_part;
pub mod declare_complete;
pub mod extend_clock;
pub mod issue_permit;
pub mod record_requirement;
pub mod revoke_permit;
pub mod submit_application;
pub mod withdraw_application;

pub use command::CaseCommand;
pub(crate) use command::Deciding;
pub use event::{
    CaseEvent, Decision, PartCondition, PartOpened, Recorded, RequirementOpened, WithheldData,
};
pub use state::{CaseState, TRANSITIONS, is_transition, state_diagram};

/// A case as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The case.
    pub id: CaseId,
    /// Public number.
    pub number: String,
    /// Where it stands.
    pub state: CaseState,
    /// What was sent.
    pub application: Application,
    /// When it was sent.
    pub submitted_at: Timestamp,
    /// Who sent it.
    pub submitted_by: AccountId,
    /// The date from which the decision's time is counted.
    pub complete_from: Option<Date>,
    /// Parts, by authority.
    pub parts: BTreeMap<OrganisationId, Part>,
    /// Requirements, in the order opened.
    pub requirements: Vec<Requirement>,
    /// What the population is found by, named in the selection or not.
    pub population: BTreeSet<PopulationUse>,
    /// Questions to the applicant, oldest first.
    pub questions: Vec<QuestionGroup>,
    /// The permit, once issued.
    pub permit: Option<IssuedPermit>,
    /// When it came to its end.
    pub ended_at: Option<Timestamp>,
    /// Who has the case, over time.
    pub ball: Vec<BallChange>,
    /// How many events were folded; the next event gets this number plus one.
    pub version: u64,
    /// Everything that happened, oldest first.
    pub history: Vec<Recorded<CaseEvent>>,
}

/// What one authority decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Who decides.
    pub authority: OrganisationId,
    /// Registers it decides about.
    pub registers: Vec<String>,
    /// Answers to criteria so far, by criterion.
    pub assessments: BTreeMap<String, Assessment>,
    /// A decision that waits for the second officer.
    pub proposal: Option<Proposal>,
    /// The decision, once made.
    pub decision: Option<DecisionMade>,
    /// When the time for the decision was extended.
    pub extended: Option<Extension>,
    /// Times in which the authority waited for the applicant; the last may be open.
    pub waiting: Vec<Waiting>,
}

/// An answer to a criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Yes or no.
    pub met: bool,
    /// Why.
    pub reason: Option<CaseTextId>,
    /// Who.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// A proposed decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What.
    pub decision: Decision,
    /// Who.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionMade {
    /// What.
    pub decision: Decision,
    /// Who decided, last.
    pub by: AccountId,
    /// Who proposed it, where two decide.
    pub proposed_by: Option<AccountId>,
    /// When.
    pub at: Timestamp,
}

/// An extension of the time for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Clock.
    pub clock: String,
    /// Why.
    pub reason: CaseTextId,
    /// When it was told.
    pub at: Timestamp,
}

/// A time in which an authority waited for the applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// From when.
    pub from: Timestamp,
    /// Until when; open if it still waits.
    pub to: Option<Timestamp>,
}

/// What the applicant's institution must meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Requirement id.
    pub id: String,
    /// Institution.
    pub institution: OrganisationId,
    /// Guidance rule.
    pub rule: String,
    /// Met: when and by whom.
    pub met: Option<RequirementMet>,
}

/// How a requirement was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementMet {
    /// When.
    pub at: Timestamp,
    /// Who recorded it.
    pub by: AccountId,
    /// Reference or explanation.
    pub text: Option<CaseTextId>,
}

/// One question to the applicant, asked by one or more authorities about one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionGroup {
    /// The first question's id; the applicant answers this.
    pub id: QuestionId,
    /// Field of the form.
    pub field: String,
    /// Every question in its own words.
    pub questions: Vec<Question>,
    /// Last date for the answer.
    pub due: Date,
    /// The answer.
    pub answer: Option<Answered>,
}

/// A question as its authority asked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub id: QuestionId,
    /// Who asks.
    pub authority: OrganisationId,
    /// Its words.
    pub text: CaseTextId,
    /// Who wrote it.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// An answer of the applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its words.
    pub text: CaseTextId,
    /// Who.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// The permit of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedPermit {
    /// Permit.
    pub id: PermitId,
    /// Public number.
    pub number: String,
    /// Version in force.
    pub version: u32,
    /// SHA-256 of the canonical document, in hex.
    pub document_sha256: String,
    /// First date of access.
    pub valid_from: Date,
    /// Last date of access.
    pub valid_to: Date,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Whether it is in force, or has been taken back, closed or has run out.
    pub in_force: bool,
}

/// On which shore a case lies.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Ball {
    /// The applicant must act.
    Applicant,
    /// The authorities must act.
    Authorities,
    /// Nobody: the case has its outcome.
    Nobody,
}

/// A moment in which the case changed shores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BallChange {
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub to: Ball,
}

impl Case {
    /// The case that these events made. None if they do not begin with a submission.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Recorded<CaseEvent>>) -> Option<Self> {
        let mut events = events.into_iter();
        let mut case = Self::open(events.next()?)?;
        for event in events {
            case.apply(event);
        }
        Some(case)
    }

    /// The part of an authority.
    pub fn part(&self, authority: &OrganisationId) -> Option<&Part> {
        self.parts.get(authority)
    }

    /// The question group that a question belongs to.
    pub fn question_group(&self, question: QuestionId) -> Option<&QuestionGroup> {
        self.questions
            .iter()
            .find(|group| group.questions.iter().any(|asked| asked.id == question))
    }

    /// Groups without an answer.
    pub fn open_questions(&self) -> impl Iterator<Item = &QuestionGroup> {
        self.questions.iter().filter(|group| group.answer.is_none())
    }

    /// Who must act now.
    pub fn who_has_the_ball(&self) -> Ball {
        if !self.state.is_open() {
            return Ball::Nobody;
        }
        let requirement_waits = self.requirements.iter().any(|r| r.met.is_none());
        if self.open_questions().next().is_some()
            || (self.state == CaseState::Decided && requirement_waits)
        {
            Ball::Applicant
        } else {
            Ball::Authorities
        }
    }

    /// Registers of parts that were granted, all or in part.
    pub fn granted_registers(&self) -> Vec<&str> {
        self.parts
            .values()
            .filter(|part| part.decision.as_ref().is_some_and(|d| d.decision.grants()))
            .flat_map(|part| part.registers.iter().map(String::as_str))
            .collect()
    }

    /// Whether a permit can be made of what was granted: at least one table remains, and nothing by
    /// which the population is found was refused or withheld. Who is in an extract tells what the
    /// population was found by, also where that is not given.
    pub fn permit_is_possible(&self) -> bool {
        let granted = self.granted_registers();
        let is_granted = |used: &PopulationUse| {
            granted.contains(&used.register.as_str())
                && !self.withheld().any(|data| data.decides(used))
        };
        let mut tables = self.application.selection.tables.iter();
        self.population.iter().all(is_granted)
            && tables
                .any(|table| granted.contains(&table.register.as_str()) && !self.is_withheld(table))
    }

    /// What was not granted, by parts that were granted otherwise.
    fn withheld(&self) -> impl Iterator<Item = &WithheldData> {
        self.parts.values().flat_map(|part| {
            match part.decision.as_ref().map(|made| &made.decision) {
                Some(Decision::GrantedInPart { withheld, .. }) => withheld.as_slice(),
                _ => &[],
            }
        })
    }

    /// Whether a whole table was not granted.
    fn is_withheld(&self, table: &SelectedTable) -> bool {
        self.withheld().any(|data| {
            data.register == table.register && data.table == table.table && data.variable.is_none()
        })
    }

    /// Whether every part is decided.
    pub fn all_decided(&self) -> bool {
        self.parts.values().all(|part| part.decision.is_some())
    }
}

impl Part {
    /// Questions of this authority that wait for an answer.
    pub fn is_waiting(&self) -> bool {
        self.waiting.last().is_some_and(|time| time.to.is_none())
    }
}
