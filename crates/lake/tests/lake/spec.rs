//! The manual's page on populations, carried out by the lake.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use arrow::array::AsArray as _;
use arrow::datatypes::Int64Type;
use catalogue::Catalogue;
use lake::vault::{Vault, VaultKeys};
use linkage::{KeyDomain, PersonNumber, PseudonymKey};
use testkit::oracle::Row;
use testkit::spec::{self, Section};

use crate::common::{Folder, cpr};
use crate::oracle::{Engine, batches};

/// `A` is the first synthetic person.
fn identity(name: &str) -> String {
    cpr(u32::from(name.as_bytes()[0] - b'A'))
}

fn csv(catalogue: &Catalogue, register: &str, table: &str, rows: &[Row]) -> String {
    let variables = &catalogue.table(register, table).unwrap().variables;
    let names: Vec<&str> = variables.iter().map(|v| v.name.as_str()).collect();
    let mut text = names.join(";");
    for row in rows {
        let values = names.iter().map(|name| {
            let value = row.get(*name).cloned().unwrap_or_default();
            match *name {
                "pnr" | "moder" | "fader" if !value.is_empty() => identity(&value),
                _ => value.replace('.', ","),
            }
        });
        write!(text, "\n{}", values.collect::<Vec<String>>().join(";")).unwrap();
    }
    text.push('\n');
    text
}

fn engine(section: &Section, buckets: u32) -> Engine {
    let mut folder = Folder::new(buckets);
    folder.catalogue = spec::catalogue();
    let mut tables = Vec::new();
    for register in ["cpr", "lpr", "lmdb"] {
        for table in &folder.catalogue.register(register).unwrap().tables {
            let key = (register.to_owned(), table.name.clone());
            let rows = section.tables.get(&key).cloned().unwrap_or_default();
            let text = csv(&folder.catalogue, register, &table.name, &rows);
            tables.push((register.to_owned(), table.name.clone(), text));
        }
    }
    let deliveries: Vec<(&str, &str, String)> = tables
        .iter()
        .map(|(register, table, text)| (register.as_str(), table.as_str(), text.clone()))
        .collect();
    Engine::receive(folder, &deliveries)
}

#[test]
fn the_lake_finds_the_persons_of_the_manual() {
    for (section, buckets) in spec::sections().iter().zip([1, 4, 64].into_iter().cycle()) {
        let engine = engine(section, buckets);
        let keys = VaultKeys::load_or_create(engine.folder.lake.keys(), &base::SystemEntropy);
        let path = engine.folder.path().join("vault");
        let vault = Vault::open(&path, keys.unwrap(), 24).unwrap();
        for (n, example) in (1_u8..).zip(&section.examples) {
            let dir = engine.plain(&format!("extract-{n}"), (n, &example.selection));
            let shown: BTreeSet<i64> = batches(&dir, "cpr_person")
                .iter()
                .flat_map(|batch| {
                    batch
                        .column(0)
                        .as_primitive::<Int64Type>()
                        .values()
                        .to_vec()
                })
                .collect();
            let key = PseudonymKey::from_bytes(&[n; 32]).permutation(&KeyDomain::Person);
            let expected: BTreeSet<i64> = example
                .persons
                .iter()
                .map(|name| {
                    let number = vault.find(identity(name).parse().unwrap()).unwrap();
                    let shown = key.pseudonym_of(PersonNumber::new(number)).value();
                    shown.cast_signed()
                })
                .collect();
            let text = catalogue::selection::plain_text::print(&example.selection);
            assert_eq!(shown, expected, "{}:\n{text}", section.title);
        }
    }
}
