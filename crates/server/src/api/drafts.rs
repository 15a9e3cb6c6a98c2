//! Applications that have not been sent.

use app::casework::form::Answers;
use app::drafts::{DraftView, Submitted};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::DraftId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Page;
use crate::http::{Answer, AppState, Body, Expected, PathOf, Problem, Session, with_version};

/// How to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDraftForm {
    /// A basket whose variables are taken over.
    basket: Option<String>,
}

/// Answers to save over those of the draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswersForm {
    /// By field: `{"title": {"kind": "text", "value": "..."}}`
    #[schema(value_type = Object)]
    answers: Answers,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
) -> Answer<Json<Page<DraftView>>> {
    let drafts = state.app.list_drafts(session.actor()).await?;
    Ok(Json((drafts, None).into()))
}

pub(crate) async fn create(
    State(state): State<AppState>,
    session: Session,
    Body(form): Body<NewDraftForm>,
) -> Answer<Response> {
    let draft = state
        .app
        .create_draft(session.actor(), form.basket.as_deref())
        .await?;
    let mut response = with_version(draft.version, draft);
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

pub(crate) async fn load(
    State(state): State<AppState>,
    session: Session,
    PathOf(draft): PathOf<DraftId>,
) -> Answer<Response> {
    let draft = state.app.load_draft(session.actor(), draft).await?;
    Ok(with_version(draft.version, draft))
}

pub(crate) async fn save(
    State(state): State<AppState>,
    session: Session,
    PathOf(draft): PathOf<DraftId>,
    expected: Expected,
    Body(form): Body<AnswersForm>,
) -> Answer<Response> {
    let version = needed(expected)?;
    let draft = state
        .app
        .save_draft(session.actor(), draft, version, &form.answers)
        .await?;
    Ok(with_version(draft.version, draft))
}

pub(crate) async fn delete(
    State(state): State<AppState>,
    session: Session,
    PathOf(draft): PathOf<DraftId>,
) -> Answer<StatusCode> {
    state.app.delete_draft(session.actor(), draft).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn submit(
    State(state): State<AppState>,
    session: Session,
    PathOf(draft): PathOf<DraftId>,
    expected: Expected,
) -> Answer<(StatusCode, Json<Submitted>)> {
    let version = needed(expected)?;
    let submitted = state
        .app
        .submit_draft(session.actor(), draft, version)
        .await?;
    Ok((StatusCode::CREATED, Json(submitted)))
}

fn needed(Expected(version): Expected) -> Result<u64, Problem> {
    version.ok_or_else(|| {
        Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_missing",
            "send the draft's version that you have read in `If-Match`",
        )
    })
}
