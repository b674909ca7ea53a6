//! `/v2/orgs/{org}/connections` and `/v2/connections/{id}`: what owners of a connection's holder see of it (TEN-1, TEN-3).

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_engine::{
    EngineError,
    authority::{Action, Caller},
    conflicts::{self, Conflict},
    credentials::enforcement,
    sign_in,
};
use muster_model::{Account, AccountId, Connection, ConnectionId};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    call::{Call, Reply},
    sent::{Asked, Named},
};
use crate::{HttpError, app::Lane};

/// The most accounts on a page of conflicts.
const CONFLICTS: usize = 100;

/// A connection to an identity provider.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ConnectionView {
    /// Stable.
    #[schema(format = Uuid)]
    id: String,
    /// Unique in the installation.
    name: String,
    /// `draft`, `pilot`, `active` or `off`.
    state: &'static str,
    /// `saml` or `oidc`; none while single sign-on is not set up.
    protocol: Option<String>,
    /// The organizations that it covers.
    organizations: Vec<String>,
    /// Its domains that are verified.
    domains: Vec<String>,
    /// Whether Just-in-Time provisioning is on.
    jit: bool,
    /// Whether single sign-on is enforced.
    enforced: bool,
    /// Whether SCIM is enabled.
    scim: bool,
    /// The most that its identity provider can make of somebody.
    highest_role: &'static str,
}

/// Connections.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Connections {
    /// How many there are.
    count: usize,
    /// All of them, by name.
    results: Vec<ConnectionView>,
}

/// Where a list goes on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct After {
    /// The `next` of the page before.
    #[param(value_type = Option<String>, format = Uuid)]
    after: Option<AccountId>,
}

/// Where single sign-on and SCIM disagree.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Conflicts {
    /// What to ask for as `after` for the next page.
    #[schema(format = Uuid)]
    next: Option<String>,
    /// The conflicts; all of one account are on one page.
    results: Vec<ConflictView>,
}

/// One value of one account about which sources disagree.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ConflictView {
    /// Whose value.
    username: String,
    /// The address, where it is of one of the connection's domains.
    email: Option<String>,
    /// `full_name`, `session_minutes` or `role`.
    attribute: String,
    /// Where, for a role.
    organization: Option<String>,
    /// What holds.
    holds: Option<Value>,
    /// Whose word that is.
    decided_by: String,
    /// Since when they disagree.
    #[schema(format = DateTime)]
    since: String,
    /// What each says.
    said: Vec<SaidView>,
}

/// One source's word on a value.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct SaidView {
    /// `sso` or `scim`.
    source: String,
    /// Through which connection.
    connection: Option<String>,
    /// What is said.
    value: Value,
    /// The rule that let it in.
    rule: String,
    /// The TraceID of the request.
    trace_id: Option<String>,
    /// When it was first said.
    #[schema(format = DateTime)]
    at: String,
    /// Whether this is what holds.
    wins: bool,
}

/// Whom changes of a connection would affect.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct AffectedView {
    /// How many accounts have an address of its domains.
    accounts: usize,
    /// Those of them whose password or passkey would count no more with single sign-on enforced.
    with_credentials: Vec<PersonView>,
    /// Those of them who have never signed in through it, and may not be able to.
    never_signed_in: Vec<PersonView>,
    /// Those of them who are denied once Just-in-Time provisioning is off: neither members nor invited.
    denied_without_jit: Vec<PersonView>,
}

/// Somebody with an address of a connection's domains.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct PersonView {
    username: String,
    /// Empty while nobody has said one.
    full_name: String,
    email: String,
}

fn view(connection: &Connection) -> ConnectionView {
    let settings = &connection.settings;
    ConnectionView {
        id: connection.id.to_string(),
        name: connection.name.clone(),
        state: connection.state.as_str(),
        protocol: settings.sso.as_ref().map(|sso| sso.protocol().to_owned()),
        organizations: connection.organizations.iter().map(|covered| covered.name.clone()).collect(),
        domains: connection.domains.clone(),
        jit: settings.jit,
        enforced: settings.enforced,
        scim: settings.scim.enabled,
        highest_role: settings.highest_role.as_str(),
    }
}

fn conflict(conflict: Conflict) -> ConflictView {
    let Conflict { email, username, attribute, organization, holds, decided_by, since, said, .. } = conflict;
    ConflictView {
        username,
        email: email.map(|email| email.as_str().to_owned()),
        attribute: attribute.as_str().replace(' ', "_"),
        organization,
        holds,
        decided_by: decided_by.as_str().to_owned(),
        since: since.to_string(),
        said: said
            .into_iter()
            .map(|said| SaidView {
                source: said.source.as_str().to_owned(),
                connection: said.connection,
                value: said.value,
                rule: said.rule.id().to_owned(),
                trace_id: said.request.map(|request| request.to_string()),
                at: said.at.to_string(),
                wins: said.wins,
            })
            .collect(),
    }
}

fn person(account: &Account) -> PersonView {
    PersonView {
        username: account.username.clone(),
        full_name: account.full_name.clone(),
        email: account.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(),
    }
}

/// List the connections that cover an organization
///
/// Also those that are another's, which the organization has consented to.
#[utoipa::path(
    get, path = "/v2/orgs/{org}/connections", tag = "Connections", operation_id = "listConnections",
    params(("org" = String, Path, description = "The organization's name.")),
    responses((status = 200, description = "The connections.", body = Connections))
)]
pub(super) async fn list(Extension(call): Extension<Call>, Named(org): Named<String>) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadConnections)?;
        let mut results = Vec::new();
        for id in conn.connections_covering(organization.id)? {
            let Some(connection) = conn.connection(id)? else { continue };
            let mut seen = view(&connection);
            // Of another's connection only what concerns this organization (TEN-3).
            if caller.connection(conn, id, Action::ReadConnections).is_err() {
                seen.organizations = vec![organization.name.clone()];
                seen.domains = Vec::new();
            }
            results.push(seen);
        }
        results.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Connections { count: results.len(), results })
    })
    .await
}

/// See a connection
#[utoipa::path(
    get, path = "/v2/connections/{id}", tag = "Connections", operation_id = "getConnection",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    responses((status = 200, description = "The connection.", body = ConnectionView))
)]
pub(super) async fn get(Extension(call): Extension<Call>, Named(id): Named<ConnectionId>) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| Ok(view(&caller.connection(conn, id, Action::ReadConnections)?))).await
}

/// List where single sign-on and SCIM disagree
#[utoipa::path(
    get, path = "/v2/connections/{id}/conflicts", tag = "Connections", operation_id = "listConflicts",
    params(("id" = String, Path, format = Uuid, description = "The connection's id."), After),
    responses((status = 200, description = "A page of conflicts, with both values and which of them holds.", body = Conflicts))
)]
pub(super) async fn list_conflicts(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Asked(After { after }): Asked<After>,
) -> Result<Reply, HttpError> {
    let after = after.unwrap_or(AccountId(uuid::Uuid::nil()));
    let read = move |conn: &mut Conn<'_>, caller: &Caller| {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        let page = conflicts::page(conn, &connection, after, CONFLICTS)?;
        conflicts::for_holder(conn, &connection, page)
    };
    let page = call.read(Lane::Scan, read).await?;
    let next = page.next.map(|next| next.to_string());
    Reply::json(StatusCode::OK, &Conflicts { next, results: page.conflicts.into_iter().map(conflict).collect() })
}

/// See whom enforcing single sign-on, or turning Just-in-Time provisioning off, would affect
#[utoipa::path(
    get, path = "/v2/connections/{id}/affected", tag = "Connections", operation_id = "getAffected",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    responses((status = 200, description = "The people, by address.", body = AffectedView))
)]
pub(super) async fn affected(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
) -> Result<Reply, HttpError> {
    let now = call.now();
    let read = move |conn: &mut Conn<'_>, caller: &Caller| -> Result<_, EngineError> {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        let affected = enforcement::affected(conn, &connection)?;
        let denied = sign_in::losing_without_jit(conn, &connection, now)?;
        let people = |accounts: &[Account]| accounts.iter().map(person).collect();
        Ok(AffectedView {
            accounts: affected.accounts,
            with_credentials: people(&affected.with_password),
            never_signed_in: people(&affected.never_tried),
            denied_without_jit: people(&denied),
        })
    };
    Reply::json(StatusCode::OK, &call.read(Lane::Scan, read).await?)
}
