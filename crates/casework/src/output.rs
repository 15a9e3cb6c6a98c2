//! An output of a workbench: made by a query, released with evidence, or held and judged by two
//! checkers who do not see each other's answers.

use base::{AccountId, CaseId, CaseTextId, OutputId, PermitId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::access::{Action, Granted, OutputFacts};
use crate::case::{Case, CaseState, Recorded};
use crate::refusal::Refusal;
use crate::stored_event::StoredEvent;

/// Checkers who must agree.
pub const CHECKERS: usize = 2;

/// What happened to an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OutputEvent {
    /// A query made it.
    OutputMade {
        /// Output.
        output: OutputId,
        /// Case.
        case: CaseId,
        /// Permit it was made under.
        permit: PermitId,
        /// Version of the permit.
        permit_version: u32,
        /// SHA-256 of the result with its evidence, in hex.
        result_sha256: String,
        /// Rows of the table.
        rows: u32,
        /// Columns of the table.
        columns: u32,
    },
    /// Every cell met the rules; it was released at once.
    OutputReleasedAutomatically {
        /// SHA-256 of the evidence record, in hex.
        evidence_sha256: String,
        /// Cells released.
        cells: u32,
    },
    /// Some cells did not meet the rules.
    OutputHeldBack {
        /// Cells that failed.
        failing_cells: u32,
        /// Rules that failed, by id.
        rules: Vec<String>,
    },
    /// The researcher sent it to checkers.
    OutputSentForReview {
        /// What the researcher says about it.
        text: Option<CaseTextId>,
    },
    /// A checker judged it.
    OutputAssessed {
        /// What the checker says.
        verdict: Verdict,
        /// Why.
        reason: Option<CaseTextId>,
    },
    /// Two checkers disagreed; a third decides.
    OutputDisagreed {},
    /// Checkers released it.
    OutputReleased {
        /// The checkers who agreed.
        checkers: Vec<AccountId>,
        /// SHA-256 of the evidence record, in hex.
        evidence_sha256: String,
    },
    /// Checkers rejected it.
    OutputRejected {
        /// The checkers who agreed.
        checkers: Vec<AccountId>,
        /// Why.
        reason: CaseTextId,
    },
}

/// What a checker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It can be released.
    Release,
    /// It cannot.
    Reject,
}

/// Where an output stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputState {
    /// Made, not yet asked to be released.
    Made,
    /// Held back.
    Held,
    /// Waits for checkers.
    InReview,
    /// Released.
    Released,
    /// Rejected.
    Rejected,
}

/// An output as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Output.
    pub id: OutputId,
    /// Case.
    pub case: CaseId,
    /// Permit it was made under.
    pub permit: PermitId,
    /// Version of the permit.
    pub permit_version: u32,
    /// SHA-256 of the result with its evidence, in hex.
    pub result_sha256: String,
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
    /// Who made it.
    pub made_by: AccountId,
    /// When.
    pub made_at: Timestamp,
    /// Where it stands.
    pub state: OutputState,
    /// Cells that failed, and the rules they failed.
    pub held: Option<(u32, Vec<String>)>,
    /// What the researcher said when sending it to checkers.
    pub sent_text: Option<CaseTextId>,
    /// When it was sent to checkers.
    pub sent_at: Option<Timestamp>,
    /// What checkers said.
    pub assessments: Vec<OutputAssessment>,
    /// Whether the first two checkers disagreed.
    pub disagreed: bool,
    /// When it was released or rejected.
    pub settled_at: Option<Timestamp>,
    /// Whether it was released without people.
    pub automatic: bool,
    /// Events folded.
    pub version: u64,
}

/// What one checker said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputAssessment {
    /// Who.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<CaseTextId>,
}

/// What the disclosure rules said about a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screening {
    /// SHA-256 of the evidence record, in hex.
    pub evidence_sha256: String,
    /// Cells in all.
    pub cells: u32,
    /// Cells that fail; none means that the table may be released.
    pub failing_cells: u32,
    /// Rules that failed, by id.
    pub rules: Vec<String>,
}

impl StoredEvent for OutputEvent {
    const STREAM: &'static str = "output";
    const SCHEMA: u32 = 1;
}

impl OutputEvent {
    /// The kind, as stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OutputMade { .. } => "output_made",
            Self::OutputReleasedAutomatically { .. } => "output_released_automatically",
            Self::OutputHeldBack { .. } => "output_held_back",
            Self::OutputSentForReview { .. } => "output_sent_for_review",
            Self::OutputAssessed { .. } => "output_assessed",
            Self::OutputDisagreed {} => "output_disagreed",
            Self::OutputReleased { .. } => "output_released",
            Self::OutputRejected { .. } => "output_rejected",
        }
    }
}

impl OutputState {
    /// The name in API and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Held => "held",
            Self::InReview => "in-review",
            Self::Released => "released",
            Self::Rejected => "rejected",
        }
    }
}

/// Make an output: what a query gave, kept with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeOutput {
    /// The new output.
    pub output: OutputId,
    /// SHA-256 of the result with its evidence, in hex.
    pub result_sha256: String,
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
}

impl MakeOutput {
    /// The first event of the output.
    pub fn decide(&self, case: &Case, granted: &Granted) -> Result<Vec<OutputEvent>, Refusal> {
        if !granted.covers_case(Action::RunQuery, case.id, None) {
            return Err(Refusal::OtherPermission);
        }
        let permit = case
            .permit
            .as_ref()
            .filter(|_| case.state == CaseState::Permitted)
            .ok_or(Refusal::WrongState {
                action: Action::RunQuery.name(),
                state: case.state,
            })?;
        Ok(vec![OutputEvent::OutputMade {
            output: self.output,
            case: case.id,
            permit: permit.id,
            permit_version: permit.version,
            result_sha256: self.result_sha256.clone(),
            rows: self.rows,
            columns: self.columns,
        }])
    }
}

impl Output {
    /// The output that these events made. None if they do not begin with its making.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Recorded<OutputEvent>>) -> Option<Self> {
        let mut events = events.into_iter();
        let first = events.next()?;
        let OutputEvent::OutputMade {
            output,
            case,
            permit,
            permit_version,
            result_sha256,
            rows,
            columns,
        } = &first.event
        else {
            return None;
        };
        let mut folded = Self {
            id: *output,
            case: *case,
            permit: *permit,
            permit_version: *permit_version,
            result_sha256: result_sha256.clone(),
            rows: *rows,
            columns: *columns,
            made_by: first.by,
            made_at: first.at,
            state: OutputState::Made,
            held: None,
            sent_text: None,
            sent_at: None,
            assessments: Vec::new(),
            disagreed: false,
            settled_at: None,
            automatic: false,
            version: 1,
        };
        for event in events {
            folded.apply(event);
        }
        Some(folded)
    }

    /// Takes one more event in.
    pub fn apply(&mut self, recorded: &Recorded<OutputEvent>) {
        self.version += 1;
        match &recorded.event {
            OutputEvent::OutputMade { .. } => {}
            OutputEvent::OutputReleasedAutomatically { .. } => {
                self.automatic = true;
                self.settle(OutputState::Released, recorded.at);
            }
            OutputEvent::OutputHeldBack {
                failing_cells,
                rules,
            } => {
                self.state = OutputState::Held;
                self.held = Some((*failing_cells, rules.clone()));
            }
            OutputEvent::OutputSentForReview { text } => {
                self.state = OutputState::InReview;
                self.sent_text = *text;
                self.sent_at = Some(recorded.at);
            }
            OutputEvent::OutputAssessed { verdict, reason } => {
                self.assessments.push(OutputAssessment {
                    by: recorded.by,
                    at: recorded.at,
                    verdict: *verdict,
                    reason: *reason,
                });
            }
            OutputEvent::OutputDisagreed {} => self.disagreed = true,
            OutputEvent::OutputReleased { .. } => {
                self.settle(OutputState::Released, recorded.at);
            }
            OutputEvent::OutputRejected { .. } => {
                self.settle(OutputState::Rejected, recorded.at);
            }
        }
    }

    fn settle(&mut self, state: OutputState, at: Timestamp) {
        self.state = state;
        self.settled_at = Some(at);
    }

    /// What permission needs to know.
    pub fn facts(&self) -> OutputFacts {
        OutputFacts {
            made_by: self.made_by,
            in_review: self.state == OutputState::InReview,
            released: self.state == OutputState::Released,
        }
    }

    /// What a checker sees of the others while the output is in review: how many have answered, never what.
    pub fn answered_by_others(&self, checker: AccountId) -> usize {
        self.assessments.iter().filter(|a| a.by != checker).count()
    }

    /// Ask for release: at once if every cell meets the rules, else it is held back.
    pub fn release(
        &self,
        case: &Case,
        screening: &Screening,
        granted: &Granted,
    ) -> Result<Vec<OutputEvent>, Refusal> {
        self.check(granted, Action::ReleaseOutput, case, &[OutputState::Made])?;
        let event = if screening.failing_cells == 0 {
            OutputEvent::OutputReleasedAutomatically {
                evidence_sha256: screening.evidence_sha256.clone(),
                cells: screening.cells,
            }
        } else {
            OutputEvent::OutputHeldBack {
                failing_cells: screening.failing_cells,
                rules: screening.rules.clone(),
            }
        };
        Ok(vec![event])
    }

    /// Send a held output to two checkers.
    pub fn send_for_review(
        &self,
        case: &Case,
        text: Option<CaseTextId>,
        granted: &Granted,
    ) -> Result<Vec<OutputEvent>, Refusal> {
        self.check(granted, Action::SendForReview, case, &[OutputState::Held])?;
        Ok(vec![OutputEvent::OutputSentForReview { text }])
    }

    /// A checker's answer. Two who agree settle it; if they do not, a third decides.
    pub fn assess(
        &self,
        case: &Case,
        assessment: &AssessOutput,
        granted: &Granted,
    ) -> Result<Vec<OutputEvent>, Refusal> {
        if !granted.covers_case(Action::AssessOutput, case.id, None) {
            return Err(Refusal::OtherPermission);
        }
        let checker = granted.actor().account;
        if case.application.member(checker).is_some() || self.made_by == checker {
            return Err(Refusal::CheckerInProject);
        }
        if self.state != OutputState::InReview {
            return Err(self.wrong_state(Action::AssessOutput));
        }
        if self.assessments.iter().any(|given| given.by == checker) {
            return Err(Refusal::CheckerTwice);
        }
        let verdict = assessment.verdict;
        if verdict == Verdict::Reject && assessment.reason.is_none() {
            return Err(Refusal::ReasonMissing);
        }
        let mut events = vec![OutputEvent::OutputAssessed {
            verdict,
            reason: assessment.reason,
        }];
        let mut agreeing: Vec<&OutputAssessment> = self
            .assessments
            .iter()
            .filter(|given| given.verdict == verdict)
            .collect();
        agreeing.sort_by_key(|given| given.at);
        let mut checkers: Vec<AccountId> = agreeing.iter().map(|given| given.by).collect();
        checkers.push(checker);
        if checkers.len() >= CHECKERS {
            events.push(self.settled(verdict, checkers, &agreeing, assessment));
        } else if self.assessments.len() + 1 >= CHECKERS {
            events.push(OutputEvent::OutputDisagreed {});
        }
        Ok(events)
    }

    fn settled(
        &self,
        verdict: Verdict,
        checkers: Vec<AccountId>,
        agreeing: &[&OutputAssessment],
        last: &AssessOutput,
    ) -> OutputEvent {
        let reason = last
            .reason
            .or_else(|| agreeing.iter().find_map(|given| given.reason));
        match (verdict, reason) {
            (Verdict::Reject, Some(reason)) => OutputEvent::OutputRejected { checkers, reason },
            _ => OutputEvent::OutputReleased {
                checkers,
                evidence_sha256: self.result_sha256.clone(),
            },
        }
    }

    fn check(
        &self,
        granted: &Granted,
        action: Action,
        case: &Case,
        states: &[OutputState],
    ) -> Result<(), Refusal> {
        if !granted.covers_case(action, case.id, None) || case.id != self.case {
            return Err(Refusal::OtherPermission);
        }
        if case.state != CaseState::Permitted {
            return Err(Refusal::WrongState {
                action: action.name(),
                state: case.state,
            });
        }
        if !states.contains(&self.state) {
            return Err(self.wrong_state(action));
        }
        Ok(())
    }

    const fn wrong_state(&self, action: Action) -> Refusal {
        Refusal::WrongOutputState {
            action: action.name(),
            state: self.state.name(),
        }
    }
}

/// A checker's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssessOutput {
    /// What the checker says.
    pub verdict: Verdict,
    /// Why; needed for a rejection.
    pub reason: Option<CaseTextId>,
}
