use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn cohort(numbers: impl IntoIterator<Item = u32>) -> Cohort {
    numbers.into_iter().map(PersonNumber::new).collect()
}

fn numbers(cohort: &Cohort) -> Vec<u32> {
    cohort.iter().map(PersonNumber::value).collect()
}

fn mask_of(cohort: &Cohort, persons: &UInt32Array) -> Vec<bool> {
    cohort.mask(persons).iter().map(Option::unwrap).collect()
}

#[test]
fn a_new_cohort_is_of_nobody() {
    let cohort = Cohort::new();
    assert!(cohort.is_empty());
    assert_eq!((cohort.len(), cohort.iter().count()), (0, 0));
    assert!(!cohort.contains(PersonNumber::new(0)));
}

#[test]
fn a_person_is_in_a_cohort_once() {
    let mut cohort = Cohort::new();
    assert!(cohort.insert(PersonNumber::new(7)));
    assert!(!cohort.insert(PersonNumber::new(7)));
    assert!(cohort.contains(PersonNumber::new(7)));
    assert_eq!(cohort.len(), 1);
}

#[test]
fn persons_come_in_the_order_of_their_numbers() {
    assert_eq!(numbers(&cohort([9, 3, 70_000, 3, 0])), [0, 3, 9, 70_000]);
}

#[test]
fn a_column_of_persons_becomes_a_cohort() {
    let mut cohort = Cohort::new();
    cohort.insert_all(&UInt32Array::from(vec![
        Some(5),
        Some(5),
        None,
        Some(2),
        Some(5),
        Some(0),
    ]));
    assert_eq!(numbers(&cohort), [0, 2, 5]);
    cohort.insert_all(&UInt32Array::from(vec![Some(9)]));
    assert_eq!(numbers(&cohort), [0, 2, 5, 9]);
}

#[test]
fn nobody_in_a_column_is_nobody_in_the_cohort() {
    let nulls = arrow::buffer::NullBuffer::from(vec![false, false]);
    let mut cohort = Cohort::new();
    cohort.insert_all(&UInt32Array::new(vec![4, 0].into(), Some(nulls)));
    assert!(cohort.is_empty());
}

#[test]
fn cohorts_combine_as_sets() {
    let (left, right) = (cohort([1, 2, 3]), cohort([3, 4]));
    assert_eq!(numbers(&left.and(&right)), [3]);
    assert_eq!(numbers(&left.or(&right)), [1, 2, 3, 4]);
    assert_eq!(numbers(&left.minus(&right)), [1, 2]);
    assert_eq!(numbers(&right.minus(&left)), [4]);
}

#[test]
fn not_stays_within_its_base() {
    let base = Cohort::from_range(0..5);
    assert_eq!(numbers(&cohort([1, 3, 99]).not_within(&base)), [0, 2, 4]);
    assert!(base.not_within(&base).is_empty());
    assert_eq!(Cohort::new().not_within(&base), base);
    assert!(Cohort::new().not_within(&Cohort::new()).is_empty());
}

#[test]
fn a_slice_holds_the_members_of_a_bucket() {
    let cohort = cohort([0, 9, 10, 11, 19, 20]);
    assert_eq!(numbers(&cohort.slice(10..20)), [10, 11, 19]);
    assert_eq!(cohort.count_within(10..20), 3);
    assert!(cohort.slice(21..30).is_empty());
    assert!(cohort.slice(5..5).is_empty());
    assert_eq!(cohort.count_within(5..5), 0);
}

#[test]
fn ranges_may_be_empty() {
    assert!(Cohort::from_range(3..3).is_empty());
    assert_eq!(numbers(&Cohort::from_range(3..6)), [3, 4, 5]);
}

#[test]
fn the_mask_marks_rows_of_members() {
    let cohort = cohort([2, 3]);
    let persons = UInt32Array::from(vec![
        Some(1),
        Some(2),
        Some(2),
        None,
        Some(2),
        Some(3),
        Some(4),
        Some(2),
    ]);
    let mask = cohort.mask(&persons);
    assert_eq!(mask.null_count(), 0);
    assert_eq!(
        mask_of(&cohort, &persons),
        [false, true, true, false, true, true, false, true]
    );
}

#[test]
fn the_mask_of_an_empty_column_is_empty() {
    assert!(
        cohort([1])
            .mask(&UInt32Array::from(Vec::<u32>::new()))
            .is_empty()
    );
}

#[test]
fn the_mask_of_a_part_is_a_part_of_the_mask() {
    let cohort = cohort((0..50).filter(|n| n % 3 == 0));
    let persons: UInt32Array = (0..200).map(|n| (n % 11 != 0).then_some(n / 4)).collect();
    let whole = mask_of(&cohort, &persons);
    for (offset, length) in [(0, 200), (3, 64), (65, 70), (199, 1)] {
        let part = mask_of(&cohort, &persons.slice(offset, length));
        assert_eq!(part, whole[offset..offset + length]);
    }
}

#[test]
fn bytes_are_read_back() {
    for original in [
        Cohort::new(),
        cohort([0, 5, u32::MAX]),
        Cohort::from_range(10..500_000),
    ] {
        assert_eq!(Cohort::from_bytes(&original.to_bytes()).unwrap(), original);
    }
}

#[test]
fn equal_cohorts_have_equal_bytes() {
    let in_one_go = Cohort::from_range(0..10_000);
    let one_by_one = cohort((0..10_000).rev());
    assert_eq!(in_one_go, one_by_one);
    assert_eq!(in_one_go.to_bytes(), one_by_one.to_bytes());
}

#[test]
fn other_bytes_are_refused() {
    let good = cohort([1, 2, 70_000]).to_bytes();
    let shorter = &good[..good.len() - 1];
    assert!(matches!(
        Cohort::from_bytes(shorter),
        Err(CohortError::Malformed(_))
    ));
    let longer = [good.as_slice(), &[0]].concat();
    assert!(matches!(
        Cohort::from_bytes(&longer),
        Err(CohortError::TrailingBytes)
    ));
    assert!(matches!(
        Cohort::from_bytes(&[]),
        Err(CohortError::Malformed(_))
    ));
    assert!(matches!(
        Cohort::from_bytes(b"no cohort at all"),
        Err(CohortError::Malformed(_))
    ));
}

#[test]
fn a_bitmap_is_a_cohort() {
    let bitmap: RoaringBitmap = [4, 2].into_iter().collect();
    assert_eq!(numbers(&Cohort::from(bitmap)), [2, 4]);
}

fn some_numbers() -> impl Strategy<Value = BTreeSet<u32>> {
    prop::collection::btree_set(prop_oneof![0_u32..200, any::<u32>()], 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn operations_are_those_of_sets(left in some_numbers(), right in some_numbers()) {
        let (a, b) = (cohort(left.iter().copied()), cohort(right.iter().copied()));
        let expect = |set: BTreeSet<u32>| cohort(set);
        prop_assert_eq!(a.and(&b), expect(&left & &right));
        prop_assert_eq!(a.or(&b), expect(&left | &right));
        prop_assert_eq!(a.minus(&b), expect(&left - &right));
        prop_assert_eq!(a.not_within(&b), expect(&right - &left));
        prop_assert_eq!(a.len(), left.len() as u64);
        prop_assert_eq!(numbers(&a), left.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn slices_of_all_buckets_make_up_the_cohort(
        members in prop::collection::btree_set(0_u32..1_000, 0..100),
        n_buckets in 1_u32..20,
    ) {
        let cohort = cohort(members);
        let buckets = crate::PersonBuckets::new(1_000, n_buckets).unwrap();
        let mut joined = Cohort::new();
        for (_, range) in buckets.ranges() {
            let slice = cohort.slice(range.clone());
            prop_assert_eq!(slice.len(), cohort.count_within(range));
            prop_assert!(joined.and(&slice).is_empty());
            joined = joined.or(&slice);
        }
        prop_assert_eq!(joined, cohort);
    }

    #[test]
    fn the_mask_agrees_with_contains(
        members in prop::collection::btree_set(0_u32..40, 0..40),
        rows in prop::collection::vec(prop::option::of(0_u32..40), 0..150),
    ) {
        let cohort = cohort(members.iter().copied());
        let expected: Vec<_> =
            rows.iter().map(|row| row.is_some_and(|n| members.contains(&n))).collect();
        prop_assert_eq!(mask_of(&cohort, &UInt32Array::from(rows)), expected);
    }

    #[test]
    fn arbitrary_bytes_are_read_or_refused_without_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        if let Ok(cohort) = Cohort::from_bytes(&bytes) {
            prop_assert_eq!(Cohort::from_bytes(&cohort.to_bytes()).unwrap(), cohort);
        }
    }

    #[test]
    fn cohorts_survive_their_bytes(members in some_numbers()) {
        let original = cohort(members);
        prop_assert_eq!(Cohort::from_bytes(&original.to_bytes()).unwrap(), original);
    }
}
