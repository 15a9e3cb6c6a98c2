//! The end of a reception: rows are written to their buckets, the vault is saved, and the version
//! appears in one step.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parquet::arrow::ArrowWriter;

use super::intake::{Intake, TableIntake};
use super::quarantine;
use super::report::{TableReport, ValidationReport};
use super::{
    Delivery, Progress, REJECTED_PERCENT_MAX, REJECTED_ROWS_FEW, Received, ReceptionError,
};
use crate::durable::{self, Hashing};
use crate::layout;
use crate::manifest::{BucketFile, TableManifest, VersionManifest};
use crate::sealed::DataKey;
use crate::shuffle::Shuffled;
use crate::storage::StorageError;

impl Intake<'_> {
    /// Writes everything and publishes it. On any error nothing remains.
    pub(super) fn commit(
        mut self,
        delivered_sha256: &str,
    ) -> Result<Vec<Received>, ReceptionError> {
        let reports = self.reports()?;
        for report in &reports {
            check_rejected(report)?;
        }
        let mut manifests = Vec::with_capacity(self.deliveries.len());
        let n_written = AtomicU64::new(0);
        for (at, delivery) in self.deliveries.iter().enumerate() {
            let key = self.made_key("version", delivery.version.to_string())?;
            let mut tables = Vec::new();
            for (number, table) in self.tables.iter().enumerate() {
                if table.delivery == at {
                    tables.push(self.write_table((number, table), delivery, &key, &n_written)?);
                }
            }
            manifests.push(VersionManifest {
                register: delivery.register.id.clone(),
                version: delivery.version,
                delivery: delivery.delivery,
                delivered_sha256: delivered_sha256.to_owned(),
                vault_version: 0,
                buckets: self.reception.lake.format().buckets,
                tables,
            });
        }
        for table in &self.tables {
            let mut writer = table
                .quarantine
                .lock()
                .map_err(|_| ReceptionError::Stopped)?;
            if let Some(writer) = writer.take() {
                writer.finish()?;
            }
        }
        self.reception.check_cancel()?;
        let vault = self.vault.get_mut().unwrap_or_else(PoisonError::into_inner);
        let vault_version = vault.save(self.reception.entropy)?;
        for manifest in &mut manifests {
            manifest.vault_version = vault_version;
        }
        self.publish()?;
        let received = manifests.into_iter().zip(reports);
        Ok(received
            .map(|(manifest, report)| Received { manifest, report })
            .collect())
    }

    fn reports(&self) -> Result<Vec<ValidationReport>, ReceptionError> {
        let mut reports: Vec<ValidationReport> = self
            .deliveries
            .iter()
            .map(|delivery| ValidationReport {
                register: delivery.register.id.clone(),
                delivery: delivery.delivery,
                version: delivery.version,
                tables: Vec::new(),
            })
            .collect();
        for table in &self.tables {
            let tally = table.tally.lock().map_err(|_| ReceptionError::Stopped)?;
            if let Some(report) = reports.get_mut(table.delivery) {
                let names = table.plan.names();
                report.tables.push(tally.report(&table.plan.table, &names));
            }
        }
        Ok(reports)
    }

    fn write_table(
        &self,
        (number, table): (usize, &TableIntake<'_>),
        delivery: &Delivery<'_>,
        key: &DataKey,
        n_written: &AtomicU64,
    ) -> Result<TableManifest, ReceptionError> {
        let sorted = self.rows.finish(number)?;
        let folder = version_folder(self.work.path(), delivery).join(&table.plan.table);
        fs::create_dir_all(&folder)?;
        let target = BucketTarget {
            delivery,
            table,
            folder: &folder,
            key,
        };
        let n_buckets = self.reception.lake.format().buckets;
        let next = AtomicU32::new(0);
        let files = Mutex::new(Vec::new());
        let failure = Mutex::new(None);
        let write_some = || -> Result<(), ReceptionError> {
            loop {
                self.reception.check_cancel()?;
                let bucket = next.fetch_add(1, Ordering::Relaxed);
                if bucket >= n_buckets {
                    return Ok(());
                }
                if let Some(file) = target.write(&sorted, bucket)? {
                    let so_far = n_written.fetch_add(file.rows, Ordering::Relaxed) + file.rows;
                    (self.reception.progress)(Progress::Written(so_far));
                    files
                        .lock()
                        .map_err(|_| ReceptionError::Stopped)?
                        .push(file);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.reception.threads.max(1) {
                scope.spawn(|| {
                    if let Err(error) = write_some() {
                        next.store(n_buckets, Ordering::Relaxed);
                        let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                        first.get_or_insert(error);
                    }
                });
            }
        });
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        durable::sync_folder(&folder)?;
        let mut files: Vec<BucketFile> = files.into_inner().unwrap_or_else(PoisonError::into_inner);
        files.sort_unstable_by_key(|file| file.bucket);
        let rejected = table
            .tally
            .lock()
            .map_err(|_| ReceptionError::Stopped)?
            .rows_rejected;
        Ok(TableManifest {
            table: table.plan.table.clone(),
            rows: files.iter().map(|file| file.rows).sum(),
            rejected,
            files,
        })
    }

    /// Moves versions and quarantine to their places. A version that appears without its event is
    /// never read, because only manifests in events count; so several versions need no common step.
    fn publish(&mut self) -> Result<(), ReceptionError> {
        let lake = self.reception.lake;
        for delivery in self.deliveries {
            let rejected = self
                .work
                .path()
                .join(format!("quarantine-{}", delivery.delivery));
            if rejected.exists() {
                let target = lake.quarantine_folder().join(delivery.delivery.to_string());
                durable::publish_folder(&rejected, &target)?;
            }
            let register = lake.lake_folder().join(&delivery.register.id);
            let new_register = !register.exists();
            let target = register.join(delivery.version.to_string());
            durable::publish_folder(&version_folder(self.work.path(), delivery), &target)?;
            if new_register {
                durable::sync_folder(&lake.lake_folder())?;
            }
            // From here on this delivery's keys must stay, whatever happens to the next one.
            let made = self.keys.get_mut().unwrap_or_else(PoisonError::into_inner);
            made.0.remove(&("version", delivery.version.to_string()));
            made.0
                .remove(&(quarantine::KEY_KIND, delivery.delivery.to_string()));
        }
        Ok(())
    }
}

struct BucketTarget<'a> {
    delivery: &'a Delivery<'a>,
    table: &'a TableIntake<'a>,
    folder: &'a Path,
    key: &'a DataKey,
}

impl BucketTarget<'_> {
    fn write(&self, sorted: &Shuffled, bucket: u32) -> Result<Option<BucketFile>, ReceptionError> {
        let name = format!("{bucket}.parquet");
        let register = &self.delivery.register.id;
        let version = self.delivery.version;
        let table = &self.table.plan.table;
        let context = layout::file_context(register, version, table, bucket);
        let schema = &self.table.plan.schema;
        let mut writer = None;
        let rows = sorted.read_part(bucket, |batch| {
            let writer = match &mut writer {
                Some(writer) => writer,
                none => {
                    let file = Hashing::new(durable::create_private(&self.folder.join(&name))?);
                    let properties = layout::bucket_properties(schema, self.key, &context)?;
                    none.insert(ArrowWriter::try_new(
                        file,
                        schema.clone(),
                        Some(properties),
                    )?)
                }
            };
            Ok::<(), StorageError>(writer.write(&batch)?)
        })?;
        let Some(writer) = writer else {
            return Ok(None);
        };
        let (file, bytes, sha256) = writer.into_inner()?.finish();
        file.sync_all()?;
        Ok(Some(BucketFile {
            bucket,
            path: format!("{register}/{version}/{table}/{name}"),
            rows,
            bytes,
            sha256,
        }))
    }
}

fn version_folder(work: &Path, delivery: &Delivery<'_>) -> std::path::PathBuf {
    work.join(&delivery.register.id)
        .join(delivery.version.to_string())
}

fn check_rejected(report: &ValidationReport) -> Result<(), ReceptionError> {
    let refused = |table: &&TableReport| {
        let many = table.rows_rejected * 100 > table.rows_read * REJECTED_PERCENT_MAX;
        let all = table.rows_read > 0 && table.rows_accepted == 0;
        all || many && table.rows_rejected >= REJECTED_ROWS_FEW
    };
    match report.tables.iter().find(refused) {
        Some(table) => Err(ReceptionError::TooManyRejected {
            table: table.table.clone(),
            rows: table.rows_read,
            rejected: table.rows_rejected,
            report: Box::new(report.clone()),
        }),
        None => Ok(()),
    }
}
