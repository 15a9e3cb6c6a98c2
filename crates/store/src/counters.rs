//! Numbers that are given out once: public numbers, places in the log; and counted attempts.

use base::Timestamp;

use crate::connection::params;
use crate::{Reader, StoreError, Tx};

const NEXT: &str = "-- counters.next
INSERT INTO counters (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = counters.value + 1
RETURNING value";
const TAKE: &str = "-- counters.take
INSERT INTO counters (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = counters.value + $2
RETURNING value";
const COUNT_ATTEMPT: &str = "-- rate.count_attempt
INSERT INTO rate_counters (bucket, window_start, attempts) VALUES ($1, $2, 1)
ON CONFLICT (bucket, window_start) DO UPDATE SET attempts = rate_counters.attempts + 1
RETURNING attempts";
const FIND_ATTEMPTS: &str = "-- rate.find_attempts
SELECT CAST(COALESCE(SUM(attempts), 0) AS BIGINT) AS attempts FROM rate_counters
WHERE bucket = $1 AND window_start >= $2";
const FORGET_ATTEMPTS: &str = "-- rate.forget_attempts
DELETE FROM rate_counters WHERE window_start < $1";
const CLEAR_ATTEMPTS: &str = "-- rate.clear_attempts
DELETE FROM rate_counters WHERE bucket = $1";

impl Tx {
    /// The next number of a public series, beginning with `start`. A number given out in a
    /// transaction that is not committed is given out again.
    pub async fn next_number(&self, series: &str, start: u64) -> Result<u64, StoreError> {
        let name = format!("number.{series}");
        self.fetch_one(NEXT, params![name, start])
            .await?
            .number("value")
    }

    /// Takes `count` numbers from 1 on; the first of them. Whoever comes next waits until this
    /// transaction ends, so that the numbers have no gaps and follow the order of commits.
    pub(crate) async fn take_numbers(&self, name: &str, count: usize) -> Result<u64, StoreError> {
        let last: u64 = self
            .fetch_one(TAKE, params![name, count])
            .await?
            .number("value")?;
        Ok(last + 1 - count as u64)
    }

    /// Counts an attempt in a bucket (`sign-in:` with a login, `feasibility:` with an account) and a
    /// window that the caller rounds; the attempts of that window so far.
    pub async fn count_attempt(&self, bucket: &str, window: Timestamp) -> Result<u32, StoreError> {
        self.fetch_one(COUNT_ATTEMPT, params![bucket, window])
            .await?
            .number("attempts")
    }

    /// Forgets the attempts of one bucket, after a success.
    pub async fn clear_attempts(&self, bucket: &str) -> Result<(), StoreError> {
        self.execute(CLEAR_ATTEMPTS, params![bucket])
            .await
            .map(drop)
    }

    /// Forgets attempts of windows before `before`; how many rows.
    pub async fn forget_attempts(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.execute(FORGET_ATTEMPTS, params![before]).await
    }
}

impl Reader {
    /// Attempts in a bucket in windows that begin at `since` or later.
    pub async fn find_attempts(&self, bucket: &str, since: Timestamp) -> Result<u32, StoreError> {
        self.fetch_one(FIND_ATTEMPTS, params![bucket, since])
            .await?
            .number("attempts")
    }
}
