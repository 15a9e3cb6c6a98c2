//! A write sent twice with one key is done once: the second time gets the first one's answer.

use base::{AccountId, Timestamp};

use crate::connection::params;
use crate::{StoreError, Tx};

/// The key of a write: the sender's choice, scoped by who sends it and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey<'a> {
    /// The `Idempotency-Key` as sent, or the hidden field of a form.
    pub key: &'a str,
    /// Who sends it.
    pub actor: AccountId,
    /// Where to: method and route.
    pub route: &'a str,
    /// A hash of what is sent.
    pub fingerprint: &'a str,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotency {
    /// Unknown until now: do the work, then [`Tx::finish_idempotent`] in the same transaction.
    New,
    /// Done before, with this answer.
    Replay {
        /// The answer's status.
        status: u16,
        /// The answer's body.
        body: String,
    },
    /// Used before for something else.
    Reused,
}

const BEGIN: &str = "-- idempotency.begin
INSERT INTO idempotency_keys (idempotency_key, actor_id, route, fingerprint, created_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (idempotency_key, actor_id, route) DO NOTHING";
const FIND: &str = "-- idempotency.find
SELECT fingerprint, status, body FROM idempotency_keys
WHERE idempotency_key = $1 AND actor_id = $2 AND route = $3";
const FINISH: &str = "-- idempotency.finish
UPDATE idempotency_keys SET status = $4, body = $5
WHERE idempotency_key = $1 AND actor_id = $2 AND route = $3";
const FORGET: &str = "-- idempotency.forget
DELETE FROM idempotency_keys WHERE created_at < $1";

impl Tx {
    /// Reserves a key for this transaction. A second transaction with the same key waits for this
    /// one's end, and then sees its answer or, if nothing was committed, does the work itself.
    pub async fn begin_idempotent(
        &self,
        key: &IdempotencyKey<'_>,
        at: Timestamp,
    ) -> Result<Idempotency, StoreError> {
        let values = params![key.key, key.actor, key.route, key.fingerprint, at];
        if self.execute(BEGIN, values).await? == 1 {
            return Ok(Idempotency::New);
        }
        let row = self
            .fetch_one(FIND, params![key.key, key.actor, key.route])
            .await?;
        if row.text("fingerprint")? != key.fingerprint {
            return Ok(Idempotency::Reused);
        }
        match (row.optional_number("status")?, row.optional_text("body")?) {
            (Some(status), Some(body)) => Ok(Idempotency::Replay {
                status: u16::try_from(status).map_err(|_| row.corrupt("status"))?,
                body,
            }),
            // Reserved earlier in this very transaction.
            _ => Ok(Idempotency::New),
        }
    }

    /// Keeps the answer for the next time.
    pub async fn finish_idempotent(
        &self,
        key: &IdempotencyKey<'_>,
        status: u16,
        body: &str,
    ) -> Result<(), StoreError> {
        let values = params![key.key, key.actor, key.route, status, body];
        if self.execute(FINISH, values).await? == 0 {
            return Err(StoreError::Missing {
                what: "idempotency key",
            });
        }
        Ok(())
    }

    /// Forgets keys from before `before`; how many.
    pub async fn forget_idempotency_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.execute(FORGET, params![before]).await
    }
}
