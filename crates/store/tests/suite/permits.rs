//! Register versions, permits, statuses, extracts and outputs.

use base::{DeliveryId, ExtractId, OutputId, VersionId};
use serde_json::json;
use store::{RegisterVersion, StoreError, StoredExtract, StoredOutput, StoredStatus};

use crate::fixtures::{at, audit, case_id, output, permit, permit_id};
use crate::harness::Home;

fn version(n: u8, register: &str, delivered: &str) -> RegisterVersion {
    RegisterVersion {
        version_id: VersionId::from_bytes([n; 16]),
        register: register.to_owned(),
        delivery_id: DeliveryId::from_bytes([n; 16]),
        organisation: "sds".parse().unwrap(),
        state: "current".to_owned(),
        delivered_sha256: delivered.to_owned(),
        manifest: json!({ "tables": [], "rows": n }),
        received_at: at(i64::from(n)),
    }
}

pub(crate) async fn a_delivery_is_entered_once(home: &Home) {
    let store = home.store().await;
    let audit = audit("delivery.receive");
    let tx = store.begin("test.first").await.unwrap();
    tx.insert_register_version(&version(1, "lmdb", "aa"), &audit)
        .await
        .unwrap();
    tx.insert_register_version(&version(2, "lab", "aa"), &audit)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let tx = store.begin("test.again").await.unwrap();
    let found = tx.find_delivered_version("lmdb", "aa").await.unwrap();
    assert_eq!(found, Some(version(1, "lmdb", "aa")));
    assert_eq!(tx.find_delivered_version("lmdb", "bb").await.unwrap(), None);
    let again = tx
        .insert_register_version(&version(3, "lmdb", "aa"), &audit)
        .await;
    assert!(matches!(
        again,
        Err(StoreError::Duplicate {
            what: "register version"
        })
    ));
}

pub(crate) async fn versions_of_registers_are_listed(home: &Home) {
    let store = home.store().await;
    let audit = audit("delivery.receive");
    let tx = store.begin("test.versions").await.unwrap();
    for (n, register) in [(2, "lmdb"), (1, "lmdb"), (3, "lab")] {
        let delivered = n.to_string();
        tx.insert_register_version(&version(n, register, &delivered), &audit)
            .await
            .unwrap();
    }
    let old = version(1, "lmdb", "1").version_id;
    tx.set_register_version_state(old, "superseded", &audit)
        .await
        .unwrap();
    let all = tx.list_register_versions(None, None).await.unwrap();
    let order: Vec<_> = all
        .iter()
        .map(|v| (v.register.as_str(), v.received_at))
        .collect();
    assert_eq!(order, [("lab", at(3)), ("lmdb", at(1)), ("lmdb", at(2))]);
    let current = tx
        .list_register_versions(Some("lmdb"), Some("current"))
        .await
        .unwrap();
    assert_eq!(current, [version(2, "lmdb", "2")]);
    let found = tx.find_register_version(old).await.unwrap().unwrap();
    assert_eq!(found.state, "superseded");
    let unknown = VersionId::from_bytes([9; 16]);
    assert!(
        tx.set_register_version_state(unknown, "purged", &audit)
            .await
            .is_err()
    );
}

pub(crate) async fn a_permit_is_found_in_its_newest_version(home: &Home) {
    let store = home.store().await;
    let audit = audit("permit.issue");
    let tx = store.begin("test.permits").await.unwrap();
    for (n, version) in [(1, 1), (1, 2), (2, 1)] {
        tx.insert_permit(&permit(n, version), &audit).await.unwrap();
    }
    tx.commit().await.unwrap();
    let tx = store.begin("test.read").await.unwrap();
    assert_eq!(
        tx.find_permit(permit_id(1)).await.unwrap(),
        Some(permit(1, 2))
    );
    assert_eq!(
        tx.find_permit_version(permit_id(1), 1).await.unwrap(),
        Some(permit(1, 1))
    );
    assert_eq!(
        tx.find_permit_by_number("DK-2027-00001").await.unwrap(),
        Some(permit(1, 2))
    );
    assert_eq!(
        tx.find_permit_by_number("DK-2027-00009").await.unwrap(),
        None
    );
    assert_eq!(tx.list_permits_of_case(case_id(1)).await.unwrap().len(), 2);
    let again = tx.insert_permit(&permit(1, 2), &audit).await;
    assert!(matches!(
        again,
        Err(StoreError::Duplicate {
            what: "permit version"
        })
    ));
}

pub(crate) async fn permits_are_listed_in_pages(home: &Home) {
    let store = home.store().await;
    let tx = store.begin("test.permits").await.unwrap();
    for (n, version) in [(1, 1), (1, 2), (2, 1), (3, 1)] {
        tx.insert_permit(&permit(n, version), &audit("permit.issue"))
            .await
            .unwrap();
    }
    let first = tx.list_permits(None, None, 2).await.unwrap();
    assert_eq!(first.items, [permit(3, 1), permit(2, 1)]);
    let second = tx
        .list_permits(None, first.next.as_deref(), 2)
        .await
        .unwrap();
    assert_eq!((second.items, second.next), (vec![permit(1, 2)], None));
    let elsewhere = "ssi".parse().unwrap();
    assert!(
        tx.list_permits(Some(&elsewhere), None, 9)
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

pub(crate) async fn a_permit_status_only_moves_forward(home: &Home) {
    let store = home.store().await;
    let audit = audit("permit.revoke");
    let status = |sequence, valid| StoredStatus {
        permit_id: permit_id(1),
        sequence,
        version: 1,
        valid,
        signed: json!({ "sequence": sequence }),
        issued_at: at(0),
    };
    let tx = store.begin("test.status").await.unwrap();
    assert_eq!(tx.find_permit_status(permit_id(1)).await.unwrap(), None);
    tx.insert_permit_status(&status(1, true), &audit)
        .await
        .unwrap();
    tx.insert_permit_status(&status(3, false), &audit)
        .await
        .unwrap();
    for behind in [2, 3] {
        let refused = tx.insert_permit_status(&status(behind, true), &audit).await;
        let Err(StoreError::StatusBehind { given, last: 3 }) = refused else {
            panic!()
        };
        assert_eq!(given, behind);
    }
    assert_eq!(
        tx.find_permit_status(permit_id(1)).await.unwrap(),
        Some(status(3, false))
    );
}

pub(crate) async fn an_extract_changes_its_state(home: &Home) {
    let store = home.store().await;
    let audit = audit("extract.make");
    let planned = StoredExtract {
        extract_id: ExtractId::from_bytes([1; 16]),
        permit_id: permit_id(1),
        permit_version: 1,
        state: "planned".to_owned(),
        descriptor: json!(null),
        created_at: at(0),
        updated_at: at(0),
    };
    let made = StoredExtract {
        state: "made".to_owned(),
        descriptor: json!({ "tables": [] }),
        updated_at: at(9),
        ..planned.clone()
    };
    let tx = store.begin("test.extracts").await.unwrap();
    tx.put_extract(&planned, &audit).await.unwrap();
    assert_eq!(
        tx.list_extracts(Some(permit_id(1))).await.unwrap(),
        [planned]
    );
    tx.put_extract(&made, &audit).await.unwrap();
    assert_eq!(tx.find_extract(made.extract_id).await.unwrap(), Some(made));
    assert!(
        tx.list_extracts(Some(permit_id(2)))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(tx.list_extracts(None).await.unwrap().len(), 1);
}

pub(crate) async fn of_two_checkers_one_is_told(home: &Home) {
    let store = home.store().await;
    let audit = audit("output.review");
    let tx = store.begin("test.outputs").await.unwrap();
    tx.insert_output(&output(1, "held"), &audit).await.unwrap();
    let content = Some(b"a;b\n1;2\n".to_vec());
    let released = StoredOutput {
        state: "released".to_owned(),
        content,
        ..output(1, "held")
    };
    assert_eq!(tx.update_output(&released, &audit).await.unwrap(), 2);
    let refused = StoredOutput {
        state: "refused".to_owned(),
        ..output(1, "held")
    };
    let late = tx.update_output(&refused, &audit).await;
    assert!(matches!(late, Err(StoreError::Stale { what: "output" })));
    let kept = tx
        .find_output(OutputId::from_bytes([1; 16]))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((kept.state.as_str(), kept.version), ("released", 2));
    assert_eq!(kept.content.as_deref(), Some(&b"a;b\n1;2\n"[..]));
    let unknown = tx.update_output(&output(9, "held"), &audit).await;
    assert!(matches!(
        unknown,
        Err(StoreError::Missing { what: "output" })
    ));
}

pub(crate) async fn outputs_are_listed_by_state(home: &Home) {
    let store = home.store().await;
    let tx = store.begin("test.outputs").await.unwrap();
    for (n, state) in [(1, "held"), (2, "released"), (3, "held"), (4, "held")] {
        tx.insert_output(&output(n, state), &audit("output.make"))
            .await
            .unwrap();
    }
    let first = tx.list_outputs(None, Some("held"), None, 2).await.unwrap();
    assert_eq!(first.items, [output(4, "held"), output(3, "held")]);
    let cursor = first.next.as_deref();
    let second = tx
        .list_outputs(Some(permit_id(1)), Some("held"), cursor, 2)
        .await
        .unwrap();
    assert_eq!((second.items, second.next), (vec![output(1, "held")], None));
    assert!(
        tx.list_outputs(Some(permit_id(2)), None, None, 2)
            .await
            .unwrap()
            .items
            .is_empty()
    );
}
