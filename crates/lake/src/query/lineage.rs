//! Typed lineage: whether each row of a plan depends on one person's own rows only, and where its
//! columns come from.
//!
//! A plan is *followed* when every row belongs to one person: scans of the extract, row-wise
//! projections and filters, joins that hold each person's rows together (`a.person = b.person`),
//! aggregates and windows within a person, and unions of such. Anything else lets information flow
//! between persons and is answered with the reason.

mod expression;

use catalogue::Text;
use datafusion::common::{DFSchema, JoinType};
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Distinct, Expr, Join, LogicalPlan, Operator, TableScan, Window,
    WindowFunctionDefinition,
};
use disclosure::UnprovenReason;

pub(super) use expression::{origin_of, own_words, row_wise};

use super::OpenExtract;
use super::source::ColumnMeaning;

/// Where a column's values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The person's pseudonym.
    Person,
    /// Another key.
    Key,
    /// Codes or binned values of a variable: groups by it have releasable names.
    Label(Text),
    /// Whole numbers of a variable: releasable names, and binned by division.
    Number(Text),
    /// Other values of a variable.
    Value(Text),
    /// One or nothing: whether a row meets a condition.
    Indicator,
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
                own_words(&filter.predicate, filter.input.schema(), &input)?;
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
        let table = scan.table_name.table();
        let origins: Vec<Origin> = scan
            .projected_schema
            .fields()
            .iter()
            .map(|field| match self.extract.column(table, field.name()) {
                Some(ColumnMeaning::Person) => Origin::Person,
                Some(ColumnMeaning::Code(heading)) => Origin::Label(heading.clone()),
                Some(ColumnMeaning::Number(heading)) => Origin::Number(heading.clone()),
                Some(ColumnMeaning::Value(heading)) => Origin::Value(heading.clone()),
                Some(ColumnMeaning::OtherPerson | ColumnMeaning::Key) | None => Origin::Key,
            })
            .collect();
        // A row that names several persons says something about each of them.
        if self.extract.names_several_persons(table) {
            return Err(UnprovenReason::SeveralPersons);
        }
        Ok(origins)
    }

    fn join(&self, join: &Join) -> Followed {
        let left = self.follow(&join.left)?;
        let right = self.follow(&join.right)?;
        let sides = (join.left.schema().as_ref(), join.right.schema().as_ref());
        let mut held_together = false;
        let in_filter = join.filter.iter().flat_map(split_conjunction);
        let on = join.on.iter().map(|(one, other)| Some((one, other)));
        for pair in on.chain(in_filter.clone().map(equality)) {
            let Some((one, other)) = pair else { continue };
            held_together |= both(Origin::Person, (one, other), sides, (&left, &right));
        }
        if !held_together {
            return Err(UnprovenReason::JoinAcrossPersons);
        }
        for (one, other) in &join.on {
            let pair = (one, other);
            let keys = both(Origin::Person, pair, sides, (&left, &right))
                || both(Origin::Key, pair, sides, (&left, &right));
            if !keys {
                own_words(one, sides.0, &left)?;
                own_words(other, sides.1, &right)?;
            }
        }
        let everything: Vec<Origin> = left.iter().chain(&right).cloned().collect();
        for part in in_filter {
            let keys = equality(part).is_some_and(|pair| {
                both(Origin::Person, pair, sides, (&left, &right))
                    || both(Origin::Key, pair, sides, (&left, &right))
            });
            if !keys {
                own_words(part, &both_sides(join)?, &everything)?;
            }
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
            aggregate_arguments(&function, schema, &input)?;
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
            let order = params.order_by.iter().map(|sort| &sort.expr);
            let parts = params.args.iter().chain(&params.partition_by);
            for part in parts.chain(order).chain(params.filter.as_deref()) {
                own_words(part, schema, &input)?;
            }
            origins.push(match &fun {
                WindowFunctionDefinition::WindowUDF(function) => {
                    of_window(function.name(), &params.args, schema, &input)
                }
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

/// Whether an equality is between two columns of an origin, one from each side of a join.
fn both(
    origin: Origin,
    (one, other): (&Expr, &Expr),
    (left_schema, right_schema): (&DFSchema, &DFSchema),
    (left, right): (&[Origin], &[Origin]),
) -> bool {
    let is = |expression: &Expr, schema: &DFSchema, origins: &[Origin]| {
        origin_of(expression, schema, origins) == origin
    };
    (is(one, left_schema, left) && is(other, right_schema, right))
        || (is(other, left_schema, left) && is(one, right_schema, right))
}

/// The columns that a join's filter sees.
fn both_sides(join: &Join) -> Result<DFSchema, UnprovenReason> {
    join.left
        .schema()
        .join(join.right.schema())
        .map_err(|_| UnprovenReason::Construct)
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
            own_words(expression, schema, input)?;
            Ok(origin_of(expression, schema, input))
        })
        .collect()
}

/// Refuses aggregates whose arguments, filter or order depend on other rows, or name a person.
pub(super) fn aggregate_arguments(
    function: &AggregateFunction,
    schema: &DFSchema,
    input: &[Origin],
) -> Result<(), UnprovenReason> {
    let params = &function.params;
    let order = params.order_by.iter().map(|sort| &sort.expr);
    let parts = params.args.iter().chain(params.filter.as_deref());
    for expression in parts.chain(order) {
        own_words(expression, schema, input)?;
    }
    Ok(())
}

/// The origin of an aggregate within a person.
fn of_aggregate(function: &AggregateFunction, schema: &DFSchema, input: &[Origin]) -> Origin {
    let argument = function.params.args.first();
    let argument = argument.map(|first| origin_of(first, schema, input));
    let one_argument = function.params.args.len() == 1;
    match (function.func.name(), argument) {
        ("count", _) => Origin::Number(Text::default()),
        // A filter can leave no pseudonym, and then the row belongs to nobody.
        ("min" | "max", Some(Origin::Person)) => Origin::Key,
        ("min" | "max", Some(origin)) => origin,
        ("sum", Some(Origin::Number(heading))) => Origin::Number(heading),
        ("sum", Some(Origin::Indicator)) => Origin::Number(Text::default()),
        (_, Some(Origin::Number(heading) | Origin::Value(heading))) if one_argument => {
            Origin::Value(heading)
        }
        _ => Origin::Computed,
    }
}

/// The origin of a window function within a person.
fn of_window(name: &str, arguments: &[Expr], schema: &DFSchema, input: &[Origin]) -> Origin {
    match (name, arguments) {
        ("row_number" | "rank" | "dense_rank" | "ntile", _) => Origin::Number(Text::default()),
        ("lag" | "lead" | "first_value" | "last_value", [value]) => {
            match origin_of(value, schema, input) {
                Origin::Person => Origin::Key,
                other => other,
            }
        }
        _ => Origin::Computed,
    }
}
