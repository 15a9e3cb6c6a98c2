//! Deciding the own part, and confirming what a colleague proposed.

use app::cases::{CasePage, DecisionInput};
use app::casework::case::{Decision, WithheldData};
use axum::response::Response;
use serde_json::{Value, json};

use super::part::{conditions_of, outcome, own_part, reason_of};
use super::{is_mendable, load};
use crate::http::{Answer, PathOf, Problem};
use crate::pages::case::{as_read, check_version, invalid, refused};
use crate::pages::fields::{Fields, Posted};
use crate::pages::visit::{FieldError, Sheet, Visit};

/// The ways to decide, as the address names them.
const WAYS: [&str; 4] = ["imoedekommet", "vilkaar", "delvist", "afslag"];

fn way(name: &str) -> &'static str {
    let found = WAYS.iter().copied().find(|way| *way == name);
    found.unwrap_or("imoedekommet")
}

pub(in crate::pages) async fn decide_page(
    visit: Visit,
    PathOf(number): PathOf<String>,
) -> Answer<Response> {
    let page = load(&visit, &number).await?;
    let form = visit.query.clone();
    show_decide(&visit, (&page, &form), Vec::new()).await
}

async fn show_decide(
    visit: &Visit,
    (page, form): (&CasePage, &Fields),
    errors: Vec<FieldError>,
) -> Answer<Response> {
    let part = own_part(visit, page).ok_or_else(Problem::not_found)?;
    let rules = &visit.app().content().rulebook;
    let authority = rules.authorities().get(&part.authority);
    let usual = authority
        .map(|found| found.usual_conditions.clone())
        .unwrap_or_default();
    let (ticked, seen) = (form.all("conditions"), form.find("version").is_some());
    let conditions: Vec<Value> = rules
        .conditions()
        .iter()
        .map(|condition| {
            let checked = if seen { &ticked } else { &usual }.contains(&condition.id);
            let text = visit.say(&condition.text);
            json!({ "value": condition.id, "label": text, "hint": null, "checked": checked })
        })
        .collect();
    let named = form.all("criteria");
    let (mut criteria, mut assessed) = (Vec::new(), Vec::new());
    for criterion in rules.criteria() {
        let own = part
            .assessments
            .iter()
            .find(|answer| answer.criterion == criterion.id);
        let met = own.and_then(|answer| answer.met);
        let reason = own.and_then(|answer| answer.reason);
        let name = visit.say(&criterion.name);
        let checked = if seen {
            named.contains(&criterion.id)
        } else {
            met == Some(false)
        };
        criteria.push(json!({
            "value": criterion.id,
            "label": name,
            "hint": visit.say(&criterion.law),
            "checked": checked,
        }));
        let reason = reason.and_then(|id| page.texts.get(&id));
        assessed.push(json!({ "name": name, "met": met, "reason": reason }));
    }
    let registers: Vec<String> = part.registers.iter().map(|id| visit.register(id)).collect();
    let view = json!({
        "number": page.view.number,
        "version": page.view.version,
        "title": page.title,
        "as": way(form.get("som")),
        "registers": registers,
        "withheld": withheld(visit, page, (&part.registers, form)),
        "criteria": criteria,
        "conditions": conditions,
        "own_condition": form.get("own_condition"),
        "reason": form.get("reason"),
        "four_eyes": authority.is_some_and(|authority| authority.four_eyes),
        "seconds": [],
        "assessed": assessed,
    });
    visit
        .show(Sheet::new("desk_decide.html", view).with_errors(errors))
        .await
}

/// What of the own part can be withheld: tables and variables.
fn withheld(visit: &Visit, page: &CasePage, (registers, form): (&[String], &Fields)) -> Vec<Value> {
    let ticked = form.all("withheld");
    let mut options = Vec::new();
    let tables = page.application.selection.tables.iter();
    for table in tables.filter(|table| registers.contains(&table.register)) {
        let key = format!("{}.{}", table.register, table.table);
        let name = format!("{}, {}", visit.register(&table.register), table.table);
        let option = |value: String, label: String| {
            let checked = ticked.contains(&value);
            json!({ "value": value, "label": label, "hint": null, "checked": checked })
        };
        options.push(option(key.clone(), name.clone()));
        for variable in &table.variables {
            let label = format!("{name}, {}", variable.name);
            options.push(option(format!("{key}.{}", variable.name), label));
        }
    }
    options
}

fn withheld_of(form: &Fields) -> Vec<WithheldData> {
    let keys = form.all("withheld");
    keys.iter()
        .filter_map(|key| {
            let mut parts = key.splitn(3, '.').map(str::to_owned);
            Some(WithheldData {
                register: parts.next()?,
                table: parts.next()?,
                variable: parts.next(),
            })
        })
        .collect()
}

fn input_of(form: &Fields) -> DecisionInput {
    let conditions = form.all("conditions");
    let reason = form.get("reason").to_owned();
    match way(form.get("som")) {
        "vilkaar" => DecisionInput::Granted {
            conditions,
            own_condition: form.filled("own_condition").map(str::to_owned),
        },
        "delvist" => DecisionInput::GrantedInPart {
            withheld: withheld_of(form),
            conditions,
            reason,
        },
        "afslag" => DecisionInput::Refused {
            reason,
            criteria: form.all("criteria"),
        },
        _ => DecisionInput::Granted {
            conditions: Vec::new(),
            own_condition: None,
        },
    }
}

/// What is missing in the form of a decision.
fn missing(visit: &Visit, form: &Fields) -> Vec<FieldError> {
    let way = way(form.get("som"));
    let mut errors = Vec::new();
    let mut need = |field: &str, key: &str| {
        errors.push(FieldError::new(
            field,
            visit.word(&format!("problem.{key}")),
        ));
    };
    if way == "vilkaar"
        && form.all("conditions").is_empty()
        && form.filled("own_condition").is_none()
    {
        need("conditions", "choose_condition");
    }
    if way == "delvist" && form.all("withheld").is_empty() {
        need("withheld", "choose_withheld");
    }
    if way == "afslag" && form.all("criteria").is_empty() {
        need("criteria", "choose_criteria");
    }
    if matches!(way, "delvist" | "afslag") && form.filled("reason").is_none() {
        need("reason", "reason_missing");
    }
    errors
}

pub(in crate::pages) async fn decide(
    visit: Visit,
    PathOf(number): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let page = match check_version(&visit, &number, &form).await? {
        Ok(page) => page,
        Err(conflict) => return Ok(conflict),
    };
    let errors = missing(&visit, &form);
    if !errors.is_empty() {
        return show_decide(&visit, (&page, &form), errors).await;
    }
    let done = visit
        .app()
        .decide(visit.actor()?, as_read(&number, &form), &input_of(&form))
        .await;
    match done {
        Ok(after) => {
            let proposed = own_part(&visit, &after).is_some_and(|part| part.proposal.is_some());
            let notice = if proposed { "proposed" } else { "decided" };
            Ok(visit.go_saying(&format!("/desk/{number}"), notice))
        }
        Err(error) if is_mendable(&error) => {
            let field = error.field().unwrap_or("reason").to_owned();
            let error = invalid(&visit, &error, &field);
            show_decide(&visit, (&page, &form), vec![error]).await
        }
        Err(error) => refused(&visit, (&form, &number), error).await,
    }
}

pub(in crate::pages) async fn confirm_page(
    visit: Visit,
    PathOf(number): PathOf<String>,
) -> Answer<Response> {
    let page = load(&visit, &number).await?;
    show_confirm(&visit, &page, Vec::new()).await
}

async fn show_confirm(visit: &Visit, page: &CasePage, errors: Vec<FieldError>) -> Answer<Response> {
    let part = own_part(visit, page).ok_or_else(Problem::not_found)?;
    let proposal = part.proposal.as_ref().ok_or_else(Problem::not_found)?;
    let by = part
        .proposed_by
        .and_then(|account| visit.person(account).name);
    let at = page
        .view
        .log
        .iter()
        .find(|entry| entry.kind == "decision_proposed");
    let at = at.map_or(page.view.submitted_at, |entry| entry.at);
    let withheld: Vec<String> = match proposal {
        Decision::GrantedInPart { withheld, .. } => withheld.iter().map(name_of).collect(),
        _ => Vec::new(),
    };
    let registers: Vec<String> = part.registers.iter().map(|id| visit.register(id)).collect();
    let view = json!({
        "number": page.view.number,
        "version": page.view.version,
        "title": page.title,
        "by": by.unwrap_or_else(|| visit.word("role.officer")),
        "outcome": outcome(proposal),
        "at": base::format_instant(at),
        "registers": registers,
        "withheld": withheld,
        "reason": reason_of(page, proposal),
        "conditions": conditions_of(visit, page, proposal),
        "return_reason": "",
    });
    visit
        .show(Sheet::new("desk_confirm.html", view).with_errors(errors))
        .await
}

fn name_of(withheld: &WithheldData) -> String {
    let table = format!("{}.{}", withheld.register, withheld.table);
    match &withheld.variable {
        Some(variable) => format!("{table}.{variable}"),
        None => table,
    }
}

pub(in crate::pages) async fn confirm(
    visit: Visit,
    PathOf(number): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let page = match check_version(&visit, &number, &form).await? {
        Ok(page) => page,
        Err(conflict) => return Ok(conflict),
    };
    let returns = form.get("do") == "return";
    let reason = form.filled("reason");
    if returns && reason.is_none() {
        let error = FieldError::new("reason", visit.word("problem.reason_missing"));
        return show_confirm(&visit, &page, vec![error]).await;
    }
    let because = reason.filter(|_| returns);
    let notice = if returns { "returned" } else { "confirmed" };
    let case = as_read(&number, &form);
    let done = visit
        .app()
        .confirm_decision(visit.actor()?, case, because)
        .await;
    match done {
        Ok(_) => Ok(visit.go_saying(&format!("/desk/{number}"), notice)),
        Err(error) => refused(&visit, (&form, &number), error).await,
    }
}
