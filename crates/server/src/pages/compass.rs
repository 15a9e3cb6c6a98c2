//! Guidance and the approval compass. Answers travel in the address, so that a result can be shared
//! and nothing is kept.

use std::collections::BTreeMap;

use app::guidance::{Approval, DONT_KNOW, Facts, Guidance, Question, Unsettled, UnsettledBecause};
use axum::response::Response;
use base::Date;
use serde_json::{Value, json};

use super::fields::{Fields, Posted, encode};
use super::visit::{FieldError, Sheet, Visit};
use crate::http::{Answer, PathOf, Problem};

const RESULT: &str = "/vejledning/kompas/resultat";

pub(super) async fn guidance(visit: Visit) -> Answer<Response> {
    let rulebook = &visit.app().content().rulebook;
    let desks: Vec<Value> = rulebook
        .authorities()
        .iter()
        .filter(|authority| authority.desk.is_some())
        .map(|authority| {
            let about = authority.desk.as_ref().map(|desk| visit.say(&desk.name));
            json!({ "name": visit.say(&authority.name), "about": about })
        })
        .collect();
    let view = json!({ "questions": visit.app().questions().len(), "authorities": desks });
    visit.show(Sheet::new("guidance.html", view)).await
}

pub(super) async fn begin(visit: Visit) -> Answer<Response> {
    let facts = facts_of(&visit, &visit.query);
    Ok(visit.go(&next_path(&visit, &facts)))
}

pub(super) async fn question(visit: Visit, PathOf(id): PathOf<String>) -> Answer<Response> {
    let facts = facts_of(&visit, &visit.query);
    show_question(&visit, &id, &facts, Vec::new()).await
}

pub(super) async fn answer(
    visit: Visit,
    PathOf(id): PathOf<String>,
    Posted(form): Posted,
) -> Answer<Response> {
    let facts = facts_of(&visit, &form);
    if !facts.answers.contains_key(&id) {
        let error = FieldError::new(&id, visit.word("problem.no_answer"));
        return show_question(&visit, &id, &facts, vec![error]).await;
    }
    Ok(visit.go(&next_path(&visit, &facts)))
}

async fn show_question(
    visit: &Visit,
    id: &str,
    facts: &Facts,
    errors: Vec<FieldError>,
) -> Answer<Response> {
    let questions = visit.app().questions();
    let at = questions.iter().position(|question| question.id == id);
    let at = at.ok_or_else(Problem::not_found)?;
    let question = questions.get(at).ok_or_else(Problem::not_found)?;
    let before = at.checked_sub(1).and_then(|at| questions.get(at));
    let previous = before.map(|question| address(&question.id, facts));
    let mut others = facts.clone();
    others.answers.remove(id);
    let guidance = guide(visit, &others).await?;
    let so_far: Vec<Value> = others
        .answers
        .iter()
        .map(|(id, value)| json!({ "id": id, "value": value }))
        .collect();
    let needed: Vec<Value> = guidance.needed.iter().map(|a| short(visit, a)).collect();
    let view = json!({
        "n": at + 1,
        "total": questions.len(),
        "previous_path": previous,
        "answers_so_far": so_far,
        "question": question_view(visit, question, facts),
        "needed": needed,
        "possible": [],
        "not_needed": guidance.not_needed.len(),
    });
    visit
        .show(Sheet::new("compass_question.html", view).with_errors(errors))
        .await
}

fn question_view(visit: &Visit, question: &Question, facts: &Facts) -> Value {
    let chosen = facts.answers.get(&question.id).map(String::as_str);
    let mut options: Vec<Value> = question
        .choices
        .iter()
        .map(|choice| {
            json!({
                "value": choice.id,
                "label": capital(&visit.say(&choice.text)),
                "hint": null,
                "checked": chosen == Some(choice.id.as_str()),
            })
        })
        .collect();
    options.push(json!({
        "value": DONT_KNOW,
        "label": visit.word("site.dont_know"),
        "hint": visit.word("site.dont_know_hint"),
        "checked": chosen == Some(DONT_KNOW),
    }));
    json!({
        "id": question.id,
        "text": visit.say(&question.text),
        "hint": visit.say(&question.help),
        "law": null,
        "many": false,
        "options": options,
    })
}

pub(super) async fn result(visit: Visit) -> Answer<Response> {
    let facts = facts_of(&visit, &visit.query);
    let guidance = guide(&visit, &facts).await?;
    let mut needed: Vec<Value> = guidance
        .needed
        .iter()
        .map(|a| approval(&visit, a))
        .collect();
    needed.extend(guidance.unsettled.iter().map(|u| unsettled(&visit, u)));
    let not_needed: Vec<Value> = guidance
        .not_needed
        .iter()
        .map(|not| {
            let (law, href) = law_of(&visit, &not.law);
            json!({
                "what": visit.say(&not.title),
                "because": sentence(&visit.say(&not.because)),
                "law": law,
                "law_href": href,
            })
        })
        .collect();
    let days = days_to_decision(&guidance);
    let from = visit.app().today();
    let expected = days.and_then(|days| from.checked_add(jiff::Span::new().days(days)).ok());
    let (low, high) = price(&guidance);
    let order = order_of(&visit, &guidance);
    let view = json!({
        "needed": needed,
        "not_needed": not_needed,
        "in_parallel": in_parallel(&guidance),
        "order": order,
        "answers": answers_of(&visit, &facts),
        "from_date": from,
        "expected_on": expected,
        "days_to_decision": days,
        "days_to_data": null,
        "price_low_ore": low,
        "price_high_ore": high,
        "rules_as_of": edition_date(&guidance.edition).unwrap_or(from),
    });
    visit.show(Sheet::new("compass_result.html", view)).await
}

async fn guide(visit: &Visit, facts: &Facts) -> Answer<Guidance> {
    let basket = visit.load_basket().await?;
    let mut registers: Vec<String> = basket.items.into_iter().map(|item| item.register).collect();
    registers.dedup();
    Ok(visit.app().guide(facts, &registers))
}

/// The answers that a query or form carries; what is no choice of a question is left out.
fn facts_of(visit: &Visit, fields: &Fields) -> Facts {
    let answers: BTreeMap<String, String> = visit
        .app()
        .questions()
        .iter()
        .filter_map(|question| {
            let answer = fields.filled(&question.id)?;
            let known = answer == DONT_KNOW || question.choice(answer).is_some();
            known.then(|| (question.id.clone(), answer.to_owned()))
        })
        .collect();
    Facts { answers }
}

fn query_of(facts: &Facts) -> String {
    let pairs = facts.answers.iter();
    let pairs: Vec<String> = pairs
        .map(|(id, value)| format!("{}={}", encode(id), encode(value)))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("?{}", pairs.join("&"))
    }
}

fn address(question: &str, facts: &Facts) -> String {
    format!("/vejledning/kompas/{question}{}", query_of(facts))
}

/// The first question without an answer; the result after the last.
fn next_path(visit: &Visit, facts: &Facts) -> String {
    let mut questions = visit.app().questions().iter();
    let open = questions.find(|question| !facts.answers.contains_key(&question.id));
    open.map_or_else(
        || format!("{RESULT}{}", query_of(facts)),
        |question| address(&question.id, facts),
    )
}

fn who(visit: &Visit, approval: &Approval) -> String {
    let authority = approval.authority.as_ref();
    authority.map_or_else(
        || visit.word("site.own_institution"),
        |id| visit.organisation(id),
    )
}

fn short(visit: &Visit, approval: &Approval) -> Value {
    let because = sentence(&visit.say(&approval.because));
    json!({ "authority": who(visit, approval), "because": because })
}

fn approval(visit: &Visit, approval: &Approval) -> Value {
    let (law, href) = law_of(visit, &approval.law);
    let attach = approval
        .documents
        .iter()
        .filter(|document| !document.from_answers);
    let attach: Vec<String> = attach.map(|document| visit.say(&document.name)).collect();
    let typical = approval.typical.as_ref();
    let price = approval.price.as_ref();
    let attach_text = visit.sentence("site.attach", &[("what", &attach.join(", "))]);
    json!({
        "authority": who(visit, approval),
        "what": visit.say(&approval.title),
        "because": sentence(&visit.say(&approval.because)),
        "law": law,
        "law_href": href,
        "valid_to": null,
        "attach": (!attach.is_empty()).then_some(attach_text),
        "days_median": typical.and_then(|time| time.working_days),
        "days_target": null,
        "price_low_ore": price.and_then(|price| price.from_ore),
        "price_high_ore": price.and_then(|price| price.to_ore.or(price.from_ore)),
        "price_note": price.map(|price| visit.say(&price.basis)),
        "unsettled": null,
    })
}

fn unsettled(visit: &Visit, open: &Unsettled) -> Value {
    let (law, href) = law_of(visit, &open.law);
    let rules = &visit.app().content().guidance;
    let readings: Vec<String> = match &open.because {
        UnsettledBecause::Readings(readings) => readings
            .iter()
            .map(|reading| visit.say(&reading.text))
            .collect(),
        UnsettledBecause::Unanswered(questions) => questions
            .iter()
            .filter_map(|id| rules.question(id))
            .map(|question| visit.say(&question.text))
            .collect(),
    };
    let unanswered = matches!(open.because, UnsettledBecause::Unanswered(_));
    let authority = open.authority.as_ref();
    let name = authority.map_or_else(
        || visit.word("site.own_institution"),
        |id| visit.organisation(id),
    );
    json!({
        "authority": name,
        "what": visit.say(&open.title),
        "because": visit.word(match &open.because {
            UnsettledBecause::Readings(_) => "site.law_is_read_differently",
            UnsettledBecause::Unanswered(_) => "site.depends_on_answers",
        }),
        "law": law,
        "law_href": href,
        "valid_to": null,
        "attach": null,
        "days_median": null,
        "days_target": null,
        "price_low_ore": null,
        "price_high_ore": null,
        "price_note": null,
        "unsettled": { "readings": readings, "ask": name, "unanswered": unanswered },
    })
}

fn law_of(visit: &Visit, law: &[app::guidance::Citation]) -> (String, Option<String>) {
    let texts: Vec<String> = law
        .iter()
        .map(|citation| visit.say(&citation.text))
        .collect();
    let href = law.iter().find_map(|citation| citation.url.clone());
    (texts.join("; "), href)
}

/// Working days of the slowest, as calendar days; none while a time is not published.
fn days_to_decision(guidance: &Guidance) -> Option<i64> {
    let decided = guidance.needed.iter().filter(|a| a.authority.is_some());
    let days = decided.map(|approval| {
        let time = approval.typical.as_ref()?;
        let working = time.working_days.map(|days| i64::from(days) * 7 / 5);
        working.or_else(|| time.calendar_days.map(i64::from))
    });
    days.collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn price(guidance: &Guidance) -> (Option<i64>, Option<i64>) {
    let decided = || guidance.needed.iter().filter(|a| a.authority.is_some());
    let low = decided().map(|a| a.price.as_ref()?.from_ore);
    let high = decided().map(|a| {
        let price = a.price.as_ref()?;
        price.to_ore.or(price.from_ore)
    });
    let sum = |prices: Option<Vec<i64>>| prices.filter(|p| !p.is_empty()).map(|p| p.iter().sum());
    let (low, high) = (sum(low.collect()), sum(high.collect()));
    if low.is_some() && high.is_some() {
        (low, high)
    } else {
        (None, None)
    }
}

fn steps(guidance: &Guidance) -> BTreeMap<usize, Vec<&Approval>> {
    let mut steps: BTreeMap<usize, Vec<&Approval>> = BTreeMap::new();
    for approval in &guidance.needed {
        steps.entry(approval.order).or_default().push(approval);
    }
    steps
}

fn in_parallel(guidance: &Guidance) -> usize {
    steps(guidance).values().map(Vec::len).max().unwrap_or(0)
}

fn order_of(visit: &Visit, guidance: &Guidance) -> Vec<Value> {
    let step = |approvals: &Vec<&Approval>| {
        let names: Vec<String> = approvals.iter().map(|a| who(visit, a)).collect();
        let what = match approvals.as_slice() {
            [one] => Some(visit.say(&one.title)),
            _ => None,
        };
        json!({ "who": names, "what": what })
    };
    steps(guidance).values().map(step).collect()
}

fn answers_of(visit: &Visit, facts: &Facts) -> Vec<Value> {
    let questions = visit.app().questions().iter();
    questions
        .filter_map(|question| {
            let answer = facts.answers.get(&question.id)?;
            let said = question
                .choice(answer)
                .map(|choice| visit.say(&choice.text));
            Some(json!({
                "question": visit.say(&question.label),
                "answer": said.unwrap_or_else(|| visit.word("site.dont_know")),
                "path": address(&question.id, facts),
            }))
        })
        .collect()
}

/// `2026-11` is an edition of the whole month.
fn edition_date(edition: &str) -> Option<Date> {
    format!("{edition}-01").parse().ok()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    if text.ends_with(['.', '?', '!']) {
        text
    } else {
        format!("{text}.")
    }
}
