//! Pages about the site: citizens' rights, accessibility, privacy, open data, status.

use axum::response::Response;
use serde_json::{Value, json};

use super::visit::{Sheet, Visit};
use crate::http::Answer;

/// When the accessibility of the pages was last tested and described.
const TESTED_ON: &str = "2026-11-20";

/// Where anybody can complain.
pub(super) fn complain_to(visit: &Visit) -> Vec<Value> {
    let place = |key: &str, href: &str| {
        json!({
            "name": visit.word(&format!("site.{key}")),
            "href": href,
            "about": visit.word(&format!("site.{key}_about")),
        })
    };
    vec![
        place("complain_data", "https://www.datatilsynet.dk/"),
        place("complain_ombudsman", "https://www.ombudsmanden.dk/"),
    ]
}

pub(super) async fn citizen(visit: Visit) -> Answer<Response> {
    let figures = visit.app().figures().await?;
    let view = json!({
        "opt_outs": [
            {
                "title": visit.word("site.tissue_title"),
                "text": visit.word("site.tissue_text"),
                "from": null,
                "law": visit.word("site.tissue_law"),
                "href": "https://www.sundhed.dk/",
                "link": visit.word("site.tissue_link"),
            },
            {
                "title": visit.word("site.other_title"),
                "text": visit.word("site.other_text"),
                "from": "2029-03-26",
                "law": visit.word("site.other_law"),
                "href": null,
                "link": null,
            },
        ],
        "projects_in_use": figures.permits_in_force,
        "complain_to": complain_to(&visit),
    });
    visit.show(Sheet::new("citizen.html", view)).await
}

pub(super) async fn accessibility(visit: Visit) -> Answer<Response> {
    let status = if visit.state.door.is_demo {
        "demo"
    } else {
        "full"
    };
    let view = json!({
        "status": status,
        "issues": [],
        "tested_on": TESTED_ON,
        "updated_on": TESTED_ON,
        "statement_href": null,
    });
    visit.show(Sheet::new("accessibility.html", view)).await
}

pub(super) async fn privacy(visit: Visit) -> Answer<Response> {
    let session = if visit.state.door.is_demo {
        "sund-demo"
    } else {
        "__Host-sund"
    };
    let cookie = |name: &str, key: &str| {
        json!({
            "name": name,
            "purpose": visit.word(&format!("site.cookie_{key}")),
            "until": visit.word(&format!("site.cookie_{key}_until")),
        })
    };
    let view = json!({
        "dpo_email": visit.word("site.dpo_email"),
        "cookies": [cookie(session, "session"), cookie("sund-basket", "basket")],
    });
    visit.show(Sheet::new("privacy.html", view)).await
}

pub(super) async fn open_data(visit: Visit) -> Answer<Response> {
    let base = visit.state.door.public_url.clone().unwrap_or_default();
    let file = |key: &str, links: Value| {
        json!({
            "title": visit.word(&format!("site.file_{key}")),
            "text": visit.word(&format!("site.file_{key}_text")),
            "updated_at": null,
            "links": links,
        })
    };
    let json_at = |href: &str| json!([{ "format": "JSON", "href": href }]);
    let view = json!({
        "files": [
            file("register", json_at("/api/v1/public/projects")),
            file(
                "catalogue",
                json!([
                    { "format": "JSON", "href": "/api/v1/catalogue/registers" },
                    { "format": "Turtle", "href": "/api/v1/catalogue/export?format=turtle" },
                    { "format": "JSON-LD", "href": "/api/v1/catalogue/export?format=jsonld" },
                    { "format": "RDF/XML", "href": "/api/v1/catalogue/export?format=rdfxml" },
                ]),
            ),
            file("log", json!([{ "format": "checkpoint", "href": "/log/checkpoint" }])),
        ],
        "api_base": format!("{base}/api/v1"),
        "example": format!("curl {base}/api/v1/catalogue/search?q=HbA1c"),
        "licence": "CC BY 4.0",
        "licence_href": "https://creativecommons.org/licenses/by/4.0/",
        "per_minute": 120,
    });
    visit.show(Sheet::new("open_data.html", view)).await
}
