//! `sund receive`: delivers a register's tables.

use std::path::{Path, PathBuf};

use clap::Args;

use serde_json::Value;

use super::{Bars, Context, Exit, Failure, Outcome, absolute, field};
use crate::control::Order;

/// What is delivered.
#[derive(Debug, Args)]
pub(crate) struct ReceiveArgs {
    /// The register, by its id in the catalogue.
    #[arg(value_name = "REGISTER")]
    register: String,
    /// Files named as their table (`kontakter.csv`, `lpr3_kontakter.parquet`), or `TABLE=FILE`.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
}

/// Runs the command.
pub(crate) async fn run(args: ReceiveArgs, context: &Context) -> Result<Outcome, Failure> {
    let files = args
        .files
        .iter()
        .map(|file| {
            let (table, path) = table_of(&args.register, file)?;
            Ok((table, absolute(&path)?))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let bars = Bars::new(context.printer);
    let show = move |rows| bars.count("rows", rows);
    let order = Order::Receive {
        register: args.register,
        files,
    };
    let report = context.perform(order, show).await?;
    let already = report.get("already").and_then(Value::as_bool);
    let what = if already == Some(true) {
        "had been delivered before; nothing was changed"
    } else {
        "received"
    };
    let printer = context.printer;
    printer.line(format_args!(
        "`{}`, version {}, {} rows: {what}",
        field(&report, "/version/register"),
        field(&report, "/version/version"),
        field(&report, "/version/rows")
    ));
    let rejected = report.pointer("/version/rejected").and_then(Value::as_u64);
    let held = rejected == Some(0);
    if !held {
        printer.line(format_args!(
            "{} rows were rejected and lie in quarantine; `--json` has the report",
            field(&report, "/version/rejected")
        ));
    }
    Ok(Outcome { held, report })
}

/// The table that a file holds, by its name.
fn table_of(register: &str, file: &str) -> Result<(String, PathBuf), Failure> {
    if let Some((table, path)) = file.split_once('=') {
        return Ok((table.to_owned(), PathBuf::from(path)));
    }
    let path = Path::new(file);
    let stem = path
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.split('.').next())
        .filter(|stem| !stem.is_empty())
        .ok_or_else(|| {
            Failure::new(
                Exit::WrongUse,
                "file_name",
                "the file's name does not say which table it holds",
            )
            .at(file)
            .advise("write `TABLE=FILE`")
        })?;
    let table = stem
        .strip_prefix(register)
        .and_then(|rest| rest.strip_prefix('_'))
        .unwrap_or(stem);
    Ok((table.to_owned(), path.to_path_buf()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_says_its_table() {
        let table = |file| table_of("lpr3", file).unwrap().0;
        assert_eq!(table("out/lpr3/kontakter.csv"), "kontakter");
        assert_eq!(table("lpr3_kontakter.parquet"), "kontakter");
        assert_eq!(table("kontakter=/tmp/a=b.csv"), "kontakter");
    }
}
