//! A connection stated, changed and removed: the same format and the same rules as `muster apply` has.

use axum::Extension;
use http::StatusCode;
use muster_administration::{
    applying::{ConnectionAnswer, connection_answer, settings_told},
    change::Change,
    connections::{patched, stated},
    declaration::{self, connection_to_engine},
};
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Refusal,
    authority::Action,
    declare::{self, Declaration, Secrets},
};
use muster_model::{ConnectionId, token::Scope};
use muster_store::Tx;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    App, HttpError, ScimDocuments,
    api::{
        call::{Call, Reply},
        sent::{Named, Sent},
    },
    sign_in::keep_client_secret,
};

/// A connection's settings.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct ConnectionSettings {
    /// What its identity provider must be told; a SCIM token only when it was made just now.
    endpoints: ConnectionAnswer,
    /// All of its settings, without secrets.
    settings: declaration::Connection,
    /// What was changed just now.
    changes: Vec<Change>,
    /// In how many places of people that changed something.
    people: usize,
}

impl ConnectionSettings {
    pub(super) fn into_settings(self) -> declaration::Connection {
        self.settings
    }
}

/// What must be at hand to state a connection.
pub(super) struct Stating {
    app: App,
    token: TokenText,
}

impl Stating {
    pub(super) fn new(call: &Call) -> Result<Self, HttpError> {
        let token = TokenText::generate(TokenPrefix::Scim).map_err(HttpError::no_randomness)?;
        Ok(Self { app: call.app.clone(), token })
    }

    /// Makes the database say this of a connection, and tells what it says then.
    pub(super) fn state(
        &self,
        tx: &mut Tx<'_>,
        env: &mut Env,
        wanted: &declaration::Connection,
    ) -> Result<ConnectionSettings, HttpError> {
        let connection = connection_to_engine(wanted, env.now().seconds())?;
        let name = connection.name.trim().to_owned();
        let secrets = Secrets { scim: [(name.clone(), self.token.hash())].into(), ..Secrets::default() };
        let declaration = Declaration { connections: vec![connection], ..Declaration::default() };
        let applied = declare::apply(tx, env, &declaration, false, &secrets, &ScimDocuments)?;
        let id = applied.connections.get(&name).copied();
        let id = id.ok_or_else(|| EngineError::not_found("connection", &name))?;
        if let Some(secret) = wanted.oidc.as_ref().and_then(|oidc| oidc.client_secret.as_ref()) {
            keep_client_secret(tx, self.app.sealer(), id, &secret.secret())?;
        }
        let after = tx.connection(id)?.ok_or_else(|| EngineError::not_found("connection", id))?;
        let settings = stated(tx, &after)?;
        let token = applied.tokens.contains_key(&name).then(|| self.token.expose().to_owned());
        let (changes, people) = settings_told(applied.changes);
        let endpoints = connection_answer(self.app.base_url(), id, &settings, token);
        Ok(ConnectionSettings { endpoints, settings, changes, people })
    }
}

/// Make a connection
///
/// Its holder is the first of `organizations`, unless `organization` or `company` says whose it is; you must own that.
#[utoipa::path(
    post, path = "/v2/connections", tag = "Connections", operation_id = "createConnection",
    request_body = declaration::Connection,
    responses((status = 201, description = "The connection. A SCIM token is shown here and never again.", body = ConnectionSettings))
)]
pub(in crate::api) async fn create(
    Extension(call): Extension<Call>,
    Sent(wanted): Sent<declaration::Connection>,
) -> Result<Reply, HttpError> {
    let stating = Stating::new(&call)?;
    call.write(move |tx, env, caller| {
        caller.require_scope(Scope::ConnectionsWrite)?;
        if tx.connection_by_name(wanted.name.trim())?.is_some() {
            let why = format!("`{}` is, or was, a connection's name: choose another", wanted.name.trim());
            return Err(EngineError::from(Refusal::NameTaken(why)).into());
        }
        Reply::json(StatusCode::CREATED, &stating.state(tx, env, &wanted)?)
    })
    .await
}

/// See a connection's settings
#[utoipa::path(
    get, path = "/v2/connections/{id}/settings", tag = "Connections", operation_id = "getConnectionSettings",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    responses((status = 200, description = "The settings, and what the identity provider must be told.", body = ConnectionSettings))
)]
pub(in crate::api) async fn get(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
) -> Result<Reply, HttpError> {
    let base_url = call.app.base_url().to_owned();
    call.show(move |conn, caller| {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        let settings = stated(conn, &connection)?;
        let endpoints = connection_answer(&base_url, id, &settings, None);
        Ok(ConnectionSettings { endpoints, settings, changes: Vec::new(), people: 0 })
    })
    .await
}

/// Change a connection's settings
///
/// A JSON Merge Patch (RFC 7396) on its settings: what is not named stays, `null` goes back to the default, lists are replaced.
/// What a change would do to people can be planned first: `POST /v2/connections/{id}/plan`.
#[utoipa::path(
    patch, path = "/v2/connections/{id}/settings", tag = "Connections", operation_id = "changeConnectionSettings",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body(content = Object, example = json!({"jit": false, "scim": {"enabled": true}})),
    responses((status = 200, description = "The settings as they are now. A SCIM token is shown here and never again.", body = ConnectionSettings))
)]
pub(in crate::api) async fn change(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(patch): Sent<Map<String, Value>>,
) -> Result<Reply, HttpError> {
    let stating = Stating::new(&call)?;
    call.write(move |tx, env, caller| {
        let wanted = patched(tx, caller, id, &patch)?;
        Reply::json(StatusCode::OK, &stating.state(tx, env, &wanted)?)
    })
    .await
}

/// Remove a connection
///
/// It covers nothing any more; its tokens and sessions end; members, teams and roles stay, by hand (SSO-12).
#[utoipa::path(
    delete, path = "/v2/connections/{id}", tag = "Connections", operation_id = "removeConnection",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    responses((status = 204, description = "It is removed."))
)]
pub(in crate::api) async fn remove(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
) -> Result<Reply, HttpError> {
    call.write(move |tx, env, caller| {
        let connection = caller.connection(tx, id, Action::ChangeConnections)?;
        declare::remove_connection(tx, env, &connection, &ScimDocuments)?;
        Ok(Reply::nothing())
    })
    .await
}
