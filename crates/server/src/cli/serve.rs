//! `sund serve`: runs an installation until it is told to stop.

use clap::Args;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Context, Exit, Failure, Outcome};
use crate::config::Given;
use crate::http::{ListenError, Logging, Server, start_logging};

/// How to run it.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Serve a demo folder, which is refused otherwise.
    #[arg(long)]
    demo: bool,
}

/// Runs the command.
pub(crate) async fn run(args: ServeArgs, context: &Context) -> Result<Outcome, Failure> {
    let given: Vec<Given> = args
        .port
        .map(|port| Given::new("server.port", "--port", port))
        .into_iter()
        .collect();
    let config = context.config(&given)?;
    start_logging(Logging {
        format: config.log_format(),
        level: config.log_level(),
    });
    let app = app::App::open(&config.opening(context.common.dir())).await?;
    if app.is_demo() && !args.demo {
        return Err(demo_refused(context));
    }
    let setup = app.setup_token().await?;
    let server = Server::bind(app, &config).await?;
    let url = server.url();
    let setup_url = setup.map(|token| format!("{url}/da/opsaetning?token={}", token.expose()));
    context.printer.line(format_args!("Sund answers at {url}"));
    if let Some(link) = &setup_url {
        context
            .printer
            .line("There is no account yet. This link makes the first one, once:");
        context.printer.line(format_args!("  {link}"));
    }
    context
        .printer
        .object(json!({"url": url, "set_up": setup_url}));
    serve_until_told(server).await?;
    context.printer.line("Sund has stopped.");
    Ok(Outcome::held(Value::Null))
}

fn demo_refused(context: &Context) -> Failure {
    Failure::new(
        Exit::WrongUse,
        "demo_folder",
        "this is a demo folder: it holds invented people and has sign-in buttons",
    )
    .at(context.common.dir().display().to_string())
    .advise("run `sund demo`, or make a folder for real data with `sund init`")
}

/// Answers until ctrl-c or SIGTERM, then ends what is under way.
pub(crate) async fn serve_until_told(server: Server) -> Result<(), Failure> {
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        wait_for_signal().await;
        // Nobody listens any more if the server has ended by itself.
        tell.send(true).ok();
        std::future::pending::<()>().await;
    });
    server.run(told).await.map_err(|error| {
        Failure::new(
            Exit::Outside,
            "serving",
            format!("the server stopped: {}", error.kind()),
        )
    })
}

async fn wait_for_signal() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        let message = error.to_string();
        match error {
            ListenError::InUse { address, port } => {
                Self::new(Exit::Outside, "port_in_use", message)
                    .at(format!("{address}:{port}"))
                    .advise("stop the other program, or choose another port with `--port`")
            }
            ListenError::Refused { at, .. } => Self::new(Exit::Outside, "cannot_listen", message)
                .at(at.to_string())
                .advise("choose another address or port in the settings"),
        }
    }
}
