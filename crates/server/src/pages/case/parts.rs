//! Pieces of a case: parts, questions, requirements, the application as it was sent.

use app::cases::CasePage;
use app::casework::application::SentAnswer;
use app::casework::form::Answer;
use app::casework::view::{PartState, PartView, QuestionView};
use base::CaseTextId;
use serde_json::{Value, json};

use crate::pages::apply::{Words, answer_view};
use crate::pages::visit::Visit;

/// The word for where a part stands.
pub(in crate::pages) const fn part_word(state: PartState) -> &'static str {
    match state {
        PartState::PreCheck => "precheck",
        PartState::Assessed => "assessing",
        PartState::WaitingForApplicant => "waiting",
        PartState::AwaitsSecondOfficer => "second_officer",
        PartState::Granted => "approved",
        PartState::GrantedWithConditions => "approved_conditions",
        PartState::GrantedInPart => "partly",
        PartState::Refused => "refused",
        PartState::Withdrawn => "withdrawn",
    }
}

pub(super) fn part_view(visit: &Visit, part: &PartView) -> Value {
    let registers: Vec<String> = part.registers.iter().map(|id| visit.register(id)).collect();
    json!({
        "authority": visit.organisation(&part.authority),
        "registers": registers,
        "state": part_word(part.state),
        "decided_on": part.decided_at.map(base::danish_date),
    })
}

/// The words behind a reference, where this reader may read them.
pub(super) fn text_of(page: &CasePage, id: Option<CaseTextId>) -> Option<String> {
    id.and_then(|id| page.texts.get(&id).cloned())
}

/// A question with its wordings and answer.
pub(in crate::pages) fn question_view(
    visit: &Visit,
    page: &CasePage,
    question: &QuestionView,
) -> Value {
    let form = visit.app().content().rulebook.form();
    let label = form
        .field(&question.field)
        .map(|field| visit.say(&field.label));
    let wordings: Vec<Value> = question
        .wordings
        .iter()
        .map(|wording| {
            json!({
                "authority": visit.organisation(&wording.authority),
                "at": base::format_instant(wording.at),
                "text": text_of(page, Some(wording.text)).unwrap_or_default(),
            })
        })
        .collect();
    let first = question.wordings.first().map(|wording| wording.text);
    let href = format!("/sager/{}/ansoegning#{}", page.view.number, question.field);
    json!({
        "id": question.id,
        "authorities": visit.organisations(&question.authorities),
        "asked_at": base::format_instant(question.asked_at),
        "due": question.due,
        "field_label": label.unwrap_or_else(|| question.field.clone()),
        "field_href": visit.href(&href),
        "text": text_of(page, first).unwrap_or_default(),
        "wordings": wordings,
        "answer": text_of(page, question.answer),
        "answered_at": question.answered_at.map(base::format_instant),
        "draft": null,
    })
}

/// The requirements of the institution.
pub(super) fn requirements(visit: &Visit, page: &CasePage) -> Vec<Value> {
    let rules = &visit.app().content().rulebook;
    let requirements = page.view.requirements.iter();
    requirements
        .map(|requirement| {
            let rule = rules.requirement(&requirement.id);
            let name = rule.map_or_else(|| requirement.id.clone(), |rule| visit.say(&rule.name));
            json!({
                "id": requirement.id,
                "name": name,
                "help": rule.map(|rule| visit.say(&rule.help)).unwrap_or_default(),
                "institution": visit.organisation(&requirement.institution),
                "met_at": requirement.met_at.map(base::format_instant),
                "text": text_of(page, requirement.text),
                "draft": null,
            })
        })
        .collect()
}

/// The application as it was sent, step by step.
pub(in crate::pages) fn sections(visit: &Visit, page: &CasePage) -> Vec<Value> {
    let form = visit.app().content().rulebook.form();
    let steps = form.steps.iter().filter(|step| !step.fields.is_empty());
    let sections = steps.map(|step| {
        let fields = step.fields.iter();
        let answers: Vec<Value> = fields
            .filter_map(|field| field_view(visit, page, &field.id))
            .collect();
        json!({ "id": step.id, "title": visit.say(&step.title), "answers": answers })
    });
    sections.collect()
}

/// An answer of the application, to read; none where it was not asked.
pub(in crate::pages) fn field_view(visit: &Visit, page: &CasePage, field: &str) -> Option<Value> {
    let described = visit.app().content().rulebook.form().field(field)?;
    let answer = sent(page, field);
    if answer.is_none() && described.asked_if.is_some() {
        return None;
    }
    let href = visit.href(&format!("/sager/{}/ansoegning#{field}", page.view.number));
    let words = Words {
        problem: None,
        href,
    };
    let mut view = answer_view(visit, (described, answer.as_ref()), words);
    view["changed_on"] = Value::Null;
    Some(view)
}

/// An answer as it was sent; none where there is none.
pub(in crate::pages) fn sent(page: &CasePage, field: &str) -> Option<Answer> {
    let application = &page.application;
    match field {
        "selection" => {
            return Some(Answer::Selection(Box::new(application.selection.clone())));
        }
        "team" => return Some(Answer::Team(application.team.clone())),
        _ => {}
    }
    Some(match application.answers.get(field)? {
        SentAnswer::Text(id) => Answer::Text(page.texts.get(id).cloned()?),
        SentAnswer::Choice(choice) => Answer::Choice(choice.clone()),
        SentAnswer::Choices(choices) => Answer::Choices(choices.clone()),
        SentAnswer::Date(date) => Answer::Date(*date),
        SentAnswer::Tick(tick) => Answer::Tick(*tick),
    })
}
