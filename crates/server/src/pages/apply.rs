//! Writing an application: drafts, steps, check, sending. Everything is saved, also with gaps; what
//! is missing is said, never asked twice.

use app::casework::form::{Answers, Step};
use app::drafts::DraftView;
use axum::response::Response;
use base::{DraftId, ErrorClass};
use serde_json::{Value, json};

use super::fields::{Fields, Posted};
use super::visit::{FieldError, Sheet, Visit};
use crate::http::{Answer as Answered, PathOf, Problem};

mod answers;
mod check;
mod conflict;
mod data;
mod fields;
mod problems;
mod rules;
mod team;

pub(super) use answers::{Words, answer_view};
pub(super) use data::selection_view;

pub(super) async fn list(visit: Visit) -> Answered<Response> {
    let drafts = visit.app().list_drafts(visit.actor()?).await?;
    let basket = visit.load_basket().await?;
    let drafts: Vec<Value> = drafts
        .iter()
        .map(|draft| {
            let first = draft
                .problems
                .iter()
                .find(|problem| !problem.step.is_empty());
            let step = first.map_or("check", |problem| problem.step.as_str());
            json!({
                "draft": draft.id,
                "step": if draft.problems.is_empty() { "check" } else { step },
                "title": fields::title_of(draft),
                "saved_at": base::format_instant(draft.saved_at),
                "authorities": visit.organisations(&draft.authorities),
                "problems": draft.problems.len(),
            })
        })
        .collect();
    let view = json!({ "drafts": drafts, "basket_variables": basket.n_variables });
    visit.show(Sheet::new("apply_list.html", view)).await
}

pub(super) async fn begin(visit: Visit, Posted(form): Posted) -> Answered<Response> {
    let draft = if form.get("from") == "package" {
        visit
            .app()
            .create_draft_from_package(visit.actor()?, form.get("package"))
            .await?
    } else {
        let basket =
            Some(visit.basket_id()).filter(|id| form.get("from") == "basket" && !id.is_empty());
        visit.app().create_draft(visit.actor()?, basket).await?
    };
    if form.get("from") == "case" {
        take_over(&visit, &draft, form.get("case")).await?;
    }
    let first = visit.app().content().rulebook.form().steps.first();
    let first = first.map_or("check", |step| step.id.as_str());
    Ok(visit.go(&format!("/ansoeg/{}/{first}", draft.id)))
}

/// Takes the answers of an application that was sent into a new draft. What is confirmed is confirmed
/// anew each time.
async fn take_over(visit: &Visit, draft: &DraftView, number: &str) -> Answered<()> {
    let page = visit.app().load_case(visit.actor()?, number).await?;
    let steps = visit.app().content().rulebook.form().steps.iter();
    let fields = steps.flat_map(|step| &step.fields);
    let kept = fields.filter(|field| !field.id.starts_with("confirm-"));
    let answers: Answers = kept
        .filter_map(|field| Some((field.id.clone(), super::case::sent(&page, &field.id)?)))
        .collect();
    let (id, version) = (draft.id, draft.version);
    visit
        .app()
        .save_draft(visit.actor()?, id, version, &answers)
        .await?;
    Ok(())
}

pub(super) async fn delete(visit: Visit, PathOf(draft): PathOf<DraftId>) -> Answered<Response> {
    visit.app().delete_draft(visit.actor()?, draft).await?;
    Ok(visit.go_saying("/ansoeg", "draft_deleted"))
}

pub(super) async fn step(
    visit: Visit,
    PathOf((id, step)): PathOf<(DraftId, String)>,
) -> Answered<Response> {
    let draft = visit.app().load_draft(visit.actor()?, id).await?;
    team::meet(&visit, &draft).await?;
    if step == "check" {
        return check::show(&visit, &draft).await;
    }
    show_step(&visit, (&draft, &step), (Vec::new(), &Fields::default())).await
}

async fn show_step(
    visit: &Visit,
    (draft, step): (&DraftView, &str),
    (errors, form): (Vec<FieldError>, &Fields),
) -> Answered<Response> {
    let mut view = step_view(visit, (draft, step), !errors.is_empty()).await?;
    let unread = errors.iter().any(|error| error.field == "selection-text");
    if let (true, Some(typed)) = (unread, form.find("selection-text")) {
        // What could not be read is shown again, not lost.
        view["data"]["text"] = typed.replace("\r\n", "\n").into();
        view["data"]["text_lines"] = typed.lines().count().into();
        view["data"]["text_open"] = true.into();
    }
    visit
        .show(Sheet::new("apply_step.html", view).with_errors(errors))
        .await
}

fn find_step<'a>(visit: &'a Visit, id: &str) -> Answered<&'a Step> {
    let form = visit.app().content().rulebook.form();
    form.step(id).ok_or_else(Problem::not_found)
}

pub(super) async fn save(
    visit: Visit,
    PathOf((id, step_id)): PathOf<(DraftId, String)>,
    Posted(form): Posted,
) -> Answered<Response> {
    let stored = visit.app().load_draft(visit.actor()?, id).await?;
    team::meet(&visit, &stored).await?;
    let step = find_step(&visit, &step_id)?;
    let (changes, mut errors) = if form.get("do") == "resolve" {
        (conflict::chosen(step, &form), Vec::new())
    } else {
        read_step(&visit, (&stored, step), &form).await?
    };
    let expected = form.get("version").parse().unwrap_or(stored.version);
    let saved = visit
        .app()
        .save_draft(visit.actor()?, id, expected, &changes)
        .await;
    let draft = match saved {
        Ok(draft) => draft,
        Err(error) if error.class() == ErrorClass::Conflict => {
            return conflict::show(&visit, (&stored, step), &changes).await;
        }
        Err(error) if error.class() == ErrorClass::Invalid => {
            errors.push(problems::of_app(&visit, &error));
            let typed = with_changes(stored, &changes);
            return show_step(&visit, (&typed, &step_id), (errors, &form)).await;
        }
        Err(error) => return Err(error.into()),
    };
    answer_save(&visit, (&draft, step), (&form, errors)).await
}

async fn answer_save(
    visit: &Visit,
    (draft, step): (&DraftView, &Step),
    (form, mut errors): (&Fields, Vec<FieldError>),
) -> Answered<Response> {
    let wish = form.get("do");
    match wish {
        "send" => return send(visit, (draft, step), form).await,
        "add-member" => {
            let path = format!("/ansoeg/{}/{}?ny=1#team", draft.id, step.id);
            return Ok(visit.go(&path));
        }
        "continue" | "save" | "use-text" | "resolve" => {}
        // Autosave, and buttons that add or take away: the same page, without complaints.
        _ if errors.is_empty() || wish == "autosave" => {
            return show_step(visit, (draft, &step.id), (Vec::new(), form)).await;
        }
        _ => {}
    }
    if wish != "use-text" && wish != "resolve" {
        errors.extend(problems::of_step(visit, draft, &step.id));
    }
    if !errors.is_empty() {
        return show_step(visit, (draft, &step.id), (errors, form)).await;
    }
    let path = |step: &str| format!("/ansoeg/{}/{step}", draft.id);
    if wish == "continue" {
        return Ok(visit.go(&path(neighbours(visit, &step.id).1)));
    }
    Ok(visit.go_saying(&path(&step.id), "saved"))
}

async fn send(
    visit: &Visit,
    (draft, step): (&DraftView, &Step),
    form: &Fields,
) -> Answered<Response> {
    let errors = problems::of_step(visit, draft, &step.id);
    if !errors.is_empty() || !draft.problems.is_empty() {
        return show_step(visit, (draft, &step.id), (errors, form)).await;
    }
    let sent = visit
        .app()
        .submit_draft(visit.actor()?, draft.id, draft.version)
        .await?;
    Ok(visit.go(&format!("/sager/{}/kvittering", sent.number)))
}

/// The stored draft with what was just typed, for a page that could not be saved.
fn with_changes(mut draft: DraftView, changes: &Answers) -> DraftView {
    draft.body.answers.extend(changes.clone());
    draft
}

/// The answers that a posted step carries, and what could not be read.
async fn read_step(
    visit: &Visit,
    (stored, step): (&DraftView, &Step),
    form: &Fields,
) -> Answered<(Answers, Vec<FieldError>)> {
    use app::casework::form::FieldKind;
    let (mut changes, mut errors) = (Answers::new(), Vec::new());
    for field in &step.fields {
        match field.kind {
            FieldKind::Team => {
                let (answer, wrong) = team::read(visit, form).await?;
                changes.extend(answer.map(|answer| (field.id.clone(), answer)));
                errors.extend(wrong);
            }
            FieldKind::Selection => {
                let (answer, wrong) = data::read(visit, (stored, &field.id), form).await?;
                changes.extend(answer.map(|answer| (field.id.clone(), answer)));
                errors.extend(wrong);
            }
            _ => match fields::read(field, form) {
                Ok(answer) => changes.extend(answer.map(|answer| (field.id.clone(), answer))),
                Err(()) => errors.push(FieldError::new(
                    &field.id,
                    visit.word("field_problem.not_a_date"),
                )),
            },
        }
    }
    Ok((changes, errors))
}

async fn step_view(
    visit: &Visit,
    (draft, step_id): (&DraftView, &str),
    with_errors: bool,
) -> Answered<Value> {
    use app::casework::form::FieldKind;
    let form = visit.app().content().rulebook.form();
    let step = find_step(visit, step_id)?;
    let (current, team_field) = (position(visit, step_id), field_of(step, FieldKind::Team));
    let data = match field_of(step, FieldKind::Selection) {
        Some(field) => data::view(visit, (draft, field)).await?,
        None => Value::Null,
    };
    let plain = step
        .fields
        .iter()
        .filter(|field| !matches!(field.kind, FieldKind::Team | FieldKind::Selection));
    let plain: Vec<Value> = plain
        .map(|field| fields::view(visit, draft, field))
        .collect();
    let is_last = form.steps.last().is_some_and(|last| last.id == step_id);
    let others = draft
        .problems
        .iter()
        .filter(|problem| problem.step != step_id);
    let sending = json!({ "can_send": others.count() == 0, "precheck_days": 10 });
    let previous = neighbours(visit, step_id).0;
    Ok(json!({
        "draft": draft.id,
        "version": draft.version,
        "title": fields::title_of(draft),
        "step": step.id,
        "step_title": visit.say(&step.title),
        "lead": step.lead.as_ref().map(|lead| visit.say(lead)),
        "steps": steps_view(visit, draft, (step_id, with_errors)),
        "current": current,
        "saved_at": base::format_instant(draft.saved_at),
        "problems": draft.problems,
        "co_authors": team::co_authors(visit, draft),
        "authorities": visit.organisations(&draft.authorities),
        "action": visit.href(&format!("/ansoeg/{}/{step_id}", draft.id)),
        "previous_path": previous.map(|step| format!("/ansoeg/{}/{step}", draft.id)),
        "fields": plain,
        "team": team_field.map(|field| team::view(visit, draft, field)),
        "data": data,
        "sending": if is_last { sending } else { Value::Null },
        "can_delete": true,
    }))
}

fn field_of(
    step: &Step,
    kind: app::casework::form::FieldKind,
) -> Option<&app::casework::form::Field> {
    step.fields.iter().find(|field| field.kind == kind)
}

/// Number of a step, from 1.
fn position(visit: &Visit, step: &str) -> usize {
    let steps = &visit.app().content().rulebook.form().steps;
    steps.iter().position(|other| other.id == step).unwrap_or(0) + 1
}

/// The steps before and after; after the last comes the last.
fn neighbours<'a>(visit: &'a Visit, step: &'a str) -> (Option<&'a str>, &'a str) {
    let steps = &visit.app().content().rulebook.form().steps;
    let at = position(visit, step);
    let before = at.checked_sub(2).and_then(|at| steps.get(at));
    let after = steps.get(at);
    (
        before.map(|step| step.id.as_str()),
        after.map_or(step, |step| step.id.as_str()),
    )
}

/// The steps with their state: done, current, error, todo.
fn steps_view(visit: &Visit, draft: &DraftView, (current, wrong): (&str, bool)) -> Vec<Value> {
    let steps = &visit.app().content().rulebook.form().steps;
    let now = position(visit, current);
    let state = |(at, step): (usize, &Step)| {
        let has_problem = draft.problems.iter().any(|problem| problem.step == step.id);
        let answered = step
            .fields
            .iter()
            .any(|f| draft.body.answers.contains_key(&f.id));
        let state = if step.id == current {
            if wrong { "error" } else { "current" }
        } else if has_problem && answered && at + 1 < now {
            "error"
        } else if !has_problem && (answered || at + 1 < now) {
            "done"
        } else {
            "todo"
        };
        json!({
            "title": visit.say(&step.title),
            "href": visit.href(&format!("/ansoeg/{}/{}", draft.id, step.id)),
            "state": state,
        })
    };
    steps.iter().enumerate().map(state).collect()
}

pub(super) async fn confirm_delete(
    visit: Visit,
    PathOf(id): PathOf<DraftId>,
) -> Answered<Response> {
    let draft = visit.app().load_draft(visit.actor()?, id).await?;
    let untitled = visit.word("apply.untitled");
    let confirm = super::confirm::Confirm {
        kind: "delete_draft",
        name: fields::title_of(&draft).unwrap_or(&untitled),
        reason: "none",
        version: Some(draft.version),
        section: "ansoeg",
        back_title: &visit.word("common.nav.ansoeg"),
        back_path: "/ansoeg",
    };
    confirm.show(&visit, false).await
}
