use super::*;
use crate::opening::Salt;

fn leaf() -> LogLeaf {
    let salt = Salt::from_bytes([1; 32]);
    LogLeaf {
        sequence: 5,
        kind: "permit.issued".to_owned(),
        time: "2026-12-01T08:00:00Z".to_owned(),
        ids: BTreeMap::from([("case".to_owned(), "S-2026-0417".to_owned())]),
        fields: BTreeMap::from([("title".to_owned(), Commitment::new("title", "Søvn", &salt))]),
        corrects: None,
    }
}

fn changed(change: impl Fn(&mut LogLeaf)) -> Result<Vec<u8>, LeafError> {
    let mut leaf = leaf();
    change(&mut leaf);
    leaf.to_bytes()
}

#[test]
fn reads_what_it_writes() {
    for leaf in [
        leaf(),
        LogLeaf {
            corrects: Some(4),
            ..leaf()
        },
    ] {
        let bytes = leaf.to_bytes().unwrap();
        assert_eq!(LogLeaf::from_bytes(&bytes), Ok(leaf));
    }
}

#[test]
fn has_one_canonical_spelling() {
    let text = String::from_utf8(leaf().to_bytes().unwrap()).unwrap();
    let expected = concat!(
        r#"{"fields":{"title":"#,
        r#""85fdab6c36523e6f5c343ab1017db6896c61f660abfaf5e12f51ad799836c7ea"},"#,
        r#""format":"sund-leaf/1","ids":{"case":"S-2026-0417"},"sequence":5,"#,
        r#""time":"2026-12-01T08:00:00Z","type":"permit.issued"}"#,
    );
    assert_eq!(text, expected);
}

#[test]
fn names_a_corrected_leaf() {
    let text = String::from_utf8(changed(|leaf| leaf.corrects = Some(2)).unwrap()).unwrap();
    assert!(text.starts_with(r#"{"corrects":2,"#), "{text}");
}

#[test]
fn refuses_other_spellings_of_the_same_leaf() {
    let text = String::from_utf8(leaf().to_bytes().unwrap()).unwrap();
    for spelling in [
        text.replace("\":", "\": "),
        format!("{text}\n"),
        format!(" {text}"),
        text.replace("S-2026", "\\u0053-2026"),
        text.replace(r#"{"fields""#, r#"{"corrects":null,"fields""#),
    ] {
        let refused = LogLeaf::from_bytes(spelling.as_bytes());
        assert_eq!(refused, Err(LeafError::NotCanonical), "{spelling}");
    }
}

#[test]
fn refuses_members_in_another_order() {
    let text = String::from_utf8(leaf().to_bytes().unwrap()).unwrap();
    let without = text.replace(r#","type":"permit.issued""#, "");
    let moved = without.replacen('{', r#"{"type":"permit.issued","#, 1);
    assert_eq!(
        LogLeaf::from_bytes(moved.as_bytes()),
        Err(LeafError::NotCanonical)
    );
}

#[test]
fn refuses_what_is_no_leaf() {
    let text = String::from_utf8(leaf().to_bytes().unwrap()).unwrap();
    for malformed in [
        String::new(),
        "{}".to_owned(),
        "null".to_owned(),
        text.replace("sund-leaf/1", "sund-leaf/2"),
        text.replace(r#""sequence":5"#, r#""sequence":-5"#),
        text.replace(r#""sequence":5"#, r#""sequence":5.5"#),
        text.replace(r#""sequence":5"#, r#""sequence":"5""#),
        text.replace(r#""sequence":5"#, r#""sequence":5,"value":"x""#),
        text.replace(r#""type""#, r#""kind""#),
        text.replace(r#""sequence":5"#, r#""sequence":5,"sequence":5"#),
        text.replace(r#""title":""#, r#""title":"0"#),
    ] {
        let refused = LogLeaf::from_bytes(malformed.as_bytes());
        assert_eq!(refused, Err(LeafError::Malformed), "{malformed}");
    }
    assert_eq!(
        LogLeaf::from_bytes(&[0xff, 0xfe]),
        Err(LeafError::Malformed)
    );
}

#[test]
fn a_correction_names_an_earlier_leaf() {
    assert!(changed(|leaf| leaf.corrects = Some(4)).is_ok());
    for sequence in [5, 6, u64::MAX] {
        let refused = changed(|leaf| leaf.corrects = Some(sequence));
        assert_eq!(refused, Err(LeafError::InvalidSequence { sequence }));
    }
}

#[test]
fn sequences_stay_exact_in_json() {
    assert!(changed(|leaf| leaf.sequence = SEQUENCE_MAX).is_ok());
    let refused = changed(|leaf| leaf.sequence = SEQUENCE_MAX + 1);
    assert_eq!(
        refused,
        Err(LeafError::InvalidSequence {
            sequence: SEQUENCE_MAX + 1
        })
    );
}

#[test]
fn names_are_lower_case_words() {
    let long = "x".repeat(NAME_LENGTH_MAX + 1);
    for name in [
        "",
        "Permit",
        "two words",
        "æble",
        "a/b",
        "zero\0",
        long.as_str(),
    ] {
        let expected = Err(LeafError::InvalidName {
            name: name.to_owned(),
        });
        assert_eq!(
            changed(|leaf| leaf.kind = name.to_owned()),
            expected,
            "{name}"
        );
        let with_id = changed(|leaf| {
            leaf.ids.insert(name.to_owned(), "x".to_owned());
        });
        assert_eq!(with_id, expected, "{name}");
        let with_field = changed(|leaf| {
            let commitment = leaf.fields["title"];
            leaf.fields.insert(name.to_owned(), commitment);
        });
        assert_eq!(with_field, expected, "{name}");
    }
    assert!(changed(|leaf| leaf.kind = "release.held-2:re_view".to_owned()).is_ok());
}

#[test]
fn ids_have_a_value() {
    for id in [
        String::new(),
        "line\nend".to_owned(),
        "x".repeat(ID_LENGTH_MAX + 1),
    ] {
        let refused = changed(|leaf| {
            leaf.ids.insert("case".to_owned(), id.clone());
        });
        assert_eq!(
            refused,
            Err(LeafError::InvalidId {
                name: "case".to_owned()
            }),
            "{id}"
        );
    }
}

#[test]
fn times_are_instants_in_utc() {
    for time in [
        "2026-12-01T08:00:00Z",
        "2026-12-31T23:59:59.123456Z",
        "2026-01-01T00:00:00.1Z",
        "2026-01-01T00:00:00.123456789Z",
    ] {
        assert!(
            changed(|leaf| leaf.time = time.to_owned()).is_ok(),
            "{time}"
        );
    }
    for time in [
        "",
        "Z",
        "2026-12-01",
        "2026-12-01T08:00:00",
        "2026-12-01T08:00:00+01:00",
        "2026-12-01T08:00:00.Z",
        "2026-12-01T08:00:00.1234567890Z",
        "2026-12-01T08:00:00.12a456Z",
        "2026-12-01t08:00:00z",
        "2026-12-01 08:00:00Z",
        "2026-13-01T08:00:00Z",
        "2026-00-01T08:00:00Z",
        "2026-12-32T08:00:00Z",
        "2026-12-00T08:00:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T08:60:00Z",
        "2026-12-01T08:00:60Z",
        "26-12-01T08:00:00Z",
        "２026-12-01T08:00:00Z",
    ] {
        let refused = changed(|leaf| leaf.time = time.to_owned());
        assert_eq!(
            refused,
            Err(LeafError::InvalidTime {
                time: time.to_owned()
            }),
            "{time}"
        );
    }
}

#[test]
fn a_leaf_fits_into_an_entry_bundle() {
    let many = |n_ids: usize| {
        changed(|leaf| {
            leaf.ids = (0..n_ids)
                .map(|n| (format!("id{n:06}"), "x".repeat(185)))
                .collect();
        })
    };
    assert!(many(300).is_ok());
    assert!(matches!(many(400), Err(LeafError::TooLong { size_bytes }) if size_bytes > 65_535));
}

#[test]
fn no_value_of_a_field_stands_in_a_leaf() {
    let text = String::from_utf8(leaf().to_bytes().unwrap()).unwrap();
    assert!(
        !text.contains("Søvn") && !text.contains("0101010101010101"),
        "{text}"
    );
}
