//! The manual's page on populations, read as a test: tables in, persons out.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::selection::{Selection, plain_text};
use catalogue::{Catalogue, ContentFile};

use crate::oracle::Row;

const PAGE: &str = include_str!("../../../docs/manual/populations.md");

/// What follows the population of every example: the selection must be whole.
const REST: &str = "period 2000-01-01 to 2025-12-31\n\
                    table cpr.person from 2000-01-01 to 2025-12-31\n  variable koen\n";

/// A section of the page: some tables, and what is found in them.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// Rows by register and table. Every person has a row among the persons.
    pub tables: BTreeMap<(String, String), Vec<Row>>,
    /// Examples.
    pub examples: Vec<Example>,
}

/// A selection and whom it is about.
#[derive(Debug, Clone)]
pub struct Example {
    /// As written, with what makes it whole.
    pub selection: Selection,
    /// The persons.
    pub persons: BTreeSet<String>,
}

/// The registers of the page.
pub fn catalogue() -> Catalogue {
    let registers = [
        (
            "cpr",
            &[
                ("person", "foedt date birth_date, koen text sex", ""),
                (
                    "adresse",
                    "kommune text municipality, fra date, til date",
                    "date_variable = \"fra\"\ndate_order = [[\"fra\", \"til\"]]",
                ),
                (
                    "doed",
                    "doedsdato date death_date",
                    "date_variable = \"doedsdato\"",
                ),
                ("slaegt", "moder person mother, fader person father", ""),
            ][..],
        ),
        (
            "lpr",
            &[
                (
                    "diagnose",
                    "kode text, type text, dato date",
                    "date_variable = \"dato\"",
                ),
                (
                    "svar",
                    "vaerdi decimal, dato date, svardato date",
                    "date_variable = \"dato\"",
                ),
            ][..],
        ),
        (
            "lmdb",
            &[("recept", "atc text, dato date", "date_variable = \"dato\"")][..],
        ),
    ];
    let texts: Vec<(String, String)> = registers
        .iter()
        .map(|(id, tables)| (format!("registers/{id}.toml"), register(id, tables)))
        .collect();
    let files = texts.iter().map(|(path, text)| ContentFile { path, text });
    Catalogue::from_files(files).expect("invariant: the page's registers are well-formed")
}

fn register(id: &str, tables: &[(&str, &str, &str)]) -> String {
    let mut text = format!(
        "id = \"{id}\"\nname = {{ da = \"x\", en = \"x\" }}\ncontroller = \"sds\"\n\
         category = \"life\"\ndescription = {{ da = \"x\", en = \"x\" }}\nsource = \"test\"\n"
    );
    for (name, variables, dates) in tables {
        text.extend([format!(
            "[[table]]\nname = \"{name}\"\nlabel = {{ da = \"x\", en = \"x\" }}\n\
             deliverable = true\n{dates}\n\
             [[table.variable]]\nname = \"pnr\"\nlabel = {{ da = \"x\", en = \"x\" }}\n\
             type = \"text\"\nrole = \"person\"\n"
        )]);
        for variable in variables.split(", ") {
            let mut words = variable.split(' ');
            let name = words.next().unwrap_or_default();
            let (kind, role) = match words.next() {
                Some("person") => ("text", "person-reference"),
                Some(kind) => (kind, "plain"),
                None => ("text", "plain"),
            };
            let concept = words
                .next()
                .map(|concept| format!("concept = \"{concept}\"\n"));
            text.extend([format!(
                "[[table.variable]]\nname = \"{name}\"\nlabel = {{ da = \"x\", en = \"x\" }}\n\
                 type = \"{kind}\"\nrole = \"{role}\"\nnullable = true\n{}",
                concept.unwrap_or_default()
            )]);
        }
    }
    text
}

/// The sections of the page.
///
/// # Panics
///
/// Where the page is not of the form it describes.
pub fn sections() -> Vec<Section> {
    PAGE.split("\n## ").skip(1).map(section).collect()
}

fn section(text: &str) -> Section {
    let (title, body) = text.split_once('\n').expect("a heading and a body");
    let mut found = Section {
        title: title.to_owned(),
        tables: BTreeMap::new(),
        examples: Vec::new(),
    };
    let mut header: Option<Vec<String>> = None;
    let mut fence: Option<String> = None;
    let mut selection = None;
    for line in body.lines() {
        if line.starts_with("```") {
            match fence.take() {
                None => fence = Some(String::new()),
                Some(written) => {
                    let whole = format!("{written}{REST}");
                    selection = Some(plain_text::parse(&whole).expect("a selection"));
                }
            }
        } else if let Some(written) = &mut fence {
            written.push_str(line);
            written.push('\n');
        } else if let Some(persons) = line.strip_prefix("Persons: ") {
            found.examples.push(Example {
                selection: selection.take().expect("a selection before the persons"),
                persons: persons.split(", ").map(str::to_owned).collect(),
            });
        } else if let Some(cells) = line.strip_prefix('|') {
            let cells = cells.trim_end_matches('|').split('|');
            let cells: Vec<String> = cells.map(|cell| cell.trim().to_owned()).collect();
            match &header {
                None => header = Some(cells),
                Some(_) if line.starts_with("|---") => {}
                Some(header) => add_row(&mut found.tables, header, &cells),
            }
        } else {
            header = None;
        }
    }
    add_persons(&mut found);
    found
}

fn add_row(tables: &mut BTreeMap<(String, String), Vec<Row>>, header: &[String], cells: &[String]) {
    let name = header.first().and_then(|name| name.split_once('.'));
    let (register, table) = name.expect("a register and a table");
    let mut row: Row = header
        .iter()
        .zip(cells)
        .skip(1)
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    row.extend(
        cells
            .first()
            .map(|person| ("pnr".to_owned(), person.clone())),
    );
    tables
        .entry((register.to_owned(), table.to_owned()))
        .or_default()
        .push(row);
}

/// Whoever is named anywhere is among the persons.
fn add_persons(section: &mut Section) {
    let rows = section.tables.values().flatten();
    let named: BTreeSet<String> = rows
        .flat_map(|row| ["pnr", "moder", "fader"].map(|name| row.get(name).cloned()))
        .flatten()
        .collect();
    let persons = section
        .tables
        .entry(("cpr".to_owned(), "person".to_owned()))
        .or_default();
    for person in named {
        if !persons.iter().any(|row| row.get("pnr") == Some(&person)) {
            persons.push(Row::from([("pnr".to_owned(), person)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::World;
    use catalogue::selection::check::check;
    use linkage::{Draw, Lots, PersonNumber, PseudonymKey};

    #[test]
    fn the_oracle_finds_the_persons_of_the_manual() {
        let catalogue = catalogue();
        let key = PseudonymKey::from_bytes(&[1; 32]);
        let lots = |draw: Draw, seed: u32, person: &str| {
            let number = person.bytes().map(u32::from).sum();
            Lots::new(&key, draw, seed).of(PersonNumber::new(number))
        };
        let sections = sections();
        assert!(sections.len() >= 15, "{} sections", sections.len());
        for section in sections {
            let mut world = World::new(&catalogue, &lots);
            for ((register, table), rows) in &section.tables {
                world.insert(register, table, rows.clone());
            }
            assert!(!section.examples.is_empty(), "{}", section.title);
            for example in &section.examples {
                let text = plain_text::print(&example.selection);
                assert_eq!(check(&example.selection, &catalogue), Ok(()), "{text}");
                let found = world.choose(&example.selection).everybody();
                assert_eq!(found, example.persons, "{}:\n{text}", section.title);
            }
        }
    }
}
