//! Applications that have not been sent: written step by step, saved at every change, checked while
//! writing, never blocked from saving.

mod reasons;

use std::collections::BTreeMap;

use base::{AccountId, Actor, CaseId, DraftId, OrganisationId, Timestamp, limits};
use casework::access::DraftFacts;
use casework::application::{Application, SentAnswer, TeamMember};
use casework::case::submit_application::{SubmitApplication, deciding_authority};
use casework::form::{Answer, Answers, FieldProblem, check_answers};
use casework::{Action, Subject, check_may};
use catalogue::permit::AccessMode;
use catalogue::selection::{Criterion, Period, SelectedTable, SelectedVariable, Selection};
use serde::{Deserialize, Serialize};
use store::{AuditEntry, Draft};

use crate::texts::{NewText, check_text};
use crate::{App, Error};

/// What is filled in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftBody {
    /// Answers, by field of the form.
    pub answers: Answers,
}

/// A draft as its author sees it.
#[derive(Debug, Clone, Serialize)]
pub struct DraftView {
    /// Its id.
    pub id: DraftId,
    /// Goes up with every change.
    pub version: u64,
    /// When it was last saved.
    pub saved_at: Timestamp,
    /// What is filled in.
    pub body: DraftBody,
    /// What stands in the way of sending it, in the order of the form.
    pub problems: Vec<ProblemView>,
    /// The authorities it will go to, by its data.
    pub authorities: Vec<OrganisationId>,
}

/// An answer that must be mended before sending.
#[derive(Debug, Clone, Serialize)]
pub struct ProblemView {
    /// Field.
    pub field: String,
    /// Step that the field stands in.
    pub step: String,
    /// Stable code.
    pub code: &'static str,
    /// Values for the words.
    pub args: BTreeMap<&'static str, String>,
    /// An answer that would be right.
    pub suggestion: Option<Answer>,
}

/// An application that was sent.
#[derive(Debug, Clone, Serialize)]
pub struct Submitted {
    /// The case.
    pub case: CaseId,
    /// Its public number.
    pub number: String,
    /// When it was received.
    pub at: Timestamp,
}

impl App {
    /// Begins a draft, with the variables of a basket if one is named. The author is its principal
    /// investigator until that is changed.
    pub async fn create_draft(
        &self,
        actor: &Actor,
        basket: Option<&str>,
    ) -> Result<DraftView, Error> {
        self.check_installation(actor, Action::CreateDraft)?;
        let items = match basket {
            Some(basket) => self.basket(basket).await?.items,
            None => Vec::new(),
        };
        let selection = (!items.is_empty()).then(|| self.selection_of(&items));
        self.begin_draft(actor, selection).await
    }

    /// Begins an application with a data package: its population, variables and reasons are filled in.
    pub async fn create_draft_from_package(
        &self,
        actor: &Actor,
        package: &str,
    ) -> Result<DraftView, Error> {
        self.check_installation(actor, Action::CreateDraft)?;
        let package = self.content().interchange.packages.get(package);
        let package = package.ok_or_else(Error::not_found)?;
        self.begin_draft(actor, Some(package.selection.clone()))
            .await
    }

    async fn begin_draft(
        &self,
        actor: &Actor,
        selection: Option<Selection>,
    ) -> Result<DraftView, Error> {
        let mut answers = Answers::new();
        if let Some(selection) = selection {
            answers.insert(
                "selection".to_owned(),
                Answer::Selection(Box::new(selection)),
            );
        }
        let principal = TeamMember {
            account: actor.account,
            principal: true,
            access: AccessMode::SeesRows,
            may_release: true,
        };
        answers.insert("team".to_owned(), Answer::Team(vec![principal]));
        let draft = Draft {
            draft_id: DraftId::new(self.clock(), self.entropy()),
            account: actor.account,
            organisation: actor.organisation.clone(),
            version: 1,
            body: to_json(&DraftBody { answers })?,
            created_at: self.now(),
            updated_at: self.now(),
        };
        let audit = AuditEntry::new(
            actor,
            "draft.create",
            draft.draft_id.to_string(),
            self.now(),
        );
        self.store()
            .run_tx("draft.create", |tx| {
                let (draft, audit) = (draft.clone(), audit.clone());
                async move { tx.insert_draft(&draft, &audit).await }
            })
            .await?;
        self.view_draft(&draft)
    }

    /// A population of everybody and the variables of a basket, over the years that the tables share.
    fn selection_of(&self, items: &[crate::catalogue_use::BasketItem]) -> Selection {
        let today = self.today();
        let first = base::Date::new(2010, 1, 1).unwrap_or(today);
        let last = base::Date::new(today.year() - 1, 12, 31).unwrap_or(today);
        let period = Period {
            from: first,
            to: last,
        };
        let tables = items
            .iter()
            .map(|item| SelectedTable {
                register: item.register.clone(),
                table: item.table.clone(),
                period,
                window: None,
                variables: item
                    .variables
                    .iter()
                    .map(|name| SelectedVariable {
                        name: name.clone(),
                        coarsening: catalogue::register::Coarsening::None,
                        reason: String::new(),
                    })
                    .collect(),
            })
            .collect();
        Selection::new(Criterion::All(Vec::new()), period, tables)
    }

    /// The author's drafts, newest first.
    pub async fn list_drafts(&self, actor: &Actor) -> Result<Vec<DraftView>, Error> {
        self.check_installation(actor, Action::CreateDraft)?;
        let (account, organisation) = (actor.account, actor.organisation.clone());
        let drafts = self
            .store()
            .read("draft.list", |reader| async move {
                reader
                    .list_drafts(account, &organisation, None, limits::LIST_ITEMS_MAX)
                    .await
            })
            .await?;
        drafts
            .items
            .iter()
            .map(|draft| self.view_draft(draft))
            .collect()
    }

    /// A draft.
    pub async fn load_draft(&self, actor: &Actor, id: DraftId) -> Result<DraftView, Error> {
        let draft = self.find_draft(actor, Action::ViewDraft, id).await?;
        self.view_draft(&draft)
    }

    /// Saves answers over those of a draft that stands at `expected_version`. Incomplete answers are
    /// saved; texts with identity numbers are not.
    pub async fn save_draft(
        &self,
        actor: &Actor,
        id: DraftId,
        expected_version: u64,
        changes: &Answers,
    ) -> Result<DraftView, Error> {
        let mut draft = self.find_draft(actor, Action::EditDraft, id).await?;
        let mut body: DraftBody = from_json(draft.body.clone())?;
        for (field, answer) in changes {
            self.check_answer(field, answer)?;
            body.answers.insert(field.clone(), answer.clone());
        }
        draft.body = to_json(&body)?;
        let audit = AuditEntry::new(actor, "draft.save", id.to_string(), self.now());
        self.store()
            .run_tx("draft.save", |tx| {
                let (json, audit) = (draft.body.clone(), audit.clone());
                async move {
                    tx.update_draft(id, expected_version, &json, &audit)
                        .await
                        .map(drop)
                }
            })
            .await?;
        draft.version = expected_version + 1;
        draft.updated_at = audit.at;
        self.view_draft(&draft)
    }

    /// Throws a draft away.
    pub async fn delete_draft(&self, actor: &Actor, id: DraftId) -> Result<(), Error> {
        let draft = self.find_draft(actor, Action::DeleteDraft, id).await?;
        let audit = AuditEntry::new(actor, "draft.delete", id.to_string(), self.now());
        self.store()
            .run_tx("draft.delete", |tx| {
                let audit = audit.clone();
                async move { tx.delete_draft(id, draft.version, &audit).await.map(drop) }
            })
            .await?;
        Ok(())
    }

    fn check_answer(&self, field: &str, answer: &Answer) -> Result<(), Error> {
        if self.content().rulebook.form().field(field).is_none() {
            return Err(
                Error::invalid("unknown_field", "the form has no such field").at_field(field),
            );
        }
        match answer {
            // Ids and dates are no words, and digits of an id can look like a number.
            Answer::Team(_) | Answer::Date(_) | Answer::Tick(_) => Ok(()),
            _ => check_words(field, &crate::permits::to_json(answer)?),
        }
    }

    async fn find_draft(&self, actor: &Actor, action: Action, id: DraftId) -> Result<Draft, Error> {
        let found = self
            .store()
            .read(
                "draft.find",
                |reader| async move { reader.find_draft(id).await },
            )
            .await?;
        let draft = found.ok_or_else(Error::not_found)?;
        let body: DraftBody = from_json(draft.body.clone())?;
        let facts = DraftFacts {
            owner: draft.account,
            editors: editors(&body),
        };
        check_may(actor, action, &Subject::Draft(&facts))?;
        Ok(draft)
    }

    fn view_draft(&self, draft: &Draft) -> Result<DraftView, Error> {
        let body: DraftBody = from_json(draft.body.clone())?;
        let content = self.content();
        let form = content.rulebook.form();
        let problems = check_answers(form, &body.answers, self.today(), &content.catalogue);
        let step = |problem: &FieldProblem| {
            form.step_of(&problem.field)
                .map_or_else(String::new, |(_, step)| step.id.clone())
        };
        let problems = problems
            .into_iter()
            .map(|problem| ProblemView {
                step: step(&problem),
                field: problem.field,
                code: problem.code,
                args: problem.args,
                suggestion: problem.suggestion,
            })
            .collect();
        let selection = match body.answers.get("selection") {
            Some(Answer::Selection(selection)) => Some(selection.as_ref()),
            _ => None,
        };
        Ok(DraftView {
            id: draft.draft_id,
            version: draft.version,
            saved_at: draft.updated_at,
            problems,
            authorities: selection
                .map(|s| self.authorities_of(s))
                .unwrap_or_default(),
            body,
        })
    }

    /// The authorities that decide about a selection's registers.
    pub fn authorities_of(&self, selection: &Selection) -> Vec<OrganisationId> {
        let catalogue = &self.content().catalogue;
        let required = selection.required_registers(catalogue).unwrap_or_default();
        let mut authorities: Vec<OrganisationId> = required
            .iter()
            .filter_map(|id| deciding_authority(catalogue, id).ok())
            .collect();
        authorities.sort();
        authorities.dedup();
        authorities
    }

    /// Sends a draft. It becomes a case with one part per authority; the draft is gone.
    pub async fn submit_draft(
        &self,
        actor: &Actor,
        id: DraftId,
        expected_version: u64,
    ) -> Result<Submitted, Error> {
        let draft = self
            .find_draft(actor, Action::SubmitApplication, id)
            .await?;
        if draft.version != expected_version {
            return Err(store::StoreError::Stale { what: "draft" }.into());
        }
        let view = self.view_draft(&draft)?;
        if let Some(problem) = view.problems.first() {
            let message = format!(
                "{} answers must be mended before sending",
                view.problems.len()
            );
            return Err(Error::invalid("incomplete", message).at_field(&problem.field));
        }
        let case = CaseId::new(self.clock(), self.entropy());
        let (application, texts) = self.application_of(case, &draft.organisation, &view.body)?;
        let facts = DraftFacts {
            owner: draft.account,
            editors: editors(&view.body),
        };
        let granted = check_may(actor, Action::SubmitApplication, &Subject::Draft(&facts))?;
        let audit = AuditEntry::new(actor, "case.submit", case.to_string(), self.now());
        let number = self
            .store()
            .run_tx("case.submit", |tx| {
                let (app, granted, audit) = (self.clone(), granted.clone(), audit.clone());
                let (application, texts) = (application.clone(), texts.clone());
                async move {
                    let series = format!("S-{}", app.today().year());
                    let start = if app.is_demo() { 417 } else { 1 };
                    let serial = tx.next_number(&series, start).await?;
                    let number = format!("{series}-{serial:04}");
                    let command = SubmitApplication {
                        case,
                        number: number.clone(),
                        application,
                    };
                    let content = app.content();
                    let now = audit.at;
                    let events =
                        command.decide(&granted, now, &content.rulebook, &content.catalogue)?;
                    crate::texts::store_texts(&tx, case, &texts, &audit).await?;
                    app.append_case_events(&tx, case, 0, &events, &audit)
                        .await?;
                    tx.delete_draft(id, expected_version, &audit).await?;
                    Ok::<_, Error>(number)
                }
            })
            .await?;
        Ok(Submitted {
            case,
            number,
            at: audit.at,
        })
    }

    /// The application of a complete draft, with its texts sealed.
    fn application_of(
        &self,
        case: CaseId,
        data_user: &OrganisationId,
        body: &DraftBody,
    ) -> Result<(Application, Vec<NewText>), Error> {
        let form = self.content().rulebook.form();
        let missing =
            |field: &str| Error::invalid("incomplete", "an answer is missing").at_field(field);
        let (mut answers, mut texts) = (BTreeMap::new(), Vec::new());
        let (mut selection, mut team, mut purposes) = (None, None, Vec::new());
        let (mut from, mut to) = (None, None);
        for (field, answer) in &body.answers {
            if form
                .field(field)
                .is_some_and(|field| !field.is_asked(&body.answers))
            {
                continue;
            }
            let sent = match answer {
                Answer::Text(text) if text.trim().is_empty() => continue,
                Answer::Text(text) => {
                    let sealed = self.seal_text(case, field, text)?;
                    let id = sealed.id;
                    texts.push(sealed);
                    SentAnswer::Text(id)
                }
                Answer::Choice(choice) => SentAnswer::Choice(choice.clone()),
                Answer::Choices(choices) => {
                    if field == "purposes" {
                        purposes.clone_from(choices);
                    }
                    SentAnswer::Choices(choices.clone())
                }
                Answer::Date(date) => {
                    match field.as_str() {
                        "access-from" => from = Some(*date),
                        "access-to" => to = Some(*date),
                        _ => {}
                    }
                    SentAnswer::Date(*date)
                }
                Answer::Tick(tick) => SentAnswer::Tick(*tick),
                Answer::Selection(chosen) => {
                    selection = Some(chosen.as_ref().clone());
                    continue;
                }
                Answer::Team(members) => {
                    team = Some(members.clone());
                    continue;
                }
            };
            answers.insert(field.clone(), sent);
        }
        let mut selection = selection.ok_or_else(|| missing("selection"))?;
        let reasons = self.seal_reasons(case, &mut selection, &mut texts)?;
        let application = Application {
            form: form.id.clone(),
            form_version: form.version,
            answers,
            selection,
            reasons,
            team: team.ok_or_else(|| missing("team"))?,
            data_user: data_user.clone(),
            purposes,
            period: Period {
                from: from.ok_or_else(|| missing("access-from"))?,
                to: to.ok_or_else(|| missing("access-to"))?,
            },
        };
        Ok((application, texts))
    }
}

fn editors(body: &DraftBody) -> Vec<AccountId> {
    match body.answers.get("team") {
        Some(Answer::Team(members)) => members.iter().map(|member| member.account).collect(),
        _ => Vec::new(),
    }
}

fn to_json(body: &DraftBody) -> Result<serde_json::Value, Error> {
    serde_json::to_value(body).map_err(|error| Error::internal("storing a draft", &error))
}

fn from_json(body: serde_json::Value) -> Result<DraftBody, Error> {
    serde_json::from_value(body).map_err(|error| Error::internal("reading a draft", &error))
}

/// Every text of an answer, wherever it stands, is checked before it is stored.
fn check_words(field: &str, value: &serde_json::Value) -> Result<(), Error> {
    match value {
        serde_json::Value::String(text) => check_text(field, text, limits::TEXT_CHARS_MAX),
        serde_json::Value::Array(items) => {
            items.iter().try_for_each(|item| check_words(field, item))
        }
        serde_json::Value::Object(fields) => fields
            .values()
            .try_for_each(|item| check_words(field, item)),
        _ => Ok(()),
    }
}
