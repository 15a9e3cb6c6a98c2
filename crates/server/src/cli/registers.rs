//! `sund registers`: the register versions held.

use serde_json::Value;

use super::{Context, Failure, Outcome, field};
use crate::control::Order;

/// Runs the command.
pub(crate) async fn run(context: &Context) -> Result<Outcome, Failure> {
    let report = context.perform(Order::Registers {}, |_| {}).await?;
    let versions = report.get("versions").and_then(Value::as_array);
    let versions = versions.map(Vec::as_slice).unwrap_or_default();
    for version in versions {
        context.printer.line(format_args!(
            "{:12} {} {:9} {:>12} rows, received {}",
            field(version, "/register"),
            field(version, "/version"),
            field(version, "/state"),
            field(version, "/rows"),
            field(version, "/received_at")
        ));
    }
    if versions.is_empty() {
        context
            .printer
            .line("no register has been delivered; see `sund receive --help`");
    }
    Ok(Outcome::held(report))
}
