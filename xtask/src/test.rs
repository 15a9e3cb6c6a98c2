//! `cargo xtask test`: everything a change must pass, in order, from nothing.
//!
//! The order is from cheap to dear. The run stops at the first step that fails; its very last line
//! is always `N passed, N failed`, counted over all tests.

mod environment;
mod postgres;
mod tally;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::process::{self, Started};
use crate::tidy;
use postgres::Postgres;
use tally::Tally;

/// Persons of the synthetic country that the journey is told in.
const JOURNEY_PERSONS: &str = "20000";
/// A journey or a browser walk that takes longer hangs: minutes, as `timeout` reads them.
const WALK_MINUTES_MAX: &str = "25m";

/// One part of the whole, in the order they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Environment,
    Fmt,
    Tidy,
    Clippy,
    Doc,
    Postgres,
    Build,
    Test,
    Browser,
    Journey,
}

impl Step {
    const ALL: [Self; 10] = [
        Self::Environment,
        Self::Fmt,
        Self::Tidy,
        Self::Clippy,
        Self::Doc,
        Self::Postgres,
        Self::Build,
        Self::Test,
        Self::Browser,
        Self::Journey,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Fmt => "fmt",
            Self::Tidy => "tidy",
            Self::Clippy => "clippy",
            Self::Doc => "doc",
            Self::Postgres => "postgres",
            Self::Build => "build",
            Self::Test => "test",
            Self::Browser => "browser",
            Self::Journey => "journey",
        }
    }

    /// What must have run before this step can.
    fn needs(self) -> &'static [Self] {
        match self {
            Self::Test => &[Self::Environment, Self::Postgres, Self::Build],
            Self::Journey => &[Self::Environment, Self::Postgres, Self::Build],
            Self::Browser => &[Self::Environment, Self::Build],
            Self::Fmt | Self::Clippy | Self::Postgres => &[Self::Environment],
            Self::Environment | Self::Tidy | Self::Doc | Self::Build => &[],
        }
    }
}

/// The steps asked for, with what they need, in order; all of them without `--only`.
pub(crate) fn parse_only(args: &[String]) -> Result<Vec<Step>, String> {
    let names = match args {
        [] => return Ok(Step::ALL.to_vec()),
        [flag, names] if flag == "--only" => names,
        _ => return Err("`test` takes nothing but `--only STEP,STEP`".to_owned()),
    };
    let mut steps = Vec::new();
    for name in names.split(',') {
        let Some(step) = Step::ALL
            .into_iter()
            .find(|step| step.name() == name.trim())
        else {
            let known = Step::ALL.map(Step::name).join(", ");
            return Err(format!("`{name}` is not a step; the steps are {known}"));
        };
        steps.push(step);
        steps.extend(step.needs());
    }
    steps.sort();
    steps.dedup();
    Ok(steps)
}

/// Runs the steps, prints each with its time, and ends with the total, whatever happens.
pub(crate) fn run(root: &Path, steps: &[Step]) -> ExitCode {
    run_steps(root, steps).unwrap_or_else(|error| {
        let mut tally = Tally::default();
        tally.note_failed_step();
        println!("FAILED before the first step: {error:#}\n{tally}");
        ExitCode::FAILURE
    })
}

fn run_steps(root: &Path, steps: &[Step]) -> Result<ExitCode> {
    let started = Started::now();
    let mut session = Session {
        root: root.to_path_buf(),
        target: target_folder(root)?,
        steps: steps.to_vec(),
        postgres: None,
        tally: Tally::default(),
    };
    let mut times = Vec::new();
    let mut failure = None;
    for (index, step) in steps.iter().enumerate() {
        println!("\n== {}/{} {}", index + 1, steps.len(), step.name());
        let step_started = Started::now();
        let outcome = session.execute(*step);
        let elapsed = step_started.elapsed();
        times.push((step.name(), elapsed));
        if let Err(error) = outcome {
            failure = Some((step.name(), error));
            break;
        }
    }
    drop(session.postgres.take());
    println!();
    for (name, elapsed) in &times {
        println!("{name:>12}  {elapsed}");
    }
    println!("{:>12}  {}\n", "total", started.elapsed());
    if let Some((name, error)) = &failure {
        session.tally.note_failed_step();
        println!("FAILED in step `{name}`: {error:#}");
        println!("Repeat only this step with `cargo xtask test --only {name}`.");
    }
    println!("{}", session.tally);
    Ok(if failure.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Session {
    root: PathBuf,
    target: PathBuf,
    steps: Vec<Step>,
    postgres: Option<Postgres>,
    tally: Tally,
}

impl Session {
    fn execute(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Environment => environment::prepare(&self.steps),
            Step::Fmt => self.cargo(&["fmt", "--all", "--check"]),
            Step::Tidy => tidy::check(&self.root),
            Step::Clippy => self.cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ]),
            Step::Doc => self.doc(),
            Step::Postgres => {
                self.postgres = Some(Postgres::start()?);
                Ok(())
            }
            Step::Build => self.cargo(&["build", "--locked", "-p", "server", "--bin", "sund"]),
            Step::Test => self.test(),
            Step::Browser => self.browser(),
            Step::Journey => self.journeys(),
        }
    }

    fn cargo(&self, args: &[&str]) -> Result<()> {
        process::run(process::cargo(&self.root).args(args))
    }

    fn doc(&self) -> Result<()> {
        let mut command = process::cargo(&self.root);
        command
            .args(["doc", "--workspace", "--no-deps", "--locked"])
            .env("RUSTDOCFLAGS", "-Dwarnings");
        process::run(&mut command)
    }

    fn binary(&self) -> Result<PathBuf> {
        let path = self.target.join("debug").join("sund");
        ensure!(
            path.is_file(),
            "the build left no `sund` at {}",
            path.display()
        );
        Ok(path)
    }

    fn postgres(&self) -> Result<&Postgres> {
        self.postgres.as_ref().context("PostgreSQL was not started")
    }

    fn test(&mut self) -> Result<()> {
        let uri = self.postgres()?.uri("postgres");
        let mut command = process::cargo(&self.root);
        command
            .args(["test", "--workspace", "--locked", "--no-fail-fast"])
            .env("SUND_TEST_POSTGRES", uri);
        let tally = &mut self.tally;
        let held = process::stream(&mut command, |line| tally.see_cargo_line(line))?;
        ensure!(held, "tests failed; look for `FAILED` and `panicked` above");
        Ok(())
    }

    fn browser(&mut self) -> Result<()> {
        let folder = self.root.join("web/test");
        ensure!(
            folder.join("run.mjs").is_file(),
            "web/test/run.mjs is missing"
        );
        install_node_modules(&folder)?;
        let chromium = environment::chromium().context("chromium is missing")?;
        let mut command = limited(Path::new("node"));
        command
            .arg("run.mjs")
            .current_dir(&folder)
            .env("SUND_BIN", self.binary()?)
            .env("SUND_CHROMIUM", chromium);
        let mut browser = Tally::default();
        let held = process::stream(&mut command, |line| browser.see_browser_line(line))?;
        self.tally.add(browser);
        ensure!(held, "the browser tests failed, see above");
        ensure!(
            browser.passed > 0,
            "the browser tests ended well but reported no passed test"
        );
        Ok(())
    }

    fn journeys(&self) -> Result<()> {
        self.journey("SQLite", None)?;
        let postgres = self.postgres()?;
        postgres.create_database("journey")?;
        self.journey("PostgreSQL", Some(postgres.uri("journey")))
    }

    fn journey(&self, database: &str, store: Option<String>) -> Result<()> {
        let folder = Scratch::new("journey")?;
        let mut command = limited(&self.binary()?);
        command
            .args(["journey", "--persons", JOURNEY_PERSONS, "--json"])
            .current_dir(&folder.0);
        if let Some(uri) = store {
            command.args(["--store", &uri]);
        }
        let answer = process::output(&mut command)
            .with_context(|| format!("the journey on {database} did not hold"))?;
        let report: JourneyReport = serde_json::from_str(&answer)
            .with_context(|| format!("the journey on {database} answered no journey: {answer}"))?;
        println!("journey on {database}:");
        for step in &report.steps {
            println!("{:>9} ms  {}", step.ms, step.name);
        }
        ensure!(
            !report.steps.is_empty(),
            "the journey on {database} took no step"
        );
        if !report.ok {
            bail!("the journey on {database} did not hold: {answer}");
        }
        Ok(())
    }
}

/// The part of `sund journey --json` that this step judges.
#[derive(Debug, Deserialize)]
struct JourneyReport {
    ok: bool,
    steps: Vec<JourneyStep>,
}

#[derive(Debug, Deserialize)]
struct JourneyStep {
    name: String,
    ms: f64,
}

/// Fetches the browser tests' modules, unless those of this very lock file are there.
fn install_node_modules(folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json"))
        .context("web/test/package-lock.json is missing")?;
    let stamp = folder.join("node_modules/.installed-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    process::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder),
    )?;
    fs::create_dir_all(folder.join("node_modules"))?;
    fs::write(&stamp, lock)?;
    Ok(())
}

/// A program that is stopped when it hangs, so that a run always ends.
fn limited(program: &Path) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=10s", WALK_MINUTES_MAX])
        .arg(program);
    command
}

/// A folder outside the repository that is removed again.
struct Scratch(PathBuf);

impl Scratch {
    fn new(purpose: &str) -> Result<Self> {
        let path = env::temp_dir().join(format!("sund-xtask-{}-{purpose}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!(
                "warning: {} could not be removed: {error}",
                self.0.display()
            );
        }
    }
}

/// Where cargo builds to, whatever the environment and the configuration say.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let metadata = process::output(process::cargo(root).args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]))?;
    let metadata: Metadata = serde_json::from_str(&metadata)?;
    Ok(metadata.target_directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn runs_everything_when_nothing_is_chosen() {
        assert_eq!(parse_only(&[]).unwrap(), Step::ALL);
    }

    #[test]
    fn a_chosen_step_brings_what_it_needs_in_order() {
        let steps = parse_only(&words("--only journey,fmt")).unwrap();
        let expected = [
            Step::Environment,
            Step::Fmt,
            Step::Postgres,
            Step::Build,
            Step::Journey,
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn an_unknown_step_is_answered_with_the_known_ones() {
        let problem = parse_only(&words("--only clipy")).unwrap_err();
        assert!(problem.contains("`clipy`") && problem.contains("clippy"));
    }

    #[test]
    fn reads_the_journey_report_and_ignores_what_it_does_not_judge() {
        let text =
            r#"{"ok":true,"steps":[{"name":"search","ms":12,"who":"researcher"}],"dir":"x"}"#;
        let report: JourneyReport = serde_json::from_str(text).unwrap();
        assert!(report.ok && report.steps[0].name == "search");
    }
}
