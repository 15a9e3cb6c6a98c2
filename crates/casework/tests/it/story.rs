//! The story of the pictures, from application to permit.

use base::Role;
use casework::StoredEvent;
use casework::access::reads_preparation;
use casework::case::close_access::{CloseAccess, ExpirePermit};
use casework::case::confirm_decision::ConfirmDecision;
use casework::case::revoke_permit::RevokePermit;
use casework::case::{Ball, CaseCommand, CaseEvent, CaseState};
use casework::view::{CaseView, PartState, case_view};

use crate::support::*;

#[test]
fn an_application_opens_one_part_per_authority_and_the_institutions_requirement() {
    let driven = Driven::new();
    let parts: Vec<(&str, Vec<&str>)> = driven
        .case
        .parts
        .values()
        .map(|part| {
            let registers = part.registers.iter().map(String::as_str).collect();
            (part.authority.as_str(), registers)
        })
        .collect();
    assert_eq!(
        parts,
        [
            ("dst", vec!["dst_ind"]),
            ("ki", vec!["rkkp_dvdd"]),
            ("sds", vec!["cpr", "lab", "lmdb", "lpr3"]),
        ]
    );
    let requirement = driven.case.requirements.first().unwrap();
    assert_eq!(requirement.id, "record-entry");
    assert_eq!(requirement.institution, org("au"));
}

#[test]
fn two_authorities_ask_about_one_field_and_one_answer_closes_both() {
    let mut driven = Driven::new();
    driven.declare_complete().unwrap();
    assert_eq!(driven.ask(OFFICER_SDS, 41, "population-definition"), Ok(1));
    assert_eq!(driven.ask(OFFICER_KI, 42, "population-definition"), Ok(2));
    assert_eq!(driven.case.open_questions().count(), 1);
    assert_eq!(driven.case.who_has_the_ball(), Ball::Applicant);

    let view = case_view(&driven.case, driven.rules, driven.now);
    assert_eq!(view.sentence.key, "your_turn");
    let asked = view.questions.first().unwrap();
    assert_eq!(asked.authorities, [org("sds"), org("ki")]);
    assert_eq!(asked.wordings.len(), 2, "each keeps its own words");
    let waiting = |id: &str| {
        let part = view.parts.iter().find(|p| p.authority == org(id)).unwrap();
        part.state
    };
    assert_eq!(waiting("sds"), PartState::WaitingForApplicant);
    assert_eq!(waiting("dst"), PartState::Assessed);

    driven.after_hours(24);
    driven.answer(42).unwrap();
    assert_eq!(driven.case.open_questions().count(), 0);
    assert!(driven.case.parts.values().all(|part| !part.is_waiting()));
    assert_eq!(driven.case.who_has_the_ball(), Ball::Authorities);
}

#[test]
fn all_three_grant_and_the_permit_is_issued() {
    let driven = Driven::permitted();
    assert_eq!(driven.case.state, CaseState::Permitted);
    let permit = driven.case.permit.as_ref().unwrap();
    assert_eq!(permit.version, 1);
    assert!(permit.in_force);
    let view = case_view(&driven.case, driven.rules, driven.now);
    assert_eq!(view.sentence.key, "permitted");
    assert_eq!(view.sentence.decided, 3);
    assert_eq!(view.log.first().unwrap().kind, "permit_issued");
}

#[test]
fn a_refusal_of_data_the_population_needs_ends_the_case() {
    let mut driven = Driven::new();
    driven.declare_complete().unwrap();
    driven.grant(OFFICER_DST, &[]).unwrap();
    driven.grant(OFFICER_KI, &[]).unwrap();
    driven.refuse(OFFICER_SDS, "population").unwrap();
    assert_eq!(driven.case.state, CaseState::Refused);
    assert!(driven.issue().is_err());
}

#[test]
fn a_refusal_of_other_data_leaves_a_permit_for_the_rest() {
    let mut driven = Driven::new();
    driven.record_entry().unwrap();
    driven.declare_complete().unwrap();
    driven.grant(OFFICER_SDS, &[]).unwrap();
    driven.grant(OFFICER_KI, &[]).unwrap();
    driven.refuse(OFFICER_DST, "necessary").unwrap();
    assert_eq!(driven.case.state, CaseState::Decided);
    driven.issue().unwrap();
    assert_eq!(
        driven.case.granted_registers(),
        ["rkkp_dvdd", "cpr", "lab", "lmdb", "lpr3"]
    );
}

#[test]
fn the_record_entry_must_be_there_before_the_permit() {
    let mut driven = Driven::new();
    driven.declare_complete().unwrap();
    for officer in [OFFICER_DST, OFFICER_KI, OFFICER_SDS] {
        driven.grant(officer, &[]).unwrap();
    }
    assert_eq!(driven.issue().unwrap_err().code(), "requirements_waiting");
    assert_eq!(driven.case.who_has_the_ball(), Ball::Applicant);
    driven.record_entry().unwrap();
    driven.issue().unwrap();
}

#[test]
fn a_permit_runs_out_after_its_last_date_and_not_before() {
    let mut driven = Driven::permitted();
    let system = actor(99, Role::System, "sund");
    let expire = || CaseCommand::ExpirePermit(ExpirePermit {});
    driven.at("2029-02-19T22:59:59Z");
    let refusal = driven.run_as(&system, expire()).unwrap_err();
    assert_eq!(refusal.code(), "not_expired");
    driven.at("2029-02-19T23:00:00Z");
    driven.run_as(&system, expire()).unwrap();
    assert_eq!(driven.case.state, CaseState::Expired);
    assert!(!driven.case.permit.as_ref().unwrap().in_force);
}

#[test]
fn an_applicant_sees_no_officers_work_before_the_decision() {
    let mut driven = Driven::with_rules(four_eyes());
    driven.declare_complete().unwrap();
    driven.refuse(OFFICER_SDS, "population").unwrap();
    let view = seen_by(&driven, PI);
    let named = serde_json::to_string(&view).unwrap();
    assert!(
        !named.contains(&text(91).to_string()),
        "the reason at the criterion"
    );
    assert!(
        !named.contains(&text(92).to_string()),
        "the reason of the proposal"
    );
    let kinds: Vec<&str> = view.log.iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        ["application_declared_complete", "application_submitted"]
    );
    let sds = view
        .parts
        .iter()
        .find(|p| p.authority == org("sds"))
        .unwrap();
    assert_eq!(sds.state, PartState::Assessed);
    assert!(sds.proposal.is_none() && sds.assessments.is_empty());

    let confirm = CaseCommand::ConfirmDecision(ConfirmDecision {
        authority: org("sds"),
        return_because: None,
    });
    driven.run(OFFICER_SDS_2, confirm).unwrap();
    let named = serde_json::to_string(&seen_by(&driven, PI)).unwrap();
    assert!(
        named.contains(&text(92).to_string()),
        "now it is the decision's reason"
    );
}

#[test]
fn an_officer_sees_the_preparation_of_the_own_authority_only() {
    let mut driven = Driven::with_rules(four_eyes());
    driven.declare_complete().unwrap();
    driven.refuse(OFFICER_SDS, "population").unwrap();
    let part_of = |view: &CaseView| {
        let mut parts = view.parts.iter();
        parts.find(|p| p.authority == org("sds")).unwrap().clone()
    };
    let prepared = ["criterion_assessed", "decision_proposed"];
    for (reader, sees) in [
        (OFFICER_SDS, true),
        (OFFICER_SDS_2, true),
        (COORDINATOR, true),
        (OFFICER_DST, false),
        (OFFICER_KI, false),
    ] {
        let view = seen_by(&driven, reader);
        let part = part_of(&view);
        assert_eq!(part.proposal.is_some(), sees, "{reader}");
        assert_eq!(part.assessed > 0, sees, "{reader}");
        assert_eq!(
            part.state == PartState::AwaitsSecondOfficer,
            sees,
            "{reader}"
        );
        let told = view.log.iter().any(|entry| prepared.contains(&entry.kind));
        assert_eq!(told, sees, "{reader}");
        let named = serde_json::to_string(&view).unwrap();
        assert_eq!(named.contains(&text(92).to_string()), sees, "{reader}");
    }
}

/// The case as one of its people sees it.
fn seen_by(driven: &Driven, reader: u8) -> CaseView {
    let reader = person(reader);
    case_view(&driven.case, driven.rules, driven.now)
        .with_preparation_of(|authority| reads_preparation(&reader, authority))
}

#[test]
fn the_data_user_can_close_the_access() {
    let mut driven = Driven::permitted();
    let close = || CaseCommand::CloseAccess(CloseAccess { reason: None });
    assert!(driven.run(MEMBER, close()).is_err(), "only the principal");
    driven.run(PI, close()).unwrap();
    assert_eq!(driven.case.state, CaseState::Closed);
}

#[test]
fn days_are_split_between_applicant_and_authorities() {
    let mut driven = Driven::new();
    driven.after_hours(24 * 5);
    driven.ask(OFFICER_DST, 41, "selection").unwrap();
    driven.after_hours(24 * 3);
    driven.answer(41).unwrap();
    driven.after_hours(24 * 2);
    let view = case_view(&driven.case, driven.rules, driven.now);
    assert_eq!((view.days_total, view.days_with_applicant), (10, 3));
    let holders: Vec<Ball> = view.ball_intervals.iter().map(|i| i.holder).collect();
    assert_eq!(
        holders,
        [Ball::Authorities, Ball::Applicant, Ball::Authorities]
    );
}

#[test]
fn every_event_of_the_story_reads_back_as_it_was_stored() {
    let mut driven = Driven::permitted();
    driven
        .run(
            OFFICER_SDS,
            CaseCommand::RevokePermit(RevokePermit { reason: text(99) }),
        )
        .unwrap();
    for recorded in &driven.case.history {
        let stored = recorded.event.encode().unwrap();
        assert_eq!(stored.kind, recorded.event.kind());
        let read = CaseEvent::decode(&stored.kind, stored.schema, stored.payload).unwrap();
        assert_eq!(read, recorded.event);
    }
    let refolded = casework::Case::fold(&driven.case.history).unwrap();
    assert_eq!(refolded, driven.case);
}

#[test]
fn an_event_of_a_later_schema_is_not_guessed_at() {
    let error = CaseEvent::decode("permit_issued", 99, serde_json::json!({})).unwrap_err();
    assert!(error.to_string().contains("schema 99"), "{error}");
}

#[test]
fn a_submission_holds_no_word_of_why_a_variable_is_needed() {
    let driven = Driven::new();
    let first = driven.case.history.first().unwrap();
    let stored = first.event.encode().unwrap();
    assert!(!stored.payload.to_string().contains("Udfald"));
    let application = &driven.case.application;
    let words = |id| (id == text(REASON)).then_some("Udfald");
    let in_words = application.selection_in_words(words);
    assert_eq!(in_words, selection());
    // Once the text is erased, the reason is gone.
    let erased = application.selection_in_words(|_| None);
    assert_eq!(erased, application.selection);
}

#[test]
fn a_submission_of_the_first_schema_is_read_with_its_reasons() {
    let mut payload = Driven::new()
        .case
        .history
        .first()
        .unwrap()
        .event
        .encode()
        .unwrap()
        .payload;
    let application = payload["application"].as_object_mut().unwrap();
    application.remove("reasons");
    application["selection"] = serde_json::to_value(selection()).unwrap();
    let kind = "application_submitted";
    let CaseEvent::ApplicationSubmitted { application, .. } =
        CaseEvent::decode(kind, 1, payload).unwrap()
    else {
        panic!("the kind says what it is");
    };
    let mut variables = application.selection.tables.iter();
    assert!(variables.all(|table| table.variables.iter().all(|one| one.reason.is_empty())));
    assert_eq!(application.selection_in_words(|_| None), selection());
}
