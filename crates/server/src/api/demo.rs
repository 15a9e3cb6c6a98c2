//! A demo's sign-in by button, and its clock. These routes do not exist outside a demo folder.

use app::accounts::DemoRole;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base::{Actor, Date, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Page;
use crate::http::{self, Answer, AppState, Body, Problem, Session};

/// Which of the demo's people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInForm {
    /// `researcher`, `officer-sds`, ...
    role: String,
}

/// To when, or by how much.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockForm {
    /// An instant in the future of the demo.
    #[schema(value_type = Option<String>, example = "2027-01-05T08:00:00Z")]
    to: Option<Timestamp>,
    /// Days of 24 hours.
    days: Option<u16>,
}

/// What the demo's clock shows.
#[derive(Debug, Serialize)]
pub(crate) struct ClockView {
    now: Timestamp,
    today: Date,
}

/// A session that was begun.
#[derive(Serialize)]
pub(crate) struct SignInView {
    token: String,
    actor: Actor,
    organisation: String,
    expires_at: Timestamp,
}

impl std::fmt::Debug for SignInView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInView")
            .field("actor", &self.actor)
            .finish_non_exhaustive()
    }
}

impl SignInView {
    /// The answer to a sign-in. The token is shown here once.
    pub(crate) fn of(sign_in: &app::accounts::SignIn) -> Self {
        Self {
            token: sign_in.token.expose().clone(),
            actor: sign_in.session.actor.clone(),
            organisation: sign_in.session.actor.organisation.to_string(),
            expires_at: sign_in.session.expires_at,
        }
    }
}

pub(crate) async fn roles(State(state): State<AppState>) -> Answer<Json<Page<DemoRole>>> {
    let roles = state.app.demo_roles()?;
    Ok(Json((roles, None).into()))
}

pub(crate) async fn sign_in(
    State(state): State<AppState>,
    Body(form): Body<SignInForm>,
) -> Answer<Response> {
    let sign_in = state.app.sign_in_demo(&form.role).await?;
    let mut response = Json(SignInView::of(&sign_in)).into_response();
    http::begin(&state, &sign_in, response.headers_mut());
    Ok(response)
}

pub(crate) async fn clock(State(state): State<AppState>) -> Json<ClockView> {
    Json(ClockView::of(&state))
}

pub(crate) async fn advance(
    State(state): State<AppState>,
    session: Session,
    Body(form): Body<ClockForm>,
) -> Answer<Json<ClockView>> {
    let to = match (form.to, form.days) {
        (Some(to), None) => to,
        (None, Some(days)) => {
            state.app.now() + jiff::SignedDuration::from_hours(24 * i64::from(days))
        }
        _ => return Err(one_of_both()),
    };
    state.app.advance_demo_clock(session.actor(), to).await?;
    Ok(Json(ClockView::of(&state)))
}

impl ClockView {
    fn of(state: &AppState) -> Self {
        Self {
            now: state.app.now(),
            today: state.app.today(),
        }
    }
}

fn one_of_both() -> Problem {
    app::Error::invalid("clock", "say either `to` or `days`")
        .at_field("to")
        .into()
}
