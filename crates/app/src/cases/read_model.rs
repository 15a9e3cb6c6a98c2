//! Read models of cases: made anew from the case at every event, so that they can be rebuilt.

use base::{AccountId, Actor, OrganisationId, Timestamp};
use casework::access::{CaseFacts, reads_preparation};
use casework::case::Ball;
use casework::view::{PartState, case_view};
use casework::{Action, Case, CaseState};
use serde::{Deserialize, Serialize};
use store::{Document, DocumentFilter, Order, Tx};

use super::{authority_tag, member_tag, page_size, sort_key};
use crate::log::from_json;
use crate::{App, Error};

/// A line in a list of cases.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaseSummary {
    /// Public number.
    pub number: String,
    /// Title of the project.
    pub title: String,
    /// Where it stands.
    pub state: CaseState,
    /// Who must act.
    pub ball: Ball,
    /// The institution that applies.
    pub data_user: OrganisationId,
    /// When it was sent.
    pub submitted_at: Timestamp,
    /// Last date for the decision, once the time runs.
    pub statutory_due: Option<base::Date>,
    /// When the outcome was there.
    pub outcome_at: Option<Timestamp>,
    /// Open questions to the applicant.
    pub open_questions: usize,
    /// Parts.
    pub parts: Vec<PartSummary>,
    /// The permit's number.
    pub permit: Option<String>,
    /// The project's people.
    pub members: Vec<AccountId>,
}

impl CaseSummary {
    /// The line as a reader sees it: that a decision was proposed is an authority's own work.
    fn seen_by(mut self, reader: &Actor) -> Self {
        for part in &mut self.parts {
            if !reads_preparation(reader, &part.authority) {
                part.state = part.state.without_preparation();
            }
        }
        self
    }
}

/// A part in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PartSummary {
    /// Authority.
    pub authority: OrganisationId,
    /// Where it stands.
    pub state: PartState,
    /// Registers.
    pub registers: Vec<String>,
}

/// A line of an officer's desk.
#[derive(Debug, Clone, Serialize)]
pub struct DeskItem {
    /// The case.
    pub case: CaseSummary,
    /// The officer's part, if the authority has one.
    pub part: Option<PartSummary>,
}

const KIND: &str = "case";

impl App {
    /// Writes the read models of a case.
    pub(crate) async fn put_case_documents(
        &self,
        tx: &Tx,
        case: &Case,
        at: Timestamp,
    ) -> Result<(), Error> {
        let title = match case.application.text("title") {
            Some(id) => self.open_text(tx, case.id, id).await?,
            None => None,
        };
        let view = case_view(case, &self.content().rulebook, at);
        let summary = CaseSummary {
            number: case.number.clone(),
            // The title is public from the day of receipt.
            title: title.unwrap_or_default(),
            state: case.state,
            ball: case.who_has_the_ball(),
            data_user: case.application.data_user.clone(),
            submitted_at: case.submitted_at,
            statutory_due: view.statutory_due,
            outcome_at: outcome_at(case),
            open_questions: case.open_questions().count(),
            parts: view
                .parts
                .iter()
                .map(|part| PartSummary {
                    authority: part.authority.clone(),
                    state: part.state,
                    registers: part.registers.clone(),
                })
                .collect(),
            permit: case.permit.as_ref().map(|permit| permit.number.clone()),
            members: case
                .application
                .team
                .iter()
                .map(|member| member.account)
                .collect(),
        };
        let CaseFacts {
            team, authorities, ..
        } = case.facts();
        let mut tags: Vec<String> = team
            .iter()
            .map(|member| member_tag(member.account))
            .collect();
        tags.extend(authorities.iter().map(authority_tag));
        let body = serde_json::to_value(&summary)
            .map_err(|error| Error::internal("writing a read model", &error))?;
        let mut document = Document::new(KIND, case.id.to_string(), body, at);
        document.version = case.version;
        document.organisation = Some(case.application.data_user.clone());
        document.state = Some(case.state.name().to_owned());
        document.sort_key = sort_key(case.submitted_at);
        document.number = Some(case.number.clone());
        document.tags = tags;
        Ok(tx.put_document(&document).await?)
    }

    /// The actor's cases, newest first.
    pub async fn list_cases(
        &self,
        actor: &Actor,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<(Vec<CaseSummary>, Option<String>), Error> {
        self.check_installation(actor, Action::ListCases)?;
        let tag = match actor.role {
            base::Role::Researcher => Some(member_tag(actor.account)),
            base::Role::Officer => Some(authority_tag(&actor.organisation)),
            _ => None,
        };
        self.list_summaries(actor, (tag, None), (cursor, limit))
            .await
    }

    /// The desk of the actor's authority: cases with a part of its own, newest first.
    pub async fn desk(
        &self,
        actor: &Actor,
        state: Option<&str>,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<(Vec<DeskItem>, Option<String>), Error> {
        self.check_installation(actor, Action::ViewDesk)?;
        let own = (actor.role == base::Role::Officer).then(|| authority_tag(&actor.organisation));
        let (cases, next) = self
            .list_summaries(actor, (own, state), (cursor, limit))
            .await?;
        let items = cases
            .into_iter()
            .map(|case| {
                let mut parts = case.parts.iter();
                let part = parts
                    .find(|part| part.authority == actor.organisation)
                    .cloned();
                DeskItem { case, part }
            })
            .collect();
        Ok((items, next))
    }

    async fn list_summaries(
        &self,
        actor: &Actor,
        (tag, state): (Option<String>, Option<&str>),
        (cursor, limit): (Option<&str>, Option<usize>),
    ) -> Result<(Vec<CaseSummary>, Option<String>), Error> {
        let (state, cursor) = (state.map(str::to_owned), cursor.map(str::to_owned));
        let page = self
            .store()
            .read("case.list", |reader| async move {
                let filter = DocumentFilter {
                    state: state.as_deref(),
                    tag: tag.as_deref(),
                    ..DocumentFilter::default()
                };
                let limit = page_size(limit);
                reader
                    .list_documents(KIND, &filter, Order::Descending, cursor.as_deref(), limit)
                    .await
            })
            .await?;
        let summaries = page
            .items
            .into_iter()
            .map(|document| {
                let summary: CaseSummary = from_json(&document.body)?;
                Ok(summary.seen_by(actor))
            })
            .collect::<Result<_, Error>>()?;
        Ok((summaries, page.next))
    }
}

/// When the last part was decided, if all are.
fn outcome_at(case: &Case) -> Option<Timestamp> {
    let decided = case
        .parts
        .values()
        .map(|part| part.decision.as_ref().map(|made| made.at));
    decided.collect::<Option<Vec<_>>>()?.into_iter().max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Role;

    #[test]
    fn a_list_tells_of_a_proposal_only_where_it_was_made() {
        let organisation = |id: &str| -> OrganisationId { id.parse().unwrap() };
        let line = CaseSummary {
            number: "S-2026-0417".to_owned(),
            title: String::new(),
            state: CaseState::Assessment,
            ball: Ball::Authorities,
            data_user: organisation("ku"),
            submitted_at: Timestamp::UNIX_EPOCH,
            statutory_due: None,
            outcome_at: None,
            open_questions: 0,
            parts: vec![PartSummary {
                authority: organisation("sds"),
                state: PartState::AwaitsSecondOfficer,
                registers: Vec::new(),
            }],
            permit: None,
            members: Vec::new(),
        };
        let seen = |role, of: &str| {
            let reader = Actor {
                account: AccountId::from_bytes([7; 16]),
                organisation: organisation(of),
                role,
            };
            line.clone().seen_by(&reader).parts[0].state
        };
        assert_eq!(seen(Role::Researcher, "ku"), PartState::Assessed);
        assert_eq!(seen(Role::Officer, "dst"), PartState::Assessed);
        let known = PartState::AwaitsSecondOfficer;
        assert_eq!(seen(Role::Officer, "sds"), known);
        assert_eq!(seen(Role::Coordinator, "sund"), known);
    }
}
