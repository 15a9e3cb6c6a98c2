//! From a plan and a block number to the rows of every table.

use arrow::array::RecordBatch;

use crate::demography::people;
use crate::diabetes::{Places, course};
use crate::family;
use crate::figures::figures;
use crate::health::{Health, health};
use crate::life::Life;
use crate::person::{Person, Sex};
use crate::plan::Plan;
use crate::registers::{
    causes, civil, clinic, hospitals, laboratory, medicine, services, statistics,
};
use crate::writer::Tables;

/// All rows of one block: pairs of a place in [`Plan::tables`] and a batch, one for every
/// table, in that order. Depends on nothing but `plan` and `block`.
pub fn generate_block(plan: &Plan, block: u32) -> Vec<(usize, RecordBatch)> {
    let figures = figures();
    let places = Places::of(figures);
    let mut tables = Tables::new();
    let mut people = people(plan, block);
    family::bind(plan.seed, &mut people);
    let births = births(&people);
    let years = (plan.first(), plan.last());
    for (person, births) in people.iter().zip(&births) {
        let mut health: Health = health(plan.seed, figures, person);
        let diabetes = course(plan.seed, places, person, &mut health);
        let life = Life {
            seed: plan.seed,
            figures,
            person,
            health: &health,
            diabetes,
            births,
            years,
        };
        civil::record(&mut tables, &people, person, plan.last());
        hospitals::record(&mut tables, &life);
        medicine::record(&mut tables, &life);
        laboratory::record(&mut tables, &life, places);
        services::record(&mut tables, &life);
        causes::record(&mut tables, &life);
        clinic::record(&mut tables, &life, places);
    }
    statistics::record(&mut tables, plan.seed, &people, years);
    tables.finish()
}

/// The days on which each person of the block gave birth.
fn births(people: &[Person]) -> Vec<Vec<i32>> {
    let mut births = vec![Vec::new(); people.len()];
    for child in people {
        let mother = child
            .mother
            .filter(|&m| people.get(m).is_some_and(|p| p.sex == Sex::Woman));
        if let Some(days) = mother.and_then(|m| births.get_mut(m)) {
            days.push(child.born);
        }
    }
    births
}
