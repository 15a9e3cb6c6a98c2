//! The population: bucket by bucket the persons who meet the criteria, then who is drawn of them, and
//! who stands beside them.

use std::collections::BTreeMap;

use catalogue::selection::Criterion;
use linkage::matching::Control;
use linkage::{Cohort, Draw, Lots, PersonNumber, PseudonymKey};

use super::ExtractError;
use super::controls::{self, Municipalities, Side};
use super::criteria::BucketPersons;
use super::descriptor::{AttritionKind, AttritionStep};
use super::relatives::{self, Relative};
use super::search::Search;

/// The persons of an extract.
#[derive(Debug, Default)]
pub(super) struct Population {
    /// By bucket, whoever's rows are in the extract.
    pub(super) cohorts: Vec<Cohort>,
    /// Persons left after each step.
    pub(super) attrition: Vec<AttritionStep>,
    /// By bucket, the index dates that a person's rows are looked at around: the own one, those of a
    /// control's cases, those of whom a relative is related to. Only where a table asks for them.
    pub(super) references: Vec<BTreeMap<u32, Vec<i32>>>,
    /// Controls with their cases, in order.
    pub(super) controls: Vec<Control>,
    /// Relatives with whom they are related to, in order.
    pub(super) relatives: Vec<Relative>,
}

/// What one bucket answers.
struct Found {
    /// Persons left after each criterion, the base population first.
    counts: Vec<u64>,
    base: Cohort,
    met: Cohort,
    index: BTreeMap<u32, i32>,
    sides: Side,
}

impl Population {
    /// How many they are.
    pub(super) fn len(&self) -> u64 {
        count(&self.cohorts)
    }

    fn step(&mut self, kind: AttritionKind, criterion: Option<Criterion>, persons: u64) {
        self.attrition.push(AttritionStep {
            kind,
            criterion,
            persons,
        });
    }

    /// Adds persons who stand beside the population.
    fn add(&mut self, run: &Search<'_>, persons: impl Iterator<Item = PersonNumber>) {
        for person in persons {
            let bucket = run.plan.buckets.bucket_of(person);
            if let Some(cohort) = bucket.and_then(|at| self.cohorts.get_mut(at as usize)) {
                cohort.insert(person);
            }
        }
    }
}

fn count(cohorts: &[Cohort]) -> u64 {
    cohorts.iter().map(Cohort::len).sum()
}

/// Finds the population of a permit.
pub(super) fn evaluate(run: &Search<'_>) -> Result<Population, ExtractError> {
    let selection = run.plan.selection;
    let criteria: Vec<&Criterion> = match &selection.population {
        Criterion::All(parts) => parts.iter().collect(),
        whole => vec![whole],
    };
    let places = Municipalities::default();
    let buckets = run.plan.buckets.count();
    let found = run.in_parallel(buckets as usize, |bucket| {
        let bucket = u32::try_from(bucket).unwrap_or(u32::MAX);
        of_bucket(run, bucket, &criteria, &places)
    })?;
    let mut population = Population::default();
    for (at, criterion) in std::iter::once(None)
        .chain(criteria.into_iter().map(Some))
        .enumerate()
    {
        let counts = found.iter().filter_map(|found| found.counts.get(at));
        let kind = match criterion {
            None => AttritionKind::Base,
            Some(_) => AttritionKind::Criterion,
        };
        population.step(kind, criterion.cloned(), counts.sum());
    }
    population.cohorts = drawn(run, &found);
    if selection.sample.is_some() {
        let persons = population.len();
        population.step(AttritionKind::Sample, None, persons);
    }
    add_beside(run, found, &mut population)?;
    Ok(population)
}

fn of_bucket(
    run: &Search<'_>,
    bucket: u32,
    criteria: &[&Criterion],
    places: &Municipalities,
) -> Result<Found, ExtractError> {
    run.check_cancel()?;
    let persons = BucketPersons::load(run, bucket)?;
    let mut met = persons.base.clone();
    let mut counts = vec![met.len()];
    for criterion in criteria {
        met = persons.meeting(criterion, &met)?;
        counts.push(met.len());
    }
    let sides = controls::sides(&persons, &met, places)?;
    let mut index = persons.index;
    index.retain(|person, _| met.contains(PersonNumber::new(*person)));
    Ok(Found {
        counts,
        base: persons.base,
        met,
        index,
        sides,
    })
}

/// Those who are drawn of those who met the criteria: all, if there is no sample.
fn drawn(run: &Search<'_>, found: &[Found]) -> Vec<Cohort> {
    let Some(sample) = run.plan.selection.sample else {
        return found.iter().map(|found| found.met.clone()).collect();
    };
    let key = PseudonymKey::from_bytes(run.keys.pseudonyms.expose());
    let lots = Lots::new(&key, Draw::Sample, sample.seed);
    let everybody = found.iter().flat_map(|found| found.met.iter());
    let mut order: Vec<(u64, PersonNumber)> =
        everybody.map(|person| (lots.of(person), person)).collect();
    let size = sample.size.of(order.len() as u64);
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size < order.len() {
        order.select_nth_unstable(size);
        order.truncate(size);
    }
    let drawn: Cohort = order.into_iter().map(|(_, person)| person).collect();
    found.iter().map(|found| found.met.and(&drawn)).collect()
}

/// Adds controls and relatives of those who were drawn.
fn add_beside(
    run: &Search<'_>,
    found: Vec<Found>,
    population: &mut Population,
) -> Result<(), ExtractError> {
    let selection = run.plan.selection;
    let cases = population.cohorts.clone();
    let mut bases = Vec::with_capacity(found.len());
    let mut indices = Vec::with_capacity(found.len());
    let mut sides = Vec::with_capacity(found.len());
    for bucket in found {
        bases.push(bucket.base);
        indices.push(bucket.index);
        sides.push(bucket.sides);
    }
    if let Some(terms) = &selection.controls {
        population.controls = controls::draw(run, terms, sides, &cases)?;
        let drawn = std::mem::take(&mut population.controls);
        population.add(run, drawn.iter().map(|pair| pair.control));
        population.controls = drawn;
        let persons = population.len();
        population.step(AttritionKind::Controls, None, persons);
    }
    if !selection.relatives.is_empty() {
        let found = relatives::find(run, &cases, &bases)?;
        population.add(run, found.iter().map(|pair| pair.relative));
        population.relatives = found;
        let persons = population.len();
        population.step(AttritionKind::Relatives, None, persons);
    }
    if selection.tables.iter().any(|table| table.window.is_some()) {
        population.references = references(run, population, &cases, &indices);
    }
    Ok(())
}

fn references(
    run: &Search<'_>,
    population: &Population,
    cases: &[Cohort],
    indices: &[BTreeMap<u32, i32>],
) -> Vec<BTreeMap<u32, Vec<i32>>> {
    let bucket_of = |person| run.plan.buckets.bucket_of(person).map(|at| at as usize);
    let index_of = |person: PersonNumber| {
        let indices = indices.get(bucket_of(person)?)?;
        indices.get(&person.value()).copied()
    };
    let mut references: Vec<BTreeMap<u32, Vec<i32>>> = vec![BTreeMap::new(); cases.len()];
    let mut add = |person: PersonNumber, of: PersonNumber| {
        let place = bucket_of(person).and_then(|at| references.get_mut(at));
        if let Some((place, day)) = place.zip(index_of(of)) {
            place.entry(person.value()).or_default().push(day);
        }
    };
    for person in cases.iter().flat_map(Cohort::iter) {
        add(person, person);
    }
    for pair in &population.controls {
        add(pair.control, pair.case);
    }
    for pair in &population.relatives {
        add(pair.relative, pair.related_to);
    }
    for days in references.iter_mut().flat_map(BTreeMap::values_mut) {
        days.sort_unstable();
        days.dedup();
    }
    references
}
