//! How the installation runs, at this moment: database, folder, work that waits, the public log, space
//! on the disk, the last backup. No figure is about a person.

use std::path::Path;
use std::process::Command;

use base::{Timestamp, limits};
use serde::Serialize;
use serde_json::json;
use store::{AuditEntry, JobState};

use crate::{App, Error};

const BACKUP_SETTING: &str = "operation.last_backup";

/// How the installation runs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OperationStatus {
    /// Whether the database answers. If not, what follows from it is not known.
    pub database: bool,
    /// Whether the folder takes writes.
    pub folder: bool,
    /// Pieces of work that are due and wait.
    pub jobs_due: u64,
    /// How long the one that has been due longest has waited, in seconds.
    pub jobs_waited_seconds: i64,
    /// Pieces of work that were given up.
    pub jobs_failed: u64,
    /// Of these, extracts.
    pub extracts_failed: u64,
    /// Public events that have no number in the log yet.
    pub leaves_pending: u64,
    /// How long the oldest of them has waited, in seconds.
    pub leaves_waited_seconds: i64,
    /// Space on the folder's disk, where the system tells.
    pub disk: Option<DiskSpace>,
    /// When the last backup was made.
    pub last_backup: Option<Timestamp>,
    /// Whether something that only a backup brings back is there, and no recent one is.
    pub backup_overdue: bool,
    /// Registers with a version in use.
    pub registers_in_use: u64,
    /// Versions received that wait for their holder.
    pub versions_waiting: u64,
    /// The program's version.
    pub version: &'static str,
}

/// Space on a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DiskSpace {
    /// Bytes that can be written.
    pub available: u64,
    /// Bytes in all.
    pub size: u64,
}

impl DiskSpace {
    /// Least that a delivery and its temporary files need, and least share of a disk.
    const AVAILABLE_MIN: u64 = 2 << 30;
    const PERCENT_MIN: u64 = 5;

    /// Share that is free.
    pub fn percent(self) -> u64 {
        self.available
            .saturating_mul(100)
            .checked_div(self.size)
            .unwrap_or(0)
    }

    /// Whether it is time to make room.
    pub fn is_low(self) -> bool {
        self.available < Self::AVAILABLE_MIN || self.percent() < Self::PERCENT_MIN
    }

    /// The space on the disk of a folder; none where the system does not tell.
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        // The program is POSIX; the two columns are of GNU coreutils, which Debian always has.
        let told = Command::new("df")
            .args(["-B1", "--output=avail,size"])
            .arg(folder)
            .output()
            .ok()?;
        parse_df(&String::from_utf8_lossy(&told.stdout))
    }
}

fn parse_df(text: &str) -> Option<DiskSpace> {
    let mut figures = text.lines().nth(1)?.split_whitespace();
    Some(DiskSpace {
        available: figures.next()?.parse().ok()?,
        size: figures.next()?.parse().ok()?,
    })
}

impl App {
    /// How the installation runs. What cannot be asked is told as not working.
    pub async fn operation_status(&self) -> OperationStatus {
        let mut status = self.read_status().await.unwrap_or_default();
        status.folder = self.check_writable().is_ok();
        status.version = env!("CARGO_PKG_VERSION");
        let root = self.folder().root().to_path_buf();
        let disk = tokio::task::spawn_blocking(move || DiskSpace::of(&root)).await;
        status.disk = disk.ok().flatten();
        status
    }

    async fn read_status(&self) -> Result<OperationStatus, Error> {
        self.store().ping().await?;
        let now = self.now();
        let waited = move |since: Timestamp| (now.as_second() - since.as_second()).max(0);
        let mut status = self
            .store()
            .read("operation.status", |reader| async move {
                let mut status = OperationStatus {
                    database: true,
                    ..OperationStatus::default()
                };
                let most = limits::LIST_ITEMS_MAX;
                let waiting = reader
                    .list_jobs(Some(JobState::Waiting), None, None, most)
                    .await?;
                let due: Vec<_> = waiting.items.iter().filter(|j| j.run_at <= now).collect();
                status.jobs_due = due.len() as u64;
                status.jobs_waited_seconds = due.first().map_or(0, |job| waited(job.run_at));
                let failed = reader
                    .list_jobs(Some(JobState::Failed), None, None, most)
                    .await?;
                status.jobs_failed = reader.count_jobs(JobState::Failed).await?;
                let extracts = failed.items.iter().filter(|j| j.kind == "make_extract");
                status.extracts_failed = extracts.count() as u64;
                status.leaves_pending = reader.count_pending_leaves().await?;
                let oldest = reader.list_pending_leaves(1).await?;
                status.leaves_waited_seconds =
                    oldest.first().map_or(0, |queued| waited(queued.leaf.at));
                let versions = reader.list_register_versions(None, None).await?;
                let in_state = |state: &'static str| {
                    let of_state = versions.iter().filter(move |v| v.state == state);
                    let mut names: Vec<_> = of_state.map(|v| v.register.clone()).collect();
                    names.dedup();
                    names
                };
                status.registers_in_use = in_state("approved").len() as u64;
                status.versions_waiting =
                    versions.iter().filter(|v| v.state == "received").count() as u64;
                let backup = reader.find_setting(BACKUP_SETTING).await?;
                status.last_backup =
                    backup.and_then(|backup| backup.get("at")?.as_str()?.parse().ok());
                Ok::<_, Error>(status)
            })
            .await?;
        status.backup_overdue = !self.is_demo()
            && status.registers_in_use > 0
            && status
                .last_backup
                .is_none_or(|at| waited(at) > BACKUP_SECONDS_MAX);
        Ok(status)
    }

    /// Notes that a backup was made.
    pub(crate) async fn note_backup(&self, at: Timestamp) -> Result<(), Error> {
        let audit = AuditEntry::new(&self.system(), "backup.made", "installation", at);
        self.store()
            .run_tx("backup.note", |tx| {
                let audit = audit.clone();
                async move {
                    let value = json!({ "at": at });
                    tx.put_setting(BACKUP_SETTING, &value, &audit).await
                }
            })
            .await?;
        Ok(())
    }
}

/// An installation is saved every week at least.
const BACKUP_SECONDS_MAX: i64 = 8 * 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_space_of_a_disk() {
        let disk = parse_df("     Avail     1B-blocks\n12884901888 270553792512\n").unwrap();
        assert_eq!((disk.available >> 30, disk.percent()), (12, 4));
        assert!(disk.is_low());
        assert_eq!(parse_df("df: no such file\n"), None);
        let dir = tempfile::tempdir().unwrap();
        let here = DiskSpace::of(dir.path()).unwrap();
        assert!(here.size >= here.available && here.size > 0);
    }
}
