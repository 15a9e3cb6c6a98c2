//! Sealing bytes: AES-256-GCM in chunks, so that a store cut short is noticed.
//!
//! The context says what the bytes are and where they belong; bytes moved to another place do not
//! open.

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use base::{Entropy, Secret};

const MAGIC: &[u8; 8] = b"SUNDSEA1";
const FILE_ID_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
const CHUNK_BYTES: usize = 1 << 20;

/// A key of AES-256.
pub type DataKey = Secret<[u8; 32]>;

/// Bytes cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// They are not sealed bytes.
    #[error("not a sealed file")]
    Shape,
    /// The key is another one, or the bytes were changed, cut or moved.
    #[error("the sealed file does not open: wrong key, or damaged")]
    DoesNotOpen,
}

/// Seals bytes under a key, bound to a context.
pub fn seal(key: &DataKey, context: &str, plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
    let cipher = Aes256Gcm::new(key.expose().into());
    let mut file_id = [0; FILE_ID_BYTES];
    entropy.fill(&mut file_id);
    let mut sealed = Vec::with_capacity(plain.len() + plain.len() / 1024 + 64);
    sealed.extend_from_slice(MAGIC);
    sealed.extend_from_slice(&file_id);
    let n_chunks = plain.len().div_ceil(CHUNK_BYTES).max(1);
    let mut chunks = plain.chunks(CHUNK_BYTES);
    for at in 0..n_chunks {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let aad = associated_data(context, &file_id, at, at + 1 == n_chunks);
        let payload = Payload {
            msg: chunks.next().unwrap_or_default(),
            aad: &aad,
        };
        let chunk = cipher
            .encrypt(&Nonce::from(nonce), payload)
            .expect("invariant: a chunk is far below the limit of AES-GCM");
        sealed.extend_from_slice(&u32::try_from(chunk.len()).unwrap_or(0).to_le_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&chunk);
    }
    sealed
}

/// Opens what [`seal`] made with the same key and context.
pub fn open(key: &DataKey, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealedError> {
    let cipher = Aes256Gcm::new(key.expose().into());
    let rest = sealed.strip_prefix(MAGIC).ok_or(SealedError::Shape)?;
    let (file_id, mut rest) = rest
        .split_first_chunk::<FILE_ID_BYTES>()
        .ok_or(SealedError::Shape)?;
    let mut plain = Vec::with_capacity(sealed.len());
    let mut at = 0;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>().ok_or(SealedError::Shape)?;
        let (nonce, after) = after
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(SealedError::Shape)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (chunk, after) = after
            .split_at_checked(length)
            .ok_or(SealedError::DoesNotOpen)?;
        let aad = associated_data(context, file_id, at, after.is_empty());
        let opened = cipher
            .decrypt(
                &Nonce::from(*nonce),
                Payload {
                    msg: chunk,
                    aad: &aad,
                },
            )
            .map_err(|_| SealedError::DoesNotOpen)?;
        plain.extend_from_slice(&opened);
        rest = after;
        at += 1;
    }
    if at == 0 {
        return Err(SealedError::DoesNotOpen);
    }
    Ok(plain)
}

fn associated_data(context: &str, file_id: &[u8], at: usize, last: bool) -> Vec<u8> {
    let mut aad = Vec::with_capacity(context.len() + 32);
    aad.extend_from_slice(context.as_bytes());
    aad.push(0);
    aad.extend_from_slice(file_id);
    aad.extend_from_slice(&(at as u64).to_le_bytes());
    aad.push(u8::from(last));
    aad
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SeededEntropy;

    fn key(byte: u8) -> DataKey {
        Secret::new([byte; 32])
    }

    #[test]
    fn opens_what_was_sealed_of_any_length() {
        let entropy = SeededEntropy::new(1);
        for length in [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
            let plain = vec![7; length];
            let sealed = seal(&key(1), "vault", &plain, &entropy);
            assert_eq!(open(&key(1), "vault", &sealed).unwrap(), plain, "{length}");
        }
    }

    #[test]
    fn refuses_another_key_another_place_and_every_change() {
        let sealed = seal(&key(1), "vault", b"secret", &SeededEntropy::new(1));
        assert!(open(&key(2), "vault", &sealed).is_err());
        assert!(open(&key(1), "other", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key(1), "vault", &changed).is_err(), "byte {at}");
            assert!(
                open(&key(1), "vault", &sealed[..at]).is_err(),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn a_whole_chunk_cut_off_the_end_is_noticed() {
        let sealed = seal(
            &key(1),
            "v",
            &vec![1; 2 * CHUNK_BYTES],
            &SeededEntropy::new(1),
        );
        let first = MAGIC.len() + FILE_ID_BYTES + 4 + NONCE_BYTES + CHUNK_BYTES + 16;
        assert!(open(&key(1), "v", &sealed[..first]).is_err());
    }
}
