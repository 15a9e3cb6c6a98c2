//! What the command line asks of a folder. A command carries its order out itself, or hands it to the
//! server that holds the folder, through a socket in the folder. Either way it is the operator who
//! asks, and what was asked is audited.

mod ask;
mod place;
mod serve;

use std::path::PathBuf;

use app::App;
use app::catalogue::selection::Selection;
use app::extracts::ExtractTo;
use base::VersionId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::Failure;

pub(crate) use ask::ask;
pub(crate) use serve::Control;

/// The longest order: a permit or a query, never data.
const ORDER_BYTES_MAX: u64 = 4 << 20;

/// Something that a command asks of a folder. Paths are absolute.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Order {
    /// Receive a delivery: tables with their files.
    Receive {
        register: String,
        files: Vec<(String, PathBuf)>,
    },
    /// List versions.
    Registers {},
    /// Take a version into use, or with a reason out of use.
    Settle {
        register: String,
        version: VersionId,
        withdraw_because: Option<String>,
    },
    /// Make an extract at a place.
    Extract {
        permit: String,
        out: PathBuf,
        plain: bool,
        threads: Option<usize>,
        memory_bytes: Option<usize>,
    },
    /// Ask an extract.
    Query { permit: String, sql: String },
    /// Look at a selection: its text, and the persons after each criterion.
    Select { selection: Box<Selection> },
    /// Sign a permit document as a test.
    SignTest { document: String },
    /// Save everything in an archive.
    Backup { file: PathBuf },
    /// Look at everything.
    Doctor {},
}

impl Order {
    /// Its name in the audit.
    const fn name(&self) -> &'static str {
        match self {
            Self::Receive { .. } => "receive",
            Self::Registers {} => "registers",
            Self::Settle { .. } => "settle",
            Self::Extract { .. } => "extract",
            Self::Query { .. } => "query",
            Self::Select { .. } => "select",
            Self::SignTest { .. } => "sign-test",
            Self::Backup { .. } => "backup",
            Self::Doctor {} => "doctor",
        }
    }

    /// What it is about, for the audit: never a text or a query.
    fn subject(&self) -> &str {
        match self {
            Self::Receive { register, .. } | Self::Settle { register, .. } => register,
            _ => "installation",
        }
    }

    /// Carries it out. `rows` is told how many rows have been looked at.
    pub(crate) async fn perform(
        self,
        app: &App,
        rows: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<Value, Failure> {
        let operator = app.operator();
        app.record_command(&operator, self.name(), self.subject())
            .await?;
        match self {
            Self::Receive { register, files } => {
                let delivered = app.deliver(&operator, &register, &files, rows).await;
                let delivered = delivered.map_err(|error| match error.code() {
                    "unknown_register" | "delivery_file" => Failure::from(error),
                    // The command was right; what it looked at was not.
                    _ => Failure::from(error).into_finding(),
                });
                report(&delivered?)
            }
            Self::Registers {} => {
                let versions = app.versions(&operator, None).await?;
                Ok(json!({ "versions": versions }))
            }
            Self::Settle {
                register,
                version,
                withdraw_because,
            } => {
                let because = withdraw_because.as_deref();
                let settled = app.settle_version(&operator, &register, version, because);
                report(&settled.await?)
            }
            Self::Extract {
                permit,
                out,
                plain,
                threads,
                memory_bytes,
            } => {
                let to = ExtractTo {
                    out,
                    plain,
                    threads,
                    memory_bytes,
                };
                let made = app.extract_to(&operator, &permit, to).await;
                report(&made.map_err(|error| Failure::from(error).into_finding())?)
            }
            Self::Query { permit, sql } => {
                let answer = app.query_permit(&operator, &permit, &sql).await;
                report(&answer.map_err(|error| Failure::from(error).into_finding())?)
            }
            Self::Select { selection } => {
                let checked = app.check_population(&operator, *selection).await;
                report(&checked.map_err(|error| Failure::from(error).into_finding())?)
            }
            Self::SignTest { document } => {
                report(&app.sign_test_permit(&operator, document.as_bytes())?)
            }
            Self::Backup { file } => report(&app.backup(&file).await?),
            Self::Doctor {} => report(&app.doctor().await?),
        }
    }
}

fn report(report: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(report)
        .map_err(|error| app::Error::internal("writing a report", &error).into())
}

/// A line that the server answers. The last one is an answer or a failure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    /// Rows looked at so far.
    Rows(u64),
    /// It was carried out.
    Answer(Value),
    /// It was not.
    Failure(Failure),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_comes_out_of_the_socket_as_it_went_in() {
        let order = Order::Receive {
            register: "lpr3".to_owned(),
            files: vec![("kontakter".to_owned(), PathBuf::from("/data/k.csv"))],
        };
        let line = serde_json::to_string(&order).unwrap();
        let Order::Receive { files, .. } = serde_json::from_str(&line).unwrap() else {
            panic!("another order");
        };
        assert_eq!(files.len(), 1);
        assert!(serde_json::from_str::<Order>("{\"erase\":{}}").is_err());
    }
}
