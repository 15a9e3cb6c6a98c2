//! Answers to read again: on the check page, and in a case.

use app::casework::form::{Answer, Field};
use serde_json::{Value, json};

use super::data::selection_view;
use super::fields::withheld;
use super::team::members;
use crate::pages::visit::Visit;

/// What stands beside an answer.
#[derive(Debug, Clone, Default)]
pub(in crate::pages) struct Words {
    /// What must be mended.
    pub(in crate::pages) problem: Option<String>,
    /// Where it is mended.
    pub(in crate::pages) href: String,
}

/// An answer of a field, to read.
pub(in crate::pages) fn answer_view(
    visit: &Visit,
    (field, answer): (&Field, Option<&Answer>),
    words: Words,
) -> Value {
    let label_of = |id: &String| {
        let option = field.option(id);
        option.map_or_else(|| id.clone(), |option| visit.say(&option.label))
    };
    let items: Vec<String> = match answer {
        Some(Answer::Choice(choice)) => vec![label_of(choice)],
        Some(Answer::Choices(choices)) => choices.iter().map(label_of).collect(),
        Some(Answer::Tick(true)) => vec![visit.word("site.ticked")],
        _ => Vec::new(),
    };
    let text = match answer {
        Some(Answer::Text(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    };
    let date = match answer {
        Some(Answer::Date(date)) => Some(*date),
        _ => None,
    };
    let selection = match answer {
        Some(Answer::Selection(selection)) => selection_view(visit, selection),
        _ => Value::Null,
    };
    json!({
        "field": field.id,
        "label": visit.say(&field.label),
        "kind": field.kind,
        "text": text,
        "items": items,
        "date": date,
        "selection": selection,
        "members": members(visit, answer),
        "problem": words.problem,
        "withheld": withheld(visit, field),
        "href": words.href,
    })
}
