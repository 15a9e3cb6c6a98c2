//! `sund query`: one question in SQL over a permit's extract; the answer has evidence and verdict.

use clap::Args;

use super::permit::named_or_read;
use super::{Context, Failure, Outcome};
use crate::control::Order;

/// What to ask.
#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// The signed permit's file, or its number.
    #[arg(long, value_name = "FILE|ID")]
    permit: String,
    /// The question.
    #[arg(value_name = "SQL")]
    sql: String,
}

/// Runs the command. A table that is held is an answer, not a finding.
pub(crate) async fn run(args: QueryArgs, context: &Context) -> Result<Outcome, Failure> {
    let order = Order::Query {
        permit: named_or_read(&args.permit)?,
        sql: args.sql,
    };
    let report = context.perform(order, |_| {}).await?;
    let pretty = serde_json::to_string_pretty(&report).unwrap_or_default();
    context.printer.line(pretty);
    Ok(Outcome::held(report))
}
