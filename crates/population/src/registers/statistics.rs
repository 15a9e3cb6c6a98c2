//! Statistics Denmark: population, income and education at the end of each year.

use std::sync::OnceLock;

use crate::calendar::{age_on, day};
use crate::family::Families;
use crate::figures::{cumulate, field, figures, lines, number};
use crate::number::{at, exp, round};
use crate::person::Person;
use crate::random::{Draws, Topic, scramble};
use crate::registers::civil::number_of;
use crate::tables::place;
use crate::writer::{Digits, Tables};

const FIRST_YEAR: i32 = 2012;

#[derive(Debug)]
struct Education {
    code: &'static str,
    completed_at: i32,
}

#[derive(Debug)]
struct Educations {
    list: Vec<Education>,
    /// Cumulative shares by age band 25-34, ..., 70+.
    shares: Vec<Vec<f64>>,
}

fn educations() -> &'static Educations {
    static EDUCATIONS: OnceLock<Educations> = OnceLock::new();
    EDUCATIONS.get_or_init(|| {
        let rows: Vec<_> = lines(include_str!("../../data/education.csv"), '|').collect();
        let list = rows
            .iter()
            .map(|row| Education {
                code: field(row, 0),
                completed_at: field(row, 7).parse().unwrap_or(15),
            })
            .collect();
        let shares = (1..=6)
            .map(|band| cumulate(rows.iter().map(|row| number(field(row, band)))))
            .collect();
        Educations { list, shares }
    })
}

/// Writes the block's people at the end of every year of the plan from 2012.
pub(crate) fn record(tables: &mut Tables, seed: u64, people: &[Person], (first, last): (i32, i32)) {
    for year in first.max(FIRST_YEAR)..=last {
        let on = day(year, 12, 31);
        let families = Families::on(people, on);
        for (place, person) in people.iter().enumerate() {
            if person.resident_on(on) {
                let head = at(&families.head, place);
                let size = (at(&families.persons, head), at(&families.children, head));
                let age = age_on(person.born, on);
                write_population(tables, people, person, (on, age), (head, size));
                if age >= 15 {
                    write_income(tables, seed, person, (on, age), size);
                    write_education(tables, seed, person, (on, age));
                }
            }
        }
    }
}

fn write_population(
    tables: &mut Tables,
    people: &[Person],
    person: &Person,
    (on, age): (i32, i32),
    (head, (persons, children)): (usize, (i32, i32)),
) {
    let municipality = figures().municipalities.get(person.municipality_on(on));
    let family = people.get(head).map_or(person.key, |p| p.key);
    let mut digits = Digits::default();
    let family = digits.padded(scramble(family, 36), 11);
    tables
        .rows(place::BEF)
        .text(&person.cpr)
        .date(on)
        .integer(person.sex.code())
        .date(person.born)
        .integer(age)
        .text(municipality.map_or("101", |m| m.code))
        .text(municipality.map_or("084", |m| m.region))
        .text(person.civil_on(on).0.letter())
        .text_or_none(number_of(people, person.spouse_on(on)))
        .text_or_none(number_of(people, person.mother))
        .text_or_none(number_of(people, person.father))
        .text(family)
        .integer(persons)
        .integer(children)
        .text(person.origin)
        .text(person.country);
}

/// Mean personal income before tax in 2022 by age 15-19, 20-29, ..., 60-66, 67+ for men and
/// women (DKK; level of equivalised income sourced 2023, profile general knowledge).
const INCOME: [[f64; 7]; 2] = [
    [
        42_000.0, 215_000.0, 420_000.0, 520_000.0, 520_000.0, 430_000.0, 275_000.0,
    ],
    [
        40_000.0, 185_000.0, 345_000.0, 410_000.0, 405_000.0, 335_000.0, 225_000.0,
    ],
];

/// Employed by the same bands (general knowledge, 2023).
const EMPLOYED: [[f64; 7]; 2] = [
    [0.44, 0.73, 0.85, 0.87, 0.84, 0.65, 0.11],
    [0.49, 0.72, 0.8, 0.84, 0.82, 0.58, 0.05],
];

fn write_income(
    tables: &mut Tables,
    seed: u64,
    person: &Person,
    (on, age): (i32, i32),
    (persons, children): (i32, i32),
) {
    let year = crate::calendar::year_of(on);
    let mut draws = Draws::new(
        seed,
        person.key,
        Topic::Income,
        u64::try_from(year).unwrap_or(0),
    );
    let band = [20, 30, 40, 50, 60, 67].partition_point(|first| *first <= age);
    let sex = person.sex.index();
    let mean = INCOME.get(sex).map_or(0.0, |i| at(i, band));
    let employed = EMPLOYED.get(sex).map_or(0.0, |e| at(e, band));
    let growth = exp(0.027 * f64::from(year - 2022));
    let total = mean * growth * exp(0.5 * person.standing + 0.12 * draws.normal() - 0.13);
    let mut work = Draws::new(seed, person.key, Topic::Income, 0);
    let works = work.unit() * 0.8 + 0.2 * draws.unit() < employed;
    let earned = if works {
        total * 0.93
    } else {
        total * 0.03 * draws.unit()
    };
    let wages = if works && work.chance(0.07) {
        0.0
    } else {
        earned * 0.98
    };
    let disposable = total * (0.78 - 0.07 * (total / 600_000.0).min(2.0));
    let adults = f64::from((persons - children).max(1));
    let weight = 1.0 + 0.5 * (adults - 1.0) + 0.3 * f64::from(children);
    let status = if works {
        if wages > 0.0 { 4 } else { 2 }
    } else if age >= 67 {
        7
    } else {
        8
    };
    tables
        .rows(place::IND)
        .text(&person.cpr)
        .date(on)
        .integer(round(total))
        .integer(round(earned))
        .integer(round(wages))
        .integer(round(disposable))
        .integer(round(disposable * adults / weight))
        .integer(status);
}

fn write_education(tables: &mut Tables, seed: u64, person: &Person, (on, age): (i32, i32)) {
    let mut draws = Draws::new(seed, person.key, Topic::Socio, 0);
    let final_age = age_on(person.born, day(2025, 12, 31));
    let band = [35, 45, 55, 65, 70].partition_point(|first| *first <= final_age);
    let table = educations().shares.get(band).map_or(&[][..], Vec::as_slice);
    let u = draws.pick(table);
    let lucky = person.standing > 0.6 && draws.chance(0.35);
    let chosen = if lucky { draws.pick(table).max(u) } else { u };
    let Some(goal) = educations().list.get(chosen) else {
        return;
    };
    let delay = draws.between(0, if goal.completed_at > 19 { 5 } else { 0 });
    let completed_at = goal.completed_at + delay;
    let (code, at_age, ongoing) = if age >= completed_at {
        (goal.code, completed_at, None)
    } else if age >= 19 && goal.completed_at > 19 {
        ("2010", 19, (age + 4 >= completed_at).then_some(goal.code))
    } else if age >= 16 {
        ("1010", 16, Some("2010"))
    } else {
        ("1010", 15, None)
    };
    let (birth_year, _, _) = crate::calendar::civil(person.born);
    let since = day(birth_year + at_age, 6, 30).min(on);
    tables
        .rows(place::UDDA)
        .text(&person.cpr)
        .date(on)
        .text(code)
        .date_or_none((code != "9099" && since >= person.born).then_some(since))
        .text_or_none(ongoing);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn education_shares_are_complete() {
        for shares in &educations().shares {
            let total = shares.last().copied().unwrap();
            assert!((0.9..=1.1).contains(&total), "{total}");
        }
    }
}
