//! The description of the API, made from the list of routes.

use axum::Json;
use utoipa::PartialSchema;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem,
    PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema,
};

use crate::http::ProblemView;
use crate::routes::{self, Audience};

/// A route as its description shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    /// Who calls it.
    pub(crate) audience: Audience,
    /// `get`, `post`, `put` or `delete`.
    pub(crate) method: &'static str,
    /// Its path, with variable parts in braces.
    pub(crate) path: &'static str,
    /// What it does.
    pub(crate) summary: &'static str,
    /// What is sent.
    pub(crate) body: Option<fn() -> RefOr<Schema>>,
}

/// The schema of a form.
pub(crate) fn schema_of<T: PartialSchema>() -> RefOr<Schema> {
    T::schema()
}

/// `GET /api/v1/openapi.json`.
pub(crate) async fn document() -> Json<OpenApi> {
    Json(describe())
}

fn describe() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Sund")
        .version("1")
        .description(Some(
            "One entrance to a nation's health data. Lists take `limit` (at most 100) and `cursor` and \
answer `{items, next}`. Writes take `Idempotency-Key` and, where the answer has an `ETag`, `If-Match`. \
Errors are RFC 9457 problems with a stable `code`; what one may not know exists is 404.",
        ))
        .build();
    let mut paths = PathsBuilder::new();
    for operation in routes::operations() {
        let described = describe_operation(&operation).build();
        paths = paths.path(
            operation.path,
            PathItem::new(method_of(operation.method), described),
        );
    }
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = ComponentsBuilder::new()
        .schema("Problem", ProblemView::schema())
        .security_scheme("session", bearer)
        .build();
    OpenApiBuilder::new()
        .info(info)
        .paths(paths.build())
        .components(Some(components))
        .build()
}

fn describe_operation(operation: &Operation) -> OperationBuilder {
    let mut builder = OperationBuilder::new()
        .summary(Some(operation.summary))
        .tag(tag_of(operation.audience));
    for name in variable_parts(operation.path) {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True);
        builder = builder.parameter(parameter.build());
    }
    if let Some(schema) = operation.body {
        let content = ContentBuilder::new().schema(Some(schema())).build();
        let body = RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(Required::True));
        builder = builder.request_body(Some(body.build()));
    }
    let open = matches!(
        operation.audience,
        Audience::Demo | Audience::Public | Audience::Machine
    );
    if !open {
        let none: [&str; 0] = [];
        builder = builder.security(SecurityRequirement::new("session", none));
    }
    let problem = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let refused = ResponseBuilder::new()
        .description("why it was not carried out")
        .content("application/problem+json", problem);
    let done = ResponseBuilder::new().description("done");
    builder
        .response("200", done.build())
        .response("default", refused.build())
}

fn variable_parts(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(name.trim_start_matches('*'))
    })
}

fn method_of(name: &str) -> HttpMethod {
    match name {
        "post" => HttpMethod::Post,
        "put" => HttpMethod::Put,
        "delete" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

const fn tag_of(audience: Audience) -> &'static str {
    match audience {
        Audience::Demo => "demo",
        Audience::Public => "public",
        Audience::SignedIn => "signed in",
        Audience::DataUser => "data user",
        Audience::Officer => "officer",
        Audience::Checker => "output checker",
        Audience::Holder => "data holder",
        Audience::Admin => "administrator",
        Audience::Machine => "machine",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_of_the_api_is_as_it_was() {
        insta::assert_json_snapshot!("openapi", describe());
    }
}
