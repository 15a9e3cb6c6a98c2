//! Versions of registers held in the lake.

use base::{DeliveryId, OrganisationId, Timestamp, VersionId};
use serde_json::Value;

use crate::connection::{Row, params};
use crate::{AuditEntry, Reader, StoreError, Tx};

/// A version of a register.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisterVersion {
    /// Its id.
    pub version_id: VersionId,
    /// The register.
    pub register: String,
    /// The delivery it came with.
    pub delivery_id: DeliveryId,
    /// The holder.
    pub organisation: OrganisationId,
    /// Where it stands: `current`, `superseded`, `purged`.
    pub state: String,
    /// The hash of the delivered files together, by which a second delivery is known.
    pub delivered_sha256: String,
    /// The list of its files.
    pub manifest: Value,
    /// When it was received.
    pub received_at: Timestamp,
}

const INSERT: &str = "-- register_versions.insert
INSERT INTO register_versions (version_id, register, delivery_id, organisation_id, state,
    delivered_sha256, manifest, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const SET_STATE: &str = "-- register_versions.set_state
UPDATE register_versions SET state = $2 WHERE version_id = $1";
const FIND: &str = "-- register_versions.find
SELECT version_id, register, delivery_id, organisation_id, state, delivered_sha256, manifest,
    received_at
FROM register_versions WHERE version_id = $1";
const FIND_DELIVERED: &str = "-- register_versions.find_delivered
SELECT version_id, register, delivery_id, organisation_id, state, delivered_sha256, manifest,
    received_at
FROM register_versions WHERE register = $1 AND delivered_sha256 = $2";
const LIST: &str = "-- register_versions.list
SELECT version_id, register, delivery_id, organisation_id, state, delivered_sha256, manifest,
    received_at
FROM register_versions WHERE ($1 IS NULL OR register = $1) AND ($2 IS NULL OR state = $2)
ORDER BY register, received_at, version_id LIMIT 10000";

impl Tx {
    /// Enters a version. The same delivery of the same register a second time is refused as
    /// [`StoreError::Duplicate`]; look for it with [`Reader::find_delivered_version`] first.
    pub async fn insert_register_version(
        &self,
        version: &RegisterVersion,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            version.version_id,
            &version.register,
            version.delivery_id,
            &version.organisation,
            &version.state,
            &version.delivered_sha256,
            &version.manifest,
            version.received_at,
        ];
        self.insert("register version", INSERT, values).await
    }

    /// Moves a version to another state.
    pub async fn set_register_version_state(
        &self,
        version_id: VersionId,
        state: &str,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        if self.execute(SET_STATE, params![version_id, state]).await? == 0 {
            return Err(StoreError::Missing {
                what: "register version",
            });
        }
        Ok(())
    }
}

impl Reader {
    /// A version by its id.
    pub async fn find_register_version(
        &self,
        version_id: VersionId,
    ) -> Result<Option<RegisterVersion>, StoreError> {
        let row = self.fetch_optional(FIND, params![version_id]).await?;
        row.as_ref().map(version).transpose()
    }

    /// The version that came with exactly these files.
    pub async fn find_delivered_version(
        &self,
        register: &str,
        delivered_sha256: &str,
    ) -> Result<Option<RegisterVersion>, StoreError> {
        let row = self
            .fetch_optional(FIND_DELIVERED, params![register, delivered_sha256])
            .await?;
        row.as_ref().map(version).transpose()
    }

    /// Versions by register, the oldest first; of all registers and states or of one.
    pub async fn list_register_versions(
        &self,
        register: Option<&str>,
        state: Option<&str>,
    ) -> Result<Vec<RegisterVersion>, StoreError> {
        self.fetch(LIST, params![register, state])
            .await?
            .iter()
            .map(version)
            .collect()
    }
}

fn version(row: &Row) -> Result<RegisterVersion, StoreError> {
    Ok(RegisterVersion {
        version_id: row.parsed("version_id")?,
        register: row.text("register")?,
        delivery_id: row.parsed("delivery_id")?,
        organisation: row.parsed("organisation_id")?,
        state: row.text("state")?,
        delivered_sha256: row.text("delivered_sha256")?,
        manifest: row.json("manifest")?,
        received_at: row.instant("received_at")?,
    })
}
