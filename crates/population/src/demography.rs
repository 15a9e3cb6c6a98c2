//! Births, deaths, migration and homes of the persons of one block.

use std::collections::BTreeSet;

use crate::calendar::{age_on, civil, day, month_length};
use crate::cpr;
use crate::figures::{AGES, Figures, figures};
use crate::number::{at, exp, index, round};
use crate::person::{Fate, Home, Person, Sex};
use crate::plan::Plan;
use crate::random::{Draws, Topic};

/// Share of births by month. Source: Statistics Denmark births 2014-2018 (sourced).
const BIRTH_MONTHS: [f64; 12] = [
    0.08028, 0.07547, 0.0806, 0.07928, 0.08379, 0.08522, 0.09121, 0.09098, 0.0881, 0.08703,
    0.08024, 0.07781,
];

/// Share of deaths by quarter. Source: Statistics Denmark 2015-2019 (sourced).
const DEATH_QUARTERS: [f64; 4] = [0.27309, 0.24199, 0.23443, 0.2505];

/// Share of immigrants by ten-year age band 0-9..90+ (general knowledge, about 13 per cent in all).
const IMMIGRANT_SHARE: [f64; 10] = [0.03, 0.07, 0.19, 0.23, 0.20, 0.13, 0.09, 0.06, 0.05, 0.04];

/// Countries of origin (DST codes): Poland, Romania, Germany, Türkiye, Syria, Ukraine,
/// Norway, Sweden, United Kingdom, Iraq, Iran, Pakistan, Bosnia, Somalia, India, China, Thailand.
const COUNTRIES: [&str; 17] = [
    "5154", "5156", "5180", "5172", "5486", "5778", "5110", "5120", "5170", "5436", "5438", "5464",
    "5754", "5390", "5432", "5448", "5472",
];

/// Moves between municipalities per year by age 0-17, 18-19, 20-29, 30-39, 40-49, 50-59,
/// 60-69, 70+ (general knowledge; 0.055 in all, fewer here: short stays are left out).
const MOVES: [(i32, f64); 8] = [
    (0, 0.026),
    (18, 0.11),
    (20, 0.12),
    (30, 0.05),
    (40, 0.025),
    (50, 0.016),
    (60, 0.012),
    (70, 0.009),
];

/// The code of Denmark among countries.
pub(crate) const DENMARK: &str = "5100";

struct Frame {
    sex: Sex,
    born: i32,
    until: i32,
    fate: Fate,
}

/// All persons of a block, without kin. Residents first, then the dead, then the emigrated.
pub(crate) fn people(plan: &Plan, block: u32) -> Vec<Person> {
    let size = plan.size_of(block);
    let end = day(plan.last() + 1, 1, 1);
    let mut birthdays = BTreeSet::new();
    let total = size.residents + size.dead + size.emigrated;
    (0..total)
        .map(|place| {
            let key = Plan::key_of(block, index(place));
            let mut draws = Draws::new(plan.seed, key, Topic::Demography, 0);
            let mut frame = if place < size.residents {
                resident(plan, &mut draws, end)
            } else if place < size.residents + size.dead {
                dead(plan, &mut draws)
            } else {
                emigrated(plan, &mut draws)
            };
            while !birthdays.insert((frame.born, frame.sex.code())) {
                frame.born -= 1;
            }
            complete(plan, block, key, frame)
        })
        .collect()
}

fn resident(plan: &Plan, draws: &mut Draws, end: i32) -> Frame {
    let (sex, age) = sex_and_age(draws.pick(&figures().pyramid));
    Frame {
        sex,
        born: birthday(draws, plan.last() - age),
        until: end,
        fate: Fate::Resident,
    }
}

fn sex_and_age(place: usize) -> (Sex, i32) {
    let sex = if place < AGES { Sex::Man } else { Sex::Woman };
    (sex, crate::number::small(place % AGES))
}

fn birthday(draws: &mut Draws, year: i32) -> i32 {
    let months: Vec<f64> = crate::figures::cumulate(BIRTH_MONTHS.iter().copied());
    let month = crate::number::small(draws.pick(&months)) + 1;
    day(year, month, draws.between(1, month_length(year, month)))
}

fn dead(plan: &Plan, draws: &mut Draws) -> Frame {
    let years: Vec<&(i32, Vec<f64>)> = figures()
        .deaths
        .iter()
        .filter(|(year, _)| (plan.first()..=plan.last()).contains(year))
        .collect();
    let totals = crate::figures::cumulate(
        years
            .iter()
            .map(|(_, by_age)| by_age.last().copied().unwrap_or(0.0)),
    );
    let Some((year, by_age)) = years.get(draws.pick(&totals)) else {
        return Frame {
            sex: Sex::Man,
            born: 0,
            until: 1,
            fate: Fate::Dead,
        };
    };
    let (sex, age) = sex_and_age(draws.pick(by_age));
    let quarter =
        crate::number::small(draws.pick(&crate::figures::cumulate(DEATH_QUARTERS.iter().copied())));
    let month = quarter * 3 + draws.between(1, 3);
    let died = day(*year, month, draws.between(1, month_length(*year, month)));
    let (y, m, d) = civil(died);
    let latest = day(y - age, m, d.min(month_length(y - age, m)));
    let born = if age == 0 {
        // Most infant deaths fall in the first month.
        let days = if draws.chance(0.72) {
            draws.below(28)
        } else {
            draws.below(364)
        };
        died - days
    } else {
        latest - draws.below(365)
    };
    Frame {
        sex,
        born,
        until: died + 1,
        fate: Fate::Dead,
    }
}

fn emigrated(plan: &Plan, draws: &mut Draws) -> Frame {
    let sex = if draws.chance(0.54) {
        Sex::Man
    } else {
        Sex::Woman
    };
    // Emigration has doubled over the period.
    let span = f64::from(plan.last() - plan.first() + 1);
    let year =
        plan.first() + round((draws.unit().max(draws.unit()) * span).min(span - 1.0) - 0.5).max(0);
    let left = day(year, draws.between(1, 12), draws.between(1, 28));
    let age = (18.0 + draws.waiting(11.0)).min(85.0);
    let born = left - round(age * 365.25) - draws.below(300);
    Frame {
        sex,
        born,
        until: left + 1,
        fate: Fate::Emigrated,
    }
}

fn complete(plan: &Plan, block: u32, key: u64, frame: Frame) -> Person {
    let mut draws = Draws::new(plan.seed, key, Topic::Homes, 0);
    let Frame {
        sex,
        born,
        until,
        fate,
    } = frame;
    let years = age_on(born, until - 1).max(0);
    let (country, origin) = origin(&mut draws, years, fate);
    let from = if origin == "2" {
        arrival(&mut draws, born, until, fate)
    } else {
        born
    };
    let homes = homes(&mut draws, figures(), born, (from, until));
    let mut traits = Draws::new(plan.seed, key, Topic::Frailty, 0);
    Person {
        key,
        cpr: cpr::synthetic(plan.seed, born, sex, block),
        sex,
        born,
        from,
        until,
        fate,
        country,
        origin,
        homes,
        mother: None,
        father: None,
        union: None,
        frailty: exp(0.55 * traits.normal() - 0.15),
        standing: traits.normal(),
    }
}

fn origin(draws: &mut Draws, age: i32, fate: Fate) -> (&'static str, &'static str) {
    let immigrants = match fate {
        Fate::Resident => at(&IMMIGRANT_SHARE, index(age / 10).min(9)),
        Fate::Dead => 0.03,
        Fate::Emigrated => 0.62,
    };
    let country = at(&COUNTRIES, index(draws.below(17)));
    if draws.chance(immigrants) {
        return (country, "2");
    }
    let descendants = if fate == Fate::Resident && age < 40 {
        0.085
    } else {
        0.004
    };
    if draws.chance(descendants) {
        (country, "3")
    } else {
        (DENMARK, "1")
    }
}

/// The day of immigration: mostly in the twenties, more of it in late years.
fn arrival(draws: &mut Draws, born: i32, until: i32, fate: Fate) -> i32 {
    let age = f64::from(until - born) / 365.25;
    let years_here = match fate {
        Fate::Emigrated => draws.waiting(3.5) + 0.3,
        _ => draws.waiting(12.0) + 0.1,
    };
    let typical = 17.0 + draws.unit() * 16.0;
    let at_age = if age > 36.0 && draws.chance(0.6) {
        typical
    } else {
        (age - years_here).max(0.0)
    };
    let day = born + round(at_age.min(age * 0.97) * 365.25);
    day.clamp(born, until - 1)
}

fn homes(draws: &mut Draws, figures: &Figures, born: i32, (from, until): (i32, i32)) -> Vec<Home> {
    let mut homes = vec![Home {
        from,
        municipality: draws.pick(&figures.municipality_weights),
    }];
    let mut now = from;
    loop {
        let age = (now - born) / 365;
        let (rate, next_band) = move_rate(age);
        let wait = draws.waiting(1.0 / rate);
        let boundary = born + next_band * 366;
        let moved = now + round((wait * 365.25).min(40_000.0)) + 1;
        if moved > boundary && boundary > now {
            now = boundary;
        } else {
            now = moved;
            if now < until {
                let from_place = homes.last().map_or(0, |home| home.municipality);
                homes.push(Home {
                    from: now,
                    municipality: destination(draws, figures, from_place),
                });
            }
        }
        if now >= until {
            return homes;
        }
    }
}

fn move_rate(age: i32) -> (f64, i32) {
    let band = MOVES.partition_point(|(first, _)| *first <= age).max(1) - 1;
    let rate = MOVES.get(band).map_or(0.05, |b| b.1);
    let next = MOVES.get(band + 1).map_or(200, |b| b.0);
    (rate, next)
}

/// A municipality to move to, more often than not in the same region.
fn destination(draws: &mut Draws, figures: &Figures, from: usize) -> usize {
    let region = |place: usize| figures.municipalities.get(place).map_or("", |m| m.region);
    let near = draws.chance(0.6);
    for _ in 0..12 {
        let place = draws.pick(&figures.municipality_weights);
        if place != from && (!near || region(place) == region(from)) {
            return place;
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_well_formed() {
        let plan = Plan::new(2_000, 5);
        for person in people(&plan, 0) {
            assert!(person.born <= person.from && person.from < person.until);
            assert!(
                person
                    .homes
                    .iter()
                    .all(|h| h.from >= person.from && h.from < person.until)
            );
            assert!(person.homes.windows(2).all(|w| w[0].from < w[1].from));
        }
    }
}
