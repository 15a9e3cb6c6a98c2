//! Attrition: how many persons are left after each criterion, for those who may not see the persons.

use catalogue::register::OutputPolicy;

/// The counts of a population's steps that can be shown.
///
/// Each stands for a group of persons, and so does the difference between any two: those whom the
/// criteria between them left out or added. A count is kept back where itself or a difference to a
/// shown one would be a group of fewer than `persons_min`. Nobody is no group: a zero is shown, since
/// the group before it is large enough.
///
/// Where not all can be shown together, the last count goes before the first, and the first before
/// those between.
pub fn shown_attrition(persons: &[u64], policy: &OutputPolicy) -> Vec<Option<u64>> {
    let limit = u64::from(policy.persons_min);
    let is_safe = |group: u64| group == 0 || limit <= group;
    // A base population under the limit is itself a small group, whatever is left of it.
    if persons.first().is_none_or(|base| *base < limit) {
        return vec![None; persons.len()];
    }
    let last = persons.len() - 1;
    let mut shown: Vec<Option<u64>> = vec![None; persons.len()];
    for at in std::iter::once(last).chain(0..last) {
        let count = persons.get(at).copied().unwrap_or(0);
        let apart = |other: &u64| is_safe(count.abs_diff(*other));
        if is_safe(count)
            && shown.iter().flatten().all(apart)
            && let Some(place) = shown.get_mut(at)
        {
            *place = Some(count);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(persons: &[u64]) -> Vec<Option<u64>> {
        let policy = OutputPolicy {
            persons_min: 5,
            largest_share_max_permille: 500,
        };
        shown_attrition(persons, &policy)
    }

    #[test]
    fn large_groups_with_large_differences_are_shown() {
        assert_eq!(shown(&[100, 60, 55]), [Some(100), Some(60), Some(55)]);
        assert_eq!(shown(&[100, 100, 0]), [Some(100), Some(100), Some(0)]);
    }

    #[test]
    fn a_small_group_is_kept_back() {
        assert_eq!(shown(&[100, 60, 4]), [Some(100), Some(60), None]);
    }

    #[test]
    fn a_small_difference_to_any_shown_count_is_kept_back() {
        assert_eq!(shown(&[100, 60, 57]), [Some(100), None, Some(57)]);
        assert_eq!(shown(&[100, 98, 60]), [Some(100), None, Some(60)]);
        // Controls bring back as many as were left out, but for three.
        assert_eq!(shown(&[100, 20, 97]), [None, Some(20), Some(97)]);
    }

    #[test]
    fn nothing_is_said_of_a_base_population_under_the_limit() {
        assert_eq!(shown(&[4, 0]), [None, None]);
        assert_eq!(shown(&[]), []);
    }

    #[test]
    fn no_two_shown_counts_ever_tell_a_small_group() {
        for seed in 0..500_u64 {
            let persons: Vec<u64> = (1..7).map(|n| 5 + seed * n * 7 % 23).collect();
            let counts: Vec<u64> = shown(&persons).into_iter().flatten().collect();
            for one in &counts {
                assert!(*one >= 5);
                for other in &counts {
                    assert!(one.abs_diff(*other) == 0 || one.abs_diff(*other) >= 5);
                }
            }
        }
    }
}
