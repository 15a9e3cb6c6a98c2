//! Criteria of a bucket: from tables to a cohort.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use catalogue::selection::{AgeCriterion, Criterion, IndexDate, Moment, ResidenceCriterion, Sex};
use linkage::{Cohort, PersonNumber};

use super::events::{days, rows_meeting};
use super::{ExtractError, Run};
use crate::reception::parse::civil_from_days;

/// What is known of the persons of a bucket.
pub(super) struct BucketPersons<'a> {
    run: &'a Run<'a>,
    bucket: u32,
    /// The base population.
    pub(super) base: Cohort,
    births: BTreeMap<u32, i32>,
    index: BTreeMap<u32, i32>,
}

impl<'a> BucketPersons<'a> {
    pub(super) fn load(run: &'a Run<'a>, bucket: u32) -> Result<Self, ExtractError> {
        let birth = run.plan.birth;
        let source = run.plan.source(birth.register, birth.table)?;
        let mut base = Cohort::new();
        let mut births: BTreeMap<u32, i32> = BTreeMap::new();
        for rows in source.read(run.plan, bucket, &[birth.variable], None)? {
            base.insert_all(&rows.persons);
            let dates = rows
                .columns
                .first()
                .and_then(|c| c.as_primitive_opt::<Date32Type>());
            let Some(dates) = dates else { continue };
            for (person, date) in rows.persons.values().iter().zip(dates) {
                if let Some(date) = date {
                    let known = births.entry(*person).or_insert(date);
                    *known = date.min(*known);
                }
            }
        }
        let mut persons = Self {
            run,
            bucket,
            base,
            births,
            index: BTreeMap::new(),
        };
        if let Some(IndexDate::FirstEvent(event)) = &run.plan.selection.index {
            let met = rows_meeting(run, bucket, event, &persons.base)?;
            persons.index = met
                .into_iter()
                .filter(|(_, met)| met.n_dated >= event.count_min)
                .filter_map(|(person, met)| Some((person, met.first?)))
                .collect();
        }
        Ok(persons)
    }

    /// Those of the base population who meet a criterion.
    pub(super) fn meeting(&self, criterion: &Criterion) -> Result<Cohort, ExtractError> {
        match criterion {
            Criterion::All(parts) => {
                let mut all = self.base.clone();
                for part in parts {
                    all = all.and(&self.meeting(part)?);
                }
                Ok(all)
            }
            Criterion::Any(parts) => {
                let mut any = Cohort::new();
                for part in parts {
                    any = any.or(&self.meeting(part)?);
                }
                Ok(any)
            }
            Criterion::Not(part) => Ok(self.meeting(part)?.not_within(&self.base)),
            Criterion::Event(event) => {
                let met = rows_meeting(self.run, self.bucket, event, &self.base)?;
                let enough = met.iter().filter(|(_, met)| met.n_rows >= event.count_min);
                Ok(enough
                    .map(|(person, _)| PersonNumber::new(*person))
                    .collect())
            }
            Criterion::Age(age) => Ok(self.of_age(age)),
            Criterion::Sex(sex) => self.of_sex(*sex),
            Criterion::Residence(residence) => self.living(residence),
        }
    }

    fn moment(&self, person: u32, moment: Moment) -> Option<i32> {
        match moment {
            Moment::On(date) => Some(days(date)),
            Moment::Index => self.index.get(&person).copied(),
        }
    }

    fn of_age(&self, criterion: &AgeCriterion) -> Cohort {
        let fits = |person: u32, born: i32| {
            let age = self
                .moment(person, criterion.at)
                .and_then(|at| age_at(born, at));
            age.is_some_and(|age| {
                criterion.min.is_none_or(|min| i32::from(min) <= age)
                    && criterion.max.is_none_or(|max| age <= i32::from(max))
            })
        };
        self.births
            .iter()
            .filter(|(person, born)| fits(**person, **born))
            .map(|(person, _)| PersonNumber::new(*person))
            .collect()
    }

    fn of_sex(&self, sex: Sex) -> Result<Cohort, ExtractError> {
        let Some(stated) = self.run.plan.sex else {
            return Ok(Cohort::new());
        };
        let (letter, number) = match sex {
            Sex::Male => ("M", 1),
            Sex::Female => ("K", 2),
        };
        let source = self.run.plan.source(stated.register, stated.table)?;
        let mut found = Cohort::new();
        for rows in source.read(
            self.run.plan,
            self.bucket,
            &[stated.variable],
            Some(&self.base),
        )? {
            let Some(column) = rows.columns.first() else {
                continue;
            };
            for (row, person) in rows.persons.values().iter().enumerate() {
                let says_so = match column.data_type() {
                    _ if column.is_null(row) => false,
                    DataType::Utf8 => {
                        let code = column.as_string::<i32>().value(row);
                        code == letter || code.parse() == Ok(number)
                    }
                    DataType::Int64 => column.as_primitive::<Int64Type>().value(row) == number,
                    _ => false,
                };
                if says_so {
                    found.insert(PersonNumber::new(*person));
                }
            }
        }
        Ok(found)
    }

    fn living(&self, criterion: &ResidenceCriterion) -> Result<Cohort, ExtractError> {
        let Some(held) = self.run.plan.residence else {
            return Ok(Cohort::new());
        };
        let stated = held.municipality;
        let wanted: Vec<&str> = criterion
            .municipalities
            .iter()
            .map(|code| bare(code))
            .collect();
        let source = self.run.plan.source(stated.register, stated.table)?;
        let columns = [stated.variable, held.from, held.to];
        let mut found = Cohort::new();
        for rows in source.read(self.run.plan, self.bucket, &columns, Some(&self.base))? {
            let [municipalities, from, to] = rows.columns.as_slice() else {
                continue;
            };
            let codes = municipalities.as_string_opt::<i32>();
            let from = from.as_primitive_opt::<Date32Type>();
            let to = to.as_primitive_opt::<Date32Type>();
            let (Some(codes), Some(from), Some(to)) = (codes, from, to) else {
                continue;
            };
            for (row, person) in rows.persons.values().iter().enumerate() {
                let Some(at) = self.moment(*person, criterion.at) else {
                    continue;
                };
                let begun = from.is_valid(row) && from.value(row) <= at;
                let lasts = to.is_null(row) || at <= to.value(row);
                let there = codes.is_valid(row)
                    && (wanted.is_empty() || wanted.contains(&bare(codes.value(row))));
                if begun && lasts && there {
                    found.insert(PersonNumber::new(*person));
                }
            }
        }
        Ok(found)
    }
}

fn bare(code: &str) -> &str {
    code.trim_start_matches('0')
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
