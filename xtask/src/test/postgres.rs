//! A PostgreSQL of our own for one test run: temporary folder, free port, loopback only.
//!
//! The server runs under a small shell that waits for its standard input to close. However this
//! program ends, by itself, by ctrl-c or killed, the pipe closes, the shell stops the server and
//! removes the folder. PostgreSQL refuses to run as root; then the `postgres` user runs it.

use std::env;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::environment;
use crate::process;

/// The account Debian's package makes for the server.
const SERVER_ACCOUNT: &str = "postgres";
const START_TRIES_MAX: u32 = 300;
const START_PAUSE: Duration = Duration::from_millis(100);

/// Arguments: the server, its folder, its port. A test database needs no durability.
const GUARD: &str = r#"
trap '' INT TERM HUP
"$1" -D "$2/data" -h 127.0.0.1 -p "$3" -k "$2" -c max_connections=300 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off >"$2/log" 2>&1 &
server=$!
read -r _
kill -INT "$server" 2>/dev/null
wait "$server"
cd / && rm -rf "$2"
"#;

/// A running server; dropping it stops it and removes its folder.
#[derive(Debug)]
pub(crate) struct Postgres {
    guard: Child,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a fresh cluster and waits until it answers.
    pub(crate) fn start() -> Result<Self> {
        let initdb = process::find_program("initdb", &environment::postgres_folders())
            .context("`initdb` is missing: install the Debian package postgresql")?;
        // A link in the search path leads to the folder that holds the server itself.
        let initdb = fs::canonicalize(initdb)?;
        let programs = initdb
            .parent()
            .context("`initdb` lies in no folder")?
            .to_path_buf();
        let folder = env::temp_dir().join(format!("sund-postgres-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let as_root = process::is_root();
        if as_root {
            give_to_server_account(&folder)?;
        }
        let mut initdb = unprivileged(as_root, &programs.join("initdb"));
        initdb.arg("-D").arg(folder.join("data"));
        initdb.args([
            "-U",
            "sund",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        process::output(initdb.current_dir(&folder))?;
        let port = free_port()?;
        let guard = unprivileged(as_root, Path::new("sh"))
            .args(["-c", GUARD, "guard"])
            .arg(programs.join("postgres"))
            .arg(&folder)
            .arg(port.to_string())
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .spawn()
            .context("PostgreSQL could not be started")?;
        let server = Self {
            guard,
            programs,
            port,
        };
        server.wait_until_ready(&folder.join("log"))?;
        println!("PostgreSQL answers at {}", server.uri("postgres"));
        Ok(server)
    }

    /// The address of one of the server's databases.
    pub(crate) fn uri(&self, database: &str) -> String {
        format!("postgres://sund@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database.
    pub(crate) fn create_database(&self, name: &str) -> Result<()> {
        let port = self.port.to_string();
        process::run(Command::new(self.programs.join("createdb")).args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "sund",
            name,
        ]))
    }

    fn wait_until_ready(&self, log: &Path) -> Result<()> {
        let port = self.port.to_string();
        for _ in 0..START_TRIES_MAX {
            let open = TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            let ready = open
                && Command::new(self.programs.join("pg_isready"))
                    .args(["-q", "-h", "127.0.0.1", "-p", &port])
                    .status()?
                    .success();
            if ready {
                return Ok(());
            }
            thread::sleep(START_PAUSE);
        }
        let said = fs::read_to_string(log).unwrap_or_default();
        bail!("PostgreSQL did not answer within 30 seconds; it said:\n{said}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        if let Err(error) = self.guard.wait() {
            eprintln!("warning: PostgreSQL could not be stopped: {error}");
        }
    }
}

fn unprivileged(as_root: bool, program: &Path) -> Command {
    if !as_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", SERVER_ACCOUNT, "--"]).arg(program);
    command
}

fn give_to_server_account(folder: &Path) -> Result<()> {
    let id = |kind: &str| -> Result<u32> {
        let text = process::output(Command::new("id").args([kind, SERVER_ACCOUNT]))?;
        Ok(text.trim().parse()?)
    };
    chown(folder, Some(id("-u")?), Some(id("-g")?))?;
    Ok(())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
