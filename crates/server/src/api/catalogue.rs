//! The catalogue: search, registers, variables.

use app::catalogue::register::Register;
use app::search::{Facet, Filters, Query, SearchResult, Suggestion};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use base::limits::LIST_ITEMS_MAX;
use serde::{Deserialize, Serialize};

use super::Page;
use super::interchange::{Wanted, register_in, wanted};
use crate::http::{Answer, AppState, List, Params, PathOf, Problem};

/// What somebody looks for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SearchQuery {
    #[serde(default)]
    q: String,
    lang: Option<String>,
    kind: Option<String>,
    controller: Option<String>,
    category: Option<String>,
    authority: Option<String>,
    code_system: Option<String>,
    period: Option<String>,
    person_level: Option<String>,
    confirmed: Option<String>,
    #[serde(default)]
    literal: bool,
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
}

/// The beginning of a search.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SuggestQuery {
    #[serde(default)]
    q: String,
    lang: Option<String>,
    limit: Option<usize>,
}

/// A register in a list.
#[derive(Debug, Serialize)]
pub(crate) struct RegisterLine {
    id: String,
    name: app::catalogue::Text,
    controller: String,
    tables: usize,
}

pub(crate) async fn search(
    State(state): State<AppState>,
    Params(query): Params<SearchQuery>,
) -> Answer<Json<SearchResult>> {
    let language = super::language(query.lang.as_deref());
    let limit = query.limit.unwrap_or(20).clamp(1, LIST_ITEMS_MAX);
    let result = state.app.search(&Query {
        text: &query.q,
        language,
        filters: query.filters(),
        literal: query.literal,
        limit,
        offset: query.offset,
    })?;
    Ok(Json(result))
}

pub(crate) async fn suggest(
    State(state): State<AppState>,
    Params(query): Params<SuggestQuery>,
) -> Answer<Json<Vec<Suggestion>>> {
    const MOST: usize = 20;
    let language = super::language(query.lang.as_deref());
    let limit = query.limit.unwrap_or(8).clamp(1, MOST);
    Ok(Json(state.app.suggest(&query.q, language, limit)?))
}

impl SearchQuery {
    /// Values of one facet stand side by side with commas between.
    fn filters(&self) -> Filters {
        let mut filters = Filters::default();
        for (facet, values) in [
            (Facet::Kinds, &self.kind),
            (Facet::Controllers, &self.controller),
            (Facet::Categories, &self.category),
            (Facet::Authorities, &self.authority),
            (Facet::CodeSystems, &self.code_system),
            (Facet::Periods, &self.period),
            (Facet::PersonLevel, &self.person_level),
            (Facet::Confirmed, &self.confirmed),
        ] {
            let values = values.iter().flat_map(|values| values.split(','));
            for value in values.map(str::trim).filter(|value| !value.is_empty()) {
                filters.add(facet, value);
            }
        }
        filters
    }
}

pub(crate) async fn list_registers(
    State(state): State<AppState>,
    Params(list): Params<List>,
) -> Json<Page<RegisterLine>> {
    let catalogue = &state.app.content().catalogue;
    let after = list.cursor().unwrap_or_default();
    let mut registers: Vec<&Register> = catalogue
        .registers()
        .filter(|register| after < register.id.as_str())
        .collect();
    registers.sort_by(|a, b| a.id.cmp(&b.id));
    let more = registers.len() > list.limit();
    registers.truncate(list.limit());
    let next = registers
        .last()
        .filter(|_| more)
        .map(|last| last.id.clone());
    let lines = registers.into_iter().map(RegisterLine::of).collect();
    Json((lines, next).into())
}

pub(crate) async fn load_register(
    State(state): State<AppState>,
    PathOf(id): PathOf<String>,
    Params(query): Params<Wanted>,
    headers: HeaderMap,
) -> Answer<Response> {
    let register = state.app.content().catalogue.register(&id);
    let register = register.ok_or_else(Problem::not_found)?;
    Ok(match wanted(query.format.as_deref(), &headers)? {
        Some(syntax) => register_in(&state, register, syntax),
        None => Json(register).into_response(),
    })
}

impl RegisterLine {
    fn of(register: &Register) -> Self {
        Self {
            id: register.id.clone(),
            name: register.name.clone(),
            controller: register.controller.to_string(),
            tables: register.tables.len(),
        }
    }
}
