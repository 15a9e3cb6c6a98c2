//! A query session: the extract's tables, allow-listed functions, limits, and nothing else.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::SchemaError;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionStateDefaults;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, LogicalPlan, Signature, Volatility,
};
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;

use super::{OpenExtract, QueryError, QueryLimits};

/// Row-wise functions that a query may call.
const SCALAR_FUNCTIONS: &[&str] = &[
    "abs",
    "ceil",
    "floor",
    "round",
    "power",
    "sqrt",
    "ln",
    "log10",
    "exp",
    "trunc",
    "signum",
    "greatest",
    "least",
    "coalesce",
    "nullif",
    "date_part",
    "date_trunc",
    "to_char",
    "make_date",
    "lower",
    "upper",
    "btrim",
    "ltrim",
    "rtrim",
    "concat",
    "replace",
    "starts_with",
    "ends_with",
    "substr",
    "left",
    "right",
    "character_length",
    "strpos",
];
/// Aggregates that a query may call; see [`super::lineage`] for those that carry evidence.
const AGGREGATE_FUNCTIONS: &[&str] = &[
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "median",
    "stddev",
    "stddev_pop",
    "var",
    "var_pop",
    "corr",
    "bool_and",
    "bool_or",
    "approx_distinct",
];
/// Window functions that a query may call.
const WINDOW_FUNCTIONS: &[&str] = &[
    "row_number",
    "rank",
    "dense_rank",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "ntile",
];

/// The name of Sund's own aggregate: distinct persons of a group.
pub(super) const COUNT_PERSONS: &str = "count_persons";

/// A session over an extract.
pub(super) fn open(extract: &OpenExtract, limits: &QueryLimits) -> Result<SessionContext> {
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(GreedyMemoryPool::new(limits.memory_bytes_max)))
        .with_disk_manager_builder(
            DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled),
        )
        .build_arc()?;
    let config = SessionConfig::new()
        .with_target_partitions(limits.threads.max(1))
        .with_information_schema(false);
    let mut aggregates: Vec<Arc<AggregateUDF>> =
        SessionStateDefaults::default_aggregate_functions();
    aggregates.retain(|function| AGGREGATE_FUNCTIONS.contains(&function.name()));
    aggregates.push(Arc::new(AggregateUDF::from(CountPersons::new())));
    let mut scalars = SessionStateDefaults::default_scalar_functions();
    scalars.retain(|function| SCALAR_FUNCTIONS.contains(&function.name()));
    let mut windows = SessionStateDefaults::default_window_functions();
    windows.retain(|function| WINDOW_FUNCTIONS.contains(&function.name()));
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_expr_planners(SessionStateDefaults::default_expr_planners())
        .with_scalar_functions(scalars)
        .with_aggregate_functions(aggregates)
        .with_window_functions(windows)
        .build();
    let context = SessionContext::new_with_state(state);
    for (name, table) in &extract.tables {
        context.register_table(name.as_str(), table.clone())?;
    }
    Ok(context)
}

/// The plan of one SELECT.
pub(super) async fn plan(context: &SessionContext, sql: &str) -> Result<LogicalPlan, QueryError> {
    let dialect = datafusion::config::Dialect::Generic;
    let state = context.state();
    let statement = state
        .sql_to_statement(sql, &dialect)
        .map_err(|error| syntax(&error))?;
    let is_query = matches!(
        &statement,
        Statement::Statement(inner) if matches!(**inner, SqlStatement::Query(_))
    );
    if !is_query {
        return Err(QueryError::NotSelect);
    }
    let plan = state
        .statement_to_plan(statement)
        .await
        .map_err(|error| sort_out(&error))?;
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(&plan)
        .map_err(|_| QueryError::NotSelect)?;
    Ok(plan)
}

fn syntax(error: &DataFusionError) -> QueryError {
    let text = error.strip_backtrace();
    if text.contains("single SQL statement") {
        return QueryError::NotSelect;
    }
    let line = text
        .split_once("Line: ")
        .and_then(|(_, rest)| {
            rest.split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let problem = text
        .split_once("ParserError(\"")
        .map_or(text.as_str(), |(_, rest)| rest)
        .split(" at Line:")
        .next()
        .unwrap_or_default()
        .trim_end_matches("\")")
        .to_owned();
    QueryError::Syntax { line, problem }
}

/// Gives an engine's error its uniform words. Only errors of planning, which know the query's text
/// and the permit's names but no data, keep theirs.
pub(super) fn sort_out(error: &DataFusionError) -> QueryError {
    match error.find_root() {
        DataFusionError::SchemaError(problem, _) => QueryError::Meaning {
            problem: schema_problem(problem),
        },
        DataFusionError::Plan(problem) | DataFusionError::NotImplemented(problem) => {
            QueryError::Meaning {
                problem: first_sentence(problem),
            }
        }
        DataFusionError::Diagnostic(_, inner) => sort_out(inner),
        DataFusionError::ResourcesExhausted(_) => QueryError::OutOfMemory,
        DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) => QueryError::Unreadable,
        _ => QueryError::Data,
    }
}

fn schema_problem(problem: &SchemaError) -> String {
    match problem {
        SchemaError::FieldNotFound { field, .. } => {
            format!(
                "no column `{}` in the tables of the query",
                field.flat_name()
            )
        }
        SchemaError::AmbiguousReference { field } => {
            format!(
                "the column `{}` stands in several tables: write the table before it",
                field.name
            )
        }
        other => first_sentence(&other.to_string()),
    }
}

fn first_sentence(problem: &str) -> String {
    let line = problem.lines().next().unwrap_or_default();
    let line = line.split(". Did you mean").next().unwrap_or(line);
    // The engine's own schema names say nothing to the reader.
    line.replace("datafusion.public.", "")
        .replace("table 'datafusion.public", "table '")
}

/// `count_persons()`: computed by [`super::evidence`], where a plan can be followed.
#[derive(Debug, PartialEq, Eq, Hash)]
struct CountPersons {
    signature: Signature,
}

impl CountPersons {
    fn new() -> Self {
        Self {
            signature: Signature::nullary(Volatility::Immutable),
        }
    }
}

impl AggregateUDFImpl for CountPersons {
    fn name(&self) -> &str {
        COUNT_PERSONS
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn accumulator(&self, _arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        datafusion::common::plan_err!(
            "count_persons() needs a query whose rows can be followed to persons"
        )
    }
}
