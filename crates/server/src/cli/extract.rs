//! `sund extract`: a permit's tables, linked, pseudonymous and minimised.

use std::path::PathBuf;

use clap::Args;

use super::permit::named_or_read;
use super::{Context, Failure, Outcome, absolute};
use crate::control::Order;

/// What to make.
#[derive(Debug, Args)]
pub(crate) struct ExtractArgs {
    /// The signed permit's file, or its number.
    #[arg(long, value_name = "FILE|ID")]
    permit: String,
    /// The folder to write to; it must not exist or be empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write plain Parquet. Only in a demo folder.
    #[arg(long)]
    plain: bool,
    /// Write encrypted Parquet, as is done where nothing else is said.
    #[arg(long, conflicts_with = "plain")]
    encrypted: bool,
    /// Threads; all of the machine's if not said.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Bytes of rows to hold before they go to disk.
    #[arg(long, value_name = "BYTES")]
    memory: Option<usize>,
}

/// Runs the command.
pub(crate) async fn run(args: ExtractArgs, context: &Context) -> Result<Outcome, Failure> {
    let order = Order::Extract {
        permit: named_or_read(&args.permit)?,
        // What follows works beside the folder, too, which a bare name does not have.
        out: absolute(&args.out)?,
        plain: args.plain && !args.encrypted,
        threads: args.threads,
        memory_bytes: args.memory,
    };
    let report = context.perform(order, |_| {}).await?;
    context
        .printer
        .line(format_args!("wrote {}", args.out.display()));
    Ok(Outcome::held(report))
}
