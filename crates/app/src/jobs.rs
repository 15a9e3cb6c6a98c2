//! Work that follows from events, done by a worker: issuing a permit, making an extract, numbering
//! the log's leaves. A job may run twice; each of them is safe to repeat.

use std::time::Duration;

use base::{Clock as _, SystemClock, Timestamp};
use store::{Job, JobClaim};
use tokio::sync::watch;

use crate::{App, Error};

const LEASE_SECONDS: u32 = 300;
const TRIES_MAX: u32 = 5;
const IDLE: Duration = Duration::from_millis(200);
/// Rounds without work before registers are measured: nobody waits for that.
const IDLE_BEFORE_MEASURING: u32 = 50;
const JOBS_IN_A_ROW_MAX: usize = 10_000;

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
        let (due, now) = (self.now(), SystemClock.now());
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
            other => Err(Error::invalid(
                "job_kind",
                format!("there is no job `{other}`"),
            )),
        }
    }
}
