//! The data map: every source at its place, as a drawing and as a table.

use std::collections::{BTreeMap, BTreeSet};

use app::catalogue::links::{LinkKind, PersonKey};
use app::catalogue::register::Register;
use axum::response::Response;
use serde_json::{Value, json};

use super::catalogue::controller;
use super::visit::{Sheet, Visit};
use crate::http::Answer;
use crate::view::{IslandWords, Look, SourceWords, sheet_view};

/// Facets of the map, in their order.
const FACETS: [&str; 4] = ["dataansvarlig", "omraade", "noegle", "kendt"];

/// Persons per register, as the description or a count of what was delivered says.
type Persons = BTreeMap<String, u64>;

pub(super) async fn show(visit: Visit) -> Answer<Response> {
    let catalogue = &visit.app().content().catalogue;
    let persons = persons(&visit).await?;
    let chosen = catalogue.register(visit.query.get("valgt"));
    let shown: BTreeSet<String> = catalogue
        .registers()
        .filter(|register| fits(&visit, register, &persons, chosen))
        .map(|register| register.id.clone())
        .collect();
    let facets: Vec<Value> = FACETS
        .iter()
        .map(|facet| facet_view(&visit, facet, &persons))
        .collect();
    let active = FACETS.iter().map(|facet| visit.query.all(facet).len());
    let (sort, sort_base) = sorting(&visit);
    let mut view = json!({
        "map": map_view(&visit, &persons, Some(&shown), chosen),
        "active_facets": active.sum::<usize>(),
        "facets": facets,
        "shown": shown.len(),
        "chosen": chosen.map(|register| chosen_view(&visit, register)),
        "rows": rows(&visit, &persons, &shown, &sort),
        "sort": sort,
        "sort_base": sort_base,
        "lineage": lineage(&visit),
    });
    if let (Some(view), Value::Object(counts)) = (view.as_object_mut(), counts(&visit)) {
        view.extend(counts);
    }
    visit.show(Sheet::new("map.html", view)).await
}

/// How much there is.
fn counts(visit: &Visit) -> Value {
    let catalogue = &visit.app().content().catalogue;
    let registers: Vec<&Register> = catalogue.registers().collect();
    let controllers: BTreeSet<String> = registers.iter().map(|r| controller(visit, r)).collect();
    let described = registers.iter().filter(|r| !r.tables.is_empty());
    let tables = registers.iter().flat_map(|r| &r.tables);
    json!({
        "sources": registers.len(),
        "controllers": controllers.len(),
        "areas": catalogue.categories().len(),
        "confirmed": registers.iter().filter(|r| r.confirmed).count(),
        "described": described.count(),
        "variables": tables.map(|table| table.variables.len()).sum::<usize>(),
        "orderable": registers.iter().filter(|r| can_be_ordered(r)).count(),
    })
}

/// How many persons each register holds, where it is known.
pub(super) async fn persons(visit: &Visit) -> Answer<Persons> {
    let mut persons = visit.app().register_sizes().await?;
    let stated = visit.app().content().catalogue.registers();
    persons.extend(stated.filter_map(|register| Some((register.id.clone(), register.persons?))));
    Ok(persons)
}

/// The map with its words: both sheets, the legend, the largest circle.
pub(super) fn map_view(
    visit: &Visit,
    persons: &Persons,
    shown: Option<&BTreeSet<String>>,
    chosen: Option<&Register>,
) -> Value {
    let catalogue = &visit.app().content().catalogue;
    let sheets = visit.state.map.sheets(catalogue, persons);
    let registers = catalogue.registers();
    let look = Look {
        sources: registers
            .map(|register| (register.id.clone(), source_words(visit, register, persons)))
            .collect(),
        islands: catalogue
            .categories()
            .iter()
            .map(|category| {
                let on_it = |r: &&Register| r.category == category.id;
                let n = catalogue.registers().filter(on_it).count() as u64;
                let name = visit.say(&category.name);
                let words = IslandWords {
                    label: visit.counted("map.island", n, &[("name", &name)]),
                    name,
                    short: visit.say(&category.short),
                };
                (category.id.clone(), words)
            })
            .collect(),
        shown: shown
            .filter(|shown| shown.len() < catalogue.registers().count())
            .cloned(),
        chosen: chosen.map(|register| register.id.clone()),
        // The start page shows places only; lines come on the map's own page.
        links: shown.map_or_else(Vec::new, |_| catalogue.links().all().to_vec()),
    };
    let largest = persons.values().max();
    json!({
        "wide": sheet_view(&sheets.wide, &look),
        "phone": sheet_view(&sheets.phone, &look),
        "legend": legend(visit),
        "largest": largest.map(|n| visit.counted("map.persons", *n, &[])),
        "artificial": visit.app().is_demo(),
    })
}

fn source_words(visit: &Visit, register: &Register, persons: &Persons) -> SourceWords {
    let known = match (register.persons, persons.get(&register.id)) {
        (Some(n), _) => visit.counted("map.persons", n, &[]),
        (None, Some(n)) if visit.app().is_demo() => visit.counted("map.artificial", *n, &[]),
        (None, Some(n)) => visit.counted("map.held", *n, &[]),
        (None, None) => visit.word("map.no_persons"),
    };
    let n_variables = n_variables(register);
    let variables = if n_variables == 0 {
        visit.word("map.no_variables")
    } else {
        visit.counted("map.variables", n_variables, &[])
    };
    let mut lines = vec![
        visit.say(&register.name),
        controller(visit, register),
        known,
    ];
    if let Some(from) = register.from_year {
        let to = register.to_year.map(|year| year.to_string());
        lines.push(format!("{from}–{}", to.unwrap_or_default()));
    }
    lines.push(variables);
    SourceWords {
        colour: colour(visit, register),
        short: register.abbreviation.clone(),
        lines,
        described: n_variables > 0,
    }
}

fn n_variables(register: &Register) -> u64 {
    let tables = register.tables.iter();
    let n: usize = tables.map(|table| table.variables.len()).sum();
    n as u64
}

fn can_be_ordered(register: &Register) -> bool {
    register.tables.iter().any(|table| table.deliverable)
}

fn colour(visit: &Visit, register: &Register) -> String {
    let authorities = visit.app().content().rulebook.authorities();
    let found = authorities.get(&register.controller);
    found.map_or_else(
        || "#687680".to_owned(),
        |authority| authority.colour.clone(),
    )
}

/// Colours with the controllers that have them; a colour of several controllers means the others.
fn legend(visit: &Visit) -> Vec<Value> {
    let catalogue = &visit.app().content().catalogue;
    let mut by_colour: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
    for register in catalogue.registers() {
        let entry = by_colour.entry(colour(visit, register)).or_default();
        entry.0 += 1;
        entry.1.insert(visit.organisation(&register.controller));
    }
    let mut entries: Vec<(String, (usize, BTreeSet<String>))> = by_colour.into_iter().collect();
    entries.sort_by_key(|(_, (n, names))| (names.len() > 1, std::cmp::Reverse(*n)));
    let others = visit.word("map.others");
    entries
        .into_iter()
        .map(|(colour, (_, names))| {
            let mut names = names.into_iter();
            let name = match (names.next(), names.next()) {
                (Some(only), None) => only,
                _ => others.clone(),
            };
            json!({ "colour": colour, "name": name })
        })
        .collect()
}

/// The values that a register has of a facet.
fn values_of(visit: &Visit, register: &Register, facet: &str, persons: &Persons) -> Vec<String> {
    let catalogue = &visit.app().content().catalogue;
    match facet {
        "dataansvarlig" => vec![register.controller.to_string()],
        "omraade" => vec![register.category.clone()],
        "noegle" => vec![key_word(catalogue.links().person_key(&register.id)).to_owned()],
        _ => [
            ("variables", n_variables(register) > 0),
            ("persons", persons.contains_key(&register.id)),
            ("orderable", can_be_ordered(register)),
        ]
        .into_iter()
        .filter(|(_, holds)| *holds)
        .map(|(name, _)| name.to_owned())
        .collect(),
    }
}

fn fits(visit: &Visit, register: &Register, persons: &Persons, chosen: Option<&Register>) -> bool {
    let in_facets = FACETS.iter().all(|facet| {
        let wanted = visit.query.all(facet);
        let values = values_of(visit, register, facet, persons);
        wanted.is_empty() || wanted.iter().any(|value| values.contains(value))
    });
    in_facets
        && chosen.is_none_or(|chosen| chosen.id == register.id || can_link(visit, chosen, register))
}

/// Whether two sources can be linked by the person.
fn can_link(visit: &Visit, one: &Register, other: &Register) -> bool {
    let links = visit.app().content().catalogue.links();
    let has_key = |id: &str| links.person_key(id) != PersonKey::None;
    has_key(&one.id) && has_key(&other.id)
}

const fn key_word(key: PersonKey) -> &'static str {
    match key {
        PersonKey::Cpr => "cpr",
        PersonKey::Pseudonymised => "pseudonymised",
        PersonKey::None => "none",
    }
}

/// A facet with its options; each counts the sources that fit the other facets.
fn facet_view(visit: &Visit, facet: &str, persons: &Persons) -> Value {
    let content = visit.app().content();
    let wanted = visit.query.all(facet);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for register in content.catalogue.registers() {
        let others = FACETS.iter().filter(|other| **other != facet);
        let fits_others = others.into_iter().all(|other| {
            let wanted = visit.query.all(other);
            let values = values_of(visit, register, other, persons);
            wanted.is_empty() || wanted.iter().any(|value| values.contains(value))
        });
        for value in values_of(visit, register, facet, persons) {
            *counts.entry(value).or_default() += usize::from(fits_others);
        }
    }
    let name = |value: &str| match facet {
        "dataansvarlig" => value.parse().ok().map(|id| visit.organisation(&id)),
        "omraade" => content
            .catalogue
            .category(value)
            .map(|c| visit.say(&c.name)),
        _ => None,
    };
    let mut options: Vec<(String, usize)> = counts.into_iter().collect();
    options.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let options: Vec<Value> = options
        .into_iter()
        .map(|(value, count)| {
            json!({
                "label": name(&value),
                "checked": wanted.contains(&value),
                "value": value,
                "count": count,
            })
        })
        .collect();
    json!({ "name": facet, "options": options })
}

fn chosen_view(visit: &Visit, register: &Register) -> Value {
    let catalogue = &visit.app().content().catalogue;
    let links = catalogue.links();
    let named =
        |id: &str| json!({ "name": visit.register(id), "path": format!("/datalandkort/{id}") });
    let from = links.all().iter().filter(|link| {
        link.to.as_deref() == Some(register.id.as_str())
            || link.to_category.as_deref() == Some(register.category.as_str())
    });
    let made_from: Vec<Value> = from.map(|link| named(&link.from)).collect();
    let into = links.all().iter().filter(|link| link.from == register.id);
    let made_into: Vec<Value> = into
        .filter_map(|link| match (&link.to, &link.to_category) {
            (Some(to), _) => Some(named(to)),
            (None, Some(id)) => catalogue.category(id).map(|category| {
                json!({ "name": visit.say(&category.name), "path": format!("/datalandkort?omraade={id}") })
            }),
            (None, None) => None,
        })
        .collect();
    let others = catalogue
        .registers()
        .filter(|other| other.id != register.id);
    json!({
        "name": visit.say(&register.name),
        "path": format!("/datalandkort/{}", register.id),
        "key": key_word(links.person_key(&register.id)),
        "linkable": others.filter(|other| can_link(visit, register, other)).count(),
        "made_from": made_from,
        "made_into": made_into,
    })
}

/// The column that the table is sorted by, and the address before it.
fn sorting(visit: &Visit) -> (String, String) {
    let query = visit.query.query_without(&["sort", "besked"]);
    let and = if query.is_empty() { "?" } else { "&" };
    let sort = visit.query.filled("sort").unwrap_or("navn").to_owned();
    (sort, visit.href(&format!("/datakort{query}{and}")))
}

fn rows(visit: &Visit, persons: &Persons, shown: &BTreeSet<String>, sort: &str) -> Vec<Value> {
    let catalogue = &visit.app().content().catalogue;
    let area = |register: &Register| {
        let found = catalogue.category(&register.category);
        found.map_or_else(|| register.category.clone(), |c| visit.say(&c.name))
    };
    let mut registers: Vec<&Register> = catalogue
        .registers()
        .filter(|register| shown.contains(&register.id))
        .collect();
    let name = |register: &Register| visit.say(&register.name).to_lowercase();
    registers.sort_by_cached_key(|register| name(register));
    match sort.trim_start_matches('-') {
        "dataansvarlig" => registers.sort_by_cached_key(|r| controller(visit, r)),
        "omraade" => registers.sort_by_cached_key(|r| area(r)),
        "fra" => registers.sort_by_key(|r| r.from_year.unwrap_or(i16::MAX)),
        "personer" => registers.sort_by_key(|r| persons.get(&r.id).copied().unwrap_or(0)),
        "variable" => registers.sort_by_key(|r| n_variables(r)),
        _ => {}
    }
    if sort.starts_with('-') {
        registers.reverse();
    }
    let row = |register: &&Register| {
        json!({
            "id": register.id,
            "name": visit.say(&register.name),
            "path": format!("/datalandkort/{}", register.id),
            "controller": controller(visit, register),
            "area": area(register),
            "article": register.ehds_categories.join(", "),
            "from_year": register.from_year.map(|year| year.to_string()),
            "to_year": register.to_year.map(|year| year.to_string()),
            "persons": persons.get(&register.id),
            "variables": n_variables(register),
        })
    };
    registers.iter().map(row).collect()
}

fn lineage(visit: &Visit) -> Vec<Value> {
    let catalogue = &visit.app().content().catalogue;
    let rows = catalogue.links().all().iter().filter_map(|link| {
        let (to, to_path) = match (&link.to, &link.to_category) {
            (Some(to), _) => (visit.register(to), format!("/datalandkort/{to}")),
            (None, Some(id)) => {
                let name = catalogue.category(id).map(|c| visit.say(&c.name));
                (name?, format!("/datalandkort?omraade={id}"))
            }
            (None, None) => return None,
        };
        Some(json!({
            "from": visit.register(&link.from),
            "from_path": format!("/datalandkort/{}", link.from),
            "kind": match link.kind {
                LinkKind::Derived => "derived",
                LinkKind::Succeeds => "succeeds",
            },
            "to": to,
            "to_path": to_path,
            "source": link.source,
        }))
    });
    rows.collect()
}
