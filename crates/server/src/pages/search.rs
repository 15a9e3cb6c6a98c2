//! The search in the data map, with facets.

pub(super) mod compare;
mod facets;
pub(super) mod saved;

use app::search::{Hit, HitKind, Query, SearchResult, Why};
use axum::response::Response;
use serde_json::{Value, json};

use super::basket::basket_view;
use super::catalogue::{Lying, can_order, code_list_name, controller, lies, lying};
use super::visit::{Sheet, Visit};
use crate::http::Answer;

const HITS_PER_PAGE: usize = 20;
const PAGES_MAX: usize = 25;

pub(super) async fn search(visit: Visit) -> Answer<Response> {
    let text = visit.query.get("q").to_owned();
    let exact = visit.query.get("ordret") == "1";
    let page = visit
        .query
        .get("side")
        .parse()
        .unwrap_or(1)
        .clamp(1, PAGES_MAX);
    let filters = facets::filters_of(&visit.query);
    let result = visit.app().search(&Query {
        text: &text,
        language: visit.language,
        filters: filters.clone(),
        literal: exact,
        limit: page * HITS_PER_PAGE,
        offset: 0,
    })?;
    let lying = lying(&visit).await?;
    let hits: Vec<Value> = result
        .hits
        .iter()
        .filter_map(|hit| hit_view(&visit, hit, (&text, &lying)))
        .collect();
    let registers = || visit.app().content().catalogue.registers();
    let more = result.total > result.hits.len() && page < PAGES_MAX;
    let next = more.then(|| {
        let mut query = visit.query.clone();
        query.0.retain(|(name, _)| name != "side");
        query.0.push(("side".to_owned(), (page + 1).to_string()));
        format!("/datalandkort{}", query.query_without(&[]))
    });
    let view = json!({
        "q": text,
        "exact": exact,
        "total": result.total,
        "shown": hits.len(),
        "registers": registers().count(),
        "registers_confirmed": registers().filter(|register| register.confirmed).count(),
        "understood": understood(&visit, &result),
        "active_facets": filters.count(),
        "facets": facets::view(&visit, &result.facets, &filters),
        "hits": hits,
        "next": next,
        "also_tried": also_tried(&visit, &result),
        "nearest": result.nearest.iter().filter_map(|hit| nearest(&visit, hit)).collect::<Vec<_>>(),
        "saved": saved::beside_hits(&visit, &text).await?,
        "basket": basket_view(&visit).await?,
    });
    visit.show(Sheet::new("search.html", view)).await
}

fn understood(visit: &Visit, result: &SearchResult) -> Value {
    if result.understood.is_literal() {
        return Value::Null;
    }
    let terms = result.understood.terms.iter();
    let terms: Vec<String> = terms.map(|term| visit.say(term)).collect();
    json!({
        "terms": terms,
        "codes": result.understood.codes,
        "corrections": result.understood.corrections,
    })
}

/// What may be meant by the beginning of a search, for the field's list.
pub(super) async fn suggestions(visit: Visit) -> Answer<Response> {
    const MOST: usize = 8;
    let found = visit
        .app()
        .suggest(visit.query.get("q"), visit.language, MOST)?;
    let view = found.iter().map(|suggestion| {
        json!({ "text": suggestion.text, "leads_to": visit.say(&suggestion.leads_to) })
    });
    let view = json!({ "suggestions": view.collect::<Vec<_>>() });
    visit.show(Sheet::new("suggestions.html", view)).await
}

/// A hit that is near a search without one.
fn nearest(visit: &Visit, hit: &Hit) -> Option<Value> {
    let view = hit_view(visit, hit, ("", &Lying::default()))?;
    let controller = match view["controller"].as_str() {
        Some(controller) => controller,
        None => view["register_name"].as_str().unwrap_or_default(),
    };
    Some(json!({ "title": view["title"], "path": view["path"], "controller": controller }))
}

fn also_tried(visit: &Visit, result: &SearchResult) -> Vec<String> {
    if result.total > 0 {
        return Vec::new();
    }
    let terms = result.understood.terms.iter();
    terms.map(|term| visit.say(term)).collect()
}

fn hit_view(visit: &Visit, hit: &Hit, (text, lying): (&str, &Lying)) -> Option<Value> {
    let why = if text.is_empty() {
        Value::Null
    } else {
        why_view(hit)
    };
    let mut view = match hit.kind {
        HitKind::Register => register_hit(visit, hit, text)?,
        HitKind::Variable => variable_hit(visit, hit, (text, lying))?,
        HitKind::CodeList => code_hit(visit, hit, text)?,
        HitKind::Package | HitKind::Answer => entry_hit(visit, hit, text)?,
    };
    view["kind"] = hit.kind.name().into();
    view["why"] = why;
    Some(view)
}

fn register_hit(visit: &Visit, hit: &Hit, text: &str) -> Option<Value> {
    let catalogue = &visit.app().content().catalogue;
    let register = catalogue.register(hit.register.as_deref()?)?;
    Some(json!({
        "title": visit.say(&register.name),
        "path": format!("/datalandkort/{}", register.id),
        "register": register.id,
        "controller": controller(visit, register),
        "from_year": register.from_year.map(|year| year.to_string()),
        "to_year": register.to_year.map(|year| year.to_string()),
        "persons": register.persons,
        "confirmed": register.confirmed,
        "tables": register.tables.len(),
        "text": marked(&visit.say(&register.description), &words_of(text, hit)),
    }))
}

fn variable_hit(visit: &Visit, hit: &Hit, (text, lying): (&str, &Lying)) -> Option<Value> {
    let catalogue = &visit.app().content().catalogue;
    let register = catalogue.register(hit.register.as_deref()?)?;
    let table = register.table(hit.table.as_deref()?)?;
    let variable = table.variable(hit.variable.as_deref()?)?;
    let year = |date: base::Date| date.year().to_string();
    let from = variable.valid_from.map(year);
    let from = from.or_else(|| register.from_year.map(|year| year.to_string()));
    let (id, table_name, name) = (&register.id, &table.name, &variable.name);
    Some(json!({
        "title": format!("{table_name}.{name}"),
        "path": format!("/datalandkort/{id}/{table_name}/{name}"),
        "register": id,
        "table": table_name,
        "variable": name,
        "register_name": visit.say(&register.name),
        "type": variable.value_type,
        "code_list": variable.code_list.as_deref().map(|id| code_list_name(visit, id)),
        "from_year": from,
        "to_year": variable.valid_to.map(year),
        "in_basket": lies(lying, id, table_name, name),
        "can_order": can_order(table, variable),
        "text": marked(&visit.say(&variable.label), &words_of(text, hit)),
    }))
}

fn code_hit(visit: &Visit, hit: &Hit, text: &str) -> Option<Value> {
    let catalogue = &visit.app().content().catalogue;
    let (list, code) = (hit.code_list.as_deref()?, hit.code.as_deref()?);
    let below = catalogue
        .code_list(list)
        .map(|list| list.starting_with(code).count())
        .filter(|below| *below > 1);
    let tables = catalogue.registers().flat_map(|register| &register.tables);
    let variables = tables.flat_map(|table| &table.variables);
    let used_by = variables
        .filter(|variable| variable.code_list.as_deref() == Some(list))
        .count();
    let label = visit.say(&hit.title);
    Some(json!({
        "title": format!("{code} {label}"),
        "path": format!("/datalandkort?q={}", super::fields::encode(code)),
        "controller": code_list_name(visit, list),
        "codes": below,
        "used_by": used_by,
        "text": marked(&label, &words_of(text, hit)),
    }))
}

fn entry_hit(visit: &Visit, hit: &Hit, text: &str) -> Option<Value> {
    let title = visit.say(&hit.title);
    let words = words_of(text, hit);
    Some(json!({
        "title": title,
        "path": format!("/datapakker/{}", hit.id.as_deref()?),
        "controller": visit.word("search.package_by"),
        "text": marked(&title, &words),
    }))
}

fn why_view(hit: &Hit) -> Value {
    let kind = match hit.why {
        Why::Exact => "exact",
        Why::SameMeaning => "same_meaning",
        Why::Codes => "codes",
        Why::Spelling => "spelling",
        Why::Compound => "compound",
        Why::Related => "related",
        Why::Description => "description",
    };
    let mut matched = hit.matched.clone();
    matched.truncate(6);
    json!({ "kind": kind, "text": [{ "text": matched.join(", "), "hit": false }] })
}

fn words_of(text: &str, hit: &Hit) -> Vec<String> {
    let typed = text.split_whitespace().map(str::to_owned);
    let words = typed.chain(hit.matched.iter().cloned());
    words
        .map(|word| word.to_lowercase())
        .filter(|word| word.chars().count() > 2)
        .collect()
}

/// A text in pieces, those that match a word marked.
fn marked(text: &str, words: &[String]) -> Vec<Value> {
    let lower = text.to_lowercase();
    // Lower-casing can change lengths in some scripts; then nothing is marked.
    if lower.len() != text.len() {
        return vec![json!({ "text": text, "hit": false })];
    }
    let (mut pieces, mut at) = (Vec::new(), 0);
    while let Some((start, end)) = next_match(&lower, at, words) {
        let (Some(before), Some(hit)) = (text.get(at..start), text.get(start..end)) else {
            break;
        };
        if !before.is_empty() {
            pieces.push(json!({ "text": before, "hit": false }));
        }
        pieces.push(json!({ "text": hit, "hit": true }));
        at = end;
    }
    let rest = text.get(at..).unwrap_or_default();
    if !rest.is_empty() {
        pieces.push(json!({ "text": rest, "hit": false }));
    }
    pieces
}

fn next_match(lower: &str, from: usize, words: &[String]) -> Option<(usize, usize)> {
    let rest = lower.get(from..)?;
    words
        .iter()
        .filter_map(|word| {
            rest.find(word.as_str())
                .map(|at| (from + at, from + at + word.len()))
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching_words_are_marked_and_no_letter_is_lost() {
        let pieces = marked("Personer med Diabetes og æg", &["diabetes".to_owned()]);
        let whole: String = pieces
            .iter()
            .filter_map(|piece| piece["text"].as_str())
            .collect();
        assert_eq!(whole, "Personer med Diabetes og æg");
        assert_eq!(pieces[1], json!({ "text": "Diabetes", "hit": true }));
    }
}
