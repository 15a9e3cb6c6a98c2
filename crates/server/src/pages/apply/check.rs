//! "Check your answers": everything that will be sent, and what is missing.

use app::casework::form::Step;
use app::drafts::DraftView;
use axum::response::Response;
use serde_json::{Value, json};

use super::answers::{Words, answer_view};
use super::{fields, find_step, neighbours, position, problems, steps_view};
use crate::http::Answer as Answered;
use crate::pages::visit::{Sheet, Visit};

const STEP: &str = "check";

pub(super) async fn show(visit: &Visit, draft: &DraftView) -> Answered<Response> {
    let step = find_step(visit, STEP)?;
    let form = visit.app().content().rulebook.form();
    let open = draft
        .problems
        .iter()
        .filter(|problem| !in_last(visit, &problem.step));
    let listed: Vec<Value> = open
        .map(|problem| {
            let path = format!("/ansoeg/{}/{}", draft.id, problem.step);
            let title = form.step(&problem.step).map(|step| visit.say(&step.title));
            json!({
                "href": format!("{}#{}", visit.href(&path), problems::field_id(problem)),
                "message": problems::message(visit, problem),
                "step_title": title.unwrap_or_default(),
            })
        })
        .collect();
    let filled = form.steps.iter().filter(|step| !step.fields.is_empty());
    let sections: Vec<Value> = filled
        .filter(|step| !in_last(visit, &step.id))
        .map(|step| section(visit, draft, step))
        .collect();
    let (previous, next) = neighbours(visit, STEP);
    let view = json!({
        "draft": draft.id,
        "version": draft.version,
        "title": fields::title_of(draft),
        "step": step.id,
        "step_title": visit.say(&step.title),
        "lead": step.lead.as_ref().map(|lead| visit.say(lead)).unwrap_or_default(),
        "steps": steps_view(visit, draft, (STEP, false)),
        "current": position(visit, STEP),
        "saved_at": base::format_instant(draft.saved_at),
        "problems": listed,
        "sections": sections,
        "previous_path": format!("/ansoeg/{}/{}", draft.id, previous.unwrap_or(STEP)),
        "next_path": format!("/ansoeg/{}/{next}", draft.id),
    });
    visit.show(Sheet::new("apply_check.html", view)).await
}

/// The last step confirms what is sent; it is asked there, not here.
fn in_last(visit: &Visit, step: &str) -> bool {
    let form = visit.app().content().rulebook.form();
    form.steps.last().is_some_and(|last| last.id == step)
}

fn section(visit: &Visit, draft: &DraftView, step: &Step) -> Value {
    let path = visit.href(&format!("/ansoeg/{}/{}", draft.id, step.id));
    let asked = step
        .fields
        .iter()
        .filter(|field| field.is_asked(&draft.body.answers));
    let answers: Vec<Value> = asked
        .map(|field| {
            let mut found = draft.problems.iter();
            let problem = found.find(|problem| problem.field == field.id);
            let words = Words {
                problem: problem.map(|problem| problems::message(visit, problem)),
                href: format!("{path}#{}", field.id),
            };
            answer_view(visit, (field, draft.body.answers.get(&field.id)), words)
        })
        .collect();
    json!({ "id": step.id, "title": visit.say(&step.title), "href": path, "answers": answers })
}
