//! One project of the public register, with everything that happened and its proof.

use std::collections::BTreeMap;

use app::catalogue::selection::Selection;
use app::public::{PublicEvent, PublicProject};
use axum::response::Response;
use serde_json::{Value, json};

use super::log;
use super::public::{in_language, state_word, title};
use super::visit::{Sheet, Visit};
use crate::http::{Answer, PathOf};

const LEAVES_PER_FILE: u64 = 256;

pub(super) async fn show(visit: Visit, PathOf(number): PathOf<String>) -> Answer<Response> {
    let project = visit.app().public_project(&number).await?;
    let fields = &project.fields;
    let line = &project.line;
    let refused = line.state == app::casework::CaseState::Refused;
    let people = in_language(&visit, fields, "population-definition");
    let events: Vec<Value> = project
        .events
        .iter()
        .rev()
        .map(|e| event(&visit, e))
        .collect();
    let view = json!({
        "number": line.number,
        "permit": line.permit,
        "state": state_word(line.state),
        "until": fields.get("valid_to"),
        "title": title(&visit, fields, &line.title),
        "lead": in_language(&visit, fields, "lay-summary"),
        "refusal": if refused { refusal(&visit, &project) } else { Value::Null },
        "who": visit.organisation(&line.data_user),
        "who_withheld": null,
        "people": people,
        "data": data(&visit, &project),
        "unseen": visit.word("site.unseen"),
        "why": if refused { Value::Null } else { why(&visit, fields) },
        "decisions": decisions(&visit, &project),
        "results": results(&visit, &project),
        "withheld": withheld(&visit, &project),
        "events": events,
        "proof": proof(&visit, &project).await?,
        "complain_to": super::about::complain_to(&visit),
    });
    visit.show(Sheet::new("public_project.html", view)).await
}

/// What happened, as a sentence for everybody.
pub(super) fn event_text(visit: &Visit, event: &PublicEvent) -> String {
    let key = format!("public_event.{}", event.summary);
    let authority = authority_of(visit, event).unwrap_or_default();
    let outcome = event.fields.get("outcome");
    let outcome = outcome.map(|outcome| visit.word(&format!("event.outcome.{outcome}")));
    let outcome = outcome.unwrap_or_default();
    visit.sentence(&key, &[("authority", &authority), ("outcome", &outcome)])
}

fn event(visit: &Visit, event: &PublicEvent) -> Value {
    json!({
        "on": base::danish_date(event.at),
        "text": event_text(visit, event),
        "leaf": event.leaf,
        "href": event.leaf.map(openings_href),
    })
}

fn openings_href(leaf: u64) -> String {
    format!("/log/openings/{}.json", leaf / LEAVES_PER_FILE)
}

fn authority_of(visit: &Visit, event: &PublicEvent) -> Option<String> {
    let id = event.ids.get("authority")?.parse().ok()?;
    Some(visit.organisation(&id))
}

fn decided(project: &PublicProject) -> impl Iterator<Item = &PublicEvent> {
    let events = project.events.iter();
    events.filter(|event| event.kind == "part.decided")
}

fn refusal(visit: &Visit, project: &PublicProject) -> Value {
    let mut refusals = decided(project)
        .filter(|event| event.fields.get("outcome").is_some_and(|o| o == "refused"));
    refusals.next().map_or(Value::Null, |event| {
        json!({
            "authority": authority_of(visit, event),
            "reason": event.fields.get("reason").cloned().unwrap_or_default(),
            "law": null,
            "would_change": null,
        })
    })
}

fn decisions(visit: &Visit, project: &PublicProject) -> Vec<Value> {
    decided(project)
        .map(|event| {
            let outcome = event.fields.get("outcome").map_or("", String::as_str);
            let state = match outcome {
                "granted" => "approved",
                "granted-with-conditions" => "approved_conditions",
                "granted-in-part" => "partly",
                _ => "refused",
            };
            let words = visit.word(&format!("event.outcome.{outcome}"));
            json!({
                "authority": authority_of(visit, event),
                "state": state,
                "on": base::danish_date(event.at),
                "reason": event.fields.get("reason").cloned().unwrap_or(words),
            })
        })
        .collect()
}

fn data(visit: &Visit, project: &PublicProject) -> Value {
    let selection: Option<Selection> = project
        .fields
        .get("selection")
        .and_then(|text| serde_json::from_str(text).ok());
    let catalogue = &visit.app().content().catalogue;
    let mut registers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for table in selection.iter().flat_map(|selection| &selection.tables) {
        let names = registers
            .entry(visit.register(&table.register))
            .or_default();
        for chosen in &table.variables {
            let found = catalogue.variable(&table.register, &table.table, &chosen.name);
            names.push(found.map_or_else(|| chosen.name.clone(), |v| visit.say(&v.label)));
        }
    }
    let names: Vec<&str> = registers.keys().map(String::as_str).collect();
    let variables: usize = registers.values().map(Vec::len).sum();
    let text = visit.sentence("site.data_from", &[("registers", &names.join(", "))]);
    let lists = registers
        .iter()
        .map(|(name, variables)| json!({ "name": name, "variables": variables }));
    json!({ "text": text, "variables": variables, "registers": lists.collect::<Vec<_>>() })
}

fn why(visit: &Visit, fields: &BTreeMap<String, String>) -> Value {
    let form = visit.app().content().rulebook.form();
    let chosen = fields.get("legal-basis").map(String::as_str);
    let field = form.field("legal-basis");
    let label = chosen
        .and_then(|chosen| field.and_then(|field| field.option(chosen)))
        .map(|option| visit.say(&option.label));
    let law = field
        .and_then(|field| field.law.as_ref())
        .map(|law| visit.say(law));
    json!({ "text": label.unwrap_or_default(), "law": law })
}

fn results(visit: &Visit, project: &PublicProject) -> Value {
    let released = || {
        let events = project.events.iter().rev();
        events.filter(|event| event.kind == "output.released")
    };
    let items: Vec<Value> = released()
        .map(|event| {
            let size = |name: &str| event.fields.get(name).cloned().unwrap_or_default();
            let (rows, columns) = (size("rows"), size("columns"));
            let title = visit.sentence("site.result", &[("rows", &rows), ("columns", &columns)]);
            let href = event
                .leaf
                .map_or_else(|| "/log/checkpoint".to_owned(), openings_href);
            json!({ "title": title, "on": base::danish_date(event.at), "href": href })
        })
        .collect();
    json!({
        "count": items.len(),
        "latest_on": released().next().map(|event| base::danish_date(event.at)),
        "text": null,
        "items": items,
    })
}

fn withheld(visit: &Visit, project: &PublicProject) -> Vec<Value> {
    let form = visit.app().content().rulebook.form();
    let fields = project.withheld.iter();
    fields
        .map(|(field, why)| {
            let label = form.field(field).map(|field| visit.say(&field.label));
            let label = label.unwrap_or_else(|| field.clone());
            json!({ "field": label, "why": visit.say(why), "until": null })
        })
        .collect()
}

async fn proof(visit: &Visit, project: &PublicProject) -> Answer<Value> {
    let seen = log::seen(visit).await?;
    let leaf = project.events.iter().filter_map(|event| event.leaf).max();
    let covered = leaf.filter(|leaf| *leaf < seen.size);
    Ok(json!({
        "ok": covered.map(|_| seen.ok),
        "problem": seen.problem(visit),
        "checked_at": base::format_instant(seen.at),
        "leaf": covered,
        "size": seen.size,
        "cosigned_by": [],
        "root": covered.and(seen.root.clone()),
        "proof_href": openings_href(leaf.unwrap_or(0)),
        "log_href": "/log/checkpoint",
        "command": "sund verify --log log",
    }))
}
