//! The closing journal: what was closed and what was deleted, written beside the database before it
//! takes effect, and kept outside every archive. A restore of an older archive replays it before
//! anything is served, so that no permit opens again and no destroyed key comes back.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use base::{ErrorClass, PermitId, Timestamp};
use catalogue::permit::{PermitStatus, STATUS_FORMAT};
use lake::deletion::Deletion;
use serde::{Deserialize, Serialize};
use store::{AuditEntry, StoredStatus};

use crate::permits::to_json;
use crate::{App, Error};

/// Where it lies in the folder.
pub(crate) const JOURNAL: &str = "journal/closing.jsonl";

/// A line of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "format", deny_unknown_fields)]
enum Line {
    /// A permit closes.
    #[serde(rename = "sund-closing/1")]
    Closing(Closing),
    /// Data are deleted and their keys destroyed.
    #[serde(rename = "sund-deletion-line/1")]
    Deletion {
        /// What.
        data: Deletion,
        /// When.
        at: Timestamp,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Closing {
    permit: PermitId,
    version: u32,
    at: Timestamp,
}

/// What a journal changed in a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Replayed {
    /// Permits that stood open and were closed again.
    pub(crate) closed: usize,
    /// Deletions that were carried out again.
    pub(crate) deleted: usize,
}

impl App {
    /// Notes that a permit closes, and returns when that is on the disk. Noted and then not carried
    /// out, it errs on the side of closing.
    pub(crate) fn journal_closing(
        &self,
        permit: PermitId,
        version: u32,
        at: Timestamp,
    ) -> Result<(), Error> {
        self.journal(&Line::Closing(Closing {
            permit,
            version,
            at,
        }))
    }

    /// Notes that data are deleted, and returns when that is on the disk.
    pub(crate) fn journal_deletion(&self, data: &Deletion, at: Timestamp) -> Result<(), Error> {
        self.journal(&Line::Deletion {
            data: data.clone(),
            at,
        })
    }

    fn journal(&self, line: &Line) -> Result<(), Error> {
        let mut line = serde_json::to_vec(line)
            .map_err(|error| Error::internal("the closing journal", &error))?;
        line.push(b'\n');
        append_synced(&self.folder().root().join(JOURNAL), &line).map_err(|error| {
            let message = format!("the closing journal takes no line: {}", error.kind());
            Error::new(ErrorClass::Unavailable, "journal_write", message)
        })
    }

    /// Closes every permit that a journal names and that stands open here, and deletes again what it
    /// says was deleted.
    pub(crate) async fn replay_journal(&self, journal: &Path) -> Result<Replayed, Error> {
        let text = std::fs::read_to_string(journal).map_err(|error| {
            let message = format!("the closing journal cannot be read: {}", error.kind());
            Error::new(ErrorClass::Unavailable, "journal_read", message)
        })?;
        let (mut closings, mut replayed) = (BTreeMap::new(), Replayed::default());
        for (number, line) in text.lines().enumerate() {
            let line = serde_json::from_str::<Line>(line).map_err(|_| {
                let message = format!("line {} is no line of a closing journal", number + 1);
                Error::invalid("journal_line", message)
            })?;
            match line {
                Line::Closing(closing) => {
                    closings.insert(closing.permit, closing);
                }
                Line::Deletion { data, .. } => {
                    self.lake().delete(&data)?;
                    replayed.deleted += 1;
                }
            }
        }
        for closing in closings.values() {
            replayed.closed += usize::from(self.close_again(closing).await?);
        }
        Ok(replayed)
    }

    async fn close_again(&self, closing: &Closing) -> Result<bool, Error> {
        let permit = closing.permit;
        let now = self.now();
        let audit = AuditEntry::new(&self.system(), "permit.replay", permit.to_string(), now);
        self.store()
            .run_tx("permit.close_again", |tx| {
                let (app, audit, version) = (self.clone(), audit.clone(), closing.version);
                async move {
                    // A permit that the archive does not know was issued after it was made.
                    let Some(last) = tx.find_permit_status(permit).await? else {
                        return Ok(false);
                    };
                    if !last.valid {
                        return Ok(false);
                    }
                    let status = PermitStatus {
                        format: STATUS_FORMAT.to_owned(),
                        permit_id: permit,
                        version,
                        valid: false,
                        sequence: last.sequence + 1,
                        issued_at: now,
                        expires_at: now,
                    };
                    let stored = StoredStatus {
                        permit_id: permit,
                        sequence: status.sequence,
                        version: u64::from(version),
                        valid: false,
                        signed: to_json(&app.signer().sign_status(&status)?)?,
                        issued_at: now,
                    };
                    tx.insert_permit_status(&stored, &audit).await?;
                    Ok::<_, Error>(true)
                }
            })
            .await
    }
}

fn append_synced(path: &Path, line: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    file.write_all(line)?;
    file.sync_all()?;
    std::fs::File::open(folder)?.sync_all()
}
