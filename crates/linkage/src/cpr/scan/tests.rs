use super::*;
use proptest::prelude::*;

/// The texts that are found.
fn found(text: &str) -> Vec<&str> {
    scan_identifiers(text)
        .into_iter()
        .map(|range| &text[range])
        .collect()
}

#[test]
fn finds_a_number_wherever_it_stands() {
    for text in [
        "010170-1234",
        "patient 010170-1234",
        "010170-1234 was seen",
        "(010170-1234)",
        "»010170-1234«",
        "cpr:010170-1234.",
        "cpr=010170-1234;",
        "a,010170-1234,b",
        "\"010170-1234\"",
        "<b>010170-1234</b>",
        "line\n010170-1234\nline",
        "æøå 010170-1234 æøå",
        "👩‍⚕️010170-1234👩‍⚕️",
        "cpr010170-1234",
        "_010170-1234_",
        "010170-1234kvinde",
    ] {
        assert_eq!(found(text), ["010170-1234"], "{text}");
    }
}

#[test]
fn finds_every_usual_way_of_writing_it() {
    for text in [
        "0101701234",
        "010170-1234",
        "010170 1234",
        "010170 - 1234",
        "010170- 1234",
        "010170–1234",
        "010170—1234",
        "010170\u{2011}1234",
        "010170−1234",
        "010170\u{a0}1234",
        "010170\u{ad}1234",
        "010170\u{200b}1234",
        "010170\t1234",
        "010170\n1234",
        "010170/1234",
        "010170.1234",
        "010170_1234",
        "01 01 70 1234",
        "01 01 70-1234",
        "01-01-70-1234",
        "01.01.70-1234",
        "01/01/70 1234",
        "01. 01. 70 1234",
        "01011970-1234",
        "01.01.1970-1234",
        "01 01 1970 1234",
        "010119701234",
    ] {
        assert_eq!(found(text), [text], "{text:?}");
        let within = format!("før {text} efter");
        assert_eq!(found(&within), [text], "{within:?}");
    }
}

#[test]
fn finds_replacement_and_synthetic_numbers_too() {
    for text in [
        "610170-1234",
        "9112991234",
        "61.01.1970-1234",
        "014170-1234",
        "3152991234",
        "01.41.1970-1234",
    ] {
        assert_eq!(found(&format!("test {text} slut")), [text]);
    }
}

#[test]
fn finds_all_of_several() {
    assert_eq!(
        found("010170-1234, 0202715678 og 03 03 72 9012"),
        ["010170-1234", "0202715678", "03 03 72 9012"]
    );
    assert_eq!(
        found("010170-1234 020271-5678"),
        ["010170-1234", "020271-5678"]
    );
    assert_eq!(found("010170-1234\n010170-1234").len(), 2);
}

#[test]
fn leaves_other_numbers_alone() {
    for text in [
        "",
        "no digits at all",
        "12",
        "010170",
        "010170-123",
        "010170-12345",
        "01017012345",
        "90101701234",
        "9 0101701234567",
        "320170-1234",
        "011370-1234",
        "310470-1234",
        "015370-1234",
        "614170-1234",
        "000000-0000",
        "9999999999",
        "+45 12 34 56 78",
        "tlf. 12345678",
        "S-2026-0417",
        "DK-2027-00083",
        "2026-12-01T08:00:00Z",
        "2026-12-01 08:00",
        "01-01-2026",
        "1. januar 1970, 1234 personer",
        "010170----1234",
        "010170 / - 1234",
        "010170x1234",
        "NPU27300",
        "DE112 C10BA05",
        "100000000000123",
        "01011870-1234",
        "0101 1970 12345",
        "13 01 99 99 99",
    ] {
        let unexpected = found(text);
        assert!(unexpected.is_empty(), "{text:?}: {unexpected:?}");
    }
}

#[test]
fn a_number_after_a_refused_start_is_still_found() {
    assert_eq!(found("99 01 01 70 1234"), ["01 01 70 1234"]);
    assert_eq!(found("1 010170-1234"), ["010170-1234"]);
    assert_eq!(found("320170-1234-010170-1234"), ["010170-1234"]);
    assert_eq!(found("17:30 010170-1234"), ["010170-1234"]);
}

#[test]
fn digits_of_a_found_number_begin_no_other() {
    assert_eq!(found("010170-1234 70-1234").len(), 1);
    assert_eq!(found("0101701234 0101").len(), 1);
}

#[test]
fn ranges_are_bytes_of_the_text() {
    let text = "æøå 010170–1234 æøå";
    assert_eq!(scan_identifiers(text).first(), Some(&(7..20)));
    assert_eq!(&text[7..20], "010170–1234");
}

#[test]
fn a_long_text_is_scanned_in_one_pass() {
    let text = "1 2 3 010170 12 ".repeat(20_000) + "010170-1234";
    assert_eq!(found(&text), ["010170-1234"]);
    let digits = "0".repeat(300_000);
    assert!(found(&digits).is_empty());
}

#[test]
fn shapes_show_no_digit_and_no_letter() {
    for (text, shape) in [
        ("0101701234", "9999999999"),
        ("010170-1234", "999999-9999"),
        ("DE112", "AA999"),
        ("Søren Ærø", "AAAAA AAA"),
        ("2026-12-01", "9999-99-99"),
        ("٣ ½ 五", "9 9 A"),
        ("a\tb\u{0}c\n", "A?A?A?"),
        ("", ""),
        ("!? .,", "!? .,"),
    ] {
        assert_eq!(mask_shape(text), shape, "{text:?}");
    }
}

#[test]
fn shapes_of_long_texts_are_cut() {
    assert_eq!(mask_shape(&"x".repeat(40)), "A".repeat(40));
    assert_eq!(mask_shape(&"x".repeat(41)), "A".repeat(40) + "…");
    assert_eq!(mask_shape(&"ø7".repeat(10_000)).chars().count(), 41);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_number_in_any_text_is_found(
        before in "[^0-9]{0,20}",
        after in "[^0-9]{0,20}",
        (day, month) in prop_oneof![
            (1_u32..=28, 1_u32..=12),
            (61_u32..=88, 1_u32..=12),
            (1_u32..=28, 41_u32..=52),
        ],
        year in 0_u32..100,
        serial in 0_u32..10_000,
        separator in prop::sample::select(vec!["", "-", " ", " - ", "–", ".", "/", "\u{a0}"]),
    ) {
        let number = format!("{day:02}{month:02}{year:02}{separator}{serial:04}");
        let text = format!("{before}{number}{after}");
        prop_assert_eq!(found(&text), [number.as_str()]);
    }

    #[test]
    fn a_text_without_ten_digits_has_none(text in "([^0-9]{0,3}[0-9]){0,9}[^0-9]{0,9}") {
        prop_assert!(found(&text).is_empty());
    }

    #[test]
    fn arbitrary_texts_are_scanned_without_harm(text in any::<String>()) {
        let ranges = scan_identifiers(&text);
        prop_assert!(ranges.iter().all(|range| text.get(range.clone()).is_some()));
        prop_assert!(ranges.is_sorted_by(|left, right| left.end <= right.start));
    }

    #[test]
    fn number_like_texts_give_only_numbers(text in "[0-9 ./-]{0,60}") {
        for number in found(&text) {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            prop_assert!(is_identifier(&digits), "{}", number);
        }
    }

    #[test]
    fn a_shape_has_no_digit_but_nine_and_no_letter_but_a(text in any::<String>()) {
        let shape = mask_shape(&text);
        let masked = |c: char| c == '9' || c == 'A' || !(c.is_alphanumeric() || c.is_control());
        prop_assert!(shape.chars().all(masked), "{}", shape);
        prop_assert_eq!(mask_shape(&shape), shape);
    }
}
