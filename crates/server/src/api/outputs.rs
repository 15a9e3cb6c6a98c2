//! Results: released at once where the evidence allows it, else held and judged by people.

use app::casework::output::Verdict;
use app::outputs::{AssessmentInput, OutputView};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use base::OutputId;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Page;
use crate::http::{Answer, AppState, Body, Download, List, Params, PathOf, Session, download};

/// What the checkers need to know.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewForm {
    /// What the table is for.
    context: String,
}

/// Which language.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FileQuery {
    lang: Option<String>,
}

/// A checker's judgement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssessmentForm {
    /// `release` or `reject`.
    #[schema(value_type = String)]
    verdict: Verdict,
    /// Needed where it is rejected.
    reason: Option<String>,
}

pub(crate) async fn load(
    State(state): State<AppState>,
    session: Session,
    PathOf(output): PathOf<OutputId>,
) -> Answer<Json<OutputView>> {
    Ok(Json(state.app.load_output(session.actor(), output).await?))
}

pub(crate) async fn release(
    State(state): State<AppState>,
    session: Session,
    PathOf(output): PathOf<OutputId>,
) -> Answer<Json<OutputView>> {
    Ok(Json(state.app.release(session.actor(), output).await?))
}

pub(crate) async fn send_for_review(
    State(state): State<AppState>,
    session: Session,
    PathOf(output): PathOf<OutputId>,
    Body(form): Body<ReviewForm>,
) -> Answer<Json<OutputView>> {
    let view = state
        .app
        .send_for_review(session.actor(), output, &form.context)
        .await?;
    Ok(Json(view))
}

pub(crate) async fn file(
    State(state): State<AppState>,
    session: Session,
    PathOf(output): PathOf<OutputId>,
    Params(query): Params<FileQuery>,
) -> Answer<Response> {
    let language = super::language(query.lang.as_deref());
    let file = state
        .app
        .download(session.actor(), output, language)
        .await?;
    Ok(download(Download {
        file_name: file.file_name,
        media_type: "text/csv; charset=utf-8",
        bytes: file.csv.into_bytes(),
    }))
}

pub(crate) async fn evidence(
    State(state): State<AppState>,
    session: Session,
    PathOf(output): PathOf<OutputId>,
) -> Answer<Json<Value>> {
    let language = super::language(None);
    let file = state
        .app
        .download(session.actor(), output, language)
        .await?;
    Ok(Json(file.evidence))
}

pub(crate) async fn review_queue(
    State(state): State<AppState>,
    session: Session,
    Params(list): Params<List>,
) -> Answer<Json<Page<OutputView>>> {
    let (cursor, limit) = (list.cursor(), Some(list.limit()));
    let page = state
        .app
        .review_queue(session.actor(), cursor, limit)
        .await?;
    Ok(Json(page.into()))
}

pub(crate) async fn load_review(
    State(state): State<AppState>,
    session: Session,
    PathOf(output): PathOf<OutputId>,
) -> Answer<Json<OutputView>> {
    Ok(Json(state.app.load_review(session.actor(), output).await?))
}

pub(crate) async fn assess(
    State(state): State<AppState>,
    session: Session,
    PathOf(output): PathOf<OutputId>,
    Body(form): Body<AssessmentForm>,
) -> Answer<Json<OutputView>> {
    let input = AssessmentInput {
        verdict: form.verdict,
        reason: form.reason,
    };
    let view = state
        .app
        .assess_output(session.actor(), output, &input)
        .await?;
    Ok(Json(view))
}
