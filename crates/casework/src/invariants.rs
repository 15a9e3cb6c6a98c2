//! What holds in every case, whatever happens. Tests run them over random histories; the program can
//! run them over a stored case.

use base::Timestamp;
use jiff::ToSpan as _;

use crate::case::{Ball, Case, CaseEvent, CaseState, Decision, is_transition};
use crate::clock::{ClockState, clocks};
use crate::rulebook::Rulebook;

/// An invariant: its name, and the predicate that says what is wrong.
pub type Invariant = (
    &'static str,
    fn(&Case, &Rulebook, Timestamp) -> Result<(), String>,
);

/// All invariants.
pub const INVARIANTS: &[Invariant] = &[
    (
        "no permit without every required grant",
        no_permit_without_grants,
    ),
    (
        "no decision by a person of another organisation or with a stake in the project",
        no_decision_by_outsiders,
    ),
    ("clocks are never negative", clocks_are_never_negative),
    ("a paused clock does not run", paused_clock_does_not_run),
    ("an ended case never revives", ended_never_revives),
    ("every refusal has a reason", every_refusal_has_a_reason),
    ("every move is in the table", every_move_is_in_the_table),
    ("one open question per field", one_open_question_per_field),
    (
        "a part waits exactly while a question of its authority is open",
        parts_wait_for_questions,
    ),
    ("the ball is with one side at a time", ball_is_with_one_side),
];

/// The invariants that a case breaks, with what is wrong.
pub fn broken(case: &Case, rules: &Rulebook, now: Timestamp) -> Vec<(&'static str, String)> {
    INVARIANTS
        .iter()
        .filter_map(|(name, holds)| holds(case, rules, now).err().map(|wrong| (*name, wrong)))
        .collect()
}

fn no_permit_without_grants(case: &Case, _: &Rulebook, _: Timestamp) -> Result<(), String> {
    if case.permit.is_none() {
        return Ok(());
    }
    if !case.all_decided() || !case.permit_is_possible() {
        return Err("a permit was issued without the grants it needs".to_owned());
    }
    if case.requirements.iter().any(|r| r.met.is_none()) {
        return Err("a permit was issued while a requirement waits".to_owned());
    }
    Ok(())
}

fn no_decision_by_outsiders(case: &Case, _: &Rulebook, _: Timestamp) -> Result<(), String> {
    for recorded in &case.history {
        let authority = match &recorded.event {
            CaseEvent::CriterionAssessed { authority, .. }
            | CaseEvent::DecisionProposed { authority, .. }
            | CaseEvent::PartDecided { authority, .. }
            | CaseEvent::QuestionAsked { authority, .. } => authority,
            _ => continue,
        };
        if recorded.organisation != *authority {
            return Err(format!(
                "`{authority}` was acted for by another organisation"
            ));
        }
        if case.application.member(recorded.by).is_some() {
            return Err(format!("a member of the project acted for `{authority}`"));
        }
        if let CaseEvent::PartDecided {
            proposed_by: Some(first),
            ..
        } = &recorded.event
            && *first == recorded.by
        {
            return Err("one officer was both pairs of eyes".to_owned());
        }
    }
    Ok(())
}

fn clocks_are_never_negative(case: &Case, rules: &Rulebook, now: Timestamp) -> Result<(), String> {
    for clock in clocks(case, rules, now) {
        if clock.due < clock.started_on {
            return Err(format!("`{}` is due before it starts", clock.id));
        }
        if clock.days_left > 0 && clock.days_over > 0 {
            return Err(format!("`{}` has days left and days over", clock.id));
        }
        let ran_out = matches!(clock.state, ClockState::Overdue | ClockState::MetLate);
        if ran_out && clock.days_left > 0 {
            return Err(format!("`{}` ran out with days left", clock.id));
        }
    }
    Ok(())
}

fn paused_clock_does_not_run(case: &Case, rules: &Rulebook, now: Timestamp) -> Result<(), String> {
    // Twenty days, by hours: a timestamp knows no calendar.
    let later = now.saturating_add(480.hours()).unwrap_or(now);
    let (before, after) = (clocks(case, rules, now), clocks(case, rules, later));
    for (clock, same) in before.iter().zip(&after) {
        if clock.state == ClockState::Paused && clock.days_left != same.days_left {
            return Err(format!(
                "`{}` had {} days left and has {} though it stands still",
                clock.id, clock.days_left, same.days_left
            ));
        }
    }
    Ok(())
}

fn ended_never_revives(case: &Case, _: &Rulebook, _: Timestamp) -> Result<(), String> {
    let mut states = Vec::new();
    replay(case, |before, _, after| states.push((before, after)));
    match states.iter().find(|(before, _)| before.is_final()) {
        Some((before, after)) => Err(format!("`{before}` was followed by `{after}`")),
        None => Ok(()),
    }
}

fn every_refusal_has_a_reason(case: &Case, _: &Rulebook, _: Timestamp) -> Result<(), String> {
    for part in case.parts.values() {
        if let Some(Decision::Refused { criteria, .. }) =
            part.decision.as_ref().map(|made| &made.decision)
            && criteria.is_empty()
        {
            return Err(format!("`{}` refused without a criterion", part.authority));
        }
        if part
            .assessments
            .values()
            .any(|assessment| !assessment.met && assessment.reason.is_none())
        {
            return Err(format!("`{}` said no without a reason", part.authority));
        }
    }
    Ok(())
}

fn every_move_is_in_the_table(case: &Case, _: &Rulebook, _: Timestamp) -> Result<(), String> {
    let mut wrong = None;
    replay(case, |before, kind, after| {
        if !is_transition(before, kind, after) {
            wrong = Some(format!("`{before}` went to `{after}` by `{kind}`"));
        }
    });
    wrong.map_or(Ok(()), Err)
}

fn one_open_question_per_field(case: &Case, _: &Rulebook, _: Timestamp) -> Result<(), String> {
    let mut fields: Vec<&str> = case.open_questions().map(|g| g.field.as_str()).collect();
    let open = fields.len();
    fields.sort_unstable();
    fields.dedup();
    if fields.len() == open {
        Ok(())
    } else {
        Err("two open questions stand at one field".to_owned())
    }
}

fn parts_wait_for_questions(case: &Case, _: &Rulebook, _: Timestamp) -> Result<(), String> {
    if case.state.is_final() {
        return Ok(());
    }
    for part in case.parts.values() {
        let asks = case.open_questions().any(|group| {
            group
                .questions
                .iter()
                .any(|q| q.authority == part.authority)
        });
        if asks != part.is_waiting() {
            return Err(format!(
                "`{}` waits without reason, or does not",
                part.authority
            ));
        }
    }
    Ok(())
}

fn ball_is_with_one_side(case: &Case, _: &Rulebook, _: Timestamp) -> Result<(), String> {
    let holders: Vec<Ball> = case.ball.iter().map(|change| change.to).collect();
    let repeated = holders
        .iter()
        .zip(holders.iter().skip(1))
        .any(|(one, next)| one == next);
    if repeated || holders.last() != Some(&case.who_has_the_ball()) {
        return Err("the ball did not change when it should, or changed to nobody new".to_owned());
    }
    Ok(())
}

fn replay(case: &Case, mut visit: impl FnMut(CaseState, &str, CaseState)) {
    let Some(mut again) = Case::fold(case.history.iter().take(1)) else {
        return;
    };
    for recorded in case.history.iter().skip(1) {
        let before = again.state;
        again.apply(recorded);
        visit(before, recorded.event.kind(), again.state);
    }
}
