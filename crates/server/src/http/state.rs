//! What every handler can reach.

use std::sync::Arc;
use std::time::Duration;

use app::App;
use base::Stopwatch;

use super::metrics::Metrics;
use crate::pages::LastCheck;
use crate::view::{MapKeeper, Renderer};

/// The installation, and what the HTTP side knows of itself. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    /// The use cases.
    pub(crate) app: App,
    /// How this process is reached.
    pub(crate) door: Arc<Door>,
    /// What has been counted since the start.
    pub(crate) metrics: Arc<Metrics>,
    /// The pages' templates.
    pub(crate) renderer: Renderer,
    /// The last check of the public log.
    pub(crate) log_seen: LastCheck,
    /// The data map as it was last laid out.
    pub(crate) map: MapKeeper,
}

/// How this process is reached.
#[derive(Debug)]
pub(crate) struct Door {
    /// Whether this is a demo: loopback only, sign-in by button.
    pub(crate) is_demo: bool,
    /// The address that people use, without a slash at the end.
    pub(crate) public_url: Option<String>,
    /// The longest that a request may take.
    pub(crate) request_time_max: Duration,
    /// Since when it runs.
    pub(crate) started: Stopwatch,
}

impl AppState {
    /// The state of a server that was just started.
    pub(crate) fn new(app: App, public_url: Option<&str>, request_time_max: Duration) -> Self {
        let door = Door {
            is_demo: app.is_demo(),
            public_url: public_url.map(str::to_owned),
            request_time_max,
            started: Stopwatch::start(),
        };
        let renderer = Renderer::new(app.content())
            .expect("invariant: the embedded templates parse, as a test renders every one of them");
        Self {
            app,
            door: Arc::new(door),
            metrics: Arc::default(),
            renderer,
            log_seen: LastCheck::default(),
            map: MapKeeper::default(),
        }
    }
}
