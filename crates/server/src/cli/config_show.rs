//! `sund config show`: each setting, its value, where it comes from.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Context, Failure, Outcome};
use crate::config::SETTINGS;

/// Settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print each setting with its value.
    Show(ShowArgs),
}

/// How to print.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Print where each value comes from, too.
    #[arg(long)]
    origin: bool,
}

/// Runs the command.
pub(crate) fn run(command: &ConfigCommand, context: &Context) -> Result<Outcome, Failure> {
    let ConfigCommand::Show(args) = command;
    let config = context.config(&[])?;
    let mut settings = Vec::new();
    for setting in SETTINGS {
        let Some((value, origin)) = config.entry(setting.key) else {
            let (key, about) = (setting.key, setting.about);
            context.printer.line(format_args!("# {key}: {about}"));
            settings.push(json!({"key": key, "value": null, "origin": null}));
            continue;
        };
        let value = setting.shown(value);
        let line = format!("{} = {value:?}", setting.key);
        if args.origin {
            context.printer.line(format_args!("{line:55} # {origin}"));
        } else {
            context.printer.line(&line);
        }
        let origin = origin.to_string();
        settings.push(json!({"key": setting.key, "value": value, "origin": origin}));
    }
    Ok(Outcome::held(json!({ "settings": settings })))
}
