//! The application: written with mistakes that are stopped, sent once, seen by those who may.

use base::Date;
use serde_json::{Value, json};
use ureq::http::Method;

use super::client::Sent;
use super::story::{Broken, Story, ensure, list, short, text};

/// The texts and choices of the application; data and people are added below.
const ANSWERS: &str = include_str!("application.json");
const FIRST_DATE: &str = "2019-02-01";
const LAST_DATE: &str = "2025-12-31";

/// Variables that are asked for with less detail.
const COARSENED: &[(&str, &str)] = &[("foed_dag", "year"), ("kont_starttidspunkt", "month")];

/// The application is written. A CPR number is stopped, and so is a stale form.
pub(super) fn write(story: &mut Story) -> Result<String, Broken> {
    let draft = json!({"basket": story.basket});
    let created = story.client.post("researcher", "/api/v1/drafts", &draft)?;
    let body = created.clone().expect(201)?;
    let path = format!("/api/v1/drafts/{}", text(&body, "/id")?);
    let missing = list(&body, "/problems")?.len();
    ensure(missing > 10, || {
        "an empty draft has few problems".to_owned()
    })?;
    let first = created.etag.unwrap_or_default();
    let answers = answers(story, &body)?;

    let cpr = json!({"answers": {"aim": {"kind": "text", "value": "Patienten 010170-1234 først"}}});
    let refused = put(story, &path, &cpr, &first)?;
    ensure(refused.status == 422, || {
        format!("a CPR number in a text was taken: {refused}")
    })?;
    let saved = put(story, &path, &json!({ "answers": answers }), &first)?;
    let view = saved.clone().expect(200)?;
    let stale = put(story, &path, &json!({"answers": {}}), &first)?;
    ensure(stale.status == 409 || stale.status == 412, || {
        format!("a stale form was saved: {stale}")
    })?;
    let problems = list(&view, "/problems")?;
    ensure(problems.is_empty(), || {
        format!("the answers have problems: {}", view["problems"])
    })?;
    let authorities = list(&view, "/authorities")?;
    for authority in ["dst", "ki", "sds"] {
        ensure(authorities.contains(&Value::from(authority)), || {
            format!("`{authority}` gets no part: {}", view["authorities"])
        })?;
    }
    story.draft = path;
    Ok(format!(
        "{} answers",
        ANSWERS.matches("\"kind\"").count() + 4
    ))
}

/// It is sent with a key: sent twice, it is one case.
pub(super) fn send(story: &mut Story) -> Result<String, Broken> {
    let draft = story.client.get("researcher", &story.draft)?;
    let version = draft.etag.clone().unwrap_or_default();
    let key = draft.body["id"].as_str().unwrap_or("journey").to_owned();
    let path = format!("{}/submission", story.draft);
    let sent = Sent {
        if_match: Some(&version),
        key: Some(&key),
        ..Sent::default()
    };
    let first = story
        .client
        .send(&Method::POST, "researcher", &path, &sent)?
        .expect(201)?;
    let again = story
        .client
        .send(&Method::POST, "researcher", &path, &sent)?
        .expect(201)?;
    ensure(first == again, || {
        format!(
            "sent twice, answered {} and {}",
            short(&first),
            short(&again)
        )
    })?;
    story.case = text(&first, "/number")?.to_owned();
    let case = story
        .client
        .get("researcher", &story.case_path(""))?
        .expect(200)?;
    let parts = list(&case, "/view/parts")?.len();
    ensure(parts == 3, || format!("{parts} parts"))?;
    Ok(format!("{}, {parts} parts", story.case))
}

/// Who has no part in it cannot know that it exists.
pub(super) fn hidden(story: &mut Story) -> Result<String, Broken> {
    let path = story.case_path("");
    for who in ["citizen", "checker-1", "holder-sds", "admin"] {
        story
            .client
            .get(who, &path)?
            .expect_refusal(404, "not_found")?;
    }
    let signed_out = story.client.get("", &path)?;
    signed_out.expect_refusal(401, "not_signed_in")?;
    for who in ["officer-sds", "officer-dst", "officer-ki"] {
        let desk = story.client.get(who, "/api/v1/desk")?.expect(200)?;
        let there = list(&desk, "/items")?
            .iter()
            .any(|item| item["case"]["number"] == story.case.as_str());
        ensure(there, || format!("the case is not on the desk of `{who}`"))?;
    }
    Ok("404 for four roles, on three desks".to_owned())
}

fn put(
    story: &mut Story,
    path: &str,
    body: &Value,
    version: &str,
) -> Result<super::client::Reply, Broken> {
    let sent = Sent {
        body: Some(body),
        if_match: Some(version),
        key: None,
    };
    story.client.send(&Method::PUT, "researcher", path, &sent)
}

fn answers(story: &mut Story, draft: &Value) -> Result<Value, Broken> {
    let mut answers: Value = serde_json::from_str(ANSWERS)
        .map_err(|error| Broken::new(format!("the story's answers: {error}")))?;
    let clock = story.client.get("", "/api/v1/demo/clock")?.expect(200)?;
    let today: Date = text(&clock, "/today")?
        .parse()
        .map_err(|_| Broken::new("the demo's date is not a date"))?;
    let from = today.saturating_add(jiff::Span::new().days(1));
    let to = today.saturating_add(jiff::Span::new().years(3));
    answers["access-from"] = json!({"kind": "date", "value": from});
    answers["access-to"] = json!({"kind": "date", "value": to});
    let team = [
        member(story, "researcher", true)?,
        member(story, "researcher-2", false)?,
    ];
    answers["team"] = json!({"kind": "team", "value": team});
    let tables = draft
        .pointer("/body/answers/selection/value/tables")
        .ok_or_else(|| Broken::new("the basket's tables are not in the draft"))?;
    answers["selection"] = json!({"kind": "selection", "value": selection(tables.clone())});
    Ok(answers)
}

fn member(story: &mut Story, who: &str, principal: bool) -> Result<Value, Broken> {
    let signed_in = story.client.sign_in(who)?;
    let access = if principal { "sees_rows" } else { "sends_code" };
    Ok(json!({
        "account": text(&signed_in, "/actor/account")?,
        "principal": principal,
        "access": access,
        "may_release": principal,
    }))
}

/// People with type 2 diabetes by diagnosis or by medicine, and the basket's tables with reasons.
fn selection(mut tables: Value) -> Value {
    let period = json!({"from": FIRST_DATE, "to": LAST_DATE});
    for table in tables.as_array_mut().into_iter().flatten() {
        table["period"] = period.clone();
        for variable in table["variables"].as_array_mut().into_iter().flatten() {
            variable["reason"] = json!("Indgår i analysen af tid til nyresvigt");
            let name = variable["name"].as_str().unwrap_or_default().to_owned();
            if let Some((_, coarsening)) = COARSENED.iter().find(|(known, _)| *known == name) {
                variable["coarsening"] = json!(coarsening);
            }
        }
    }
    let diagnosis = json!({"event": {
        "register": "lpr3", "table": "diagnoser",
        "conditions": [{"codes": {"variable": "diag_kode", "codes": ["DE11*"]}}],
    }});
    let medicine = json!({"event": {
        "register": "lmdb", "table": "epikur",
        "conditions": [{"codes": {"variable": "atc", "codes": ["A10B*"]}}],
        "count_min": 2,
    }});
    json!({
        "format": "sund-selection/1",
        "population": {"any": [diagnosis, medicine]},
        "period": period,
        "tables": tables,
    })
}
