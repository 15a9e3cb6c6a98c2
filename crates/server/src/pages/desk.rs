//! The officer's desk: the queue, one part with its criteria, questions and decisions.

use app::cases::{CasePage, DeskItem};
use app::casework::Action;
use app::casework::view::PartState;
use axum::response::Response;
use base::{ErrorClass, Role};
use serde_json::{Value, json};

use super::case::{as_read, check_version, invalid, part_word, refused, state_word};
use super::fields::{Posted, encode};
use super::visit::{FieldError, Sheet, Visit};
use crate::http::{Answer, PathOf, Problem};

mod decide;
mod part;

pub(super) use decide::{confirm, confirm_page, decide, decide_page};

/// Cases that a desk counts and lists.
const QUEUE_MAX: usize = 100;

const FILTERS: [&str; 5] = ["alle", "forproeve", "vurderes", "venter", "faerdige"];

pub(super) async fn list(visit: Visit) -> Answer<Response> {
    let actor = visit.actor()?;
    let cursor = visit.query.filled("fra");
    let (items, next) = visit
        .app()
        .desk(actor, None, cursor, Some(QUEUE_MAX))
        .await?;
    let wanted = visit.query.get("vis");
    let current = FILTERS.iter().copied().find(|name| *name == wanted);
    let current = current.unwrap_or("alle");
    let filters: Vec<Value> = FILTERS
        .iter()
        .map(|name| {
            let count = items.iter().filter(|item| fits(item, name)).count();
            let count = (*name != "faerdige").then_some(count);
            json!({ "name": name, "count": count, "current": *name == current })
        })
        .collect();
    let mut shown = Vec::new();
    for item in items.iter().filter(|item| fits(item, current)) {
        shown.push(queue_item(&visit, item).await?);
    }
    let view = json!({
        "authority": visit.organisation(&actor.organisation),
        "filters": filters,
        "items": shown,
        "next": next.map(|next| format!("/desk?fra={}", encode(&next))),
    });
    visit.show(Sheet::new("desk.html", view)).await
}

fn fits(item: &DeskItem, filter: &str) -> bool {
    let open = item.case.state.is_open();
    let state = item.part.as_ref().map(|part| part.state);
    let part_open = match state {
        Some(state) => matches!(
            state,
            PartState::PreCheck
                | PartState::Assessed
                | PartState::WaitingForApplicant
                | PartState::AwaitsSecondOfficer
        ),
        None => open,
    };
    match filter {
        "forproeve" => part_open && state.is_none_or(|state| state == PartState::PreCheck),
        "vurderes" => matches!(
            state,
            Some(PartState::Assessed | PartState::AwaitsSecondOfficer)
        ),
        "venter" => state == Some(PartState::WaitingForApplicant),
        "faerdige" => !part_open,
        _ => part_open,
    }
}

/// The queue that stands beside an open part.
async fn queue(visit: &Visit) -> Answer<(Vec<Value>, usize)> {
    let (items, _) = visit
        .app()
        .desk(visit.actor()?, None, None, Some(QUEUE_MAX))
        .await?;
    let open: Vec<&DeskItem> = items.iter().filter(|item| fits(item, "alle")).collect();
    let mut shown = Vec::new();
    for item in open.iter().take(12) {
        shown.push(queue_item(visit, item).await?);
    }
    Ok((shown, open.len()))
}

async fn queue_item(visit: &Visit, item: &DeskItem) -> Answer<Value> {
    let page = visit
        .app()
        .load_case(visit.actor()?, &item.case.number)
        .await?;
    let own = &visit.actor()?.organisation;
    let part = page.view.parts.iter().find(|part| part.authority == *own);
    let state = part.map_or_else(
        || state_word(page.view.state, item.case.open_questions),
        |part| part_word(part.state),
    );
    let proposed_by = part.and_then(|part| part.proposed_by);
    let second = state == "second_officer" && proposed_by != Some(visit.actor()?.account);
    let registers = part.map(|part| part.registers.clone()).unwrap_or_default();
    let registers: Vec<String> = registers.iter().map(|id| visit.register(id)).collect();
    let open_part = part.filter(|part| part.decision.is_none());
    let answers = page
        .view
        .questions
        .iter()
        .filter(|q| q.authorities.contains(own));
    let answered_at = answers.filter_map(|question| question.answered_at).max();
    Ok(json!({
        "number": item.case.number,
        "title": item.case.title,
        "data_user": visit.organisation(&item.case.data_user),
        "state": state,
        "turn": second,
        "clock": part::clocks(visit, &page).into_iter().next(),
        "registers": registers,
        "answered": part.map_or(0, |part| part.assessed),
        "total": part.map_or(0, |part| part.criteria),
        "new_answer_at": open_part.and(answered_at).map(base::danish_date),
    }))
}

pub(super) async fn part(visit: Visit, PathOf(number): PathOf<String>) -> Answer<Response> {
    let page = load(&visit, &number).await?;
    part::show(&visit, &page, Vec::new()).await
}

/// A case for somebody who works at a desk; for others it has no such page.
async fn load(visit: &Visit, number: &str) -> Answer<CasePage> {
    let actor = visit.actor()?;
    if !matches!(actor.role, Role::Officer | Role::Coordinator) {
        return Err(Problem::not_found());
    }
    Ok(visit.app().load_case(actor, number).await?)
}

fn may(page: &CasePage, action: Action) -> bool {
    page.may.contains(&action)
}

pub(super) async fn declare_complete(
    visit: Visit,
    PathOf(number): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    if let Err(conflict) = check_version(&visit, &number, &form).await? {
        return Ok(conflict);
    }
    let case = as_read(&number, &form);
    match visit.app().declare_complete(visit.actor()?, case).await {
        Ok(_) => Ok(visit.go_saying(&format!("/desk/{number}"), "complete")),
        Err(error) => refused(&visit, (&form, &number), error).await,
    }
}

pub(super) async fn assess(
    visit: Visit,
    PathOf(number): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let page = match check_version(&visit, &number, &form).await? {
        Ok(page) => page,
        Err(conflict) => return Ok(conflict),
    };
    let criterion = form.get("criterion");
    let met = match form.get("met") {
        "yes" => true,
        "no" => false,
        _ => {
            let error = FieldError::new(
                format!("criterion-{criterion}"),
                visit.word("problem.no_answer_yes_no"),
            );
            return part::show(&visit, &page, vec![error]).await;
        }
    };
    let reason = form.filled("reason");
    let case = as_read(&number, &form);
    let done = visit
        .app()
        .assess(visit.actor()?, case, criterion, met, reason)
        .await;
    match done {
        Ok(_) => Ok(visit.go_saying(&format!("/desk/{number}#criterion-{criterion}"), "assessed")),
        Err(error) if is_mendable(&error) => {
            let error = invalid(&visit, &error, &format!("criterion-{criterion}"));
            part::show(&visit, &page, vec![error]).await
        }
        Err(error) => refused(&visit, (&form, &number), error).await,
    }
}

/// Whether the officer can mend it on the same page.
fn is_mendable(error: &app::Error) -> bool {
    error.class() == ErrorClass::Invalid
        || matches!(
            error.code(),
            "reason_missing" | "criteria_missing" | "criterion_not_met" | "no_ground_for_refusal"
        )
}

pub(super) async fn ask_page(visit: Visit, PathOf(number): PathOf<String>) -> Answer<Response> {
    let page = load(&visit, &number).await?;
    let field = visit.query.get("felt").to_owned();
    show_ask(&visit, (&page, &field, ""), Vec::new()).await
}

async fn show_ask(
    visit: &Visit,
    (page, field, text): (&CasePage, &str, &str),
    errors: Vec<FieldError>,
) -> Answer<Response> {
    let form = visit.app().content().rulebook.form();
    let fields: Vec<Value> = form
        .fields()
        .filter(|field| super::case::field_view(visit, page, &field.id).is_some())
        .map(|field| json!({ "value": field.id, "label": visit.say(&field.label) }))
        .collect();
    let open = page.view.questions.iter().filter(|q| q.answer.is_none());
    let open: Vec<Value> = open
        .map(|q| super::case::question_view(visit, page, q))
        .collect();
    let today = visit.app().today();
    let due = today
        .checked_add(jiff::Span::new().days(28))
        .unwrap_or(today);
    let view = json!({
        "number": page.view.number,
        "version": page.view.version,
        "title": page.title,
        "field": field,
        "fields": fields,
        "text": text,
        "answer": super::case::field_view(visit, page, field),
        "open": open,
        "due": due,
    });
    visit
        .show(Sheet::new("desk_ask.html", view).with_errors(errors))
        .await
}

pub(super) async fn ask(
    visit: Visit,
    PathOf(number): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let page = match check_version(&visit, &number, &form).await? {
        Ok(page) => page,
        Err(conflict) => return Ok(conflict),
    };
    let (field, text) = (form.get("field"), form.get("text"));
    if text.is_empty() {
        let error = FieldError::new("text", visit.word("problem.no_text"));
        return show_ask(&visit, (&page, field, text), vec![error]).await;
    }
    let case = as_read(&number, &form);
    match visit.app().ask(visit.actor()?, case, field, text).await {
        Ok(_) => Ok(visit.go_saying(&format!("/desk/{number}"), "asked")),
        Err(error) if is_mendable(&error) => {
            let error = invalid(&visit, &error, "text");
            show_ask(&visit, (&page, field, text), vec![error]).await
        }
        Err(error) => refused(&visit, (&form, &number), error).await,
    }
}
