//! Cases as the applicant acts on them, and as everybody in them reads them.

use app::cases::{CasePage, CaseSummary};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use base::QuestionId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Page;
use crate::http::{Answer, AppState, Body, Expected, List, Params, PathOf, Session, with_version};

/// An answer to a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerForm {
    /// The question, as the case shows it (merged, where several ask the same).
    #[schema(value_type = String)]
    question: QuestionId,
    text: String,
}

/// A requirement that is met.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequirementForm {
    requirement: String,
    text: Option<String>,
}

/// A reason, where one is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonForm {
    reason: Option<String>,
}

/// A case with its version for `If-Match`.
pub(super) fn answer_case(page: CasePage) -> Response {
    with_version(page.view.version, page)
}

pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    Params(list): Params<List>,
) -> Answer<Json<Page<CaseSummary>>> {
    let page = state
        .app
        .list_cases(session.actor(), list.cursor(), Some(list.limit()))
        .await?;
    Ok(Json(page.into()))
}

pub(crate) async fn load(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
) -> Answer<Response> {
    let page = state.app.load_case(session.actor(), &number).await?;
    Ok(answer_case(page))
}

pub(crate) async fn answer(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
    Body(form): Body<AnswerForm>,
) -> Answer<Response> {
    let case = expected.case(&number);
    let page = state
        .app
        .answer(session.actor(), case, form.question, &form.text)
        .await?;
    Ok(answer_case(page))
}

pub(crate) async fn record_requirement(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
    Body(form): Body<RequirementForm>,
) -> Answer<Response> {
    let case = expected.case(&number);
    let text = form.text.as_deref();
    let page = state
        .app
        .record_requirement(session.actor(), case, &form.requirement, text)
        .await?;
    Ok(answer_case(page))
}

pub(crate) async fn withdraw(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
    Body(form): Body<ReasonForm>,
) -> Answer<Response> {
    let case = expected.case(&number);
    let reason = form.reason.as_deref();
    let page = state.app.withdraw(session.actor(), case, reason).await?;
    Ok(answer_case(page))
}

pub(crate) async fn close_access(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
    Body(form): Body<ReasonForm>,
) -> Answer<Response> {
    let case = expected.case(&number);
    let reason = form.reason.as_deref();
    let page = state
        .app
        .close_access(session.actor(), case, reason)
        .await?;
    Ok(answer_case(page))
}
