//! `/v2/openapi.json` and `/docs/api`: what is served, described from the code that serves it.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;
use utoipa::{
    OpenApi,
    openapi::{
        Content, ContentBuilder, Ref, RefOr, ResponseBuilder,
        path::{Operation, PathItem},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use super::{called, open};
use crate::{
    App, HttpError,
    error::format::ApiError,
    pages::{self, Frame},
};

/// The head of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Muster management API",
        description = "Organizations, their members, teams, invitations, domains and access tokens. Get a bearer token by \
                       `POST /v2/auth/token`; it is good for ten minutes. Requests that change something may carry an \
                       `Idempotency-Key`: sent again within a day, they are answered as the first time and done once. Each \
                       answer tells what is left of the caller's minute (`X-RateLimit-Limit`, `-Remaining`, `-Reset`).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(name = "")
    ),
    components(schemas(ApiError))
)]
struct Head;

/// The document, which is the same for every installation of this version.
static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(|| {
    let (_, with_token) = called().split_for_parts();
    let (_, without) = open().split_for_parts();
    let mut document = Head::openapi();
    document.info.contact = None;
    document.merge(secured(with_token));
    document.merge(without);
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            describe_errors(operation);
        }
    }
    document
});

fn secured(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            operation.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Every operation fails in the same form.
fn describe_errors(operation: &mut Operation) {
    for (status, description) in
        [("4XX", "The request cannot be served as it is."), ("5XX", "The server cannot serve it.")]
    {
        let content: Content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
        let response = ResponseBuilder::new().description(description).content("application/json", content).build();
        operation.responses.responses.insert(status.to_owned(), RefOr::T(response));
    }
}

/// `GET /v2/openapi.json`.
pub(super) async fn document(State(app): State<App>) -> Result<Response, HttpError> {
    let mut document = DOCUMENT.clone();
    document.servers = Some(vec![utoipa::openapi::Server::new(app.base_url())]);
    let text = document
        .to_json()
        .map_err(|error| HttpError::Internal("the description cannot be written", Arc::new(error)))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response())
}

#[derive(Template)]
#[template(path = "api.html")]
struct Reading<'r> {
    frame: Frame,
    about: &'r str,
    base_url: &'r str,
    families: Vec<Family>,
    schemas: Vec<Fields>,
}

/// The operations on one kind of thing.
struct Family {
    name: String,
    operations: Vec<Described>,
}

struct Described {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: String,
    parameters: Vec<Parameter>,
    /// The name of the schema of its body.
    body: Option<String>,
    answers: Vec<Answered>,
}

struct Parameter {
    name: String,
    place: String,
    kind: String,
    about: String,
}

struct Answered {
    status: String,
    about: String,
    /// The name of its schema.
    schema: Option<String>,
}

/// A schema.
struct Fields {
    name: String,
    about: String,
    fields: Vec<Parameter>,
}

/// `GET /docs/api`: the same for people.
pub(super) async fn page(State(app): State<App>) -> Result<Response, HttpError> {
    let document = serde_json::to_value(&*DOCUMENT)
        .map_err(|error| HttpError::Internal("the description cannot be read", Arc::new(error)))?;
    let mut families: Vec<Family> = Vec::new();
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(item) {
            let name = text(&operation["tags"][0]);
            let described = described(path, method, operation);
            match families.iter_mut().find(|family| family.name == name) {
                Some(family) => family.operations.push(described),
                None => families.push(Family { name, operations: vec![described] }),
            }
        }
    }
    let schemas = members(&document["components"]["schemas"]).map(|(name, schema)| fields(name, schema)).collect();
    let about = text(&document["info"]["description"]);
    let reading = Reading { frame: Frame::of(&app), about: &about, base_url: app.base_url(), families, schemas };
    pages::page(StatusCode::OK, &reading)
}

fn described(path: &str, method: &str, operation: &Value) -> Described {
    let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| Parameter {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        kind: kind(&parameter["schema"]),
        about: text(&parameter["description"]),
    });
    let answers = members(&operation["responses"]).filter(|(status, _)| !status.ends_with('X'));
    Described {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        about: text(&operation["description"]),
        parameters: parameters.collect(),
        body: schema_name(&operation["requestBody"]["content"]["application/json"]["schema"]),
        answers: answers
            .map(|(status, answer)| Answered {
                status: status.clone(),
                about: text(&answer["description"]),
                schema: schema_name(&answer["content"]["application/json"]["schema"]),
            })
            .collect(),
    }
}

fn fields(name: &str, schema: &Value) -> Fields {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let field = |(name, schema): (&String, &Value)| Parameter {
        name: name.clone(),
        place: if required.contains(&name.as_str()) { "required" } else { "optional" }.to_owned(),
        kind: kind(schema),
        about: text(&schema["description"]),
    };
    let fields = members(&schema["properties"]).map(field).collect();
    Fields { name: name.to_owned(), about: text(&schema["description"]), fields }
}

/// What a value is, in a word.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema_name(schema) {
        return name;
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    }
    let word = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => match schema["oneOf"].as_array().or_else(|| schema["allOf"].as_array()) {
            Some(kinds) => return kinds.iter().map(kind).collect::<Vec<_>>().join(" or "),
            None => "any".to_owned(),
        },
    };
    match schema.get("items") {
        Some(items) => format!("{word} of {}", kind(items)),
        None => schema["format"].as_str().map_or(word.clone(), |format| format!("{word} ({format})")),
    }
}

fn schema_name(schema: &Value) -> Option<String> {
    Some(schema["$ref"].as_str()?.rsplit('/').next()?.to_owned())
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
