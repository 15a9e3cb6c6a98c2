//! A person with health: what the registers are written from.

use crate::calendar::{age_on, day};
use crate::diabetes::Diabetes;
use crate::figures::Figures;
use crate::health::Health;
use crate::person::Person;
use crate::random::{Draws, Topic};

/// One person's story, ready to be recorded.
#[derive(Debug)]
pub(crate) struct Life<'a> {
    pub(crate) seed: u64,
    pub(crate) figures: &'a Figures,
    pub(crate) person: &'a Person,
    pub(crate) health: &'a Health,
    pub(crate) diabetes: Option<Diabetes>,
    /// Days on which the person gave birth.
    pub(crate) births: &'a [i32],
    /// First and last year of the plan.
    pub(crate) years: (i32, i32),
}

/// One calendar year of residence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Year {
    pub(crate) year: i32,
    /// Completed years of age in the middle of the part lived here.
    pub(crate) age: i32,
    /// Resident days of the year, half open.
    pub(crate) from: i32,
    pub(crate) until: i32,
}

impl Year {
    /// The part of the year lived here.
    pub(crate) fn share(&self) -> f64 {
        f64::from(self.until - self.from) / 365.25
    }

    /// A uniform day of residence in the year.
    pub(crate) fn any_day(&self, draws: &mut Draws) -> i32 {
        self.from + draws.below(self.until - self.from)
    }
}

impl Life<'_> {
    pub(crate) fn draws(&self, topic: Topic, turn: u64) -> Draws {
        Draws::new(self.seed, self.person.key, topic, turn)
    }

    /// The years of residence from `first` to `last`, within the plan.
    pub(crate) fn years_between(&self, first: i32, last: i32) -> impl Iterator<Item = Year> + '_ {
        let (from_year, _, _) = crate::calendar::civil(self.person.from);
        let (until_year, _, _) = crate::calendar::civil(self.person.until - 1);
        let first = first.max(self.years.0).max(from_year);
        let last = last.min(self.years.1).min(until_year);
        (first..=last).filter_map(move |year| {
            let (from, until) = self.person.span(day(year, 1, 1), day(year + 1, 1, 1));
            let middle = from.midpoint(until);
            (from < until).then(|| Year {
                year,
                age: age_on(self.person.born, middle),
                from,
                until,
            })
        })
    }

    /// True if `day` is a day of residence within the plan.
    pub(crate) fn covers(&self, on: i32) -> bool {
        self.person.resident_on(on)
            && on >= day(self.years.0, 1, 1)
            && on < day(self.years.1 + 1, 1, 1)
    }

    /// Region index 0..=4 (081..085) of the residence on `day`.
    pub(crate) fn region_on(&self, day: i32) -> &'static str {
        let place = self.person.municipality_on(day);
        self.figures
            .municipalities
            .get(place)
            .map_or("084", |m| m.region)
    }

    /// True on a day when the person has the condition named by its place.
    pub(crate) fn has(&self, condition: usize, day: i32) -> bool {
        self.health.has(condition, day)
    }
}
