//! What an extraction needs: tables, their files and keys, and who states birth, sex and residence.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::Catalogue;
use catalogue::selection::Selection;
use catalogue::stated::ConceptMissing;
use linkage::PersonBuckets;

use super::read::TableSource;
use super::{ExtractError, PopulationRequest};
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
    pub(super) death: Option<Stated<'a>>,
    pub(super) residence: Option<Residence<'a>>,
    /// Who states mothers and fathers, where relatives are asked for.
    pub(super) parents: Vec<Stated<'a>>,
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

impl<'a> Plan<'a> {
    pub(super) fn new(
        lake: &Lake,
        request: &PopulationRequest<'a>,
        aliases: &Aliases,
    ) -> Result<Self, ExtractError> {
        let (selection, catalogue) = (request.selection, request.catalogue);
        catalogue::selection::check::check(selection, catalogue)
            .map_err(ExtractError::Selection)?;
        let format = lake.format();
        let buckets = PersonBuckets::new(1 << format.capacity_bits, format.buckets)
            .map_err(|_| StorageError::Damaged)?;
        let uses = selection.population_uses(catalogue)?;
        let asks = |found: Option<Stated<'a>>| {
            found.filter(|stated| {
                let mut uses = uses.iter();
                uses.any(|used| {
                    used.is_within(stated.register, stated.table, Some(stated.variable))
                })
            })
        };
        let of = |concept| catalogue.find_stated(concept).ok().map(stated);
        let birth = stated(catalogue.find_stated("birth_date")?);
        let residence = find_residence(catalogue)
            .ok()
            .filter(|held| asks(Some(held.municipality)).is_some());
        let parents = [asks(of("mother")), asks(of("father"))];
        let mut needed: BTreeSet<(&str, &str)> = BTreeSet::new();
        needed.insert((birth.register, birth.table));
        for used in &uses {
            let register = catalogue.register(&used.register);
            let table = register.zip(used.table.as_deref());
            let table = table.and_then(|(register, name)| Some((register, register.table(name)?)));
            needed.extend(table.map(|(register, table)| (&*register.id, &*table.name)));
        }
        for table in &selection.tables {
            needed.insert((&table.register, &table.table));
        }
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
            sex: asks(of("sex")),
            death: asks(of("death_date")),
            residence,
            parents: parents.into_iter().flatten().collect(),
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

    /// The number that stands for a person who may have several.
    pub(super) fn standing_for(&self, number: u32) -> u32 {
        self.merged.get(&number).copied().unwrap_or(number)
    }

    /// Versions in use, by register.
    pub(super) fn versions(&self) -> BTreeMap<String, base::VersionId> {
        let sources = self.sources.iter();
        sources
            .map(|((register, _), source)| ((*register).to_owned(), source.version))
            .collect()
    }
}

fn open_source<'a>(
    lake: &Lake,
    request: &PopulationRequest<'a>,
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

fn stated<'a>(found: catalogue::stated::Stated<'a>) -> Stated<'a> {
    Stated {
        register: &found.register.id,
        table: &found.table.name,
        variable: &found.variable.name,
    }
}

fn find_residence(catalogue: &Catalogue) -> Result<Residence<'_>, ConceptMissing> {
    let history = catalogue.find_address_history()?;
    Ok(Residence {
        municipality: stated(history.municipality),
        from: history.from,
        to: history.to,
    })
}
