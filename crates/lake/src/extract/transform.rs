//! What an extract shows of a column: pseudonyms instead of numbers, coarser values.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, UInt32Array};
use arrow::datatypes::{DataType, Date32Type, Field, Float64Type, Int64Type, UInt32Type};
use base::Date;
use catalogue::regions::RegionDivision;
use catalogue::register::{Coarsening, ColumnRole, ValueType, Variable};
use linkage::{KeyDomain, Permutation, PseudonymKey, coarsen};

use super::descriptor::ExtractField;
use crate::reception::parse::civil_from_days;
use crate::storage::StorageError;

/// The name of the person column in every extract.
pub(super) const PERSON: &str = "person";

/// A column of an extract's table.
#[derive(Debug)]
pub(super) struct OutputColumn<'a> {
    pub(super) variable: &'a Variable,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A key, or another person: permuted. `merged` numbers are resolved first.
    Key {
        permutation: Box<Permutation>,
        person: bool,
    },
    Value(Coarsening),
}

/// The permutation of a kind of key.
pub(super) fn permutation(key: &PseudonymKey, role: &ColumnRole) -> Option<Permutation> {
    let domain = match role {
        ColumnRole::Person | ColumnRole::PersonReference => KeyDomain::Person,
        ColumnRole::RecordKey(domain) => KeyDomain::Record(domain.clone()),
        ColumnRole::FamilyKey => KeyDomain::Family,
        ColumnRole::ProviderKey => KeyDomain::Provider,
        ColumnRole::FreeText | ColumnRole::Plain => return None,
    };
    Some(key.permutation(&domain))
}

impl<'a> OutputColumn<'a> {
    pub(super) fn new(variable: &'a Variable, coarsening: Coarsening, key: &PseudonymKey) -> Self {
        let person = variable.role == ColumnRole::PersonReference;
        let kind = match permutation(key, &variable.role) {
            Some(permutation) => Kind::Key {
                permutation: Box::new(permutation),
                person,
            },
            None => Kind::Value(coarsening),
        };
        Self { variable, kind }
    }

    /// The column in the extract's schema.
    pub(super) fn field(&self) -> Field {
        Field::new(&self.variable.name, self.data_type(), true)
    }

    /// The column in the descriptor.
    pub(super) fn describe(&self) -> ExtractField {
        let (role, coarsening) = match &self.kind {
            Kind::Key { .. } => ("key", Coarsening::None),
            Kind::Value(coarsening) => ("value", *coarsening),
        };
        ExtractField {
            name: self.variable.name.clone(),
            field_type: match self.data_type() {
                DataType::Int64 => "integer",
                DataType::Float64 => "number",
                DataType::Date32 => "date",
                _ => "string",
            }
            .to_owned(),
            title: self.variable.label.clone(),
            role: role.to_owned(),
            coarsening,
        }
    }

    /// Whether the row's date decides what the value becomes.
    pub(super) fn needs_date(&self) -> bool {
        matches!(self.kind, Kind::Value(Coarsening::Region))
    }

    fn data_type(&self) -> DataType {
        match self.kind {
            Kind::Key { .. } => DataType::Int64,
            Kind::Value(_) => match self.variable.value_type {
                ValueType::Text => DataType::Utf8,
                ValueType::Integer => DataType::Int64,
                ValueType::Decimal => DataType::Float64,
                ValueType::Date => DataType::Date32,
            },
        }
    }

    /// The column's values as the extract shows them.
    pub(super) fn show(
        &self,
        values: &ArrayRef,
        around: &mut Around<'_, '_>,
    ) -> Result<ArrayRef, StorageError> {
        match &self.kind {
            Kind::Key {
                permutation,
                person,
            } => {
                let numbers = values
                    .as_primitive_opt::<UInt32Type>()
                    .ok_or(StorageError::Damaged)?;
                let resolved: UInt32Array;
                let numbers = if *person && !around.merged.is_empty() {
                    resolved = numbers
                        .unary(|number| around.merged.get(&number).copied().unwrap_or(number));
                    &resolved
                } else {
                    numbers
                };
                Ok(Arc::new(permutation.pseudonymise(numbers).into_inner()))
            }
            Kind::Value(coarsening) => coarser(values, *coarsening, around),
        }
    }
}

/// What else a value depends on.
pub(super) struct Around<'a, 'r> {
    pub(super) merged: &'a BTreeMap<u32, u32>,
    pub(super) regions: &'a mut RegionLookup<'r>,
    /// The date of each row, in days.
    pub(super) dates: &'a [i32],
}

fn coarser(
    values: &ArrayRef,
    coarsening: Coarsening,
    around: &mut Around<'_, '_>,
) -> Result<ArrayRef, StorageError> {
    let damaged = StorageError::Damaged;
    Ok(match coarsening {
        Coarsening::None => Arc::clone(values),
        Coarsening::Month => Arc::new(coarsen::first_of_month(
            values.as_primitive_opt::<Date32Type>().ok_or(damaged)?,
        )),
        Coarsening::Year => Arc::new(coarsen::first_of_year(
            values.as_primitive_opt::<Date32Type>().ok_or(damaged)?,
        )),
        Coarsening::Band(width) => match values.data_type() {
            DataType::Int64 => Arc::new(
                coarsen::lower_end_of_band(values.as_primitive::<Int64Type>(), i64::from(width))
                    .map_err(|_| damaged)?,
            ),
            DataType::Float64 => Arc::new(
                coarsen::lower_end_of_band(values.as_primitive::<Float64Type>(), f64::from(width))
                    .map_err(|_| damaged)?,
            ),
            _ => return Err(damaged),
        },
        Coarsening::Prefix(length) => {
            let codes = values.as_string_opt::<i32>().ok_or(damaged)?;
            Arc::new(coarsen::code_prefix(codes, length as usize).map_err(|_| damaged)?)
        }
        Coarsening::Region => {
            let codes = values.as_string_opt::<i32>().ok_or(damaged)?;
            let (dates, regions) = (around.dates, &mut *around.regions);
            let mapped = coarsen::map_codes(codes, |row, code| {
                regions.find(code, dates.get(row).copied().unwrap_or(0))
            });
            Arc::new(mapped.values)
        }
    })
}

/// Regions of municipalities, remembered while the division stays the same.
#[derive(Debug)]
pub(super) struct RegionLookup<'a> {
    division: &'a RegionDivision,
    changes: Vec<Date>,
    known: BTreeMap<(usize, String), Option<&'a str>>,
}

impl<'a> RegionLookup<'a> {
    pub(super) fn new(division: &'a RegionDivision) -> Self {
        let regions = division.regions().iter();
        let mut changes: Vec<Date> = regions
            .flat_map(|region| {
                let after = region.valid_to.and_then(|last| last.tomorrow().ok());
                [Some(region.valid_from), after]
            })
            .flatten()
            .collect();
        changes.sort_unstable();
        changes.dedup();
        Self {
            division,
            changes,
            known: BTreeMap::new(),
        }
    }

    fn find(&mut self, municipality: &str, days: i32) -> Option<&'a str> {
        let (year, month, day) = civil_from_days(days);
        let date = Date::new(
            i16::try_from(year).ok()?,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
        )
        .ok()?;
        let era = self.changes.partition_point(|change| *change <= date);
        let division = self.division;
        *self
            .known
            .entry((era, municipality.to_owned()))
            .or_insert_with(|| {
                division
                    .region_of(municipality, date)
                    .map(|region| region.code.as_str())
            })
    }
}
