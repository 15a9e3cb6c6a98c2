//! Groups and persons aggregated by the engine, whatever the plan: what a join or a window within a
//! person leaves in no order.

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::{Expr, ExprFunctionExt as _, LogicalPlanBuilder, lit};
use datafusion::prelude::SessionContext;
use futures::StreamExt as _;

use super::super::shape::{Aggregation, Measure, MeasureKind};
use super::fold::{Folding, Group, Share};
use super::keys::key_part;
use super::{Folded, Groups, ROWS_MAX, SCALE};

/// Folds each grouping set by itself, then counts the persons of all rows.
pub(super) async fn fold(
    context: &SessionContext,
    aggregation: &Aggregation<'_>,
) -> Result<Folded> {
    let mut groups = Groups::new();
    for (at, set) in aggregation.sets.iter().enumerate() {
        fold_set(context, aggregation, (at, set), &mut groups).await?;
    }
    let persons = count_all(context, aggregation).await?;
    Ok(Folded { groups, persons })
}

/// Distinct persons behind the whole answer.
async fn count_all(context: &SessionContext, aggregation: &Aggregation<'_>) -> Result<u64> {
    let plan = LogicalPlanBuilder::from(aggregation.aggregate.input.clone())
        .aggregate([aggregation.person.clone()], Vec::<Expr>::new())?
        .build()?;
    let mut stream = context
        .execute_logical_plan(plan)
        .await?
        .execute_stream()
        .await?;
    let mut persons = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        let missing = batch
            .columns()
            .first()
            .map_or(0, |column| column.null_count());
        persons += batch.num_rows() - missing;
    }
    Ok(persons as u64)
}

/// Where the columns of a partial aggregation stand.
#[derive(Debug, Clone, Copy)]
struct Places {
    person: usize,
    first_partial: usize,
}

/// Aggregates per group and person, and folds.
async fn fold_set(
    context: &SessionContext,
    aggregation: &Aggregation<'_>,
    (set_at, set): (usize, &[usize]),
    groups: &mut Groups,
) -> Result<()> {
    let chosen: Vec<Expr> = set
        .iter()
        .filter_map(|at| aggregation.groups.get(*at).cloned())
        .collect();
    // Grouped by the person itself, the engine keeps the column once.
    let person_at = chosen.iter().position(|group| *group == aggregation.person);
    let person = person_at.is_none().then(|| aggregation.person.clone());
    let places = Places {
        person: person_at.unwrap_or(chosen.len()),
        first_partial: chosen.len() + usize::from(person.is_some()),
    };
    let by_person: Vec<Expr> = chosen.into_iter().chain(person).collect();
    let partials = partial_aggregates(&aggregation.measures)?;
    let plan = LogicalPlanBuilder::from(aggregation.aggregate.input.clone())
        .aggregate(by_person, partials)?
        .build()?;
    let mut stream = context
        .execute_logical_plan(plan)
        .await?
        .execute_stream()
        .await?;
    while let Some(batch) = stream.next().await {
        fold_batch(&batch?, aggregation, (set_at, set, places), groups)?;
    }
    Ok(())
}

/// Two columns per measure: rows with a value, and their exact sum.
fn partial_aggregates(measures: &[Measure]) -> Result<Vec<Expr>> {
    let mut partials = Vec::new();
    for (at, measure) in measures.iter().enumerate() {
        let counted = measure.argument.clone().unwrap_or_else(|| lit(1_i64));
        let with_filter = |aggregate: Expr| match &measure.filter {
            Some(filter) => aggregate.filter(filter.clone()).build(),
            None => Ok(aggregate),
        };
        partials.push(with_filter(count(counted.clone()))?.alias(format!("n{at}")));
        let summed = match (measure.kind, &measure.argument) {
            (MeasureKind::Sum | MeasureKind::Mean, Some(argument)) => {
                let exact = DataType::Decimal128(38, SCALE);
                Expr::Cast(Cast::new(Box::new(argument.clone()), exact))
            }
            _ => Expr::Cast(Cast::new(
                Box::new(lit(0_i64)),
                DataType::Decimal128(38, SCALE),
            )),
        };
        partials.push(with_filter(sum(summed))?.alias(format!("s{at}")));
    }
    Ok(partials)
}

fn fold_batch(
    batch: &RecordBatch,
    aggregation: &Aggregation<'_>,
    (set_at, set, places): (usize, &[usize], Places),
    groups: &mut Groups,
) -> Result<()> {
    let group_columns = batch.columns().get(..set.len()).unwrap_or_default();
    let person = column(batch, places.person)?;
    let folding = Folding::of(&aggregation.measures);
    for row in 0..batch.num_rows() {
        let labels = group_columns
            .iter()
            .map(|column| ScalarValue::try_from_array(column, row))
            .collect::<Result<Vec<_>>>()?;
        let parts = labels.iter().map(key_part).collect::<Result<Vec<_>>>()?;
        let (_, group) = groups
            .entry((set_at, parts))
            .or_insert_with(|| (labels, Group::new(folding.len())));
        let shares = (0..folding.len())
            .map(|measure| {
                let first = places.first_partial + 2 * measure;
                Ok(Share {
                    n: integer_at(column(batch, first)?.as_ref(), row),
                    total: decimal_at(column(batch, first + 1)?.as_ref(), row),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        if person.is_valid(row) {
            group.add_person(&folding, &shares)?;
        } else {
            group.add_nobody(&folding, &shares)?;
        }
    }
    if groups.len() > ROWS_MAX {
        return Err(super::too_many_groups());
    }
    Ok(())
}

fn column(batch: &RecordBatch, at: usize) -> Result<&ArrayRef> {
    batch
        .columns()
        .get(at)
        .ok_or_else(|| DataFusionError::Internal("partial column".to_owned()))
}

fn integer_at(array: &dyn Array, row: usize) -> i64 {
    let numbers = array.as_any().downcast_ref::<Int64Array>();
    numbers
        .filter(|numbers| numbers.is_valid(row))
        .map_or(0, |numbers| numbers.value(row))
}

fn decimal_at(array: &dyn Array, row: usize) -> i128 {
    let numbers = array
        .as_any()
        .downcast_ref::<arrow::array::Decimal128Array>();
    numbers
        .filter(|numbers| numbers.is_valid(row))
        .map_or(0, |numbers| numbers.value(row))
}
