//! Permits, with their status of this moment.

use app::permits::PermitPage;
use axum::Json;
use axum::extract::State;

use crate::http::{Answer, AppState, PathOf, Session};

pub(crate) async fn load(
    State(state): State<AppState>,
    session: Session,
    PathOf(number): PathOf<String>,
) -> Answer<Json<PermitPage>> {
    let page = state.app.load_permit(session.actor(), &number).await?;
    Ok(Json(page))
}
