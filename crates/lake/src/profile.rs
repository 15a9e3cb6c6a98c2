//! Exact counts over a register version, from which a profile is published. They stay in memory and
//! go through [`disclosure::profile`] before anybody sees them.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::{Date32Type, Float64Type, Int64Type, UInt32Type};
use base::Secret;
use catalogue::Catalogue;
use catalogue::codelist::CodeList;
use catalogue::register::{ColumnRole, Register, Table, ValueType, Variable};
use disclosure::profile::{Persons, VariableCounts, YearCounts};

use crate::folder::Lake;
use crate::keys::KeyError;
use crate::layout;
use crate::manifest::VersionManifest;
use crate::storage::StorageError;

const BATCH_ROWS: usize = 8_192;
/// Numbers of a variable that are looked at for its range; beyond that every other one, and so on.
const SAMPLE_MAX: usize = 200_000;
/// Years that a row can be dated by; others are mistakes.
const YEARS: std::ops::RangeInclusive<i64> = 1850..=2100;
const DAYS_PER_YEAR: f64 = 365.2425;

/// A profile cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The version's key is gone.
    #[error("the key of the version cannot be read")]
    Key(#[from] KeyError),
    /// A file cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Exact counts of a table: whom it is about, and each variable.
#[derive(Debug, Default)]
pub struct TableCounts {
    /// Distinct persons.
    pub persons: Persons,
    /// By variable.
    pub variables: BTreeMap<String, VariableCounts>,
}

/// Counts one table of a version. `key` makes the marks of persons.
pub fn count_table(
    lake: &Lake,
    catalogue: &Catalogue,
    (register, table): (&Register, &Table),
    manifest: &VersionManifest,
    key: &Secret<[u8; 32]>,
) -> Result<TableCounts, ProfileError> {
    let data_key = lake.keys().load("version", &manifest.version.to_string())?;
    let mut counting = Counting::new(catalogue, table, key);
    let held = manifest.table(&table.name);
    let files = held.map_or(&[][..], |held| held.files.as_slice());
    for file in files {
        let context =
            layout::file_context(&register.id, manifest.version, &table.name, file.bucket);
        let path = lake.lake_folder().join(&file.path);
        let reader = layout::open_encrypted(&path, &data_key, &context)
            .map_err(StorageError::from)?
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(StorageError::from)?;
        for batch in reader {
            counting.take(&batch.map_err(StorageError::from)?)?;
        }
    }
    Ok(counting.finish())
}

struct Counting<'a> {
    table: &'a Table,
    seed: u64,
    persons: Tally,
    columns: Vec<Column<'a>>,
}

/// Persons in the order of the rows, which lie together by person.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    persons: Persons,
    last: Option<u32>,
}

impl Tally {
    fn see(&mut self, person: u32, mark: u64) {
        if self.last != Some(person) {
            self.last = Some(person);
            self.persons.add(mark);
        }
    }
}

#[derive(Default)]
struct YearTally {
    tally: Tally,
    rows: u64,
    filled: u64,
}

impl YearTally {
    fn see(&mut self, person: u32, mark: u64, filled: bool) {
        self.rows += 1;
        if filled {
            self.filled += 1;
            self.tally.see(person, mark);
        }
    }

    const fn counts(&self) -> YearCounts {
        YearCounts {
            persons: self.tally.persons,
            rows: self.rows,
            filled: self.filled,
        }
    }
}

/// One variable while it is counted.
struct Column<'a> {
    variable: &'a Variable,
    codes: Option<&'a CodeList>,
    total: YearTally,
    years: BTreeMap<i16, YearTally>,
    values: HashMap<String, Tally>,
    sample: Sample,
}

/// Some of the values of a number, evenly over all rows.
#[derive(Default)]
struct Sample {
    numbers: Vec<f64>,
    step: u64,
    seen: u64,
}

impl Sample {
    fn see(&mut self, number: f64) {
        let step = self.step.max(1);
        if self.seen.is_multiple_of(step) {
            self.numbers.push(number);
        }
        self.seen += 1;
        if self.numbers.len() >= SAMPLE_MAX {
            let mut keep = false;
            self.numbers.retain(|_| {
                keep = !keep;
                keep
            });
            self.step = step * 2;
        }
    }

    fn range(mut self) -> Option<(f64, f64)> {
        self.numbers.sort_by(f64::total_cmp);
        let at = |share: usize| {
            let place = self.numbers.len().saturating_sub(1) * share / 100;
            self.numbers.get(place).copied()
        };
        Some((at(5)?, at(95)?))
    }
}

impl<'a> Counting<'a> {
    fn new(catalogue: &'a Catalogue, table: &'a Table, key: &Secret<[u8; 32]>) -> Self {
        let columns = table.variables.iter();
        let columns = columns.filter(|variable| variable.role != ColumnRole::Person);
        let (head, _) = key.expose().split_at(8);
        let seed = head
            .iter()
            .fold(0_u64, |seed, byte| (seed << 8) | u64::from(*byte));
        Self {
            table,
            seed,
            persons: Tally::default(),
            columns: columns
                .map(|variable| Column {
                    variable,
                    codes: coded(catalogue, variable),
                    total: YearTally::default(),
                    years: BTreeMap::new(),
                    values: HashMap::new(),
                    sample: Sample::default(),
                })
                .collect(),
        }
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<(), StorageError> {
        let person = self.table.person_variable().ok_or(StorageError::Damaged)?;
        let persons = batch
            .column_by_name(&person.name)
            .and_then(|column| column.as_primitive_opt::<UInt32Type>())
            .ok_or(StorageError::Damaged)?;
        let years = self.years(batch);
        let marks: Vec<(u32, u64)> = persons
            .values()
            .iter()
            .map(|person| (*person, mark(self.seed, *person)))
            .collect();
        for (person, mark) in &marks {
            self.persons.see(*person, *mark);
        }
        for column in &mut self.columns {
            let values = batch
                .column_by_name(&column.variable.name)
                .ok_or(StorageError::Damaged)?;
            column.take(values, &marks, &years);
        }
        Ok(())
    }

    /// The year of each row, where it is dated.
    fn years(&self, batch: &RecordBatch) -> Vec<Option<i16>> {
        let named = self.table.date_variable.as_deref();
        let Some(dates) = named.and_then(|name| batch.column_by_name(name)) else {
            return vec![None; batch.num_rows()];
        };
        let year = |year: i64| {
            YEARS
                .contains(&year)
                .then(|| i16::try_from(year).ok())
                .flatten()
        };
        if let Some(days) = dates.as_primitive_opt::<Date32Type>() {
            days.iter().map(|day| year(year_of(day?))).collect()
        } else if let Some(numbers) = dates.as_primitive_opt::<Int64Type>() {
            numbers.iter().map(|number| year(number?)).collect()
        } else {
            vec![None; batch.num_rows()]
        }
    }

    fn finish(self) -> TableCounts {
        TableCounts {
            persons: self.persons.persons,
            variables: self
                .columns
                .into_iter()
                .map(|column| (column.variable.name.clone(), column.finish()))
                .collect(),
        }
    }
}

impl Column<'_> {
    fn take(&mut self, values: &ArrayRef, marks: &[(u32, u64)], years: &[Option<i16>]) {
        for (row, ((person, mark), year)) in marks.iter().zip(years).enumerate() {
            let filled = values.is_valid(row);
            self.total.see(*person, *mark, filled);
            if let Some(year) = year {
                let of_year = self.years.entry(*year).or_default();
                of_year.see(*person, *mark, filled);
            }
        }
        if self.codes.is_some() {
            self.take_codes(values, marks);
        } else if self.variable.role == ColumnRole::Plain {
            if let Some(numbers) = values.as_primitive_opt::<Float64Type>() {
                numbers
                    .iter()
                    .flatten()
                    .for_each(|number| self.sample.see(number));
            } else if let Some(numbers) = values.as_primitive_opt::<Int64Type>() {
                #[expect(clippy::cast_precision_loss, reason = "a range has two digits")]
                numbers
                    .iter()
                    .flatten()
                    .for_each(|number| self.sample.see(number as f64));
            }
        }
    }

    fn take_codes(&mut self, values: &ArrayRef, marks: &[(u32, u64)]) {
        if let Some(texts) = values.as_string_opt::<i32>() {
            for (text, (person, mark)) in texts.iter().zip(marks) {
                let Some(text) = text else { continue };
                match self.values.get_mut(text) {
                    Some(tally) => tally.see(*person, *mark),
                    None => self.see_value(text.to_owned(), (*person, *mark)),
                }
            }
        } else if let Some(numbers) = values.as_primitive_opt::<Int64Type>() {
            for (number, seen) in numbers.iter().zip(marks) {
                if let Some(number) = number {
                    self.see_value(number.to_string(), *seen);
                }
            }
        }
    }

    fn see_value(&mut self, value: String, (person, mark): (u32, u64)) {
        self.values.entry(value).or_default().see(person, mark);
    }

    /// Only values of the code list have a name that may be shown.
    fn finish(self) -> VariableCounts {
        let codes = self.codes;
        let is_code = |value: &str| codes.is_some_and(|codes| codes.find(value).is_some());
        let values = self.values.into_iter();
        VariableCounts {
            total: self.total.counts(),
            years: self
                .years
                .iter()
                .map(|(year, tally)| (*year, tally.counts()))
                .collect(),
            values: values
                .filter(|(value, _)| is_code(value))
                .map(|(value, tally)| (value, tally.persons))
                .collect(),
            range: self.sample.range(),
        }
    }
}

/// The code list of a variable whose values may be told.
fn coded<'a>(catalogue: &'a Catalogue, variable: &Variable) -> Option<&'a CodeList> {
    let told = variable.role == ColumnRole::Plain
        && matches!(variable.value_type, ValueType::Text | ValueType::Integer);
    catalogue.code_list(variable.code_list.as_deref().filter(|_| told)?)
}

/// A person's mark: spread over all numbers, and unknown without the key.
const fn mark(seed: u64, person: u32) -> u64 {
    let mut mixed = seed ^ (person as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// The year of a day since 1970, exact at every turn of a year that rows can have.
fn year_of(days: i32) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "years of dates are small")]
    let guess = 1970 + (f64::from(days) / DAYS_PER_YEAR).floor() as i64;
    let days = i64::from(days);
    if days < first_day(guess) {
        guess - 1
    } else if days >= first_day(guess + 1) {
        guess + 1
    } else {
        guess
    }
}

/// Days from 1 January 1970 to 1 January of a year.
const fn first_day(year: i64) -> i64 {
    let before = year - 1;
    let leaps = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    365 * (year - 1970) + leaps - 477
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_into_their_years() {
        let years = [
            (0, 1970),
            (-1, 1969),
            (364, 1970),
            (365, 1971),
            (10_957, 2000),
            (10_956, 1999),
            (18_262, 2020),
        ];
        for (day, year) in years {
            assert_eq!(year_of(day), year, "{day}");
        }
    }

    #[test]
    fn a_person_counts_once_while_the_rows_lie_together() {
        let mut tally = Tally::default();
        for person in [1, 1, 2, 2, 2, 9] {
            tally.see(person, mark(7, person));
        }
        assert_eq!(tally.persons.n, 3);
    }

    #[test]
    fn a_long_column_is_sampled_evenly() {
        let mut sample = Sample::default();
        for number in 0..1_000_000_u32 {
            sample.see(f64::from(number));
        }
        assert!(sample.numbers.len() < SAMPLE_MAX);
        let (low, high) = sample.range().unwrap();
        assert!((low - 50_000.0).abs() < 5_000.0 && (high - 950_000.0).abs() < 5_000.0);
    }
}
