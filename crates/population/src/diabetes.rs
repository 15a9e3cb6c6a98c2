//! The course of a person's diabetes: treatments in their order, control, kidneys.

use crate::calendar::day;
use crate::figures::Figures;
use crate::health::{Health, NEVER};
use crate::number::{exp, round};
use crate::person::Person;
use crate::random::{Draws, Topic};

/// Share of kidney disease that an early SGLT2 inhibitor prevents in this Denmark.
/// Trials and cohort studies show a hazard ratio of about 0.6; general knowledge.
const PREVENTED_BY_EARLY_SGLT2: f64 = 0.4;

/// A person's diabetes.
#[derive(Debug, Clone)]
pub(crate) struct Diabetes {
    /// 1 or 2.
    pub(crate) kind: i32,
    pub(crate) onset: i32,
    pub(crate) metformin: i32,
    pub(crate) sulfonylurea: i32,
    pub(crate) dpp4: i32,
    pub(crate) sglt2: i32,
    pub(crate) glp1: i32,
    pub(crate) insulin: i32,
    /// The person's own level of HbA1c in mmol/mol once treated.
    pub(crate) level: f64,
}

/// The places of the conditions the course touches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub(crate) type_1: usize,
    pub(crate) type_2: usize,
    pub(crate) kidney: usize,
    pub(crate) heart_failure: usize,
    pub(crate) ischaemic: usize,
}

impl Places {
    pub(crate) fn of(figures: &Figures) -> Self {
        Self {
            type_1: figures.condition("type_1_diabetes"),
            type_2: figures.condition("type_2_diabetes"),
            kidney: figures.condition("chronic_kidney_disease"),
            heart_failure: figures.condition("heart_failure"),
            ischaemic: figures.condition("ischaemic_heart_disease"),
        }
    }
}

/// Plans the course and, for early users of an SGLT2 inhibitor, spares some kidneys.
pub(crate) fn course(
    seed: u64,
    places: Places,
    person: &Person,
    health: &mut Health,
) -> Option<Diabetes> {
    let mut draws = Draws::new(seed, person.key, Topic::Diabetes, 0);
    let (one, two) = (health.onset(places.type_1), health.onset(places.type_2));
    if one != NEVER {
        health.set_onset(places.type_2, NEVER);
        return Some(type_1(one, &mut draws));
    }
    if two == NEVER {
        return None;
    }
    let diabetes = type_2(two, places, person, health, &mut draws);
    let kidney = health.onset(places.kidney);
    if diabetes.early_sglt2()
        && kidney != NEVER
        && kidney > diabetes.sglt2
        && draws.chance(PREVENTED_BY_EARLY_SGLT2)
    {
        health.set_onset(places.kidney, NEVER);
    }
    Some(diabetes)
}

fn type_1(onset: i32, draws: &mut Draws) -> Diabetes {
    Diabetes {
        kind: 1,
        onset,
        metformin: NEVER,
        sulfonylurea: NEVER,
        dpp4: NEVER,
        sglt2: NEVER,
        glp1: NEVER,
        insulin: onset + draws.below(14),
        level: 61.0 * exp(0.17 * draws.normal()),
    }
}

fn type_2(
    onset: i32,
    places: Places,
    person: &Person,
    health: &Health,
    draws: &mut Draws,
) -> Diabetes {
    let years = |mean: f64, draws: &mut Draws| round(draws.waiting(mean * 365.25).min(30_000.0));
    let market = |year: i32, start: i32| start.max(day(year, 1, 1));
    let metformin = if draws.chance(0.83) {
        market(1995, onset + years(0.35, draws))
    } else {
        NEVER
    };
    let treated = metformin.min(onset + 700);
    let old = draws.chance(0.34);
    let sulfonylurea = if old {
        market(1995, treated + years(2.5, draws))
    } else {
        NEVER
    };
    let sulfonylurea = if sulfonylurea > day(2014, 1, 1) {
        NEVER
    } else {
        sulfonylurea
    };
    let dpp4 = if draws.chance(0.2) {
        market(2007, treated + years(4.0, draws))
    } else {
        NEVER
    };
    let heart = health
        .onset(places.heart_failure)
        .min(health.onset(places.ischaemic));
    let eager = if heart == NEVER { 0.46 } else { 0.62 };
    let sglt2 = if draws.chance(eager) {
        sglt2_start(treated, draws)
    } else {
        NEVER
    };
    let glp1 = if draws.chance(0.36) {
        later_start(2010, treated, 5.0, draws)
    } else {
        NEVER
    };
    let insulin = if draws.chance(0.30) {
        market(1990, treated + years(7.0, draws))
    } else {
        NEVER
    };
    let poor = if insulin < person.until { 0.09 } else { 0.0 };
    Diabetes {
        kind: 2,
        onset,
        metformin,
        sulfonylurea,
        dpp4,
        sglt2,
        glp1,
        insulin,
        level: 50.0 * exp(0.15 * draws.normal() + poor),
    }
}

/// SGLT2 inhibitors came in 2013; the later diabetes begins, the sooner they are used.
fn sglt2_start(treated: i32, draws: &mut Draws) -> i32 {
    let introduced = day(2013, 2, 1);
    if treated < introduced {
        return introduced + round(draws.waiting(5.5 * 365.25).min(30_000.0));
    }
    let years_since = f64::from(treated - introduced) / 365.25;
    let mean = (4.5 - 0.32 * years_since).max(0.8);
    treated + round(draws.waiting(mean * 365.25).min(30_000.0))
}

fn later_start(year: i32, treated: i32, mean: f64, draws: &mut Draws) -> i32 {
    treated.max(day(year, 1, 1)) + round(draws.waiting(mean * 365.25).min(30_000.0))
}

impl Diabetes {
    /// True if the SGLT2 inhibitor began within a year of the first glucose-lowering drug.
    pub(crate) fn early_sglt2(&self) -> bool {
        self.sglt2 != NEVER
            && self.sglt2 <= self.metformin.min(self.onset).saturating_add(365 + 180)
    }

    /// HbA1c on a day, before the variation between samples.
    pub(crate) fn hba1c(&self, on: i32) -> f64 {
        let years = f64::from(on - self.onset) / 365.25;
        if self.kind == 2 && years < 0.3 {
            return self.level + 6.0;
        }
        let drift = if self.kind == 2 {
            0.35 * years.min(20.0)
        } else {
            0.0
        };
        let lowered = |start: i32, by: f64| if start <= on { by } else { 0.0 };
        self.level + drift - lowered(self.sglt2, 3.0) - lowered(self.glp1, 4.0)
    }
}
