//! `sund query`: one question in SQL over a permit's extract; the answer has evidence and verdict.

use clap::Args;

use super::{Context, Failure, Outcome};

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
    let app = context.open().await?;
    let output = app
        .query_permit(&app.operator(), &args.permit, &args.sql)
        .await
        .map_err(|error| Failure::from(error).into_finding());
    app.close().await;
    let report = super::to_json(&output?)?;
    let pretty = serde_json::to_string_pretty(&report).unwrap_or_default();
    context.printer.line(pretty);
    Ok(Outcome::held(report))
}
