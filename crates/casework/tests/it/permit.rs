//! The permit holds what was granted and nothing else, under the strictest of all conditions.

use std::collections::BTreeMap;

use base::PermitId;
use casework::Rulebook;
use casework::case::{CaseEvent, CaseState, Decision, PartCondition, WithheldData};
use casework::permit_build::{PermitInput, build_permit};
use casework::refusal::Refusal;
use catalogue::Text;
use catalogue::permit::{AccessMode, Environment, PermitDocument};
use catalogue::register::OutputPolicy;
use catalogue::selection::{Criterion, Moment, ResidenceCriterion, Sex};

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

fn withhold(driven: &mut Driven, officer: u8, path: [&str; 3]) {
    let [register, table, variable] = path.map(str::to_owned);
    driven.assess_all(officer);
    driven
        .decide(
            officer,
            Decision::GrantedInPart {
                withheld: vec![WithheldData {
                    register,
                    table,
                    variable: Some(variable),
                }],
                conditions: Vec::new(),
                reason: text(92),
            },
        )
        .unwrap();
}

#[test]
fn a_withheld_variable_that_finds_the_population_leaves_no_permit() {
    let mut driven = decided();
    driven.grant(OFFICER_DST, &[]).unwrap();
    driven.grant(OFFICER_KI, &[]).unwrap();
    withhold(&mut driven, OFFICER_SDS, ["lmdb", "epikur", "atc"]);
    assert!(!driven.case.permit_is_possible());
    assert_eq!(driven.case.state, CaseState::Refused);
    assert_eq!(build(&driven).unwrap_err(), Refusal::NothingGranted);
}

#[test]
fn a_withheld_variable_that_finds_nobody_leaves_the_permit_for_the_rest() {
    let mut driven = decided();
    driven.grant(OFFICER_DST, &[]).unwrap();
    driven.grant(OFFICER_KI, &[]).unwrap();
    withhold(&mut driven, OFFICER_SDS, ["lab", "lab_forsker", "value"]);
    assert!(driven.case.permit_is_possible());
    assert_eq!(driven.case.state, CaseState::Decided);
}

#[test]
fn registers_that_a_population_is_found_by_get_a_part_though_no_criterion_names_them() {
    let mut sent = application();
    sent.selection
        .tables
        .retain(|table| table.register == "dst_ind");
    sent.selection.population = Criterion::All(vec![
        Criterion::Sex(Sex::Female),
        Criterion::Residence(ResidenceCriterion {
            at: Moment::On("2015-01-01".parse().unwrap()),
            municipalities: Vec::new(),
        }),
    ]);
    let events = submit(sent, "2026-12-01T08:00:00Z".parse().unwrap()).unwrap();
    let CaseEvent::ApplicationSubmitted {
        parts, population, ..
    } = &events[0]
    else {
        panic!("an application");
    };
    let parts: Vec<String> = parts
        .iter()
        .map(|part| format!("{}: {}", part.authority, part.registers.join(" ")))
        .collect();
    assert_eq!(parts, ["dst: dst_ind", "sds: cpr"]);
    let uses = |variable: &str| {
        let mut uses = population.iter();
        uses.any(|used| used.variable.as_deref() == Some(variable))
    };
    assert!(uses("koen") && uses("kommunekode") && uses("dato_fra"));
    assert!(!uses("foedselsdato"), "no criterion asks for the age");
}

#[test]
fn a_condition_cannot_leave_out_what_the_population_is_found_by() {
    let rules: &'static Rulebook = Box::leak(Box::new(rulebook_with(|path, text| match path {
        "rules/conditions.toml" => {
            text.replace("leaves_out = [", "leaves_out = [\"lmdb.epikur.atc\", ")
        }
        _ => text.to_owned(),
    })));
    let mut conditions = rules.conditions().iter();
    let found = conditions.find(|condition| !condition.leaves_out.is_empty());
    let id = found.unwrap().id.as_str();
    let mut driven = Driven::with_rules(rules);
    driven.declare_complete().unwrap();
    let refusal = driven.grant(OFFICER_SDS, &[id]).unwrap_err();
    assert_eq!(refusal.code(), "population_needs");
}
