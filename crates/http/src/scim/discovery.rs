//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` (RFC 7644 §4).

use axum::{extract::Path, response::Response};
use muster_engine::EngineError;
use muster_model::Connection;
use muster_scim::{ResourceType, schema};
use serde_json::Value;

use super::{Call, Segment, answers, exchange::Exchange};
use crate::HttpError;

pub(super) async fn service_provider_config(call: Call) -> Result<Response, HttpError> {
    answer(&call, |base_url| Ok(schema::service_provider_config(call.app.capabilities(), base_url)))
}

pub(super) async fn resource_types(call: Call) -> Result<Response, HttpError> {
    answer(&call, |base_url| Ok(schema::resource_types(base_url)))
}

pub(super) async fn resource_type(call: Call, name: Segment) -> Result<Response, HttpError> {
    answer(&call, |base_url| {
        let name = read(name);
        let found = ResourceType::named(&name).ok_or_else(|| EngineError::not_found("ResourceType", name))?;
        Ok(schema::resource_type(found, base_url))
    })
}

pub(super) async fn schemas(call: Call) -> Result<Response, HttpError> {
    answer(&call, |base_url| Ok(schema::schema_documents(base_url, &organizations(&call.connection()))))
}

pub(super) async fn schema(call: Call, urn: Segment) -> Result<Response, HttpError> {
    answer(&call, |base_url| {
        let urn = read(urn);
        let document = schema::schema_document(&urn, base_url, &organizations(&call.connection()));
        Ok(document.ok_or_else(|| EngineError::not_found("Schema", urn))?)
    })
}

/// Other parameters than `filter` are ignored.
fn answer(exchange: &Exchange, document: impl FnOnce(&str) -> Result<Value, HttpError>) -> Result<Response, HttpError> {
    if exchange.query().any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return Err(HttpError::FilterForbidden);
    }
    Ok(answers::found(document(&exchange.base_url)?.to_string()))
}

/// What `dockerOrg` may name.
fn organizations(connection: &Connection) -> Vec<&str> {
    connection.organizations.iter().map(|covered| covered.name.as_str()).collect()
}

/// What cannot be decoded is the name of nothing.
fn read(name: Segment) -> String {
    name.map(|Path(name)| name.chars().take(100).collect()).unwrap_or_default()
}
