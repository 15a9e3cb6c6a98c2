//! The clinical diabetes database (DVDD): a status a year for adults with diabetes.

use crate::calendar::{age_on, year_of};
use crate::diabetes::{Diabetes, Places};
use crate::life::{Life, Year};
use crate::number::{exp, round};
use crate::random::{Draws, Topic};
use crate::registers::laboratory::{filtration, practice};
use crate::tables::place;
use crate::writer::{Digits, Tables};

const FIRST_YEAR: i32 = 2005;

/// Writes the yearly statuses of a life with diabetes.
pub(crate) fn record(tables: &mut Tables, life: &Life<'_>, places: Places) {
    let Some(diabetes) = &life.diabetes else {
        return;
    };
    let mut own = life.draws(Topic::Clinic, 800);
    let traits = Traits {
        systolic: 132.0 + 11.0 * own.normal(),
        bmi: (if diabetes.kind == 1 { 26.0 } else { 30.6 }) + 4.6 * own.normal(),
        smoking: own.unit() + 0.05 * life.person.standing,
    };
    for year in life.years_between(FIRST_YEAR, life.years.1) {
        let since = year.from.max(diabetes.onset);
        let mut draws = life.draws(Topic::Clinic, 2000 + u64::try_from(year.year).unwrap_or(0));
        // General practices joined over the first years.
        let coverage = if year.year < 2012 { 0.5 } else { 0.86 };
        if since + 30 < year.until && year.age >= 18 && draws.chance(coverage) {
            let on = since + draws.below(year.until - since);
            write(
                tables,
                life,
                (diabetes, &traits, places),
                (on, &year),
                &mut draws,
            );
        }
    }
}

struct Traits {
    systolic: f64,
    bmi: f64,
    smoking: f64,
}

fn write(
    tables: &mut Tables,
    life: &Life<'_>,
    (diabetes, traits, places): (&Diabetes, &Traits, Places),
    (on, year): (i32, &Year),
    draws: &mut Draws,
) {
    let hba1c = diabetes.hba1c(on) * exp(0.06 * draws.normal());
    let systolic = round((traits.systolic + 8.0 * draws.normal()).clamp(90.0, 215.0));
    let diastolic = round((f64::from(systolic) * 0.58 + 6.0 * draws.normal()).clamp(45.0, 125.0));
    let ldl = (2.1 + 0.7 * draws.normal()).clamp(0.4, 6.5);
    let kidneys = filtration(life, places, on, draws.normal());
    let albumin = (if life.has(places.kidney, on) {
        120.0
    } else {
        12.0
    }) * exp(0.9 * draws.normal());
    let bmi = (traits.bmi + 0.6 * draws.normal()).clamp(16.0, 58.0);
    let mut seen = |share: f64| draws.chance(share);
    let (has_hba1c, has_pressure, has_ldl) = (seen(0.97), seen(0.9), seen(0.93));
    let (has_kidneys, has_albumin, has_bmi) = (seen(0.94), seen(0.78), seen(0.7));
    let (eyes, feet) = (seen(0.55), seen(0.62));
    let (eye_day, foot_day) = (year.any_day(draws), year.any_day(draws));
    let mut digits = Digits::default();
    tables
        .rows(place::DVDD)
        .text(&life.person.cpr)
        .date(on)
        .integer(diabetes.kind)
        .integer(year_of(diabetes.onset))
        .decimal_or_none(has_hba1c.then_some(hba1c))
        .integer_or_none(has_pressure.then_some(systolic))
        .integer_or_none(has_pressure.then_some(diastolic))
        .decimal_or_none(has_ldl.then_some(ldl))
        .integer_or_none(has_kidneys.then_some(round(kidneys.clamp(5.0, 120.0))))
        .decimal_or_none(has_albumin.then_some(albumin))
        .decimal_or_none(has_bmi.then_some(bmi))
        .text(smoking(traits.smoking, age_on(life.person.born, on)))
        .date_or_none(eyes.then_some(eye_day))
        .date_or_none(feet.then_some(foot_day))
        .text(digits.padded(practice(life, on), 6));
}

fn smoking(draw: f64, age: i32) -> &'static str {
    if draw < 0.16 {
        "ryger"
    } else if draw < 0.5 && age > 30 {
        "tidligere"
    } else if draw < 0.93 {
        "aldrig"
    } else {
        "uoplyst"
    }
}
