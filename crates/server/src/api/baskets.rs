//! Baskets: variables collected with or without a sign-in. Who knows a basket's id may use it.

use app::catalogue_use::{BasketItem, BasketView};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base::{Entropy as _, SystemEntropy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Answer, AppState, Body, PathOf};

/// Variables to lay in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemsForm {
    /// `[{"register", "table", "variables": [...]}]`
    #[schema(value_type = Vec<Object>)]
    items: Vec<BasketItem>,
}

/// What to take out: a register, a table of it, or one variable.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemovalForm {
    register: String,
    table: Option<String>,
    variable: Option<String>,
}

/// A basket that was begun.
#[derive(Debug, Serialize)]
pub(crate) struct NewBasketView {
    id: String,
}

/// A basket's id: nobody can guess it.
pub(crate) fn new_basket_id() -> String {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) async fn create() -> (StatusCode, Json<NewBasketView>) {
    let id = new_basket_id();
    (StatusCode::CREATED, Json(NewBasketView { id }))
}

pub(crate) async fn load(
    State(state): State<AppState>,
    PathOf(basket): PathOf<String>,
) -> Answer<Json<BasketView>> {
    Ok(Json(state.app.basket(&basket).await?))
}

pub(crate) async fn add(
    State(state): State<AppState>,
    PathOf(basket): PathOf<String>,
    Body(form): Body<ItemsForm>,
) -> Answer<Json<BasketView>> {
    Ok(Json(state.app.add_to_basket(&basket, &form.items).await?))
}

pub(crate) async fn remove(
    State(state): State<AppState>,
    PathOf(basket): PathOf<String>,
    Body(form): Body<RemovalForm>,
) -> Answer<Json<BasketView>> {
    let (table, variable) = (form.table.as_deref(), form.variable.as_deref());
    let view = state
        .app
        .remove_from_basket(&basket, &form.register, table, variable)
        .await?;
    Ok(Json(view))
}
