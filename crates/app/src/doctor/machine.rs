//! What the machine must give: space, a clock that goes forward, files that only their owner reads.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base::{Clock as _, SystemClock};

use super::Check;
use crate::status::DiskSpace;
use crate::{App, Error};

impl App {
    pub(super) async fn check_disk(&self) -> Check {
        let root = self.folder().root().to_path_buf();
        let disk = tokio::task::spawn_blocking(move || DiskSpace::of(&root)).await;
        let Some(disk) = disk.ok().flatten() else {
            return Check::bad(
                "disk",
                "the free space of the folder's disk cannot be told",
                "check that `df` is installed",
            );
        };
        let gib = disk.available >> 30;
        let message = format!("{gib} GiB free, {} percent", disk.percent());
        if disk.is_low() {
            return Check::bad(
                "disk",
                message,
                "make room: a delivery needs its own size twice over while it is received",
            );
        }
        Check::good("disk", message)
    }

    /// Clocks must not stand before what has happened already: deadlines and the log are read by them.
    pub(super) async fn check_clock(&self) -> Result<Check, Error> {
        let advice = "set the machine's clock, and let a time service keep it";
        if SystemClock.now() < self.folder().format().created_at {
            let message = "the machine's clock stands before the day this folder was made";
            return Ok(Check::bad("clock", message, advice));
        }
        if let Some((_, _, signed_at)) = self.checkpoint().await?
            && self.now() < signed_at
        {
            let message = "the clock stands before the last signed checkpoint of the log";
            return Ok(Check::bad("clock", message, advice));
        }
        let now = base::format_instant(self.now());
        let shifted = if self.is_demo() {
            " on the demo's own clock"
        } else {
            ""
        };
        Ok(Check::good("clock", format!("{now}{shifted}")))
    }

    /// A key that others can read, or that lies beside what it protects.
    pub(super) fn check_keys(&self) -> Check {
        let own = self.folder().root().join("keys/kek");
        let kek = self.kek_file().map_or(own.as_path(), PathBuf::as_path);
        let mut open = Vec::new();
        note_open(kek, &mut open);
        note_open(&self.folder().root().join("keys"), &mut open);
        if let Some(first) = open.first() {
            return Check::bad(
                "keys",
                format!(
                    "others than the owner can read {} key files, such as `{}`",
                    open.len(),
                    first.display()
                ),
                "run `chmod -R go= keys` in the folder, and `chmod 600` on a key file elsewhere",
            );
        }
        if !self.is_demo() && own.is_file() {
            return Check::bad(
                "keys",
                "the key file lies in the folder, beside the data that it protects",
                "move `keys/kek` to another disk and name it in the settings as `keys.kek_file`",
            );
        }
        Check::good("keys", "every key file is its owner's only")
    }

    pub(super) async fn check_backup(&self) -> Check {
        let status = self.operation_status().await;
        let last = status.last_backup.map(base::format_instant);
        match (last, status.backup_overdue) {
            (Some(at), false) => Check::good("backup", format!("the last one is of {at}")),
            (None, false) => Check::good("backup", "none was made; there is nothing to lose yet"),
            (Some(at), true) => Check::bad(
                "backup",
                format!("the last one is of {at}"),
                "run `sund backup` every week at least",
            ),
            (None, true) => Check::bad("backup", "none was made", "run `sund backup`"),
        }
    }
}

/// Files at and below a path that others than the owner can read or write.
fn note_open(path: &Path, open: &mut Vec<PathBuf>) {
    let Ok(found) = std::fs::symlink_metadata(path) else {
        return;
    };
    if found.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            note_open(&entry.path(), open);
        }
    } else if found.is_file() && found.permissions().mode() & 0o077 != 0 {
        open.push(path.to_path_buf());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_others_can_read_are_found_at_any_depth() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("keys/extract");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, mode) in [("a.key", 0o600), ("b.key", 0o640)] {
            let path = folder.join(name);
            std::fs::write(&path, b"x").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let mut open = Vec::new();
        note_open(dir.path(), &mut open);
        assert_eq!(open, [folder.join("b.key")]);
    }
}
