//! The log leaf: what one entry of the public register commits to, in one canonical spelling.

use crate::opening::Commitment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names the format of every leaf this crate writes and reads.
pub const LEAF_FORMAT: &str = "sund-leaf/1";

/// Largest sequence that JSON numbers carry exactly (RFC 8785 writes them as doubles).
const SEQUENCE_MAX: u64 = (1 << 53) - 1;
/// Entry bundles give each leaf a length of 16 bits.
const LEAF_BYTES_MAX: usize = 65_535;
/// Longest name of a type, an id or a field.
const NAME_LENGTH_MAX: usize = 64;
/// Longest public id.
const ID_LENGTH_MAX: usize = 200;

/// One leaf of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLeaf {
    /// Position in the log, from 0.
    pub sequence: u64,
    /// What happened: lower-case words joined by dots, such as `permit.issued`.
    pub kind: String,
    /// When it happened, RFC 3339 in UTC: `2026-12-01T08:00:00Z`, with up to nine decimals.
    pub time: String,
    /// Public identifiers (case number, permit number, organisation), by name.
    pub ids: BTreeMap<String, String>,
    /// Commitment per public or withheld field, by field id.
    pub fields: BTreeMap<String, Commitment>,
    /// Sequence of the leaf that this one corrects.
    pub corrects: Option<u64>,
}

/// Why bytes are not a leaf, or a leaf cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Not JSON, or not the members of a leaf.
    #[error("not a leaf of format `{LEAF_FORMAT}`")]
    Malformed,
    /// The same content has another, canonical spelling.
    #[error("the leaf is not canonical JSON")]
    NotCanonical,
    /// The sequence is too large, or a correction names no earlier leaf.
    #[error("sequence {sequence} cannot stand in a leaf")]
    InvalidSequence {
        /// The refused number.
        sequence: u64,
    },
    /// A type, id name or field id is empty, too long or has other characters.
    #[error("`{name}` is not a name of lower-case letters, digits, `.`, `_`, `-` and `:`")]
    InvalidName {
        /// The refused name.
        name: String,
    },
    /// A public id is empty, too long or holds control characters.
    #[error("the id `{name}` has no usable value")]
    InvalidId {
        /// Name of the id.
        name: String,
    },
    /// The time is not an instant in UTC.
    #[error("`{time}` is not an instant in UTC such as `2026-12-01T08:00:00Z`")]
    InvalidTime {
        /// The refused text.
        time: String,
    },
    /// The leaf exceeds what an entry bundle can hold.
    #[error("a leaf of {size_bytes} bytes exceeds {LEAF_BYTES_MAX}")]
    TooLong {
        /// Size of the canonical leaf.
        size_bytes: usize,
    },
}

/// The members as they stand in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<u64>,
    fields: BTreeMap<String, Commitment>,
    format: String,
    ids: BTreeMap<String, String>,
    sequence: u64,
    time: String,
    #[serde(rename = "type")]
    kind: String,
}

impl LogLeaf {
    /// The canonical bytes (RFC 8785) that are hashed and stored in an entry bundle.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        self.check()?;
        let json = LeafJson {
            corrects: self.corrects,
            fields: self.fields.clone(),
            format: LEAF_FORMAT.to_owned(),
            ids: self.ids.clone(),
            sequence: self.sequence,
            time: self.time.clone(),
            kind: self.kind.clone(),
        };
        let bytes = serde_json_canonicalizer::to_vec(&json).map_err(|_| LeafError::Malformed)?;
        if bytes.len() > LEAF_BYTES_MAX {
            return Err(LeafError::TooLong {
                size_bytes: bytes.len(),
            });
        }
        Ok(bytes)
    }

    /// Reads a leaf and refuses every spelling but the canonical one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LeafError> {
        let json: LeafJson = serde_json::from_slice(bytes).map_err(|_| LeafError::Malformed)?;
        if json.format != LEAF_FORMAT {
            return Err(LeafError::Malformed);
        }
        let leaf = Self {
            sequence: json.sequence,
            kind: json.kind,
            time: json.time,
            ids: json.ids,
            fields: json.fields,
            corrects: json.corrects,
        };
        if leaf.to_bytes()? != bytes {
            return Err(LeafError::NotCanonical);
        }
        Ok(leaf)
    }

    fn check(&self) -> Result<(), LeafError> {
        if self.sequence > SEQUENCE_MAX {
            return Err(LeafError::InvalidSequence {
                sequence: self.sequence,
            });
        }
        if let Some(corrected) = self
            .corrects
            .filter(|corrected| *corrected >= self.sequence)
        {
            return Err(LeafError::InvalidSequence {
                sequence: corrected,
            });
        }
        check_name(&self.kind)?;
        self.ids
            .keys()
            .chain(self.fields.keys())
            .try_for_each(|name| check_name(name))?;
        for (name, id) in &self.ids {
            let usable = !id.is_empty() && id.len() <= ID_LENGTH_MAX;
            if !usable || id.contains(char::is_control) {
                return Err(LeafError::InvalidId { name: name.clone() });
            }
        }
        if !is_utc_instant(&self.time) {
            return Err(LeafError::InvalidTime {
                time: self.time.clone(),
            });
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), LeafError> {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b':');
    if name.is_empty() || name.len() > NAME_LENGTH_MAX || !name.bytes().all(allowed) {
        return Err(LeafError::InvalidName {
            name: name.to_owned(),
        });
    }
    Ok(())
}

/// Whether a text is `YYYY-MM-DDTHH:MM:SS[.fraction]Z` within the ranges of its parts.
fn is_utc_instant(text: &str) -> bool {
    let Some(body) = text.strip_suffix('Z') else {
        return false;
    };
    let (seconds, fraction) = body.split_once('.').unwrap_or((body, "0"));
    let fraction_valid =
        (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let shape: String = seconds
        .chars()
        .map(|digit| if digit.is_ascii_digit() { '9' } else { digit })
        .collect();
    if !fraction_valid || shape != "9999-99-99T99:99:99" {
        return false;
    }
    let part = |range| {
        seconds
            .get(range)
            .and_then(|digits: &str| digits.parse::<u8>().ok())
    };
    let within = |range, limits: std::ops::RangeInclusive<u8>| {
        part(range).is_some_and(|number| limits.contains(&number))
    };
    within(5..7, 1..=12)
        && within(8..10, 1..=31)
        && within(11..13, 0..=23)
        && within(14..16, 0..=59)
        && within(17..19, 0..=59)
}

#[cfg(test)]
mod tests;
