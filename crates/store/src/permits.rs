//! Signed permits, their signed statuses, and the extracts made from them.

use base::{CaseId, ExtractId, OrganisationId, PermitId, Timestamp};
use serde_json::Value;

use crate::connection::{Row, params};
use crate::page::{Cursor, Page, page_limit};
use crate::{AuditEntry, Reader, StoreError, Tx};

/// A version of a permit, as signed.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPermit {
    /// Its id through all versions.
    pub permit_id: PermitId,
    /// Its version, from 1.
    pub version: u64,
    /// Its public number.
    pub number: String,
    /// The case it came from; a test permit has none.
    pub case_id: Option<CaseId>,
    /// The organisation it was given to.
    pub organisation: OrganisationId,
    /// The document with its signature.
    pub signed: Value,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// A signed status: whether a permit holds.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredStatus {
    /// The permit.
    pub permit_id: PermitId,
    /// Goes up with every status of the permit.
    pub sequence: u64,
    /// The permit version that holds.
    pub version: u64,
    /// Whether it holds.
    pub valid: bool,
    /// The status with its signature.
    pub signed: Value,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// Tables made from a permit version.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredExtract {
    /// Its id.
    pub extract_id: ExtractId,
    /// The permit.
    pub permit_id: PermitId,
    /// The permit version.
    pub permit_version: u64,
    /// Where it stands: `planned`, `made`, `failed`, `deleted`.
    pub state: String,
    /// Its descriptor.
    pub descriptor: Value,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

const INSERT: &str = "-- permits.insert
INSERT INTO permits (permit_id, version, number, case_id, organisation_id, signed, issued_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)";
const FIND_LATEST: &str = "-- permits.find_latest
SELECT permit_id, version, number, case_id, organisation_id, signed, issued_at
FROM permits WHERE permit_id = $1 ORDER BY version DESC LIMIT 1";
const FIND_VERSION: &str = "-- permits.find_version
SELECT permit_id, version, number, case_id, organisation_id, signed, issued_at
FROM permits WHERE permit_id = $1 AND version = $2";
const FIND_BY_NUMBER: &str = "-- permits.find_by_number
SELECT permit_id, version, number, case_id, organisation_id, signed, issued_at
FROM permits WHERE number = $1 ORDER BY version DESC LIMIT 1";
const LIST_OF_CASE: &str = "-- permits.list_of_case
SELECT permit_id, version, number, case_id, organisation_id, signed, issued_at
FROM permits WHERE case_id = $1 ORDER BY permit_id, version LIMIT 1000";
const LIST: &str = "-- permits.list
SELECT permit_id, version, number, case_id, organisation_id, signed, issued_at
FROM permits
WHERE ($1 IS NULL OR organisation_id = $1)
  AND version = (SELECT MAX(later.version) FROM permits later
        WHERE later.permit_id = permits.permit_id)
  AND ($2 IS NULL OR number < $2)
ORDER BY number DESC LIMIT $3";
const INSERT_STATUS: &str = "-- permit_statuses.insert
INSERT INTO permit_statuses (permit_id, sequence, version, valid, signed, issued_at)
VALUES ($1, $2, $3, $4, $5, $6)";
const FIND_STATUS: &str = "-- permit_statuses.find_latest
SELECT permit_id, sequence, version, valid, signed, issued_at
FROM permit_statuses WHERE permit_id = $1 ORDER BY sequence DESC LIMIT 1";
const PUT_EXTRACT: &str = "-- extracts.put
INSERT INTO extracts (extract_id, permit_id, permit_version, state, descriptor, created_at,
    updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (extract_id) DO UPDATE SET state = excluded.state, descriptor = excluded.descriptor,
    updated_at = excluded.updated_at";
const FIND_EXTRACT: &str = "-- extracts.find
SELECT extract_id, permit_id, permit_version, state, descriptor, created_at, updated_at
FROM extracts WHERE extract_id = $1";
const LIST_EXTRACTS: &str = "-- extracts.list
SELECT extract_id, permit_id, permit_version, state, descriptor, created_at, updated_at
FROM extracts WHERE ($1 IS NULL OR permit_id = $1) ORDER BY created_at, extract_id LIMIT 1000";

impl Tx {
    /// Enters a signed permit version.
    pub async fn insert_permit(
        &self,
        permit: &StoredPermit,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            permit.permit_id,
            permit.version,
            &permit.number,
            permit.case_id,
            &permit.organisation,
            &permit.signed,
            permit.issued_at,
        ];
        self.insert("permit version", INSERT, values).await
    }

    /// Enters a signed status, which must stand above all earlier ones of the permit.
    pub async fn insert_permit_status(
        &self,
        status: &StoredStatus,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.lock_stream(&format!("permit-status:{}", status.permit_id))
            .await?;
        let last = self.find_permit_status(status.permit_id).await?;
        let last = last.map_or(0, |last| last.sequence);
        if status.sequence <= last {
            return Err(StoreError::StatusBehind {
                given: status.sequence,
                last,
            });
        }
        self.record_audit(audit).await?;
        let values = params![
            status.permit_id,
            status.sequence,
            status.version,
            status.valid,
            &status.signed,
            status.issued_at,
        ];
        self.insert("permit status", INSERT_STATUS, values).await
    }

    /// Enters an extract, or its new state and descriptor.
    pub async fn put_extract(
        &self,
        extract: &StoredExtract,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            extract.extract_id,
            extract.permit_id,
            extract.permit_version,
            &extract.state,
            &extract.descriptor,
            extract.created_at,
            extract.updated_at,
        ];
        self.execute(PUT_EXTRACT, values).await.map(drop)
    }
}

impl Reader {
    /// The newest version of a permit.
    pub async fn find_permit(
        &self,
        permit_id: PermitId,
    ) -> Result<Option<StoredPermit>, StoreError> {
        let row = self.fetch_optional(FIND_LATEST, params![permit_id]).await?;
        row.as_ref().map(permit).transpose()
    }

    /// One version of a permit.
    pub async fn find_permit_version(
        &self,
        permit_id: PermitId,
        version: u64,
    ) -> Result<Option<StoredPermit>, StoreError> {
        let row = self
            .fetch_optional(FIND_VERSION, params![permit_id, version])
            .await?;
        row.as_ref().map(permit).transpose()
    }

    /// The newest version of a permit by its public number.
    pub async fn find_permit_by_number(
        &self,
        number: &str,
    ) -> Result<Option<StoredPermit>, StoreError> {
        let row = self.fetch_optional(FIND_BY_NUMBER, params![number]).await?;
        row.as_ref().map(permit).transpose()
    }

    /// All permit versions of a case.
    pub async fn list_permits_of_case(
        &self,
        case_id: CaseId,
    ) -> Result<Vec<StoredPermit>, StoreError> {
        self.fetch(LIST_OF_CASE, params![case_id])
            .await?
            .iter()
            .map(permit)
            .collect()
    }

    /// Newest versions of permits, of all organisations or of one, the highest number first.
    pub async fn list_permits(
        &self,
        organisation: Option<&OrganisationId>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<StoredPermit>, StoreError> {
        let after = Cursor::parse(cursor)?;
        let limit = page_limit(limit);
        let organisation = organisation.map(OrganisationId::as_str);
        let rows = self
            .fetch(LIST, params![organisation, after.sort_key(), limit + 1])
            .await?;
        Page::of(rows, limit, permit, |row| {
            Ok(Cursor::after(row.text("number")?, String::new()))
        })
    }

    /// The highest status of a permit.
    pub async fn find_permit_status(
        &self,
        permit_id: PermitId,
    ) -> Result<Option<StoredStatus>, StoreError> {
        let row = self.fetch_optional(FIND_STATUS, params![permit_id]).await?;
        row.as_ref().map(status).transpose()
    }

    /// An extract by its id.
    pub async fn find_extract(
        &self,
        extract_id: ExtractId,
    ) -> Result<Option<StoredExtract>, StoreError> {
        let row = self
            .fetch_optional(FIND_EXTRACT, params![extract_id])
            .await?;
        row.as_ref().map(extract).transpose()
    }

    /// Extracts, the oldest first, of all permits or of one.
    pub async fn list_extracts(
        &self,
        permit_id: Option<PermitId>,
    ) -> Result<Vec<StoredExtract>, StoreError> {
        self.fetch(LIST_EXTRACTS, params![permit_id])
            .await?
            .iter()
            .map(extract)
            .collect()
    }
}

fn permit(row: &Row) -> Result<StoredPermit, StoreError> {
    Ok(StoredPermit {
        permit_id: row.parsed("permit_id")?,
        version: row.number("version")?,
        number: row.text("number")?,
        case_id: row.optional_parsed("case_id")?,
        organisation: row.parsed("organisation_id")?,
        signed: row.json("signed")?,
        issued_at: row.instant("issued_at")?,
    })
}

fn status(row: &Row) -> Result<StoredStatus, StoreError> {
    Ok(StoredStatus {
        permit_id: row.parsed("permit_id")?,
        sequence: row.number("sequence")?,
        version: row.number("version")?,
        valid: row.flag("valid")?,
        signed: row.json("signed")?,
        issued_at: row.instant("issued_at")?,
    })
}

fn extract(row: &Row) -> Result<StoredExtract, StoreError> {
    Ok(StoredExtract {
        extract_id: row.parsed("extract_id")?,
        permit_id: row.parsed("permit_id")?,
        permit_version: row.number("permit_version")?,
        state: row.text("state")?,
        descriptor: row.json("descriptor")?,
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
    })
}
