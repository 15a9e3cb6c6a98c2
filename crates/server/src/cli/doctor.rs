//! `sund doctor`: what this machine and folder lack, and what to do.

use app::doctor::DoctorReport;
use serde_json::json;

use super::{Context, Failure, Outcome, Printer};

/// Runs the command.
pub(crate) async fn run(context: &Context) -> Result<Outcome, Failure> {
    let app = context.open().await?;
    let report = app.doctor().await?;
    print(context.printer, &report);
    app.close().await;
    Ok(Outcome {
        held: report.ok(),
        report: json!({ "checks": report.checks }),
    })
}

/// Prints what was found.
pub(crate) fn print(printer: Printer, report: &DoctorReport) {
    printer.line("  doctor");
    for check in &report.checks {
        let mark = if check.ok { "ok" } else { "!!" };
        printer.line(format_args!("    {mark} {}: {}", check.name, check.message));
        if let (false, Some(advice)) = (check.ok, &check.advice) {
            printer.line(format_args!("       do: {advice}"));
        }
    }
}
