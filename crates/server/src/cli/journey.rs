//! `sund journey`: the whole story over HTTP, at a running server or at a demo of its own.

use std::path::{Path, PathBuf};

use app::App;
use base::{Entropy as _, Stopwatch, SystemEntropy};
use clap::Args;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::demo::{People, prepare};
use super::{Context, Exit, Failure, Outcome, Printer};
use crate::config::Given;
use crate::http::{Logging, Server, start_logging};
use crate::journey::{StepReport, Story, tell};

/// Where to tell it.
#[derive(Debug, Args)]
pub(crate) struct JourneyArgs {
    #[command(flatten)]
    people: People,
    /// A demo that runs already; without it, a temporary one is made.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Runs the command.
pub(crate) async fn run(args: JourneyArgs, context: &Context) -> Result<Outcome, Failure> {
    let watch = Stopwatch::start();
    let scratch = Scratch::new()?;
    let (steps, facts) = match &args.url {
        Some(url) => {
            if !url.starts_with("http://") {
                return Err(Failure::new(
                    Exit::WrongUse,
                    "url",
                    "the journey speaks to a demo over http:// on this machine",
                )
                .at("--url"));
            }
            told_at(url.clone(), scratch.0.clone(), context.printer).await?
        }
        None => {
            let own = scratch.0.join("demo");
            let dir = context.common.named_dir().unwrap_or(&own);
            told_at_own_demo(dir, args.people, (&scratch, context)).await?
        }
    };
    let held = steps.iter().all(|step| step.ok);
    let ms = watch.elapsed_ms();
    context.printer.line(if held {
        format!("Every step held, {} ms in all.", ms)
    } else {
        "A step did not hold.".to_owned()
    });
    let mut report = serde_json::Map::new();
    report.insert("steps".to_owned(), json!(steps));
    report.insert("ms".to_owned(), json!(ms));
    if args.url.is_none() {
        report.insert("persons".to_owned(), json!(args.people.persons));
        report.insert("seed".to_owned(), json!(args.people.seed));
    }
    if let Value::Object(facts) = facts {
        report.extend(facts);
    }
    let report = Value::Object(report);
    Ok(Outcome { held, report })
}

async fn told_at_own_demo(
    dir: &Path,
    people: People,
    (scratch, context): (&Scratch, &Context),
) -> Result<(Vec<StepReport>, Value), Failure> {
    let config = context.config_of(dir, &[Given::new("server.port", "journey", 0)])?;
    start_logging(Logging {
        format: config.log_format(),
        level: "warn",
    });
    let making = Stopwatch::start();
    let app: App = prepare(dir, &config, people, context).await?;
    let made = StepReport {
        name: "a demo is made",
        ms: making.elapsed_ms(),
        ok: true,
        seen: format!("{} persons", people.persons),
    };
    show(context.printer, &made);
    let server = Server::bind(app, &config).await?;
    let url = server.url();
    let (tell_it, told) = watch::channel(false);
    let serving = tokio::spawn(server.run(told));
    let story = told_at(url, scratch.0.clone(), context.printer).await;
    // The server may have ended by itself; then the story has broken already.
    tell_it.send(true).ok();
    serving.await.ok();
    let (mut steps, facts) = story?;
    steps.insert(0, made);
    Ok((steps, facts))
}

async fn told_at(
    url: String,
    scratch: PathBuf,
    printer: Printer,
) -> Result<(Vec<StepReport>, Value), Failure> {
    let telling = tokio::task::spawn_blocking(move || {
        let mut story = Story::new(&url, scratch);
        let steps = tell(&mut story, |step| show(printer, step));
        (steps, story.facts())
    });
    telling
        .await
        .map_err(|_| Failure::new(Exit::Fault, "internal", "the journey broke off"))
}

fn show(printer: Printer, step: &StepReport) {
    let mark = if step.ok { "ok  " } else { "FAIL" };
    printer.line(format_args!(
        "{mark} {:>7} ms  {}: {}",
        step.ms, step.name, step.seen
    ));
}

/// A folder that is removed at the end.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let mut bytes = [0; 8];
        SystemEntropy.fill(&mut bytes);
        let name: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = std::env::temp_dir().join(format!("sund-journey-{name}"));
        std::fs::create_dir_all(&path).map_err(|error| {
            Failure::new(Exit::Outside, "scratch", error.kind().to_string())
                .at(path.display().to_string())
        })?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's folder for temporary files.
        std::fs::remove_dir_all(&self.0).ok();
    }
}
