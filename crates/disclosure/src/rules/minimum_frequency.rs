//! Rule: minimum frequency.

use catalogue::register::OutputPolicy;

use super::{Measured, Rule};
use crate::Evidence;

/// A non-zero value needs at least `persons_min` distinct persons who contribute to it, and its group
/// at least as many.
///
/// Source: Sundhedsdatastyrelsen, "no groups under 5"; Danmarks Statistik, 3. The strictest of the
/// sources counts.
pub(super) fn minimum_frequency(evidence: &Evidence, policy: &OutputPolicy) -> Option<Measured> {
    if evidence.persons == 0 {
        return None; // A zero follows the zero rule.
    }
    let persons = evidence.persons.min(evidence.group_persons);
    let limit = u64::from(policy.persons_min);
    (persons < limit).then_some(Measured {
        rule: Rule::MinimumFrequency,
        measured: persons,
        limit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: OutputPolicy = OutputPolicy {
        persons_min: 5,
        largest_share_max_permille: 500,
    };

    fn persons(group_persons: u64, persons: u64) -> Evidence {
        Evidence {
            group_persons,
            persons,
            largest_permille: 1,
        }
    }

    #[test]
    fn holds_a_value_with_one_person_too_few() {
        assert!(minimum_frequency(&persons(100, 4), &POLICY).is_some());
        assert!(minimum_frequency(&persons(100, 5), &POLICY).is_none());
    }

    #[test]
    fn leaves_a_zero_to_the_zero_rule() {
        assert!(minimum_frequency(&persons(2, 0), &POLICY).is_none());
    }
}
