//! Automation of the project, run as `cargo xtask <command>`.
//!
//! Knows the workspace from outside: its files, its manifests and the programs that build and test
//! it. It must not know any of our crates, so that it builds in seconds and can judge them all.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this program speaks to a person at a terminal and to a CI log"
)]

mod dist;
mod process;
mod test;
mod tidy;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

const USAGE: &str = "\
usage: cargo xtask <command>

  test [--only STEP,STEP]   everything a change must pass, in order, from nothing
  tidy                      boundaries, sizes, content and documents; no compiler needed
  dist                      a stripped release binary and a Debian package in target/dist
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((command, rest)) => dispatch(command, rest),
        None => Ok(wrong_use("a command is missing")),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn dispatch(command: &str, rest: &[String]) -> Result<ExitCode> {
    match (command, rest) {
        ("test", rest) => match test::parse_only(rest) {
            Ok(steps) => Ok(test::run(&root()?, &steps)),
            Err(problem) => Ok(wrong_use(&problem)),
        },
        ("tidy", []) => tidy::run(&root()?),
        ("dist", []) => dist::run(&root()?).map(|()| ExitCode::SUCCESS),
        ("help" | "--help" | "-h", _) => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Ok(wrong_use(&format!(
            "`{command}` is not a command, or has arguments it does not take"
        ))),
    }
}

fn wrong_use(problem: &str) -> ExitCode {
    eprintln!("{problem}\n\n{USAGE}");
    ExitCode::from(2)
}

/// The repository's root: the folder above this crate's.
fn root() -> Result<PathBuf> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .context("start it as `cargo xtask`, which says where the workspace is")?;
    let crate_folder = PathBuf::from(manifest);
    let root = crate_folder
        .parent()
        .context("the xtask folder has no parent")?;
    Ok(root.to_path_buf())
}
