//! The rules under `content/rules/dk`, run on their own examples and on the story of the pictures.

use std::collections::BTreeMap;
use std::path::Path;

use base::Date;
use catalogue::{ContentFile, Text};
use guidance::{ApprovalKind, BasketRegister, Facts, Guidance, Rules, UnsettledBecause, guide};

fn rules() -> Rules {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/rules/dk");
    let texts: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (
                format!("rules/dk/{name}"),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    let files = texts.iter().map(|(path, text)| ContentFile { path, text });
    Rules::from_files(files).unwrap()
}

fn register(id: &str, authority: &str) -> BasketRegister {
    BasketRegister {
        id: id.to_owned(),
        name: Text::new(id.to_uppercase(), id.to_uppercase()),
        authority: authority.parse().unwrap(),
    }
}

fn story_registers() -> Vec<BasketRegister> {
    [
        ("lpr3", "sds"),
        ("lmdb", "sds"),
        ("lab", "sds"),
        ("dst_bef", "dst"),
        ("dst_ind", "dst"),
        ("rkkp_dvdd", "ki"),
    ]
    .map(|(id, authority)| register(id, authority))
    .to_vec()
}

fn story_facts() -> Facts {
    let answers = [
        ("project-type", "register"),
        ("data-level", "individual"),
        ("biological-material", "no"),
        ("genome-imaging", "no"),
        ("patient-records", "no"),
        ("written-consent", "no"),
        ("institution", "public-dk"),
        ("region", "midtjylland"),
        ("own-data", "no"),
        ("outside-eu", "no"),
        ("publish-persons", "no"),
        ("commercial", "no"),
        ("patient-contact", "no"),
        ("workbench", "sund"),
    ];
    Facts {
        answers: answers
            .map(|(question, answer)| (question.to_owned(), answer.to_owned()))
            .into(),
    }
}

fn story(facts: &Facts) -> Guidance {
    let today: Date = "2026-12-01".parse().unwrap();
    guide(&rules(), facts, &story_registers(), today)
}

#[test]
fn every_example_in_the_files_comes_out_as_the_file_says() {
    let failures = rules().check_examples();
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn there_are_fourteen_questions() {
    assert_eq!(rules().questions().len(), 14);
}

#[test]
fn the_story_needs_three_approvals_and_a_record_entry() {
    let guidance = story(&story_facts());
    let approvals: Vec<&str> = guidance
        .needed
        .iter()
        .filter(|approval| approval.kind == ApprovalKind::Approval)
        .map(|approval| approval.id.as_str())
        .collect();
    assert_eq!(
        approvals,
        ["dst-project", "ki-clinical-database", "sds-data-agreement"]
    );
    let first = guidance.needed.first().unwrap();
    assert_eq!(first.id, "record-entry");
    assert_eq!(first.kind, ApprovalKind::Requirement);
    assert!(guidance.unsettled.is_empty(), "{:#?}", guidance.unsettled);
}

#[test]
fn the_story_names_the_registers_as_the_reason() {
    let guidance = story(&story_facts());
    let sds = guidance
        .needed
        .iter()
        .find(|approval| approval.id == "sds-data-agreement")
        .unwrap();
    assert_eq!(sds.because.da, "I vil bruge LPR3, LMDB og LAB.");
    assert_eq!(sds.because.en, "You want to use LPR3, LMDB and LAB.");
    assert_eq!(sds.typical.as_ref().unwrap().working_days, Some(30));
}

#[test]
fn register_research_without_material_needs_no_ethics_committee_and_the_rule_is_cited() {
    let guidance = story(&story_facts());
    let not_needed: BTreeMap<&str, &str> = guidance
        .not_needed
        .iter()
        .map(|matter| (matter.id.as_str(), matter.law[0].text.da.as_str()))
        .collect();
    assert_eq!(not_needed["ethics-committee"], "komitélovens § 14, stk. 2");
    assert_eq!(not_needed["region"], "sundhedslovens § 46, stk. 2");
    for matter in [
        "national-ethics-committee",
        "dpa-permission",
        "medicines-agency",
    ] {
        assert!(not_needed.contains_key(matter), "{matter}");
    }
}

#[test]
fn what_the_applicant_does_not_know_is_unsettled_and_never_guessed() {
    let mut facts = story_facts();
    facts
        .answers
        .insert("biological-material".to_owned(), "dont-know".to_owned());
    let guidance = story(&facts);
    let ethics = guidance
        .unsettled
        .iter()
        .find(|matter| matter.id == "ethics-committee")
        .unwrap();
    assert_eq!(
        ethics.because,
        UnsettledBecause::Unanswered(vec!["biological-material".to_owned()])
    );
}

#[test]
fn contested_law_is_shown_with_its_readings() {
    let mut facts = story_facts();
    for (question, answer) in [("project-type", "biobank"), ("biological-material", "yes")] {
        facts.answers.insert(question.to_owned(), answer.to_owned());
    }
    let guidance = story(&facts);
    let agency = guidance
        .unsettled
        .iter()
        .find(|matter| matter.id == "dpa-permission")
        .unwrap();
    assert!(matches!(&agency.because, UnsettledBecause::Readings(readings) if readings.len() == 2));
}

#[test]
fn a_table_needs_no_approval() {
    let mut facts = story_facts();
    facts
        .answers
        .insert("data-level".to_owned(), "aggregate".to_owned());
    let guidance = story(&facts);
    assert!(
        guidance
            .needed
            .iter()
            .all(|approval| approval.kind == ApprovalKind::Requirement)
    );
    assert!(guidance.needed.iter().any(|a| a.id == "statistics-request"));
}
