use super::*;
use proptest::prelude::*;

#[test]
fn a_person_number_is_its_value() {
    let person = PersonNumber::new(4_711);
    assert_eq!(person.value(), 4_711);
    assert_eq!(person.to_string(), "4711");
    assert!(PersonNumber::new(1) < PersonNumber::new(2));
}

#[test]
fn by_default_sixty_four_buckets_share_sixteen_million_slots() {
    let buckets = PersonBuckets::default();
    assert_eq!(
        Ok(buckets),
        PersonBuckets::new(PERSON_CAPACITY, PERSON_BUCKETS)
    );
    assert_eq!((buckets.count(), buckets.capacity()), (64, 16_777_216));
    assert_eq!(buckets.range(0), 0..262_144);
    assert_eq!(buckets.range(63), 16_515_072..16_777_216);
    assert_eq!(buckets.bucket_of(PersonNumber::new(262_143)), Some(0));
    assert_eq!(buckets.bucket_of(PersonNumber::new(262_144)), Some(1));
    assert_eq!(buckets.bucket_of(PersonNumber::new(16_777_215)), Some(63));
    assert_eq!(buckets.bucket_of(PersonNumber::new(16_777_216)), None);
}

#[test]
fn the_last_bucket_may_be_shorter() {
    let buckets = PersonBuckets::new(10, 4).unwrap();
    let ranges: Vec<_> = buckets.ranges().collect();
    assert_eq!(ranges, [(0, 0..3), (1, 3..6), (2, 6..9), (3, 9..10)]);
}

#[test]
fn one_bucket_holds_everybody() {
    let buckets = PersonBuckets::new(u32::MAX, 1).unwrap();
    assert_eq!(buckets.range(0), 0..u32::MAX);
    assert_eq!(buckets.bucket_of(PersonNumber::new(u32::MAX - 1)), Some(0));
}

#[test]
fn a_bucket_that_does_not_exist_is_empty() {
    let buckets = PersonBuckets::default();
    for bucket in [64, 65, u32::MAX - 1, u32::MAX] {
        assert!(buckets.range(bucket).is_empty(), "{bucket}");
    }
}

#[test]
fn every_bucket_must_have_a_slot() {
    for (capacity, n_buckets) in [(0, 1), (1, 0), (0, 0), (3, 4), (9, 6), (5, u32::MAX)] {
        let refused = BucketsError::TooFewSlots {
            capacity,
            n_buckets,
        };
        assert_eq!(PersonBuckets::new(capacity, n_buckets), Err(refused));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_slot_lies_in_exactly_one_bucket(
        capacity in 1_u32..5_000,
        n_buckets in 1_u32..300,
        slot in 0_u32..6_000,
    ) {
        let Ok(buckets) = PersonBuckets::new(capacity, n_buckets) else { return Ok(()) };
        let holding: Vec<_> = buckets
            .ranges()
            .filter_map(|(bucket, range)| range.contains(&slot).then_some(bucket))
            .collect();
        let expected: Vec<_> = buckets.bucket_of(PersonNumber::new(slot)).into_iter().collect();
        prop_assert_eq!(&holding, &expected);
        prop_assert_eq!(holding.len(), usize::from(slot < capacity));
    }

    #[test]
    fn buckets_follow_each_other_without_gap(
        capacity in 1_u32..u32::MAX,
        n_buckets in 1_u32..1_000,
    ) {
        let Ok(buckets) = PersonBuckets::new(capacity, n_buckets) else { return Ok(()) };
        let mut end = 0;
        for (_, range) in buckets.ranges() {
            prop_assert_eq!(range.start, end);
            prop_assert!(!range.is_empty());
            end = range.end;
        }
        prop_assert_eq!(end, capacity);
    }
}
