//! Local accounts and their roles.

use app::accounts::{AccountView, NewAccount, RoleGrant};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base::{AccountId, Personal, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Page;
use crate::http::{Answer, AppState, Body, List, Params, Session};

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountForm {
    account: String,
    name: String,
    password: String,
    /// `[{"organisation": "sds", "role": "officer"}]`
    #[schema(value_type = Vec<Object>)]
    roles: Vec<RoleGrant>,
}

/// An account that was made.
#[derive(Debug, Serialize)]
pub(crate) struct NewAccountView {
    id: AccountId,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    Params(list): Params<List>,
) -> Answer<Json<Page<AccountView>>> {
    let page = state
        .app
        .list_accounts(session.actor(), list.cursor(), list.limit())
        .await?;
    Ok(Json(page.into()))
}

pub(crate) async fn create(
    State(state): State<AppState>,
    session: Session,
    Body(form): Body<AccountForm>,
) -> Answer<(StatusCode, Json<NewAccountView>)> {
    let new = NewAccount {
        login: form.account,
        name: Personal::new(form.name),
        password: Secret::new(form.password),
    };
    let id = state
        .app
        .create_account(session.actor(), &new, &form.roles)
        .await?;
    Ok((StatusCode::CREATED, Json(NewAccountView { id })))
}

impl std::fmt::Debug for AccountForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountForm").finish_non_exhaustive()
    }
}
