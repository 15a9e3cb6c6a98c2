//! The public register, for anyone.

use app::public::{Figures, PublicLine, PublicProject};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::Page;
use crate::http::{Answer, AppState, List, Params, PathOf};

/// Which projects.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ProjectsQuery {
    #[serde(default)]
    q: String,
    state: Option<String>,
}

pub(crate) async fn figures(State(state): State<AppState>) -> Answer<Json<Figures>> {
    Ok(Json(state.app.figures().await?))
}

pub(crate) async fn list(
    State(state): State<AppState>,
    Params(list): Params<List>,
    Params(query): Params<ProjectsQuery>,
) -> Answer<Json<Page<PublicLine>>> {
    let (cursor, limit) = (list.cursor(), Some(list.limit()));
    let page = state
        .app
        .public_list(&query.q, query.state.as_deref(), cursor, limit)
        .await?;
    Ok(Json(page.into()))
}

pub(crate) async fn load(
    State(state): State<AppState>,
    PathOf(number): PathOf<String>,
) -> Answer<Json<PublicProject>> {
    Ok(Json(state.app.public_project(&number).await?))
}
