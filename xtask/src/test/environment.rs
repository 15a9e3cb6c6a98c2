//! The programs that the steps need: found, installed where this process may, else named exactly.
//!
//! A missing part is always a failure. Who wants to leave a step out says so with `--only`.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::Step;
use crate::process;

/// A program, the Debian package that brings it, and the steps that cannot do without it.
struct Program {
    name: &'static str,
    package: &'static str,
    steps: &'static [Step],
}

const PROGRAMS: [Program; 4] = [
    Program {
        name: "initdb",
        package: "postgresql",
        steps: &[Step::Postgres],
    },
    Program {
        name: "chromium",
        package: "chromium",
        steps: &[Step::Browser],
    },
    Program {
        name: "node",
        package: "nodejs",
        steps: &[Step::Browser],
    },
    Program {
        name: "npm",
        package: "npm",
        steps: &[Step::Browser],
    },
];

/// A part of the Rust toolchain that a minimal installation lacks.
const COMPONENTS: [(&str, &str, Step); 2] = [
    ("cargo-fmt", "rustfmt", Step::Fmt),
    ("cargo-clippy", "clippy", Step::Clippy),
];

/// Makes sure that every chosen step finds its programs.
pub(crate) fn prepare(steps: &[Step]) -> Result<()> {
    prepare_toolchain(steps)?;
    let packages = missing_packages(steps);
    if packages.is_empty() {
        println!("everything that the chosen steps need is here");
        return Ok(());
    }
    let install = format!(
        "apt-get install --no-install-recommends {}",
        packages.join(" ")
    );
    if !process::is_root() || process::find_program("apt-get", &[]).is_none() {
        let ci = env::var_os("CI").is_some_and(|value| value == "true");
        let hint = if ci {
            ""
        } else {
            "\nor leave the step out with `--only`"
        };
        bail!(
            "these Debian packages are missing: {}\nrun as root: {install}{hint}",
            packages.join(" ")
        );
    }
    println!("installing {}", packages.join(" "));
    apt_get(&["update", "-qq"])?;
    let mut words = vec!["install", "-y", "-qq", "--no-install-recommends"];
    words.extend(&packages);
    apt_get(&words)?;
    let missing = missing_packages(steps);
    if !missing.is_empty() {
        bail!(
            "installed, yet their programs are not found: {}",
            missing.join(" ")
        );
    }
    Ok(())
}

fn prepare_toolchain(steps: &[Step]) -> Result<()> {
    for (program, component, step) in COMPONENTS {
        if !steps.contains(&step) || process::find_program(program, &[]).is_some() {
            continue;
        }
        if process::find_program("rustup", &[]).is_none() {
            bail!("`{program}` is missing: install {component} with the Rust toolchain");
        }
        process::run(Command::new("rustup").args(["component", "add", component]))?;
    }
    Ok(())
}

fn missing_packages(steps: &[Step]) -> Vec<&'static str> {
    let folders = postgres_folders();
    PROGRAMS
        .iter()
        .filter(|program| program.steps.iter().any(|step| steps.contains(step)))
        .filter(|program| process::find_program(program.name, &folders).is_none())
        .map(|program| program.package)
        .collect()
}

fn apt_get(words: &[&str]) -> Result<()> {
    process::run(
        Command::new("apt-get")
            .args(words)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// Debian keeps the server's programs out of the search path; the newest version comes first.
pub(crate) fn postgres_folders() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir("/usr/lib/postgresql") else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort_by_key(|folder| {
        let version = folder.file_name().and_then(|name| name.to_str());
        std::cmp::Reverse(version.and_then(|version| version.parse::<u32>().ok()))
    });
    folders
        .into_iter()
        .map(|folder| folder.join("bin"))
        .collect()
}

/// The browser that the tests drive.
pub(crate) fn chromium() -> Option<PathBuf> {
    process::find_program("chromium", &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_no_browser_when_no_browser_test_runs() {
        let asked = missing_packages(&[Step::Fmt, Step::Tidy]);
        assert!(asked.is_empty());
    }

    #[test]
    fn every_program_serves_a_step() {
        assert!(PROGRAMS.iter().all(|program| !program.steps.is_empty()));
    }
}
