use super::*;
use proptest::prelude::*;

fn date(year: i64, month: i64, day: i64) -> CivilDate {
    CivilDate { year, month, day }
}

#[test]
fn known_days_have_known_dates() {
    for (days, expected) in [
        (0, date(1970, 1, 1)),
        (-1, date(1969, 12, 31)),
        (59, date(1970, 3, 1)),
        (10_957, date(2000, 1, 1)),
        (11_016, date(2000, 2, 29)),
        (11_017, date(2000, 3, 1)),
        (20_788, date(2026, 12, 1)),
        (-25_567, date(1900, 1, 1)),
        (-25_509, date(1900, 2, 28)),
        (-25_508, date(1900, 3, 1)),
        (-40_907, date(1858, 1, 1)),
        (-719_468, date(0, 3, 1)),
        (-719_469, date(0, 2, 29)),
    ] {
        assert_eq!(civil_from_days(days), expected, "{days}");
        assert_eq!(days_from_civil(expected), Some(days), "{expected:?}");
    }
}

#[test]
fn every_day_of_four_centuries_follows_the_one_before() {
    let mut expected = date(1800, 1, 1);
    let first = days_from_civil(expected).unwrap();
    for days in first..first + 146_097 {
        assert_eq!(civil_from_days(days), expected);
        expected.day += 1;
        if expected.day > days_in_month(expected.year, expected.month) {
            expected = date(expected.year, expected.month + 1, 1);
        }
        if expected.month > 12 {
            expected = date(expected.year + 1, 1, 1);
        }
    }
    assert_eq!(expected, date(2200, 1, 1));
}

#[test]
fn leap_days_are_in_leap_years_only() {
    for (year, length) in [
        (1900, 28),
        (1999, 28),
        (2000, 29),
        (2024, 29),
        (2100, 28),
        (2400, 29),
    ] {
        assert_eq!(days_in_month(year, 2), length, "{year}");
    }
}

#[test]
fn months_that_do_not_exist_have_no_days() {
    for month in [-1, 0, 13, 99] {
        assert_eq!(days_in_month(2026, month), 0, "{month}");
    }
    assert_eq!(
        (1..=12)
            .map(|month| days_in_month(2026, month))
            .sum::<i64>(),
        365
    );
}

#[test]
fn dates_beyond_the_day_numbers_are_refused() {
    assert_eq!(days_from_civil(date(6_000_000, 1, 1)), None);
    assert_eq!(days_from_civil(date(-6_000_000, 1, 1)), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_day_number_has_a_date_of_its_own(days in any::<i32>()) {
        let date = civil_from_days(days);
        prop_assert_eq!(days_from_civil(date), Some(days));
        prop_assert!((1..=12).contains(&date.month));
        prop_assert!((1..=days_in_month(date.year, date.month)).contains(&date.day));
    }
}
