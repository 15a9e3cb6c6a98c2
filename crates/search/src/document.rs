//! What can be found, and the words that each is found by.

use std::collections::BTreeSet;
use std::sync::Arc;

use catalogue::codelist::{Code, CodeList};
use catalogue::register::{ColumnRole, Register, Table, Variable};
use catalogue::{Catalogue, Text};

use crate::facets::{FacetTable, FacetValues};
use crate::fields::Zone;
use crate::query::{Facet, HitKind};

/// Something besides registers, variables and codes that can be found: a data package, an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: HitKind,
    /// Its key.
    pub id: String,
    /// Name or question.
    pub title: Text,
    /// Description or answer.
    pub text: Text,
    /// Other words that people look for it by.
    pub words: Vec<String>,
}

/// Something that can be found.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) kind: HitKind,
    /// Register, or the key of an entry.
    pub(crate) owner: Option<Arc<str>>,
    pub(crate) table: Option<Arc<str>>,
    pub(crate) variable: Option<Arc<str>>,
    pub(crate) code_list: Option<Arc<str>>,
    pub(crate) code: Option<Arc<str>>,
    pub(crate) title: Text,
    /// Words of the title in the language that has fewer.
    pub(crate) title_words: u16,
    pub(crate) facets: FacetValues,
    /// Data of this kind can be had: such hits come before those that are described only.
    pub(crate) deliverable: bool,
    /// The register is closed: what is still kept comes first.
    pub(crate) closed: bool,
}

/// A document's words: where they stand, and the text in both languages or one for both.
pub(crate) type Writing<'a> = Vec<(Zone, Words<'a>)>;

/// Words of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Words<'a> {
    /// In both languages.
    Both(&'a Text),
    /// One wording for both.
    One(&'a str),
}

/// Short strings that stand in many documents, each kept once.
#[derive(Debug, Default)]
pub(crate) struct Interner(BTreeSet<Arc<str>>);

impl Interner {
    pub(crate) fn keep(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

/// Makes documents.
#[derive(Debug, Default)]
pub(crate) struct Maker {
    names: Interner,
    pub(crate) facets: FacetTable,
}

impl Maker {
    /// Hands every document of a catalogue with its words to `take`.
    pub(crate) fn each<E>(
        &mut self,
        catalogue: &Catalogue,
        entries: &[Entry],
        mut take: impl FnMut(Document, &Writing<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for register in catalogue.registers() {
            take(self.register(register), &register_words(register))?;
            for table in &register.tables {
                for variable in &table.variables {
                    let paths = paths(register, table, variable);
                    let words = variable_words(register, table, variable, &paths);
                    take(self.variable(register, table, variable), &words)?;
                }
            }
        }
        for list in catalogue.code_lists() {
            for code in list.codes() {
                let words = vec![
                    (Zone::Name, Words::One(&code.code)),
                    (Zone::CodeLabel, Words::Both(&code.label)),
                ];
                take(self.code(list, code), &words)?;
            }
        }
        for entry in entries {
            take(self.entry(entry), &entry_words(entry))?;
        }
        Ok(())
    }

    fn register(&mut self, register: &Register) -> Document {
        let lists: BTreeSet<&str> = register
            .tables
            .iter()
            .flat_map(|table| &table.variables)
            .filter_map(|variable| variable.code_list.as_deref())
            .collect();
        let person = register.tables.iter().any(is_about_persons);
        let years = (register.from_year, register.to_year);
        let facets = self.of_register(register, HitKind::Register, (years, person, &lists));
        Document {
            kind: HitKind::Register,
            owner: Some(self.names.keep(&register.id)),
            table: None,
            variable: None,
            code_list: None,
            code: None,
            title: register.name.clone(),
            title_words: title_words(&register.name),
            facets,
            deliverable: register.tables.iter().any(|table| table.deliverable),
            closed: register.to_year.is_some(),
        }
    }

    fn variable(&mut self, register: &Register, table: &Table, variable: &Variable) -> Document {
        let lists = variable.code_list.as_deref().into_iter().collect();
        let years = (
            variable
                .valid_from
                .map(|date| date.year())
                .or(register.from_year),
            variable
                .valid_to
                .map(|date| date.year())
                .or(register.to_year),
        );
        let person = is_about_persons(table);
        let facets = self.of_register(register, HitKind::Variable, (years, person, &lists));
        Document {
            kind: HitKind::Variable,
            owner: Some(self.names.keep(&register.id)),
            table: Some(self.names.keep(&table.name)),
            variable: Some(self.names.keep(&variable.name)),
            code_list: variable
                .code_list
                .as_deref()
                .map(|list| self.names.keep(list)),
            code: None,
            title: variable.label.clone(),
            title_words: title_words(&variable.label),
            facets,
            deliverable: table.deliverable,
            closed: register.to_year.is_some(),
        }
    }

    fn code(&mut self, list: &CodeList, code: &Code) -> Document {
        let values = [
            (Facet::Kinds, HitKind::CodeList.name()),
            (Facet::CodeSystems, list.id.as_str()),
        ];
        Document {
            kind: HitKind::CodeList,
            owner: None,
            table: None,
            variable: None,
            code_list: Some(self.names.keep(&list.id)),
            code: Some(code.code.as_str().into()),
            title: code.label.clone(),
            title_words: title_words(&code.label),
            facets: self.facets.number(&values),
            deliverable: true,
            closed: false,
        }
    }

    fn entry(&mut self, entry: &Entry) -> Document {
        Document {
            kind: entry.kind,
            owner: Some(self.names.keep(&entry.id)),
            table: None,
            variable: None,
            code_list: None,
            code: None,
            title: entry.title.clone(),
            title_words: title_words(&entry.title),
            facets: self.facets.number(&[(Facet::Kinds, entry.kind.name())]),
            deliverable: true,
            closed: false,
        }
    }

    fn of_register(
        &mut self,
        register: &Register,
        kind: HitKind,
        (years, person, lists): ((Option<i16>, Option<i16>), bool, &BTreeSet<&str>),
    ) -> FacetValues {
        let authority = register
            .access
            .as_ref()
            .map(|access| access.authority.to_string());
        let controller = register.controller.to_string();
        let mut values = vec![
            (Facet::Kinds, kind.name()),
            (Facet::Controllers, controller.as_str()),
            (Facet::Categories, register.category.as_str()),
            (
                Facet::Authorities,
                authority.as_deref().unwrap_or(&controller),
            ),
            (
                Facet::Confirmed,
                if register.confirmed { "yes" } else { "no" },
            ),
        ];
        values.extend(lists.iter().map(|list| (Facet::CodeSystems, *list)));
        values.extend(periods(years).map(|period| (Facet::Periods, period)));
        if person {
            values.push((Facet::PersonLevel, "yes"));
        }
        self.facets.number(&values)
    }
}

fn is_about_persons(table: &Table) -> bool {
    let mut variables = table.variables.iter();
    variables.any(|variable| variable.role == ColumnRole::Person)
}

/// The periods that data cover which begin and end in these years; none if the beginning is unknown.
fn periods((from, to): (Option<i16>, Option<i16>)) -> impl Iterator<Item = &'static str> {
    const PERIODS: [(&str, i16, i16); 3] = [
        ("before_2000", i16::MIN, 1999),
        ("y2000_2018", 2000, 2018),
        ("from_2019", 2019, i16::MAX),
    ];
    let covers = move |first: i16, last: i16| {
        from.is_some_and(|from| from <= last) && to.is_none_or(|to| to >= first)
    };
    let covered = PERIODS
        .into_iter()
        .filter(move |(_, first, last)| covers(*first, *last));
    covered.map(|(name, ..)| name)
}

fn title_words(title: &Text) -> u16 {
    let count = |text: &str| crate::letters::words(text).count();
    let fewest = count(&title.da).min(count(&title.en)).max(1);
    u16::try_from(fewest).unwrap_or(u16::MAX)
}

fn register_words(register: &Register) -> Writing<'_> {
    let mut words = vec![
        (Zone::Name, Words::One(register.id.as_str())),
        (Zone::Title, Words::Both(&register.name)),
        (Zone::Description, Words::Both(&register.description)),
    ];
    let abbreviation = register.abbreviation.as_deref();
    words.extend(abbreviation.map(|name| (Zone::Name, Words::One(name))));
    let lay = register.lay_words.iter();
    words.extend(lay.map(|word| (Zone::Lay, Words::One(word.as_str()))));
    words
}

/// The ways to write a variable with what it belongs to.
fn paths(register: &Register, table: &Table, variable: &Variable) -> [String; 2] {
    let short = format!("{}.{}", table.name, variable.name);
    let long = format!("{}.{short}", register.id);
    [short, long]
}

fn variable_words<'a>(
    register: &'a Register,
    table: &'a Table,
    variable: &'a Variable,
    paths: &'a [String; 2],
) -> Writing<'a> {
    let mut words = vec![
        (Zone::Name, Words::One(variable.name.as_str())),
        (Zone::Title, Words::Both(&variable.label)),
        (Zone::Context, Words::One(table.name.as_str())),
        (Zone::Context, Words::One(register.id.as_str())),
        (Zone::Context, Words::Both(&register.name)),
    ];
    // A name with blanks in it is words, and its path no name.
    let paths = paths.iter().filter(|path| !path.contains(' '));
    words.extend(paths.map(|path| (Zone::Name, Words::One(path.as_str()))));
    let abbreviation = register.abbreviation.as_deref();
    words.extend(abbreviation.map(|name| (Zone::Context, Words::One(name))));
    words
}

fn entry_words(entry: &Entry) -> Writing<'_> {
    let mut words = vec![
        (Zone::Name, Words::One(entry.id.as_str())),
        (Zone::Title, Words::Both(&entry.title)),
        (Zone::Description, Words::Both(&entry.text)),
    ];
    let others = entry.words.iter();
    words.extend(others.map(|word| (Zone::Lay, Words::One(word.as_str()))));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_covered_from_the_first_year_to_the_last() {
        let of = |from, to| periods((from, to)).collect::<Vec<_>>();
        assert_eq!(of(Some(1977), Some(2018)), ["before_2000", "y2000_2018"]);
        assert_eq!(of(Some(2019), None), ["from_2019"]);
        assert!(of(None, Some(1990)).is_empty());
    }
}
