//! `/v2/clients`: products that sign an organization's members in here (interfaces §3). Those that serve everybody are the operator's,
//! and are stated with `muster apply`.

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_administration::declaration::{Client as Statement, client_from_engine, client_to_engine};
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError,
    authority::{Action, Caller},
    declare,
    openid::clients::{self, Stated},
};
use muster_model::{Client, ClientId, Organization};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{
    call::{Call, Reply},
    sent::{Asked, Named, Sent},
};
use crate::HttpError;

/// A product.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ClientView {
    /// Its `client_id`.
    #[schema(format = Uuid)]
    client_id: String,
    /// Its secret, when it is made, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// Us: where its library finds everything else.
    issuer: String,
    /// Whether people may sign in there.
    is_active: bool,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When its secret was made, if it keeps one.
    #[schema(format = DateTime)]
    secret_made_at: Option<String>,
    /// What is stated of it, as `muster apply` states it.
    settings: Statement,
}

/// The products of an organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ClientsView {
    /// By name.
    results: Vec<ClientView>,
}

/// Whose products.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ClientsQuery {
    /// The organization's name.
    organization: String,
}

/// How a secret is changed.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Rotation {
    /// Whether the former one stops working now, and not in a day.
    at_once: bool,
}

fn statement(client: &Client, organization: &str) -> Statement {
    client_from_engine(declare::Client {
        name: client.name.clone(),
        organization: Some(organization.to_owned()),
        kind: client.kind,
        settings: client.settings.clone(),
    })
}

fn view(base_url: &str, client: &Client, organization: &str, secret: Option<&TokenText>) -> ClientView {
    ClientView {
        client_id: client.id.to_string(),
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        issuer: base_url.to_owned(),
        is_active: client.disabled.is_none(),
        created_at: client.created.to_string(),
        secret_made_at: client.secret_made.map(|at| at.to_string()),
        settings: statement(client, organization),
    }
}

fn stated(wanted: &Statement) -> Stated {
    let declare::Client { name, kind, settings, .. } = client_to_engine(wanted);
    Stated { name, kind, settings }
}

/// A product of an organization in which whoever calls may do this; those of the operator are nobody's here.
fn find(
    conn: &mut Conn<'_>,
    caller: &Caller,
    id: ClientId,
    action: Action,
) -> Result<(Client, Organization), EngineError> {
    let missing = || EngineError::not_found("application", id);
    let client = conn.client(id)?.ok_or_else(missing)?;
    let organization =
        client.organization.map(|id| conn.organization(id)).transpose()?.flatten().ok_or_else(missing)?;
    match caller.organization(conn, &organization.name, action) {
        Ok((organization, _)) => Ok((client, organization)),
        // Whose it is, is not told (TEN-3).
        Err(EngineError::NotFound { .. }) => Err(missing()),
        Err(error) => Err(error),
    }
}

fn secret() -> Result<TokenText, HttpError> {
    TokenText::generate(TokenPrefix::Client).map_err(HttpError::no_randomness)
}

/// List applications
#[utoipa::path(
    get, path = "/v2/clients", tag = "Applications", operation_id = "listClients",
    params(ClientsQuery),
    responses((status = 200, description = "The applications that sign the organization's members in.", body = ClientsView))
)]
pub(super) async fn list(
    Extension(call): Extension<Call>,
    Asked(asked): Asked<ClientsQuery>,
) -> Result<Reply, HttpError> {
    let base_url = call.app.base_url().to_owned();
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &asked.organization, Action::ReadClients)?;
        let all = conn.clients(Some(organization.id))?;
        Ok(ClientsView { results: all.iter().map(|one| view(&base_url, one, &organization.name, None)).collect() })
    })
    .await
}

/// Add an application
///
/// An OpenID client that signs the organization's members in, and nobody else.
#[utoipa::path(
    post, path = "/v2/clients", tag = "Applications", operation_id = "createClient",
    request_body = Statement,
    responses((status = 201, description = "The application. Its secret is shown here and never again.", body = ClientView))
)]
pub(super) async fn create(
    Extension(call): Extension<Call>,
    Sent(wanted): Sent<Statement>,
) -> Result<Reply, HttpError> {
    let (base_url, secret) = (call.app.base_url().to_owned(), secret()?);
    let named = wanted.organization.clone();
    let name = named.ok_or_else(|| HttpError::field("organization", "say whose members it is for"))?;
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &name, Action::ChangeClients)?;
        let made = clients::create(tx, env, Some(organization.id), stated(&wanted), Some(&secret.hash()))?;
        let shown = made.settings.confidential.then_some(&secret);
        Reply::json(StatusCode::CREATED, &view(&base_url, &made, &organization.name, shown))
    })
    .await
}

/// See an application
#[utoipa::path(
    get, path = "/v2/clients/{id}", tag = "Applications", operation_id = "getClient",
    params(("id" = String, Path, format = Uuid, description = "Its `client_id`.")),
    responses((status = 200, description = "The application.", body = ClientView))
)]
pub(super) async fn get(Extension(call): Extension<Call>, Named(id): Named<ClientId>) -> Result<Reply, HttpError> {
    let base_url = call.app.base_url().to_owned();
    call.show(move |conn, caller| {
        let (client, organization) = find(conn, caller, id, Action::ReadClients)?;
        Ok(view(&base_url, &client, &organization.name, None))
    })
    .await
}

/// Change an application
///
/// A JSON Merge Patch (RFC 7396): what is not named stays, `null` goes back to the default, lists are replaced. `is_active` switches
/// it off and on. If it may do less afterwards, people sign in there anew.
#[utoipa::path(
    patch, path = "/v2/clients/{id}", tag = "Applications", operation_id = "changeClient",
    params(("id" = String, Path, format = Uuid, description = "Its `client_id`.")),
    request_body(content = Object, example = json!({"redirect_uris": ["https://app.example.com/callback"]})),
    responses((status = 200, description = "The application as it is now.", body = ClientView))
)]
pub(super) async fn change(
    Extension(call): Extension<Call>,
    Named(id): Named<ClientId>,
    Sent(patch): Sent<Map<String, Value>>,
) -> Result<Reply, HttpError> {
    let base_url = call.app.base_url().to_owned();
    call.change(move |tx, env, caller| {
        let (mut client, organization) = find(tx, caller, id, Action::ChangeClients)?;
        let mut patch = patch.clone();
        if let Some(is_active) = patch.remove("is_active") {
            let is_on = is_active.as_bool().ok_or_else(|| HttpError::field("is_active", "is `true` or `false`"))?;
            client = clients::switch(tx, env, &client, is_on)?;
        }
        if patch.contains_key("organization") {
            return Err(HttpError::field("organization", "stays as it is: leave it out"));
        }
        let wanted =
            muster_administration::declaration::patched_client(&statement(&client, &organization.name), &patch)
                .map_err(|error| HttpError::field(error.key, error.text))?;
        let client = clients::update(tx, env, &client, stated(&wanted))?;
        Reply::json(StatusCode::OK, &view(&base_url, &client, &organization.name, None))
    })
    .await
}

/// Make an application a new secret
///
/// The former one works for another day, unless `at_once` says otherwise.
#[utoipa::path(
    post, path = "/v2/clients/{id}/secret", tag = "Applications", operation_id = "rotateClientSecret",
    params(("id" = String, Path, format = Uuid, description = "Its `client_id`.")),
    request_body = Rotation,
    responses((status = 200, description = "The application. Its new secret is shown here and never again.", body = ClientView))
)]
pub(super) async fn rotate(
    Extension(call): Extension<Call>,
    Named(id): Named<ClientId>,
    Sent(Rotation { at_once }): Sent<Rotation>,
) -> Result<Reply, HttpError> {
    let (base_url, secret) = (call.app.base_url().to_owned(), secret()?);
    call.change(move |tx, env, caller| {
        let (client, organization) = find(tx, caller, id, Action::ChangeClients)?;
        let client = clients::rotate(tx, env, &client, &secret.hash(), at_once)?;
        Reply::json(StatusCode::OK, &view(&base_url, &client, &organization.name, Some(&secret)))
    })
    .await
}

/// Remove an application
///
/// Nobody signs in there any more, and its tokens stop working at once.
#[utoipa::path(
    delete, path = "/v2/clients/{id}", tag = "Applications", operation_id = "deleteClient",
    params(("id" = String, Path, format = Uuid, description = "Its `client_id`.")),
    responses((status = 204, description = "It is removed."))
)]
pub(super) async fn delete(Extension(call): Extension<Call>, Named(id): Named<ClientId>) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (client, _) = find(tx, caller, id, Action::ChangeClients)?;
        clients::remove(tx, env, &client)?;
        Ok(Reply::nothing())
    })
    .await
}
