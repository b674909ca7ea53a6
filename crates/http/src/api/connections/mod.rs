//! `/v2/orgs/{org}/connections` and `/v2/connections/{id}`: what owners of a connection's holder see of it (TEN-1, TEN-3).

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

mod consents;
mod drift;
mod held;
mod mappings;
mod people;
mod plans;
mod scim;
mod settings;
mod setup_links;
mod traces;
mod upkeep;

use axum::Extension;
use http::StatusCode;
use muster_administration::{
    conflicts::ConflictLine,
    connections::{ConnectionView, covering, view},
};
use muster_engine::{
    EngineError,
    authority::{Action, Caller},
    conflicts,
    credentials::enforcement,
    declare, sign_in,
};
use muster_model::{Account, AccountId, ConnectionId, token::Scope};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    call::{Call, Reply},
    sent::{Asked, Named},
};
use crate::{App, HttpError, app::Lane};

/// Every route of connections.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(consents::give, consents::withdraw))
        .routes(routes!(list_own, settings::create))
        .routes(routes!(get, settings::remove))
        .routes(routes!(list_conflicts))
        .routes(routes!(affected))
        .routes(routes!(settings::get, settings::change))
        .routes(routes!(mappings::get, mappings::replace))
        .routes(routes!(scim::get))
        .routes(routes!(scim::create))
        .routes(routes!(scim::rotate))
        .routes(routes!(scim::revoke))
        .routes(routes!(setup_links::list, setup_links::create))
        .routes(routes!(setup_links::revoke))
        .routes(routes!(plans::list, plans::make))
        .routes(routes!(plans::get, plans::discard))
        .routes(routes!(plans::apply))
        .routes(routes!(plans::adoptable, plans::adopt))
        .routes(routes!(drift::check, drift::repair))
        .routes(routes!(held::list))
        .routes(routes!(held::get))
        .routes(routes!(held::approve))
        .routes(routes!(held::reject))
        .routes(routes!(people::decide))
        .routes(routes!(traces::list))
        .routes(routes!(traces::errors))
        .routes(routes!(traces::get))
        .routes(routes!(traces::replay))
        .routes(routes!(upkeep::test))
        .routes(routes!(upkeep::refresh))
        .routes(routes!(upkeep::add_key))
        .routes(routes!(upkeep::remove_key))
}

/// The most accounts on a page of conflicts.
const CONFLICTS: usize = 100;

/// Connections.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Connections {
    /// How many there are.
    count: usize,
    /// All of them, by name.
    results: Vec<ConnectionView>,
}

/// Which connections.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Name {
    /// Only the one of this name.
    name: Option<String>,
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
    results: Vec<ConflictLine>,
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
    let now = call.now();
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadConnections)?;
        let results = covering(conn, caller, &organization, now)?;
        Ok(Connections { count: results.len(), results })
    })
    .await
}

/// List your connections
#[utoipa::path(
    get, path = "/v2/connections", tag = "Connections", operation_id = "listOwnConnections",
    params(Name),
    responses((status = 200, description = "Those of the organizations and companies that you own.", body = Connections))
)]
pub(super) async fn list_own(
    Extension(call): Extension<Call>,
    Asked(Name { name }): Asked<Name>,
) -> Result<Reply, HttpError> {
    let now = call.now();
    call.show(move |conn, caller| {
        caller.require_scope(Scope::ConnectionsRead)?;
        let mut results = Vec::new();
        for id in caller.connections(conn)? {
            let Some(connection) = conn.connection(id)?.filter(|connection| !declare::is_pruned(connection)) else {
                continue;
            };
            if name.as_ref().is_none_or(|name| *name == connection.name) {
                results.push(view(conn, &connection, now)?);
            }
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
    let now = call.now();
    call.show(move |conn, caller| {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        view(conn, &connection, now)
    })
    .await
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
    Reply::json(
        StatusCode::OK,
        &Conflicts { next, results: page.conflicts.into_iter().map(ConflictLine::from).collect() },
    )
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
