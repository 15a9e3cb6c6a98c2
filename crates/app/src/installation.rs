//! An opened installation: folder, database, lake, content, clock and keys.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{
    AccountId, Actor, Clock, Entropy, ErrorClass, OrganisationId, Role, ShiftedClock, SteadyClock,
    SystemClock, SystemEntropy, Timestamp,
};
use lake::{KeyStore, Lake, LakeFormat};
use serde_json::json;
use store::{Store, StoreUri};

use crate::backup::BACKUP_DUMP;
use crate::ops::READY_PROBE;
use crate::public::Counted;
use crate::rooms::Turns;
use crate::{Content, DEMO_START, Error, Folder, FolderKind, Signer, claim};

const CLOCK_SETTING: &str = "demo.clock_offset_us";
const WITHDRAWN_DAYS: u32 = 30;

/// The installation. Cheap to clone; all use cases are its methods.
#[derive(Clone)]
pub struct App {
    parts: Arc<Parts>,
}

struct Parts {
    folder: Folder,
    store: Store,
    lake: Lake,
    content: Content,
    clock: Arc<dyn Clock>,
    demo_clock: Option<Arc<ShiftedClock>>,
    machine_clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    signer: Signer,
    sequencer: tokio::sync::Mutex<()>,
    reception: tokio::sync::Mutex<()>,
    withdrawn_days: u32,
    kek_file: Option<PathBuf>,
    turns: Turns,
    counted: tokio::sync::Mutex<Counted>,
    samples: tokio::sync::Mutex<BTreeMap<String, Arc<Vec<u8>>>>,
}

/// How to open an installation.
#[derive(Debug, Default)]
pub struct Opening {
    /// The folder.
    pub dir: PathBuf,
    /// The database; the folder's own SQLite file where none is named.
    pub store: Option<String>,
    /// A file that holds the key-encryption key, outside the folder.
    pub kek_file: Option<PathBuf>,
    /// A folder that replaces the embedded content.
    pub content_dir: Option<PathBuf>,
    /// What sessions, set-up links, leases and counted attempts run by; the machine's own clock where
    /// none is handed over.
    pub machine_clock: Option<Arc<dyn Clock>>,
    /// The log's name in checkpoints: a schema-less address such as `sund.example/log`.
    pub log_origin: Option<String>,
    /// Days after which a withdrawn version that no permit needs is deleted; 30 if not said.
    pub withdrawn_days: Option<u32>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("folder", &self.parts.folder)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Makes a folder and opens it.
    pub async fn create(opening: &Opening, kind: FolderKind) -> Result<Self, Error> {
        let folder = Folder::create(&opening.dir, kind, SystemClock.now())?;
        Self::open_parts(opening, folder).await
    }

    /// Opens a folder and holds it until the last clone is dropped.
    pub async fn open(opening: &Opening) -> Result<Self, Error> {
        Self::open_parts(opening, Folder::open(&opening.dir, true)?).await
    }

    async fn open_parts(opening: &Opening, folder: Folder) -> Result<Self, Error> {
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let content = match &opening.content_dir {
            Some(dir) => Content::from_folder(dir)?,
            None => Content::embedded()?,
        };
        let kek = folder.key_encryption_key(opening.kek_file.as_deref(), entropy.as_ref())?;
        let key_dir = folder.root().join("keys");
        let keys = || KeyStore::open(&key_dir, kek.clone());
        let origin = opening
            .log_origin
            .as_deref()
            .unwrap_or("sund.localhost/log");
        let signer = Signer::open(&keys()?, origin, entropy.as_ref())?;
        let lake = open_lake(&folder, keys()?)?;
        sweep_tmp(folder.root())?;
        let uri = match &opening.store {
            Some(uri) => StoreUri::parse(uri)?,
            None => StoreUri::file(folder.root().join("store.db")),
        };
        let store = Store::connect_with(&uri, entropy.clone()).await?;
        store.migrate(SystemClock.now()).await?;
        claim::claim(
            &folder,
            &store,
            &own_actor(Role::System, 1),
            entropy.as_ref(),
        )
        .await?;
        clear_up(&store, &lake).await?;
        let demo_clock = match folder.is_demo() {
            true => Some(Arc::new(demo_clock(&store).await?)),
            false => None,
        };
        let clock: Arc<dyn Clock> = match &demo_clock {
            Some(clock) => clock.clone(),
            None => Arc::new(SystemClock),
        };
        let machine_clock = opening
            .machine_clock
            .clone()
            .unwrap_or_else(|| Arc::new(SteadyClock::start()));
        let reception = tokio::sync::Mutex::new(());
        let sequencer = tokio::sync::Mutex::new(());
        let parts = Parts {
            folder,
            store,
            lake,
            content,
            clock,
            demo_clock,
            machine_clock,
            entropy,
            signer,
            sequencer,
            reception,
            withdrawn_days: opening.withdrawn_days.unwrap_or(WITHDRAWN_DAYS),
            kek_file: opening.kek_file.clone(),
            turns: Turns::default(),
            counted: tokio::sync::Mutex::default(),
            samples: tokio::sync::Mutex::default(),
        };
        Ok(Self {
            parts: Arc::new(parts),
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Folder {
        &self.parts.folder
    }

    /// Whether this is a demo.
    pub fn is_demo(&self) -> bool {
        self.parts.folder.is_demo()
    }

    /// The content.
    pub fn content(&self) -> &Content {
        &self.parts.content
    }

    /// The present instant, by the installation's clock.
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// The present instant for sessions, set-up links, leases and counted attempts: moving a demo's
    /// clock forward by weeks ends nobody's session.
    pub(crate) fn machine_now(&self) -> Timestamp {
        self.parts.machine_clock.now()
    }

    /// The present date in Denmark.
    pub fn today(&self) -> base::Date {
        self.parts.clock.today()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.parts.store
    }

    pub(crate) fn lake(&self) -> &Lake {
        &self.parts.lake
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.parts.clock.as_ref()
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.parts.entropy.as_ref()
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.parts.signer
    }

    /// One process numbers leaves at a time.
    pub(crate) fn sequencer(&self) -> &tokio::sync::Mutex<()> {
        &self.parts.sequencer
    }

    /// One delivery is received at a time: the vault has one writer.
    pub(crate) fn reception(&self) -> &tokio::sync::Mutex<()> {
        &self.parts.reception
    }

    /// The file with the key that wraps all others, where it lies outside the folder.
    pub(crate) fn kek_file(&self) -> Option<&PathBuf> {
        self.parts.kek_file.as_ref()
    }

    /// Days after which a withdrawn version that no permit needs is deleted.
    pub(crate) fn withdrawn_days(&self) -> u32 {
        self.parts.withdrawn_days
    }

    /// Few queries run at once.
    pub(crate) fn turns(&self) -> &Turns {
        &self.parts.turns
    }

    /// The public figures as they were counted last.
    pub(crate) fn counted(&self) -> &tokio::sync::Mutex<Counted> {
        &self.parts.counted
    }

    /// Synthetic samples of packages that were made since the start, by package and language.
    pub(crate) fn samples(&self) -> &tokio::sync::Mutex<BTreeMap<String, Arc<Vec<u8>>>> {
        &self.parts.samples
    }

    /// The actor of the system's own jobs.
    pub fn system(&self) -> Actor {
        own_actor(Role::System, 1)
    }

    /// The actor of the command line on the folder.
    pub fn operator(&self) -> Actor {
        own_actor(Role::Operator, 2)
    }

    /// Moves a demo's clock forward to an instant; it is kept over restarts.
    pub async fn advance_demo_clock(&self, actor: &Actor, to: Timestamp) -> Result<(), Error> {
        let Some(clock) = &self.parts.demo_clock else {
            return Err(Error::not_found());
        };
        self.check_installation(actor, casework::Action::AdvanceDemoClock)?;
        if !clock.advance_to(to) {
            return Err(Error::invalid(
                "clock_backwards",
                "the demo's clock only moves forward",
            ));
        }
        let offset = clock.offset_us();
        let audit = store::AuditEntry::new(actor, "demo.clock", "clock", self.now());
        self.store()
            .run_tx("demo.clock", |tx| {
                let audit = audit.clone();
                async move { tx.put_setting(CLOCK_SETTING, &json!(offset), &audit).await }
            })
            .await?;
        Ok(())
    }

    /// Closes the database. What was acknowledged is safe without it.
    pub async fn close(&self) {
        self.store().close().await;
    }
}

/// Removes what a crash left in `tmp/`: a plain copy of the database on its way into a backup, and the
/// probes of watchers.
fn sweep_tmp(root: &Path) -> Result<(), Error> {
    let failed = |error: std::io::Error| {
        let message = format!("the folder's `tmp` cannot be swept: {}", error.kind());
        Error::new(ErrorClass::Unavailable, "folder_unusable", message)
    };
    let entries = match std::fs::read_dir(root.join("tmp")) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let plain = name.trim_start_matches('.');
        if plain.starts_with(READY_PROBE) || plain.starts_with(BACKUP_DUMP) {
            std::fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Opens a folder's lake, and lays it out in a new folder.
fn open_lake(folder: &Folder, keys: KeyStore) -> Result<Lake, Error> {
    let lake = if folder.root().join("lake/FORMAT.json").is_file() {
        Lake::open(folder.root(), keys)?
    } else {
        Lake::create(folder.root(), LakeFormat::new(folder.is_demo()), keys)?
    };
    lake.sweep()?;
    Ok(lake)
}

/// Clears up what a crash left behind: writes that nobody finishes any more, and what lies between the
/// lake and the log of events.
async fn clear_up(store: &Store, lake: &Lake) -> Result<(), Error> {
    store
        .run_tx("idempotency.release", |tx| async move {
            tx.release_idempotency_keys().await
        })
        .await?;
    let known = store
        .read("lake.known_versions", |reader| async move {
            reader.list_register_versions(None, None).await
        })
        .await?;
    lake.sweep_versions(&known.iter().map(|version| version.version_id).collect())?;
    Ok(())
}

/// The system and the operator are no accounts: their ids are fixed and cannot sign in.
fn own_actor(role: Role, last: u8) -> Actor {
    let mut id = [0; 16];
    if let Some(byte) = id.last_mut() {
        *byte = last;
    }
    let organisation: OrganisationId = "sund"
        .parse()
        .expect("invariant: `sund` is a well-formed organisation name");
    Actor {
        account: AccountId::from_bytes(id),
        organisation,
        role,
    }
}

/// The demo's clock: from its stored distance, or beginning at [`DEMO_START`].
async fn demo_clock(store: &Store) -> Result<ShiftedClock, Error> {
    let stored = store
        .read("demo.load_clock", |reader| async move {
            reader.find_setting(CLOCK_SETTING).await
        })
        .await?;
    if let Some(offset) = stored.and_then(|value| value.as_i64()) {
        return Ok(ShiftedClock::new(offset));
    }
    let start = DEMO_START
        .parse()
        .map_err(|error| Error::internal("the demo's start", &error))?;
    let clock = ShiftedClock::starting_at(start);
    let offset = clock.offset_us();
    let audit = store::AuditEntry::new(
        &own_actor(Role::System, 1),
        "demo.clock",
        "clock",
        clock.now(),
    );
    store
        .run_tx("demo.store_clock", |tx| {
            let audit = audit.clone();
            async move { tx.put_setting(CLOCK_SETTING, &json!(offset), &audit).await }
        })
        .await?;
    Ok(clock)
}
