//! The workbench: an extract that is linked and minimised, safe and unsafe tables, fences, review.

use serde_json::{Value, json};

use super::decide::jump;
use super::story::{Broken, Story, ensure, list, short, text};

/// Persons and mean income by sex, over two linked registers: many persons behind each cell.
const SAFE: &str = "SELECT koen, count_persons() AS persons, avg(aekvivadisp_13) AS income \
FROM dst_bef_bef JOIN dst_ind_ind USING (person) GROUP BY koen";
/// Counts by year of birth and region: few persons behind some cells.
const UNSAFE: &str =
    "SELECT foed_dag, reg, count_persons() AS persons FROM dst_bef_bef GROUP BY foed_dag, reg";
/// Rows about individuals.
const ROWS: &str = "SELECT person, koen, reg FROM dst_bef_bef LIMIT 5";
/// What the workbench refuses, and why a researcher might try.
const FENCED: [&str; 4] = [
    "SELECT * FROM cpr_person",
    "SELECT * FROM information_schema.tables",
    "COPY dst_bef_bef TO '/tmp/out.csv'",
    "SELECT pnr FROM dst_bef_bef",
];

/// The extract comes by a job: all six tables, with a person column of pseudonyms.
pub(super) fn extract(story: &mut Story) -> Result<String, Broken> {
    jump(story, 2)?;
    let path = format!("/api/v1/permits/{}/extract", story.permit);
    let extract = story.wait_for(("researcher", &path), "the extract", |extract| {
        extract["state"] == "made" || extract["state"] == "failed"
    })?;
    ensure(extract["state"] == "made", || short(&extract))?;
    let tables = list(&extract, "/descriptor/resources")?;
    ensure(tables.len() == 6, || {
        format!("{} tables in the extract", tables.len())
    })?;
    let mut rows = 0;
    for table in tables {
        let fields = list(table, "/schema/fields")?;
        let first = fields.first().map(|field| &field["name"]);
        ensure(first == Some(&json!("person")), || {
            format!("{} does not begin with the person", table["name"])
        })?;
        let known = ["pnr", "cpr", "personnummer"];
        let leaks = fields.iter().find(|field| {
            field["name"]
                .as_str()
                .is_some_and(|name| known.contains(&name))
        });
        ensure(leaks.is_none(), || format!("an identifier: {leaks:?}"))?;
        rows += table["rows"].as_u64().unwrap_or(0);
    }
    ensure(rows > 0, || "the extract is empty".to_owned())?;
    Ok(format!("{rows} rows in {} tables", tables.len()))
}

/// The permit's people have a room; nobody else sees it.
pub(super) fn room(story: &mut Story) -> Result<String, Broken> {
    let rooms = story
        .client
        .get("researcher", "/api/v1/rooms")?
        .expect(200)?;
    let room = list(&rooms, "/items")?
        .iter()
        .find(|room| room["permit"] == story.permit.as_str())
        .ok_or_else(|| Broken::new("the permit has no room"))?;
    story.room = text(room, "/id")?.to_owned();
    let path = format!("/api/v1/rooms/{}", story.room);
    story.client.get("researcher-2", &path)?.expect(200)?;
    for who in ["officer-sds", "checker-1", "admin", "citizen"] {
        story
            .client
            .get(who, &path)?
            .expect_refusal(404, "not_found")?;
    }
    Ok(story.room.clone())
}

/// A table with many persons behind every cell leaves at once, with its evidence.
pub(super) fn safe_table(story: &mut Story) -> Result<String, Broken> {
    let output = query(story, SAFE)?;
    ensure(output["verdict"]["state"] == "releasable", || {
        format!("the safe table is held: {}", short(&output["verdict"]))
    })?;
    story.released = text(&output, "/id")?.to_owned();
    let path = format!("/api/v1/outputs/{}", story.released);
    let released = story
        .client
        .post("researcher", &format!("{path}/release"), &json!({}))?
        .expect(200)?;
    ensure(released["state"] == "released", || short(&released))?;
    let file = story.client.get("researcher", &format!("{path}/file"))?;
    ensure(file.status == 200, || format!("no file: {file}"))?;
    let csv = String::from_utf8_lossy(&file.bytes).into_owned();
    let lines = csv.lines().count();
    ensure(lines >= 3, || format!("a file of {lines} lines"))?;
    let evidence = story
        .client
        .get("researcher", &format!("{path}/evidence"))?
        .expect(200)?;
    ensure(evidence.is_object(), || short(&evidence))?;
    Ok(format!("{lines} lines"))
}

/// A table with few persons behind a cell is held whole; the failing cells are named.
pub(super) fn unsafe_table(story: &mut Story) -> Result<String, Broken> {
    let output = query(story, UNSAFE)?;
    ensure(output["verdict"]["state"] == "held", || {
        format!(
            "the unsafe table is not held: {}",
            short(&output["verdict"])
        )
    })?;
    let findings = list(&output, "/verdict/findings")?;
    let cells = findings
        .iter()
        .filter(|finding| finding["row"].is_u64() && finding["column"].is_u64())
        .count();
    ensure(cells > 0, || "no cell is named".to_owned())?;
    story.held = text(&output, "/id")?.to_owned();
    let path = format!("/api/v1/outputs/{}", story.held);
    let held = story
        .client
        .post("researcher", &format!("{path}/release"), &json!({}))?
        .expect(200)?;
    ensure(held["state"] == "held", || short(&held["state"]))?;
    story
        .client
        .get("researcher", &format!("{path}/file"))?
        .expect_refusal(409, "not_released")?;
    Ok(format!("{cells} cells"))
}

/// Only the extract's tables, only reading, and nothing by name that the permit does not give.
pub(super) fn fences(story: &mut Story) -> Result<String, Broken> {
    let path = format!("/api/v1/rooms/{}/queries", story.room);
    for sql in FENCED {
        let body = json!({ "sql": sql });
        let refused = story.client.post("researcher", &path, &body)?;
        ensure(refused.status == 422, || {
            format!("`{sql}` was not refused: {refused}")
        })?;
    }
    let rows = query(story, ROWS)?;
    ensure(rows["verdict"]["state"] == "never_released", || {
        format!("rows could leave: {}", short(&rows["verdict"]))
    })?;
    let release = format!("/api/v1/outputs/{}/release", text(&rows, "/id")?);
    story
        .client
        .post("researcher", &release, &json!({}))?
        .expect_refusal(409, "not_released")?;
    let stranger = json!({ "sql": SAFE });
    story
        .client
        .post("officer-dst", &path, &stranger)?
        .expect_refusal(404, "not_found")?;
    Ok(format!("{} refused", FENCED.len()))
}

/// What was held goes to people: two checkers who have no part in the project.
pub(super) fn review(story: &mut Story) -> Result<String, Broken> {
    let path = format!("/api/v1/outputs/{}/review", story.held);
    let context = json!({"context": "Antal pr. fødselsår og region, til tabel 1 i artiklen."});
    story
        .client
        .post("researcher", &path, &context)?
        .expect(200)?;
    let path = format!("/api/v1/reviews/{}", story.held);
    for who in ["checker-1", "checker-2"] {
        let queue = story.client.get(who, "/api/v1/reviews")?.expect(200)?;
        let waits = list(&queue, "/items")?
            .iter()
            .any(|output| output["id"] == story.held.as_str());
        ensure(waits, || format!("`{who}` does not see it in the queue"))?;
        let review = story.client.get(who, &path)?.expect(200)?;
        ensure(!review["table"].is_null(), || short(&review))?;
        let assessment = json!({
            "verdict": "reject",
            "reason": "Celler med få personer skal slås sammen.",
        });
        story
            .client
            .post(who, &format!("{path}/assessments"), &assessment)?
            .expect(200)?;
    }
    let path = format!("/api/v1/outputs/{}", story.held);
    let output = story.client.get("researcher", &path)?.expect(200)?;
    ensure(output["state"] == "rejected", || short(&output["state"]))?;
    Ok(text(&output, "/state")?.to_owned())
}

fn query(story: &mut Story, sql: &str) -> Result<Value, Broken> {
    let path = format!("/api/v1/rooms/{}/queries", story.room);
    let body = json!({ "sql": sql });
    story.client.post("researcher", &path, &body)?.expect(201)
}
