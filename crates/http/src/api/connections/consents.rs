//! Consent of an organization's owners to a connection of another holder (TEN-1).

use axum::Extension;
use muster_engine::declare;
use muster_model::ConnectionId;

use crate::{
    HttpError, ScimDocuments,
    api::{
        call::{Call, Reply},
        sent::Named,
    },
};

/// Consent to a connection
///
/// Owners of the connection's holder may then add the organization to those that it covers; until they do, nothing changes.
#[utoipa::path(
    put, path = "/v2/orgs/{org}/connections/{id}", tag = "Connections", operation_id = "consentToConnection",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("id" = String, Path, format = Uuid, description = "The id of another holder's connection.")
    ),
    responses((status = 204, description = "It may cover the organization."))
)]
pub(in crate::api) async fn give(
    Extension(call): Extension<Call>,
    Named((name, id)): Named<(String, ConnectionId)>,
) -> Result<Reply, HttpError> {
    call.write(move |tx, env, caller| {
        let (organization, connection) = declare::consenting(tx, caller, &name, id)?;
        declare::consent(tx, env, &organization, &connection)?;
        Ok(Reply::nothing())
    })
    .await
}

/// Withdraw consent to a connection
///
/// It covers the organization no more: members, teams and roles stay, by hand; its sessions and access there end (SSO-12).
#[utoipa::path(
    delete, path = "/v2/orgs/{org}/connections/{id}", tag = "Connections", operation_id = "withdrawConsent",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("id" = String, Path, format = Uuid, description = "The id of another holder's connection.")
    ),
    responses((status = 204, description = "It covers the organization no more."))
)]
pub(in crate::api) async fn withdraw(
    Extension(call): Extension<Call>,
    Named((name, id)): Named<(String, ConnectionId)>,
) -> Result<Reply, HttpError> {
    call.write(move |tx, env, caller| {
        let (organization, connection) = declare::consenting(tx, caller, &name, id)?;
        declare::withdraw_consent(tx, env, &organization, &connection, &ScimDocuments)?;
        Ok(Reply::nothing())
    })
    .await
}
