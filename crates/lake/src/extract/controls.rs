//! Matched controls: what is known of cases and candidates, gathered bucket by bucket, and the draw.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use catalogue::selection::{Controls, MatchOn};
use linkage::matching::{Control, Facts, Home, Matching, People, Terms};
use linkage::{Cohort, Draw, Lots, PersonNumber, PseudonymKey};

use super::ExtractError;
use super::criteria::BucketPersons;
use super::facts::{FEMALE, MALE};
use super::search::Search;
use crate::reception::parse::civil_from_days;

/// Years of birth within a stratum's number.
const YEARS: u32 = 100_000;

/// A bucket's cases and candidates.
#[derive(Debug, Default)]
pub(super) struct Side {
    cases: People,
    pool: People,
}

/// Numbers for municipalities. Which number one gets depends on who comes first; only whether two
/// are the same is ever asked.
#[derive(Debug, Default)]
pub(super) struct Municipalities(Mutex<BTreeMap<String, u32>>);

impl Municipalities {
    fn number(&self, code: &str) -> u32 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.get(code) {
            return *number;
        }
        let number = u32::try_from(known.len()).unwrap_or(u32::MAX);
        known.insert(code.to_owned(), number);
        number
    }
}

/// Cases and candidates of a bucket; nobody, where no controls are asked for.
pub(super) fn sides(
    persons: &BucketPersons<'_>,
    met: &Cohort,
    places: &Municipalities,
) -> Result<Side, ExtractError> {
    let Some(controls) = &persons.run.plan.selection.controls else {
        return Ok(Side::default());
    };
    let others = persons.base.minus(met);
    let pool = persons.meeting(&controls.among, &others)?;
    Ok(Side {
        cases: people(persons, met, controls, places)?,
        pool: people(persons, &pool, controls, places)?,
    })
}

/// What is known of a cohort's persons. Who lacks what is matched on is left out: nobody is like them.
fn people(
    persons: &BucketPersons<'_>,
    cohort: &Cohort,
    controls: &Controls,
    places: &Municipalities,
) -> Result<People, ExtractError> {
    let (run, bucket) = (persons.run, persons.bucket);
    let sexes = run.sexes(bucket, cohort)?;
    let deaths = persons.deaths(cohort)?;
    let mut homes: BTreeMap<u32, Vec<Home>> = BTreeMap::new();
    if controls.matches(MatchOn::Residence) {
        run.each_address(bucket, cohort, &mut |person, address| {
            homes.entry(person).or_default().push(Home {
                from: address.from,
                to: address.to,
                municipality: places.number(address.municipality),
            });
        })?;
    }
    let mut people = People::default();
    for person in cohort.iter() {
        let number = person.value();
        let born = persons.births.get(&number).copied();
        let Some(stratum) = stratum(controls, sexes.get(&number).copied(), born) else {
            continue;
        };
        let facts = Facts {
            number: person,
            stratum,
            born,
            died: deaths.get(&number).copied(),
            index: persons.index.get(&number).copied(),
        };
        people.push(facts, homes.get(&number).map_or(&[], Vec::as_slice));
    }
    Ok(people)
}

/// What cases and controls have in common whatever the time. A person of both sexes is like nobody.
fn stratum(controls: &Controls, sex: Option<u8>, born: Option<i32>) -> Option<u32> {
    let sex = match (controls.matches(MatchOn::Sex), sex) {
        (false, _) => 0,
        (true, Some(sex @ (MALE | FEMALE))) => u32::from(sex),
        (true, _) => return None,
    };
    let year = if controls.matches(MatchOn::BirthYear) {
        u32::try_from(civil_from_days(born?).0.rem_euclid(YEARS.cast_signed())).ok()?
    } else {
        0
    };
    Some(sex * YEARS + year)
}

/// Draws the controls of those cases that were taken.
pub(super) fn draw(
    run: &Search<'_>,
    controls: &Controls,
    sides: Vec<Side>,
    taken: &[Cohort],
) -> Result<Vec<Control>, ExtractError> {
    let key = PseudonymKey::from_bytes(run.keys.pseudonyms.expose());
    let terms = Terms {
        per_case: usize::from(controls.per_case),
        reused: controls.reused,
        alive: controls.matches(MatchOn::Alive),
        residence: controls.matches(MatchOn::Residence),
        cases: Lots::new(&key, Draw::Cases, controls.seed),
        controls: Lots::new(&key, Draw::Controls, controls.seed),
    };
    let (mut cases, mut pool) = (People::default(), People::default());
    for (mut side, taken) in sides.into_iter().zip(taken) {
        side.cases
            .retain(|person: PersonNumber| taken.contains(person));
        cases.append(&side.cases);
        pool.append(&side.pool);
    }
    let matching = Matching::new(terms, cases, pool);
    let drawn = run.in_parallel(matching.n_strata(), |stratum| Ok(matching.draw(stratum)))?;
    let mut drawn: Vec<Control> = drawn.into_iter().flatten().collect();
    drawn.sort_unstable();
    Ok(drawn)
}
