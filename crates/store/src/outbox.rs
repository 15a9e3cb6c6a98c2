//! Messages that follow from a change, queued with it and sent at least once, in order.

use base::Timestamp;
use serde_json::Value;

use crate::connection::{Row, params};
use crate::jobs::lease_end;
use crate::{Reader, StoreError, Tx};

/// Messages taken in one go.
const MESSAGES_MAX: usize = 100;

/// A message on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its number, in the order of commits.
    pub message: u64,
    /// What it is: `case_decided`.
    pub kind: String,
    /// What the sender needs: ids, never texts.
    pub payload: Value,
    /// When it was queued.
    pub enqueued_at: Timestamp,
    /// How often it was taken, this time included.
    pub attempts: u32,
}

const ENQUEUE: &str = "-- outbox.enqueue
INSERT INTO outbox (message, kind, payload, state, enqueued_at, attempts)
VALUES ($1, $2, $3, 'waiting', $4, 0)";
const MARK_SENT: &str = "-- outbox.mark_sent
UPDATE outbox SET state = 'sent', sent_at = $3, lease_owner = NULL, lease_until = NULL
WHERE message = $1 AND state = 'waiting' AND lease_owner = $2";
const COUNT_WAITING: &str = "-- outbox.count_waiting
SELECT COUNT(*) AS n_messages FROM outbox WHERE state = 'waiting'";
const FORGET_SENT: &str = "-- outbox.forget_sent
DELETE FROM outbox WHERE state = 'sent' AND sent_at < $1";

impl Tx {
    /// Queues a message; its number.
    pub async fn enqueue_message(
        &self,
        kind: &str,
        payload: &Value,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let message = self.take_numbers("outbox.messages", 1).await?;
        self.execute(ENQUEUE, params![message, kind, payload, at])
            .await?;
        Ok(message)
    }

    /// Gives a sender the oldest messages that nobody else has. `now` is the machine's instant.
    pub async fn claim_messages(
        &self,
        sender: &str,
        lease_seconds: u32,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let until = lease_end(now, lease_seconds);
        let values = params![sender, until, now, limit.clamp(1, MESSAGES_MAX)];
        let rows = self.fetch(self.dialect().claim_messages(), values).await?;
        let mut messages: Vec<Message> = rows.iter().map(message).collect::<Result<_, _>>()?;
        messages.sort_by_key(|message| message.message);
        Ok(messages)
    }

    /// The message is sent. Refused if its lease has passed to another sender.
    pub async fn mark_sent(
        &self,
        message: u64,
        sender: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if self
            .execute(MARK_SENT, params![message, sender, at])
            .await?
            == 1
        {
            return Ok(());
        }
        Err(StoreError::LeaseLost { what: "message" })
    }

    /// Forgets messages sent before `before`; how many.
    pub async fn forget_sent_messages(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.execute(FORGET_SENT, params![before]).await
    }
}

impl Reader {
    /// How many messages wait.
    pub async fn count_waiting_messages(&self) -> Result<u64, StoreError> {
        self.fetch_one(COUNT_WAITING, Vec::new())
            .await?
            .number("n_messages")
    }
}

fn message(row: &Row) -> Result<Message, StoreError> {
    Ok(Message {
        message: row.number("message")?,
        kind: row.text("kind")?,
        payload: row.json("payload")?,
        enqueued_at: row.instant("enqueued_at")?,
        attempts: row.number("attempts")?,
    })
}
