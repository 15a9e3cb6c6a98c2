//! Rule: zero cells.

use catalogue::register::OutputPolicy;

use super::{Measured, Rule};
use crate::Evidence;

/// A zero says the same thing about everybody in its group. It is released only where the group
/// itself has at least `persons_min` persons, and a table has no row for a group without persons.
///
/// Source: European guidelines on output checking, class disclosure (group disclosure).
pub(super) fn zero_cell(evidence: &Evidence, policy: &OutputPolicy) -> Option<Measured> {
    let limit = u64::from(policy.persons_min);
    let small_zero = evidence.persons == 0 && evidence.group_persons < limit;
    small_zero.then_some(Measured {
        rule: Rule::ZeroCell,
        measured: evidence.group_persons,
        limit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_a_zero_of_a_small_group_and_lets_that_of_a_large_one_go() {
        let policy = OutputPolicy {
            persons_min: 5,
            largest_share_max_permille: 500,
        };
        let zero = |group_persons| Evidence {
            group_persons,
            persons: 0,
            largest_permille: 0,
        };
        assert!(zero_cell(&zero(4), &policy).is_some());
        assert!(zero_cell(&zero(5), &policy).is_none());
    }
}
