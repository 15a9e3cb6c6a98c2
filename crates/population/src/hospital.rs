//! Hospital contacts of a life: when, why, how long. Independent of how LPR2 or LPR3
//! write them down.

use crate::calendar::{age_on, day, weekday, year_of};
use crate::codes::codes;
use crate::health::NEVER;
use crate::life::{Life, Year};
use crate::number::{at, exp, index, round};
use crate::person::Sex;
use crate::random::{Draws, Topic};

/// Contacts before this day are LPR2's, from it on LPR3's.
pub(crate) const LPR3_BEGINS: i32 = day(2019, 3, 1);

/// Outpatient contacts are in the register from 1995.
const OUTPATIENTS_FROM: i32 = 1995;

/// Before LPR3, one in this many outpatient contacts is kept, to hold the volume down.
const LPR2_OUTPATIENT_KEPT: f64 = 0.09;

/// An LPR3 stay of 12 hours or more per LPR2 admission. Source (derived): 0.1348 stays
/// per person-year in 2022 over 0.232 admissions in 2018.
const STAYS_PER_ADMISSION: f64 = 0.58;

/// The part of admissions (by first age) and of outpatient contacts that conditions do not
/// explain; fitted so that all contacts together meet the published level.
const GENERAL_ADMISSIONS: [(i32, f64); 5] =
    [(0, 1.0), (15, 0.83), (45, 0.84), (65, 0.76), (80, 0.7)];
const GENERAL_OUTPATIENTS: f64 = 1.0;

/// Outpatient contacts per person-year at ages 0, 1-14, 15-29, 30-44, 45-59, 60-69,
/// 70-79, 80+ before scaling (general knowledge).
const OUTPATIENTS: [(i32, f64); 8] = [
    (0, 1.5),
    (1, 0.8),
    (15, 1.1),
    (30, 1.4),
    (45, 1.7),
    (60, 2.3),
    (70, 3.0),
    (80, 2.7),
];

/// The kind of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Inpatient,
    Outpatient,
    Emergency,
}

/// One contact with a hospital.
#[derive(Debug, Clone)]
pub(crate) struct Contact {
    pub(crate) start: i32,
    pub(crate) end: i32,
    pub(crate) kind: Kind,
    pub(crate) acute: bool,
    pub(crate) diagnosis: &'static str,
    pub(crate) icd8: &'static str,
    /// A chronic condition noted beside the main diagnosis.
    pub(crate) beside: Option<(&'static str, &'static str)>,
    pub(crate) specialty: &'static str,
    pub(crate) specialty_code: &'static str,
    /// The course of treatment: contacts of one condition share it.
    pub(crate) course: u64,
}

/// All contacts of a life in the plan, by condition, then others.
pub(crate) fn contacts(life: &Life<'_>) -> Vec<Contact> {
    let mut contacts = Vec::new();
    for (condition, onset) in life.health.present() {
        for_condition(life, condition, onset, &mut contacts);
    }
    general(life, &mut contacts);
    deliveries(life, &mut contacts);
    contacts.sort_by_key(|contact| contact.start);
    contacts
}

/// How many contacts of the truth are kept: admissions and outpatients in `year`.
fn kept(year: i32) -> (f64, f64) {
    if year >= 2019 {
        return (STAYS_PER_ADMISSION, 1.0);
    }
    let growth = 0.72 + 0.28 * f64::from(year - 1977) / 41.0;
    let outpatients = if year < OUTPATIENTS_FROM {
        0.0
    } else {
        LPR2_OUTPATIENT_KEPT
    };
    (growth, outpatients)
}

fn for_condition(life: &Life<'_>, condition: usize, onset: i32, out: &mut Vec<Contact>) {
    let Some(figures) = life.figures.conditions.get(condition) else {
        return;
    };
    let mut draws = life.draws(Topic::Hospital, 1 + condition as u64);
    if !draws.chance(figures.hospital_share) {
        return;
    }
    let course = 1 + condition as u64;
    let intensity = 0.45 + 0.55 * life.person.frailty;
    let first = onset + draws.below(60);
    if life.covers(first) {
        let admitted =
            draws.chance(figures.inpatient / (figures.outpatient + figures.inpatient + 0.01) + 0.1);
        let known = admitted || year_of(first) >= OUTPATIENTS_FROM;
        if known {
            out.push(of_condition(
                life, condition, first, admitted, course, &mut draws,
            ));
        }
    }
    for year in life.years_between(year_of(onset), life.years.1) {
        let (stays, visits) = kept(year.year);
        let since = year.from.max(onset);
        let share = f64::from((year.until - since).max(0)) / 365.25;
        let near_death = end_of_life(life, &year);
        let admissions = draws.count(figures.inpatient * stays * share * intensity * near_death);
        let outpatients = draws.count(figures.outpatient * visits * share * intensity);
        for n in 0..admissions + outpatients {
            let start = since + draws.below(year.until - since);
            let admitted = n < admissions;
            out.push(of_condition(
                life,
                condition,
                weekday_of(start, admitted, &year, &mut draws),
                admitted,
                course,
                &mut draws,
            ));
        }
    }
}

fn of_condition(
    life: &Life<'_>,
    condition: usize,
    start: i32,
    admitted: bool,
    course: u64,
    draws: &mut Draws,
) -> Contact {
    let figures = life.figures.conditions.get(condition);
    let acute = draws.chance(if admitted { 0.75 } else { 0.1 });
    let diagnosis = match figures {
        Some(f) if f.key == "chronic_kidney_disease" => kidney_code(life, condition, start),
        Some(f) => f.codes.pick(draws),
        None => "DZ039",
    };
    let stay = match figures {
        _ if !admitted => Stay::None,
        Some(f) if f.specialty_code == "50" => Stay::Psychiatric,
        _ => Stay::Somatic,
    };
    Contact {
        start,
        end: ending(life, start, stay, draws),
        kind: if admitted {
            Kind::Inpatient
        } else {
            Kind::Outpatient
        },
        acute,
        diagnosis,
        icd8: figures.map_or("79599", |f| f.icd8),
        beside: beside(life, start, Some(condition), draws),
        specialty: figures.map_or("Intern medicin", |f| f.specialty),
        specialty_code: figures.map_or("01", |f| f.specialty_code),
        course,
    }
}

/// The stage of chronic kidney disease worsens with the years since onset.
fn kidney_code(life: &Life<'_>, condition: usize, on: i32) -> &'static str {
    let stage = kidney_stage(life, condition, on);
    at(
        &["DN189", "DN181", "DN182", "DN183", "DN184", "DN185"],
        index(stage),
    )
}

/// Stage 2 to 5 of kidney disease on a day; 0 without it.
pub(crate) fn kidney_stage(life: &Life<'_>, condition: usize, on: i32) -> i32 {
    let onset = life.health.onset(condition);
    if onset == NEVER || onset > on {
        return 0;
    }
    let mut draws = life.draws(Topic::Hospital, 1000);
    let years_per_stage = 3.0 + draws.waiting(9.0);
    let start = if draws.chance(0.35) { 2 } else { 3 };
    let diabetic = life.diabetes.as_ref().is_some_and(|d| d.onset < on);
    let pace = if diabetic { 2.0 } else { 1.0 };
    (start + round(f64::from(on - onset) / 365.25 * pace / years_per_stage - 0.3)).clamp(start, 5)
}

fn general(life: &Life<'_>, out: &mut Vec<Contact>) {
    for year in life.years_between(1977, life.years.1) {
        let mut draws = life.draws(Topic::Codes, year.year as u64);
        let (stays, visits) = kept(year.year);
        let rate = at(&life.figures.admissions, index(year.age).min(104));
        let frailty = life.person.frailty * year.share();
        let near_death = end_of_life(life, &year);
        let part = step(&GENERAL_ADMISSIONS, year.age);
        let admissions = draws.count(rate * part * stays * frailty * near_death);
        let outpatients =
            draws.count(outpatient_rate(life, &year) * GENERAL_OUTPATIENTS * visits * frailty);
        for n in 0..admissions + outpatients {
            let admitted = n < admissions;
            let start = year.any_day(&mut draws);
            let start = weekday_of(start, admitted, &year, &mut draws);
            out.push(unexplained(life, &year, start, admitted, &mut draws));
        }
    }
}

/// The value of the last band that begins at or before `age`.
fn step(bands: &[(i32, f64)], age: i32) -> f64 {
    let band = bands.partition_point(|(first, _)| *first <= age).max(1) - 1;
    bands.get(band).map_or(0.0, |b| b.1)
}

fn outpatient_rate(life: &Life<'_>, year: &Year) -> f64 {
    let rate = step(&OUTPATIENTS, year.age);
    let fertile = life.person.sex == Sex::Woman && (18..=44).contains(&year.age);
    if fertile { rate * 1.35 } else { rate }
}

fn unexplained(
    life: &Life<'_>,
    year: &Year,
    start: i32,
    admitted: bool,
    draws: &mut Draws,
) -> Contact {
    let age = age_on(life.person.born, start);
    let found = codes().diagnosis(draws, admitted, life.person.sex, age);
    let diagnosis = found.map_or("DZ039", |f| f.1);
    let injury = diagnosis.starts_with("DS") || diagnosis.starts_with("DT");
    let acute = draws.chance(if admitted {
        0.75
    } else if injury {
        0.5
    } else {
        0.07
    });
    let kind = match (admitted, acute) {
        (true, _) => Kind::Inpatient,
        (false, true) => Kind::Emergency,
        (false, false) => Kind::Outpatient,
    };
    Contact {
        start,
        end: ending(
            life,
            start,
            if admitted { Stay::Somatic } else { Stay::None },
            draws,
        ),
        kind,
        acute,
        diagnosis,
        icd8: found.map_or("79599", |f| f.0.icd8),
        beside: beside(life, start, None, draws),
        specialty: found.map_or("Akut medicin", |f| f.0.specialty),
        specialty_code: found.map_or("01", |f| f.0.specialty_code),
        course: 100 + u64::try_from(year.year * 400 + start % 400).unwrap_or(0),
    }
}

fn deliveries(life: &Life<'_>, out: &mut Vec<Contact>) {
    for (n, &born) in life.births.iter().enumerate() {
        if !life.covers(born) {
            continue;
        }
        let mut draws = life.draws(Topic::Hospital, 500 + n as u64);
        let code = codes().delivery(&mut draws);
        out.push(Contact {
            start: born,
            end: (born + draws.between(0, 3)).min(life.person.until - 1),
            kind: Kind::Inpatient,
            acute: draws.chance(0.8),
            diagnosis: code,
            icd8: "65099",
            beside: None,
            specialty: "Gynækologi og obstetrik",
            specialty_code: "38",
            course: 60 + n as u64,
        });
    }
}

/// The last year of a life brings several times the admissions.
fn end_of_life(life: &Life<'_>, year: &Year) -> f64 {
    match life.person.died() {
        Some(died) if died - year.from < 366 => 3.4,
        Some(died) if died - year.from < 731 => 1.7,
        _ => 0.9,
    }
}

/// Planned contacts avoid weekends.
fn weekday_of(start: i32, admitted: bool, year: &Year, draws: &mut Draws) -> i32 {
    let weekend = weekday(start) >= 5;
    if !weekend || draws.chance(if admitted { 0.6 } else { 0.2 }) {
        return start;
    }
    let monday = start + 7 - weekday(start);
    if monday < year.until {
        monday
    } else {
        (start - 2).max(year.from)
    }
}

/// Whether and where a contact keeps the person in a bed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stay {
    None,
    Somatic,
    Psychiatric,
}

/// The last day of a contact: the same for outpatients, a skewed stay for inpatients.
fn ending(life: &Life<'_>, start: i32, stay: Stay, draws: &mut Draws) -> i32 {
    let (centre, spread) = match stay {
        Stay::None => return start,
        Stay::Somatic => (0.75, 1.0),
        Stay::Psychiatric => (2.0, 1.2),
    };
    let long_ago = if start < day(2000, 1, 1) { 0.6 } else { 0.0 };
    let days = round(exp(centre + long_ago + spread * draws.normal()).min(400.0) - 0.5).max(0);
    (start + days)
        .min(life.person.until - 1)
        .min(day(life.years.1 + 1, 1, 1) - 1)
}

/// A chronic condition named beside the main diagnosis.
fn beside(
    life: &Life<'_>,
    on: i32,
    except: Option<usize>,
    draws: &mut Draws,
) -> Option<(&'static str, &'static str)> {
    if !draws.chance(0.42) {
        return None;
    }
    let active = || {
        let present = life.health.present();
        present.filter(|(c, onset)| *onset <= on && Some(*c) != except)
    };
    let n = active().count();
    let (condition, _) = active().nth(index(draws.below(crate::number::small(n))))?;
    let figures = life.figures.conditions.get(condition)?;
    Some((figures.codes.codes.first().copied()?, figures.icd8))
}
