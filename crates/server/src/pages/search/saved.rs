//! Searches that somebody keeps: saved from the search page, listed with what has changed.

use app::saved_searches::{KeptQuery, SavedSearchView};
use axum::response::Response;
use base::SavedSearchId;
use serde_json::{Value, json};

use super::super::fields::{Fields, Posted};
use super::super::visit::{Sheet, Visit};
use super::facets::{filters_of, labels};
use super::nearest;
use crate::http::{Answer, Problem};

/// New hits that a page names; the rest is a number.
const NAMED_MAX: usize = 5;

pub(in super::super) async fn list(visit: Visit) -> Answer<Response> {
    let kept = visit.app().saved_searches(visit.actor()?).await?;
    let searches: Vec<Value> = kept
        .iter()
        .map(|search| search_view(&visit, search))
        .collect();
    let view = json!({ "searches": searches });
    visit.show(Sheet::new("saved_searches.html", view)).await
}

pub(in super::super) async fn save(visit: Visit, Posted(form): Posted) -> Answer<Response> {
    let query = Fields::parse(form.get("query").trim_start_matches('?'));
    let kept = KeptQuery {
        q: query.get("q").to_owned(),
        filters: filters_of(&query),
        literal: query.get("ordret") == "1",
    };
    visit.app().save_search(visit.actor()?, kept).await?;
    Ok(visit.go_saying("/datalandkort/gemte", "search_saved"))
}

pub(in super::super) async fn see(visit: Visit, Posted(form): Posted) -> Answer<Response> {
    let id: SavedSearchId = form
        .get("search")
        .parse()
        .map_err(|_| Problem::not_found())?;
    visit.app().see_search(visit.actor()?, id).await?;
    Ok(visit.go_saying("/datalandkort/gemte", "search_seen"))
}

pub(in super::super) async fn forget(visit: Visit, Posted(form): Posted) -> Answer<Response> {
    let id: SavedSearchId = form
        .get("search")
        .parse()
        .map_err(|_| Problem::not_found())?;
    visit.app().forget_search(visit.actor()?, id).await?;
    Ok(visit.go_saying("/datalandkort/gemte", "search_forgotten"))
}

/// What the search page says of kept searches: whether this one can be kept, how many have changed.
pub(super) async fn beside_hits(visit: &Visit, text: &str) -> Answer<Value> {
    let Some(session) = &visit.session else {
        return Ok(json!({ "can_save": false, "changed": 0, "query": "" }));
    };
    let kept = visit.app().saved_searches(session.actor()).await?;
    let changed = kept.iter().filter(|search| search.changed()).count();
    let query = visit.query.query_without(&["side", "besked"]);
    let can_save = !text.trim().is_empty() || filters_of(&visit.query).count() > 0;
    Ok(json!({ "can_save": can_save, "changed": changed, "query": query }))
}

fn search_view(visit: &Visit, search: &SavedSearchView) -> Value {
    let new = search.new.iter().filter_map(|hit| nearest(visit, hit));
    let (names, filters) = labels(visit, &search.query.filters);
    let mut address = Fields::parse("");
    address.0.push(("q".to_owned(), search.query.q.clone()));
    address.0.extend(filters);
    if search.query.literal {
        address.0.push(("ordret".to_owned(), "1".to_owned()));
    }
    json!({
        "id": search.id,
        "q": search.query.q,
        "filters": names,
        "path": format!("/datalandkort{}", address.query_without(&[])),
        "total": search.total,
        "saved_at": base::format_instant(search.saved_at),
        "seen_at": base::format_instant(search.seen_at),
        "new": new.take(NAMED_MAX).collect::<Vec<_>>(),
        "new_total": search.new.len(),
        "gone": search.gone,
    })
}
