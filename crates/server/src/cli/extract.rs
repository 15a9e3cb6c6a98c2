//! `sund extract`: a permit's tables, linked, pseudonymous and minimised.

use std::path::PathBuf;

use clap::Args;

use super::permit::permit_source;
use super::{Context, Failure, Outcome};

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
    /// Threads; all of the machine's if not said.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// Runs the command.
pub(crate) async fn run(args: ExtractArgs, context: &Context) -> Result<Outcome, Failure> {
    let permit = permit_source(&args.permit)?;
    let app = context.open().await?;
    let to = app::ExtractTo {
        out: args.out.clone(),
        plain: args.plain,
        threads: args.threads,
    };
    let extracted = app
        .extract_to(&app.operator(), &permit, &to)
        .await
        .map_err(|error| Failure::from(error).as_finding());
    app.close().await;
    let report = super::to_json(&extracted?)?;
    context
        .printer
        .line(format_args!("wrote {}", args.out.display()));
    Ok(Outcome::held(report))
}
