//! A delivered file on its way in.
//!
//! It holds identity numbers, so it never lies readable on a disk. It is sealed in pieces under a key
//! that exists in this process only and is gone with it; what a crash leaves is noise, and the next
//! start removes it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use base::{DeliveryId, Entropy};
use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use crate::durable;
use crate::folder::Lake;

const PIECE_BYTES: usize = 1 << 16;
const TAG_BYTES: usize = 16;

/// The files of one upload; they disappear with it.
#[derive(Debug)]
pub struct Upload {
    folder: PathBuf,
    n_files: usize,
}

impl Upload {
    /// Begins an upload.
    pub fn begin(lake: &Lake, delivery: DeliveryId) -> io::Result<Self> {
        // The name is one that a sweep removes.
        let folder = lake.work_folder(&format!("delivery-upload-{delivery}"));
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, n_files: 0 })
    }

    /// Begins a file.
    pub fn file(&mut self, entropy: &dyn Entropy) -> io::Result<UploadWriter> {
        self.n_files += 1;
        let path = self.folder.join(format!("{}.sealed", self.n_files));
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Ok(UploadWriter {
            file: durable::create_private(&path)?,
            path,
            cipher: Arc::new(Aes256Gcm::new((&key).into())),
            piece: Vec::with_capacity(PIECE_BYTES),
            n_pieces: 0,
            n_bytes: 0,
        })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(kind = ?error.kind(), "an upload could not be removed");
        }
    }
}

/// Takes a file in, in pieces of any size. Holds one piece in memory.
pub struct UploadWriter {
    file: File,
    path: PathBuf,
    cipher: Arc<Aes256Gcm>,
    piece: Vec<u8>,
    n_pieces: u64,
    n_bytes: u64,
}

impl std::fmt::Debug for UploadWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UploadWriter")
            .field("n_bytes", &self.n_bytes)
            .finish_non_exhaustive()
    }
}

impl UploadWriter {
    /// Seals what is left. The file can be read from now on.
    pub fn finish(mut self) -> io::Result<SealedUpload> {
        self.seal_piece()?;
        Ok(SealedUpload {
            file: Arc::new(File::open(&self.path)?),
            cipher: self.cipher,
            n_bytes: self.n_bytes,
        })
    }

    fn seal_piece(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce(self.n_pieces)), self.piece.as_slice())
            .map_err(|_| io::ErrorKind::Other)?;
        self.file.write_all(&sealed)?;
        self.n_pieces += 1;
        self.piece.clear();
        Ok(())
    }
}

impl Write for UploadWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE_BYTES - self.piece.len();
        let taken = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        self.piece.extend_from_slice(taken);
        self.n_bytes += taken.len() as u64;
        if self.piece.len() == PIECE_BYTES {
            self.seal_piece()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A key serves one file, and each of its pieces has its own number.
fn nonce(piece: u64) -> [u8; 12] {
    let mut bytes = [0; 12];
    for (byte, of_number) in bytes.iter_mut().zip(piece.to_le_bytes()) {
        *byte = of_number;
    }
    bytes
}

/// A file that was taken in. Cheap to clone.
#[derive(Clone)]
pub struct SealedUpload {
    file: Arc<File>,
    cipher: Arc<Aes256Gcm>,
    n_bytes: u64,
}

impl std::fmt::Debug for SealedUpload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedUpload")
            .field("n_bytes", &self.n_bytes)
            .finish_non_exhaustive()
    }
}

impl SealedUpload {
    /// Its content from a place on.
    fn reader(&self, at: u64) -> UploadReader {
        UploadReader {
            upload: self.clone(),
            at,
            opened: None,
        }
    }

    fn open_piece(&self, piece: u64) -> io::Result<Vec<u8>> {
        let begin = piece * PIECE_BYTES as u64;
        let plain = self.n_bytes.saturating_sub(begin).min(PIECE_BYTES as u64);
        let length = usize::try_from(plain).map_err(|_| io::ErrorKind::InvalidData)? + TAG_BYTES;
        let mut sealed = vec![0; length];
        self.file
            .read_exact_at(&mut sealed, piece * (PIECE_BYTES + TAG_BYTES) as u64)?;
        self.cipher
            .decrypt(&Nonce::from(nonce(piece)), sealed.as_slice())
            .map_err(|_| io::ErrorKind::InvalidData.into())
    }
}

/// Reads an upload, a piece at a time.
#[derive(Debug)]
pub struct UploadReader {
    upload: SealedUpload,
    at: u64,
    opened: Option<(u64, Vec<u8>)>,
}

impl Read for UploadReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.upload.n_bytes || buffer.is_empty() {
            return Ok(0);
        }
        let piece = self.at / PIECE_BYTES as u64;
        if self.opened.as_ref().is_none_or(|(open, _)| *open != piece) {
            self.opened = Some((piece, self.upload.open_piece(piece)?));
        }
        let within = usize::try_from(self.at % PIECE_BYTES as u64).unwrap_or(0);
        let rest = self
            .opened
            .as_ref()
            .and_then(|(_, plain)| plain.get(within..));
        let n_read = rest.unwrap_or_default().read(buffer)?;
        self.at += n_read as u64;
        Ok(n_read)
    }
}

/// What a delivery is read from: a file at a path, or an upload.
#[derive(Debug)]
pub(crate) enum Input {
    Plain(File),
    Sealed(UploadReader),
}

impl Input {
    /// Opens a file, or an upload where there is one.
    pub(crate) fn open(path: &Path, upload: Option<&SealedUpload>) -> io::Result<Self> {
        match upload {
            Some(upload) => Ok(Self::Sealed(upload.reader(0))),
            None => Ok(Self::Plain(File::open(path)?)),
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Sealed(reader) => reader.read(buffer),
        }
    }
}

impl Length for SealedUpload {
    fn len(&self) -> u64 {
        self.n_bytes
    }
}

impl ChunkReader for SealedUpload {
    type T = io::BufReader<UploadReader>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(io::BufReader::new(self.reader(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let left = self.n_bytes.saturating_sub(start);
        if left < length as u64 {
            return Err(ParquetError::EOF("the file is too short".to_owned()));
        }
        let mut bytes = vec![0; length];
        self.reader(start).read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::LakeFormat;
    use crate::keys::KeyStore;
    use base::{Secret, SeededEntropy};

    fn lake(root: &Path) -> Lake {
        let keys = KeyStore::open(&root.join("keys"), Secret::new([1; 32])).unwrap();
        Lake::create(root, LakeFormat::new(true), keys).unwrap()
    }

    fn upload_of(upload: &mut Upload, plain: &[u8]) -> SealedUpload {
        let mut writer = upload.file(&SeededEntropy::new(1)).unwrap();
        for piece in plain.chunks(7_001) {
            writer.write_all(piece).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn a_file_comes_out_as_it_went_in_and_lies_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let lake = lake(dir.path());
        let mut upload = Upload::begin(&lake, DeliveryId::from_bytes([1; 16])).unwrap();
        let line = b"1004700001;2020-01-01\n";
        for length in [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 17] {
            let plain: Vec<u8> = line.iter().copied().cycle().take(length).collect();
            let sealed = upload_of(&mut upload, &plain);
            let mut read = Vec::new();
            sealed.reader(0).read_to_end(&mut read).unwrap();
            assert_eq!(read, plain, "{length}");
            if length > 100 {
                let middle = sealed.get_bytes(length as u64 - 90, 80).unwrap();
                assert_eq!(middle, plain[length - 90..length - 10]);
            }
            assert!(sealed.get_bytes(0, length + 1).is_err());
        }
        let folder = dir.path().join("tmp");
        let mut n_files = 0;
        for entry in fs::read_dir(&upload.folder).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(10).any(|window| window == b"1004700001"));
            n_files += 1;
        }
        assert_eq!(n_files, 5);
        drop(upload);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
    }

    #[test]
    fn a_changed_piece_is_no_content() {
        let dir = tempfile::tempdir().unwrap();
        let lake = lake(dir.path());
        let mut upload = Upload::begin(&lake, DeliveryId::from_bytes([2; 16])).unwrap();
        let sealed = upload_of(&mut upload, &[7; 100]);
        let path = upload.folder.join("1.sealed");
        let mut bytes = fs::read(&path).unwrap();
        bytes[50] ^= 1;
        fs::write(&path, bytes).unwrap();
        let mut read = Vec::new();
        assert!(sealed.reader(0).read_to_end(&mut read).is_err());
    }

    #[test]
    fn what_a_crash_leaves_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let lake = lake(dir.path());
        let upload = Upload::begin(&lake, DeliveryId::from_bytes([3; 16])).unwrap();
        std::mem::forget(upload);
        assert_eq!(lake.sweep().unwrap(), 1);
    }
}
