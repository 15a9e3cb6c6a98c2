//! The public register: who asked for what, and what came of it. Public leaves and fields only.

use app::casework::CaseState;
use app::public::PublicLine;
use axum::response::Response;
use base::limits::LIST_ITEMS_MAX;
use serde_json::{Value, json};

use super::log;
use super::visit::{Sheet, Visit};
use crate::http::Answer;

/// Projects that a page shows.
const LINES_PER_PAGE: usize = 20;
/// Pages of the store that one search goes through.
const STORE_PAGES_MAX: usize = 20;

const TABS: [&str; 5] = ["alle", "i_brug", "vurderes", "faerdige", "afslag"];

pub(super) async fn list(visit: Visit) -> Answer<Response> {
    let text = visit.query.get("q").to_owned();
    let register = visit.query.get("register").to_owned();
    let mut lines = all_lines(&visit, &text).await?;
    lines.retain(|line| register.is_empty() || line.registers.contains(&register));
    let current = TABS
        .iter()
        .copied()
        .find(|tab| *tab == visit.query.get("vis"));
    let current = current.unwrap_or("alle");
    let count = |tab: &str| lines.iter().filter(|line| is_in(line.state, tab)).count();
    let tabs: Vec<Value> = TABS
        .iter()
        .map(|tab| json!({ "name": tab, "count": count(tab), "current": *tab == current }))
        .collect();
    let page: usize = visit.query.get("side").parse().unwrap_or(1).max(1);
    let chosen: Vec<&PublicLine> = lines.iter().filter(|l| is_in(l.state, current)).collect();
    let shown = page.saturating_mul(LINES_PER_PAGE);
    let mut entries = Vec::new();
    for line in chosen.iter().take(shown) {
        entries.push(entry(&visit, line).await?);
    }
    let view = json!({
        "q": text,
        "total": lines.len(),
        "figures": {
            "permits_in_force": count("i_brug"),
            "assessing": count("vurderes"),
            "refused_last_year": count("afslag"),
            "breaches": 0,
            "year": visit.app().today().year().to_string(),
        },
        "tabs": tabs,
        "entries": entries,
        "next": (chosen.len() > shown).then(|| next_path(&visit, page + 1)),
        "opt_out": [visit.word("site.opt_out_now"), visit.word("site.opt_out_2029")],
        "log": log_view(&visit).await?,
    });
    visit.show(Sheet::new("public_list.html", view)).await
}

async fn log_view(visit: &Visit) -> Answer<Value> {
    let seen = log::seen(visit).await?;
    Ok(json!({ "ok": seen.ok, "checked_at": base::format_instant(seen.at) }))
}

fn next_path(visit: &Visit, page: usize) -> String {
    let mut query = visit.query.clone();
    query.0.retain(|(name, _)| name != "side");
    query.0.push(("side".to_owned(), page.to_string()));
    format!("/aabenhed{}", query.query_without(&[]))
}

/// Every line that mentions a text, newest first.
pub(super) async fn all_lines(visit: &Visit, text: &str) -> Answer<Vec<PublicLine>> {
    let (mut lines, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..STORE_PAGES_MAX {
        let (found, next) = visit
            .app()
            .public_list(text, None, cursor.as_deref(), Some(LIST_ITEMS_MAX))
            .await?;
        lines.extend(found);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(lines)
}

fn is_in(state: CaseState, tab: &str) -> bool {
    use CaseState as S;
    match tab {
        "i_brug" => state == S::Permitted,
        "vurderes" => matches!(state, S::PreCheck | S::Assessment | S::Decided),
        "faerdige" => matches!(state, S::Closed | S::Expired | S::Revoked | S::Withdrawn),
        "afslag" => state == S::Refused,
        _ => true,
    }
}

/// The word that the public reads of a state.
pub(super) const fn state_word(state: CaseState) -> &'static str {
    match state {
        CaseState::PreCheck => "precheck",
        CaseState::Assessment => "assessing",
        CaseState::Decided => "decided",
        CaseState::Refused => "refused",
        CaseState::Permitted => "in_use",
        CaseState::Revoked => "revoked",
        CaseState::Closed => "closed",
        CaseState::Expired => "expired",
        CaseState::Withdrawn => "withdrawn",
    }
}

async fn entry(visit: &Visit, line: &PublicLine) -> Answer<Value> {
    let project = visit.app().public_project(&line.number).await?;
    let released = project
        .events
        .iter()
        .filter(|e| e.kind == "output.released");
    let decided = project
        .events
        .iter()
        .rev()
        .find(|e| e.kind == "part.decided");
    let summary = in_language(visit, &project.fields, "lay-summary");
    let registers: Vec<String> = line.registers.iter().map(|id| visit.register(id)).collect();
    Ok(json!({
        "number": line.number,
        "title": title(visit, &project.fields, &line.title),
        "summary": summary,
        "registers": registers,
        "state": state_word(line.state),
        "until": project.fields.get("valid_to"),
        "institution": visit.organisation(&line.data_user),
        "withheld": null,
        "results": released.count(),
        "applied_on": base::danish_date(line.submitted_at),
        "decided_on": decided.map(|event| base::danish_date(event.at)),
    }))
}

/// A field in the page's language where the applicant wrote it in both.
pub(super) fn in_language(
    visit: &Visit,
    fields: &std::collections::BTreeMap<String, String>,
    name: &str,
) -> String {
    let english = fields
        .get(&format!("{name}-en"))
        .filter(|text| !text.trim().is_empty());
    let own = fields.get(name);
    let text = match visit.language {
        app::catalogue::Language::En => english.or(own),
        app::catalogue::Language::Da => own,
    };
    text.cloned().unwrap_or_default()
}

/// The title in the page's language.
pub(super) fn title(
    visit: &Visit,
    fields: &std::collections::BTreeMap<String, String>,
    stored: &str,
) -> String {
    let own = in_language(visit, fields, "title");
    if own.is_empty() {
        stored.to_owned()
    } else {
        own
    }
}
