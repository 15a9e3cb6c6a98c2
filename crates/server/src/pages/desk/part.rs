//! One part of a case, open on the desk.

use app::cases::CasePage;
use app::casework::Action;
use app::casework::case::{Decision, PartCondition};
use app::casework::clock::{CaseClock, ClockState};
use app::casework::view::{PartState, PartView};
use axum::response::Response;
use serde_json::{Value, json};

use super::{may, queue};
use crate::http::Answer;
use crate::pages::case::{field_view, log_view, part_word, question_view, sections};
use crate::pages::visit::{FieldError, Sheet, Visit};

pub(super) async fn show(
    visit: &Visit,
    page: &CasePage,
    errors: Vec<FieldError>,
) -> Answer<Response> {
    let view = view(visit, page).await?;
    visit
        .show(Sheet::new("desk_part.html", view).with_errors(errors))
        .await
}

/// The part of the reader's own authority; a coordinator has none.
pub(super) fn own_part<'a>(visit: &Visit, page: &'a CasePage) -> Option<&'a PartView> {
    let own = visit
        .session
        .as_ref()
        .map(|session| &session.actor().organisation);
    let mut parts = page.view.parts.iter();
    parts.find(|part| Some(&part.authority) == own)
}

async fn view(visit: &Visit, page: &CasePage) -> Answer<Value> {
    let (queue, queue_total) = queue(visit).await?;
    let part = own_part(visit, page);
    let tab = match visit.query.get("vis") {
        known @ ("ansoegning" | "spoergsmaal" | "log") => known,
        _ => "kriterier",
    };
    let registers = part.map(|part| part.registers.clone()).unwrap_or_default();
    let registers: Vec<String> = registers.iter().map(|id| visit.register(id)).collect();
    let unmet = part.map_or(0, |part| {
        part.assessments
            .iter()
            .filter(|answer| answer.met == Some(false))
            .count()
    });
    let questions = page.view.questions.iter();
    let questions: Vec<Value> = questions.map(|q| question_view(visit, page, q)).collect();
    let asked = questions.len();
    let shown = |name: &str, list: Vec<Value>| if tab == name { list } else { Vec::new() };
    let own = &visit.actor()?.organisation;
    let authority = visit.app().content().rulebook.authorities().get(own);
    Ok(json!({
        "number": page.view.number,
        "version": page.view.version,
        "title": page.title,
        "authority": visit.organisation(own),
        "registers": registers,
        "clocks": clocks(visit, page),
        "positions": positions(visit, page),
        "tab": tab,
        "criteria": criteria(visit, page, part),
        "answered": part.map_or(0, |part| part.assessed),
        "total": part.map_or(0, |part| part.criteria),
        "unmet": unmet,
        "question_count": asked,
        "questions": shown("spoergsmaal", questions),
        "sections": shown("ansoegning", sections(visit, page)),
        "log": shown("log", log_view(visit, page)),
        "queue": queue,
        "queue_total": queue_total,
        "conditions": usual_conditions(visit),
        "confirm": confirm(visit, page, part),
        "decision": part.map_or(Value::Null, |part| decision(visit, page, part)),
        "blocked": blocked(page, part),
        "four_eyes": authority.is_some_and(|authority| authority.four_eyes),
        "can": {
            "assess": may(page, Action::AssessCriterion),
            "decide": may(page, Action::DecidePart),
            "ask": may(page, Action::AskQuestion),
            "declare_complete": may(page, Action::DeclareComplete),
            "extend": false,
            "answer": false,
        },
    }))
}

/// The clocks that run: the own target first, then the law's.
pub(super) fn clocks(visit: &Visit, page: &CasePage) -> Vec<Value> {
    let own = visit
        .session
        .as_ref()
        .map(|session| session.actor().organisation.clone());
    let open = |clock: &&CaseClock| {
        let runs = matches!(
            clock.state,
            ClockState::Running | ClockState::Paused | ClockState::Overdue
        );
        runs && (clock.authority.is_none() || clock.authority == own)
    };
    let mut clocks: Vec<&CaseClock> = page.view.clocks.iter().filter(open).collect();
    clocks.sort_by_key(|clock| clock.due);
    let view = |clock: &&CaseClock| {
        json!({
            "name": visit.say(&clock.name),
            "state": clock.state,
            "days_left": clock.days_left,
            "days_over": clock.days_over,
            "working_days": clock.working_days,
            "due": clock.due,
        })
    };
    clocks.iter().map(view).collect()
}

/// Where the other authorities stand.
fn positions(visit: &Visit, page: &CasePage) -> Vec<Value> {
    let own = visit
        .session
        .as_ref()
        .map(|session| &session.actor().organisation);
    let others = page
        .view
        .parts
        .iter()
        .filter(|part| Some(&part.authority) != own);
    others
        .map(|part| {
            let state = match part.state {
                PartState::AwaitsSecondOfficer => "assessing",
                state => part_word(state),
            };
            json!({ "authority": visit.organisation(&part.authority), "state": state, "text": null })
        })
        .collect()
}

fn criteria(visit: &Visit, page: &CasePage, part: Option<&PartView>) -> Vec<Value> {
    let rules = &visit.app().content().rulebook;
    let criteria = rules.criteria().iter();
    criteria
        .map(|criterion| {
            let mut answers = part.into_iter().flat_map(|part| &part.assessments);
            let own = answers.find(|answer| answer.criterion == criterion.id);
            let reason = own.and_then(|answer| answer.reason);
            let fields = criterion.fields.iter();
            let shown: Vec<Value> = fields
                .filter_map(|id| field_view(visit, page, id))
                .collect();
            json!({
                "id": criterion.id,
                "name": visit.say(&criterion.name),
                "law": visit.say(&criterion.law),
                "help": visit.say(&criterion.help),
                "met": own.and_then(|answer| answer.met),
                "reason": reason.and_then(|id| page.texts.get(&id)),
                "answers": shown,
            })
        })
        .collect()
}

/// Conditions that the own authority usually sets.
fn usual_conditions(visit: &Visit) -> Vec<Value> {
    let rules = &visit.app().content().rulebook;
    let own = visit
        .session
        .as_ref()
        .map(|session| &session.actor().organisation);
    let authority = own.and_then(|own| rules.authorities().get(own));
    let usual = authority.map(|authority| authority.usual_conditions.as_slice());
    let conditions = usual.unwrap_or_default().iter();
    conditions
        .filter_map(|id| rules.condition(id))
        .map(|condition| json!({ "id": condition.id, "text": visit.say(&condition.text) }))
        .collect()
}

fn confirm(visit: &Visit, page: &CasePage, part: Option<&PartView>) -> Value {
    let Some((part, proposal)) = part.and_then(|part| Some((part, part.proposal.as_ref()?))) else {
        return Value::Null;
    };
    let can = may(page, Action::ConfirmDecision);
    let by = part
        .proposed_by
        .and_then(|account| visit.person(account).name);
    let at = page
        .view
        .log
        .iter()
        .find(|entry| entry.kind == "decision_proposed");
    let at = at.map_or(page.view.submitted_at, |entry| entry.at);
    json!({
        "by": by.unwrap_or_else(|| visit.word("role.officer")),
        "outcome": outcome(proposal),
        "at": base::format_instant(at),
        "can": can,
        "why_not": visit.word("problem.same_officer"),
    })
}

/// How a decision comes out.
pub(super) fn outcome(decision: &Decision) -> &'static str {
    match decision {
        Decision::Granted { conditions } if conditions.is_empty() => "granted",
        Decision::Granted { .. } => "granted-with-conditions",
        Decision::GrantedInPart { .. } => "granted-in-part",
        Decision::Refused { .. } => "refused",
    }
}

fn decision(visit: &Visit, page: &CasePage, part: &PartView) -> Value {
    let (Some(decision), Some(at)) = (&part.decision, part.decided_at) else {
        return Value::Null;
    };
    json!({
        "outcome": outcome(decision),
        "at": base::format_instant(at),
        "reason": reason_of(page, decision),
        "conditions": conditions_of(visit, page, decision),
    })
}

/// The reason of a decision, in words.
pub(super) fn reason_of(page: &CasePage, decision: &Decision) -> Option<String> {
    match decision {
        Decision::GrantedInPart { reason, .. } | Decision::Refused { reason, .. } => {
            page.texts.get(reason).cloned()
        }
        Decision::Granted { .. } => None,
    }
}

/// The conditions of a decision, in words.
pub(super) fn conditions_of(visit: &Visit, page: &CasePage, decision: &Decision) -> Vec<String> {
    let rules = &visit.app().content().rulebook;
    let conditions = decision.conditions().iter();
    conditions
        .filter_map(|condition| match condition {
            PartCondition::Standard(id) => rules
                .condition(id)
                .map(|condition| visit.say(&condition.text)),
            PartCondition::Own(id) => page.texts.get(id).cloned(),
        })
        .collect()
}

fn blocked(page: &CasePage, part: Option<&PartView>) -> Option<&'static str> {
    let part = part?;
    match part.state {
        PartState::PreCheck => Some("not_complete"),
        PartState::WaitingForApplicant => Some("waiting"),
        PartState::AwaitsSecondOfficer => Some("proposal"),
        _ if page.view.complete_from.is_none() => Some("not_complete"),
        _ => None,
    }
}
