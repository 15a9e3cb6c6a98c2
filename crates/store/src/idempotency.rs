//! A write sent twice with one key is done once: while it is being done its twin is told so, and
//! afterwards the twin gets its answer.

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
    /// Unknown until now: do the work, then [`Tx::finish_idempotent`], or [`Tx::abandon_idempotent`]
    /// where nothing was done.
    New,
    /// Begun before, and not finished: it is being done at this moment.
    Unfinished,
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
/// Of two that come after a writer who never finished, one takes over.
const TAKE_OVER: &str = "-- idempotency.take_over
UPDATE idempotency_keys SET created_at = $4
WHERE idempotency_key = $1 AND actor_id = $2 AND route = $3 AND status IS NULL
  AND created_at <= $5";
const ABANDON: &str = "-- idempotency.abandon
DELETE FROM idempotency_keys
WHERE idempotency_key = $1 AND actor_id = $2 AND route = $3 AND status IS NULL";
const RELEASE: &str = "-- idempotency.release
DELETE FROM idempotency_keys WHERE status IS NULL";
const FINISH: &str = "-- idempotency.finish
UPDATE idempotency_keys SET status = $4, body = $5
WHERE idempotency_key = $1 AND actor_id = $2 AND route = $3";
const FORGET: &str = "-- idempotency.forget
DELETE FROM idempotency_keys WHERE created_at < $1";

impl Tx {
    /// Reserves a key. A second transaction with the same key waits for this one's end and then sees
    /// where it stands; if nothing was committed, it does the work itself. What was begun at
    /// `lost_before` or earlier and not finished has lost its writer, and is taken over.
    pub async fn begin_idempotent(
        &self,
        key: &IdempotencyKey<'_>,
        at: Timestamp,
        lost_before: Timestamp,
    ) -> Result<Idempotency, StoreError> {
        let values = params![key.key, key.actor, key.route, key.fingerprint, at];
        if self.execute(BEGIN, values).await? == 1 {
            return Ok(Idempotency::New);
        }
        let found = self
            .fetch_optional(FIND, params![key.key, key.actor, key.route])
            .await?;
        let Some(row) = found else {
            // Its writer gave it up between the two statements.
            return Ok(Idempotency::Unfinished);
        };
        if row.text("fingerprint")? != key.fingerprint {
            return Ok(Idempotency::Reused);
        }
        if let (Some(status), Some(body)) =
            (row.optional_number("status")?, row.optional_text("body")?)
        {
            return Ok(Idempotency::Replay {
                status: u16::try_from(status).map_err(|_| row.corrupt("status"))?,
                body,
            });
        }
        let values = params![key.key, key.actor, key.route, at, lost_before];
        Ok(match self.execute(TAKE_OVER, values).await? {
            0 => Idempotency::Unfinished,
            _ => Idempotency::New,
        })
    }

    /// Gives a reserved key up: nothing was done, and it can be sent again.
    pub async fn abandon_idempotent(&self, key: &IdempotencyKey<'_>) -> Result<(), StoreError> {
        let values = params![key.key, key.actor, key.route];
        self.execute(ABANDON, values).await.map(drop)
    }

    /// Gives all unfinished keys up: for the start of a server that is alone on its folder, after a
    /// crash. How many there were.
    pub async fn release_idempotency_keys(&self) -> Result<u64, StoreError> {
        self.execute(RELEASE, Vec::new()).await
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
