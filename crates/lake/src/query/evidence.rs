//! Aggregates with their evidence.
//!
//! What one person brings to a group is added up first; then persons are folded into the group one
//! by one. A cell's value and its evidence come from the same fold, so they cannot disagree, and
//! whole numbers and decimals are summed exactly, whatever the order and the number of threads.
//!
//! An extract lies sorted by person. A plan that keeps that order is folded in one pass over it
//! (`in_order`); any other is aggregated per group and person by the engine (`by_person`).

mod by_person;
mod fold;
mod in_order;
mod keys;

use std::collections::BTreeMap;

use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use disclosure::ProtectedTable;

pub(super) use fold::Group;
pub(super) use keys::KeyPart;

use super::arrange::Arranged;
use super::shape::Aggregation;

/// Decimals are summed in millionths.
const SCALE: i8 = 6;
/// Groups of one answer.
const ROWS_MAX: usize = base::limits::RESULT_ROWS_MAX;

/// Groups by grouping set and label, in the order of their labels.
pub(super) type Groups = BTreeMap<(usize, Vec<KeyPart>), (Vec<ScalarValue>, Group)>;

/// What folding a plan's rows gives.
struct Folded {
    groups: Groups,
    /// Distinct persons behind the whole answer.
    persons: u64,
}

fn too_many_groups() -> DataFusionError {
    DataFusionError::ResourcesExhausted("groups".to_owned())
}

/// Computes an aggregation with evidence per cell.
pub(super) async fn compute(
    context: &SessionContext,
    aggregation: &Aggregation<'_>,
) -> Result<ProtectedTable> {
    let folded = match in_order::fold(context, aggregation).await? {
        Some(folded) => folded,
        None => by_person::fold(context, aggregation).await?,
    };
    let Folded {
        mut groups,
        persons,
    } = folded;
    if aggregation.sets.iter().any(Vec::is_empty) && groups.is_empty() {
        let empty = Group::new(aggregation.measures.len());
        groups.insert((0, Vec::new()), (Vec::new(), empty));
    }
    arrange(context, aggregation, &groups, persons)
}

/// The table of an aggregation over nobody.
pub(super) fn of_nobody(
    context: &SessionContext,
    aggregation: &Aggregation<'_>,
) -> Result<ProtectedTable> {
    arrange(context, aggregation, &Groups::new(), 0)
}

fn arrange(
    context: &SessionContext,
    aggregation: &Aggregation<'_>,
    groups: &Groups,
    persons: u64,
) -> Result<ProtectedTable> {
    let mut result = Arranged::new(aggregation, groups)?;
    for node in &aggregation.above {
        match node {
            LogicalPlan::Projection(projection) => result.project(context, projection)?,
            LogicalPlan::Sort(sort) => result.sort(context, sort)?,
            _ => {}
        }
    }
    result.into_table(persons)
}
