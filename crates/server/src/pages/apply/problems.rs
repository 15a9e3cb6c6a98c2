//! What must be mended, as an instruction at its field.

use app::casework::form::Answer;
use app::drafts::{DraftView, ProblemView};
use serde_json::{Value, json};

use crate::pages::visit::{FieldError, Visit};

/// Where a problem is shown: the reason of one variable has a field of its own.
pub(super) fn field_id(problem: &ProblemView) -> String {
    match (problem.code, problem.args.get("variable")) {
        ("reason_missing" | "cpr_found", Some(variable)) => format!("reason-{variable}"),
        _ => problem.field.clone(),
    }
}

/// A problem in words.
pub(super) fn message(visit: &Visit, problem: &ProblemView) -> String {
    let field = visit.app().content().rulebook.form().field(&problem.field);
    let own = field.and_then(|field| field.problem.as_ref());
    let key = format!("field_problem.{}", problem.code);
    if let Some(own) = own
        && (problem.code == "required" || !visit.has_word(&key))
    {
        return visit.say(own);
    }
    let dates = |value: &String| visit.date(value);
    let values: Vec<(&str, String)> = problem
        .args
        .iter()
        .map(|(name, value)| (*name, dates(value)))
        .collect();
    let values: Vec<(&str, &str)> = values.iter().map(|(n, v)| (*n, v.as_str())).collect();
    visit.sentence(&key, &values)
}

/// The problems of a step, as the page shows them.
pub(super) fn of_step(visit: &Visit, draft: &DraftView, step: &str) -> Vec<FieldError> {
    let problems = draft.problems.iter().filter(|problem| problem.step == step);
    problems
        .map(|problem| error_of(visit, draft, problem))
        .collect()
}

fn error_of(visit: &Visit, draft: &DraftView, problem: &ProblemView) -> FieldError {
    let fix = match &problem.suggestion {
        Some(Answer::Date(date)) => {
            let day = visit.date(&date.to_string());
            let (draft, step, field) = (draft.id, &problem.step, &problem.field);
            let href = format!("/ansoeg/{draft}/{step}?{field}={date}#{field}");
            json!({
                "label": visit.sentence("field_problem.fix_date", &[("date", &day)]),
                "href": visit.href(&href),
            })
        }
        _ => Value::Null,
    };
    FieldError {
        field: field_id(problem),
        message: message(visit, problem),
        fix,
    }
}

/// An error of the use case, at its field.
pub(super) fn of_app(visit: &Visit, error: &app::Error) -> FieldError {
    let own = format!("field_problem.{}", error.code());
    let message = if visit.has_word(&own) {
        visit.word(&own)
    } else {
        visit.word("problem.class.invalid")
    };
    FieldError::new(error.field().unwrap_or_default(), message)
}
