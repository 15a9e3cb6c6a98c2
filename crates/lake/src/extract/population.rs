//! The population: bucket by bucket, with the persons left after each criterion.

use catalogue::selection::Criterion;
use linkage::Cohort;

use super::criteria::BucketPersons;
use super::descriptor::AttritionStep;
use super::{ExtractError, Run};

/// The persons of an extract.
#[derive(Debug)]
pub(super) struct Population {
    /// By bucket.
    pub(super) cohorts: Vec<Cohort>,
    /// Persons left after each step.
    pub(super) attrition: Vec<AttritionStep>,
}

impl Population {
    /// How many they are.
    pub(super) fn len(&self) -> u64 {
        self.cohorts.iter().map(Cohort::len).sum()
    }
}

/// Finds the population of a permit.
pub(super) fn evaluate(run: &Run<'_>) -> Result<Population, ExtractError> {
    let criteria: Vec<&Criterion> = match &run.plan.selection.population {
        Criterion::All(parts) => parts.iter().collect(),
        whole => vec![whole],
    };
    let buckets = run.plan.buckets.count();
    let evaluated = run.in_parallel(buckets as usize, |bucket| {
        let bucket = u32::try_from(bucket).unwrap_or(u32::MAX);
        let persons = BucketPersons::load(run, bucket)?;
        let mut left = persons.base.clone();
        let mut counts = vec![left.len()];
        for criterion in &criteria {
            if !left.is_empty() {
                left = left.and(&persons.meeting(criterion)?);
            }
            counts.push(left.len());
        }
        Ok((left, counts))
    })?;
    let mut attrition: Vec<AttritionStep> = std::iter::once(None)
        .chain(
            criteria
                .into_iter()
                .map(|criterion| Some(criterion.clone())),
        )
        .map(|criterion| AttritionStep {
            criterion,
            persons: 0,
        })
        .collect();
    let mut cohorts = Vec::with_capacity(evaluated.len());
    for (cohort, counts) in evaluated {
        for (step, count) in attrition.iter_mut().zip(counts) {
            step.persons += count;
        }
        cohorts.push(cohort);
    }
    Ok(Population { cohorts, attrition })
}
