//! `sund doctor`: what this machine and folder lack, and what to do.

use serde_json::Value;

use super::{Context, Failure, Outcome, Printer};
use crate::control::Order;

/// Runs the command.
pub(crate) async fn run(context: &Context) -> Result<Outcome, Failure> {
    let report = context.perform(Order::Doctor {}, |_| {}).await?;
    let held = print(context.printer, &report);
    Ok(Outcome { held, report })
}

/// Prints what was found; whether everything is as it should be.
pub(crate) fn print(printer: Printer, report: &Value) -> bool {
    printer.line("  doctor");
    let checks = report.get("checks").and_then(Value::as_array);
    let mut held = true;
    for check in checks.into_iter().flatten() {
        let says = |key: &str| check.get(key).and_then(Value::as_str);
        let ok = check.get("ok").and_then(Value::as_bool).unwrap_or(false);
        held &= ok;
        let mark = if ok { "ok" } else { "!!" };
        let (name, message) = (says("name"), says("message"));
        printer.line(format_args!(
            "    {mark} {}: {}",
            name.unwrap_or_default(),
            message.unwrap_or_default()
        ));
        if let (false, Some(advice)) = (ok, says("do")) {
            printer.line(format_args!("       do: {advice}"));
        }
    }
    held
}
