//! Writes that are sent twice: done once, answered twice alike.

use base::{Actor, Timestamp};
use sha2::{Digest as _, Sha256};
use store::{Idempotency, IdempotencyKey};

use crate::{App, Error, folder};

/// A write that was begun and not finished for so long has lost its writer. Longer than a request may
/// take, whatever the settings say.
const LOST_AFTER_SECONDS: i64 = 15 * 60;

/// The key of a write: the sender's choice, and where it is sent to.
#[derive(Debug, Clone, Copy)]
pub struct WriteKey<'a> {
    /// The `Idempotency-Key`, as sent.
    pub key: &'a str,
    /// Method and route.
    pub route: &'a str,
}

/// What is known of the key of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotent {
    /// Unknown until now: do the work, then keep its answer, or give the key up.
    New,
    /// It is being done at this moment.
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

impl App {
    /// Reserves the key of a write.
    pub async fn begin_idempotent(
        &self,
        actor: &Actor,
        key: WriteKey<'_>,
        sent: &[u8],
    ) -> Result<Idempotent, Error> {
        let fingerprint = folder::hex(&Sha256::digest(sent));
        // Who is lost is a question to the machine's clock: a demo's may jump.
        let at = self.machine_now();
        let lost = Timestamp::from_second(at.as_second() - LOST_AFTER_SECONDS).unwrap_or(at);
        let found = self
            .store()
            .run_tx("idempotency.begin", |tx| {
                let (key, route, actor) = (key.key.to_owned(), key.route.to_owned(), actor.account);
                let fingerprint = fingerprint.clone();
                async move {
                    let key = IdempotencyKey {
                        key: &key,
                        actor,
                        route: &route,
                        fingerprint: &fingerprint,
                    };
                    tx.begin_idempotent(&key, at, lost).await
                }
            })
            .await?;
        Ok(match found {
            Idempotency::New => Idempotent::New,
            Idempotency::Unfinished => Idempotent::Unfinished,
            Idempotency::Replay { status, body } => Idempotent::Replay { status, body },
            Idempotency::Reused => Idempotent::Reused,
        })
    }

    /// Keeps the answer of a write for the next time that it is sent; without an answer nothing was
    /// done, and the key is given up.
    pub async fn finish_idempotent(
        &self,
        actor: &Actor,
        key: WriteKey<'_>,
        answer: Option<(u16, &str)>,
    ) -> Result<(), Error> {
        self.store()
            .run_tx("idempotency.finish", |tx| {
                let (key, route, actor) = (key.key.to_owned(), key.route.to_owned(), actor.account);
                let answer = answer.map(|(status, body)| (status, body.to_owned()));
                async move {
                    let key = IdempotencyKey {
                        key: &key,
                        actor,
                        route: &route,
                        fingerprint: "",
                    };
                    match answer {
                        Some((status, body)) => tx.finish_idempotent(&key, status, &body).await,
                        None => tx.abandon_idempotent(&key).await,
                    }
                }
            })
            .await?;
        Ok(())
    }
}
