//! Listening, answering, and ending well.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::AppState;
use crate::config::Config;
use crate::control::Control;

/// How long requests under way may take after the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    state: AppState,
    control: Option<Control>,
}

/// The server cannot listen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// Somebody else listens there.
    #[error("port {port} on {address} is in use by another program")]
    InUse {
        /// Where.
        address: IpAddr,
        /// Which port.
        port: u16,
    },
    /// The system does not let us.
    #[error("cannot listen on {at}: {problem}")]
    Refused {
        /// Where.
        at: SocketAddr,
        /// What the system says.
        problem: std::io::ErrorKind,
    },
}

impl Server {
    /// Takes the port. A demo listens on the loopback address, whatever the settings say.
    pub(crate) async fn bind(app: app::App, config: &Config) -> Result<Self, ListenError> {
        let mut at = config.listen();
        if app.is_demo() {
            at.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let refused = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AddrInUse => ListenError::InUse {
                address: at.ip(),
                port: at.port(),
            },
            problem => ListenError::Refused { at, problem },
        };
        let listener = TcpListener::bind(at).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let control = Control::bind(app.folder().root())
            .inspect_err(|error| {
                // Commands are then told that the folder is in use; the server itself is well.
                tracing::warn!(kind = ?error.kind(), "no control socket in the folder");
            })
            .ok();
        let state = AppState::new(app, config.public_url(), config.request_time_max());
        let router = crate::routes::router(&state);
        Ok(Self {
            listener,
            address,
            router,
            state,
            control,
        })
    }

    /// The address to open.
    pub(crate) fn url(&self) -> String {
        match &self.state.door.public_url {
            Some(url) => url.clone(),
            None => format!("http://{}", self.address),
        }
    }

    /// Answers requests and does the queued work until `stop` says true.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) -> std::io::Result<()> {
        let (app, told) = (self.state.app.clone(), stop.clone());
        let worker = tokio::spawn(async move { app.run_worker(told).await });
        // The first search does not wait for the index; a failure is logged and told to who asks.
        let app = self.state.app.clone();
        tokio::task::spawn_blocking(move || app.content().search().map(drop));
        let orders = self.control.map(|control| {
            let app = self.state.app.clone();
            tokio::spawn(control.run(app))
        });
        let mut told = stop.clone();
        let told = async move {
            // The sender is gone only when the process ends.
            told.wait_for(|stop| *stop).await.ok();
        };
        let serving = axum::serve(self.listener, self.router).with_graceful_shutdown(told);
        let late = async {
            stop.wait_for(|stop| *stop).await.ok();
            tokio::time::sleep(GRACE).await;
        };
        let result = tokio::select! {
            result = serving => result,
            () = late => Ok(()),
        };
        if let Some(orders) = orders {
            orders.abort();
        }
        tokio::time::timeout(GRACE, worker).await.ok();
        self.state.app.close().await;
        result
    }
}
