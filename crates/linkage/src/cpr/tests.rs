use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> CprNumber {
    CprNumber::parse(text).unwrap()
}

fn born(year: u16, month: u8, day: u8) -> BirthDate {
    BirthDate { year, month, day }
}

#[test]
fn reads_ten_digits_with_or_without_hyphen() {
    let number = parse("010170-1234");
    assert_eq!(parse("0101701234"), number);
    assert_eq!("010170-1234".parse(), Ok(number));
    assert_eq!(number.digits(), "0101701234");
    assert_eq!(number.packed(), 101_701_234);
    assert_eq!(CprNumber::from_packed(101_701_234), Ok(number));
}

#[test]
fn refuses_other_shapes() {
    for text in [
        "",
        "-",
        "1",
        "010170123",
        "01017012345",
        "010170 1234",
        " 0101701234",
        "0101701234 ",
        "0101701234\n",
        "01017-01234",
        "0101701-234",
        "010170--1234",
        "010170-12-34",
        "010170-123",
        "0101701234-",
        "-0101701234",
        "+101701234",
        "01O1701234",
        "010170-12A4",
        "٠١٠١٧٠١٢٣٤",
        "０１０１７０１２３４",
        "01.01.70-1234",
    ] {
        assert_eq!(
            CprNumber::parse(text),
            Err(CprError::WrongShape),
            "{text:?}"
        );
    }
}

#[test]
fn refuses_days_that_do_not_exist() {
    for text in [
        "0000000000",
        "0001701234",
        "3201701234",
        "4001701234",
        "6001701234",
        "9201701234",
        "9901701234",
        "0100701234",
        "0113701234",
        "0140701234",
        "0153701234",
        "0161701234",
        // A day raised as in replacement numbers and a month raised as in synthetic ones.
        "6141701234",
        "9152991234",
        "3104701234",
        "3002701234",
        "9104701234",
        "9002701234",
        "3144701234",
        "3042701234",
        // 1971 and 1900 had no leap day.
        "2902711234",
        "2902000234",
        "2942711234",
        "8902711234",
    ] {
        assert_eq!(CprNumber::parse(text), Err(CprError::NoDate), "{text}");
    }
}

#[test]
fn leap_days_follow_the_century_in_the_seventh_digit() {
    assert_eq!(parse("2902004234").born_on(), born(2000, 2, 29));
    assert_eq!(parse("2902724234").born_on(), born(1972, 2, 29));
    assert_eq!(CprNumber::parse("2902003234"), Err(CprError::NoDate));
}

#[test]
fn the_seventh_digit_tells_the_century() {
    for (seventh, year, expected) in [
        (0, 0, 1900),
        (0, 99, 1999),
        (1, 36, 1936),
        (2, 37, 1937),
        (3, 0, 1900),
        (3, 99, 1999),
        (4, 0, 2000),
        (4, 36, 2036),
        (4, 37, 1937),
        (4, 99, 1999),
        (5, 0, 2000),
        (5, 57, 2057),
        (5, 58, 1858),
        (6, 99, 1899),
        (7, 57, 2057),
        (8, 57, 2057),
        (8, 58, 1858),
        (8, 99, 1899),
        (9, 0, 2000),
        (9, 36, 2036),
        (9, 37, 1937),
        (9, 99, 1999),
    ] {
        let number = parse(&format!("0101{year:02}{seventh}234"));
        assert_eq!(
            number.born_on().year,
            expected,
            "year {year}, seventh digit {seventh}"
        );
    }
}

#[test]
fn synthetic_numbers_have_a_raised_month_and_replacement_numbers_are_real() {
    for (text, synthetic, birth) in [
        ("0101701234", false, born(1970, 1, 1)),
        ("3112991234", false, born(1999, 12, 31)),
        ("6101701234", false, born(1970, 1, 1)),
        ("9112991234", false, born(1999, 12, 31)),
        ("8902004234", false, born(2000, 2, 29)),
        ("0141701234", true, born(1970, 1, 1)),
        ("3152991234", true, born(1999, 12, 31)),
        ("2942004234", true, born(2000, 2, 29)),
    ] {
        let number = parse(text);
        assert_eq!(number.is_synthetic(), synthetic, "{text}");
        assert_eq!(number.born_on(), birth, "{text}");
    }
}

#[test]
fn modulus_eleven_is_not_required() {
    // Ten serial numbers in a row: at most one of them can satisfy it.
    for serial in 4_320..4_330 {
        assert!(CprNumber::parse(&format!("014170{serial}")).is_ok());
    }
}

#[test]
fn the_last_digit_is_odd_or_even() {
    assert!(parse("0141701235").ends_odd());
    assert!(!parse("0141701234").ends_odd());
}

#[test]
fn birth_dates_count_days_as_arrow_does() {
    assert_eq!(parse("0141701234").born_on().days(), 0);
    assert_eq!(parse("0241701234").born_on().days(), 1);
    assert_eq!(parse("3152691234").born_on().days(), -1);
    assert_eq!(parse("0141588234").born_on().days(), -40_907);
}

#[test]
fn packed_numbers_are_checked_too() {
    for packed in [10_000_000_000, 99_999_999_999, u64::MAX] {
        assert_eq!(CprNumber::from_packed(packed), Err(CprError::WrongShape));
    }
    for packed in [0, 1, 9_999_999_999] {
        assert_eq!(CprNumber::from_packed(packed), Err(CprError::NoDate));
    }
}

#[test]
fn never_shows_a_digit_of_the_person() {
    let number = parse("0141701234");
    assert_eq!(number.to_string(), "999999-9999");
    assert_eq!(format!("{number:?}"), "CprNumber(…)");
    assert_eq!(format!("{:?}", Some(number)), "Some(CprNumber(…))");
    for text in ["0141701234x", "9999701234"] {
        let error = CprNumber::parse(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("7012"), "{error}");
    }
}

#[test]
fn numbers_are_ordered_as_their_digits() {
    let (low, high) = (parse("0101701234"), parse("0141701234"));
    assert!(low < high);
    assert_eq!(low.digits().cmp(&high.digits()), low.cmp(&high));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_texts_are_read_or_refused_without_harm(text in ".{0,14}") {
        if let Ok(number) = CprNumber::parse(&text) {
            prop_assert_eq!(number.digits(), text.replace('-', ""));
        }
    }

    #[test]
    fn arbitrary_digits_are_read_back(packed in 0_u64..10_u64.pow(10)) {
        match CprNumber::from_packed(packed) {
            Ok(number) => {
                prop_assert_eq!(number.packed(), packed);
                prop_assert_eq!(parse(&number.digits()), number);
                prop_assert!((1858..=2057).contains(&number.born_on().year));
            }
            Err(error) => prop_assert_eq!(error, CprError::NoDate),
        }
    }

    #[test]
    fn every_real_day_has_a_replacement_and_a_synthetic_twin(
        day in 1_u32..=28, month in 1_u32..=12, year in 0_u32..100, serial in 0_u32..10_000,
    ) {
        let real = parse(&format!("{day:02}{month:02}{year:02}{serial:04}"));
        let replacement = parse(&format!("{:02}{month:02}{year:02}{serial:04}", day + 60));
        let synthetic = parse(&format!("{day:02}{:02}{year:02}{serial:04}", month + 40));
        prop_assert!(!real.is_synthetic());
        prop_assert!(!replacement.is_synthetic());
        prop_assert!(synthetic.is_synthetic());
        prop_assert_eq!(real.born_on(), replacement.born_on());
        prop_assert_eq!(real.born_on(), synthetic.born_on());
        let both = format!("{:02}{:02}{year:02}{serial:04}", day + 60, month + 40);
        prop_assert_eq!(CprNumber::parse(&both), Err(CprError::NoDate));
        prop_assert_eq!(real.ends_odd(), serial % 2 == 1);
    }
}
