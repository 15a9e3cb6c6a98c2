//! The formats that leave the house: their JSON is kept as snapshots, and the schemas under
//! `docs/formats` accept it. A change here is a new version of the format.

use std::fs;
use std::path::Path;

use base::{AccountId, Date, OrganisationId, PermitId};
use catalogue::Text;
use catalogue::permit::{
    AccessMode, DecidedPart, Environment, FORMAT, Member, PermitDocument, PermitStatus,
    STATUS_FORMAT,
};
use catalogue::register::OutputPolicy;
use catalogue::selection::check::check;
use catalogue::selection::{Selection, plain_text};
use serde_json::{Value, json};

mod shipped;

const STORY: &str = "\
sund-selection/1
population
  all
    event lpr3.diagnoser where diag_kode in DE11* from 2019-01-01 to 2025-12-31
    event lmdb.epikur where atc in A10BA02 at least 2 times
    age from 18 to 110 at index
    any
      event lab.lab_forsker where analysiscode in NPU27300 and value between 48 and 150.5
      event rkkp_dvdd.status where hba1c at least 48
    not
      event lpr2.lpr_diag where c_diag in DN184, DN185
    residence in Denmark at index
    residence in 101, 147, 751 at 2020-01-01
    sex female
index first event lmdb.epikur where atc in A10BK*
period 2012-01-01 to 2025-12-31
table dst_bef.bef from 2012-01-01 to 2025-12-31
  variable koen because \"adjustment\"
  variable foed_dag as year because \"age at start\"
  variable kom as region because \"adjustment\"
table dst_ind.ind from 2012-01-01 to 2024-12-31
  variable aekvivadisp_13 as band 50000 because \"adjustment\"
table lmdb.epikur from 2012-01-01 to 2025-12-31
  variable eksd because \"first day\"
  variable atc because \"exposure\"
table lpr3.diagnoser from 2019-03-01 to 2025-12-31
  variable kont_starttidspunkt as month because \"time to outcome\"
  variable diag_kode as prefix 4 because \"outcome: kidney failure\"
";

fn story() -> Selection {
    plain_text::parse(STORY).expect("a selection")
}

fn organisation(name: &str) -> OrganisationId {
    name.parse().expect("an organisation")
}

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn permit() -> PermitDocument {
    PermitDocument {
        format: FORMAT.to_owned(),
        permit_id: PermitId::from_bytes([1; 16]),
        number: "DK-2027-00083".to_owned(),
        version: 1,
        case_number: "S-2026-0417".to_owned(),
        title: Text::new(
            "Tidlig SGLT2-hæmmer og nyresvigt ved type 2-diabetes",
            "Early SGLT2 inhibitor and kidney failure in type 2 diabetes",
        ),
        issued_at: "2027-02-19T09:00:00Z".parse().expect("an instant"),
        valid_from: date("2027-02-19"),
        valid_to: date("2032-02-18"),
        data_user: organisation("au"),
        purposes: vec!["e".to_owned()],
        purpose: Text::new(
            "Forskning i behandling af diabetes",
            "Research in diabetes care",
        ),
        pseudonymised: true,
        selection: story(),
        opt_out_exception: None,
        members: vec![Member {
            account: AccountId::from_bytes([2; 16]),
            principal: true,
            access: AccessMode::SeesRows,
            may_release: true,
            until: date("2032-02-18"),
        }],
        environment: Environment {
            tools: vec!["sql".to_owned()],
            memory_mib: 4096,
            query_seconds_max: 60,
        },
        fees_ore: Some((2_400_000, 3_100_000)),
        conditions: vec![Text::new(
            "Resultater offentliggøres",
            "Results are published",
        )],
        output_policy: OutputPolicy {
            persons_min: 5,
            largest_share_max_permille: 500,
        },
        decisions: vec![DecidedPart {
            authority: organisation("sds"),
            registers: vec!["lpr3".to_owned(), "lmdb".to_owned()],
            decided_on: date("2027-02-12"),
            with_conditions: true,
        }],
        test: false,
    }
}

#[test]
fn the_story_can_be_carried_out_with_the_catalogue_as_shipped() {
    assert_eq!(check(&story(), &shipped::catalogue()), Ok(()));
    assert_eq!(plain_text::print(&story()), STORY);
}

#[test]
fn a_selection_has_this_json() {
    insta::assert_json_snapshot!("selection", story());
    assert_valid(
        "selection.schema.json",
        &serde_json::to_value(story()).unwrap(),
    );
}

/// What a selection can say besides the story: washout, controls, relatives, times around the index.
const STUDY: &str = "\
sund-selection/1
population
  all
    washout 5 years without lmdb.epikur where atc in A10BK*
    alive at 90 days from index
    event lpr3.diagnoser where kont_starttidspunkt since 2019-03-01 within -2 years to 0 days of index at most 9 times
index first event lmdb.epikur where atc in A10BK*
sample 250 permille seed 7
controls 5 per case matched on sex, birth_year, residence, alive reused seed 3
  not
    event lmdb.epikur where atc in A10*
relatives parents, siblings, children
period 2012-01-01 to 2025-12-31
table lmdb.epikur from 2012-01-01 to 2025-12-31 within any to 5 years of index
  variable atc because \"exposure\"
";

#[test]
fn a_study_with_controls_and_relatives_has_this_json() {
    let study = plain_text::parse(STUDY).unwrap();
    assert_eq!(check(&study, &shipped::catalogue()), Ok(()));
    assert_eq!(plain_text::print(&study), STUDY);
    insta::assert_json_snapshot!("study", study);
    let json = serde_json::to_value(&study).unwrap();
    assert_valid("selection.schema.json", &json);
    assert_eq!(serde_json::from_value::<Selection>(json).unwrap(), study);
}

#[test]
fn a_selection_written_before_there_were_controls_reads_as_it_did() {
    let old = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/formats__selection.snap"),
    )
    .unwrap();
    let (_, json) = old.split_once("\n---\n").unwrap();
    let read: Selection = serde_json::from_str(json).unwrap();
    assert_eq!(read, story());
    assert!(read.sample.is_none() && read.controls.is_none() && read.relatives.is_empty());
}

#[test]
fn a_permit_has_this_json() {
    insta::assert_json_snapshot!("permit", permit());
    assert_valid(
        "permit.schema.json",
        &serde_json::to_value(permit()).unwrap(),
    );
}

#[test]
fn a_permit_status_has_this_json() {
    let status = PermitStatus {
        format: STATUS_FORMAT.to_owned(),
        permit_id: PermitId::from_bytes([1; 16]),
        version: 1,
        valid: true,
        sequence: 7,
        issued_at: "2027-02-19T09:00:00Z".parse().unwrap(),
        expires_at: "2027-02-19T09:05:00Z".parse().unwrap(),
    };
    insta::assert_json_snapshot!("permit_status", status);
}

#[test]
fn unknown_fields_are_errors_in_both_readers_and_schemas() {
    let mut selection = serde_json::to_value(story()).unwrap();
    selection["period"]["until"] = json!("2025-12-31");
    assert!(serde_json::from_value::<Selection>(selection.clone()).is_err());
    assert!(validate("selection.schema.json", &selection).is_err());
    let mut permit = serde_json::to_value(permit()).unwrap();
    permit["members"][0]["name"] = json!("x");
    assert!(serde_json::from_value::<PermitDocument>(permit.clone()).is_err());
    assert!(validate("permit.schema.json", &permit).is_err());
}

#[test]
fn what_is_written_reads_back_as_it_was() {
    let json = serde_json::to_string(&permit()).unwrap();
    assert_eq!(
        serde_json::from_str::<PermitDocument>(&json).unwrap(),
        permit()
    );
}

fn assert_valid(file: &str, instance: &Value) {
    assert_eq!(validate(file, instance), Ok(()));
}

fn load(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/formats")
        .join(file);
    let text = fs::read_to_string(path).expect("the schema");
    serde_json::from_str(&text).expect("a schema in JSON")
}

fn validate(file: &str, instance: &Value) -> Result<(), String> {
    let root = load(file);
    fits(&root, &root, instance).map_err(|problem| format!("{file}: {problem}"))
}

/// The part of JSON Schema that these schemas use.
fn fits(root: &Value, schema: &Value, instance: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        match reference.strip_prefix('#') {
            Some(pointer) => fits(root, root.pointer(pointer).ok_or(reference)?, instance)?,
            None => validate(reference, instance)?,
        }
    }
    if let Some(kind) = schema["type"].as_str() {
        let right = match kind {
            "object" => instance.is_object(),
            "array" => instance.is_array(),
            "string" => instance.is_string(),
            "integer" => instance.is_i64() || instance.is_u64(),
            "boolean" => instance.is_boolean(),
            "null" => instance.is_null(),
            _ => false,
        };
        if !right {
            return Err(format!("expected {kind}, found {instance}"));
        }
    }
    if let Some(value) = schema.get("const")
        && value != instance
    {
        return Err(format!("expected {value}, found {instance}"));
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(instance)
    {
        return Err(format!("{instance} is none of {values:?}"));
    }
    if let Some(options) = schema["oneOf"].as_array() {
        let fitting = options
            .iter()
            .filter(|option| fits(root, option, instance).is_ok());
        if fitting.count() != 1 {
            return Err(format!("{instance} fits not exactly one of the options"));
        }
    }
    for (at, item) in instance.as_array().into_iter().flatten().enumerate() {
        if let Some(items) = schema.get("items") {
            fits(root, items, item).map_err(|problem| format!("/{at}: {problem}"))?;
        }
    }
    fits_object(root, schema, instance)
}

fn fits_object(root: &Value, schema: &Value, instance: &Value) -> Result<(), String> {
    let Some(fields) = instance.as_object() else {
        return Ok(());
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !fields.contains_key(name.as_str().unwrap_or_default()) {
            return Err(format!("{name} is missing"));
        }
    }
    for (name, value) in fields {
        match schema["properties"].get(name) {
            Some(property) => fits(root, property, value).map_err(|p| format!("/{name}{p}"))?,
            None if schema["additionalProperties"] == json!(false) => {
                return Err(format!("`{name}` is unknown"));
            }
            None => {}
        }
    }
    Ok(())
}
