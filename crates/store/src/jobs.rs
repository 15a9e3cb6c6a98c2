//! Work for later, queued in the transaction that causes it and leased to one worker at a time.
//!
//! Two clocks: `run_at` is due by the installation's clock (a demo may jump forward), leases run by
//! the machine's.

use base::{FixedClock, JobId, Timestamp};
use serde_json::Value;

use crate::connection::{Row, params};
use crate::page::{Cursor, Page, page_limit};
use crate::{Reader, StoreError, Tx};

/// Work to be queued.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Verb and object: `make_extract`.
    pub kind: String,
    /// What the worker needs: ids, never texts.
    pub payload: Value,
    /// Not before this instant of the installation's clock.
    pub run_at: Timestamp,
    /// Of one kind and key, one job waits or runs. Queued again while it runs, it runs once more.
    pub dedupe_key: Option<String>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Due now or later.
    Waiting,
    /// With a worker.
    Running,
    /// Completed.
    Done,
    /// Given up.
    Failed,
}

impl JobState {
    /// The name in tables and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A queued, running or finished job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub job_id: JobId,
    /// Verb and object.
    pub kind: String,
    /// What the worker needs.
    pub payload: Value,
    /// Where it stands.
    pub state: JobState,
    /// When it is or was due.
    pub run_at: Timestamp,
    /// When it was queued.
    pub enqueued_at: Timestamp,
    /// The key that keeps it single.
    pub dedupe_key: Option<String>,
    /// How often a worker took it, this time included.
    pub attempts: u32,
    /// The worker that has it.
    pub lease_owner: Option<String>,
    /// When the worker loses it, by the machine's clock.
    pub lease_until: Option<Timestamp>,
    /// Why the last attempt failed.
    pub error_code: Option<String>,
    /// When it was completed or given up.
    pub finished_at: Option<Timestamp>,
}

/// A worker asking for work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobClaim<'a> {
    /// The worker's name, unique among workers that run.
    pub worker: &'a str,
    /// Only jobs of this kind.
    pub kind: Option<&'a str>,
    /// The present instant of the installation's clock: what is due.
    pub due: Timestamp,
    /// The present instant of the machine's clock: which leases have ended.
    pub now: Timestamp,
    /// How long the worker may keep the job without a sign of life.
    pub lease_seconds: u32,
}

const ENQUEUE: &str = "-- jobs.enqueue
INSERT INTO jobs (job_id, kind, payload, state, run_at, enqueued_at, dedupe_key, again, attempts)
VALUES ($1, $2, $3, 'waiting', $4, $5, $6, 0, 0)
ON CONFLICT (kind, dedupe_key) WHERE state IN ('waiting', 'running') DO UPDATE SET
    again = CASE WHEN jobs.state = 'running' THEN 1 ELSE 0 END,
    run_at = CASE WHEN excluded.run_at < jobs.run_at THEN excluded.run_at ELSE jobs.run_at END
RETURNING job_id";
const COMPLETE: &str = "-- jobs.complete
UPDATE jobs SET
    state = CASE WHEN again = 1 THEN 'waiting' ELSE 'done' END,
    attempts = CASE WHEN again = 1 THEN 0 ELSE attempts END,
    finished_at = CASE WHEN again = 1 THEN NULL ELSE $3 END,
    again = 0, lease_owner = NULL, lease_until = NULL, error_code = NULL
WHERE job_id = $1 AND state = 'running' AND lease_owner = $2";
const RETRY: &str = "-- jobs.retry
UPDATE jobs SET state = 'waiting', run_at = $3, error_code = $4, again = 0, lease_owner = NULL,
    lease_until = NULL
WHERE job_id = $1 AND state = 'running' AND lease_owner = $2";
const GIVE_UP: &str = "-- jobs.give_up
UPDATE jobs SET state = 'failed', finished_at = $3, error_code = $4, again = 0, lease_owner = NULL,
    lease_until = NULL
WHERE job_id = $1 AND state = 'running' AND lease_owner = $2";
const EXTEND: &str = "-- jobs.extend_lease
UPDATE jobs SET lease_until = $3 WHERE job_id = $1 AND state = 'running' AND lease_owner = $2";
const RELEASE_ALL: &str = "-- jobs.release_all
UPDATE jobs SET state = 'waiting', lease_owner = NULL, lease_until = NULL WHERE state = 'running'";
const FIND: &str = "-- jobs.find
SELECT job_id, kind, payload, state, run_at, enqueued_at, dedupe_key, attempts, lease_owner,
    lease_until, error_code, finished_at
FROM jobs WHERE job_id = $1";
const LIST: &str = "-- jobs.list
SELECT job_id, kind, payload, state, run_at, enqueued_at, dedupe_key, attempts, lease_owner,
    lease_until, error_code, finished_at
FROM jobs
WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR kind = $2)
  AND ($3 IS NULL OR run_at > $3 OR (run_at = $3 AND job_id > $4))
ORDER BY run_at, job_id LIMIT $5";
const COUNT: &str = "-- jobs.count
SELECT COUNT(*) AS n_jobs FROM jobs WHERE state = $1";
const FORGET: &str = "-- jobs.forget_done
DELETE FROM jobs WHERE state = 'done' AND finished_at < $1";

impl Tx {
    /// Queues a job; the id of the job that will do the work, which may be one queued before.
    pub async fn enqueue_job(&self, job: &NewJob, at: Timestamp) -> Result<JobId, StoreError> {
        let values = params![
            JobId::new(&FixedClock(at), self.entropy()),
            &job.kind,
            &job.payload,
            job.run_at,
            at,
            job.dedupe_key.as_deref(),
        ];
        self.fetch_one(ENQUEUE, values).await?.parsed("job_id")
    }

    /// Gives the worker the job that has been due longest, if any. A job whose worker's lease ended
    /// counts as due.
    pub async fn claim_job(&self, claim: &JobClaim<'_>) -> Result<Option<Job>, StoreError> {
        let until = lease_end(claim.now, claim.lease_seconds);
        let values = params![claim.worker, until, claim.due, claim.now, claim.kind];
        let row = self
            .fetch_optional(self.dialect().claim_job(), values)
            .await?;
        row.as_ref().map(job).transpose()
    }

    /// Keeps a job for longer.
    pub async fn extend_lease(
        &self,
        job_id: JobId,
        worker: &str,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        held(self.execute(EXTEND, params![job_id, worker, until]).await?)
    }

    /// The work is done. Refused if the lease has passed to another worker, whose work then counts:
    /// complete a job in the transaction that stores its result.
    pub async fn complete_job(
        &self,
        job_id: JobId,
        worker: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        held(self.execute(COMPLETE, params![job_id, worker, at]).await?)
    }

    /// The work failed and waits for another attempt.
    pub async fn retry_job(
        &self,
        job_id: JobId,
        worker: &str,
        retry_at: Timestamp,
        error_code: &str,
    ) -> Result<(), StoreError> {
        held(
            self.execute(RETRY, params![job_id, worker, retry_at, error_code])
                .await?,
        )
    }

    /// The work failed for good: somebody must look at it.
    pub async fn fail_job(
        &self,
        job_id: JobId,
        worker: &str,
        at: Timestamp,
        error_code: &str,
    ) -> Result<(), StoreError> {
        held(
            self.execute(GIVE_UP, params![job_id, worker, at, error_code])
                .await?,
        )
    }

    /// Takes all jobs back from their workers: for the start of a server that is alone on its
    /// folder, after a crash. How many there were.
    pub async fn release_jobs(&self) -> Result<u64, StoreError> {
        self.execute(RELEASE_ALL, Vec::new()).await
    }

    /// Forgets jobs that were done before `before`; how many.
    pub async fn forget_done_jobs(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.execute(FORGET, params![before]).await
    }
}

impl Reader {
    /// A job by its id.
    pub async fn find_job(&self, job_id: JobId) -> Result<Option<Job>, StoreError> {
        let row = self.fetch_optional(FIND, params![job_id]).await?;
        row.as_ref().map(job).transpose()
    }

    /// Jobs by the time they are due.
    pub async fn list_jobs(
        &self,
        state: Option<JobState>,
        kind: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Job>, StoreError> {
        let after = Cursor::parse(cursor)?;
        let limit = page_limit(limit);
        let state = state.map(JobState::name);
        let values = params![state, kind, after.sort_key(), after.id(), limit + 1];
        let rows = self.fetch(LIST, values).await?;
        Page::of(rows, limit, job, |row| {
            Ok(Cursor::after(row.text("run_at")?, row.text("job_id")?))
        })
    }

    /// How many jobs stand so.
    pub async fn count_jobs(&self, state: JobState) -> Result<u64, StoreError> {
        self.fetch_one(COUNT, params![state.name()])
            .await?
            .number("n_jobs")
    }
}

/// When a lease taken now ends.
pub(crate) fn lease_end(now: Timestamp, seconds: u32) -> Timestamp {
    let micros = now
        .as_microsecond()
        .saturating_add(i64::from(seconds) * 1_000_000);
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

fn held(touched: u64) -> Result<(), StoreError> {
    if touched == 1 {
        Ok(())
    } else {
        Err(StoreError::LeaseLost { what: "job" })
    }
}

fn job(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        job_id: row.parsed("job_id")?,
        kind: row.text("kind")?,
        payload: row.json("payload")?,
        state: JobState::parse(&row.text("state")?).ok_or_else(|| row.corrupt("state"))?,
        run_at: row.instant("run_at")?,
        enqueued_at: row.instant("enqueued_at")?,
        dedupe_key: row.optional_text("dedupe_key")?,
        attempts: row.number("attempts")?,
        lease_owner: row.optional_text("lease_owner")?,
        lease_until: row.optional_instant("lease_until")?,
        error_code: row.optional_text("error_code")?,
        finished_at: row.optional_instant("finished_at")?,
    })
}
