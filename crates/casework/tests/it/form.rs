//! The form checks answers and offers what would be right.

use base::Date;
use casework::form::{Answer, Answers, FieldProblem, check_answers};

use crate::support::*;

fn today() -> Date {
    "2026-12-01".parse().unwrap()
}

fn problems(answers: &Answers) -> Vec<FieldProblem> {
    check_answers(rulebook().form(), answers, today(), catalogue())
}

fn problem(answers: &Answers, field: &str) -> Option<FieldProblem> {
    problems(answers).into_iter().find(|p| p.field == field)
}

fn text_answer(words: &str) -> Answer {
    Answer::Text(words.to_owned())
}

fn complete() -> Answers {
    let long = "Vi vil undersøge, om tidlig behandling beskytter nyrerne hos voksne med diabetes.";
    let choice = |id: &str| Answer::Choice(id.to_owned());
    let date = |text: &str| Answer::Date(text.parse().unwrap());
    let mut answers = Answers::from(
        [
            ("purposes", Answer::Choices(vec!["e".to_owned()])),
            ("legal-basis", choice("research-public")),
            ("ethics", choice("not-needed")),
            ("access-mode", choice("sees-rows")),
            ("outside-eu", choice("no")),
            ("tools", Answer::Choices(vec!["sql".to_owned()])),
            ("access-from", date("2027-02-19")),
            ("access-to", date("2029-02-19")),
            ("selection", Answer::Selection(Box::new(selection()))),
            ("team", Answer::Team(application().team)),
            ("confirm-true", Answer::Tick(true)),
            ("confirm-duties", Answer::Tick(true)),
            ("confirm-public", Answer::Tick(true)),
        ]
        .map(|(field, answer)| (field.to_owned(), answer)),
    );
    for field in [
        "lay-summary",
        "qualifications",
        "aim",
        "benefit",
        "pseudonymised-why",
        "population-definition",
        "minimisation",
        "rows-why",
        "safeguards",
    ] {
        answers.insert(field.to_owned(), text_answer(long));
    }
    answers.insert("title".to_owned(), text_answer("Tidlig SGLT2-hæmmer"));
    answers
}

#[test]
fn a_complete_application_has_no_problems() {
    assert_eq!(problems(&complete()), []);
}

#[test]
fn an_empty_draft_names_every_required_field_and_nothing_else() {
    let found = problems(&Answers::new());
    assert!(found.iter().all(|problem| problem.code == "required"));
    assert!(found.iter().any(|problem| problem.field == "title"));
    assert!(
        !found.iter().any(|problem| problem.field == "rows-why"),
        "it is asked only of those who want to see rows"
    );
}

#[test]
fn access_over_ten_years_is_answered_with_the_last_date_that_can_be() {
    let mut answers = complete();
    let asked: Date = "2039-12-31".parse().unwrap();
    answers.insert("access-to".to_owned(), Answer::Date(asked));
    answers.insert("access-from".to_owned(), Answer::Date(today()));
    let found = problem(&answers, "access-to").unwrap();
    assert_eq!(found.code, "access_too_long");
    assert_eq!(found.args["latest"], "2036-12-01");
    assert_eq!(
        found.suggestion,
        Some(Answer::Date("2036-12-01".parse().unwrap()))
    );
}

#[test]
fn who_sends_code_is_not_asked_why_rows_are_needed() {
    let mut answers = complete();
    answers.remove("rows-why");
    assert_eq!(problem(&answers, "rows-why").unwrap().code, "required");
    answers.insert(
        "access-mode".to_owned(),
        Answer::Choice("sends-code".to_owned()),
    );
    assert_eq!(problem(&answers, "rows-why"), None);
}

#[test]
fn a_cpr_number_is_stopped_in_texts_and_in_reasons() {
    let mut answers = complete();
    answers.insert(
        "aim".to_owned(),
        text_answer(&"Patienten 010170-1234 er med. ".repeat(3)),
    );
    assert_eq!(problem(&answers, "aim").unwrap().code, "cpr_found");
    let mut chosen = selection();
    chosen.tables[0].variables[0].reason = "0101701234".to_owned();
    answers.insert("selection".to_owned(), Answer::Selection(Box::new(chosen)));
    assert_eq!(problem(&answers, "selection").unwrap().code, "cpr_found");
}

#[test]
fn every_variable_needs_a_reason_and_must_exist() {
    let mut answers = complete();
    let mut chosen = selection();
    chosen.tables[0].variables[0].reason = " ".to_owned();
    chosen.tables[1].variables[0].name = "nothing".to_owned();
    answers.insert("selection".to_owned(), Answer::Selection(Box::new(chosen)));
    let codes: Vec<&str> = problems(&answers).iter().map(|p| p.code).collect();
    assert_eq!(codes, ["reason_missing", "no_such_variable"]);
}

#[test]
fn a_text_that_is_too_long_says_by_how_much() {
    let mut answers = complete();
    answers.insert("title".to_owned(), text_answer(&"x".repeat(160)));
    let found = problem(&answers, "title").unwrap();
    assert_eq!((found.code, found.args["n"].as_str()), ("too_long", "10"));
}

#[test]
fn an_answer_of_the_wrong_kind_is_refused_and_not_guessed_at() {
    let mut answers = complete();
    answers.insert("purposes".to_owned(), Answer::Choices(vec!["z".to_owned()]));
    answers.insert("access-from".to_owned(), text_answer("i morgen"));
    assert_eq!(
        problem(&answers, "purposes").unwrap().code,
        "no_such_option"
    );
    assert_eq!(problem(&answers, "access-from").unwrap().code, "wrong_kind");
}
