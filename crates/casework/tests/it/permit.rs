//! The permit holds what was granted and nothing else, under the strictest of all conditions.

use std::collections::BTreeMap;

use base::PermitId;
use casework::case::{Decision, PartCondition, WithheldData};
use casework::permit_build::{PermitInput, build_permit};
use casework::refusal::Refusal;
use catalogue::Text;
use catalogue::permit::{AccessMode, Environment, PermitDocument};
use catalogue::register::OutputPolicy;

use crate::support::*;

fn build(driven: &Driven) -> Result<PermitDocument, Refusal> {
    let input = PermitInput {
        permit: PermitId::from_bytes([8; 16]),
        number: "DK-2027-00083".to_owned(),
        issued_at: driven.now,
        title: Text::new("Tidlig SGLT2-hæmmer og nyresvigt", "Early SGLT2 inhibitor"),
        purpose: Text::new("Forskning", "Research"),
        texts: BTreeMap::from([
            (text(80), "Kun ét år ad gangen.".to_owned()),
            (text(REASON), "Udfald".to_owned()),
        ]),
        default_policy: OutputPolicy {
            persons_min: 3,
            largest_share_max_permille: 600,
        },
        environment: Environment {
            tools: vec!["sql".to_owned()],
            memory_mib: 2048,
            query_seconds_max: 60,
        },
        test: false,
    };
    build_permit(&driven.case, input, rulebook(), catalogue())
}

fn decided() -> Driven {
    let mut driven = Driven::new();
    driven.record_entry().unwrap();
    driven.declare_complete().unwrap();
    driven
}

fn tables(permit: &PermitDocument) -> Vec<String> {
    permit
        .selection
        .tables
        .iter()
        .map(|table| {
            let names: Vec<&str> = table.variables.iter().map(|v| v.name.as_str()).collect();
            format!("{}: {}", table.extract_name(), names.join(" "))
        })
        .collect()
}

#[test]
fn all_grants_give_all_data_with_the_strictest_policy() {
    let mut driven = decided();
    driven.grant(OFFICER_SDS, &["cells-10"]).unwrap();
    driven.grant(OFFICER_DST, &[]).unwrap();
    driven.grant(OFFICER_KI, &[]).unwrap();
    let permit = build(&driven).unwrap();
    assert_eq!(permit.output_policy.persons_min, 10);
    assert_eq!(permit.output_policy.largest_share_max_permille, 500);
    assert_eq!(permit.selection, selection());
    assert_eq!(permit.decisions.len(), 3);
    assert_eq!(permit.conditions.len(), 1);
    assert_eq!(permit.valid_from.to_string(), "2027-02-19");
    let blind = permit.member(account(MEMBER)).unwrap();
    assert_eq!(
        (blind.access, blind.may_release),
        (AccessMode::SendsCode, false)
    );
}

#[test]
fn what_a_condition_hides_is_not_in_the_permit() {
    let mut driven = decided();
    driven.grant(OFFICER_SDS, &["laboratory-hidden"]).unwrap();
    driven.grant(OFFICER_DST, &[]).unwrap();
    driven.grant(OFFICER_KI, &[]).unwrap();
    let permit = build(&driven).unwrap();
    assert_eq!(tables(&permit)[1], "lab_lab_forsker: analysiscode value");
}

#[test]
fn refused_and_withheld_data_are_left_out() {
    let mut driven = decided();
    driven.refuse(OFFICER_DST, "necessary").unwrap();
    driven.grant(OFFICER_KI, &[]).unwrap();
    driven.assess_all(OFFICER_SDS);
    driven
        .decide(
            OFFICER_SDS,
            Decision::GrantedInPart {
                withheld: vec![WithheldData {
                    register: "lab".to_owned(),
                    table: "lab_forsker".to_owned(),
                    variable: None,
                }],
                conditions: vec![PartCondition::Own(text(80))],
                reason: text(92),
            },
        )
        .unwrap();
    let permit = build(&driven).unwrap();
    assert_eq!(
        tables(&permit),
        ["lpr3_diagnoser: diag_kode", "rkkp_dvdd_status: hba1c egfr"]
    );
    assert_eq!(permit.conditions[0].da, "Kun ét år ad gangen.");
    assert_eq!(permit.decisions.len(), 2);
}

#[test]
fn no_document_is_built_before_every_part_is_decided() {
    let mut driven = decided();
    driven.grant(OFFICER_SDS, &[]).unwrap();
    assert_eq!(build(&driven).unwrap_err().code(), "parts_undecided");
}

#[test]
fn access_begins_when_the_permit_is_there_if_that_is_later_than_asked_for() {
    let mut driven = decided();
    driven.at("2027-04-01T08:00:00Z");
    for officer in [OFFICER_SDS, OFFICER_DST, OFFICER_KI] {
        driven.grant(officer, &[]).unwrap();
    }
    let permit = build(&driven).unwrap();
    assert_eq!(permit.valid_from.to_string(), "2027-04-01");
    assert_eq!(permit.valid_to.to_string(), "2029-02-19");
}
