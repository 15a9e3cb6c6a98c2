//! Transactions, retries, crashes and the schema.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use store::{SCHEMA_VERSION, Store, StoreError, Tx};

use crate::fixtures::{account, at, audit, census, event, nothing, write_everything};
use crate::harness::Home;

pub(crate) async fn an_empty_database_is_brought_up_to_date_and_stays_so(home: &Home) {
    let uri = home.empty().await;
    let store = Store::connect(&uri).await.unwrap();
    assert_eq!(store.schema_version().await.unwrap(), 0);
    assert_eq!(store.migrate(at(0)).await.unwrap(), 0);
    assert_eq!(store.migrate(at(1)).await.unwrap(), SCHEMA_VERSION);
    store.check_schema().await.unwrap();
    store.ping().await.unwrap();
    assert_eq!(census(&store).await, nothing());
}

pub(crate) async fn two_programs_may_migrate_at_once(home: &Home) {
    let uri = home.empty().await;
    let (one, two) = tokio::join!(Store::connect(&uri), Store::connect(&uri));
    let (one, two) = (one.unwrap(), two.unwrap());
    let (first, second) = tokio::join!(one.migrate(at(0)), two.migrate(at(0)));
    first.unwrap();
    second.unwrap();
    two.check_schema().await.unwrap();
}

/// Runs a statement behind the store's back.
async fn meddle(home: &Home, uri: &store::StoreUri, sql: &'static str) {
    use sqlx::Connection as _;
    match uri {
        store::StoreUri::Sqlite(path) => {
            assert!(home.is_sqlite());
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut direct = sqlx::SqliteConnection::connect_with(&options)
                .await
                .unwrap();
            sqlx::raw_sql(sql).execute(&mut direct).await.unwrap();
        }
        store::StoreUri::Postgres(address) => {
            let mut direct = sqlx::PgConnection::connect(address.expose()).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut direct).await.unwrap();
        }
    }
}

pub(crate) async fn refuses_a_database_of_a_newer_program(home: &Home) {
    let uri = home.empty().await;
    Store::connect(&uri)
        .await
        .unwrap()
        .migrate(at(0))
        .await
        .unwrap();
    meddle(
        home,
        &uri,
        "INSERT INTO schema_versions VALUES (99, '0099_later', 'later')",
    )
    .await;
    let refused = Store::connect(&uri).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the database has schema version 99, this program knows versions up to 6: start the \
         program that wrote it, or a newer one"
    );
}

pub(crate) async fn refuses_to_read_a_database_that_is_behind(home: &Home) {
    let store = home.store().await;
    store.revert_to(2).await.unwrap();
    let refused = store.check_schema().await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::OlderSchema {
            found: 2,
            known: SCHEMA_VERSION
        }
    ));
    store.migrate(at(0)).await.unwrap();
    store.check_schema().await.unwrap();
}

pub(crate) async fn every_migration_can_be_taken_back(home: &Home) {
    let store = home.store().await;
    store
        .run_tx("test.write", async |tx: Tx| write_everything(&tx).await)
        .await
        .unwrap();
    store.revert_to(0).await.unwrap();
    assert_eq!(store.schema_version().await.unwrap(), 0);
    store.migrate(at(0)).await.unwrap();
    assert_eq!(census(&store).await, nothing());
}

pub(crate) async fn a_dropped_transaction_leaves_nothing(home: &Home) {
    let store = home.store().await;
    let tx = store.begin("test.dropped").await.unwrap();
    write_everything(&tx).await.unwrap();
    drop(tx);
    assert_eq!(census(&store).await, nothing());
    store
        .run_tx("test.write", async |tx: Tx| write_everything(&tx).await)
        .await
        .unwrap();
    assert_eq!(census(&store).await["events"], 2);
}

pub(crate) async fn a_failed_transaction_leaves_nothing(home: &Home) {
    let store = home.store().await;
    let failed: Result<(), StoreError> = store
        .run_tx("test.fails", async |tx: Tx| {
            write_everything(&tx).await?;
            Err(StoreError::Missing { what: "courage" })
        })
        .await;
    assert!(matches!(
        failed,
        Err(StoreError::Missing { what: "courage" })
    ));
    assert_eq!(census(&store).await, nothing());
}

pub(crate) async fn a_cancelled_transaction_leaves_nothing(home: &Home) {
    let store = home.store().await;
    let endless = store.run_tx("test.endless", async |tx: Tx| {
        write_everything(&tx).await?;
        std::future::pending::<Result<(), StoreError>>().await
    });
    assert!(
        tokio::time::timeout(Duration::from_millis(300), endless)
            .await
            .is_err()
    );
    assert_eq!(census(&store).await, nothing());
    store
        .run_tx("test.write", async |tx: Tx| write_everything(&tx).await)
        .await
        .unwrap();
    assert_eq!(census(&store).await["documents"], 1);
}

/// PostgreSQL would answer the commit of a broken transaction as if it had kept everything.
pub(crate) async fn success_is_never_told_after_a_failed_statement(home: &Home) {
    let store = home.store().await;
    let swallowed: Result<(), StoreError> = store
        .run_tx("test.swallow", async |tx: Tx| {
            write_everything(&tx).await?;
            let twin = tx.insert_account(&account(1), &audit("again")).await;
            assert!(matches!(
                twin,
                Err(StoreError::Duplicate { what: "account" })
            ));
            let later = tx.next_number("S-2026", 417).await;
            assert!(matches!(later, Err(StoreError::Failed { .. })));
            Ok(())
        })
        .await;
    assert!(matches!(
        swallowed,
        Err(StoreError::Failed {
            transaction: "test.swallow"
        })
    ));
    assert_eq!(census(&store).await, nothing());
}

pub(crate) async fn two_programs_write_to_one_store(home: &Home) {
    let uri = home.empty().await;
    let server = Store::connect(&uri).await.unwrap();
    server.migrate(at(0)).await.unwrap();
    let tool = Store::connect(&uri).await.unwrap();
    let write = |store: Store| async move {
        for _ in 0..10 {
            store
                .run_tx("test.write", async |tx: Tx| {
                    let version = tx.load_stream("case:1").await?.len() as u64;
                    tx.append("case:1", version, &[event("A")], &audit("a"))
                        .await
                })
                .await
                .unwrap();
        }
    };
    tokio::join!(write(server.clone()), write(tool));
    assert_eq!(census(&server).await["events"], 20);
}

/// Two transactions take two streams in opposite order: a deadlock where writers are many. The
/// database ends one of them, and it is run again.
pub(crate) async fn a_displaced_transaction_is_run_again(home: &Home) {
    let store = home.store().await;
    let runs = AtomicU32::new(0);
    let both = |first: &'static str, second: &'static str| {
        store.run_tx("test.both", {
            let runs = &runs;
            move |tx: Tx| async move {
                runs.fetch_add(1, Ordering::SeqCst);
                let version = tx.load_stream(first).await?.len() as u64;
                tokio::time::sleep(Duration::from_millis(100)).await;
                let other = tx.load_stream(second).await?.len() as u64;
                tx.append(first, version, &[event("A")], &audit("test.a"))
                    .await?;
                tx.append(second, other, &[event("B")], &audit("test.b"))
                    .await?;
                Ok::<_, StoreError>(())
            }
        })
    };
    let (one, two) = tokio::join!(both("case:1", "case:2"), both("case:2", "case:1"));
    one.unwrap();
    two.unwrap();
    let reader = store.reader("test.read").await.unwrap();
    assert_eq!(reader.stream_version("case:1").await.unwrap(), 2);
    assert_eq!(reader.last_position().await.unwrap(), 4);
    let expected = if home.is_sqlite() { 2 } else { 3 };
    assert_eq!(runs.load(Ordering::SeqCst), expected);
}

pub(crate) async fn a_reader_sees_one_state(home: &Home) {
    let store = home.store().await;
    let reader = store.reader("test.early").await.unwrap();
    assert_eq!(reader.last_position().await.unwrap(), 0);
    store
        .run_tx("test.write", async |tx: Tx| {
            write_everything(&tx).await?;
            assert_eq!(tx.last_position().await?, 2, "a writer sees what it wrote");
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    assert_eq!(reader.last_position().await.unwrap(), 0);
    drop(reader);
    let later: u64 = store
        .read("test.late", async |reader| reader.last_position().await)
        .await
        .unwrap();
    assert_eq!(later, 2);
}

pub(crate) async fn a_transaction_that_ended_says_so(home: &Home) {
    let store = home.store().await;
    let tx = store.begin("test.ended").await.unwrap();
    let clone = tx.clone();
    tx.commit().await.unwrap();
    let refused = clone.record_audit(&audit("late")).await;
    assert!(matches!(refused, Err(StoreError::Ended)));
    assert!(matches!(clone.commit().await, Err(StoreError::Ended)));
}

/// Handlers of a server must be `Send` and own what they use.
pub(crate) async fn transactions_fit_into_handlers(home: &Home) {
    async fn submit(store: &Store, title: &str, kinds: Vec<String>) -> Result<u64, StoreError> {
        let written = store
            .run_tx("test.submit", async |tx: Tx| {
                for (version, kind) in (0..).zip(&kinds) {
                    tx.append(title, version, &[event(kind)], &audit("submit"))
                        .await?;
                }
                Ok::<_, StoreError>(kinds.len() as u64)
            })
            .await?;
        let read: u64 = store
            .read("test.count", async |r| r.last_position().await)
            .await?;
        assert_eq!(written, read);
        Ok(read)
    }
    async fn handler(store: Arc<Store>) -> Result<u64, StoreError> {
        submit(&store, "case:1", vec!["A".to_owned(), "B".to_owned()]).await
    }
    let store = Arc::new(home.store().await);
    assert_eq!(tokio::spawn(handler(store)).await.unwrap().unwrap(), 2);
}

pub(crate) async fn what_was_committed_is_there_after_reopening(home: &Home) {
    let uri = home.empty().await;
    let store = Store::connect(&uri).await.unwrap();
    store.migrate(at(0)).await.unwrap();
    store
        .run_tx("test.write", async |tx: Tx| write_everything(&tx).await)
        .await
        .unwrap();
    let before = census(&store).await;
    store.close().await;
    let again = Store::connect(&uri).await.unwrap();
    assert_eq!(census(&again).await, before);
    let reader = again.reader("test.read").await.unwrap();
    let document = reader.find_document("case", "1").await.unwrap().unwrap();
    assert_eq!(document.body, json!({ "title": "Nyresvigt" }));
}
