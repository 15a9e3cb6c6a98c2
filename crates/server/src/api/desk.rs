//! What officers do to the part of their own authority. The authority is the one they act for.

use app::cases::{DecisionInput, DeskItem};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Page;
use super::cases::answer_case;
use crate::http::{Answer, AppState, Body, Expected, List, Params, PathOf, Session};

/// Which cases.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct DeskQuery {
    state: Option<String>,
}

/// A question to the applicant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionForm {
    /// Field of the form that it is about.
    field: String,
    text: String,
}

/// An answer to a criterion.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssessmentForm {
    criterion: String,
    met: bool,
    /// Needed where it is not met.
    reason: Option<String>,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionForm {
    /// `{"granted": {"conditions": [...]}}`, `{"granted_in_part": {...}}` or `{"refused": {...}}`.
    #[schema(value_type = Object)]
    decision: DecisionInput,
}

/// A second officer's answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmationForm {
    /// Why it is returned; without it, it is confirmed.
    return_because: Option<String>,
}

/// More time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionForm {
    clock: String,
    reason: String,
}

/// The end of a permit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevocationForm {
    reason: String,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    Params(list): Params<List>,
    Params(query): Params<DeskQuery>,
) -> Answer<Json<Page<DeskItem>>> {
    let (cursor, limit) = (list.cursor(), Some(list.limit()));
    let page = state
        .app
        .desk(session.actor(), query.state.as_deref(), cursor, limit)
        .await?;
    Ok(Json(page.into()))
}

pub(crate) async fn declare_complete(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
) -> Answer<Response> {
    let case = expected.case(&number);
    let page = state.app.declare_complete(session.actor(), case).await?;
    Ok(answer_case(page))
}

pub(crate) async fn ask(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
    Body(form): Body<QuestionForm>,
) -> Answer<Response> {
    let case = expected.case(&number);
    let page = state
        .app
        .ask(session.actor(), case, &form.field, &form.text)
        .await?;
    Ok(answer_case(page))
}

pub(crate) async fn assess(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
    Body(form): Body<AssessmentForm>,
) -> Answer<Response> {
    let case = expected.case(&number);
    let (actor, reason) = (session.actor(), form.reason.as_deref());
    let page = state
        .app
        .assess(actor, case, &form.criterion, form.met, reason)
        .await?;
    Ok(answer_case(page))
}

pub(crate) async fn decide(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
    Body(form): Body<DecisionForm>,
) -> Answer<Response> {
    let case = expected.case(&number);
    let page = state
        .app
        .decide(session.actor(), case, &form.decision)
        .await?;
    Ok(answer_case(page))
}

pub(crate) async fn confirm(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
    Body(form): Body<ConfirmationForm>,
) -> Answer<Response> {
    let case = expected.case(&number);
    let because = form.return_because.as_deref();
    let page = state
        .app
        .confirm_decision(session.actor(), case, because)
        .await?;
    Ok(answer_case(page))
}

pub(crate) async fn extend(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
    Body(form): Body<ExtensionForm>,
) -> Answer<Response> {
    let case = expected.case(&number);
    let page = state
        .app
        .extend_clock(session.actor(), case, &form.clock, &form.reason)
        .await?;
    Ok(answer_case(page))
}

pub(crate) async fn revoke(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
    expected: Expected,
    Body(form): Body<RevocationForm>,
) -> Answer<Response> {
    let case = expected.case(&number);
    let page = state
        .app
        .revoke(session.actor(), case, &form.reason)
        .await?;
    Ok(answer_case(page))
}
