//! LPR2 and LPR3: the same contacts, written in the columns of their time.

use crate::calendar::{day, weekday};
use crate::codes::{codes, hospital};
use crate::hospital::{Contact, Kind, LPR3_BEGINS, contacts};
use crate::life::Life;
use crate::random::{Draws, Topic, scramble};
use crate::tables::place;
use crate::writer::{Digits, Tables};

/// Diagnoses are ICD-8 before this day and ICD-10 in its Danish form from it on.
const ICD10_BEGINS: i32 = day(1994, 1, 1);

/// Operations by SKS code are in the register from 1996.
const SKS_BEGINS: i32 = day(1996, 1, 1);

/// Writes all contacts of a life.
pub(crate) fn record(tables: &mut Tables, life: &Life<'_>) {
    for (n, contact) in contacts(life).iter().enumerate() {
        let mut draws = life.draws(Topic::Hospital, 100_000 + n as u64);
        if contact.start < LPR3_BEGINS {
            write_lpr2(tables, life, contact, n as u64, &mut draws);
        } else {
            write_lpr3(tables, life, contact, n as u64, &mut draws);
        }
    }
}

/// A record key that tells nothing about the person: unique for person and turn.
fn record_key(person: u64, turn: u64) -> u64 {
    scramble((person << 16) | (turn & 0xFFFF), 40)
}

fn write_lpr2(tables: &mut Tables, life: &Life<'_>, contact: &Contact, n: u64, draws: &mut Draws) {
    let mut digits = Digits::default();
    let recnum = digits.padded(200_000_000_000_000_000 + record_key(life.person.key, n), 18);
    let cpr = life.person.cpr.as_str();
    let icd8 = contact.start < ICD10_BEGINS;
    let code = |pair: (&'static str, &'static str)| if icd8 { pair.1 } else { pair.0 };
    let main = code((contact.diagnosis, contact.icd8));
    let hospital = hospital(draws, life.region_on(contact.start));
    let pattern = match contact.kind {
        Kind::Inpatient => "0",
        Kind::Outpatient => "2",
        Kind::Emergency => "3",
    };
    let days = if contact.kind == Kind::Inpatient {
        contact.end - contact.start + 1
    } else {
        0
    };
    tables
        .rows(place::LPR_ADM)
        .text(cpr)
        .text(recnum)
        .date(contact.start)
        .date(contact.end)
        .text(pattern)
        .text(if contact.acute { "1" } else { "2" })
        .text(main)
        .text(contact.specialty_code)
        .text(hospital)
        .integer(days);
    let beside = contact.beside.map(|pair| (code(pair), "B"));
    for (diagnosis, kind) in [(main, "A")].into_iter().chain(beside) {
        tables
            .rows(place::LPR_DIAG)
            .text(cpr)
            .text(recnum)
            .date(contact.start)
            .text(diagnosis)
            .text(kind);
    }
    if contact.start >= SKS_BEGINS && draws.chance(0.3) {
        let procedure = codes().procedure(draws, contact.diagnosis);
        if procedure.starts_with('K') {
            tables
                .rows(place::LPR_SKSOPR)
                .text(cpr)
                .text(recnum)
                .text(procedure)
                .date(contact.start)
                .text(hospital);
        }
    }
}

fn write_lpr3(tables: &mut Tables, life: &Life<'_>, contact: &Contact, n: u64, draws: &mut Draws) {
    let mut digits = Digits::default();
    let key = digits.padded(300_000_000_000_000_000 + record_key(life.person.key, n), 18);
    let mut course_digits = Digits::default();
    let course = scramble((life.person.key << 24) | (contact.course & 0xFF_FFFF), 48);
    let course = course_digits.padded(500_000_000_000_000_000 + course, 18);
    let cpr = life.person.cpr.as_str();
    let hospital = hospital(draws, life.region_on(contact.start));
    let mut unit_digits = Digits::default();
    let unit = unit_digits.padded(sor_unit(hospital, contact.specialty_code), 15);
    let region = life.region_on(contact.start);
    let injury = contact.diagnosis.starts_with("DS");
    tables
        .rows(place::LPR3_KONTAKTER)
        .text(cpr)
        .text(key)
        .text(course)
        .date(contact.start)
        .date(contact.end)
        .text(contact_type(contact, draws))
        .text(if contact.acute { "ATA1" } else { "ATA3" })
        .text(if injury { "ALCC02" } else { "ALCC01" })
        .text(contact.diagnosis)
        .text(contact.specialty)
        .text(unit)
        .text(region);
    let beside = contact.beside.map(|pair| (pair.0, "B"));
    for (diagnosis, kind) in [(contact.diagnosis, "A")].into_iter().chain(beside) {
        tables
            .rows(place::LPR3_DIAGNOSER)
            .text(cpr)
            .text(key)
            .date(contact.start)
            .text(diagnosis)
            .text(kind)
            .text(if draws.chance(0.006) { "Ja" } else { "Nej" });
    }
    let many = if contact.kind == Kind::Inpatient {
        1.3
    } else {
        0.3
    };
    for _ in 0..draws.count(many).min(6) {
        let procedure = codes().procedure(draws, contact.diagnosis);
        let on = contact.start + draws.below((contact.end - contact.start + 1).min(5));
        tables
            .rows(place::LPR3_PROCEDURER)
            .text(cpr)
            .text(key)
            .text(procedure)
            .text(if procedure.starts_with('K') { "P" } else { "V" })
            .date(on)
            .text(unit);
    }
}

/// Contact types in the shares of LPR3; an admission is always physical.
fn contact_type(contact: &Contact, draws: &mut Draws) -> &'static str {
    if contact.kind != Kind::Inpatient && weekday(contact.start) < 5 {
        let u = draws.unit();
        if u < 0.21 {
            return "ALCA20";
        }
        if u < 0.265 {
            return "ALCA10";
        }
        if u < 0.277 {
            return "ALCA03";
        }
    }
    "ALCA00"
}

/// A 15-digit unit number: the hospital and its specialty.
fn sor_unit(hospital: &str, specialty: &str) -> u64 {
    let part = |text: &str| text.parse::<u64>().unwrap_or(0);
    100_000_000_016_000 + part(hospital) * 10_000_000_000 + part(specialty) * 100_000
}
