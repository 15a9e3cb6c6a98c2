//! Clocks start, stand still while the applicant is asked, are extended and run out.

use base::Date;
use casework::case::CaseCommand;
use casework::case::extend_clock::ExtendClock;
use casework::clock::{CaseClock, ClockBasis, ClockState, clocks};

use crate::support::*;

fn clock(driven: &Driven, id: &str, authority: &str) -> CaseClock {
    clocks(&driven.case, driven.rules, driven.now)
        .into_iter()
        .find(|clock| clock.id == id && clock.authority == Some(org(authority)))
        .unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// Complete on 17 December 2026, as in the pictures.
fn complete() -> Driven {
    let mut driven = Driven::new();
    driven
        .at("2026-12-17T08:11:00Z")
        .declare_complete()
        .unwrap();
    driven
}

#[test]
fn three_months_run_from_the_complete_application_not_from_receipt() {
    let driven = complete();
    let decision = clock(&driven, "decision", "sds");
    assert_eq!(decision.due, date("2027-03-17"));
    assert_eq!(decision.basis, ClockBasis::Law);
    assert_eq!(decision.binding_from, Some(date("2029-03-26")));
}

#[test]
fn the_authoritys_target_counts_working_days_and_danish_holidays() {
    let driven = complete();
    // 17 December + 30 working days; 25 December and 1 January are Fridays without work.
    let target = clock(&driven, "target", "sds");
    assert_eq!(target.due, date("2027-02-01"));
    assert!(target.working_days);
    assert_eq!(target.days_left, 30);
}

#[test]
fn a_clock_stands_still_while_its_authority_waits_and_only_then() {
    let mut driven = complete();
    driven.at("2027-01-13T13:02:00Z");
    driven.ask(OFFICER_SDS, 41, "selection").unwrap();
    driven.at("2027-01-20T13:02:00Z");
    let paused = clock(&driven, "decision", "sds");
    assert_eq!(paused.state, ClockState::Paused);
    assert_eq!(paused.due, date("2027-03-24"));
    assert_eq!(clock(&driven, "decision", "dst").due, date("2027-03-17"));
    driven.answer(41).unwrap();
    driven.at("2027-02-01T09:00:00Z");
    let running = clock(&driven, "decision", "sds");
    assert_eq!(running.state, ClockState::Running);
    assert_eq!(running.due, date("2027-03-24"));
    assert_eq!(running.pauses.len(), 1);
}

#[test]
fn a_question_is_due_after_four_weeks() {
    let mut driven = complete();
    driven.at("2027-01-13T13:02:00Z");
    driven.ask(OFFICER_SDS, 41, "selection").unwrap();
    assert_eq!(
        driven.case.questions.first().unwrap().due,
        date("2027-02-10")
    );
}

#[test]
fn a_question_before_completeness_takes_nothing_from_the_decision() {
    let mut driven = Driven::new();
    driven.ask(OFFICER_DST, 41, "selection").unwrap();
    driven.at("2026-12-15T08:00:00Z").answer(41).unwrap();
    driven
        .at("2026-12-17T08:11:00Z")
        .declare_complete()
        .unwrap();
    let decision = clock(&driven, "decision", "dst");
    assert_eq!(decision.due, date("2027-03-17"));
    assert!(decision.pauses.is_empty());
}

#[test]
fn an_extension_adds_three_months_and_says_so() {
    let mut driven = complete();
    driven
        .run(
            OFFICER_SDS,
            CaseCommand::ExtendClock(ExtendClock {
                authority: org("sds"),
                clock: "decision".to_owned(),
                reason: text(94),
            }),
        )
        .unwrap();
    let decision = clock(&driven, "decision", "sds");
    assert_eq!(decision.due, date("2027-06-17"));
    assert!(decision.extended);
}

#[test]
fn a_clock_that_runs_out_says_how_late_it_is() {
    let mut driven = complete();
    driven.at("2027-03-20T09:00:00Z");
    let decision = clock(&driven, "decision", "sds");
    assert_eq!(decision.state, ClockState::Overdue);
    assert_eq!((decision.days_left, decision.days_over), (0, 3));
    driven.grant(OFFICER_SDS, &[]).unwrap();
    assert_eq!(clock(&driven, "decision", "sds").state, ClockState::MetLate);
}

#[test]
fn a_decision_in_time_stops_its_clock() {
    let mut driven = complete();
    driven.at("2027-01-07T09:30:00Z");
    driven.grant(OFFICER_DST, &[]).unwrap();
    driven.at("2027-09-01T09:30:00Z");
    let decision = clock(&driven, "decision", "dst");
    assert_eq!(decision.state, ClockState::Met);
    assert_eq!(decision.ended_on, Some(date("2027-01-07")));
}

#[test]
fn a_day_begins_at_danish_midnight_in_summer_too() {
    let mut driven = Driven::new();
    // 23:30 UTC is half past one in the morning of the next day in Denmark.
    driven
        .at("2027-06-01T23:30:00Z")
        .declare_complete()
        .unwrap();
    assert_eq!(driven.case.complete_from, Some(date("2027-06-02")));
    assert_eq!(clock(&driven, "decision", "sds").due, date("2027-09-02"));
}
