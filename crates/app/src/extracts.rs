//! Extracts: made by a job from the permit alone, kept encrypted, opened for the workbench.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use base::{Actor, ErrorClass, ExtractId, PermitId, Stopwatch};
use casework::Action;
use catalogue::permit::PermitDocument;
use lake::extract::{
    DESCRIPTOR_FILE, Encryption, ExtractDescriptor, ExtractError, ExtractRequest, ExtractTarget,
    MEMORY_BYTES, PermitKeys, Stage, extract_in_stages,
};
use lake::query::OpenExtract;
use serde::Serialize;
use store::{AuditEntry, StoredExtract};

use crate::deletion::DELETED;
use crate::deliveries::threads;
use crate::permits::to_json;
use crate::{App, Error};

const EXTRACT_KEY: &str = "extract";

/// Where the extract of a permit stands.
#[derive(Debug, Clone, Serialize)]
pub struct ExtractState {
    /// `planned`, `made`, `failed` or `deleted`.
    pub state: String,
    /// What it holds, once made.
    pub descriptor: Option<ExtractDescriptor>,
}

/// How to make an extract outside the installation's own place.
#[derive(Debug, Clone)]
pub struct ExtractTo {
    /// A folder that does not exist yet.
    pub out: PathBuf,
    /// Without encryption: synthetic folders only.
    pub plain: bool,
    /// Threads.
    pub threads: Option<usize>,
    /// Bytes of rows to hold before spilling.
    pub memory_bytes: Option<usize>,
}

/// An extract that was made at the command line.
#[derive(Debug, Clone, Serialize)]
pub struct ExtractMade {
    /// What it holds.
    pub descriptor: ExtractDescriptor,
    /// Rows of its tables.
    pub rows: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// How long it took.
    pub elapsed_ms: u64,
    /// How long each stage took.
    pub stages: Vec<Stage>,
    /// The most memory that the program held at any time, in bytes, where the system tells it.
    pub peak_memory_bytes: Option<u64>,
}

impl App {
    fn extract_dir(&self, permit: &PermitDocument) -> PathBuf {
        let name = format!("{}-v{}", permit.number, permit.version);
        self.folder().root().join("extracts").join(name)
    }

    fn extract_key_id(permit: &PermitDocument) -> String {
        format!("{}-v{}", permit.permit_id, permit.version)
    }

    /// Makes the extract of a permit, unless it is there. The job may run twice.
    pub(crate) async fn make_extract(&self, id: PermitId) -> Result<(), Error> {
        let permit = match self.usable_permit(id).await {
            Ok(permit) => permit,
            // Closed meanwhile: there is nothing to make.
            Err(error) if error.class() == ErrorClass::Forbidden => return Ok(()),
            Err(error) => return Err(error),
        };
        let dir = self.extract_dir(&permit);
        let key = self.lake().keys().load_or_create(
            EXTRACT_KEY,
            &Self::extract_key_id(&permit),
            self.entropy(),
        )?;
        let descriptor = if dir.join(DESCRIPTOR_FILE).is_file() {
            read_descriptor(&dir)?
        } else {
            let to = ExtractTo {
                out: dir,
                plain: false,
                threads: None,
                memory_bytes: None,
            };
            let encryption = Encryption::Encrypted(key);
            let (descriptor, _) = self
                .extract_blocking(permit.clone(), to, encryption)
                .await?;
            descriptor
        };
        let now = self.now();
        let row = StoredExtract {
            extract_id: ExtractId::new(self.clock(), self.entropy()),
            permit_id: permit.permit_id,
            permit_version: u64::from(permit.version),
            state: "made".to_owned(),
            descriptor: to_json(&descriptor)?,
            created_at: now,
            updated_at: now,
        };
        let audit = AuditEntry::new(&self.system(), "extract.make", &permit.number, now);
        self.store()
            .run_tx("extract.store", |tx| {
                let (row, audit) = (row.clone(), audit.clone());
                async move {
                    let known = tx.list_extracts(Some(row.permit_id)).await?;
                    if known
                        .iter()
                        .any(|found| found.permit_version == row.permit_version)
                    {
                        return Ok(());
                    }
                    tx.put_extract(&row, &audit).await
                }
            })
            .await?;
        Ok(())
    }

    async fn extract_blocking(
        &self,
        permit: PermitDocument,
        to: ExtractTo,
        encryption: Encryption,
    ) -> Result<(ExtractDescriptor, Vec<Stage>), Error> {
        let registers = permit
            .selection
            .required_registers(&self.content().catalogue)
            .map_err(|missing| not_extracted(missing.into()))?;
        let app = self.clone();
        let versions = self
            .store()
            .read("extract.versions", |reader| async move {
                app.current_manifests(&reader, &registers).await
            })
            .await?;
        let app = self.clone();
        tokio::task::spawn_blocking(move || {
            let content = app.content();
            let keys =
                PermitKeys::load_or_create(app.lake().keys(), permit.permit_id, app.entropy())?;
            let request = ExtractRequest {
                permit: &permit,
                catalogue: &content.catalogue,
                regions: &content.regions,
                versions: &versions,
                keys,
                target: ExtractTarget {
                    dir: to.out,
                    encryption,
                },
                threads: to.threads.unwrap_or_else(threads),
                memory_bytes: to.memory_bytes.unwrap_or(MEMORY_BYTES),
                entropy: app.entropy(),
            };
            extract_in_stages(app.lake(), &request, &AtomicBool::new(false)).map_err(not_extracted)
        })
        .await
        .map_err(|error| Error::internal("extraction", &error))?
    }

    /// Makes an extract to a chosen place, at the command line. Plain files and a free place exist in
    /// a demo folder only.
    pub async fn extract_to(
        &self,
        actor: &Actor,
        permit: &str,
        to: ExtractTo,
    ) -> Result<ExtractMade, Error> {
        self.check_installation(actor, Action::SignTestPermit)?;
        if !self.is_demo() {
            return Err(Error::new(
                ErrorClass::Forbidden,
                "free_output",
                "extracts of real persons are made for the workbench only",
            )
            .advise("use the workbench of the permit"));
        }
        let document = self.check_permit_given(permit).await?;
        let stopwatch = Stopwatch::start();
        let encryption = if to.plain {
            Encryption::Plain
        } else {
            let id = format!("{}-free", document.permit_id);
            Encryption::Encrypted(self.lake().keys().load_or_create(
                EXTRACT_KEY,
                &id,
                self.entropy(),
            )?)
        };
        let out = to.out.clone();
        let (descriptor, stages) = self.extract_blocking(document, to, encryption).await?;
        Ok(ExtractMade {
            rows: descriptor.resources.iter().map(|table| table.rows).sum(),
            bytes: bytes_in(&out),
            elapsed_ms: stopwatch.elapsed_ms(),
            stages,
            peak_memory_bytes: peak_memory(),
            descriptor,
        })
    }

    /// Where the extract of a permit stands. Callers check permission.
    pub(crate) async fn extract_state(&self, permit: PermitId) -> Result<ExtractState, Error> {
        let found = self
            .store()
            .read("extract.find", |reader| async move {
                reader.list_extracts(Some(permit)).await
            })
            .await?;
        let Some(newest) = found.into_iter().max_by_key(|row| row.permit_version) else {
            return Ok(ExtractState {
                state: "planned".to_owned(),
                descriptor: None,
            });
        };
        let descriptor = crate::log::from_json(&newest.descriptor)?;
        Ok(ExtractState {
            state: newest.state,
            descriptor: Some(descriptor),
        })
    }

    /// Opens the extract of a permit that was just checked. An extract of a test permit is made at its
    /// first use.
    pub(crate) async fn open_extract(&self, permit: &PermitDocument) -> Result<OpenExtract, Error> {
        let dir = self.extract_dir(permit);
        let key_id = Self::extract_key_id(permit);
        if !dir.join(DESCRIPTOR_FILE).is_file() {
            if !permit.test {
                if self.extract_state(permit.permit_id).await?.state == DELETED {
                    return Err(Error::new(
                        ErrorClass::Forbidden,
                        "extract_deleted",
                        "the extract was deleted when the permit ended",
                    )
                    .advise("read the deletion proof on the page of the permit"));
                }
                return Err(Error::new(
                    ErrorClass::Conflict,
                    "extract_not_made",
                    "the extract is being made; it takes seconds to minutes",
                ));
            }
            let key = self
                .lake()
                .keys()
                .load_or_create(EXTRACT_KEY, &key_id, self.entropy())?;
            let to = ExtractTo {
                out: dir.clone(),
                plain: false,
                threads: None,
                memory_bytes: None,
            };
            self.extract_blocking(permit.clone(), to, Encryption::Encrypted(key))
                .await?;
        }
        let key = self.lake().keys().load(EXTRACT_KEY, &key_id)?;
        OpenExtract::open(&dir, Some(&key), permit, &self.content().catalogue)
            .map_err(|error| Error::internal("opening an extract", &error))
    }
}

fn read_descriptor(dir: &Path) -> Result<ExtractDescriptor, Error> {
    let bytes = std::fs::read(dir.join(DESCRIPTOR_FILE))
        .map_err(|error| Error::internal("reading an extract", &error))?;
    serde_json::from_slice(&bytes).map_err(|error| Error::internal("reading an extract", &error))
}

fn bytes_in(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| entry.metadata().ok())
        .map(|meta| meta.len())
        .sum()
}

/// What Linux keeps of the most memory held. Elsewhere nothing is said.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn not_extracted(error: ExtractError) -> Error {
    Error::new(error.class(), error.code(), error.to_string())
}
