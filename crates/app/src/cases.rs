//! Cases: what applicants, officers and the coordinator see and do.

use std::collections::BTreeMap;

use base::{AccountId, Actor, CaseId, CaseTextId, OrganisationId, QuestionId, Timestamp, limits};
use casework::case::answer_question::AnswerQuestion;
use casework::case::ask_question::AskQuestion;
use casework::case::assess_criterion::AssessCriterion;
use casework::case::close_access::CloseAccess;
use casework::case::declare_complete::DeclareComplete;
use casework::case::extend_clock::ExtendClock;
use casework::case::record_requirement::RecordRequirement;
use casework::case::revoke_permit::RevokePermit;
use casework::case::withdraw_application::WithdrawApplication;
use casework::view::{CaseView, case_view, preparation_texts};
use casework::{Action, Case, CaseCommand, CaseEvent, Subject, check_may};
use serde::Serialize;
use store::{AuditEntry, Reader, Tx};

use crate::texts::{NewText, store_texts};
use crate::{App, Error, record};

mod decision;
mod read_model;

pub use decision::DecisionInput;
pub use read_model::{CaseSummary, DeskItem, PartSummary};

/// A case as one reader sees it.
#[derive(Debug, Clone, Serialize)]
pub struct CasePage {
    /// The case.
    pub view: CaseView,
    /// Title of the project.
    pub title: String,
    /// What was sent.
    pub application: casework::application::Application,
    /// Words behind references that this reader may read.
    pub texts: BTreeMap<CaseTextId, String>,
    /// Names of the people in the case.
    pub names: BTreeMap<AccountId, String>,
    /// What this reader may do now, to the case or to the own part.
    pub may: Vec<Action>,
}

impl App {
    /// The stream of a case.
    pub(crate) fn case_stream(case: CaseId) -> String {
        format!("case-{case}")
    }

    /// A case by its public number, whoever asks. Callers check permission.
    pub(crate) async fn find_case(&self, reader: &Reader, number: &str) -> Result<Case, Error> {
        let document = reader.find_document_by_number("case", number).await?;
        let id: CaseId = document
            .and_then(|document| document.id.parse().ok())
            .ok_or_else(Error::not_found)?;
        self.fold_case(reader, id).await
    }

    /// A case by its id.
    pub(crate) async fn fold_case(&self, reader: &Reader, id: CaseId) -> Result<Case, Error> {
        let events = record::load::<CaseEvent>(reader, &Self::case_stream(id)).await?;
        Case::fold(&events).ok_or_else(Error::not_found)
    }

    /// A case as this reader sees it.
    pub async fn load_case(&self, actor: &Actor, number: &str) -> Result<CasePage, Error> {
        let (app, reader_actor, number) = (self.clone(), actor.clone(), number.to_owned());
        self.store()
            .read("case.load", |reader| async move {
                let case = app.find_case(&reader, &number).await?;
                let facts = case.facts();
                check_may(&reader_actor, Action::ViewCase, &Subject::Case(&facts))?;
                let texts = app.open_texts(&reader, case.id).await?;
                let names = app.names_of(&reader, &case).await?;
                Ok(app.page_of(&reader_actor, &case, texts, names))
            })
            .await
    }

    fn page_of(
        &self,
        actor: &Actor,
        case: &Case,
        mut texts: BTreeMap<CaseTextId, String>,
        names: BTreeMap<AccountId, String>,
    ) -> CasePage {
        let facts = case.facts();
        let title = case
            .application
            .text("title")
            .and_then(|id| texts.get(&id).cloned());
        let sees_assessments =
            check_may(actor, Action::ViewAssessment, &Subject::Case(&facts)).is_ok();
        let mut view = case_view(case, &self.content().rulebook, self.now());
        if !sees_assessments {
            // How officers prepare a decision stays with them until it is made.
            for hidden in preparation_texts(case) {
                texts.remove(&hidden);
            }
            view = view.without_assessment();
        }
        let application = case.application.clone();
        keep_referenced(&mut texts, &(&view, &application));
        let own_part = Subject::Part(&facts, &actor.organisation);
        let may = Action::ALL
            .iter()
            .copied()
            .filter(|action| {
                casework::access::can(actor, *action, &Subject::Case(&facts))
                    || casework::access::can(actor, *action, &own_part)
            })
            .collect();
        CasePage {
            view,
            title: title.unwrap_or_default(),
            application,
            texts,
            names,
            may,
        }
    }

    async fn names_of(
        &self,
        reader: &Reader,
        case: &Case,
    ) -> Result<BTreeMap<AccountId, String>, Error> {
        let mut names = BTreeMap::new();
        let people = case.application.team.iter().map(|member| member.account);
        for account in people.chain([case.submitted_by]) {
            if let Some(found) = reader.find_account(account).await? {
                names.insert(account, found.display_name.into_inner());
            }
        }
        Ok(names)
    }

    /// Declares an application complete; the time for the decision runs.
    pub async fn declare_complete(&self, actor: &Actor, number: &str) -> Result<CasePage, Error> {
        self.command(actor, number, |_, _| {
            Ok((CaseCommand::DeclareComplete(DeclareComplete {}), Vec::new()))
        })
        .await
    }

    /// Asks the applicant, about a field of the form.
    pub async fn ask(
        &self,
        actor: &Actor,
        number: &str,
        field: &str,
        text: &str,
    ) -> Result<CasePage, Error> {
        self.command(actor, number, |app, case| {
            let text = app.seal_text(case.id, field, text)?;
            let command = AskQuestion {
                question: QuestionId::new(app.clock(), app.entropy()),
                authority: actor.organisation.clone(),
                field: field.to_owned(),
                text: text.id,
            };
            Ok((CaseCommand::AskQuestion(command), vec![text]))
        })
        .await
    }

    /// Answers a question, once for all who asked.
    pub async fn answer(
        &self,
        actor: &Actor,
        number: &str,
        question: QuestionId,
        text: &str,
    ) -> Result<CasePage, Error> {
        self.command(actor, number, |app, case| {
            let text = app.seal_text(case.id, "answer", text)?;
            let command = AnswerQuestion {
                question,
                text: text.id,
            };
            Ok((CaseCommand::AnswerQuestion(command), vec![text]))
        })
        .await
    }

    /// Records that the applicant's institution met a requirement.
    pub async fn record_requirement(
        &self,
        actor: &Actor,
        number: &str,
        requirement: &str,
        text: Option<&str>,
    ) -> Result<CasePage, Error> {
        self.command(actor, number, |app, case| {
            let text = app.seal_optional(case.id, requirement, text)?;
            let command = RecordRequirement {
                requirement: requirement.to_owned(),
                text: text.as_ref().map(|text| text.id),
            };
            Ok((
                CaseCommand::RecordRequirement(command),
                text.into_iter().collect(),
            ))
        })
        .await
    }

    /// Answers a criterion of the own authority's part.
    pub async fn assess(
        &self,
        actor: &Actor,
        number: &str,
        criterion: &str,
        met: bool,
        reason: Option<&str>,
    ) -> Result<CasePage, Error> {
        self.command(actor, number, |app, case| {
            let reason = app.seal_optional(case.id, criterion, reason)?;
            let command = AssessCriterion {
                authority: actor.organisation.clone(),
                criterion: criterion.to_owned(),
                met,
                reason: reason.as_ref().map(|text| text.id),
            };
            Ok((
                CaseCommand::AssessCriterion(command),
                reason.into_iter().collect(),
            ))
        })
        .await
    }

    /// Extends the time for the own authority's decision, and tells the applicant why.
    pub async fn extend_clock(
        &self,
        actor: &Actor,
        number: &str,
        clock: &str,
        reason: &str,
    ) -> Result<CasePage, Error> {
        self.command(actor, number, |app, case| {
            let reason = app.seal_text(case.id, "reason", reason)?;
            let command = ExtendClock {
                authority: actor.organisation.clone(),
                clock: clock.to_owned(),
                reason: reason.id,
            };
            Ok((CaseCommand::ExtendClock(command), vec![reason]))
        })
        .await
    }

    /// Withdraws an application.
    pub async fn withdraw(
        &self,
        actor: &Actor,
        number: &str,
        reason: Option<&str>,
    ) -> Result<CasePage, Error> {
        self.command(actor, number, |app, case| {
            let reason = app.seal_optional(case.id, "reason", reason)?;
            let command = WithdrawApplication {
                reason: reason.as_ref().map(|text| text.id),
            };
            Ok((
                CaseCommand::WithdrawApplication(command),
                reason.into_iter().collect(),
            ))
        })
        .await
    }

    /// Takes the permit back. Access closes with the next status, within seconds.
    pub async fn revoke(
        &self,
        actor: &Actor,
        number: &str,
        reason: &str,
    ) -> Result<CasePage, Error> {
        self.command(actor, number, |app, case| {
            let reason = app.seal_text(case.id, "reason", reason)?;
            Ok((
                CaseCommand::RevokePermit(RevokePermit { reason: reason.id }),
                vec![reason],
            ))
        })
        .await
    }

    /// Closes the access as the data user.
    pub async fn close_access(
        &self,
        actor: &Actor,
        number: &str,
        reason: Option<&str>,
    ) -> Result<CasePage, Error> {
        self.command(actor, number, |app, case| {
            let reason = app.seal_optional(case.id, "reason", reason)?;
            let command = CloseAccess {
                reason: reason.as_ref().map(|text| text.id),
            };
            Ok((
                CaseCommand::CloseAccess(command),
                reason.into_iter().collect(),
            ))
        })
        .await
    }

    /// Authorise, load, decide, persist, publish, enqueue: every command on a case goes this way.
    pub(super) async fn command(
        &self,
        actor: &Actor,
        number: &str,
        build: impl Fn(&Self, &Case) -> Result<(CaseCommand, Vec<NewText>), Error>,
    ) -> Result<CasePage, Error> {
        let (app, wanted) = (self.clone(), number.to_owned());
        let case = self
            .store()
            .read("case.find", |reader| async move {
                app.find_case(&reader, &wanted).await
            })
            .await?;
        let facts = case.facts();
        check_may(actor, Action::ViewCase, &Subject::Case(&facts))?;
        let (command, texts) = build(self, &case)?;
        let audit = AuditEntry::new(actor, audit_name(&command), case.id.to_string(), self.now());
        self.store()
            .run_tx("case.command", |tx| {
                let (app, command, actor) = (self.clone(), command.clone(), actor.clone());
                let (texts, audit) = (texts.clone(), audit.clone());
                let case_id = case.id;
                async move {
                    let case = app.fold_case(&tx, case_id).await?;
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
        self.load_case(actor, number).await
    }

    /// Appends events of a case with what follows from them: read models, public leaves, status,
    /// jobs. All in the caller's transaction.
    pub(crate) async fn append_case_events(
        &self,
        tx: &Tx,
        case_id: CaseId,
        expected: u64,
        events: &[CaseEvent],
        audit: &AuditEntry,
    ) -> Result<(), Error> {
        let recorded =
            record::append(tx, &Self::case_stream(case_id), expected, events, audit).await?;
        let case = self.fold_case(tx, case_id).await?;
        self.put_case_documents(tx, &case, audit.at).await?;
        for event in &recorded {
            self.publish_case_event(tx, &case, event).await?;
            self.follow_case_event(tx, &case, &event.event, audit)
                .await?;
        }
        Ok(())
    }
}

/// Keeps the words that what is shown refers to: a case also holds what researchers and checkers write
/// about outputs, which is not for every reader of the case.
fn keep_referenced(texts: &mut BTreeMap<CaseTextId, String>, shown: &impl Serialize) {
    let shown = serde_json::to_string(shown).unwrap_or_default();
    texts.retain(|id, _| shown.contains(&id.to_string()));
}

fn audit_name(command: &CaseCommand) -> String {
    format!("case.{}", command.action().name())
}

/// Bound on lists of cases.
pub(crate) fn page_size(limit: Option<usize>) -> usize {
    limit.unwrap_or(25).clamp(1, limits::LIST_ITEMS_MAX)
}

/// The instant as a key that sorts as time.
pub(crate) fn sort_key(at: Timestamp) -> String {
    base::format_instant(at)
}

/// The tag under which an authority finds its cases.
pub(crate) fn authority_tag(authority: &OrganisationId) -> String {
    format!("authority:{authority}")
}

/// The tag under which a person of the project finds them.
pub(crate) fn member_tag(account: AccountId) -> String {
    format!("member:{account}")
}
