//! The basket: variables collected before one applies, with or without a sign-in.

use std::collections::{BTreeMap, BTreeSet};

use app::catalogue_use::BasketItem;
use axum::response::Response;
use serde_json::{Value, json};

use super::catalogue::{controller, register_with_error};
use super::fields::{Fields, Posted};
use super::visit::{Sheet, Visit, local_path};
use crate::api::baskets::new_basket_id;
use crate::http::Answer;

/// Variables that a shared address can carry.
const SHARED_MAX: usize = 200;

pub(super) async fn show(visit: Visit) -> Answer<Response> {
    let shared = visit.query.all("v");
    if !shared.is_empty() {
        return take_shared(&visit, &shared).await;
    }
    let basket = visit.load_basket().await?;
    let names: Vec<String> = basket
        .items
        .iter()
        .flat_map(|item| {
            let table = format!("{}.{}", item.register, item.table);
            item.variables
                .iter()
                .map(move |name| format!("v={table}.{name}"))
        })
        .take(SHARED_MAX)
        .collect();
    let view = json!({
        "basket": basket_view(&visit).await?,
        "share_path": format!("/kurv?{}", names.join("&")),
        "years": common_years(&visit, &basket.items),
        "approvals": approvals(&visit, &basket.items),
        "can_apply": visit.session.as_ref().is_some_and(|s| s.actor().role == base::Role::Researcher),
    });
    visit.show(Sheet::new("basket.html", view)).await
}

/// The years that every register in the basket covers, and the registers that narrow them.
fn common_years(visit: &Visit, items: &[BasketItem]) -> Value {
    let catalogue = &visit.app().content().catalogue;
    let ids: BTreeSet<&str> = items.iter().map(|item| item.register.as_str()).collect();
    let registers: Vec<_> = ids
        .into_iter()
        .filter_map(|id| catalogue.register(id))
        .collect();
    let unknown = registers
        .iter()
        .filter(|register| register.from_year.is_none());
    let latest = registers
        .iter()
        .filter_map(|register| Some((register.from_year?, register)));
    let ended = registers
        .iter()
        .filter_map(|register| Some((register.to_year?, register)));
    let (Some((from, narrows)), to) = (
        latest.max_by_key(|(year, _)| *year),
        ended.min_by_key(|(year, _)| *year),
    ) else {
        return Value::Null;
    };
    json!({
        "from": from.to_string(),
        "to": to.map(|(year, _)| year.to_string()),
        "overlap": to.is_none_or(|(year, _)| from <= year),
        "begins_with": visit.say(&narrows.name),
        "ends_with": to.map(|(_, register)| visit.say(&register.name)),
        "unknown": unknown.count(),
    })
}

/// Who decides about the basket's registers.
fn approvals(visit: &Visit, items: &[BasketItem]) -> Vec<Value> {
    let catalogue = &visit.app().content().catalogue;
    let mut by_authority: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for register in items
        .iter()
        .filter_map(|item| catalogue.register(&item.register))
    {
        let authority = register
            .access
            .as_ref()
            .map_or(&register.controller, |a| &a.authority);
        let entry = by_authority
            .entry(visit.organisation(authority))
            .or_default();
        entry.insert(visit.say(&register.name));
    }
    let lines = by_authority.into_iter();
    lines
        .map(|(authority, registers)| json!({ "authority": authority, "registers": registers }))
        .collect()
}

/// Somebody sent an address with variables: they are laid in the visitor's own basket.
async fn take_shared(visit: &Visit, shared: &[String]) -> Answer<Response> {
    let items: Vec<BasketItem> = shared
        .iter()
        .take(SHARED_MAX)
        .filter_map(|name| {
            let mut parts = name.splitn(3, '.').map(str::to_owned);
            Some((parts.next()?, parts.next()?, parts.next()?))
        })
        .map(|(register, table, name)| BasketItem {
            register,
            table,
            variables: vec![name],
        })
        .collect();
    lay(visit, &items, "/kurv").await
}

pub(super) async fn add(visit: Visit, Posted(form): Posted) -> Answer<Response> {
    let items = items_of(&form);
    if items.is_empty() {
        return register_with_error(&visit, form.get("register")).await;
    }
    lay(&visit, &items, local_path(form.get("back"))).await
}

async fn lay(visit: &Visit, items: &[BasketItem], back: &str) -> Answer<Response> {
    let id = match visit.basket_id() {
        "" => new_basket_id(),
        known => known.to_owned(),
    };
    visit.app().add_to_basket(&id, items).await?;
    let mut response = visit.go_saying(back, "basket_added");
    visit.keep_basket(&id, &mut response);
    Ok(response)
}

pub(super) async fn remove(visit: Visit, Posted(form): Posted) -> Answer<Response> {
    let lies = !visit.basket_id().is_empty();
    for item in items_of(&form).into_iter().filter(|_| lies) {
        for name in &item.variables {
            let (table, name) = (Some(item.table.as_str()), Some(name.as_str()));
            visit
                .app()
                .remove_from_basket(visit.basket_id(), &item.register, table, name)
                .await?;
        }
    }
    Ok(visit.go_saying(local_path(form.get("back")), "basket_removed"))
}

pub(super) async fn clear(visit: Visit, Posted(_): Posted) -> Answer<Response> {
    if !visit.basket_id().is_empty() {
        visit.app().empty_basket(visit.basket_id()).await?;
    }
    Ok(visit.go_saying("/kurv", "basket_cleared"))
}

fn items_of(form: &Fields) -> Vec<BasketItem> {
    let register = form.get("register");
    let names = form.all("variable");
    names
        .iter()
        .filter_map(|name| name.split_once('.'))
        .map(|(table, name)| BasketItem {
            register: register.to_owned(),
            table: table.to_owned(),
            variables: vec![name.to_owned()],
        })
        .collect()
}

/// The basket as the pages show it.
pub(super) async fn basket_view(visit: &Visit) -> Answer<Value> {
    let basket = visit.load_basket().await?;
    let catalogue = &visit.app().content().catalogue;
    let mut registers: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for item in &basket.items {
        let lines = registers.entry(&item.register).or_default();
        for name in &item.variables {
            let variable = catalogue.variable(&item.register, &item.table, name);
            let label = variable.map(|variable| visit.say(&variable.label));
            let label = label.unwrap_or_default();
            lines.push(json!({ "table": item.table, "variable": name, "label": label }));
        }
    }
    let registers: Vec<Value> = registers
        .into_iter()
        .map(|(id, variables)| {
            let register = catalogue.register(id);
            json!({
                "id": id,
                "name": visit.register(id),
                "controller": register.map(|register| controller(visit, register)),
                "variables": variables,
            })
        })
        .collect();
    let estimate = &basket.estimate;
    Ok(json!({
        "variables": basket.n_variables,
        "registers": registers,
        "estimate": {
            "persons": null,
            "approvals": estimate.approvals,
            "price_low_ore": estimate.price_low_ore,
            "price_high_ore": estimate.price_high_ore,
            "days_median": estimate.days_median,
        },
    }))
}
