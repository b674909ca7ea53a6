//! A connection's single sign-on looked after: trying it, fetching its metadata, our keys (SSO-8, SSO-12).

use std::time::Duration;

use axum::Extension;
use http::StatusCode;
use muster_administration::connections::{ConnectionView, hex, view};
use muster_engine::{EngineError, authority::Action, certificates, sign_in};
use muster_model::{ConnectionId, connection::KeyPurpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    HttpError, Refreshed,
    api::{
        call::{Call, Reply},
        sent::{Named, Sent},
    },
};

/// The furthest that the first use of a key can be ahead, in days.
const AHEAD: u32 = 365;

/// Where a connection can be tried.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct Trial {
    /// To be opened in a browser within 15 minutes.
    url: String,
}

/// How fetching metadata went.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct Refresh {
    /// `changed`: it says something new, which counts from now on; `same`; `not-now`: there is none to fetch, or it was fetched a
    /// moment ago.
    result: &'static str,
    /// The connection as it is now; `metadata.failure` says why it could not be fetched.
    connection: ConnectionView,
}

/// A key that is to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewKey {
    /// `signing` or `encryption`.
    #[schema(example = "signing")]
    purpose: String,
    /// In how many days it begins to sign, so that the identity provider can learn it before.
    #[serde(default)]
    #[schema(maximum = 365)]
    days: u32,
}

async fn seen(call: &Call, id: ConnectionId, action: Action) -> Result<ConnectionView, HttpError> {
    let now = call.now();
    let read = call.read(crate::app::Lane::Snapshot, move |conn, caller| {
        let connection = caller.connection(conn, id, action)?;
        view(conn, &connection, now)
    });
    read.await
}

/// Try a connection
///
/// A link for a test sign-in: it shows what arrives and what that would come to, provisions nobody and starts no session (SSO-12).
#[utoipa::path(
    post, path = "/v2/connections/{id}/test", tag = "Connections", operation_id = "testConnection",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    responses((status = 201, description = "The link.", body = Trial))
)]
pub(in crate::api) async fn test(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async {
        let read = call.read(crate::app::Lane::Snapshot, move |conn, caller| {
            let connection = caller.connection(conn, id, Action::ChangeConnections)?;
            if connection.settings.sso.is_none() { Err(sign_in::nothing_to_try(&connection).into()) } else { Ok(()) }
        });
        read.await?;
        Reply::json(StatusCode::CREATED, &Trial { url: call.app.test_sign_in_link(id)? })
    };
    asked.once(Some(id), done).await
}

/// Fetch a connection's metadata now
#[utoipa::path(
    post, path = "/v2/connections/{id}/refresh", tag = "Connections", operation_id = "refreshMetadata",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    responses((status = 200, description = "How that went.", body = Refresh))
)]
pub(in crate::api) async fn refresh(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async {
        seen(&call, id, Action::ChangeConnections).await?;
        let result = match call.app.refresh_metadata(id).await? {
            Refreshed::Changed => "changed",
            Refreshed::Same => "same",
            Refreshed::NotNow => "not-now",
        };
        Reply::json(StatusCode::OK, &Refresh { result, connection: seen(&call, id, Action::ReadConnections).await? })
    };
    asked.once(Some(id), done).await
}

/// Add a key of ours to a connection
///
/// It is in our metadata at once; those that are there stay until they are removed.
#[utoipa::path(
    post, path = "/v2/connections/{id}/keys", tag = "Connections", operation_id = "addKey",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body = NewKey,
    responses((status = 201, description = "The connection as it is now.", body = ConnectionView))
)]
pub(in crate::api) async fn add_key(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(NewKey { purpose, days }): Sent<NewKey>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async {
        let purpose = KeyPurpose::parse(&purpose);
        let purpose = purpose.ok_or_else(|| HttpError::field("purpose", "use `signing` or `encryption`"))?;
        if days > AHEAD {
            return Err(HttpError::field("days", format!("use 0 to {AHEAD}")));
        }
        seen(&call, id, Action::ChangeConnections).await?;
        let from = call.now().after(Duration::from_hours(24).saturating_mul(days));
        call.app.add_own_key(id, purpose, from).await?;
        Reply::json(StatusCode::CREATED, &seen(&call, id, Action::ReadConnections).await?)
    };
    asked.once(Some(id), done).await
}

/// Remove a key of ours from a connection
#[utoipa::path(
    delete, path = "/v2/connections/{id}/keys/{fingerprint}", tag = "Connections", operation_id = "removeKey",
    params(
        ("id" = String, Path, format = Uuid, description = "The connection's id."),
        ("fingerprint" = String, Path, description = "The SHA-256 of its certificate, in hexadecimal.")
    ),
    responses((status = 204, description = "It counts no more."))
)]
pub(in crate::api) async fn remove_key(
    Extension(call): Extension<Call>,
    Named((id, fingerprint)): Named<(ConnectionId, String)>,
) -> Result<Reply, HttpError> {
    let wanted = fingerprint.replace(':', "").to_lowercase();
    call.change(move |tx, env, caller| {
        caller.connection(tx, id, Action::ChangeConnections)?;
        let own = certificates::of(tx, id)?.into_iter().find(|own| hex(&own.fingerprint) == wanted);
        let own = own.ok_or_else(|| EngineError::not_found("key", &fingerprint))?;
        certificates::remove(tx, env, id, &own.fingerprint)?;
        Ok(Reply::nothing())
    })
    .await
}
