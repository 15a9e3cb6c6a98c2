//! The rows of one table of an extract: the population's, in the period, as the permit shows them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::filter;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use catalogue::Text;
use catalogue::register::{Coarsening, ColumnRole, Table};
use catalogue::selection::{Period, SelectedTable, Window};
use linkage::{Permutation, Pseudonym, PseudonymKey, PseudonymRanges};

use super::descriptor::ExtractField;
use super::events::{date_of, days, in_period, row_date};
use super::population::Population;
use super::read::PersonRows;
use super::transform::{Around, OutputColumn, PERSON, RegionLookup, permutation};
use super::{ExtractError, Run};
use crate::shuffle::{Placing, Shuffle};
use crate::storage::StorageError;

/// A table that was written.
#[derive(Debug)]
pub(super) struct WrittenTable {
    pub(super) name: String,
    pub(super) rows: u64,
    /// Hash of the plain bytes.
    pub(super) plain_sha256: String,
    pub(super) fields: Vec<ExtractField>,
}

/// What a table of an extract is called and looks like.
#[derive(Debug)]
pub(crate) struct Heading {
    pub(super) name: String,
    pub(super) schema: SchemaRef,
    /// Its columns, for the descriptor.
    pub(crate) fields: Vec<ExtractField>,
    /// Place of the date, by which rows of a person are sorted first.
    pub(super) sort_date: Option<usize>,
}

/// A register's table to make.
pub(super) struct OutputTable<'a> {
    selected: &'a SelectedTable,
    table: &'a Table,
    columns: Vec<OutputColumn<'a>>,
    persons: Permutation,
    schema: SchemaRef,
    sort_date: Option<usize>,
}

/// The column that every table has, for the descriptor.
pub(super) fn person_field() -> ExtractField {
    ExtractField {
        name: PERSON.to_owned(),
        field_type: "integer".to_owned(),
        title: Text::new("Pseudonym for personen", "Pseudonym of the person"),
        role: "person".to_owned(),
        coarsening: Coarsening::None,
    }
}

impl<'a> OutputTable<'a> {
    pub(super) fn new(run: &Run<'a>, selected: &'a SelectedTable) -> Result<Self, ExtractError> {
        let table = run
            .search
            .plan
            .source(&selected.register, &selected.table)?
            .table;
        let key = PseudonymKey::from_bytes(run.search.keys.pseudonyms.expose());
        let mut columns = Vec::with_capacity(selected.variables.len());
        for chosen in &selected.variables {
            let variable = table.variable(&chosen.name).ok_or(StorageError::Damaged)?;
            if variable.role != ColumnRole::Person {
                columns.push(OutputColumn::new(variable, chosen.coarsening, &key));
            }
        }
        let mut fields = vec![Field::new(PERSON, DataType::Int64, false)];
        fields.extend(columns.iter().map(OutputColumn::field));
        let date = table.date_variable.as_deref();
        let place = columns
            .iter()
            .position(|c| Some(c.variable.name.as_str()) == date);
        Ok(Self {
            selected,
            table,
            columns,
            persons: permutation(&key, &ColumnRole::Person).ok_or(StorageError::Damaged)?,
            schema: Arc::new(Schema::new(fields)),
            sort_date: place.map(|place| place + 1),
        })
    }

    pub(super) fn heading(&self) -> Heading {
        let columns = self.columns.iter().map(OutputColumn::describe);
        Heading {
            name: self.selected.extract_name(),
            schema: Arc::clone(&self.schema),
            fields: std::iter::once(person_field()).chain(columns).collect(),
            sort_date: self.sort_date,
        }
    }

    /// Reads everything and hands it to the shuffle.
    pub(super) fn collect(
        &self,
        run: &Run<'a>,
        population: &Population,
        shuffle: &Shuffle,
    ) -> Result<(), ExtractError> {
        let source = run
            .search
            .plan
            .source(&self.selected.register, &self.selected.table)?;
        let mut names: Vec<&str> = self
            .columns
            .iter()
            .map(|c| c.variable.name.as_str())
            .collect();
        let date = self.table.date_variable.as_deref();
        if let Some(date) = date.filter(|date| !names.contains(date)) {
            names.push(date);
        }
        let date = date.and_then(|date| names.iter().position(|name| *name == date));
        let mut regions = RegionLookup::new(run.request.regions);
        for (bucket, cohort) in (0_u32..).zip(&population.cohorts) {
            run.search.check_cancel()?;
            if cohort.is_empty() {
                continue;
            }
            for rows in source.read(run.search.plan, bucket, &names, Some(cohort))? {
                let references = population.references.get(bucket as usize);
                let rows = self.within_time(rows, date, references)?;
                if !rows.persons.is_empty() {
                    shuffle.push(0, self.show(run, rows, date, &mut regions)?)?;
                }
            }
        }
        Ok(())
    }

    fn within_time(
        &self,
        rows: PersonRows,
        date: Option<usize>,
        references: Option<&BTreeMap<u32, Vec<i32>>>,
    ) -> Result<PersonRows, StorageError> {
        // Rows dated by the birth describe a person; a period says nothing about them.
        let describes_person = self.table.date_variable.as_deref().is_some_and(|name| {
            let variable = self.table.variable(name);
            variable.is_some_and(|v| v.concept.as_deref() == Some("birth_date"))
        });
        let dates = match date.and_then(|at| rows.columns.get(at)) {
            Some(dates) if !describes_person => dates,
            _ => return Ok(rows),
        };
        let period = self.selected.period;
        let mut windows = Windows {
            window: self.selected.window,
            references,
            last: (None, Vec::new()),
        };
        let persons = rows.persons.values();
        let keep = BooleanBuffer::collect_bool(dates.len(), |row| {
            in_period(dates, row, period)
                && persons
                    .get(row)
                    .is_some_and(|person| windows.holds(*person, dates, row))
        });
        if keep.count_set_bits() == dates.len() {
            return Ok(rows);
        }
        let keep = BooleanArray::new(keep, None);
        let mut columns = Vec::with_capacity(rows.columns.len());
        for column in &rows.columns {
            columns.push(filter(column, &keep)?);
        }
        let persons = filter(&rows.persons, &keep)?;
        Ok(PersonRows {
            persons: persons.as_primitive().clone(),
            columns,
        })
    }

    fn show(
        &self,
        run: &Run<'a>,
        rows: PersonRows,
        date: Option<usize>,
        regions: &mut RegionLookup<'a>,
    ) -> Result<RecordBatch, StorageError> {
        let dates: Vec<i32> = match date.and_then(|at| rows.columns.get(at)) {
            Some(dates) if self.columns.iter().any(OutputColumn::needs_date) => (0..dates.len())
                .map(|row| row_date(dates, row).unwrap_or(0))
                .collect(),
            _ => vec![days(self.selected.period.to); rows.persons.len()],
        };
        let mut around = Around {
            merged: &run.search.plan.merged,
            regions,
            dates: &dates,
        };
        let pseudonyms = self.persons.pseudonymise(&rows.persons).into_inner();
        let mut shown: Vec<ArrayRef> = vec![Arc::new(pseudonyms)];
        for (column, values) in self.columns.iter().zip(&rows.columns) {
            shown.push(column.show(values, &mut around)?);
        }
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), shown)?)
    }
}

/// The times around a person's reference dates. Rows of a person come together, so the last are kept.
struct Windows<'a> {
    window: Option<Window>,
    references: Option<&'a BTreeMap<u32, Vec<i32>>>,
    last: (Option<u32>, Vec<Period>),
}

impl Windows<'_> {
    fn holds(&mut self, person: u32, dates: &ArrayRef, row: usize) -> bool {
        let Some(window) = self.window else {
            return true;
        };
        if self.last.0 != Some(person) {
            let days = self.references.and_then(|all| all.get(&person));
            let periods = days.into_iter().flatten();
            let periods = periods.map(|day| window.around(date_of(*day)));
            self.last = (Some(person), periods.collect());
        }
        let mut periods = self.last.1.iter();
        periods.any(|period| in_period(dates, row, *period))
    }
}

/// The order of an extract: by pseudonym. Rows of one person are ordered when they are written.
#[derive(Debug)]
pub(super) struct PseudonymOrder(pub(super) PseudonymRanges);

impl Placing for PseudonymOrder {
    fn place(&self, batch: &RecordBatch) -> Vec<(u32, u64)> {
        let persons = batch.column(0).as_primitive::<Int64Type>();
        let place = |value: &i64| {
            let value = value.cast_unsigned();
            let part =
                Pseudonym::from_value(value).map_or(0, |pseudonym| self.0.range_of(pseudonym));
            (part, value)
        };
        persons.values().iter().map(place).collect()
    }
}
