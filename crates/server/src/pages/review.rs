//! Review: held results judged by two people who do not see each other's answers.

use app::casework::Action;
use app::casework::output::{OutputState, Verdict};
use app::outputs::{AssessmentInput, OutputView};
use axum::response::Response;
use base::OutputId;
use serde_json::{Value, json};

use super::fields::{Fields, Posted, encode};
use super::result::{columns, findings, rows};
use super::visit::{FieldError, Sheet, Visit};
use crate::http::{Answer, PathOf, Problem};

const RULES: [&str; 5] = [
    "minimum_frequency",
    "dominance",
    "zero_cell",
    "free_label",
    "no_evidence",
];

pub(super) async fn queue(visit: Visit) -> Answer<Response> {
    let actor = visit.actor()?;
    let cursor = visit.query.filled("fra");
    let (items, next) = visit.app().review_queue(actor, cursor, None).await?;
    let items: Vec<Value> = items
        .iter()
        .map(|output| {
            let review = output.review.as_ref();
            let others = review.map_or(0, |review| review.answered_by_others);
            let sent = review
                .and_then(|review| review.sent_at)
                .unwrap_or(output.made_at);
            json!({
                "id": output.id,
                "title": visit.say(&output.title),
                "permit": output.permit,
                "room": output.room,
                "answered": review.is_some_and(|review| review.own.is_some()),
                "answered_by_others": others,
                "third": review.is_some_and(|review| review.disagreed),
                "findings": output.verdict.findings.len(),
                "sent_at": base::format_instant(sent),
            })
        })
        .collect();
    let next = next.map(|next| format!("/kontrol?fra={}", encode(&next)));
    let view = json!({ "items": items, "next": next });
    visit.show(Sheet::new("review_queue.html", view)).await
}

pub(super) async fn show(visit: Visit, PathOf(id): PathOf<OutputId>) -> Answer<Response> {
    let output = visit.app().load_review(visit.actor()?, id).await?;
    show_output(&visit, (&output, &Fields::default()), Vec::new()).await
}

async fn show_output(
    visit: &Visit,
    (output, form): (&OutputView, &Fields),
    errors: Vec<FieldError>,
) -> Answer<Response> {
    let view = view(visit, output, form);
    visit
        .show(Sheet::new("review.html", view).with_errors(errors))
        .await
}

fn view(visit: &Visit, output: &OutputView, form: &Fields) -> Value {
    let review = output.review.as_ref();
    let mut listed = findings(visit, output);
    for (at, finding) in listed.iter_mut().enumerate() {
        let n = at + 1;
        finding["answer"] = json!(form.filled(&format!("finding-{n}")));
        finding["reason"] = json!(form.filled(&format!("reason-{n}")));
        finding["text"] = json!(form.filled(&format!("text-{n}")));
    }
    let judged = listed
        .iter()
        .filter(|finding| !finding["answer"].is_null())
        .count();
    let checks: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            let found = listed.iter().filter(|finding| finding["rule"] == *rule);
            json!({ "rule": rule, "count": found.count() })
        })
        .collect();
    let own = review.and_then(|review| review.own.as_ref());
    let answers = review.map(|review| &review.answers);
    let sent = review
        .and_then(|review| review.sent_at)
        .unwrap_or(output.made_at);
    let id = output.id.to_string();
    let short = id
        .get(id.len().saturating_sub(8)..)
        .unwrap_or(&id)
        .to_owned();
    let can = output.may.contains(&Action::AssessOutput);
    let settled = matches!(output.state, OutputState::Released | OutputState::Rejected);
    let why_not = !can && own.is_none() && !settled;
    json!({
        "id": output.id,
        "number": short,
        "version": output.version,
        "permit": output.permit,
        "title": visit.say(&output.title),
        "sent_at": base::format_instant(sent),
        "state": output.state,
        "settled": settled,
        "columns": columns(visit, output),
        "rows": rows(output),
        "sql": output.sql,
        "persons_min": output.verdict.policy.persons_min,
        "share_max_permille": output.verdict.policy.largest_share_max_permille,
        "context": review.and_then(|review| review.context.as_ref()),
        "findings": listed,
        "judged": judged,
        "checks": checks,
        "own": own,
        "answered_by_others": review.map_or(0, |review| review.answered_by_others),
        "disagreed": review.is_some_and(|review| review.disagreed),
        "answers": answers.map_or_else(|| json!([]), |answers| json!(answers)),
        "can_assess": can,
        "why_not": why_not.then(|| visit.word("problem.class.forbidden")),
    })
}

pub(super) async fn assess(
    visit: Visit,
    PathOf(id): PathOf<OutputId>,
    Posted(form): Posted,
) -> Answer<Response> {
    let output = visit.app().load_review(visit.actor()?, id).await?;
    let sent = form.filled("version");
    if sent.is_some_and(|version| version != output.version.to_string()) {
        let error = FieldError::new("version", visit.word("problem.stale"));
        return show_output(&visit, (&output, &form), vec![error]).await;
    }
    let (input, errors) = judge(&visit, &output, &form);
    if !errors.is_empty() {
        return show_output(&visit, (&output, &form), errors).await;
    }
    let done = visit.app().assess_output(visit.actor()?, id, &input).await;
    done.map_err(Problem::from)?;
    Ok(visit.go_saying(&format!("/kontrol/{id}"), "reviewed"))
}

/// The answers to the findings as one verdict: a single "no" or "change" is a no, with its reasons.
fn judge(visit: &Visit, output: &OutputView, form: &Fields) -> (AssessmentInput, Vec<FieldError>) {
    let whole = output.verdict.findings.is_empty();
    let numbers = if whole {
        0..=0
    } else {
        1..=output.verdict.findings.len()
    };
    let (mut verdict, mut reasons, mut errors) = (Verdict::Release, Vec::new(), Vec::new());
    for n in numbers {
        let name = format!("finding-{n}");
        match form.get(&name) {
            "ok" => {}
            "change" | "reject" => {
                verdict = Verdict::Reject;
                let text = form.get(&format!("text-{n}"));
                let reason = form.filled(&format!("reason-{n}"));
                let word = reason.map(|reason| visit.word(&format!("review.reasons.{reason}")));
                let parts: Vec<String> = word
                    .into_iter()
                    .chain(Some(text.to_owned()).filter(|text| !text.is_empty()))
                    .collect();
                reasons.push(parts.join(": "));
            }
            _ => errors.push(FieldError::new(name, visit.word("problem.judge_finding"))),
        }
    }
    let reason = reasons.join("\n");
    let reason = match verdict {
        Verdict::Reject if reason.trim().is_empty() => Some(visit.word("site.rejected_whole")),
        Verdict::Reject => Some(reason),
        Verdict::Release => None,
    };
    (AssessmentInput { verdict, reason }, errors)
}
