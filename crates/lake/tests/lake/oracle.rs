//! The lake's extracts against the oracle: random registers, random selections, the same answer.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::common::permit::{date, period, permit, table};
use crate::common::{Folder, cpr};
use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use base::{Secret, SystemEntropy};
use catalogue::regions::RegionDivision;
use catalogue::selection::{
    AgeCriterion, Criterion, EventCriterion, IndexDate, Moment, ResidenceCriterion, RowCondition,
    Selection, Sex,
};
use lake::extract::{Encryption, ExtractRequest, ExtractTarget, MEMORY_BYTES, PermitKeys, extract};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use testkit::oracle::{Row, World};

/// A delivered table: its columns and rows; an empty text is a missing value.
#[derive(Debug, Clone)]
struct Delivered {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

/// What a person's rows say, table by table and without keys: what two engines must agree on.
type Signature = BTreeMap<String, Vec<Vec<Option<String>>>>;

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

fn event() -> impl Strategy<Value = EventCriterion> {
    let number = proptest::option::weighted(0.3, (0..20_000_i64, 0..20_000_i64));
    let dates = proptest::option::weighted(0.5, (2005..2015_i16, 0..6_i16));
    (codes(), number, dates, 1..=2_u32).prop_map(|(codes, number, dates, count_min)| {
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
        let lasting = dates.map(|(from, more)| {
            period(&format!("{from}-01-01"), &format!("{}-12-31", from + more))
        });
        EventCriterion {
            register: "lpr".to_owned(),
            table: "diagnose".to_owned(),
            conditions,
            period: lasting,
            count_min,
        }
    })
}

fn moment(indexed: bool) -> impl Strategy<Value = Moment> {
    (2006..2016_i16, any::<bool>()).prop_map(move |(year, at_index)| {
        if indexed && at_index {
            Moment::Index
        } else {
            Moment::On(date(&format!("{year}-06-15")))
        }
    })
}

fn criterion(indexed: bool) -> impl Strategy<Value = Criterion> {
    let leaf = prop_oneof![
        event().prop_map(Criterion::Event),
        (moment(indexed), 0..60_u16, 0..60_u16).prop_map(|(at, min, more)| {
            Criterion::Age(AgeCriterion {
                at,
                min: Some(min),
                max: Some(min + more),
            })
        }),
        any::<bool>().prop_map(|man| Criterion::Sex(if man { Sex::Male } else { Sex::Female })),
        (
            moment(indexed),
            proptest::sample::subsequence(vec!["101", "751", "851"], 0..3)
        )
            .prop_map(|(at, places)| Criterion::Residence(ResidenceCriterion {
                at,
                municipalities: places.into_iter().map(str::to_owned).collect(),
            })),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Criterion::All),
            proptest::collection::vec(inner.clone(), 1..3).prop_map(Criterion::Any),
            inner.prop_map(|part| Criterion::Not(Box::new(part))),
        ]
    })
}

fn selections() -> impl Strategy<Value = Selection> {
    let whole = prop_oneof![
        criterion(false).prop_map(|population| (None, population)),
        (event(), criterion(true))
            .prop_map(|(event, population)| { (Some(IndexDate::FirstEvent(event)), population) }),
    ];
    (whole, 2004..2013_i16).prop_map(|((index, population), from)| {
        let mut selection = crate::common::permit::selection(population);
        selection.index = index;
        let mut diagnoses = table(
            "lpr",
            "diagnose",
            &[("kode", "none"), ("dato", "none"), ("svar", "none")],
        );
        diagnoses.period = period(&format!("{from}-07-01"), "2013-06-30");
        let mut addresses = table("cpr", "adresse", &[("kommune", "none"), ("fra", "none")]);
        addresses.period = diagnoses.period;
        selection.tables = vec![
            table("cpr", "person", &[("foedt", "none"), ("koen", "none")]),
            addresses,
            diagnoses,
        ];
        selection
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

/// The engine's answer, by pseudonym.
fn engine_signatures(dir: &Path, selection: &Selection) -> Vec<Signature> {
    let mut people: BTreeMap<i64, Signature> = BTreeMap::new();
    for chosen in &selection.tables {
        let name = chosen.extract_name();
        let file = File::open(dir.join(format!("{name}.parquet"))).expect("the table");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .expect("Parquet")
            .build();
        for batch in reader.expect("Parquet").map(|batch| batch.expect("rows")) {
            let pseudonyms = batch.column(0).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let values = (1..batch.num_columns())
                    .map(|at| text_at(&batch, at, row))
                    .collect();
                let person = people.entry(pseudonyms.value(row)).or_default();
                person.entry(name.clone()).or_default().push(values);
            }
        }
    }
    sorted(people.into_values().collect())
}

fn oracle_signatures(world: &World<'_>, selection: &Selection) -> Vec<Signature> {
    let mut people: BTreeMap<String, Signature> = BTreeMap::new();
    for (name, rows) in world.extract(selection) {
        for row in rows {
            let person = people.entry(row.person).or_default();
            person.entry(name.clone()).or_default().push(row.values);
        }
    }
    sorted(people.into_values().collect())
}

fn sorted(mut people: Vec<Signature>) -> Vec<Signature> {
    for rows in people.iter_mut().flat_map(BTreeMap::values_mut) {
        rows.sort();
    }
    people.sort();
    people
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn engine_and_oracle_make_the_same_extract(
        people in persons(),
        addresses in addresses(),
        diagnoses in diagnoses(),
        chosen in proptest::collection::vec(selections(), 4),
        buckets in proptest::sample::select(vec![1_u32, 4, 64]),
    ) {
        let folder = Folder::new(buckets);
        let mut world = World::new(&folder.catalogue);
        world.insert("cpr", "person", people.rows());
        world.insert("cpr", "adresse", addresses.rows());
        world.insert("lpr", "diagnose", diagnoses.rows());
        let file = |name: &str, table: &Delivered| folder.write(name, table.csv());
        let cpr_files =
            [("person", file("person.csv", &people)), ("adresse", file("adresse.csv", &addresses))];
        let lpr_files = [("diagnose", file("diagnose.csv", &diagnoses))];
        let mut versions = BTreeMap::new();
        for (register, files) in [("cpr", &cpr_files[..]), ("lpr", &lpr_files[..])] {
            let received = folder.receive(register, 1, files).expect("a clean delivery");
            prop_assert_eq!(received.report.rows_rejected(), 0);
            versions.insert(register.to_owned(), received.manifest);
        }
        let regions = RegionDivision::parse("").unwrap_or_default();
        for (number, selection) in (1..).zip(&chosen) {
            let document = permit(number, selection.clone());
            let dir = folder.path().join(format!("extract-{number}"));
            let request = ExtractRequest {
                permit: &document,
                catalogue: &folder.catalogue,
                regions: &regions,
                versions: &versions,
                keys: PermitKeys::new(Secret::new([number; 32])),
                target: ExtractTarget { dir: dir.clone(), encryption: Encryption::Plain },
                threads: 1 + usize::from(number) % 3,
                memory_bytes: if number % 2 == 0 { MEMORY_BYTES } else { 4096 },
                entropy: &SystemEntropy,
            };
            let made = extract(&folder.lake, &request, &AtomicBool::new(false)).expect("an extract");
            prop_assert_eq!(made.sund.persons, world.population(selection).len() as u64);
            prop_assert_eq!(engine_signatures(&dir, selection), oracle_signatures(&world, selection));
        }
    }
}
