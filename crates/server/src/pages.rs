//! The portal's pages, in Danish and English under the same paths. A handler reads the request, calls
//! one use case, makes the view that `web/VIEWS.md` describes, and renders it.

mod about;
mod account;
mod admin;
mod apply;
mod basket;
mod case;
mod catalogue;
mod compass;
mod confirm;
mod deliver;
mod deliveries;
mod desk;
mod errors;
mod fields;
mod files;
mod log;
mod map;
mod order_list;
mod packages;
mod permit;
mod project;
mod public;
mod result;
mod review;
mod room;
mod search;
mod start;
mod status;
mod variable;
mod visit;

use axum::Router;
use axum::response::Redirect;
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
        .route(
            "/en/data-packages",
            get(|| async { Redirect::permanent("/en/datapakker") }),
        )
        .route("/static/{*path}", get(view::serve_asset))
        .route("/api/v1/public/projects.csv", get(files::projects))
        .route("/api/v1/public/projects.atom", get(files::feed))
        .route(
            "/api/v1/public/projects/{number}/events.csv",
            get(files::events),
        );
    for (path, handler) in public_pages().into_iter().chain(work_pages()) {
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
        ("/datakort", get(map::show)),
        ("/data-map", get(map::show)),
        ("/datalandkort", get(search::search)),
        ("/datalandkort/sammenlign", get(search::compare::compare)),
        ("/datalandkort/forslag", get(search::suggestions)),
        ("/datalandkort/gem", post(search::saved::save)),
        ("/datalandkort/gemte", get(search::saved::list)),
        ("/datalandkort/gemte/set", post(search::saved::see)),
        ("/datalandkort/gemte/slet", post(search::saved::forget)),
        ("/datalandkort/{register}", get(catalogue::register)),
        (
            "/datalandkort/{register}/{table}/{variable}",
            get(catalogue::variable),
        ),
        ("/datapakker", get(packages::list)),
        ("/datapakker/{package}", get(packages::show)),
        ("/kurv", get(basket::show)),
        ("/kurv/fil/{file}", get(order_list::show)),
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
        (
            "/log-paa",
            get(account::sign_in_page).post(account::sign_in),
        ),
        ("/log-af", post(account::sign_out)),
        (
            "/opsaetning",
            get(account::set_up_page).post(account::set_up),
        ),
        ("/tilgaengelighed", get(about::accessibility)),
        ("/privatliv", get(about::privacy)),
        ("/aabne-data", get(about::open_data)),
        ("/drift", get(status::show)),
    ]
}

fn work_pages() -> Vec<(&'static str, MethodRouter<AppState>)> {
    vec![
        ("/ansoeg", get(apply::list).post(apply::begin)),
        (
            "/ansoeg/{draft}/slet",
            get(apply::confirm_delete).post(apply::delete),
        ),
        ("/ansoeg/{draft}/{step}", get(apply::step).post(apply::save)),
        ("/sager", get(case::list)),
        ("/sager/{number}", get(case::show)),
        ("/sager/{number}/ansoegning", get(case::application)),
        ("/sager/{number}/kvittering", get(case::receipt)),
        ("/sager/{number}/svar", post(case::answer)),
        ("/sager/{number}/krav", post(case::record_requirement)),
        (
            "/sager/{number}/traek-tilbage",
            get(case::confirm_withdraw).post(case::withdraw),
        ),
        ("/desk", get(desk::list)),
        ("/desk/{number}", get(desk::part)),
        ("/desk/{number}/fuldstaendig", post(desk::declare_complete)),
        ("/desk/{number}/kriterie", post(desk::assess)),
        ("/desk/{number}/spoerg", get(desk::ask_page).post(desk::ask)),
        (
            "/desk/{number}/afgoer",
            get(desk::decide_page).post(desk::decide),
        ),
        (
            "/desk/{number}/bekraeft",
            get(desk::confirm_page).post(desk::confirm),
        ),
        ("/tilladelser/{number}", get(permit::show)),
        (
            "/tilladelser/{number}/tilbagekald",
            get(permit::confirm_revoke).post(permit::revoke),
        ),
        (
            "/tilladelser/{number}/luk",
            get(permit::confirm_close).post(permit::close),
        ),
        ("/analyserum", get(room::list)),
        ("/analyserum/{room}", get(room::show).post(room::run)),
        ("/analyserum/{room}/frigiv", post(room::release)),
        ("/analyserum/{room}/kontrol", post(room::send_for_review)),
        ("/analyserum/{room}/{output}/{kind}", get(room::file)),
        ("/kontrol", get(review::queue)),
        ("/kontrol/{output}", get(review::show).post(review::assess)),
        ("/leverancer", get(deliveries::list)),
        (
            "/leverancer/lever/{register}",
            get(deliver::show).post(deliver::deliver),
        ),
        ("/leverancer/{delivery}", get(deliveries::show)),
        ("/leverancer/{delivery}/godkend", post(deliveries::approve)),
        (
            "/leverancer/{delivery}/tag-ud",
            get(deliveries::confirm_withdraw).post(deliveries::withdraw),
        ),
        ("/konti", get(admin::accounts).post(admin::create_account)),
        ("/demo/ur", get(admin::clock).post(admin::move_clock)),
    ]
}
