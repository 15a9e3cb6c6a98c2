//! All commands on a case, and the one door through which they go.

use base::{AccountId, Actor, Date, OrganisationId, Timestamp};
use serde::{Deserialize, Serialize};

use super::answer_question::AnswerQuestion;
use super::ask_question::AskQuestion;
use super::assess_criterion::AssessCriterion;
use super::close_access::{CloseAccess, ExpirePermit};
use super::confirm_decision::ConfirmDecision;
use super::decide_part::DecidePart;
use super::declare_complete::DeclareComplete;
use super::extend_clock::ExtendClock;
use super::issue_permit::IssuePermit;
use super::record_requirement::RecordRequirement;
use super::revoke_permit::RevokePermit;
use super::withdraw_application::WithdrawApplication;
use super::{Case, CaseEvent, Part};
use crate::access::{Action, Granted, state_allows};
use crate::refusal::Refusal;
use crate::rulebook::Rulebook;

/// A command on an existing case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CaseCommand {
    /// See [`DeclareComplete`].
    DeclareComplete(DeclareComplete),
    /// See [`AskQuestion`].
    AskQuestion(AskQuestion),
    /// See [`AnswerQuestion`].
    AnswerQuestion(AnswerQuestion),
    /// See [`RecordRequirement`].
    RecordRequirement(RecordRequirement),
    /// See [`AssessCriterion`].
    AssessCriterion(AssessCriterion),
    /// See [`DecidePart`].
    DecidePart(DecidePart),
    /// See [`ConfirmDecision`].
    ConfirmDecision(ConfirmDecision),
    /// See [`ExtendClock`].
    ExtendClock(ExtendClock),
    /// See [`WithdrawApplication`].
    WithdrawApplication(WithdrawApplication),
    /// See [`IssuePermit`].
    IssuePermit(IssuePermit),
    /// See [`RevokePermit`].
    RevokePermit(RevokePermit),
    /// See [`CloseAccess`].
    CloseAccess(CloseAccess),
    /// See [`ExpirePermit`].
    ExpirePermit(ExpirePermit),
}

/// What a command sees while it decides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deciding<'a> {
    pub(crate) case: &'a Case,
    pub(crate) actor: &'a Actor,
    pub(crate) today: Date,
    pub(crate) rules: &'a Rulebook,
}

impl CaseCommand {
    /// The action whose permission it needs.
    pub const fn action(&self) -> Action {
        match self {
            Self::DeclareComplete(_) => Action::DeclareComplete,
            Self::AskQuestion(_) => Action::AskQuestion,
            Self::AnswerQuestion(_) => Action::AnswerQuestion,
            Self::RecordRequirement(_) => Action::RecordRequirement,
            Self::AssessCriterion(_) => Action::AssessCriterion,
            Self::DecidePart(_) => Action::DecidePart,
            Self::ConfirmDecision(_) => Action::ConfirmDecision,
            Self::ExtendClock(_) => Action::ExtendClock,
            Self::WithdrawApplication(_) => Action::WithdrawApplication,
            Self::IssuePermit(_) => Action::IssuePermit,
            Self::RevokePermit(_) => Action::RevokePermit,
            Self::CloseAccess(_) => Action::CloseAccess,
            Self::ExpirePermit(_) => Action::ExpirePermit,
        }
    }

    /// The part it is about, if it is about one.
    pub const fn authority(&self) -> Option<&OrganisationId> {
        match self {
            Self::AskQuestion(command) => Some(&command.authority),
            Self::AssessCriterion(command) => Some(&command.authority),
            Self::DecidePart(command) => Some(&command.authority),
            Self::ConfirmDecision(command) => Some(&command.authority),
            Self::ExtendClock(command) => Some(&command.authority),
            _ => None,
        }
    }
}

impl Case {
    /// What a command leads to: the events to append, or why it is refused. `granted` proves that the
    /// actor may do this to this case.
    pub fn decide(
        &self,
        command: &CaseCommand,
        granted: &Granted,
        now: Timestamp,
        rules: &Rulebook,
    ) -> Result<Vec<CaseEvent>, Refusal> {
        let action = command.action();
        if !granted.covers_case(action, self.id, command.authority()) {
            return Err(Refusal::OtherPermission);
        }
        if !state_allows(action, self.state) {
            return Err(Refusal::WrongState {
                action: action.name(),
                state: self.state,
            });
        }
        let at = Deciding {
            case: self,
            actor: granted.actor(),
            today: base::danish_date(now),
            rules,
        };
        match command {
            CaseCommand::DeclareComplete(command) => command.decide(&at),
            CaseCommand::AskQuestion(command) => command.decide(&at),
            CaseCommand::AnswerQuestion(command) => command.decide(&at),
            CaseCommand::RecordRequirement(command) => command.decide(&at),
            CaseCommand::AssessCriterion(command) => command.decide(&at),
            CaseCommand::DecidePart(command) => command.decide(&at),
            CaseCommand::ConfirmDecision(command) => command.decide(&at),
            CaseCommand::ExtendClock(command) => command.decide(&at),
            CaseCommand::WithdrawApplication(command) => command.decide(&at),
            CaseCommand::IssuePermit(command) => command.decide(&at),
            CaseCommand::RevokePermit(command) => command.decide(&at),
            CaseCommand::CloseAccess(command) => command.decide(&at),
            CaseCommand::ExpirePermit(command) => command.decide(&at),
        }
    }
}

impl<'a> Deciding<'a> {
    /// The authority's part, if it is not decided and the officer has no stake in the project.
    pub(crate) fn open_part(&self, authority: &OrganisationId) -> Result<&'a Part, Refusal> {
        let part = self
            .case
            .part(authority)
            .ok_or_else(|| Refusal::NoSuchPart(authority.clone()))?;
        if part.decision.is_some() {
            return Err(Refusal::AlreadyDecided(authority.clone()));
        }
        if self.takes_part(self.actor.account) {
            return Err(Refusal::ConflictOfInterest);
        }
        Ok(part)
    }

    /// Whether somebody is of the project.
    pub(crate) fn takes_part(&self, account: AccountId) -> bool {
        self.case.application.member(account).is_some() || self.case.submitted_by == account
    }
}
