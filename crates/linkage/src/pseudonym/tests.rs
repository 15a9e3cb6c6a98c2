use super::*;
use aes::Aes256;
use arrow::array::{Array, Int64Array, UInt32Array, UInt64Array};
use fpe::ff1::{FF1, FlexibleNumeralString};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn key(byte: u8) -> PseudonymKey {
    PseudonymKey::from_bytes(&[byte; 32])
}

fn person_permutation(byte: u8) -> Permutation {
    key(byte).permutation(&KeyDomain::Person)
}

fn record(kind: &str) -> KeyDomain {
    KeyDomain::Record(kind.to_owned())
}

/// The general FF1 of another implementation, over numeral strings of 49 bits.
struct Reference(FF1<Aes256>);

impl Reference {
    fn new(key: &[u8; 32]) -> Self {
        Self(FF1::new(key, 2).unwrap())
    }

    fn encrypt(&self, tweak: &[u8], number: u64) -> u64 {
        from_numerals(self.0.encrypt(tweak, &to_numerals(number)).unwrap())
    }

    fn decrypt(&self, tweak: &[u8], number: u64) -> u64 {
        from_numerals(self.0.decrypt(tweak, &to_numerals(number)).unwrap())
    }
}

fn to_numerals(number: u64) -> FlexibleNumeralString {
    let bits: Vec<u16> = (0..PSEUDONYM_BITS)
        .rev()
        .map(|bit| u16::from(number >> bit & 1 == 1))
        .collect();
    bits.into()
}

fn from_numerals(numerals: FlexibleNumeralString) -> u64 {
    Vec::<u16>::from(numerals)
        .into_iter()
        .fold(0, |number, bit| number << 1 | u64::from(bit))
}

fn values(array: &Int64Array) -> Vec<Option<i64>> {
    array.iter().collect()
}

#[test]
fn every_pseudonym_has_fifteen_digits_and_is_exact_in_a_double() {
    let permutation = person_permutation(1);
    for number in [0, 1, 2, 1 << 24, u64::from(u32::MAX), DOMAIN - 1] {
        let pseudonym = permutation.encrypt(number).unwrap();
        assert_eq!(pseudonym.value().to_string().len(), 15, "{number}");
        assert!(pseudonym.value() < 1 << 53);
    }
    assert_eq!(PSEUDONYM_BASE.to_string().len(), 15);
    assert_eq!((PSEUDONYM_BASE + DOMAIN - 1).to_string().len(), 15);
}

#[test]
fn the_permutation_never_changes() {
    // A permit's pseudonyms must be the same in every version of Sund. Each value was compared
    // with the reference implementation when it was written down.
    let key_bytes: [u8; 32] = std::array::from_fn(|n| u8::try_from(n).unwrap());
    let key = PseudonymKey::from_bytes(&key_bytes);
    let reference = Reference::new(&key_bytes);
    for (domain, number, expected) in [
        (KeyDomain::Person, 0, 207_274_843_968_881),
        (KeyDomain::Person, 1, 341_198_015_330_370),
        (KeyDomain::Person, 16_777_215, 543_095_489_226_152),
        (KeyDomain::Person, DOMAIN - 1, 381_073_332_959_380),
        (record("contact"), 0, 185_577_109_623_311),
        (record("contact"), 123_456_789_012, 648_585_836_229_496),
        (record("requisition"), 0, 506_150_203_352_200),
        (KeyDomain::Family, 0, 213_557_065_143_656),
        (KeyDomain::Provider, 0, 559_195_067_282_147),
    ] {
        let pseudonym = key.permutation(&domain).encrypt(number).unwrap();
        assert_eq!(pseudonym.value(), expected, "{domain:?} {number}");
        let permuted = reference.encrypt(&domain.tweak(), number);
        assert_eq!(
            pseudonym.value() - PSEUDONYM_BASE,
            permuted,
            "{domain:?} {number}"
        );
    }
}

#[test]
fn tweaks_of_every_length_agree_with_the_reference() {
    // 11 bytes still fit into one block with the round and half a number, 12 do not; 27 and 28 are
    // the next such pair.
    let key_bytes = [9; 32];
    let (key, reference) = (
        PseudonymKey::from_bytes(&key_bytes),
        Reference::new(&key_bytes),
    );
    for length in 0..45 {
        let domain = record(&"x".repeat(length));
        let tweak = domain.tweak();
        assert_eq!(tweak.len(), 7 + length);
        let permutation = Permutation::new(key.0.clone(), &tweak);
        let number = 1_000_003 * u64::try_from(length + 1).unwrap();
        assert_eq!(
            permutation.encrypt_in_domain(number),
            reference.encrypt(&tweak, number),
            "tweak of {} bytes",
            tweak.len()
        );
    }
}

#[test]
fn short_tweaks_agree_with_the_reference() {
    let key_bytes = [200; 32];
    let (key, reference) = (
        PseudonymKey::from_bytes(&key_bytes),
        Reference::new(&key_bytes),
    );
    for length in 0..7 {
        let tweak = vec![b'q'; length];
        let permutation = Permutation::new(key.0.clone(), &tweak);
        assert_eq!(
            permutation.encrypt_in_domain(5),
            reference.encrypt(&tweak, 5),
            "{length}"
        );
    }
}

#[test]
fn many_persons_have_as_many_pseudonyms() {
    let permutation = person_permutation(3);
    let pseudonyms: BTreeSet<_> = (0..50_000)
        .map(|n| permutation.pseudonym_of(PersonNumber::new(n)))
        .collect();
    assert_eq!(pseudonyms.len(), 50_000);
}

#[test]
fn pseudonyms_tell_nothing_about_the_order_of_numbers() {
    let permutation = person_permutation(4);
    let pseudonyms: Vec<_> = (0..10_000)
        .map(|n| permutation.pseudonym_of(PersonNumber::new(n)))
        .collect();
    let n_rising = pseudonyms
        .windows(2)
        .filter(|pair| pair[0] < pair[1])
        .count();
    assert!(
        (4_850..=5_150).contains(&n_rising),
        "{n_rising} of 9,999 rise"
    );
}

#[test]
fn pseudonyms_fill_their_range_evenly() {
    let permutation = person_permutation(5);
    let ranges = PseudonymRanges::new(64).unwrap();
    let mut counts = [0_u32; 64];
    for number in 0..64_000 {
        let range = ranges.range_of(permutation.pseudonym_of(PersonNumber::new(number)));
        counts[usize::try_from(range).unwrap()] += 1;
    }
    assert!(
        counts.iter().all(|n| (840..=1_160).contains(n)),
        "{counts:?}"
    );
}

#[test]
fn two_permits_share_no_pseudonym() {
    let (first, second) = (person_permutation(1), person_permutation(2));
    let of = |permutation: &Permutation| {
        (0..20_000)
            .map(|n| permutation.pseudonym_of(PersonNumber::new(n)))
            .collect::<BTreeSet<_>>()
    };
    assert!(of(&first).is_disjoint(&of(&second)));
}

#[test]
fn one_permit_has_another_permutation_for_each_kind_of_key() {
    let key = key(1);
    let domains = [
        KeyDomain::Person,
        record("contact"),
        record("requisition"),
        record(""),
        KeyDomain::Family,
        KeyDomain::Provider,
    ];
    let sets: Vec<BTreeSet<_>> = domains
        .iter()
        .map(|domain| {
            let permutation = key.permutation(domain);
            (0..2_000)
                .map(|n| permutation.encrypt(n).unwrap())
                .collect()
        })
        .collect();
    for (at, set) in sets.iter().enumerate() {
        assert!(
            sets[at + 1..].iter().all(|other| set.is_disjoint(other)),
            "{:?}",
            domains[at]
        );
    }
}

#[test]
fn one_bit_of_the_key_changes_every_pseudonym() {
    let bytes = [7; 32];
    let original = PseudonymKey::from_bytes(&bytes).permutation(&KeyDomain::Person);
    for position in 0..32 {
        let mut changed = bytes;
        changed[position] ^= 1;
        let changed = PseudonymKey::from_bytes(&changed).permutation(&KeyDomain::Person);
        for number in 0..20 {
            assert_ne!(
                original.encrypt(number),
                changed.encrypt(number),
                "byte {position}"
            );
        }
    }
}

#[test]
fn a_person_may_be_given_as_a_number() {
    let permutation = person_permutation(6);
    for number in [0, 5, u32::MAX] {
        let person = permutation.pseudonym_of(PersonNumber::new(number));
        assert_eq!(Ok(person), permutation.encrypt(number.into()));
    }
}

#[test]
fn numbers_outside_the_domain_are_refused() {
    let permutation = person_permutation(1);
    for number in [DOMAIN, DOMAIN + 1, u64::MAX] {
        assert_eq!(permutation.encrypt(number), Err(OutOfDomain));
        assert_eq!(permutation.encrypt_many(&mut [0, number]), Err(OutOfDomain));
        let keys = UInt64Array::from(vec![Some(0), None, Some(number)]);
        assert_eq!(permutation.pseudonymise_keys(&keys), Err(OutOfDomain));
    }
}

#[test]
fn values_outside_the_range_are_no_pseudonyms() {
    for value in [0, 1, PSEUDONYM_BASE - 1, PSEUDONYM_BASE + DOMAIN, u64::MAX] {
        assert_eq!(Pseudonym::from_value(value), Err(OutOfDomain));
    }
    for value in [PSEUDONYM_BASE, PSEUDONYM_BASE + DOMAIN - 1] {
        assert_eq!(
            Pseudonym::from_value(value).map(Pseudonym::value),
            Ok(value)
        );
    }
}

#[test]
fn many_numbers_at_once_are_the_same_as_one_by_one() {
    let permutation = person_permutation(8);
    for n_numbers in [0, 1, 2, 31, 32, 33, 64, 100] {
        let numbers: Vec<u64> = (0..n_numbers).map(|n| n * 7_919).collect();
        let mut many = numbers.clone();
        permutation.encrypt_many(&mut many).unwrap();
        let single: Vec<_> = numbers
            .iter()
            .map(|n| permutation.encrypt(*n).unwrap().value())
            .collect();
        assert_eq!(many, single, "{n_numbers} numbers");
    }
}

#[test]
fn sorted_columns_with_runs_keep_their_rows() {
    let permutation = person_permutation(9);
    let column = UInt32Array::from(vec![3, 3, 3, 5, 5, 9, 3]);
    let pseudonyms = permutation.pseudonymise(&column);
    let expected: Vec<_> = column
        .values()
        .iter()
        .map(|n| {
            permutation
                .pseudonym_of(PersonNumber::new(*n))
                .value()
                .cast_signed()
        })
        .collect();
    assert_eq!(pseudonyms.get().values(), &expected[..]);
    assert_eq!(pseudonyms.get().null_count(), 0);
}

#[test]
fn missing_numbers_stay_missing() {
    let permutation = person_permutation(9);
    let column = UInt32Array::from(vec![None, Some(1), None, None, Some(1), Some(0)]);
    let pseudonyms = values(&permutation.pseudonymise(&column).into_inner());
    let missing: Vec<_> = pseudonyms.iter().map(Option::is_none).collect();
    assert_eq!(missing, [true, false, true, true, false, false]);
    assert_eq!(pseudonyms[1], pseudonyms[4]);
    assert_ne!(pseudonyms[1], pseudonyms[5]);
}

#[test]
fn places_without_a_value_may_hold_anything() {
    let permutation = person_permutation(9);
    let nulls = arrow::buffer::NullBuffer::from(vec![true, false, true]);
    let column = UInt64Array::new(vec![1, u64::MAX, 2].into(), Some(nulls));
    let pseudonyms = values(&permutation.pseudonymise_keys(&column).unwrap().into_inner());
    assert_eq!(pseudonyms[1], None);
    assert_eq!(
        pseudonyms[0],
        Some(permutation.encrypt(1).unwrap().value().cast_signed())
    );
    assert_eq!(
        pseudonyms[2],
        Some(permutation.encrypt(2).unwrap().value().cast_signed())
    );
}

#[test]
fn parts_of_a_column_give_parts_of_the_result() {
    let permutation = person_permutation(9);
    let column: UInt32Array = (0..100).map(|n| (n % 7 != 0).then_some(n / 3)).collect();
    let whole = permutation.pseudonymise(&column).into_inner();
    for (offset, length) in [(0, 100), (1, 50), (7, 8), (99, 1), (50, 0)] {
        let part = permutation
            .pseudonymise(&column.slice(offset, length))
            .into_inner();
        assert_eq!(
            values(&part),
            values(&whole.slice(offset, length)),
            "{offset}+{length}"
        );
    }
}

#[test]
fn an_empty_column_stays_empty() {
    let permutation = person_permutation(9);
    assert!(
        permutation
            .pseudonymise(&UInt32Array::from(Vec::<u32>::new()))
            .get()
            .is_empty()
    );
    let keys = UInt64Array::from(Vec::<u64>::new());
    assert!(
        permutation
            .pseudonymise_keys(&keys)
            .unwrap()
            .get()
            .is_empty()
    );
}

#[test]
fn ranges_divide_all_pseudonyms() {
    for n_ranges in [1, 3, 64, 1_000, 65_536] {
        let ranges = PseudonymRanges::new(n_ranges).unwrap();
        assert_eq!(ranges.count(), n_ranges);
        let mut end = PSEUDONYM_BASE;
        for number in 0..n_ranges {
            let range = ranges.range(number);
            assert_eq!(range.start, end);
            let first = Pseudonym::from_value(range.start).unwrap();
            let last = Pseudonym::from_value(range.end - 1).unwrap();
            assert_eq!(
                (ranges.range_of(first), ranges.range_of(last)),
                (number, number)
            );
            end = range.end;
        }
        assert_eq!(end, PSEUDONYM_BASE + DOMAIN);
        assert!(ranges.range(n_ranges).is_empty());
        assert!(ranges.range(u32::MAX).is_empty());
    }
}

#[test]
fn there_is_at_least_one_range_and_a_largest_number_of_them() {
    for n_ranges in [0, 65_537, u32::MAX] {
        assert_eq!(PseudonymRanges::new(n_ranges), Err(OutOfDomain));
    }
}

#[test]
fn keys_and_permutations_show_nothing() {
    let key = key(0xab);
    assert_eq!(format!("{key:?}"), "PseudonymKey(…)");
    assert_eq!(
        format!("{:?}", key.permutation(&KeyDomain::Person)),
        "Permutation(…)"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_reference(
        key_bytes in any::<[u8; 32]>(),
        kind in "[a-z_]{0,30}",
        number in 0..DOMAIN,
    ) {
        let domain = record(&kind);
        let permutation = PseudonymKey::from_bytes(&key_bytes).permutation(&domain);
        let reference = Reference::new(&key_bytes);
        let permuted = permutation.encrypt_in_domain(number);
        prop_assert_eq!(permuted, reference.encrypt(&domain.tweak(), number));
        prop_assert_eq!(reference.decrypt(&domain.tweak(), permuted), number);
    }

    #[test]
    fn decrypting_takes_back_encrypting(
        key_bytes in any::<[u8; 32]>(),
        number in 0..DOMAIN,
    ) {
        let permutation = PseudonymKey::from_bytes(&key_bytes).permutation(&KeyDomain::Family);
        let pseudonym = permutation.encrypt(number).unwrap();
        prop_assert_eq!(permutation.decrypt(pseudonym), number);
        prop_assert_eq!(permutation.encrypt_in_domain(permutation.decrypt_in_domain(number)), number);
    }

    #[test]
    fn neighbours_and_single_bits_lead_far_apart(number in 0..DOMAIN, bit in 0..PSEUDONYM_BITS) {
        let permutation = person_permutation(1);
        let (left, right) = (number, number ^ 1 << bit);
        let changed = permutation.encrypt_in_domain(left) ^ permutation.encrypt_in_domain(right);
        // Fewer than 8 of 49 changed bits have a chance below one in a million.
        prop_assert!(changed.count_ones() >= 8, "{:049b}", changed);
    }

    #[test]
    fn columns_are_permuted_row_by_row(
        rows in prop::collection::vec((prop::option::of(0_u32..50), 1_usize..6), 0..60),
    ) {
        let permutation = person_permutation(2);
        let column: UInt32Array = rows
            .iter()
            .flat_map(|(number, length)| std::iter::repeat_n(*number, *length))
            .collect();
        let expected: Vec<_> = column
            .iter()
            .map(|number| {
                let pseudonym = permutation.pseudonym_of(PersonNumber::new(number?));
                Some(pseudonym.value().cast_signed())
            })
            .collect();
        prop_assert_eq!(values(permutation.pseudonymise(&column).get()), expected.clone());
        let wide: UInt64Array = column.iter().map(|number| number.map(u64::from)).collect();
        let keys = permutation.pseudonymise_keys(&wide).unwrap();
        prop_assert_eq!(values(keys.get()), expected);
    }
}
