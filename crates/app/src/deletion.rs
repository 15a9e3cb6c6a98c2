//! The end of data. When a permit has run out, was taken back or was closed, its extracts are deleted:
//! the keys are destroyed, the files removed, and a signed proof of it is recorded and published.
//! Each step may be repeated, so that a kill between two of them only delays the end.

use base::{CaseId, PermitId, Timestamp, danish_date, danish_midnight};
use casework::case::close_access::ExpirePermit;
use casework::deletion::{DeletedExtract, DeletionEvent, DeletionProof, FORMAT, RecordDeletion};
use casework::publication::publish_deletion_event;
use casework::{Action, Case, CaseCommand, CaseEvent, Subject, check_may};
use catalogue::signing::Signed;
use lake::deletion::{Deletion, KeyName};
use serde_json::json;
use store::{AuditEntry, Document, NewJob, Reader, StoredExtract, Tx};

use crate::log::from_json;
use crate::permits::{document_sha256, enqueue, to_json};
use crate::{App, Error, record};

mod purge;

const PROOF_KIND: &str = "deletion-proof";
/// The state of an extract whose keys are destroyed.
pub(crate) const DELETED: &str = "deleted";

fn stream(permit: PermitId) -> String {
    format!("deletion-{permit}")
}

impl App {
    /// Queues the end of a permit: the morning after its last date.
    pub(crate) async fn enqueue_expiry(
        &self,
        tx: &Tx,
        case: CaseId,
        last: base::Date,
        at: Timestamp,
    ) -> Result<(), Error> {
        let Ok(morning) = last.tomorrow() else {
            return Ok(());
        };
        let job = NewJob {
            kind: "expire_permit".to_owned(),
            payload: json!({ "id": case }),
            run_at: danish_midnight(morning),
            // With the date: a permit that was prolonged has a second end.
            dedupe_key: Some(format!("{case} {last}")),
        };
        tx.enqueue_job(&job, at).await?;
        Ok(())
    }

    /// Notes that a permit's last date has passed. A permit that ended otherwise, or later than it
    /// was meant to, is left as it is.
    pub(crate) async fn expire_permit(&self, case: CaseId) -> Result<(), Error> {
        let actor = self.system();
        let audit = AuditEntry::new(&actor, "case.expire-permit", case.to_string(), self.now());
        self.store()
            .run_tx("permit.expire", |tx| {
                let (app, actor, audit) = (self.clone(), actor.clone(), audit.clone());
                async move {
                    let case = app.fold_case(&tx, case).await?;
                    let Some(permit) = case.permit.as_ref().filter(|permit| permit.in_force) else {
                        return Ok(());
                    };
                    if danish_date(audit.at) <= permit.valid_to {
                        return app
                            .enqueue_expiry(&tx, case.id, permit.valid_to, audit.at)
                            .await;
                    }
                    let facts = case.facts();
                    let granted = check_may(&actor, Action::ExpirePermit, &Subject::Case(&facts))?;
                    let command = CaseCommand::ExpirePermit(ExpirePermit {});
                    let rules = &app.content().rulebook;
                    let events = case.decide(&command, &granted, audit.at, rules)?;
                    app.append_case_events(&tx, case.id, case.version, &events, &audit)
                        .await
                }
            })
            .await
    }

    /// Deletes everything that was made for a permit that ended, and records the proof.
    pub(crate) async fn delete_extract(&self, case: CaseId) -> Result<(), Error> {
        let app = self.clone();
        let found = self
            .store()
            .read("deletion.find", |reader| async move {
                let case = app.fold_case(&reader, case).await?;
                let Some(permit) = case.permit.clone().filter(|permit| !permit.in_force) else {
                    return Ok(None);
                };
                let extracts = reader.list_extracts(Some(permit.id)).await?;
                let before = record::load::<DeletionEvent>(&reader, &stream(permit.id)).await?;
                Ok::<_, Error>(Some((case, permit, extracts, !before.is_empty())))
            })
            .await?;
        let Some((case, permit, extracts, recorded)) = found else {
            return Ok(());
        };
        let mut data = self.lake().permit_data(permit.id, &permit.number)?;
        for extract in &extracts {
            let id = format!("{}-v{}", extract.permit_id, extract.permit_version);
            data.keys.insert(KeyName::new("extract", id));
            data.keys.insert(KeyName::new("permit", permit.id));
        }
        self.delete_data(data.clone()).await?;
        if recorded {
            return Ok(());
        }
        let now = self.now();
        let proof = DeletionProof {
            format: FORMAT.to_owned(),
            permit: permit.id,
            permit_number: permit.number.clone(),
            case_number: case.number.clone(),
            because: case.state,
            ended_at: ended_at(&case).unwrap_or(now),
            deleted_at: now,
            extracts: deleted_extracts(&extracts)?,
            keys_destroyed: data.keys.iter().map(ToString::to_string).collect(),
            kept: vec![KeyName::new("output", permit.id).to_string()],
        };
        self.record_deletion(case.id, proof, extracts).await
    }

    /// Notes the deletion in the closing journal, then carries it out: an archive from before may
    /// bring the keys back, and the journal destroys them again.
    pub(crate) async fn delete_data(&self, data: Deletion) -> Result<(), Error> {
        let (app, at) = (self.clone(), self.now());
        tokio::task::spawn_blocking(move || {
            app.journal_deletion(&data, at)?;
            app.lake().delete(&data)?;
            Ok(())
        })
        .await
        .map_err(|error| Error::internal("deleting", &error))?
    }

    async fn record_deletion(
        &self,
        case: CaseId,
        proof: DeletionProof,
        extracts: Vec<StoredExtract>,
    ) -> Result<(), Error> {
        let signed = to_json(&self.signer().sign_deletion(&proof)?)?;
        let command = RecordDeletion {
            proof_sha256: document_sha256(&proof)?,
            proof,
        };
        let actor = self.system();
        let audit = AuditEntry::new(&actor, "extract.delete", case.to_string(), self.now());
        self.store()
            .run_tx("extract.delete", |tx| {
                let (app, actor, audit) = (self.clone(), actor.clone(), audit.clone());
                let (command, signed, extracts) =
                    (command.clone(), signed.clone(), extracts.clone());
                async move {
                    let case = app.fold_case(&tx, case).await?;
                    let facts = case.facts();
                    let granted = check_may(&actor, Action::DeleteExtract, &Subject::Case(&facts))?;
                    let permit = command.proof.permit;
                    let stream = stream(permit);
                    let before = record::load::<DeletionEvent>(&tx, &stream).await?;
                    let events = command.decide(&case, &before, &granted)?;
                    let written =
                        record::append(&tx, &stream, before.len() as u64, &events, &audit).await?;
                    for mut extract in extracts {
                        DELETED.clone_into(&mut extract.state);
                        extract.updated_at = audit.at;
                        tx.put_extract(&extract, &audit).await?;
                    }
                    let id = permit.to_string();
                    tx.put_document(&Document::new(PROOF_KIND, id, signed, audit.at))
                        .await?;
                    for event in &written {
                        let publicity = publish_deletion_event(&case, event);
                        app.publish(&tx, Some(&case), publicity, audit.at).await?;
                    }
                    app.enqueue_purges(&tx, audit.at).await?;
                    enqueue(&tx, "sequence_log", "log", audit.at).await
                }
            })
            .await
    }

    /// The signed proof that a permit's data were deleted, if they were. Callers check permission.
    pub(crate) async fn deletion_proof(
        &self,
        reader: &Reader,
        permit: PermitId,
    ) -> Result<Option<Signed>, Error> {
        let found = reader
            .find_document(PROOF_KIND, &permit.to_string())
            .await?;
        found.map(|document| from_json(&document.body)).transpose()
    }

    /// Queues the ends that an earlier process, or an earlier version, did not: of permits in force
    /// their last date, of permits that ended the deletion, unless it is recorded.
    pub(crate) async fn enqueue_ends(&self) -> Result<(), Error> {
        let mut cursor = None::<String>;
        loop {
            let from = cursor.clone();
            let page = self
                .store()
                .read("deletion.permits", |reader| async move {
                    let limit = base::limits::LIST_ITEMS_MAX;
                    reader.list_permits(None, from.as_deref(), limit).await
                })
                .await?;
            for case in page.items.iter().filter_map(|permit| permit.case_id) {
                self.enqueue_end(case).await?;
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let now = self.now();
        self.store()
            .run_tx("deletion.purges", |tx| {
                let app = self.clone();
                async move { app.enqueue_purges(&tx, now).await }
            })
            .await
    }

    async fn enqueue_end(&self, case: CaseId) -> Result<(), Error> {
        let now = self.now();
        self.store()
            .run_tx("deletion.enqueue", |tx| {
                let app = self.clone();
                async move {
                    let case = app.fold_case(&tx, case).await?;
                    let Some(permit) = &case.permit else {
                        return Ok(());
                    };
                    if permit.in_force {
                        return app.enqueue_expiry(&tx, case.id, permit.valid_to, now).await;
                    }
                    let deleted = record::load::<DeletionEvent>(&tx, &stream(permit.id)).await?;
                    if deleted.is_empty() {
                        enqueue(&tx, "delete_extract", &case.id.to_string(), now).await?;
                    }
                    Ok(())
                }
            })
            .await
    }
}

/// When the permit of a case ended.
fn ended_at(case: &Case) -> Option<Timestamp> {
    let ends = |event: &CaseEvent| {
        matches!(
            event,
            CaseEvent::PermitRevoked { .. }
                | CaseEvent::AccessClosed { .. }
                | CaseEvent::PermitExpired { .. }
        )
    };
    let mut events = case.history.iter().rev();
    events
        .find(|recorded| ends(&recorded.event))
        .map(|recorded| recorded.at)
}

fn deleted_extracts(extracts: &[StoredExtract]) -> Result<Vec<DeletedExtract>, Error> {
    extracts
        .iter()
        .map(|extract| {
            Ok(DeletedExtract {
                version: u32::try_from(extract.permit_version).unwrap_or(u32::MAX),
                descriptor_sha256: document_sha256(&extract.descriptor)?,
            })
        })
        .collect()
}
