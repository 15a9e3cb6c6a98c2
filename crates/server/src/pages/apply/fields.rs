//! Plain fields of the form: text, choice, date, tick. How they are shown and read.

use app::casework::form::{Answer, Field, FieldKind, Publication};
use app::drafts::DraftView;
use serde_json::{Value, json};

use crate::pages::fields::Fields;
use crate::pages::visit::Visit;

/// The title of a draft, if it has one.
pub(super) fn title_of(draft: &DraftView) -> Option<&str> {
    match draft.body.answers.get("title") {
        Some(Answer::Text(title)) if !title.trim().is_empty() => Some(title),
        _ => None,
    }
}

/// A field with its answer.
pub(super) fn view(visit: &Visit, draft: &DraftView, field: &Field) -> Value {
    let answer = draft.body.answers.get(&field.id);
    // A link that offers a right answer carries it in the address.
    let offered = visit.query.filled(&field.id);
    let value = match answer {
        _ if offered.is_some() => offered.unwrap_or_default().to_owned(),
        Some(Answer::Text(text)) => text.clone(),
        Some(Answer::Choice(choice)) => choice.clone(),
        Some(Answer::Date(date)) => date.to_string(),
        _ => String::new(),
    };
    let chosen = |id: &String| match answer {
        Some(Answer::Choices(choices)) => choices.contains(id),
        Some(Answer::Choice(choice)) => choice == id,
        _ => false,
    };
    let options: Vec<Value> = field
        .options
        .iter()
        .map(|option| {
            json!({
                "value": option.id,
                "label": visit.say(&option.label),
                "hint": option.help.as_ref().map(|help| visit.say(help)),
                "checked": chosen(&option.id),
            })
        })
        .collect();
    let rows = field.chars_max.map(|chars| (chars / 400).clamp(3, 10));
    json!({
        "id": field.id,
        "kind": field.kind,
        "label": visit.say(&field.label),
        "help": field.help.as_ref().map(|help| visit.say(help)),
        "required": field.required,
        "chars_max": field.chars_max,
        "rows": rows,
        "value": value,
        "value_is_date": true,
        "options": options,
        "checked": matches!(answer, Some(Answer::Tick(true))),
        "goes": goes(visit, field),
        "law": field.law.as_ref().map(|law| visit.say(law)),
        "withheld": withheld(visit, field),
        "asked_if": field.asked_if,
    })
}

/// Where an answer goes: by authority, the place in its own form.
pub(super) fn goes(visit: &Visit, field: &Field) -> Vec<Value> {
    let places = field.goes_to.iter().filter(|(who, _)| *who != "eu");
    places
        .map(|(who, place)| {
            let authorities = visit.app().content().rulebook.authorities();
            let known = who.parse().ok().and_then(|id| authorities.get(&id));
            let name = known.map_or_else(|| who.to_uppercase(), |found| visit.say(&found.short));
            json!({ "who": name, "where": place })
        })
        .collect()
}

/// Why the public does not see an answer.
pub(super) fn withheld(visit: &Visit, field: &Field) -> Option<String> {
    match &field.published {
        Publication::Public => None,
        Publication::Withheld(why) => Some(visit.say(why)),
    }
}

/// The answer that a posted form carries; none where the form does not ask it. What is no date is
/// an error.
pub(super) fn read(field: &Field, form: &Fields) -> Result<Option<Answer>, ()> {
    let text = || form.find(&field.id).map(|text| text.replace("\r\n", "\n"));
    Ok(match field.kind {
        FieldKind::Text | FieldKind::Long => text().map(Answer::Text),
        FieldKind::Choice => form
            .filled(&field.id)
            .map(|id| Answer::Choice(id.to_owned())),
        FieldKind::Multichoice => Some(Answer::Choices(form.all(&field.id))),
        FieldKind::Checkbox => Some(Answer::Tick(form.find(&field.id).is_some())),
        FieldKind::Date => match form.filled(&field.id) {
            Some(text) => Some(Answer::Date(text.parse().map_err(|_| ())?)),
            None => None,
        },
        FieldKind::Selection | FieldKind::Team => None,
    })
}
