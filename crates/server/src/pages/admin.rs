//! Accounts, and the demo's clock.

use app::accounts::{NewAccount, PASSWORD_CHARS_MIN, RoleGrant};
use axum::response::Response;
use base::limits::LIST_ITEMS_MAX;
use base::{Date, ErrorClass, Personal, Role, Secret};
use serde_json::{Value, json};

use super::case::invalid;
use super::fields::{Fields, Posted};
use super::visit::{FieldError, Sheet, Visit};
use crate::http::{Answer, Problem};

/// Roles that an administrator gives.
const GIVEN: [Role; 7] = [
    Role::Admin,
    Role::Officer,
    Role::Coordinator,
    Role::Checker,
    Role::Holder,
    Role::Researcher,
    Role::Citizen,
];

/// Jumps of the demo's clock, in days.
const JUMPS: [i64; 3] = [1, 7, 28];

pub(super) async fn accounts(visit: Visit) -> Answer<Response> {
    show_accounts(&visit, &Fields::default(), Vec::new()).await
}

async fn show_accounts(visit: &Visit, form: &Fields, errors: Vec<FieldError>) -> Answer<Response> {
    let actor = visit.actor()?;
    let (accounts, _) = visit
        .app()
        .list_accounts(actor, None, LIST_ITEMS_MAX)
        .await?;
    let accounts: Vec<Value> = accounts
        .iter()
        .map(|account| {
            let roles = account.roles.iter();
            let roles: Vec<Value> = roles
                .map(|grant| {
                    json!({
                        "role_name": visit.word(&format!("role.{}", grant.role.name())),
                        "organisation": visit.organisation(&grant.organisation),
                    })
                })
                .collect();
            json!({ "login": account.login, "active": account.active, "roles": roles })
        })
        .collect();
    let role = |role: &Role| json!({ "value": role.name(), "label": visit.word(&format!("role.{}", role.name())) });
    let organisations = visit.app().content().rulebook.authorities().iter();
    let organisations: Vec<Value> = organisations
        .map(|found| json!({ "value": found.id, "label": visit.say(&found.name) }))
        .collect();
    let own = actor.organisation.as_str();
    let view = json!({
        "accounts": accounts,
        "password_min": PASSWORD_CHARS_MIN,
        "roles": GIVEN.iter().map(role).collect::<Vec<_>>(),
        "organisations": organisations,
        "form": {
            "name": form.get("name"),
            "login": form.get("login"),
            "role": form.filled("role").unwrap_or("officer"),
            "organisation": form.filled("organisation").unwrap_or(own),
        },
    });
    visit
        .show(Sheet::new("accounts.html", view).with_errors(errors))
        .await
}

pub(super) async fn create_account(visit: Visit, Posted(form): Posted) -> Answer<Response> {
    let actor = visit.actor()?;
    let wanted = GIVEN.iter().find(|role| role.name() == form.get("role"));
    let organisation = form.get("organisation").parse().ok();
    let (Some(role), Some(organisation)) = (wanted, organisation) else {
        return Err(app::Error::invalid("role", "choose a role and an organisation").into());
    };
    let new = NewAccount {
        login: form.get("login").to_owned(),
        name: Personal::new(form.get("name").to_owned()),
        password: Secret::new(form.find("password").unwrap_or_default().to_owned()),
    };
    let grant = RoleGrant {
        organisation,
        role: *role,
    };
    match visit.app().create_account(actor, &new, &[grant]).await {
        Ok(_) => Ok(visit.go_saying("/konti", "account_made")),
        Err(error) if matches!(error.class(), ErrorClass::Invalid | ErrorClass::Conflict) => {
            let field = match error.field() {
                Some("password") => "password",
                _ => "login",
            };
            let error = invalid(&visit, &error, field);
            show_accounts(&visit, &form, vec![error]).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn clock(visit: Visit) -> Answer<Response> {
    show_clock(&visit, None).await
}

async fn show_clock(visit: &Visit, error: Option<FieldError>) -> Answer<Response> {
    visit.actor()?;
    if !visit.app().is_demo() {
        return Err(Problem::not_found());
    }
    let today = visit.app().today();
    let jumps: Vec<Value> = JUMPS.iter().map(|days| json!({ "days": days })).collect();
    let view = json!({
        "now": base::format_instant(visit.app().now()),
        "to": today.tomorrow().unwrap_or(today),
        "jumps": jumps,
    });
    let sheet = Sheet::new("demo_clock.html", view);
    visit
        .show(sheet.with_errors(error.into_iter().collect()))
        .await
}

pub(super) async fn move_clock(visit: Visit, Posted(form): Posted) -> Answer<Response> {
    let today = visit.app().today();
    let jump = form
        .filled("jump")
        .and_then(|days| days.parse::<i64>().ok());
    let to: Option<Date> = match jump {
        Some(days) => today
            .checked_add(jiff::Span::new().days(days.clamp(1, 366)))
            .ok(),
        None => form.get("to").parse().ok(),
    };
    let Some(to) = to.filter(|to| *to > today) else {
        let error = FieldError::new("to", visit.word("problem.not_later"));
        return show_clock(&visit, Some(error)).await;
    };
    // Morning in Denmark: offices are open.
    let at = base::danish_midnight(to) + jiff::SignedDuration::from_hours(9);
    visit.app().advance_demo_clock(visit.actor()?, at).await?;
    Ok(visit.go_saying("/demo/ur", "clock_moved"))
}
