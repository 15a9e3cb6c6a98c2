//! A backup is whole, holds no key, and comes back with every case and leaf.

use app::base::ErrorClass;
use app::{App, Opening, restore};

use crate::story::{SAFE, room_of};
use crate::support::{Home, actor};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_comes_back_with_every_case_leaf_and_row() {
    let home = Home::sqlite();
    let app = Box::pin(home.denmark()).await;
    let (case, permit) = Box::pin(crate::story::tell(&app)).await;
    let archive = home.path("sund.tar.zst");
    // A crash while the key was made can leave a copy of it under another name.
    let root = app.folder().root();
    std::fs::copy(root.join("keys/kek"), root.join("keys/.kek.new")).unwrap();
    let saved = app.backup(&archive).await.unwrap();
    assert!(saved.members > 100);
    let taken = app.backup(&archive).await.unwrap_err();
    assert_eq!(taken.code(), "backup_exists");
    let kek = std::fs::read(app.folder().root().join("keys/kek")).unwrap();
    let keys = std::fs::read(&saved.keys).unwrap();
    assert!(!keys.windows(kek.len()).any(|window| window == kek));
    let officer = actor(&app, "officer-sds").await;
    app.revoke(&officer, &case, "Formålet er ændret.")
        .await
        .unwrap();
    app.close().await;
    drop(app);

    let checked = restore(&archive, &Opening::default(), true).await.unwrap();
    assert!(checked.findings.is_empty() && !checked.restored);
    assert!(checked.cases == Some(1) && checked.leaves > Some(5));
    assert!(!home.path("sund.tar.zst.checking").exists());
    // The key that wraps all others was kept by people.
    let opening = Opening {
        dir: home.path("restored"),
        kek_file: Some(home.path("sund/keys/kek")),
        ..Opening::default()
    };
    let restored = Box::pin(restore(&archive, &opening, false)).await.unwrap();
    assert!(restored.findings.is_empty(), "{:?}", restored.findings);
    assert_eq!(restored.cases, Some(1));
    assert!(restored.leaves > Some(5));
    let twice = restore(&archive, &opening, false).await.unwrap_err();
    assert_eq!(twice.code(), "folder_not_empty");

    let app = App::open(&opening).await.unwrap();
    let researcher = actor(&app, "researcher").await;
    app.load_case(&researcher, &case).await.unwrap();
    let room = room_of(&app, &permit).await;
    let output = app.run_query(&researcher, &room, SAFE).await.unwrap();
    assert!(!output.table.rows.is_empty());
    assert!(app.doctor().await.unwrap().ok());
    app.close().await;
    drop(app);

    // With the journal that was kept outside the archive, what was closed since stays closed.
    let journal = home.path("sund/journal/closing.jsonl");
    std::fs::copy(journal, home.path("sund.tar.zst.journal")).unwrap();
    let opening = Opening {
        dir: home.path("restored-later"),
        kek_file: Some(home.path("sund/keys/kek")),
        ..Opening::default()
    };
    let restored = Box::pin(restore(&archive, &opening, false)).await.unwrap();
    assert_eq!(restored.closed_again, 1);
    let app = App::open(&opening).await.unwrap();
    let researcher = actor(&app, "researcher").await;
    let closed = app.run_query(&researcher, &room, SAFE).await.unwrap_err();
    assert_eq!(closed.class(), ErrorClass::Forbidden);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_archive_is_refused_and_leaves_nothing() {
    let home = Home::sqlite();
    let app = home.demo().await;
    let archive = home.path("sund.tar.zst");
    app.backup(&archive).await.unwrap();
    app.close().await;
    let whole = std::fs::read(&archive).unwrap();
    let middle = whole.len() / 2;
    let mut flipped = whole.clone();
    flipped[middle] ^= 0x10;
    let cut_off = whole[..middle].to_vec();
    let other = [b"PK\x03\x04".as_slice(), &whole[4..]].concat();
    for bytes in [cut_off, flipped, other] {
        let path = home.path("damaged.tar.zst");
        std::fs::write(&path, &bytes).unwrap();
        let opening = Opening {
            dir: home.path("never"),
            ..Opening::default()
        };
        let refused = restore(&path, &opening, false).await.unwrap_err();
        assert_eq!(refused.code(), "backup_broken");
        assert!(!home.path("never").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_in_tmp_is_swept_at_the_next_start() {
    let home = Home::sqlite();
    let app = home.demo().await;
    app.close().await;
    drop(app);
    let left = [
        "backup.jsonl",
        "backup.jsonl.partial",
        "ready-0011",
        ".ready-0011.new",
    ];
    let tmp = home.path("sund/tmp");
    for name in left {
        std::fs::write(tmp.join(name), "plain").unwrap();
    }
    let app = App::open(&home.opening()).await.unwrap();
    for name in left {
        assert!(!tmp.join(name).exists(), "{name}");
    }
    app.close().await;
}
