//! Relatives: whose mother and father is whom, over all buckets.

use catalogue::selection::Kinship;
use linkage::{Cohort, PersonNumber};

use super::ExtractError;
use super::search::Search;

/// A relative of somebody of the population.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Relative {
    /// Somebody of the population.
    pub(super) related_to: PersonNumber,
    /// What the relative is to them.
    pub(super) kinship: Kinship,
    /// The relative.
    pub(super) relative: PersonNumber,
}

/// Pairs of persons, found by the first.
struct Links(Vec<(u32, u32)>);

impl Links {
    fn new(mut pairs: Vec<(u32, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    fn of(&self, person: u32) -> impl Iterator<Item = u32> {
        let from = self.0.partition_point(|(first, _)| *first < person);
        let rest = self.0.get(from..).unwrap_or(&[]).iter();
        rest.take_while(move |(first, _)| *first == person)
            .map(|(_, second)| *second)
    }
}

/// The relatives of some persons, among all persons, in order.
pub(super) fn find(
    run: &Search<'_>,
    persons: &[Cohort],
    everybody: &[Cohort],
) -> Result<Vec<Relative>, ExtractError> {
    let found = run.in_parallel(everybody.len(), |at| {
        let cohort = everybody.get(at).cloned().unwrap_or_default();
        run.parents(u32::try_from(at).unwrap_or(u32::MAX), &cohort)
    })?;
    let pairs: Vec<(u32, u32)> = found.into_iter().flatten().collect();
    let parents = Links::new(
        pairs
            .iter()
            .map(|(parent, child)| (*child, *parent))
            .collect(),
    );
    let children = Links::new(pairs);
    let exists = |person: PersonNumber| {
        let bucket = run.plan.buckets.bucket_of(person);
        let cohort = bucket.and_then(|at| everybody.get(at as usize));
        cohort.is_some_and(|cohort| cohort.contains(person))
    };
    let mut relatives = Vec::new();
    for person in persons.iter().flat_map(Cohort::iter) {
        let own = person.value();
        for kinship in &run.plan.selection.relatives {
            let found: Vec<u32> = match kinship {
                Kinship::Parents => parents.of(own).collect(),
                Kinship::Children => children.of(own).collect(),
                Kinship::Siblings => {
                    let parents = parents.of(own);
                    parents.flat_map(|parent| children.of(parent)).collect()
                }
            };
            let others = found.into_iter().filter(|other| *other != own);
            relatives.extend(
                others
                    .map(PersonNumber::new)
                    .filter(|other| exists(*other))
                    .map(|relative| Relative {
                        related_to: person,
                        kinship: *kinship,
                        relative,
                    }),
            );
        }
    }
    relatives.sort_unstable();
    relatives.dedup();
    Ok(relatives)
}
