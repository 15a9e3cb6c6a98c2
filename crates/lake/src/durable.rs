//! Files that are whole or not there: write beside, sync, rename, sync the folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// Creates a file that only its owner can read; fails if it exists.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Replaces `path` by `bytes` in one step that survives a crash.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    if beside.exists() {
        fs::remove_file(beside)?;
    }
    let mut file = create_private(beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)?;
    sync_folder(folder)
}

/// Makes the names in a folder survive a crash.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Moves a finished folder to its place, which must not exist.
pub(crate) fn publish_folder(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let parent = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    sync_folder(from)?;
    fs::rename(from, to)?;
    sync_folder(parent)
}

/// The hash of what a reader gives, in hex.
pub(crate) fn hash_reader(mut input: impl io::Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let n_read = input.read(&mut buffer)?;
        if n_read == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(buffer.get(..n_read).unwrap_or_default());
    }
}

/// Bytes in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(
                DIGITS
                    .get(usize::from(nibble))
                    .map_or('0', |d| char::from(*d)),
            );
        }
    }
    text
}

/// Counts and hashes what is written through it.
#[derive(Debug)]
pub(crate) struct Hashing<W> {
    output: W,
    hash: Sha256,
    n_bytes: u64,
}

impl<W: Write> Hashing<W> {
    pub(crate) fn new(output: W) -> Self {
        Self {
            output,
            hash: Sha256::new(),
            n_bytes: 0,
        }
    }

    /// The output, the bytes written to it, and their hash in hex.
    pub(crate) fn finish(self) -> (W, u64, String) {
        (self.output, self.n_bytes, hex(&self.hash.finalize()))
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_written = self.output.write(bytes)?;
        self.hash.update(bytes.get(..n_written).unwrap_or_default());
        self.n_bytes += n_written as u64;
        Ok(n_written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// A working folder that disappears unless it is published.
#[derive(Debug)]
pub(crate) struct WorkFolder {
    path: Option<std::path::PathBuf>,
}

impl WorkFolder {
    /// An empty folder at `path`; what an interrupted run left there is removed.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if path.exists() {
            fs::remove_dir_all(path)?;
        }
        fs::create_dir_all(path)?;
        Ok(Self {
            path: Some(path.to_owned()),
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new("."))
    }

    /// Moves it to its final place.
    pub(crate) fn publish(mut self, to: &Path) -> io::Result<()> {
        publish_folder(self.path(), to)?;
        self.path = None;
        Ok(())
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        if let Some(path) = self.path.take()
            && let Err(error) = fs::remove_dir_all(&path)
        {
            tracing::warn!(folder = %path.display(), kind = ?error.kind(), "a working folder could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_working_folder_disappears_unless_published() {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path().join("tmp/a");
        drop(WorkFolder::create(&work).unwrap());
        assert!(!work.exists());
        let folder = WorkFolder::create(&work).unwrap();
        fs::write(folder.path().join("x"), b"x").unwrap();
        folder.publish(&dir.path().join("final/a")).unwrap();
        assert!(dir.path().join("final/a/x").exists());
        assert!(!work.exists());
    }

    #[test]
    fn nothing_is_published_over_something() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        let folder = WorkFolder::create(&dir.path().join("a")).unwrap();
        assert!(folder.publish(&dir.path().join("b")).is_err());
        assert!(!dir.path().join("a").exists());
    }
}
