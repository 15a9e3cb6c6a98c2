//! Aggregates with their evidence.
//!
//! Each measure is first aggregated per group *and person*; those rows are folded here. A cell's
//! value and its evidence come from the same fold, so they cannot disagree, and whole numbers and
//! decimals are summed exactly, whatever the order and the number of threads.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::{Expr, ExprFunctionExt as _, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::prelude::SessionContext;
use disclosure::{Evidence, ProtectedTable};
use futures::StreamExt as _;

use super::arrange::Arranged;
use super::shape::{Aggregation, Measure, MeasureKind};

/// Decimals are summed in millionths.
const SCALE: i8 = 6;
const MILLION: i128 = 1_000_000;
/// Larger contributions of one person, in millionths, are an error: shares could not be told.
const CONTRIBUTION_MAX: i128 = 10_i128.pow(30);
/// Different contributions after which the commonest one says nothing of the others.
const CONTRIBUTIONS_TOLD_APART: usize = 64;
/// Groups of one answer.
const ROWS_MAX: usize = base::limits::RESULT_ROWS_MAX;

/// One group while folding.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) persons: u64,
    pub(super) sums: Vec<Sum>,
    /// Per pair of measures, persons who are behind them differently: what one cell less another
    /// would show.
    differing: BTreeMap<(usize, usize), u64>,
    /// Whether rows that belong to nobody add to its values.
    nobody: bool,
}

impl Group {
    fn new(n_measures: usize) -> Self {
        Self {
            persons: 0,
            sums: vec![Sum::default(); n_measures],
            differing: BTreeMap::new(),
            nobody: false,
        }
    }

    /// What stands behind a measure of the group, alone and against the group's other measures.
    pub(super) fn evidence(&self, measure: usize) -> Option<Evidence> {
        let mut evidence = self.sums.get(measure)?.evidence(self.persons);
        let pairs = self.differing.iter();
        let own = pairs.filter(|((one, other), _)| *one == measure || *other == measure);
        if let Some(fewest) = own.map(|(_, persons)| *persons).min()
            && evidence.persons > 0
        {
            evidence.persons = evidence.persons.min(fewest);
        }
        if self.nobody {
            // Whose value it is cannot be told.
            evidence.persons = 1;
            evidence.largest_permille = 1000;
        }
        Some(evidence)
    }
}

/// One measure of one group while folding.
#[derive(Debug, Clone)]
pub(super) struct Sum {
    /// Rows with a value.
    n: i64,
    /// Exact sum, in millionths for sums and means, in units for counts.
    total: i128,
    /// Sum of absolute contributions.
    absolute: i128,
    /// Largest absolute contribution of one person.
    largest: i128,
    /// Persons who contribute something other than nothing.
    persons: u64,
    /// How many persons contribute how much; none once contributions are spread enough.
    common: Option<BTreeMap<i128, u64>>,
}

pub(super) type Groups = BTreeMap<(usize, Vec<KeyPart>), (Vec<ScalarValue>, Group)>;

/// A group's value in an order of its own, so that results do not depend on threads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyPart {
    Missing,
    Integer(i64),
    Text(String),
}

/// Values of other types have no text that tells them apart for certain.
fn key_part(value: &ScalarValue) -> Result<KeyPart> {
    if value.is_null() {
        return Ok(KeyPart::Missing);
    }
    Ok(match value {
        ScalarValue::Int64(Some(number)) => KeyPart::Integer(*number),
        ScalarValue::Int32(Some(number)) | ScalarValue::Date32(Some(number)) => {
            KeyPart::Integer(i64::from(*number))
        }
        ScalarValue::Boolean(Some(truth)) => KeyPart::Integer(i64::from(*truth)),
        ScalarValue::Float64(Some(number)) => KeyPart::Integer(number.to_bits().cast_signed()),
        ScalarValue::Utf8(Some(text))
        | ScalarValue::LargeUtf8(Some(text))
        | ScalarValue::Utf8View(Some(text)) => KeyPart::Text(text.clone()),
        ScalarValue::TimestampNanosecond(Some(at), _) => KeyPart::Integer(*at),
        _ => {
            return datafusion::common::plan_err!(
                "results cannot be grouped by values of this type"
            );
        }
    })
}

/// Computes an aggregation with evidence per cell.
pub(super) async fn compute(
    context: &SessionContext,
    aggregation: &Aggregation<'_>,
) -> Result<ProtectedTable> {
    let mut groups = Groups::new();
    for (at, set) in aggregation.sets.iter().enumerate() {
        fold_set(context, aggregation, (at, set), &mut groups).await?;
    }
    if aggregation.sets.iter().any(Vec::is_empty) && groups.is_empty() {
        let empty = Group::new(aggregation.measures.len());
        groups.insert((0, Vec::new()), (Vec::new(), empty));
    }
    let persons = count_all(context, aggregation).await?;
    let mut result = Arranged::new(aggregation, &groups)?;
    for node in &aggregation.above {
        match node {
            LogicalPlan::Projection(projection) => result.project(context, projection)?,
            LogicalPlan::Sort(sort) => result.sort(context, sort)?,
            _ => {}
        }
    }
    result.into_table(persons)
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
    let n_measures = aggregation.measures.len();
    for row in 0..batch.num_rows() {
        let labels = group_columns
            .iter()
            .map(|column| ScalarValue::try_from_array(column, row))
            .collect::<Result<Vec<_>>>()?;
        let parts = labels.iter().map(key_part).collect::<Result<Vec<_>>>()?;
        let (_, group) = groups
            .entry((set_at, parts))
            .or_insert_with(|| (labels, Group::new(n_measures)));
        let somebody = person.is_valid(row);
        group.persons += u64::from(somebody);
        let mut shares = Vec::with_capacity(n_measures);
        for (at, (measure, sum)) in aggregation.measures.iter().zip(&mut group.sums).enumerate() {
            let first = places.first_partial + 2 * at;
            let n = integer_at(column(batch, first)?.as_ref(), row);
            let total = decimal_at(column(batch, first + 1)?.as_ref(), row);
            sum.add(measure.kind, n, total, somebody)?;
            // In one unit, so that what is compared is what a reader could subtract.
            let counted = match measure.kind {
                MeasureKind::Persons => i128::from(n > 0) * MILLION,
                MeasureKind::Count => i128::from(n) * MILLION,
                MeasureKind::Sum | MeasureKind::Mean => total,
            };
            shares.push((measure.counts(), n, counted));
        }
        if somebody {
            compare(&shares, &mut group.differing);
        } else {
            group.nobody |= shares.iter().any(|(_, n, _)| *n > 0);
        }
    }
    if groups.len() > ROWS_MAX {
        return Err(DataFusionError::ResourcesExhausted("groups".to_owned()));
    }
    Ok(())
}

/// Notes between which measures a person makes a difference: in the number of rows, and where both
/// count, in what is counted.
fn compare(shares: &[(bool, i64, i128)], differing: &mut BTreeMap<(usize, usize), u64>) {
    for (one, (counts, n, total)) in shares.iter().enumerate() {
        let rest = shares.iter().enumerate().skip(one + 1);
        for (other, (other_counts, other_n, other_total)) in rest {
            let rows_differ = n != other_n;
            let counted_differs = *counts && *other_counts && total != other_total;
            if rows_differ || counted_differs {
                *differing.entry((one, other)).or_default() += 1;
            }
        }
    }
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

impl Default for Sum {
    fn default() -> Self {
        Self {
            n: 0,
            total: 0,
            absolute: 0,
            largest: 0,
            persons: 0,
            common: Some(BTreeMap::new()),
        }
    }
}

impl Sum {
    /// Persons whose contribution is not the commonest one. Where all others contribute the same,
    /// whoever knows that knows the few.
    fn uncommon(&self) -> Option<u64> {
        let common = self.common.as_ref()?;
        let uncommon = self.persons - common.values().max()?;
        (uncommon > 0).then_some(uncommon)
    }

    fn add(&mut self, kind: MeasureKind, n: i64, total: i128, somebody: bool) -> Result<()> {
        let overflow = || DataFusionError::Execution("overflow".to_owned());
        let contribution = match kind {
            MeasureKind::Persons => i128::from(n > 0 && somebody),
            MeasureKind::Count => i128::from(n),
            MeasureKind::Sum | MeasureKind::Mean => total,
        };
        if contribution.unsigned_abs() > CONTRIBUTION_MAX.unsigned_abs() {
            return Err(overflow());
        }
        self.n = self.n.checked_add(n).ok_or_else(overflow)?;
        self.total = self.total.checked_add(contribution).ok_or_else(overflow)?;
        if somebody && contribution != 0 {
            let size = contribution.checked_abs().ok_or_else(overflow)?;
            self.absolute = self.absolute.checked_add(size).ok_or_else(overflow)?;
            self.largest = self.largest.max(size);
            self.persons += 1;
            if kind != MeasureKind::Persons
                && let Some(common) = &mut self.common
            {
                *common.entry(contribution).or_default() += 1;
                if common.len() > CONTRIBUTIONS_TOLD_APART {
                    self.common = None;
                }
            }
        }
        Ok(())
    }

    pub(super) fn evidence(&self, group_persons: u64) -> Evidence {
        let permille = if self.absolute == 0 {
            0
        } else {
            // Rounded up, so that a share just over a limit never looks as if it were on it.
            (self.largest * 1000 + self.absolute - 1) / self.absolute
        };
        Evidence {
            group_persons,
            persons: self
                .uncommon()
                .map_or(self.persons, |few| few.min(self.persons)),
            largest_permille: u32::try_from(permille).unwrap_or(1000).min(1000),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a shown number has double precision"
    )]
    pub(super) fn value(&self, kind: MeasureKind, whole: bool) -> ScalarValue {
        match kind {
            MeasureKind::Persons | MeasureKind::Count => {
                ScalarValue::Int64(i64::try_from(self.total).ok())
            }
            MeasureKind::Sum | MeasureKind::Mean if self.n == 0 && whole => {
                ScalarValue::Int64(None)
            }
            MeasureKind::Sum | MeasureKind::Mean if self.n == 0 => ScalarValue::Float64(None),
            MeasureKind::Sum if whole => {
                ScalarValue::Int64(i64::try_from(self.total / MILLION).ok())
            }
            MeasureKind::Sum => ScalarValue::Float64(Some(self.total as f64 / MILLION as f64)),
            MeasureKind::Mean => {
                ScalarValue::Float64(Some(self.total as f64 / MILLION as f64 / self.n as f64))
            }
        }
    }
}
