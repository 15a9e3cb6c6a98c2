//! The content of case handling loads and fits together.

use crate::support::{org, rulebook};
use casework::form::FieldKind;

#[test]
fn the_rulebook_loads_with_six_criteria_and_seven_steps() {
    let rules = rulebook();
    assert_eq!(rules.criteria().len(), 6);
    assert_eq!(rules.form().steps.len(), 7);
    assert!(rules.clocks().rule("decision").unwrap().extension.is_some());
}

#[test]
fn every_decided_register_has_an_authority_with_complaint_guidance() {
    let rules = rulebook();
    for id in ["sds", "dst", "ki", "ssi", "regions"] {
        let authority = rules.authorities().get(&org(id)).unwrap();
        assert!(authority.complaint.is_some(), "{id}");
        assert!(authority.decides.is_some(), "{id}");
    }
}

#[test]
fn personal_fields_are_withheld_from_the_public_with_a_reason() {
    let rules = rulebook();
    for field in rules.form().fields().filter(|f| f.kind == FieldKind::Team) {
        assert!(!field.is_public());
    }
}
