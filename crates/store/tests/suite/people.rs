//! Accounts, roles, credentials, sessions and set-up links.

use base::{Personal, Role, SavedSearchId, Secret, SystemClock, SystemEntropy};
use serde_json::json;
use store::{Account, HeldRole, Reader, SavedSearch, Store, StoreError, Tx};

use crate::fixtures::{account, account_id, at, audit, session};
use crate::harness::Home;

async fn store_with_accounts(home: &Home) -> Store {
    let store = home.store().await;
    let audit = audit("account.insert");
    store
        .run_tx("test.accounts", async |tx: Tx| {
            for n in 1..=3 {
                tx.insert_account(&account(n), &audit).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    store
}

async fn reader(store: &Store) -> Reader {
    store.reader("test.read").await.unwrap()
}

fn held(organisation: &str, role: Role) -> HeldRole {
    HeldRole {
        organisation: organisation.parse().unwrap(),
        role,
    }
}

pub(crate) async fn an_account_is_found_by_its_login(home: &Home) {
    let store = store_with_accounts(home).await;
    let reader = reader(&store).await;
    assert_eq!(
        reader.find_account_by_login("login-2").await.unwrap(),
        Some(account(2))
    );
    assert_eq!(
        reader.find_account(account_id(3)).await.unwrap(),
        Some(account(3))
    );
    assert_eq!(reader.find_account_by_login("LOGIN-2").await.unwrap(), None);
    assert_eq!(reader.count_accounts().await.unwrap(), 3);
    let first = reader.list_accounts(None, 2).await.unwrap();
    let second = reader
        .list_accounts(first.next.as_deref(), 2)
        .await
        .unwrap();
    assert_eq!((first.items.len(), second.items), (2, vec![account(3)]));
    assert!(
        !format!("{:?}", account(1)).contains("Astrid"),
        "a name must not reach a log"
    );
}

pub(crate) async fn a_login_belongs_to_one_account(home: &Home) {
    let store = store_with_accounts(home).await;
    let twin = Account {
        account_id: account_id(9),
        ..account(1)
    };
    let refused = store
        .run_tx("test.twin", async |tx: Tx| {
            tx.insert_account(&twin, &audit("x")).await
        })
        .await;
    assert!(matches!(
        refused,
        Err(StoreError::Duplicate { what: "account" })
    ));
    assert_eq!(reader(&store).await.count_accounts().await.unwrap(), 3);
}

pub(crate) async fn a_blocked_account_is_signed_out(home: &Home) {
    let store = store_with_accounts(home).await;
    let audit = audit("account.block");
    let blocked = Account {
        active: false,
        mail: Personal::new("x@y.dk".to_owned()),
        ..account(1)
    };
    store
        .run_tx("test.block", async |tx: Tx| {
            tx.insert_session(&session(1, 11), &audit).await?;
            tx.insert_session(&session(2, 22), &audit).await?;
            tx.update_account(&blocked, &audit).await
        })
        .await
        .unwrap();
    let reader = reader(&store).await;
    assert_eq!(
        reader.find_account(account_id(1)).await.unwrap(),
        Some(blocked)
    );
    assert_eq!(reader.find_session(&[11; 32], at(1)).await.unwrap(), None);
    assert_eq!(reader.count_sessions(at(1)).await.unwrap(), 1);
    drop(reader);
    let tx = store.begin("test.unknown").await.unwrap();
    let unknown = tx.update_account(&account(9), &audit).await;
    assert!(matches!(
        unknown,
        Err(StoreError::Missing { what: "account" })
    ));
}

pub(crate) async fn a_withdrawn_role_ends_its_sessions(home: &Home) {
    let store = store_with_accounts(home).await;
    let audit = audit("role.withdraw");
    let (officer, checker) = (held("sds", Role::Officer), held("sds", Role::Checker));
    store
        .run_tx("test.roles", async |tx: Tx| {
            for role in [&officer, &checker, &officer] {
                tx.grant_role(account_id(1), role, &audit).await?;
            }
            tx.grant_role(account_id(2), &officer, &audit).await?;
            tx.insert_session(&session(1, 11), &audit).await
        })
        .await
        .unwrap();
    let early = reader(&store).await;
    assert_eq!(
        early.list_roles(account_id(1)).await.unwrap(),
        [checker.clone(), officer.clone()]
    );
    let holders = early.list_role_holders(&officer).await.unwrap();
    assert_eq!(holders, [account_id(1), account_id(2)]);
    drop(early);
    store
        .run_tx("test.withdraw", async |tx: Tx| {
            tx.withdraw_role(account_id(1), &officer, &audit).await
        })
        .await
        .unwrap();
    let late = reader(&store).await;
    assert_eq!(late.list_roles(account_id(1)).await.unwrap(), [checker]);
    assert_eq!(late.find_session(&[11; 32], at(1)).await.unwrap(), None);
}

pub(crate) async fn a_password_hash_is_replaced(home: &Home) {
    let store = store_with_accounts(home).await;
    for hash in ["$argon2id$1", "$argon2id$2"] {
        let hash = Secret::new(hash.to_owned());
        store
            .run_tx("test.password", async |tx: Tx| {
                tx.set_password_hash(account_id(1), &hash, &audit("password.set"))
                    .await
            })
            .await
            .unwrap();
    }
    let reader = reader(&store).await;
    let found = reader
        .find_password_hash(account_id(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.expose(), "$argon2id$2");
    assert_eq!(
        reader.find_password_hash(account_id(2)).await.unwrap(),
        None
    );
}

pub(crate) async fn a_session_ends(home: &Home) {
    let store = store_with_accounts(home).await;
    let audit = audit("session.begin");
    let tx = store.begin("test.sessions").await.unwrap();
    for (account, token) in [(1, 10), (1, 11), (1, 12), (2, 20)] {
        tx.insert_session(&session(account, token), &audit)
            .await
            .unwrap();
    }
    assert_eq!(
        tx.find_session(&[10; 32], at(3_599)).await.unwrap(),
        Some(session(1, 10))
    );
    assert_eq!(tx.find_session(&[10; 32], at(3_600)).await.unwrap(), None);
    tx.extend_session(&[10; 32], at(7_200)).await.unwrap();
    assert!(
        tx.find_session(&[10; 32], at(3_600))
            .await
            .unwrap()
            .is_some()
    );
    tx.delete_session(&[11; 32], &audit).await.unwrap();
    assert_eq!(tx.find_session(&[11; 32], at(1)).await.unwrap(), None);
    assert_eq!(tx.delete_expired_sessions(at(3_600)).await.unwrap(), 2);
    assert_eq!(
        tx.delete_sessions_of(account_id(1), &audit).await.unwrap(),
        1
    );
    assert_eq!(tx.count_sessions(at(0)).await.unwrap(), 0);
}

pub(crate) async fn a_setup_link_works_once(home: &Home) {
    let store = home.store().await;
    let audit = audit("setup.use");
    let tx = store.begin("test.setup").await.unwrap();
    tx.insert_setup_token(&[1; 32], "first-admin", at(60), &audit)
        .await
        .unwrap();
    let purpose = Some("first-admin".to_owned());
    assert_eq!(
        tx.find_setup_token(&[1; 32], at(59)).await.unwrap(),
        purpose
    );
    assert_eq!(
        tx.use_setup_token(&[1; 32], at(60), &audit).await.unwrap(),
        None
    );
    assert_eq!(
        tx.use_setup_token(&[2; 32], at(0), &audit).await.unwrap(),
        None
    );
    assert_eq!(
        tx.use_setup_token(&[1; 32], at(59), &audit).await.unwrap(),
        purpose
    );
    assert_eq!(
        tx.use_setup_token(&[1; 32], at(59), &audit).await.unwrap(),
        None
    );
    assert_eq!(tx.find_setup_token(&[1; 32], at(59)).await.unwrap(), None);
}

pub(crate) async fn a_newer_setup_link_replaces_the_older(home: &Home) {
    let store = home.store().await;
    let audit = audit("setup.make");
    let tx = store.begin("test.setup").await.unwrap();
    for token in [1, 2] {
        tx.insert_setup_token(&[token; 32], "first-admin", at(60), &audit)
            .await
            .unwrap();
    }
    tx.insert_setup_token(&[3; 32], "invite:bo", at(60), &audit)
        .await
        .unwrap();
    let mut open = Vec::new();
    for token in 1..=3 {
        open.push(
            tx.find_setup_token(&[token; 32], at(0))
                .await
                .unwrap()
                .is_some(),
        );
    }
    assert_eq!(open, [false, true, true]);
}

pub(crate) async fn a_saved_search_is_its_accounts_own(home: &Home) {
    let store = store_with_accounts(home).await;
    let kept = |n: u8, query: &str| SavedSearch {
        search_id: SavedSearchId::new(&SystemClock, &SystemEntropy),
        account: account_id(n),
        query: json!({ "q": query }),
        seen: json!(["lmdb"]),
        seen_at: at(0),
        created_at: at(i64::from(n)),
    };
    let (own, other) = (kept(1, "diabetes"), kept(2, "astma"));
    let audit = audit("search.save");
    store
        .run_tx("test.save", async |tx: Tx| {
            tx.insert_saved_search(&own, &audit).await?;
            tx.insert_saved_search(&other, &audit).await?;
            tx.see_saved_search(own.search_id, own.account, &json!(["lmdb", "ddv"]), at(9))
                .await
        })
        .await
        .unwrap();
    let listed = reader(&store)
        .await
        .list_saved_searches(own.account, 10)
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0].query, &listed[0].seen),
        (&own.query, &json!(["lmdb", "ddv"]))
    );
    assert_eq!(listed[0].seen_at, at(9));
    let foreign = store
        .run_tx("test.foreign", async |tx: Tx| {
            tx.delete_saved_search(other.search_id, own.account, &audit)
                .await
        })
        .await;
    assert!(
        matches!(foreign, Err(StoreError::Missing { .. })),
        "{foreign:?}"
    );
    store
        .run_tx("test.delete", async |tx: Tx| {
            tx.delete_saved_search(own.search_id, own.account, &audit)
                .await
        })
        .await
        .unwrap();
    let reader = reader(&store).await;
    assert!(
        reader
            .list_saved_searches(own.account, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        reader.list_saved_searches(other.account, 10).await.unwrap(),
        [other]
    );
}
