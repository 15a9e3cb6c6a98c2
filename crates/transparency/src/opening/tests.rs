use super::*;

fn salt(byte: u8) -> Salt {
    Salt::from_bytes([byte; 32])
}

fn opening(field: &str, value: &str, salt_byte: u8) -> Opening {
    Opening {
        field: field.to_owned(),
        value: value.to_owned(),
        salt: salt(salt_byte),
    }
}

fn leaf(openings: &[Opening]) -> LogLeaf {
    LogLeaf {
        sequence: 3,
        kind: "permit.issued".to_owned(),
        time: "2026-12-01T08:00:00Z".to_owned(),
        ids: BTreeMap::new(),
        fields: openings
            .iter()
            .map(|o| (o.field.clone(), o.commitment()))
            .collect(),
        corrects: None,
    }
}

fn erasure() -> Erasure {
    Erasure {
        on: "2027-01-31".to_owned(),
        rule: "retention-5y".to_owned(),
    }
}

fn served(opened: &[Opening], erased: &[&str]) -> LeafOpenings {
    LeafOpenings {
        sequence: 3,
        opened: opened.to_vec(),
        erased: erased
            .iter()
            .map(|field| ((*field).to_owned(), erasure()))
            .collect(),
    }
}

#[test]
fn commits_as_documented() {
    let mut bytes = vec![5; 32];
    bytes.extend_from_slice(b"title\0S\xc3\xb8vn");
    let expected: [u8; 32] = Sha256::digest(&bytes).into();
    assert_eq!(
        Commitment::new("title", "Søvn", &salt(5)),
        Commitment(expected)
    );
}

#[test]
fn the_construction_never_changes() {
    let commitment = Commitment::new("title", "Kidney failure", &salt(1));
    let expected = "17a77905dfc31e4d10ecd8b23559037dc03e10c3b316b393ca82d56b339f70e1";
    assert_eq!(commitment.to_string(), expected);
}

#[test]
fn field_value_and_salt_all_count() {
    let commitment = Commitment::new("title", "value", &salt(1));
    assert_ne!(commitment, Commitment::new("titl", "value", &salt(1)));
    assert_ne!(commitment, Commitment::new("title", "valu", &salt(1)));
    assert_ne!(commitment, Commitment::new("title", "value", &salt(2)));
    assert_ne!(commitment, Commitment::new("titlev", "alue", &salt(1)));
}

#[test]
fn an_opening_opens_its_own_field_only() {
    let title = opening("title", "value", 1);
    let leaf = leaf(&[title.clone(), opening("purpose", "value", 1)]);
    assert!(check_opening(&leaf, &title));
    for other in [
        opening("title", "other", 1),
        opening("title", "value", 2),
        opening("purpose", "value", 2),
        opening("unknown", "value", 1),
    ] {
        assert!(!check_opening(&leaf, &other), "{other:?}");
    }
    assert!(check_opening(&leaf, &opening("purpose", "value", 1)));
}

#[test]
fn a_field_is_withheld_until_something_is_served() {
    let leaf = leaf(&[opening("title", "value", 1)]);
    assert_eq!(check_field(&leaf, "title", None), FieldState::Withheld);
    assert_eq!(
        check_field(&leaf, "title", Some(&served(&[], &[]))),
        FieldState::Withheld
    );
}

#[test]
fn a_field_is_verified_by_its_opening() {
    let title = opening("title", "value", 1);
    let leaf = leaf(std::slice::from_ref(&title));
    assert_eq!(
        check_field(&leaf, "title", Some(&served(&[title], &[]))),
        FieldState::Verified
    );
}

#[test]
fn an_erased_field_tells_when_and_by_which_rule() {
    let leaf = leaf(&[opening("title", "value", 1)]);
    let state = check_field(&leaf, "title", Some(&served(&[], &["title"])));
    assert_eq!(state, FieldState::Erased(erasure()));
}

#[test]
fn a_wrong_value_is_a_mismatch_even_beside_the_right_one_or_an_erasure() {
    let right = opening("title", "value", 1);
    let wrong = opening("title", "other", 1);
    let leaf = leaf(std::slice::from_ref(&right));
    for openings in [
        served(std::slice::from_ref(&wrong), &[]),
        served(&[right, wrong.clone()], &[]),
        served(&[wrong], &["title"]),
    ] {
        assert_eq!(
            check_field(&leaf, "title", Some(&openings)),
            FieldState::Mismatch
        );
    }
}

#[test]
fn debug_output_hides_salt_and_value() {
    let text = format!("{:?}", opening("title", "a secret value", 0xab));
    assert_eq!(text, "Opening { field: \"title\", .. }");
    assert_eq!(format!("{:?}", salt(0xab)), "Salt(…)");
}

#[test]
fn openings_read_what_they_write() {
    let openings = served(&[opening("title", "value", 0xab)], &["purpose"]);
    let json = serde_json::to_value(&openings).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "sequence": 3,
            "opened": [{ "field": "title", "value": "value", "salt": "ab".repeat(32) }],
            "erased": { "purpose": { "on": "2027-01-31", "rule": "retention-5y" } },
        })
    );
    assert_eq!(
        serde_json::from_value::<LeafOpenings>(json).unwrap(),
        openings
    );
}

#[test]
fn openings_refuse_unknown_members_and_odd_salts() {
    let good = serde_json::json!({ "field": "a", "value": "b", "salt": "00".repeat(32) });
    assert!(serde_json::from_value::<Opening>(good.clone()).is_ok());
    for (member, value) in [("extra", "x"), ("salt", "00"), ("salt", &"0G".repeat(32))] {
        let mut bad = good.clone();
        bad[member] = value.into();
        assert!(
            serde_json::from_value::<Opening>(bad).is_err(),
            "{member}: {value}"
        );
    }
}

#[test]
fn states_are_named_in_json() {
    let json = |state| serde_json::to_string(&state).unwrap();
    assert_eq!(json(FieldState::Verified), r#"{"state":"verified"}"#);
    assert_eq!(json(FieldState::Withheld), r#"{"state":"withheld"}"#);
    assert_eq!(json(FieldState::Mismatch), r#"{"state":"mismatch"}"#);
    assert_eq!(
        json(FieldState::Erased(erasure())),
        r#"{"state":"erased","on":"2027-01-31","rule":"retention-5y"}"#
    );
}
