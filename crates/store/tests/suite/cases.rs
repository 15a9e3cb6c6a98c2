//! Read models, drafts, baskets and case texts.

use base::{AttachmentId, CaseTextId};
use serde_json::json;
use store::{
    Attachment, CaseText, Document, DocumentFilter, Erased, Order, Reader, Store, StoreError,
    StoredEvent, Tx,
};

use crate::fixtures::{account_id, at, audit, case_id, draft, draft_id, event};
use crate::harness::Home;

async fn reader(store: &Store) -> Reader {
    store.reader("test.read").await.unwrap()
}

fn document(id: &str, sort_key: &str, state: &str, tags: &[&str]) -> Document {
    Document {
        organisation: Some("au".parse().unwrap()),
        state: Some(state.to_owned()),
        sort_key: sort_key.to_owned(),
        number: Some(format!("S-2026-{id}")),
        tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        ..Document::new("case", id, json!({ "id": id }), at(0))
    }
}

async fn put_all(store: &Store, documents: &[Document]) {
    store
        .run_tx("test.put", async |tx: Tx| {
            for document in documents {
                tx.put_document(document).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

async fn ids(reader: &Reader, filter: &DocumentFilter<'_>, order: Order) -> Vec<String> {
    let page = reader
        .list_documents("case", filter, order, None, 100)
        .await
        .unwrap();
    page.items.into_iter().map(|document| document.id).collect()
}

pub(crate) async fn a_document_is_written_over(home: &Home) {
    let store = home.store().await;
    let first = document("1", "a", "submitted", &["desk:sds", "desk:dst"]);
    let mut second = document("1", "b", "decided", &["desk:dst", "public"]);
    second.version = 7;
    second.organisation = None;
    put_all(&store, &[first.clone(), second.clone()]).await;
    let early = reader(&store).await;
    assert_eq!(
        early.find_document("case", "1").await.unwrap(),
        Some(second.clone())
    );
    assert_eq!(
        early
            .find_document_by_number("case", "S-2026-1")
            .await
            .unwrap(),
        Some(second)
    );
    assert_eq!(early.find_document("permit", "1").await.unwrap(), None);
    assert_eq!(
        early
            .find_document_by_number("case", "S-2026-2")
            .await
            .unwrap(),
        None
    );
    drop(early);
    store
        .run_tx("test.delete", async |tx: Tx| {
            tx.delete_document("case", "1").await
        })
        .await
        .unwrap();
    assert_eq!(
        reader(&store)
            .await
            .find_document("case", "1")
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn documents_are_listed_by_what_they_carry(home: &Home) {
    let store = home.store().await;
    let mut elsewhere = document("4", "d", "submitted", &[]);
    elsewhere.organisation = Some("ssi".parse().unwrap());
    let permit = Document::new("permit", "1", json!({}), at(0));
    put_all(
        &store,
        &[
            document("1", "c", "submitted", &["desk:sds"]),
            document("2", "b", "decided", &["desk:sds", "desk:dst"]),
            document("3", "a", "submitted", &["desk:dst"]),
            elsewhere,
            permit,
        ],
    )
    .await;
    let reader = reader(&store).await;
    let all = DocumentFilter::default();
    assert_eq!(
        ids(&reader, &all, Order::Ascending).await,
        ["3", "2", "1", "4"]
    );
    assert_eq!(
        ids(&reader, &all, Order::Descending).await,
        ["4", "1", "2", "3"]
    );
    let desk = DocumentFilter {
        tag: Some("desk:dst"),
        ..all
    };
    assert_eq!(ids(&reader, &desk, Order::Ascending).await, ["3", "2"]);
    let open = DocumentFilter {
        state: Some("submitted"),
        ..desk
    };
    assert_eq!(ids(&reader, &open, Order::Ascending).await, ["3"]);
    let theirs = DocumentFilter {
        organisation: Some("ssi"),
        ..all
    };
    assert_eq!(ids(&reader, &theirs, Order::Ascending).await, ["4"]);
    assert_eq!(reader.count_documents("case", &desk).await.unwrap(), 2);
    assert_eq!(reader.count_documents("case", &all).await.unwrap(), 4);
}

pub(crate) async fn pages_of_documents_miss_nothing(home: &Home) {
    let store = home.store().await;
    let documents: Vec<_> = (0..11)
        .map(|n| document(&format!("{n:02}"), &format!("{}", n / 4), "s", &[]))
        .collect();
    put_all(&store, &documents).await;
    let reader = reader(&store).await;
    for order in [Order::Ascending, Order::Descending] {
        let expected = ids(&reader, &DocumentFilter::default(), order).await;
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let filter = DocumentFilter {
                organisation: Some("au"),
                ..DocumentFilter::default()
            };
            let page = reader
                .list_documents("case", &filter, order, cursor.as_deref(), 3)
                .await
                .unwrap();
            seen.extend(page.items.into_iter().map(|document| document.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected);
        assert_eq!(seen.len(), 11);
    }
}

pub(crate) async fn documents_sort_alike_everywhere(home: &Home) {
    let store = home.store().await;
    let keys = ["Å", "a", "Z", "_", "2026-12-01", "ø", "B"];
    let documents: Vec<_> = keys
        .iter()
        .map(|key| document(key, key, "s", &[]))
        .collect();
    put_all(&store, &documents).await;
    let sorted = ids(
        &reader(&store).await,
        &DocumentFilter::default(),
        Order::Ascending,
    )
    .await;
    assert_eq!(sorted, ["2026-12-01", "B", "Z", "_", "a", "Å", "ø"]);
}

/// A projection as the application has them: a function of the event alone.
fn project(event: &StoredEvent) -> Document {
    let mut document = document(&event.stream, &event.kind, &event.kind, &["public"]);
    document.version = event.version;
    document.updated_at = event.at;
    document.body = json!({ "kind": event.kind, "payload": event.payload });
    document
}

pub(crate) async fn documents_are_made_anew_from_the_log(home: &Home) {
    let store = home.store().await;
    for (stream, version) in [("case:1", 0), ("case:2", 0), ("case:1", 1), ("case:1", 2)] {
        let kind = format!("Step{version}");
        store
            .run_tx("test.append", async |tx: Tx| {
                let entry = audit("case.step");
                for event in tx.append(stream, version, &[event(&kind)], &entry).await? {
                    tx.put_document(&project(&event)).await?;
                }
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }
    let all = DocumentFilter::default();
    let before = reader(&store).await;
    let before = before
        .list_documents("case", &all, Order::Ascending, None, 100)
        .await
        .unwrap();
    let removed = store
        .run_tx("documents.rebuild", async |tx: Tx| {
            let removed = tx.delete_all_documents("case").await?;
            assert_eq!(tx.count_documents("case", &all).await?, 0);
            let mut position = 0;
            while let Some(event) = tx.events_after(position, 1).await?.first() {
                tx.put_document(&project(event)).await?;
                position = event.position;
            }
            Ok::<_, StoreError>(removed)
        })
        .await
        .unwrap();
    assert_eq!(removed, 2);
    let reader = reader(&store).await;
    let after = reader
        .list_documents("case", &all, Order::Ascending, None, 100)
        .await
        .unwrap();
    assert_eq!(after, before);
    let tagged = DocumentFilter {
        tag: Some("public"),
        ..all
    };
    assert_eq!(reader.count_documents("case", &tagged).await.unwrap(), 2);
}

pub(crate) async fn a_stale_draft_is_refused(home: &Home) {
    let store = home.store().await;
    let audit = audit("draft.save");
    let draft = draft(1, 0);
    let id = draft.draft_id;
    let tx = store.begin("test.drafts").await.unwrap();
    tx.insert_draft(&draft, &audit).await.unwrap();
    assert_eq!(tx.find_draft(id).await.unwrap(), Some(draft));
    assert_eq!(
        tx.update_draft(id, 1, &json!({ "title": "to" }), &audit)
            .await
            .unwrap(),
        2
    );
    let stale = tx
        .update_draft(id, 1, &json!({ "title": "tre" }), &audit)
        .await;
    assert!(matches!(stale, Err(StoreError::Stale { what: "draft" })));
    let kept = tx.find_draft(id).await.unwrap().unwrap();
    assert_eq!((kept.version, kept.body), (2, json!({ "title": "to" })));
    let stale = tx.delete_draft(id, 1, &audit).await;
    assert!(matches!(stale, Err(StoreError::Stale { .. })));
    tx.delete_draft(id, 2, &audit).await.unwrap();
    let gone = tx.update_draft(id, 2, &json!({}), &audit).await;
    assert!(matches!(gone, Err(StoreError::Missing { what: "draft" })));
    assert!(
        tx.update_draft(draft_id(), 1, &json!({}), &audit)
            .await
            .is_err()
    );
}

pub(crate) async fn drafts_are_listed_per_account(home: &Home) {
    let store = home.store().await;
    let tx = store.begin("test.drafts").await.unwrap();
    let mine = [draft(1, 30), draft(1, 20), draft(1, 10)];
    for draft in mine.iter().rev().chain([&draft(2, 40)]) {
        tx.insert_draft(draft, &audit("draft.begin")).await.unwrap();
    }
    let organisation = "au".parse().unwrap();
    let first = tx
        .list_drafts(account_id(1), &organisation, None, 2)
        .await
        .unwrap();
    assert_eq!(first.items, mine[..2]);
    let cursor = first.next.as_deref();
    let second = tx
        .list_drafts(account_id(1), &organisation, cursor, 2)
        .await
        .unwrap();
    assert_eq!((second.items, second.next), (mine[2..].to_vec(), None));
    let other = "sdu".parse().unwrap();
    assert!(
        tx.list_drafts(account_id(1), &other, None, 2)
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

pub(crate) async fn a_basket_is_kept_and_forgotten(home: &Home) {
    let store = home.store().await;
    let tx = store.begin("test.baskets").await.unwrap();
    assert_eq!(tx.find_basket("b").await.unwrap(), None);
    assert_eq!(
        tx.put_basket("b", &json!(["lmdb.atc"]), at(0))
            .await
            .unwrap(),
        1
    );
    assert_eq!(tx.put_basket("b", &json!([]), at(5)).await.unwrap(), 2);
    tx.put_basket("old", &json!([]), at(1)).await.unwrap();
    let kept = tx.find_basket("b").await.unwrap().unwrap();
    assert_eq!(
        (kept.version, kept.body, kept.updated_at),
        (2, json!([]), at(5))
    );
    assert_eq!(tx.forget_baskets(at(2)).await.unwrap(), 1);
    tx.delete_basket("b").await.unwrap();
    assert_eq!(tx.find_basket("b").await.unwrap(), None);
}

fn text(n: u8, case: u8) -> CaseText {
    CaseText {
        text_id: CaseTextId::from_bytes([n; 16]),
        case_id: case_id(case),
        field_id: "purpose".to_owned(),
        nonce: vec![n; 12],
        ciphertext: vec![0, 255, n],
        created_at: at(0),
        erased: None,
    }
}

pub(crate) async fn an_erased_text_leaves_a_tombstone(home: &Home) {
    let store = home.store().await;
    let audit = audit("text.erase");
    let tx = store.begin("test.texts").await.unwrap();
    tx.insert_case_text(&text(1, 1), &audit).await.unwrap();
    let id = text(1, 1).text_id;
    assert_eq!(tx.find_case_text(id).await.unwrap(), Some(text(1, 1)));
    assert!(tx.erase_case_text(id, "gdpr-17", &audit).await.unwrap());
    assert!(!tx.erase_case_text(id, "again", &audit).await.unwrap());
    let erased = Some(Erased {
        at: audit.at,
        rule: "gdpr-17".to_owned(),
    });
    let (nonce, ciphertext) = (Vec::new(), Vec::new());
    let tombstone = CaseText {
        nonce,
        ciphertext,
        erased,
        ..text(1, 1)
    };
    assert_eq!(tx.find_case_text(id).await.unwrap(), Some(tombstone));
    let unknown = CaseTextId::from_bytes([9; 16]);
    assert_eq!(tx.find_case_text(unknown).await.unwrap(), None);
}

pub(crate) async fn a_case_is_erased_as_a_whole(home: &Home) {
    let store = home.store().await;
    let audit = audit("case.erase");
    let attachment = Attachment {
        attachment_id: AttachmentId::from_bytes([1; 16]),
        case_id: case_id(1),
        meta: json!({ "size_bytes": 3 }),
        created_at: at(0),
        erased: None,
    };
    let tx = store.begin("test.texts").await.unwrap();
    for (n, case) in [(1, 1), (2, 1), (3, 2)] {
        tx.insert_case_text(&text(n, case), &audit).await.unwrap();
    }
    tx.insert_attachment(&attachment, &audit).await.unwrap();
    assert_eq!(tx.list_attachments(case_id(1)).await.unwrap(), [attachment]);
    assert_eq!(
        tx.erase_case_texts(case_id(1), "retention", &audit)
            .await
            .unwrap(),
        2
    );
    let left = tx.list_case_texts(case_id(1)).await.unwrap();
    assert!(
        left.iter()
            .all(|text| text.ciphertext.is_empty() && text.erased.is_some())
    );
    let file = tx
        .find_attachment(AttachmentId::from_bytes([1; 16]))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((file.meta, file.erased.is_some()), (json!({}), true));
    assert_eq!(tx.list_case_texts(case_id(2)).await.unwrap(), [text(3, 2)]);
}
