//! `sund backup`: events, lake and log of one moment in one archive. Never a key.

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
    let report = app.backup(&args.file).await?;
    app.close().await;
    context
        .printer
        .line(format_args!("wrote {}", args.file.display()));
    context
        .printer
        .line("The keys are not in it: keep the key file elsewhere, or it cannot be read.");
    Ok(Outcome::held(super::to_json(&report)?))
}
