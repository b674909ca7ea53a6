//! Set-up links: by which somebody without an account sets a draft up (SEC-2).

use axum::Extension;
use http::StatusCode;
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError,
    authority::Action,
    setup::{self, Draft},
};
use muster_model::{ConnectionId, Timestamp, Token, TokenId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    HttpError,
    api::{
        call::{Call, Reply},
        sent::{Named, Sent},
    },
};

/// Set-up links of a connection.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct SetUpLinks {
    /// The newest first; those that work no more, too.
    results: Vec<SetUpLink>,
}

/// A set-up link.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct SetUpLink {
    /// Stable.
    #[schema(format = Uuid)]
    id: String,
    /// Whom it is for.
    label: String,
    /// Whether it works.
    is_active: bool,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it stops working.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// When it was last opened.
    #[schema(format = DateTime)]
    last_opened_at: Option<String>,
    /// When and why it was revoked.
    revoked: Option<String>,
    /// The link itself: only in the answer that makes it.
    url: Option<String>,
}

/// A set-up link that is to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewSetUpLink {
    /// Whom it is for, so that owners know it again.
    #[schema(max_length = 100, example = "IT of Whale Ltd.")]
    label: String,
}

fn line(token: &Token, now: Timestamp, url: Option<String>) -> SetUpLink {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    SetUpLink {
        id: token.id.to_string(),
        label: token.label.clone(),
        is_active: token.is_live(now),
        created_at: token.created.to_string(),
        expires_at: time(token.expires),
        last_opened_at: time(token.last_used),
        revoked: token.revoked.as_ref().map(|(at, why)| format!("{at}: {why}")),
        url,
    }
}

/// List a connection's set-up links
#[utoipa::path(
    get, path = "/v2/connections/{id}/setup-links", tag = "Connections", operation_id = "listSetUpLinks",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    responses((status = 200, description = "The links, without their texts.", body = SetUpLinks))
)]
pub(in crate::api) async fn list(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
) -> Result<Reply, HttpError> {
    let now = call.now();
    call.show(move |conn, caller| {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        let links = setup::list(conn, connection.id)?;
        Ok(SetUpLinks { results: links.iter().map(|token| line(token, now, None)).collect() })
    })
    .await
}

/// Make a set-up link
///
/// For a connection whose `state` is `draft`. Whoever has the link sets it up for seven days, without an account: identity
/// provider, domains, directory and mapping table. They read no members and no existing secrets, and an owner activates the result.
#[utoipa::path(
    post, path = "/v2/connections/{id}/setup-links", tag = "Connections", operation_id = "createSetUpLink",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body = NewSetUpLink,
    responses((status = 201, description = "The link, which is shown here and never again.", body = SetUpLink))
)]
pub(in crate::api) async fn create(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(NewSetUpLink { label }): Sent<NewSetUpLink>,
) -> Result<Reply, HttpError> {
    let text = TokenText::generate(TokenPrefix::SetUp).map_err(HttpError::no_randomness)?;
    let url = format!("{}/setup/{}", call.app.base_url(), text.expose());
    call.change(move |tx, env, caller| {
        let connection = caller.connection(tx, id, Action::ChangeConnections)?;
        let draft = Draft::of(connection).map_err(EngineError::from)?;
        let made = setup::make(tx, env, &draft, &text.hash(), &label)?;
        Reply::json(StatusCode::CREATED, &line(&made, env.now(), Some(url.clone())))
    })
    .await
}

/// Revoke a set-up link
#[utoipa::path(
    delete, path = "/v2/connections/{id}/setup-links/{link}", tag = "Connections", operation_id = "revokeSetUpLink",
    params(
        ("id" = String, Path, format = Uuid, description = "The connection's id."),
        ("link" = String, Path, format = Uuid, description = "The link's id.")
    ),
    responses((status = 204, description = "Whoever works by it is out."))
)]
pub(in crate::api) async fn revoke(
    Extension(call): Extension<Call>,
    Named((id, link)): Named<(ConnectionId, TokenId)>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let connection = caller.connection(tx, id, Action::ChangeConnections)?;
        setup::revoke(tx, env, connection.id, link)?;
        Ok(Reply::nothing())
    })
    .await
}
