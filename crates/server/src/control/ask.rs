//! The side of the command: hands an order to the server that holds the folder, and waits.

use std::path::Path;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::place::Place;
use super::{Order, Reply};
use crate::cli::{Exit, Failure};

/// Failures that are about a file the server could not reach, though the command might.
const ABOUT_FILES: [&str; 5] = [
    "backup_write",
    "backup_read",
    "delivery_file",
    "extract_disk",
    "lake",
];

/// The server's answer; none if no server listens in this folder.
pub(crate) async fn ask(
    folder: &Path,
    order: &Order,
    rows: impl Fn(u64),
) -> Option<Result<Value, Failure>> {
    let place = Place::of(folder).ok()?;
    let stream = UnixStream::connect(place.path()).await.ok()?;
    Some(converse(stream, order, rows).await)
}

async fn converse(stream: UnixStream, order: &Order, rows: impl Fn(u64)) -> Result<Value, Failure> {
    let (input, mut output) = stream.into_split();
    let mut line = serde_json::to_vec(order)
        .map_err(|error| app::Error::internal("writing an order", &error))?;
    line.push(b'\n');
    output.write_all(&line).await.map_err(|_| broken_off())?;
    let mut replies = BufReader::new(input).lines();
    while let Some(line) = replies.next_line().await.map_err(|_| broken_off())? {
        match serde_json::from_str(&line).map_err(|_| broken_off())? {
            Reply::Rows(seen) => rows(seen),
            Reply::Answer(value) => return Ok(value),
            Reply::Failure(failure) => return Err(explained(failure)),
        }
    }
    Err(broken_off())
}

/// The server opens files itself, with its own rights.
fn explained(failure: Failure) -> Failure {
    if ABOUT_FILES.contains(&failure.code()) {
        return failure.advise(
            "the server that runs on this folder reads and writes the files: name a place that its \
             account and its service may use, or stop it first",
        );
    }
    failure
}

fn broken_off() -> Failure {
    Failure::new(
        Exit::Outside,
        "control_broken_off",
        "the server on this folder took the command and did not answer to the end",
    )
    .advise(
        "run the command as the account that the server runs as; if it does, read the server's log",
    )
}
