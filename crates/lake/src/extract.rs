//! Extraction: a signed permit becomes tables, and nothing but what it names.
//!
//! # What a selection means
//!
//! *Base population*: everyone with a row in the table that states the concept `birth_date`
//! ([`catalogue::Catalogue::find_concept`]). Criteria are true or false, never unknown:
//!
//! - `all`, `any`, `not` are the logic of sets; `not` is everybody else of the base population.
//! - `event`: at least `count_min` rows that meet all conditions and, if a period is named, whose
//!   date (the table's `date_variable`) lies in it. A row without a date lies in no period. A
//!   `date_variable` that is a year as a whole number lies in a period if the year is between the
//!   years of its ends. A missing value meets no condition. A code condition compares the text as
//!   stored; `DE11*` means every code that begins so. A decimal is compared in thousandths,
//!   rounded half away from zero.
//! - `age`: whole years from the birth date (the earliest, if a person has several) to the date,
//!   birthdays of 29 February falling on 1 March in common years. Nobody has an age before birth
//!   or without a birth date. Death changes nothing.
//! - `sex`: some row of the table that states the concept `sex` says so: `M` or 1 is male, `K` or
//!   2 is female.
//! - `residence`: some row of the first deliverable table that states the concept `municipality`
//!   and has a pair of dates in `date_order` beginning with its `date_variable`: the first date is
//!   not after the day, and the second is missing or not before it. Municipality codes are
//!   compared without leading zeros; an empty list takes any.
//! - The *index date* is the date of the earliest row that meets the event, for persons with at
//!   least `count_min` such rows; rows without a date count for nothing here, and a year stands for
//!   its 1 January. A condition at the index date is not met by a person without one.
//!
//! A table of the extract holds the rows of the population's persons whose date lies in the table's
//! period; all rows, where the table has no `date_variable` or is dated by the birth date itself,
//! since such rows describe a person and no event. Then each variable is coarsened, the person
//! becomes the permit's pseudonym, and every other key its own permutation. Rows are sorted by
//! pseudonym, by the date as coarsened, and by all other columns in their order, missing values
//! first: nothing of the order in the lake remains.

mod criteria;
mod descriptor;
mod events;
mod plan;
mod population;
mod read;
mod tables;
mod transform;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use base::{Entropy, ErrorClass, PermitId, Secret};
use catalogue::Catalogue;
use catalogue::permit::PermitDocument;
use catalogue::regions::RegionDivision;
use catalogue::selection::check::SelectionProblem;

pub use descriptor::{
    AttritionStep, DESCRIPTOR_FILE, ExtractDescriptor, ExtractField, ExtractResource,
    ExtractSchema, Provenance,
};

use crate::durable::{self, WorkFolder};
use crate::folder::Lake;
use crate::keys::{KeyError, KeyStore};
use crate::manifest::VersionManifest;
use crate::sealed::DataKey;
use crate::storage::StorageError;
use crate::vault::{VaultError, load_aliases};
use plan::Plan;

/// Bytes of rows that an extraction holds before it spills.
pub const MEMORY_BYTES: usize = 1 << 30;

/// A permit's own key, from which its permutations are made. It belongs to the permit through all
/// its versions and dies with it.
#[derive(Debug, Clone)]
pub struct PermitKeys {
    pub(crate) pseudonyms: Secret<[u8; 32]>,
}

impl PermitKeys {
    /// The keys of a permit, made at its first extract.
    pub fn load_or_create(
        keys: &KeyStore,
        permit: PermitId,
        entropy: &dyn Entropy,
    ) -> Result<Self, KeyError> {
        let pseudonyms = keys.load_or_create("permit", &permit.to_string(), entropy)?;
        Ok(Self { pseudonyms })
    }

    /// Keys from elsewhere: a follow-on permit that inherits them, or a test.
    pub fn new(pseudonyms: Secret<[u8; 32]>) -> Self {
        Self { pseudonyms }
    }
}

/// How an extract lies on disk.
#[derive(Debug, Clone)]
pub enum Encryption {
    /// As plain Parquet: in a folder for synthetic persons only.
    Plain,
    /// Encrypted under this key.
    Encrypted(DataKey),
}

/// Where an extract goes.
#[derive(Debug, Clone)]
pub struct ExtractTarget {
    /// A folder that does not exist yet.
    pub dir: PathBuf,
    /// How.
    pub encryption: Encryption,
}

/// What to extract, and with what.
pub struct ExtractRequest<'a> {
    /// The permit. Its signature and status have been checked by the caller.
    pub permit: &'a PermitDocument,
    /// Registers.
    pub catalogue: &'a Catalogue,
    /// Regions, for that coarsening.
    pub regions: &'a RegionDivision,
    /// The pinned version of every register that the selection needs, see [`required_registers`].
    pub versions: &'a BTreeMap<String, VersionManifest>,
    /// The permit's keys.
    pub keys: PermitKeys,
    /// Where to.
    pub target: ExtractTarget,
    /// Threads to work with. They do not change a byte of the result.
    pub threads: usize,
    /// Bytes of rows to hold before spilling: [`MEMORY_BYTES`] unless there is a reason.
    pub memory_bytes: usize,
    /// Random bytes for keys that live as long as the extraction.
    pub entropy: &'a dyn Entropy,
}

impl std::fmt::Debug for ExtractRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExtractRequest")
            .field("permit", &self.permit.permit_id)
            .field("target", &self.target)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// No extract was made. Nothing of it remains.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The selection does not fit the catalogue.
    #[error("the permit's selection cannot be carried out: {}", first(.0))]
    Selection(Vec<SelectionProblem>),
    /// A register has no version to extract from.
    #[error("there is no version of the register `{0}` to extract from")]
    VersionMissing(String),
    /// A version lacks a table.
    #[error("the version of `{register}` holds no table `{table}`")]
    TableNotDelivered {
        /// Register.
        register: String,
        /// Table.
        table: String,
    },
    /// No table states what a criterion asks for.
    #[error("no deliverable table states `{0}`")]
    ConceptMissing(&'static str),
    /// A version was made for other buckets.
    #[error("the version of `{0}` is not of this lake")]
    OtherLake(String),
    /// The target is there already.
    #[error("`{0}` exists already")]
    TargetExists(PathBuf),
    /// Plain output outside a synthetic folder.
    #[error("an extract of real persons is always encrypted")]
    PlainNotAllowed,
    /// It was told to stop.
    #[error("the extraction was cancelled: nothing of it remains")]
    Cancelled,
    /// The key store did not do its work.
    #[error("a key could not be made or read")]
    Key(#[from] KeyError),
    /// The vault did not do its work.
    #[error("the vault's aliases could not be read")]
    Vault(#[from] VaultError),
    /// A file could not be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

fn first(problems: &[SelectionProblem]) -> String {
    problems
        .first()
        .map(|problem| format!("{} {}", problem.path, problem.message))
        .unwrap_or_default()
}

impl ExtractError {
    /// A stable code for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Selection(_) => "selection",
            Self::VersionMissing(_) => "version_missing",
            Self::TableNotDelivered { .. } => "table_not_delivered",
            Self::ConceptMissing(_) => "concept_missing",
            Self::OtherLake(_) => "other_lake",
            Self::TargetExists(_) => "target_exists",
            Self::PlainNotAllowed => "plain_not_allowed",
            Self::Cancelled => "cancelled",
            Self::Key(_) => "key",
            Self::Vault(_) => "vault",
            Self::Storage(error) => error.code(),
        }
    }

    /// The class of the error.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Selection(_) | Self::ConceptMissing(_) => ErrorClass::Invalid,
            Self::VersionMissing(_)
            | Self::TableNotDelivered { .. }
            | Self::TargetExists(_)
            | Self::Cancelled => ErrorClass::Conflict,
            Self::PlainNotAllowed => ErrorClass::Forbidden,
            Self::OtherLake(_) => ErrorClass::Internal,
            Self::Key(error) => error.class(),
            Self::Vault(error) => error.class(),
            Self::Storage(error) => error.class(),
        }
    }
}

/// Every register that a selection needs a version of: those it names, and those that state birth,
/// sex and residence where it asks for them.
pub fn required_registers(
    permit: &PermitDocument,
    catalogue: &Catalogue,
) -> Result<Vec<String>, ExtractError> {
    plan::required_registers(&permit.selection, catalogue)
}

/// Makes the extract of a permit. `cancel` stops it; nothing remains then.
pub fn extract(
    lake: &Lake,
    request: &ExtractRequest<'_>,
    cancel: &AtomicBool,
) -> Result<ExtractDescriptor, ExtractError> {
    let target = &request.target;
    if matches!(target.encryption, Encryption::Plain) && !lake.format().synthetic {
        return Err(ExtractError::PlainNotAllowed);
    }
    if target.dir.exists() {
        return Err(ExtractError::TargetExists(target.dir.clone()));
    }
    let aliases = load_aliases(&lake.vault_folder(), lake.keys())?;
    let plan = Plan::new(lake, request, &aliases)?;
    let work = work_folder(lake, request)?;
    let run = Run {
        plan: &plan,
        request,
        cancel,
        work: work.path(),
    };
    let population = population::evaluate(&run)?;
    let written = write::write_tables(&run, &population)?;
    let descriptor = descriptor::describe(&run, &population, written);
    let mut text = serde_json::to_vec_pretty(&descriptor)
        .map_err(std::io::Error::from)
        .map_err(StorageError::from)?;
    text.push(b'\n');
    durable::replace_file(&work.path().join(DESCRIPTOR_FILE), &text).map_err(StorageError::from)?;
    run.check_cancel()?;
    work.publish(&target.dir).map_err(StorageError::from)?;
    Ok(descriptor)
}

/// Work lies on the target's own disk, so that publishing is one rename: in the lake's `tmp/` for
/// targets within the installation's folder, else beside the target.
fn work_folder(lake: &Lake, request: &ExtractRequest<'_>) -> Result<WorkFolder, ExtractError> {
    let target = &request.target.dir;
    let name = format!("extract-{}", request.permit.permit_id);
    let path = if target.starts_with(lake.root()) {
        lake.work_folder(&name)
    } else {
        let beside = target.file_name().unwrap_or_default().to_string_lossy();
        let folder = target.parent().unwrap_or(Path::new("."));
        folder.join(format!(".{beside}.{name}"))
    };
    Ok(WorkFolder::create(&path).map_err(StorageError::from)?)
}

/// What every step of an extraction works with.
struct Run<'a> {
    plan: &'a Plan<'a>,
    request: &'a ExtractRequest<'a>,
    cancel: &'a AtomicBool,
    work: &'a Path,
}

impl Run<'_> {
    fn check_cancel(&self) -> Result<(), ExtractError> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(ExtractError::Cancelled);
        }
        Ok(())
    }

    /// Does `n` pieces of work with the request's threads; answers come in the order of the pieces.
    fn in_parallel<T: Send>(
        &self,
        n: usize,
        work: impl Fn(usize) -> Result<T, ExtractError> + Sync,
    ) -> Result<Vec<T>, ExtractError> {
        use std::sync::atomic::AtomicUsize;
        use std::sync::{Mutex, PoisonError};
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(n));
        let failure: Mutex<Option<ExtractError>> = Mutex::new(None);
        let work_some = || -> Result<(), ExtractError> {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= n {
                    return Ok(());
                }
                self.check_cancel()?;
                let answer = work(at)?;
                done.lock()
                    .map_err(|_| StorageError::Stopped)?
                    .push((at, answer));
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.request.threads.clamp(1, n.max(1)) {
                scope.spawn(|| {
                    if let Err(error) = work_some() {
                        next.store(n, Ordering::Relaxed);
                        let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                        first.get_or_insert(error);
                    }
                });
            }
        });
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(at, _)| *at);
        Ok(done.into_iter().map(|(_, answer)| answer).collect())
    }
}
