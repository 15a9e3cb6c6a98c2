//! A database of its own for every test: a file, or a database on a PostgreSQL server.
//!
//! The server is the one that `SUND_TEST_POSTGRES` names. Without it a temporary one is started once
//! per run; where the environment says `CI=true`, its absence is a failure. Nothing ever skips.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use store::{Store, StoreUri};
use tempfile::TempDir;

use crate::fixtures::at;

/// Where a test lives.
pub(crate) struct Home {
    folder: TempDir,
    server: Option<&'static str>,
    databases: std::sync::Mutex<Vec<String>>,
}

impl Home {
    pub(crate) fn sqlite() -> Self {
        Self::new(None)
    }

    pub(crate) fn postgres() -> Self {
        Self::new(Some(server()))
    }

    fn new(server: Option<&'static str>) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            server,
            databases: Default::default(),
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.server.is_none()
    }

    /// A file of the test's own folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new, empty database.
    pub(crate) async fn empty(&self) -> StoreUri {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let Some(server) = self.server else {
            return StoreUri::file(self.path(&format!("store-{count}.db")));
        };
        let name = format!("sund_test_{}_{count}", std::process::id());
        on_server(
            server,
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        )
        .await;
        on_server(server, format!("CREATE DATABASE {name}")).await;
        self.databases.lock().unwrap().push(name.clone());
        StoreUri::parse(&with_database(server, &name)).unwrap()
    }

    /// A store with all its tables and no rows.
    pub(crate) async fn store(&self) -> Store {
        let store = Store::connect(&self.empty().await).await.unwrap();
        store.migrate(at(0)).await.unwrap();
        store
    }

    pub(crate) async fn close(self) {
        let Some(server) = self.server else { return };
        let names = std::mem::take(&mut *self.databases.lock().unwrap());
        for name in names {
            on_server(
                server,
                format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            )
            .await;
        }
    }
}

async fn on_server(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// The same server and account, another database.
fn with_database(server: &str, name: &str) -> String {
    let (address, options) = server.split_once('?').unwrap_or((server, ""));
    let scheme = address.find("//").unwrap() + 2;
    let end = address[scheme..]
        .find('/')
        .map_or(address.len(), |slash| scheme + slash);
    format!("{}/{name}?{options}", &address[..end])
}

fn server() -> &'static str {
    static SERVER: OnceLock<(String, Option<Server>)> = OnceLock::new();
    let (address, _) = SERVER.get_or_init(|| {
        let given = std::env::var_os("SUND_TEST_POSTGRES");
        if let Some(given) = given.filter(|given| !given.is_empty()) {
            return (given.into_string().unwrap(), None);
        }
        let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(
            !ci,
            "CI=true, and SUND_TEST_POSTGRES names no server: the suite would be halved"
        );
        let server = Server::start();
        (
            format!("postgres://sund@127.0.0.1:{}/postgres", server.port),
            Some(server),
        )
    });
    address
}

/// A server under a shell that waits for its standard input to close, which happens however this
/// program ends; then it stops the server and removes the folder.
struct Server {
    port: u16,
    #[expect(
        dead_code,
        reason = "the open pipe to the shell is what keeps the server alive"
    )]
    guard: Child,
}

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

impl Server {
    fn start() -> Self {
        let programs = programs();
        let folder = TempDir::with_prefix("sund-store-postgres-").unwrap().keep();
        let as_root = run(Command::new("id").arg("-u")).trim() == "0";
        if as_root {
            let id = |kind| {
                run(Command::new("id").args([kind, "postgres"]))
                    .trim()
                    .parse()
                    .unwrap()
            };
            chown(&folder, Some(id("-u")), Some(id("-g"))).unwrap();
        }
        let mut initdb = unprivileged(as_root, &programs.join("initdb"));
        initdb
            .arg("-D")
            .arg(folder.join("data"))
            .current_dir(&folder);
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
        run(&mut initdb);
        let port = TcpListener::bind(("127.0.0.1", 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut guard = unprivileged(as_root, Path::new("sh"));
        guard
            .args(["-c", GUARD, "guard"])
            .arg(programs.join("postgres"))
            .arg(&folder);
        guard
            .arg(port.to_string())
            .current_dir(&folder)
            .stdin(Stdio::piped());
        let guard = guard.spawn().unwrap();
        let ready = |_: &u32| {
            let mut question = Command::new(programs.join("pg_isready"));
            question.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
            let ready = TcpStream::connect(("127.0.0.1", port)).is_ok()
                && question.status().is_ok_and(|status| status.success());
            if !ready {
                std::thread::sleep(Duration::from_millis(100));
            }
            ready
        };
        assert!(
            (0..300).any(|n| ready(&n)),
            "PostgreSQL did not answer within 30 seconds"
        );
        Self { port, guard }
    }
}

/// The folder of the newest installed server's programs.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").map(|entries| {
        let paths = entries.flatten().map(|entry| entry.path().join("bin"));
        paths.filter(|path| path.join("initdb").is_file()).max()
    });
    let missing = "no PostgreSQL: install the Debian package postgresql, or name a server in \
        SUND_TEST_POSTGRES";
    versions.ok().flatten().expect(missing)
}

fn unprivileged(as_root: bool, program: &Path) -> Command {
    if !as_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    if !output.status.success() {
        std::io::stderr().write_all(&output.stderr).unwrap();
        panic!("{command:?} failed");
    }
    String::from_utf8(output.stdout).unwrap()
}
