//! What the pages of a case show, as data: parts with their state, merged questions, clocks, who has
//! had the case when, and what happened.

use base::{AccountId, CaseId, CaseTextId, Date, OrganisationId, PermitId, QuestionId, Timestamp};
use serde::Serialize;

use crate::case::{Ball, Case, CaseState, Decision, Part, QuestionGroup};
use crate::clock::{CaseClock, clocks, statutory_due};
use crate::rulebook::Rulebook;

mod log;
mod reader;

pub use log::LogEntry;
use log::log_entry;

/// A case as the pages show it, on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseView {
    /// The case.
    pub id: CaseId,
    /// Public number.
    pub number: String,
    /// Version to send back with a command.
    pub version: u64,
    /// Where it stands.
    pub state: CaseState,
    /// The one sentence about it: a key with its values.
    pub sentence: Sentence,
    /// The institution that applies.
    pub data_user: OrganisationId,
    /// When it was sent.
    pub submitted_at: Timestamp,
    /// The date from which the decision's time is counted.
    pub complete_from: Option<Date>,
    /// Who must act.
    pub ball: Ball,
    /// Who has had it, oldest first; the last is open while the case is.
    pub ball_intervals: Vec<BallInterval>,
    /// Whole days since it was sent, to its end or to now.
    pub days_total: u32,
    /// Whole days of those with the applicant.
    pub days_with_applicant: u32,
    /// Requirements of the institution.
    pub requirements: Vec<RequirementView>,
    /// Parts, by authority.
    pub parts: Vec<PartView>,
    /// Questions, newest first.
    pub questions: Vec<QuestionView>,
    /// Clocks as they stand.
    pub clocks: Vec<CaseClock>,
    /// The latest date by law for the last decision.
    pub statutory_due: Option<Date>,
    /// What happened, newest first.
    pub log: Vec<LogEntry>,
    /// The permit, once issued.
    pub permit: Option<PermitView>,
}

/// A sentence as a key and values; the words stand in `content/texts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// `pre_check`, `your_turn`, `assessing`, `decided`, …
    pub key: &'static str,
    /// Parts decided.
    pub decided: usize,
    /// Parts in all.
    pub parts: usize,
    /// Open questions to the applicant.
    pub open_questions: usize,
    /// Authorities that are still to act.
    pub waiting_for: Vec<OrganisationId>,
}

/// A time in which one side had the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BallInterval {
    /// Who.
    pub holder: Ball,
    /// From when.
    pub from: Timestamp,
    /// Until when; none if still.
    pub to: Option<Timestamp>,
    /// Whole days.
    pub days: u32,
}

/// A requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequirementView {
    /// Requirement id.
    pub id: String,
    /// Who meets it.
    pub institution: OrganisationId,
    /// Guidance rule.
    pub rule: String,
    /// When it was met.
    pub met_at: Option<Timestamp>,
    /// Reference.
    pub text: Option<CaseTextId>,
}

/// A part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartView {
    /// Who decides.
    pub authority: OrganisationId,
    /// Registers.
    pub registers: Vec<String>,
    /// Where it stands.
    pub state: PartState,
    /// Criteria answered.
    pub assessed: usize,
    /// Criteria in all.
    pub criteria: usize,
    /// Answers to criteria.
    pub assessments: Vec<AssessmentView>,
    /// The decision.
    pub decision: Option<Decision>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// A decision that waits for a second officer.
    pub proposal: Option<Decision>,
    /// Who proposed it.
    pub proposed_by: Option<AccountId>,
    /// Times in which it waited for the applicant.
    pub waiting: Vec<(Timestamp, Option<Timestamp>)>,
}

/// Where a part stands, as shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartState {
    /// Received, pre-check.
    PreCheck,
    /// Being assessed.
    Assessed,
    /// Waiting for the applicant.
    WaitingForApplicant,
    /// A second officer must confirm.
    AwaitsSecondOfficer,
    /// Granted.
    Granted,
    /// Granted with conditions.
    GrantedWithConditions,
    /// Granted in part.
    GrantedInPart,
    /// Refused.
    Refused,
    /// The applicant withdrew.
    Withdrawn,
}

/// An answer to a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssessmentView {
    /// Criterion.
    pub criterion: String,
    /// Yes or no; none if not answered.
    pub met: Option<bool>,
    /// Why.
    pub reason: Option<CaseTextId>,
    /// When.
    pub at: Option<Timestamp>,
}

/// A question to the applicant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionView {
    /// What the applicant answers.
    pub id: QuestionId,
    /// Field of the form.
    pub field: String,
    /// Who asks.
    pub authorities: Vec<OrganisationId>,
    /// Every question in its own words.
    pub wordings: Vec<WordingView>,
    /// When the first was asked.
    pub asked_at: Timestamp,
    /// Last date for the answer.
    pub due: Date,
    /// The answer.
    pub answer: Option<CaseTextId>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
}

/// A question as one authority asked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordingView {
    /// The question.
    pub id: QuestionId,
    /// Who.
    pub authority: OrganisationId,
    /// Its words.
    pub text: CaseTextId,
    /// When.
    pub at: Timestamp,
}

/// The permit of the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PermitView {
    /// Permit.
    pub id: PermitId,
    /// Public number.
    pub number: String,
    /// Version.
    pub version: u32,
    /// First date.
    pub valid_from: Date,
    /// Last date.
    pub valid_to: Date,
    /// Whether it is in force.
    pub in_force: bool,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// The case as its pages show it now.
pub fn case_view(case: &Case, rules: &Rulebook, now: Timestamp) -> CaseView {
    let clocks = clocks(case, rules, now);
    let ball_intervals = ball_intervals(case, now);
    let days_with_applicant = ball_intervals
        .iter()
        .filter(|interval| interval.holder == Ball::Applicant)
        .map(|interval| interval.days)
        .sum();
    CaseView {
        id: case.id,
        number: case.number.clone(),
        version: case.version,
        state: case.state,
        sentence: sentence(case),
        data_user: case.application.data_user.clone(),
        submitted_at: case.submitted_at,
        complete_from: case.complete_from,
        ball: case.who_has_the_ball(),
        days_total: whole_days(case.submitted_at, case.ended_at.unwrap_or(now)),
        days_with_applicant,
        ball_intervals,
        requirements: requirements(case),
        parts: case
            .parts
            .values()
            .map(|part| part_view(case, part, rules))
            .collect(),
        questions: case.questions.iter().rev().map(question_view).collect(),
        statutory_due: statutory_due(&clocks),
        clocks,
        log: case.history.iter().rev().map(log_entry).collect(),
        permit: case.permit.as_ref().map(|permit| PermitView {
            id: permit.id,
            number: permit.number.clone(),
            version: permit.version,
            valid_from: permit.valid_from,
            valid_to: permit.valid_to,
            in_force: permit.in_force,
            issued_at: permit.issued_at,
        }),
    }
}

/// Where a part stands, as shown.
pub fn part_state(case: &Case, part: &Part) -> PartState {
    match &part.decision {
        Some(made) => match &made.decision {
            Decision::Granted { conditions } if conditions.is_empty() => PartState::Granted,
            Decision::Granted { .. } => PartState::GrantedWithConditions,
            Decision::GrantedInPart { .. } => PartState::GrantedInPart,
            Decision::Refused { .. } => PartState::Refused,
        },
        None if case.state == CaseState::Withdrawn => PartState::Withdrawn,
        None if part.is_waiting() => PartState::WaitingForApplicant,
        None if part.proposal.is_some() => PartState::AwaitsSecondOfficer,
        None if case.complete_from.is_none() => PartState::PreCheck,
        None => PartState::Assessed,
    }
}

fn sentence(case: &Case) -> Sentence {
    let decided = case.parts.values().filter(|p| p.decision.is_some()).count();
    let open_questions = case.open_questions().count();
    let key = match case.state {
        CaseState::PreCheck | CaseState::Assessment if open_questions > 0 => "your_turn",
        CaseState::PreCheck => "pre_check",
        CaseState::Assessment => "assessing",
        CaseState::Decided if case.who_has_the_ball() == Ball::Applicant => "requirement_waits",
        CaseState::Decided => "permit_coming",
        CaseState::Refused => "refused",
        CaseState::Permitted => "permitted",
        CaseState::Revoked => "revoked",
        CaseState::Closed => "closed",
        CaseState::Expired => "expired",
        CaseState::Withdrawn => "withdrawn",
    };
    Sentence {
        key,
        decided,
        parts: case.parts.len(),
        open_questions,
        waiting_for: case
            .parts
            .values()
            .filter(|part| part.decision.is_none() && !part.is_waiting())
            .map(|part| part.authority.clone())
            .collect(),
    }
}

fn ball_intervals(case: &Case, now: Timestamp) -> Vec<BallInterval> {
    let ends = case.ball.iter().skip(1).map(|change| Some(change.at));
    case.ball
        .iter()
        .zip(ends.chain(std::iter::once(None)))
        .filter(|(change, _)| change.to != Ball::Nobody)
        .map(|(change, to)| BallInterval {
            holder: change.to,
            from: change.at,
            to,
            days: whole_days(change.at, to.unwrap_or(now)),
        })
        .collect()
}

fn whole_days(from: Timestamp, to: Timestamp) -> u32 {
    let seconds = to.as_second().saturating_sub(from.as_second());
    u32::try_from(seconds / 86_400).unwrap_or(0)
}

fn requirements(case: &Case) -> Vec<RequirementView> {
    case.requirements
        .iter()
        .map(|requirement| RequirementView {
            id: requirement.id.clone(),
            institution: requirement.institution.clone(),
            rule: requirement.rule.clone(),
            met_at: requirement.met.as_ref().map(|met| met.at),
            text: requirement.met.as_ref().and_then(|met| met.text),
        })
        .collect()
}

fn part_view(case: &Case, part: &Part, rules: &Rulebook) -> PartView {
    let assessments: Vec<AssessmentView> = rules
        .criteria()
        .iter()
        .map(|criterion| {
            let answer = part.assessments.get(&criterion.id);
            AssessmentView {
                criterion: criterion.id.clone(),
                met: answer.map(|answer| answer.met),
                reason: answer.and_then(|answer| answer.reason),
                at: answer.map(|answer| answer.at),
            }
        })
        .collect();
    PartView {
        authority: part.authority.clone(),
        registers: part.registers.clone(),
        state: part_state(case, part),
        assessed: assessments.iter().filter(|a| a.met.is_some()).count(),
        criteria: assessments.len(),
        assessments,
        decision: part.decision.as_ref().map(|made| made.decision.clone()),
        decided_at: part.decision.as_ref().map(|made| made.at),
        decided_by: part.decision.as_ref().map(|made| made.by),
        proposal: part.proposal.as_ref().map(|p| p.decision.clone()),
        proposed_by: part.proposal.as_ref().map(|p| p.by),
        waiting: part.waiting.iter().map(|w| (w.from, w.to)).collect(),
    }
}

fn question_view(group: &QuestionGroup) -> QuestionView {
    let mut authorities: Vec<OrganisationId> = Vec::new();
    for question in &group.questions {
        if !authorities.contains(&question.authority) {
            authorities.push(question.authority.clone());
        }
    }
    QuestionView {
        id: group.id,
        field: group.field.clone(),
        authorities,
        wordings: group
            .questions
            .iter()
            .map(|question| WordingView {
                id: question.id,
                authority: question.authority.clone(),
                text: question.text,
                at: question.at,
            })
            .collect(),
        asked_at: group
            .questions
            .first()
            .map_or(Timestamp::UNIX_EPOCH, |question| question.at),
        due: group.due,
        answer: group.answer.as_ref().map(|answer| answer.text),
        answered_at: group.answer.as_ref().map(|answer| answer.at),
    }
}

/// How a decision came out, as a stable word.
pub const fn outcome(decision: &Decision) -> &'static str {
    match decision {
        Decision::Granted { conditions } if conditions.is_empty() => "granted",
        Decision::Granted { .. } => "granted-with-conditions",
        Decision::GrantedInPart { .. } => "granted-in-part",
        Decision::Refused { .. } => "refused",
    }
}
