//! Settings of the installation that are decided while it runs: one JSON value per name.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::connection::params;
use crate::{AuditEntry, Reader, StoreError, Tx};

const PUT: &str = "-- settings.put
INSERT INTO settings (setting, value, updated_at) VALUES ($1, $2, $3)
ON CONFLICT (setting) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
const FIND: &str = "-- settings.find
SELECT value FROM settings WHERE setting = $1";
const LIST: &str = "-- settings.list
SELECT setting, value FROM settings ORDER BY setting LIMIT 1000";

impl Tx {
    /// Sets a setting.
    pub async fn put_setting(
        &self,
        setting: &str,
        value: &Value,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        self.execute(PUT, params![setting, value, audit.at])
            .await
            .map(drop)
    }
}

impl Reader {
    /// A setting's value.
    pub async fn find_setting(&self, setting: &str) -> Result<Option<Value>, StoreError> {
        let row = self.fetch_optional(FIND, params![setting]).await?;
        row.map(|row| row.json("value")).transpose()
    }

    /// All settings.
    pub async fn list_settings(&self) -> Result<BTreeMap<String, Value>, StoreError> {
        let rows = self.fetch(LIST, Vec::new()).await?;
        rows.iter()
            .map(|row| Ok((row.text("setting")?, row.json("value")?)))
            .collect()
    }
}
