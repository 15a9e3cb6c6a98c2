//! From stored events to typed ones and back.

use base::Actor;
use casework::{Recorded, StoredEvent};
use store::{AuditEntry, NewEvent, Reader, Tx};

use crate::Error;

/// The events of a stream, oldest first.
pub(crate) async fn load<E: StoredEvent>(
    reader: &Reader,
    stream: &str,
) -> Result<Vec<Recorded<E>>, Error> {
    let stored = reader.load_stream(stream).await?;
    stored.into_iter().map(typed).collect()
}

/// A stored event as a typed one.
pub(crate) fn typed<E: StoredEvent>(stored: store::StoredEvent) -> Result<Recorded<E>, Error> {
    let event = E::decode(&stored.kind, u32::from(stored.schema), stored.payload)
        .map_err(|error| Error::internal("reading the event log", &error))?;
    Ok(Recorded {
        at: stored.at,
        by: stored.actor_id,
        organisation: stored.organisation_id,
        event,
    })
}

/// Appends events to a stream that stands at `expected`; gives them as recorded.
pub(crate) async fn append<E: StoredEvent + Clone>(
    tx: &Tx,
    stream: &str,
    expected: u64,
    events: &[E],
    audit: &AuditEntry,
) -> Result<Vec<Recorded<E>>, Error> {
    let encoded = events
        .iter()
        .map(|event| {
            let encoded = event
                .encode()
                .map_err(|error| Error::internal("writing the event log", &error))?;
            let schema = u16::try_from(encoded.schema).unwrap_or(u16::MAX);
            Ok(NewEvent::new(encoded.kind, schema, encoded.payload))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    tx.append(stream, expected, &encoded, audit).await?;
    Ok(events
        .iter()
        .map(|event| recorded(event.clone(), &audit.actor, audit))
        .collect())
}

fn recorded<E>(event: E, actor: &Actor, audit: &AuditEntry) -> Recorded<E> {
    Recorded {
        at: audit.at,
        by: actor.account,
        organisation: actor.organisation.clone(),
        event,
    }
}
