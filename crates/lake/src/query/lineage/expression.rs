//! Row-wise expressions: whether they look at their own row only, whether they name a person, and
//! where their values come from.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use disclosure::UnprovenReason;

use super::Origin;

/// Refuses expressions whose value depends on other rows.
pub(in super::super) fn row_wise(expression: &Expr) -> Result<(), UnprovenReason> {
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
        Ok(going_on_unless(found.is_some()))
    });
    match (walked, found) {
        (Ok(_), None) => Ok(()),
        (_, Some(reason)) => Err(reason),
        (Err(_), None) => Err(UnprovenReason::Construct),
    }
}

const fn going_on_unless(stop: bool) -> TreeNodeRecursion {
    if stop {
        TreeNodeRecursion::Stop
    } else {
        TreeNodeRecursion::Continue
    }
}

/// Refuses expressions that depend on other rows, and those that pick persons or records by their
/// key: a key may stand alone, and may be asked whether it is there, but not be compared or
/// computed with.
pub(in super::super) fn own_words(
    expression: &Expr,
    schema: &DFSchema,
    input: &[Origin],
) -> Result<(), UnprovenReason> {
    row_wise(expression)?;
    let is_key = |part: &Expr| {
        matches!(part, Expr::Column(column)
            if matches!(of_column(column, schema, input), Origin::Person | Origin::Key))
    };
    let mut bare = expression;
    while let Expr::Alias(alias) = bare {
        bare = &alias.expr;
    }
    if is_key(bare) {
        return Ok(());
    }
    let mut names_key = false;
    let walked = bare.apply(|part| {
        if matches!(part, Expr::IsNull(inner) | Expr::IsNotNull(inner) if is_key(inner)) {
            return Ok(TreeNodeRecursion::Jump);
        }
        names_key |= is_key(part);
        Ok(going_on_unless(names_key))
    });
    if walked.is_err() || names_key {
        return Err(UnprovenReason::KeyNamed);
    }
    Ok(())
}

/// The origin of a row-wise expression.
pub(in super::super) fn origin_of(
    expression: &Expr,
    schema: &DFSchema,
    input: &[Origin],
) -> Origin {
    match expression {
        Expr::Column(column) => of_column(column, schema, input),
        Expr::Alias(alias) => origin_of(&alias.expr, schema, input),
        Expr::Cast(cast) => of_cast(&cast.expr, schema, input),
        Expr::TryCast(cast) => of_cast(&cast.expr, schema, input),
        Expr::ScalarFunction(function) => of_function(function, schema, input),
        Expr::BinaryExpr(binary) => of_arithmetic(binary, schema, input),
        _ if is_zero_or_one(expression) => Origin::Indicator,
        _ => Origin::Computed,
    }
}

/// Converted, different persons or keys may become equal.
fn of_cast(inner: &Expr, schema: &DFSchema, input: &[Origin]) -> Origin {
    match origin_of(inner, schema, input) {
        Origin::Person | Origin::Key => Origin::Computed,
        other => other,
    }
}

/// Whole numbers divided by a constant, and multiplied by the same again, are bins.
fn of_arithmetic(binary: &BinaryExpr, schema: &DFSchema, input: &[Origin]) -> Origin {
    let BinaryExpr { left, op, right } = binary;
    let number = |part: &Expr| match origin_of(part, schema, input) {
        Origin::Number(heading) => Some(heading),
        _ => None,
    };
    let binned = match (left.as_ref(), op, right.as_ref()) {
        (value, Operator::Divide, Expr::Literal(..)) => number(value),
        (quotient, Operator::Multiply, factor @ Expr::Literal(..))
        | (factor @ Expr::Literal(..), Operator::Multiply, quotient) => match quotient {
            Expr::BinaryExpr(BinaryExpr {
                left,
                op: Operator::Divide,
                right,
            }) if right.as_ref() == factor => number(left),
            _ => None,
        },
        _ => None,
    };
    binned.map_or(Origin::Computed, Origin::Number)
}

fn of_column(column: &Column, schema: &DFSchema, input: &[Origin]) -> Origin {
    schema
        .maybe_index_of_column(column)
        .and_then(|at| input.get(at).cloned())
        .unwrap_or(Origin::Computed)
}

/// Functions that bin: years and months of dates, whole parts of numbers, beginnings of codes.
fn of_function(function: &ScalarFunction, schema: &DFSchema, input: &[Origin]) -> Origin {
    let argument = |at: usize| {
        let part = function.args.get(at);
        part.map_or(Origin::Computed, |part| origin_of(part, schema, input))
    };
    let constant_rest = |from: usize| {
        let mut rest = function.args.iter().skip(from);
        rest.all(|part| matches!(part, Expr::Literal(..)))
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
        ("left" | "substr", _) if constant_rest(1) => match argument(0) {
            Origin::Label(heading) => Origin::Label(heading),
            _ => Origin::Computed,
        },
        _ => Origin::Computed,
    }
}

fn as_label(origin: Origin) -> Origin {
    match origin {
        Origin::Label(heading) | Origin::Number(heading) | Origin::Value(heading) => {
            Origin::Label(heading)
        }
        _ => Origin::Computed,
    }
}

/// Whether an expression is one or nothing whatever the row: a condition told in numbers. Its sum
/// counts rows and can hide no other value.
fn is_zero_or_one(expression: &Expr) -> bool {
    let constant = |part: &Expr| match part {
        Expr::Literal(value, _) => {
            value.is_null()
                || matches!(
                    value,
                    ScalarValue::Int64(Some(0 | 1)) | ScalarValue::Int32(Some(0 | 1))
                )
        }
        _ => false,
    };
    match expression {
        Expr::Alias(alias) => is_zero_or_one(&alias.expr),
        Expr::Case(case) => {
            let otherwise = case.else_expr.as_deref();
            let mut results = case.when_then_expr.iter().map(|(_, then)| then.as_ref());
            results.all(constant) && otherwise.is_none_or(constant)
        }
        _ => false,
    }
}
