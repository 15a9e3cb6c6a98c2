//! Detached Ed25519 JWS (RFC 7515, appendix F; RFC 8037) over canonical JSON (RFC 8785).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Why a signed document is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// The file is not a signed document.
    #[error("not a signed document: expected an object with `document` and `signature`")]
    Shape(#[source] serde_json::Error),
    /// The signature is not a detached JWS.
    #[error("the signature is not a detached JWS with alg EdDSA")]
    NotDetachedJws,
    /// The key is not among the trusted ones.
    #[error("signed by a key that is not trusted here: `{key_id}`")]
    UnknownKey {
        /// The key's identifier.
        key_id: String,
    },
    /// The bytes were changed after signing.
    #[error("the signature does not fit the document: it was changed after signing")]
    Changed,
    /// The document is signed but is not of the wanted kind.
    #[error("the signed document is not of the expected format")]
    Document(#[source] serde_json::Error),
    /// The document is signed, and says that it is of another kind.
    #[error("the signed document is not of the format `{wanted}`")]
    OtherFormat {
        /// The format that was wanted.
        wanted: &'static str,
    },
}

/// A document and its signature, as stored and handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The document as JSON.
    pub document: Value,
    /// `header..signature`, base64url.
    pub signature: String,
}

/// A kind of document that is signed. One key signs several kinds; none is ever taken for another.
pub trait SignedDocument: DeserializeOwned {
    /// What its field `format` says.
    const FORMAT: &'static str;
}

/// Public keys that signatures are checked against.
#[derive(Debug, Clone, Default)]
pub struct TrustedKeys(Vec<VerifyingKey>);

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

/// The identifier of a key: the first sixteen bytes of its SHA-256, in hex.
pub fn key_id(key: &VerifyingKey) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The canonical bytes of a document (RFC 8785).
pub fn canonical_json(document: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(document)
}

/// Signs a document.
pub fn sign(document: &impl Serialize, key: &SigningKey) -> Result<Signed, serde_json::Error> {
    let value = serde_json::to_value(document)?;
    let header = Header {
        alg: "EdDSA".to_owned(),
        kid: key_id(&key.verifying_key()),
    };
    let header = URL_SAFE_NO_PAD.encode(canonical_json(&header)?);
    let input = signing_input(&header, &canonical_json(&value)?);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()).to_bytes());
    Ok(Signed {
        document: value,
        signature: format!("{header}..{signature}"),
    })
}

fn signing_input(header: &str, payload: &[u8]) -> String {
    format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload))
}

impl TrustedKeys {
    /// Trusts these keys.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// Reads a signed document from its file, checks it and gives the document.
    pub fn open_file<T: SignedDocument>(&self, bytes: &[u8]) -> Result<T, SignatureError> {
        let signed: Signed = serde_json::from_slice(bytes).map_err(SignatureError::Shape)?;
        self.open(&signed)
    }

    /// Checks a signed document and gives it as a typed value. Nothing unsigned comes out of here.
    pub fn open<T: SignedDocument>(&self, signed: &Signed) -> Result<T, SignatureError> {
        self.check(signed)?;
        let format = signed.document.get("format").and_then(Value::as_str);
        if format != Some(T::FORMAT) {
            return Err(SignatureError::OtherFormat { wanted: T::FORMAT });
        }
        serde_json::from_value(signed.document.clone()).map_err(SignatureError::Document)
    }

    fn check(&self, signed: &Signed) -> Result<(), SignatureError> {
        let (header, signature) = signed
            .signature
            .split_once("..")
            .ok_or(SignatureError::NotDetachedJws)?;
        let fields: Header = URL_SAFE_NO_PAD
            .decode(header)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or(SignatureError::NotDetachedJws)?;
        if fields.alg != "EdDSA" {
            return Err(SignatureError::NotDetachedJws);
        }
        let key = self
            .0
            .iter()
            .find(|key| key_id(key) == fields.kid)
            .ok_or(SignatureError::UnknownKey { key_id: fields.kid })?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .ok()
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .ok_or(SignatureError::NotDetachedJws)?;
        let payload = canonical_json(&signed.document).map_err(SignatureError::Document)?;
        let input = signing_input(header, &payload);
        key.verify_strict(input.as_bytes(), &signature)
            .map_err(|_| SignatureError::Changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A kind of document of the tests.
    #[derive(Debug, PartialEq, Deserialize)]
    struct Note(Value);

    impl SignedDocument for Note {
        const FORMAT: &'static str = "note/1";
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    #[test]
    fn opens_what_was_signed_and_refuses_one_changed_value() {
        let signed = sign(&json!({"format": "note/1", "b": 1, "a": "æ"}), &key(1)).unwrap();
        let trusted = TrustedKeys::new([key(1).verifying_key()]);
        let opened: Note = trusted.open(&signed).unwrap();
        let expected = json!({"a": "æ", "b": 1, "format": "note/1"});
        assert_eq!(opened, Note(expected));
        let mut changed = signed;
        changed.document["b"] = json!(2);
        assert!(matches!(
            trusted.open::<Note>(&changed),
            Err(SignatureError::Changed)
        ));
    }

    #[test]
    fn refuses_a_key_that_is_not_trusted_and_other_algorithms() {
        let signed = sign(&json!({}), &key(1)).unwrap();
        let trusted = TrustedKeys::new([key(2).verifying_key()]);
        assert!(matches!(
            trusted.open::<Note>(&signed),
            Err(SignatureError::UnknownKey { .. })
        ));
        let none = URL_SAFE_NO_PAD.encode(br#"{"alg":"none","kid":""}"#);
        let unsigned = Signed {
            document: json!({}),
            signature: format!("{none}.."),
        };
        assert!(matches!(
            trusted.open::<Note>(&unsigned),
            Err(SignatureError::NotDetachedJws)
        ));
    }

    #[test]
    fn a_document_of_one_kind_is_never_taken_for_another() {
        let trusted = TrustedKeys::new([key(1).verifying_key()]);
        for document in [json!({"format": "note/2"}), json!({}), json!([])] {
            let signed = sign(&document, &key(1)).unwrap();
            assert!(matches!(
                trusted.open::<Note>(&signed),
                Err(SignatureError::OtherFormat { wanted: "note/1" })
            ));
        }
    }

    #[test]
    fn refuses_every_single_flipped_byte_of_a_file() {
        let signed = sign(
            &json!({"format": "note/1", "number": "DK-2027-00083"}),
            &key(3),
        )
        .unwrap();
        let trusted = TrustedKeys::new([key(3).verifying_key()]);
        let file = serde_json::to_vec(&signed).unwrap();
        for at in 0..file.len() {
            let mut bytes = file.clone();
            bytes[at] ^= 1;
            assert!(trusted.open_file::<Note>(&bytes).is_err(), "byte {at}");
        }
    }
}
