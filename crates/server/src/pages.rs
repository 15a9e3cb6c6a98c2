//! The portal's pages, in Danish and English under the same paths. A handler reads the request, calls
//! one use case, makes the view that `web/VIEWS.md` describes, and renders it.

mod about;
mod account;
mod basket;
mod catalogue;
mod compass;
mod errors;
mod fields;
mod log;
mod project;
mod public;
mod search;
mod start;
mod visit;

use axum::Router;
use axum::routing::{MethodRouter, get, post};

use crate::http::AppState;
use crate::view;

pub(crate) use errors::in_html;
pub(crate) use log::LastCheck;

/// Every page, in both languages, and the files that pages need.
pub(crate) fn router() -> Router<AppState> {
    let mut router = Router::new()
        .route("/", get(start::choose_language))
        .route("/was", get(start::accessibility_statement))
        .route("/static/{*path}", get(view::serve_asset));
    for (path, handler) in public_pages() {
        router = both(router, path, &handler);
    }
    router
}

/// The same page in both languages.
fn both(
    router: Router<AppState>,
    path: &str,
    handler: &MethodRouter<AppState>,
) -> Router<AppState> {
    let danish = router.route(&format!("/da{path}"), handler.clone());
    danish.route(&format!("/en{path}"), handler.clone())
}

fn public_pages() -> Vec<(&'static str, MethodRouter<AppState>)> {
    vec![
        ("", get(start::start)),
        ("/", get(start::start)),
        ("/datalandkort", get(search::search)),
        ("/datalandkort/{register}", get(catalogue::register)),
        (
            "/datalandkort/{register}/{table}/{variable}",
            get(catalogue::variable),
        ),
        ("/kurv", get(basket::show)),
        ("/kurv/laeg-i", post(basket::add)),
        ("/kurv/fjern", post(basket::remove)),
        ("/kurv/toem", post(basket::clear)),
        ("/vejledning", get(compass::guidance)),
        ("/vejledning/kompas", get(compass::begin)),
        ("/vejledning/kompas/resultat", get(compass::result)),
        (
            "/vejledning/kompas/{question}",
            get(compass::question).post(compass::answer),
        ),
        ("/aabenhed", get(public::list)),
        ("/aabenhed/dine-data", get(about::citizen)),
        ("/aabenhed/log", get(log::show)),
        ("/aabenhed/{number}", get(project::show)),
        ("/log-paa", get(account::sign_in_page).post(account::sign_in)),
        ("/log-af", post(account::sign_out)),
        ("/opsaetning", get(account::set_up_page).post(account::set_up)),
        ("/tilgaengelighed", get(about::accessibility)),
        ("/privatliv", get(about::privacy)),
        ("/aabne-data", get(about::open_data)),
        ("/drift", get(about::status)),
    ]
}
