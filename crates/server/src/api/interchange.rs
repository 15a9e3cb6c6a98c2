//! The catalogue in the words of other programs: RDF in three syntaxes, packages.

use app::catalogue::Text;
use app::catalogue::register::Register;
use app::metadata::rdf::{Graph, Syntax, write};
use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE, LINK, LOCATION, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Page;
use crate::http::{Answer, AppState, Download, List, Params, PathOf, Problem, download};

/// How an answer is wanted, where the address says it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) format: Option<String>,
    lang: Option<String>,
}

/// A package in a list.
#[derive(Debug, Serialize)]
pub(crate) struct PackageLine {
    id: String,
    name: Text,
    description: Text,
    version: String,
    registers: Vec<String>,
}

/// The address that names in RDF begin with.
pub(crate) fn base(state: &AppState) -> &str {
    state
        .door
        .public_url
        .as_deref()
        .unwrap_or("https://sund.example")
}

/// The syntax that is wanted: by the address, else by `Accept`, the first that is known; none for HTML and JSON.
pub(crate) fn wanted(format: Option<&str>, headers: &HeaderMap) -> Answer<Option<Syntax>> {
    if let Some(name) = format {
        let syntax = Syntax::from_name(name).ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "unknown_format",
                format!("unknown format `{name}`: use turtle, jsonld or rdfxml"),
            )
        })?;
        return Ok(Some(syntax));
    }
    let accept = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    Ok(accept.split(',').find_map(Syntax::from_media_type))
}

/// A graph as an answer.
pub(crate) fn in_syntax(graph: &Graph, syntax: Syntax) -> Response {
    let kind = HeaderValue::from_static(syntax.media_type());
    let headers = [
        (CONTENT_TYPE, kind),
        (VARY, HeaderValue::from_static("accept")),
    ];
    (headers, write(graph, syntax)).into_response()
}

/// A register in the syntax that is wanted.
pub(crate) fn register_in(state: &AppState, register: &Register, syntax: Syntax) -> Response {
    let content = state.app.content();
    let graph = content
        .interchange
        .register(&content.catalogue, base(state), register);
    in_syntax(&graph, syntax)
}

/// The stable address of a register: programs get its record, people its page.
pub(crate) async fn identify_register(
    State(state): State<AppState>,
    PathOf(id): PathOf<String>,
    Params(query): Params<Wanted>,
    headers: HeaderMap,
) -> Answer<Response> {
    let register = state.app.content().catalogue.register(&id);
    let register = register.ok_or_else(Problem::not_found)?;
    if let Some(syntax) = wanted(query.format.as_deref(), &headers)? {
        return Ok(register_in(&state, register, syntax));
    }
    let language = super::language(query.lang.as_deref()).code();
    let page = HeaderValue::from_str(&format!("/{language}/datalandkort/{}", register.id))
        .map_err(|_| Problem::not_found())?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, page);
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

/// The catalogue as RDF, a page of registers at a time; `Link` leads to the next.
pub(crate) async fn export(
    State(state): State<AppState>,
    Params(list): Params<List>,
    Params(query): Params<Wanted>,
    headers: HeaderMap,
) -> Answer<Response> {
    let syntax = wanted(query.format.as_deref(), &headers)?.unwrap_or(Syntax::Turtle);
    let content = state.app.content();
    let after = list.cursor().unwrap_or_default();
    let mut registers: Vec<&Register> = content
        .catalogue
        .registers()
        .filter(|register| after < register.id.as_str())
        .collect();
    let more = registers.len() > list.limit();
    registers.truncate(list.limit());
    let last = registers.last().map(|register| register.id.clone());
    let graph = content
        .interchange
        .catalogue(&content.catalogue, base(&state), registers);
    let mut response = in_syntax(&graph, syntax);
    if let (true, Some(last)) = (more, last) {
        let next = format!(
            "</api/v1/catalogue/export?format={}&limit={}&cursor={last}>; rel=\"next\"",
            syntax.name(),
            list.limit()
        );
        if let Ok(next) = HeaderValue::from_str(&next) {
            response.headers_mut().insert(LINK, next);
        }
    }
    Ok(response)
}

/// The packages.
pub(crate) async fn list_packages(State(state): State<AppState>) -> Json<Page<PackageLine>> {
    let packages = state.app.content().interchange.packages.all();
    let lines: Vec<PackageLine> = packages
        .map(|package| PackageLine {
            id: package.id.clone(),
            name: package.name.clone(),
            description: package.description.clone(),
            version: package.version.clone(),
            registers: package.registers().map(str::to_owned).collect(),
        })
        .collect();
    Json((lines, None).into())
}

/// A package as a Data Package descriptor.
pub(crate) async fn load_package(
    State(state): State<AppState>,
    PathOf(id): PathOf<String>,
    Params(query): Params<Wanted>,
) -> Answer<Json<Value>> {
    let content = state.app.content();
    let package = content.interchange.packages.get(&id);
    let package = package.ok_or_else(Problem::not_found)?;
    let language = super::language(query.lang.as_deref());
    Ok(Json(package.descriptor(&content.catalogue, language, "")))
}

/// A package's descriptor with synthetic tables, as one archive.
pub(crate) async fn package_sample(
    State(state): State<AppState>,
    PathOf(id): PathOf<String>,
    Params(query): Params<Wanted>,
) -> Answer<Response> {
    let language = super::language(query.lang.as_deref());
    let sample = state.app.package_sample(&id, language).await?;
    Ok(download(Download {
        file_name: format!("{id}-synthetic.zip"),
        media_type: "application/zip",
        bytes: sample.to_vec(),
    }))
}
