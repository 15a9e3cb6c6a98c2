//! Events, audit, leaves, tiles and checkpoints.

use std::sync::Arc;

use base::EventId;
use serde_json::json;
use store::{
    AuditEntry, NewEvent, SequencedLeaf, Store, StoreError, StoredCheckpoint, StoredEvent, Tx,
};

use crate::fixtures::{at, audit, event, leaf, officer};
use crate::harness::Home;

async fn append(
    store: &Store,
    stream: &str,
    expected: u64,
) -> Result<Vec<StoredEvent>, StoreError> {
    let events = [event("Opened")];
    store
        .run_tx("test.append", async |tx: Tx| {
            tx.append(stream, expected, &events, &audit("case.open"))
                .await
        })
        .await
}

pub(crate) async fn an_event_is_read_as_it_was_written(home: &Home) {
    let store = home.store().await;
    let payload = json!({
        "text": "æøå \u{0} \"'; DROP TABLE events; -- $1", "number": i64::MIN, "part": 0.1,
        "list": [null, true, {}],
    });
    let cause = EventId::from_bytes([9; 16]);
    let new = NewEvent::new("PartDecided", 3, payload.clone()).caused_by(cause);
    let audit = AuditEntry::new(&officer(7), "part.decide", "case:1", at(5));
    let written = store
        .run_tx("test.append", async |tx: Tx| {
            tx.append("case:1", 0, &[new.clone(), event("Closed")], &audit)
                .await
        })
        .await
        .unwrap();
    let reader = store.reader("test.read").await.unwrap();
    let read = reader.load_stream("case:1").await.unwrap();
    assert_eq!(read, written);
    let first = &read[0];
    assert_eq!((first.position, first.version, first.schema), (1, 1, 3));
    assert_eq!((first.kind.as_str(), first.at), ("PartDecided", at(5)));
    assert_eq!(
        (first.actor_id, &first.payload),
        (officer(7).account, &payload)
    );
    assert_eq!(
        (first.organisation_id.as_str(), first.cause),
        ("sds", Some(cause))
    );
    assert_eq!(
        (read[1].position, read[1].version, read[1].cause),
        (2, 2, None)
    );
    assert_ne!(read[0].event_id, read[1].event_id);
    assert!(reader.load_stream("case:2").await.unwrap().is_empty());
}

pub(crate) async fn refuses_a_version_that_was_passed(home: &Home) {
    let store = home.store().await;
    append(&store, "case:1", 0).await.unwrap();
    for expected in [0, 2] {
        let refused = append(&store, "case:1", expected).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::VersionConflict { expected: e, .. } if e == expected)
        );
    }
    append(&store, "case:1", 1).await.unwrap();
    let audited = store
        .reader("test.read")
        .await
        .unwrap()
        .list_audit(None, None, 10)
        .await;
    assert_eq!(
        audited.unwrap().items.len(),
        2,
        "what was refused is not audited as done"
    );
}

pub(crate) async fn of_two_writers_at_one_version_exactly_one_wins(home: &Home) {
    let store = home.store().await;
    for round in 0..10 {
        let stream = format!("case:{round}");
        let (one, two) = tokio::join!(append(&store, &stream, 0), append(&store, &stream, 0));
        let won = [&one, &two]
            .iter()
            .filter(|outcome| outcome.is_ok())
            .count();
        assert_eq!(won, 1, "{one:?} {two:?}");
        let lost = one.err().or(two.err()).unwrap();
        assert!(matches!(lost, StoreError::VersionConflict { .. }));
    }
}

pub(crate) async fn writers_that_read_first_all_get_their_turn(home: &Home) {
    let store = Arc::new(home.store().await);
    let writer = |store: Arc<Store>| async move {
        for _ in 0..5 {
            store
                .run_tx("test.turn", async |tx: Tx| {
                    let version = tx.load_stream("case:1").await?.len() as u64;
                    tx.append("case:1", version, &[event("Turn")], &audit("turn"))
                        .await
                })
                .await
                .unwrap();
        }
    };
    let tasks: Vec<_> = (0..6)
        .map(|_| tokio::spawn(writer(Arc::clone(&store))))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let reader = store.reader("test.read").await.unwrap();
    let versions: Vec<u64> = reader
        .load_stream("case:1")
        .await
        .unwrap()
        .iter()
        .map(|event| event.version)
        .collect();
    assert_eq!(versions, (1..=30).collect::<Vec<_>>());
}

pub(crate) async fn positions_have_no_gaps(home: &Home) {
    let store = home.store().await;
    append(&store, "case:1", 0).await.unwrap();
    append(&store, "case:1", 7).await.unwrap_err();
    let tx = store.begin("test.dropped").await.unwrap();
    tx.append("case:2", 0, &[event("A"), event("B")], &audit("test"))
        .await
        .unwrap();
    drop(tx);
    append(&store, "case:3", 0).await.unwrap();
    let reader = store.reader("test.read").await.unwrap();
    let events = reader.events_after(0, 10).await.unwrap();
    let places: Vec<_> = events
        .iter()
        .map(|e| (e.position, e.stream.as_str()))
        .collect();
    assert_eq!(places, [(1, "case:1"), (2, "case:3")]);
}

pub(crate) async fn the_log_is_followed_in_pages(home: &Home) {
    let store = home.store().await;
    for n in 0..5 {
        append(&store, &format!("case:{n}"), 0).await.unwrap();
    }
    let reader = store.reader("test.read").await.unwrap();
    let mut seen = Vec::new();
    let mut position = 0;
    loop {
        let page = reader.events_after(position, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        position = last.position;
        seen.extend(page.iter().map(|event| event.position));
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
    assert_eq!(reader.last_position().await.unwrap(), 5);
}

pub(crate) async fn streams_are_listed_by_prefix(home: &Home) {
    let store = home.store().await;
    for stream in ["case:1", "case:å", "case", "delivery:1", "casf:1", "case:2"] {
        append(&store, stream, 0).await.unwrap();
    }
    append(&store, "case:2", 1).await.unwrap();
    let reader = store.reader("test.read").await.unwrap();
    let heads = reader.list_streams("case:", None).await.unwrap();
    let heads: Vec<_> = heads
        .iter()
        .map(|head| (head.stream.as_str(), head.version))
        .collect();
    assert_eq!(heads, [("case:1", 1), ("case:2", 2), ("case:å", 1)]);
    assert_eq!(
        reader
            .list_streams("case:", Some("case:1"))
            .await
            .unwrap()
            .len(),
        2
    );
}

pub(crate) async fn nothing_appended_still_checks_and_audits(home: &Home) {
    let store = home.store().await;
    let append_nothing = |expected| {
        store.run_tx("test.nothing", move |tx: Tx| async move {
            tx.append("case:1", expected, &[], &audit("case.touch"))
                .await
        })
    };
    assert!(append_nothing(0).await.unwrap().is_empty());
    assert!(append_nothing(1).await.is_err());
    let reader = store.reader("test.read").await.unwrap();
    assert_eq!(
        reader
            .list_audit(Some("case:1"), None, 10)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
}

pub(crate) async fn an_audit_entry_is_written_once_per_transaction(home: &Home) {
    let store = home.store().await;
    let entry = audit("case.submit");
    for _ in 0..2 {
        store
            .run_tx("test.audit", async |tx: Tx| {
                tx.append("a", tx.stream_version("a").await?, &[event("A")], &entry)
                    .await?;
                tx.put_setting("b", &json!(1), &entry).await?;
                tx.record_audit(&audit("case.publish")).await
            })
            .await
            .unwrap();
    }
    let reader = store.reader("test.read").await.unwrap();
    let audited = reader.list_audit(None, None, 10).await.unwrap().items;
    assert_eq!(audited.iter().filter(|found| **found == entry).count(), 2);
    assert_eq!(audited.len(), 4);
}

pub(crate) async fn audit_pages_come_newest_first(home: &Home) {
    let store = home.store().await;
    for n in 0..5 {
        let entry = AuditEntry::new(&officer(1), format!("step.{n}"), "case:1", at(n));
        store
            .run_tx("test.audit", async |tx: Tx| tx.record_audit(&entry).await)
            .await
            .unwrap();
    }
    let reader = store.reader("test.read").await.unwrap();
    let first = reader.list_audit(Some("case:1"), None, 3).await.unwrap();
    let second = reader
        .list_audit(Some("case:1"), first.next.as_deref(), 3)
        .await
        .unwrap();
    let all: Vec<_> = first
        .items
        .iter()
        .chain(&second.items)
        .map(|e| e.action.clone())
        .collect();
    assert_eq!(all, ["step.4", "step.3", "step.2", "step.1", "step.0"]);
    assert_eq!(second.next, None);
    assert!(
        reader
            .list_audit(Some("case:2"), None, 3)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert!(matches!(
        reader.list_audit(None, Some("x"), 3).await,
        Err(StoreError::Cursor)
    ));
}

fn sequenced(pending: u64) -> SequencedLeaf {
    SequencedLeaf {
        pending,
        canonical: format!("{{\"leaf\":{pending}}}").into_bytes(),
    }
}

async fn add_leaves(store: &Store, kinds: &[&str]) {
    store
        .run_tx("test.leaves", async |tx: Tx| {
            for kind in kinds {
                tx.add_pending_leaf(&leaf(kind)).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

pub(crate) async fn leaves_get_numbers_in_the_order_of_commits(home: &Home) {
    let store = home.store().await;
    add_leaves(&store, &["receipt", "decision"]).await;
    add_leaves(&store, &["release"]).await;
    let tx = store.begin("test.sequence").await.unwrap();
    let queued = tx.list_pending_leaves(2).await.unwrap();
    assert_eq!(
        queued
            .iter()
            .map(|q| q.leaf.kind.as_str())
            .collect::<Vec<_>>(),
        ["receipt", "decision"]
    );
    assert_eq!(queued[0].leaf, leaf("receipt"));
    let batch: Vec<_> = queued
        .iter()
        .map(|queued| sequenced(queued.pending))
        .collect();
    assert_eq!(tx.sequence_leaves(0, &batch).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let reader = store.reader("test.read").await.unwrap();
    assert_eq!(reader.count_pending_leaves().await.unwrap(), 1);
    assert_eq!(reader.count_leaves().await.unwrap(), 2);
    let leaves = reader
        .list_leaves(1, 10, Some("S-2026-0417"))
        .await
        .unwrap();
    assert_eq!(leaves.len(), 1);
    assert_eq!(
        (leaves[0].sequence, leaves[0].kind.as_str()),
        (1, "decision")
    );
    assert_eq!(leaves[0].canonical, b"{\"leaf\":2}");
    assert_eq!(leaves[0].openings, leaf("decision").openings);
    assert!(
        reader
            .list_leaves(0, 10, Some("S-2026-0418"))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(reader.find_leaf(1).await.unwrap().as_ref(), leaves.first());
}

pub(crate) async fn refuses_a_gap_in_the_numbers_of_leaves(home: &Home) {
    let store = home.store().await;
    add_leaves(&store, &["receipt"]).await;
    let tx = store.begin("test.sequence").await.unwrap();
    let refused = tx.sequence_leaves(1, &[sequenced(1)]).await;
    assert!(matches!(
        refused,
        Err(StoreError::LeafGap {
            expected: 0,
            given: 1
        })
    ));
    let unknown = tx.sequence_leaves(0, &[sequenced(7)]).await;
    assert!(matches!(
        unknown,
        Err(StoreError::Missing {
            what: "pending leaf"
        })
    ));
    tx.sequence_leaves(0, &[sequenced(1)]).await.unwrap();
    let twice = tx.sequence_leaves(1, &[sequenced(1)]).await;
    assert!(
        matches!(twice, Err(StoreError::Missing { .. })),
        "a leaf gets one number"
    );
}

pub(crate) async fn openings_change_and_leaves_do_not(home: &Home) {
    let store = home.store().await;
    add_leaves(&store, &["receipt"]).await;
    let erased = json!({ "title": { "erased_at": "2027-01-01", "rule": "forlig" } });
    store
        .run_tx("test.erase", async |tx: Tx| {
            tx.sequence_leaves(0, &[sequenced(1)]).await?;
            tx.replace_openings(0, &erased, &audit("leaf.erase")).await
        })
        .await
        .unwrap();
    let reader = store.reader("test.read").await.unwrap();
    let leaf = reader.find_leaf(0).await.unwrap().unwrap();
    assert_eq!(
        (leaf.openings, leaf.canonical),
        (erased, sequenced(1).canonical)
    );
    let tx = store.begin("test.erase").await.unwrap();
    assert!(
        tx.replace_openings(1, &json!({}), &audit("leaf.erase"))
            .await
            .is_err()
    );
}

pub(crate) async fn a_tile_is_written_once(home: &Home) {
    let store = home.store().await;
    let tx = store.begin("test.tiles").await.unwrap();
    tx.save_tile("tile/0/000", &[1; 8]).await.unwrap();
    tx.save_tile("tile/0/000", &[1; 8]).await.unwrap();
    let changed = tx.save_tile("tile/0/000", &[2; 8]).await;
    assert!(matches!(changed, Err(StoreError::TileChanged { .. })));
    tx.save_tile("tile/0/000.p/3", &[3]).await.unwrap();
    tx.commit().await.unwrap();
    let reader = store.reader("test.read").await.unwrap();
    assert_eq!(
        reader.load_tile("tile/0/000").await.unwrap().unwrap(),
        [1; 8]
    );
    assert_eq!(reader.load_tile("tile/0/001").await.unwrap(), None);
    assert_eq!(
        reader.list_tiles("tile/0/000").await.unwrap(),
        ["tile/0/000.p/3"]
    );
}

pub(crate) async fn a_checkpoint_neither_shrinks_nor_forks(home: &Home) {
    let store = home.store().await;
    let checkpoint = |size, root: u8, seconds| StoredCheckpoint {
        size,
        root: [root; 32],
        note: format!("sund/log\n{size}\n"),
        at: at(seconds),
    };
    let tx = store.begin("test.checkpoints").await.unwrap();
    assert_eq!(tx.latest_checkpoint().await.unwrap(), None);
    tx.save_checkpoint(&checkpoint(5, 1, 0)).await.unwrap();
    let behind = tx.save_checkpoint(&checkpoint(4, 2, 1)).await;
    assert!(matches!(
        behind,
        Err(StoreError::CheckpointBehind { size: 4, last: 5 })
    ));
    let forked = tx.save_checkpoint(&checkpoint(5, 2, 1)).await;
    assert!(matches!(
        forked,
        Err(StoreError::CheckpointForked { size: 5 })
    ));
    tx.save_checkpoint(&checkpoint(5, 1, 2)).await.unwrap();
    tx.save_checkpoint(&checkpoint(9, 3, 3)).await.unwrap();
    tx.commit().await.unwrap();
    let reader = store.reader("test.read").await.unwrap();
    assert_eq!(
        reader.latest_checkpoint().await.unwrap(),
        Some(checkpoint(9, 3, 3))
    );
}
