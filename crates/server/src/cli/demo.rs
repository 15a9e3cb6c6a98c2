//! `sund demo`: a synthetic Denmark with its portal, on this machine only.

use std::path::Path;

use app::App;
use base::Stopwatch;
use clap::Args;
use serde_json::{Value, json};

use super::serve::serve_until_told;
use super::{Bars, Context, Exit, Failure, Outcome};
use crate::config::{Config, Given};
use crate::http::{Logging, Server, start_logging};

/// How to make and run it.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    people: People,
    /// The port to listen on; 0 takes a free one.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Remove what an earlier demo made in this folder, and start over.
    #[arg(long)]
    reset: bool,
}

/// The synthetic Denmark.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct People {
    /// How many persons.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=6_000_000))]
    pub(crate) persons: u32,
    /// The same seed gives the same persons.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Runs the command.
pub(crate) async fn run(args: DemoArgs, context: &Context) -> Result<Outcome, Failure> {
    let given: Vec<Given> = args
        .port
        .map(|port| Given::new("server.port", "--port", port))
        .into_iter()
        .collect();
    let dir = context.common.dir();
    let config = context.config(&given)?;
    start_logging(Logging {
        format: config.log_format(),
        // A demo's screen is for what it made and where to look.
        level: "warn",
    });
    if args.reset {
        App::reset_demo(&config.opening(dir)).await?;
    }
    let watch = Stopwatch::start();
    let app = prepare(dir, &config, args.people, context).await?;
    let doctor = app.doctor().await?;
    let server = Server::bind(app.clone(), &config).await?;
    let url = server.url();
    let roles = app.demo_roles()?;
    let printer = context.printer;
    printer.line(format_args!(
        "\nSund answers after {} s:",
        watch.elapsed().as_secs()
    ));
    printer.line(format_args!("  portal      {url}/da/ and {url}/en/"));
    printer.line(format_args!("  API         {url}/api/v1/openapi.json"));
    printer.line(format_args!("  folder      {}", dir.display()));
    printer.line("  sign in as  (by button, or POST /api/v1/demo/sign-in)");
    for role in &roles {
        let does = role.does.in_language(app::catalogue::Language::En);
        printer.line(format_args!("    {:13} {does}", role.id));
    }
    super::doctor::print(printer, &super::to_json(&doctor)?);
    printer.line("Stop with ctrl-c.");
    let ids: Vec<&str> = roles.iter().map(|role| role.id.as_str()).collect();
    printer.object(json!({
        "url": url,
        "dir": dir,
        "roles": ids,
        "ms": watch.elapsed_ms(),
        "doctor": doctor,
    }));
    serve_until_told(server).await?;
    printer.line("Sund has stopped.");
    Ok(Outcome::held(Value::Null))
}

/// Opens a demo folder, or makes it with its people and registers.
pub(crate) async fn prepare(
    dir: &Path,
    config: &Config,
    people: People,
    context: &Context,
) -> Result<App, Failure> {
    let opening = config.opening(dir);
    let app = if app::Folder::is_at(dir) {
        App::open(&opening).await?
    } else {
        App::create(&opening, app::FolderKind::Demo).await?
    };
    if !app.is_demo() {
        return Err(Failure::new(
            Exit::WrongUse,
            "not_a_demo",
            "this folder is for real data and cannot become a demo",
        )
        .at(dir.display().to_string())
        .advise("name another folder with `--dir`"));
    }
    context.printer.line(format_args!(
        "Synthetic Denmark: {} persons, seed {} (no real person is in it)",
        people.persons, people.seed
    ));
    let bars = Bars::new(context.printer);
    let show = move |step: &str, done: u64, total: u64| bars.show(step, done, total);
    app.ensure_population(people.persons, people.seed, &show)
        .await?;
    app.seed_demo_accounts().await?;
    Ok(app)
}
