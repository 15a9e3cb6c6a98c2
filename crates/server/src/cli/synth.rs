//! `sund synth`: the synthetic Denmark's registers as files, as a holder would deliver them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::demo::People;
use super::{Bars, Context, Failure, Outcome};

/// What to write.
#[derive(Debug, Args)]
pub(crate) struct SynthArgs {
    #[command(flatten)]
    people: People,
    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The kind of files.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
}

/// The kind of files.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Text, semicolons, UTF-8.
    Csv,
    /// Parquet.
    Parquet,
}

/// Runs the command.
pub(crate) async fn run(args: SynthArgs, context: &Context) -> Result<Outcome, Failure> {
    let bars = Bars::new(context.printer);
    let format = match args.format {
        Format::Csv => app::SynthFormat::Csv,
        Format::Parquet => app::SynthFormat::Parquet,
    };
    let (persons, seed) = (u64::from(args.people.persons), args.people.seed);
    let out = args.out.clone();
    let report = tokio::task::spawn_blocking(move || {
        let show = |step: &str, done: u64, total: u64| bars.show(step, done, total);
        app::synthesise(&out, persons, seed, format, &show)
    })
    .await
    .map_err(|_| Failure::new(super::Exit::Fault, "internal", "making the files broke off"))??;
    context
        .printer
        .line(format_args!("wrote {}", args.out.display()));
    Ok(Outcome::held(super::to_json(&report)?))
}
