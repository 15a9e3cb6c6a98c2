//! The prescription register: redemptions at pharmacies from 1995.
//!
//! A row stands for a redemption of several packages, as long supplies do: the rows per
//! year are fewer than in truth, the packages and doses are not. Before [`COMPLETE_FROM`]
//! only half of the person-years of each group are kept; medicines of diabetes always are.

use crate::calendar::{civil, day};
use crate::figures::figures;
use crate::health::NEVER;
use crate::life::{Life, Year};
use crate::medicine_figures::{DrugGroup, Season};
use crate::number::{at, exp, index, round};
use crate::random::{Draws, Topic, mix};
use crate::tables::place;
use crate::writer::{Digits, Tables};

const FIRST_YEAR: i32 = 1995;

/// From this year every user of a group has a row in every year of use.
const COMPLETE_FROM: i32 = 2012;

/// The year the user figures describe.
const REFERENCE_YEAR: i32 = 2023;

/// Writes all redemptions of a life.
pub(crate) fn record(tables: &mut Tables, life: &Life<'_>) {
    let years: Vec<Year> = life.years_between(FIRST_YEAR, life.years.1).collect();
    if years.is_empty() {
        return;
    }
    for (place, group) in life.figures.drugs.iter().enumerate() {
        record_group(tables, life, group, place as u64, &years);
    }
    record_diabetes(tables, life, &years);
}

fn record_group(
    tables: &mut Tables,
    life: &Life<'_>,
    group: &DrugGroup,
    place: u64,
    years: &[Year],
) {
    let mut person = life.draws(Topic::Medicine, place);
    let propensity = person.unit();
    // Prone persons use more of everything; the square root keeps the shares near the figures.
    let prone = life.person.frailty.sqrt().clamp(0.6, 1.5);
    if group.chronic && propensity > group.ceiling * prone {
        return;
    }
    let favourite = group.substances.pick(&mut person);
    let treated = treatment(life, group, &mut person);
    for year in years.iter().filter(|y| y.year >= group.first_year) {
        let share = user_share(life, group, year, &treated) * prone;
        let mut draws = life.draws(
            Topic::Medicine,
            1000 + place * 100 + u64::try_from(year.year - 1900).unwrap_or(0),
        );
        let level = if group.chronic {
            propensity
        } else {
            draws.unit()
        };
        let left_out = year.year < COMPLETE_FROM && draws.chance(0.5);
        if level >= share || left_out {
            continue;
        }
        let mean = group.rows_per_year * year.share().max(0.1);
        let rows = round(mean - 0.5) + i32::from(draws.chance(mean.fract()));
        let rows = if year.share() > 0.4 {
            rows.max(1)
        } else {
            rows
        };
        for n in 0..rows {
            let on = seasonal_day(group, year, &mut draws, (n, rows));
            let atc = if group.chronic {
                favourite
            } else {
                group.substances.pick(&mut draws)
            };
            write(
                tables,
                life,
                atc,
                on,
                group.chronic.then_some(rows),
                &mut draws,
            );
        }
    }
}

/// Onset of the conditions for which this person is treated with the group.
fn treatment(life: &Life<'_>, group: &DrugGroup, draws: &mut Draws) -> Vec<(i32, f64)> {
    group
        .treats
        .iter()
        .map(|(condition, share)| (life.health.onset(*condition), *share, draws.unit()))
        .filter(|(onset, _, _)| *onset != NEVER)
        .map(|(onset, share, _)| (onset, share))
        .collect()
}

fn user_share(life: &Life<'_>, group: &DrugGroup, year: &Year, treated: &[(i32, f64)]) -> f64 {
    let table = group.others.get(life.person.sex.index());
    let others = table.map_or(0.0, |t| at(t, index(year.age).min(104)));
    let active = treated.iter().filter(|(onset, _)| *onset < year.until);
    let share = active.map(|t| t.1).fold(others, f64::max);
    share * exp(group.growth * f64::from((year.year - REFERENCE_YEAR).min(0)))
}

/// A day of the year: evenly spread for long treatments, by season for short ones.
fn seasonal_day(group: &DrugGroup, year: &Year, draws: &mut Draws, (n, rows): (i32, i32)) -> i32 {
    if group.chronic {
        let length = (year.until - year.from) / rows.max(1);
        return year.from + n * length + draws.below(length.max(1));
    }
    for _ in 0..3 {
        let on = year.any_day(draws);
        let (_, month, _) = civil(on);
        let keep = match group.season {
            Season::Even => 1.0,
            Season::Winter => {
                if matches!(month, 11 | 12 | 1..=3) {
                    1.0
                } else {
                    0.5
                }
            }
            Season::Summer => {
                if (6..=9).contains(&month) {
                    1.0
                } else {
                    0.6
                }
            }
            Season::Pollen => {
                if (4..=7).contains(&month) {
                    1.0
                } else {
                    0.35
                }
            }
        };
        if draws.chance(keep) {
            return on;
        }
    }
    year.any_day(draws)
}

fn record_diabetes(tables: &mut Tables, life: &Life<'_>, years: &[Year]) {
    let Some(diabetes) = &life.diabetes else {
        return;
    };
    let modern = |start: i32| start >= day(2018, 1, 1);
    let basal = if modern(diabetes.insulin) {
        "A10AE04"
    } else {
        "A10AC01"
    };
    let glp1 = if modern(diabetes.glp1) {
        "A10BJ06"
    } else {
        "A10BJ02"
    };
    let sglt2 = if life.person.key.is_multiple_of(3) {
        "A10BK01"
    } else {
        "A10BK03"
    };
    let rapid = if diabetes.kind == 1 {
        diabetes.insulin
    } else {
        NEVER
    };
    let courses = [
        ("A10BA02", diabetes.metformin, 1.6),
        ("A10BB12", diabetes.sulfonylurea, 1.3),
        ("A10BH01", diabetes.dpp4, 1.4),
        (sglt2, diabetes.sglt2, 1.8),
        (glp1, diabetes.glp1, 2.0),
        (basal, diabetes.insulin, 1.6),
        ("A10AB05", rapid, 1.8),
    ];
    for (n, (atc, start, rows_per_year)) in courses.into_iter().enumerate() {
        // Sulfonylureas gave way to newer drugs.
        let stop = if atc == "A10BB12" {
            start.saturating_add(8 * 365)
        } else {
            NEVER
        };
        for year in years {
            let (from, until) = (year.from.max(start), year.until.min(stop));
            if from >= until {
                continue;
            }
            let turn = 9000 + 200 * n as u64 + u64::try_from(year.year - 1900).unwrap_or(0);
            let mut draws = life.draws(Topic::Medicine, turn);
            let first = start >= year.from && start < year.until;
            let mean = rows_per_year * f64::from(until - from) / 365.25;
            let rows =
                (round(mean - 0.5) + i32::from(draws.chance(mean.fract()))).max(i32::from(first));
            for row in 0..rows {
                let on = if first && row == 0 {
                    start
                } else {
                    from + draws.below(until - from)
                };
                write(tables, life, atc, on, Some(rows), &mut draws);
            }
        }
    }
}

/// One redemption: packages enough for the time until the next.
fn write(
    tables: &mut Tables,
    life: &Life<'_>,
    atc: &str,
    on: i32,
    rows: Option<i32>,
    draws: &mut Draws,
) {
    let package = figures().substances.package(atc);
    let packages = match rows {
        Some(rows) if package.ddd > 0.0 => {
            let needed = 365.0 * 0.9 / f64::from(rows.max(1)) / package.ddd;
            round(needed * (0.7 + 0.6 * draws.unit())).clamp(1, 8)
        }
        _ => 1 + i32::from(draws.chance(0.18)),
    };
    let mut digits = Digits::default();
    let vnr = digits.padded(item_number(atc, draws.below(3)), 6);
    tables
        .rows(place::LMDB)
        .text(&life.person.cpr)
        .date(on)
        .text(atc)
        .text(vnr)
        .integer(packages)
        .integer(round(package.pieces))
        .decimal(package.ddd)
        .decimal(package.ddd * f64::from(packages))
        .text("DD")
        .text_or_none((draws.unit() < 0.85).then_some(package.indication));
}

/// A six-digit item number: the same for the same substance and brand.
fn item_number(atc: &str, brand: i32) -> u64 {
    let code = atc.bytes().fold(u64::from(brand.unsigned_abs()), |sum, b| {
        sum * 131 + u64::from(b)
    });
    10_000 + mix(code) % 580_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn item_numbers_tell_substances_apart() {
        let mut seen = BTreeSet::new();
        for group in &figures().drugs {
            for atc in &group.substances.codes {
                assert!(
                    (0..3).all(|brand| seen.insert(item_number(atc, brand))),
                    "{atc}"
                );
            }
        }
    }
}
