//! The schema, version by version. `migrations/README.md` says how to add one.

use base::Timestamp;

use crate::connection::params;
use crate::{Store, StoreError, Tx};

/// One step of the schema.
struct Migration {
    version: u32,
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

macro_rules! migrations {
    ($($version:literal $folder:literal;)*) => {
        &[$(Migration {
            version: $version,
            name: $folder,
            up: include_str!(concat!("../migrations/", $folder, "/up.sql")),
            down: include_str!(concat!("../migrations/", $folder, "/down.sql")),
        }),*]
    };
}

const MIGRATIONS: &[Migration] = migrations! {
    1 "0001_log";
    2 "0002_work";
    3 "0003_accounts";
    4 "0004_cases";
    5 "0005_data";
    6 "0006_searches";
};

const MAKE_VERSIONS: &str = "-- schema.make_versions
CREATE TABLE IF NOT EXISTS schema_versions (
    version BIGINT PRIMARY KEY,
    name {{text}} NOT NULL,
    applied_at {{text}} NOT NULL
)";
const FIND_VERSION: &str = "-- schema.find_version
SELECT COALESCE(MAX(version), 0) AS version FROM schema_versions";
const RECORD_VERSION: &str = "-- schema.record_version
INSERT INTO schema_versions (version, name, applied_at) VALUES ($1, $2, $3)";
const FORGET_VERSION: &str = "-- schema.forget_version
DELETE FROM schema_versions WHERE version = $1";

/// The newest schema version this program knows.
pub const SCHEMA_VERSION: u32 = 6;

impl Store {
    /// Brings the database to this program's schema, step by step; the version it had before.
    pub async fn migrate(&self, at: Timestamp) -> Result<u32, StoreError> {
        self.migrate_to(SCHEMA_VERSION, at).await
    }

    /// Brings the database up to `target`, for restoring an archive of an older program.
    pub(crate) async fn migrate_to(&self, target: u32, at: Timestamp) -> Result<u32, StoreError> {
        let before = self.schema_version().await?;
        let due =
            |migration: &&Migration| before < migration.version && migration.version <= target;
        for migration in MIGRATIONS.iter().filter(due) {
            self.run_tx("schema.migrate", async |tx: Tx| {
                apply(&tx, migration, at).await
            })
            .await?;
        }
        Ok(before)
    }

    /// Takes the newest steps back, down to `target`, with all that their tables hold.
    pub async fn revert_to(&self, target: u32) -> Result<(), StoreError> {
        let before = self.schema_version().await?;
        let due =
            |migration: &&Migration| target < migration.version && migration.version <= before;
        for migration in MIGRATIONS.iter().rev().filter(due) {
            self.run_tx("schema.revert", async |tx: Tx| {
                lock(&tx).await?;
                let script = tx.dialect().migration(migration.down);
                tx.script("schema.revert", script, None).await?;
                tx.execute(FORGET_VERSION, params![migration.version])
                    .await
                    .map(drop)
            })
            .await?;
        }
        Ok(())
    }

    /// The database's schema version, 0 if it is empty.
    pub async fn schema_version(&self) -> Result<u32, StoreError> {
        let reader = self.reader("schema.version").await?;
        let tables = reader
            .fetch(reader.dialect().list_tables(), Vec::new())
            .await?;
        for table in tables {
            if table.text("name")? == "schema_versions" {
                return reader
                    .fetch_one(FIND_VERSION, Vec::new())
                    .await?
                    .number("version");
            }
        }
        Ok(0)
    }

    /// Refuses a database that is not exactly at this program's schema, for commands that read a
    /// folder they do not own.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let found = self.schema_version().await?;
        if found < SCHEMA_VERSION {
            return Err(StoreError::OlderSchema {
                found,
                known: SCHEMA_VERSION,
            });
        }
        self.refuse_newer_schema().await
    }

    pub(crate) async fn refuse_newer_schema(&self) -> Result<(), StoreError> {
        let found = self.schema_version().await?;
        if found > SCHEMA_VERSION {
            return Err(StoreError::NewerSchema {
                found,
                known: SCHEMA_VERSION,
            });
        }
        Ok(())
    }
}

async fn apply(tx: &Tx, migration: &Migration, at: Timestamp) -> Result<(), StoreError> {
    lock(tx).await?;
    let dialect = tx.dialect();
    tx.script(
        "schema.make_versions",
        dialect.migration(MAKE_VERSIONS),
        None,
    )
    .await?;
    let now: u32 = tx
        .fetch_one(FIND_VERSION, Vec::new())
        .await?
        .number("version")?;
    if now >= migration.version {
        // Another program was faster.
        return Ok(());
    }
    tx.script("schema.migrate", dialect.migration(migration.up), None)
        .await?;
    tx.execute(
        RECORD_VERSION,
        params![migration.version, migration.name, at],
    )
    .await?;
    tracing::info!(
        schema.version = migration.version,
        "schema step {} applied",
        migration.name
    );
    Ok(())
}

async fn lock(tx: &Tx) -> Result<(), StoreError> {
    if let Some(statement) = tx.dialect().lock_schema() {
        tx.execute(statement, Vec::new()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sha2::{Digest, Sha256};

    use super::*;

    fn fingerprint(text: &str) -> String {
        Sha256::digest(text)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    #[test]
    fn versions_count_from_one_without_gaps() {
        for (expected, migration) in (1..).zip(MIGRATIONS) {
            assert_eq!(migration.version, expected);
            assert!(migration.name.starts_with(&format!("{expected:04}_")));
        }
        assert_eq!(MIGRATIONS.last().unwrap().version, SCHEMA_VERSION);
    }

    #[test]
    fn no_migration_was_edited_after_it_was_written() {
        let written: BTreeMap<&str, &str> = include_str!("../migrations/SHA256SUMS")
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sum, file)| (file, sum))
            .collect();
        for migration in MIGRATIONS {
            for (file, text) in [("up.sql", migration.up), ("down.sql", migration.down)] {
                let path = format!("{}/{file}", migration.name);
                let now = fingerprint(text);
                assert_eq!(
                    written.get(path.as_str()),
                    Some(&now.as_str()),
                    "{path} was edited"
                );
            }
        }
        assert_eq!(written.len(), 2 * MIGRATIONS.len());
    }
}
