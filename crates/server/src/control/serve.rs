//! The side of the server: a socket in the folder that only the folder's owner can open. Who connects
//! is asked for by the kernel's word, not by the file's mode alone.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use app::App;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use super::place::Place;
use super::{ORDER_BYTES_MAX, Order, Reply};
use crate::cli::{Exit, Failure};

/// A socket that listens.
#[derive(Debug)]
pub(crate) struct Control {
    listener: UnixListener,
    place: Place,
    owner: u32,
}

impl Control {
    /// Listens in a folder that this process holds: what lies there is of a process that is gone.
    pub(crate) fn bind(folder: &Path) -> io::Result<Self> {
        let place = Place::of(folder)?;
        match std::fs::remove_file(place.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // The folder is its owner's only, so nobody comes between these two.
        let listener = UnixListener::bind(place.path())?;
        std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o600))?;
        let owner = std::fs::metadata(place.path())?.uid();
        Ok(Self {
            listener,
            place,
            owner,
        })
    }

    /// Carries out orders until it is dropped.
    pub(crate) async fn run(self, app: App) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let theirs = stream.peer_cred().map(|peer| peer.uid());
                    if theirs.is_ok_and(|uid| uid == self.owner) {
                        tokio::spawn(answer(app.clone(), stream));
                    } else {
                        tracing::warn!("another account asked at the control socket");
                    }
                }
                Err(error) => {
                    tracing::warn!(kind = ?error.kind(), "the control socket takes nobody");
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // The next server removes it, if this one could not.
        std::fs::remove_file(self.place.path()).ok();
    }
}

/// Carries one order out to its end, whether or not somebody still waits for the answer.
async fn answer(app: App, stream: UnixStream) {
    let (input, mut output) = stream.into_split();
    let mut line = String::new();
    let read = BufReader::new(input.take(ORDER_BYTES_MAX))
        .read_line(&mut line)
        .await;
    let order = read.ok().and_then(|_| serde_json::from_str(&line).ok());
    let Some(order): Option<Order> = order else {
        say(&mut output, &Reply::Failure(not_understood()))
            .await
            .ok();
        return;
    };
    let (tell, mut told) = watch::channel(0_u64);
    let mut work = tokio::spawn(async move {
        // Nobody listens any more when the command was ended.
        order
            .perform(&app, move |rows| {
                tell.send(rows).ok();
            })
            .await
    });
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            Ok(()) = told.changed() => {
                let rows = *told.borrow_and_update();
                if say(&mut output, &Reply::Rows(rows)).await.is_err() {
                    break work.await;
                }
            }
        }
    };
    let reply = match outcome {
        Ok(Ok(value)) => Reply::Answer(value),
        Ok(Err(failure)) => Reply::Failure(failure),
        Err(_) => Reply::Failure(Failure::new(
            Exit::Fault,
            "internal",
            "the server could not carry the command out",
        )),
    };
    say(&mut output, &reply).await.ok();
}

async fn say(output: &mut OwnedWriteHalf, reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    output.write_all(&line).await
}

fn not_understood() -> Failure {
    Failure::new(
        Exit::WrongUse,
        "control_order",
        "the server on this folder does not understand the command",
    )
    .advise("use the same version of the program for both")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_socket_is_the_owners_only_and_goes_with_the_server() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.sock");
        std::fs::write(&path, b"left by a killed server").unwrap();
        let control = Control::bind(dir.path()).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(control);
        assert!(!path.exists());
    }
}
