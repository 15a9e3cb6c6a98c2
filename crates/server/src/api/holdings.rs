//! Register versions, as their holder sees and settles them. Deliveries come in on the command line.

use app::deliveries::VersionView;
use axum::Json;
use axum::extract::State;
use base::{DeliveryId, VersionId};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Page;
use crate::http::{Answer, AppState, Body, Params, PathOf, Session};

/// Which versions.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct VersionsQuery {
    register: Option<String>,
}

/// Why a version is taken out of use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawalForm {
    reason: String,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    Params(query): Params<VersionsQuery>,
) -> Answer<Json<Page<VersionView>>> {
    let versions = state
        .app
        .versions(session.actor(), query.register.as_deref())
        .await?;
    Ok(Json((versions, None).into()))
}

pub(crate) async fn report(
    State(state): State<AppState>,
    session: Session,
    PathOf(delivery): PathOf<DeliveryId>,
) -> Answer<Json<Value>> {
    let report = state.app.delivery_report(session.actor(), delivery).await?;
    let report = serde_json::to_value(report)
        .map_err(|error| app::Error::internal("writing a report", &error))?;
    Ok(Json(report))
}

pub(crate) async fn approve(
    State(state): State<AppState>,
    session: Session,
    PathOf((register, version)): PathOf<(String, VersionId)>,
) -> Answer<Json<VersionView>> {
    let view = state
        .app
        .settle_version(session.actor(), &register, version, None)
        .await?;
    Ok(Json(view))
}

pub(crate) async fn withdraw(
    State(state): State<AppState>,
    session: Session,
    PathOf((register, version)): PathOf<(String, VersionId)>,
    Body(form): Body<WithdrawalForm>,
) -> Answer<Json<VersionView>> {
    let because = Some(form.reason.as_str());
    let view = state
        .app
        .settle_version(session.actor(), &register, version, because)
        .await?;
    Ok(Json(view))
}
