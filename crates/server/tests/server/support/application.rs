//! An application that can be sent, for tests that need cases.

use serde_json::{Value, json};

use super::Client;

const ANSWERS: &str = include_str!("../../../src/journey/application.json");

/// The answers of a small project: one register, one researcher.
pub(crate) fn answers(client: &mut Client) -> Value {
    let mut answers: Value = serde_json::from_str(ANSWERS).unwrap();
    let signed_in = client.send("researcher", "GET", "/api/v1/session", &Value::Null);
    let clock = client.send("", "GET", "/api/v1/demo/clock", &Value::Null);
    let today = clock.body["today"].as_str().unwrap();
    let year: i32 = today[..4].parse().unwrap();
    let period = json!({"from": "2019-02-01", "to": "2025-12-31"});
    answers["access-from"] = json!({"kind": "date", "value": format!("{}-01-01", year + 1)});
    answers["access-to"] = json!({"kind": "date", "value": format!("{}-01-01", year + 3)});
    answers["team"] = json!({"kind": "team", "value": [{
        "account": signed_in.body["actor"]["account"],
        "principal": true,
        "access": "sees_rows",
        "may_release": true,
    }]});
    answers["selection"] = json!({"kind": "selection", "value": {
        "format": "sund-selection/1",
        "population": {"event": {
            "register": "lmdb", "table": "epikur",
            "conditions": [{"codes": {"variable": "atc", "codes": ["A10B*"]}}],
        }},
        "period": period,
        "tables": [{
            "register": "lmdb", "table": "epikur", "period": period,
            "variables": [{"name": "atc", "reason": "Analysen handler om lægemidler"}],
        }],
    }});
    answers
}
