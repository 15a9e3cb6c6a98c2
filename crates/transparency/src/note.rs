//! C2SP signed notes: a text, an empty line, and lines that sign the text with Ed25519.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Algorithm byte of Ed25519 in key hashes and encoded keys.
const ED25519: u8 = 0x01;
/// Notes of ours carry one signature; mirrors may add those of witnesses.
const SIGNATURES_MAX: usize = 32;
/// Longest note that is read at all.
const NOTE_BYTES_MAX: usize = 65_536;

/// A public key that verifies notes: `name+hash+base64`, as published beside a log.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

/// Why a note or a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is not `name+hash+base64` of an Ed25519 key.
    #[error("malformed verifier key")]
    MalformedKey,
    /// The hash in a verifier key belongs to another name or key.
    #[error("the hash in the verifier key does not match its name and key")]
    KeyHashMismatch,
    /// A key name is empty, or holds a blank or a plus sign.
    #[error("`{name}` cannot name a key")]
    InvalidName {
        /// The refused name.
        name: String,
    },
    /// The text to sign does not end with a line end, or holds control characters.
    #[error("the text of a note must be lines of printable characters")]
    InvalidText,
    /// The note has no text, no empty line, or a line that is not a signature.
    #[error("malformed note")]
    MalformedNote,
    /// Nobody by that name and key signed the note.
    #[error("the note has no signature by `{name}`")]
    NotSigned {
        /// Name of the key that was asked for.
        name: String,
    },
    /// The signature by the key does not fit the text.
    #[error("the signature by `{name}` does not match the text")]
    BadSignature {
        /// Name of the key that was asked for.
        name: String,
    },
}

/// Signs a text (ending with a line end) under a name and returns the whole note.
pub fn sign_note(text: &str, name: &str, key: &SigningKey) -> Result<String, NoteError> {
    check_name(name)?;
    if !is_valid_text(text) {
        return Err(NoteError::InvalidText);
    }
    let mut signed = key_hash(name, &key.verifying_key()).to_vec();
    signed.extend_from_slice(&key.sign(text.as_bytes()).to_bytes());
    Ok(format!(
        "{text}\n\u{2014} {name} {}\n",
        STANDARD.encode(signed)
    ))
}

/// Returns the text of a note if `key` signed it. Signatures by other keys are not judged.
pub fn open_note<'a>(note: &'a str, key: &VerifierKey) -> Result<&'a str, NoteError> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(NoteError::MalformedNote);
    }
    let (body, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::MalformedNote)?;
    let text = note.get(..body.len() + 1).ok_or(NoteError::MalformedNote)?;
    let lines = signatures
        .strip_suffix('\n')
        .ok_or(NoteError::MalformedNote)?;
    if !is_valid_text(text) || lines.split('\n').count() > SIGNATURES_MAX {
        return Err(NoteError::MalformedNote);
    }
    let mut verified = false;
    for line in lines.split('\n') {
        let (name, hash, signature) = parse_signature(line).ok_or(NoteError::MalformedNote)?;
        if name != key.name || hash != key.hash() {
            continue;
        }
        let signature = Signature::from_slice(&signature).map_err(|_| NoteError::MalformedNote)?;
        key.key
            .verify_strict(text.as_bytes(), &signature)
            .map_err(|_| NoteError::BadSignature {
                name: key.name.clone(),
            })?;
        verified = true;
    }
    if !verified {
        return Err(NoteError::NotSigned {
            name: key.name.clone(),
        });
    }
    Ok(text)
}

impl VerifierKey {
    /// The verifier key that belongs to a signing key under a name.
    pub fn from_signing_key(name: &str, key: &SigningKey) -> Result<Self, NoteError> {
        check_name(name)?;
        Ok(Self {
            name: name.to_owned(),
            key: key.verifying_key(),
        })
    }

    /// The name under which the key signs; for a log, its origin line.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn hash(&self) -> [u8; 4] {
        key_hash(&self.name, &self.key)
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.trim_end().splitn(3, '+');
        let (Some(name), Some(hash), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(NoteError::MalformedKey);
        };
        check_name(name)?;
        let decoded = STANDARD
            .decode(encoded)
            .map_err(|_| NoteError::MalformedKey)?;
        let (&algorithm, bytes) = decoded.split_first().ok_or(NoteError::MalformedKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| NoteError::MalformedKey)?;
        if algorithm != ED25519 {
            return Err(NoteError::MalformedKey);
        }
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| NoteError::MalformedKey)?;
        let parsed = Self {
            name: name.to_owned(),
            key,
        };
        if hash != hex_of(parsed.hash()) {
            return Err(NoteError::KeyHashMismatch);
        }
        Ok(parsed)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut encoded = vec![ED25519];
        encoded.extend_from_slice(self.key.as_bytes());
        write!(
            out,
            "{}+{}+{}",
            self.name,
            hex_of(self.hash()),
            STANDARD.encode(encoded)
        )
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "VerifierKey({self})")
    }
}

fn parse_signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    check_name(name).ok()?;
    let decoded = STANDARD.decode(encoded).ok()?;
    let (hash, signature) = decoded.split_first_chunk::<4>()?;
    Some((name, *hash, signature.to_vec()))
}

fn key_hash(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key.as_bytes())
        .finalize()
        .into();
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

fn hex_of(hash: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(hash))
}

fn check_name(name: &str) -> Result<(), NoteError> {
    let refused = |character: char| character.is_whitespace() || character.is_control();
    if name.is_empty() || name.contains('+') || name.contains(refused) {
        return Err(NoteError::InvalidName {
            name: name.to_owned(),
        });
    }
    Ok(())
}

fn is_valid_text(text: &str) -> bool {
    let printable = |character: char| character == '\n' || !character.is_control();
    text.ends_with('\n') && text != "\n" && text.chars().all(printable)
}

#[cfg(test)]
mod tests;
