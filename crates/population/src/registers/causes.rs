//! The register of causes of death.

use crate::calendar::{age_on, day, year_of};
use crate::figures::{Cause, cumulate};
use crate::health::share_among_dying;
use crate::life::Life;
use crate::number::{at, small};
use crate::random::{Draws, Topic};
use crate::tables::place;
use crate::writer::Tables;

const ICD10_BEGINS: i32 = day(1994, 1, 1);

/// How much more often a group is chosen when the person has a condition that points to it.
const POINTED: f64 = 7.0;

/// Writes the death of a life, if it ended in death here.
pub(crate) fn record(tables: &mut Tables, life: &Life<'_>) {
    let Some(died) = life.person.died().filter(|&died| life.covers(died)) else {
        return;
    };
    let mut draws = life.draws(Topic::Death, 0);
    let age = age_on(life.person.born, died);
    let weights = life
        .figures
        .causes
        .iter()
        .map(|cause| weight(life, cause, age, died));
    let group = draws.pick(&cumulate(weights));
    let Some(cause) = life.figures.causes.get(group) else {
        return;
    };
    let icd8 = died < ICD10_BEGINS;
    let underlying = if icd8 {
        cause.icd8
    } else {
        code(life, cause, died, &mut draws)
    };
    let contributing = contributing(life, cause, died, icd8);
    let direct = if icd8 || draws.chance(0.6) {
        underlying
    } else {
        "DJ189"
    };
    tables
        .rows(place::DAR)
        .text(&life.person.cpr)
        .date(died)
        .integer(age)
        .text(underlying)
        .text(direct)
        .text_or_none(contributing.first().copied())
        .text_or_none(contributing.get(1).copied())
        .integer(small(group) + 1)
        .integer(cause.manner);
}

fn weight(life: &Life<'_>, cause: &Cause, age: i32, died: i32) -> f64 {
    let band = [1, 15, 30, 45, 60, 70, 80, 90].partition_point(|first| *first <= age);
    let pointed = cause.conditions.iter().any(|&c| life.has(c, died));
    let with = cause
        .conditions
        .iter()
        .filter_map(|&c| life.figures.conditions.get(c));
    let without: f64 = with
        .map(|c| 1.0 - share_among_dying(c, life.person, age, year_of(died)))
        .product();
    // Divided by its mean, so that the groups keep their published shares.
    let mean = 1.0 + (1.0 - without) * (POINTED - 1.0);
    at(&cause.shares, band) * if pointed { POINTED } else { 1.0 } / mean
}

/// The code of the condition the person had, when the group is that of a condition.
fn code(life: &Life<'_>, cause: &Cause, died: i32, draws: &mut Draws) -> &'static str {
    let own = cause
        .conditions
        .iter()
        .copied()
        .find(|&c| life.has(c, died));
    let condition = own.and_then(|c| life.figures.conditions.get(c));
    match condition.and_then(|c| c.codes.codes.first().copied()) {
        Some(code) if code.starts_with("DC") || draws.chance(0.5) => code,
        _ => cause.codes.pick(draws),
    }
}

/// Up to two other conditions the person had.
fn contributing(life: &Life<'_>, cause: &Cause, died: i32, icd8: bool) -> Vec<&'static str> {
    let others = life
        .health
        .present()
        .filter(|(c, onset)| *onset <= died && !cause.conditions.contains(c));
    let mut serious: Vec<_> = others
        .filter_map(|(c, _)| life.figures.conditions.get(c))
        .filter(|c| c.mortality > 1.2)
        .collect();
    serious.sort_by(|a, b| b.mortality.total_cmp(&a.mortality));
    let code = |c: &&crate::figures::Condition| if icd8 { c.icd8 } else { at(&c.codes.codes, 0) };
    serious.iter().map(code).take(2).collect()
}
