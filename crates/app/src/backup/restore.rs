//! Putting an archive back: every byte is compared with its hash before anything is believed, and
//! the folder appears under its name only when it is whole. A closing journal beside the archive
//! (`x.tar.zst.journal`) is replayed before anybody is served.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Component, Path, PathBuf};

use base::{Clock as _, ErrorClass, SystemClock, Timestamp};
use casework::{Case, CaseEvent};
use serde::Serialize;
use store::archive::inspect;
use store::{Document, Store, StoreUri};

use super::{
    BackupManifest, FORMAT, MANIFEST, Member, STORE_MEMBER, archive_failed, beside, copy_hashed,
    unreadable, unwritable,
};
use crate::folder::KEK_FILE;
use crate::journal::JOURNAL;
use crate::log::LogCheck;
use crate::{App, Error, Folder, Opening, record};

/// Bytes of a manifest that are read at most.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;
const KEY_BYTES_MAX: u64 = 1 << 20;
const EMPTY_PARTS: [&str; 5] = ["keys", "rooms", "tmp", "log", "extracts"];

/// What was found while putting an archive back.
#[derive(Debug, Clone, Serialize)]
pub struct RestoreReport {
    /// When the archive was made.
    pub at: Timestamp,
    /// Files in it, all of which match their hash.
    pub members: usize,
    /// Rows of the database.
    pub rows: u64,
    /// Events of the database.
    pub events: u64,
    /// Cases that were folded from their events; none where the folder could not be opened.
    pub cases: Option<u64>,
    /// Entries of the public log that verify; none where there is no log, or no way to look.
    pub leaves: Option<u64>,
    /// Permits that were closed after the archive was made, and were closed again.
    pub closed_again: usize,
    /// Deletions after the archive was made, which were carried out again.
    pub deleted_again: usize,
    /// Whether a folder was made of it.
    pub restored: bool,
    /// What is not as it should be.
    pub findings: Vec<String>,
}

/// Puts an archive back into a folder that is not there yet, or is empty, and checks what came of it.
///
/// With `check` the same is done in a working folder beside the archive, without the files of the
/// data plane, which are compared with their hashes as they pass; nothing is written that stays.
pub async fn restore(
    archive: &Path,
    opening: &Opening,
    check: bool,
) -> Result<RestoreReport, Error> {
    let target = opening.dir.clone();
    if !check {
        refuse_unless_free(&target)?;
    }
    let work = match check {
        true => beside(archive, "checking"),
        false => beside(&target, "restoring"),
    };
    remove_dir(&work)?;
    let outcome = restore_by(archive, opening, check, &work).await;
    remove_dir(&work)?;
    outcome
}

async fn restore_by(
    archive: &Path,
    opening: &Opening,
    check: bool,
    work: &Path,
) -> Result<RestoreReport, Error> {
    let (from, into) = (archive.to_path_buf(), work.to_path_buf());
    // To check, the database's part and the log are laid on disk.
    let manifest = tokio::task::spawn_blocking(move || {
        unpack(&from, &into, &|name| {
            !check || name == STORE_MEMBER || name.starts_with("log/")
        })
    })
    .await
    .map_err(|error| Error::internal("restoring", &error))??;
    let dump = work.join(STORE_MEMBER);
    let summary = inspect(&dump).await.map_err(archive_failed)?;
    let mut report = RestoreReport {
        at: manifest.at,
        members: manifest.members.len(),
        rows: summary.rows.values().sum(),
        events: summary.rows.get("events").copied().unwrap_or(0),
        cases: None,
        leaves: None,
        closed_again: 0,
        deleted_again: 0,
        restored: false,
        findings: Vec::new(),
    };
    if report.rows != manifest.rows {
        report.findings.push(format!(
            "the database holds {} rows, the manifest says {}",
            report.rows, manifest.rows
        ));
    }
    if check {
        check_unpacked(work, &dump, &mut report).await?;
        return Ok(report);
    }
    if !Folder::is_at(work) {
        return Err(broken(archive, "it holds no folder of Sund"));
    }
    for part in EMPTY_PARTS {
        let made = std::fs::create_dir_all(work.join(part));
        made.map_err(|error| unwritable(work, &error))?;
    }
    load_store(work, opening, &dump).await?;
    std::fs::remove_file(&dump).map_err(|error| unwritable(&dump, &error))?;
    let keys = beside(archive, "keys");
    if keys.is_file() {
        unpack_keys(&keys, work)?;
    } else {
        let missing = format!(
            "the keys are not beside the archive, as `{}`",
            keys.display()
        );
        report.findings.push(missing);
    }
    let journal = beside(archive, "journal");
    if journal.is_file() {
        let copied = std::fs::read(&journal).map_err(|error| unreadable(&journal, &error))?;
        let target = work.join(JOURNAL);
        crate::folder::write_synced(&target, &copied, 0o600)
            .map_err(|error| unwritable(&target, &error))?;
    }
    publish(work, &opening.dir)?;
    report.restored = true;
    verify_restored(opening, &mut report).await?;
    Ok(report)
}

/// Loads the database's part into the folder's own file, or the database that was named.
async fn load_store(work: &Path, opening: &Opening, dump: &Path) -> Result<(), Error> {
    let uri = match &opening.store {
        Some(uri) => StoreUri::parse(uri)?,
        None => StoreUri::file(work.join("store.db")),
    };
    let store = Store::connect(&uri).await?;
    let loaded = store.restore_from(dump, SystemClock.now()).await;
    store.close().await;
    loaded.map(drop).map_err(archive_failed)
}

/// Loads the database's part into a file that does not stay, folds every case and compares it with
/// its read model; verifies the log.
async fn check_unpacked(work: &Path, dump: &Path, report: &mut RestoreReport) -> Result<(), Error> {
    let store = Store::connect(&StoreUri::file(work.join("check.db"))).await?;
    let loaded = store.restore_from(dump, SystemClock.now()).await;
    loaded.map(drop).map_err(archive_failed)?;
    let checked = check_store(&store, report).await;
    store.close().await;
    checked?;
    let log = work.join("log");
    if log.join("checkpoint").is_file() {
        note_log(&crate::log::verify_folder(&log, None, &[])?, report);
    }
    Ok(())
}

async fn check_store(store: &Store, report: &mut RestoreReport) -> Result<(), Error> {
    report.cases = Some(fold_all_cases(store, &mut report.findings).await?);
    let position = store
        .read("restore.events", |reader| async move {
            reader.last_position().await
        })
        .await?;
    if position != report.events {
        report.findings.push(format!(
            "the last event has number {position}, but there are {} events",
            report.events
        ));
    }
    Ok(())
}

fn note_log(check: &LogCheck, report: &mut RestoreReport) {
    report.leaves = Some(check.report.n_leaves);
    let findings = check.report.findings.iter();
    report
        .findings
        .extend(findings.map(|finding| format!("log: {finding}")));
}

/// Opens what was restored: every case is folded from its events and the log is verified.
async fn verify_restored(opening: &Opening, report: &mut RestoreReport) -> Result<(), Error> {
    let app = match App::open(opening).await {
        Ok(app) => app,
        Err(error) if matches!(error.code(), "kek_missing" | "key" | "kek") => {
            report.findings.push(format!(
                "the folder is restored but cannot be opened: {error}; put the key file back as \
                 `{KEK_FILE}`, or name it in the settings, then run `sund doctor`"
            ));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let journal = opening.dir.join(JOURNAL);
    if journal.is_file() {
        let replayed = app.replay_journal(&journal).await?;
        report.closed_again = replayed.closed;
        report.deleted_again = replayed.deleted;
    }
    check_store(app.store(), report).await?;
    if app.checkpoint().await?.is_some() {
        note_log(&app.check_log()?, report);
    }
    app.close().await;
    Ok(())
}

async fn fold_all_cases(store: &Store, findings: &mut Vec<String>) -> Result<u64, Error> {
    let (mut folded, mut after) = (0, None::<String>);
    loop {
        let from = after.clone();
        let streams = store
            .read("restore.cases", |reader| async move {
                reader.list_streams("case-", from.as_deref()).await
            })
            .await?;
        let Some(last) = streams.last() else {
            return Ok(folded);
        };
        after = Some(last.stream.clone());
        for head in &streams {
            let stream = head.stream.clone();
            let id = head.stream.trim_start_matches("case-").to_owned();
            let (events, shown) = store
                .read("restore.case", |reader| async move {
                    let events = record::load::<CaseEvent>(&reader, &stream).await?;
                    let shown = reader.find_document("case", &id).await?;
                    Ok::<_, Error>((events, shown))
                })
                .await?;
            match Case::fold(&events) {
                Some(case) if case.version == head.version => {
                    folded += 1;
                    if !shown.is_some_and(|shown| shows(&shown, &case)) {
                        findings.push(format!("`{}` is shown otherwise than it is", head.stream));
                    }
                }
                _ => findings.push(format!("`{}` is not a whole case", head.stream)),
            }
        }
    }
}

/// Whether a read model shows the case as its events tell it.
fn shows(document: &Document, case: &Case) -> bool {
    document.version == case.version
        && document.number.as_deref() == Some(case.number.as_str())
        && document.state.as_deref() == Some(case.state.name())
}

/// Unpacks an archive and compares every member with the manifest, which comes first. Members that
/// are not wanted on disk are compared all the same.
fn unpack(
    archive: &Path,
    work: &Path,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<BackupManifest, Error> {
    let damaged = |_: std::io::Error| broken(archive, "it is cut off or damaged");
    let file = File::open(archive).map_err(|error| unreadable(archive, &error))?;
    let packed = zstd::stream::Decoder::new(BufReader::new(file)).map_err(damaged)?;
    let mut members = tar::Archive::new(packed);
    let mut entries = members.entries().map_err(damaged)?;
    let first = entries
        .next()
        .ok_or_else(|| broken(archive, "it is empty"))?;
    let manifest = read_manifest(archive, first.map_err(damaged)?)?;
    let mut awaited: BTreeMap<&str, &Member> = manifest
        .members
        .iter()
        .map(|member| (member.name.as_str(), member))
        .collect();
    for entry in entries {
        let entry = entry.map_err(damaged)?;
        let name = entry
            .path()
            .map_err(damaged)?
            .to_string_lossy()
            .into_owned();
        let plain = entry.header().entry_type().is_file() && is_plain(Path::new(&name));
        let member = awaited
            .remove(name.as_str())
            .filter(|_| plain)
            .ok_or_else(|| {
                broken(
                    archive,
                    "it holds something that its manifest does not name",
                )
            })?;
        let copied = if wanted(&name) {
            let path = work.join(&name);
            let failed = |error: std::io::Error| unwritable(&path, &error);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(failed)?;
            }
            let mut out = super::create_private(&path).map_err(failed)?;
            let copied = copy_hashed(entry, &mut out).map_err(damaged)?;
            out.sync_all().map_err(failed)?;
            copied
        } else {
            copy_hashed(entry, &mut std::io::sink()).map_err(damaged)?
        };
        if copied != (member.sha256.clone(), member.bytes) {
            return Err(broken(
                archive,
                &format!("`{name}` does not match its hash"),
            ));
        }
    }
    match awaited.keys().next() {
        None => Ok(manifest.clone()),
        Some(missing) => Err(broken(archive, &format!("`{missing}` is missing"))),
    }
}

fn read_manifest(
    archive: &Path,
    entry: tar::Entry<'_, impl std::io::Read>,
) -> Result<BackupManifest, Error> {
    let named = entry.path().is_ok_and(|path| path == Path::new(MANIFEST));
    let mut text = Vec::new();
    let read = entry.take(MANIFEST_BYTES_MAX).read_to_end(&mut text);
    read.map_err(|_| broken(archive, "its manifest cannot be read"))?;
    serde_json::from_slice(&text)
        .ok()
        .filter(|manifest: &BackupManifest| named && manifest.format == FORMAT)
        .ok_or_else(|| broken(archive, "it was not made by `sund backup`"))
}

/// Unpacks wrapped keys. What wraps them is put there by people.
fn unpack_keys(path: &Path, work: &Path) -> Result<(), Error> {
    let damaged = |_: std::io::Error| broken(path, "it is cut off or damaged");
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut members = tar::Archive::new(BufReader::new(file));
    for entry in members.entries().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        let name: PathBuf = entry.path().map_err(damaged)?.into_owned();
        if !is_plain(&name) || !name.starts_with("keys") || !entry.header().entry_type().is_file() {
            return Err(broken(path, "it holds something that is no key"));
        }
        let mut bytes = Vec::new();
        entry
            .take(KEY_BYTES_MAX)
            .read_to_end(&mut bytes)
            .map_err(damaged)?;
        let target = work.join(&name);
        crate::folder::write_synced(&target, &bytes, 0o600)
            .map_err(|error| unwritable(&target, &error))?;
    }
    Ok(())
}

/// A path that stays within its folder.
fn is_plain(path: &Path) -> bool {
    path.components()
        .all(|part| matches!(part, Component::Normal(_)))
}

fn refuse_unless_free(target: &Path) -> Result<(), Error> {
    let taken = match std::fs::read_dir(target) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    };
    if taken {
        let message = format!("`{}` is not empty", target.display());
        return Err(
            Error::new(ErrorClass::Conflict, "folder_not_empty", message)
                .advise("restore into a folder that does not exist yet, and name it with `--dir`"),
        );
    }
    Ok(())
}

fn publish(work: &Path, target: &Path) -> Result<(), Error> {
    if target.is_dir() {
        std::fs::remove_dir(target).map_err(|error| unwritable(target, &error))?;
    }
    super::rename_synced(work, target).map_err(|error| unwritable(target, &error))
}

fn remove_dir(path: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unwritable(path, &error)),
        _ => Ok(()),
    }
}

fn broken(path: &Path, why: &str) -> Error {
    let message = format!("`{}` cannot be restored: {why}", path.display());
    Error::new(ErrorClass::Invalid, "backup_broken", message)
        .advise("use another copy of the archive")
}
