//! Signing in and out, and the first administrator's account.

use app::accounts::{NewAccount, PASSWORD_CHARS_MIN, SignIn};
use axum::response::Response;
use base::{ErrorClass, Personal, Secret};
use serde_json::{Value, json};

use super::fields::{Fields, Posted};
use super::visit::{FieldError, Sheet, Visit, local_path};
use crate::http::{self, Answer, Problem};

pub(super) async fn sign_in_page(visit: Visit) -> Answer<Response> {
    let back = local_path(visit.query.get("back")).to_owned();
    let view = sign_in_view(&visit, "", &back)?;
    visit.show(Sheet::new("sign_in.html", view)).await
}

fn sign_in_view(visit: &Visit, account: &str, back: &str) -> Answer<Value> {
    let roles: Vec<Value> = visit
        .app()
        .demo_roles()?
        .iter()
        .map(|role| {
            json!({
                "role": role.id,
                "name": visit.say(&role.name),
                "organisation": visit.organisation(&role.organisation),
                "does": visit.say(&role.does),
            })
        })
        .collect();
    let local = !visit.state.door.is_demo;
    Ok(json!({ "demo_roles": roles, "local": local, "account": account, "back": back }))
}

pub(super) async fn sign_in(visit: Visit, Posted(form): Posted) -> Answer<Response> {
    let back = local_path(form.get("back"));
    let signed_in = match form.filled("role") {
        Some(role) => visit.app().sign_in_demo(role).await,
        None => {
            let password = Secret::new(form.find("password").unwrap_or_default().to_owned());
            visit
                .app()
                .sign_in(form.get("account"), &password, None)
                .await
        }
    };
    match signed_in {
        Ok(sign_in) => Ok(begin(&visit, &sign_in, back)),
        Err(error) if error.class() == ErrorClass::Unauthenticated => {
            let view = sign_in_view(&visit, form.get("account"), back)?;
            let wrong = FieldError::new("account", visit.word("problem.wrong_sign_in"));
            visit
                .show(Sheet::new("sign_in.html", view).with_errors(vec![wrong]))
                .await
        }
        Err(error) => Err(error.into()),
    }
}

/// Signed in: to where one wanted, or to where the role works.
fn begin(visit: &Visit, sign_in: &SignIn, back: &str) -> Response {
    use base::Role;
    let start = match sign_in.session.actor.role {
        Role::Researcher => "/sager",
        Role::Officer | Role::Coordinator => "/desk",
        Role::Checker => "/kontrol",
        Role::Holder => "/leverancer",
        Role::Admin => "/konti",
        Role::Citizen | Role::Operator | Role::System => "/aabenhed",
    };
    let mut response = visit.go(if back == "/" { start } else { back });
    http::begin(&visit.state, sign_in, response.headers_mut());
    response
}

pub(super) async fn sign_out(visit: Visit, Posted(_): Posted) -> Answer<Response> {
    if let Some(session) = &visit.session {
        let (actor, token) = (session.actor(), session.token.expose().as_str());
        visit.app().sign_out(actor, token).await?;
    }
    let mut response = visit.go_saying("/log-paa", "signed_out");
    http::end(&visit.state, response.headers_mut());
    Ok(response)
}

pub(super) async fn set_up_page(visit: Visit) -> Answer<Response> {
    let token = visit.query.get("token").to_owned();
    show_set_up(&visit, (&token, &Fields::default()), Vec::new()).await
}

async fn show_set_up(
    visit: &Visit,
    (token, form): (&str, &Fields),
    errors: Vec<FieldError>,
) -> Answer<Response> {
    let view = json!({
        "usable": visit.app().is_setup_token(token).await?,
        "token": token,
        "name": form.get("name"),
        "account": form.get("account"),
        "password_min": PASSWORD_CHARS_MIN,
        "command": "sund serve",
    });
    visit
        .show(Sheet::new("setup.html", view).with_errors(errors))
        .await
}

pub(super) async fn set_up(visit: Visit, Posted(form): Posted) -> Answer<Response> {
    let token = form.get("token");
    let password = form.find("password").unwrap_or_default();
    if form.find("password_again") != Some(password) {
        let error = FieldError::new("password_again", visit.word("problem.passwords_differ"));
        return show_set_up(&visit, (token, &form), vec![error]).await;
    }
    let new = NewAccount {
        login: form.get("account").to_owned(),
        name: Personal::new(form.get("name").to_owned()),
        password: Secret::new(password.to_owned()),
    };
    match visit.app().set_up(token, &new).await {
        Ok(sign_in) => Ok(begin(&visit, &sign_in, "/")),
        Err(error) if error.class() == ErrorClass::Invalid => {
            let message = visit.word(&format!("problem.{}", error.code()));
            let error = FieldError::new(error.field().unwrap_or("account"), message);
            show_set_up(&visit, (token, &form), vec![error]).await
        }
        Err(error) => Err(Problem::from(error)),
    }
}
