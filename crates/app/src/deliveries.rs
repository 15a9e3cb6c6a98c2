//! Registers as their holders deliver them: reception through the vault, versions, reports.

mod population_source;
mod upload;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use base::{Actor, DeliveryId, OrganisationId, Timestamp, VersionId};
use casework::holding::{Holding, HoldingEvent, ReceiveVersion, controller};
use casework::publication::publish_holding_event;
use casework::{Action, Granted, Subject, check_may};
use catalogue::register::Register;
use lake::VersionManifest;
use lake::reception::{
    DeliveredFile, Delivery, MEMORY_BYTES, Progress, Received, Reception, ReceptionError,
    ValidationReport, delivered_sha256,
};
use serde::Serialize;
use store::{AuditEntry, Document, Reader, RegisterVersion, Tx};

use crate::log::from_json;
use crate::permits::{enqueue, to_json};
use crate::profiles::forget_profiles;
use crate::texts::check_text;
use crate::{App, Error, record};

const REPORT_KIND: &str = "delivery-report";

pub use upload::Incoming;

/// Is told how far a long piece of work is: step, done, total (0 if not known).
pub type Report<'a> = &'a (dyn Fn(&str, u64, u64) + Send + Sync);

/// What a delivery led to.
#[derive(Debug, Clone, Serialize)]
pub struct Delivered {
    /// The version.
    pub version: VersionView,
    /// Whether the same files had been delivered before; then nothing was changed.
    pub already: bool,
    /// What was found; none for a repeated delivery.
    pub report: Option<ValidationReport>,
}

/// A version of a register.
#[derive(Debug, Clone, Serialize)]
pub struct VersionView {
    /// Register.
    pub register: String,
    /// Version.
    pub version: VersionId,
    /// Delivery.
    pub delivery: DeliveryId,
    /// Holder.
    pub organisation: OrganisationId,
    /// `received`, `approved`, `withdrawn` or `purged`.
    pub state: String,
    /// When.
    pub received_at: Timestamp,
    /// Rows.
    pub rows: u64,
    /// Rejected rows.
    pub rejected: u64,
    /// Tables with their rows.
    pub tables: BTreeMap<String, u64>,
    /// Hash of the delivered files together.
    pub delivered_sha256: String,
}

impl App {
    /// Receives one delivery of a register. The same files a second time change nothing.
    pub async fn deliver(
        &self,
        actor: &Actor,
        register: &str,
        files: &[(String, PathBuf)],
        report: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<Delivered, Error> {
        let files = files
            .iter()
            .map(|(table, path)| DeliveredFile::at(table, path))
            .collect();
        self.deliver_files(actor, register, files, report).await
    }

    async fn deliver_files(
        &self,
        actor: &Actor,
        register: &str,
        files: Vec<DeliveredFile>,
        report: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<Delivered, Error> {
        let described = self.find_register(register)?;
        let granted = check_may(
            actor,
            Action::DeliverRegister,
            &Subject::Register(controller(described)),
        )?;
        if files.is_empty() {
            return Err(refused(ReceptionError::NothingDelivered));
        }
        if let Some(found) = self.delivered_before(register, &files).await? {
            return Ok(Delivered {
                version: found,
                already: true,
                report: None,
            });
        }
        let (app, register_id) = (self.clone(), register.to_owned());
        let _one_at_a_time = self.reception().lock().await;
        let received = tokio::task::spawn_blocking(move || {
            let described = app.find_register(&register_id)?;
            let delivery = app.new_delivery(described);
            let reports = |progress| {
                let (Progress::Checked(rows) | Progress::Written(rows)) = progress;
                report(rows);
            };
            let cancel = AtomicBool::new(false);
            app.reception_with(&reports, &cancel)
                .receive(&delivery, &files)
                .map_err(refused)
        })
        .await
        .map_err(|error| Error::internal("reception", &error))??;
        let version = self.take_in(actor, &granted, &received).await?;
        Ok(Delivered {
            version,
            already: false,
            report: Some(received.report),
        })
    }

    async fn delivered_before(
        &self,
        register: &str,
        files: &[DeliveredFile],
    ) -> Result<Option<VersionView>, Error> {
        let to_hash = files.to_vec();
        let hash = tokio::task::spawn_blocking(move || delivered_sha256(&to_hash))
            .await
            .map_err(|error| Error::internal("reception", &error))?
            .map_err(|error| {
                let message = format!("a delivered file cannot be read: {}", error.kind());
                Error::invalid("delivery_file", message)
                    .advise("check the path and the permissions")
            })?;
        let register = register.to_owned();
        let found = self
            .store()
            .read("delivery.find_same", |reader| async move {
                reader.find_delivered_version(&register, &hash).await
            })
            .await?;
        if found
            .as_ref()
            .is_some_and(|version| matches!(version.state.as_str(), "withdrawn" | "purged"))
        {
            let message = "the same files were delivered before and taken out of use";
            return Err(
                Error::new(base::ErrorClass::Conflict, "delivery_withdrawn", message)
                    .advise("deliver the corrected files"),
            );
        }
        found.map(view_of).transpose()
    }

    fn new_delivery<'a>(&self, register: &'a Register) -> Delivery<'a> {
        Delivery {
            register,
            delivery: DeliveryId::new(self.clock(), self.entropy()),
            version: VersionId::new(self.clock(), self.entropy()),
        }
    }

    fn reception_with<'a>(
        &'a self,
        progress: &'a (dyn Fn(Progress) + Sync),
        cancel: &'a AtomicBool,
    ) -> Reception<'a> {
        Reception {
            lake: self.lake(),
            catalogue: &self.content().catalogue,
            today: self.today(),
            threads: threads(),
            memory_bytes: MEMORY_BYTES,
            entropy: self.entropy(),
            progress,
            cancel,
        }
    }

    pub(crate) fn find_register(&self, id: &str) -> Result<&Register, Error> {
        self.content().catalogue.register(id).ok_or_else(|| {
            Error::new(
                base::ErrorClass::NotFound,
                "unknown_register",
                format!("there is no register `{id}`"),
            )
        })
    }

    /// Records a received version: from here on it exists. What the operator of the folder delivers,
    /// such as a demo's Denmark, is approved at once; a holder looks at the report first.
    async fn take_in(
        &self,
        actor: &Actor,
        granted: &Granted,
        received: &Received,
    ) -> Result<VersionView, Error> {
        let manifest = &received.manifest;
        let described = self.find_register(&manifest.register)?;
        let rejected_by_rule = rejected_by_rule(&received.report);
        let command = ReceiveVersion {
            register: manifest.register.clone(),
            version: manifest.version,
            delivery: received.report.delivery,
            delivered_sha256: manifest.delivered_sha256.clone(),
            rows: manifest.rows(),
            rejected: manifest.rejected(),
            rejected_by_rule,
            manifest: to_json(manifest)?,
            synthetic: self.is_demo(),
        };
        let stream = format!("register-{}", manifest.register);
        let audit = AuditEntry::new(actor, "register.receive", &manifest.register, self.now());
        let approve = check_may(
            actor,
            Action::ApproveVersion,
            &Subject::Register(controller(described)),
        )
        .ok()
        .filter(|_| actor.role == base::Role::Operator);
        let row = RegisterVersion {
            version_id: manifest.version,
            register: manifest.register.clone(),
            delivery_id: received.report.delivery,
            organisation: controller(described).clone(),
            state: approve
                .as_ref()
                .map_or("received", |_| "approved")
                .to_owned(),
            delivered_sha256: manifest.delivered_sha256.clone(),
            manifest: to_json(manifest)?,
            received_at: audit.at,
        };
        let report = to_json(&received.report)?;
        self.store()
            .run_tx("register.receive", |tx| {
                let (app, audit, command) = (self.clone(), audit.clone(), command.clone());
                let (granted, approve, stream) = (granted.clone(), approve.clone(), stream.clone());
                let (row, report) = (row.clone(), report.clone());
                async move {
                    let history = record::load::<HoldingEvent>(&tx, &stream).await?;
                    let holding = Holding::fold(&history);
                    let before = holding.version;
                    let events = taken_in(holding, &command, (&granted, approve.as_ref()), &audit)?;
                    let written = record::append(&tx, &stream, before, &events, &audit).await?;
                    tx.insert_register_version(&row, &audit).await?;
                    let id = row.delivery_id.to_string();
                    let mut document = Document::new(REPORT_KIND, id, report, audit.at);
                    document.organisation = Some(row.organisation.clone());
                    tx.put_document(&document).await?;
                    app.publish_holding(&tx, &row.register, &written, audit.at)
                        .await
                }
            })
            .await?;
        view_of(row)
    }

    pub(crate) async fn publish_holding(
        &self,
        tx: &Tx,
        register: &str,
        events: &[casework::Recorded<HoldingEvent>],
        at: Timestamp,
    ) -> Result<(), Error> {
        for event in events {
            self.publish(tx, None, publish_holding_event(register, event), at)
                .await?;
        }
        enqueue(tx, "sequence_log", "log", at).await
    }

    /// Approves a received version, or takes one out of use with a reason.
    pub async fn settle_version(
        &self,
        actor: &Actor,
        register: &str,
        version: VersionId,
        withdraw_because: Option<&str>,
    ) -> Result<VersionView, Error> {
        let described = self.find_register(register)?;
        if let Some(reason) = withdraw_because {
            check_text("reason", reason, base::limits::LINE_CHARS_MAX)?;
        }
        let (action, state) = match withdraw_because {
            None => (Action::ApproveVersion, "approved"),
            Some(_) => (Action::WithdrawVersion, "withdrawn"),
        };
        let granted = check_may(actor, action, &Subject::Register(controller(described)))?;
        let audit = AuditEntry::new(
            actor,
            format!("register.{}", action.name()),
            register,
            self.now(),
        );
        let stream = format!("register-{register}");
        let reason = withdraw_because.map(str::to_owned);
        let row = self
            .store()
            .run_tx("register.settle", |tx| {
                let (app, audit, granted) = (self.clone(), audit.clone(), granted.clone());
                let (stream, reason, register) =
                    (stream.clone(), reason.clone(), register.to_owned());
                async move {
                    let history = record::load::<HoldingEvent>(&tx, &stream).await?;
                    let holding = Holding::fold(&history);
                    let events = match &reason {
                        None => holding.approve(version, &granted)?,
                        Some(reason) => holding.withdraw(version, reason, &granted)?,
                    };
                    let written =
                        record::append(&tx, &stream, holding.version, &events, &audit).await?;
                    tx.set_register_version_state(version, state, &audit)
                        .await?;
                    if reason.is_some() {
                        forget_profiles(&tx, app.find_register(&register)?).await?;
                    }
                    app.publish_holding(&tx, &register, &written, audit.at)
                        .await?;
                    app.enqueue_purges(&tx, audit.at).await?;
                    tx.find_register_version(version)
                        .await?
                        .ok_or_else(Error::not_found)
                }
            })
            .await?;
        view_of(row)
    }

    /// Versions held, newest first: the actor's own registers, or all for the operator.
    pub async fn versions(
        &self,
        actor: &Actor,
        register: Option<&str>,
    ) -> Result<Vec<VersionView>, Error> {
        let wanted = register.map(str::to_owned);
        let rows = self
            .store()
            .read("register.versions", |reader| async move {
                reader.list_register_versions(wanted.as_deref(), None).await
            })
            .await?;
        rows.into_iter()
            .filter(|row| {
                let subject = Subject::Register(&row.organisation);
                check_may(actor, Action::ViewVersions, &subject).is_ok()
            })
            .map(view_of)
            .collect()
    }

    /// The report of a delivery.
    pub async fn delivery_report(
        &self,
        actor: &Actor,
        delivery: DeliveryId,
    ) -> Result<ValidationReport, Error> {
        let id = delivery.to_string();
        let document = self
            .store()
            .read("register.report", |reader| async move {
                reader.find_document(REPORT_KIND, &id).await
            })
            .await?
            .ok_or_else(Error::not_found)?;
        let holder = document.organisation.clone().ok_or_else(Error::not_found)?;
        check_may(actor, Action::ViewVersions, &Subject::Register(&holder))
            .map_err(|_| Error::not_found())?;
        from_json(&document.body)
    }

    /// The version in use of each of these registers.
    pub(crate) async fn current_manifests(
        &self,
        reader: &Reader,
        registers: &[String],
    ) -> Result<BTreeMap<String, VersionManifest>, Error> {
        let mut manifests = BTreeMap::new();
        for register in registers {
            let rows = reader
                .list_register_versions(Some(register), Some("approved"))
                .await?;
            if let Some(newest) = rows.into_iter().max_by_key(|row| row.received_at) {
                manifests.insert(register.clone(), from_json(&newest.manifest)?);
            }
        }
        Ok(manifests)
    }
}

/// The events of a received version, approved at once where there is a permission to.
fn taken_in(
    mut holding: Holding,
    command: &ReceiveVersion,
    (granted, approve): (&Granted, Option<&Granted>),
    audit: &AuditEntry,
) -> Result<Vec<HoldingEvent>, Error> {
    let mut events = holding.receive(command, granted)?;
    if let Some(approve) = approve {
        for event in &events {
            holding.apply(&casework::Recorded {
                at: audit.at,
                by: audit.actor.account,
                organisation: audit.actor.organisation.clone(),
                event: event.clone(),
            });
        }
        events.extend(holding.approve(command.version, approve)?);
    }
    Ok(events)
}

/// Threads for work on data.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism()
        .map_or(2, std::num::NonZero::get)
        .min(16)
}

fn rejected_by_rule(report: &ValidationReport) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for finding in report.tables.iter().flat_map(|table| &table.findings) {
        let rule = serde_json::to_value(finding.rule).ok();
        let name = rule
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default();
        *counts.entry(name).or_default() += finding.count;
    }
    counts
}

fn view_of(row: RegisterVersion) -> Result<VersionView, Error> {
    let manifest: VersionManifest = from_json(&row.manifest)?;
    Ok(VersionView {
        register: row.register,
        version: row.version_id,
        delivery: row.delivery_id,
        organisation: row.organisation,
        state: row.state,
        received_at: row.received_at,
        rows: manifest.rows(),
        rejected: manifest.rejected(),
        tables: manifest
            .tables
            .iter()
            .map(|table| (table.table.clone(), table.rows))
            .collect(),
        delivered_sha256: row.delivered_sha256,
    })
}

pub(crate) fn refused(error: ReceptionError) -> Error {
    Error::new(error.class(), error.code(), error.to_string())
}
