//! Two versions of an answer: the draft was changed while somebody wrote. Both are shown, none is lost.

use app::casework::form::{Answer, Answers, FieldKind, Step};
use app::catalogue::selection::plain_text;
use app::drafts::DraftView;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::fields;
use crate::http::Answer as Answered;
use crate::pages::fields::Fields;
use crate::pages::visit::{Sheet, Visit};

pub(super) async fn show(
    visit: &Visit,
    (stored, step): (&DraftView, &Step),
    typed: &Answers,
) -> Answered<Response> {
    let path = format!("/ansoeg/{}/{}", stored.id, step.id);
    let changed = step.fields.iter().filter_map(|field| {
        let (mine, theirs) = (typed.get(&field.id)?, stored.body.answers.get(&field.id));
        let (mine_words, theirs_words) = (words(visit, mine), theirs.map(|a| words(visit, a)));
        if Some(mine) == theirs || mine_words.is_empty() && theirs.is_none() {
            return None;
        }
        Some(json!({
            "id": field.id,
            "label": visit.say(&field.label),
            "mine": mine_words,
            "mine_raw": raw(mine),
            "theirs": theirs_words.unwrap_or_default(),
        }))
    });
    let changed: Vec<Value> = changed.collect();
    let view = json!({
        "draft": stored.id,
        "title": fields::title_of(stored),
        "step_path": path,
        "action": visit.href(&path),
        "version": stored.version,
        "who": null,
        "changed_at": base::format_instant(stored.saved_at),
        "fields": changed,
    });
    let sheet = Sheet::new("apply_conflict.html", view).with_status(StatusCode::CONFLICT);
    visit.show(sheet).await
}

/// The answers that somebody chose as their own; the others stay as they are.
pub(super) fn chosen(step: &Step, form: &Fields) -> Answers {
    let mine = step
        .fields
        .iter()
        .filter(|field| form.get(&format!("choose-{}", field.id)) == "mine");
    mine.filter_map(|field| {
        let text = form.find(&field.id)?.replace("\r\n", "\n");
        let answer = match field.kind {
            FieldKind::Text | FieldKind::Long => Answer::Text(text),
            FieldKind::Choice => Answer::Choice(text),
            FieldKind::Multichoice => {
                let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
                Answer::Choices(ids.map(str::to_owned).collect())
            }
            FieldKind::Date => Answer::Date(text.parse().ok()?),
            FieldKind::Checkbox => Answer::Tick(text == "yes"),
            FieldKind::Selection => Answer::Selection(Box::new(plain_text::parse(&text).ok()?)),
            FieldKind::Team => Answer::Team(serde_json::from_str(&text).ok()?),
        };
        Some((field.id.clone(), answer))
    })
    .collect()
}

fn words(visit: &Visit, answer: &Answer) -> String {
    match answer {
        Answer::Date(date) => visit.date(&date.to_string()),
        Answer::Tick(true) => visit.word("site.ticked"),
        Answer::Selection(selection) => plain_text::print(selection),
        Answer::Team(team) => {
            let names = team.iter().map(|member| {
                let person = visit.person(member.account);
                person.name.unwrap_or(person.login)
            });
            names.collect::<Vec<_>>().join("\n")
        }
        other => raw(other),
    }
}

fn raw(answer: &Answer) -> String {
    match answer {
        Answer::Text(text) | Answer::Choice(text) => text.clone(),
        Answer::Choices(choices) => choices.join(", "),
        Answer::Date(date) => date.to_string(),
        Answer::Tick(true) => "yes".to_owned(),
        Answer::Tick(false) => String::new(),
        Answer::Selection(selection) => plain_text::print(selection),
        Answer::Team(team) => serde_json::to_string(team).unwrap_or_default(),
    }
}
