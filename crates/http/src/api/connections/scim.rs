//! A connection's SCIM: where the IdP sends its requests, and the tokens by which it does (SCIM-1).

use axum::Extension;
use http::StatusCode;
use muster_crypto::TokenText;
use muster_engine::{EngineError, authority::Action, tokens};
use muster_model::{Connection, ConnectionId, Timestamp, Token, TokenId};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    HttpError,
    api::{
        call::{Call, Reply},
        sent::{Named, Sent},
    },
    scim_tokens::{NewToken, Rotating},
};

/// A connection's SCIM.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct Scim {
    /// Whether it is enabled; change that with `PATCH /v2/connections/{id}/settings`.
    enabled: bool,
    /// Where the identity provider sends its requests.
    base_url: String,
    /// Its tokens, oldest first.
    tokens: Vec<ScimToken>,
}

/// A SCIM token.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct ScimToken {
    /// Stable.
    #[schema(format = Uuid)]
    id: String,
    /// What people call it.
    label: String,
    /// Whether it works.
    is_active: bool,
    /// Who made it.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it stops working; never without.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// When it was last used.
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// When and why it was revoked.
    revoked: Option<String>,
    /// The token itself: only in the answer that makes it.
    token: Option<String>,
}

/// A token that is to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewScimToken {
    /// What people call it.
    #[serde(default = "label")]
    #[schema(max_length = 100, example = "Okta, production")]
    label: String,
    /// How many days it works; for ever without.
    #[schema(minimum = 1, maximum = 36_500)]
    days: Option<u32>,
}

/// How tokens are rotated.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Rotation {
    /// How many hours the others go on working; 0 ends them at once.
    #[serde(default = "overlap")]
    #[schema(maximum = 876_000, default = 24)]
    overlap_hours: u32,
}

fn label() -> String {
    "made over the API".to_owned()
}

fn overlap() -> u32 {
    24
}

fn line(token: &Token, now: Timestamp, secret: Option<&TokenText>) -> ScimToken {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    ScimToken {
        id: token.id.to_string(),
        label: token.label.clone(),
        is_active: token.is_live(now),
        created_at: token.created.to_string(),
        expires_at: time(token.expires),
        last_used_at: time(token.last_used),
        revoked: token.revoked.as_ref().map(|(at, why)| format!("{at}: {why}")),
        token: secret.map(|text| text.expose().to_owned()),
    }
}

fn view(conn: &mut Conn<'_>, connection: &Connection, base_url: &str, now: Timestamp) -> Result<Scim, EngineError> {
    let tokens = tokens::list(conn, connection)?;
    Ok(Scim {
        enabled: connection.settings.scim.enabled,
        base_url: format!("{base_url}/scim/v2"),
        tokens: tokens.iter().map(|token| line(token, now, None)).collect(),
    })
}

/// See a connection's SCIM
#[utoipa::path(
    get, path = "/v2/connections/{id}/scim", tag = "Connections", operation_id = "getScim",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    responses((status = 200, description = "Where requests are sent, and the tokens.", body = Scim))
)]
pub(in crate::api) async fn get(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
) -> Result<Reply, HttpError> {
    let (base_url, now) = (call.app.base_url().to_owned(), call.now());
    call.show(move |conn, caller| {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        view(conn, &connection, &base_url, now)
    })
    .await
}

/// Make a SCIM token
///
/// The others go on working.
#[utoipa::path(
    post, path = "/v2/connections/{id}/scim/tokens", tag = "Connections", operation_id = "createScimToken",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body = NewScimToken,
    responses((status = 201, description = "The token, which is shown here and never again.", body = ScimToken))
)]
pub(in crate::api) async fn create(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(NewScimToken { label, days }): Sent<NewScimToken>,
) -> Result<Reply, HttpError> {
    let new = NewToken::read(&label, days)?;
    call.change(move |tx, env, caller| {
        let connection = caller.connection(tx, id, Action::ChangeConnections)?;
        let made = new.make(tx, env, &connection)?;
        Reply::json(StatusCode::CREATED, &line(&made, env.now(), Some(&new.text)))
    })
    .await
}

/// Make a SCIM token, and let the others end
#[utoipa::path(
    post, path = "/v2/connections/{id}/scim/rotate", tag = "Connections", operation_id = "rotateScimToken",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body = Rotation,
    responses((status = 201, description = "The new token, which is shown here and never again.", body = ScimToken))
)]
pub(in crate::api) async fn rotate(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(Rotation { overlap_hours }): Sent<Rotation>,
) -> Result<Reply, HttpError> {
    let rotation = Rotating::read(overlap_hours)?;
    call.change(move |tx, env, caller| {
        let connection = caller.connection(tx, id, Action::ChangeConnections)?;
        let made = rotation.make(tx, env, &connection)?;
        Reply::json(StatusCode::CREATED, &line(&made, env.now(), Some(&rotation.text)))
    })
    .await
}

/// Revoke a SCIM token
#[utoipa::path(
    delete, path = "/v2/connections/{id}/scim/tokens/{token}", tag = "Connections", operation_id = "revokeScimToken",
    params(
        ("id" = String, Path, format = Uuid, description = "The connection's id."),
        ("token" = String, Path, format = Uuid, description = "The token's id.")
    ),
    responses((status = 204, description = "It does not work any more."))
)]
pub(in crate::api) async fn revoke(
    Extension(call): Extension<Call>,
    Named((id, token)): Named<(ConnectionId, TokenId)>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let connection = caller.connection(tx, id, Action::ChangeConnections)?;
        tokens::revoke(tx, env, &connection, token)?;
        Ok(Reply::nothing())
    })
    .await
}
