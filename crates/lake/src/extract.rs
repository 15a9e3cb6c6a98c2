//! Extraction: a signed permit becomes tables, and nothing but what it names.
//!
//! # What a selection means
//!
//! *Base population*: everyone with a row in the table that states the concept `birth_date`
//! ([`catalogue::Catalogue::find_concept`]). Criteria are true or false, never unknown:
//!
//! - `all`, `any`, `not` are the logic of sets; `not` is everybody else of the base population.
//! - `event`: so many rows (`count_min` to `count_max`) that meet all conditions and whose date (the
//!   table's `date_variable`) lies in the period and in the window around the index date, where these
//!   are stated. A row without a date lies in no time. A `date_variable` that is a year as a whole
//!   number lies in a time if the year is between the years of its ends. A missing value meets no
//!   condition. A code condition compares the text as stored; `DE11*` means every code that begins so.
//!   A decimal is compared in thousandths, rounded half away from zero.
//! - `age`: whole years from the birth date (the earliest, if a person has several) to the date,
//!   birthdays of 29 February falling on 1 March in common years. Nobody has an age before birth
//!   or without a birth date. Death changes nothing.
//! - `sex`: some row of the table that states the concept `sex` says so: `M` or 1 is male, `K` or
//!   2 is female.
//! - `residence`: some row of the first deliverable table that states the concept `municipality`
//!   and has a pair of dates in `date_order` beginning with its `date_variable`: the first date is
//!   not after the day, and the second is missing or not before it. Municipality codes are
//!   compared without leading zeros; an empty list takes any.
//! - `alive`: born on or before the day, and the earliest stated death (the concept `death_date`) is
//!   not before it. Nobody without a birth date is.
//! - The *index date* is the date of the earliest row that meets the event, for persons with as many
//!   dated rows as it asks for; a year stands for its 1 January. Whatever asks for the index date is
//!   not met by a person without one. Months and years are added on the calendar; a day that the month
//!   lacks becomes its last.
//! - `washout`: the person has an index date, and no such row from so long before it to the day before.
//!
//! Of those who meet the criteria a *sample* takes the lowest [lots](linkage::Lots). *Controls* are
//! drawn from those who do not meet them, but meet `among` ([`linkage::matching`]): alike in sex and
//! birth year, in a municipality both live in on the case's index date, alive on that date. Who lacks
//! what is matched on is like nobody; a person of whom both sexes are stated is like nobody. *Relatives*
//! of those who were taken follow the concepts `mother` and `father`; siblings share one of them.
//! Population, controls and relatives are all of the base population.
//!
//! A table of the extract holds the rows of the population's persons whose date lies in the table's
//! period; all rows, where the table has no `date_variable` or is dated by the birth date itself,
//! since such rows describe a person and no event. Where the table has a window, a row's date also lies
//! in it around one of the person's *reference dates*: the own index date of a case, those of a
//! control's cases, those of whom a relative is related to. Then each variable is coarsened, the person
//! becomes the permit's pseudonym, and every other key its own permutation. Rows are sorted by
//! pseudonym, by the date as coarsened, and by all other columns in their order, missing values
//! first: nothing of the order in the lake remains. Beside the registers' tables, `sund_controls` says
//! which control belongs to which case, and `sund_relatives` who is related to whom.

mod companions;
mod controls;
mod criteria;
mod descriptor;
mod events;
mod facts;
mod plan;
mod population;
mod read;
mod relatives;
mod search;
mod tables;
mod transform;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use base::{Entropy, ErrorClass, PermitId, Secret, Stopwatch};
use catalogue::Catalogue;
use catalogue::permit::PermitDocument;
use catalogue::regions::RegionDivision;
use catalogue::selection::Selection;
use catalogue::selection::check::SelectionProblem;
use catalogue::stated::ConceptMissing;

pub(crate) use companions::Companion;
pub use descriptor::{
    AttritionKind, AttritionStep, DESCRIPTOR_FILE, ExtractDescriptor, ExtractField,
    ExtractResource, ExtractSchema, Provenance,
};

use crate::durable::{self, WorkFolder};
use crate::folder::Lake;
use crate::keys::{KeyError, KeyStore};
use crate::manifest::VersionManifest;
use crate::sealed::DataKey;
use crate::storage::StorageError;
use crate::vault::{VaultError, load_aliases};
use plan::Plan;
use search::Search;
use serde::Serialize;

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

/// Whose population to find, and with what.
pub struct PopulationRequest<'a> {
    /// The selection.
    pub selection: &'a Selection,
    /// Registers.
    pub catalogue: &'a Catalogue,
    /// The pinned version of every register that the selection needs.
    pub versions: &'a BTreeMap<String, VersionManifest>,
    /// The keys that lots are drawn with.
    pub keys: &'a PermitKeys,
    /// Threads to work with.
    pub threads: usize,
}

impl std::fmt::Debug for PopulationRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PopulationRequest")
            .field("selection", self.selection)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// What to extract, and with what.
pub struct ExtractRequest<'a> {
    /// The permit. Its signature and status have been checked by the caller.
    pub permit: &'a PermitDocument,
    /// Registers.
    pub catalogue: &'a Catalogue,
    /// Regions, for that coarsening.
    pub regions: &'a RegionDivision,
    /// The pinned version of every register that the selection needs, see
    /// [`catalogue::selection::Selection::required_registers`].
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

impl<'a> ExtractRequest<'a> {
    fn asked(&'a self) -> PopulationRequest<'a> {
        PopulationRequest {
            selection: &self.permit.selection,
            catalogue: self.catalogue,
            versions: self.versions,
            keys: &self.keys,
            threads: self.threads,
        }
    }
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
    #[error(transparent)]
    ConceptMissing(#[from] ConceptMissing),
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

/// Makes the extract of a permit. `cancel` stops it; nothing remains then.
pub fn extract(
    lake: &Lake,
    request: &ExtractRequest<'_>,
    cancel: &AtomicBool,
) -> Result<ExtractDescriptor, ExtractError> {
    Ok(extract_in_stages(lake, request, cancel)?.0)
}

/// Makes the extract of a permit and says how long each stage took.
pub fn extract_in_stages(
    lake: &Lake,
    request: &ExtractRequest<'_>,
    cancel: &AtomicBool,
) -> Result<(ExtractDescriptor, Vec<Stage>), ExtractError> {
    let target = &request.target;
    if matches!(target.encryption, Encryption::Plain) && !lake.format().synthetic {
        return Err(ExtractError::PlainNotAllowed);
    }
    if target.dir.exists() {
        return Err(ExtractError::TargetExists(target.dir.clone()));
    }
    let mut stages = Stages::default();
    let aliases = load_aliases(&lake.vault_folder(), lake.keys())?;
    let plan = Plan::new(lake, &request.asked(), &aliases)?;
    let work = work_folder(lake, request)?;
    let search = Search {
        plan: &plan,
        keys: &request.keys,
        threads: request.threads,
        cancel,
    };
    let run = Run {
        search: &search,
        request,
        work: work.path(),
    };
    stages.end("plan");
    let population = population::evaluate(&search)?;
    stages.end("population");
    let written = write::write_tables(&run, &population)?;
    stages.end("tables");
    let descriptor = descriptor::describe(&run, &population, written);
    let mut text = serde_json::to_vec_pretty(&descriptor)
        .map_err(std::io::Error::from)
        .map_err(StorageError::from)?;
    text.push(b'\n');
    durable::replace_file(&work.path().join(DESCRIPTOR_FILE), &text).map_err(StorageError::from)?;
    search.check_cancel()?;
    work.publish(&target.dir).map_err(StorageError::from)?;
    stages.end("publish");
    Ok((descriptor, stages.done))
}

/// Persons after each step of a population, without any extract. It is an output like every other:
/// whoever may not see the persons sees [`disclosure::shown_attrition`] of it.
pub fn count_population(
    lake: &Lake,
    request: &PopulationRequest<'_>,
    cancel: &AtomicBool,
) -> Result<Vec<AttritionStep>, ExtractError> {
    let aliases = load_aliases(&lake.vault_folder(), lake.keys())?;
    let plan = Plan::new(lake, request, &aliases)?;
    let search = Search {
        plan: &plan,
        keys: request.keys,
        threads: request.threads,
        cancel,
    };
    Ok(population::evaluate(&search)?.attrition)
}

/// A part of the work, and how long it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// `plan`, `population`, `tables` or `publish`.
    pub name: &'static str,
    /// Milliseconds.
    pub elapsed_ms: u64,
}

struct Stages {
    clock: Stopwatch,
    done: Vec<Stage>,
}

impl Default for Stages {
    fn default() -> Self {
        Self {
            clock: Stopwatch::start(),
            done: Vec::new(),
        }
    }
}

impl Stages {
    fn end(&mut self, name: &'static str) {
        let elapsed_ms = self.clock.elapsed_ms();
        self.clock = Stopwatch::start();
        self.done.push(Stage { name, elapsed_ms });
    }
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

/// What every step after the population works with.
struct Run<'a> {
    search: &'a Search<'a>,
    request: &'a ExtractRequest<'a>,
    work: &'a Path,
}
