//! Workbenches: the extract of a permit, asked in SQL.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use app::extracts::ExtractState;
use app::outputs::OutputView;
use app::rooms::RoomPage;

use super::Page;
use crate::http::{Answer, AppState, Body, PathOf, Session};

/// A question to the extract.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryForm {
    /// One SELECT over the extract's tables.
    sql: String,
}

pub(crate) async fn extract(
    State(state): State<AppState>,
    session: Session,
    PathOf(permit): PathOf<String>,
) -> Answer<Json<ExtractState>> {
    Ok(Json(state.app.extract_of(session.actor(), &permit).await?))
}

pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
) -> Answer<Json<Page<RoomPage>>> {
    let rooms = state.app.list_rooms(session.actor()).await?;
    Ok(Json((rooms, None).into()))
}

pub(crate) async fn load(
    State(state): State<AppState>,
    session: Session,
    PathOf(room): PathOf<String>,
) -> Answer<Json<RoomPage>> {
    Ok(Json(state.app.room(session.actor(), &room).await?))
}

pub(crate) async fn query(
    State(state): State<AppState>,
    session: Session,
    PathOf(room): PathOf<String>,
    Body(form): Body<QueryForm>,
) -> Answer<(StatusCode, Json<OutputView>)> {
    let output = state
        .app
        .run_query(session.actor(), &room, &form.sql)
        .await?;
    Ok((StatusCode::CREATED, Json(output)))
}
