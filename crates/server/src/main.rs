//! The `sund` program: command line, HTTP interface and pages over the use cases of `app`.
//!
//! It knows HTTP, its configuration and how to print. It must not know SQL, DataFusion or how a case
//! is decided: every command and every handler calls one use case and makes a view of its result.

mod api;
mod cli;
mod config;
mod control;
mod http;
mod journey;
#[expect(
    clippy::indexing_slicing,
    reason = "a page's view is a JSON object: giving it a key cannot fail"
)]
mod pages;
mod routes;
mod view;

fn main() -> std::process::ExitCode {
    cli::main()
}
