//! The deletion of a permit's data: only after its end, by the system, once; and it is published.

use base::{Role, Timestamp};
use casework::access::Subject;
use casework::case::close_access::ExpirePermit;
use casework::deletion::{DeletedExtract, DeletionEvent, DeletionProof, FORMAT, RecordDeletion};
use casework::publication::{Publicity, publish_deletion_event};
use casework::{Action, CaseCommand, CaseState, Granted, Recorded, check_may};

use crate::support::*;

fn proof(driven: &Driven, at: Timestamp) -> RecordDeletion {
    let permit = driven.case.permit.as_ref().unwrap();
    RecordDeletion {
        proof: DeletionProof {
            format: FORMAT.to_owned(),
            permit: permit.id,
            permit_number: permit.number.clone(),
            case_number: driven.case.number.clone(),
            because: driven.case.state,
            ended_at: at,
            deleted_at: at,
            extracts: vec![DeletedExtract {
                version: 1,
                descriptor_sha256: "ab".repeat(32),
            }],
            keys_destroyed: vec!["extract/x-v1".to_owned(), "permit/x".to_owned()],
            kept: Vec::new(),
        },
        proof_sha256: "cd".repeat(32),
    }
}

fn granted(driven: &Driven) -> Granted {
    let system = actor(99, Role::System, "sund");
    let facts = driven.case.facts();
    check_may(&system, Action::DeleteExtract, &Subject::Case(&facts)).unwrap()
}

#[test]
fn data_are_deleted_after_the_end_of_the_permit_and_once() {
    let mut driven = Driven::permitted();
    let now = driven.now;
    let early = proof(&driven, now).decide(&driven.case, &[], &granted(&driven));
    assert_eq!(early.unwrap_err().code(), "wrong_state");

    driven.at("2029-02-20T09:00:00Z");
    let system = actor(99, Role::System, "sund");
    driven
        .run_as(&system, CaseCommand::ExpirePermit(ExpirePermit {}))
        .unwrap();
    assert_eq!(driven.case.state, CaseState::Expired);
    let record = proof(&driven, driven.now);
    let events = record.decide(&driven.case, &[], &granted(&driven)).unwrap();
    let recorded = Recorded {
        at: driven.now,
        by: account(99),
        organisation: org("sund"),
        event: events.first().unwrap().clone(),
    };
    let DeletionEvent::ExtractDeleted {
        because, extracts, ..
    } = &recorded.event;
    assert_eq!(
        (because, extracts.as_slice()),
        (&CaseState::Expired, &[1][..])
    );
    let again = record
        .decide(
            &driven.case,
            std::slice::from_ref(&recorded),
            &granted(&driven),
        )
        .unwrap();
    assert!(again.is_empty());

    let Publicity::Published(entry) = publish_deletion_event(&driven.case, &recorded) else {
        panic!("a deletion is public");
    };
    assert_eq!(entry.kind, "extract.deleted");
    assert_eq!(
        entry.ids["permit"],
        driven.case.permit.as_ref().unwrap().number
    );
    let fields: Vec<&str> = entry.fields.iter().map(|field| field.id.as_str()).collect();
    assert_eq!(
        fields,
        ["because", "extracts", "keys_destroyed", "proof_sha256"]
    );
}

#[test]
fn a_proof_of_another_permit_is_refused() {
    let mut driven = Driven::permitted();
    driven.at("2029-02-20T09:00:00Z");
    let system = actor(99, Role::System, "sund");
    driven
        .run_as(&system, CaseCommand::ExpirePermit(ExpirePermit {}))
        .unwrap();
    let mut record = proof(&driven, driven.now);
    record.proof.permit = base::PermitId::from_bytes([9; 16]);
    let refused = record.decide(&driven.case, &[], &granted(&driven));
    assert_eq!(refused.unwrap_err().code(), "wrong_state");
}
