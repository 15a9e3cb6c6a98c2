//! A folder and its database know each other by one random name. Opened with another database, a
//! folder would seem empty, and what lies in it would be swept away as if nobody knew it.

use base::{Actor, Clock as _, Entropy, ErrorClass, SystemClock};
use serde_json::json;
use store::{AuditEntry, Store};

use crate::{Error, Folder, folder};

/// The file that holds the name.
pub(crate) const NAME_FILE: &str = "store.id";
const SETTING: &str = "installation.name";

/// Refuses a database that belongs to another folder; a new folder and a new database are joined.
pub(crate) async fn claim(
    folder: &Folder,
    store: &Store,
    actor: &Actor,
    entropy: &dyn Entropy,
) -> Result<(), Error> {
    let path = folder.root().join(NAME_FILE);
    let unusable = |error: std::io::Error| {
        let message = format!("`{}` cannot be written: {}", path.display(), error.kind());
        Error::new(ErrorClass::Unavailable, "folder_unusable", message)
    };
    let own = std::fs::read_to_string(&path).ok();
    let own = own.as_deref().map(str::trim);
    let (found, events) = named(store).await?;
    match (own, found) {
        (Some(own), Some(found)) if own == found => Ok(()),
        // Of a folder that was just made, or one whose making was interrupted here.
        (own, None) if events == 0 && (own.is_none() || !holds_registers(folder)) => {
            let name = own.map_or_else(|| new_name(entropy), str::to_owned);
            folder::write_synced(&path, name.as_bytes(), 0o644).map_err(unusable)?;
            put_name(store, actor, &name).await
        }
        // Of a version before folders and databases had a name.
        (None, None) => {
            let name = new_name(entropy);
            folder::write_synced(&path, name.as_bytes(), 0o644).map_err(unusable)?;
            put_name(store, actor, &name).await
        }
        _ => Err(Error::new(
            ErrorClass::Conflict,
            "other_database",
            "the folder and the database belong to two installations",
        )
        .advise("name the folder's own database with `--store`, or an empty one for a new folder")),
    }
}

/// The name that a database carries, and the number of its events.
pub(crate) async fn named(store: &Store) -> Result<(Option<String>, u64), Error> {
    store
        .read("installation.name", |reader| async move {
            let name = reader.find_setting(SETTING).await?;
            let name = name.and_then(|name| name.as_str().map(str::to_owned));
            Ok((name, reader.last_position().await?))
        })
        .await
}

async fn put_name(store: &Store, actor: &Actor, name: &str) -> Result<(), Error> {
    let audit = AuditEntry::new(
        actor,
        "installation.claim",
        "installation",
        SystemClock.now(),
    );
    store
        .run_tx("installation.claim", |tx| {
            let (audit, name) = (audit.clone(), name.to_owned());
            async move { tx.put_setting(SETTING, &json!(name), &audit).await }
        })
        .await?;
    Ok(())
}

fn new_name(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    folder::hex(&bytes)
}

/// Whether a register was ever delivered to the folder.
fn holds_registers(folder: &Folder) -> bool {
    let entries = std::fs::read_dir(folder.root().join("lake"));
    entries.is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
    })
}
