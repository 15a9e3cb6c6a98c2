//! What an extraction needs: tables, their files and keys, and who states birth, sex and residence.

use std::collections::BTreeMap;

use catalogue::Catalogue;
use catalogue::register::{ColumnRole, Table, Variable};
use catalogue::selection::{Criterion, EventCriterion, IndexDate, Selection};
use linkage::PersonBuckets;

use super::read::TableSource;
use super::{ExtractError, ExtractRequest};
use crate::folder::Lake;
use crate::storage::StorageError;
use crate::vault::Aliases;

/// A plan.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) selection: &'a Selection,
    pub(super) buckets: PersonBuckets,
    pub(super) birth: Stated<'a>,
    pub(super) sex: Option<Stated<'a>>,
    pub(super) residence: Option<Residence<'a>>,
    /// Number -> number that stands for the person, for persons with several.
    pub(super) merged: BTreeMap<u32, u32>,
    pub(super) vault_version: u64,
    sources: BTreeMap<(&'a str, &'a str), TableSource<'a>>,
}

/// A variable that states something of persons.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stated<'a> {
    pub(super) register: &'a str,
    pub(super) table: &'a str,
    pub(super) variable: &'a str,
}

/// The history of addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Residence<'a> {
    pub(super) municipality: Stated<'a>,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
}

/// What a population asks of persons besides events.
#[derive(Debug, Default)]
struct Asked<'a> {
    events: Vec<&'a EventCriterion>,
    sex: bool,
    residence: bool,
}

impl<'a> Asked<'a> {
    fn of(selection: &'a Selection) -> Self {
        let mut asked = Self::default();
        asked.collect(&selection.population);
        if let Some(IndexDate::FirstEvent(event)) = &selection.index {
            asked.events.push(event);
        }
        asked
    }

    fn collect(&mut self, criterion: &'a Criterion) {
        match criterion {
            Criterion::All(parts) | Criterion::Any(parts) => {
                for part in parts {
                    self.collect(part);
                }
            }
            Criterion::Not(part) => self.collect(part),
            Criterion::Event(event) => self.events.push(event),
            Criterion::Sex(_) => self.sex = true,
            Criterion::Residence(_) => self.residence = true,
            Criterion::Age(_) => {}
        }
    }
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        lake: &Lake,
        request: &ExtractRequest<'a>,
        aliases: &Aliases,
    ) -> Result<Self, ExtractError> {
        let (selection, catalogue) = (&request.permit.selection, request.catalogue);
        catalogue::selection::check::check(selection, catalogue)
            .map_err(ExtractError::Selection)?;
        let format = lake.format();
        let buckets = PersonBuckets::new(1 << format.capacity_bits, format.buckets)
            .map_err(|_| StorageError::Damaged)?;
        let asked = Asked::of(selection);
        let birth = find_birth(catalogue)?;
        let sex = asked.sex.then(|| find_sex(catalogue)).transpose()?;
        let residence = asked
            .residence
            .then(|| find_residence(catalogue))
            .transpose()?;
        let mut needed: Vec<(&str, &str)> = vec![(birth.register, birth.table)];
        needed.extend(sex.iter().map(|stated| (stated.register, stated.table)));
        needed.extend(
            residence
                .iter()
                .map(|held| (held.municipality.register, held.municipality.table)),
        );
        needed.extend(
            asked
                .events
                .iter()
                .map(|event| (event.register.as_str(), event.table.as_str())),
        );
        needed.extend(
            selection
                .tables
                .iter()
                .map(|table| (table.register.as_str(), table.table.as_str())),
        );
        let mut sources = BTreeMap::new();
        let mut vault_version = 0;
        for (register, table) in needed {
            let source = open_source(lake, request, register, table)?;
            vault_version = vault_version.max(source.vault_version);
            sources.insert((register, table), source);
        }
        Ok(Self {
            selection,
            buckets,
            birth,
            sex,
            residence,
            merged: aliases.merged_at(vault_version),
            vault_version,
            sources,
        })
    }

    /// The files of a table that the plan needs.
    pub(super) fn source(
        &self,
        register: &str,
        table: &str,
    ) -> Result<&TableSource<'a>, ExtractError> {
        self.sources
            .values()
            .find(|source| source.register == register && source.table.name == table)
            .ok_or_else(|| ExtractError::TableNotDelivered {
                register: register.to_owned(),
                table: table.to_owned(),
            })
    }

    /// Versions in use, by register.
    pub(super) fn versions(&self) -> BTreeMap<String, base::VersionId> {
        let sources = self.sources.iter();
        sources
            .map(|((register, _), source)| ((*register).to_owned(), source.version))
            .collect()
    }
}

pub(super) fn required_registers(
    selection: &Selection,
    catalogue: &Catalogue,
) -> Result<Vec<String>, ExtractError> {
    let asked = Asked::of(selection);
    let mut registers: Vec<&str> = selection.registers();
    registers.push(find_birth(catalogue)?.register);
    if asked.sex {
        registers.push(find_sex(catalogue)?.register);
    }
    if asked.residence {
        registers.push(find_residence(catalogue)?.municipality.register);
    }
    registers.sort_unstable();
    registers.dedup();
    Ok(registers.into_iter().map(str::to_owned).collect())
}

fn open_source<'a>(
    lake: &Lake,
    request: &ExtractRequest<'a>,
    register: &str,
    table: &str,
) -> Result<TableSource<'a>, ExtractError> {
    let not_delivered = || ExtractError::TableNotDelivered {
        register: register.to_owned(),
        table: table.to_owned(),
    };
    let manifest = request
        .versions
        .get(register)
        .ok_or_else(|| ExtractError::VersionMissing(register.to_owned()))?;
    if manifest.buckets != lake.format().buckets || manifest.register != register {
        return Err(ExtractError::OtherLake(register.to_owned()));
    }
    let described = request
        .catalogue
        .table(register, table)
        .ok_or_else(not_delivered)?;
    let person = described.person_variable().ok_or_else(not_delivered)?;
    Ok(TableSource {
        table: described,
        person: &person.name,
        register: &manifest.register,
        manifest: manifest.table(table).ok_or_else(not_delivered)?,
        version: manifest.version,
        vault_version: manifest.vault_version,
        key: lake.keys().load("version", &manifest.version.to_string())?,
        folder: lake.lake_folder(),
    })
}

fn find_birth(catalogue: &Catalogue) -> Result<Stated<'_>, ExtractError> {
    find_stated(catalogue, "birth_date")
}

fn find_sex(catalogue: &Catalogue) -> Result<Stated<'_>, ExtractError> {
    find_stated(catalogue, "sex")
}

fn find_stated<'a>(
    catalogue: &'a Catalogue,
    concept: &'static str,
) -> Result<Stated<'a>, ExtractError> {
    let (register, table, variable) = catalogue
        .find_concept(concept)
        .ok_or(ExtractError::ConceptMissing(concept))?;
    Ok(Stated {
        register: &register.id,
        table: &table.name,
        variable: &variable.name,
    })
}

fn find_residence(catalogue: &Catalogue) -> Result<Residence<'_>, ExtractError> {
    for register in catalogue.registers() {
        for table in register.tables.iter().filter(|table| table.deliverable) {
            if let Some((municipality, [from, to])) = address_history(table) {
                return Ok(Residence {
                    municipality: Stated {
                        register: &register.id,
                        table: &table.name,
                        variable: &municipality.name,
                    },
                    from,
                    to,
                });
            }
        }
    }
    Err(ExtractError::ConceptMissing("municipality"))
}

fn address_history(table: &Table) -> Option<(&Variable, &[String; 2])> {
    let municipality = table.variables.iter().find(|variable| {
        variable.concept.as_deref() == Some("municipality") && variable.role == ColumnRole::Plain
    })?;
    let date = table.date_variable.as_ref()?;
    let dates = table.date_order.iter().find(|[from, _]| from == date)?;
    Some((municipality, dates))
}
