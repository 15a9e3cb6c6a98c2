//! Who may do what: the tables as text, and what somebody may not see does not exist.

use base::Role;
use casework::access::{Subject, can, is_public, permission_matrix, states_of};
use casework::case::{CaseState, state_diagram};
use casework::{Action, Denied, check_may};

use crate::support::*;

#[test]
fn the_permission_matrix_is_the_documented_one() {
    insta::assert_snapshot!(permission_matrix());
}

#[test]
fn the_state_diagram_is_the_documented_one() {
    insta::assert_snapshot!(state_diagram());
}

#[test]
fn a_case_does_not_exist_for_those_who_may_not_see_it() {
    let facts = Driven::new().case.facts();
    let subject = Subject::Case(&facts);
    let strangers = [
        actor(50, Role::Researcher, "au"),
        actor(51, Role::Officer, "ssi"),
        actor(52, Role::Citizen, "sund"),
        actor(53, Role::Admin, "sund"),
        actor(54, Role::Operator, "sund"),
        actor(55, Role::Holder, "sds"),
        actor(56, Role::Checker, "sund"),
    ];
    for stranger in strangers {
        for action in [Action::ViewCase, Action::RevokePermit, Action::RunQuery] {
            assert_eq!(
                check_may(&stranger, action, &subject),
                Err(Denied::NotFound),
                "{stranger:?} {action:?}"
            );
        }
    }
}

#[test]
fn who_sees_a_case_but_may_not_act_is_told_so() {
    let facts = Driven::new().case.facts();
    let sds = org("sds");
    let part = Subject::Part(&facts, &sds);
    for person in [person(MEMBER), person(OFFICER_DST), person(COORDINATOR)] {
        assert_eq!(
            check_may(&person, Action::DecidePart, &part),
            Err(Denied::Forbidden)
        );
    }
    assert!(check_may(&person(OFFICER_SDS), Action::DecidePart, &part).is_ok());
}

#[test]
fn only_the_holder_reads_the_quarantine_of_its_register() {
    let sds = org("sds");
    let register = Subject::Register(&sds);
    let may = |n, role, organisation: &str| {
        check_may(
            &actor(n, role, organisation),
            Action::ViewQuarantine,
            &register,
        )
        .is_ok()
    };
    assert!(may(1, Role::Holder, "sds"));
    assert!(!may(2, Role::Holder, "dst"));
    assert!(!may(3, Role::Operator, "sds"));
    assert!(!may(4, Role::Admin, "sds"));
}

#[test]
fn a_button_is_shown_only_in_the_states_that_allow_it() {
    let mut driven = Driven::new();
    let facts = driven.case.facts();
    assert!(!can(&person(PI), Action::RunQuery, &Subject::Case(&facts)));
    driven = Driven::permitted();
    let facts = driven.case.facts();
    assert!(can(&person(PI), Action::RunQuery, &Subject::Case(&facts)));
    assert!(!can(
        &person(MEMBER),
        Action::ReleaseOutput,
        &Subject::Case(&facts)
    ));
}

#[test]
fn every_action_has_somebody_who_may_do_it_and_a_state_to_do_it_in() {
    for action in Action::ALL {
        assert!(
            !casework::access::rules_of(*action).is_empty(),
            "{action:?}"
        );
        assert!(!states_of(*action).is_empty(), "{action:?}");
    }
    assert!(states_of(Action::ViewCase).len() == CaseState::ALL.len());
}

#[test]
fn the_public_may_look_and_nothing_else() {
    let public: Vec<&str> = Action::ALL
        .iter()
        .filter(|action| is_public(**action))
        .map(|action| action.name())
        .collect();
    assert_eq!(
        public,
        [
            "search-catalogue",
            "use-guidance",
            "use-basket",
            "view-public-register",
            "verify-log"
        ]
    );
}
