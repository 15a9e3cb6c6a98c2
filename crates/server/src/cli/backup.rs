//! `sund backup`: events, lake and log of one moment in one archive. The keys lie beside it.

use std::path::PathBuf;

use clap::Args;

use super::{Context, Failure, Outcome, absolute};
use crate::control::Order;

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The archive to write; it must not exist.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
pub(crate) async fn run(args: BackupArgs, context: &Context) -> Result<Outcome, Failure> {
    let file = absolute(&args.file)?;
    let report = context.perform(Order::Backup { file }, |_| {}).await?;
    let printer = context.printer;
    printer.line(format_args!("wrote {}", args.file.display()));
    printer.line("No key is in it. Keep keys elsewhere: without them the archive is noise.");
    Ok(Outcome::held(report))
}
