//! The laboratory register from 2013: requisitions with their results.
//!
//! General requisitions are a sample of one in [`KEPT`]; the yearly control of diabetes
//! and of kidney disease is complete, because it is what studies look for.

use std::sync::OnceLock;

use crate::calendar::age_on;
use crate::diabetes::Places;
use crate::figures::{cumulate, field, lines, number};
use crate::hospital::kidney_stage;
use crate::life::{Life, Year};
use crate::number::{at, exp, index};
use crate::person::Sex;
use crate::random::{Draws, Topic, scramble};
use crate::tables::place;
use crate::writer::{Digits, Tables};

const FIRST_YEAR: i32 = 2013;

/// One in this many general requisitions is kept.
pub(crate) const KEPT: f64 = 14.0;

/// Analyses per requisition.
const PER_REQUISITION: f64 = 7.0;

/// Analyses per person-year at ages 0-9, 10-19, ..., 80+ for men and women (general knowledge).
const ANALYSES: [[f64; 9]; 2] = [
    [1.4, 1.7, 3.6, 5.0, 8.0, 13.0, 21.0, 34.0, 51.0],
    [1.3, 3.0, 9.5, 12.0, 12.0, 15.0, 20.0, 31.0, 46.0],
];

#[derive(Debug)]
struct Analysis {
    code: &'static str,
    unit: &'static str,
    lognormal: bool,
    /// Centre and spread for men and women.
    shape: [(f64, f64); 2],
    lower: Option<&'static str>,
    upper: [Option<&'static str>; 2],
    decimals: u8,
}

#[derive(Debug)]
struct Analyses {
    list: Vec<Analysis>,
    frequency: Vec<f64>,
}

fn analyses() -> &'static Analyses {
    static ANALYSES: OnceLock<Analyses> = OnceLock::new();
    ANALYSES.get_or_init(|| {
        let mut frequency = Vec::new();
        let list = lines(include_str!("../../data/labs.csv"), '|')
            .map(|row| {
                frequency.push(number(field(&row, 3)));
                let pair = |text: &'static str| {
                    let (centre, spread) = text.split_once(' ').unwrap_or(("0", "0"));
                    (number(centre), number(spread))
                };
                let limit = |text: &'static str| (!text.is_empty()).then_some(text);
                Analysis {
                    code: field(&row, 0),
                    unit: field(&row, 2),
                    lognormal: field(&row, 4) == "l",
                    shape: [pair(field(&row, 5)), pair(field(&row, 6))],
                    lower: limit(field(&row, 7)),
                    upper: [limit(field(&row, 8)), limit(field(&row, 9))],
                    decimals: field(&row, 10).parse().unwrap_or(2),
                }
            })
            .collect();
        Analyses {
            list,
            frequency: cumulate(frequency.into_iter()),
        }
    })
}

/// The person's own level on a scale where analyses of one person belong together.
struct Levels<'a> {
    life: &'a Life<'a>,
    places: Places,
}

/// Writes all results of a life.
pub(crate) fn record(tables: &mut Tables, life: &Life<'_>, places: Places) {
    let levels = Levels { life, places };
    let mut turn = 0;
    for year in life.years_between(FIRST_YEAR, life.years.1) {
        let mut draws = life.draws(Topic::Laboratory, u64::try_from(year.year).unwrap_or(0));
        let rates = ANALYSES.get(life.person.sex.index());
        let rate = rates.map_or(0.0, |r| at(r, index(year.age / 10).min(8)));
        let mean = rate / PER_REQUISITION / KEPT * life.person.frailty * year.share();
        for _ in 0..draws.count(mean) {
            let on = year.any_day(&mut draws);
            let panel = panel(life, &mut draws);
            requisition(tables, &levels, on, &panel, (&mut turn, &mut draws));
        }
        controls(tables, &levels, &year, (&mut turn, &mut draws));
    }
}

/// Distinct analyses of a general requisition.
fn panel(life: &Life<'_>, draws: &mut Draws) -> Vec<usize> {
    let wanted = 1 + draws.count(PER_REQUISITION - 1.0);
    let mut panel: Vec<usize> = Vec::new();
    for _ in 0..wanted.min(16) {
        let pick = draws.pick(&analyses().frequency);
        let fits = analyses()
            .list
            .get(pick)
            .is_some_and(|a| a.code != "NPU08647" || life.person.sex == Sex::Man);
        if fits && !panel.contains(&pick) {
            panel.push(pick);
        }
    }
    panel
}

/// Diabetes: HbA1c twice a year, kidneys and lipids about once. Kidney disease: kidneys.
fn controls(
    tables: &mut Tables,
    levels: &Levels<'_>,
    year: &Year,
    (turn, draws): (&mut u64, &mut Draws),
) {
    let life = levels.life;
    let find = |code: &str| {
        analyses()
            .list
            .iter()
            .position(|a| a.code == code)
            .unwrap_or(0)
    };
    let diabetic = life.diabetes.as_ref().is_some_and(|d| d.onset < year.until);
    let kidney = life.has(levels.places.kidney, year.from);
    let mean = if diabetic {
        2.0
    } else if kidney {
        0.9
    } else {
        return;
    };
    let since = life
        .diabetes
        .as_ref()
        .map_or(year.from, |d| d.onset.clamp(year.from, year.until - 1));
    let since = if diabetic { since } else { year.from };
    let share = f64::from(year.until - since) / 365.25;
    for n in 0..draws.count(mean * share) {
        let on = since + draws.below(year.until - since);
        let mut panel = Vec::new();
        if diabetic {
            panel.push(find("NPU27300"));
        }
        if n == 0 || draws.chance(0.3) {
            panel.extend([find("NPU18016"), find("DNK35302")]);
        }
        if diabetic && n == 0 {
            panel.extend([find("NPU01568"), find("NPU19661")]);
        }
        requisition(tables, levels, on, &panel, (turn, draws));
    }
}

fn requisition(
    tables: &mut Tables,
    levels: &Levels<'_>,
    on: i32,
    panel: &[usize],
    (turn, draws): (&mut u64, &mut Draws),
) {
    let life = levels.life;
    let mut key_digits = Digits::default();
    let key = scramble((life.person.key << 16) | (*turn & 0xFFFF), 40);
    *turn += 1;
    let key = key_digits.padded(key, 15);
    let general = draws.chance(0.62);
    let mut requester_digits = Digits::default();
    let requester = if general {
        practice(life, on)
    } else {
        1_301_000 + u64::from(draws.below(60).unsigned_abs())
    };
    let requester = requester_digits.padded(requester, 6);
    let laboratory = laboratory(life.region_on(on));
    for &place in panel {
        let Some(analysis) = analyses().list.get(place) else {
            continue;
        };
        let sex = life.person.sex.index();
        tables
            .rows(place::LAB)
            .text(&life.person.cpr)
            .text(key)
            .date(on)
            .text(analysis.code)
            .decimal(crate::number::round_to(
                levels.value(analysis, place, on, draws),
                analysis.decimals,
            ))
            .text(analysis.unit)
            .text("numeric")
            .text_or_none(analysis.lower)
            .text_or_none(at(&analysis.upper, sex))
            .text(laboratory)
            .text(requester)
            .text(if general { "yder" } else { "sor" });
    }
}

impl Levels<'_> {
    /// A result: the person's level, what disease does to it, and the day's variation.
    fn value(&self, analysis: &Analysis, place: usize, on: i32, draws: &mut Draws) -> f64 {
        let life = self.life;
        let mut own = life.draws(Topic::Clinic, place as u64);
        // A third of the variance lies within the person.
        let z = 0.816 * own.normal() + 0.577 * draws.normal();
        match analysis.code {
            "NPU27300" => self.hba1c(on, z),
            "DNK35302" => filtration(life, self.places, on, 0.5 * draws.normal()).clamp(5.0, 120.0),
            "NPU18016" => {
                let rate = filtration(life, self.places, on, 0.5 * draws.normal());
                creatinine(rate, life.person.sex)
            }
            "NPU19661" if life.has(self.places.kidney, on) => 120.0 * exp(1.1 * z),
            "NPU19661" if life.diabetes.is_some() => 16.0 * exp(1.0 * z),
            _ => {
                let (centre, spread) = at(&analysis.shape, life.person.sex.index());
                let value = if analysis.lognormal {
                    centre * exp(spread * z)
                } else {
                    centre + spread * z
                };
                let statin = analysis.code == "NPU01568" && life.diabetes.is_some();
                (if statin { value - 0.8 } else { value }).max(centre * 0.15)
            }
        }
    }

    fn hba1c(&self, on: i32, z: f64) -> f64 {
        match &self.life.diabetes {
            Some(diabetes) if diabetes.onset <= on => diabetes.hba1c(on) * exp(0.07 * z),
            _ => {
                let age = age_on(self.life.person.born, on);
                let centre = if age < 40 {
                    33.5
                } else if age < 60 {
                    35.5
                } else {
                    37.5
                };
                (centre + 3.2 * z).clamp(20.0, 47.0)
            }
        }
    }
}

/// Estimated glomerular filtration rate: falls with age and by stage of kidney disease.
pub(crate) fn filtration(life: &Life<'_>, places: Places, on: i32, noise: f64) -> f64 {
    let mut own = life.draws(Topic::Clinic, 900);
    let z = 0.8 * own.normal();
    let stage = kidney_stage(life, places.kidney, on);
    match stage {
        2 => 72.0 + 6.0 * z + 3.0 * noise,
        3 => 46.0 + 6.0 * z + 4.0 * noise,
        4 => 23.0 + 3.0 * z + 2.5 * noise,
        5 => 10.0 + 2.0 * z + 1.5 * noise,
        _ => {
            let age = f64::from(age_on(life.person.born, on)).max(18.0);
            (119.0 - 0.62 * age + 12.0 * z + 5.0 * noise).clamp(60.0, 120.0)
        }
    }
}

/// Creatinine in µmol/L that goes with a filtration rate (inverse proportion).
fn creatinine(rate: f64, sex: Sex) -> f64 {
    let base = if sex == Sex::Man { 84.0 } else { 68.0 };
    base * (88.0 / rate.max(5.0)).clamp(0.72, 9.0)
}

/// The number of the person's general practice: by municipality, with a few each.
pub(crate) fn practice(life: &Life<'_>, on: i32) -> u64 {
    let municipality = life.person.municipality_on(on) as u64;
    4000 + municipality * 100 + life.person.key % (6 + municipality % 17)
}

fn laboratory(region: &str) -> &'static str {
    match region {
        "081" => "AUH-KBA-81",
        "082" => "MT-KBA-82",
        "083" => "SD-KBA-83",
        "085" => "SJ-KBA-85",
        _ => "HS-KBA-84",
    }
}
