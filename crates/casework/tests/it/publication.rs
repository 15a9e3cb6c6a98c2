//! What the public sees: every event is published, or kept back by a rule.

use casework::publication::{FieldValue, PublicEntry, Publicity, publish_case_event};

use crate::support::*;

fn entries(driven: &Driven) -> Vec<PublicEntry> {
    driven
        .case
        .history
        .iter()
        .filter_map(
            |recorded| match publish_case_event(&driven.case, recorded, driven.rules) {
                Publicity::Published(entry) => Some(entry),
                Publicity::KeptBack(_) => None,
            },
        )
        .collect()
}

#[test]
fn the_story_is_published_step_by_step() {
    let kinds: Vec<&str> = entries(&Driven::permitted())
        .iter()
        .map(|entry| entry.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            "application.received",
            "application.complete",
            "part.decided",
            "part.decided",
            "part.decided",
            "permit.issued"
        ]
    );
}

#[test]
fn names_are_withheld_with_the_ground_and_the_title_is_shown() {
    let all = entries(&Driven::new());
    let received = all.first().unwrap();
    let field = |id: &str| received.fields.iter().find(|f| f.id == id).unwrap();
    assert!(field("title").withheld.is_none());
    assert_eq!(field("title").value, FieldValue::Text(text(100)));
    let ground = field("qualifications").withheld.as_ref().unwrap();
    assert!(ground.da.contains("holdes tilbage"), "{}", ground.da);
    assert_eq!(received.ids["case"], "S-2026-0417");
}

#[test]
fn a_refusal_is_published_with_its_reason() {
    let mut driven = Driven::new();
    driven.declare_complete().unwrap();
    driven.refuse(OFFICER_DST, "necessary").unwrap();
    let all = entries(&driven);
    let refused = all.last().unwrap();
    assert_eq!(refused.kind, "part.decided");
    assert_eq!(refused.ids["authority"], "dst");
    let reason = refused.fields.iter().find(|f| f.id == "reason").unwrap();
    assert_eq!(reason.value, FieldValue::Text(text(92)));
    assert!(reason.withheld.is_none());
}

#[test]
fn no_entry_names_an_account() {
    for entry in entries(&Driven::permitted()) {
        let json = serde_json::to_string(&entry).unwrap();
        for n in [
            PI,
            MEMBER,
            OFFICER_SDS,
            OFFICER_DST,
            OFFICER_KI,
            COORDINATOR,
        ] {
            assert!(!json.contains(&account(n).to_string()), "{}", entry.kind);
        }
    }
}

#[test]
fn entries_have_names_that_a_leaf_can_hold() {
    let is_name = |name: &str| {
        name.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-:".contains(&b))
    };
    for entry in entries(&Driven::permitted()) {
        assert!(is_name(entry.kind));
        assert!(entry.ids.keys().all(|name| is_name(name)));
        assert!(entry.fields.iter().all(|field| is_name(&field.id)));
        assert!(entry.ids.values().all(|value| !value.is_empty()));
    }
}
