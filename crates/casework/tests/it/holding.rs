//! Versions of a register: received, approved, taken out of use; the same files twice change nothing.

use std::collections::BTreeMap;

use base::{DeliveryId, Role, VersionId};
use casework::access::Subject;
use casework::holding::{Holding, HoldingEvent, ReceiveVersion, VersionState};
use casework::{Action, Granted, Recorded, check_may};

use crate::support::*;

fn permission(action: Action) -> Granted {
    let sds = org("sds");
    check_may(
        &actor(60, Role::Holder, "sds"),
        action,
        &Subject::Register(&sds),
    )
    .unwrap()
}

fn version(n: u8) -> VersionId {
    VersionId::from_bytes([n; 16])
}

fn delivery(n: u8, files: &str) -> ReceiveVersion {
    ReceiveVersion {
        register: "lpr3".to_owned(),
        version: version(n),
        delivery: DeliveryId::from_bytes([n; 16]),
        delivered_sha256: files.to_owned(),
        rows: 1234,
        rejected_by_rule: BTreeMap::from([("date".to_owned(), 2)]),
        rejected: 2,
        manifest: serde_json::json!({"tables": []}),
        synthetic: true,
    }
}

fn take(holding: &mut Holding, events: Vec<HoldingEvent>) {
    for event in events {
        holding.apply(&Recorded {
            at: "2026-12-01T09:00:00Z".parse().unwrap(),
            by: account(60),
            organisation: org("sds"),
            event,
        });
    }
}

#[test]
fn the_newest_approved_version_is_in_use() {
    let mut holding = Holding::default();
    for n in [1, 2] {
        let events = holding
            .receive(
                &delivery(n, &format!("files {n}")),
                &permission(Action::DeliverRegister),
            )
            .unwrap();
        take(&mut holding, events);
    }
    assert!(holding.current().is_none(), "received is not approved");
    for n in [1, 2] {
        let events = holding
            .approve(version(n), &permission(Action::ApproveVersion))
            .unwrap();
        take(&mut holding, events);
    }
    assert_eq!(holding.current().unwrap().id, version(2));
    let events = holding
        .withdraw(version(2), "error", &permission(Action::WithdrawVersion))
        .unwrap();
    take(&mut holding, events);
    assert_eq!(holding.current().unwrap().id, version(1));
    assert_eq!(holding.versions[1].state, VersionState::Withdrawn);
}

#[test]
fn the_same_files_twice_change_nothing() {
    let mut holding = Holding::default();
    let granted = permission(Action::DeliverRegister);
    let events = holding.receive(&delivery(1, "files"), &granted).unwrap();
    take(&mut holding, events);
    let again = holding.receive(&delivery(2, "files"), &granted);
    assert_eq!(again.unwrap_err().code(), "same_delivery");
}

#[test]
fn a_version_is_approved_once_and_must_exist() {
    let mut holding = Holding::default();
    let granted = permission(Action::ApproveVersion);
    let missing = holding.approve(version(1), &granted);
    assert_eq!(missing.unwrap_err().code(), "no_such_version");
    let events = holding
        .receive(&delivery(1, "files"), &permission(Action::DeliverRegister))
        .unwrap();
    take(&mut holding, events);
    let events = holding.approve(version(1), &granted).unwrap();
    take(&mut holding, events);
    let again = holding.approve(version(1), &granted);
    assert_eq!(again.unwrap_err().code(), "wrong_version_state");
}

#[test]
fn a_version_is_deleted_only_after_it_was_taken_out_of_use() {
    let mut holding = Holding::default();
    let events = holding
        .receive(&delivery(1, "files"), &permission(Action::DeliverRegister))
        .unwrap();
    take(&mut holding, events);
    let purge = {
        let system = actor(99, Role::System, "sund");
        check_may(
            &system,
            Action::PurgeVersion,
            &Subject::Register(&org("sds")),
        )
        .unwrap()
    };
    let early = holding.purge(version(1), "ab", &purge);
    assert_eq!(early.unwrap_err().code(), "wrong_version_state");
    let events = holding
        .withdraw(version(1), "error", &permission(Action::WithdrawVersion))
        .unwrap();
    take(&mut holding, events);
    assert!(holding.versions[0].withdrawn_at.is_some());
    let events = holding.purge(version(1), "ab", &purge).unwrap();
    take(&mut holding, events);
    assert_eq!(holding.versions[0].state, VersionState::Purged);
    let again = holding.purge(version(1), "ab", &purge);
    assert_eq!(again.unwrap_err().code(), "wrong_version_state");
}
