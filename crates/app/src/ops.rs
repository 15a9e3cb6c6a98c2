//! Running an installation: what watchers ask, starting a demo over.

use std::path::Path;

use base::{Actor, Clock as _, ErrorClass, SystemClock};
use casework::CaseState;
use store::{AuditEntry, DocumentFilter, JobState, Store, StoreUri};

use crate::claim::{NAME_FILE, named};
use crate::{App, Error, Folder, Opening, folder};

/// Parts of a demo's folder, in the order of removal: the database first, so that nothing ever
/// refers to what is gone; the keys last.
const PARTS: [&str; 9] = [
    "lake",
    "vault",
    "quarantine",
    "extracts",
    "rooms",
    "log",
    "journal",
    "tmp",
    "keys",
];
/// How the files are called that watchers' questions write into `tmp/`.
pub(crate) const READY_PROBE: &str = "ready-";
const DATABASE_FILES: [&str; 4] = ["store.db", "store.db-wal", "store.db-shm", NAME_FILE];

impl App {
    /// Notes in the audit that a command of the operator was carried out. What it changes has entries
    /// of its own.
    pub async fn record_command(
        &self,
        actor: &Actor,
        command: &str,
        subject: &str,
    ) -> Result<(), Error> {
        let audit = AuditEntry::new(actor, format!("command.{command}"), subject, self.now());
        self.store()
            .run_tx("command.audit", |tx| {
                let audit = audit.clone();
                async move { tx.record_audit(&audit).await }
            })
            .await?;
        Ok(())
    }

    /// Whether requests can be answered: the database answers and the folder takes writes.
    pub async fn ready(&self) -> Result<(), Error> {
        self.store().ping().await?;
        self.check_writable()
    }

    /// Whether the folder takes writes. Watchers may ask at once: each probes with a file of its own.
    pub(crate) fn check_writable(&self) -> Result<(), Error> {
        let mut name = [0; 8];
        self.entropy().fill(&mut name);
        let probe = format!("{READY_PROBE}{}", folder::hex(&name));
        let probe = self.folder().root().join("tmp").join(probe);
        let written = folder::write_synced(&probe, b"ready\n", 0o600)
            .and_then(|()| std::fs::remove_file(&probe));
        written.map_err(|error| {
            let message = format!("the folder takes no writes: {}", error.kind());
            Error::new(ErrorClass::Unavailable, "folder_unusable", message)
                .advise("free some space, and check who owns the folder")
        })
    }

    /// Figures for those who watch over the installation. None of them is about a person.
    pub async fn operation_figures(&self) -> Result<Vec<(String, i64)>, Error> {
        let counted = self
            .store()
            .read("operation.figures", |reader| async move {
                let mut figures: Vec<(&str, u64)> = Vec::new();
                let all = DocumentFilter::default();
                figures.push(("cases", reader.count_documents("case", &all).await?));
                let mut open = 0;
                for state in CaseState::ALL.iter().filter(|state| state.is_open()) {
                    let filter = DocumentFilter {
                        state: Some(state.name()),
                        ..DocumentFilter::default()
                    };
                    open += reader.count_documents("case", &filter).await?;
                }
                figures.push(("cases_open", open));
                figures.push(("events", reader.last_position().await?));
                figures.push(("jobs_waiting", reader.count_jobs(JobState::Waiting).await?));
                figures.push(("jobs_running", reader.count_jobs(JobState::Running).await?));
                figures.push(("jobs_failed", reader.count_jobs(JobState::Failed).await?));
                figures.push(("leaves_pending", reader.count_pending_leaves().await?));
                figures.push(("log_size", reader.count_leaves().await?));
                let versions = reader.list_register_versions(None, None).await?;
                figures.push(("register_versions", versions.len() as u64));
                Ok::<_, Error>(figures)
            })
            .await?;
        let figure = |(name, value): (&str, u64)| {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            (name.to_owned(), value)
        };
        Ok(counted.into_iter().map(figure).collect())
    }

    /// The public key of the log, as verifiers take it.
    pub fn log_key(&self) -> Result<String, Error> {
        Ok(self.signer().verifier_key()?.to_string())
    }

    /// Takes away everything that a demo holds, so that it begins anew at its next start. The folder
    /// and its settings stay. Whether there was one. Refuses what is no demo.
    pub async fn reset_demo(opening: &Opening) -> Result<bool, Error> {
        if !Folder::is_at(&opening.dir) {
            return Ok(false);
        }
        let held = Folder::open(&opening.dir, true)?;
        if !held.is_demo() {
            return Err(not_a_demo("the folder holds real data"));
        }
        if let Some(uri) = &opening.store {
            reset_store(&StoreUri::parse(uri)?, &held).await?;
        }
        for file in DATABASE_FILES {
            remove(&held.root().join(file))?;
        }
        for part in PARTS {
            remove(&held.root().join(part))?;
        }
        for part in ["keys", "log", "extracts", "rooms", "tmp"] {
            let made = std::fs::create_dir_all(held.root().join(part));
            made.map_err(|error| not_removed(held.root(), &error))?;
        }
        Ok(true)
    }
}

/// Empties the database of a demo's folder. One with another name is somebody else's.
async fn reset_store(uri: &StoreUri, folder: &Folder) -> Result<(), Error> {
    let store = Store::connect(uri).await?;
    if store.schema_version().await? > 0 {
        store.migrate(SystemClock.now()).await?;
        let own = std::fs::read_to_string(folder.root().join(NAME_FILE)).ok();
        let (name, events) = named(&store).await?;
        let others = match name {
            Some(name) => own.as_deref().map(str::trim) != Some(name.as_str()),
            None => events > 0,
        };
        if others {
            store.close().await;
            return Err(not_a_demo("the database was not made by this demo"));
        }
        store.revert_to(0).await?;
    }
    store.close().await;
    Ok(())
}

fn not_a_demo(what: &str) -> Error {
    let message = format!("{what}, and is not removed");
    Error::new(ErrorClass::Forbidden, "not_a_demo", message)
        .advise("name the folder of a demo with `--dir`")
}

fn remove(path: &Path) -> Result<(), Error> {
    let removed = match path.symlink_metadata() {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
    };
    removed.map_err(|error| not_removed(path, &error))
}

fn not_removed(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("`{}` cannot be removed: {}", path.display(), error.kind());
    Error::new(ErrorClass::Unavailable, "folder_unusable", message)
}
