//! Two or three registers side by side.

use std::collections::BTreeSet;

use app::catalogue::register::{ColumnRole, Register, Variable};
use axum::response::Response;
use serde_json::{Value, json};

use super::super::catalogue::{code_list_name, controller};
use super::super::visit::{Sheet, Visit};
use crate::http::Answer;

/// More columns than these cannot be read side by side.
const COMPARED_MAX: usize = 3;

pub(in super::super) async fn compare(visit: Visit) -> Answer<Response> {
    let catalogue = &visit.app().content().catalogue;
    let mut registers: Vec<&Register> = Vec::new();
    for asked in visit.query.all("r") {
        let known = catalogue.register(&asked).or_else(|| named(&visit, &asked));
        let new = known.filter(|found| registers.iter().all(|other| other.id != found.id));
        registers.extend(new);
    }
    registers.truncate(COMPARED_MAX);
    let ids: Vec<&str> = registers
        .iter()
        .map(|register| register.id.as_str())
        .collect();
    let columns: Vec<Value> = registers
        .iter()
        .map(|register| column(&visit, register, &ids))
        .collect();
    let all = catalogue.registers();
    let choices: Vec<Value> = all
        .map(|register| json!({ "value": visit.say(&register.name), "label": controller(&visit, register) }))
        .collect();
    let view = json!({
        "chosen": ids,
        "columns": columns,
        "shared": shared(&registers),
        "can_add": registers.len() < COMPARED_MAX,
        "choices": choices,
    });
    visit.show(Sheet::new("compare.html", view)).await
}

/// The register that a name typed or chosen in the list stands for.
fn named<'a>(visit: &'a Visit, name: &str) -> Option<&'a Register> {
    let mut registers = visit.app().content().catalogue.registers();
    registers.find(|register| {
        let abbreviation = register.abbreviation.as_deref().unwrap_or_default();
        [&register.name.da, &register.name.en]
            .into_iter()
            .any(|known| known == name)
            || abbreviation.eq_ignore_ascii_case(name)
    })
}

fn column(visit: &Visit, register: &Register, ids: &[&str]) -> Value {
    let catalogue = &visit.app().content().catalogue;
    let others = ids.iter().filter(|id| **id != register.id);
    let others: Vec<String> = others.map(|id| format!("r={id}")).collect();
    let category = catalogue.category(&register.category);
    let authority = register
        .access
        .as_ref()
        .map_or(&register.controller, |access| &access.authority);
    let access = register.access.as_ref();
    let lists: BTreeSet<&str> = variables(register)
        .filter_map(|variable| variable.code_list.as_deref())
        .collect();
    let lists: Vec<String> = lists
        .into_iter()
        .map(|id| code_list_name(visit, id))
        .collect();
    json!({
        "id": register.id,
        "name": visit.say(&register.name),
        "without_path": format!("/datalandkort/sammenlign?{}", others.join("&")),
        "description": visit.say(&register.description),
        "controller": controller(visit, register),
        "authority": visit.organisation(authority),
        "category": category.map(|category| visit.say(&category.name)),
        "from_year": register.from_year.map(|year| year.to_string()),
        "to_year": register.to_year.map(|year| year.to_string()),
        "persons": register.persons,
        "update_frequency": register.update_frequency.as_deref().unwrap_or("UNKNOWN"),
        "days_median": access.and_then(|access| access.days_median),
        "price_low_ore": access.and_then(|access| access.price_from_ore),
        "price_high_ore": access.and_then(|access| access.price_to_ore),
        "tables": register.tables.len(),
        "variables": variables(register).count(),
        "person_level": variables(register).any(|variable| variable.role == ColumnRole::Person),
        "code_lists": lists,
        "deliverable": register.tables.iter().any(|table| table.deliverable),
        "confirmed": register.confirmed,
    })
}

fn variables(register: &Register) -> impl Iterator<Item = &Variable> {
    register.tables.iter().flat_map(|table| &table.variables)
}

/// Code lists that all of them use: by these their rows can be held against each other.
fn shared(registers: &[&Register]) -> usize {
    let lists = |register: &&Register| -> BTreeSet<String> {
        variables(register)
            .filter_map(|variable| variable.code_list.clone())
            .collect()
    };
    let common = registers
        .iter()
        .map(lists)
        .reduce(|a, b| a.intersection(&b).cloned().collect());
    common.map_or(0, |lists| lists.len())
}
