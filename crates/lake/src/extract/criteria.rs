//! Criteria of a bucket: from tables to a cohort.

use std::collections::BTreeMap;

use catalogue::selection::{
    AgeCriterion, Criterion, EventCriterion, IndexDate, Moment, ResidenceCriterion, Sex,
};
use linkage::{Cohort, PersonNumber};

use super::ExtractError;
use super::events::{date_of, days, rows_meeting};
use super::facts::{FEMALE, MALE, bare};
use super::search::Search;
use crate::reception::parse::civil_from_days;

/// What is known of the persons of a bucket.
pub(super) struct BucketPersons<'a> {
    pub(super) run: &'a Search<'a>,
    pub(super) bucket: u32,
    /// The base population.
    pub(super) base: Cohort,
    pub(super) births: BTreeMap<u32, i32>,
    pub(super) index: BTreeMap<u32, i32>,
}

impl<'a> BucketPersons<'a> {
    pub(super) fn load(run: &'a Search<'a>, bucket: u32) -> Result<Self, ExtractError> {
        let (base, births) = run.everybody(bucket)?;
        let mut persons = Self {
            run,
            bucket,
            base,
            births,
            index: BTreeMap::new(),
        };
        if let Some(IndexDate::FirstEvent(event)) = &run.plan.selection.index {
            let met = rows_meeting(run, bucket, event, (&persons.base, &persons.index))?;
            persons.index = met
                .into_iter()
                .filter(|(_, met)| event.is_met_by(met.n_dated))
                .filter_map(|(person, met)| Some((person, met.first?)))
                .collect();
        }
        Ok(persons)
    }

    /// Those of some persons who meet a criterion. Only their rows are read.
    pub(super) fn meeting(
        &self,
        criterion: &Criterion,
        within: &Cohort,
    ) -> Result<Cohort, ExtractError> {
        if within.is_empty() {
            return Ok(Cohort::new());
        }
        match criterion {
            Criterion::All(parts) => {
                let mut all = within.clone();
                for part in parts {
                    all = self.meeting(part, &all)?;
                }
                Ok(all)
            }
            Criterion::Any(parts) => {
                let mut any = Cohort::new();
                for part in parts {
                    any = any.or(&self.meeting(part, &within.minus(&any))?);
                }
                Ok(any)
            }
            Criterion::Not(part) => Ok(self.meeting(part, within)?.not_within(within)),
            Criterion::Event(event) => self.with_event(event, within),
            Criterion::Age(age) => Ok(self.of_age(age, within)),
            Criterion::Sex(sex) => self.of_sex(*sex, within),
            Criterion::Residence(residence) => self.living(residence, within),
            Criterion::Alive(alive) => self.alive(alive.at, within),
            Criterion::Washout(washout) => {
                let indexed: Cohort = self.index.keys().copied().map(PersonNumber::new).collect();
                let within = within.and(&indexed);
                Ok(self
                    .with_event(&washout.event(), &within)?
                    .not_within(&within))
            }
        }
    }

    fn with_event(&self, event: &EventCriterion, within: &Cohort) -> Result<Cohort, ExtractError> {
        let met = rows_meeting(self.run, self.bucket, event, (within, &self.index))?;
        let enough = met.iter().filter(|(_, met)| event.is_met_by(met.n_rows));
        Ok(enough
            .map(|(person, _)| PersonNumber::new(*person))
            .collect())
    }

    fn moment(&self, person: u32, moment: Moment) -> Option<i32> {
        let index = || self.index.get(&person).copied();
        match moment {
            Moment::On(date) => Some(days(date)),
            Moment::Index => index(),
            Moment::FromIndex(span) => index().map(|day| days(span.after(date_of(day)))),
        }
    }

    fn of_age(&self, criterion: &AgeCriterion, within: &Cohort) -> Cohort {
        let fits = |person: PersonNumber| {
            let born = self.births.get(&person.value())?;
            let age = age_at(*born, self.moment(person.value(), criterion.at)?)?;
            let fits = criterion.min.is_none_or(|min| i32::from(min) <= age)
                && criterion.max.is_none_or(|max| age <= i32::from(max));
            fits.then_some(person)
        };
        within.iter().filter_map(fits).collect()
    }

    fn of_sex(&self, sex: Sex, within: &Cohort) -> Result<Cohort, ExtractError> {
        let wanted = match sex {
            Sex::Male => MALE,
            Sex::Female => FEMALE,
        };
        let sexes = self.run.sexes(self.bucket, within)?;
        let found = sexes.into_iter().filter(|(_, sex)| sex & wanted != 0);
        Ok(found.map(|(person, _)| PersonNumber::new(person)).collect())
    }

    fn living(
        &self,
        criterion: &ResidenceCriterion,
        within: &Cohort,
    ) -> Result<Cohort, ExtractError> {
        let wanted: Vec<&str> = criterion
            .municipalities
            .iter()
            .map(|code| bare(code))
            .collect();
        let mut found = Cohort::new();
        self.run
            .each_address(self.bucket, within, &mut |person, address| {
                if let Some(day) = self.moment(person, criterion.at)
                    && address.from <= day
                    && day <= address.to
                    && (wanted.is_empty() || wanted.contains(&address.municipality))
                {
                    found.insert(PersonNumber::new(person));
                }
            })?;
        Ok(found)
    }

    /// Days of death, the earliest where several are stated.
    pub(super) fn deaths(&self, within: &Cohort) -> Result<BTreeMap<u32, i32>, ExtractError> {
        match self.run.plan.death {
            Some(stated) => self.run.earliest(stated, self.bucket, within),
            None => Ok(BTreeMap::new()),
        }
    }

    fn alive(&self, at: Moment, within: &Cohort) -> Result<Cohort, ExtractError> {
        let deaths = self.deaths(within)?;
        let lives = |person: PersonNumber| {
            let day = self.moment(person.value(), at)?;
            let born = self.births.get(&person.value())?;
            let died = deaths.get(&person.value());
            (*born <= day && died.is_none_or(|died| day <= *died)).then_some(person)
        };
        Ok(within.iter().filter_map(lives).collect())
    }
}

/// Age in whole years; none before birth.
fn age_at(born: i32, at: i32) -> Option<i32> {
    if at < born {
        return None;
    }
    let (birth_year, birth_month, birth_day) = civil_from_days(born);
    let (year, month, day) = civil_from_days(at);
    let had_birthday = (month, day) >= (birth_month, birth_day);
    Some(year - birth_year - i32::from(!had_birthday))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reception::parse::days_from_civil;

    #[test]
    fn age_changes_on_the_birthday() {
        let born = days_from_civil(2000, 2, 29);
        assert_eq!(age_at(born, days_from_civil(2018, 2, 28)), Some(17));
        assert_eq!(age_at(born, days_from_civil(2018, 3, 1)), Some(18));
        assert_eq!(age_at(born, days_from_civil(2020, 2, 28)), Some(19));
        assert_eq!(age_at(born, days_from_civil(2020, 2, 29)), Some(20));
        assert_eq!(age_at(born, born), Some(0));
        assert_eq!(age_at(born, born - 1), None);
    }
}
