//! `sund restore`: an archive into a new folder, checked on request.

use std::path::PathBuf;

use clap::Args;

use super::{Context, Failure, Outcome};

/// What to restore.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The archive.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Fold every case, rebuild the read models, compare every file and verify the log.
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(crate) async fn run(args: RestoreArgs, context: &Context) -> Result<Outcome, Failure> {
    let config = context.config(&[])?;
    let opening = config.opening(context.common.dir());
    let report = app::restore(&args.file, &opening, args.check).await?;
    let dir = context.common.dir().display();
    context.printer.line(format_args!("restored to {dir}"));
    for finding in &report.findings {
        context.printer.line(format_args!("  finding: {finding}"));
    }
    Ok(Outcome {
        held: report.findings.is_empty(),
        report: super::to_json(&report)?,
    })
}
