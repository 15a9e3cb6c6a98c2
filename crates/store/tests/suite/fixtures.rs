//! People, instants and rows that the cases share.

use base::{
    AccountId, Actor, CaseId, DraftId, OutputId, PermitId, Personal, Role, SessionId, SystemClock,
    SystemEntropy, Timestamp,
};
use serde_json::{Value, json};
use store::{
    Account, AuditEntry, Draft, NewEvent, NewJob, PendingLeaf, Session, Store, StoredOutput,
    StoredPermit, Tx,
};

/// The start of the demo, plus seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-12-01T08:00:00Z".parse().unwrap();
    Timestamp::from_second(start.as_second() + seconds).unwrap()
}

pub(crate) fn account_id(n: u8) -> AccountId {
    AccountId::from_bytes([n; 16])
}

pub(crate) fn case_id(n: u8) -> CaseId {
    CaseId::from_bytes([n; 16])
}

pub(crate) fn permit_id(n: u8) -> PermitId {
    PermitId::from_bytes([n; 16])
}

pub(crate) fn draft_id() -> DraftId {
    DraftId::new(&SystemClock, &SystemEntropy)
}

pub(crate) fn officer(n: u8) -> Actor {
    Actor {
        account: account_id(n),
        organisation: "sds".parse().unwrap(),
        role: Role::Officer,
    }
}

pub(crate) fn audit(action: &str) -> AuditEntry {
    AuditEntry::new(&officer(1), action, "case:1", at(0))
}

pub(crate) fn event(kind: &str) -> NewEvent {
    NewEvent::new(kind, 1, json!({ "kind": kind }))
}

pub(crate) fn job(kind: &str, due: i64, key: Option<&str>) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        payload: json!({ "case": 1 }),
        run_at: at(due),
        dedupe_key: key.map(str::to_owned),
    }
}

pub(crate) fn leaf(kind: &str) -> PendingLeaf {
    PendingLeaf {
        kind: kind.to_owned(),
        at: at(0),
        case_number: Some("S-2026-0417".to_owned()),
        public_ids: json!({ "case": "S-2026-0417" }),
        commitments: json!({ "title": "00" }),
        openings: json!({ "title": { "value": "Nyresvigt", "salt": "11" } }),
    }
}

pub(crate) fn account(n: u8) -> Account {
    Account {
        account_id: account_id(n),
        login: format!("login-{n}"),
        display_name: Personal::new(format!("Astrid {n}")),
        mail: Personal::new(format!("astrid{n}@example.dk")),
        active: true,
        created_at: at(0),
    }
}

pub(crate) fn session(n: u8, token: u8) -> Session {
    Session {
        session_id: SessionId::from_bytes([token; 16]),
        token_hash: [token; 32],
        actor: officer(n),
        csrf: "csrf".to_owned(),
        created_at: at(0),
        expires_at: at(3_600),
    }
}

pub(crate) fn draft(n: u8, changed: i64) -> Draft {
    Draft {
        draft_id: draft_id(),
        account: account_id(n),
        organisation: "au".parse().unwrap(),
        version: 1,
        body: json!({ "title": "SGLT2" }),
        created_at: at(0),
        updated_at: at(changed),
    }
}

pub(crate) fn permit(n: u8, version: u64) -> StoredPermit {
    StoredPermit {
        permit_id: permit_id(n),
        version,
        number: format!("DK-2027-{n:05}"),
        case_id: Some(case_id(n)),
        organisation: "au".parse().unwrap(),
        signed: json!({ "payload": "e30", "signature": "x" }),
        issued_at: at(i64::from(n)),
    }
}

pub(crate) fn output(n: u8, state: &str) -> StoredOutput {
    StoredOutput {
        output_id: OutputId::from_bytes([n; 16]),
        permit_id: permit_id(1),
        account: account_id(2),
        state: state.to_owned(),
        version: 1,
        record: json!({ "verdict": state }),
        content: None,
        created_at: at(i64::from(n)),
        updated_at: at(i64::from(n)),
    }
}

/// Something of every kind, in one transaction.
pub(crate) async fn write_everything(tx: &Tx) -> Result<(), store::StoreError> {
    let audit = audit("case.submit");
    tx.append("case:1", 0, &[event("Submitted"), event("Opened")], &audit)
        .await?;
    tx.add_pending_leaf(&leaf("receipt")).await?;
    tx.enqueue_job(&job("sequence_leaves", 0, Some("one")), at(0))
        .await?;
    tx.enqueue_message("case_submitted", &json!({ "case": 1 }), at(0))
        .await?;
    let document = store::Document::new("case", "1", json!({ "title": "Nyresvigt" }), at(0));
    tx.put_document(&document).await?;
    tx.insert_account(&account(1), &audit).await?;
    tx.save_tile("tile/0/000.p/1", &[0, 1, 255]).await?;
    tx.insert_draft(&draft(1, 0), &audit).await?;
    tx.insert_permit(&permit(1, 1), &audit).await?;
    tx.insert_output(&output(1, "held"), &audit).await?;
    tx.put_setting("demo.clock", &json!({ "offset_us": i64::MAX }), &audit)
        .await?;
    tx.next_number("S-2026", 417).await.map(drop)
}

/// How many rows of several kinds a store has.
pub(crate) async fn census(store: &Store) -> Value {
    let reader = store.reader("test.census").await.unwrap();
    json!({
        "events": reader.last_position().await.unwrap(),
        "pending": reader.count_pending_leaves().await.unwrap(),
        "jobs": reader.list_jobs(None, None, None, 100).await.unwrap().items.len(),
        "messages": reader.count_waiting_messages().await.unwrap(),
        "documents": reader.count_documents("case", &Default::default()).await.unwrap(),
        "accounts": reader.count_accounts().await.unwrap(),
        "audit": reader.list_audit(None, None, 100).await.unwrap().items.len(),
        "tiles": reader.list_tiles("").await.unwrap().len(),
    })
}

/// What a store without rows looks like.
pub(crate) fn nothing() -> Value {
    json!({
        "events": 0, "pending": 0, "jobs": 0, "messages": 0, "documents": 0, "accounts": 0,
        "audit": 0, "tiles": 0,
    })
}
