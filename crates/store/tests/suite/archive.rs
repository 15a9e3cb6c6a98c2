//! The portable archive, within one kind of database and from one kind to the other.

use std::path::Path;

use store::archive::{ArchiveError, inspect};
use store::{Store, StoreError, Tx};

use crate::fixtures::{account, at, audit, census, event, nothing, session, write_everything};
use crate::harness::Home;

async fn full_store(home: &Home) -> Store {
    let store = home.store().await;
    store
        .run_tx("test.write", async |tx: Tx| write_everything(&tx).await)
        .await
        .unwrap();
    store
}

async fn empty_store(home: &Home) -> Store {
    Store::connect(&home.empty().await).await.unwrap()
}

/// Two archives of equal stores differ in nothing but the order of rows.
fn sorted_lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.pop();
    lines.sort();
    lines
}

async fn carry(from: &Home, to: &Home) {
    let source = full_store(from).await;
    let (first, second) = (from.path("first.jsonl"), from.path("second.jsonl"));
    let rows = source.snapshot_to(&first, at(5)).await.unwrap();
    let summary = inspect(&first).await.unwrap();
    assert_eq!(summary.rows.values().sum::<u64>(), rows);
    assert_eq!(
        (summary.rows["events"], summary.rows["tiles"], summary.at),
        (2, 1, at(5))
    );
    let target = empty_store(to).await;
    assert_eq!(target.restore_from(&first, at(6)).await.unwrap(), summary);
    assert_eq!(census(&target).await, census(&source).await);
    let (before, after) = (
        source.reader("a").await.unwrap(),
        target.reader("b").await.unwrap(),
    );
    let events = before.load_stream("case:1").await.unwrap();
    assert_eq!(after.load_stream("case:1").await.unwrap(), events);
    assert_eq!(
        after.load_tile("tile/0/000.p/1").await.unwrap().unwrap(),
        [0, 1, 255]
    );
    drop((before, after));
    target.snapshot_to(&second, at(5)).await.unwrap();
    assert_eq!(sorted_lines(&first), sorted_lines(&second));
    let goes_on = target
        .run_tx("test.on", async |tx: Tx| {
            let events = tx
                .append("case:1", 2, &[event("Later")], &audit("later"))
                .await?;
            Ok::<_, StoreError>((events[0].position, tx.next_number("S-2026", 1).await?))
        })
        .await;
    assert_eq!(goes_on.unwrap(), (3, 418), "numbers go on where they stood");
}

pub(crate) async fn an_archive_brings_everything_back(home: &Home) {
    let other = if home.is_sqlite() {
        Home::sqlite()
    } else {
        Home::postgres()
    };
    carry(home, &other).await;
    other.close().await;
}

#[tokio::test]
async fn an_archive_moves_a_laptop_to_a_server_and_back() {
    let (laptop, server) = (Home::sqlite(), Home::postgres());
    Box::pin(carry(&laptop, &server)).await;
    Box::pin(carry(&server, &laptop)).await;
    server.close().await;
}

pub(crate) async fn an_archive_holds_one_state_while_others_write(home: &Home) {
    let store = full_store(home).await;
    let path = home.path("busy.jsonl");
    let write = async {
        for version in 0..20 {
            store
                .run_tx("test.write", async |tx: Tx| {
                    tx.append("case:9", version, &[event("A")], &audit("a"))
                        .await?;
                    tx.enqueue_message("m", &serde_json::json!({}), at(0)).await
                })
                .await
                .unwrap();
        }
    };
    let (taken, ()) = tokio::join!(store.snapshot_to(&path, at(1)), write);
    taken.unwrap();
    let rows = inspect(&path).await.unwrap().rows;
    assert_eq!(
        rows["events"] - 2,
        rows["outbox"] - 1,
        "half of a transaction was archived"
    );
}

pub(crate) async fn refuses_to_restore_over_rows(home: &Home) {
    let store = full_store(home).await;
    let path = home.path("a.jsonl");
    store.snapshot_to(&path, at(0)).await.unwrap();
    let refused = store.restore_from(&path, at(0)).await.unwrap_err();
    assert!(
        matches!(refused, ArchiveError::NotEmpty { .. }),
        "{refused}"
    );
    assert_eq!(census(&store).await["events"], 2);
    let migrated = home.store().await;
    migrated.restore_from(&path, at(0)).await.unwrap();
    assert_eq!(census(&migrated).await, census(&store).await);
}

pub(crate) async fn refuses_a_damaged_archive(home: &Home) {
    let store = full_store(home).await;
    let path = home.path("a.jsonl");
    store.snapshot_to(&path, at(0)).await.unwrap();
    let whole = std::fs::read_to_string(&path).unwrap();
    let target = empty_store(home).await;
    let cut = &whole[..whole.len() / 2];
    let cut = &cut[..=cut.rfind('\n').unwrap()];
    for (bad, expected) in [
        (cut.to_owned(), "is cut off"),
        (whole.replace("Submitted", "Withdrawn"), "is damaged"),
        (format!("{whole}[]\n"), "is damaged"),
        (
            whole.replace("\"table\":\"tiles\"", "\"table\":\"tiles"),
            "does not fit",
        ),
        ("PK\u{3}\u{4}".to_owned(), "is not a store archive"),
        (String::new(), "is not a store archive"),
    ] {
        std::fs::write(&path, bad).unwrap();
        let refused = target
            .restore_from(&path, at(0))
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    assert_eq!(
        target.schema_version().await.unwrap(),
        0,
        "the check comes before the first write"
    );
    let missing = target.restore_from(&home.path("none"), at(0)).await;
    assert!(matches!(missing, Err(ArchiveError::File { .. })));
}

pub(crate) async fn refuses_an_archive_of_a_newer_program(home: &Home) {
    use sha2::{Digest as _, Sha256};
    let body = "{\"format\":\"sund-store/1\",\"schema\":99,\"at\":\"2026-12-01T08:00:00Z\"}\n";
    let sha256: String = Sha256::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let path = home.path("newer.jsonl");
    std::fs::write(
        &path,
        format!("{body}{{\"rows\":0,\"sha256\":\"{sha256}\"}}\n"),
    )
    .unwrap();
    let refused = empty_store(home)
        .await
        .restore_from(&path, at(0))
        .await
        .unwrap_err();
    let ArchiveError::Store(StoreError::NewerSchema { found: 99, .. }) = refused else {
        panic!("{refused}")
    };
}

pub(crate) async fn every_table_is_archived_or_left_out(home: &Home) {
    let store = full_store(home).await;
    let unknown = store.unarchived_tables().await.unwrap();
    assert!(unknown.is_empty(), "{unknown:?} would be lost by a backup");
}

pub(crate) async fn nobody_is_signed_in_after_a_restore(home: &Home) {
    let store = home.store().await;
    store
        .run_tx("test.write", async |tx: Tx| {
            tx.insert_account(&account(1), &audit("a")).await?;
            tx.insert_session(&session(1, 11), &audit("a")).await?;
            tx.insert_setup_token(&[1; 32], "first-admin", at(60), &audit("a"))
                .await
        })
        .await
        .unwrap();
    let path = home.path("a.jsonl");
    store.snapshot_to(&path, at(0)).await.unwrap();
    let target = empty_store(home).await;
    target.restore_from(&path, at(0)).await.unwrap();
    let reader = target.reader("test.read").await.unwrap();
    assert_eq!(reader.count_accounts().await.unwrap(), 1);
    assert_eq!(reader.count_sessions(at(0)).await.unwrap(), 0);
    assert_eq!(
        reader.find_setup_token(&[1; 32], at(0)).await.unwrap(),
        None
    );
}

pub(crate) async fn a_failed_snapshot_leaves_no_file(home: &Home) {
    let store = home.store().await;
    let folder = home.path("missing");
    let refused = store.snapshot_to(&folder.join("a.jsonl"), at(0)).await;
    assert!(matches!(refused, Err(ArchiveError::File { .. })));
    assert!(!folder.exists());
    let occupied = home.path("occupied");
    std::fs::create_dir_all(occupied.join("inside")).unwrap();
    store.snapshot_to(&occupied, at(0)).await.unwrap_err();
    let left: Vec<_> = std::fs::read_dir(home.path(""))
        .unwrap()
        .flatten()
        .collect();
    assert!(
        left.iter()
            .all(|entry| !entry.file_name().to_string_lossy().ends_with(".partial"))
    );
    assert_eq!(census(&store).await, nothing());
}
