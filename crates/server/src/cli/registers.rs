//! `sund registers`: the register versions held.

use serde_json::json;

use super::{Context, Failure, Outcome};

/// Runs the command.
pub(crate) async fn run(context: &Context) -> Result<Outcome, Failure> {
    let app = context.open().await?;
    let versions = app.versions(&app.operator(), None).await?;
    app.close().await;
    for version in &versions {
        context.printer.line(format_args!(
            "{:12} {} {:9} {:>12} rows, received {}",
            version.register, version.version, version.state, version.rows, version.received_at
        ));
    }
    if versions.is_empty() {
        context
            .printer
            .line("no register has been delivered; see `sund receive --help`");
    }
    Ok(Outcome::held(json!({ "versions": versions })))
}
