//! What a release carries: headings from the catalogue, the files in both languages, and the record
//! that proves why the table may leave.

use std::collections::BTreeMap;

use base::{OutputId, VersionId};
use catalogue::permit::PermitDocument;
use catalogue::register::OutputPolicy;
use catalogue::{Language, Text};
use disclosure::{Column, ColumnKind, Evidence, Lineage, ProtectedTable, TableState, release_csv};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Ran;
use crate::{Content, Error, folder};

const FORMAT: &str = "sund-evidence/1";
pub(super) const LANGUAGES: [Language; 2] = [Language::Da, Language::En];

/// The record beside a released table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EvidenceRecord {
    format: String,
    output: OutputId,
    permit: String,
    permit_version: u32,
    /// Register versions that the extract was made from.
    registers: BTreeMap<String, VersionId>,
    policy: OutputPolicy,
    lineage: Lineage,
    verdict: TableState,
    columns: Vec<Text>,
    /// Row by row, for the columns that leave.
    cells: Vec<Vec<Option<CellRecord>>>,
    /// SHA-256 of the files, by language.
    csv_sha256: BTreeMap<String, String>,
    /// Random, so that the record's hash, which stands in events, cannot be found by trying tables.
    #[serde(default)]
    salt: String,
}

/// What was proved of a cell that leaves. Not what was measured: the largest contributor's exact share
/// of a released sum is that person's value.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct CellRecord {
    /// Distinct persons behind it, at least.
    persons_at_least: u32,
    /// Share of the largest contributor in thousandths, at most.
    largest_share_at_most_permille: u32,
}

/// The files of a table, by language. None for rows about individuals, which never leave.
pub(super) fn files_of(content: &Content, table: &ProtectedTable) -> BTreeMap<String, String> {
    if table.lineage == Lineage::Rows {
        return BTreeMap::new();
    }
    let file = |language| {
        let headings = headings(content, table, language);
        let total = content.text(language, "output.total");
        release_csv(table, &headings, &total, language)
    };
    LANGUAGES
        .into_iter()
        .map(|language| (language.code().to_owned(), file(language)))
        .collect()
}

/// The record of a table.
pub(super) fn record_of(
    content: &Content,
    output: OutputId,
    (permit, registers): (&PermitDocument, BTreeMap<String, VersionId>),
    ran: &Ran,
    files: &BTreeMap<String, String>,
    salt: [u8; 16],
) -> Result<EvidenceRecord, Error> {
    let table = &ran.table;
    let [danish, english] = LANGUAGES.map(|language| headings(content, table, language));
    let headings = danish.into_iter().zip(english);
    let columns = headings
        .zip(&table.columns)
        .filter(|(_, column)| leaves(column))
        .map(|((da, en), _)| Text::new(da, en))
        .collect();
    let policy = permit.output_policy;
    let holds = |evidence: &Evidence| {
        let persons = evidence.persons.min(evidence.group_persons);
        persons >= u64::from(policy.persons_min)
            && evidence.largest_permille <= policy.largest_share_max_permille
    };
    let proved = CellRecord {
        persons_at_least: policy.persons_min,
        largest_share_at_most_permille: policy.largest_share_max_permille,
    };
    let cells = table.rows.iter().map(|row| {
        let cells = row.cells.iter().zip(&table.columns);
        cells
            .filter(|(_, column)| leaves(column))
            .map(|(cell, column)| {
                let measured = !matches!(column.kind, ColumnKind::Group(_));
                let evidence = cell.evidence.filter(|evidence| measured && holds(evidence));
                evidence.map(|_| proved)
            })
            .collect()
    });
    let hash = |file: &String| folder::hex(&Sha256::digest(file.as_bytes()));
    Ok(EvidenceRecord {
        format: FORMAT.to_owned(),
        output,
        permit: permit.number.clone(),
        permit_version: permit.version,
        registers,
        policy: permit.output_policy,
        lineage: table.lineage,
        verdict: ran.verdict.state,
        columns,
        cells: if files.is_empty() {
            Vec::new()
        } else {
            cells.collect()
        },
        csv_sha256: files
            .iter()
            .map(|(language, file)| (language.clone(), hash(file)))
            .collect(),
        salt: folder::hex(&salt),
    })
}

/// Whether a column is part of a release.
fn leaves(column: &Column) -> bool {
    !matches!(
        column.kind,
        ColumnKind::Derived | ColumnKind::WithoutEvidence
    )
}

/// Headings for a release, one per column: words of the catalogue, never of the query.
pub(super) fn headings(
    content: &Content,
    table: &ProtectedTable,
    language: Language,
) -> Vec<String> {
    let columns = table.columns.iter();
    columns
        .map(|column| heading(content, column, language))
        .collect()
}

fn heading(content: &Content, column: &Column, language: Language) -> String {
    let word = |key: &str| {
        content
            .text(language, &format!("output.{key}"))
            .into_owned()
    };
    let named = column.heading.in_language(language);
    let of = |key: &str| {
        let name = if named.is_empty() {
            word("column")
        } else {
            named.to_owned()
        };
        word(key).replace("{name}", &name)
    };
    match column.kind {
        ColumnKind::Group(_) if named.is_empty() => word("group"),
        ColumnKind::Group(_) => named.to_owned(),
        ColumnKind::PersonCount => word("persons"),
        ColumnKind::Count if named.is_empty() => word("rows"),
        ColumnKind::Count => of("count_of"),
        ColumnKind::Sum => of("sum_of"),
        ColumnKind::Mean => of("mean_of"),
        ColumnKind::Derived | ColumnKind::WithoutEvidence => word("column"),
    }
}

/// What a table is called: what was computed, by what.
pub(super) fn title_of(content: &Content, table: &ProtectedTable) -> Text {
    let [da, en] = LANGUAGES.map(|language| title(content, table, language));
    Text::new(da, en)
}

fn title(content: &Content, table: &ProtectedTable, language: Language) -> String {
    let word = |key: &str| {
        content
            .text(language, &format!("output.{key}"))
            .into_owned()
    };
    if table.lineage == Lineage::Rows {
        return word("rows_of_persons");
    }
    let (mut groups, mut measures) = (Vec::new(), Vec::new());
    for column in &table.columns {
        let heading = heading(content, column, language);
        // What a label explains in brackets stands in the heading; a title needs its name.
        let heading = heading.split(" (").next().unwrap_or_default().to_owned();
        match column.kind {
            ColumnKind::Group(_) => groups.push(in_sentence(&heading)),
            _ if measures.is_empty() => measures.push(heading),
            _ => measures.push(in_sentence(&heading)),
        }
    }
    measures.dedup();
    let what = enumerate(&word("and"), &measures).unwrap_or_else(|| word("column"));
    match enumerate(&word("and"), &groups) {
        Some(groups) => word("by")
            .replace("{what}", &what)
            .replace("{groups}", &groups),
        None => what,
    }
}

fn enumerate(and: &str, parts: &[String]) -> Option<String> {
    match parts {
        [] => None,
        [one] => Some(one.clone()),
        [first @ .., last] => Some(
            and.replace("{first}", &first.join(", "))
                .replace("{last}", last),
        ),
    }
}

/// A heading within a sentence: without its capital, unless it is an abbreviation.
fn in_sentence(heading: &str) -> String {
    let mut letters = heading.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => heading.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use disclosure::{Cell, LabelSource, Row, Value};

    fn table() -> ProtectedTable {
        let column = |heading, kind| Column {
            name: "author's own words".to_owned(),
            heading,
            kind,
        };
        let evidence = Evidence {
            group_persons: 9,
            persons: 9,
            largest_permille: 112,
        };
        ProtectedTable {
            lineage: Lineage::Proven,
            columns: vec![
                column(
                    Text::new("Region", "Region"),
                    ColumnKind::Group(LabelSource::Declared),
                ),
                column(Text::default(), ColumnKind::PersonCount),
                column(Text::new("HbA1c", "HbA1c"), ColumnKind::Mean),
            ],
            rows: vec![Row {
                cells: vec![
                    Cell {
                        value: Value::Text("1082".to_owned()),
                        evidence: None,
                    },
                    Cell {
                        value: Value::Integer(9),
                        evidence: Some(evidence),
                    },
                    Cell {
                        value: Value::Number(48.5),
                        evidence: Some(evidence),
                    },
                ],
            }],
            persons: Some(9),
        }
    }

    #[test]
    fn a_release_speaks_the_catalogues_words_and_not_the_querys() {
        let content = Content::embedded().unwrap();
        let files = files_of(&content, &table());
        let danish = files["da"].lines().next().unwrap();
        assert_eq!(danish, "Region;Antal personer;Gennemsnit: HbA1c");
        let english = files["en"].lines().next().unwrap();
        assert_eq!(english, "Region,Number of persons,Mean: HbA1c");
        assert!(!files["da"].contains("own words"));
        let title = title_of(&content, &table());
        assert_eq!(title.da, "Antal personer og gennemsnit: HbA1c efter region");
    }

    #[test]
    fn equal_tables_have_records_with_different_hashes() {
        let record = |salt| EvidenceRecord {
            format: FORMAT.to_owned(),
            output: OutputId::from_bytes([1; 16]),
            permit: "DK-2026-00083".to_owned(),
            permit_version: 1,
            registers: BTreeMap::new(),
            policy: OutputPolicy {
                persons_min: 5,
                largest_share_max_permille: 500,
            },
            lineage: Lineage::Proven,
            verdict: TableState::Held,
            columns: Vec::new(),
            cells: Vec::new(),
            csv_sha256: BTreeMap::new(),
            salt: folder::hex(&[salt; 16]),
        };
        let hash = |salt| crate::permits::document_sha256(&record(salt)).unwrap();
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
    }

    #[test]
    fn rows_about_individuals_have_no_file() {
        let content = Content::embedded().unwrap();
        let mut rows = table();
        rows.lineage = Lineage::Rows;
        assert!(files_of(&content, &rows).is_empty());
    }
}
