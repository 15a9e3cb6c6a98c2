//! Typed lineage: whether each row of a plan depends on one person's own rows only, and where its
//! columns come from.
//!
//! A plan is *followed* when every row belongs to one person: scans of the extract, row-wise
//! projections and filters, joins that hold each person's rows together (`a.person = b.person`),
//! aggregates and windows within a person, and unions of such. Anything else lets information flow
//! between persons and is answered with the reason.

use catalogue::Text;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, JoinType};
use datafusion::logical_expr::expr::{AggregateFunction, ScalarFunction, WindowFunction};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Distinct, Expr, Join, LogicalPlan, Operator, TableScan, Window,
    WindowFunctionDefinition,
};
use disclosure::UnprovenReason;

use super::OpenExtract;
use super::source::ColumnMeaning;

/// Where a column's values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The person's pseudonym.
    Person,
    /// Another key.
    Key,
    /// Codes, whole numbers or binned values of a variable: groups by it have releasable names.
    Label(Text),
    /// Other values of a variable.
    Value(Text),
    /// Computed from several, or written by the author.
    Computed,
}

/// Follows plans over one extract.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origins<'a> {
    extract: &'a OpenExtract,
}

type Followed = Result<Vec<Origin>, UnprovenReason>;

impl<'a> Origins<'a> {
    /// Follows plans over this extract.
    pub(super) const fn new(extract: &'a OpenExtract) -> Self {
        Self { extract }
    }

    /// One origin per output column, if every row belongs to one person.
    pub(super) fn follow(&self, plan: &LogicalPlan) -> Followed {
        let origins = match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan),
            LogicalPlan::SubqueryAlias(alias) => self.follow(&alias.input),
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.follow(&sort.input),
            LogicalPlan::Sort(_) | LogicalPlan::Limit(_) => Err(UnprovenReason::Limit),
            LogicalPlan::Projection(projection) => {
                let input = self.follow(&projection.input)?;
                of_expressions(&projection.expr, projection.input.schema(), &input)
            }
            LogicalPlan::Filter(filter) => {
                let input = self.follow(&filter.input)?;
                row_wise(&filter.predicate)?;
                Ok(input)
            }
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Window(window) => self.window(window),
            LogicalPlan::Distinct(Distinct::All(input)) => self.follow(input),
            LogicalPlan::Union(union) => self.union(&union.inputs),
            _ => Err(UnprovenReason::Construct),
        }?;
        if origins.contains(&Origin::Person) {
            Ok(origins)
        } else {
            Err(UnprovenReason::Construct)
        }
    }

    fn scan(&self, scan: &TableScan) -> Followed {
        let origins = scan.projected_schema.fields().iter().map(|field| {
            match self.extract.column(scan.table_name.table(), field.name()) {
                Some(ColumnMeaning::Person) => Origin::Person,
                Some(ColumnMeaning::Value {
                    heading,
                    label: true,
                }) => Origin::Label(heading.clone()),
                Some(ColumnMeaning::Value {
                    heading,
                    label: false,
                }) => Origin::Value(heading.clone()),
                Some(ColumnMeaning::Key) | None => Origin::Key,
            }
        });
        Ok(origins.collect())
    }

    fn join(&self, join: &Join) -> Followed {
        let left = self.follow(&join.left)?;
        let right = self.follow(&join.right)?;
        let pairs = join.on.iter().map(|(left, right)| (left, right));
        let in_filter = join
            .filter
            .iter()
            .flat_map(split_conjunction)
            .filter_map(equality);
        let held_together = pairs.chain(in_filter).any(|(one, other)| {
            let is_person = |expression: &Expr, schema: &DFSchema, origins: &[Origin]| {
                origin_of(expression, schema, origins) == Origin::Person
            };
            let (left_schema, right_schema) = (join.left.schema(), join.right.schema());
            (is_person(one, left_schema, &left) && is_person(other, right_schema, &right))
                || (is_person(other, left_schema, &left) && is_person(one, right_schema, &right))
        });
        if !held_together {
            return Err(UnprovenReason::JoinAcrossPersons);
        }
        if let Some(filter) = &join.filter {
            row_wise(filter)?;
        }
        // On the side that may be missing, the person may be missing too.
        let optional = |side: Vec<Origin>| {
            side.into_iter()
                .map(|o| if o == Origin::Person { Origin::Key } else { o })
        };
        match join.join_type {
            JoinType::Inner => Ok(left.into_iter().chain(right).collect()),
            JoinType::Left => Ok(left.into_iter().chain(optional(right)).collect()),
            JoinType::Right => Ok(optional(left).chain(right).collect()),
            JoinType::LeftSemi | JoinType::LeftAnti => Ok(left),
            JoinType::RightSemi | JoinType::RightAnti => Ok(right),
            _ => Err(UnprovenReason::JoinAcrossPersons),
        }
    }

    /// An aggregate within a person: the person is among the groups.
    fn aggregate(&self, aggregate: &Aggregate) -> Followed {
        let input = self.follow(&aggregate.input)?;
        let schema = aggregate.input.schema();
        if aggregate
            .group_expr
            .iter()
            .any(|group| matches!(group, Expr::GroupingSet(_)))
        {
            return Err(UnprovenReason::Construct);
        }
        let mut origins = of_expressions(&aggregate.group_expr, schema, &input)?;
        if !origins.contains(&Origin::Person) {
            return Err(UnprovenReason::Subquery);
        }
        for expression in &aggregate.aggr_expr {
            let Expr::AggregateFunction(function) = expression.clone().unalias() else {
                return Err(UnprovenReason::Construct);
            };
            aggregate_arguments(&function)?;
            origins.push(of_aggregate(&function, schema, &input));
        }
        Ok(origins)
    }

    /// A window within a person: the person is among the partitions.
    fn window(&self, window: &Window) -> Followed {
        let mut origins = self.follow(&window.input)?;
        let schema = window.input.schema();
        let input = origins.clone();
        for expression in &window.window_expr {
            let Expr::WindowFunction(function) = expression.clone().unalias() else {
                return Err(UnprovenReason::Construct);
            };
            let WindowFunction { fun, params } = *function;
            let mut partitions = params.partition_by.iter();
            if !partitions.any(|by| origin_of(by, schema, &input) == Origin::Person) {
                return Err(UnprovenReason::WindowAcrossPersons);
            }
            for argument in &params.args {
                row_wise(argument)?;
            }
            origins.push(match fun {
                WindowFunctionDefinition::WindowUDF(_) => Origin::Label(Text::default()),
                WindowFunctionDefinition::AggregateUDF(_) => Origin::Computed,
            });
        }
        Ok(origins)
    }

    fn union(&self, inputs: &[std::sync::Arc<LogicalPlan>]) -> Followed {
        let mut followed = inputs.iter().map(|input| self.follow(input));
        let Some(first) = followed.next() else {
            return Err(UnprovenReason::Construct);
        };
        let mut origins = first?;
        for other in followed {
            for (origin, other) in origins.iter_mut().zip(other?) {
                if *origin != other {
                    *origin = Origin::Computed;
                }
            }
        }
        Ok(origins)
    }
}

fn equality(expression: &Expr) -> Option<(&Expr, &Expr)> {
    match expression {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Eq,
            right,
        }) => Some((left, right)),
        _ => None,
    }
}

fn of_expressions(expressions: &[Expr], schema: &DFSchema, input: &[Origin]) -> Followed {
    expressions
        .iter()
        .map(|expression| {
            row_wise(expression)?;
            Ok(origin_of(expression, schema, input))
        })
        .collect()
}

/// Refuses expressions whose value depends on other rows.
pub(super) fn row_wise(expression: &Expr) -> Result<(), UnprovenReason> {
    let mut found = None;
    let walked = expression.apply(|part| {
        found = match part {
            Expr::ScalarSubquery(_)
            | Expr::Exists(_)
            | Expr::InSubquery(_)
            | Expr::SetComparison(_)
            | Expr::OuterReferenceColumn(_, _) => Some(UnprovenReason::Subquery),
            Expr::AggregateFunction(_)
            | Expr::WindowFunction(_)
            | Expr::GroupingSet(_)
            | Expr::Unnest(_)
            | Expr::HigherOrderFunction(_)
            | Expr::Lambda(_)
            | Expr::LambdaVariable(_)
            | Expr::Placeholder(_)
            | Expr::ScalarVariable(_, _) => Some(UnprovenReason::Construct),
            _ => None,
        };
        Ok(if found.is_some() {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    match (walked, found) {
        (Ok(_), None) => Ok(()),
        (_, Some(reason)) => Err(reason),
        (Err(_), None) => Err(UnprovenReason::Construct),
    }
}

/// Refuses aggregates whose arguments, filter or order depend on other rows.
pub(super) fn aggregate_arguments(function: &AggregateFunction) -> Result<(), UnprovenReason> {
    let params = &function.params;
    let order = params.order_by.iter().map(|sort| &sort.expr);
    for expression in params
        .args
        .iter()
        .chain(params.filter.as_deref())
        .chain(order)
    {
        row_wise(expression)?;
    }
    Ok(())
}

fn of_aggregate(function: &AggregateFunction, schema: &DFSchema, input: &[Origin]) -> Origin {
    let argument = function
        .params
        .args
        .first()
        .map(|first| origin_of(first, schema, input));
    match (function.func.name(), argument) {
        ("count", _) => Origin::Label(Text::default()),
        ("min" | "max", Some(origin)) => origin,
        (_, Some(Origin::Label(heading) | Origin::Value(heading))) => Origin::Value(heading),
        _ => Origin::Computed,
    }
}

/// The origin of a row-wise expression.
pub(super) fn origin_of(expression: &Expr, schema: &DFSchema, input: &[Origin]) -> Origin {
    match expression {
        Expr::Column(column) => of_column(column, schema, input),
        Expr::Alias(alias) => origin_of(&alias.expr, schema, input),
        Expr::Cast(cast) => origin_of(&cast.expr, schema, input),
        Expr::TryCast(cast) => origin_of(&cast.expr, schema, input),
        Expr::ScalarFunction(function) => of_function(function, schema, input),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let arithmetic = matches!(
                op,
                Operator::Plus
                    | Operator::Minus
                    | Operator::Multiply
                    | Operator::Divide
                    | Operator::Modulo
            );
            match (left.as_ref(), right.as_ref()) {
                (inner, Expr::Literal(..)) | (Expr::Literal(..), inner) if arithmetic => {
                    match origin_of(inner, schema, input) {
                        Origin::Label(heading) => Origin::Label(heading),
                        Origin::Value(heading) => Origin::Value(heading),
                        _ => Origin::Computed,
                    }
                }
                _ => Origin::Computed,
            }
        }
        _ => Origin::Computed,
    }
}

fn of_column(column: &Column, schema: &DFSchema, input: &[Origin]) -> Origin {
    schema
        .maybe_index_of_column(column)
        .and_then(|at| input.get(at).cloned())
        .unwrap_or(Origin::Computed)
}

/// Functions that bin make labels of values: years and months of dates, whole parts of numbers.
fn of_function(function: &ScalarFunction, schema: &DFSchema, input: &[Origin]) -> Origin {
    let argument = |at: usize| {
        function
            .args
            .get(at)
            .map_or(Origin::Computed, |part| origin_of(part, schema, input))
    };
    let constant_rest = |from: usize| {
        function
            .args
            .iter()
            .skip(from)
            .all(|part| matches!(part, Expr::Literal(..)))
    };
    let unit = function.args.first().and_then(|first| match first {
        Expr::Literal(value, _) => value.try_as_str().flatten().map(str::to_lowercase),
        _ => None,
    });
    let coarse = matches!(
        unit.as_deref(),
        Some("year" | "quarter" | "month" | "decade")
    );
    match (function.func.name(), coarse) {
        ("date_part" | "date_trunc", true) => as_label(argument(1)),
        ("floor" | "ceil" | "trunc", _) if constant_rest(1) => as_label(argument(0)),
        ("left", _) if constant_rest(1) => match argument(0) {
            Origin::Label(heading) => Origin::Label(heading),
            _ => Origin::Computed,
        },
        ("substr", _) if constant_rest(1) => match argument(0) {
            Origin::Label(heading) => Origin::Label(heading),
            _ => Origin::Computed,
        },
        _ => Origin::Computed,
    }
}

fn as_label(origin: Origin) -> Origin {
    match origin {
        Origin::Label(heading) | Origin::Value(heading) => Origin::Label(heading),
        other => match other {
            Origin::Person | Origin::Key => Origin::Key,
            _ => Origin::Computed,
        },
    }
}
