//! The public register: who applied, for what, who decided what, what came out. Read by anybody,
//! made of public leaves and public fields alone.

use std::collections::BTreeMap;

use base::{OrganisationId, Timestamp};
use casework::CaseState;
use catalogue::Text;
use serde::Serialize;
use store::{DocumentFilter, Order, StoredLeaf};
use transparency::{LogLeaf, Opening};

use crate::cases::CaseSummary;
use crate::log::from_json;
use crate::publish::BesideLeaf;
use crate::{App, Error};

mod figures;

pub(crate) use figures::Counted;
pub use figures::Figures;

/// Leaves of one case that are shown.
const LEAVES_OF_CASE_MAX: usize = 1000;

/// A line of the public register.
#[derive(Debug, Clone, Serialize)]
pub struct PublicLine {
    /// Public number.
    pub number: String,
    /// Title.
    pub title: String,
    /// Where it stands.
    pub state: CaseState,
    /// The institution that applied.
    pub data_user: OrganisationId,
    /// Registers asked for.
    pub registers: Vec<String>,
    /// When it was received.
    pub submitted_at: Timestamp,
    /// The permit's number.
    pub permit: Option<String>,
}

/// A project in the public register.
#[derive(Debug, Clone, Serialize)]
pub struct PublicProject {
    /// Its line.
    pub line: PublicLine,
    /// Everything public that happened, oldest first.
    pub events: Vec<PublicEvent>,
    /// Public fields by name, the latest value of each.
    pub fields: BTreeMap<String, String>,
    /// What is withheld, and why.
    pub withheld: BTreeMap<String, Text>,
}

/// A public event.
#[derive(Debug, Clone, Serialize)]
pub struct PublicEvent {
    /// Number in the log; none while it waits for its number.
    pub leaf: Option<u64>,
    /// What happened: `part.decided`.
    pub kind: String,
    /// Key of the sentence that tells it.
    pub summary: String,
    /// When.
    pub at: Timestamp,
    /// Public identifiers.
    pub ids: BTreeMap<String, String>,
    /// Public fields.
    pub fields: BTreeMap<String, String>,
}

impl App {
    /// A page of the public register, newest first. `state` is a state of a case; `text` is looked
    /// for in titles, registers and institutions.
    pub async fn public_list(
        &self,
        text: &str,
        state: Option<&str>,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<(Vec<PublicLine>, Option<String>), Error> {
        let (state, cursor) = (state.map(str::to_owned), cursor.map(str::to_owned));
        let page = self
            .store()
            .read("public.list", |reader| async move {
                let filter = DocumentFilter {
                    state: state.as_deref(),
                    ..DocumentFilter::default()
                };
                let limit = crate::cases::page_size(limit);
                reader
                    .list_documents("case", &filter, Order::Descending, cursor.as_deref(), limit)
                    .await
            })
            .await?;
        let mut lines = Vec::new();
        for document in page.items {
            let line = line_of(from_json(&document.body)?);
            if self.mentions(&line, text) {
                lines.push(line);
            }
        }
        Ok((lines, page.next))
    }

    fn mentions(&self, line: &PublicLine, text: &str) -> bool {
        let wanted = text.trim().to_lowercase();
        let institution = self.organisation_name(&line.data_user);
        let mut places = vec![
            line.title.clone(),
            line.number.clone(),
            institution.da,
            institution.en,
        ];
        for id in &line.registers {
            places.push(id.clone());
            if let Some(register) = self.content().catalogue.register(id) {
                places.push(register.name.da.clone());
                places.push(register.name.en.clone());
            }
        }
        wanted.is_empty()
            || places
                .iter()
                .any(|place| place.to_lowercase().contains(&wanted))
    }

    /// A project of the public register.
    pub async fn public_project(&self, number: &str) -> Result<PublicProject, Error> {
        let wanted = number.to_owned();
        let document = self
            .store()
            .read("public.find", |reader| async move {
                reader.find_document_by_number("case", &wanted).await
            })
            .await?
            .ok_or_else(Error::not_found)?;
        let line = line_of(from_json(&document.body)?);
        let mut project = PublicProject {
            line,
            events: Vec::new(),
            fields: BTreeMap::new(),
            withheld: BTreeMap::new(),
        };
        for leaf in self.leaves(0, LEAVES_OF_CASE_MAX, Some(number)).await? {
            let (event, beside) = public_event(&leaf)?;
            project.fields.extend(event.fields.clone());
            let withheld = beside
                .withheld
                .into_iter()
                .map(|field| (field.field, field.why));
            project.withheld.extend(withheld);
            project.events.push(event);
        }
        Ok(project)
    }
}

fn line_of(case: CaseSummary) -> PublicLine {
    let mut registers: Vec<String> = case
        .parts
        .iter()
        .flat_map(|part| part.registers.clone())
        .collect();
    registers.sort();
    registers.dedup();
    PublicLine {
        number: case.number,
        title: case.title,
        state: case.state,
        data_user: case.data_user,
        registers,
        submitted_at: case.submitted_at,
        permit: case.permit,
    }
}

fn public_event(leaf: &StoredLeaf) -> Result<(PublicEvent, BesideLeaf), Error> {
    let beside: BesideLeaf = from_json(&leaf.openings)?;
    let ids = LogLeaf::from_bytes(&leaf.canonical)
        .map_err(|error| Error::internal("reading the log", &error))?
        .ids;
    let fields = beside
        .opened
        .iter()
        .map(|Opening { field, value, .. }| (field.clone(), value.clone()));
    let event = PublicEvent {
        leaf: Some(leaf.sequence),
        kind: leaf.kind.clone(),
        summary: beside.summary.clone(),
        at: leaf.at,
        ids,
        fields: fields.collect(),
    };
    Ok((event, beside))
}
