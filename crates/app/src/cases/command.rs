//! What applicants, officers and the coordinator do to a case: one way for every command, and one
//! shape for those that carry a text.

use base::{Actor, CaseTextId, ErrorClass, QuestionId};
use casework::case::answer_question::AnswerQuestion;
use casework::case::ask_question::AskQuestion;
use casework::case::assess_criterion::AssessCriterion;
use casework::case::close_access::CloseAccess;
use casework::case::confirm_decision::ConfirmDecision;
use casework::case::declare_complete::DeclareComplete;
use casework::case::extend_clock::ExtendClock;
use casework::case::record_requirement::RecordRequirement;
use casework::case::revoke_permit::RevokePermit;
use casework::case::withdraw_application::WithdrawApplication;
use casework::{Action, Case, CaseCommand, Subject, check_may};
use store::AuditEntry;

use super::CasePage;
use crate::texts::{NewText, store_texts};
use crate::{App, Error};

/// The code of a command on a case that has changed since its sender read it.
pub const CASE_CHANGED: &str = "case_changed";

/// A case that a command is about, as its sender has read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseAt<'a> {
    /// Its public number.
    pub number: &'a str,
    /// The version that the sender has read; none where it does not mind what happened since.
    pub version: Option<u64>,
}

impl<'a> From<&'a str> for CaseAt<'a> {
    fn from(number: &'a str) -> Self {
        Self {
            number,
            version: None,
        }
    }
}

impl<'a> From<&'a String> for CaseAt<'a> {
    fn from(number: &'a String) -> Self {
        number.as_str().into()
    }
}

/// A text on its way into a case: the field it stands at, and its words.
type Words<'a> = (&'a str, &'a str);

impl App {
    /// Declares an application complete; the time for the decision runs.
    pub async fn declare_complete(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
    ) -> Result<CasePage, Error> {
        self.command(actor, case.into(), |_, _| {
            Ok((CaseCommand::DeclareComplete(DeclareComplete {}), Vec::new()))
        })
        .await
    }

    /// Asks the applicant, about a field of the form.
    pub async fn ask(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
        field: &str,
        text: &str,
    ) -> Result<CasePage, Error> {
        let question = QuestionId::new(self.clock(), self.entropy());
        self.command_saying(actor, case.into(), (field, text), |text| {
            CaseCommand::AskQuestion(AskQuestion {
                question,
                authority: actor.organisation.clone(),
                field: field.to_owned(),
                text,
            })
        })
        .await
    }

    /// Answers a question, once for all who asked.
    pub async fn answer(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
        question: QuestionId,
        text: &str,
    ) -> Result<CasePage, Error> {
        self.command_saying(actor, case.into(), ("answer", text), |text| {
            CaseCommand::AnswerQuestion(AnswerQuestion { question, text })
        })
        .await
    }

    /// Records that the applicant's institution met a requirement.
    pub async fn record_requirement(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
        requirement: &str,
        text: Option<&str>,
    ) -> Result<CasePage, Error> {
        self.command_perhaps_saying(actor, case.into(), (requirement, text), |text| {
            let requirement = requirement.to_owned();
            CaseCommand::RecordRequirement(RecordRequirement { requirement, text })
        })
        .await
    }

    /// Answers a criterion of the own authority's part.
    pub async fn assess(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
        criterion: &str,
        met: bool,
        reason: Option<&str>,
    ) -> Result<CasePage, Error> {
        self.command_perhaps_saying(actor, case.into(), (criterion, reason), |reason| {
            CaseCommand::AssessCriterion(AssessCriterion {
                authority: actor.organisation.clone(),
                criterion: criterion.to_owned(),
                met,
                reason,
            })
        })
        .await
    }

    /// Confirms a colleague's proposed decision, or returns it with the reason.
    pub async fn confirm_decision(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
        return_because: Option<&str>,
    ) -> Result<CasePage, Error> {
        self.command_perhaps_saying(actor, case.into(), ("reason", return_because), |reason| {
            CaseCommand::ConfirmDecision(ConfirmDecision {
                authority: actor.organisation.clone(),
                return_because: reason,
            })
        })
        .await
    }

    /// Extends the time for the own authority's decision, and tells the applicant why.
    pub async fn extend_clock(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
        clock: &str,
        reason: &str,
    ) -> Result<CasePage, Error> {
        self.command_saying(actor, case.into(), ("reason", reason), |reason| {
            CaseCommand::ExtendClock(ExtendClock {
                authority: actor.organisation.clone(),
                clock: clock.to_owned(),
                reason,
            })
        })
        .await
    }

    /// Withdraws an application.
    pub async fn withdraw(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
        reason: Option<&str>,
    ) -> Result<CasePage, Error> {
        self.command_perhaps_saying(actor, case.into(), ("reason", reason), |reason| {
            CaseCommand::WithdrawApplication(WithdrawApplication { reason })
        })
        .await
    }

    /// Takes the permit back. Access closes with the next status, within seconds.
    pub async fn revoke(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
        reason: &str,
    ) -> Result<CasePage, Error> {
        self.command_saying(actor, case.into(), ("reason", reason), |reason| {
            CaseCommand::RevokePermit(RevokePermit { reason })
        })
        .await
    }

    /// Closes the access as the data user.
    pub async fn close_access(
        &self,
        actor: &Actor,
        case: impl Into<CaseAt<'_>>,
        reason: Option<&str>,
    ) -> Result<CasePage, Error> {
        self.command_perhaps_saying(actor, case.into(), ("reason", reason), |reason| {
            CaseCommand::CloseAccess(CloseAccess { reason })
        })
        .await
    }

    /// A command with a text.
    async fn command_saying(
        &self,
        actor: &Actor,
        case: CaseAt<'_>,
        (field, text): Words<'_>,
        command: impl Fn(CaseTextId) -> CaseCommand,
    ) -> Result<CasePage, Error> {
        self.command(actor, case, |app, case| {
            let text = app.seal_text(case.id, field, text)?;
            Ok((command(text.id), vec![text]))
        })
        .await
    }

    /// A command that can do without its text.
    async fn command_perhaps_saying(
        &self,
        actor: &Actor,
        case: CaseAt<'_>,
        (field, text): (&str, Option<&str>),
        command: impl Fn(Option<CaseTextId>) -> CaseCommand,
    ) -> Result<CasePage, Error> {
        self.command(actor, case, |app, case| {
            let text = app.seal_optional(case.id, field, text)?;
            Ok((
                command(text.as_ref().map(|text| text.id)),
                text.into_iter().collect(),
            ))
        })
        .await
    }

    /// Authorise, load, decide, persist, publish, enqueue: every command on a case goes this way. That
    /// the case is as its sender has read it is asked within the transaction that changes it.
    pub(super) async fn command(
        &self,
        actor: &Actor,
        at: CaseAt<'_>,
        build: impl Fn(&Self, &Case) -> Result<(CaseCommand, Vec<NewText>), Error>,
    ) -> Result<CasePage, Error> {
        let (app, wanted) = (self.clone(), at.number.to_owned());
        let case = self
            .store()
            .read("case.find", |reader| async move {
                app.find_case(&reader, &wanted).await
            })
            .await?;
        let facts = case.facts();
        check_may(actor, Action::ViewCase, &Subject::Case(&facts))?;
        let (command, texts) = build(self, &case)?;
        let name = format!("case.{}", command.action().name());
        let audit = AuditEntry::new(actor, name, case.id.to_string(), self.now());
        let expected = at.version;
        self.store()
            .run_tx("case.command", |tx| {
                let (app, command, actor) = (self.clone(), command.clone(), actor.clone());
                let (texts, audit) = (texts.clone(), audit.clone());
                let case_id = case.id;
                async move {
                    let case = app.fold_case(&tx, case_id).await?;
                    if expected.is_some_and(|version| version != case.version) {
                        return Err(case_changed());
                    }
                    let facts = case.facts();
                    let subject = match command.authority() {
                        Some(authority) => Subject::Part(&facts, authority),
                        None => Subject::Case(&facts),
                    };
                    let granted = check_may(&actor, command.action(), &subject)?;
                    let events =
                        case.decide(&command, &granted, audit.at, &app.content().rulebook)?;
                    store_texts(&tx, case.id, &texts, &audit).await?;
                    app.append_case_events(&tx, case.id, case.version, &events, &audit)
                        .await
                }
            })
            .await?;
        self.load_case(actor, at.number).await
    }
}

fn case_changed() -> Error {
    Error::new(
        ErrorClass::Conflict,
        CASE_CHANGED,
        "the case has changed since you read it",
    )
    .advise("read it again")
}
