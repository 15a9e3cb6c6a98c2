//! `sund permit`: a test permit for benches and checks, in a demo folder only.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Context, Exit, Failure, Outcome};
use crate::control::Order;

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
    let document = String::from_utf8_lossy(&read_file(&args.file)?).into_owned();
    let signed = context
        .perform(Order::SignTest { document }, |_| {})
        .await?;
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

/// A permit as it goes to whoever carries the command out: its file's content, or its number.
pub(crate) fn named_or_read(file_or_number: &str) -> Result<String, Failure> {
    let path = Path::new(file_or_number);
    if !path.is_file() {
        return Ok(file_or_number.to_owned());
    }
    let text = String::from_utf8(read_file(path)?).unwrap_or_default();
    if !text.trim_start().starts_with('{') {
        let message = "the file is not a signed permit";
        return Err(Failure::new(Exit::Finding, "permit_file", message)
            .at(path.display().to_string())
            .advise("use the permit as it was handed out"));
    }
    Ok(text)
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
