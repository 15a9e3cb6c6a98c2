//! Checks the answers of a draft. Nothing here stops a draft from being saved; only sending needs
//! a clean result.

use std::collections::BTreeMap;

use base::{Date, limits};
use catalogue::Catalogue;
use catalogue::selection::Selection;
use serde::Serialize;

use super::cpr::looks_like_cpr;
use super::{Answer, Answers, Field, FieldKind, Form};
use crate::application::TeamMember;
use crate::calendar::add_months;
use crate::case::submit_application::{ACCESS_MONTHS_MAX, latest_access};

/// Field with the first date of access.
const ACCESS_FROM: &str = "access-from";
/// Field with the last date of access.
const ACCESS_TO: &str = "access-to";

/// An answer that must be put right before the application can be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// Field.
    pub field: String,
    /// Stable code: `required`, `too_long`, `access_too_long`, …; pages have words for each.
    pub code: &'static str,
    /// Values for the words.
    pub args: BTreeMap<&'static str, String>,
    /// An answer that would be right, where the machine knows one.
    pub suggestion: Option<Answer>,
}

impl FieldProblem {
    fn new(field: &str, code: &'static str) -> Self {
        Self {
            field: field.to_owned(),
            code,
            args: BTreeMap::new(),
            suggestion: None,
        }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.insert(name, value.to_string());
        self
    }

    fn suggesting(mut self, answer: Answer) -> Self {
        self.suggestion = Some(answer);
        self
    }
}

/// Every problem of the answers, in the order of the form.
pub fn check_answers(
    form: &Form,
    answers: &Answers,
    today: Date,
    catalogue: &Catalogue,
) -> Vec<FieldProblem> {
    form.steps
        .iter()
        .flat_map(|step| check_step(&step.fields, answers, today, catalogue))
        .collect()
}

/// The problems of one step's fields.
pub fn check_step(
    fields: &[Field],
    answers: &Answers,
    today: Date,
    catalogue: &Catalogue,
) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    for field in fields.iter().filter(|field| field.is_asked(answers)) {
        match answers.get(&field.id).filter(|answer| !is_empty(answer)) {
            None if field.required => problems.push(FieldProblem::new(&field.id, "required")),
            None => {}
            Some(answer) => {
                problems.extend(check_answer(field, answer, catalogue));
                problems.extend(check_dates(field, answer, answers, today));
            }
        }
    }
    problems
}

fn is_empty(answer: &Answer) -> bool {
    match answer {
        Answer::Text(text) => text.trim().is_empty(),
        Answer::Choice(choice) => choice.is_empty(),
        Answer::Choices(choices) => choices.is_empty(),
        Answer::Date(_) => false,
        Answer::Tick(ticked) => !ticked,
        Answer::Selection(selection) => selection.tables.is_empty(),
        Answer::Team(team) => team.is_empty(),
    }
}

fn check_answer(field: &Field, answer: &Answer, catalogue: &Catalogue) -> Vec<FieldProblem> {
    let problem = |code| FieldProblem::new(&field.id, code);
    match (field.kind, answer) {
        (FieldKind::Text | FieldKind::Long, Answer::Text(text)) => check_text(field, text),
        (FieldKind::Choice, Answer::Choice(choice)) => {
            if field.option(choice).is_some() {
                Vec::new()
            } else {
                vec![problem("no_such_option")]
            }
        }
        (FieldKind::Multichoice, Answer::Choices(choices)) => {
            if choices.iter().all(|choice| field.option(choice).is_some()) {
                Vec::new()
            } else {
                vec![problem("no_such_option")]
            }
        }
        (FieldKind::Date, Answer::Date(_)) | (FieldKind::Checkbox, Answer::Tick(_)) => Vec::new(),
        (FieldKind::Selection, Answer::Selection(selection)) => {
            check_selection(field, selection, catalogue)
        }
        (FieldKind::Team, Answer::Team(team)) => check_team(field, team),
        _ => vec![problem("wrong_kind")],
    }
}

fn check_text(field: &Field, text: &str) -> Vec<FieldProblem> {
    let chars = text.trim().chars().count();
    let most = field.chars_max.unwrap_or(match field.kind {
        FieldKind::Text => limits::LINE_CHARS_MAX,
        _ => limits::TEXT_CHARS_MAX,
    });
    let mut problems = Vec::new();
    if chars > most {
        problems.push(
            FieldProblem::new(&field.id, "too_long")
                .with("max", most)
                .with("n", chars - most),
        );
    }
    if let Some(least) = field.chars_min.filter(|least| chars < *least) {
        problems.push(FieldProblem::new(&field.id, "too_short").with("min", least));
    }
    if looks_like_cpr(text) {
        problems.push(FieldProblem::new(&field.id, "cpr_found"));
    }
    problems
}

fn check_dates(
    field: &Field,
    answer: &Answer,
    answers: &Answers,
    today: Date,
) -> Option<FieldProblem> {
    let Answer::Date(date) = answer else {
        return None;
    };
    match field.id.as_str() {
        ACCESS_FROM if *date < today => {
            Some(FieldProblem::new(&field.id, "date_passed").suggesting(Answer::Date(today)))
        }
        ACCESS_TO => {
            let from = match answers.get(ACCESS_FROM) {
                Some(Answer::Date(from)) => *from,
                _ => today,
            };
            let latest = add_months(today, ACCESS_MONTHS_MAX).min(latest_access(today, from));
            if *date < from {
                Some(FieldProblem::new(&field.id, "date_order").with("date", from))
            } else if *date > latest {
                Some(
                    FieldProblem::new(&field.id, "access_too_long")
                        .with("latest", latest)
                        .with("year", date.year())
                        .suggesting(Answer::Date(latest)),
                )
            } else {
                None
            }
        }
        _ => None,
    }
}

fn check_team(field: &Field, team: &[TeamMember]) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    if team.iter().filter(|member| member.principal).count() != 1 {
        problems.push(FieldProblem::new(&field.id, "not_one_principal"));
    }
    let mut accounts: Vec<_> = team.iter().map(|member| member.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    if accounts.len() != team.len() {
        problems.push(FieldProblem::new(&field.id, "member_twice"));
    }
    if !team.iter().any(|member| member.may_release) {
        problems.push(FieldProblem::new(&field.id, "nobody_releases"));
    }
    problems
}

fn check_selection(
    field: &Field,
    selection: &Selection,
    catalogue: &Catalogue,
) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    for table in &selection.tables {
        let Some(described) = catalogue.table(&table.register, &table.table) else {
            problems.push(
                FieldProblem::new(&field.id, "no_such_table")
                    .with("table", format!("{}.{}", table.register, table.table)),
            );
            continue;
        };
        if !selection.period.covers(&table.period) {
            problems.push(
                FieldProblem::new(&field.id, "period_outside")
                    .with("table", format!("{}.{}", table.register, table.table)),
            );
        }
        for variable in &table.variables {
            let name = format!("{}.{}.{}", table.register, table.table, variable.name);
            if described.variable(&variable.name).is_none() {
                problems
                    .push(FieldProblem::new(&field.id, "no_such_variable").with("variable", name));
            } else if variable.reason.trim().is_empty() {
                problems
                    .push(FieldProblem::new(&field.id, "reason_missing").with("variable", name));
            } else if looks_like_cpr(&variable.reason) {
                problems.push(FieldProblem::new(&field.id, "cpr_found").with("variable", name));
            }
        }
    }
    problems
}
