//! Searches that an account keeps.

use app::saved_searches::{KeptQuery, SavedSearchView};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base::SavedSearchId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Page;
use crate::http::{Answer, AppState, Body, PathOf, Session};

/// A search to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveForm {
    /// The words.
    #[serde(default)]
    q: String,
    /// Values by facet, as the search names them: `{"controllers": ["sds"]}`.
    #[serde(default)]
    #[schema(value_type = Object)]
    filters: app::search::Filters,
    /// Only the words as typed.
    #[serde(default)]
    literal: bool,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
) -> Answer<Json<Page<SavedSearchView>>> {
    let kept = state.app.saved_searches(session.actor()).await?;
    Ok(Json((kept, None).into()))
}

pub(crate) async fn save(
    State(state): State<AppState>,
    session: Session,
    Body(form): Body<SaveForm>,
) -> Answer<(StatusCode, Json<SavedSearchView>)> {
    let query = KeptQuery {
        q: form.q,
        filters: form.filters,
        literal: form.literal,
    };
    let kept = state.app.save_search(session.actor(), query).await?;
    Ok((StatusCode::CREATED, Json(kept)))
}

pub(crate) async fn see(
    State(state): State<AppState>,
    session: Session,
    PathOf(search): PathOf<SavedSearchId>,
) -> Answer<StatusCode> {
    state.app.see_search(session.actor(), search).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn forget(
    State(state): State<AppState>,
    session: Session,
    PathOf(search): PathOf<SavedSearchId>,
) -> Answer<StatusCode> {
    state.app.forget_search(session.actor(), search).await?;
    Ok(StatusCode::NO_CONTENT)
}
