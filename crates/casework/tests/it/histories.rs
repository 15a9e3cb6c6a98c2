//! Random histories: people of every kind do what they like at moving times, and what must hold holds.

use base::{Actor, Role};
use casework::Case;
use casework::case::answer_question::AnswerQuestion;
use casework::case::assess_criterion::AssessCriterion;
use casework::case::close_access::{CloseAccess, ExpirePermit};
use casework::case::confirm_decision::ConfirmDecision;
use casework::case::decide_part::DecidePart;
use casework::case::extend_clock::ExtendClock;
use casework::case::revoke_permit::RevokePermit;
use casework::case::withdraw_application::WithdrawApplication;
use casework::case::{CaseCommand, Decision};
use casework::invariants::broken;
use casework::view::case_view;
use proptest::prelude::*;

use crate::support::*;

#[derive(Debug, Clone)]
struct Step {
    who: Actor,
    what: What,
    hours: i64,
}

#[derive(Debug, Clone)]
enum What {
    Complete,
    Ask(&'static str, &'static str),
    Answer(prop::sample::Index),
    Record,
    Assess(&'static str, prop::sample::Index, bool),
    AssessAll(&'static str),
    Grant(&'static str),
    Refuse(&'static str, prop::sample::Index),
    Confirm(&'static str, bool),
    Extend(&'static str),
    Withdraw,
    Issue,
    Revoke,
    Close,
    Expire,
}

fn authority() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["sds", "dst", "ki", "ssi"])
}

fn field() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["selection", "aim", "population-definition"])
}

/// Mostly the right people, now and then anybody in any role.
fn who() -> impl Strategy<Value = Actor> {
    let known = prop::sample::select(vec![
        PI,
        PI,
        MEMBER,
        OFFICER_SDS,
        OFFICER_SDS,
        OFFICER_SDS_2,
        OFFICER_DST,
        OFFICER_KI,
        COORDINATOR,
    ])
    .prop_map(person);
    let anybody = (
        1_u8..40,
        prop::sample::select(Role::ALL.to_vec()),
        prop::sample::select(vec!["sds", "dst", "ki", "ssi", "au", "sund"]),
    )
        .prop_map(|(n, role, organisation)| actor(n, role, organisation));
    prop_oneof![5 => known, 1 => anybody]
}

fn what() -> impl Strategy<Value = What> {
    use prop::sample::Index;
    prop_oneof![
        2 => Just(What::Complete),
        3 => (authority(), field()).prop_map(|(a, f)| What::Ask(a, f)),
        6 => any::<Index>().prop_map(What::Answer),
        2 => Just(What::Record),
        2 => (authority(), any::<Index>(), any::<bool>())
            .prop_map(|(a, i, met)| What::Assess(a, i, met)),
        6 => authority().prop_map(What::AssessAll),
        8 => authority().prop_map(What::Grant),
        1 => (authority(), any::<Index>()).prop_map(|(a, i)| What::Refuse(a, i)),
        4 => (authority(), any::<bool>()).prop_map(|(a, back)| What::Confirm(a, back)),
        1 => authority().prop_map(What::Extend),
        1 => Just(What::Withdraw),
        4 => Just(What::Issue),
        1 => Just(What::Revoke),
        1 => Just(What::Close),
        1 => Just(What::Expire),
    ]
}

/// The officer who would do it, if the step's own person is no officer of that authority.
fn officer_of(authority: &str) -> u8 {
    match authority {
        "dst" => OFFICER_DST,
        "ki" => OFFICER_KI,
        _ => OFFICER_SDS,
    }
}

fn step() -> impl Strategy<Value = Step> {
    let hours = prop_oneof![9 => 0_i64..300, 1 => 300_i64..6000];
    (who(), what(), hours).prop_map(|(who, what, hours)| Step { who, what, hours })
}

/// Carries a step out. What needs several commands is done by the person who should do it; of the
/// rest, every other step is done by whoever the step names.
fn run(driven: &mut Driven, number: usize, step: &Step) {
    driven.after_hours(step.hours);
    match &step.what {
        What::Complete => drop(driven.declare_complete()),
        What::Ask(authority, field) => drop(driven.ask(officer_of(authority), id(number), field)),
        What::Record => drop(driven.record_entry()),
        What::Issue => drop(driven.issue()),
        What::Refuse(authority, index) => {
            let who = officer_of(authority);
            drop(driven.assess(who, &criterion(index), false));
            drop(driven.decide(
                who,
                Decision::Refused {
                    reason: text(id(number)),
                    criteria: vec![criterion(index)],
                },
            ));
        }
        What::AssessAll(authority) => {
            for criterion in rulebook().criteria() {
                drop(driven.assess(officer_of(authority), &criterion.id, true));
            }
        }
        other => {
            if let Some((right, command)) = command(driven, number, other) {
                let who = if number.is_multiple_of(2) {
                    right
                } else {
                    step.who.clone()
                };
                drop(driven.run_as(&who, command));
            }
        }
    }
}

fn id(number: usize) -> u8 {
    u8::try_from(number % 100).unwrap() + 100
}

fn criterion(index: &prop::sample::Index) -> String {
    let criteria = rulebook().criteria();
    criteria[index.index(criteria.len())].id.clone()
}

/// The command of a step and the person who should give it.
fn command(driven: &Driven, number: usize, what: &What) -> Option<(Actor, CaseCommand)> {
    let text = text(id(number));
    let officer = |authority: &str| person(officer_of(authority));
    Some(match what {
        What::Answer(index) => {
            let groups = &driven.case.questions;
            let group = groups.get(index.index(groups.len().max(1)))?;
            let question = group.id;
            let answer = AnswerQuestion { question, text };
            (person(PI), CaseCommand::AnswerQuestion(answer))
        }
        What::Assess(name, index, met) => {
            let assessment = AssessCriterion {
                authority: org(name),
                criterion: criterion(index),
                met: *met,
                reason: (!number.is_multiple_of(3)).then_some(text),
            };
            (officer(name), CaseCommand::AssessCriterion(assessment))
        }
        What::Grant(name) => (officer(name), decide(name, granted(&["cells-5"]))),
        What::Confirm(name, back) => {
            let confirmation = ConfirmDecision {
                authority: org(name),
                return_because: back.then_some(text),
            };
            let command = CaseCommand::ConfirmDecision(confirmation);
            (person(OFFICER_SDS_2), command)
        }
        What::Extend(name) => {
            let extension = ExtendClock {
                authority: org(name),
                clock: "decision".to_owned(),
                reason: text,
            };
            (officer(name), CaseCommand::ExtendClock(extension))
        }
        What::Withdraw => {
            let withdrawal = WithdrawApplication { reason: None };
            (person(PI), CaseCommand::WithdrawApplication(withdrawal))
        }
        What::Revoke => {
            let revocation = RevokePermit { reason: text };
            (person(OFFICER_DST), CaseCommand::RevokePermit(revocation))
        }
        What::Close => {
            let closing = CloseAccess { reason: None };
            (person(PI), CaseCommand::CloseAccess(closing))
        }
        What::Expire => (
            actor(99, Role::System, "sund"),
            CaseCommand::ExpirePermit(ExpirePermit {}),
        ),
        What::Complete
        | What::Ask(..)
        | What::Record
        | What::Issue
        | What::Refuse(..)
        | What::AssessAll(_) => return None,
    })
}

fn decide(authority: &str, decision: Decision) -> CaseCommand {
    CaseCommand::DecidePart(DecidePart {
        authority: org(authority),
        decision,
    })
}

fn check(driven: &Driven) {
    let wrong = broken(&driven.case, driven.rules, driven.now);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let folded = Case::fold(&driven.case.history).unwrap();
    assert_eq!(folded, driven.case);
    let view = case_view(&driven.case, driven.rules, driven.now);
    assert_eq!(usize::try_from(view.version), Ok(driven.case.history.len()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_people_do_the_invariants_hold(
        steps in prop::collection::vec(step(), 1..80),
        two_officers in any::<bool>(),
    ) {
        let mut driven = if two_officers {
            Driven::with_rules(four_eyes())
        } else {
            Driven::new()
        };
        for (number, step) in steps.iter().enumerate() {
            run(&mut driven, number, step);
        }
        check(&driven);
    }

    #[test]
    fn a_history_that_ends_after_any_command_is_a_case_too(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut driven = Driven::new();
        let mut lengths = vec![driven.case.history.len()];
        for (number, step) in steps.iter().enumerate() {
            run(&mut driven, number, step);
            lengths.push(driven.case.history.len());
        }
        for length in lengths {
            let cut = Case::fold(driven.case.history.iter().take(length)).unwrap();
            let at = cut.history.last().unwrap().at;
            prop_assert_eq!(broken(&cut, driven.rules, at), vec![]);
        }
    }
}

#[test]
fn the_random_histories_reach_permits_and_refusals() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let steps = prop::collection::vec(step(), 60..80);
    let mut states = std::collections::BTreeSet::new();
    for _ in 0..300 {
        let mut driven = Driven::new();
        let drawn = steps.new_tree(&mut runner).unwrap().current();
        for (number, step) in drawn.iter().enumerate() {
            run(&mut driven, number, step);
            states.insert(driven.case.state.name());
        }
    }
    for state in ["permitted", "refused", "withdrawn", "revoked", "closed"] {
        assert!(
            states.contains(state),
            "{state} was never reached: {states:?}"
        );
    }
}
