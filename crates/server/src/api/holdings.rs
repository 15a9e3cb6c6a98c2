//! Register versions: delivered, seen and settled by their holder.

use app::deliveries::{Delivered, Incoming, VersionView};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use base::{Actor, DeliveryId, VersionId};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Page;
use crate::http::{Answer, AppState, Body, Multipart, Params, PathOf, Session};

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

/// Takes a delivery in: one file per field of the form, named as its table. The same files again
/// change nothing.
pub(crate) async fn deliver(
    State(state): State<AppState>,
    session: Session,
    PathOf(register): PathOf<String>,
    request: Request,
) -> Answer<(StatusCode, Json<Delivered>)> {
    let delivered = take_in(&state, session.actor(), &register, request).await?;
    let status = if delivered.already {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((status, Json(delivered)))
}

/// Reads the files of a form as they arrive, then has them received.
pub(crate) async fn take_in(
    state: &AppState,
    actor: &Actor,
    register: &str,
    request: Request,
) -> Answer<Delivered> {
    let mut incoming = state.app.begin_delivery(actor, register)?;
    let mut form = Multipart::of(request)?;
    if let Err(problem) = take_files(state, &mut form, &mut incoming).await {
        drop(incoming);
        form.pass_over().await;
        return Err(problem);
    }
    let (app, actor) = (state.app.clone(), actor.clone());
    // Once everything is here it is received to the end, whether or not somebody waits.
    let received = tokio::spawn(async move { app.deliver_incoming(&actor, incoming).await });
    let received = received
        .await
        .map_err(|error| app::Error::internal("reception", &error))?;
    Ok(received?)
}

async fn take_files(state: &AppState, form: &mut Multipart, incoming: &mut Incoming) -> Answer<()> {
    while let Some(part) = form.next_part().await? {
        let Some(name) = part.file_name.filter(|name| !name.is_empty()) else {
            continue;
        };
        state
            .app
            .begin_delivered_file(incoming, &part.name, &name)?;
        while let Some(piece) = form.next_piece().await? {
            incoming.write(&piece)?;
        }
        incoming.end_file()?;
    }
    Ok(())
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
