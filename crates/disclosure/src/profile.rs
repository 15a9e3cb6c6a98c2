//! What may be told of a variable to everybody: completeness, spread over years, common values.
//!
//! Made of exact counts that never leave, under the rules for outputs and more: a public page has no
//! permit behind it.
//! Every number of persons holds [`CELL_RULES`], is at least [`PERSONS_LEAST`], carries noise that
//! belongs to exactly these persons (asking twice, or for the same persons by another way, gives the
//! same answer) and is rounded to tens. Shares are whole per cents of many rows and never 0 or 100.

use std::collections::BTreeMap;

use catalogue::register::OutputPolicy;
use serde::{Deserialize, Serialize};

use crate::Evidence;
use crate::rules::CELL_RULES;

/// Fewest persons behind a figure that everybody may see.
pub const PERSONS_LEAST: u64 = 10;
/// Fewest persons behind a range.
pub const RANGE_PERSONS_LEAST: u64 = 100;
/// Fewest rows behind a share: a per cent is then ten rows.
pub const SHARE_ROWS_LEAST: u64 = 1_000;
/// Most common values that are told.
pub const VALUES_MAX: usize = 10;
/// Numbers of persons are rounded to this.
const ROUNDED_TO: u64 = 10;
/// Noise is at most this much, up or down.
const NOISE: u64 = 4;

/// Persons behind a figure: how many, and a mark of exactly these persons under a secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Persons {
    /// How many.
    pub n: u64,
    /// Sum of each person's keyed mark.
    pub mark: u64,
}

impl Persons {
    /// Counts one more person.
    pub const fn add(&mut self, mark: u64) {
        self.n += 1;
        self.mark = self.mark.wrapping_add(mark);
    }

    /// Counts the persons of another part, of whom none was counted here.
    pub const fn join(&mut self, other: Self) {
        self.n += other.n;
        self.mark = self.mark.wrapping_add(other.mark);
    }
}

/// Exact counts of one year. Never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct YearCounts {
    /// Persons with a value.
    pub persons: Persons,
    /// Rows.
    pub rows: u64,
    /// Rows with a value.
    pub filled: u64,
}

/// Exact counts of a variable. Never shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VariableCounts {
    /// Over all years.
    pub total: YearCounts,
    /// By year of the row.
    pub years: BTreeMap<i16, YearCounts>,
    /// Persons by value, for values that stand in the variable's code list.
    pub values: BTreeMap<String, Persons>,
    /// The fifth and the ninety-fifth per cent of the values, for numbers.
    pub range: Option<(f64, f64)>,
}

/// What everybody may know of a variable. What is none is held back, or there is nothing to tell.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableProfile {
    /// Persons with a value, about.
    pub persons: Option<u64>,
    /// Per cent of rows with a value, from 1 to 99.
    pub filled_percent: Option<u8>,
    /// By year, without gaps.
    pub years: Vec<YearProfile>,
    /// Most common values with their persons, the most first.
    pub values: Vec<(String, u64)>,
    /// Whether there are values of which nothing is told.
    pub values_held: bool,
    /// About where most values lie.
    pub range: Option<(f64, f64)>,
}

/// What everybody may know of a variable in one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearProfile {
    /// Year.
    pub year: i16,
    /// Persons with a value, about.
    pub persons: Option<u64>,
    /// Per cent of rows with a value, from 1 to 99.
    pub filled_percent: Option<u8>,
}

impl VariableProfile {
    /// What may be told of these counts.
    #[must_use]
    pub fn publish(counts: &VariableCounts, policy: &OutputPolicy) -> Self {
        let group = counts.total.persons.n;
        let mut values: Vec<(String, u64)> = counts
            .values
            .iter()
            .filter_map(|(value, persons)| Some((value.clone(), told(*persons, group, policy)?)))
            .collect();
        values.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
        values.truncate(VALUES_MAX);
        let enough = group >= RANGE_PERSONS_LEAST.max(20 * u64::from(policy.persons_min));
        Self {
            persons: told(counts.total.persons, group, policy),
            filled_percent: share(&counts.total),
            years: years(counts, policy),
            values_held: values.len() < counts.values.len(),
            values,
            range: counts
                .range
                .filter(|_| enough)
                .map(|(low, high)| (coarse(low), coarse(high))),
        }
    }
}

/// Years from the first to the last of which anything may be told; the years between stand too.
fn years(counts: &VariableCounts, policy: &OutputPolicy) -> Vec<YearProfile> {
    let told_years: Vec<YearProfile> = counts
        .years
        .iter()
        .map(|(year, of_year)| YearProfile {
            year: *year,
            persons: told(of_year.persons, counts.total.persons.n, policy),
            filled_percent: share(of_year),
        })
        .collect();
    let is_told = |year: &&YearProfile| year.persons.is_some() || year.filled_percent.is_some();
    let first = told_years.iter().find(is_told).map(|year| year.year);
    let last = told_years.iter().rev().find(is_told).map(|year| year.year);
    let (Some(first), Some(last)) = (first, last) else {
        return Vec::new();
    };
    (first..=last)
        .map(|year| {
            let found = told_years.iter().find(|known| known.year == year);
            found.copied().unwrap_or(YearProfile {
                year,
                persons: None,
                filled_percent: None,
            })
        })
        .collect()
}

/// How many persons stand in a whole table, as everybody may know it; none if it is held back.
#[must_use]
pub fn publish_persons(persons: Persons, policy: &OutputPolicy) -> Option<u64> {
    told(persons, persons.n, policy)
}

/// A number of persons as everybody may know it; none if it is held back.
fn told(persons: Persons, group: u64, policy: &OutputPolicy) -> Option<u64> {
    let evidence = Evidence {
        group_persons: group,
        persons: persons.n,
        // Each person is counted once.
        largest_permille: u32::try_from(1_000_u64.checked_div(persons.n)?).ok()?,
    };
    let broken = CELL_RULES
        .iter()
        .any(|rule| rule(&evidence, policy).is_some());
    let least = PERSONS_LEAST.max(2 * u64::from(policy.persons_min));
    if broken || persons.n < least {
        return None;
    }
    // From -NOISE to NOISE, by the persons alone.
    let noisy = (persons.n + persons.mark % (2 * NOISE + 1)).saturating_sub(NOISE);
    let rounded = (noisy + ROUNDED_TO / 2) / ROUNDED_TO * ROUNDED_TO;
    Some(rounded.max(least))
}

/// Whole per cents of rows with a value; never all and never none, which would speak of every row.
fn share(counts: &YearCounts) -> Option<u8> {
    if counts.rows < SHARE_ROWS_LEAST {
        return None;
    }
    let percent = (counts.filled * 100 + counts.rows / 2) / counts.rows;
    u8::try_from(percent.clamp(1, 99)).ok()
}

/// A number with its two first digits.
fn coarse(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return 0.0;
    }
    let mut unit = 1.0_f64;
    while number.abs() / unit >= 100.0 {
        unit *= 10.0;
    }
    while number.abs() / unit < 10.0 && unit > 1e-6 {
        unit /= 10.0;
    }
    let digits = (number / unit).round();
    // Dividing by a whole number of tens keeps `0.7` from becoming `0.7000000000000001`.
    if unit >= 1.0 {
        digits * unit
    } else {
        digits / (1.0 / unit).round()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: OutputPolicy = OutputPolicy {
        persons_min: 5,
        largest_share_max_permille: 500,
    };

    fn persons(n: u64, mark: u64) -> Persons {
        Persons { n, mark }
    }

    fn counts(values: &[(&str, u64)], total: u64) -> VariableCounts {
        let of_year = YearCounts {
            persons: persons(total, 11),
            rows: total * 3,
            filled: total * 3,
        };
        VariableCounts {
            total: of_year,
            years: BTreeMap::from([(2019, of_year)]),
            values: values
                .iter()
                .map(|(value, n)| ((*value).to_owned(), persons(*n, *n * 7)))
                .collect(),
            range: Some((41.3, 187.2)),
        }
    }

    #[test]
    fn a_value_of_few_persons_is_not_told() {
        let profile =
            VariableProfile::publish(&counts(&[("DE11", 400), ("DE12", 3)], 1_000), &POLICY);
        assert_eq!(profile.values.len(), 1);
        assert_eq!(profile.values[0].0, "DE11");
        assert!(profile.values_held);
    }

    #[test]
    fn full_is_never_said_to_be_all() {
        let profile = VariableProfile::publish(&counts(&[], 1_000), &POLICY);
        assert_eq!(profile.filled_percent, Some(99));
    }

    #[test]
    fn nothing_is_told_of_a_handful_of_persons() {
        let profile = VariableProfile::publish(&counts(&[("A", 9)], 9), &POLICY);
        let nothing = VariableProfile {
            values_held: true,
            ..VariableProfile::default()
        };
        assert_eq!(profile, nothing);
    }

    #[test]
    fn a_stricter_source_raises_the_threshold() {
        let strict = OutputPolicy {
            persons_min: 50,
            ..POLICY
        };
        let profile = VariableProfile::publish(&counts(&[("A", 99), ("B", 100)], 5_000), &strict);
        assert_eq!(profile.values.len(), 1);
        assert_eq!(profile.values[0].0, "B");
    }

    #[test]
    fn a_range_has_two_digits() {
        let profile = VariableProfile::publish(&counts(&[], 1_000), &POLICY);
        assert_eq!(profile.range, Some((41.0, 190.0)));
        assert_eq!(
            [coarse(0.123), coarse(-3456.0), coarse(7.0)],
            [0.12, -3500.0, 7.0]
        );
    }

    proptest! {
        #[test]
        fn small_counts_never_show(n in 0_u64..5_000, mark: u64, persons_min in 1_u32..60) {
            let policy = OutputPolicy { persons_min, largest_share_max_permille: 500 };
            let shown = told(persons(n, mark), 5_000, &policy);
            let least = PERSONS_LEAST.max(2 * u64::from(persons_min));
            prop_assert_eq!(shown.is_some(), n >= least);
            if let Some(shown) = shown {
                prop_assert!(shown >= least);
                prop_assert!(shown.abs_diff(n) <= NOISE + ROUNDED_TO / 2 + least % ROUNDED_TO);
            }
        }

        #[test]
        fn the_same_persons_give_the_same_number(marks in proptest::collection::vec(any::<u64>(), 10..80), turn in 0_usize..80) {
            let count = |marks: &[u64]| {
                let mut persons = Persons::default();
                marks.iter().for_each(|mark| persons.add(*mark));
                told(persons, 1_000, &POLICY)
            };
            let mut turned = marks.clone();
            turned.rotate_left(turn % marks.len());
            prop_assert_eq!(count(&marks), count(&turned));
        }
    }
}
