//! `sund permit`: a test permit for benches and checks, in a demo folder only.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Context, Exit, Failure, Outcome};

/// Permits.
#[derive(Debug, Subcommand)]
pub(crate) enum PermitCommand {
    /// Sign a permit document.
    Sign(SignArgs),
}

/// What to sign.
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// Mark it as a test; only these are signed here. The others come from decided cases.
    #[arg(long, required = true)]
    test: bool,
    /// The document (`sund-permit/1`, JSON).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write the signed permit; beside the document if not named.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub(crate) async fn run(command: PermitCommand, context: &Context) -> Result<Outcome, Failure> {
    let PermitCommand::Sign(args) = command;
    let bytes = read_file(&args.file)?;
    let app = context.open().await?;
    let signed = app.sign_test_permit(&app.operator(), &bytes);
    app.close().await;
    let signed = super::to_json(&signed?)?;
    let out = args
        .out
        .unwrap_or_else(|| args.file.with_extension("signed.json"));
    std::fs::write(&out, signed.to_string()).map_err(|error| {
        Failure::new(
            Exit::Outside,
            "cannot_write",
            format!("the signed permit cannot be written: {}", error.kind()),
        )
        .at(out.display().to_string())
    })?;
    context
        .printer
        .line(format_args!("wrote {}", out.display()));
    let report = serde_json::json!({"file": out, "signed": signed});
    Ok(Outcome::held(report))
}

/// Reads a file that was named on the command line.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::new(
            Exit::WrongUse,
            "file_unreadable",
            format!("the file cannot be read: {}", error.kind()),
        )
        .at(path.display().to_string())
    })
}
