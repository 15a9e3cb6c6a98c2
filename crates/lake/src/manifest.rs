//! The manifest of a register version: which files it consists of. It goes into an event; a
//! directory listing is never trusted.

use base::{DeliveryId, VersionId};
use serde::{Deserialize, Serialize};

/// One immutable version of a register in the lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionManifest {
    /// Register.
    pub register: String,
    /// Version; names the folder and the key.
    pub version: VersionId,
    /// The delivery it was made from.
    pub delivery: DeliveryId,
    /// Hash of the delivered files together: the same delivery has the same hash.
    pub delivered_sha256: String,
    /// The vault's version that its person numbers and keys come from.
    pub vault_version: u64,
    /// Person buckets it is split into.
    pub buckets: u32,
    /// Tables, in the register's order.
    pub tables: Vec<TableManifest>,
}

/// One table of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableManifest {
    /// Name.
    pub table: String,
    /// Rows in the lake.
    pub rows: u64,
    /// Rows that went to quarantine.
    pub rejected: u64,
    /// Files, by bucket; a bucket without rows has none.
    pub files: Vec<BucketFile>,
}

/// One bucket's rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketFile {
    /// Bucket, from 0.
    pub bucket: u32,
    /// Path below `lake/`.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Size of the encrypted file.
    pub bytes: u64,
    /// Hash of the encrypted file, in hex.
    pub sha256: String,
}

impl VersionManifest {
    /// The table of a name.
    pub fn table(&self, name: &str) -> Option<&TableManifest> {
        self.tables.iter().find(|table| table.table == name)
    }

    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Rejected rows of all tables.
    pub fn rejected(&self) -> u64 {
        self.tables.iter().map(|table| table.rejected).sum()
    }
}

impl TableManifest {
    /// The file of a bucket.
    pub fn bucket(&self, bucket: u32) -> Option<&BucketFile> {
        self.files.iter().find(|file| file.bucket == bucket)
    }
}
