//! Each thing that cannot be done, and the code it is refused with.

use base::Role;
use casework::case::CaseCommand;
use casework::case::confirm_decision::ConfirmDecision;
use casework::case::decide_part::DecidePart;
use casework::case::extend_clock::ExtendClock;
use casework::case::withdraw_application::WithdrawApplication;
use casework::case::{CaseState, Decision, PartCondition, WithheldData};
use casework::refusal::Refusal;

use crate::support::*;

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.unwrap_err().code()
}

fn assessed() -> Driven {
    let mut driven = Driven::new();
    driven.declare_complete().unwrap();
    driven
}

#[test]
fn an_application_that_breaks_a_rule_is_not_sent() {
    let now = "2026-12-01T09:00:00Z".parse().unwrap();
    let try_with = |change: fn(&mut casework::application::Application)| {
        let mut changed = application();
        change(&mut changed);
        code(submit(changed, now))
    };
    assert_eq!(
        try_with(|a| a.period.to = "2039-12-31".parse().unwrap()),
        "access_too_long"
    );
    assert_eq!(
        try_with(|a| a.period.to = "2027-01-01".parse().unwrap()),
        "access_backwards"
    );
    assert_eq!(
        try_with(|a| a.team.iter_mut().for_each(|m| m.principal = true)),
        "not_one_principal"
    );
    assert_eq!(try_with(|a| a.team.push(a.team[1].clone())), "member_twice");
    assert_eq!(
        try_with(|a| a.team[0].account = account(77)),
        "sender_not_in_team"
    );
    assert_eq!(
        try_with(|a| a.purposes = vec!["x".to_owned()]),
        "no_such_purpose"
    );
    assert_eq!(try_with(|a| a.selection.tables.clear()), "nothing_selected");
    assert_eq!(
        try_with(|a| a.selection.tables[0].register = "nowhere".to_owned()),
        "no_such_register"
    );
}

#[test]
fn nothing_is_assessed_before_the_application_is_complete() {
    let mut driven = Driven::new();
    assert_eq!(
        code(driven.assess(OFFICER_SDS, "purpose", true)),
        "wrong_state"
    );
    driven.ask(OFFICER_SDS, 41, "selection").unwrap();
    assert_eq!(code(driven.declare_complete()), "open_questions");
}

#[test]
fn a_question_stands_at_a_field_of_the_form_and_is_answered_once() {
    let mut driven = assessed();
    assert_eq!(
        code(driven.ask(OFFICER_SDS, 41, "shoe-size")),
        "no_such_field"
    );
    driven.ask(OFFICER_SDS, 41, "selection").unwrap();
    driven.answer(41).unwrap();
    assert_eq!(code(driven.answer(41)), "already_answered");
    assert_eq!(code(driven.answer(49)), "no_such_question");
}

#[test]
fn a_grant_needs_every_criterion_and_no_open_question() {
    let mut driven = assessed();
    assert_eq!(
        code(driven.decide(OFFICER_SDS, granted(&[]))),
        "criteria_missing"
    );
    driven.assess_all(OFFICER_SDS);
    driven.ask(OFFICER_SDS, 41, "selection").unwrap();
    assert_eq!(
        code(driven.decide(OFFICER_SDS, granted(&[]))),
        "open_questions"
    );
    driven.answer(41).unwrap();
    driven.assess(OFFICER_SDS, "security", false).unwrap();
    assert_eq!(
        code(driven.decide(OFFICER_SDS, granted(&[]))),
        "criterion_not_met"
    );
    assert_eq!(
        code(driven.decide(OFFICER_SDS, granted(&["free-beer"]))),
        "criterion_not_met"
    );
}

#[test]
fn a_refusal_needs_a_criterion_that_is_not_met() {
    let mut driven = assessed();
    let refusal = || Decision::Refused {
        reason: text(92),
        criteria: vec!["purpose".to_owned()],
    };
    assert_eq!(
        code(driven.decide(OFFICER_SDS, refusal())),
        "no_ground_for_refusal"
    );
    driven.assess(OFFICER_SDS, "security", false).unwrap();
    assert_eq!(
        code(driven.decide(OFFICER_SDS, refusal())),
        "no_such_criterion"
    );
}

#[test]
fn an_authority_withholds_only_its_own_data() {
    let mut driven = assessed();
    driven.assess_all(OFFICER_SDS);
    let in_part = |register: &str, table: &str| Decision::GrantedInPart {
        withheld: vec![WithheldData {
            register: register.to_owned(),
            table: table.to_owned(),
            variable: None,
        }],
        conditions: vec![PartCondition::Own(text(80))],
        reason: text(92),
    };
    assert_eq!(
        code(driven.decide(OFFICER_SDS, in_part("dst_ind", "ind"))),
        "no_such_register"
    );
    driven
        .decide(OFFICER_SDS, in_part("lab", "lab_forsker"))
        .unwrap();
}

#[test]
fn an_officer_who_takes_part_in_the_project_does_not_decide() {
    let mut driven = assessed();
    let conflicted = actor(MEMBER, Role::Officer, "sds");
    let command = CaseCommand::DecidePart(DecidePart {
        authority: org("sds"),
        decision: granted(&[]),
    });
    assert_eq!(
        code(driven.run_as(&conflicted, command)),
        "conflict_of_interest"
    );
}

#[test]
fn a_permission_for_one_part_does_not_open_another() {
    let mut driven = assessed();
    let command = CaseCommand::DecidePart(DecidePart {
        authority: org("sds"),
        decision: granted(&[]),
    });
    assert_eq!(code(driven.run(OFFICER_DST, command)), "other_permission");
}

#[test]
fn a_decided_part_stays_decided() {
    let mut driven = assessed();
    driven.grant(OFFICER_DST, &[]).unwrap();
    assert_eq!(
        code(driven.decide(OFFICER_DST, granted(&[]))),
        "already_decided"
    );
    assert_eq!(
        code(driven.ask(OFFICER_DST, 41, "selection")),
        "already_decided"
    );
}

#[test]
fn where_two_officers_are_wanted_the_first_cannot_be_the_second() {
    let mut driven = Driven::with_rules(four_eyes());
    driven.declare_complete().unwrap();
    driven.grant(OFFICER_SDS, &[]).unwrap();
    assert!(driven.case.part(&org("sds")).unwrap().decision.is_none());
    let confirm = |return_because| {
        CaseCommand::ConfirmDecision(ConfirmDecision {
            authority: org("sds"),
            return_because,
        })
    };
    assert_eq!(code(driven.run(OFFICER_SDS, confirm(None))), "same_officer");
    driven.run(OFFICER_SDS_2, confirm(Some(text(93)))).unwrap();
    assert_eq!(
        code(driven.run(OFFICER_SDS_2, confirm(None))),
        "no_proposal"
    );
    driven.decide(OFFICER_SDS, granted(&[])).unwrap();
    driven.run(OFFICER_SDS_2, confirm(None)).unwrap();
    let made = driven.case.part(&org("sds")).unwrap().decision.as_ref();
    assert_eq!(made.unwrap().proposed_by, Some(account(OFFICER_SDS)));
}

#[test]
fn time_is_extended_once() {
    let mut driven = assessed();
    let extend = |clock: &str| {
        CaseCommand::ExtendClock(ExtendClock {
            authority: org("sds"),
            clock: clock.to_owned(),
            reason: text(94),
        })
    };
    assert_eq!(
        code(driven.run(OFFICER_SDS, extend("answer"))),
        "no_such_clock"
    );
    driven.run(OFFICER_SDS, extend("decision")).unwrap();
    assert_eq!(
        code(driven.run(OFFICER_SDS, extend("decision"))),
        "already_extended"
    );
}

#[test]
fn a_withdrawn_case_takes_no_more_commands() {
    let mut driven = assessed();
    let withdraw = || CaseCommand::WithdrawApplication(WithdrawApplication { reason: None });
    driven.run(PI, withdraw()).unwrap();
    assert_eq!(driven.case.state, CaseState::Withdrawn);
    assert_eq!(code(driven.run(PI, withdraw())), "wrong_state");
    assert_eq!(
        code(driven.ask(OFFICER_SDS, 41, "selection")),
        "wrong_state"
    );
    assert_eq!(code(driven.declare_complete()), "wrong_state");
}

#[test]
fn every_refusal_has_a_message_without_a_person_and_a_class() {
    let refusal = Refusal::AccessTooLong {
        latest: "2036-12-01".parse().unwrap(),
    };
    assert_eq!(
        refusal.to_string(),
        "access can last ten years at most: choose a date no later than 2036-12-01"
    );
    assert_eq!(refusal.class(), base::ErrorClass::Invalid);
}
