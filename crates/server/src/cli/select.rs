//! `sund select`: a selection before there is a permit.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use app::selections::{PopulationChecked, ShownStep, read_selection};
use serde::Deserialize as _;

use super::permit::read_file;
use super::{Context, Failure, Outcome};
use crate::control::Order;

/// Selections.
#[derive(Debug, Subcommand)]
pub(crate) enum SelectCommand {
    /// Check a selection, print it as text, and count the persons left after each criterion.
    Check(CheckArgs),
}

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The selection (`sund-selection/1`), as text or JSON.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command. A selection that cannot be carried out is a finding.
pub(crate) async fn run(command: SelectCommand, context: &Context) -> Result<Outcome, Failure> {
    let SelectCommand::Check(args) = command;
    let bytes = read_file(&args.file)?;
    let selection = read_selection(&bytes).map_err(|error| Failure::from(error).into_finding())?;
    let order = Order::Select {
        selection: Box::new(selection),
    };
    let report = context.perform(order, |_| {}).await?;
    // INVARIANT: the report is this value as it was written.
    if let Ok(checked) = PopulationChecked::deserialize(&report) {
        print(&checked, context);
    }
    Ok(Outcome::held(report))
}

fn print(checked: &PopulationChecked, context: &Context) {
    context.printer.line(&checked.text);
    let number_of = |step: &ShownStep| match (step.persons, checked.persons_min) {
        (Some(persons), _) => persons.to_string(),
        (None, Some(_)) => "(kept back)".to_owned(),
        (None, None) => String::new(),
    };
    let width = checked.attrition.iter().map(|step| number_of(step).len());
    let width = width.max().unwrap_or(0);
    for step in &checked.attrition {
        let words = step.words();
        let number = number_of(step);
        context
            .printer
            .line(format_args!("{number:>width$}  {words}"));
    }
    if let Some(least) = checked.persons_min {
        context.printer.line(format_args!(
            "Counts that would tell of fewer than {least} persons are kept back."
        ));
    }
}
