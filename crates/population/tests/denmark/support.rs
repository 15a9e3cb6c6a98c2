//! Reading generated tables by column name.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Float64Type, Int32Type};
use population::{Plan, generate_block};

/// All batches of a plan by `register.table`.
pub(crate) type Tables = BTreeMap<String, Vec<RecordBatch>>;

pub(crate) fn tables(plan: &Plan) -> Tables {
    let mut out = Tables::new();
    for block in 0..plan.blocks() {
        for (place, batch) in generate_block(plan, block) {
            let spec = &Plan::tables()[place];
            out.entry(format!("{}.{}", spec.register, spec.table))
                .or_default()
                .push(batch);
        }
    }
    out
}

pub(crate) fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Vec<&'a str> {
    let column = batch.column_by_name(name).unwrap().as_string::<i32>();
    (0..column.len())
        .map(|i| {
            if column.is_null(i) {
                ""
            } else {
                column.value(i)
            }
        })
        .collect()
}

pub(crate) fn integers(batch: &RecordBatch, name: &str) -> Vec<i32> {
    batch
        .column_by_name(name)
        .unwrap()
        .as_primitive::<Int32Type>()
        .values()
        .to_vec()
}

pub(crate) fn decimals(batch: &RecordBatch, name: &str) -> Vec<f64> {
    batch
        .column_by_name(name)
        .unwrap()
        .as_primitive::<Float64Type>()
        .values()
        .to_vec()
}

/// Days since 1970; a missing date is the greatest number.
pub(crate) fn dates(batch: &RecordBatch, name: &str) -> Vec<i32> {
    let column = batch
        .column_by_name(name)
        .unwrap()
        .as_primitive::<Date32Type>();
    (0..column.len())
        .map(|i| {
            if column.is_null(i) {
                i32::MAX
            } else {
                column.value(i)
            }
        })
        .collect()
}

/// The day number of 1 January.
pub(crate) fn new_year(year: i32) -> i32 {
    let y = year - 1;
    365 * (year - 1970) + (y / 4 - y / 100 + y / 400) - 477
}

/// The calendar year of a day number.
pub(crate) fn year_of(day: i32) -> i32 {
    let mut year = 1970 + day.div_euclid(366);
    while new_year(year + 1) <= day {
        year += 1;
    }
    year
}

/// A person as the civil registration table tells it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) born: i32,
    pub(crate) woman: bool,
    pub(crate) died: i32,
    /// First and last day of residence.
    pub(crate) from: i32,
    pub(crate) last: i32,
    pub(crate) mother: String,
}

pub(crate) fn people(tables: &Tables) -> BTreeMap<String, Known> {
    let mut people = BTreeMap::new();
    for batch in &tables["cpr.person"] {
        let (numbers, born) = (texts(batch, "personnummer"), dates(batch, "foedselsdato"));
        let (sex, died) = (texts(batch, "koen"), dates(batch, "doedsdato"));
        let mothers = texts(batch, "mor_pnr");
        for (i, number) in numbers.iter().enumerate() {
            let known = Known {
                born: born[i],
                woman: sex[i] == "K",
                died: died[i],
                from: i32::MAX,
                last: i32::MIN,
                mother: mothers[i].to_owned(),
            };
            assert!(
                people.insert((*number).to_owned(), known).is_none(),
                "number given twice"
            );
        }
    }
    for batch in &tables["cpr.adresse"] {
        let (numbers, from) = (texts(batch, "personnummer"), dates(batch, "dato_fra"));
        for ((number, from), to) in numbers.iter().zip(from).zip(dates(batch, "dato_til")) {
            let known = people.get_mut(*number).unwrap();
            known.from = known.from.min(from);
            known.last = known.last.max(to);
        }
    }
    people
}

/// Completed years of age, to within a day.
pub(crate) fn age_on(born: i32, on: i32) -> i32 {
    (on - born) * 4 / 1461
}

/// The day somebody born on `born` turns `age`, to within a day.
pub(crate) fn birthday(born: i32, age: i32) -> i32 {
    born + (age * 1461 + 3) / 4
}
