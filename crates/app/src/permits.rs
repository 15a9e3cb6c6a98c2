//! Permits: built from a decided case, signed, handed out, and their status, which says every few
//! minutes anew whether they hold.

use base::{Actor, PermitId, Timestamp};
use casework::case::issue_permit::{IssuePermit, check_ready};
use casework::permit_build::{PermitInput, build_permit};
use casework::{Action, Case, CaseCommand, CaseEvent, Subject, check_may};
use catalogue::Text;
use catalogue::permit::{Environment, PermitDocument, PermitStatus, STATUS_FORMAT};
use catalogue::register::OutputPolicy;
use catalogue::signing::{Signed, canonical_json};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use store::{AuditEntry, NewJob, Reader, StoredPermit, StoredStatus, Tx};

use crate::{App, Error, folder};

mod test_permit;

const STATUS_MINUTES: i64 = 10;
const STATUS_SPARE_SECONDS: i64 = 120;
const PERMIT_NUMBER_DEMO: u64 = 83;

/// The workbench that this installation offers.
const ENVIRONMENT_MEMORY_MIB: u32 = 1024;

/// A permit as a reader sees it.
#[derive(Debug, Clone, Serialize)]
pub struct PermitPage {
    /// The document, as signed.
    pub document: PermitDocument,
    /// The file: document and signature.
    pub signed: Signed,
    /// Whether the signature holds with this installation's keys.
    pub verified: bool,
    /// The status in force.
    pub status: PermitStatus,
    /// Its versions with their dates, newest first.
    pub versions: Vec<(u64, Timestamp)>,
    /// What this reader may do to it now.
    pub may: Vec<Action>,
    /// The signed proof that its data were deleted, once they were.
    pub deletion: Option<Signed>,
}

impl App {
    /// A permit by its number.
    pub async fn load_permit(&self, actor: &Actor, number: &str) -> Result<PermitPage, Error> {
        let stored = self.find_stored_permit(number).await?;
        let case_id = stored.case_id.ok_or_else(Error::not_found)?;
        let (app, reader_actor) = (self.clone(), actor.clone());
        let permit_id = stored.permit_id;
        let (versions, may, deletion) = self
            .store()
            .read("permit.load", |reader| async move {
                let case = app.fold_case(&reader, case_id).await?;
                let facts = case.facts();
                let subject = Subject::Case(&facts);
                check_may(&reader_actor, Action::ViewPermit, &subject)?;
                let versions = reader.list_permits_of_case(case_id).await?;
                let may = Action::ALL
                    .iter()
                    .copied()
                    .filter(|action| casework::access::can(&reader_actor, *action, &subject))
                    .collect();
                let deletion = app.deletion_proof(&reader, permit_id).await?;
                Ok::<_, Error>((versions, may, deletion))
            })
            .await?;
        let signed = signed_of(&stored)?;
        let opened = self.signer().trusted().open::<PermitDocument>(&signed);
        let verified = opened.is_ok();
        let document = match opened {
            Ok(document) => document,
            Err(_) => serde_json::from_value(signed.document.clone())
                .map_err(|error| Error::internal("reading a permit", &error))?,
        };
        let status = self.status_of(stored.permit_id).await?;
        let versions = versions
            .into_iter()
            .map(|v| (v.version, v.issued_at))
            .collect();
        Ok(PermitPage {
            document,
            signed,
            verified,
            status,
            versions,
            may,
            deletion,
        })
    }

    async fn find_stored_permit(&self, number: &str) -> Result<StoredPermit, Error> {
        let wanted = number.to_owned();
        let found = self
            .store()
            .read("permit.find", |reader| async move {
                reader.find_permit_by_number(&wanted).await
            })
            .await?;
        found.ok_or_else(Error::not_found)
    }

    /// A permit from its number or its file's bytes, its signature checked and its status in force.
    /// Every extract, query and job goes through here.
    pub(crate) async fn usable_permit(&self, id: PermitId) -> Result<PermitDocument, Error> {
        let stored = self
            .store()
            .read("permit.find", |reader| async move {
                reader.find_permit(id).await
            })
            .await?
            .ok_or_else(Error::not_found)?;
        self.check_permit(&signed_of(&stored)?).await
    }

    /// Checks signature, status and dates of a permit.
    pub async fn check_permit(&self, signed: &Signed) -> Result<PermitDocument, Error> {
        let permit: PermitDocument = self.signer().trusted().open(signed).map_err(not_trusted)?;
        if permit.test {
            return self.check_test_permit(permit);
        }
        let status = self.status_of(permit.permit_id).await?;
        permit
            .check_usable(&status, self.now(), self.today())
            .map_err(|reason| {
                Error::new(
                    base::ErrorClass::Forbidden,
                    "permit_not_usable",
                    reason.to_string(),
                )
            })?;
        Ok(permit)
    }

    /// Checks a permit given as the content of its file, or by its number.
    pub async fn check_permit_given(&self, permit: &str) -> Result<PermitDocument, Error> {
        if permit.trim_start().starts_with('{') {
            let signed: Signed = serde_json::from_str(permit).map_err(|_| {
                Error::invalid(
                    "permit_file",
                    "not a signed permit: expected an object with `document` and `signature`",
                )
            })?;
            return self.check_permit(&signed).await;
        }
        let stored = self.find_stored_permit(permit).await.map_err(|error| {
            error.advise(
                "name a permit file that is there, or the number of a permit of this folder",
            )
        })?;
        self.check_permit(&signed_of(&stored)?).await
    }

    /// The status in force, signed anew when it is about to run out.
    pub async fn status_of(&self, permit: PermitId) -> Result<PermitStatus, Error> {
        let latest = self
            .store()
            .read("permit.find_status", |reader| async move {
                reader.find_permit_status(permit).await
            })
            .await?
            .ok_or_else(Error::not_found)?;
        let status: PermitStatus = self.open_status(&latest)?;
        let spare = status.expires_at.as_second() - self.now().as_second();
        if !status.valid || spare > STATUS_SPARE_SECONDS {
            return Ok(status);
        }
        let audit = AuditEntry::new(
            &self.system(),
            "permit.status",
            permit.to_string(),
            self.now(),
        );
        self.store()
            .run_tx("permit.renew_status", |tx| {
                let (app, audit) = (self.clone(), audit.clone());
                async move {
                    let latest = tx
                        .find_permit_status(permit)
                        .await?
                        .ok_or_else(Error::not_found)?;
                    let status = app.open_status(&latest)?;
                    // Somebody may have revoked it meanwhile: what stands last counts.
                    let valid = status.valid;
                    app.put_status(&tx, (permit, status.version), valid, &audit)
                        .await
                }
            })
            .await
    }

    fn open_status(&self, stored: &StoredStatus) -> Result<PermitStatus, Error> {
        let signed: Signed = serde_json::from_value(stored.signed.clone())
            .map_err(|error| Error::internal("reading a status", &error))?;
        self.signer().trusted().open(&signed).map_err(not_trusted)
    }

    async fn put_status(
        &self,
        tx: &Tx,
        (permit, version): (PermitId, u32),
        valid: bool,
        audit: &AuditEntry,
    ) -> Result<PermitStatus, Error> {
        let last = tx
            .find_permit_status(permit)
            .await?
            .map_or(0, |status| status.sequence);
        let seconds = audit.at.as_second() + STATUS_MINUTES * 60;
        let status = PermitStatus {
            format: STATUS_FORMAT.to_owned(),
            permit_id: permit,
            version,
            valid,
            sequence: last + 1,
            issued_at: audit.at,
            expires_at: Timestamp::from_second(seconds).unwrap_or(audit.at),
        };
        let stored = StoredStatus {
            permit_id: permit,
            sequence: status.sequence,
            version: u64::from(version),
            valid,
            signed: to_json(&self.signer().sign_status(&status)?)?,
            issued_at: audit.at,
        };
        tx.insert_permit_status(&stored, audit).await?;
        Ok(status)
    }

    /// What follows from an event of a case: the job that issues the permit once everything is
    /// there, the permit's status, the extract.
    pub(crate) async fn follow_case_event(
        &self,
        tx: &Tx,
        case: &Case,
        event: &CaseEvent,
        audit: &AuditEntry,
    ) -> Result<(), Error> {
        match event {
            CaseEvent::PartDecided { .. } | CaseEvent::RequirementRecorded { .. }
                if check_ready(case).is_ok() =>
            {
                enqueue(tx, "issue_permit", &case.id.to_string(), audit.at).await?;
            }
            CaseEvent::PermitIssued {
                permit,
                version,
                valid_to,
                ..
            } => {
                self.put_status(tx, (*permit, *version), true, audit)
                    .await?;
                self.enqueue_expiry(tx, case.id, *valid_to, audit.at)
                    .await?;
                enqueue(tx, "make_extract", &permit.to_string(), audit.at).await?;
            }
            CaseEvent::PermitRevoked { permit, .. }
            | CaseEvent::AccessClosed { permit, .. }
            | CaseEvent::PermitExpired { permit } => {
                let version = case.permit.as_ref().map_or(1, |issued| issued.version);
                self.journal_closing(*permit, version, audit.at)?;
                self.put_status(tx, (*permit, version), false, audit)
                    .await?;
                enqueue(tx, "delete_extract", &case.id.to_string(), audit.at).await?;
            }
            _ => {}
        }
        enqueue(tx, "sequence_log", "log", audit.at).await
    }

    /// Builds, signs and issues the permit of a decided case. A case that has its permit, or cannot
    /// have one, is left as it is: the job may run twice.
    pub(crate) async fn issue_permit(&self, case: base::CaseId) -> Result<(), Error> {
        let actor = self.system();
        let audit = AuditEntry::new(&actor, "case.issue-permit", case.to_string(), self.now());
        self.store()
            .run_tx("permit.issue", |tx| {
                let (app, actor, audit) = (self.clone(), actor.clone(), audit.clone());
                async move {
                    let case = app.fold_case(&tx, case).await?;
                    if case.permit.is_some() || check_ready(&case).is_err() {
                        return Ok(());
                    }
                    let facts = case.facts();
                    let granted = check_may(&actor, Action::IssuePermit, &Subject::Case(&facts))?;
                    let document = app.permit_document(&tx, &case, audit.at).await?;
                    let signed = app.signer().sign_permit(&document)?;
                    let command = CaseCommand::IssuePermit(IssuePermit {
                        permit: document.permit_id,
                        number: document.number.clone(),
                        document_sha256: document_sha256(&document)?,
                        valid_from: document.valid_from,
                        valid_to: document.valid_to,
                    });
                    let rules = &app.content().rulebook;
                    let events = case.decide(&command, &granted, audit.at, rules)?;
                    let stored = StoredPermit {
                        permit_id: document.permit_id,
                        version: u64::from(document.version),
                        number: document.number.clone(),
                        case_id: Some(case.id),
                        organisation: document.data_user.clone(),
                        signed: to_json(&signed)?,
                        issued_at: audit.at,
                    };
                    tx.insert_permit(&stored, &audit).await?;
                    app.append_case_events(&tx, case.id, case.version, &events, &audit)
                        .await
                }
            })
            .await
    }

    async fn permit_document(
        &self,
        tx: &Tx,
        case: &Case,
        at: Timestamp,
    ) -> Result<PermitDocument, Error> {
        let series = format!("DK-{}", self.today().year());
        let start = if self.is_demo() {
            PERMIT_NUMBER_DEMO
        } else {
            1
        };
        let serial = tx.next_number(&series, start).await?;
        let texts = self.open_texts(tx, case.id).await?;
        let words = |field: &str| case.application.text(field).and_then(|id| texts.get(&id));
        let both = |danish: &str, english: &str| {
            let da = words(danish).cloned().unwrap_or_default();
            let en = words(english).cloned().unwrap_or_else(|| da.clone());
            Text::new(da, en)
        };
        let input = PermitInput {
            permit: PermitId::new(self.clock(), self.entropy()),
            number: format!("{series}-{serial:05}"),
            issued_at: at,
            title: both("title", "title-en"),
            purpose: both("aim", "aim-en"),
            texts,
            default_policy: default_policy(),
            environment: environment(),
            test: false,
        };
        let content = self.content();
        Ok(build_permit(
            case,
            input,
            &content.rulebook,
            &content.catalogue,
        )?)
    }

    /// The permit of a case as it was signed, whoever asks. Callers check permission.
    pub(crate) async fn find_permit_of_case(
        &self,
        reader: &Reader,
        case: &Case,
    ) -> Result<Option<StoredPermit>, Error> {
        match &case.permit {
            Some(permit) => Ok(reader.find_permit(permit.id).await?),
            None => Ok(None),
        }
    }
}

/// The policy where a register states none: the strictest that a Danish controller publishes.
pub(crate) const fn default_policy() -> OutputPolicy {
    OutputPolicy {
        persons_min: 5,
        largest_share_max_permille: 500,
    }
}

fn environment() -> Environment {
    Environment {
        tools: vec!["sql".to_owned()],
        memory_mib: ENVIRONMENT_MEMORY_MIB,
        query_seconds_max: 60,
    }
}

/// SHA-256 of the canonical document, in hex.
pub(crate) fn document_sha256(document: &impl Serialize) -> Result<String, Error> {
    let bytes = canonical_json(document).map_err(|error| Error::internal("hashing", &error))?;
    Ok(folder::hex(&Sha256::digest(bytes)))
}

pub(crate) fn signed_of(stored: &StoredPermit) -> Result<Signed, Error> {
    serde_json::from_value(stored.signed.clone())
        .map_err(|error| Error::internal("reading a permit", &error))
}

pub(crate) fn to_json(value: &impl Serialize) -> Result<serde_json::Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::internal("writing JSON", &error))
}

fn not_trusted(error: catalogue::signing::SignatureError) -> Error {
    Error::new(
        base::ErrorClass::Forbidden,
        "permit_not_trusted",
        error.to_string(),
    )
    .advise("use the permit as it was handed out; a changed file is never accepted")
}

/// Queues a job of a kind about one thing, once.
pub(crate) async fn enqueue(tx: &Tx, kind: &str, about: &str, at: Timestamp) -> Result<(), Error> {
    let job = NewJob {
        kind: kind.to_owned(),
        payload: serde_json::json!({ "id": about }),
        run_at: at,
        dedupe_key: Some(about.to_owned()),
    };
    tx.enqueue_job(&job, at).await?;
    Ok(())
}
