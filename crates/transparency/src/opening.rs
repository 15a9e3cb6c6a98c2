//! Salted commitments to field values, and what opens them.
//!
//! A leaf never holds a value, only
//! `SHA-256(salt ‖ field id ‖ 0x00 ‖ value)` with 32 random bytes of salt and the UTF-8 bytes of
//! field id and value. A field id holds no zero byte, so no two pairs run together. Value and salt
//! lie beside the log while the field is public; without the salt even a guessed value proves
//! nothing, so destroying both erases the field while the log stays whole.

use crate::hex;
use crate::leaf::LogLeaf;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// The hash in a leaf that binds a field to its value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Commitment([u8; 32]);

/// 32 random bytes that keep a commitment from being guessed. Hidden from debug output, because
/// the salt of a withheld field must stay as secret as the field.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

/// What opens one field of a leaf.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Field id, as in the leaf.
    pub field: String,
    /// The value that was committed to.
    pub value: String,
    /// The salt of the commitment.
    pub salt: Salt,
}

/// Tells when and why a value and its salt were destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// Date of the erasure, `2027-01-31`.
    pub on: String,
    /// The rule that required it.
    pub rule: String,
}

/// Everything served beside the log for one leaf. Fields named nowhere here are withheld.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeafOpenings {
    /// Sequence of the leaf.
    pub sequence: u64,
    /// Fields that are public now.
    #[serde(default)]
    pub opened: Vec<Opening>,
    /// Fields that were erased, by field id.
    #[serde(default)]
    pub erased: BTreeMap<String, Erasure>,
}

/// What is known about one committed field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FieldState {
    /// The value served is the value committed to.
    Verified,
    /// Nothing is served; the commitment stands.
    Withheld,
    /// Value and salt were destroyed.
    Erased(Erasure),
    /// A value is served that was never committed to.
    Mismatch,
}

/// Whether an opening opens the leaf's commitment to its field.
pub fn check_opening(leaf: &LogLeaf, opening: &Opening) -> bool {
    let expected = Commitment::new(&opening.field, &opening.value, &opening.salt);
    leaf.fields.get(&opening.field) == Some(&expected)
}

/// The state of one committed field, given what is served beside the leaf.
///
/// A value that is still served counts before an erasure: saying erased does not make it so.
pub fn check_field(leaf: &LogLeaf, field: &str, served: Option<&LeafOpenings>) -> FieldState {
    let Some(served) = served else {
        return FieldState::Withheld;
    };
    let mut openings = served
        .opened
        .iter()
        .filter(|opening| opening.field == field)
        .peekable();
    if openings.peek().is_some() {
        let all_match = openings.all(|opening| check_opening(leaf, opening));
        return if all_match {
            FieldState::Verified
        } else {
            FieldState::Mismatch
        };
    }
    match served.erased.get(field) {
        Some(erasure) => FieldState::Erased(erasure.clone()),
        None => FieldState::Withheld,
    }
}

impl Commitment {
    /// Commits to a value of a field under a fresh random salt.
    pub fn new(field: &str, value: &str, salt: &Salt) -> Self {
        let digest = Sha256::new()
            .chain_update(salt.0)
            .chain_update(field)
            .chain_update([0x00])
            .chain_update(value)
            .finalize();
        Self(digest.into())
    }
}

impl Salt {
    /// Takes 32 bytes, which the caller has drawn at random for this one field of this one leaf.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, for storage beside the log.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Opening {
    /// The commitment that this opening opens.
    pub fn commitment(&self) -> Commitment {
        Commitment::new(&self.field, &self.value, &self.salt)
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, out)
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, out)
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Salt(…)")
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Opening")
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

impl Serialize for Commitment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Commitment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse_hex(deserializer).map(Self)
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Commitment(self.0))
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse_hex(deserializer).map(Self)
    }
}

fn parse_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let malformed = || serde::de::Error::custom("expected 64 lower-case hexadecimal digits");
    hex::parse_32(&text).ok_or_else(malformed)
}

#[cfg(test)]
mod tests;
