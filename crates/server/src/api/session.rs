//! Signing in and out with a local account.

use app::accounts::NewAccount;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::{Actor, Personal, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::demo::SignInView;
use crate::http::{self, Answer, AppState, Body, Session};

/// A sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInForm {
    /// Login of the account.
    account: String,
    /// Its password.
    password: String,
}

/// The first administrator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUpForm {
    /// The one-time token that the first start printed.
    token: String,
    /// Login of the account.
    account: String,
    /// How the person is called.
    name: String,
    /// Password, at least twelve characters.
    password: String,
}

/// Who is signed in.
#[derive(Debug, Serialize)]
pub(crate) struct SessionView {
    actor: Actor,
    organisation: String,
    expires_at: Timestamp,
}

pub(crate) async fn sign_in(
    State(state): State<AppState>,
    Body(form): Body<SignInForm>,
) -> Answer<Response> {
    let password = Secret::new(form.password);
    let sign_in = state.app.sign_in(&form.account, &password, None).await?;
    let mut response = Json(SignInView::of(&sign_in)).into_response();
    http::begin(&state, &sign_in, response.headers_mut());
    Ok(response)
}

pub(crate) async fn set_up(
    State(state): State<AppState>,
    Body(form): Body<SetUpForm>,
) -> Answer<Response> {
    let new = NewAccount {
        login: form.account,
        name: Personal::new(form.name),
        password: Secret::new(form.password),
    };
    let sign_in = state.app.set_up(&form.token, &new).await?;
    let mut response = Json(SignInView::of(&sign_in)).into_response();
    http::begin(&state, &sign_in, response.headers_mut());
    Ok(response)
}

pub(crate) async fn load(session: Session) -> Json<SessionView> {
    Json(SessionView {
        organisation: session.actor().organisation.to_string(),
        actor: session.actor().clone(),
        expires_at: session.signed_in.expires_at,
    })
}

pub(crate) async fn sign_out(State(state): State<AppState>, session: Session) -> Answer<Response> {
    state
        .app
        .sign_out(session.actor(), session.token.expose())
        .await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    http::end(&state, response.headers_mut());
    Ok(response)
}

impl std::fmt::Debug for SignInForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInForm").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for SetUpForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetUpForm").finish_non_exhaustive()
    }
}
