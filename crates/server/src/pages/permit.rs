//! The page of a permit, its signed file, and the ways to stop access.

use app::casework::Action;
use app::catalogue::permit::PermitDocument;
use app::catalogue::register::Coarsening;
use app::permits::PermitPage;
use app::public::PublicEvent;
use axum::response::Response;
use serde_json::{Value, json};

use super::apply::selection_view;
use super::catalogue::coarsening;
use super::confirm::Confirm;
use super::fields::Posted;
use super::visit::{Sheet, Visit};
use crate::http::{Answer, Download, PathOf, Problem, download};

/// Ending of the deletion proof's file, behind the number of the permit.
const DELETION_FILE: &str = "-slettebevis.json";

pub(super) async fn show(visit: Visit, PathOf(number): PathOf<String>) -> Answer<Response> {
    if let Some(number) = number.strip_suffix(DELETION_FILE) {
        return deletion_file(&visit, number).await;
    }
    if let Some(number) = number.strip_suffix(".json") {
        return file(&visit, number).await;
    }
    let page = visit.app().load_permit(visit.actor()?, &number).await?;
    let view = view(&visit, &page).await?;
    visit.show(Sheet::new("permit.html", view)).await
}

/// The signed proof that the permit's data were deleted, as a file that anybody can check.
async fn deletion_file(visit: &Visit, number: &str) -> Answer<Response> {
    let page = visit.app().load_permit(visit.actor()?, number).await?;
    let proof = page.deletion.ok_or_else(Problem::not_found)?;
    let bytes = serde_json::to_vec_pretty(&proof)
        .map_err(|error| app::Error::internal("writing a deletion proof", &error))?;
    Ok(download(Download {
        file_name: format!("{number}{DELETION_FILE}"),
        media_type: "application/json",
        bytes,
    }))
}

/// The signed permit as a file that anybody can check.
async fn file(visit: &Visit, number: &str) -> Answer<Response> {
    let page = visit.app().load_permit(visit.actor()?, number).await?;
    let bytes = serde_json::to_vec_pretty(&page.signed)
        .map_err(|error| app::Error::internal("writing a permit", &error))?;
    Ok(download(Download {
        file_name: format!("{number}.json"),
        media_type: "application/json",
        bytes,
    }))
}

async fn view(visit: &Visit, page: &PermitPage) -> Answer<Value> {
    meet_members(visit, &page.document).await?;
    let permit = &page.document;
    let actor = visit.actor()?;
    let rooms = visit.app().list_rooms(actor).await.unwrap_or_default();
    let room = rooms.iter().find(|room| room.permit == permit.number);
    let extract = visit.app().extract_of(actor, &permit.number).await.ok();
    let persons = extract
        .and_then(|extract| extract.descriptor)
        .map(|extract| extract.sund.persons);
    let project = visit.app().public_project(&permit.case_number).await?;
    let state = state_of(visit, page, project.line.state);
    let issued = project
        .events
        .iter()
        .find(|event| event.kind == "permit.issued");
    let today = visit.app().today();
    let days_left = today
        .until(permit.valid_to)
        .map_or(0, |span| span.get_days());
    let ended = project.events.iter().rev().find(|event| {
        matches!(
            event.kind.as_str(),
            "permit.revoked" | "access.closed" | "permit.expired"
        )
    });
    let may = |action| page.may.contains(&action) && page.status.valid;
    let problem = (!page.verified).then(|| visit.word("problem.permit_does_not_verify"));
    let mut view = json!({
        "number": permit.number,
        "version": permit.version,
        "case_number": permit.case_number,
        "title": visit.say(&permit.title),
        "state": state,
        "verified": {
            "ok": page.verified,
            "at": base::format_instant(visit.app().now()),
            "problem": problem,
        },
        "room": room.map(|room| &room.id),
        "test": permit.test,
        "valid_from": permit.valid_from,
        "valid_to": permit.valid_to,
        "persons": persons,
        "days_left": (state == "in_force").then_some(days_left),
        "deletion": deletion(visit, page, &project.events),
        "ended_on": ended.map(|event| base::danish_date(event.at)),
        "versions": versions(visit, page),
        "decisions": decisions(visit, permit),
        "signature": {
            "key": key_of(&page.signed.signature),
            "leaf": issued.and_then(|event| event.leaf),
            "command": format!("sund query --permit {}.json", permit.number),
        },
        "json_href": visit.href(&format!("/tilladelser/{}.json", permit.number)),
        "signature_href": visit.href(&format!("/tilladelser/{}.json", permit.number)),
        "can": {
            "close": may(Action::CloseAccess),
            "revoke": may(Action::RevokePermit),
        },
    });
    let terms = terms(visit, permit);
    if let (Some(view), Value::Object(terms)) = (view.as_object_mut(), terms) {
        view.extend(terms);
    }
    Ok(view)
}

/// When the permit's data were deleted, and where the proof is.
fn deletion(visit: &Visit, page: &PermitPage, events: &[PublicEvent]) -> Option<Value> {
    let proof = &page.deletion.as_ref()?.document;
    let deleted_at = proof["deleted_at"].as_str()?.parse().ok()?;
    let event = events.iter().find(|event| event.kind == "extract.deleted");
    let number = &page.document.number;
    Some(json!({
        "on": base::danish_date(deleted_at),
        "keys": proof["keys_destroyed"].as_array().map_or(0, Vec::len),
        "leaf": event.and_then(|event| event.leaf),
        "href": visit.href(&format!("/tilladelser/{number}{DELETION_FILE}")),
    }))
}

/// What the permit itself says: rendered from the signed document and nothing else.
fn terms(visit: &Visit, permit: &PermitDocument) -> Value {
    let selection = selection_view(visit, &permit.selection);
    let form = visit.app().content().rulebook.form();
    let purposes = form.field("purposes");
    let purposes: Vec<String> = permit
        .purposes
        .iter()
        .map(|id| {
            let option = purposes.and_then(|field| field.option(id));
            option.map_or_else(|| id.clone(), |option| visit.say(&option.label))
        })
        .collect();
    let conditions: Vec<String> = permit
        .conditions
        .iter()
        .map(|text| visit.say(text))
        .collect();
    let tools: Vec<String> = permit
        .environment
        .tools
        .iter()
        .map(|t| t.to_uppercase())
        .collect();
    json!({
        "members": members(visit, permit),
        "rules": selection["rules"],
        "index": selection["index"],
        "text": app::catalogue::selection::plain_text::print(&permit.selection),
        "tables": tables(visit, permit),
        "output": permit.output_policy,
        "conditions": conditions,
        "purposes": purposes,
        "purpose": visit.say(&permit.purpose),
        "data_user": visit.organisation(&permit.data_user),
        "pseudonymised": permit.pseudonymised,
        "tools": tools,
        "memory_gib": permit.environment.memory_mib.div_ceil(1024),
        "query_seconds_max": permit.environment.query_seconds_max,
    })
}

/// The name of the signing key, from the header of a signature.
fn key_of(signature: &str) -> Option<String> {
    let header = signature.split('.').next()?;
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in header.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    let header: Value = serde_json::from_slice(&bytes).ok()?;
    Some(header["kid"].as_str()?.to_owned())
}

fn state_of(visit: &Visit, page: &PermitPage, case: app::casework::CaseState) -> &'static str {
    use app::casework::CaseState as S;
    match case {
        S::Revoked => "revoked",
        S::Closed => "closed",
        S::Expired => "expired",
        _ if page.status.valid && visit.app().today() <= page.document.valid_to => "in_force",
        _ => "expired",
    }
}

/// Learns who the members are, so that they are named.
async fn meet_members(visit: &Visit, permit: &PermitDocument) -> Answer<()> {
    let members = permit.members.iter();
    let accounts: Vec<_> = members.map(|member| member.account).collect();
    visit.meet(&accounts).await
}

fn members(visit: &Visit, permit: &PermitDocument) -> Vec<Value> {
    let members = permit.members.iter();
    members
        .map(|member| {
            let person = visit.person(member.account);
            json!({
                "name": person.name.unwrap_or(person.login),
                "organisation": person.organisation.unwrap_or_default(),
                "principal": member.principal,
                "access": member.access,
                "may_release": member.may_release,
                "until": member.until,
                "new": false,
            })
        })
        .collect()
}

fn tables(visit: &Visit, permit: &PermitDocument) -> Vec<Value> {
    let tables = permit.selection.tables.iter();
    tables
        .map(|table| {
            let variables = table.variables.iter();
            let names: Vec<Value> = variables.map(|v| json!({ "name": v.name })).collect();
            let coarse = table
                .variables
                .iter()
                .filter(|v| v.coarsening != Coarsening::None);
            let coarse: Vec<Value> = coarse
                .map(|chosen| {
                    let mut view = coarsening(chosen.coarsening);
                    view["variable"] = chosen.name.clone().into();
                    view
                })
                .collect();
            json!({
                "register_name": visit.register(&table.register),
                "table": format!("{}.{}", table.register, table.table),
                "from": table.period.from,
                "to": table.period.to,
                "variables": names,
                "coarse": coarse,
            })
        })
        .collect()
}

fn versions(visit: &Visit, page: &PermitPage) -> Vec<Value> {
    let current = u64::from(page.document.version);
    let versions = page.versions.iter();
    versions
        .map(|(version, at)| {
            json!({
                "version": version,
                "issued_on": base::danish_date(*at),
                "text": visit.word("site.permit_version"),
                "current": *version == current,
            })
        })
        .collect()
}

fn decisions(visit: &Visit, permit: &PermitDocument) -> Vec<Value> {
    let decisions = permit.decisions.iter();
    decisions
        .map(|part| {
            json!({
                "authority": visit.organisation(&part.authority),
                "on": part.decided_on,
                "with_conditions": part.with_conditions,
            })
        })
        .collect()
}

async fn confirm(
    visit: &Visit,
    number: &str,
    (kind, reason): (&str, &str),
    missing: bool,
) -> Answer<Response> {
    let action = match kind {
        "revoke" => Action::RevokePermit,
        _ => Action::CloseAccess,
    };
    let page = visit.app().load_permit(visit.actor()?, number).await?;
    if !page.may.contains(&action) {
        return Err(Problem::not_found());
    }
    let confirm = Confirm {
        kind,
        name: number,
        reason,
        version: None,
        section: "sager",
        back_title: number,
        back_path: &format!("/tilladelser/{number}"),
    };
    confirm.show(visit, missing).await
}

pub(super) async fn confirm_revoke(
    visit: Visit,
    PathOf(number): PathOf<String>,
) -> Answer<Response> {
    confirm(&visit, &number, ("revoke", "required"), false).await
}

pub(super) async fn revoke(
    visit: Visit,
    PathOf(number): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let Some(reason) = form.filled("reason") else {
        return confirm(&visit, &number, ("revoke", "required"), true).await;
    };
    let page = visit.app().load_permit(visit.actor()?, &number).await?;
    let case = &page.document.case_number;
    visit.app().revoke(visit.actor()?, case, reason).await?;
    Ok(visit.go_saying(&format!("/tilladelser/{number}"), "revoked"))
}

pub(super) async fn confirm_close(
    visit: Visit,
    PathOf(number): PathOf<String>,
) -> Answer<Response> {
    confirm(&visit, &number, ("close_access", "optional"), false).await
}

pub(super) async fn close(
    visit: Visit,
    PathOf(number): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let page = visit.app().load_permit(visit.actor()?, &number).await?;
    let case = &page.document.case_number;
    let reason = form.filled("reason");
    visit
        .app()
        .close_access(visit.actor()?, case, reason)
        .await?;
    Ok(visit.go_saying(&format!("/tilladelser/{number}"), "closed"))
}
