//! Delivering a register by a plain form: one file per table, the report of what was found, and why a
//! delivery was refused.

use app::casework::holding::controller;
use app::catalogue::register::Register;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use base::Role;
use serde_json::{Value, json};

use super::visit::{FieldError, Sheet, Visit};
use crate::api::holdings::take_in;
use crate::http::{Answer, PathOf, Problem};

/// A register of the actor's own organisation. For others there is nothing to deliver.
fn own<'a>(visit: &'a Visit, register: &str) -> Answer<&'a Register> {
    let actor = visit.actor()?;
    let found = visit.app().content().catalogue.register(register);
    found
        .filter(|found| actor.role == Role::Holder && *controller(found) == actor.organisation)
        .filter(|found| found.tables.iter().any(|table| table.deliverable))
        .ok_or_else(Problem::not_found)
}

/// Registers that the actor's organisation can deliver.
pub(super) fn deliverable(visit: &Visit) -> Answer<Vec<String>> {
    let mut ids = Vec::new();
    for register in visit.app().content().catalogue.registers() {
        if own(visit, &register.id).is_ok() {
            ids.push(register.id.clone());
        }
    }
    Ok(ids)
}

pub(super) async fn show(visit: Visit, PathOf(register): PathOf<String>) -> Answer<Response> {
    sheet(&visit, &register, None).await
}

async fn sheet(
    visit: &Visit,
    register: &str,
    refused: Option<(&str, FieldError)>,
) -> Answer<Response> {
    let described = own(visit, register)?;
    let tables = described.tables.iter().filter(|table| table.deliverable);
    let tables: Vec<Value> = tables
        .map(|table| {
            json!({
                "name": table.name,
                "label": visit.say(&table.label),
                "variables": table.variables.len(),
            })
        })
        .collect();
    let view = json!({
        "register": register,
        "name": visit.register(register),
        "tables": tables,
        "detail": refused.as_ref().map(|(detail, _)| detail),
        "action": visit.href(&visit.path),
    });
    let errors = refused.into_iter().map(|(_, error)| error).collect();
    visit
        .show(Sheet::new("deliver.html", view).with_errors(errors))
        .await
}

pub(super) async fn deliver(
    visit: Visit,
    PathOf(register): PathOf<String>,
    request: Request,
) -> Answer<Response> {
    let described = own(&visit, &register)?;
    let first = described.tables.iter().find(|table| table.deliverable);
    let first = first.map(|table| table.name.clone()).unwrap_or_default();
    match take_in(&visit.state, visit.actor()?, &register, request).await {
        Ok(delivered) => {
            let notice = if delivered.already {
                "delivered_before"
            } else {
                "delivered"
            };
            let path = format!("/leverancer/{}", delivered.version.delivery);
            Ok(visit.go_saying(&path, notice))
        }
        Err(problem)
            if matches!(
                problem.status(),
                StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT | StatusCode::BAD_REQUEST
            ) =>
        {
            let error = FieldError::new(first, words_of(&visit, problem.code()));
            sheet(&visit, &register, Some((problem.detail(), error))).await
        }
        Err(problem) => Err(problem),
    }
}

/// Why a delivery was refused, in the page's language.
fn words_of(visit: &Visit, code: &str) -> String {
    let key = format!("deliver.refused.{code}");
    if visit.has_word(&key) {
        visit.word(&key)
    } else {
        visit.word("deliver.refused.other")
    }
}
