//! A ZIP archive in memory: what every computer opens, for a handful of small files.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::Error;

/// Made by a program of version 2.0, the first that knows deflated files and folders.
const VERSION: u16 = 20;
const DEFLATED: u16 = 8;
/// Names are UTF-8.
const NAMES_UTF8: u16 = 1 << 11;
/// 1 January 1980, the earliest date of the format: an archive of the same files is the same bytes.
const NO_DATE: u16 = (1 << 5) | 1;

/// Packs files, in their order.
pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Error> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in files {
        let offset = size(archive.len())?;
        let entry = entry(name, bytes)?;
        archive.extend(0x0403_4b50_u32.to_le_bytes());
        archive.extend(&entry.head);
        archive.extend(name.as_bytes());
        archive.extend(&entry.packed);
        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend(VERSION.to_le_bytes());
        directory.extend(&entry.head);
        // No comment, first disk, no attributes.
        directory.extend([0_u8; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let begins = size(archive.len())?;
    let count = u16::try_from(files.len()).map_err(|error| Error::internal("packing", &error))?;
    archive.extend(&directory);
    archive.extend(0x0605_4b50_u32.to_le_bytes());
    archive.extend([0_u8; 4]);
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(size(directory.len())?.to_le_bytes());
    archive.extend(begins.to_le_bytes());
    archive.extend([0_u8; 2]);
    Ok(archive)
}

struct Entry {
    /// What the local and the central header have in common.
    head: Vec<u8>,
    packed: Vec<u8>,
}

fn entry(name: &str, bytes: &[u8]) -> Result<Entry, Error> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let packed = encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|error| Error::internal("packing", &error))?;
    let mut crc = Crc::new();
    crc.update(bytes);
    let length = u16::try_from(name.len()).map_err(|error| Error::internal("packing", &error))?;
    let mut head = Vec::new();
    for number in [VERSION, NAMES_UTF8, DEFLATED, 0, NO_DATE] {
        head.extend(number.to_le_bytes());
    }
    for number in [crc.sum(), size(packed.len())?, size(bytes.len())?] {
        head.extend(number.to_le_bytes());
    }
    head.extend(length.to_le_bytes());
    head.extend(0_u16.to_le_bytes());
    Ok(Entry { head, packed })
}

fn size(bytes: usize) -> Result<u32, Error> {
    u32::try_from(bytes).map_err(|error| Error::internal("packing", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_are_the_same_bytes_and_every_name_stands_twice() {
        let files = vec![
            ("datapackage.json".to_owned(), b"{}".to_vec()),
            ("a.csv".to_owned(), b"a;b\n1;2\n".repeat(100)),
        ];
        let packed = zip(&files).unwrap();
        assert_eq!(packed, zip(&files).unwrap());
        assert!(packed.len() < 600, "{}", packed.len());
        let found = |name: &[u8]| {
            packed
                .windows(name.len())
                .filter(|part| *part == name)
                .count()
        };
        assert_eq!((found(b"datapackage.json"), found(b"a.csv")), (2, 2));
        // The end record closes the archive and counts the files.
        let end = packed.len() - 22;
        assert_eq!(packed[end..end + 4], 0x0605_4b50_u32.to_le_bytes());
        assert_eq!(packed[end + 10], 2);
    }
}
