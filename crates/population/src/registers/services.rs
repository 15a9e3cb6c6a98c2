//! Services in primary care: SYSI to 2005, SSSY from 2006. A sample of one in [`KEPT`].

use std::sync::OnceLock;

use crate::calendar::{iso_week, weekday};
use crate::figures::{field, lines, number};
use crate::life::{Life, Year};
use crate::number::{at, exp, index};
use crate::person::Sex;
use crate::random::{Draws, Topic};
use crate::registers::laboratory::practice;
use crate::tables::place;
use crate::writer::{Digits, Tables};

const FIRST_YEAR: i32 = 1990;
const SSSY_BEGINS: i32 = 2006;

/// One in this many services is kept.
pub(crate) const KEPT: f64 = 28.0;

/// General practice contacts per person-year at ages 0-4, 5-14, 15-29, 30-44, 45-59, 60-74,
/// 75-84, 85+ for men and women, over their mean of 7.1. Level sourced, shape general knowledge.
const BY_AGE: [[f64; 8]; 2] = [
    [0.79, 0.39, 0.41, 0.56, 0.76, 1.15, 1.77, 2.2],
    [0.73, 0.41, 0.97, 1.13, 1.17, 1.41, 1.93, 2.34],
];

/// First ages of those bands.
const BANDS: [i32; 8] = [0, 5, 15, 30, 45, 60, 75, 85];

#[derive(Debug)]
struct Service {
    code: &'static str,
    rate: f64,
    growth: f64,
    fee: f64,
    profile: &'static str,
    first_year: i32,
}

fn services() -> &'static [Service] {
    static SERVICES: OnceLock<Vec<Service>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        lines(include_str!("../../data/services.csv"), '|')
            .map(|row| Service {
                code: field(&row, 0),
                rate: number(field(&row, 1)),
                growth: number(field(&row, 2)),
                fee: number(field(&row, 3)),
                profile: field(&row, 4),
                first_year: field(&row, 5).parse().unwrap_or(FIRST_YEAR),
            })
            .collect()
    })
}

/// Writes all kept services of a life.
pub(crate) fn record(tables: &mut Tables, life: &Life<'_>) {
    for year in life.years_between(FIRST_YEAR, life.years.1) {
        let mut draws = life.draws(Topic::Services, u64::try_from(year.year).unwrap_or(0));
        let weights: Vec<f64> = services().iter().map(|s| mean(life, s, &year)).collect();
        let cumulative = crate::figures::cumulate(weights.into_iter());
        let total = cumulative.last().copied().unwrap_or(0.0);
        let kept = draws.count(total * life.person.frailty * year.share() / KEPT);
        for _ in 0..kept {
            if let Some(service) = services().get(draws.pick(&cumulative)) {
                write(tables, life, service, &year, &mut draws);
            }
        }
    }
}

/// Services of this kind per year for a person like this one.
fn mean(life: &Life<'_>, service: &Service, year: &Year) -> f64 {
    if year.year < service.first_year {
        return 0.0;
    }
    let band = BANDS.partition_point(|first| *first <= year.age).max(1) - 1;
    let general = BY_AGE
        .get(life.person.sex.index())
        .map_or(1.0, |b| at(b, band));
    let fertile = life.person.sex == Sex::Woman && (18..=48).contains(&year.age);
    let diabetic = life.diabetes.as_ref().is_some_and(|d| d.onset < year.until);
    let share = match service.profile {
        "g" => 1.1 * general,
        "d" if year.age >= 18 => 1.25,
        "p" if year.age >= 15 => 1.2 * general.clamp(0.6, 1.4),
        "k" if year.age < 15 => 5.0,
        "x" if fertile => 5.4,
        "e" if diabetic => 12.0,
        "o" if year.age >= 60 => 3.2,
        "o" => 0.25,
        "e" | "k" | "p" => 0.12,
        _ => 0.0,
    };
    let years = f64::from((year.year - 2022).min(0));
    service.rate * share * exp(service.growth * years)
}

fn write(tables: &mut Tables, life: &Life<'_>, service: &Service, year: &Year, draws: &mut Draws) {
    let on = year.any_day(draws);
    // Practices are open on weekdays; out-of-hours services are not bound to them.
    let closed = weekday(on) >= 5 && !service.code.starts_with("81");
    let on = if closed { (on - 2).max(year.from) } else { on };
    let (iso_year, week, monday) = iso_week(on);
    let number = 1 + i32::from(draws.chance(0.06));
    let child = index(year.age) < 15 && service.profile == "g" && draws.chance(0.1);
    let (mut week_digits, mut practice_digits) = (Digits::default(), Digits::default());
    let week_text = u64::try_from(iso_year.rem_euclid(100) * 100 + week).unwrap_or(0);
    let specialist = !service.code.starts_with('8');
    let provider = practice(life, on)
        + if specialist {
            40_000 + u64::from(service.code.as_bytes().first().copied().unwrap_or(0))
        } else {
            0
        };
    let fee = service.fee * exp(0.02 * f64::from(year.year - 2022));
    let table = if year.year < SSSY_BEGINS {
        place::SYSI
    } else {
        place::SSSY
    };
    tables
        .rows(table)
        .text(&life.person.cpr)
        .text(service.code)
        .text(week_digits.padded(week_text, 4))
        .date(monday)
        .integer(i32::from(child))
        .integer(number)
        .decimal(fee * f64::from(number))
        .text(practice_digits.padded(provider, 6));
}
