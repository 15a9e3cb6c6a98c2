//! Work that follows from events, done by a worker: issuing a permit, making an extract, numbering
//! the log's leaves. A job may run twice; each of them is safe to repeat.

use std::time::Duration;

use base::Timestamp;
use store::{Job, JobClaim, NewJob};
use tokio::sync::watch;

use crate::{App, Error};

const LEASE_SECONDS: u32 = 300;
const TRIES_MAX: u32 = 5;
const IDLE: Duration = Duration::from_millis(200);
/// Rounds without work before registers are measured: nobody waits for that.
const IDLE_BEFORE_MEASURING: u32 = 50;
const JOBS_IN_A_ROW_MAX: usize = 10_000;
const HOUR_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 24 * HOUR_SECONDS;
/// How long what is of use for a while only is kept: answers of writes and counted attempts, then
/// baskets and the queue's own past.
const KEPT_SHORTLY_SECONDS: i64 = DAY_SECONDS;
const KEPT_LONG_SECONDS: i64 = 30 * DAY_SECONDS;
const FORGET: &str = "forget_what_has_passed";

impl App {
    /// Does the work that is due and returns how many jobs that were.
    pub async fn run_due_jobs(&self) -> Result<usize, Error> {
        for done in 0..JOBS_IN_A_ROW_MAX {
            if !self.run_one_job("caller").await? {
                return Ok(done);
            }
        }
        Ok(JOBS_IN_A_ROW_MAX)
    }

    /// Does work as it falls due until told to stop. Leases of an earlier process are taken over at
    /// once: the folder's lock says that it is gone.
    pub async fn run_worker(&self, mut stop: watch::Receiver<bool>) -> Result<(), Error> {
        self.store()
            .run_tx("job.release", |tx| async move { tx.release_jobs().await })
            .await?;
        self.enqueue_ends().await?;
        self.queue_forgetting(self.now()).await?;
        let mut idle = 0_u32;
        while !*stop.borrow() {
            match self.run_one_job("worker").await {
                Ok(true) => idle = 0,
                Ok(false) if idle >= IDLE_BEFORE_MEASURING => {
                    idle = self.measure_while_idle().await;
                }
                Ok(false) => {
                    idle += 1;
                    tokio::select! {
                        () = tokio::time::sleep(IDLE) => {}
                        _ = stop.changed() => {}
                    }
                }
                Err(error) => {
                    tracing::error!(
                        error.code = error.code(),
                        "the worker cannot reach its queue"
                    );
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
            }
        }
        Ok(())
    }

    /// Measures a register. Answers from where to count idle rounds: the next one follows at once, and
    /// when there is none, or it fails, the worker looks again after a while.
    async fn measure_while_idle(&self) -> u32 {
        match self.measure_next().await {
            Ok(true) => IDLE_BEFORE_MEASURING,
            Ok(false) => 0,
            Err(error) => {
                tracing::warn!(error.code = error.code(), "a register cannot be measured");
                0
            }
        }
    }

    async fn run_one_job(&self, worker: &'static str) -> Result<bool, Error> {
        let (due, now) = (self.now(), self.machine_now());
        let claimed = self
            .store()
            .run_tx("job.claim", |tx| async move {
                let claim = JobClaim {
                    worker,
                    kind: None,
                    due,
                    now,
                    lease_seconds: LEASE_SECONDS,
                };
                tx.claim_job(&claim).await
            })
            .await?;
        let Some(job) = claimed else { return Ok(false) };
        let outcome = self.run_job(&job).await;
        let (id, at) = (job.job_id, self.now());
        match outcome {
            Ok(()) => {
                self.store()
                    .run_tx("job.complete", |tx| async move {
                        tx.complete_job(id, worker, at).await.map(drop)
                    })
                    .await?;
            }
            Err(error) => self.note_failure(&job, worker, &error).await?,
        }
        Ok(true)
    }

    async fn note_failure(
        &self,
        job: &Job,
        worker: &'static str,
        error: &Error,
    ) -> Result<(), Error> {
        let (id, code, at) = (job.job_id, error.code(), self.now());
        let again = job.attempts < TRIES_MAX;
        tracing::warn!(
            job.name = job.kind,
            job.attempts = job.attempts,
            error.code = code,
            "job failed: {error}"
        );
        let pause = 1_i64 << job.attempts.min(6);
        let retry_at = Timestamp::from_second(at.as_second() + pause).unwrap_or(at);
        self.store()
            .run_tx("job.note_failure", |tx| async move {
                if again {
                    tx.retry_job(id, worker, retry_at, code).await.map(drop)
                } else {
                    tx.fail_job(id, worker, at, code).await.map(drop)
                }
            })
            .await?;
        Ok(())
    }

    async fn run_job(&self, job: &Job) -> Result<(), Error> {
        let about = job
            .payload
            .get("id")
            .and_then(|id| id.as_str())
            .unwrap_or_default();
        let malformed = || Error::invalid("job_payload", "the job does not say what it is about");
        match job.kind.as_str() {
            "sequence_log" => self.sequence_log().await.map(drop),
            "issue_permit" => {
                self.issue_permit(about.parse().map_err(|_| malformed())?)
                    .await
            }
            "make_extract" => {
                self.make_extract(about.parse().map_err(|_| malformed())?)
                    .await
            }
            "expire_permit" => {
                self.expire_permit(about.parse().map_err(|_| malformed())?)
                    .await
            }
            "delete_extract" => {
                self.delete_extract(about.parse().map_err(|_| malformed())?)
                    .await
            }
            "purge_version" => {
                self.purge_version(about.parse().map_err(|_| malformed())?)
                    .await
            }
            FORGET => {
                self.forget_what_has_passed(self.machine_now()).await?;
                self.queue_forgetting(after(self.now(), HOUR_SECONDS)).await
            }
            other => Err(Error::invalid(
                "job_kind",
                format!("there is no job `{other}`"),
            )),
        }
    }
    /// Queues the hourly sweep. Each hour's has a name of its own: one that is running queues the next.
    async fn queue_forgetting(&self, run_at: Timestamp) -> Result<(), Error> {
        let (hour, at) = (run_at.as_second() / HOUR_SECONDS, self.now());
        self.store()
            .run_tx("job.queue_forgetting", |tx| async move {
                let job = NewJob {
                    kind: FORGET.to_owned(),
                    payload: serde_json::json!({ "id": hour.to_string() }),
                    run_at,
                    dedupe_key: Some(hour.to_string()),
                };
                tx.enqueue_job(&job, at).await.map(drop)
            })
            .await?;
        Ok(())
    }

    /// Forgets what was kept for a while only, by the machine's clock: the answers of writes, counted
    /// attempts, baskets that nobody has touched, jobs that were done. How many answers of writes.
    pub async fn forget_what_has_passed(&self, machine_now: Timestamp) -> Result<u64, Error> {
        let shortly = after(machine_now, -KEPT_SHORTLY_SECONDS);
        // Two of the figures are stamped by the installation's clock, which a demo moves forward.
        let now = self.now();
        let earlier = machine_now.min(now);
        let forgotten = self
            .store()
            .run_tx("job.forget", |tx| async move {
                tx.forget_attempts(after(earlier, -KEPT_SHORTLY_SECONDS))
                    .await?;
                tx.forget_baskets(after(now, -KEPT_LONG_SECONDS)).await?;
                tx.forget_done_jobs(after(now, -KEPT_LONG_SECONDS)).await?;
                tx.forget_idempotency_keys(shortly).await
            })
            .await?;
        Ok(forgotten)
    }
}

fn after(instant: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(instant.as_second() + seconds).unwrap_or(instant)
}
