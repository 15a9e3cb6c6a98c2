//! How an output is kept: query, table and evidence sealed under a key of the permit, so that the
//! database alone shows nothing that was computed from persons.

use std::collections::BTreeMap;

use base::{Actor, OutputId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casework::output::{MakeOutput, Output, OutputEvent};
use casework::publication::publish_output_event;
use casework::{Action, Case, Subject, check_may};
use catalogue::Text;
use catalogue::permit::PermitDocument;
use disclosure::{Lineage, ProtectedTable, Value, Verdict};
use lake::sealed;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{AuditEntry, Reader, StoredOutput, Tx};

use super::evidence::{EvidenceRecord, files_of, record_of, title_of};
use super::{OutputSummary, OutputView, Ran};
use crate::permits::{document_sha256, enqueue, to_json};
use crate::{App, Error, record};

const KEY_KIND: &str = "output";
const FORMAT: &str = "sund-output/1";

/// What is kept of an output beside its events.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) sql: String,
    pub(super) elapsed_ms: u64,
    pub(super) cut_off: bool,
    pub(super) title: Text,
    pub(super) permit: String,
    pub(super) table: ProtectedTable,
    pub(super) verdict: Verdict,
    /// The files of the table by language, for the day it leaves.
    pub(super) files: BTreeMap<String, String>,
    pub(super) evidence: EvidenceRecord,
}

/// An output with everything around it.
pub(super) struct Found {
    pub(super) output: Output,
    pub(super) stored: StoredOutput,
    pub(super) case: Case,
}

pub(super) fn stream(output: OutputId) -> String {
    format!("output-{output}")
}

impl App {
    /// Keeps what a query gave, and answers its author. Rows about individuals are answered and not
    /// kept: nothing may ever be done with them.
    pub(crate) async fn keep_output(
        &self,
        actor: &Actor,
        case: &Case,
        permit: &PermitDocument,
        mut ran: Ran,
    ) -> Result<OutputView, Error> {
        make_finite(&mut ran.table);
        let id = OutputId::new(self.clock(), self.entropy());
        let extract = self.extract_state(permit.permit_id).await?;
        let versions = extract.descriptor.map(|made| made.sund.versions);
        let content = self.content();
        let files = files_of(content, &ran.table);
        let registers = versions.unwrap_or_default();
        let mut salt = [0; 16];
        self.entropy().fill(&mut salt);
        let evidence = record_of(content, id, (permit, registers), &ran, &files, salt)?;
        let make = MakeOutput {
            output: id,
            result_sha256: document_sha256(&evidence)?,
            rows: u32::try_from(ran.table.rows.len()).unwrap_or(u32::MAX),
            columns: u32::try_from(ran.table.columns.len()).unwrap_or(u32::MAX),
        };
        let mut kept = Kept {
            sql: ran.sql,
            elapsed_ms: ran.elapsed_ms,
            cut_off: ran.cut_off,
            title: title_of(content, &ran.table),
            permit: permit.number.clone(),
            table: ran.table,
            verdict: ran.verdict,
            files,
            evidence,
        };
        let answered = kept.clone();
        if kept.table.lineage == Lineage::Rows {
            kept.table.rows.clear();
            kept.verdict.cells.clear();
        }
        let audit = AuditEntry::new(actor, "output.make", id.to_string(), self.now());
        let stored = StoredOutput {
            output_id: id,
            permit_id: permit.permit_id,
            account: actor.account,
            state: "made".to_owned(),
            version: 1,
            record: self.seal_kept(&kept, id, permit)?,
            content: None,
            created_at: audit.at,
            updated_at: audit.at,
        };
        let output = self
            .store()
            .run_tx("output.make", |tx| {
                let (app, actor, audit) = (self.clone(), actor.clone(), audit.clone());
                let (make, stored, case_id) = (make.clone(), stored.clone(), case.id);
                async move {
                    let case = app.fold_case(&tx, case_id).await?;
                    let facts = case.facts();
                    let granted = check_may(&actor, Action::RunQuery, &Subject::Case(&facts))?;
                    let events = make.decide(&case, &granted)?;
                    tx.insert_output(&stored, &audit).await?;
                    app.append_output_events(&tx, &case, (make.output, 0), &events, &audit)
                        .await
                }
            })
            .await?;
        let texts = BTreeMap::new();
        Ok(self.view_output(actor, (&output, &answered, case), &texts))
    }

    /// Appends events of an output with what follows from them: public leaves and their numbering.
    pub(super) async fn append_output_events(
        &self,
        tx: &Tx,
        case: &Case,
        (output, expected): (OutputId, u64),
        events: &[OutputEvent],
        audit: &AuditEntry,
    ) -> Result<Output, Error> {
        let stream = stream(output);
        let recorded = record::append(tx, &stream, expected, events, audit).await?;
        let all = record::load::<OutputEvent>(tx, &stream).await?;
        let output = Output::fold(&all).ok_or_else(Error::not_found)?;
        for event in &recorded {
            let publicity = publish_output_event(case, &output, event);
            self.publish(tx, Some(case), publicity, audit.at).await?;
        }
        enqueue(tx, "sequence_log", "log", audit.at).await?;
        Ok(output)
    }

    /// An output with its case, whoever asks. Callers check permission.
    pub(super) async fn find_kept(&self, reader: &Reader, id: OutputId) -> Result<Found, Error> {
        let stored = reader.find_output(id).await?.ok_or_else(Error::not_found)?;
        self.found_of(reader, stored).await
    }

    pub(super) async fn found_of(
        &self,
        reader: &Reader,
        stored: StoredOutput,
    ) -> Result<Found, Error> {
        let events = record::load::<OutputEvent>(reader, &stream(stored.output_id)).await?;
        let output = Output::fold(&events).ok_or_else(Error::not_found)?;
        let case = self.fold_case(reader, output.case).await?;
        Ok(Found {
            output,
            stored,
            case,
        })
    }

    fn seal_kept(
        &self,
        kept: &Kept,
        id: OutputId,
        permit: &PermitDocument,
    ) -> Result<serde_json::Value, Error> {
        let permit = permit.permit_id.to_string();
        let keys = self.lake().keys();
        let key = keys.load_or_create(KEY_KIND, &permit, self.entropy())?;
        let plain = serde_json::to_vec(kept)
            .map_err(|error| Error::internal("keeping an output", &error))?;
        let bytes = sealed::seal(&key, &stream(id), &plain, self.entropy());
        Ok(json!({ "format": FORMAT, "sealed": STANDARD.encode(bytes) }))
    }

    /// Opens what is kept of an output.
    pub(super) fn open_kept(&self, stored: &StoredOutput) -> Result<Kept, Error> {
        let unreadable =
            |error: &dyn std::fmt::Display| Error::internal("opening an output", error);
        let permit = stored.permit_id.to_string();
        let key = self.lake().keys().load(KEY_KIND, &permit)?;
        let text = stored.record.get("sealed").and_then(|text| text.as_str());
        let bytes = STANDARD
            .decode(text.unwrap_or_default())
            .map_err(|error| unreadable(&error))?;
        let plain = sealed::open(&key, &stream(stored.output_id), &bytes)
            .map_err(|error| unreadable(&error))?;
        serde_json::from_slice(&plain).map_err(|error| unreadable(&error))
    }

    /// A line about an output.
    pub(crate) fn summary_of(&self, stored: &StoredOutput) -> Result<OutputSummary, Error> {
        let kept = self.open_kept(stored)?;
        Ok(OutputSummary {
            id: stored.output_id,
            title: kept.title,
            state: stored.state.clone(),
            made_by: stored.account,
            made_at: stored.created_at,
            changed_at: stored.updated_at,
            version: stored.version,
        })
    }

    /// The bytes that leave, as they are kept from the day of the release.
    pub(super) fn content_of(&self, kept: &Kept) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(&to_json(&kept.files)?)
            .map_err(|error| Error::internal("keeping an output", &error))
    }
}

/// JSON knows no infinite numbers; what cannot be written down is no value.
fn make_finite(table: &mut ProtectedTable) {
    for cell in table.rows.iter_mut().flat_map(|row| &mut row.cells) {
        if matches!(cell.value, Value::Number(number) if !number.is_finite()) {
            cell.value = Value::Missing;
        }
    }
}
