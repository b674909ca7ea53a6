//! A connection's mapping table (GRP-8).

use axum::Extension;
use http::StatusCode;
use muster_administration::declaration::{Mapping, connection_from_engine};
use muster_engine::{authority::Action, declare};
use muster_model::ConnectionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::settings::Stating;
use crate::{
    HttpError,
    api::{
        call::{Call, Reply},
        sent::{Named, Sent},
    },
};

/// A mapping table.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Mappings {
    /// Its entries. Groups named `organization:team` need none.
    mappings: Vec<Mapping>,
}

/// See a connection's mapping table
#[utoipa::path(
    get, path = "/v2/connections/{id}/mappings", tag = "Connections", operation_id = "getMappings",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    responses((status = 200, description = "The table.", body = Mappings))
)]
pub(in crate::api) async fn get(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        let stated = connection_from_engine(declare::statement(conn, &connection)?);
        Ok(Mappings { mappings: stated.mappings })
    })
    .await
}

/// Replace a connection's mapping table
///
/// People follow at once. What that would do can be planned first: `POST /v2/connections/{id}/plan`.
#[utoipa::path(
    put, path = "/v2/connections/{id}/mappings", tag = "Connections", operation_id = "replaceMappings",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body = Mappings,
    responses((status = 200, description = "The table as it is now.", body = Mappings))
)]
pub(in crate::api) async fn replace(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(wanted): Sent<Mappings>,
) -> Result<Reply, HttpError> {
    let stating = Stating::new(&call)?;
    call.write(move |tx, env, caller| {
        let connection = caller.connection(tx, id, Action::ChangeConnections)?;
        let mut stated = connection_from_engine(declare::statement(tx, &connection)?);
        stated.mappings.clone_from(&wanted.mappings);
        let after = stating.state(tx, env, &stated)?;
        Reply::json(StatusCode::OK, &Mappings { mappings: after.into_settings().mappings })
    })
    .await
}
