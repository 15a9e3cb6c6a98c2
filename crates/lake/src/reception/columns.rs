//! The register's description turned into a plan: what each column of a delivered table must be.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use arrow::datatypes::SchemaRef;
use catalogue::Catalogue;
use catalogue::codelist::CodeList;
use catalogue::register::{ColumnRole, Register, Table, ValueType, Variable};

use super::ReceptionError;
use super::parse::days_from_civil;
use super::pattern::Pattern;
use linkage::mask_shape;

use crate::layout;

/// What a value of a column is and must hold.
#[derive(Debug)]
pub(super) enum Content {
    /// An identity number; becomes a person number.
    Identity,
    /// A key; becomes a number of its domain.
    Key { domain: String },
    /// Text with its code list or pattern. Text that neither binds is scanned for identity numbers.
    Text {
        codes: Option<CodeSet>,
        pattern: Option<Pattern>,
    },
    /// A whole number.
    Integer,
    /// A decimal number.
    Decimal,
    /// A date.
    Date,
}

/// A column of a table.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) content: Content,
    pub(super) nullable: bool,
    pub(super) minimum: Option<i64>,
    pub(super) maximum: Option<i64>,
    /// First day that a date may have, in days from 1970-01-01.
    pub(super) earliest: i32,
}

/// A table to receive.
#[derive(Debug)]
pub(super) struct TablePlan {
    pub(super) table: String,
    pub(super) columns: Vec<Column>,
    pub(super) schema: SchemaRef,
    /// Place of the person column.
    pub(super) person: usize,
    /// Place of the column that rows are sorted by after the person.
    pub(super) date: Option<usize>,
    /// Pairs of date columns of which the first is never after the second.
    pub(super) date_order: Vec<(usize, usize)>,
}

impl TablePlan {
    /// The plan of a table, or why its description cannot be used.
    pub(super) fn new(
        register: &Register,
        table: &Table,
        catalogue: &Catalogue,
    ) -> Result<Self, ReceptionError> {
        let wrong = |problem: String| ReceptionError::Description {
            register: register.id.clone(),
            table: table.name.clone(),
            problem,
        };
        let place = |name: &str| table.variables.iter().position(|v| v.name == name);
        let earliest = earliest(register);
        let mut columns = Vec::with_capacity(table.variables.len());
        for variable in &table.variables {
            columns.push(Column::new(variable, catalogue, earliest).map_err(wrong)?);
        }
        let person = table
            .variables
            .iter()
            .position(|variable| variable.role == ColumnRole::Person)
            .ok_or_else(|| wrong("no variable has the role person".to_owned()))?;
        let dated = |name: &str| {
            place(name).filter(|at| {
                columns
                    .get(*at)
                    .is_some_and(|c| matches!(c.content, Content::Date))
            })
        };
        Ok(Self {
            table: table.name.clone(),
            person,
            date: table.date_variable.as_deref().and_then(place),
            date_order: table
                .date_order
                .iter()
                .filter_map(|[first, second]| Some((dated(first)?, dated(second)?)))
                .collect(),
            schema: layout::stored_schema(table),
            columns,
        })
    }

    /// Names of the columns, in order.
    pub(super) fn names(&self) -> Vec<String> {
        self.columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    }
}

impl Column {
    fn new(variable: &Variable, catalogue: &Catalogue, earliest: i32) -> Result<Self, String> {
        let content = match &variable.role {
            ColumnRole::Person | ColumnRole::PersonReference => Content::Identity,
            role @ (ColumnRole::RecordKey(_) | ColumnRole::FamilyKey | ColumnRole::ProviderKey) => {
                Content::Key {
                    domain: role.key_domain().unwrap_or_default(),
                }
            }
            ColumnRole::FreeText | ColumnRole::Plain => match variable.value_type {
                ValueType::Text => text_content(variable, catalogue)?,
                ValueType::Integer => Content::Integer,
                ValueType::Decimal => Content::Decimal,
                ValueType::Date => Content::Date,
            },
        };
        Ok(Self {
            name: variable.name.clone(),
            content,
            nullable: variable.nullable && variable.role != ColumnRole::Person,
            minimum: variable.minimum,
            maximum: variable.maximum,
            earliest,
        })
    }
}

/// No event of a register is older than 1900. A register of births reaches further back, in its
/// other dates too: the oldest births in the civil registration system are of 1858.
fn earliest(register: &Register) -> i32 {
    let mut variables = register.tables.iter().flat_map(|table| &table.variables);
    let births = variables.any(|variable| variable.concept.as_deref() == Some("birth_date"));
    days_from_civil(if births { 1858 } else { 1900 }, 1, 1)
}

fn text_content(variable: &Variable, catalogue: &Catalogue) -> Result<Content, String> {
    let list = variable
        .code_list
        .as_deref()
        .filter(|_| variable.strict_codes);
    let codes = match list {
        Some(id) => Some(CodeSet::new(catalogue.code_list(id).ok_or_else(|| {
            format!("the code list `{id}` of `{}` is not there", variable.name)
        })?)),
        None => None,
    };
    let pattern = match &variable.pattern {
        Some(pattern) => {
            Some(Pattern::parse(pattern).map_err(|error| format!("`{}`: {error}", variable.name))?)
        }
        None => None,
    };
    Ok(Content::Text { codes, pattern })
}

/// The codes of a list, for quick look-up.
#[derive(Debug)]
pub(super) struct CodeSet(HashSet<Box<[u8]>, BuildHasherDefault<ShortHasher>>);

impl CodeSet {
    fn new(list: &CodeList) -> Self {
        Self(
            list.codes()
                .map(|code| code.code.as_bytes().into())
                .collect(),
        )
    }

    pub(super) fn contains(&self, code: &str) -> bool {
        self.0.contains(code.as_bytes())
    }
}

/// A hash for short trusted texts; code lists are content, not input.
#[derive(Debug, Default)]
pub(super) struct ShortHasher(u64);

impl Hasher for ShortHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word))
                .wrapping_mul(0x517C_C1B7_2722_0A95);
        }
    }

    fn write_usize(&mut self, length: usize) {
        self.0 ^= length as u64;
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

/// A fault of a heading.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadingFault {
    /// A column the register does not have.
    #[error("there is no column `{name}` in the register{}", did_you_mean(.meant.as_deref()))]
    Unknown {
        /// As delivered, masked if it looks like a value.
        name: String,
        /// The nearest column that is missing.
        meant: Option<String>,
    },
    /// A column is missing.
    #[error("the column `{0}` is missing")]
    Missing(String),
    /// A column stands twice.
    #[error("the column `{0}` stands twice")]
    Repeated(String),
}

pub(super) fn did_you_mean(name: Option<&str>) -> String {
    name.map(|name| format!(": did you mean `{name}`?"))
        .unwrap_or_default()
}

/// For every column of the plan its place in a delivered heading.
pub(super) fn match_heading(
    plan: &TablePlan,
    names: &[String],
) -> Result<Vec<usize>, HeadingFault> {
    let known: Vec<String> = names.iter().map(|name| normalise(name)).collect();
    let mut places: Vec<Option<usize>> = vec![None; plan.columns.len()];
    let mut unknown = None;
    for (at, name) in known.iter().enumerate() {
        let Some(column) = plan
            .columns
            .iter()
            .position(|c| normalise(&c.name) == *name)
        else {
            unknown = unknown.or(names.get(at));
            continue;
        };
        if let Some(place) = places.get_mut(column)
            && place.replace(at).is_some()
        {
            return Err(HeadingFault::Repeated(printable(name)));
        }
    }
    let missing = plan
        .columns
        .iter()
        .zip(&places)
        .filter(|(_, place)| place.is_none())
        .map(|(column, _)| column.name.as_str());
    if let Some(name) = unknown {
        return Err(HeadingFault::Unknown {
            name: printable(name),
            meant: nearest(&normalise(name), missing).map(str::to_owned),
        });
    }
    if let Some(name) = missing.clone().next() {
        return Err(HeadingFault::Missing(name.to_owned()));
    }
    Ok(places.into_iter().flatten().collect())
}

fn normalise(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A delivered name as an error may show it: a file without heading has values where names belong.
pub(super) fn printable(name: &str) -> String {
    let n_digits = name.chars().filter(char::is_ascii_digit).count();
    if n_digits > 4 || name.chars().count() > 40 {
        mask_shape(name)
    } else {
        name.chars().filter(|c| !c.is_control()).collect()
    }
}

/// The candidate with the fewest edits, if it is near enough to be meant.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .map(|candidate| (edits(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .map(|(_, candidate)| candidate)
}

fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(60).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(60).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            left = (diagonal + usize::from(x != *y))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(edits("diagkode", "diag_kode"), 1);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(nearest("pnrr", ["pnr", "atc"].into_iter()), Some("pnr"));
        assert_eq!(nearest("zzzzzz", ["pnr", "atc"].into_iter()), None);
    }

    #[test]
    fn a_value_in_place_of_a_name_is_masked() {
        assert_eq!(printable("010170-1234"), "999999-9999");
        assert_eq!(printable("diag_kode2"), "diag_kode2");
    }
}
