//! Jobs, messages, keys, numbers, attempts and settings.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base::{JobId, Timestamp};
use serde_json::json;
use store::{
    Idempotency, IdempotencyKey, Job, JobClaim, JobState, NewJob, Reader, Store, StoreError, Tx,
};

use crate::fixtures::{account_id, at, audit, job};
use crate::harness::Home;

async fn enqueue(store: &Store, job: &NewJob) -> JobId {
    store
        .run_tx("test.enqueue", async |tx: Tx| {
            tx.enqueue_job(job, at(0)).await
        })
        .await
        .unwrap()
}

async fn claim(store: &Store, worker: &str, now: Timestamp) -> Option<Job> {
    let claim = JobClaim {
        worker,
        kind: None,
        due: now,
        now,
        lease_seconds: 60,
    };
    store
        .run_tx("test.claim", async |tx: Tx| tx.claim_job(&claim).await)
        .await
        .unwrap()
}

async fn complete(store: &Store, job_id: JobId, worker: &str) -> Result<(), StoreError> {
    store
        .run_tx("test.complete", async |tx: Tx| {
            tx.complete_job(job_id, worker, at(9)).await
        })
        .await
}

async fn reader(store: &Store) -> Reader {
    store.reader("test.read").await.unwrap()
}

pub(crate) async fn a_job_is_done_once(home: &Home) {
    let store = home.store().await;
    let id = enqueue(&store, &job("make_extract", 0, None)).await;
    let claimed = claim(&store, "w1", at(1)).await.unwrap();
    assert_eq!(
        (claimed.job_id, claimed.attempts, claimed.state),
        (id, 1, JobState::Running)
    );
    assert_eq!(claimed.payload, json!({ "case": 1 }));
    assert_eq!(claimed.lease_until, Some(at(61)));
    assert_eq!(claim(&store, "w2", at(1)).await, None);
    complete(&store, id, "w1").await.unwrap();
    assert_eq!(claim(&store, "w2", at(1_000)).await, None);
    assert!(matches!(
        complete(&store, id, "w1").await,
        Err(StoreError::LeaseLost { .. })
    ));
    let done = reader(&store).await.find_job(id).await.unwrap().unwrap();
    assert_eq!(
        (done.state, done.finished_at),
        (JobState::Done, Some(at(9)))
    );
    let forget = async |tx: Tx| tx.forget_done_jobs(at(10)).await;
    assert_eq!(store.run_tx("test.forget", forget).await.unwrap(), 1);
}

pub(crate) async fn a_job_waits_until_it_is_due(home: &Home) {
    let store = home.store().await;
    let later = enqueue(&store, &job("expire_clock", 100, None)).await;
    let sooner = enqueue(&store, &job("expire_clock", 50, None)).await;
    assert_eq!(claim(&store, "w", at(49)).await, None);
    assert_eq!(claim(&store, "w", at(200)).await.unwrap().job_id, sooner);
    assert_eq!(claim(&store, "w", at(200)).await.unwrap().job_id, later);
    enqueue(&store, &job("make_extract", 0, None)).await;
    let kind = Some("expire_clock");
    let claim = JobClaim {
        worker: "w",
        kind,
        due: at(9),
        now: at(9),
        lease_seconds: 60,
    };
    let tx = store.begin("test.claim").await.unwrap();
    assert_eq!(
        tx.claim_job(&claim).await.unwrap(),
        None,
        "another kind is not given out"
    );
}

pub(crate) async fn an_expired_lease_passes_to_the_next_worker(home: &Home) {
    let store = home.store().await;
    let id = enqueue(&store, &job("make_extract", 0, None)).await;
    claim(&store, "dead", at(0)).await.unwrap();
    assert_eq!(claim(&store, "alive", at(59)).await, None);
    let taken = claim(&store, "alive", at(60)).await.unwrap();
    assert_eq!((taken.job_id, taken.attempts), (id, 2));
    assert!(matches!(
        complete(&store, id, "dead").await,
        Err(StoreError::LeaseLost { .. })
    ));
    complete(&store, id, "alive").await.unwrap();
}

pub(crate) async fn a_lease_can_be_extended(home: &Home) {
    let store = home.store().await;
    let id = enqueue(&store, &job("make_extract", 0, None)).await;
    claim(&store, "slow", at(0)).await.unwrap();
    let extend = |worker: &'static str| {
        store.run_tx("test.extend", move |tx: Tx| async move {
            tx.extend_lease(id, worker, at(300)).await
        })
    };
    extend("slow").await.unwrap();
    assert!(matches!(
        extend("other").await,
        Err(StoreError::LeaseLost { .. })
    ));
    assert_eq!(claim(&store, "other", at(299)).await, None);
    assert!(claim(&store, "other", at(300)).await.is_some());
}

pub(crate) async fn a_failed_job_is_tried_again_and_then_given_up(home: &Home) {
    let store = home.store().await;
    let id = enqueue(&store, &job("make_extract", 0, Some("permit-1"))).await;
    claim(&store, "w", at(0)).await.unwrap();
    store
        .run_tx("test.retry", async |tx: Tx| {
            tx.retry_job(id, "w", at(30), "lake.disk_full").await
        })
        .await
        .unwrap();
    assert_eq!(claim(&store, "w", at(29)).await, None);
    let again = claim(&store, "w", at(30)).await.unwrap();
    assert_eq!(
        (again.attempts, again.error_code.as_deref()),
        (2, Some("lake.disk_full"))
    );
    store
        .run_tx("test.fail", async |tx: Tx| {
            tx.fail_job(id, "w", at(31), "lake.damaged").await
        })
        .await
        .unwrap();
    assert_eq!(claim(&store, "w", at(1_000)).await, None);
    let reader = reader(&store).await;
    assert_eq!(reader.count_jobs(JobState::Failed).await.unwrap(), 1);
    let failed = reader
        .list_jobs(Some(JobState::Failed), None, None, 10)
        .await
        .unwrap();
    assert_eq!(failed.items[0].error_code.as_deref(), Some("lake.damaged"));
    drop(reader);
    let fresh = enqueue(&store, &job("make_extract", 0, Some("permit-1"))).await;
    assert_ne!(
        fresh, id,
        "a job that was given up does not block a new one"
    );
}

pub(crate) async fn a_job_queued_twice_waits_once(home: &Home) {
    let store = home.store().await;
    let first = enqueue(&store, &job("sequence_leaves", 100, Some("log"))).await;
    let second = enqueue(&store, &job("sequence_leaves", 10, Some("log"))).await;
    let third = enqueue(&store, &job("sequence_leaves", 50, Some("log"))).await;
    assert_eq!((first, first), (second, third));
    assert_ne!(
        enqueue(&store, &job("sequence_leaves", 10, Some("other"))).await,
        first
    );
    assert_ne!(
        enqueue(&store, &job("sequence_leaves", 10, None)).await,
        first
    );
    let waiting = reader(&store).await.find_job(first).await.unwrap().unwrap();
    assert_eq!(waiting.run_at, at(10), "the earliest wish holds");
}

pub(crate) async fn a_job_queued_while_it_runs_runs_once_more(home: &Home) {
    let store = home.store().await;
    let id = enqueue(&store, &job("sequence_leaves", 0, Some("log"))).await;
    claim(&store, "w", at(0)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            enqueue(&store, &job("sequence_leaves", 0, Some("log"))).await,
            id
        );
    }
    complete(&store, id, "w").await.unwrap();
    let again = claim(&store, "w", at(1)).await.unwrap();
    assert_eq!((again.job_id, again.attempts), (id, 1));
    complete(&store, id, "w").await.unwrap();
    assert_eq!(claim(&store, "w", at(2)).await, None);
}

pub(crate) async fn many_workers_never_share_a_job(home: &Home) {
    let store = Arc::new(home.store().await);
    for n in 0..24 {
        enqueue(&store, &job("make_extract", n, None)).await;
    }
    let worker = |name: usize, store: Arc<Store>| async move {
        let name = format!("w{name}");
        let mut done = Vec::new();
        while let Some(job) = claim(&store, &name, at(100)).await {
            complete(&store, job.job_id, &name).await.unwrap();
            done.push(job.job_id);
        }
        done
    };
    let workers: Vec<_> = (0..4)
        .map(|n| tokio::spawn(worker(n, Arc::clone(&store))))
        .collect();
    let mut done = Vec::new();
    for worker in workers {
        done.extend(worker.await.unwrap());
    }
    assert_eq!(done.len(), 24);
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), 24);
}

pub(crate) async fn a_crashed_server_takes_its_jobs_back(home: &Home) {
    let store = home.store().await;
    enqueue(&store, &job("make_extract", 0, None)).await;
    claim(&store, "before", at(0)).await.unwrap();
    assert_eq!(claim(&store, "after", at(1)).await, None);
    let released = store
        .run_tx("test.release", async |tx: Tx| tx.release_jobs().await)
        .await;
    assert_eq!(released.unwrap(), 1);
    assert!(claim(&store, "after", at(1)).await.is_some());
}

pub(crate) async fn jobs_are_listed_in_pages(home: &Home) {
    let store = home.store().await;
    for n in 0..5 {
        enqueue(
            &store,
            &job(if n == 0 { "first" } else { "other" }, n / 2, None),
        )
        .await;
    }
    let reader = reader(&store).await;
    let mut seen = BTreeSet::new();
    let mut cursor = None;
    loop {
        let page = reader
            .list_jobs(None, None, cursor.as_deref(), 2)
            .await
            .unwrap();
        assert!(page.items.len() <= 2);
        seen.extend(page.items.iter().map(|job| job.job_id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    let first = reader
        .list_jobs(Some(JobState::Waiting), Some("first"), None, 9)
        .await
        .unwrap();
    assert_eq!(first.items.len(), 1);
}

pub(crate) async fn messages_are_sent_in_order_and_once(home: &Home) {
    let store = home.store().await;
    for n in 0..3 {
        store
            .run_tx("test.enqueue", async |tx: Tx| {
                tx.enqueue_message("case_decided", &json!({ "n": n }), at(n))
                    .await
            })
            .await
            .unwrap();
    }
    let tx = store.begin("test.claim").await.unwrap();
    let messages = tx.claim_messages("s1", 60, at(10), 2).await.unwrap();
    let order: Vec<_> = messages
        .iter()
        .map(|message| message.payload["n"].clone())
        .collect();
    assert_eq!(order, [json!(0), json!(1)]);
    assert_eq!(
        tx.claim_messages("s2", 60, at(10), 9).await.unwrap().len(),
        1
    );
    for message in &messages {
        tx.mark_sent(message.message, "s1", at(11)).await.unwrap();
        let twice = tx.mark_sent(message.message, "s1", at(11)).await;
        assert!(matches!(twice, Err(StoreError::LeaseLost { .. })));
    }
    assert_eq!(tx.count_waiting_messages().await.unwrap(), 1);
    assert!(
        tx.claim_messages("s1", 60, at(12), 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(tx.forget_sent_messages(at(12)).await.unwrap(), 2);
}

pub(crate) async fn a_message_of_a_dead_sender_is_taken_over(home: &Home) {
    let store = home.store().await;
    let tx = store.begin("test.messages").await.unwrap();
    tx.enqueue_message("case_decided", &json!({}), at(0))
        .await
        .unwrap();
    let claimed = tx.claim_messages("dead", 60, at(0), 9).await.unwrap();
    let taken = tx.claim_messages("alive", 60, at(60), 9).await.unwrap();
    assert_eq!(
        (taken[0].message, taken[0].attempts),
        (claimed[0].message, 2)
    );
    let late = tx.mark_sent(claimed[0].message, "dead", at(61)).await;
    assert!(matches!(
        late,
        Err(StoreError::LeaseLost { what: "message" })
    ));
}

fn key(key: &str) -> IdempotencyKey<'_> {
    let actor = account_id(1);
    IdempotencyKey {
        key,
        actor,
        route: "POST /api/v1/applications",
        fingerprint: "f",
    }
}

/// Nobody has lost a write yet.
fn long_ago() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

async fn begin(tx: &Tx, key: &IdempotencyKey<'_>, seconds: i64) -> Idempotency {
    tx.begin_idempotent(key, at(seconds), long_ago())
        .await
        .unwrap()
}

pub(crate) async fn an_unfinished_write_is_told_apart_and_taken_over_once(home: &Home) {
    let store = home.store().await;
    let try_at = async |seconds, lost_before| {
        store
            .run_tx("test.begin", async |tx: Tx| {
                tx.begin_idempotent(&key("k"), at(seconds), lost_before)
                    .await
            })
            .await
            .unwrap()
    };
    assert_eq!(try_at(0, long_ago()).await, Idempotency::New);
    assert_eq!(try_at(1, long_ago()).await, Idempotency::Unfinished);
    // Its writer is lost: the first who comes takes over, the second is told to wait.
    assert_eq!(try_at(120, at(0)).await, Idempotency::New);
    assert_eq!(try_at(121, at(1)).await, Idempotency::Unfinished);
    // Nothing was done: the same key is new again.
    let give_up = async || {
        store
            .run_tx("test.abandon", async |tx: Tx| {
                tx.abandon_idempotent(&key("k")).await
            })
            .await
            .unwrap();
    };
    give_up().await;
    assert_eq!(try_at(122, long_ago()).await, Idempotency::New);
    let tx = store.begin("test.finish").await.unwrap();
    tx.finish_idempotent(&key("k"), 201, "{}").await.unwrap();
    tx.commit().await.unwrap();
    // What was finished is neither taken over nor given up, nor released at a start.
    give_up().await;
    let tx = store.begin("test.release").await.unwrap();
    begin(&tx, &key("open"), 123).await;
    assert_eq!(tx.release_idempotency_keys().await.unwrap(), 1);
    tx.commit().await.unwrap();
    let answer = Idempotency::Replay {
        status: 201,
        body: "{}".to_owned(),
    };
    assert_eq!(try_at(500, at(400)).await, answer);
}

pub(crate) async fn an_answer_is_given_again(home: &Home) {
    let store = home.store().await;
    let lost = store.begin("test.lost").await.unwrap();
    assert_eq!(begin(&lost, &key("k"), 0).await, Idempotency::New);
    drop(lost);
    let tx = store.begin("test.first").await.unwrap();
    assert_eq!(begin(&tx, &key("k"), 0).await, Idempotency::New);
    tx.finish_idempotent(&key("k"), 201, "{\"case\":1}")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let tx = store.begin("test.second").await.unwrap();
    let replay = Idempotency::Replay {
        status: 201,
        body: "{\"case\":1}".to_owned(),
    };
    assert_eq!(begin(&tx, &key("k"), 1).await, replay);
    let other = IdempotencyKey {
        fingerprint: "g",
        ..key("k")
    };
    assert_eq!(begin(&tx, &other, 1).await, Idempotency::Reused);
    let stranger = IdempotencyKey {
        actor: account_id(2),
        ..key("k")
    };
    assert_eq!(begin(&tx, &stranger, 1).await, Idempotency::New);
    assert_eq!(tx.forget_idempotency_keys(at(1)).await.unwrap(), 1);
}

pub(crate) async fn of_two_equal_writes_one_does_the_work(home: &Home) {
    let store = Arc::new(home.store().await);
    let worked = Arc::new(AtomicU32::new(0));
    let write = |store: Arc<Store>, worked: Arc<AtomicU32>| async move {
        store
            .run_tx("test.write", async |tx: Tx| {
                match tx.begin_idempotent(&key("k"), at(0), long_ago()).await? {
                    Idempotency::Replay { status, .. } => Ok(status),
                    _ => {
                        worked.fetch_add(1, Ordering::SeqCst);
                        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                        tx.finish_idempotent(&key("k"), 201, "{}").await?;
                        Ok::<_, StoreError>(201)
                    }
                }
            })
            .await
            .unwrap()
    };
    let write = || tokio::spawn(write(Arc::clone(&store), Arc::clone(&worked)));
    let (one, two) = (write(), write());
    assert_eq!((one.await.unwrap(), two.await.unwrap()), (201, 201));
    assert_eq!(worked.load(Ordering::SeqCst), 1);
}

pub(crate) async fn numbers_are_given_out_once(home: &Home) {
    let store = Arc::new(home.store().await);
    let next = |store: Arc<Store>| async move {
        store
            .run_tx("test.number", async |tx: Tx| {
                tx.next_number("S-2026", 417).await
            })
            .await
    };
    let tasks: Vec<_> = (0..8)
        .map(|_| tokio::spawn(next(Arc::clone(&store))))
        .collect();
    let mut numbers = BTreeSet::new();
    for task in tasks {
        numbers.insert(task.await.unwrap().unwrap());
    }
    assert_eq!(numbers, (417..425).collect());
    let tx = store.begin("test.number").await.unwrap();
    assert_eq!(tx.next_number("DK-2027", 83).await.unwrap(), 83);
    assert_eq!(tx.next_number("S-2026", 1).await.unwrap(), 425);
}

pub(crate) async fn attempts_are_counted_per_window(home: &Home) {
    let store = home.store().await;
    let tx = store.begin("test.attempts").await.unwrap();
    for expected in 1..=3 {
        assert_eq!(
            tx.count_attempt("sign-in:astrid", at(0)).await.unwrap(),
            expected
        );
    }
    assert_eq!(tx.count_attempt("sign-in:astrid", at(60)).await.unwrap(), 1);
    assert_eq!(tx.count_attempt("sign-in:bo", at(0)).await.unwrap(), 1);
    assert_eq!(tx.find_attempts("sign-in:astrid", at(0)).await.unwrap(), 4);
    assert_eq!(tx.find_attempts("sign-in:nobody", at(0)).await.unwrap(), 0);
    tx.clear_attempts("sign-in:astrid").await.unwrap();
    assert_eq!(tx.find_attempts("sign-in:astrid", at(0)).await.unwrap(), 0);
    assert_eq!(tx.forget_attempts(at(1)).await.unwrap(), 1);
}

pub(crate) async fn settings_are_read_back(home: &Home) {
    let store = home.store().await;
    let audit = audit("setting.put");
    let tx = store.begin("test.settings").await.unwrap();
    tx.put_setting("demo.clock", &json!({ "offset_us": 1 }), &audit)
        .await
        .unwrap();
    tx.put_setting("demo.clock", &json!({ "offset_us": 2 }), &audit)
        .await
        .unwrap();
    tx.put_setting("notice", &json!("Lukket i påsken"), &audit)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let reader = reader(&store).await;
    assert_eq!(
        reader.find_setting("demo.clock").await.unwrap(),
        Some(json!({ "offset_us": 2 }))
    );
    assert_eq!(reader.find_setting("unknown").await.unwrap(), None);
    assert_eq!(
        reader.list_settings().await.unwrap()["notice"],
        "Lukket i påsken"
    );
}
