//! What this installation lacks, and what to do about it.

use base::ErrorClass;
use serde::Serialize;
use store::JobState;

use crate::{App, Error};

mod machine;

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct DoctorReport {
    /// One per thing looked at.
    pub checks: Vec<Check>,
}

/// Something that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What: `database`.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub message: String,
    /// What to do, if it is not.
    #[serde(rename = "do")]
    pub advice: Option<String>,
}

impl DoctorReport {
    /// Whether everything is as it should be.
    pub fn ok(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }
}

impl Check {
    fn good(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            ok: true,
            message: message.into(),
            advice: None,
        }
    }

    fn bad(name: &'static str, message: impl Into<String>, advice: &str) -> Self {
        Self {
            name,
            ok: false,
            message: message.into(),
            advice: Some(advice.to_owned()),
        }
    }

    fn of(name: &'static str, error: &Error, advice: &str) -> Self {
        Self::bad(name, error.to_string(), error.advice().unwrap_or(advice))
    }
}

impl App {
    /// Looks at everything that the installation needs.
    pub async fn doctor(&self) -> Result<DoctorReport, Error> {
        let mut checks = vec![
            self.check_folder(),
            self.check_disk().await,
            self.check_keys(),
            self.check_content(),
        ];
        checks.push(match self.store().ping().await {
            Ok(()) => Check::good("database", "answers, and its tables are up to date"),
            Err(error) => Check::of(
                "database",
                &error.into(),
                "start the database, or mend `store.uri` in the settings",
            ),
        });
        // Without a database there is nothing more to ask.
        if checks.last().is_some_and(|check| check.ok) {
            checks.push(self.check_registers().await?);
            checks.push(self.check_extracts().await?);
            checks.push(self.check_jobs().await?);
            checks.push(self.check_public_log().await?);
            checks.push(self.check_clock().await?);
            checks.push(self.check_backup().await);
        }
        Ok(DoctorReport { checks })
    }

    fn check_folder(&self) -> Check {
        let kind = if self.is_demo() {
            "synthetic persons, for this machine only"
        } else {
            "real data"
        };
        match self.check_writable() {
            Ok(()) => Check::good("folder", format!("takes writes; it is for {kind}")),
            Err(error) => Check::of("folder", &error, "free some space"),
        }
    }

    fn check_content(&self) -> Check {
        let registers = self.content().catalogue.registers().count();
        let authorities = self.content().rulebook.authorities().iter().count();
        let message = format!("{registers} registers and {authorities} authorities are described");
        Check::good("content", message)
    }

    async fn check_registers(&self) -> Result<Check, Error> {
        let versions = self.versions(&self.operator(), None).await?;
        let approved: Vec<_> = versions.iter().filter(|v| v.state == "approved").collect();
        if approved.is_empty() {
            return Ok(Check::bad(
                "registers",
                "no register has a version to extract from",
                "deliver registers with `sund receive`, or run `sund demo`",
            ));
        }
        let lake = self.folder().root().join("lake");
        for version in &approved {
            let folder = lake
                .join(&version.register)
                .join(version.version.to_string());
            if !folder.is_dir() {
                return Ok(Check::bad(
                    "registers",
                    format!("the files of `{}` are not there", version.register),
                    "restore the folder from a backup",
                ));
            }
        }
        let mut names: Vec<&str> = approved.iter().map(|v| v.register.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let rows: u64 = approved.iter().map(|version| version.rows).sum();
        let message = format!("{} registers, {rows} rows", names.len());
        Ok(Check::good("registers", message))
    }

    async fn check_extracts(&self) -> Result<Check, Error> {
        let extracts = self
            .store()
            .read("doctor.extracts", |reader| async move {
                reader.list_extracts(None).await
            })
            .await?;
        let failed = extracts.iter().filter(|e| e.state == "failed").count();
        if failed > 0 {
            return Ok(Check::bad(
                "extracts",
                format!("{failed} extracts could not be made"),
                "read the log of the worker; the job is named `make_extract`",
            ));
        }
        Ok(Check::good("extracts", format!("{} made", extracts.len())))
    }

    async fn check_jobs(&self) -> Result<Check, Error> {
        let (waiting, failed) = self
            .store()
            .read("doctor.jobs", |reader| async move {
                let waiting = reader.count_jobs(JobState::Waiting).await?;
                Ok::<_, Error>((waiting, reader.count_jobs(JobState::Failed).await?))
            })
            .await?;
        if failed > 0 {
            return Ok(Check::bad(
                "jobs",
                format!("{failed} pieces of work were given up"),
                "read the server's log for `job failed`, and mend what it says",
            ));
        }
        Ok(Check::good(
            "jobs",
            format!("{waiting} wait, none was given up"),
        ))
    }

    async fn check_public_log(&self) -> Result<Check, Error> {
        let Some((size, _, _)) = self.checkpoint().await? else {
            return Ok(Check::good("log", "nothing has been published yet"));
        };
        Ok(match self.check_log() {
            Ok(check) if check.ok => Check::good("log", format!("{size} entries, all hold")),
            Ok(_) => Check::bad(
                "log",
                "the public log does not verify",
                "run `sund verify` and compare the folder with a mirror; change nothing",
            ),
            // The files follow the database within seconds.
            Err(error) if error.class() == ErrorClass::NotFound => {
                Check::bad("log", error.to_string(), "start the server once")
            }
            Err(error) => Check::of("log", &error, "run `sund verify`"),
        })
    }
}
