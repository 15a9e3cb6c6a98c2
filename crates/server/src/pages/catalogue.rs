//! Registers and variables, as the data map describes them.

use app::catalogue::Text;
use app::catalogue::register::{Access, Coarsening, ColumnRole, Register, Table, Variable};
use app::metadata::cite::{self, citation};
use axum::extract::State;
use axum::response::Response;
use base::limits::LIST_ITEMS_MAX;
use serde_json::{Value, json};
use std::collections::BTreeSet;

use super::variable::{history_view, profile_view};
use super::visit::{FieldError, Sheet, Visit};
use crate::api::interchange;
use crate::http::{Answer, AppState, PathOf, Problem};

const CODES_SHOWN: usize = 20;
const CODES_MAX: usize = 2_000;
const ELSEWHERE_SHOWN: usize = 8;

/// What lies in the basket: register, table, variable.
pub(super) type Lying = BTreeSet<(String, String, String)>;

/// What lies in the visitor's basket.
pub(super) async fn lying(visit: &Visit) -> Answer<Lying> {
    let basket = visit.load_basket().await?;
    let items = basket.items.into_iter().flat_map(|item| {
        let (register, table) = (item.register, item.table);
        let names = item.variables.into_iter();
        names.map(move |name| (register.clone(), table.clone(), name))
    });
    Ok(items.collect())
}

pub(super) async fn register(visit: Visit, PathOf(id): PathOf<String>) -> Answer<Response> {
    let view = register_view(&visit, &id).await?;
    visit.show(Sheet::new("register.html", view)).await
}

/// The register's page again, because nothing was ticked.
pub(super) async fn register_with_error(visit: &Visit, id: &str) -> Answer<Response> {
    let view = register_view(visit, id).await?;
    let register = find(visit, id)?;
    let first = register.tables.iter().find_map(|table| {
        let variable = table.variables.iter().find(|v| can_order(table, v))?;
        Some(format!("v-{}-{}", table.name, variable.name))
    });
    let message = visit.word("problem.nothing_chosen");
    let error = FieldError::new(first.unwrap_or_default(), message);
    visit
        .show(Sheet::new("register.html", view).with_errors(vec![error]))
        .await
}

fn find<'a>(visit: &'a Visit, id: &str) -> Answer<&'a Register> {
    let found = visit.app().content().catalogue.register(id);
    found.ok_or_else(Problem::not_found)
}

async fn register_view(visit: &Visit, id: &str) -> Answer<Value> {
    let register = find(visit, id)?;
    let catalogue = &visit.app().content().catalogue;
    let category = catalogue.category(&register.category);
    let lying = lying(visit).await?;
    let held = visit.app().held(id).await?;
    let (lines, _) = visit
        .app()
        .public_list(id, None, None, Some(LIST_ITEMS_MAX))
        .await?;
    let projects = lines
        .iter()
        .filter(|line| line.registers.contains(&register.id));
    let tables: Vec<Value> = register
        .tables
        .iter()
        .map(|table| table_view(visit, register, table, &lying))
        .collect();
    Ok(json!({
        "id": register.id,
        "name": visit.say(&register.name),
        "abbreviation": register.abbreviation,
        "description": visit.say(&register.description),
        "controller": controller(visit, register),
        "category_id": register.category,
        "category": category.map_or_else(|| register.category.clone(), |c| visit.say(&c.name)),
        "ehds_categories": register.ehds_categories,
        "from_year": register.from_year.map(|year| year.to_string()),
        "to_year": register.to_year.map(|year| year.to_string()),
        "persons": register.persons,
        "update_frequency": register.update_frequency.as_deref().unwrap_or("UNKNOWN"),
        "confirmed": register.confirmed,
        "source": register.source,
        "access": access_view(visit, register.access.as_ref()),
        "min_persons": min_persons(register),
        "held": held.map(|held| json!({
            "delivered_at": base::format_instant(held.received_at),
            "rows": held.rows,
        })),
        "projects": projects.count(),
        "tables": tables,
        "cite": cite(visit, register),
        "schema_org": schema_org(visit, register),
    }))
}

/// How the register is cited, with its stable address.
fn cite(visit: &Visit, register: &Register) -> String {
    let content = visit.app().content();
    let base = interchange::base(&visit.state);
    let address = content
        .interchange
        .register_address(&content.catalogue, base, &register.id);
    let holder = controller(visit, register);
    citation(register, &holder, &address, visit.language)
}

/// The register in the words of search engines.
fn schema_org(visit: &Visit, register: &Register) -> String {
    let content = visit.app().content();
    let base = interchange::base(&visit.state);
    let address = content
        .interchange
        .register_address(&content.catalogue, base, &register.id);
    let holder = controller(visit, register);
    let page = format!("{base}{}", visit.href(&visit.path));
    let holder = Text::new(&holder, &holder);
    cite::schema_org(register, &holder, (&address, &page), visit.language)
}

fn table_view(visit: &Visit, register: &Register, table: &Table, lying: &Lying) -> Value {
    let variables: Vec<Value> = table
        .variables
        .iter()
        .map(|variable| {
            json!({
                "name": variable.name,
                "label": visit.say(&variable.label),
                "type": variable.value_type,
                "unit": variable.unit,
                "code_list": variable.code_list.as_deref().map(|id| code_list_name(visit, id)),
                "role": role_word(&variable.role),
                "coarsenings": coarsenings(variable),
                "valid_from": variable.valid_from,
                "valid_to": variable.valid_to,
                "in_basket": lies(lying, &register.id, &table.name, &variable.name),
                "can_order": can_order(table, variable),
            })
        })
        .collect();
    json!({
        "name": table.name,
        "label": visit.say(&table.label),
        "deliverable": table.deliverable,
        "variables": variables,
    })
}

pub(super) async fn variable(
    State(state): State<AppState>,
    visit: Visit,
    PathOf((register, table, name)): PathOf<(String, String, String)>,
) -> Answer<Response> {
    let catalogue = &state.app.content().catalogue;
    let register = find(&visit, &register)?;
    let table = register.table(&table).ok_or_else(Problem::not_found)?;
    let variable = table.variable(&name).ok_or_else(Problem::not_found)?;
    let lying = lying(&visit).await?;
    let held = visit.app().held(&register.id).await?;
    let other = match visit.language {
        app::catalogue::Language::Da => &variable.label.en,
        app::catalogue::Language::En => &variable.label.da,
    };
    let view = json!({
        "register": {
            "id": register.id,
            "name": visit.say(&register.name),
            "abbreviation": register.abbreviation,
        },
        "table": { "name": table.name, "label": visit.say(&table.label) },
        "name": variable.name,
        "label": visit.say(&variable.label),
        "label_other": other,
        "type": variable.value_type,
        "unit": variable.unit,
        "minimum": variable.minimum,
        "maximum": variable.maximum,
        "nullable": variable.nullable,
        "pattern": variable.pattern,
        "role": role_word(&variable.role),
        "can_order": can_order(table, variable),
        "in_basket": lies(&lying, &register.id, &table.name, &name),
        "valid_from": variable.valid_from,
        "valid_to": variable.valid_to,
        "coarsenings": coarsenings(variable),
        "min_persons": min_persons(register),
        "access": access_view(&visit, register.access.as_ref()),
        "code_list": variable.code_list.as_deref().and_then(|id| code_list(&visit, id)),
        "elsewhere": elsewhere(&visit, catalogue, (register, table, variable)),
        "history": history_view(&visit, (register, table, variable)),
        "profile": profile_view(&visit, (register, table, variable)).await?,
        "held": held.is_some(),
        "controller": controller(&visit, register),
    });
    visit.show(Sheet::new("variable.html", view)).await
}

fn code_list(visit: &Visit, id: &str) -> Option<Value> {
    let list = visit.app().content().catalogue.code_list(id)?;
    let all = visit.query.get("koder") == "alle";
    let shown = if all { CODES_MAX } else { CODES_SHOWN };
    let codes: Vec<Value> = list
        .codes()
        .take(shown)
        .map(|code| json!({ "code": code.code, "label": visit.say(&code.label) }))
        .collect();
    let more = !all && list.len() > CODES_SHOWN;
    Some(json!({
        "name": code_list_name(visit, id),
        "total": list.len(),
        "from_search": null,
        "all_path": more.then(|| format!("{}?koder=alle", visit.path)),
        "codes": codes,
    }))
}

/// Variables of other tables that mean the same.
fn elsewhere(
    visit: &Visit,
    catalogue: &app::catalogue::Catalogue,
    (own, own_table, variable): (&Register, &Table, &Variable),
) -> Vec<Value> {
    let Some(concept) = &variable.concept else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for register in catalogue.registers() {
        for table in &register.tables {
            let same = register.id == own.id && table.name == own_table.name;
            let meaning = |other: &&Variable| other.concept.as_ref() == Some(concept);
            for other in table.variables.iter().filter(meaning).filter(|_| !same) {
                found.push(json!({
                    "register": register.id,
                    "register_name": visit.say(&register.name),
                    "table": table.name,
                    "name": other.name,
                    "label": visit.say(&other.label),
                }));
            }
        }
    }
    found.truncate(ELSEWHERE_SHOWN);
    found
}

fn access_view(visit: &Visit, access: Option<&Access>) -> Value {
    access.map_or(Value::Null, |access| {
        json!({
            "authority": visit.organisation(&access.authority),
            "days_median": access.days_median,
            "price_low_ore": access.price_from_ore,
            "price_high_ore": access.price_to_ore,
            "source": access.source,
        })
    })
}

/// What a register's controller is called.
pub(super) fn controller(visit: &Visit, register: &Register) -> String {
    register
        .controller_name
        .clone()
        .unwrap_or_else(|| visit.organisation(&register.controller))
}

/// What a code list is called.
pub(super) fn code_list_name(visit: &Visit, id: &str) -> String {
    let key = format!("code_list.{id}");
    if visit.has_word(&key) {
        visit.word(&key)
    } else {
        id.replace('_', " ")
    }
}

/// Whether a variable can lie in a basket.
pub(super) fn can_order(table: &Table, variable: &Variable) -> bool {
    table.deliverable && variable.role != ColumnRole::Person
}

/// Whether a variable lies in the basket.
pub(super) fn lies(lying: &Lying, register: &str, table: &str, variable: &str) -> bool {
    lying.contains(&(register.to_owned(), table.to_owned(), variable.to_owned()))
}

fn min_persons(register: &Register) -> u32 {
    register
        .output_policy
        .map_or(5, |policy| policy.persons_min)
}

fn role_word(role: &ColumnRole) -> &'static str {
    match role {
        ColumnRole::Person => "person",
        ColumnRole::PersonReference => "person-reference",
        ColumnRole::RecordKey(_) => "record",
        ColumnRole::FamilyKey => "family",
        ColumnRole::ProviderKey => "provider",
        ColumnRole::FreeText => "free-text",
        ColumnRole::Plain => "plain",
    }
}

/// The ways to give less detail, as pages name them.
pub(super) fn coarsenings(variable: &Variable) -> Vec<Value> {
    variable
        .coarsenings
        .iter()
        .copied()
        .map(coarsening)
        .collect()
}

/// A way to give less detail: its kind, its number, and the value that forms send.
pub(super) fn coarsening(coarsening: Coarsening) -> Value {
    let (kind, n) = match coarsening {
        Coarsening::None => ("none", None),
        Coarsening::Month => ("month", None),
        Coarsening::Year => ("year", None),
        Coarsening::Band(n) => ("band", Some(n)),
        Coarsening::Prefix(n) => ("prefix", Some(n)),
        Coarsening::Region => ("region", None),
    };
    json!({ "kind": kind, "n": n, "value": String::from(coarsening) })
}
