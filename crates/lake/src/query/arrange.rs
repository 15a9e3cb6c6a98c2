//! The folded groups on their way through the projections and sorts above the aggregate.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{SortColumn, lexsort_to_indices, take};
use arrow::datatypes::{DataType, SchemaRef};
use catalogue::Text;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::expr::Alias;
use datafusion::logical_expr::{Expr, Projection, Sort};
use datafusion::prelude::SessionContext;
use disclosure::{
    Cell, Column, ColumnKind, Evidence, LabelSource, Lineage, ProtectedTable, Row, UnprovenReason,
    Value,
};

use super::evidence::Groups;
use super::lineage::Origin;
use super::shape::{Aggregation, MeasureKind};
use super::values;

/// The folded groups as a batch, on its way through the projections and sorts above the aggregate.
/// What a sort was by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SortedBy {
    Label(usize),
    Measure(usize),
    Computed,
}

pub(super) struct Arranged {
    batch: RecordBatch,
    schema: Arc<DFSchema>,
    columns: Vec<Column>,
    /// Which measure a column shows, if it shows one unchanged.
    measures: Vec<Option<usize>>,
    /// Which labels are margins: per row of the fold, per column of the aggregate's groups.
    margins: Vec<Vec<bool>>,
    /// Which group a column shows, if it shows one unchanged.
    labels: Vec<Option<usize>>,
    /// Row of the fold behind each row.
    order: Vec<usize>,
    evidence: Vec<Vec<Evidence>>,
    /// Distinct persons of each group of the fold.
    persons: Vec<u64>,
    /// Columns that a sort used, as they stood then: measures, or something computed.
    sorted_by: Vec<SortedBy>,
}

impl Arranged {
    pub(super) fn new(aggregation: &Aggregation<'_>, groups: &Groups) -> Result<Self> {
        let schema = aggregation.aggregate.schema.clone();
        let arrow_schema: SchemaRef = schema.inner().clone();
        let n_groups = aggregation.groups.len();
        let n_measures = aggregation.measures.len();
        let n_hidden = arrow_schema.fields().len() - n_groups - n_measures;
        let mut builders: Vec<Vec<ScalarValue>> = vec![Vec::new(); arrow_schema.fields().len()];
        let mut margins = Vec::new();
        for ((set_at, _), (labels, group)) in groups {
            let set = aggregation
                .sets
                .get(*set_at)
                .map(Vec::as_slice)
                .unwrap_or_default();
            margins.push((0..n_groups).map(|at| !set.contains(&at)).collect());
            for (at, (builder, field)) in builders.iter_mut().zip(arrow_schema.fields()).enumerate()
            {
                let value = if at < n_groups {
                    let label = set.iter().position(|in_set| *in_set == at);
                    label.and_then(|position| labels.get(position).cloned())
                } else {
                    let measure = at.checked_sub(n_groups + n_hidden);
                    measure.and_then(|at| {
                        let kind = aggregation.measures.get(at)?.kind;
                        Some(
                            group
                                .sums
                                .get(at)?
                                .value(kind, field.data_type().is_integer()),
                        )
                    })
                };
                let missing = || ScalarValue::try_from(field.data_type());
                let value = value.map_or_else(missing, |value| value.cast_to(field.data_type()))?;
                builder.push(value);
            }
        }
        let evidence = groups
            .values()
            .map(|(_, group)| {
                (0..n_measures)
                    .filter_map(|at| group.evidence(at))
                    .collect()
            })
            .collect();
        let persons = groups.values().map(|(_, group)| group.persons).collect();
        let arrays = builders
            .into_iter()
            .zip(arrow_schema.fields())
            .map(|(values, field)| nullable_array(values, field.data_type()))
            .collect::<Result<Vec<_>>>()?;
        let columns = (0..arrow_schema.fields().len())
            .map(|at| aggregate_column(aggregation, &arrow_schema, at, n_groups + n_hidden))
            .collect();
        let measure_of = |at: usize| at.checked_sub(n_groups + n_hidden);
        Ok(Self {
            order: (0..groups.len()).collect(),
            batch: batch_of(arrays, groups.len())?,
            columns,
            measures: (0..arrow_schema.fields().len()).map(measure_of).collect(),
            labels: (0..arrow_schema.fields().len())
                .map(|at| (at < n_groups).then_some(at))
                .collect(),
            margins,
            schema,
            evidence,
            persons,
            sorted_by: Vec::new(),
        })
    }

    fn evaluate(&self, context: &SessionContext, expression: &Expr) -> Result<ArrayRef> {
        let physical = context.create_physical_expr(expression.clone(), &self.schema)?;
        physical
            .evaluate(&self.batch)?
            .into_array(self.batch.num_rows())
    }

    pub(super) fn project(
        &mut self,
        context: &SessionContext,
        projection: &Projection,
    ) -> Result<()> {
        let mut arrays = Vec::new();
        let (mut columns, mut measures, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for (expression, field) in projection.expr.iter().zip(projection.schema.fields()) {
            arrays.push(self.evaluate(context, expression)?);
            let shown = self.index_of(expression);
            let source = shown.and_then(|at| self.columns.get(at).cloned());
            let mut column = source.unwrap_or_else(|| self.computed(expression));
            column.name.clone_from(field.name());
            columns.push(column);
            measures.push(shown.and_then(|at| self.measures.get(at).copied().flatten()));
            labels.push(shown.and_then(|at| self.labels.get(at).copied().flatten()));
        }
        self.batch = batch_of(arrays, self.batch.num_rows())?;
        self.schema = projection.schema.clone();
        (self.columns, self.measures, self.labels) = (columns, measures, labels);
        Ok(())
    }

    /// A column that an expression computes from others: a label of the author's if it rests on labels
    /// only, otherwise a number that is shown and not released.
    fn computed(&self, expression: &Expr) -> Column {
        let rests_on_measure = expression.column_refs().iter().any(|column| {
            let at = self.schema.maybe_index_of_column(column);
            at.and_then(|at| self.columns.get(at))
                .is_none_or(|column| !matches!(column.kind, ColumnKind::Group(_)))
        });
        let kind = if rests_on_measure {
            ColumnKind::Derived
        } else {
            ColumnKind::Group(LabelSource::Free)
        };
        Column {
            name: String::new(),
            heading: Text::default(),
            kind,
        }
    }

    fn index_of(&self, expression: &Expr) -> Option<usize> {
        match expression {
            Expr::Column(column) => self.schema.maybe_index_of_column(column),
            Expr::Alias(Alias { expr, .. }) => self.index_of(expr),
            Expr::Cast(cast) => self.index_of(&cast.expr),
            _ => None,
        }
    }

    pub(super) fn sort(&mut self, context: &SessionContext, sort: &Sort) -> Result<()> {
        for key in &sort.expr {
            for column in key.expr.column_refs() {
                let at = self.schema.maybe_index_of_column(column);
                let label = at.and_then(|at| self.labels.get(at).copied().flatten());
                let measure = at.and_then(|at| self.measures.get(at).copied().flatten());
                self.sorted_by.push(match (label, measure) {
                    (Some(label), _) => SortedBy::Label(label),
                    (_, Some(measure)) => SortedBy::Measure(measure),
                    _ => SortedBy::Computed,
                });
            }
        }
        let keys = sort
            .expr
            .iter()
            .map(|key| {
                let options = arrow::compute::SortOptions {
                    descending: !key.asc,
                    nulls_first: key.nulls_first,
                };
                Ok(SortColumn {
                    values: self.evaluate(context, &key.expr)?,
                    options: Some(options),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let indices: UInt32Array = lexsort_to_indices(&keys, None)?;
        let arrays = self
            .batch
            .columns()
            .iter()
            .map(|column| Ok(take(column.as_ref(), &indices, None)?))
            .collect::<Result<Vec<_>>>()?;
        self.batch = batch_of(arrays, self.batch.num_rows())?;
        let order = indices.values().iter();
        self.order = order
            .filter_map(|at| self.order.get(*at as usize).copied())
            .collect();
        Ok(())
    }

    pub(super) fn into_table(self, persons: u64) -> Result<ProtectedTable> {
        // The order of rows tells something of what they were sorted by: it must be there to see.
        let shown = |by: &SortedBy| match by {
            SortedBy::Label(label) => self.labels.contains(&Some(*label)),
            SortedBy::Measure(measure) => self.measures.contains(&Some(*measure)),
            SortedBy::Computed => false,
        };
        let lineage = if self.sorted_by.iter().all(shown) {
            Lineage::Proven
        } else {
            Lineage::Unproven(UnprovenReason::HiddenOrder)
        };
        let mut rows = Vec::with_capacity(self.order.len());
        for (row, folded) in self.order.iter().enumerate() {
            let evidence = self.evidence.get(*folded);
            let margins = self.margins.get(*folded);
            let cells = self.batch.columns().iter().enumerate().map(|(at, array)| {
                let label = self.labels.get(at).copied().flatten();
                let margin = label.and_then(|label| margins?.get(label).copied());
                let value = if margin == Some(true) {
                    Value::Total
                } else {
                    values::value_at(array.as_ref(), row)?
                };
                let measure = self.measures.get(at).copied().flatten();
                let of_group = self.persons.get(*folded).map(|persons| Evidence {
                    group_persons: *persons,
                    persons: *persons,
                    largest_permille: 0,
                });
                let evidence = match (measure, label) {
                    (Some(measure), _) => evidence.and_then(|all| all.get(measure).copied()),
                    (None, Some(_)) => of_group,
                    (None, None) => None,
                };
                Ok(Cell { value, evidence })
            });
            rows.push(Row {
                cells: cells.collect::<Result<_>>()?,
            });
        }
        Ok(ProtectedTable {
            lineage,
            columns: self.columns,
            rows,
            persons: Some(persons),
        })
    }
}

fn nullable_array(values: Vec<ScalarValue>, data_type: &DataType) -> Result<ArrayRef> {
    if values.is_empty() {
        return Ok(arrow::array::new_empty_array(data_type));
    }
    ScalarValue::iter_to_array(values)
}

/// A batch whose columns may all lack values, whatever the plan's schema promised.
fn batch_of(arrays: Vec<ArrayRef>, n_rows: usize) -> Result<RecordBatch> {
    let fields: Vec<_> = arrays
        .iter()
        .enumerate()
        .map(|(at, array)| {
            arrow::datatypes::Field::new(format!("c{at}"), array.data_type().clone(), true)
        })
        .collect();
    let schema = Arc::new(arrow::datatypes::Schema::new(fields));
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(n_rows));
    Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
}

fn aggregate_column(
    aggregation: &Aggregation<'_>,
    schema: &SchemaRef,
    at: usize,
    first_measure: usize,
) -> Column {
    let name = schema
        .fields()
        .get(at)
        .map_or_else(String::new, |field| field.name().clone());
    let heading = |origin: &Origin| match origin {
        Origin::Label(heading) | Origin::Number(heading) | Origin::Value(heading) => {
            heading.clone()
        }
        _ => Text::default(),
    };
    if let Some(origin) = aggregation.group_origins.get(at) {
        let source = match origin {
            Origin::Label(_) | Origin::Number(_) => LabelSource::Declared,
            _ => LabelSource::Free,
        };
        return Column {
            name,
            heading: heading(origin),
            kind: ColumnKind::Group(source),
        };
    }
    let measure = at
        .checked_sub(first_measure)
        .and_then(|at| aggregation.measures.get(at));
    let Some(measure) = measure else {
        return Column {
            name,
            heading: Text::default(),
            kind: ColumnKind::Group(LabelSource::Free),
        };
    };
    let kind = match measure.kind {
        MeasureKind::Persons => ColumnKind::PersonCount,
        MeasureKind::Count => ColumnKind::Count,
        MeasureKind::Sum => ColumnKind::Sum,
        MeasureKind::Mean => ColumnKind::Mean,
    };
    Column {
        name,
        heading: heading(&measure.origin),
        kind,
    }
}
