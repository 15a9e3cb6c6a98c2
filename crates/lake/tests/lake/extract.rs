//! Extraction: what a selection means, what an extract shows, and that it is the same each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::common::permit::{
    PERSONS, date, diagnosis, period, permit, selection, small_denmark, table,
};
use crate::common::{Folder, cpr, files_below};
use arrow::array::{AsArray as _, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use base::{Secret, SystemEntropy};
use catalogue::permit::PermitDocument;
use catalogue::regions::RegionDivision;
use catalogue::selection::{
    AgeCriterion, Criterion, EventCriterion, IndexDate, Moment, ResidenceCriterion, RowCondition,
    Selection, Sex,
};
use lake::VersionManifest;
use lake::extract::{
    DESCRIPTOR_FILE, Encryption, ExtractDescriptor, ExtractError, ExtractRequest, ExtractTarget,
    MEMORY_BYTES, PermitKeys, extract,
};
use lake::vault::{Vault, VaultKeys};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const REGIONS: &str = r#"
[[region]]
code = "082"
name = { da = "Midt", en = "Central" }
valid_from = "2007-01-01"
municipalities = ["700", "701", "702", "703"]
[[region]]
code = "084"
name = { da = "Hovedstaden", en = "Capital" }
valid_from = "2007-01-01"
municipalities = ["101"]
"#;

struct Made<'a> {
    folder: &'a Folder,
    versions: BTreeMap<String, VersionManifest>,
}

#[derive(Clone, Copy)]
struct How {
    threads: usize,
    memory_bytes: usize,
    key: u8,
}

const PLAIN: How = How {
    threads: 2,
    memory_bytes: MEMORY_BYTES,
    key: 5,
};

impl Made<'_> {
    fn target(&self, name: &str) -> PathBuf {
        self.folder.path().join("extracts").join(name)
    }

    fn run(
        &self,
        name: &str,
        permit: &PermitDocument,
        how: How,
        encryption: Encryption,
    ) -> Result<ExtractDescriptor, ExtractError> {
        let regions = RegionDivision::parse(REGIONS).unwrap();
        let request = ExtractRequest {
            permit,
            catalogue: &self.folder.catalogue,
            regions: &regions,
            versions: &self.versions,
            keys: PermitKeys::new(Secret::new([how.key; 32])),
            target: ExtractTarget {
                dir: self.target(name),
                encryption,
            },
            threads: how.threads,
            memory_bytes: how.memory_bytes,
            entropy: &SystemEntropy,
        };
        extract(&self.folder.lake, &request, &AtomicBool::new(false))
    }

    fn plain(&self, name: &str, permit: &PermitDocument) -> ExtractDescriptor {
        self.run(name, permit, PLAIN, Encryption::Plain).unwrap()
    }

    fn persons(&self, name: &str, population: Criterion) -> u64 {
        self.with(name, selection(population))
    }

    fn with(&self, name: &str, selection: Selection) -> u64 {
        self.plain(name, &permit(1, selection)).sund.persons
    }
}

fn made(folder: &Folder) -> Made<'_> {
    Made {
        folder,
        versions: small_denmark(folder),
    }
}

fn read(dir: &Path, table: &str) -> RecordBatch {
    let file = fs::File::open(dir.join(format!("{table}.parquet"))).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let schema = builder.schema().clone();
    let batches: Vec<RecordBatch> = builder.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn numbers(batch: &RecordBatch, column: &str) -> Vec<i64> {
    let column = batch
        .column_by_name(column)
        .unwrap()
        .as_primitive::<Int64Type>();
    column.iter().flatten().collect()
}

fn everybody() -> Criterion {
    Criterion::All(Vec::new())
}

#[test]
fn criteria_find_the_persons_they_describe() {
    let folder = Folder::new(16);
    let made = made(&folder);
    let count = |test: &dyn Fn(u32) -> bool| {
        u64::from((0..PERSONS).map(|n| u32::from(test(n))).sum::<u32>())
    };
    assert_eq!(made.persons("all", everybody()), u64::from(PERSONS));
    let diabetes = |n: u32| n.is_multiple_of(3) && !n.is_multiple_of(5);
    assert_eq!(
        made.persons("prefix", diagnosis(&["DE11*"])),
        count(&diabetes)
    );
    assert_eq!(made.persons("exact", diagnosis(&["DE11"])), 0);
    assert_eq!(
        made.persons("sex", Criterion::Sex(Sex::Female)),
        count(&|n| n % 2 == 1)
    );
    let not = Criterion::Not(Box::new(diagnosis(&["DE11*"])));
    assert_eq!(made.persons("not", not.clone()), count(&|n| !diabetes(n)));
    let any = Criterion::Any(vec![diagnosis(&["DI*"]), Criterion::Sex(Sex::Male)]);
    assert_eq!(
        made.persons("any", any),
        count(&|n| n % 2 == 0 || n % 3 != 0 && n % 5 > 0)
    );
    // Persons are born on 15 June 1940 + n % 60; number 7 has no birth date.
    let age = |min, max, at| {
        Criterion::Age(AgeCriterion {
            at: Moment::On(at),
            min,
            max,
        })
    };
    let forty = age(Some(40), Some(40), date("2010-06-14"));
    assert_eq!(
        made.persons("age", forty),
        count(&|n| n != 7 && n % 60 == 29)
    );
    let unborn = Criterion::Not(Box::new(age(Some(0), None, date("2026-01-01"))));
    assert_eq!(made.persons("unborn", unborn), 1);
    let lives = |codes: &[&str], at| {
        Criterion::Residence(ResidenceCriterion {
            at: Moment::On(at),
            municipalities: codes.iter().map(|c| (*c).to_owned()).collect(),
        })
    };
    assert_eq!(
        made.persons("home", lives(&["0702"], date("2012-01-01"))),
        count(&|n| n % 4 == 2)
    );
    assert_eq!(made.persons("zero", lives(&["702"], date("2009-12-31"))), 0);
    assert_eq!(
        made.persons("anywhere", lives(&[], date("2009-12-31"))),
        u64::from(PERSONS)
    );
    assert_eq!(made.persons("nowhere", lives(&[], date("1999-12-31"))), 0);
}

#[test]
fn counts_periods_numbers_and_the_index_date_narrow_events() {
    let folder = Folder::new(16);
    let made = made(&folder);
    let years = |n: u32| (0..n % 5).map(move |visit| 2008 + (n + visit) % 12);
    let count = |test: &dyn Fn(u32) -> bool| {
        u64::from((0..PERSONS).map(|n| u32::from(test(n))).sum::<u32>())
    };
    let event = EventCriterion {
        register: "lpr".to_owned(),
        table: "diagnose".to_owned(),
        conditions: vec![RowCondition::Number {
            variable: "svar".to_owned(),
            min_thousandths: Some(10_500),
            max_thousandths: Some(20_499),
        }],
        period: Some(period("2010-01-01", "2012-12-31")),
        window: None,
        count_min: 2,
        count_max: None,
    };
    let meets = |n: u32| {
        (10..20).contains(&(n % 90)) && years(n).filter(|y| (2010..=2012).contains(y)).count() >= 2
    };
    assert!(count(&meets) > 0);
    assert_eq!(
        made.persons("event", Criterion::Event(event)),
        count(&meets)
    );
    let Criterion::Event(first) = diagnosis(&["DE11*"]) else {
        panic!()
    };
    let index = Some(IndexDate::FirstEvent(first));
    let fifty = Criterion::Age(AgeCriterion {
        at: Moment::Index,
        min: Some(50),
        max: None,
    });
    let chosen = Selection {
        index,
        ..selection(fifty)
    };
    let meets = |n: u32| {
        let first = years(n).min();
        n.is_multiple_of(3) && first.is_some_and(|year| year - (1940 + n % 60) > 50)
    };
    assert_eq!(made.with("index", chosen), count(&meets));
}

#[test]
fn an_extract_links_its_tables_and_shows_pseudonyms_only() {
    let folder = Folder::new(16);
    let made = made(&folder);
    let descriptor = made.plain("a", &permit(1, selection(diagnosis(&["DE11*"]))));
    let dir = made.target("a");
    let persons = read(&dir, "cpr_person");
    let ids: BTreeSet<i64> = numbers(&persons, "person").into_iter().collect();
    assert_eq!(ids.len() as u64, descriptor.sund.persons);
    assert!(
        ids.iter()
            .all(|id| (100_000_000_000_000..1_000_000_000_000_000).contains(id))
    );
    let contacts = read(&dir, "lpr_kontakt");
    let diagnoses = read(&dir, "lpr_diagnose");
    let keys = |batch: &RecordBatch| -> BTreeSet<(i64, i64)> {
        numbers(batch, "person")
            .into_iter()
            .zip(numbers(batch, "kontakt_id"))
            .collect()
    };
    assert_eq!(
        keys(&contacts),
        keys(&diagnoses),
        "contacts join their diagnoses"
    );
    assert!(
        keys(&contacts)
            .iter()
            .all(|(person, _)| ids.contains(person))
    );
    let sorted = numbers(&contacts, "person");
    assert!(sorted.is_sorted());
    let months = contacts
        .column_by_name("start")
        .unwrap()
        .as_primitive::<Date32Type>();
    assert!(months.iter().flatten().all(first_of_some_month));
    // Mothers appear under the same pseudonyms as persons.
    let all = made.plain("all", &permit(1, selection(everybody())));
    let persons = read(&made.target("all"), "cpr_person");
    let everyone: BTreeSet<i64> = numbers(&persons, "person").into_iter().collect();
    let mothers: BTreeSet<i64> = numbers(&persons, "mor").into_iter().collect();
    assert!(mothers.is_subset(&everyone) && mothers.len() > 100);
    assert_eq!(all.resources.len(), 4);
    let listed: ExtractDescriptor =
        serde_json::from_slice(&fs::read(dir.join(DESCRIPTOR_FILE)).unwrap()).unwrap();
    assert_eq!(listed, descriptor);
    assert_eq!(
        descriptor
            .sund
            .attrition
            .iter()
            .map(|step| step.persons)
            .collect::<Vec<_>>(),
        [300, descriptor.sund.persons]
    );
}

fn first_of_some_month(days: i32) -> bool {
    let months = (2000..2026)
        .flat_map(|year| (1..=12).map(move |month| base::Date::constant(year, month, 1)));
    let epoch = base::Date::constant(1970, 1, 1);
    months
        .into_iter()
        .any(|first| (first - epoch).get_days() == days)
}

#[test]
fn coarsening_and_period_change_what_is_shown() {
    let folder = Folder::new(4);
    let made = made(&folder);
    let mut contacts = table("lpr", "kontakt", &[("dage", "band:100"), ("start", "year")]);
    contacts.period = period("2010-01-01", "2010-12-31");
    let chosen = Selection {
        tables: vec![contacts, table("cpr", "adresse", &[("kommune", "region")])],
        ..selection(everybody())
    };
    made.plain("a", &permit(1, chosen));
    let contacts = read(&made.target("a"), "lpr_kontakt");
    assert!(contacts.num_rows() > 0);
    assert_eq!(contacts.schema().fields().len(), 3);
    assert!(
        numbers(&contacts, "dage")
            .iter()
            .all(|days| days % 100 == 0)
    );
    let years = contacts
        .column_by_name("start")
        .unwrap()
        .as_primitive::<Date32Type>();
    assert!(
        years.iter().flatten().all(|day| day == 14_610),
        "1 January 2010"
    );
    let addresses = read(&made.target("a"), "cpr_adresse");
    let regions = addresses
        .column_by_name("kommune")
        .unwrap()
        .as_string::<i32>();
    let regions: BTreeSet<&str> = regions.iter().flatten().collect();
    assert_eq!(regions, BTreeSet::from(["082", "084"]));
}

#[test]
fn the_same_permit_gives_the_same_bytes_whatever_the_threads_memory_and_buckets() {
    let folders = [Folder::new(64), Folder::new(1)];
    let mut pictures = Vec::new();
    for folder in &folders {
        let made = made(folder);
        for (at, (threads, memory_bytes)) in [(1, MEMORY_BYTES), (4, MEMORY_BYTES), (3, 4096)]
            .into_iter()
            .enumerate()
        {
            let name = format!("run-{at}");
            let how = How {
                threads,
                memory_bytes,
                ..PLAIN
            };
            made.run(
                &name,
                &permit(1, selection(everybody())),
                how,
                Encryption::Plain,
            )
            .unwrap();
            let files = files_below(&made.target(&name));
            assert_eq!(files.len(), 5, "four tables and the descriptor, no spill");
            let bytes: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
            pictures.push((folder.path().to_owned(), bytes));
        }
    }
    let (first, second) = pictures.split_at(3);
    for group in [first, second] {
        assert!(group.iter().all(|(_, bytes)| *bytes == group[0].1));
    }
    // Another lake drew other person numbers, hence other pseudonyms, but files of the same sizes.
    assert_eq!(pictures[0].1.len(), pictures[3].1.len());
}

#[test]
fn two_permits_share_no_key_and_no_order() {
    let folder = Folder::new(16);
    let made = made(&folder);
    let chosen = || selection(everybody());
    made.run(
        "a",
        &permit(1, chosen()),
        How { key: 1, ..PLAIN },
        Encryption::Plain,
    )
    .unwrap();
    made.run(
        "b",
        &permit(2, chosen()),
        How { key: 2, ..PLAIN },
        Encryption::Plain,
    )
    .unwrap();
    for (table, keys) in [
        ("cpr_person", vec!["person", "mor", "familie"]),
        ("lpr_kontakt", vec!["person", "kontakt_id", "afdeling"]),
        ("lpr_diagnose", vec!["person", "kontakt_id"]),
    ] {
        let (a, b) = (
            read(&made.target("a"), table),
            read(&made.target("b"), table),
        );
        assert_eq!(a.num_rows(), b.num_rows());
        for key in keys {
            let of = |batch| numbers(batch, key).into_iter().collect::<BTreeSet<i64>>();
            assert_eq!(of(&a).len(), of(&b).len());
            assert!(of(&a).is_disjoint(&of(&b)), "{table}.{key}");
        }
        let last = a.num_columns() - 1;
        assert_ne!(
            a.column(last),
            b.column(last),
            "{table}: rows stand in another order"
        );
    }
}

#[test]
fn an_encrypted_extract_opens_with_its_key_only_and_has_the_plain_hash() {
    let folder = Folder::new(4);
    let made = made(&folder);
    let chosen = permit(1, selection(everybody()));
    let plain = made.plain("plain", &chosen);
    let encrypted = made
        .run(
            "sealed",
            &chosen,
            PLAIN,
            Encryption::Encrypted(Secret::new([3; 32])),
        )
        .unwrap();
    assert!(encrypted.sund.encrypted);
    for (a, b) in plain.resources.iter().zip(&encrypted.resources) {
        assert_eq!(a, b);
        let bytes = fs::read(made.target("plain").join(&a.path)).unwrap();
        let hash = <sha2::Sha256 as sha2::Digest>::digest(&bytes);
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(a.hash, format!("sha256:{hex}"));
        let sealed = fs::File::open(made.target("sealed").join(&b.path)).unwrap();
        assert!(ParquetRecordBatchReaderBuilder::try_new(sealed).is_err());
    }
}

#[test]
fn no_identity_number_and_no_person_number_lies_in_any_extract() {
    let folder = Folder::new(16);
    let made = made(&folder);
    made.run(
        "a",
        &permit(1, selection(everybody())),
        PLAIN,
        Encryption::Plain,
    )
    .unwrap();
    let planted: Vec<String> = (0..PERSONS).map(cpr).collect();
    for part in ["extracts", "lake", "tmp"] {
        for file in files_below(&folder.path().join(part)) {
            let bytes = fs::read(&file).unwrap();
            for cpr in &planted {
                assert!(
                    !bytes.windows(10).any(|window| window == cpr.as_bytes()),
                    "{}",
                    file.display()
                );
            }
        }
    }
    for table in ["cpr_person", "cpr_adresse", "lpr_kontakt", "lpr_diagnose"] {
        let batch = read(&made.target("a"), table);
        assert_eq!(*batch.schema().field(0).data_type(), DataType::Int64);
        assert!(
            numbers(&batch, "person")
                .iter()
                .all(|id| *id >= 100_000_000_000_000)
        );
    }
}

#[test]
fn refuses_what_it_cannot_carry_out_and_leaves_nothing() {
    let folder = Folder::new(4);
    let made = made(&folder);
    let chosen = permit(1, selection(everybody()));
    assert_eq!(
        chosen
            .selection
            .required_registers(&folder.catalogue)
            .unwrap(),
        ["cpr", "lpr"]
    );
    let wrong = selection(Criterion::Event(EventCriterion::new(
        "lpr",
        "findes_ikke",
        Vec::new(),
    )));
    let error = made
        .run("x", &permit(1, wrong), PLAIN, Encryption::Plain)
        .unwrap_err();
    assert_eq!(error.code(), "selection");
    let without = Made {
        folder: &folder,
        versions: BTreeMap::new(),
    };
    let error = without
        .run("x", &chosen, PLAIN, Encryption::Plain)
        .unwrap_err();
    assert_eq!(error.code(), "version_missing");
    made.plain("twice", &chosen);
    let error = made
        .run("twice", &chosen, PLAIN, Encryption::Plain)
        .unwrap_err();
    assert_eq!(error.code(), "target_exists");
    let bucket = &made.versions["lpr"].table("diagnose").unwrap().files[0];
    let path = folder.path().join("lake").join(&bucket.path);
    let mut bytes = fs::read(&path).unwrap();
    for byte in bytes.iter_mut().step_by(97) {
        *byte ^= 1;
    }
    fs::write(&path, bytes).unwrap();
    let error = made
        .run("x", &chosen, PLAIN, Encryption::Plain)
        .unwrap_err();
    assert_eq!(error.code(), "file_damaged");
    assert!(!made.target("x").exists());
    assert_eq!(
        files_below(&folder.path().join("tmp")),
        Vec::<PathBuf>::new()
    );
}

#[test]
fn a_destroyed_version_key_ends_every_extract_of_it() {
    let folder = Folder::new(4);
    let made = made(&folder);
    folder
        .lake
        .keys()
        .destroy("version", &made.versions["lpr"].version.to_string())
        .unwrap();
    let error = made
        .run(
            "x",
            &permit(1, selection(everybody())),
            PLAIN,
            Encryption::Plain,
        )
        .unwrap_err();
    assert_eq!(error.code(), "key");
}

#[test]
fn merged_persons_are_one_person_from_that_version_of_the_vault_on() {
    let folder = Folder::new(16);
    let mut made = made(&folder);
    let keys = VaultKeys::load_or_create(folder.lake.keys(), &SystemEntropy).unwrap();
    let mut vault = Vault::open(&folder.path().join("vault"), keys, 24).unwrap();
    let number = |vault: &Vault, n: u32| vault.find(cpr(n).parse().unwrap()).unwrap();
    for n in (0..40).step_by(2) {
        let (from, into) = (number(&vault, n), number(&vault, n + 1));
        vault.merge(from, into).unwrap();
    }
    let version = vault.save(&SystemEntropy).unwrap();
    drop(vault);
    let rows =
        |descriptor: &ExtractDescriptor| descriptor.resources.iter().map(|r| r.rows).sum::<u64>();
    let before = made.plain("before", &permit(1, selection(everybody())));
    assert_eq!(
        before.sund.persons, 300,
        "the pinned versions are older than the merge"
    );
    for manifest in made.versions.values_mut() {
        manifest.vault_version = version;
    }
    let after = made.plain("after", &permit(1, selection(everybody())));
    assert_eq!(after.sund.persons, 280);
    assert_eq!(rows(&after), rows(&before), "no row is lost");
    let persons = read(&made.target("after"), "lpr_kontakt");
    assert!(numbers(&persons, "person").is_sorted());
}
