//! From a question to a basket and the approvals it needs.

use serde_json::{Value, json};

use super::client::NOBODY;
use super::story::{Broken, Story, ensure, list, short, text};

const PEOPLE: [&str; 11] = [
    "researcher",
    "researcher-2",
    "officer-sds",
    "officer-dst",
    "officer-ki",
    "coordinator",
    "checker-1",
    "checker-2",
    "holder-sds",
    "citizen",
    "admin",
];

/// What goes into the basket: register, table, variables.
const BASKET: &[(&str, &str, &[&str])] = &[
    (
        "lpr3",
        "diagnoser",
        &[
            "dw_ek_kontakt",
            "kont_starttidspunkt",
            "diag_kode",
            "diag_type",
        ],
    ),
    ("lmdb", "epikur", &["eksd", "atc", "volapk"]),
    (
        "lab",
        "lab_forsker",
        &["samplingdate", "analysiscode", "value", "unit"],
    ),
    (
        "dst_bef",
        "bef",
        &["referencetid", "koen", "foed_dag", "reg"],
    ),
    ("dst_ind", "ind", &["referencetid", "aekvivadisp_13"]),
    (
        "rkkp_dvdd",
        "status",
        &["statusdato", "diabetestype", "hba1c", "egfr", "rygning"],
    ),
];

/// All of the demo's people sign in; nobody else can.
pub(super) fn sign_in(story: &mut Story) -> Result<String, Broken> {
    for who in PEOPLE {
        let body = story.client.sign_in(who)?;
        text(&body, "/actor/role")?;
        text(&body, "/organisation")?;
    }
    let stranger = json!({"role": "minister"});
    let reply = story
        .client
        .post(NOBODY, "/api/v1/demo/sign-in", &stranger)?;
    ensure((400..500).contains(&reply.status), || {
        format!("a role that does not exist signed in: {reply}")
    })?;
    Ok(format!("{} people", PEOPLE.len()))
}

/// The lay word finds the professional term, its codes and the registers.
pub(super) fn search(story: &mut Story) -> Result<String, Broken> {
    let path = "/api/v1/catalogue/search?q=sukkersyge&lang=da&limit=100";
    let found = story.client.get(NOBODY, path)?.expect(200)?;
    let total = found["total"].as_u64().unwrap_or(0);
    ensure(total >= 5, || format!("only {total} hits"))?;
    let codes = list(&found, "/understood/codes")?;
    let has_codes = codes
        .iter()
        .filter_map(Value::as_str)
        .any(|code| code.starts_with("DE1"));
    ensure(has_codes, || {
        format!(
            "the codes of diabetes are not understood: {}",
            found["understood"]
        )
    })?;
    let hits = list(&found, "/hits")?;
    let finds = |register: &str| hits.iter().any(|hit| hit["register"] == register);
    ensure(finds("rkkp_dvdd"), || {
        "the clinical diabetes database is not among the hits".to_owned()
    })?;
    Ok(format!("{total} hits"))
}

/// Variables go into the basket; a person column cannot.
pub(super) fn basket(story: &mut Story) -> Result<String, Broken> {
    let created = story
        .client
        .post(NOBODY, "/api/v1/baskets", &json!({}))?
        .expect(201)?;
    story.basket = text(&created, "/id")?.to_owned();
    let items: Vec<Value> = BASKET
        .iter()
        .map(|(register, table, variables)| {
            json!({"register": register, "table": table, "variables": variables})
        })
        .collect();
    let path = format!("/api/v1/baskets/{}/items", story.basket);
    let view = story
        .client
        .post(NOBODY, &path, &json!({ "items": items }))?
        .expect(200)?;
    let expected: usize = BASKET.iter().map(|(_, _, variables)| variables.len()).sum();
    ensure(view["n_variables"] == expected, || {
        format!("expected {expected} variables: {}", short(&view))
    })?;
    let person =
        json!({"items": [{"register": "lpr3", "table": "diagnoser", "variables": ["pnr"]}]});
    story
        .client
        .post(NOBODY, &path, &person)?
        .expect_refusal(422, "not_orderable")?;
    Ok(format!("{expected} variables of {} tables", BASKET.len()))
}

/// The compass names the three authorities and says what is not needed.
pub(super) fn guidance(story: &mut Story) -> Result<String, Broken> {
    let questions = story
        .client
        .get(NOBODY, "/api/v1/guidance/questions")?
        .expect(200)?;
    let questions = list(&questions, "/items")?.len();
    ensure(questions >= 5, || format!("only {questions} questions"))?;
    let registers: Vec<&str> = BASKET.iter().map(|(register, ..)| *register).collect();
    let asked = json!({
        "answers": {"project-type": "register", "data-level": "individual"},
        "registers": registers,
    });
    let answer = story
        .client
        .post(NOBODY, "/api/v1/guidance", &asked)?
        .expect(200)?;
    let needed = list(&answer, "/needed")?;
    for authority in ["sds", "dst", "ki"] {
        let named = needed
            .iter()
            .find(|approval| approval["authority"] == authority);
        let approval = named.ok_or_else(|| Broken::new(format!("`{authority}` is not named")))?;
        text(approval, "/because/da")?;
        ensure(!list(approval, "/law")?.is_empty(), || {
            format!("no law stands behind the approval of `{authority}`")
        })?;
    }
    let not_needed = list(&answer, "/not_needed")?;
    ensure(!not_needed.is_empty(), || {
        "it does not say what is not needed".to_owned()
    })?;
    Ok(format!(
        "{} approvals needed, {} not",
        needed.len(),
        not_needed.len()
    ))
}
