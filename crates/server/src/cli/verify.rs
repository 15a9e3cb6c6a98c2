//! `sund verify`: the transparency log, checked without a server.

use std::path::PathBuf;

use clap::Args;

use super::permit::read_file;
use super::{Context, Failure, Outcome};

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A copy of a log folder, in place of the installation's own.
    #[arg(long, value_name = "DIR")]
    log: Option<PathBuf>,
    /// The log's published key; without it, the one that lies in the folder, which proves less.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// A checkpoint kept from earlier; the log must still begin with what it signed.
    #[arg(long, value_name = "FILE")]
    earlier: Vec<PathBuf>,
}

/// Runs the command. It needs neither lock nor database.
pub(crate) async fn run(args: VerifyArgs, context: &Context) -> Result<Outcome, Failure> {
    let folder = args.log.unwrap_or_else(|| context.common.dir().join("log"));
    let mut earlier = Vec::new();
    for path in &args.earlier {
        let bytes = read_file(path)?;
        earlier.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let check = app::log::verify_folder(&folder, args.key.as_deref(), &earlier)?;
    let printer = context.printer;
    let leaves = check.report.n_leaves;
    printer.line(format_args!(
        "log `{}`, {leaves} entries",
        check.report.origin
    ));
    for finding in &check.report.findings {
        printer.line(format_args!("  finding: {finding}"));
    }
    printer.line(if check.ok {
        "Every leaf, proof, signature and published value holds."
    } else {
        "The log does not verify. Keep the folder as it is and compare it with a mirror."
    });
    Ok(Outcome {
        held: check.ok,
        report: super::to_json(&check.report)?,
    })
}
