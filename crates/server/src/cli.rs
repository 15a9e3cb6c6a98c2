//! The command line. Its names, options and exit codes are a promise to scripts.

mod backup;
mod catalogue;
mod config_show;
mod demo;
mod doctor;
mod extract;
mod failure;
mod init;
mod journey;
mod package;
mod permit;
mod print;
mod progress;
mod query;
mod receive;
mod registers;
mod restore;
mod select;
mod serve;
mod settle;
mod synth;
mod verify;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use serde_json::Value;

pub(crate) use failure::{Exit, Failure};
pub(crate) use print::Printer;
pub(crate) use progress::Bars;

use crate::config::{Config, Given, NewFolder};
use crate::control::{self, Order};

const EXIT_CODES: &str = "Exit codes: 0 it held, 1 a finding, 2 wrong use, 3 something outside did \
not do its part (disk, database, network, a port in use), 4 a fault of the program.";

/// One entrance to a nation's health data.
#[derive(Debug, Parser)]
#[command(name = "sund", version, about, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// The folder of the installation [default: ./sund-demo].
    #[arg(long, global = true, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print one JSON object and nothing else.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The settings file, in place of the folder's `sund.toml`.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The database: `sqlite:FILE` or `postgres://...`; the folder's own file where none is named.
    #[arg(long, global = true, value_name = "URI")]
    pub(crate) store: Option<String>,
}

impl Common {
    /// The folder, by its default if none was named.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.as_deref().unwrap_or(Path::new("./sund-demo"))
    }

    /// The folder that was named.
    pub(crate) fn named_dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make (or open again) a synthetic Denmark and its portal on this machine.
    Demo(demo::DemoArgs),
    /// Run an installation.
    Serve(serve::ServeArgs),
    /// Make the folder of an installation.
    Init(init::InitArgs),
    /// Tell the whole story over HTTP as the different people, and check every step.
    Journey(journey::JourneyArgs),
    /// Say what this machine and folder lack, and what to do.
    Doctor,
    /// Check the transparency log without a server.
    Verify(verify::VerifyArgs),
    /// Write events, lake and log of one moment to an archive.
    Backup(backup::BackupArgs),
    /// Put an archive back into a new folder.
    Restore(restore::RestoreArgs),
    /// Write the synthetic Denmark's registers as files.
    Synth(synth::SynthArgs),
    /// Deliver a register: check, exchange identifiers, store.
    Receive(receive::ReceiveArgs),
    /// List the register versions held.
    Registers,
    /// Take a register version into use.
    Approve(settle::ApproveArgs),
    /// Take a register version out of use.
    Withdraw(settle::WithdrawArgs),
    /// Make a permit's extract.
    Extract(extract::ExtractArgs),
    /// Ask a permit's extract in SQL; the answer has evidence and verdict.
    Query(query::QueryArgs),
    /// Selections.
    #[command(subcommand)]
    Select(select::SelectCommand),
    /// Permits.
    #[command(subcommand)]
    Permit(permit::PermitCommand),
    /// The data map: search it; check, write and read files of it.
    #[command(subcommand)]
    Catalogue(catalogue::CatalogueCommand),
    /// Data packages.
    #[command(subcommand)]
    Package(package::PackageCommand),
    /// Settings.
    #[command(subcommand)]
    Config(config_show::ConfigCommand),
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Whether all held; if not, the exit code says that there is a finding.
    pub(crate) held: bool,
    /// The object that `--json` prints; `ok` is added to it.
    pub(crate) report: Value,
}

impl Outcome {
    /// All held.
    pub(crate) const fn held(report: Value) -> Self {
        Self { held: true, report }
    }
}

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) common: Common,
    pub(crate) printer: Printer,
}

impl Context {
    /// The settings, with what the command line gave.
    pub(crate) fn config(&self, given: &[Given]) -> Result<Config, Failure> {
        self.config_of(self.common.dir(), given)
    }

    /// The settings of another folder.
    pub(crate) fn config_of(&self, dir: &Path, given: &[Given]) -> Result<Config, Failure> {
        let mut all: Vec<Given> = given.to_vec();
        if let Some(store) = &self.common.store {
            all.push(Given::new("store.uri", "--store", store));
        }
        Ok(Config::load(dir, self.common.config.as_deref(), &all)?)
    }

    /// The settings of a folder that is to be made.
    pub(crate) fn config_of_new(&self, kind: NewFolder) -> Result<Config, Failure> {
        let store = self.common.store.as_ref();
        let given: Vec<Given> = store
            .map(|store| Given::new("store.uri", "--store", store))
            .into_iter()
            .collect();
        let file = self.common.config.as_deref();
        Ok(Config::load_for(kind, self.common.dir(), file, &given)?)
    }

    /// Carries an order out on the folder, or has the server do it that holds the folder. `rows` is
    /// told how many rows have been looked at.
    pub(crate) async fn perform(
        &self,
        order: Order,
        rows: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<Value, Failure> {
        let (config, dir) = (self.config(&[])?, self.common.dir());
        let app = match app::App::open(&config.opening(dir)).await {
            Ok(app) => app,
            Err(error) if error.code() == "folder_in_use" => {
                let answer = control::ask(dir, &order, rows).await;
                return answer.unwrap_or_else(|| Err(error.into()));
            }
            Err(error) => return Err(error.into()),
        };
        let outcome = order.perform(&app, rows).await;
        app.close().await;
        outcome
    }
}

/// Parses, runs, prints; the exit code says how it went.
pub(crate) fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let printer = Printer::new(words.iter().any(|word| word == "--json"));
    let cli = match parse(&words) {
        Ok(cli) => cli,
        Err(error) => return wrong_use(&printer, &error),
    };
    let context = Context {
        common: cli.common,
        printer,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Queries are planned and run by these threads.
        .thread_stack_size(app::rooms::QUERY_STACK_BYTES)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::new(Exit::Outside, "runtime", error.to_string());
            return printer.failure(&failure);
        }
    };
    let result = runtime.block_on(run(cli.command, &context));
    // Work that was cut off by the end of a command must not hold up its exit.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    match result {
        Ok(outcome) => printer.outcome(outcome),
        Err(failure) => printer.failure(&failure),
    }
}

/// A report as JSON.
fn to_json(report: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(report)
        .map_err(|error| Failure::new(Exit::Fault, "internal", error.to_string()))
}

/// A path as it is meant here, for a server that runs elsewhere.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| {
        Failure::new(Exit::WrongUse, "path", error.kind().to_string())
            .at(path.display().to_string())
    })
}

/// A value of a report as text.
fn field(report: &Value, pointer: &str) -> String {
    match report.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    let matches = Cli::command().try_get_matches_from(words)?;
    Cli::from_arg_matches(&matches)
}

fn wrong_use(printer: &Printer, error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        printer.text(&error.render());
        return ExitCode::SUCCESS;
    }
    let rendered = error.render().to_string();
    let message = rendered.trim().trim_start_matches("error: ");
    let failure = Failure::new(Exit::WrongUse, "usage", message)
        .at("the command line")
        .advise("see `sund --help`");
    printer.failure(&failure)
}

async fn run(command: Command, context: &Context) -> Result<Outcome, Failure> {
    match command {
        Command::Demo(args) => demo::run(args, context).await,
        Command::Serve(args) => serve::run(args, context).await,
        Command::Init(args) => init::run(args, context).await,
        Command::Journey(args) => journey::run(args, context).await,
        Command::Doctor => doctor::run(context).await,
        Command::Verify(args) => verify::run(args, context).await,
        Command::Backup(args) => backup::run(args, context).await,
        Command::Restore(args) => restore::run(args, context).await,
        Command::Synth(args) => synth::run(args, context).await,
        Command::Receive(args) => receive::run(args, context).await,
        Command::Registers => registers::run(context).await,
        Command::Approve(args) => settle::approve(args, context).await,
        Command::Withdraw(args) => settle::withdraw(args, context).await,
        Command::Extract(args) => extract::run(args, context).await,
        Command::Query(args) => query::run(args, context).await,
        Command::Select(command) => select::run(command, context).await,
        Command::Permit(command) => permit::run(command, context).await,
        Command::Catalogue(command) => catalogue::run(&command, context),
        Command::Package(command) => package::run(&command, context),
        Command::Config(command) => config_show::run(&command, context),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_cli() {
        Cli::command().debug_assert();
    }

    #[test]
    fn keeps_the_promised_commands_and_options() {
        let promised = [
            "sund demo --persons 9 --seed 1 --port 0 --dir D --store sqlite:x --reset",
            "sund serve --json",
            "sund journey --persons 9 --seed 1 --dir D --store postgres://x --url http://x",
            "sund doctor --json",
            "sund verify --dir D",
            "sund backup FILE",
            "sund restore FILE --check",
            "sund synth --persons 9 --seed 1 --out D --format parquet",
            "sund receive lpr3 kontakter.csv diagnoser.csv",
            "sund registers",
            "sund approve lpr3 00000000-0000-7000-8000-000000000000",
            "sund withdraw lpr3 00000000-0000-7000-8000-000000000000 --reason Fejl",
            "sund extract --permit FILE --out DIR",
            "sund extract --permit FILE --out DIR --threads 2 --memory 1048576 --plain --json",
            "sund extract --permit FILE --out DIR --encrypted",
            "sund select check FILE --json",
            "sund query --permit DK-2027-00083 SELECT",
            "sund catalogue search sukkersyge --lang en --json",
            "sund permit sign --test FILE",
            "sund config show --origin --json",
            "sund init --dir D",
            "sund catalogue validate FILE --profile r8-non-public --json",
            "sund catalogue export lmdb --format jsonld",
            "sund catalogue export --format rdfxml --base https://x --out FILE",
            "sund catalogue import FILE --out DIR",
            "sund package show diabetes-medicin --json",
            "sund package synth diabetes-medicin --out DIR",
        ];
        for line in promised {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert!(parse(&words).is_ok(), "{line}");
        }
    }
}
