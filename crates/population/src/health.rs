//! Chronic conditions of a person: which, and since when.
//!
//! A condition is present at the end of a life with the published prevalence at that age
//! and sex, raised for those who die by its mortality ratio, and by earlier conditions by
//! their ratios (divided by the mean of that raise, so that the marginals hold). Its onset
//! is the age at which the cohort's prevalence passes the person's draw.

use crate::calendar::{age_on, year_of};
use crate::figures::{Condition, Figures};
use crate::number::{at, exp, index, round};
use crate::person::{Fate, Person};
use crate::random::{Draws, Topic};

/// The year the prevalence figures describe.
const REFERENCE_YEAR: i32 = 2017;

/// Growth after the reference year is slower than before it.
const LATE_GROWTH: f64 = 0.4;

/// Onset of a condition that never came.
pub(crate) const NEVER: i32 = i32::MAX;

/// First day of each condition, in the order of the figures.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    onsets: Vec<i32>,
}

impl Health {
    pub(crate) fn onset(&self, condition: usize) -> i32 {
        self.onsets.get(condition).copied().unwrap_or(NEVER)
    }

    pub(crate) fn set_onset(&mut self, condition: usize, day: i32) {
        if let Some(onset) = self.onsets.get_mut(condition) {
            *onset = day;
        }
    }

    /// True if the condition began on or before `day`.
    pub(crate) fn has(&self, condition: usize, day: i32) -> bool {
        self.onset(condition) <= day
    }

    /// The conditions that ever came, with their onset.
    pub(crate) fn present(&self) -> impl Iterator<Item = (usize, i32)> + '_ {
        self.onsets
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, onset)| *onset != NEVER)
    }
}

/// Draws the conditions of `person`.
pub(crate) fn health(seed: u64, figures: &Figures, person: &Person) -> Health {
    let last = person.until - 1;
    let (age, year) = (age_on(person.born, last).max(0), year_of(last));
    let mut health = Health {
        onsets: vec![NEVER; figures.conditions.len()],
    };
    for (place, condition) in figures.conditions.iter().enumerate() {
        let base = prevalence(condition, person, age, year);
        if base <= 0.0 {
            continue;
        }
        let raise = raise(figures, condition, &health, person, (age, year));
        let dying = if person.fate == Fate::Dead {
            dying_raise(condition, base, age)
        } else {
            1.0
        };
        let mut draws = Draws::new(seed, person.key, Topic::Conditions, place as u64);
        let level = draws.unit() / (raise * dying);
        if level < base {
            let onset = if condition.lead > 0.0 {
                let lead = if person.fate == Fate::Dead {
                    condition.lead
                } else {
                    2.5 * condition.lead
                };
                last - round(lead * draws.waiting(365.25))
            } else {
                onset(condition, person, level, (age, year), &mut draws)
            };
            health.set_onset(place, onset.max(person.born + draws.below(200)).min(last));
        }
    }
    health
}

/// Prevalence in the person's sex at an age in a year.
fn prevalence(condition: &Condition, person: &Person, age: i32, year: i32) -> f64 {
    let table = condition.prevalence.get(person.sex.index());
    let level = table.map_or(0.0, |t| at(t, index(age).min(104)));
    (level * growth(condition, year)).min(0.9)
}

fn growth(condition: &Condition, year: i32) -> f64 {
    let years = f64::from(year - REFERENCE_YEAR);
    let pace = if years > 0.0 { LATE_GROWTH } else { 1.0 };
    exp(condition.trend * pace * years)
}

/// How much more frequent the condition is among those who die at this age: the ratio
/// falls with age, as registers show for diabetes.
fn dying_raise(condition: &Condition, base: f64, age: i32) -> f64 {
    let fade = (1.0 - 0.04 * f64::from(age - 70)).clamp(0.2, 2.0);
    let ratio = 1.0 + (condition.mortality - 1.0) * fade;
    ratio / (1.0 + base * (ratio - 1.0))
}

/// The condition's share among people like this one who die at this age.
pub(crate) fn share_among_dying(
    condition: &Condition,
    person: &Person,
    age: i32,
    year: i32,
) -> f64 {
    let base = prevalence(condition, person, age, year);
    (base * dying_raise(condition, base, age)).min(0.95)
}

/// The raise by earlier conditions, divided by its mean in the person's age and sex.
fn raise(
    figures: &Figures,
    condition: &Condition,
    health: &Health,
    person: &Person,
    (age, year): (i32, i32),
) -> f64 {
    let mut own = 1.0;
    let mut mean = 1.0;
    for (earlier, ratio) in &condition.raised_by {
        if let Some(other) = figures.conditions.get(*earlier) {
            mean *= 1.0 + prevalence(other, person, age, year) * (ratio - 1.0);
        }
        if health.onset(*earlier) != NEVER {
            own *= ratio;
        }
    }
    f64::min(own, 10.0) / mean
}

/// The day the cohort's prevalence passes `level`.
fn onset(
    condition: &Condition,
    person: &Person,
    level: f64,
    (age, year): (i32, i32),
    draws: &mut Draws,
) -> i32 {
    let birth_year = year - age;
    let first = (0..=age).find(|&a| prevalence(condition, person, a, birth_year + a) >= level);
    person.born + first.unwrap_or(age) * 365 + first.unwrap_or(age) / 4 + draws.below(365)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demography::people;
    use crate::figures::figures;
    use crate::plan::Plan;

    #[test]
    fn onsets_lie_within_life() {
        let plan = Plan::new(2_000, 8);
        for person in people(&plan, 0) {
            let health = health(plan.seed, figures(), &person);
            for (_, onset) in health.present() {
                assert!(person.born <= onset && onset < person.until);
            }
        }
    }
}
