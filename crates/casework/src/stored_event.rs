//! How events are stored: kind, schema number and payload. A stored event is never rewritten; an
//! older schema is read by lifting it to the present one.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A stored event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// A later version of the program wrote it.
    #[error("event `{kind}` has schema {schema}; this program reads up to {known}")]
    TooNew {
        /// Kind of the event.
        kind: String,
        /// Schema found.
        schema: u32,
        /// Newest schema known.
        known: u32,
    },
    /// The payload is not of its kind.
    #[error("event `{kind}` cannot be read")]
    Payload {
        /// Kind of the event.
        kind: String,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}

/// An event as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Kind: `question_asked`.
    pub kind: String,
    /// Schema number.
    pub schema: u32,
    /// The event's fields.
    pub payload: Value,
}

/// A family of events that share streams.
pub trait StoredEvent: Serialize + DeserializeOwned {
    /// First part of the stream's name: `case`, `output`, `register`.
    const STREAM: &'static str;
    /// Newest schema number.
    const SCHEMA: u32;

    /// Kind, schema and payload for the store.
    fn encode(&self) -> Result<Encoded, serde_json::Error> {
        let value = serde_json::to_value(self)?;
        let (kind, payload) = match value {
            Value::Object(fields) => fields.into_iter().next().unwrap_or_default(),
            Value::String(kind) => (kind, Value::Null),
            other => (String::new(), other),
        };
        Ok(Encoded {
            kind,
            schema: Self::SCHEMA,
            payload,
        })
    }

    /// The payload of an older schema in the form of the newest.
    fn lift(_kind: &str, _schema: u32, payload: Value) -> Value {
        payload
    }

    /// The event of a stored kind, schema and payload.
    fn decode(kind: &str, schema: u32, payload: Value) -> Result<Self, EventError> {
        if schema > Self::SCHEMA {
            return Err(EventError::TooNew {
                kind: kind.to_owned(),
                schema,
                known: Self::SCHEMA,
            });
        }
        let payload = Self::lift(kind, schema, payload);
        let value = match payload {
            Value::Null => json!(kind),
            payload => json!({ kind: payload }),
        };
        serde_json::from_value(value).map_err(|source| EventError::Payload {
            kind: kind.to_owned(),
            source,
        })
    }
}
