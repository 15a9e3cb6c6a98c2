//! The meaning of populations and extracts, over tables held as text.
//!
//! The rules stand at the head of the lake's module `extract`; this is their second, slower wording.

use std::collections::{BTreeMap, BTreeSet};

use base::Date;
use catalogue::Catalogue;
use catalogue::register::{Coarsening, ColumnRole, Table, ValueType, Variable};
use catalogue::selection::{
    AgeCriterion, Criterion, EventCriterion, IndexDate, Moment, Period, ResidenceCriterion,
    RowCondition, SelectedTable, Selection, Sex, Span,
};
use linkage::Draw;

mod persons;

pub use persons::{Chosen, Control, Relative};

/// A row as delivered: text by column; a missing value has no entry.
pub type Row = BTreeMap<String, String>;

/// Registers in memory.
pub struct World<'a> {
    catalogue: &'a Catalogue,
    tables: BTreeMap<(String, String), Vec<Row>>,
    lots: &'a LotOf<'a>,
}

/// The lot of a person in a draw with a seed. Which persons chance picks is no part of the meaning of
/// a selection; that they follow these lots is.
pub type LotOf<'a> = dyn Fn(Draw, u32, &str) -> u64 + 'a;

/// A row of an extract: the person as delivered, and the chosen variables after coarsening. Keys are
/// left as delivered: an engine's keys must agree with them one to one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExtractRow {
    /// The person.
    pub person: String,
    /// Values in the order chosen.
    pub values: Vec<Option<String>>,
}

impl std::fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("tables", &self.tables)
            .finish_non_exhaustive()
    }
}

impl<'a> World<'a> {
    /// A world without rows.
    pub const fn new(catalogue: &'a Catalogue, lots: &'a LotOf<'a>) -> Self {
        Self {
            catalogue,
            tables: BTreeMap::new(),
            lots,
        }
    }

    /// Adds rows of a table.
    pub fn insert(&mut self, register: &str, table: &str, rows: Vec<Row>) {
        self.tables
            .entry((register.to_owned(), table.to_owned()))
            .or_default()
            .extend(rows);
    }

    fn rows(&self, register: &str, table: &str) -> &[Row] {
        self.tables
            .get(&(register.to_owned(), table.to_owned()))
            .map_or(&[], Vec::as_slice)
    }

    fn table(&self, register: &str, table: &str) -> &'a Table {
        self.catalogue
            .table(register, table)
            .expect("invariant: tests name tables that exist")
    }

    /// Everybody of the base population who meets a criterion.
    fn meeting(&self, selection: &Selection, criterion: &Criterion) -> BTreeSet<String> {
        let people = self.people();
        let index = self.index_dates(selection);
        people
            .iter()
            .filter(|(person, born)| {
                let known = Known {
                    person,
                    born: **born,
                    index: index.get(*person).copied(),
                };
                self.meets(criterion, &known)
            })
            .map(|(person, _)| person.clone())
            .collect()
    }

    /// How many meet the first criterion, the first two, and so on; before them the base population.
    pub fn attrition(&self, selection: &Selection) -> Vec<u64> {
        let criteria = match &selection.population {
            Criterion::All(parts) => parts.clone(),
            whole => vec![whole.clone()],
        };
        let first = |n: usize| Criterion::All(criteria.iter().take(n).cloned().collect());
        (0..=criteria.len())
            .map(|n| self.meeting(selection, &first(n)).len() as u64)
            .collect()
    }

    /// Everyone with a row where births are stated, with the earliest birth date.
    fn people(&self) -> BTreeMap<String, Option<Date>> {
        let Some((register, table, variable)) = self.catalogue.find_concept("birth_date") else {
            return BTreeMap::new();
        };
        let mut people: BTreeMap<String, Option<Date>> = BTreeMap::new();
        for row in self.rows(&register.id, &table.name) {
            let born: Option<Date> = row.get(&variable.name).and_then(|text| text.parse().ok());
            let known = people.entry(person_of(table, row)).or_insert(born);
            *known = match (*known, born) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        people
    }

    fn index_dates(&self, selection: &Selection) -> BTreeMap<String, Date> {
        let Some(IndexDate::FirstEvent(event)) = &selection.index else {
            return BTreeMap::new();
        };
        let mut dates: BTreeMap<String, Vec<Date>> = BTreeMap::new();
        let table = self.table(&event.register, &event.table);
        for row in self.rows_meeting(event) {
            if let Some(date) = date_of(table, row) {
                dates.entry(person_of(table, row)).or_default().push(date);
            }
        }
        dates
            .into_iter()
            .filter(|(_, dates)| counts(event, dates.len()))
            .filter_map(|(person, dates)| Some((person, dates.into_iter().min()?)))
            .collect()
    }

    fn rows_meeting<'b>(&'b self, event: &'b EventCriterion) -> impl Iterator<Item = &'b Row> {
        let table = self.table(&event.register, &event.table);
        self.rows(&event.register, &event.table)
            .iter()
            .filter(move |row| {
                event
                    .conditions
                    .iter()
                    .all(|condition| meets_condition(condition, row))
                    && event
                        .period
                        .is_none_or(|period| in_period(table, row, period))
            })
    }

    fn meets(&self, criterion: &Criterion, known: &Known<'_>) -> bool {
        match criterion {
            Criterion::All(parts) => parts.iter().all(|part| self.meets(part, known)),
            Criterion::Any(parts) => parts.iter().any(|part| self.meets(part, known)),
            Criterion::Not(part) => !self.meets(part, known),
            Criterion::Event(event) => {
                let table = self.table(&event.register, &event.table);
                let own = self
                    .rows_meeting(event)
                    .filter(|row| person_of(table, row) == known.person)
                    .filter(|row| match (event.window, known.index) {
                        (None, _) => true,
                        (Some(_), None) => false,
                        (Some(window), Some(index)) => in_period(table, row, window.around(index)),
                    });
                counts(event, own.count())
            }
            Criterion::Alive(alive) => {
                let died = self.death_of(known.person);
                match (known.moment(alive.at), known.born) {
                    (Some(day), Some(born)) => born <= day && died.is_none_or(|died| day <= died),
                    _ => false,
                }
            }
            Criterion::Washout(washout) => known.index.is_some_and(|index| {
                let table = self.table(&washout.register, &washout.table);
                let first = washout.clear.reversed().after(index);
                let last = Span::Days(-1).after(index);
                let before = Period {
                    from: first,
                    to: last,
                };
                !self
                    .rows(&washout.register, &washout.table)
                    .iter()
                    .any(|row| {
                        person_of(table, row) == known.person
                            && in_period(table, row, before)
                            && washout
                                .conditions
                                .iter()
                                .all(|condition| meets_condition(condition, row))
                    })
            }),
            Criterion::Age(age) => meets_age(age, known),
            Criterion::Sex(sex) => self.meets_sex(*sex, known),
            Criterion::Residence(residence) => self.meets_residence(residence, known),
        }
    }

    /// What the rows of a person say where a concept is stated.
    fn stated<'b>(&'b self, concept: &str, person: &'b str) -> impl Iterator<Item = &'b str> {
        let found = self.catalogue.find_concept(concept);
        found
            .into_iter()
            .flat_map(move |(register, table, variable)| {
                let own = self.rows(&register.id, &table.name).iter();
                let own = own.filter(move |row| person_of(table, row) == person);
                own.filter_map(|row| row.get(&variable.name).map(String::as_str))
            })
    }

    fn death_of(&self, person: &str) -> Option<Date> {
        let dates = self.stated("death_date", person);
        dates.filter_map(|text| text.parse().ok()).min()
    }

    fn meets_sex(&self, sex: Sex, known: &Known<'_>) -> bool {
        let codes: &[&str] = match sex {
            Sex::Male => &["M", "1"],
            Sex::Female => &["K", "2"],
        };
        self.stated("sex", known.person)
            .any(|code| codes.contains(&code))
    }

    fn meets_residence(&self, residence: &ResidenceCriterion, known: &Known<'_>) -> bool {
        let Some(day) = known.moment(residence.at) else {
            return false;
        };
        let homes = self.homes_on(known.person, day);
        let mut wanted = residence.municipalities.iter();
        (residence.municipalities.is_empty() && !homes.is_empty())
            || wanted.any(|code| homes.contains(code.trim_start_matches('0')))
    }

    /// Municipalities in which a person lives on a day, without leading zeros.
    fn homes_on(&self, person: &str, day: Date) -> BTreeSet<String> {
        let mut homes = BTreeSet::new();
        let Some((register, table, variable)) = self.catalogue.find_concept("municipality") else {
            return homes;
        };
        let Some([from, to]) = table.date_order.first() else {
            return homes;
        };
        for row in self.rows(&register.id, &table.name) {
            let date = |name: &String| row.get(name).and_then(|text| text.parse::<Date>().ok());
            let lives_there =
                date(from).is_some_and(|from| from <= day) && date(to).is_none_or(|to| day <= to);
            if let Some(code) = row.get(&variable.name)
                && person_of(table, row) == person
                && lives_there
            {
                homes.insert(code.trim_start_matches('0').to_owned());
            }
        }
        homes
    }

    /// The tables of an extract, each in sorted order.
    pub fn extract(&self, selection: &Selection) -> BTreeMap<String, Vec<ExtractRow>> {
        let chosen = self.choose(selection);
        selection
            .tables
            .iter()
            .map(|table| (table.extract_name(), self.extract_table(table, &chosen)))
            .collect()
    }

    fn extract_table(&self, chosen: &SelectedTable, persons: &Chosen) -> Vec<ExtractRow> {
        let population = persons.everybody();
        let table = self.table(&chosen.register, &chosen.table);
        let dated_by_birth = table.date_variable.as_ref().is_none_or(|name| {
            table
                .variable(name)
                .is_some_and(|variable| variable.concept.as_deref() == Some("birth_date"))
        });
        let mut rows: Vec<ExtractRow> = self
            .rows(&chosen.register, &chosen.table)
            .iter()
            .filter(|row| population.contains(&person_of(table, row)))
            .filter(|row| dated_by_birth || in_period(table, row, chosen.period))
            .filter(|row| {
                chosen.window.is_none_or(|window| {
                    let around = persons.references(&person_of(table, row));
                    dated_by_birth
                        || around
                            .into_iter()
                            .any(|index| in_period(table, row, window.around(index)))
                })
            })
            .map(|row| ExtractRow {
                person: person_of(table, row),
                values: chosen
                    .variables
                    .iter()
                    .map(|selected| {
                        let variable = table.variable(&selected.name)?;
                        coarsened(variable, row.get(&selected.name)?, selected.coarsening)
                    })
                    .collect(),
            })
            .collect();
        rows.sort();
        rows
    }
}

/// What is known of one person.
struct Known<'a> {
    person: &'a str,
    born: Option<Date>,
    index: Option<Date>,
}

impl Known<'_> {
    fn moment(&self, moment: Moment) -> Option<Date> {
        match moment {
            Moment::On(date) => Some(date),
            Moment::Index => self.index,
            Moment::FromIndex(span) => Some(span.after(self.index?)),
        }
    }
}

fn counts(event: &EventCriterion, rows: usize) -> bool {
    rows >= event.count_min as usize && event.count_max.is_none_or(|most| rows <= most as usize)
}

fn person_of(table: &Table, row: &Row) -> String {
    let variable = table
        .variables
        .iter()
        .find(|variable| variable.role == ColumnRole::Person);
    variable
        .and_then(|variable| row.get(&variable.name))
        .cloned()
        .unwrap_or_default()
}

/// The date of a row; a year stands for its 1 January.
fn date_of(table: &Table, row: &Row) -> Option<Date> {
    let name = table.date_variable.as_ref()?;
    let text = row.get(name)?;
    match table.variable(name)?.value_type {
        ValueType::Integer => Date::new(text.parse().ok()?, 1, 1).ok(),
        _ => text.parse().ok(),
    }
}

fn in_period(table: &Table, row: &Row, period: Period) -> bool {
    let by_year = table
        .date_variable
        .as_ref()
        .and_then(|name| table.variable(name))
        .is_some_and(|variable| variable.value_type == ValueType::Integer);
    date_of(table, row).is_some_and(|date| {
        if by_year {
            (period.from.year()..=period.to.year()).contains(&date.year())
        } else {
            period.contains(date)
        }
    })
}

fn meets_condition(condition: &RowCondition, row: &Row) -> bool {
    match condition {
        RowCondition::Codes { variable, codes } => row.get(variable).is_some_and(|value| {
            codes.iter().any(|code| match code.strip_suffix('*') {
                Some(prefix) => value.starts_with(prefix),
                None => value == code,
            })
        }),
        RowCondition::Date { variable, from, to } => row
            .get(variable)
            .and_then(|text| text.parse::<Date>().ok())
            .is_some_and(|date| {
                from.is_none_or(|from| from <= date) && to.is_none_or(|to| date <= to)
            }),
        RowCondition::Number {
            variable,
            min_thousandths,
            max_thousandths,
        } => row
            .get(variable)
            .and_then(|text| thousandths(text))
            .is_some_and(|value| {
                min_thousandths.is_none_or(|min| min <= value)
                    && max_thousandths.is_none_or(|max| value <= max)
            }),
    }
}

/// A decimal text in thousandths, rounded half away from zero.
#[expect(
    clippy::cast_possible_truncation,
    reason = "test values are far below the limit"
)]
fn thousandths(text: &str) -> Option<i64> {
    let number: f64 = text.parse().ok()?;
    Some((number * 1000.0).round() as i64)
}

fn meets_age(age: &AgeCriterion, known: &Known<'_>) -> bool {
    let (Some(day), Some(born)) = (known.moment(age.at), known.born) else {
        return false;
    };
    if day < born {
        return false;
    }
    let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
    let years = i32::from(day.year()) - i32::from(born.year()) - i32::from(!had_birthday);
    age.min.is_none_or(|min| i32::from(min) <= years)
        && age.max.is_none_or(|max| years <= i32::from(max))
}

fn coarsened(variable: &Variable, text: &str, coarsening: Coarsening) -> Option<String> {
    let date = || text.parse::<Date>().ok();
    match coarsening {
        Coarsening::None => match variable.value_type {
            ValueType::Decimal => text.parse::<f64>().ok().map(|number| number.to_string()),
            _ => Some(text.to_owned()),
        },
        Coarsening::Month => Date::new(date()?.year(), date()?.month(), 1)
            .ok()
            .map(|d| d.to_string()),
        Coarsening::Year => Date::new(date()?.year(), 1, 1).ok().map(|d| d.to_string()),
        Coarsening::Band(width) => {
            let number: i64 = text.parse().ok()?;
            let width = i64::from(width);
            Some((number.div_euclid(width) * width).to_string())
        }
        Coarsening::Prefix(length) => Some(text.chars().take(length as usize).collect()),
        // Regions need the division by date, which the engine's own tests cover.
        Coarsening::Region => None,
    }
}
