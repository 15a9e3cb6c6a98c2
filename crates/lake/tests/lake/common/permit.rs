//! A small register population, and permits over it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base::{Date, PermitId, Timestamp};
use catalogue::Text;
use catalogue::permit::{Environment, FORMAT as PERMIT_FORMAT, PermitDocument};
use catalogue::register::OutputPolicy;
use catalogue::selection::{
    Criterion, EventCriterion, Period, RowCondition, SelectedTable, SelectedVariable, Selection,
};
use lake::VersionManifest;

use super::{Folder, cpr};

pub(crate) const PERSONS: u32 = 300;

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn period(from: &str, to: &str) -> Period {
    Period {
        from: date(from),
        to: date(to),
    }
}

/// Persons, addresses, contacts and diagnoses of 300 persons; every third has diabetes.
pub(crate) fn small_denmark(folder: &Folder) -> BTreeMap<String, VersionManifest> {
    let mut persons = "pnr;foedt;koen;mor;familie\n".to_owned();
    let mut addresses = "pnr;kommune;fra;til\n".to_owned();
    let mut contacts = "pnr;kontakt_id;start;slut;afdeling;dage\n".to_owned();
    let mut diagnoses = "pnr;kontakt_id;kode;dato;svar;notat\n".to_owned();
    for n in 0..PERSONS {
        let sex = if n % 2 == 0 { "M" } else { "K" };
        let mother = if n > 0 { cpr(n / 2) } else { String::new() };
        let born = if n == 7 {
            String::new()
        } else {
            format!("{}-06-15", 1940 + n % 60)
        };
        writeln!(persons, "{};{born};{sex};{mother};F{}", cpr(n), n / 3).unwrap();
        writeln!(
            addresses,
            "{0};0101;2000-01-01;2009-12-31\n{0};0{1};2010-01-01;",
            cpr(n),
            700 + n % 4
        )
        .unwrap();
        for visit in 0..n % 5 {
            let year = 2008 + (n + visit) % 12;
            writeln!(
                contacts,
                "{};K{n}-{visit};{year}-03-0{};{year}-03-20;A{};{}",
                cpr(n),
                visit + 1,
                n % 7,
                n % 400
            )
            .unwrap();
            let code = if n % 3 == 0 { "DE119" } else { "DI109" };
            writeln!(
                diagnoses,
                "{};K{n}-{visit};{code};{year}-03-0{};{},5;",
                cpr(n),
                visit + 1,
                n % 90
            )
            .unwrap();
        }
    }
    let file = |name: &str, text: String| folder.write(name, text);
    let cpr = [
        ("person", file("person.csv", persons)),
        ("adresse", file("adresse.csv", addresses)),
    ];
    let lpr = [
        ("kontakt", file("kontakt.csv", contacts)),
        ("diagnose", file("diagnose.csv", diagnoses)),
    ];
    let mut versions = BTreeMap::new();
    for (register, files) in [("cpr", cpr), ("lpr", lpr)] {
        let received = folder.receive(register, 1, &files).unwrap();
        assert_eq!(received.report.rows_rejected(), 0, "{:?}", received.report);
        versions.insert(register.to_owned(), received.manifest);
    }
    versions
}

pub(crate) fn diagnosis(codes: &[&str]) -> Criterion {
    let conditions = vec![RowCondition::Codes {
        variable: "kode".to_owned(),
        codes: codes.iter().map(|code| (*code).to_owned()).collect(),
    }];
    Criterion::Event(EventCriterion::new("lpr", "diagnose", conditions))
}

pub(crate) fn table(register: &str, table: &str, variables: &[(&str, &str)]) -> SelectedTable {
    SelectedTable {
        register: register.to_owned(),
        table: table.to_owned(),
        period: period("2000-01-01", "2025-12-31"),
        window: None,
        variables: variables
            .iter()
            .map(|(name, coarsening)| SelectedVariable {
                name: (*name).to_owned(),
                coarsening: (*coarsening).to_owned().try_into().unwrap(),
                reason: "test".to_owned(),
            })
            .collect(),
    }
}

pub(crate) fn selection(population: Criterion) -> Selection {
    Selection::new(
        population,
        period("2000-01-01", "2025-12-31"),
        vec![
            table(
                "cpr",
                "person",
                &[
                    ("foedt", "none"),
                    ("koen", "none"),
                    ("mor", "none"),
                    ("familie", "none"),
                ],
            ),
            table("cpr", "adresse", &[("kommune", "none"), ("fra", "none")]),
            table(
                "lpr",
                "kontakt",
                &[
                    ("kontakt_id", "none"),
                    ("start", "month"),
                    ("afdeling", "none"),
                    ("dage", "none"),
                ],
            ),
            table(
                "lpr",
                "diagnose",
                &[
                    ("kontakt_id", "none"),
                    ("kode", "none"),
                    ("dato", "none"),
                    ("svar", "none"),
                ],
            ),
        ],
    )
}

pub(crate) fn permit(number: u8, selection: Selection) -> PermitDocument {
    PermitDocument {
        format: PERMIT_FORMAT.to_owned(),
        permit_id: PermitId::from_bytes([number; 16]),
        number: format!("DK-2027-{number:05}"),
        version: 1,
        case_number: "S-2026-0417".to_owned(),
        title: Text::new("Prøve", "Test"),
        issued_at: Timestamp::UNIX_EPOCH,
        valid_from: date("2026-01-01"),
        valid_to: date("2030-01-01"),
        data_user: "au".parse().unwrap(),
        purposes: vec!["e".to_owned()],
        purpose: Text::new("Prøve", "Test"),
        pseudonymised: true,
        selection,
        opt_out_exception: None,
        members: Vec::new(),
        environment: Environment {
            tools: Vec::new(),
            memory_mib: 1024,
            query_seconds_max: 60,
        },
        fees_ore: None,
        conditions: Vec::new(),
        output_policy: OutputPolicy {
            persons_min: 5,
            largest_share_max_permille: 500,
        },
        decisions: Vec::new(),
        test: true,
    }
}
