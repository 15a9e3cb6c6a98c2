//! Deliveries, extracts, questions and backups on the command line, on one small demo folder.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{Server, object, run};
use serde_json::{Value, json};

pub(crate) fn sund(dir: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    sund_with_key(dir, arguments, None)
}

fn sund_with_key(dir: &Path, arguments: &[&str], key: Option<&Path>) -> (Option<i32>, Value) {
    let mut command = crate::support::sund(arguments);
    command.args(["--dir", dir.to_str().unwrap(), "--json"]);
    command.envs(key.map(|key| ("SUND_KEYS_KEK_FILE", key)));
    let output = command.output().unwrap();
    (output.status.code(), object(&output))
}

fn files_below(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.path() {
            path if path.is_dir() => files_below(&path),
            _ => 1,
        })
        .sum()
}

/// A test permit: one register, everybody who was given a medicine.
pub(crate) fn permit() -> Value {
    let period = json!({"from": "2019-02-01", "to": "2025-12-31"});
    json!({
        "format": "sund-permit/1",
        "permit_id": "01900000-0000-7000-8000-000000000001",
        "number": "DK-2026-99999",
        "version": 1,
        "case_number": "S-2026-9999",
        "title": {"da": "Prøve", "en": "Test"},
        "issued_at": "2026-12-01T08:00:00Z",
        "valid_from": "2026-12-01",
        "valid_to": "2030-12-01",
        "data_user": "au",
        "purposes": ["e"],
        "purpose": {"da": "Prøve", "en": "Test"},
        "pseudonymised": true,
        "selection": {
            "format": "sund-selection/1",
            "population": {"all": []},
            "period": period,
            "tables": [{"register": "lmdb", "table": "epikur", "period": period, "variables": [
                {"name": "atc", "reason": "Prøve"},
                {"name": "eksd", "coarsening": "year", "reason": "Prøve"},
            ]}],
        },
        "opt_out_exception": null,
        "members": [],
        "environment": {"tools": ["sql"], "memory_mib": 256, "query_seconds_max": 30},
        "fees_ore": null,
        "conditions": [],
        "output_policy": {"persons_min": 5, "largest_share_max_permille": 500},
        "decisions": [],
        "test": true,
    })
}

#[test]
fn data_come_in_are_extracted_asked_and_saved() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("demo");
    drop(Server::demo(&dir, 1_000));
    let (code, refused) = sund(&dir, &["serve", "--port", "0"]);
    assert_eq!((code, &refused["code"]), (Some(2), &json!("demo_folder")));
    a_permit_is_signed_extracted_and_asked(scratch.path(), &dir);
    a_population_is_checked_and_counted(scratch.path(), &dir);
    bad_deliveries_leave_nothing(scratch.path(), &dir);
    no_identifier_lies_outside_vault_and_quarantine(scratch.path(), &dir);
    a_backup_is_restored_and_verified(scratch.path(), &dir);
}

/// The persons of the demo are the persons of its seed: their numbers are looked for in every byte.
fn no_identifier_lies_outside_vault_and_quarantine(scratch: &Path, dir: &Path) {
    let synth = scratch.join("persons");
    let out = synth.to_str().unwrap();
    let made = run(&["synth", "--persons", "1000", "--seed", "1", "--out", out]);
    assert_eq!(made.status.code(), Some(0));
    let numbers: BTreeSet<Vec<u8>> =
        digit_runs(&std::fs::read(synth.join("cpr_person.csv")).unwrap())
            .filter(|run| run.len() == 10)
            .map(<[u8]>::to_vec)
            .collect();
    assert!(numbers.len() > 1_000, "{} numbers", numbers.len());
    let mut folders = vec![dir.to_path_buf(), scratch.join("extract")];
    let mut n_files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                let name = entry.file_name();
                if name != "vault" && name != "quarantine" {
                    folders.push(path);
                }
                continue;
            }
            // A killed server's socket holds no bytes.
            if !path.is_file() {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let found = digit_runs(&bytes)
                .flat_map(|run| run.windows(10))
                .any(|window| numbers.contains(window));
            assert!(!found, "a CPR number stands in {}", path.display());
            n_files += 1;
        }
    }
    assert!(n_files > 20, "only {n_files} files were looked at");
}

fn digit_runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split(|byte| !byte.is_ascii_digit())
        .filter(|run| run.len() >= 10)
}

fn bad_deliveries_leave_nothing(scratch: &Path, dir: &Path) {
    let synth = scratch.join("synth");
    let out = synth.to_str().unwrap();
    let made = run(&[
        "synth",
        "--persons",
        "300",
        "--seed",
        "3",
        "--out",
        out,
        "--format",
        "parquet",
    ]);
    assert_eq!(made.status.code(), Some(0));
    let before = files_below(&dir.join("lake"));
    let (_, versions) = sund(dir, &["registers"]);

    let whole = std::fs::read(synth.join("lmdb_epikur.parquet")).unwrap();
    let cut = scratch.join("cut.parquet");
    std::fs::write(&cut, whole.get(..whole.len() / 2).unwrap()).unwrap();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    let flip = scratch.join("flip.parquet");
    std::fs::write(&flip, flipped).unwrap();
    let column = scratch.join("column.csv");
    std::fs::write(&column, "pnr;eksd;atx\n").unwrap();
    let line = scratch.join("line.csv");
    std::fs::write(&line, "x".repeat(3 << 20)).unwrap();
    for file in [&cut, &flip, &column, &line] {
        let named = format!("epikur={}", file.display());
        let (code, problem) = sund(dir, &["receive", "lmdb", &named]);
        assert_eq!(code, Some(1), "{problem}");
        assert_eq!(problem["ok"], false);
        assert!(!problem["message"].as_str().unwrap().is_empty());
    }
    let (code, _) = sund(dir, &["receive", "no-such-register", "epikur.csv"]);
    assert_eq!(code, Some(2));
    assert_eq!(
        files_below(&dir.join("lake")),
        before,
        "something was half done"
    );
    assert_eq!(sund(dir, &["registers"]).1, versions);

    let parquet = synth.join("lmdb_epikur.parquet");
    let parquet = parquet.to_str().unwrap();
    let (code, first) = sund(dir, &["receive", "lmdb", parquet]);
    assert_eq!(
        (code, &first["already"]),
        (Some(0), &json!(false)),
        "{first}"
    );
    let (code, again) = sund(dir, &["receive", "lmdb", parquet]);
    assert_eq!(
        (code, &again["already"]),
        (Some(0), &json!(true)),
        "{again}"
    );
}

fn a_permit_is_signed_extracted_and_asked(scratch: &Path, dir: &Path) {
    let document = scratch.join("permit.json");
    std::fs::write(&document, permit().to_string()).unwrap();
    let (code, signed) = sund(
        dir,
        &["permit", "sign", "--test", document.to_str().unwrap()],
    );
    assert_eq!(code, Some(0), "{signed}");
    let signed = signed["file"].as_str().unwrap();

    let out = scratch.join("extract");
    let out = out.to_str().unwrap();
    let (code, made) = sund(
        dir,
        &["extract", "--permit", signed, "--out", out, "--plain"],
    );
    assert_eq!(code, Some(0), "{made}");
    assert!(Path::new(out).join("lmdb_epikur.parquet").is_file());
    assert_eq!(made["rows"], made["descriptor"]["resources"][0]["rows"]);
    assert!(made["bytes"].as_u64().unwrap() > 1_000);
    assert!(made["peak_memory_bytes"].as_u64().unwrap() > 1 << 20);
    let stages = made["stages"].as_array().unwrap();
    let stages: Vec<&Value> = stages.iter().map(|stage| &stage["name"]).collect();
    assert_eq!(stages, ["plan", "population", "tables", "publish"]);

    let sealed = scratch.join("sealed");
    let sealed = sealed.to_str().unwrap();
    let words = [
        "extract",
        "--permit",
        signed,
        "--out",
        sealed,
        "--encrypted",
    ];
    let small = ["--threads", "1", "--memory", "4096"];
    let (code, other) = sund(dir, &[&words[..], &small[..]].concat());
    assert_eq!(code, Some(0), "{other}");
    assert_eq!(
        other["descriptor"]["resources"], made["descriptor"]["resources"],
        "the same plain bytes by other means"
    );

    let count = "SELECT count_persons() AS n FROM lmdb_epikur";
    let (code, answer) = sund(dir, &["query", "--permit", signed, count]);
    assert_eq!(code, Some(0), "{answer}");
    assert_eq!(answer["verdict"]["state"], "releasable");
    let (code, refused) = sund(
        dir,
        &["query", "--permit", signed, "SELECT pnr FROM lmdb_epikur"],
    );
    assert_eq!((code, &refused["ok"]), (Some(1), &json!(false)));

    let changed = std::fs::read_to_string(signed)
        .unwrap()
        .replace("2030", "2040");
    std::fs::write(scratch.join("changed.json"), changed).unwrap();
    let changed = scratch.join("changed.json");
    let (code, refused) = sund(
        dir,
        &["query", "--permit", changed.to_str().unwrap(), count],
    );
    assert_eq!(
        (code, &refused["code"]),
        (Some(1), &json!("permit_not_trusted"))
    );
}

const POPULATION: &str = "\
population
  all
    event lmdb.epikur where atc in A10*
    alive at index
    washout 1 years without lmdb.epikur where atc in B01*
index first event lmdb.epikur where atc in A10*
sample 500 permille seed 7
controls 2 per case matched on sex, birth_year, residence, alive
  not
    event lmdb.epikur where atc in A10*
relatives parents, children
period 2019-02-01 to 2025-12-31
table lmdb.epikur from 2019-02-01 to 2025-12-31 within -1 years to 90 days of index
  variable atc as prefix 3 because \"exposure\"
";

fn a_population_is_checked_and_counted(scratch: &Path, dir: &Path) {
    let file = scratch.join("population.txt");
    std::fs::write(&file, POPULATION).unwrap();
    let check = ["select", "check", file.to_str().unwrap()];
    let (code, checked) = sund(dir, &check);
    assert_eq!(code, Some(0), "{checked}");
    assert_eq!(
        checked["text"],
        format!("sund-selection/1\n{POPULATION}"),
        "what is printed is what was written"
    );
    assert_eq!(checked["registers"], json!(["cpr", "lmdb"]));
    assert_eq!(checked["persons_min"], Value::Null);
    let steps = checked["attrition"].as_array().unwrap();
    let kinds: Vec<&Value> = steps.iter().map(|step| &step["kind"]).collect();
    let expected = [
        "base",
        "criterion",
        "criterion",
        "criterion",
        "sample",
        "controls",
        "relatives",
    ];
    assert_eq!(kinds, expected);
    let persons = |at: usize| steps[at]["persons"].as_u64().unwrap();
    assert!(persons(0) >= 1_000 && persons(3) > 0, "{steps:?}");
    assert!((1..4).all(|at| persons(at) <= persons(at - 1)));
    assert_eq!(persons(4), persons(3).div_ceil(2));
    assert!(persons(4) < persons(5) && persons(5) <= 3 * persons(4));
    assert!(persons(5) <= persons(6));

    let json = scratch.join("population.json");
    std::fs::write(&json, checked["selection"].to_string()).unwrap();
    let (_, again) = sund(dir, &["select", "check", json.to_str().unwrap()]);
    assert_eq!(again["attrition"], checked["attrition"]);

    for wrong in [
        "population\n  wizard\n",
        "population\n  age from 1 at index\n",
    ] {
        let rest = POPULATION.split_once("period").unwrap().1;
        std::fs::write(&file, format!("{wrong}period{rest}")).unwrap();
        let (code, refused) = sund(dir, &check);
        assert_eq!((code, &refused["code"]), (Some(1), &json!("selection")));
    }
}

fn a_backup_is_restored_and_verified(scratch: &Path, dir: &Path) {
    let archive = scratch.join("sund.backup");
    let archive = archive.to_str().unwrap();
    let (code, saved) = sund(dir, &["backup", archive]);
    assert_eq!(code, Some(0), "{saved}");
    let (code, twice) = sund(dir, &["backup", archive]);
    assert_eq!(
        (code, &twice["ok"]),
        (Some(2), &json!(false)),
        "never overwritten"
    );

    let restored = scratch.join("restored");
    let (code, checked) = sund(&restored, &["restore", archive, "--check"]);
    assert_eq!(code, Some(0), "{checked}");
    assert!(!restored.join("FORMAT").exists(), "checking leaves nothing");
    let key = dir.join("keys/kek");
    for command in [vec!["restore", archive], vec!["doctor"], vec!["verify"]] {
        let (code, report) = sund_with_key(&restored, &command, Some(&key));
        assert_eq!(code, Some(0), "{command:?}: {report}");
    }
    let other = scratch.join("other");
    let mut bytes = std::fs::read(archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = scratch.join("damaged.backup");
    std::fs::write(&damaged, bytes).unwrap();
    let (code, _) = sund(&other, &["restore", damaged.to_str().unwrap(), "--check"]);
    assert_ne!(code, Some(0), "a damaged archive was taken");
}
