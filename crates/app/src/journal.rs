//! The closing journal: what was closed, written beside the database before the closing takes
//! effect, and kept outside every archive. A restore of an older archive replays it before anything
//! is served, so that no permit opens again.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use base::{ErrorClass, PermitId, Timestamp};
use catalogue::permit::{PermitStatus, STATUS_FORMAT};
use serde::{Deserialize, Serialize};
use store::{AuditEntry, StoredStatus};

use crate::permits::to_json;
use crate::{App, Error};

/// Where it lies in the folder.
pub(crate) const JOURNAL: &str = "journal/closing.jsonl";
const FORMAT: &str = "sund-closing/1";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    format: String,
    permit: PermitId,
    version: u32,
    at: Timestamp,
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
        let closing = Closing {
            format: FORMAT.to_owned(),
            permit,
            version,
            at,
        };
        let mut line = serde_json::to_vec(&closing)
            .map_err(|error| Error::internal("the closing journal", &error))?;
        line.push(b'\n');
        append_synced(&self.folder().root().join(JOURNAL), &line).map_err(|error| {
            let message = format!("the closing journal takes no line: {}", error.kind());
            Error::new(ErrorClass::Unavailable, "journal_write", message)
        })
    }

    /// Closes every permit that a journal names and that stands open here; how many.
    pub(crate) async fn replay_closings(&self, journal: &Path) -> Result<usize, Error> {
        let text = std::fs::read_to_string(journal).map_err(|error| {
            let message = format!("the closing journal cannot be read: {}", error.kind());
            Error::new(ErrorClass::Unavailable, "journal_read", message)
        })?;
        let mut closings = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let closing = serde_json::from_str::<Closing>(line)
                .ok()
                .filter(|closing| closing.format == FORMAT)
                .ok_or_else(|| {
                    let message = format!("line {} is no line of a closing journal", number + 1);
                    Error::invalid("journal_line", message)
                })?;
            closings.insert(closing.permit, closing);
        }
        let mut closed = 0;
        for closing in closings.values() {
            closed += usize::from(self.close_again(closing).await?);
        }
        Ok(closed)
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
