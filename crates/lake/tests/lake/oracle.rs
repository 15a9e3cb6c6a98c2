//! The lake's extracts against the oracle: random registers, random selections, the same answer.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::common::permit::{date, period, permit, table};
use crate::common::{Folder, cpr};
use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use base::{Secret, SystemEntropy};
use catalogue::regions::RegionDivision;
use catalogue::selection::{
    AgeCriterion, AliveCriterion, Controls, Criterion, EventCriterion, IndexDate, Kinship, MatchOn,
    Moment, ResidenceCriterion, RowCondition, Sample, SampleSize, SelectedTable, Selection, Sex,
    Span, WashoutCriterion, Window,
};
use lake::VersionManifest;
use lake::extract::{
    Encryption, ExtractDescriptor, ExtractRequest, ExtractTarget, MEMORY_BYTES, PermitKeys, extract,
};
use lake::vault::{Vault, VaultKeys};
use linkage::{Draw, KeyDomain, Lots, PersonNumber, PseudonymKey};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use testkit::oracle::{Chosen, Row, World};

/// A delivered table: its columns and rows; an empty text is a missing value.
#[derive(Debug, Clone)]
struct Delivered {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

/// What each person's rows say, table by table and without keys: what two engines must agree on.
type Signatures = BTreeMap<String, BTreeMap<String, Vec<Vec<Option<String>>>>>;

impl Delivered {
    fn csv(&self) -> String {
        let mut text = self.columns.join(";");
        for row in &self.rows {
            text.push('\n');
            text.push_str(&row.join(";"));
        }
        text.push('\n');
        text
    }

    fn rows(&self) -> Vec<Row> {
        let row = |values: &Vec<String>| -> Row {
            let pairs = self
                .columns
                .iter()
                .zip(values)
                .filter(|(_, value)| !value.is_empty());
            pairs
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect()
        };
        self.rows.iter().map(row).collect()
    }
}

fn day() -> impl Strategy<Value = String> {
    (2005..2015_i16, 1..=12_i8, 1..=28_i8).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"))
}

fn persons() -> impl Strategy<Value = Delivered> {
    let one = (
        any::<bool>(),
        proptest::option::weighted(0.9, (1930..2010_i16, 1..=12_i8, 1..=28_i8)),
    );
    proptest::collection::vec(one, 8..30).prop_map(|people| Delivered {
        columns: &["pnr", "foedt", "koen", "mor", "familie"],
        rows: people
            .into_iter()
            .zip(0..)
            .map(|((man, born), n)| {
                let born = born.map_or(String::new(), |(y, m, d)| format!("{y}-{m:02}-{d:02}"));
                let sex = if man { "M" } else { "K" };
                vec![cpr(n), born, sex.to_owned(), String::new(), String::new()]
            })
            .collect(),
    })
}

fn addresses() -> impl Strategy<Value = Delivered> {
    let one = (0..30_u32, 0..3_usize, day(), proptest::option::of(0..9_i16));
    proptest::collection::vec(one, 1..40).prop_map(|rows| Delivered {
        columns: &["pnr", "kommune", "fra", "til"],
        rows: rows
            .into_iter()
            .map(|(n, place, from, years)| {
                let year: i16 = from[..4].parse().expect("a year");
                let to = years.map_or(String::new(), |more| {
                    format!("{}{}", year + more + 1, &from[4..])
                });
                vec![cpr(n), ["0101", "0751", "0851"][place].to_owned(), from, to]
            })
            .collect(),
    })
}

fn deaths() -> impl Strategy<Value = Delivered> {
    proptest::collection::vec((0..30_u32, day()), 1..10).prop_map(|rows| Delivered {
        columns: &["pnr", "doedsdato"],
        rows: rows.into_iter().map(|(n, day)| vec![cpr(n), day]).collect(),
    })
}

fn kin() -> impl Strategy<Value = Delivered> {
    let parent = || proptest::option::weighted(0.7, 0..30_u32);
    let one = (0..30_u32, parent(), parent());
    proptest::collection::vec(one, 1..30).prop_map(|rows| Delivered {
        columns: &["pnr", "moder", "fader"],
        rows: rows
            .into_iter()
            .map(|(n, mother, father)| {
                let text = |parent: Option<u32>| parent.map_or(String::new(), cpr);
                vec![cpr(n), text(mother), text(father)]
            })
            .collect(),
    })
}

fn diagnoses() -> impl Strategy<Value = Delivered> {
    let one = (
        0..30_u32,
        0..4_usize,
        day(),
        proptest::option::of(0..40_i32),
    );
    proptest::collection::vec(one, 1..80).prop_map(|rows| Delivered {
        columns: &["pnr", "kontakt_id", "kode", "dato", "svar", "notat"],
        rows: rows
            .into_iter()
            .zip(0..)
            .map(|((n, code, date, value), at): (_, u32)| {
                let code = ["DE11", "DE119", "DE10", "DI10"][code].to_owned();
                let value = value.map_or(String::new(), |v| format!("{}.5", v));
                vec![cpr(n), format!("K{at}"), code, date, value, String::new()]
            })
            .collect(),
    })
}

fn codes() -> impl Strategy<Value = Vec<String>> {
    proptest::sample::subsequence(vec!["DE11*", "DE11", "DE119", "DI10", "DE*"], 1..3)
        .prop_map(|codes| codes.into_iter().map(str::to_owned).collect())
}

fn window() -> impl Strategy<Value = Window> {
    let unit = |n| {
        prop_oneof![
            Just(Span::Days(n * 100)),
            Just(Span::Months(n * 7)),
            Just(Span::Years(n))
        ]
    };
    let end = |low: i32, high: i32| proptest::option::of((low..high).prop_flat_map(unit));
    (end(-4, 1), end(0, 4)).prop_map(|(from, to)| Window { from, to })
}

fn conditions() -> impl Strategy<Value = Vec<RowCondition>> {
    let number = proptest::option::weighted(0.3, (0..20_000_i64, 0..20_000_i64));
    let since = proptest::option::weighted(0.2, 2005..2012_i16);
    (codes(), number, since).prop_map(|(codes, number, since)| {
        let mut conditions = vec![RowCondition::Codes {
            variable: "kode".to_owned(),
            codes,
        }];
        if let Some((low, more)) = number {
            conditions.push(RowCondition::Number {
                variable: "svar".to_owned(),
                min_thousandths: Some(low),
                max_thousandths: Some(low + more),
            });
        }
        if let Some(year) = since {
            conditions.push(RowCondition::Date {
                variable: "dato".to_owned(),
                from: Some(date(&format!("{year}-03-01"))),
                to: None,
            });
        }
        conditions
    })
}

fn event(indexed: bool) -> impl Strategy<Value = EventCriterion> {
    let dates = proptest::option::weighted(0.5, (2005..2015_i16, 0..6_i16));
    let window = proptest::option::of(window());
    let most = proptest::option::weighted(0.3, 0..3_u32);
    (conditions(), dates, window, 1..=2_u32, most).prop_map(
        move |(conditions, dates, window, count_min, most)| EventCriterion {
            period: dates.map(|(from, more)| {
                period(&format!("{from}-01-01"), &format!("{}-12-31", from + more))
            }),
            window: window.filter(|_| indexed),
            count_min,
            count_max: most.map(|more| count_min + more),
            ..EventCriterion::new("lpr", "diagnose", conditions)
        },
    )
}

fn moment(indexed: bool) -> impl Strategy<Value = Moment> {
    (2006..2016_i16, 0..4_i32).prop_map(move |(year, kind)| match kind {
        0 if indexed => Moment::Index,
        1 if indexed => Moment::FromIndex(Span::Years(i32::from(year) - 2010)),
        _ => Moment::On(date(&format!("{year}-06-15"))),
    })
}

fn washout() -> impl Strategy<Value = Criterion> {
    (conditions(), 1..4_i32).prop_map(|(conditions, years)| {
        Criterion::Washout(WashoutCriterion {
            register: "lpr".to_owned(),
            table: "diagnose".to_owned(),
            conditions,
            clear: Span::Years(years),
        })
    })
}

fn leaf(indexed: bool) -> impl Strategy<Value = Criterion> {
    let places = proptest::sample::subsequence(vec!["101", "751", "851"], 0..3);
    prop_oneof![
        3 => event(indexed).prop_map(Criterion::Event),
        1 => (moment(indexed), 0..60_u16, 0..60_u16).prop_map(|(at, min, more)| {
            Criterion::Age(AgeCriterion {
                at,
                min: Some(min),
                max: Some(min + more),
            })
        }),
        1 => any::<bool>().prop_map(|man| Criterion::Sex(if man { Sex::Male } else { Sex::Female })),
        1 => (moment(indexed), places).prop_map(|(at, places)| {
            Criterion::Residence(ResidenceCriterion {
                at,
                municipalities: places.into_iter().map(str::to_owned).collect(),
            })
        }),
        1 => moment(indexed).prop_map(|at| Criterion::Alive(AliveCriterion { at })),
        1 => washout().prop_map(move |washout| {
            if indexed { washout } else { Criterion::Sex(Sex::Female) }
        }),
    ]
}

fn criterion(indexed: bool) -> impl Strategy<Value = Criterion> {
    leaf(indexed).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Criterion::All),
            proptest::collection::vec(inner.clone(), 1..3).prop_map(Criterion::Any),
            inner.prop_map(|part| Criterion::Not(Box::new(part))),
        ]
    })
}

fn sample() -> impl Strategy<Value = Sample> {
    let size = prop_oneof![
        (1..20_u64).prop_map(SampleSize::Persons),
        (1..1000_u16).prop_map(SampleSize::Permille)
    ];
    (size, 0..3_u32).prop_map(|(size, seed)| Sample { size, seed })
}

fn controls(indexed: bool) -> impl Strategy<Value = Controls> {
    let on = if indexed {
        MatchOn::ALL.to_vec()
    } else {
        vec![MatchOn::Sex, MatchOn::BirthYear]
    };
    let n = on.len();
    (
        1..4_u16,
        proptest::sample::subsequence(on, 0..=n),
        prop_oneof![Just(Criterion::All(Vec::new())), criterion(indexed)],
        any::<bool>(),
        0..3_u32,
    )
        .prop_map(|(per_case, matched_on, among, reused, seed)| Controls {
            per_case,
            matched_on,
            among,
            reused,
            seed,
        })
}

fn tables(from: i16, window: Option<Window>) -> Vec<SelectedTable> {
    let dated = |mut table: SelectedTable| {
        table.period = period(&format!("{from}-07-01"), "2013-06-30");
        table.window = window;
        table
    };
    vec![
        table("cpr", "person", &[("foedt", "none"), ("koen", "none")]),
        dated(table(
            "cpr",
            "adresse",
            &[("kommune", "none"), ("fra", "none")],
        )),
        dated(table(
            "lpr",
            "diagnose",
            &[("kode", "none"), ("dato", "none"), ("svar", "none")],
        )),
    ]
}

fn selections() -> impl Strategy<Value = Selection> {
    any::<bool>().prop_flat_map(|indexed| {
        (
            event(false).prop_map(move |event| indexed.then_some(event)),
            criterion(indexed),
            proptest::option::weighted(0.3, sample()),
            proptest::option::weighted(0.5, controls(indexed)),
            proptest::sample::subsequence(Kinship::ALL.to_vec(), 0..=2),
            (
                2004..2013_i16,
                proptest::option::of(window()).prop_map(move |window| window.filter(|_| indexed)),
            ),
        )
            .prop_map(
                |(index, population, sample, controls, relatives, (from, window))| {
                    let whole = period("2000-01-01", "2025-12-31");
                    Selection {
                        index: index.map(IndexDate::FirstEvent),
                        sample,
                        controls,
                        relatives,
                        ..Selection::new(population, whole, tables(from, window))
                    }
                },
            )
    })
}

fn text_at(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    let array = batch.column(column);
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Date32 => array
            .as_primitive::<Date32Type>()
            .value_as_date(row)
            .expect("a date")
            .to_string(),
        _ => array.as_string::<i32>().value(row).to_owned(),
    })
}

/// Person by pseudonym.
type Names = BTreeMap<i64, String>;

pub(crate) fn batches(dir: &Path, name: &str) -> Vec<RecordBatch> {
    let file = File::open(dir.join(format!("{name}.parquet"))).expect("the table");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .expect("Parquet")
        .build();
    let reader = reader.expect("Parquet");
    reader.map(|batch| batch.expect("rows")).collect()
}

/// The engine's answer, by person.
fn engine_signatures(dir: &Path, selection: &Selection, names: &Names) -> Signatures {
    let mut people: Signatures = BTreeMap::new();
    for chosen in &selection.tables {
        let name = chosen.extract_name();
        for batch in batches(dir, &name) {
            let pseudonyms = batch.column(0).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let values = (1..batch.num_columns())
                    .map(|at| text_at(&batch, at, row))
                    .collect();
                let person = names[&pseudonyms.value(row)].clone();
                let tables = people.entry(person).or_default();
                tables.entry(name.clone()).or_default().push(values);
            }
        }
    }
    sorted(people)
}

fn oracle_signatures(world: &World<'_>, selection: &Selection) -> Signatures {
    let mut people: Signatures = BTreeMap::new();
    for (name, rows) in world.extract(selection) {
        for row in rows {
            let person = people.entry(row.person).or_default();
            person.entry(name.clone()).or_default().push(row.values);
        }
    }
    sorted(people)
}

fn sorted(mut people: Signatures) -> Signatures {
    for rows in people.values_mut().flat_map(BTreeMap::values_mut) {
        rows.sort();
    }
    people
}

/// The rows of a table that names two persons, in order.
fn pairs(dir: &Path, table: &str, names: &Names) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for batch in batches(dir, table) {
        for row in 0..batch.num_rows() {
            let person = |column: usize| {
                names[&batch.column(column).as_primitive::<Int64Type>().value(row)].clone()
            };
            let mut pair = vec![person(0), person(1)];
            pair.extend((2..batch.num_columns()).filter_map(|at| text_at(&batch, at, row)));
            found.push(pair);
        }
    }
    found.sort();
    found
}

fn oracle_pairs(chosen: &Chosen) -> [Vec<Vec<String>>; 2] {
    let controls = chosen
        .controls
        .iter()
        .map(|pair| vec![pair.control.clone(), pair.case.clone()]);
    let relatives = chosen.relatives.iter().map(|pair| {
        let kinship = match pair.kinship {
            Kinship::Parents => "parent",
            Kinship::Siblings => "sibling",
            Kinship::Children => "child",
        };
        vec![
            pair.relative.clone(),
            pair.related_to.clone(),
            kinship.to_owned(),
        ]
    });
    let (mut controls, mut relatives): (Vec<_>, Vec<_>) = (controls.collect(), relatives.collect());
    controls.sort();
    relatives.sort();
    [controls, relatives]
}

/// Person numbers by identity, which the engine draws lots by.
fn numbers(folder: &Folder) -> BTreeMap<String, u32> {
    let keys = VaultKeys::load_or_create(folder.lake.keys(), &SystemEntropy).expect("keys");
    let vault = Vault::open(&folder.path().join("vault"), keys, 24).expect("the vault");
    (0..30)
        .map(cpr)
        .filter_map(|person| {
            let number = vault.find(person.parse().ok()?)?;
            Some((person, number))
        })
        .collect()
}

/// An installation with deliveries, and how it makes extracts.
pub(crate) struct Engine {
    pub(crate) folder: Folder,
    versions: BTreeMap<String, VersionManifest>,
}

impl Engine {
    fn new(buckets: u32, deliveries: &[(&str, &str, &Delivered)]) -> Self {
        let texts: Vec<(&str, &str, String)> = deliveries
            .iter()
            .map(|(register, table, rows)| (*register, *table, rows.csv()))
            .collect();
        Self::receive(Folder::new(buckets), &texts)
    }

    /// Registers, tables and their files as text, the tables of a register together.
    pub(crate) fn receive(folder: Folder, deliveries: &[(&str, &str, String)]) -> Self {
        let mut versions = BTreeMap::new();
        let of_registers = deliveries.chunk_by(|one, other| one.0 == other.0);
        for (number, of_register) in (1..).zip(of_registers) {
            let register = of_register[0].0;
            let files: Vec<(&str, PathBuf)> = of_register
                .iter()
                .map(|(_, table, text)| (*table, folder.write(&format!("{table}.csv"), text)))
                .collect();
            let received = folder
                .receive(register, number, &files)
                .expect("a clean delivery");
            assert_eq!(received.report.rows_rejected(), 0);
            versions.insert(register.to_owned(), received.manifest);
        }
        Self { folder, versions }
    }

    /// The folder of a plain extract.
    pub(crate) fn plain(&self, name: &str, whole: (u8, &Selection)) -> PathBuf {
        self.extract(name, whole, (2, MEMORY_BYTES), Encryption::Plain)
            .0
    }

    fn extract(
        &self,
        name: &str,
        (key, selection): (u8, &Selection),
        (threads, memory_bytes): (usize, usize),
        encryption: Encryption,
    ) -> (PathBuf, ExtractDescriptor) {
        let document = permit(key, selection.clone());
        let dir = self.folder.path().join(name);
        let regions = RegionDivision::parse("").unwrap_or_default();
        let request = ExtractRequest {
            permit: &document,
            catalogue: &self.folder.catalogue,
            regions: &regions,
            versions: &self.versions,
            keys: PermitKeys::new(Secret::new([key; 32])),
            target: ExtractTarget {
                dir: dir.clone(),
                encryption,
            },
            threads,
            memory_bytes,
            entropy: &SystemEntropy,
        };
        let cancel = AtomicBool::new(false);
        let made = extract(&self.folder.lake, &request, &cancel).expect("an extract");
        (dir, made)
    }
}

fn hashes(descriptor: &ExtractDescriptor) -> Vec<&str> {
    let resources = descriptor.resources.iter();
    resources.map(|table| table.hash.as_str()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn engine_and_oracle_make_the_same_extract(
        people in persons(),
        addresses in addresses(),
        (deaths, kin) in (deaths(), kin()),
        diagnoses in diagnoses(),
        chosen in proptest::collection::vec(selections(), 4),
        buckets in proptest::sample::select(vec![1_u32, 4, 64]),
    ) {
        let deliveries = [
            ("cpr", "person", &people),
            ("cpr", "adresse", &addresses),
            ("cpr", "doed", &deaths),
            ("cpr", "slaegt", &kin),
            ("lpr", "diagnose", &diagnoses),
        ];
        let engine = Engine::new(buckets, &deliveries);
        let numbers = numbers(&engine.folder);
        for (key, selection) in (1_u8..).zip(&chosen) {
            let pseudonyms = PseudonymKey::from_bytes(&[key; 32]);
            let lots = |draw: Draw, seed: u32, person: &str| {
                Lots::new(&pseudonyms, draw, seed).of(PersonNumber::new(numbers[person]))
            };
            let mut world = World::new(&engine.folder.catalogue, &lots);
            for (register, table, rows) in deliveries {
                world.insert(register, table, rows.rows());
            }
            let permutation = pseudonyms.permutation(&KeyDomain::Person);
            let names: Names = numbers
                .iter()
                .map(|(name, number)| {
                    let shown = permutation.pseudonym_of(PersonNumber::new(*number)).value();
                    (shown.cast_signed(), name.clone())
                })
                .collect();
            let of = |n: u32| format!("extract-{key}-{n}");
            let whole = (key, selection);
            let (dir, made) =
                engine.extract(&of(1), whole, (1, MEMORY_BYTES), Encryption::Plain);
            let persons = world.choose(selection);
            prop_assert_eq!(made.sund.persons, persons.everybody().len() as u64);
            let attrition = world.attrition(selection);
            let steps = made.sund.attrition.iter().map(|step| step.persons);
            prop_assert_eq!(steps.take(attrition.len()).collect::<Vec<u64>>(), attrition);
            prop_assert_eq!(
                engine_signatures(&dir, selection, &names),
                oracle_signatures(&world, selection)
            );
            let [controls, relatives] = oracle_pairs(&persons);
            if selection.controls.is_some() {
                prop_assert_eq!(pairs(&dir, "sund_controls", &names), controls);
            }
            if !selection.relatives.is_empty() {
                prop_assert_eq!(pairs(&dir, "sund_relatives", &names), relatives);
            }
            let (_, other) = engine.extract(&of(2), whole, (8, 4096), Encryption::Plain);
            prop_assert_eq!(hashes(&made), hashes(&other));
            let sealed = Encryption::Encrypted(Secret::new([key; 32]));
            let (_, other) = engine.extract(&of(3), whole, (8, MEMORY_BYTES), sealed);
            prop_assert_eq!(hashes(&made), hashes(&other));
        }
    }
}
