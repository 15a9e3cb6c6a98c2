use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A small generator of repeatable bytes (SplitMix64).
fn seeded(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed;
    move |bytes| {
        for chunk in bytes.chunks_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

fn bitmap(numbers: impl IntoIterator<Item = u32>) -> RoaringBitmap {
    numbers.into_iter().collect()
}

fn allocator(used: impl IntoIterator<Item = u32>, capacity: u32) -> SlotAllocator {
    SlotAllocator::new(bitmap(used), capacity).unwrap()
}

#[test]
fn hands_out_every_slot_once_and_then_no_more() {
    for capacity in [1, 2, 3, 64, 100, 1_000] {
        let mut slots = allocator([], capacity);
        let mut random = seeded(capacity.into());
        let drawn: BTreeSet<_> = (0..capacity)
            .map(|_| slots.allocate(&mut random).unwrap().value())
            .collect();
        assert_eq!(drawn, (0..capacity).collect());
        assert_eq!(slots.n_free(), 0);
        assert_eq!(
            slots.allocate(&mut random),
            Err(SlotError::Full { capacity })
        );
    }
}

#[test]
fn a_drawn_slot_is_used_from_then_on() {
    let mut slots = allocator([3], 10);
    let person = slots.allocate(&mut seeded(1)).unwrap();
    assert_ne!(person.value(), 3);
    assert!(slots.used().contains(person.value()) && slots.used().contains(3));
    assert_eq!((slots.used().len(), slots.n_free()), (2, 8));
}

#[test]
fn the_same_bytes_draw_the_same_slots() {
    let draw = |seed| {
        let (mut slots, mut random) = (allocator([], 1 << 24), seeded(seed));
        (0..50)
            .map(|_| slots.allocate(&mut random).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn slots_tell_nothing_about_the_order_of_arrival() {
    let (mut slots, mut random) = (allocator([], 1 << 24), seeded(9));
    let drawn: Vec<_> = (0..10_000)
        .map(|_| slots.allocate(&mut random).unwrap().value())
        .collect();
    let n_rising = drawn.windows(2).filter(|pair| pair[0] < pair[1]).count();
    // Half of the pairs rise; five standard deviations are about 145.
    assert!(
        (4_850..=5_150).contains(&n_rising),
        "{n_rising} of 9,999 rise"
    );
}

#[test]
fn slots_fill_the_whole_range_evenly() {
    let (mut slots, mut random) = (allocator([], 1 << 24), seeded(5));
    let mut per_bucket = [0_u32; 64];
    for _ in 0..64_000 {
        let slot = slots.allocate(&mut random).unwrap().value();
        per_bucket[usize::try_from(slot >> 18).unwrap()] += 1;
    }
    // A thousand are expected in each; five standard deviations are about 158.
    assert!(
        per_bucket.iter().all(|n| (840..=1_160).contains(n)),
        "{per_bucket:?}"
    );
}

#[test]
fn free_slots_of_a_nearly_full_range_are_drawn_evenly() {
    let free = [0, 1, 7, 500, 998, 999];
    let used = bitmap((0..1_000).filter(|slot| !free.contains(slot)));
    let mut random = seeded(3);
    let mut counts = [0_u32; 6];
    for _ in 0..6_000 {
        let slot = choose_free(&used, 1_000, &mut random).unwrap();
        counts[free.iter().position(|known| *known == slot).unwrap()] += 1;
    }
    assert!(
        counts.iter().all(|n| (850..=1_150).contains(n)),
        "{counts:?}"
    );
}

#[test]
fn free_slots_of_a_half_empty_range_are_drawn_evenly() {
    let used = bitmap((0..8).filter(|slot| slot % 2 == 0));
    let mut random = seeded(4);
    let mut counts = [0_u32; 8];
    for _ in 0..4_000 {
        counts[usize::try_from(choose_free(&used, 8, &mut random).unwrap()).unwrap()] += 1;
    }
    for (slot, n) in counts.iter().enumerate() {
        let expected = if slot % 2 == 0 { 0..=0 } else { 850..=1_150 };
        assert!(expected.contains(n), "slot {slot}: {n}");
    }
}

#[test]
fn counting_finds_every_free_slot_in_order() {
    let used = bitmap([0, 1, 2, 5, 9]);
    let found: Vec<_> = (0..5).map(|nth| nth_free(&used, 10, nth)).collect();
    assert_eq!(found, [3, 4, 6, 7, 8]);
    assert_eq!(nth_free(&bitmap([]), 1, 0), 0);
    assert_eq!(nth_free(&bitmap(0..999), 1_000, 0), 999);
}

#[test]
fn a_nearly_full_capacity_of_millions_is_no_burden() {
    let capacity = 1 << 24;
    let mut used = RoaringBitmap::new();
    used.insert_range(0..capacity - 3);
    used.remove(77);
    used.remove(12_000_000);
    let mut slots = SlotAllocator::new(used, capacity).unwrap();
    let mut random = seeded(8);
    let drawn: BTreeSet<_> = (0..5)
        .map(|_| slots.allocate(&mut random).unwrap().value())
        .collect();
    let expected = [77, 12_000_000, capacity - 3, capacity - 2, capacity - 1];
    assert_eq!(drawn, BTreeSet::from(expected));
}

#[test]
fn used_slots_beyond_the_capacity_are_an_error() {
    let beyond = |used| SlotAllocator::new(bitmap([used]), 10);
    assert!(beyond(9).is_ok());
    for used in [10, 11, u32::MAX] {
        assert_eq!(
            beyond(used),
            Err(SlotError::BeyondCapacity { capacity: 10 })
        );
    }
}

#[test]
fn a_capacity_of_nothing_is_full() {
    let refused = allocator([], 0).allocate(&mut seeded(1));
    assert_eq!(refused, Err(SlotError::Full { capacity: 0 }));
}

#[test]
fn a_stuck_source_ends_in_an_error_or_in_a_free_slot() {
    let mut ones = |bytes: &mut [u8]| bytes.fill(0xff);
    assert_eq!(
        allocator([], 10).allocate(&mut ones),
        Err(SlotError::SourceStuck)
    );
    // Zero bytes keep guessing slot 0; counting then finds the first free one.
    let mut zeros = |bytes: &mut [u8]| bytes.fill(0);
    assert_eq!(
        allocator([0], 10).allocate(&mut zeros),
        Ok(PersonNumber::new(1))
    );
}

#[test]
fn draws_stay_below_their_limit_and_reach_it() {
    let mut random = seeded(6);
    for limit in [1, 2, 3, 5, 8, 255, 256, 257] {
        let drawn: BTreeSet<_> = (0..5_000)
            .map(|_| uniform_below(limit, &mut random).unwrap())
            .collect();
        assert_eq!(drawn, (0..limit).collect(), "below {limit}");
    }
    let large: Vec<_> = (0..100)
        .map(|_| uniform_below(u32::MAX, &mut random).unwrap())
        .collect();
    assert!(large.iter().any(|number| number.leading_zeros() == 0));
    assert!(large.iter().any(|number| number.leading_zeros() > 0));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_drawn_slot_is_free_and_within_the_capacity(
        used in prop::collection::btree_set(0_u32..200, 0..200),
        seed in any::<u64>(),
    ) {
        let mut slots = allocator(used.iter().copied(), 200);
        match slots.allocate(&mut seeded(seed)) {
            Ok(person) => {
                prop_assert!(person.value() < 200 && !used.contains(&person.value()));
                prop_assert_eq!(slots.used().len(), used.len() as u64 + 1);
            }
            Err(error) => {
                prop_assert_eq!(error, SlotError::Full { capacity: 200 });
                prop_assert_eq!(used.len(), 200);
            }
        }
    }

    #[test]
    fn counting_agrees_with_looking(
        used in prop::collection::btree_set(0_u32..300, 0..300),
    ) {
        let free: Vec<_> = (0..300).filter(|slot| !used.contains(slot)).collect();
        let used = bitmap(used);
        for (nth, slot) in (0..).zip(free) {
            prop_assert_eq!(nth_free(&used, 300, nth), slot);
        }
    }
}
