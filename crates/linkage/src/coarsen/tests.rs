use super::*;
use crate::calendar::days_from_civil;
use arrow::array::{Array, Int16Array, Int64Array, LargeStringArray, StringViewArray, UInt32Array};
use proptest::prelude::*;

fn day(year: i64, month: i64, day: i64) -> i32 {
    days_from_civil(CivilDate { year, month, day }).unwrap()
}

fn texts(array: &StringArray) -> Vec<Option<&str>> {
    array.iter().collect()
}

const CODES: [Option<&str>; 7] = [
    Some("DE112"),
    Some("DE1"),
    None,
    Some(""),
    Some("æøåé"),
    Some("D"),
    Some("DE1123"),
];

#[test]
fn dates_become_the_first_of_their_month() {
    let dates = Date32Array::from(vec![
        Some(day(2026, 12, 1)),
        Some(day(2026, 12, 31)),
        None,
        Some(day(2024, 2, 29)),
        Some(day(1969, 12, 31)),
        Some(day(1858, 1, 17)),
    ]);
    let months: Vec<_> = first_of_month(&dates).iter().collect();
    assert_eq!(
        months,
        [
            Some(day(2026, 12, 1)),
            Some(day(2026, 12, 1)),
            None,
            Some(day(2024, 2, 1)),
            Some(day(1969, 12, 1)),
            Some(day(1858, 1, 1)),
        ]
    );
}

#[test]
fn dates_become_the_first_of_january() {
    let dates = Date32Array::from(vec![
        Some(day(2026, 12, 31)),
        Some(day(2026, 1, 1)),
        None,
        Some(day(1900, 3, 1)),
    ]);
    let years: Vec<_> = first_of_year(&dates).iter().collect();
    assert_eq!(
        years,
        [
            Some(day(2026, 1, 1)),
            Some(day(2026, 1, 1)),
            None,
            Some(day(1900, 1, 1))
        ]
    );
}

#[test]
fn dates_become_the_number_of_their_year() {
    let dates = Date32Array::from(vec![
        Some(day(2026, 12, 31)),
        Some(day(2027, 1, 1)),
        None,
        Some(day(1858, 6, 1)),
        Some(-1),
        Some(0),
    ]);
    let years: Vec<_> = year_number(&dates).iter().collect();
    assert_eq!(
        years,
        [
            Some(2026),
            Some(2027),
            None,
            Some(1858),
            Some(1969),
            Some(1970)
        ]
    );
}

#[test]
fn the_most_distant_days_do_no_harm() {
    let dates = Date32Array::from(vec![i32::MIN, i32::MAX]);
    assert_eq!(
        year_number(&dates).values().to_vec(),
        [-5_877_641, 5_881_580]
    );
    assert_eq!(first_of_month(&dates).value(0), i32::MIN);
    assert_eq!(first_of_month(&dates).value(1), i32::MAX - 10);
    assert_eq!(first_of_year(&dates).value(0), i32::MIN);
}

#[test]
fn numbers_become_the_lower_end_of_their_band() {
    let ages = Int32Array::from(vec![
        Some(0),
        Some(4),
        Some(5),
        Some(47),
        None,
        Some(99),
        Some(100),
        Some(-1),
        Some(-5),
        Some(-6),
    ]);
    let bands: Vec<_> = lower_end_of_band(&ages, 5).unwrap().iter().collect();
    assert_eq!(
        bands,
        [
            Some(0),
            Some(0),
            Some(5),
            Some(45),
            None,
            Some(95),
            Some(100),
            Some(-5),
            Some(-5),
            Some(-10)
        ]
    );
}

#[test]
fn bands_work_for_every_type_of_integer() {
    let wide = lower_end_of_band(&Int64Array::from(vec![1_234_567_890_123]), 1_000).unwrap();
    assert_eq!(wide.value(0), 1_234_567_890_000);
    let short = lower_end_of_band(&Int16Array::from(vec![127_i16, -127]), 10).unwrap();
    assert_eq!(short.values().to_vec(), [120, -130]);
    let unsigned = lower_end_of_band(&UInt32Array::from(vec![0, 9, 10]), 10).unwrap();
    assert_eq!(unsigned.values().to_vec(), [0, 0, 10]);
}

#[test]
fn a_band_of_one_changes_nothing() {
    let ages = Int32Array::from(vec![
        Some(i32::MIN),
        Some(-1),
        None,
        Some(0),
        Some(i32::MAX),
    ]);
    assert_eq!(lower_end_of_band(&ages, 1), Ok(ages));
}

#[test]
fn bands_without_width_are_refused() {
    let ages = Int32Array::from(vec![1]);
    for width in [0, -1, i32::MIN] {
        assert_eq!(
            lower_end_of_band(&ages, width),
            Err(CoarsenError::NoWidth),
            "{width}"
        );
    }
    let unsigned = UInt32Array::from(vec![1]);
    assert_eq!(lower_end_of_band(&unsigned, 0), Err(CoarsenError::NoWidth));
}

#[test]
fn a_band_that_begins_below_all_numbers_is_an_error() {
    let numbers = Int32Array::from(vec![i32::MIN]);
    assert_eq!(
        lower_end_of_band(&numbers, 10),
        Err(CoarsenError::OutOfRange)
    );
    // A place without a value is no reason to fail.
    let nulls = arrow::buffer::NullBuffer::from(vec![false]);
    let missing = Int32Array::new(vec![i32::MIN].into(), Some(nulls));
    assert_eq!(lower_end_of_band(&missing, 10).unwrap().null_count(), 1);
}

#[test]
fn codes_keep_their_first_characters() {
    let codes = StringArray::from(CODES.to_vec());
    assert_eq!(
        texts(&code_prefix(&codes, 3).unwrap()),
        [
            Some("DE1"),
            Some("DE1"),
            None,
            Some(""),
            Some("æøå"),
            Some("D"),
            Some("DE1")
        ]
    );
    assert_eq!(
        texts(&code_prefix(&codes, 1).unwrap()),
        [
            Some("D"),
            Some("D"),
            None,
            Some(""),
            Some("æ"),
            Some("D"),
            Some("D")
        ]
    );
    assert_eq!(texts(&code_prefix(&codes, 99).unwrap()), CODES);
}

#[test]
fn every_kind_of_text_column_gives_the_same_codes() {
    let expected = code_prefix(&StringArray::from(CODES.to_vec()), 2).unwrap();
    assert_eq!(
        code_prefix(&StringViewArray::from(CODES.to_vec()), 2),
        Ok(expected.clone())
    );
    assert_eq!(
        code_prefix(&LargeStringArray::from(CODES.to_vec()), 2),
        Ok(expected)
    );
}

#[test]
fn prefixes_without_length_are_refused() {
    let codes = StringArray::from(CODES.to_vec());
    assert_eq!(code_prefix(&codes, 0), Err(CoarsenError::NoWidth));
}

#[test]
fn codes_become_what_the_lookup_gives() {
    let codes = StringArray::from(vec![
        Some("101"),
        Some("751"),
        None,
        Some("999"),
        Some("101"),
    ]);
    let mapped = map_codes(&codes, |_, code| match code {
        "101" => Some("1084"),
        "751" => Some("1082"),
        _ => None,
    });
    assert_eq!(
        texts(&mapped.values),
        [Some("1084"), Some("1082"), None, None, Some("1084")]
    );
    assert_eq!(mapped.n_unknown, 1);
}

#[test]
fn an_unknown_code_never_passes_as_it_is() {
    let codes = StringViewArray::from(vec![Some("a secret"), Some("another"), None]);
    let mapped = map_codes(&codes, |_, _| None);
    assert_eq!(texts(&mapped.values), [None, None, None]);
    assert_eq!(mapped.n_unknown, 2);
}

#[test]
fn a_lookup_may_depend_on_the_row() {
    // The regions change on 1 January 2027.
    let codes = StringArray::from(vec![Some("101"), None, Some("101")]);
    let dates = [day(2026, 12, 31), day(2026, 12, 31), day(2027, 1, 1)];
    let mapped = map_codes(&codes, |row, _| {
        Some(if dates[row] < day(2027, 1, 1) {
            "Hovedstaden"
        } else {
            "Østdanmark"
        })
    });
    assert_eq!(
        texts(&mapped.values),
        [Some("Hovedstaden"), None, Some("Østdanmark")]
    );
}

#[test]
fn empty_columns_stay_empty() {
    let dates = Date32Array::from(Vec::<i32>::new());
    assert_eq!(first_of_month(&dates).len(), 0);
    assert_eq!(first_of_year(&dates).len(), 0);
    assert_eq!(year_number(&dates).len(), 0);
    let codes = StringArray::from(Vec::<Option<&str>>::new());
    assert_eq!(code_prefix(&codes, 3).unwrap().len(), 0);
    assert_eq!(map_codes(&codes, |_, _| Some("x")).values.len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_coarser_date_is_never_later_and_never_changes_again(days in -200_000_i32..200_000) {
        let dates = Date32Array::from(vec![days]);
        let (month, year) = (first_of_month(&dates), first_of_year(&dates));
        prop_assert!(days - 31 < month.value(0) && month.value(0) <= days);
        prop_assert!(days - 366 < year.value(0) && year.value(0) <= month.value(0));
        prop_assert_eq!(first_of_month(&month), month.clone());
        prop_assert_eq!(first_of_year(&month), year.clone());
        prop_assert_eq!(year_number(&year), year_number(&dates));
    }

    #[test]
    fn dates_of_one_month_become_one_date(days in -200_000_i32..200_000) {
        let (here, next) = (civil_from_days(days), civil_from_days(days + 1));
        let coarse = first_of_month(&Date32Array::from(vec![days, days + 1]));
        let same_month = (here.year, here.month) == (next.year, next.month);
        prop_assert_eq!(coarse.value(0) == coarse.value(1), same_month);
    }

    #[test]
    fn a_number_lies_within_its_band(number in -1_000_000_i64..1_000_000, width in 1_i64..5_000) {
        let lower = lower_end_of_band(&Int64Array::from(vec![number]), width).unwrap().value(0);
        prop_assert!(lower <= number && number < lower + width);
        prop_assert_eq!(lower.rem_euclid(width), 0);
    }

    #[test]
    fn a_prefix_begins_its_code(code in ".{0,12}", n_characters in 1_usize..14) {
        let codes = StringArray::from(vec![code.as_str()]);
        let prefixes = code_prefix(&codes, n_characters).unwrap();
        let expected: String = code.chars().take(n_characters).collect();
        prop_assert_eq!(prefixes.value(0), expected);
    }
}
