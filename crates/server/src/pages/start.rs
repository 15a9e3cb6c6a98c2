//! The start page, and the way to it.

use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

use super::map::{map_view, persons};
use super::visit::{Sheet, Visit, preferred_language, redirect};
use crate::http::Answer;

/// `/`: to the start page in the reader's language.
pub(super) async fn choose_language(headers: HeaderMap) -> Response {
    redirect(&format!("/{}/", preferred_language(&headers).code()))
}

/// `/was`: to the accessibility statement.
pub(super) async fn accessibility_statement(headers: HeaderMap) -> Response {
    let language = preferred_language(&headers).code();
    redirect(&format!("/{language}/tilgaengelighed"))
}

pub(super) async fn start(visit: Visit) -> Answer<Response> {
    let figures = visit.app().figures().await?;
    let persons = persons(&visit).await?;
    let content = visit.app().content();
    let examples = visit.word("site.examples");
    let today = visit.app().today();
    let (by_rules, by_people) = figures.released;
    let view = json!({
        "registers": content.catalogue.registers().count(),
        "questions": visit.app().questions().len(),
        "examples": examples.split(',').map(str::trim).collect::<Vec<_>>(),
        "map": map_view(&visit, &persons, None, None),
        "live": {
            "at": base::format_instant(visit.app().now()),
            "median_days": figures.median_days,
            "median_needs": figures.median_needs,
            "decided": figures.decided,
            "open_cases": figures.open_cases,
            "with_applicant": figures.with_applicant,
            "with_authorities": figures.open_cases.saturating_sub(figures.with_applicant),
            "workbenches": figures.permits_in_force,
            "permits_in_force": figures.permits_in_force,
            "month": today.first_of_month(),
            "released": by_rules + by_people,
            "released_automatically": by_rules,
            "released_by_people": by_people,
        },
    });
    visit.show(Sheet::new("start.html", view)).await
}
