//! What registers state of the persons of a bucket: birth, death, sex, homes, mother and father.

use std::collections::BTreeMap;

use arrow::array::{Array as _, ArrayRef, AsArray as _, UInt32Array};
use arrow::datatypes::{DataType, Date32Type, Int64Type, UInt32Type};
use linkage::Cohort;

use super::ExtractError;
use super::plan::Stated;
use super::search::Search;

/// Some row says that the person is male.
pub(super) const MALE: u8 = 1;
/// Some row says that the person is female.
pub(super) const FEMALE: u8 = 2;

/// A municipality in which somebody lived, in days; open ends are the ends of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub(super) from: i32,
    pub(super) to: i32,
    /// Its code without leading zeros.
    pub(super) municipality: &'a str,
}

impl Search<'_> {
    /// Everybody in a bucket whose birth is stated, or could be.
    pub(super) fn everybody(
        &self,
        bucket: u32,
    ) -> Result<(Cohort, BTreeMap<u32, i32>), ExtractError> {
        let mut everybody = Cohort::new();
        let mut births = BTreeMap::new();
        let mut add = |persons: &UInt32Array, column: &ArrayRef| {
            everybody.insert_all(persons);
            keep_earliest(persons, column, &mut births);
        };
        self.read_stated(self.plan.birth, bucket, None, &mut add)?;
        Ok((everybody, births))
    }

    /// The earliest date that a variable states of each person.
    pub(super) fn earliest(
        &self,
        stated: Stated<'_>,
        bucket: u32,
        cohort: &Cohort,
    ) -> Result<BTreeMap<u32, i32>, ExtractError> {
        let mut dates = BTreeMap::new();
        self.read_stated(stated, bucket, Some(cohort), &mut |persons, column| {
            keep_earliest(persons, column, &mut dates);
        })?;
        Ok(dates)
    }

    /// What is stated of each person's sex: [`MALE`], [`FEMALE`], or both.
    pub(super) fn sexes(
        &self,
        bucket: u32,
        cohort: &Cohort,
    ) -> Result<BTreeMap<u32, u8>, ExtractError> {
        let mut sexes: BTreeMap<u32, u8> = BTreeMap::new();
        let Some(stated) = self.plan.sex else {
            return Ok(sexes);
        };
        self.read_stated(stated, bucket, Some(cohort), &mut |persons, column| {
            for (row, person) in persons.values().iter().enumerate() {
                let sex = sex_of(column, row);
                if sex != 0 {
                    *sexes.entry(*person).or_default() |= sex;
                }
            }
        })?;
        Ok(sexes)
    }

    /// Calls `visit` with every address of the cohort's persons.
    pub(super) fn each_address(
        &self,
        bucket: u32,
        cohort: &Cohort,
        visit: &mut dyn FnMut(u32, Address<'_>),
    ) -> Result<(), ExtractError> {
        let Some(held) = self.plan.residence else {
            return Ok(());
        };
        let stated = held.municipality;
        let source = self.plan.source(stated.register, stated.table)?;
        let columns = [stated.variable, held.from, held.to];
        for rows in source.read(self.plan, bucket, &columns, Some(cohort))? {
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
                if from.is_valid(row) && codes.is_valid(row) {
                    let address = Address {
                        from: from.value(row),
                        to: if to.is_valid(row) {
                            to.value(row)
                        } else {
                            i32::MAX
                        },
                        municipality: bare(codes.value(row)),
                    };
                    visit(*person, address);
                }
            }
        }
        Ok(())
    }

    /// Mothers and fathers of a bucket's persons, as parent and child.
    pub(super) fn parents(
        &self,
        bucket: u32,
        cohort: &Cohort,
    ) -> Result<Vec<(u32, u32)>, ExtractError> {
        let mut found = Vec::new();
        for stated in &self.plan.parents {
            self.read_stated(*stated, bucket, Some(cohort), &mut |persons, column| {
                let Some(parents) = column.as_primitive_opt::<UInt32Type>() else {
                    return;
                };
                for (child, parent) in persons.values().iter().zip(parents) {
                    if let Some(parent) = parent {
                        found.push((self.plan.standing_for(parent), *child));
                    }
                }
            })?;
        }
        Ok(found)
    }

    fn read_stated(
        &self,
        stated: Stated<'_>,
        bucket: u32,
        cohort: Option<&Cohort>,
        visit: &mut dyn FnMut(&UInt32Array, &ArrayRef),
    ) -> Result<(), ExtractError> {
        let source = self.plan.source(stated.register, stated.table)?;
        for rows in source.read(self.plan, bucket, &[stated.variable], cohort)? {
            if let Some(column) = rows.columns.first() {
                visit(&rows.persons, column);
            }
        }
        Ok(())
    }
}

fn keep_earliest(persons: &UInt32Array, column: &ArrayRef, dates: &mut BTreeMap<u32, i32>) {
    let Some(column) = column.as_primitive_opt::<Date32Type>() else {
        return;
    };
    for (person, date) in persons.values().iter().zip(column) {
        if let Some(date) = date {
            let known = dates.entry(*person).or_insert(date);
            *known = date.min(*known);
        }
    }
}

fn sex_of(column: &ArrayRef, row: usize) -> u8 {
    let (letter, number) = match column.data_type() {
        _ if column.is_null(row) => return 0,
        DataType::Utf8 => {
            let code = column.as_string::<i32>().value(row);
            (code, code.parse().unwrap_or(0))
        }
        DataType::Int64 => ("", column.as_primitive::<Int64Type>().value(row)),
        _ => return 0,
    };
    match (letter, number) {
        ("M", _) | (_, 1) => MALE,
        ("K", _) | (_, 2) => FEMALE,
        _ => 0,
    }
}

/// A municipality's code without leading zeros.
pub(super) fn bare(code: &str) -> &str {
    code.trim_start_matches('0')
}
