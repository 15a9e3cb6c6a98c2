//! `sund restore`: an archive into a new folder, checked on the way; with `--check`, only checked.

use std::path::PathBuf;

use clap::Args;

use super::{Context, Failure, Outcome};

/// What to restore.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The archive.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Compare every file, fold every case and compare it with what is shown of it, verify the log;
    /// write nothing that stays.
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(crate) async fn run(args: RestoreArgs, context: &Context) -> Result<Outcome, Failure> {
    let config = context.config(&[])?;
    let opening = config.opening(context.common.dir());
    let report = app::restore(&args.file, &opening, args.check).await?;
    let (printer, file) = (context.printer, args.file.display());
    if report.restored {
        let dir = context.common.dir().display();
        printer.line(format_args!("restored {file} to {dir}"));
    } else {
        printer.line(format_args!("read {file}; nothing was written"));
    }
    printer.line(format_args!(
        "{} files, {} rows, {} events of {}",
        report.members, report.rows, report.events, report.at
    ));
    if let (Some(cases), Some(leaves)) = (report.cases, report.leaves) {
        printer.line(format_args!(
            "{cases} cases folded, {leaves} log entries verified"
        ));
    }
    for finding in &report.findings {
        printer.line(format_args!("  finding: {finding}"));
    }
    Ok(Outcome {
        held: report.findings.is_empty(),
        report: super::to_json(&report)?,
    })
}
