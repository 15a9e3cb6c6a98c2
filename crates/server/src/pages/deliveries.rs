//! Deliveries: what a holder has sent, what reception found, and which version is in use.

use std::collections::BTreeMap;

use app::deliveries::VersionView;
use axum::response::Response;
use base::{DeliveryId, Role};
use serde_json::{Value, json};

use super::confirm::Confirm;
use super::deliver::deliverable;
use super::fields::Posted;
use super::public::all_lines;
use super::visit::{Sheet, Visit};
use crate::http::{Answer, PathOf, Problem};

pub(super) async fn list(visit: Visit) -> Answer<Response> {
    let actor = visit.actor()?;
    if actor.role != Role::Holder {
        return Err(Problem::not_found());
    }
    let versions = visit.app().versions(actor, None).await?;
    let mut registers: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for version in &versions {
        let lines = registers.entry(&version.register).or_default();
        lines.push(version_view(&visit, version));
    }
    let (lines, _) = visit.app().public_list("", None, None, Some(100)).await?;
    let registers: Vec<Value> = registers
        .into_iter()
        .map(|(id, versions)| {
            let projects = lines
                .iter()
                .filter(|line| line.registers.iter().any(|r| r == id));
            json!({
                "id": id,
                "name": visit.register(id),
                "projects": projects.count(),
                "versions": versions,
            })
        })
        .collect();
    let others: Vec<Value> = deliverable(&visit)?
        .into_iter()
        .filter(|id| versions.iter().all(|version| version.register != *id))
        .map(|id| json!({ "name": visit.register(&id), "id": id }))
        .collect();
    let view = json!({
        "organisation": visit.organisation(&actor.organisation),
        "registers": registers,
        "others": others,
        "command": "sund receive lpr3 kontakter.csv diagnoser.csv procedurer.csv",
    });
    visit.show(Sheet::new("deliveries.html", view)).await
}

fn version_view(visit: &Visit, version: &VersionView) -> Value {
    let id = version.version.to_string();
    json!({
        "delivery": version.delivery,
        "short": id.get(id.len().saturating_sub(6)..).unwrap_or(&id),
        "received_at": base::format_instant(version.received_at),
        "synthetic": visit.app().is_demo(),
        "state": state_word(&version.state),
        "rows": version.rows,
        "rejected": version.rejected,
        "can_approve": version.state == "received",
        "can_withdraw": version.state == "approved",
    })
}

fn state_word(state: &str) -> &str {
    match state {
        "approved" => "in_use_version",
        "withdrawn" => "out_of_use",
        "purged" => "deleted",
        _ => "received",
    }
}

/// A delivery of the actor's own registers.
async fn find(visit: &Visit, delivery: DeliveryId) -> Answer<VersionView> {
    let versions = visit.app().versions(visit.actor()?, None).await?;
    let mut versions = versions.into_iter();
    versions
        .find(|version| version.delivery == delivery)
        .ok_or_else(Problem::not_found)
}

pub(super) async fn show(visit: Visit, PathOf(id): PathOf<DeliveryId>) -> Answer<Response> {
    let version = find(&visit, id).await?;
    let report = visit.app().delivery_report(visit.actor()?, id).await?;
    let report = serde_json::to_value(report)
        .map_err(|error| app::Error::internal("writing a report", &error))?;
    let tables = report["tables"].as_array().cloned().unwrap_or_default();
    let sum = |name: &str| {
        tables
            .iter()
            .filter_map(|table| table[name].as_u64())
            .sum::<u64>()
    };
    let mut view = version_view(&visit, &version);
    view["register"] = version.register.clone().into();
    view["register_name"] = visit.register(&version.register).into();
    view["rows_read"] = sum("rows_read").into();
    view["rows_accepted"] = sum("rows_accepted").into();
    view["rows_rejected"] = sum("rows_rejected").into();
    view["tables"] = tables.into();
    view["sha256"] = version.delivered_sha256.clone().into();
    view["used_by"] = used_by(&visit, &version).await?.into();
    visit.show(Sheet::new("delivery.html", view)).await
}

/// Projects whose extracts were made from a version.
async fn used_by(visit: &Visit, version: &VersionView) -> Answer<Vec<Value>> {
    let (register, id) = (&version.register, version.version);
    let uses = visit
        .app()
        .uses_of_version(visit.actor()?, register, id)
        .await?;
    let lines = all_lines(visit, "").await?;
    let rows = uses.into_iter().filter_map(|(permit, at)| {
        let line = lines
            .iter()
            .find(|line| line.permit.as_ref() == Some(&permit))?;
        Some(json!({
            "number": line.number,
            "permit": permit,
            "title": line.title,
            "on": base::danish_date(at),
        }))
    });
    Ok(rows.collect())
}

pub(super) async fn approve(
    visit: Visit,
    PathOf(id): PathOf<DeliveryId>,
    Posted(_): Posted,
) -> Answer<Response> {
    let version = find(&visit, id).await?;
    visit
        .app()
        .settle_version(visit.actor()?, &version.register, version.version, None)
        .await?;
    Ok(visit.go_saying("/leverancer", "version_approved"))
}

pub(super) async fn confirm_withdraw(
    visit: Visit,
    PathOf(id): PathOf<DeliveryId>,
) -> Answer<Response> {
    let version = find(&visit, id).await?;
    confirm(&visit, &version, false).await
}

async fn confirm(visit: &Visit, version: &VersionView, missing: bool) -> Answer<Response> {
    let confirm = Confirm {
        kind: "withdraw_version",
        name: &visit.register(&version.register),
        reason: "required",
        version: None,
        section: "leverancer",
        back_title: &visit.word("deliveries.title"),
        back_path: "/leverancer",
    };
    confirm.show(visit, missing).await
}

pub(super) async fn withdraw(
    visit: Visit,
    PathOf(id): PathOf<DeliveryId>,
    Posted(form): Posted,
) -> Answer<Response> {
    let version = find(&visit, id).await?;
    let Some(reason) = form.filled("reason") else {
        return confirm(&visit, &version, true).await;
    };
    visit
        .app()
        .settle_version(
            visit.actor()?,
            &version.register,
            version.version,
            Some(reason),
        )
        .await?;
    Ok(visit.go_saying("/leverancer", "version_withdrawn"))
}
