//! Cases: what applicants, officers and the coordinator see and do.

use std::collections::BTreeMap;

use base::{AccountId, Actor, CaseId, CaseTextId, OrganisationId, Timestamp, limits};
use casework::access::reads_preparation;
use casework::application::Application;
use casework::view::{CaseView, case_view};
use casework::{Action, Case, CaseEvent, Subject, check_may};
use serde::Serialize;
use store::{AuditEntry, Reader, Tx};

use crate::{App, Error, record};

mod command;
mod decision;
mod read_model;

pub use command::{CASE_CHANGED, CaseAt};
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
    pub application: Application,
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
        // How an authority prepares a decision stays with it until it is made.
        let view = case_view(case, &self.content().rulebook, self.now())
            .with_preparation_of(|authority| reads_preparation(actor, authority));
        let words = |text| texts.get(&text).map(String::as_str);
        let application = Application {
            selection: case.application.selection_in_words(words),
            reasons: BTreeMap::new(),
            ..case.application.clone()
        };
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
