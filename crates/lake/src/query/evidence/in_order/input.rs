//! What one pass reads: labels, the person, and one or two columns per measure.

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, Decimal128Array, Int64Array, RecordBatch,
};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use datafusion::common::DFSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, LogicalPlanBuilder};

use super::super::super::shape::{Aggregation, Measure, MeasureKind};
use super::super::SCALE;
use super::super::fold::MILLION;

/// Where the columns of the pass stand: labels first, then the person, then measures.
pub(super) struct Inputs {
    pub(super) n_groups: usize,
    measures: Vec<Input>,
}

/// Where a measure finds its argument and its condition.
struct Input {
    argument: Option<(usize, Reading)>,
    filter: Option<usize>,
}

/// How an argument is read.
#[derive(Debug, Clone, Copy)]
enum Reading {
    /// Whether there is a value.
    Presence,
    /// Whole numbers.
    Whole,
    /// Decimals in millionths.
    Decimal,
}

/// The projection of an aggregation's input that one pass reads.
pub(super) fn project(aggregation: &Aggregation<'_>) -> Result<(LogicalPlan, Inputs)> {
    let input = aggregation.aggregate.input.as_ref();
    let mut columns = aggregation.groups.clone();
    columns.push(aggregation.person.clone());
    let mut measures = Vec::new();
    for measure in &aggregation.measures {
        let argument = match &measure.argument {
            Some(argument) => {
                let (column, reading) = argument_of(measure, argument, input.schema())?;
                columns.push(column);
                Some((columns.len() - 1, reading))
            }
            None => None,
        };
        let filter = measure.filter.clone().map(|filter| {
            columns.push(filter);
            columns.len() - 1
        });
        measures.push(Input { argument, filter });
    }
    let named = columns
        .into_iter()
        .enumerate()
        .map(|(at, column)| column.alias(format!("c{at}")));
    let plan = LogicalPlanBuilder::from(input.clone())
        .project(named)?
        .build()?;
    let inputs = Inputs {
        n_groups: aggregation.groups.len(),
        measures,
    };
    Ok((plan, inputs))
}

fn argument_of(measure: &Measure, argument: &Expr, schema: &DFSchema) -> Result<(Expr, Reading)> {
    let read_as = |data_type| Expr::Cast(Cast::new(Box::new(argument.clone()), data_type));
    Ok(match measure.kind {
        MeasureKind::Persons | MeasureKind::Count => (argument.clone(), Reading::Presence),
        MeasureKind::Sum | MeasureKind::Mean => match argument.get_type(schema)? {
            DataType::Int64 | DataType::Int32 | DataType::Int16 | DataType::Int8 => {
                (read_as(DataType::Int64), Reading::Whole)
            }
            _ => (read_as(DataType::Decimal128(38, SCALE)), Reading::Decimal),
        },
    })
}

/// The columns of one batch.
pub(super) struct Columns<'a> {
    pub(super) labels: &'a [ArrayRef],
    pub(super) persons: &'a Int64Array,
    pub(super) measures: Vec<Values<'a>>,
}

/// What rows bring to one measure.
pub(super) struct Values<'a> {
    argument: Argument<'a>,
    filter: Option<&'a BooleanArray>,
}

enum Argument<'a> {
    Rows,
    Presence(&'a ArrayRef),
    Whole(&'a Int64Array),
    Decimal(&'a Decimal128Array),
}

impl Inputs {
    /// The columns of a batch; nothing if not every row has a person.
    pub(super) fn columns<'a>(&self, batch: &'a RecordBatch) -> Result<Option<Columns<'a>>> {
        let columns = batch.columns();
        let labels = columns.get(..self.n_groups).unwrap_or_default();
        let persons = column(columns, self.n_groups)?;
        let Some(persons) = persons.as_primitive_opt::<Int64Type>() else {
            return Ok(None);
        };
        if persons.null_count() > 0 {
            return Ok(None);
        }
        let measures = self.measures.iter().map(|input| {
            let argument = match input.argument {
                None => Argument::Rows,
                Some((at, Reading::Presence)) => Argument::Presence(column(columns, at)?),
                Some((at, Reading::Whole)) => {
                    Argument::Whole(column(columns, at)?.as_primitive::<Int64Type>())
                }
                Some((at, Reading::Decimal)) => {
                    Argument::Decimal(column(columns, at)?.as_primitive::<Decimal128Type>())
                }
            };
            let filter = match input.filter {
                Some(at) => Some(column(columns, at)?.as_boolean()),
                None => None,
            };
            Ok(Values { argument, filter })
        });
        Ok(Some(Columns {
            labels,
            persons,
            measures: measures.collect::<Result<_>>()?,
        }))
    }
}

fn column(columns: &[ArrayRef], at: usize) -> Result<&ArrayRef> {
    columns
        .get(at)
        .ok_or_else(|| DataFusionError::Internal("input column".to_owned()))
}

impl Values<'_> {
    /// Rows with a value that a row counts for, and the value in millionths.
    pub(super) fn at(&self, row: usize) -> (i64, i128) {
        if self
            .filter
            .is_some_and(|filter| filter.is_null(row) || !filter.value(row))
        {
            return (0, 0);
        }
        match self.argument {
            Argument::Rows => (1, 0),
            Argument::Presence(values) => (i64::from(values.is_valid(row)), 0),
            Argument::Whole(values) if values.is_valid(row) => {
                (1, i128::from(values.value(row)) * MILLION)
            }
            Argument::Decimal(values) if values.is_valid(row) => (1, values.value(row)),
            Argument::Whole(_) | Argument::Decimal(_) => (0, 0),
        }
    }
}
