//! Who may call what: for every route of the API, what nobody, the wrong people and the right ones
//! are answered. A route that the description of the API lists and this table does not is a failure.

use std::collections::BTreeSet;

use crate::support::{Client, Server, object, run};
use serde_json::{Value, json};

/// A route, what is sent to it, and the status that each person gets. `""` is nobody.
struct Row {
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
    statuses: &'static [(&'static str, u16)],
}

const NO_BODY: fn() -> Value = || Value::Null;

/// A question that nobody has asked, so that the right person is told that, and others nothing.
const ANSWER: fn() -> Value =
    || json!({"question": "00000000-0000-7000-8000-000000000000", "text": "Svar"});
const REASON: fn() -> Value = || json!({"reason": "Prøve"});
const DECISION: fn() -> Value = || json!({"decision": {"granted": {}}});

/// After the journey the case is permitted: commands that belong to earlier states answer 409 to
/// who may give them, and 404 to everybody else.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row("GET", "/api/v1/demo/roles", NO_BODY, &[("", 200)]),
    row("POST", "/api/v1/demo/sign-in", || json!({"role": "minister"}), &[("", 422)]),
    row("GET", "/api/v1/demo/clock", NO_BODY, &[("", 200)]),
    row("GET", "/api/v1/catalogue/search", NO_BODY, &[("", 200), ("citizen", 200)]),
    row("GET", "/api/v1/catalogue/suggestions", NO_BODY, &[("", 200), ("citizen", 200)]),
    row("GET", "/api/v1/catalogue/registers", NO_BODY, &[("", 200)]),
    row("GET", "/api/v1/catalogue/registers/{register}", NO_BODY, &[("", 200)]),
    row("GET", "/api/v1/catalogue/export", NO_BODY, &[("", 200), ("citizen", 200)]),
    row("GET", "/api/v1/packages", NO_BODY, &[("", 200)]),
    row("GET", "/api/v1/packages/{package}", NO_BODY, &[("", 200)]),
    row("GET", "/api/v1/packages/{package}/sample", NO_BODY, &[("", 200)]),
    row("GET", "/id/register/{register}", NO_BODY, &[("", 303)]),
    row("GET", "/api/v1/guidance/questions", NO_BODY, &[("", 200)]),
    row("POST", "/api/v1/guidance", || json!({}), &[("", 200)]),
    row("POST", "/api/v1/baskets", || json!({}), &[("", 201)]),
    row("GET", "/api/v1/baskets/{basket}", NO_BODY, &[("", 200)]),
    row("POST", "/api/v1/baskets/{basket}/items", || json!({"items": []}), &[("", 200)]),
    row("POST", "/api/v1/baskets/{basket}/removals", || json!({"register": "lpr3"}), &[("", 200)]),
    row("GET", "/api/v1/public/figures", NO_BODY, &[("", 200)]),
    row("GET", "/api/v1/public/projects", NO_BODY, &[("", 200)]),
    row("GET", "/api/v1/public/projects/{number}", NO_BODY, &[("", 200), ("citizen", 200)]),
    row("GET", "/log/{*path}", NO_BODY, &[("", 200)]),
    row("POST", "/api/v1/session", || json!({"account": "nobody", "password": "nothing"}),
        &[("", 401)]),
    row("POST", "/api/v1/setup", || json!({"token": "x", "account": "abc", "name": "N", "password": "long enough 12"}),
        &[("", 404)]),
    row("GET", "/api/v1/session", NO_BODY, &[("", 401), ("citizen", 200)]),
    row("DELETE", "/api/v1/session", NO_BODY, &[("", 401)]),
    row("GET", "/api/v1/saved-searches", NO_BODY, &[("", 401), ("citizen", 200), ("researcher", 200)]),
    row("POST", "/api/v1/saved-searches", || json!({"q": "astma"}), &[("", 401), ("citizen", 201)]),
    row("POST", "/api/v1/saved-searches/{search}/visits", NO_BODY,
        &[("", 401), ("citizen", 404), ("researcher", 204)]),
    row("DELETE", "/api/v1/saved-searches/{search}", NO_BODY,
        &[("", 401), ("citizen", 404), ("researcher", 204)]),
    row("GET", "/api/v1/cases", NO_BODY,
        &[("", 401), ("citizen", 403), ("checker-1", 403), ("researcher", 200), ("officer-sds", 200), ("coordinator", 200)]),
    row("GET", "/api/v1/cases/{number}", NO_BODY,
        &[("", 401), ("citizen", 404), ("checker-1", 404), ("holder-sds", 404), ("admin", 404),
          ("researcher", 200), ("researcher-2", 200), ("officer-sds", 200), ("officer-dst", 200), ("coordinator", 200)]),
    row("GET", "/api/v1/permits/{permit}", NO_BODY,
        &[("", 401), ("citizen", 404), ("checker-1", 404), ("researcher", 200), ("officer-dst", 200)]),
    row("GET", "/api/v1/drafts", NO_BODY,
        &[("", 401), ("citizen", 403), ("officer-sds", 403), ("researcher", 200)]),
    row("POST", "/api/v1/drafts", || json!({}),
        &[("", 401), ("citizen", 403), ("officer-sds", 403), ("researcher", 201)]),
    row("GET", "/api/v1/drafts/{draft}", NO_BODY,
        &[("", 401), ("researcher-2", 404), ("officer-sds", 404), ("researcher", 200)]),
    row("PUT", "/api/v1/drafts/{draft}", || json!({"answers": {}}),
        &[("", 401), ("researcher-2", 404), ("officer-sds", 404), ("researcher", 200)]),
    row("POST", "/api/v1/drafts/{draft}/submission", NO_BODY,
        &[("", 401), ("researcher-2", 404), ("officer-sds", 404), ("researcher", 409)]),
    row("DELETE", "/api/v1/drafts/{draft}", NO_BODY,
        &[("", 401), ("researcher-2", 404), ("researcher", 204)]),
    row("POST", "/api/v1/cases/{number}/answers", ANSWER,
        &[("", 401), ("citizen", 404), ("officer-sds", 403), ("researcher", 409)]),
    row("POST", "/api/v1/cases/{number}/requirements", || json!({"requirement": "record-entry"}),
        &[("", 401), ("citizen", 404), ("officer-sds", 403), ("researcher", 409)]),
    row("POST", "/api/v1/cases/{number}/withdrawal", REASON,
        &[("", 401), ("citizen", 404), ("officer-sds", 403), ("researcher", 409)]),
    row("GET", "/api/v1/desk", NO_BODY,
        &[("", 401), ("researcher", 403), ("citizen", 403), ("officer-ki", 200), ("coordinator", 200)]),
    row("POST", "/api/v1/cases/{number}/completeness", || json!({}),
        &[("", 401), ("citizen", 404), ("researcher", 403), ("coordinator", 409)]),
    row("POST", "/api/v1/cases/{number}/questions", || json!({"field": "aim", "text": "Hvorfor?"}),
        &[("", 401), ("citizen", 404), ("officer-sds", 409)]),
    row("POST", "/api/v1/cases/{number}/assessments", || json!({"criterion": "purpose", "met": true}),
        &[("", 401), ("citizen", 404), ("officer-sds", 409)]),
    row("POST", "/api/v1/cases/{number}/decisions", DECISION,
        &[("", 401), ("citizen", 404), ("officer-ki", 409)]),
    row("POST", "/api/v1/cases/{number}/confirmations", || json!({}),
        &[("", 401), ("citizen", 404), ("officer-ki", 409)]),
    row("POST", "/api/v1/cases/{number}/extensions", || json!({"clock": "decision", "reason": "Mere tid"}),
        &[("", 401), ("citizen", 404), ("officer-ki", 409)]),
    row("GET", "/api/v1/permits/{permit}/extract", NO_BODY,
        &[("", 401), ("officer-sds", 404), ("citizen", 404), ("researcher", 200), ("researcher-2", 200)]),
    row("GET", "/api/v1/rooms", NO_BODY, &[("", 401), ("researcher", 200)]),
    row("GET", "/api/v1/rooms/{room}", NO_BODY,
        &[("", 401), ("officer-sds", 404), ("checker-1", 404), ("citizen", 404), ("researcher", 200), ("researcher-2", 200)]),
    row("POST", "/api/v1/rooms/{room}/queries", || json!({"sql": "SELECT count_persons() AS n FROM dst_bef_bef"}),
        &[("", 401), ("officer-sds", 404), ("admin", 404), ("researcher", 201), ("researcher-2", 201)]),
    row("GET", "/api/v1/outputs/{output}", NO_BODY,
        &[("", 401), ("officer-sds", 404), ("citizen", 404), ("researcher", 200), ("researcher-2", 200), ("checker-1", 200)]),
    row("POST", "/api/v1/outputs/{output}/release", NO_BODY,
        &[("", 401), ("officer-sds", 404), ("researcher-2", 403), ("researcher", 409)]),
    row("POST", "/api/v1/outputs/{output}/review", || json!({"context": "Prøve"}),
        &[("", 401), ("officer-sds", 404), ("researcher-2", 403), ("researcher", 409)]),
    row("GET", "/api/v1/outputs/{output}/file", NO_BODY,
        &[("", 401), ("officer-sds", 404), ("checker-1", 403), ("researcher", 409)]),
    row("GET", "/api/v1/outputs/{output}/evidence", NO_BODY,
        &[("", 401), ("officer-sds", 404), ("checker-1", 403), ("researcher", 409)]),
    row("GET", "/api/v1/reviews", NO_BODY, &[("", 401), ("researcher", 403), ("checker-1", 200)]),
    row("GET", "/api/v1/reviews/{output}", NO_BODY,
        &[("", 401), ("researcher", 404), ("officer-sds", 404), ("checker-1", 200)]),
    row("POST", "/api/v1/reviews/{output}/assessments", || json!({"verdict": "reject", "reason": "Små celler"}),
        &[("", 401), ("citizen", 404), ("researcher", 403), ("checker-1", 200)]),
    row("POST", "/api/v1/registers/{register}/deliveries", NO_BODY,
        &[("", 401), ("researcher", 403), ("officer-sds", 403), ("admin", 403), ("holder-sds", 415)]),
    row("GET", "/api/v1/versions", NO_BODY, &[("", 401), ("holder-sds", 200)]),
    row("GET", "/api/v1/deliveries/{delivery}", NO_BODY,
        &[("", 401), ("researcher", 404), ("officer-sds", 404), ("holder-sds", 200)]),
    row("POST", "/api/v1/registers/{register}/versions/{version}/approval", NO_BODY,
        &[("", 401), ("researcher", 403), ("officer-sds", 403), ("holder-sds", 409)]),
    row("POST", "/api/v1/registers/{register}/versions/{version}/withdrawal", REASON,
        &[("", 401), ("researcher", 403), ("officer-sds", 403), ("holder-sds", 200)]),
    row("GET", "/api/v1/accounts", NO_BODY,
        &[("", 401), ("researcher", 403), ("officer-sds", 403), ("admin", 200)]),
    row("POST", "/api/v1/accounts", || json!({"account": "x y", "name": "N", "password": "p", "roles": []}),
        &[("", 401), ("researcher", 403), ("admin", 422)]),
    row("GET", "/api/v1/openapi.json", NO_BODY, &[("", 200)]),
    row("GET", "/healthz", NO_BODY, &[("", 200)]),
    row("GET", "/readyz", NO_BODY, &[("", 200)]),
    row("GET", "/metrics", NO_BODY, &[("", 200)]),
    // The end of the permit, last.
    row("POST", "/api/v1/cases/{number}/revocation", REASON,
        &[("", 401), ("citizen", 404), ("researcher", 403)]),
    row("POST", "/api/v1/cases/{number}/closure", REASON,
        &[("", 401), ("citizen", 404), ("officer-sds", 403), ("researcher", 200)]),
    // Sessions end when the clock moves.
    row("POST", "/api/v1/demo/clock", || json!({"days": 1}),
        &[("", 401), ("researcher", 403), ("admin", 200)]),
];

const fn row(
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
    statuses: &'static [(&'static str, u16)],
) -> Row {
    Row {
        method,
        path,
        body,
        statuses,
    }
}

#[test]
fn every_route_answers_each_person_as_the_table_says() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::demo(dir.path().join("demo").as_path(), 2_000);
    let journey = run(&["journey", "--url", &server.url, "--json"]);
    let facts = object(&journey);
    assert_eq!(journey.status.code(), Some(0), "{facts}");
    let mut client = Client::new(&server.url);
    check_coverage(&mut client);
    let draft = client.send("researcher", "POST", "/api/v1/drafts", &json!({}));
    let draft = draft.body["id"].as_str().unwrap().to_owned();
    let kept = json!({"q": "sukkersyge"});
    let kept = client.send("researcher", "POST", "/api/v1/saved-searches", &kept);
    let search = kept.body["id"].as_str().unwrap().to_owned();
    let versions = client.send(
        "holder-sds",
        "GET",
        "/api/v1/versions?register=ssr",
        &Value::Null,
    );
    let version = versions.body["items"][0].clone();
    let output = output_in_review(&mut client, facts["room"].as_str().unwrap());
    let names = [
        ("{version}", version["version"].as_str().unwrap()),
        ("{delivery}", version["delivery"].as_str().unwrap()),
        ("{number}", facts["case"].as_str().unwrap()),
        ("{permit}", facts["permit"].as_str().unwrap()),
        ("{room}", facts["room"].as_str().unwrap()),
        ("{output}", &output),
        ("{draft}", &draft),
        ("{search}", &search),
        ("{register}", "ssr"),
        ("{package}", "diabetes-medicin"),
        ("{basket}", "0123456789abcdef0123456789abcdef"),
        ("{*path}", "checkpoint"),
    ];
    let mut wrong = Vec::new();
    for Row {
        method,
        path,
        body,
        statuses,
    } in TABLE
    {
        let mut address = (*path).to_owned();
        for (name, value) in &names {
            address = address.replace(name, value);
        }
        for (who, status) in *statuses {
            let headers = [(
                "if-match",
                if path.contains("draft") { "\"1\"" } else { "*" },
            )];
            let reply = client.send_with(who, method, &address, &body(), &headers);
            if reply.status != *status {
                let code = &reply.body["code"];
                wrong.push(format!(
                    "{method} {path} as `{who}`: {} {code}, not {status}",
                    reply.status
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    check_doors(&mut client);
}

/// A held table that was sent to the checkers, who have not answered.
fn output_in_review(client: &mut Client, room: &str) -> String {
    let path = format!("/api/v1/rooms/{room}/queries");
    let sql = "SELECT foed_dag, reg, count_persons() AS n FROM dst_bef_bef GROUP BY foed_dag, reg";
    let made = client.send("researcher", "POST", &path, &json!({ "sql": sql }));
    let id = made.body["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/outputs/{id}");
    let release = format!("{path}/release");
    let held = client.send("researcher", "POST", &release, &Value::Null);
    assert_eq!(held.body["state"], "held");
    let context = json!({"context": "Tabel 1"});
    let sent = client.send("researcher", "POST", &format!("{path}/review"), &context);
    assert_eq!(sent.body["state"], "in-review");
    id
}

fn check_coverage(client: &mut Client) {
    let document = client.send("", "GET", "/api/v1/openapi.json", &Value::Null);
    let covered: BTreeSet<(String, &str)> = TABLE
        .iter()
        .map(|row| (row.method.to_lowercase(), row.path))
        .collect();
    let mut missing = Vec::new();
    for (path, operations) in document.body["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let listed = ["get", "post", "put", "delete"].contains(&method.as_str());
            if listed && !covered.contains(&(method.clone(), path.as_str())) {
                missing.push(format!("{method} {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "no row for {}", missing.join(", "));
}

/// What surrounds every route: foreign hosts, foreign sites, browsers' headers.
fn check_doors(client: &mut Client) {
    let path = "/api/v1/demo/roles";
    let foreign = [("host", "sund.attacker.example")];
    let reply = client.send_with("", "GET", path, &Value::Null, &foreign);
    assert_eq!(reply.status, 421, "a foreign host is not answered");
    let site = [("sec-fetch-site", "cross-site")];
    let role = json!({"role": "researcher"});
    let reply = client.send_with("", "POST", "/api/v1/demo/sign-in", &role, &site);
    assert_eq!(reply.body["code"], "cross_site");
    let reply = client.send("", "GET", path, &Value::Null);
    let policy = &reply.headers["content-security-policy"];
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"));
    assert!(reply.headers.contains_key("x-request-id"));
    let reply = client.send("", "GET", "/api/v1/nothing", &Value::Null);
    assert_eq!(
        (reply.status, &reply.body["code"]),
        (404, &json!("not_found"))
    );
    assert_eq!(reply.headers["content-type"], "application/problem+json");
}
