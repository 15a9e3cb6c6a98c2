//! `sund backup`: events, lake and log of one moment in one archive. The keys lie beside it.

use std::path::PathBuf;

use clap::Args;

use super::{Context, Failure, Outcome};

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The archive to write; it must not exist.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
pub(crate) async fn run(args: BackupArgs, context: &Context) -> Result<Outcome, Failure> {
    let app = context.open().await?;
    let report = app.backup(&args.file).await;
    app.close().await;
    let report = super::to_json(&report?)?;
    let printer = context.printer;
    printer.line(format_args!("wrote {}", args.file.display()));
    printer.line("No key is in it. Keep keys elsewhere: without them the archive is noise.");
    Ok(Outcome::held(report))
}
