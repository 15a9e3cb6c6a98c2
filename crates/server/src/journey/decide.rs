//! The authorities: one question, one answer, three decisions, one permit.

use serde_json::{Value, json};

use super::story::{Broken, Story, ensure, list, short, text};

const OFFICERS: [(&str, &str); 3] = [
    ("officer-sds", "sds"),
    ("officer-dst", "dst"),
    ("officer-ki", "ki"),
];
const QUESTION: &str = "Hvorfor er der brug for nyrefunktionen før behandlingen?";

/// The time for the decision runs from here, on the same clock for all.
pub(super) fn complete(story: &mut Story) -> Result<String, Broken> {
    jump(story, 3)?;
    let case = command(story, "coordinator", "/completeness", &json!({}))?;
    let from = text(&case, "/view/complete_from")?.to_owned();
    let due = text(&case, "/view/statutory_due")?.to_owned();
    let seen = story
        .client
        .get("researcher", &story.case_path(""))?
        .expect(200)?;
    ensure(seen["view"]["clocks"] == case["view"]["clocks"], || {
        "applicant and coordinator see different clocks".to_owned()
    })?;
    Ok(format!("from {from}, due {due}"))
}

/// Two authorities ask about the same field. The applicant sees one question and answers it once.
pub(super) fn question(story: &mut Story) -> Result<String, Broken> {
    let asked = json!({"field": "aim", "text": QUESTION});
    command(story, "officer-sds", "/questions", &asked)?;
    command(story, "officer-dst", "/questions", &asked)?;
    let path = story.case_path("");
    let case = story.client.get("researcher", &path)?.expect(200)?;
    let questions = list(&case, "/view/questions")?;
    ensure(questions.len() == 1, || {
        format!("{} questions instead of one", questions.len())
    })?;
    let both = list(&case, "/view/questions/0/authorities")?.len();
    ensure(both == 2, || format!("{both} authorities stand behind it"))?;
    ensure(case["view"]["ball"] == "applicant", || {
        format!("the ball is with {}", case["view"]["ball"])
    })?;
    jump(story, 5)?;
    let id = text(&case, "/view/questions/0/id")?;
    let answer = json!({
        "question": id,
        "text": "Nyrefunktionen før behandlingen afgør, hvem der kan sammenlignes.",
    });
    let case = command(story, "researcher", "/answers", &answer)?;
    ensure(case["view"]["sentence"]["open_questions"] == 0, || {
        format!("questions are still open: {}", case["view"]["sentence"])
    })?;
    let days = case["view"]["days_with_applicant"].as_u64().unwrap_or(0);
    ensure(days >= 5, || format!("{days} days with the applicant"))?;
    Ok(format!("{days} days with the applicant"))
}

/// What the institution meets itself is a task of its own, not a part.
pub(super) fn requirement(story: &mut Story) -> Result<String, Broken> {
    let path = story.case_path("");
    let case = story.client.get("researcher", &path)?.expect(200)?;
    let waiting: Vec<String> = list(&case, "/view/requirements")?
        .iter()
        .filter(|requirement| requirement["met_at"].is_null())
        .filter_map(|requirement| requirement["id"].as_str().map(str::to_owned))
        .collect();
    ensure(!waiting.is_empty(), || "nothing is required".to_owned())?;
    for requirement in &waiting {
        let met = json!({"requirement": requirement, "text": "Fortegnelsen, nr. 2026-0417"});
        command(story, "researcher", "/requirements", &met)?;
    }
    Ok(waiting.join(", "))
}

/// Each authority assesses every criterion and decides its own part, and only its own.
pub(super) fn decisions(story: &mut Story) -> Result<String, Broken> {
    jump(story, 20)?;
    let path = story.case_path("");
    for (who, authority) in OFFICERS {
        let case = story.client.get(who, &path)?.expect(200)?;
        let part = part_of(&case, authority)?;
        let criteria: Vec<String> = list(part, "/assessments")?
            .iter()
            .filter_map(|assessment| assessment["criterion"].as_str().map(str::to_owned))
            .collect();
        for criterion in criteria {
            let assessed = json!({"criterion": criterion, "met": true});
            command(story, who, "/assessments", &assessed)?;
        }
        let decision = json!({"decision": {"granted": {"conditions": ["cells-5"]}}});
        let case = command(story, who, "/decisions", &decision)?;
        let state = part_of(&case, authority)?["state"].clone();
        ensure(state == "granted-with-conditions", || {
            format!("the part of `{authority}` is {state}")
        })?;
        let twice = story
            .client
            .post(who, &story.case_path("/decisions"), &decision)?;
        ensure(twice.status == 409, || format!("decided twice: {twice}"))?;
    }
    Ok("sds, dst, ki".to_owned())
}

/// The permit is signed by a job, and its signature holds.
pub(super) fn permit(story: &mut Story) -> Result<String, Broken> {
    let path = story.case_path("");
    let case = story.wait_for(("researcher", &path), "the permit", |case| {
        case["view"]["permit"]["number"].is_string()
    })?;
    story.permit = text(&case, "/view/permit/number")?.to_owned();
    let path = format!("/api/v1/permits/{}", story.permit);
    let page = story.client.get("researcher", &path)?.expect(200)?;
    ensure(page["verified"] == true, || {
        format!("the signature does not hold: {}", short(&page))
    })?;
    let tables = list(&page, "/document/selection/tables")?.len();
    ensure(tables == 6, || format!("the permit has {tables} tables"))?;
    let floor = &page["document"]["output_policy"]["persons_min"];
    ensure(floor.as_u64() >= Some(5), || {
        format!("the permit's smallest cell is {floor}")
    })?;
    story
        .client
        .get("checker-1", &path)?
        .expect_refusal(404, "not_found")?;
    Ok(story.permit.clone())
}

/// Moves the demo's clock forward.
pub(super) fn jump(story: &mut Story, days: u16) -> Result<(), Broken> {
    let body = json!({ "days": days });
    story
        .client
        .post("admin", "/api/v1/demo/clock", &body)?
        .expect(200)?;
    Ok(())
}

fn command(story: &mut Story, who: &str, part: &str, body: &Value) -> Result<Value, Broken> {
    let path = story.case_path(part);
    story.client.post(who, &path, body)?.expect(200)
}

fn part_of<'a>(case: &'a Value, authority: &str) -> Result<&'a Value, Broken> {
    list(case, "/view/parts")?
        .iter()
        .find(|part| part["authority"] == authority)
        .ok_or_else(|| Broken::new(format!("there is no part of `{authority}`")))
}
