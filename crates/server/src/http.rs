//! Everything about HTTP that is the same for all routes: state, sessions, errors, doors, figures.

mod body;
mod bytes;
mod guard;
mod health;
mod idempotency;
mod listen;
mod metrics;
mod multipart;
mod problem;
mod session;
mod state;
mod trace;

pub(crate) use body::{Body, Expected, List, Params, PathOf, with_version};
pub(crate) use bytes::{Download, download};
pub(crate) use guard::{guard, secure_headers};
pub(crate) use health::{healthz, metrics_page, readyz};
pub(crate) use idempotency::once;
pub(crate) use listen::{ListenError, Server};
pub(crate) use multipart::Multipart;
pub(crate) use problem::{Answer, Problem, ProblemView};
pub(crate) use session::{Session, begin, end};
pub(crate) use state::AppState;
pub(crate) use trace::{Logging, limit_time, start_logging, trace};
