//! Whom a selection is about, as rules to read.

use app::catalogue::selection::{
    Controls, Criterion, EventCriterion, IndexDate, Kinship, MatchOn, Moment, RowCondition, Sample,
    SampleSize, Selection, Sex, Span, Window,
};
use base::Date;
use serde_json::{Value, json};

use crate::pages::visit::Visit;

/// The rules of a population, and who is drawn and stands beside it.
pub(super) fn rules(visit: &Visit, selection: &Selection) -> Vec<Value> {
    let mut rules = Vec::new();
    add_all(visit, &selection.population, 0, &mut rules);
    rules.extend(selection.sample.map(sample_rule));
    if let Some(controls) = &selection.controls {
        rules.push(controls_rule(controls));
        if controls.among != Criterion::All(Vec::new()) {
            rules.push(json!({ "kind": "among", "depth": 1, "negated": false }));
            add_all(visit, &controls.among, 2, &mut rules);
        }
    }
    if !selection.relatives.is_empty() {
        let kin: Vec<&str> = selection
            .relatives
            .iter()
            .map(|kin| Kinship::name(*kin))
            .collect();
        rules.push(json!({ "kind": "relatives", "kin": kin, "depth": 0, "negated": false }));
    }
    rules
}

/// The first day of a person, if the selection has one.
pub(super) fn index(visit: &Visit, index: Option<&IndexDate>) -> Value {
    let Some(IndexDate::FirstEvent(event)) = index else {
        return Value::Null;
    };
    let mut view = event_view(visit, event, "first");
    view["depth"] = 0.into();
    view["negated"] = false.into();
    view
}

/// A time around the first day.
pub(super) fn window_view(window: Option<Window>) -> Value {
    match window {
        None => Value::Null,
        Some(window) => json!({ "from": window.from.map(span), "to": window.to.map(span) }),
    }
}

fn sample_rule(sample: Sample) -> Value {
    let (persons, permille) = match sample.size {
        SampleSize::Persons(n) => (Some(n), None),
        SampleSize::Permille(n) => (None, Some(n)),
    };
    json!({
        "kind": "sample", "persons": persons, "permille": permille, "depth": 0, "negated": false,
    })
}

fn controls_rule(controls: &Controls) -> Value {
    let on: Vec<&str> = controls
        .matched_on
        .iter()
        .map(|on| MatchOn::name(*on))
        .collect();
    json!({
        "kind": "controls",
        "per_case": controls.per_case,
        "on": on,
        "alive": controls.matches(MatchOn::Alive),
        "reused": controls.reused,
        "depth": 0,
        "negated": false,
    })
}

fn add_all(visit: &Visit, criterion: &Criterion, depth: usize, rules: &mut Vec<Value>) {
    match criterion {
        Criterion::All(parts) if parts.is_empty() => {
            rules.push(json!({ "depth": depth, "negated": false, "kind": "everyone" }));
        }
        Criterion::All(parts) => {
            for part in parts {
                add_rule(visit, part, (depth, false), rules);
            }
        }
        other => add_rule(visit, other, (depth, false), rules),
    }
}

fn add_rule(
    visit: &Visit,
    criterion: &Criterion,
    (depth, negated): (usize, bool),
    rules: &mut Vec<Value>,
) {
    let mut rule = match criterion {
        Criterion::Not(inner) => return add_rule(visit, inner, (depth, !negated), rules),
        Criterion::All(_) => json!({ "kind": "all" }),
        Criterion::Any(_) => json!({ "kind": "any" }),
        Criterion::Event(event) => event_view(visit, event, "event"),
        Criterion::Age(age) => json!({
            "kind": "age", "min": age.min, "max": age.max, "at": moment(age.at),
        }),
        Criterion::Sex(sex) => json!({
            "kind": "sex", "sex": match sex { Sex::Male => "male", Sex::Female => "female" },
        }),
        Criterion::Residence(residence) => json!({
            "kind": "residence",
            "municipalities": residence.municipalities,
            "at": moment(residence.at),
        }),
        Criterion::Alive(alive) => json!({ "kind": "alive", "at": moment(alive.at) }),
        Criterion::Washout(washout) => {
            let mut view = event_view(visit, &washout.event(), "washout");
            view["clear"] = span(washout.clear);
            view
        }
    };
    rule["depth"] = depth.into();
    rule["negated"] = negated.into();
    rules.push(rule);
    if let Criterion::All(parts) | Criterion::Any(parts) = criterion {
        for part in parts {
            add_rule(visit, part, (depth + 1, false), rules);
        }
    }
}

/// A date; none for the first day; a length of time for a day counted from it.
fn moment(moment: Moment) -> Value {
    match moment {
        Moment::On(date) => json!(date),
        Moment::Index => Value::Null,
        Moment::FromIndex(length) => span(length),
    }
}

fn span(span: Span) -> Value {
    let unit = match span {
        Span::Days(_) => "days",
        Span::Months(_) => "months",
        Span::Years(_) => "years",
    };
    let count = span.count();
    json!({ "n": count.unsigned_abs(), "before": count < 0, "unit": unit })
}

fn event_view(visit: &Visit, event: &EventCriterion, kind: &str) -> Value {
    let conditions: Vec<Value> = event.conditions.iter().map(condition).collect();
    json!({
        "kind": kind,
        "register_name": visit.register(&event.register),
        "table": format!("{}.{}", event.register, event.table),
        "conditions": conditions,
        "from": event.period.map(|period| period.from),
        "to": event.period.map(|period| period.to),
        "window": window_view(event.window),
        "count_min": event.count_min,
        "count_max": event.count_max,
    })
}

fn condition(condition: &RowCondition) -> Value {
    let view = |kind: &str, codes: &[String], min: Value, max: Value| {
        json!({
            "variable": condition.variable(), "kind": kind, "codes": codes, "min": min, "max": max,
        })
    };
    match condition {
        RowCondition::Codes { codes, .. } => view("codes", codes, Value::Null, Value::Null),
        RowCondition::Number {
            min_thousandths,
            max_thousandths,
            ..
        } => {
            let kind = match (min_thousandths, max_thousandths) {
                (Some(_), Some(_)) => "between",
                (Some(_), None) => "at_least",
                (None, Some(_)) => "at_most",
                (None, None) => "stated",
            };
            let number = |end: &Option<i64>| end.map(thousandths).into();
            view(kind, &[], number(min_thousandths), number(max_thousandths))
        }
        RowCondition::Date { from, to, .. } => {
            let kind = match (from, to) {
                (Some(_), Some(_)) => "dates",
                (Some(_), None) => "since",
                (None, Some(_)) => "until",
                (None, None) => "stated",
            };
            let date = |end: &Option<Date>| json!(end);
            view(kind, &[], date(from), date(to))
        }
    }
}

fn thousandths(number: i64) -> Value {
    if number % 1000 == 0 {
        return (number / 1000).into();
    }
    let (whole, rest) = (number / 1000, (number % 1000).unsigned_abs());
    let text = format!("{whole}.{rest:03}");
    text.parse::<f64>().map_or(Value::Null, Value::from)
}
