//! The shape of a query: one aggregation over followed rows with row-wise expressions on top, rows,
//! or something that cannot be followed.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::utils::enumerate_grouping_sets;
use datafusion::logical_expr::{Aggregate, Expr, GroupingSet, LogicalPlan};
use disclosure::UnprovenReason;

use super::lineage::{self, Origin, Origins};
use super::session::COUNT_PERSONS;

/// What a query is.
pub(super) enum Shape<'a> {
    /// An aggregation that carries evidence.
    Aggregated(Box<Aggregation<'a>>),
    /// Rows about individuals.
    Rows,
    /// A flow that cannot be followed.
    Unproven(UnprovenReason),
}

/// An aggregation over rows that each belong to one person.
pub(super) struct Aggregation<'a> {
    /// The aggregate as planned.
    pub(super) aggregate: &'a Aggregate,
    /// The person column of its input.
    pub(super) person: Expr,
    /// Group expressions, each once.
    pub(super) groups: Vec<Expr>,
    /// Origins of the group expressions.
    pub(super) group_origins: Vec<Origin>,
    /// Which groups make up each table (one entry without CUBE, ROLLUP or GROUPING SETS).
    pub(super) sets: Vec<Vec<usize>>,
    /// Measures, in the order of the aggregate's expressions.
    pub(super) measures: Vec<Measure>,
    /// What stands above the aggregate, lowest first: projections and sorts.
    pub(super) above: Vec<&'a LogicalPlan>,
}

/// A measure of a group.
pub(super) struct Measure {
    /// What is computed.
    pub(super) kind: MeasureKind,
    /// Its argument; none for `count(*)` and `count_persons()`.
    pub(super) argument: Option<Expr>,
    /// FILTER.
    pub(super) filter: Option<Expr>,
    /// Where the argument comes from.
    pub(super) origin: Origin,
}

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MeasureKind {
    /// Distinct persons.
    Persons,
    /// Rows, or rows with a value.
    Count,
    /// Sum.
    Sum,
    /// Mean.
    Mean,
}

/// Says what a plan is.
pub(super) fn recognise<'a>(plan: &'a LogicalPlan, origins: &Origins<'_>) -> Shape<'a> {
    let mut above = Vec::new();
    let mut here = plan;
    loop {
        match here {
            LogicalPlan::Projection(projection) => {
                above.push(here);
                here = &projection.input;
            }
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => {
                above.push(here);
                here = &sort.input;
            }
            LogicalPlan::SubqueryAlias(alias) => here = &alias.input,
            LogicalPlan::Aggregate(aggregate) => {
                above.reverse();
                return match aggregation(aggregate, above, origins) {
                    Ok(found) => Shape::Aggregated(Box::new(found)),
                    Err(reason) => Shape::Unproven(reason),
                };
            }
            other => return without_aggregate(plan, other),
        }
    }
}

/// Rows, unless an aggregate hides below a construct that cannot be followed.
fn without_aggregate<'a>(plan: &LogicalPlan, stopped_at: &LogicalPlan) -> Shape<'a> {
    let mut aggregates = false;
    // INVARIANT: the closure never fails, so the walk cannot.
    let _ = plan.apply(|node| {
        aggregates |= matches!(node, LogicalPlan::Aggregate(_));
        Ok(TreeNodeRecursion::Continue)
    });
    if !aggregates {
        return Shape::Rows;
    }
    Shape::Unproven(match stopped_at {
        LogicalPlan::Filter(_) => UnprovenReason::Having,
        LogicalPlan::Limit(_) | LogicalPlan::Sort(_) => UnprovenReason::Limit,
        LogicalPlan::Window(_) => UnprovenReason::WindowAcrossPersons,
        LogicalPlan::Join(_) => UnprovenReason::JoinAcrossPersons,
        _ => UnprovenReason::Construct,
    })
}

fn aggregation<'a>(
    aggregate: &'a Aggregate,
    above: Vec<&'a LogicalPlan>,
    followed: &Origins<'_>,
) -> Result<Aggregation<'a>, UnprovenReason> {
    let input = followed.follow(&aggregate.input)?;
    let schema = aggregate.input.schema();
    let person_at = input
        .iter()
        .position(|o| *o == Origin::Person)
        .ok_or(UnprovenReason::Construct)?;
    let person = Expr::Column(schema.columns().swap_remove(person_at));
    let (groups, sets) = grouping(&aggregate.group_expr)?;
    for group in &groups {
        lineage::own_words(group, schema, &input)?;
    }
    let group_origins = groups
        .iter()
        .map(|group| lineage::origin_of(group, schema, &input))
        .collect();
    let measures = aggregate
        .aggr_expr
        .iter()
        .map(|expression| {
            let Expr::AggregateFunction(function) = expression.clone().unalias() else {
                return Err(UnprovenReason::Construct);
            };
            lineage::aggregate_arguments(&function, schema, &input)?;
            measure(&function, |argument| {
                lineage::origin_of(argument, schema, &input)
            })
        })
        .collect::<Result<_, _>>()?;
    for node in &above {
        for expression in node.expressions() {
            lineage::row_wise(&expression)?;
        }
    }
    Ok(Aggregation {
        aggregate,
        person,
        groups,
        group_origins,
        sets,
        measures,
        above,
    })
}

type Grouping = (Vec<Expr>, Vec<Vec<usize>>);

fn grouping(group_expr: &[Expr]) -> Result<Grouping, UnprovenReason> {
    let expanded =
        enumerate_grouping_sets(group_expr.to_vec()).map_err(|_| UnprovenReason::Construct)?;
    let [Expr::GroupingSet(set)] = &expanded[..] else {
        let all = (0..group_expr.len()).collect();
        return Ok((group_expr.to_vec(), vec![all]));
    };
    let groups: Vec<Expr> = set.distinct_expr().into_iter().cloned().collect();
    let tables: Vec<Vec<Expr>> = match set {
        GroupingSet::GroupingSets(sets) => sets.clone(),
        GroupingSet::Rollup(parts) => (0..=parts.len())
            .map(|n| parts.iter().take(n).cloned().collect())
            .collect(),
        GroupingSet::Cube(parts) => (0..1_usize << parts.len().min(8))
            .map(|mask| {
                let chosen = parts
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| mask & (1 << at) != 0);
                chosen.map(|(_, part)| part.clone()).collect()
            })
            .collect(),
    };
    let position = |part: &Expr| groups.iter().position(|group| group == part);
    let sets = tables
        .iter()
        .map(|table| table.iter().map(position).collect::<Option<Vec<_>>>())
        .collect::<Option<Vec<_>>>()
        .ok_or(UnprovenReason::Construct)?;
    Ok((groups, sets))
}

fn measure(
    function: &AggregateFunction,
    origin: impl Fn(&Expr) -> Origin,
) -> Result<Measure, UnprovenReason> {
    let params = &function.params;
    let argument = params.args.first().cloned();
    let literal = matches!(argument, Some(Expr::Literal(..)));
    let of_argument = argument.as_ref().map_or(Origin::Computed, &origin);
    // A sum or mean is of a variable as it stands, or of ones and zeros: a constant added to every
    // row would give everybody the same share and hide whose the value is.
    let as_it_stands = match &of_argument {
        Origin::Indicator => true,
        Origin::Number(_) | Origin::Value(_) => argument.as_ref().is_some_and(is_column),
        _ => false,
    };
    let kind = match (function.func.name(), params.distinct) {
        (COUNT_PERSONS, false) => MeasureKind::Persons,
        ("count", true) if of_argument == Origin::Person => MeasureKind::Persons,
        ("count", false) => MeasureKind::Count,
        ("sum", false) if as_it_stands => MeasureKind::Sum,
        ("avg", false) if as_it_stands => MeasureKind::Mean,
        _ => return Err(UnprovenReason::Aggregate),
    };
    let counts_all = kind == MeasureKind::Persons || (kind == MeasureKind::Count && literal);
    Ok(Measure {
        kind,
        argument: argument.filter(|_| !counts_all),
        filter: params.filter.as_deref().cloned(),
        origin: of_argument,
    })
}

fn is_column(expression: &Expr) -> bool {
    match expression {
        Expr::Column(_) => true,
        Expr::Alias(alias) => is_column(&alias.expr),
        Expr::Cast(cast) => is_column(&cast.expr),
        Expr::TryCast(cast) => is_column(&cast.expr),
        _ => false,
    }
}

impl Measure {
    /// Whether it counts rows or persons, rather than summing values.
    pub(super) fn counts(&self) -> bool {
        matches!(self.kind, MeasureKind::Persons | MeasureKind::Count)
            || self.origin == Origin::Indicator
    }
}
