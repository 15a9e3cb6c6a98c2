//! The way from deliveries to extracts: identifiers become person numbers, cohorts choose rows,
//! and each permit gets pseudonyms of its own.

use arrow::array::{Array, Date32Array, Int64Array, StringArray, UInt32Array};
use linkage::{
    Cohort, CprNumber, KeyDomain, PERSON_CAPACITY, PersonBuckets, PersonNumber, Pseudonym,
    PseudonymKey, PseudonymRanges, SlotAllocator, coarsen,
};
use proptest::prelude::*;
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, BTreeSet};

/// Repeatable bytes in place of random ones (SplitMix64).
fn seeded(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed;
    move |bytes| {
        for byte in bytes {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed ^ (mixed >> 27))
                .wrapping_mul(0x94d0_49bb_1331_11eb)
                .to_be_bytes()[0];
        }
    }
}

/// The vault in miniature.
struct Exchange {
    slots: SlotAllocator,
    numbers: BTreeMap<CprNumber, PersonNumber>,
}

impl Exchange {
    fn new() -> Self {
        let slots = SlotAllocator::new(RoaringBitmap::new(), PERSON_CAPACITY)
            .expect("invariant: no slot is used yet");
        Self {
            slots,
            numbers: BTreeMap::new(),
        }
    }

    fn number_of(&mut self, cpr: CprNumber, random: &mut impl FnMut(&mut [u8])) -> PersonNumber {
        *self.numbers.entry(cpr).or_insert_with(|| {
            self.slots
                .allocate(random)
                .expect("invariant: few slots are used")
        })
    }
}

fn synthetic_cpr(serial: u32) -> CprNumber {
    let (day, month, year) = (1 + serial % 28, 41 + serial / 28 % 12, serial / 336 % 100);
    CprNumber::parse(&format!("{day:02}{month:02}{year:02}{:04}", serial % 4_000))
        .expect("invariant: days up to 28 exist in every month")
}

/// A register as the lake holds it: sorted by person, three rows each.
fn register(n_persons: u32) -> UInt32Array {
    let (mut exchange, mut random) = (Exchange::new(), seeded(1));
    let mut numbers: Vec<_> = (0..n_persons)
        .flat_map(|serial| {
            [exchange
                .number_of(synthetic_cpr(serial), &mut random)
                .value(); 3]
        })
        .collect();
    numbers.sort_unstable();
    numbers.into()
}

fn key(byte: u8) -> PseudonymKey {
    PseudonymKey::from_bytes(&[byte; 32])
}

fn pseudonyms(key: &PseudonymKey, domain: &KeyDomain, numbers: &UInt32Array) -> Int64Array {
    key.permutation(domain).pseudonymise(numbers).into_inner()
}

fn distinct(array: &Int64Array) -> BTreeSet<i64> {
    array.iter().flatten().collect()
}

#[test]
fn one_person_has_one_number_in_every_register() {
    let (mut exchange, mut random) = (Exchange::new(), seeded(1));
    let first = exchange.number_of(synthetic_cpr(5), &mut random);
    let other = exchange.number_of(synthetic_cpr(6), &mut random);
    assert_ne!(first, other);
    assert_eq!(exchange.number_of(synthetic_cpr(5), &mut random), first);
    assert_eq!(exchange.slots.used().len(), 2);
}

#[test]
fn a_person_number_does_not_follow_from_the_identifier() {
    let number_with = |seed| Exchange::new().number_of(synthetic_cpr(5), &mut seeded(seed));
    assert_ne!(number_with(1), number_with(2));
}

#[test]
fn two_extracts_of_the_same_persons_share_no_value_in_any_key_column() {
    let persons = register(3_000);
    let domains = [
        KeyDomain::Person,
        KeyDomain::Record("contact".to_owned()),
        KeyDomain::Record("requisition".to_owned()),
        KeyDomain::Family,
        KeyDomain::Provider,
    ];
    let mut seen = BTreeSet::new();
    let mut n_values = 0;
    for key in [key(1), key(2)] {
        for domain in &domains {
            let values = distinct(&pseudonyms(&key, domain, &persons));
            assert_eq!(values.len(), 3_000);
            n_values += values.len();
            seen.extend(values);
        }
    }
    assert_eq!(seen.len(), n_values);
}

#[test]
fn tables_of_one_permit_join_by_pseudonym() {
    let persons = register(500);
    let every_third: UInt32Array = persons.iter().step_by(3).collect();
    let whole = pseudonyms(&key(1), &KeyDomain::Person, &persons);
    let part = pseudonyms(&key(1), &KeyDomain::Person, &every_third);
    assert_eq!(distinct(&part), distinct(&whole));
    assert!(part.iter().eq(whole.iter().step_by(3)));
}

#[test]
fn an_extract_written_by_pseudonym_says_nothing_about_person_numbers() {
    let persons = register(4_000);
    let permutation = key(3).permutation(&KeyDomain::Person);
    let mut rows: Vec<_> = permutation
        .pseudonymise(&persons)
        .into_inner()
        .iter()
        .flatten()
        .zip(persons.values().iter().copied())
        .collect();
    rows.sort_unstable();
    rows.dedup();
    let n_rising = rows.windows(2).filter(|pair| pair[0].1 < pair[1].1).count();
    // Half of 3,999 pairs; five standard deviations are about 91 for rising pairs.
    assert!((1_900..=2_100).contains(&n_rising), "{n_rising}");
}

#[test]
fn rows_fall_into_the_range_of_their_pseudonym() {
    let persons = register(1_000);
    let ranges = PseudonymRanges::new(16).unwrap();
    let mut used = BTreeSet::new();
    for value in distinct(&pseudonyms(&key(4), &KeyDomain::Person, &persons)) {
        let pseudonym = Pseudonym::from_value(value.cast_unsigned()).unwrap();
        let range = ranges.range_of(pseudonym);
        assert!(ranges.range(range).contains(&pseudonym.value()));
        used.insert(range);
    }
    assert_eq!(used.len(), 16);
}

#[test]
fn the_keeper_of_the_key_finds_the_person_again() {
    let permutation = key(5).permutation(&KeyDomain::Person);
    let person = PersonNumber::new(12_345_678);
    assert_eq!(
        permutation.decrypt(permutation.pseudonym_of(person)),
        12_345_678
    );
    let other = key(6).permutation(&KeyDomain::Person);
    assert_ne!(other.decrypt(permutation.pseudonym_of(person)), 12_345_678);
}

#[test]
fn cohorts_are_evaluated_bucket_by_bucket() {
    let persons = register(2_000);
    let mut everybody = Cohort::new();
    everybody.insert_all(&persons);
    let treated: Cohort = everybody.iter().step_by(4).collect();
    let left: Cohort = everybody.iter().step_by(6).collect();
    let whole = treated.and(&left.not_within(&everybody));
    let mut joined = Cohort::new();
    for (_, range) in PersonBuckets::default().ranges() {
        let base = everybody.slice(range.clone());
        let part = treated
            .slice(range.clone())
            .and(&left.slice(range).not_within(&base));
        joined = joined.or(&part);
    }
    assert_eq!(joined, whole);
    assert_eq!(whole.len(), 500 - 2_000_u64.div_ceil(12));
}

#[test]
fn a_cohort_takes_its_own_rows_only() {
    let persons = register(300);
    let chosen: Cohort = persons
        .iter()
        .flatten()
        .step_by(9)
        .map(PersonNumber::new)
        .collect();
    let mask = chosen.mask(&persons);
    let n_rows = mask.iter().flatten().filter(|member| *member).count();
    assert_eq!(u64::try_from(n_rows), Ok(3 * chosen.len()));
    for (row, member) in mask.iter().enumerate() {
        let person = PersonNumber::new(persons.value(row));
        assert_eq!(member, Some(chosen.contains(person)));
    }
}

#[test]
fn exact_values_do_not_survive_coarsening() {
    let dates = Date32Array::from(vec![20_788, 20_789, 20_818]);
    assert_eq!(distinct_days(&coarsen::first_of_month(&dates)).len(), 1);
    assert_eq!(distinct_days(&coarsen::first_of_year(&dates)).len(), 1);
    let codes = StringArray::from(vec!["DE110", "DE111", "DE119"]);
    let prefixes = coarsen::code_prefix(&codes, 4).unwrap();
    assert!(prefixes.iter().all(|code| code == Some("DE11")));
}

fn distinct_days(dates: &Date32Array) -> BTreeSet<i32> {
    dates.iter().flatten().collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 64,
        ..ProptestConfig::default()
    })]

    #[test]
    fn linking_keeps_exactly_the_rows_of_each_person(
        left in prop::collection::vec(0_u32..60, 0..80),
        right in prop::collection::vec(0_u32..60, 0..80),
        key_bytes in any::<[u8; 32]>(),
    ) {
        let key = PseudonymKey::from_bytes(&key_bytes);
        let count_pairs = |left: &[i64], right: &[i64]| {
            left.iter().map(|l| right.iter().filter(|r| *r == l).count()).sum::<usize>()
        };
        let as_keys = |numbers: &[u32]| numbers.iter().map(|n| i64::from(*n)).collect::<Vec<_>>();
        let as_pseudonyms = |numbers: &[u32]| {
            let column = UInt32Array::from(numbers.to_vec());
            pseudonyms(&key, &KeyDomain::Person, &column).values().to_vec()
        };
        prop_assert_eq!(
            count_pairs(&as_pseudonyms(&left), &as_pseudonyms(&right)),
            count_pairs(&as_keys(&left), &as_keys(&right))
        );
    }

    #[test]
    fn the_same_key_gives_the_same_extract(
        numbers in prop::collection::vec(prop::option::of(any::<u32>()), 0..100),
        key_bytes in any::<[u8; 32]>(),
    ) {
        let column = UInt32Array::from(numbers);
        let extract = || {
            pseudonyms(&PseudonymKey::from_bytes(&key_bytes), &KeyDomain::Family, &column)
        };
        prop_assert_eq!(extract(), extract());
        prop_assert_eq!(extract().null_count(), column.null_count());
    }
}
