//! What happened in a case and what is to come, as lines of its pages.

use app::cases::CasePage;
use app::casework::case::Ball;
use app::casework::clock::{CaseClock, ClockBasis, ClockState};
use app::casework::view::LogEntry;
use serde_json::{Value, json};

use crate::pages::visit::Visit;

/// Events that the timeline leaves to the log.
const LOG_ONLY: [&str; 5] = [
    "criterion_assessed",
    "decision_proposed",
    "proposal_returned",
    "requirement_recorded",
    "clock_extended",
];

/// The log, newest first.
pub(in crate::pages) fn log_view(visit: &Visit, page: &CasePage) -> Vec<Value> {
    page.view
        .log
        .iter()
        .map(|entry| entry_view(visit, entry))
        .collect()
}

fn entry_view(visit: &Visit, entry: &LogEntry) -> Value {
    json!({
        "kind": entry.kind,
        "at": base::format_instant(entry.at),
        "on": base::danish_date(entry.at),
        "who": visit.organisation(&entry.organisation),
        "authority": entry.authority.as_ref().map(|id| visit.organisation(id)),
        "authorities": visit.organisations(&entry.authorities),
        "about": entry.about.as_deref().map(|id| about(visit, id)),
        "outcome": entry.outcome,
        "count": entry.count,
        "href": null,
    })
}

/// The name of the field, criterion or requirement that an event is about.
fn about(visit: &Visit, id: &str) -> String {
    let rules = &visit.app().content().rulebook;
    let field = rules.form().field(id).map(|field| &field.label);
    let criterion = || rules.criterion(id).map(|criterion| &criterion.name);
    let requirement = || rules.requirement(id).map(|requirement| &requirement.name);
    let name = field.or_else(criterion).or_else(requirement);
    name.map_or_else(|| id.to_owned(), |name| visit.say(name))
}

/// What happened, and the dates ahead.
pub(super) fn timeline(visit: &Visit, page: &CasePage, is_applicant: bool) -> Vec<Value> {
    let past = page.view.log.iter().rev();
    let past = past.filter(|entry| !LOG_ONLY.contains(&entry.kind));
    let mut lines: Vec<Value> = past
        .map(|entry| {
            let mut line = entry_view(visit, entry);
            line["at"] = Value::Null;
            line["state"] = "past".into();
            line["turn"] = false.into();
            line
        })
        .collect();
    let turn = page.view.ball == Ball::Applicant && is_applicant;
    if let Some(last) = lines.last_mut() {
        last["state"] = "now".into();
        last["turn"] = turn.into();
    }
    let mut ahead = dues(visit, page, turn);
    ahead.sort_by_key(|line| line.get("on").map(Value::to_string));
    lines.extend(ahead);
    lines
}

fn dues(visit: &Visit, page: &CasePage, turn: bool) -> Vec<Value> {
    let open = |clock: &&CaseClock| {
        matches!(
            clock.state,
            ClockState::Running | ClockState::Paused | ClockState::Overdue
        )
    };
    let clocks = page.view.clocks.iter().filter(open);
    let mut statutory = false;
    let mut lines = Vec::new();
    for clock in clocks {
        let kind = match (clock.id.as_str(), clock.basis) {
            ("answer", _) => "answer_due",
            ("pre-check", _) => "precheck_due",
            (_, ClockBasis::OwnTarget) => "target_due",
            (_, ClockBasis::Law) if statutory => continue,
            (_, ClockBasis::Law) => {
                statutory = true;
                "statutory_due"
            }
            _ => continue,
        };
        let due = if kind == "statutory_due" {
            page.view.statutory_due.unwrap_or(clock.due)
        } else {
            clock.due
        };
        lines.push(json!({
            "kind": kind,
            "at": null,
            "who": null,
            "authority": clock.authority.as_ref().map(|id| visit.organisation(id)),
            "authorities": [],
            "about": null,
            "outcome": null,
            "count": null,
            "href": null,
            "on": due,
            "state": if kind == "statutory_due" { "limit" } else { "due" },
            "turn": turn && kind == "answer_due",
        }));
    }
    lines
}
