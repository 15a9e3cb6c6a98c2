//! Rule: dominance.

use catalogue::register::OutputPolicy;

use super::{Measured, Rule};
use crate::Evidence;

/// The largest contributor gives at most `largest_share_max_permille` of the sum of absolute
/// contributions.
///
/// Source: European guidelines on output checking, (n,k) rule with n = 1 and k = 50 %.
pub(super) fn dominance(evidence: &Evidence, policy: &OutputPolicy) -> Option<Measured> {
    (evidence.largest_permille > policy.largest_share_max_permille).then_some(Measured {
        rule: Rule::Dominance,
        measured: u64::from(evidence.largest_permille),
        limit: u64::from(policy.largest_share_max_permille),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_a_value_that_one_person_makes_up() {
        let policy = OutputPolicy {
            persons_min: 5,
            largest_share_max_permille: 500,
        };
        let share = |largest_permille| Evidence {
            group_persons: 9,
            persons: 9,
            largest_permille,
        };
        assert!(dominance(&share(501), &policy).is_some());
        assert!(dominance(&share(500), &policy).is_none());
    }
}
