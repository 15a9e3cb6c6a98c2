//! Cases: the list, a case as its readers see it, and what the applicant does to it.

use app::cases::{CASE_CHANGED, CaseAt, CasePage, CaseSummary};
use app::casework::case::Ball;
use app::casework::{Action, CaseState};
use axum::http::StatusCode;
use axum::response::Response;
use base::{ErrorClass, Role};
use serde_json::{Value, json};

use super::confirm::Confirm;
use super::fields::{Fields, Posted};
use super::visit::{FieldError, Sheet, Visit};
use crate::http::{Answer, PathOf, Problem};

mod events;
mod outcome;
mod parts;
mod show;

pub(super) use events::log_view;
pub(super) use parts::{field_view, part_word, question_view, sections, sent};

pub(super) async fn list(visit: Visit) -> Answer<Response> {
    let actor = visit.actor()?;
    let cursor = visit.query.filled("fra");
    let (cases, next) = visit.app().list_cases(actor, cursor, None).await?;
    let drafts = if actor.role == Role::Researcher {
        visit.app().list_drafts(actor).await?
    } else {
        Vec::new()
    };
    let drafts: Vec<Value> = drafts
        .iter()
        .map(|draft| {
            let title = match draft.body.answers.get("title") {
                Some(app::casework::form::Answer::Text(title)) => Some(title),
                _ => None,
            };
            let step = draft
                .problems
                .first()
                .map_or("check", |problem| &problem.step);
            json!({
                "draft": draft.id,
                "step": step,
                "title": title,
                "saved_at": base::format_instant(draft.saved_at),
            })
        })
        .collect();
    let lines: Vec<Value> = cases.iter().map(|case| line(&visit, case)).collect();
    let view = json!({
        "reader": reader(&visit),
        "cases": lines,
        "drafts": drafts,
        "next": next.map(|next| format!("/sager?fra={}", super::fields::encode(&next))),
    });
    visit.show(Sheet::new("cases.html", view)).await
}

/// On which shore the reader stands.
fn reader(visit: &Visit) -> &'static str {
    let role = visit.session.as_ref().map(|session| session.actor().role);
    if role == Some(Role::Researcher) {
        "applicant"
    } else {
        "officer"
    }
}

fn line(visit: &Visit, case: &CaseSummary) -> Value {
    use app::casework::view::PartState as P;
    let open = |state: P| {
        matches!(
            state,
            P::PreCheck | P::Assessed | P::WaitingForApplicant | P::AwaitsSecondOfficer
        )
    };
    let turn = case.ball == Ball::Applicant && reader(visit) == "applicant";
    json!({
        "number": case.number,
        "title": case.title,
        "data_user": visit.organisation(&case.data_user),
        "state": state_word(case.state, case.open_questions),
        "turn": turn,
        "decided": case.parts.iter().filter(|part| !open(part.state)).count(),
        "parts": case.parts.len(),
        "submitted_at": base::format_instant(case.submitted_at),
        "due": case.statutory_due,
        "open_questions": case.open_questions,
    })
}

/// The word for where a case stands, to those who are in it.
pub(super) const fn state_word(state: CaseState, open_questions: usize) -> &'static str {
    match state {
        CaseState::PreCheck | CaseState::Assessment if open_questions > 0 => "waiting",
        CaseState::PreCheck => "precheck",
        CaseState::Assessment => "assessing",
        CaseState::Decided => "decided",
        CaseState::Refused => "refused",
        CaseState::Permitted => "in_force",
        CaseState::Revoked => "revoked",
        CaseState::Closed => "closed",
        CaseState::Expired => "expired",
        CaseState::Withdrawn => "withdrawn",
    }
}

pub(super) async fn show(visit: Visit, PathOf(number): PathOf<String>) -> Answer<Response> {
    let page = visit.app().load_case(visit.actor()?, &number).await?;
    show::page(&visit, &page, Vec::new()).await
}

pub(super) async fn application(visit: Visit, PathOf(number): PathOf<String>) -> Answer<Response> {
    let page = visit.app().load_case(visit.actor()?, &number).await?;
    let view = json!({
        "number": page.view.number,
        "title": page.title,
        "submitted_at": base::format_instant(page.view.submitted_at),
        "sections": sections(&visit, &page),
    });
    visit.show(Sheet::new("case_application.html", view)).await
}

pub(super) async fn receipt(visit: Visit, PathOf(number): PathOf<String>) -> Answer<Response> {
    let page = visit.app().load_case(visit.actor()?, &number).await?;
    let rulebook = &visit.app().content().rulebook;
    let authorities: Vec<Value> = page
        .view
        .parts
        .iter()
        .map(|part| {
            let target = rulebook.authorities().get(&part.authority);
            let target = target.and_then(|authority| authority.target.as_ref());
            let registers: Vec<String> =
                part.registers.iter().map(|id| visit.register(id)).collect();
            json!({
                "name": visit.organisation(&part.authority),
                "registers": registers,
                "target_days": target.and_then(|target| target.working_days),
            })
        })
        .collect();
    let precheck = page
        .view
        .clocks
        .iter()
        .find(|clock| clock.id == "pre-check");
    let precheck_due =
        precheck.map_or_else(|| base::danish_date(page.view.submitted_at), |c| c.due);
    let view = json!({
        "number": page.view.number,
        "title": page.title,
        "sent_at": base::format_instant(page.view.submitted_at),
        "precheck_due": precheck_due,
        "decision_months": 3,
        "authorities": authorities,
        "requirements": parts::requirements(&visit, &page),
        "public_path": format!("/aabenhed/{}", page.view.number),
    });
    visit.show(Sheet::new("apply_receipt.html", view)).await
}

/// Refuses a form that was filled in on an older version of the case: 409, with what was written.
pub(super) async fn check_version(
    visit: &Visit,
    number: &str,
    form: &Fields,
) -> Answer<Result<CasePage, Response>> {
    let page = visit.app().load_case(visit.actor()?, number).await?;
    let sent = form.filled("version");
    if sent.is_none_or(|version| version == page.view.version.to_string()) {
        return Ok(Ok(page));
    }
    conflict(visit, form, number).await.map(Err)
}

/// The case that a form is about, as its sender has read it.
pub(super) fn as_read<'a>(number: &'a str, form: &Fields) -> CaseAt<'a> {
    CaseAt {
        number,
        version: form.filled("version").and_then(|sent| sent.parse().ok()),
    }
}

/// What is answered where a command was refused: 409 with what was written, if the case was changed
/// between the look at it and the command.
pub(super) async fn refused(
    visit: &Visit,
    (form, number): (&Fields, &str),
    error: app::Error,
) -> Answer<Response> {
    match error.code() {
        CASE_CHANGED => conflict(visit, form, number).await,
        _ => Err(error.into()),
    }
}

/// The page that says that the case was changed meanwhile. What was written is shown, so that it is
/// not lost.
async fn conflict(visit: &Visit, form: &Fields, number: &str) -> Answer<Response> {
    let written = ["text", "reason", "own_condition"];
    let written = written.iter().filter_map(|name| form.filled(name));
    let versions: Vec<Value> = written
        .map(|text| {
            json!({
                "title": visit.word("site.your_text"),
                "at": base::format_instant(visit.app().now()),
                "who": null,
                "text": text,
            })
        })
        .collect();
    let desk = visit.path.starts_with("/desk");
    let back = if desk { "desk" } else { "sager" };
    let view = json!({
        "status": 409,
        "kind": "conflict",
        "what": visit.word("problem.stale"),
        "versions": versions,
        "back": format!("/{back}/{number}"),
    });
    let sheet = Sheet::new("error.html", view).with_status(StatusCode::CONFLICT);
    visit.show(sheet).await
}

pub(super) async fn answer(
    visit: Visit,
    PathOf(number): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let page = match check_version(&visit, &number, &form).await? {
        Ok(page) => page,
        Err(conflict) => return Ok(conflict),
    };
    let question = form.get("question");
    let id = question.parse().map_err(|_| Problem::not_found())?;
    let done = visit
        .app()
        .answer(
            visit.actor()?,
            as_read(&number, &form),
            id,
            form.get("text"),
        )
        .await;
    match done {
        Ok(_) => Ok(visit.go_saying(&format!("/sager/{number}"), "answered")),
        Err(error) if error.class() == ErrorClass::Invalid => {
            let errors = vec![invalid(&visit, &error, &format!("answer-{question}"))];
            show::page(&visit, &page, errors).await
        }
        Err(error) => refused(&visit, (&form, &number), error).await,
    }
}

/// An error of a text, at a field of the page.
pub(super) fn invalid(visit: &Visit, error: &app::Error, field: &str) -> FieldError {
    for start in ["field_problem", "problem"] {
        let key = format!("{start}.{}", error.code());
        if visit.has_word(&key) {
            return FieldError::new(field, visit.word(&key));
        }
    }
    FieldError::new(field, visit.word("problem.class.invalid"))
}

pub(super) async fn record_requirement(
    visit: Visit,
    PathOf(number): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let page = match check_version(&visit, &number, &form).await? {
        Ok(page) => page,
        Err(conflict) => return Ok(conflict),
    };
    let requirement = form.get("requirement");
    let field = format!("requirement-{requirement}");
    let Some(text) = form.filled("text") else {
        let missing = FieldError::new(field, visit.word("problem.no_text"));
        return show::page(&visit, &page, vec![missing]).await;
    };
    let done = visit
        .app()
        .record_requirement(
            visit.actor()?,
            as_read(&number, &form),
            requirement,
            Some(text),
        )
        .await;
    match done {
        Ok(_) => Ok(visit.go_saying(&format!("/sager/{number}"), "requirement_recorded")),
        Err(error) if error.class() == ErrorClass::Invalid => {
            let errors = vec![invalid(&visit, &error, &field)];
            show::page(&visit, &page, errors).await
        }
        Err(error) => refused(&visit, (&form, &number), error).await,
    }
}

pub(super) async fn confirm_withdraw(
    visit: Visit,
    PathOf(number): PathOf<String>,
) -> Answer<Response> {
    let page = visit.app().load_case(visit.actor()?, &number).await?;
    if !page.may.contains(&Action::WithdrawApplication) {
        return Err(Problem::not_found());
    }
    let confirm = Confirm {
        kind: "withdraw",
        name: &number,
        reason: "optional",
        version: Some(page.view.version),
        section: "sager",
        back_title: &number,
        back_path: &format!("/sager/{number}"),
    };
    confirm.show(&visit, false).await
}

pub(super) async fn withdraw(
    visit: Visit,
    PathOf(number): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    if let Err(conflict) = check_version(&visit, &number, &form).await? {
        return Ok(conflict);
    }
    let reason = form.filled("reason");
    let case = as_read(&number, &form);
    match visit.app().withdraw(visit.actor()?, case, reason).await {
        Ok(_) => Ok(visit.go_saying(&format!("/sager/{number}"), "withdrawn")),
        Err(error) => refused(&visit, (&form, &number), error).await,
    }
}
