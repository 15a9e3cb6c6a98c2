//! The page of a case.

use app::cases::CasePage;
use app::casework::Action;
use app::casework::case::{Ball, CaseState};
use axum::response::Response;
use base::Role;
use serde_json::{Value, json};

use super::events::{log_view, timeline};
use super::{outcome, parts, reader, state_word};
use crate::http::Answer;
use crate::pages::visit::{FieldError, Sheet, Visit};

/// Lines of the log on the page of the case.
const LOG_SHOWN: usize = 12;

pub(super) async fn page(
    visit: &Visit,
    page: &CasePage,
    errors: Vec<FieldError>,
) -> Answer<Response> {
    let view = view(visit, page).await?;
    visit
        .show(Sheet::new("case.html", view).with_errors(errors))
        .await
}

async fn view(visit: &Visit, page: &CasePage) -> Answer<Value> {
    let case = &page.view;
    let reader = reader(visit);
    let is_applicant = reader == "applicant";
    let sentence = &case.sentence;
    let questions = case.questions.iter();
    let questions: Vec<Value> = questions
        .map(|q| parts::question_view(visit, page, q))
        .collect();
    let mut log = log_view(visit, page);
    let log_total = log.len();
    if visit.query.get("log") != "alle" {
        log.truncate(LOG_SHOWN);
    }
    let may = |action| page.may.contains(&action);
    let paused = case.ball == Ball::Applicant && case.sentence.open_questions > 0;
    Ok(json!({
        "number": case.number,
        "version": case.version,
        "reader": reader,
        "title": page.title,
        "state": state_word(case.state, sentence.open_questions),
        "submitted_at": base::format_instant(case.submitted_at),
        "sentence": {
            "key": sentence.key,
            "decided": sentence.decided,
            "parts": sentence.parts,
            "waiting_for": visit.organisations(&sentence.waiting_for),
        },
        "days_total": case.days_total,
        "days_with_applicant": case.days_with_applicant,
        "statutory_due": case.statutory_due.filter(|_| case.state.is_open()),
        "paused": paused,
        "turn": turn(visit, page, is_applicant),
        "outcome": outcome::view(visit, page).await?,
        "timeline": timeline(visit, page, is_applicant),
        "holders": holders(page),
        "questions": questions,
        "parts": case.parts.iter().map(|part| parts::part_view(visit, part)).collect::<Vec<_>>(),
        "requirements": parts::requirements(visit, page),
        "log": log,
        "log_total": log_total,
        "people": people(visit, page),
        "officers": officers(visit, page),
        "can": {
            "answer": may(Action::AnswerQuestion),
            "record": may(Action::RecordRequirement),
            "withdraw": may(Action::WithdrawApplication),
            "revise": is_applicant && !case.state.is_open() && case.state != CaseState::Permitted,
            "desk": may(Action::ViewDesk) || !is_applicant && is_officer(visit),
        },
    }))
}

fn is_officer(visit: &Visit) -> bool {
    let role = visit.session.as_ref().map(|session| session.actor().role);
    matches!(role, Some(Role::Officer | Role::Coordinator))
}

/// What this reader must do now; null if it is somebody else's turn.
fn turn(visit: &Visit, page: &CasePage, is_applicant: bool) -> Value {
    let open: Vec<_> = page
        .view
        .questions
        .iter()
        .filter(|q| q.answer.is_none())
        .collect();
    let nothing = || {
        json!({
            "kind": "", "count": 0, "authorities": [], "due": null, "first": null, "name": null,
        })
    };
    let mut turn = nothing();
    if let (true, Some(first)) = (is_applicant, open.last()) {
        let mut authorities: Vec<_> = open.iter().flat_map(|q| q.authorities.clone()).collect();
        authorities.sort();
        authorities.dedup();
        turn["kind"] = "questions".into();
        turn["count"] = open.len().into();
        turn["authorities"] = visit.organisations(&authorities).into();
        turn["due"] = json!(open.iter().map(|q| q.due).min());
        turn["first"] = json!(first.id);
        return turn;
    }
    let unmet = page.view.requirements.iter().find(|r| r.met_at.is_none());
    if let (true, "requirement_waits", Some(unmet)) = (is_applicant, page.view.sentence.key, unmet)
    {
        let rule = visit.app().content().rulebook.requirement(&unmet.id);
        turn["kind"] = "requirement".into();
        turn["count"] = 1.into();
        turn["name"] = json!(rule.map(|rule| visit.say(&rule.name)));
        return turn;
    }
    let own = visit
        .session
        .as_ref()
        .map(|session| &session.actor().organisation);
    let waits = page
        .view
        .sentence
        .waiting_for
        .iter()
        .any(|id| Some(id) == own);
    if is_officer(visit) && waits {
        turn["kind"] = "desk".into();
        return turn;
    }
    Value::Null
}

fn holders(page: &CasePage) -> Vec<Value> {
    let intervals = page.view.ball_intervals.iter();
    intervals
        .map(|interval| {
            let holder = match interval.holder {
                Ball::Applicant => "applicant",
                Ball::Authorities | Ball::Nobody => "authorities",
            };
            json!({
                "holder": holder,
                "from": base::danish_date(interval.from),
                "to": interval.to.map(base::danish_date),
                "days": interval.days,
            })
        })
        .collect()
}

fn people(visit: &Visit, page: &CasePage) -> Vec<Value> {
    let members = page.application.team.iter();
    members
        .map(|member| {
            let known = page.names.get(&member.account).cloned();
            let name = visit.person(member.account).name.or(known);
            json!({
                "name": name.unwrap_or_default(),
                "principal": member.principal,
                "access": member.access,
                "may_release": member.may_release,
            })
        })
        .collect()
}

fn officers(visit: &Visit, page: &CasePage) -> Vec<String> {
    let authorities = visit.app().content().rulebook.authorities();
    let parts = page.view.parts.iter();
    parts
        .map(|part| {
            let name = visit.organisation(&part.authority);
            let found = authorities.get(&part.authority);
            let desk = found.and_then(|authority| authority.desk.as_ref());
            desk.map_or_else(
                || name.clone(),
                |desk| format!("{name}, {}", visit.say(&desk.name)),
            )
        })
        .collect()
}
