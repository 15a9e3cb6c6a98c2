//! SQL over one extract, with evidence per cell.
//!
//! A query sees the tables of its extract and nothing else. Where the plan can be followed (see
//! the module `lineage`), aggregates are computed per person first, so that every cell knows its distinct
//! persons and its largest contributor; everything else is marked as what it is.

mod arrange;
mod depth;
mod evidence;
mod lineage;
mod session;
mod shape;
mod source;
mod values;

use std::time::Duration;

use base::{Stopwatch, limits};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use disclosure::{Column, ColumnKind, Lineage, ProtectedTable, Row};

pub use depth::{QUERY_STACK_BYTES, QUERY_WORDS_MAX};
pub use source::{OpenError, OpenExtract};

/// What one query may use.
#[derive(Debug, Clone, Copy)]
pub struct QueryLimits {
    /// Longest run.
    pub time_max: Duration,
    /// Memory for sorting, grouping and joining.
    pub memory_bytes_max: usize,
    /// Rows of a result.
    pub rows_max: usize,
    /// Threads.
    pub threads: usize,
    /// Whether the author learns that the data stopped the query.
    pub stops: Stops,
}

/// What is answered where the data do not allow the computation: a division by zero, an overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stops {
    /// That it stopped.
    Told,
    /// A table without rows, such as a question answers that nobody is behind. For authors who may not
    /// see rows: whether one person's value is zero would otherwise be told by the error.
    Hidden,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            time_max: Duration::from_secs(limits::QUERY_SECONDS_MAX),
            memory_bytes_max: 1 << 30,
            rows_max: limits::RESULT_ROWS_MAX,
            threads: 2,
            stops: Stops::Told,
        }
    }
}

/// A result.
#[derive(Debug, Clone)]
pub struct QueryResult {
    /// The table with its evidence.
    pub table: ProtectedTable,
    /// Whether rows were cut off at the limit.
    pub cut_off: bool,
    /// How long it took.
    pub elapsed: Duration,
}

/// A query was not answered. Texts are uniform: they name what the author wrote and what the permit
/// shows, never a value of the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Too long.
    #[error("a query has at most {max} characters")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// It could nest too deep.
    #[error("a query has at most {max} words and signs, values and commas not counted")]
    TooComplex {
        /// The limit.
        max: usize,
    },
    /// Not SQL.
    #[error("line {line}: not understood as SQL: {problem}")]
    Syntax {
        /// Line, from 1; 0 where it is not known.
        line: u64,
        /// The parser's words about the query text.
        problem: String,
    },
    /// Something other than one SELECT.
    #[error("send one SELECT statement at a time; other statements are not allowed")]
    NotSelect,
    /// A name, function or type in the query text does not fit.
    #[error("{problem}")]
    Meaning {
        /// What does not fit.
        problem: String,
    },
    /// The data did not allow the computation.
    #[error(
        "the query stopped on the data: a division by zero, an overflow or a value that cannot be converted"
    )]
    Data,
    /// Out of time.
    #[error("stopped after {seconds} seconds; ask for less at a time")]
    OutOfTime {
        /// The limit.
        seconds: u64,
    },
    /// Out of memory.
    #[error("the query needs more memory than the workbench has; ask for less at a time")]
    OutOfMemory,
    /// The extract cannot be read.
    #[error("the extract cannot be read")]
    Unreadable,
}

impl QueryError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "query_too_long",
            Self::TooComplex { .. } => "query_too_complex",
            Self::Syntax { .. } => "query_syntax",
            Self::NotSelect => "query_not_select",
            Self::Meaning { .. } => "query_meaning",
            Self::Data => "query_data",
            Self::OutOfTime { .. } => "query_out_of_time",
            Self::OutOfMemory => "query_out_of_memory",
            Self::Unreadable => "extract_unreadable",
        }
    }
}

/// Answers one SELECT over an extract.
pub async fn run_sql(
    extract: &OpenExtract,
    sql: &str,
    query_limits: &QueryLimits,
) -> Result<QueryResult, QueryError> {
    if sql.chars().count() > limits::SQL_CHARS_MAX {
        return Err(QueryError::TooLong {
            max: limits::SQL_CHARS_MAX,
        });
    }
    depth::check(sql)?;
    let stopwatch = Stopwatch::start();
    let context =
        session::open(extract, query_limits).map_err(|error| session::sort_out(&error))?;
    let plan = session::plan(&context, sql).await?;
    let answer = tokio::time::timeout(
        query_limits.time_max,
        answer(&context, extract, plan, query_limits),
    );
    let (table, cut_off) = answer.await.map_err(|_| QueryError::OutOfTime {
        seconds: query_limits.time_max.as_secs(),
    })??;
    Ok(QueryResult {
        table,
        cut_off,
        elapsed: stopwatch.elapsed(),
    })
}

async fn answer(
    context: &SessionContext,
    extract: &OpenExtract,
    plan: LogicalPlan,
    query_limits: &QueryLimits,
) -> Result<(ProtectedTable, bool), QueryError> {
    let rows_max = query_limits.rows_max;
    let is_hidden =
        |error: &QueryError| query_limits.stops == Stops::Hidden && *error == QueryError::Data;
    let followed = lineage::Origins::new(extract);
    let lineage = match shape::recognise(&plan, &followed) {
        shape::Shape::Aggregated(aggregation) => {
            let computed = evidence::compute(context, &aggregation).await;
            let table = match computed.map_err(|error| session::sort_out(&error)) {
                Err(error) if is_hidden(&error) => evidence::of_nobody(context, &aggregation)
                    .map_err(|error| session::sort_out(&error))?,
                computed => computed?,
            };
            let cut_off = table.rows.len() > rows_max;
            return Ok((table, cut_off));
        }
        shape::Shape::Rows => Lineage::Rows,
        shape::Shape::Unproven(reason) => Lineage::Unproven(reason),
    };
    let columns = plain_columns(&plan);
    let answered = plain_rows(context, plan, rows_max).await;
    let (rows, cut_off) = match answered.map_err(|error| session::sort_out(&error)) {
        Err(error) if is_hidden(&error) => (Vec::new(), false),
        answered => answered?,
    };
    let table = ProtectedTable {
        lineage,
        columns,
        rows,
        persons: None,
    };
    Ok((table, cut_off))
}

/// The columns of a plan whose values carry no evidence.
fn plain_columns(plan: &LogicalPlan) -> Vec<Column> {
    let fields = plan.schema().fields().iter();
    let column = |field: &FieldRef| Column {
        name: field.name().clone(),
        heading: catalogue::Text::default(),
        kind: ColumnKind::WithoutEvidence,
    };
    fields.map(column).collect()
}

/// Runs a plan as it is; whether rows were cut off at the limit.
async fn plain_rows(
    context: &SessionContext,
    plan: LogicalPlan,
    rows_max: usize,
) -> Result<(Vec<Row>, bool), DataFusionError> {
    let frame = context
        .execute_logical_plan(plan)
        .await?
        .limit(0, Some(rows_max + 1))?;
    let batches = frame.collect().await?;
    let mut rows = Vec::new();
    for batch in &batches {
        values::push_rows(batch, &mut rows)?;
    }
    let cut_off = rows.len() > rows_max;
    rows.truncate(rows_max);
    Ok((rows, cut_off))
}
