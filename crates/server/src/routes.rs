//! Every route of the program, by who calls it. A route of the API without a row in
//! `tests/server/authorization.rs` fails that test.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing;
use base::limits::BODY_BYTES_MAX;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;

use crate::api::openapi::{self, Operation};
use crate::api::{
    accounts, baskets, cases, catalogue, demo, desk, drafts, guidance, holdings, interchange, log,
    outputs, permits, public, rooms, saved_searches, session,
};
use crate::http::{self, AppState, Problem};
use crate::pages;

/// Who calls a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Anyone who plays with a demo. These routes do not exist elsewhere.
    Demo,
    /// Anyone.
    Public,
    /// Anyone who signs in.
    SignedIn,
    /// Researchers.
    DataUser,
    /// Officers and the coordinator.
    Officer,
    /// Output checkers.
    Checker,
    /// Holders of registers.
    Holder,
    /// Who runs the installation.
    Admin,
    /// Programs that watch.
    Machine,
}

macro_rules! routes {
    ($($audience:ident { $($method:ident $path:literal $handler:path, $summary:literal $(, $body:ty)?;)* })*) => {
        /// The operations of the API, for its description.
        pub(crate) fn operations() -> Vec<Operation> {
            vec![$($(Operation {
                audience: Audience::$audience,
                method: stringify!($method),
                path: $path,
                summary: $summary,
                body: routes!(@schema $($body)?),
            },)*)*]
        }

        fn api_routes(is_demo: bool) -> Router<AppState> {
            let mut router = Router::new();
            $(if is_demo || Audience::$audience != Audience::Demo {
                $(router = router.route($path, routing::$method($handler));)*
            })*
            router
        }
    };
    (@schema) => { None };
    (@schema $body:ty) => { Some(openapi::schema_of::<$body>) };
}

routes! {
    Demo {
        get "/api/v1/demo/roles" demo::roles, "People of the demo that one can sign in as";
        post "/api/v1/demo/sign-in" demo::sign_in, "Sign in as one of the demo's people", demo::SignInForm;
        get "/api/v1/demo/clock" demo::clock, "What the demo's clock shows";
        post "/api/v1/demo/clock" demo::advance, "Move the demo's clock forward", demo::ClockForm;
    }
    Public {
        get "/api/v1/catalogue/search" catalogue::search, "Search registers, variables, codes and packages";
        get "/api/v1/catalogue/suggestions" catalogue::suggest, "What may be meant by the beginning of a search";
        get "/api/v1/catalogue/registers" catalogue::list_registers, "List registers";
        get "/api/v1/catalogue/registers/{register}" catalogue::load_register, "Describe a register";
        get "/api/v1/catalogue/export" interchange::export, "The catalogue as HealthDCAT-AP: turtle, jsonld or rdfxml, in pages";
        get "/api/v1/packages" interchange::list_packages, "Data packages";
        get "/api/v1/packages/{package}" interchange::load_package, "A data package's descriptor";
        get "/api/v1/packages/{package}/sample" interchange::package_sample, "A data package with synthetic tables";
        get "/id/register/{register}" interchange::identify_register, "A register's stable address: its record as RDF, or its page";
        get "/api/v1/guidance/questions" guidance::questions, "Questions of the approval compass";
        post "/api/v1/guidance" guidance::guide, "Which approvals a project needs, and why", guidance::GuideForm;
        post "/api/v1/baskets" baskets::create, "Begin a basket";
        get "/api/v1/baskets/{basket}" baskets::load, "What lies in a basket";
        post "/api/v1/baskets/{basket}/items" baskets::add, "Lay variables in a basket", baskets::ItemsForm;
        post "/api/v1/baskets/{basket}/removals" baskets::remove, "Take variables out", baskets::RemovalForm;
        get "/api/v1/public/figures" public::figures, "Figures of the whole installation";
        get "/api/v1/public/projects" public::list, "The public register";
        get "/api/v1/public/projects/{number}" public::load, "A project in the public register";
        get "/log/{*path}" log::file, "A file of the transparency log, for mirrors";
        post "/api/v1/session" session::sign_in, "Sign in with a local account", session::SignInForm;
        post "/api/v1/setup" session::set_up, "Make the first administrator", session::SetUpForm;
    }
    SignedIn {
        get "/api/v1/session" session::load, "Who is signed in";
        delete "/api/v1/session" session::sign_out, "Sign out";
        get "/api/v1/saved-searches" saved_searches::list, "One's own searches, with what has changed";
        post "/api/v1/saved-searches" saved_searches::save, "Keep a search", saved_searches::SaveForm;
        post "/api/v1/saved-searches/{search}/visits" saved_searches::see, "Take what a search finds now as seen";
        delete "/api/v1/saved-searches/{search}" saved_searches::forget, "Forget a search";
        get "/api/v1/cases" cases::list, "One's own cases, or those of one's authority";
        get "/api/v1/cases/{number}" cases::load, "A case";
        get "/api/v1/permits/{permit}" permits::load, "A permit, with its status of this moment";
    }
    DataUser {
        get "/api/v1/drafts" drafts::list, "One's own drafts";
        post "/api/v1/drafts" drafts::create, "Begin an application", drafts::NewDraftForm;
        get "/api/v1/drafts/{draft}" drafts::load, "A draft, with what is missing";
        put "/api/v1/drafts/{draft}" drafts::save, "Save answers", drafts::AnswersForm;
        delete "/api/v1/drafts/{draft}" drafts::delete, "Throw a draft away";
        post "/api/v1/drafts/{draft}/submission" drafts::submit, "Send the application";
        post "/api/v1/cases/{number}/answers" cases::answer, "Answer a question", cases::AnswerForm;
        post "/api/v1/cases/{number}/requirements" cases::record_requirement, "Record that a requirement is met", cases::RequirementForm;
        post "/api/v1/cases/{number}/withdrawal" cases::withdraw, "Withdraw the application", cases::ReasonForm;
        get "/api/v1/permits/{permit}/extract" rooms::extract, "Where the extract stands";
        get "/api/v1/rooms" rooms::list, "One's own workbenches";
        get "/api/v1/rooms/{room}" rooms::load, "A workbench: tables, columns, results";
        post "/api/v1/rooms/{room}/queries" rooms::query, "Ask the extract in SQL", rooms::QueryForm;
        get "/api/v1/outputs/{output}" outputs::load, "A result with its verdict";
        post "/api/v1/outputs/{output}/release" outputs::release, "Ask for release: at once where every cell passes, else held";
        post "/api/v1/outputs/{output}/review" outputs::send_for_review, "Send a held result to the checkers", outputs::ReviewForm;
        get "/api/v1/outputs/{output}/file" outputs::file, "A released result as CSV";
        get "/api/v1/outputs/{output}/evidence" outputs::evidence, "The evidence record of a released result";
        post "/api/v1/cases/{number}/closure" cases::close_access, "Close one's own access", cases::ReasonForm;
    }
    Officer {
        get "/api/v1/desk" desk::list, "Cases with a part of one's own authority";
        post "/api/v1/cases/{number}/completeness" desk::declare_complete, "Declare the application complete";
        post "/api/v1/cases/{number}/questions" desk::ask, "Ask the applicant", desk::QuestionForm;
        post "/api/v1/cases/{number}/assessments" desk::assess, "Answer a criterion", desk::AssessmentForm;
        post "/api/v1/cases/{number}/decisions" desk::decide, "Decide one's own part", desk::DecisionForm;
        post "/api/v1/cases/{number}/confirmations" desk::confirm, "Confirm or return a colleague's decision", desk::ConfirmationForm;
        post "/api/v1/cases/{number}/extensions" desk::extend, "Extend the time for the decision", desk::ExtensionForm;
        post "/api/v1/cases/{number}/revocation" desk::revoke, "Take the permit back", desk::RevocationForm;
    }
    Checker {
        get "/api/v1/reviews" outputs::review_queue, "Results that wait for a checker";
        get "/api/v1/reviews/{output}" outputs::load_review, "A held result, as a checker sees it";
        post "/api/v1/reviews/{output}/assessments" outputs::assess, "Judge a held result", outputs::AssessmentForm;
    }
    Holder {
        post "/api/v1/registers/{register}/deliveries" holdings::deliver, "Deliver a register: `multipart/form-data`, one file per field, named as its table";
        get "/api/v1/versions" holdings::list, "Versions of one's own registers";
        get "/api/v1/deliveries/{delivery}" holdings::report, "What was found in a delivery";
        post "/api/v1/registers/{register}/versions/{version}/approval" holdings::approve, "Take a version into use";
        post "/api/v1/registers/{register}/versions/{version}/withdrawal" holdings::withdraw, "Take a version out of use", holdings::WithdrawalForm;
    }
    Admin {
        get "/api/v1/accounts" accounts::list, "Accounts";
        post "/api/v1/accounts" accounts::create, "Make an account", accounts::AccountForm;
    }
    Machine {
        get "/api/v1/openapi.json" openapi::document, "This description";
        get "/healthz" http::healthz, "The process answers";
        get "/readyz" http::readyz, "Database and folder can be reached";
        get "/metrics" http::metrics_page, "Figures for Prometheus";
    }
}

/// All routes with what surrounds each request: log line, headers for browsers, the door, time and
/// size limits, repeated writes.
pub(crate) fn router(state: &AppState) -> Router {
    let csrf = CsrfLayer::new().with_rejection_response(|_| {
        Problem::new(
            axum::http::StatusCode::FORBIDDEN,
            "cross_site",
            "the request came from another site",
        )
        .into_response()
    });
    api_routes(state.door.is_demo)
        .merge(pages::router())
        .fallback(not_found)
        .layer(from_fn_with_state(state.clone(), http::once))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(state.clone(), http::limit_time))
        .layer(csrf)
        .layer(from_fn_with_state(state.clone(), http::guard))
        .layer(from_fn_with_state(state.clone(), pages::in_html))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(state.clone(), http::secure_headers))
        .layer(from_fn_with_state(state.clone(), http::trace))
        .with_state(state.clone())
}

async fn not_found(_: Uri) -> Response {
    Problem::not_found().into_response()
}
