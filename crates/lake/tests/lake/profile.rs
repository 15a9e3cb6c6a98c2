//! Counting a version for its profile, against a count of the delivered rows by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::common::{Folder, cpr};
use base::Secret;
use catalogue::register::OutputPolicy;
use disclosure::profile::VariableProfile;
use lake::profile::{TableCounts, count_table};

const POLICY: OutputPolicy = OutputPolicy {
    persons_min: 5,
    largest_share_max_permille: 500,
};

/// Persons of whom each has rows in several years; every seventh lacks the birth date.
fn persons(n: u32) -> String {
    let mut text = "pnr;foedt;koen;mor;familie\n".to_owned();
    for at in 0..n {
        let born = if at % 7 == 0 {
            String::new()
        } else {
            format!("{}-05-17", 1940 + at % 30)
        };
        let sex = if at < 4 { "M" } else { "K" };
        writeln!(text, "{};{born};{sex};;F{}", cpr(at), at % 40).unwrap();
    }
    text
}

fn contacts(persons: u32) -> (String, BTreeMap<i16, BTreeSet<u32>>) {
    let mut text = "pnr;kontakt_id;start;slut;afdeling;dage\n".to_owned();
    let mut by_year: BTreeMap<i16, BTreeSet<u32>> = BTreeMap::new();
    // Rows of a person come in scattered order; the lake sorts them.
    for round in 0..3 {
        for at in 0..persons {
            let year = 2010 + i16::try_from((at * (round + 1)) % 4).unwrap();
            by_year.entry(year).or_default().insert(at);
            writeln!(
                text,
                "{};K{round}-{at};{year}-03-0{};;;{}",
                cpr(at),
                1 + round,
                at % 200
            )
            .unwrap();
        }
    }
    (text, by_year)
}

fn count(folder: &Folder, register: &str, table: &str, file: &str) -> TableCounts {
    let path = folder.write(&format!("{table}.csv"), file);
    let received = folder.receive(register, 1, &[(table, path)]).unwrap();
    assert_eq!(received.manifest.rejected(), 0);
    let described = folder.catalogue.register(register).unwrap();
    let table = described.table(table).unwrap();
    let key = Secret::new([3; 32]);
    count_table(
        &folder.lake,
        &folder.catalogue,
        (described, table),
        &received.manifest,
        &key,
    )
    .unwrap()
}

#[test]
fn counts_are_those_of_the_delivered_rows() {
    let folder = Folder::new(16);
    let (file, by_year) = contacts(300);
    let counts = count(&folder, "lpr", "kontakt", &file);
    assert_eq!(counts.persons.n, 300);
    let start = &counts.variables["start"];
    assert_eq!(start.total.rows, 900);
    assert_eq!(start.total.filled, 900);
    for (year, persons) in &by_year {
        assert_eq!(
            start.years[year].persons.n,
            u64::try_from(persons.len()).unwrap()
        );
    }
    assert_eq!(counts.variables["slut"].total.filled, 0);
    let (low, high) = counts.variables["dage"].range.unwrap();
    assert!(low < 15.0 && high > 180.0, "{low} {high}");
    // Only values of a code list have a name that may be told.
    assert!(counts.variables["dage"].values.is_empty());
    assert!(!counts.variables.contains_key("pnr"));
}

#[test]
fn what_is_told_of_few_persons_is_nothing() {
    let folder = Folder::new(16);
    let counts = count(&folder, "cpr", "person", &persons(300));
    let sex = &counts.variables["koen"];
    assert_eq!((sex.values["M"].n, sex.values["K"].n), (4, 296));
    let profile = VariableProfile::publish(sex, &POLICY);
    let told: Vec<&str> = profile
        .values
        .iter()
        .map(|(value, _)| value.as_str())
        .collect();
    assert_eq!(told, ["K"]);
    assert!(profile.values_held);
    // 30 birth years of about nine persons each: no year is told.
    let born = VariableProfile::publish(&counts.variables["foedt"], &POLICY);
    assert!(
        born.years.iter().all(|year| year.persons.is_none()),
        "{:?}",
        born.years
    );
}

#[test]
fn a_person_is_counted_once_however_many_files_there_are() {
    let (file, _) = contacts(200);
    let counted = [4, 64].map(|buckets| {
        count(&Folder::new(buckets), "lpr", "kontakt", &file)
            .persons
            .n
    });
    assert_eq!(counted, [200, 200]);
}
