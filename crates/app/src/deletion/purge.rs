//! Versions of registers that were taken out of use: after a while, and when no extract of a permit
//! in force was made from them, their files are deleted and their keys destroyed.

use std::collections::BTreeSet;

use base::{Timestamp, VersionId};
use casework::holding::{Holding, HoldingEvent};
use casework::{Action, Subject, check_may};
use lake::extract::ExtractDescriptor;
use serde_json::json;
use store::{AuditEntry, NewJob, Reader, RegisterVersion, Tx};

use super::DELETED;
use crate::log::from_json;
use crate::permits::document_sha256;
use crate::{App, Error, record};

const WITHDRAWN: &str = "withdrawn";
const PURGED: &str = "purged";
const DAY_SECONDS: i64 = 86_400;

impl App {
    /// Queues the deletion of every withdrawn version for when it is due.
    pub(crate) async fn enqueue_purges(&self, tx: &Tx, at: Timestamp) -> Result<(), Error> {
        for row in tx.list_register_versions(None, Some(WITHDRAWN)).await? {
            let Some(due) = self.purge_due(tx, &row).await? else {
                continue;
            };
            let job = NewJob {
                kind: "purge_version".to_owned(),
                payload: json!({ "id": row.version_id }),
                run_at: due.max(at),
                dedupe_key: Some(row.version_id.to_string()),
            };
            tx.enqueue_job(&job, at).await?;
        }
        Ok(())
    }

    /// When a version may be deleted: some days after it was taken out of use.
    async fn purge_due(
        &self,
        reader: &Reader,
        row: &RegisterVersion,
    ) -> Result<Option<Timestamp>, Error> {
        let stream = format!("register-{}", row.register);
        let history = record::load::<HoldingEvent>(reader, &stream).await?;
        let holding = Holding::fold(&history);
        let mut versions = holding.versions.iter();
        let found = versions.find(|version| version.id == row.version_id);
        let seconds = i64::from(self.withdrawn_days()) * DAY_SECONDS;
        Ok(found
            .and_then(|version| version.withdrawn_at)
            .and_then(|at| Timestamp::from_second(at.as_second() + seconds).ok()))
    }

    /// Deletes a withdrawn version, unless it is not due or an extract was made from it. It is asked
    /// about again whenever an extract is deleted.
    pub(crate) async fn purge_version(&self, version: VersionId) -> Result<(), Error> {
        let (app, now) = (self.clone(), self.now());
        let found = self
            .store()
            .read("purge.find", |reader| async move {
                let row = reader.find_register_version(version).await?;
                let Some(row) = row.filter(|row| row.state == WITHDRAWN) else {
                    return Ok(None);
                };
                let due = app.purge_due(&reader, &row).await?;
                let needed = versions_in_use(&reader).await?.contains(&version);
                Ok::<_, Error>(due.is_some_and(|due| due <= now && !needed).then_some(row))
            })
            .await?;
        let Some(row) = found else {
            return Ok(());
        };
        let data = self
            .lake()
            .version_data(&row.register, version, row.delivery_id);
        self.delete_data(data).await?;
        let sha256 = document_sha256(&row.manifest)?;
        let actor = self.system();
        let audit = AuditEntry::new(&actor, "register.purge", &row.register, now);
        self.store()
            .run_tx("register.purge", |tx| {
                let (app, actor, audit) = (self.clone(), actor.clone(), audit.clone());
                let (row, sha256) = (row.clone(), sha256.clone());
                async move {
                    let subject = Subject::Register(&row.organisation);
                    let granted = check_may(&actor, Action::PurgeVersion, &subject)?;
                    let stream = format!("register-{}", row.register);
                    let history = record::load::<HoldingEvent>(&tx, &stream).await?;
                    let holding = Holding::fold(&history);
                    let events = holding.purge(version, &sha256, &granted)?;
                    let written =
                        record::append(&tx, &stream, holding.version, &events, &audit).await?;
                    tx.set_register_version_state(version, PURGED, &audit)
                        .await?;
                    app.publish_holding(&tx, &row.register, &written, audit.at)
                        .await
                }
            })
            .await
    }
}

/// Versions that an extract was made from which is still there.
async fn versions_in_use(reader: &Reader) -> Result<BTreeSet<VersionId>, Error> {
    let mut versions = BTreeSet::new();
    for extract in reader.list_extracts(None).await? {
        if extract.state == DELETED {
            continue;
        }
        let made: ExtractDescriptor = from_json(&extract.descriptor)?;
        versions.extend(made.sund.versions.into_values());
    }
    Ok(versions)
}
